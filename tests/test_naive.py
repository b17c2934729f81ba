"""The oracle against closed forms, published answers, scipy and simulation.

Every Monte Carlo check has a fixed seed and a bound of 4.5 standard errors: over all seeds a
correct oracle would fail one such comparison in 150,000 (the normal two-sided tail, 6.8e-6).
"""

from __future__ import annotations

import math
from itertools import product

import naive
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

SIGMAS = 4.5
ONES = 2**64 - 1
quick = settings(max_examples=30, deadline=None, derandomize=True)
shares = st.floats(0.01, 0.99)


def agrees(sample, expected):
    """Whether the mean of a sample is within the stated standard errors of what is expected."""
    sample = np.asarray(sample, dtype=float)
    return abs(sample.mean() - expected) <= SIGMAS * sample.std(ddof=1) / math.sqrt(len(sample))


# --- randomness -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "counter", "answer"),
    [
        ((0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
        ((ONES, ONES), (ONES, ONES), (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
        (
            (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
            (0x243F6A8885A308D3, 0x13198A2E03707344),
            (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
        ),
    ],
)
def test_threefry_known_answers(key, counter, answer):
    assert naive.threefry2x64(key, counter) == answer


@quick
@given(u=st.floats(0, 0.999999), n=st.integers(0, 300), p=st.floats(0, 1))
def test_binomial_quantile_is_the_inverse_of_the_cdf(u, n, p):
    k = naive.binomial_quantile(u, n, p)
    assert stats.binom.cdf(k, n, p) >= u - 1e-12
    assert k == 0 or stats.binom.cdf(k - 1, n, p) < u + 1e-12


def test_binomial_quantile_at_exact_steps():
    # P(X <= 0) = 1/4 and P(X <= 1) = 3/4 exactly for two fair coins.
    steps = {0.0: 0, 0.25: 0, math.nextafter(0.25, 1): 1, 0.75: 1, math.nextafter(0.75, 1): 2, 1: 2}
    assert {u: naive.binomial_quantile(u, 2, 0.5) for u in steps} == steps
    assert [naive.binomial_quantile(0.3, 7, p) for p in (0, 1)] == [0, 7]
    assert naive.binomial_quantile(0.3, 0, 0.5) == 0


def test_rank_to_pearson():
    assert naive.rank_to_pearson(0) == 0
    assert naive.rank_to_pearson(1) == pytest.approx(1)
    assert naive.rank_to_pearson(-1) == pytest.approx(-1)
    rng = np.random.default_rng(11)
    r = naive.rank_to_pearson(0.6)
    cov = [[1, r], [r, 1]]
    # Spearman's rho of a continuous pair is 12 E[UV] - 3.
    u = special.ndtr(rng.multivariate_normal([0, 0], cov, size=200_000))
    assert agrees(12 * u[:, 0] * u[:, 1] - 3, 0.6)


# --- presence on a day ----------------------------------------------------------------------


@quick
@given(k=st.floats(0, 5), weights=st.lists(st.floats(0, 4), min_size=5, max_size=5))
def test_water_filling(k, weights):
    assume(min((w for w in weights if w > 0), default=0) > 1e-3)
    assume(k == 5 or k <= sum(w > 0 for w in weights))
    p = naive.water_filling(k, weights)
    assert sum(p) == pytest.approx(k, abs=1e-12)
    assert all(0 <= x <= 1 for x in p)
    # Days that are not full are proportional to their weights; full ones have no less weight.
    ratios = [x / w for x, w in zip(p, weights, strict=True) if x < 1 and w > 0]
    full = [1 / w for x, w in zip(p, weights, strict=True) if x == 1 and w > 0]
    assert k == 5 or not ratios or max(ratios) == pytest.approx(min(ratios), abs=1e-12)
    assert k == 5 or not ratios or not full or max(full) <= min(ratios) * (1 + 1e-9)


def test_water_filling_by_hand():
    assert naive.water_filling(2.5, [1] * 5) == pytest.approx([0.5] * 5)
    # 5 c w k/5 would be 1.5 on Tuesday: it fills up and the rest share the other two days.
    assert naive.water_filling(3, [1, 3, 1, 1, 1]) == pytest.approx([0.5, 1, 0.5, 0.5, 0.5])
    assert naive.water_filling(2, [1, 1, 0, 0, 0]) == pytest.approx([1, 1, 0, 0, 0])
    assert naive.water_filling(0, [1] * 5) == [0] * 5
    assert naive.water_filling(5, [9, 1, 1, 1, 0]) == [1] * 5
    for k in (2.1, -0.1, 5.5):
        with pytest.raises(ValueError, match="weekdays"):
            naive.water_filling(k, [1, 1, 0, 0, 0])


@quick
@given(p=shares, r=st.floats(0, 0.95))
def test_the_mean_presence_over_the_shock_is_p(p, r):
    assert naive.over_z(lambda z: naive.shocked(p, r, z)) == pytest.approx(p, rel=1e-9)


def test_shocked_limits():
    assert naive.shocked(0.3, 0, 2.0) == 0.3
    assert [naive.shocked(p, 0.5, -8.0) for p in (0, 1)] == [0, 1]
    assert naive.shocked(0.5, 0.5, 1.0) == pytest.approx(stats.norm.cdf(1))


@quick
@given(p=shares, r=st.floats(0, 0.95))
def test_implied_correlation_is_the_bivariate_normal(p, r):
    # Plackett: the derivative of Phi_2(a, a; t) in t is the bivariate density at (a, a).
    a = special.ndtri(p)

    def density(t):
        return math.exp(-a * a / (1 + t)) / (2 * math.pi * math.sqrt(1 - t * t))

    plackett = integrate.quad(density, 0, r, epsabs=1e-13)[0] / (p * (1 - p))
    assert naive.implied_correlation(p, r) == pytest.approx(plackett, abs=1e-9)


def test_implied_correlation_by_other_means():
    p, r = 0.6, 0.3
    a = special.ndtri(p)
    both = stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([a, a])
    assert naive.implied_correlation(p, r) == pytest.approx((both - p * p) / 0.24, abs=1e-6)
    assert naive.implied_correlation(0.5, r) == pytest.approx(2 * math.asin(r) / math.pi)
    assert math.isnan(naive.implied_correlation(1, r))
    # Two people, 10,000 weeks of five days with a shock of each day's own.
    rng = np.random.default_rng(1)
    cohort = [(2, [p] * 5, 0.0)]
    weeks = [naive.person_by_person_week(rng, [cohort], clustering=r)[0] for _ in range(10_000)]
    both_came = np.ravel(weeks) == 2
    assert agrees(both_came, naive.implied_correlation(p, r) * p * (1 - p) + p * p)


def test_binomial_sum_pmf():
    assert naive.binomial_sum_pmf([], []) == pytest.approx([1])
    assert naive.binomial_sum_pmf([0, 3], [0.5, 1]) == pytest.approx([0, 0, 0, 1])
    same = naive.binomial_sum_pmf([40, 60], [0.3, 0.3])
    assert same == pytest.approx(stats.binom.pmf(np.arange(101), 100, 0.3), rel=1e-10)
    pmf = naive.binomial_sum_pmf([30, 20, 7], [0.9, 0.25, 0.0])
    mean = pmf @ np.arange(58)
    assert pmf.sum() == pytest.approx(1)
    assert mean == pytest.approx(30 * 0.9 + 20 * 0.25)
    assert pmf @ np.arange(58) ** 2 - mean**2 == pytest.approx(30 * 0.09 + 20 * 0.1875)


def test_shortage_by_enumeration():
    ns, ps, workstations = [2, 3], [0.7, 0.2], 2
    people = [p for n, p in zip(ns, ps, strict=True) for _ in range(n)]
    tail = mean = 0.0
    for came in product([0, 1], repeat=5):
        chance = math.prod(p if c else 1 - p for p, c in zip(people, came, strict=True))
        tail += chance * (sum(came) > workstations)
        mean += chance * max(sum(came) - workstations, 0)
    assert naive.shortage(ns, ps, workstations) == pytest.approx((tail, mean))
    assert naive.shortage(ns, ps, 0) == pytest.approx((1 - 0.3**2 * 0.8**3, 2.0))
    assert naive.shortage(ns, ps, 5) == naive.shortage(ns, ps, 9) == (0, 0)


def test_the_published_teams_and_pool():
    assert stats.binom.sf(119, 180, 0.6) <= 0.05 < stats.binom.sf(118, 180, 0.6)
    pool, team = [((180,), (0.6,))] * 5, [((15,), (0.6,))] * 5
    assert naive.needed("per_day", 0.95, pool) == 119
    assert naive.needed("per_day", 0.99, pool) == 123
    assert 12 * naive.needed("per_day", 0.95, team) == 144


@pytest.mark.parametrize(
    ("ns", "ps", "r", "workstations"),
    [
        ((180,), (0.6,), 0.1, 119),
        ((180,), (0.6,), 0.1, 170),
        ((60, 30), (0.5, 0.9), 0.02, 70),
        ((15,), (0.6,), 0.9, 12),
        ((5,), (0.02,), 0.95, 3),
        ((40, 5, 5), (0.3, 0.0, 1.0), 0.4, 20),
    ],
)
def test_shocked_shortage_by_two_quadratures(ns, ps, r, workstations):
    z, length = naive.z_nodes()
    over = length * stats.norm.pdf(z)
    tails = over @ naive.tails_given_z(ns, ps, r)
    both = naive.shocked_shortage(ns, ps, r, workstations)
    assert both == pytest.approx((tails[workstations], tails[workstations:].sum()), rel=1e-9)
    assert naive.shocked_shortage(ns, ps, r, 0)[1] == pytest.approx(np.dot(ns, ps), rel=1e-9)


def test_shocked_shortage_in_closed_form():
    # One person: P(X > 0) = p whatever r. Two at r: P(X > 1) is the orthant probability. At 1/2,
    # r = 1/2 the presence given z is Phi(z), uniform, so X of n is uniform on 0 .. n.
    assert naive.shocked_shortage([1], [0.3], 0.6, 0) == pytest.approx((0.3, 0.3), rel=1e-9)
    orthant = 0.25 + math.asin(0.6) / (2 * math.pi)
    assert naive.shocked_shortage([2], [0.5], 0.6, 1) == pytest.approx((orthant,) * 2, rel=1e-9)
    uniform = (40 / 101, 40 * 41 / 2 / 101)
    assert naive.shocked_shortage([100], [0.5], 0.5, 60) == pytest.approx(uniform, rel=1e-9)
    assert naive.shocked_shortage([9], [0.4], 0, 5) == naive.shortage([9], [0.4], 5)


def test_coarse_nodes_are_refused():
    with pytest.raises(ValueError, match="clustering"):
        naive.tails_given_z((1000,), (0.6,), 0.9)
    with pytest.raises(ValueError, match="shared part"):
        naive.kernel(0.9995)


# --- weeks, several bodies, sizes -----------------------------------------------------------

DAY = ((12, 6), (0.5, 0.8))
MIXED = [DAY, ((12, 6), (0.7, 0.8)), DAY, ((12, 6), (0.6, 0.8)), ((12, 6), (0.2, 0.8))]


def test_week_shortage_limits():
    single = [naive.shortage(*day, 13)[0] for day in MIXED]
    apart = 1 - math.prod(1 - s for s in single)
    assert naive.week_shortage(MIXED, 0, 0.4, 13) == pytest.approx(apart, rel=1e-9)
    shocked = [naive.shocked_shortage(*day, 0.3, 13)[0] for day in MIXED]
    apart = 1 - math.prod(1 - s for s in shocked)
    assert naive.week_shortage(MIXED, 0.3, 0, 13) == pytest.approx(apart, rel=1e-9)
    for part in (0, 0.4, 0.9, 0.999, 1):
        assert naive.week_shortage([DAY], 0.3, part, 13) == pytest.approx(shocked[0], rel=1e-8)
    # All of z shared: the exceedance of every day moves with the same z.
    # (The trapezium rule is exact to rounding for a smooth function that dies out at both ends.)
    z = np.arange(-9, 9, 0.05)
    given_z = [(ns, [naive.shocked(p, 0.3, z) for p in ps]) for ns, ps in MIXED]
    none = math.prod(1 - naive.shortage(ns, ps, 13)[0] for ns, ps in given_z)
    together = 0.05 * stats.norm.pdf(z) @ (1 - none)
    assert naive.week_shortage(MIXED, 0.3, 1, 13) == pytest.approx(together, rel=1e-8)
    assert naive.week_shortage(MIXED, 0.3, 0.999, 13) == pytest.approx(together, rel=1e-2)
    assert naive.week_shortage(MIXED, 0.3, 0.5, 18) == 0


def test_week_shortage_by_nested_quadrature():
    # One person a day at 1/2: P(present | z) = Phi(z sqrt(r/(1-r))), over the own part again Phi.
    r, part = 0.4, 0.6
    slope = math.sqrt(r * part / (1 - r * part))
    home = naive.over_z(lambda y: special.ndtr(-slope * y) ** 5)
    one = [((1,), (0.5,))] * 5
    assert naive.week_shortage(one, r, part, 0) == pytest.approx(1 - home, rel=1e-9)


def test_any_shortage_limits():
    bodies = [((12, 6), (0.5, 0.8), 13), ((20,), (0.6,), 14)]
    for r, part in ((0, 0.7), (0.2, 0)):
        apart = 1 - math.prod(1 - naive.shocked_shortage(ns, ps, r, d)[0] for ns, ps, d in bodies)
        assert naive.any_shortage(bodies, r, part) == pytest.approx(apart, rel=1e-9)
    # The more is shared, the more the shortages coincide.
    chances = [naive.any_shortage(bodies, 0.2, part) for part in (0, 0.3, 0.6, 0.9, 1)]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] > max(naive.shocked_shortage(ns, ps, 0.2, d)[0] for ns, ps, d in bodies)


@pytest.mark.parametrize("kind", ["per_day", "per_week", "per_person"])
@pytest.mark.parametrize("r", [0, 0.2])
def test_needed_is_the_least_that_meets_the_level(kind, r):
    least = naive.needed(kind, 0.95, MIXED, r, 0.3)
    assert naive.short_share(kind, MIXED, r, 0.3, least) <= 0.05
    assert naive.short_share(kind, MIXED, r, 0.3, least - 1) > 0.05
    assert naive.needed(kind, 1.0, MIXED, r, 0.3) == 18
    assert naive.needed(kind, 0.0, MIXED, r, 0.3) == 0


def test_short_share_against_its_definition():
    for r in (0, 0.2):
        days = [naive.shocked_shortage(ns, ps, r, 13) for ns, ps in MIXED]
        people = sum(np.dot(ns, ps) for ns, ps in MIXED)
        tail = sum(day[0] for day in days) / 5
        lost = sum(day[1] for day in days) / people
        assert naive.short_share("per_day", MIXED, r, 0, 13) == pytest.approx(tail, rel=1e-9)
        assert naive.short_share("per_person", MIXED, r, 0, 13) == pytest.approx(lost, rel=1e-9)
    assert naive.needed("per_person", 0.95, [((10,), (0.0,))] * 5) == 0


def test_expected_week_peak():
    assert naive.expected_week_peak([((1,), (0.5,))] * 5) == pytest.approx(1 - 0.5**5)
    assert naive.expected_week_peak([((7,), (0.3,)), ((4,), (0.0,))]) == pytest.approx(2.1)
    rng = np.random.default_rng(3)
    draws = [sum(rng.binomial(ns, ps, size=(50_000, 2)).T) for ns, ps in MIXED]
    assert agrees(np.max(draws, axis=0), naive.expected_week_peak(MIXED))


def test_person_by_person_agrees_with_the_quadratures():
    # Ten comparisons at 4.5 standard errors: false alarm under 7e-5 over all seeds.
    r, common, week, d = 0.25, 0.15, 0.6, 11
    p = [0.5, 0.7, 0.6, 0.5, 0.3]
    bodies = [[(12, p, 0.1), (6, [1.0] * 5, 0.2)], [(15, [0.6] * 5, 0.0)]]
    days = [((12, 6), (x * 0.9, 0.8)) for x in p]
    rng = np.random.default_rng(2024)
    weeks = np.array(
        [naive.person_by_person_week(rng, bodies, r, common, week) for _ in range(4000)]
    )
    first, second = weeks[:, 0], weeks[:, 1]
    for day, (ns, ps) in enumerate(days):
        tail, mean = naive.shocked_shortage(ns, ps, r, d)
        assert agrees(first[:, day] > d, tail)
        if day % 2 == 0:
            assert agrees(np.maximum(first[:, day] - d, 0), mean)
    assert agrees((first > d).any(axis=1), naive.week_shortage(days, r, week, d))
    both = [(*days[1], d), ((15,), (0.6,), 10)]
    either = (first[:, 1] > d) | (second[:, 1] > 10)
    assert agrees(either, naive.any_shortage(both, r, common))


# --- exactly k days a week ------------------------------------------------------------------


@quick
@given(k=st.floats(0, 5), weights=st.lists(st.floats(0.05, 4), min_size=5, max_size=5))
def test_fixed_days_patterns(k, weights):
    p = naive.water_filling(k, weights)
    patterns = naive.fixed_days_patterns(k, p)
    assert sum(patterns.values()) == pytest.approx(1)
    for d in range(5):
        chosen = sum(share for days, share in patterns.items() if d in days)
        assert chosen == pytest.approx(p[d], abs=1e-9)
    assert {len(days) for days, share in patterns.items() if share > 1e-9} <= {
        math.floor(k),
        math.ceil(k),
    }


@pytest.mark.parametrize("k", [2, 2.4])
def test_fixed_days_share_one_weight_between_sizes(k):
    # Within a size, P(S + a) / P(S + b) = w_a / w_b, the same for every S and both sizes.
    p = naive.water_filling(k, [1, 1.3, 1.2, 0.9, 0.5])
    patterns = naive.fixed_days_patterns(k, p)
    for a, b in product(range(5), repeat=2):
        ratios = [
            patterns[days] / patterns[days - {a} | {b}]
            for days in patterns
            if a in days and b not in days
        ]
        assert a == b or max(ratios) == pytest.approx(min(ratios), rel=1e-7)


def test_fixed_days_in_closed_form():
    # Size one: the day's own probability. Equal days: all pairs alike. Sure and impossible days.
    p = [0.1, 0.2, 0.3, 0.15, 0.25]
    single = naive.fixed_days_patterns(1, p)
    assert {min(days): share for days, share in single.items()} == pytest.approx(
        dict(enumerate(p)), abs=1e-12
    )
    assert list(naive.fixed_days_patterns(2, [0.4] * 5).values()) == pytest.approx([0.1] * 10)
    mixed = naive.fixed_days_patterns(1.5, [1, 0.5, 0, 0, 0])
    assert mixed == pytest.approx({frozenset({0}): 0.5, frozenset({0, 1}): 0.5})
    assert naive.fixed_days_patterns(0, [0] * 5) == {frozenset(): 1}
    assert naive.fixed_days_patterns(5, [1] * 5) == {frozenset(range(5)): 1}
    with pytest.raises(ValueError, match="add up"):
        naive.fixed_days_patterns(2, [0.5] * 5)


def test_thinning_keeps_the_daily_presence():
    p = naive.water_filling(2.4, [1, 1.3, 1.2, 0.9, 0.5])
    kept = naive.thinned(naive.fixed_days_patterns(2.4, p), 0.15)
    assert sum(kept.values()) == pytest.approx(1)
    for d in range(5):
        assert sum(q for s, q in kept.items() if d in s) == pytest.approx(0.85 * p[d], abs=1e-9)


def test_fixed_days_week_shortage():
    # Two people, one day each, one workstation: short when they choose the same day.
    p = [0.1, 0.2, 0.3, 0.15, 0.25]
    same = sum(x * x for x in p)
    assert naive.fixed_days_week_shortage(2, 1, p, 0, 1) == pytest.approx(same)
    assert naive.fixed_days_week_shortage(2, 1, p, 0.2, 1) == pytest.approx(0.64 * same)
    # Five days of independent thinning are five independent days.
    sure = naive.fixed_days_week_shortage(4, 5, [1] * 5, 0.3, 3)
    assert sure == pytest.approx(1 - (1 - 0.7**4) ** 5)
    assert naive.fixed_days_week_shortage(3, 2.5, [0.5] * 5, 0.1, 3) == 0


def test_fixed_days_week_shortage_by_simulation():
    p = naive.water_filling(2.4, [1, 1.3, 1.2, 0.9, 0.5])
    patterns = naive.fixed_days_patterns(2.4, p)
    table = np.array([[d in days for d in range(5)] for days in patterns])
    rng = np.random.default_rng(5)
    chosen = rng.choice(len(table), p=list(patterns.values()), size=(100_000, 3))
    came = table[chosen] & (rng.random((100_000, 3, 5)) < 0.9)
    short = (came.sum(axis=1) > 2).any(axis=1)
    assert agrees(short, naive.fixed_days_week_shortage(3, 2.4, p, 0.1, 2))


# --- workstations, area, money --------------------------------------------------------------


def test_workstation_counts():
    assert 0.07 * 100 > 7  # which is why the ceiling is guarded
    assert naive.ceil_guarded(0.07 * 100) == 7
    assert [naive.ceil_guarded(x) for x in (0, 1e-12, 0.01, 7, 7.001)] == [0, 0, 1, 7, 8]
    assert naive.per_person_workstations(0.53, 211, 3) == 112 + 3
    assert naive.per_person_workstations(0.07, 100, 0) == 7
    assert naive.dedicated_count([0.07, 0.011], 100, 50) == 7 + 2
    assert naive.dedicated_count([0.5, 0.5], 100, 60) == 60
    assert naive.dedicated_count([], 100, 60) == 0


@quick
@given(
    values=st.lists(st.integers(0, 30), min_size=1, max_size=40),
    assurance=st.sampled_from([0, 0.1, 0.5, 0.9, 1]),
)
def test_order_statistic(values, assurance):
    d = naive.order_statistic(values, assurance)
    assert np.mean(np.array(values) <= d) >= assurance - 1e-12
    below = [v for v in values if v < d]
    assert not below or len(below) < assurance * len(values)


def test_order_statistic_by_hand():
    assert naive.order_statistic(list(range(1, 11)), 0.9) == 9
    assert naive.order_statistic(list(range(1, 12)), 0.9) == 10
    with pytest.raises(ValueError, match="assurance"):
        naive.order_statistic([1, 2], 1.1)


def test_area_and_money():
    required = naive.required_area(100, 112, 12, 3, 20, 10, 2.5)
    assert required == 100 + 1344 + 60 + 25
    assert naive.released_area(1055 * 12, 112 * 12) == 11_316
    assert naive.released_area(992 * 12, 115 * 12) == 10_524
    assert naive.released_area(100, 120) == -20
    assert naive.vacated_running_cost(11_316, 2) == 22_632
    gates = [(0.61, 1.0, 10), (0.45, 0.95, 100), (0.3, None, 7), (0.9, 0.8, 7)]
    assert naive.investment(200, gates) == pytest.approx(200 * (0.39 * 10 + 0.5 * 100))
    assert naive.payback_years(100, 40) == 2.5
    assert naive.payback_years(100, 0) is None
    assert naive.payback_years(100, -1) is None
