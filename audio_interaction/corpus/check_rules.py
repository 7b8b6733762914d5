"""The rules that one stream is held to, whatever else is in its corpus."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from audio_interaction.audio.mixing import ROLE_GAIN_DB, rms
from audio_interaction.audio.reverb import RT60_S
from audio_interaction.corpus.findings import Finding
from audio_interaction.corpus.labels import TRAINING_LAG, decision_chunks
from audio_interaction.corpus.schema import RESPONSE_KINDS, Event, Response, Stream
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError
from audio_interaction.protocol import EMOTIONS, SAMPLE_RATE, chunks_in

KINDS = ("speech", "sound")
TOLERANCE = 1e-3  # s; times are sums of floating-point numbers
LEVEL_DB = (-55.0, -9.0)  # RMS of a stream, dB of full scale
EVENT_DB = -60.0  # least RMS of an event
FULL_SCALE = 0.999
CLIPPED = 3  # samples at full scale in a row
SNR_DB = (-10.0, 60.0)
NULLABLE = ("snr_db", "rt60_s", "audio.path")

REBUILD = "build the corpus again"
TIMELINE = "correct the times of the row, or leave the stream out"
SOUND = "compose the stream again, or leave it out"


def nulls(value, path: str = "") -> Iterator[str]:
    """Paths of the nulls in a row that must not be there, as `events.words.start`."""
    if value is None:
        if path not in NULLABLE:
            yield path
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from nulls(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from nulls(inner, path)


def silent_task(name: str) -> bool:
    """Whether a registered sub-task never calls for a reply."""
    return name in TASKS and TASKS[name].responds == "Never."


def examine(
    row: Mapping, stream: Stream, extra_tasks: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """What is wrong with one stream.

    Args:
        row: as it lies in the corpus, without nulls.
        stream: made from the row, with its samples.
        extra_tasks: names of sub-tasks that are allowed beside those of the registry.
    """
    whole = [
        *_task(row, extra_tasks),
        *_length(row, stream),
        *_timeline(stream),
        *_responses(stream),
    ]
    rest = [*_silence(stream), *_mixture(stream), *_sound(stream)]
    if not whole:  # a broken timeline has no decisions
        rest += _decisions(stream)
    yield from (
        Finding(rule, what, advice, stream.split, stream.id) for rule, what, advice in whole + rest
    )


def _task(row: Mapping, extra_tasks: frozenset[str]) -> Iterator[tuple]:
    task = TASKS.get(row["task"])
    if task is None:
        if row["task"] not in extra_tasks:
            yield "task", f"unknown sub-task {row['task']!r}", "use one of corpus.tasks.TASKS"
    elif row["ability"] != task.ability:
        yield (
            "task",
            f"ability {row['ability']!r} of sub-task {task.name!r}",
            f"it belongs to {task.ability!r}",
        )


def _length(row: Mapping, stream: Stream) -> Iterator[tuple]:
    seconds = len(stream.audio) / SAMPLE_RATE
    if not abs(row["seconds"] - seconds) <= 0.5 / SAMPLE_RATE:
        yield "audio", f"{seconds:.3f} s of sound, {row['seconds']:.3f} s are stated", SOUND


def _timeline(stream: Stream) -> Iterator[tuple]:
    end = len(stream.audio) / SAMPLE_RATE + TOLERANCE
    for number, event in enumerate(stream.events):
        name = f"event {number} ({event.text!r})"
        if not 0 <= event.start < event.end <= end:
            yield "timeline", f"{name} from {event.start:.3f} to {event.end:.3f} s", TIMELINE
        if event.kind not in KINDS:
            yield "timeline", f"{name} of kind {event.kind!r}", f"use {' or '.join(KINDS)}"
        if event.role not in ROLE_GAIN_DB:
            yield "timeline", f"{name} of role {event.role!r}", f"use {', '.join(ROLE_GAIN_DB)}"
        # Sounds of imported rows have no name.
        if not event.text.strip() and (event.kind == "speech" or stream.task in TASKS):
            yield "timeline", f"{name} has no text", "give its transcript or the name of the sound"
        yield from _words(event, name)
    starts = [event.start for event in stream.events]
    if starts != sorted(starts):
        yield "timeline", "the events are not in order of time", "sort them by their start"


def _words(event: Event, name: str) -> Iterator[tuple]:
    at = event.start - TOLERANCE
    for word in event.words:
        if not (at <= word.start <= word.end <= event.end + TOLERANCE and word.text):
            yield (
                "timeline",
                f"{name}: word {word.text!r} from {word.start:.3f} to {word.end:.3f} s is outside "
                "its event or out of order",
                TIMELINE,
            )
        at = word.start


def _responses(stream: Stream) -> Iterator[tuple]:
    ends = [response.end for response in stream.responses]
    if ends != sorted(ends):
        yield "response", "the replies are not in order of time", "sort them by their end"
    for response in stream.responses:
        name = f"reply {response.text!r} at {response.end:.3f} s"
        if not response.text.strip():
            yield "response", f"{name} has no words", "leave it out: silence is no reply"
        if response.emotion not in EMOTIONS:
            yield (
                "response",
                f"{name} with emotion {response.emotion!r}",
                f"use one of {', '.join(EMOTIONS)}",
            )
        if response.kind not in RESPONSE_KINDS:
            yield (
                "response",
                f"{name} of kind {response.kind!r}",
                f"use one of {', '.join(RESPONSE_KINDS)}",
            )
        if wrong := _untriggered(response, stream.events):
            yield "response", f"{name} {wrong}", "let it begin and end with what calls for it"


def _untriggered(response: Response, events: tuple[Event, ...]) -> str:
    """Why a reply fits no event; "" if it does."""
    if response.kind == "transcript":
        spans = [(word.start, word.end) for event in events for word in event.words]
    else:
        # A spoken event keeps a margin of silence behind its last word.
        spans = [(e.start, e.words[-1].end if e.words else e.end) for e in events]
    heard = [end for start, end in spans if abs(start - response.start) <= TOLERANCE]
    if not heard:
        return f"has no trigger: nothing begins at {response.start:.3f} s"
    if any(abs(end - response.end) <= TOLERANCE for end in heard):
        return ""
    nearest = min(heard, key=lambda end: abs(end - response.end))
    side = "before" if response.end < nearest else "after"
    return f"comes {side} its trigger ends at {nearest:.3f} s"


def _silence(stream: Stream) -> Iterator[tuple]:
    if silent_task(stream.task) and stream.responses:
        what = f"{len(stream.responses)} replies in {stream.task!r}, which never calls for one"
        yield "silence", what, "leave them out"


def _decisions(stream: Stream) -> Iterator[tuple]:
    try:
        decision_chunks(stream, chunks_in(len(stream.audio)), TRAINING_LAG[1])
    except UserError as error:
        yield "decision", str(error).removeprefix(f"stream {stream.id}: "), SOUND


def _mixture(stream: Stream) -> Iterator[tuple]:
    snr_db, rt60_s = stream.snr_db, stream.rt60_s
    if snr_db is not None and not SNR_DB[0] <= snr_db <= SNR_DB[1]:
        yield "mixture", f"a signal-to-noise ratio of {snr_db} dB", REBUILD
    if rt60_s is not None and not RT60_S[0] <= rt60_s <= RT60_S[1]:
        yield "mixture", f"a reverberation time of {rt60_s} s", REBUILD


def _decibels(samples: np.ndarray) -> float:
    return 20 * math.log10(rms(samples) + 1e-10)


def _sound(stream: Stream) -> Iterator[tuple]:
    samples, level = stream.audio, _decibels(stream.audio)
    if not LEVEL_DB[0] <= level <= LEVEL_DB[1]:
        told = f"{level:.1f} dB of full scale" if samples.any() else "digital silence"
        yield "level", f"{told}, outside of {LEVEL_DB[0]:.0f} to {LEVEL_DB[1]:.0f} dB", SOUND
    for event in stream.events:
        piece = samples[round_at(event.start) : round_at(event.end)]
        if len(piece) and _decibels(piece) < EVENT_DB:
            yield (
                "level",
                f"nothing is heard of {event.text!r} from {event.start:.3f} to {event.end:.3f} s",
                SOUND,
            )
    full = np.abs(samples) >= FULL_SCALE
    if full.any() and np.convolve(full, np.ones(CLIPPED, int)).max() >= CLIPPED:
        yield "clipping", f"{np.count_nonzero(full)} samples at full scale", SOUND


def round_at(seconds: float) -> int:
    """Index of the sample at a time; 0 for a time that is none."""
    return round(seconds * SAMPLE_RATE) if 0 < seconds < math.inf else 0
