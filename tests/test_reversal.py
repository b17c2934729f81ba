"""An order to come back: against a slow twin, and what must hold whatever the order."""

from __future__ import annotations

import json
from functools import cache

import naive
import naive_money
import naive_return
import numpy as np
import pytest
from click.testing import CliRunner
from handmade import FOLDER, JIT, RICH, planned, values_of, without_levels, written
from hypothesis import given, settings
from hypothesis import strategies as st
from test_appraisal import APPRAISED, one_draw, place

from sim.analysis.reversal import WEEKS, order, ordered_back, part_of_year, reversal
from sim.cli import cli
from sim.engine import simulate
from sim.kernels.presence import weekday_presence
from sim.people import draw_staff
from sim.preprocess import build
from sim.report.consequences import statistics
from sim.report.places import Results
from sim.report.returnfigures import draw_options, draw_unmet
from sim.sampling import draw
from sim.scenario.load import load

COUNT = 8 if JIT else 2
ORDER = """
[reversal]
probability = { uniform = [0.2, 0.9] }
year = { uniform = [1, 9] }
notice_weeks = { uniform = [2, 10] }
share = { uniform = [0.7, 1.0] }
stopgap_per_week = { uniform = [5, 9] }

[reversal.gate]
first_stage = 0.4
years = 2
shortage_days = 0.6

[reversal.exit.sell]
share = 0.3
returns = { uniform = [0.5, 0.9] }
weeks = { uniform = [20, 90] }
cost_per_m2 = { uniform = [100, 300] }
extra_per_m2 = { uniform = [10, 60] }

[reversal.exit.mothball]
share = 0.7
weeks = { uniform = [1, 30] }
cost_per_m2 = { uniform = [10, 30] }
"""
POLICIES = ("hybrid", "remote")
close = np.testing.assert_allclose


@cache
def made(*overrides):
    text = f"{RICH}\n{APPRAISED}\n{ORDER}"
    problem = planned(without_levels(written(text, *overrides)), draws=COUNT)
    draws = draw(problem, 0, COUNT)
    return problem, draws, simulate(problem, draws), reversal(problem)


def the_order(problem, draws, i):
    """Return the order of a draw with its ways out, soonest first."""

    def one(key):
        return float(values_of(problem, draws, f"reversal.{key}")[0, i])

    sold = (one("exit.sell.weeks"), 0.3 * one("exit.sell.returns"), one("exit.sell.cost_per_m2"))
    ways = [
        (*sold, one("exit.sell.extra_per_m2")),
        (one("exit.mothball.weeks"), 0.7, one("exit.mothball.cost_per_m2"), 0.0),
    ]
    return {
        "year": int(np.ceil(one("year"))),
        "notice": one("notice_weeks"),
        "share": one("share"),
        "stopgap": one("stopgap_per_week"),
        "comes": values_of(problem, draws, "reversal/comes")[0, i] < one("probability"),
        "ways": sorted(ways),
    }


def worth_of_stages(problem, draws, found, policy, i, stages, said_order):
    """Return the net present value of the parts [(part by body, delay), …] of a policy."""
    said, lines = one_draw(problem, draws, i)
    said["vacant_filled"] = [0.0, 0.5, 0.8]
    total = 0.0
    for b in range(3):
        before, after = (place(problem, found, name, b, i) for name in ("baseline", policy))
        for year in range(said["years"] + 1):
            discount = (1 + said["discount_rate"]) ** -naive_money.moment(year, said["mid"])
            for line in lines.values():
                fixed = line["per"] == "once" or line.get("borne_by") == "baseline"
                for parts, delay in stages[:1] if fixed else stages:
                    part = 1.0 if fixed else parts[b]
                    if part:
                        saved = naive_return.saved(
                            line, year, delay, before, after, said, said_order
                        )
                        total += part * saved * discount
    return total


