"""Verdicts, and what becomes of answers that are missing or break."""

import pytest

from audio_interaction import checks
from audio_interaction.checks.feedback import Verdict, ask, check, expect


@check
def check_square(answer):
    """Doc of the check."""
    got = ask(answer, 3)
    expect(got == 9, f"for 3 your function says {got}.")
    return "it squares."


def test_right_and_wrong():
    assert check_square(lambda x: x * x) == Verdict(True, "it squares.")
    assert check_square(lambda x: x + x) == Verdict(False, "for 3 your function says 6.")
    assert check_square.__doc__ == "Doc of the check."


@pytest.mark.parametrize(
    "answer, told",
    [
        (None, "no answer so far"),
        (9, "a function is expected here, not 9"),
        (lambda x: None, "called with (3) your function returns nothing"),
        (lambda x: 1 / 0, "called with (3) your function raises ZeroDivisionError: division"),
        (lambda: 9, "TypeError"),
    ],
)
def test_answers_that_are_none(answer, told):
    verdict = check_square(answer)
    assert not verdict.right
    assert told in verdict.message


def test_long_arguments_are_cut():
    verdict = check(lambda answer: ask(answer, list(range(1000))))(lambda values: None)
    assert "…" in verdict.message and len(verdict.message) < 200


def test_a_mistake_in_the_check_itself_is_not_hidden():
    with pytest.raises(KeyError):
        check(lambda answer: {}["missing"])(1)


def test_shown_in_a_terminal_and_in_a_notebook():
    wrong = Verdict(False, "1 < 2")
    assert repr(wrong) == "Not yet: 1 < 2"
    assert "Not yet" in wrong._repr_html_() and "1 &lt; 2" in wrong._repr_html_()
    assert repr(Verdict(True, "good")) == "Right: good"


def test_checks_are_found_by_the_number_of_their_notebook():
    from audio_interaction.checks import tour

    assert checks.check_00_1 is tour.check_00_1
    for name in ("check_00_99", "check_99_1", "check", "nothing"):
        with pytest.raises(AttributeError, match=name):
            getattr(checks, name)
