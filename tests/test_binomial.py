"""Binomial counts: exact fractions, scipy and the laws that hold for any of them.

Measured against scipy over the grid below (n to 100,000, p from 1e-12 to 1 - 1e-12): masses agree
to 2e-13 relative, tails and excesses to 4e-12; against exact fractions masses are right to a few
roundings.
"""

from __future__ import annotations

import math
from fractions import Fraction

import naive
import numpy as np
import pytest
from handmade import near
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats

from sim.kernels import binomial, inversion

SIZES = (1, 2, 5, 15, 16, 17, 180, 5_000, 100_000)
CHANCES = (1e-12, 1e-6, 0.001, 0.2, 0.5, 0.6, 0.93, 0.9999, 1 - 1e-6, 1 - 1e-12)
GRID = [(n, p) for n in SIZES for p in CHANCES]
chances = st.one_of(st.floats(0, 1), st.sampled_from(CHANCES), st.floats(0, 1e-6))
uniforms = st.floats(2.0**-53, 1 - 2.0**-53)
SENTINEL = -7.25


def around(n, p):
    """Return counts from the middle to far out in both tails, 0 and n among them."""
    sd = math.sqrt(n * p * (1 - p))
    found = {round(n * p + z * sd) for z in (-9, -6, -3, -1, 0, 1, 3, 6, 9)} | {0, 1, n - 1, n}
    return sorted(k for k in found if 0 <= k <= n)


def exact_mass(k, n, p):
    p = Fraction(p)
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


def scratch(ns):
    """Return two scratch arrays of the promised size with a guarded margin behind each."""
    size = binomial.scratch_size(int(sum(ns)), len(ns))
    return size, np.full(size + 64, SENTINEL), np.full(size + 64, SENTINEL)


def sum_masses(ns, ps):
    size, masses, work = scratch(ns)
    low, high = binomial.fill_sum_masses(
        len(ns), np.array(ns), np.array(ps), masses[:size], work[:size]
    )
    assert (masses[size:] == SENTINEL).all()
    assert (work[size:] == SENTINEL).all()
    return low, masses[: high - low + 1].copy()


def sum_tail(limit, ns, ps):
    size, masses, work = scratch(ns)
    found = binomial.sum_tail(
        limit, len(ns), np.array(ns, np.int64), np.array(ps), masses[:size], work[:size]
    )
    assert (masses[size:] == SENTINEL).all()
    assert (work[size:] == SENTINEL).all()
    return found


# --- one binomial ---------------------------------------------------------------------------


@given(n=st.integers(0, 60), p=chances, k=st.integers(-2, 62))
def test_mass_is_the_exact_fraction(n, p, k):
    """The error is that of the logarithm: a few roundings of its size, and of one."""
    expected = float(exact_mass(k, n, p)) if 0 <= k <= n else 0.0
    rounding = 1e-14 - 4e-16 * math.log(max(expected, 1e-300))
    assert near(binomial.mass(k, n, p), expected, rounding, 1e-300)


@pytest.mark.parametrize(("n", "p"), GRID)
def test_mass_is_scipys(n, p):
    for k in around(n, p):
        assert near(binomial.mass(k, n, p), stats.binom.pmf(k, n, p), 1e-12, 1e-280)


@pytest.mark.parametrize("n", [*range(1, 40), 1000, 10**5])
def test_stirling_error_is_what_the_formula_lacks(n):
    """The exact log n! is from integers; what cancels leaves the tolerance of log n!."""
    factorial = math.log(math.factorial(n)) if n < 2000 else math.lgamma(n + 1)
    plain = (n + 0.5) * math.log(n) - n + 0.5 * math.log(2 * math.pi)
    found = binomial.stirling_error(float(n))
    assert near(found, factorial - plain, absolute=4e-16 * max(1.0, factorial))
    assert 1 / (12 * n + 1) < found < 1 / (12 * n)  # Robbins (1955)


