"""The instruments play what is written, and sound as instruments of their kind do."""

import numpy as np
import pytest

from audio_interaction.corpus import synthesis_music
from audio_interaction.corpus.music import INSTRUMENTS, play
from audio_interaction.protocol import SAMPLE_RATE

PITCHED = sorted(INSTRUMENTS.keys() - {"drums"})
FFT = 1 << 17


def one_note(name, pitch, monkeypatch):
    """A note of one second, without room and noise."""

    def grab(rng, tonic, note, **how):
        return note(pitch, 1.0)

    monkeypatch.setattr(synthesis_music, "melody", grab)
    return play(name, "train", np.random.default_rng(1))


def spectrum(sound):
    return np.abs(np.fft.rfft(sound * np.hanning(len(sound)), FFT))


@pytest.mark.parametrize("pitch", [330.0, 523.3])
@pytest.mark.parametrize("name", PITCHED)
def test_a_note_has_its_pitch(name, pitch, monkeypatch):
    power = spectrum(one_note(name, pitch, monkeypatch)[1600:12_000])
    tried = pitch * 2 ** (np.arange(-150, 151) / 1200)  # cents around it
    partials = np.outer(tried, [1, 2, 3]) * FFT / SAMPLE_RATE
    best = tried[power[partials.round().astype(int)].sum(axis=1).argmax()]
    assert abs(1200 * np.log2(best / pitch)) < 15


def test_struck_and_plucked_notes_die_away_and_blown_and_bowed_ones_stay(monkeypatch):
    def lasts(name):
        sound = one_note(name, 440.0, monkeypatch)
        early, late = (np.sqrt((sound[a : a + 1600] ** 2).mean()) for a in (2400, 13_000))
        return late / early

    assert max(map(lasts, ("piano", "guitar", "xylophone"))) < 0.75
    assert min(map(lasts, ("flute", "violin", "trumpet", "organ"))) > 0.5


def test_a_trumpet_is_brighter_than_a_flute(monkeypatch):
    def centroid(name):
        power = spectrum(one_note(name, 300.0, monkeypatch)[1600:12_000]) ** 2
        return (power * np.arange(len(power))).sum() / power.sum()

    assert centroid("trumpet") > centroid("flute")


def test_a_melody_has_several_notes_of_a_scale():
    """Pitches heard are steps of twelve-tone tuning above the keynote."""
    heard = []

    def note(pitch, seconds):
        heard.append(pitch)
        return np.ones(round(seconds * SAMPLE_RATE))

    for seed in range(5):
        clip = synthesis_music.melody(np.random.default_rng(seed), 220.0, note, chords=0.5)
        assert 1.5 <= len(clip) / SAMPLE_RATE <= 3.5
    steps = 12 * np.log2(np.array(heard) / 220.0)
    assert np.allclose(steps, steps.round(), atol=1e-6)
    assert len(set(heard)) > 5


def test_drums_have_a_low_bass_and_a_bright_hat():
    power = sum(spectrum(play("drums", "train", np.random.default_rng(k))) for k in range(4))
    hertz = np.arange(len(power)) * SAMPLE_RATE / FFT
    assert hertz[power.argmax()] < 300
    assert power[hertz > 4000].sum() > 0.1 * power.sum()
