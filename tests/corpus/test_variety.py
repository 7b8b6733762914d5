"""Training sounds beyond those that ship: new ones, and recordings heard anew."""

import numpy as np
import pytest

from audio_interaction.audio.mixing import rms
from audio_interaction.corpus.sources import load_sources
from audio_interaction.corpus.synthesis import MODELS
from audio_interaction.corpus.variety import heard_elsewhere, synthesised_clip, widened
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE


@pytest.fixture(scope="module")
def train():
    return load_sources("train")


@pytest.fixture(scope="module")
def more(train):
    wide = widened(train, 2, seed=3)
    return wide.sounds[len(train.sounds) :]


def test_every_class_gets_new_clips_and_its_recordings_anew(train, more):
    labels = {clip.label for clip in train.sounds}
    recorded = {clip.label for clip in train.sounds if clip.recorded}
    for label in labels:
        of_class = [clip for clip in more if clip.label == label]
        assert sum(not clip.recorded for clip in of_class) == 2 * (label in MODELS)
        assert sum(clip.recorded for clip in of_class) == 2 * (label in recorded)
    assert len({clip.id for clip in (*train.sounds, *more)}) == len(train.sounds) + len(more)


def test_new_clips_can_be_heard_and_keep_the_label_and_the_package(train, more):
    packages = {clip.label: set() for clip in train.sounds}
    for clip in train.sounds:
        packages[clip.label].add(clip.package)
    for clip in more:
        samples = clip.audio()
        assert len(samples) == round(clip.seconds * SAMPLE_RATE)
        assert rms(samples) > 1e-4 and np.abs(samples).max() <= 1
        assert clip.package in packages[clip.label] and clip.split == "train"


def test_the_seed_decides(train, more):
    again = widened(train, 2, seed=3).sounds[len(train.sounds) :]
    other = widened(train, 2, seed=4).sounds[len(train.sounds) :]
    assert [clip.encoded for clip in again] == [clip.encoded for clip in more]
    assert not {clip.encoded for clip in other} & {clip.encoded for clip in more}


def test_nothing_more_is_the_same_sources(train):
    assert widened(train, 0, seed=1) is train


def test_held_out_splits_are_never_widened():
    with pytest.raises(UserError, match="validation"):
        widened(load_sources("validation"), 1, seed=1)


def test_another_microphone_changes_the_colour_and_not_the_level():
    rng = np.random.default_rng(0)
    noise = (0.05 * rng.standard_normal(SAMPLE_RATE)).astype(np.float32)
    for seed in range(8):
        heard = heard_elsewhere(noise, np.random.default_rng(seed))
        assert heard.dtype == np.float32 and heard.shape == noise.shape
        assert rms(heard) == pytest.approx(rms(noise), rel=0.01)
        ratio = np.abs(np.fft.rfft(heard)) / np.abs(np.fft.rfft(noise))
        bands = [np.median(ratio[a:b]) for a, b in ((200, 800), (1500, 3000), (5000, 7500))]
        assert max(bands) / min(bands) > 1.1


def test_silence_stays_silence():
    silence = np.zeros(SAMPLE_RATE, np.float32)
    assert not heard_elsewhere(silence, np.random.default_rng(0)).any()


def test_a_clip_of_a_held_out_split_is_of_its_own_ranges():
    clips = [
        synthesised_clip("bell", split, "x", np.random.default_rng(0))
        for split in ("train", "test")
    ]
    assert [clip.split for clip in clips] == ["train", "test"]
    assert clips[0].encoded != clips[1].encoded and clips[0].id == "bell-synthesis-x"
