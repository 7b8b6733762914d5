"""Slips: histories in which a reply was said a chunk early or late, and what to do after them.

A model that is trained on the true history alone trusts that everything was said when it was due.
Heard freely it is a chunk off now and then, and then says a word twice, or never. So some replies
are moved by a chunk in training. The history is disturbed, and the labels stay those of an expert
who sees it: what has been said is not said again, what is still owed is said at the next decision,
and where the slip itself happened the label is what should have been there instead. This is
imitation learning with a noisy expert (DART, https://arxiv.org/abs/1703.09327).
"""

from dataclasses import dataclass

import numpy as np

from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.matching import WINDOW
from audio_interaction.corpus.schema import Stream, is_asr
from audio_interaction.protocol import trigger_chunk

Said = dict[int, tuple[str, str]]
"""Chunk (from 0) -> (text, emotion) of what is said after it, as in `labels.decision_chunks`."""


@dataclass(frozen=True)
class Unit:
    """What is said as one: a reply, or one word of a transcript."""

    text: str
    emotion: str
    due: int
    """Chunk in which it is due."""


def slipped(
    stream: Stream,
    num_chunks: int,
    lag: float | np.random.Generator,
    share: float = 0.0,
) -> tuple[Said, Said]:
    """Lay out the replies of a stream, some of them a chunk early or late.

    A reply slips as a whole, and within the window of `corpus.matching`; of the words that are due
    together the first ones slip back, or the last ones forth.

    Args:
        stream, num_chunks, lag: as for `labels.decision_chunks`.
        share: probability that a reply, or a group of words, slips; half of them early. Drawn
            from `lag`, which is a generator then.

    Returns:
        What is said, and what is owed given what was said before: both in ascending order.
    """
    placed = decision_chunks(stream, num_chunks, lag)
    words = is_asr(stream)
    units = [
        Unit(part, emotion, chunk)
        for chunk, (text, emotion) in placed.items()
        for part in (text.split() if words else [text])
    ]
    if not share:
        said = [unit.due for unit in units]
    elif words:
        said = _words(units, num_chunks, share, lag)
    else:
        ends = {trigger_chunk(response.end) for response in stream.responses}
        said = _replies(units, ends, num_chunks, share, lag)
    return _told(units, said)


def _words(units: list[Unit], num_chunks: int, share: float, rng: np.random.Generator) -> list[int]:
    """Chunks in which words are said, in the order of the words."""
    said = [unit.due for unit in units]
    for chunk in sorted(set(said)):
        group = [i for i, unit in enumerate(units) if unit.due == chunk]
        draw, count = rng.random(), int(rng.integers(1, len(group) + 1))
        if draw < share / 2:
            before = said[group[0] - 1] if group[0] else 0
            for i in group[:count]:
                said[i] = max(chunk - 1, before)  # never before the words in front of it
        elif draw < share and chunk + 1 < num_chunks:
            for i in group[-count:]:
                said[i] = chunk + 1
    return said


def _replies(
    units: list[Unit], ends: set[int], num_chunks: int, share: float, rng: np.random.Generator
) -> list[int]:
    """Chunks in which replies are said, one in each."""
    said: list[int] = []
    due = {unit.due for unit in units}
    for unit in units:
        draw = rng.random()
        chunk = unit.due + (-1 if draw < share / 2 else 1 if draw < share else 0)
        within = any(end <= chunk <= end + WINDOW and end <= unit.due for end in ends)
        free = chunk not in due and chunk not in said and 0 <= chunk < num_chunks
        said.append(chunk if within and free else unit.due)
    return said


def _told(units: list[Unit], said: list[int]) -> tuple[Said, Said]:
    told: Said = {}
    owed: Said = {}
    pairs = list(zip(units, said, strict=True))
    for chunk in sorted({*said, *(unit.due for unit in units)}):
        for side, some in (
            (told, [unit for unit, at in pairs if at == chunk]),
            (owed, [unit for unit, at in pairs if unit.due <= chunk <= at]),
        ):
            if some:
                side[chunk] = (" ".join(unit.text for unit in some), some[0].emotion)
    return told, owed
