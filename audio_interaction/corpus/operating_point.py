"""Which threshold of p(response) a model works at: the rule for training, tuning and notebooks.

The best F1 under a bound on false alarms: an assistant that interrupts at nothing is switched off
however often it is right.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

THRESHOLDS = tuple(float(p) for p in np.round(np.linspace(0.02, 0.98, 49), 2))
"""The candidates, ascending."""

ALARMS_PER_HOUR = 20.0
"""The bound, per hour of streams that need no reply."""


class Measured(Protocol):
    """Anything that was measured at one threshold."""

    @property
    def f1(self) -> float | None: ...

    @property
    def false_alarms_per_hour(self) -> float: ...


Point = TypeVar("Point", bound=Measured)


def choose(points: Sequence[Point], alarms_per_hour: float) -> tuple[Point, bool]:
    """The point with the best F1 of those within the bound, and whether any is.

    Where none is, the one with the fewest alarms.
    """
    within = [point for point in points if point.false_alarms_per_hour <= alarms_per_hour]
    if within:
        return max(within, key=lambda point: point.f1), True
    return min(points, key=lambda point: (point.false_alarms_per_hour, -point.f1)), False
