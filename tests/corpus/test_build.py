import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from datasets import Audio, load_dataset

from audio_interaction.corpus import build, compose
from audio_interaction.corpus.build import (
    build_corpus,
    compose_stream,
    compose_streams,
    iterate_streams,
    load_corpus,
    write_corpus,
)
from audio_interaction.corpus.rows import row_of, stream_from_row
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError


def same(one, other) -> bool:
    return one == other and np.array_equal(one.audio, other.audio)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_streams_are_balanced_over_the_tasks(train):
    streams = compose_streams("train", 2 * len(TASKS), 0, sources=train)
    assert Counter(stream.task for stream in streams) == dict.fromkeys(TASKS, 2)
    assert len({stream.id for stream in streams}) == len(streams)


def test_streams_follow_weights(train):
    streams = compose_streams("train", 12, 0, {"chat": 3, "negative": 1}, train)
    assert Counter(stream.task for stream in streams) == {"chat": 9, "negative": 3}


@pytest.mark.parametrize("share, rooms", [(0.0, 0), (1.0, 6)])
def test_as_many_streams_are_heard_in_a_room_as_are_asked_for(train, share, rooms):
    streams = iterate_streams("train", 6, 0, ["chat"], train, share)
    assert sum(stream.rt60_s is not None for stream in streams) == rooms


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


@pytest.mark.parametrize("codec", ["flac", "opus", "opus-small"])
def test_a_stream_survives_its_row(train, codec):
    # Opus takes a quarter of a second a stream.
    count = len(TASKS) if codec == "flac" else 2
    for stream in compose_streams("train", count, 0, ["negative", *TASKS], train):
        row = row_of(stream, codec)
        assert row["audio"]["path"] == f"{stream.id}.{codec.removesuffix('-small')}"
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


def test_a_stopped_build_goes_on_to_the_same_bytes(sources_root, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SHARD_STREAMS", 4)
    counts, whole, stopped = {"train": 10}, tmp_path / "whole", tmp_path / "stopped"
    write_corpus(whole, counts, 0, root=sources_root)
    write_corpus(stopped, counts, 0, root=sources_root)
    kept = stopped / "train-00000.parquet"
    untouched = kept.stat().st_mtime_ns
    os.remove(stopped / "train-00001.parquet")
    os.remove(stopped / "rejects.json")
    leftovers = (".train-00001-ab_c1.parquet", ".rejects-x.json", ".corpus-y.json")
    for name in leftovers:
        (stopped / name).write_bytes(b"half a file")
    (stopped / ".gitignore").write_text("*")  # not ours
    with pytest.raises(UserError, match="6 of 10 train streams"):
        load_corpus(stopped)
    again = build_corpus(stopped, counts, 0, root=sources_root)
    assert kept.stat().st_mtime_ns == untouched
    assert files_of(stopped) == files_of(whole) | {".gitignore": b"*"}
    assert len(set(again["train"]["id"])) == 10


KILLED = """
import sys
from audio_interaction.corpus import build
build.SHARD_STREAMS = 2
out, root, workers = sys.argv[1:]
build.write_corpus(out, {"train": 40, "test": 6}, 0, workers=int(workers), root=root)
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_build_goes_on_to_the_same_bytes(sources_root, tmp_path, workers, monkeypatch):
    monkeypatch.setattr(build, "SHARD_STREAMS", 2)
    out, shards = tmp_path / "killed", 23
    command = [sys.executable, "-c", KILLED, str(out), str(sources_root), str(workers)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not list(out.glob("train-*.parquet")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    time.sleep(1.0)  # its workers notice
    made = len(list(out.glob("t*.parquet")))
    assert 0 < made < shards and not (out / "rejects.json").exists()
    counts = {"train": 40, "test": 6}
    write_corpus(out, counts, 0, workers=workers, root=sources_root)
    whole = write_corpus(tmp_path / "whole", counts, 0, root=sources_root)
    assert files_of(out) == files_of(whole)
    ids = [id for rows in load_corpus(out).values() for id in rows["id"]]
    assert len(ids) == len(set(ids)) == 46


def test_rejected_plans_are_counted(sources_root, train, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SHARD_STREAMS", 4)
    monkeypatch.setattr(compose, "MAX_SECONDS", 8.0)
    tasks = ["chat", "asr_clean"]
    out = write_corpus(tmp_path / "out", {"train": 12}, 0, tasks=tasks, root=sources_root)
    found = json.loads((out / "rejects.json").read_text())
    expected = {task: Counter() for task in tasks}
    for task in tasks:
        for index in range(6):
            expected[task].update(build.make_stream("train", task, index, 0, train).rejects)
    assert found == {"train": {task: reasons for task, reasons in expected.items() if reasons}}
    assert found["train"]["chat"]["too_long"] > 0
    assert len(load_corpus(out)["train"]) == 12  # shards with and without rejects are joined


def test_a_folder_that_cannot_be_written_to_is_told_of(sources_root, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written .*; make room or choose another"):
        write_corpus(tmp_path / "file" / "out", {"train": 1}, 0, root=sources_root)


FULL = """
import resource, signal, sys
from audio_interaction.corpus.build import write_corpus
from audio_interaction.errors import UserError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
# As on a full disk, no file can grow any further.
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_corpus(sys.argv[1], {"train": 4}, 0, tasks=["chat"], root=sys.argv[2])
except UserError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_full_disk_is_told_of(sources_root, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-c", FULL, str(out), str(sources_root)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "train-00000.parquet: cannot be written (" in told and "finished shards are kept" in told
    assert [path.name for path in out.iterdir()] == ["corpus.json"]


def test_a_folder_holds_one_corpus(corpus, sources_root):
    folder, _ = corpus
    with pytest.raises(UserError, match="holds a corpus with other seed"):
        build_corpus(folder, {"train": 20, "test": 8}, 4, root=sources_root)
    with pytest.raises(UserError, match="other counts, tasks"):
        build_corpus(folder, {"train": 5}, 3, tasks=["chat"], root=sources_root)


def test_the_recipe_is_written_beside_the_shards(corpus):
    recipe = json.loads((corpus[0] / "corpus.json").read_text())
    assert recipe["counts"] == {"train": 20, "test": 8} and recipe["seed"] == 3
    assert recipe["tasks"] == list(TASKS)
    kinds = ("speech", "speech-abilities", "sounds", "music")
    assert set(recipe["sources"]) == {
        f"{kind}-{split}.parquet" for kind in kinds for split in ("train", "test")
    }


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["flac", "opus-small"])
def test_workers_write_the_same_bytes(sources_root, tmp_path, monkeypatch, codec):
    monkeypatch.setattr(build, "SHARD_STREAMS", 4)
    one, two = (
        write_corpus(
            tmp_path / str(workers), {"test": 8}, 0, root=sources_root, workers=workers, codec=codec
        )
        for workers in (1, 2)
    )
    assert files_of(one) == files_of(two)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"counts": {}}, "counts must be positive"),
        ({"counts": {"train": 1}, "codec": "mp3"}, "no codec 'mp3'"),
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
