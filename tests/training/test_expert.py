"""What is owed, given what was said before."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.labels import decision_chunks, due_chunks
from audio_interaction.corpus.matching import WINDOW, Onset, match
from audio_interaction.corpus.schema import Response
from audio_interaction.layouts import parse_online
from audio_interaction.training.data import EncodedStream, stream_layout
from audio_interaction.training.expert import owed
from audio_interaction.training.slips import slipped
from tests.training.histories import (
    CHUNKS,
    SEEDS,
    SHARES,
    conversations,
    stream_of,
    transcripts,
    words,
)

HISTORIES = st.dictionaries(
    st.integers(0, CHUNKS - 1), st.sampled_from(["yes 0", "w1", "w2 w3", "no", ""]), max_size=12
).map(lambda said: {chunk: (said[chunk], "normal") for chunk in sorted(said)})
STREAMS = st.one_of(transcripts(), conversations())


def owed_after(stream, said, lag=0.5):
    said = {chunk: (text, "normal") for chunk, text in said.items()}
    told = owed(stream, CHUNKS, due_chunks(stream, CHUNKS, lag), said)
    return {chunk: text for chunk, (text, _) in told.items()}


@given(STREAMS, SEEDS)
def test_after_the_true_history_what_is_due_is_owed(stream, seed):
    due = due_chunks(stream, CHUNKS, np.random.default_rng(seed))
    said = decision_chunks(stream, CHUNKS, np.random.default_rng(seed))
    assert owed(stream, CHUNKS, due, said) == said


@given(STREAMS, SHARES, SEEDS)
def test_after_slips_all_that_is_due_and_unsaid_is_owed(stream, share, seed):
    rng = np.random.default_rng(seed)
    due = due_chunks(stream, CHUNKS, rng)
    said = slipped(stream, CHUNKS, due, share, rng)
    told = owed(stream, CHUNKS, due, said)
    ours, count = [], 0
    for chunk in range(CHUNKS):
        ours += [word for r in due.get(chunk, ()) for word in r.text.split()]
        assert told.get(chunk, ("", ""))[0].split() == ours[count:]
        count += len(said[chunk][0].split()) if chunk in said else 0
    assert count == len(ours)


@given(STREAMS, HISTORIES, SEEDS)
def test_the_expert_does_not_know_what_will_be_said(stream, said, seed):
    due = due_chunks(stream, CHUNKS, 0.5)
    now = seed % CHUNKS
    before = {chunk: one for chunk, one in said.items() if chunk < now}
    some, all_ = (owed(stream, CHUNKS, due, history) for history in (before, said))
    assert {c: one for c, one in some.items() if c <= now} == {
        c: one for c, one in all_.items() if c <= now
    }


@given(conversations(), HISTORIES)
def test_to_follow_the_expert_is_never_a_false_alarm(stream, said):
    """Whatever was said until some chunk: what is owed next answers a trigger that is open."""
    told = owed_after(stream, {chunk: text for chunk, (text, _) in said.items()})
    for chunk in told:
        spoken = [Onset(c) for c in said if c < chunk] + [Onset(chunk)]
        matched = match(stream.responses, spoken, CHUNKS)
        assert len(spoken) - 1 in {hit.spoken for hit in matched.hits}


def test_a_word_is_owed_until_it_is_said_or_too_late():
    stream = words(1.0, 3.0)  # due in chunks 3 and 8
    assert owed_after(stream, {}) == {
        **dict.fromkeys(range(3, 4 + WINDOW), "w0"),
        **dict.fromkeys(range(8, 9 + WINDOW), "w1"),
    }
    assert owed_after(stream, {4: "w0", 8: "w1"}) == {3: "w0", 4: "w0", 8: "w1"}


@pytest.mark.parametrize(
    ("said", "fourth"),
    [
        ({3: "w0"}, "w1"),
        ({3: "w0 w1"}, None),  # early, and not owed any more
        ({3: "w1"}, None),  # w0 was passed over
        ({3: "v0"}, "w1"),  # another word in its place
        ({3: "w0 v1"}, "w1"),  # w1 was not due yet, so it is still owed
        ({2: "w0", 3: "w0"}, "w1"),
        ({2: "v0"}, "w0 w1"),
        ({2: "v0", 3: "v0"}, "w0 w1"),  # the word before, again, stands in nobody's place
        ({3: "v0 w0"}, "w1"),
        ({3: ""}, "w0 w1"),
    ],
)
def test_which_words_count_as_told(said, fourth):
    stream = words(1.0, 1.5)  # due in chunks 3 and 4
    assert owed_after(stream, said).get(4) == fourth


def test_an_early_reply_uses_its_trigger_up_and_a_late_one_is_owed_until_then():
    stream = stream_of(Response(1.0, 2.0, "yes"))  # ends in chunk 4
    assert owed_after(stream, {}) == {6: "yes"}
    assert owed_after(stream, {3: "yes"}) == {}
    assert owed_after(stream, {5: "yes"}) == {}
    assert owed_after(stream, {1: "yes"}) == {6: "yes"}
    assert owed_after(stream, {6: "no"}, lag=0.2) == {5: "yes", 6: "yes"}


def test_the_layout_teaches_what_is_owed(untrained):
    stream = words(*np.arange(0.3, 2.6, 0.4))
    encoded = EncodedStream(stream, 12, torch.zeros(120, 384).half())
    tokens, seen = untrained.tokens, set()
    for seed in range(20):
        layout = stream_layout(untrained, encoded, np.random.default_rng(seed), 1.0)
        _, _, replies = parse_online(tokens, layout.input_ids)
        said = [word for reply in replies.values() for word in untrained.decode(reply.text).split()]
        assert said == [response.text for response in stream.responses]
        assert [i for i, flag in enumerate(layout.is_decision) if flag] == layout.decisions
        for i in layout.decisions:
            seen.add((layout.input_ids[i] == tokens.response, layout.labels[i] == tokens.response))
    assert seen == {(True, True), (True, False), (False, True), (False, False)}


def test_the_layout_takes_the_history_that_is_given(untrained):
    encoded = EncodedStream(words(1.0), 8, torch.zeros(80, 384).half())
    layout = stream_layout(untrained, encoded, 0.5, history={2: ("no", "sad")})
    _, _, replies = parse_online(untrained.tokens, layout.input_ids)
    assert {c: (untrained.decode(r.text), r.emotion) for c, r in replies.items()} == {
        2: ("no", "sad")
    }
    taught = [layout.labels[i] == untrained.tokens.response for i in layout.decisions]
    assert taught == [chunk in (3, 4, 5) for chunk in range(8)]
