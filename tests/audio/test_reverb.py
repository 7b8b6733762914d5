import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.audio.mixing import rms
from audio_interaction.audio.reverb import RT60_S, impulse_response, reverberant
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE as RATE


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def click(length: int, at: int) -> np.ndarray:
    samples = np.zeros(length, np.float32)
    samples[at] = 0.5
    return samples


def measured_rt60(response: np.ndarray) -> float:
    """Schroeder's backward integration; the slope from -5 to -25 dB, continued to -60 dB."""
    remaining = np.cumsum(np.square(response, dtype=np.float64)[::-1])[::-1]
    decay = 10 * np.log10(remaining[remaining > 0] / remaining[0])
    fitted = np.flatnonzero((decay < -5) & (decay > -25))
    return -60 / np.polyfit(fitted / RATE, decay[fitted], 1)[0]


@pytest.mark.parametrize("rt60_s", [0.2, 0.4, 0.8, 1.5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_reverberation_time_is_the_one_asked_for(rt60_s, seed):
    heard = reverberant(click(3 * RATE, 100), rt60_s, rng(seed))
    assert measured_rt60(heard[100:]) == pytest.approx(rt60_s, rel=0.2)


def test_direct_sound_and_tail_share_the_energy():
    response = impulse_response(0.5, rng())
    assert np.sum(np.square(response, dtype=np.float64)) == pytest.approx(1, abs=1e-5)
    assert response[0] ** 2 == pytest.approx(0.5, abs=1e-5)
    assert not response[1:32].any() and response[32:].any()  # 2 ms
    assert len(response) == RATE // 2


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1.5), st.integers(0, 7000))
def test_nothing_is_heard_before_the_direct_sound(seed, rt60_s, at):
    heard = reverberant(click(8000, at), rt60_s, rng(seed))
    assert len(heard) == 8000 and heard.dtype == np.float32
    assert np.abs(heard[:at]).max(initial=0) < 1e-6
    assert heard.argmax() == at


@pytest.mark.parametrize("level", [1e-3, 0.1])
def test_the_level_is_kept(level):
    dry = (level * rng(5).standard_normal(2 * RATE)).astype(np.float32)
    before = dry.copy()
    wet = reverberant(dry, 0.6, rng())
    assert rms(wet) == pytest.approx(rms(dry), rel=1e-4)
    assert np.array_equal(dry, before) and not np.allclose(wet, dry, atol=0.1 * level)


def test_the_generator_decides_the_room():
    dry = click(4000, 0)
    assert np.array_equal(reverberant(dry, 0.3, rng(1)), reverberant(dry, 0.3, rng(1)))
    assert not np.allclose(reverberant(dry, 0.3, rng(1)), reverberant(dry, 0.3, rng(2)))


@pytest.mark.parametrize("length", [0, 1000])
def test_silence_stays_silent(length):
    assert np.array_equal(reverberant(np.zeros(length, np.float32), 0.3, rng()), np.zeros(length))


@pytest.mark.parametrize("rt60_s", [0.0, -1.0, 0.01, 11.0, float("nan")])
def test_impossible_rooms_are_refused(rt60_s):
    with pytest.raises(UserError, match=f"from {RT60_S[0]} to"):
        reverberant(click(100, 0), rt60_s, rng())
