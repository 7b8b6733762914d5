"""Rendering the spoken part of the mini corpus: sentences by voices into Parquet.

`render_speech` is the command that made ``mini_data/sources/speech-*.parquet`` and that makes
more. What is said by whom, how fast and how high follows from the seed alone.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile as sf
from tqdm.auto import tqdm

from audio_interaction.corpus.language import SPLITS, Sentence, sentences
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.voices import VOICES, Voice, render
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.protocol import SAMPLE_RATE

SHARD_CLIPS = 100
MARGIN = 0.06  # s of silence kept around the speech
SHORTEST, LONGEST = 0.4, 8.0  # s
LEVEL = 10 ** (-23 / 20)  # root mean square of a clip, -23 dBFS
PEAK = 0.9
OPUS_COMPRESSION = 0.979  # about 15 kbit/s

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
    speakers = {
        engine: [v for v in VOICES.values() if v.split == split and v.engine == engine]
        for engine in ENGINE_SHARES[split]
    }
    sentence_decks = {key: _deck(items, draw) for key, items in spoken.items()}
    voice_decks = {engine: _deck(items, draw) for engine, items in speakers.items()}
    index = 0
    while True:
        yield Take(
            f"{split}-{index:06d}",
            next(sentence_decks[_choose(KIND_SHARES, draw)]),
            next(voice_decks[_choose(ENGINE_SHARES[split], draw)]),
            draw.uniform(0.88, 1.15),
            draw.uniform(0.88, 1.15),
        )
        index += 1


def _choose(shares: dict, draw: random.Random):
    return draw.choices(list(shares), weights=list(shares.values()))[0]


def _deck(items: list, draw: random.Random) -> Iterator:
    while True:
        yield from draw.sample(items, len(items))


def trim(samples: np.ndarray, words: list[Word]) -> tuple[np.ndarray, list[Word]]:
    """Cut leading and trailing silence to ``MARGIN`` and move the words along.

    Silence is what stays 40 dB below the loudest 10 ms. Words end inside the speech that is left.
    Returns an empty array if there is no sound.
    """
    hop = SAMPLE_RATE // 100
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    power = (frames**2).mean(axis=1)
    if not len(power) or power.max() == 0:
        return samples[:0], []
    loud = np.flatnonzero(power > power.max() * 1e-4)
    margin = round(MARGIN * SAMPLE_RATE)
    first = max(0, loud[0] * hop - margin)
    last = min(len(samples), (loud[-1] + 1) * hop + margin)
    shift, speech_end = first / SAMPLE_RATE, (loud[-1] + 1) * hop / SAMPLE_RATE

    def moved(time: float) -> float:
        return round(max(0.0, min(time, speech_end) - shift), 3)

    return samples[first:last], [Word(w.text, moved(w.start), moved(w.end)) for w in words]


def level(samples: np.ndarray) -> np.ndarray:
    """Scale to ``LEVEL`` root mean square, or less where a peak would reach ``PEAK``."""
    gain = LEVEL / np.sqrt(np.mean(samples**2))
    return (samples * min(gain, 0.99 * PEAK / np.abs(samples).max())).astype(np.float32)


def encode_opus(samples: np.ndarray) -> bytes:
    """Ogg/Opus bytes of float32 mono 16 kHz samples; they decode to as many samples."""
    buffer = io.BytesIO()
    sf.write(
        buffer, samples, SAMPLE_RATE, format="OGG", subtype="OPUS",
        compression_level=OPUS_COMPRESSION,
    )  # fmt: skip
    return buffer.getvalue()


def clip_row(
    id: str, samples: np.ndarray, words: list[Word], sentence: Sentence, voice: Voice
) -> dict:
    """A row of a speech table."""
    return {
        "id": id,
        "audio": {"bytes": encode_opus(samples), "path": f"{id}.ogg"},
        "seconds": len(samples) / SAMPLE_RATE,
        "text": sentence.text,
        "words": [asdict(word) for word in words],
        "kind": sentence.kind,
        "answer": sentence.answer,
        "sound": sentence.sound,
        "form": sentence.form,
        "voice": voice.id,
        "engine": voice.engine,
        "licence": voice.licence,
        "credit": voice.credit,
    }


def make_clip(take: Take) -> dict | None:
    """Render a take into a row, or None if it came out silent, too short or too long."""
    samples, words = trim(*render(take.voice, take.sentence.text, take.rate, take.pitch))
    if not SHORTEST <= len(samples) / SAMPLE_RATE <= LONGEST:
        return None
    return clip_row(take.id, level(samples), words, take.sentence, take.voice)


def write_table(rows: list[dict] | pa.Table, path: Path) -> None:
    """Write rows to Parquet atomically, with ``audio`` as a Hugging Face Audio column."""
    from datasets import Audio, Dataset

    dataset = Dataset(rows) if isinstance(rows, pa.Table) else Dataset.from_list(rows)
    dataset = dataset.cast_column("audio", Audio(sampling_rate=SAMPLE_RATE, decode=False))
    with atomic_write(path) as temporary:
        dataset.to_parquet(str(temporary))


def _make_shard(split: str, seed: int, shard: int, path: Path) -> Path:
    if not path.exists():
        chosen = islice(takes(split, seed), shard * SHARD_CLIPS, (shard + 1) * SHARD_CLIPS)
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
    out_dir = Path(out_dir)
    made = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for split in reversed(SPLITS):  # the small ones first
            path = out_dir / f"speech-{split}.parquet"
            _render_split(split, hours * SHARE_OF_HOURS[split] * 3600, seed, workers, pool, path)
            made.append(path)
    return made


def _render_split(
    split: str, seconds: float, seed: int, workers: int, pool: ProcessPoolExecutor, path: Path
) -> None:
    folder = path.parent / f".speech-{split}-{seed}"
    tables, done, shard, pending = [], 0.0, 0, []
    with tqdm(total=round(seconds), unit="s", desc=f"speech {split}") as bar:
        while done < seconds:
            while len(pending) <= workers:
                target = folder / f"{shard:05d}.parquet"
                pending.append(pool.submit(_make_shard, split, seed, shard, target))
                shard += 1
            table = pq.read_table(pending.pop(0).result())
            lengths = np.cumsum(table["seconds"].to_numpy())
            kept = int(np.searchsorted(lengths, seconds - done)) + 1
            tables.append(table.slice(0, kept))
            gained = float(lengths[min(kept, len(lengths)) - 1])
            done += gained
            bar.update(round(gained))
    for future in pending:
        future.cancel()
        if not future.cancelled():
            future.result()
    write_table(pa.concat_tables(tables), path)
    for leftover in folder.iterdir():
        leftover.unlink()
    folder.rmdir()
