"""The risk of a shortage and the workstations needed, against quadrature over the shock.

Measured where chances are above 1e-4, worst relative error of P(X > D) and of E[(X - D)+]:
64 random pools of one to three cohorts, r from 1e-4 to 0.5: 4e-7 and 1e-7 by exact sums, 7e-6 and
1e-6 where the saddlepoint is in play; 545 pools of one cohort on a grid: 6e-7 and 6e-7, 7e-6 and
3e-6; weeks of one pool and days of several as their days.
"""

from __future__ import annotations

import math
from functools import cache

import naive
import numpy as np
import pytest
from handmade import (
    EVEN,
    HERMITE,
    UNEVEN,
    accuracy,
    all_needed,
    attendance,
    near,
    needed,
    oracle_days,
    shortage,
    shortages,
    staff,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sim.kernels import presence

LEVELS = ("per_day", "per_week", "per_person")
people = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 40))


@cache
def random_pools():
    """Return pools with P(X > D) above 1e-4: what they are, and the oracle's answer."""
    rng = np.random.default_rng(64)
    found = []
    while len(found) < 64:
        r = 10 ** rng.uniform(-4, math.log10(0.5))
        cohorts = [int(n) for n in rng.integers(0, [150, 150, 80])]
        for empty in rng.permutation(3)[: rng.integers(0, 3)]:
            cohorts[empty] = 0
        absence, days = rng.uniform(0.02, 0.3), rng.uniform(0.3, 4.8)
        floor = rng.uniform(0.2, days)
        ns, ps = oracle_days(cohorts, EVEN, floor, days, absence)[0]
        mean = np.dot(ns, ps)
        sd = math.sqrt(np.dot(ns, np.multiply(ps, np.subtract(1, ps)))) + 0.4 * sum(ns) * r**0.5
        limit = int(mean + rng.uniform(-1, 3) * sd)
        if not 0 <= limit < sum(ns):
            continue
        answer = naive.shocked_shortage(ns, ps, r, limit)
        if answer[0] > 1e-4:
            found.append((tuple(cohorts), floor, days, absence, r, limit, *answer))
    return found


def one_day(cohorts, floor, days, absence, r, limit, **more):
    said = attendance(EVEN, floor, days, absence=absence, clustering=r, **more)
    return shortage(said, staff(cohorts), [limit])


# --- a day ----------------------------------------------------------------------------------


@given(
    cohorts=people,
    floor=st.floats(0, 2),
    extra=st.floats(0, 3),
    absence=st.sampled_from([0.0, 0.12, 1.0]),
    limit=st.integers(0, 170),
)
def test_a_day_without_a_shock_is_the_oracles(cohorts, floor, extra, absence, limit):
    said = attendance(UNEVEN, floor, floor + extra, absence=absence)
    found = shortage(said, staff(cohorts), [limit])
    for d, (ns, ps) in enumerate(oracle_days(cohorts, UNEVEN, floor, floor + extra, absence)):
        chance, unmet = naive.shortage(ns, ps, limit)
        error = accuracy(sum(ns), limit, 1e-9)
        assert near(found.short[0, d], chance, error, 1e-13)
        assert near(found.unmet[0, d], unmet, error, 1e-11)


@pytest.mark.jit
@pytest.mark.parametrize("number", range(64))
def test_a_day_with_a_shock_is_the_oracles(number):
    *pool, chance, unmet = random_pools()[number]
    found = one_day(*pool)
    error = accuracy(sum(pool[0]), pool[-1])
    np.testing.assert_allclose(found.short[0], chance, rtol=error)
    np.testing.assert_allclose(found.unmet[0], unmet, rtol=error)


