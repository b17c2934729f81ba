"""What a release is worth: the engine against a slow twin, its ledgers, and what must hold."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import replace
from functools import cache

import naive_money
import numpy as np
import pytest
from click.testing import CliRunner
from handmade import JIT, RICH, planned, results, values_of, without_levels, written
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.trace import trace
from sim.analysis.worth import benefits, dominant_unconfirmed, line_weights, line_worth
from sim.appraisal import Worth, ledgers
from sim.cli import cli
from sim.engine import simulate
from sim.results.store import read_draws
from sim.sampling import draw
from sim.scenario.appraisal import Line
from sim.variables import APPRAISAL, BODY

APPRAISED = """
[appraisal]
base_year = 2026
years = 9
discount_rate = { uniform = [0.02, 0.09] }
inflation = { uniform = [0.01, 0.05] }
vacated = [0.25, 0.75, 1.0]
staff_growth = -0.01
vacant_filled = [0.0, 0.5, 0.8]
handed_back = "floor"
vat_rate = 0.16
exchange = { USD = { uniform = [0.8, 1.0] } }

[appraisal.line.rent]
per = "m2"
running = "rent"
avoidable_share = { uniform = [0.3, 0.9] }
vat_share = 0.5
escalation = { uniform = [-0.01, 0.03] }

[appraisal.line.letting]
per = "m2"
of = "vacated"
amount = 20
flow = "income"

[appraisal.line.exit]
per = "m2"
of = "vacated"
year = "vacated"
amount = { uniform = [30, 90] }
vat_share = 1.0
base_year = 2023

[appraisal.line.owned]
per = "m2"
amount = 60
avoidable_share = 1.0
kind = "non_cash"

[appraisal.line.furniture]
per = "workstation"
year = 2
life = 3
amount = { uniform = [300, 500] }
residual_share = { uniform = [0.1, 0.3] }
kind = "cost_avoidance"

[appraisal.line.moves]
per = "workstation"
borne_by = "policies"
year = "vacated"
amount = 100
index = 1.2
residual_share = 0.1

[appraisal.line.it]
per = "workstation"
amount = 50
avoidable_share = { workstation = 0.1, floor = { uniform = [0.4, 0.6] }, building = 1.0 }

[appraisal.line.kit]
per = "person"
of = "away"
year = 0
life = 4
amount = { uniform = [400, 900] }
currency = "USD"
vat_share = 1.0

[appraisal.line.coaching]
per = "person"
of = "away"
year = 1
life = 3
amount = { uniform = [60, 90] }
residual_share = 0.2
policies = ["ratio", "invested"]

[appraisal.line.energy]
per = "person"
of = "present"
amount = 10

[appraisal.line.allowance]
per = "person"
of = "combined"
amount = 15
kind = "transfer"

[appraisal.line.archive]
per = "once"
year = 1
amount = 9000

[appraisal.line.refit]
per = "once"
borne_by = "baseline"
year = 3
amount = 40000
accrues_to = "whole_government"
"""
COUNT = 12 if JIT else 3
close = np.testing.assert_allclose
SHARES = ("avoidable_share", "vat_share")
TABLE = tomllib.loads(APPRAISED)["appraisal"]


@cache
def made(*overrides):
    problem = without_levels(written(f"{RICH}\n{APPRAISED}", *overrides))
    return problem, *results(problem, COUNT)


@cache
def by_year(*overrides):
    problem, draws, _ = made(*overrides)
    return simulate(problem, draws, by_year=True)


def number(problem, draws, given, stream, i):
    """Return the value of an input in a draw, under its path; else what is written."""
    streams = [unknown.stream for unknown in problem.unknowns]
    return draws.values[streams.index(stream)][0, i] if stream in streams else given


def one_draw(problem, draws, i):
    """Return the appraisal's tables with the values of one draw in them."""
    said = {"mid": problem.appraisal.mid, "exchange": {}}
    for key, given_ in TABLE.items():
        if key not in ("line", "exchange"):
            said[key] = number(problem, draws, given_, f"appraisal.{key}", i)
    rate = TABLE["exchange"]["USD"]
    said["exchange"]["USD"] = number(problem, draws, rate, "appraisal.exchange.USD", i)
    said["years"] = problem.appraisal.years
    lines = {}
    for name, line in TABLE["line"].items():
        at = f"appraisal.line.{name}"
        lines[name] = {k: number(problem, draws, v, f"{at}.{k}", i) for k, v in line.items()}
        if isinstance(line.get("avoidable_share"), dict) and "floor" in line["avoidable_share"]:
            own = number(problem, draws, None, f"{at}.avoidable_share.floor", i)
            lines[name]["avoidable_share"] = {"floor": own}
        if "running" in line:
            lines[name]["amount"] = number(problem, draws, None, "cost.running.rent", i)
    return said, lines


