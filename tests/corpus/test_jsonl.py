import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.jsonl import (
    NO_RESPONSE,
    Conversation,
    Offline,
    RowError,
    Turn,
    conversation_of,
    conversation_row,
    corpus_row,
    offline_of,
    offline_row,
    parse_line,
    read_rows,
    shorthand_row,
    write_rows,
)
from audio_interaction.errors import UserError
from audio_interaction.protocol import EMOTIONS

# The example of the release's README.
STREAM_AUDIO = {
    "id": "voice_chatting_000123",
    "stream_scene_type": "Home Smart",
    "num_turns": 2,
    "turns": [
        {
            "user": "Turn the living room lights down a bit.",
            "assistant": "Sure, dimming them to 40%.",
            "emotion": "normal",
            "scene_type": "Home Smart",
            "audio_path": "voice_chatting/000123/turn_0.wav",
        },
        {
            "user": "Thanks. What's the temperature in here?",
            "assistant": "It's 22.5 degrees in the living room.",
            "emotion": "normal",
            "scene_type": "Home Smart",
            "audio_path": "voice_chatting/000123/turn_1.wav",
        },
    ],
}

word = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda text: text.strip() and text != "None"
)
maybe = st.just("") | word
turns = st.builds(Turn, word, word | st.just(NO_RESPONSE), st.sampled_from(EMOTIONS), maybe, maybe)
conversations = st.builds(
    Conversation,
    st.lists(turns, min_size=1, max_size=4).map(tuple),
    maybe,
    maybe,
    maybe,
    st.sampled_from(["", "train", "validation", "test"]),
)


def test_a_row_of_the_corpus_is_read_and_written():
    conversation = conversation_of(STREAM_AUDIO)
    assert conversation.id == "voice_chatting_000123" and conversation.scene == "Home Smart"
    assert [turn.audio_path[-5] for turn in conversation.turns] == ["0", "1"]
    assert not any(turn.silent for turn in conversation.turns)
    assert corpus_row(conversation) == STREAM_AUDIO


def test_the_builders_input_is_read():
    conversation = conversation_of(
        {
            "conversation": [
                {"audio_path": "/path/to/turn1.wav", "assistant": "reply 1", "emotion": "Happy"},
                {"audio_path": "/path/to/turn2.wav", "assistant": "<No need to respond>"},
                {"audio_path": "t.wav", "assistant": " No need to response ", "emotion": None},
            ]
        }
    )
    assert [turn.emotion for turn in conversation.turns] == ["happy", "normal", "normal"]
    assert [turn.silent for turn in conversation.turns] == [False, False, True]
    short = conversation_of({"merge_path": "a.wav", "assistant": NO_RESPONSE, "emotion": "normal"})
    assert short.turns == (Turn("a.wav"),) and short.turns[0].silent


@given(conversations)
def test_conversations_survive_their_rows(conversation):
    def again(row):
        return conversation_of(parse_line(json.dumps(row).encode()))

    assert again(corpus_row(conversation)) == conversation
    online = again(conversation_row(conversation))
    assert [(t.audio_path, t.assistant, t.emotion, t.user) for t in online.turns] == [
        (t.audio_path, t.assistant, t.emotion, t.user) for t in conversation.turns
    ]
    assert (online.system, online.split) == (conversation.system, conversation.split)
    if len(conversation.turns) == 1:
        (turn,) = again(shorthand_row(conversation)).turns
        assert (turn.audio_path, turn.assistant) == (
            conversation.turns[0].audio_path,
            conversation.turns[0].assistant,
        )
    else:
        with pytest.raises(UserError, match="turns do not fit"):
            shorthand_row(conversation)


@pytest.mark.parametrize(
    "row, task",
    [
        ({"user": "what is it", "assistant": "a bell", "audio_path": "a.wav"}, "A_T_T"),
        ({"assistant": "a bell", "audio_path": "a.wav"}, "A_T"),
        ({"user": "what is two and two", "assistant": "four"}, "T_T"),
    ],
)
def test_offline_rows_name_their_task_by_what_they_have(row, task):
    sample = offline_of(row)
    assert sample.task == task and offline_row(sample) == row
    assert offline_of({"conversation": [row, {"assistant": "not this"}]}) == sample
    missing = {"user": "None", "audio_path": None} | row
    assert offline_of(missing) == sample


def test_an_offline_row_with_sound_is_a_conversation_under_its_instruction():
    row = {"user": "name the sound", "assistant": "a bell", "audio_path": "a.wav"}
    assert conversation_of(row) == Conversation((Turn("a.wav", "a bell"),), system="name the sound")
    assert offline_of(row) == Offline("a bell", "name the sound", "a.wav")


@pytest.mark.parametrize(
    "row, reason",
    [
        ({}, "missing_keys"),
        ({"text": "x"}, "missing_keys"),
        ({"conversation": []}, "missing_keys"),
        ({"conversation": [{"assistant": "x"}]}, "missing_keys"),
        ({"conversation": [{"audio_path": "a.wav"}]}, "missing_keys"),
        ({"conversation": [{"audio_path": "a.wav", "assistant": "  "}]}, "missing_keys"),
        ({"conversation": "a.wav"}, "bad_value"),
        ({"conversation": ["a.wav"]}, "bad_value"),
        ({"merge_path": 3, "assistant": "x"}, "bad_value"),
        ({"merge_path": "a.wav", "assistant": "x", "emotion": "joy"}, "unknown_emotion"),
        ({"merge_path": "a.wav", "assistant": "x", "emotion": ["happy"]}, "bad_value"),
        ({"merge_path": "a.wav", "assistant": "x", "split": "dev"}, "bad_value"),
        ({"merge_path": "a.wav", "assistant": "\ud800"}, "not_utf8"),
        (STREAM_AUDIO | {"num_turns": 3}, "bad_value"),
        ({"user": "no sound", "assistant": "x"}, "missing_keys"),
    ],
)
def test_faulty_rows_are_told_apart(row, reason):
    with pytest.raises(RowError) as error:
        conversation_of(row)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    "raw, reason",
    [
        (b'{"a": "\xff"}', "not_utf8"),
        (b"{", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[1]", "bad_value"),
        (b"null", "bad_value"),
    ],
)
def test_faulty_lines_are_told_apart(raw, reason):
    with pytest.raises(RowError) as error:
        parse_line(raw)
    assert error.value.reason == reason


def test_files_are_written_and_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [STREAM_AUDIO, {"merge_path": "ü.wav", "assistant": "grüß dich 你好"}]
    write_rows(path, rows)
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == rows
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n\r\n"))
    first, second = read_rows(path)
    assert corpus_row(first) == STREAM_AUDIO and second.turns[0].assistant == "grüß dich 你好"


def test_a_faulty_row_is_named_by_its_line(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"merge_path": "a", "assistant": "b"}\n\n{"merge_path": "a"}\n')
    with pytest.raises(UserError, match="line 3: lacks assistant"):
        list(read_rows(path))
    with pytest.raises(UserError, match="no such file"):
        list(read_rows(tmp_path / "none.jsonl"))
