"""Chunk geometry and control tokens.

Nothing else in the kit spells a token or divides a time by a chunk length; how the tokens are laid
out in sequences is in `layouts`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
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
