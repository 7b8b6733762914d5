"""The checks of notebook 04: a right answer passes, typical mistakes are told apart."""

import math

import numpy as np

from audio_interaction.checks.train import check_04_1, check_04_2, check_04_3


def rejected(check, answer, *told):
    verdict = check(answer)
    assert not verdict.right
    assert all(part in verdict.message for part in told), verdict.message


def test_counting_lora_parameters():
    assert check_04_1(lambda shapes, r: sum(r * (o + i) for o, i in shapes)).right
    assert check_04_1(lambda shapes, r: np.int64(sum(r * (o + i) for o, i in shapes))).right
    rejected(check_04_1, lambda shapes, r: sum(o * i for o, i in shapes), "frozen")
    rejected(check_04_1, lambda shapes, r: sum(r * o * i for o, i in shapes), "B A")
    rejected(check_04_1, lambda shapes, r: sum(2 * r * o for o, i in shapes), "B A")
    rejected(check_04_1, lambda shapes, r: sum(r * o for o, i in shapes), "B A")
    rejected(check_04_1, lambda shapes, r: "many", "a number")
    rejected(check_04_1, lambda shapes, r: None, "returns nothing")


def loss(p, chunks, responses, log=math.log):
    return -(responses * log(p) + (chunks - responses) * log(1 - p)) / chunks


def test_the_price_of_never_listening():
    assert check_04_2(loss).right
    rejected(check_04_2, lambda *given: -loss(*given), "sign")
    rejected(check_04_2, lambda p, chunks, r: chunks * loss(p, chunks, r), "mean")
    rejected(check_04_2, lambda *given: loss(*given, log=math.log2), "bits")
    rejected(check_04_2, lambda p, chunks, r: -r * math.log(p) / chunks, "silent chunk")
    rejected(check_04_2, lambda p, chunks, r: loss(1 - p, chunks, r), "0.1")
    rejected(check_04_2, lambda p, chunks, r: None, "returns nothing")


def looks(rows):
    return [
        (int(row["step"]), float(row["validation_recall"]))
        for row in rows
        if row["validation_recall"]
    ]


def stays(rows, level):
    seen = looks(rows)
    return next(
        (step for at, (step, _) in enumerate(seen) if all(r >= level for _, r in seen[at:])), -1
    )


def test_when_it_began_to_speak():
    assert check_04_3(stays).right

    def first(rows, level):
        return next((step for step, recall in looks(rows) if recall >= level), -1)

    def first_of_all_rows(rows, level):
        return next(int(row["step"]) for row in rows if float(row["validation_recall"]) >= level)

    rejected(check_04_3, first, "falls back once")
    rejected(check_04_3, first_of_all_rows, "ValueError")
    rejected(check_04_3, lambda rows, level: stays(rows, level + 1e-9), "exactly")
    rejected(check_04_3, lambda rows, level: str(stays(rows, level)), "must be an int")
    rejected(check_04_3, lambda rows, level: {-1: None}.get(stays(rows, level), 50), "you say")
    rejected(check_04_3, lambda rows, level: float(rows[1]["validation_recall"]), "must be an int")
