"""Environment-aware agent: what is heard around decides what is said, or does not disturb it."""

import numpy as np

from audio_interaction.corpus.phrases import SCENES
from audio_interaction.corpus.scenario import SubEvent
from audio_interaction.corpus.sources import Sources
from audio_interaction.corpus.tasks.base import (
    LISTEN,
    Task,
    benign,
    label_of,
    one,
    quiet,
    shuffled,
    sound,
    speech,
    talk,
)
from audio_interaction.corpus.tasks.chat import dialogue

ABILITY = "environment-aware agent"


def _scene(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    known = {*benign(sources)}
    whole = [place for place in SCENES.values() if known.issuperset(place[0])]
    labels, reply = one(rng, whole, f"scene of sounds of the {sources.split} split")
    again = [label_of(rng, sources, labels)] if rng.random() < 0.5 else []
    (question,) = talk(sources, rng, [("scene", "where")])
    heard = shuffled(rng, [*labels, *again])
    return [*map(sound, heard), speech(question, reply, "scene")]


def _speech_background(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    turns = dialogue(sources, rng, int(rng.integers(1, 4)), int(rng.integers(0, 2)))
    labels = [label_of(rng, sources, benign(sources)) for _ in range(rng.integers(1, 3))]
    return [*turns, *(sound(label, role="bg") for label in labels)]


def _scene_command(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    labels = benign(sources)
    pool = [clip for clip in sources.said("scene_command") if clip.sound in labels]
    command = one(rng, pool, f"command about a sound of the {sources.split} split")
    others = [label for label in labels if label != command.sound]
    heard = [label_of(rng, sources, others) for _ in range(rng.integers(1, 3))]
    if rng.random() < 0.5:
        heard = shuffled(rng, [*heard, command.sound])
        return [*map(sound, heard), speech(command, command.answer, "confirm")]
    return [*map(sound, heard), speech(command)]


def _negative(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    events = [quiet(sources, rng) for _ in range(rng.integers(2, 6))]
    if rng.random() < 0.5:
        events.append(sound(label_of(rng, sources, benign(sources)), role="bg"))
    return events


TASKS = (
    Task(
        "scene",
        ABILITY,
        "scene description",
        LISTEN,
        "The sounds of a place, then the spoken question what place it is.",
        "The place is named when the question has ended.",
        "Silent at the sounds.",
        _scene,
        "MMAU sound",
    ),
    Task(
        "speech_background",
        ABILITY,
        "speech with background event",
        LISTEN,
        "One to three questions or commands, up to one statement, over one or two benign sounds.",
        "A question is answered, a command confirmed, when it has ended.",
        "Silent at the sounds, after statements and in pauses.",
        _speech_background,
    ),
    Task(
        "scene_command",
        ABILITY,
        "command that depends on the scene",
        LISTEN,
        "One to three sounds, then a spoken command to be carried out if one sound was heard.",
        "The command is confirmed when it has ended, if that sound was among those before it.",
        "Silent at the sounds, and at the command if that sound was not heard.",
        _scene_command,
    ),
    Task(
        "negative",
        ABILITY,
        "noise robustness",
        LISTEN,
        "Statements, benign sounds, some in the background, and long pauses of noise.",
        "Never.",
        "Silent throughout; every response is a false alarm.",
        _negative,
        gap_seconds=(0.8, 5.0),
    ),
)
