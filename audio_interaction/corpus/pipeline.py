"""The one road from a task to a stream: plan, audit, ground, compose (paper §3.2, §3.3).

Each step draws from one generator, which (seed, split, task, index) alone decide.
"""

import zlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from audio_interaction.audio.reverb import RT60_S
from audio_interaction.corpus.compose import MAX_SECONDS, compose
from audio_interaction.corpus.grounding import Grounding, ground
from audio_interaction.corpus.language import SPLITS
from audio_interaction.corpus.scenario import Rejected, Scenario
from audio_interaction.corpus.schema import Stream
from audio_interaction.corpus.silence import audit_scenario
from audio_interaction.corpus.sources import Sources
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError

ATTEMPTS = 50
"""Plans that are drawn before the task is given up."""

REVERBERANT_SHARE = 0.2
"""Share of the streams that are heard in a room."""

TOO_LONG = "too_long"
"""Reason of a plan that does not fit into `MAX_SECONDS`."""


@dataclass(frozen=True)
class Made:
    """A stream and how it came about.

    Attributes:
        scenario, grounding: the plan that was carried out, and the clips found for it.
        stream: what they make.
        rejects: number of plans before that could not be carried out, by reason.
    """

    scenario: Scenario
    grounding: Grounding
    stream: Stream
    rejects: dict[str, int]


def make_stream(split: str, task: str, index: int, seed: int, sources: Sources) -> Made:
    """The `index`-th stream of a task, of at most 30 s, made from the clips of one split.

    A plan whose sounds the silence audit would treat otherwise, or cannot decide on, is dropped
    before clips are looked for. The same arguments always give the same samples.

    Raises:
        UserError: an unknown task or split, sources that lack the clips the task needs, or no plan
            of `ATTEMPTS` that can be carried out with them.
    """
    if split not in SPLITS:
        raise UserError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    if task not in TASKS:
        raise UserError(f"unknown task {task!r}; choose from {', '.join(TASKS)}")
    plan = TASKS[task]
    key = [seed, SPLITS.index(split), zlib.crc32(task.encode()), index]
    rng = np.random.default_rng(np.random.SeedSequence(key))
    rejects: Counter[str] = Counter()
    rt60_s = float(rng.uniform(*RT60_S)) if rng.random() < REVERBERANT_SHARE else None
    for _ in range(ATTEMPTS):
        try:
            scenario = plan.plan(sources, rng, id=f"{split}-{task}-{seed}-{index:06d}")
            audit_scenario(scenario)
            grounding = ground(scenario, sources, rng)
        except Rejected as rejected:
            rejects[rejected.reason] += 1
            continue
        stream = compose(
            grounding.cues,
            plan.bed,
            sources.noises,
            rng,
            id=scenario.id,
            split=scenario.split,
            task=scenario.task,
            system=scenario.system,
            gap_seconds=plan.gap_seconds,
            rt60_s=rt60_s,
        )
        if stream is not None:
            return Made(scenario, grounding, stream, dict(rejects))
        rejects[TOO_LONG] += 1
    counted = ", ".join(f"{reason} {count}" for reason, count in sorted(rejects.items()))
    raise UserError(
        f"task {task!r}: no plan of {ATTEMPTS} could be carried out ({counted}); {TOO_LONG} means "
        f"more than {MAX_SECONDS:.0f} s: add clips to the {split} split, or leave the task out"
    )
