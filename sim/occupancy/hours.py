"""Shortage in hours for the main run: who looks for a workstation and finds none."""

from __future__ import annotations

import numpy as np

from sim.kernels.presence import WEEKDAYS
from sim.occupancy.present import occupancy_of
from sim.occupancy.weeks import of_policy
from sim.people import Staff
from sim.problem import Floats, Ints, PolicyPlan, Problem
from sim.sampling import Draws


def shortage_in_hours(
    problem: Problem, plan: PolicyPlan, staff: Staff, provided: Ints, draws: Draws
) -> dict[str, Floats]:
    """Compute the shortage of a policy from weeks in time, one for each week of each draw.

    A day is short if somebody whose home is in the body looks for a workstation and finds none,
    after waiting and looking elsewhere; model part 10. Visitors are among them, but not among
    ``unmet_people``, which are people of the body.

    Parameters
    ----------
    problem : Problem
    plan : PolicyPlan
    staff : Staff
    provided : int64[body, draw]
        Workstations, dedicated ones included.
    draws : Draws

    Returns
    -------
    dict of float64[body or group, ..., draw]
        In place of what day counts say.
    """
    said, weeks = occupancy_of(problem), problem.run.weeks
    bodies = np.arange(len(problem.bodies))[:, None]
    of_place = bodies == [place.body for place in said.neighbourhoods]
    of_cell = bodies == [cell.body for cell in said.cells]
    short = np.empty((len(bodies), weeks, WEEKDAYS, draws.count), np.bool_)
    unmet = np.empty((len(bodies), draws.count))
    for i, found in enumerate(of_policy(problem, plan, staff, provided, draws, weeks)):
        left_out = of_place @ found.short[0, :-1]
        short[..., i] = left_out.reshape(-1, weeks, WEEKDAYS) > 0
        unmet[:, i] = of_cell @ found.cells[0, 1].sum(axis=1) / (weeks * WEEKDAYS)
    any_short = np.stack([short[list(group)].any(axis=0) for group in problem.groups.values()])
    return {
        "shortage_by_weekday": short.mean(axis=1),
        "shortage_per_day": short.mean(axis=(1, 2)),
        "shortage_per_week": short.any(axis=2).mean(axis=1),
        "unmet_people": unmet,
        "group_shortage_per_day": any_short.mean(axis=(1, 2)),
        "group_shortage_per_week": any_short.any(axis=2).mean(axis=1),
    }
