"""The two sequence layouts: a stream that is listened to, and a clip that is asked about.

    online   <online> <lang> <system> text <end>
             then for each chunk:  <audio> 10 x <frame> <assistant>  decision
             decision = <silent>  |  <response> <emotion> text <end>
    offline  <offline> <lang> <system> text <end>
             <audio> N x <frame> </audio>  <user> text <end>  <assistant> <response> text <end>

The embedding of every `<frame>` placeholder is replaced by one encoder frame (40 ms of sound).
With the ids of the release, `<response>` also stands between `<system>` or `<user>` and the text.
Source: paper §3.3 and Algorithm 2; released builder `cons_online_data.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audio_interaction.protocol import FRAMES_PER_CHUNK, ControlTokens

IGNORED = -100
"""Label of a position that carries no loss: the value `cross_entropy` of torch skips."""


@dataclass(frozen=True)
class Reply:
    """What the model says at one decision: an emotion tag and the ids of its words."""

    text: tuple[int, ...]
    emotion: str = "normal"


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

    def _add(self, ids: Sequence[int], *, labels=(), decision=False, frame=False) -> None:
        self.input_ids += ids
        self.labels += [*labels, *[IGNORED] * (len(ids) - len(labels))]
        self.is_frame += [frame] * len(ids)
        self.is_decision += [decision] * len(ids)

    def __len__(self) -> int:
        return len(self.input_ids)


def online_layout(
    tokens: ControlTokens,
    system: Sequence[int],
    num_chunks: int,
    replies: Mapping[int, Reply],
    owed: Mapping[int, Reply] | None = None,
) -> Layout:
    """Lay out a stream of `num_chunks` chunks with replies at the given chunks (from 0).

    Loss on every decision, emotion, reply word and `<end>`; none on the prefix, the frames and
    the role marker (paper Algorithm 2, released builder).

    Args:
        tokens, system, num_chunks: control tokens, ids of the written instruction, length.
        replies: chunk -> what is said after it.
        owed: chunk -> what should be said there, given what was said before; `replies` by default.
            Where the two part, the label is what is owed, and the rest of the decision has none.

    Raises:
        ValueError: a reply lies outside the stream.
    """
    owed = replies if owed is None else owed
    outside = [chunk for chunk in {**replies, **owed} if not 0 <= chunk < num_chunks]
    if outside:
        raise ValueError(f"replies at chunks {outside} of a stream of {num_chunks} chunks")
    layout = Layout()
    layout._add(tokens.prefix(tokens.online, system))
    for chunk in range(num_chunks):
        layout._add([tokens.audio])
        layout._add([tokens.frame] * FRAMES_PER_CHUNK, frame=True)
        layout._add([tokens.assistant])
        layout.decisions.append(len(layout))
        said, should = (_decided(tokens, of.get(chunk)) for of in (replies, owed))
        labels = should[: _shared(said, should) + 1][: len(said)]
        layout._add(said[:1], labels=labels[:1], decision=True)
        layout._add(said[1:], labels=labels[1:])
    return layout


def _decided(tokens: ControlTokens, reply: Reply | None) -> list[int]:
    """`<silent>`, or `<response> <emotion> text <end>`."""
    if reply is None:
        return [tokens.silent]
    return [tokens.response, tokens.emotion(reply.emotion), *reply.text, tokens.end]


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the common beginning."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


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
        layout._add([*reply, tokens.end], labels=[*reply, tokens.end])
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
