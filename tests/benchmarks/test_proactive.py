"""The manifest's counts by domain are those of the released files (644 rows)."""

import json

import numpy as np
import pytest

from audio_interaction.audio.io import encode
from audio_interaction.benchmarks import proactive
from audio_interaction.benchmarks.proactive import constant, predict
from audio_interaction.benchmarks.proactive_data import (
    ANSWER_FIELDS,
    ANSWERS,
    AUDIO_ROOT,
    CATEGORIES,
    IGNORE,
    MANIFEST,
    MANIFEST_FIELDS,
    RESPOND,
    Item,
    load_items,
    write_stand_in,
)
from audio_interaction.benchmarks.proactive_score import (
    Prediction,
    load_predictions,
    parse_official,
    score,
)
from audio_interaction.corpus.language import SOUND_NAMES
from audio_interaction.errors import UserError

COUNTS = {  # domain: (IGNORE, RESPOND)
    "Daily Living Sounds": (136, 45),
    "Equipment": (74, 66),
    "Human Sound Signals": (83, 73),
    "Nature & Environment": (49, 54),
    "Traffic": (27, 22),
    "Music": (8, 7),
}


def item(number, decision, domain="Music", answers=()):
    return Item(str(number), "x", decision, domain, "Artistic", tuple(answers), ())


@pytest.fixture(scope="module")
def released():
    labels = [
        (domain, decision)
        for domain, (ignore, respond) in COUNTS.items()
        for decision in [IGNORE] * ignore + [RESPOND] * respond
    ]
    return [item(n, decision, domain) for n, (domain, decision) in enumerate(labels)]


def test_constant_policies_on_the_released_labels(released):
    assert len(released) == 644
    ignore = score(released, constant(released, IGNORE))
    assert ignore["accuracy"].value == 377 / 644
    assert f"{100 * ignore['accuracy'].value:.1f}" == "58.5"
    assert ignore["balanced"].value == 0.5
    assert ignore["f1_respond"].value == 0.0
    assert (ignore["misses"].value, ignore["false_alarms"].value) == (1.0, 0.0)
    # The paper's table 4 columns of a model that never speaks.
    by_domain = {name: f"{100 * d['accuracy']:.1f}" for name, d in ignore["by_domain"].items()}
    assert by_domain == {
        "Human Sound Signals": "53.2",
        "Daily Living Sounds": "75.1",
        "Equipment": "52.9",
        "Traffic": "55.1",
        "Nature & Environment": "47.6",
        "Music": "53.3",
    }
    respond = score(released, constant(released, RESPOND))
    assert f"{100 * respond['accuracy'].value:.1f}" == "41.5"
    assert respond["balanced"].value == 0.5
    assert respond["f1_respond"].value == pytest.approx(2 * 267 / (2 * 267 + 377))


def test_scores_by_hand():
    items = [item(1, RESPOND), item(2, RESPOND), item(3, RESPOND), item(4, IGNORE), item(5, IGNORE)]
    predictions = {
        "1": Prediction(RESPOND, "careful", 2.0),
        "2": Prediction(IGNORE),
        "3": Prediction(None),
        "4": Prediction(RESPOND, "careful", 1.0),
        # 5 is missing
    }
    got = score(items, predictions)
    assert got["n_invalid"] == 2
    assert got["accuracy"].value == 1 / 5
    assert got["balanced"].value == pytest.approx((1 / 3 + 0) / 2)
    assert got["f1_respond"].value == pytest.approx(2 / (2 + 1 + 2))
    assert got["misses"].value == pytest.approx(2 / 3)
    assert got["false_alarms"].value == pytest.approx(1 / 2)
    assert got["median_seconds"] == 2.0
    assert "after_semantic" not in got


def test_official_compat_lets_a_model_answer_only_what_it_is_sure_of():
    items = [item(1, RESPOND), item(2, RESPOND), item(3, IGNORE)]
    sure = {"1": Prediction(RESPOND, "careful")}
    assert score(items, sure)["accuracy"].value == 1 / 3
    compat = score(items, sure, official_compat=True)
    assert compat["accuracy"].value == 1.0
    assert compat["n_invalid"] == 2


