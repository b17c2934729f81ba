"""Whose the people present are: exact inversion, sets of people written down, scipy's laws.

Chi-square tests have fixed seeds and a false-alarm rate of 1e-6 each; there are about 30.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, product

import naive
import numpy as np
import pytest
from handmade import JIT
from hypothesis import given
from hypothesis import strategies as st
from naive_days import marked_chances, team_chances
from scipy import stats

from sim import streams
from sim.kernels import teams

SEED, KEY = np.uint64(23), streams.stream_key("test/teams")
DRAWS = 20_000 if JIT else 1_000
EXACT = 1e-12
"""How far from a step of the distribution a number may be taken for one on its other side."""

strictly_between = st.floats(2.0**-53, 1 - 2.0**-53)
odds = st.sampled_from([1.0, 1.5, 3.0, 20.0, 1e4, 0.25, 1e-3])
people = st.integers(0, 25)


def inverts(x, u, cdf, low):
    """Whether x is the least count, from ``low`` on, at which the distribution reaches u."""
    below = cdf[x - low - 1] if x > low else 0.0
    return below - EXACT < u < cdf[x - low] + EXACT


def divided(totals, sizes, first=0, slot=0):
    """Return int64[cell, draw]; sizes are those of every draw."""
    totals = np.array(totals, np.int64)
    sizes = np.repeat(np.array(sizes, np.int64)[:, None], totals.size, axis=1)
    out = np.full_like(sizes, -1)
    teams.divide(SEED, KEY, first, slot, totals, sizes, out)
    return out


def divided_days(present, sizes, anchors, pull=1.0, first=0, slot=0):
    """Return int32[cell, week, weekday, draw]; sizes are those of every draw."""
    present = np.array(present, np.int32)
    sizes = np.repeat(np.array(sizes, np.int64)[:, None], present.shape[2], axis=1)
    out = np.full((len(sizes), *present.shape), -1, np.int32)
    teams.divide_days(SEED, KEY, first, slot, present, sizes, np.array(anchors), pull, out)
    return out


def always(total, sizes, anchored, pull, draws=DRAWS):
    """Return int32[cell, draw] of one day a draw, with so many people present."""
    return divided_days(
        np.full((1, 1, draws), total), sizes, np.array(anchored)[:, None], pull
    )[:, 0, 0]  # fmt: skip


def fits(counts, chances):
    """Whether outcomes pass a chi-square test, those that are expected less than ten times as one.

    An outcome that cannot be fails it.
    """
    seen = Counter(counts)
    assert set(seen) <= {outcome for outcome, chance in chances.items() if chance > 0}
    total = seen.total()
    often = [outcome for outcome, chance in chances.items() if chance * total >= 10]
    expected = [float(chances[outcome]) * total for outcome in often]
    observed = [seen[outcome] for outcome in often]
    rest = [total - sum(expected), total - sum(observed)]
    if rest[0] >= 10:
        expected, observed = [*expected, rest[0]], [*observed, rest[1]]
    else:
        expected[-1] += rest[0]
        observed[-1] += rest[1]
    return len(expected) == 1 or stats.chisquare(observed, expected).pvalue > 1e-6


# --- one count ------------------------------------------------------------------------------


@given(u=strictly_between, marked=people, others=people, share=st.floats(0, 1), odds=odds)
def test_counts_are_inverted(u, marked, others, share, odds):
    """The slow twin adds up exact fractions."""
    drawn = round(share * (marked + others))
    cdf = list(map(float, accumulate(marked_chances(marked, others, drawn, odds))))
    x = teams.hypergeometric(u, marked, others, drawn, odds)
    assert max(0, drawn - others) <= x <= min(drawn, marked)
    assert inverts(x, u, cdf, 0)


CASES = [(10, 90, 20), (300, 200, 250), (1, 4000, 2000), (700, 30, 400), (1500, 2500, 900)]
MANY = [1e-300, 1e-15, 1e-9, *np.linspace(0.001, 0.999, 999 if JIT else 99), 1 - 1e-9]


@pytest.mark.parametrize(("marked", "others", "drawn"), CASES)
def test_counts_are_scipys_hypergeometric(marked, others, drawn):
    low, high = max(0, drawn - others), min(drawn, marked)
    cdf = stats.hypergeom.cdf(np.arange(low, high + 1), marked + others, marked, drawn)
    for u in MANY:
        assert inverts(teams.hypergeometric(u, marked, others, drawn, 1.0), u, cdf, low)


@pytest.mark.parametrize("odds", [0.2, 1.0 + 1e-7, 2.0, 5.0, 50.0])
@pytest.mark.parametrize(("marked", "others", "drawn"), CASES)
def test_counts_are_scipys_noncentral_hypergeometric(marked, others, drawn, odds):
    low, high = max(0, drawn - others), min(drawn, marked)
    law = stats.nchypergeom_fisher(marked + others, marked, drawn, odds)
    cdf = np.cumsum(law.pmf(np.arange(low, high + 1)))
    cdf /= cdf[-1]
    for u in MANY[:: 1 if odds == 5.0 else 20]:
        assert inverts(teams.hypergeometric(u, marked, others, drawn, odds), u, cdf, low)


def test_fishers_odds_by_hand():
    """Of 3 marked and 3 others 3 are drawn, at odds of 3 to 1: weights 1, 9 · 3, 9 · 9, 27."""
    edges = np.array([1, 28, 109]) / 136
    found = [teams.hypergeometric(u, 3, 3, 3, 3.0) for x in edges for u in (x - 1e-9, x + 1e-9)]
    assert found == [0, 1, 1, 2, 2, 3]


def test_the_lady_tasting_tea():
    """She names 4 of 8 cups, 4 are right: all with chance 1/70, three with 16/70 (Fisher 1935)."""
    edges = np.array([1, 17, 53, 69]) / 70
    found = [teams.hypergeometric(u, 4, 4, 4, 1.0) for x in edges for u in (x - 1e-9, x + 1e-9)]
    assert found == [0, 1, 1, 2, 2, 3, 3, 4]


@given(u=strictly_between, n=st.integers(0, 5000), m=st.integers(0, 5000), odds=odds)
def test_where_nothing_is_left_to_chance(u, n, m, odds):
    assert teams.hypergeometric(u, n, m, 0, odds) == 0
    assert teams.hypergeometric(u, n, m, n + m, odds) == n
    assert teams.hypergeometric(u, 0, n + m, n, odds) == 0
    assert teams.hypergeometric(u, n, 0, n, odds) == n


@given(
    u=strictly_between,
    v=strictly_between,
    marked=st.integers(0, 5000),
    others=st.integers(0, 5000),
    share=st.floats(0, 1),
    odds=odds,
)
def test_counts_rise_with_the_number_and_stay_in_range(u, v, marked, others, share, odds):
    drawn = round(share * (marked + others))
    few, many = (teams.hypergeometric(x, marked, others, drawn, odds) for x in sorted((u, v)))
    assert max(0, drawn - others) <= few <= many <= min(drawn, marked)


@given(
    u=strictly_between,
    marked=st.integers(0, 2000),
    others=st.integers(0, 2000),
    share=st.floats(0, 1),
    odds=odds,
    more=st.floats(1, 100),
)
def test_higher_odds_never_draw_fewer(u, marked, others, share, odds, more):
    drawn = round(share * (marked + others))
    few = teams.hypergeometric(u, marked, others, drawn, odds)
    many = teams.hypergeometric(u, marked, others, drawn, odds * more)
    assert few <= many or u > 1 - EXACT


@pytest.mark.parametrize("pull", [1e-12, 1e12])
def test_extreme_odds_sort_people(pull):
    """Of 40 marked and 60 others, 50 are drawn: all the marked, or as few as can be."""
    for u in (1e-6, 0.5, 1 - 1e-6):
        assert teams.hypergeometric(u, 40, 60, 50, pull) == (40 if pull > 1 else 0)


# --- people over cells ----------------------------------------------------------------------

sizes = st.lists(st.integers(0, 40), min_size=1, max_size=6)


@given(sizes=sizes, share=st.floats(0, 1), first=st.integers(0, 10**9), slot=st.integers(0, 99))
def test_everybody_belongs_somewhere(sizes, share, first, slot):
    total = round(share * sum(sizes))
    found = divided([total] * 7, sizes, first, slot)
    assert (found.sum(axis=0) == total).all()
    assert (found >= 0).all()
    assert (found <= np.array(sizes)[:, None]).all()


@given(sizes=sizes, share=st.floats(0, 1), first=st.integers(0, 10**9), slot=st.integers(0, 99))
def test_people_are_divided_cell_by_cell(sizes, share, first, slot):
    """The slow twin: each cell against all after it, from a number of its own."""
    left = round(share * sum(sizes))
    found = divided([left], sizes, first, slot)[:, 0]
    for k, size in enumerate(sizes):
        rest = sum(sizes[k + 1 :])
        u = streams.uniform(SEED, KEY, first, streams.TEAM, slot + k)
        cdf = list(map(float, accumulate(marked_chances(size, rest, left))))
        assert inverts(found[k], u, cdf, 0)
        left -= found[k]
    assert left == 0


@pytest.mark.parametrize(("sizes", "total"), [([3, 1, 4, 2], 5), ([2, 2, 2, 2, 2], 3)])
def test_every_set_of_people_is_as_likely(sizes, total):
    found = divided([total] * DRAWS, sizes)
    assert fits(map(tuple, found.T.tolist()), team_chances(sizes, total))


def test_each_cell_is_hypergeometric():
    sizes, total = [60, 5, 0, 35, 100], 80
    found = divided([total] * DRAWS, sizes)
    for size, counts in zip(sizes, found, strict=True):
        chances = stats.hypergeom.pmf(np.arange(size + 1), sum(sizes), size, total)
        assert fits(counts.tolist(), dict(enumerate(chances)))


def test_totals_and_sizes_may_differ_between_draws():
    totals = np.array([0, 3, 12, 7])
    sizes = np.array([[4, 0, 5, 7], [1, 3, 7, 0]])
    out = np.full_like(sizes, -1)
    teams.divide(SEED, KEY, 0, 0, totals, sizes, out)
    assert out.tolist() == [[0, 0, 5, 7], [0, 3, 7, 0]]


@given(
    first=st.integers(0, 10**6),
    cut=st.integers(0, 12),
    total=st.integers(0, 30),
    pull=st.sampled_from([1.0, 4.0]),
)
def test_blocks_of_draws_do_not_matter(first, cut, total, pull):
    sizes = [7, 9, 14]
    whole = divided([total] * 12, sizes, first)
    parts = [divided([total] * n, sizes, at) for n, at in ((cut, first), (12 - cut, first + cut))]
    assert (whole == np.hstack(parts)).all()
    present = np.full((2, 5, 12), total)
    anchors = np.arange(15).reshape(3, 5) % 4 == 0
    whole = divided_days(present, sizes, anchors, pull, first)
    parts = [
        divided_days(present[..., :n], sizes, anchors, pull, at)
        for n, at in ((cut, first), (12 - cut, first + cut))
    ]
    assert (whole == np.concatenate(parts, axis=-1)).all()


# --- day by day -----------------------------------------------------------------------------


@given(
    sizes=sizes,
    shares=st.lists(st.floats(0, 1), min_size=10, max_size=10),
    pull=odds,
    data=st.data(),
)
def test_everybody_present_belongs_somewhere(sizes, shares, pull, data):
    anchors = data.draw(
        st.lists(
            st.lists(st.booleans(), min_size=5, max_size=5),
            min_size=len(sizes),
            max_size=len(sizes),
        )
    )
    present = np.rint(np.multiply(shares, sum(sizes))).reshape(2, 5, 1).astype(np.int32)
    found = divided_days(np.repeat(present, 3, axis=2), sizes, anchors, pull)
    assert (found.sum(axis=0) == present).all()
    assert (found >= 0).all()
    assert (found <= np.array(sizes)[:, None, None, None]).all()


@given(
    sizes=sizes,
    shares=st.lists(st.floats(0, 1), min_size=10, max_size=10),
    pull=odds,
    first=st.integers(0, 10**9),
    slot=st.integers(0, 99),
    seed=st.integers(0, 99),
)
def test_people_present_are_divided_cell_by_cell(sizes, shares, pull, first, slot, seed):
    """The slow twin: first how many anchored people come, then each cell against all of its kind.

    A day has a number for each cell and one for the anchored people together, behind them.
    """
    anchors = np.random.default_rng(seed).random((len(sizes), 5)) < 0.5
    present = np.rint(np.multiply(shares, sum(sizes))).astype(int).reshape(2, 5)
    found = divided_days(present[:, :, None], sizes, anchors, pull, first, slot)[..., 0]
    for week, day in product(range(2), range(5)):
        place = slot + (5 * week + day) * (len(sizes) + 1)
        kinds = [
            [k for k in range(len(sizes)) if anchors[k, day] == kind] for kind in (True, False)
        ]
        marked, others = (sum(sizes[k] for k in kind) for kind in kinds)
        u = streams.uniform(SEED, KEY, first, streams.TEAM, place + len(sizes))
        cdf = accumulate(marked_chances(marked, others, present[week, day], pull))
        of_marked = sum(found[k, week, day] for k in kinds[0])
        assert inverts(of_marked, u, list(map(float, cdf)), 0)
        for kind, left in zip(kinds, (of_marked, present[week, day] - of_marked), strict=True):
            for i, k in enumerate(kind):
                rest = sum(sizes[j] for j in kind[i + 1 :])
                u = streams.uniform(SEED, KEY, first, streams.TEAM, place + k)
                cdf = accumulate(marked_chances(sizes[k], rest, left))
                assert inverts(found[k, week, day], u, list(map(float, cdf)), 0)
                left -= found[k, week, day]


@pytest.mark.parametrize(
    ("sizes", "anchored", "total", "pull"),
    [
        ([2, 3, 1, 4], [True, False, True, False], 5, 3.0),
        ([2, 3, 1, 4], [True, False, True, False], 5, 1.0),
        ([4, 2, 2], [False, True, False], 6, 8.0),
        ([3, 3, 2], [True, True, True], 4, 8.0),
        ([3, 3, 2], [False, False, False], 4, 8.0),
    ],
)
def test_anchored_people_come_with_fishers_odds(sizes, anchored, total, pull):
    """Every set of people is written down, with the product of its members' odds."""
    weights = [pull if anchor else 1.0 for anchor in anchored]
    found = always(total, sizes, anchored, pull)
    assert fits(map(tuple, found.T.tolist()), team_chances(sizes, total, weights))


