import numpy as np
import pytest

from audio_interaction.benchmarks.bootstrap import Bootstrap, Interval, ratio


def share(sums):
    return ratio(sums["hits"], sums["all"])


def test_ratio_is_undefined_over_zero():
    assert ratio(3, 4) == 0.75
    assert np.isnan(ratio(1, 0))
    np.testing.assert_array_equal(ratio([1, 0], [2, 0]), [0.5, np.nan])


def test_interval_is_close_to_the_normal_one_and_covers_as_often_as_it_says():
    covered, trials, units, truth = 0, 200, 150, 0.3
    rng = np.random.default_rng(1)
    for trial in range(trials):
        hits = (rng.random(units) < truth).astype(float)
        found = Bootstrap(units, seed=trial).interval(
            {"hits": hits, "all": np.ones(units)}, share, units
        )
        covered += found.low <= truth <= found.high
        if trial == 0:
            half = 1.96 * np.sqrt(found.value * (1 - found.value) / units)
            assert found.high - found.low == pytest.approx(2 * half, rel=0.15)
    assert 0.90 <= covered / trials <= 0.99


def test_correlated_counts_within_a_stream_widen_the_interval():
    # 40 streams of 10 triggers, all hit or all missed: the stream is the unit, not the trigger.
    hits = np.repeat([0.0, 10.0], 20)
    whole = np.full(40, 10.0)
    found = Bootstrap(40).interval({"hits": hits, "all": whole}, share, 400)
    assert found.value == 0.5
    assert found.high - found.low > 0.25  # 400 independent triggers would give 0.1


def test_the_same_seed_gives_the_same_interval():
    counts = {"hits": np.arange(20.0), "all": np.full(20, 20.0)}
    assert Bootstrap(20, seed=3).interval(counts, share, 1) == Bootstrap(20, seed=3).interval(
        counts, share, 1
    )
    assert Bootstrap(20, seed=4).interval(counts, share, 1) != Bootstrap(20, seed=3).interval(
        counts, share, 1
    )


def test_undefined_metrics_have_no_value():
    zeros = np.zeros(5)
    found = Bootstrap(5).interval({"hits": zeros, "all": zeros}, share, 0)
    assert found == Interval(None, None, None, 0)
    assert Bootstrap(0).interval({"hits": zeros[:0], "all": zeros[:0]}, share, 7).value is None


def test_median_equals_that_of_the_resampled_values():
    rng = np.random.default_rng(0)
    values, units = rng.normal(size=31), np.repeat(np.arange(10), 4)[:31]
    bootstrap = Bootstrap(10, resamples=400, seed=5)
    found = bootstrap.median(values, units)
    assert found.value == np.median(values)
    weights = np.random.default_rng(5).multinomial(10, np.full(10, 0.1), size=400)
    naive = [np.percentile(np.repeat(values, w[units]), 50, method="inverted_cdf") for w in weights]
    assert found.low == pytest.approx(np.percentile(naive, 2.5))
    assert found.high == pytest.approx(np.percentile(naive, 97.5))


def test_median_of_nothing_is_undefined():
    assert Bootstrap(3).median(np.array([]), np.array([])) == Interval(None, None, None, 0)
