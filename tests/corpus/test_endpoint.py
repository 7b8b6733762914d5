"""The endpoint against a real HTTP server on this machine, which misbehaves as told."""

import json
import time

import numpy as np
import pytest

from audio_interaction.corpus.endpoint import ChatEndpoint, EndpointPlanner
from audio_interaction.errors import UserError
from tests.corpus.chat_server import fails, says, torn

GOOD = {"answer": 42}


def slow(handler) -> None:
    time.sleep(0.6)
    says(GOOD)(handler)


@pytest.fixture
def endpoint(server):
    address = f"http://127.0.0.1:{server.server_port}"
    return ChatEndpoint(address, "small", timeout=0.3, retries=3, backoff=0.01)


def right(answer: dict) -> None:
    if answer.get("answer") != 42:
        raise UserError("`answer` must be 42")


def ask(endpoint, server, *script):
    server.script = list(script)
    return endpoint.json("be brief", "what is the answer", right)


def test_a_request_is_an_openai_chat_request_in_json_mode(endpoint, server):
    assert ask(endpoint, server, says(GOOD)) == GOOD
    assert server.paths == ["/v1/chat/completions"]
    assert server.asked == [
        {
            "model": "small",
            "messages": [
                {"role": "system", "content": "be brief"},
                {"role": "user", "content": "what is the answer"},
            ],
            "temperature": 0.7,
            "response_format": {"type": "json_object"},
        }
    ]
    assert server.headers[0]["Authorization"] is None


def test_the_key_is_sent_and_never_shown(server):
    address = f"http://127.0.0.1:{server.server_port}/v1/"
    endpoint = ChatEndpoint(address, "small", api_key="hush", timeout=1.0)
    assert ask(endpoint, server, says(GOOD)) == GOOD
    assert server.headers[0]["Authorization"] == "Bearer hush"
    assert server.paths == ["/v1/chat/completions"]
    assert "hush" not in repr(endpoint)


@pytest.mark.parametrize(
    "trouble",
    [fails(500), fails(503), fails(429), torn, slow, lambda h: h.reply(200, b"<html>")],
    ids=["500", "503", "429", "torn", "slow", "no completion"],
)
def test_a_busy_server_is_asked_again(endpoint, server, trouble):
    assert ask(endpoint, server, trouble, trouble, says(GOOD)) == GOOD
    assert len(server.asked) == 3
    assert server.asked[0] == server.asked[2]  # nothing was wrong with the request


def test_pauses_grow_and_the_server_may_set_them(server):
    address = f"http://127.0.0.1:{server.server_port}"
    endpoint = ChatEndpoint(address, "small", timeout=2.0, retries=3, backoff=0.1)
    start = time.monotonic()
    ask(endpoint, server, fails(500), fails(500), says(GOOD))
    assert time.monotonic() - start >= 0.3
    start = time.monotonic()
    ask(endpoint, server, fails(429, Retry_After="1"), says(GOOD))
    assert time.monotonic() - start >= 1.0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("Sure! The answer is 42.", "not JSON"),
        ('{"answer": 4', "not JSON, or not all of it"),
        ("[42]", "must be a JSON object, found list"),
        ({"answer": 41}, "`answer` must be 42"),
    ],
)
def test_what_is_wrong_is_sent_back_with_the_reason(endpoint, server, wrong, told):
    assert ask(endpoint, server, says(wrong), says(GOOD)) == GOOD
    first, second = server.asked
    *opening, said, complaint = second["messages"]
    assert opening == first["messages"]
    assert said == {
        "role": "assistant",
        "content": wrong if isinstance(wrong, str) else json.dumps(wrong),
    }
    assert complaint["role"] == "user" and told in complaint["content"]


def test_a_model_that_is_never_right(endpoint, server):
    with pytest.raises(UserError, match=r"'small': no valid answer in 4 tries.*must be 42"):
        ask(endpoint, server, says({"answer": 1}))
    assert len(server.asked) == 4
    assert len(server.asked[-1]["messages"]) == 4  # the last complaint alone, not all of them


def test_a_server_that_never_works(endpoint, server):
    with pytest.raises(UserError, match="no valid answer in 4 tries; the last: HTTP 500"):
        ask(endpoint, server, fails(500))
    with pytest.raises(UserError, match="(?i)timed? ?out"):
        ask(endpoint, server, slow)


