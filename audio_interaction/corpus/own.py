"""A user's own recordings as a corpus: a file of JSON lines, a folder of sound, one command.

Every usable row (`corpus.jsonl`) becomes a stream of a corpus that `build.load_corpus` reads and
that can be trained on; every other row is reported with its line number and the reason. Lines are
worked on in blocks: of a block one stream at a time is in memory, its shards appear whole or not at
all, and an import that was killed goes on behind the last whole block.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from audio_interaction.audio.io import stream_audio
from audio_interaction.corpus.compose import Bed
from audio_interaction.corpus.conversation import compose_conversation
from audio_interaction.corpus.jsonl import (
    Conversation,
    RowError,
    conversation_of,
    parse_line,
    read_lines,
)
from audio_interaction.corpus.language import SPLITS, place_of
from audio_interaction.corpus.manifest import MANIFEST
from audio_interaction.corpus.schema import Stream
from audio_interaction.corpus.shards import ShardWriter
from audio_interaction.corpus.sources import load_sources
from audio_interaction.corpus.tasks import LISTEN
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write, write_json
from audio_interaction.protocol import SAMPLE_RATE

OWN = "own"
"""Task of imported streams; their ability is the scene of their row, or this."""

MAX_SECONDS = 20 * 60.0
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
REPORT = "import.json"
BLOCK_LINES = 64
_PARTS = ".import"


@dataclass(frozen=True)
class Fault:
    """A row that was left out.

    Attributes:
        line: number in the file, from 1.
        reason: "missing_file", "zero_length", "unreadable_audio", "too_long", "missing_keys",
            "unknown_emotion", "bad_value", "not_utf8" or "not_json".
        detail: what exactly was wrong.
    """

    line: int
    reason: str
    detail: str


@dataclass(frozen=True)
class ImportReport:
    """What became of a file.

    Attributes:
        rows: lines that are not blank.
        streams: how many there are of each split.
        seconds: their sound in all, with the gaps.
        faults: rows that were left out, in the order of the file.
    """

    rows: int
    streams: dict[str, int]
    seconds: float
    faults: tuple[Fault, ...]

    def text(self, most: int = 20) -> str:
        """For people: the counts, the reasons, and the first `most` faults."""
        made = ", ".join(f"{count} {split}" for split, count in self.streams.items() if count)
        lines = [
            f"{sum(self.streams.values())} of {self.rows} rows became streams ({made or 'none'}), "
            f"{self.seconds / 60:.1f} min of sound"
        ]
        for reason, count in Counter(fault.reason for fault in self.faults).most_common():
            lines.append(f"  left out, {reason}: {count}")
        lines += [f"  line {fault.line}: {fault.detail}" for fault in self.faults[:most]]
        if len(self.faults) > most:
            lines.append(f"  and {len(self.faults) - most} more, all in {REPORT}")
        if absent := [s for s in ("train", "validation") if not self.streams[s]]:
            lines.append(
                f"  no {' and no '.join(absent)} streams: training needs both; "
                f'put "split": "{absent[0]}" into some rows'
            )
        return "\n".join(lines)


def import_folder(
    jsonl: str | Path,
    audio_root: str | Path | None,
    out: str | Path,
    seed: int = 1,
    *,
    system: str = LISTEN,
    noise: bool = True,
) -> ImportReport:
    """Make a corpus of a file of JSON lines; the report is written to `out`/import.json, too.

    A stream depends on its line and the seed alone. Its split is the row's key "split", or by a
    hash of its first `audio_path`: 80 % train, 10 % validation, 10 % test.

    Args:
        jsonl: rows in any form of `corpus.jsonl`.
        audio_root: folder that the paths start from; None for that of the file.
        out: folder of the corpus. An import that was killed goes on, a finished one is kept.
        seed: of gaps and noise.
        system: written instruction of the rows that have none.
        noise: lay the kit's noise beds under the streams (most of them, paper Algorithm 4).

    Raises:
        UserError: no such file or folder, no usable row, or `out` holds another corpus.
    """
    jsonl, out = Path(jsonl), Path(out)
    audio_root = jsonl.parent if audio_root is None else Path(audio_root)
    if not audio_root.is_dir():
        raise UserError(f"{audio_root}: no such folder; give the one the audio paths start from")
    next(read_lines(jsonl), None)  # a missing file is told of before anything is written
    with jsonl.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    recipe = {
        "jsonl": digest,
        "audio_root": str(audio_root.resolve()),
        "seed": seed,
        "system": system,
        "noise": noise,
    }
    if _claimed(out, recipe):
        return _report(json.loads((out / REPORT).read_text(encoding="utf-8")))

    importer = _Importer(audio_root, seed, system, noise)
    lines, parts, number = read_lines(jsonl), [], 0
    with tqdm(desc="import", total=jsonl.stat().st_size, unit="B", unit_scale=True) as bar:
        while block := list(islice(lines, BLOCK_LINES)):
            part = out / _PARTS / f"{number:05d}.json"
            if not part.exists():
                write_json(part, importer.write(block, out, number))
            parts.append(json.loads(part.read_text(encoding="utf-8")))
            number += 1
            bar.update(sum(len(raw) for _, raw in block))
    return _finish(out, recipe, parts)


@dataclass(frozen=True)
class _Importer:
    audio_root: Path
    seed: int
    system: str
    noise: bool

    def write(self, block: Sequence[tuple[int, bytes]], out: Path, number: int) -> dict:
        """Write the shards of a block of lines; what became of its rows, as JSON values."""
        streams, faults, seconds = dict.fromkeys(SPLITS, 0), [], 0.0
        shards: dict[str, ShardWriter] = {}
        with ExitStack() as stack:
            for line, raw in block:
                try:
                    stream, scene = self._stream(line, raw)
                except RowError as error:
                    faults.append(asdict(Fault(line, error.reason, str(error))))
                    continue
                if stream.split not in shards:
                    path = out / f"{stream.split}-{number:05d}.parquet"
                    temporary = stack.enter_context(atomic_write(path))
                    shards[stream.split] = stack.enter_context(ShardWriter(temporary))
                shards[stream.split].add(stream, ability=scene or OWN)
                streams[stream.split] += 1
                seconds += len(stream.audio) / SAMPLE_RATE
        digests = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (out / f"{split}-{number:05d}.parquet" for split in shards)
        }
        return {
            "rows": len(block),
            "streams": streams,
            "seconds": seconds,
            "faults": faults,
            "shards": digests,
        }

    def _stream(self, line: int, raw: bytes) -> tuple[Stream, str]:
        conversation = conversation_of(parse_line(raw))
        split = conversation.split or split_of(conversation)
        stream = compose_conversation(
            conversation,
            _Budget(self.audio_root).load,
            np.random.default_rng([self.seed, line]),
            id=f"{conversation.id or OWN}-{line:06d}",  # ids of rows need not be unique
            split=split,
            task=OWN,
            system=self.system,
            noises=load_sources(split).noises if self.noise else (),
            bed=Bed() if self.noise else None,
        )
        return stream, conversation.scene


class _Budget:
    """Reads the recordings of one row, at most `MAX_SECONDS` of them."""

    def __init__(self, audio_root: Path) -> None:
        self.audio_root, self.left = audio_root, round(MAX_SECONDS * SAMPLE_RATE)

    def load(self, audio_path: str) -> np.ndarray:
        path, blocks = self.audio_root / audio_path, []
        try:
            if not path.is_file():
                raise RowError("missing_file", f"{path}: no such audio file")
            if path.stat().st_size == 0:
                raise RowError("zero_length", f"{path}: is empty")
            for block in stream_audio(path):
                blocks.append(block)
                self.left -= len(block)
                if self.left < 0:
                    raise RowError("too_long", f"more than {MAX_SECONDS / 60:.0f} min of audio")
        except RowError:
            raise
        except OSError as error:  # such as a name too long for the file system
            raise RowError("missing_file", f"{path}: {error}") from error
        except UserError as error:
            reason = "zero_length" if "holds no samples" in str(error) else "unreadable_audio"
            raise RowError(reason, str(error)) from error
        return np.concatenate(blocks)


def split_of(conversation: Conversation) -> str:
    """The split of a row that names none: by a hash of its first recording."""
    place = place_of(conversation.turns[0].audio_path)
    for split, share in SHARES.items():
        if place < share:
            return split
        place -= share
    return "test"


def _claimed(out: Path, recipe: dict) -> bool:
    """Whether this very import is finished; else note in `out` that it has begun."""
    manifest, begun = out / MANIFEST, out / _PARTS / "recipe.json"
    found = None
    if manifest.is_file():
        found = json.loads(manifest.read_text(encoding="utf-8")).get("import", {})
    elif begun.is_file():
        found = json.loads(begun.read_text(encoding="utf-8"))
    elif any(out.glob("*.parquet")):
        found = {}
    if found not in (None, recipe):
        raise UserError(
            f"{out}: holds another corpus, or an import of other rows or settings; "
            "delete the folder or choose another one"
        )
    if found is None:
        write_json(begun, recipe)
    return manifest.is_file()


def _finish(out: Path, recipe: dict, parts: Sequence[dict]) -> ImportReport:
    counts = {split: sum(part["streams"][split] for part in parts) for split in SPLITS}
    values = {
        "rows": sum(part["rows"] for part in parts),
        "streams": counts,
        "seconds": round(sum(part["seconds"] for part in parts), 3),
        "faults": [fault for part in parts for fault in part["faults"]],
    }
    report = _report(values)
    write_json(out / REPORT, values)
    if any(counts.values()):
        manifest = {
            "counts": {split: count for split, count in counts.items() if count},
            "seed": recipe["seed"],
            "tasks": [OWN],
            "codec": "flac",
            "import": recipe,
            "shards": {name: digest for part in parts for name, digest in part["shards"].items()},
        }
        write_json(out / MANIFEST, manifest)
    shutil.rmtree(out / _PARTS)
    for half in out.glob(".*.parquet"):  # what a kill left of a shard
        half.unlink()
    if not any(counts.values()):
        raise UserError(f"nothing to train on: {report.text()}")
    return report


def _report(values: dict) -> ImportReport:
    faults = tuple(Fault(**fault) for fault in values["faults"])
    return ImportReport(values["rows"], values["streams"], values["seconds"], faults)
