"""Tails of sums of binomials, the saddlepoint or an exact sum: within 1e-4 of the convolution.

Measured over the sweep below: 2e-5 relative.
"""

from __future__ import annotations

import math
from functools import reduce

import naive
import numpy as np
import pytest
from handmade import SADDLEPOINT, near, tails_of
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

pytestmark = pytest.mark.jit
PROMISED = 1e-4
RARE = 1e-9
EDGES = (0.0, 1e-300, 1e-12, 1e-5, 0.02, 0.5, 0.98, 1 - 1e-5, 1 - 1e-12, 1 - 2.0**-53, 1.0)
chances = st.one_of(st.floats(0, 1), st.sampled_from(EDGES))
sums = st.lists(st.tuples(st.integers(0, 90), chances), min_size=2, max_size=2)


def convolved(n, p, limit):
    """Return P(X > D) and E[(X - D)+] of each lane.

    Each cohort within 12 standard deviations of its mean; the masses of all lanes in one call.
    """
    p = np.where(p > 1e-100, p, 0.0)
    reach = 12 * np.sqrt(n * p * (1 - p)) + 40
    first = np.maximum(np.floor(n * p - reach), 0).astype(int)
    size = np.minimum(np.ceil(n * p + reach), n).astype(int) - first + 1
    end = np.cumsum(size).reshape(size.shape)
    k = np.arange(end[-1, -1]) - np.repeat(end - size - first, size.flat)
    masses = stats.binom.pmf(k, np.repeat(n, size.flat), np.repeat(p, size.flat))
    found = np.empty((2, limit.size))
    for i in range(limit.size):
        ranges = zip(end[:, i] - size[:, i], end[:, i], strict=True)
        pmf = reduce(np.convolve, [masses[begin:stop] for begin, stop in ranges])
        excess = np.maximum(first[:, i].sum() + np.arange(pmf.size) - limit[i], 0)
        found[:, i] = pmf[excess > 0].sum(), pmf @ excess
    return found


def random_shares(rng, shape):
    rare = 10 ** rng.uniform(-6, -0.5, shape)
    kinds = [rng.random(shape)] * 4
    kinds += [rare, 1 - rare, rng.choice(EDGES, shape), rng.choice([0.0, 1.0], shape)]
    return np.choose(rng.integers(8, size=shape), kinds)


def random_sums(rng, lanes, most):
    """Return sizes and shares of three cohorts and limits: pools of 1 to ``most`` people."""
    people = np.exp(rng.uniform(0, math.log(most + 0.999), lanes)).astype(int)
    n = rng.multinomial(people, rng.dirichlet([0.4] * 3, lanes)).T
    p = random_shares(rng, n.shape)
    alike = rng.random(lanes) < 0.1
    p[1, alike] = p[0, alike]
    mean, sd = (n * p).sum(axis=0), np.sqrt((n * p * (1 - p)).sum(axis=0))
    where = [mean + rng.uniform(-5, 6.5, lanes) * sd] * 6
    where += [mean, mean - 0.5, people, people - 1, 0]
    limit = np.choose(rng.integers(len(where), size=lanes), where)
    return n, p, np.clip(np.floor(limit), 0, people + 1)


def errors(found, exact):
    """Return the relative error of each lane whose tail is not too rare."""
    kept = exact[0] > RARE
    return np.abs(found[:, kept] / exact[:, kept] - 1)


@pytest.mark.parametrize(
    ("lanes", "most", "seed"), [(20_000, 300, 1), (8_000, 5_000, 2), (3_000, 100_000, 3)]
)
def test_tails_are_within_what_is_promised(lanes, most, seed):
    """Random pools, rates and limits, the edges of each among them, in many lanes at once."""
    pools = random_sums(np.random.default_rng(seed), lanes, most)
    found = errors(tails_of(*pools), convolved(*pools))
    assert found.shape[1] > 0.6 * lanes
    assert found.max() < PROMISED
    assert np.quantile(found, 0.99) < SADDLEPOINT


def test_tails_of_a_single_binomial_are_scipys():
    """20,000 pools of 1 to 100,000 people; the excess is n p P(Y ≥ D) - D P(X > D), Y one less."""
    rng = np.random.default_rng(4)
    n = np.floor(np.exp(rng.uniform(0, math.log(100_000.9), 20_000)))
    rare = 10 ** rng.uniform(-6, -0.5, n.size)
    p = np.choose(rng.integers(4, size=n.size), [rng.random(n.size)] * 2 + [rare, 1 - rare])
    sd = np.sqrt(n * p * (1 - p))
    limit = np.clip(np.floor(n * p + rng.uniform(-5, 6.5, n.size) * sd), 0, n)
    found = tails_of(n[None], p[None], limit)
    chance = stats.binom.sf(limit, n, p)
    kept = chance > RARE
    assert kept.sum() > 12_000
    np.testing.assert_allclose(found[0, kept], chance[kept], rtol=SADDLEPOINT)
    excess = n * p * stats.binom.sf(limit - 1, n - 1, p) - limit * chance
    precise = kept & (excess > 1e-7 * n * p)  # beyond, the difference cancels
    np.testing.assert_allclose(found[1, precise], excess[precise], rtol=PROMISED)


