import json
import os
import tracemalloc

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from audio_interaction.corpus import own
from audio_interaction.corpus.build import build_corpus, load_corpus
from audio_interaction.corpus.jsonl import NO_RESPONSE, Conversation, Turn
from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.own import import_folder, split_of
from audio_interaction.corpus.rows import stream_from_row
from audio_interaction.errors import UserError
from audio_interaction.protocol import chunks_in

RATE = 16_000


@pytest.fixture(autouse=True)
def tiny_sources(monkeypatch, sources_root):
    """Noise beds from the tiny clips of the tests."""
    load = own.load_sources
    monkeypatch.setattr(own, "load_sources", lambda split: load(split, sources_root))


@pytest.fixture
def folder(tmp_path):
    """Recordings as people have them: other rates, two channels, other formats."""
    root = tmp_path / "audio"
    root.mkdir()
    tone = 0.3 * np.sin(np.arange(44_100) * 0.05)
    soundfile.write(root / "a.wav", tone, 44_100)
    soundfile.write(root / "b.flac", np.stack([tone, tone], 1), 44_100)
    soundfile.write(root / "c.mp3", tone, 44_100)
    soundfile.write(root / "d.ogg", tone[:8000], 16_000)
    return root


def lines(path, rows):
    path.write_bytes(
        b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)
    )
    return path


GOOD = [
    {
        "conversation": [
            {"audio_path": "a.wav", "assistant": "hello", "emotion": "happy"},
            {"audio_path": "b.flac", "assistant": NO_RESPONSE},
        ],
        "split": "train",
    },
    {"merge_path": "c.mp3", "assistant": "a bell", "split": "validation"},
    {
        "id": "chat_7",
        "stream_scene_type": "Home Smart",
        "num_turns": 1,
        "turns": [{"user": "hi", "assistant": "yes", "audio_path": "d.ogg", "scene_type": "x"}],
        "split": "test",
    },
    {"user": "name the sound", "assistant": "a bell", "audio_path": "a.wav", "split": "train"},
]


def test_a_folder_becomes_a_corpus(tmp_path, folder):
    report = import_folder(lines(tmp_path / "rows.jsonl", GOOD), folder, tmp_path / "out")
    assert report.streams == {"train": 2, "validation": 1, "test": 1}
    assert report.rows == 4 and not report.faults and "4 of 4 rows" in report.text()
    corpus = load_corpus(tmp_path / "out")
    assert {split: len(rows) for split, rows in corpus.items()} == report.streams
    first, named = (stream_from_row(row) for row in corpus["train"])
    assert [(r.text, r.emotion) for r in first.responses] == [("hello", "happy")]
    heard = [event for event in first.events if event.role == "fg"]
    assert [event.clip for event in heard] == ["a.wav", "b.flac"]
    assert all(abs(event.end - event.start - 1) < 0.01 for event in heard)
    assert named.system == "name the sound" and first.system == "listen and help when needed"
    (row,) = corpus["test"]
    assert row["ability"] == "Home Smart" and row["id"] == "chat_7-000003"
    seconds = sum(row["seconds"] for split in corpus.values() for row in split)
    assert report.seconds == pytest.approx(seconds)
    for split in corpus.values():
        for stream in map(stream_from_row, split):
            decision_chunks(stream, chunks_in(len(stream.audio)))  # every reply fits in


def test_the_same_import_gives_the_same_files_and_another_seed_others(tmp_path, folder):
    path = lines(tmp_path / "rows.jsonl", GOOD)
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        import_folder(path, folder, tmp_path / name, seed)
    one, again, other = (
        (tmp_path / name / "train-00000.parquet").read_bytes() for name in ("one", "again", "other")
    )
    assert one == again != other


def test_a_row_is_the_same_whatever_stands_beside_it(tmp_path, folder):
    beside = lines(tmp_path / "two.jsonl", [b"rubbish", GOOD[1]])
    alone = lines(tmp_path / "one.jsonl", [b"", GOOD[1]])
    import_folder(beside, folder, tmp_path / "two")
    import_folder(alone, folder, tmp_path / "one")
    (one,), (two,) = (load_corpus(tmp_path / name)["validation"] for name in ("one", "two"))
    assert one == two


