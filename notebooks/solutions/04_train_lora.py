"""Solutions of notebook 04."""

import math


def answer_04_1(shapes, rank):
    # A is (rank, inputs), B is (outputs, rank).
    return sum(rank * inputs + outputs * rank for outputs, inputs in shapes)


def answer_04_2(p, chunks, responses):
    silences = chunks - responses
    return -(responses * math.log(p) + silences * math.log(1 - p)) / chunks


def answer_04_3(rows, level):
    looks = [row for row in rows if row["validation_recall"]]
    began = -1
    for row in looks:
        if float(row["validation_recall"]) < level:
            began = -1
        elif began < 0:
            began = int(row["step"])
    return began