@pytest.mark.jit
@pytest.mark.parametrize("n", [30, 150, 500])
@pytest.mark.parametrize("p", [0.15, 0.5, 0.85])
def test_a_shock_of_any_width_is_integrated(n, p):
    """From a step as wide as the normal itself to one much narrower; and in small pools."""
    z, length = naive.z_nodes()
    over = length * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    for r in np.geomspace(1e-4, 0.5, 14):
        tails = over @ naive.tails_given_z((n,), (p,), float(r))
        sd = math.sqrt(n * p * (1 - p) + (0.4 * n) ** 2 * r)
        for limit in {int(n * p + x * sd) for x in (-1, 0, 1, 2, 3)}:
            if 0 <= limit < n and tails[limit] > 1e-4:
                found = one_day((0, n, 0), 0, 5 * p, 0, r, limit)
                assert near(found.short[0, 0], tails[limit], accuracy(n, limit, HERMITE))
                assert near(found.unmet[0, 0], tails[limit:].sum(), accuracy(n, limit, HERMITE))


@pytest.mark.jit
@pytest.mark.parametrize("r", [3e-4, 0.01, 0.2])
@pytest.mark.parametrize("z", [-1, 0.3, 2])
def test_large_pools_with_a_shock(r, z):
    """Variances far above 100, where the saddlepoint is as good as a sum."""
    cohorts = (600, 900, 300)
    ns, ps = oracle_days(cohorts, EVEN, 1.5, 2.5, 0.15)[0]
    variance = sum(n * p * (1 - p) for n, p in zip(ns, ps, strict=True)) + (0.35 * 1800) ** 2 * r
    limit = int(np.dot(ns, ps) + z * math.sqrt(variance))
    chance, unmet = naive.shocked_shortage(ns, ps, r, limit)
    found = one_day(cohorts, 1.5, 2.5, 0.15, r, limit)
    assert near(found.short[0, 0], chance, 1e-6)
    assert near(found.unmet[0, 0], unmet, 1e-6)


@pytest.mark.parametrize("r", [0.01, 0.2])
def test_a_few_pools_with_a_shock(r):
    """As above, few enough for plain Python."""
    for cohorts, limit in (((0, 12, 0), 8), ((0, 9, 4), 9), ((3, 5, 2), 0)):
        ns, ps = oracle_days(cohorts, EVEN, 0.5, 3.0, 0.1)[0]
        chance, unmet = naive.shocked_shortage(ns, ps, r, limit)
        found = one_day(cohorts, 0.5, 3.0, 0.1, r, limit)
        assert near(found.short[0, 0], chance, 1e-6)
        assert near(found.unmet[0, 0], unmet, 1e-6)


@pytest.mark.parametrize(("p", "r"), [(0.3, 0.1), (0.6, 0.02), (0.9, 0.4)])
def test_two_people_are_both_in_as_the_bivariate_normal_says(p, r):
    """P(X > 1) of two people is Φ₂(t, t; r), and P(X > 0) is 2p less that: scipy's Φ₂."""
    t = special.ndtri(p)
    both = stats.multivariate_normal([0, 0], [[1, r], [r, 1]], abseps=1e-12).cdf([t, t])
    assert near(one_day((0, 2, 0), 0, 5 * p, 0, r, 1).short[0, 0], both, 2e-6)
    assert near(one_day((0, 2, 0), 0, 5 * p, 0, r, 0).short[0, 0], 2 * p - both, 2e-6)


@pytest.mark.parametrize("rule", [False, True])
@pytest.mark.parametrize("clustering", [0.0, 0.05])
def test_unmet_adds_up_to_everybody_without_workstations(rule, clustering):
    said = attendance(UNEVEN, days=2.5, absence=0.1, clustering=clustering, fixed_days=rule)
    found = shortage(said, staff((5, 40, 20)), [0])
    due = np.array(naive.water_filling(2.5, UNEVEN)) * 40 + 20
    np.testing.assert_allclose(found.unmet[0], 0.9 * due, rtol=1e-6)


def test_fixed_days_without_absence_feel_no_shock():
    """Chosen days are fixed and nobody is kept away: a plain binomial whatever the clustering."""
    calm = shortage(attendance(UNEVEN, days=2.0, fixed_days=True), staff((0, 60, 10)), [38])
    said = attendance(UNEVEN, days=2.0, fixed_days=True, clustering=0.3)
    np.testing.assert_allclose(shortage(said, staff((0, 60, 10)), [38])[:2], calm[:2], rtol=1e-6)