@pytest.mark.parametrize("n", [0, 1, 7, 10_000])
def test_sure_things(n):
    assert [binomial.mass(k, n, 0.0) for k in (0, 1)] == [1.0, 0.0]
    assert [binomial.mass(k, n, 1.0) for k in (n, n - 1)] == [1.0, 0.0]
    assert [binomial.quantile(0.5, n, p) for p in (0.0, 1.0)] == [0, n]
    assert binomial.tail(n - 1, n, 1.0) == (1.0, 1.0)
    assert binomial.tail(0, n, 0.0) == (0.0, 0.0)


@pytest.mark.parametrize(("n", "p"), GRID)
def test_window_leaves_out_almost_nothing(n, p):
    low, high = binomial.window(n, p)
    assert 0 <= low <= n * p <= high <= n
    assert stats.binom.cdf(low - 1, n, p) + stats.binom.sf(high, n, p) < 1e-15


@given(n=st.integers(1, 2_000), p=chances, cut=st.floats(0, 1))
def test_fill_masses_are_masses(n, p, cut):
    low, high = binomial.window(n, p)
    low = min(high, low + round(cut * 5))
    out = np.full(high - low + 3, SENTINEL)
    binomial.fill_masses(n, p, low, high, out)
    expected = [binomial.mass(k, n, p) for k in range(low, high + 1)]
    np.testing.assert_allclose(out[:-2], expected, rtol=2e-11, atol=1e-300)
    assert (out[-2:] == SENTINEL).all()


@given(u=uniforms, n=st.integers(0, 120), p=chances)
def test_quantile_is_the_oracles(u, n, p):
    """Unless u is within 1e-14 of a step, where the last bits of a sum decide."""
    k = naive.binomial_quantile(u, n, p)
    steps = [sum(exact_mass(j, n, p) for j in range(last + 1)) for last in (k - 1, k)]
    assume(min(abs(float(step - Fraction(u))) for step in steps) > 1e-14)
    assert binomial.quantile(u, n, p) == k


@pytest.mark.parametrize(("n", "p"), GRID)
@pytest.mark.parametrize("u", [1e-15, 1e-6, 0.05, 0.5, 0.77, 0.999999, 1 - 1e-13])
def test_quantile_inverts_scipys_distribution(n, p, u):
    """Up to the rounding of the running sum: one ulp for each count of the window."""
    k = binomial.quantile(u, n, p)
    low, high = binomial.window(n, p)
    slack = (1e-14 + 4e-16 * (high - low)) * max(u, 1e-3)
    assert stats.binom.cdf(k, n, p) >= u - slack
    assert k == 0 or stats.binom.cdf(k - 1, n, p) < u + slack


@given(u=uniforms, v=uniforms, n=st.integers(0, 5_000), p=chances, q=chances)
def test_quantile_rises_with_luck_and_rate(u, v, n, p, q):
    """Common random numbers: more luck or a higher rate never gives fewer people."""
    (u, v), (p, q) = sorted((u, v)), sorted((p, q))
    assert binomial.quantile(u, n, p) <= binomial.quantile(v, n, p)
    assert binomial.quantile(u, n, p) <= binomial.quantile(u, n, q)
    assert 0 <= binomial.quantile(u, n, p) <= n


@given(
    u=st.floats(1e-6, 1 - 1e-6),
    n=st.integers(1, 300),
    p=st.floats(0.01, 0.99),
    h=st.floats(1e-6, 1e-3),
)
def test_a_small_change_of_rate_moves_few_counts(u, n, p, h):
    moved = binomial.quantile(u, n, min(1.0, p + h)) - binomial.quantile(u, n, p)
    assert 0 <= moved <= 2 + 20 * n * h


@pytest.mark.parametrize(("n", "p"), GRID)
def test_tail_is_scipys(n, p):
    for limit in around(n, p):
        chance, excess = binomial.tail(limit, n, p)
        assert near(chance, stats.binom.sf(limit, n, p), 1e-11, 1e-280)
        assert near(excess, oracle_excess(limit, n, p), 1e-11, 1e-280)


