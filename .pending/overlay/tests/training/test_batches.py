"""Padding and batching."""

from itertools import islice

import torch

from audio_interaction.protocol import IGNORED, ControlTokens, offline_layout
from audio_interaction.training.batches import Example, LengthBatches, collate

TOKENS = ControlTokens(*range(20))


def example(frames, words):
    layout = offline_layout(TOKENS, [], frames, [30], list(range(100, 100 + words)))
    return Example(layout, torch.randn(frames, 8).half(), (5,) * words, 0.5)


def test_collating_pads_on_the_right_and_keeps_every_frame():
    short, long = example(2, 1), example(4, 3)
    batch = collate([short, long], TOKENS.pad)
    n = len(short.layout)
    assert batch.input_ids[0, n:].eq(TOKENS.pad).all() and batch.labels[0, n:].eq(IGNORED).all()
    assert batch.weights[0, n:].eq(0).all() and batch.weights[0, :n].eq(0.5).all()
    assert batch.is_frame.sum() == len(batch.frames) == 6
    assert batch.transcript_lengths.tolist() == [1, 3]
    torch.testing.assert_close(batch.frames[:2], short.frames.float())


def test_batches_stay_within_their_positions_and_see_everything_once_an_epoch():
    lengths = torch.randint(20, 900, (500,)).tolist()
    sampler = LengthBatches(lengths, positions=2000, seed=1)
    seen, batches = [], iter(sampler)
    while len(seen) < 500:
        batch = next(batches)
        assert max(lengths[i] for i in batch) * len(batch) <= 2000
        seen += batch
    assert sorted(seen) == list(range(500))


def test_a_sequence_longer_than_a_batch_stands_alone():
    first = list(islice(LengthBatches([5000, 10], positions=100, seed=0), 2))
    assert sorted(first) == [[0], [1]]


def test_order_follows_the_seed_and_changes_with_the_epoch():
    lengths = list(range(50, 250))
    once = list(islice(LengthBatches(lengths, 1000, seed=3), 120))
    assert once == list(islice(LengthBatches(lengths, 1000, seed=3), 120))
    assert once != list(islice(LengthBatches(lengths, 1000, seed=4), 120))
    epoch = next(i for i in range(1, 120) if len({x for b in once[:i] for x in b}) == 200)
    assert once[:epoch] != once[epoch : 2 * epoch]
