"""From a raw recording to event clips: trim, level, cut, join, compare.

All clips are float32 mono at 16 kHz.
"""

import numpy as np

from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

LEVEL = 10 ** (-23 / 20)
"""Root mean square of every clip: -23 dB of full scale, less where the peak would exceed 0.9."""


def trim(x: np.ndarray, below_db: float = 40.0) -> np.ndarray:
    """Cut the quiet ends of float32 (S,): everything `below_db` under the loudest 20 ms."""
    from librosa.effects import trim as librosa_trim  # librosa takes a second to import

    return librosa_trim(x, top_db=below_db, frame_length=320, hop_length=160)[0]


def level(x: np.ndarray) -> np.ndarray:
    """Scale float32 (S,) to -23 dBFS RMS, or to a peak of 0.9 where that would be exceeded."""
    rms, peak = np.sqrt(np.mean(x.astype(np.float64) ** 2)), np.abs(x).max()
    if peak == 0:
        raise UserError("a clip of digital silence cannot be levelled; leave the file out")
    return (x * min(LEVEL / rms, 0.9 / peak)).astype(np.float32)


def excerpts(x: np.ndarray, seconds: float, most: int) -> list[np.ndarray]:
    """Cut a clip into at most `most` excerpts of `seconds`, evenly spread and not overlapping.

    A clip that starts loud and dies away stays one excerpt: its tail alone is no event.
    """
    size = round(seconds * SAMPLE_RATE)
    count = min(most, max(1, len(x) // size))
    if count > 1:
        starts = np.linspace(0, len(x) - size, count).astype(int)
        pieces = [x[at : at + size] for at in starts]
        loudest = max(np.sqrt(np.mean(p**2)) for p in pieces)
        pieces = [p for p in pieces if np.sqrt(np.mean(p**2)) > 0.4 * loudest]
    else:
        pieces = [x[:size]]
    fade = np.linspace(0, 1, 160, dtype=np.float32)
    faded = []
    for piece in pieces:
        piece = piece.copy()
        if len(x) > size and len(piece) > 320:
            piece[-160:] *= fade[::-1]
        faded.append(piece)
    return faded


def join_strikes(hits: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Play single hits or steps one after the other, three to six of them, 0.28-0.65 s apart."""
    count, gap = int(rng.integers(3, 7)), float(rng.uniform(0.28, 0.65))
    gap = max(gap, min(0.7, float(np.median([len(h) for h in hits])) / SAMPLE_RATE * 0.8))
    out = np.zeros(round((count * gap + 1.0) * SAMPLE_RATE), np.float32)
    for k in range(count):
        hit = level(hits[int(rng.integers(len(hits)))]) * rng.uniform(0.8, 1.0)
        at = round(k * gap * rng.uniform(0.96, 1.04) * SAMPLE_RATE)
        out[at : at + len(hit)] += hit[: len(out) - at]
    return trim(out)[: 3 * SAMPLE_RATE]


def fingerprint(x: np.ndarray) -> np.ndarray:
    """Unit vector of a coarse log spectrogram, float64 (16 x 24): near-duplicates agree > 0.98."""
    size = max(512, len(x) // 16)
    x = x / (np.sqrt(np.mean(x.astype(np.float64) ** 2)) + 1e-12)
    padded = np.pad(x, (0, max(0, 16 * size - len(x))))[: 16 * size].reshape(16, size)
    power = np.abs(np.fft.rfft(padded * np.hanning(size), axis=1)) ** 2
    edges = np.geomspace(2, power.shape[1] - 1, 25).astype(int)
    bands = np.log10(np.add.reduceat(power, edges[:-1], axis=1) + 3e-2)
    flat = (bands - bands.mean()).ravel()
    return flat / np.linalg.norm(flat)
