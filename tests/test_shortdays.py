"""Shortages counted on drawn days against a slow twin and the binomial that they come from."""

from __future__ import annotations

import naive
import numpy as np
from handmade import JIT
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.kernels.pools import Pools
from sim.kernels.shortage import Members
from sim.kernels.shortdays import count_short_days

POOLS = ((0,), (2, 1))
GROUPS = ((0,), (1,), (0, 1))


def counted(present, workstations, pools=POOLS, groups=GROUPS):
    """Return what is counted; ``present[week, weekday, body, draw]``."""
    ends = [
        (np.cumsum([0, *map(len, sets)]), np.array([x for one in sets for x in one]))
        for sets in (pools, groups)
    ]
    sharing = np.ascontiguousarray(np.moveaxis(present, 2, 0), dtype=np.int32)
    return count_short_days(sharing, Pools(*ends[0]), Members(*ends[1]), workstations)


def people(weeks, draws, seed):
    return np.random.default_rng(seed).integers(0, 12, (weeks, 5, 3, draws))


@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**32), st.integers(0, 14))
def test_counts_are_those_of_the_twin(weeks, draws, seed, desks):
    present = people(weeks, draws, seed)
    workstations = np.array([np.full(draws, desks), np.full(draws, 2 * desks)])
    found = counted(present, workstations)
    for i in range(draws):
        expected = naive.short_days(present[..., i].tolist(), POOLS, GROUPS, [desks, 2 * desks])
        assert [count[..., i].tolist() for count in found] == list(expected)


@given(st.integers(1, 6), st.integers(0, 2**32), st.integers(0, 14))
def test_a_group_is_short_at_least_as_often_as_each_of_its_pools(weeks, seed, desks):
    found = counted(people(weeks, 4, seed), np.full((2, 4), desks))
    days, total = found.days.sum(axis=1), found.any_days[2]
    assert (total >= days.max(axis=0)).all()
    assert (total <= days.sum(axis=0)).all()
    assert (found.weeks <= days).all()
    assert (found.any_days[:2] == days).all()
    assert (found.any_weeks[:2] == found.weeks).all()
    assert (found.unmet >= days).all()


def test_shares_are_those_of_the_binomial():
    """40 people at 0.6 and 27 workstations; each share within 4.5 standard errors, 1 in 10⁵."""
    weeks, draws = (200, 50) if JIT else (40, 5)
    present = np.random.default_rng(5).binomial(40, 0.6, (weeks, 5, 1, draws))
    found = counted(present, np.full((1, draws), 27), ((0,),), ((0,),))
    day = stats.binom.sf(27, 40, 0.6)
    for told, count, chance in (
        (found.days.sum(), 5 * weeks * draws, day),
        (found.weeks.sum(), weeks * draws, 1 - (1 - day) ** 5),
    ):
        assert abs(told / count - chance) < 4.5 * np.sqrt(chance * (1 - chance) / count)
