"""A spoken clip of the corpus: cut, levelled, and as a row of a table of speech."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audio_interaction.audio.io import encode
from audio_interaction.corpus.language import Sentence
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.voices import Voice
from audio_interaction.files import atomic_write
from audio_interaction.protocol import SAMPLE_RATE

AUDIO = pa.struct({"bytes": pa.binary(), "path": pa.string()})
MARGIN = 0.06  # s of silence kept around the speech
LEVEL = 10 ** (-23 / 20)  # root mean square of a clip, -23 dBFS
PEAK = 0.9
TEMPO = (0.88, 1.15)  # of speech and of its fundamental, around the voice's own


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


def clip_row(
    id: str, samples: np.ndarray, words: list[Word], sentence: Sentence, voice: Voice
) -> dict:
    """A row of a speech table."""
    return {
        "id": id,
        "audio": {"bytes": encode(samples, "opus-speech"), "path": f"{id}.ogg"},
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
        "language": sentence.language,
    }


def write_table(
    rows: list[dict] | pa.Table, path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write rows to Parquet atomically, with ``audio`` as a Hugging Face Audio column.

    Zstandard takes a quarter off short Opus clips; `Dataset.to_parquet` leaves audio as it is.
    """
    from datasets import Audio, Dataset

    rows = rows or pa.table({"audio": pa.array([], AUDIO), "seconds": pa.array([], pa.float64())})
    dataset = Dataset(rows) if isinstance(rows, pa.Table) else Dataset.from_list(rows)
    dataset = dataset.cast_column("audio", Audio(sampling_rate=SAMPLE_RATE, decode=False))
    schema = dataset.features.arrow_schema
    table = dataset.data.table.cast(schema.with_metadata(schema.metadata | dict(metadata or {})))
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
