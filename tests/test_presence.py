"""Presence by weekday: the oracle, the laws of its definition and printed probabilities."""

from __future__ import annotations

import math
from itertools import combinations

import naive
import numpy as np
import pytest
from handmade import EVEN, JIT, UNEVEN, attendance, near, staff
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats

from sim.kernels import days as drawn
from sim.kernels import presence

weights = st.lists(
    st.one_of(st.just(0.0), st.floats(0.05, 20)), min_size=5, max_size=5
).filter(lambda w: sum(w) > 0)  # fmt: skip
parts = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(1e-9, 1))
steep = st.lists(st.floats(1e-4, 100), min_size=5, max_size=5)
SETS = {s: frozenset(d for d in range(5) if s >> d & 1) for s in range(32)}


def filled(days, weekday):
    out = np.full(5, -1.0)
    presence.water_filling(days, np.array(weekday), out)
    return out


def patterns(days, chances):
    out = np.full(32, -1.0)
    presence.pattern_masses(days, np.array(chances, dtype=float), out)
    return out


def inclusion(masses):
    return np.array([sum(masses[s] for s in SETS if s >> d & 1) for d in range(5)])


def odds_ratio(masses, in_a, in_b):
    """Return P(A) / P(B): the product of w over A without B, by that over B without A."""
    by_set = {SETS[s]: masses[s] for s in SETS}
    return by_set[frozenset(in_a)] / by_set[frozenset(in_b)]


# --- water filling --------------------------------------------------------------------------


@given(weekday=weights, part=parts)
def test_water_filling_is_the_oracles(weekday, part):
    days = part * sum(w > 0 for w in weekday)
    np.testing.assert_allclose(
        filled(days, weekday), naive.water_filling(days, weekday), rtol=1e-11, atol=1e-13
    )


@given(weekday=st.one_of(weights, steep), part=parts, scale=st.floats(0.01, 100))
def test_water_filling_spends_the_days_in_proportion(weekday, part, scale):
    open_days = sum(w > 0 for w in weekday)
    days = part * open_days
    p = filled(days, weekday)
    assert near(p.sum(), days, 1e-12)
    assert (p <= 1).all()
    assert (p[np.array(weekday) == 0] == 0).all()
    below = [(p[d], weekday[d]) for d in range(5) if p[d] < 1 and weekday[d] > 0]
    assert all(near(x * v, y * w, 1e-12) for x, w in below for y, v in below)
    full = [weekday[d] for d in range(5) if p[d] == 1]
    assert not full or not below or min(full) >= max(w for _, w in below)
    np.testing.assert_allclose(filled(days, [scale * w for w in weekday]), p, rtol=1e-12)


@pytest.mark.parametrize(
    ("days", "weekday", "expected"),
    [
        (3, EVEN, [0.6] * 5),
        (0, UNEVEN, [0.0] * 5),
        (2, [1, 0, 3, 0, 0], [1, 0, 1, 0, 0]),
        (4, [5, 5, 1, 1, 2], [1, 1, 0.5, 0.5, 1]),
        (1, [4, 3, 2, 1, 0], [0.4, 0.3, 0.2, 0.1, 0.0]),
    ],
)
def test_water_filling_by_hand(days, weekday, expected):
    np.testing.assert_allclose(filled(float(days), np.array(weekday, float)), expected, rtol=1e-15)


def test_five_days_are_every_day_whatever_the_weights():
    found = np.empty(5)
    for given_days in (5.0, 6.0):
        presence.weekday_presence(attendance((1, 0, 0, 2, 0), days=given_days), 1, 0, 0, found)
        assert found.tolist() == [1.0] * 5
    presence.weekday_presence(attendance((1, 0, 0, 2, 0)), 2, 0, 0, found)
    assert found.tolist() == [1.0] * 5


def test_days_on_site_by_cohort():
    """Cohorts of two strands with floors 0 and 1.5; compliance lowers days, never the floor."""
    said = attendance(floor=[[0.0, 1.5]], days=[2.0, 4.0], compliance=[0.5, 1.0])
    days = [[presence.days_on_site(said, c, b, 0) for c in range(5)] for b in (0, 1)]
    assert days == [[0.0, 1.0, 1.5, 1.5, 5.0], [0.0, 4.0, 1.5, 4.0, 5.0]]


