from collections import Counter

import pytest

from audio_interaction.corpus.language import (
    COUNT_WORDS,
    EXTRA_REPLIES,
    KINDS,
    SOUND_NAMES,
    SPLITS,
    WARNINGS,
    name_reply,
    sentences,
    split_of,
    vocabulary,
    warning,
)
from audio_interaction.errors import UserError


def _of(*splits):
    return [s for s in sentences() if s.split in splits]


def test_every_sentence_occurs_once_and_lies_where_its_hash_says():
    texts = [s.text for s in sentences()]
    assert len(set(texts)) == len(texts)
    assert all(s.split == split_of(s.text) for s in sentences())
    assert split_of("what is the capital of france") == "validation"


def test_splits_have_about_their_shares_in_every_kind():
    for kind in KINDS:
        counts = Counter(s.split for s in sentences() if s.kind == kind)
        total = sum(counts.values())
        for split, share in zip(SPLITS, (0.80, 0.08, 0.12), strict=True):
            assert counts[split] / total == pytest.approx(share, abs=0.05), (kind, split)


def test_train_has_every_word_and_answer_of_the_held_out_sentences():
    train, held_out = _of("train"), _of("validation", "test")
    words = {word for s in train for word in s.text.split()}
    assert {word for s in held_out for word in s.text.split()} <= words
    assert {s.answer for s in held_out} <= {s.answer for s in train}
    assert {(s.sound, s.form) for s in held_out} <= {(s.sound, s.form) for s in train}


def test_every_fact_is_asked_often_enough_to_be_learnt():
    asked = Counter(s.answer for s in _of("train") if s.kind == "question")
    assert min(asked.values()) >= 5


def test_language_is_closed_small_and_plain():
    assert 250 <= len(vocabulary()) <= 320
    assert 4000 <= len(sentences()) <= 6000
    assert all(word.isascii() and word.isalpha() and word.islower() for word in vocabulary())
    spoken = {word for s in sentences() for word in f"{s.text} {s.answer}".split()}
    replied = {word for reply in EXTRA_REPLIES for word in reply.split()}
    assert vocabulary() == spoken | replied


def test_who_is_owed_an_answer():
    for s in sentences():
        assert bool(s.answer) == (s.kind in ("question", "command")), s
        assert len(s.answer.split()) <= (3 if s.kind == "question" else 7), s
        assert bool(s.form) == (s.kind == "instruction"), s
        assert bool(s.sound) == (s.form in ("watch", "count")), s


def test_one_question_has_one_answer():
    answers = {s.text: s.answer for s in sentences()}
    assert answers["tell me the capital of france"] == "paris"
    assert answers["turn on the lamp in the kitchen"] == "the lamp in the kitchen is on"
    assert answers["set a timer for twenty minutes"] == "timer set for twenty minutes"
    assert answers["i asked about the capital of france yesterday"] == ""


def test_every_sound_can_be_watched_for_and_counted_in_train():
    for form in ("watch", "count"):
        asked = Counter(s.sound for s in _of("train") if s.form == form)
        assert set(asked) == set(SOUND_NAMES)
        assert min(asked.values()) >= 4
    assert len({s.text for s in sentences() if s.form == "name"}) >= 10


def test_replies_to_sounds():
    assert name_reply("bell") == "a bell"
    assert len(WARNINGS) == 8 and set(WARNINGS) <= set(SOUND_NAMES)
    for sound in WARNINGS:
        assert 4 <= len(warning(sound).split()) <= 8
        assert sound in warning(sound).split()
    assert set(COUNT_WORDS) <= vocabulary()


@pytest.mark.parametrize("ask", [name_reply, warning])
def test_an_unknown_sound_is_refused_with_the_known_ones(ask):
    with pytest.raises(UserError, match="'bagpipe' is no .*siren"):
        ask("bagpipe")


def test_a_benign_sound_has_no_warning():
    with pytest.raises(UserError, match="'rain' is no hazard"):
        warning("rain")
