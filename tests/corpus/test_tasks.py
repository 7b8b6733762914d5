import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.language import COUNT_WORDS, name_reply, warning
from audio_interaction.corpus.phrases import (
    SCENES,
    WAKE_WORD,
    heard_name,
    history_reply,
    to_chinese,
    to_french,
)
from audio_interaction.corpus.pipeline import make_stream
from audio_interaction.corpus.sources import SPLITS, load_sources
from audio_interaction.corpus.tasks import ABILITIES, LISTEN, TASKS, TRANSCRIBE
from audio_interaction.corpus.tasks.proactive import HAZARDS, LOOK_ALIKES
from audio_interaction.errors import UserError

SEEDS = st.integers(0, 2**32 - 1)
BENIGN = {"bell", "bird", "cow"}
names = pytest.mark.parametrize("name", TASKS)
few = settings(max_examples=15)


def made(name, sources, seed):
    return make_stream(sources.split, name, 0, seed, sources).stream


def heard(stream):
    return [event for event in stream.events if event.role == "fg"]


def clips_of(stream, sources):
    clips = {clip.id: clip for clip in sources.speech}
    return [clips[event.clip] for event in heard(stream) if event.kind == "speech"]


def replies(stream):
    return [response.text for response in stream.responses]


def by_event(stream):
    """Each foreground event with the reply it calls for, or None."""
    due = {response.start: response for response in stream.responses}
    return [(event, due.get(event.start)) for event in heard(stream)]


def test_there_are_seven_abilities_of_four_tasks():
    assert len(ABILITIES) == 7 and len(TASKS) == 28
    assert Counter(task.ability for task in TASKS.values()) == dict.fromkeys(ABILITIES, 4)
    for name, task in TASKS.items():
        assert task.name == name and task.title
        assert task.description.endswith(".") and task.description.count(".") >= 3
    benchmarks = " ".join(task.benchmark for task in TASKS.values())
    for served in ("LibriSpeech", "CoVoST2", "VoiceBench", "MMAU", "Proactive-Sound-Bench"):
        assert served in benchmarks


def test_the_system_text_tells_what_is_wanted():
    for task in TASKS.values():
        expected = {LISTEN}
        if task.ability == "real-time ASR":
            expected = {TRANSCRIBE}
        elif task.ability == "streaming translation":
            expected = {f"translate into {to}" for to in ("english", "chinese", "french")}
        assert task.system in expected


