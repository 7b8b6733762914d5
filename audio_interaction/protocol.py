"""Chunk geometry, control tokens, and the two sequence layouts.

Nothing else in the kit spells a token or divides a time by a chunk length.

    online   <online> <lang> <system> text <end>
             then for each chunk:  <audio> 10 x <frame> <assistant>  decision
             decision = <silent>  |  <response> <emotion> text <end>
    offline  <offline> <lang> <system> text <end>
             <audio> N x <frame> </audio>  <user> text <end>  <assistant> <response> text <end>

The embedding of every `<frame>` placeholder is replaced by one encoder frame (40 ms of sound).
With the ids of the release, `<response>` also stands between `<system>` or `<user>` and the text.
Source: paper §3.3 and Algorithm 2; released builder `cons_online_data.py`.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import NewType

Seconds = NewType("Seconds", float)
Samples = NewType("Samples", int)
Frames = NewType("Frames", int)  # encoder frames of 40 ms
Chunks = NewType("Chunks", int)  # decision chunks of 0.4 s

SAMPLE_RATE = 16_000  # Hz
CHUNK_SECONDS = Seconds(0.4)
CHUNK_SAMPLES = Samples(6_400)
MEL_HOP = Samples(160)  # 10 ms
MEL_WINDOW = Samples(400)  # 25 ms
MEL_FRAMES_PER_CHUNK = 40
FRAMES_PER_CHUNK = Frames(10)
FRAME_SAMPLES = Samples(640)
POSITIONS_PER_SILENT_CHUNK = 1 + FRAMES_PER_CHUNK + 2  # <audio>, frames, <assistant>, <silent>

IGNORED = -100
"""Label of a position that carries no loss: the value `cross_entropy` of torch skips."""

EMOTIONS = ("happy", "sad", "angry", "surprise", "normal", "urgent")


def seconds_of(chunks: int) -> Seconds:
    """End of the `chunks`-th chunk, counted from 1, in seconds."""
    return Seconds(chunks * CHUNK_SAMPLES / SAMPLE_RATE)


def chunks_in(num_samples: int) -> Chunks:
    """Number of chunks that hold `num_samples` samples; the last one may be partly filled."""
    return Chunks(-(-num_samples // CHUNK_SAMPLES))


def trigger_chunk(end: float) -> Chunks:
    """Index (from 0) of the chunk in which an event that ends at `end` seconds has ended.

    The paper's `ceil(end / c)` (Algorithm 4) counts chunks from 1; this is that index minus 1.

    Raises:
        ValueError: `end` is not a positive finite time.
    """
    if not (math.isfinite(end) and end > 0):
        raise ValueError(f"an event must end after 0 s at a finite time, not at {end!r} s")
    # Whole samples first: 1.2 / 0.4 is 2.9999999999999996 in floating point.
    return Chunks(chunks_in(math.ceil(round(end * SAMPLE_RATE, 3))) - 1)


@dataclass(frozen=True)
class ControlTokens:
    """Ids of the control tokens of one vocabulary.

    `tiny` takes named special tokens from its tokenizer (`from_tokenizer`). The released model
    re-uses rare rows of the Qwen vocabulary (`released`), and so do the presets of Qwen2.5-Omni it
    was trained from: an adapter for them then speaks the protocol of the release, and its markers
    of sound start from those that Qwen knows.

    Attributes:
        opens_text: whether `<response>` also opens system and user text, as in the release.
    """

    pad: int
    online: int
    offline: int
    english: int
    system: int
    user: int
    assistant: int
    audio: int
    audio_end: int
    frame: int
    frame_offline: int
    silent: int
    response: int
    end: int
    happy: int
    sad: int
    angry: int
    surprise: int
    normal: int
    urgent: int
    opens_text: bool = False

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Spellings of the named special tokens, in the order of the fields: `<pad>`, …"""
        return tuple(f"<{f.name}>" for f in fields(cls) if f.type is int)

    @classmethod
    def from_tokenizer(cls, tokenizer) -> "ControlTokens":
        """Read the ids from a Hugging Face tokenizer that has every `<name>` as a special token.

        Raises:
            ValueError: a name is missing from the tokenizer.
        """
        vocabulary = tokenizer.get_vocab()
        missing = [name for name in cls.names() if name not in vocabulary]
        if missing:
            raise ValueError(f"the tokenizer lacks the control tokens {', '.join(missing)}")
        return cls(*(vocabulary[name] for name in cls.names()))

    @classmethod
    def released(cls) -> "ControlTokens":
        """Ids of the released Audio-Interaction weights (its `TOKENS.py`).

        One id often plays several roles there: `<response>` also opens system and user text, and
        padding also marks the audio slots of online samples.
        """
        return cls(
            pad=151608,
            online=151609,
            offline=151610,
            english=151611,
            system=151644,
            user=151601,
            assistant=151602,
            audio=151647,
            audio_end=151648,
            frame=151608,
            frame_offline=151646,
            silent=151605,
            response=151644,
            end=151643,
            happy=151614,
            sad=151615,
            angry=151616,
            surprise=151617,
            normal=151618,
            urgent=151619,
            opens_text=True,
        )

    def emotion(self, name: str) -> int:
        """Id of an emotion tag.

        Raises:
            ValueError: `name` is not one of `EMOTIONS`.
        """
        if name not in EMOTIONS:
            raise ValueError(f"unknown emotion {name!r}; choose one of {', '.join(EMOTIONS)}")
        return getattr(self, name)

    def emotion_name(self, token: int) -> str | None:
        """Name of an emotion id, or None if `token` is not one."""
        return next((name for name in EMOTIONS if getattr(self, name) == token), None)

    def ids(self) -> tuple[int, ...]:
        """All ids, each once, ascending: the rows that streaming training may move."""
        return tuple(sorted({getattr(self, f.name) for f in fields(self) if f.type is int}))

    def written(self, role: int, text: Sequence[int]) -> list[int]:
        """`<system|user> text <end>`; `role` is the role token's id."""
        opening = [self.response] if self.opens_text else []
        return [role, *opening, *text, self.end]

    def prefix(self, mode: int, system: Sequence[int]) -> list[int]:
        """`<online|offline> <lang> <system> text <end>`; `mode` is the mode token's id."""
        return [mode, self.english, *self.written(self.system, system)]

    def listening(self) -> list[int]:
        """What a chunk adds before its decision: `<audio>`, ten `<frame>`, `<assistant>`."""
        return [self.audio, *[self.frame] * FRAMES_PER_CHUNK, self.assistant]


