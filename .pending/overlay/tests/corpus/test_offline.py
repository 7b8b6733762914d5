import numpy as np

from audio_interaction.corpus.language import name_reply, sentences
from audio_interaction.corpus.offline import (
    ANSWER,
    INSTRUCTIONS,
    INTO_CHINESE,
    INTO_ENGLISH,
    INTO_FRENCH,
    NAME,
    TRANSCRIBE,
    offline_item,
    offline_items,
    tasks_of,
)
from audio_interaction.corpus.phrases import phrases, to_chinese, to_french


def of(sources, kind):
    return [clip for clip in sources.speech if clip.kind == kind]


def test_the_first_instructions_keep_their_places():
    assert (
        INSTRUCTIONS[:3] == (TRANSCRIBE, ANSWER, NAME) == ("transcribe", "answer", "name the sound")
    )
    assert INSTRUCTIONS[3:] == (INTO_ENGLISH, INTO_CHINESE, INTO_FRENCH)


def test_translation_comes_after_what_was_asked_before(train):
    for kind in ("question", "command", "statement", "digits"):
        for clip in of(train, kind):
            tasks = tasks_of(clip)
            before = [(TRANSCRIBE, clip.text)] + [(ANSWER, clip.answer)] * bool(clip.answer)
            after = [(INTO_CHINESE, to_chinese(clip.text)), (INTO_FRENCH, to_french(clip.text))]
            assert list(tasks) == before + [task for task in after if task[1]]
    translated = [clip for clip in train.speech if INTO_FRENCH in dict(tasks_of(clip))]
    assert {clip.kind for clip in translated} == {"question", "command", "statement"}


def test_other_languages_are_translated_into_english_and_not_answered(train):
    for clip in (*of(train, "chinese"), *of(train, "codeswitch")):
        assert tasks_of(clip) == ((TRANSCRIBE, clip.text), (INTO_ENGLISH, clip.answer))


def test_what_depends_on_other_sounds_is_only_transcribed(train):
    for kind in ("scene_command", "choice", "history", "scene", "spelled"):
        assert of(train, kind)
        for clip in of(train, kind):
            assert tasks_of(clip) == ((TRANSCRIBE, clip.text),)
    for kind in ("feeling", "wake"):
        assert all((ANSWER, clip.answer) in tasks_of(clip) for clip in of(train, kind))


def test_sounds_and_instruments_are_named(train):
    assert tasks_of(train.heard("bell")[0]) == ((NAME, name_reply("bell")),)
    assert tasks_of(train.heard("flute")[0]) == ((NAME, "a flute"),)


def test_every_sentence_has_at_most_one_reply_for_an_instruction():
    answers = {}
    for sentence in (*sentences(), *phrases()):
        assert answers.setdefault(sentence.text, sentence.answer) == sentence.answer


def test_items_are_whole_chunks_and_repeat(train):
    clips = [train.said("question")[0], train.heard("bell")[0]]
    once, again = (list(offline_items(clips, train.noises, 1, 2)) for _ in range(2))
    assert len(once) == 4
    for one, other in zip(once, again, strict=True):
        assert np.array_equal(one.samples, other.samples) and one.record() == other.record()
        assert len(one.samples) % 6400 == 0 and one.samples.dtype == np.float32
    assert not np.array_equal(once[0].samples[:6400], once[1].samples[:6400])
    item = offline_item(clips[1], train.noises, np.random.default_rng(0), varied=False)
    assert (item.kind, item.transcript) == ("sound", "") and item.clip == clips[1].id
