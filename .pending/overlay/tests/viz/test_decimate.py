import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.audio.features import log_mel
from audio_interaction.viz.decimate import edges, envelope, mel_decibels, peaks


@given(st.integers(0, 500), st.integers(1, 60))
def test_bins_cover_everything_once(length, bins):
    starts = edges(length, bins)
    assert len(starts) == min(bins, length)
    sizes = np.diff(starts, append=length)
    assert sizes.sum() == length
    assert not length or (sizes.min() >= 1 and sizes.max() - sizes.min() <= 1)


def test_envelope_keeps_a_click_of_one_sample():
    samples = np.zeros(480_000, np.float32)
    samples[123_456], samples[234_567] = 0.9, -0.8
    times, low, high = envelope(samples, 600)
    assert len(times) == 600
    assert (high.max(), low.min()) == (np.float32(0.9), np.float32(-0.8))
    assert times[high.argmax()] <= 123_456 / 16_000 < times[high.argmax()] + 30 / 600


def test_peaks_keep_the_highest_of_each_bin():
    curve = np.zeros(1000)
    curve[[3, 500, 999]] = 1
    shown = peaks(curve, 100)
    assert len(shown) == 100 and {3, 500, 999} <= set(shown.tolist())
    assert peaks(curve, 5000).tolist() == list(range(1000))


def test_mel_picture_is_the_log_mel_in_decibels():
    samples = 0.1 * np.sin(np.arange(6400 * 2) * 2 * np.pi * 1000 / 16_000, dtype=np.float32)
    picture = mel_decibels(samples, columns=80, rows=80)
    exact = 40 * log_mel(samples).transpose(1, 0, 2).reshape(80, -1) - 40
    assert picture.shape == (80, 80) and picture.dtype == np.int8
    assert np.abs(picture - exact).max() <= 1.5


@pytest.mark.parametrize("length, columns", [(0, 0), (1, 40), (6400 * 100, 600)])
def test_mel_picture_has_at_most_so_many_columns(length, columns):
    assert mel_decibels(np.zeros(length, np.float32), 600).shape == (40, columns)
