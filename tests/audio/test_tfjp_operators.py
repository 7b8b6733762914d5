import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.audio import tfjp_operators as op
from audio_interaction.audio.mixing import rms
from audio_interaction.protocol import SAMPLE_RATE as RATE

SEEDS = st.integers(0, 2**32 - 1)


def noise(seconds: float, level_db: float = -20.0, seed: int = 0) -> np.ndarray:
    samples = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return (samples * 10 ** (level_db / 20)).astype(np.float32)


def tone(seconds: float, hertz: float = 800.0) -> np.ndarray:
    """A whole number of periods, so that it begins and ends near zero."""
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype("f4")


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def cut(*pieces: np.ndarray):
    samples = np.concatenate(pieces)
    shorter, spans = op.silence_cut(samples, op.spectrum(samples))
    return shorter, [(start / RATE, end / RATE) for start, end in spans]


def decibels(ratio: float) -> float:
    return 20 * np.log10(ratio)


# the shared spectrum


@given(SEEDS, st.integers(1, 3000))
def test_the_spectrum_turns_back_exactly(seed, length):
    samples = noise(length / RATE, 0, seed)
    spectra = op.spectrum(samples)
    assert spectra.dtype == np.complex64
    assert spectra.shape == (-(-length // op.HOP), op.WINDOW // 2 + 1)
    back = op.resynthesis(spectra, length)
    assert back.dtype == np.float32
    assert np.allclose(back, samples, atol=1e-5)


def test_a_frame_is_centred_on_its_hop():
    samples = silence(0.2)
    samples[7 * op.HOP + op.HOP // 2] = 1
    assert op.power(op.spectrum(samples)).sum(axis=1).argmax() == 7


def test_a_tone_lies_in_its_band():
    assert np.abs(op.spectrum(tone(0.5, 1000))[20]).argmax() == round(1000 * op.WINDOW / RATE)


# silence_cut


def test_long_silence_is_shortened_to_300_ms_and_short_silence_is_left_alone():
    shorter, spans = cut(tone(0.5), silence(1.0), tone(0.5), silence(0.25), tone(0.5))
    assert len(shorter) / RATE == pytest.approx(2.75 - 0.7, abs=0.021)  # a tone rings on by 10 ms
    ((start, end),) = spans
    assert 0.5 + 0.15 == pytest.approx(start, abs=0.015)
    assert 1.5 - 0.15 == pytest.approx(end, abs=0.015)
    loud = np.flatnonzero(np.abs(shorter) > 1e-3)
    gaps = np.diff(loud)
    assert sorted(gaps[gaps > 1000] / RATE) == pytest.approx([0.25, 0.3], abs=0.025)


def test_silence_at_the_ends_keeps_what_is_next_to_the_sound():
    shorter, spans = cut(silence(1.0), tone(0.5), silence(0.8))
    assert [spans[0][0], spans[1][1]] == [0.0, 2.3]
    at = np.flatnonzero(np.abs(shorter) > 1e-3)[[0, -1]] / RATE
    assert at == pytest.approx([0.3, 0.8], abs=0.015)
    assert len(shorter) / RATE == pytest.approx(1.1, abs=0.03)


def test_silence_may_be_a_floor_of_noise():
    samples = np.concatenate([tone(0.5), silence(1.0), tone(0.5)])
    shorter, spans = cut(samples + noise(2.0, -60))
    assert len(spans) == 1 and 1.28 < len(shorter) / RATE < 1.33
    assert rms(shorter[9000:12000]) == pytest.approx(1e-3, rel=0.1)  # the floor goes on


def test_the_join_does_not_click():
    hum = 0.002 * np.sin(2 * np.pi * 40 * np.arange(2 * RATE) / RATE).astype("f4")
    shorter, spans = cut(np.concatenate([tone(0.5), silence(1.03), tone(0.47)]) + hum)
    join = round(spans[0][0] * RATE)
    steps = np.abs(np.diff(shorter[join - 400 : join + 400]))
    apart = np.abs(hum[round(spans[0][1] * RATE)] - hum[join])  # of the two sides of the cut
    assert apart > 1e-3
    assert steps.max() < np.abs(np.diff(hum)).max() + 2 * 0.002 / op.JOIN


@pytest.mark.parametrize("sound", [tone(3.0), noise(3.0)])
def test_a_sound_without_pauses_is_not_cut(sound):
    shorter, spans = cut(sound)
    assert spans == [] and np.array_equal(shorter, sound)


def test_knocks_keep_their_number_and_sound_but_come_faster():
    time = np.arange(1600) / RATE
    knock = (np.sin(2 * np.pi * 400 * time) * np.exp(-time / 0.015)).astype(np.float32)
    shorter, spans = cut(*[np.concatenate([knock, silence(0.4)])] * 6)
    onsets = np.flatnonzero(np.abs(shorter) > 0.5)
    onsets = onsets[np.diff(onsets, prepend=-RATE) > 2000]
    assert len(onsets) == 6 and len(spans) == 6
    assert np.diff(onsets) / RATE == pytest.approx([0.4] * 5, abs=0.03)
    for at in onsets:
        assert np.corrcoef(shorter[at : at + 800], knock[onsets[0] :][:800])[0, 1] > 0.999


# noise_profile and denoise


@pytest.mark.parametrize("level_db", [-60, -40])
def test_the_profile_has_the_level_of_the_floor(level_db):
    samples = np.concatenate([silence(1.0), tone(1.0)]) + noise(2.0, level_db)
    profile = op.noise_profile(op.spectrum(samples))
    # the quietest 5 % of frames lie a little below the mean of the floor
    assert decibels(op.noise_level(profile)) == pytest.approx(level_db - 0.7, abs=0.7)


def test_the_profile_has_the_spectrum_of_the_floor():
    samples = np.concatenate([0.01 * tone(1.0, 3000), tone(1.0, 500)])
    profile = op.noise_profile(op.spectrum(samples))
    assert profile.argmax() == 3000 * op.WINDOW // RATE
    assert profile[15] < 0.01 * profile.max()


@pytest.mark.parametrize("sound", [tone(3.0), noise(3.0)])
def test_what_never_pauses_is_not_taken_for_noise(sound):
    assert not op.noise_profile(op.spectrum(sound)).any()


def test_subtraction_follows_its_formula():
    spectra = np.array([[3.0 + 4.0j, 1.0j, -2.0]], np.complex64)
    profile = np.array([1.0, 2.0, 1.9], np.float32)
    cleaned = op.denoise(spectra, profile)
    assert np.allclose(np.abs(cleaned), [[4.0, 0.1, 0.2]])  # 5 - 1, floor, floor
    assert np.allclose(np.angle(cleaned), np.angle(spectra))
    assert cleaned.dtype == np.complex64


def test_denoising_lowers_the_floor_and_keeps_the_tone():
    samples = np.concatenate([silence(1.0), tone(1.0)])
    spectra = op.spectrum(samples + noise(2.0, -40))
    cleaned = op.resynthesis(op.denoise(spectra, op.noise_profile(spectra)), len(samples))
    assert decibels(rms(cleaned[:15_000]) / 0.01) < -8
    assert rms(cleaned[RATE + 500 :]) == pytest.approx(rms(tone(1.0)), rel=0.02)
    assert rms(cleaned - samples) < 0.6 * 0.01


def test_without_noise_nothing_is_subtracted():
    spectra = op.spectrum(noise(0.5))
    assert np.array_equal(op.denoise(spectra, np.zeros(241, np.float32)), spectra)


# core_locate


def test_the_score_of_a_tone_is_above_that_of_noise_as_loud():
    loud = np.concatenate([noise(0.5), 0.1 / rms(tone(0.5)) * tone(0.5)])
    scores = op.frame_scores(op.spectrum(loud))
    assert scores[60:90].mean() > 4 * scores[10:40].mean()


def test_the_core_is_the_event():
    samples = np.concatenate([silence(0.73), tone(0.5), silence(1.0)]) + noise(2.23, -65)
    start, end = op.core_locate(op.spectrum(samples))
    assert (start / RATE, end / RATE) == pytest.approx((0.73, 1.23), abs=0.015)


def test_knocks_are_one_core():
    knock = noise(0.05, -10)
    samples = np.concatenate([silence(0.5), *[knock, silence(0.45)] * 5]) + noise(3.0, -70)
    start, end = op.core_locate(op.spectrum(samples))
    assert (start / RATE, end / RATE) == pytest.approx((0.5, 2.55), abs=0.015)


def test_a_faint_blip_far_away_is_no_core():
    samples = np.concatenate([tone(0.5), silence(2.5), 0.02 * tone(0.02)]) + noise(3.02, -80)
    assert op.core_locate(op.spectrum(samples))[1] / RATE == pytest.approx(0.5, abs=0.015)


@given(SEEDS, st.integers(1, 4000))
def test_the_core_is_never_empty(seed, length):
    start, end = op.core_locate(op.spectrum(noise(length / RATE, -20, seed)))
    assert 0 <= start < end <= length + op.HOP


# boundary_norm and spec_smooth


@pytest.mark.parametrize(
    ("span", "snapped"),
    [((0, 1), (0, 3200)), ((3199, 6401), (0, 9600)), ((3200, 6400), (3200, 6400))],
)
def test_boundaries_snap_outwards_to_200_ms(span, snapped):
    assert op.boundary_norm(span) == snapped


def test_the_ends_are_tapered_over_20_ms():
    ones = np.ones(8000, np.float32)
    piece = op.spec_smooth(ones, (3200, 6400))
    assert len(piece) == 3200 and piece.dtype == np.float32
    assert np.all(piece[320:-320] == 1) and np.all(np.diff(piece[:320]) > 0)
    assert piece[0] < 1e-4 and piece[-1] < 1e-4
    assert np.all(ones == 1)


def test_the_taper_comes_before_the_filling():
    piece = op.spec_smooth(np.ones(2000, np.float32), (0, 3200))
    assert len(piece) == 3200 and not piece[2000:].any()
    assert piece[1999] < 1e-4 and piece[1679] == 1
