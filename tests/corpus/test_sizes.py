import re

import pyarrow.parquet as pq
import pytest

from audio_interaction.corpus.build import load_corpus, write_corpus
from audio_interaction.corpus.sizes import SIZES, Size, build_profile, contents
from audio_interaction.corpus.supervise import stage4_tasks
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError
from audio_interaction.profiles import PROFILES


def test_every_dial_position_has_a_corpus():
    assert set(PROFILES) < set(SIZES)
    for size in SIZES.values():
        counts = size.counts()
        assert list(counts) == ["train", "validation", "test"]
        assert all(count % len(TASKS) == 0 for count in counts.values())
    assert SIZES["full"].counts()["train"] >= 200_000
    assert SIZES["full"].counts(2_600_000)["train"] == 2_600_000
    assert SIZES["smoke"].counts() == dict.fromkeys(("train", "validation", "test"), len(TASKS))


def test_the_smoke_corpus_has_a_stream_of_every_task_in_every_split(tmp_path):
    found = build_profile("smoke", tmp_path / "out")
    corpus = load_corpus(tmp_path / "out")
    for content in found:
        rows = corpus[content.split]
        assert sorted(rows["task"]) == sorted(TASKS)
        assert content.streams == len(rows)
        assert content.hours == pytest.approx(sum(rows["seconds"]) / 3600)
        file = tmp_path / "out" / f"{content.split}-00000.parquet"
        assert content.megabytes == file.stat().st_size / 1e6
        assert re.match(rf"{content.split} +{len(TASKS)} streams +0\.\d\d h", str(content))


def test_count_and_codec_replace_those_of_the_profile(sources_root, tmp_path, monkeypatch):
    monkeypatch.setitem(SIZES, "tiny", Size(1, 0, 0))
    out = tmp_path / "out"
    found = build_profile("tiny", out, count=2, codec="opus-small", seed=4, root=sources_root)
    assert [content.streams for content in found] == [2]
    row = pq.read_table(out / "train-00000.parquet").to_pylist()[0]
    assert row["audio"]["bytes"].startswith(b"OggS") and "-4-" in row["id"]


def test_a_profile_can_hold_stage_4(sources_root, tmp_path, monkeypatch):
    monkeypatch.setitem(SIZES, "tiny", Size(1, 0, 0))
    tasks = stage4_tasks(["chat_single"])
    build_profile("tiny", tmp_path / "out", count=20, tasks=tasks, root=sources_root)
    found = load_corpus(tmp_path / "out")["train"]["task"]
    assert found.count("chat_single") == 10 and found.count("chat_history") == 3


def test_rejected_plans_are_summed_over_the_tasks(sources_root, tmp_path):
    out = write_corpus(tmp_path / "out", {"test": 2}, 0, tasks=["chat"], root=sources_root)
    (out / "rejects.json").write_text('{"test": {"chat": {"a": 1, "b": 2}, "benign": {"b": 3}}}')
    (content,) = contents(out)
    assert content.rejects == {"a": 1, "b": 5} and str(content).endswith("plans: a 1, b 5")


def test_what_is_not_there_is_told_of(sources_root, tmp_path):
    with pytest.raises(UserError, match="no corpus 'huge'; choose from smoke, laptop"):
        build_profile("huge", tmp_path / "out")
    with pytest.raises(UserError, match="holds no corpus.json"):
        contents(tmp_path)
    out = write_corpus(tmp_path / "out", {"test": 1}, 0, tasks=["chat"], root=sources_root)
    (out / "rejects.json").unlink()
    with pytest.raises(UserError, match="not finished"):
        contents(out)
