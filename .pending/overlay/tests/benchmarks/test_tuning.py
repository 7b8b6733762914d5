import numpy as np
import pytest

from audio_interaction.benchmarks.tuning import THRESHOLDS, sweep, tune_threshold
from audio_interaction.corpus.build import compose_streams
from audio_interaction.corpus.schema import Response, Stream
from audio_interaction.errors import UserError

from .conftest import make_sources


def stream(responses=(), split="validation"):
    audio = np.zeros(16_000, np.float32)
    return Stream("s", split, "chat", "listen", audio, (), tuple(responses))


def test_sweep_by_hand():
    # 10 chunks of 0.4 s each; the question is due at chunk 4.
    asked, nothing = stream([Response(1.0, 2.0, "x")]), stream()
    high, low = np.zeros(10), np.zeros(10)
    high[[4, 8]] = 0.9, 0.3
    low[[2, 6]] = 0.6, 0.2
    points = sweep([asked, nothing], [high, low], [0.1, 0.25, 0.5, 0.7, 0.95])
    hour = 4 / 3600
    assert [point.recall for point in points] == [1, 1, 1, 1, 0]
    assert [point.precision for point in points] == [1 / 4, 1 / 3, 1 / 2, 1, None]
    assert [point.f1 for point in points] == pytest.approx([2 / 5, 2 / 4, 2 / 3, 1, 0])
    assert [point.false_alarms_per_hour for point in points] == pytest.approx(
        [2 / hour, 1 / hour, 1 / hour, 0, 0]
    )


def test_the_choice_is_confirmed_by_listening_at_it(model):
    sources = make_sources("validation")
    streams = compose_streams(
        "validation", 2, 0, tasks=["chat", "negative", "asr_clean"], sources=sources
    )
    model.threshold = 2.0  # never speaks while its curve is taken: random replies are long
    try:
        tuning = tune_threshold(model, streams, alarms_per_hour=20.0)
    finally:
        model.threshold = 0.5
    assert [point.threshold for point in tuning.curve] == list(THRESHOLDS)
    chosen = next(point for point in tuning.curve if point.threshold == tuning.threshold)
    assert tuning.bound_met and chosen.false_alarms_per_hour <= 20.0
    within = [p.f1 for p in tuning.curve if p.false_alarms_per_hour <= 20.0]
    assert chosen.f1 == max(within)
    assert tuning.confirmed["f1"].value is not None
    assert tuning.to_dict()["confirmed"]["f1"]["items"] == len(streams[0].responses)


def test_test_streams_are_refused():
    with pytest.raises(UserError, match="leave the test split alone"):
        tune_threshold(None, [stream(split="test")])


def test_both_kinds_of_stream_are_needed():
    with pytest.raises(UserError, match="'negative'"):
        tune_threshold(None, [stream([Response(1.0, 2.0, "x")])])
