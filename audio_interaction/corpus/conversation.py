"""Between rows of the released JSONL and streams with a timeline.

A conversation becomes a stream as the released builder makes it: before every turn a gap of 20 to
60 frames (0.8 to 2.4 s), a tail of the same kind, cut so that the stream is whole chunks. The
reply to a turn is due when its recording has ended. Around it lies nothing, or noise in the gaps
alone at its native level (the release), or a bed under everything (paper Algorithm 4).

A stream becomes a conversation by cutting it where its replies are due, so no sample is lost: laid
out again without gaps it is the same stream, each reply at most a frame (40 ms) later.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from audio_interaction.audio.io import encode
from audio_interaction.audio.mixing import limit, loop
from audio_interaction.corpus.compose import CROSSFADE_SECONDS, Bed, Score, mix
from audio_interaction.corpus.jsonl import NO_RESPONSE, Conversation, Offline, Turn
from audio_interaction.corpus.offline import OfflineItem
from audio_interaction.corpus.schema import Event, Response, Stream
from audio_interaction.corpus.sources import SoundClip
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.protocol import (
    CHUNK_SAMPLES,
    FRAME_SAMPLES,
    FRAMES_PER_CHUNK,
    SAMPLE_RATE,
    chunks_in,
)

GAP_FRAMES = (20, 60)
NO_GAPS = (0, 0)
LEAST_TAIL_FRAMES = 21
"""Room for the decision on a last reply: 0.84 s, more than it waits (`labels.TRAINING_LAG`)."""
OFFLINE_SECONDS = 20.0

Load = Callable[[str], np.ndarray]
"""From the `audio_path` of a turn to its samples, float32 (S,) at 16 kHz."""


def compose_conversation(
    conversation: Conversation,
    load: Load,
    rng: np.random.Generator,
    *,
    id: str,
    split: str,
    task: str,
    system: str,
    gap_frames: tuple[int, int] = GAP_FRAMES,
    noises: Sequence[SoundClip] = (),
    bed: Bed | None = None,
) -> Stream:
    """Lay the turns of a conversation out in time (released builder, steps 1 and 2).

    Args:
        conversation: its own `system` wins over the argument.
        load: reads the recordings.
        rng: source of all chance.
        id, split, task, system: of the stream.
        gap_frames: least and most frames of a gap; `NO_GAPS` for none.
        noises: what fills the gaps, at its own level; with a `bed`, what the bed is made of.
        bed: lay noise under everything by the rules of `compose.mix` instead.
    """
    at, events, responses = 0, [], []
    heard: list[tuple[int, np.ndarray]] = []
    for turn in conversation.turns:
        at += int(rng.integers(gap_frames[0], gap_frames[1], endpoint=True)) * FRAME_SAMPLES
        samples = load(turn.audio_path)
        start, end = at / SAMPLE_RATE, (at + len(samples)) / SAMPLE_RATE
        kind = "speech" if turn.user else "sound"
        events.append(Event(start, end, kind, turn.user, clip=turn.audio_path))
        if not turn.silent:
            responses.append(Response(start, end, turn.assistant, turn.emotion))
        heard.append((at, samples))
        at += -(-len(samples) // FRAME_SAMPLES) * FRAME_SAMPLES
    frames = at // FRAME_SAMPLES
    tail = int(rng.integers(gap_frames[0], gap_frames[1], endpoint=True))
    tail -= (frames + tail) % FRAMES_PER_CHUNK
    while tail < (0 if conversation.turns[-1].silent else LEAST_TAIL_FRAMES):
        tail += FRAMES_PER_CHUNK

    samples = np.zeros((frames + tail) * FRAME_SAMPLES, np.float32)
    active = np.zeros(len(samples), bool)
    for start, piece in heard:
        samples[start : start + len(piece)] = piece
        active[start : start + len(piece)] = True
    snr_db, timeline = None, tuple(events)
    if bed is not None and samples.any():
        score = Score(samples, active, timeline, tuple(responses))
        samples, timeline, snr_db = mix(score, bed, noises, rng)
    elif noises:
        _fill(samples, active, noises, rng)
    return Stream(
        id=id,
        split=split,
        task=task,
        system=conversation.system or system,
        audio=limit(samples, 1.0),
        events=timeline,
        responses=tuple(responses),
        snr_db=snr_db,
    )


def _fill(
    samples: np.ndarray, active: np.ndarray, noises: Sequence[SoundClip], rng: np.random.Generator
) -> None:
    """Put another noise, from another point on, into every gap."""
    edges = np.flatnonzero(np.diff(active, prepend=True, append=True))
    for start, stop in edges.reshape(-1, 2).tolist():
        noise = noises[rng.integers(len(noises))].audio()
        crossfade = round(CROSSFADE_SECONDS * SAMPLE_RATE)
        samples[start:stop] = loop(noise, stop - start, crossfade, rng)


def turns_of(stream: Stream) -> list[tuple[Turn, np.ndarray]]:
    """Cut a stream where its replies are due and where a foreground event has passed without one.

    Cuts lie on frames. Replies due within one frame are joined, with the emotion of the last.

    Returns:
        Turns without a path, and their samples, which joined are those of the stream.
    """
    cuts: dict[int, list[Response]] = {}
    for response in stream.responses:
        cuts.setdefault(_cut(response.end, stream), []).append(response)
    for event in stream.events:
        answered = any(event.start < response.end <= event.end for response in stream.responses)
        if event.role == "fg" and not answered:
            cuts.setdefault(_cut(event.end, stream), [])
    cuts.setdefault(len(stream.audio), [])
    turns, start = [], 0
    for stop, replies in sorted(cuts.items()):
        said = (
            event.text
            for event in stream.events
            if event.kind == "speech" and start < _cut(event.end, stream) <= stop
        )
        turn = Turn(
            audio_path="",
            assistant=" ".join(reply.text for reply in replies) or NO_RESPONSE,
            emotion=replies[-1].emotion if replies else "normal",
            user=" ".join(filter(None, said)),
            scene_type=stream.task,
        )
        turns.append((turn, stream.audio[start:stop]))
        start = stop
    return turns


def _cut(end: float, stream: Stream) -> int:
    frames = -(-round(end * SAMPLE_RATE) // FRAME_SAMPLES)
    return min(frames * FRAME_SAMPLES, len(stream.audio))


def export_conversation(stream: Stream, audio_root: str | Path) -> Conversation:
    """Write the turns of a stream to `audio_root`/ID/turn_N.wav; the row that names them.

    Raises:
        UserError: the stream holds no samples.
    """
    if not len(stream.audio):
        raise UserError(f"stream {stream.id}: holds no samples to write")
    turns = []
    for number, (turn, samples) in enumerate(turns_of(stream)):
        name = f"{stream.id}/turn_{number}.wav"
        with atomic_write(Path(audio_root) / name) as temporary:
            temporary.write_bytes(encode(samples, "wav"))
        turns.append(Turn(name, turn.assistant, turn.emotion, turn.user, turn.scene_type))
    return Conversation(tuple(turns), stream.id, stream.task, stream.system, stream.split)


def offline_item_of(sample: Offline, load: Load) -> OfflineItem:
    """An offline sample with its sound, at most 20 s of it (as in the release), in whole chunks."""
    samples = load(sample.audio_path) if sample.audio_path else np.zeros(0, np.float32)
    samples = samples[: round(OFFLINE_SECONDS * SAMPLE_RATE)]
    padded = np.zeros(chunks_in(len(samples)) * CHUNK_SAMPLES, np.float32)
    padded[: len(samples)] = samples
    return OfflineItem(
        clip=sample.audio_path,
        source="",
        kind=sample.task,
        tasks=((sample.user, sample.assistant),),
        transcript="",
        samples=padded,
    )


def export_offline(item: OfflineItem, audio_root: str | Path) -> list[Offline]:
    """Write the sound of an item to `audio_root`/CLIP.wav; one sample for each of its tasks."""
    name = ""
    if len(item.samples):
        name = f"{item.clip}.wav"
        with atomic_write(Path(audio_root) / name) as temporary:
            temporary.write_bytes(encode(item.samples, "wav"))
    return [Offline(reply, instruction, name) for instruction, reply in item.tasks]
