"""What people read: nothing cut, nothing obeyed by the terminal, and plain sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from sim.cli import cli
from sim.report.words import (
    desk_sharing,
    fold_path,
    in_words,
    interval,
    level_words,
    number,
    percent,
    plain,
)
from sim.scenario.appraisal import Phasing, Step, Steps
from sim.scenario.schema import SharedShock, Weekday
from sim.scenario.types import Count, Input

FOLDER = Path(__file__).parents[1] / "scenarios"
KAZAKHSTAN = FOLDER / "kazakhstan-2023.toml"
OFFICE = FOLDER / "single-office.toml"
SMALL = ("--draws", "16", "--set", "run.sizing_draws=16")


def printed(*words: object, width: int = 100) -> str:
    given = [str(word) for word in words]
    result = CliRunner().invoke(cli, given, env={"COLUMNS": str(width), "FORCE_COLOR": None})
    assert result.exit_code == 0, result.stderr
    return result.stdout


def changed(folder: Path, *pairs: tuple[str, str], file: Path = OFFICE) -> Path:
    text = file.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


def with_bodies(folder: Path, tiers: dict[str, str]) -> Path:
    """Return the office divided into small bodies, given with their tiers."""
    figures = "headcount = 9\nworkstations = 9\narea_m2 = 99\n"
    bodies = [f'[[body]]\nname = "{b}"\ntier = "{t}"\n{figures}' for b, t in tiers.items()]
    one = '[[body]]\nname = "office"\nheadcount = 180\nworkstations = 180\narea_m2 = 2_160\n'
    return changed(folder, (one, "".join(bodies)))


def finding(text: str, policy: str) -> str:
    """Return on one line what the summary says about a policy."""
    said = text.partition("What to take from this")[2].partition("\n\n")[0]
    lines = [re.sub(r"\s+", " ", line).strip() for line in said.split("•")]
    return next(line for line in lines if line.startswith(policy))


@pytest.mark.jit
@pytest.mark.parametrize("width", [20, 80, 100, 160, 240])
def test_no_number_is_cut_or_wrapped(width: int) -> None:
    text = printed("run", KAZAKHSTAN, *SMALL, "--policy", "published", width=width)
    assert "12,660" in text
    assert re.search(r"\d \d{2}\.\d to ", text) is None
    assert "…" not in text
    assert "people each" in text
    for line in text.splitlines():
        assert line == line.rstrip()
    if width >= 100:
        assert max(map(cell_len, text.splitlines())) <= width


def test_a_wide_terminal_has_one_table_and_a_narrow_one_two() -> None:
    words = ("run", OFFICE, *SMALL)
    assert "\nWorkstations\n" in printed(*words, width=80)
    assert "\nWorkstations\n" not in printed(*words, width=180)


@pytest.mark.jit
def test_the_published_result_and_what_it_leaves_out() -> None:
    text = printed("run", KAZAKHSTAN, *SMALL, "--policy", "published", "--policy", "level95")
    said = finding(text, "published")
    assert "m² (8" in said
    assert "in theory, but somebody is without a workstation on practically every" in said
    assert re.search(r"about 7\d of 18\d people present in central", said)
    assert "95 % of working days without a shortage" in finding(text, "level95")
    assert "not a saving" in finding(text, "A theoretical release")
    assert "upper bound" in text
    assert "Money, total, million KZT" in text
    assert re.search(r"Assumptions: \d+ of \d+ figures not confirmed", text)
    assert "onsite_peak" in text


def test_the_team_worst_off_has_a_sentence_where_teams_are_named() -> None:
    teams = printed("run", FOLDER / "neighbourhoods.toml", *SMALL, "--policy", "pooled", width=200)
    assert re.search(r"the team worst off would be short on [1-9]\d % of working days", teams)
    assert "team worst off" not in printed("run", OFFICE, *SMALL, width=200)


def test_negative_release_is_a_shortage_of_space(tmp_path: Path) -> None:
    path = changed(tmp_path, ("area_m2 = 2_160", "area_m2 = 600"))
    text = printed("run", path, *SMALL)
    assert "m² more than there is: a shortage of space" in finding(text, "pooled")
    assert "keeps what there is" in finding(text, "baseline")


def test_classification_is_on_every_output(tmp_path: Path) -> None:
    marking = (
        'area_basis = "usable"',
        'area_basis = "usable"\nclassification = "TOP [bold]SECRET"',
    )
    path = changed(tmp_path, marking)
    for words in (
        ("run", path, *SMALL),
        ("run", path, *SMALL, "--json"),
        ("run", path, *SMALL, "--trace", "policy=pooled,draw=0"),
        ("size", path, "--level", "per_day=0.9", "--draws", 16),
        ("check", path),
        ("check", path, "--json"),
    ):
        assert "TOP [bold]SECRET" in printed(*words)


def test_names_are_shown_and_never_obeyed(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ('name = "office"', 'name = "-cmd|x!A1\\u001b"\ntier = "[red]x\\u001b[31m\\u202e"'),
        ('title = "One', 'title = "[blink]\\u001b]0;owned\\u0007One'),
        ('source = "set: nobody', 'source = "[/red]\\u009b2Jset: nobody'),
    )
    for words in (
        ("run", path, *SMALL),
        ("run", path, *SMALL, "--trace", "policy=pooled,draw=0"),
        ("size", path, "--level", "per_day=0.9", "--draws", 16),
    ):
        text = printed(*words)
        assert "[blink]\\x1b]0;owned\\x07One" in text
        assert "-cmd|x!A1\\x1b" in text
        assert all(char.isprintable() or char == "\n" for char in text)
    assert "[/red]\\x9b2J" in printed("run", path, *SMALL)


def test_errors_obey_no_file_either(tmp_path: Path) -> None:
    path = changed(tmp_path, ("area_m2 = 2_160", 'area_m2 = "\\u001b[31m"'))
    result = CliRunner().invoke(cli, ["run", str(path)])
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr


def test_many_bodies_are_added_up(tmp_path: Path) -> None:
    text = printed("run", with_bodies(tmp_path, {f"b{n}": f"t{n % 2}" for n in range(21)}), *SMALL)
    assert "--json for all bodies" in text
    table = text.partition("What to take")[0]
    assert "b7" not in table
    assert {"t0", "t1", "total"} <= set(table.split())


def test_many_bodies_share_a_line_only_with_a_source(tmp_path: Path) -> None:
    path = with_bodies(tmp_path, {f"b{n}": "x" for n in range(21)})
    other = 'body.b7.headcount={value = 1_300, source = "counted"}'
    text = re.sub(r" +", " ", printed("run", path, *SMALL, "--set", other, width=160))
    assert "body.*.headcount 20 bodies, 9 each; 180 in all not stated yes" in text
    assert "body.b7.headcount 1,300 counted yes" in text
    assert "body.*.area_m2 21 bodies, 99 each; 2,079 in all not stated yes" in text
    few = printed("run", with_bodies(tmp_path, {"a": "x", "b": "x"}), *SMALL)
    assert "body.*" not in few


def test_tiers_are_not_repeated(tmp_path: Path) -> None:
    path = with_bodies(tmp_path, {"a": "x", "b": "x", "c": "y"})
    table = printed("run", path, *SMALL).partition("What to take")[0]
    names = [line.split()[0] for line in table.partition("baseline:")[2].splitlines()[1:6] if line]
    assert names == ["a", "b", "c", "x", "total"]


# --- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (None, "–"),
        (0.0, "0"),
        (1.0, "100"),
        (0.00001, "<0.1"),
        (0.99999, ">99.9"),
        (0.8885, "88.8"),
        (-0.25, "-25.0"),
    ],
)
def test_percent(share: float | None, expected: str) -> None:
    assert percent(share) == expected


def test_numbers() -> None:
    assert number(21828.4) == "21,828"
    assert number(-0.2) == "0"
    assert number(None) == "–"
    assert interval(1000.2, 2000.6) == "1,000 to 2,001"
    assert interval(5.0, 5.0) == "no spread"
    assert desk_sharing(112, 211) == "0.53 · 1.9 people each"
    assert desk_sharing(10, 0) == "–"
    assert desk_sharing(None, 10) == "–"


def test_levels_and_paths() -> None:
    assert level_words("per_day", 0.95) == "95 % of working days without a shortage"
    assert level_words("per_week", 0.999).startswith("99.9 % of weeks")
    assert level_words("per_person", 1.0).startswith("100 % of person-days")
    assert fold_path("body.central.area_m2", 14) == "body.central.\narea_m2"
    assert fold_path("abc", 2) == "abc"
    assert plain("a\tb\x1bc\u202e") == "a b\\x1bc\\u202e"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"value": 1200}, "1,200"),
        ({"uniform": [0.1, 0.3]}, "0.1 to 0.3"),
        ({"pert": [1, 2, 4]}, "1 to 4, likeliest 2"),
        ({"normal": {"mean": 5, "sd": 1, "min": 0}}, "mean 5, sd 1, least 0"),
        ({"lognormal": {"mean": 5, "sd": 1}}, "mean 5, sd 1"),
        ({"discrete": {"values": [1, 2], "weights": [1, 1]}}, "2 values, 1 to 2"),
        ({"empirical": [3, 1, 2]}, "3 values, 1 to 3"),
        ({"survey": {"share": 0.61, "n": 897}}, "61.0 % of 897 answers"),
        ({"value": 0.5, "per": "body"}, "0.5, each body its own"),
    ],
)
def test_inputs_in_words(given: dict, expected: str) -> None:
    assert in_words(Input.model_validate(given)) == expected


def test_other_figures_in_words() -> None:
    assert in_words(Count(value=1055)) == "1,055"
    assert in_words(SharedShock(common=0.3, week=0.2)) == "common 0.3, week 0.2"
    assert in_words(Phasing(value=(0.25, 1.0))) == "25 % by year 1, 100 % by year 2"
    steps = Steps(steps=(Step(from_year=0, rate=0.035), Step(from_year=31, rate=0.03)))
    assert in_words(steps) == "0.035 from year 0, 0.03 from year 31"
    week = Weekday(value=(0.9, 1.18, 1.14, 1.13, 0.6444))
    assert in_words(week) == "Mon 0.9, Tue 1.18, Wed 1.14, Thu 1.13, Fri 0.644"


MONEY = """
[appraisal]
base_year = 2025
years = 5
discount_rate = 0.05
inflation = 0.0
vacated = [1.0]
[appraisal.line.rent]
per = "m2"
amount = 100
avoidable_share = 0.5
"""


def test_worth_is_illustrative_until_what_it_rests_on_is_confirmed(tmp_path: Path) -> None:
    """Everything of the office is confirmed; then its rate of discount is not."""
    path = changed(tmp_path)
    path.write_text(f"{path.read_text()}\n{MONEY}")
    sure = printed("run", path, *SMALL)
    assert "\nWorth, " in sure
    assert "llustrative" not in sure
    unsure = printed("run", path, *SMALL, "--set", "appraisal.discount_rate.confirmed=false")
    assert "\nIllustrative worth, " in unsure
    assert "nobody has confirmed, appraisal.discount_rate. The lines" in " ".join(unsure.split())
    assert "appraisal.vat_rate" not in unsure
    assert "appraisal.staff_growth" not in unsure
