"""The shipped sound clips, and the command that rebuilds them."""

import csv
import hashlib
import re
from collections import defaultdict

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from audio_interaction.audio.io import decode, encode
from audio_interaction.corpus import sounds
from audio_interaction.corpus.clips import (
    LEVEL,
    excerpts,
    fingerprint,
    join_strikes,
    level,
    trim,
)
from audio_interaction.corpus.sounds import (
    NOISE,
    NOISES,
    SOUND_CLASSES,
    SYNTHESIS,
    augment,
    build_sounds,
)
from audio_interaction.corpus.synthesis import SPLITS, synthesise
from audio_interaction.errors import UserError
from audio_interaction.paths import MINI_DATA
from audio_interaction.protocol import SAMPLE_RATE

ALLOWED = r"CC0-1\.0|public-domain|MIT|BSD-3-Clause|CC-BY(-SA)?-[34]\.0"
HAZARDS = {"alarm", "siren", "horn", "explosion", "gunshot", "glass", "scream"}


@pytest.fixture(scope="module")
def shipped():
    return {
        split: pq.read_table(MINI_DATA / "sources" / f"sounds-{split}.parquet").to_pylist()
        for split in SPLITS
    }


def test_every_class_is_in_every_split(shipped):
    for split, rows in shipped.items():
        assert {row["label"] for row in rows} == {*SOUND_CLASSES, NOISE}, split


def test_hazards_are_the_sounds_that_need_a_warning(shipped):
    assert {name for name, kind in SOUND_CLASSES.items() if kind.hazard} == HAZARDS
    for rows in shipped.values():
        assert all(row["hazard"] == (row["label"] in HAZARDS) for row in rows)


def test_no_package_of_a_class_is_in_two_splits(shipped):
    seen = defaultdict(set)
    for split, rows in shipped.items():
        for row in rows:
            if row["recorded"]:
                seen[row["label"], row["package"]].add(split)
            else:
                assert row["package"] == SYNTHESIS
    assert seen and all(len(splits) == 1 for splits in seen.values())


def test_no_clip_and_no_source_file_is_in_two_splits(shipped):
    audio, files = defaultdict(set), defaultdict(set)
    for split, rows in shipped.items():
        for row in rows:
            audio[hashlib.sha256(row["audio"]["bytes"]).hexdigest()].add(split)
            if row["recorded"]:
                for source in row["source"].split("; "):
                    files[source].add((split, row["label"]))
    assert all(len(splits) == 1 for splits in audio.values())
    assert all(len(places) == 1 for places in files.values())


def test_ids_are_unique(shipped):
    ids = [row["id"] for rows in shipped.values() for row in rows]
    assert len(ids) == len(set(ids))


def test_licences_are_free_and_every_recording_is_credited(shipped):
    with (MINI_DATA / "CREDITS-sounds.tsv").open(encoding="utf-8", newline="") as file:
        credits = {line["id"]: line for line in csv.DictReader(file, delimiter="\t")}
    recorded = {r["id"]: r for rows in shipped.values() for r in rows if r["recorded"]}
    assert credits.keys() == recorded.keys()
    for identity, row in recorded.items():
        assert re.fullmatch(ALLOWED, row["licence"]), identity
        assert credits[identity] == {
            key: row[key] for key in ("id", "source", "package", "licence", "credit")
        }


def test_clips_are_16_khz_mono_of_the_said_length_and_level(shipped):
    for row in [row for rows in shipped.values() for row in rows][::23]:
        samples = decode(row["audio"]["bytes"])
        assert len(samples) / SAMPLE_RATE == pytest.approx(row["seconds"], abs=1e-3)
        assert row["seconds"] <= (10.0 if row["label"] == NOISE else 3.0) + 0.001
        assert 0.003 < np.sqrt(np.mean(samples**2)) < 0.09  # at most -23 dBFS and a little
        assert np.abs(samples).max() <= 1.0


def test_opus_neither_shifts_nor_lengthens_a_clip():
    clip = level(synthesise("hammer", "train", np.random.default_rng(2)))
    heard = decode(encode(clip, "opus"))
    assert len(heard) == len(clip)
    lags = np.correlate(heard[:8000], clip[200:7800], "valid")  # lag 200 is no shift
    assert abs(int(lags.argmax()) - 200) <= 2


def test_registry_patterns_hold_different_files():
    for kind in [*SOUND_CLASSES.values(), NOISES]:
        packages = [{p.split("/")[1].split("__")[0] for p in kind.files[s]} for s in SPLITS]
        assert not packages[0] & packages[1] and not packages[2] & (packages[0] | packages[1])


