"""The shipped music, and the command that makes it anew."""

import hashlib
from collections import Counter
from itertools import combinations

import numpy as np
import pyarrow.parquet as pq
import pytest

from audio_interaction.audio.io import decode
from audio_interaction.corpus import music
from audio_interaction.corpus.music import CLIPS, INSTRUMENTS, make_music, music_ranges, play
from audio_interaction.corpus.phrases import MUSIC_NAMES
from audio_interaction.corpus.sources import SPLITS
from audio_interaction.errors import UserError
from audio_interaction.paths import MINI_DATA
from audio_interaction.protocol import SAMPLE_RATE


def path_of(split, name="music"):
    return MINI_DATA / "sources" / f"{name}-{split}.parquet"


@pytest.fixture(scope="module")
def shipped():
    return {split: pq.read_table(path_of(split)).to_pylist() for split in SPLITS}


def test_every_instrument_of_the_language_can_be_played():
    assert INSTRUMENTS.keys() == MUSIC_NAMES.keys()


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_piece_is_audible_bounded_and_repeatable(name, split):
    first = play(name, split, np.random.default_rng(5))
    other = play(name, split, np.random.default_rng(6))
    assert first.dtype == np.float32 and first.ndim == 1
    assert 1.5 * SAMPLE_RATE <= len(first) <= 3.5 * SAMPLE_RATE
    assert np.isfinite(first).all() and 0.3 < np.abs(first).max() <= 1
    np.testing.assert_array_equal(first, play(name, split, np.random.default_rng(5)))
    assert len(first) != len(other) or not np.array_equal(first, other)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_splits_share_no_value_of_the_main_parameter(name):
    bands = {split: next(iter(music_ranges(name, split).values())) for split in SPLITS}
    for one, other in combinations(SPLITS, 2):
        assert all(a[1] < b[0] or b[1] < a[0] for a in bands[one] for b in bands[other])


@pytest.mark.parametrize("name, split", [("kazoo", "train"), ("piano", "dev")])
def test_unknown_instrument_or_split_is_refused(name, split):
    with pytest.raises(UserError, match="no music for instrument"):
        play(name, split, np.random.default_rng(0))


def test_shipped_music_has_all_instruments_and_the_columns_of_the_sounds(shipped):
    for split, rows in shipped.items():
        assert Counter(row["label"] for row in rows) == dict.fromkeys(INSTRUMENTS, CLIPS[split])
        names = pq.read_schema(path_of(split)).names
        assert names == pq.read_schema(path_of(split, "sounds")).names
        for row in rows:
            assert (row["licence"], row["recorded"], row["hazard"]) == ("CC0-1.0", False, False)
            assert row["credit"] and row["source"]


def test_shipped_music_is_in_one_split_decodes_and_fits(shipped):
    rows = [row for rows in shipped.values() for row in rows]
    marks = {hashlib.sha256(decode(row["audio"]["bytes"]).tobytes()).digest() for row in rows}
    assert len(marks) == len({row["id"] for row in rows}) == len(rows)
    for row in rows[::7]:
        samples = decode(row["audio"]["bytes"])
        assert len(samples) / SAMPLE_RATE == pytest.approx(row["seconds"], abs=1e-3)
        assert 0.003 < np.sqrt(np.mean(samples**2)) < 0.09
    assert sum(path_of(split).stat().st_size for split in SPLITS) <= 1.2e6


def test_the_command_makes_the_shipped_clips_again(tmp_path, monkeypatch, shipped):
    """Only the serial number of an Ogg stream differs: the sound is the same to the bit."""
    monkeypatch.setattr(music, "CLIPS", dict.fromkeys(SPLITS, 1))
    counts = make_music(tmp_path, seed=0)
    assert counts == {(split, name): 1 for split in SPLITS for name in INSTRUMENTS}
    known = {row["id"]: row for row in shipped["test"]}
    for row in pq.read_table(tmp_path / "music-test.parquet").to_pylist():
        again, first = (decode(r["audio"]["bytes"]) for r in (row, known[row["id"]]))
        np.testing.assert_array_equal(again, first)
