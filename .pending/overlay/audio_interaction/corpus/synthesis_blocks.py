"""Oscillators, modes, filters, envelopes and the random recording chain of the sound models.

Everything is float64 at 16 kHz until `finish`. Sources: `corpus.synthesis`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from audio_interaction.protocol import SAMPLE_RATE

Range = tuple[float, float]
Ranges = Mapping[str, Sequence[Range]]
"""Parameter name -> intervals it may be drawn from, in the unit that the name ends with."""


def draw(rng: np.random.Generator, intervals: Sequence[Range]) -> float:
    """One value, log-uniform over a union of positive intervals."""
    logs = np.log(np.asarray(intervals, dtype=float))
    widths = np.maximum(logs[:, 1] - logs[:, 0], 1e-9)
    low, high = logs[rng.choice(len(logs), p=widths / widths.sum())]
    return float(np.exp(rng.uniform(low, high)))


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def samples(seconds: float) -> int:
    return max(1, round(seconds * SAMPLE_RATE))


def tone(freq: float | np.ndarray, n: int, shape: str = "sine") -> np.ndarray:
    """Band-limited oscillator (n samples) for a constant or a varying frequency in Hz."""
    freq = np.broadcast_to(np.asarray(freq, dtype=float), n)
    phase = 2 * np.pi * np.cumsum(freq) / SAMPLE_RATE
    if shape == "sine":
        return np.sin(phase)
    wave = np.zeros(n)
    step = 2 if shape == "square" else 1
    slope = 0.2 if shape == "buzz" else 1.0
    for k in range(1, 1 + min(60, int(7600 / max(freq.min(), 20.0))), step):
        wave += np.where(k * freq < 7600, np.sin(k * phase) / k**slope, 0.0)
    return wave


def modes(rng, freqs, decays, amps, n: int) -> np.ndarray:
    """Sum of exponentially damped sines: frequencies in Hz, decays (time constants) in s."""
    t = np.arange(n) / SAMPLE_RATE
    out = np.zeros(n)
    for freq, decay, amp in zip(freqs, decays, amps, strict=True):
        if freq < 7800:
            out += amp * np.exp(-t / decay) * np.sin(2 * np.pi * freq * t + rng.uniform(0, 6.28))
    return out


def band(x: np.ndarray, low: float | None, high: float | None, order: int = 2) -> np.ndarray:
    """Butterworth high-pass, low-pass or band-pass; cut-offs in Hz, None for an open end."""
    nyquist = SAMPLE_RATE / 2
    high = None if high is None or high >= 0.97 * nyquist else high
    if low is not None and high is not None:
        high = max(high, 1.1 * low)
        return sosfilt(butter(order, [low, high], "bandpass", fs=SAMPLE_RATE, output="sos"), x)
    if low is not None:
        return sosfilt(butter(order, low, "highpass", fs=SAMPLE_RATE, output="sos"), x)
    if high is not None:
        return sosfilt(butter(order, high, "lowpass", fs=SAMPLE_RATE, output="sos"), x)
    return x


def resonator(x: np.ndarray, freq: float, width: float) -> np.ndarray:
    """Two-pole resonance (a formant) at `freq` Hz with a bandwidth of `width` Hz."""
    radius = np.exp(-np.pi * width / SAMPLE_RATE)
    a = [1.0, -2 * radius * np.cos(2 * np.pi * freq / SAMPLE_RATE), radius**2]
    return lfilter([1 - radius], a, x)


def fade(n: int, attack: float, release: float) -> np.ndarray:
    """Envelope of n samples: linear attack and release, in seconds."""
    ramp = np.ones(n)
    a, r = min(n, samples(attack)), min(n, samples(release))
    ramp[:a] *= np.linspace(0, 1, a)
    ramp[n - r :] *= np.linspace(1, 0, r)
    return ramp


def decay(n: int, seconds: float) -> np.ndarray:
    return np.exp(-np.arange(n) / SAMPLE_RATE / seconds)


def wander(rng, n: int, rate: float, depth: float) -> np.ndarray:
    """Smooth random gain around 1: about `rate` independent values per second."""
    points = max(2, int(n / SAMPLE_RATE * rate) + 2)
    knots = 1 + depth * rng.standard_normal(points)
    return np.maximum(np.interp(np.linspace(0, points - 1, n), np.arange(points), knots), 0.0)


def place(n: int, events: Sequence[tuple[float, np.ndarray]]) -> np.ndarray:
    """Mix events (start in s, samples) into a buffer of n samples."""
    out = np.zeros(n)
    for start, clip in events:
        at = samples(start) if start > 0 else 0
        if at < n:
            piece = clip[: n - at]
            out[at : at + len(piece)] += piece
    return out


def contour(n: int, times: Sequence[float], values: Sequence[float]) -> np.ndarray:
    """Piecewise curve through values at relative times 0..1, interpolated in log frequency."""
    return np.exp(np.interp(np.linspace(0, 1, n), times, np.log(values)))


def colour(rng: np.random.Generator, n: int, slope: float) -> np.ndarray:
    """Noise of n samples, RMS 1, whose power falls with frequency as f**-slope (1: pink)."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    freqs = np.maximum(np.fft.rfftfreq(n, 1 / SAMPLE_RATE), 30.0)
    noise = np.fft.irfft(spectrum * freqs ** (-slope / 2), n)
    return noise / np.sqrt((noise**2).mean())


def finish(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """A random recording chain: tilt, bandwidth, room, fade and background; peak 0.7.

    Recordings differ more by how they were made than by what they are of, so this is as wide as the
    models themselves: old sounds end at 3.5 or 5.5 kHz, some fade to digital silence, some have a
    rumbling or hissing background.
    """
    x = x / (np.abs(x).max() + 1e-9)
    tilt = rng.uniform(-0.7, 0.5)
    x = lfilter([1.0, tilt], [1.0], x)
    if rng.random() < 0.4:
        x = band(x, None, uniform(rng, 3000, 7500), int(rng.choice([1, 2, 8])))
    if rng.random() < 0.3:
        x = band(x, uniform(rng, 40, 400), None, 1)
    if rng.random() < 0.6:
        length = samples(uniform(rng, 0.08, 0.6))
        room = band(rng.standard_normal(length), None, uniform(rng, 1500, 7500), 1)
        room *= decay(length, length / SAMPLE_RATE / 4)
        room *= uniform(rng, 0.1, 0.9) / np.sqrt((room**2).sum())
        room[0] = 1.0
        x = fftconvolve(x, room)[: len(x)]
    if rng.random() < 0.2:
        x = x * decay(len(x), uniform(rng, 0.3, 1.0) * len(x) / SAMPLE_RATE)
    if rng.random() < 0.3:
        x = np.tanh(uniform(rng, 1, 4) * x / np.abs(x).max())
    x = x / (np.abs(x).max() + 1e-9)
    if rng.random() < 0.7:
        background = colour(rng, len(x), rng.uniform(0, 2.0))
        x = x + background * uniform(rng, 2e-4, 3e-2) * np.sqrt((x**2).mean()) * 3
    return (0.7 * x / np.abs(x).max()).astype(np.float32)
