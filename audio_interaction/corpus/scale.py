"""The corpus on many machines: the shards of `build`, written by Ray Data (extra [scale]).

A row of the Ray data set is one shard: its split and its (task, index) pairs. A Ray task makes it
with the same pure functions as `write_corpus` and writes it itself, so that no sound travels
between machines, and a corpus that one of the two has begun the other can finish.
"""

import importlib.util
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from audio_interaction.corpus.build import (
    Shard,
    Weights,
    finish_corpus,
    iterate_streams,
    plan_shards,
    row_of,
    write_shard,
)
from audio_interaction.corpus.scenes import USUAL, Making
from audio_interaction.corpus.sources import load_sources
from audio_interaction.errors import UserError

PAPER_STREAMS = 2_600_000
"""Size of StreamAudio-2M (paper §4.1)."""


def build_with_ray(
    out: str | Path,
    counts: Mapping[str, int],
    seed: int,
    *,
    tasks: Weights | None = None,
    codec: str = "flac",
    root: str | Path | None = None,
    making: Making = USUAL,
) -> Path:
    """`build.write_corpus` on a Ray cluster; the same arguments, the same files.

    Ray is joined as it sees fit: the running `ray.init`, the cluster that RAY_ADDRESS names, or
    else this machine alone.

    Args:
        out, root: folders that every machine sees under the same path.

    Raises:
        UserError: Ray is not installed, or as `write_corpus`.
    """
    if importlib.util.find_spec("ray") is None:
        raise UserError("Ray is not installed: pip install 'audio-interaction[scale]'")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing calls home unasked
    import ray.data

    out = Path(out).resolve()  # Ray's workers run in folders of their own
    root = None if root is None else Path(root).resolve()
    shards = plan_shards(out, counts, seed, tasks, codec, root, making)
    if rows := [_row_of_shard(shard) for shard in shards if not shard.path.exists()]:
        # A block a shard, so that machines that are done help the others.
        blocks = ray.data.from_items(rows, override_num_blocks=len(rows))
        for written in blocks.map(_write).iter_rows():
            if written["error"]:
                raise UserError(written["error"])
    return finish_corpus(shards)


def _row_of_shard(shard: Shard) -> dict:
    """A shard as values that Arrow knows."""
    tasks, indices = zip(*shard.streams)
    return vars(shard) | {
        "path": str(shard.path),
        "root": str(shard.root),
        "streams": None,
        "making": vars(shard.making),
        "tasks": list(tasks),
        "indices": list(indices),
    }


def _write(row: dict) -> dict:
    try:
        return {"streams": write_shard(_shard_of_row(row)), "error": ""}
    except UserError as error:  # as a value: Ray would wrap it several times
        return {"streams": 0, "error": str(error)}


def _shard_of_row(row: dict) -> Shard:
    tasks, indices = row["tasks"], row["indices"]
    return Shard(
        Path(row["path"]),
        row["split"],
        tuple((str(task), int(index)) for task, index in zip(tasks, indices, strict=True)),
        int(row["seed"]),
        row["codec"],
        Path(row["root"]),
        Making(**row["making"]),
    )


@dataclass(frozen=True)
class Rate:
    """What some streams took to make and encode in one process of this machine.

    Attributes:
        streams: number of streams.
        hours: of sound in them.
        cpu_seconds, wall_seconds: taken; they differ where the machine has other work.
        megabytes: of encoded sound.
    """

    streams: int
    hours: float
    cpu_seconds: float
    wall_seconds: float
    megabytes: float

    def projection(self, streams: int, cores: int) -> str:
        """The time and space for `streams` streams on `cores` cores like this one, with formula."""
        each = self.cpu_seconds / self.streams
        work = streams * each / cores / 3600
        space = streams * self.megabytes / self.streams / 1e6
        return (
            f"measured: {self.streams} streams, {self.hours:.2f} h of sound, "
            f"{self.cpu_seconds:.1f} s of CPU, {self.megabytes:.1f} MB\n"
            f"hours of sound = streams x hours a stream = {streams:,} x "
            f"{self.hours / self.streams:.5f} = {streams * self.hours / self.streams:,.0f}\n"
            f"hours of work  = streams x CPU seconds a stream / cores / 3600 = {streams:,} x "
            f"{each:.4f} / {cores:,} / 3600 = {work:,.3f}\n"
            f"terabytes      = streams x megabytes a stream / 1,000,000 = {streams:,} x "
            f"{self.megabytes / self.streams:.4f} / 1,000,000 = {space:.3f}"
        )


def measure_rate(
    streams: int = 112, codec: str = "flac", seed: int = 0, root: str | Path | None = None
) -> Rate:
    """Make and encode training streams of all tasks, and time it.

    Loading the sources is left out: a process does it once.

    Raises:
        UserError: as `load_sources` and `pipeline.make_stream`.
    """
    sources = load_sources("train", root)
    wall, cpu = time.perf_counter(), time.process_time()
    seconds = size = 0
    for stream in iterate_streams("train", streams, seed, sources=sources):
        row = row_of(stream, codec)
        seconds += row["seconds"]
        size += len(row["audio"]["bytes"])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Rate(streams, seconds / 3600, cpu, wall, size / 1e6)
