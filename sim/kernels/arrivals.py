"""Visits drawn from the people present: when they come, how long they stay, when they are away.

Every number of a visit has a place of its own in the streams, by the visitor's cell and cohort, the
day and the visitor's rank there: policies that bring the same people see them come alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim import streams
from sim.jit import kernel, lane
from sim.kernels.binomial import quantile
from sim.kernels.visits import NEVER, Site, Visits

TABLE = 4096
"""Entries of a table of quantiles; entry i is the quantile at (i + 1/2) / 4096."""

_SCHEDULE, _STAY, _PATIENCE, _REMAINS, _LUNCH, _LUNCH_START, _LUNCH_LENGTH, _LUNCH_HOLDS = range(8)
_BOOKED, _UNUSED, _LATE, _MEETINGS, _ARRIVAL, _NEIGHBOURHOOD, _ORDER, _UNUSED_DUE = range(8, 16)
_MEETING = 16
"""First of four numbers a meeting: start, length, people, whether the workstation is held."""
_FIELDS = 128
MOST_MEETINGS = (_FIELDS - _MEETING) // 4


class Rows(NamedTuple):
    """The people present of one cell and cohort, day by day; they are alike in all but luck."""

    key: np.ndarray  # uint64[row], stream
    home: np.ndarray  # int32[row], neighbourhood, OWN, or ANY for visitors
    schedule: np.ndarray  # float64[row, schedule], cumulative chance of each schedule
    present: np.ndarray  # int32[row, day]


class Habits(NamedTuple):
    """How people spend a day; lengths and times in seconds, times after opening."""

    closing: int
    arrival: np.ndarray  # int32[schedule, entry]
    stay: np.ndarray  # int32[schedule, entry]
    patience: np.ndarray  # int32[entry]
    remains: float
    lunch: float  # share of people who go
    lunch_start: np.ndarray  # int32[entry]
    lunch_length: np.ndarray  # int32[entry]
    lunch_holds: float
    meetings: np.ndarray  # float64[number], cumulative chance of so many meetings
    meeting_length: np.ndarray  # int32[entry]
    meeting_people: np.ndarray  # int32[entry]
    meeting_holds: float
    seats: np.ndarray  # int32[size class], ascending
    booked: float
    no_show: float
    late: np.ndarray  # int32[entry]


ANY = -3
"""Home of visitors: one of the neighbourhoods, by their workstations."""


@lane
def _from(table: np.ndarray, u: float) -> int:
    return table[int(u * TABLE)]


@kernel
def draw_visits(
    seed: np.uint64,
    draw: int,
    rows: Rows,
    habits: Habits,
    nearby: np.ndarray,
    order_key: np.uint64,
    visits: Visits,
    row: np.ndarray,
) -> tuple[int, int]:
    """Draw the visits of consecutive days of one replication.

    Parameters
    ----------
    seed : uint64
    draw : int
        Index of the replication.
    rows : Rows
    habits : Habits
    nearby : float64[neighbourhood]
        Cumulative share of the workstations, by which visitors find their neighbourhood.
    order_key : uint64
        Stream of the order of a day's visits: at one instant, and when bookings are made, the
        lower number goes first.
    visits : Visits
        Out: filled as far as its arrays reach.
    row : int32[visit]
        Out: the row of each visit.

    Returns
    -------
    visits, pauses : int
        How many there are. If they are more than the arrays hold, nothing can be used of what has
        been written.
    """
    days = rows.present.shape[1]
    most_visits, most_pauses = visits.arrival.size, visits.pause_start.size
    most = 0
    for d in range(days):
        total = 0
        for r in range(rows.key.size):
            total += rows.present[r, d]
        most = max(most, total)
    whose, rank = np.empty(most, np.int32), np.empty(most, np.int32)
    count = pauses = 0
    visits.start[0] = 0
    visits.pause[0] = 0
    for d in range(days):
        people = _shuffled(seed, order_key, draw, d, rows, whose, rank)
        for j in range(people):
            r = whose[j]
            place = rank[j] * _FIELDS
            if count < most_visits and pauses + MOST_MEETINGS + 1 <= most_pauses:
                row[count] = r
                pauses = _draw_visit(
                    seed, draw, d, place, r, rows, habits, nearby, visits, count, pauses
                )
            else:
                pauses += MOST_MEETINGS + 1
            count += 1
            if habits.booked > 0.0 and habits.no_show > 0.0 and rows.home[r] >= 0:
                booked = count <= most_visits and visits.booked[count - 1]
                if booked or count > most_visits:
                    unused = _unused(seed, rows.key[r], draw, d, place, habits.no_show)
                    for _ in range(unused):
                        if count < most_visits:
                            row[count] = r
                            _book_in_vain(visits, count, pauses)
                        count += 1
        visits.start[d + 1] = count
    return count, pauses


@kernel
def _shuffled(
    seed: np.uint64,
    key: np.uint64,
    draw: int,
    d: int,
    rows: Rows,
    whose: np.ndarray,
    rank: np.ndarray,
) -> int:
    """Write a day's people in random order: their rows, and their ranks within them."""
    people = 0
    for r in range(rows.key.size):
        for k in range(rows.present[r, d]):
            u = streams.uniform(seed, key, draw, streams.VISIT + d, people * _FIELDS + _ORDER)
            j = int(u * (people + 1))
            whose[people], rank[people] = whose[j], rank[j]
            whose[j], rank[j] = r, k
            people += 1
    return people


