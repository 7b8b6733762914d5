"""Building the corpus: streams in any number, in any order, on any number of processes.

A stream depends on (seed, split, task, index) alone. `compose_streams` keeps them in memory,
`write_corpus` writes Parquet shards that `datasets` reads as playable audio. With one version of
the kit and its libraries, on one kind of machine, a corpus is the same to the byte however often
it was stopped and on however many processes it was built.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count as numbers
from itertools import islice, repeat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset, DatasetDict
from tqdm.auto import tqdm

from audio_interaction import __version__
from audio_interaction.audio.io import CODECS
from audio_interaction.corpus.manifest import REJECTS, claim, load_recipe, record, writing
from audio_interaction.corpus.pipeline import REVERBERANT_SHARE, make_stream
from audio_interaction.corpus.rows import FEATURES, row_of
from audio_interaction.corpus.scenes import ABILITY, PLANNED, USUAL, Making, Scenes
from audio_interaction.corpus.schema import Stream
from audio_interaction.corpus.sources import (
    SOURCE_FILES,
    SPLITS,
    Sources,
    default_root,
    load_sources,
)
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.corpus.workers import run_jobs
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write

SHARD_STREAMS = 64
_REJECTS = b"audio_interaction.rejects"  # in the metadata of a shard

Weights = Sequence[str] | Mapping[str, float]


def compose_stream(
    split: str,
    task: str,
    index: int,
    seed: int,
    sources: Sources,
    reverberant: float = REVERBERANT_SHARE,
) -> Stream:
    """The `index`-th stream of a task; the same arguments always give the same samples.

    Args:
        reverberant: chance that it is heard in a room.

    Raises:
        UserError: as `pipeline.make_stream`, which also tells how it came about.
    """
    return make_stream(split, task, index, seed, sources, reverberant=reverberant).stream


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
    reverberant: float = REVERBERANT_SHARE,
) -> Iterator[Stream]:
    """The streams of `compose_streams` one by one, for more than fit into memory.

    The share of them that is heard in a room is `reverberant`.
    """
    sources = sources or load_sources(split)
    for task, index in islice(_schedule(tasks), count):
        yield compose_stream(split, task, index, seed, sources, reverberant)


def _schedule(tasks: Weights | None) -> Iterator[tuple[str, int]]:
    """(task, index within the task) for ever: the task that is furthest behind its share."""
    if not isinstance(tasks, Mapping):
        tasks = dict.fromkeys(TASKS if tasks is None else tasks, 1.0)
    if unknown := [name for name in tasks if name not in TASKS]:
        raise UserError(f"unknown tasks {', '.join(unknown)}; choose from {', '.join(TASKS)}")
    if not tasks or min(tasks.values()) <= 0:
        raise UserError(f"tasks need positive weights, found {dict(tasks)}")
    made = dict.fromkeys(tasks, 0)
    while True:
        task = min(made, key=lambda name: (made[name] + 0.5) / tasks[name])
        yield task, made[task]
        made[task] += 1


@dataclass(frozen=True)
class Shard:
    """Some streams of a split, as (task, index), and everything needed to make them anywhere."""

    path: Path
    split: str
    streams: tuple[tuple[str, int], ...]
    seed: int
    codec: str
    root: Path
    making: Making = USUAL

    @property
    def plans(self) -> Path:
        """Where the plans of an endpoint are kept."""
        return self.path.with_name(f"plans-{self.path.stem}.jsonl")


def write_shard(shard: Shard) -> int:
    """Make the streams of a shard and write them; returns their number.

    Raises:
        UserError: missing sources, or a file that cannot be written (no space, no permission).
    """
    sources = load_sources(shard.split, shard.root)
    scenes = Scenes(shard.making, sources, shard.seed, shard.plans) if shard.making.plans else None
    rows, rejects = [], {}
    for task, index in shard.streams:
        if scenes is None:
            made = make_stream(shard.split, task, index, shard.seed, sources, shard.making.tfjp)
            rows.append(row_of(made.stream, shard.codec))
        else:
            with writing(shard.plans):
                made = scenes.make(index)
            rows.append(row_of(made.stream, shard.codec, ABILITY))
        if made.rejects:
            rejects.setdefault(task, Counter()).update(made.rejects)
    # `Features.arrow_schema` carries the audio type; its own encoder would need torchcodec.
    schema = FEATURES.arrow_schema
    # The counts travel inside the shard: they appear with it or not at all.
    counted = {_REJECTS: json.dumps(rejects, sort_keys=True).encode()}
    table = pa.Table.from_pylist(rows, schema=schema.with_metadata(schema.metadata | counted))
    with writing(shard.path), atomic_write(shard.path) as temporary:
        # FLAC leaves nothing to squeeze out, however long one tries; the pages of Ogg do.
        effort = 3 if shard.codec == "flac" else 19
        pq.write_table(table, temporary, compression="zstd", compression_level=effort)
    return len(rows)


def plan_shards(
    out: str | Path,
    counts: Mapping[str, int],
    seed: int,
    tasks: Weights | None = None,
    codec: str = "flac",
    root: str | Path | None = None,
    making: Making = USUAL,
) -> tuple[Shard, ...]:
    """Begin a corpus in `out`, or go on with it: every shard it is to have, written or not.

    What a killed build left half-written is removed.

    Raises:
        UserError: bad counts or tasks, or `out` holds another corpus or cannot be written to.
    """
    out, root = Path(out), Path(root) if root is not None else default_root()
    counts = {split: count for split, count in counts.items() if count}
    if not counts or set(counts) - set(SPLITS) or min(counts.values()) < 0:
        raise UserError(f"counts must be positive and of the splits {', '.join(SPLITS)}: {counts}")
    if codec not in CODECS:
        raise UserError(f"there is no codec {codec!r}; choose from {', '.join(CODECS)}")
    if making.plans:
        if tasks is not None:
            raise UserError("sub-tasks have plans of their own; name none beside a planner")
        tasks, schedule = [PLANNED], lambda: zip(repeat(PLANNED), numbers())
    else:
        named = TASKS if tasks is None else tasks
        tasks = dict(tasks) if isinstance(tasks, Mapping) else list(named)
        schedule = partial(_schedule, tasks)
    next(schedule())  # bad tasks are refused before anything is written
    claim(out, _recipe(counts, seed, tasks, codec, root) | making.recipe())
    shards = []
    for split, count in counts.items():
        streams = tuple(islice(schedule(), count))
        for number, start in enumerate(range(0, count, SHARD_STREAMS)):
            path = out / f"{split}-{number:05d}.parquet"
            some = streams[start : start + SHARD_STREAMS]
            shards.append(Shard(path, split, some, seed, codec, root, making))
    return tuple(shards)


def _recipe(counts, seed, tasks, codec, root: Path) -> dict:
    """What decides the content of a corpus, as plain values of JSON."""
    files = [root / f"{kind}-{split}.parquet" for split in counts for kind in SOURCE_FILES]
    return {
        "counts": counts,
        "seed": seed,
        "tasks": tasks,
        "codec": codec,
        "shard": SHARD_STREAMS,
        "version": __version__,
        "sources": {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
            if file.is_file()  # a missing one is reported by `load_sources`
        },
    }


def write_corpus(
    out: str | Path,
    counts: Mapping[str, int],
    seed: int,
    *,
    tasks: Weights | None = None,
    workers: int = 1,
    codec: str = "flac",
    root: str | Path | None = None,
    making: Making = USUAL,
) -> Path:
    """Write `counts[split]` streams of every split to Parquet shards in `out`; returns `out`.

    A build that was killed goes on where it stopped: shards appear whole or not at all, and those
    that are there are kept.

    Args:
        workers: processes. They change nothing in the files.
        codec: as `audio.io.encode`; "opus" is far smaller than "flac", and far slower to write.
        root: folder of the source files; the repository's own by default.
        making: by what the streams are planned, and when TFJP is applied. A planner's streams are
            scenes, not sub-tasks (`corpus.scenes`).

    Raises:
        UserError: bad arguments, missing sources, `out` holds another corpus, or it cannot be
            written to.
    """
    shards = plan_shards(out, counts, seed, tasks, codec, root, making)
    missing = [shard for shard in shards if not shard.path.exists()]
    total, left = (sum(len(shard.streams) for shard in some) for some in (shards, missing))
    with tqdm(desc="streams", total=total, initial=total - left) as bar:
        for written in run_jobs(write_shard, missing, workers):
            bar.update(written)
    return finish_corpus(shards)


def finish_corpus(shards: Sequence[Shard]) -> Path:
    """Count the rejected plans of the written shards into `rejects.json`; returns the folder.

    The file holds, by split and task, how many plans were given up for each reason.
    """
    counted: dict[str, dict[str, Counter]] = {}
    for shard in shards:
        of_split = counted.setdefault(shard.split, {})
        for task, reasons in json.loads(pq.read_schema(shard.path).metadata[_REJECTS]).items():
            of_split.setdefault(task, Counter()).update(reasons)
    out = shards[0].path.parent
    record(out / REJECTS, counted)
    return out


def build_corpus(out: str | Path, counts: Mapping[str, int], seed: int, **options) -> DatasetDict:
    """`write_corpus`, and load what it has written."""
    return load_corpus(write_corpus(out, counts, seed, **options))


def load_corpus(folder: str | Path) -> DatasetDict:
    """The corpus in a folder, one `Dataset` a split, in memory; audio stays encoded.

    `rows.stream_from_row` makes streams of its rows. One that does not fit into memory is for
    `datasets.load_dataset("parquet", data_files=..., streaming=True)`.

    Raises:
        UserError: the folder holds no corpus, or one that was not finished.
    """
    splits = {}
    for split, count in load_recipe(folder)["counts"].items():
        tables = [pq.read_table(path) for path in sorted(Path(folder).glob(f"{split}-*.parquet"))]
        if (found := sum(map(len, tables))) != count:
            raise UserError(
                f"{folder}: has {found} of {count} {split} streams; build it again to finish it"
            )
        splits[split] = Dataset(pa.concat_tables(tables))
    return DatasetDict(splits)
