"""Building the corpus: streams in any number, in any order, on any number of processes.

A stream depends on (seed, split, task, index) alone. `compose_streams` keeps them in memory,
`build_corpus` writes Parquet shards that `datasets` reads as playable audio.
"""

import hashlib
import json
import multiprocessing
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Audio, Dataset, DatasetDict, Features, List, Value
from tqdm.auto import tqdm

from audio_interaction.audio.io import decode, encode
from audio_interaction.corpus.schema import Stream, stream_from_timeline
from audio_interaction.corpus.sources import SPLITS, Sources, default_root, load_sources
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write, write_json
from audio_interaction.protocol import SAMPLE_RATE

SHARD_STREAMS = 64
MANIFEST = "corpus.json"

_text, _time = Value("string"), Value("float64")
_word = {"text": _text, "start": _time, "end": _time}
_event = {"start": _time, "end": _time, "words": List(_word)} | {
    name: _text for name in ("kind", "text", "role", "source", "clip")
}
_response = {"start": _time, "end": _time, "text": _text, "emotion": _text, "kind": _text}
FEATURES = Features(
    {
        "id": _text,
        "split": _text,
        "task": _text,
        "ability": _text,
        "system": _text,
        "audio": Audio(sampling_rate=SAMPLE_RATE, decode=False),
        "seconds": _time,
        "events": List(_event),
        "responses": List(_response),
        "snr_db": _time,
    }
)

Weights = Sequence[str] | Mapping[str, float]


def compose_stream(split: str, task: str, index: int, seed: int, sources: Sources) -> Stream:
    """The `index`-th stream of a task; the same arguments always give the same samples.

    Raises:
        UserError: an unknown task, or sources that lack the clips it needs.
    """
    _check_tasks([task])
    key = [seed, SPLITS.index(split), zlib.crc32(task.encode()), index]
    rng = np.random.default_rng(np.random.SeedSequence(key))
    return TASKS[task].compose(sources, rng, id=f"{split}-{task}-{seed}-{index:06d}")


def compose_streams(
    split: str,
    count: int,
    seed: int,
    tasks: Weights | None = None,
    sources: Sources | None = None,
) -> list[Stream]:
    """`count` streams of a split, balanced over the tasks; the first n of them never change.

    Args:
        tasks: names, or a mapping of names to positive weights; all tasks alike by default.
        sources: clips to compose from; the repository's own by default.

    Raises:
        UserError: an unknown split or task, a weight that is not positive, or missing sources.
    """
    return list(iterate_streams(split, count, seed, tasks, sources))


def iterate_streams(
    split: str,
    count: int,
    seed: int,
    tasks: Weights | None = None,
    sources: Sources | None = None,
) -> Iterator[Stream]:
    """The streams of `compose_streams` one by one, for more than fit into memory."""
    sources = sources or load_sources(split)
    for task, index in islice(_schedule(tasks), count):
        yield compose_stream(split, task, index, seed, sources)


def _schedule(tasks: Weights | None) -> Iterator[tuple[str, int]]:
    """(task, index within the task) for ever: the task that is furthest behind its share."""
    if not isinstance(tasks, Mapping):
        tasks = dict.fromkeys(TASKS if tasks is None else tasks, 1.0)
    _check_tasks(tasks)
    if not tasks or min(tasks.values()) <= 0:
        raise UserError(f"tasks need positive weights, found {dict(tasks)}")
    made = dict.fromkeys(tasks, 0)
    while True:
        task = min(made, key=lambda name: (made[name] + 0.5) / tasks[name])
        yield task, made[task]
        made[task] += 1


def _check_tasks(names) -> None:
    if unknown := [name for name in names if name not in TASKS]:
        raise UserError(f"unknown tasks {', '.join(unknown)}; choose from {', '.join(TASKS)}")


def row_of(stream: Stream, codec: str = "flac", ability: str | None = None) -> dict:
    """A stream as a row of the corpus; `codec` "flac" (lossless at 16 bit) or "opus" (small).

    The ability is that of its task; a stream of no registered task needs one given.
    """
    return stream.timeline() | {
        "ability": TASKS[stream.task].ability if ability is None else ability,
        "seconds": len(stream.audio) / SAMPLE_RATE,
        "audio": {"bytes": encode(stream.audio, codec), "path": f"{stream.id}.{codec}"},
    }


def stream_from_row(row: Mapping) -> Stream:
    """Inverse of `row_of`, up to the loss of the codec."""
    return stream_from_timeline(row, decode(row["audio"]["bytes"]))


@dataclass(frozen=True)
class _Shard:
    """Streams `start` to `stop` of a split, and everything needed to make them anywhere."""

    path: Path
    split: str
    start: int
    stop: int
    seed: int
    tasks: dict[str, float] | tuple[str, ...] | None
    codec: str
    root: Path


