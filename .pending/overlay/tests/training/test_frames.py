"""The frame cache: made once, never half, made anew when anything it depends on changes."""

import numpy as np
import pytest
import torch

from audio_interaction.training.frames import cached_frames, tower_digest

CLIPS = [
    np.random.default_rng(i).standard_normal(n).astype(np.float32) * 0.1
    for i, n in enumerate((6_400, 100, 20_000))
]


def get(root, model, key=None, clips=CLIPS, calls=None):
    def make():
        if calls is not None:
            calls.append(1)
        for index, clip in enumerate(clips):
            yield {"index": index}, clip

    return cached_frames(root, key or {"seed": 1}, model, make, len(clips), "test")


def test_frames_are_the_models_own_up_to_half_precision(tmp_path, untrained):
    records, frames = get(tmp_path, untrained)
    assert [record["index"] for record in records] == [0, 1, 2]
    assert [len(piece) for piece in frames] == [10, 10, 40]
    for clip, piece in zip(CLIPS, frames, strict=True):
        expected = untrained.features(clip).flatten(0, 1)
        torch.testing.assert_close(piece.float(), expected, rtol=1e-2, atol=5e-3)


def test_the_second_time_nothing_is_encoded(tmp_path, untrained):
    calls = []
    first = get(tmp_path, untrained, calls=calls)
    second = get(tmp_path, untrained, calls=calls)
    assert len(calls) == 1
    assert all(torch.equal(a, b) for a, b in zip(first[1], second[1], strict=True))


def test_another_key_is_another_entry(tmp_path, untrained):
    calls = []
    get(tmp_path, untrained, {"seed": 1}, calls=calls)
    get(tmp_path, untrained, {"seed": 2}, calls=calls)
    assert len(calls) == 2


def test_an_interrupted_entry_leaves_nothing_and_is_made_again(tmp_path, untrained):
    def broken():
        yield {"index": 0}, CLIPS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_frames(tmp_path, {"seed": 1}, untrained, broken, 3, "test")
    assert list(tmp_path.iterdir()) == []
    assert len(get(tmp_path, untrained)[0]) == 3


def test_the_digest_knows_the_ears_and_not_the_projector(untrained):
    before = tower_digest(untrained)
    tower = untrained.thinker.model.audio_tower
    with torch.no_grad():
        tower.proj.weight += 1.0
        assert tower_digest(untrained) == before
        tower.proj.weight -= 1.0
        tower.layers[0].self_attn.q_proj.bias += 1.0
        assert tower_digest(untrained) != before
        tower.layers[0].self_attn.q_proj.bias -= 1.0
