"""Hand-computed cases. A chunk is 0.4 s; an event that ends at 2.0 s is due at chunk 4."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.matching import WINDOW, chunk_of, match, onsets
from audio_interaction.corpus.schema import Response
from audio_interaction.errors import UserError
from audio_interaction.protocol import trigger_chunk


@dataclass
class Said:
    chunk: int


def outcome(triggers, chunks, num_chunks=50):
    return match(
        [Response(start, end, "x") for start, end in triggers],
        [Said(chunk) for chunk in chunks],
        num_chunks,
    )


@pytest.mark.parametrize("chunk", [4, 5, 6])
def test_hit_within_the_window_with_its_delay(chunk):
    matched = outcome([(1.0, 2.0)], [chunk])
    assert [(hit.response, hit.spoken) for hit in matched.hits] == [(0, 0)]
    # The decision of chunk k is taken at its end, (k + 1) * 0.4 s.
    assert matched.hits[0].delay == pytest.approx((chunk + 1) * 0.4 - 2.0)
    assert matched.missed == matched.false_alarms == matched.early == ()


def test_delay_counts_the_rest_of_the_chunk_the_event_ends_in():
    assert outcome([(1.0, 1.9)], [4]).hits[0].delay == pytest.approx(0.1)


@pytest.mark.parametrize("chunk", [1, 7, 20])
def test_outside_of_trigger_and_window_is_a_false_alarm_and_leaves_the_trigger_open(chunk):
    matched = outcome([(1.0, 2.0)], [chunk])
    assert matched.hits == () and matched.early == ()
    assert matched.missed == (0,) and matched.false_alarms == (0,)


@pytest.mark.parametrize("chunk", [2, 3])
def test_early_uses_its_trigger_up(chunk):
    matched = outcome([(1.0, 2.0)], [chunk, 4])
    assert matched.early == ((0, 0),)
    assert matched.hits == ()
    assert matched.missed == (0,)
    assert matched.false_alarms == (0, 1)


def test_second_answer_is_a_false_alarm():
    matched = outcome([(1.0, 2.0)], [4, 5])
    assert [hit.spoken for hit in matched.hits] == [0]
    assert matched.false_alarms == (1,)


def test_a_hit_goes_before_an_early_answer_to_the_next_trigger():
    matched = outcome([(1.0, 2.0), (2.0, 4.0)], [5, 10])  # due at 4 and 9
    assert [(hit.response, hit.spoken) for hit in matched.hits] == [(0, 0), (1, 1)]
    assert matched.false_alarms == ()


def test_overlapping_windows_are_served_in_the_order_in_which_they_fell_due():
    matched = outcome([(2.0, 2.4), (1.0, 2.0)], [5, 6])  # due at 5 and 4
    assert [(hit.response, hit.spoken) for hit in matched.hits] == [(1, 0), (0, 1)]


def test_replies_need_not_be_in_order():
    matched = outcome([(1.0, 2.0)], [30, 4])
    assert [hit.spoken for hit in matched.hits] == [1]
    assert matched.false_alarms == (0,)


def test_start_on_a_border_belongs_to_the_chunk_that_begins_there():
    assert chunk_of(0.0) == 0
    assert chunk_of(0.8) == 2
    assert chunk_of(1.2) == 3  # 1.2 / 0.4 is 2.9999999999999996
    assert chunk_of(0.79) == 1
    assert outcome([(0.8, 2.0)], [1]).early == ()
    assert outcome([(0.8, 2.0)], [2]).early == ((0, 0),)


def test_replies_outside_the_stream_are_refused():
    with pytest.raises(UserError, match=r"chunks \[50\] of a stream of 50"):
        outcome([(1.0, 2.0)], [50])


times = st.tuples(st.floats(0, 15), st.floats(0.05, 3)).map(lambda t: (t[0], t[0] + t[1]))


@given(st.lists(times, max_size=6), st.lists(st.integers(0, 49), max_size=12))
def test_every_trigger_and_every_reply_has_one_outcome(triggers, chunks):
    matched = outcome(triggers, chunks)
    hit = {hit.response for hit in matched.hits}
    assert len(hit) == len(matched.hits)
    assert sorted([*hit, *matched.missed]) == list(range(len(triggers)))
    spoken = [hit.spoken for hit in matched.hits]
    assert sorted([*spoken, *matched.false_alarms]) == list(range(len(chunks)))
    for one in matched.hits:
        late = chunks[one.spoken] - trigger_chunk(triggers[one.response][1])
        assert 0 <= late <= WINDOW
        assert -1e-6 <= one.delay <= 1.2 + 1e-6
    assert {index for index, _ in matched.early} <= set(matched.missed)
    assert {said for _, said in matched.early} <= set(matched.false_alarms)


def test_a_curve_that_stays_high_begins_one_reply():
    curve = np.array([0.1, 0.6, 0.7, 0.5, 0.2, 0.9, 0.1])
    assert [onset.chunk for onset in onsets(curve, 0.5)] == [1, 5]
    assert [onset.chunk for onset in onsets(curve, 0.55)] == [1, 5]
    assert [onset.chunk for onset in onsets(curve, 0.65)] == [2, 5]
    assert onsets(curve, 0.95) == []


@given(st.lists(st.floats(0, 1), max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_begins_no_more_replies(curve, one, other):
    low, high = sorted((one, other))
    curve = np.array(curve)
    assert len(onsets(curve, high)) <= len(onsets(curve, low))
    begun = [onset.chunk for onset in onsets(curve, low)]
    assert all(later - earlier > WINDOW for earlier, later in zip(begun, begun[1:]))
