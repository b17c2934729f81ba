"""People drawn day by day: means, variances, patterns and shared luck.

Every z or chi-square test has a fixed seed and a false-alarm rate of at most 1e-6 (|z| < 5, or a
p-value above 1e-6); there are about 150 of them, so a right kernel fails this file for one seed
in 7,000.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import naive
import numpy as np
import pytest
from handmade import EVEN, UNEVEN, attendance, staff
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim import streams
from sim.kernels import days

COMMON_KEY = streams.stream_key("run/day")


def keys(bodies):
    return np.array([streams.stream_key(f"run/body/{b}") for b in range(bodies)], np.uint64)


def counted(said, cohorts, weeks=1, first=0, place=0, seed=5):
    """Return int32[body, week, weekday, draw]."""
    bodies, draws = cohorts.shape[1:]
    out = np.full((bodies, weeks, 5, draws), -1, np.int32)
    seed, shocks = np.uint64(seed), np.empty((bodies, 5 * weeks, draws))
    days.draw_shocks(seed, keys(bodies), COMMON_KEY, first, said, shocks)
    days.count_present(seed, keys(bodies), first, said, cohorts, place, shocks, out)
    return out


def many(said, *bodies, draws, **more):
    """Return counts of draws that differ in nothing but luck."""
    said = said._replace(
        **{
            name: np.repeat(getattr(said, name), draws, axis=1)
            for name in ("days", "compliance", "absence", "clustering")
        }
    )
    return counted(said, staff(*bodies, draws=draws), **more)


def z_of_mean(sample, expected):
    error = sample.std(ddof=1) / math.sqrt(sample.size)
    return (sample.mean() - expected) / error if error > 0 else np.inf * (sample[0] != expected)


def spread_agrees(sample, variance):
    """Whether |z| < 5 for the variance, with the sample's own fourth moment."""
    squares = (sample - sample.mean()) ** 2
    return abs(squares.mean() - variance) < 5 * squares.std() / math.sqrt(sample.size)


def chances(cohorts, floor, k, absence, weekday):
    """Return [(n, p)] of each weekday."""
    due = [naive.water_filling(x, weekday) for x in (floor, k, 5)]
    return [
        [(n, p[d] * (1 - absence)) for n, p in zip(cohorts, due, strict=True)] for d in range(5)
    ]


# --- rule independent -----------------------------------------------------------------------


def luck(first, slot, date):
    """Return the uniform of a day: two days share a place, which has two numbers."""
    pair = np.uint64(5), keys(1)[0], first, streams.PRESENT, slot + date // 2 * 2
    return streams.two_uniforms(*pair)[date % 2]


@given(
    cohorts=st.tuples(*[st.integers(0, 50)] * 3),
    k=st.floats(0, 5),
    absence=st.sampled_from([0.0, 0.1, 1.0]),
    first=st.integers(0, 10**9),
    place=st.integers(0, 1),
)
def test_without_a_shock_counts_are_inverted(cohorts, k, absence, first, place):
    """The slow twin inverts exactly, from the uniform of each cohort, week and day."""
    said = attendance(UNEVEN, 0.0, k, absence=absence)
    found = counted(said, staff(cohorts), weeks=2, first=first, place=place)
    for week, day in product(range(2), range(5)):
        twin = 0
        for c, (n, p) in enumerate(chances(cohorts, 0.0, k, absence, UNEVEN)[day]):
            u = luck(first, (place * 3 + c) * 10, week * 5 + day)
            twin += naive.binomial_quantile(u, n, p)
        assert found[0, week, day, 0] == twin


@pytest.mark.jit
@pytest.mark.parametrize("absence", [0.0, 0.12])
def test_counts_have_binomial_means_and_variances(absence):
    cohorts = (20, 90, 15)
    said = attendance(UNEVEN, 0.8, 2.4, absence=absence)
    found = many(said, cohorts, draws=20_000)[0, 0]
    for d, parts in enumerate(chances(cohorts, 0.8, 2.4, absence, UNEVEN)):
        assert abs(z_of_mean(found[d], sum(n * p for n, p in parts))) < 5
        assert spread_agrees(found[d], sum(n * p * (1 - p) for n, p in parts))


