"""Instruction following: a spoken order at the beginning decides when to speak from then on.

Hazards are left out: they call for a warning whoever ordered what.
"""

import numpy as np

from audio_interaction.corpus.language import COUNT_WORDS, name_reply
from audio_interaction.corpus.scenario import SubEvent
from audio_interaction.corpus.sources import Sources, SpeechClip
from audio_interaction.corpus.tasks.base import (
    LISTEN,
    Task,
    answered,
    benign,
    label_of,
    one,
    shuffled,
    sound,
    speech,
    talk,
)

ABILITY = "instruction following"


def _order(
    sources: Sources, rng: np.random.Generator, form: str
) -> tuple[SpeechClip, tuple[str, ...]]:
    """An order about a benign sound of this split, and the labels of its distractors."""
    labels = benign(sources)
    pool = [clip for clip in sources.said("instruction", form) if clip.sound in labels]
    clip = one(rng, pool, f"instruction of form {form!r} in the {sources.split} split")
    return clip, tuple(label for label in labels if label != clip.sound)


def _watch(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    order, others = _order(sources, rng, "watch")
    total = int(rng.integers(2, 5))
    wanted = int(rng.integers(1, min(total, 3)))  # 1 or 2, and at least one distractor
    events = [sound(order.sound, name_reply(order.sound), "watch") for _ in range(wanted)]
    events += [sound(label_of(rng, sources, others)) for _ in range(total - wanted)]
    return [speech(order), *shuffled(rng, events)]


def _count(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    order, others = _order(sources, rng, "count")
    total = int(rng.integers(2, 5))
    wanted = int(rng.integers(1, total + 1))
    events, counted = [speech(order)], 0
    for is_wanted in shuffled(rng, [True] * wanted + [False] * (total - wanted)):
        if is_wanted:
            events.append(sound(order.sound, COUNT_WORDS[counted], "count"))
            counted += 1
        else:
            events.append(sound(label_of(rng, sources, others)))
    return events


def _describe(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    (order,) = talk(sources, rng, [("scene", "describe")])
    labels = [label_of(rng, sources, benign(sources)) for _ in range(rng.integers(2, 5))]
    return [speech(order), *(sound(label, name_reply(label), "describe") for label in labels)]


def _when_asked(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    kinds = shuffled(rng, ["wake"] * rng.integers(1, 3) + ["question"] * rng.integers(1, 3))
    order, *turns = talk(sources, rng, ["wake_order", *kinds])
    return [
        speech(order),
        *(answered(turn) if turn.kind == "wake" else speech(turn) for turn in turns),
    ]


_OTHERS = "Silent at the order and at every other sound."

TASKS = (
    Task(
        "count_sound",
        ABILITY,
        "count an event",
        LISTEN,
        "A spoken order to count a sound, then two to four sounds.",
        "The count so far is told each time that sound has been heard.",
        _OTHERS,
        _count,
    ),
    Task(
        "watch_sound",
        ABILITY,
        "watch for an event and tell",
        LISTEN,
        "A spoken order to tell when a sound is heard, then two to four sounds.",
        "The sound is named each time it has been heard, once or twice.",
        _OTHERS,
        _watch,
    ),
    Task(
        "describe",
        ABILITY,
        "describe as it happens",
        LISTEN,
        "A spoken order to describe what is heard, then two to four sounds.",
        "Every sound is named when it has ended.",
        "Silent at the order and in pauses.",
        _describe,
    ),
    Task(
        "when_asked",
        ABILITY,
        "answer only when asked",
        LISTEN,
        "A spoken order to answer after a wake word only, then two to four questions.",
        "A question that begins with the wake word is answered when it has ended.",
        "Silent at the order and at every other question.",
        _when_asked,
    ),
)
