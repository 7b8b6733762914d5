"""The rules about the folder of a corpus: its manifest, its shards, their columns, the balance."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audio_interaction.corpus.check_rules import silent_task
from audio_interaction.corpus.findings import WARNING, Finding
from audio_interaction.corpus.manifest import MANIFEST
from audio_interaction.corpus.rows import FEATURES
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError

TOLERATED_SHARE = 0.2
"""By how much of its share a sub-task may be off."""

FEW = 10
"""Streams of one sub-task of which one at least should have a reply."""

AGAIN = "delete it and build the corpus again: finished shards are kept"


@dataclass
class Files:
    """What lies in the folder of a corpus.

    Attributes:
        counts: streams of each split by the manifest.
        tasks: weight of each sub-task by the manifest.
        shards: files that can be read and have the right columns, with their numbers of streams.
        found: streams of each split in all files that can be read.
        findings: what is wrong with them.
    """

    counts: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, float] = field(default_factory=dict)
    shards: dict[Path, int] = field(default_factory=dict)
    found: Counter = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def examine_files(folder: Path) -> Files:
    """Look at the manifest and at the footers of the shards; no stream is read.

    Raises:
        UserError: the folder holds no manifest.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(f"{folder}: holds no {MANIFEST}; build a corpus there first")
    files = Files()
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        files.counts = {split: int(count) for split, count in manifest["counts"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{MANIFEST} cannot be read ({error!r})"
        files.findings.append(Finding("manifest", what, "build the corpus again"))
        return files
    tasks = manifest.get("tasks")
    named = tasks if isinstance(tasks, Mapping) else dict.fromkeys(tasks or TASKS, 1.0)
    files.tasks = {name: float(weight) for name, weight in named.items()}
    files.findings += _shards(folder, manifest.get("shards", {}), files)
    for split, count in files.counts.items():
        if (found := files.found[split]) != count:
            what = f"{found:,} streams of {count:,} that the manifest names"
            files.findings.append(Finding("shard", what, "build it again to finish it", split))
    return files


def _shards(folder: Path, digests: Mapping[str, str], files: Files) -> Iterator[Finding]:
    numbers = defaultdict(set)
    for path in sorted(folder.glob("*.parquet")):
        named = re.fullmatch(r"(\w+)-(\d+)\.parquet", path.name)
        split = named[1] if named else ""
        if split not in files.counts:
            what = f"{path.name} belongs to no split of the manifest"
            yield Finding("shard", what, "move it elsewhere")
            continue
        numbers[split].add(int(named[2]))
        try:
            shard = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            yield Finding("shard", f"{path.name} cannot be read ({error})", AGAIN, split)
            continue
        files.found[split] += shard.metadata.num_rows
        if wrong := wrong_columns(shard.schema_arrow):
            advice = "write shards with the types of rows.FEATURES, or build the corpus again"
            yield Finding("schema", f"{path.name}: {wrong}", advice, split)
        else:
            files.shards[path] = shard.metadata.num_rows
    for split, found in numbers.items():
        if gaps := sorted({*range(max(found))} - found):
            told = ", ".join(f"{split}-{number:05d}.parquet" for number in gaps[:5])
            yield Finding("shard", f"{len(gaps)} shards are missing: {told}", AGAIN, split)
    for name, digest in digests.items():
        path = folder / name
        if not path.is_file():
            continue  # told of as missing
        with path.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != digest:
            yield Finding("shard", f"{name} is not the file that was imported", AGAIN)


def wrong_columns(schema: pa.Schema) -> str:
    """How columns differ from those of `rows.FEATURES`, in words; "" if they do not."""
    wanted = FEATURES.arrow_schema
    told = []
    if missing := [name for name in wanted.names if name not in schema.names]:
        told.append(f"lacks the columns {', '.join(missing)}")
    if unknown := [name for name in schema.names if name not in wanted.names]:
        told.append(f"has the unknown columns {', '.join(unknown)}")
    for name in wanted.names:
        if name in schema.names and schema.field(name).type != wanted.field(name).type:
            found, right = schema.field(name).type, wanted.field(name).type
            told.append(f"column {name} is {found} instead of {right}")
    return "; ".join(told)


def balance(
    counts: Mapping[str, Counter], replied: Mapping[str, Counter], tasks: Mapping[str, float]
) -> Iterator[Finding]:
    """Whether each sub-task has its share, and replies where it calls for any.

    Args:
        counts, replied: streams of each sub-task, and those with a reply among them, by split.
        tasks: weight of each sub-task.
    """
    if (left := [name for name in TASKS if name not in tasks]) and {*tasks} & {*TASKS}:
        what = f"{len(left)} registered sub-tasks are left out: {', '.join(left)}"
        yield Finding("balance", what, "build without naming sub-tasks", severity=WARNING)
    total = sum(tasks.values())
    for split, found in counts.items():
        streams = found.total()
        if streams < len(tasks):
            what = f"{streams} streams cannot hold {len(tasks)} sub-tasks"
            advice = f"build at least {len(tasks)} of them"
            yield Finding("balance", what, advice, split, severity=WARNING)
        for name, weight in tasks.items():
            expected = streams * weight / total
            if found[name] == 0 and expected >= 1:
                what, advice = f"no stream of the sub-task {name!r}", "build the split again"
                yield Finding("balance", what, advice, split)
            elif abs(found[name] - expected) > max(1.0, TOLERATED_SHARE * expected):
                what = f"{found[name]} streams of the sub-task {name!r}, {expected:.0f} expected"
                yield Finding("balance", what, "build the split again", split)
        for name, made in found.items():
            if made >= FEW and not replied[split][name] and not silent_task(name):
                what = f"none of the {made} streams of {name!r} has a reply"
                yield Finding("silence", what, "look at the plan of that sub-task", split)
