import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from datasets import Audio, Dataset

from audio_interaction.corpus.hub import (
    COMMON_VOICE_FIELDS,
    COVOST_FIELDS,
    LIBRISPEECH_FIELDS,
    clips_of,
    common_voice_clip,
    covost_clip,
    fetch_stream_audio,
    hub_rows,
    librispeech_clip,
    save_sources,
)
from audio_interaction.corpus.jsonl import read_rows
from audio_interaction.corpus.own import import_folder
from audio_interaction.corpus.sources import load_sources
from audio_interaction.errors import UserError

RATE = 16_000

# Columns and example values as the cards of the sets give them.
LIBRISPEECH = {
    "file": "374-180298-0000.flac",
    "text": "CHAPTER SIXTEEN I MIGHT HAVE TOLD YOU OF THE BEGINNING",
    "speaker_id": 374,
    "chapter_id": 180298,
    "id": "374-180298-0000",
}
COMMON_VOICE = {
    "client_id": "d59478fbc1ee646a28a3c652a119379939123784d99131b865a89f8b21c81f69276c48bd",
    "path": "common_voice_zh-CN_18531536.mp3",
    "sentence": "打开灯。",
    "up_votes": 2,
    "down_votes": 1,
    "age": "twenties",
    "gender": "male",
    "accent": "",
    "locale": "zh-CN",
    "segment": "''",
}
COVOST = {
    "client_id": "d277a1f3904ae00b09b73122b87674e7c2c78e08120721f37b5577013ead08d1ea0c053c",
    "file": "clips/common_voice_en_18540003.mp3",
    "sentence": "When water is scarce, avoid wasting it.",
    "translation": "水资源稀缺时，避免浪费水。",
    "id": "common_voice_en_18540003",
}


def sound(path, seconds=1.5, rate=RATE):
    time = np.arange(round(seconds * rate)) / rate
    spoken = (time > 0.3) & (time < seconds - 0.3)
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 300 * time) * spoken, rate)
    return path


def cell(path):
    return {"bytes": path.read_bytes(), "path": path.name}


def test_recorded_rows_have_the_columns_the_readers_need():
    for row, fields in (
        (LIBRISPEECH, LIBRISPEECH_FIELDS),
        (COMMON_VOICE, COMMON_VOICE_FIELDS),
        (COVOST, COVOST_FIELDS),
    ):
        assert set(fields) - {"audio"} <= set(row)


def test_a_row_of_librispeech_is_a_clip(tmp_path):
    row = LIBRISPEECH | {"audio": cell(sound(tmp_path / "a.flac"))}
    clip = librispeech_clip(row, "train")
    assert clip.text == "chapter sixteen i might have told you of the beginning"
    assert clip.voice == "librispeech-374" and clip.language == "en" and clip.recorded
    assert [word.text for word in clip.words] == clip.text.split()
    assert 0.9 < clip.seconds < 1.1  # the silence around the speech is gone
    assert clip.words[0].start == 0 and 0.9 < clip.words[-1].end < clip.seconds
    assert len(clip.audio()) == round(clip.seconds * RATE)


def test_a_row_of_common_voice_is_a_clip(tmp_path):
    row = COMMON_VOICE | {"audio": cell(sound(tmp_path / "a.mp3", rate=48_000))}
    clip = common_voice_clip(row, "validation")
    assert clip.text == "打开灯" and clip.language == "zh"
    assert [word.text for word in clip.words] == ["打", "开", "灯"]
    assert clip.voice == "common-voice-d59478fbc1ee646a" and clip.split == "validation"


def test_a_row_of_covost_carries_its_translation(tmp_path):
    row = COVOST | {"audio": cell(sound(tmp_path / "a.mp3", rate=48_000))}
    clip = covost_clip(row, "train", "en", "zh-CN")
    assert (clip.kind, clip.form, clip.language) == ("translation", "zh", "en")
    assert clip.text == "when water is scarce avoid wasting it"
    assert clip.answer == "水资源稀缺时 避免浪费水"
    back = covost_clip(row, "train", "zh-CN", "en")
    assert (back.kind, back.language) == ("chinese", "zh")


@pytest.mark.parametrize(
    "change, said",
    [
        ({"audio": None}, "leave it undecoded"),
        ({"audio": {"bytes": None, "path": None}}, "leave it undecoded"),
        ({"audio": {"bytes": b"no sound", "path": "a.flac"}}, "cannot be read"),
        ({"audio": {"bytes": None, "path": "/nowhere/a.flac"}}, "no such audio file"),
        ({"text": " ?! "}, "has no text"),
    ],
)
def test_faulty_rows_are_refused(tmp_path, change, said):
    row = LIBRISPEECH | {"audio": cell(sound(tmp_path / "a.flac"))} | change
    with pytest.raises(UserError, match=said):
        librispeech_clip(row, "train")


