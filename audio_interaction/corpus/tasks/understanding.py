"""Audio understanding: what a sound or a piece of music was, asked openly or as a choice."""

import numpy as np

from audio_interaction.corpus.phrases import heard_name
from audio_interaction.corpus.scenario import SubEvent
from audio_interaction.corpus.sources import Sources
from audio_interaction.corpus.tasks.base import (
    LISTEN,
    Draw,
    Task,
    benign,
    label_of,
    one,
    sound,
    speech,
)

ABILITY = "audio understanding"
_SILENT = "Silent at the {} itself."


def _instruments(sources: Sources) -> tuple[str, ...]:
    return sources.instruments


def _open(labels, kind: str, form: str = "") -> Draw:
    def draw(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
        events = []
        for _ in range(rng.integers(1, 3)):
            label = label_of(rng, sources, labels(sources))
            question = one(rng, sources.said(kind, form), "question about a sound")
            events += [sound(label), speech(question, heard_name(label), "name")]
        return events

    return draw


def _choice(labels, kind: str) -> Draw:
    def draw(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
        known = {*labels(sources)}
        questions = [clip for clip in sources.said(kind) if known & {*clip.sound.split("|")}]
        events = []
        for _ in range(rng.integers(1, 3)):
            question = one(rng, questions, f"{kind} between sounds of the {sources.split} split")
            heard = [label for label in question.sound.split("|") if label in known]
            label = label_of(rng, sources, heard)
            events += [sound(label), speech(question, heard_name(label), "choose")]
        return events

    return draw


TASKS = (
    Task(
        "name_sound",
        ABILITY,
        "open question on a sound",
        LISTEN,
        "A sound, then the spoken question what it was; once or twice.",
        "The sound is named when the question has ended.",
        _SILENT.format("sound"),
        _open(benign, "instruction", "name"),
        "MMAU sound",
    ),
    Task(
        "choose_sound",
        ABILITY,
        "multiple choice on a sound",
        LISTEN,
        "A sound, then the spoken question which of two it was; once or twice.",
        "The right one is named when the question has ended.",
        _SILENT.format("sound"),
        _choice(benign, "choice"),
        "MMAU sound",
    ),
    Task(
        "name_music",
        ABILITY,
        "open question on music",
        LISTEN,
        "An instrument plays, then the spoken question which it was; once or twice.",
        "The instrument is named when the question has ended.",
        _SILENT.format("music"),
        _open(_instruments, "music_open"),
        "MMAU music",
    ),
    Task(
        "choose_music",
        ABILITY,
        "multiple choice on music",
        LISTEN,
        "An instrument plays, then the spoken question which of two it was; once or twice.",
        "The right one is named when the question has ended.",
        _SILENT.format("music"),
        _choice(_instruments, "music_choice"),
        "MMAU music",
    ),
)
