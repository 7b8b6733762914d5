from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_interaction.audio.io import load_audio
from audio_interaction.audio.mixing import rms
from audio_interaction.corpus.build import compose_streams
from audio_interaction.corpus.compose import Bed
from audio_interaction.corpus.conversation import (
    NO_GAPS,
    compose_conversation,
    export_conversation,
    export_offline,
    offline_item_of,
    turns_of,
)
from audio_interaction.corpus.jsonl import NO_RESPONSE, Conversation, Offline, Turn
from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.offline import offline_items
from audio_interaction.corpus.schema import Event, Response, Stream
from audio_interaction.errors import UserError
from audio_interaction.protocol import FRAME_SAMPLES, chunks_in, trigger_chunk

RATE = 16_000
NAMES = {"id": "x", "split": "train", "task": "own", "system": "listen"}


def tone(seconds: float) -> np.ndarray:
    return (0.3 * np.sin(np.arange(1, round(seconds * RATE) + 1) * 0.3)).astype(np.float32)


SOUNDS = {"a.wav": tone(1.0), "b.wav": tone(0.73), "c.wav": tone(2.5)}
TALK = Conversation(
    (
        Turn("a.wav", "hello", "happy", user="hi there"),
        Turn("b.wav"),
        Turn("c.wav", "a bell", "urgent"),
    )
)


def laid(conversation=TALK, load=SOUNDS.__getitem__, **options) -> Stream:
    return compose_conversation(conversation, load, np.random.default_rng(1), **NAMES | options)


def test_turns_follow_each_other_with_the_gaps_of_the_release():
    stream = laid()
    assert len(stream.audio) % 6400 == 0 and stream.split == "train" and stream.task == "own"
    at = 0.0
    for event, turn in zip(stream.events, TALK.turns, strict=True):
        assert 0.8 <= round(event.start - at, 6) <= 2.4 + 0.04
        first = round(event.start * RATE)
        heard = stream.audio[first : round(event.end * RATE)]
        np.testing.assert_array_equal(heard, SOUNDS[turn.audio_path])
        assert not stream.audio[round(at * RATE) : first].any()
        at = event.end
    assert 0.44 <= len(stream.audio) / RATE - at <= 2.4 + 0.04
    assert [event.kind for event in stream.events] == ["speech", "sound", "sound"]


