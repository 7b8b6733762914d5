"""The sub-tasks of the mini corpus: what is heard, when to respond, when to stay silent.

The paper's seven abilities (§4.1) with sub-tasks of our own: its 28 names appear only in a figure.
A task plans cues from the clips of one split; `compose` turns them into sound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from audio_interaction.corpus.compose import GAP_SECONDS, MAX_SECONDS, Bed, Cue, compose
from audio_interaction.corpus.language import COUNT_WORDS, name_reply, warning
from audio_interaction.corpus.schema import Stream
from audio_interaction.corpus.sources import SoundClip, Sources, SpeechClip
from audio_interaction.errors import UserError

TRANSCRIBE = "transcribe the speech"
LISTEN = "listen and help when needed"
ATTEMPTS = 50  # draws of a plan before it is given up as too long
SENTENCES = ("question", "command", "statement", "digits")

Plan = Callable[[Sources, np.random.Generator], list[Cue]]


@dataclass(frozen=True)
class Task:
    """One sub-task.

    Attributes:
        name, ability, title: the key, one of `ABILITIES`, and a readable name.
        system: the written instruction of the session.
        heard, responds, silent: the description, one sentence each.
        plan: draws the cues of one stream.
        bed, gap_seconds: noise and pauses of its streams.
    """

    name: str
    ability: str
    title: str
    system: str
    heard: str
    responds: str
    silent: str
    plan: Plan
    bed: Bed = Bed()
    gap_seconds: tuple[float, float] = GAP_SECONDS

    @property
    def description(self) -> str:
        return f"{self.heard} {self.responds} {self.silent}"

    def compose(self, sources: Sources, rng: np.random.Generator, id: str) -> Stream:
        """One stream of at most 30 s, made from the clips of one split.

        Raises:
            UserError: the split lacks the clips this task needs, or only has clips too long for it.
        """
        for _ in range(ATTEMPTS):
            stream = compose(
                self.plan(sources, rng),
                self.bed,
                sources.noises,
                rng,
                id=id,
                split=sources.split,
                task=self.name,
                system=self.system,
                gap_seconds=self.gap_seconds,
            )
            if stream is not None:
                return stream
        raise UserError(
            f"task {self.name!r}: no plan of {ATTEMPTS} fits into {MAX_SECONDS:.0f} s; the clips "
            f"of the {sources.split} split are too long"
        )


def _one(rng: np.random.Generator, choices: Sequence, what: str):
    if not choices:
        raise UserError(f"the sources hold no {what}; add some, or leave the task out")
    return choices[rng.integers(len(choices))]


def _talk(sources: Sources, rng: np.random.Generator, kinds: Sequence[str]) -> list[SpeechClip]:
    """A different sentence for each kind, in one voice as far as it has them (paper App. B.4)."""
    voice, said = None, []
    for kind in kinds:
        used = {clip.text for clip in said}
        for pool in (sources.said(kind, voice=voice), sources.said(kind)):
            if fresh := [clip for clip in pool if clip.text not in used]:
                break
        said.append(_one(rng, fresh, f"further {kind} in the {sources.split} split"))
        voice = said[0].voice
    return said


def _sound(sources: Sources, rng: np.random.Generator, labels: Sequence[str]) -> SoundClip:
    """A sound with one of the labels; every label is as likely, however many clips it has."""
    label = _one(rng, labels, f"suitable sound in the {sources.split} split")
    return _one(rng, sources.heard(label), label)


def _instruction(
    sources: Sources, rng: np.random.Generator, form: str
) -> tuple[SpeechClip, tuple[str, ...]]:
    """An instruction about a benign sound of this split, and the labels of its distractors.

    Hazards are left out on both sides: they call for a warning whoever asked for what.
    """
    pool = [clip for clip in sources.said("instruction", form) if clip.sound in sources.benign]
    clip = _one(rng, pool, f"instruction of form {form!r} in the {sources.split} split")
    return clip, tuple(label for label in sources.benign if label != clip.sound)


def _shuffled(rng: np.random.Generator, items: Sequence) -> list:
    return [items[index] for index in rng.permutation(len(items))]


def _answered(clip: SpeechClip) -> Cue:
    return Cue(clip, clip.answer, "confirm" if clip.kind == "command" else "answer")


def _asr(sources: Sources, rng: np.random.Generator) -> list[Cue]:
    kinds = [_one(rng, SENTENCES, "kind") for _ in range(rng.integers(1, 4))]
    return [Cue(clip, clip.text, "transcript") for clip in _talk(sources, rng, kinds)]


def _chat(sources: Sources, rng: np.random.Generator) -> list[Cue]:
    turns = [_one(rng, ("question", "command"), "kind") for _ in range(rng.integers(2, 5))]
    kinds = _shuffled(rng, [*turns, *["statement"] * rng.integers(0, 3)])
    return [
        Cue(clip) if clip.kind == "statement" else _answered(clip)
        for clip in _talk(sources, rng, kinds)
    ]


def _name_sound(sources: Sources, rng: np.random.Generator) -> list[Cue]:
    cues = []
    for _ in range(rng.integers(1, 3)):
        sound = _sound(sources, rng, sources.benign)
        question = _one(rng, sources.said("instruction", "name"), "question about a sound")
        cues += [Cue(sound), Cue(question, name_reply(sound.label), "name")]
    return cues


def _watch_sound(sources: Sources, rng: np.random.Generator) -> list[Cue]:
    instruction, others = _instruction(sources, rng, "watch")
    total = int(rng.integers(2, 5))
    wanted = int(rng.integers(1, min(total, 3)))  # 1 or 2, and at least one distractor
    cues = [
        Cue(_sound(sources, rng, [instruction.sound]), name_reply(instruction.sound), "watch")
        for _ in range(wanted)
    ]
    cues += [Cue(_sound(sources, rng, others)) for _ in range(total - wanted)]
    return [Cue(instruction), *_shuffled(rng, cues)]


def _count_sound(sources: Sources, rng: np.random.Generator) -> list[Cue]:
    instruction, others = _instruction(sources, rng, "count")
    total = int(rng.integers(2, 5))
    wanted = int(rng.integers(1, total + 1))
    cues, counted = [Cue(instruction)], 0
    for is_wanted in _shuffled(rng, [True] * wanted + [False] * (total - wanted)):
        if is_wanted:
            sound = _sound(sources, rng, [instruction.sound])
            cues.append(Cue(sound, COUNT_WORDS[counted], "count"))
            counted += 1
        else:
            cues.append(Cue(_sound(sources, rng, others)))
    return cues


def _quiet(sources: Sources, rng: np.random.Generator) -> Cue:
    """A statement or a benign sound: nobody needs a reply."""
    if rng.random() < 0.5:
        return Cue(_talk(sources, rng, ["statement"])[0])
    return Cue(_sound(sources, rng, sources.benign))


def _proactive(sources: Sources, rng: np.random.Generator) -> list[Cue]:
    total = int(rng.integers(3, 6))
    cues = []
    for index in range(total):
        # At least one hazard, and as many quiet events as hazards on average.
        if index == 0 or rng.random() < 0.4:
            sound = _sound(sources, rng, sources.hazards)
            cues.append(Cue(sound, warning(sound.label), "warn", "urgent"))
        else:
            cues.append(_quiet(sources, rng))
    return _shuffled(rng, cues)


def _negative(sources: Sources, rng: np.random.Generator) -> list[Cue]:
    cues = [_quiet(sources, rng) for _ in range(rng.integers(2, 6))]
    if rng.random() < 0.5:
        behind = _sound(sources, rng, sources.benign)
        cues.append(Cue(behind, role="bg"))
    return cues


ABILITIES = (
    "real-time ASR",
    "streaming translation",
    "voice chat",
    "audio understanding",
    "instruction following",
    "proactive response",
    "environment-aware agent",
)

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            "asr_clean",
            "real-time ASR",
            "clean speech",
            TRANSCRIBE,
            "One to three sentences of any kind, in next to no noise.",
            "Every word is written down one chunk after it was spoken.",
            "Silent while nobody speaks.",
            _asr,
            Bed((25.0, 40.0), 1.0),
        ),
        Task(
            "asr_noisy",
            "real-time ASR",
            "noisy speech",
            TRANSCRIBE,
            "One to three sentences of any kind over two noise tracks, 5 to 20 dB above them.",
            "Every word is written down one chunk after it was spoken.",
            "Silent while there is only noise.",
            _asr,
            Bed((5.0, 20.0), 1.0),
        ),
        Task(
            "chat",
            "voice chat",
            "multi-turn dialogue",
            LISTEN,
            "Two to four questions or commands, in one voice if possible, up to two statements.",
            "A question is answered, a command confirmed, when it has ended.",
            "Silent after statements and in pauses.",
            _chat,
        ),
        Task(
            "name_sound",
            "audio understanding",
            "open question on a sound",
            LISTEN,
            "A sound, then the spoken question what it was; once or twice.",
            "The sound is named when the question has ended.",
            "Silent at the sound itself.",
            _name_sound,
        ),
        Task(
            "watch_sound",
            "instruction following",
            "watch for an event and tell",
            LISTEN,
            "A spoken order to tell when a sound is heard, then two to four sounds.",
            "The sound is named each time it has been heard, once or twice.",
            "Silent at the order and at every other sound.",
            _watch_sound,
        ),
        Task(
            "count_sound",
            "instruction following",
            "count an event",
            LISTEN,
            "A spoken order to count a sound, then two to four sounds.",
            "The count so far is told each time that sound has been heard.",
            "Silent at the order and at every other sound.",
            _count_sound,
        ),
        Task(
            "proactive",
            "proactive response",
            "hazard among benign events",
            LISTEN,
            "Three to five hazards, benign sounds and statements in any order.",
            "Every hazard is warned of, urgently, without being asked.",
            "Silent at benign sounds and statements.",
            _proactive,
        ),
        Task(
            "negative",
            "environment-aware agent",
            "noise robustness",
            LISTEN,
            "Statements, benign sounds, some in the background, and long pauses of noise.",
            "Never.",
            "Silent throughout; every response is a false alarm.",
            _negative,
            gap_seconds=(0.8, 5.0),
        ),
    )
}
