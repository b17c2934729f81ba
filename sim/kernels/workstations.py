"""How likely a shared workstation is missing, and how many are needed, without drawing days.

Given a draw's staff and rates, people present in a pool on a day are a sum of binomials, so the
chance of a shortage P(X > D) and the people without a workstation E[(X - D)⁺] need no sampling:
``tails`` finds them, and ``shock`` averages them where a day's shock moves everybody.

Arrays are by pool and draw; a body that shares with nobody is its own pool. Draws are taken a few
hundred at a time, so that what is computed for them stays in the processor's cache.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel, lane
from sim.kernels import joint, lanes, shock, tails
from sim.kernels.presence import WEEKDAYS, Attendance, due_in, shares_rows
from sim.kernels.staff import row

PER_DAY, PER_WEEK, PER_PERSON = range(3)
LEVEL_TOLERANCE = 1e-12

_DRAWS = 1024
_DRAWS_FIXED_DAYS = 16  # they may need hundreds of nodes each
_SURE = 1.0 - 2.0**-53


class Pools(NamedTuple):
    """Which bodies share workstations: bodies ``body[start[q]:start[q + 1]]`` are pool q."""

    start: np.ndarray  # int64[pool + 1]
    body: np.ndarray  # int64[body]


class Members(NamedTuple):
    """Which pools make up a tier or the total: ``pool[start[g]:start[g + 1]]``."""

    start: np.ndarray  # int64[group + 1]
    pool: np.ndarray  # int64[...]


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
    tails: tails.Room
    shock: shock.Room
    joint: np.ndarray


@kernel
def new_cohorts(capacity: int, draws: int) -> Cohorts:
    """Return room for pools of up to ``capacity`` cohorts."""
    return Cohorts(
        np.empty((capacity, draws)),
        np.empty((WEEKDAYS, capacity, draws)),
        np.empty((WEEKDAYS, capacity, draws)),
        np.empty((WEEKDAYS, capacity, draws)),
        np.empty(draws),
        np.empty(capacity + 1, np.int64),
        np.empty(capacity + 1, np.int64),
        np.empty(WEEKDAYS, np.bool_),
    )


@kernel
def new_room(pools: int, capacity: int, draws: int, scratch: int) -> Room:
    """Return scratch for so many pools of up to ``capacity`` cohorts."""
    return Room(
        np.empty((WEEKDAYS, draws)),
        np.empty(draws),
        np.empty((capacity, draws)),
        np.empty(draws),
        np.empty(draws),
        np.empty((pools, WEEKDAYS, draws)),
        np.empty((pools, WEEKDAYS, draws)),
        np.empty((pools, draws)),
        np.empty((pools, draws)),
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
    count = int(np.int64(0))  # no literal, which would compile its users twice
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
                people[i] += here[i]


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
def _day_tails(
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
    width = math.sqrt(1.0 - max(attendance.common, attendance.week))
    at_once = min(draws, _DRAWS_FIXED_DAYS if attendance.fixed_days else _DRAWS)
    nodes = shock.MOST if attendance.fixed_days else shock.MANY
    forms = joint.new_forms(count if shocks else 1, at_once, nodes)
    cohorts = new_cohorts(capacity, at_once)
    room = new_room(count, capacity, at_once, scratch)
    risk, missing, r = room.short, room.unmet, room.r
    alike = rates_alike(attendance)
    for first in range(0, draws, at_once):
        size = min(at_once, draws - first)
        end = first + size
        limit = room.limit[:size]
        several = 0
        for q in range(count):
            bodies = pools.body[pools.start[q] : pools.start[q + 1]]
            if q == 0 or not alike:
                whose = pools.body if alike else bodies
                several = gather_rates(
                    attendance, shocks, alike, staff, whose, first, size, cohorts, room
                )
            gather_people(attendance, alike, staff, bodies, first, size, several, cohorts)
            r[q] = cohorts.r
            provided = workstations[q, first:end]
            for i in range(size):
                limit[i] = provided[i]
            for d in range(WEEKDAYS):
                if cohorts.repeats[d]:
                    risk[q, d] = risk[q, d - 1]
                    missing[q, d] = missing[q, d - 1]
                    if shocks:
                        joint.repeat_day(forms, q, d, size)
                else:
                    form = joint.form_of(forms, q if shocks else 0, d)
                    _day_tails(
                        shocks,
                        width,
                        several,
                        cohorts,
                        d,
                        limit,
                        room,
                        form,
                        risk[q, d],
                        missing[q, d],
                    )
            joint.week_risks(
                risk[q], size, forms, q, attendance.week, r[q], room.joint, room.week[q]
            )
        for i in range(size):
            for g in range(members.start.size - 1):
                group = members.pool[members.start[g] : members.start[g + 1]]
                any_day[g, first + i], any_week[g, first + i] = group_risk(
                    attendance, risk, room.week, forms, group, r, i, room.joint
                )
        for q in range(count):
            _copy(room.week[q], week[q, first:end])
            for d in range(WEEKDAYS):
                _copy(risk[q, d], short[q, d, first:end])
                _copy(missing[q, d], unmet[q, d, first:end])


@inner
def _copy(values: np.ndarray, out: np.ndarray) -> None:
    for i in range(out.size):
        out[i] = values[i]


@inner
def group_risk(
    attendance: Attendance,
    short: np.ndarray,
    week: np.ndarray,
    forms: joint.Forms,
    group: np.ndarray,
    r: np.ndarray,
    i: int,
    room: np.ndarray,
) -> tuple[float, float]:
    """Return the chance that any pool of a tier is short on a day, and within a week.

    The week has no cheap exact form where one part of the shock is common to bodies and another
    is kept through the week; then it is NaN.
    """
    day = 0.0
    no_day = 1.0
    before = 0.0
    for d in range(WEEKDAYS):
        repeated = d > 0
        for q in group:
            repeated &= d > 0 and short[q, d, i] == short[q, d - 1, i]
        if not repeated:
            before = joint.any_risk(short, forms, group, d, attendance.common, r, i, room)
        day += before / WEEKDAYS
        no_day *= 1.0 - before
    if group.size == 1:
        return day, week[group[0], i]
    shocks = False
    for q in group:
        shocks |= r[q, i] > 0.0
    if not shocks or attendance.week == 0.0:
        return day, 1.0 - no_day
    if attendance.common == 0.0:
        enough = 1.0
        for q in group:
            enough *= 1.0 - week[q, i]
        return day, 1.0 - enough
    return day, math.nan


class Search(NamedTuple):
    """State of the search for the least number that meets a service level, by draw."""

    draw: np.ndarray  # int64[draw], those not found yet
    low: np.ndarray  # float64[draw], too few
    high: np.ndarray  # float64[draw], enough
    guess: np.ndarray  # float64[draw]
    failure: np.ndarray  # float64[draw], failure share at the guess
    shift: np.ndarray  # float64[draw], what the normal form lacks, in standard deviations
    target: np.ndarray  # float64[draw]
    alike: np.ndarray  # float64[weekday], days like it that follow, itself included; else 0
    mean: np.ndarray  # float64[weekday, draw], people present
    spread: np.ndarray  # float64[weekday, draw], their standard deviation


@kernel
def _new_search(draws: int) -> Search:
    return Search(
        np.empty(draws, np.int64),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(WEEKDAYS),
        np.empty((WEEKDAYS, draws)),
        np.empty((WEEKDAYS, draws)),
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
        As in ``shortage``.
    out : int64[pool, draw]
        Out: least D with failure share ≤ 1 - level (and a rounding error).
    """
    count, draws = out.shape
    part = attendance.week if kind == PER_WEEK else 0.0
    at_once = min(draws, _DRAWS_FIXED_DAYS if attendance.fixed_days else _DRAWS)
    nodes = shock.MOST if attendance.fixed_days else shock.MANY
    one = pools.start[0] + 1  # a literal would compile what is below twice
    forms = joint.new_forms(one, at_once, nodes)
    cohorts, left = new_cohorts(capacity, at_once), new_cohorts(capacity, at_once)
    room = new_room(one, capacity, at_once, scratch)
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
    for d in range(WEEKDAYS):
        mean, spread, slope = search.mean[d], search.spread[d], search.target
        mean[:] = 0.0
        spread[:] = 0.0
        slope[:] = 0.0
        for c in range(count):
            people, scale, base = cohorts.n[c], cohorts.scale[d, c], cohorts.base[d, c]
            for i in range(draws):
                share = scale[i] * base[i]
                mean[i] += people[i] * share
                spread[i] += people[i] * share * (1.0 - share)
            if shocks:
                probit = cohorts.probit[d, c]
                for i in range(draws):
                    slope[i] += people[i] * scale[i] * lanes.density(probit[i])
        for i in range(draws):
            spread[i] = math.sqrt(max(spread[i] + slope[i] * slope[i] * cohorts.r[i], 0.05))
    for i in range(draws):
        search.draw[i] = i
        search.low[i] = -1.0
        search.shift[i] = 0.0
        search.guess[i] = search.mean[0, i]
        for d in range(1, WEEKDAYS):
            search.guess[i] = max(search.guess[i], search.mean[d, i])
    _solve(kind, allowed, draws, search)
    for i in range(draws):
        search.guess[i] = min(max(math.ceil(search.guess[i]), 0.0), search.high[i])


