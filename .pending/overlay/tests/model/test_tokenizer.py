"""The small tokenizer."""

from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.corpus.language import vocabulary
from audio_interaction.protocol import ControlTokens


def test_every_word_of_the_domain_is_one_token(untrained):
    long = [word for word in vocabulary() if len(untrained.encode(word)) != 1]
    assert long == []


def test_control_tokens_come_first_and_are_never_written_by_text(untrained):
    assert untrained.tokens == ControlTokens(*range(20))
    assert min(untrained.encode("the <silent> lamp")) >= 0
    assert untrained.decode([untrained.tokens.silent, *untrained.encode("lamp")]) == "lamp"


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_any_text_round_trips(untrained, text):
    if any(name in text for name in ControlTokens.names()):
        return
    assert untrained.tokenizer.decode(untrained.encode(text))[1:] == text or not text
