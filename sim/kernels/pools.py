"""The people of a pool that shares workstations, and the tails of their number on a weekday.

Given a draw's staff and rates, people present in a pool on a day are a sum of binomials: ``tails``
finds its tail, and ``shock`` averages it where a day's shock moves everybody. Arrays are by pool
and draw; a body that shares with nobody is its own pool. Draws are taken a few hundred at a time,
so that what is computed for them stays in the processor's cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel
from sim.kernels import joint, lanes, shock, tails
from sim.kernels.presence import WEEKDAYS, Attendance, due_in, shares_rows
from sim.kernels.staff import row

_DRAWS = 1024
_DRAWS_FIXED_DAYS = 16  # they may need hundreds of nodes each
_SURE = 1.0 - 2.0**-53


class Pools(NamedTuple):
    """Which bodies share workstations: bodies ``body[start[q]:start[q + 1]]`` are pool q."""

    start: np.ndarray  # int64[pool + 1]
    body: np.ndarray  # int64[body]


class Cohorts(NamedTuple):
    """The cohorts of one pool in a few draws: who comes with scale Φ((Φ⁻¹(base) + √r z) / ...)."""

    n: np.ndarray  # float64[cohort, draw]
    scale: np.ndarray  # float64[weekday, cohort, draw]
    base: np.ndarray  # float64[weekday, cohort, draw]
    probit: np.ndarray  # float64[weekday, cohort, draw]
    r: np.ndarray  # float64[draw]
    kind: np.ndarray  # int64[cohort], index in the staff
    place: np.ndarray  # int64[cohort], which of the pool's bodies; 0 if all are added up
    repeats: np.ndarray  # bool[weekday], all as on the day before


class Room(NamedTuple):
    """Scratch for one pool on one weekday."""

    due: np.ndarray  # float64[weekday, draw]
    days: np.ndarray  # float64[draw]
    p: np.ndarray  # float64[cohort, draw]
    x: np.ndarray  # float64[draw]
    limit: np.ndarray  # float64[draw]
    short: np.ndarray  # float64[pool, weekday, draw]
    unmet: np.ndarray  # float64[pool, weekday, draw]
    week: np.ndarray  # float64[pool, draw]
    r: np.ndarray  # float64[pool, draw]
    alike: np.ndarray  # int64[pool, weekday], first of the weekdays in a row like this one
    tails: tails.Room
    shock: shock.Room
    joint: joint.Room


@kernel
def draws_at_once(attendance: Attendance, draws: int) -> int:
    """Return how many draws are taken together."""
    return min(draws, _DRAWS_FIXED_DAYS if attendance.fixed_days else _DRAWS)


@kernel
def new_cohorts(capacity: int, draws: int) -> Cohorts:
    """Return room for pools of up to ``capacity`` cohorts."""
    length = lanes.row_length(draws)
    return Cohorts(
        np.empty((capacity, length)),
        np.empty((WEEKDAYS, capacity, length)),
        np.empty((WEEKDAYS, capacity, length)),
        np.empty((WEEKDAYS, capacity, length)),
        np.empty(draws),
        np.empty(capacity + 1, np.int64),
        np.empty(capacity + 1, np.int64),
        np.empty(WEEKDAYS, np.bool_),
    )


@kernel
def new_room(pools: int, capacity: int, draws: int, scratch: int) -> Room:
    """Return scratch for so many pools of up to ``capacity`` cohorts."""
    length = lanes.row_length(draws)
    return Room(
        np.empty((WEEKDAYS, length)),
        np.empty(draws),
        np.empty((capacity, length)),
        np.empty(draws),
        np.empty(draws),
        np.empty((pools, WEEKDAYS, length)),
        np.empty((pools, WEEKDAYS, length)),
        np.empty((pools, draws)),
        np.empty((pools, draws)),
        np.empty((pools, WEEKDAYS), np.int64),
        tails.new_room(capacity, max(draws, shock.LANES), scratch),
        shock.new_room(capacity, draws),
        joint.new_room(),
    )


@kernel
def rates_alike(attendance: Attendance) -> bool:
    """Tell whether all bodies have the same rates, so that their cohorts can be added up."""
    return shares_rows(attendance) and attendance.absence.shape[0] == 1


@kernel
def gather_rates(
    attendance: Attendance,
    shocks: bool,
    alike: bool,
    staff: np.ndarray,
    bodies: np.ndarray,
    first: int,
    draws: int,
    cohorts: Cohorts,
    room: Room,
) -> int:
    """Find when the cohorts of some bodies come in consecutive draws; return how many there are.

    Where all bodies are alike their cohorts count as one. A cohort without people, or of which
    nobody ever comes, is left out.
    """
    count = 0
    for c in range(staff.shape[0]):
        for place in range(1 if alike else bodies.size):
            own = bodies if alike else bodies[place : place + 1]
            cohorts.kind[count] = c
            cohorts.place[count] = place
            people = 0
            for b in own:
                here = staff[c, b, first : first + draws]
                for i in range(draws):
                    people += here[i]
            if people > 0:
                due_in(attendance, c, own[0], first, room.days[:draws], room.due)
                count += _comes(attendance, own[0], first, draws, count, cohorts, room)
    for d in range(WEEKDAYS):
        cohorts.repeats[d] = d > 0 and _repeats(count, draws, d, cohorts)
    if shocks:
        _find_probits(count, draws, cohorts)
    return count


@kernel
def gather_people(
    attendance: Attendance,
    alike: bool,
    staff: np.ndarray,
    bodies: np.ndarray,
    first: int,
    draws: int,
    count: int,
    cohorts: Cohorts,
) -> None:
    """Write the people of a pool, by cohort and draw, and its clustering."""
    clustering = row(attendance.clustering, bodies[0])[first : first + draws]
    for i in range(draws):
        cohorts.r[i] = clustering[i]
    for k in range(count):
        people, place = cohorts.n[k], cohorts.place[k]
        people[:] = 0.0
        for b in bodies if alike else bodies[place : place + 1]:
            here = staff[cohorts.kind[k], b, first : first + draws]
            for i in range(draws):
                people[i] += lanes.small_whole(here[i])


@inner
def _repeats(count: int, draws: int, d: int, cohorts: Cohorts) -> bool:
    """Tell whether every cohort comes as on the day before."""
    unlike = 0
    for c in range(count):
        scale, base = cohorts.scale[d, c], cohorts.base[d, c]
        scale_before, base_before = cohorts.scale[d - 1, c], cohorts.base[d - 1, c]
        for i in range(draws):
            same = (scale[i] == scale_before[i]) & (base[i] == base_before[i])
            unlike += 0 if same else 1
    return unlike == 0


@kernel
def _comes(
    attendance: Attendance,
    body: int,
    first: int,
    draws: int,
    c: int,
    cohorts: Cohorts,
    room: Room,
) -> bool:
    """Write scale and base of a cohort; tell whether anybody ever comes."""
    absence = row(attendance.absence, body)[first : first + draws]
    some = 0
    for d in range(WEEKDAYS):
        due, scale, base = room.due[d], cohorts.scale[d, c], cohorts.base[d, c]
        for i in range(draws):
            kept = 1.0 - absence[i]
            base[i] = kept if attendance.fixed_days else due[i] * kept
            free = due[i] if attendance.fixed_days else 1.0
            scale[i] = free if due[i] * kept > 0.0 else 0.0
            some += 1 if due[i] * kept > 0.0 else 0
    return some > 0


@inner
def _find_probits(count: int, draws: int, cohorts: Cohorts) -> None:
    for d in range(WEEKDAYS):
        for c in range(count):
            base, probit = cohorts.base[d, c], cohorts.probit[d, c]
            for i in range(draws):
                probit[i] = lanes.quantile(min(max(base[i], 1e-300), _SURE))


@inner
def day_tails(
    shocks: bool,
    width: float,
    count: int,
    cohorts: Cohorts,
    d: int,
    limit: np.ndarray,
    room: Room,
    form: shock.Form,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Find ``short[draw]`` and ``unmet[draw]`` of a pool on a weekday."""
    if shocks:
        probit, scale = cohorts.probit[d], cohorts.scale[d]
        shock.shocked_tails(
            count,
            cohorts.n,
            probit,
            scale,
            cohorts.r,
            limit,
            width,
            room.shock,
            room.tails,
            form,
            short,
            unmet,
        )
        return
    for c in range(count):
        p, scale, base = room.p[c], cohorts.scale[d, c], cohorts.base[d, c]
        for i in range(limit.size):
            p[i] = scale[i] * base[i]
    x = room.x[: limit.size]
    for i in range(limit.size):
        x[i] = limit[i] + 0.5
    tails.tails(count, cohorts.n, room.p, x, room.tails, short, unmet)
