import json

import pytest

from audio_interaction.corpus.language import SOUND_NAMES, WARNINGS
from audio_interaction.corpus.places import DESCRIPTIONS
from audio_interaction.corpus.scenario import Rejected, Scenario, SubEvent
from audio_interaction.corpus.silence import (
    CLASS_OF_LABEL,
    DANGERS,
    EndpointAuditor,
    audit,
    audit_scenario,
    check_audit,
    danger_of,
)
from audio_interaction.errors import UserError


def test_there_are_the_four_classes_of_the_paper():
    assert list(DANGERS) == ["distress", "weather", "damage", "signal"]


def test_the_labels_agree_with_what_the_kit_warns_of():
    assert set(CLASS_OF_LABEL) == set(WARNINGS)
    for label in SOUND_NAMES:
        assert audit(label) == ("respond" if label in WARNINGS else "silent")
        assert audit(f"the sound {label!r}") == audit(label)


@pytest.mark.parametrize("label", DESCRIPTIONS)
def test_the_descriptions_of_the_planner_agree_with_their_labels(label):
    expected = "respond" if label in WARNINGS else "silent"
    assert {audit(caption) for caption in DESCRIPTIONS[label]} == {expected}


@pytest.mark.parametrize(
    ("caption", "name"),
    [
        ("A woman gasps and chokes", "distress"),
        ("somebody cries for help", "distress"),
        ("hail hammers on the roof", "weather"),
        ("an earthquake shakes the shelves", "weather"),
        ("a window shatters", "damage"),
        ("gas leaking from a pipe", "damage"),
        ("a smoke detector chirps", "signal"),
        ("tires screech", "signal"),
    ],
)
def test_plain_signs_of_each_class_call_for_a_response(caption, name):
    assert danger_of(caption) == name
    assert audit(caption, "a street at noon", ("a bird sings",)) == "respond"


@pytest.mark.parametrize(
    "caption",
    [
        "people scream with joy on a roller coaster",
        "an alarm clock rings",
        "a siren in a movie",
        "fireworks explode over the river",
        "somebody plays a french horn",
        "a kettle shrieks",
        "an explosion on the radio",
        "a glass of water is poured",
        "thunder rolls far away",
        "somebody coughs",
        "a fire drill with a loud siren",
        "a violin plays",
    ],
)
def test_look_alikes_and_everyday_sounds_are_silent(caption):
    assert audit(caption) == "silent"


@pytest.mark.parametrize(
    ("caption", "scene", "around"),
    [
        ("maybe a scream", "", ()),
        ("a faint siren in the distance", "", ()),
        ("a scream", "children at a playground", ()),
        ("an explosion", "", ("fireworks whistle",)),
        ("a gunshot", "an afternoon at the shooting range", ()),
        ("an alarm beeps", "actors rehearse a play", ()),
        ("somebody coughs", "", ("a heavy thud",)),
        ("thunder rolls", "", ("howling wind",)),
    ],
)
def test_what_cannot_be_decided_is_borderline(caption, scene, around):
    assert audit(caption, scene, around) == "borderline"


def test_weak_signs_of_different_classes_do_not_add_up():
    assert audit("somebody coughs", "", ("a gate rattles",)) == "silent"
    assert audit("somebody coughs", "", ("somebody coughs again",)) == "silent"


@pytest.mark.parametrize("caption", ["", " ... "])
def test_an_empty_caption_is_an_error(caption):
    with pytest.raises(UserError, match="needs a caption"):
        audit(caption)


def _scenario(*events: SubEvent, scene="a street") -> Scenario:
    return Scenario("id", "train", "proactive", scene, "listen", events)


def _sound(id, label, description="", reply="", role="fg", kind=None):
    kind = kind if kind is not None else "warn" if reply else ""
    description = description or f"the sound {label!r}"
    return SubEvent(id, "sound", description, (label,), reply=reply, kind=kind, role=role)


SIREN = _sound("s", "siren", reply="careful")
BELL = _sound("b", "bell")


def test_a_plan_that_agrees_with_the_audit_is_kept():
    talk = SubEvent("t", "speech", "somebody says 'help a siren'", text="help a siren")
    plan = _scenario(SIREN, talk, BELL, _sound("x", "siren", role="bg"))
    assert audit_scenario(plan) is plan


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (_scenario(BELL, _sound("s", "siren")), "audit_respond"),
        (_scenario(_sound("b", "bell", reply="careful")), "audit_silent"),
        (_scenario(_sound("s", "siren", "a faint siren", "careful")), "audit_borderline"),
        (_scenario(SIREN, BELL, scene="a film studio"), None),
    ],
)
def test_a_plan_that_does_not_is_rejected(plan, reason):
    with pytest.raises(Rejected) as rejected:
        audit_scenario(plan)
    assert rejected.value.reason == (reason or "audit_borderline")


def test_what_somebody_asked_for_is_not_audited():
    plan = _scenario(_sound("s", "siren", reply="one", kind="count"))
    assert audit_scenario(plan) is plan


def test_only_the_neighbours_of_a_sound_count():
    seen = {}

    def auditor(caption, scene, around):
        seen[caption] = (scene, around)
        return "silent"

    audit_scenario(_scenario(*(_sound(c, "bell", c) for c in "abcd")), auditor)
    assert seen["a"] == ("a street", ["b"])
    assert seen["c"] == ("a street", ["b", "d"])


def test_an_endpoint_audits(chat):
    bad = {"decision": "respond", "class": "", "reason": "loud"}
    good = {"decision": "respond", "class": "signal", "reason": "a siren wails"}
    assert EndpointAuditor(chat(bad, good))("a siren", "a street", ("rain",)) == "respond"
    system, user = chat.asked[0]
    assert all(danger.title in system["content"] for danger in DANGERS.values())
    assert json.loads(user["content"]) == {
        "caption": "a siren", "scene": "a street", "neighbours": ["rain"],
    }  # fmt: skip
    assert "needs a `class`" in chat.asked[1][-1]["content"]


def test_an_endpoint_audits_a_plan(chat):
    unsure = {"decision": "borderline", "class": "", "reason": "it is far away"}
    with pytest.raises(Rejected, match="audit_borderline"):
        audit_scenario(_scenario(SIREN), EndpointAuditor(chat(unsure)))


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ({"decision": "warn", "class": "", "reason": "r"}, "`decision` must be"),
        ({"decision": "silent", "class": ""}, "`reason` must be"),
        ({"decision": "respond", "class": "noise", "reason": "r"}, "needs a `class`"),
        ({"decision": "silent", "class": "signal", "reason": "r"}, 'must be ""'),
    ],
)
def test_an_answer_is_checked(answer, wrong):
    with pytest.raises(UserError, match=wrong):
        check_audit(answer)
    check_audit({"decision": "silent", "class": "", "reason": "everyday"})