def place(problem, found, policy, b, i):
    """Return the numbers of one body from which quantities are taken."""
    names = {"required": "required_area", "released": "released_area", "remote": "remote_staff"}
    names |= {"workstations": "workstations", "combined": "combined_staff"}
    names["present"] = "onsite_mean"
    there = found.sel(policy=policy)
    numbers = {key: float(there[name][b, i]) for key, name in names.items()}
    numbers |= {"policy": policy, "vacant": int(problem.vacant_posts[b])}
    staff = int(problem.headcount[b]), int(problem.headcount.sum())
    numbers |= {"staff": staff[0], "all_staff": staff[1]}
    return numbers | {"workstations_today": int(problem.workstations[b])}


def twin(problem, draws, found, policy, b, i):
    """Return by line the cost of doing nothing and the savings of one body and draw."""
    said, lines = one_draw(problem, draws, i)
    before, after = (place(problem, found, name, b, i) for name in ("baseline", policy))
    return said, {n: naive_money.flows(line, before, after, said) for n, line in lines.items()}


def nominal_rates(said):
    """Return the discount rate with inflation in it, (1 + d) (1 + I) - 1, for every year."""
    rate = (1 + said["discount_rate"]) * (1 + said["inflation"]) - 1
    return [rate] * said["years"]


VARIANTS = [(), ('appraisal.timing="mid"',), ("appraisal.years=3",)]


@pytest.mark.parametrize("overrides", VARIANTS, ids=str)
def test_worth_is_that_of_the_twin(overrides):
    problem, draws, found = made(*overrides)
    yearly = by_year(*overrides)
    for policy in ("ratio", "building", "invested"):
        for b in range(3):
            for i in range(0, COUNT, 5):
                check_body(problem, draws, found, yearly, policy, b, i)


def check_body(problem, draws, found, yearly, policy, b, i):
    said, lines = twin(problem, draws, found, policy, b, i)
    rates, mid, years = nominal_rates(said), said["mid"], said["years"]
    level = [(1 + said["inflation"]) ** naive_money.moment(t, mid) for t in range(years + 1)]
    budget, whole, cost = (np.zeros(years + 1) for _ in range(3))
    running, invested, cash = (np.zeros(years + 1) for _ in range(3))
    gains = losses = 0.0
    for name, (before, saved) in lines.items():
        flow = np.array([year["budget"] for year in saved])
        budget += flow
        cost += before
        whole += [year["whole"] for year in saved]
        one_off = "year" in TABLE["line"][name]
        running, invested = running + flow * (not one_off), invested - flow * one_off
        cuts = TABLE["line"][name].get("kind", "cash_releasing") == "cash_releasing"
        cash += flow * (cuts and not one_off)
        worth = naive_money.npv(flow, rates, mid)
        gains, losses = gains + max(worth, 0), losses + max(-worth, 0)
    got = {
        v.name: float(found[v.name].sel(policy=policy)[b, i]) for v in APPRAISAL if v.dims == BODY
    }
    worth = naive_money.npv(budget, rates, mid)
    whole = whole / np.array(level)
    scale = {"rtol": 1e-9, "atol": 1e-6}
    close(yearly["net_saving"].sel(policy=policy)[b, :, i], budget, **scale)
    close(yearly["net_saving_whole_government"].sel(policy=policy)[b, :, i], whole, **scale)
    close(got["npv"], worth, **scale)
    real = [said["discount_rate"]] * years
    close(got["npv_whole_government"], naive_money.npv(whole, real, mid), **scale)
    close(got["life_cycle_cost"], naive_money.npv(cost, rates, mid) - worth, **scale)
    people = int(problem.headcount[b])
    close(got["life_cycle_cost_per_person"], got["life_cycle_cost"] / people)
    close(got["cash_saving"], (cash / level)[1:].sum() / years, **scale)
    assert got["npv_positive"] == (worth > 0)
    operating, spent = (naive_money.npv(x, rates, mid) for x in (running, invested))
    ratios = {"sir": (operating, spent), "benefit_cost_ratio": (gains, losses)}
    for key, (over, under) in ratios.items():
        close(got[key], over / under if under > 0 else math.nan, rtol=1e-8)
    constant = budget / level
    expected = {
        "airr": naive_money.airr(running, invested, rates, None, mid),
        "irr": naive_money.irr(list(budget), mid),
        "payback_simple": naive_money.payback(list(constant)),
        "payback_discounted": naive_money.payback(
            [f * naive_money.discount_factor(real, t, mid) for t, f in enumerate(constant)]
        ),
    }
    for key, value in expected.items():
        close(got[key], math.nan if value is None else value, rtol=1e-6, atol=1e-8)


