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
    after waiting and looking elsewhere; model part 10.

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
    found = of_policy(problem, plan, staff, provided, draws, weeks, "fast", dated=False)
    by_place = np.moveaxis(found.short[:, :-1], 0, -1)
    place_body = np.array([place.body for place in said.neighbourhoods])
    by_body = np.stack([by_place[place_body == b].sum(axis=0) for b in range(len(problem.bodies))])
    unmet = by_body.reshape(-1, weeks, WEEKDAYS, draws.count)
    short = unmet > 0
    groups = [list(bodies) for bodies in problem.groups.values()]
    any_short = np.stack([short[bodies].any(axis=0) for bodies in groups])
    return {
        "shortage_by_weekday": short.mean(axis=1),
        "shortage_per_day": short.mean(axis=(1, 2)),
        "shortage_per_week": short.any(axis=2).mean(axis=1),
        "unmet_people": unmet.mean(axis=(1, 2)),
        "group_shortage_per_day": any_short.mean(axis=(1, 2)),
        "group_shortage_per_week": any_short.any(axis=2).mean(axis=1),
    }
