"""Public sets as they unpack: LibriSpeech, Common Voice, CoVoST 2 and AudioSet folders.

The speech sets give rows in the hub's columns, for the readers of `corpus.hub`; AudioSet, which is
no set of the hub, gives clips. Its labels are CC BY 4.0, its sound is under YouTube's terms.
"""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from audio_interaction.audio.io import encode, load_audio
from audio_interaction.corpus.clips import level
from audio_interaction.corpus.hub import Report, stop
from audio_interaction.corpus.language import WARNINGS
from audio_interaction.corpus.sources import SoundClip
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

AUDIOSET_FIELDS = ("YTID", "start_seconds", "end_seconds", "positive_labels")

AUDIOSET_LABELS: dict[str, str] = {
    display: label
    for label, displays in {
        "alarm": ("Alarm", "Smoke detector, smoke alarm", "Fire alarm", "Buzzer", "Car alarm"),
        "siren": ("Siren", "Civil defense siren", "Police car (siren)", "Ambulance (siren)"),
        "horn": ("Vehicle horn, car horn, honking", "Toot", "Air horn, truck horn"),
        "bell": ("Bell", "Doorbell", "Ding-dong", "Church bell", "Bicycle bell"),
        "phone": ("Telephone bell ringing", "Ringtone"),
        "knock": ("Knock",),
        "explosion": ("Explosion", "Boom"),
        "gunshot": ("Gunshot, gunfire", "Machine gun"),
        "glass": ("Shatter",),
        "scream": ("Screaming",),
        "thunder": ("Thunder",),
        "engine": ("Engine", "Idling", "Engine starting"),
        "train": ("Train", "Rail transport"),
        "saw": ("Sawing", "Chainsaw"),
        "rain": ("Rain", "Raindrop", "Rain on surface"),
        "water": ("Water tap, faucet", "Splash, splatter", "Stream"),
        "footsteps": ("Walk, footsteps",),
        "dog": ("Dog", "Bark"),
        "rooster": ("Crowing, cock-a-doodle-doo",),
        "cow": ("Cattle, bovinae", "Moo"),
        "sheep": ("Sheep",),
        "bird": ("Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet"),
        "drum": ("Drum", "Snare drum", "Bass drum"),
        "hammer": ("Hammer",),
    }.items()
    for display in displays
}
"""AudioSet's display names and the label they have here."""


def librispeech_folder(root: str | Path, subset: str) -> Iterator[dict]:
    """Rows of an unpacked archive: `subset`/SPEAKER/CHAPTER/*.trans.txt beside the flac files.

    Args:
        root: the folder that holds `subset` (such as "train-clean-100"), or the one above.

    Raises:
        UserError: nothing there, a malformed line (with its number).
    """
    for path in transcripts(root, subset):
        for _, row in utterances(path):
            yield row


def transcripts(root: str | Path, subset: str) -> list[Path]:
    """The transcript files of an unpacked LibriSpeech archive, in order; as `librispeech_folder`.

    Raises:
        UserError: there are none.
    """
    folder = _first_folder(Path(root), subset, f"LibriSpeech/{subset}")
    paths = sorted(folder.glob("*/*/*.trans.txt"))
    if not paths:
        raise UserError(f"{folder}: holds no SPEAKER/CHAPTER/*.trans.txt")
    return paths