def test_no_server_at_all():
    endpoint = ChatEndpoint("http://127.0.0.1:9", "small", retries=1, backoff=0.01)
    with pytest.raises(UserError, match="no valid answer in 2 tries; the last: URLError"):
        endpoint.json("", "", right)


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_final(endpoint, server, status):
    with pytest.raises(UserError, match=f"refuses the request: HTTP {status} .*not now"):
        ask(endpoint, server, fails(status))
    assert len(server.asked) == 1


def test_an_address_must_be_one():
    with pytest.raises(UserError, match="must start with http"):
        ChatEndpoint("localhost:8000", "small")


def scene(**fields) -> dict:
    return {
        "place": "a farm",
        "time": "morning",
        "scene": "On a farm in the morning a cow moos and an alarm goes off.",
        "events": [
            event("e1", "bird", "amb", 12),
            event("e2", "cow", "fg", 1.5, accept=["cow", "bird"]),
            event("e3", "alarm", "fg", 1.0),
        ],
        "before": [["e2", "e3"]],
        "excludes": [["cow", "bell"]],
    } | fields


def event(id, label, role, seconds, accept=None) -> dict:
    return {
        "id": id,
        "label": label,
        "accept": accept or [label],
        "description": f"the clear sound of {label}",
        "role": role,
        "seconds": seconds,
    }


@pytest.fixture
def planner(endpoint, train):
    return EndpointPlanner(endpoint, train, "scene", "listen")


def plan(planner, server, *answers, bag=("cow", "alarm")):
    server.script = [says(answer) for answer in answers]
    return planner.scenes(bag, np.random.default_rng(0), "one")


def test_an_endpoint_plans_a_scene(planner, server):
    (scenario,) = plan(planner, server, {"scenes": [scene()]})
    assert (scenario.id, scenario.split, scenario.task) == ("one", "train", "scene")
    assert scenario.scene == scene()["scene"]
    assert [e.role for e in scenario.events] == ["amb", "fg", "fg"]
    assert scenario.events[1].accept == ("cow", "bird") and scenario.events[0].seconds == 12.0
    assert scenario.events[2].kind == "warn" and "alarm" in scenario.events[2].reply
    assert scenario.before == (("e2", "e3"),) and scenario.excludes == (("cow", "bell"),)
    system, user = server.asked[0]["messages"]
    assert all(label in system["content"] for label in planner.labels)
    assert "3 to 15 events" in system["content"] and "4 to 12 words" in system["content"]
    assert sorted(user["content"].removeprefix("The bag: ").split(", ")) == ["alarm", "cow"]


def test_annotations_that_clash_may_become_two_scenes(planner, server):
    first, second = plan(planner, server, {"scenes": [scene(), scene()]})
    assert (first.id, second.id) == ("one", "one-b")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"scenes": []}, "0 scenes; there must be 1 to 2"),
        ({"scenes": [scene()] * 3}, "3 scenes"),
        ({"plan": []}, "a field is missing"),
        ({"scenes": "farm"}, "of the wrong kind"),
        ({"scenes": [scene(events=[{"id": "e1"}])]}, "a field is missing"),
        ({"scenes": [scene(time=" ")]}, "`time` is empty"),
        ({"scenes": [scene(events=scene()["events"][:2], before=[])]}, "2 events"),
        ({"scenes": [scene(before=[["e3", "e2"]])]}, "'e3' must come before 'e2'"),
        ({"scenes": [scene(excludes=[["cow", "alarm"]])]}, "exclude each other"),
        (
            {"scenes": [scene(events=[*scene()["events"], event("e4", "kazoo", "bg", 1)])]},
            "unknown labels",
        ),
        (
            {"scenes": [scene(events=[*scene()["events"], event("e4", "bell", "fg", "long")])]},
            "of the wrong kind",
        ),
    ],
)
def test_a_bad_plan_is_sent_back_and_put_right(planner, server, wrong, told):
    (scenario,) = plan(planner, server, wrong, {"scenes": [scene()]})
    assert scenario.id == "one"
    assert told in server.asked[1]["messages"][-1]["content"]


def test_a_plan_must_be_about_the_bag(planner, server):
    with pytest.raises(UserError, match="none of the labels of the bag"):
        plan(planner, server, {"scenes": [scene()]}, bag=("glass",))


def test_unknown_annotations_are_not_even_asked(planner, server):
    with pytest.raises(UserError, match="kazoo"):
        plan(planner, server, {"scenes": [scene()]}, bag=("kazoo",))
    assert not server.asked
