"""Workstations against risk and against cost: brute force over D with scipy's binomials.

Offices have one body, whose people are all in the combined mode and come independently, so that
the people present are binomial: n people, a share drawn with the days on site.
"""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest
from handmade import RICH, SADDLEPOINT, near, planned, shipped, written
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.analysis.leastcost import ShortagePrice, _least, cost_inputs, least_cost
from sim.analysis.sizing import MARGINAL, RISKS, mean_error, pooled_sizes, sizes
from sim.people import draw_staff
from sim.problem import ServicePlan
from sim.results.precision import standard_errors
from sim.risk import drawn_days
from sim.sampling import draw

N = 40
OFFICE = f"""
[scenario]
name = "made"
area_basis = "usable"
[run]
sizing_draws = 64
[[body]]
name = "a"
headcount = {N}
workstations = {N}
area_m2 = 400
[attendance]
weekday = [1, 1, 1, 1, 1]
absence = 0
compliance = 1
clustering = 0
[area]
workstation_m2 = 10
[cost.running]
rent = {{ uniform = [50, 150] }}
[policy.p]
eligible = 1.0
modes = {{ combined = 1.0 }}
days_on_site = {{ uniform = [1, 4] }}
"""
DEDICATED = OFFICE + "dedicated = { secret = { uniform = [0.0, 0.5] } }\n"
TWO = OFFICE + '[[body]]\nname = "b"\nheadcount = 25\nworkstations = 25\narea_m2 = 250\n'
PER_DAY = ServicePlan("per_day", 0.9, 0.9)


@cache
def office(text=OFFICE, draws=64):
    """Return the problem, shared so that no test computes another's twice."""
    return planned(written(text), sizing_draws=draws)


def drawn(problem, policy="p"):
    """Return rent, presence and dedicated workstations of every sizing draw of the first body."""
    plan = problem.policies[problem.policy_names.index(policy)]
    draws = draw(problem, 0, problem.run.sizing_draws, "sizing")
    rent = draws.values[problem.running_cost[0][1]][0]
    dedicated = draw_staff(problem, plan, draws).dedicated[0]
    return rent, draws.values[plan.days][0] / 5, dedicated


def unmet(n, p, limit):
    """Return E[(X - limit)+] of binomials, float64[draw]."""
    x = np.arange(np.max(n) + 1)[:, None]
    return (np.maximum(x - limit, 0) * stats.binom.pmf(x, n, p)).sum(axis=0)


def of_place(entries, scope="total", policy="p"):
    return [e for e in entries if (e["policy"], e["scope"]) == (policy, scope)]


def order_statistic(values, share):
    return sorted(values)[math.ceil(share * len(values) - 1e-9) - 1]


# --- the frontier ---------------------------------------------------------------------------


def test_the_offices_frontier_is_binomial():
    """180 people at 0.6, every draw alike: days, weeks of five, person-days and what one saves."""
    problem = planned(shipped("single-office"), sizing_draws=16)
    steps = of_place(sizes(problem, [ServicePlan("per_day", 0.95, 0.9)], ["pooled"]).frontier,
                     policy="pooled")  # fmt: skip
    present = stats.binom(180, 0.6)
    desks = [step["workstations"] for step in steps]
    assert desks == list(range(desks[0], desks[-1] + 1))
    assert 119 in desks
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        short, lost = present.sf(step["workstations"]), unmet(180, 0.6, step["workstations"])[0]
        assert near(step["shortage_per_day"], short, SADDLEPOINT)
        assert near(step["shortage_per_week"], 1 - (1 - short) ** 5, SADDLEPOINT)
        assert near(step["unmet_people"], lost, SADDLEPOINT)
        assert near(step["shortage_per_person"], lost / 108, SADDLEPOINT)
        assert all(step[f"{risk}_mcse"] < 1e-12 for risk in RISKS)
        if after is None:
            assert all(step[name] is None for name in MARGINAL)
        else:
            fewer = short - present.sf(after["workstations"])
            assert near(step["marginal_shortage_days"], fewer, 1e-3)
            # of one more workstation, E[(X - D)+] falls by P(X > D)
            assert near(step["marginal_unmet_people"], short, 1e-3)


