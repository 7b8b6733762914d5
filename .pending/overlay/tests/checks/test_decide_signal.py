"""The checks of notebook 05: a right answer passes, typical mistakes are told apart."""

import math

import numpy as np
import pytest

from audio_interaction.checks.decide_signal import check_05_1, check_05_2, check_05_3


def rejected(check, answer, *told):
    verdict = check(answer)
    assert not verdict.right
    assert all(part in verdict.message for part in told), verdict.message


def test_bias():
    assert check_05_1(lambda t: math.log((1 - t) / t)).right
    assert check_05_1(lambda t: np.log(1 / t - 1)).right
    rejected(check_05_1, lambda t: math.log(t / (1 - t)), "0.9", "more talkative")
    rejected(check_05_1, lambda t: math.log10((1 - t) / t), "responds from p(response) = 0.")
    rejected(check_05_1, lambda t: 0.5 - t, "responds from")
    rejected(check_05_1, lambda t: math.inf, "return a number")
    rejected(check_05_1, lambda t: 5000.0, "responds from")


def chosen(p_response, threshold, pause):
    found = []
    for chunk, p in enumerate(p_response):
        if p >= threshold and (not found or chunk - found[-1] > pause):
            found.append(chunk)
    return found


def since_last_high(p_response, threshold, pause):
    high = [chunk for chunk, p in enumerate(p_response) if p >= threshold]
    return [c for c in high if not any(c - pause <= other < c for other in high)]


def test_one_reply_an_event():
    assert check_05_2(chosen).right
    assert check_05_2(lambda *given: np.array(chosen(*given), int)).right
    rejected(check_05_2, since_last_high, "stays high", "is lost")
    rejected(check_05_2, lambda p, t, n: np.flatnonzero(p >= t), "must not respond")
    rejected(check_05_2, lambda p, t, n: chosen(p, t + 1e-6, n), "equals the threshold")
    rejected(check_05_2, lambda p, t, n: chosen(p, t, max(0, n - 1)), "must not respond")
    rejected(check_05_2, lambda p, t, n: chosen(p, t, n)[::-1], "not in order")
    rejected(check_05_2, lambda p, t, n: 3, "a list of chunks")


def best(points, bound):
    return max(points, key=lambda point: point.f1, default=None)


def test_choice_of_a_threshold():
    def choose(curve, bound):
        within = [point for point in curve if point.false_alarms_per_hour <= bound]
        fewest = min(curve, key=lambda point: point.false_alarms_per_hour)
        return (best(within, bound) or fewest).threshold

    def too_strict(curve, bound):
        return best([p for p in curve if p.false_alarms_per_hour < bound] or curve, bound).threshold

    def lowest(curve, bound):
        return min(p.threshold for p in curve if p.false_alarms_per_hour <= bound)

    assert check_05_3(choose).right
    rejected(check_05_3, lambda curve, bound: best(curve, bound).threshold, "forbids the two")
    rejected(check_05_3, too_strict, "exactly as many")
    rejected(check_05_3, lowest, "allows every point", "F1 0.6")
    rejected(check_05_3, lambda curve, bound: 0.5, "no threshold of the curve")
    rejected(check_05_3, lambda curve, bound: best(curve, bound), "return the threshold")


@pytest.mark.parametrize("check", [check_05_1, check_05_2, check_05_3])
def test_an_unfilled_stub_is_not_yet_right(check):
    assert str(check(lambda *_: None)).startswith("Not yet")
