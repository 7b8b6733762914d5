import json
from dataclasses import replace

import numpy as np
import pytest

from audio_interaction.corpus.history import (
    EndpointReviewer,
    Review,
    Round,
    TemplateReviewer,
    append_review,
    check_review,
    read_review,
    rounds_of,
)
from audio_interaction.corpus.phrases import phrases
from audio_interaction.corpus.scenario import Rejected, Scenario, SubEvent
from audio_interaction.corpus.schema import Event, Response, Stream
from audio_interaction.errors import UserError

FACT = Round("my name is anna")
FILLER = (
    Round("set a timer for ten minutes", "timer set for ten minutes"),
    Round("what is the capital of france", "paris"),
)
DIALOGUE = (FACT, *FILLER)
GOOD = Review("what is my name", "your name is anna", 0, "anna")


def _rng(seed=0):
    return np.random.default_rng(seed)


def test_a_good_review_passes():
    assert check_review(DIALOGUE, GOOD) is GOOD


def test_the_reply_of_a_round_may_hold_the_answer_too():
    dialogue = (Round("where is the museum", "it is in oslo"), *FILLER)
    check_review(dialogue, Review("in which city is it", "in oslo", 0, "oslo"))


@pytest.mark.parametrize(
    ("dialogue", "changes", "wrong"),
    [
        (DIALOGUE, {"question": " "}, "needs a question"),
        (DIALOGUE, {"answer": ""}, "needs a question and an answer"),
        (DIALOGUE, {"source": 3}, "no round 3; the rounds are 0 to 2"),
        (DIALOGUE, {"source": -1}, "no round -1"),
        (DIALOGUE[:2], {}, "is 2 back"),
        (DIALOGUE, {"entity": ""}, "does not have the words"),
        (DIALOGUE, {"entity": "ann"}, "round 0 does not have the words 'ann'"),
        (DIALOGUE, {"answer": "it is tom"}, "the answer does not have"),
        (DIALOGUE, {"question": "is my name anna"}, "gives its answer 'anna' away"),
        ((*DIALOGUE, Round("call Anna!", "calling")), {}, "also said 1 round"),
        ((FACT, Round("what is new", "anna is here"), FILLER[0]), {}, "also said 2 round"),
        (DIALOGUE, {"question": "what is my name as I said"}, "says 'as i said'"),
        (DIALOGUE, {"question": "do you remember my name"}, "says 'remember'"),
    ],
)
def test_a_bad_review_is_told_why(dialogue, changes, wrong):
    with pytest.raises(UserError, match=wrong):
        check_review(dialogue, replace(GOOD, **changes))


def test_what_lies_further_back_than_two_rounds_may_repeat_the_answer():
    check_review((FACT, Round("anna", "hello anna"), *FILLER), GOOD)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_the_templates_ask_for_every_fact_they_know(split):
    reviewer = TemplateReviewer(split)
    asked = {p.text for p in phrases() if p.kind == "history" and p.split == split}
    facts = [p for p in phrases() if p.kind == "history_fact" and p.split == split]
    for fact in facts:
        dialogue = (Round(fact.text), Round("hello"), Round("what color is coal", "it is dark"))
        if any(f" {fact.sound} " in f" {said.text} {said.reply} " for said in dialogue[1:]):
            continue
        review = reviewer.review(dialogue, _rng())
        assert review.source == 0 and review.entity == fact.sound
        assert review.question in asked
        assert check_review(dialogue, review)


def test_the_seed_chooses_the_question():
    reviewer = TemplateReviewer("train")
    found = {reviewer.review(DIALOGUE, _rng(seed)).question for seed in range(20)}
    assert len(found) > 1
    assert reviewer.review(DIALOGUE, _rng(5)) == reviewer.review(DIALOGUE, _rng(5))


def test_of_a_fact_told_twice_the_later_counts():
    dialogue = (FACT, Round("my name is tom"), *FILLER)
    review = TemplateReviewer("train").review(dialogue, _rng())
    assert (review.source, review.answer) == (1, "your name is tom")


@pytest.mark.parametrize(
    "dialogue",
    [
        (),
        FILLER * 2,
        DIALOGUE[:2],
        (FACT, *FILLER, Round("you can call me tom")),  # told anew, and too near
    ],
    ids=["nothing said", "no fact", "too near", "changed since"],
)
def test_without_a_fact_to_ask_for_the_dialogue_is_rejected(dialogue):
    with pytest.raises(Rejected) as rejected:
        TemplateReviewer("train").review(dialogue, _rng())
    assert rejected.value.reason == "no_fact"


def _scenario() -> Scenario:
    events = [
        SubEvent(f"e{i}", "speech", "words", text=said.text, speaker=speaker, reply=said.reply,
                 kind="answer" if said.reply else "")
        for i, (said, speaker) in enumerate(zip(DIALOGUE, "baa", strict=True))
    ]  # fmt: skip
    events.insert(1, SubEvent("s", "sound", "a bell", ("bell",)))
    events.append(SubEvent("n", "speech", "murmur", text="so many people", role="bg"))
    return Scenario("id", "train", "chat", "a talk", "listen", tuple(events))


def test_the_rounds_of_a_plan_are_its_foreground_speech():
    assert rounds_of(_scenario()) == DIALOGUE


def test_the_rounds_of_a_stream_have_their_replies():
    events = (
        Event(0.0, 9.0, "sound", "noise", "amb"),
        Event(1.0, 2.0, "speech", "my name is anna"),
        Event(3.0, 4.0, "speech", "what is two and two"),
    )
    responses = (Response(3.0, 3.9, "four"),)
    stream = Stream("s", "test", "chat", "", np.zeros(0, np.float32), events, responses)
    assert rounds_of(stream) == (FACT, Round("what is two and two", "four"))


def test_a_review_is_appended_to_the_plan():
    longer = append_review(_scenario(), GOOD)
    last = longer.events[-1]
    assert (last.text, last.reply, last.kind) == (GOOD.question, GOOD.answer, "answer")
    assert last.speaker == "b"  # who told the fact asks for it
    assert ("e0", "review") in longer.before
    assert rounds_of(longer)[:-1] == DIALOGUE
    with pytest.raises(UserError, match="is 2 back"):
        append_review(_scenario(), replace(GOOD, source=1))


def test_an_endpoint_reviews(chat):
    answer = {"question": "what is my name", "answer": "anna", "source": 0, "entity": "anna"}
    near = answer | {"source": 2, "entity": "paris", "answer": "paris", "question": "which city"}
    review = EndpointReviewer(chat(near, answer)).review(DIALOGUE, _rng())
    assert review == Review("what is my name", "anna", 0, "anna")
    system, user = chat.asked[0]
    assert "at most number 0" in system["content"]
    assert [said["user"] for said in json.loads(user["content"])] == [r.text for r in DIALOGUE]
    assert "is 1 back" in chat.asked[1][-1]["content"]


def test_an_endpoint_is_not_asked_about_too_short_a_dialogue(chat):
    with pytest.raises(Rejected, match="no_fact"):
        EndpointReviewer(chat({})).review(DIALOGUE[:2], _rng())
    assert chat.asked == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [({"answer": None}, "`answer` must be"), ({"source": "0"}, "`source` must be"),
     ({"source": True}, "`source` must be"), ({"entity": 5}, "`entity` must be")],
)  # fmt: skip
def test_a_review_is_read_with_care(changes, wrong):
    answer = {"question": "q", "answer": "a", "source": 0, "entity": "a"}
    assert read_review(answer) == Review("q", "a", 0, "a")
    with pytest.raises(UserError, match=wrong):
        read_review(answer | changes)
