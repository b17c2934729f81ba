"""The fixed order of the kernels: a block of draws in, a Dataset out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.appraisal import appraise
from sim.kernels import area
from sim.kernels.area import ratio
from sim.occupancy.desks import worst_team
from sim.people import Staff, draw_shocks, draw_staff
from sim.problem import Arrays, Floats, PolicyPlan, Problem
from sim.results.label import label
from sim.risk import (
    drawn_risk,
    exact_days,
    exact_presence,
    exact_risk,
    use,
)
from sim.sampling import Draws
from sim.sizing import level_met, needed_by_draw, service_sizes, split, workstations_provided

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr


def simulate(problem: Problem, draws: Draws, by_year: bool = False) -> xr.Dataset:
    """Compute every policy for one block of draws.

    Parameters
    ----------
    problem : Problem
    draws : Draws
        From ``sim.sampling.draw``; all policies share them, so every comparison is paired.
    by_year : bool
        Whether to add the money of each year, where the scenario has an appraisal.

    Returns
    -------
    xarray.Dataset
        Dims ``policy, body, draw``, with ``weekday``, ``group`` and ``year`` where needed; every
        variable is described in ``sim.variables``.
    """
    return label(problem, draws.first, compute(problem, draws, by_year))


def compute(problem: Problem, draws: Draws, by_year: bool = False) -> list[Arrays]:
    """Compute what ``simulate`` does, without labels: the arrays of each policy by name."""
    shocks = draw_shocks(problem, draws, problem.run.weeks)
    found = [occupy(problem, p, draws, shocks) for p in range(len(problem.policies))]
    return add_money(problem, draws, found, by_year)


def occupy(problem: Problem, p: int, draws: Draws, shocks: Floats) -> Arrays:
    """Compute all of a policy but its money: [body, draw] by variable, and what has other dims.

    Parameters
    ----------
    problem : Problem
    p : int
        Index of the policy.
    draws : Draws
    shocks : float64[body, row, draw]
        From ``sim.people.draw_shocks``.
    """
    plan, one_number = problem.policies[p], service_sizes(problem)[p]
    people = draw_staff(problem, plan, draws)
    provided = workstations_provided(problem, plan, people, one_number, draws)
    found: Arrays = {
        "eligible_staff": people.eligible,
        "ready_staff": people.ready,
        "remote_staff": people.remote,
        "combined_staff": people.combined,
        "dedicated_workstations": people.dedicated,
        "workstations": provided,
    }
    found |= drawn_risk(problem, plan, people, provided, draws, shocks)
    if problem.run.estimator == "conditional":
        found |= exact_presence(people)
        if exact_days(problem, plan):
            found |= exact_risk(problem, plan, people, provided, found)
    if plan.in_hours:
        from sim.occupancy.hours import shortage_in_hours  # few scenarios need days in time

        found |= shortage_in_hours(problem, plan, people, provided, draws)
    found |= use(plan, found)
    found |= worst_team(problem, plan, people, provided, draws)
    found |= _level(problem, plan, people, draws, found)
    found |= _release(problem, plan, draws, found)
    return found


def add_money(
    problem: Problem, draws: Draws, found: Sequence[Arrays], by_year: bool = False
) -> list[Arrays]:
    """Return what ``occupy`` found of each policy with what it costs, saves and is worth."""
    paid = [
        policy | _money(problem, plan, draws, policy)
        for plan, policy in zip(problem.policies, found, strict=True)
    ]
    worth = appraise(problem, draws, paid, by_year)
    return [policy | more for policy, more in zip(paid, worth, strict=True)]


def _level(
    problem: Problem, plan: PolicyPlan, people: Staff, draws: Draws, found: Arrays
) -> Arrays:
    """Compute what the policy's service level needs in each draw and whether it is met."""
    bodies, groups = found["workstations"].shape, found["group_shortage_per_day"].shape
    if plan.service is None:
        return {
            "workstations_needed": np.full(bodies, np.nan),
            "level_met": np.full(bodies, np.nan),
            "group_level_met": np.full(groups, np.nan),
        }
    needed = needed_by_draw(problem, plan, people, draws)
    met, together = level_met(problem, plan, needed, found)
    return {
        "workstations_needed": split(problem, plan, needed),
        "level_met": met,
        "group_level_met": together,
    }


def _release(problem: Problem, plan: PolicyPlan, draws: Draws, found: Arrays) -> Arrays:
    """Compute the area that is needed and the area that is left over."""
    space = problem.space
    today = problem.area[:, None]
    shape = found["workstations"].shape
    place = draws.values[space.workstation]
    offices = np.zeros(shape)
    for index, counts in space.offices:
        offices = offices + np.array(counts)[:, None] * draws.values[index]
    meeting, seat = np.zeros((1, draws.count)), np.zeros((1, draws.count))
    if space.meeting is not None:
        share, seat = (draws.values[index] for index in space.meeting)
        meeting = share * found["onsite_by_weekday"].max(axis=1)
    required = area.required_area(
        problem.fixed_area[:, None], found["workstations"], place, offices, meeting, seat
    )
    if plan.keeps_area:
        required = np.broadcast_to(today, shape)
    return {
        "required_area": required,
        "released_area": today - required,
        "vacant_area": problem.vacant_posts[:, None] * np.broadcast_to(place, shape),
    }


def _money(problem: Problem, plan: PolicyPlan, draws: Draws, found: Arrays) -> Arrays:
    """Compute the running cost of what is released and the programme that makes staff ready."""
    shape = found["released_area"].shape
    per_m2 = np.zeros((1, draws.count))
    for _, index in problem.running_cost:
        per_m2 = per_m2 + draws.values[index]
    saving = per_m2 * found["released_area"]
    investment = np.zeros(shape)
    for gate in problem.gates if plan.readiness == "target" else ():
        if gate.target is not None and gate.cost is not None:
            today = draws.values[gate.today]
            across = np.maximum(0.0, draws.values[gate.target] - today)
            investment = investment + found["eligible_staff"] * across * draws.values[gate.cost]
    return {
        "vacated_running_cost": saving,
        "investment": investment,
        "payback_years": ratio(investment, saving),
        "eligible_share": ratio(found["eligible_staff"], problem.headcount[:, None]),
        "released_share": ratio(found["released_area"], problem.area[:, None]),
    }