@pytest.mark.parametrize("policy", ["ratio", "tight"])
def test_worth_with_and_without_the_order_is_that_of_the_twin(policy):
    problem, draws, found, got = made()
    for i in range(0, COUNT, 3):
        said = the_order(problem, draws, i)
        short = found["shortage_per_day"].sel(policy=policy)[:, i].to_numpy()
        goes_on = (short <= 0.6).astype(float)
        assert goes_on.sum() > 0 or policy == "tight"
        late = goes_on * (said["year"] > 2)
        cases = {
            "now": ([(np.ones(3), 0)], [(np.ones(3), 0)]),
            "staged": (
                [(np.full(3, 0.4), 0), (0.6 * goes_on, 2)],
                [(np.full(3, 0.4), 0), (0.6 * late, 2)],
            ),
        }
        for option, (free, ordered) in cases.items():
            of = got.sel(policy=policy, option=option).isel(draw=i)
            expected = worth_of_stages(problem, draws, found, policy, i, free, None)
            close(float(of["option_npv_free"]), expected, rtol=1e-8)
            kept = worth_of_stages(problem, draws, found, policy, i, ordered, said)
            back = float(of["return_cost"])
            close(float(of["option_npv_ordered"]), kept - back, rtol=1e-8, atol=1e-6)


def unmet_of(problem, draws, policy, b, i, there, share):
    """Return E[(X - D)+], mean over weekdays, of a body under the order, by exact sums."""
    plan = problem.policies[problem.policy_names.index(policy)]
    people = draw_staff(problem, plan, draws)
    due = ordered_back(people, np.full((1, draws.count), 5 * share))
    absence = due.attendance.absence[0, i]
    counts = [int(n) for n in due.sharing[:, b, i]]
    total = 0.0
    for day in range(5):
        chances = []
        for c in range(len(counts)):
            presence = np.empty(5)
            weekday_presence(due.attendance, c, b, i, presence)
            chances.append(presence[day] * (1 - absence))
        own = there - int(due.holders[:, b, i].sum())
        total += naive.shortage(counts, chances, max(own, 0))[1] / 5
    return total


def test_people_without_a_workstation_come_from_exact_sums():
    problem, draws, found, got = made()
    for i in range(0, COUNT, 5):
        said = the_order(problem, draws, i)
        vacated = naive_money.vacated([0.25, 0.75, 1.0], said["year"])
        unmet = []
        for step in range(3):
            gone = 1 - sum(share for _, share, *_ in said["ways"][:step])
            total = 0.0
            for b in range(3):
                today = int(problem.workstations[b])
                kept = float(found["workstations"].sel(policy="ratio")[b, i])
                there = int(np.floor(today - gone * vacated * (today - kept) + 1e-9))
                total += unmet_of(problem, draws, "ratio", b, i, there, said["share"])
            unmet.append(total)
        of = got.sel(policy="ratio", option="now").isel(draw=i)
        usual = float(found["unmet_people"].sel(policy="ratio")[:, i].sum())
        for week, seen in zip(WEEKS, of["unmet_in_week"].to_numpy(), strict=True):
            back = sum(weeks <= week for weeks, *_ in said["ways"])
            close(seen, unmet[back] if week >= said["notice"] else usual, rtol=1e-7, atol=1e-9)
        left = 52 * (problem.appraisal.years - said["year"])
        waited = naive_return.person_weeks(unmet, said["ways"], said["notice"], left)
        close(float(of["unmet_weeks"]), waited, rtol=0.01, atol=0.05)


def test_coming_back_costs_what_its_ways_cost():
    problem, draws, found, got = made()
    for i in range(COUNT):
        said = the_order(problem, draws, i)
        of = got.sel(policy="ratio", option="now").isel(draw=i)
        rate = values_of(problem, draws, "appraisal.discount_rate")[0, i]
        vacated = naive_money.vacated([0.25, 0.75, 1.0], said["year"])
        area = vacated * np.maximum(found["released_area"].sel(policy="ratio")[:, i], 0).sum()
        total = 0.0
        for year in range(said["year"] + 1, 10):
            discount = (1 + rate) ** -year
            for weeks, share, cost, extra in said["ways"]:
                if year - said["year"] == max(np.ceil(weeks / 52), 1):
                    total += float(area) * share * cost * discount
                there = naive_return.part_back([(weeks, 1.0, 0, 0)], said["year"], year)
                total += float(area) * share * extra * there * discount
        stopgap = float(of["return_cost"]) - total
        # weeks without are not spread over the years here: only their bounds are known
        waiting = float(of["unmet_weeks"]) * said["stopgap"]
        first, last = (1 + rate) ** -(said["year"] + 1), (1 + rate) ** -9.0
        assert last * waiting - 1e-6 <= stopgap <= first * waiting + 1e-6
        close(float(of["return_weeks"]), said["ways"][-1][0])