def test_doing_nothing_is_worth_nothing_and_costs_what_it_costs():
    problem, draws, found = made()
    nothing = found.sel(policy="baseline")
    for name in ("npv", "npv_positive", "npv_whole_government", "cash_saving"):
        assert (nothing[name] == 0).all()
    for name in ("sir", "airr", "irr", "payback_simple", "payback_discounted"):
        assert np.isnan(nothing[name]).all()
    assert (nothing["life_cycle_cost"] > 0).all()
    total = found["life_cycle_cost"] + found["npv"]
    close(total, total.sel(policy="baseline").broadcast_like(total), rtol=1e-12)
    assert problem.policies[0].name == "baseline"
    assert draws.count == COUNT


def test_groups_are_worth_what_their_bodies_are_together():
    problem, draws, found = made()
    for g, bodies in enumerate(problem.groups.values()):
        for i in range(0, COUNT, 4):
            total = np.zeros(problem.appraisal.years + 1)
            for b in bodies:
                _, lines = twin(problem, draws, found, "ratio", b, i)
                for _, saved in lines.values():
                    total += [year["budget"] for year in saved]
            expected = naive_money.irr(list(total))
            got = {
                name: float(found[f"group_{name}"].sel(policy="ratio")[g, i])
                for name in ("irr", "npv_positive")
            }
            close(got["irr"], math.nan if expected is None else expected, rtol=1e-6)
            npv = found["npv"].sel(policy="ratio")[list(bodies), i].sum()
            assert got["npv_positive"] == (npv > 0)


def test_nominal_rates_are_real_ones_with_inflation():
    """(1 + D) = (1 + d) (1 + I): the same rate said either way gives the same worth."""
    keys = ("appraisal.inflation=0.04", "appraisal.discount_rate=0.05")
    _, _, real = made(*keys)
    nominal = f"appraisal.discount_rate={1.05 * 1.04 - 1!r}"
    _, _, same = made(keys[0], nominal, 'appraisal.rates="nominal"')
    for variable in APPRAISAL:
        close(real[variable.name], same[variable.name], rtol=1e-9, atol=1e-6)


def test_a_reinvestment_rate_moves_the_adjusted_rate_only():
    keys = ("appraisal.inflation=0.0", "appraisal.discount_rate=0.05")
    problem, draws, low = made(*keys)
    _, _, high = made(*keys, "appraisal.reinvestment_rate=0.08")
    assert (high["npv"] == low["npv"]).all()
    assert (high["irr"].fillna(0) == low["irr"].fillna(0)).all()
    said, lines = twin(problem, draws, high, "ratio", 0, 0)
    parts = {False: np.zeros(said["years"] + 1), True: np.zeros(said["years"] + 1)}
    for name, (_, saved) in lines.items():
        parts["year" in TABLE["line"][name]] += [year["budget"] for year in saved]
    expected = naive_money.airr(parts[False], -parts[True], [0.05] * 9, 0.08)
    found = float(high["airr"].sel(policy="ratio")[0, 0])
    close(found, math.nan if expected is None else expected, rtol=1e-9)


def test_stepped_rates_are_those_of_the_years():
    steps = "appraisal.discount_rate=[{from_year=0,rate=0.05},{from_year=4,rate=0.02}]"
    problem, draws, found = made(steps, "appraisal.inflation=0.0")
    said, lines = twin(problem, draws, found, "ratio", 1, 2)
    rates = [0.05] * 3 + [0.02] * 6
    flows = [[year["budget"] for year in saved] for _, saved in lines.values()]
    expected = sum(naive_money.npv(flow, rates) for flow in flows)
    close(float(found["npv"].sel(policy="ratio")[1, 2]), expected, rtol=1e-10)
    assert said["years"] == len(rates)


KINDS = ("cash_releasing", "non_cash", "cost_avoidance", "transfer")


