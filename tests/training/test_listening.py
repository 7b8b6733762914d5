"""What is heard in each chunk, and the auxiliary loss that asks for it."""

import numpy as np
import torch
import torch.nn.functional as F

from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.schema import Event, Response, Stream, Word
from audio_interaction.protocol import SAMPLE_RATE, offline_layout, online_layout
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


def test_the_loss_is_the_cross_entropy_of_both_heads_at_the_deciding_states(untrained):
    torch.manual_seed(0)
    layout = online_layout(untrained.tokens, [300], 3, {})
    heard = np.array([[0, 0], [1, 0], [0, 1]])
    batch = collate([Example(layout, torch.randn(30, 384), heard=heard)])
    heads = ListeningHeads(untrained.thinker.config.text_config.hidden_size)
    plain = interaction_loss(untrained.thinker, batch)
    both = interaction_loss(untrained.thinker, batch, listening=heads, listening_weight=0.5)
    hidden = untrained.thinker.decode_embeddings(
        untrained.thinker.embed(batch.input_ids, batch.is_frame, batch.frames)
    )[0]
    logits = heads.heads(hidden[[place - 1 for place in layout.decisions]])
    now, ended = logits[:, : len(CLASSES)], logits[:, len(CLASSES) :]
    target = torch.from_numpy(heard)
    expected = (F.cross_entropy(now, target[:, 0]) + F.cross_entropy(ended, target[:, 1])) / 2
    torch.testing.assert_close(both.total - plain.total, 0.5 * expected, rtol=1e-4, atol=1e-4)


def test_where_nothing_is_decided_the_last_frame_of_each_chunk_is_asked(untrained):
    layout = offline_layout(untrained.tokens, [], 20, [300], [301])
    asked = Example(layout, torch.randn(20, 384), heard=np.array([[1, 0], [0, 1]]))
    silent = Example(layout, torch.randn(20, 384))
    assert silent.heard_at == []
    first = layout.is_frame.index(True)
    assert asked.heard_at == [first + 9, first + 19]
    batch = collate([silent, asked])
    assert batch.heard_at.tolist() == [len(layout) + first + 9, len(layout) + first + 19]
    assert batch.heard.tolist() == [[1, 0], [0, 1]]
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
