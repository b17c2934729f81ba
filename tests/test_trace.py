"""A traced draw, rebuilt step by step in plain Python from its inputs and drawn counts."""

from __future__ import annotations

import json
import math
from functools import cache

import naive
import numpy as np
import pytest
from click.testing import CliRunner

from sim.analysis.trace import trace
from sim.cli import cli
from sim.engine import simulate
from sim.preprocess import build
from sim.sampling import draw
from sim.scenario.load import load_texts

SCENARIO = """
[scenario]
name = "traced"
area_basis = "usable"
currency = "KZT"

[run]
draws = 32
sizing_draws = 16
weeks = 2

[[body]]
name = "a"
headcount = 40
workstations = 44
area_m2 = 700
fixed_m2 = 50
offices = { chief = 2 }
blocks = [{ name = "A", staff = 30, eligible = { uniform = [0.6, 0.9] } },
          { name = "B", staff = 10, eligible = 0.2 }]

[[body]]
name = "b"
headcount = 25
workstations = 25
area_m2 = 400
blocks = [{ name = "A", staff = 25, eligible = 0.7 }]

[attendance]
weekday = [0.9, 1.2, 1.1, 1.1, 0.7]
absence = { uniform = [0.05, 0.15] }
clustering = { uniform = [0.01, 0.05] }
shared = { common = 0.3, week = 0.2 }
compliance = { uniform = [0.7, 1.0] }

[readiness.skills]
today = { uniform = [0.5, 0.7] }
target = 0.9
cost_per_person = { uniform = [10, 20] }

[readiness.kit]
today = 0.95
target = 0.8
cost_per_person = 5

[area]
workstation_m2 = { uniform = [8, 12] }
office = { chief = 18 }
meeting = { share = 0.2, seat_m2 = 2 }

[cost.running]
rent = { uniform = [100, 200] }
heat = 7

[policy.mixed]
eligible = "blocks"
readiness = "target"
modes = { remote = { uniform = [0.3, 0.5] }, combined = 0.4 }
days_on_site = 2
workstations = { per_person = { uniform = [0.6, 0.8] } }
dedicated = { secrets = 0.07, counter = 0.05 }

[policy.sized]
extends = "mixed"
readiness = "today"
workstations = { service = { per_day = 0.9 } }

[policy.spread]
extends = "mixed"
readiness = "none"
workstations = { fixed = { a = 30, b = 20 } }
"""
DRAWS = (0, 17, 31)
POLICIES = ("baseline", "mixed", "sized", "spread")


@cache
def problem():
    return build(load_texts({"scenario.toml": SCENARIO}).scenario)


@cache
def main_run():
    return simulate(problem(), draw(problem(), 0, 32))


@cache
def traced(policy, index):
    """Return value by body and name."""
    found = {body: {} for body in problem().bodies}
    for line in trace(problem(), policy, index):
        found[line["body"]][line["name"]] = line["value"]
    return found


@pytest.fixture(params=[(p, i, b) for p in POLICIES for i in DRAWS for b in ("a", "b")], ids=str)
def chain(request):
    policy, index, body = request.param
    return policy, index, body, traced(policy, index)[body]


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def cohorts(found):
    """Return the names of the cohorts with people, those who come least first."""
    return [name for name in ("remote", "combined", "onsite") if f"cohort.{name}" in found]


def sharing(found):
    """Return the people who share by cohort: holders of dedicated ones come in most."""
    people = {name: int(found[f"cohort.{name}"]) for name in cohorts(found)}
    left = int(found["dedicated_workstations"])
    for name in reversed(people):
        taken = min(left, people[name])
        people[name] -= taken
        left -= taken
    return people


def test_results_are_those_of_the_main_run(chain):
    policy, index, body, found = chain
    run = main_run().sel(policy=policy, body=body, draw=index)
    checked = 0
    for name, value in found.items():
        if name in run:
            expected = run[name].to_numpy()
            if value is None:
                assert np.isnan(expected).all()
            else:
                assert np.array_equal(np.array(value), expected)
            checked += 1
    assert checked >= 14


def test_counts_and_modes(chain):
    _, _, body, found = chain
    staff = {"a": 40, "b": 25}[body]
    assert found["headcount"] == staff
    assert 0 <= found["ready_staff"] <= found["eligible_staff"] <= staff
    away = found["remote_staff"] + found["combined_staff"]
    assert away <= found["ready_staff"]
    assert found["onsite_staff"] == staff - away
    assert sum(found[f"cohort.{name}"] for name in cohorts(found)) == staff


def test_readiness(chain):
    policy, _, _, found = chain
    today = [found.get(f"readiness.{gate}.today", 1.0) for gate in ("skills", "kit")]
    expected = {
        "baseline": 1.0,
        "mixed": max(today[0], 0.9) * max(today[1], 0.8),
        "sized": today[0] * today[1],
        "spread": 1.0,
    }
    assert found["ready_share"] == close(expected[policy])


def test_days_and_presence(chain):
    _, _, _, found = chain
    kept = 1 - found["attendance.absence"]
    present = np.zeros(5)
    for name in cohorts(found):
        days = {"remote": 0.0, "onsite": 5.0}.get(name)
        if days is None:
            days = found["days_on_site"] * found["attendance.compliance"]
        assert found[f"days.{name}"] == close(days)
        due = np.array(naive.water_filling(days, found["attendance.weekday"])) * kept
        assert found[f"presence.{name}"] == close(due)
        present += found[f"cohort.{name}"] * due
    assert found["onsite_by_weekday"] == close(present)
    assert found["onsite_mean"] == close(present.mean())


