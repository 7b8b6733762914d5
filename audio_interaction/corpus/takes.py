"""What is to be rendered: which sentence by which voice, how fast and how high."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from audio_interaction.corpus.language import Sentence, sentences
from audio_interaction.corpus.speech import TEMPO
from audio_interaction.corpus.voices import VOICES, Voice

# Clips by (kind, form), and by engine within a split.
KIND_SHARES = {
    ("question", ""): 0.32,
    ("command", ""): 0.20,
    ("statement", ""): 0.22,
    ("digits", ""): 0.06,
    ("instruction", "name"): 0.06,
    ("instruction", "watch"): 0.07,
    ("instruction", "count"): 0.07,
}
ENGINE_SHARES = {
    "train": {
        "espeak-ng": 0.42,
        "flite": 0.28,
        "festival": 0.14,
        "hibari": 0.14,
        "kokoro": 0.02,
    },
    "validation": {"espeak-ng": 0.8, "kokoro": 0.2},
    "test": {"piper": 0.25, "flite": 0.2, "festival": 0.2, "espeak-ng": 0.26, "kokoro": 0.09},
}


@dataclass(frozen=True)
class Take:
    """One clip to render: a sentence, a voice, and how fast and high it speaks."""

    id: str
    sentence: Sentence
    voice: Voice
    rate: float
    pitch: float


def takes(split: str, seed: int) -> Iterator[Take]:
    """The endless, seeded sequence of takes of a split.

    Every sentence of a kind and every voice of an engine is used once before any is used again.
    """
    draw = random.Random(f"{split}-{seed}")
    spoken = {
        key: [s for s in sentences() if s.split == split and (s.kind, s.form) == key]
        for key in KIND_SHARES
    }
    speakers = {engine: speakers_of(split, engine, "en") for engine in ENGINE_SHARES[split]}
    sentence_decks = {key: deck(items, draw) for key, items in spoken.items()}
    voice_decks = {engine: deck(items, draw) for engine, items in speakers.items()}
    index = 0
    while True:
        yield Take(
            f"{split}-{index:06d}",
            next(sentence_decks[_choose(KIND_SHARES, draw)]),
            next(voice_decks[_choose(ENGINE_SHARES[split], draw)]),
            draw.uniform(*TEMPO),
            draw.uniform(*TEMPO),
        )
        index += 1


def _choose(shares: dict, draw: random.Random):
    return draw.choices(list(shares), weights=list(shares.values()))[0]


def speakers_of(split: str, engine: str, language: str) -> list[Voice]:
    """Voices of an engine that speak a language in a split, in the order of the registry."""
    return [
        voice
        for voice in VOICES.values()
        if (voice.split, voice.engine) == (split, engine) and language in voice.languages
    ]


def deck(items: list, draw: random.Random) -> Iterator:
    """Items without end, in a new order each time all of them have come up."""
    while True:
        yield from draw.sample(items, len(items))