@lane
def _draw_visit(
    seed: np.uint64,
    draw: int,
    d: int,
    place: int,
    r: int,
    rows: Rows,
    habits: Habits,
    nearby: np.ndarray,
    visits: Visits,
    i: int,
    pauses: int,
) -> int:
    """Draw one visit and return the number of pauses so far."""
    key, purpose = rows.key[r], streams.VISIT + d
    schedule = 0
    chances = rows.schedule[r]
    if chances.size > 1:
        u = streams.uniform(seed, key, draw, purpose, place + _SCHEDULE)
        while u > chances[schedule]:
            schedule += 1
    u = streams.uniform(seed, key, draw, purpose, place + _ARRIVAL)
    due = _from(habits.arrival[schedule], u)
    u = streams.uniform(seed, key, draw, purpose, place + _STAY)
    stay = _from(habits.stay[schedule], u)
    u = streams.uniform(seed, key, draw, purpose, place + _PATIENCE)
    visits.patience[i] = _from(habits.patience, u)
    u = streams.uniform(seed, key, draw, purpose, place + _REMAINS)
    visits.remains[i] = u < habits.remains
    home = rows.home[r]
    if home == ANY:
        u = streams.uniform(seed, key, draw, purpose, place + _NEIGHBOURHOOD)
        home = 0
        while u > nearby[home]:
            home += 1
    booked = False
    arrival = due
    if habits.booked > 0.0 and rows.home[r] >= 0:
        booked = streams.uniform(seed, key, draw, purpose, place + _BOOKED) < habits.booked
        if booked:
            u = streams.uniform(seed, key, draw, purpose, place + _LATE)
            arrival = min(due + _from(habits.late, u), habits.closing - 1)
    visits.home[i] = home
    visits.booked[i] = booked
    visits.shows[i] = True
    visits.due[i] = due
    visits.arrival[i] = arrival
    visits.stay[i] = stay
    first = pauses
    if habits.lunch > 0.0:
        u = streams.uniform(seed, key, draw, purpose, place + _LUNCH)
        if u < habits.lunch:
            u = streams.uniform(seed, key, draw, purpose, place + _LUNCH_START)
            visits.pause_start[pauses] = _from(habits.lunch_start, u)
            u = streams.uniform(seed, key, draw, purpose, place + _LUNCH_LENGTH)
            visits.pause_length[pauses] = _from(habits.lunch_length, u)
            u = streams.uniform(seed, key, draw, purpose, place + _LUNCH_HOLDS)
            visits.holds[pauses] = u < habits.lunch_holds
            visits.room[pauses] = NEVER
            pauses += 1
    if habits.meetings.size > 1:
        u = streams.uniform(seed, key, draw, purpose, place + _MEETINGS)
        number = 0
        while number + 1 < habits.meetings.size and u > habits.meetings[number]:
            number += 1
        for m in range(number):
            at = place + _MEETING + 4 * m
            u = streams.uniform(seed, key, draw, purpose, at)
            start = arrival + int(u * stay)
            u = streams.uniform(seed, key, draw, purpose, at + 1)
            length = _from(habits.meeting_length, u)
            asks = _room(habits, streams.uniform(seed, key, draw, purpose, at + 2))
            u = streams.uniform(seed, key, draw, purpose, at + 3)
            pauses = _insert(visits, first, pauses, start, length, u < habits.meeting_holds, asks)
    visits.pause[i + 1] = pauses
    return pauses


