"""Weeks in time from scenario to page: whose the people are, what is told, and how it is shown."""

from __future__ import annotations

import json
import re
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner
from handmade import JIT, planned, results, written
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from sim.analysis.trace import trace
from sim.cli import cli
from sim.engine import simulate
from sim.errors import InputError, RunError
from sim.kernels.visits import NO_SHOW
from sim.occupancy import weeks
from sim.occupancy.desks import split_desks
from sim.occupancy.present import draw_present, on_calendar, split_people
from sim.occupancy.result import dataset
from sim.people import count_present, draw_staff
from sim.problem import TOTAL
from sim.report import occupancyfigures
from sim.results import store
from sim.sampling import draw
from sim.variables import OCCUPANCY

COUNT, WEEKS = (5, 3) if JIT else (2, 1)
close = np.testing.assert_allclose

OFFICE = """
[scenario]
name = "office"
title = "An office"
classification = "INTERNAL"
currency = "EUR"
area_basis = "usable"

[run]
weeks = 3

[[body]]
name = "ministry"
tier = "central"
headcount = 30
workstations = 20
area_m2 = 400.0

[[body]]
name = "agency"
tier = "central"
headcount = 14
workstations = 10
area_m2 = 200.0

[[body]]
name = "town"
tier = "local"
headcount = 18
workstations = 12
area_m2 = 250.0

[attendance]
weekday = [0.90, 1.18, 1.14, 1.13, 0.64]
absence = { beta = { mean = 0.12, sd = 0.02 } }

[area]
workstation_m2 = 8

[policy.plain]
eligible = { uniform = [0.6, 0.9] }
modes = { remote = 0.2, combined = 0.6 }
days_on_site = 2
workstations = { fixed = { ministry = 17, agency = 7, town = 9 } }

[policy.own]
extends = "plain"
dedicated = { secret = 0.2 }

[policy.pooled]
extends = "plain"
pool = "all"
"""
"""Do nothing, and three policies that are short on some days and not on others."""

WHOLE = """
[occupancy]
opens = 8
closes = 18
patience_minutes = 0
remains = 1
hours = { all = { arrival = 8, stay_hours = 10 } }
"""
"""All come when the office opens and stay until it closes: a day is its count."""

BUSY = """
[occupancy]
opens = 8
closes = 18
weeks = 2
replications = 3
patience_minutes = { uniform = [0, 20] }
remains = 0.5
out_of_service = 0.05

[occupancy.hours.fixed]
share = 0.6
arrival = { normal = { mean = 9, sd = 0.25, min = 8, max = 12 } }
stay_hours = { normal = { mean = 8, sd = 0.5, min = 1, max = 10 } }
[occupancy.hours.part]
share = 0.4
arrival = { triangular = [8, 9.5, 13] }
stay_hours = { triangular = [3, 4, 5] }

[occupancy.lunch]
share = 0.9
start = { triangular = [12.5, 13, 14] }
length_minutes = { uniform = [30, 60] }
holds = 0.5
[occupancy.meetings]
per_person = 0.8
length_minutes = 45
people = 4
[[occupancy.room]]
seats = 4
rooms = 1
"""

BOOKED = """
[occupancy.booking]
share = 0.5
no_show = 0.2
release_minutes = 60
late_minutes = { uniform = [0, 15] }
"""

VISITORS = """
[occupancy.visitors]
per_day = 3
arrival = { uniform = [9, 16] }
stay_hours = 2
"""

PLACES = """
[[occupancy.neighbourhood]]
name = "north"
body = "ministry"
workstations = 8
fallback = ["south"]
[[occupancy.neighbourhood]]
name = "south"
body = "ministry"
workstations = 12
[[occupancy.neighbourhood]]
name = "upstairs"
body = "agency"
workstations = 10
fallback = "any"
[[occupancy.neighbourhood]]
name = "hall"
body = "town"
workstations = 12

[occupancy.group.carers]
eligible = 1
hours = "part"
[occupancy.group.access]
adjustment = true

[[occupancy.team]]
team = "audit"
body = "ministry"
people = 4
neighbourhood = "north"
anchor_days = "Tue Thu"
[[occupancy.team]]
team = "audit"
body = "ministry"
people = 10
group = "carers"
neighbourhood = "north"
anchor_days = "Tue Thu"
[[occupancy.team]]
team = "law"
body = "ministry"
people = 16
neighbourhood = "south"
[[occupancy.team]]
team = "front"
body = "town"
people = 4
group = "access"
"""

CALENDAR = """
[occupancy.calendar]
start = 2025-01-01
country = "KZ"
"""
"""From Monday 30 December on: the New Year of Kazakhstan, and Orthodox Christmas a week later."""


