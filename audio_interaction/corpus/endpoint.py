"""A planner behind an OpenAI-compatible chat endpoint: one's own server or a hosted one.

`ChatEndpoint` asks for JSON and insists on it: what is busy is tried again later, what came back
wrong is sent back with the reason. `EndpointPlanner` plans scenes with it (paper §3.2, App. B.1).
The prompts are the kit's own. What a model writes is not repeatable, so keep the scenarios
(`Scenario.to_json`), not the seed, as `corpus build` does (`corpus.scenes`).
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

import numpy as np

from audio_interaction.corpus.compose import MAX_SECONDS
from audio_interaction.corpus.planning import (
    DESCRIPTION_WORDS,
    MOST_SCENES,
    SCENE_EVENTS,
    Planner,
)
from audio_interaction.corpus.scenario import Scenario
from audio_interaction.corpus.sources import Sources
from audio_interaction.errors import UserError

TEMPERATURE = 0.7  # paper App. B.1
BUSY = 429
LONGEST_WAIT = 30.0  # s
FRONT_SECONDS = 18.0  # of foreground sounds: with pauses between them they fit into `MAX_SECONDS`


class InvalidAnswer(UserError):
    """The model answers, but not with what was asked for; another question may do."""


@dataclass(frozen=True)
class ChatEndpoint:
    """A chat model that answers in JSON.

    Attributes:
        base_url: with or without its "/v1", for example "http://localhost:8000/v1".
        model: name the server knows.
        api_key: sent as a bearer token if given.
        timeout: seconds the server may keep silent.
        retries: further tries after the first.
        backoff: seconds before the first of them; doubled each time, at most 30 s.
    """

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    retries: int = 4
    backoff: float = 1.0

    def __post_init__(self):
        if not self.base_url.startswith(("http://", "https://")):
            raise UserError(f"endpoint {self.base_url!r} must start with http:// or https://")

    @property
    def url(self) -> str:
        """Address the requests go to."""
        root = self.base_url.rstrip("/").removesuffix("/v1")
        return f"{root}/v1/chat/completions"

    def json(self, system: str, user: str, check: Callable[[dict], object]) -> dict:
        """The JSON object the model answers, once `check` has let it pass.

        Args:
            check: raises UserError if something is wrong; the model is told its message.

        Raises:
            InvalidAnswer: the server works, but no try gave a valid answer.
            UserError: the server refuses the request, or gives no answer.
            Both messages have the last thing that was wrong.
        """
        opening = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        messages, wrong, wait, kind = opening, "", 0.0, UserError
        for attempt in range(self.retries + 1):
            if wait:
                time.sleep(wait)
            try:
                content = self._ask(messages)
            except _TryAgain as error:
                wrong, kind = str(error), UserError
                wait = min(error.after or self.backoff * 2**attempt, LONGEST_WAIT)
                continue
            wait = 0.0
            try:
                answer = _object(content)
                check(answer)
                return answer
            except UserError as error:
                wrong, kind = str(error), InvalidAnswer
                messages = [
                    *opening,
                    {"role": "assistant", "content": content},
                    {
                        "role": "user",
                        "content": f"That cannot be used: {wrong}\n"
                        "Send the whole JSON object again with this put right.",
                    },
                ]
        raise kind(
            f"endpoint {self.url}, model {self.model!r}: no valid answer in {self.retries + 1} "
            f"tries; the last: {wrong}. Check the server, or choose another model"
        )

    def _ask(self, messages: list[dict]) -> str:
        """One request; the text of the answer."""
        body = {
            "model": self.model,
            "messages": messages,
            "temperature": TEMPERATURE,
            "response_format": {"type": "json_object"},
        }
        headers = {"Content-Type": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as reply:
                received = reply.read()
        except urllib.error.HTTPError as error:
            said = error.read(300).decode(errors="replace")
            if error.code == BUSY or error.code >= 500:
                raise _TryAgain(f"HTTP {error.code} {said}", _seconds(error.headers)) from error
            raise UserError(
                f"endpoint {self.url} refuses the request: HTTP {error.code} {said}; "
                "check the address, the key and the name of the model"
            ) from error
        except (OSError, HTTPException) as error:  # no connection, a timeout, a torn reply
            raise _TryAgain(f"{type(error).__name__}: {error}") from error
        try:
            content = json.loads(received)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError) as error:
            raise _TryAgain(f"not a chat completion: {received[:200]!r}") from error
        return content or ""


class _TryAgain(Exception):
    """The server could not answer now; `after` is when it says it will, in seconds."""

    def __init__(self, what: str, after: float | None = None):
        super().__init__(what)
        self.after = after


def _seconds(headers) -> float | None:
    """`Retry-After`, where it is given in seconds."""
    given = headers.get("Retry-After", "")
    return float(given) if given.isdigit() else None


def _object(content: str) -> dict:
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise UserError(f"it is not JSON, or not all of it ({error})") from error
    if not isinstance(answer, dict):
        raise UserError(f"it must be a JSON object, found {type(answer).__name__}")
    return answer


PLANNER_PROMPT = """\
You write short plans for sound scenes that could have been recorded in one place at one time.
You get a bag of sound labels that were drawn at random. Think of a place and a time of day where
they can really be heard together, and tell what happens there from beginning to end.

