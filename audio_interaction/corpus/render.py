"""Rendering the spoken part of the mini corpus: sentences by voices into Parquet.

`render_speech` is the command that made ``mini_data/sources/speech-{split}.parquet`` and that
makes more; `casting.render_abilities` adds the phrases. What is said by whom, how fast and how high
follows from the seed alone.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from audio_interaction.corpus.language import SPLITS, Sentence, sentences
from audio_interaction.corpus.phrases import words_of
from audio_interaction.corpus.speech import TEMPO, clip_row, level, trim, write_table
from audio_interaction.corpus.voices import VOICES, Voice, render
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

SHARD_CLIPS = 100
SHORTEST, LONGEST = 0.4, 8.0  # s

# Of the hours asked for in train, what validation and test get.
SHARE_OF_HOURS = {"train": 1.0, "validation": 0.08, "test": 0.16}

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


def _read_aloud(sentence: Sentence) -> str:
    """The text as an engine must see it: most take the letter "a" for the article."""
    if sentence.kind != "spelled":
        return sentence.text
    return " ".join("eigh" if word == "a" else word for word in sentence.text.split())


def make_clip(take: Take) -> dict | None:
    """Render a take into a row, or None if it came out silent, too short or too long."""
    samples, words = trim(*render(take.voice, _read_aloud(take.sentence), take.rate, take.pitch))
    words = [
        replace(word, text=text)
        for word, text in zip(words, words_of(take.sentence.text), strict=bool(words))
    ]
    if not SHORTEST <= len(samples) / SAMPLE_RATE <= LONGEST:
        return None
    return clip_row(take.id, level(samples), words, take.sentence, take.voice)


def _make_shard(chosen: list[Take], path: Path) -> Path:
    if not path.exists():
        write_table([row for row in map(make_clip, chosen) if row is not None], path)
    return path


def render_speech(out_dir: str | Path, hours: float, seed: int = 0, workers: int = 2) -> list[Path]:
    """Render ``hours`` of train speech, and validation and test in proportion.

    Writes ``speech-{train,validation,test}.parquet`` to ``out_dir``; returns their paths. Finished
    shards are kept beside them until the end, so a run that was stopped goes on where it was.

    Raises:
        UserError: ``hours`` or ``workers`` is not positive, or an engine is not installed.
    """
    if hours <= 0 or workers < 1:
        raise UserError(f"hours ({hours}) must be above 0 and workers ({workers}) at least 1")
    made = []
    for split in reversed(SPLITS):  # the small ones first
        path = Path(out_dir) / f"speech-{split}.parquet"
        seconds = hours * SHARE_OF_HOURS[split] * 3600
        made.append(render_shards(_shards(takes(split, seed)), path, seed, workers, seconds))
    return made


def _shards(endless: Iterator[Take]) -> Iterator[list[Take]]:
    while True:
        yield list(islice(endless, SHARD_CLIPS))


def render_shards(
    shards: Iterator[list[Take]],
    path: Path,
    seed: int,
    workers: int,
    seconds: float = math.inf,
) -> Path:
    """Render takes into one file until they end or their clips last ``seconds``; returns its path.

    Finished shards wait in a hidden folder beside ``path``, named after it and the seed.
    """
    folder = path.parent / f".{path.stem}-{seed}"
    tables, done = [], 0.0
    total = None if seconds == math.inf else round(seconds)
    with (
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
        tqdm(total=total, unit="s", desc=path.stem) as bar,
    ):
        jobs = (
            pool.submit(_make_shard, chosen, folder / f"{number:05d}.parquet")
            for number, chosen in enumerate(shards)
        )
        pending = deque(islice(jobs, workers + 1))
        while pending and done < seconds:
            table = pq.read_table(pending.popleft().result())
            pending.extend(islice(jobs, 1))
            lengths = np.cumsum(table["seconds"].to_numpy())
            kept = min(int(np.searchsorted(lengths, seconds - done)) + 1, len(lengths))
            tables.append(table.slice(0, kept))
            done += float(lengths[kept - 1])
            bar.update(round(done) - bar.n)
        for future in pending:
            future.cancel()
    write_table(pa.concat_tables(tables), path)
    for leftover in folder.iterdir():
        leftover.unlink()
    folder.rmdir()
    return path