@cache
def problem_of(*parts):
    """Return the problem of these texts behind the office; ``KEY=VALUE`` are overrides."""
    overrides = [part for part in parts if "\n" not in part]
    return written("".join([OFFICE, *(part for part in parts if "\n" in part)]), *overrides)


@cache
def found_in(problem, count=COUNT, length=WEEKS, engine="fast", policies=None):
    names = list(policies or problem.policy_names)
    return dataset(problem, names, weeks.replicate(problem, names, length, count, engine))


def plan_of(problem, name):
    return problem.policies[problem.policy_names.index(name)]


def people_of(problem, name, count=COUNT):
    """Return the plan of a policy, draws, its staff, and its people by cell."""
    plan, draws = plan_of(problem, name), draw(problem, 0, count)
    staff = draw_staff(problem, plan, draws)
    return plan, draws, staff, split_people(problem, plan, staff, draws)


def in_body(problem, by_cell):
    """Add up int[..., cell, draw] to bodies."""
    body = np.array([cell.body for cell in problem.occupancy.cells])
    sums = [by_cell[..., body == b, :].sum(axis=-2) for b in range(len(problem.bodies))]
    return np.stack(sums, axis=-2)


# --- days are those of the main run ---------------------------------------------------------


@pytest.mark.parametrize("rule", ["independent", "fixed_days"])
@pytest.mark.parametrize("parts", [(WHOLE,), (WHOLE.replace("all =", "part ="), PLACES)])
def test_who_stays_all_day_is_a_day_count_of_the_main_run(rule, parts):
    problem = problem_of(*parts, f'attendance.rule="{rule}"')
    found = found_in(problem)
    bodies = np.array([place.body for place in problem.occupancy.neighbourhoods])
    for plan in problem.policies:
        _, draws, staff, _ = people_of(problem, plan.name)
        counts = count_present(problem, staff, draws, staff.sharing, 0, WEEKS)
        expected = np.moveaxis(counts.reshape(3, -1, COUNT), 2, 1)
        peak = found["peak_by_date"].sel(policy=plan.name).to_numpy()
        for b in range(3):
            np.testing.assert_array_equal(peak[:-1][bodies == b].sum(axis=0), expected[b])
        np.testing.assert_array_equal(peak[-1], expected.sum(axis=0))
        assert expected.any()


@pytest.mark.parametrize("rule", ["independent", "fixed_days"])
def test_counted_shortage_is_that_of_the_sampled_run(rule):
    problem = problem_of(WHOLE, f'attendance.rule="{rule}"', f"run.weeks={WEEKS}")
    found = found_in(problem).sel(day="week")
    _, run = results(planned(problem, estimator="sampled"), COUNT)
    for name in ("baseline", "plain", "own"):
        counted, expected = found.sel(policy=name), run.sel(policy=name)
        close(counted["counted_shortage_days"][:-1], expected["shortage_per_day"], rtol=1e-12)
        close(counted["counted_unseated_share"][:-1], expected["shortage_per_person"], rtol=1e-12)
        close(counted["people_sharing"][:-1], expected["sharing_people"], rtol=1e-12)
    for name in ("plain", "pooled"):
        total = found["counted_shortage_days"].sel(policy=name, pool=TOTAL)
        expected = run["group_shortage_per_day"].sel(policy=name, group=TOTAL)
        close(total, expected, rtol=1e-12)
    assert 0 < run["shortage_per_day"].sel(policy="plain").mean() < 1


def test_whole_days_fail_those_whom_the_count_is_too_high_for():
    """Without patience, spill or breaks, hours and day counts are the same."""
    found = found_in(problem_of(WHOLE)).sel(policy=["baseline", "plain", "own"])
    close(found["shortage_days"], found["counted_shortage_days"])
    close(found["unseated_share"], found["counted_unseated_share"])
    assert (found["waiting_share"] == 0).all()
    assert (found["spill_share"].fillna(0) == 0).all()


@pytest.mark.parametrize("estimator", ["sampled", "conditional"])
def test_shortage_in_hours_of_whole_days_is_that_of_day_counts(estimator):
    text = (WHOLE, f"run.weeks={WEEKS}")
    timed = ('policy.plain.shortage_from="hours"', 'policy.own.shortage_from="hours"')
    _, counts = results(planned(problem_of(*text), estimator="sampled"), COUNT)
    _, hours = results(planned(problem_of(*text, *timed), estimator=estimator), COUNT)
    for name in ("shortage_by_weekday", "shortage_per_day", "shortage_per_week", "unmet_people",
                 "group_shortage_per_day", "group_shortage_per_week"):  # fmt: skip
        for policy in ("plain", "own"):
            close(hours[name].sel(policy=policy), counts[name].sel(policy=policy), rtol=1e-12)


