"""Proactive response: hazards are warned of unasked, what only resembles them is not."""

import numpy as np

from audio_interaction.corpus.language import warning
from audio_interaction.corpus.scenario import SubEvent
from audio_interaction.corpus.sources import Sources
from audio_interaction.corpus.tasks.base import (
    LISTEN,
    Task,
    benign,
    label_of,
    quiet,
    shuffled,
    sound,
)

ABILITY = "proactive response"
BENCHMARK = "Proactive-Sound-Bench"
HAZARDS = {
    "distress": ("scream",),
    "hazard_home": ("alarm", "glass", "saw"),
    "hazard_outdoor": ("siren", "horn", "explosion", "gunshot"),
}
"""Labels of the hazards of each sub-task."""

LOOK_ALIKES = ("bell", "phone", "knock", "hammer", "drum", "thunder", "engine")
"""Benign sounds that ring, bang or roar as hazards do."""


def _warned(name: str):
    def draw(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
        hazards = [label for label in sources.hazards if label in HAZARDS[name]]
        events = []
        for index in range(rng.integers(3, 6)):
            # At least one hazard, and more quiet events than hazards on average.
            if index == 0 or rng.random() < 0.4:
                label = label_of(rng, sources, hazards)
                events.append(sound(label, warning(label), "warn", emotion="urgent"))
            else:
                events.append(quiet(sources, rng))
        return shuffled(rng, events)

    return draw


def _benign(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    alike = [label for label in benign(sources) if label in LOOK_ALIKES]
    events = [sound(label_of(rng, sources, alike)) for _ in range(rng.integers(2, 5))]
    events += [quiet(sources, rng) for _ in range(rng.integers(0, 2))]
    return shuffled(rng, events)


def _hazard(name: str, title: str, what: str) -> Task:
    return Task(
        name,
        ABILITY,
        title,
        LISTEN,
        f"Three to five events in any order: {what}, benign sounds and statements.",
        "Every hazard is warned of, urgently, without being asked.",
        "Silent at benign sounds and statements.",
        _warned(name),
        BENCHMARK,
    )


TASKS = (
    _hazard("distress", "human distress", "screams"),
    _hazard("hazard_home", "household or equipment hazard", "alarms, breaking glass, saws"),
    _hazard("hazard_outdoor", "traffic or outdoor hazard", "sirens, horns, explosions, gunshots"),
    Task(
        "benign",
        ABILITY,
        "benign look-alike",
        LISTEN,
        "Two to four sounds that ring, bang or roar as hazards do, up to one other quiet event.",
        "Never.",
        "Silent throughout; every response is a false alarm.",
        _benign,
        BENCHMARK,
    ),
)
