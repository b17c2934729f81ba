"""Weeks in the office: replications of every policy through either engine, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim import risk, sampling
from sim.errors import RunError
from sim.executors import in_order
from sim.kernels import occupied
from sim.kernels import weeks as fast
from sim.kernels.occupied import SLOT, SUMS, WEEKDAYS, Sums
from sim.kernels.visits import Log, Site, Visits, new_log
from sim.occupancy.present import (
    Present,
    draw_present,
    occupancy_of,
    split_people,
    working_days,
)
from sim.occupancy.visiting import draw_visits, reach, site_of
from sim.people import draw_staff
from sim.problem import Ints, OccupancyPlan, PolicyPlan, Problem
from sim.sampling import Draws
from sim.sizing import service_sizes, workstations_provided

Engine = Literal["fast", "simpy"]
SEATINGS = ("stated", "pooled", "apart")
"""Where people look: as the scenario states, in the whole pool, only at home."""

_BLOCK = 4
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
    peak : int32[replication, neighbourhood + 1, day]
    present, held : int64[replication, neighbourhood, weekday, slot]
        Person-seconds and workstation-seconds.
    unmet : int64[seating, replication, neighbourhood + 1]
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
        return [_policy(problem, plan, sizes[plan.name], draws, weeks, engine) for plan in plans]

    blocks = []
    for block in in_order(work, replications, _BLOCK, threads):
        blocks.append(block)
        if progress is not None:
            progress(min(replications, _BLOCK * len(blocks)))
    return [_joined([block[p] for block in blocks]) for p in range(len(plans))]


def _joined(parts: Sequence[Found]) -> Found:
    def join(name: str) -> np.ndarray:
        axis = 1 if name == "unmet" else 0
        return np.concatenate([getattr(part, name) for part in parts], axis=axis)

    return Found(**{name: join(name) for name in Found.__dataclass_fields__})


def _policy(
    problem: Problem,
    plan: PolicyPlan,
    one_number: Ints | None,
    draws: Draws,
    weeks: int,
    engine: Engine,
) -> Found:
    said = occupancy_of(problem)
    staff = draw_staff(problem, plan, draws)
    people = split_people(problem, plan, staff, draws)
    present = draw_present(problem, staff, people, draws, weeks)
    shared = risk.shared(
        plan, staff, workstations_provided(problem, plan, staff, one_number, draws)
    )
    desks = split_desks(said, plan, shared)
    working = working_days(said, weeks)
    replications = [
        _replication(problem, plan, present, desks[:, i], draws, i, working, engine)
        for i in range(draws.count)
    ]
    by_cell = np.stack([people.eligible, people.ready, people.remote])
    *arrays, unmet, cells, team_days, rooms, events = map(np.stack, zip(*replications, strict=True))
    return Found(
        *arrays,
        np.swapaxes(unmet, 0, 1),
        cells,
        team_days,
        rooms,
        np.moveaxis(by_cell, -1, 0),
        desks.T,
        events,
    )


def split_desks(said: OccupancyPlan, plan: PolicyPlan, shared: Ints) -> Ints:
    """Split each pool's shared workstations over its neighbourhoods as they are today.

    In proportion to the workstations stated, whole, largest remainders first.

    Parameters
    ----------
    said : OccupancyPlan
    plan : PolicyPlan
    shared : int64[pool, draw]

    Returns
    -------
    int64[neighbourhood, draw]
    """
    out = np.zeros((len(said.neighbourhoods), shared.shape[1]), np.int64)
    for number, pool in zip(shared, plan.pools, strict=True):
        mine = [j for j, place in enumerate(said.neighbourhoods) if place.body in pool]
        weight = np.array([said.neighbourhoods[j].workstations for j in mine], float)
        exact = np.multiply.outer(weight / weight.sum(), number)
        parts = np.floor(exact + 1e-9).astype(np.int64)
        order = np.argsort(np.argsort(parts - exact, axis=0, kind="stable"), axis=0)
        out[mine] = parts + (order < number - parts.sum(axis=0))
    return out


def _replication(
    problem: Problem,
    plan: PolicyPlan,
    present: Present,
    desks: Ints,
    draws: Draws,
    index: int,
    working: np.ndarray,
    engine: Engine,
) -> tuple[np.ndarray, ...]:
    """Simulate one replication and return the arrays of ``Found`` up to ``rooms``, and events."""
    said = occupancy_of(problem)
    visits, row = draw_visits(problem, present, draws, index)
    stated = reach(said, plan, SEATINGS[0])
    site = site_of(problem, desks, stated, draws, index, working.size)
    places = len(said.neighbourhoods)
    cell = np.maximum(present.cell, 0)
    team_of = np.array([one.team for one in said.cells], np.int32)
    where_of = np.array([one.neighbourhood for one in said.cells], np.int32)
    team = np.where(present.cell < 0, -1, team_of[cell]).astype(np.int32)
    pool_of = {b: q for q, pool in enumerate(plan.pools) for b in pool}
    pool = np.array([pool_of[place.body] for place in said.neighbourhoods], np.int32)
    unmet = np.zeros((len(SEATINGS), places + 1), np.int64)
    known: dict[bytes, Sums] = {}
    for k, seating in enumerate(SEATINGS):
        where = reach(said, plan, seating)
        if where.tobytes() not in known:
            sums = _no_sums(said, present.cell.size, working.size, site.closing)
            log = _simulate(visits, site._replace(reach=where), engine)
            status = occupied.add_up(
                visits, site, log, row, where_of[cell], team, pool, working, sums
            )
            if status != occupied.RIGHT:
                raise RunError(f"a check of the simulation failed: {_FAILED[status]}")
            if k == 0:
                events = log.events.sum()
            known[where.tobytes()] = sums
        found = known[where.tobytes()].sums
        unmet[k, :-1] = (found[occupied.ELSEWHERE] + found[occupied.LEFT])[:-1].sum(axis=1)
        unmet[k, -1] = unmet[k, :-1].sum()
    sums = known[stated.tobytes()]
    occupied.finish(sums.present)
    occupied.finish(sums.held)
    mode = (present.cohort != present.cohorts - 1).astype(np.int64)
    by_cell = np.zeros((4, len(said.cells), 2), np.int64)
    people = present.cell >= 0
    np.add.at(by_cell, (slice(None), cell[people], mode[people]), sums.rows[:, people])
    whole = sums.sums[:, -1]
    adds = [k for k in range(SUMS) if k not in _OF_WHOLE]
    whole[adds] = sums.sums[adds, :-1].sum(axis=1)
    grids = sums.present[..., :-1], sums.held[..., :-1]
    return sums.sums, sums.peak, *grids, unmet, by_cell, sums.team_days, sums.rooms, events


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


def _simulate(visits: Visits, site: Site, engine: Engine) -> Log:
    if engine == "simpy":
        from sim.occupancy.processes import simulate_days

        return simulate_days(visits, site)
    log = new_log(visits)
    fast.simulate_days(visits, site, log)
    return log


def _no_sums(said: OccupancyPlan, rows: int, days: int, closing: int) -> Sums:
    places, sizes = len(said.neighbourhoods), len(said.meetings.seats) if said.meetings else 0
    slots = -(-closing // SLOT) + 1
    return Sums(
        sums=np.zeros((SUMS, places + 1, WEEKDAYS), np.int64),
        peak=np.zeros((places + 1, days), np.int32),
        present=np.zeros((places, WEEKDAYS, slots), np.int64),
        held=np.zeros((places, WEEKDAYS, slots), np.int64),
        rows=np.zeros((4, rows), np.int64),
        team_days=np.zeros((2, len(said.teams)), np.int64),
        rooms=np.zeros((2, sizes), np.int64),
    )