def test_shortage_in_hours_is_that_of_weeks_in_time():
    problem = problem_of(BUSY, PLACES, 'policy.plain.shortage_from="hours"', f"run.weeks={WEEKS}")
    found = found_in(problem).sel(policy="plain")
    _, run = results(planned(problem, estimator="sampled"), COUNT)
    run = run.sel(policy="plain")
    short = found["shortage_days"].sel(day="week")
    close(run["shortage_per_day"].sel(body="town"), short.sel(pool="hall"), rtol=1e-12)
    close(run["group_shortage_per_day"].sel(group=TOTAL), short.sel(pool=TOTAL), rtol=1e-12)
    week = found.sel(day="week")["unseated_people"]
    close(run["unmet_people"].sel(body="ministry"), week.sel(pool=["north", "south"]).sum("pool"))
    close(run["unmet_people"].sum("body"), week.sel(pool=TOTAL), rtol=1e-12)
    each = run["shortage_per_person"] * run["sharing_people"]
    close(each, run["unmet_people"], rtol=1e-12)
    total = run["unmet_people"].sum("body") / run["sharing_people"].sum("body")
    close(total, found["unseated_share"].sel(pool=TOTAL, day="week"), rtol=1e-12)
    by_day = found["shortage_days"].sel(pool="upstairs").to_numpy()[:, :5]
    close(run["shortage_by_weekday"].sel(body="agency").T, by_day, rtol=1e-12)
    assert week.mean() > 0


def test_the_main_run_knows_no_dates():
    timed = ('policy.plain.shortage_from="hours"', f"run.weeks={WEEKS}")
    same = [results(problem_of(BUSY, *parts, *timed), 2)[1] for parts in ((), (CALENDAR,))]
    assert same[0].equals(same[1])


def test_visitors_are_no_staff_without_a_workstation():
    gone = ("policy.plain.eligible=1.0", "policy.plain.modes={remote=1.0}")
    timed = ("policy.plain.workstations={fixed=0}", 'policy.plain.shortage_from="hours"')
    problem = problem_of(WHOLE, VISITORS, *gone, *timed, "run.weeks=1")
    _, run = results(planned(problem, estimator="sampled"), 2)
    plain = run.sel(policy="plain")
    assert (plain["unmet_people"] == 0).all()
    assert (plain["occupied_workstations"] == 0).all()
    assert (plain["group_shortage_per_day"].sel(group=TOTAL) > 0).all()


def test_shortage_in_hours_needs_hours():
    with pytest.raises(InputError, match=r"needs \[occupancy\]"):
        written(OFFICE, 'policy.plain.shortage_from="hours"')


def test_a_trace_tells_whether_a_shortage_is_in_hours():
    problem = problem_of(WHOLE, 'policy.own.shortage_from="hours"', "run.weeks=1")

    def how(policy):
        lines = trace(problem, policy, 0)
        return next(line["how"] for line in lines if line["name"] == "shortage_by_weekday")

    assert "more are present" in how("plain")
    assert "finds none" in how("own")


# --- the same bits --------------------------------------------------------------------------


def test_both_engines_give_the_same_dataset():
    problem = problem_of(BUSY, BOOKED, VISITORS, PLACES, CALENDAR)
    policies = ("own", "pooled")
    fast = found_in(problem, COUNT, WEEKS, "fast", policies)
    simpy = found_in(problem, 1, WEEKS, "simpy", policies)
    first = fast.isel(replication=[0])
    assert simpy.identical(first)
    assert (simpy["events"] > 0).all()


@pytest.mark.jit
def test_threads_and_blocks_change_nothing(monkeypatch):
    problem = problem_of(BUSY, BOOKED, VISITORS, PLACES, CALENDAR)
    names = ["own", "pooled"]
    expected = dataset(problem, names, weeks.replicate(problem, names, 2, 5))
    for block, threads, visits in ((4, 2, 8192), (1, 2, 8192), (2, 1, 8192), (5, 1, 1)):
        monkeypatch.setattr(weeks, "_BLOCK", block)
        monkeypatch.setattr(weeks, "_AT_ONCE", visits)
        found = weeks.replicate(problem, names, 2, 5, threads=threads)
        assert dataset(problem, names, found).identical(expected)


def test_a_policy_alone_is_as_in_company():
    problem = problem_of(BUSY, BOOKED, VISITORS)
    alone = found_in(problem, 2, 1, policies=("own",))
    assert alone.identical(found_in(problem, 2, 1).sel(policy=["own"]))