def oracle_excess(limit, n, p):
    """Return E[(X - limit)+] as a sum of survival functions, so that nothing cancels."""
    top = min(n, math.ceil(n * p + 40 * math.sqrt(n * p * (1 - p)) + 60))
    sums = math.fsum(stats.binom.sf(np.arange(limit, max(top, limit + 60)), n, p))
    return sums if limit >= n * p - 1 else max(sums, 0.0)


@given(n=st.integers(0, 3_000), p=chances, below=st.integers(-5, -1), above=st.integers(0, 9))
def test_tail_beyond_the_ends(n, p, below, above):
    assert binomial.tail(below, n, p) == (1.0, n * p - below)
    assert binomial.tail(n + above, n, p) == (0.0, 0.0)


@given(n=st.integers(1, 3_000), p=chances, limit=st.integers(-2, 3_001))
def test_tail_falls_and_the_excess_is_its_sum(n, p, limit):
    """E[(X - D)+] - E[(X - D - 1)+] = P(X > D); rounding is that of the mean."""
    chance, excess = binomial.tail(limit, n, p)
    chance_after, excess_after = binomial.tail(limit + 1, n, p)
    assert 0 <= chance_after <= chance <= 1 + 1e-13
    assert near(excess - excess_after, chance, 1e-9, 4e-13 * (n + 1))


def test_tail_printed_values():
    """180 people at 0.6 need 119 workstations for 95 % of days (model part 10)."""
    assert near(binomial.tail(119, 180, 0.6)[0], 0.03902, absolute=5e-6)
    assert near(binomial.tail(118, 180, 0.6)[0], 0.05405, absolute=5e-6)


# --- sums of binomials ----------------------------------------------------------------------

cohorts = st.lists(st.tuples(st.integers(0, 150), chances), min_size=1, max_size=4)


@given(parts=cohorts)
def test_sum_masses_are_the_convolution(parts):
    ns, ps = zip(*parts, strict=True)
    low, masses = sum_masses(ns, ps)
    expected = naive.binomial_sum_pmf(ns, ps)
    np.testing.assert_allclose(masses, expected[low : low + len(masses)], rtol=1e-9, atol=1e-17)
    assert near(masses.sum(), 1.0, 1e-12)
    assert expected[:low].sum() + expected[low + len(masses) :].sum() < 1e-14


@given(parts=cohorts, limit=st.integers(-3, 620))
def test_sum_tail_is_the_oracles(parts, limit):
    ns, ps = zip(*parts, strict=True)
    chance, excess = naive.shortage(ns, ps, limit)
    found = sum_tail(limit, ns, ps)
    assert near(found[0], chance, 1e-10, 1e-14)
    assert near(found[1], excess, 1e-10, 1e-12)


@given(n=st.integers(2, 400), cut=st.floats(0, 1), p=chances, limit=st.integers(-1, 400))
def test_a_cohort_in_two_halves_is_the_cohort(n, cut, p, limit):
    """Binomial(a, p) + Binomial(n - a, p) is Binomial(n, p)."""
    a = round(cut * n)
    whole, halves = binomial.tail(limit, n, p), sum_tail(limit, (a, n - a), (p, p))
    assert near(halves[0], whole[0], 1e-10, 1e-14)
    assert near(halves[1], whole[1], 1e-10, 1e-12)


@given(parts=cohorts, limit=st.integers(-1, 620))
def test_the_order_of_cohorts_does_not_matter(parts, limit):
    forward = sum_tail(limit, *zip(*parts, strict=True))
    backward = sum_tail(limit, *zip(*parts[::-1], strict=True))
    assert near(forward[0], backward[0], 1e-10, 1e-14)
    assert near(forward[1], backward[1], 1e-10, 1e-12)


