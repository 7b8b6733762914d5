"""Replies that come a chunk early or late: nothing is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.labels import decision_chunks, due_chunks
from audio_interaction.corpus.matching import Onset, match
from audio_interaction.corpus.schema import Response
from audio_interaction.training.slips import slipped
from tests.training.histories import CHUNKS, SEEDS, SHARES, conversations, stream_of, transcripts


def drawn(stream, share, seed):
    """What is due with this seed, and what is said instead."""
    rng = np.random.default_rng(seed)
    due = due_chunks(stream, CHUNKS, rng)
    return due, slipped(stream, CHUNKS, due, share, rng)


@given(transcripts(), SHARES, SEEDS)
def test_every_word_is_said_once_and_in_order(stream, share, seed):
    _, said = drawn(stream, share, seed)
    assert " ".join(text for text, _ in said.values()).split() == [r.text for r in stream.responses]
    assert list(said) == sorted(said)


@given(conversations(), SHARES, SEEDS)
def test_a_reply_that_slips_is_still_in_time(stream, share, seed):
    due, said = drawn(stream, share, seed)

    def hits(chunks):
        return len(match(stream.responses, [Onset(chunk) for chunk in chunks], CHUNKS).hits)

    assert hits(said) >= hits(due)


def test_a_reply_does_not_slip_into_the_window_of_the_next_trigger():
    stream = stream_of(Response(1.0, 1.5, "yes"), Response(1.875, 2.375, "no"))  # end in 3 and 5
    due = due_chunks(stream, CHUNKS, 0.9)
    assert list(due) == [5, 8]
    for seed in range(20):
        said = slipped(stream, CHUNKS, due, 1.0, np.random.default_rng(seed))
        assert {text: chunk for chunk, (text, _) in said.items()}["yes"] in (4, 5)


def test_half_of_the_slips_are_early():
    stream = stream_of(Response(0.5, 1.7, "yes"))  # in chunk 4; the answer is due in 5
    moves = []
    for seed in range(400):
        (due,), (chunk,) = drawn(stream, 0.5, seed)
        moves.append(chunk - due)
    shares = [moves.count(move) / 400 for move in (-1, 0, 1)]
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.08)


@given(st.one_of(transcripts(), conversations()), SEEDS)
def test_a_share_of_none_leaves_all_where_it_is_due(stream, seed):
    _, said = drawn(stream, 0.0, seed)
    assert said == decision_chunks(stream, CHUNKS, np.random.default_rng(seed))
