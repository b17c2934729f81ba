"""The risk that a workstation is missing: exact given the draw, or from days drawn one by one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import days as day_kernels
from sim.kernels import presence
from sim.kernels.area import ratio
from sim.kernels.binomial import scratch_size
from sim.kernels.pools import Pools
from sim.kernels.presence import WEEKDAYS
from sim.kernels.shortage import Members, shortage
from sim.kernels.shortdays import ShortDays, count_short_days
from sim.people import Staff, count_present, draw_shocks
from sim.problem import Arrays, Floats, Ints, PolicyPlan, Problem
from sim.sampling import Draws

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

_LEAST_OWN_SHOCK = 1 / 16


def clusters(problem: Problem) -> bool:
    """Whether a day's shock moves people together."""
    clustering = problem.unknowns[problem.attendance.clustering].distribution
    return clustering.parameters != (0.0,)


def exact_days(problem: Problem, plan: PolicyPlan) -> bool:
    """Whether the chance of a shortage on a day has an exact form.

    Bodies of one pool feel different shocks, so their sum has none; nor are the nodes of
    ``sim.kernels.shock`` dense enough where nearly all of the shock is shared.
    """
    if not clusters(problem):
        return True
    own = 1 - max(problem.attendance.common, problem.attendance.week)
    return own >= _LEAST_OWN_SHOCK and all(len(pool) == 1 for pool in plan.pools)


def exact_weeks(problem: Problem, plan: PolicyPlan) -> bool:
    """Whether the chance of a shortage within a week has an exact form: not with fixed days."""
    return exact_days(problem, plan) and not problem.attendance.fixed_days


def drawn_variables(problem: Problem, plan: PolicyPlan) -> frozenset[str]:
    """Return the variables that are sampled day by day although ``conditional`` was asked for."""
    names = {"onsite_peak", "group_onsite_peak"}
    if problem.occupancy is not None and problem.occupancy.stated_teams:
        names |= {"worst_team_shortage", "group_worst_team_shortage"}
    if plan.in_hours or not exact_days(problem, plan):
        names |= {"shortage_per_day", "shortage_by_weekday", "group_shortage_per_day"}
        names |= {"shortage_per_person", "unmet_people", "utilisation"}
    if plan.in_hours or not exact_weeks(problem, plan):
        names |= {"shortage_per_week", "group_shortage_per_week"}
    elif clusters(problem) and problem.attendance.common > 0 and problem.attendance.week > 0:
        names |= {"group_shortage_per_week"}
    return frozenset(names)


def shared(plan: PolicyPlan, people: Staff, provided: Ints) -> Ints:
    """Return the workstations that each pool shares, int64[pool, draw]."""
    free: Ints = np.maximum(0, pooled(plan, provided - people.dedicated))
    return free


def pooled(plan: PolicyPlan, by_body: np.ndarray) -> np.ndarray:
    """Add up bodies to pools along the first axis."""
    return np.stack([functools.reduce(np.add, (by_body[b] for b in pool)) for pool in plan.pools])


def spread(plan: PolicyPlan, by_pool: np.ndarray) -> np.ndarray:
    """Give every body the value of its pool, along the first axis."""
    pool_of = {b: q for q, pool in enumerate(plan.pools) for b in pool}
    return by_pool[[pool_of[b] for b in range(len(pool_of))]]


def group_pools(problem: Problem, plan: PolicyPlan) -> list[list[int]]:
    """Return the pools in which each tier, and the total, have bodies."""
    return [
        [q for q, pool in enumerate(plan.pools) if not members.isdisjoint(pool)]
        for members in map(set, problem.groups.values())
    ]


def _by_person(plan: PolicyPlan, unmet: np.ndarray, sharing: np.ndarray) -> np.ndarray:
    """Divide a pool's unmet people over its bodies by their people present, float64[body, draw]."""
    total = spread(plan, pooled(plan, sharing))
    share = np.divide(sharing, total, out=np.zeros_like(total), where=total > 0)
    own: np.ndarray = share * spread(plan, unmet)
    return own


def pool_layout(problem: Problem, plan: PolicyPlan, people: Staff) -> tuple[Pools, int, int]:
    """Return the pools, the most cohorts in one and the scratch its sums need."""
    capacity = max(map(len, plan.pools)) * people.cohorts.shape[0]
    most = max(int(problem.headcount[list(pool)].sum()) for pool in plan.pools)
    return Pools(*_end_to_end(plan.pools)), capacity, scratch_size(most, capacity)