def _write_shard(shard: _Shard) -> None:
    sources = load_sources(shard.split, shard.root)
    rows = [
        row_of(compose_stream(shard.split, task, index, shard.seed, sources), shard.codec)
        for task, index in islice(_schedule(shard.tasks), shard.start, shard.stop)
    ]
    with atomic_write(shard.path) as temporary:
        # `Features.arrow_schema` carries the audio type; its own encoder would need torchcodec.
        pq.write_table(pa.Table.from_pylist(rows, schema=FEATURES.arrow_schema), temporary)


def build_corpus(
    out: str | Path,
    counts: Mapping[str, int],
    seed: int,
    *,
    tasks: Weights | None = None,
    workers: int = 1,
    codec: str = "flac",
    root: str | Path | None = None,
) -> DatasetDict:
    """Write `counts[split]` streams of every split to Parquet shards in `out`, and load them.

    A build that was killed goes on where it stopped: shards appear whole or not at all, and those
    that are there are kept. Shards hold the same streams whatever the number of `workers`.

    Args:
        codec: "flac" (lossless at 16 bit) or "opus" (far smaller, and far slower to write).
        root: folder of the source files; the repository's own by default.

    Raises:
        UserError: bad counts or tasks, missing sources, or `out` holds another corpus.
    """
    out, root = Path(out), Path(root) if root is not None else default_root()
    counts = {split: count for split, count in counts.items() if count}
    if not counts or set(counts) - set(SPLITS) or min(counts.values()) < 0:
        raise UserError(f"counts must be positive and of the splits {', '.join(SPLITS)}: {counts}")
    tasks = dict(tasks) if isinstance(tasks, Mapping) else tasks and tuple(tasks)
    next(_schedule(tasks))  # bad tasks are refused before anything is written
    _claim(out, _recipe(counts, seed, tasks, codec, root))
    shards = [
        _Shard(
            out / f"{split}-{start // SHARD_STREAMS:05d}.parquet",
            split,
            start,
            min(start + SHARD_STREAMS, count),
            seed,
            tasks,
            codec,
            root,
        )
        for split, count in counts.items()
        for start in range(0, count, SHARD_STREAMS)
    ]
    missing = [shard for shard in shards if not shard.path.exists()]
    bar = tqdm(desc="shards", total=len(shards), initial=len(shards) - len(missing))
    with bar:
        if workers > 1 and len(missing) > 1:
            # Fresh processes: a fork would copy the locks of threads that torch may have started.
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(min(workers, len(missing)), context) as pool:
                for done in as_completed([pool.submit(_write_shard, shard) for shard in missing]):
                    done.result()
                    bar.update()
        else:
            for shard in missing:
                _write_shard(shard)
                bar.update()
    return load_corpus(out)


def _recipe(counts, seed, tasks, codec, root: Path) -> dict:
    """What decides the content of a corpus, as plain values of JSON."""
    files = [root / f"{kind}-{split}.parquet" for split in counts for kind in ("speech", "sounds")]
    return {
        "counts": counts,
        "seed": seed,
        "tasks": list(tasks) if isinstance(tasks, tuple) else tasks,
        "codec": codec,
        "sources": {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
            if file.is_file()  # a missing one is reported by `load_sources`
        },
    }


def _claim(out: Path, recipe: dict) -> None:
    """Record the recipe in `out`, or check that the corpus begun there has the same one."""
    manifest = out / MANIFEST
    if manifest.exists():
        found = json.loads(manifest.read_text())
        if different := [key for key in recipe if found.get(key) != recipe[key]]:
            raise UserError(
                f"{out}: holds a corpus with other {', '.join(different)}; "
                "delete the folder or choose another one"
            )
        return
    write_json(manifest, recipe)


def load_corpus(folder: str | Path) -> DatasetDict:
    """The corpus in a folder, one `Dataset` a split; audio stays encoded (`stream_from_row`).

    Raises:
        UserError: the folder holds no corpus, or one that was not finished.
    """
    manifest = Path(folder) / MANIFEST
    if not manifest.is_file():
        raise UserError(f"{folder}: holds no {MANIFEST}; build a corpus there first")
    counts = json.loads(manifest.read_text())["counts"]
    splits = {}
    for split, count in counts.items():
        tables = [pq.read_table(path) for path in sorted(Path(folder).glob(f"{split}-*.parquet"))]
        if (found := sum(map(len, tables))) != count:
            raise UserError(
                f"{folder}: has {found} of {count} {split} streams; build it again to finish it"
            )
        splits[split] = Dataset(pa.concat_tables(tables))
    return DatasetDict(splits)
