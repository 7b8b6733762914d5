import hashlib
import re
from collections import Counter

import pytest

from audio_interaction.corpus.language import SPLITS, sentences, split_of
from audio_interaction.corpus.phrases import (
    LANGUAGES,
    MUSIC_NAMES,
    SCENES,
    chinese,
    french,
    heard_name,
    history_reply,
    phrases,
    to_chinese,
    to_french,
    words_of,
)
from audio_interaction.corpus.templates import SOUND_NAMES
from audio_interaction.errors import UserError
from audio_interaction.protocol import EMOTIONS

HAN = re.compile(r"[\u4e00-\u9fff]+")


def of(kind, form=None):
    return [p for p in phrases() if p.kind == kind and form in (None, p.form)]


def test_the_closed_language_did_not_move():
    listed = "\n".join(f"{s.text}|{s.kind}|{s.answer}|{s.split}" for s in sentences())
    assert len(sentences()) == 4234
    assert hashlib.sha256(listed.encode()).hexdigest()[:16] == "6b09a69ebc2cf0dc"
    assert {s.language for s in sentences()} == {"en"}


def test_phrases_are_new_and_in_every_split():
    texts = [p.text for p in phrases()]
    assert len(set(texts)) == len(texts) and not {*texts} & {s.text for s in sentences()}
    counts = Counter((p.kind, p.form, p.split) for p in phrases())
    for kind, form in {(p.kind, p.form) for p in phrases()}:
        train, *held = (counts[kind, form, split] for split in SPLITS)
        assert min(held) >= 2 and train > sum(held) / 2, (kind, form)
    moved = sum(p.split != split_of(p.text) for p in phrases())
    assert moved < len(phrases()) / 10


def test_train_has_every_word_reply_and_sound_of_the_held_out_phrases():
    train = [s for s in (*sentences(), *phrases()) if s.split == "train"]
    words = {word for s in train for word in words_of(f"{s.text} {s.answer}")}
    answers = {s.answer for s in train}
    sounds = {label for s in train for label in s.sound.split("|")}
    for phrase in phrases():
        assert words.issuperset(words_of(f"{phrase.text} {phrase.answer}"))
        assert phrase.kind in LANGUAGES or phrase.answer in answers
        assert sounds.issuperset(phrase.sound.split("|"))


def test_texts_are_written_as_they_are_spoken():
    for phrase in phrases():
        assert phrase.language == LANGUAGES.get(phrase.kind, "en")
        assert re.fullmatch(r"[a-z]+( [a-z]+)*|", phrase.answer)
        if phrase.language == "zh":
            assert HAN.fullmatch(phrase.text)
        elif phrase.language == "zh-en":
            assert HAN.search(phrase.text) and re.search("[a-z]", phrase.text)
        else:
            assert re.fullmatch(r"[a-z]+( [a-z]+)*", phrase.text)


def test_there_are_enough_translations_and_they_are_complete():
    pairs = {s.text: (to_chinese(s.text), to_french(s.text)) for s in sentences()}
    done = {text: both for text, both in pairs.items() if any(both)}
    kinds = Counter(s.kind for s in sentences() if s.text in done)
    assert min(kinds["question"], kinds["command"], kinds["statement"]) >= 50
    for text, (zh, fr) in done.items():
        assert HAN.fullmatch(zh), text
        assert re.fullmatch(r"[a-zàâçéèêëîïôùûüÿœ' -]+", fr), text
    assert [english for english, _ in chinese.TEMPLATES] == [e for e, _ in french.TEMPLATES]
    for table in chinese.SLOTS.keys() | french.SLOTS.keys():
        assert chinese.SLOTS[table].keys() == french.SLOTS[table].keys()


@pytest.mark.parametrize(
    ("english", "zh", "fr"),
    [
        ("what is the capital of japan", "日本的首都是什么", "quelle est la capitale du japon"),
        ("please turn on the fan in the office", "请打开办公室的风扇",
         "allume le ventilateur du bureau s'il te plaît"),
        ("set a timer for two minutes", "设一个两分钟的计时器",
         "règle un minuteur sur deux minutes"),
        ("the lamp in the kitchen is broken", "厨房的台灯坏了",
         "la lampe de la cuisine est cassée"),
        ("we were in cairo last may", "我们去年五月在开罗", "nous étions au caire en mai dernier"),
        ("tom sent a message to anna", "汤姆给安娜发了一条消息", "tom a envoyé un message à anna"),
        ("add milk and rice to the list please", "请把牛奶和大米加到清单上",
         "ajoute du lait et du riz à la liste s'il te plaît"),
        ("i heard glass breaking yesterday", "我昨天听到了玻璃破碎声",
         "j'ai entendu du verre se briser hier"),
    ],
)  # fmt: skip
def test_translations(english, zh, fr):
    assert (to_chinese(english), to_french(english)) == (zh, fr)


def test_what_no_template_covers_has_no_translation():
    assert to_chinese("how are you") is None and to_french("one two three") is None


def test_chinese_sentences_and_mixed_turns_carry_their_english():
    assert len(of("chinese")) >= 120 and len(of("codeswitch")) >= 60
    assert all(to_chinese(p.answer) == p.text for p in of("chinese"))
    mixed = {p.text: p.answer for p in of("codeswitch")}
    assert mixed["请打开 the kitchen lamp"] == "please turn on the kitchen lamp"


def test_choices_name_what_may_be_chosen():
    for kind, names in (("choice", SOUND_NAMES), ("music_choice", MUSIC_NAMES)):
        for phrase in of(kind):
            one, other = phrase.sound.split("|")
            assert one != other
            assert phrase.text.endswith(f"{names[one][0]} or {names[other][0]}")
    with pytest.raises(UserError, match="no sound or instrument"):
        heard_name("yodel")
    assert heard_name("organ") == "an organ" and heard_name("bell") == "a bell"


def test_facts_can_be_asked_for():
    facts, asked = of("history_fact"), {p.form for p in of("history")}
    assert {p.form for p in facts} == asked
    for fact in facts:
        assert fact.sound in fact.text and fact.sound in history_reply(fact.form, fact.sound)
    assert history_reply("name", "anna") == "your name is anna"


def test_feelings_have_the_emotion_of_their_reply():
    assert {p.form for p in of("feeling")} == {"happy", "sad", "angry", "surprise"} <= {*EMOTIONS}
    assert all(p.answer for p in of("feeling"))


def test_spelled_texts_are_letters_and_digits():
    assert all(len(w) == 1 for p in of("spelled", "word") for w in p.text.split())
    for code in of("spelled", "code"):
        letters = [len(word) == 1 for word in code.text.split()]
        assert any(letters) and not all(letters)


def test_scenes_are_told_apart_by_their_sounds():
    assert len({frozenset(labels) for labels, _ in SCENES.values()}) == len(SCENES)
    assert {label for labels, _ in SCENES.values() for label in labels} <= {*SOUND_NAMES}
    for command in of("scene_command"):
        assert command.sound in SOUND_NAMES and command.answer.split()[0].endswith("ing")
