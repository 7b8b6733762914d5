"""Models of eight instruments: a short melody or beat on each, synthesised.

Every model takes a generator and its parameter ranges and returns float64 or float32 mono samples
at 16 kHz, as the models of `synthesis_benign` do. Sources of the methods:

- plucked string: K. Karplus and A. Strong, Computer Music Journal 7/2 (1983) 43
- brass by frequency modulation: J. Chowning, J. Audio Eng. Soc. 21 (1973) 526
- stiff strings, tuned bars, flutes, bowed strings and organ pipes as sums of partials: N. Fletcher
  and T. Rossing, *The Physics of Musical Instruments*, 2nd ed., ch. 9-12, 16, 17 and 19
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import lfilter

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

Note = Callable[[float, float], np.ndarray]
"""Pitch in Hz and seconds held -> samples of one note, release included."""

SHORTEST, LONGEST = 1.5, 3.5  # s a piece lasts
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9))  # in semitones
TUNED_BAR = (1.0, 3.0, 6.0, 10.2)  # mode frequencies of a xylophone bar over the first
DRAWBARS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # organ pipes over the key's pitch


def melody(
    rng: np.random.Generator, tonic: float, note: Note, chords: float = 0.0, legato: float = 1.0
) -> np.ndarray:
    """A random walk on a scale around the tonic (Hz), in a random rhythm.

    ``chords`` is the probability that a note becomes a triad; ``legato`` is how much of its beat a
    note is held.
    """
    seconds, beat = uniform(rng, SHORTEST, LONGEST), 1 / uniform(rng, 1.8, 4.5)
    scale = SCALES[rng.integers(len(SCALES))]
    at, step, events = 0.0, int(rng.integers(0, 5)), []
    while at < seconds - 0.15:
        held = min(beat * float(rng.choice([0.5, 1, 1, 1, 2])), seconds - at)
        triad = (0, 2, 4) if rng.random() < chords else (0,)
        for third in triad:
            octave, degree = divmod(step + third, len(scale))
            pitch = tonic * 2 ** (octave + scale[degree] / 12)
            strength = rng.uniform(0.6, 1.0) / len(triad) ** 0.5
            events.append((at, strength * note(pitch, held * legato)))
        at += held
        step = int(np.clip(step + rng.integers(-3, 4), -3, 8))
    return finish(rng, place(samples(seconds), events))


def piano(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Piano: stiff strings, two a key and slightly out of tune, struck and damped on release.

    `tonic_hz`: keynote; `hardness`: how far up the partials reach.
    """
    tonic, hardness = draw(rng, ranges["tonic_hz"]), draw(rng, ranges["hardness"])
    stiffness, ring = uniform(rng, 1e-4, 8e-4), uniform(rng, 0.6, 1.6)

    def note(pitch: float, held: float) -> np.ndarray:
        k = np.arange(1, 1 + min(24, int(7000 / pitch)))
        freqs = k * pitch * np.sqrt(1 + stiffness * k**2)
        amps = np.exp(-k / (3 * hardness)) * np.abs(np.sin(np.pi * k / 8)) + 0.02 / k
        n = samples(held + 0.15)
        string = modes(rng, freqs, ring * (220 / pitch) ** 0.3 / k**0.5, amps, n)
        string += modes(rng, freqs * 1.0007, 1.4 * ring / k**0.5, amps * 0.6, n)
        string += band(rng.standard_normal(n), 200, 2500, 1) * decay(n, 0.008) * 0.2
        return string * fade(n, 0.002, 0.1)

    return melody(rng, tonic, note, chords=rng.uniform(0, 0.5))