def test_without_noise_the_recordings_stay_as_they_are(tmp_path, folder):
    path = lines(tmp_path / "rows.jsonl", [GOOD[2]])
    import_folder(path, folder, tmp_path / "out", noise=False)
    (row,) = load_corpus(tmp_path / "out")["test"]
    stream = stream_from_row(row)
    (event,) = stream.events
    start, end = round(event.start * RATE), round(event.end * RATE)
    assert not stream.audio[:start].any() and not stream.audio[end:].any()
    samples, _ = soundfile.read(folder / "d.ogg", dtype="float32")
    np.testing.assert_allclose(stream.audio[start:end], samples, atol=1 / 32768)


def test_splits_are_stable_and_have_their_shares():
    splits = [split_of(Conversation((Turn(f"{i}.wav"),))) for i in range(5000)]
    for split, share in own.SHARES.items():
        assert abs(splits.count(split) / 5000 - share) < 0.02
    # A later version must not move recordings from one split to another.
    assert splits[:6] == ["train", "train", "test", "train", "train", "train"]
    assert split_of(Conversation((Turn("0.wav", "x"), Turn("z")))) == splits[0]


def faulty(folder):
    """Rows with every fault there is, and its reason."""
    soundfile.write(folder / "none.wav", np.zeros(0), 16_000)
    soundfile.write(folder / "tiny.wav", np.zeros(1), 48_000)
    soundfile.write(folder / "nan.wav", np.full(100, np.nan), 16_000, "FLOAT")
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("this is no sound")
    (folder / "folder.wav").mkdir()
    (folder / "cut.flac").write_bytes((folder / "b.flac").read_bytes()[:3000])

    def row(name, **keys):
        return {"merge_path": name, "assistant": "x"} | keys

    return [
        (row("gone.wav"), "missing_file"),
        (row("folder.wav"), "missing_file"),
        (row("x" * 5000), "missing_file"),
        (row("nul\0.wav"), "missing_file"),
        (row("none.wav"), "zero_length"),
        (row("empty.wav"), "zero_length"),
        (row("tiny.wav"), "zero_length"),
        (row("text.wav"), "unreadable_audio"),
        (row("nan.wav"), "unreadable_audio"),
        (row("cut.flac"), "unreadable_audio"),
        (row("a.wav", emotion="joyful"), "unknown_emotion"),
        (row("a.wav", split="dev"), "bad_value"),
        ({"merge_path": "a.wav"}, "missing_keys"),
        ({"assistant": "x", "user": "no sound"}, "missing_keys"),
        (b'{"merge_path": "\xe9.wav", "assistant": "x"}', "not_utf8"),
        (b'{"merge_path": "a.wav"', "not_json"),
        (b"[]", "bad_value"),
    ]


def test_every_fault_is_reported_with_its_line_and_the_rest_goes_on(tmp_path, folder):
    bad = faulty(folder)
    rows = [GOOD[0], *(row for row, _ in bad), GOOD[1]]
    report = import_folder(lines(tmp_path / "rows.jsonl", rows), folder, tmp_path / "out")
    found = [(fault.line, fault.reason) for fault in report.faults]
    assert found == [(line, reason) for line, (_, reason) in enumerate(bad, start=2)]
    assert report.streams == {"train": 1, "validation": 1, "test": 0}
    written = json.loads((tmp_path / "out" / "import.json").read_text())
    assert [fault["line"] for fault in written["faults"]] == [line for line, _ in found]
    text = report.text(most=3)
    assert "left out, missing_file: 4" in text and "line 2: " in text and "14 more" in text
    assert load_corpus(tmp_path / "out").keys() == {"train", "validation"}


def test_more_than_twenty_minutes_of_a_row_are_too_long(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(own, "MAX_SECONDS", 2.5)
    twice, thrice = (
        {"conversation": [{"audio_path": "a.wav", "assistant": "x"}] * n} for n in (2, 3)
    )
    path = lines(tmp_path / "rows.jsonl", [twice, thrice])
    (fault,) = import_folder(path, folder, tmp_path / "out").faults
    assert (fault.line, fault.reason) == (2, "too_long")


def test_nothing_usable_is_an_error_and_still_reported(tmp_path, folder):
    path = lines(tmp_path / "rows.jsonl", [b"rubbish", {"merge_path": "gone", "assistant": "x"}])
    with pytest.raises(UserError, match="(?s)0 of 2 rows .*not_json: 1"):
        import_folder(path, folder, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "import.json").read_text())["rows"] == 2
    assert not (tmp_path / "out" / "corpus.json").exists()
    with pytest.raises(UserError, match="0 of 0 rows"):
        import_folder(lines(tmp_path / "empty.jsonl", []), folder, tmp_path / "none")