def test_the_worth_of_an_option_is_with_the_order_where_it_comes():
    problem, draws, found, got = made()
    for i in range(COUNT):
        said = the_order(problem, draws, i)
        one = got.isel(draw=i)
        name = "option_npv_ordered" if said["comes"] else "option_npv_free"
        np.testing.assert_array_equal(one["option_npv"], one[name])
    worth, regret = got["option_npv"].to_numpy(), got["regret"].to_numpy()
    assert (regret >= 0).all()
    assert (regret.min(axis=1) == 0).all()
    close(worth + regret, np.broadcast_to(worth.max(axis=1, keepdims=True), worth.shape))
    never = got.sel(option="never")
    assert (never["option_npv"] == 0).all()
    assert (never["return_cost"] == 0).all()
    free = got["option_npv_free"].sel(option="now")
    npv = found["npv"].sum("body").sel(policy=free["policy"]).to_numpy()
    close(free, npv, rtol=1e-9, atol=1e-6)


def test_no_order_no_regret_of_what_is_worth_most():
    _, _, found, got = made("reversal.probability=0.0")
    np.testing.assert_array_equal(got["option_npv"], got["option_npv_free"])
    npv = found["npv"].sum("body").sel(policy=got["policy"]).to_numpy()
    close(got["option_npv"].sel(option="now"), npv, rtol=1e-9, atol=1e-6)


def test_an_order_after_the_years_does_not_come():
    _, _, _, got = made("reversal.probability=1.0", "reversal.year=10")
    np.testing.assert_array_equal(got["option_npv"], got["option_npv_free"])


def test_a_gate_that_nothing_passes_leaves_the_first_stage():
    problem, _, found, got = made("reversal.gate.shortage_days=0.0")
    short = found["shortage_per_day"].sel(policy="ratio").to_numpy()
    assert (short > 0).all()
    fixed = [line.per == "once" or line.borne_by == "baseline" for line in problem.appraisal.lines]
    assert any(fixed)
    _, _, _, with_more = made("reversal.gate.shortage_days=1.0")
    few = got["option_npv_free"].sel(policy="ratio", option="staged")
    assert (few != with_more["option_npv_free"].sel(policy="ratio", option="staged")).all()


def test_the_order_does_not_move_what_a_run_says():
    """Its inputs are drawn behind all others."""
    problem, _, found, _ = made()
    bare = planned(without_levels(written(f"{RICH}\n{APPRAISED}")), draws=COUNT)
    plain = simulate(bare, draw(bare, 0, COUNT))
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name], found[name])
    assert bare.reversal is None
    assert problem.reversal is not None


def test_everybody_is_due_as_often_as_the_order_says():
    problem, draws, _, _ = made()
    plan = problem.policies[problem.policy_names.index("ratio")]
    people = draw_staff(problem, plan, draws)
    back = ordered_back(people, order(problem.reversal, draws, 9).days)
    np.testing.assert_array_equal(back.cohorts.sum(axis=0), people.cohorts.sum(axis=0))
    assert (back.cohorts[0] == 0).all()
    assert (back.attendance.days >= 3.5 - 1e-12).all()
    assert (people.cohorts[0] > 0).any()


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 300), st.integers(0, 12))
def test_the_part_of_a_year_after_some_weeks_is_counted_week_by_week(weeks, year):
    expected = naive_return.part_back([(weeks, 1.0, 0.0, 0.0)], 3, year)
    got = part_of_year(np.array([52.0 * (year - 4)]), np.array([weeks]))
    close(got[0], expected if year > 3 else 0.0, atol=1e-12)


def test_space_is_back_in_full_at_last_and_so_are_its_costs():
    """Nothing is saved any more on space in a year after all of it is back."""
    _, _, _, got = made(
        "reversal.exit.sell.returns=1.0",
        "reversal.exit.sell.weeks=10",
        "reversal.exit.mothball.weeks=5",
        "reversal.exit.sell.extra_per_m2=0",
    )
    late = got.sel(option="now")["unmet_in_week"].sel(week=[13, 52])
    assert (late[:, 0] == late[:, 1]).all()


