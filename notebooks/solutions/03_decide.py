"""Solutions of notebook 03."""

import math


def answer_03_1(ends, lag, num_chunks):
    """Exercise 1: whole samples first, since 1.6 / 0.4 need not be 4 in floating point."""
    labels = ["silent"] * num_chunks
    last = -1
    for end in sorted(ends):
        samples = math.ceil(round((end + lag) * 16_000, 3))
        last = max(math.ceil(samples / 6_400) - 1, last + 1)
        labels[last] = "response"
    return labels


def answer_03_2(silences, responses):
    """Exercise 2: half of the whole weight for each kind."""
    half = (silences + responses) / 2
    return half / silences, half / responses


def answer_03_3(share, silence_weight):
    """Exercise 3: the weighted share of the responses."""
    return share / (share + silence_weight * (1 - share))