def test_missing_inputs_are_told_of_before_anything_is_written(tmp_path, folder):
    with pytest.raises(UserError, match="no such file"):
        import_folder(tmp_path / "no.jsonl", folder, tmp_path / "out")
    path = lines(tmp_path / "rows.jsonl", GOOD)
    with pytest.raises(UserError, match="no such folder"):
        import_folder(path, tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_paths_start_from_the_folder_of_the_file_by_default(folder, tmp_path):
    report = import_folder(lines(folder / "rows.jsonl", GOOD), None, tmp_path / "out")
    assert sum(report.streams.values()) == 4


def test_a_killed_import_goes_on_where_it_stopped(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(own, "BLOCK_LINES", 2)
    rows = [*GOOD, b"rubbish", *GOOD]
    path = lines(tmp_path / "rows.jsonl", rows)
    whole = import_folder(path, folder, tmp_path / "whole")

    compose, made = own.compose_conversation, []

    def killed(conversation, *arguments, **keys):
        if len(made) == 6:  # in the middle of the fourth block
            raise KeyboardInterrupt
        made.append(conversation)
        return compose(conversation, *arguments, **keys)

    out = tmp_path / "out"
    monkeypatch.setattr(own, "compose_conversation", killed)
    with pytest.raises(KeyboardInterrupt):
        import_folder(path, folder, out)
    with pytest.raises(UserError, match="holds no corpus.json"):
        load_corpus(out)
    done = sorted(file.name for file in out.glob("*.parquet"))
    assert done == [
        "test-00001.parquet",
        "train-00000.parquet",
        "train-00001.parquet",
        "train-00002.parquet",
        "validation-00000.parquet",
    ]
    before = {name: os.stat(out / name).st_mtime_ns for name in done}

    with pytest.raises(UserError, match="other rows or settings"):
        import_folder(path, folder, out, seed=2)
    monkeypatch.setattr(own, "compose_conversation", compose)
    (out / ".train-00003-half.parquet").write_text("a kill that could not clean up")
    assert import_folder(path, folder, out) == whole
    assert {name: os.stat(out / name).st_mtime_ns for name in done} == before
    for file in (tmp_path / "whole").iterdir():
        assert (out / file.name).read_bytes() == file.read_bytes()
    assert {file.name for file in out.iterdir()} == {
        file.name for file in (tmp_path / "whole").iterdir()
    }


def test_a_finished_import_is_kept_and_another_corpus_is_left_alone(tmp_path, folder, sources_root):
    path, out = lines(tmp_path / "rows.jsonl", GOOD), tmp_path / "out"
    first = import_folder(path, folder, out)
    stamp = os.stat(out / "train-00000.parquet").st_mtime_ns
    assert import_folder(path, folder, out) == first
    assert os.stat(out / "train-00000.parquet").st_mtime_ns == stamp
    lines(path, GOOD[:2])
    with pytest.raises(UserError, match="another corpus"):
        import_folder(path, folder, out)
    build_corpus(tmp_path / "built", {"train": 1}, 1, tasks=["chat"], root=sources_root)
    with pytest.raises(UserError, match="another corpus"):
        import_folder(path, folder, tmp_path / "built")


def test_memory_does_not_grow_with_the_rows(tmp_path, folder):
    rng = np.random.default_rng(0)
    soundfile.write(folder / "long.wav", rng.uniform(-0.5, 0.5, 20 * RATE), RATE)
    peaks = []
    for count in (2, 20):
        rows = [{"merge_path": "long.wav", "assistant": "x", "split": "train"}] * count
        path = lines(tmp_path / f"{count}.jsonl", rows)
        tracemalloc.start()
        import_folder(path, folder, tmp_path / f"out{count}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Twenty streams are 6 MB of FLAC each way: what waits to be written is bounded.
    assert peaks[1] < peaks[0] + 2 * 8_000_000
    table = pq.ParquetFile(tmp_path / "out20" / "train-00000.parquet")
    assert table.metadata.num_rows == 20