# --- whose the people are -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["baseline", "plain", "own", "pooled"])
def test_cells_add_up_to_their_bodies(name):
    problem = problem_of(BUSY, PLACES)
    _, _, staff, cells = people_of(problem, name)
    for whole, parts in (
        (staff.eligible, cells.eligible),
        (staff.ready, cells.ready),
        (staff.remote, cells.remote),
        (staff.sharing, cells.sharing),
        (staff.holders, cells.holders),
    ):
        np.testing.assert_array_equal(in_body(problem, parts), whole)
    sizes = np.array([cell.people for cell in problem.occupancy.cells])[:, None]
    everybody = (cells.sharing + cells.holders).sum(axis=0)
    np.testing.assert_array_equal(everybody, np.broadcast_to(sizes, everybody.shape))
    assert (cells.remote <= cells.ready).all()
    assert (cells.ready <= cells.eligible).all()
    assert (cells.eligible <= sizes).all()


def test_a_group_may_have_an_eligible_share_of_its_own():
    problem = problem_of(BUSY, PLACES)
    none = problem_of(BUSY, PLACES, "occupancy.group.carers.eligible=0.0")
    carers = [cell.group == 0 for cell in problem.occupancy.cells]
    assert (people_of(problem, "plain")[3].eligible[carers] == 10).all()
    assert (people_of(none, "plain")[3].eligible[carers] == 0).all()
    assert (people_of(problem, "baseline")[3].eligible == 0).all()


@pytest.mark.parametrize(("share", "holders"), [(0.1, 2), (0.3, 4), (1.0, 4)])
def test_adjustments_come_first_for_dedicated_workstations(share, holders):
    """Of the 18 people of the town four need one; nobody is eligible, so all may hold one."""
    text = (f"policy.own.dedicated.secret={share}", "policy.own.eligible=0.0")
    problem = problem_of(BUSY, PLACES, *text, "occupancy.group.carers.eligible=0.0")
    _, _, staff, cells = people_of(problem, "own")
    access = [cell.group == 1 for cell in problem.occupancy.cells]
    assert (cells.holders[:, access].sum(axis=(0, 1)) == holders).all()
    assert (staff.holders[:, 2].sum(axis=0) == np.ceil(18 * share)).all()


def test_adjustments_come_first_whoever_is_on_site_more_often():
    """Those of the four who are combined come before the others of the town who come every day."""
    text = ("policy.own.dedicated.secret=0.25", "policy.own.eligible=0.5")
    modes = ("policy.own.modes.combined=0.8", "policy.own.days_on_site=2")
    problem = problem_of(BUSY, PLACES, *text, *modes)
    _, _, staff, cells = people_of(problem, "own")
    access = [cell.group == 1 for cell in problem.occupancy.cells]
    held = cells.holders[:, access].sum(axis=1)
    assert (held.sum(axis=0) == 4).all()
    assert held[:-1].any()
    assert (cells.sharing[-1, ~np.array(access)] > 0).any()
    assert (cells.holders.sum(axis=1) == staff.holders.sum(axis=1)).all()
    assert (staff.holders + staff.sharing == staff.cohorts).all()


def test_groups_are_told_beside_all_staff_but_not_if_they_are_few():
    problem = problem_of(BUSY, PLACES)
    found = found_in(problem)
    assert found["characteristic"].to_numpy().tolist() == ["carers", "access", TOTAL]
    _, _, staff, cells = people_of(problem, "plain")
    plain = found.sel(policy="plain")
    for name in ("eligible", "ready", "remote"):
        told = plain[f"characteristic_{name}_share"].to_numpy()
        close(told[2], getattr(staff, name).sum(axis=0) / 62)
        close(told[0], getattr(cells, name)[1] / 10)
        assert np.isnan(told[1]).all()
    unseated = found["characteristic_unseated_share"]
    assert np.isnan(unseated.sel(characteristic="access")).all()
    unmet = plain.sel(pool=TOTAL, day="week")["unseated_people"]
    total = unseated.sel(policy="plain", characteristic=TOTAL)
    close(total, unmet / plain.sel(pool=TOTAL, day="week")["people_sharing"])  # nobody holds one
    assert found_in(problem_of(BUSY), 1, 1).sizes["characteristic"] == 0


# --- teams ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "own", "pooled"])
@pytest.mark.parametrize("estimator", ["sampled", "conditional"])
def test_the_worst_team_is_counted_slowly(name, estimator):
    problem = planned(problem_of(BUSY, PLACES, f"run.weeks={WEEKS}"), estimator=estimator)
    plan, draws, staff, cells = people_of(problem, name)
    said = problem.occupancy
    present = draw_present(problem, staff, cells, draws, WEEKS)
    run = simulate(problem, draws).sel(policy=name)
    dedicated = run["dedicated_workstations"].to_numpy()
    shared = run["workstations"].to_numpy() - dedicated
    pools = np.stack([shared[list(pool)].sum(axis=0) for pool in plan.pools]).astype(int)
    desks = split_desks(said, plan, pools)
    home = {"ministry": [0, 1], "agency": [2], "town": [3]}
    for i in range(COUNT):
        short = [0] * 4
        for day in range(5 * WEEKS):
            people = [0] * 4
            for r, k in enumerate(present.cell):
                if not present.own[r]:
                    people[said.cells[k].neighbourhood] += present.count[r, day, i]
            for j in range(4):
                short[j] += people[j] > desks[j, i]
        for body, places in home.items():
            worst = max(short[j] for j in places) / (5 * WEEKS)
            assert run["worst_team_shortage"].sel(body=body)[i] == pytest.approx(worst)
        for group, places in (("central", [0, 1, 2]), ("local", [3]), (TOTAL, range(4))):
            worst = max(short[j] for j in places) / (5 * WEEKS)
            of_group = run["group_worst_team_shortage"].sel(group=group)
            assert of_group[i] == pytest.approx(worst)


