"""The checks of notebook 06: a right answer passes, typical mistakes are told apart."""

import numpy as np
import pytest

from audio_interaction.checks.stream import check_06_1, check_06_2, check_06_3


def rejected(check, answer, *told):
    verdict = check(answer)
    assert not verdict.right
    assert all(part in verdict.message for part in told), verdict.message


def test_positions():
    def count(prefix, silent, words):
        return prefix + 13 * silent + sum(15 + n for n in words)

    assert check_06_1(count).right
    rejected(check_06_1, lambda p, s, w: 13 * s + sum(15 + n for n in w), "the instruction")
    rejected(check_06_1, lambda p, s, w: p + 12 * s + sum(15 + n for n in w), "fewer", "one silent")
    rejected(check_06_1, lambda p, s, w: p + 13 * s + sum(w), "one reply", "fewer")
    rejected(check_06_1, lambda p, s, w: count(p, s, w) + len(w), "one reply", "more")


def blocks_of(pieces, size):
    whole = np.concatenate([np.zeros(0, np.float32), *pieces])
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def test_blocks():
    assert check_06_2(blocks_of).right
    assert check_06_2(lambda pieces, size: (b.copy() for b in blocks_of(pieces, size))).right
    rejected(
        check_06_2,
        lambda pieces, size: [b for b in blocks_of(pieces, size) if len(b) == size],
        "samples are lost",
    )
    rejected(check_06_2, lambda pieces, size: list(pieces), "must be full")
    rejected(check_06_2, lambda pieces, size: blocks_of(pieces, size)[::-1], "another order")
    rejected(check_06_2, lambda pieces, size: [*blocks_of(pieces, size), []], "none empty")


def delays_of(chunk_seconds):
    finished, delays = 0.0, []
    for chunk, work in enumerate(chunk_seconds):
        finished = max(finished, 0.4 * (chunk + 1)) + work
        delays.append(finished - 0.4 * (chunk + 1))
    return delays


def test_delays():
    assert check_06_3(delays_of).right
    assert check_06_3(lambda work: np.array(delays_of(work))).right
    rejected(check_06_3, lambda work: work, "a little too slow", "left over")
    rejected(check_06_3, np.cumsum, "a fast machine", "catches up")
    rejected(check_06_3, lambda work: work[:1], "one for each chunk")


@pytest.mark.parametrize("check", [check_06_1, check_06_2, check_06_3])
def test_an_unfilled_stub_is_not_yet_right(check):
    assert str(check(lambda *_: None)).startswith("Not yet")