def guitar(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Guitar: plucked strings (Karplus-Strong) over two body resonances, picked or strummed.

    `tonic_hz`: keynote; `pick`: where the string is plucked, as a share of its length.
    """
    tonic, pick = draw(rng, ranges["tonic_hz"]), draw(rng, ranges["pick"])
    damping, body = uniform(rng, 0.985, 0.997), uniform(rng, 90, 130)

    def note(pitch: float, held: float) -> np.ndarray:
        n = samples(held + 0.3)
        period = SAMPLE_RATE / pitch - 0.5  # the averaging below delays by half a sample
        size, part = int(period), period % 1
        burst = np.zeros(n)
        burst[: size + 1] = rng.uniform(-1, 1, min(n, size + 1))
        comb = max(1, round(pick * period))
        burst = burst - np.concatenate([np.zeros(comb), burst[:-comb]])
        loop = np.zeros(size + 3)
        loop[0] = 1.0
        for lag, weight in ((0, 1 - part), (1, part)):  # a delay between two samples
            loop[size + lag] -= damping * weight / 2
            loop[size + lag + 1] -= damping * weight / 2
        string = lfilter([1.0], loop, burst)
        string += 0.4 * resonator(string, body, 40) + 0.3 * resonator(string, 2.1 * body, 60)
        return string * fade(n, 0.001, 0.08)

    return melody(rng, tonic, note, chords=rng.uniform(0.1, 0.7), legato=1.3)


def flute(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Flute: few partials, vibrato and breath around the pitch.

    `tonic_hz`: keynote; `breath`: breath noise beside the tone.
    """
    tonic, breath = draw(rng, ranges["tonic_hz"]), draw(rng, ranges["breath"])
    vibrato, depth = uniform(rng, 4, 6.5), uniform(rng, 0.002, 0.008)
    second, third = uniform(rng, 0.15, 0.6), uniform(rng, 0.05, 0.25)

    def note(pitch: float, held: float) -> np.ndarray:
        n = samples(held + 0.05)
        freq = pitch * (1 + depth * tone(vibrato, n)) * contour(n, [0, 0.1, 1], [0.985, 1, 1])
        sound = tone(freq, n) + second * tone(2 * freq, n) + third * tone(3 * freq, n)
        air = band(rng.standard_normal(n), 0.7 * pitch, 4 * pitch, 1)
        sound += breath * air / (air.std() + 1e-9) * wander(rng, n, 12, 0.3)
        sound *= 1 + 0.15 * tone(vibrato, n)
        return sound * fade(n, uniform(rng, 0.03, 0.09), 0.06)

    return melody(rng, tonic, note)


def violin(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Violin: a bowed saw-tooth with vibrato through the resonances of a body.

    `tonic_hz`: keynote; `bow`: bow noise beside the tone.
    """
    tonic, bow = draw(rng, ranges["tonic_hz"]), draw(rng, ranges["bow"])
    vibrato, depth = uniform(rng, 4.5, 7), uniform(rng, 0.004, 0.012)
    body = [(f * rng.uniform(0.93, 1.07), w) for f, w in ((280, 60), (460, 80), (560, 90),
                                                          (1100, 250), (2600, 700))]  # fmt: skip

    def note(pitch: float, held: float) -> np.ndarray:
        n = samples(held + 0.08)
        swell = np.minimum(1.0, np.arange(n) / SAMPLE_RATE / 0.25)  # vibrato sets in late
        freq = pitch * (1 + depth * swell * tone(vibrato, n)) * wander(rng, n, 30, 0.001)
        string = tone(freq, n, "saw")
        string += bow * band(rng.standard_normal(n), 1500, 7000, 1) * (0.5 + 0.5 * tone(freq, n))
        sound = 0.15 * string + sum(resonator(string, *mode) for mode in body)
        return sound * fade(n, uniform(rng, 0.05, 0.14), 0.08)

    return melody(rng, tonic, note, legato=1.05)


def trumpet(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Trumpet: frequency modulation whose index, the brightness, follows the loudness.

    `tonic_hz`: keynote; `index`: modulation index at full loudness.
    """
    tonic, index = draw(rng, ranges["tonic_hz"]), draw(rng, ranges["index"])
    attack, sag = uniform(rng, 0.025, 0.07), uniform(rng, 0.6, 0.9)

    def note(pitch: float, held: float) -> np.ndarray:
        n = samples(held + 0.04)
        loud = fade(n, attack, 0.06) * contour(n, [0, 0.15, 0.4, 1], [1, 1, sag, sag])
        phase = 2 * np.pi * np.cumsum(pitch * wander(rng, n, 25, 0.003)) / SAMPLE_RATE
        room = min(index, 7000 / pitch - 1)  # higher side bands would fold back
        brass = np.sin(phase + room * loud * np.sin(phase))
        return band(brass, 150, None, 1) * loud

    return melody(rng, tonic, note, legato=rng.uniform(0.7, 1.0))


def organ(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Organ: ranks of pipes an octave, a fifth ... over each key, held at one loudness.

    `tonic_hz`: keynote; `tremulant_hz`: beat of its tremulant.
    """
    tonic, beat = draw(rng, ranges["tonic_hz"]), draw(rng, ranges["tremulant_hz"])
    depth = rng.choice([0.0, uniform(rng, 0.05, 0.3)])
    ranks = rng.uniform(0, 1, len(DRAWBARS)) ** 2 / np.sqrt(DRAWBARS)
    ranks[1] = 1.0

    def note(pitch: float, held: float) -> np.ndarray:
        n = samples(held + 0.03)
        sound = sum(
            rank * tone(bar * pitch * rng.uniform(0.999, 1.001), n)
            for bar, rank in zip(DRAWBARS, ranks, strict=True)
            if bar * pitch < 7000
        )
        sound = sound + 0.1 * band(rng.standard_normal(n), 500, 3000, 1) * decay(n, 0.02)
        return sound * (1 + depth * tone(beat, n)) * fade(n, 0.015, 0.03)

    return melody(rng, tonic, note, chords=rng.uniform(0.4, 1.0))


def xylophone(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Xylophone: wooden bars tuned to 1 : 3 : 6, struck by a mallet, some notes repeated fast.

    `tonic_hz`: keynote; `ring_s`: decay time constant of the first mode.
    """
    tonic, ring = draw(rng, ranges["tonic_hz"]), draw(rng, ranges["ring_s"])
    hard = uniform(rng, 0.15, 0.8)

    def note(pitch: float, held: float) -> np.ndarray:
        n = samples(max(held, 0.4))
        ratios = np.array(TUNED_BAR)
        amps = hard ** np.arange(len(ratios))
        one = modes(rng, pitch * ratios, ring * (880 / pitch) ** 0.5 / ratios, amps, n)
        one += band(rng.standard_normal(n), 800, 6000, 1) * decay(n, 0.004) * hard
        if rng.random() < 0.2:
            return place(n, [(0.0, one), (held / 2, one)])
        return one

    return melody(rng, tonic, note)


def drums(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Drum kit: a beat of bass drum, snare and hi-hat.

    `kick_hz`: pitch of the bass drum; `steps_hz`: eighth notes per second.
    """
    kick_hz, steps_hz = draw(rng, ranges["kick_hz"]), draw(rng, ranges["steps_hz"])
    m = samples(0.35)
    noise, time = rng.standard_normal(m), np.arange(m) / SAMPLE_RATE
    drop = 1 + uniform(rng, 1, 3) * np.exp(-time / 0.02)
    kick = tone(kick_hz * drop, m) * decay(m, uniform(rng, 0.06, 0.15))
    snare = band(noise, 1200, 7500, 1) * decay(m, uniform(rng, 0.05, 0.12))
    snare = 0.6 * snare + tone(uniform(rng, 160, 240), m) * decay(m, 0.05)
    hat = band(noise, uniform(rng, 4000, 6000), None) * decay(m, uniform(rng, 0.012, 0.05))
    hat *= uniform(rng, 0.2, 0.6)
    seconds = uniform(rng, SHORTEST, LONGEST)
    start, events = int(rng.integers(8)), []
    for step in range(int(seconds * steps_hz)):
        at, beat = step / steps_hz * rng.uniform(0.995, 1.005), (start + step) % 8
        events.append((at, hat * rng.uniform(0.5, 1)))
        if beat in (0, 4) or rng.random() < 0.15:
            events.append((at, kick * rng.uniform(0.7, 1)))
        if beat in (2, 6) or rng.random() < 0.08:
            events.append((at, snare * rng.uniform(0.7, 1)))
    return finish(rng, place(samples(seconds), events))
