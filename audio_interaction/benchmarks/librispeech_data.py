"""LibriSpeech test sets: the hub's rows, the archive's folders, and a stand-in of the same schema.

`openslr/librispeech_asr` (CC BY 4.0) has the configurations clean and other; their test splits
hold 2,620 and 2,939 utterances.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio_interaction.audio.io import decode, encode, load_audio
from audio_interaction.audio.mixing import limit as limit_peak
from audio_interaction.audio.mixing import mix_at_snr, to_level
from audio_interaction.corpus.compose import LEVEL_DB, noise_bed
from audio_interaction.corpus.folders import transcripts, utterances
from audio_interaction.corpus.hub import LIBRISPEECH_FIELDS, check_columns, hub_rows
from audio_interaction.corpus.sources import Sources, spread
from audio_interaction.errors import UserError

CONFIGS = ("clean", "other")
SNR_DB = (5.0, 20.0)


@dataclass(frozen=True)
class Utterance:
    """One row, under the names of the hub's columns.

    Attributes:
        file: name of the sound file.
        audio: its path, or its bytes.
        text: the transcript in upper case, without punctuation.
        speaker_id, chapter_id: numbers.
        id: SPEAKER-CHAPTER-NUMBER.
    """

    file: str
    audio: Path | bytes
    text: str
    speaker_id: int
    chapter_id: int
    id: str

    def samples(self) -> np.ndarray:
        """float32 (S,) at 16 kHz."""
        return decode(self.audio) if isinstance(self.audio, bytes) else load_audio(self.audio)


def load_folder(root: str | Path, config: str, limit: int | None = None) -> tuple[Utterance, ...]:
    """Read a LibriSpeech archive as unpacked: `test-clean/SPEAKER/CHAPTER/*.trans.txt` and flac.

    Args:
        root: the folder that holds `test-clean` and `test-other`, or its parent.
        config: "clean" or "other".
        limit: utterances, evenly spaced; all by default.

    Raises:
        UserError: nothing there, a malformed line (with its number), or a missing recording.
    """
    found = [
        _on_disk(path, number, row)
        for path in transcripts(root, f"test-{_checked(config)}")
        for number, row in utterances(path)
    ]
    return spread(tuple(found), limit)


def _on_disk(path: Path, number: int, row: dict) -> Utterance:
    audio = Path(row["audio"]["path"])
    if not audio.is_file():
        raise UserError(f"{path}, line {number}: the recording {audio.name} is missing")
    return Utterance(**row | {"audio": audio})


def load_hub(hub: str, config: str, limit: int | None = None) -> tuple[Utterance, ...]:
    """Read the test split of a configuration from the hub, the first `limit` rows of it.

    Raises:
        UserError: the rows lack a column of `LIBRISPEECH_FIELDS`.
    """
    return tuple(from_row(row) for row in hub_rows(hub, "test", _checked(config), limit))


def from_row(row: dict) -> Utterance:
    """An utterance from a row of the hub whose audio was left encoded.

    Raises:
        UserError: a column of `LIBRISPEECH_FIELDS` is missing, or the audio holds no bytes.
    """
    check_columns(row, LIBRISPEECH_FIELDS, "LibriSpeech", row.get("id"))
    if not isinstance(row["audio"], dict) or not row["audio"].get("bytes"):
        raise UserError(f"LibriSpeech row {row['id']}: audio holds no bytes; cast it undecoded")
    return Utterance(
        **{name: row[name] for name in LIBRISPEECH_FIELDS} | {"audio": row["audio"]["bytes"]}
    )


def stand_in(
    sources: Sources, config: str, limit: int | None = None, seed: int = 0
) -> tuple[Utterance, ...]:
    """Held-out speech clips as LibriSpeech utterances.

    "clean" are the clips as they are; "other" the same ones over noise, 5 to 20 dB below them
    (the real *other* are speakers who were harder to recognise). A speaker is a voice, a chapter a
    kind of sentence.
    """
    voices = sorted({clip.voice for clip in sources.closed})
    kinds = sorted({clip.kind for clip in sources.closed})
    _checked(config)
    utterances = []
    for number, clip in spread(tuple(enumerate(sources.closed)), limit):
        samples = to_level(clip.audio(), LEVEL_DB)
        if config == "other":
            rng = np.random.default_rng([seed, number])
            bed, _ = noise_bed(sources.noises, len(samples), rng)
            snr_db = rng.uniform(*SNR_DB)
            samples = limit_peak(mix_at_snr(samples, bed, snr_db))
        speaker, chapter = voices.index(clip.voice), kinds.index(clip.kind)
        name = f"{speaker}-{chapter}-{number:04d}"
        utterances.append(
            from_row(
                {
                    "file": f"{name}.flac",
                    "audio": {"bytes": encode(samples, "flac"), "path": f"{name}.flac"},
                    "text": clip.text.upper(),
                    "speaker_id": speaker,
                    "chapter_id": chapter,
                    "id": name,
                }
            )
        )
    return tuple(utterances)


def _checked(config: str) -> str:
    if config not in CONFIGS:
        raise UserError(f"unknown LibriSpeech set {config!r}; choose one of {', '.join(CONFIGS)}")
    return config
