"""How many workstations a service level needs: per draw, and the one number to provide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from sim import sampling
from sim.executors import in_order
from sim.kernels import sizing
from sim.kernels.area import ratio, workstations_by_ratio
from sim.kernels.presence import WEEKDAYS
from sim.people import Staff, count_present, draw_staff, rows
from sim.problem import Arrays, Ints, PolicyPlan, Problem, ServicePlan
from sim.risk import (
    clusters,
    exact_days,
    exact_weeks,
    group_pools,
    pool_layout,
    pooled,
    spread,
)
from sim.sampling import Draws

SIZING_WEEKS = 200
"""Weeks from which a size is found where days must be drawn."""

_LEVELS = {"per_day": 0, "per_week": 1, "per_person": 2}
_SIZING_COUNTS = 2**24


_SIZES: WeakKeyDictionary[Problem, tuple[Ints | None, ...]] = WeakKeyDictionary()


def service_sizes(problem: Problem, threads: int = 1) -> tuple[Ints | None, ...]:
    """Return the one number of workstations, int64[body], of each policy with a service level.

    It is the order statistic, at the assurance, of the workstations needed in each of the
    ``sizing_draws`` of a stream of their own: whatever the run's draws and estimator, it stays.
    Found once for each problem.
    """
    if problem not in _SIZES:
        sized = [plan for plan in problem.policies if plan.service is not None]
        needed = dict(
            zip([plan.name for plan in sized], _needed(problem, sized, threads), strict=True)
        )
        _SIZES[problem] = tuple(
            None
            if plan.service is None
            else split(problem, plan, order_statistic(needed[plan.name], plan.service.assurance))
            for plan in problem.policies
        )
    return _SIZES[problem]


def size(
    problem: Problem, plan: PolicyPlan, service: ServicePlan, threads: int = 1
) -> tuple[Ints, Ints]:
    """Size the pools of a policy for a service level.

    Parameters
    ----------
    problem : Problem
    plan : PolicyPlan
    service : ServicePlan
        The level; it takes the place of what the policy says about workstations.
    threads : int
        Blocks of draws computed at the same time.

    Returns
    -------
    workstations : int64[body]
        One number for each body; a shared pool's number is split by headcount.
    needed : int64[pool, draw]
        Workstations needed in each sizing draw, dedicated ones included.
    """
    judged = replace(plan, service=service, per_person=None, fixed=None)
    (needed,) = _needed(problem, [judged], threads)
    return split(problem, plan, order_statistic(needed, service.assurance)), needed


def _needed(problem: Problem, plans: Sequence[PolicyPlan], threads: int) -> list[Ints]:
    """Return what policies with a service level need in each sizing draw, int64[pool, draw]."""
    total = problem.run.sizing_draws
    block = max(16, min(512, _SIZING_COUNTS // (len(problem.bodies) * SIZING_WEEKS * WEEKDAYS)))

    def work(first: int, count: int) -> list[Ints]:
        draws = sampling.draw(problem, first, count, "sizing")
        return [
            needed_by_draw(problem, plan, draw_staff(problem, plan, draws), draws) for plan in plans
        ]

    blocks = list(in_order(work, total, block, threads)) if plans else []
    return [np.concatenate(found, axis=1) for found in zip(*blocks, strict=True)]


def order_statistic(values: Ints, share: float) -> Ints:
    """Return the least value that at least a ``share`` of values along the last axis do not exceed.

    A product a rounding error above a whole rank counts as that rank.
    """
    count = values.shape[-1]
    rank = max(1, math.ceil(share * count - 1e-9))
    found: Ints = np.sort(values, axis=-1)[..., rank - 1]
    return found


def workstations_provided(
    problem: Problem, plan: PolicyPlan, people: Staff, one_number: Ints | None, draws: Draws
) -> Ints:
    """Return the workstations that the policy provides, dedicated ones included [body, draw]."""
    if plan.per_person is not None:
        sharing = problem.headcount[:, None] - people.cohorts[0] - people.dedicated
        ratio = rows(draws, plan.per_person)
        return workstations_by_ratio(ratio, sharing) + people.dedicated
    given = np.array(plan.fixed) if one_number is None else one_number
    return np.repeat(given[:, None], draws.count, axis=1)


def split(problem: Problem, plan: PolicyPlan, pooled: Ints) -> Ints:
    """Split each pool's number over its bodies by headcount, whole, largest remainders first.

    ``pooled`` is int64[pool] or int64[pool, draw]; the answer has bodies in place of pools.
    """
    out = np.zeros((len(problem.bodies), *pooled.shape[1:]), np.int64)
    for number, members in zip(pooled, plan.pools, strict=True):
        bodies = list(members)
        exact = np.multiply.outer(problem.headcount[bodies], number)
        exact = exact / problem.headcount[bodies].sum()
        parts = np.floor(exact).astype(np.int64)
        order = np.argsort(np.argsort(parts - exact, axis=0, kind="stable"), axis=0)
        out[bodies] = parts + (order < number - parts.sum(axis=0))
    return out


def needed_by_draw(problem: Problem, plan: PolicyPlan, people: Staff, draws: Draws) -> Ints:
    """Return the least workstations that meet the service level, int64[pool, draw]."""
    assert plan.service is not None
    kind, level = plan.service.level, plan.service.share
    exact = exact_weeks if kind == "per_week" else exact_days
    if exact(problem, plan):
        needed = np.empty((len(plan.pools), draws.count), np.int64)
        pools, capacity, scratch = pool_layout(problem, plan, people)
        sizing.needed(
            _LEVELS[kind],
            level,
            people.attendance,
            clusters(problem),
            people.sharing,
            pools,
            capacity,
            scratch,
            needed,
        )
    else:
        present = count_present(problem, people, draws, people.sharing, 0, SIZING_WEEKS)
        needed = np.stack(
            [needed_in(present[list(p)].sum(axis=0), kind, level) for p in plan.pools]
        )
    total: Ints = needed + pooled(plan, people.dedicated)
    return total


def level_met(
    problem: Problem, plan: PolicyPlan, needed: Ints, found: Arrays
) -> tuple[np.ndarray, np.ndarray]:
    """Tell in which draws the service level is met.

    Parameters
    ----------
    problem : Problem
    plan : PolicyPlan
        With a service level.
    needed : int64[pool, draw]
        From ``needed_by_draw``.
    found : dict of arrays
        The workstations provided, and the risk at that number.

    Returns
    -------
    met : bool[body, draw]
        By the body's pool.
    together : bool[group, draw]
        By the tier or the total as a whole.
    """
    assert plan.service is not None
    met = needed <= pooled(plan, found["workstations"])
    allowed = 1 - plan.service.share + sizing.LEVEL_TOLERANCE
    failure = {
        "per_day": found["group_shortage_per_day"],
        "per_week": found["group_shortage_per_week"],
        "per_person": np.stack(
            [
                ratio(found["unmet_people"][b].sum(axis=0), found["sharing_people"][b].sum(axis=0))
                for b in map(list, problem.groups.values())
            ]
        ),
    }[plan.service.level]
    together = [
        met[pools[0]] if len(pools) == 1 else np.nan_to_num(share) <= allowed
        for pools, share in zip(group_pools(problem, plan), failure, strict=True)
    ]
    return spread(plan, met), np.stack(together)


def needed_in(present: Ints, level: str, share: float) -> Ints:
    """Return the least workstations that meet a service level on drawn days, int64[draw].

    Parameters
    ----------
    present : int64[week, weekday, draw]
        People who share workstations.
    level : {"per_day", "per_week", "per_person"}
    share : float
        Success share.
    """
    if level == "per_week":
        return order_statistic(present.max(axis=1).T, share)
    counts = np.sort(present.reshape(-1, present.shape[-1]), axis=0)
    if level == "per_day":
        return order_statistic(counts.T, share)
    allowed = (1 - share) * counts.sum(axis=0)
    over = len(counts) - np.arange(len(counts))[:, None]
    unmet = counts[::-1].cumsum(axis=0)[::-1] - over * counts
    first = (unmet <= allowed).argmax(axis=0)
    steps = np.arange(present.shape[-1])
    slack = allowed - unmet[first, steps]
    least = counts[first, steps] - np.floor(slack / over[first, 0] + 1e-9)
    whole: Ints = np.maximum(least, 0).astype(np.int64)
    return whole
