"""The checks of notebook 00: a right answer passes, typical mistakes are told apart."""

import math

import pytest

from audio_interaction.checks.tour import check_00_1, check_00_2, check_00_3
from audio_interaction.protocol import trigger_chunk


def rejected(check, answer, *told):
    verdict = check(answer)
    assert not verdict.right
    assert all(part in verdict.message for part in told), verdict.message


def test_due_chunk():
    assert check_00_1(trigger_chunk).right
    assert check_00_1(lambda end: -(-round(end * 16_000) // 6_400) - 1).right
    assert check_00_1(lambda end: math.ceil(end / 0.4) - 1).right
    rejected(check_00_1, None, "fill in the stub")
    rejected(check_00_1, lambda end: None, "returns nothing")
    rejected(check_00_1, lambda end: int(end / 0.4), "ends at 0.4 s", "chunk 1", "border")
    rejected(check_00_1, lambda end: max(0, trigger_chunk(end) - 1), "is not over by then")
    rejected(check_00_1, lambda end: math.ceil(end / 0.4), "ends at 0.1 s", "chunk 1")
    rejected(check_00_1, lambda end: end / 0.4, "whole number")


def pair(hits, alarms, triggers):
    precision = hits / (hits + alarms) if hits + alarms else None
    recall = hits / triggers if triggers else None
    return precision, recall


def test_precision_and_recall():
    assert check_00_2(pair).right
    assert check_00_2(lambda *counts: list(pair(*counts))).right
    rejected(check_00_2, lambda *counts: pair(*counts)[::-1], "wrong order")
    rejected(check_00_2, lambda *counts: pair(*counts)[0], "a pair")
    rejected(check_00_2, lambda h, a, t: (h / (h + a), h / t), "ZeroDivisionError")
    rejected(check_00_2, lambda h, a, t: (h / max(h + a, 1), h / max(t, 1)), "0 hits", "defined")
    rejected(check_00_2, lambda h, a, t: (h / t if t else None, 0.75), "your precision is 0.75")
    rejected(check_00_2, lambda h, a, t: (pair(h, a, t)[0], h / (h + a)), "recall", "divide")


def test_share_in_time():
    assert check_00_3(lambda triggers, chunks: 3 * triggers / chunks).right
    rejected(check_00_3, lambda triggers, chunks: 2 * triggers / chunks, "2 chunks for each")
    rejected(check_00_3, lambda triggers, chunks: 3 * triggers, "between 0 and 1")
    rejected(check_00_3, lambda triggers, chunks: triggers / chunks, "How many chunks of 0.4 s")
    rejected(check_00_3, lambda triggers, chunks: "0.2", "return a number")


@pytest.mark.parametrize("check", [check_00_1, check_00_2, check_00_3])
def test_an_unfilled_stub_is_not_yet_right(check):
    assert str(check(lambda *_: None)).startswith("Not yet")
