"""When the replies of a stream are said: from a timeline in seconds to decisions in chunks.

The paper answers in the chunk in which a trigger has ended (Algorithm 4). That chunk may hear
nothing of the silence behind it, and a model that cannot tell on which side of a chunk border the
end lies shares its belief between two chunks and passes the threshold in neither. So a reply waits
for 0.4 to 0.6 s, drawn anew for each in training: it comes one or two chunks after the one with the
end, inside the window that the evaluation accepts (`corpus.matching`). Much wider a draw, and the
belief is shared between chunks again. A word of a transcript waits 0.4 s, one chunk of right
context as in wait-k translation, since a word is often clear only from what follows it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from audio_interaction.corpus.schema import Response, Stream
from audio_interaction.errors import UserError
from audio_interaction.protocol import CHUNK_SECONDS, trigger_chunk

EVALUATION_LAG = 0.5  # s
TRAINING_LAG = (0.4, 0.6)  # s
TRANSCRIPT_LAG = CHUNK_SECONDS

Said = dict[int, tuple[str, str]]
"""Chunk (from 0) -> (text, emotion) of what is said after it, in ascending order."""


def due_chunks(
    stream: Stream, num_chunks: int, lag: float | np.random.Generator = EVALUATION_LAG
) -> dict[int, tuple[Response, ...]]:
    """Chunk (from 0) -> the responses that are due after it, in ascending order.

    Args:
        stream: whose responses are placed; its samples are not needed.
        num_chunks: length of the stream in chunks.
        lag: seconds from the end of a trigger to the decision, or a generator that draws
            U(0.4, 0.6) s for each reply (training). Words of a transcript always wait 0.4 s, and
            several may be due in one chunk. Of two replies due in one chunk the later takes the
            next free one.

    Raises:
        UserError: a reply falls behind the last chunk.
    """
    draw = lag if isinstance(lag, np.random.Generator) else None
    due: list[tuple[int, tuple[Response, ...]]] = []
    words: dict[int, list[Response]] = {}
    for response in stream.responses:
        if response.kind == "transcript":
            words.setdefault(trigger_chunk(response.end + TRANSCRIPT_LAG), []).append(response)
        else:
            wait = draw.uniform(*TRAINING_LAG) if draw else lag
            due.append((trigger_chunk(response.end + wait), (response,)))
    due += [(chunk, tuple(group)) for chunk, group in words.items()]

    placed: dict[int, tuple[Response, ...]] = {}
    last = -1
    for chunk, group in sorted(due, key=lambda reply: reply[0]):
        last = max(chunk, last + 1)
        placed[last] = group
    if last >= num_chunks:
        raise UserError(
            f"stream {stream.id}: a reply is due at chunk {last} of {num_chunks};"
            " leave a longer tail behind the last trigger"
        )
    return placed


def spoken(groups: Mapping[int, Sequence[Response]]) -> Said:
    """What is said when each group is said in its chunk: its texts, joined by spaces."""
    return {
        chunk: (" ".join(response.text for response in group), group[0].emotion)
        for chunk, group in groups.items()
    }


def decision_chunks(
    stream: Stream, num_chunks: int, lag: float | np.random.Generator = EVALUATION_LAG
) -> Said:
    """What is said when all is said when it is due (`due_chunks`)."""
    return spoken(due_chunks(stream, num_chunks, lag))
