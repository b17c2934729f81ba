"""Weeks in the office: replications of every policy through either engine, and their sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

import numpy as np

from sim import risk, sampling
from sim.errors import RunError
from sim.executors import in_order
from sim.kernels import occupied
from sim.kernels import weeks as fast
from sim.kernels.occupied import SLOT, SUMS, WEEKDAYS, Sums
from sim.kernels.visits import Log, Site, Visits, new_log
from sim.occupancy.desks import split_desks
from sim.occupancy.present import (
    Present,
    draw_present,
    occupancy_of,
    on_calendar,
    split_people,
)
from sim.occupancy.visiting import closing_of, draw_visits, reach, rows_of, site_of
from sim.occupancyplan import OccupancyPlan
from sim.people import Staff, draw_staff
from sim.problem import Ints, PolicyPlan, Problem
from sim.sampling import Draws
from sim.sizing import service_sizes, workstations_provided

Engine = Literal["fast", "simpy"]
MODES = ("onsite", "combined")
SEATINGS = ("stated", "pooled", "apart")
"""Where people look: as the scenario states, in the whole pool, only at home."""

_BLOCK = 4
_AT_ONCE = 8192
"""About how many visits are held at once."""
_FAILED = {
    occupied.LOST: "a visit was lost",
    occupied.LITTLE: "Little's law does not hold",
    occupied.OVERFULL: "more workstations are taken than there are",
}


@dataclass(frozen=True, eq=False)
class Found:
    """What one policy's replications add up to; ``team`` is that of each cell.

    Attributes
    ----------
    sums : int64[replication, sum, neighbourhood + 1, weekday]
        By ``sim.kernels.occupied``; the last neighbourhood is the whole site.
    peak, short : int32[replication, neighbourhood + 1, day]
        Most people present, and people who found no workstation; -1 on days off.
    present, held : int64[replication, neighbourhood, weekday, slot]
        Person-seconds and workstation-seconds.
    unmet : int64[replication, seating, neighbourhood + 1]
        People who found no workstation, by where they look.
    cells : int64[replication, 4, cell, mode]
        Came, found none, seconds waited, spilled; mode 0 is onsite, 1 combined.
    team_days : int64[replication, 2, team]
        Days with people of the team, and of them those with some who found none.
    rooms : int64[replication, 2, size class]
        Asked for and refused.
    staff : int64[replication, 3, cell]
        Eligible, ready and remote.
    desks : int64[replication, neighbourhood]
    events : int64[replication]
    """

    sums: Ints
    peak: np.ndarray
    short: np.ndarray
    present: Ints
    held: Ints
    unmet: Ints
    cells: Ints
    team_days: Ints
    rooms: Ints
    staff: Ints
    desks: Ints
    events: Ints


def replicate(
    problem: Problem,
    policies: Sequence[str],
    weeks: int,
    replications: int,
    engine: Engine = "fast",
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[Found]:
    """Let people go through weeks in every policy.

    Parameters
    ----------
    problem : Problem
        With ``occupancy``.
    policies : sequence of str
    weeks, replications : int
        Replication i takes draw i of the scenario's unknowns.
    engine : {"fast", "simpy"}
        Both give the same numbers.
    threads : int
    progress : callable, optional
        Told how many replications are done.

    Returns
    -------
    list of Found
        One for each policy.

    Raises
    ------
    RunError
        If a check of the simulation fails.
    """
    sizes = dict(zip(problem.policy_names, service_sizes(problem, threads), strict=True))
    plans = [plan for plan in problem.policies if plan.name in policies]

    def work(first: int, count: int) -> list[Found]:
        draws = sampling.draw(problem, first, count)
        return [of_plan(plan, draws) for plan in plans]

    def of_plan(plan: PolicyPlan, draws: Draws) -> Found:
        staff = draw_staff(problem, plan, draws)
        provided = workstations_provided(problem, plan, staff, sizes[plan.name], draws)
        one = of_policy(problem, plan, staff, provided, draws, weeks, engine, True, SEATINGS)
        return _joined(list(one))

    blocks = []
    for block in in_order(work, replications, _BLOCK, threads):
        blocks.append(block)
        if progress is not None:
            progress(min(replications, _BLOCK * len(blocks)))
    return [_joined([block[p] for block in blocks]) for p in range(len(plans))]


def _joined(parts: Sequence[Found]) -> Found:
    return Found(*(np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS))


_FIELDS = tuple(field.name for field in fields(Found))


def of_policy(
    problem: Problem,
    plan: PolicyPlan,
    staff: Staff,
    provided: Ints,
    draws: Draws,
    weeks: int,
    engine: Engine = "fast",
    dated: bool = False,
    seatings: Sequence[str] = SEATINGS[:1],
) -> Iterator[Found]:
    """Let the people of one policy go through weeks, once for each draw.

    Parameters
    ----------
    problem : Problem
    plan : PolicyPlan
    staff : Staff
    provided : int64[body, draw]
        Workstations, dedicated ones included.
    draws : Draws
    weeks : int
    engine : {"fast", "simpy"}
    dated : bool
        Whether the calendar's holidays and leave season hold, or every week is like the others.
    seatings : sequence of str
        The ways of looking for a workstation to compare; the first gives everything but ``unmet``.

    Yields
    ------
    Found
        One replication.
    """
    people = split_people(problem, plan, staff, draws)
    present = draw_present(problem, staff, people, draws, weeks)
    if dated:
        present = on_calendar(problem, present, draws)
    desks = split_desks(occupancy_of(problem), plan, risk.shared(plan, staff, provided))
    by_cell = np.stack([people.eligible, people.ready, people.remote])
    for i in range(draws.count):
        sums, unmet, events = _replication(
            problem, plan, present, desks[:, i], draws, i, engine, seatings
        )
        found = (
            _with_total(sums.sums),
            sums.peak,
            sums.unmet,
            sums.present[..., :-1],
            sums.held[..., :-1],
            unmet,
            _by_cell(occupancy_of(problem), present, sums.rows),
            sums.team_days,
            sums.rooms,
            by_cell[..., i],
            desks[:, i],
            np.array(events),
        )
        yield Found(*(one[None] for one in found))


def _replication(
    problem: Problem,
    plan: PolicyPlan,
    present: Present,
    desks: Ints,
    draws: Draws,
    index: int,
    engine: Engine,
    seatings: Sequence[str],
) -> tuple[Sums, Ints, int]:
    """Simulate one replication, for each way of looking for a workstation that differs.

    Return the sums of the first way, the people without a workstation of each, and all events.
    """
    said = occupancy_of(problem)
    rows, facts = rows_of(said, present), _facts(said, plan, present)
    ways = [reach(said, plan, seating) for seating in seatings]
    distinct = {where.tobytes(): where for where in ways}
    sums = {key: _no_sums(said, present) for key in distinct}
    events = 0
    for days in _some_weeks(present.count[..., index]):
        visits, row = draw_visits(problem, rows, present, draws, index, days)
        for key, where in distinct.items():
            site = site_of(problem, desks, where, draws, index, days)
            log = _simulate(visits, site, engine)
            events += int(log.events.sum())
            add_up(visits, site, log, row, facts, days.start, present.working, sums[key])
    for one in sums.values():
        occupied.finish(one.present)
        occupied.finish(one.held)
    left_out = [sums[where.tobytes()].sums[_UNMET, :-1].sum(axis=(0, -1)) for where in ways]
    unmet = np.array([[*one, one.sum()] for one in left_out])
    return next(iter(sums.values())), unmet, events


def _some_weeks(present: np.ndarray) -> Iterator[slice]:
    """Yield the days of a few weeks at a time, so that their visits stay in the cache."""
    people, days = present.sum(), present.shape[1]
    weeks = max(1, int(_AT_ONCE * days / WEEKDAYS / max(people, 1)))
    for first in range(0, days, weeks * WEEKDAYS):
        yield slice(first, min(first + weeks * WEEKDAYS, days))


class Facts(NamedTuple):
    """Of each row: where those with their own workstation sit, and the team; and the pools."""

    where: np.ndarray
    team: np.ndarray
    pool: np.ndarray


def _facts(said: OccupancyPlan, plan: PolicyPlan, present: Present) -> Facts:
    cells = [said.cells[k] if k >= 0 else None for k in present.cell]
    pool_of = {b: q for q, pool in enumerate(plan.pools) for b in pool}
    return Facts(
        np.array([cell.neighbourhood if cell else 0 for cell in cells], np.int32),
        np.array([cell.team if cell else -1 for cell in cells], np.int32),
        np.array([pool_of[place.body] for place in said.neighbourhoods], np.int32),
    )


def _simulate(visits: Visits, site: Site, engine: Engine) -> Log:
    if engine == "simpy":
        from sim.occupancy.processes import simulate_days

        return simulate_days(visits, site)
    log = new_log(visits)
    fast.simulate_days(visits, site, log)
    return log


def _no_sums(said: OccupancyPlan, present: Present) -> Sums:
    places, sizes = len(said.neighbourhoods), len(said.meetings.seats) if said.meetings else 0
    slots, days = -(-closing_of(said) // SLOT) + 1, present.working.size
    return Sums(
        sums=np.zeros((SUMS, places + 1, WEEKDAYS), np.int64),
        peak=np.full((places + 1, days), -1, np.int32),
        unmet=np.full((places + 1, days), -1, np.int32),
        present=np.zeros((places, WEEKDAYS, slots), np.int64),
        held=np.zeros((places, WEEKDAYS, slots), np.int64),
        rows=np.zeros((4, present.cell.size), np.int64),
        team_days=np.zeros((2, len(said.teams)), np.int64),
        rooms=np.zeros((2, sizes), np.int64),
    )


def add_up(
    visits: Visits,
    site: Site,
    log: Log,
    row: np.ndarray,
    facts: Facts,
    first_day: int,
    working: np.ndarray,
    sums: Sums,
) -> None:
    """Add up a log and check it (``sim.kernels.occupied.add_up``).

    Raises
    ------
    RunError
        If a visit is lost, Little's law does not hold, or more is taken than there is.
    """
    status = occupied.add_up(visits, site, log, row, *facts, first_day, working, sums)
    if status != occupied.RIGHT:
        raise RunError(f"a check of the simulation failed: {_FAILED[status]}")


def _by_cell(said: OccupancyPlan, present: Present, rows: Ints) -> Ints:
    """Add up rows to cells and modes, int64[4, cell, mode]; visitors are left out."""
    out = np.zeros((len(rows), len(said.cells), len(MODES)), np.int64)
    for r, (cell, cohort) in enumerate(zip(present.cell, present.cohort, strict=True)):
        if cell >= 0:
            out[:, cell, int(cohort != present.cohorts - 1)] += rows[:, r]
    return out


def _with_total(sums: Ints) -> Ints:
    """Give the whole site the sums that add up over neighbourhoods."""
    adds = [k for k in range(SUMS) if k not in _OF_WHOLE]
    sums[adds, -1] = sums[adds, :-1].sum(axis=1)
    return sums


_UNMET = [occupied.ELSEWHERE, occupied.LEFT]
_OF_WHOLE = (
    occupied.PRESENT,
    occupied.ABOVE,
    occupied.PEAK,
    occupied.UNMET_DAY,
    occupied.OVER_DAY,
    occupied.OVER_PEOPLE,
    occupied.CAPACITY,
    occupied.DAYS,
)
"""Sums that the whole site has for itself; the others add up over neighbourhoods."""