def test_people_who_come_by_themselves_with_these_odds_are_divided_like_that():
    """Fisher's law is what independent people leave once their total is known (Fog 2008)."""
    sizes, pull, total = np.array([3, 5]), 4.0, 4
    rng = np.random.default_rng(3)
    chance = np.array([pull, 1.0]) * 0.6 / (1 + np.array([pull, 1.0]) * 0.6)
    come = rng.binomial(sizes, chance, (6 * DRAWS, 2))
    come = come[come.sum(axis=1) == total]
    assert len(come) > DRAWS / 2
    both = [come[:, 0], always(total, sizes, [True, False], pull)[0]]
    table = [np.bincount(counts, minlength=4) for counts in both]
    assert stats.chi2_contingency(table).pvalue > 1e-6


@pytest.mark.parametrize("pull", [1.0, 2.5])
def test_anchored_people_together_are_scipys(pull):
    sizes, anchored, total = [30, 50, 20, 60], [True, False, True, False], 70
    found = always(total, sizes, anchored, pull)
    law = stats.nchypergeom_fisher(160, 50, total, pull)
    assert fits(found[0] + found[2], dict(enumerate(law.pmf(np.arange(51)))))


def test_without_anchors_each_cell_is_hypergeometric():
    sizes, total = [60, 5, 0, 35, 100], 80
    found = always(total, sizes, [False] * 5, 9.0)
    for size, counts in zip(sizes, found, strict=True):
        chances = stats.hypergeom.pmf(np.arange(size + 1), sum(sizes), size, total)
        assert fits(counts.tolist(), dict(enumerate(chances)))


