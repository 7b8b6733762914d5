"""What every test starts from: no hub, one thread, the smoke profile, fixed seeds."""

import os

# Before anything imports numpy or torch: they read these once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ["AUDIO_INTERACTION_PROFILE"] = "smoke"
os.environ.pop("AUDIO_INTERACTION_DATA", None)
os.environ.pop("AUDIO_INTERACTION_RUNS", None)

import random
from pathlib import Path

import hypothesis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audio_interaction.audio.io import encode
from audio_interaction.corpus.language import SOUND_NAMES
from audio_interaction.corpus.sources import SPLITS, Sources, load_sources

# The same examples on every run, and no deadline: the machine may be busy.
hypothesis.settings.register_profile("kit", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("kit")

RATE = 16_000
BENIGN, HAZARDS = ("bell", "bird", "cow"), ("alarm", "glass")
SENTENCES = {
    "question": [("what is the capital of france", "paris"), ("what comes after two", "three")],
    "command": [("play some jazz music", "playing jazz music"), ("call anna", "calling anna")],
    "statement": [("anna called me yesterday", ""), ("the milk is on the list", "")],
    "digits": [("one two three", ""), ("four five six", "")],
}


@pytest.fixture(autouse=True)
def seeds():
    """Every test draws the same numbers, whatever ran before it."""
    import torch

    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def untrained():
    """A tiny model with real ears and a language model that has learnt nothing yet."""
    import torch

    from audio_interaction.model.interaction import new_model
    from audio_interaction.model.tokenizer import train_tokenizer
    from audio_interaction.training.base import domain_texts

    torch.manual_seed(0)
    model = new_model("tiny", train_tokenizer(domain_texts()))
    model.network.eval()
    return model


# Tiny source files: tones for voices, noises for sounds, in the schema of the real ones.


def _spoken(rng, text: str, voice: int) -> tuple[np.ndarray, list[dict]]:
    """A tone for each word, at the pitch of the voice."""
    pieces, words, at = [], [], 0.0
    for word in text.split():
        seconds = rng.uniform(0.15, 0.3)
        time = np.arange(round(seconds * RATE)) / RATE
        pieces.append(0.3 * np.sin(2 * np.pi * (150 + 40 * voice + 20 * len(word)) * time))
        end = at + len(time) / RATE
        words.append({"text": word, "start": at, "end": end})
        at = end
    return np.concatenate(pieces).astype(np.float32), words


def _speech_rows(rng, split: str) -> list[dict]:
    said = [
        (f"{text} {split} {copy}", kind, answer, "", "")
        for kind, pairs in SENTENCES.items()
        for copy in "abcde"  # enough for a dialogue in one voice
        for text, answer in pairs
    ]
    for label in (*BENIGN, *HAZARDS):
        said.append((f"watch for {label} {split}", "instruction", "", label, "watch"))
        counted = f"count the {SOUND_NAMES[label][1]} {split}"
        said.append((counted, "instruction", "", label, "count"))
    said.append((f"what was that {split}", "instruction", "", "", "name"))
    rows = []
    for index, (text, kind, answer, sound, form) in enumerate(said):
        voice = index % 2
        samples, words = _spoken(rng, text, voice)
        rows.append(
            {
                "id": f"{split}-speech-{index}",
                "audio": {"bytes": encode(samples, "flac"), "path": f"{index}.flac"},
                "seconds": len(samples) / RATE,
                "text": text,
                "words": words,
                "kind": kind,
                "answer": answer,
                "sound": sound,
                "form": form,
                "voice": f"{split}-voice-{voice}",
                "engine": "tone",
                "licence": "CC0-1.0",
                "credit": "made by the test",
            }
        )
    return rows


def _sound_rows(rng, split: str) -> list[dict]:
    rows = []
    for label in (*BENIGN, *HAZARDS, "noise"):
        for copy in range(2):
            length = round(rng.uniform(0.5, 1.5) * RATE)
            samples = (0.2 * rng.standard_normal(length)).clip(-0.9, 0.9).astype(np.float32)
            rows.append(
                {
                    "id": f"{split}-{label}-{copy}",
                    "audio": {"bytes": encode(samples, "flac"), "path": f"{label}{copy}.flac"},
                    "seconds": length / RATE,
                    "label": label,
                    "hazard": label in HAZARDS,
                    "package": f"{split}-package-{copy}",
                    "recorded": bool(copy),
                    "licence": "CC0-1.0",
                    "credit": "made by the test",
                    "source": "",
                }
            )
    return rows


@pytest.fixture(scope="session")
def sources_root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("sources")
    rng = np.random.default_rng(0)
    for split in SPLITS:
        for name, rows in (("speech", _speech_rows), ("sounds", _sound_rows)):
            pq.write_table(pa.Table.from_pylist(rows(rng, split)), root / f"{name}-{split}.parquet")
    return root


@pytest.fixture(scope="session")
def train(sources_root) -> Sources:
    return load_sources("train", sources_root)


@pytest.fixture(scope="session")
def test(sources_root) -> Sources:
    return load_sources("test", sources_root)
