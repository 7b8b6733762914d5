import pytest

from audio_interaction.corpus.emotions import LEXICON, emotion_of, read_emotion
from audio_interaction.corpus.language import WARNINGS, sentences
from audio_interaction.corpus.phrases import phrases
from audio_interaction.errors import UserError
from audio_interaction.protocol import EMOTIONS


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("That is great, well done!", "happy"),
        ("I’m so sorry for your loss.", "sad"),
        ("How dare they, that is unfair", "angry"),
        ("Wow, what a surprise!", "surprise"),
        ("Warning, get out immediately", "urgent"),
        ("The lamp in the kitchen is on", "normal"),
        ("I am not happy with it", "normal"),
        ("It was never sad", "normal"),
        ("Sorry, but congratulations, that is wonderful", "happy"),  # two against one
        ("Careful, well done", "urgent"),  # one each: the graver counts
        ("The gladiator was saddled", "normal"),  # whole words only
        ("", "normal"),
    ],
)
def test_the_words_tell_the_emotion(text, emotion):
    assert emotion_of(text) == emotion


def test_the_replies_of_the_corpus_have_the_emotion_they_are_labelled_with():
    feelings = [phrase for phrase in phrases() if phrase.kind == "feeling"]
    assert {emotion_of(p.answer) == p.form for p in feelings} == {True}
    assert {emotion_of(warning) for warning in WARNINGS.values()} == {"urgent"}
    assert {emotion_of(s.answer) for s in sentences() if s.answer} == {"normal"}


def test_the_lexicon_has_every_emotion_but_the_default():
    assert {*LEXICON, "normal"} == set(EMOTIONS)


@pytest.mark.parametrize("name", [" Happy ", "HAPPY", "happy"])
def test_emotions_are_read_in_any_case(name):
    assert read_emotion(name) == "happy"


def test_no_emotion_is_normal_and_an_unknown_one_an_error():
    assert read_emotion(None) == read_emotion("") == "normal"
    with pytest.raises(UserError, match="unknown emotion 'hapy'; use one of happy, sad"):
        read_emotion("hapy")