@pytest.mark.jit
def test_counts_of_one_cohort_pass_a_chi_square():
    found = many(attendance(EVEN, days=3.0), (0, 12, 0), draws=20_000)[0, 0, 2]
    expected = stats.binom.pmf(np.arange(13), 12, 0.6) * 20_000
    observed = np.bincount(found, minlength=13)
    cells = [slice(0, 4), *(slice(k, k + 1) for k in range(4, 12)), slice(12, 13)]
    parts = [[x[c].sum() for c in cells] for x in (observed, expected)]
    assert stats.chisquare(*parts).pvalue > 1e-6


@pytest.mark.jit
def test_days_weeks_bodies_and_places_are_independent_without_a_shock():
    said = attendance(EVEN, days=2.0)
    found = many(said, (0, 50, 5), (0, 50, 5), draws=20_000, weeks=2)
    other = many(said, (0, 50, 5), (0, 50, 5), draws=20_000, weeks=2, place=1)
    base = found[0, 0, 0]
    for sample in (found[0, 0, 1], found[0, 1, 0], found[1, 0, 0], other[0, 0, 0]):
        assert stats.spearmanr(base, sample).pvalue > 1e-6
    assert stats.spearmanr(base[1:], base[:-1]).pvalue > 1e-6


@given(k=st.tuples(st.floats(0, 5), st.floats(0, 5)), r=st.sampled_from([0.0, 0.2]))
def test_more_days_never_bring_fewer_people(k, r):
    """Common random numbers, with and without a shock, day by day."""
    few, more = (
        counted(attendance(UNEVEN, 0.0, x, clustering=r), staff((0, 60, 4))) for x in sorted(k)
    )
    assert (few <= more).all()


# --- the day's shock ------------------------------------------------------------------------


@pytest.mark.jit
@pytest.mark.parametrize("common", [0.0, 0.3])
@pytest.mark.parametrize("week", [0.0, 0.5])
def test_a_shock_keeps_means_and_widens_variances(common, week):
    """Var of Bin(n, p(z)) is n p (1 - p) (1 + (n - 1) ρ), ρ the implied correlation."""
    n, p, r = 60, 0.44, 0.1
    said = attendance(EVEN, days=2.5, absence=0.12, clustering=r, common=common, week=week)
    found = many(said, (0, n, 0), draws=20_000)[0, 0]
    rho = naive.implied_correlation(p, r)
    for d in range(5):
        assert abs(z_of_mean(found[d], n * p)) < 5
        assert spread_agrees(found[d], n * p * (1 - p) * (1 + (n - 1) * rho))


@pytest.mark.jit
@pytest.mark.parametrize(
    ("common", "week", "r"), [(0.3, 0.2, 0.2), (0.0, 0.6, 0.1), (0.7, 0.0, 0.3), (0.0, 0.0, 0.2)]
)
def test_bodies_share_days_and_days_share_weeks(common, week, r):
    """Two people with probits t whose shocks correlate by s covary by Φ₂(t, t; r s) - p²."""
    n, p = 40, 0.5
    said = attendance(EVEN, days=2.5, clustering=r, common=common, week=week)
    found = many(said, (0, n, 0), (0, n, 0), draws=20_000, weeks=2).astype(float) - n * p
    pairs = {
        "one day, two bodies": (found[0, 0, 0] * found[1, 0, 0], common),
        "two days, one body": (found[0, 0, 0] * found[0, 0, 3], week),
        "two weeks, one body": (found[0, 0, 0] * found[0, 1, 0], 0.0),
        "two days, two bodies": (found[0, 0, 0] * found[1, 0, 1], 0.0),
    }
    for name, (products, part) in pairs.items():
        rho = naive.implied_correlation(p, r * part) if part else 0.0
        assert abs(z_of_mean(products, n * n * p * (1 - p) * rho)) < 5, name


@pytest.mark.jit
def test_cohorts_and_places_of_a_body_feel_one_shock():
    said = attendance(EVEN, 2.5, 2.5, clustering=0.2)
    n, p = 40, 0.5
    sharing = many(said, (0, n, 0), draws=20_000)[0, 0, 1] - n * p
    holders = many(said, (n, 0, 0), draws=20_000, place=1)[0, 0, 1] - n * p
    rho = naive.implied_correlation(p, 0.2)
    assert abs(z_of_mean(sharing * holders, n * n * p * (1 - p) * rho)) < 5


