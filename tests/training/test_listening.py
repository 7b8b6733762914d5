"""What is heard in each chunk, and the auxiliary loss that asks for it."""

import numpy as np
import torch
import torch.nn.functional as F

from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.language import sentences
from audio_interaction.corpus.schema import Event, Response, Stream, Word
from audio_interaction.layouts import Reply, online_layout
from audio_interaction.protocol import SAMPLE_RATE
from audio_interaction.training.batches import Example, collate
from audio_interaction.training.listening import CLASSES, ListeningHeads, heard_targets
from audio_interaction.training.module import InteractionModule
from audio_interaction.training.objective import interaction_loss
from audio_interaction.training.recipe import Optimisation


def stream(*events, responses=()):
    samples = np.zeros(4 * SAMPLE_RATE, np.float32)
    return Stream("s", "train", "t", "", samples, events, responses, None, None)


def names(targets, column):
    return [CLASSES[index] for index in targets[:, column]]


def said(start, end, text):
    return Event(start, end, "speech", text, "fg", "voice", "clip", (Word("words", start, end),))


def sound(start, end, label, role="fg"):
    return Event(start, end, "sound", label, role, "package", "clip")


def test_a_sound_is_heard_while_it_lasts_and_has_ended_while_a_reply_may_begin():
    targets = heard_targets(stream(sound(0.5, 1.3, "knock")), 10)
    assert names(targets, 0) == ["nothing", *["knock"] * 3, *["nothing"] * 6]
    # Chunks end at 0.4, 0.8, ...: those at 1.6 and 2.0 lie 0.3 and 0.7 s behind the end.
    assert names(targets, 1) == [*["nothing"] * 3, *["knock"] * 2, *["nothing"] * 5]


def test_speech_ends_with_its_last_word_and_not_with_its_clip():
    words = (Word("hello", 0.1, 0.5), Word("there", 0.5, 0.9))
    spoken = Event(0.0, 1.6, "speech", "hello there", "fg", "voice", "clip", words)
    targets = heard_targets(stream(spoken), 10)
    assert names(targets, 0)[:4] == ["speech", "speech", "speech", "nothing"]
    assert names(targets, 1)[:5] == ["nothing", "nothing", "speech", "speech", "nothing"]


def test_what_was_asked_for_stands_from_the_order_on_and_is_found_when_it_has_ended():
    order = next(one.text for one in sentences() if one.sound == "cow" and one.form == "watch")
    targets = heard_targets(
        stream(
            sound(0.0, 0.2, "cow"),  # nobody has asked for it yet
            said(0.3, 1.1, order),
            sound(1.5, 1.9, "bell"),
            sound(2.5, 2.9, "cow"),
        ),
        10,
    )
    assert names(targets, 2) == [*["nothing"] * 2, *["cow"] * 8]
    assert names(targets, 1)[4:] == ["nothing", "bell", "nothing", "cow", "cow", "nothing"]
    assert names(targets, 3) == [*["nothing"] * 7, "cow", "cow", "nothing"]


def test_what_lies_under_everything_is_not_asked_for_and_music_is_something_else():
    targets = heard_targets(
        stream(sound(0.0, 4.0, "rain", "amb"), sound(0.2, 0.6, "bird", "bg"), sound(1, 2, "harp")),
        10,
    )
    assert set(names(targets, 0)) == {"nothing", "other"}


def test_a_reply_is_due_when_its_trigger_has_just_ended():
    for end in np.arange(1.0, 2.0, 0.07):
        reply = Response(0.5, float(end), "careful", "urgent", "warn")
        heard = stream(sound(0.5, float(end), "siren"), responses=(reply,))
        (chunk,) = decision_chunks(heard, 10)
        assert "siren" in names(heard_targets(heard, 10)[chunk - 1 : chunk + 1], 1)


def test_the_loss_is_the_cross_entropy_of_all_questions_at_the_deciding_states(untrained):
    torch.manual_seed(0)
    layout = online_layout(untrained.tokens, [300], 3, {})
    heard = np.array([[0, 0, 2, 0], [1, 0, 2, 0], [0, 1, 0, 3]])
    batch = collate([Example(layout, torch.randn(30, 384), heard=heard)])
    heads = ListeningHeads(untrained.thinker.config.text_config.hidden_size, 5)
    plain = interaction_loss(untrained.thinker, batch)
    both = interaction_loss(untrained.thinker, batch, listening=heads, listening_weight=0.5)
    states = untrained.thinker.decode_layers(
        untrained.thinker.embed(batch.input_ids, batch.is_frame, batch.frames)
    )
    deciding = np.array(layout.decisions) - 1
    assert all(layout.is_frame[place] for place in deciding - 1)
    losses = [
        F.cross_entropy(answers, torch.from_numpy(heard[:, question]))
        for read, head in zip(
            (states[3][0, deciding - 1], states[5][0, deciding]), heads.heads, strict=True
        )
        for question, answers in enumerate(head(read).split(len(CLASSES), 1))
    ]
    expected = sum(losses) / len(losses)
    torch.testing.assert_close(both.total - plain.total, 0.5 * expected, rtol=1e-4, atol=1e-4)


def test_the_deciding_states_are_asked_in_a_packed_batch_too(untrained):
    layout = online_layout(untrained.tokens, [300], 2, {1: Reply((301,))})
    heard = np.array([[1, 0, 0, 0], [0, 1, 0, 0]])
    asked = Example(layout, torch.randn(20, 384), heard=heard)
    silent = Example(layout, torch.randn(20, 384))
    assert silent.heard_at == []
    assert asked.heard_at == [place - 1 for place in layout.decisions]
    assert {layout.input_ids[place] for place in asked.heard_at} == {untrained.tokens.assistant}
    batch = collate([silent, asked])
    assert batch.heard_at.tolist() == [len(layout) + place for place in asked.heard_at]
    assert batch.heard.tolist() == heard.tolist()
    assert asked.unlabelled().heard_at == []


def test_the_heads_learn_with_the_model_and_are_no_part_of_it(untrained):
    module = InteractionModule(untrained, Optimisation(10, 1e-3), listening_weight=1.0)
    learning = {
        id(parameter)
        for group in module.configure_optimizers()["optimizer"].param_groups
        for parameter in group["params"]
    }
    assert {id(parameter) for parameter in module.listening.parameters()} <= learning
    assert not any("listening" in name for name, _ in untrained.network.named_parameters())
    assert InteractionModule(untrained, Optimisation(10, 1e-3)).listening is None