@pytest.mark.parametrize("r", [0.02, 0.3])
def test_fixed_days_thin_the_chosen_days(r):
    """Each person is there with p_d Φ((t + √r z)/√(1 - r)), t the probit of 1 - absence."""
    said = attendance(UNEVEN, days=2.0, absence=0.15, fixed_days=True, clustering=r)
    found = shortage(said, staff((0, 30, 6)), [20])
    due = naive.water_filling(2, UNEVEN)

    def given_z(z, day):
        kept = naive.shocked(0.85, r, z)
        return naive.shortage((30, 6), (due[day] * kept, kept), 20)

    for day in (0, 4):
        chance, unmet = naive.over_z(lambda z: np.stack(given_z(z, day)))  # noqa: B023
        assert near(found.short[0, day], chance, 1e-6)
        assert near(found.unmet[0, day], unmet, 1e-6)


@given(
    cohorts=people,
    days=st.floats(0.5, 4.5),
    r=st.sampled_from([0.0, 0.001, 0.05, 0.4]),
    limit=st.integers(0, 100),
)
def test_a_workstation_more_never_hurts(cohorts, days, r, limit):
    """The excess falls by P(X > D) with each, to the accuracy of the tails."""
    said = attendance(UNEVEN, days=days, absence=0.1, clustering=r, common=0.3, week=0.2)
    few, more = (shortage(said, staff(cohorts), [limit + x]) for x in (0, 1))
    slack = 2e-6
    assert (more.short <= few.short + slack).all()
    assert (more.week <= few.week + slack).all()
    np.testing.assert_allclose(few.unmet - more.unmet, few.short, atol=slack * 30)
    assert (few.week >= few.short.max(axis=1) - slack).all()
    assert (few.week <= few.short.sum(axis=1) + slack).all()


def test_nobody_is_short_where_nobody_comes_or_everybody_fits():
    said = attendance(days=2.0, clustering=0.1, common=0.3, week=0.2)
    for cohorts, limit in (((0, 0, 0), 0), ((9, 0, 0), 0), ((0, 20, 5), 25), ((0, 20, 5), 900)):
        found = shortage(said, staff(cohorts), [limit])
        assert all((part == 0).all() for part in found)
    away = shortage(attendance(days=2.0, absence=1.0), staff((0, 20, 5)), [0])
    assert all((part == 0).all() for part in away)


@pytest.mark.parametrize("r", [0.0, 0.05, 0.2])
def test_too_few_for_those_who_always_come(r):
    found = shortage(attendance(days=2.0, clustering=r), staff((0, 20, 50)), [49])
    np.testing.assert_allclose(found.short, 1.0, rtol=1e-9)
    np.testing.assert_allclose(found.unmet, 1 + 0.4 * 20, rtol=1e-7)
    sure = shortage(attendance(days=2.0, clustering=r, week=0.2), staff((7, 0, 25)), [20])
    np.testing.assert_allclose(sure.short, 1.0, rtol=1e-9)
    np.testing.assert_allclose(sure.unmet, 5.0, rtol=1e-7)
    np.testing.assert_allclose([sure.week, sure.any_day, sure.any_week], 1.0, rtol=1e-9)


@pytest.mark.jit
@pytest.mark.parametrize(("n", "p"), [(20, 0.999), (25, 1 - 1e-7), (25, 1 - 1e-13), (8, 0.97)])
@pytest.mark.parametrize("r", [0.05, 0.2, 0.6])
def test_the_shock_may_make_people_certain(n, p, r):
    """Φ rounds to 1 for z above a few; D just below the number of people."""
    for below in range(1, 8):
        chance, unmet = naive.shocked_shortage((n,), (p,), r, n - below)
        found = one_day((0, n, 0), 0, 5 * p, 0, r, n - below)
        assert near(found.short[0, 0], chance, 1e-6)
        assert near(found.unmet[0, 0], unmet, 1e-6)


# --- equal days, pools of several bodies ----------------------------------------------------


