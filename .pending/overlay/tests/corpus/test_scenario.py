import json
from dataclasses import replace

import pytest

from audio_interaction.corpus.scenario import Rejected, Scenario, SubEvent
from audio_interaction.errors import UserError

EVENTS = (
    SubEvent("e1", "sound", "a bell", accept=("bell",), seconds=1.5),
    SubEvent("e2", "speech", "a question", text="what was that", reply="a bell", kind="name"),
    SubEvent("e3", "sound", "rain", accept=("rain", "water"), role="amb"),
)
SCENARIO = Scenario(
    id="one",
    split="train",
    task="name_sound",
    scene="A bell rings in the rain.",
    system="listen",
    events=EVENTS,
    before=(("e1", "e2"),),
    excludes=(("thunder", "bird"),),
)


def changed(index=1, **fields):
    events = list(EVENTS)
    events[index] = replace(events[index], **fields)
    return replace(SCENARIO, events=tuple(events))


def test_a_scenario_survives_json():
    assert SCENARIO.check() is SCENARIO
    assert Scenario.from_json(json.loads(json.dumps(SCENARIO.to_json()))) == SCENARIO


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (replace(SCENARIO, split="dev"), "unknown split 'dev'"),
        (replace(SCENARIO, events=()), "nothing is in the foreground"),
        (replace(SCENARIO, events=EVENTS[2:], before=()), "nothing is in the foreground"),
        (changed(id="e1"), "ids e1 occur more than once"),
        (changed(what="smell"), "event 'e2': `what`"),
        (changed(role="solo"), "event 'e2': `role`"),
        (changed(emotion="bored"), "event 'e2': `emotion`"),
        (changed(text=""), "event 'e2': speech needs a `text`"),
        (changed(0, accept=()), "event 'e1': a sound needs labels"),
        (changed(0, seconds=0.0), "event 'e1': `seconds` must be positive"),
        (changed(kind=""), "event 'e2': a reply needs a `kind`"),
        (replace(SCENARIO, before=(("e2", "e1"),)), "'e2' must come before 'e1'"),
        (replace(SCENARIO, before=(("e1", "e9"),)), "unknown event 'e9'"),
        (replace(SCENARIO, excludes=(("bell", "rain"),)), "bell and rain exclude each other"),
    ],
)
def test_a_bad_plan_is_refused(scenario, message):
    with pytest.raises(UserError, match=message):
        scenario.check()


@pytest.mark.parametrize("spoil", [lambda r: r.pop("events"), lambda r: r.update(mood="grey"),
                                   lambda r: r["events"][0].pop("what")])  # fmt: skip
def test_other_records_are_no_scenarios(spoil):
    record = SCENARIO.to_json()
    spoil(record)
    with pytest.raises(UserError, match="not the record of a scenario"):
        Scenario.from_json(record)


def test_a_rejected_plan_says_why():
    assert Rejected("no_clip", "no bell").reason == "no_clip"
    assert str(Rejected("no_clip", "no bell")) == "no_clip: no bell"