def test_lacking_columns_and_silent_sound_are_refused(tmp_path):
    with pytest.raises(UserError, match="374-180298-0000: lacks the columns audio"):
        librispeech_clip(LIBRISPEECH, "train")
    soundfile.write(tmp_path / "s.wav", np.zeros(RATE), RATE)
    with pytest.raises(UserError, match="is silent"):
        librispeech_clip(LIBRISPEECH | {"audio": cell(tmp_path / "s.wav")}, "train")


def test_faulty_rows_may_be_passed_over(tmp_path):
    good = LIBRISPEECH | {"audio": cell(sound(tmp_path / "a.flac"))}
    rows, faults = [good, LIBRISPEECH, good], []

    def read(row):
        return librispeech_clip(row, "train")

    assert len(list(clips_of(rows, read, faults.append))) == 2 and len(faults) == 1
    with pytest.raises(UserError):
        list(clips_of(rows, read))


def test_parquet_of_the_hub_is_streamed_undecoded(tmp_path):
    rows = [
        LIBRISPEECH | {"id": f"374-180298-{i:04d}", "audio": cell(sound(tmp_path / f"{i}.flac"))}
        for i in range(5)
    ]
    hub = tmp_path / "hub"
    hub.mkdir()
    dataset = Dataset(pa.Table.from_pylist(rows))
    dataset = dataset.cast_column("audio", Audio(sampling_rate=RATE, decode=False))
    # As on the hub, where the column is to be decoded.
    features = dataset.features.copy()
    features["audio"] = Audio(sampling_rate=RATE)
    table = pa.Table.from_pylist(rows, schema=features.arrow_schema)
    pq.write_table(table, hub / "train-00000-of-00001.parquet")
    clips = [librispeech_clip(row, "train") for row in hub_rows(str(hub), "train", limit=3)]
    assert [clip.id[-4:] for clip in clips] == ["0000", "0001", "0002"]


def test_saved_clips_are_sources_to_compose_from(tmp_path, sources_root):
    root = tmp_path / "sources"
    shutil.copytree(sources_root, root)
    rows = [
        LIBRISPEECH | {"id": f"1-2-{i}", "audio": cell(sound(tmp_path / f"{i}.flac"))}
        for i in range(70)
    ]
    clips = [librispeech_clip(row, "train") for row in rows]
    path = root / "speech-train.parquet"
    assert save_sources(iter(clips), path, "CC-BY-4.0") == 70
    found = {clip.id: clip for clip in load_sources("train", root).speech}
    for clip in clips:
        again = found[clip.id]
        assert (again.text, again.words, again.voice) == (clip.text, clip.words, clip.voice)
        assert np.array_equal(again.audio(), clip.audio())
    assert pq.read_table(path)["licence"].unique().to_pylist() == ["CC-BY-4.0"]
    with pytest.raises(UserError, match="no clips"):
        save_sources([], path, "CC-BY-4.0")
    assert pq.read_table(path).num_rows == 70


def stream_audio(tmp_path, name="chat/000123/turn_{}.wav"):
    """A hub of two streams, the recordings of the first elsewhere."""
    hub, audio = tmp_path / "hub", tmp_path / "audio"
    hub.mkdir()
    rows = []
    for stream in range(2):
        turns = []
        for turn in range(2):
            path = f"{stream}/" + name.format(turn)
            turns.append(
                {
                    "user": "Thanks.",
                    "assistant": "You are welcome." if turn else "<no need to response>",
                    "emotion": "normal",
                    "scene_type": "Home Smart",
                    "audio_path": path,
                }
            )
            (audio / path).parent.mkdir(parents=True, exist_ok=True)
            sound(audio / path)
        rows.append(
            {
                "id": f"voice_chatting_{stream:06d}",
                "stream_scene_type": "Home Smart",
                "num_turns": 2,
                "turns": turns,
            }
        )
    (hub / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return hub, audio, rows


def test_stream_audio_is_fetched_and_imported(tmp_path, monkeypatch, sources_root):
    hub, audio, rows = stream_audio(tmp_path)
    fetched = []

    def fetch(name, folder):
        fetched.append(name)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(audio / name, folder / name)

    out = tmp_path / "fetched"
    path = fetch_stream_audio(out, 1, hub=str(hub), fetch=fetch)
    assert [json.loads(line) for line in path.read_text().splitlines()] == rows[:1]
    assert fetched == [turn["audio_path"] for turn in rows[0]["turns"]]
    fetch_stream_audio(out, 2, hub=str(hub), fetch=fetch)
    assert len(fetched) == 4  # what is there is not fetched again
    assert [c.id for c in read_rows(path)] == [row["id"] for row in rows]
    report = import_folder(path, out, tmp_path / "corpus", noise=False)
    assert sum(report.streams.values()) == 2 and not report.faults


def test_paths_that_lead_out_of_the_folder_are_refused(tmp_path):
    hub, _, _ = stream_audio(tmp_path, "../../turn_{}.wav")
    with pytest.raises(UserError, match="leads out of the folder"):
        fetch_stream_audio(tmp_path / "out", 1, hub=str(hub), fetch=lambda *_: None)