@pytest.mark.parametrize("r", [0.0, 0.08])
def test_equal_days_are_looked_at_once_and_alike(r):
    """Two runs of equal weekdays: the shortcut gives what each day alone would."""
    weekday = (1.0, 1.0, 2.0, 2.0, 1.0)
    said = attendance(weekday, days=2.0, absence=0.1, clustering=r, week=0.3)
    found = shortage(said, staff((0, 40, 5)), [24])
    for d, (ns, ps) in enumerate(oracle_days((0, 40, 5), weekday, 0, 2.0, 0.1)):
        chance, unmet = naive.shocked_shortage(ns, ps, r, 24)
        assert near(found.short[0, d], chance, 1e-6)
        assert near(found.unmet[0, d], unmet, 1e-6)
    assert found.short[0, 0] == found.short[0, 1] == found.short[0, 4]


def test_bodies_that_share_are_one_sum():
    """Three bodies in two pools, different rates each; a pool adds up its members."""
    said = attendance(UNEVEN, days=[1.0, 2.0, 3.0], absence=[0.1, 0.2, 0.0])
    everyone = staff((2, 20, 3), (0, 30, 1), (5, 25, 0))
    found = shortage(said, everyone, [25, 18], pools=[[0, 2], [1]], groups=[[0], [1], [0, 1]])
    one = oracle_days((2, 20, 3), UNEVEN, 0, 1.0, 0.1)
    two = oracle_days((0, 30, 1), UNEVEN, 0, 2.0, 0.2)
    three = oracle_days((5, 25, 0), UNEVEN, 0, 3.0, 0.0)
    together = [(a + b, p + q) for (a, p), (b, q) in zip(one, three, strict=True)]
    for pool, week, limit in ((0, together, 25), (1, two, 18)):
        chances = [naive.shortage(ns, ps, limit) for ns, ps in week]
        np.testing.assert_allclose(found.short[pool], [x[0] for x in chances], rtol=1e-9)
        np.testing.assert_allclose(found.unmet[pool], [x[1] for x in chances], rtol=1e-9)
    either = 1 - (1 - found.short).prod(axis=0)
    np.testing.assert_allclose(found.any_day, [*found.short.mean(axis=1), either.mean()])
    np.testing.assert_allclose(found.any_week, [*found.week, 1 - (1 - either).prod()])


# --- weeks and several pools ----------------------------------------------------------------

WEEKS = [
    ((0, 40, 5), 24, 0.1, 0.3),
    ((0, 100, 10), 60, 0.02, 0.2),
    ((10, 60, 20), 52, 0.3, 0.6),
    ((0, 150, 0), 82, 0.05, 0.9),
    ((0, 15, 2), 12, 0.4, 0.05),
]


@pytest.mark.jit
@pytest.mark.parametrize(("cohorts", "limit", "r", "part"), WEEKS)
@pytest.mark.parametrize("common", [0.0, 0.1])
def test_a_week_is_the_oracles(cohorts, limit, r, part, common):
    """What is common to all bodies is new each day and belongs to the rest here."""
    said = attendance(UNEVEN, 0.5, 2.2, absence=0.1, clustering=r, week=part, common=common)
    found = shortage(said, staff(cohorts), [limit])
    days = oracle_days(cohorts, UNEVEN, 0.5, 2.2, 0.1)
    expected = naive.week_shortage(days, r, part, limit)
    assert near(found.week[0], expected, accuracy(sum(cohorts), limit))
    assert found.any_week[0] == found.week[0]


@pytest.mark.jit
@pytest.mark.parametrize(("cohorts", "limit", "r", "part"), WEEKS)
@pytest.mark.parametrize("bodies", [2, 6])
def test_any_of_several_bodies_is_the_oracles(cohorts, limit, r, part, bodies):
    said = attendance(EVEN, 0.5, 2.2, absence=0.1, clustering=r, common=part)
    limits = [limit + b for b in range(bodies)]
    found = shortage(said, staff(*[cohorts] * bodies), limits)
    ns, ps = oracle_days(cohorts, EVEN, 0.5, 2.2, 0.1)[0]
    expected = naive.any_shortage([(ns, ps, x) for x in limits], r, part)
    error = accuracy(sum(cohorts), limit)
    assert near(found.any_day[0], expected, error)
    assert near(found.any_week[0], 1 - (1 - expected) ** 5, error)


