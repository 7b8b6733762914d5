"""Solutions of notebook 07."""

import numpy as np


def answer_07_1(truth, said):
    pairs = list(zip(truth, said, strict=True))
    responds, ignores = truth.count("RESPOND"), truth.count("IGNORE")
    right_responses = pairs.count(("RESPOND", "RESPOND"))
    right_silences = pairs.count(("IGNORE", "IGNORE"))
    balanced = (right_responses / responds + right_silences / ignores) / 2
    return balanced, 2 * right_responses / (said.count("RESPOND") + responds)


def answer_07_2(reference, hypothesis):
    said, heard = reference.split(), hypothesis.split()
    row = list(range(len(heard) + 1))  # errors against the first 0 words of the reference
    for i, word in enumerate(said, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, start=1):
            substituted = diagonal + (word != other)
            diagonal = row[j]
            row[j] = min(substituted, row[j] + 1, row[j - 1] + 1)
    return row[-1] / len(said)


def answer_07_3(hits, totals):
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(hits), size=(5000, len(hits)))
    recall = hits[drawn].sum(axis=1) / totals[drawn].sum(axis=1)
    return tuple(np.percentile(recall, [2.5, 97.5]))
