"""Models of the sounds that need no warning. Sources: `corpus.synthesis`.

Every model takes a generator and its parameter ranges and returns float32 mono samples at 16 kHz.
"""

import numpy as np

from audio_interaction.corpus.synthesis_blocks import (
    Ranges,
    band,
    colour,
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

BAR = np.array([1.0, 2.756, 5.404, 8.933, 13.34])
MEMBRANE = np.array([1.0, 1.594, 2.136, 2.296, 2.653, 2.918])
CHURCH_BELL = np.array([0.5, 1.0, 1.2, 1.5, 2.0, 2.5, 2.667, 3.0, 4.0, 5.33])
HAND_BELL = np.array([1.0, 2.76, 3.0, 5.2, 6.1])
"""Mode frequencies over the first one (bell: over the strike note)."""


def bell(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Bell: church-bell or hand-bell modes with long decays, one to five strikes.

    `pitch_hz`: strike note; `ring_s`: decay time constant of the lowest mode.
    """
    n = samples(uniform(rng, 1.5, 3.0))
    pitch, ring = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["ring_s"])
    ratios = CHURCH_BELL if rng.random() < 0.6 else HAND_BELL
    ratios = ratios * rng.uniform(0.985, 1.015, len(ratios))
    decays = ring / ratios ** uniform(rng, 0.4, 1.0)
    amps = rng.uniform(0.2, 1, len(ratios)) / ratios ** uniform(rng, 0.1, 0.8)
    one = modes(rng, pitch * ratios, decays, amps, n)
    one[:80] += rng.standard_normal(80) * np.linspace(0.5, 0, 80)
    step = uniform(rng, 0.25, 1.4)
    count = int(rng.integers(1, 6))
    return finish(rng, place(n, [(k * step, one * rng.uniform(0.6, 1)) for k in range(count)]))


def phone(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Phone: two gongs struck by a hammer (old) or two tones alternating (electronic), in rings.

    `pitch_hz`: lower gong or tone; `trill_hz`: strokes or alternations per second.
    """
    pitch, trill = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["trill_hz"])
    ring, pause = uniform(rng, 0.4, 1.6), uniform(rng, 0.2, 0.9)
    m = samples(ring)
    upper = pitch * uniform(rng, 1.15, 1.35)
    if rng.random() < 0.5:
        tail = samples(0.35)
        gongs = [
            modes(rng, f * HAND_BELL[:4], [0.25, 0.15, 0.1, 0.05], rng.uniform(0.3, 1, 4), tail)
            for f in (pitch, upper)
        ]
        strokes = [(k / trill, gongs[k % 2]) for k in range(int(ring * trill))]
        one = place(m + tail, strokes)
    else:
        high = (np.arange(m) / SAMPLE_RATE * trill) % 1 < 0.5
        one = tone(np.where(high, upper, pitch), m, str(rng.choice(["sine", "square"])))
        one = one * fade(m, 0.01, 0.02)
    n = samples(uniform(rng, 1.2, 3.0))
    starts = np.arange(0.0, n / SAMPLE_RATE, ring + pause)
    return finish(rng, place(n, [(s, one) for s in starts]))


def knock(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Knocks on wood: two to five short hits of low, strongly damped modes.

    `pitch_hz`: lowest mode of the door; `gap_s`: time between knocks.
    """
    pitch, gap = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["gap_s"])
    m = samples(0.25)
    ratios = np.cumprod(np.concatenate([[1.0], rng.uniform(1.2, 1.9, 5)]))
    decays = np.exp(rng.uniform(np.log(0.008), np.log(0.035), 6))
    amps = rng.uniform(0.2, 1, 6) / ratios**0.5
    count = int(rng.integers(2, 6))
    events = []
    for k in range(count):
        hit = modes(rng, pitch * ratios, decays, amps * rng.uniform(0.8, 1.2, 6), m)
        click = band(rng.standard_normal(m), 300, uniform(rng, 1500, 4000)) * decay(m, 0.004)
        events.append((k * gap * rng.uniform(0.93, 1.07), (hit + click) * rng.uniform(0.7, 1)))
    return finish(rng, place(samples(gap * count + 0.3), events))


def thunder(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Thunder: an optional crack, then seconds of low noise that swells and rolls.

    `cutoff_hz`: brightness of the rumble; `roll_hz`: swells per second.
    """
    n = samples(uniform(rng, 2.2, 3.0))
    cutoff, roll = draw(rng, ranges["cutoff_hz"]), draw(rng, ranges["roll_hz"])
    noise = rng.standard_normal(n)
    rumble = band(noise, 20, cutoff, int(rng.integers(1, 3))) * wander(rng, n, roll, 0.6)
    rumble *= fade(n, uniform(rng, 0.02, 0.6), 0.2) * decay(n, uniform(rng, 0.8, 3.0))
    rumble /= np.abs(rumble).max() + 1e-9
    if rng.random() < 0.6:
        crack = band(noise, 200, 5000, 1) * (rng.random(n) < uniform(rng, 0.01, 0.2))
        crack = band(crack, None, 4000, 1) * decay(n, uniform(rng, 0.1, 0.4))
        rumble += crack / (np.abs(crack).max() + 1e-9) * uniform(rng, 0.02, 0.5)
    return finish(rng, rumble)


def engine(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Engine: harmonics of the firing rate and noise pulsed by it, idling or revving.

    `firing_hz`: ignitions per second at idle.
    """
    n = samples(uniform(rng, 1.5, 3.0))
    firing = draw(rng, ranges["firing_hz"])
    style = rng.choice(["idle", "rev", "pull"])
    knots = {
        "idle": [1, 1, 1],
        "rev": [1, uniform(rng, 1.6, 3), uniform(rng, 1, 1.5)],
        "pull": [1, uniform(rng, 1.2, 1.6), uniform(rng, 1.5, 2.5)],
    }[str(style)]
    freq = firing * contour(n, [0, rng.uniform(0.3, 0.7), 1], knots) * wander(rng, n, 25, 0.02)
    phase = 2 * np.pi * np.cumsum(freq) / SAMPLE_RATE
    hum = sum(
        rng.uniform(0.2, 1) / k**0.8 * np.sin(k * phase / 2 + rng.uniform(0, 6.28))
        for k in range(1, 25)
    )
    pulse = np.maximum(np.cos(phase), 0) ** uniform(rng, 1, 6)
    noise = band(rng.standard_normal(n), 60, uniform(rng, 800, 4500), 1) * (pulse + 0.15)
    mix = np.tanh(uniform(rng, 0.5, 2) * (hum / 2 + noise * uniform(rng, 0.5, 3)))
    mix = band(mix, None, uniform(rng, 300, 3500), 1) * wander(rng, n, 3, 0.25)
    return finish(rng, mix * fade(n, uniform(rng, 0.02, 0.4), 0.1))


def rain(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Rain: thousands of short drop clicks over a hiss.

    `drops_hz`: audible drops per second; `bright_hz`: upper edge of the hiss.
    """
    n = samples(uniform(rng, 1.8, 3.0))
    drops, bright = draw(rng, ranges["drops_hz"]), draw(rng, ranges["bright_hz"])
    clicks = np.zeros(n)
    for _ in range(4):
        hits = (rng.random(n) < drops / 4 / SAMPLE_RATE) * rng.exponential(1, n) ** 1.5
        clicks += resonator(hits, uniform(rng, 1500, 7000), uniform(rng, 300, 1500))
    clicks /= np.sqrt((clicks**2).mean()) + 1e-9
    hiss = band(rng.standard_normal(n), uniform(rng, 150, 900), bright, 1)
    hiss /= np.sqrt((hiss**2).mean())
    mix = hiss + clicks * uniform(rng, 0.2, 1.5)
    mix += colour(rng, n, rng.uniform(1, 3)) * uniform(rng, 0.05, 2.5)
    return finish(rng, mix * wander(rng, n, 2, 0.06) * fade(n, 0.1, 0.1))


def water(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Running or bubbling water: many bubbles, damped sines whose pitch rises, over soft noise.

    `bubble_hz`: typical pitch of a bubble; `rate_hz`: bubbles per second.
    """
    n = samples(uniform(rng, 1.5, 3.0))
    pitch, rate = draw(rng, ranges["bubble_hz"]), draw(rng, ranges["rate_hz"])
    events = []
    for _ in range(rng.poisson(rate * n / SAMPLE_RATE) + 3):
        f0 = min(6000.0, pitch * np.exp(rng.normal(0, 0.6)))
        m = samples(min(0.2, 25 / f0))
        t = np.arange(m) / SAMPLE_RATE
        damp = 0.13 * f0 / 3 + 0.0072 * f0**1.5 / 3
        rise = 1 + rng.uniform(0, 0.3) * damp * t
        ring = np.sin(2 * np.pi * f0 * t * rise) * np.exp(-damp * t) * fade(m, 0.001, 0.002)
        events.append((rng.uniform(0, n / SAMPLE_RATE), ring * uniform(rng, 0.1, 1.0)))
    bubbles = place(n, events)
    bubbles /= np.sqrt((bubbles**2).mean()) + 1e-9
    flow = band(rng.standard_normal(n), uniform(rng, 150, 1000), uniform(rng, 1500, 7000), 1)
    flow *= wander(rng, n, uniform(rng, 4, 40), 0.4) / np.sqrt((flow**2).mean())
    return finish(rng, (bubbles + flow * uniform(rng, 0.1, 1.5)) * fade(n, 0.08, 0.1))


def footsteps(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Footsteps: a walk of heel thumps and toe scuffs on one floor.

    `pace_hz`: steps per second; `floor_hz`: typical pitch of the scuff (gravel high, wood low).
    """
    pace, floor = draw(rng, ranges["pace_hz"]), draw(rng, ranges["floor_hz"])
    count = int(rng.integers(3, 8))
    grain = uniform(rng, 0.03, 1.0)
    m = samples(0.3)
    heel_hz, length, thump = (
        uniform(rng, 70, 300),
        uniform(rng, 0.015, 0.12),
        uniform(rng, 0.03, 1),
    )
    events = []
    for k in range(count):
        at = k / pace * rng.uniform(0.97, 1.03)
        noise = rng.standard_normal(m)
        heel = modes(rng, [heel_hz, heel_hz * 2.3], [0.025, 0.012], [1, 0.5], m)
        heel += band(noise, None, 600) * decay(m, 0.012)
        scuff = band(noise * (rng.random(m) < grain), floor / uniform(rng, 1.5, 6), floor * 3, 1)
        scuff = scuff / (np.abs(scuff).max() + 1e-9) * decay(m, length) * fade(m, 0.008, 0.01)
        step = heel * thump * rng.uniform(0.7, 1) + place(m, [(uniform(rng, 0.01, 0.07), scuff)])
        events.append((at, step * rng.uniform(0.6, 1)))
    return finish(rng, place(samples(min(3.0, count / pace + 0.2)), events))


def hammer(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Hammer on metal: repeated strikes of inharmonic bar modes with short decays.

    `pitch_hz`: lowest mode of the piece; `gap_s`: time between strikes.
    """
    pitch, gap = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["gap_s"])
    m = samples(0.5)
    ratios = np.sort(np.concatenate([BAR, rng.uniform(1.2, 12, int(rng.integers(5, 14)))]))
    decays = uniform(rng, 0.03, 0.25) * np.exp(rng.normal(0, 0.5, len(ratios)))
    amps = rng.uniform(0.2, 1, len(ratios))
    count = int(rng.integers(2, 6))
    events = []
    for k in range(count):
        hit = modes(rng, pitch * ratios, decays, amps * rng.uniform(0.6, 1.4, len(ratios)), m)
        click = band(rng.standard_normal(m), 800, 7000) * decay(m, 0.006)
        events.append((k * gap * rng.uniform(0.95, 1.05), hit + click * uniform(rng, 1, 5)))
    return finish(rng, place(samples(min(3.0, gap * count + 0.3)), events))


def drum(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Drum: a pattern of hits, each membrane modes with a falling pitch, some with snare noise.

    `pitch_hz`: lowest mode; `beat_hz`: pattern steps per second.
    """
    pitch, beat = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["beat_hz"])
    m = samples(0.6)
    t = np.arange(m) / SAMPLE_RATE
    drop = 1 + uniform(rng, 0.05, 0.6) * np.exp(-t / 0.03)
    length, snare = uniform(rng, 0.08, 0.35), rng.random() < 0.4
    hit = sum(
        rng.uniform(0.2, 1) / r * tone(pitch * r * drop, m) * decay(m, length / r**0.7)
        for r in MEMBRANE
    )
    hit += band(rng.standard_normal(m), 200, 3000) * decay(m, 0.008) * uniform(rng, 0.2, 1)
    if snare:
        hit += band(rng.standard_normal(m), 1500, 7000, 1) * decay(m, 0.09) * rng.uniform(0.4, 1)
    count = int(rng.integers(3, 11))
    steps = np.cumsum(rng.choice([1, 1, 2], count)) - 1
    n = samples(min(2.8, steps[-1] / beat + 0.5))
    return finish(rng, place(n, [(s / beat, hit * rng.uniform(0.5, 1)) for s in steps]))


def cow(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Cow: a long low voiced call that rises a little and falls, with an opening mouth.

    `pitch_hz`: pitch of the call's middle.
    """
    n = samples(uniform(rng, 0.9, 2.0))
    pitch = draw(rng, ranges["pitch_hz"])
    knots = [uniform(rng, 0.75, 0.95), 1, uniform(rng, 1.0, 1.15), uniform(rng, 0.7, 0.95)]
    freq = pitch * contour(n, [0, 0.25, 0.7, 1], knots) * wander(rng, n, 40, 0.015)
    source = tone(freq, n, "saw") + rng.standard_normal(n) * uniform(rng, 0.05, 0.3)
    closed = resonator(source, rng.uniform(220, 350), 90)
    opened = resonator(source, rng.uniform(450, 750), 130)
    opened += uniform(rng, 0.8, 3) * resonator(source, rng.uniform(900, 1500), 250)
    opened += uniform(rng, 0.5, 3) * resonator(source, rng.uniform(1700, 2600), 400)
    mouth = np.interp(np.linspace(0, 1, n), [0, rng.uniform(0.15, 0.4), 0.85, 1], [0, 1, 1, 0.3])
    voice = closed * (1.1 - mouth) + opened * mouth
    return finish(rng, voice * fade(n, 0.12, 0.3))


def bird(rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
    """Bird song: phrases of chirps, each a fast pitch gesture, some trilled.

    `pitch_hz`: centre of the chirps; `rate_hz`: chirps per second.
    """
    n = samples(uniform(rng, 1.0, 2.5))
    pitch, rate = draw(rng, ranges["pitch_hz"]), draw(rng, ranges["rate_hz"])
    events, at, harsh = [], 0.0, uniform(rng, 0.02, 1.0)
    gestures = [np.exp(rng.normal(0, 0.2, 3)) for _ in range(int(rng.integers(1, 4)))]
    while at < n / SAMPLE_RATE:
        m = samples(min(0.3, rng.uniform(0.35, 0.9) / rate))
        freq = pitch * contour(m, [0, 0.5, 1], gestures[rng.integers(len(gestures))])
        if rng.random() < 0.3:
            freq = freq * (1 + 0.08 * tone(uniform(rng, 25, 60), m))
        freq = np.minimum(freq, 7500.0)
        chirp = tone(freq, m) + harsh * tone(np.minimum(2 * freq, 7800.0), m)
        chirp += harsh * rng.uniform(0, 1) * band(rng.standard_normal(m), pitch / 1.5, pitch * 2, 1)
        events.append((at, chirp * np.sin(np.pi * np.linspace(0, 1, m)) * rng.uniform(0.5, 1)))
        at += 1 / rate * rng.uniform(0.8, 1.2) + (
            rng.uniform(0.1, 0.4) if rng.random() < 0.15 else 0
        )
    return finish(rng, place(n, events))
