"""Listeners without a learnt decide signal: what any learnt one must beat.

Each is called with a stream and returns the `session.Transcript` a model would have left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audio_interaction.corpus.offline import ANSWER, TRANSCRIBE
from audio_interaction.corpus.schema import Stream, is_asr
from audio_interaction.protocol import SAMPLE_RATE, chunks_in, seconds_of, trigger_chunk

if TYPE_CHECKING:
    from audio_interaction.model.interaction import InteractionModel
    from audio_interaction.streaming.session import Transcript

TAIL_SECONDS = 1.0
"""Digital silence behind a stream, as `session.listen` adds it."""

Policy = Callable[[Stream], "Transcript"]


def always_silent(stream: Stream) -> "Transcript":
    """Never speaks: the cheapest minimum of the training loss (paper §19, *never speaks*)."""
    return _transcript(stream, {})


def always_respond(stream: Stream) -> "Transcript":
    """Speaks, without words, after every chunk."""
    return _transcript(stream, dict.fromkeys(range(_chunks(stream)), ""))


@dataclass(frozen=True)
class EnergyVadCascade:
    """Speaks after every segment of sound: the classic endpointer in front of an offline model.

    A frame is active if its level lies `margin_db` above the floor, the lower tenth of the frame
    levels of the past `floor_seconds`. A segment ends when no frame has been active for
    `hangover_seconds`; the decision falls in the chunk in which that is known. Only the past is
    used.

    Attributes:
        model: writes the replies with its adapter off, "transcribe" on transcription streams and
            "answer" on all others; without one the replies are empty.
        frame_seconds, floor_seconds, hangover_seconds, least_seconds: lengths of a frame, of the
            memory of the floor, of the pause that ends a segment, and of the shortest segment.
        margin_db, least_db: above the floor, and full-scale level below which nothing is active.
    """

    model: "InteractionModel | None" = None
    frame_seconds: float = 0.02
    floor_seconds: float = 4.0
    hangover_seconds: float = 0.4
    least_seconds: float = 0.1
    margin_db: float = 10.0
    least_db: float = -55.0

    def __call__(self, stream: Stream) -> "Transcript":
        instruction = TRANSCRIBE if is_asr(stream) else ANSWER
        samples = np.pad(stream.audio, (0, round(TAIL_SECONDS * SAMPLE_RATE)))
        replies: dict[int, str] = {}
        for start, end, known in self.segments(samples):
            text = ""
            if self.model is not None:
                heard = samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
                with self.model.adapter_off():
                    text = self.model.offline(heard, instruction)
            replies[trigger_chunk(known)] = text
        return _transcript(stream, replies)

    def segments(self, samples: np.ndarray) -> list[tuple[float, float, float]]:
        """(start, end, known) in seconds of the segments in float32 samples (S,) at 16 kHz.

        `known` is when the hangover after `end` has passed; a segment that is still open when the
        samples end is left out.
        """
        active = self._active(samples)
        hangover = round(self.hangover_seconds / self.frame_seconds)
        found, start, last = [], None, 0
        for frame in range(len(active)):
            if active[frame]:
                start, last = frame if start is None else start, frame
            elif start is not None and frame - last >= hangover:
                if (last + 1 - start) * self.frame_seconds >= self.least_seconds:
                    found.append((start, last + 1, frame + 1))
                start = None
        return [tuple(edge * self.frame_seconds for edge in segment) for segment in found]

    def _active(self, samples: np.ndarray) -> np.ndarray:
        size = round(self.frame_seconds * SAMPLE_RATE)
        frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
        level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
        memory = round(self.floor_seconds / self.frame_seconds)
        past = np.pad(level, (memory - 1, 0), mode="edge")
        floor = np.percentile(np.lib.stride_tricks.sliding_window_view(past, memory), 10, axis=1)
        return level > np.maximum(floor + self.margin_db, self.least_db)


def _chunks(stream: Stream) -> int:
    return chunks_in(len(stream.audio) + round(TAIL_SECONDS * SAMPLE_RATE))


def _transcript(stream: Stream, replies: dict[int, str]) -> "Transcript":
    from audio_interaction.streaming.session import Spoken, Transcript

    chunks = _chunks(stream)
    p_response = np.zeros(chunks)
    p_response[list(replies)] = 1.0
    return Transcript(
        seconds=seconds_of(chunks),
        p_response=p_response,
        spoken=tuple(
            Spoken(chunk, seconds_of(chunk + 1), text, "normal")
            for chunk, text in sorted(replies.items())
        ),
        chunk_seconds=np.zeros(chunks),
        threshold=0.5,
    )