@pytest.mark.jit
def test_a_week_is_that_of_people_deciding_one_by_one():
    """Means, variances and covariances against the oracle's person-by-person weeks."""
    common, week, r, absence = 0.3, 0.4, 0.3, 0.1
    said = attendance(UNEVEN, 0.5, 2.2, absence=absence, clustering=r, common=common, week=week)
    cohorts = (4, 12, 3)
    found = many(said, cohorts, cohorts, draws=20_000)[:, 0].reshape(10, -1)
    due = [naive.water_filling(k, UNEVEN) for k in (0.5, 2.2, 5)]
    body = [(n, p, absence) for n, p in zip(cohorts, due, strict=True)]
    rng = np.random.default_rng(3)
    weeks = [
        naive.person_by_person_week(rng, [body, body], r, common, week).ravel()
        for _ in range(4_000)
    ]
    twin = np.array(weeks).T
    for a in range(10):
        for b in range(a, 10):
            one, two = ((x[a] - x[a].mean()) * (x[b] - x[b].mean()) for x in (found, twin))
            error = math.hypot(one.std() / one.size**0.5, two.std() / two.size**0.5)
            assert abs(one.mean() - two.mean()) < 5 * error
        assert stats.ttest_ind(found[a], twin[a], equal_var=False).pvalue > 1e-6


@given(
    first=st.integers(0, 10**6),
    n=st.integers(0, 60),
    parts=st.sampled_from([(0.3, 0.2), (0.0, 0.6), (0.5, 0.0), (0.0, 0.0), (0.4, 0.6)]),
)
def test_with_a_shock_counts_are_inverted_too(first, n, parts):
    """Here z = √common z_day + √week z_week + √rest z_own, each from its own stream."""
    said = attendance(days=2.5, clustering=0.2, common=parts[0], week=parts[1])
    found = counted(said, staff((0, n, 0)), weeks=2, first=first)
    sizes = np.sqrt([*parts, max(0.0, 1 - sum(parts))])
    for week, day in product(range(2), range(5)):
        date = week * 5 + day
        places = [(COMMON_KEY, streams.DAY, date), (keys(1)[0], streams.WEEK, week)]
        places += [(keys(1)[0], streams.DAY, date)]
        parts_of_z = [streams.uniform(np.uint64(5), key, first, *at) for key, *at in places]
        p = naive.shocked(0.5, 0.2, sizes @ stats.norm.ppf(parts_of_z))
        u = luck(first, 10, date)
        assert found[0, week, day, 0] == naive.binomial_quantile(u, n, p)


# --- rule fixed_days ------------------------------------------------------------------------


@given(
    people=st.integers(0, 200),
    k=st.floats(0, 5),
    weekday=st.sampled_from([EVEN, UNEVEN, (1, 0, 2, 3, 0.5), (0, 3, 0, 1, 0)]),
)
def test_everybody_comes_on_exactly_their_days(people, k, weekday):
    """Without absence a week's person-days lie between n ⌊k⌋ and n ⌈k⌉."""
    k = min(k, float(sum(w > 0 for w in weekday)))
    said = attendance(weekday, days=k, fixed_days=True)
    found = counted(said, staff((7, people, 0)), weeks=6)[0, :, :, 0]
    assert (found.sum(axis=1) >= people * math.floor(k)).all()
    assert (found.sum(axis=1) <= people * math.ceil(k)).all()
    assert (found[:, np.array(weekday) == 0] == 0).all() or k == 5
    full = np.array(naive.water_filling(k, weekday)) > 1 - 1e-14
    assert (found[:, full] == people).all()


def test_one_person_has_a_fractional_number_of_days_now_and_then():
    said = attendance(UNEVEN, days=2.25, fixed_days=True)
    found = counted(said, staff((0, 1, 0)), weeks=400)[0, :, :, 0].sum(axis=1)
    assert set(found) == {2, 3}
    assert stats.binomtest(int((found == 3).sum()), 400, 0.25).pvalue > 1e-6


