"""How large a corpus of each profile is, and what a finished one holds."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from audio_interaction.corpus.build import Weights, write_corpus
from audio_interaction.corpus.manifest import REJECTS, load_recipe
from audio_interaction.corpus.scenes import USUAL, Making
from audio_interaction.corpus.sources import SPLITS
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError


@dataclass(frozen=True)
class Size:
    """Streams of each task in the training, validation and test split, and how they are encoded."""

    train: int
    validation: int
    test: int
    codec: str = "flac"

    def counts(self, train: int | None = None) -> dict[str, int]:
        """Streams a split over all tasks; `train` replaces the number of training streams."""
        counts = {split: getattr(self, split) * len(TASKS) for split in SPLITS}
        return counts if train is None else counts | {"train": train}


SIZES = {
    "smoke": Size(1, 1, 1),
    "laptop": Size(60, 8, 16),
    "gpu": Size(400, 20, 40),
    "full": Size(7200, 80, 80),  # more than 200,000 streams for training
    "shipped": Size(20, 4, 8, "opus-small"),  # what `mini_data/streams` holds
}


@dataclass(frozen=True)
class Content:
    """One split of a finished corpus.

    Attributes:
        split, streams: its name and number of streams.
        hours: of sound.
        megabytes: of its files.
        rejects: how many plans were given up, by reason.
    """

    split: str
    streams: int
    hours: float
    megabytes: float
    rejects: Counter[str]

    def __str__(self) -> str:
        told = ", ".join(f"{reason} {n:,}" for reason, n in sorted(self.rejects.items()))
        return (
            f"{self.split:<11} {self.streams:9,} streams {self.hours:9,.2f} h "
            f"{self.megabytes:11,.1f} MB   rejected plans: {told or 'none'}"
        )


def build_profile(
    profile: str,
    out: str | Path,
    *,
    count: int | None = None,
    seed: int = 0,
    tasks: Weights | None = None,
    workers: int = 1,
    codec: str | None = None,
    root: str | Path | None = None,
    making: Making = USUAL,
) -> list[Content]:
    """Write the corpus of a profile (`write_corpus`); returns its `contents`.

    Args:
        profile: a key of `SIZES`.
        count: training streams in all, instead of those of the profile.
        tasks: as `write_corpus`; `supervise.stage4_tasks()` for stage 4 of the training.
        codec: instead of that of the profile.
        making: as `write_corpus`; as many scenes are planned as there are streams of all sub-tasks.

    Raises:
        UserError: there is no such profile, or as `write_corpus`.
    """
    if profile not in SIZES:
        raise UserError(f"there is no corpus {profile!r}; choose from {', '.join(SIZES)}")
    size = SIZES[profile]
    counts, codec = size.counts(count), codec or size.codec
    options = dict(tasks=tasks, workers=workers, codec=codec, root=root, making=making)
    return contents(write_corpus(out, counts, seed, **options))


def contents(folder: str | Path) -> list[Content]:
    """What the splits of the corpus in a folder hold; no sound is read for it.

    Raises:
        UserError: the folder holds no corpus, or one that was not finished.
    """
    folder = Path(folder)
    counts = load_recipe(folder)["counts"]
    if not (folder / REJECTS).is_file():
        raise UserError(f"{folder}: the corpus is not finished; build it again to finish it")
    rejects = json.loads((folder / REJECTS).read_text())
    found = []
    for split, count in counts.items():
        files = sorted(folder.glob(f"{split}-*.parquet"))
        seconds = [pq.read_table(file, columns=["seconds"])["seconds"].to_numpy() for file in files]
        found.append(
            Content(
                split,
                count,
                float(sum(some.sum() for some in seconds)) / 3600,
                sum(file.stat().st_size for file in files) / 1e6,
                sum(map(Counter, rejects[split].values()), Counter()),
            )
        )
    return found
