"""Solutions of notebook 05."""

import math


def answer_05_1(threshold):
    """Exercise 1: p = 1 / (1 + exp(silent - response)) solved for the difference of the logits."""
    return math.log((1 - threshold) / threshold)


def answer_05_2(p_response, threshold, pause):
    """Exercise 2: only a reply that was given forbids the next ones, not a high p."""
    chosen = []
    for chunk, p in enumerate(p_response):
        if p >= threshold and (not chosen or chunk - chosen[-1] > pause):
            chosen.append(chunk)
    return chosen


def answer_05_3(curve, alarms_per_hour):
    """Exercise 3: the bound first, then the F1."""
    within = [point for point in curve if point.false_alarms_per_hour <= alarms_per_hour]
    if within:
        return max(within, key=lambda point: point.f1).threshold
    return min(curve, key=lambda point: point.false_alarms_per_hour).threshold
