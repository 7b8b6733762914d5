"""The operators of TFJP, each a pure function (paper Algorithm 1, §3.2, App. B.1).

All see the sound through one short-time spectrum, `spectrum`. The paper does not give its
parameters; ours are a periodic Hann window of 30 ms every 10 ms, so that the 300 ms of `TAU`, the
200 ms of `DELTA` and the 20 ms of the taper are whole hops, a window is three hops, and the
spectrum can be turned back exactly. Frame `h` is centred on hop `h`, samples [160 h, 160 h + 160).

What the paper leaves open besides is chosen here, and marked with "ours".
"""

from functools import lru_cache

import numpy as np
from scipy.fft import irfft, rfft  # numpy's takes six times as long on float32

from audio_interaction.audio.mixing import fade
from audio_interaction.protocol import CHUNK_SAMPLES, SAMPLE_RATE

HOP = 160
WINDOW = 3 * HOP

TAU = 0.3
"""Longest silent run that is left alone, seconds."""

GATE_PERCENTILE = 10
NOISE_SHARE = 0.05
GAMMA = 1.0
DELTA = CHUNK_SAMPLES // 2
"""Grid of event boundaries: half a chunk, 3200 samples."""

GATE_MARGIN = 10.0
"""Ours: 10 dB (of power). A percentile lies *in* the noise floor: without a margin most frames of a
floor would be above it, and no silent run would ever get long."""

GATE_RANGE = (1e-8, 1e-4)
"""Ours: the gate lies 80 to 40 dB below the loudest frame. Without the upper bound a sound that
never pauses would be silent at its quietest tenth; the lower one is below any recording's floor."""

NOISE_DISTANCE = 4.0
"""Ours: noise lies at least 6 dB (of power) below the clip. In rain or a steady siren the quietest
frames *are* the event, and subtracting them would remove it."""

SPECTRAL_FLOOR = 0.1
"""Ours: subtraction leaves at least a tenth of each magnitude (-20 dB), which keeps a clip from
becoming empty and masks the "musical" noise of isolated cells (Berouti et al., 1979)."""

CORE_SHARE = 1e-4
"""Ours: a frame counts for the core if its score exceeds this share of the highest (-40 dB)."""

JOIN = HOP // 2
"""Ours: samples over which the two sides of a cut are cross-faded (5 ms)."""

Span = tuple[int, int]
"""Start and end in samples, the end not included."""


@lru_cache
def _window() -> np.ndarray:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)  # periodic


