"""Solutions of notebook 06."""

import numpy as np


def answer_06_1(prefix, silent_chunks, reply_words):
    """Exercise 1: <audio>, ten frames, <assistant>, and the decision; a reply adds to that."""
    listening = 1 + 10 + 1
    silent = silent_chunks * (listening + 1)
    # <response>, an emotion, the words, <end>
    replies = sum(listening + 2 + words + 1 for words in reply_words)
    return prefix + silent + replies


def answer_06_2(pieces, size):
    """Exercise 2: keep what is left over until there is enough."""
    blocks, rest = [], np.zeros(0, np.float32)
    for piece in pieces:
        rest = np.concatenate([rest, piece])
        while len(rest) >= size:
            blocks.append(rest[:size])
            rest = rest[size:]
    return [*blocks, rest] if len(rest) else blocks


def answer_06_3(chunk_seconds):
    """Exercise 3: work begins when the chunk is there and the work before it is done."""
    finished, delays = 0.0, []
    for chunk, work in enumerate(chunk_seconds):
        arrival = (chunk + 1) * 0.4
        finished = max(arrival, finished) + work
        delays.append(finished - arrival)
    return delays