@pytest.mark.parametrize("sure", [(10, 1.0), (10, 0.0), (400, 1.0)])
@pytest.mark.parametrize("limit", [-1, 0, 5, 9, 10, 12, 19, 20, 399, 404, 410])
def test_sure_people_only_shift_the_rest(sure, limit):
    n, p = sure
    here = int(n * p)
    chance, excess = binomial.tail(limit - here, 10, 0.5)
    for ns, ps in (((10, n), (0.5, p)), ((n, 10), (p, 0.5)), ((4, n, 6), (0.5, p, 0.5))):
        found = sum_tail(limit, ns, ps)
        assert near(found[0], chance, 1e-12, 1e-15)
        assert near(found[1], excess, 1e-12, 1e-15)


def test_nobody_is_never_short():
    empty = np.empty(0)
    assert binomial.sum_tail(0, 0, np.empty(0, np.int64), empty, empty, empty) == (0.0, 0.0)


@pytest.mark.jit
@pytest.mark.parametrize("ps", [(0.3, 0.301), (1e-4, 0.7), (0.999, 0.02), (0.5, 1.0)])
def test_large_sums_are_scipys(ps):
    """Two cohorts of 50,000, against the masses of one and the tails of the other by scipy."""
    ns = (50_000, 50_000)
    mean = sum(n * p for n, p in zip(ns, ps, strict=True))
    sd = math.sqrt(sum(n * p * (1 - p) for n, p in zip(ns, ps, strict=True)))
    first = stats.binom.pmf(np.arange(ns[0] + 1), ns[0], ps[0])
    for z in (-2, 0, 2, 4):
        limit = round(mean + z * sd)
        rest = stats.binom.sf(limit - np.arange(ns[0] + 1), ns[1], ps[1])
        assert near(sum_tail(limit, ns, ps)[0], first @ rest, 1e-9)


@given(n=st.integers(1, 200_000), p=chances)
def test_scratch_is_large_enough(n, p):
    low, high = binomial.window(n, p)
    assert 3 * (high - low + 1) <= binomial.scratch_size(n, 1)


# --- vector lanes ---------------------------------------------------------------------------


def lane_quantiles(n, p, u):
    """Return float64[row, lane] for u[row, lane]."""
    n, p, u = (np.array(part, dtype=float) for part in (n, p, u))
    out = np.full(u.shape, SENTINEL)
    inversion.lane_quantiles(n, p, u, inversion.new_inversion(n.size), out)
    return out


def lane_tails(n, p, limit):
    """Return float64[2, lane], chance and excess."""
    n, p, limit = (np.array(part, dtype=float) for part in (n, p, limit))
    out = np.full((2, n.size), SENTINEL)
    inversion.lane_tails(n, p, limit, inversion.new_inversion(n.size), *out)
    return out


ENDS = (0.0, 1e-300, 1e-12, 1e-4, 0.3, 0.5, 0.7, 1 - 1e-4, 1 - 1e-12, 1 - 2.0**-53, 1.0)


def random_lanes(seed, lanes, most):
    """Return sizes from 0 to ``most`` and shares, those at the ends among them."""
    rng = np.random.default_rng(seed)
    n = np.floor(np.exp(rng.uniform(0, math.log(most + 0.999), lanes)))
    n[::17], n[1::17] = 0, 1
    p = np.where(rng.random(lanes) < 0.3, rng.choice(ENDS, lanes), rng.random(lanes))
    return rng, n, p


@given(n=st.integers(1, 60), p=st.floats(1e-12, 1 - 1e-12), part=st.floats(0, 1))
def test_lane_mass_is_the_exact_fraction(n, p, part):
    """To n · 1e-16 and the rounding of the logarithm."""
    k = round(part * n)
    expected = float(exact_mass(k, n, p))
    rounding = n * 1e-15 + 1e-14 - 4e-16 * math.log(max(expected, 1e-300))
    assert near(inversion.lane_mass(float(k), float(n), p), expected, rounding, 1e-290)


@pytest.mark.parametrize(("n", "p"), GRID)
def test_lane_mass_is_scipys(n, p):
    for k in around(n, p):
        found = inversion.lane_mass(float(k), float(n), p)
        assert near(found, stats.binom.pmf(k, n, p), 1e-12 + 4e-15 * n, 1e-280)


