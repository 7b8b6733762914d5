import numpy as np
import pyarrow.parquet as pq
import pytest

from audio_interaction.corpus.build import build_corpus, compose_streams, row_of
from audio_interaction.corpus.counts import count, merged, timelines
from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.errors import UserError


@pytest.fixture(scope="module")
def streams(test):
    return compose_streams("test", 8, 2, ["chat", "negative", "asr_noisy", "count_sound"], test)


def test_everything_is_summed_by_split_ability_and_task(streams):
    totals = count(map(row_of, streams))
    assert [task for _, _, task in totals] == ["chat", "negative", "asr_noisy", "count_sound"]
    assert totals["test", "voice chat", "chat"].streams == 2
    whole = merged(totals.values())
    seconds = [len(stream.audio) / 16_000 for stream in streams]
    assert whole.streams == 8 and whole.hours == pytest.approx(sum(seconds) / 3600)
    assert sorted(whole.lengths) == pytest.approx(sorted(seconds))
    assert whole.responses == sum(len(stream.responses) for stream in streams)
    assert len(whole.snr_db) == sum(stream.snr_db is not None for stream in streams)
    assert whole.reverberant == sum(stream.rt60_s is not None for stream in streams)


def test_the_silent_share_is_that_of_the_decisions(streams):
    whole = merged(count(map(row_of, streams)).values())
    chunks = [len(stream.audio) // 6_400 for stream in streams]
    said = [len(decision_chunks(s, n)) for s, n in zip(streams, chunks, strict=True)]
    assert whole.silence == pytest.approx(1 - sum(said) / sum(chunks))
    negative = count(row_of(s) for s in streams if s.task == "negative")
    assert merged(negative.values()).silence == 1.0


def test_clips_are_counted_by_stream_and_mended_ones_are_the_same_clip():
    event = {"start": 0.1, "end": 0.3, "kind": "sound", "text": "bell", "role": "fg", "words": []}
    events = [event | {"source": "somewhere", "clip": clip} for clip in ("b", "b+tfjp", "")]
    row = {"id": "s", "split": "test", "task": "t", "ability": "a", "system": "", "seconds": 1.0}
    row |= {"events": events, "responses": [], "snr_db": None, "rt60_s": 0.4}
    whole = merged(count([row, row]).values())
    assert whole.clips == {"b": 2} and whole.sources == {"b": "somewhere"}
    assert whole.sounds == {"bell": 6} and whole.reverberant == 2


def test_timelines_of_a_folder_need_no_sound(sources_root, tmp_path):
    build_corpus(tmp_path, {"train": 3, "test": 2}, 0, tasks=["chat"], root=sources_root)
    rows = list(timelines(tmp_path))
    assert [row["split"] for row in rows] == ["train"] * 3 + ["test"] * 2
    assert all("audio" not in row for row in rows)
    assert np.isclose(sum(r["seconds"] for r in rows), 3600 * merged(count(rows).values()).hours)


def test_what_cannot_be_counted(sources_root, tmp_path):
    with pytest.raises(UserError, match="build it first"):
        count([])
    with pytest.raises(UserError, match="holds no corpus.json"):
        list(timelines(tmp_path))
    build_corpus(tmp_path, {"test": 1}, 0, tasks=["chat"], root=sources_root)
    (path,) = tmp_path.glob("test-*.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["rt60_s"]), path)
    with pytest.raises(UserError, match="lacks the columns rt60_s; build the corpus again"):
        list(timelines(tmp_path))
