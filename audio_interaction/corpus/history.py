"""History review: a last question whose answer was said three rounds back or more.

Paper §3.3, App. B.2: the question sounds natural, does not point back ("as you said"), and can be
answered neither from what everybody knows nor from the last two rounds. `TemplateReviewer` asks
for the facts of `corpus.phrases`, `EndpointReviewer` lets a language model find one;
`check_review` holds both to the rules. Whether everybody knows the answer no rule can tell: the
prompt asks for one that nobody could.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from audio_interaction.corpus.emotions import emotion_of
from audio_interaction.corpus.endpoint import ChatEndpoint
from audio_interaction.corpus.phrases import history_reply, phrases
from audio_interaction.corpus.scenario import Rejected, Scenario, SubEvent
from audio_interaction.corpus.schema import Stream
from audio_interaction.errors import UserError

LEAST_DISTANCE = 3  # rounds (paper App. B.2)
RECENT = 2  # last rounds, which must not give the answer away
NO_FACT = "no_fact"
"""Reason of a dialogue that tells nothing worth asking for, or tells it again in the end."""

CUES = (
    "as you said", "as i said", "you said", "i said", "you told", "i told", "you mentioned",
    "i mentioned", "as mentioned", "earlier", "previously", "remember", "a while ago",
    "at the beginning", "we talked", "we discussed",
)  # fmt: skip
"""What gives a question away as one about the past."""


@dataclass(frozen=True)
class Round:
    """What is said to the listener, and the reply, "" where there is none."""

    text: str
    reply: str = ""


@dataclass(frozen=True)
class Review:
    """A follow-up question.

    Attributes:
        question, answer: what is asked and what is due.
        source: index from 0 of the round that has the answer.
        entity: the words of that round which are the answer ("anna").
    """

    question: str
    answer: str
    source: int
    entity: str


class Reviewer(Protocol):
    """Finds a follow-up question."""

    def review(self, rounds: Sequence[Round], rng: np.random.Generator) -> Review:
        """A review that `check_review` lets pass; raises Rejected (`NO_FACT`) if there is none."""


def rounds_of(dialogue: Scenario | Stream) -> tuple[Round, ...]:
    """The rounds of a plan or a stream: its foreground speech with the replies.

    The words of a transcript are no replies.
    """
    if isinstance(dialogue, Scenario):
        return tuple(
            Round(event.text, event.reply)
            for event in dialogue.events
            if event.what == "speech" and event.role == "fg"
        )
    spoken = [e for e in dialogue.events if e.kind == "speech" and e.role == "fg"]
    replies = [r for r in dialogue.responses if r.kind != "transcript"]
    return tuple(
        Round(e.text, " ".join(r.text for r in replies if e.start < r.end <= e.end)) for e in spoken
    )


def _words(text: str) -> str:
    words = " ".join(re.findall(r"\w+", text.lower()))
    return f" {words} "


def _says(text: str, phrase: str) -> bool:
    """Whether whole words of a text spell a phrase."""
    return bool(phrase.strip()) and _words(phrase) in _words(text)


def check_review(dialogue: Sequence[Round], review: Review) -> Review:
    """The review itself.

    Raises:
        UserError: the source is no round or less than three back, the entity is missing from the
            source or the answer, the question or one of the last two rounds has it, or the
            question points back.
    """
    asked = len(dialogue)
    if not review.question.strip() or not review.answer.strip():
        raise UserError("a review needs a question and an answer")
    if not 0 <= review.source < asked:
        raise UserError(f"there is no round {review.source}; the rounds are 0 to {asked - 1}")
    if (distance := asked - review.source) < LEAST_DISTANCE:
        raise UserError(
            f"round {review.source} is {distance} back; choose one at least {LEAST_DISTANCE} back"
        )
    source = dialogue[review.source]
    if not (_says(source.text, review.entity) or _says(source.reply, review.entity)):
        raise UserError(f"round {review.source} does not have the words {review.entity!r}")
    if not _says(review.answer, review.entity):
        raise UserError(f"the answer does not have the words {review.entity!r}")
    if _says(review.question, review.entity):
        raise UserError(f"the question gives its answer {review.entity!r} away")
    for back, recent in enumerate(reversed(dialogue[-RECENT:]), start=1):
        if _says(recent.text, review.entity) or _says(recent.reply, review.entity):
            raise UserError(f"the answer {review.entity!r} is also said {back} round(s) back")
    for cue in CUES:
        if _says(review.question, cue):
            raise UserError(f"the question must not point back: it says {cue!r}")
    return review


class TemplateReviewer:
    """Asks for a fact of `corpus.phrases` ("my name is anna"), in the words of one split."""

    def __init__(self, split: str):
        """Raises UserError for a split without such questions."""
        self.questions: dict[str, list[str]] = {}
        for phrase in phrases():
            if phrase.kind == "history" and phrase.split == split:
                self.questions.setdefault(phrase.form, []).append(phrase.text)
        if not self.questions:
            raise UserError(f"split {split!r} has no questions about the past")
        self.facts = {
            phrase.text: (phrase.form, phrase.sound)
            for phrase in phrases()
            if phrase.kind == "history_fact"
        }

    def review(self, rounds: Sequence[Round], rng: np.random.Generator) -> Review:
        """As `Reviewer.review`; of a fact told twice the later counts."""
        told: dict[str, tuple[int, str]] = {}
        for index, said in enumerate(rounds):
            if fact := self.facts.get(said.text):
                told[fact[0]] = (index, fact[1])
        fitting = []
        for key, (index, value) in told.items():
            for question in self.questions.get(key, ()):
                review = Review(question, history_reply(key, value), index, value)
                try:
                    fitting.append(check_review(rounds, review))
                except UserError:
                    continue  # too near, or said again since: another fact may do
        if not fitting:
            raise Rejected(NO_FACT, f"{len(told)} facts in {len(rounds)} rounds, none to ask for")
        return fitting[rng.integers(len(fitting))]


REVIEWER_PROMPT = """\
You get the rounds of a spoken dialogue, numbered from 0. Write the one question the user might
naturally ask next whose answer was said only in an early round.
- The round with the answer is at most number {latest}.
- The answer is a name, a place, a thing, a number or a time of that round (the entity). It is in no
  later round, in particular not in the last {recent}, and nobody could know it otherwise.
