"""The continuity ratio on frames whose answer is known, and on a model with real ears."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from audio_interaction.analysis.continuity import (
    PAIRS,
    Continuity,
    continuity_ratio,
    encode_joined,
    frames_by_stage,
    measure_continuity,
    pair_cosines,
)
from audio_interaction.corpus.schema import Stream
from audio_interaction.errors import UserError
from audio_interaction.protocol import CHUNK_SAMPLES

SOUND = np.random.default_rng(0).standard_normal(8 * CHUNK_SAMPLES).astype(np.float32) * 0.1
SYSTEM = "listen"


def turning(angles):
    """Unit vectors in the plane, one for each angle (C, 10) in radians."""
    angles = torch.as_tensor(angles, dtype=torch.float64)
    return torch.stack([angles.cos(), angles.sin()], -1)


def steady(chunks, step):
    return turning(step * torch.arange(10 * chunks).double().reshape(chunks, 10))


def test_a_steady_motion_has_no_seam():
    frames = steady(7, 0.3)
    cosines = pair_cosines(frames)
    assert {name: len(values) for name, values in cosines.items()} == {
        "inside": 63,
        "border": 6,
        "apart": 3,
    }
    torch.testing.assert_close(cosines["border"], torch.full((6,), math.cos(0.3)).double())
    # From the last frame of a chunk to the first of the fifth after it: 41 steps, or 51.
    expected = [math.cos(0.3 * 41), math.cos(0.3 * 51), math.cos(0.3 * 41)]
    torch.testing.assert_close(cosines["apart"], torch.tensor(expected).double())
    assert continuity_ratio(frames) == pytest.approx(1)


def test_the_ratio_is_of_means_and_knows_no_length():
    jump = steady(3, 0.2)
    jump[1:] = turning(0.2 * torch.arange(20).double().reshape(2, 10) + 1.8 + 1.0)  # 1 rad on
    expected = (math.cos(1.0) + math.cos(0.2)) / 2 / math.cos(0.2)
    assert continuity_ratio(jump) == pytest.approx(expected)
    lengths = torch.linspace(0.1, 9, 30).reshape(3, 10, 1)
    assert continuity_ratio(jump * lengths) == pytest.approx(expected)


def test_unrelated_chunks_have_ratio_zero():
    frames = torch.eye(4)[:, None].expand(4, 10, 4)
    assert continuity_ratio(frames) == 0
    assert len(pair_cosines(frames)["apart"]) == 0


@pytest.mark.parametrize("shape", [(1, 10, 4), (0, 10, 4), (5, 20, 4), (20, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(UserError, match=r"frames \(chunks, 10, width\) of two chunks"):
        continuity_ratio(torch.ones(shape))


def test_every_stage_has_ten_frames_a_chunk(untrained):
    stages = frames_by_stage(untrained, SOUND, SYSTEM)
    assert list(stages) == ["log-mel", "encoder", "projector", *(f"layer {n}" for n in range(5))]
    assert {tuple(frames.shape[:2]) for frames in stages.values()} == {(8, 10)}
    assert [stages[name].shape[2] for name in ("log-mel", "encoder", "layer 0")] == [80, 384, 256]
    torch.testing.assert_close(stages["encoder"], untrained.features(SOUND))
    with pytest.raises(UserError, match="0 samples"):
        frames_by_stage(untrained, SOUND[:0], SYSTEM)


def test_the_last_layer_is_what_the_model_decides_on(untrained):
    from audio_interaction.layouts import online_layout

    stages = frames_by_stage(untrained, SOUND, SYSTEM)
    layout = online_layout(untrained.tokens, untrained.encode(SYSTEM), 8, {})
    ids, places = torch.tensor([layout.input_ids]), torch.tensor([layout.is_frame])
    with torch.inference_mode():
        embeddings = untrained.thinker.embed(ids, places, stages["encoder"].flatten(0, 1))
        expected = untrained.thinker.decode_embeddings(embeddings)[places]
        ours = untrained.thinker.model.language_model.norm(stages["layer 4"].flatten(0, 1))
    torch.testing.assert_close(ours, expected)


def test_alone_a_chunk_knows_nothing_of_the_one_before(untrained):
    other = SOUND.copy()
    other[: 2 * CHUNK_SAMPLES] = 0.0  # chunk 2 still has 15 ms of it before its first sample
    for alone in (False, True):
        before, after = (frames_by_stage(untrained, s, SYSTEM, alone) for s in (SOUND, other))
        torch.testing.assert_close(after["encoder"][3:], before["encoder"][3:])
        same = torch.allclose(after["layer 4"][3:], before["layer 4"][3:], atol=1e-5)
        assert same == alone
    first = frames_by_stage(untrained, SOUND, SYSTEM)["layer 4"][0]
    torch.testing.assert_close(
        frames_by_stage(untrained, SOUND, SYSTEM, alone=True)["layer 4"][0],
        first,
        rtol=1e-3,
        atol=1e-4,
    )


def test_joined_the_encoder_has_no_borders(untrained):
    joined = encode_joined(untrained, SOUND)
    alone = untrained.features(SOUND)
    assert joined.shape == alone.shape
    assert continuity_ratio(joined) > continuity_ratio(alone) + 0.2
    one = SOUND[:CHUNK_SAMPLES]
    torch.testing.assert_close(
        encode_joined(untrained, one), untrained.features(one), rtol=1e-4, atol=1e-4
    )
    for samples in (SOUND[:0], np.zeros(75 * CHUNK_SAMPLES + 1, np.float32)):
        with pytest.raises(UserError, match="1 to 75 chunks"):
            encode_joined(untrained, samples)


def streams(*lengths):
    """Streams of so many chunks each, cut from one noise."""
    sounds = [SOUND[: length * CHUNK_SAMPLES] for length in lengths]
    whole = Stream("demo", "test", "chat", SYSTEM, SOUND, (), (), 12.0)
    return [replace(whole, audio=sound) for sound in sounds]


def test_streams_are_pooled_and_the_interval_holds_the_value(untrained):
    measured = measure_continuity(untrained, streams(8, 5, 3))
    assert measured.streams == 3
    assert measured.counts["border"].tolist() == [7, 4, 2]
    assert measured.counts["apart"].tolist() == [6, 0, 0]
    ratios = measured.ratios()
    assert tuple(ratios) == measured.stages
    assert all(each.low <= each.value <= each.high for each in ratios.values())
    (first,) = (measured.select([True, False, False]).ratios()[name] for name in ["encoder"])
    assert first.value == pytest.approx(continuity_ratio(untrained.features(SOUND)))
    assert first.items == 1
    with pytest.raises(UserError, match="there are none"):
        measure_continuity(untrained, [])
    with pytest.raises(UserError, match="two chunks or more"):
        measure_continuity(untrained, streams(1))


def test_known_sums_give_known_ratios():
    sums = {"inside": [[8.0], [10.0]], "border": [[1.0], [2.0]], "apart": [[0.5], [0.0]]}
    counts = {"inside": [10, 10], "border": [2, 4], "apart": [5, 0]}
    measured = Continuity(
        ("encoder",),
        {name: np.array(sums[name]) for name in PAIRS},
        {name: np.array(counts[name]) for name in PAIRS},
    )
    assert measured.ratios()["encoder"].value == pytest.approx(0.5 / 0.9)
    assert measured.ratios("apart")["encoder"].value == pytest.approx(0.1 / 0.9)


def test_gains_are_paired(untrained):
    measured = measure_continuity(untrained, streams(8, 5, 3))
    hidden = measure_continuity(untrained, streams(8, 5, 3), alone=True)
    gains = measured.gains(hidden)
    assert gains["encoder"].value == gains["encoder"].low == gains["encoder"].high == 0
    ratios, others = measured.ratios(), hidden.ratios()
    for stage, gain in gains.items():
        assert gain.value == pytest.approx(ratios[stage].value - others[stage].value)
        assert gain.low <= gain.value <= gain.high
    assert gains["layer 4"].value != 0
    with pytest.raises(UserError, match="3 streams at 8 stages and 1 at 8"):
        measured.gains(hidden.select([True, False, False]))