# --- exactly k days -------------------------------------------------------------------------


@given(weekday=weights, part=parts, whole=st.booleans())
def test_patterns_are_the_oracles(weekday, part, whole):
    days = part * sum(w > 0 for w in weekday)
    days = float(math.floor(days)) if whole else days
    p = naive.water_filling(days, weekday)
    assume(all(x in (0.0, 1.0) or 1e-4 < x < 1 - 1e-4 for x in p))
    assume(abs(days - round(days)) > 1e-6 or days == round(days))
    twin = naive.fixed_days_patterns(days, p)
    found = patterns(days, p)
    for s, chosen in SETS.items():
        assert near(found[s], twin.get(chosen, 0.0), absolute=1e-8)


@given(weekday=st.one_of(weights, steep), part=parts, whole=st.booleans())
def test_patterns_include_each_day_as_often_as_asked(weekday, part, whole):
    days = part * sum(w > 0 for w in weekday)
    days = float(math.floor(days)) if whole else days
    p = filled(days, weekday)
    found = patterns(days, p)
    assert (found >= 0).all()
    assert near(found.sum(), 1.0, 1e-12)
    np.testing.assert_allclose(inclusion(found), p, atol=1e-10)
    low = math.floor(days + 1e-12)
    by_size = [sum(found[s] for s in SETS if len(SETS[s]) == size) for size in range(6)]
    part = min(max(days - low, 0.0), 1.0)
    assert near(by_size[low], 1 - part, absolute=1e-12)
    assert low == 5 or near(by_size[low + 1], part, absolute=1e-12)


@pytest.mark.parametrize(
    ("days", "p"),
    [
        (1.0, [0.3, 0.7, 0, 0, 0]),
        (3.0, [1, 1, 0.25, 0.75, 0]),
        (4.0, [1, 1, 1, 0.9, 0.1]),
        (4.0, [0.62, 1, 1, 1, 0.38]),
        (1.0, [0, 0, 0, 0, 1]),
    ],
)
def test_one_day_to_choose_from_two(days, p):
    """Two free days: the chance of a day is the chance of its set."""
    found = patterns(days, p)
    sure = [d for d in range(5) if p[d] == 1]
    for d in range(5):
        if 0 < p[d] < 1:
            assert near(found[sum(1 << x for x in [*sure, d])], p[d], 1e-10)


def test_even_weekdays_make_all_sets_alike():
    found = patterns(2.0, [0.4] * 5)
    assert all(near(found[s], 0.1 if len(SETS[s]) == 2 else 0.0, absolute=1e-13) for s in range(32))


@pytest.mark.parametrize("days", [1.3, 2.5, 3.75])
def test_one_w_serves_both_sizes(days):
    """Swapping day a for day b changes a set's chance by w_a / w_b, whatever else is in it."""
    found = patterns(days, filled(days, UNEVEN))
    for a, b in combinations(range(5), 2):
        others = [d for d in range(5) if d not in (a, b)]
        ratios = [
            odds_ratio(found, (a, *rest), (b, *rest))
            for size in (math.floor(days), math.floor(days) + 1)
            for rest in combinations(others, size - 1)
        ]
        assert max(ratios) / min(ratios) < 1 + 1e-10


@pytest.mark.jit
def test_patterns_are_found_for_every_profile():
    """2,000 random profiles, some days 1,000 times as popular as others."""
    rng = np.random.default_rng(5)
    for _ in range(2_000):
        weekday = rng.exponential(size=5) ** rng.choice([0.3, 1, 3])
        weekday[rng.random(5) < 0.15] = 0
        days = rng.uniform(0, (weekday > 0).sum())
        days = float(math.floor(days)) if rng.random() < 0.5 else days
        if weekday.any():
            p = filled(days, weekday)
            np.testing.assert_allclose(inclusion(patterns(days, p)), p, atol=1e-9)


# --- the day's shock ------------------------------------------------------------------------