def test_workstations(chain):
    policy, _, body, found = chain
    there = found["headcount"] - found["remote_staff"]
    assert found["not_fully_remote"] == there
    shares = [0.07, 0.05] if policy != "baseline" else []
    dedicated = naive.dedicated_count(shares, found["headcount"], there)
    assert found["dedicated_workstations"] == dedicated
    assert found["people_who_share"] == there - dedicated
    if policy == "mixed":
        ratio = found["workstations.per_person"]
        expected = naive.per_person_workstations(ratio, there - dedicated, dedicated)
        assert found["workstations"] == expected
    elif policy != "sized":
        known = {"baseline": {"a": 44, "b": 25}, "spread": {"a": 30, "b": 20}}
        assert found["workstations"] == known[policy][body]


@pytest.mark.parametrize(("policy", "body"), [("mixed", "a"), ("spread", "b")])
def test_shortage(policy, body):
    found = traced(policy, 17)[body]
    limit = max(0, int(found["workstations"] - found["dedicated_workstations"]))
    people = sharing(found)
    r = found["attendance.clustering"]
    short, unmet = [], []
    for day in range(5):
        chances = [found[f"presence.{name}"][day] for name in people]
        risk = naive.shocked_shortage(list(people.values()), chances, r, limit)
        short.append(risk[0])
        unmet.append(risk[1])
    assert found["shortage_by_weekday"] == pytest.approx(short, rel=1e-5, abs=1e-8)
    assert found["shortage_per_day"] == pytest.approx(np.mean(short), rel=1e-5, abs=1e-8)
    assert found["unmet_people"] == pytest.approx(np.mean(unmet), rel=1e-5, abs=1e-8)
    mean = sum(people[name] * np.mean(found[f"presence.{name}"]) for name in people)
    assert found["sharing_people"] == close(mean)


def test_needed_workstations_meet_the_level_and_one_fewer_does_not():
    found = traced("sized", 17)["b"]
    people = sharing(found)
    week = [
        (list(people.values()), [found[f"presence.{name}"][day] for name in people])
        for day in range(5)
    ]
    least = naive.needed("per_day", 0.9, week, found["attendance.clustering"])
    assert found["workstations_needed"] == least + found["dedicated_workstations"]


def test_area(chain):
    policy, _, body, found = chain
    today = {"a": 700, "b": 400}[body]
    assert found["area_today"] == today
    required = today
    if policy != "baseline":
        required = naive.required_area(
            found["fixed_area"],
            found["workstations"],
            found["area.workstation_m2"],
            {"a": 2, "b": 0}[body],
            found["area.office.chief"],
            found["area.meeting.share"] * max(found["onsite_by_weekday"]),
            found["area.meeting.seat_m2"],
        )
    assert found["required_area"] == close(required)
    assert found["released_area"] == close(naive.released_area(today, required))


def test_money(chain):
    policy, _, _, found = chain
    per_m2 = found["cost.running.rent"] + found["cost.running.heat"]
    saved = naive.vacated_running_cost(found["released_area"], per_m2)
    assert found["vacated_running_cost"] == close(saved)
    if policy != "mixed":
        assert "investment" not in found
        return
    gates = [
        (
            found[f"readiness.{gate}.today"],
            found[f"readiness.{gate}.target"],
            found[f"readiness.{gate}.cost_per_person"],
        )
        for gate in ("skills", "kit")
    ]
    invested = naive.investment(found["eligible_staff"], gates)
    assert found["investment"] == close(invested)
    years = naive.payback_years(invested, saved)
    assert found["payback_years"] == (None if years is None else close(years))


def test_how_names_the_figures_of_each_step():
    lines = trace(problem(), "mixed", 17)
    how = {line["name"]: line["how"] for line in lines if line["body"] == "a"}
    found = traced("mixed", 17)["a"]
    assert how["eligible_staff"].startswith("drawn from Binomial(30, 0.")
    assert "Binomial(10, 0.2)" in how["eligible_staff"]
    assert how["ready_staff"].startswith(f"drawn from Binomial({found['eligible_staff']:.0f}, ")
    assert how["readiness.skills.today"] == "drawn from uniform(0.5, 0.7)"
    assert how["modes.combined"] == "stated"
    assert how["workstations"].startswith("ceil(0.")


def test_pools_and_fixed_days_can_be_traced():
    text = SCENARIO.replace("[attendance]", '[attendance]\nrule = "fixed_days"')
    text = text.replace('readiness = "none"', 'readiness = "none"\npool = "all"')
    other = build(load_texts({"scenario.toml": text}).scenario)
    lines = {(e["body"], e["name"]): e for e in trace(other, "spread", 3)}
    assert "a, b" in lines["a", "shortage_by_weekday"]["how"]
    run = simulate(other, draw(other, 0, 8)).sel(policy="spread", draw=3)
    for body in ("a", "b"):
        value = lines[body, "shortage_per_day"]["value"]
        assert value == float(run["shortage_per_day"].sel(body=body))


def test_the_command_prints_the_same_chain(tmp_path):
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    words = ["run", str(path), "--trace", "policy=mixed,draw=17"]
    shown = CliRunner().invoke(cli, [*words, "--json"])
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["trace"] == trace(problem(), "mixed", 17)
    text = CliRunner().invoke(cli, words).stdout
    assert "a: 5 workstations" in text
    assert "b: 9 money" in text
    assert math.isfinite(traced("mixed", 17)["b"]["released_area"])
