"""The lag of a reply is drawn anew in every batch, and needs no memory."""

import numpy as np
import pytest
import torch

from audio_interaction.corpus.schema import Response, Stream
from audio_interaction.layouts import parse_online
from audio_interaction.training.batches import Example, MixedBatches, PackedLoader
from audio_interaction.training.data import EncodedStream, Redrawn, stream_examples


def stream(index):
    responses = (Response(0.5, 2.1, "paris"), Response(4.0, 5.1, "three"))
    audio = np.zeros(0, np.float32)
    made = Stream(f"s{index}", "train", "chat", "listen", audio, (), responses)
    return EncodedStream(made, 20, torch.zeros(200, 384).half())


STREAMS = [stream(index) for index in range(6)]


@pytest.fixture
def redrawn(untrained):
    fixed = stream_examples(untrained, STREAMS[:1], 5)
    return Redrawn(untrained, STREAMS, 3, fixed)


def replies(model, example):
    return tuple(parse_online(model.tokens, example.layout.input_ids)[2])


def test_lags_differ_between_batches_and_stay_in_their_window(untrained, redrawn):
    seen = set()
    for other in range(1, 6):
        first = redrawn.in_batch(0, [0, other])
        seen.add(replies(untrained, first))
        # 2.1 s + U(0.4, 0.6) is in chunk 6, 5.1 s + U(0.4, 0.6) in chunks 13 and 14.
        at, then = replies(untrained, first)
        assert at == 6 and then in (13, 14)
    assert len(seen) > 1


def test_the_same_batch_draws_the_same(untrained, redrawn):
    once, again = (redrawn.in_batch(4, [2, 4]) for _ in range(2))
    assert once.layout == again.layout


def test_lengths_are_those_that_batches_were_made_by(untrained, redrawn):
    for batch in ([0, 1, 2], [3, 5], [4]):
        for index in batch:
            assert len(redrawn.in_batch(index, batch).layout) == len(redrawn[index].layout)


def test_other_examples_stay_as_they_are(redrawn):
    assert len(redrawn) == 7
    assert redrawn.in_batch(6, [6, 1]) is redrawn[6]


def test_epochs_through_the_loader_differ(untrained, redrawn):
    examples: list[Example] = redrawn.examples[:6]
    batches = iter(PackedLoader(redrawn, MixedBatches(examples, 1000, seed=0), 8))
    positions = []
    for _ in range(8):
        batch = next(batches)
        positions.append((batch.labels == untrained.tokens.response).nonzero()[:, 1].tolist())
    assert len({tuple(at) for at in positions}) > 1
