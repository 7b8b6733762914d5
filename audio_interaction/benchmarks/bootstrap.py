"""Intervals by resampling whole streams (or items), with replacement.

The decisions within a stream depend on one another, so the stream is the unit. Every metric is a
function of sums of counts over the units; a resample changes only how often each unit counts, so
one matrix product gives the sums of all resamples at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95

Sums = Mapping[str, np.ndarray]
Statistic = Callable[[Sums], np.ndarray]


@dataclass(frozen=True)
class Interval:
    """A measured value and its percentile interval.

    Attributes:
        value: on all units; None where it is undefined (precision of a model that never speaks).
        low, high: bounds of the interval; None where no resample defines the metric.
        items: how many items the value rests on.
    """

    value: float | None
    low: float | None
    high: float | None
    items: int

    def to_dict(self) -> dict:
        """Plain values of JSON."""
        return asdict(self)


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Elementwise quotient, NaN where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(np.float64(numerator), np.float64(denominator))
    undefined = np.full(numerator.shape, np.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator != 0)


class _Sums(dict):
    """The sums that a statistic asks for: two or three of the many that are counted."""

    def __init__(self, sum_of: Callable[[str], np.ndarray]) -> None:
        self._sum_of = sum_of

    def __missing__(self, name: str) -> np.ndarray:
        return self.setdefault(name, self._sum_of(name))


class Bootstrap:
    """`resamples` draws of `units` units, the same for every metric of one evaluation."""

    def __init__(self, units: int, resamples: int = RESAMPLES, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        even = np.full(units, 1 / units) if units else np.zeros(0)
        self._weights = rng.multinomial(units, even, size=resamples) if units else None

    def interval(
        self, counts: Mapping[str, np.ndarray], statistic: Statistic, items: int
    ) -> Interval:
        """Interval of a metric.

        Args:
            counts: one array (units,) for each count.
            statistic: maps the sums of the counts, scalars or (resamples,), to the metric; it
                gives NaN where the metric is undefined.
            items: what the value rests on, passed through.
        """
        if self._weights is None:
            return Interval(None, None, None, 0)
        value = statistic(_Sums(lambda name: counts[name].sum()))
        drawn = statistic(_Sums(lambda name: self._weights @ counts[name]))
        return _interval(float(value), drawn, items)

    def median(self, values: np.ndarray, unit_of: np.ndarray) -> Interval:
        """Interval of the (lower) median of `values` (N,), of which value i belongs to a unit."""
        if self._weights is None or len(values) == 0:
            return Interval(None, None, None, 0)
        order = np.argsort(values, kind="stable")
        values, unit_of = np.asarray(values)[order], np.asarray(unit_of, int)[order]
        passed = self._weights[:, unit_of].cumsum(axis=1)
        half = passed[:, -1:] / 2
        drawn = np.where(half[:, 0] > 0, values[(passed >= half).argmax(axis=1)], np.nan)
        return _interval(float(values[(len(values) - 1) // 2]), drawn, len(values))


def _interval(value: float, drawn: np.ndarray, items: int) -> Interval:
    drawn = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(drawn) == 0:
        return Interval(value if np.isfinite(value) else None, None, None, items)
    low, high = np.percentile(drawn, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(value, float(low), float(high), items)
