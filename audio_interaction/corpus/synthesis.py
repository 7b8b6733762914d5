"""Procedural sound events: numpy/scipy models with wide random parameters.

Recordings with a free licence are few for each class, so every class also has a small physical or
signal model. A model draws its parameters from *ranges*; the ranges of the three splits are
disjoint in the model's main parameter (`MAIN`), so that a test clip is never a re-draw of a
training clip. Sources of the methods:

- modal synthesis (bell, hammer, knock, glass, drum): J. O. Smith, *Physical Audio Signal
  Processing*, https://ccrma.stanford.edu/~jos/pasp/ ; bar and membrane ratios from Fletcher and
  Rossing, *The Physics of Musical Instruments*, 2nd ed., ch. 2, 3 and 21
- alarms, sirens, phones, engine, rain, thunder, fire arms, explosions, footsteps, birds and
  mammals as exercises in subtractive and granular synthesis: A. Farnell, *Designing Sound*
  (MIT Press 2010), practicals 24-60
- bubbles (water): K. van den Doel, *Physically based models for liquid sounds*, ACM TAP 2005
- voices (scream, cow, sheep): source and formant filters, D. Klatt, JASA 67 (1980) 971;
  roughness of screams at 30-150 Hz: Arnal et al., Current Biology 25 (2015) 2051
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from audio_interaction.errors import UserError

SAMPLE_RATE = 16_000
SPLITS = ("train", "validation", "test")

Range = tuple[float, float]
Ranges = Mapping[str, Sequence[Range]]
"""Parameter name -> intervals it may be drawn from, in the unit that the name ends with."""

_BAR = np.array([1.0, 2.756, 5.404, 8.933, 13.34])
_MEMBRANE = np.array([1.0, 1.594, 2.136, 2.296, 2.653, 2.918])
_CHURCH_BELL = np.array([0.5, 1.0, 1.2, 1.5, 2.0, 2.5, 2.667, 3.0, 4.0, 5.33])
_HAND_BELL = np.array([1.0, 2.76, 3.0, 5.2, 6.1])


# --- building blocks -----------------------------------------------------------------------


def _draw(rng: np.random.Generator, intervals: Sequence[Range]) -> float:
    """One value, log-uniform over a union of positive intervals."""
    logs = np.log(np.asarray(intervals, dtype=float))
    widths = np.maximum(logs[:, 1] - logs[:, 0], 1e-9)
    low, high = logs[rng.choice(len(logs), p=widths / widths.sum())]
    return float(np.exp(rng.uniform(low, high)))


def _uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _samples(seconds: float) -> int:
    return max(1, round(seconds * SAMPLE_RATE))


def _tone(freq: float | np.ndarray, n: int, shape: str = "sine") -> np.ndarray:
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


def _modes(rng, freqs, decays, amps, n: int) -> np.ndarray:
    """Sum of exponentially damped sines: frequencies in Hz, decays (time constants) in s."""
    t = np.arange(n) / SAMPLE_RATE
    out = np.zeros(n)
    for freq, decay, amp in zip(freqs, decays, amps, strict=True):
        if freq < 7800:
            out += amp * np.exp(-t / decay) * np.sin(2 * np.pi * freq * t + rng.uniform(0, 6.28))
    return out


def _band(x: np.ndarray, low: float | None, high: float | None, order: int = 2) -> np.ndarray:
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


def _resonator(x: np.ndarray, freq: float, width: float) -> np.ndarray:
    """Two-pole resonance (a formant) at `freq` Hz with a bandwidth of `width` Hz."""
    radius = np.exp(-np.pi * width / SAMPLE_RATE)
    a = [1.0, -2 * radius * np.cos(2 * np.pi * freq / SAMPLE_RATE), radius**2]
    return lfilter([1 - radius], a, x)


def _fade(n: int, attack: float, release: float) -> np.ndarray:
    """Envelope of n samples: linear attack and release, in seconds."""
    ramp = np.ones(n)
    a, r = min(n, _samples(attack)), min(n, _samples(release))
    ramp[:a] *= np.linspace(0, 1, a)
    ramp[n - r :] *= np.linspace(1, 0, r)
    return ramp


def _decay(n: int, seconds: float) -> np.ndarray:
    return np.exp(-np.arange(n) / SAMPLE_RATE / seconds)


def _wander(rng, n: int, rate: float, depth: float) -> np.ndarray:
    """Smooth random gain around 1: about `rate` independent values per second."""
    points = max(2, int(n / SAMPLE_RATE * rate) + 2)
    knots = 1 + depth * rng.standard_normal(points)
    return np.maximum(np.interp(np.linspace(0, points - 1, n), np.arange(points), knots), 0.0)


def _place(n: int, events: Sequence[tuple[float, np.ndarray]]) -> np.ndarray:
    """Mix events (start in s, samples) into a buffer of n samples."""
    out = np.zeros(n)
    for start, clip in events:
        at = _samples(start) if start > 0 else 0
        if at < n:
            piece = clip[: n - at]
            out[at : at + len(piece)] += piece
    return out


def _contour(n: int, times: Sequence[float], values: Sequence[float]) -> np.ndarray:
    """Piecewise curve through values at relative times 0..1, interpolated in log frequency."""
    return np.exp(np.interp(np.linspace(0, 1, n), times, np.log(values)))


def _colour(rng: np.random.Generator, n: int, slope: float) -> np.ndarray:
    """Noise of n samples, RMS 1, whose power falls with frequency as f**-slope (1: pink)."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    freqs = np.maximum(np.fft.rfftfreq(n, 1 / SAMPLE_RATE), 30.0)
    noise = np.fft.irfft(spectrum * freqs ** (-slope / 2), n)
    return noise / np.sqrt((noise**2).mean())


