"""The questions of the closed English: a few facts, each asked for in many ways."""

from collections.abc import Iterator
from itertools import permutations

from audio_interaction.corpus.slots import (
    CAPITALS,
    COLORS,
    DAYS,
    LEGS,
    MONTHS,
    NUMBERS,
    OPPOSITES,
    VOICES_OF,
    Filled,
)


def _asked(noun: str) -> tuple[str, ...]:
    """Six ways to ask for a noun phrase."""
    return (
        f"what is {noun}",
        f"tell me {noun}",
        f"please tell me {noun}",
        f"can you tell me {noun}",
        f"do you know {noun}",
        f"i want to know {noun}",
    )


def _wondered(question: str) -> tuple[str, ...]:
    """Five ways to wrap a direct question that keeps its word order."""
    return (
        question,
        f"please tell me {question}",
        f"can you tell me {question}",
        f"do you know {question}",
        f"quick question {question}",
    )


def _facts() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(answer, ways to ask) for each fact."""
    for country, city in CAPITALS.items():
        yield (
            city,
            (
                *_asked(f"the capital of {country}"),
                *_wondered(f"which city is the capital of {country}"),
            ),
        )
        yield (
            country,
            (
                *_wondered(f"which country has the capital {city}"),
                *_wondered(f"{city} is the capital of which country"),
            ),
        )
    for pair in OPPOSITES:
        for word, other in permutations(pair.split()):
            yield (
                other,
                (
                    *_asked(f"the opposite of {word}"),
                    *_wondered(f"which word is the opposite of {word}"),
                ),
            )
    for thing, color in COLORS.items():
        yield (
            color,
            (
                *_asked(f"the color of {thing}"),
                *_wondered(f"which color is {thing}"),
                f"what color is {thing}",
            ),
        )
    for animal, sound in VOICES_OF.items():
        yield (
            f"a {animal}",
            (*_wondered(f"which animal says {sound}"), *_wondered(f"what animal says {sound}")),
        )
        yield (
            sound,
            (
                f"what does a {animal} say",
                f"quick question what does a {animal} say",
                *_wondered(f"what a {animal} says")[1:4],
                *_wondered(f"what the {animal} says")[1:4],
            ),
        )
    for animal, number in LEGS.items():
        yield number, _wondered(f"how many legs does a {animal} have")
        yield number, _wondered(f"how many legs has a {animal}")
    for what, series in (("day", DAYS), ("month", MONTHS)):
        for now, then in zip(series, series[1:] + series[:1], strict=True):
            yield (
                then,
                (
                    *_wondered(f"which {what} comes after {now}"),
                    *_wondered(f"what {what} is after {now}"),
                    f"what comes after {now}",
                ),
            )
    for now, then in zip(NUMBERS, NUMBERS[1:], strict=False):
        yield (
            then,
            (
                *_wondered(f"which number comes after {now}"),
                *_wondered(f"what number is after {now}"),
                f"what comes after {now}",
            ),
        )


def questions() -> Iterator[Filled]:
    for answer, texts in _facts():
        for text in texts:
            yield Filled(text, "question", answer)
