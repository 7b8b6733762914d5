"""The checks of notebook 03: a right answer passes, typical mistakes are told apart."""

import math

from audio_interaction.checks.decide import check_03_1, check_03_2, check_03_3


def rejected(check, answer, *told):
    verdict = check(answer)
    assert not verdict.right
    assert all(part in verdict.message for part in told), verdict.message


def labels(ends, lag, chunks, chunk_of=lambda t: math.ceil(round(t / 0.4, 6)) - 1, shift=True):
    found, last = ["silent"] * chunks, -1
    for end in sorted(ends):
        at = chunk_of(end + lag)
        last = max(at, last + 1) if shift else at
        found[last] = "response"
    return found


def test_labels_of_a_stream():
    assert check_03_1(labels).right
    rejected(check_03_1, lambda e, g, n: labels(e, g, n, shift=False), "takes the next")
    rejected(check_03_1, lambda e, g, n: labels(e, g, n, lambda t: int(t / 0.4)), "on a border")
    rejected(check_03_1, lambda e, g, n: labels(e, 0.0, n), "one trigger")
    rejected(check_03_1, lambda e, g, n: labels(e, g, n)[:-1], "4 labels")
    rejected(check_03_1, lambda e, g, n: [0] * n, "neither")
    rejected(check_03_1, lambda e, g, n: "silent", "a list")
    rejected(check_03_1, lambda e, g, n: None, "returns nothing")


def test_balanced_classes():
    def right(s, r):
        return (s + r) / 2 / s, (s + r) / 2 / r

    assert check_03_2(right).right
    rejected(check_03_2, lambda s, r: right(s, r)[::-1], "weigh")
    rejected(check_03_2, lambda s, r: (1.0, s / r), "instead of")
    rejected(check_03_2, lambda s, r: (1.0, 1.0), "the same")
    rejected(check_03_2, lambda s, r: 1.0, "two numbers")
    rejected(check_03_2, lambda s, r: None, "returns nothing")


def test_the_cheapest_constant():
    assert check_03_3(lambda share, w: share / (share + w * (1 - share))).right
    rejected(check_03_3, lambda share, w: share, "the share itself")
    rejected(check_03_3, lambda share, w: share / (w * share + 1 - share), "slope")
    rejected(check_03_3, lambda share, w: "p", "a number")
    rejected(check_03_3, lambda share, w: None, "returns nothing")
