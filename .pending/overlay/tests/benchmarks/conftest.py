"""A handful of clips in memory, and a real model with random weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from audio_interaction.audio.io import encode
from audio_interaction.corpus.language import SOUND_NAMES, WARNINGS
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.sources import SoundClip, Sources, SpeechClip

RATE = 16_000
SENTENCES = (
    ("what is the capital of france", "question", "paris", "", ""),
    ("what comes after two", "question", "three", "", ""),
    ("do you know the opposite of hot", "question", "cold", "", ""),
    ("which color is grass", "question", "green", "", ""),
    ("play some jazz music", "command", "playing jazz music", "", ""),
    ("call anna", "command", "calling anna", "", ""),
    ("call tom", "command", "calling tom", "", ""),
    ("call lucy", "command", "calling lucy", "", ""),
    ("anna called me yesterday", "statement", "", "", ""),
    ("the milk is on the list", "statement", "", "", ""),
    ("one two three", "digits", "", "", ""),
    ("four five", "digits", "", "", ""),
    ("seven f nine", "digits", "", "", ""),
    ("what was that", "instruction", "", "", "name"),
    ("tell me when you hear a bell", "instruction", "", "bell", "watch"),
    ("count the cows", "instruction", "", "cow", "count"),
)


def _speech(number, text, kind, answer, sound, form, split) -> SpeechClip:
    seconds = 0.2
    words = tuple(
        Word(word, index * seconds, (index + 1) * seconds)
        for index, word in enumerate(text.split())
    )
    time = np.arange(round(len(words) * seconds * RATE)) / RATE
    samples = (0.3 * np.sin(2 * np.pi * (200 + 30 * number) * time)).astype(np.float32)
    return SpeechClip(
        id=f"{split}-speech-{number}",
        split=split,
        seconds=len(samples) / RATE,
        encoded=encode(samples, "flac"),
        text=text,
        words=words,
        kind=kind,
        answer=answer,
        sound=sound,
        form=form,
        voice=f"voice-{number % 2}",
        engine=("espeak", "flite")[number % 2],
        recorded=False,
    )


def _sound(rng, number, label, split) -> SoundClip:
    samples = rng.normal(0, 0.1, RATE // 2).clip(-0.9, 0.9).astype(np.float32)
    return SoundClip(
        id=f"{split}-sound-{number}",
        split=split,
        seconds=0.5,
        encoded=encode(samples, "flac"),
        label=label,
        hazard=label in WARNINGS,
        package="package",
        recorded=bool(number % 2),
    )


def make_sources(split: str) -> Sources:
    rng = np.random.default_rng(0)
    labels = [label for label in ("bell", "cow", "drum", "alarm", "glass") for _ in range(2)]
    assert set(labels) <= set(SOUND_NAMES)
    return Sources(
        split,
        tuple(_speech(n, *sentence, split) for n, sentence in enumerate(SENTENCES)),
        tuple(_sound(rng, n, label, split) for n, label in enumerate(labels)),
        (_sound(rng, 99, "noise", split),),
    )


@pytest.fixture(scope="session")
def sources() -> Sources:
    return make_sources("test")


@pytest.fixture(scope="session")
def model():
    """The real class and ears with one small random layer: every step is real, nothing learnt."""
    from audio_interaction.model.interaction import new_model
    from audio_interaction.model.presets import PRESETS
    from audio_interaction.model.tokenizer import train_tokenizer

    torch.manual_seed(0)
    texts = [sentence[0] for sentence in SENTENCES] * 20
    small = replace(PRESETS["tiny"], hidden=64, layers=1, mlp=64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "small", small)
        made = new_model("small", train_tokenizer(texts, 400))
    made.network.eval().requires_grad_(False)
    return made
