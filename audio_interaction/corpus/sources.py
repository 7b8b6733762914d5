"""The source clips that streams are composed of: one Parquet file a split and kind.

`speech-*` and `sounds-*` are needed; `speech-abilities-*` (the phrases of `corpus.phrases`) and
`music-*` are read beside them where they are. Their audio stays encoded until somebody listens to
it. Voices, sound packages and sentences of one split occur in no other
(`tests/corpus/test_sources.py`).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from audio_interaction import paths
from audio_interaction.audio.io import decode
from audio_interaction.corpus.language import KINDS, SPLITS
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.sounds import NOISE
from audio_interaction.errors import UserError

SOURCE_FILES = ("speech", "speech-abilities", "sounds", "music", "recorded")
"""The files of a split are called KIND-SPLIT.parquet; it need not have all of them."""

HUMAN = "recorded"
"""Engine of the clips that a human being spoke."""


def default_root() -> Path:
    """Folder of the source files that come with the kit (`paths.MINI_DATA`)."""
    return paths.MINI_DATA / "sources"


@lru_cache(maxsize=1024)
def _decode(encoded: bytes) -> np.ndarray:
    samples = decode(encoded)
    samples.flags.writeable = False  # shared by everybody who asks for this clip
    return samples


@dataclass(frozen=True)
class Clip:
    """Something that can be heard: `audio()` decodes it to float32 (S,) at 16 kHz, read-only."""

    id: str
    split: str
    seconds: float
    encoded: bytes = field(repr=False, compare=False)

    def audio(self) -> np.ndarray:
        return _decode(self.encoded)


@dataclass(frozen=True)
class SpeechClip(Clip):
    """A spoken sentence; fields as in `language.Sentence`, times in seconds within the clip."""

    text: str
    words: tuple[Word, ...]
    kind: str
    answer: str
    sound: str
    form: str
    voice: str
    engine: str
    recorded: bool
    # Not in the repr, which goes into digests: those of English clips stay as they were.
    language: str = field(default="en", repr=False)


@dataclass(frozen=True)
class SoundClip(Clip):
    """A sound event, an instrument, or a noise for the bed; `package` is where it comes from."""

    label: str
    hazard: bool
    package: str
    recorded: bool


@dataclass(frozen=True)
class Sources:
    """The clips of one split, in the order of their files.

    Attributes:
        recorded: prompts of one human speaker, in the test split only. Their vocabulary is open,
            so they ask more than the closed domain of the other clips.
    """

    split: str
    speech: tuple[SpeechClip, ...]
    sounds: tuple[SoundClip, ...]
    noises: tuple[SoundClip, ...]
    music: tuple[SoundClip, ...] = ()
    recorded: tuple[SpeechClip, ...] = ()

    @property
    def clips(self) -> tuple[Clip, ...]:
        """All of them."""
        return (*self.speech, *self.sounds, *self.noises, *self.music, *self.recorded)

    @cached_property
    def closed(self) -> tuple[SpeechClip, ...]:
        """The spoken sentences of the closed domain (`language.KINDS`)."""
        return tuple(clip for clip in self.speech if clip.kind in KINDS)

    @cached_property
    def digest(self) -> str:
        """`digest` of all its clips."""
        return digest(self.clips)

    @cached_property
    def _speech_index(self) -> dict[tuple, tuple[SpeechClip, ...]]:
        return _grouped(
            (key, clip)
            for clip in self.speech
            for key in ((clip.kind, clip.form, None), (clip.kind, clip.form, clip.voice))
        )

    @cached_property
    def _sound_index(self) -> dict[str, tuple[SoundClip, ...]]:
        return _grouped((clip.label, clip) for clip in self.sounds)

    @cached_property
    def _music_index(self) -> dict[str, tuple[SoundClip, ...]]:
        return _grouped((clip.label, clip) for clip in self.music)

    def said(self, kind: str, form: str = "", voice: str | None = None) -> tuple[SpeechClip, ...]:
        """Sentences of a kind and form (`language.Sentence`), by one voice or by any."""
        return self._speech_index.get((kind, form, voice), ())

    def heard(self, label: str) -> tuple[SoundClip, ...]:
        """Sound events with this label."""
        return self._sound_index.get(label, ())

    def heard_music(self, label: str) -> tuple[SoundClip, ...]:
        """Music played on this instrument."""
        return self._music_index.get(label, ())

    @cached_property
    def instruments(self) -> tuple[str, ...]:
        """Labels of the music, in alphabetical order."""
        return tuple(sorted(self._music_index))

    @cached_property
    def hazards(self) -> tuple[str, ...]:
        """Labels of the sounds to warn of, in alphabetical order."""
        return tuple(sorted({clip.label for clip in self.sounds if clip.hazard}))

    @cached_property
    def benign(self) -> tuple[str, ...]:
        """Labels of the other sounds, in alphabetical order."""
        return tuple(sorted({clip.label for clip in self.sounds} - {*self.hazards}))


def spread(items: tuple, limit: int | None) -> tuple:
    """At most `limit` items, evenly spaced: sources and manifests are ordered by class."""
    if limit is None or limit >= len(items):
        return items
    return tuple(items[i] for i in np.linspace(0, len(items) - 1, limit).round().astype(int))


def digest(clips: Iterable[Clip]) -> str:
    """SHA-256 of clips, labels and all: what is derived from them is cached under this."""
    total = hashlib.sha256()
    for clip in clips:
        total.update(repr(clip).encode() + clip.encoded)
    return total.hexdigest()


def _grouped(pairs: Iterable[tuple]) -> dict:
    groups = defaultdict(list)
    for key, clip in pairs:
        groups[key].append(clip)
    return {key: tuple(clips) for key, clips in groups.items()}


def load_sources(split: str, root: str | Path | None = None) -> Sources:
    """Read the source files of a split from a folder (`default_root()`).

    Speech is in the order of `speech-{split}.parquet`, then of `speech-abilities-{split}.parquet`.

    Raises:
        UserError: an unknown split, or a file that is missing or lacks a column.
    """
    if split not in SPLITS:
        raise UserError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    return _load(split, Path(root) if root is not None else default_root())


def _speech(path: Path, split: str) -> tuple[SpeechClip, ...]:
    return tuple(
        SpeechClip(
            **_common(row, split),
            words=tuple(Word(w["text"], w["start"], w["end"]) for w in row["words"]),
            **{name: row[name] for name in ("text", "kind", "answer", "sound", "form")},
            **{name: row[name] for name in ("voice", "engine")},
            recorded=row["engine"] == HUMAN,
            language=row.get("language", "en"),
        )
        for row in _rows(path, SPEECH_COLUMNS, optional=("language",))
    )


def _sounds(path: Path, split: str) -> tuple[SoundClip, ...]:
    return tuple(
        SoundClip(
            **_common(row, split),
            **{name: row[name] for name in ("label", "hazard", "package", "recorded")},
        )
        for row in _rows(path, SOUND_COLUMNS)
    )


@lru_cache(maxsize=8)
def _load(split: str, root: Path) -> Sources:
    files = (root / f"{kind}-{split}.parquet" for kind in SOURCE_FILES)
    main, abilities, other, music, recorded = files
    speech, sounds = _speech(main, split), _sounds(other, split)
    if abilities.is_file():
        speech += _speech(abilities, split)
    return Sources(
        split,
        speech,
        tuple(clip for clip in sounds if clip.label != NOISE),
        tuple(clip for clip in sounds if clip.label == NOISE),
        _sounds(music, split) if music.is_file() else (),
        _speech(recorded, split) if recorded.is_file() else (),
    )


SPEECH_COLUMNS = (
    "id", "audio", "seconds", "text", "words", "kind", "answer", "sound", "form", "voice", "engine",
)  # fmt: skip
SOUND_COLUMNS = ("id", "audio", "seconds", "label", "hazard", "package", "recorded")


def _rows(path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[dict]:
    if not path.is_file():
        raise UserError(
            f"{path}: no such source file; check the folder, or set AUDIO_INTERACTION_DATA to a "
            "copy of mini_data, whose folder `sources` holds speech-*.parquet and sounds-*.parquet"
        )
    present = set(pq.read_schema(path).names)
    missing = set(columns) - present
    if missing:
        raise UserError(f"{path}: lacks the columns {', '.join(sorted(missing))}")
    wanted = [*columns, *(name for name in optional if name in present)]
    return pq.read_table(path, columns=wanted).to_pylist()


def _common(row: dict, split: str) -> dict:
    return {
        "id": row["id"],
        "split": split,
        "seconds": row["seconds"],
        "encoded": row["audio"]["bytes"],
    }
