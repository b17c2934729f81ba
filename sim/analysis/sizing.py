"""Workstations for a named service level, and how the risk falls with their number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import sampling
from sim.executors import in_order
from sim.people import draw_staff
from sim.results.summary import places
from sim.risk import (
    drawn_days,
    drawn_variables,
    exact_days,
    exact_presence,
    exact_risk,
    group_pools,
    pooled,
    risk_on_days,
    spread,
)
from sim.sizing import level_met, order_statistic, size, split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.people import Staff
    from sim.problem import Ints, PolicyPlan, Problem, ServicePlan
    from sim.risk import Arrays

STEPS = 25
"""Numbers of workstations between too few and plenty at which the risk is looked up."""
FRONTIER_DRAWS = 512
"""Sizing draws from which it is looked up, except at the chosen number: there it is all."""
_LEAN, _PLENTY = 0.001, 0.999
_BLOCK = 256


def sizes(
    problem: Problem,
    service: ServicePlan,
    policies: Sequence[str],
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Size every policy for a service level.

    Parameters
    ----------
    problem : Problem
    service : ServicePlan
        The level and its assurance; it takes the place of what the policies say.
    policies : sequence of str
        Which policies.
    threads : int
        Blocks of sizing draws computed at the same time.
    progress : callable, optional
        Told how many policies are done.

    Returns
    -------
    sizes, frontier : list of dict
        The entries of the JSON document. A step of the frontier gives every pool a number at the
        same part of the way from its 0.1 % to its 99.9 % quantile; tiers and the total add up.
    """
    chosen, frontier = [], []
    for done, name in enumerate(policies, 1):
        plan = problem.policies[problem.policy_names.index(name)]
        steps = _steps(problem, plan, service, threads)
        frontier += steps
        chosen += [_size(step, service) for step in steps if step["chosen"]]
        if progress is not None:
            progress(done)
    return chosen, frontier


def _size(step: dict[str, Any], service: ServicePlan) -> dict[str, Any]:
    place = {key: step[key] for key in ("policy", "scope", "body")}
    level = {"level": {service.level: service.share}, "assurance": service.assurance}
    return place | level | {key: step[key] for key in ("workstations", "level_met")}


def _steps(
    problem: Problem, plan: PolicyPlan, service: ServicePlan, threads: int
) -> list[dict[str, Any]]:
    """Return the frontier of one policy: place by place, each from lean to plenty."""
    judged = replace(plan, service=service, per_person=None, fixed=None)
    by_body, needed = size(problem, judged, service, threads)
    one_number = order_statistic(needed, service.assurance)
    people = pooled(plan, problem.headcount)
    numbers = _grid(needed, one_number, people)
    picked = int((numbers == one_number).all(axis=1).argmax())
    grid = np.stack([split(problem, judged, step) for step in numbers])
    risk = _risk_along(problem, judged, grid, needed[:, :FRONTIER_DRAWS], threads)
    at_size = _risk_along(problem, judged, by_body[None], needed, threads)
    for name, by_place in risk.items():
        by_place[picked] = at_size[name][0]
    met = (needed <= numbers[:, :, None]).mean(axis=2)
    risk["level_met"][:, : len(problem.bodies)] = spread(judged, met.T).T
    for group, pools in enumerate(group_pools(problem, judged), len(problem.bodies)):
        if len(pools) == 1:
            risk["level_met"][:, group] = met[:, pools[0]]
    return _entries(problem, judged, grid, picked, risk)


def _grid(needed: Ints, one_number: Ints, people: Ints) -> Ints:
    """Return workstations [pool] from too few to plenty, the chosen ones where they belong.

    Where all draws need about the same number, its neighbours show how the risk falls.
    """
    lean, plenty = (order_statistic(needed, share) for share in (_LEAN, _PLENTY))
    wider = np.maximum(0, STEPS - 1 - (plenty - lean))
    lean, plenty = np.maximum(0, lean - (wider + 1) // 2), np.minimum(people, plenty + wider // 2)
    along = np.linspace(0.0, 1.0, STEPS)[:, None]
    numbers = np.rint(lean + along * (plenty - lean)).astype(np.int64)
    every = np.unique(np.concatenate([numbers, one_number[None]]), axis=0)
    ordered: Ints = every[np.argsort(every.sum(axis=1), kind="stable")]
    return ordered


def _risk_along(
    problem: Problem, plan: PolicyPlan, grid: Ints, needed: Ints, threads: int
) -> dict[str, np.ndarray]:
    """Return shortage and level met, float64[step, place], as means over sizing draws."""

    def work(first: int, count: int) -> dict[str, np.ndarray]:
        draws = sampling.draw(problem, first, count, "sizing")
        people = draw_staff(problem, plan, draws)
        least = needed[:, first : first + count]
        days = drawn_days(problem, plan, people, draws) if _must_draw(problem, plan) else None
        steps = [_risk_at(problem, plan, people, numbers, least, days) for numbers in grid]
        return {name: np.stack([step[name] for step in steps]) for name in steps[0]}

    found = list(in_order(work, needed.shape[1], _BLOCK, threads))
    return {
        name: np.concatenate([block[name] for block in found], axis=-1).mean(axis=-1)
        for name in found[0]
    }


def _risk_at(
    problem: Problem,
    plan: PolicyPlan,
    people: Staff,
    by_body: Ints,
    needed: Ints,
    days: tuple[np.ndarray, np.ndarray] | None,
) -> dict[str, np.ndarray]:
    """Return shortage and level met at one number of workstations, [place, draw]."""
    count = needed.shape[1]
    provided = np.repeat(by_body[:, None], count, axis=1)
    unasked = np.full((len(problem.groups), count), np.nan)
    found: Arrays = {"workstations": provided, "group_shortage_per_week": unasked}
    if days is not None:
        found |= risk_on_days(problem, plan, people, provided, days)
    if exact_days(problem, plan):
        found |= exact_presence(people)
        found |= exact_risk(problem, plan, people, provided, found)
    met, together = level_met(problem, plan, needed, found)
    return {
        "shortage_per_day": np.concatenate(
            [found["shortage_per_day"], found["group_shortage_per_day"]]
        ),
        "level_met": np.concatenate([met, together]).astype(np.float64),
    }


def _must_draw(problem: Problem, plan: PolicyPlan) -> bool:
    """Tell whether days must be drawn to judge a number of workstations."""
    assert plan.service is not None
    weekly = {"shortage_per_week", "group_shortage_per_week"}
    by_week = plan.service.level == "per_week" and weekly & drawn_variables(problem, plan)
    return bool(by_week) or not exact_days(problem, plan)


def _entries(
    problem: Problem,
    plan: PolicyPlan,
    grid: Ints,
    picked: int,
    risk: dict[str, np.ndarray],
) -> list[dict[str, Any]]:
    """Return the steps of every place, each number of workstations once."""
    members = [*((b,) for b in range(len(problem.bodies))), *problem.groups.values()]
    found = []
    for row, (name, scope, bodies) in enumerate(zip(*places(problem), members, strict=True)):
        numbers = grid[:, list(bodies)].sum(axis=1)
        steps = {int(number): k for k, number in enumerate(numbers)}
        steps[int(numbers[picked])] = picked
        found += [
            {
                "policy": plan.name,
                "scope": scope,
                "body": name,
                "workstations": number,
                "chosen": k == picked,
                "level_met": float(risk["level_met"][k, row]),
                "shortage_per_day": float(risk["shortage_per_day"][k, row]),
            }
            for number, k in steps.items()
        ]
    return found