def test_without_teams_none_is_worst_off():
    problem = problem_of(BUSY)
    _, run = results(problem, 2)
    assert np.isnan(run["worst_team_shortage"]).all()
    assert np.isnan(run["group_worst_team_shortage"]).all()
    assert np.isnan(found_in(problem, 2, 1)["worst_team_shortage"]).all()


def test_the_worst_team_in_hours_is_the_worst_of_the_teams():
    found = found_in(problem_of(BUSY, PLACES))
    assert found["team"].to_numpy().tolist() == ["audit", "law", "agency", "front", "town"]
    close(found["worst_team_shortage"], found["team_shortage_days"].max("team"))


def test_anchor_days_bring_the_team_and_leave_the_body_as_it_is():
    anchored = problem_of(WHOLE.replace("all =", "part ="), PLACES)
    text = PLACES.replace('anchor_days = "Tue Thu"\n', "")
    loose = problem_of(WHOLE.replace("all =", "part ="), text)
    days = []
    for problem in (anchored, loose):
        _, draws, staff, cells = people_of(problem, "plain", 8)
        present = draw_present(problem, staff, cells, draws, 2)
        team = np.array([problem.occupancy.cells[k].team for k in present.cell])
        body = np.array([problem.occupancy.cells[k].body for k in present.cell])
        by_day = present.count.reshape(len(body), 2, 5, 8)
        audit = by_day[team == 0].sum(axis=(0, 1, 3))
        days.append((audit, np.stack([by_day[body == b].sum(axis=0) for b in range(3)])))
    (with_days, bodies), (without, same) = days
    np.testing.assert_array_equal(bodies, same)
    assert (with_days[[1, 3]] > 1.2 * without[[1, 3]]).all()


# --- places ---------------------------------------------------------------------------------


def test_who_looks_everywhere_finds_more_than_who_looks_at_home():
    found = found_in(problem_of(BUSY, PLACES), COUNT, 4 if JIT else 1)
    close(found["pooling_gain"], found["unseated_share_apart"] - found["unseated_share_pooled"])
    mean = found.sel(pool=TOTAL, day="week").mean("replication")
    for name in ("plain", "own", "pooled"):
        at = mean.sel(policy=name)
        assert at["unseated_share_pooled"] <= at["unseated_share"] <= at["unseated_share_apart"]
        assert at["pooling_gain"] > 0
    shared, alone = (mean["unseated_share_pooled"].sel(policy=p) for p in ("pooled", "plain"))
    assert shared < alone
    single = found_in(problem_of(BUSY), 2, 1).sel(policy=["baseline", "plain", "own"])
    assert (single["pooling_gain"] == 0).all()


@given(
    stated=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    shared=st.lists(st.integers(0, 300), min_size=1, max_size=4),
)
def test_workstations_are_split_in_proportion_and_add_up(stated, shared):
    class Made:
        class Place:
            def __init__(self, workstations):
                self.body, self.workstations = 0, workstations

        neighbourhoods = tuple(map(Place, stated))
        pools = ((0,),)

    parts = split_desks(Made, Made, np.array([shared]))
    assert (parts.sum(axis=0) == shared).all()
    weight = np.array(stated) if any(stated) else np.ones(len(stated))
    exact = np.multiply.outer(weight / weight.sum(), shared)
    assert (np.abs(parts - exact) < 1).all()
    assert (parts >= 0).all()


def test_an_office_may_be_without_workstations_or_people():
    text = OFFICE.replace("workstations = 20", "workstations = 0") + BUSY
    gone = ("policy.plain.eligible=1.0", "policy.plain.modes={remote=1.0}")
    problem = written(text, *gone, 'policy.plain.workstations="current"')
    found = found_in(problem, 2, 1, policies=("baseline", "plain"))
    ministry = found.sel(policy="baseline", pool="ministry", day="week")
    assert (ministry["unseated_share"] == 1).all()
    assert (ministry["hours_held"] == 0).all()
    empty = found.sel(policy="plain", pool=TOTAL, day="week")
    assert (empty["people_sharing"] == 0).all()
    assert np.isnan(empty["unseated_share"]).all()
    assert (empty["shortage_days"] == 0).all()


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('"north"', '"total"', "name"),
        ('team = "law"', 'team = "total"', "team"),
        ("carers", "total", "occupancy.group.total"),
    ],
)
def test_nothing_is_called_like_the_total(old, new, path):
    with pytest.raises(InputError, match=rf"{path}.*\n?.*must not be total"):
        written(OFFICE + BUSY + PLACES.replace(old, new))