def _end_to_end(sets: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Return where each set starts in an array of all their members, and that array."""
    start = np.concatenate([[0], np.cumsum([len(one) for one in sets])])
    return start, np.array([member for one in sets for member in one])


def drawn_risk(
    problem: Problem,
    plan: PolicyPlan,
    people: Staff,
    provided: Ints,
    draws: Draws,
    shocks: Floats | None = None,
) -> Arrays:
    """Compute presence and shortage from days drawn one by one, where the estimator needs them."""
    days = drawn_days(problem, plan, people, draws, shocks)
    wanted = drawn_variables(problem, plan) if problem.run.estimator == "conditional" else None
    return risk_on_days(problem, plan, people, provided, days, wanted)


def drawn_days(
    problem: Problem, plan: PolicyPlan, people: Staff, draws: Draws, shocks: Floats | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw people present, int32[body, week, weekday, draw]: those who share, and all of them."""
    weeks = problem.run.weeks
    if shocks is None:
        shocks = draw_shocks(problem, draws, weeks)
    sharing = count_present(problem, people, draws, people.sharing, 0, weeks, shocks)
    if not plan.dedicated:
        return sharing, sharing
    holders = count_present(problem, people, draws, people.holders, 1, weeks, shocks)
    return sharing, sharing + holders


def risk_on_days(
    problem: Problem,
    plan: PolicyPlan,
    people: Staff,
    provided: Ints,
    days: tuple[np.ndarray, np.ndarray],
    wanted: Collection[str] | None = None,
) -> Arrays:
    """Compute presence and shortage on the days of ``drawn_days``: all, or what is wanted."""
    sharing, present = days
    weeks = sharing.shape[1]

    @functools.cache
    def short() -> ShortDays:
        pools = Pools(*_end_to_end(plan.pools))
        members = Members(*_end_to_end(group_pools(problem, plan)))
        return count_short_days(sharing, pools, members, shared(plan, people, provided))

    def unmet_people() -> np.ndarray:
        unmet = short().unmet / (weeks * WEEKDAYS)
        return _by_person(plan, unmet, sharing.mean(axis=(1, 2)))

    known: dict[str, Callable[[], np.ndarray]] = {
        "onsite_by_weekday": lambda: present.mean(axis=1),
        "onsite_mean": lambda: present.mean(axis=(1, 2)),
        "onsite_peak": lambda: _peaks(present, [[b] for b in range(len(present))]),
        "sharing_people": lambda: sharing.mean(axis=(1, 2)),
        "shortage_by_weekday": lambda: spread(plan, short().days / weeks),
        "shortage_per_day": lambda: spread(plan, short().days.sum(axis=1) / (weeks * WEEKDAYS)),
        "shortage_per_week": lambda: spread(plan, short().weeks / weeks),
        "unmet_people": unmet_people,
        "group_onsite_peak": lambda: _peaks(present, list(problem.groups.values())),
        "group_shortage_per_day": lambda: short().any_days / (weeks * WEEKDAYS),
        "group_shortage_per_week": lambda: short().any_weeks / weeks,
    }
    return {name: find() for name, find in known.items() if wanted is None or name in wanted}


def _peaks(present: np.ndarray, groups: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the mean over weeks of the fullest day's count, float64[group, draw]."""
    start, members = _end_to_end(groups)
    out = np.empty((len(groups), present.shape[-1]))
    day_kernels.week_peaks(present, start, members, out)
    return out


def exact_presence(people: Staff) -> Arrays:
    """Compute mean presence, which needs no days to be drawn."""
    _, bodies, count = people.cohorts.shape
    present = np.empty((bodies, WEEKDAYS, count))
    sharing = np.empty((bodies, WEEKDAYS, count))
    presence.mean_present(people.attendance, people.cohorts, present)
    presence.mean_present(people.attendance, people.sharing, sharing)
    return {
        "onsite_by_weekday": present,
        "onsite_mean": present.mean(axis=1),
        "sharing_people": sharing.mean(axis=1),
    }


def exact_risk(
    problem: Problem, plan: PolicyPlan, people: Staff, provided: Ints, found: Arrays
) -> Arrays:
    """Compute the shortage from the exact distribution of people present, given the draw."""
    limits = shared(plan, people, provided)
    groups = group_pools(problem, plan)
    count, total = limits.shape[1], len(groups)
    members = Members(*_end_to_end(groups))
    short, unmet = (np.empty((len(plan.pools), WEEKDAYS, count)) for _ in range(2))
    week = np.empty((len(plan.pools), count))
    any_day, any_week = (np.empty((total, count)) for _ in range(2))
    pools, capacity, scratch = pool_layout(problem, plan, people)
    shortage(
        people.attendance,
        clusters(problem),
        people.sharing,
        pools,
        members,
        limits,
        capacity,
        scratch,
        short,
        unmet,
        week,
        any_day,
        any_week,
    )
    risk = {
        "shortage_by_weekday": spread(plan, short),
        "shortage_per_day": spread(plan, short.mean(axis=1)),
        "unmet_people": _by_person(plan, unmet.mean(axis=1), found["sharing_people"]),
        "group_shortage_per_day": any_day,
    }
    if exact_weeks(problem, plan):
        drawn = found.get("group_shortage_per_week", any_week)
        risk["shortage_per_week"] = spread(plan, week)
        risk["group_shortage_per_week"] = np.where(np.isnan(any_week), drawn, any_week)
    return risk


def use(plan: PolicyPlan, found: Arrays) -> Arrays:
    """Compute how far workstations are used, and the chance of a person to find none."""
    sharing, unmet = found["sharing_people"], found["unmet_people"]
    occupied = found["onsite_mean"] - unmet

    def in_pool(over: np.ndarray, under: np.ndarray) -> np.ndarray:
        return spread(plan, ratio(pooled(plan, over), pooled(plan, under)))

    return {
        "occupied_workstations": occupied,
        "shortage_per_person": in_pool(unmet, sharing),
        "utilisation": in_pool(occupied, found["workstations"]),
    }
