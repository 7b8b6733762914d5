from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audio_interaction.audio import tfjp_operators as op
from audio_interaction.audio.mixing import rms
from audio_interaction.audio.tfjp import MAX_PASSES, STABLE_SHARE, tfjp
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE as RATE

PASS = ("silence_cut", "noise_profile", "denoise")
FOCUS = ("core_locate", "boundary_norm", "spec_smooth", "silence_cut")


def noise(seconds: float, level: float, seed: int = 0) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def noisy_event(floor: float = 1e-3) -> np.ndarray:
    """0.73 s of floor, a tone of 0.5 s, 0.9 s, another tone, 0.6 s: 3.23 s."""
    tone = 0.3 * np.sin(2 * np.pi * 800 * np.arange(RATE // 2) / RATE)
    quiet = [np.zeros(round(seconds * RATE)) for seconds in (0.73, 0.9, 0.6)]
    clean = np.concatenate([quiet[0], tone, quiet[1], tone, quiet[2]])
    return (clean + noise(len(clean) / RATE, floor)).astype(np.float32)


def decay(seconds: float, decibels: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * 700 * time) * 10 ** (-decibels * time / 20)).astype(np.float32)


pieces = st.lists(
    st.tuples(
        st.sampled_from(["noise", "tone", "zeros", "click"]),
        st.floats(0.01, 0.9),
        st.floats(-70, 0),
        st.integers(0, 99),
    ),
    min_size=1,
    max_size=6,
)


def assembled(parts) -> np.ndarray:
    def made(kind, seconds, decibels, seed):
        level, length = 10 ** (decibels / 20), round(seconds * RATE)
        if kind == "noise":
            return 0.2 * noise(seconds, level, seed)
        if kind == "tone":
            return level * np.sin(np.arange(length) * (seed + 1) / 40)
        return np.eye(1, length, length // 2)[0] * level * (kind == "click")

    return np.concatenate([made(*part) for part in parts]).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(pieces)
def test_any_sound_comes_out_whole_within_k_passes(parts):
    samples = assembled(parts)
    assume(np.any(np.abs(samples) >= 1e-6))
    before = samples.copy()
    done = tfjp(samples)
    assert np.array_equal(samples, before)
    assert 1 <= done.passes <= MAX_PASSES == 3
    assert done.samples.dtype == np.float32 and np.isfinite(done.samples).all()
    assert len(done.samples) % op.DELTA == 0
    assert 0 < len(done.samples) <= -(-len(samples) // op.DELTA) * op.DELTA
    assert done.samples.any()
    leftover = op.silence_cut(done.samples, op.spectrum(done.samples))[1]
    if done.stopped == "stable":
        assert not leftover
    else:
        assert done.stopped == "cap" and done.passes == MAX_PASSES
    again = tfjp(samples)
    assert np.array_equal(again.samples, done.samples) and again.log == done.log


def test_the_log_tells_the_order_and_the_work():
    samples = noisy_event()
    done = tfjp(samples)
    assert done.stopped == "stable"
    assert tuple(step.operator for step in done.log[:3]) == PASS
    assert tuple(step.operator for step in done.log[-4:]) == FOCUS
    counts = Counter(step.operator for step in done.log)
    assert counts["denoise"] == counts["noise_profile"] == done.passes
    length = len(samples) / RATE
    for step in done.log:
        if step.operator == "silence_cut":
            length -= sum(end - start for start, end in step.spans)
        elif step.operator == "boundary_norm":
            ((start, end),) = step.spans
            assert start % 0.2 == pytest.approx(0, abs=1e-9) and step.seconds == length
        elif step.operator == "spec_smooth":
            length = end - start
        assert step.seconds == pytest.approx(length)
    assert length == len(done.samples) / RATE
    assert done.log[1].level_db == pytest.approx(-60.7, abs=0.7)
    assert done.log[2].level_db == pytest.approx(-62, abs=2)


def test_a_noisy_recording_becomes_a_clean_event():
    done = tfjp(noisy_event())
    # tone, 0.3 s of pause, tone, the start and the end on the grid
    assert len(done.samples) / RATE in (1.4, 1.6)
    power = np.square(done.samples).reshape(-1, op.HOP).mean(axis=1)
    loud = np.flatnonzero(power > 0.01)
    assert (np.diff(loud) - 1).max() * op.HOP / RATE == pytest.approx(0.3, abs=0.03)
    middle = loud[np.diff(loud, append=loud[-1] + 1).argmax()] + 15  # of the pause
    assert np.sqrt(power[middle - 10 : middle + 10].mean()) < 0.5e-3  # the floor was 1e-3


def test_the_noise_is_subtracted_until_that_changes_little():
    done = tfjp(noisy_event(floor=0.03))
    taken = [step.level_db for step in done.log if step.operator == "denoise"]
    assert len(taken) == done.passes == 2
    bound_db = 20 * np.log10(rms(noisy_event(floor=0.03))) + 10 * np.log10(STABLE_SHARE)
    assert taken[0] > bound_db > taken[1]


def test_a_cut_at_the_end_starts_all_over():
    """The pause is above the gate at first, and silence only after it was denoised."""
    knock = 0.8 * np.random.default_rng(1).standard_normal(1600) * np.exp(-np.arange(1600) / 240)
    samples = np.concatenate([knock, np.zeros(RATE)] * 3) + noise(3.3, 5e-3)
    done = tfjp(samples.astype(np.float32))
    operators = [(step.number, step.operator) for step in done.log]
    assert not done.log[0].spans
    first = operators.index((1, "spec_smooth")) + 1
    assert operators[first] == (1, "silence_cut") and done.log[first].spans
    assert operators[first + 1 : first + 4] == [(2, name) for name in PASS]
    assert not done.log[first + 1].spans and done.log[first + 1].seconds == done.log[first].seconds
    assert done.stopped == "stable" and done.passes >= 2


def test_a_long_decay_uses_up_its_passes_and_stays_on_the_grid():
    """Each cut raises the percentile, and more of the tail is silent."""
    done = tfjp(decay(3.0, 30))
    assert (done.stopped, done.passes) == ("cap", MAX_PASSES)
    assert len(done.samples) % op.DELTA == 0
    assert rms(done.samples[1000:16000]) == pytest.approx(rms(decay(3.0, 30)[1000:16000]), rel=1e-3)


@pytest.mark.parametrize("floor", [0.0, 1e-3])
def test_a_clean_event_stays_as_it_is(floor):
    once = tfjp(noisy_event(floor)).samples
    twice = tfjp(once).samples
    assert len(twice) == len(once)
    assert rms(twice - once) < 0.02 * rms(once)


@pytest.mark.parametrize("seconds", [0.2, 1.0, 3.0])
def test_steady_sounds_pass(seconds):
    rain = noise(seconds, 0.1).astype(np.float32)
    siren = np.sin(np.arange(round(seconds * RATE)) / 5).astype(np.float32)
    for steady in (rain, siren):
        done = tfjp(steady)
        assert len(done.samples) == len(steady) and done.stopped == "stable"
        assert np.array_equal(done.samples[320:-320], steady[320:-320])


def test_knocks_keep_their_number():
    knock = np.random.default_rng(1).standard_normal(1600) * np.exp(-np.arange(1600) / 240)
    samples = np.concatenate([np.zeros(3000), *[0.3 * knock, np.zeros(6400)] * 5])
    done = tfjp((samples + noise(len(samples) / RATE, 3e-4)).astype(np.float32))
    loud = np.flatnonzero(np.abs(done.samples) > 0.15)
    onsets = loud[np.diff(loud, prepend=-RATE) > 3000]
    assert len(onsets) == 5
    assert np.diff(onsets) / RATE == pytest.approx([0.4] * 4, abs=0.04)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.zeros(RATE), "digital silence"),
        (np.zeros(0), "digital silence"),
        (np.full(RATE, 1e-7), "digital silence"),
        (np.ones((2, RATE)), r"found shape \(2, 16000\)"),
        (np.array([0.1, np.nan]), "NaN"),
    ],
)
def test_what_holds_no_event_is_refused(samples, says):
    with pytest.raises(UserError, match=says):
        tfjp(samples.astype(np.float32))