- The question does not point back: no "as you said", "earlier", "do you remember".
- The answer is one short spoken sentence with the entity in it, in the words of that round.

Answer with one JSON object:
{{"question": "...", "answer": "...", "source": 0, "entity": "..."}}
`source` is the number of the round that has the answer, `entity` words copied from it."""


class EndpointReviewer:
    """Reviews written by a chat model, held to `check_review`."""

    def __init__(self, endpoint: ChatEndpoint):
        self.endpoint = endpoint

    def review(self, rounds: Sequence[Round], rng: np.random.Generator) -> Review:
        """As `Reviewer.review`; the model alone decides, `rng` is not used.

        Raises:
            UserError: also if the endpoint gives no valid review.
        """
        if len(rounds) < LEAST_DISTANCE:
            raise Rejected(NO_FACT, f"{len(rounds)} rounds; there must be {LEAST_DISTANCE}")
        prompt = REVIEWER_PROMPT.format(latest=len(rounds) - LEAST_DISTANCE, recent=RECENT)
        told = [
            {"round": index, "user": said.text, "reply": said.reply}
            for index, said in enumerate(rounds)
        ]
        answer = self.endpoint.json(
            prompt,
            json.dumps(told, ensure_ascii=False),
            lambda given: check_review(rounds, read_review(given)),
        )
        return read_review(answer)


def read_review(answer: dict) -> Review:
    """A review from its JSON.

    Raises:
        UserError: a field is missing or of the wrong kind.
    """
    texts = {name: answer.get(name) for name in ("question", "answer", "entity")}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise UserError(f"`{name}` must be a text")
    source = answer.get("source")
    if not isinstance(source, int) or isinstance(source, bool):
        raise UserError("`source` must be the number of a round")
    return Review(source=source, **texts)


def asked(events: Sequence[SubEvent], review: Review) -> tuple[SubEvent, SubEvent]:
    """The event that has the answer, and the question as one more event, "review".

    Raises:
        UserError: the review does not fit the events (`check_review`).
    """
    spoken = [event for event in events if event.what == "speech" and event.role == "fg"]
    check_review([Round(event.text, event.reply) for event in spoken], review)
    source = spoken[review.source]
    question = SubEvent(
        id="review",
        what="speech",
        description=f"somebody asks {review.question!r}",
        text=review.question,
        language=source.language,
        speaker=source.speaker,
        reply=review.answer,
        kind="answer",
        emotion=emotion_of(review.answer),
    )
    return source, question


def append_review(scenario: Scenario, review: Review) -> Scenario:
    """The plan with the question as its last event, said by the one who spoke in the source round.

    Raises:
        UserError: the review does not fit the plan, or the plan was not well formed.
    """
    source, question = asked(scenario.events, review)
    before = (*scenario.before, (source.id, question.id))
    return replace(scenario, events=(*scenario.events, question), before=before).check()
