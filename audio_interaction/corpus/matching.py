"""Which decision answers which trigger.

The paper reports a trigger accuracy without defining it (§5.4, Tables 6 and 8: no tolerance, no
class balance). This is our definition, and every decide metric of the kit rests on it.

A trigger that ends at `end` seconds is due at chunk `due = trigger_chunk(end)`. Decisions are
taken in order of time; each is one of

    hit          due <= chunk <= due + 2 of a trigger that is still open (the earliest due one)
    early        chunk of the trigger's start <= chunk < due: it uses the trigger up, which is
                 then missed, and is a false alarm as well
    false alarm  anything else, a second answer to an answered trigger included

`due + 2` leaves 0.8 to 1.2 s from the end of a trigger to the end of the decision's chunk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from audio_interaction.corpus.schema import Response
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE, Chunks, seconds_of, trigger_chunk

WINDOW = Chunks(2)
"""Chunks after the due one in which an answer still counts."""


class Spoke(Protocol):
    """Anything with the chunk index (from 0) at which a reply was begun, as `session.Spoken`."""

    @property
    def chunk(self) -> int: ...


@dataclass(frozen=True)
class Onset:
    """The chunk at which a curve of p(response) would begin a reply; its words are not known."""

    chunk: int
    text: str = ""


def onsets(curve: np.ndarray, threshold: float) -> list[Onset]:
    """Where a curve of p(response), float (C,), would begin replies at a threshold.

    Nobody has answered on the way, so a curve may stay high for a few chunks behind a trigger where
    a model that has answered would fall silent. Crossings closer than the window are one reply.
    """
    found: list[Onset] = []
    for chunk in np.flatnonzero(curve >= threshold).tolist():
        if not found or chunk > found[-1].chunk + WINDOW:
            found.append(Onset(chunk))
    return found


@dataclass(frozen=True)
class Hit:
    """One answered trigger.

    Attributes:
        response: index of the trigger among the responses.
        spoken: index of the decision among the spoken replies.
        delay: seconds from the end of the trigger to the end of the decision's chunk.
    """

    response: int
    spoken: int
    delay: float


@dataclass(frozen=True)
class Matched:
    """What became of every trigger and of every decision of one stream.

    Attributes:
        hits: answered triggers.
        early: (response, spoken) of the decisions that came before their trigger had ended.
        missed: responses that were not hit, those used up early included.
        false_alarms: spoken replies that hit nothing, early ones included.
    """

    hits: tuple[Hit, ...]
    early: tuple[tuple[int, int], ...]
    missed: tuple[int, ...]
    false_alarms: tuple[int, ...]


def chunk_of(time: float) -> Chunks:
    """Index (from 0) of the chunk that holds the sample heard at `time` seconds."""
    return trigger_chunk(time + 1 / SAMPLE_RATE)


def match(responses: Sequence[Response], spoken: Sequence[Spoke], num_chunks: int) -> Matched:
    """Match decisions to triggers, greedily in order of time.

    Args:
        responses: the timeline, times in seconds.
        spoken: the replies that were given, with `.chunk` from 0.
        num_chunks: length of the stream in chunks, its silent tail included.

    Raises:
        UserError: a reply lies outside the stream.
    """
    if outside := [reply.chunk for reply in spoken if not 0 <= reply.chunk < num_chunks]:
        raise UserError(
            f"replies at chunks {outside} of a stream of {num_chunks} chunks; "
            "is this the transcript of another stream?"
        )
    due = [trigger_chunk(response.end) for response in responses]
    begins = [chunk_of(response.start) for response in responses]
    open_triggers = sorted(range(len(responses)), key=lambda index: (due[index], begins[index]))
    hits, early, false_alarms = [], [], []
    for said in sorted(range(len(spoken)), key=lambda index: spoken[index].chunk):
        chunk = spoken[said].chunk
        in_time = [i for i in open_triggers if due[i] <= chunk <= due[i] + WINDOW]
        too_soon = [i for i in open_triggers if begins[i] <= chunk < due[i]]
        if in_time:
            trigger = in_time[0]
            hits.append(Hit(trigger, said, seconds_of(chunk + 1) - responses[trigger].end))
        else:
            false_alarms.append(said)
            if not too_soon:
                continue
            trigger = too_soon[0]
            early.append((trigger, said))
        open_triggers.remove(trigger)
    answered = {hit.response for hit in hits}
    return Matched(
        hits=tuple(hits),
        early=tuple(early),
        missed=tuple(index for index in range(len(responses)) if index not in answered),
        false_alarms=tuple(false_alarms),
    )