@pytest.mark.jit
@pytest.mark.parametrize(("level", "share"), [("per_day", 0.9), ("per_week", 0.8)])
def test_sizes_and_risks_are_brute_force_over_draws(level, share):
    problem = office()
    _, p, _ = drawn(problem)
    asked = [ServicePlan(level, share, assurance) for assurance in (0.5, 0.9, 0.75)]
    found = sizes(problem, asked, ["p"])
    allowed = 1 - share if level == "per_day" else 1 - share ** (1 / 5)
    needed = [int(stats.binom.isf(allowed + 1e-12, N, q)) for q in p]
    for service, entry in zip(asked, of_place(found.sizes), strict=True):
        assert entry["assurance"] == service.assurance
        assert entry["level"] == {level: share}
        assert entry["workstations"] == order_statistic(needed, service.assurance)
        assert entry["level_met"] == np.mean(np.array(needed) <= entry["workstations"])
    steps = of_place(found.frontier)
    assert len({step["workstations"] for step in steps}) == len(steps)
    chosen = {a: step["workstations"] for step in steps for a in step["assurances"]}
    assert chosen == {e["assurance"]: e["workstations"] for e in of_place(found.sizes)}
    for step in steps:
        desks = step["workstations"]
        short = stats.binom.sf(desks, N, p)
        lost = unmet(N, p, desks)
        assert near(step["shortage_per_day"], short.mean(), 1e-6, 1e-12)
        assert near(step["shortage_per_week"], (1 - (1 - short) ** 5).mean(), 1e-6, 1e-12)
        assert near(step["unmet_people"], lost.mean(), 1e-6, 1e-12)
        assert near(step["shortage_per_person"], (lost / (N * p)).mean(), 1e-6, 1e-12)
        means = [short[r::16].mean() for r in range(16)]
        assert near(step["shortage_per_day_mcse"], np.std(means, ddof=1) / 4, 1e-5, 1e-12)
        assert step["chosen"] == bool(step["assurances"])


@pytest.mark.jit
def test_levels_and_assurances_asked_together_are_those_asked_alone():
    levels = [ServicePlan("per_day", 0.9, 0.8), ServicePlan("per_person", 0.98, 0.8)]
    together = sizes(office(), [*levels, PER_DAY], ["p"])
    alone = [size for one in [*levels, PER_DAY] for size in sizes(office(), [one], ["p"]).sizes]
    key = str
    assert sorted(together.sizes, key=key) == sorted(alone, key=key)
    assert {tuple(step["level"]) for step in together.frontier} == {("per_day",), ("per_person",)}


@pytest.mark.jit
@pytest.mark.parametrize("policy", ["ratio", "level", "building", "all"])
def test_more_workstations_never_harm(policy):
    problem = planned(written(RICH), sizing_draws=32, weeks=2)
    for scope in ("body", "tier", "total"):
        steps = of_place(sizes(problem, [PER_DAY], [policy]).frontier, scope, policy)
        for body in {step["body"] for step in steps}:
            own = [step for step in steps if step["body"] == body]
            assert [s["workstations"] for s in own] == sorted({s["workstations"] for s in own})
            for name in RISKS:
                values = [step[name] for step in own]
                assert all(a >= b - 1e-9 for a, b in itertools.pairwise(values))
            met = [step["level_met"] for step in own]
            assert met == sorted(met)
            saved = [step[name] for step in own[:-1] for name in MARGINAL]
            assert all(value >= -1e-9 for value in saved)


@pytest.mark.jit
def test_threads_change_nothing():
    problem = office(draws=300)
    price = ShortagePrice(8.0)
    assert sizes(problem, [PER_DAY], ["p"], 1) == sizes(problem, [PER_DAY], ["p"], 3)
    assert least_cost(problem, price, ["p"], 1) == least_cost(problem, price, ["p"], 3)


@pytest.mark.parametrize("design", ["sobol", "mc"])
def test_the_error_of_a_mean_is_that_of_the_replicates(design):
    values = np.random.default_rng(3).normal(size=(2, 320))
    found = mean_error(values, design)
    if design == "mc":
        np.testing.assert_allclose(found, stats.sem(values, axis=1))
    else:
        means = [[fmean[r::16].mean() for r in range(16)] for fmean in values]
        np.testing.assert_allclose(found, stats.sem(means, axis=1))
    assert np.isnan(mean_error(values[:, :9], "sobol")).all()


