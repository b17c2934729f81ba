"""The people of later years: the problem with its staff grown, and what they require."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sim.sampling import quantile
from sim.sizing import size

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.problem import Floats, Ints, PolicyPlan, Problem


def medians(problem: Problem) -> tuple[Floats, ...]:
    """Return the median of every unknown, float64[1, 1] each.

    Parameters
    ----------
    problem : Problem
    """
    half = np.array([0.5])
    return tuple(
        np.full((1, 1), 0.5)
        if unknown.distribution.kind == "simplex"
        else quantile(unknown.distribution, half)[None]
        for unknown in problem.unknowns
    )


def growth(problem: Problem) -> float:
    """Return the yearly growth of the staff, its median; nothing where the scenario says nothing.

    Parameters
    ----------
    problem : Problem
        With an estate.
    """
    assert problem.estate is not None, "asked for only with an estate"
    index = problem.estate.growth
    return 0.0 if index is None else float(medians(problem)[index].item())


def grown(problem: Problem, factor: float) -> Problem:
    """Return the problem with so many times its staff, rounded in each body.

    Parameters
    ----------
    problem : Problem
    factor : float

    Returns
    -------
    Problem
        The posts of each body are scaled in proportion, the largest remainders first. What happens
        within days is left out: its teams are people of today.
    """
    if factor == 1.0:
        return problem
    people = np.maximum(1, np.rint(problem.headcount * factor)).astype(np.int64)
    policies = tuple(_scaled(policy, people) for policy in problem.policies)
    return replace(problem, headcount=people, policies=policies, occupancy=None)


def _scaled(policy: PolicyPlan, people: Ints) -> PolicyPlan:
    groups = list(policy.groups)
    for body, number in enumerate(people):
        mine = [k for k, group in enumerate(groups) if group.body == body]
        exact = np.array([groups[k].staff for k in mine], float)
        exact *= number / max(exact.sum(), 1.0)
        whole = np.floor(exact).astype(np.int64)
        first = np.argsort(whole - exact, kind="stable")[: number - whole.sum()]
        whole[first] += 1
        for k, staff in zip(mine, whole.tolist(), strict=True):
            groups[k] = replace(groups[k], staff=staff)
    return replace(policy, groups=tuple(groups), in_hours=False)


def required(
    problem: Problem, threads: int = 1, progress: Callable[[int], None] | None = None
) -> tuple[Ints, tuple[Problem, ...]]:
    """Return the workstations that the estate's policy requires at the end of each year.

    Parameters
    ----------
    problem : Problem
        With an estate.
    threads : int
        Blocks of sizing draws computed at the same time.
    progress : callable, optional
        Told how many years are done.

    Returns
    -------
    workstations : int64[body, year]
        One number that meets the level with the assurance, as ``officesim size`` finds it. The
        staff has grown by a year at the end of the second year, by two at that of the third.
    problems : tuple of Problem
        With the staff of each year.
    """
    assert problem.estate is not None, "asked for only with an estate"
    yearly = 1 + growth(problem)
    chosen = problem.policy_names.index(problem.estate.policy)
    problems: list[Problem] = []
    found: list[Ints] = []
    for year in range(problem.estate.years):
        same = year and yearly == 1.0
        problems.append(problem if same else grown(problem, yearly**year))
        if same:
            found.append(found[0])
        else:
            plan = problems[-1].policies[chosen]
            assert plan.service is not None, "the loader asks for a service level"
            found.append(size(problems[-1], plan, plan.service, threads)[0])
        if progress is not None:
            progress(year + 1)
    return np.stack(found, axis=1), tuple(problems)