# --- dates, visitors, bookings --------------------------------------------------------------


def test_nobody_comes_on_a_holiday_and_it_is_no_working_day():
    """The 1st, 2nd and 3rd of January 2025, and the 7th: Wednesday to Friday, and Tuesday."""
    found = found_in(problem_of(WHOLE, CALENDAR), 2, 2)
    plain = found_in(problem_of(WHOLE), 2, 2)
    off = np.zeros(10, bool)
    off[[2, 3, 4, 6]] = True
    peak, before = found["peak_by_date"], plain["peak_by_date"]
    assert (peak[..., off] == -1).all()
    np.testing.assert_array_equal(peak[..., ~off], before[..., ~off])
    worked = before[..., ~off].mean("date")
    close(found["people_sharing"].sel(day="week"), worked, rtol=1e-12)
    close(found["people_sharing"].sel(day="Wednesday"), before[..., 7])
    one = found_in(problem_of(WHOLE, CALENDAR), 2, 1)
    assert np.isnan(one["people_sharing"].sel(day=["Wednesday", "Thursday", "Friday"])).all()
    assert np.isfinite(one["people_sharing"].sel(day=["Monday", "Tuesday", "week"])).all()


def test_fewer_come_in_the_season_of_leave():
    def present(season):
        start = "[occupancy.calendar]\nstart = 2024-07-01\n"
        problem = problem_of(WHOLE, f"{start}season = {{ 7 = {season} }}\n")
        _, draws, staff, cells = people_of(problem, "own")
        return on_calendar(problem, draw_present(problem, staff, cells, draws, 6), draws).count

    everybody, half, nobody = (present(season) for season in ("0.0", "0.5", "1.0"))
    july = 23  # working days; the rest of the six weeks is August
    assert (nobody[:, :july] == 0).all()
    np.testing.assert_array_equal(nobody[:, july:], everybody[:, july:])
    assert (half <= everybody).all()
    share = half[:, :july].sum() / everybody[:, :july].sum()
    people = everybody[:, :july].sum()
    assert abs(share - 0.5) < 5 * 0.5 / people**0.5  # one in two million


def test_visitors_come_on_top():
    alone, visited = problem_of(BUSY), problem_of(BUSY, VISITORS)
    _, draws, staff, cells = people_of(visited, "plain", 20)
    without, both = (draw_present(p, staff, cells, draws, 4) for p in (alone, visited))
    np.testing.assert_array_equal(both.count[:-1], without.count)
    visitors = both.count[both.cell == -1]
    assert abs(visitors.mean() - 3) < 5 * (3 / visitors.size) ** 0.5  # one in two million
    more, less = (found_in(p, 2, 1).sel(pool=TOTAL, day="week") for p in (visited, alone))
    assert (more["people_sharing"] > less["people_sharing"]).all()


def test_a_booking_that_nobody_uses_keeps_a_workstation_until_it_is_released():
    booking = "[occupancy.booking]\nshare = 1\nno_show = 0.3\n"
    kept = problem_of(WHOLE, booking)
    released = problem_of(WHOLE, f"{booking}release_minutes = 0\n")
    free, never, at_once = (
        found_in(p).sel(policy="plain", day="week", pool=TOTAL)
        for p in (problem_of(WHOLE), kept, released)
    )
    assert (never["unseated_share"] > free["unseated_share"]).all()
    close(at_once["unseated_share"], free["unseated_share"])
    assert (never["lapsed_bookings"] == 0).all()
    assert (never["unused_bookings"] > 0).all()
    assert (at_once["lapsed_bookings"] >= at_once["unused_bookings"]).all()
    share = never["unused_bookings"].sum() / never["bookings"].sum()
    assert 0.15 < share < 0.45


# --- checks of every run --------------------------------------------------------------------


def lose_a_visit(log):
    log.outcome[0] = NO_SHOW


def stay_too_long(log):
    log.gone[0] = 36_001


def take_too_many(log):
    log.seated[:] = np.where(log.place >= 0, 0, log.seated)
    log.left[:] = np.where(log.place >= 0, 36_000, log.left)
    log.place[:] = np.minimum(log.place, 0)


