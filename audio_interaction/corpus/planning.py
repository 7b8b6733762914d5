"""From a bag of matched annotations to scenes: the planner and its embedded form (paper §3.2, B.1).

In the paper a language model turns a random bag of annotations into a scene; chaining clips at
random is worse, since they may not belong together. `TemplatePlanner` does it from tables and needs
no model; `endpoint.EndpointPlanner` asks one. `check_scene` holds both to the same rules.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from audio_interaction.corpus.language import warning
from audio_interaction.corpus.places import (
    FOLLOWS,
    PLACES,
    STAGES,
    TIMES,
    Place,
    describe,
    hears,
)
from audio_interaction.corpus.scenario import Scenario, SubEvent
from audio_interaction.corpus.slots import SOUND_NAMES
from audio_interaction.corpus.sounds import NOISE
from audio_interaction.corpus.sources import Sources
from audio_interaction.errors import UserError

SCENE_EVENTS = (3, 15)  # sub-events of a scene (paper App. B.1)
DESCRIPTION_WORDS = (4, 12)  # of a retrieval query (paper App. B.1)
TEMPLATE_EVENTS = (2, 6)  # of a template scene beside its ambience: more would outlast 30 s
MOST_SCENES = 2  # a bag whose annotations clash is split once
BACKGROUND_SHARE = 0.25


class Planner(ABC):
    """Plans scenes from the sounds of one split.

    Args:
        sources: whose labels may be planned.
        task, system: of the scenarios.
    """

    def __init__(self, sources: Sources, task: str, system: str):
        self.split, self.task, self.system = sources.split, task, system
        self.instruments = frozenset(sources.instruments)
        self.hazards = frozenset(sources.hazards)
        lengths: dict[str, list[float]] = {}
        for clip in (*sources.sounds, *sources.noises, *sources.music):
            lengths.setdefault(clip.label, []).append(clip.seconds)
        self.seconds = {label: float(np.median(found)) for label, found in sorted(lengths.items())}
        self.labels = tuple(self.seconds)

    def bag(self, rng: np.random.Generator, size: int) -> tuple[str, ...]:
        """`size` different events of the split at random (fewer if it has fewer).

        Noise is left out: it is no event, but what the others may lie over.
        """
        events = [label for label in self.labels if label != NOISE]
        size = min(size, len(events))
        return tuple(str(label) for label in rng.choice(events, size, replace=False))

    def plan(self, annotations: Sequence[str], rng: np.random.Generator, id: str) -> Scenario:
        """The first of `scenes`."""
        return self.scenes(annotations, rng, id)[0]

    @abstractmethod
    def scenes(
        self, annotations: Sequence[str], rng: np.random.Generator, id: str
    ) -> tuple[Scenario, ...]:
        """One scene of the annotated labels, or two if they clash; all pass `check_scene`.

        What fits into neither is left out. The second scene is called `id` + "-b".

        Raises:
            UserError: there are no annotations, or one is no label of the split.
        """

    def check_annotations(self, annotations: Sequence[str]) -> None:
        """Raise UserError unless there are annotations, all of them labels of the split."""
        unknown = sorted(set(annotations) - set(self.labels))
        if unknown or not annotations:
            raise UserError(
                f"annotations {', '.join(unknown) or '(none)'} are no labels of the {self.split} "
                f"split; use some of {', '.join(self.labels)}"
            )

    def event(
        self, id: str, accept: Sequence[str], description: str, role: str, seconds: float
    ) -> SubEvent:
        """A sound; if its first label is a hazard, with the warning that is due."""
        due = (
            dict(reply=warning(accept[0]), kind="warn", emotion="urgent")
            if accept[0] in self.hazards
            else {}
        )
        return SubEvent(id, "sound", description, tuple(accept), role=role, seconds=seconds, **due)

    def scenario(self, id: str, scene: str, events, before=(), excludes=()) -> Scenario:
        """A scenario of this planner's split and task, checked."""
        made = Scenario(
            id,
            self.split,
            self.task,
            scene,
            self.system,
            tuple(events),
            tuple(before),
            tuple(excludes),
        )
        return check_scene(made, self.labels, self.hazards)


def check_scene(scenario: Scenario, labels: Sequence[str], hazards: frozenset[str]) -> Scenario:
    """The scenario itself, if it is a scene as the paper plans them (App. B.1).

    Raises:
        UserError: it breaks a rule of `Scenario.check`, is not one sentence, has fewer than 3 or
            more than 15 events, no ambient one, a description of fewer than 4 or more than 12
            words, no duration, an unknown label, or a hazard that is not alone in the foreground.
    """
    scenario.check()

    def demand(holds: bool, message: str) -> None:
        if not holds:
            raise UserError(f"scene {scenario.id}: {message}; correct the plan")

    scene = scenario.scene.strip()
    demand(scene.endswith(".") and "\n" not in scene, "`scene` must be one sentence with a stop")
    least, most = SCENE_EVENTS
    count = len(scenario.events)
    demand(least <= count <= most, f"{count} events; a scene has {least} to {most}")
    demand(any(e.role == "amb" for e in scenario.events), "no event has the role 'amb'")
    for event in scenario.events:
        words = len(event.description.split())
        least, most = DESCRIPTION_WORDS
        where = f"event {event.id!r}: "
        demand(least <= words <= most, f"{where}{words} words in `description`; {least} to {most}")
        demand(event.seconds is not None, f"{where}no `seconds`")
        unknown = sorted(set(event.accept) - set(labels))
        demand(not unknown, f"{where}unknown labels {unknown}; known are {', '.join(labels)}")
        if dangerous := sorted(hazards.intersection(event.accept)):
            demand(
                event.role == "fg" and len(event.accept) == 1,
                f"{where}the hazard {dangerous[0]!r} needs the role 'fg' and no other label",
            )
    return scenario