def shocked(p, r, z):
    """Return the presence given the shock, for each p and each z."""
    p, z = np.broadcast_arrays(np.asarray(p, dtype=float), np.asarray(z, dtype=float))
    said = attendance(clustering=r, draws=p.size)
    probit, pull, found = (np.empty(p.size) for _ in range(3))
    drawn.find_probits(said, 0, 0, p.ravel().copy(), probit, pull)
    drawn.shock_presence(probit, pull, z.ravel().copy(), found)
    return found


@given(p=st.floats(1e-6, 1 - 1e-6), r=st.floats(1e-4, 0.99), z=st.floats(-8, 8))
def test_shocked_is_the_oracles(p, r, z):
    """Beyond 37 standard deviations it is what it is there."""
    assert near(shocked(p, r, z)[0], naive.shocked(p, r, z), 1e-9, 1e-298)


@pytest.mark.parametrize("p", [0.01, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("r", [0.001, 0.05, 0.3, 0.9])
def test_shocks_average_out_and_correlate_as_implied(p, r):
    """Mean over z is p; the mean square is Φ₂(Φ⁻¹p, Φ⁻¹p; r), by scipy's bivariate normal."""
    t = special.ndtri(p)
    z, length = naive.z_nodes()
    chance = shocked(p, r, z)

    def mean(power):
        return chance**power @ (length * stats.norm.pdf(z))

    both = stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([t, t])
    assert near(mean(1), p, 1e-9)
    assert near(mean(2), both, absolute=2e-8)
    implied = (mean(2) - p * p) / (p * (1 - p))
    assert near(implied, naive.implied_correlation(p, r), absolute=1e-9)


def test_implied_correlation_of_a_fair_coin_is_printed():
    """Sheppard (1899): Φ₂(0, 0; r) = 1/4 + asin(r) / 2π, so the correlation is 2 asin(r) / π."""
    assert near(naive.implied_correlation(0.5, 0.3), 2 * math.asin(0.3) / math.pi, 1e-9)


@given(p=st.floats(0.001, 0.999), r=st.floats(1e-4, 0.9), y=st.floats(-7, 7), z=st.floats(-7, 7))
def test_a_higher_shock_never_keeps_people_away(p, r, y, z):
    """But for the rounding of Φ."""
    low, high = shocked(p, r, sorted((y, z)))
    assert low <= high * (1 + 3e-13)


def test_sure_things_feel_no_shock():
    """Who never comes does not, who always does stays away less often than numbers can tell."""
    assert shocked(0.0, 0.2, 8.0)[0] < 1e-100
    assert shocked(1.0, 0.2, 0.0)[0] == 1.0
    assert shocked(1.0, 0.2, -4.0)[0] > 1 - 1e-12


# --- means ----------------------------------------------------------------------------------


@given(
    cohorts=st.tuples(*[st.integers(0, 300)] * 3),
    days=st.floats(0, 5),
    floor=st.floats(0, 3),
    absence=st.floats(0, 1),
    fixed_days=st.booleans(),
)
def test_mean_present_adds_up_cohorts(cohorts, days, floor, absence, fixed_days):
    said = attendance(UNEVEN, floor, days, absence=absence, fixed_days=fixed_days, clustering=0.2)
    out = np.full((1, 5, 1), -1.0)
    presence.mean_present(said, staff(cohorts), out)
    due = [naive.water_filling(k, UNEVEN) for k in (floor, max(days, floor), 5)]
    for d in range(5):
        expected = sum(n * p[d] for n, p in zip(cohorts, due, strict=True)) * (1 - absence)
        assert near(out[0, d, 0], expected, 1e-11, 1e-300)
    total = sum(n * k for n, k in zip(cohorts, (floor, max(days, floor), 5), strict=True))
    assert near(out.sum(), total * (1 - absence), 1e-11, 1e-300)


@pytest.mark.skipif(not JIT, reason="one body is enough")
def test_mean_present_reads_each_body_and_draw():
    said = attendance(days=[2.0, 4.0], absence=[0.0, 0.5], draws=2)
    said.days[1, 1] = 1.0
    out = np.empty((2, 5, 2))
    presence.mean_present(said, staff((0, 10, 1), (7, 10, 0), draws=2), out)
    np.testing.assert_allclose(out.sum(axis=1), [[25, 25], [20, 5]])