def test_after_semantic_judges_only_right_responses():
    items = [
        item(1, RESPOND, answers=["watch the glass"]),
        item(2, RESPOND, answers=["watch the glass"]),
        item(3, RESPOND),
        item(4, IGNORE),
    ]
    predictions = {
        "1": Prediction(RESPOND, "watch out"),
        "2": Prediction(RESPOND, "hello"),
        "3": Prediction(RESPOND, "watch out"),
        "4": Prediction(IGNORE),
    }

    def overlap(reply, answers):
        return max(len(set(reply.split()) & set(a.split())) / len(reply.split()) for a in answers)

    assert score(items, predictions, similarity=lambda r, a: overlap(r, a) + 0.01)[
        "after_semantic"
    ].value == pytest.approx(2 / 4)
    # The official threshold is strict: 0.5 does not exceed 0.5.
    assert score(items, predictions, similarity=overlap)["after_semantic"].value == 1 / 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<Decision>RESPOND</Decision><Reply>Watch out</Reply>", (RESPOND, "Watch out")),
        ("<decision> ignore </decision>\n<reply>\nNo\nReply</reply>", (IGNORE, "No\nReply")),
        ("< Decision >(RESPOND)< / Decision >", (RESPOND, "")),
        ("RESPOND", (None, "")),
        ("<Decision>RESPOND", (None, "")),
        ("<Decision>maybe</Decision><Reply>hm</Reply>", (None, "hm")),
        ("Error: <Decision>RESPOND</Decision>", (None, "")),
        ("", (None, "")),
    ],
)
def test_official_format(text, expected):
    got = parse_official(text)
    assert (got.decision, got.reply) == expected


