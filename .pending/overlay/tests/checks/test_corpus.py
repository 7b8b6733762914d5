"""The checks of notebook 02: a right answer passes, typical mistakes are told apart."""

import math

import numpy as np

from audio_interaction.checks.corpus import check_02_1, check_02_2, check_02_3
from audio_interaction.protocol import SAMPLE_RATE, chunks_in, trigger_chunk


def rejected(check, answer, *told):
    verdict = check(answer)
    assert not verdict.right
    assert all(part in verdict.message for part in told), verdict.message


def labels(seconds, ends, due=trigger_chunk, length=None):
    chunks = length(seconds) if length else chunks_in(round(seconds * SAMPLE_RATE))
    marked = {due(end) for end in ends}
    return ["response" if chunk in marked else "silent" for chunk in range(chunks)]


def naive(end):
    return math.ceil(end / 0.4) - 1


def test_labels_of_a_stream():
    assert check_02_1(labels).right
    assert check_02_1(lambda s, e: tuple(labels(s, e))).right
    rejected(check_02_1, None, "no answer")
    rejected(check_02_1, lambda s, e: None, "returns nothing")
    rejected(
        check_02_1, lambda s, e: labels(s, e, length=lambda s: int(s / 0.4)), "how many chunks"
    )
    rejected(check_02_1, lambda s, e: labels(s, e, due=lambda t: trigger_chunk(t) + 1), "too late")
    rejected(check_02_1, lambda s, e: labels(s, e, due=lambda t: int(t / 0.4)), "border")
    rejected(check_02_1, lambda s, e: labels(s, e, due=naive), "no exact binary")
    rejected(
        check_02_1, lambda s, e: ["silent"] * len(labels(s, e)), "you respond in the chunks []"
    )
    rejected(check_02_1, lambda s, e: [x.upper() for x in labels(s, e)], "neither")


def mixed(signal, noise, level, snr_db, factor=20):
    return signal + noise * level(signal) / 10 ** (snr_db / factor) / level(noise)


def loudness(samples):
    return np.sqrt(np.mean(samples**2))


def test_mixing_at_a_ratio():
    def right(signal, noise, snr_db, active):
        return signal + noise * loudness(signal[active]) / 10 ** (snr_db / 20) / loudness(noise)

    assert check_02_2(right).right
    assert check_02_2(lambda *given: right(*given).astype(np.float32)).right
    rejected(check_02_2, lambda s, n, d, a: mixed(s, n, loudness, d), "pauses included")
    rejected(check_02_2, lambda s, n, d, a: right(s, n, 2 * d, a), "powers")
    rejected(check_02_2, lambda s, n, d, a: 0.5 * right(s, n, d, a), "only the noise")
    rejected(check_02_2, lambda s, n, d, a: right(s, n, d, a) * a, "only the noise")
    rejected(check_02_2, lambda s, n, d, a: s, "only the noise")
    rejected(check_02_2, lambda s, n, d, a: right(s, n, d, a)[:10], "shape")
    rejected(check_02_2, lambda s, n, d, a: right(s, n, d, a) * np.nan, "not finite")
    rejected(check_02_2, lambda s, n, d, a: 1 / 0, "ZeroDivisionError")


def texts(rows, kinds=("speech",), change=str.lower):
    return {
        change(event["text"]) for row in rows for event in row["events"] if event["kind"] in kinds
    }


def test_finding_a_leak():
    assert check_02_3(lambda one, two: texts(one) & texts(two)).right
    both = ("speech", "sound")
    rejected(check_02_3, lambda one, two: texts(one, both) & texts(two, both), "a sound")
    rejected(
        check_02_3, lambda one, two: texts(one, change=str) & texts(two, change=str), "capital"
    )
    rejected(check_02_3, lambda one, two: texts(one) | texts(two), "'one two'")
    rejected(check_02_3, lambda one, two: texts(one), "you found")
    rejected(check_02_3, lambda one, two: sorted(texts(one) & texts(two)), "a set")
    rejected(check_02_3, lambda one, two: {"what comes after two"}, "clean lists")