def test_what_is_sold_for_good_never_comes_back():
    """Whatever it is worth, people go without until the horizon."""
    gone = [f"reversal.exit.{name}.returns=0" for name in ("sell", "mothball")]
    _, _, _, got = made(*gone)
    now = got.sel(option="now", policy="tight")
    assert np.isnan(now["return_weeks"]).all()
    late = now["unmet_in_week"].sel(week=[13, 156]).to_numpy()
    np.testing.assert_array_equal(late[0], late[1])
    assert (now["return_cost"] >= 0).all()


def test_statistics_of_draws():
    values = np.arange(64.0)
    found = statistics(values, sobol=True)
    assert (found["mean"], found["p05"], found["p50"], found["p95"]) == (31.5, 3.0, 31.0, 60.0)
    means = [values[k::16].mean() for k in range(16)]
    close(found["mcse"], np.std(means, ddof=1) / 4)
    close(statistics(values, sobol=False)["mcse"], values.std(ddof=1) / 8)
    assert set(statistics(np.full(4, np.nan), sobol=True).values()) == {None}
    assert statistics(np.array([1.0]), sobol=False)["mcse"] is None


def drawn_as_said(said):
    """Check that the figures hold the numbers of the document."""
    problem = build(load(FOLDER / "order-back.toml").scenario)
    own = Results(problem, [{"policy": p, "scope": "", "body": "", "name": ""} for p in POLICIES])
    unmet = draw_unmet(own, said)
    entries = [entry for entry in said["options"] if entry["option"] != "never"]
    lines = [line for axes in unmet.axes for line in axes.get_lines()]
    assert len(lines) == len(entries) == 4
    for line, entry in zip(lines, entries, strict=True):
        close(line.get_ydata(), [week["mean"] for week in entry["unmet_in_week"]])
        np.testing.assert_array_equal(line.get_xdata(), WEEKS)
    highest = max(week["p95"] for entry in entries for week in entry["unmet_in_week"])
    assert all(axes.get_ylim()[0] == 0 and axes.get_ylim()[1] > highest for axes in unmet.axes)
    options = draw_options(own, said)
    (axes,) = options.axes
    dots = [line for line in axes.get_lines() if line.get_linestyle() == "None"]
    medians = [entry["option_npv"]["p50"] / 1e6 for entry in said["options"]]
    close([line.get_xdata()[0] for line in dots], medians)
    titles = [text.get_text() for figure in (unmet, options) for text in figure.texts]
    assert any(text.startswith("Illustrative:") for text in titles)


@pytest.mark.jit
def test_the_command_sets_the_options_side_by_side():
    words = ["run", str(FOLDER / "order-back.toml"), "--draws", "64"]
    words += ["--set", "run.sizing_draws=16"]
    shown = CliRunner().invoke(cli, [*words, "--json"])
    assert shown.exit_code == 0, shown.output
    said = json.loads(shown.stdout)["reversal"]
    assert said["draws"] == 64
    options = {(entry["policy"], entry["option"]): entry for entry in said["options"]}
    assert len(options) == 6
    ways = {entry["exit"]: entry for entry in said["exits"]}
    assert set(ways) == {"mothball", "sublet", "end", "sell"}
    assert sum(entry["share"]["mean"] for entry in ways.values()) == pytest.approx(1)
    assert ways["sell"]["weeks"]["p05"] > ways["mothball"]["weeks"]["p95"]
    assert ways["end"]["cost"]["unit"] == "KZT/m2"
    now = options["remote", "now"]
    assert now["option_npv"]["unit"] == "KZT"
    assert now["value_at_risk"]["value"] == -now["option_npv"]["p05"]
    assert [week["week"] for week in now["unmet_in_week"]] == list(WEEKS)
    assert said["illustrative"] is True
    drawn_as_said(said)
    best = sum(options["hybrid", option]["best_share"] for option in ("now", "staged", "never"))
    assert best == pytest.approx(1)
    printed = CliRunner().invoke(cli, words, env={"COLUMNS": "100"})
    assert printed.exit_code == 0, printed.output
    for text in (
        "act now",
        "in stages",
        "regret",
        "without a workstation",
        "free to live anywhere",
    ):
        assert text in printed.output
    told = " ".join(printed.output.split())
    peak = max(now["unmet_in_week"], key=lambda week: week["mean"])
    assert f"about {peak['mean']:,.0f} people without a workstation {peak['week']} weeks" in told
    assert max(map(len, printed.output.splitlines())) <= 100