def test_trim_level_and_excerpts():
    tone = np.sin(np.arange(8 * SAMPLE_RATE) * 0.3).astype(np.float32)
    silence = np.zeros(SAMPLE_RATE, np.float32)
    cut = trim(np.concatenate([silence, tone, silence]))
    assert len(cut) == pytest.approx(len(tone), abs=800)
    assert np.sqrt(np.mean(level(cut) ** 2)) == pytest.approx(LEVEL, rel=0.01)
    pieces = excerpts(cut, 3.0, 4)
    assert len(pieces) == 2 and all(len(p) == 3 * SAMPLE_RATE for p in pieces)
    fading = cut * np.exp(-np.arange(len(cut)) / SAMPLE_RATE).astype(np.float32)
    assert len(excerpts(fading, 3.0, 4)) == 1  # its tail alone is no event
    with pytest.raises(UserError, match="silence"):
        level(silence)


def test_joined_strikes_are_several_onsets():
    rng = np.random.default_rng(0)
    hit = np.exp(-np.arange(2000) / 200).astype(np.float32) * rng.standard_normal(2000)
    walk = join_strikes([hit.astype(np.float32)], rng)
    loud = np.convolve(np.abs(walk), np.ones(800) / 800, "same") > 0.02
    assert 3 <= np.count_nonzero(np.diff(loud.astype(int)) == 1) + loud[0] <= 6


def test_fingerprints_find_copies_and_tell_clips_apart():
    one = synthesise("glass", "train", np.random.default_rng(1))
    two = synthesise("glass", "train", np.random.default_rng(2))
    copy = decode(encode(0.5 * one, "opus"))  # quieter and lossy
    assert fingerprint(one) @ fingerprint(copy) > 0.98
    assert fingerprint(one) @ fingerprint(two) < 0.98


def test_augmentation_is_gentle_and_repeatable():
    clip = level(synthesise("scream", "train", np.random.default_rng(1)))
    for seed in range(10):
        changed = augment(clip, np.random.default_rng(seed))
        np.testing.assert_array_equal(changed, augment(clip, np.random.default_rng(seed)))
        assert changed.dtype == np.float32 and np.abs(changed).max() <= 0.951
        assert 0.84 * 0.84 < len(changed) / len(clip) < 1.2
        gain = np.sqrt(np.mean(changed**2) / np.mean(clip**2))
        assert -12 < 20 * np.log10(gain) < 6


# --- the command, on a small raw folder of its own ------------------------------------------------


def _raw(folder, licence="CC0"):
    rows = ["category\tpackage\tfile\tseconds\tlicence\tcredit\tsource"]
    for k, package in enumerate(["ufoai-sound", "minetest-data"]):
        name = f"glass_break/{package.removesuffix('-data')}__crack__{k}.flac"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        clip = synthesise("glass", "train", np.random.default_rng(k))
        soundfile.write(folder / name, clip, SAMPLE_RATE)
        rows.append(f"glass_break\t{package}\t{name}\t1.0\t{licence}\tSomebody\t{package}/{k}.ogg")
    (folder / "index.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_the_command_builds_three_files_and_a_credit_table(tmp_path, monkeypatch):
    monkeypatch.setattr(sounds, "SYNTHESISED", dict.fromkeys(SPLITS, 1))
    counts = build_sounds(_raw(tmp_path / "raw"), tmp_path / "out" / "sources", seed=1)
    assert counts["train", "glass", True] == counts["test", "glass", True] == 1
    assert counts["validation", "glass", True] == 0
    assert all(counts[split, name, False] == 1 for split in SPLITS for name in SOUND_CLASSES)
    rows = pq.read_table(tmp_path / "out/sources/sounds-test.parquet").to_pylist()
    (glass,) = [row for row in rows if row["recorded"]]
    assert (glass["package"], glass["licence"], glass["label"]) == (
        "minetest-data", "CC0-1.0", "glass",
    )  # fmt: skip
    credits = (tmp_path / "out/CREDITS-sounds.tsv").read_text(encoding="utf-8").splitlines()
    assert len(credits) == 3


def test_a_licence_that_may_not_be_shipped_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sounds, "SYNTHESISED", dict.fromkeys(SPLITS, 0))
    with pytest.raises(UserError, match="GPL-3"):
        build_sounds(_raw(tmp_path / "raw", licence="GPL-3"), tmp_path / "out")


def test_a_folder_without_index_is_refused(tmp_path):
    with pytest.raises(UserError, match="index.tsv"):
        build_sounds(tmp_path, tmp_path / "out")
