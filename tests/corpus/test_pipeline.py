from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from audio_interaction.corpus import compose as composing
from audio_interaction.corpus import pipeline
from audio_interaction.corpus.grounding import ground
from audio_interaction.corpus.history import Review, check_review, rounds_of
from audio_interaction.corpus.phrases import phrases
from audio_interaction.corpus.pipeline import ATTEMPTS, make_stream
from audio_interaction.corpus.scenario import Rejected
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.corpus.tasks.base import sound
from audio_interaction.errors import UserError


@pytest.mark.parametrize("task", TASKS)
def test_a_stream_follows_its_plan(train, task):
    made = make_stream("train", task, 3, 5, train)
    scenario, stream = made.scenario, made.stream
    assert scenario.check().id == stream.id == f"train-{task}-5-000003"
    assert (stream.task, stream.system) == (task, TASKS[task].system)
    assert [grounded.event for grounded in made.grounding.trail] == list(scenario.events)
    heard = [event.text for event in stream.events if event.role == "fg"]
    planned = [e.text or e.accept[0] for e in scenario.events if e.role == "fg"]
    assert heard == planned
    due = [event for event in scenario.events if event.reply and event.kind != "transcript"]
    said = [response for response in stream.responses if response.kind != "transcript"]
    assert [(r.text, r.kind, r.emotion) for r in said] == [
        (event.reply, event.kind, event.emotion) for event in due
    ]


@pytest.mark.parametrize("task", TASKS)
def test_a_stream_depends_on_its_arguments_alone(train, task):
    once, again = (make_stream("train", task, 1, 2, train) for _ in range(2))
    assert once == again and np.array_equal(once.stream.audio, again.stream.audio)
    assert once.stream.audio.size
    other = make_stream("train", task, 2, 2, train)
    assert not np.array_equal(once.stream.audio, other.stream.audio)


def test_plans_that_are_too_long_are_counted_and_drawn_anew(train, monkeypatch):
    lengths = [len(make_stream("train", "chat", i, 0, train).stream.audio) for i in range(10)]
    monkeypatch.setattr(composing, "MAX_SECONDS", np.median(lengths) / 16_000)
    made = [make_stream("train", "chat", i, 0, train) for i in range(10)]
    assert all(len(each.stream.audio) <= np.median(lengths) for each in made)
    assert [set(each.rejects) for each in made if each.rejects][0] == {"too_long"}
    assert any(not each.rejects for each in made)
    monkeypatch.setattr(composing, "MAX_SECONDS", 1.0)
    with pytest.raises(UserError, match=f"no plan of {ATTEMPTS} .*too_long {ATTEMPTS}"):
        make_stream("train", "chat", 0, 0, train)


def test_plans_that_cannot_be_grounded_are_counted(train, monkeypatch):
    def refuse(scenario, sources, rng, *tfjp):
        if len(refused) < 3:
            refused.append(scenario)
            raise Rejected("no_clip")
        return ground(scenario, sources, rng, *tfjp)

    refused = []
    monkeypatch.setattr(pipeline, "ground", refuse)
    made = make_stream("train", "name_sound", 0, 0, train)
    assert made.rejects == {"no_clip": 3} and made.scenario not in refused


def _task_of(name, *events):
    def draw(sources, rng):
        return [event(rng) if callable(event) else event for event in events]

    return replace(TASKS[name], draw=draw)


def test_what_the_audit_cannot_decide_is_dropped_and_counted(train, monkeypatch):
    def alarm(rng):
        heard = "an alarm" if rng.random() < 0.5 else "maybe an alarm in the distance"
        drawn.append(heard)
        return replace(sound("alarm", "careful", "warn"), description=heard)

    drawn = []
    monkeypatch.setitem(TASKS, "distress", _task_of("distress", alarm))
    made = [make_stream("train", "distress", index, 0, train) for index in range(12)]
    assert all("maybe" not in each.scenario.events[0].description for each in made)
    unsure = sum("maybe" in heard for heard in drawn)
    assert unsure and Counter(audit_borderline=unsure) == sum(
        (Counter(each.rejects) for each in made), Counter()
    )


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (sound("alarm"), "audit_respond"),  # a danger that is passed over
        (sound("bell", "careful", "warn"), "audit_silent"),  # a needless warning
    ],
)
def test_what_the_audit_would_decide_otherwise_never_becomes_a_stream(
    train, monkeypatch, event, reason
):
    monkeypatch.setitem(TASKS, "distress", _task_of("distress", event))
    with pytest.raises(UserError, match=f"no plan of {ATTEMPTS} .*{reason} {ATTEMPTS}"):
        make_stream("train", "distress", 0, 0, train)


def test_a_fact_that_is_told_again_is_not_asked_for(train):
    """Of each dialogue about the past: the answer is three rounds back, and not said since."""
    for index in range(30):
        scenario = make_stream("train", "chat_history", index, 0, train).scenario
        fact, *between, question = rounds_of(scenario)
        (entity,) = (p.sound for p in phrases() if p.text == fact.text)
        check_review((fact, *between), Review(question.text, question.reply, 0, entity))


def test_a_voice_with_too_little_to_say_is_left_for_another(train):
    """Voices of one sentence: with two or three speakers some dialogues run out of them."""
    one, two = ([c for c in train.closed if c.voice == f"train-voice-{n}"] for n in (0, 1))
    poor = replace(train, speech=(one[0], *two))
    made = [make_stream("train", "asr_speakers", index, 0, poor) for index in range(10)]
    assert sum((Counter(each.rejects) for each in made), Counter())["no_speech"] > 0


def test_unknown_tasks_and_splits(train):
    with pytest.raises(UserError, match="unknown task 'sing'"):
        make_stream("train", "sing", 0, 0, train)
    with pytest.raises(UserError, match="unknown split 'dev'"):
        make_stream("dev", "chat", 0, 0, train)
