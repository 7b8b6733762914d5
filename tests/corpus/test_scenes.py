"""Builds of planned scenes: by the embedded planner, and by a chat endpoint that misbehaves."""

import json

import pytest

from audio_interaction import cli
from audio_interaction.corpus import build
from audio_interaction.corpus.build import load_corpus, write_corpus
from audio_interaction.corpus.card import write_card
from audio_interaction.corpus.check import check_corpus
from audio_interaction.corpus.jsonl import numbered_rows
from audio_interaction.corpus.language import warning
from audio_interaction.corpus.manifest import load_recipe
from audio_interaction.corpus.scenes import BAD_PLAN, PLANNED, Making
from audio_interaction.errors import UserError
from tests.corpus.chat_server import fails, says

TEMPLATE = Making("template")
COUNTS = {"train": 6, "test": 2}


def files_of(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def planned(sources_root, tmp_path_factory):
    return write_corpus(
        tmp_path_factory.mktemp("scenes") / "out", {"train": 12, "test": 4}, 0,
        root=sources_root, making=TEMPLATE,
    )  # fmt: skip


def test_template_scenes_become_a_corpus_without_faults(planned, sources_root):
    outcome = check_corpus(planned)
    assert outcome.passed, outcome.text()
    assert load_recipe(planned)["planner"] == "template"
    assert load_recipe(planned)["tasks"] == [PLANNED]
    rows = [row for data in load_corpus(planned).values() for row in data]
    assert {(row["task"], row["ability"]) for row in rows} == {(PLANNED, "proactive response")}
    assert len({row["id"] for row in rows}) == 16
    assert all(any(event["role"] == "amb" for event in row["events"]) for row in rows)
    assert "planned_scene" in write_card(planned, sources_root).read_text()
    (planned / "README.md").unlink()


def test_every_hazard_of_a_scene_is_warned_of_and_nothing_else(planned):
    warned = 0
    for row in (row for data in load_corpus(planned).values() for row in data):
        due = [
            warning(event["text"])
            for event in row["events"]
            if event["text"] in ("alarm", "siren", "horn", "glass", "scream", "explosion")
        ]
        assert [reply["text"] for reply in row["responses"]] == due
        warned += len(due)
    assert warned


def test_a_stopped_template_build_goes_on_to_the_same_bytes(
    planned, sources_root, tmp_path, monkeypatch
):
    monkeypatch.setattr(build, "SHARD_STREAMS", 4)
    whole, stopped = (
        write_corpus(tmp_path / name, COUNTS, 0, root=sources_root, making=TEMPLATE)
        for name in ("whole", "stopped")
    )
    (stopped / "train-00001.parquet").unlink()
    (stopped / ".plans-train-00001-x_1.jsonl").write_text("half")
    write_corpus(stopped, COUNTS, 0, root=sources_root, making=TEMPLATE)
    assert files_of(stopped) == files_of(whole)
    fewer = load_corpus(whole)["train"]["id"]
    assert load_corpus(planned)["train"]["id"][: len(fewer)] == fewer


def planner_of(server) -> Making:
    return Making(f"http://127.0.0.1:{server.server_port}/v1", "small")


def _bag(handler) -> list[str]:
    user = next(m for m in handler.server.asked[-1]["messages"] if m["role"] == "user")
    return user["content"].removeprefix("The bag: ").split(", ")


def plans(handler, **fields) -> None:
    """A valid plan of the bag that is asked about."""
    front = [_event(f"e{n}", label, "fg", 1.0) for n, label in enumerate(_bag(handler)[:3], 1)]
    scene = {
        "place": "a street",
        "time": "noon",
        "scene": "In a street at noon this and that is heard.",
        "events": [_event("e0", "noise", "amb", 12.0), *front],
    }
    says({"scenes": [scene | fields]})(handler)


def _event(id, label, role, seconds) -> dict:
    description = f"the clear sound of {label}"
    return {
        "id": id, "label": label, "accept": [label], "description": description, "role": role,
        "seconds": seconds,
    }  # fmt: skip


def unsure(handler) -> None:
    """A plan that keeps the rules, of something that the audit cannot decide on."""
    first, *_ = _bag(handler)
    events = [
        _event("e0", "noise", "amb", 12.0),
        _event("e1", first, "fg", 1.0) | {"description": "maybe an alarm far away"},
        _event("e2", first, "fg", 1.0),
    ]
    plans(handler, events=events)


def written(server, out, root, **options):
    return write_corpus(out, COUNTS, 0, root=root, making=planner_of(server), **options)


def test_an_endpoint_plans_a_corpus_that_is_never_asked_for_twice(
    server, sources_root, tmp_path, monkeypatch
):
    monkeypatch.setattr(build, "SHARD_STREAMS", 4)
    server.script = [plans]
    out = written(server, tmp_path / "out", sources_root)
    assert check_corpus(out).passed, check_corpus(out).text()
    assert load_recipe(out) | {"planner": "endpoint", "model": "small"} == load_recipe(out)
    names = [f"plans-{shard}.jsonl" for shard in ("test-00000", "train-00000", "train-00001")]
    assert sorted(path.name for path in out.glob("plans-*")) == names
    kept = [row for name in names for _, row in numbered_rows(out / name)]
    assert len(kept) == len(server.asked) >= 8
    whole, asked = files_of(out), len(server.asked)
    for name in ("train-00000.parquet", "test-00000.parquet", "rejects.json"):
        (out / name).unlink()
    server.script = [fails(401)]
    written(server, out, sources_root)
    assert files_of(out) == whole and len(server.asked) == asked
    written(server, out, sources_root, workers=2)
    assert files_of(out) == whole


def test_a_build_that_the_server_ends_goes_on_behind_the_last_answer(
    server, sources_root, tmp_path
):
    server.script = [plans]
    whole = files_of(written(server, tmp_path / "whole", sources_root))
    server.asked.clear()
    server.script = [plans] * 3 + [fails(401)]
    with pytest.raises(UserError, match="refuses the request: HTTP 401"):
        written(server, tmp_path / "out", sources_root)
    assert len(list(numbered_rows(tmp_path / "out" / "plans-train-00000.jsonl"))) == 3
    server.script = [plans]
    written(server, tmp_path / "out", sources_root)
    assert files_of(tmp_path / "out") == whole
    everything = sum(len(text.splitlines()) for name, text in whole.items() if "plans" in name)
    assert len(server.asked) == everything + 1  # the refused question was asked again


def test_bad_plans_are_counted_by_reason_and_not_asked_for_again(server, sources_root, tmp_path):
    nonsense = [says("Sure, here is a plan!")] * 5  # every try of one question
    server.script = [*nonsense, unsure, plans]
    out = written(server, tmp_path / "out", sources_root)
    rejects = json.loads((out / "rejects.json").read_text())["train"][PLANNED]
    assert rejects[BAD_PLAN] == 1 and rejects["audit_borderline"] == 1
    first, second, third, *_ = (row for _, row in numbered_rows(out / "plans-train-00000.jsonl"))
    assert "is not JSON" in first["failure"] and "scenes" not in first
    assert [row["question"] for row in (first, second, third)] == [0, 1, 2]
    assert len({row["stream"] for row in (first, second, third)}) == 1
    whole = files_of(out)
    (out / "train-00000.parquet").unlink()
    server.script = [fails(401)]
    written(server, out, sources_root)
    assert files_of(out) == whole
    assert check_corpus(out).passed


def test_a_model_that_never_plans_ends_the_build(server, sources_root, tmp_path):
    server.script = [says("no")]
    with pytest.raises(UserError, match=r"planned_scene-0-000000: no plan of 12 .*bad_plan 12"):
        written(server, tmp_path / "out", sources_root)


def test_what_is_kept_must_be_plans(server, sources_root, tmp_path):
    server.script = [fails(401)]
    with pytest.raises(UserError, match="HTTP 401"):
        written(server, tmp_path / "out", sources_root)
    (tmp_path / "out" / "plans-train-00000.jsonl").write_text('{"stream": "one"}\n')
    with pytest.raises(UserError, match="plans-train-00000.jsonl: a row lacks 'question'; delete"):
        written(server, tmp_path / "out", sources_root)


def test_the_command_builds_scenes(tmp_path, capsys):
    arguments = ["corpus", "build", "--profile", "smoke", "--count", "2", "--out", str(tmp_path)]
    assert cli.main([*arguments, "--planner", "template", "--stage4"]) == cli.USER_ERROR
    assert "sub-tasks have plans of their own" in capsys.readouterr().err
    assert cli.main([*arguments, "--planner", "http://127.0.0.1:9"]) == cli.USER_ERROR
    assert "needs the name of its model" in capsys.readouterr().err
    assert cli.main([*arguments, "--planner", "oracle"]) == cli.USER_ERROR
    assert "no planner 'oracle'" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_the_command_builds_a_corpus_of_template_scenes(tmp_path, capsys):
    out = str(tmp_path / "out")
    build = ["corpus", "build", "--profile", "smoke", "--planner", "template", "--out", out]
    assert cli.main([*build, "--tfjp", "always"]) == 0
    assert "28 streams" in capsys.readouterr().out
    assert load_recipe(out)["tfjp"] == "always"
    assert cli.main(["corpus", "check", out]) == 0
    assert cli.main(build) == cli.USER_ERROR
    assert "other tfjp" in capsys.readouterr().err
