"""Models of the sounds that need a warning. Sources: `corpus.synthesis`.

Every model takes a generator and its parameter ranges and returns float32 mono samples at 16 kHz.
"""

import numpy as np
from scipy.signal import fftconvolve

from audio_interaction.corpus.synthesis_blocks import (
    Ranges,
    band,
    contour,
    decay,
    draw,
    fade,
    finish,
    modes,
    place,
    resonator,
    samples,
    tone,
    uniform,
    wander,
)
from audio_interaction.protocol import SAMPLE_RATE


def alarm(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Alarm: regular beeps of one pitch, groups of beeps, or a pulsed buzzer.

    `pitch_hz`: beep pitch (buzzer: an eighth of it); `beep_s`: length of one beep.
    """
    n = samples(uniform(rng, 1.2, 3.0))
    pitch, beep = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["beep_s"])
    style = rng.choice(["beeps", "groups", "buzzer"], p=[0.45, 0.4, 0.15])
    shape = str(rng.choice(["sine", "square", "saw", "buzz"]))
    if style == "buzzer":
        pitch, beep, shape = pitch / 8, max(beep, 0.15), "buzz"
    m = samples(beep)
    one = tone(pitch, m, shape) * fade(m, 0.004, 0.008)
    step = beep * uniform(rng, 1.5, 2.6)
    size = int(rng.integers(2, 6)) if style == "groups" else n  # beeps of a group
    pause = uniform(rng, 0.2, 0.8)
    count = int(n / SAMPLE_RATE / step) + 1
    events = [(k * step + k // size * pause, one) for k in range(count)]
    return finish(rng, place(n, events))


def siren(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Siren: wail (slow sweep), yelp (fast sweep) or hi-lo (two alternating tones).

    `low_hz`: lowest pitch; `span`: highest pitch over lowest (ratio).
    """
    n = samples(uniform(rng, 1.8, 3.0))
    low, span = draw(rng, ranges["low_hz"]), draw(rng, ranges["span"])
    style = rng.choice(["wail", "yelp", "hilo"])
    phase = (
        np.arange(n)
        / SAMPLE_RATE
        * {
            "wail": uniform(rng, 0.2, 0.7),
            "yelp": uniform(rng, 2.0, 5.0),
            "hilo": uniform(rng, 0.7, 1.5),
        }[str(style)]
        + rng.random()
    )
    if style == "hilo":
        freq = low * np.where(phase % 1 < 0.5, 1.0, uniform(rng, 1.2, 1.5))
    else:
        bend = uniform(rng, 0.6, 1.6)
        freq = low * span ** (0.5 - 0.5 * np.cos(2 * np.pi * phase)) ** bend
    wave = np.tanh(uniform(rng, 0.8, 4.0) * tone(freq, n, str(rng.choice(["sine", "saw"]))))
    return finish(rng, band(wave, 300, uniform(rng, 2500, 6000)) * fade(n, 0.03, 0.05))


def horn(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Horn of a car (two tones), truck (three) or ship (low): steady harmonic honks.

    `pitch_hz`: lowest tone; `honk_s`: length of one honk.
    """
    pitch, honk = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["honk_s"])
    honk = max(honk, 0.9) if pitch < 200 else honk
    count = 1 if honk > 0.8 else int(rng.integers(1, 5))
    m = samples(honk)
    ratios = [1.0, uniform(rng, 1.18, 1.3), uniform(rng, 1.45, 1.55)][: int(rng.integers(1, 4))]
    bend = contour(m, [0, 0.06, 1], [uniform(rng, 0.93, 1.0), 1.0, uniform(rng, 0.98, 1.0)])
    wave = sum(tone(pitch * r * bend, m, "saw") for r in ratios)
    wave = np.tanh(uniform(rng, 0.7, 2.5) * wave)
    centre = uniform(rng, 1200, 3200) if pitch > 200 else uniform(rng, 300, 1200)
    bright = resonator(wave, centre, 0.4 * centre)
    wave = wave / wave.std() * uniform(rng, 0.1, 1.0) + bright / bright.std()
    one = wave * fade(m, uniform(rng, 0.01, 0.06), uniform(rng, 0.03, 0.1))
    step = honk * uniform(rng, 1.2, 1.8)
    n = samples(min(3.0, step * count + 0.15))
    return finish(rng, place(n, [(k * step, one) for k in range(count)]))


def explosion(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Explosion: a saturated noise blast whose brightness falls into a rumble, with debris.

    `cutoff_hz`: brightness of the blast; `tail_s`: time constant of the rumble.
    """
    tail = draw(rng, ranges["tail_s"])
    n = samples(min(3.0, 4 * tail + 0.3))
    cutoff = draw(rng, ranges["cutoff_hz"])
    noise = rng.standard_normal(n)
    blast = band(noise, None, cutoff, 1) * decay(n, tail / uniform(rng, 2.5, 5))
    rumble = band(noise, 25, cutoff / uniform(rng, 2, 8), 1) * decay(n, tail) * 2
    rumble *= wander(rng, n, 12, 0.4)
    sweep = tone(contour(n, [0, 0.3, 1], [uniform(rng, 80, 160), 45, 30]), n) * decay(n, tail)
    dust = band(noise * (rng.random(n) < uniform(rng, 5e-4, 4e-3)), 800, 5000)
    mix = np.tanh(uniform(rng, 1, 4) * (blast + rumble + uniform(rng, 0.05, 1.0) * sweep))
    mix = mix + dust * decay(n, tail * 1.5) * uniform(rng, 0.1, 0.8)
    return finish(rng, mix * fade(n, uniform(rng, 0.001, 0.02), 0.1))


def gunshot(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Gunshot: a click, a bright decaying blast, a thump and an echo; one shot or a burst.

    `blast_s`: time constant of the blast; `echo_s`: time constant of the echo.
    """
    blast_s, echo_s = draw(rng, ranges["blast_s"]), draw(rng, ranges["echo_s"])
    m = samples(0.35)
    noise = rng.standard_normal(m)
    shot = band(noise, uniform(rng, 80, 400), uniform(rng, 1200, 6500), 1) * decay(m, blast_s)
    shot += band(noise, None, 400) * decay(m, blast_s * 2.5) * uniform(rng, 0.5, 3)
    shot = np.tanh(uniform(rng, 2, 8) * shot)
    shot[:24] += rng.choice([-1, 1]) * np.linspace(1.5, 0, 24)
    count = int(rng.choice([1, 2, 3, 4, 6, 8], p=[0.4, 0.15, 0.15, 0.1, 0.1, 0.1]))
    step = uniform(rng, 0.25, 0.8) if count < 4 else uniform(rng, 0.07, 0.15)
    n = samples(min(3.0, step * (count - 1) + 0.35 + 2.5 * echo_s))
    dry = place(n, [(k * step * rng.uniform(0.95, 1.05), shot) for k in range(count)])
    length = samples(3 * echo_s)
    echo = band(rng.standard_normal(length), 100, uniform(rng, 1200, 4000))
    echo *= decay(length, echo_s) * uniform(rng, 0.01, 0.05)
    return finish(rng, dry + fftconvolve(dry, echo)[:n])


def glass(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Breaking glass: an impact, then shards, each a few high and quickly damped modes.

    `mode_hz`: typical lowest mode of a shard; `shards`: their number; `fall_s`: time constant of
    their arrival.
    """
    mode, fall = draw(rng, ranges["mode_hz"]), draw(rng, ranges["fall_s"])
    n = samples(min(3.0, 0.4 + 3.5 * fall))
    m = samples(0.4)
    events = []
    for _ in range(int(draw(rng, ranges["shards"]))):
        k = int(rng.integers(2, 5))
        freqs = mode * np.exp(rng.normal(0, 0.35)) * np.cumprod(rng.uniform(1.0, 1.7, k))
        decays = np.exp(rng.uniform(np.log(0.006), np.log(0.09), k))
        ring = modes(rng, freqs, decays, rng.uniform(0.3, 1, k), m)
        ring[:64] += rng.standard_normal(64) * np.linspace(0.7, 0, 64)
        at = rng.exponential(fall)
        events.append((at, ring * np.exp(-0.6 * at / fall) * uniform(rng, 0.15, 1.0)))
    crash = band(rng.standard_normal(n), uniform(rng, 1000, 3000), None)
    crash *= decay(n, uniform(rng, 0.05, 1.0)) * wander(rng, n, 25, 0.5) * uniform(rng, 0.5, 3)
    return finish(rng, place(n, events) + crash)


def scream(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Scream: a high, rough, bright voice whose pitch rises, holds and falls.

    `pitch_hz`: pitch of the held part; `rough_hz`: rate of the rough amplitude modulation.
    """
    n = samples(uniform(rng, 0.8, 2.2))
    pitch, rough = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["rough_hz"])
    bends = [uniform(rng, 0.6, 0.9), 1.0, uniform(rng, 0.9, 1.1), uniform(rng, 0.55, 0.9)]
    freq = pitch * contour(n, [0, rng.uniform(0.08, 0.2), rng.uniform(0.5, 0.8), 1], bends)
    freq = freq * wander(rng, n, 60, uniform(rng, 0.003, 0.02))
    source = tone(freq, n, "saw") * (1 + uniform(rng, 0.1, 0.9) * tone(rough, n))
    source = source + rng.standard_normal(n) * uniform(rng, 0.2, 1.2)
    voice = sum(
        gain * resonator(source, rng.uniform(*formant), uniform(rng, 120, 350))
        for formant, gain in [((800, 1300), 0.8), ((1400, 2000), 1.2), ((2600, 3600), 1.2)]
    )
    voice = np.tanh(uniform(rng, 1, 4) * voice / np.abs(voice).max())
    return finish(rng, voice * fade(n, 0.05, uniform(rng, 0.1, 0.4)))
