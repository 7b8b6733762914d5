"""Real-time ASR: every word is written down one chunk after it was spoken (`corpus.labels`)."""

import numpy as np

from audio_interaction.corpus.compose import Bed
from audio_interaction.corpus.scenario import Rejected, SubEvent
from audio_interaction.corpus.sources import Sources
from audio_interaction.corpus.tasks.base import Task, one, shuffled, speech, talk

ABILITY = "real-time ASR"
TRANSCRIBE = "transcribe the speech"
SENTENCES = ("question", "command", "statement", "digits")
SPELLED = ("digits", ("spelled", "word"), ("spelled", "code"))
RECORDED_SHARE = 0.25
"""Share of the streams spoken by a human being, where the split has recordings (the test split)."""

_WRITTEN = "Every word is written down one chunk after it was spoken."


def _transcribed(clip, speaker: str = "a") -> SubEvent:
    return speech(clip, clip.text, "transcript", speaker=speaker)


def _sentences(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    if sources.recorded and rng.random() < RECORDED_SHARE:
        prompts = shuffled(rng, sources.recorded)[: rng.integers(1, 4)]
        return [_transcribed(clip) for clip in prompts]
    kinds = [one(rng, SENTENCES, "kind") for _ in range(rng.integers(1, 4))]
    return [_transcribed(clip) for clip in talk(sources, rng, kinds)]


def _digits(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    kinds = [one(rng, SPELLED, "kind") for _ in range(rng.integers(1, 4))]
    return [_transcribed(clip) for clip in talk(sources, rng, kinds)]


def _speakers(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    """Two or three speakers; the next turn is always somebody else's."""
    spoken = {
        (clip.voice, clip.text): clip
        for clip in sources.speech
        if clip.kind in SENTENCES and clip.language == "en"
    }
    voices = sorted({voice for voice, _ in spoken})
    speakers = rng.permutation(len(voices))[: rng.integers(2, 4)]
    if len(speakers) < 2:
        one(rng, (), f"second voice in the {sources.split} split")
    events, used = [], set()
    for turn in range(rng.integers(len(speakers), 5)):
        voice = voices[speakers[turn % len(speakers)]]
        pool = [clip for (v, text), clip in spoken.items() if v == voice and text not in used]
        if not pool:
            raise Rejected("no_speech", f"{voice} has nothing further to say")
        clip = one(rng, pool, "sentence")
        used.add(clip.text)
        events.append(_transcribed(clip, "abc"[turn % len(speakers)]))
    return events


TASKS = (
    Task(
        "asr_clean",
        ABILITY,
        "clean speech",
        TRANSCRIBE,
        "One to three sentences of any kind, in next to no noise.",
        _WRITTEN,
        "Silent while nobody speaks.",
        _sentences,
        "LibriSpeech test-clean",
        Bed((25.0, 40.0), 1.0),
    ),
    Task(
        "asr_noisy",
        ABILITY,
        "noisy speech",
        TRANSCRIBE,
        "One to three sentences of any kind over two noise tracks, 5 to 20 dB above them.",
        _WRITTEN,
        "Silent while there is only noise.",
        _sentences,
        "LibriSpeech test-other",
        Bed((5.0, 20.0), 1.0),
    ),
    Task(
        "asr_digits",
        ABILITY,
        "digits and spelling",
        TRANSCRIBE,
        "One to three numbers, spelled words or codes.",
        "Every digit and letter is written down one chunk after it was spoken.",
        "Silent while nobody speaks.",
        _digits,
    ),
    Task(
        "asr_speakers",
        ABILITY,
        "several speakers",
        TRANSCRIBE,
        "Two to four sentences by two or three speakers in turn.",
        _WRITTEN,
        "Silent while nobody speaks.",
        _speakers,
    ),
)
