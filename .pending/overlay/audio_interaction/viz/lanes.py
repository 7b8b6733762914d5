"""Placing labels along a time axis so that none lies over another."""

from collections.abc import Sequence
from dataclasses import dataclass

from audio_interaction.viz.theme import LABEL_PIXELS

LENGTHS = (44, 28, 16, 0)
"""Characters to which all labels are cut, tried in turn until they fit; 0 shows none."""


@dataclass(frozen=True)
class Placed:
    """Where an item goes.

    Attributes:
        lane: from 0 at the top.
        label: the label, shortened if need be; empty where there is no room for labels.
        at: time at which the label begins (`anchor` "right") or ends ("left"), seconds.
        anchor: side of `at` the label lies on.
    """

    lane: int
    label: str
    at: float
    anchor: str


def shorten(text: str, length: int) -> str:
    """`text` cut to `length` characters, the last of them an ellipsis if it was longer."""
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + "…"[:length]


def place(
    spans: Sequence[tuple[float, float]],
    labels: Sequence[str],
    seconds: float,
    pixels: float,
    lanes: int = 5,
) -> list[Placed]:
    """Give each span of time a lane, first come first served, with room for its label.

    A label starts with its span, or ends with the axis if it would run over the right edge. If
    the labels do not fit into `lanes` they are shortened, and at last left out, all alike; spans
    that do not fit even then share the last lane.

    Args:
        spans: start and end of each item in seconds; a moment has both equal.
        labels: one a span.
        seconds: length of the time axis.
        pixels: its width on the screen.
        lanes: at most so many.
    """
    for length in LENGTHS:
        placed = [
            _beside(span, shorten(label, length), seconds, seconds / pixels * LABEL_PIXELS)
            for span, label in zip(spans, labels, strict=True)
        ]
        numbers = _stagger([extent for _, extent in placed])
        if max(numbers, default=0) < lanes:
            break
    return [
        Placed(min(lane, lanes - 1), *label)
        for lane, (label, _) in zip(numbers, placed, strict=True)
    ]


def lanes_used(placed: Sequence[Placed]) -> int:
    """Number of lanes that `place` filled, at least 1."""
    return max((item.lane for item in placed), default=0) + 1


def _beside(
    span: tuple[float, float], label: str, seconds: float, per_character: float
) -> tuple[tuple[str, float, str], tuple[float, float]]:
    """Label, its place and side, and the times that item and label cover together."""
    start, end = span
    room = (len(label) + 3) * per_character
    if start + room <= seconds or not label:
        return (label, start, "right"), (start, max(end, start + room))
    # The label of a moment stands on its other side, that of a longer span ends with the axis.
    at = start if start == end else seconds
    return (label, at, "left"), (min(start, at - room), max(end, at))


def _stagger(extents: Sequence[tuple[float, float]]) -> list[int]:
    """The first lane in which each extent is free, in order of time."""
    lanes, filled_to = [0] * len(extents), []
    for index in sorted(range(len(extents)), key=lambda index: extents[index]):
        start, end = extents[index]
        lane = next((at for at, full in enumerate(filled_to) if full <= start), len(filled_to))
        filled_to[lane : lane + 1] = [end]
        lanes[index] = lane
    return lanes