@dataclass(frozen=True)
class Reply:
    """What the model says at one decision: an emotion tag and the ids of its words.

    Attributes:
        learnt: how many of the leading ids carry loss, with nothing behind them that does, nor the
            emotion if it is 0; None for all of them and `<end>`.
    """

    text: tuple[int, ...]
    emotion: str = "normal"
    learnt: int | None = None


@dataclass
class Layout:
    """One training or scoring sequence; every list has one entry per position.

    Attributes:
        input_ids: token ids; `<frame>` positions are placeholders for encoder frames.
        labels: the id a position should have been predicted as, or `IGNORED` (not shifted).
        is_frame: True where an encoder frame replaces the embedding.
        is_decision: True where the label is a control decision (`<silent>` or `<response>`),
            the terms weighted by lambda in the objective (paper §3.3).
        decisions: positions of the online decisions, one per chunk; empty for offline.
    """

    input_ids: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    is_frame: list[bool] = field(default_factory=list)
    is_decision: list[bool] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)

    def _add(self, ids: Sequence[int], *, supervised=False, decision=False, frame=False) -> None:
        self.input_ids += ids
        self.labels += ids if supervised else [IGNORED] * len(ids)
        self.is_frame += [frame] * len(ids)
        self.is_decision += [decision] * len(ids)

    def __len__(self) -> int:
        return len(self.input_ids)


