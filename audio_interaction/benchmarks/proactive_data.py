"""Proactive-Sound-Bench: its files, and a stand-in of the same schema from the shipped sounds.

The real one is `masaz14/Proactive-Sound-Effect-Benchmark`: two manifests in a git repository, the
644 recordings on the hub (paper §4.3, App. D). No licence is filed, so nothing of it is shipped.
The path of a recording contains its label: a model is handed samples and nothing else.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from audio_interaction.audio.io import encode, load_audio
from audio_interaction.corpus.jsonl import RowError, numbered_rows
from audio_interaction.corpus.language import warning
from audio_interaction.corpus.sources import SoundClip
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write

HUB_ID = "masaz14/Proactive-Sound-Effect-Benchmark"
MANIFEST = "proactive_reply_benchmark.jsonl"
ANSWERS = "proactive_reply_benchmark_response.jsonl"
AUDIO_ROOT = "proactive-sound-effect"
MANIFEST_FIELDS = ("id", "path", "description", "decision")
ANSWER_FIELDS = (*MANIFEST_FIELDS, "standard_answers")
RESPOND, IGNORE = "RESPOND", "IGNORE"
TIERS = ("single", "multi")
MULTI_EVENTS = 3


@dataclass(frozen=True)
class Item:
    """One item.

    Attributes:
        id, description: as in the manifest.
        decision: "RESPOND" or "IGNORE".
        domain, folder: the two levels of category, from the path.
        answers: reference replies; empty for "IGNORE" and where there is no answers file.
        paths: recordings to be heard one after the other; more than one in the tier "multi".
    """

    id: str
    description: str
    decision: str
    domain: str
    folder: str
    answers: tuple[str, ...]
    paths: tuple[Path, ...]

    def samples(self) -> np.ndarray:
        """What is heard: float32 (S,) at 16 kHz."""
        return np.concatenate([load_audio(path) for path in self.paths])


def load_items(root: str | Path, tier: str = "single") -> tuple[Item, ...]:
    """Read a folder laid out as the benchmark's README asks: the manifests beside the recordings.

    Args:
        root: folder with `MANIFEST`, perhaps `ANSWERS`, and `AUDIO_ROOT/`.
        tier: "single", or "multi": each item is followed by the next two of the same folder and
            decision. The paper's script for its tier *Multiple* is not released; that it is three
            events of one category is our reading of it.

    Raises:
        UserError: a missing file, or a malformed row (with its line number).
    """
    if tier not in TIERS:
        raise UserError(f"unknown tier {tier!r}; choose one of {', '.join(TIERS)}")
    root = Path(root)
    answers: dict[str, tuple[str, ...]] = {}
    if (root / ANSWERS).is_file():
        for line, row in official_rows(root / ANSWERS, ANSWER_FIELDS):
            given = row["standard_answers"]
            if not (isinstance(given, list) and given and all(isinstance(a, str) for a in given)):
                raise UserError(f"{root / ANSWERS}, line {line}: standard_answers must be texts")
            answers[row["id"]] = tuple(given)
    items: dict[str, Item] = {}
    for line, row in official_rows(root / MANIFEST, MANIFEST_FIELDS):
        item = _item(root, row, answers.get(row["id"], ()), f"{root / MANIFEST}, line {line}")
        if item.id in items:
            raise UserError(f"{root / MANIFEST}, line {line}: id {item.id!r} appears twice")
        items[item.id] = item
    if not items:
        raise UserError(f"{root / MANIFEST}: holds no items")
    missing = [item.paths[0] for item in items.values() if not item.paths[0].is_file()]
    if missing:
        raise UserError(
            f"{missing[0]}: no such recording ({len(missing)} of {len(items)} are missing); "
            f"download them: hf download {HUB_ID} --repo-type=dataset --local-dir {root}"
        )
    return multi(tuple(items.values())) if tier == "multi" else tuple(items.values())


def multi(items: Sequence[Item]) -> tuple[Item, ...]:
    """Each item followed by the next two, cyclically, of its folder and decision."""
    groups: dict[tuple, list[Path]] = defaultdict(list)
    for item in items:
        groups[item.domain, item.folder, item.decision] += item.paths
    chained = []
    for item in items:
        group = groups[item.domain, item.folder, item.decision]
        at = group.index(item.paths[0])
        paths = tuple(group[(at + step) % len(group)] for step in range(MULTI_EVENTS))
        chained.append(replace(item, paths=paths))
    return tuple(chained)


def official_rows(path: Path, fields: Sequence[str]) -> Iterator[tuple[int, dict]]:
    """(line number from 1, row) of a JSON-lines file whose rows must have `fields`.

    Raises:
        UserError: the file is missing, or a line is not such an object.
    """

    def whole(row: dict) -> dict:
        if lacking := [name for name in fields if name not in row]:
            raise RowError("missing_keys", f"lacks {', '.join(lacking)}")
        return row

    if not path.is_file():
        raise UserError(f"{path}: no such file; copy it there from github.com/{HUB_ID}")
    return numbered_rows(path, whole)


def _item(root: Path, row: dict, answers: tuple[str, ...], where: str) -> Item:
    if wrong := [name for name in MANIFEST_FIELDS if not isinstance(row[name], str)]:
        raise UserError(f"{where}: {', '.join(wrong)} must be text")
    decision = row["decision"]
    if decision not in (RESPOND, IGNORE):
        raise UserError(f"{where}: decision {decision!r} is neither {RESPOND} nor {IGNORE}")
    parts = PurePosixPath(row["path"]).parts
    if len(parts) != 5 or parts[0] != AUDIO_ROOT or ".." in parts:
        raise UserError(
            f"{where}: path {row['path']!r} is not "
            f"./{AUDIO_ROOT}/DOMAIN/FOLDER/{RESPOND}|{IGNORE}/ID.wav"
        )
    _, domain, folder, label, _ = parts
    if label != decision:
        raise UserError(f"{where}: decision {decision} but the recording lies under {label}")
    path = root.joinpath(*parts)
    return Item(row["id"], row["description"], decision, domain, folder, answers, (path,))


# Our sounds in the benchmark's categories.
CATEGORIES: dict[str, tuple[str, str]] = {
    label: category
    for category, labels in {
        ("Daily Living Sounds", "Daily Affairs"): ("bell", "phone", "knock", "glass"),
        ("Equipment", "House Equipment States"): ("alarm",),
        ("Equipment", "Industrial Tools & Instruments"): ("saw", "hammer"),
        ("Human Sound Signals", "Emotion Expression"): ("scream",),
        ("Human Sound Signals", "Body Movements"): ("footsteps",),
        ("Nature & Environment", "Environment background"): ("water", "explosion", "gunshot"),
        ("Nature & Environment", "Meteorological Dynamics"): ("thunder", "rain"),
        ("Nature & Environment", "Ecological & Biological Context"): (
            *("dog", "rooster", "cow", "sheep", "bird"),
        ),
        ("Traffic", "Vehicle"): ("engine",),
        ("Traffic", "Traffic"): ("siren", "horn"),
        ("Traffic", "Large Traffic"): ("train",),
        ("Music", "Artistic"): ("drum",),
    }.items()
    for label in labels
}


def write_stand_in(root: str | Path, sounds: Sequence[SoundClip]) -> None:
    """Lay sounds out as the benchmark is: hazards call for a reply, all others for none.

    Raises:
        UserError: a sound whose label is in no category.
    """
    root = Path(root)
    rows, answers = [], []
    for clip in sounds:
        if clip.label not in CATEGORIES:
            raise UserError(f"sound {clip.id}: label {clip.label!r} is missing in CATEGORIES")
        decision = RESPOND if clip.hazard else IGNORE
        name = hashlib.sha256(clip.id.encode()).hexdigest()[:8]
        path = PurePosixPath(AUDIO_ROOT, *CATEGORIES[clip.label], decision, f"{name}.wav")
        row = {
            "id": name,
            "path": f"./{path}",
            "description": clip.label,
            "decision": decision,
        }
        with atomic_write(root.joinpath(*path.parts)) as temporary:
            temporary.write_bytes(encode(clip.audio(), "wav"))
        rows.append(row)
        if clip.hazard:
            answers.append(row | {"standard_answers": [warning(clip.label)]})
    for name, lines in ((MANIFEST, rows), (ANSWERS, answers)):
        with atomic_write(root / name) as temporary:
            temporary.write_text("".join(json.dumps(line) + "\n" for line in lines))
