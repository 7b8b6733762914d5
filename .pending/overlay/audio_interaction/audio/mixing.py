"""Levels, tapers, loops and mixtures of float32 mono samples at 16 kHz (paper Algorithms 1, 4).

Every function returns a new array and draws only from the generator it is given.
"""

import numpy as np

from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

ROLE_GAIN_DB = {"fg": 0.0, "bg": -6.0, "amb": -12.0}
"""Gain of foreground, background and ambient events in dB (paper Algorithm 4)."""

FADE_SECONDS = 0.02
"""Length of the Hann taper at both ends of a clip (omega in paper Algorithm 1)."""

PEAK = 0.95
"""Largest sample a mixture may hold."""


def rms(samples: np.ndarray) -> float:
    """Root mean square of samples (S,); 0.0 for none."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def gain_db(samples: np.ndarray, decibels: float) -> np.ndarray:
    """The samples made louder by `decibels`, float32 (S,)."""
    return (samples * np.float32(10 ** (decibels / 20))).astype(np.float32)


def to_level(samples: np.ndarray, level_db: float) -> np.ndarray:
    """The samples (S,) brought to an RMS of `level_db` dB of full scale.

    Raises:
        UserError: the samples are silent, so that no gain reaches the level.
    """
    loudness = rms(samples)
    if loudness == 0:
        raise UserError("cannot set the level of a silent clip; remove it from the sources")
    return gain_db(samples, level_db - 20 * np.log10(loudness))


def fade(samples: np.ndarray, seconds: float = FADE_SECONDS) -> np.ndarray:
    """Hann taper of `seconds` at both ends; a clip shorter than two tapers gets shorter ones."""
    length = min(round(seconds * SAMPLE_RATE), len(samples) // 2)
    tapered = samples.astype(np.float32)
    ramp = np.sin(0.5 * np.pi * (np.arange(length, dtype=np.float32) + 0.5) / max(length, 1)) ** 2
    tapered[:length] *= ramp
    tapered[len(samples) - length :] *= ramp[::-1]
    return tapered


def loop(noise: np.ndarray, length: int, crossfade: int, rng: np.random.Generator) -> np.ndarray:
    """`length` samples of a noise repeated without seams, from a random point on.

    The end of the noise is laid over its beginning with an equal-power cross-fade of `crossfade`
    samples (at most half of the noise), which closes it to a ring; the ring is then unrolled.

    Raises:
        UserError: the noise holds no samples.
    """
    if not len(noise):
        raise UserError("cannot loop a noise of no samples; remove it from the sources")
    crossfade = min(crossfade, len(noise) // 2)
    ring = noise[: len(noise) - crossfade].astype(np.float32)
    angle = 0.5 * np.pi * (np.arange(crossfade, dtype=np.float32) + 0.5) / max(crossfade, 1)
    ring[:crossfade] = ring[:crossfade] * np.sin(angle) + noise[len(ring) :] * np.cos(angle)
    return np.take(ring, np.arange(length) + rng.integers(len(ring)), mode="wrap")


def coloured_noise(length: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of RMS 1 whose power falls as 1 / frequency^`slope`, float32 (`length`,).

    Slope 0 is white, 1 pink, 2 brown. Below 20 Hz the spectrum is flat, so that a steep slope
    keeps its power where a loudspeaker, and the log-mel front-end, have any.
    """
    frequency = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(length)) * np.maximum(frequency, 20) ** (-slope / 2)
    samples = np.fft.irfft(spectrum, length)
    return (samples / rms(samples)).astype(np.float32)


def mix_at_snr(
    signal: np.ndarray, noise: np.ndarray, snr_db: float, active: np.ndarray | None = None
) -> np.ndarray:
    """Signal plus noise, both (S,), with the noise scaled to lie `snr_db` below the signal.

    The level of the signal is its RMS over the samples where `active` (bool, (S,)) holds, or over
    all: pauses between events must not make a mixture noisier than it was asked to be.

    Raises:
        UserError: lengths differ, or either side is silent, so that no ratio exists.
    """
    if len(signal) != len(noise):
        raise UserError(f"cannot mix {len(signal)} samples of signal with {len(noise)} of noise")
    level = rms(signal if active is None else signal[active])
    if level == 0 or rms(noise) == 0:
        raise UserError("a signal-to-noise ratio needs a signal and a noise that are not silent")
    return signal + to_level(noise, 20 * np.log10(level) - snr_db)


def limit(samples: np.ndarray, peak: float = PEAK) -> np.ndarray:
    """The samples, scaled down as a whole if one of them exceeds `peak`."""
    highest = float(np.max(np.abs(samples), initial=0.0))
    return samples if highest <= peak else (samples * np.float32(peak / highest)).clip(-peak, peak)
