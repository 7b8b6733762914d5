"""The objective against values computed by hand."""

import pytest
import torch
import torch.nn.functional as F

from audio_interaction.protocol import IGNORED, Reply, online_layout
from audio_interaction.training.batches import Example, collate
from audio_interaction.training.objective import interaction_loss


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
