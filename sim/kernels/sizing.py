"""How many shared workstations a service level needs, without drawing days.

The risk at a number of workstations is exact (``pools``); the search for the least number that is
enough is led by what the risk would be if people present were normal.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel, lane
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

PER_DAY, PER_WEEK, PER_PERSON = range(3)
LEVEL_TOLERANCE = 1e-12

_SETTLED = 0.01
_SLOPE, _CURVE, _TILT, _THIRD = range(4)  # while the search begins, then
_GUESS, _STEP, _SCORE, _BEYOND, _TOTAL, _PRESENT, _VALUES = range(7)


class Search(NamedTuple):
    """State of the search for the least number that meets a service level, by draw."""

    draw: np.ndarray  # int64[draw], those not found yet
    low: np.ndarray  # float64[draw], too few
    high: np.ndarray  # float64[draw], enough
    guess: np.ndarray  # float64[draw]
    failure: np.ndarray  # float64[draw], failure share at the guess
    shift: np.ndarray  # float64[draw], what the normal form lacks, in standard deviations
    alike: np.ndarray  # float64[weekday], days like it that follow, itself included; else 0
    mean: np.ndarray  # float64[weekday, draw], people present
    spread: np.ndarray  # float64[weekday, draw], their standard deviation
    room: np.ndarray  # float64[value, draw], scratch


@kernel
def _new_search(draws: int) -> Search:
    length = lanes.row_length(draws)
    return Search(
        np.empty(draws, np.int64),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(WEEKDAYS),
        np.empty((WEEKDAYS, length)),
        np.empty((WEEKDAYS, length)),
        np.empty((_VALUES, length)),
    )


@kernel
def needed(
    kind: int,
    level: float,
    attendance: Attendance,
    shocks: bool,
    staff: np.ndarray,
    pools: Pools,
    capacity: int,
    scratch: int,
    out: np.ndarray,
) -> None:
    """Find the least shared workstations that meet a service level in each draw.

    Parameters
    ----------
    kind : int
        ``PER_DAY``, ``PER_WEEK`` or ``PER_PERSON``.
    level : float
        Success share, as in model part 0.
    attendance, shocks, staff, pools, capacity, scratch
        As in ``shortage.shortage``.
    out : int64[pool, draw]
        Out: least D with failure share ≤ 1 - level (and a rounding error).
    """
    count, draws = out.shape
    part = attendance.week if kind == PER_WEEK else 0.0
    at_once = draws_at_once(attendance, draws)
    nodes = shock.MOST if attendance.fixed_days else shock.MANY
    forms = joint.new_forms(1, at_once, nodes)
    cohorts, left = new_cohorts(capacity, at_once), new_cohorts(capacity, at_once)
    room = new_room(1, capacity, at_once, scratch)
    search = _new_search(at_once)
    alike = rates_alike(attendance)
    allowed = 1.0 - level + LEVEL_TOLERANCE
    for first in range(0, draws, at_once):
        size = min(at_once, draws - first)
        several = 0
        for q in range(count):
            bodies = pools.body[pools.start[q] : pools.start[q + 1]]
            if q == 0 or not alike:
                whose = pools.body if alike else bodies
                several = gather_rates(
                    attendance, shocks, alike, staff, whose, first, size, cohorts, room
                )
            gather_people(attendance, alike, staff, bodies, first, size, several, cohorts)
            _begin(kind, allowed, shocks, several, size, cohorts, search)
            active = size
            while active > 0:
                _compact(shocks, several, active, search, cohorts, left)
                _fail(kind, part, shocks, several, active, left, search, forms, room)
                active = _narrow(kind, allowed, active, search)
            for i in range(size):
                out[q, first + i] = int(search.high[i])


@inner
def _begin(
    kind: int,
    allowed: float,
    shocks: bool,
    count: int,
    draws: int,
    cohorts: Cohorts,
    search: Search,
) -> None:
    """Find the moments of each day and the first guess."""
    days = 0.0
    for d in range(WEEKDAYS - 1, -1, -1):
        days += 1.0
        search.alike[d] = 0.0 if cohorts.repeats[d] else days
        days = days if cohorts.repeats[d] else 0.0
    search.high[:] = 0.0
    for c in range(count):
        people = cohorts.n[c]
        for i in range(draws):
            search.high[i] += people[i]
    for i in range(draws):
        search.draw[i] = i
        search.low[i] = -1.0
        search.shift[i] = 0.0
        search.guess[i] = 0.0
    wanted = _normal_score(allowed)
    for d in range(WEEKDAYS):
        _find_moments(shocks, count, draws, d, cohorts, search)
        mean, spread, third = search.mean[d], search.spread[d], search.room[_THIRD]
        for i in range(draws):
            skew = third[i] / (spread[i] * spread[i] * spread[i])
            largest = mean[i] > search.guess[i]
            search.guess[i] = mean[i] if largest else search.guess[i]
            lacks = min(max(skew * (1.0 - wanted * wanted) / 6.0, -1.0), 1.0)
            search.shift[i] = lacks if largest else search.shift[i]
    _solve(kind, allowed, draws, search)
    for i in range(draws):
        search.guess[i] = min(max(math.ceil(search.guess[i]), 0.0), search.high[i])


@lane
def _normal_score(failure: float) -> float:
    """Return the normal quantile of a success share."""
    return -lanes.quantile(min(max(failure, 1e-15), 1.0 - 1e-15))


@inner
def _find_moments(
    shocks: bool, count: int, draws: int, d: int, cohorts: Cohorts, search: Search
) -> None:
    """Find mean, standard deviation and third cumulant of people present on a weekday.

    Up to the second order in the shock, whose part is μ = n Φ(probit + √r z) for each cohort.
    """
    mean, spread, third = search.mean[d], search.spread[d], search.room[_THIRD]
    slope, curve, tilt = search.room[_SLOPE], search.room[_CURVE], search.room[_TILT]
    for i in range(draws):
        mean[i] = 0.0
        spread[i] = 0.0
        third[i] = 0.0
        slope[i] = 0.0
        curve[i] = 0.0
        tilt[i] = 0.0
    for c in range(count):
        people, scale, base = cohorts.n[c], cohorts.scale[d, c], cohorts.base[d, c]
        for i in range(draws):
            share = scale[i] * base[i]
            present = people[i] * share
            mean[i] += present
            spread[i] += present * (1.0 - share)
            third[i] += present * (1.0 - share) * (1.0 - 2.0 * share)
        if shocks:
            probit = cohorts.probit[d, c]
            for i in range(draws):
                steep = people[i] * scale[i] * lanes.density(probit[i])
                slope[i] += steep
                curve[i] -= probit[i] * steep
                tilt[i] += (1.0 - 2.0 * scale[i] * base[i]) * steep
    if shocks:
        for i in range(draws):
            pull = slope[i] * slope[i] * cohorts.r[i]
            spread[i] += pull
            third[i] += 3.0 * cohorts.r[i] * (pull * curve[i] + slope[i] * tilt[i])
    for i in range(draws):
        spread[i] = math.sqrt(max(spread[i], 0.05))


@inner
def _solve(kind: int, allowed: float, active: int, search: Search) -> None:
    """Move each guess to where the normal form of the failure share, shifted, is what is allowed.

    As a normal score the form is nearly a straight line in the limit: a few secants.
    """
    wanted = _normal_score(allowed)
    at, beyond = search.room[_SCORE, :active], search.room[_BEYOND, :active]
    guess, step = search.room[_GUESS], search.room[_STEP]
    for k in range(active):
        guess[k] = search.guess[search.draw[k]]
        step[k] = 0.5
    _normal_form(kind, search, guess, at)
    for k in range(active):
        guess[k] += 0.5
    for _ in range(6):
        _normal_form(kind, search, guess, beyond)
        moving = 0
        for k in range(active):
            i = search.draw[k]
            reach = 4.0 * search.spread[0, i] + 4.0
            goes = abs(step[k]) >= _SETTLED
            slope = max((beyond[k] - at[k]) / (step[k] if goes else 1.0), 1e-3)
            further = min(max((wanted - beyond[k] - search.shift[i]) / slope, -reach), reach)
            at[k] = beyond[k]
            step[k] = further if goes else 0.0
            guess[k] += step[k]
            moving += 1 if abs(step[k]) >= _SETTLED else 0
        if moving == 0:
            break
    for k in range(active):
        search.guess[search.draw[k]] = guess[k]


@inner
def _normal_form(kind: int, search: Search, limit: np.ndarray, out: np.ndarray) -> None:
    """Write the score of the success share if people present were normal on independent days."""
    total, present = search.room[_TOTAL], search.room[_PRESENT]
    for k in range(out.size):
        total[k] = 0.0
        present[k] = 0.0
    for d in range(WEEKDAYS):
        days = search.alike[d]
        if days > 0.0:
            mean, spread = search.mean[d], search.spread[d]
            for k in range(out.size):
                i = search.draw[k]
                score = (mean[i] - limit[k] - 0.5) / spread[i]
                short, phi = lanes.below_and_density(score)
                excess = spread[i] * (phi + score * short) + 0.5 * short
                enough = -lanes.log(max(1.0 - short, 1e-300))
                part = short if kind == PER_DAY else enough if kind == PER_WEEK else excess
                total[k] += days * part
                present[k] += days * mean[i]
    for k in range(out.size):
        week = 1.0 - lanes.exp(-total[k])
        share = total[k] / max(present[k], 1e-300)
        share = total[k] / WEEKDAYS if kind == PER_DAY else week if kind == PER_WEEK else share
        out[k] = _normal_score(share)


@inner
def _compact(
    shocks: bool, count: int, active: int, search: Search, cohorts: Cohorts, left: Cohorts
) -> None:
    """Copy the cohorts of the draws that are still searched."""
    for d in range(WEEKDAYS):
        left.repeats[d] = cohorts.repeats[d]
    for k in range(active):
        left.r[k] = cohorts.r[search.draw[k]]
    for c in range(count):
        for k in range(active):
            left.n[c, k] = cohorts.n[c, search.draw[k]]
        for d in range(WEEKDAYS):
            for k in range(active):
                i = search.draw[k]
                left.scale[d, c, k] = cohorts.scale[d, c, i]
                left.base[d, c, k] = cohorts.base[d, c, i]
            if shocks:
                for k in range(active):
                    left.probit[d, c, k] = cohorts.probit[d, c, search.draw[k]]


@kernel
def _fail(
    kind: int,
    part: float,
    shocks: bool,
    count: int,
    active: int,
    left: Cohorts,
    search: Search,
    forms: joint.Forms,
    room: Room,
) -> None:
    """Find the failure share at each guess."""
    limit = room.limit[:active]
    for k in range(active):
        limit[k] = search.guess[search.draw[k]]
    width = math.sqrt(1.0 - part)
    short, unmet, week = room.short[0], room.unmet[0], room.week[0]
    alike = room.alike[0]
    for d in range(WEEKDAYS):
        alike[d] = alike[d - 1] if left.repeats[d] else d
        if left.repeats[d]:
            for k in range(active):
                short[d, k] = short[d - 1, k]
                unmet[d, k] = unmet[d - 1, k]
        else:
            form = joint.form_of(forms, 0, d)
            risk, missing = short[d, :active], unmet[d, :active]
            day_tails(shocks, width, count, left, d, limit, room, form, risk, missing)
    if kind == PER_WEEK:
        joint.week_risks(short, alike, active, forms, 0, part, left.r, room.joint, week)
    for k in range(active):
        i = search.draw[k]
        chance, missing, present = 0.0, 0.0, 0.0
        for d in range(WEEKDAYS):
            chance += short[d, k]
            missing += unmet[d, k]
            present += search.mean[d, i]
        if kind == PER_DAY:
            search.failure[i] = chance / WEEKDAYS
        elif kind == PER_WEEK:
            search.failure[i] = week[k]
        else:
            search.failure[i] = missing / present if present > 0.0 else 0.0


@inner
def _narrow(kind: int, allowed: float, active: int, search: Search) -> int:
    """Close in on the answers; return how many draws are still open.

    The score just found corrects the form, which then says where the failure share is what is
    allowed; that lands next to the answer, and the neighbour confirms it.
    """
    guess, form = search.room[_GUESS], search.room[_SCORE, :active]
    for k in range(active):
        i = search.draw[k]
        at = search.guess[i]
        if search.failure[i] <= allowed:
            search.high[i] = at
        else:
            search.low[i] = at
        guess[k] = at
    _normal_form(kind, search, guess, form)
    for k in range(active):
        i = search.draw[k]
        search.shift[i] = _normal_score(search.failure[i]) - form[k]
    _solve(kind, allowed, active, search)
    left = 0
    for k in range(active):
        i = search.draw[k]
        low, high = search.low[i], search.high[i]
        if high - low > 1.0:
            search.guess[i] = min(max(math.ceil(search.guess[i]), low + 1.0), high - 1.0)
            search.draw[left] = i
            left += 1
    return left