def _finish(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """A random recording chain: tilt, bandwidth, room, fade and background; peak 0.7.

    Recordings differ more by how they were made than by what they are of, so this is as wide as the
    models themselves: old sounds end at 3.5 or 5.5 kHz, some fade to digital silence, some have a
    rumbling or hissing background.
    """
    x = x / (np.abs(x).max() + 1e-9)
    tilt = rng.uniform(-0.7, 0.5)
    x = lfilter([1.0, tilt], [1.0], x)
    if rng.random() < 0.4:
        x = _band(x, None, _uniform(rng, 3000, 7500), int(rng.choice([1, 2, 8])))
    if rng.random() < 0.3:
        x = _band(x, _uniform(rng, 40, 400), None, 1)
    if rng.random() < 0.6:
        length = _samples(_uniform(rng, 0.08, 0.6))
        room = _band(rng.standard_normal(length), None, _uniform(rng, 1500, 7500), 1)
        room *= _decay(length, length / SAMPLE_RATE / 4)
        room *= _uniform(rng, 0.1, 0.9) / np.sqrt((room**2).sum())
        room[0] = 1.0
        x = fftconvolve(x, room)[: len(x)]
    if rng.random() < 0.2:
        x = x * _decay(len(x), _uniform(rng, 0.3, 1.0) * len(x) / SAMPLE_RATE)
    if rng.random() < 0.3:
        x = np.tanh(_uniform(rng, 1, 4) * x / np.abs(x).max())
    x = x / (np.abs(x).max() + 1e-9)
    if rng.random() < 0.7:
        background = _colour(rng, len(x), rng.uniform(0, 2.0))
        x = x + background * _uniform(rng, 2e-4, 3e-2) * np.sqrt((x**2).mean()) * 3
    return (0.7 * x / np.abs(x).max()).astype(np.float32)


# --- hazards ---------------------------------------------------------------------------------


def alarm(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Alarm: regular beeps of one pitch, groups of beeps, a buzzer, or a repeated upward sweep.

    `pitch_hz`: beep pitch (buzzer: a sixth of it); `beep_s`: length of one beep.
    """
    n = _samples(_uniform(rng, 1.2, 3.0))
    pitch, beep = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["beep_s"])
    style = rng.choice(["beeps", "groups", "buzzer", "sweep"], p=[0.4, 0.3, 0.15, 0.15])
    shape = str(rng.choice(["sine", "square", "saw", "buzz"]))
    if style == "buzzer":
        pitch, beep, shape = pitch / 6, max(beep, 0.15), "buzz"
    if style == "sweep":
        beep = _uniform(rng, 0.3, 0.9)
    m = _samples(beep)
    freq = _contour(m, [0, 1], [pitch / 2, pitch]) if style == "sweep" else pitch
    one = _tone(freq, m, shape) * _fade(m, 0.004, 0.008)
    gap = beep * _uniform(rng, 0.15, 0.3) if style == "sweep" else beep * _uniform(rng, 0.5, 1.6)
    size = int(rng.integers(2, 6)) if style == "groups" else 10_000
    pause = _uniform(rng, 0.2, 0.8)
    events, at, k = [], 0.0, 0
    while at * SAMPLE_RATE < n:
        events.append((at, one))
        k += 1
        at += beep + gap + (pause if k % size == 0 else 0.0)
    return _finish(rng, _place(n, events))


def siren(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Siren: wail (slow sweep), yelp (fast sweep) or hi-lo (two alternating tones).

    `low_hz`: lowest pitch; `span`: highest pitch over lowest (ratio).
    """
    n = _samples(_uniform(rng, 1.8, 3.0))
    low, span = _draw(rng, ranges["low_hz"]), _draw(rng, ranges["span"])
    style = rng.choice(["wail", "yelp", "hilo"])
    phase = np.arange(n) / SAMPLE_RATE * {
        "wail": _uniform(rng, 0.2, 0.7),
        "yelp": _uniform(rng, 2.0, 5.0),
        "hilo": _uniform(rng, 0.7, 1.5),
    }[str(style)] + rng.random()
    if style == "hilo":
        freq = low * np.where(phase % 1 < 0.5, 1.0, _uniform(rng, 1.2, 1.5))
    else:
        bend = _uniform(rng, 0.6, 1.6)
        freq = low * span ** (0.5 - 0.5 * np.cos(2 * np.pi * phase)) ** bend
    wave = np.tanh(_uniform(rng, 0.8, 4.0) * _tone(freq, n, str(rng.choice(["sine", "saw"]))))
    return _finish(rng, _band(wave, 300, _uniform(rng, 2500, 6000)) * _fade(n, 0.03, 0.05))


def horn(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Horn of a car (two tones), truck (three) or ship (low): steady harmonic honks.

    `pitch_hz`: lowest tone; `honk_s`: length of one honk.
    """
    pitch, honk = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["honk_s"])
    honk = max(honk, 0.9) if pitch < 200 else honk
    count = 1 if honk > 0.8 else int(rng.integers(1, 5))
    m = _samples(honk)
    ratios = [1.0, _uniform(rng, 1.18, 1.3), _uniform(rng, 1.45, 1.55)][: int(rng.integers(1, 4))]
    bend = _contour(m, [0, 0.06, 1], [_uniform(rng, 0.93, 1.0), 1.0, _uniform(rng, 0.98, 1.0)])
    wave = sum(_tone(pitch * r * bend, m, "saw") for r in ratios)
    wave = np.tanh(_uniform(rng, 0.7, 2.5) * wave)
    centre = _uniform(rng, 1200, 3200) if pitch > 200 else _uniform(rng, 300, 1200)
    bright = _resonator(wave, centre, 0.4 * centre)
    wave = wave / wave.std() * _uniform(rng, 0.1, 1.0) + bright / bright.std()
    one = wave * _fade(m, _uniform(rng, 0.01, 0.06), _uniform(rng, 0.03, 0.1))
    step = honk * _uniform(rng, 1.2, 1.8)
    n = _samples(min(3.0, step * count + 0.15))
    return _finish(rng, _place(n, [(k * step, one) for k in range(count)]))


def explosion(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Explosion: a saturated noise blast whose brightness falls into a rumble, with debris.

    `cutoff_hz`: brightness of the blast; `tail_s`: time constant of the rumble.
    """
    tail = _draw(rng, ranges["tail_s"])
    n = _samples(min(3.0, 4 * tail + 0.3))
    cutoff = _draw(rng, ranges["cutoff_hz"])
    noise = rng.standard_normal(n)
    blast = _band(noise, None, cutoff, 1) * _decay(n, tail / _uniform(rng, 2.5, 5))
    rumble = _band(noise, 25, cutoff / _uniform(rng, 2, 8), 1) * _decay(n, tail) * 2
    rumble *= _wander(rng, n, 12, 0.4)
    sweep = _tone(_contour(n, [0, 0.3, 1], [_uniform(rng, 80, 160), 45, 30]), n) * _decay(n, tail)
    dust = _band(noise * (rng.random(n) < _uniform(rng, 5e-4, 4e-3)), 800, 5000)
    mix = np.tanh(_uniform(rng, 1, 4) * (blast + rumble + _uniform(rng, 0.05, 1.0) * sweep))
    mix = mix + dust * _decay(n, tail * 1.5) * _uniform(rng, 0.1, 0.8)
    return _finish(rng, mix * _fade(n, _uniform(rng, 0.001, 0.02), 0.1))


def gunshot(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Gunshot: a click, a bright decaying blast, a thump and an echo; one shot or a burst.

    `blast_s`: time constant of the blast; `echo_s`: time constant of the echo.
    """
    blast_s, echo_s = _draw(rng, ranges["blast_s"]), _draw(rng, ranges["echo_s"])
    m = _samples(0.35)
    noise = rng.standard_normal(m)
    shot = _band(noise, _uniform(rng, 80, 400), _uniform(rng, 1200, 6500), 1) * _decay(m, blast_s)
    shot += _band(noise, None, 400) * _decay(m, blast_s * 2.5) * _uniform(rng, 0.5, 3)
    shot = np.tanh(_uniform(rng, 2, 8) * shot)
    shot[:24] += rng.choice([-1, 1]) * np.linspace(1.5, 0, 24)
    count = int(rng.choice([1, 2, 3, 4, 6, 8], p=[0.4, 0.15, 0.15, 0.1, 0.1, 0.1]))
    step = _uniform(rng, 0.25, 0.8) if count < 4 else _uniform(rng, 0.07, 0.15)
    n = _samples(min(3.0, step * (count - 1) + 0.35 + 2.5 * echo_s))
    dry = _place(n, [(k * step * rng.uniform(0.95, 1.05), shot) for k in range(count)])
    length = _samples(3 * echo_s)
    echo = _band(rng.standard_normal(length), 100, _uniform(rng, 1200, 4000))
    echo *= _decay(length, echo_s) * _uniform(rng, 0.01, 0.05)
    return _finish(rng, dry + fftconvolve(dry, echo)[:n])


def glass(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Breaking glass: an impact, then shards, each a few high and quickly damped modes.

    `mode_hz`: typical lowest mode of a shard; `shards`: their number; `fall_s`: time constant of
    their arrival.
    """
    mode, fall = _draw(rng, ranges["mode_hz"]), _draw(rng, ranges["fall_s"])
    n = _samples(min(3.0, 0.4 + 3.5 * fall))
    m = _samples(0.4)
    events = []
    for _ in range(int(_draw(rng, ranges["shards"]))):
        k = int(rng.integers(2, 5))
        freqs = mode * np.exp(rng.normal(0, 0.35)) * np.cumprod(rng.uniform(1.0, 1.7, k))
        decays = np.exp(rng.uniform(np.log(0.006), np.log(0.09), k))
        ring = _modes(rng, freqs, decays, rng.uniform(0.3, 1, k), m)
        ring[:64] += rng.standard_normal(64) * np.linspace(0.7, 0, 64)
        at = rng.exponential(fall)
        events.append((at, ring * np.exp(-0.6 * at / fall) * _uniform(rng, 0.15, 1.0)))
    crash = _band(rng.standard_normal(n), _uniform(rng, 1000, 3000), None)
    crash *= _decay(n, _uniform(rng, 0.05, 0.5)) * _wander(rng, n, 25, 0.5) * _uniform(rng, 0.5, 3)
    return _finish(rng, _place(n, events) + crash)


def scream(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Scream: a high, rough, bright voice whose pitch rises, holds and falls.

    `pitch_hz`: pitch of the held part; `rough_hz`: rate of the rough amplitude modulation.
    """
    n = _samples(_uniform(rng, 0.8, 2.2))
    pitch, rough = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["rough_hz"])
    bends = [_uniform(rng, 0.6, 0.9), 1.0, _uniform(rng, 0.9, 1.1), _uniform(rng, 0.55, 0.9)]
    freq = pitch * _contour(n, [0, rng.uniform(0.08, 0.2), rng.uniform(0.5, 0.8), 1], bends)
    freq = freq * _wander(rng, n, 60, _uniform(rng, 0.003, 0.02))
    source = _tone(freq, n, "saw") * (1 + _uniform(rng, 0.1, 0.9) * _tone(rough, n))
    source = source + rng.standard_normal(n) * _uniform(rng, 0.2, 1.2)
    voice = sum(
        gain * _resonator(source, rng.uniform(*formant), _uniform(rng, 120, 350))
        for formant, gain in [((800, 1300), 0.8), ((1400, 2000), 1.2), ((2600, 3600), 1.2)]
    )
    voice = np.tanh(_uniform(rng, 1, 4) * voice / np.abs(voice).max())
    return _finish(rng, voice * _fade(n, 0.05, _uniform(rng, 0.1, 0.4)))


# --- benign ----------------------------------------------------------------------------------


def bell(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Bell: church-bell or hand-bell modes with long decays, one to five strikes.

    `pitch_hz`: strike note; `ring_s`: decay time constant of the lowest mode.
    """
    n = _samples(_uniform(rng, 1.5, 3.0))
    pitch, ring = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["ring_s"])
    ratios = _CHURCH_BELL if rng.random() < 0.6 else _HAND_BELL
    ratios = ratios * rng.uniform(0.985, 1.015, len(ratios))
    decays = ring / ratios ** _uniform(rng, 0.4, 1.0)
    amps = rng.uniform(0.2, 1, len(ratios)) / ratios ** _uniform(rng, 0.1, 0.8)
    one = _modes(rng, pitch * ratios, decays, amps, n)
    one[:80] += rng.standard_normal(80) * np.linspace(0.5, 0, 80)
    step = _uniform(rng, 0.25, 1.4)
    count = int(rng.integers(1, 6))
    return _finish(rng, _place(n, [(k * step, one * rng.uniform(0.6, 1)) for k in range(count)]))


def phone(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Phone: two gongs struck by a hammer (old) or two tones alternating (electronic), in rings.

    `pitch_hz`: lower gong or tone; `trill_hz`: strokes or alternations per second.
    """
    pitch, trill = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["trill_hz"])
    ring, pause = _uniform(rng, 0.4, 1.6), _uniform(rng, 0.2, 0.9)
    m = _samples(ring)
    upper = pitch * _uniform(rng, 1.15, 1.35)
    if rng.random() < 0.5:
        tail = _samples(0.35)
        gongs = [
            _modes(rng, f * _HAND_BELL[:4], [0.25, 0.15, 0.1, 0.05], rng.uniform(0.3, 1, 4), tail)
            for f in (pitch, upper)
        ]
        strokes = [(k / trill, gongs[k % 2]) for k in range(int(ring * trill))]
        one = _place(m + tail, strokes)
    else:
        high = (np.arange(m) / SAMPLE_RATE * trill) % 1 < 0.5
        one = _tone(np.where(high, upper, pitch), m, str(rng.choice(["sine", "square"])))
        one = one * _fade(m, 0.01, 0.02)
    n = _samples(_uniform(rng, 1.2, 3.0))
    starts = np.arange(0.0, n / SAMPLE_RATE, ring + pause)
    return _finish(rng, _place(n, [(s, one) for s in starts]))


def knock(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Knocks on wood: two to five short hits of low, strongly damped modes.

    `pitch_hz`: lowest mode of the door; `gap_s`: time between knocks.
    """
    pitch, gap = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["gap_s"])
    m = _samples(0.25)
    ratios = np.cumprod(np.concatenate([[1.0], rng.uniform(1.2, 1.9, 5)]))
    decays = np.exp(rng.uniform(np.log(0.008), np.log(0.035), 6))
    amps = rng.uniform(0.2, 1, 6) / ratios**0.5
    count = int(rng.integers(2, 6))
    events = []
    for k in range(count):
        hit = _modes(rng, pitch * ratios, decays, amps * rng.uniform(0.8, 1.2, 6), m)
        click = _band(rng.standard_normal(m), 300, _uniform(rng, 1500, 4000)) * _decay(m, 0.004)
        events.append((k * gap * rng.uniform(0.93, 1.07), (hit + click) * rng.uniform(0.7, 1)))
    return _finish(rng, _place(_samples(gap * count + 0.3), events))


def thunder(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Thunder: an optional crack, then seconds of low noise that swells and rolls.

    `cutoff_hz`: brightness of the rumble; `roll_hz`: swells per second.
    """
    n = _samples(_uniform(rng, 2.2, 3.0))
    cutoff, roll = _draw(rng, ranges["cutoff_hz"]), _draw(rng, ranges["roll_hz"])
    noise = rng.standard_normal(n)
    rumble = _band(noise, 20, cutoff, int(rng.integers(1, 3))) * _wander(rng, n, roll, 0.6)
    rumble *= _fade(n, _uniform(rng, 0.02, 0.6), 0.2) * _decay(n, _uniform(rng, 0.8, 3.0))
    rumble /= np.abs(rumble).max() + 1e-9
    if rng.random() < 0.6:
        crack = _band(noise, 200, 5000, 1) * (rng.random(n) < _uniform(rng, 0.01, 0.2))
        crack = _band(crack, None, 4000, 1) * _decay(n, _uniform(rng, 0.1, 0.4))
        rumble += crack / (np.abs(crack).max() + 1e-9) * _uniform(rng, 0.02, 0.5)
    return _finish(rng, rumble)


def engine(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Engine: harmonics of the firing rate and noise pulsed by it, idling or revving.

    `firing_hz`: ignitions per second at idle.
    """
    n = _samples(_uniform(rng, 1.5, 3.0))
    firing = _draw(rng, ranges["firing_hz"])
    style = rng.choice(["idle", "rev", "pull"])
    knots = {
        "idle": [1, 1, 1],
        "rev": [1, _uniform(rng, 1.6, 3), _uniform(rng, 1, 1.5)],
        "pull": [1, _uniform(rng, 1.2, 1.6), _uniform(rng, 1.5, 2.5)],
    }[str(style)]
    freq = firing * _contour(n, [0, rng.uniform(0.3, 0.7), 1], knots) * _wander(rng, n, 25, 0.02)
    phase = 2 * np.pi * np.cumsum(freq) / SAMPLE_RATE
    tone = sum(
        rng.uniform(0.2, 1) / k**0.8 * np.sin(k * phase / 2 + rng.uniform(0, 6.28))
        for k in range(1, 25)
    )
    pulse = np.maximum(np.cos(phase), 0) ** _uniform(rng, 1, 6)
    noise = _band(rng.standard_normal(n), 60, _uniform(rng, 800, 4500), 1) * (pulse + 0.15)
    mix = np.tanh(_uniform(rng, 0.5, 2) * (tone / 2 + noise * _uniform(rng, 0.5, 3)))
    mix = _band(mix, None, _uniform(rng, 300, 3500), 1) * _wander(rng, n, 3, 0.25)
    return _finish(rng, mix * _fade(n, _uniform(rng, 0.02, 0.4), 0.1))


def train(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Train: steam chuffs or rail clatter, often under a chord whistle.

    `chuff_hz`: chuffs (or wheel beats) per second; `whistle_hz`: lowest note of the chord.
    """
    n = _samples(_uniform(rng, 2.0, 3.0))
    rate, whistle = _draw(rng, ranges["chuff_hz"]), _draw(rng, ranges["whistle_hz"])
    phase = np.cumsum(rate * _contour(n, [0, 1], [1, _uniform(rng, 0.9, 1.3)])) / SAMPLE_RATE
    noise = rng.standard_normal(n)
    if rng.random() < 0.6:
        shape = (1 - phase % 1) ** _uniform(rng, 0.7, 3) + _uniform(rng, 0.05, 0.6)
        accent = 1 + 0.4 * (np.floor(phase) % 4 == 0)
        body = _band(noise, _uniform(rng, 40, 250), _uniform(rng, 500, 4000), 1) * shape * accent
        body += _band(noise, 25, 150) * _uniform(rng, 0.1, 1.5)
    else:
        beat = phase / 2 % 1
        hits = np.exp(-beat * 14) + 0.8 * np.exp(-np.where(beat > 0.25, beat - 0.25, 9) * 14)
        body = _band(noise, 150, _uniform(rng, 1000, 3000), 1) * (hits + 0.15)
        body += _band(noise, 30, 200, 1) * 1.5
    body /= np.abs(body).max() + 1e-9
    if rng.random() < 0.6:
        chord = whistle * np.array([1.0, 1.19, 1.5, 1.68])[: int(rng.integers(2, 5))]
        length = _samples(_uniform(rng, 0.7, 1.8))
        note = sum(_tone(f * _contour(length, [0, 0.1, 1], [0.95, 1, 0.99]), length, "saw")
                   for f in chord)
        note = note + _band(rng.standard_normal(length), 1000, 5000) * _uniform(rng, 0.2, 1.5)
        note = note * _fade(length, 0.08, 0.25) / np.abs(note).max() * _uniform(rng, 0.4, 1.2)
        body = body + _place(n, [(rng.uniform(0, 0.8), note)])
    return _finish(rng, body * _fade(n, 0.1, 0.15))


def saw(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Saw: a chainsaw's or circular saw's harsh buzz, loaded and unloaded.

    `buzz_hz`: tooth or firing rate without load.
    """
    n = _samples(_uniform(rng, 1.2, 3.0))
    buzz = _draw(rng, ranges["buzz_hz"])
    load = _wander(rng, n, _uniform(rng, 0.8, 3), 0.25)
    load = np.clip(load, 0.5, 1.5)
    freq = buzz * (1.15 - 0.2 * load) * _wander(rng, n, 50, 0.015)
    wave = np.tanh(_uniform(rng, 1.5, 6) * _tone(freq, n, "saw"))
    noise = _band(rng.standard_normal(n), _uniform(rng, 400, 3000), _uniform(rng, 3000, 7500), 1)
    am = 1 + 0.8 * _tone(freq, n)
    mix = _band(wave, _uniform(rng, 60, 400), None, 1) + noise * am * load * _uniform(rng, 0.2, 2)
    mix = _band(mix, None, _uniform(rng, 1200, 7500), 1)
    start = _uniform(rng, 0.05, 0.5)
    return _finish(rng, mix * load * _fade(n, start, 0.15))


def rain(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Rain: thousands of short drop clicks over a hiss.

    `drops_hz`: audible drops per second; `bright_hz`: upper edge of the hiss.
    """
    n = _samples(_uniform(rng, 1.8, 3.0))
    drops, bright = _draw(rng, ranges["drops_hz"]), _draw(rng, ranges["bright_hz"])
    clicks = np.zeros(n)
    for _ in range(4):
        hits = (rng.random(n) < drops / 4 / SAMPLE_RATE) * rng.exponential(1, n) ** 1.5
        clicks += _resonator(hits, _uniform(rng, 1500, 7000), _uniform(rng, 300, 1500))
    clicks /= np.sqrt((clicks**2).mean()) + 1e-9
    hiss = _band(rng.standard_normal(n), _uniform(rng, 150, 900), bright, 1)
    hiss /= np.sqrt((hiss**2).mean())
    mix = hiss + clicks * _uniform(rng, 0.2, 1.5)
    mix += _colour(rng, n, rng.uniform(1, 3)) * _uniform(rng, 0.05, 2.5)
    return _finish(rng, mix * _wander(rng, n, 2, 0.06) * _fade(n, 0.1, 0.1))


def water(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Running or bubbling water: many bubbles, damped sines whose pitch rises, over soft noise.

    `bubble_hz`: typical pitch of a bubble; `rate_hz`: bubbles per second.
    """
    n = _samples(_uniform(rng, 1.5, 3.0))
    pitch, rate = _draw(rng, ranges["bubble_hz"]), _draw(rng, ranges["rate_hz"])
    events = []
    for _ in range(rng.poisson(rate * n / SAMPLE_RATE) + 3):
        f0 = min(6000.0, pitch * np.exp(rng.normal(0, 0.6)))
        m = _samples(min(0.2, 25 / f0))
        t = np.arange(m) / SAMPLE_RATE
        damp = 0.13 * f0 / 3 + 0.0072 * f0**1.5 / 3
        rise = 1 + rng.uniform(0, 0.3) * damp * t
        ring = np.sin(2 * np.pi * f0 * t * rise) * np.exp(-damp * t) * _fade(m, 0.001, 0.002)
        events.append((rng.uniform(0, n / SAMPLE_RATE), ring * _uniform(rng, 0.1, 1.0)))
    bubbles = _place(n, events)
    bubbles /= np.sqrt((bubbles**2).mean()) + 1e-9
    flow = _band(rng.standard_normal(n), _uniform(rng, 150, 1000), _uniform(rng, 1500, 7000), 1)
    flow *= _wander(rng, n, _uniform(rng, 4, 40), 0.4) / np.sqrt((flow**2).mean())
    return _finish(rng, (bubbles + flow * _uniform(rng, 0.1, 1.5)) * _fade(n, 0.08, 0.1))


def footsteps(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Footsteps: a walk of heel thumps and toe scuffs on one floor.

    `pace_hz`: steps per second; `floor_hz`: typical pitch of the scuff (gravel high, wood low).
    """
    pace, floor = _draw(rng, ranges["pace_hz"]), _draw(rng, ranges["floor_hz"])
    count = int(rng.integers(3, 8))
    grain = _uniform(rng, 0.03, 1.0)
    m = _samples(0.3)
    heel_hz, length, thump = _uniform(rng, 70, 300), _uniform(rng, 0.015, 0.12), _uniform(rng, 0.03, 1)
    events = []
    for k in range(count):
        at = k / pace * rng.uniform(0.97, 1.03)
        noise = rng.standard_normal(m)
        heel = _modes(rng, [heel_hz, heel_hz * 2.3], [0.025, 0.012], [1, 0.5], m)
        heel += _band(noise, None, 600) * _decay(m, 0.012)
        scuff = _band(noise * (rng.random(m) < grain), floor / _uniform(rng, 1.5, 6), floor * 3, 1)
        scuff = scuff / (np.abs(scuff).max() + 1e-9) * _decay(m, length) * _fade(m, 0.008, 0.01)
        step = heel * thump * rng.uniform(0.7, 1) + _place(m, [(_uniform(rng, 0.01, 0.07), scuff)])
        events.append((at, step * rng.uniform(0.6, 1)))
    return _finish(rng, _place(_samples(min(3.0, count / pace + 0.2)), events))


def hammer(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Hammer on metal: repeated strikes of inharmonic bar modes with short decays.

    `pitch_hz`: lowest mode of the piece; `gap_s`: time between strikes.
    """
    pitch, gap = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["gap_s"])
    m = _samples(0.5)
    ratios = np.sort(np.concatenate([_BAR, rng.uniform(1.2, 12, int(rng.integers(5, 14)))]))
    decays = _uniform(rng, 0.03, 0.25) * np.exp(rng.normal(0, 0.5, len(ratios)))
    amps = rng.uniform(0.2, 1, len(ratios))
    count = int(rng.integers(2, 6))
    events = []
    for k in range(count):
        hit = _modes(rng, pitch * ratios, decays, amps * rng.uniform(0.6, 1.4, len(ratios)), m)
        click = _band(rng.standard_normal(m), 800, 7000) * _decay(m, 0.006)
        events.append((k * gap * rng.uniform(0.95, 1.05), hit + click * _uniform(rng, 1, 5)))
    return _finish(rng, _place(_samples(min(3.0, gap * count + 0.3)), events))


def drum(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Drum: a pattern of hits, each membrane modes with a falling pitch, some with snare noise.

    `pitch_hz`: lowest mode; `beat_hz`: pattern steps per second.
    """
    pitch, beat = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["beat_hz"])
    m = _samples(0.6)
    t = np.arange(m) / SAMPLE_RATE
    drop = 1 + _uniform(rng, 0.05, 0.6) * np.exp(-t / 0.03)
    length, snare = _uniform(rng, 0.08, 0.35), rng.random() < 0.4
    hit = sum(
        rng.uniform(0.2, 1) / r * _tone(pitch * r * drop, m) * _decay(m, length / r**0.7)
        for r in _MEMBRANE
    )
    hit += _band(rng.standard_normal(m), 200, 3000) * _decay(m, 0.008) * _uniform(rng, 0.2, 1)
    if snare:
        hit += _band(rng.standard_normal(m), 1500, 7000, 1) * _decay(m, 0.09) * rng.uniform(0.4, 1)
    count = int(rng.integers(3, 11))
    steps = np.cumsum(rng.choice([1, 1, 2], count)) - 1
    n = _samples(min(2.8, steps[-1] / beat + 0.5))
    return _finish(rng, _place(n, [(s / beat, hit * rng.uniform(0.5, 1)) for s in steps]))


def cow(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Cow: a long low voiced call that rises a little and falls, with an opening mouth.

    `pitch_hz`: pitch of the call's middle.
    """
    n = _samples(_uniform(rng, 0.9, 2.0))
    pitch = _draw(rng, ranges["pitch_hz"])
    knots = [_uniform(rng, 0.75, 0.95), 1, _uniform(rng, 1.0, 1.15), _uniform(rng, 0.7, 0.95)]
    freq = pitch * _contour(n, [0, 0.25, 0.7, 1], knots) * _wander(rng, n, 40, 0.015)
    source = _tone(freq, n, "saw") + rng.standard_normal(n) * _uniform(rng, 0.05, 0.3)
    closed = _resonator(source, rng.uniform(220, 350), 90)
    opened = _resonator(source, rng.uniform(450, 750), 130)
    opened += _uniform(rng, 0.8, 3) * _resonator(source, rng.uniform(900, 1500), 250)
    opened += _uniform(rng, 0.5, 3) * _resonator(source, rng.uniform(1700, 2600), 400)
    mouth = np.interp(np.linspace(0, 1, n), [0, rng.uniform(0.15, 0.4), 0.85, 1], [0, 1, 1, 0.3])
    voice = closed * (1.1 - mouth) + opened * mouth
    return _finish(rng, voice * _fade(n, 0.12, 0.3))


def sheep(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Sheep: a nasal voice with a strong tremolo.

    `pitch_hz`: pitch; `bleat_hz`: rate of the tremolo.
    """
    n = _samples(_uniform(rng, 0.6, 1.4))
    pitch, bleat = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["bleat_hz"])
    tremble = _tone(bleat * _wander(rng, n, 5, 0.08), n)
    freq = pitch * _contour(n, [0, 0.2, 1], [0.9, 1, _uniform(rng, 0.75, 0.95)])
    freq = freq * (1 + _uniform(rng, 0.003, 0.06) * tremble) * _wander(rng, n, 60, 0.01)
    source = _tone(freq, n, "saw") + rng.standard_normal(n) * _uniform(rng, 0.1, 0.8)
    voice = sum(
        gain * _resonator(source, rng.uniform(*formant), 250)
        for formant, gain in [((600, 900), 0.5), ((1200, 1900), 2.0), ((2200, 3000), 2.0)]
    )
    voice = voice * (1 + _uniform(rng, 0.05, 0.8) * tremble)
    return _finish(rng, voice * _fade(n, 0.05, 0.2))


def bird(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Bird song: phrases of chirps, each a fast pitch gesture, some trilled.

    `pitch_hz`: centre of the chirps; `rate_hz`: chirps per second.
    """
    n = _samples(_uniform(rng, 1.0, 2.5))
    pitch, rate = _draw(rng, ranges["pitch_hz"]), _draw(rng, ranges["rate_hz"])
    events, at, harsh = [], 0.0, _uniform(rng, 0.02, 1.0)
    gestures = [np.exp(rng.normal(0, 0.2, 3)) for _ in range(int(rng.integers(1, 4)))]
    while at < n / SAMPLE_RATE:
        m = _samples(min(0.3, rng.uniform(0.35, 0.9) / rate))
        freq = pitch * _contour(m, [0, 0.5, 1], gestures[rng.integers(len(gestures))])
        if rng.random() < 0.3:
            freq = freq * (1 + 0.08 * _tone(_uniform(rng, 25, 60), m))
        freq = np.minimum(freq, 7500.0)
        chirp = _tone(freq, m) + harsh * _tone(np.minimum(2 * freq, 7800.0), m)
        chirp += harsh * rng.uniform(0, 1) * _band(rng.standard_normal(m), pitch / 1.5, pitch * 2, 1)
        events.append((at, chirp * np.sin(np.pi * np.linspace(0, 1, m)) * rng.uniform(0.5, 1)))
        at += 1 / rate * rng.uniform(0.8, 1.2) + (rng.uniform(0.1, 0.4) if rng.random() < 0.15 else 0)
    return _finish(rng, _place(n, events))


# --- ranges ------------------------------------------------------------------------------------

MODELS: dict[str, Callable[[np.random.Generator, Ranges], np.ndarray]] = {
    f.__name__: f
    for f in (
        alarm, siren, horn, explosion, gunshot, glass, scream, bell, phone, knock, thunder,
        engine, train, saw, rain, water, footsteps, hammer, drum, cow, sheep, bird,
    )
}  # fmt: skip

MAIN: dict[str, tuple[str, list[Range], Range, Range]] = {
    # class: (main parameter, intervals of train, interval of validation, interval of test)
    "alarm": ("pitch_hz", [(500, 1500), (2300, 4000)], (1550, 1850), (1900, 2250)),
    "siren": ("low_hz", [(350, 560), (760, 1000)], (570, 650), (660, 750)),
    "horn": ("pitch_hz", [(110, 300), (440, 600)], (310, 360), (370, 430)),
    "explosion": ("cutoff_hz", [(300, 900), (1800, 4000)], (920, 1250), (1300, 1750)),
    "gunshot": ("blast_s", [(0.012, 0.03), (0.06, 0.1)], (0.031, 0.041), (0.043, 0.058)),
    "glass": ("mode_hz", [(1500, 2600), (3800, 5000)], (2650, 3100), (3200, 3750)),
    "scream": ("pitch_hz", [(450, 800), (1200, 1800)], (820, 970), (1000, 1180)),
    "bell": ("pitch_hz", [(250, 600), (1100, 2200)], (620, 800), (820, 1080)),
    "phone": ("pitch_hz", [(450, 850), (1400, 2200)], (870, 1080), (1100, 1370)),
    "knock": ("pitch_hz", [(90, 170), (280, 400)], (175, 215), (220, 275)),
    "thunder": ("cutoff_hz", [(50, 120), (240, 450)], (122, 165), (170, 235)),
    "engine": ("firing_hz", [(16, 34), (62, 110)], (35, 45), (46, 60)),
    "train": ("chuff_hz", [(2.0, 3.6), (6.0, 9.0)], (3.7, 4.5), (4.6, 5.8)),
    "saw": ("buzz_hz", [(80, 140), (230, 380)], (145, 175), (180, 225)),
    "rain": ("drops_hz", [(150, 500), (1800, 5000)], (520, 900), (950, 1700)),
    "water": ("bubble_hz", [(300, 650), (1200, 2200)], (670, 850), (880, 1150)),
    "footsteps": ("floor_hz", [(400, 1000), (2200, 4000)], (1030, 1450), (1500, 2150)),
    "hammer": ("pitch_hz", [(350, 700), (1200, 2200)], (720, 880), (900, 1150)),
    "drum": ("pitch_hz", [(55, 110), (190, 320)], (113, 140), (143, 185)),
    "cow": ("pitch_hz", [(90, 140), (195, 270)], (142, 162), (165, 190)),
    "sheep": ("pitch_hz", [(110, 165), (245, 340)], (168, 197), (200, 240)),
    "bird": ("pitch_hz", [(1000, 2200), (3600, 6000)], (2250, 2750), (2800, 3500)),
}

OTHERS: dict[str, dict[str, Range]] = {
    # parameters that all splits draw from the same interval
    "alarm": {"beep_s": (0.05, 0.5)},
    "siren": {"span": (1.5, 3.0)},
    "horn": {"honk_s": (0.15, 1.6)},
    "explosion": {"tail_s": (0.2, 0.9)},
    "gunshot": {"echo_s": (0.05, 0.45)},
    "glass": {"shards": (8, 60), "fall_s": (0.08, 0.5)},
    "scream": {"rough_hz": (30, 150)},
    "bell": {"ring_s": (0.35, 2.5)},
    "phone": {"trill_hz": (12, 28)},
    "knock": {"gap_s": (0.12, 0.4)},
    "thunder": {"roll_hz": (2, 9)},
    "engine": {},
    "train": {"whistle_hz": (250, 700)},
    "saw": {},
    "rain": {"bright_hz": (1500, 7500)},
    "water": {"rate_hz": (15, 250)},
    "footsteps": {"pace_hz": (1.4, 3.2)},
    "hammer": {"gap_s": (0.2, 0.7)},
    "drum": {"beat_hz": (2.5, 8)},
    "cow": {},
    "sheep": {"bleat_hz": (5, 11)},
    "bird": {"rate_hz": (2.5, 12)},
}


def split_ranges(name: str, split: str) -> dict[str, Sequence[Range]]:
    """Parameter intervals of class `name` in `split` ("train", "validation" or "test").

    Raises UserError for an unknown class or split.
    """
    if name not in MODELS or split not in SPLITS:
        raise UserError(
            f"no synthesis for class {name!r} and split {split!r}; "
            f"classes are {sorted(MODELS)}, splits are {SPLITS}"
        )
    main, train_band, validation_band, test_band = MAIN[name]
    bands = {"train": train_band, "validation": [validation_band], "test": [test_band]}
    return {main: bands[split], **{key: [value] for key, value in OTHERS[name].items()}}


def synthesise(name: str, split: str, rng: np.random.Generator) -> np.ndarray:
    """One random clip of class `name` from the parameter ranges of `split`.

    Returns float32 mono samples at 16 kHz, 0.5 to 3 s long, within [-1, 1]. The same generator
    state gives the same samples. Raises UserError for an unknown class or split.
    """
    clip = MODELS[name](rng, split_ranges(name, split)) if name in MODELS else None
    if clip is None:
        split_ranges(name, split)
    return np.clip(np.pad(clip, (0, max(0, SAMPLE_RATE // 2 - len(clip)))), -1, 1)[: 3 * SAMPLE_RATE]
