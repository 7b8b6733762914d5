"""Streams of planned scenes: a planner says what happens, `corpus build` carries it out.

The sub-tasks of the registry know what must be heard in them; a scene is what a planner makes of a
random bag of labels (paper §3.2, App. B.1). Its hazards call for a warning, everything else for
silence. From the plan on it takes the road of every stream (`pipeline.carry_out`).

A bag follows from (seed, split, index) and the number of the question alone. What an endpoint
answers does not: each answer is written to a file of JSON lines before anything is composed of it,
and what is written is never asked again. So a build goes on to the same bytes with no server at all
once its plans are there.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from audio_interaction.corpus.compose import Bed
from audio_interaction.corpus.endpoint import ChatEndpoint, EndpointPlanner, InvalidAnswer
from audio_interaction.corpus.grounding import ASKED, TFJP
from audio_interaction.corpus.jsonl import numbered_rows, write_rows
from audio_interaction.corpus.pipeline import ATTEMPTS, Made, carry_out, generator, stream_id
from audio_interaction.corpus.planning import Planner, TemplatePlanner
from audio_interaction.corpus.scenario import Rejected, Scenario
from audio_interaction.corpus.sources import Sources
from audio_interaction.corpus.tasks import LISTEN
from audio_interaction.errors import UserError

PLANNED = "planned_scene"
"""Task of these streams; it is none of the registry."""

ABILITY = "proactive response"
REGISTRY, TEMPLATE = "tasks", "template"
KEY = "OPENAI_API_KEY"
"""Environment variable with the key of an endpoint that wants one."""

BAG = (2, 5)  # labels
QUESTIONS = 12  # scenes an endpoint is asked for before a stream is given up
BAD_PLAN = "bad_plan"


@dataclass(frozen=True)
class Making:
    """How the streams of a corpus are planned and their sounds prepared.

    Attributes:
        planner: "tasks" for the registry, "template" for the embedded planner, or the address of a
            chat endpoint.
        model: name of the model behind the endpoint.
        tfjp: as `grounding.ground`.

    Raises:
        UserError: an unknown value, or a model that is missing or has no endpoint.
    """

    planner: str = REGISTRY
    model: str = ""
    tfjp: str = ASKED

    def __post_init__(self):
        if not self.asks and self.planner not in (REGISTRY, TEMPLATE):
            raise UserError(
                f"there is no planner {self.planner!r}; use {REGISTRY}, {TEMPLATE}, or the address "
                "of a chat endpoint, such as http://localhost:8000/v1"
            )
        if self.asks != bool(self.model):
            raise UserError(
                "a planner behind an endpoint needs the name of its model, and no other planner "
                f"has one; found planner {self.planner!r} with model {self.model!r}"
            )
        if self.tfjp not in TFJP:
            raise UserError(f"TFJP is applied when {' or '.join(TFJP)}, not when {self.tfjp!r}")

    @property
    def asks(self) -> bool:
        """Whether an endpoint plans."""
        return self.planner.startswith(("http://", "https://"))

    @property
    def plans(self) -> bool:
        """Whether scenes are planned, by whatever planner."""
        return self.planner != REGISTRY

    def recipe(self) -> dict[str, str]:
        """What of it decides the content of a corpus: all that is not the default.

        The address of an endpoint is not part of it, so that it may change between two runs.
        """
        values = vars(self) | ({"planner": "endpoint"} if self.asks else {})
        return {name: value for name, value in values.items() if value != getattr(USUAL, name)}

    def planner_of(self, sources: Sources) -> Planner:
        """The planner itself; the key of an endpoint is read from `KEY`."""
        if not self.asks:
            return TemplatePlanner(sources, PLANNED, LISTEN)
        endpoint = ChatEndpoint(self.planner, self.model, os.environ.get(KEY))
        return EndpointPlanner(endpoint, sources, PLANNED, LISTEN)


USUAL = Making()


class Scenes:
    """Makes the streams of planned scenes of one split.

    Args:
        sources: of the split.
        seed: of the bags, and of everything behind the plan.
        kept: file of JSON lines that keeps what an endpoint answers.

    Raises:
        UserError: `kept` holds something else than plans.
    """

    def __init__(self, making: Making, sources: Sources, seed: int, kept: Path):
        self.making, self.sources, self.seed, self.kept = making, sources, seed, kept
        self.planner = making.planner_of(sources)
        self.answers: list[dict] = []
        if making.asks and kept.is_file():
            self.answers = [row for _, row in numbered_rows(kept)]
        try:
            self._known = {(row["stream"], row["question"]): row for row in self.answers}
        except KeyError as error:
            raise UserError(
                f"{kept}: a row lacks {error}; delete the file to have it asked for anew"
            ) from error

    def make(self, index: int) -> Made:
        """The `index`-th stream.

        Raises:
            UserError: no plan could be carried out, or the endpoint refuses or does not answer.
        """
        split = self.planner.split
        return carry_out(
            stream_id(split, PLANNED, index, self.seed),
            self._plans(index),
            self.sources,
            generator(split, PLANNED, index, self.seed),
            bed=Bed(),
            attempts=QUESTIONS if self.making.asks else ATTEMPTS,
            tfjp=self.making.tfjp,
        )

    def _plans(self, index: int) -> Callable[[], Scenario]:
        """Draws the scenes of one bag after the other; a bag whose labels clash gives two."""
        waiting: list[Scenario] = []
        questions = count()

        def draw() -> Scenario:
            if not waiting:
                waiting.extend(self._scenes(index, next(questions)))
            return waiting.pop(0)

        return draw

    def _scenes(self, index: int, question: int) -> tuple[Scenario, ...]:
        id = stream_id(self.planner.split, PLANNED, index, self.seed)
        answer = self._known.get((id, question))
        if answer is None:
            rng = generator(self.planner.split, PLANNED, index, self.seed, question)
            bag = self.planner.bag(rng, int(rng.integers(*BAG, endpoint=True)))
            if not self.making.asks:
                return self.planner.scenes(bag, rng, id)
            answer = {"stream": id, "question": question, "bag": list(bag)}
            try:
                scenes = self.planner.scenes(bag, rng, id)
                answer["scenes"] = [scene.to_json() for scene in scenes]
            except InvalidAnswer as error:
                answer["failure"] = str(error)
            self._keep(answer)
        if "failure" in answer:
            raise Rejected(BAD_PLAN, answer["failure"])
        return tuple(map(Scenario.from_json, answer["scenes"]))

    def _keep(self, answer: dict) -> None:
        self.answers.append(answer)
        write_rows(self.kept, self.answers)
