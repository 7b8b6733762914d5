"""Behaviour from decide curves, against values counted by hand."""

import numpy as np
import pytest
import torch

from audio_interaction.benchmarks import tuning
from audio_interaction.corpus.schema import Event, Response, Stream
from audio_interaction.streaming.session import listen
from audio_interaction.training import behaviour as module
from audio_interaction.training.behaviour import (
    behaviour,
    bounded,
    free_running,
    is_watched,
    teacher_forced,
)
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


def test_nothing_but_transcription_is_refused():
    words = stream([Response(0.5, 0.9, "yes", kind="transcript")])
    assert is_watched(ASKED) and not is_watched(words)
    with pytest.raises(ValueError, match="other than transcription"):
        behaviour([words], [curve([])], 0.5)


# Replies of a session are scored as they were said: two neighbouring ones are two.


@pytest.mark.parametrize(
    ("said", "recall", "early", "once"),
    [
        ([], 0, 0, 0),
        ([6], 1, 0, 1),  # the trigger sounds in chunks 1 to 5, its window ends with chunk 7
        ([5, 7], 1, 0, 0),
        ([7, 8], 1, 0, 1),
        ([3], 0, 1, 0),
        ([3, 6], 0, 1, 0),  # the early one uses the trigger up
        ([0, 6], 1, 0, 1),  # too soon to be meant for it
        (list(range(20)), 0, 1, 0),
    ],
)
def test_one_response_per_trigger(said, recall, early, once):
    seen = behaviour([ASKED], [curve([])], 0.5, [said])
    assert (seen.recall, seen.early, seen.once) == (recall, early, once)


def test_a_reply_to_the_next_trigger_is_no_second_one_to_the_first():
    both = stream([Response(0.5, 2.1, "yes"), Response(2.2, 2.7, "no")])  # due at 5 and 6
    seen = behaviour([both], [curve([])], 0.5, [[5, 7]])
    assert seen.recall == seen.once == 1.0


def test_the_bounded_threshold_is_the_best_that_disturbs_little():
    # Two alarms in 36 s would be 200 an hour; at 0.62 they are gone, and the trigger still is hit.
    curves = [curve([6], high=0.7), curve([20, 40], 90, high=0.6)]
    chosen = bounded([ASKED, QUIET], curves)
    assert chosen.f1 == 1.0 and chosen.threshold == pytest.approx(0.62)
    assert chosen.false_alarms_per_hour == 0
    loud = [curve([6], high=0.6), curve([20, 40], 90, high=0.99)]
    assert bounded([ASKED, QUIET], loud).false_alarms_per_hour == pytest.approx(200)
    assert bounded([ASKED, QUIET], loud, alarms_per_hour=500).f1 == pytest.approx(0.5)


def test_training_and_tuning_choose_alike():
    assert module.ALARMS_PER_HOUR == tuning.ALARMS_PER_HOUR
    assert module.THRESHOLDS == tuning.THRESHOLDS


# Free running: the session itself.


def test_a_silent_session_decides_as_teacher_forcing_on_silence_does(untrained):
    quiet = stream(task="negative", chunks=12)
    heard = free_running(untrained, [quiet], threshold=1.1)[0]
    assert heard.said == {}
    np.testing.assert_allclose(heard.p_response, teacher_forced(untrained, [quiet])[0], atol=1e-4)


def test_what_is_said_changes_what_is_decided_next(untrained):
    short = stream(chunks=3)
    quiet, loud = (free_running(untrained, [short], t)[0] for t in (1.1, 0.0))
    assert list(loud.said) == [0, 1, 2]
    assert loud.p_response[0] == pytest.approx(quiet.p_response[0], abs=1e-5)
    assert np.abs(loud.p_response[1:] - quiet.p_response[1:]).max() > 1e-4


def test_frames_are_heard_as_their_samples_are(untrained):
    samples = np.random.default_rng(0).standard_normal(8 * 6400).astype(np.float32) * 0.1
    frames = untrained.features(samples).flatten(0, 1)
    encoded = EncodedStream(ASKED.stream, 8, frames)
    heard = free_running(untrained, [encoded], 1.1)[0]
    whole = listen(untrained, samples, encoded.stream.system, 1.1, tail_seconds=0.0)
    np.testing.assert_allclose(heard.p_response, whole.p_response, atol=1e-5)