@pytest.mark.jit
def test_bodies_may_cluster_differently():
    """One body without a shock is independent of the rest."""
    said = attendance(EVEN, days=2.0, clustering=[0.1, 0.0, 0.1], common=0.4)
    limits = [22, 18, 23]
    found = shortage(said, staff((0, 40, 0), (0, 40, 0), (0, 40, 0)), limits)
    calm = naive.shortage((40,), (0.4,), 18)[0]
    pair = naive.any_shortage([((40,), (0.4,), 22), ((40,), (0.4,), 23)], 0.1, 0.4)
    assert near(found.any_day[0], 1 - (1 - calm) * (1 - pair), 1e-6)


@pytest.mark.jit
def test_bodies_with_equal_and_with_unequal_days_meet():
    """One body is on site all week, so its days repeat; the other's do not."""
    said = attendance(UNEVEN, days=2.0, absence=0.1, clustering=0.2, common=0.4)
    found = shortage(said, staff((0, 0, 30), (0, 40, 5)), [27, 24])
    pairs = zip(oracle_days((0, 0, 30)), oracle_days((0, 40, 5), UNEVEN, 0, 2.0, 0.1), strict=True)
    chances = [
        naive.any_shortage([((30,), (0.9,), 27), (ns, ps, 24)], 0.2, 0.4) for _, (ns, ps) in pairs
    ]
    assert near(found.any_day[0], np.mean(chances), 1e-6)
    assert near(found.any_week[0], 1 - np.prod(np.subtract(1, chances)), 1e-6)


def test_no_shared_part_is_plain_independence():
    said = attendance(UNEVEN, days=2.0, clustering=0.1)
    found = shortage(said, staff((0, 12, 2), (0, 15, 0)), [9, 9])
    np.testing.assert_allclose(found.week, 1 - (1 - found.short).prod(axis=1), rtol=1e-12)
    either = 1 - (1 - found.short).prod(axis=0)
    assert near(found.any_day[0], either.mean(), 1e-12)
    assert near(found.any_week[0], 1 - (1 - either).prod(), 1e-12)


def test_weeks_of_several_bodies_have_a_form_only_without_a_common_part():
    """With both parts shared it is not a number; the engine then draws days."""
    said = attendance(days=2.0, clustering=0.1, week=0.3)
    found = shortage(said, staff((0, 12, 2), (0, 15, 0)), [9, 9])
    assert near(found.any_week[0], 1 - (1 - found.week).prod(), 1e-12)
    both = attendance(days=2.0, clustering=0.1, week=0.3, common=0.2)
    assert math.isnan(shortage(both, staff((0, 12, 2), (0, 15, 0)), [9, 9]).any_week[0])


@pytest.mark.jit
def test_common_and_week_parts_do_not_move_a_day():
    """The finer nodes of a shared shock change the day's own chance by less than 1e-6."""
    args = ((0, 90, 8), 0.5, 2.2, 0.1, 0.08, 55)
    plain = one_day(*args)
    for common, week in ((0.3, 0.2), (0.9, 0.0), (0.0, 0.9), (0.93, 0.05)):
        shared = one_day(*args, common=common, week=week)
        np.testing.assert_allclose(shared.short, plain.short, rtol=1e-6)
        np.testing.assert_allclose(shared.unmet, plain.unmet, rtol=1e-6)


# --- needed ---------------------------------------------------------------------------------


@pytest.mark.jit
@pytest.mark.parametrize(
    ("r", "kind", "level", "answer"),
    [
        (0.0, "per_day", 0.95, 119),
        (0.0, "per_day", 0.99, 123),
        (0.0, "per_week", 0.95, 123),
        (0.0, "per_person", 0.999, 120),
        (0.1, "per_day", 0.95, 144),
        (0.1, "per_day", 0.99, 155),
        (0.1, "per_week", 0.95, 155),
        (0.1, "per_person", 0.999, 151),
    ],
)
def test_the_office_of_180(r, kind, level, answer):
    """180 people, 0.6 each, part 0.3 of the shock kept through the week: the anchors."""
    said = attendance(days=3.0, clustering=r, week=0.3)
    assert needed(kind, level, said, staff((0, 180, 0))) == [answer]
    days = oracle_days((0, 180, 0))
    assert naive.short_share(kind, days, r, 0.3, answer) <= 1 - level
    assert naive.short_share(kind, days, r, 0.3, answer - 1) > 1 - level