def spectrum(samples: np.ndarray) -> np.ndarray:
    """Short-time spectrum of float32 (S,): complex64 (ceil(S / 160), 241)."""
    hops = -(-len(samples) // HOP)
    padded = np.zeros((hops + 2) * HOP, np.float32)
    padded[HOP : HOP + len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return rfft(frames * _window())


def resynthesis(spectra: np.ndarray, length: int) -> np.ndarray:
    """The float32 (`length`,) samples whose `spectrum` is nearest to `spectra`; its inverse."""
    frames = irfft(spectra, WINDOW) * _window()
    weights = np.broadcast_to(np.square(_window()), frames.shape)
    samples = _overlap_add(frames) / _overlap_add(weights)
    return samples.ravel()[:length]


def _overlap_add(frames: np.ndarray) -> np.ndarray:
    """Hops (H, 160) of frames (H, 480): each gets a part of three of them."""
    before, at, after = frames.reshape(-1, 3, HOP).swapaxes(0, 1)
    hops = at.copy()
    hops[:-1] += before[1:]
    hops[1:] += after[:-1]
    return hops


def power(spectra: np.ndarray) -> np.ndarray:
    """|X|^2 of each cell, float32, shape as `spectra`."""
    return np.square(spectra.real) + np.square(spectra.imag)


def silence_cut(samples: np.ndarray, spectra: np.ndarray) -> tuple[np.ndarray, list[Span]]:
    """Shorten every silent run that is longer than `TAU` to `TAU`.

    A frame is silent if its energy does not exceed the 10th percentile of all (with `GATE_MARGIN`,
    within `GATE_RANGE`). Half of what stays lies at either side of the cut, so that attacks and
    decays keep their surroundings; at the ends of a clip it is the half next to the sound and its
    like. Events further apart than `TAU` move together: knocks every 0.5 s keep their number, order
    and sound, but come about every 0.4 s (each one and 0.3 s of pause). Shorter pauses, those
    within a rhythm or a sentence, stay as they are.

    Returns:
        The samples (S',), and the spans of samples (S,) that were left out.
    """
    energy = power(spectra).sum(axis=1)
    gate = GATE_MARGIN * np.percentile(energy, GATE_PERCENTILE)
    silent = energy <= np.clip(gate, *(np.array(GATE_RANGE) * energy.max()))
    most, last = round(TAU * SAMPLE_RATE) // HOP, len(silent)
    cuts = []
    for start, end in _runs(silent):
        if end - start > most:
            keep = most if start == 0 else 0 if end == last else most // 2  # behind the cut
            first = start + most - keep
            cuts.append((HOP * first, min(HOP * (end - keep), len(samples))))
    return _without(samples, cuts), cuts


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Start and end of each run of True in a mask (F,)."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _without(samples: np.ndarray, cuts: list[Span]) -> np.ndarray:
    """The samples outside of `cuts`, cross-faded into what follows each over its last 5 ms."""
    rise = (np.arange(JOIN, dtype=np.float32) + 0.5) / JOIN
    kept, at = [], 0
    for start, end in cuts:
        piece = samples[at:start].copy()
        if len(piece) >= JOIN and end < len(samples):
            piece[-JOIN:] += rise * (samples[end - JOIN : end] - piece[-JOIN:])
        kept.append(piece)
        at = end
    return np.concatenate([*kept, samples[at:]])


def noise_profile(spectra: np.ndarray) -> np.ndarray:
    """Magnitude of the stationary noise in each band, float32 (241,).

    The root mean square over the 5 % of frames with the lowest energy, at least one; zeros if these
    are not `NOISE_DISTANCE` below the mean of the clip.
    """
    cells = power(spectra)
    energy = cells.sum(axis=1)
    quietest = np.argsort(energy, kind="stable")[: max(1, int(NOISE_SHARE * len(energy)))]
    if energy[quietest].mean() * NOISE_DISTANCE > energy.mean():
        return np.zeros(spectra.shape[1], np.float32)
    return np.sqrt(cells[quietest].mean(axis=0))


def noise_level(profile: np.ndarray) -> float:
    """RMS of noise with this `noise_profile` (Parseval's theorem over one windowed frame)."""
    cells = np.square(profile, dtype=np.float64)
    frame_energy = (2 * cells.sum() - cells[0] - cells[-1]) / WINDOW
    return float(np.sqrt(frame_energy / np.square(_window()).sum()))


def denoise(spectra: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Spectral subtraction of magnitudes: `GAMMA` times the profile (241,), phases are kept.

    Returns:
        complex64, shape as `spectra`; no cell below `SPECTRAL_FLOOR` times what it was.
    """
    magnitude = np.abs(spectra)
    gain = 1 - np.float32(GAMMA) * profile / np.maximum(magnitude, np.float32(1e-12))
    return spectra * np.maximum(gain, np.float32(SPECTRAL_FLOOR))


def frame_scores(spectra: np.ndarray) -> np.ndarray:
    """Score of each frame, float32 (F,): high where it is loud and its spectrum has structure.

    The energy over that of the loudest frame, divided by the spectral entropy of the frame (that
    of its power as a distribution over the bands, over the logarithm of their number: 0 for a tone,
    1 for white noise; not below 0.1, or a tone would count without bound).
    """
    cells = power(spectra)
    energy = cells.sum(axis=1)
    shares = cells / np.maximum(energy, np.finfo(np.float32).tiny)[:, None]
    entropy = -(shares * np.log(shares + np.float32(1e-12))).sum(axis=1) / np.log(cells.shape[1])
    return energy / energy.max() / np.maximum(entropy, 0.1)


def core_locate(spectra: np.ndarray) -> Span:
    """The contiguous span of most score, in samples; whole hops, at least one.

    Scores are positive, so all of a clip would always win: what is summed over a span is what they
    exceed `CORE_SHARE` of the highest by. A pause costs little (50 quiet frames as much as half a
    percent of one loud frame), so a sequence of knocks is one core.
    """
    scores = frame_scores(spectra)
    total = np.concatenate([[0.0], np.cumsum(scores - CORE_SHARE * scores.max(), dtype=np.float64)])
    rise = total - np.minimum.accumulate(total)
    end = int(np.argmax(rise))
    start = int(np.argmin(total[:end]))
    return HOP * start, HOP * end


def boundary_norm(span: Span) -> Span:
    """The span snapped outwards to the `DELTA` grid: nothing of it is lost, it is never empty."""
    start, end = span
    return start // DELTA * DELTA, -(-end // DELTA) * DELTA


def spec_smooth(samples: np.ndarray, span: Span) -> np.ndarray:
    """Cut out a span with Hann tapers of 20 ms; digital silence fills it up past the last sample.

    The taper closes the sound itself, not the filling, which so begins without a click. It softens
    an attack within the first 20 ms of a recording that was cut too close.
    """
    start, end = span
    sound = fade(samples[start:end])
    return np.pad(sound, (0, end - start - len(sound)))