def test_a_tail_of_whose_digits_nobody_minds_is_as_small():
    """Limits 7 to 14 standard deviations out, where no steps are taken to find the saddlepoint."""
    rng = np.random.default_rng(5)
    n = np.floor(np.exp(rng.uniform(math.log(100), math.log(100_000), 20_000)))
    p = rng.uniform(0.001, 0.999, n.size)
    limit = np.clip(np.floor(n * p + rng.uniform(7, 14, n.size) * np.sqrt(n * p * (1 - p))), 0, n)
    found, chance = tails_of(n[None], p[None], limit), stats.binom.sf(limit, n, p)
    never = chance < 1e-12
    assert never.sum() > 12_000
    assert (found[:, never] >= 0).all()
    assert (found[0, never] < 1.0001e-12).all()
    assert (found[1, never] < 1e-9).all()


@given(parts=sums, limit=st.integers(0, 181))
def test_small_sums_are_the_oracles(parts, limit):
    ns, ps = zip(*parts, strict=True)
    chance, excess = naive.shortage(ns, ps, limit)
    found = tails_of(np.array(ns)[:, None], np.array(ps)[:, None], np.array([limit]))[:, 0]
    if chance > RARE:
        assert near(found[0], chance, SADDLEPOINT)
        assert near(found[1], excess, SADDLEPOINT)
    else:
        assert found[0] < 1.001 * RARE
        assert found[1] < 200 * RARE


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("p", EDGES)
def test_nobody_and_one_person(n, p):
    shape = np.array([[n]]), np.array([[p]])
    assert tails_of(*shape, np.array([n]))[:, 0].tolist() == [0.0, 0.0]
    if n == 1 and p > 1e-100:
        np.testing.assert_allclose(tails_of(*shape, np.array([0]))[:, 0], p, rtol=1e-14)


@pytest.mark.parametrize("n", [3, 80, 2_000, 100_000])
@pytest.mark.parametrize("p", [1e-6, 0.02, 0.5, 0.98, 1 - 1e-6])
def test_limits_at_the_mean_and_at_the_whole_pool(n, p):
    limits = np.unique([0, int(n * p), math.ceil(n * p), n - 1, n, n + 1])
    count = limits.size
    sums = np.full((1, count), n), np.full((1, count), p), limits
    found = tails_of(*sums)
    assert errors(found, convolved(*sums)).max() < SADDLEPOINT
    assert (found[:, limits >= n] == 0).all()


def test_sure_people_only_shift_the_rest():
    """10,000 who always come and 10,000 who never do, besides 50 who may."""
    shares = np.repeat([[1.0], [0.3], [0.0]], 30, axis=1)
    people = np.repeat([[10_000], [50], [10_000]], 30, axis=1)
    found = tails_of(people, shares, 10_000 + np.arange(30))
    alone = tails_of(people[1:2], shares[1:2], np.arange(30))
    np.testing.assert_allclose(found, alone, rtol=1e-9)


lanes = st.lists(
    st.tuples(st.integers(0, 400), chances, st.integers(0, 400), chances, st.integers(0, 500)),
    min_size=1,
    max_size=40,
)


@given(pools=lanes, order=st.randoms(use_true_random=False), keep=st.integers(1, 40))
def test_a_lane_does_not_know_its_neighbours(pools, order, keep):
    """Bit by bit: alone, among others, in another order and among fewer."""
    n = np.array([[a, b] for a, _, b, _, _ in pools]).T
    p = np.array([[a, b] for _, a, _, b, _ in pools]).T
    limit = np.array([x[-1] for x in pools])
    together = tails_of(n, p, limit)
    chosen = order.sample(range(len(pools)), min(keep, len(pools)))
    others = tails_of(n[:, chosen], p[:, chosen], limit[chosen])
    assert (others == together[:, chosen]).all()
    i = chosen[0]
    assert (tails_of(n[:, [i]], p[:, [i]], limit[[i]]) == together[:, [i]]).all()


def test_a_lane_does_not_know_its_neighbours_in_the_sweep():
    """As above, for sums of all sizes: the 600 of a sweep, and every third of them."""
    n, p, limit = random_sums(np.random.default_rng(5), 600, 3_000)
    whole = tails_of(n, p, limit)
    assert (tails_of(n[:, ::3], p[:, ::3], limit[::3]) == whole[:, ::3]).all()
    assert (tails_of(n[:, ::-1], p[:, ::-1], limit[::-1]) == whole[:, ::-1]).all()


def test_the_excess_near_the_mean_of_100000_who_nearly_always_come():
    """K(t) is as large as n t there, so t x - K would cancel if it were not an integral."""
    p = 1 - np.linspace(22, 30, 500) / 99_000
    n, limit = np.full(500, 99_000.0), np.floor(99_000 * p)
    found = tails_of(n[None], p[None], limit)
    assert errors(found, convolved(n[None], p[None], limit))[1].max() < PROMISED
