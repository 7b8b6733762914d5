"""Checks of notebook 03: the labels of a stream, balanced classes, the cheapest constant."""

import math

from audio_interaction.checks.feedback import ask, check, expect
from audio_interaction.protocol import seconds_of, trigger_chunk


@check
def check_03_1(answer) -> str:
    """`answer(ends, lag, num_chunks)`: one label a chunk, "silent" or "response"."""
    for ends, lag, chunks, what in (
        ([], 0.5, 4, "nothing to answer"),
        ([2.1], 0.5, 10, "one trigger"),
        ([1.5], 0.0, 6, "no lag"),
        ([0.3], 0.1, 3, "end and lag that fall on a chunk's border"),
        ([1.1], 0.5, 6, "a sum that floating point gets almost right"),
        ([2.1, 4.0], 0.5, 14, "two triggers"),
        ([2.1, 2.2], 0.5, 10, "two replies due in one chunk"),
        ([2.1, 2.15, 2.2], 0.5, 10, "three replies due in one chunk"),
    ):
        found = ask(answer, list(ends), lag, chunks)
        said = f"{what} (ends {ends}, lag {lag} s, {chunks} chunks)"
        expect(isinstance(found, (list, tuple)), f"{said}: a list is expected, not {found!r}.")
        expect(len(found) == chunks, f"{said}: {chunks} labels are expected, not {len(found)}.")
        strange = [label for label in found if label not in ("silent", "response")]
        expect(not strange, f"{said}: {strange[:1]} is neither 'silent' nor 'response'.")
        replies = [chunk for chunk, label in enumerate(found) if label == "response"]
        expect(
            len(replies) == len(ends),
            f"{said}: {len(ends)} replies are due, you label {len(replies)}. If a chunk is taken, "
            "the later one takes the next.",
        )
        right, last = [], -1
        for end in sorted(ends):
            last = max(trigger_chunk(end + lag), last + 1)
            right.append(last)
        shown = ", ".join(f"{chunk} (ends at {seconds_of(chunk + 1):.1f} s)" for chunk in replies)
        expect(
            replies == right,
            f"{said}: you respond after chunk {shown}. Chunks count from 0, and a reply belongs to "
            "the chunk in which its time lies; a time on a border belongs to the chunk that ends "
            "there.",
        )
    return "every reply is where the packed sequence has its <response>."


@check
def check_03_2(answer) -> str:
    """`answer(silences, responses)`: the weights of a silence and of a response."""
    for silences, responses in ((9, 1), (30, 10), (5, 5), (1, 3), (1000, 7)):
        found = ask(answer, silences, responses)
        case = f"{silences} silences and {responses} responses"
        expect(
            isinstance(found, (list, tuple)) and len(found) == 2,
            f"{case}: two numbers are expected, (weight of a silence, weight of a response), not "
            f"{found!r}.",
        )
        silent, response = found
        one, other = silent * silences, response * responses
        expect(
            silent >= response or silences >= responses,
            f"{case}: the rarer kind must weigh more, and you have it the other way round.",
        )
        expect(
            math.isclose(one, other, rel_tol=1e-6),
            f"{case}: the silences weigh {one:.3g} in all, the responses {other:.3g}; they should "
            "weigh the same.",
        )
        expect(
            math.isclose(one + other, silences + responses, rel_tol=1e-6),
            f"{case}: all decisions together weigh {one + other:.3g} instead of "
            f"{silences + responses}. λ is there to weigh decisions against words; the balance "
            "should leave that alone.",
        )
    return "both kinds weigh the same, and decisions as a whole as much as before."


@check
def check_03_3(answer) -> str:
    """`answer(share, silence_weight)`: the constant p(response) with the lowest loss."""
    for share, weight in ((0.1, 1.0), (0.5, 1.0), (0.05, 20.0), (0.1, 1 / 9), (0.2, 0.0)):
        found = ask(answer, share, weight)
        case = f"{share:.0%} responses, a silence weighs {weight:.3g}"
        expect(
            hasattr(found, "__float__") and not isinstance(found, bool),
            f"{case}: a number is expected, not {found!r}.",
        )
        right = share / (share + weight * (1 - share))
        expect(
            weight == 1 or not math.isclose(found, share, rel_tol=1e-6),
            f"{case}: you find the share itself. That is right where both weigh the same.",
        )
        expect(
            math.isclose(found, right, abs_tol=2e-3),
            f"{case}: you find {found:.4f}. Write the weighted loss down and set its slope to 0: "
            "-share·log(p) - weight·(1 - share)·log(1 - p).",
        )
    return (
        "that is where a model ends that does not listen. Heavy silences pull it to 0, free ones "
        "to 1: never speaks, always speaks."
    )