def test_an_anchor_day_of_one_day_is_not_that_of_another():
    """The cell is pulled on Tuesdays only; far more of it come then (odds 1000 to 1)."""
    anchors = [[False, True, False, False, False], [False] * 5]
    found = divided_days(np.full((3, 5, 200), 20), [20, 20], anchors, 1000.0)[0]
    by_day = found.mean(axis=(0, 2))
    assert by_day[1] > 19
    assert (np.abs(by_day[[0, 2, 3, 4]] - 10) < 1).all()  # 11 standard errors: never by chance


def test_days_weeks_and_draws_have_luck_of_their_own():
    """Of 80 people 40 come: two days differ, and are independent (Spearman, false alarms 1e-6)."""
    found = divided_days(np.full((2, 5, 2000), 40), [40, 40], [[False] * 5] * 2)[0]
    days = found.reshape(10, -1)
    assert len({tuple(day) for day in days.tolist()}) == 10
    ranks = stats.spearmanr(days, axis=1).pvalue[np.triu_indices(10, 1)]
    assert ranks.min() > 1e-6 / 45


# --- on leave -------------------------------------------------------------------------------


def thinned(count, away, first=0):
    """Return int32[day, draw] of those who are not on leave."""
    count = np.array(count, np.int32)
    teams.thin(SEED, KEY, first, np.array(away, float), count)
    return count


