"""What a corpus amounts to: sums over its rows, which the dataset card and the figures tell."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.manifest import load_recipe
from audio_interaction.corpus.rows import FEATURES
from audio_interaction.corpus.schema import stream_from_timeline
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE, chunks_in

Key = tuple[str, str, str]
"""Split, ability and sub-task."""


@dataclass
class Totals:
    """Sums over some streams.

    Attributes:
        lengths: seconds of each stream.
        responses: how many replies are due.
        chunks, decisions: all chunks, and those after which something is said.
        snr_db: signal-to-noise ratio of each stream that has a noise bed.
        reverberant: streams heard in a room.
        voices, sounds: occurrences of each voice, and of each sound or instrument.
        clips: streams in which a source clip is heard.
        sources: sources of the clips, by the id of the clip: a voice or a package.
    """

    lengths: list[float] = field(default_factory=list)
    responses: int = 0
    chunks: int = 0
    decisions: int = 0
    snr_db: list[float] = field(default_factory=list)
    reverberant: int = 0
    voices: Counter = field(default_factory=Counter)
    sounds: Counter = field(default_factory=Counter)
    clips: Counter = field(default_factory=Counter)
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def streams(self) -> int:
        return len(self.lengths)

    @property
    def hours(self) -> float:
        return sum(self.lengths) / 3600

    @property
    def silence(self) -> float:
        """Share of the chunks after which nothing is said."""
        return 1 - self.decisions / self.chunks if self.chunks else 1.0

    def add(self, row: Mapping) -> None:
        """Add one stream, given as a row of the corpus; its sound is not needed."""
        chunks = chunks_in(round(row["seconds"] * SAMPLE_RATE))
        self.lengths.append(row["seconds"])
        self.responses += len(row["responses"])
        self.chunks += chunks
        self.decisions += len(decision_chunks(stream_from_timeline(row), chunks))
        if row["snr_db"] is not None:
            self.snr_db.append(row["snr_db"])
        self.reverberant += row["rt60_s"] is not None
        heard = set()
        for event in row["events"]:
            if event["kind"] == "speech":
                self.voices[event["source"]] += 1
            else:
                self.sounds[event["text"]] += 1
            if event["clip"]:
                clip = event["clip"].split("+")[0]  # mended clips name what was done to them
                heard.add(clip)
                self.sources[clip] = event["source"]
        self.clips.update(heard)


def merged(totals: Iterable[Totals]) -> Totals:
    """The sum of several totals."""
    whole = Totals()
    for one in totals:
        for name in ("lengths", "responses", "chunks", "decisions", "snr_db", "reverberant"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for name in ("voices", "sounds", "clips", "sources"):
            getattr(whole, name).update(getattr(one, name))
    return whole


def count(rows: Iterable[Mapping]) -> dict[Key, Totals]:
    """Sums over rows of a corpus by split, ability and sub-task, in the order of their coming.

    Raises:
        UserError: there are no rows, or a reply falls behind the end of its stream.
    """
    totals: dict[Key, Totals] = {}
    for row in rows:
        totals.setdefault((row["split"], row["ability"], row["task"]), Totals()).add(row)
    if not totals:
        raise UserError("a corpus without streams cannot be counted; build it first")
    return totals


def timelines(folder: str | Path) -> Iterator[dict]:
    """The rows of the corpus in a folder without their sound, split by split.

    Raises:
        UserError: the folder holds no corpus, or one of an earlier version.
    """
    columns = [name for name in FEATURES if name != "audio"]
    for split in load_recipe(folder)["counts"]:
        for path in sorted(Path(folder).glob(f"{split}-*.parquet")):
            if missing := {*columns} - {*pq.read_schema(path).names}:
                told = ", ".join(sorted(missing))
                raise UserError(f"{path}: lacks the columns {told}; build the corpus again")
            yield from pq.read_table(path, columns=columns).to_pylist()
