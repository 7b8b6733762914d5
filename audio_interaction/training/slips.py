"""Slips: histories in which some replies were said a chunk early or late.

Heard freely, a model is a chunk off now and then. So that it has seen that before, some replies are
moved by a chunk in training; what is taught then is told by the `expert`. This is imitation
learning with a noisy expert (DART, https://arxiv.org/abs/1703.09327).
"""

from dataclasses import dataclass

import numpy as np

from audio_interaction.corpus.labels import Said, spoken
from audio_interaction.corpus.matching import WINDOW
from audio_interaction.corpus.schema import Response, Stream, is_asr
from audio_interaction.protocol import trigger_chunk


@dataclass(frozen=True)
class Unit:
    """What is said as one, a reply or one word of a transcript; and in which chunk it is due."""

    response: Response
    due: int


def slipped(
    stream: Stream,
    num_chunks: int,
    due: dict[int, tuple[Response, ...]],
    share: float,
    rng: np.random.Generator,
) -> Said:
    """What is said when some replies come a chunk early or late.

    A reply slips as a whole, and within the window of `corpus.matching`; of the words that are due
    together the first ones slip back, or the last ones forth.

    Args:
        stream, num_chunks: the stream and its length in chunks.
        due: its responses by chunk (`labels.due_chunks`).
        share: probability that a reply, or a group of words, slips; half of them early.
        rng: draws them.
    """
    units = [Unit(response, chunk) for chunk, group in due.items() for response in group]
    if is_asr(stream):
        chunks = _words(units, num_chunks, share, rng)
    else:
        chunks = _replies(units, num_chunks, share, rng)
    said: dict[int, list[Response]] = {}
    for unit, chunk in zip(units, chunks, strict=True):
        said.setdefault(chunk, []).append(unit.response)
    return spoken(dict(sorted(said.items())))


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
    units: list[Unit], num_chunks: int, share: float, rng: np.random.Generator
) -> list[int]:
    """Chunks in which replies are said, one in each, in the order of the replies."""
    said: list[int] = []
    due = {unit.due for unit in units}
    for unit in units:
        draw = rng.random()
        chunk = unit.due + (-1 if draw < share / 2 else 1 if draw < share else 0)
        end = trigger_chunk(unit.response.end)  # another trigger's window would use that one up
        within = end <= chunk <= end + WINDOW
        free = chunk not in due and chunk not in said and 0 <= chunk < num_chunks
        said.append(chunk if within and free else unit.due)
    return said
