import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile as sf

from audio_interaction.corpus.prompts import build_prompts
from audio_interaction.errors import UserError

SHIPPED = Path(__file__).parents[2] / "mini_data" / "sources" / "recorded-test.parquet"


def _recordings(folder, lines, seconds=2.0):
    time = np.arange(round(seconds * 16_000)) / 16_000
    tone = 0.2 * np.sin(2 * np.pi * 200 * time)
    for name, _ in lines:
        sf.write(folder / name, tone, 16_000)
    rows = ["file\ttext", *(f"{name}\t{text}" for name, text in lines)]
    (folder / "index.tsv").write_text("\n".join(rows))


def test_prompts_keep_plain_texts_once_and_share_the_speech_among_their_words(tmp_path):
    lines = [
        ("a.flac", "Please enter your password!"),
        ("b.flac", "please enter your password"),
        ("c.flac", "Press 1 to go on."),
        ("d.flac", "[this is a beep]"),
    ]
    _recordings(tmp_path, lines)
    path = build_prompts(tmp_path, tmp_path / "out", seed=0)
    (row,) = pq.read_table(path).to_pylist()
    assert row["text"] == "please enter your password"
    assert (row["voice"], row["engine"], row["kind"]) == ("allison-smith", "recorded", "recorded")
    assert row["licence"] == "CC-BY-SA-3.0" and "Allison Smith" in row["credit"]
    assert [word["text"] for word in row["words"]] == row["text"].split()
    assert row["words"][-1]["end"] == pytest.approx(row["seconds"])


def test_prompts_say_what_is_wrong_with_the_folder(tmp_path):
    with pytest.raises(UserError, match="index.tsv: no such file"):
        build_prompts(tmp_path, tmp_path)
    (tmp_path / "index.tsv").write_text("name\tenglish\n")
    with pytest.raises(UserError, match="lacks the columns file, text"):
        build_prompts(tmp_path, tmp_path)
    _recordings(tmp_path, [("a.flac", "too short")], seconds=0.5)
    with pytest.raises(UserError, match="no recording lasts"):
        build_prompts(tmp_path, tmp_path)


def test_shipped_prompts_are_a_small_credited_set_of_human_speech():
    rows = pq.read_table(SHIPPED).to_pylist()
    assert 80 <= len(rows) <= 120
    assert SHIPPED.stat().st_size <= 2e6
    assert len({row["text"] for row in rows}) == len(rows)
    for row in rows:
        assert row["licence"] == "CC-BY-SA-3.0" and row["credit"]
        assert 1.5 <= row["seconds"] <= 8.0
        assert 0 <= row["words"][0]["start"] and row["words"][-1]["end"] <= row["seconds"]
    samples, rate = sf.read(io.BytesIO(rows[0]["audio"]["bytes"]), dtype="float32")
    assert rate == 16_000 and len(samples) == round(rows[0]["seconds"] * 16_000)
