"""Geometry and tokens."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.protocol import (
    CHUNK_SAMPLES,
    SAMPLE_RATE,
    ControlTokens,
    chunks_in,
    seconds_of,
    trigger_chunk,
)

TOKENS = ControlTokens(*range(20))


@pytest.mark.parametrize(
    ("end", "chunk"), [(0.01, 0), (0.4, 0), (0.4001, 1), (1.2, 2), (1.21, 3), (3600.0, 8999)]
)
def test_a_trigger_belongs_to_the_chunk_in_which_it_ends(end, chunk):
    assert trigger_chunk(end) == chunk


@given(st.integers(1, 10**9))
def test_the_trigger_chunk_is_the_papers_ceiling_counted_from_zero(samples):
    assert trigger_chunk(samples / SAMPLE_RATE) == math.ceil(samples / CHUNK_SAMPLES) - 1


@pytest.mark.parametrize("end", [0, -1.0, math.nan, math.inf])
def test_an_event_without_a_finite_positive_end_is_refused(end):
    with pytest.raises(ValueError, match="must end after 0 s"):
        trigger_chunk(end)


@given(st.integers(0, 10**7))
def test_chunks_cover_the_samples_and_no_more(samples):
    chunks = chunks_in(samples)
    assert chunks * CHUNK_SAMPLES >= samples > (chunks - 1) * CHUNK_SAMPLES
    assert seconds_of(chunks) * SAMPLE_RATE >= samples


def test_the_released_ids_are_those_of_its_tokens_file():
    released = ControlTokens.released()
    assert (released.silent, released.response, released.end) == (151605, 151644, 151643)
    assert released.listening() == [151647, *[151608] * 10, 151602]
    assert len(released.ids()) == 18 and len(released.names()) == 20
    assert released.emotion("urgent") == 151619 and released.emotion_name(151614) == "happy"


def test_an_unknown_emotion_is_refused():
    with pytest.raises(ValueError, match="unknown emotion 'bored'; choose one of happy"):
        TOKENS.emotion("bored")
