"""The evaluation of the kit: how a model behaves on held-out streams, beside what costs nothing.

Everything is measured by letting the model listen freely, its own replies in its context, and
stands beside three listeners without a learnt decide signal (`baselines`). Speech of a human being
has an open vocabulary; it is told apart, as one of the `subsets`, and is in no other number.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from audio_interaction.benchmarks.abilities import (
    OFFLINE,
    offline_abilities,
    recorded_wer,
    wer_by_engine,
)
from audio_interaction.benchmarks.baselines import (
    EnergyVadCascade,
    Policy,
    always_respond,
    always_silent,
)
from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.metrics import (
    ASR,
    DECIDE,
    METRICS,
    ORIGINS,
    SOUNDS,
    TEXT,
    StreamScore,
    score,
    summarise,
)
from audio_interaction.benchmarks.report import Report, Row, Table
from audio_interaction.benchmarks.subsets import by_subset, subset_table
from audio_interaction.benchmarks.tuning import tune_threshold
from audio_interaction.corpus.build import Weights, compose_streams
from audio_interaction.corpus.matching import WINDOW
from audio_interaction.corpus.schema import Stream
from audio_interaction.corpus.sources import HUMAN, Sources, load_sources
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

if TYPE_CHECKING:
    from audio_interaction.model.interaction import InteractionModel

__all__ = ["evaluate", "offline_abilities", "score_policy", "tune_threshold"]

STREAMS = 120
"""Streams that are composed if neither streams nor a limit are given."""

MODEL, SILENT, RESPOND, VAD = "model", "always silent", "always respond", "VAD cascade"
WITH, WITHOUT = "with adapter", "without adapter"
TASK = ("f1", "precision", "recall", "balanced", "median_delay", "wer", "bleu", "chrf")


def evaluate(
    model: "InteractionModel",
    split: str = "test",
    streams: Sequence[Stream] | None = None,
    limit: int | None = None,
    seed: int = 0,
    threshold: float | None = None,
    sources: Sources | None = None,
    tasks: Weights | None = None,
) -> Report:
    """Score a model and the baselines on held-out streams, and its offline abilities.

    Args:
        model: usually with an interaction adapter.
        split: of the streams that are composed, and of the clips of the offline abilities.
        streams: what to listen to; composed by default.
        limit: listen to the first `limit` streams; also the number of clips of speech and of
            sound for the offline abilities.
        seed: of the composed streams, of the offline hearings and of the bootstrap.
        threshold: p(response) from which the model speaks; its own by default.
        sources: the clips of the split; the repository's own by default.
        tasks: of the composed streams, as in `build.compose_streams`; by default those the
            adapter was trained on, or all where that is unknown.

    Returns:
        A report whose `results` hold "systems" (each with its decide and text metrics, and "asr"),
        "tasks", "subsets", "sounds", "engines" and "offline".

    Raises:
        UserError: no streams, or missing sources.
    """
    sources = sources or load_sources(split)
    if streams is None:
        tasks = tasks or model.tasks or None
        streams = compose_streams(split, limit or STREAMS, seed, tasks, sources)
    streams = list(streams)[:limit]
    if not streams:
        raise UserError("no streams to evaluate on; give at least one, or a limit above 0")
    threshold = model.threshold if threshold is None else threshold

    systems = {
        MODEL: lambda stream: _listen(model, stream, threshold),
        SILENT: always_silent,
        RESPOND: always_respond,
        VAD: EnergyVadCascade(model),
    }
    clips = {clip.id: clip for clip in sources.clips}
    scores = {name: score_policy(policy, streams, clips, name) for name, policy in systems.items()}
    offline = _offline(model, split, limit, seed, sources)
    results = _results(scores, offline, seed)
    results["subsets"] = by_subset(scores[MODEL], streams, clips, seed)
    settings = {
        "split": split,
        "streams": len(streams),
        "minutes": round(sum(len(stream.audio) for stream in streams) / SAMPLE_RATE / 60, 1),
        "seed": seed,
        "threshold": threshold,
        "window": f"0 to {WINDOW} chunks after the trigger's end",
    }
    return Report("evaluation", "Held-out streams", settings, _tables(results), results)


def score_policy(
    policy: Policy, streams: Sequence[Stream], clips: Mapping, name: str = "policy"
) -> list[StreamScore]:
    """Let a policy listen to every stream and score what it says; `clips` as in `metrics.score`."""
    scores = []
    for stream in tqdm(streams, desc=name, unit="stream", leave=False):
        heard = policy(stream)
        scores.append(score(stream, heard.spoken, len(heard.p_response), clips))
    return scores


def _listen(model: "InteractionModel", stream: Stream, threshold: float):
    from audio_interaction.streaming.session import listen

    return listen(model, stream.audio, stream.system, threshold)


def _offline(
    model: "InteractionModel", split: str, limit: int | None, seed: int, sources: Sources
) -> dict[str, dict]:
    def measured() -> dict:
        abilities = offline_abilities(model, split, limit, seed, sources)
        if split == "test":  # the recordings are test material
            abilities["recorded_wer"] = recorded_wer(model, limit, seed)
        return abilities

    offline = {}
    if model.adapted:
        offline[WITH] = measured()
    with model.adapter_off():
        offline[WITHOUT] = measured()
    return offline


def _results(scores: Mapping[str, list[StreamScore]], offline: Mapping, seed: int) -> dict:
    def pooled(chosen: list[StreamScore], names: Sequence[str]) -> dict[str, Interval]:
        return summarise(chosen, names, seed=seed)

    rendered = {
        name: [score for score in all_scores if score.engine != HUMAN]
        for name, all_scores in scores.items()
    }
    systems = {}
    for name, some in rendered.items():
        spoken = [score for score in some if not score.asr]
        written = [score for score in some if score.asr]
        systems[name] = pooled(spoken, (*DECIDE, *TEXT, *SOUNDS)) | {"asr": pooled(written, ASR)}
    mine = scores[MODEL]
    tasks = {
        task: pooled([score for score in rendered[MODEL] if score.task == task], TASK)
        for task in dict.fromkeys(score.task for score in rendered[MODEL])
    }
    sounds = {
        origin: {
            "recall": systems[MODEL][f"recall_{origin}"],
            "naming": systems[MODEL][f"naming_{origin}"],
        }
        | {f"offline naming, {state}": offline[state][f"naming_{origin}"] for state in offline}
        for origin in ORIGINS
    }
    written = [score for score in mine if score.asr]
    streamed = wer_by_engine(written, sorted({score.engine for score in written if score.engine}))
    nothing = Interval(None, None, None, 0)
    engines = {
        engine: {"streaming": streamed.get(engine, nothing)}
        | {
            f"offline, {state}": offline[state]["wer_by_engine"].get(engine, nothing)
            for state in offline
        }
        for engine in sorted({*streamed, *offline[WITHOUT]["wer_by_engine"]})
    }
    return {
        "systems": systems,
        "tasks": tasks,
        "sounds": sounds,
        "engines": engines,
        "offline": dict(offline),
    }


def _tables(results: dict) -> list[Table]:
    systems = results["systems"]
    asr = {name: metrics["asr"] for name, metrics in systems.items()}
    tables = [
        _metrics("When to speak", systems, DECIDE, "All tasks but transcription"),
        _metrics(
            "What to say",
            systems,
            TEXT,
            "Exact texts, but for translations; an unanswered trigger is wrong",
        ),
        _metrics(
            "Transcription while listening",
            asr,
            ASR,
            "Word groups of 0.4 s as triggers; rendered voices",
        ),
        _metrics("The model by task", results["tasks"], TASK),
        _plain("Sounds: recorded and synthesised", results["sounds"]),
        _metrics("Offline abilities", results["offline"], OFFLINE, "Single clips, mostly in noise"),
    ]
    recorded = {
        state: {"WER": offline["recorded_wer"]}
        for state, offline in results["offline"].items()
        if "recorded_wer" in offline
    }
    if recorded:
        tables.append(_plain("Recorded human speech, open vocabulary", recorded))
    tables.append(subset_table(results["subsets"]))
    if results["engines"]:
        tables.append(_plain("Word error rate by voice engine", results["engines"]))
    return [table for table in tables if table.columns]  # no ASR table without ASR streams


def _metrics(title: str, rows: Mapping, names: Sequence[str], note: str = "") -> Table:
    """Rows of metrics by name; columns that are undefined everywhere are left out."""
    names = [name for name in names if any(row[name].value is not None for row in rows.values())]
    return Table(
        title,
        tuple(METRICS[name].title for name in names),
        tuple(METRICS[name].unit for name in names),
        tuple(Row(label, tuple(row[n] for n in names), "corpus") for label, row in rows.items()),
        note,
    )


def _plain(title: str, rows: Mapping[str, Mapping[str, Interval]]) -> Table:
    columns = tuple(next(iter(rows.values())))
    return Table(
        title,
        columns,
        ("%",) * len(columns),
        tuple(Row(label, tuple(row.values()), "corpus") for label, row in rows.items()),
    )
