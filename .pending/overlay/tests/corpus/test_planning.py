from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.language import WARNINGS
from audio_interaction.corpus.places import DESCRIPTIONS, FOLLOWS, PLACES, STAGES
from audio_interaction.corpus.planning import TemplatePlanner, check_scene
from audio_interaction.corpus.scenario import Scenario, SubEvent
from audio_interaction.corpus.sources import Sources, load_sources
from audio_interaction.errors import UserError

SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def planner() -> TemplatePlanner:
    """Of the real labels: the tables are about them."""
    return TemplatePlanner(load_sources("train"), "scene", "listen")


def place_of(scenario):
    return next(p for p in PLACES if scenario.scene.lower().startswith(p.name))


def labels_of(scenario):
    return [event.accept[0] for event in scenario.events]


@given(seed=SEEDS, size=st.integers(1, 19))
def test_a_template_scene_is_a_scene(planner, seed, size):
    rng = np.random.default_rng(seed)
    bag = planner.bag(rng, size)
    scenes = planner.scenes(bag, rng, "one")
    assert 1 <= len(scenes) <= 2 and [s.id for s in scenes] == ["one", "one-b"][: len(scenes)]
    for scenario in scenes:
        assert scenario.check() is scenario
        assert 3 <= len(scenario.events) <= 15
        roles = [event.role for event in scenario.events]
        assert roles.count("amb") == 1 and "fg" in roles
        assert all(4 <= len(event.description.split()) <= 12 for event in scenario.events)
        assert scenario.scene.count(".") == 1 and scenario.scene.endswith(".")
        assert all(event.accept[0] in planner.labels for event in scenario.events)
        for event in scenario.events:
            if event.accept[0] in WARNINGS:
                assert event.role == "fg"
                assert (event.reply, event.kind) == (WARNINGS[event.accept[0]], "warn")
            else:
                assert not event.reply
        ambience = next(e for e in scenario.events if e.role == "amb")
        assert ambience.seconds >= sum(e.seconds for e in scenario.events if e.role == "fg")


@given(seed=SEEDS, size=st.integers(1, 19))
def test_everything_belongs_to_the_place_and_comes_in_order(planner, seed, size):
    rng = np.random.default_rng(seed)
    for scenario in planner.scenes(planner.bag(rng, size), rng, "one"):
        place, labels = place_of(scenario), labels_of(scenario)
        assert set(labels) <= place.hears
        barred = {other for _, other in scenario.excludes}
        assert barred == set(planner.labels) - place.hears
        for cause, effect in FOLLOWS:
            if cause in labels and effect in labels:
                last = len(labels) - 1 - labels[::-1].index(cause)
                assert last < labels.index(effect)
                ids = [event.id for event in scenario.events]
                assert (ids[last], ids[labels.index(effect)]) in scenario.before


def test_a_bag_holds_different_events(planner):
    bag = planner.bag(np.random.default_rng(0), 100)
    assert set(bag) == set(planner.labels) - {"noise"} and len(set(bag)) == len(bag)
    assert planner.bag(np.random.default_rng(0), 3) != planner.bag(np.random.default_rng(1), 3)


def test_annotations_that_clash_make_two_scenes(planner):
    first, second = planner.scenes(("cow", "phone"), np.random.default_rng(0), "one")
    assert {"cow", "phone"} <= {*labels_of(first), *labels_of(second)}
    assert ("cow" in labels_of(first)) != ("phone" in labels_of(first))
    assert ("cow" in labels_of(second)) != ("phone" in labels_of(second))
    together = planner.scenes(("phone", "knock"), np.random.default_rng(0), "one")
    assert len(together) == 1 and {"phone", "knock"} <= set(labels_of(together[0]))


def test_rooms_hear_no_trains():
    for place in PLACES:
        if any(word in place.name for word in ("kitchen", "office", "workshop", "room")):
            assert not place.hears & {"train", "cow", "sheep", "rooster", "horn"}


def test_the_same_arguments_give_the_same_scene(planner):
    def planned(seed):
        rng = np.random.default_rng(seed)
        return planner.plan(planner.bag(rng, 5), rng, "one")

    assert planned(1) == planned(1) != planned(2)
    assert Scenario.from_json(planned(1).to_json()) == planned(1)