@given(
    st.sampled_from(KINDS),
    st.sampled_from(["budget_holder", "whole_government"]),
    st.booleans(),
    st.floats(0, 1),
    st.floats(0, 1e9),
)
def test_ledgers_reconcile_to_the_cent(kind, whose, income, rate, amount):
    """Whole government = budget holder - transfers - VAT + opportunity cost, for any line."""
    problem, draws, _ = made()
    plan = problem.appraisal
    vat = next(line.vat_share for line in plan.lines if line.name == "rent")
    line = replace(plan.lines[0], kind=kind, accrues_to=whose, income=income, vat_share=vat)
    values = list(draws.values)
    values[plan.vat] = np.full((1, COUNT), rate)
    shares = ledgers(replace(plan, lines=(line,)), replace(draws, values=tuple(values)))
    seen = {name: amount * share[0, 0] for name, share in shares.items()}
    bridged = seen["budget_holder"] - seen["transfers"] - seen["vat"] + seen["opportunity_cost"]
    close(seen["whole_government"], bridged, rtol=0, atol=0.005)
    said = {"kind": kind, "accrues_to": whose, "vat_share": 0.5}
    expected = naive_money.ledger(said, -amount if income else amount, rate)
    close(seen["budget_holder"], np.full(COUNT, expected["budget"]), rtol=1e-12)


def test_every_line_reconciles_in_every_draw():
    problem, draws, found = made()
    arrays = [
        {str(name): x.to_numpy() for name, x in found.sel(policy=p).items()}
        for p in problem.policy_names
    ]
    worth = Worth(problem, problem.appraisal, draws, arrays[0])
    for policy, own in zip(problem.policies, arrays, strict=True):
        present = worth.saved(policy, own) * worth.times.change[:, None]
        part = {name: present * share for name, share in worth.shares.items()}
        bridged = part["budget_holder"] - part["transfers"] - part["vat"]
        close(part["whole_government"], bridged + part["opportunity_cost"], rtol=0, atol=0.005)
        close(own["npv"], part["budget_holder"].sum(axis=0), rtol=1e-12, atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.1, 10.0))
def test_worth_is_linear_in_prices(factor):
    """All prices times a factor: money times it, ratios, rates and years as they were."""
    problem, draws, found = made()
    lines = [replace(line, amounts=(*line.amounts, len(draws.values))) for line in plan_lines()]
    scaled = replace(problem, appraisal=replace(problem.appraisal, lines=tuple(lines)))
    more = replace(draws, values=(*draws.values, np.full((1, COUNT), factor)))
    arrays = [
        {str(name): x.to_numpy() for name, x in found.sel(policy=p).items()}
        for p in ("baseline", "ratio")
    ]
    policy = problem.policies[problem.policy_names.index("ratio")]
    new = Worth(scaled, scaled.appraisal, more, arrays[0]).of(policy, arrays[1], by_year=False)
    for variable in APPRAISAL:
        times = factor if variable.unit.startswith("currency") else 1.0
        if not variable.whole and variable.name in new:
            expected = arrays[1][variable.name] * times
            close(new[variable.name], expected, rtol=1e-7, atol=1e-7 * factor)


def plan_lines():
    return made()[0].appraisal.lines


@settings(max_examples=10, deadline=None)
@given(st.integers(-20, 20))
def test_worth_does_not_depend_on_the_name_of_the_year(shift):
    """Base year and years of prices moved together change no number."""
    moved = made(
        f"appraisal.base_year={2026 + shift}", f"appraisal.line.exit.base_year={2023 + shift}"
    )
    for variable in APPRAISAL:
        np.testing.assert_array_equal(made()[2][variable.name], moved[2][variable.name])


def test_without_an_appraisal_nothing_is_worth_anything():
    problem = without_levels(written(RICH))
    _, found = results(problem, 4)
    assert all(np.isnan(found[variable.name]).all() for variable in APPRAISAL)
    assert line_weights(problem) == {}
    assert dominant_unconfirmed(problem, {}, ["body.a.headcount"]) == []


def test_an_appraisal_moves_no_other_number():
    """Its inputs are drawn behind all others."""
    _, _, found = made()
    _, bare = results(without_levels(written(RICH)), COUNT)
    for name in set(bare.data_vars) - {variable.name for variable in APPRAISAL}:
        np.testing.assert_array_equal(bare[name], found[name])


