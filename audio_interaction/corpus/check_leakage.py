"""What no two splits of a corpus may share, and what no two streams may.

Names give most leaks away: voices, sentences, packages, clips. A recording under another name is
found by its sound: coarse spectrograms shortlist pairs that may be alike, the cross-correlation of
their samples decides. Different recordings of one kind stay below 0.3 there, also where their
spectrograms hardly differ; one recording in two streams, with other noise, is above 0.7.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from audio_interaction.audio.io import decode
from audio_interaction.corpus.check_rules import round_at
from audio_interaction.corpus.clips import fingerprint
from audio_interaction.corpus.findings import Finding
from audio_interaction.corpus.language import SPLITS
from audio_interaction.corpus.schema import Event, Stream
from audio_interaction.corpus.sounds import SYNTHESIS

ALIKE_EVENTS, ALIKE_STREAMS = 0.75, 0.95
"""Least agreement of the fingerprints of a pair that is listened to."""

SAME = 0.6
"""Least correlation of the samples of a pair that is told."""

MARKED = 4
"""Occurrences of one clip in one split whose sound is compared."""

SHORTEST = 3_200  # samples of an event whose sound is compared
COARSE = 8  # a whole stream is compared at an eighth of its rate
BLOCK = 2_048

ADVICE = "keep it in one split, and build the other one without it"


@dataclass(frozen=True)
class Place:
    """Where something is heard: a row of a shard, and the samples in it."""

    split: str
    stream: str
    what: str
    path: Path
    row: int
    start: int
    stop: int


class Leaks:
    """Gathers what is heard in which split, stream by stream, and tells what is shared."""

    def __init__(self) -> None:
        self.heard: dict[str, dict] = {  # rule -> what -> split -> first stream
            rule: defaultdict(dict) for rule in ("leak-voice", "leak-sentence", "leak-package")
        }
        self.heard["leak-clip"] = defaultdict(dict)
        self.marked: Counter = Counter()
        self.events: dict[str, list[tuple[Place, np.ndarray]]] = defaultdict(list)  # by split
        self.streams: dict[int, list[tuple[Place, np.ndarray]]] = defaultdict(list)  # by length

    def add(self, stream: Stream, path: Path, row: int) -> None:
        """Note what a stream holds; its samples are not kept."""
        for event in stream.events:
            for rule, what in _names(event):
                self.heard[rule][what].setdefault(stream.split, stream.id)
            start, stop = round_at(event.start), round_at(event.end)
            key = (stream.split, event.clip)
            if event.role == "amb" or stop - start < SHORTEST or self.marked[key] >= MARKED:
                continue
            piece = stream.audio[start:stop]
            if piece.any():
                self.marked[key] += 1
                what = f"{event.text!r} of {event.source or event.clip or 'unknown source'}"
                place = Place(stream.split, stream.id, what, path, row, start, stop)
                self.events[stream.split].append((place, _mark(piece)))
        length = len(stream.audio)
        if length >= SHORTEST and stream.audio.any():
            coarse = stream.audio[: length // COARSE * COARSE].reshape(-1, COARSE).mean(axis=1)
            place = Place(stream.split, stream.id, "the stream", path, row, 0, length)
            self.streams[length].append((place, _mark(coarse)))

    def findings(self) -> Iterator[Finding]:
        """What is shared; reads the sound of suspicious pairs again."""
        for rule, shared in self.heard.items():
            for what, splits in shared.items():
                if len(splits) > 1:
                    places = ", ".join(splits.values())
                    yield Finding(rule, f"{what} is heard in {places}", ADVICE, _told(splits))
        pairs = [pair for group in self.streams.values() for pair in _alike(group)]
        for one, other in _confirmed(pairs, aligned=True):
            what, advice = f"sounds like {other.stream}", "leave one of the two out"
            yield Finding("duplicate", what, advice, one.split, one.stream)
        pairs = [
            pair
            for one, other in combinations(sorted(self.events, key=SPLITS.index), 2)
            for pair in _nearest(self.events[other], self.events[one])
        ]
        for one, other in _confirmed(pairs, aligned=False):
            what = f"{one.what} sounds like {other.what} in {other.stream}"
            yield Finding("leak-sound", what, ADVICE, _told((one.split, other.split)), one.stream)


def _told(splits: Iterable[str]) -> str:
    return ", ".join(sorted(splits, key=SPLITS.index))


def _names(event: Event) -> Iterator[tuple[str, object]]:
    if event.kind == "speech":
        if event.source:
            yield "leak-voice", f"voice {event.source!r}"
        yield "leak-sentence", f"sentence {event.text!r}"
    elif event.source not in ("", SYNTHESIS):
        # A package holds many kinds of sounds; its recordings of one kind belong together.
        yield "leak-package", f"{event.text!r} of package {event.source!r}"
    if event.clip:
        # A clip that the preprocessing mended is still that clip.
        yield "leak-clip", f"clip {event.clip.split('+')[0]!r}"


def _mark(samples: np.ndarray) -> np.ndarray:
    return fingerprint(samples).astype(np.float32)


Marked = Sequence[tuple[Place, np.ndarray]]


def _alike(group: Marked) -> Iterator[tuple[Place, Place]]:
    """Pairs of one group whose fingerprints agree."""
    marks = np.array([mark for _, mark in group])
    for first in range(0, len(group), BLOCK):
        close = marks[first : first + BLOCK] @ marks.T > ALIKE_STREAMS
        for one, other in np.argwhere(close).tolist():
            if first + one > other:
                yield group[first + one][0], group[other][0]


def _nearest(group: Marked, others: Marked) -> Iterator[tuple[Place, Place]]:
    """Each of a group with the one of the others that is most like it, if it is at all."""
    marks = np.array([mark for _, mark in others])
    for first in range(0, len(group), BLOCK):
        agreement = np.array([mark for _, mark in group[first : first + BLOCK]]) @ marks.T
        best = agreement.argmax(axis=1)
        for one in np.flatnonzero(agreement.max(axis=1) > ALIKE_EVENTS).tolist():
            yield group[first + one][0], others[best[one]][0]


def _confirmed(
    pairs: Sequence[tuple[Place, Place]], aligned: bool
) -> Iterator[tuple[Place, Place]]:
    """The pairs that hold the same sound; `aligned` if it must also begin at the same time."""
    samples = _read({place for pair in pairs for place in pair})
    for one, other in pairs:
        if correlation(samples[one], samples[other], aligned) >= SAME:
            yield one, other


def _read(places: set[Place]) -> dict[Place, np.ndarray]:
    wanted: dict[Path, dict[int, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for place in places:
        wanted[place.path][place.row].append(place)
    samples = {}
    for path, rows in wanted.items():
        sounds = pq.read_table(path, columns=["audio"])["audio"]
        for row, inside in rows.items():
            heard = decode(sounds[row].as_py()["bytes"])
            for place in inside:
                samples[place] = heard[place.start : place.stop].astype(np.float16)
    return samples


def correlation(one: np.ndarray, other: np.ndarray, aligned: bool = False) -> float:
    """Largest normalised correlation of two sounds (S,) and (S',) over all shifts, 0 to 1.

    Args:
        aligned: do not shift; of the longer sound only the beginning counts.
    """
    one, other = (x.astype(np.float32) for x in (one, other))
    if aligned:
        length = min(len(one), len(other))
        one, other = one[:length], other[:length]
        product = abs(float(one @ other))
    else:
        from scipy.signal import correlate  # takes a moment to import

        product = float(np.abs(correlate(one, other, method="fft")).max())
    energy = np.sqrt(float(one @ one) * float(other @ other))
    return product / energy if energy else 0.0
