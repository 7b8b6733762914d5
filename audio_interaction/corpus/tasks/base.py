"""What every sub-task is, and how its sentences and sounds are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from audio_interaction.corpus.compose import GAP_SECONDS, Bed
from audio_interaction.corpus.language import SOUND_NAMES
from audio_interaction.corpus.scenario import Scenario, SubEvent
from audio_interaction.corpus.sources import Sources, SpeechClip
from audio_interaction.errors import UserError

LISTEN = "listen and help when needed"

Draw = Callable[[Sources, np.random.Generator], list[SubEvent]]
"""Draws the events of one stream in their order; their ids are given later."""


@dataclass(frozen=True)
class Task:
    """One sub-task.

    Attributes:
        name, ability, title: the key, one of `ABILITIES`, and a readable name.
        system: the written instruction of the session.
        heard, responds, silent: the description, one sentence each.
        draw: draws the events of one stream.
        benchmark: the benchmark of the paper it prepares for, "" if there is none.
        bed, gap_seconds: noise and pauses of its streams.
    """

    name: str
    ability: str
    title: str
    system: str
    heard: str
    responds: str
    silent: str
    draw: Draw
    benchmark: str = ""
    bed: Bed = Bed()
    gap_seconds: tuple[float, float] = GAP_SECONDS

    @property
    def description(self) -> str:
        return f"{self.heard} {self.responds} {self.silent}"

    def plan(self, sources: Sources, rng: np.random.Generator, id: str = "") -> Scenario:
        """The plan of one stream, of what the clips of one split can say and sound.

        Raises:
            UserError: the split lacks the clips this task needs.
            Rejected: what was drawn cannot be carried out; another draw may be.
        """
        events = tuple(
            replace(event, id=f"e{index}") for index, event in enumerate(self.draw(sources, rng), 1)
        )
        scene = f"{self.title}: {', then '.join(event.description for event in events)}."
        return Scenario(id, sources.split, self.name, scene, self.system, events).check()


def speech(
    clip: SpeechClip,
    reply: str = "",
    kind: str = "",
    *,
    emotion: str = "normal",
    speaker: str = "a",
) -> SubEvent:
    """The sentence of a clip as an event; the clip itself is found again by grounding."""
    return SubEvent(
        id="",
        what="speech",
        description=f"somebody says {clip.text!r}",
        text=clip.text,
        language=clip.language,
        speaker=speaker,
        reply=reply,
        kind=kind,
        emotion=emotion,
    )


def answered(clip: SpeechClip) -> SubEvent:
    """A question with its answer, or a command with its confirmation."""
    return speech(clip, clip.answer, "confirm" if clip.kind == "command" else "answer")


def sound(
    label: str, reply: str = "", kind: str = "", *, emotion: str = "normal", role: str = "fg"
) -> SubEvent:
    """A sound with this label."""
    return SubEvent(
        id="",
        what="sound",
        description=f"the sound {label!r}" + ("" if role == "fg" else " in the background"),
        accept=(label,),
        reply=reply,
        kind=kind,
        emotion=emotion,
        role=role,
    )


def one(rng: np.random.Generator, choices: Sequence, what: str):
    """One of the choices; `what` names them if there are none."""
    if not choices:
        raise UserError(f"the sources hold no {what}; add some, or leave the task out")
    return choices[rng.integers(len(choices))]


def shuffled(rng: np.random.Generator, items: Sequence) -> list:
    return [items[index] for index in rng.permutation(len(items))]


def talk(
    sources: Sources,
    rng: np.random.Generator,
    kinds: Sequence[str | tuple[str, str]],
    usable: Callable[[SpeechClip], bool] = lambda clip: True,
    voice: str | None = None,
) -> list[SpeechClip]:
    """A different usable sentence for each kind, or kind and form.

    All are of `voice`, or else of that of the first, as far as it has them (paper App. B.4).
    """
    said: list[SpeechClip] = []
    for wanted in kinds:
        kind, form = (wanted, "") if isinstance(wanted, str) else wanted
        used = {clip.text for clip in said}
        for pool in (sources.said(kind, form, voice), sources.said(kind, form)):
            if fresh := [clip for clip in pool if clip.text not in used and usable(clip)]:
                break
        what = f"{kind} of form {form!r}" if form else kind
        said.append(one(rng, fresh, f"further {what} in the {sources.split} split"))
        voice = voice or said[0].voice
    return said


def forms(sources: Sources, kind: str) -> tuple[str, ...]:
    """Forms of the sentences of a kind that the split has, in alphabetical order."""
    return tuple(sorted({clip.form for clip in sources.speech if clip.kind == kind}))


def benign(sources: Sources) -> tuple[str, ...]:
    """Labels of the everyday sounds of the split; music is none of them."""
    return tuple(label for label in sources.benign if label in SOUND_NAMES)


def label_of(rng: np.random.Generator, sources: Sources, labels: Sequence[str]) -> str:
    """One of the labels; each is as likely, however many clips it has."""
    return one(rng, labels, f"suitable sound in the {sources.split} split")


def quiet(sources: Sources, rng: np.random.Generator) -> SubEvent:
    """A statement or a benign sound: nobody needs a reply."""
    if rng.random() < 0.5:
        return speech(talk(sources, rng, ["statement"])[0])
    return sound(label_of(rng, sources, benign(sources)))
