"""Checks of notebook 00: when a reply is due, and what precision and recall of a listener are."""

import math

from audio_interaction.checks.feedback import ask, check, expect
from audio_interaction.corpus.matching import WINDOW
from audio_interaction.protocol import CHUNK_SECONDS, seconds_of, trigger_chunk


@check
def check_00_1(answer) -> str:
    """`answer(end)`: index from 0 of the chunk in which an event that ends at `end` s has ended."""
    for end in (0.1, 0.4, 0.41, 1.2, 2.0, 3.5, 17.9, 20.0):
        got = ask(answer, end)
        expect(
            isinstance(got, int) and not isinstance(got, bool),
            f"for {end} s your function says {got!r}; a chunk's index is a whole number (int).",
        )
        due = trigger_chunk(end)
        says = (
            f"for an event that ends at {end} s your function says chunk {got}, which holds the "
            f"sound from {seconds_of(got):.1f} to {seconds_of(got + 1):.1f} s"
        )
        expect(got >= due, f"{says}: the event is not over by then. Do you count from 0?")
        expect(got <= due, f"{says}: the event was over before. What of an end on a border?")
    return "an event is due in the chunk that holds its last sample, also when that ends the chunk."


@check
def check_00_2(answer) -> str:
    """`answer(hits, false_alarms, triggers)`: (precision, recall), None for what is undefined."""
    cases = (
        (3, 2, 4, 3 / 5, 3 / 4),
        (2, 6, 10, 1 / 4, 1 / 5),
        (0, 0, 5, None, 0.0),
        (0, 4, 0, 0.0, None),
        (5, 0, 5, 1.0, 1.0),
    )
    for hits, alarms, triggers, *right in cases:
        given = f"{hits} hits, {alarms} false alarms and {triggers} triggers"
        got = ask(answer, hits, alarms, triggers)
        expect(
            isinstance(got, (tuple, list)) and len(got) == 2,
            f"for {given} your function returns {got!r}; return a pair (precision, recall).",
        )
        swapped = all(_same(*pair) for pair in zip(got, reversed(right), strict=True))
        expect(
            not swapped or right[0] == right[1],
            f"for {given} your two numbers are right but in the wrong order.",
        )
        for name, value, wanted, whole in zip(
            ("precision", "recall"), got, right, ("replies given", "triggers"), strict=True
        ):
            expect(
                (value is None) == (wanted is None),
                f"for {given} your {name} is {value}. It is a share of all {whole}: how many are "
                "there here, and is the share then defined?",
            )
            expect(
                _same(value, wanted),
                f"for {given} your {name} is {value}. What does it divide by?",
            )
    return "silence has no precision, and without triggers there is no recall."


@check
def check_00_3(answer) -> str:
    """`answer(triggers, chunks)`: share of the chunks at which a reply would be in time."""
    for triggers, chunks in ((10, 150), (1, 30), (0, 50), (5, 15)):
        got = ask(answer, triggers, chunks)
        each = WINDOW + 1
        said = f"for {triggers} triggers in {chunks} chunks your function says {got}"
        expect(isinstance(got, (int, float)), f"{said}; return a number.")
        expect(0 <= got <= 1, f"{said}; a share lies between 0 and 1.")
        expect(
            not (triggers and _same(got, triggers * WINDOW / chunks)),
            f"{said}, which is {WINDOW} chunks for each trigger. Is the due chunk itself in time?",
        )
        expect(
            _same(got, triggers * each / chunks),
            f"{said}. How many chunks of {CHUNK_SECONDS} s may answer one trigger, and how many "
            "chunks are there in all?",
        )
    return "this is what a single reply at a random moment would achieve."


def _same(value, wanted) -> bool:
    """Equal up to rounding; None equals None alone."""
    if value is None or wanted is None:
        return value is wanted
    return isinstance(value, (int, float)) and math.isclose(value, wanted, abs_tol=1e-9)
