"""The same measurements on parts of the test streams: noisy or clean, in a room or dry, recorded.

A mean over everything hides where a listener fails. A stream belongs to every subset whose mark it
bears; the marks come from its record, so that nothing has to be listened to again.
"""

from collections.abc import Mapping, Sequence

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.metrics import (
    DECIDE,
    METRICS,
    StreamScore,
    is_recorded,
    summarise,
)
from audio_interaction.benchmarks.report import Row, Table
from audio_interaction.corpus.schema import Stream
from audio_interaction.corpus.sources import Clip
from audio_interaction.errors import UserError

NOISY_DB = 12.0
"""Signal-to-noise ratio in dB below which a stream counts as noisy."""

SUBSETS = (
    "clean",
    "noisy",
    "dry",
    "reverberant",
    "recorded speech",
    "recorded sounds",
    "synthesised sounds",
)
MEASURED = (*DECIDE, "wer")


def subset_of(stream: Stream, clips: Mapping[str, Clip]) -> set[str]:
    """The subsets of `SUBSETS` that a stream belongs to.

    Args:
        stream: its samples are not needed.
        clips: source clips by id; what is not in it, and was not synthesised for the stream alone,
            marks nothing.
    """
    noisy = stream.snr_db is not None and stream.snr_db < NOISY_DB
    marks = {"noisy" if noisy else "clean", "dry" if stream.rt60_s is None else "reverberant"}
    for event in stream.events:
        if event.role == "amb":
            continue  # the bed is no event
        recorded = is_recorded(event, clips)
        if event.kind == "speech" and recorded:
            marks.add("recorded speech")
        if event.kind == "sound" and recorded is not None:
            marks.add("recorded sounds" if recorded else "synthesised sounds")
    return marks


def by_subset(
    scores: Sequence[StreamScore],
    streams: Sequence[Stream],
    clips: Mapping[str, Clip],
    seed: int = 0,
) -> dict[str, dict[str, Interval]]:
    """Metrics of each subset, in the order of `SUBSETS`; those without a stream are left out.

    The decide metrics pool the streams that are not transcribed, as everywhere; "wer" is that of
    the others. The intervals are over streams.

    Args:
        scores: as `evaluate.score_policy` gives them.
        streams: the scored ones, in any order.
        clips: as in `subset_of`, such as all of `Sources.clips`.
        seed: of the bootstrap.

    Raises:
        UserError: a score is of none of the streams.
    """
    marks = {stream.id: subset_of(stream, clips) for stream in streams}
    if unknown := [score.stream for score in scores if score.stream not in marks]:
        raise UserError(
            f"no record of the scored streams {', '.join(unknown[:5])}; give those that were scored"
        )
    results = {}
    for subset in SUBSETS:
        own = [score for score in scores if subset in marks[score.stream]]
        if own:
            spoken = [score for score in own if not score.asr]
            written = [score for score in own if score.asr]
            results[subset] = summarise(spoken, DECIDE, seed=seed)
            results[subset] |= summarise(written, ["wer"], seed=seed)
    return results


def subset_table(results: Mapping[str, Mapping[str, Interval]]) -> Table:
    """The results of `by_subset` as a table; columns that are undefined everywhere are left out.

    Raises:
        UserError: there are no results.
    """
    if not results:
        raise UserError("no subset holds a stream, so there is nothing to tell")
    names = [n for n in MEASURED if any(row[n].value is not None for row in results.values())]
    return Table(
        "The model on parts of the streams",
        tuple(METRICS[name].title for name in names),
        tuple(METRICS[name].unit for name in names),
        tuple(
            Row(subset, tuple(row[name] for name in names), "corpus")
            for subset, row in results.items()
        ),
        f"A stream may be in several parts; noisy is below {NOISY_DB:.0f} dB",
    )
