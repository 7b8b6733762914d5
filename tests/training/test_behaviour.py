"""Behaviour from decide curves, against values counted by hand."""

import numpy as np
import pytest
import torch

from audio_interaction.corpus.schema import Event, Response, Stream
from audio_interaction.training.behaviour import behaviour, teacher_forced
from audio_interaction.training.data import EncodedStream


def stream(responses=(), task="chat", chunks=20):
    events = tuple(Event(r.start, r.end, "speech", "x") for r in responses)
    audio = np.zeros(0, np.float32)
    made = Stream("s", "validation", task, "listen", audio, events, tuple(responses))
    return EncodedStream(made, chunks, torch.randn(chunks * 10, 384).half())


def curve(peaks, chunks=20, low=0.05, high=0.9):
    values = np.full(chunks, low)
    values[list(peaks)] = high
    return values


ASKED = stream([Response(0.5, 2.1, "yes")])  # due at chunk 5, labelled at 2.1 + 0.5 s, chunk 6
QUIET = stream(task="negative", chunks=90)  # 36 s


def test_a_hit_and_a_false_alarm_are_counted():
    seen = behaviour([ASKED, QUIET], [curve([6]), curve([40], 90)], threshold=0.5)
    assert (seen.precision, seen.recall) == (0.5, 1.0)
    assert seen.f1 == pytest.approx(2 / 3)
    assert seen.false_alarms_per_hour == pytest.approx(100)
    assert seen.p_at_events == pytest.approx(0.9)
    assert seen.p_elsewhere == pytest.approx((108 * 0.05 + 0.9) / 109)


def test_never_speaking_is_seen_in_the_probability_where_a_reply_is_due():
    seen = behaviour([ASKED], [curve([], low=0.01)], threshold=0.5)
    assert seen.recall == 0 and seen.f1 == 0 and seen.p_at_events == pytest.approx(0.01)


def test_neighbouring_crossings_are_one_reply():
    seen = behaviour([ASKED], [curve([5, 6, 7])], threshold=0.5)
    assert (seen.precision, seen.recall) == (1.0, 1.0)


def test_transcription_streams_are_left_out():
    words = stream([Response(0.5, 0.9, "yes", kind="transcript")])
    assert behaviour([ASKED, words], [curve([5]), curve([])], 0.5).f1 == 1.0


def test_curves_in_a_batch_are_the_curves_one_by_one(untrained):
    streams = [ASKED, QUIET, stream(chunks=7)]
    together = teacher_forced(untrained, streams)
    for encoded, curve_of in zip(streams, together, strict=True):
        alone = teacher_forced(untrained, [encoded])[0]
        assert len(curve_of) == encoded.num_chunks
        np.testing.assert_allclose(curve_of, alone, atol=1e-5)
