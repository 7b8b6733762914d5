"""Making long signals small enough to draw, without losing their peaks."""

import numpy as np

from audio_interaction.audio.features import log_mel
from audio_interaction.protocol import SAMPLE_RATE


def edges(length: int, bins: int) -> np.ndarray:
    """First index of each of at most `bins` nearly equal bins: int (min(bins, length),)."""
    count = min(bins, length)
    return (np.arange(count) * length) // max(count, 1)


def envelope(samples: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outline of a waveform.

    Args:
        samples: float32 (S,) at 16 kHz.
        bins: at most so many points.

    Returns:
        Start of each bin in seconds, lowest and highest sample in it: float32 (B,) each.
    """
    if not len(samples):
        return (np.zeros(0, np.float32),) * 3
    starts = edges(len(samples), bins)
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    return (starts / SAMPLE_RATE).astype(np.float32), low, high


def mel_decibels(samples: np.ndarray, columns: int, rows: int = 40, n_mels: int = 80) -> np.ndarray:
    """The model's log-mel as a small picture.

    Args:
        samples: float32 (S,) at 16 kHz.
        columns, rows: at most so many; neighbouring frames and bands are averaged. `rows` divides
            `n_mels`.

    Returns:
        int8 (rows, B), decibels of power in steps of 3 (0 is near full scale), low frequencies
        first. A heat map needs no more, and a figure with it stays small.
    """
    mel = log_mel(samples, n_mels)  # (C, n_mels, 40)
    decibels = 40.0 * mel.transpose(1, 0, 2).reshape(n_mels, -1) - 40.0
    decibels = decibels.reshape(rows, n_mels // rows, -1).mean(axis=1)
    starts = edges(decibels.shape[1], columns)
    if len(starts):
        sums = np.add.reduceat(decibels, starts, axis=1)
        decibels = sums / np.diff(starts, append=decibels.shape[1])
    return (3 * np.rint(decibels / 3)).astype(np.int8)  # within -105 to 45


def peaks(values: np.ndarray, bins: int) -> np.ndarray:
    """Index of the highest value of each bin, ascending: int (min(bins, len(values)),)."""
    starts = edges(len(values), bins)
    bins_of = np.split(np.asarray(values), starts[1:]) if len(starts) else []
    return starts + np.array([part.argmax() for part in bins_of], dtype=int)
