import numpy as np
import pytest

from audio_interaction.corpus import compose as composing
from audio_interaction.corpus import pipeline
from audio_interaction.corpus.grounding import ground
from audio_interaction.corpus.pipeline import ATTEMPTS, make_stream
from audio_interaction.corpus.scenario import Rejected
from audio_interaction.corpus.tasks import TASKS
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
    def refuse(scenario, sources, rng):
        if len(refused) < 3:
            refused.append(scenario)
            raise Rejected("no_clip")
        return ground(scenario, sources, rng)

    refused = []
    monkeypatch.setattr(pipeline, "ground", refuse)
    made = make_stream("train", "name_sound", 0, 0, train)
    assert made.rejects == {"no_clip": 3} and made.scenario not in refused


def test_unknown_tasks_and_splits(train):
    with pytest.raises(UserError, match="unknown task 'sing'"):
        make_stream("train", "sing", 0, 0, train)
    with pytest.raises(UserError, match="unknown split 'dev'"):
        make_stream("dev", "chat", 0, 0, train)