@pytest.mark.jit
@pytest.mark.parametrize(("k", "people", "absence"), [(2.0, 2, 0.0), (1.5, 1, 0.3), (2.4, 1, 0.0)])
def test_weeks_of_a_few_people_have_the_oracles_chances(k, people, absence):
    """All multisets of attended sets, enumerated; chi-square over the week's counts."""
    said = attendance(UNEVEN, days=k, absence=absence, fixed_days=True)
    found = many(said, (0, people, 0), draws=40_000)[0, 0]
    kept = naive.thinned(naive.fixed_days_patterns(k, naive.water_filling(k, UNEVEN)), absence)
    weeks = Counter()
    for sets in product(kept, repeat=people):
        count = tuple(sum(d in chosen for chosen in sets) for d in range(5))
        weeks[count] += math.prod(kept[chosen] for chosen in sets)
    seen = Counter(map(tuple, found.T.tolist()))
    assert set(seen) <= set(weeks)
    common = [week for week, share in weeks.items() if share * 40_000 >= 10]
    rest = [1 - sum(x[week] for week in common) / y for x, y in ((seen, 40_000), (weeks, 1.0))]
    observed = [seen[week] for week in common] + [rest[0] * 40_000]
    expected = [weeks[week] * 40_000 for week in common] + [rest[1] * 40_000]
    if expected[-1] < 10:
        observed, expected = observed[:-1], expected[:-1]
        expected = np.array(expected) * sum(observed) / sum(expected)
    assert stats.chisquare(observed, expected).pvalue > 1e-6


@pytest.mark.jit
def test_the_fullest_day_of_fixed_days_is_the_oracles():
    """P(some day has more than D of 4 people), exactly two days each, some away."""
    k, absence, draws = 2.0, 0.1, 40_000
    said = attendance(UNEVEN, days=k, absence=absence, fixed_days=True)
    peak = many(said, (0, 4, 0), draws=draws)[0, 0].max(axis=0)
    p = naive.water_filling(k, UNEVEN)
    for limit in (1, 2, 3):
        chance = naive.fixed_days_week_shortage(4, k, p, absence, limit)
        assert stats.binomtest(int((peak > limit).sum()), draws, chance).pvalue > 1e-6


@pytest.mark.jit
@pytest.mark.parametrize("clustering", [0.0, 0.2])
def test_fixed_days_have_the_means_and_variances_of_their_patterns(clustering):
    """Marginally Bin(n, p_d (1 - a)); days of one person exclude each other."""
    n, k, absence = 80, 2.0, 0.15
    said = attendance(UNEVEN, days=k, absence=absence, clustering=clustering, fixed_days=True)
    found = many(said, (0, n, 0), draws=20_000)[0, 0]
    due = np.array(naive.water_filling(k, UNEVEN))
    together = naive.implied_correlation(1 - absence, clustering) if clustering else 0.0
    both = together * absence * (1 - absence) + (1 - absence) ** 2
    for d in range(5):
        p = due[d] * (1 - absence)
        assert abs(z_of_mean(found[d], n * p)) < 5
        covariance = due[d] ** 2 * (both - (1 - absence) ** 2)
        assert spread_agrees(found[d], n * p * (1 - p) + n * (n - 1) * covariance)
    patterns = naive.fixed_days_patterns(k, due)
    chosen = sum(share for days_, share in patterns.items() if {0, 1} <= days_)
    expected = n * (chosen - due[0] * due[1]) * (1 - absence) ** 2
    products = (found[0] - found[0].mean()) * (found[1] - found[1].mean())
    assert abs(z_of_mean(products, expected)) < 5


# --- structure ------------------------------------------------------------------------------


def test_draws_do_not_know_their_block():
    said = attendance(UNEVEN, 0.3, 2.2, absence=0.1, clustering=0.1, common=0.3, week=0.2, draws=12)
    for rule in (False, True):
        one = said._replace(fixed_days=rule)
        half = one._replace(
            **{n: getattr(one, n)[:, :6] for n in ("days", "compliance", "absence", "clustering")}
        )
        whole = counted(one, staff((3, 40, 6), (0, 9, 0), draws=12), weeks=3, first=100)
        parts = [
            counted(half, staff((3, 40, 6), (0, 9, 0), draws=6), weeks=3, first=f)
            for f in (100, 106)
        ]
        assert (whole == np.concatenate(parts, axis=3)).all()


def test_absence_and_clustering_are_read_by_body():
    said = attendance(days=5.0, absence=[0.0, 1.0], clustering=[0.3, 0.3])
    for rule in (False, True):
        found = counted(said._replace(fixed_days=rule), staff((0, 9, 1), (0, 9, 1)))
        assert found[0].ravel().tolist() == [10] * 5
        assert found[1].ravel().tolist() == [0] * 5


def test_nobody_is_nowhere():
    said = attendance(days=2.0, clustering=0.1, fixed_days=True)
    assert (counted(said, staff((0, 0, 0), (30, 0, 0)), weeks=2) == 0).all()
