import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.language import COUNT_WORDS, name_reply, warning
from audio_interaction.corpus.tasks import ABILITIES, LISTEN, TASKS, TRANSCRIBE
from audio_interaction.errors import UserError

SEEDS = st.integers(0, 2**32 - 1)
names = pytest.mark.parametrize("name", TASKS)


def made(name, sources, seed):
    return TASKS[name].compose(sources, np.random.default_rng(seed), id=f"{name}-{seed}")


def heard(stream):
    return [event for event in stream.events if event.role == "fg"]


def test_the_registry_describes_every_task():
    assert len(ABILITIES) == 7
    for name, task in TASKS.items():
        assert task.name == name and task.ability in ABILITIES
        assert task.description.endswith(".") and task.title
        assert task.system == (TRANSCRIBE if task.ability == "real-time ASR" else LISTEN)


@names
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
    if stream.system == LISTEN:
        assert len(chunks) == len(stream.responses)
        for chunk, response in zip(chunks, stream.responses, strict=True):
            assert (chunk + 1) * 0.4 >= response.end


@names
def test_a_stream_uses_its_own_split_alone(train, test, name):
    clips = {clip.id for clip in (*test.speech, *test.sounds, *test.noises)}
    for seed in range(10):
        stream = made(name, test, seed)
        assert stream.split == "test"
        assert {event.clip for event in stream.events} <= clips


@given(seed=SEEDS, name=st.sampled_from(["asr_clean", "asr_noisy"]))
def test_transcripts_spell_what_is_said(train, seed, name):
    stream = made(name, train, seed)
    low, high = (25, 40) if name == "asr_clean" else (5, 20)
    assert low <= stream.snr_db <= high
    assert 1 <= len(heard(stream)) <= 3
    said = " ".join(event.text for event in heard(stream))
    assert " ".join(response.text for response in stream.responses) == said
    assert {response.kind for response in stream.responses} == {"transcript"}


@given(seed=SEEDS)
def test_chat_answers_questions_and_commands_but_no_statements(train, seed):
    stream = made("chat", train, seed)
    clips = {clip.id: clip for clip in train.speech}
    said = [clips[event.clip] for event in heard(stream)]
    answered = [clip for clip in said if clip.kind != "statement"]
    assert 2 <= len(answered) <= 4 and len(said) - len(answered) <= 2
    assert [(r.text, r.kind) for r in stream.responses] == [
        (clip.answer, {"question": "answer", "command": "confirm"}[clip.kind]) for clip in answered
    ]
    assert len({clip.voice for clip in said}) == 1
    assert len({clip.text for clip in said}) == len(said)


@given(seed=SEEDS)
def test_a_sound_is_named_when_asked(train, seed):
    stream = made("name_sound", train, seed)
    events = heard(stream)
    assert [event.kind for event in events] == ["sound", "speech"] * len(stream.responses)
    named = [name_reply(event.text) for event in events[::2]]
    assert [response.text for response in stream.responses] == named
    assert {response.kind for response in stream.responses} == {"name"}
    assert {event.text for event in events[::2]} <= {"bell", "bird", "cow"}


@given(seed=SEEDS)
def test_watching_tells_each_time(train, seed):
    stream = made("watch_sound", train, seed)
    order, *sounds = heard(stream)
    wanted = next(clip.sound for clip in train.speech if clip.id == order.clip)
    hits = [event for event in sounds if event.text == wanted]
    assert 2 <= len(sounds) <= 4 and 1 <= len(hits) <= 2 and len(hits) < len(sounds)
    assert [(r.start, r.end) for r in stream.responses] == [(e.start, e.end) for e in hits]
    assert {response.text for response in stream.responses} == {name_reply(wanted)}
    assert not {event.text for event in sounds} & {"alarm", "glass"}


@given(seed=SEEDS)
def test_counting_counts(train, seed):
    stream = made("count_sound", train, seed)
    order, *sounds = heard(stream)
    wanted = next(clip.sound for clip in train.speech if clip.id == order.clip)
    hits = [event for event in sounds if event.text == wanted]
    assert 2 <= len(sounds) <= 4 and hits
    assert [(r.end, r.text) for r in stream.responses] == [
        (event.end, word) for event, word in zip(hits, COUNT_WORDS, strict=False)
    ]
    assert not {event.text for event in sounds} & {"alarm", "glass"}


@given(seed=SEEDS)
def test_hazards_alone_are_warned_of(train, seed):
    stream = made("proactive", train, seed)
    hazards = [event for event in heard(stream) if event.text in ("alarm", "glass")]
    assert 3 <= len(heard(stream)) <= 5 and hazards
    assert [(r.end, r.text, r.emotion, r.kind) for r in stream.responses] == [
        (event.end, warning(event.text), "urgent", "warn") for event in hazards
    ]


@given(seed=SEEDS)
def test_negatives_never_call_for_a_reply(train, seed):
    stream = made("negative", train, seed)
    statements = {clip.text for clip in train.said("statement")}
    assert stream.responses == ()
    for event in stream.events:
        assert event.text in statements | {"bell", "bird", "cow", "noise"}


def test_beds_are_as_frequent_as_they_should_be(train):
    beds = [made("chat", train, seed).snr_db for seed in range(100)]
    noisy = [snr for snr in beds if snr is not None]
    assert 55 <= len(noisy) <= 85
    assert all(8 <= snr <= 30 for snr in noisy)


@pytest.mark.parametrize(
    ("name", "lacking", "message"),
    [
        ("chat", "speech", "no further"),
        ("name_sound", "sounds", "no suitable sound"),
        ("watch_sound", "speech", "no instruction of form 'watch'"),
        ("proactive", "sounds", "no suitable sound"),
    ],
)
def test_sources_that_lack_clips_are_named(train, name, lacking, message):
    with pytest.raises(UserError, match=message):
        made(name, dataclasses.replace(train, **{lacking: ()}), 0)
