"""More sounds to train on than a repository can carry: synthesised, and recordings heard anew.

Recordings with a free licence are few, and the clips of `mini_data` small in number so that they
stay small in bytes. Both can be had in any number when they are needed: the models of
`corpus.synthesis` draw new parameters from the ranges of the training split, and a recording is
played at another speed, now and then together with another of its class. Every such clip is then
heard as by another microphone in another room, since it is in these that recordings by other
people, and synthesised sounds, differ most from those a model was trained on. Held-out splits are
never widened.
"""

import zlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.signal import resample_poly
from tqdm.auto import tqdm

from audio_interaction.audio.io import encode
from audio_interaction.audio.mixing import limit, rms, to_level
from audio_interaction.audio.reverb import reverberant
from audio_interaction.corpus.sound_classes import SOUND_CLASSES
from audio_interaction.corpus.sounds import SYNTHESIS
from audio_interaction.corpus.sources import SoundClip, Sources
from audio_interaction.corpus.synthesis import MODELS, synthesise
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

SPEED = (0.7, 1.4)
LAYERED_SHARE, LAYER_DB = 0.5, (-9.0, 0.0)
COLOUR_DB, COLOUR_KNOTS = 9.0, 7
DULL_SHARE, DULL_HZ, DULL_DB_PER_OCTAVE = 0.3, (2000, 6000), 48.0
ROOM_SHARE, ROOM_RT60_S = 0.4, (0.1, 0.8)


def synthesised_clip(
    label: str, split: str, name: str, rng: np.random.Generator, *, elsewhere: bool = False
) -> SoundClip:
    """A new clip of a class, from the parameter ranges of a split.

    Args:
        label: one of `synthesis.MODELS`.
        name: end of its id.
        elsewhere: heard by another microphone in another room (`heard_elsewhere`).
    """
    samples = synthesise(label, split, rng)
    if elsewhere:
        samples = heard_elsewhere(samples, rng)
    return SoundClip(
        id=f"{label}-{SYNTHESIS}-{name}",
        split=split,
        seconds=len(samples) / SAMPLE_RATE,
        encoded=encode(samples, "flac"),
        label=label,
        hazard=SOUND_CLASSES[label].hazard,
        package=SYNTHESIS,
        recorded=False,
    )


def heard_elsewhere(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sound by another microphone, and sometimes in a room: float32 (S,) -> float32 (S,).

    The microphone is a smooth random curve over the logarithm of frequency, of up to 9 dB either
    way; some hear little above 2 to 6 kHz, as many old recordings do. The room is that of
    `audio.reverb`. The level (RMS) stays.
    """
    spectrum = np.fft.rfft(samples)
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(frequencies, 62.5))
    knots = np.linspace(octaves[0], octaves[-1], COLOUR_KNOTS)
    colour_db = np.interp(octaves, knots, rng.uniform(-COLOUR_DB, COLOUR_DB, COLOUR_KNOTS))
    if rng.random() < DULL_SHARE:
        edge = np.log2(rng.uniform(*DULL_HZ))
        colour_db -= DULL_DB_PER_OCTAVE * np.maximum(octaves - edge, 0)
    heard = np.fft.irfft(spectrum * 10 ** (colour_db / 20), len(samples))
    heard *= np.sqrt(np.mean(samples**2) / (np.mean(heard**2) + 1e-12))
    if rng.random() < ROOM_SHARE:
        heard = reverberant(heard.astype(np.float32), rng.uniform(*ROOM_RT60_S), rng)
    return limit(heard.astype(np.float32))


def widened(sources: Sources, count: int, seed: int) -> Sources:
    """The sources with `count` more synthesised and `count` more recorded clips of each class.

    A class without a model, or without recordings, gets none of that sort.

    Args:
        sources: of the training split.
        count: clips; 0 for the sources as they are.
        seed: of all chance; the same arguments give the same clips.

    Raises:
        UserError: sources of a held-out split.
    """
    if not count:
        return sources
    if sources.split != "train":
        raise UserError(f"sounds of the {sources.split} split stay as they are; widen train only")
    labels = sorted({clip.label for clip in sources.sounds})
    more = [
        clip
        for label in tqdm(labels, desc="more sounds", unit="class")
        for clip in (*_synthesised(label, count, seed), *_varied(sources, label, count, seed))
    ]
    return replace(sources, sounds=(*sources.sounds, *more))


def _synthesised(label: str, count: int, seed: int) -> Iterator[SoundClip]:
    for k in range(count if label in MODELS else 0):
        rng = _generator(seed, label, "synthesised", k)
        yield synthesised_clip(label, "train", f"more-{k:04d}", rng, elsewhere=True)


def _varied(sources: Sources, label: str, count: int, seed: int) -> Iterator[SoundClip]:
    recorded = [clip for clip in sources.heard(label) if clip.recorded]
    for k in range(count if recorded else 0):
        clip = recorded[k % len(recorded)]
        rng = _generator(seed, label, "recorded", k)
        samples = _at_another_speed(clip, rng)
        if rng.random() < LAYERED_SHARE:
            # Both begin at once: what is counted as one sound stays one.
            other = _at_another_speed(recorded[rng.integers(len(recorded))], rng)[: len(samples)]
            level_db = 20 * np.log10(rms(samples)) + rng.uniform(*LAYER_DB)
            samples[: len(other)] += to_level(other, level_db)
        samples = heard_elsewhere(samples, rng)
        yield replace(
            clip,
            id=f"{clip.id}-more-{k:04d}",
            seconds=len(samples) / SAMPLE_RATE,
            encoded=encode(samples, "flac"),
        )


def _at_another_speed(clip: SoundClip, rng: np.random.Generator) -> np.ndarray:
    return resample_poly(clip.audio(), 100, round(100 * np.exp(rng.uniform(*np.log(SPEED)))))


def _generator(seed: int, *key: str | int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(repr(key).encode())])