def test_replies_are_due_when_their_turn_has_ended_and_silent_turns_have_none():
    stream = laid()
    assert [(r.text, r.emotion) for r in stream.responses] == [
        ("hello", "happy"),
        ("a bell", "urgent"),
    ]
    assert [r.end for r in stream.responses] == [stream.events[0].end, stream.events[2].end]
    placed = decision_chunks(stream, chunks_in(len(stream.audio)), np.random.default_rng(0))
    assert len(placed) == 2


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(1, 90_000), st.booleans()), min_size=1, max_size=5))
def test_replies_fall_into_the_chunk_of_the_released_builder_or_beside_it(turns):
    # floor(end / 10) in frames, as the release computes it; we count from the true end.
    conversation = Conversation(
        tuple(Turn(f"{length}", "yes" if speaks else NO_RESPONSE) for length, speaks in turns)
    )
    stream = laid(conversation, lambda name: np.full(int(name), 0.1, np.float32))
    ends = [round(event.end * RATE) for event in stream.events]
    assert [end - round(e.start * RATE) for end, e in zip(ends, stream.events, strict=True)] == [
        length for length, _ in turns
    ]
    due = [-(-end // FRAME_SAMPLES) // 10 for end, (_, speaks) in zip(ends, turns, strict=True)
           if speaks]  # fmt: skip
    assert len(due) == len(stream.responses)
    for response, released in zip(stream.responses, due, strict=True):
        assert trigger_chunk(response.end) in (released, released - 1)
    placed = decision_chunks(stream, chunks_in(len(stream.audio)), lag=0.18)
    assert len(decision_chunks(stream, chunks_in(len(stream.audio)), lag=0.8)) == len(due)
    assert all(min(abs(chunk - d) for d in due) <= 1 for chunk in placed)


def test_the_system_text_of_a_row_wins():
    assert laid().system == "listen"
    assert laid(replace(TALK, system="count the dogs")).system == "count the dogs"


def test_gaps_may_hold_noise_at_its_own_level(train):
    stream, clean = laid(noises=train.noises), laid()
    assert stream.events == clean.events and stream.snr_db is None
    active = clean.audio != 0
    np.testing.assert_array_equal(stream.audio[active], clean.audio[active])
    first = round(stream.events[0].start * RATE)
    levels = [rms(clip.audio()) for clip in train.noises]
    assert 0.5 * min(levels) < rms(stream.audio[:first]) < 2 * max(levels)


def test_a_bed_lies_under_everything(train):
    stream = laid(noises=train.noises, bed=Bed((10.0, 10.0), share=1.0))
    assert stream.snr_db == 10.0 and stream.events[0].role == "amb"
    first, last = (round(t * RATE) for t in (stream.events[1].start, stream.events[1].end))
    gap, speech = rms(stream.audio[:first]), rms(stream.audio[first:last])
    assert 8 < 20 * np.log10(speech / gap) < 12.5


def test_a_silent_recording_needs_no_bed(train):
    silent = laid(load=lambda name: np.zeros(8000, np.float32), noises=train.noises, bed=Bed())
    assert silent.snr_db is None


def test_cut_and_laid_out_again_a_stream_is_the_same(train, tmp_path):
    for stream in compose_streams("train", 20, 5, sources=train):
        conversation = export_conversation(stream, tmp_path)
        again = compose_conversation(
            conversation,
            lambda name: load_audio(tmp_path / name),
            np.random.default_rng(0),
            **NAMES | {"gap_frames": NO_GAPS},
        )
        np.testing.assert_allclose(
            again.audio[: len(stream.audio)], stream.audio, atol=1.01 / 32768
        )
        assert not again.audio[len(stream.audio) :].any()
        assert again.system == stream.system
        said = " ".join(response.text for response in stream.responses)
        assert " ".join(response.text for response in again.responses) == said
        ends = {-(-round(r.end * RATE) // FRAME_SAMPLES): r for r in stream.responses}
        assert [round(r.end * RATE / FRAME_SAMPLES) for r in again.responses] == sorted(ends)
        assert [r.emotion for r in again.responses] == [ends[end].emotion for end in sorted(ends)]


def test_a_conversation_survives_its_stream():
    stream = laid()
    turns = turns_of(stream)
    assert np.array_equal(np.concatenate([samples for _, samples in turns]), stream.audio)
    cut = [(turn.assistant, turn.emotion, turn.user) for turn, _ in turns]
    assert cut[:3] == [(t.assistant, t.emotion, t.user) for t in TALK.turns]
    assert cut[3:] == [(NO_RESPONSE, "normal", "")]  # the tail
    for (_, samples), original in zip(turns, SOUNDS.values(), strict=False):
        end = len(np.trim_zeros(samples, "b"))
        np.testing.assert_array_equal(samples[end - len(original) : end], original)


def test_replies_due_within_a_frame_are_joined():
    stream = Stream(
        "x", "train", "own", "", tone(2.0),
        (Event(0.0, 1.0, "speech", "one two"),),
        (Response(0, 0.99, "one", "sad"), Response(0, 0.995, "two", "happy")),
    )  # fmt: skip
    (said, _), (tail, _) = turns_of(stream)
    assert (said.assistant, said.emotion, said.user) == ("one two", "happy", "one two")
    assert tail.silent


def test_a_stream_without_samples_cannot_be_written(tmp_path):
    with pytest.raises(UserError, match="no samples"):
        export_conversation(replace(laid(), audio=np.zeros(0, np.float32)), tmp_path)


def test_offline_samples_are_items_and_items_are_samples(train, tmp_path):
    item = offline_item_of(Offline("a bell", "name it", "c.wav"), SOUNDS.__getitem__)
    assert item.tasks == (("name it", "a bell"),) and item.kind == "A_T_T"
    np.testing.assert_array_equal(item.samples[:40_000], SOUNDS["c.wav"])
    assert len(item.samples) % 6400 == 0
    long = offline_item_of(Offline("x", "", "l"), lambda _: np.ones(30 * RATE, np.float32))
    assert len(long.samples) == 20 * RATE
    assert len(offline_item_of(Offline("four", "two and two"), SOUNDS.__getitem__).samples) == 0

    for item in list(offline_items(train.speech[:2], train.noises, 0, 1)):
        for sample, task in zip(export_offline(item, tmp_path), item.tasks, strict=True):
            again = offline_item_of(sample, lambda name: load_audio(tmp_path / name))
            assert again.tasks == (task,)
            np.testing.assert_allclose(again.samples, item.samples, atol=1.01 / 32768)