def test_twelve_teams_of_fifteen_need_more_than_one_pool():
    """The published comparison: 119 pooled, 12 times 12 = 144 apart (model part 10)."""
    teams = staff(*[(0, 15, 0)] * 12)
    assert sum(needed("per_day", 0.95, attendance(days=3.0), teams)) == 144


@pytest.mark.parametrize("kind", LEVELS)
def test_a_small_office_needs_what_the_oracle_says(kind):
    days = oracle_days((0, 14, 2), UNEVEN, 0, 2.0, 0.1)
    said = attendance(UNEVEN, days=2.0, absence=0.1)
    for level in (0.5, 0.9, 0.999):
        assert needed(kind, level, said, staff((0, 14, 2))) == [naive.needed(kind, level, days)]


@pytest.mark.jit
def test_a_shock_that_lasts_all_week_spares_workstations():
    """Days that go together are short together: fewer weeks have any, and fewer places do."""
    days, many = oracle_days((0, 40, 0), EVEN, 0, 2.0), staff((0, 40, 0))
    found = [
        needed("per_week", 0.9, attendance(days=2.0, clustering=0.4, week=week), many)[0]
        for week in (0.0, 0.9)
    ]
    assert found == [naive.needed("per_week", 0.9, days, 0.4, week) for week in (0.0, 0.9)]
    assert found[0] > found[1]


@pytest.mark.jit
@settings(max_examples=20)
@given(
    kind=st.sampled_from(LEVELS),
    level=st.sampled_from([0.3, 0.8, 0.95, 0.999]),
    cohorts=st.tuples(st.just(0), st.integers(0, 25), st.integers(0, 6)),
    days=st.sampled_from([0.3, 2.0, 3.7]),
    r=st.sampled_from([0.0, 0.0, 0.03, 0.2]),
)
def test_needed_is_the_oracles(kind, level, cohorts, days, r):
    """Unless the failure at the answer is within 1e-6 of what is allowed."""
    said = attendance(UNEVEN, days=days, absence=0.12, clustering=r, week=0.4)
    (found,) = needed(kind, level, said, staff(cohorts))
    week = oracle_days(cohorts, UNEVEN, 0, days, 0.12)
    slack = 2e-6 * (1 - level) if r else 1e-11
    assert naive.short_share(kind, week, r, 0.4, found) <= 1 - level + slack
    assert found == 0 or naive.short_share(kind, week, r, 0.4, found - 1) > 1 - level - slack


@given(
    kind=st.sampled_from(LEVELS), levels=st.tuples(st.floats(0, 1), st.floats(0, 1)), cohorts=people
)
def test_a_higher_level_never_needs_less(kind, levels, cohorts):
    said = attendance(UNEVEN, days=2.0, absence=0.1)
    few, many = (needed(kind, x, said, staff(cohorts))[0] for x in sorted(levels))
    assert 0 <= few <= many <= sum(cohorts)


@pytest.mark.parametrize("kind", LEVELS)
@pytest.mark.parametrize("r", [0.0, 0.1])
def test_the_ends_of_a_level(kind, r):
    """Level 0 needs nothing; level 1 needs everybody who can come, but for a chance of 1e-12."""
    said = attendance(days=2.5, clustering=r)
    assert needed(kind, 0.0, said, staff((0, 12, 3))) == [0]
    assert needed(kind, 1.0, said, staff((0, 12, 3))) == [15]
    assert needed(kind, 1.0, said, staff((30, 0, 3))) == [3]
    assert needed(kind, 0.95, said, staff((0, 0, 0))) == [0]
    assert needed(kind, 0.95, said, staff((50, 0, 0))) == [0]


