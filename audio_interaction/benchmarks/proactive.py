"""Proactive-Sound-Bench: should one speak up at this sound, without being asked? (paper §4.3)

A clip is streamed with 1.0 s of silence behind it; the answer is RESPOND if the model speaks at
any chunk. Of the real labels 377 of 644 are IGNORE, so that a model that never speaks is right in
58.5 %: accuracy stands beside balanced accuracy, F1, misses and false alarms, and beside the two
constant policies.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from audio_interaction.benchmarks.paper import PROACTIVE
from audio_interaction.benchmarks.proactive_data import (
    HUB_ID,
    IGNORE,
    RESPOND,
    TIERS,
    Item,
    load_items,
    write_stand_in,
)
from audio_interaction.benchmarks.proactive_score import Prediction, Similarity, score
from audio_interaction.benchmarks.report import Report, Row, Table
from audio_interaction.corpus.sources import load_sources, spread
from audio_interaction.corpus.tasks import LISTEN
from audio_interaction.errors import UserError

if TYPE_CHECKING:
    from audio_interaction.model.interaction import InteractionModel

TAIL_SECONDS = 1.0
"""Silence behind a clip, as the released code appends it."""

_TITLES = {
    "accuracy": ("decision accuracy", "%"),
    "balanced": ("balanced accuracy", "%"),
    "f1_respond": ("F1 of RESPOND", ""),
    "misses": ("misses", "%"),
    "false_alarms": ("false alarms", "%"),
    "after_semantic": ("accuracy after semantic", "%"),
    "n_invalid": ("invalid", ""),
}


def predict(
    model: "InteractionModel", items: Sequence[Item], threshold: float | None = None
) -> dict[str, Prediction]:
    """Let the model hear every item, with `TAIL_SECONDS` of silence behind it."""
    from audio_interaction.streaming.session import listen

    predictions, system = {}, model.system or LISTEN
    for item in tqdm(items, desc="proactive-sound", unit="clip", leave=False):
        heard = listen(model, item.samples(), system, threshold, TAIL_SECONDS)
        first = heard.spoken[0].time if heard.spoken else None
        decision = RESPOND if heard.spoken else IGNORE
        predictions[item.id] = Prediction(decision, heard.text, first)
    return predictions


def constant(items: Sequence[Item], decision: str) -> dict[str, Prediction]:
    """The policy that decides the same whatever it hears, without words."""
    return {item.id: Prediction(decision) for item in items}


def run(
    model: "InteractionModel",
    root: str | Path | None = None,
    hub: str | None = None,
    limit: int | None = None,
    similarity: Similarity | None = None,
    seed: int = 0,
) -> Report:
    """Run both tiers with a model and the two constant policies.

    Args:
        model: listens at its own threshold.
        root: folder with manifests and recordings (`proactive_data.load_items`).
        hub: data set id to take the recordings from (`HUB_ID`), into `root`, which must hold the
            manifests. With neither, the stand-in is built from the shipped held-out sounds.
        limit: items per tier, evenly spaced; all by default.
        similarity: for "after_semantic"; left out by default, since the reranker is on the hub.
        seed: of the bootstrap.

    Raises:
        UserError: files are missing or malformed.
    """
    if hub is not None:
        if root is None:
            raise UserError(
                "the recordings are on the hub, the manifests are not: give the folder that holds "
                f"the two *.jsonl files of github.com/{HUB_ID} as root too"
            )
        from huggingface_hub import snapshot_download

        snapshot_download(hub, repo_type="dataset", local_dir=root)
    if root is not None:
        return _report(model, Path(root), "benchmark", limit, similarity, seed)
    with tempfile.TemporaryDirectory() as folder:
        write_stand_in(folder, load_sources("test").sounds)
        return _report(model, Path(folder), "stand-in", limit, similarity, seed)


def _report(
    model: "InteractionModel",
    root: Path,
    origin: str,
    limit: int | None,
    similarity: Similarity | None,
    seed: int,
) -> Report:
    tables, results, counts = [], {}, {}
    for tier in TIERS:
        items = spread(load_items(root, tier), limit)
        counts[tier] = len(items)
        systems = {
            "model": predict(model, items),
            "always IGNORE": constant(items, IGNORE),
            "always RESPOND": constant(items, RESPOND),
        }
        results[tier] = {
            name: score(items, predictions, similarity=similarity, seed=seed)
            for name, predictions in systems.items()
        }
        tables += _tables(tier, results[tier], origin)
    semantic = "not computed: it needs a reranker" if similarity is None else "given similarity"
    settings = {"items": counts, "threshold": model.threshold, "after_semantic": semantic}
    title = "Proactive-Sound-Bench" + (" (stand-in)" if origin == "stand-in" else "")
    return Report(
        "proactive-sound", title, settings, [*tables, PROACTIVE], results | {"origin": origin}
    )


def _tables(tier: str, systems: Mapping[str, dict], origin: str) -> list[Table]:
    names = [name for name in _TITLES if name in systems["model"]]
    note = "Three events of one category; our reading of the paper" if tier == "multi" else ""
    domains = sorted(systems["model"]["by_domain"])
    return [
        Table(
            f"Tier {tier}",
            tuple(_TITLES[name][0] for name in names),
            tuple(_TITLES[name][1] for name in names),
            tuple(
                Row(system, tuple(result[name] for name in names), origin)
                for system, result in systems.items()
            ),
            note,
        ),
        Table(
            f"Tier {tier}: decision accuracy by domain",
            tuple(f"{name} ({systems['model']['by_domain'][name]['items']})" for name in domains),
            ("%",) * len(domains),
            tuple(
                Row(
                    system,
                    tuple(result["by_domain"][name]["accuracy"] for name in domains),
                    origin,
                )
                for system, result in systems.items()
            ),
        ),
    ]
