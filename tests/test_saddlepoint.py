"""The saddlepoint against exact sums: its error follows the tilted variance.

The worst sums known are two cohorts of whom hardly anybody comes and hardly anybody stays away:
all of their cumulants of even order are alike, as in no single binomial.
"""

from __future__ import annotations

import numpy as np
import pytest
from handmade import SADDLEPOINT
from scipy import stats
from test_tails import convolved

from sim.kernels import saddlepoint

pytestmark = pytest.mark.jit


def approximated(n, p, limit):
    """Return float64[2, lane], chance and excess, and int64[lane], what became of each lane."""
    n, p = (np.array(part, dtype=float) for part in (n, p))
    lanes, beside = saddlepoint.new_lanes(n.shape[1]), saddlepoint.new_beside(n.shape[0])
    found = np.full((2, n.shape[1]), -1.0)
    saddlepoint.tails(n.shape[0], n, p, limit + 0.5, lanes, beside, *found)
    return found, lanes.state


def binomials(seed, lanes=100_000):
    """Return pools of one cohort, 20 to 100,000 people, and limits with their tilted variance."""
    rng = np.random.default_rng(seed)
    n = np.floor(np.exp(rng.uniform(np.log(20), np.log(100_000), lanes)))
    rare = 10 ** rng.uniform(-4, -1, lanes)
    p = np.choose(rng.integers(3, size=lanes), [rng.uniform(0.001, 0.999, lanes), rare, 1 - rare])
    limit = n * p + rng.uniform(-4, 6.5, lanes) * np.sqrt(n * p * (1 - p))
    limit = np.clip(np.floor(limit), 0, n)
    return n, p, limit, (limit + 0.5) * (1 - (limit + 0.5) / n)


def test_a_single_binomial_is_right_by_its_tilted_variance():
    n, p, limit, variance = binomials(1)
    found, state = approximated(n[None], p[None], limit)
    chance = stats.binom.sf(limit, n, p)
    kept = (state != saddlepoint.NEEDS_SUM) & (chance > 1e-9)
    error = np.abs(found[0] / np.where(kept, chance, 1.0) - 1)
    for least, worst in ((22, SADDLEPOINT), (30, 1e-5), (60, 2e-6), (100, 1e-6), (1000, 5e-7)):
        here = kept & (variance >= least)
        assert here.sum() > 5_000
        assert error[here].max() < worst


@pytest.mark.parametrize(
    ("variance", "worst"), [(22, 1e-4), (25, 7e-5), (30, 4.5e-5), (40, 2.5e-5), (60, 7e-6)]
)
def test_the_worst_sums_are_right_by_their_tilted_variance(variance, worst):
    rng = np.random.default_rng(variance)
    count = 20_000
    n = np.floor(np.exp(rng.uniform(np.log(300), np.log(10_000), (2, count))))
    p = np.minimum(rng.uniform(0.5, 2.0 * variance, (2, count)) / n, 0.5)
    p[1] = 1 - p[1]
    spread = np.sqrt((n * p * (1 - p)).sum(axis=0))
    limit = np.floor((n * p).sum(axis=0) + rng.uniform(-4, 6.5, count) * spread)
    found, state = approximated(n, p, limit)
    tried = np.flatnonzero((state != saddlepoint.NEEDS_SUM) & (found[0] > 1.1e-9))[:3_000]
    sums = n[:, tried], p[:, tried], limit[tried]
    exact = convolved(*sums)
    tilted = least_tilted_variance(*sums)
    here = tilted >= variance
    assert here.sum() > 500
    assert np.abs(found[:, tried] / exact - 1)[:, here].max() < worst


def least_tilted_variance(n, p, limit):
    """Return the variance of each sum when it is tilted to mean limit + ½, by bisection."""
    low, high = np.full(limit.size, -30.0), np.full(limit.size, 30.0)
    for _ in range(60):
        t = 0.5 * (low + high)
        q = p * np.exp(t) / (1 - p + p * np.exp(t))
        above = (n * q).sum(axis=0) > limit + 0.5
        low, high = np.where(above, low, t), np.where(above, t, high)
    return (n * q * (1 - q)).sum(axis=0)


def test_near_the_mean_it_is_as_good():
    """Within 0.02 standard deviations, where the formula is 0 / 0, and a little beyond."""
    n, p, _, _ = binomials(2)
    limit = np.floor(n * p)
    found, state = approximated(n[None], p[None], limit)
    chance = stats.binom.sf(limit, n, p)
    away = np.abs((limit + 0.5 - n * p) / np.sqrt(n * p * (1 - p)))
    near = (state == saddlepoint.SETTLED) & (away < 0.05)
    assert near.sum() > 5_000
    assert (away[near] < 0.02).sum() > 2_000
    np.testing.assert_allclose(found[0, near], chance[near], rtol=1e-5)
    before = n * p * stats.binom.sf(limit - 1, n - 1, p) - limit * chance
    modest = near & (n < 3_000)  # beyond, terms cancel, here and in the difference
    np.testing.assert_allclose(found[1, modest], before[modest], rtol=1e-5)


def test_the_tail_has_no_step_where_limits_are_moved_aside():
    """Limits 0.02 apart, though no sum has such a mean: tails fall smoothly through the mean."""
    limit = 300 + np.arange(-2, 2, 0.02)
    n, p = np.full((1, limit.size), 1000.0), np.full((1, limit.size), 0.3)
    found, state = approximated(n, p, limit - 0.5)
    assert (state == saddlepoint.SETTLED).all()
    for part in found:
        assert np.abs(np.diff(part, 3)).max() < 2e-6 * part.max()


def test_small_variances_are_left_to_the_sum():
    """A single binomial tilts to x (1 - x / n), whatever its rate."""
    n, p, limit, variance = binomials(3)
    found, state = approximated(n[None], p[None], limit)
    likely = stats.binom.sf(limit, n, p) > 1e-9
    small = variance < saddlepoint.LEAST_VARIANCE
    edge = np.abs(variance - saddlepoint.LEAST_VARIANCE) < 1e-6
    left = state == saddlepoint.NEEDS_SUM
    assert left[small & ~edge].all()
    assert not left[~small & likely & ~edge].any()
    assert np.isfinite(found[:, ~left]).all()


@pytest.mark.parametrize("limit", [1000, 1001, 5000])
@pytest.mark.parametrize("p", [0.0, 0.5, 1 - 1e-12, 1.0])
def test_where_everybody_fits_is_left_to_the_sum(limit, p):
    _, state = approximated([[1000.0]], [[p]], np.array([limit]))
    assert state[0] == saddlepoint.NEEDS_SUM


@pytest.mark.parametrize(("n", "p"), [(0, 0.5), (1, 0.5), (50, 0.5), (10_000, 1e-4)])
def test_few_people_are_left_to_the_sum(n, p):
    _, state = approximated([[n]], [[p]], np.array([0]))
    assert state[0] == saddlepoint.NEEDS_SUM


def test_lanes_in_a_state_are_listed_in_order():
    for count in (1, 63, 64, 65, 200):
        lanes = saddlepoint.new_lanes(count)
        lanes.state[:] = np.random.default_rng(count).integers(0, 3, count)
        for state in range(3):
            found = lanes.picked[: saddlepoint.lanes_in(state, count, lanes)]
            assert found.tolist() == np.flatnonzero(lanes.state == state).tolist()