def random_offices(seed, r, draws, most, **more):
    """Return attendance and staff of offices of 3 to ``most`` people, a draw each."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.uniform(math.log(3), math.log(most + 0.999), draws)).astype(int)
    people = np.array([rng.multinomial(n, rng.dirichlet([0.5, 2, 0.5])) for n in size])
    said = attendance(UNEVEN if rng.random() < 0.7 else EVEN, floor=0.4, draws=draws, **more)
    said.days[0] = rng.uniform(0.3, 4.9, draws)
    said.absence[0] = rng.choice([0.0, 0.1, 0.4], draws) * rng.random(draws)
    said.clustering[0] = r * rng.uniform(0.01, 1, draws)
    return said, people.T[:, None, :].copy()


@pytest.mark.jit
def test_a_draw_without_a_shock_does_not_know_that_its_neighbours_have_one():
    """Two pools and their total, draws with and without a shock in turn and one after the other."""
    said, office = random_offices(3, 0.1, 160, 300, common=0.4, week=0.0)
    said.clustering[0, ::2] = 0.0
    people = np.concatenate([office, office[:, :, ::-1]], axis=1)
    limits = (0.5 * people.sum(axis=0)).astype(np.int64)
    in_turn = shortages(said, people, limits)
    order = np.argsort(said.clustering[0], kind="stable")
    for values in (said.days, said.absence, said.clustering):
        values[:] = values[:, order]
    sorted_ones = shortages(said, people[:, :, order].copy(), limits[:, order].copy())
    assert (in_turn.any_week > 0.01).any()
    for found, expected in zip(sorted_ones, in_turn, strict=True):
        np.testing.assert_array_equal(found, expected[..., order])


def failures(kind, said, people, limits):
    """Return the failure share of each draw, by the kernel that finds the risk."""
    found = shortages(said, people, limits)
    if kind == "per_day":
        return found.short[0].mean(axis=0)
    if kind == "per_week":
        return found.week[0]
    present = np.empty((1, 5, limits.shape[1]))
    presence.mean_present(said, people, present)
    return found.unmet[0].sum(axis=0) / np.maximum(present[0].sum(axis=0), 1e-300)


@pytest.mark.jit
@pytest.mark.parametrize("kind", LEVELS)
@pytest.mark.parametrize(
    ("r", "common", "week", "fixed_days", "draws", "most"),
    [
        (0.0, 0.0, 0.0, False, 300, 3_000),
        (0.0, 0.0, 0.0, True, 100, 3_000),
        (0.03, 0.2, 0.3, False, 100, 3_000),
        (0.3, 0.0, 0.7, False, 100, 3_000),
        (0.3, 0.0, 0.0, False, 100, 60),
        (0.1, 0.5, 0.3, True, 12, 300),
    ],
)
def test_needed_is_the_least_that_is_enough(kind, r, common, week, fixed_days, draws, most):
    """The failure share is computed at few limits and inferred beside them.

    A share within 1e-9 of what is allowed may go either way.
    """
    parts = {"common": common, "week": week, "fixed_days": fixed_days}
    for seed, level in enumerate((0.5, 0.8, 0.95, 0.99, 0.999)):
        said, people = random_offices(seed, r, draws, most, **parts)
        found = all_needed(kind, level, said, people)
        assert (found >= 0).all()
        assert (failures(kind, said, people, found) <= 1 - level + 1e-9).all()
        less = failures(kind, said, people, np.maximum(found - 1, 0))
        assert (less[found[0] > 0] > 1 - level - 1e-9).all()


def test_each_pool_and_draw_is_sized_by_itself():
    said = attendance(days=[1.0, 3.0], draws=2)
    said.days[1, 1] = 5.0
    many = staff((0, 20, 0), (0, 10, 4), draws=2)
    assert needed("per_day", 0.9, said, many) == [
        naive.needed("per_day", 0.9, oracle_days((0, 20, 0), EVEN, 0, 1.0)),
        naive.needed("per_day", 0.9, oracle_days((0, 10, 4), EVEN, 0, 3.0)),
    ]


def test_presence_and_risk_agree_on_what_a_day_is():
    assert presence.WEEKDAYS == 5