# --- pooling --------------------------------------------------------------------------------


@pytest.mark.jit
def test_one_pool_for_two_bodies_is_one_binomial():
    problem = planned(written(TWO, "policy.p.days_on_site=3"), sizing_draws=16)
    apart = sizes(problem, [PER_DAY], ["p"])
    pooled = pooled_sizes(problem, [PER_DAY], ["p"], apart.sizes)
    (entry,) = pooled.sizes
    alone = sum(int(stats.binom.isf(0.1, n, 0.6)) for n in (N, 25))
    together = int(stats.binom.isf(0.1, N + 25, 0.6))
    assert (entry["workstations"], entry["apart"]) == (together, alone)
    assert entry["pooling_gain"] == alone - together > 0
    for step in pooled.frontier:
        assert (step["scope"], step["policy"]) == ("total", "p")
        short = stats.binom.sf(step["workstations"], N + 25, 0.6)
        assert near(step["shortage_per_day"], short, 1e-6, 1e-12)


@pytest.mark.jit
def test_a_policy_with_one_pool_has_nothing_to_gain():
    problem = planned(written(RICH), sizing_draws=16)
    apart = sizes(problem, [PER_DAY], ["all", "level"])
    told = pooled_sizes(problem, [PER_DAY], ["all", "level"], apart.sizes)
    assert {entry["policy"] for entry in told.sizes} == {"level"}
    (of_all,) = [e for e in apart.sizes if (e["policy"], e["scope"]) == ("all", "total")]
    assert told.sizes[0]["workstations"] == of_all["workstations"]  # they differ in nothing else


# --- the least cost -------------------------------------------------------------------------


def yearly(problem, price, desks):
    """Return the cost of space and of shortage in every draw, brute force."""
    rent, p, dedicated = drawn(problem)
    shared = np.maximum(0, desks - dedicated)
    without = unmet(N - dedicated, p, shared) + np.maximum(0, dedicated - desks)
    return 10 * rent * desks, price.yearly * without


@pytest.mark.jit
@pytest.mark.parametrize("price", [3.0, 5.0, 8.0, 20.0, 100.0, 1e6])
@pytest.mark.parametrize("text", [OFFICE, DEDICATED], ids=["shared", "dedicated"])
def test_the_least_cost_is_brute_force_over_workstations(text, price):
    problem, said = office(text), ShortagePrice(price)
    (entry,) = of_place(least_cost(problem, said, ["p"]))
    costs = [sum(yearly(problem, said, desks)) for desks in range(N + 1)]
    best = int(np.argmin([cost.mean() for cost in costs]))
    assert entry["workstations"] == best
    space, shortage = yearly(problem, said, best)
    for name, values in (("space_cost", space), ("shortage_cost", shortage),
                         ("yearly_cost", space + shortage)):  # fmt: skip
        told = entry[name]
        size = abs(costs[best]).max()
        assert near(told["mean"], values.mean(), 1e-7, 1e-9 * size)
        error = np.std([values[r::16].mean() for r in range(16)], ddof=1) / 4
        assert near(told["mcse"], error, 1e-5, 1e-9 * size)
        half = standard_errors("sobol") * told["mcse"]
        np.testing.assert_allclose(told["interval"], [told["mean"] - half, told["mean"] + half])
        for key, q in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
            assert near(told[key], order_statistic(values, q), 1e-6, 1e-9 * size)
    by_draw = np.argmin(costs, axis=0)
    expected = {key: order_statistic(by_draw, q) for key, q in
                (("p05", 0.05), ("p50", 0.5), ("p95", 0.95))}  # fmt: skip
    assert entry["if_known"] == expected