def test_the_tables_fit_together(planner):
    stage = {label: number for number, group in enumerate(STAGES) for label in group}
    assert all(stage[cause] < stage[effect] for cause, effect in FOLLOWS)
    everywhere = frozenset().union(*(place.hears for place in PLACES))
    assert everywhere == set(DESCRIPTIONS)
    known = set(planner.labels) - planner.instruments
    assert known <= everywhere  # every label of the kit belongs somewhere
    for descriptions in DESCRIPTIONS.values():
        assert all(4 <= len(words.split()) <= 12 for words in descriptions)


def test_labels_of_ones_own_and_instruments_find_a_place(train):
    strange = tuple(replace(clip, label="theremin_hum") for clip in train.heard("bell"))
    piano = tuple(replace(clip, label="piano") for clip in train.heard("bell"))
    own = Sources("train", (), strange, train.noises)
    vars(own)["music"] = piano
    scenario = TemplatePlanner(own, "scene", "listen").plan(
        ("theremin_hum", "piano"), np.random.default_rng(0), "one"
    )
    assert {"theremin_hum", "piano"} <= set(labels_of(scenario))
    assert place_of(scenario).music
    assert "theremin hum" in next(
        e.description for e in scenario.events if e.accept == ("theremin_hum",)
    )


def test_what_cannot_be_planned_is_refused(planner, train):
    rng = np.random.default_rng(0)
    with pytest.raises(UserError, match="kazoo .*no labels of the train split"):
        planner.scenes(("bell", "kazoo"), rng, "one")
    with pytest.raises(UserError, match="none"):
        planner.scenes((), rng, "one")
    dangerous = TemplatePlanner(Sources("train", (), train.heard("alarm"), ()), "scene", "listen")
    with pytest.raises(UserError, match="can be the ambience"):
        dangerous.scenes(("alarm",), rng, "one")


RAIN = SubEvent("e0", "sound", "steady rain on a tin roof", ("rain",), role="amb", seconds=9.0)
BELL = SubEvent("e1", "sound", "a metal bell rings once", ("bell",), seconds=1.5)
ALARM = SubEvent("e2", "sound", "a shrill alarm goes off", ("alarm",), seconds=1.5)
SCENE = Scenario("one", "train", "scene", "A bell in the rain.", "listen", (RAIN, BELL, ALARM))


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ((RAIN, BELL), "2 events; a scene has 3 to 15"),
        (
            tuple(replace(BELL if i else RAIN, id=f"e{i}") for i in range(16)),
            "16 events; a scene has 3 to 15",
        ),
        ((replace(RAIN, role="bg"), BELL, ALARM), "no event has the role 'amb'"),
        ((RAIN, replace(BELL, description="a bell"), ALARM), "'e1': 2 words"),
        ((RAIN, replace(BELL, description="ding " * 13), ALARM), "'e1': 13 words"),
        ((RAIN, replace(BELL, seconds=None), ALARM), "'e1': no `seconds`"),
        ((RAIN, replace(BELL, accept=("kazoo",)), ALARM), "'e1': unknown labels"),
        ((RAIN, BELL, replace(ALARM, role="bg")), "'e2': the hazard 'alarm' needs"),
        ((RAIN, BELL, replace(ALARM, accept=("alarm", "bell"))), "'e2': the hazard 'alarm' needs"),
        ((RAIN, BELL, replace(ALARM, id="e1")), "occur more than once"),
    ],
)
def test_each_rule_of_a_scene(events, message):
    labels, hazards = ("rain", "bell", "alarm"), frozenset({"alarm"})
    assert check_scene(SCENE, labels, hazards) is SCENE
    with pytest.raises(UserError, match=message):
        check_scene(replace(SCENE, events=events), labels, hazards)


@pytest.mark.parametrize("scene", ["", "no stop", "Two\nlines."])
def test_a_scene_is_one_sentence(scene):
    with pytest.raises(UserError, match="one sentence"):
        check_scene(replace(SCENE, scene=scene), ("rain", "bell", "alarm"), frozenset())