def test_external_predictions(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(
        '{"id": "a", "_raw_reply": "<Decision>RESPOND</Decision>", "reply": "ignored"}\n\n'
        '{"id": "b", "reply": "<Decision>IGNORE</Decision>"}\n'
        '{"id": "c"}\n'
    )
    got = load_predictions(path)
    assert {name: one.decision for name, one in got.items()} == {
        "a": RESPOND,
        "b": IGNORE,
        "c": None,
    }
    path.write_text('{"id": "a"}\n{"reply": "x"}\n')
    with pytest.raises(UserError, match="line 2: lacks id"):
        load_predictions(path)


def row(name="a1", decision=RESPOND, domain="Traffic", folder="Vehicle", **other):
    path = f"./{AUDIO_ROOT}/{domain}/{folder}/{decision}/{name}.wav"
    return {"id": name, "path": path, "description": "horn", "decision": decision} | other


def write(root, rows, answers=()):
    for name, lines in ((MANIFEST, rows), (ANSWERS, answers)):
        (root / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    for line in rows:
        path = root / line["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = np.full(1600 * (int(line["id"][1:]) + 1), 0.1, np.float32)
        path.write_bytes(encode(samples, "wav"))


def test_a_folder_as_the_readme_lays_it_out(tmp_path):
    answer = row("a1", standard_answers=["look out", "step back"])
    write(tmp_path, [row("a1"), row("a2", IGNORE)], [answer])
    one, two = load_items(tmp_path)
    assert (one.id, one.decision, one.domain, one.folder) == ("a1", RESPOND, "Traffic", "Vehicle")
    assert (one.answers, two.answers) == (("look out", "step back"), ())
    assert len(one.samples()) == 3200 and len(two.samples()) == 4800
    (tmp_path / ANSWERS).unlink()
    assert load_items(tmp_path)[0].answers == ()


def test_multi_chains_items_of_one_folder_and_decision(tmp_path):
    rows = [row(f"a{n}") for n in range(4)] + [row("a4", IGNORE), row("a5", folder="Traffic")]
    write(tmp_path, rows)
    chained = load_items(tmp_path, "multi")
    names = [[path.stem for path in item.paths] for item in chained]
    assert names == [
        ["a0", "a1", "a2"],
        ["a1", "a2", "a3"],
        ["a2", "a3", "a0"],
        ["a3", "a0", "a1"],
        ["a4", "a4", "a4"],
        ["a5", "a5", "a5"],
    ]
    assert len(chained[0].samples()) == 1600 * (1 + 2 + 3)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{oops", "line 2: is not JSON"),
        ("[1]", "line 2: must be an object"),
        ('{"id": "a2"}', "line 2: lacks path, description, decision"),
        (json.dumps(row("a2") | {"id": 7}), "line 2: id must be text"),
        (json.dumps(row("a2") | {"decision": "MAYBE"}), "line 2: decision 'MAYBE'"),
        (json.dumps(row("a2") | {"path": "./a2.wav"}), "line 2: path './a2.wav' is not"),
        (json.dumps(row("a2", folder="..")), "line 2: path"),
        (json.dumps(row("a2") | {"decision": IGNORE}), "line 2: .* lies under RESPOND"),
        (json.dumps(row("a1")), "line 2: id 'a1' appears twice"),
    ],
)
def test_malformed_rows_name_their_line(tmp_path, bad, message):
    write(tmp_path, [row("a1")])
    with (tmp_path / MANIFEST).open("a") as file:
        file.write(bad + "\n")
    with pytest.raises(UserError, match=message):
        load_items(tmp_path)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        load_items(tmp_path)
    write(tmp_path, [row("a1"), row("a2")], [row("a1", standard_answers=[])])
    with pytest.raises(UserError, match="line 1: standard_answers"):
        load_items(tmp_path)
    (tmp_path / ANSWERS).unlink()
    (tmp_path / row("a2")["path"]).unlink()
    with pytest.raises(UserError, match="a2.wav: no such recording .1 of 2 are missing"):
        load_items(tmp_path)
    with pytest.raises(UserError, match="unknown tier"):
        load_items(tmp_path, "many")


def test_stand_in_has_the_schema_of_the_benchmark(tmp_path, sources):
    write_stand_in(tmp_path, sources.sounds)
    rows = [json.loads(line) for line in (tmp_path / MANIFEST).read_text().splitlines()]
    answers = [json.loads(line) for line in (tmp_path / ANSWERS).read_text().splitlines()]
    assert {tuple(line) for line in rows} == {MANIFEST_FIELDS}
    assert {tuple(line) for line in answers} == {ANSWER_FIELDS}
    assert {line["id"] for line in answers} == {
        line["id"] for line in rows if line["decision"] == RESPOND
    }
    items = load_items(tmp_path)
    assert [item.decision == RESPOND for item in items] == [c.hazard for c in sources.sounds]
    np.testing.assert_allclose(items[0].samples(), sources.sounds[0].audio(), atol=1e-4)


def test_every_sound_has_a_category():
    assert set(CATEGORIES) == set(SOUND_NAMES)


def test_a_model_responds_if_it_speaks_at_any_chunk(model, sources, tmp_path):
    write_stand_in(tmp_path, sources.sounds[:2])
    items = load_items(tmp_path)
    silent = predict(model, items, threshold=2.0)
    assert {one.decision for one in silent.values()} == {IGNORE}
    loud = predict(model, items, threshold=0.0)
    assert {one.decision for one in loud.values()} == {RESPOND}
    assert {one.seconds for one in loud.values()} == {0.4}  # the end of the first chunk


def test_run_on_a_local_copy_and_on_the_stand_in(model, sources, tmp_path, monkeypatch):
    monkeypatch.setattr(proactive, "load_sources", lambda split: sources)
    write_stand_in(tmp_path, sources.sounds)
    monkeypatch.setattr(model, "threshold", 2.0)
    local = proactive.run(model, root=tmp_path, limit=4)
    shipped = proactive.run(model, limit=4)
    assert local.results["single"] == shipped.results["single"]
    assert [table.origin for table in local.tables] == ["benchmark"] * 4 + ["paper"]
    assert [table.origin for table in shipped.tables] == ["stand-in"] * 4 + ["paper"]
    single = shipped.results["single"]
    assert set(single) == {"model", "always IGNORE", "always RESPOND"}
    assert single["model"]["accuracy"] == single["always IGNORE"]["accuracy"]
    assert "not computed" in shipped.markdown()
    shipped.save(tmp_path / "out")


def test_the_hub_holds_no_manifests(model):
    with pytest.raises(UserError, match="as root too"):
        proactive.run(model, hub=proactive.HUB_ID)
