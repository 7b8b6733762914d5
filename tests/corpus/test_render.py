"""Rendering, and what it shipped in mini_data/sources."""

import io
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile as sf

from audio_interaction.audio.io import encode
from audio_interaction.corpus.language import SPLITS, sentences
from audio_interaction.corpus.render import (
    make_clip,
    render_shards,
    render_speech,
)
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.speech import LEVEL, PEAK, level, trim, write_table
from audio_interaction.corpus.takes import ENGINE_SHARES, KIND_SHARES, takes
from audio_interaction.corpus.voices import VOICES
from audio_interaction.errors import UserError
from tests.corpus.speech_engines import needs_espeak, needs_flite

SOURCES = Path(__file__).parents[2] / "mini_data" / "sources"
COLUMNS = (
    "id audio seconds text words kind answer sound form voice engine licence credit language"
).split()
OPEN_LICENCES = ("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0")


def _tone(seconds=1.0, amplitude=0.5):
    time = np.arange(round(seconds * 16_000)) / 16_000
    return (amplitude * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def test_takes_follow_from_the_seed_and_stay_in_their_split():
    first = list(islice(takes("test", 3), 50))
    assert first == list(islice(takes("test", 3), 50))
    assert first != list(islice(takes("test", 4), 50))
    assert (
        {take.voice.split for take in first} == {take.sentence.split for take in first} == {"test"}
    )


def test_shares_add_up_and_every_sentence_comes_up_before_any_repeats():
    assert sum(KIND_SHARES.values()) == pytest.approx(1)
    assert all(sum(shares.values()) == pytest.approx(1) for shares in ENGINE_SHARES.values())
    commands = [s for s in sentences() if (s.split, s.kind) == ("validation", "command")]
    said = (t.sentence for t in takes("validation", 0) if t.sentence.kind == "command")
    assert set(islice(said, len(commands))) == set(commands)


def test_trim_keeps_60_ms_around_the_sound_and_moves_the_words():
    samples = np.concatenate([np.zeros(8_000, np.float32), _tone(), np.zeros(8_000, np.float32)])
    cut, words = trim(samples, [Word("a", 0.5, 0.9), Word("b", 0.9, 1.8)])
    assert len(cut) == 16_000 + 2 * 960
    assert words == [Word("a", 0.06, 0.46), Word("b", 0.46, 1.06)]
    assert len(trim(np.zeros(4_000, np.float32), [])[0]) == 0


def test_level_sets_the_loudness_but_never_reaches_the_peak():
    assert np.sqrt(np.mean(level(_tone()) ** 2)) == pytest.approx(LEVEL, rel=1e-4)
    click = _tone(amplitude=0.001)
    click[5_000] = 1.0
    assert np.abs(level(click)).max() < PEAK


def test_opus_keeps_rate_length_and_time():
    rng = np.random.default_rng(0)
    envelope = np.interp(np.arange(33_333), np.arange(0, 34_000, 1_000), rng.random(34))
    samples = level((_tone(33_333 / 16_000) * envelope).astype(np.float32))
    decoded, rate = sf.read(io.BytesIO(encode(samples, "opus-speech")), dtype="float32")
    assert rate == 16_000 and len(decoded) == len(samples)
    middle = samples[2_000:30_000]
    shifts = range(-160, 161)
    best = max(shifts, key=lambda d: float(middle @ decoded[2_000 + d : 30_000 + d]))
    assert abs(best) <= 80  # 5 ms


@needs_espeak
def test_rendered_rows_are_written_as_a_playable_audio_column(tmp_path):
    take = next(t for t in takes("train", 0) if t.voice.engine == "espeak-ng")
    row = make_clip(take)
    write_table([row], tmp_path / "one.parquet")
    table = pq.read_table(tmp_path / "one.parquet")
    assert table.column_names == COLUMNS
    assert b'"Audio"' in table.schema.metadata[b"huggingface"]
    assert table.to_pylist()[0] == row


@needs_flite
def test_letters_are_said_by_their_names_and_written_as_letters():
    """The letter "a" is the word "eigh", not the article, which is half as long."""
    take = next(t for t in takes("train", 0) if t.voice.id == "flite-slt")
    letters = replace(take.sentence, text="b a", kind="spelled")
    article = replace(take.sentence, text="b a", kind="statement")
    spelled, plain = (make_clip(replace(take, sentence=s)) for s in (letters, article))
    assert [word["text"] for word in spelled["words"]] == ["b", "a"] and spelled["text"] == "b a"
    lasts = [row["words"][1]["end"] - row["words"][1]["start"] for row in (spelled, plain)]
    assert lasts[0] > 1.2 * lasts[1]


@needs_espeak
def test_shards_end_with_the_takes_or_with_the_time_and_go_on_where_they_were(tmp_path):
    said = [t for t in islice(takes("train", 0), 60) if t.voice.engine == "espeak-ng"][:4]
    shards = [said[:2], said[2:]]
    path = render_shards(iter(shards), tmp_path / "all.parquet", 0, workers=1)
    rows = pq.read_table(path).to_pylist()
    assert [row["id"] for row in rows] == [take.id for take in said]
    assert [p.name for p in tmp_path.iterdir()] == ["all.parquet"]
    # A finished shard of a run that was stopped is not made again.
    waiting = tmp_path / ".some-0"
    write_table([rows[0] | {"id": "kept"}, rows[1]], waiting / "00000.parquet")
    seconds = rows[0]["seconds"] + rows[1]["seconds"] + 0.1
    some = render_shards(iter(shards), tmp_path / "some.parquet", 0, 1, seconds)
    assert pq.read_table(some)["id"].to_pylist() == ["kept", said[1].id, said[2].id]


@pytest.mark.parametrize(("hours", "workers"), [(0, 1), (1, 0)])
def test_render_refuses_what_it_cannot_do(tmp_path, hours, workers):
    with pytest.raises(UserError, match="hours .* workers"):
        render_speech(tmp_path, hours, workers=workers)


# --- the shipped clips ----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def shipped():
    return {s: pq.read_table(SOURCES / f"speech-{s}.parquet").to_pylist() for s in SPLITS}


def test_shipped_splits_share_no_voice_and_no_sentence(shipped):
    for column in ("voice", "text", "id"):
        seen = [{row[column] for row in shipped[split]} for split in SPLITS]
        assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2]), column
    for split in SPLITS:
        assert all(VOICES[row["voice"]].split == split for row in shipped[split])