@pytest.mark.parametrize(
    ("corrupt", "sentence"),
    [
        (lose_a_visit, "a visit was lost"),
        (stay_too_long, "Little's law does not hold"),
        (take_too_many, "more workstations are taken than there are"),
    ],
)
def test_a_wrong_log_ends_the_run_with_a_sentence(corrupt, sentence, monkeypatch, tmp_path):
    right = weeks._simulate

    def wrong(*given):
        log = right(*given)
        corrupt(log)
        return log

    monkeypatch.setattr(weeks, "_simulate", wrong)
    problem = problem_of(WHOLE)
    with pytest.raises(RunError, match=sentence):
        weeks.replicate(problem, ["plain"], 1, 1)
    file = tmp_path / "office.toml"
    file.write_text(OFFICE + WHOLE)
    result = call("occupancy", file, *SHORT, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


# --- the command ----------------------------------------------------------------------------

SHORT = ("--weeks", 1, "--replications", 2)
FEW = ("characteristic_remote_share", "access")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def call(*words, **environment):
    return CliRunner().invoke(cli, [str(word) for word in words], env=environment)


def document(*words):
    result = call(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=pytest.fail)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "office.toml"
    path.write_text(OFFICE + BUSY + BOOKED + VISITORS + PLACES)
    return path


def test_the_document_names_engine_events_and_every_metric(file):
    found = document("occupancy", file, *SHORT, "--policy", "plain", "--seed", 3)
    assert list(found) == ["engine", "scenario", "metrics"]
    engine = found["engine"]
    said = (engine["engine"], engine["weeks"], engine["replications"], engine["seed"])
    assert said == ("fast", 1, 2, 3)
    (events,) = [m for m in found["metrics"] if m["name"] == "events"]
    assert engine["events"] == pytest.approx(2 * events["mean"])
    wanted = {"run.seed=3", "occupancy.weeks=1", "occupancy.replications=2"}
    assert wanted == set(found["scenario"]["overrides"])
    units = {v.name: v.unit for v in OCCUPANCY if "slot" not in v.dims}
    assert {m["name"]: m["unit"] for m in found["metrics"]} == units
    statistics = {"mean", "sd", "p05", "p50", "p95", "mcse", "defined_share"}
    places = {"pool", "team", "mode", "characteristic", TOTAL}
    seen = set()
    for metric in found["metrics"]:
        assert metric.keys() == {"name", "unit", "policy", "scope", "body", "day"} | statistics
        assert metric["scope"] in places
        assert (metric["scope"] == TOTAL) == (metric["body"] == TOTAL)
        assert metric["policy"] == "plain"
        at = tuple(metric[key] for key in ("name", "scope", "body", "day"))
        assert at not in seen
        seen.add(at)
    assert ("unseated_share", "pool", "north", "Tuesday") in seen
    (few,) = [m for m in found["metrics"] if (m["name"], m["body"]) == FEW]
    assert (few["mean"], few["defined_share"]) == (None, 0)


def test_both_engines_print_the_same_metrics(file):
    words = ("occupancy", file, *SHORT, "--policy", "own")
    fast, simpy = (document(*words, "--engine", name) for name in ("fast", "simpy"))
    assert fast["metrics"] == simpy["metrics"]
    assert [d["engine"]["engine"] for d in (fast, simpy)] == ["fast", "simpy"]
    assert fast["engine"]["events"] == simpy["engine"]["events"] > 0


def test_run_has_no_worst_team_without_teams(tmp_path, file):
    plain = tmp_path / "plain.toml"
    plain.write_text(OFFICE)
    for path, exists in ((plain, False), (file, True)):
        found = document("run", path, "--draws", 4, "--policy", "plain")["metrics"]
        worst = [m["mean"] for m in found if m["name"] == "worst_team_shortage"]
        assert len(worst) == 6
        assert all((mean is not None) == exists for mean in worst)


def test_what_is_stored_can_be_read_and_run_again(file, tmp_path):
    words = ("--policy", "own", "--policy", "plain")
    out = tmp_path / "out"
    first = document("occupancy", file, *SHORT, *words, "--out", out, "--quiet")
    assert [path.name for path in out.iterdir()] == ["occupancy.nc"]
    stored, provenance = store.read(out / "occupancy.nc")
    assert provenance.overrides == ("occupancy.weeks=1", "occupancy.replications=2")
    assert provenance.files == {"office.toml": file.read_text()}
    problem = written(file.read_text())
    expected = found_in(problem, 2, 1, policies=("plain", "own"))
    assert stored.drop_attrs().equals(expected.drop_attrs())
    assert stored["unseated_share"].attrs == expected["unseated_share"].attrs
    again = document("occupancy", out / "occupancy.nc", *words)
    assert again["metrics"] == first["metrics"]
    assert again["scenario"]["sha256"] == first["scenario"]["sha256"]


@pytest.mark.parametrize("width", [80, 170])
def test_tables_fit_their_width_and_stand_in_columns(file, width):
    text = call("occupancy", file, *SHORT, COLUMNS=str(width)).stdout
    lines = text.splitlines()
    assert lines[0] == lines[-1] == "INTERNAL"
    assert max(map(len, lines)) <= width
    weekdays = "".join("x" if line.startswith(DAYS) else " " for line in lines)
    groups = [match.span() for match in re.finditer("x+", weekdays)]
    assert all(last - first == 5 for first, last in groups)
    assert len(groups) == (4 if width == 170 else 8)  # the total of each policy
    headings = text[text.index("By weekday") :].split("\n\n")[0].splitlines()[1:]
    for first, last in groups[:4]:
        right = {match.end() for line in headings for match in re.finditer(r"\S+", line)}
        for line in lines[first:last]:
            ends = {match.end() for match in re.finditer(r"\S+", line)}
            assert ends - {len(line.split()[0])} <= right
    for name in ("By pool", "Who is left", "By group of people", "The site as a whole"):
        assert name in text
    assert "all staff" in text
    assert "nan" not in text
    assert re.search(r"access +– +– +– +– +–\n", text)


def test_an_empty_office_has_a_page_too(tmp_path):
    path = tmp_path / "empty.toml"
    gone = 'eligible = 1\nmodes = { remote = 1 }\nworkstations = "current"\n'
    text = OFFICE + f"[policy.gone]\n{gone}" + BUSY + CALENDAR
    path.write_text(text)
    result = call("occupancy", path, *SHORT, "--policy", "gone", "--figures", tmp_path / "drawn")
    assert result.exit_code == 0, result.output
    assert "nan" not in result.stdout


def test_figures_are_drawn_as_png_and_svg(file, tmp_path, monkeypatch):
    text = file.read_text().replace("[policy.plain]", '[policy.plain]\ntitle = "$5 or $x_{$"')
    file.write_text(text + CALENDAR)
    drawn = []
    right = occupancyfigures.save
    monkeypatch.setattr(
        occupancyfigures, "save", lambda *given: drawn.append(given[0]) or right(*given)
    )
    folder = tmp_path / "new" / "drawn"
    words = ("--policy", "plain", "--figures", folder)
    result = call("occupancy", file, *SHORT, *words, "--json")
    assert result.exit_code == 0, result.output
    names = [f"occupancy-plain-{f}.{kind}" for f in ("hours", "week") for kind in ("png", "svg")]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert [line.split()[0] for line in result.stderr.splitlines()] == ["drew"] * 4
    for name in names:
        if name.endswith("png"):
            picture = imread(folder / name)
            assert min(picture.shape[:2]) > 500
            assert picture[..., :3].std() > 0.05
        else:
            svg = (folder / name).read_text()
            assert "INTERNAL" in svg
            assert "$5 or $x_{$" in svg
            assert "scenario office" in svg
    week, _ = drawn
    top = max(path.vertices[:, 1].max() for axis in week.axes for band in axis.collections
              for path in band.get_paths() if len(path.vertices))  # fmt: skip
    for axis in week.axes:
        assert axis.get_ylim()[0] == 0
        assert axis.get_ylim()[1] >= top
    again = tmp_path / "again"
    call("occupancy", file, *SHORT, "--policy", "plain", "--figures", again, "--json")
    for name in names:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        (("--weeks", 0), "occupancy.weeks = 0"),
        (("--replications", 0), "occupancy.replications = 0"),
        (("--policy", "plane"), "did you mean plain?"),
        (("--engine", "slow"), "--engine"),
        (("--threads", 0), "--threads"),
    ],
)
def test_wrong_options_are_refused(words, phrase, file):
    result = call("occupancy", file, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert phrase in result.stderr


@pytest.mark.parametrize("words", [(), SHORT, ("--set", "occupancy.weeks=2")])
def test_a_scenario_without_weeks_in_time_is_refused(words, tmp_path):
    path = tmp_path / "plain.toml"
    path.write_text(OFFICE)
    result = call("occupancy", path, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{path}: occupancy" in result.stderr
    assert "when people come" in result.stderr


def test_figures_in_the_way_are_told_before_anything_is_computed(file, tmp_path, monkeypatch):
    monkeypatch.setattr(weeks, "replicate", lambda *_: pytest.fail("was computed"))
    (tmp_path / "taken").write_text("")
    below = call("occupancy", file, "--figures", tmp_path / "taken" / "below")
    assert (below.exit_code, len(below.stderr.splitlines())) == (1, 1)


def test_a_run_says_which_shortage_is_in_hours(file):
    words = ("run", file, "--draws", 2, "--set", "run.weeks=1")
    told = call(*words, "--set", 'policy.own.shortage_from="hours"').stdout
    assert "Shortage in hours, not by day counts" in told
    assert "own: a day is short if somebody looks" in re.sub(r"\s+", " ", told)
    assert "Shortage in hours" not in call(*words).stdout