@pytest.mark.jit
@pytest.mark.parametrize("ratio", [0.001, 0.05, 0.3, 0.6, 0.999, 1.0, 1.5])
def test_the_office_is_a_newsvendors(ratio):
    """Nothing but the day is uncertain: D is the quantile at 1 - c / (p N), with c = 1,200."""
    problem = planned(shipped("single-office", "cost.running.rent=100"), sizing_draws=16)
    price = ShortagePrice(1200 / ratio / 250, 250)
    (entry,) = of_place(least_cost(problem, price, ["pooled"]), policy="pooled")
    expected = int(stats.binom.ppf(1 - ratio, 180, 0.6)) if ratio < 1 else 0
    assert entry["workstations"] == expected
    assert entry["if_known"] == {"p05": expected, "p50": expected, "p95": expected}
    assert entry["today"] == 180
    assert near(entry["shortage_per_day"], stats.binom.sf(expected, 180, 0.6), SADDLEPOINT)
    assert near(entry["space_cost"]["mean"], 1200 * expected)


@pytest.mark.jit
@settings(max_examples=12)
@given(st.floats(2, 50), st.floats(1.05, 5))
def test_a_dearer_shortage_never_asks_for_fewer(price, more):
    (low,), (high,) = (
        of_place(least_cost(office(), ShortagePrice(p), ["p"])) for p in (price, more * price)
    )
    assert low["workstations"] <= high["workstations"]
    assert low["yearly_cost"]["mean"] <= high["yearly_cost"]["mean"] + 1e-9


@pytest.mark.jit
@pytest.mark.parametrize("policy", ["ratio", "level", "building", "all"])
def test_costs_and_numbers_add_up_over_bodies(policy):
    problem = planned(written(RICH), sizing_draws=32, weeks=2)
    found = least_cost(problem, ShortagePrice(30.0), [policy])
    (total,) = of_place(found, policy=policy)
    bodies = of_place(found, "body", policy)
    assert len(bodies) == 3
    assert total["workstations"] == sum(body["workstations"] for body in bodies)
    for name in ("yearly_cost", "space_cost", "shortage_cost"):
        assert near(total[name]["mean"], sum(body[name]["mean"] for body in bodies), 1e-9)
    parts = total["space_cost"]["mean"] + total["shortage_cost"]["mean"]
    assert near(total["yearly_cost"]["mean"], parts, 1e-12)


@pytest.mark.jit
@pytest.mark.parametrize("price", [6.0, 30.0])
def test_the_least_cost_of_days_that_are_drawn_is_brute_force(price):
    """Bodies of one pool that feel different shocks have no exact form: days are counted."""
    settings = ("attendance.clustering=0.1", "policy.p.pool=all", "policy.p.days_on_site=3")
    problem = planned(written(TWO, *settings), sizing_draws=32, weeks=3)
    plan = problem.policies[problem.policy_names.index("p")]
    draws = draw(problem, 0, 32, "sizing")
    people = draw_staff(problem, plan, draws)
    present = drawn_days(problem, plan, people, draws)[0].sum(axis=0)
    cost = 10 * draws.values[problem.running_cost[0][1]][0]
    said = ShortagePrice(price)
    by_number = [
        np.mean(cost * d + said.yearly * np.maximum(present - d, 0).mean(axis=(0, 1)))
        for d in range(N + 26)
    ]
    (entry,) = of_place(least_cost(problem, said, ["p"]))
    assert entry["workstations"] == int(np.argmin(by_number))
    assert near(entry["yearly_cost"]["mean"], min(by_number), 1e-9)
    steps = of_place(sizes(problem, [PER_DAY], ["p"]).frontier)
    for step in steps:
        over = present - step["workstations"]
        assert near(step["shortage_per_day"], (over > 0).mean(), 1e-9, 1e-12)
        assert near(step["shortage_per_week"], (over > 0).any(axis=1).mean(), 1e-9, 1e-12)


def test_a_workstation_costs_its_area_and_what_runs_it():
    paths = cost_inputs(written(RICH))
    assert paths == ("area.workstation_m2", "cost.running.rent", "cost.running.power")


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=1, max_size=6))
def test_the_search_finds_thresholds_from_any_guess_in_few_steps(cases):
    answer, guess = np.array(cases).T
    most, asked = np.full_like(answer, 3000), []

    def enough(number):
        asked.append(number)
        assert ((number >= 0) & (number <= most)).all()
        return number >= answer

    np.testing.assert_array_equal(_least(enough, most, guess), answer)
    assert len(asked) <= 30
