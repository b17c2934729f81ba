"""Shortages counted on days that were drawn one by one: the estimator ``sampled``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel
from sim.kernels.pools import Pools
from sim.kernels.presence import WEEKDAYS
from sim.kernels.shortage import Members


class ShortDays(NamedTuple):
    """What is counted in the weeks of a draw."""

    days: np.ndarray  # int32[pool, weekday, draw], days with more people than workstations
    weeks: np.ndarray  # int32[pool, draw], weeks with such a day
    unmet: np.ndarray  # int64[pool, draw], people without a workstation, all days together
    any_days: np.ndarray  # int32[group, draw], days on which any pool of the group is short
    any_weeks: np.ndarray  # int32[group, draw], weeks with such a day


@kernel
def count_short_days(
    sharing: np.ndarray, pools: Pools, members: Members, workstations: np.ndarray
) -> ShortDays:
    """Count the days and weeks of a shortage, and the people it leaves out.

    Parameters
    ----------
    sharing : int32[body, week, weekday, draw]
        People present who share workstations.
    pools : Pools
    members : Members
        Pools of each tier and of the total.
    workstations : int64[pool, draw]
        Those that are shared.

    Returns
    -------
    ShortDays
    """
    _, weeks, _, draws = sharing.shape
    count, groups = len(workstations), len(members.start) - 1
    found = ShortDays(
        np.zeros((count, WEEKDAYS, draws), np.int32),
        np.zeros((count, draws), np.int32),
        np.zeros((count, draws), np.int64),
        np.zeros((groups, draws), np.int32),
        np.zeros((groups, draws), np.int32),
    )
    over, limit = np.empty(draws, np.int32), workstations.astype(np.int32)
    short, in_week = np.empty((count, draws), np.int32), np.empty((count, draws), np.int32)
    any_short, any_in_week = np.empty(draws, np.int32), np.empty((groups, draws), np.int32)
    for w in range(weeks):
        in_week[:] = 0
        any_in_week[:] = 0
        for d in range(WEEKDAYS):
            for q in range(count):
                over[:] = -limit[q]
                for b in pools.body[pools.start[q] : pools.start[q + 1]]:
                    here = sharing[b, w, d]
                    for i in range(draws):
                        over[i] += here[i]
                of_pool, unmet = short[q], found.unmet[q]
                for i in range(draws):
                    of_pool[i] = 1 if over[i] > 0 else 0
                    unmet[i] += max(over[i], 0)
                _count(of_pool, found.days[q, d], in_week[q])
            for g in range(groups):
                any_short[:] = 0
                for q in members.pool[members.start[g] : members.start[g + 1]]:
                    of_pool = short[q]
                    for i in range(draws):
                        any_short[i] |= of_pool[i]
                _count(any_short, found.any_days[g], any_in_week[g])
        found.weeks[:] += in_week
        found.any_weeks[:] += any_in_week
    return found


@inner
def _count(short: np.ndarray, days: np.ndarray, in_week: np.ndarray) -> None:
    """Count a day that is 1 where it is short, and mark its week."""
    for i in range(short.size):
        days[i] += short[i]
        in_week[i] |= short[i]