@pytest.mark.jit
@pytest.mark.parametrize("rows", [1, 2, 3, 8])
@pytest.mark.parametrize(("lanes", "most"), [(1, 50), (7, 300), (256, 300), (256, 20_000)])
def test_lane_quantiles_are_scipys_and_the_scalar_one(rows, lanes, most):
    """Unless the rounding of either sum decides, as it does for u within 1e-12 of a step."""
    rng, n, p = random_lanes(rows, lanes, most)
    u = rng.random((rows, lanes))
    u[0, ::5] = rng.choice([2.0**-53, 1e-12, 1 - 1e-12, 1 - 2.0**-53], u[0, ::5].size)
    found = lane_quantiles(n, p, u)
    rate = np.where(p < 1e-100, 0.0, p)
    slack = (1e-13 + 1e-15 * n) * np.maximum(u, 1e-3)
    assert (stats.binom.cdf(found, n, rate) >= u - slack).all()
    assert ((found == 0) | (stats.binom.cdf(found - 1, n, rate) < u + slack)).all()
    theirs = [
        binomial.quantile(u[w, i], int(n[i]), p[i]) for w in range(rows) for i in range(lanes)
    ]
    middle = (u > 1e-9) & (u < 1 - 1e-9)
    assert (found == np.reshape(theirs, u.shape))[middle].all()


def steps_of(n, p):
    """Return counts within four standard deviations, P(X ≤ k) of each, and its z."""
    sd = math.sqrt(n * p * (1 - p))
    k = np.unique(np.clip(np.round(n * p + sd * np.linspace(-4, 4, 81)), 0, n - 1))
    u, over = stats.binom.cdf(k, n, p), stats.binom.sf(k, n, p)
    z = np.where(u < 0.5, special.ndtri(u), -special.ndtri(over))
    usual = np.minimum(u, over) >= inversion._LEAST_LUCK
    return k[usual], u[usual], z[usual]


@given(
    variance=st.floats(3, 1e4),
    p=st.one_of(st.floats(1e-3, 1 - 1e-3), st.sampled_from([1e-4, 0.02, 0.1, 0.3, 0.5, 0.8])),
)
def test_a_step_lies_within_the_error_of_the_expansion(variance, p):
    """The largest error found is 0.53 of what is allowed for; 1e-9 is the rounding of scipy."""
    n = math.ceil(variance / (p * (1 - p)))
    k, _, z = steps_of(n, p)
    room = inversion.new_inversion(1)
    assert inversion._expand(np.array([float(n)]), np.array([p]), room) == 1
    terms = room[inversion._TERMS :, 0]
    bound = room[inversion._ERROR, 0] + room[inversion._GROWTH, 0] * z**6
    assert k.size > 2
    assert (abs(np.polyval(terms[::-1], z) - k) < 0.7 * bound + 1e-9).all()


@given(u=st.one_of(st.floats(1e-4, 1 - 1e-4), st.floats(0.5 - 1e-9, 0.5 + 1e-9)))
def test_the_probit_of_counts_is_scipys(u):
    """With half of what the expansion allows for left."""
    assert near(inversion._probit(u), special.ndtri(u), absolute=0.5 * inversion._PROBIT_ERROR)


@pytest.mark.jit
@pytest.mark.parametrize("off", [1e-12, 1e-9, 1e-7, 1e-6])
def test_uniforms_around_a_step_are_on_its_two_sides(off):
    """Where the expansion can tell them and where it cannot."""
    for n, p in ((5, 0.4), (17, 0.31), (60, 0.02), (131, 0.17), (400, 0.66), (2_000, 0.35)):
        k, steps, _ = steps_of(n, p)
        u = np.concatenate([steps - off, steps + off])
        found = lane_quantiles(np.full(u.size, n), np.full(u.size, p), u[None])[0]
        assert found.tolist() == [*k, *(k + 1)]


