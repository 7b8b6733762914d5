"""Replies that come a chunk early or late: nothing is lost, and what is owed is taught."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.matching import Onset, match
from audio_interaction.corpus.schema import Response, Stream
from audio_interaction.layouts import parse_online
from audio_interaction.training.data import EncodedStream, stream_layout
from audio_interaction.training.slips import slipped

CHUNKS = 60
SEEDS = st.integers(0, 10_000)
SHARES = st.sampled_from([0.1, 0.5, 1.0])


def stream_of(*responses):
    return Stream("s", "train", "chat", "listen", np.zeros(0, np.float32), (), responses)


@st.composite
def transcripts(draw):
    """Up to 30 words of 0.1 to 0.7 s, one after the other."""
    ends = np.cumsum(draw(st.lists(st.floats(0.1, 0.7), min_size=1, max_size=30)))
    words = [
        Response(end - 0.05, end, f"w{i}", kind="transcript") for i, end in enumerate(ends.tolist())
    ]
    return stream_of(*words)


@st.composite
def conversations(draw):
    """Up to six replies to triggers that end 0.7 to 4 s apart."""
    ends = np.cumsum(draw(st.lists(st.floats(0.7, 3.5), min_size=1, max_size=6)))
    return stream_of(*(Response(e - 0.5, e, f"yes {i}") for i, e in enumerate(ends.tolist())))


def drawn(stream, share, seed):
    return slipped(stream, CHUNKS, np.random.default_rng(seed), share)


@given(transcripts(), SHARES, SEEDS)
def test_every_word_is_said_once_and_in_order(stream, share, seed):
    told, _ = drawn(stream, share, seed)
    assert " ".join(text for text, _ in told.values()).split() == [r.text for r in stream.responses]
    assert list(told) == sorted(told)


@given(st.one_of(transcripts(), conversations()), SHARES, SEEDS)
def test_what_is_taught_is_to_say_what_is_owed(stream, share, seed):
    """The expert, asked anew at every chunk: respond if anything due has not been said yet."""
    told, owed = drawn(stream, share, seed)
    # The lag is drawn before the slips, so this is what was due.
    due = decision_chunks(stream, CHUNKS, np.random.default_rng(seed))
    ours, said = [], 0
    for chunk in range(CHUNKS):
        ours += due[chunk][0].split() if chunk in due else []
        assert owed.get(chunk, ("", ""))[0].split() == ours[said:]
        said += len(told[chunk][0].split()) if chunk in told else 0
    assert said == len(ours)


@given(conversations(), SHARES, SEEDS)
def test_a_reply_that_slips_is_still_in_time(stream, share, seed):
    due = decision_chunks(stream, CHUNKS, np.random.default_rng(seed))
    told, _ = drawn(stream, share, seed)

    def hits(chunks):
        return len(match(stream.responses, [Onset(chunk) for chunk in chunks], CHUNKS).hits)

    assert hits(told) >= hits(due)


def test_half_of_the_slips_are_early():
    stream = stream_of(Response(0.5, 1.7, "yes"))  # in chunk 4; the answer is due in 5
    moves = []
    for seed in range(400):
        (due,) = decision_chunks(stream, CHUNKS, np.random.default_rng(seed))
        (chunk,) = drawn(stream, 0.5, seed)[0]
        moves.append(chunk - due)
    shares = [moves.count(move) / 400 for move in (-1, 0, 1)]
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.08)


@given(st.one_of(transcripts(), conversations()))
def test_without_slips_all_is_due(stream):
    told, owed = slipped(stream, CHUNKS, 0.5)
    assert told == owed == decision_chunks(stream, CHUNKS, 0.5)


def test_the_layout_teaches_what_is_owed(untrained):
    words = [
        Response(0.4 * i + 0.1, 0.4 * i + 0.3, word, kind="transcript")
        for i, word in enumerate("abcdef")
    ]
    encoded = EncodedStream(stream_of(*words), 12, torch.zeros(120, 384).half())
    tokens, seen = untrained.tokens, set()
    for seed in range(20):
        layout = stream_layout(untrained, encoded, np.random.default_rng(seed), 1.0)
        _, _, replies = parse_online(tokens, layout.input_ids)
        said = [word for reply in replies.values() for word in untrained.decode(reply.text).split()]
        assert said == list("abcdef")
        assert [i for i, flag in enumerate(layout.is_decision) if flag] == layout.decisions
        for i in layout.decisions:
            seen.add((layout.input_ids[i] == tokens.response, layout.labels[i] == tokens.response))
    assert seen == {(True, True), (True, False), (False, True), (False, False)}