Rules
- {least} to {most} events in the order in which they begin; every label of the bag that fits is
  used, further labels may be added from the list of known ones.
- role: "fg" for what happens in front, one after the other; "bg" for what goes on behind it; "amb"
  for what lasts all the time. At least one event is "amb" and at least one is "fg".
- label and accept: a label, and all labels a recording may have to stand for this event (the label
  itself among them), out of the known ones alone.
- a hazard ({hazards}) is always "fg" and accepts its own label alone.
- seconds: rough duration; an "amb" event lasts as long as the scene. The whole scene is shorter
  than {seconds:.0f} seconds, so the "fg" events together last less than {front:.0f}.
- description: {fewest} to {longest} words that would find a recording of it: what sounds, of which
  material, how strongly.
- before: pairs of event ids, cause and effect; the events must stand in this order.
- excludes: pairs of labels that could not both be heard here; no plan may have both.
- If labels of the bag could never meet, make {scenes} scenes of them; otherwise make one.

Known labels: {labels}

Answer with one JSON object of this form and nothing else:
{{"scenes": [{{"place": "...", "time": "...", "scene": "One sentence that names place and time.",
"events": [{{"id": "e1", "label": "...", "accept": ["..."], "description": "...", "role": "amb",
"seconds": 12.0}}], "before": [["e1", "e2"]], "excludes": [["...", "..."]]}}]}}"""


class EndpointPlanner(Planner):
    """Scenes written by a language model, held to the rules of `planning.check_scene`."""

    def __init__(self, endpoint: ChatEndpoint, sources: Sources, task: str, system: str):
        super().__init__(sources, task, system)
        self.endpoint = endpoint

    @property
    def prompt(self) -> str:
        """What the model is told beforehand."""
        return PLANNER_PROMPT.format(
            least=SCENE_EVENTS[0],
            most=SCENE_EVENTS[1],
            fewest=DESCRIPTION_WORDS[0],
            longest=DESCRIPTION_WORDS[1],
            scenes=MOST_SCENES,
            seconds=MAX_SECONDS,
            front=FRONT_SECONDS,
            hazards=", ".join(sorted(self.hazards)),
            labels=", ".join(self.labels),
        )

    def scenes(
        self, annotations: Sequence[str], rng: np.random.Generator, id: str
    ) -> tuple[Scenario, ...]:
        """As `Planner.scenes`; `rng` decides the order in which the model is told the bag.

        Raises:
            UserError: also if the endpoint gives no valid plan.
        """
        self.check_annotations(annotations)
        bag = [annotations[i] for i in rng.permutation(len(annotations))]

        def read(answer: dict) -> tuple[Scenario, ...]:
            return self._read(answer, bag, id)

        return read(self.endpoint.json(self.prompt, f"The bag: {', '.join(bag)}", read))

    def _read(self, answer: dict, bag: list[str], id: str) -> tuple[Scenario, ...]:
        try:
            made = tuple(
                self._scene(plan, id if number == 0 else f"{id}-b")
                for number, plan in enumerate(answer["scenes"])
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError(
                f"a field is missing or of the wrong kind ({type(error).__name__}: {error})"
            ) from error
        if not 1 <= len(made) <= MOST_SCENES:
            raise UserError(f"{len(made)} scenes; there must be 1 to {MOST_SCENES}")
        planned = {label for scene in made for event in scene.events for label in event.accept}
        if not planned.intersection(bag):
            raise UserError(f"none of the labels of the bag is used: {', '.join(bag)}")
        return made

    def _scene(self, plan: dict, id: str) -> Scenario:
        for name in ("place", "time"):
            if not plan[name].strip():
                raise UserError(f"`{name}` is empty")
        events = []
        for event in plan["events"]:
            accept = tuple(dict.fromkeys([event["label"], *event["accept"]]))
            events.append(
                self.event(
                    str(event["id"]),
                    accept,
                    event["description"].strip(),
                    event["role"],
                    float(event["seconds"]),
                )
            )
        pairs = {
            name: tuple((str(first), str(second)) for first, second in plan.get(name, ()))
            for name in ("before", "excludes")
        }
        return self.scenario(id, plan["scene"].strip(), events, **pairs)