@pytest.mark.jit
@pytest.mark.parametrize(("variance", "most"), [(3.1, 0.1), (10, 0.007), (30, 1e-3), (1e3, 4e-4)])
def test_few_counts_are_in_doubt(variance, most):
    """2 · 1e-4 for uniforms far out and twice the mean error of the expansion."""
    rng = np.random.default_rng(4)
    p = rng.uniform(0.05, 0.95, 200_000)
    n = np.ceil(variance / (p * (1 - p)))
    room, out = inversion.new_inversion(p.size), np.empty(p.size)
    assert inversion._expand(n, p, room) == p.size
    assert inversion._read_off(n, rng.random(p.size), room, out) < most * p.size


@pytest.mark.parametrize("p", ENDS)
@pytest.mark.parametrize("n", [0, 1])
def test_lane_quantiles_of_nobody_and_of_one(n, p):
    u = np.array([[2.0**-53], [0.4], [0.6], [1 - 2.0**-53]])
    comes = [float(n == 1 and p > 0 and 1 - p < x) for x in u[:, 0]]
    assert lane_quantiles([n], [p], u)[:, 0].tolist() == comes


@given(u=uniforms, v=uniforms, n=st.integers(0, 300), p=chances, q=chances)
def test_lane_quantiles_rise_with_luck_and_rate(u, v, n, p, q):
    (u, v), (p, q) = sorted((u, v)), sorted((p, q))
    found = lane_quantiles([n, n], [p, q], [[u, u], [v, v]])
    assert 0 <= found[0, 0] <= found[1, 0] <= n
    assert found[0, 0] <= found[0, 1] <= n
    assert found[1, 0] <= found[1, 1]


@pytest.mark.jit
@pytest.mark.parametrize("most", [20, 300, 20_000])
def test_lane_tails_are_scipys(most):
    """The excess against n p P(Y ≥ D) - D P(X > D) where that does not cancel, else the scalar."""
    rng, n, p = random_lanes(most, 600, most)
    sd = np.sqrt(n * p * (1 - p))
    limit = np.clip(np.floor(n * p + rng.uniform(-5, 7, n.size) * sd), 0, n)
    limit[::11] = n[::11]
    found = lane_tails(n, p, limit)
    rate = np.where(p < 1e-100, 0.0, p)
    np.testing.assert_allclose(
        found[0], stats.binom.sf(limit, n, rate), rtol=1e-11 + 4e-15 * most, atol=1e-290
    )
    scalar = [binomial.tail(int(d), int(m), q) for d, m, q in zip(limit, n, p, strict=True)]
    np.testing.assert_allclose(found, np.array(scalar).T, rtol=1e-11 + 4e-15 * most, atol=1e-290)
    excess = n * p * stats.binom.sf(limit - 1, np.maximum(n - 1, 0), rate) - limit * found[0]
    clear = excess > 1e-3 * n * p
    np.testing.assert_allclose(found[1, clear], excess[clear], rtol=1e-8)


@given(n=st.integers(0, 300), p=chances, limit=st.integers(0, 310))
def test_lane_tails_are_the_scalar_ones(n, p, limit):
    found = lane_tails([n], [p], [limit])[:, 0]
    expected = binomial.tail(limit, n, p)
    assert near(found[0], expected[0], 1e-11, 1e-290)
    assert near(found[1], expected[1], 1e-11, 1e-290)


lanes = st.lists(
    st.tuples(st.integers(0, 200), chances, uniforms, st.integers(0, 200)), min_size=1, max_size=20
)


@given(parts=lanes, order=st.randoms(use_true_random=False))
def test_a_lane_does_not_know_its_neighbours(parts, order):
    """Bit by bit: alone, in another order and among fewer."""
    n, p, u, limit = (np.array(x, dtype=float) for x in zip(*parts, strict=True))
    chosen = order.sample(range(n.size), order.randint(1, n.size))
    for pick in (chosen, chosen[:1]):
        tails = lane_tails(n, p, limit)[:, pick]
        assert (lane_tails(n[pick], p[pick], limit[pick]) == tails).all()
        counts = lane_quantiles(n, p, u[None])[:, pick]
        assert (lane_quantiles(n[pick], p[pick], u[None, pick]) == counts).all()
