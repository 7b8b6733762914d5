"""The checks of notebook 01: a right answer passes, typical mistakes are told apart."""

import numpy as np
import pytest
import torch

from audio_interaction.analysis.continuity import continuity_ratio
from audio_interaction.audio.features import log_mel
from audio_interaction.checks.perceive import check_01_1, check_01_2


def rejected(check, answer, *told):
    verdict = check(answer)
    assert not verdict.right
    assert all(part in verdict.message for part in told), verdict.message


def touched(sample):
    chunk, rest = divmod(sample, 6_400)
    return [chunk, chunk + 1] if rest >= 6_160 else [chunk]


def test_touched_chunks():
    assert check_01_1(touched).right
    assert check_01_1(lambda sample: np.array(touched(sample))).right
    assert check_01_1(lambda sample: set(touched(sample))).right
    rejected(
        check_01_1,
        lambda sample: [sample // 6_400],
        "6399",
        "1 before the next",
        "where does it begin",
    )
    rejected(check_01_1, lambda sample: [sample // 6_400, sample // 6_400 + 1], "as far back")
    rejected(check_01_1, lambda sample: [sample // 6_400 + 1], "own chunk", "count from 0")
    rejected(
        check_01_1,
        lambda sample: [max(0, sample // 6_400 - 1), *touched(sample)],
        "from the future",
    )
    rejected(check_01_1, lambda sample: [*touched(sample), 9], "reaches over a border")
    rejected(check_01_1, lambda sample: sample // 6_400, "a list of chunks")


@pytest.mark.parametrize("sample", [0, 3_000, 6_100, 6_300, 6_399, 6_400, 20_000])
def test_the_front_end_agrees_with_the_right_answer(sample):
    noise = np.random.default_rng(0).standard_normal(5 * 6_400).astype(np.float32) * 0.1
    changed = noise.copy()
    changed[sample] += 1.0
    differs = (log_mel(noise) != log_mel(changed)).any(axis=(1, 2))
    assert np.flatnonzero(differs).tolist() == touched(sample)


def ratio(frames, normalise=True, last=-1, first=0):
    if normalise:
        frames = frames / np.linalg.norm(frames, axis=-1, keepdims=True)
    inside = (frames[:, :-1] * frames[:, 1:]).sum(-1).mean()
    return (frames[:-1, last] * frames[1:, first]).sum(-1).mean() / inside


def borders_inside(frames):
    unit = frames / np.linalg.norm(frames, axis=-1, keepdims=True)
    flat = unit.reshape(-1, unit.shape[-1])
    return (unit[:-1, -1] * unit[1:, 0]).sum(-1).mean() / (flat[:-1] * flat[1:]).sum(-1).mean()


def test_continuity():
    assert check_01_2(ratio).right
    assert check_01_2(lambda frames: continuity_ratio(torch.from_numpy(frames))).right
    rejected(check_01_2, lambda frames: ratio(frames, normalise=False), "length of the frames")
    rejected(check_01_2, lambda frames: 1 / max(ratio(frames), 1e-12), "ratio is")
    rejected(check_01_2, lambda frames: 1 / ratio(frames) if ratio(frames) else 0.0, "upside down")
    rejected(check_01_2, borders_inside, "hold the borders")
    rejected(check_01_2, lambda frames: ratio(frames, last=0), "neighbours in the sound")
    rejected(check_01_2, lambda frames: ratio(frames, first=-1), "neighbours in the sound")
    rejected(check_01_2, lambda frames: 1.0, "nothing in common", "Which pairs")
    rejected(check_01_2, lambda frames: frames[0], "one number")


@pytest.mark.parametrize("check", [check_01_1, check_01_2])
def test_an_unfilled_stub_is_not_yet_right(check):
    assert str(check(lambda *_: None)).startswith("Not yet")
