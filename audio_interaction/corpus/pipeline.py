"""The one road from a plan to a stream: plan, audit, ground, compose (paper §3.2, §3.3).

`make_stream` plans by the registry of sub-tasks, `scenes` by a planner; `carry_out` is the rest of
the road. Each step draws from one generator, which (seed, split, task, index) alone decide.
"""

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from audio_interaction.audio.reverb import RT60_S
from audio_interaction.corpus.compose import GAP_SECONDS, MAX_SECONDS, Bed, compose
from audio_interaction.corpus.grounding import ASKED, Grounding, ground
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
"""Share of the streams that are heard in a room, where no other is asked for."""

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


def make_stream(
    split: str,
    task: str,
    index: int,
    seed: int,
    sources: Sources,
    tfjp: str = ASKED,
    reverberant: float = REVERBERANT_SHARE,
) -> Made:
    """The `index`-th stream of a task, of at most 30 s, made from the clips of one split.

    A plan whose sounds the silence audit would treat otherwise, or cannot decide on, is dropped
    before clips are looked for. The same arguments always give the same samples.

    Args:
        tfjp: as `grounding.ground`.
        reverberant: chance that it is heard in a room.

    Raises:
        UserError: an unknown task or split, sources that lack the clips the task needs, or no plan
            of `ATTEMPTS` that can be carried out with them.
    """
    if split not in SPLITS:
        raise UserError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    if task not in TASKS:
        raise UserError(f"unknown task {task!r}; choose from {', '.join(TASKS)}")
    plan, rng = TASKS[task], generator(split, task, index, seed)
    id = stream_id(split, task, index, seed)
    return carry_out(
        id,
        lambda: plan.plan(sources, rng, id=id),
        sources,
        rng,
        bed=plan.bed,
        gap_seconds=plan.gap_seconds,
        tfjp=tfjp,
        reverberant=reverberant,
    )


def stream_id(split: str, task: str, index: int, seed: int) -> str:
    """Id of the `index`-th stream of a task."""
    return f"{split}-{task}-{seed}-{index:06d}"


def generator(split: str, task: str, index: int, seed: int, *more: int) -> np.random.Generator:
    """The generator of a stream, or with `more` numbers that of something about it."""
    key = [seed, SPLITS.index(split), zlib.crc32(task.encode()), index, *more]
    return np.random.default_rng(np.random.SeedSequence(key))


def carry_out(
    id: str,
    draw: Callable[[], Scenario],
    sources: Sources,
    rng: np.random.Generator,
    *,
    bed: Bed,
    gap_seconds: tuple[float, float] = GAP_SECONDS,
    attempts: int = ATTEMPTS,
    tfjp: str = ASKED,
    reverberant: float = REVERBERANT_SHARE,
) -> Made:
    """Audit, ground and compose the first plan of `draw` that can be carried out.

    Args:
        id: of the stream.
        draw: the next plan; may raise `Rejected`, which is counted.
        rng: of everything but the plans.
        bed, gap_seconds: noise and pauses of the stream.
        attempts: plans that are drawn before it is given up.
        tfjp: as `grounding.ground`.
        reverberant: chance that the stream is heard in a room.

    Raises:
        UserError: no plan could be carried out.
    """
    rejects: Counter[str] = Counter()
    rt60_s = float(rng.uniform(*RT60_S)) if rng.random() < reverberant else None
    for _ in range(attempts):
        try:
            scenario = draw()
            audit_scenario(scenario)
            grounding = ground(scenario, sources, rng, tfjp)
        except Rejected as rejected:
            rejects[rejected.reason] += 1
            continue
        stream = compose(
            grounding.cues,
            bed,
            sources.noises,
            rng,
            id=id,
            split=scenario.split,
            task=scenario.task,
            system=scenario.system,
            gap_seconds=gap_seconds,
            rt60_s=rt60_s,
        )
        if stream is not None:
            return Made(scenario, grounding, stream, dict(rejects))
        rejects[TOO_LONG] += 1
    counted = ", ".join(f"{reason} {count}" for reason, count in sorted(rejects.items()))
    raise UserError(
        f"stream {id}: no plan of {attempts} could be carried out ({counted}); {TOO_LONG} means "
        f"more than {MAX_SECONDS:.0f} s: add clips to the sources, or leave the task out"
    )
