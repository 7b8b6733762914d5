"""Checks of notebook 05: thresholds, biases, and what a rule after the signal can do."""

import math

import numpy as np

from audio_interaction.benchmarks.tuning import Point
from audio_interaction.checks.feedback import ask, check, expect


@check
def check_05_1(answer) -> str:
    """`answer(threshold)`: bias of the response logit that does what the threshold does.

    `response + bias >= silent` must hold exactly where `p(response) >= threshold`.
    """
    for threshold in (0.5, 0.9, 0.2, 0.99, 0.03):
        bias = ask(answer, threshold)
        expect(
            isinstance(bias, (int, float, np.floating)) and math.isfinite(bias),
            f"for the threshold {threshold} your function returns {bias!r}; return a number.",
        )
        effective = 1 / (1 + math.exp(min(bias, 700)))
        said = f"for the threshold {threshold} your bias is {bias:.3f}"
        expect(
            threshold == 0.5 or not math.isclose(effective, 1 - threshold, abs_tol=1e-6),
            f"{said}: it makes the model {'more' if threshold > 0.5 else 'less'} talkative. "
            "Should a higher threshold do that?",
        )
        expect(
            math.isclose(effective, threshold, abs_tol=1e-6),
            f"{said}. With it the model responds from p(response) = {effective:.3f} on. Solve "
            "p(response) = threshold for the difference of the two logits.",
        )
    return "a threshold and a bias are the same dial; the logit difference of 0 belongs to 0.5."


@check
def check_05_2(answer) -> str:
    """`answer(p_response, threshold, pause)`: chunks that respond, none within `pause` of the last.

    A chunk responds if p reaches the threshold and none of the `pause` chunks before it responded.
    """
    cases = (
        ([0.1, 0.9, 0.1, 0.1, 0.9], 0.5, 2, "an ordinary stream"),
        ([0.9, 0.9, 0.9, 0.9, 0.9, 0.9], 0.5, 2, "a signal that stays high"),
        ([0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9], 0.5, 2, "a signal that returns within the pause"),
        ([0.5, 0.2, 0.1], 0.5, 1, "a p that equals the threshold"),
        ([0.9, 0.9, 0.2], 0.5, 0, "a pause of 0 chunks"),
        ([0.1, 0.2], 0.5, 3, "a quiet stream"),
    )
    for p_response, threshold, pause, what in cases:
        got = ask(answer, np.array(p_response), threshold, pause)
        try:
            got = [int(chunk) for chunk in got]
        except TypeError:
            expect(False, f"return a list of chunks; your function returns {got!r}.")
        right, last = [], -math.inf
        for chunk, p in enumerate(p_response):
            if p >= threshold and chunk - last > pause:
                right.append(chunk)
                last = chunk
        said = f"{what}: p {p_response}, threshold {threshold}, pause {pause}: you respond at {got}"
        wrong = min(set(right) ^ set(got), default=None)
        expect(
            wrong is None or wrong in got,
            f"{said}. Chunk {wrong} is lost: is it forbidden by a reply, or only by a high p?",
        )
        expect(wrong is None, f"{said}. Chunk {wrong} must not respond.")
        expect(got == right, f"{said}, which is not in order or repeats a chunk.")
    return "one event, one reply; the price is that a second event within the pause is missed."


@check
def check_05_3(answer) -> str:
    """`answer(curve, alarms_per_hour)`: the threshold of the best F1 within the bound.

    Where no point keeps the bound, the one with the fewest false alarms.
    """
    curve = [
        _point(0.2, 0.60, 90.0),
        _point(0.4, 0.80, 30.0),
        _point(0.6, 0.75, 12.0),
        _point(0.8, 0.70, 4.0),
        _point(0.9, 0.40, 0.0),
    ]
    strict = [_point(0.3, 0.9, 400.0), _point(0.6, 0.7, 80.0), _point(0.9, 0.1, 50.0)]
    cases = (
        (curve, 1000.0, 0.4, "the bound allows every point"),
        (curve, 20.0, 0.6, "the bound forbids the two lowest thresholds"),
        (curve, 12.0, 0.6, "one point has exactly as many alarms as allowed"),
        (curve, 0.0, 0.9, "no false alarm is allowed"),
        (strict, 20.0, 0.9, "no point keeps the bound"),
    )
    for points, bound, right, what in cases:
        got = ask(answer, points, bound)
        expect(
            isinstance(got, float),
            f"return the threshold of a point, a number; your function returns {got!r}.",
        )
        chosen = next((point for point in points if point.threshold == got), None)
        expect(chosen, f"{what}: you choose {got}, which is no threshold of the curve.")
        expect(
            got == right,
            f"{what} ({bound:.0f} an hour): you choose {got}, with F1 {chosen.f1} and "
            f"{chosen.false_alarms_per_hour:.0f} false alarms an hour. Another point is better.",
        )
    return "first the bound, then the F1: nobody keeps a listener that interrupts at nothing."


def _point(threshold: float, f1: float, alarms: float) -> Point:
    return Point(threshold, f1, f1, f1, 0.5, alarms)
