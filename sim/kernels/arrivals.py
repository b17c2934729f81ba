"""Visits drawn from the people present: when they come, how long they stay, when they are away.

Every number of a visit has a place of its own in the streams, by the visitor's cell and cohort, the
day and the visitor's rank there: policies that bring the same people see them come alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim import streams
from sim.jit import inner, kernel, lane
from sim.kernels.binomial import quantile
from sim.kernels.visits import NEVER, Site, Visits

TABLE = 4096
"""Entries of a table of quantiles; entry i is the quantile at (i + 1/2) / 4096."""

_HOURS, _STAY, _LUNCH, _LUNCH_TIMES, _MEETINGS, _BOOKING, _UNUSED, _ORDER, _MEETING = range(9)
"""Places of a visit in its stream, of two numbers each; a meeting has two from ``_MEETING`` on."""
_PLACES = 64
MOST_MEETINGS = (_PLACES - _MEETING) // 2


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


@kernel
def draw_visits(
    seed: np.uint64,
    draw: int,
    first_day: int,
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
    first_day : int
        Index of the first of these days.
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
        been written, and they are no more than a hint: past the end people count as having the
        most pauses, and bookings that nobody uses are not counted.
    """
    days = rows.present.shape[1]
    most = 0
    for d in range(days):
        people = 0
        for r in range(rows.key.size):
            people += rows.present[r, d]
        most = max(most, people)
    whose, rank = np.empty(most, np.int32), np.empty(most, np.int32)
    count = pauses = 0
    visits.start[0] = 0
    visits.pause[0] = 0
    for d in range(days):
        people = _shuffle(seed, order_key, draw, first_day, d, rows, whose, rank)
        count, pauses = _draw_day(
            seed,
            draw,
            first_day + d,
            rows,
            habits,
            nearby,
            whose[:people],
            rank,
            visits,
            row,
            count,
            pauses,
        )
        visits.start[d + 1] = count
    return count, pauses


@inner
def _shuffle(
    seed: np.uint64,
    key: np.uint64,
    draw: int,
    first_day: int,
    d: int,
    rows: Rows,
    whose: np.ndarray,
    rank: np.ndarray,
) -> int:
    """Write a day's people in random order: their rows, and their ranks within them."""
    people = 0
    for r in range(rows.key.size):
        for k in range(rows.present[r, d]):
            u = streams.uniform(
                seed, key, draw, streams.VISIT + first_day + d, people * _PLACES + _ORDER
            )
            j = int(u * (people + 1))
            whose[people], rank[people] = whose[j], rank[j]
            whose[j], rank[j] = r, k
            people += 1
    return people


@inner
def _draw_day(
    seed: np.uint64,
    draw: int,
    d: int,
    rows: Rows,
    habits: Habits,
    nearby: np.ndarray,
    whose: np.ndarray,
    rank: np.ndarray,
    visits: Visits,
    row: np.ndarray,
    count: int,
    pauses: int,
) -> tuple[int, int]:
    """Draw the visits of one day, and return how many visits and pauses there are so far."""
    most_visits, most_pauses = visits.arrival.size, visits.pause_start.size
    books = habits.booked > 0.0
    for j in range(whose.size):
        r = whose[j]
        place = rank[j] * _PLACES
        if count >= most_visits or pauses + MOST_MEETINGS + 1 > most_pauses:
            count += 1
            pauses += MOST_MEETINGS + 1
            continue
        row[count] = r
        pauses = _draw_visit(seed, draw, d, place, r, rows, habits, nearby, visits, count, pauses)
        count += 1
        if books and visits.booked[count - 1]:
            for _ in range(_unused(seed, rows.key[r], draw, d, place, habits.no_show)):
                if count < most_visits:
                    row[count] = r
                    _book_in_vain(visits, count, pauses)
                count += 1
    return count, pauses


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
    u, v = streams.two_uniforms(seed, key, draw, purpose, place + _HOURS)
    schedule = 0
    while u > rows.schedule[r, schedule]:
        schedule += 1
    due = habits.arrival[schedule, int(v * TABLE)]
    u, v = streams.two_uniforms(seed, key, draw, purpose, place + _STAY)
    stay = habits.stay[schedule, int(u * TABLE)]
    visits.patience[i] = habits.patience[int(v * TABLE)]
    remains, lunch = streams.two_uniforms(seed, key, draw, purpose, place + _LUNCH)
    visits.remains[i] = remains < habits.remains
    home = rows.home[r]
    arrival = due
    booked = False
    if home == ANY:
        _, u = streams.two_uniforms(seed, key, draw, purpose, place + _UNUSED)
        home = 0
        while u > nearby[home]:
            home += 1
    elif habits.booked > 0.0 and home >= 0:
        u, v = streams.two_uniforms(seed, key, draw, purpose, place + _BOOKING)
        booked = u < habits.booked
        if booked:
            arrival = min(due + habits.late[int(v * TABLE)], habits.closing - 1)
    visits.home[i] = home
    visits.booked[i] = booked
    visits.shows[i] = True
    visits.due[i] = due
    visits.arrival[i] = arrival
    visits.stay[i] = stay
    first = pauses
    if lunch < habits.lunch:
        u, v = streams.two_uniforms(seed, key, draw, purpose, place + _LUNCH_TIMES)
        visits.pause_start[pauses] = habits.lunch_start[int(u * TABLE)]
        visits.pause_length[pauses] = habits.lunch_length[int(v * TABLE)]
        # what is left of the uniform that sent the person to lunch is uniform again
        visits.holds[pauses] = lunch < habits.lunch * habits.lunch_holds
        visits.room[pauses] = NEVER
        pauses += 1
    if habits.meetings.size > 1:
        u, _ = streams.two_uniforms(seed, key, draw, purpose, place + _MEETINGS)
        number = 0
        while number + 1 < habits.meetings.size and u > habits.meetings[number]:
            number += 1
        for m in range(number):
            at = place + _MEETING + 2 * m
            u, v = streams.two_uniforms(seed, key, draw, purpose, at)
            start = arrival + int(u * stay)
            length = habits.meeting_length[int(v * TABLE)]
            u, v = streams.two_uniforms(seed, key, draw, purpose, at + 1)
            asks = _room(habits, u)
            pauses = _insert(visits, first, pauses, start, length, v < habits.meeting_holds, asks)
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
    return int(np.log(u) / np.log(no_show)) if no_show > 0.0 else 0


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
    seed: np.uint64,
    key: np.uint64,
    draw: int,
    first_day: int,
    share: float,
    desks: np.ndarray,
    site: Site,
) -> None:
    """Draw the workstations in service on every day, each being out of service by itself.

    Parameters
    ----------
    seed, key : uint64
    draw, first_day : int
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
            u = streams.uniform(seed, key, draw, streams.SERVICE, (first_day + d) * places + j)
            site.workstations[d, j] = desks[j] - quantile(u, desks[j], share)
