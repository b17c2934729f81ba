"""People by team and group: the counts of a body divided over the cells they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.kernels import teams
from sim.occupancyplan import OccupancyPlan
from sim.problem import Ints, PolicyPlan, Problem
from sim.sampling import Draws


@dataclass(frozen=True, eq=False)
class Cells:
    """People of one policy by cell.

    Attributes
    ----------
    eligible, ready : int64[cell, draw]
    cohorts : int64[cohort, cell, draw]
    """

    eligible: Ints
    ready: Ints
    cohorts: Ints


def of_body(said: OccupancyPlan, b: int) -> list[int]:
    """Return the cells of a body, by index."""
    return [k for k, cell in enumerate(said.cells) if cell.body == b]


def adjusted(said: OccupancyPlan, some: Sequence[int]) -> np.ndarray:
    """Tell of some cells whether their people need an adjustment, bool[cell]."""
    groups = [said.cells[k].group for k in some]
    return np.array([group >= 0 and said.groups[group].adjustment for group in groups])


class Divider:
    """Divides counts over cells, every time with numbers of its own."""

    def __init__(self, problem: Problem, draws: Draws, name: str) -> None:
        self.seed = np.uint64(problem.run.seed)
        self.key = draws.key(name)
        self.first = draws.first
        self.slot = 0

    def __call__(self, totals: Ints, sizes: Ints) -> Ints:
        """Divide int64[draw] over int64[cell, draw] without replacement."""
        out = np.zeros_like(sizes)
        teams.divide(
            self.seed, self.key, self.first, self.slot, totals, np.ascontiguousarray(sizes), out
        )
        self.slot += len(sizes)
        return out


def divide_cohorts(
    problem: Problem,
    plan: PolicyPlan,
    draws: Draws,
    eligible: Ints,
    ready: Ints,
    cohorts: Ints,
    by_group: Ints,
) -> Cells:
    """Draw to which cell the people of each cohort belong; the counts of the body stay.

    Parameters
    ----------
    problem : Problem
        With ``occupancy``.
    plan : PolicyPlan
    draws : Draws
    eligible, ready : int64[body, draw]
    cohorts : int64[cohort, body, draw]
    by_group : int64[group, draw]
        Eligible staff of each of the policy's eligible groups: a group of people with a share of
        its own keeps its own count.

    Returns
    -------
    Cells
    """
    said = problem.occupancy
    assert said is not None, "the caller asks for a scenario with [occupancy]"
    count, shape = len(cohorts), (len(said.cells), draws.count)
    found = Cells(
        np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros((count, *shape), np.int64)
    )
    for b, name in enumerate(problem.bodies):
        mine = of_body(said, b)
        sizes = np.array([[said.cells[k].people] * draws.count for k in mine], np.int64)
        divide = Divider(problem, draws, f"occupancy/{name}")
        can = _eligible(said, plan, b, mine, sizes, eligible[b], by_group, divide)
        left = can.copy()
        for c in range(count - 1):
            found.cohorts[c, mine] = divide(cohorts[c, b], left)
            left -= found.cohorts[c, mine]
        off_site = found.cohorts[:-1, mine].sum(axis=0)
        found.eligible[mine] = can
        found.ready[mine] = off_site + divide(ready[b] - off_site.sum(axis=0), left)
        found.cohorts[-1, mine] = sizes - off_site
    return found


def _eligible(
    said: OccupancyPlan,
    plan: PolicyPlan,
    b: int,
    mine: list[int],
    sizes: Ints,
    eligible: Ints,
    by_group: Ints,
    divide: Divider,
) -> Ints:
    """Return the eligible staff of a body's cells, int64[cell, draw]."""
    groups = [said.cells[k].group for k in mine]
    own = {said.groups[g].eligible: g for g in groups if g >= 0}
    own.pop(None, None)
    found = np.zeros_like(sizes)
    rest, others = eligible.copy(), sizes.copy()
    for one, group in enumerate(plan.groups):
        if group.body == b and group.share in own:
            members = np.array([g == own[group.share] for g in groups])
            found += divide(by_group[one], np.where(members[:, None], sizes, 0))
            rest -= by_group[one]
            others[members] = 0
    return found + divide(rest, others)
