import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_interaction.corpus.language import sentences
from audio_interaction.corpus.phrases import phrases
from audio_interaction.corpus.spoken import (
    CHANGES,
    EndpointRewriter,
    Rewritten,
    check_rewrite,
    spoken_form,
    words_only,
)
from audio_interaction.errors import UserError

GOLDEN = [
    ("Dr. Smith vs. Mr. Jones, e.g. on Baker St. in the U.S.",
     "Doctor Smith versus Mister Jones, for example on Baker Street in the U S.",
     ("abbreviation",)),
    ("We sell pens, etc.", "We sell pens, et cetera.", ("abbreviation",)),
    ("The USB and the TVs, not NASA", "The U S B and the T Vs, not NASA", ("abbreviation",)),
    ("STOP NOW US", "STOP NOW US", ()),
    ("No. 5 and #1", "number five and number one", ("abbreviation", "number")),
    ("salt & pepper and/or he/she", "salt and pepper and or he or she", ("symbol",)),
    ("x² + y² = z²", "x squared plus y squared equals z squared", ("symbol",)),
    ("a &amp; b &#39;c&#39;", "a and b 'c'", ("symbol",)),
    ("Good job 👍🏽 :-)", "Good job", ("emoji",)),
    ("**Pay** $3.50 by 3:30 p.m. on March 3, 2024!",
     "Pay three dollars and fifty cents by three thirty p m on March third, twenty twenty-four!",
     ("markdown", "date", "time", "currency", "year")),
    ("Run `ls` now 😀.", "Run ls now.", ("code", "emoji")),
    ("Mail a.b@c.org about 5%", "Mail a dot b at c dot org about five percent",
     ("link", "percent")),
    ("😀", "", ("emoji",)),
    ("```\nx = 1\ny = 2\n```", "", ("code",)),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said", "changes"), GOLDEN)
def test_golden(written, said, changes):
    assert spoken_form(written) == Rewritten(said, changes)


@pytest.mark.parametrize("said", [said for _, said, _ in GOLDEN if said])
def test_the_spoken_form_is_clean_itself(said):
    assert spoken_form(said) == Rewritten(said)


@pytest.mark.parametrize(
    "text",
    ["Hello there, how are you?", "Don’t say “no” — please!", "It's a café; isn't it...",
     "Two\nlines", "  spaced   out  "],
)  # fmt: skip
def test_clean_text_is_passed_through(text):
    assert spoken_form(text) == Rewritten(text)


def test_every_sentence_of_the_corpus_is_clean():
    texts = [s.text for s in (*sentences()[::7], *phrases()) if s.language == "en"]
    assert len(texts) > 1000
    assert [text for text in texts if spoken_form(text).changes] == []


@given(st.text(min_size=1).filter(str.strip))
@settings(max_examples=200, deadline=None)
def test_any_text_has_a_form_without_digits_and_pictures(text):
    made = spoken_form(text)
    assert set(made.changes) <= set(CHANGES)
    if made.changes:
        assert not any(character.isdigit() for character in made.text)
        assert made.text == " ".join(made.text.split())


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_text_is_an_error(text, chat):
    for rewrite in (spoken_form, EndpointRewriter(chat({}))):
        with pytest.raises(UserError, match="no text"):
            rewrite(text)
    assert chat.asked == []


def test_words_only():
    assert words_only("It's twenty-one, Anna’s café!") == "it's twenty one anna's café"


def test_an_endpoint_rewrites(chat):
    answer = {"text": "five percent", "changes": ["percent"]}
    assert EndpointRewriter(chat(answer))("5%") == Rewritten("five percent", ("percent",))
    system, user = chat.asked[0]
    assert "percent" in system["content"]
    assert user["content"] == "5%"


def test_an_endpoint_is_told_what_is_wrong_and_mends_it(chat):
    bad = {"text": "**5** percent", "changes": ["percent"]}
    good = {"text": "five percent", "changes": ["percent"]}
    assert EndpointRewriter(chat(bad, good))("5%").text == "five percent"
    assert "markdown, number" in chat.asked[1][-1]["content"]


@pytest.mark.parametrize(
    ("text", "answer", "wrong"),
    [
        ("5%", {"changes": []}, "`text` must be"),
        ("5%", {"text": "five percent"}, "`changes` must be a list"),
        ("5%", {"text": "five percent", "changes": ["magic"]}, "`changes` must be a list"),
        ("5%", {"text": "five %", "changes": ["number"]}, "still has: symbol"),
        ("5%", {"text": "five percent " * 20, "changes": ["percent"]}, "add nothing"),
        ("clean", {"text": "very clean", "changes": ["symbol"]}, "unchanged"),
        ("5%", {"text": "five percent", "changes": []}, "only then"),
        ("clean", {"text": "clean", "changes": ["symbol"]}, "only then"),
    ],
)
def test_an_answer_is_checked(text, answer, wrong):
    with pytest.raises(UserError, match=wrong):
        check_rewrite(text, answer)
    check_rewrite("clean", {"text": "clean", "changes": []})
