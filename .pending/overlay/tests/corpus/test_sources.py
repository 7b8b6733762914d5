from itertools import combinations
from shutil import copytree

import numpy as np
import pyarrow.parquet as pq
import pytest

from audio_interaction import paths
from audio_interaction.corpus.sources import SPLITS, default_root, load_sources
from audio_interaction.corpus.synthesis import MODELS
from audio_interaction.errors import UserError

SYNTHESIS = "synthesis"


def test_clips_carry_their_columns_and_decode_when_asked(train):
    assert len(train.noises) == 2 and train.split == "train"
    assert {clip.label for clip in train.sounds} == {"bell", "bird", "cow", "alarm", "glass"}
    for clip in (*train.speech, *train.sounds, *train.noises):
        samples = clip.audio()
        assert samples.dtype == np.float32 and len(samples) == round(clip.seconds * 16_000)
        assert clip.split == "train"
    spoken = train.speech[0]
    assert spoken.text == " ".join(word.text for word in spoken.words)
    assert spoken.words[-1].end == pytest.approx(spoken.seconds)


def test_a_clip_is_shared_and_therefore_read_only(train):
    samples = train.speech[0].audio()
    assert samples is train.speech[0].audio()
    with pytest.raises(ValueError):
        samples[0] = 1.0


def test_clips_are_found_by_what_they_are(train):
    assert {clip.kind for clip in train.said("question")} == {"question"}
    voice = train.speech[0].voice
    own = train.said("question", voice=voice)
    assert own and {clip.voice for clip in own} == {voice}
    assert {clip.form for clip in train.said("instruction", "watch")} == {"watch"}
    assert train.said("instruction") == () and train.heard("dragon") == ()
    assert train.hazards == ("alarm", "glass", "horn", "scream") and train.benign == ("bell", "bird", "cow")
    assert {clip.label for clip in train.heard("bell")} == {"bell"}


def test_the_digest_tells_the_splits_apart(train, test):
    assert train.digest != test.digest
    assert train.digest == train.digest


def test_the_folder_of_the_kit_is_the_default(monkeypatch, sources_root, tmp_path):
    assert default_root().parts[-2:] == ("mini_data", "sources")
    (tmp_path / "sources").symlink_to(sources_root)
    monkeypatch.setattr(paths, "MINI_DATA", tmp_path)
    assert load_sources("test") == load_sources("test", sources_root)
    monkeypatch.setattr(paths, "MINI_DATA", tmp_path / "elsewhere")
    with pytest.raises(UserError, match="elsewhere"):
        load_sources("test")


def test_bad_sources_say_what_is_wrong(sources_root, tmp_path):
    with pytest.raises(UserError, match="unknown split 'dev'"):
        load_sources("dev", sources_root)
    with pytest.raises(UserError, match="speech-train.parquet: no such source file"):
        load_sources("train", tmp_path / "empty")
    broken = tmp_path / "broken"
    copytree(sources_root, broken)
    table = pq.read_table(broken / "sounds-test.parquet").drop_columns(["hazard", "label"])
    pq.write_table(table, broken / "sounds-test.parquet")
    with pytest.raises(UserError, match="sounds-test.parquet: lacks the columns hazard, label"):
        load_sources("test", broken)


def test_shipped_splits_share_nothing():
    """Voices, sentences and recordings of one split are heard in no other.

    Packages hold many kinds of sounds, so they are kept apart inside each kind. Synthesised
    sounds are kept apart by the ranges of their parameters (`corpus.synthesis.MAIN`).
    """
    for one, other in combinations(SPLITS, 2):
        one, other = load_sources(one), load_sources(other)
        for shared in (
            lambda s: {clip.voice for clip in s.speech},
            lambda s: {clip.text for clip in s.speech},
            lambda s: {clip.id for clip in (*s.speech, *s.sounds, *s.noises)},
            lambda s: {clip.encoded for clip in (*s.speech, *s.sounds, *s.noises)},
            lambda s: {
                (clip.label, clip.package)
                for clip in (*s.sounds, *s.noises)
                if clip.package != SYNTHESIS
            },
        ):
            assert not shared(one) & shared(other)


def test_every_shipped_split_has_all_kinds():
    for split in SPLITS:
        sources = load_sources(split)
        assert {clip.label for clip in sources.sounds} == set(MODELS)
        assert sources.noises
        for kind in ("question", "command", "statement", "digits"):
            assert sources.said(kind)
        for form in ("name", "watch", "count"):
            assert sources.said("instruction", form)
        for clip in sources.speech:
            assert clip.text == " ".join(word.text for word in clip.words)
            assert 0 <= clip.words[0].start and clip.words[-1].end <= clip.seconds + 1e-3
