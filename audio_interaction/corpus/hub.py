"""Public sets as clips of ours: LibriSpeech, Common Voice, CoVoST 2, and StreamAudio-2M itself.

Each set has one reader for a row, in the hub's columns with the audio left encoded
(`{"bytes", "path"}`). `hub_rows` streams such rows from the hub, `corpus.folders` makes them from
unpacked archives. Sound is decoded here, whatever its rate, and kept as FLAC at 16 kHz.
`save_sources` writes clips to the source files that `sources.load_sources` reads.

    rows = hub_rows(LIBRISPEECH, "train.100", "clean", limit=1000)
    clips = clips_of(rows, lambda row: librispeech_clip(row, "train"))
    save_sources(clips, "runs/sources/speech-train.parquet", "CC-BY-4.0")

Licences are those of the sets: LibriSpeech CC BY 4.0, Common Voice and CoVoST 2 CC0. Nothing of
them is in this repository.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from audio_interaction.audio.io import encode, load_audio
from audio_interaction.corpus.clips import level
from audio_interaction.corpus.engines import spread
from audio_interaction.corpus.jsonl import conversation_of, corpus_row, write_rows
from audio_interaction.corpus.phrases import words_of
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.sources import HUMAN, SoundClip, SpeechClip
from audio_interaction.corpus.speech import trim
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.protocol import SAMPLE_RATE

LIBRISPEECH = "openslr/librispeech_asr"
STREAM_AUDIO = "zhifeixie/StreamAudio-2M"
LIBRISPEECH_FIELDS = ("file", "audio", "text", "speaker_id", "chapter_id", "id")
COMMON_VOICE_FIELDS = ("client_id", "path", "audio", "sentence", "locale")
COVOST_FIELDS = ("client_id", "file", "audio", "sentence", "translation", "id")

Report = Callable[[UserError], None]


def stop(error: UserError) -> None:
    """The default of what to do with a faulty row: end there."""
    raise error


def hub_rows(
    hub: str, split: str, config: str | None = None, limit: int | None = None
) -> Iterator[dict]:
    """The first `limit` rows of a set, streamed, an audio column left encoded.

    Args:
        hub: id on the hub, or a local folder of Parquet or JSON lines.
    """
    from datasets import Audio, load_dataset

    rows = load_dataset(hub, config, split=split, streaming=True)
    if "audio" in (rows.features or ()):
        # Decoding by `datasets` would need torchcodec; the bytes are enough.
        rows = rows.cast_column("audio", Audio(decode=False))
    yield from islice(rows, limit)


def clips_of(
    rows: Iterable[Mapping], read: Callable[[Mapping], SpeechClip], report: Report = stop
) -> Iterator[SpeechClip]:
    """Read rows one by one; faulty ones go to `report` (such as `faults.append`) and are skipped.

    Args:
        read: one of the readers below, with its split filled in.
    """
    for row in rows:
        try:
            clip = read(row)
        except UserError as error:
            report(error)
        else:
            yield clip


def librispeech_clip(row: Mapping, split: str) -> SpeechClip:
    """An utterance of LibriSpeech; its text in lower case, as everything here.

    Raises:
        UserError: a column of `LIBRISPEECH_FIELDS` is missing, or the audio is faulty.
    """
    check_columns(row, LIBRISPEECH_FIELDS, "LibriSpeech", row.get("id"))
    voice = f"librispeech-{row['speaker_id']}"
    return _spoken(row["audio"], f"librispeech-{row['id']}", split, row["text"], voice)


def common_voice_clip(row: Mapping, split: str) -> SpeechClip:
    """A sentence of Common Voice; its voice is the `client_id`.

    Raises:
        UserError: a column of `COMMON_VOICE_FIELDS` is missing, or the audio is faulty.
    """
    check_columns(row, COMMON_VOICE_FIELDS, "Common Voice", row.get("path"))
    name = Path(row["path"]).stem
    voice = f"common-voice-{row['client_id'][:16]}"
    language = _language(row["locale"])
    return _spoken(row["audio"], name, split, row["sentence"], voice, language=language)


def covost_clip(row: Mapping, split: str, source: str, target: str) -> SpeechClip:
    """A sentence of CoVoST 2; its `answer` is the translation, its `form` the target language.

    The kind is "chinese" from Chinese, as the clips of this repository have it, else "translation".

    Raises:
        UserError: a column of `COVOST_FIELDS` is missing, or the audio is faulty.
    """
    check_columns(row, COVOST_FIELDS, "CoVoST 2", row.get("id"))
    source, target = _language(source), _language(target)
    return _spoken(
        row["audio"],
        f"covost-{target}-{row['id']}",
        split,
        row["sentence"],
        f"common-voice-{row['client_id'][:16]}",
        language=source,
        kind="chinese" if source == "zh" else "translation",
        answer=_plain(row["translation"]),
        form=target,
    )


def fetch_stream_audio(
    out: str | Path,
    limit: int,
    *,
    hub: str = STREAM_AUDIO,
    split: str = "train",
    fetch: Callable[[str, Path], None] | None = None,
) -> Path:
    """The first `limit` streams of StreamAudio-2M as rows and recordings, for `own.import_folder`.

    Args:
        out: folder that gets `stream_audio.jsonl` and, below it, the recordings of its turns.
        hub: id on the hub, or a local folder of JSON lines.
        fetch: brings the recording of a path into a folder; downloads it by default.

    Raises:
        UserError: a row does not have the documented schema.
    """
    out = Path(out)
    fetch = fetch or (lambda name, folder: _download(hub, name, folder))
    path = out / "stream_audio.jsonl"
    rows = tqdm(hub_rows(hub, split, limit=limit), total=limit, desc="fetch", unit="stream")
    write_rows(path, (_fetched(row, out, fetch) for row in rows))
    return path


def _fetched(row: Mapping, out: Path, fetch: Callable[[str, Path], None]) -> dict:
    conversation = conversation_of(row)
    for name in (turn.audio_path for turn in conversation.turns):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise UserError(f"stream {conversation.id}: {name} leads out of the folder {out}")
        if not (out / name).exists():
            fetch(name, out)
    return corpus_row(conversation)


def _download(hub: str, name: str, folder: Path) -> None:
    from huggingface_hub import hf_hub_download

    hf_hub_download(hub, name, repo_type="dataset", local_dir=folder)


def save_sources(clips: Iterable[SpeechClip | SoundClip], path: str | Path, licence: str) -> int:
    """Write clips of one kind to a source file; the number of them.

    Args:
        path: such as `FOLDER/speech-train.parquet`; `build_corpus(root=FOLDER)` composes from it.
        licence: of all of them, for the file's own column.

    Raises:
        UserError: there are no clips.
    """
    count, writer = 0, None
    clips = iter(clips)
    with atomic_write(path) as temporary:
        try:
            while block := list(islice(clips, 64)):
                table = pa.Table.from_pylist([_source_row(clip, licence) for clip in block])
                writer = writer or pq.ParquetWriter(temporary, table.schema)
                writer.write_table(table.cast(writer.schema))
                count += len(block)
        finally:
            if writer:
                writer.close()
        if not count:
            raise UserError(f"{path}: no clips to write")
    return count


def _source_row(clip: SpeechClip | SoundClip, licence: str) -> dict:
    row = asdict(clip)
    data = row.pop("encoded")
    row.pop("split")
    audio = {"bytes": data, "path": f"{clip.id}.flac"}
    return row | {"audio": audio, "licence": licence, "credit": "", "source": ""}


def _spoken(
    audio: Mapping,
    id: str,
    split: str,
    text: str,
    voice: str,
    *,
    language: str = "en",
    kind: str = "statement",
    answer: str = "",
    form: str = "",
) -> SpeechClip:
    """A recorded sentence. No set times its words, so they share what is heard by length."""
    text = _plain(text)
    words = words_of(text)
    if not words:
        raise UserError(f"{id}: has no text")
    samples = _samples(audio, id)
    samples, span = trim(samples, [Word(text, 0.0, len(samples) / SAMPLE_RATE)])
    if not span:
        raise UserError(f"{id}: is silent")
    samples = level(samples)
    return SpeechClip(
        id=id,
        split=split,
        seconds=len(samples) / SAMPLE_RATE,
        encoded=encode(samples),
        text=text,
        words=tuple(spread(words, span[0].start, span[0].end)),
        kind=kind,
        answer=answer,
        sound="",
        form=form,
        voice=voice,
        engine=HUMAN,
        recorded=True,
        language=language,
    )


def _samples(audio: Mapping, id: str) -> np.ndarray:
    """The sound of an undecoded cell at 16 kHz: its bytes, or the file it names."""
    if not isinstance(audio, Mapping) or not (audio.get("bytes") or audio.get("path")):
        raise UserError(f"{id}: audio holds neither bytes nor a path; leave it undecoded")
    if not audio.get("bytes"):
        return load_audio(audio["path"])
    with tempfile.NamedTemporaryFile(suffix=Path(audio.get("path") or "").suffix) as file:
        file.write(audio["bytes"])
        file.flush()
        try:
            return load_audio(file.name)
        except UserError as error:
            raise UserError(f"{id}: {error}") from error


def _plain(text: str) -> str:
    """Lower case without punctuation, as the language of the kit is."""
    kept = (char if char.isalnum() or char in "'’" else " " for char in text.lower())
    return " ".join("".join(kept).split())


def _language(code: str) -> str:
    return code.split("-")[0].split("_")[0].lower()


def check_columns(row: Mapping, fields: tuple[str, ...], name: str, id) -> None:
    """Raise a `UserError` that names the columns which a row of the set `name` lacks."""
    if lacking := [field for field in fields if field not in row]:
        raise UserError(f"{name} row {id or '?'}: lacks the columns {', '.join(lacking)}")
