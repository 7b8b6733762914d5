from dataclasses import replace

import numpy as np
import pytest

from audio_interaction.corpus.scenario import SubEvent
from audio_interaction.corpus.synthesis import MODELS, SPLITS, synthesise
from audio_interaction.corpus.verifier import TEXTURES, Quality, judge, measure

RATE = 16_000
BELL = SubEvent("e1", "sound", "a metal bell rings", accept=("bell",), seconds=1.5)
GOOD = Quality(seconds=1.5, contrast_db=50.0, clipped=0.0, gap_seconds=0.1)


def tone(seconds: float, level: float = 0.5) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 700 * time)).astype(np.float32)


def noise(seconds: float, level: float) -> np.ndarray:
    drawn = np.random.default_rng(0).standard_normal(round(seconds * RATE))
    return (level * drawn).astype(np.float32)


@pytest.mark.parametrize(
    ("label", "quality", "decision", "criterion"),
    [
        ("bell", GOOD, "accept", "all"),
        ("cow", GOOD, "reject", "identity"),
        ("bell", replace(GOOD, contrast_db=0.0), "reject", "cleanliness"),
        ("bell", replace(GOOD, clipped=0.01), "reject", "cleanliness"),
        ("bell", replace(GOOD, contrast_db=18.0), "reprocess", "cleanliness"),
        ("bell", replace(GOOD, seconds=0.7), "reject", "duration"),
        ("bell", replace(GOOD, seconds=0.75), "accept", "all"),
        ("bell", replace(GOOD, seconds=3.0), "accept", "all"),
        ("bell", replace(GOOD, seconds=3.1), "reprocess", "duration"),
        ("bell", replace(GOOD, gap_seconds=0.8), "reprocess", "continuity"),
    ],
)
def test_each_criterion_decides(label, quality, decision, criterion):
    verdict = judge(BELL, "clip-1", label, quality)
    assert (verdict.clip, verdict.decision, verdict.criterion) == ("clip-1", decision, criterion)
    assert verdict.reason


def test_any_length_will_do_without_a_plan_and_for_what_is_looped():
    long = replace(GOOD, seconds=9.0)
    for event in (replace(BELL, seconds=None), replace(BELL, role="amb")):
        assert judge(event, "clip-1", "bell", long).decision == "accept"


def test_a_texture_need_not_stand_out_of_noise():
    rain = replace(BELL, accept=("rain",))
    assert "rain" in TEXTURES
    assert judge(rain, "clip-1", "rain", replace(GOOD, contrast_db=18.0)).decision == "accept"


def test_the_length_and_the_longest_pause_are_measured():
    rings = np.concatenate([tone(0.5), np.zeros(round(0.8 * RATE), np.float32), tone(0.4)])
    quality = measure(np.pad(rings, (0, 2 * RATE)))  # quiet ends are no pause inside
    assert quality.seconds == pytest.approx(3.7)
    assert quality.gap_seconds == pytest.approx(0.8, abs=0.04)
    assert measure(tone(1.0)).gap_seconds == 0


def test_the_contrast_falls_with_noise():
    clean = measure(tone(1.0)).contrast_db
    levels = [measure(tone(1.0) + noise(1.0, level)).contrast_db for level in (0.01, 0.1, 1.0)]
    assert clean > levels[0] > levels[1] > levels[2] > 14
    assert measure(noise(1.0, 0.1)).contrast_db == pytest.approx(16.5, abs=1)


def test_clipped_samples_are_counted():
    assert measure(tone(1.0, 0.9)).clipped == 0
    assert measure(np.clip(tone(1.0, 3.0), -1, 1)).clipped > 0.5


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(8000), np.full(10, 0.5)])
def test_nothing_to_hear_is_no_event(samples):
    quality = measure(samples.astype(np.float32))
    assert judge(replace(BELL, seconds=None), "clip-1", "bell", quality).decision == "reject"


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("label", sorted(MODELS))
def test_what_is_synthesised_passes(label, split):
    event = replace(BELL, accept=(label,), seconds=None)
    decisions = [
        judge(event, "made", label, measure(synthesise(label, split, np.random.default_rng(k))))
        for k in range(4)
    ]
    assert sum(verdict.decision == "accept" for verdict in decisions) >= 2
