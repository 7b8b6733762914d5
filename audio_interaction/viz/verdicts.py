"""Which chunks respond at a threshold, and whether they should have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audio_interaction.benchmarks.metrics import triggers
from audio_interaction.corpus.matching import match
from audio_interaction.protocol import seconds_of
from audio_interaction.viz import theme

if TYPE_CHECKING:  # the session imports torch
    from audio_interaction.corpus.schema import Response, Stream
    from audio_interaction.streaming.session import Transcript


@dataclass(frozen=True)
class Style:
    """Colour and marker of a kind of reply or event."""

    name: str
    colour: str
    symbol: str = "triangle-up"


HIT = Style("right time", theme.GREEN)
FALSE_ALARM = Style("false alarm", theme.RED, "x")
EARLY = Style("too early", theme.RED, "triangle-left")
UNJUDGED = Style("response", theme.BLUE)
MISSED = Style("missed", theme.MUTED, "circle-open")
SPEECH = Style("speech", theme.BLUE)
SOUND = Style("sound", theme.ORANGE)
HAZARD = Style("hazard", theme.RED)
AMBIENT = Style("noise, ambience", theme.MUTED)


@dataclass(frozen=True)
class Answer:
    """A chunk that responds at the threshold of the figure; `text` None if it stayed silent when
    the stream was heard, so that its words are not known."""

    chunk: int
    style: Style
    text: str | None
    emotion: str

    @property
    def time(self) -> float:
        return seconds_of(self.chunk + 1)


def responding(p_response: np.ndarray, threshold: float) -> np.ndarray:
    """Chunks (from 0) that respond at `threshold`, each judged by the signal as it was heard.

    A reply that was not given, or given in vain, would have changed what the model heard next, so
    at another threshold than the transcript's this is a first approximation.
    """
    return np.flatnonzero(np.asarray(p_response) >= threshold)


def answers(
    transcript: Transcript, threshold: float, stream: Stream | None = None
) -> tuple[list[Answer], list[Response]]:
    """What would be answered at `threshold`, judged by the timeline of `stream` if there is one.

    Returns:
        The answers in order, and the triggers that none of them answers in time.
    """
    spoken = {reply.chunk: reply for reply in transcript.spoken}
    found = []
    for chunk in responding(transcript.p_response, threshold).tolist():
        reply = spoken.get(chunk)
        text, emotion = (reply.text, reply.emotion) if reply else (None, "")
        found.append(Answer(chunk, UNJUDGED, text, emotion))
    if stream is None:
        return found, []
    due = triggers(stream)
    matched = match(due, found, len(transcript.p_response))
    styles = dict.fromkeys(matched.false_alarms, FALSE_ALARM)
    styles |= {answer: EARLY for _, answer in matched.early}  # false alarms of a kind
    judged = [replace(answer, style=styles.get(at, HIT)) for at, answer in enumerate(found)]
    return judged, [due[index] for index in matched.missed]
