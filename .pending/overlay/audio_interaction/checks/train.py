"""Checks of notebook 04: LoRA parameters, the price of silence, reading a training log."""

import math

from audio_interaction.checks.feedback import ask, check, expect


@check
def check_04_1(answer) -> str:
    """Parameters that LoRA adds to linear layers."""
    for shapes, rank in (
        ([(10, 20)], 2),
        ([(256, 128)], 8),
        ([(768, 256), (256, 768), (128, 256)], 16),
        ([], 4),
    ):
        found = ask(answer, list(shapes), rank)
        expect(_is_number(found), f"a number is expected, not {found!r}.")
        full = sum(outputs * inputs for outputs, inputs in shapes)
        right = sum(rank * (outputs + inputs) for outputs, inputs in shapes)
        case = f"for {shapes} at rank {rank}"
        expect(
            found != full or full == right, f"{case} you count the weights of W; they are frozen."
        )
        expect(
            found == right,
            f"{case} you count {found}. Which shapes must B and A have so that B A fits W?",
        )
    return "A and B of every layer are counted, and nothing else."


@check
def check_04_2(answer) -> str:
    """Mean decision loss of a model that always says the same p."""
    for p, chunks, responses in ((0.5, 10, 3), (0.1, 100, 8), (0.02, 50, 0), (0.9, 20, 20)):
        found = ask(answer, p, chunks, responses)
        expect(_is_number(found), f"a number is expected, not {found!r}.")
        silences = chunks - responses
        right = -(responses * math.log(p) + silences * math.log(1 - p)) / chunks
        case = f"p = {p}, {responses} of {chunks} decisions are responses"
        expect(
            not math.isclose(found, -right, rel_tol=1e-6),
            f"{case}: the sign is wrong; a loss is not negative.",
        )
        expect(
            not math.isclose(found, right * chunks, rel_tol=1e-6),
            f"{case}: that is the sum over all decisions, not their mean.",
        )
        expect(
            not math.isclose(found, right / math.log(2), rel_tol=1e-6),
            f"{case}: that is in bits; use the natural logarithm.",
        )
        expect(
            math.isclose(found, right, rel_tol=1e-6, abs_tol=1e-9),
            f"{case}: you find {found:.4f}. A silent chunk costs something too: what probability "
            "does the model give to silence?",
        )
    return (
        "the loss is right. It is lowest where p is the share of responses, and there p lies far "
        "below one half: the cheapest model that does not listen never speaks."
    )


def _log(*pairs: tuple[int, str]) -> list[dict]:
    """Rows of a log in which losses stand on lines of their own."""
    rows = []
    for step, recall in pairs:
        rows.append({"step": str(step), "loss": "0.3", "validation_recall": ""})
        rows.append({"step": str(step), "loss": "", "validation_recall": recall})
    return rows


@check
def check_04_3(answer) -> str:
    """First step from which on the recall stays at a level."""
    cases = (
        (
            "a recall that only grows",
            ((0, "0.0"), (50, "0.1"), (100, "0.6"), (150, "0.8")),
            0.5,
            100,
        ),
        (
            "one that falls back once",
            ((0, "0.9"), (50, "0.2"), (100, "0.7"), (150, "0.7")),
            0.5,
            100,
        ),
        ("one that falls at the end", ((0, "0.6"), (50, "0.7"), (100, "0.1")), 0.5, -1),
        ("one that never gets there", ((0, "0.0"), (50, "0.3")), 0.5, -1),
        ("one that reaches the level exactly", ((0, "0.0"), (50, "0.5"), (100, "0.5")), 0.5, 50),
        ("steps of several digits", ((0, "0.0"), (90, "0.1"), (1000, "0.8")), 0.5, 1000),
    )
    for what, pairs, level, right in cases:
        found = ask(answer, _log(*pairs), level)
        expect(
            isinstance(found, int) and not isinstance(found, bool),
            f"the step must be an int, not {found!r}; the log holds text.",
        )
        shown = ", ".join(f"{step}: {recall}" for step, recall in pairs)
        expect(
            found == right,
            f"{what} ({shown}; level {level}): you say {found}. From that step on every look must "
            "be at the level or above, up to the last one.",
        )
    return "every log is read rightly, the one that falls back too."


def _is_number(value: object) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, (bool, str))
