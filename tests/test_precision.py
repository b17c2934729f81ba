"""Stopping at a precision: the bits of so many draws, at the first test that finds it, or never."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from handmade import near, planned, shipped
from scipy import stats
from test_cli import OFFICE, call, document, refused
from test_reproducibility import same
from test_tables import printed

from sim.cli.run import RESULT
from sim.errors import InputError
from sim.job import run
from sim.results import store
from sim.results.precision import ERRORS, Attained, Target, attained, checkpoints, targets
from sim.results.summary import STATISTICS

FEW = ("--set", "run.sizing_draws=16")
PEAK = "onsite_peak"


def office(**plan):
    return planned(shipped("single-office"), sizing_draws=16, **plan)


def half_width(problem, draws, target):
    problem = planned(problem, draws=draws)
    return attained(problem, run(problem, threads=1), target).half_width


class Kept(list):
    """Keeps blocks of draws in place of a file."""

    def __enter__(self):
        return self.append

    def __exit__(self, *_):
        return None


# --- where a run stops ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1, [1]),
        (1023, [1023]),
        (1024, [1024]),
        (1025, [1024, 1025]),
        (5000, [1024, 2048, 4096, 5000]),
        (8192, [1024, 2048, 4096, 8192]),
    ],
)
def test_tests_are_at_doublings_and_at_the_most(most, expected):
    assert list(checkpoints(most)) == expected


@pytest.mark.jit
@pytest.mark.parametrize(
    ("design", "statistic"), [("sobol", "mean"), ("mc", "mean"), ("sobol", "p95"), ("mc", "sd")]
)
def test_a_run_stops_at_the_first_test_that_is_precise_enough(design, statistic):
    problem = office(draws=9000, design=design)
    widths = {n: half_width(problem, n, Target(PEAK, statistic, 1.0)) for n in (1024, 2048, 4096)}
    assert len(set(widths.values())) > 1
    for wanted in widths.values():
        told = []
        asked = [f"{PEAK}.{statistic}={wanted!r}"]
        found = run(problem, threads=1, progress=told.append, precision=asked)
        first = next(n for n, width in widths.items() if width <= wanted)
        assert found.attrs["draws"] == told[-1] == first
    narrower = math.nextafter(min(widths.values()), 0.0)
    found = run(problem, threads=1, precision=[f"{PEAK}.{statistic}={narrower!r}"])
    assert found.attrs["draws"] in (8192, 9000)


@pytest.mark.jit
@pytest.mark.parametrize(("block", "threads"), [(512, 1), (4096, 1), (777, 2), (4096, 2)])
def test_a_run_that_stopped_has_the_bits_of_so_many_draws(block, threads):
    plain = run(office(draws=2048), threads=1)
    width = attained(office(), plain, Target(PEAK, "mean", 1.0)).half_width
    kept = Kept()
    asked = [f"{PEAK}={width!r}"]
    found = run(office(draws=20_000), block, threads, keep=kept, precision=asked)
    assert found.attrs == plain.attrs == {"draws": 2048}
    assert not same(found, plain)
    index = np.concatenate([drawn["draw"].to_numpy() for drawn in kept])
    assert index.tolist() == list(range(2048))


@pytest.mark.jit
def test_all_targets_must_hold_and_the_hardest_decides():
    problem = office(draws=4096)
    one, two = (half_width(problem, n, Target(PEAK, "mean", 1.0)) for n in (1024, 2048))
    assert run(problem, threads=1, precision=[f"{PEAK}={one!r}"]).attrs["draws"] == 1024
    both = [f"{PEAK}={one!r}", f"{PEAK}.mean={two!r}"]
    assert run(problem, threads=1, precision=both).attrs["draws"] == 2048


@pytest.mark.jit
def test_the_most_draws_end_a_run_that_never_is_precise_enough():
    problem = office(draws=1500)
    found = run(problem, threads=1, precision=[f"{PEAK}=1e-9"])
    assert found.attrs["draws"] == 1500
    assert not same(found, run(problem, threads=1))
    assert not attained(problem, found, Target(PEAK, "mean", 1e-9)).settled


@pytest.mark.jit
def test_nothing_is_waited_for_that_exists_in_no_draw():
    problem = office(draws=5000)
    found = run(problem, threads=1, precision=["payback_years=1"])
    assert found.attrs["draws"] == 1024
    one = attained(problem, found, Target("payback_years", "mean", 1.0))
    assert (one.settled, one.reached) == (True, False)


# --- what a half-width is -------------------------------------------------------------------


@pytest.mark.parametrize("design", ["sobol", "mc"])
def test_half_widths_are_those_of_a_textbook(design):
    kept = Kept()
    problem = office(draws=160, design=design)
    summary = run(problem, threads=1, keep=kept)
    values = np.concatenate([block[PEAK].sel(policy="pooled", body="office") for block in kept])
    groups = values.reshape(-1, 16).T
    by_mean = stats.t.ppf(0.975, 15) * groups.mean(axis=1).std(ddof=1) / 4
    if design == "mc":
        by_mean = stats.norm.ppf(0.975) * values.std(ddof=1) / math.sqrt(160)
    gap = stats.norm.ppf(0.975) * math.sqrt(0.25 / 160)
    low, high = np.quantile(values, [0.5 - gap, 0.5 + gap], method="inverted_cdf")
    expected = {
        "mean": by_mean,
        "sd": stats.t.ppf(0.975, 15) * groups.std(axis=1, ddof=1).std(ddof=1) / 4,
        "p50": (high - low) / 2,
    }
    table = summary[PEAK].sel(policy=["pooled"], place=["office"])
    alone = xr.Dataset({PEAK: table}, coords={"scope": summary["scope"].sel(place=["office"])})
    for statistic, width in expected.items():
        one = attained(problem, alone, Target(PEAK, statistic, 1.0))
        assert near(one.half_width, width, 1e-9, np.ptp(values) / 1000 * (statistic == "p50"))
        assert (one.policy, one.place, one.scope) == ("pooled", "office", "body")


def made(defined, errors):
    """Return a summary of two policies at two places."""
    values = np.ones((2, 2, len(STATISTICS)))
    values[..., STATISTICS.index("defined_share")] = defined
    values[..., STATISTICS.index("mcse")] = errors
    return xr.Dataset(
        {"payback_years": (("policy", "place", "statistic"), values)},
        coords={
            "policy": ["one", "two"],
            "place": ["office", "total"],
            "scope": ("place", ["body", "total"]),
            "statistic": list(STATISTICS),
        },
    )


@pytest.mark.parametrize(
    ("defined", "errors", "where", "width"),
    [
        (1.0, [[1, 2], [5, 3]], ("two", "office"), 5.0),
        ([[1, 1], [0, 0.5]], [[1, 2], [math.nan, 3]], ("two", "total"), 3.0),
        ([[1, 1], [0.01, 1]], [[1, 2], [math.nan, 3]], ("two", "office"), math.inf),
        ([[0, 0], [0, 1]], [[math.nan, math.nan], [math.nan, 0]], ("two", "total"), 0.0),
    ],
)
def test_the_widest_decides_where_the_statistic_exists(defined, errors, where, width):
    problem = office(design="mc")
    one = attained(problem, made(defined, errors), Target("payback_years", "mean", 6.0))
    assert (one.policy, one.place) == where
    assert near(one.half_width, width * stats.norm.ppf(0.975))
    assert one.reached == one.settled == (width <= 3.0)


def test_a_statistic_that_exists_nowhere_is_not_reached():
    target = Target("payback_years", "mean", 6.0)
    one = attained(office(), made(0.0, math.nan), target)
    assert isinstance(one, Attained)
    assert math.isnan(one.half_width)
    assert (one.reached, one.settled, one.policy) == (False, True, "")


# --- what is asked for ----------------------------------------------------------------------


def test_options_are_read_with_the_mean_as_the_default():
    found = targets(["released_area=50", "released_area.mean=5e1", "released_area.p50 = 0.5"])
    assert found[0] == found[1] == Target("released_area", "mean", 50.0)
    assert found[2] == Target("released_area", "p50", 0.5)
    assert all(targets([f"workstations.{name}=1"])[0].statistic == name for name in ERRORS)


@pytest.mark.parametrize(
    ("option", "phrases"),
    [
        ("relased_area=50", ["no metric 'relased_area'", "did you mean released_area?"]),
        ("sharing_people=5", ["no metric 'sharing_people'"]),
        ("quite=5", ["known: eligible_staff, "]),
        ("released_area.p10=50", ["no such statistic", "mean, sd, p05, p50, p95"]),
        ("released_area.=50", ["no such statistic"]),
        ("released_area.p50_mcse=50", ["p50_mcse has no interval", "mean, sd, p05"]),
        ("released_area.defined_share=1", ["defined_share has no interval"]),
        ("released_area", ["number above 0", "[m2]", "for example released_area=50"]),
        ("released_area=", ["number above 0"]),
        ("released_area=many", ["number above 0"]),
        ("released_area=0", ["number above 0"]),
        ("released_area=-1", ["number above 0"]),
        ("released_area=nan", ["number above 0"]),
        ("released_area=inf", ["number above 0"]),
        ("released_share=1 %", ["number above 0", "as a share"]),
        ("", ["no metric ''", "number above 0"]),
        ("relased_area.p10=0", ["no metric", "no such statistic", "number above 0"]),
    ],
)
def test_what_cannot_be_asked_for_is_refused(option, phrases):
    with pytest.raises(InputError) as caught:
        targets([option])
    said = str(caught.value)
    assert f"--precision {option}" in said
    assert [phrase for phrase in phrases if phrase not in said] == []


def test_a_run_refuses_before_it_draws():
    with pytest.raises(InputError):
        run(office(), progress=lambda _: pytest.fail("was drawn"), precision=["released=1"])


# --- the command line -----------------------------------------------------------------------


def test_everything_wrong_is_told_at_once():
    options = ("--precision", "relased_area=50", "--precision", "released_area=x")
    said = refused(call("run", OFFICE, *options))
    assert "--precision relased_area=50" in said
    assert "--precision released_area=x" in said
    assert "leave out --precision" in refused(
        call("run", OFFICE, "--trace", "policy=pooled,draw=0", *options)
    )


@pytest.mark.jit
def test_the_document_says_what_was_reached():
    words = ("run", OFFICE, *FEW)
    found = document(*words, "--precision", f"{PEAK}=0.2", "--precision", f"{PEAK}.p95=0.5")
    assert list(found) == ["engine", "scenario", "metrics", "precision"]
    precision = found["precision"]
    assert (found["engine"]["draws"], precision["most_draws"]) == (1024, 262_144)
    assert precision["reached"] is True
    mean, p95 = precision["targets"]
    (peak,) = (
        metric
        for metric in found["metrics"]
        if (metric["name"], metric["policy"]) == (PEAK, mean["policy"])
        and (metric["scope"], metric["body"]) == (mean["scope"], mean["body"])
    )
    assert mean == {
        "metric": PEAK,
        "statistic": "mean",
        "unit": "people",
        "target": 0.2,
        "half_width": pytest.approx(stats.t.ppf(0.975, 15) * peak["mcse"]),
        "reached": True,
        "policy": "pooled",
        "scope": "body",
        "body": "office",
    }
    assert (p95["statistic"], p95["target"], p95["reached"]) == ("p95", 0.5, True)
    assert found["metrics"] == document(*words, "--draws", 1024)["metrics"]


def test_a_ceiling_is_no_failure_but_said():
    words = ("run", OFFICE, *FEW, "--precision", f"{PEAK}=1e-6", "--draws", 32)
    found = document(*words)
    assert (found["engine"]["draws"], found["precision"]["most_draws"]) == (32, 32)
    assert found["precision"]["reached"] is False
    (target,) = found["precision"]["targets"]
    assert target["half_width"] > target["target"]
    assert target["reached"] is False
    table = printed(*words, width=200)
    assert "NOT reached within 32 draws, the most allowed: raise --draws." in table
    assert f"{PEAK}, mean: ± " in table
    assert "asked for ± 1e-06 people: NOT reached." in table


def test_too_few_draws_for_an_error_are_null_and_said():
    words = ("run", OFFICE, *FEW, "--precision", f"{PEAK}=5", "--draws", 5)
    (target,) = document(*words)["precision"]["targets"]
    assert (target["half_width"], target["reached"]) == (None, False)
    assert "too few draws to tell (" in printed(*words)


@pytest.mark.jit
def test_the_table_ends_with_the_precision():
    table = printed("run", OFFICE, *FEW, "--precision", "released_area=50", width=120)
    end = table.partition("Precision: the widest 95 % interval that the draws leave\n")[2]
    asked = "asked for ± 50 m²: reached."
    assert end.startswith("• released_area, mean: ± 0 m² at its widest (baseline, office); ")
    assert asked in end
    assert end.endswith("• Reached after 1,024 draws.\n")


@pytest.mark.jit
def test_what_exists_nowhere_is_said():
    words = ("run", OFFICE, *FEW, "--precision", "payback_years=1")
    found = document(*words)
    (target,) = found["precision"]["targets"]
    assert found["engine"]["draws"] == 1024
    assert (target["half_width"], target["policy"], target["reached"]) == (None, None, False)
    table = printed(*words)
    assert "payback_years, mean: exists in no draw" in table
    assert "there was nothing to wait for" in table


@pytest.mark.jit
def test_the_command_line_limits_the_draws_and_the_file_does_not(tmp_path: Path):
    overlay = tmp_path / "more.toml"
    overlay.write_text("[run]\ndraws = 40\n")
    words = ("run", OFFICE, *FEW, "--precision", "released_area=50", "--overlay", overlay)
    assert document(*words)["engine"]["draws"] == 1024
    for option in (("--draws", 48), ("--set", "run.draws=48")):
        found = document(*words, *option)
        assert (found["engine"]["draws"], found["precision"]["most_draws"]) == (48, 48)


@pytest.mark.jit
def test_a_stored_result_holds_the_draws_it_took_and_is_computed_again(tmp_path: Path):
    precision = ("--precision", f"{PEAK}=0.2")
    words = ("--quiet", "--json", "--keep-draws", "--out")
    first, again = tmp_path / "first", tmp_path / "again"
    done = call("run", OFFICE, *FEW, "--draws", 3000, *precision, *words, first)
    assert json.loads(done.stdout)["scenario"]["overrides"] == [FEW[1], "run.draws=1024"]
    assert call("run", first / RESULT, *words, again).exit_code == 0
    (one, origin), (two, other) = (store.read(x / RESULT) for x in (first, again))
    xr.testing.assert_identical(one, two)
    assert origin.overrides == other.overrides == (FEW[1], "run.draws=1024")
    assert (origin.precision, other.precision) == ((f"{PEAK}=0.2",), ())
    with store.read_draws(first / RESULT) as draws:
        assert draws.sizes["draw"] == one.attrs["draws"] == 1024
    more = document("run", first / RESULT, "--precision", f"{PEAK}=0.08")
    assert more["engine"]["draws"] > 1024
    assert document("run", first / RESULT, "--draws", 16)["engine"]["draws"] == 16
