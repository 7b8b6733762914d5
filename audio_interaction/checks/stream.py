"""Checks of notebook 06: the growing cache, blocks of any size, and work that piles up."""

import numpy as np

from audio_interaction.checks.feedback import ask, check, expect
from audio_interaction.layouts import Reply, online_layout
from audio_interaction.protocol import CHUNK_SECONDS, ControlTokens


@check
def check_06_1(answer) -> str:
    """`answer(prefix, silent_chunks, reply_words)`: positions in the cache.

    `prefix` positions of instruction, chunks that stay silent, and one number of word tokens for
    each chunk that replies.
    """
    tokens = ControlTokens.released()
    for system, silent, words, what in (
        (6, 0, [], "nothing but the instruction"),
        (6, 1, [], "one silent chunk"),
        (6, 150, [], "a minute of silence"),
        (6, 0, [1], "one reply of one word"),
        (9, 100, [3, 8, 1], "silence and three replies"),
    ):
        prefix = len(tokens.prefix(tokens.online, range(system)))
        replies = {chunk: Reply((0,) * count) for chunk, count in enumerate(words)}
        layout = online_layout(tokens, range(system), silent + len(words), replies)
        got = ask(answer, prefix, silent, words)
        said = f"{what}: prefix {prefix}, {silent} silent chunks, replies of {words} words"
        expect(
            got == len(layout),
            f"{said}: you count {got} positions, {'more' if got > len(layout) else 'fewer'} than "
            "there are. Write one such chunk down, token by token (section 2 of notebook 00).",
        )
    return "silence is not free: it fills the cache as fast as sound does."


@check
def check_06_2(answer) -> str:
    """`answer(pieces, size)`: the same samples in blocks of `size`; the last may be shorter."""
    for lengths, size, what in (
        ([10, 10, 10], 10, "pieces that fit already"),
        ([3, 4, 5, 6], 4, "pieces smaller and larger than a block"),
        ([25], 10, "one piece that holds several blocks"),
        ([1] * 7, 3, "single samples"),
        ([2, 0, 3], 4, "an empty piece in between"),
        ([], 5, "no pieces at all"),
    ):
        whole = np.arange(sum(lengths), dtype=np.float32)
        pieces = np.split(whole, np.cumsum(lengths)[:-1]) if lengths else []
        got = [np.asarray(block) for block in ask(answer, iter(pieces), size)]
        sizes = [len(block) for block in got]
        said = f"{what}: pieces of {lengths} into blocks of {size} gives you blocks of {sizes}"
        joined = np.concatenate(got) if got else whole[:0]
        expect(len(joined) >= len(whole), f"{said}: samples are lost. What is left at the end?")
        expect(np.array_equal(joined, whole), f"{said}: samples are repeated or in another order.")
        expect(
            all(n == size for n in sizes[:-1]) and all(0 < n <= size for n in sizes[-1:]),
            f"{said}: every block but the last must be full, and none empty.",
        )
    return "whoever pushes may choose the sizes; the model never sees them."


@check
def check_06_3(answer) -> str:
    """`answer(chunk_seconds)`: for each chunk, seconds from its arrival to its decision.

    Chunk k (from 0) arrives at (k + 1) * 0.4 s and is worked on for `chunk_seconds[k]`, one chunk
    after the other, in order.
    """
    for work, what in (
        ([0.1, 0.1, 0.1], "a fast machine"),
        ([0.5, 0.5, 0.5, 0.5], "a machine a little too slow"),
        ([0.1, 1.0, 0.1, 0.1, 0.1, 0.1], "one long reply"),
        ([0.4, 0.4], "a machine exactly fast enough"),
        ([1.0, 0.1, 1.0, 0.1], "two replies"),
    ):
        got = np.asarray(ask(answer, np.array(work)), float)
        expect(got.shape == (len(work),), f"{what}: return {len(work)} delays, one for each chunk.")
        right = _delays(work)
        wrong = np.flatnonzero(~np.isclose(got, right, atol=1e-9))
        if len(wrong):
            at = wrong[0]
            hint = (
                "The work left over from earlier chunks must be done first."
                if got[at] < right[at]
                else "While nothing arrives the machine catches up, and it cannot start early."
            )
            expect(False, f"{what}, work {work}: chunk {at} is {got[at]:.2f} s late by you. {hint}")
    return "delays pile up as soon as the work exceeds the budget, and fade when it does not."


def _delays(chunk_seconds) -> np.ndarray:
    """Seconds from the arrival of each chunk to its decision, for work (C,) done in order."""
    finished, delays = 0.0, []
    for chunk, work in enumerate(chunk_seconds):
        arrival = (chunk + 1) * CHUNK_SECONDS
        finished = max(arrival, finished) + work
        delays.append(finished - arrival)
    return np.array(delays)
