"""What a check tells a learner: that the answer is right, or what is wrong with it.

A check is a function of one answer that returns a sentence of praise, and raises `NotYet` at the
first thing that is wrong. `check` turns it into one that always returns a `Verdict`:

    @check
    def check_00_1(answer):
        got = ask(answer, 3)
        expect(got == 9, f"for 3 your function says {got}; is that a square?")
        return "Your function squares."

Messages describe the learner's answer and never contain the solution.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from html import escape


class NotYet(Exception):
    """The answer is wrong; the message says in what."""


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and what is to be said about it."""

    right: bool
    message: str

    def __str__(self) -> str:
        return f"{'Right' if self.right else 'Not yet'}: {self.message}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour, sign = ("#009E73", "✔ Right") if self.right else ("#D55E00", "… Not yet")
        return (
            f"<div style='border-left:4px solid {colour};padding:.3em .8em'>"
            f"<b style='color:{colour}'>{sign}.</b> {escape(self.message)}</div>"
        )


def check(examine: Callable[[object], str]) -> Callable[[object], Verdict]:
    """A check from `examine(answer)`, which returns praise or raises `NotYet`."""

    @functools.wraps(examine)
    def checked(answer) -> Verdict:
        try:
            expect(answer is not None, "there is no answer so far; fill in the stub above.")
            return Verdict(True, examine(answer))
        except NotYet as wrong:
            return Verdict(False, str(wrong))

    return checked


def expect(condition: object, message: str) -> None:
    """Raise `NotYet` with the message unless the condition holds."""
    if not condition:
        raise NotYet(message)


def ask(function: object, *arguments):
    """What the learner's function returns.

    Raises:
        NotYet: it is no function, it raises, or it returns None as an unfilled stub does.
    """
    expect(callable(function), f"a function is expected here, not {function!r}.")
    shown = ", ".join(_short(argument) for argument in arguments)
    try:
        result = function(*arguments)
    except Exception as error:  # whatever it is, it happened in the learner's code
        raise NotYet(
            f"called with ({shown}) your function raises {type(error).__name__}: {error}"
        ) from error
    expect(result is not None, f"called with ({shown}) your function returns nothing.")
    return result


def _short(value: object, longest: int = 60) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
