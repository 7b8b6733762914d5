import json
import os
from collections import Counter

import numpy as np
import pytest
from datasets import Audio, load_dataset

from audio_interaction.corpus import build
from audio_interaction.corpus.build import (
    build_corpus,
    compose_stream,
    compose_streams,
    load_corpus,
    row_of,
    stream_from_row,
)
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError


def same(one, other) -> bool:
    return one == other and np.array_equal(one.audio, other.audio)


def test_streams_are_balanced_over_the_tasks(train):
    streams = compose_streams("train", 2 * len(TASKS), 0, sources=train)
    assert Counter(stream.task for stream in streams) == dict.fromkeys(TASKS, 2)
    assert len({stream.id for stream in streams}) == len(streams)


def test_streams_follow_weights(train):
    streams = compose_streams("train", 12, 0, {"chat": 3, "negative": 1}, train)
    assert Counter(stream.task for stream in streams) == {"chat": 9, "negative": 3}


def test_a_stream_depends_on_its_seed_split_task_and_index_alone(train, test):
    few = compose_streams("train", 3, 7, ["chat", "distress"], train)
    more = compose_streams("train", 6, 7, ["chat", "distress"], train)
    assert all(same(*pair) for pair in zip(few, more, strict=False))
    backwards = [compose_stream("train", "chat", index, 7, train) for index in (2, 1, 0)]
    assert same(backwards[-1], more[0]) and same(backwards[0], more[4])
    others = (
        compose_stream("train", "chat", 0, 8, train),
        compose_stream("train", "chat", 1, 7, train),
        compose_stream("train", "asr_noisy", 0, 7, train),
        compose_stream("test", "chat", 0, 7, test),
    )
    for other in others:
        assert not np.array_equal(other.audio, more[0].audio)


@pytest.mark.parametrize("codec", ["flac", "opus"])
def test_a_stream_survives_its_row(train, codec):
    # Opus takes a quarter of a second a stream.
    count = len(TASKS) if codec == "flac" else 2
    for stream in compose_streams("train", count, 0, ["negative", *TASKS], train):
        row = row_of(stream, codec)
        again = stream_from_row(row)
        assert again == stream and row["seconds"] == len(stream.audio) / 16_000
        assert len(again.audio) == len(stream.audio)
        assert row["ability"] == TASKS[stream.task].ability
        if codec == "flac":
            assert np.abs(again.audio - stream.audio).max() <= 2**-15


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, sources_root):
    folder = tmp_path_factory.mktemp("corpus") / "built"
    return folder, build_corpus(folder, {"train": 20, "test": 8}, 3, root=sources_root)


def test_a_corpus_round_trips_through_a_dataset_dict(corpus, train, test, tmp_path):
    _, data = corpus
    assert {split: len(rows) for split, rows in data.items()} == {"train": 20, "test": 8}
    assert data["train"].features["audio"] == Audio(sampling_rate=16_000, decode=False)
    for split, sources in (("train", train), ("test", test)):
        made = compose_streams(split, len(data[split]), 3, sources=sources)
        assert [stream_from_row(row) for row in data[split]] == made
    data.save_to_disk(tmp_path / "saved")
    again = type(data).load_from_disk(tmp_path / "saved")
    assert [stream_from_row(row) for row in again["test"]] == made


def test_shards_are_parquet_that_datasets_reads(corpus):
    folder, data = corpus
    files = sorted(str(path) for path in folder.glob("test-*.parquet"))
    rows = load_dataset("parquet", data_files=files, split="train", streaming=True)
    assert [row["id"] for row in rows] == data["test"]["id"]
    assert isinstance(rows.features["audio"], Audio)


def test_a_killed_build_goes_on_without_doubling(sources_root, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SHARD_STREAMS", 4)
    counts, whole, killed = {"train": 10}, tmp_path / "whole", tmp_path / "killed"
    expected = build_corpus(whole, counts, 0, root=sources_root)
    build_corpus(killed, counts, 0, root=sources_root)
    kept = killed / "train-00000.parquet"
    untouched = kept.stat().st_mtime_ns
    os.remove(killed / "train-00001.parquet")
    (killed / ".train-00001-abc.parquet").write_bytes(b"half a shard")
    with pytest.raises(UserError, match="6 of 10 train streams"):
        load_corpus(killed)
    again = build_corpus(killed, counts, 0, root=sources_root)
    assert kept.stat().st_mtime_ns == untouched
    assert again["train"].to_list() == expected["train"].to_list()
    assert len(set(again["train"]["id"])) == 10


def test_a_folder_holds_one_corpus(corpus, sources_root):
    folder, _ = corpus
    with pytest.raises(UserError, match="holds a corpus with other seed"):
        build_corpus(folder, {"train": 20, "test": 8}, 4, root=sources_root)
    with pytest.raises(UserError, match="other counts, tasks"):
        build_corpus(folder, {"train": 5}, 3, tasks=["chat"], root=sources_root)


def test_the_recipe_is_written_beside_the_shards(corpus):
    recipe = json.loads((corpus[0] / "corpus.json").read_text())
    assert recipe["counts"] == {"train": 20, "test": 8} and recipe["seed"] == 3
    assert set(recipe["sources"]) == {
        f"{kind}-{split}.parquet" for kind in ("speech", "sounds") for split in ("train", "test")
    }


@pytest.mark.slow
def test_workers_make_the_same_corpus(sources_root, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SHARD_STREAMS", 4)
    one = build_corpus(tmp_path / "one", {"test": 8}, 0, root=sources_root)
    two = build_corpus(tmp_path / "two", {"test": 8}, 0, root=sources_root, workers=2)
    assert one["test"].to_list() == two["test"].to_list()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"counts": {}}, "counts must be positive"),
        ({"counts": {"dev": 1}}, "counts must be positive"),
        ({"counts": {"train": -1}}, "counts must be positive"),
        ({"counts": {"train": 1}, "tasks": ["sing"]}, "unknown tasks sing"),
        ({"counts": {"train": 1}, "tasks": {"chat": 0}}, "positive weights"),
    ],
)
def test_bad_arguments_write_nothing(sources_root, tmp_path, arguments, message):
    with pytest.raises(UserError, match=message):
        build_corpus(tmp_path / "out", seed=0, root=sources_root, **arguments)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_corpus(tmp_path):
    with pytest.raises(UserError, match="holds no corpus.json"):
        load_corpus(tmp_path)
