"""Music to name: eight instruments, all synthesised, and their Parquet files.

As with the other sounds, the keynote (or the pitch of the bass drum) of one split is drawn from no
interval of another, so a test clip is never a re-draw of a training clip.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audio_interaction.corpus import synthesis_music as models
from audio_interaction.corpus.sounds import SYNTHESIS, sound_row, synthesised_origin
from audio_interaction.corpus.speech import write_table
from audio_interaction.corpus.synthesis import SPLITS
from audio_interaction.corpus.synthesis_blocks import Range, Ranges
from audio_interaction.errors import UserError

CLIPS = {"train": 10, "validation": 4, "test": 6}
"""Clips of each instrument and split."""

INSTRUMENTS: dict[str, Callable[[np.random.Generator, Ranges], np.ndarray]] = {
    "piano": models.piano,
    "guitar": models.guitar,
    "flute": models.flute,
    "violin": models.violin,
    "trumpet": models.trumpet,
    "organ": models.organ,
    "xylophone": models.xylophone,
    "drums": models.drums,
}

MAIN: dict[str, tuple[str, list[Range], Range, Range]] = {
    # instrument: (main parameter, intervals of train, interval of validation, interval of test)
    "piano": ("tonic_hz", [(130, 225), (300, 440)], (228, 257), (260, 297)),
    "guitar": ("tonic_hz", [(98, 140), (180, 250)], (142, 157), (159, 178)),
    "flute": ("tonic_hz", [(330, 480), (660, 800)], (485, 560), (565, 655)),
    "violin": ("tonic_hz", [(220, 320), (440, 560)], (324, 370), (374, 436)),
    "trumpet": ("tonic_hz", [(200, 270), (370, 470)], (273, 312), (316, 366)),
    "organ": ("tonic_hz", [(130, 200), (290, 400)], (203, 240), (243, 286)),
    "xylophone": ("tonic_hz", [(520, 700), (960, 1200)], (710, 815), (825, 950)),
    "drums": ("kick_hz", [(42, 54), (70, 85)], (55, 60.5), (61.5, 69)),
}

OTHERS: dict[str, tuple[str, Range]] = {
    # a parameter that all splits draw from the same interval
    "piano": ("hardness", (0.7, 2.5)),
    "guitar": ("pick", (0.08, 0.35)),
    "flute": ("breath", (0.03, 0.25)),
    "violin": ("bow", (0.03, 0.25)),
    "trumpet": ("index", (2.5, 6.0)),
    "organ": ("tremulant_hz", (4, 8)),
    "xylophone": ("ring_s", (0.05, 0.18)),
    "drums": ("steps_hz", (3.5, 7)),
}


ORIGIN = synthesised_origin("audio_interaction.corpus.synthesis_music")


def music_ranges(name: str, split: str) -> dict[str, Sequence[Range]]:
    """Parameter intervals of an instrument in a split.

    Raises:
        UserError: an unknown instrument or split.
    """
    if name not in INSTRUMENTS or split not in SPLITS:
        raise UserError(
            f"no music for instrument {name!r} and split {split!r}; "
            f"instruments are {sorted(INSTRUMENTS)}, splits are {SPLITS}"
        )
    main, *bands = MAIN[name]
    other, band = OTHERS[name]
    train, validation, test = bands
    own = {"train": train, "validation": [validation], "test": [test]}[split]
    return {main: own, other: [band]}


def play(name: str, split: str, rng: np.random.Generator) -> np.ndarray:
    """A random piece on an instrument, from the parameter ranges of a split.

    Returns float32 mono samples at 16 kHz, 1.5 to 3.5 s long, within [-1, 1]. The same generator
    state gives the same samples. Raises UserError for an unknown instrument or split.
    """
    ranges = music_ranges(name, split)
    return INSTRUMENTS[name](rng, ranges)


def make_music(out_dir: str | Path, seed: int = 0) -> Counter:
    """Write `music-{train,validation,test}.parquet` to a folder, columns as `sounds-*.parquet`.

    The seed decides every clip. Returns the number of clips by (split, label).
    """
    counts: Counter = Counter()
    for split in SPLITS:
        rows = []
        for name in tqdm(INSTRUMENTS, desc=f"music {split}"):
            for k in range(CLIPS[split]):
                rng = np.random.default_rng([seed, k, *f"music {name} {split}".encode()])
                identity = f"{name}-{SYNTHESIS}-{split}-{k:02d}"
                rows.append(sound_row(name, False, play(name, split, rng), identity, ORIGIN))
        counts.update((split, row["label"]) for row in rows)
        write_table(rows, Path(out_dir) / f"music-{split}.parquet")
    return counts