def test_a_trace_adds_up_to_the_cent():
    problem = planned(made()[0], draws=COUNT)
    for policy in problem.policy_names[1:]:
        chain = trace(problem, policy, 2)
        for b, body in enumerate(problem.bodies):
            lines = [x for x in chain if x["body"] == body]
            worth = math.fsum(x["value"] for x in lines if x["name"].startswith("worth."))
            (npv,) = (x["value"] for x in lines if x["name"] == "npv")
            assert abs(worth - npv) < 0.005
            (whole,) = (x["value"] for x in lines if x["name"] == "npv_whole_government")
            parts = [x["value"] for x in lines if x["name"].startswith("whole_government.")]
            assert abs(math.fsum(parts) - whole) < 0.005
            assert npv == float(made()[2]["npv"].sel(policy=policy)[b, 2])
            years = {x["name"].rpartition(".")[2] for x in lines if x["name"].startswith("worth.")}
            assert {"2026", "2035"} <= years
            paid = {x["name"].split(".")[1] for x in lines if x["name"].startswith("worth.")}
            assert ("coaching" in paid) == (policy in ("ratio", "invested"))


def test_amounts_and_shares_may_differ_by_body():
    """A rent, an avoidable share and a share with VAT of each body's own."""
    own = '{uniform=[10,20],per="body"}'
    shares = [f"appraisal.line.rent.{key}={{uniform=[0.2,0.9],per='body'}}" for key in SHARES]
    problem, draws, found = made(f"cost.running.rent={own}", *shares)
    rent = values_of(problem, draws, "cost.running.rent/each")
    assert (rent[0] != rent[1]).all()
    expected = worth_of_bodies(problem, draws, found)
    close(found["npv"].sel(policy="ratio")[:, 1], expected, rtol=1e-9)


def worth_of_bodies(problem, draws, found):
    """Return the worth of each body in draw 1, with the rent of its own."""
    worth = []
    said, lines = one_draw(problem, draws, 1)
    for b in range(3):
        rent = dict(lines["rent"])
        rent["amount"] = values_of(problem, draws, "cost.running.rent/each")[b, 1]
        for key in SHARES:
            rent[key] = values_of(problem, draws, f"appraisal.line.rent.{key}/each")[b, 1]
        before, after = (place(problem, found, name, b, 1) for name in ("baseline", "ratio"))
        total = 0.0
        for line in (lines | {"rent": rent}).values():
            _, saved = naive_money.flows(line, before, after, said)
            flow = [year["budget"] for year in saved]
            total += naive_money.npv(flow, nominal_rates(said), said["mid"])
        worth.append(total)
    return worth


def test_a_line_asks_for_what_it_needs():
    """Defaults: everybody has a cost, only policies have a sum, VAT is off."""
    line = Line.model_validate({"per": "once", "amount": 5, "year": 0})
    assert (line.borne_by, line.saves_with_space) == (None, False)
    by_name = {line.name: line for line in plan_lines()}
    assert by_name["archive"].borne_by == "policies"
    assert by_name["kit"].of == "away"
    assert by_name["exit"].gap == 3
    assert by_name["letting"].vat_share is None


def test_a_dominant_figure_without_confirmation_makes_it_illustrative():
    problem, _, _ = made()
    weights = line_weights(problem)
    people = {name for name, line in TABLE["line"].items() if line["per"] == "person"}
    assert set(weights) == set(TABLE["line"]) | {f"{name}.vacant" for name in people}
    assert 0 <= min(weights.values()) <= max(weights.values()) <= 1
    heavy = max(weights, key=lambda name: weights[name])
    light = next(name for name in weights if weights[name] < 0.02)
    paths = [f"appraisal.line.{heavy}.amount", f"appraisal.line.{light}.amount"]
    assert dominant_unconfirmed(problem, weights, paths) == paths[:1]
    for path in ("appraisal.discount_rate", "policy.ratio.eligible", "body.town.headcount"):
        assert dominant_unconfirmed(problem, weights, [path]) == [path]
    assert dominant_unconfirmed(problem, weights, ["readiness.kit.cost_per_person"]) == []
    if weights["rent"] >= 0.1:
        assert dominant_unconfirmed(problem, weights, ["cost.running.rent"])


def test_the_do_minimum_of_a_name_is_that_policy():
    _, _, found = made('appraisal.do_minimum="ready"')
    least = found["npv"].sel(policy="ready")
    np.testing.assert_array_equal(found["npv_over_minimum"], found["npv"] - least)
    assert (found["npv_over_minimum"].sel(policy="ready") == 0).all()


