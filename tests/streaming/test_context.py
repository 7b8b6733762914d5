"""Bounded context: what is kept is as if the rest had never been heard, and the cost stays flat."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import DynamicCache

from audio_interaction.errors import UserError
from audio_interaction.protocol import CHUNK_SAMPLES
from audio_interaction.streaming.context import CONTEXT_SECONDS, Context, forget
from audio_interaction.streaming.session import Decision, Session, listen

SYSTEM = "listen and help when needed"
SILENT_CHUNK = 13  # <audio>, ten frames, <assistant>, <silent>


def sound(chunks, seed=1):
    rng = np.random.default_rng(seed)
    return 0.1 * rng.standard_normal(chunks * CHUNK_SAMPLES).astype(np.float32)


def prefix_of(model):
    """Positions of the instruction."""
    return len(model.tokens.prefix(model.tokens.online, model.encode(SYSTEM)))


def cache_of(model, ids):
    cache = DynamicCache()
    model.step(ids, cache)
    return cache


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(0, 20), st.integers(0, 40))
def test_the_first_layer_cannot_tell_that_anything_was_forgotten(untrained, before, gone, after):
    """Its keys and values know of their own token and position alone."""
    ids = np.random.default_rng(before).integers(40, 80, before + gone + after).tolist()
    cache = cache_of(untrained, ids)
    forget(untrained.thinker, cache, before, gone)
    kept = cache_of(untrained, ids[:before] + ids[before + gone :])
    assert cache.get_seq_length() == before + after
    torch.testing.assert_close(cache.layers[0].keys, kept.layers[0].keys, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(cache.layers[0].values, kept.layers[0].values)


def test_the_step_after_it_continues_at_the_next_position(untrained):
    ids = list(range(40, 70))
    cache = cache_of(untrained, ids)
    forget(untrained.thinker, cache, 5, 10)
    kept = cache_of(untrained, ids[:5] + ids[15:])
    for some in (cache, kept):
        untrained.step([71], some)
    new, expected = (some.layers[0].keys[:, :, -1] for some in (cache, kept))
    torch.testing.assert_close(new, expected)


def lengths(model, chunks, context_seconds, threshold=1.1):
    """Positions in the cache behind each chunk."""
    session = Session(model, SYSTEM, threshold, 4, context_seconds)
    prefix = prefix_of(model)
    found = []
    for chunk in np.split(sound(chunks), chunks):
        list(session.push(chunk))
        found.append(session.context.cache.get_seq_length() - prefix)
    return np.array(found)


def test_the_cache_stops_growing_and_loses_whole_chunks(untrained):
    found = lengths(untrained, 40, context_seconds=3.2)  # 8 chunks
    assert (np.diff(found[:8]) == SILENT_CHUNK).all()
    assert found.max() == 8 * SILENT_CHUNK - 1  # the last <silent> is not in yet
    assert set(np.diff(found)) == {SILENT_CHUNK, -SILENT_CHUNK}  # 2 of 8 go, the next one comes


def test_replies_go_with_their_chunks(untrained):
    found = lengths(untrained, 40, context_seconds=3.2, threshold=0.0)
    assert found.max() <= 8 * (SILENT_CHUNK + 7)
    unbounded = lengths(untrained, 40, context_seconds=None, threshold=0.0)
    assert unbounded[-1] > 3 * found.max()


def test_the_instruction_stays(untrained):
    session = Session(untrained, SYSTEM, 1.1, context_seconds=2.0)
    whole = Session(untrained, SYSTEM, 1.1, context_seconds=None)
    prefix = prefix_of(untrained)
    for some in (session, whole):
        list(some.push(sound(20)))
    for bounded, all_of_it in zip(
        session.context.cache.layers, whole.context.cache.layers, strict=True
    ):
        assert torch.equal(bounded.keys[:, :, :prefix], all_of_it.keys[:, :, :prefix])
        assert torch.equal(bounded.values[:, :, :prefix], all_of_it.values[:, :, :prefix])


def test_nothing_is_forgotten_in_a_stream_that_fits(untrained):
    samples = sound(round(30 / 0.4))
    session = Session(untrained, SYSTEM, 1.1)
    events = [*session.push(samples), *session.flush()]
    p_response = [event.p_response for event in events if isinstance(event, Decision)]
    assert p_response == listen(untrained, samples, SYSTEM, 1.1).p_response.tolist()
    assert session.context.chunks == len(p_response) - 1 < CONTEXT_SECONDS / 0.4


def test_a_context_too_short_is_refused():
    with pytest.raises(UserError, match="1 s is too short to hear in; give at least 1.6 s"):
        Context(5, 1.0)
