"""What people and climate gain: counted again by hand, and only priced where a price is named."""

from __future__ import annotations

from functools import cache

import numpy as np
from handmade import JIT, RICH, planned, values_of, without_levels, written

from sim.analysis.cobenefits import co_benefits
from sim.engine import simulate
from sim.report.consequences import co_benefit_entry
from sim.sampling import draw

COUNT = 8 if JIT else 2
GAINS = """
[co_benefits]
working_days = 240
commute_hours = { uniform = [0.5, 2] }
commute_money = { uniform = [2, 6], per = "body" }
commute_km = { uniform = [5, 30] }
co2e_per_km = { uniform = [0.05, 0.15] }
kwh_per_m2 = { uniform = [100, 200] }
energy_ends = { uniform = [0.3, 0.8] }
kwh_at_home = { uniform = [1, 4] }
co2e_per_kwh = { uniform = [0.2, 0.5] }

[co_benefits.group]
disability = { uniform = [0.02, 0.05] }
"""
close = np.testing.assert_allclose


@cache
def made(*overrides):
    problem = planned(without_levels(written(f"{RICH}\n{GAINS}", *overrides)), draws=COUNT)
    draws = draw(problem, 0, COUNT)
    return problem, draws, simulate(problem, draws), co_benefits(problem)


def test_gains_are_those_of_a_count_by_hand():
    problem, draws, found, got = made()

    def value(key, b=0):
        each = values_of(problem, draws, f"co_benefits.{key}")
        return each[b if len(each) > 1 else 0]

    for policy in ("ratio", "ready"):
        hours = money = way = energy = np.zeros(COUNT)
        for b in range(3):
            before, after = (
                found["onsite_mean"].sel(policy=p)[b].to_numpy() for p in ("baseline", policy)
            )
            days = 240 * (before - after)
            hours = hours + days * value("commute_hours")
            money = money + days * value("commute_money/each", b)
            way = way + days * value("commute_km") * value("co2e_per_km")
            released = found["released_area"].sel(policy=policy)[b].to_numpy()
            spared = released * value("kwh_per_m2") * value("energy_ends")
            energy = energy + (spared - days * value("kwh_at_home")) * value("co2e_per_kwh")
        of = got.sel(policy=policy)
        close(of["commuting_hours"], hours)
        close(of["commuting_money"], money)
        close(of["commuting_co2e"], way)
        close(of["energy_co2e"], energy)
        remote = found["remote_staff"].sel(policy=policy).sum("body").to_numpy()
        combined = found["combined_staff"].sel(policy=policy).sum("body").to_numpy()
        np.testing.assert_array_equal(of["residence_choice"], remote)
        share = values_of(problem, draws, "co_benefits.group.disability")[0]
        close(of["access"].sel(characteristic="disability"), share * (remote + combined))


def test_nothing_has_a_price_unless_one_is_named():
    problem, _, _, got = made()
    assert np.isnan(got["priced_benefits"]).all()
    entry = co_benefit_entry(problem, got, ["ratio"])
    (priced,) = (gain for gain in entry["gains"] if gain["name"] == "priced_benefits")
    assert (priced["mean"], priced["p50"]) == (None, None)
    assert {gain["policy"] for gain in entry["gains"]} == {"ratio"}
    units = {gain["name"]: gain["unit"] for gain in entry["gains"]}
    assert units["commuting_money"] == "EUR/year"
    assert units["commuting_co2e"] == "kg CO2e/year"
    assert units["access.disability"] == "people"


def test_a_price_values_hours_and_tonnes_apart():
    _, _, _, hours = made("co_benefits.hour_value=10")
    close(hours["priced_benefits"], 10 * hours["commuting_hours"])
    _, _, _, both = made("co_benefits.hour_value=10", "co_benefits.tonne_value=50")
    tonnes = (both["commuting_co2e"] + both["energy_co2e"]) / 1000
    close(both["priced_benefits"], 10 * both["commuting_hours"] + 50 * tonnes)


def test_gains_move_no_other_number():
    problem, _, found, _ = made()
    bare = planned(without_levels(written(RICH)), draws=COUNT)
    plain = simulate(bare, draw(bare, 0, COUNT))
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name], found[name])
    assert (bare.co_benefits, problem.reversal) == (None, None)


def test_without_groups_access_is_of_nobody():
    problem, _, _, _ = made()
    text = f"{RICH}\n{GAINS}".partition("[co_benefits.group]")[0]
    alone = planned(without_levels(written(text)), draws=COUNT)
    got = co_benefits(alone)
    assert got["access"].shape == (len(problem.policies) - 1, 0, COUNT)
