"""The objective against values computed by hand."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.layouts import IGNORED, Reply, offline_layout, online_layout
from audio_interaction.protocol import ControlTokens
from audio_interaction.training.batches import Example, collate
from audio_interaction.training.objective import Objective, interaction_loss, label_weights


@pytest.fixture
def batch(untrained):
    layout = online_layout(untrained.tokens, [300], 2, {1: Reply((310, 311))})
    return collate([Example(layout, torch.randn(20, 384))])


def entropies(model, batch):
    """Cross-entropy of every supervised position, straight from the definition."""
    embeddings = model.thinker.embed(batch.input_ids, batch.is_frame, batch.frames)
    logits = model.thinker.lm_head(model.thinker.decode_embeddings(embeddings))[0]
    supervised = [p for p, label in enumerate(batch.labels[0]) if label != IGNORED]
    values = [-F.log_softmax(logits[p - 1], -1)[batch.labels[0, p]] for p in supervised]
    return supervised, torch.stack(values)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0, 2.0])
def test_lambda_weighs_decisions_against_words(untrained, batch, weight):
    supervised, values = entropies(untrained, batch)
    decision = torch.tensor([bool(batch.is_decision[0, p]) for p in supervised])
    losses = interaction_loss(untrained.thinker, batch, decision_weight=weight)
    expected = (values[~decision].sum() + weight * values[decision].sum()) / len(values)
    torch.testing.assert_close(losses.total, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(losses.text, values[~decision].mean(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(losses.decision, values[decision].mean(), rtol=1e-4, atol=1e-4)
    assert decision.sum() == 2 and len(values) == 6  # 2 decisions, emotion, 2 words, <end>


def test_frames_prefix_and_role_marker_carry_no_loss(untrained, batch):
    changed = batch.labels.clone()
    prefix = batch.input_ids[0].tolist().index(untrained.tokens.audio)
    assert changed[0, :prefix].eq(IGNORED).all()
    assert changed[batch.is_frame].eq(IGNORED).all()
    assert changed[batch.input_ids == untrained.tokens.assistant].eq(IGNORED).all()


def test_item_weights_are_relative(untrained):
    a = Example(online_layout(untrained.tokens, [], 1, {}), torch.randn(10, 384))
    b = Example(online_layout(untrained.tokens, [], 1, {0: Reply(())}), torch.randn(10, 384))
    both = [Example(a.layout, a.frames, item_weight=0.0), Example(b.layout, b.frames)]
    alone = interaction_loss(untrained.thinker, collate([b])).total
    torch.testing.assert_close(interaction_loss(untrained.thinker, collate(both)).total, alone)


def test_the_auxiliary_loss_reads_the_words_off_the_frames(untrained):
    layout = online_layout(untrained.tokens, [], 2, {})
    silent = Example(layout, torch.randn(20, 384))
    spoken = Example(layout, silent.frames, transcript=(300, 301))
    pair = collate([silent, spoken])
    plain = interaction_loss(untrained.thinker, pair)
    both = interaction_loss(untrained.thinker, pair, ctc_weight=0.5)
    embeddings = untrained.thinker.embed(pair.input_ids, pair.is_frame, pair.frames)
    hidden = untrained.thinker.decode_embeddings(embeddings, segments=pair.segments)
    states = hidden[0][pair.is_frame[0]][20:]
    expected = F.ctc_loss(
        untrained.thinker.lm_head(states).log_softmax(-1)[:, None],
        torch.tensor([[300, 301]]),
        torch.tensor([20]),
        torch.tensor([2]),
        blank=untrained.tokens.pad,
    )
    torch.testing.assert_close(both.total - plain.total, 0.5 * expected, rtol=1e-4, atol=1e-4)


def test_packed_streams_lose_what_they_lose_alone(untrained):
    torch.manual_seed(0)
    layouts = [
        online_layout(untrained.tokens, [300], 3, {1: Reply((310, 311))}),
        online_layout(untrained.tokens, [], 1, {}),
        online_layout(untrained.tokens, [300, 301], 2, {0: Reply((312,)), 1: Reply((313,))}),
    ]
    examples = [
        Example(layout, torch.randn(sum(layout.is_frame), 384), (300, 310)) for layout in layouts
    ]
    packed = interaction_loss(untrained.thinker, collate(examples))
    labels, total = 0, 0.0
    for example in examples:
        count = sum(label != IGNORED for label in example.layout.labels)
        total = total + count * interaction_loss(untrained.thinker, collate([example])).total
        labels += count
    torch.testing.assert_close(packed.total, total / labels, rtol=1e-5, atol=1e-5)


# Golden values. The "network" is a table: the state at position p is given, so every probability
# is a fraction that can be read off, and the losses below are worked out by hand.

TOKENS = ControlTokens(*range(20))
WORD = 20


class Table:
    """A thinker of 21 tokens whose logits at each position are given: (T, 21)."""

    def __init__(self, logits):
        self.logits = logits

    def embed(self, *_):
        return self.logits[None]

    def decode_embeddings(self, embeddings, segments=None, read=None):
        return embeddings[:, read]

    def lm_head(self, hidden):
        return hidden


def two_chunks(p_silent, p_response):
    """A silent chunk, then one answered with one word; p of what is right at each decision.

    Emotion, word and `<end>` get probability 1/2 each. 4 prefix positions, 13 + 16 of chunks.
    """
    layout = online_layout(TOKENS, [], 2, {1: Reply((WORD,))})
    right = {TOKENS.silent: p_silent, TOKENS.response: p_response}
    logits = torch.zeros(len(layout), 21)
    for position, label in enumerate(layout.labels):
        if label != IGNORED:
            p = right.get(label, 0.5)
            rest = math.log((1 - p) / 20)
            logits[position - 1] = rest
            logits[position - 1, label] = math.log(p)
    batch = collate([Example(layout, torch.zeros(20, 1))])
    return Table(logits.requires_grad_()), batch


GOLDEN = [  # of p(silent) = 1/2, p(response) = 1/8, three words at 1/2; in units of log 2
    (Objective(), (3 + 1 + 3) / 5),
    (Objective(2.0), (3 + 2 * (1 + 3)) / 5),
    (Objective(0.0), 3 / 5),
    (Objective(1.0, "terms"), 3 / 3 + (1 + 3) / 2),
    (Objective(0.5, "terms"), 3 / 3 + 0.5 * (1 + 3) / 2),
    (Objective(1.0, "positions"), (3 + 1 + 3) / 33),
    (Objective(2.0, "labels", "silence"), (3 + 2 * 1 + 3) / 5),
    (Objective(2.0, "labels", "classes"), (3 + 2 * (1 + 3)) / 5),
]


@pytest.mark.parametrize(("objective", "expected"), GOLDEN)
def test_the_loss_is_what_paper_and_pencil_say(objective, expected):
    thinker, batch = two_chunks(1 / 2, 1 / 8)
    assert batch.input_ids.shape[1] == 33
    losses = interaction_loss(thinker, batch, silent=TOKENS.silent, **vars(objective))
    assert losses.total.item() == pytest.approx(expected * math.log(2), rel=1e-5)
    assert losses.text.item() == pytest.approx(math.log(2), rel=1e-5)
    assert losses.decision.item() == pytest.approx(2 * math.log(2), rel=1e-5)


def test_classes_are_balanced_by_their_counts():
    labels = torch.tensor([TOKENS.silent] * 9 + [TOKENS.response] * 3 + [WORD] * 2)
    decisions = labels < WORD
    weights = label_weights(labels, decisions, 2.0, "classes", TOKENS.silent)
    assert weights.tolist() == pytest.approx([2 * 6 / 9] * 9 + [2 * 6 / 3] * 3 + [1.0] * 2)
    alone = label_weights(labels[:9], decisions[:9], 2.0, "classes", TOKENS.silent)
    assert alone.tolist() == [2.0] * 9


def test_a_balance_needs_to_know_silence(untrained, batch):
    with pytest.raises(ValueError, match="<silent>"):
        interaction_loss(untrained.thinker, batch, balance="classes")


def test_a_batch_of_words_or_of_silence_alone_has_a_loss_under_every_mean():
    thinker, batch = two_chunks(1 / 2, 1 / 8)
    words = collate([Example(offline_layout(TOKENS, [], 2, [WORD], [WORD]), torch.zeros(2, 1))])
    silence = collate([Example(online_layout(TOKENS, [], 2, {}), torch.zeros(20, 1))])
    for batch in (words, silence):
        table = Table(torch.zeros(batch.input_ids.shape[1], 21))
        for mean in ("labels", "terms"):
            total = interaction_loss(table, batch, mean=mean).total
            assert total.item() == pytest.approx(math.log(21), rel=1e-5)


layouts = st.builds(
    lambda chunks, answered, words: online_layout(
        TOKENS, [WORD], chunks, {c: Reply((WORD,) * words) for c in answered if c < chunks}
    ),
    st.integers(1, 8),
    st.sets(st.integers(0, 7)),
    st.integers(0, 4),
)


@given(layouts)
def test_no_position_is_both_a_word_and_a_decision(layout):
    decided = {TOKENS.silent, TOKENS.response}
    for label, decision in zip(layout.labels, layout.is_decision, strict=True):
        assert decision == (label in decided)
    assert sum(layout.is_decision) == len(layout.decisions)


@given(layouts, st.just(0.0) | st.floats(0.1, 5), st.sampled_from(["labels", "terms", "positions"]))
def test_the_gradient_lies_where_the_weights_say(layout, weight, mean):
    batch = collate([Example(layout, torch.zeros(sum(layout.is_frame), 1))])
    table = Table(torch.randn(len(layout), 21, requires_grad=True))
    interaction_loss(table, batch, weight, mean=mean).total.backward()
    moved = table.logits.grad.abs().sum(-1)
    for position, (label, decision) in enumerate(
        zip(layout.labels[1:], layout.is_decision[1:], strict=True)
    ):
        assert (moved[position] > 0) == (label != IGNORED and (not decision or weight > 0))


@given(layouts, st.floats(0.1, 5))
def test_the_means_agree_up_to_their_counts(layout, weight):
    batch = collate([Example(layout, torch.zeros(sum(layout.is_frame), 1))])
    table = Table(torch.randn(len(layout), 21))
    labels, terms, positions = (
        interaction_loss(table, batch, weight, mean=mean)
        for mean in ("labels", "terms", "positions")
    )
    count = sum(label != IGNORED for label in layout.labels)
    torch.testing.assert_close(positions.total * len(layout), labels.total * count)
    torch.testing.assert_close(terms.total, terms.text + weight * terms.decision)


@given(layouts, st.floats(0.1, 5))
def test_balanced_classes_weigh_the_same_and_no_more_in_all(layout, weight):
    labels = torch.tensor([label for label in layout.labels if label != IGNORED])
    decisions = torch.tensor(layout.is_decision)[torch.tensor(layout.labels) != IGNORED]
    weights = label_weights(labels, decisions, weight, "classes", TOKENS.silent)
    silences = decisions & (labels == TOKENS.silent)
    responses = decisions & (labels == TOKENS.response)
    torch.testing.assert_close(weights[decisions].sum(), weight * decisions.sum().float())
    assert (weights[~decisions] == 1).all()
    if silences.any() and responses.any():
        torch.testing.assert_close(weights[silences].sum(), weights[responses].sum())


def test_packed_losses_are_those_of_each_stream_alone(untrained):
    """Label by label, not only in the mean; and another neighbour changes none of them."""
    torch.manual_seed(0)
    layouts = [
        online_layout(untrained.tokens, [300], 3, {1: Reply((310, 311))}),
        online_layout(untrained.tokens, [300, 301], 2, {0: Reply((312,)), 1: Reply((313,))}),
        online_layout(untrained.tokens, [], 4, {}),
    ]
    examples = [Example(layout, torch.randn(sum(layout.is_frame), 384)) for layout in layouts]

    def losses(some):
        batch = collate(some)
        thinker = untrained.thinker
        embeddings = thinker.embed(batch.input_ids, batch.is_frame, batch.frames)
        hidden = thinker.decode_embeddings(embeddings, segments=batch.segments)
        logits, labels = thinker.lm_head(hidden[0, :-1]), batch.labels[0, 1:]
        each = F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")
        pieces = F.pad(each, (1, 0)).split(batch.segments)
        return [piece[1:] for piece in pieces]  # of the label at every position but the first

    with torch.no_grad():
        packed = losses(examples)
        for example, piece in zip(examples, packed, strict=True):
            torch.testing.assert_close(piece, losses([example])[0], rtol=1e-5, atol=1e-5)
        other = Example(layouts[0], torch.randn(30, 384))
        beside = losses([other, *examples[1:]])
    assert not torch.allclose(beside[0], packed[0], atol=1e-3)
    assert torch.equal(beside[1], packed[1]) and torch.equal(beside[2], packed[2])
