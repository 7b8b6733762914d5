"""The released JSON lines: what one row says, whichever of its forms it is in.

    online    {"conversation": [{"audio_path", "assistant", "emotion"?}, ...]}
    shorthand {"merge_path", "assistant", "emotion"?}                   one turn
    corpus    {"id", "stream_scene_type", "num_turns", "turns": [{"user", "assistant", "emotion",
              "scene_type", "audio_path"}, ...]}                        StreamAudio-2M
    offline   {"user"?, "assistant", "audio_path"?}                     A_T_T, A_T or T_T

A turn that calls for no reply has `NO_RESPONSE` for its assistant text. The release takes an
emotion it does not know for "normal"; here that is an error, since it is usually a misspelling.
Two keys of our own may stand in any row: "split" and "system" (the written instruction).
Source: README and builders of the released repository.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from audio_interaction.corpus.language import SPLITS
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.protocol import EMOTIONS

NO_RESPONSE = "<no need to response>"  # spelled as in the release
_SILENT = {NO_RESPONSE, "no need to response"}

ONLINE_FORMS = ("conversation", "turns", "merge_path")


class RowError(UserError):
    """A row that cannot be used.

    Attributes:
        reason: a short stable key, such as "missing_keys" or "unknown_emotion".
    """

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Turn:
    """One recording of a conversation and what is said after it.

    Attributes:
        audio_path: relative to the folder of the recordings, or absolute.
        assistant: the reply, or `NO_RESPONSE`.
        emotion: of the reply, one of `protocol.EMOTIONS`.
        user: what is said in the recording; empty where nobody wrote it down.
        scene_type: free text.
    """

    audio_path: str
    assistant: str = NO_RESPONSE
    emotion: str = "normal"
    user: str = ""
    scene_type: str = ""

    @property
    def silent(self) -> bool:
        """Whether the turn calls for no reply."""
        return self.assistant.strip().lower() in _SILENT


@dataclass(frozen=True)
class Conversation:
    """One stream as a row: its turns in order, at least one.

    Attributes:
        id, scene: as in StreamAudio-2M; may be empty.
        system: written instruction; empty for the default of whoever uses the row.
        split: one of `SPLITS`, or empty.
    """

    turns: tuple[Turn, ...]
    id: str = ""
    scene: str = ""
    system: str = ""
    split: str = ""


@dataclass(frozen=True)
class Offline:
    """One offline sample: what is heard, what is asked in writing, what is answered.

    Attributes:
        assistant: the reply.
        user: written instruction; may be empty.
        audio_path: recording; may be empty.
    """

    assistant: str
    user: str = ""
    audio_path: str = ""

    @property
    def task(self) -> str:
        """ "A_T_T", "A_T" or "T_T", by what is there."""
        return "T_T" if not self.audio_path else "A_T_T" if self.user else "A_T"


def conversation_of(row: Mapping) -> Conversation:
    """Read a row of any form that has sound.

    An offline row is a conversation of one turn whose `user` text is the written instruction.

    Raises:
        RowError: "missing_keys", "unknown_emotion", "bad_value" or "not_utf8".
    """
    if "turns" in row or "conversation" in row:
        name = "turns" if "turns" in row else "conversation"
        entries = row[name]
        if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
            raise RowError("bad_value", f"{name!r} must be a list of objects")
        if not entries:
            raise RowError("missing_keys", f"{name!r} holds no turns")
        turns = tuple(_turn(entry, f"turn {at}: ") for at, entry in enumerate(entries, start=1))
        system = ""
    elif "merge_path" in row:
        turns, system = (_turn({**row, "audio_path": row["merge_path"]}, ""),), ""
    elif "audio_path" in row or "assistant" in row:
        system = _text(row, "user")
        turns = (_turn({**row, "user": ""}, ""),)
    else:
        raise RowError(
            "missing_keys",
            f"needs one of {', '.join(ONLINE_FORMS)}, or audio_path and assistant; "
            f"has {', '.join(map(str, row)) or 'nothing'}",
        )
    if (count := row.get("num_turns")) is not None and count != len(turns):
        raise RowError("bad_value", f"num_turns is {count!r}, but there are {len(turns)} turns")
    split = _text(row, "split")
    if split and split not in SPLITS:
        raise RowError("bad_value", f"split {split!r} is none of {', '.join(SPLITS)}")
    return Conversation(
        turns,
        id=_text(row, "id"),
        scene=_text(row, "stream_scene_type"),
        system=_text(row, "system") or system,
        split=split,
    )


def offline_of(row: Mapping) -> Offline:
    """Read an offline row; of a conversation only the first turn counts, as in the release.

    Raises:
        RowError: "missing_keys", "bad_value" or "not_utf8".
    """
    turns = row.get("conversation")
    source = turns[0] if isinstance(turns, list) and turns else row
    if not isinstance(source, Mapping):
        raise RowError("bad_value", "'conversation' must be a list of objects")
    sample = Offline(
        _needed(source, "assistant"),
        _text(source, "user"),
        _text(source, "audio_path") or _text(source, "merge_path"),
    )
    if not (sample.user or sample.audio_path):
        raise RowError("missing_keys", "has neither audio_path nor user: nothing to answer")
    return sample


def _turn(entry: Mapping, where: str) -> Turn:
    emotion = _text(entry, "emotion", where).lower() or "normal"
    if emotion not in EMOTIONS:
        raise RowError(
            "unknown_emotion", f"{where}emotion {emotion!r} is none of {', '.join(EMOTIONS)}"
        )
    return Turn(
        _needed(entry, "audio_path", where),
        _needed(entry, "assistant", where),
        emotion,
        _text(entry, "user", where),
        _text(entry, "scene_type", where),
    )


def _text(entry: Mapping, name: str, where: str = "") -> str:
    """A text, or "" where it is missing; the release writes "None" for missing, too."""
    value = entry.get(name)
    if value is None or value == "None":
        return ""
    if not isinstance(value, str):
        raise RowError("bad_value", f"{where}{name} must be text, not {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, escaped in the JSON
        raise RowError("not_utf8", f"{where}{name} holds a character that is none") from error
    return value


def _needed(entry: Mapping, name: str, where: str = "") -> str:
    if not (value := _text(entry, name, where)).strip():
        raise RowError("missing_keys", f"{where}lacks {name}")
    return value


def conversation_row(conversation: Conversation) -> dict:
    """The online form; inverse of `conversation_of` save for id and scene types."""
    turns = []
    for turn in conversation.turns:
        entry = {"audio_path": turn.audio_path, "assistant": turn.assistant}
        entry["emotion"] = turn.emotion
        turns.append(entry | ({"user": turn.user} if turn.user else {}))
    return {"conversation": turns} | _own_keys(conversation)


def corpus_row(conversation: Conversation) -> dict:
    """The form of StreamAudio-2M; inverse of `conversation_of`."""
    names = ("user", "assistant", "emotion", "scene_type", "audio_path")
    return {
        "id": conversation.id,
        "stream_scene_type": conversation.scene,
        "num_turns": len(conversation.turns),
        "turns": [{name: getattr(turn, name) for name in names} for turn in conversation.turns],
    } | _own_keys(conversation)


def shorthand_row(conversation: Conversation) -> dict:
    """The one-turn form.

    Raises:
        UserError: there is more than one turn.
    """
    if len(conversation.turns) != 1:
        raise UserError(f"{len(conversation.turns)} turns do not fit the one-turn form of a row")
    (turn,) = conversation.turns
    entry = {"merge_path": turn.audio_path, "assistant": turn.assistant, "emotion": turn.emotion}
    return entry | _own_keys(conversation)


def offline_row(sample: Offline) -> dict:
    """Inverse of `offline_of`: only the keys that say something."""
    row = {"user": sample.user, "assistant": sample.assistant, "audio_path": sample.audio_path}
    return {name: value for name, value in row.items() if value}


def _own_keys(conversation: Conversation) -> dict:
    keys = {"system": conversation.system, "split": conversation.split}
    return {name: value for name, value in keys.items() if value}


def parse_line(raw: bytes) -> dict:
    """One line of a file as an object.

    Raises:
        RowError: "not_utf8", "not_json" or "bad_value" (not an object).
    """
    try:
        row = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RowError("not_utf8", f"is not UTF-8 (byte {error.start} of the line)") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise RowError("not_json", f"is not JSON ({error})") from error
    if not isinstance(row, dict):
        raise RowError("bad_value", f"must be an object, not {str(row)[:40]!r}")
    return row


def read_lines(path: str | Path) -> Iterator[tuple[int, bytes]]:
    """(line number from 1, line) of what is not blank, one at a time.

    Raises:
        UserError: the file is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; give a file of JSON lines")
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, start=1):
            if raw.strip():
                yield number, raw


def numbered_rows(path: str | Path, parse: Callable = dict) -> Iterator[tuple[int, object]]:
    """(line number from 1, row) of every row; the first fault ends it.

    Args:
        parse: makes something of the object in a line, or raises `RowError`.

    Raises:
        UserError: the file is missing, or a row is faulty (with its line number).
    """
    for number, raw in read_lines(path):
        try:
            yield number, parse(parse_line(raw))
        except RowError as error:
            raise UserError(f"{path}, line {number}: {error}") from error


def read_rows(path: str | Path, parse: Callable = conversation_of) -> Iterator:
    """Every row, read with `conversation_of` or `offline_of`; errors as `numbered_rows`."""
    return (row for _, row in numbered_rows(path, parse))


def write_rows(path: str | Path, rows: Iterable[Mapping]) -> None:
    """Write rows as JSON lines, whole or not at all."""
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
