"""Which inputs drive which result: sources, closed forms through the engine, the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from handmade import FOLDER, RICH, planned, shipped, without_levels, written

from sim import draw, simulate
from sim.analysis import curves, sensitivity
from sim.analysis.sources import CHANCE, sources, two_points
from sim.cli import cli
from sim.errors import InputError
from sim.sampling import correlated, draws_at, quantile, uniforms

COUNTS = """
[scenario]
name = "counts"
currency = "EUR"
area_basis = "usable"
[[body]]
name = "office"
headcount = 100
workstations = 100
area_m2 = 1000.0
[area]
workstation_m2 = { uniform = [7, 9] }
[cost.running]
rent = { uniform = [100, 200] }
power = { uniform = [10, 20] }
[policy.one]
eligible = { uniform = [0.4, 0.9] }
modes = { remote = 1.0 }
workstations = { per_person = { uniform = [0.5, 0.8] } }
"""
LINKED = (
    COUNTS + '[[correlation]]\ninputs = ["cost.running.rent", "cost.running.power"]\nrank = 0.6\n'
)
SIGMAS = 4.0


def study(problem, points, **kept):
    return sensitivity.study(problem, points, **kept)


def of(result, name, metric, policy="one"):
    """Return a measure of each source, and its standard error."""
    one = result.sel(metric=metric, policy=policy)
    names = [str(source) for source in result["source"].values]
    return (
        dict(zip(names, one[name].values, strict=True)),
        dict(zip(names, one[f"{name}_mcse"].values, strict=True)),
    )


# --- sources --------------------------------------------------------------------------------


def test_inputs_by_body_are_one_source_and_constants_are_none():
    names = [source.name for source in sources(shipped("kazakhstan-2023"))]
    assert "workstations.per_person.*" in names
    assert "eligible.audit.*" in names
    assert "cost.running.rent and cost.running.utilities" in names
    assert "area.workstation_m2" not in names
    assert names[-1] == CHANCE
    assert len(names) == len(set(names))


def test_correlated_inputs_stay_apart_where_a_method_knows_dependence():
    names = [source.name for source in sources(written(LINKED), apart=True)]
    assert "cost.running.rent" in names
    assert "cost.running.power" in names


def test_groups_join_inputs_by_name():
    groups = {
        "money": ["cost.running.rent", "cost.running.power"],
        "space": ["area.workstation_m2"],
    }
    found = {s.name: s.streams for s in sources(written(COUNTS), groups=groups)}
    assert found["money"] == ("cost.running.rent", "cost.running.power")
    assert found["space"] == ("area.workstation_m2",)


def test_a_group_of_what_does_not_vary_is_refused():
    groups = {"a": ["cost.running.rnt"], "b": ["eligible"], "c": ["eligible"]}
    with pytest.raises(InputError) as caught:
        sources(written(COUNTS), groups=groups)
    text = str(caught.value)
    assert "is no input that varies" in text
    assert "is in two groups" in text


# --- points ---------------------------------------------------------------------------------


def test_first_points_are_the_draws_of_a_run():
    problem = shipped("kazakhstan-2023")
    mine = two_points(problem, 32, 48)[0].draws()
    run = draw(problem, 32, 48)
    assert (mine.first, mine.count, mine.stream) == (run.first, run.count, run.stream)
    assert all(np.array_equal(a, b) for a, b in zip(mine.values, run.values, strict=True))


def test_draws_at_points_are_quantiles():
    problem = written(COUNTS)
    at = correlated(problem, uniforms(problem, 0, 8))
    found = draws_at(problem, at, 0)
    for unknown, values in zip(problem.unknowns, found.values, strict=True):
        assert np.array_equal(values, quantile(unknown.distribution, at[unknown.stream]))


def test_second_points_are_independent_of_the_first():
    """Ranks of 4,096 points in all pairs of inputs: no correlation above four standard errors."""
    problem = written(COUNTS)
    a, b = two_points(problem, 0, 4096)
    names = [name for source in sources(problem) for name in source.streams]
    both = np.concatenate([[p.at[name][0] for name in names] for p in (a, b)])
    found = np.corrcoef(both)[np.triu_indices(len(both), 1)]
    assert np.abs(found).max() < 4 / np.sqrt(4096)
    upper = (both > 0.5).astype(float)
    halves = upper @ upper.T / 4096
    assert np.abs(halves[np.triu_indices(len(both), 1)] - 0.25).max() < 0.02


# --- Sobol ----------------------------------------------------------------------------------


def test_chance_of_counts_is_its_closed_form():
    """Eligible staff are Binomial(H, e): chance keeps H E[e (1 - e)] of the variance."""
    result = sensitivity.sobol(study(written(COUNTS), 4096, metrics=["eligible_staff"]))
    people, low, high = 100, 0.4, 0.9
    mean, spread = (low + high) / 2, (high - low) ** 2 / 12
    of_input = people**2 * spread
    of_chance = people * (mean - mean**2 - spread)
    variance = of_input + of_chance
    first, first_error = of(result, "first", "eligible_staff")
    total, total_error = of(result, "total", "eligible_staff")
    assert abs(first["eligible"] - of_input / variance) < SIGMAS * first_error["eligible"]
    assert abs(total[CHANCE] - of_chance / variance) < SIGMAS * total_error[CHANCE]
    assert total_error[CHANCE] < 0.1 * total[CHANCE]
    assert float(result["variance"].sel(policy="one")[0]) == pytest.approx(variance, rel=0.03)
    assert total["cost.running.rent"] == 0
    one = result.sel(metric="eligible_staff", policy="one")
    pair = (one["one"] == "eligible") & (one["other"] == CHANCE)
    both, error = float(one["second"][pair][0]), float(one["second_mcse"][pair][0])
    assert abs(first["eligible"] + first[CHANCE] + both - 1) < SIGMAS * error


def test_what_a_product_shares_out_is_its_closed_form():
    """The required area is workstations times area each, independent: V = ab + a E² + b E²."""
    problem = written(COUNTS, "policy.one.workstations={ fixed = 50 }", "policy.one.eligible=0.5")
    asked = study(problem, 2048, metrics=["vacated_running_cost"], policies=["one"])
    result = sensitivity.sobol(asked)
    first, error = of(result, "first", "vacated_running_cost")
    total, total_error = of(result, "total", "vacated_running_cost")
    cost, area = (150 + 15, (100**2 + 10**2) / 12), (1000 - 400, (50 * 2) ** 2 / 12)
    of_area, both = cost[0] ** 2 * area[1], cost[1] * area[1]
    variance = of_area + area[0] ** 2 * cost[1] + both
    name = "area.workstation_m2"
    assert abs(first[name] - of_area / variance) < SIGMAS * error[name]
    assert abs(total[name] - (of_area + both) / variance) < SIGMAS * total_error[name]
    rent = (area[0] ** 2 + area[1]) * (100**2 / 12) / variance
    assert abs(total["cost.running.rent"] - rent) < SIGMAS * total_error["cost.running.rent"]


def test_one_number_of_workstations_is_held():
    problem = planned(shipped("kazakhstan-2023", "run.sizing_draws=64"))
    asked = study(
        problem, 32, metrics=["workstations", "workstations_needed"], policies=["level95"]
    )
    result = sensitivity.sobol(asked, second=False)
    assert np.isnan(result["first"].sel(metric="workstations")).all()
    assert float(result["total"].sel(metric="workstations_needed", source="eligible")[0]) > 0.5
    assert "second" not in result


def test_threads_change_nothing_and_points_are_added_to():
    problem = without_levels(written(RICH))
    one, two = (
        sensitivity.sobol(study(problem, 48, threads=threads), resamples=4) for threads in (1, 2)
    )
    assert one.identical(two)


def test_a_policy_asked_for_alone_is_the_same():
    problem = without_levels(written(RICH))
    every = sensitivity.sobol(study(problem, 32), second=False, resamples=3)
    alone = sensitivity.sobol(study(problem, 32, policies=["tight"]), second=False, resamples=3)
    assert alone.equals(every.sel(policy=["tight"]))


# --- other methods --------------------------------------------------------------------------


def test_morris_finds_the_slopes():
    """Required area 50 w: half of the distribution of w is 1 m², all 50 of them."""
    problem = written(COUNTS, "policy.one.workstations={ fixed = 50 }")
    asked = study(problem, 16, metrics=["required_area", "eligible_staff"], policies=["one"])
    result = sensitivity.morris(asked)
    size, error = of(result, "mu_star", "required_area")
    assert size["area.workstation_m2"] == pytest.approx(50.0)
    assert error["area.workstation_m2"] == pytest.approx(0.0, abs=1e-9)
    assert size[CHANCE] == size["eligible"] == 0
    up = result["mu"].sel(metric="eligible_staff", policy="one", source="eligible")
    assert float(up) == pytest.approx(25, abs=3)


def test_shapley_effects_of_the_engine_add_up():
    problem = written(LINKED, "policy.one.workstations={ fixed = 50 }", "policy.one.eligible=0.5")
    metrics = ["vacated_running_cost", "eligible_staff"]
    asked = study(problem, 1500, metrics=metrics, policies=["one"])
    result = sensitivity.shapley(asked)
    assert np.allclose(result["shapley"].sum("source"), 1)
    found, _ = of(result, "shapley", "eligible_staff")
    assert found[CHANCE] == pytest.approx(1)
    money, error = of(result, "shapley", "vacated_running_cost")
    assert abs(money["cost.running.power"]) < 0.5
    assert money["cost.running.power"] > SIGMAS * error["cost.running.power"]  # by its company
    alone = sensitivity.shapley(
        study(
            written(COUNTS, "policy.one.workstations={ fixed = 50 }", "policy.one.eligible=0.5"),
            1500, metrics=metrics, policies=["one"],
        )
    )  # fmt: skip
    lonely, _ = of(alone, "shapley", "vacated_running_cost")
    assert lonely["cost.running.power"] < money["cost.running.power"] / 3


def test_a_curve_is_the_conditional_mean():
    problem = written(COUNTS, "policy.one.workstations={ fixed = 50 }")
    asked = study(problem, 64, metrics=["required_area", "eligible_staff"], policies=["one"])
    result = curves.curves(asked).sel(policy="one")
    area = result.sel(metric="required_area", source="area.workstation_m2")
    assert np.allclose(area["mean"], 50 * (7 + 2 * np.array(curves.LEVELS)))
    assert np.allclose(area["value"], 7 + 2 * np.array(curves.LEVELS))
    staff = result.sel(metric="eligible_staff", source="eligible")
    expected = 100 * (0.4 + 0.5 * np.array(curves.LEVELS))
    assert np.all(np.abs(staff["mean"] - expected) < SIGMAS * staff["mean_mcse"])
    assert np.all(staff["p05"] < staff["mean"])
    assert np.all(staff["mean"] < staff["p95"])


def test_a_curve_takes_correlated_inputs_along():
    """Power given rent: with rent at its 95 % quantile power is high, too, if they go together."""
    metric = {"metrics": ["vacated_running_cost"], "policies": ["one"]}
    linked = curves.tornado(study(written(LINKED), 256, **metric)).squeeze()
    apart = curves.tornado(study(written(COUNTS), 256, **metric)).squeeze()
    swing = {
        name: float((one["high"] - one["low"]).sel(source="cost.running.power"))
        for name, one in (("linked", linked), ("apart", apart))
    }
    assert swing["linked"] > 3 * swing["apart"]


def test_a_tornado_is_the_ends_of_a_curve():
    problem = written(COUNTS)
    asked = study(problem, 32, metrics=["released_area"])
    line, ends = curves.curves(asked), curves.tornado(asked)
    assert np.allclose(line["mean"].sel(level=0.05), ends["low"], equal_nan=True)
    assert np.allclose(line["mean"].sel(level=0.95), ends["high"], equal_nan=True)
    run = simulate(problem, draw(problem, 0, 32))["released_area"].mean("draw").values[:, 0]
    assert np.allclose(ends["mean"].sel(metric="released_area"), run)


def test_boxes_say_where_a_target_is_missed():
    """The required area 50 w is above 420 m² exactly where w is above 8.4 m²."""
    problem = written(COUNTS, "policy.one.workstations={ fixed = 50 }")
    asked = study(problem, 2048, policies=["one"])
    found = curves.boxes(asked, curves.Condition("required_area", False, 420.0))
    assert found.sizes["box"] == 1
    limits = found.isel(box=0).sel(input="area.workstation_m2")
    assert float(limits["low"]) == pytest.approx(8.4, abs=0.02)
    assert np.isnan(limits["high"])
    assert float(found["density_checked"][0]) > 0.97
    assert float(found["coverage_checked"][0]) > 0.97
    assert found.attrs["share"] == pytest.approx(0.3, abs=0.01)


def test_nothing_is_found_where_the_target_is_never_missed():
    asked = study(written(COUNTS), 64, policies=["one"])
    found = curves.boxes(asked, curves.Condition("required_area", True, -1.0))
    assert found.sizes["box"] == 0


def test_where_no_input_varies_nothing_is_moved():
    problem = shipped("single-office", "run.sizing_draws=16")
    with pytest.raises(InputError, match="no input of this scenario varies"):
        curves.curves(study(problem, 8))
    alone = sensitivity.sobol(study(problem, 16, metrics=["onsite_peak"]), resamples=3)
    assert [str(name) for name in alone["source"].values] == [CHANCE]


# --- the command line -----------------------------------------------------------------------

CASE = str(FOLDER / "kazakhstan-2023.toml")
SMALL = ("--set", "run.sizing_draws=16", "--points", "16", "--policy", "published", "--quiet")


def call(*words):
    return CliRunner().invoke(cli, ["sensitivity", CASE, *map(str, words)])


def document(*words):
    result = call(*words, *SMALL, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=pytest.fail)


def test_the_document_has_every_metric_with_its_indices():
    said = document("--method", "sobol")
    assert {"engine", "scenario", "sources", "sensitivity"} == set(said)
    assert said["engine"]["points"] == 16
    assert said["engine"]["simulated"] == said["engine"]["draws"]
    entry = next(e for e in said["sensitivity"] if e["metric"] == "released_area")
    assert (entry["policy"], entry["unit"], entry["scope"]) == ("published", "m2", "total")
    names = {index["source"] for index in entry["indices"]}
    assert names == {"eligible", "workstations.per_person.*", CHANCE}
    assert len(entry["pairs"]) == 3
    index = entry["indices"][0]
    assert index["first_low"] < index["first"] < index["first_high"]
    source = next(s for s in said["sources"] if s["name"] == "eligible")
    assert source["inputs"][0]["key"] == "policy.published.eligible"
    assert source["inputs"][0]["confirmed"] is False
    assert source["title"].startswith("share of staff whose duties allow remote work")


@pytest.mark.parametrize(
    ("method", "part"),
    [("morris", "effects"), ("shapley", "effects"), ("tornado", "swings"), ("curves", "curves")],
)
def test_every_method_prints_draws_and_stores(method, part, tmp_path):
    said = document("--method", method, "--metric", "npv")
    (entry,) = said["sensitivity"]
    assert entry[part]
    asked = ("--method", method, "--metric", "npv", "--figures", tmp_path, "--out", tmp_path)
    result = call(*asked, *SMALL)
    assert result.exit_code == 0, result.stderr
    assert "net present value" in " ".join(result.stdout.split())
    assert "†" in result.stdout
    stored = {path.name for path in tmp_path.iterdir()}
    assert stored == {
        "sensitivity.nc",
        f"sensitivity-{method}-npv.png",
        f"sensitivity-{method}-npv.svg",
    }


def test_boxes_are_printed():
    words = ("--method", "prim", "--below", "npv=2e9", *SMALL, "--points", "512")
    said = json.loads(call(*words, "--json").stdout)
    assert said["condition"]["below"] == 2e9
    assert said["boxes"]
    result = call(*words)
    assert "Box 1" in result.stdout
    assert "is below 2,000 million KZT" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--metric", "nvp"), "did you mean npv?"),
        (("--place", "centrl"), "did you mean central?"),
        (("--policy", "published2"), "did you mean published?"),
        (("--group", "money"), "needs NAME=KEY,KEY"),
        (("--group", "money=rent"), "is no input that varies"),
        (("--method", "prim", "--policy", "published"), "needs either --below or --above"),
        (("--method", "prim", "--below", "npv=1"), "needs one --policy"),
        (("--below", "npv=1"), "go with --method prim"),
        (
            ("--method", "prim", "--policy", "published", "--below", "npv"),
            "needs a metric and a number",
        ),
        (
            ("--method", "prim", "--policy", "published", "--below", "nvp=3"),
            "there is no such metric",
        ),
    ],
)
def test_what_is_wrong_is_refused_in_words(words, said):
    result = call("--set", "run.sizing_draws=16", "--points", 16, *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert said in " ".join(result.stderr.split())
