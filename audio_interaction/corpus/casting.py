"""Who says the phrases that the sub-tasks beyond plain chat need (`corpus.phrases`).

A dialogue is one voice, so phrases are cast in *sets*: one voice says something of every kind,
among it each fact to remember and each question for it. A set is rendered as one shard.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from audio_interaction.corpus.language import SPLITS
from audio_interaction.corpus.phrases import phrases
from audio_interaction.corpus.render import Maker, render_shards
from audio_interaction.corpus.speech import TEMPO
from audio_interaction.corpus.takes import Take, deck, speakers_of
from audio_interaction.errors import UserError

_FACTS = ("name", "keys", "color", "dinner", "home", "birthday")

# What one voice says in a set of train: clips by (kind, form). A held-out set has one of each.
ENGLISH = {
    **{("feeling", emotion): 1 for emotion in ("happy", "sad", "angry", "surprise")},
    ("spelled", "word"): 2,
    ("spelled", "code"): 3,
    ("choice", ""): 3,
    ("music_choice", ""): 3,
    ("music_open", ""): 1,
    **{("history_fact", fact): 1 for fact in _FACTS},
    **{("history", fact): 1 for fact in _FACTS},
    ("wake_order", ""): 1,
    ("wake", ""): 3,
    ("scene", "where"): 1,
    ("scene", "describe"): 2,
    ("scene_command", ""): 4,
}
# The same in every split.
CHINESE = {("chinese", ""): 10, ("codeswitch", ""): 3}

# Sets by engine: in Chinese half of them by Kokoro, in English few by the slow neural voices.
ENGLISH_SETS = {
    "train": {"espeak-ng": 12, "flite": 6, "festival": 3, "hibari": 1, "kokoro": 2},
    "validation": {"espeak-ng": 4, "kokoro": 2},
    "test": {"piper": 2, "flite": 2, "festival": 1, "espeak-ng": 2, "kokoro": 1},
}
CHINESE_SETS = {
    "train": {"espeak-ng": 15, "kokoro": 15},
    "validation": {"espeak-ng": 2, "kokoro": 2},
    "test": {"espeak-ng": 3, "kokoro": 3},
}


def ability_sets(split: str, seed: int) -> Iterator[list[Take]]:
    """The seeded sets of a split, English ones first.

    Every phrase of a kind and every voice of an engine comes up once before any does again.
    """
    draw = random.Random(f"abilities-{split}-{seed}")
    english = {key: count if split == "train" else 1 for key, count in ENGLISH.items()}
    decks = {
        key: deck([p for p in phrases() if p.split == split and (p.kind, p.form) == key], draw)
        for key in (*ENGLISH, *CHINESE)
    }
    index = 0
    for language, said, sets in (
        ("en", english, ENGLISH_SETS[split]),
        ("zh", CHINESE, CHINESE_SETS[split]),
    ):
        for engine, count in sets.items():
            speakers = deck(speakers_of(split, engine, language), draw)
            for _ in range(count):
                voice, chosen = next(speakers), []
                for key, clips in said.items():
                    for _ in range(clips):
                        id = f"abilities-{split}-{index:05d}"
                        rate, pitch = draw.uniform(*TEMPO), draw.uniform(*TEMPO)
                        chosen.append(Take(id, next(decks[key]), voice, rate, pitch))
                        index += 1
                yield chosen


def render_abilities(
    out_dir: str | Path, seed: int = 0, workers: int = 2, recogniser: Maker | None = None
) -> list[Path]:
    """Render ``speech-abilities-{train,validation,test}.parquet`` to ``out_dir``; returns paths.

    Finished sets are kept beside them until the end, so a run that was stopped goes on where it
    was. The columns are those of `speech.clip_row`.

    Args:
        recogniser: as `render.render_speech`. What is dropped is missing: a set is not filled up.

    Raises:
        UserError: ``workers`` is not positive, or as `render.render_speech`.
    """
    if workers < 1:
        raise UserError(f"workers ({workers}) must be at least 1")
    return [
        render_shards(
            ability_sets(split, seed),
            Path(out_dir) / f"speech-abilities-{split}.parquet",
            seed,
            workers,
            recogniser=recogniser,
        )
        for split in reversed(SPLITS)  # the small ones first
    ]
