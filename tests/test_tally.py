"""Streaming summaries against numpy on the kept draws, and their indifference to blocks.

Values go in through ``Summary`` as blocks of any length, in place of what the engine computed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from handmade import JIT, near, planned, shipped
from hypothesis import given
from hypothesis import strategies as st

from sim.kernels.designs import REPLICATES
from sim.kernels.tally import LEAF
from sim.results import summary
from sim.variables import METRICS

TOLD = (
    next(variable for variable in METRICS if not variable.whole),
    next(variable for variable in METRICS if variable.whole),
)
PLACES = 3  # an office, its tier and the total
POLICIES = 3


def summarised(smooth, whole=None, blocks=None, design="sobol"):
    """Return {statistic: number} of a smooth and of a whole metric, told in blocks."""
    problem = planned(shipped("single-office"), design=design)
    values = np.zeros((len(TOLD), POLICIES, PLACES, len(smooth)))
    values[0], values[1] = smooth, 0.0 if whole is None else whole
    first = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "METRICS", TOLD)
        patch.setattr(summary, "metric_at_places", _of_block)
        under_way = summary.Summary(problem)
        for length in blocks or [len(smooth)]:
            under_way.add(values[..., first : first + length])
            first += length
        result = under_way.result()
    assert first == len(smooth)
    found = [result[variable.name].isel(policy=1, place=2) for variable in TOLD]
    return [dict(zip(summary.STATISTICS, x.to_numpy().tolist(), strict=True)) for x in found]


def _of_block(_problem, block, variable):
    return block[TOLD.index(variable)]


def cut(total, lengths):
    """Return block lengths that add up to ``total``."""
    found = []
    for length in [*lengths, total]:
        found.append(min(length, total - sum(found)))
    return [length for length in found if length]


def inverted(values, q):
    return np.quantile(values, q, method="inverted_cdf")


def luck(count, seed=0):
    return np.random.default_rng(seed).gamma(2.0, 3.0, count) - 4


@given(
    count=st.integers(1, 3000),
    lengths=st.lists(st.integers(1, 1500), max_size=5),
)
def test_blocks_leave_no_trace(count, lengths):
    """The same bits from any partition of the same draws."""
    values = luck(count)
    values[values > 12] = np.nan
    whole = np.floor(values * 3)
    assert str(summarised(values, whole, cut(count, lengths))) == str(summarised(values, whole))


def test_sums_are_carried_over_at_the_same_draws():
    """Rounding shows where a leaf ends: blocks of a third of a leaf must not move it."""
    values = luck(4 * LEAF) / 3
    whole = summarised(values)
    for length in (333, 1000, LEAF, 3000):
        blocks = cut(values.size, [length] * (values.size // length))
        assert str(summarised(values, blocks=blocks)) == str(whole)


@pytest.mark.parametrize("count", [16, 100, LEAF - 1, LEAF, LEAF + 1, 5000])
@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_moments_are_numpys(count, offset):
    """Sums are taken about the middle of the first leaf, so a large offset costs few digits."""
    values = luck(count) + offset
    found, whole = summarised(values, np.round(values))
    assert near(found["mean"], values.mean(), 1e-14, 1e-13)
    assert near(found["sd"], values.std(ddof=1), 1e-7 if offset else 1e-12)
    assert near(whole["mean"], np.round(values).mean(), 1e-14, 1e-13)
    assert near(whole["sd"], np.round(values).std(ddof=1), 1e-12)
    assert found["defined_share"] == 1.0


@pytest.mark.parametrize("count", [1, 2, 16, 999, LEAF, 20_000 if JIT else 3_000])
def test_quantiles_are_numpys(count):
    """Exact for whole numbers, else within a thousandth of the range of the first leaf."""
    values = luck(count, seed=count)
    found, whole = summarised(values, np.round(values * 2))
    reach = np.ptp(values[:LEAF]) / 1000
    for name, q in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
        assert whole[name] == inverted(np.round(values * 2), q)
        assert abs(found[name] - inverted(values, q)) <= reach


@given(
    whole=st.lists(st.integers(-2000, 2000), min_size=1, max_size=60),
    seen=st.integers(1, 60),
)
def test_quantiles_of_whole_numbers_are_exact(whole, seen):
    values = np.resize(whole, seen).astype(float)
    _, found = summarised(values, values)
    assert [found[f"p{q:02}"] for q in (5, 50, 95)] == [
        inverted(values, q / 100) for q in (5, 50, 95)
    ]


def test_what_lies_beyond_the_first_leaf_is_counted():
    """Later draws far outside: mean and spread are exact, inner quantiles still right."""
    values = np.concatenate([luck(LEAF), luck(40) + 500, luck(40) - 500, luck(2_000, 1)])
    found, whole = summarised(values, np.round(values))
    assert near(found["mean"], values.mean(), 1e-13, 1e-13)
    assert near(found["sd"], values.std(ddof=1), 1e-12)
    for name, q in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
        assert abs(found[name] - inverted(values, q)) <= np.ptp(values[:LEAF]) / 1000
        assert whole[name] == inverted(np.round(values), q)


def test_a_leaf_of_one_value_still_tells_others_apart():
    """A level that is met in all of the first leaf and in nine of ten draws later."""
    values = np.concatenate([np.ones(LEAF), np.resize([1.0] * 9 + [0.0], 8 * LEAF)])
    _, found = summarised(values, values)
    assert near(found["mean"], values.mean(), 1e-14)
    assert [found[name] for name in ("p05", "p50", "p95")] == [0.0, 1.0, 1.0]


def test_values_that_do_not_exist_are_left_out():
    values = luck(3_000)
    values[::3] = np.nan
    found, _ = summarised(values, blocks=[700, 2_300])
    kept = values[~np.isnan(values)]
    assert found["defined_share"] == len(kept) / 3_000
    assert near(found["mean"], kept.mean(), 1e-13)
    assert near(found["sd"], kept.std(ddof=1), 1e-12)
    assert abs(found["p50"] - inverted(kept, 0.5)) <= np.ptp(kept[:LEAF]) / 1000


def test_nothing_at_all_is_not_a_number():
    found, _ = summarised(np.full(2_000, np.nan))
    assert found.pop("defined_share") == 0.0
    assert all(math.isnan(value) for value in found.values())


def test_a_constant_has_no_spread():
    found, whole = summarised(np.full(2_000, 0.1), np.full(2_000, 7.0))
    for one, value in ((found, 0.1), (whole, 7.0)):
        assert all(near(one[name], value, 1e-15) for name in ("mean", "p05", "p50", "p95"))
        assert all(
            near(one[name], 0.0, absolute=1e-16) for name in ("sd", "mcse", "sd_mcse", "p50_mcse")
        )


def test_errors_under_sobol_come_from_the_replicates():
    """Draw i belongs to replicate i mod 16."""
    values = luck(4_000)
    found, _ = summarised(values)
    parts = [values[j::REPLICATES] for j in range(REPLICATES)]
    means, sds = [x.mean() for x in parts], [x.std(ddof=1) for x in parts]
    assert near(found["mcse"], np.std(means, ddof=1) / 4, 1e-10)
    assert near(found["sd_mcse"], np.std(sds, ddof=1) / 4, 1e-10)


def test_errors_under_mc_are_the_classic_ones():
    """That of a quantile is half of its 95 % interval by ranks, over 1.96."""
    values = luck(4_000)
    found, _ = summarised(values, design="mc")
    assert near(found["mcse"], values.std(ddof=1) / math.sqrt(4_000), 1e-12)
    for name, q in (("p05_mcse", 0.05), ("p50_mcse", 0.5), ("p95_mcse", 0.95)):
        gap = 1.96 * math.sqrt(q * (1 - q) / 4_000)
        half = (inverted(values, q + gap) - inverted(values, q - gap)) / 2 / 1.96
        assert abs(found[name] - half) <= np.ptp(values[:LEAF]) / 1000


def test_the_error_of_a_median_is_its_standard_error():
    """√(π/2) sd/√n for a normal; a sample's own estimate is within a third of it."""
    values = np.random.default_rng(8).standard_normal(16_000)
    found, _ = summarised(values, design="mc")
    assert near(found["p50_mcse"], math.sqrt(math.pi / 2 / 16_000), 0.33)


