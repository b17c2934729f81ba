"""Whose the people present are: the day counts of the main run divided over teams and groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sim import cells
from sim.kernels import teams
from sim.kernels.presence import WEEKDAYS
from sim.occupancyplan import CalendarPlan, OccupancyPlan
from sim.people import Staff, count_present, split_cohorts
from sim.problem import Ints, PolicyPlan, Problem
from sim.sampling import Draws, monte_carlo, quantile

SHARING, HOLDING = 0, 1
"""Those who share workstations, and those who hold one: as the main run numbers their streams."""


@dataclass(frozen=True, eq=False)
class People:
    """People of one policy by cell, cohort and draw.

    Attributes
    ----------
    eligible, ready, remote : int64[cell, draw]
    sharing, holders : int64[cohort, cell, draw]
        Those who share workstations and those who hold a dedicated one.
    """

    eligible: Ints
    ready: Ints
    remote: Ints
    sharing: Ints
    holders: Ints


@dataclass(frozen=True, eq=False)
class Present:
    """People present of one policy, day by day, in rows of people who are alike.

    Attributes
    ----------
    cell, cohort : int32[row]
        The cell, -1 for visitors, and the cohort.
    own : bool[row]
        Whether they have a workstation of their own.
    key : uint64[row]
    count : int32[row, day, draw]
    cohorts : int
        How many there are; the last is on site every day.
    working : bool[day]
        Working days; nobody is present on the others.
    """

    cell: np.ndarray
    cohort: np.ndarray
    own: np.ndarray
    key: np.ndarray
    count: np.ndarray
    cohorts: int
    working: np.ndarray


def split_people(problem: Problem, plan: PolicyPlan, people: Staff, draws: Draws) -> People:
    """Draw to which cell the people of each cohort and the holders of workstations belong.

    Who is eligible, ready, remote or combined, or holds a dedicated workstation, is drawn without
    replacement from those who may be: the counts of the body stay. Among the holders are first the
    people whose group needs an adjustment.
    """
    said = occupancy_of(problem)
    split = split_cohorts(problem, plan, draws, people.eligible, people.ready, people.cohorts)
    holders = np.zeros_like(split.cohorts)
    for b, name in enumerate(problem.bodies):
        mine = cells.of_body(said, b)
        first = cells.adjusted(said, mine)[:, None]
        divide = cells.Divider(problem, draws, f"occupancy/{name}/dedicated")
        for c, held in enumerate(people.holders[:, b]):
            able = split.cohorts[c, mine]
            to_first = np.minimum(held, np.where(first, able, 0).sum(axis=0))
            of_first = divide(to_first, np.where(first, able, 0))
            holders[c, mine] = of_first + divide(held - to_first, np.where(first, 0, able))
    remote = split.cohorts[:-1:2].sum(axis=0)
    return People(split.eligible, split.ready, remote, split.cohorts - holders, holders)


def occupancy_of(problem: Problem) -> OccupancyPlan:
    """Return how people use the office during the day."""
    assert problem.occupancy is not None, "the caller asks for a scenario with [occupancy]"
    return problem.occupancy


def draw_present(
    problem: Problem, people: Staff, split: People, draws: Draws, weeks: int
) -> Present:
    """Draw whose the people present are: the day counts of the main run, divided over cells."""
    said = occupancy_of(problem)
    alike = [
        _of_cohort(problem, people, split, draws, weeks, place, c)
        for place in (SHARING, HOLDING)
        for c in range(people.cohorts.shape[0])
    ]
    rows = [row for of_cohort in alike for row in of_cohort]
    days = weeks * WEEKDAYS
    if said.visitors is not None:
        key = draws.key("occupancy/visit/visitors")
        rows.append(_Row(-1, -1, False, key, _visitors(problem, said, draws, weeks)))
    return Present(
        np.array([row.cell for row in rows], np.int32),
        np.array([row.cohort for row in rows], np.int32),
        np.array([row.own for row in rows], np.bool_),
        np.array([row.key for row in rows], np.uint64),
        np.array([row.present for row in rows], np.int32).reshape(len(rows), days, draws.count),
        people.cohorts.shape[0],
        np.ones(days, np.bool_),
    )


def on_calendar(problem: Problem, present: Present, draws: Draws) -> Present:
    """Return who is still present on the dates of the calendar: holidays, and the leave season."""
    said = occupancy_of(problem)
    weeks = present.working.size // WEEKDAYS
    working = working_days(said, weeks)
    count = present.count * working[:, None]
    for r in np.flatnonzero(present.cell >= 0):
        seed = np.uint64(problem.run.seed)
        teams.thin(seed, present.key[r], draws.first, away(said, weeks), count[r])
    return replace(present, count=count, working=working)


class _Row(NamedTuple):
    cell: int
    cohort: int
    own: bool
    key: np.uint64
    present: np.ndarray


def _of_cohort(
    problem: Problem,
    people: Staff,
    split: People,
    draws: Draws,
    weeks: int,
    place: int,
    c: int,
) -> Iterator[_Row]:
    """Yield the rows of one cohort that have people, of those who share or who hold."""
    said = occupancy_of(problem)
    staff, by_cell = (
        (people.sharing, split.sharing) if place == SHARING else (people.holders, split.holders)
    )
    if not staff[c].any():
        return
    alone = np.zeros_like(staff)
    alone[c] = staff[c]
    days = count_present(problem, people, draws, alone, place, weeks)
    seed = np.uint64(problem.run.seed)
    for b, name in enumerate(problem.bodies):
        mine = [k for k, cell in enumerate(said.cells) if cell.body == b]
        found = np.zeros((len(mine), *days.shape[1:]), np.int32)
        key = draws.key(f"occupancy/{name}/{place}/{c}")
        sizes = np.ascontiguousarray(by_cell[c, mine])
        anchors = np.array([said.cells[k].anchors for k in mine], np.bool_)
        pull = said.anchor_pull
        teams.divide_days(seed, key, draws.first, 0, days[b], sizes, anchors, pull, found)
        for k, present in zip(mine, found, strict=True):
            if present.any():
                visit = draws.key(f"occupancy/visit/{_label(said, k)}/{c}/{place}")
                yield _Row(k, c, place == HOLDING, visit, present.reshape(-1, draws.count))


def _label(said: OccupancyPlan, k: int) -> str:
    cell = said.cells[k]
    group = said.groups[cell.group].name if cell.group >= 0 else ""
    return f"{said.teams[cell.team]}/{cell.body}/{group}"


def working_days(said: OccupancyPlan, weeks: int) -> np.ndarray:
    """Tell which days are worked, bool[day]: all but public holidays."""
    calendar = said.calendar
    if calendar is None or calendar.country is None:
        return np.ones(weeks * WEEKDAYS, np.bool_)
    import holidays

    found = holidays.country_holidays(calendar.country, subdiv=calendar.subdivision)
    return np.array([day not in found for day in dates(calendar, weeks)])


def away(said: OccupancyPlan, weeks: int) -> np.ndarray:
    """Return the further share of people on leave by day, float64[day]."""
    if said.calendar is None:
        return np.zeros(weeks * WEEKDAYS)
    return np.array([said.calendar.season[day.month - 1] for day in dates(said.calendar, weeks)])


def dates(calendar: CalendarPlan, weeks: int) -> list[dt.date]:
    """Return the dates of the working weeks, Monday to Friday."""
    return [
        calendar.start + dt.timedelta(days=7 * week + weekday)
        for week in range(weeks)
        for weekday in range(WEEKDAYS)
    ]


def _visitors(problem: Problem, said: OccupancyPlan, draws: Draws, weeks: int) -> np.ndarray:
    """Draw the visitors of every day: Poisson, by inversion, int32[day, draw]."""
    from scipy import special  # a run without visitors need not wait for it

    assert said.visitors is not None
    seed, key = np.uint64(problem.run.seed), draws.key("occupancy/visitors")
    of_day = [
        monte_carlo(seed, key, draws.first, draws.count, slot)
        for slot in range(2 * weeks * WEEKDAYS)
    ]
    mean = quantile(said.visitors.per_day, np.stack(of_day[::2]))
    count = np.ceil(special.pdtrik(np.stack(of_day[1::2]), np.maximum(mean, 1e-12)))
    return np.where(mean > 0, np.maximum(count, 0), 0).astype(np.int32)
