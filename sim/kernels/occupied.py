"""What a log of visits says: sums by neighbourhood and weekday, and a grid of 15 minutes.

All of it is counted in whole people and seconds, so sums are exact in any order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel, lane
from sim.kernels.bits import lowest_bit
from sim.kernels.visits import (
    NEVER,
    OWN,
    SEATED,
    TURNED_AWAY,
    UNASSIGNED,
    Log,
    Site,
    Visits,
)

SLOT = 900
"""A slot of the grid [s]."""
WEEKDAYS = 5
_SHIFT = 40
_WHOLE = 1 << _SHIFT

(
    CAME,
    FOUND,
    SPILLED,
    ELSEWHERE,
    LEFT,
    WAITED,
    WAIT,
    DISPLACED,
    PRESENT,
    ABOVE,
    PEAK,
    UNMET_DAY,
    OVER_DAY,
    OVER_PEOPLE,
    HELD,
    USED,
    CAPACITY,
    BOOKED,
    UNUSED,
    LAPSED,
    DAYS,
    SUMS,
) = range(22)
"""Sums by neighbourhood and weekday.

People who share workstations, by home: who came, were seated, of them elsewhere than at home, who
worked in an unassigned place, left, waited; seconds waited; who lost their workstation to a pause;
person-seconds present; seconds with more people present than workstations; daily peaks; days on
which somebody found none; days and people by which the day's count exceeds the workstations. Then
by place: workstation-seconds taken, used and in service; bookings accepted, not used, lapsed; days.
"""

RIGHT, LOST, LITTLE, OVERFULL = range(4)
"""What the checks found: nothing; visits lost; Little's law broken; more taken than there are."""


class Sums(NamedTuple):
    """What is added up; the last neighbourhood of ``sums``, ``peak`` is the whole site."""

    sums: np.ndarray  # int64[sum, neighbourhood + 1, weekday]
    peak: np.ndarray  # int32[neighbourhood + 1, day], most people present who share
    unmet: np.ndarray  # int32[neighbourhood + 1, day], people who found no workstation
    present: np.ndarray  # int64[neighbourhood, weekday, slot], person-seconds, all people
    held: np.ndarray  # int64[neighbourhood, weekday, slot], workstation-seconds
    rows: np.ndarray  # int64[4, row]: came, found none, seconds waited, spilled
    team_days: np.ndarray  # int64[2, team], days with people of the team, with some who found none
    rooms: np.ndarray  # int64[2, size class], asked for, refused


class _Curve(NamedTuple):
    """A count over one day, by its changes."""

    change: np.ndarray  # int32[second]
    busy: np.ndarray  # uint64[word], a bit for each second with a change


class _Line(NamedTuple):
    """Visits strung together by neighbourhood."""

    after: np.ndarray  # int32[visit]
    first: np.ndarray  # int32[neighbourhood]


class _Room(NamedTuple):
    """Scratch of one day; the last neighbourhood is the whole site."""

    people: np.ndarray  # int64[neighbourhood + 1]
    unmet: np.ndarray  # int64[neighbourhood + 1]
    stay: np.ndarray  # int64[neighbourhood + 1], seconds
    came: np.ndarray  # int64[team]
    short: np.ndarray  # int64[team]
    pooled: np.ndarray  # int64[2, pool], people present and workstations