def test_the_do_minimum_without_a_name_gives_up_workstations_beyond_the_posts():
    """Of 27 for 25 posts two go, with their space; elsewhere there are no more than posts."""
    problem, draws, found = made()
    least = found["npv"].sel(policy="ratio") - found["npv_over_minimum"].sel(policy="ratio")
    assert (least[[0, 2]] == 0).all()
    said, lines = one_draw(problem, draws, 1)
    before = place(problem, found, "baseline", 1, 1)
    given_up = 2 * float(draws.values[problem.space.workstation][0, 1])
    after = before | {"workstations": 25, "released": given_up, "policy": "least"}
    after["required"] = before["required"] - given_up
    total = 0.0
    for line in lines.values():
        if line.get("borne_by", "all") == "all" and line["per"] != "once":
            _, saved = naive_money.flows(line, before, after, said)
            flow = [year["budget"] for year in saved]
            total += naive_money.npv(flow, nominal_rates(said), said["mid"])
    close(float(least[1, 1]), total, rtol=1e-9)


def test_vacant_posts_that_are_filled_cost_as_people_do():
    """All of them filled in year 1 and kept: as if filled posts were so many more from then on."""
    problem, _, found = made("appraisal.vacant_filled=[1.0]")
    _, _, none = made("appraisal.vacant_filled=[0.0]")
    names = {line.name for line in problem.appraisal.lines}
    assert {"kit.vacant", "energy.vacant"} <= names
    more = found["life_cycle_cost"].sel(policy="baseline") - none["life_cycle_cost"].sel(
        policy="baseline"
    )
    assert (more[1] == 0).all()
    assert (more[[0, 2]] > 0).all()


def test_a_line_that_is_for_some_policies_is_nothing_to_others():
    _, _, found = made()
    _, _, without = made("appraisal.line.coaching.amount=0.0")
    same = found["npv"] == without["npv"]
    bears = {"ratio", "invested"}
    for policy in found["policy"].to_numpy():
        assert bool(same.sel(policy=policy).all()) == (policy not in bears)


def test_the_register_of_benefits_says_whose_from_when_and_how_measured():
    problem, _, _ = made()
    found = line_worth(problem)
    register = {line.line: line for line in benefits(problem, found)}
    rent = register["rent"]
    assert (rent.kind, rent.beneficiary) == ("cash_releasing", "budget holder")
    assert (rent.first_year, rent.full_year) == (2027, 2029)
    assert rent.measured_by == "m² kept, against today"
    assert register["owned"].beneficiary == "whole government"
    assert register["refit"].beneficiary == "others in government"
    assert register["refit"].first_year == register["refit"].full_year == 2029
    assert not {"moves", "exit", "coaching", "archive"} & set(register)
    p = problem.policy_names.index("ratio")
    assert found.draws == 64
    assert found.present[p].sum() == pytest.approx(
        float(simulate(problem, draw(problem, 0, 64))["npv"][p].sum("body").mean("draw"))
    )


@pytest.mark.jit
def test_the_command_stores_years_only_with_draws(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(f"{RICH}\n{APPRAISED}")
    words = ["run", str(path), "--draws", "32", "--json", "--out", str(tmp_path), "--keep-draws"]
    shown = CliRunner().invoke(cli, [*words, "--set", "run.sizing_draws=16"])
    assert shown.exit_code == 0, shown.output
    said = json.loads(shown.stdout)
    assert said["appraisal"]["illustrative"] is False
    assert said["appraisal"]["dominant_unconfirmed"] == []
    for entry in said["appraisal"]["value_at_risk"]:
        (npv,) = (
            x
            for x in said["metrics"]
            if x["name"] == "npv" and all(x[k] == entry[k] for k in ("policy", "scope", "body"))
        )
        assert entry["value_at_risk"] == -npv["p05"]
    phasing = said["appraisal"]["phasing"]
    assert [year["vacated"] for year in phasing[:4]] == [0.0, 0.25, 0.75, 1.0]
    assert [year["vacant_posts_filled"] for year in phasing[:4]] == [0.0, 0.0, 0.5, 0.8]
    assert phasing[0]["net_saving"]["ratio"] < 0 == phasing[0]["net_saving"]["baseline"]
    assert {"npv", "irr", "cash_saving"} <= {entry["name"] for entry in said["metrics"]}
    with read_draws(tmp_path / "result.nc") as kept:
        assert kept["net_saving"].dims == ("policy", "body", "year", "draw")
        assert kept["year"].to_numpy().tolist() == list(range(2026, 2036))
        assert kept.sizes["draw"] == 32
    assert "net_saving" not in made()[2]
