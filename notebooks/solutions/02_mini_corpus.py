"""Solutions of notebook 02."""

import math

import numpy as np

from audio_interaction.protocol import CHUNK_SAMPLES, SAMPLE_RATE


def answer_02_1(seconds, ends):
    def chunks_until(time):  # chunks that hold the sound up to a time, the last perhaps in part
        return math.ceil(math.ceil(round(time * SAMPLE_RATE, 3)) / CHUNK_SAMPLES)

    labels = ["silent"] * chunks_until(seconds)
    for end in ends:
        labels[chunks_until(end) - 1] = "response"
    return labels


def answer_02_2(signal, noise, snr_db, active):
    def loudness(samples):
        return np.sqrt(np.mean(samples**2))

    wanted = loudness(signal[active]) / 10 ** (snr_db / 20)
    return signal + noise * wanted / loudness(noise)


def answer_02_3(one, two):
    def sentences(rows):
        return {
            event["text"].lower()
            for row in rows
            for event in row["events"]
            if event["kind"] == "speech"
        }

    return sentences(one) & sentences(two)