@kernel
def add_up(
    visits: Visits,
    site: Site,
    log: Log,
    row: np.ndarray,
    where: np.ndarray,
    team: np.ndarray,
    pool: np.ndarray,
    first_day: int,
    working: np.ndarray,
    sums: Sums,
) -> int:
    """Add up the log of one replication and check it.

    Parameters
    ----------
    visits : Visits
        Days from a Monday on, five a week.
    site : Site
    log : Log
    row : int32[visit]
        The row (cell and cohort) of each visit.
    where : int32[row]
        Neighbourhood in which people of the row work if they have a workstation of their own.
    team : int32[row]
        Team of the row, -1 for visitors.
    pool : int32[neighbourhood]
        Who shares workstations; the whole site is over its workstations if any pool is.
    first_day : int
        Index of the first of these days, a Monday.
    working : bool[day]
        Working days; the others are left out. ``peak`` and ``unmet`` have these days, too.
    sums : Sums
        Out: added to; the grids hold differences until ``finish``.

    Returns
    -------
    int
        ``RIGHT``, or the first check that failed: visits = seated + unassigned + turned away, and
        who was seated has spells within the visit; person-seconds under the curve of the day = Σ
        time in the building (Little's law); taken ≤ in service.
    """
    places = site.workstations.shape[1]
    curve = _Curve(
        np.zeros(site.closing + 1, np.int32), np.zeros(site.closing // 64 + 1, np.uint64)
    )
    most = 0
    days = visits.start.size - 1
    for day in range(days):
        v0, v1 = visits.start[day], visits.start[day + 1]
        most = max(most, v1 - v0 + visits.pause[v1] - visits.pause[v0])
    line = _Line(np.empty(most, np.int32), np.empty(places, np.int32))
    people = np.empty(places + 1, np.int64)
    unmet = np.empty(places + 1, np.int64)
    stay = np.empty(places + 1, np.int64)
    came = np.zeros(sums.team_days.shape[1], np.int64)
    short = np.zeros(sums.team_days.shape[1], np.int64)
    room = _Room(people, unmet, stay, came, short, np.zeros((2, places), np.int64))
    for day in range(days):
        if working[first_day + day]:
            status = _add_day(
                visits, site, log, row, where, team, pool, first_day, day, curve, line, room, sums
            )
            if status != RIGHT:
                return status
    return RIGHT


@inner
def _add_day(
    visits: Visits,
    site: Site,
    log: Log,
    row: np.ndarray,
    where: np.ndarray,
    team: np.ndarray,
    pool: np.ndarray,
    first_day: int,
    day: int,
    curve: _Curve,
    line: _Line,
    room: _Room,
    sums: Sums,
) -> int:
    line.first[:] = -1
    status = _add_visits(visits, site, log, row, where, team, day, line, room, sums)
    if status != RIGHT:
        return status
    if not _add_curves(visits, site, log, pool, first_day, day, curve, line, room, sums):
        return LITTLE
    if not _within_stock(visits, site, log, day, line, curve):
        return OVERFULL
    return RIGHT


@lane
def _add_visits(
    visits: Visits,
    site: Site,
    log: Log,
    row: np.ndarray,
    where: np.ndarray,
    team: np.ndarray,
    day: int,
    line: _Line,
    room: _Room,
    sums: Sums,
) -> int:
    """Add what each visit says by itself, and string visits together by home."""
    people, unmet, stay, came, short, _ = room
    for part in (people, unmet, stay, came, short):
        part[:] = 0
    weekday = day % WEEKDAYS
    v0 = visits.start[day]
    for v in range(v0, visits.start[day + 1]):
        _add_bookings(visits, log, v, weekday, sums)
        if not visits.shows[v]:
            continue
        if not visits.arrival[v] <= log.gone[v] <= site.closing:
            return LITTLE  # time that the curve cannot hold
        if not _add_visit(visits, log, row[v], where, v, weekday, site.closing, sums):
            return LOST
        found = log.outcome[v] == SEATED
        if team[row[v]] >= 0:
            came[team[row[v]]] = 1
            short[team[row[v]]] |= not found
        home = visits.home[v]
        if home != OWN:
            people[home] += 1
            unmet[home] += not found
            stay[home] += log.gone[v] - visits.arrival[v]
            line.after[v - v0] = line.first[home]
            line.first[home] = v - v0
    for k in range(came.size):
        sums.team_days[0, k] += came[k]
        sums.team_days[1, k] += short[k]
    return RIGHT


@lane
def _add_curves(
    visits: Visits,
    site: Site,
    log: Log,
    pool: np.ndarray,
    first_day: int,
    day: int,
    curve: _Curve,
    line: _Line,
    room: _Room,
    sums: Sums,
) -> bool:
    """Add what people present at the same time make; False if Little's law does not hold."""
    people, unmet, stay, _, _, pooled = room
    whole = site.workstations.shape[1]
    v0 = visits.start[day]
    people[whole], unmet[whole], stay[whole] = people.sum(), unmet.sum(), stay.sum()
    pooled[:] = 0
    for j in range(whole + 1):
        if j < whole:
            here = site.workstations[day, j]
            over = max(0, people[j] - here)
            pooled[0, pool[j]] += people[j]
            pooled[1, pool[j]] += here
            _mark_present(visits, log, v0, line, j, curve)
        else:
            here = site.workstations[day].sum()
            over = 0
            for q in range(whole):
                over += max(0, pooled[0, q] - pooled[1, q])
                _mark_present(visits, log, v0, line, q, curve)
        peak, area, above = _sweep(curve, here)
        if area != stay[j]:
            return False
        sums.peak[j, first_day + day] = peak
        sums.unmet[j, first_day + day] = unmet[j]
        day_sums = sums.sums[:, j, day % WEEKDAYS]
        day_sums[PRESENT] += area
        day_sums[ABOVE] += above
        day_sums[PEAK] += peak
        day_sums[UNMET_DAY] += unmet[j] > 0
        day_sums[OVER_DAY] += over > 0
        day_sums[OVER_PEOPLE] += over
        day_sums[CAPACITY] += here * site.closing
        day_sums[DAYS] += 1
    return True


@lane
def _mark(curve: _Curve, at: int, change: int) -> None:
    curve.change[at] += np.int32(change)
    curve.busy[at // 64] |= np.uint64(1) << np.uint64(at % 64)


@lane
def _mark_present(visits: Visits, log: Log, v0: int, line: _Line, home: int, curve: _Curve) -> None:
    v = line.first[home]
    while v >= 0:
        _mark(curve, visits.arrival[v0 + v], 1)
        _mark(curve, log.gone[v0 + v], -1)
        v = line.after[v]


@inner
def _sweep(curve: _Curve, limit: int) -> tuple[int, int, int]:
    """Return the curve's maximum, its integral, and how long it is above a limit; clear it."""
    level = peak = area = above = before = 0
    for word in range(curve.busy.size):
        bits = curve.busy[word]
        curve.busy[word] = 0
        while bits != np.uint64(0):
            at = word * 64 + lowest_bit(bits)
            bits &= bits - np.uint64(1)
            area += level * (at - before)
            above += (at - before) if level > limit else 0
            before = at
            level += curve.change[at]
            curve.change[at] = 0
            peak = max(peak, level)
    return peak, area, above


@lane
def _add_bookings(visits: Visits, log: Log, v: int, weekday: int, sums: Sums) -> None:
    if log.accepted[v]:
        booked = sums.sums[:, visits.home[v], weekday]
        booked[BOOKED] += 1
        booked[UNUSED] += not visits.shows[v]
        booked[LAPSED] += log.lapsed[v]


@lane
def _add_visit(
    visits: Visits,
    log: Log,
    r: int,
    where: np.ndarray,
    v: int,
    weekday: int,
    closing: int,
    sums: Sums,
) -> bool:
    """Add one visit to the sums and grids; False if it was lost."""
    outcome, home = log.outcome[v], visits.home[v]
    seated = outcome == SEATED
    if not (seated or outcome in (UNASSIGNED, TURNED_AWAY)) or seated != (log.spells[v] > 0):
        return False
    spell = visits.pause[v] + v
    sums.rows[0, r] += 1
    sums.rows[1, r] += not seated
    sums.rows[2, r] += log.waited[v]
    base = where[r] if home == OWN else home
    _add_interval(sums.present[base, weekday], visits.arrival[v], log.gone[v])
    for k in range(visits.pause[v], visits.pause[v + 1]):
        if log.asked[k]:
            sums.rooms[0, visits.room[k]] += 1
            sums.rooms[1, visits.room[k]] += log.found[k] == NEVER
    if home == OWN:
        return seated
    spilled = seated and log.place[spell] != home
    sums.rows[3, r] += spilled
    own = sums.sums[:, home, weekday]
    own[CAME] += 1
    own[FOUND] += seated
    own[SPILLED] += spilled
    own[ELSEWHERE] += outcome == UNASSIGNED
    own[LEFT] += outcome == TURNED_AWAY
    own[WAITED] += log.waited[v] > 0
    own[WAIT] += log.waited[v]
    for k in range(spell, spell + log.spells[v]):
        there = log.place[k]
        within = visits.arrival[v] <= log.seated[k] <= log.left[k] <= log.gone[v]
        if not within or not 0 <= there < sums.held.shape[0]:
            return False
        _add_interval(sums.held[there, weekday], log.seated[k], log.left[k])
        used = log.left[k] - log.seated[k]
        sums.sums[HELD, there, weekday] += used
        for pause in range(visits.pause[v], visits.pause[v + 1]):
            start = visits.pause_start[pause]
            if log.away[pause] > 0 and log.seated[k] <= start < log.left[k]:
                used -= log.away[pause]
        sums.sums[USED, there, weekday] += used
    if seated:
        own[DISPLACED] += _displaced(visits, log, v, spell, closing)
    return True


@lane
def _displaced(visits: Visits, log: Log, v: int, spell: int, closing: int) -> bool:
    """Tell whether a person found no workstation after a pause for which it had been given up.

    The first pause that gives it up ends the first spell, and so on; the last spell ended that way
    unless it lasted to the end.
    """
    end = min(log.seated[spell] + visits.stay[v], closing)
    given_up = 0
    if log.left[spell + log.spells[v] - 1] < end:
        for k in range(visits.pause[v], visits.pause[v + 1]):
            if log.away[k] != NEVER and not visits.holds[k]:
                given_up += 1
                if given_up == log.spells[v]:
                    return visits.pause_start[k] + log.away[k] < end
    return False


@inner
def _within_stock(
    visits: Visits, site: Site, log: Log, day: int, line: _Line, curve: _Curve
) -> bool:
    """Tell whether no neighbourhood has more workstations taken than in service."""
    line.first[:] = -1
    v0 = visits.start[day]
    zero = visits.pause[v0] + v0
    for v in range(v0, visits.start[day + 1]):
        spell = visits.pause[v] + v
        for k in range(spell, spell + log.spells[v]):
            place = log.place[k]
            if place >= 0:
                line.after[k - zero] = line.first[place]
                line.first[place] = k - zero
    for place in range(line.first.size):
        k = line.first[place]
        while k >= 0:
            _mark(curve, log.seated[zero + k], 1)
            _mark(curve, log.left[zero + k], -1)
            k = line.after[k]
        peak, _, _ = _sweep(curve, 0)
        if peak > site.workstations[day, place]:
            return False
    return True


@kernel
def finish(grid: np.ndarray) -> None:
    """Turn the differences of ``add_up`` into person-seconds, int64[neighbourhood, weekday, slot].

    The last slot is behind closing time and stays empty.
    """
    for j in range(grid.shape[0]):
        for d in range(grid.shape[1]):
            whole = 0
            for k in range(grid.shape[2]):
                whole += grid[j, d, k] >> _SHIFT
                grid[j, d, k] = (grid[j, d, k] & (_WHOLE - 1)) + whole * SLOT


@lane
def _add_interval(grid: np.ndarray, start: int, end: int) -> None:
    """Add the seconds from start to end to the slots, as differences until ``finish``.

    A slot's seconds go to where they are; whole slots between are +1 at the first and -1 behind
    the last, in the upper half of the number.
    """
    a, b = start // SLOT, end // SLOT
    if a == b:
        grid[a] += end - start
        return
    grid[a] += (a + 1) * SLOT - start
    grid[a + 1] += _WHOLE
    grid[b] += end - b * SLOT
    grid[b] -= _WHOLE
