"""The records of the corpus: what a stream is before and after it becomes a row.

All times are seconds from the start of the stream. A `Stream` is immutable; every step of the
pipeline returns a new one.
"""

from dataclasses import asdict, dataclass, field

import numpy as np


@dataclass(frozen=True)
class Word:
    """A spoken word and when it is heard."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Event:
    """Something audible.

    Attributes:
        start, end: seconds.
        kind: "speech" or "sound".
        text: the transcript, or the name of the sound.
        role: "fg", "bg" or "amb" (paper Algorithm 4).
        source: the voice or the package it comes from (splits are by this).
        clip: id of the source clip.
        words: timed words of speech; empty for sounds.
    """

    start: float
    end: float
    kind: str
    text: str
    role: str = "fg"
    source: str = ""
    clip: str = ""
    words: tuple[Word, ...] = ()


RESPONSE_KINDS = (
    *("answer", "confirm", "name", "choose", "watch", "count", "describe", "scene", "warn"),
    *("translation", "transcript"),
)


@dataclass(frozen=True)
class Response:
    """What the model should say, and since when it can know.

    Attributes:
        start: seconds at which the trigger begins (a response before `end` is early).
        end: seconds at which the trigger has ended; the response belongs to the chunk
            `protocol.trigger_chunk(end)` or a little later.
        text: the reply.
        emotion: one of `protocol.EMOTIONS`.
        kind: one of `RESPONSE_KINDS`.
    """

    start: float
    end: float
    text: str
    emotion: str = "normal"
    kind: str = "answer"


@dataclass(frozen=True)
class Stream:
    """One stream of sound with its timeline.

    Attributes:
        id: unique within the corpus.
        split: "train", "validation" or "test".
        task: name of the sub-task in `corpus.tasks.TASKS`.
        system: the written instruction of the session (the system text).
        audio: float32 mono samples at 16 kHz in [-1, 1]; not part of equality.
        events, responses: the timeline, in order of time.
        snr_db: level of the foreground above the noise bed in dB; None without a bed.
        rt60_s: reverberation time of the room the foreground is heard in, in seconds; None where
            it is heard dry.
    """

    id: str
    split: str
    task: str
    system: str
    audio: np.ndarray = field(compare=False, repr=False)
    events: tuple[Event, ...]
    responses: tuple[Response, ...]
    snr_db: float | None = None
    rt60_s: float | None = None

    def timeline(self) -> dict:
        """The record without its samples, as plain Python values."""
        record = asdict(self)
        record.pop("audio")
        return record


def is_asr(stream: Stream) -> bool:
    """Whether the stream is to be transcribed."""
    return any(response.kind == "transcript" for response in stream.responses)


def stream_from_timeline(record: dict, audio: np.ndarray | None = None) -> Stream:
    """Inverse of `Stream.timeline`; without `audio` the stream has no samples.

    Keys that a `Stream` does not have are left aside, so that a corpus row fits too. A record made
    before there was reverberation may lack `rt60_s`.
    """
    return Stream(
        **{name: record[name] for name in ("id", "split", "task", "system", "snr_db")},
        rt60_s=record.get("rt60_s"),
        audio=np.zeros(0, np.float32) if audio is None else audio,
        events=tuple(
            Event(**event | {"words": tuple(Word(**word) for word in event["words"])})
            for event in record["events"]
        ),
        responses=tuple(Response(**response) for response in record["responses"]),
    )