@lane
def _room(habits: Habits, u: float) -> int:
    """Return the size class of the room that a person asks for; one of those who meet does.

    The uniform says how many meet; what is left of it, whether this person asks.
    """
    if habits.seats.size == 0:
        return NEVER
    cell = u * TABLE
    people = habits.meeting_people[int(cell)]
    if (cell - np.floor(cell)) * people >= 1.0:
        return NEVER
    size = 0
    while size < habits.seats.size - 1 and habits.seats[size] < people:
        size += 1
    return size


@lane
def _insert(
    visits: Visits, first: int, pauses: int, start: int, length: int, holds: bool, room: int
) -> int:
    """Put a pause among those of its visit, in the order of their starts."""
    at = pauses
    while at > first and visits.pause_start[at - 1] > start:
        visits.pause_start[at] = visits.pause_start[at - 1]
        visits.pause_length[at] = visits.pause_length[at - 1]
        visits.holds[at] = visits.holds[at - 1]
        visits.room[at] = visits.room[at - 1]
        at -= 1
    visits.pause_start[at] = start
    visits.pause_length[at] = length
    visits.holds[at] = holds
    visits.room[at] = room
    return pauses + 1


@lane
def _unused(seed: np.uint64, key: np.uint64, draw: int, d: int, place: int, no_show: float) -> int:
    """Draw bookings that nobody uses, for one that is used: geometric, mean q / (1 - q)."""
    u = streams.uniform(seed, key, draw, streams.VISIT + d, place + _UNUSED)
    return int(np.log(u) / np.log(no_show))


@lane
def _book_in_vain(visits: Visits, i: int, pauses: int) -> None:
    """Write a booking that nobody uses, for the time of the one before."""
    visits.due[i] = visits.due[i - 1]
    visits.arrival[i] = visits.due[i - 1]
    visits.stay[i] = visits.stay[i - 1]
    visits.patience[i] = 0
    visits.home[i] = visits.home[i - 1]
    visits.booked[i] = True
    visits.shows[i] = False
    visits.remains[i] = False
    visits.pause[i + 1] = pauses


@kernel
def in_service(
    seed: np.uint64, key: np.uint64, draw: int, share: float, desks: np.ndarray, site: Site
) -> None:
    """Draw the workstations in service on every day, each being out of service by itself.

    Parameters
    ----------
    seed, key : uint64
    draw : int
    share : float
        Chance of a workstation to be out of service on a day.
    desks : int64[neighbourhood]
        Shared workstations.
    site : Site
        Out: ``workstations`` is written.
    """
    days, places = site.workstations.shape
    for d in range(days):
        for j in range(places):
            u = streams.uniform(seed, key, draw, streams.SERVICE, d * places + j)
            site.workstations[d, j] = desks[j] - quantile(u, desks[j], share)
