"""The checks of notebook 07: a right answer passes, typical mistakes are told apart."""

import jiwer
import numpy as np

from audio_interaction.benchmarks.bootstrap import Bootstrap, ratio
from audio_interaction.checks.benchmarks import check_07_1, check_07_2, check_07_3


def rejected(check, answer, *told):
    verdict = check(answer)
    assert not verdict.right
    assert all(part in verdict.message for part in told), verdict.message


def yardsticks(truth, said):
    pairs = list(zip(truth, said, strict=True))
    tp, tn = pairs.count(("RESPOND",) * 2), pairs.count(("IGNORE",) * 2)
    t, n = truth.count("RESPOND"), truth.count("IGNORE")
    return (tp / t + tn / n) / 2, 2 * tp / (said.count("RESPOND") + t)


def without_unreadable(truth, said):
    pairs = [(t, s) for t, s in zip(truth, said, strict=True) if s is not None]
    return yardsticks([t for t, _ in pairs], [s for _, s in pairs])


def accuracy(truth, said):
    return sum(t == s for t, s in zip(truth, said, strict=True)) / len(truth)


def test_two_yardsticks():
    assert check_07_1(yardsticks).right
    assert check_07_1(lambda t, s: np.array(yardsticks(t, s))).right
    rejected(check_07_1, lambda t, s: (accuracy(t, s), yardsticks(t, s)[1]), "plain accuracy")
    rejected(check_07_1, without_unreadable, "without a readable decision included")
    rejected(check_07_1, lambda t, s: yardsticks(t, s)[::-1], "balanced accuracy is")
    rejected(check_07_1, lambda t, s: (yardsticks(t, s)[0], accuracy(t, s)), "right silences")
    rejected(check_07_1, lambda t, s: yardsticks(t, s)[0], "a pair")
    rejected(check_07_1, lambda t, s: None, "returns nothing")


def errors(reference, hypothesis):
    return jiwer.wer(reference, hypothesis) * len(reference.split())


def position_by_position(reference, hypothesis):
    said, heard = reference.split(), hypothesis.split()
    wrong = sum(a != b for a, b in zip(said, heard, strict=False))
    return (wrong + abs(len(said) - len(heard))) / len(said)


def test_word_error_rate():
    assert check_07_2(jiwer.wer).right
    rejected(check_07_2, errors, "divide by the words")
    rejected(check_07_2, lambda r, h: errors(r, h) / max(len(h.split()), 1), "'one two three'")
    rejected(check_07_2, jiwer.cer, "you find")
    rejected(check_07_2, position_by_position, "turn light on", "Fill a table")
    rejected(check_07_2, lambda r, h: "0.2", "a number")


def resampled(hits, totals, draws=None, percentiles=(2.5, 97.5)):
    rng = np.random.default_rng(3)
    drawn = rng.integers(len(hits), size=(4000, draws or len(hits)))
    return tuple(np.percentile(hits[drawn].sum(1) / totals[drawn].sum(1), percentiles))


def test_the_stream_is_the_unit():
    assert check_07_3(resampled).right

    def package(hits, totals):
        found = Bootstrap(len(hits), 3000, seed=5).interval(
            {"h": hits, "t": totals}, lambda s: ratio(s["h"], s["t"]), len(hits)
        )
        return found.low, found.high

    def over_triggers(hits, totals):
        rng = np.random.default_rng(0)
        n = totals.sum()
        return tuple(np.percentile(rng.binomial(n, hits.sum() / n, 4000) / n, [2.5, 97.5]))

    assert check_07_3(package).right
    rejected(check_07_3, over_triggers, "too narrow", "all its triggers")
    rejected(check_07_3, lambda h, t: resampled(h, t, percentiles=(5, 95)), "too narrow")
    rejected(check_07_3, lambda h, t: resampled(h, t, draws=len(h) // 2), "too wide")
    rejected(check_07_3, lambda h, t: resampled(h, t)[::-1], "no interval")
    rejected(check_07_3, lambda h, t: (0.9, 0.95), "does not hold")
    rejected(check_07_3, lambda h, t: (0.0, 1.0), "too wide")
    rejected(check_07_3, lambda h, t: h.sum() / t.sum(), "a pair")