@lane
def _normal_score(failure: float) -> float:
    """Return the normal quantile of a success share."""
    return -lanes.quantile(min(max(failure, 1e-15), 1.0 - 1e-15))


@inner
def _solve(kind: int, allowed: float, active: int, search: Search) -> None:
    """Move each guess to where the normal form of the failure share, shifted, is what is allowed.

    As a normal score the form is nearly a straight line in the limit: a few secants.
    """
    wanted = _normal_score(allowed)
    for k in range(active):
        i = search.draw[k]
        reach = 4.0 * search.spread[0, i] + 4.0
        step = 0.5
        at = _normal_form(kind, search, i, search.guess[i])
        for _ in range(6):
            beyond = _normal_form(kind, search, i, search.guess[i] + step)
            slope = max((beyond - at) / step, 1e-3)
            search.guess[i] += step
            at = beyond
            step = min(max((wanted - at - search.shift[i]) / slope, -reach), reach)
            if abs(step) < 0.01:
                break
        search.guess[i] += step


@inner
def _normal_form(kind: int, search: Search, i: int, limit: float) -> float:
    """Return the score of the success share if people present were normal on independent days."""
    total = 0.0
    enough = 1.0
    present = 0.0
    for d in range(WEEKDAYS):
        days = search.alike[d]
        if days > 0.0:
            spread = search.spread[d, i]
            score = (search.mean[d, i] - limit - 0.5) / spread
            short, phi = lanes.below_and_density(score)
            enough *= (1.0 - short) ** days
            present += days * search.mean[d, i]
            excess = spread * (phi + score * short) + 0.5 * short
            total += days * (excess if kind == PER_PERSON else short)
    if kind == PER_DAY:
        return _normal_score(total / WEEKDAYS)
    if kind == PER_WEEK:
        return _normal_score(1.0 - enough)
    return _normal_score(total / max(present, 1e-300))


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
    limit, first = room.limit[:active], left.repeats.size - WEEKDAYS
    for k in range(active):
        limit[k] = search.guess[search.draw[k]]
    width = math.sqrt(1.0 - part)
    short, unmet, week = room.short[0], room.unmet[0], room.week[0]
    for d in range(WEEKDAYS):
        if left.repeats[d]:
            short[d] = short[d - 1]
            unmet[d] = unmet[d - 1]
            if shocks and part > 0.0:
                joint.repeat_day(forms, first, d, active)
        else:
            form = joint.form_of(forms, first, d)
            _day_tails(shocks, width, count, left, d, limit, room, form, short[d], unmet[d])
    if kind == PER_WEEK:
        joint.week_risks(short, active, forms, first, part, left.r, room.joint, week)
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
    for k in range(active):
        i = search.draw[k]
        at = search.guess[i]
        if search.failure[i] <= allowed:
            search.high[i] = at
        else:
            search.low[i] = at
        search.shift[i] = _normal_score(search.failure[i]) - _normal_form(kind, search, i, at)
    _solve(kind, allowed, active, search)
    left = int(np.int64(0))  # no literal, which would compile its users twice
    for k in range(active):
        i = search.draw[k]
        low, high = search.low[i], search.high[i]
        if high - low > 1.0:
            search.guess[i] = min(max(math.ceil(search.guess[i]), low + 1.0), high - 1.0)
            search.draw[left] = i
            left += 1
    return left
