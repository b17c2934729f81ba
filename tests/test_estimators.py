"""The two estimators agree on every mean that is linear in the distribution of a day.

They share staff and rates, so the difference of a draw has mean 0 exactly; |z| < 5 each. A cell
in which fewer than 100 draws of the sampled estimator differ from 0, or from 1, is not near
normal; there the sum is within 5 √(its largest possible variance). About 900 cells: a right
engine fails for one seed in 1,900 (900 × 5.7e-7).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from handmade import RICH, SCENARIOS, planned, results, shipped, without_levels, written

from sim.risk import drawn_variables, exact_days, exact_weeks

COUNT = 2_000
pytestmark = pytest.mark.jit
DAYS = ("shortage_per_day", "unmet_people", "group_shortage_per_day")
WEEKS = ("shortage_per_week", "group_shortage_per_week")
MEANS = ("onsite_mean", "sharing_people")


def pair(problem, count=COUNT):
    """Return the datasets of both estimators on the same draws."""
    problem = without_levels(problem)
    return problem, *(
        results(planned(problem, estimator=estimator), count)[1]
        for estimator in ("sampled", "conditional")
    )


def linear(problem, plan):
    names = MEANS
    if exact_days(problem, plan):
        names += DAYS
    if exact_weeks(problem, plan):
        names += WEEKS
    return [name for name in names if name not in drawn_variables(problem, plan)]


def z_score(sampled, exact, most):
    """Return z of the mean difference; ``most`` is the largest value that can be sampled."""
    gap = sampled - exact
    lively = min(np.count_nonzero(sampled), np.count_nonzero(sampled < most))
    if lively >= 100 and np.ptp(gap) > 0:
        return gap.mean() / (gap.std(ddof=1) / math.sqrt(gap.size))
    bound = np.sum(exact * (most - exact).clip(0)) + 1e-12 * gap.size
    return gap.sum() / math.sqrt(bound + 1e-30)


def disagreements(problem, sampled, conditional):
    """Return every cell whose estimators differ by five standard errors or more."""
    found, cells = [], 0
    for plan in problem.policies:
        for name in linear(problem, plan):
            one, two = (x[name].sel(policy=plan.name).to_numpy() for x in (sampled, conditional))
            most = float(problem.headcount.sum()) if name in (*MEANS, "unmet_people") else 1.0
            for place, (a, b) in enumerate(zip(one, two, strict=True)):
                cells += 1
                z = z_score(a, b, most)
                if not abs(z) < 5:
                    found.append((plan.name, name, place, z))
    return found, cells


@pytest.mark.parametrize("name", SCENARIOS)
def test_estimators_agree_in_every_shipped_scenario(name):
    problem, sampled, conditional = pair(shipped(name))
    found, cells = disagreements(problem, sampled, conditional)
    assert cells >= 20
    assert not found


CASES = {
    "plain": (),
    "clustered": ("attendance.clustering=0.1", "attendance.shared={common=0.4,week=0.3}"),
    "own shocks": ("attendance.clustering={uniform=[0.0,0.3]}",),
    "weeks": ("attendance.clustering=0.2", "attendance.shared.week=0.6"),
    "nearly all shared": ("attendance.clustering=0.05", "attendance.shared.common=0.9"),
    "fixed days": ('attendance.rule="fixed_days"',),
    "fixed days, clustered": ('attendance.rule="fixed_days"', "attendance.clustering=0.1"),
    "nobody away": ("attendance.absence=0.0", "attendance.clustering=0.05"),
}


@pytest.mark.parametrize("case", CASES)
def test_estimators_agree_whatever_the_attendance(case):
    """A scenario with dedicated places and shared pools, under each form of attendance."""
    problem, sampled, conditional = pair(written(RICH, *CASES[case]), 700)
    found, _ = disagreements(problem, sampled, conditional)
    assert not found


def test_pools_of_several_bodies_agree_as_a_whole():
    """A body's part of a pool's unmet people is a ratio, biased in few days; the pool is not."""
    _, sampled, conditional = pair(written(RICH))
    for name in ("building", "all"):
        one, two = (x["unmet_people"].sel(policy=name).sum("body") for x in (sampled, conditional))
        assert abs(z_score(one.to_numpy(), two.to_numpy(), 116.0)) < 5


def test_what_was_drawn_in_both_is_the_same_luck():
    problem, sampled, conditional = pair(shipped("attendance-order"), 32)
    for name in ("onsite_peak", "group_onsite_peak", "eligible_staff", "workstations"):
        assert (sampled[name] == conditional[name]).all()
    assert not (sampled["onsite_mean"] == conditional["onsite_mean"]).all()
    assert problem.run.sizing_draws == 16


def test_conditional_names_what_it_has_to_draw():
    """Its list is exactly the variables that change with the number of weeks."""
    for case in ((), CASES["clustered"], CASES["fixed days"]):
        problem = without_levels(written(RICH, *case))
        few, many = (results(planned(problem, weeks=weeks), 24)[1] for weeks in (3, 5))
        for plan in problem.policies:
            moved = {
                name
                for name in few.data_vars
                if not np.array_equal(
                    few[name].sel(policy=plan.name),
                    many[name].sel(policy=plan.name),
                    equal_nan=True,
                )
            }
            told = drawn_variables(problem, plan)
            derived = {"occupied_workstations", "payback_years"}
            assert moved - derived <= told
