"""`officesim compare`: its document, its page, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from broken_inputs import BASE
from scipy import stats
from test_cli import OFFICE, SMALL, call, document, refused, scenario

PARTS = ["options", "metrics", "unpaired_inputs", "differences", "ranking", "dominance", "pareto"]
PARTS += ["regret", "verdicts"]
MONEY = ("--set", "cost.running.rent={ uniform = [100, 200] }")


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """Return a scenario like the office, with replacements in its text."""
    text = Path(OFFICE).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "changed.toml"
    path.write_text(text, encoding="utf-8")
    return path


def total(found: dict, name: str, option: str) -> dict:
    (entry,) = [
        e
        for e in found["differences"]
        if (e["name"], e["scope"], e["option"]) == (name, "total", option)
    ]
    return entry


def test_policies_of_a_scenario_are_compared_in_the_order_they_are_named() -> None:
    words = ("compare", OFFICE, *SMALL, "--policy", "seven-per-ten", "--policy", "pooled")
    found = document(*words)
    assert list(found) == ["engine", "scenario", *PARTS]
    assert found["options"] == ["seven-per-ten", "pooled"]
    assert found["metrics"] == ["released_area", "shortage_per_day"]
    assert total(found, "released_area", "pooled")["mean"] == 84
    before, after = (f"{100 * stats.binom(180, 0.6).sf(desks):.1f}" for desks in (126, 119))
    (verdict,) = found["verdicts"]
    assert verdict["words"] == (
        f"`pooled` releases 84 m² more than `seven-per-ten` and raises shortage from {before} % to "
        f"{after} % of days."
    )
    assert document("compare", OFFICE, *SMALL)["options"] == ["pooled", "seven-per-ten"]


@pytest.mark.jit
def test_scenarios_are_compared_policy_by_policy(tmp_path: Path) -> None:
    more = changed(
        tmp_path, ('"single-office"', '"larger"'), ("area_m2 = 2_160", "area_m2 = 2_260")
    )
    found = document("compare", OFFICE, more, *SMALL, "--policy", "pooled")
    assert [one["name"] for one in found["scenarios"]] == ["single-office", "larger"]
    assert found["options"] == ["single-office:pooled", "larger:pooled"]
    assert total(found, "released_area", "larger:pooled")["mean"] == 100
    assert total(found, "shortage_per_day", "larger:pooled")["mean"] == 0
    assert len(document("compare", OFFICE, more, *SMALL)["options"]) == 4


@pytest.mark.jit
def test_a_stored_result_is_as_good_as_its_scenario(tmp_path: Path) -> None:
    assert call("run", OFFICE, *SMALL, *MONEY, "--out", tmp_path).exit_code == 0
    found = document(
        "compare", tmp_path / "result.nc", "--policy", "pooled", "--policy", "baseline"
    )
    direct = document(
        "compare", OFFICE, *SMALL, *MONEY, "--policy", "pooled", "--policy", "baseline"
    )
    assert found["differences"] == direct["differences"]
    both = document("compare", tmp_path / "result.nc", OFFICE, *SMALL, *MONEY, "--policy", "pooled")
    assert all(not e["mean"] for e in both["differences"])
    assert len(set(both["options"])) == 2


def test_the_page_says_what_to_take_from_it() -> None:
    found = call("compare", OFFICE, *SMALL, *MONEY, "--by", "utilisation")
    assert found.exit_code == 0
    assert "What to take from this" in found.stdout
    assert "`seven-per-ten` releases 84 m² less than `pooled`" in found.stdout
    assert "Options by utilisation % (higher is better), total" in found.stdout
    assert "1. pooled" in found.stdout
    assert "vacated running cost currency/year" not in found.stdout


@pytest.mark.jit
def test_the_page_of_a_case_with_money_shows_worth_ranks_and_dominance() -> None:
    case = Path(OFFICE).with_name("kazakhstan-2023.toml")
    words = ("compare", case, *SMALL, "--policy", "published", "--policy", "level95")
    page = call(*words, "--by", "npv", "--by", "shortage_per_day").stdout
    found = document(*words)
    gap = total(found, "npv", "level95")["mean"]
    assert gap < 0
    assert f"is worth {-gap / 1e6:,.1f} million KZT less (net present value)." in page
    assert re.search(r"1\. published +[\d,.]+ +[\d.]+ +100 +0", page)
    assert re.search(r"level95 +100 +0 +–\n", page)
    assert "Options by net present value million KZT (higher is better), total" in page
    assert "Dominance by net present value and shortage days, % of draws, total" in page
    area = total(found, "released_area", "level95")
    assert area["interval"][0] < area["mean"] < area["interval"][1]
    assert area["p05"] < area["p50"] < area["p95"] < 0


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (('area_basis = "usable"', 'area_basis = "gross"'), "areas on two bases"),
        (('area_basis = "usable"', 'area_basis = "usable"\ncurrency = "KZT"'), "amounts of two"),
        (("[attendance]", "[run]\nseed = 5\n[attendance]"), "give --seed for all"),
        (("[attendance]", "[run]\ndraws = 64\n[attendance]"), "give --draws for all"),
        (("[attendance]", '[run]\ndesign = "mc"\n[attendance]'), "give --design for all"),
        (("[attendance]", '[run]\nestimator = "sampled"\n[attendance]'), "give --estimator for"),
    ],
)
def test_scenarios_that_do_not_go_together_are_refused(
    change: tuple[str, str], phrase: str, tmp_path: Path
) -> None:
    said = refused(call("compare", OFFICE, changed(tmp_path, change)))
    assert phrase in said
    assert "changed.toml" in said


def test_one_option_makes_them_go_together(tmp_path: Path) -> None:
    other = changed(tmp_path, ("[attendance]", "[run]\nseed = 5\ndraws = 9\n[attendance]"))
    found = document("compare", OFFICE, other, *SMALL, "--seed", 3, "--policy", "pooled")
    assert (found["engine"]["seed"], found["engine"]["draws"]) == (3, 32)
    assert all(not entry["mean"] for entry in found["differences"])


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        ((), "Missing argument"),
        ((OFFICE, "--by", "relased_area"), "did you mean released_area?"),
        ((OFFICE, "--by", "eligible_staff"), "neither more nor less is better"),
        ((OFFICE, "--by", "npv"), "has no [appraisal]"),
        ((OFFICE, "--policy", "poled"), "did you mean pooled?"),
        ((OFFICE, "--policy", "pooled"), "two policies"),
        ((OFFICE, "none.toml"), "no such file"),
        ((OFFICE, "--draws", "0"), "run.draws"),
    ],
)
def test_wrong_comparisons_are_refused(words: tuple[str, ...], phrase: str) -> None:
    assert phrase in refused(call("compare", *words))


@pytest.mark.jit
def test_inputs_that_lose_their_pair_are_told(tmp_path: Path) -> None:
    gate = "[readiness.home]\ntoday = { uniform = [0.5, 0.9] }\n\n[readiness.literacy]"
    other = tmp_path / "more.toml"
    other.write_text(BASE.replace("[readiness.literacy]", gate))
    words = ("compare", scenario(tmp_path), other, *SMALL, "--policy", "half")
    result = call(*words)
    assert result.exit_code == 0
    assert "of both scenarios are not drawn alike" in result.stderr
    assert "--design mc" in result.stderr
    assert call(*words, "--quiet").stderr == ""
    assert call(*words, "--design", "mc").stderr == ""
