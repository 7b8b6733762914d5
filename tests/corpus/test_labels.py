import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.matching import WINDOW
from audio_interaction.corpus.schema import Response, Stream
from audio_interaction.errors import UserError
from audio_interaction.protocol import trigger_chunk


def stream_of(*responses: Response) -> Stream:
    return Stream("s", "test", "chat", "listen", np.zeros(0, np.float32), (), responses)


def spoken(end: float, text: str, kind: str = "answer") -> Response:
    return Response(max(0.0, end - 0.3), end, text, kind=kind)


def test_a_reply_comes_in_the_chunk_after_its_lag():
    # 1.0 s + 0.5 s lies in the fourth chunk (1.2 to 1.6 s), 1.15 s + 0.5 s in the fifth.
    assert decision_chunks(stream_of(spoken(1.0, "yes")), 10) == {3: ("yes", "normal")}
    assert decision_chunks(stream_of(spoken(1.15, "yes")), 10) == {4: ("yes", "normal")}
    assert decision_chunks(stream_of(spoken(1.15, "yes")), 10, lag=0.0) == {2: ("yes", "normal")}


def test_the_emotion_is_kept():
    urgent = Response(0.1, 0.5, "careful", "urgent", "warn")
    assert decision_chunks(stream_of(urgent), 5) == {2: ("careful", "urgent")}


def test_words_wait_one_chunk_and_are_joined():
    words = [spoken(end, text, "transcript") for end, text in
             [(0.3, "what"), (0.4, "is"), (0.5, "the"), (1.0, "capital")]]  # fmt: skip
    expected = {1: ("what is", "normal"), 2: ("the", "normal"), 3: ("capital", "normal")}
    assert decision_chunks(stream_of(*words), 5) == expected
    # The lag of a transcript is fixed.
    assert decision_chunks(stream_of(*words), 5, np.random.default_rng(0)) == expected


def test_two_replies_in_one_chunk_take_turns():
    stream = stream_of(spoken(0.5, "a"), spoken(0.55, "b"), spoken(0.9, "c"))
    placed = decision_chunks(stream, 6)
    assert {chunk: text for chunk, (text, _) in placed.items()} == {2: "a", 3: "b", 4: "c"}


@given(
    ends=st.lists(st.floats(0.05, 20.0), max_size=12).map(sorted),
    kind=st.sampled_from(["answer", "transcript"]),
    seed=st.one_of(st.none(), st.integers(0, 1000)),
)
def test_nothing_is_lost_and_nothing_is_early(ends, kind, seed):
    stream = stream_of(*(spoken(end, str(index), kind) for index, end in enumerate(ends)))
    lag = 0.18 if seed is None else np.random.default_rng(seed)
    placed = decision_chunks(stream, 100, lag)
    assert list(placed) == sorted(placed)
    said = [(chunk, int(word)) for chunk, (text, _) in placed.items() for word in text.split()]
    assert sorted(index for _, index in said) == list(range(len(ends)))
    for chunk, index in said:
        assert chunk >= trigger_chunk(ends[index])


def test_a_training_lag_is_drawn_for_every_reply_and_repeats_with_its_seed():
    def placed(seed):
        return decision_chunks(stream, 200, np.random.default_rng(seed))

    # Late in a chunk: half of the lags reach into the next but one.
    stream = stream_of(*(spoken(0.4 * k - 0.1, str(k)) for k in range(4, 190, 3)))
    assert placed(1) == placed(1) != placed(2)
    later = [chunk + 1 - int(text) for chunk, (text, _) in placed(1).items()]
    assert {*later} == {1, 2} and 0.3 < later.count(2) / len(later) < 0.7


def test_a_training_lag_stays_in_the_window_of_the_evaluation():
    rng = np.random.default_rng(0)
    for end in rng.uniform(0.4, 4.0, 500):
        (chunk,) = decision_chunks(stream_of(spoken(end, "yes")), 20, rng)
        assert 0 <= chunk - trigger_chunk(end) <= WINDOW


def test_a_reply_behind_the_end_is_an_error():
    with pytest.raises(UserError, match="due at chunk 6 of 5"):
        decision_chunks(stream_of(spoken(1.95, "late")), 5)
