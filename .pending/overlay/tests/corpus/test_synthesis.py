"""The sound models: deterministic, sound, and held-out ranges really held out."""

from itertools import combinations

import numpy as np
import pytest

from audio_interaction.corpus.synthesis import MODELS, SPLITS, split_ranges, synthesise
from audio_interaction.corpus.synthesis_blocks import tone
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", MODELS)
def test_a_clip_is_audible_bounded_and_repeatable(name, split):
    first = synthesise(name, split, np.random.default_rng(5))
    again = synthesise(name, split, np.random.default_rng(5))
    other = synthesise(name, split, np.random.default_rng(6))
    assert first.dtype == np.float32 and first.ndim == 1
    assert 0.5 * SAMPLE_RATE <= len(first) <= 3 * SAMPLE_RATE
    assert np.isfinite(first).all() and np.abs(first).max() <= 1
    assert np.abs(first).max() > 0.3
    np.testing.assert_array_equal(first, again)
    assert len(first) != len(other) or not np.array_equal(first, other)


@pytest.mark.parametrize("name", MODELS)
def test_splits_share_no_value_of_some_parameter(name):
    ranges = {split: split_ranges(name, split) for split in SPLITS}

    def apart(one, two):
        return all(a[1] < b[0] or b[1] < a[0] for a in one for b in two)

    assert any(
        all(apart(ranges[a][key], ranges[b][key]) for a, b in combinations(SPLITS, 2))
        for key in ranges["train"]
    )


def test_an_oscillator_has_its_pitch_and_no_aliases():
    second = np.abs(np.fft.rfft(tone(440.0, SAMPLE_RATE, "saw")))  # one bin is one hertz
    assert second.argmax() == 440
    off_grid = np.arange(len(second)) % 440 != 0
    assert second[off_grid].max() < 1e-3 * second[440]


@pytest.mark.parametrize("name, split", [("kazoo", "train"), ("bell", "dev")])
def test_unknown_class_or_split_is_refused(name, split):
    with pytest.raises(UserError, match="no synthesis for class"):
        synthesise(name, split, np.random.default_rng(0))
