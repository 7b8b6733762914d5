"""The closed English of the mini corpus: about 300 words, some thousand sentences.

Every sentence is filled from a template, so a held-out sentence asks for a known fact in a new
way or combines known slots anew: a model that has learnt the words can answer it. Texts are lower
case, without punctuation, with spelled numbers. This is the text side of StreamAudio (paper §4) at
the scale of a laptop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from audio_interaction.corpus.slots import SOUND_NAMES
from audio_interaction.corpus.templates import MAKERS
from audio_interaction.errors import UserError

Value = TypeVar("Value")

KINDS = ("question", "command", "statement", "digits", "instruction")
SPLITS = ("train", "validation", "test")

COUNT_WORDS = ("one", "two", "three", "four", "five")

WARNINGS: dict[str, str] = {
    "alarm": "warning i hear an alarm are you safe",
    "siren": "careful i hear a siren stay safe",
    "horn": "careful i hear a horn watch out",
    "explosion": "warning i hear an explosion are you safe",
    "gunshot": "warning i hear a gunshot stay down",
    "glass": "careful i hear glass breaking are you safe",
    "scream": "i hear a scream do you need help",
    "saw": "careful i hear a saw stay away",
}

# Replies that no sentence owns: they answer sounds.
EXTRA_REPLIES: tuple[str, ...] = (
    *WARNINGS.values(),
    *(phrase for phrase, _ in SOUND_NAMES.values()),
    *COUNT_WORDS,
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of the closed language.

    ``answer`` is the reply a listener owes. It is empty for statements and digit strings, and for
    instructions too, whose reply depends on the sounds of the stream (`name_reply`,
    ``COUNT_WORDS``). ``form`` is "name", "watch" or "count" for instructions, else "";
    ``sound`` names the event that a "watch" or "count" instruction is about, else "".
    ``language`` is "en", or that of a sentence of `corpus.phrases`.
    """

    text: str
    kind: str
    answer: str
    split: str
    sound: str = ""
    form: str = ""
    language: str = "en"


def split_of(text: str) -> str:
    """Split of a sentence by a stable hash of its text: train 80, validation 8, test 12 %."""
    place = place_of(text)
    return "train" if place < 0.80 else "validation" if place < 0.88 else "test"


def place_of(text: str) -> float:
    """Where in [0, 1) a stable hash puts a text: what splits are drawn by."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def name_reply(sound: str) -> str:
    """What names a sound event ("a bell"). Raises UserError for a sound outside SOUND_NAMES."""
    return look_up(SOUND_NAMES, sound, "sound")[0]


def warning(sound: str) -> str:
    """The warning for a hazard sound, 4-8 words. Raises UserError if the sound is no hazard."""
    return look_up(WARNINGS, sound, "hazard")


def look_up(table: Mapping[str, Value], key: str, what: str) -> Value:
    """The entry of a key; UserError says that it is no `what`, and what there is."""
    if key not in table:
        raise UserError(f"{key!r} is no {what} of the closed language; use one of {sorted(table)}")
    return table[key]


@cache
def sentences() -> tuple[Sentence, ...]:
    """Every sentence once, in a fixed order. Train has every word, answer and slot value."""
    made: dict[str, Sentence] = {}
    for maker in MAKERS:
        for text, kind, answer, sound, form in maker():
            made.setdefault(text, Sentence(text, kind, answer, split_of(text), sound, form))
    return tuple(made.values())


@cache
def vocabulary() -> frozenset[str]:
    """All words of the sentences, of their answers, and of EXTRA_REPLIES."""
    texts = (text for s in sentences() for text in (s.text, s.answer))
    return frozenset(word for text in (*texts, *EXTRA_REPLIES) for word in text.split())
