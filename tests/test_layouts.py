"""The two layouts: what is said in them, and what is taught."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.layouts import IGNORED, Reply, offline_layout, online_layout, parse_online
from audio_interaction.protocol import EMOTIONS, POSITIONS_PER_SILENT_CHUNK, ControlTokens

TOKENS = ControlTokens(*range(20))
WORDS = st.lists(st.integers(20, 900), max_size=8).map(tuple)
REPLIES = st.builds(Reply, WORDS, st.sampled_from(EMOTIONS))


@given(
    WORDS,
    st.integers(0, 12).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.dictionaries(st.integers(0, max(0, n - 1)), REPLIES) if n else st.just({}),
        )
    ),
)
def test_an_online_layout_round_trips(system, stream):
    chunks, replies = stream
    layout = online_layout(TOKENS, system, chunks, replies)
    assert parse_online(TOKENS, layout.input_ids) == (list(system), chunks, replies)


def test_layouts_of_the_release_open_written_text_with_response():
    t = ControlTokens.released()
    reply = Reply((7, 8), "sad")
    ids = online_layout(t, [5, 6], 2, {1: reply}).input_ids
    block = [151647, *[151608] * 10, 151602]
    prefix = [151609, 151611, 151644, 151644, 5, 6, 151643]
    assert ids == [*prefix, *block, 151605, *block, 151644, 151615, 7, 8, 151643]
    assert parse_online(t, ids) == ([5, 6], 2, {1: reply})
    assert offline_layout(t, [5], 1, [9], complete=False).input_ids == [
        151610, 151611, 151644, 151644, 5, 151643, 151647, 151646, 151648,
        151601, 151644, 9, 151643, 151602, 151644,
    ]  # fmt: skip


@given(WORDS, st.dictionaries(st.integers(0, 5), REPLIES))
def test_online_labels_cover_decisions_and_words_and_nothing_else(system, replies):
    layout = online_layout(TOKENS, system, 6, replies)
    supervised = [i for i, label in enumerate(layout.labels) if label != IGNORED]
    expected = 6 + sum(len(reply.text) + 2 for reply in replies.values())
    assert len(supervised) == expected
    assert all(layout.labels[i] == layout.input_ids[i] for i in supervised)
    assert [i for i, flag in enumerate(layout.is_decision) if flag] == layout.decisions
    assert sum(layout.is_frame) == 60
    assert all(layout.input_ids[i - 1] == TOKENS.assistant for i in layout.decisions)


@pytest.mark.parametrize(
    ("owed", "labels"),
    [
        ((31, 32, 33), ["response", "normal", 31, 32, 33, "end"]),
        ((31, 32, 33, 34, 35), ["response", "normal", 31, 32, 33, 34]),  # go on, do not end
        ((31,), ["response", "normal", 31, "end"]),  # end there, do not go on
        ((31, 34), ["response", "normal", 31, 34]),
        (None, ["silent"]),
    ],
)
def test_labels_are_what_is_owed_as_far_as_the_history_goes_that_way(owed, labels):
    layout = online_layout(
        TOKENS, [], 1, {0: Reply((31, 32, 33))}, {} if owed is None else {0: Reply(owed)}
    )
    (at,) = layout.decisions
    assert layout.input_ids[at:] == [TOKENS.response, TOKENS.normal, 31, 32, 33, TOKENS.end]
    spelt = [getattr(TOKENS, label) if isinstance(label, str) else label for label in labels]
    assert layout.labels[at:] == spelt + [IGNORED] * (6 - len(spelt))


def test_another_emotion_is_owed():
    layout = online_layout(TOKENS, [], 1, {0: Reply((31,), "sad")}, {0: Reply((31,), "happy")})
    assert layout.labels[-4:] == [TOKENS.response, TOKENS.happy, IGNORED, IGNORED]


def test_what_was_not_said_is_taught_at_the_decision_alone():
    layout = online_layout(TOKENS, [], 2, {1: Reply((30,))}, {0: Reply((30,)), 1: Reply((30,))})
    said = [layout.input_ids[i] for i in layout.decisions]
    should = [layout.labels[i] for i in layout.decisions]
    assert said == [TOKENS.silent, TOKENS.response]
    assert should == [TOKENS.response, TOKENS.response]


def test_a_silent_chunk_takes_13_positions():
    one, two = (len(online_layout(TOKENS, [], n, {})) for n in (1, 2))
    assert two - one == POSITIONS_PER_SILENT_CHUNK == 13


def test_a_reply_outside_the_stream_is_refused():
    with pytest.raises(ValueError, match=r"chunks \[3\] of a stream of 3"):
        online_layout(TOKENS, [], 3, {3: Reply((20,))})


def test_the_offline_layout_asks_and_is_answered():
    layout = offline_layout(TOKENS, [], 2, [30], [40, 41])
    t = TOKENS
    assert layout.input_ids == [
        t.offline, t.english, t.system, t.end,
        t.audio, t.frame_offline, t.frame_offline, t.audio_end,
        t.user, 30, t.end, t.assistant, t.response, 40, 41, t.end,
    ]  # fmt: skip
    assert [label for label in layout.labels if label != IGNORED] == [40, 41, t.end]
    prompt = offline_layout(TOKENS, [], 2, [30], complete=False)
    assert prompt.input_ids == layout.input_ids[: len(prompt)]
    assert prompt.input_ids[-1] == t.response


def test_the_release_has_other_layouts_without_audio_or_without_user():
    assert TOKENS.audio not in offline_layout(TOKENS, [], 0, [30]).input_ids
    assert TOKENS.user not in offline_layout(TOKENS, [], 1, []).input_ids


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda ids: ids[1:], "position 0"),
        (lambda ids: ids[:-1] + [77], "expected <silent> or <response>, found 77"),
        (lambda ids: ids[:-5], "expected a chunk block"),
    ],
)
def test_parsing_names_the_position_that_is_wrong(damage, message):
    ids = online_layout(TOKENS, [30], 2, {}).input_ids
    with pytest.raises(ValueError, match=message):
        parse_online(TOKENS, damage(ids))
