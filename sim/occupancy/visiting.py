"""The visits of one replication, and the site they go to."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from sim.kernels import arrivals
from sim.kernels.arrivals import ANY, MOST_MEETINGS, TABLE, Habits, Rows
from sim.kernels.visits import NEVER, OWN, Site, Visits
from sim.occupancy.desks import proportions
from sim.occupancy.present import Present, occupancy_of
from sim.occupancyplan import OccupancyPlan
from sim.problem import Distribution, PolicyPlan, Problem
from sim.sampling import Draws, quantile

HOUR = 3600
MINUTE = 60


class Day(NamedTuple):
    """Visits of one replication, and the row of each."""

    visits: Visits
    row: np.ndarray


def rows_of(said: OccupancyPlan, present: Present) -> Rows:
    """Return the rows of people present, without their counts."""
    return Rows(
        key=present.key,
        home=home_of(said, present),
        schedule=_schedules(said, present),
        present=np.zeros((present.cell.size, 0), np.int32),
    )


def draw_visits(
    problem: Problem, rows: Rows, present: Present, draws: Draws, index: int, days: slice
) -> Day:
    """Draw when the people present come, how long they stay and when they are away.

    Parameters
    ----------
    problem : Problem
    rows : Rows
        From ``rows_of``.
    present : Present
    draws : Draws
    index : int
        Which of these draws.
    days : slice
        Which days.
    """
    said = occupancy_of(problem)
    habits = habits_of(said)
    rows = rows._replace(present=np.ascontiguousarray(present.count[:, days, index]))
    people = int(rows.present.sum())
    mean_pauses = (said.lunch is not None) + (said.meetings.per_person if said.meetings else 0.0)
    room = people * (1 + (habits.booked * habits.no_show / (1 - habits.no_show))) * 1.05 + 64
    pauses = people * mean_pauses * 1.05 + 8 * MOST_MEETINGS
    seed, order = np.uint64(problem.run.seed), draws.key("occupancy/order")
    while True:
        visits = _empty(rows.present.shape[1], int(room), int(pauses))
        row = np.empty(int(room), np.int32)
        found, away = arrivals.draw_visits(
            seed, draws.first + index, days.start, rows, habits, _nearby(said), order, visits, row
        )
        if found <= visits.arrival.size and away <= visits.pause_start.size:
            return Day(_cut(visits, found, away), row[:found])
        room, pauses = max(room, found) * 1.2, max(pauses, away) * 1.2


def home_of(said: OccupancyPlan, present: Present) -> np.ndarray:
    """Return the neighbourhood of each row, OWN or ANY, int32[row]."""
    at = np.array([said.cells[k].neighbourhood if k >= 0 else ANY for k in present.cell], np.int32)
    return np.where(present.own, np.int32(OWN), at)


def _schedules(said: OccupancyPlan, present: Present) -> np.ndarray:
    """Return the cumulative chances of the schedules of each row, float64[row, schedule]."""
    table = np.zeros((present.cell.size, len(said.schedules) + (said.visitors is not None)))
    last = present.cohorts - 1
    for r, (k, c) in enumerate(zip(present.cell, present.cohort, strict=True)):
        if k < 0:
            table[r, -1] = 1.0
            continue
        group = said.cells[k].group
        hours = said.groups[group].hours if group >= 0 else None
        for s, schedule in enumerate(said.schedules):
            fits = schedule.onsite if c == last else schedule.combined
            if s == hours or (hours is None and fits):
                table[r, s] = schedule.share
    cumulative = np.cumsum(table, axis=1)
    return np.asarray(cumulative / cumulative[:, -1:])


def _nearby(said: OccupancyPlan) -> np.ndarray:
    parts = np.cumsum(proportions([place.workstations for place in said.neighbourhoods]))
    return np.asarray(parts / parts[-1])


def closing_of(said: OccupancyPlan) -> int:
    """Return when everybody is gone, seconds after opening."""
    return round((said.closes - said.opens) * HOUR)


@functools.lru_cache(maxsize=8)
def habits_of(said: OccupancyPlan) -> Habits:
    """Return the tables from which visits are drawn, in seconds after opening."""
    closing = closing_of(said)
    lunch, meetings, booking = said.lunch, said.meetings, said.booking
    arrival = [one.arrival for one in said.schedules]
    stay = [one.stay for one in said.schedules]
    if said.visitors is not None:
        arrival.append(said.visitors.arrival)
        stay.append(said.visitors.stay)
    nothing = np.zeros(TABLE, np.int32)
    return Habits(
        closing=closing,
        arrival=np.stack(
            [np.clip(_table(one, HOUR, said.opens), 0, closing - 1) for one in arrival]
        ),
        stay=np.stack([np.maximum(_table(one, HOUR), 1) for one in stay]),
        patience=_table(said.patience, MINUTE),
        remains=said.remains,
        lunch=lunch.share if lunch else 0.0,
        lunch_start=_table(lunch.start, HOUR, said.opens) if lunch else nothing,
        lunch_length=_table(lunch.length, MINUTE) if lunch else nothing,
        lunch_holds=lunch.holds if lunch else 1.0,
        meetings=_meetings(meetings.per_person if meetings else 0.0),
        meeting_length=_table(meetings.length, MINUTE) if meetings else nothing,
        meeting_people=_table(meetings.people, 1) if meetings else nothing,
        meeting_holds=meetings.holds if meetings else 1.0,
        seats=np.array(meetings.seats if meetings else (), np.int32),
        booked=booking.share if booking else 0.0,
        no_show=booking.no_show if booking else 0.0,
        late=_table(booking.late, MINUTE) if booking else nothing,
    )


def _table(distribution: Distribution, unit: int, zero: float = 0.0) -> np.ndarray:
    """Return quantiles at the middles of equal parts, int32[entry], less ``zero``, in seconds."""
    u = (np.arange(TABLE) + 0.5) / TABLE
    return np.rint((quantile(distribution, u) - zero) * unit).astype(np.int32)


def _meetings(mean: float) -> np.ndarray:
    """Return the cumulative chances of so many meetings, Poisson, float64[number]."""
    if mean <= 0:
        return np.ones(1)
    from scipy import special  # a run without meetings need not wait for it

    return np.asarray(special.pdtr(np.arange(MOST_MEETINGS + 1), mean))


def _empty(days: int, visits: int, pauses: int) -> Visits:
    def whole(size: int) -> np.ndarray:
        return np.empty(size, np.int32)

    def truth(size: int) -> np.ndarray:
        return np.empty(size, np.bool_)

    return Visits(
        start=np.empty(days + 1, np.int64),
        arrival=whole(visits),
        due=whole(visits),
        stay=whole(visits),
        patience=whole(visits),
        home=whole(visits),
        booked=truth(visits),
        shows=truth(visits),
        remains=truth(visits),
        pause=np.empty(visits + 1, np.int64),
        pause_start=whole(pauses),
        pause_length=whole(pauses),
        holds=truth(pauses),
        room=whole(pauses),
    )


def _cut(visits: Visits, count: int, pauses: int) -> Visits:
    """Return the parts of the arrays that hold something."""
    by_visit = {name: getattr(visits, name)[:count] for name in _BY_VISIT}
    by_pause = {name: getattr(visits, name)[:pauses] for name in _BY_PAUSE}
    return Visits(start=visits.start, pause=visits.pause[: count + 1], **by_visit, **by_pause)


_BY_VISIT = ("arrival", "due", "stay", "patience", "home", "booked", "shows", "remains")
_BY_PAUSE = ("pause_start", "pause_length", "holds", "room")


def site_of(
    problem: Problem,
    desks: np.ndarray,
    where: np.ndarray,
    draws: Draws,
    index: int,
    days: slice,
) -> Site:
    """Return the site of one replication: workstations in service and rooms.

    Parameters
    ----------
    problem : Problem
    desks : int64[neighbourhood]
        Shared workstations.
    where : int32[neighbourhood, choice]
        From ``reach``.
    draws : Draws
    index : int
        Which of these draws.
    days : slice
        Which days.
    """
    said = occupancy_of(problem)
    booking = said.booking
    lapse = NEVER if booking is None or booking.release is None else round(booking.release * MINUTE)
    site = Site(
        closing=closing_of(said),
        lapse=lapse,
        workstations=np.empty((days.stop - days.start, len(said.neighbourhoods)), np.int32),
        reach=where,
        rooms=np.array(said.meetings.rooms if said.meetings else (), np.int32),
    )
    arrivals.in_service(
        np.uint64(problem.run.seed),
        draws.key("occupancy/service"),
        draws.first + index,
        days.start,
        said.out_of_service,
        desks,
        site,
    )
    return site


def reach(said: OccupancyPlan, plan: PolicyPlan, seating: str) -> np.ndarray:
    """Return where the people of each neighbourhood look, own first, int32[neighbourhood, choice].

    ``stated`` follows the fallbacks within the policy's pool, ``pooled`` goes through the whole
    pool, ``apart`` stays at home.
    """
    pool = {b: q for q, pool in enumerate(plan.pools) for b in pool}
    places = range(len(said.neighbourhoods))
    same = [
        [k for k in places if pool[said.neighbourhoods[k].body] == pool[place.body]]
        for place in said.neighbourhoods
    ]
    chosen = []
    for j, place in enumerate(said.neighbourhoods):
        match seating:
            case "stated":
                chosen.append([k for k in place.reach if k in same[j]])
            case "pooled":
                chosen.append([j, *(k for k in same[j] if k != j)])
            case _:
                chosen.append([j])
    out = np.full((len(places), max(map(len, chosen))), -1, np.int32)
    for j, where in enumerate(chosen):
        out[j, : len(where)] = where
    return out
