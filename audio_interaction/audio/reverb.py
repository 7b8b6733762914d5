"""Room reverberation: a direct sound and a tail of noise that dies away (paper: none).

The impulse response is Polack's: Gaussian noise under an exponential, which is what the many
reflections of a real room add up to. It hits its reverberation time exactly and costs milliseconds.
Image sources (pyroomacoustics 0.10.1, well kept, 5.5 MB) were measured instead: they place the
early echoes, but took 0.7-1.6 s a room at 0.6 s and 3-7 s at 0.9 s, and their tails rang up to 22 %
longer than asked; for hearing *whether* a listener copes with a room they do not earn their place.
"""

import numpy as np
from scipy.signal import oaconvolve

from audio_interaction.audio.mixing import rms
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

RT60_S = (0.05, 10.0)
"""Shortest and longest reverberation time, seconds: a small car and a cathedral."""

FIRST_ECHO_S = 0.002
"""Delay of the tail behind the direct sound, seconds: a detour of 0.7 m."""

DIRECT_DB = 0.0
"""Energy of the direct sound over that of the tail, dB: a listener at the critical distance."""


def impulse_response(rt60_s: float, rng: np.random.Generator) -> np.ndarray:
    """Impulse response of a room, float32 (R,) at 16 kHz: unit energy, R spans `rt60_s`.

    The direct sound is sample 0. The tail falls by 60 dB in `rt60_s` seconds at all frequencies.

    Raises:
        UserError: a reverberation time outside `RT60_S`.
    """
    if not RT60_S[0] <= rt60_s <= RT60_S[1]:
        raise UserError(
            f"a reverberation time of {rt60_s} s is no room's; "
            f"choose one from {RT60_S[0]} to {RT60_S[1]} s"
        )
    time = np.arange(round(rt60_s * SAMPLE_RATE)) / SAMPLE_RATE
    response = rng.standard_normal(len(time)) * 10 ** (-3 * time / rt60_s)
    response[time < FIRST_ECHO_S] = 0
    response *= 10 ** (-DIRECT_DB / 20) / np.linalg.norm(response)
    response[0] = 1
    return (response / np.linalg.norm(response)).astype(np.float32)


def reverberant(samples: np.ndarray, rt60_s: float, rng: np.random.Generator) -> np.ndarray:
    """The samples as heard in a room, at the same level (RMS) and of the same length.

    Nothing is delayed: the direct sound stays where it was, so a timeline stays true. What rings on
    behind the last sample is cut.

    Args:
        samples: float32 (S,) at 16 kHz.
        rt60_s: time in which the room's sound falls by 60 dB, seconds, within `RT60_S`.
        rng: draws the room; the same state gives the same room.

    Returns:
        float32 (S,); silence stays silence.

    Raises:
        UserError: a reverberation time outside `RT60_S`.
    """
    response = impulse_response(rt60_s, rng)
    if not np.any(samples):
        return np.zeros(len(samples), np.float32)
    wet = oaconvolve(samples.astype(np.float32), response)[: len(samples)]
    return (wet * np.float32(rms(samples) / rms(wet))).astype(np.float32)
