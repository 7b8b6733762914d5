"""A stream of 24 s with a timeline, and what a listener might have decided on it."""

from dataclasses import dataclass

import numpy as np
import pytest

from audio_interaction.corpus.schema import Event, Response, Stream
from audio_interaction.protocol import SAMPLE_RATE, chunks_in, seconds_of, trigger_chunk
from audio_interaction.streaming.session import Spoken, Transcript

SECONDS = 24.0
QUESTION = "what is the capital of france"
EVENTS = (
    Event(1.2, 3.5, "speech", QUESTION, source="slt"),
    Event(6.9, 8.1, "sound", "glass break", source="opensfx"),
    Event(11.0, 13.9, "speech", "i went to the market this morning", source="slt"),
    Event(15.0, 16.1, "sound", "dog bark", source="opensfx"),
    Event(20.3, 23.1, "speech", "please remember the number four seven", source="slt"),
)
RESPONSES = (
    Response(1.2, 3.5, "paris", kind="answer"),
    Response(6.9, 8.1, "careful that was glass", "urgent", "warn"),
    Response(20.3, 23.1, "okay four seven", kind="confirm"),
)


@dataclass(frozen=True)
class Heard:
    """A stream and its transcript: two hits, one false alarm, one miss at p = 0.4."""

    stream: Stream
    transcript: Transcript

    @property
    def samples(self):
        return self.stream.audio


def make_heard(repeats: int = 1) -> Heard:
    rng = np.random.default_rng(0)
    samples = (0.01 * rng.standard_normal(round(repeats * SECONDS * SAMPLE_RATE))).astype("f4")
    events = [_later(event, SECONDS * turn) for turn in range(repeats) for event in EVENTS]
    responses = [_later(each, SECONDS * turn) for turn in range(repeats) for each in RESPONSES]
    for event in events:
        at = slice(round(event.start * SAMPLE_RATE), round(event.end * SAMPLE_RATE))
        samples[at] += 0.3 * np.sin(np.arange(at.stop - at.start) / 9, dtype="f4")
    stream = Stream(
        "demo", "test", "chat", "listen", samples, tuple(events), tuple(responses), 12.0
    )
    p_response = np.full(chunks_in(len(samples) + SAMPLE_RATE), 0.03)
    spoken = []

    def say(end: float, p: float, text: str, emotion: str = "normal") -> None:
        chunk = trigger_chunk(end)
        p_response[chunk] = p
        if p >= 0.5:
            spoken.append(Spoken(chunk, seconds_of(chunk + 1), text, emotion))

    for turn in range(repeats):
        for response, p in zip(RESPONSES, (0.93, 0.88, 0.4), strict=True):
            say(response.end + SECONDS * turn, p, response.text, response.emotion)
        say(EVENTS[3].end + SECONDS * turn, 0.71, "a dog barks")
    spoken.sort(key=lambda reply: reply.chunk)
    seconds = seconds_of(len(p_response))
    wall = np.full(len(p_response), 0.02)
    return Heard(stream, Transcript(seconds, p_response, tuple(spoken), wall, 0.5))


def _later(item, offset: float):
    return type(item)(**{**vars(item), "start": item.start + offset, "end": item.end + offset})


@pytest.fixture(scope="session")
def heard():
    return make_heard()


@pytest.fixture(scope="session")
def ten_minutes():
    return make_heard(25)
