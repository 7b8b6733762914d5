"""Choosing the threshold of p(response), on validation streams only (`corpus.operating_point`)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm.auto import tqdm

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.metrics import is_asr, score, summarise
from audio_interaction.corpus.matching import onsets
from audio_interaction.corpus.operating_point import ALARMS_PER_HOUR, THRESHOLDS, choose
from audio_interaction.corpus.schema import Stream
from audio_interaction.errors import UserError
from audio_interaction.files import write_json

if TYPE_CHECKING:
    from audio_interaction.model.interaction import InteractionModel
    from audio_interaction.streaming.session import Transcript

CURVE = ("precision", "recall", "f1", "balanced", "false_alarms_per_hour")


@dataclass(frozen=True)
class Point:
    """One threshold of the curve; metrics as in `metrics.METRICS`, None where undefined."""

    threshold: float
    precision: float | None
    recall: float | None
    f1: float | None
    balanced: float | None
    false_alarms_per_hour: float


@dataclass(frozen=True)
class Tuning:
    """A chosen threshold and how it was chosen.

    Attributes:
        threshold: the choice.
        bound_met: whether some threshold kept the bound; if not, the choice has the fewest alarms.
        alarms_per_hour: the bound.
        curve: the sweep, ascending.
        confirmed: the metrics of a run at the chosen threshold, by the names of `CURVE`.
    """

    threshold: float
    bound_met: bool
    alarms_per_hour: float
    curve: tuple[Point, ...]
    confirmed: dict[str, Interval]

    def to_dict(self) -> dict:
        """Plain values of JSON."""
        return asdict(self)


def sweep(
    streams: Sequence[Stream], curves: Sequence[np.ndarray], thresholds: Sequence[float]
) -> tuple[Point, ...]:
    """Metrics of the replies that curves of p(response), each (C,), begin (`matching.onsets`)."""
    points = []
    for threshold in thresholds:
        scores = [
            score(stream, onsets(p, threshold), len(p))
            for stream, p in zip(streams, curves, strict=True)
        ]
        summary = summarise(scores, CURVE, resamples=1)
        points.append(Point(threshold, *(summary[name].value for name in CURVE)))
    return tuple(points)


def tune_threshold(
    model: "InteractionModel",
    streams: Sequence[Stream],
    alarms_per_hour: float = ALARMS_PER_HOUR,
) -> Tuning:
    """Choose the threshold with the best F1 whose false alarms stay within the bound.

    The model listens freely at its present threshold; its curve of p(response) is then cut at
    every candidate. That is an approximation, since a reply that is not given would have changed
    what comes after it, so the model listens once more at the choice and the result is reported.

    Args:
        model: `model.threshold` is where it starts; it is not changed.
        streams: validation streams; transcription streams are left aside.
        alarms_per_hour: bound on false alarms per hour of the streams that need no reply.

    Raises:
        UserError: test streams, or none with and none without a response.
    """
    if any(stream.split == "test" for stream in streams):
        raise UserError("thresholds are chosen on validation streams; leave the test split alone")
    streams = [stream for stream in streams if not is_asr(stream)]
    if len({bool(stream.responses) for stream in streams}) != 2:
        raise UserError(
            f"{len(streams)} streams to tune on: some must call for a response and some for none; "
            "compose more, of the task 'negative' too"
        )
    curve = sweep(streams, [run.p_response for run in _listen(model, streams, None)], THRESHOLDS)
    best, bound_met = choose(curve, alarms_per_hour)
    runs = _listen(model, streams, best.threshold)
    scores = [
        score(stream, run.spoken, len(run.p_response))
        for stream, run in zip(streams, runs, strict=True)
    ]
    confirmed = summarise(scores, CURVE)
    return Tuning(best.threshold, bound_met, alarms_per_hour, curve, confirmed)


def tune_adapter(
    model: "InteractionModel",
    folder: Path,
    streams: Sequence[Stream],
    alarms_per_hour: float = ALARMS_PER_HOUR,
) -> Tuning:
    """Choose the threshold of a trained adapter and keep it in its folder (`decision.json`).

    The model goes on with the chosen threshold, and so does whoever loads the adapter.
    """
    from audio_interaction.model.interaction import DECISION_FILE

    tuning = tune_threshold(model, streams, alarms_per_hour)
    model.threshold = tuning.threshold
    write_json(folder / DECISION_FILE, tuning.to_dict())
    return tuning


def _listen(
    model: "InteractionModel", streams: Sequence[Stream], threshold: float | None
) -> list["Transcript"]:
    from audio_interaction.streaming.session import listen

    return [
        listen(model, stream.audio, stream.system, threshold)
        for stream in tqdm(streams, desc="tuning", unit="stream", leave=False)
    ]
