import pytest

from audio_interaction.corpus.markdown import links_read, markdown_removed


@pytest.mark.parametrize(
    ("written", "said", "changes"),
    [
        ("**Bold** and _it_ ~~out~~", "Bold and it out", ["markdown"]),
        ("# Title\n\nText.", "Title. Text.", ["markdown"]),
        ("- one\n- two\n  - three", "one. two three..", None),
        ("1. Wash\n2. Dry!", "Wash. Dry!", ["markdown"]),
        ("> quoted", "quoted", ["markdown"]),
        ("a <b>b</b>", "a b", ["markdown"]),
        ("[the page](http://x.y/z)", "the page", ["link"]),
        ("![a cat](cat.png)", "a cat", ["link"]),
        ("say `hello` now", "say hello now", ["code"]),
        ("say `a_very_long_function_name(with, arguments)` now", "say  now", ["code"]),
        ("Do:\n\n```python\nfor i in x:\n    print(i)\n```\n\nDone.", "Do: Done.", ["code"]),
        ("| a | b |\n|--|--|\n| c | d |", "a, b. c, d.", ["markdown"]),
    ],
)
def test_markup_goes_and_words_stay(written, said, changes):
    result, made = markdown_removed(written)
    if changes is None:  # a list in a list: its words in order are enough
        assert result.replace(".", "").split() == said.replace(".", "").split()
    else:
        assert (result, made) == (said, changes)


@pytest.mark.parametrize(
    "text", ["Plain text.", "Two\nlines", "2 * 3 and snake_case", "a < b", "", "it's 5 > 3"]
)
def test_what_has_no_markup_comes_back_as_it_is(text):
    assert markdown_removed(text) == (text, [])


def test_a_number_that_opens_a_sentence_is_no_list():
    assert markdown_removed("1986. What a year")[0].startswith("1986. What a year")


def test_addresses_are_read_aloud():
    assert links_read("See https://www.example.com/a?b=c.") == ("See example dot com.", ["link"])
    assert links_read("www.nasa.gov, please") == ("nasa dot gov, please", ["link"])
    assert links_read("to a.b@c.org now") == ("to a dot b at c dot org now", ["link"])
    assert links_read("no address at all") == ("no address at all", [])
