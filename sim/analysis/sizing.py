"""Workstations for named service levels, and how the risk falls with their number."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import sampling
from sim.executors import in_order
from sim.kernels.area import ratio
from sim.kernels.designs import REPLICATES
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
    use,
)
from sim.sizing import level_met, order_statistic, size, split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.people import Staff
    from sim.problem import Arrays, Design, Floats, Ints, PolicyPlan, Problem, ServicePlan
    from sim.sampling import Draws

STEPS = 25
"""Numbers of workstations between too few and plenty at which the risk is looked up."""
FRONTIER_DRAWS = 512
"""Sizing draws from which it is looked up, except at the chosen numbers: there it is all."""
RISKS = ("shortage_per_day", "shortage_per_week", "shortage_per_person", "unmet_people")
MARGINAL = {"marginal_shortage_days": "shortage_per_day", "marginal_unmet_people": "unmet_people"}
"""What one workstation more takes off the risk of that name, on the way to the next step."""
_LOOKED_UP = frozenset({*RISKS, "group_shortage_per_day", "group_shortage_per_week"})
_LEAN, _PLENTY = 0.001, 0.999
_BLOCK = 256

Entry = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """Entries of the JSON document.

    Attributes
    ----------
    sizes : list of dict
        By policy, level, assurance and place, the workstations and the share of draws on which
        they meet the level.
    frontier : list of dict
        By policy, level and place, the risk at every step from too few workstations to plenty: from
        the 0.1 % to the 99.9 % quantile of what each pool needs, by way of the chosen numbers. All
        pools go the way together; tiers and the total add up.
    """

    sizes: list[Entry]
    frontier: list[Entry]


@dataclass(frozen=True)
class _Curve:
    """Risk along a grid of workstations, by name: mean over draws and its standard error."""

    mean: dict[str, Floats]  # float64[step, place]
    error: dict[str, Floats]


def sizes(
    problem: Problem,
    services: Sequence[ServicePlan],
    policies: Sequence[str],
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Sizes:
    """Size every policy for service levels.

    Parameters
    ----------
    problem : Problem
    services : sequence of ServicePlan
        Levels with their assurances; they take the place of what the policies say. Those of one
        level share a frontier.
    policies : sequence of str
        Which policies.
    threads : int
        Blocks of sizing draws computed at the same time.
    progress : callable, optional
        Told how many policies are done.

    Returns
    -------
    Sizes
    """
    found = Sizes([], [])
    for done, name in enumerate(policies, 1):
        _add(problem, _plan(problem, name), services, threads, found)
        if progress is not None:
            progress(done)
    return found


def pooled_sizes(
    problem: Problem,
    services: Sequence[ServicePlan],
    policies: Sequence[str],
    apart: Sequence[Entry],
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Sizes:
    """Size policies as if all bodies shared one pool of workstations.

    Parameters
    ----------
    problem, services, policies, threads, progress
        As in ``sizes``; policies that have one pool as it is are left out.
    apart : sequence of dict
        Sizes of the policies as they are.

    Returns
    -------
    Sizes
        Of the total; each size with the workstations that are needed ``apart``, and how many of
        them pooling saves: the ``pooling_gain``.
    """
    found = Sizes([], [])
    everybody = (tuple(range(len(problem.bodies))),)
    for done, name in enumerate(policies, 1):
        plan = _plan(problem, name)
        if len(plan.pools) > 1:
            _add(problem, replace(plan, pools=everybody), services, threads, found)
        if progress is not None:
            progress(done)
    total = Sizes(
        *([e for e in part if e["scope"] == "total"] for part in (found.sizes, found.frontier))
    )
    known = {_key(entry): entry["workstations"] for entry in apart}
    for entry in total.sizes:
        entry["apart"] = known[_key(entry)]
        entry["pooling_gain"] = entry["apart"] - entry["workstations"]
    return total


def _plan(problem: Problem, name: str) -> PolicyPlan:
    return problem.policies[problem.policy_names.index(name)]


def _key(entry: Entry) -> tuple[Any, ...]:
    level = tuple(entry["level"].items())
    return entry["policy"], entry["scope"], entry["body"], level, entry["assurance"]


def _add(
    problem: Problem,
    plan: PolicyPlan,
    services: Sequence[ServicePlan],
    threads: int,
    found: Sizes,
) -> None:
    """Add what one policy needs, level by level."""
    for level in dict.fromkeys((service.level, service.share) for service in services):
        same = [service for service in services if (service.level, service.share) == level]
        steps = _steps(problem, plan, same, threads)
        found.frontier.extend(steps)
        for service in same:
            chosen = (step for step in steps if service.assurance in step["assurances"])
            found.sizes.extend(_size(step, service) for step in chosen)


def _size(step: Entry, service: ServicePlan) -> Entry:
    place = {key: step[key] for key in ("policy", "scope", "body")}
    level = {"level": {service.level: service.share}, "assurance": service.assurance}
    return place | level | {key: step[key] for key in ("workstations", "level_met")}


def _steps(
    problem: Problem, plan: PolicyPlan, services: Sequence[ServicePlan], threads: int
) -> list[Entry]:
    """Return the frontier of one policy and level: place by place, each from lean to plenty."""
    judged = replace(plan, service=services[0], per_person=None, fixed=None)
    _, needed = size(problem, judged, services[0], threads)
    chosen = np.stack([order_statistic(needed, service.assurance) for service in services])
    numbers = _grid(needed, chosen, pooled(plan, problem.headcount))
    picked = [int((numbers == one).all(axis=1).argmax()) for one in chosen]
    grid = np.stack([split(problem, judged, step) for step in numbers])
    few = _curve(problem, judged, grid, needed[:, :FRONTIER_DRAWS], threads)
    every = _curve(problem, judged, grid[picked], needed, threads)
    told = _Curve(*({n: v.copy() for n, v in part.items()} for part in (few.mean, few.error)))
    for name in told.mean:
        told.mean[name][picked] = every.mean[name]
        told.error[name][picked] = every.error[name]
    met = (needed <= numbers[:, :, None]).mean(axis=2)
    told.mean["level_met"][:, : len(problem.bodies)] = spread(judged, met.T).T
    for group, pools in enumerate(group_pools(problem, judged), len(problem.bodies)):
        if len(pools) == 1:
            told.mean["level_met"][:, group] = met[:, pools[0]]
    at = {service.assurance: k for service, k in zip(services, picked, strict=True)}
    return _entries(problem, judged, numbers, at, told, few)


def _grid(needed: Ints, chosen: Ints, people: Ints) -> Ints:
    """Return workstations [pool] from too few to plenty by way of the chosen ones.

    No pool's number falls on the way. Where all draws need about the same number, its neighbours
    show how the risk falls.
    """
    lean, plenty = (order_statistic(needed, share) for share in (_LEAN, _PLENTY))
    wider = np.maximum(0, STEPS - 1 - (plenty - lean))
    lean, plenty = np.maximum(0, lean - (wider + 1) // 2), np.minimum(people, plenty + wider // 2)
    between = chosen[np.argsort(chosen.sum(axis=1), kind="stable")]
    knots = np.maximum.accumulate(np.stack([lean, *between, plenty]), axis=0)
    way = knots.sum(axis=1).astype(float)
    along = np.linspace(way[0], way[-1], STEPS)
    steps = np.stack([np.interp(along, way, numbers) for numbers in knots.T], axis=1)
    every = np.unique(np.concatenate([np.rint(steps).astype(np.int64), knots]), axis=0)
    ordered: Ints = every[np.argsort(every.sum(axis=1), kind="stable")]
    return ordered


def _curve(problem: Problem, plan: PolicyPlan, grid: Ints, needed: Ints, threads: int) -> _Curve:
    """Return risk and level met at every step and place, over sizing draws."""

    def work(first: int, count: int) -> dict[str, np.ndarray]:
        draws = sampling.draw(problem, first, count, "sizing")
        people = draw_staff(problem, plan, draws)
        least = needed[:, first : first + count]
        days = days_to_judge(problem, plan, people, draws)
        steps = [_risk_at(problem, plan, people, numbers, least, days) for numbers in grid]
        return {name: np.stack([step[name] for step in steps]) for name in steps[0]}

    blocks = list(in_order(work, needed.shape[1], _BLOCK, threads))
    found = {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in blocks[0]}
    return _Curve(
        {name: values.mean(axis=-1) for name, values in found.items()},
        {name: mean_error(values, problem.run.design) for name, values in found.items()},
    )


def mean_error(values: Floats, design: Design) -> Floats:
    """Return the standard error of the mean over the last axis, consecutive draws.

    That of the replicates of a Sobol design, whose every 16th draw is one; NaN of too few draws.
    """
    count = values.shape[-1]
    if design == "mc":
        return np.asarray(values.std(axis=-1, ddof=1) / math.sqrt(count))
    if count < REPLICATES:
        return np.full(values.shape[:-1], np.nan)
    means = np.stack([values[..., r::REPLICATES].mean(axis=-1) for r in range(REPLICATES)])
    return np.asarray(means.std(axis=0, ddof=1) / math.sqrt(REPLICATES))


def days_to_judge(
    problem: Problem, plan: PolicyPlan, people: Staff, draws: Draws
) -> tuple[np.ndarray, np.ndarray] | None:
    """Draw the days of ``risk_at``, where anything that it looks up has no exact form."""
    if _LOOKED_UP & drawn_variables(problem, plan):
        return drawn_days(problem, plan, people, draws)
    return None


def risk_at(
    problem: Problem,
    plan: PolicyPlan,
    people: Staff,
    provided: Ints,
    days: tuple[np.ndarray, np.ndarray] | None,
) -> Arrays:
    """Return the risk at given workstations, exact wherever it has an exact form.

    Parameters
    ----------
    problem : Problem
    plan : PolicyPlan
    people : Staff
    provided : int64[body, draw]
    days : tuple of arrays or None
        From ``days_to_judge``.

    Returns
    -------
    dict of str to float64[body or group, draw]
    """
    found: Arrays = {"workstations": provided}
    if days is not None:
        wanted = _LOOKED_UP & drawn_variables(problem, plan)
        found |= risk_on_days(problem, plan, people, provided, days, wanted)
    found |= exact_presence(people)
    if exact_days(problem, plan):
        found |= exact_risk(problem, plan, people, provided, found)
    return found | use(plan, found)


def _risk_at(
    problem: Problem,
    plan: PolicyPlan,
    people: Staff,
    by_body: Ints,
    needed: Ints,
    days: tuple[np.ndarray, np.ndarray] | None,
) -> dict[str, np.ndarray]:
    """Return risk and level met at one number of workstations, [place, draw]."""
    provided = np.repeat(by_body[:, None], needed.shape[1], axis=1)
    found = risk_at(problem, plan, people, provided, days)
    met, together = level_met(problem, plan, needed, found)
    unmet, sharing = (
        np.stack([found[name][list(bodies)].sum(axis=0) for bodies in problem.groups.values()])
        for name in ("unmet_people", "sharing_people")
    )
    of_groups = {
        "shortage_per_day": found["group_shortage_per_day"],
        "shortage_per_week": found["group_shortage_per_week"],
        "shortage_per_person": ratio(unmet, sharing),
        "unmet_people": unmet,
    }
    risk = {name: np.concatenate([found[name], of_groups[name]]) for name in RISKS}
    # who never comes is never without a workstation
    risk["shortage_per_person"] = np.nan_to_num(risk["shortage_per_person"])
    return risk | {"level_met": np.concatenate([met, together]).astype(np.float64)}


def _entries(
    problem: Problem,
    plan: PolicyPlan,
    numbers: Ints,
    picked: dict[float, int],
    told: _Curve,
    few: _Curve,
) -> list[Entry]:
    """Return the steps [step, pool] of every place, each number of workstations once."""
    assert plan.service is not None
    level = {plan.service.level: plan.service.share}
    grid = np.stack([split(problem, plan, step) for step in numbers])
    members = [*((b,) for b in range(len(problem.bodies))), *problem.groups.values()]
    found = []
    for row, (name, scope, bodies) in enumerate(zip(*places(problem), members, strict=True)):
        own = grid[:, list(bodies)].sum(axis=1).tolist()
        pools = [q for q, pool in enumerate(plan.pools) if not set(pool).isdisjoint(bodies)]
        last = {number: k for k, number in enumerate(own)} | {own[k]: k for k in picked.values()}
        steps = sorted(last.values())
        saved = _saved(few, row, numbers[:, pools].sum(axis=1), steps)
        for k, marginal in zip(steps, saved, strict=True):
            chosen = [assurance for assurance, at in picked.items() if own[at] == own[k]]
            found.append(
                {
                    "policy": plan.name,
                    "scope": scope,
                    "body": name,
                    "level": level,
                    "workstations": own[k],
                    "chosen": bool(chosen),
                    "assurances": chosen,
                    "level_met": float(told.mean["level_met"][k, row]),
                    **{risk: float(told.mean[risk][k, row]) for risk in RISKS},
                    **{f"{risk}_mcse": _finite(told.error[risk][k, row]) for risk in RISKS},
                    **marginal,
                }
            )
    return found


def _saved(few: _Curve, row: int, provided: Ints, steps: Sequence[int]) -> list[Entry]:
    """Return what each workstation more in the place's pools takes off the risk, step by step."""
    found: list[Entry] = []
    for k, after in itertools.pairwise(steps):
        more = int(provided[after] - provided[k])
        lost = {name: few.mean[risk][[k, after], row] for name, risk in MARGINAL.items()}
        found.append({name: float((a - b) / more) for name, (a, b) in lost.items()})
    return [*found, dict.fromkeys(MARGINAL)]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
