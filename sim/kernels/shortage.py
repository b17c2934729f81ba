"""How likely a shared workstation is missing, without drawing days.

The chance of a shortage P(X > D) and the people without a workstation E[(X - D)⁺] of each pool,
from the tails of ``pools``, and what follows for weeks, tiers and the total.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel
from sim.kernels import joint, lanes, shock
from sim.kernels.pools import (
    Cohorts,
    Pools,
    Room,
    day_tails,
    draws_at_once,
    gather_people,
    gather_rates,
    new_cohorts,
    new_room,
    rates_alike,
)
from sim.kernels.presence import WEEKDAYS, Attendance


class Members(NamedTuple):
    """Which pools make up a tier or the total: ``pool[start[g]:start[g + 1]]``."""

    start: np.ndarray  # int64[group + 1]
    pool: np.ndarray  # int64[...]


@kernel
def shortage(
    attendance: Attendance,
    shocks: bool,
    staff: np.ndarray,
    pools: Pools,
    members: Members,
    workstations: np.ndarray,
    capacity: int,
    scratch: int,
    short: np.ndarray,
    unmet: np.ndarray,
    week: np.ndarray,
    any_day: np.ndarray,
    any_week: np.ndarray,
) -> None:
    """Find the risk of a shortage at given shared workstations.

    Parameters
    ----------
    attendance : Attendance
    shocks : bool
        Whether a day's shock moves people; else the clustering is 0 in all draws.
    staff : int64[cohort, body, draw]
        People who share workstations.
    pools : Pools
    members : Members
    workstations : int64[pool, draw]
        Shared workstations D.
    capacity, scratch : int
        Most cohorts in a pool, and ``binomial.scratch_size`` of the largest pool.
    short : float64[pool, weekday, draw]
        Out: P(X > D).
    unmet : float64[pool, weekday, draw]
        Out: E[(X - D)⁺], people without a workstation.
    week : float64[pool, draw]
        Out: chance of a short day within a week.
    any_day : float64[group, draw]
        Out: chance that any pool of the group is short on a day.
    any_week : float64[group, draw]
        Out: chance of such a day within a week; NaN where it has no exact form.
    """
    count, draws = workstations.shape
    at_once = draws_at_once(attendance, draws)
    nodes = shock.MOST if attendance.fixed_days else shock.MANY
    forms = joint.new_forms(count if shocks else 1, at_once, nodes)
    cohorts = new_cohorts(capacity, at_once)
    room = new_room(count, capacity, at_once, scratch)
    for first in range(0, draws, at_once):
        size = min(at_once, draws - first)
        end = first + size
        _pool_risks(
            attendance, shocks, staff, pools, workstations, first, size, cohorts, room, forms
        )
        for g in range(members.start.size - 1):
            joint.group_risks(
                room.short,
                room.alike,
                room.week,
                size,
                forms,
                members.pool[members.start[g] : members.start[g + 1]],
                attendance.common,
                attendance.week,
                room.r,
                room.joint,
                any_day[g, first:end],
                any_week[g, first:end],
            )
        for q in range(count):
            _copy(room.week[q], week[q, first:end])
            for d in range(WEEKDAYS):
                _copy(room.short[q, d], short[q, d, first:end])
                _copy(room.unmet[q, d], unmet[q, d, first:end])


@kernel
def _pool_risks(
    attendance: Attendance,
    shocks: bool,
    staff: np.ndarray,
    pools: Pools,
    workstations: np.ndarray,
    first: int,
    size: int,
    cohorts: Cohorts,
    room: Room,
    forms: joint.Forms,
) -> None:
    """Find the risk of each pool, by weekday and in a week, in consecutive draws."""
    width = math.sqrt(1.0 - max(attendance.common, attendance.week))
    alike = rates_alike(attendance)
    limit = room.limit[:size]
    several = 0
    for q in range(workstations.shape[0]):
        bodies = pools.body[pools.start[q] : pools.start[q + 1]]
        if q == 0 or not alike:
            whose = pools.body if alike else bodies
            several = gather_rates(
                attendance, shocks, alike, staff, whose, first, size, cohorts, room
            )
        gather_people(attendance, alike, staff, bodies, first, size, several, cohorts)
        risk, missing = room.short[q], room.unmet[q]
        room.r[q] = cohorts.r
        provided = workstations[q, first : first + size]
        for i in range(size):
            limit[i] = lanes.small_whole(provided[i])
        for d in range(WEEKDAYS):
            room.alike[q, d] = room.alike[q, d - 1] if cohorts.repeats[d] else d
            if cohorts.repeats[d]:
                _copy(risk[d - 1], risk[d])
                _copy(missing[d - 1], missing[d])
            else:
                form = joint.form_of(forms, q if shocks else 0, d)
                day_tails(
                    shocks,
                    width,
                    several,
                    cohorts,
                    d,
                    limit,
                    room,
                    form,
                    risk[d, :size],
                    missing[d, :size],
                )
        joint.week_risks(
            risk,
            room.alike[q],
            size,
            forms,
            q,
            attendance.week,
            room.r[q],
            room.joint,
            room.week[q],
        )


@inner
def _copy(values: np.ndarray, out: np.ndarray) -> None:
    for i in range(out.size):
        out[i] = values[i]