@given(
    counts=st.lists(st.integers(0, 60), min_size=3, max_size=3),
    away=st.tuples(st.floats(0, 1), st.just(0.0), st.just(1.0)),
    first=st.integers(0, 10**9),
)
def test_who_is_on_leave_is_inverted(counts, away, first):
    """The slow twin inverts exactly; nobody is on leave on the second day, all on the third."""
    found = thinned(np.repeat([counts], 2, axis=0).T, away, first)
    for i in range(2):
        u = streams.uniform(SEED, KEY, first + i, streams.LEAVE, 0)
        stays = naive.binomial_quantile(u, counts[0], 1.0 - away[0])
        assert found[:, i].tolist() == [stays, counts[1], 0]


@given(p=st.floats(0, 1), q=st.floats(0, 1), count=st.integers(0, 3000))
def test_more_leave_never_leaves_more(p, q, count):
    many, few = (thinned([[count] * 5], [x]) for x in sorted((p, q)))
    assert (few <= many).all()
    assert (few >= 0).all()
    assert (many <= count).all()


def test_those_not_on_leave_are_binomial():
    found = thinned(np.full((2, DRAWS), 40), [0.3, 0.6])
    for day, away in enumerate((0.3, 0.6)):
        chances = stats.binom.pmf(np.arange(41), 40, 1 - away)
        assert fits(found[day].tolist(), dict(enumerate(chances)))
    assert stats.spearmanr(found[0], found[1]).pvalue > 1e-6
