"""What is measured on sets of streams: functions of the sums of their counts (`stream_score`).

With the outcomes of `matching.match`, over a set of streams

    precision = hits / (hits + false alarms)
    recall    = hits / triggers
    F1        = 2 hits / (2 hits + false alarms + misses)
    balanced trigger accuracy = (hits / triggers + quiet events / events that need no reply) / 2

A model that never speaks has F1 0 and balanced accuracy 0.5; one that speaks after every chunk is
early for every trigger that is longer than a chunk, and has 0 in both.

The transcript of an ASR stream is matched in groups, the words that end in one chunk, and kept
apart: the headline metrics pool all other streams.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from audio_interaction.benchmarks import translation
from audio_interaction.benchmarks.bootstrap import RESAMPLES, Bootstrap, Interval, Statistic, ratio
from audio_interaction.benchmarks.stream_score import (
    COUNTS,
    ORIGINS,
    StreamScore,
    is_recorded,
    normalise,
    says,
    score,
    triggers,
    word_errors,
)
from audio_interaction.corpus.schema import is_asr

__all__ = [
    "ASR", "COUNTS", "DECIDE", "METRICS", "ORIGINS", "SOUNDS", "TEXT", "Metric", "StreamScore",
    "is_asr", "is_recorded", "normalise", "says", "score", "summarise", "triggers", "word_errors",
]  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """A function of the summed counts.

    Attributes:
        title: for tables.
        statistic: sums of the counts, scalars or arrays, to the metric; None for the one that is
            no function of sums, the median delay.
        items: counts whose sum says how much the metric rests on.
        unit: "%" (stored as a fraction), "points" (of 100), "per hour", "s", or "" for a plain
            ratio.
    """

    title: str
    statistic: Statistic | None
    items: tuple[str, ...]
    unit: str = ""


def _share(title: str, part: Iterable[str], whole: Iterable[str], unit: str = "%") -> Metric:
    part, whole = tuple(part), tuple(whole)
    return Metric(
        title,
        lambda s: ratio(sum(s[name] for name in part), sum(s[name] for name in whole)),
        whole,
        unit,
    )


def _accuracy(title: str, *kinds: str) -> Metric:
    return _share(title, [f"{k}_right" for k in kinds], [f"{k}_total" for k in kinds])


def _translation(title: str, name: str) -> Metric:
    return Metric(
        title, lambda s: translation.corpus_score(name, s), ("translation_total",), "points"
    )


TRIGGERS = ("hits", "misses")

METRICS: dict[str, Metric] = {
    "precision": _share("decide precision", ["hits"], ["hits", "alarms"], ""),
    "recall": _share("decide recall", ["hits"], TRIGGERS, ""),
    "f1": Metric(
        "decide F1",
        lambda s: ratio(2 * s["hits"], 2 * s["hits"] + s["alarms"] + s["misses"]),
        TRIGGERS,
    ),
    "balanced": Metric(
        "balanced trigger accuracy",
        lambda s: (
            (ratio(s["hits"], s["hits"] + s["misses"]) + ratio(s["quiet"], s["quiet_total"])) / 2
        ),
        (*TRIGGERS, "quiet_total"),
        "%",
    ),
    "early_share": _share("early", ["early"], TRIGGERS),
    "false_alarms_per_hour": Metric(
        "false alarms per hour, negatives",
        lambda s: ratio(s["negative_alarms"], s["negative_hours"]),
        ("negative_streams",),
        "per hour",
    ),
    "answer_accuracy": _accuracy("answers right", "answer", "confirm"),
    "question_accuracy": _accuracy("questions answered rightly", "answer"),
    "command_accuracy": _accuracy("commands confirmed rightly", "confirm"),
    "naming_accuracy": _accuracy("sounds named rightly", "name"),
    "naming_recorded": _share(
        "recorded sounds named rightly", ["recorded_named"], ["recorded_names"]
    ),
    "naming_synthesised": _share(
        "synthesised sounds named rightly", ["synthesised_named"], ["synthesised_names"]
    ),
    "count_accuracy": _accuracy("counts right", "count"),
    "watch_accuracy": _accuracy("watched sounds told rightly", "watch"),
    "warning_accuracy": _accuracy("hazards warned of rightly", "warn"),
    "recall_recorded": _share("recall, recorded sounds", ["recorded_hits"], ["recorded_total"]),
    "recall_synthesised": _share(
        "recall, synthesised sounds", ["synthesised_hits"], ["synthesised_total"]
    ),
    "bleu": _translation("BLEU", "bleu"),
    "chrf": _translation("chrF", "chrf"),
    "wer": _share("WER", ["errors"], ["words"]),
    "median_delay": Metric("median delay", None, ("hits",), "s"),
}

DECIDE = (
    *("precision", "recall", "f1", "balanced", "early_share", "false_alarms_per_hour"),
    "median_delay",
)
TEXT = (*(name for name in METRICS if name.endswith("accuracy")), *translation.SCORES)
SOUNDS = tuple(name for name in METRICS if name.endswith(ORIGINS))
ASR = ("precision", "recall", "f1", "median_delay", "wer")


def summarise(
    scores: Sequence[StreamScore], names: Iterable[str], resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Interval]:
    """Metrics of a set of streams, pooled, with 95 % intervals over the streams.

    Args:
        scores: the streams; none of them make every metric undefined.
        names: keys of `METRICS`.
        resamples, seed: of the bootstrap.
    """
    bootstrap = Bootstrap(len(scores), resamples, seed)
    counts = {name: np.array([one.counts.get(name, 0) for one in scores], float) for name in COUNTS}
    summary = {}
    for name in names:
        metric = METRICS[name]
        if metric.statistic is None:
            delays = [(delay, unit) for unit, one in enumerate(scores) for delay in one.delays]
            summary[name] = bootstrap.median(*np.array(delays, float).reshape(-1, 2).T)
        else:
            items = round(sum(counts[item].sum() for item in metric.items))
            summary[name] = bootstrap.interval(counts, metric.statistic, items)
    return summary