@names
@few
@given(seed=SEEDS)
def test_every_stream_is_well_formed(train, name, seed):
    stream = made(name, train, seed)
    total = len(stream.audio) / 16_000
    assert len(stream.audio) % 6400 == 0 and total <= 30
    assert stream.audio.dtype == np.float32 and np.abs(stream.audio).max() <= 0.95
    assert [event.start for event in stream.events] == sorted(e.start for e in stream.events)
    for event in stream.events:
        assert 0 <= event.start < event.end <= total
    triggers = {(event.start, event.words[-1].end if event.words else event.end)
                for event in heard(stream)}  # fmt: skip
    for response in stream.responses:
        assert 0 < response.start < response.end <= total - 1.0
        assert response.kind == "transcript" or (response.start, response.end) in triggers
    # All replies fit into the stream, and none comes before its trigger has ended.
    chunks = decision_chunks(stream, len(stream.audio) // 6400)
    if stream.system != TRANSCRIBE:
        assert len(chunks) == len(stream.responses)
        for chunk, response in zip(chunks, stream.responses, strict=True):
            assert (chunk + 1) * 0.4 >= response.end


@names
def test_a_stream_uses_its_own_split_alone(test, name):
    clips = {clip.id for clip in test.clips}
    for seed in range(5):
        stream = made(name, test, seed)
        assert stream.split == "test" and stream.task == name
        assert {event.clip for event in stream.events} <= clips


@names
@pytest.mark.parametrize("split", SPLITS)
def test_the_repository_has_the_clips_of_every_task(split, name):
    stream = made(name, load_sources(split), 0)
    assert stream.split == split and len(stream.audio) <= 30 * 16_000


@few
@given(seed=SEEDS, name=st.sampled_from([n for n in TASKS if n.startswith("asr")]))
def test_transcripts_spell_what_is_said(train, seed, name):
    stream = made(name, train, seed)
    if name in ("asr_clean", "asr_noisy"):
        low, high = (25, 40) if name == "asr_clean" else (5, 20)
        assert low <= stream.snr_db <= high
    said = clips_of(stream, train)
    assert 1 <= len(said) <= 4 and replies(stream) == " ".join(c.text for c in said).split()
    assert {response.kind for response in stream.responses} == {"transcript"}
    if name == "asr_digits":
        assert {clip.kind for clip in said} <= {"digits", "spelled"}
    if name == "asr_speakers":
        voices = [clip.voice for clip in said]
        assert len(said) >= 2
        assert all(one != other for one, other in zip(voices, voices[1:], strict=False))


@few
@given(seed=SEEDS)
def test_translations_are_those_of_the_sentences(train, seed):
    for name, kinds in (
        ("en_zh", {"question", "command", "statement"}),
        ("en_fr", {"question", "command", "statement"}),
        ("zh_en", {"chinese"}),
        ("code_switch", {"codeswitch"}),
    ):
        stream = made(name, train, seed)
        said = clips_of(stream, train)
        assert 1 <= len(said) <= 3 and {clip.kind for clip in said} <= kinds
        translate = {"en_zh": to_chinese, "en_fr": to_french}.get(name)
        expected = [translate(clip.text) if translate else clip.answer for clip in said]
        assert replies(stream) == expected and all(expected)
        assert {response.kind for response in stream.responses} == {"translation"}


@few
@given(seed=SEEDS)
def test_chat_answers_questions_and_commands_but_no_statements(train, seed):
    kinds = {"question": "answer", "command": "confirm"}
    for name, least, most in (("chat_single", 1, 1), ("chat", 2, 4), ("speech_background", 1, 3)):
        stream = made(name, train, seed)
        said = clips_of(stream, train)
        answered = [clip for clip in said if clip.kind != "statement"]
        assert least <= len(answered) <= most and len(said) - len(answered) <= 2
        assert [(r.text, r.kind) for r in stream.responses] == [
            (clip.answer, kinds[clip.kind]) for clip in answered
        ]
        assert len({clip.voice for clip in said}) == 1
        assert len({clip.text for clip in said}) == len(said)
        behind = {event.text for event in stream.events if event.role == "bg"}
        assert behind <= BENIGN and bool(behind) == (name == "speech_background")


@few
@given(seed=SEEDS)
def test_a_fact_is_remembered_over_three_rounds(train, seed):
    stream = made("chat_history", train, seed)
    fact, *between, question = clips_of(stream, train)
    assert (fact.kind, question.kind, fact.form) == ("history_fact", "history", question.form)
    assert len(between) >= 2  # so the fact is at least three rounds back
    assert {clip.kind for clip in between} <= {"question", "command"}
    expected = [*(clip.answer for clip in between), history_reply(fact.form, fact.sound)]
    assert replies(stream) == expected and fact.sound in expected[-1]


@few
@given(seed=SEEDS)
def test_a_feeling_is_answered_with_feeling(train, seed):
    stream = made("chat_emotion", train, seed)
    felt = [clip for clip in clips_of(stream, train) if clip.kind == "feeling"]
    assert 1 <= len(felt) <= 3
    assert [(r.text, r.emotion) for r in stream.responses] == [(c.answer, c.form) for c in felt]


@pytest.mark.parametrize("name", ["name_sound", "choose_sound", "name_music", "choose_music"])
@few
@given(seed=SEEDS)
def test_what_was_heard_is_named_when_asked(train, name, seed):
    stream = made(name, train, seed)
    events = heard(stream)
    assert [event.kind for event in events] == ["sound", "speech"] * len(stream.responses)
    sounds = [event.text for event in events[::2]]
    assert replies(stream) == [heard_name(label) for label in sounds]
    assert {*sounds} <= ({"piano", "flute"} if "music" in name else BENIGN)
    if name.startswith("choose"):
        for label, clip in zip(sounds, clips_of(stream, train), strict=True):
            assert label in clip.sound.split("|") and heard_name(label) in clip.text


@few
@given(seed=SEEDS)
def test_watching_tells_each_time(train, seed):
    stream = made("watch_sound", train, seed)
    wanted = clips_of(stream, train)[0].sound
    _, *sounds = heard(stream)
    hits = [event for event in sounds if event.text == wanted]
    assert 2 <= len(sounds) <= 4 and 1 <= len(hits) <= 2 and len(hits) < len(sounds)
    assert [(r.start, r.end) for r in stream.responses] == [(e.start, e.end) for e in hits]
    assert {*replies(stream)} == {name_reply(wanted)}
    assert {event.text for event in sounds} <= BENIGN


@few
@given(seed=SEEDS)
def test_counting_counts(train, seed):
    stream = made("count_sound", train, seed)
    wanted = clips_of(stream, train)[0].sound
    _, *sounds = heard(stream)
    hits = [event for event in sounds if event.text == wanted]
    assert 2 <= len(sounds) <= 4 and hits
    assert [(r.end, r.text) for r in stream.responses] == [
        (event.end, word) for event, word in zip(hits, COUNT_WORDS, strict=False)
    ]
    assert {event.text for event in sounds} <= BENIGN


@few
@given(seed=SEEDS)
def test_every_sound_is_described(train, seed):
    stream = made("describe", train, seed)
    order, *sounds = by_event(stream)
    assert order[1] is None and 2 <= len(sounds) <= 4
    assert all(response.text == name_reply(event.text) for event, response in sounds)


@few
@given(seed=SEEDS)
def test_only_the_wake_word_is_answered(train, seed):
    stream = made("when_asked", train, seed)
    (order, silence), *turns = by_event(stream)
    assert WAKE_WORD in order.text and silence is None
    called = [event.text.startswith(WAKE_WORD) for event, _ in turns]
    assert any(called) and not all(called)
    assert called == [response is not None for _, response in turns]
    answers = [clip.answer for clip in clips_of(stream, train) if clip.kind == "wake"]
    assert replies(stream) == answers


@few
@given(seed=SEEDS, name=st.sampled_from(list(HAZARDS)))
def test_hazards_alone_are_warned_of(train, name, seed):
    stream = made(name, train, seed)
    hazards = [event for event in heard(stream) if event.text in HAZARDS[name]]
    assert 3 <= len(heard(stream)) <= 5 and hazards
    assert [(r.end, r.text, r.emotion, r.kind) for r in stream.responses] == [
        (event.end, warning(event.text), "urgent", "warn") for event in hazards
    ]
    assert not {event.text for event in heard(stream)} & {*train.hazards} - {*HAZARDS[name]}


@few
@given(seed=SEEDS, name=st.sampled_from(["negative", "benign"]))
def test_negatives_never_call_for_a_reply(train, name, seed):
    stream = made(name, train, seed)
    statements = {clip.text for clip in train.said("statement")}
    assert stream.responses == ()
    for event in stream.events:
        assert event.text in statements | BENIGN | {"noise"}
    if name == "benign":
        assert {event.text for event in heard(stream)} & {*LOOK_ALIKES}


@few
@given(seed=SEEDS)
def test_a_place_is_told_by_its_sounds(train, seed):
    stream = made("scene", train, seed)
    *sounds, question = heard(stream)
    labels = {event.text for event in sounds}
    (reply,) = [phrase for parts, phrase in SCENES.values() if {*parts} == labels]
    assert replies(stream) == [reply] and stream.responses[0].start == question.start


def test_a_command_is_carried_out_only_if_its_sound_was_heard(train):
    done = Counter()
    for seed in range(30):
        stream = made("scene_command", train, seed)
        (command,) = clips_of(stream, train)
        *sounds, spoken = heard(stream)
        expected = command.sound in {event.text for event in sounds}
        assert spoken.text == command.text and len(sounds) >= 1
        assert replies(stream) == ([command.answer] if expected else [])
        done[expected] += 1
    assert min(done[True], done[False]) >= 8


def test_beds_are_as_frequent_as_they_should_be(train):
    beds = [made("chat", train, seed).snr_db for seed in range(100)]
    noisy = [snr for snr in beds if snr is not None]
    assert 55 <= len(noisy) <= 85
    assert all(8 <= snr <= 30 for snr in noisy)


@pytest.mark.parametrize(
    ("name", "lacking", "message"),
    [
        ("chat", "speech", "no further"),
        ("asr_speakers", "speech", "no second voice"),
        ("zh_en", "speech", "no further chinese"),
        ("chat_history", "speech", "no fact and question"),
        ("chat_emotion", "speech", "no sentence with a feeling"),
        ("name_sound", "sounds", "no suitable sound"),
        ("choose_music", "speech", "no music_choice"),
        ("watch_sound", "speech", "no instruction of form 'watch'"),
        ("distress", "sounds", "no suitable sound"),
        ("scene", "sounds", "no scene of sounds"),
        ("scene_command", "speech", "no command about a sound"),
    ],
)
def test_sources_that_lack_clips_are_named(train, name, lacking, message):
    with pytest.raises(UserError, match=message):
        made(name, dataclasses.replace(train, **{lacking: ()}), 0)
