"""Checks of notebook 07: balanced accuracy and F1, word error rate, the unit of the bootstrap."""

import math
from collections.abc import Sequence

import jiwer
import numpy as np

from audio_interaction.benchmarks.bootstrap import Bootstrap, ratio
from audio_interaction.benchmarks.proactive_data import IGNORE, RESPOND
from audio_interaction.checks.feedback import ask, check, expect

_R, _I = RESPOND, IGNORE


def _pair(found: object, what: str) -> tuple[float, float]:
    expect(
        isinstance(found, Sequence | np.ndarray) and len(found) == 2,
        f"a pair of two numbers is expected ({what}), not {found!r}.",
    )
    return float(found[0]), float(found[1])


@check
def check_07_1(answer) -> str:
    """Balanced accuracy and F1 from decisions, unreadable ones included."""
    for truth, said in (
        ([_R, _R, _I, _I, _I, _I], [_R, _I, _I, _I, _I, _R]),
        ([_R, _I, _I, _I], [_I, _I, _I, _I]),
        ([_R, _R, _I], [_R, _R, _R]),
        ([_R, _R, _I, _I], [_R, None, _I, None]),
    ):
        balanced, f1 = _pair(ask(answer, list(truth), list(said)), "balanced accuracy, F1")
        pairs = list(zip(truth, said, strict=True))
        tp, tn = pairs.count((_R, _R)), pairs.count((_I, _I))
        right_balanced = (tp / truth.count(_R) + tn / truth.count(_I)) / 2
        right_f1 = 2 * tp / (tp + said.count(_R) - tp + truth.count(_R))
        case = f"truth {truth}, said {said}"
        accuracy = (tp + tn) / len(truth)
        expect(
            not (math.isclose(balanced, accuracy) and not math.isclose(accuracy, right_balanced)),
            f"{case}: {balanced:.3f} is the plain accuracy; weigh both kinds alike.",
        )
        expect(
            math.isclose(balanced, right_balanced, abs_tol=1e-9),
            f"{case}: your balanced accuracy is {balanced:.3f}. Each kind is divided by the number "
            "of its own items, those without a readable decision included.",
        )
        expect(
            math.isclose(f1, right_f1, abs_tol=1e-9),
            f"{case}: your F1 is {f1:.3f}. It is 0 if nothing was said rightly, and right silences "
            "play no part in it.",
        )
    return "both yardsticks are right, and unreadable decisions count as wrong."


_SENTENCES = (
    ("one two three", "one two three"),
    ("one two three", ""),
    ("turn the light on", "turn light on"),
    ("turn the light on", "please turn the light on now"),
    ("what is the capital of france", "what was a capital france"),
    ("call anna", "anna call anna"),
)


@check
def check_07_2(answer) -> str:
    """Word error rate."""
    for reference, hypothesis in _SENTENCES:
        found = ask(answer, reference, hypothesis)
        expect(hasattr(found, "__float__"), f"a number is expected, not {found!r}.")
        right = jiwer.wer(reference, hypothesis)
        case = f"{reference!r} against {hypothesis!r}"
        count = right * len(reference.split())
        expect(
            not (math.isclose(found, count) and not math.isclose(count, right)),
            f"{case}: {found} is the number of errors; divide by the words of the reference.",
        )
        expect(
            math.isclose(found, right, abs_tol=1e-9),
            f"{case}: you find {found:.3f}. Fill a table: the errors between the first i words of "
            "the one and the first j words of the other.",
        )
    return "every kind of error counts once, and the cheapest alignment is found."


@check
def check_07_3(answer) -> str:
    """Interval of a recall over streams."""
    rng = np.random.default_rng(0)
    mixed = rng.integers(1, 6, 60)
    lucky = rng.random(40) < 0.5
    hits_of_ten = np.where(lucky, rng.integers(8, 11, 40), rng.integers(0, 3, 40))
    cases = (
        ("40 streams of 10 triggers, most hit or most missed", hits_of_ten, np.full(40, 10)),
        ("60 streams of 1 to 5 triggers", rng.binomial(mixed, 0.7), mixed),
    )
    for what, hits, totals in cases:
        low, high = _pair(ask(answer, hits.copy(), totals.copy()), "low, high")
        right = Bootstrap(len(hits), resamples=20_000).interval(
            {"hits": hits, "totals": totals}, lambda s: ratio(s["hits"], s["totals"]), len(hits)
        )
        case = f"{what} (recall {right.value:.3f})"
        expect(
            0 <= low <= high <= 1, f"{case}: [{low:.3f}, {high:.3f}] is no interval of a recall."
        )
        expect(
            low < right.value < high,
            f"{case}: your interval [{low:.3f}, {high:.3f}] does not hold the recall itself.",
        )
        width, expected = high - low, right.high - right.low
        expect(
            width > 0.88 * expected,
            f"{case}: your interval [{low:.3f}, {high:.3f}] is too narrow. Draw as many streams as "
            "there are, each with all its triggers, and leave out 2.5 % at either end.",
        )
        expect(
            width < 1.12 * expected,
            f"{case}: your interval [{low:.3f}, {high:.3f}] is too wide; which percentiles are its "
            "bounds, and how many streams does a resample hold?",
        )
        expect(
            max(abs(low - right.low), abs(high - right.high)) < 0.1 * expected,
            f"{case}: your interval [{low:.3f}, {high:.3f}] is as wide as it should be but not in "
            "its place. Divide the sum of the drawn hits by the sum of the drawn triggers.",
        )
    return "the stream is the unit, and the interval has the width it should have."
