"""Shared workstations of each neighbourhood, and the teams whose own are too few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim import risk
from sim.kernels.presence import WEEKDAYS
from sim.occupancy.present import draw_present, occupancy_of, split_people
from sim.occupancyplan import OccupancyPlan
from sim.people import Staff
from sim.problem import Floats, Ints, PolicyPlan, Problem
from sim.sampling import Draws


def split_desks(said: OccupancyPlan, plan: PolicyPlan, shared: Ints) -> Ints:
    """Split each pool's shared workstations over its neighbourhoods as they are today.

    In proportion to the workstations stated, in equal parts where none are stated; whole, largest
    remainders first.

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
        parts_of = proportions([said.neighbourhoods[j].workstations for j in mine])
        exact = np.multiply.outer(parts_of, number)
        parts = np.floor(exact + 1e-9).astype(np.int64)
        order = np.argsort(np.argsort(parts - exact, axis=0, kind="stable"), axis=0)
        out[mine] = parts + (order < number - parts.sum(axis=0))
    return out


def proportions(numbers: Sequence[int]) -> Floats:
    """Return the parts that numbers are of their sum, equal ones where all of them are zero."""
    weight = np.array(numbers, float)
    if not weight.any():
        weight[:] = 1.0
    return np.asarray(weight / weight.sum())


def worst_team(
    problem: Problem, plan: PolicyPlan, people: Staff, provided: Ints, draws: Draws
) -> dict[str, Floats]:
    """Compute the share of days on which the team worst off is short, nan without teams.

    A team is short on a day if more people are present whose neighbourhood is the team's than the
    neighbourhood has workstations, whatever is free elsewhere; model part 10. The days are those of
    the main run.
    """
    groups = [list(bodies) for bodies in problem.groups.values()]
    by_body = np.full((len(problem.bodies), draws.count), np.nan)
    said = problem.occupancy
    if said is not None and said.stated_teams:
        by_place = _short_days(problem, plan, people, provided, draws)
        home = {cell.team: cell.neighbourhood for cell in said.cells}
        for b in range(len(problem.bodies)):
            teams = {cell.team for cell in said.cells if cell.body == b}
            by_body[b] = by_place[[home[team] for team in teams]].max(axis=0)
    return {
        "worst_team_shortage": by_body,
        "group_worst_team_shortage": np.stack([by_body[bodies].max(axis=0) for bodies in groups]),
    }


def _short_days(
    problem: Problem, plan: PolicyPlan, people: Staff, provided: Ints, draws: Draws
) -> Floats:
    """Return the share of days with more people than workstations, [neighbourhood, draw]."""
    said = occupancy_of(problem)
    split = split_people(problem, plan, people, draws)
    present = draw_present(problem, people, split, draws, problem.run.weeks)
    desks = split_desks(said, plan, risk.shared(plan, people, provided))
    count = np.zeros((len(desks), problem.run.weeks * WEEKDAYS, draws.count), np.int32)
    for r in np.flatnonzero(~present.own & (present.cell >= 0)):
        count[said.cells[present.cell[r]].neighbourhood] += present.count[r]
    return np.asarray((count > desks[:, None, :]).mean(axis=1))