def test_shipped_train_has_the_words_and_answers_of_the_others(shipped):
    def words(*splits):
        return {word for s in splits for row in shipped[s] for word in row["text"].split()}

    def answers(*splits):
        return {row["answer"] for s in splits for row in shipped[s]}

    assert words("validation", "test") <= words("train")
    assert answers("validation", "test") <= answers("train")


def test_shipped_rows_say_what_the_language_says(shipped):
    known = {s.text: s for s in sentences()}
    for split in SPLITS:
        for row in shipped[split]:
            said = known[row["text"]]
            assert (row["kind"], row["answer"], row["sound"], row["form"], split) == (
                said.kind, said.answer, said.sound, said.form, said.split,
            )  # fmt: skip


def test_shipped_words_are_in_order_and_inside_their_clips(shipped):
    for row in (row for rows in shipped.values() for row in rows):
        assert [word["text"] for word in row["words"]] == row["text"].split(), row["id"]
        edges = [edge for word in row["words"] for edge in (word["start"], word["end"])]
        assert edges == sorted(edges), row["id"]
        assert 0 <= edges[0] and edges[-1] <= row["seconds"], row["id"]
        assert all(word["end"] > word["start"] for word in row["words"]), row["id"]


def test_shipped_audio_decodes_to_its_length_and_level(shipped):
    for rows in shipped.values():
        for row in rows[::25]:
            samples, rate = sf.read(io.BytesIO(row["audio"]["bytes"]), dtype="float32")
            assert rate == 16_000 and len(samples) == round(row["seconds"] * 16_000)
            assert 0.02 < np.sqrt(np.mean(samples**2)) < 0.1
            assert np.abs(samples).max() < 1.0


def test_shipped_rows_carry_licence_and_credit_and_fit_the_repository(shipped):
    for row in (row for rows in shipped.values() for row in rows):
        assert row["licence"] in OPEN_LICENCES and row["credit"], row["id"]
    sizes = [(SOURCES / f"speech-{split}.parquet").stat().st_size for split in SPLITS]
    assert sum(sizes) <= 27e6
