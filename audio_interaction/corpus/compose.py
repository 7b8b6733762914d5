"""From an ordered list of cues to a stream with its timeline (paper §3.2, App. B.4, Algorithm 4).

A cue is one clip and the reply it calls for. Foreground cues are faded and appended with gaps,
background cues are laid at a random offset, ambient ones are looped from beginning to end, and two
noise tracks lie over the whole stream, over the speech too. Everything random comes from the
generator that is passed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from audio_interaction.audio.mixing import (
    ROLE_GAIN_DB,
    coloured_noise,
    fade,
    gain_db,
    limit,
    loop,
    mix_at_snr,
    to_level,
)
from audio_interaction.audio.reverb import reverberant
from audio_interaction.corpus.schema import Event, Response, Stream, Word
from audio_interaction.corpus.sounds import augment
from audio_interaction.corpus.sources import SoundClip, SpeechClip
from audio_interaction.errors import UserError
from audio_interaction.protocol import CHUNK_SAMPLES, SAMPLE_RATE, chunks_in

MAX_SECONDS = 30.0
LEVEL_DB = -26.0  # RMS of a foreground clip, dB of full scale, before the gain of the stream
LEVEL_SPREAD_DB = 4.0  # clips of one stream differ by up to this much either way
STREAM_GAIN_DB = (-10.0, 4.0)
LEAD_SECONDS = (0.4, 2.0)
TAIL_SECONDS = (1.2, 2.0)
GAP_SECONDS = (0.8, 2.4)
REPLY_GAP_SECONDS = 1.2  # least gap after a sound that calls for a reply
AMBIENT_DB = -5.0  # ambient noise track against the event-like one
CROSSFADE_SECONDS = 0.25
FLOOR_DB = (-80.0, -60.0)  # RMS of the noise floor of a stream without a bed


@dataclass(frozen=True)
class Cue:
    """One clip to be heard, and the reply that is due when it has ended.

    Attributes:
        reply: empty where the listener should stay silent.
        kind, emotion: of the `Response`; kind "transcript" answers each word as it is spoken.
        role: "fg" takes its turn; "bg" lies under the others at a random offset; "amb" goes on all
            the time, looped with cross-fades (paper App. B.1: an ambient slot covers everything).
    """

    clip: SpeechClip | SoundClip
    reply: str = ""
    kind: str = ""
    emotion: str = "normal"
    role: str = "fg"


@dataclass(frozen=True)
class Bed:
    """How noisy the streams of a task are: a `share` of them has a bed, at U(`snr_db`) dB."""

    snr_db: tuple[float, float] = (8.0, 30.0)
    share: float = 0.7


@dataclass(frozen=True)
class Score:
    """The events of a stream before the noise.

    Attributes:
        foreground: float32 (S,), a whole number of chunks.
        active: bool (S,), True while a foreground event is heard.
    """

    foreground: np.ndarray
    active: np.ndarray
    events: tuple[Event, ...]
    responses: tuple[Response, ...]


def arrange(
    cues: Sequence[Cue], rng: np.random.Generator, gap_seconds: tuple[float, float] = GAP_SECONDS
) -> Score:
    """Lay the cues out in time.

    Raises:
        UserError: an ambient cue is speech, or calls for a reply; what never ends triggers nothing.
    """
    for cue in cues:
        if cue.role == "amb" and (cue.reply or not isinstance(cue.clip, SoundClip)):
            raise UserError(
                f"clip {cue.clip.id}: an ambient cue must be a sound without a reply; "
                "give it the role 'fg' or 'bg'"
            )
    pieces = [_performed(cue, rng) for cue in cues]
    at = rng.uniform(*LEAD_SECONDS)
    starts, ends = {}, {}
    for index, (cue, piece) in enumerate(zip(cues, pieces, strict=True)):
        if cue.role != "fg":
            continue
        starts[index] = round(at * SAMPLE_RATE)
        ends[index] = starts[index] + len(piece)
        least = REPLY_GAP_SECONDS if cue.reply and isinstance(cue.clip, SoundClip) else 0.0
        gap = rng.uniform(max(gap_seconds[0], least), gap_seconds[1])
        at = ends[index] / SAMPLE_RATE + gap
    last = max(ends.values()) / SAMPLE_RATE + rng.uniform(*TAIL_SECONDS)
    length = chunks_in(round(last * SAMPLE_RATE)) * CHUNK_SAMPLES

    foreground, active = np.zeros(length, np.float32), np.zeros(length, bool)
    events, responses = [], []
    for index, (cue, piece) in enumerate(zip(cues, pieces, strict=True)):
        if cue.role == "fg":
            active[starts[index] : ends[index]] = True
        elif cue.role == "amb":
            piece = loop(piece, length, round(CROSSFADE_SECONDS * SAMPLE_RATE), rng)
            starts[index], ends[index] = 0, length
        else:
            piece = piece[:length]
            starts[index] = int(rng.integers(length - len(piece) + 1))
            ends[index] = starts[index] + len(piece)
        foreground[starts[index] : ends[index]] += fade(piece)
        event = _event(cue, starts[index] / SAMPLE_RATE, ends[index] / SAMPLE_RATE)
        events.append(event)
        responses += _responses(cue, event)
    return Score(
        foreground,
        active,
        tuple(sorted(events, key=lambda event: event.start)),
        tuple(sorted(responses, key=lambda response: response.end)),
    )


def _performed(cue: Cue, rng: np.random.Generator) -> np.ndarray:
    """The clip as it sounds in this stream: varied (training sounds only) and levelled."""
    samples = cue.clip.audio()
    if isinstance(cue.clip, SoundClip) and cue.clip.split == "train":
        samples = augment(samples, rng)
    spread = rng.uniform(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB)
    return to_level(samples, LEVEL_DB + spread + ROLE_GAIN_DB[cue.role])


def _event(cue: Cue, start: float, end: float) -> Event:
    clip = cue.clip
    if isinstance(clip, SoundClip):
        return Event(start, end, "sound", clip.label, cue.role, clip.package, clip.id)
    words = tuple(
        Word(word.text, start + word.start, min(start + word.end, end)) for word in clip.words
    )
    return Event(start, end, "speech", clip.text, cue.role, clip.voice, clip.id, words)


def _responses(cue: Cue, event: Event) -> list[Response]:
    if cue.kind == "transcript":
        return [
            Response(word.start, word.end, word.text, kind="transcript") for word in event.words
        ]
    if cue.reply:
        # A spoken clip keeps a margin of silence behind its last word.
        end = event.words[-1].end if event.words else event.end
        return [Response(event.start, end, cue.reply, cue.emotion, cue.kind)]
    return []


def noise_bed(
    noises: Sequence[SoundClip], length: int, rng: np.random.Generator
) -> tuple[np.ndarray, Event]:
    """Two noise tracks of `length` samples, and the event that records the recorded one.

    The event-like track loops one of `noises`; the ambient one is coloured noise of random slope
    (0 white to 2 brown), 5 dB quieter.

    Raises:
        UserError: there are no noises.
    """
    if not noises:
        raise UserError("the sources hold no clip labelled 'noise' for the bed; add one")
    clip = noises[rng.integers(len(noises))]
    eventful = loop(clip.audio(), length, round(CROSSFADE_SECONDS * SAMPLE_RATE), rng)
    ambient = coloured_noise(length, rng.uniform(0.0, 2.0), rng)
    bed = to_level(eventful, 0.0) + gain_db(ambient, AMBIENT_DB)
    return bed, Event(0.0, length / SAMPLE_RATE, "sound", clip.label, "amb", clip.package, clip.id)


def mix(
    score: Score, bed: Bed, noises: Sequence[SoundClip], rng: np.random.Generator
) -> tuple[np.ndarray, tuple[Event, ...], float | None]:
    """The samples of the stream, its events, and the signal-to-noise ratio in dB if it has a bed.

    A stream without a bed is digitally silent between its events, or has a very low noise floor:
    both keep the model from taking a quiet gap for the end of something.
    """
    length = len(score.foreground)
    if rng.random() < bed.share:
        snr_db = float(rng.uniform(*bed.snr_db))
        noise, event = noise_bed(noises, length, rng)
        samples = mix_at_snr(score.foreground, noise, snr_db, score.active)
        events = (event, *score.events)
    else:
        snr_db, samples, events = None, score.foreground, score.events
        if rng.random() < 0.5:
            floor = coloured_noise(length, rng.uniform(0.0, 1.0), rng)
            samples = samples + gain_db(floor, rng.uniform(*FLOOR_DB))
    return limit(gain_db(samples, rng.uniform(*STREAM_GAIN_DB))), events, snr_db


def compose(
    cues: Sequence[Cue],
    bed: Bed,
    noises: Sequence[SoundClip],
    rng: np.random.Generator,
    *,
    id: str,
    split: str,
    task: str,
    system: str,
    gap_seconds: tuple[float, float] = GAP_SECONDS,
    rt60_s: float | None = None,
) -> Stream | None:
    """One stream, or None if the cues do not fit into `MAX_SECONDS`.

    All but the noise is heard in a room of the reverberation time `rt60_s`, if one is given
    (`audio.reverb`).
    """
    score = arrange(cues, rng, gap_seconds)
    if len(score.foreground) > MAX_SECONDS * SAMPLE_RATE:
        return None
    if rt60_s is not None:
        score = replace(score, foreground=reverberant(score.foreground, rt60_s, rng))
    samples, events, snr_db = mix(score, bed, noises, rng)
    return Stream(id, split, task, system, samples, events, score.responses, snr_db, rt60_s)
