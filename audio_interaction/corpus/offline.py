"""Offline items: one clip, one written instruction, one reply.

This is what the base model learns before it knows of streams, and what streaming training replays
so that it is not forgotten. The same clip is heard several times, each time with another leading
pause (chunk borders fall elsewhere), level and noise, and maybe in a room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from audio_interaction.audio.mixing import gain_db, limit, mix_at_snr, to_level
from audio_interaction.audio.reverb import RT60_S, reverberant
from audio_interaction.corpus.compose import LEVEL_DB, STREAM_GAIN_DB, noise_bed
from audio_interaction.corpus.language import name_reply
from audio_interaction.corpus.sounds import augment
from audio_interaction.corpus.sources import Clip, SoundClip, SpeechClip
from audio_interaction.protocol import CHUNK_SAMPLES, SAMPLE_RATE, chunks_in

TRANSCRIBE, ANSWER, NAME = "transcribe", "answer", "name the sound"
INSTRUCTIONS = (TRANSCRIBE, ANSWER, NAME)
"""The written instructions the tiny base knows."""

LEAD_SECONDS = (0.02, 0.5)
TAIL_SECONDS = 0.1
NOISY_SHARE = 0.7
SNR_DB = (5.0, 30.0)


@dataclass(frozen=True)
class OfflineItem:
    """One clip as heard, and what may be asked of it.

    Attributes:
        clip: id of the source clip.
        source: its voice or package.
        kind: kind of sentence, or "sound".
        tasks: pairs of (instruction, reply).
        transcript: the words heard; empty for sounds.
        samples: float32 (S,) at 16 kHz, a whole number of chunks.
    """

    clip: str
    source: str
    kind: str
    tasks: tuple[tuple[str, str], ...]
    transcript: str
    samples: np.ndarray

    def record(self) -> dict:
        """Everything but the samples, as JSON values."""
        return {
            "clip": self.clip,
            "source": self.source,
            "kind": self.kind,
            "tasks": [list(task) for task in self.tasks],
            "transcript": self.transcript,
        }


def tasks_of(clip: Clip) -> tuple[tuple[str, str], ...]:
    """What may be asked of a clip: to name a sound; to transcribe, and to answer where one can."""
    if isinstance(clip, SoundClip):
        return ((NAME, name_reply(clip.label)),)
    transcribe = (TRANSCRIBE, clip.text)
    return (transcribe, (ANSWER, clip.answer)) if clip.answer else (transcribe,)


def offline_item(
    clip: Clip,
    noises: tuple[SoundClip, ...],
    rng: np.random.Generator,
    varied: bool,
    in_rooms: float = 0.0,
) -> OfflineItem:
    """One hearing of a clip: a pause before and after, a level, and mostly a noise bed.

    Args:
        clip: speech or sound.
        noises: recordings to draw beds from.
        rng: source of all chance.
        varied: also vary speed and spectrum of a sound (training only).
        in_rooms: probability that it is heard in a room, one of those of the streams
            (`audio.reverb`).
    """
    samples = clip.audio()
    if varied and isinstance(clip, SoundClip):
        samples = augment(samples, rng)
    lead = round(rng.uniform(*LEAD_SECONDS) * SAMPLE_RATE)
    total = lead + len(samples) + round(TAIL_SECONDS * SAMPLE_RATE)
    heard = np.zeros(chunks_in(total) * CHUNK_SAMPLES, np.float32)
    heard[lead : lead + len(samples)] = to_level(samples, LEVEL_DB)
    active = heard != 0
    if in_rooms and rng.random() < in_rooms:
        heard = reverberant(heard, rng.uniform(*RT60_S), rng)
    if rng.random() < NOISY_SHARE:
        bed, _ = noise_bed(noises, len(heard), rng)
        heard = mix_at_snr(heard, bed, rng.uniform(*SNR_DB), active)
    speech = isinstance(clip, SpeechClip)
    return OfflineItem(
        clip=clip.id,
        source=clip.voice if speech else clip.package,
        kind=clip.kind if speech else "sound",
        tasks=tasks_of(clip),
        transcript=clip.text if speech else "",
        samples=limit(gain_db(heard, rng.uniform(*STREAM_GAIN_DB))),
    )


def offline_items(
    clips: Sequence[Clip],
    noises: tuple[SoundClip, ...],
    seed: int,
    variants: int,
    in_rooms: float = 0.0,
) -> Iterator[OfflineItem]:
    """Every clip heard `variants` times; deterministic in (seed, place of the clip, variant)."""
    for index, clip in enumerate(clips):
        for variant in range(variants):
            rng = np.random.default_rng([seed, index, variant])
            yield offline_item(clip, noises, rng, clip.split == "train", in_rooms)
