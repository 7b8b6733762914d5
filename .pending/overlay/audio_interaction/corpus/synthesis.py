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
- voices (scream, cow): source and formant filters, D. Klatt, JASA 67 (1980) 971;
  roughness of screams at 30-150 Hz: Arnal et al., Current Biology 25 (2015) 2051
"""

from collections.abc import Callable, Sequence

import numpy as np

from audio_interaction.corpus import synthesis_benign as benign
from audio_interaction.corpus import synthesis_hazards as hazards
from audio_interaction.corpus.synthesis_blocks import Range, Ranges
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

SPLITS = ("train", "validation", "test")

MODELS: dict[str, Callable[[np.random.Generator, Ranges], np.ndarray]] = {
    "alarm": hazards.alarm,
    "siren": hazards.siren,
    "horn": hazards.horn,
    "explosion": hazards.explosion,
    "gunshot": hazards.gunshot,
    "glass": hazards.glass,
    "scream": hazards.scream,
    "bell": benign.bell,
    "phone": benign.phone,
    "knock": benign.knock,
    "thunder": benign.thunder,
    "engine": benign.engine,
    "rain": benign.rain,
    "water": benign.water,
    "footsteps": benign.footsteps,
    "hammer": benign.hammer,
    "drum": benign.drum,
    "cow": benign.cow,
    "bird": benign.bird,
}

MAIN: dict[str, tuple[str, list[Range], Range, Range]] = {
    # class: (main parameter, intervals of train, interval of validation, interval of test)
    "alarm": ("pitch_hz", [(500, 2800), (3900, 5000)], (2850, 3250), (3300, 3850)),
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
    "rain": ("drops_hz", [(150, 500), (1800, 5000)], (520, 900), (950, 1700)),
    "water": ("bubble_hz", [(300, 650), (1200, 2200)], (670, 850), (880, 1150)),
    "footsteps": ("floor_hz", [(400, 1000), (2200, 4000)], (1030, 1450), (1500, 2150)),
    "hammer": ("pitch_hz", [(350, 700), (1200, 2200)], (720, 880), (900, 1150)),
    "drum": ("pitch_hz", [(55, 110), (190, 320)], (113, 140), (143, 185)),
    "cow": ("pitch_hz", [(90, 140), (195, 270)], (142, 162), (165, 190)),
    "bird": ("pitch_hz", [(1000, 2200), (3600, 6000)], (2250, 2750), (2800, 3500)),
}

OTHERS: dict[str, dict[str, Range]] = {
    # parameters that all splits draw from the same interval
    "alarm": {"beep_s": (0.03, 0.5)},
    "siren": {"span": (1.5, 3.0)},
    "horn": {"honk_s": (0.15, 1.6)},
    "explosion": {"tail_s": (0.2, 0.9)},
    "gunshot": {"echo_s": (0.05, 0.45)},
    "glass": {"shards": (8, 90), "fall_s": (0.08, 0.9)},
    "scream": {"rough_hz": (30, 150)},
    "bell": {"ring_s": (0.35, 2.5)},
    "phone": {"trill_hz": (12, 28)},
    "knock": {"gap_s": (0.12, 0.4)},
    "thunder": {"roll_hz": (2, 9)},
    "engine": {},
    "rain": {"bright_hz": (1500, 7500)},
    "water": {"rate_hz": (15, 250)},
    "footsteps": {"pace_hz": (1.4, 3.2)},
    "hammer": {"gap_s": (0.2, 0.7)},
    "drum": {"beat_hz": (2.5, 8)},
    "cow": {},
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
    ranges = split_ranges(name, split)
    clip = MODELS[name](rng, ranges)[: 3 * SAMPLE_RATE]
    return np.pad(clip, (0, max(0, SAMPLE_RATE // 2 - len(clip))))
