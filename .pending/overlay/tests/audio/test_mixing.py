import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.audio import mixing
from audio_interaction.errors import UserError

SEEDS = st.integers(0, 2**32 - 1)


def decibels(ratio: float) -> float:
    return 20 * np.log10(ratio)


def noise(seed: int, length: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(length).astype(np.float32)


def test_rms_of_a_sine_and_of_nothing():
    sine = np.sin(2 * np.pi * np.arange(16_000) / 160)
    assert mixing.rms(sine) == pytest.approx(2**-0.5)
    assert mixing.rms(np.zeros(0, np.float32)) == 0.0


@given(SEEDS, st.floats(-60, 20))
def test_gain_and_level_are_decibels(seed, asked):
    samples = noise(seed, 2000)
    louder = mixing.gain_db(samples, asked)
    assert louder.dtype == np.float32
    assert decibels(mixing.rms(louder) / mixing.rms(samples)) == pytest.approx(asked, abs=1e-3)
    assert decibels(mixing.rms(mixing.to_level(samples, asked))) == pytest.approx(asked, abs=1e-3)


def test_roles_have_the_gains_of_algorithm_4():
    assert mixing.ROLE_GAIN_DB == {"fg": 0.0, "bg": -6.0, "amb": -12.0}


def test_fade_is_a_hann_taper_of_20_ms_that_leaves_the_middle_alone():
    ones = np.ones(1000, np.float32)
    tapered = mixing.fade(ones)
    hann = np.hanning(4 * 320 + 1)[1 : 2 * 320 : 2]  # its rising half, half way between samples
    assert np.allclose(tapered[:320], hann, atol=1e-6)
    assert np.all(tapered[320:680] == 1)
    assert tapered[0] < 1e-4 and np.allclose(tapered, tapered[::-1])
    assert np.all(np.diff(tapered[:320]) > 0)
    assert np.all(ones == 1)


@given(st.integers(0, 700))
def test_fade_of_any_length(length):
    tapered = mixing.fade(np.ones(length, np.float32))
    assert len(tapered) == length
    assert np.allclose(tapered, tapered[::-1])
    assert np.all((tapered >= 0) & (tapered <= 1))


@given(SEEDS, st.integers(2, 3000), st.integers(0, 9000), st.integers(0, 2000))
def test_loop_has_the_length_and_the_period(seed, length, wanted, crossfade):
    looped = mixing.loop(noise(seed, length), wanted, crossfade, np.random.default_rng(seed))
    assert looped.shape == (wanted,)
    period = length - min(crossfade, length // 2)
    assert np.array_equal(looped[period:], looped[: max(0, wanted - period)])


def test_loop_keeps_the_power_of_noise_through_the_seams():
    looped = mixing.loop(noise(0, 20_000), 200_000, 8_000, np.random.default_rng(0))
    windows = [decibels(mixing.rms(window)) for window in looped.reshape(-1, 2000)]
    assert max(windows) - min(windows) < 1.0


def test_loop_has_no_seam():
    ramp = np.linspace(-1, 1, 8000, dtype=np.float32)  # its ends are far apart
    looped = mixing.loop(ramp, 40_000, 1600, np.random.default_rng(0))
    assert np.abs(np.diff(looped)).max() < 0.01


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_coloured_noise_falls_with_its_slope(slope):
    samples = mixing.coloured_noise(2**17, slope, np.random.default_rng(0))
    assert mixing.rms(samples) == pytest.approx(1, abs=1e-3)
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / 16_000)
    octaves = [power[(frequency >= low) & (frequency < 2 * low)].mean() for low in (100, 400, 1600)]
    for lower, higher in zip(octaves, octaves[1:], strict=False):
        assert np.log(lower / higher) / np.log(4) == pytest.approx(slope, abs=0.15)


@given(SEEDS, st.floats(-10, 40), st.floats(0.05, 1.0))
def test_mix_has_the_ratio_asked_for_whatever_the_pauses(seed, asked, share):
    signal = noise(seed, 8000)
    active = np.arange(8000) < 8000 * share
    signal[~active] = 0
    mixture = mixing.mix_at_snr(signal, noise(seed + 1, 8000), asked, active)
    measured = decibels(mixing.rms(signal[active]) / mixing.rms(mixture - signal))
    assert measured == pytest.approx(asked, abs=0.05)


@given(SEEDS, st.floats(0.01, 100))
def test_limit_scales_only_what_is_too_loud(seed, gain):
    samples = noise(seed, 500) * np.float32(gain)
    limited = mixing.limit(samples)
    assert np.abs(limited).max() <= mixing.PEAK
    if np.abs(samples).max() <= mixing.PEAK:
        assert np.array_equal(limited, samples)
    else:
        assert np.corrcoef(limited, samples)[0, 1] == pytest.approx(1)


def test_limit_of_nothing():
    assert len(mixing.limit(np.zeros(0, np.float32))) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: mixing.to_level(np.zeros(10, np.float32), -20),
        lambda: mixing.loop(np.zeros(0, np.float32), 10, 2, np.random.default_rng(0)),
        lambda: mixing.mix_at_snr(np.ones(10), np.ones(11), 5),
        lambda: mixing.mix_at_snr(np.zeros(10), np.ones(10), 5),
        lambda: mixing.mix_at_snr(np.ones(10), np.zeros(10), 5),
    ],
)
def test_what_has_no_level_is_refused(call):
    with pytest.raises(UserError):
        call()