def online_layout(
    tokens: ControlTokens,
    system: Sequence[int],
    num_chunks: int,
    replies: Mapping[int, Reply],
    untaught: Collection[int] = (),
) -> Layout:
    """Lay out a stream of `num_chunks` chunks with replies at the given chunks (from 0).

    Loss on every decision, emotion, reply word and `<end>`; none on the prefix, the frames and
    the role marker (paper Algorithm 2, released builder), and none on the decisions after the
    chunks `untaught`.

    Raises:
        ValueError: a reply lies outside the stream.
    """
    outside = [chunk for chunk in replies if not 0 <= chunk < num_chunks]
    if outside:
        raise ValueError(f"replies at chunks {outside} of a stream of {num_chunks} chunks")
    layout = Layout()
    layout._add(tokens.prefix(tokens.online, system))
    for chunk in range(num_chunks):
        layout._add([tokens.audio])
        layout._add([tokens.frame] * FRAMES_PER_CHUNK, frame=True)
        layout._add([tokens.assistant])
        layout.decisions.append(len(layout))
        reply = replies.get(chunk)
        decision, taught = tokens.response if reply else tokens.silent, chunk not in untaught
        layout._add([decision], supervised=taught, decision=taught)
        if reply:
            said = [tokens.emotion(reply.emotion), *reply.text, tokens.end]
            learnt = len(said) if reply.learnt is None else reply.learnt and 1 + reply.learnt
            layout._add(said[:learnt], supervised=True)
            layout._add(said[learnt:])
    return layout


def offline_layout(
    tokens: ControlTokens,
    system: Sequence[int],
    num_frames: int,
    user: Sequence[int],
    reply: Sequence[int] = (),
    *,
    complete: bool = True,
) -> Layout:
    """Lay out one clip of `num_frames` encoder frames, a written instruction, and its reply.

    With `complete=False` the sequence stops after `<response>`, ready for generation. An empty
    `user` leaves the user turn out (the release's `A_T` form); `num_frames` 0 leaves the audio
    block out (`T_T`).
    """
    layout = Layout()
    layout._add(tokens.prefix(tokens.offline, system))
    if num_frames:
        layout._add([tokens.audio])
        layout._add([tokens.frame_offline] * num_frames, frame=True)
        layout._add([tokens.audio_end])
    if user:
        layout._add(tokens.written(tokens.user, user))
    layout._add([tokens.assistant])
    layout._add([tokens.response])
    if complete:
        layout._add([*reply, tokens.end], supervised=True)
    return layout


def parse_online(
    tokens: ControlTokens, input_ids: Sequence[int]
) -> tuple[list[int], int, dict[int, Reply]]:
    """Inverse of `online_layout`: the system text ids, the number of chunks, the replies.

    Raises:
        ValueError: the ids are not an online sequence; the message names the position.
    """
    ids = list(input_ids)
    opening = tokens.prefix(tokens.online, [])[:-1]
    start = len(opening)
    if ids[:start] != opening:
        raise ValueError("position 0: an online sequence starts with <online> <lang> <system>")
    at = _index(ids, tokens.end, start)
    system, at = ids[start:at], at + 1
    listening, replies, chunk = tokens.listening(), {}, 0
    while at < len(ids):
        if ids[at : at + len(listening)] != listening:
            raise ValueError(f"position {at}: expected a chunk block of {len(listening)} tokens")
        at += len(listening)
        decision = ids[at] if at < len(ids) else None
        if decision == tokens.response:
            stop = _index(ids, tokens.end, at + 2)
            emotion = tokens.emotion_name(ids[at + 1])
            if emotion is None:
                raise ValueError(f"position {at + 1}: expected an emotion, found id {ids[at + 1]}")
            replies[chunk] = Reply(tuple(ids[at + 2 : stop]), emotion)
            at = stop
        elif decision != tokens.silent:
            raise ValueError(f"position {at}: expected <silent> or <response>, found {decision}")
        at, chunk = at + 1, chunk + 1
    return system, chunk, replies


def _index(ids: list[int], token: int, start: int) -> int:
    try:
        return ids.index(token, start)
    except ValueError:
        raise ValueError(f"no <end> after position {start}") from None
