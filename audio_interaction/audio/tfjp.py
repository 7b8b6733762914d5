"""TFJP, time-frequency joint preprocessing: from a recording to a clean event (paper Algorithm 1).

Twice nested: silence is cut and noise subtracted until both have nothing left to do; then the core
of the event is cut out on the 200 ms grid and tapered; if that leaves silence to cut, all starts
over. The operators are in `audio.tfjp_operators`.

The paper bounds the inner loop by K = 3 but states no bound for going back. Here both share one
budget: a clip gets at most `MAX_PASSES` passes of cutting and denoising in all.
"""

from dataclasses import dataclass

import numpy as np

from audio_interaction.audio import tfjp_operators as op
from audio_interaction.audio.mixing import rms
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

MAX_PASSES = 3
"""K of the paper."""

STABLE_SHARE = 0.01
"""Ours: a pass is stable if it cuts no silence and takes less than this share of the energy."""

INAUDIBLE = 1e-6
"""A clip with no sample above this (-120 dB of full scale, below 16 bits) is silent."""


@dataclass(frozen=True)
class Step:
    """One application of an operator.

    Attributes:
        number: the pass it belongs to, from 1.
        operator: its name in `audio.tfjp_operators`.
        seconds: length of the clip after it.
        spans: in seconds of the clip before it: what silence_cut left out, the core that
            core_locate found, where boundary_norm put it.
        level_db: RMS in dB of full scale of the noise that noise_profile found, or of what denoise
            took away; None for none.
    """

    number: int
    operator: str
    seconds: float
    spans: tuple[tuple[float, float], ...] = ()
    level_db: float | None = None


@dataclass(frozen=True)
class Tfjp:
    """A preprocessed clip.

    Attributes:
        samples: float32 (S,) at 16 kHz; S is a multiple of 3200 (200 ms), and never 0.
        passes: how often it was cut and denoised, 1 to `MAX_PASSES`.
        stopped: "stable" if nothing was left to do, "cap" if the passes were used up before.
        log: every operator in the order of its application.
    """

    samples: np.ndarray
    passes: int
    stopped: str
    log: tuple[Step, ...]


def tfjp(samples: np.ndarray) -> Tfjp:
    """Preprocess one event; pure and deterministic.

    At the cap the last silence_cut is logged but not carried out, so that the clip stays on the
    200 ms grid.

    Args:
        samples: float32 (S,) at 16 kHz.

    Raises:
        UserError: the samples are not one channel, not finite, or silent (`INAUDIBLE`).
    """
    run = _Run(_checked(samples))
    while True:
        settled = False
        while not settled and run.passes < MAX_PASSES:
            settled = run.clean()
        run.focus()
        cut, spans = run.silence_cut()
        capped = run.passes == MAX_PASSES and bool(spans)
        if capped or not spans:
            stopped = "stable" if settled and not capped else "cap"
            return Tfjp(run.samples, run.passes, stopped, tuple(run.log))
        run.samples = cut


def _checked(samples: np.ndarray) -> np.ndarray:
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise UserError(f"TFJP takes one channel (S,), found shape {samples.shape}; mix it down")
    if not np.isfinite(samples).all():
        raise UserError("TFJP found NaN or infinite samples; export the clip again")
    if np.max(np.abs(samples), initial=0) < INAUDIBLE:
        raise UserError("a clip of digital silence holds no event; remove it from the sources")
    return samples


class _Run:
    """A clip on its way through the algorithm."""

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples
        self.passes = 0
        self.log: list[Step] = []

    def clean(self) -> bool:
        """silence_cut, noise_profile, denoise; whether that changed nothing to speak of."""
        self.passes += 1
        self.samples, cuts = self.silence_cut()
        spectra = op.spectrum(self.samples)
        profile = op.noise_profile(spectra)
        self._note("noise_profile", level_db=_decibels(op.noise_level(profile)))
        cleaned = op.resynthesis(op.denoise(spectra, profile), len(self.samples))
        taken, whole = rms(self.samples - cleaned) if profile.any() else 0.0, rms(self.samples)
        if taken:
            self.samples = cleaned
        self._note("denoise", level_db=_decibels(taken))
        return not cuts and taken**2 < STABLE_SHARE * whole**2

    def focus(self) -> None:
        """core_locate, boundary_norm, spec_smooth."""
        core = op.core_locate(op.spectrum(self.samples))
        self._note("core_locate", [core])
        span = op.boundary_norm(core)
        self._note("boundary_norm", [span])
        self.samples = op.spec_smooth(self.samples, span)
        self._note("spec_smooth")

    def silence_cut(self) -> tuple[np.ndarray, list[op.Span]]:
        cut, spans = op.silence_cut(self.samples, op.spectrum(self.samples))
        self._note("silence_cut", spans, length=len(cut))
        return cut, spans

    def _note(
        self, operator: str, spans=(), level_db: float | None = None, length: int | None = None
    ) -> None:
        length = len(self.samples) if length is None else length
        seconds = tuple((start / SAMPLE_RATE, end / SAMPLE_RATE) for start, end in spans)
        self.log.append(Step(self.passes, operator, length / SAMPLE_RATE, seconds, level_db))


def _decibels(loudness: float) -> float | None:
    return 20 * float(np.log10(loudness)) if loudness > 0 else None
