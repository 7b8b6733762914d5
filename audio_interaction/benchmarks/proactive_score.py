"""Scoring Proactive-Sound-Bench: ours, and what the official scorer would have said (paper §4.3).

The official scorer drops rows without a parsable decision from the denominator, and puts every
released path into the domain "Unknown". Here such rows are wrong and counted (`n_invalid`), and
domains are read from the paths; `official_compat=True` drops them as the official one does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio_interaction.benchmarks.bootstrap import Bootstrap, ratio
from audio_interaction.benchmarks.proactive_data import IGNORE, RESPOND, Item, official_rows
from audio_interaction.errors import UserError

SEMANTIC_THRESHOLD = 0.5

Similarity = Callable[[str, Sequence[str]], float]
"""Likeness in [0, 1] of a reply to the most similar of the references. The official one is the
reranker `BAAI/bge-reranker-v2-m3`, normalised."""


@dataclass(frozen=True)
class Prediction:
    """What a system did with one item.

    Attributes:
        decision: "RESPOND", "IGNORE", or None if none could be read.
        reply: the words, if any.
        seconds: from the start of the item to the first reply; None without one.
    """

    decision: str | None
    reply: str = ""
    seconds: float | None = None


def parse_official(text: str) -> Prediction:
    """Read `<Decision>RESPOND|IGNORE</Decision><Reply>...</Reply>`; tags in any case."""
    decision = re.search(r"\b(RESPOND|IGNORE)\b", _inside(text, "Decision"), re.IGNORECASE)
    if decision is None or text.startswith("Error:"):
        return Prediction(None, _inside(text, "Reply"))
    return Prediction(decision[1].upper(), _inside(text, "Reply"))


def _inside(text: str, tag: str) -> str:
    found = re.search(rf"<\s*{tag}\s*>(.*?)<\s*/\s*{tag}\s*>", text, re.IGNORECASE | re.DOTALL)
    return found[1].strip() if found else ""


def load_predictions(path: str | Path) -> dict[str, Prediction]:
    """Predictions of any model in the official format: rows of `id` and `_raw_reply` or `reply`.

    Raises:
        UserError: the file is missing or a row is malformed (with its line number).
    """
    predictions = {}
    for line, row in official_rows(Path(path), ("id",)):
        text = row.get("_raw_reply") or row.get("reply") or ""
        if not isinstance(text, str):
            raise UserError(f"{path}, line {line}: the reply must be text, not {text!r}")
        predictions[str(row["id"])] = parse_official(text.strip())
    return predictions


_STATISTICS = {
    "accuracy": lambda s: ratio(s["tp"] + s["tn"], s["respond"] + s["ignore"]),
    "balanced": lambda s: (ratio(s["tp"], s["respond"]) + ratio(s["tn"], s["ignore"])) / 2,
    "f1_respond": lambda s: ratio(2 * s["tp"], s["tp"] + s["fp"] + s["respond"]),
    "misses": lambda s: ratio(s["respond"] - s["tp"], s["respond"]),
    "false_alarms": lambda s: ratio(s["fp"], s["ignore"]),
    "after_semantic": lambda s: ratio(s["similar"] + s["tn"], s["respond"] + s["ignore"]),
}


def score(
    items: Sequence[Item],
    predictions: Mapping[str, Prediction],
    official_compat: bool = False,
    similarity: Similarity | None = None,
    seed: int = 0,
) -> dict:
    """Score predictions by item id.

    A missing or unreadable decision is wrong. With T the RESPOND and N the IGNORE items,
    balanced accuracy = (TP / T + TN / N) / 2, F1 = 2 TP / (TP + FP + T), misses = 1 - TP / T and
    false alarms = FP / N.

    Args:
        items: what was to be heard.
        predictions: by id.
        official_compat: leave unreadable decisions out of every denominator, as the official
            scorer does.
        similarity: judges replies: a RESPOND then counts in "after_semantic" only if it exceeds
            0.5. Without one that metric is not computed: it needs a reranker from the hub.
        seed: of the bootstrap over items.

    Returns:
        Intervals "accuracy", "balanced", "f1_respond", "misses", "false_alarms" and perhaps
        "after_semantic"; "by_domain" and "by_folder", each with the accuracy and item count by
        name; "n_invalid"; "median_seconds" to the first reply of the right responses.
    """
    valid = [_of(predictions, item).decision is not None for item in items]
    n_invalid = len(items) - sum(valid)
    if official_compat:
        items = [item for item, good in zip(items, valid, strict=True) if good]
    counts = _counts(items, predictions, similarity)
    bootstrap = Bootstrap(len(items), seed=seed)
    result: dict = {
        name: bootstrap.interval(counts, statistic, len(items))
        for name, statistic in _STATISTICS.items()
        if name != "after_semantic" or similarity is not None
    }
    seconds = [
        _of(predictions, item).seconds
        for item in items
        if item.decision == _of(predictions, item).decision == RESPOND
    ]
    seconds = [value for value in seconds if value is not None]
    return result | {
        "by_domain": _by(items, counts, [item.domain for item in items]),
        "by_folder": _by(items, counts, [f"{item.domain}/{item.folder}" for item in items]),
        "n_invalid": n_invalid,
        "median_seconds": float(np.median(seconds)) if seconds else None,
    }


def _of(predictions: Mapping[str, Prediction], item: Item) -> Prediction:
    return predictions.get(item.id, Prediction(None))


def _counts(
    items: Sequence[Item], predictions: Mapping[str, Prediction], similarity: Similarity | None
) -> dict[str, np.ndarray]:
    truth = np.array([item.decision == RESPOND for item in items], bool)
    said = [_of(predictions, item).decision for item in items]
    responded = np.array([decision == RESPOND for decision in said], bool)
    ignored = np.array([decision == IGNORE for decision in said], bool)
    similar = np.zeros(len(items), bool)
    if similarity is not None:
        for index in np.flatnonzero(truth & responded):
            item, reply = items[index], _of(predictions, items[index]).reply
            if item.answers and reply:
                similar[index] = similarity(reply, item.answers) > SEMANTIC_THRESHOLD
    columns = {
        "respond": truth,
        "ignore": ~truth,
        "tp": truth & responded,
        "fp": ~truth & responded,
        "tn": ~truth & ignored,
        "similar": similar,
    }
    return {name: column.astype(float) for name, column in columns.items()}


def _by(items: Sequence[Item], counts: Mapping[str, np.ndarray], groups: list[str]) -> dict:
    right = counts["tp"] + counts["tn"]
    by = {}
    for group in sorted(set(groups)):
        member = np.array([name == group for name in groups])
        by[group] = {"accuracy": float(right[member].mean()), "items": int(member.sum())}
    return by