def test_the_error_of_a_quantile_is_not_less_than_its_bins_can_tell():
    """Nearly all draws in one bin of 1,024: ranks alone would say that the median is exact."""
    values = np.concatenate([[0.0, 1024.0], np.random.default_rng(3).uniform(10, 10.9, 4_000)])
    found, whole = summarised(values, np.round(values))
    assert found["p50_mcse"] == 0.5
    assert whole["p50_mcse"] == 0.0


@pytest.mark.parametrize(
    ("count", "p05", "p50"), [(2, False, False), (30, False, True), (99, True, True)]
)
def test_a_quantile_has_an_error_once_its_ranks_lie_within_the_draws(count, p05, p50):
    found, _ = summarised(luck(count))
    assert [math.isfinite(found[name]) for name in ("p05_mcse", "p50_mcse")] == [p05, p50]


@pytest.mark.parametrize("count", [1, 5, 17])
def test_too_few_draws_have_no_error(count):
    """With a replicate empty, or of a single draw, its spread does not exist."""
    found, _ = summarised(luck(count))
    assert near(found["mean"], luck(count).mean(), 1e-13)
    assert math.isnan(found["sd"]) == (count == 1)
    assert math.isnan(found["mcse"]) == (count < REPLICATES)
    assert math.isnan(found["sd_mcse"])