def utterances(path: Path) -> Iterator[tuple[int, dict]]:
    """(line number from 1, row in the hub's columns) of one of the `transcripts`.

    Raises:
        UserError: a malformed line.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        name, _, text = line.partition(" ")
        parts = name.split("-")
        if len(parts) != 3 or not all(map(str.isdigit, parts)) or not text.strip():
            raise UserError(
                f"{path}, line {number}: expected SPEAKER-CHAPTER-NUMBER and a text, "
                f"found {line[:60]!r}"
            )
        yield (
            number,
            {
                "file": f"{name}.flac",
                "audio": {"bytes": None, "path": str(path.with_name(f"{name}.flac"))},
                "text": text.strip(),
                "speaker_id": int(parts[0]),
                "chapter_id": int(parts[1]),
                "id": name,
            },
        )


def common_voice_folder(root: str | Path, table: str = "train") -> Iterator[dict]:
    """Rows of an unpacked release of one language: `table`.tsv beside `clips/`.

    Raises:
        UserError: no such table, or one that lacks a column.
    """
    root = Path(root)
    for row in _tsv(root / f"{table}.tsv", ("client_id", "path", "sentence", "locale")):
        yield row | {"audio": {"bytes": None, "path": str(root / "clips" / row["path"])}}


def covost_folder(root: str | Path, source: str, target: str, split: str) -> Iterator[dict]:
    """Rows of CoVoST 2 in a folder of Common Voice 4 for the source language.

    It holds `covost_v2.SOURCE_TARGET.tsv` (path, translation, split), `validated.tsv` and `clips/`.
    Rows of "train_covost" belong to train.

    Args:
        split: "train", "dev" or "test".

    Raises:
        UserError: a table is missing or lacks a column.
    """
    root = Path(root)
    table = root / f"covost_v2.{source}_{target}.tsv"
    wanted = {split, f"{split}_covost"}
    translations = {
        row["path"]: row["translation"]
        for row in _tsv(table, ("path", "translation", "split"))
        if row["split"] in wanted
    }
    for row in _tsv(root / "validated.tsv", ("client_id", "path", "sentence")):
        if row["path"] in translations:
            file = str(root / "clips" / row["path"])
            yield {
                "client_id": row["client_id"],
                "file": file,
                "audio": {"bytes": None, "path": file},
                "sentence": row["sentence"],
                "translation": translations[row["path"]],
                "id": Path(row["path"]).stem,
            }


def audioset_folder(
    audio: str | Path,
    segments: str | Path,
    names: str | Path,
    split: str,
    labels: Mapping[str, str] = AUDIOSET_LABELS,
    report: Report = stop,
) -> Iterator[SoundClip]:
    """Sounds of a folder and AudioSet's two tables.

    A clip has several labels; only one in which exactly one of ours is heard is taken. A recording
    that is not there is passed over: many are gone from YouTube.

    Args:
        audio: folder of recordings named YTID, Y+YTID or YTID_STARTMS, with any suffix.
        segments: such as `balanced_train_segments.csv`.
        names: `class_labels_indices.csv` (index, mid, display_name).
        split: of the clips.
        labels: display name -> label.
        report: what to do with a recording that cannot be read.

    Raises:
        UserError: a file or folder is missing or malformed, or none of its recordings is there.
    """
    audio, found = Path(audio), False
    if not audio.is_dir():
        raise UserError(f"{audio}: no such folder of recordings")
    paths = {path.stem: path for path in sorted(audio.iterdir()) if path.is_file()}
    display = {
        row["mid"]: row["display_name"] for row in _csv(Path(names), ("mid", "display_name"))
    }
    for ytid, start, mids in _segments(Path(segments)):
        stems = (ytid, f"Y{ytid}", f"{ytid}_{round(1000 * start)}")
        path = next((paths[stem] for stem in stems if stem in paths), None)
        if path is None:
            continue
        found = True
        ours = {labels[display[mid]] for mid in mids if display.get(mid) in labels}
        if len(ours) != 1:
            continue
        (label,) = ours
        try:
            samples = level(load_audio(path))
        except UserError as error:
            report(error)
            continue
        yield SoundClip(
            id=f"audioset-{ytid}",
            split=split,
            seconds=len(samples) / SAMPLE_RATE,
            encoded=encode(samples),
            label=label,
            hazard=label in WARNINGS,
            package=f"audioset-{ytid}",
            recorded=True,
        )
    if not found:
        raise UserError(f"{audio}: holds none of the recordings of {segments}")


def _segments(path: Path) -> Iterator[tuple[str, float, list[str]]]:
    if not path.is_file():
        raise UserError(f"{path}: no such table of segments")
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, skipinitialspace=True), start=1):
            if not row or row[0].startswith("#"):
                continue
            try:
                ytid, start, _, mids = row
                yield ytid, float(start), mids.split(",")
            except ValueError as error:
                raise UserError(
                    f"{path}, line {number}: expected {', '.join(AUDIOSET_FIELDS)}, found {row}"
                ) from error


def _first_folder(root: Path, *names: str) -> Path:
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise UserError(f"{root}: holds no folder {names[0]}; unpack its archive there")


def _csv(path: Path, fields: tuple[str, ...], **style) -> Iterator[dict]:
    if not path.is_file():
        raise UserError(f"{path}: no such table")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, **style)
        if lacking := [field for field in fields if field not in (rows.fieldnames or ())]:
            raise UserError(f"{path}: lacks the columns {', '.join(lacking)}")
        yield from rows


def _tsv(path: Path, fields: tuple[str, ...]) -> Iterator[dict]:
    # Sentences hold unbalanced quotes, which mean nothing in these tables.
    return _csv(path, fields, delimiter="\t", quoting=csv.QUOTE_NONE)
