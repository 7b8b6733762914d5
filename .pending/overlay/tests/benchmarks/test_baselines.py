import numpy as np
import pytest

from audio_interaction.benchmarks.baselines import (
    EnergyVadCascade,
    always_respond,
    always_silent,
)
from audio_interaction.benchmarks.metrics import score
from audio_interaction.corpus.schema import Response, Stream
from audio_interaction.streaming.session import listen

RATE = 16_000


def tone(seconds, level=0.3):
    return (level * np.sin(2 * np.pi * 300 * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def quiet(seconds, level=0.0):
    return np.random.default_rng(0).normal(0, level, round(seconds * RATE)).astype(np.float32)


def stream_of(*pieces, responses=()):
    return Stream("s", "test", "chat", "listen", np.concatenate(pieces), (), tuple(responses), None)


def test_constant_policies_hear_as_many_chunks_as_a_session(model):
    for seconds in (2.0, 2.1):
        stream = stream_of(quiet(seconds))
        heard = listen(model, stream.audio, stream.system, threshold=2.0)
        for policy in (always_silent, always_respond):
            got = policy(stream)
            assert len(got.p_response) == len(got.chunk_seconds) == len(heard.p_response)
            assert got.seconds == heard.seconds
    assert always_silent(stream).spoken == ()
    assert [reply.chunk for reply in always_respond(stream).spoken] == list(range(8))


@pytest.mark.parametrize("floor", [0.0, 0.003, 0.02])
def test_cascade_finds_segments_over_any_steady_floor(floor):
    samples = np.concatenate(
        [quiet(1.0, floor), tone(1.0), quiet(1.0, floor), tone(0.6), quiet(1.5, floor)]
    )
    found = EnergyVadCascade().segments(samples)
    assert np.array(found) == pytest.approx(np.array([(1.0, 2.0, 2.4), (3.0, 3.6, 4.0)]), abs=0.05)


def test_cascade_bridges_short_pauses_and_drops_clicks():
    samples = np.concatenate(
        [quiet(1.0), tone(0.5), quiet(0.3), tone(0.5), quiet(1.0), tone(0.05), quiet(1.0)]
    )
    found = EnergyVadCascade().segments(samples)
    assert np.array(found) == pytest.approx(np.array([(1.0, 2.3, 2.7)]), abs=0.05)


def test_cascade_hears_nothing_in_silence():
    assert EnergyVadCascade().segments(quiet(3.0)) == []


def test_cascade_uses_only_the_past():
    first = np.concatenate([quiet(1.0, 0.003), tone(1.0), quiet(1.0, 0.003)])
    later = np.concatenate([first, tone(2.0), quiet(2.0, 0.01)])
    cascade = EnergyVadCascade()
    assert cascade.segments(later)[: len(cascade.segments(first))] == cascade.segments(first)


def test_cascade_answers_in_the_window_of_its_trigger():
    stream = stream_of(quiet(1.0), tone(1.0), quiet(2.0), responses=[Response(1.0, 2.0, "three")])
    heard = EnergyVadCascade()(stream)
    got = score(stream, heard.spoken, len(heard.p_response))
    assert got.counts["hits"] == 1 and got.counts["alarms"] == 0
    assert np.flatnonzero(heard.p_response).tolist() == [reply.chunk for reply in heard.spoken]


def test_cascade_writes_what_the_base_says_offline(model):
    stream = stream_of(quiet(1.0), tone(1.0), quiet(2.0), responses=[Response(1.0, 2.0, "x")])
    cascade = EnergyVadCascade(model)
    ((start, end, _),) = cascade.segments(np.pad(stream.audio, (0, RATE)))
    expected = model.offline(stream.audio[round(start * RATE) : round(end * RATE)], "answer")
    assert [reply.text for reply in cascade(stream).spoken] == [expected]
