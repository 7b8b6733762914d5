"""Packing and batching."""

from itertools import islice

import torch

from audio_interaction.layouts import Layout, offline_layout
from audio_interaction.protocol import ControlTokens
from audio_interaction.training.batches import Example, MixedBatches, collate

TOKENS = ControlTokens(*range(20))


def example(frames, words):
    layout = offline_layout(TOKENS, [], frames, [30], list(range(100, 100 + words)))
    return Example(layout, torch.randn(frames, 8).half(), (5,) * words, 0.5)


def of_length(length, group=None):
    layout = Layout([0] * length, [0] * length, [False] * length, [False] * length)
    return Example(layout, torch.zeros(0, 8), group=group)


def test_collating_packs_sequences_one_behind_the_other():
    short, long = example(2, 1), Example(example(4, 3).layout, torch.randn(4, 8), (5,) * 3, 2.0)
    batch = collate([short, long])
    n = len(short.layout)
    assert batch.segments == (n, len(long.layout))
    assert batch.input_ids[0].tolist() == short.layout.input_ids + long.layout.input_ids
    assert batch.labels[0].tolist() == short.layout.labels + long.layout.labels
    assert batch.weights[0, :n].eq(0.5).all() and batch.weights[0, n:].eq(2.0).all()
    assert batch.is_frame.sum() == len(batch.frames) == 6
    assert batch.frame_counts.tolist() == [2, 4]
    assert batch.transcript_lengths.tolist() == [1, 3]
    torch.testing.assert_close(batch.frames[:2], short.frames.float())


def test_batches_stay_within_their_positions_and_see_everything_once_an_epoch():
    examples = [of_length(n) for n in torch.randint(20, 900, (500,)).tolist()]
    seen, batches = [], iter(MixedBatches(examples, positions=2000, seed=1))
    while len(seen) < 500:
        batch = next(batches)
        assert sum(len(examples[i].layout) for i in batch) <= 2000
        seen += batch
    assert sorted(seen) == list(range(500))


def test_every_batch_holds_its_share_of_each_group():
    groups = ["asr"] * 40 + ["chat"] * 20 + ["negative"] * 60
    batches = MixedBatches([of_length(100, group) for group in groups], 1200, seed=2)
    for batch in islice(batches, 10):
        held = [groups[i] for i in batch]
        for group, share in (("asr", 4), ("chat", 2), ("negative", 6)):
            assert abs(held.count(group) - share) <= 1


def test_a_sequence_longer_than_a_batch_stands_alone():
    first = list(islice(MixedBatches([of_length(5000), of_length(10)], 100, seed=0), 2))
    assert sorted(first) == [[0], [1]]


def test_order_follows_the_seed_and_changes_with_the_epoch():
    examples = [of_length(n) for n in range(50, 250)]
    once = list(islice(MixedBatches(examples, 1000, seed=3), 120))
    assert once == list(islice(MixedBatches(examples, 1000, seed=3), 120))
    assert once != list(islice(MixedBatches(examples, 1000, seed=4), 120))
    epoch = next(i for i in range(1, 120) if len({x for b in once[:i] for x in b}) == 200)
    assert once[:epoch] != once[epoch : 2 * epoch]