class TemplatePlanner(Planner):
    """Scenes from the tables of `places`: the embedded planner, which needs no model."""

    def scenes(
        self, annotations: Sequence[str], rng: np.random.Generator, id: str
    ) -> tuple[Scenario, ...]:
        self.check_annotations(annotations)
        left = list(dict.fromkeys(annotations))
        made: list[Scenario] = []
        while left and len(made) < MOST_SCENES:
            here = {
                place: [label for label in left if self._hears(place, label)] for place in PLACES
            }
            most = max(map(len, here.values()))
            place = _one([p for p in PLACES if len(here[p]) == most], rng)
            made.append(self._scene(place, here[place], rng, id if not made else f"{id}-b"))
            left = [label for label in left if label not in here[place]]
        return tuple(made)

    def _hears(self, place: Place, label: str) -> bool:
        return hears(place, label, label in self.instruments)

    def _scene(
        self, place: Place, labels: list[str], rng: np.random.Generator, id: str
    ) -> Scenario:
        ambience = self._ambience(place, labels, rng)
        happening = [label for label in labels if label != ambience]
        happening = happening[: SCENE_EVENTS[1] - 1]
        wanted = rng.integers(*TEMPLATE_EVENTS, endpoint=True)
        while len(happening) < wanted:
            happening.append(_one(labels, rng))
        happening = _in_order([happening[i] for i in rng.permutation(len(happening))])

        # A scene needs a foreground, and a hazard is always in it.
        front = rng.random(len(happening)) >= BACKGROUND_SHARE
        front[rng.integers(len(happening))] = True
        events = [
            self._planned(
                f"e{place_in_order}",
                label,
                "fg" if shown or label in self.hazards else "bg",
                self.seconds[label] * rng.uniform(0.8, 1.25),
                rng,
            )
            for place_in_order, (label, shown) in enumerate(zip(happening, front, strict=True), 1)
        ]
        whole = sum(event.seconds + 2 for event in events if event.role == "fg")
        events.insert(0, self._planned("e0", ambience, "amb", whole, rng))
        heard = [SOUND_NAMES.get(label, (label,))[0] for label in dict.fromkeys(happening)]
        listed = ", ".join(heard[:-1]) + (" and " if heard[:-1] else "") + heard[-1]
        name = place.name[0].upper() + place.name[1:]
        return self.scenario(
            id,
            f"{name}, {_one(TIMES, rng)}: {listed}.",
            events,
            _before(events),
            [(ambience, other) for other in self.labels if not self._hears(place, other)],
        )

    def _ambience(self, place: Place, labels: list[str], rng: np.random.Generator) -> str:
        """What goes on all the time: rather something else than the annotations."""
        quiet = [label for label in self.labels if label not in self.hazards]
        usual = [label for label in place.ambience if label in quiet]
        others = [label for label in usual if label not in labels]
        fitting = [label for label in quiet if self._hears(place, label)]
        for choices in (others, usual, fitting):
            if choices:
                return _one(choices, rng)
        raise UserError(
            f"the {self.split} split holds no sound that can be the ambience of {place.name}; "
            "add clips labelled 'noise'"
        )

    def _planned(
        self, id: str, label: str, role: str, seconds: float, rng: np.random.Generator
    ) -> SubEvent:
        description = _one(describe(label, label in self.instruments), rng)
        return self.event(id, (label,), description, role, round(seconds, 1))


def _in_order(labels: list[str]) -> list[str]:
    """The labels with causes before their effects; those without either keep their places."""
    stage = {label: number for number, group in enumerate(STAGES) for label in group}
    bound = [place for place, label in enumerate(labels) if label in stage]
    ordered = list(labels)
    for place, label in zip(
        bound, sorted((labels[place] for place in bound), key=stage.get), strict=True
    ):
        ordered[place] = label
    return ordered


def _before(events: Sequence[SubEvent]) -> list[tuple[str, str]]:
    """For every cause and effect in a scene: the last of the one before the first of the other."""
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for event in events:
        first.setdefault(event.accept[0], event.id)
        last[event.accept[0]] = event.id
    return [(last[a], first[b]) for a, b in FOLLOWS if a in last and b in first]


def _one(choices: Sequence, rng: np.random.Generator):
    return choices[rng.integers(len(choices))]
