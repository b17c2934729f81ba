"""`officesim size`: levels, one pool, a price of a shortage, figures, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from broken_inputs import BASE
from scipy import stats
from test_cli import OFFICE, call, document, refused, scenario

WORDS = ("size", OFFICE, "--draws", 16, "--policy", "pooled")
RENT = ("--set", "cost.running.rent={ value = 100, confirmed = false }")


@pytest.mark.jit
def test_levels_and_assurances_are_repeatable() -> None:
    asked = ("--level", "per_day=0.95", "--level", "per_week=0.9")
    found = document(*WORDS, *asked, "--assurance", 0.9, "--assurance", 0.5)
    assert list(found) == ["engine", "scenario", "sizes", "frontier"]
    keys = {"policy", "scope", "body", "level", "assurance", "workstations", "level_met"}
    assert all(set(entry) == keys for entry in found["sizes"])
    told = {
        (*entry["level"].items(), entry["assurance"])
        for entry in found["sizes"]
        if entry["scope"] == "total"
    }
    assert len(told) == 4
    page = call(*WORDS, *asked).stdout
    assert "A: 95 % of working days without a shortage, in 90.0 % of draws" in page
    assert "B: 90 % of weeks without a day of shortage, in 90.0 % of draws" in page
    assert re.search(r"office +180 +119 +\d+\n", page)


def test_the_page_tells_the_frontier_and_what_one_more_saves() -> None:
    page = call(*WORDS, "--level", "per_day=0.95").stdout
    (line,) = [line for line in page.splitlines() if line.startswith("chosen")]
    short = stats.binom(180, 0.6).sf(119)
    assert line.split()[1:3] == ["119", f"{100 * short:.1f}"]
    # of one workstation more, people without one become fewer by the share of short days
    assert float(line.split()[-1]) == pytest.approx(100 * short, abs=0.051)


@pytest.mark.jit
def test_one_pool_is_set_beside_the_pools_as_they_are(tmp_path: Path) -> None:
    path = scenario(tmp_path, BASE)
    words = ("size", path, "--level", "per_day=0.9", "--draws", 16, "--policy", "half", "--pooled")
    found = document(*words)
    assert list(found) == ["engine", "scenario", "sizes", "frontier", "pooled"]
    (entry,) = found["pooled"]["sizes"]
    (apart,) = [e for e in found["sizes"] if e["scope"] == "total"]
    assert entry["apart"] == apart["workstations"]
    assert entry["pooling_gain"] == apart["workstations"] - entry["workstations"] > 0
    assert "If all bodies shared one pool" in call(*words).stdout


@pytest.mark.jit
def test_a_price_of_a_shortage_finds_the_least_cost() -> None:
    priced = ("--level", "per_day=0.95", *RENT, "--shortage-price", 60, "--working-days", 200)
    found = document(*WORDS, *priced)
    assert list(found) == ["engine", "scenario", "sizes", "frontier", "shortage", "least_cost"]
    said = found["shortage"]
    assert (said["price"], said["working_days"]) == (60, 200)
    assert said["inputs"] == ["area.workstation_m2", "cost.running.rent"]
    assert said["unconfirmed"] == ["cost.running.rent"]
    (entry,) = [e for e in found["least_cost"] if e["scope"] == "total"]
    expected = int(stats.binom.ppf(1 - 1200 / (60 * 200), 180, 0.6))
    assert entry["workstations"] == expected
    page = call(*WORDS, *priced).stdout
    assert "if a person-day without a workstation costs 60" in page
    assert "Counted with 200 working days a year." in page
    assert "Nobody has confirmed cost.running.rent." in page


@pytest.mark.jit
def test_figures_are_drawn_for_every_place(tmp_path: Path) -> None:
    path = scenario(tmp_path, BASE)
    words = ("size", path, "--level", "per_day=0.9", "--draws", 16, "--policy", "half", "--pooled")
    result = call(*words, "--shortage-price", 5, "--figures", tmp_path / "new")
    assert result.exit_code == 0
    stems = ("frontier-body-central", "frontier-body-local", "frontier-total")
    files = {f"{stem}.{kind}" for stem in stems for kind in ("png", "svg")}
    assert {file.name for file in (tmp_path / "new").iterdir()} == files
    assert result.stderr.count("drew ") == len(files)
    drawn = (tmp_path / "new" / "frontier-total.svg").read_text(encoding="utf-8")
    found = document(*words)
    (size,) = [e for e in found["sizes"] if e["scope"] == "total"]
    for text in ("days with a shortage", "least cost", "today 150 →", "scenario test",
                 "days, if all bodies shared one pool", f">{size['workstations']}<"):  # fmt: skip
        assert text in drawn
    png = (tmp_path / "new" / "frontier-total.png").read_bytes()
    assert png.startswith(b"\x89PNG")


def test_todays_stock_far_away_is_an_arrow(tmp_path: Path) -> None:
    asked = ("--level", "per_day=0.95", "--figures", tmp_path, "--quiet")
    result = call(*WORDS, *asked, "--set", "body.office.workstations=999")
    assert (result.exit_code, result.stderr) == (0, "")
    drawn = (tmp_path / "frontier-body-office.svg").read_text(encoding="utf-8")
    assert "today 999 →" in drawn
    assert call(*WORDS, *asked, "--set", "body.office.workstations=121").exit_code == 0
    near = (tmp_path / "frontier-body-office.svg").read_text(encoding="utf-8")
    assert "workstations today" in near
    assert "→" not in near


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        (("--working-days", "200"), "needs --shortage-price"),
        (("--shortage-price", "0"), "--shortage-price"),
        (("--shortage-price", "60"), "cost.running"),
        (("--assurance", "0.9", "--assurance", "2"), "--assurance"),
        (("--level", "per_dya=0.9"), "did you mean per_day?"),
    ],
)
def test_wrong_sizes_are_refused(words: tuple[str, ...], phrase: str) -> None:
    assert phrase in refused(call(*WORDS, "--level", "per_day=0.95", *words))


def test_nothing_is_drawn_where_nothing_is_found(tmp_path: Path) -> None:
    refused(
        call(*WORDS, "--level", "per_day=0.95", "--policy", "poled", "--figures", tmp_path / "x")
    )
    assert not (tmp_path / "x").exists()
