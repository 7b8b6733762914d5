"""Does a clip fit what was planned? The paper's four criteria as measurable rules (§3.2, App. B.1).

In the paper a language model judges. These rules need none, and give every verdict its reason:

- identity: the label of the clip is one the event accepts;
- cleanliness: the event stands out of the clip's own noise floor, and is not clipped;
- duration: 0.5 to 2 times the planned one (an ambient event is looped, so any length will do);
- continuity: no long pause inside.

What TFJP can mend (noise, pauses, length) is sent through it once; the rest is rejected.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import stft

from audio_interaction.corpus.scenario import SubEvent
from audio_interaction.corpus.sounds import NOISE
from audio_interaction.protocol import SAMPLE_RATE

ACCEPT, REPROCESS, REJECT = "accept", "reprocess", "reject"

DURATION_FIT = (0.5, 2.0)  # times the planned duration (paper App. B.1)
CLEAN_DB = 26.0  # an event about 5 dB above white noise reaches this; white noise alone has 16
CLIPPED = (0.99, 0.001)  # a sample at this level is clipped; so many of them are too many
GAP_SECONDS = 0.6  # between rings and steps pauses are shorter
GAP_DB = 40.0  # so far below the loudest frame begins a pause
TEXTURES = frozenset({"rain", "water", NOISE})  # noise themselves: they have no floor to stand on

FRAME = 320  # samples of 20 ms
BAND = slice(3, 225)  # of 257 bins: 94 Hz to 7 kHz, what a codec keeps


@dataclass(frozen=True)
class Quality:
    """What is measured of a clip.

    Attributes:
        seconds: its length.
        contrast_db: level of the loudest 1 % of its time-frequency cells over the quietest 10 %.
        clipped: share of its samples at full scale.
        gap_seconds: its longest inner pause.
    """

    seconds: float
    contrast_db: float
    clipped: float
    gap_seconds: float


@dataclass(frozen=True)
class Verdict:
    """What was decided on a clip: "accept", "reprocess" or "reject", by which criterion and why."""

    clip: str
    decision: str
    criterion: str
    reason: str


def measure(samples: np.ndarray) -> Quality:
    """The quality of float32 samples (S,) at 16 kHz; silence has a contrast of 0 dB."""
    return Quality(
        len(samples) / SAMPLE_RATE,
        _contrast_db(samples),
        float(np.mean(np.abs(samples) >= CLIPPED[0])) if len(samples) else 0.0,
        _longest_gap(samples),
    )


def _contrast_db(samples: np.ndarray) -> float:
    if len(samples) < FRAME or not np.any(samples):
        return 0.0
    padded = np.pad(samples, (0, max(0, 512 - len(samples))))
    power = np.abs(stft(padded, nperseg=512, boundary=None, padded=False)[2][BAND]) ** 2
    floor, top = np.percentile(power, [10, 99])
    return float(10 * np.log10((top + 1e-14) / (floor + 1e-14)))


def _longest_gap(samples: np.ndarray) -> float:
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    loud = np.flatnonzero(power > power.max(initial=0) * 10 ** (-GAP_DB / 10))
    return float((np.diff(loud).max(initial=1) - 1) * FRAME / SAMPLE_RATE)


def judge(event: SubEvent, clip: str, label: str, quality: Quality) -> Verdict:
    """The verdict on one clip (its id and label) for a sound event; pure."""
    decision, criterion, reason = _judged(event, label, quality)
    return Verdict(clip, decision, criterion, reason)


def _judged(event: SubEvent, label: str, quality: Quality) -> tuple[str, str, str]:
    if label not in event.accept:
        return REJECT, "identity", f"{label!r} is none of {', '.join(event.accept)}"
    if quality.contrast_db == 0:
        return REJECT, "cleanliness", "silent"
    if quality.clipped > CLIPPED[1]:
        return REJECT, "cleanliness", f"{100 * quality.clipped:.1f} % of the samples are clipped"
    if event.seconds is not None and event.role != "amb":
        fit = quality.seconds / event.seconds
        times = f"{quality.seconds:.2f} s is {fit:.2f} times the plan"
        if fit < DURATION_FIT[0]:
            return REJECT, "duration", times
        if fit > DURATION_FIT[1]:
            return REPROCESS, "duration", times
    if label not in TEXTURES and quality.contrast_db < CLEAN_DB:
        return REPROCESS, "cleanliness", f"only {quality.contrast_db:.0f} dB above its floor"
    if quality.gap_seconds > GAP_SECONDS:
        return REPROCESS, "continuity", f"a pause of {quality.gap_seconds:.2f} s inside"
    return ACCEPT, "all", f"{quality.seconds:.2f} s, {quality.contrast_db:.0f} dB above its floor"
