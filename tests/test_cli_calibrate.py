"""`officesim calibrate` and `demo-log`: documents, overlays that a run takes, nothing personal."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from test_cli import call, document, refused

from sim.cli.calibrate import OVERLAY

SCENARIOS = Path(__file__).parents[1] / "scenarios"
CASE = SCENARIOS / "kazakhstan-2023.toml"
SMALL = ("--draws", 32, "--set", "run.sizing_draws=16")

pytestmark = pytest.mark.jit


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "demo.csv"
    words = ("--people", 60, "--people", 50, "--people", 6, "--weeks", 20, "--no-show", 0.2)
    assert call("demo-log", path, *words, "--quiet").exit_code == 0
    return path


def test_demo_log_writes_its_truth_beside_it(log: Path) -> None:
    truth = tomllib.loads(log.with_name("demo.csv.truth.toml").read_text())
    assert truth["people"] == [60, 50, 6]
    assert truth["no_show"] == 0.2
    assert sum(truth["presence_combined"]) == pytest.approx(truth["days_combined"], abs=1e-4)
    assert log.read_text().startswith("person,time,site,team,kind\n")


def test_demo_log_is_the_same_for_the_same_seed(log: Path, tmp_path: Path) -> None:
    words = ("--people", 60, "--people", 50, "--people", 6, "--weeks", 20, "--no-show", 0.2)
    call("demo-log", tmp_path / "again.csv", *words, "--quiet")
    assert (tmp_path / "again.csv").read_bytes() == log.read_bytes()
    call("demo-log", tmp_path / "other.csv", *words, "--quiet", "--seed", 2)
    assert (tmp_path / "other.csv").read_bytes() != log.read_bytes()


def test_a_log_gives_an_overlay_that_a_run_takes(log: Path, tmp_path: Path) -> None:
    found = document("calibrate", CASE, "--log", log, "--out", tmp_path, "--mandated", 3, "--quiet")
    assert list(found) == ["engine", "scenario", "log", "overlay"]
    said = found["log"]
    assert said["rows"] > 1000
    assert len(said["sha256"]) == 64
    presence = [one["value"] for one in said["presence"]["combined"]]
    truth = tomllib.loads(log.with_name("demo.csv.truth.toml").read_text())
    assert presence == pytest.approx(truth["presence_combined"], abs=0.06)
    assert said["no_show"]["value"] == pytest.approx(0.2, abs=0.03)
    text = (tmp_path / OVERLAY).read_text()
    overlay = tomllib.loads(text)
    assert overlay["attendance"]["days_basis"] == "observed"
    assert overlay["attendance"]["clustering"]["confirmed"] is True
    assert said["sha256"] in overlay["scenario"]["sources"]["log"]
    assert "weeks of 2024-01-08" in overlay["scenario"]["sources"]["log"]
    run = document("run", CASE, "--overlay", tmp_path / OVERLAY, *SMALL, "--quiet")
    open_ones = run["scenario"]["unconfirmed"]
    assert "attendance.clustering" not in open_ones
    assert "attendance.compliance" not in open_ones
    assert "policy.published.eligible" in open_ones


def test_days_go_to_the_policies_named(log: Path, tmp_path: Path) -> None:
    words = ("--log", log, "--out", tmp_path, "--policy", "combined", "--quiet")
    assert call("calibrate", CASE, *words).exit_code == 0
    overlay = tomllib.loads((tmp_path / OVERLAY).read_text())
    days = overlay["policy"]["combined"]["days_on_site"]["normal"]
    truth = tomllib.loads(log.with_name("demo.csv.truth.toml").read_text())
    assert days["mean"] == pytest.approx(truth["days_combined"], abs=0.15)
    assert overlay["attendance"]["compliance"]["value"] == 1.0


def test_no_identifier_and_no_small_group_leaves_the_log(log: Path, tmp_path: Path) -> None:
    persons = {line.split(",")[0] for line in log.read_text().splitlines()[1:]}
    words = ("calibrate", CASE, "--log", log, "--out", tmp_path, "--figures", tmp_path)
    table = call(*words)
    assert table.exit_code == 0
    script = call(*words, "--json")
    written = [path.read_text(errors="replace") for path in tmp_path.glob("*.[st][vo]*")]
    for text in (table.output, script.output, *written):
        assert not persons & set(re.findall(r"P\d{6}", text))
    groups = json.loads(script.stdout)["log"]["groups"]
    small = {g["name"]: g for g in groups if g["kind"] == "site"}
    assert small["site-3"]["people"] is None
    # with one site hidden its people would follow from the total: another is hidden too
    assert sum(g["people"] is None for g in small.values()) == 2
    for group in groups:
        assert all(x is None or x >= 10 for x in group["present"])
        assert group["people"] is None or group["people"] >= 10


def test_tables_of_a_log_are_for_planners(log: Path) -> None:
    said = " ".join(call("calibrate", CASE, "--log", log, "--quiet").stdout.split())
    assert "Independence of people is" in said
    assert "People who never came are not in a log" in said
    assert "Back-test" in said
    assert "<10" in said
    assert "add --out DIR" in said


def test_figures_are_drawn(log: Path, tmp_path: Path) -> None:
    result = call("calibrate", CASE, "--log", log, "--figures", tmp_path)
    assert result.exit_code == 0
    names = {path.name for path in tmp_path.iterdir()}
    wanted = {f"calibration-{name}.{kind}" for name in ("weeks", "fit") for kind in ("png", "svg")}
    assert names == wanted


def test_a_target_gives_an_overlay_that_reproduces_it(tmp_path: Path) -> None:
    words = ("--set", "policy.published.eligible={uniform=[0.7,0.9]}", "--draws", 8192)
    targets = ("--target", "released_area.central=11316", "--target", "released_area.local=10524")
    found = document(
        "calibrate", CASE, *words, *targets, "--out", tmp_path, "--figures", tmp_path, "--quiet"
    )
    said = found["targets"]
    assert said["accepted"] >= 50
    assert {one["input"] for one in said["inputs"]} >= {
        "eligible",
        "workstations.per_person.central",
    }
    assert (tmp_path / "calibration-target-published.svg").exists()
    overlay = tomllib.loads((tmp_path / OVERLAY).read_text())
    assert overlay["policy"]["published"]["eligible"]["confirmed"] is False
    assert {tuple(c["inputs"]) for c in overlay["correlation"]} >= {
        ("cost.running.rent", "cost.running.utilities")
    }
    run = document(
        "run", CASE, "--overlay", tmp_path / OVERLAY, "--draws", 1024, *SMALL[2:], "--quiet"
    )
    for body, area in (("central", 11316), ("local", 10524)):
        (metric,) = (
            m
            for m in run["metrics"]
            if (m["name"], m["policy"], m["body"]) == ("released_area", "published", body)
        )
        assert metric["p50"] == pytest.approx(area, rel=0.01)
        assert metric["sd"] < 0.03 * area


def test_percentages_give_an_overlay_that_a_run_takes(tmp_path: Path) -> None:
    table = tmp_path / "weeks.csv"
    rows = "".join(
        f"2024-W{w:02d};31,{w % 7};42,{w % 5};41,5;40,{w % 3};22,0\n" for w in range(1, 14)
    )
    table.write_text("week;monday;tuesday;wednesday;thursday;friday\n" + rows)
    words = ("--occupancy", table, "--out", tmp_path, "--figures", tmp_path, "--quiet")
    found = document("calibrate", CASE, *words)
    assert found["published"]["clustering"] is None
    overlay = tomllib.loads((tmp_path / OVERLAY).read_text())
    assert sum(overlay["attendance"]["weekday"]["value"]) == pytest.approx(5, abs=1e-3)
    assert overlay["attendance"]["weekday"]["confirmed"] is False
    assert "clustering" not in overlay["attendance"]
    assert (tmp_path / "calibration-published.png").exists()
    document("run", CASE, "--overlay", tmp_path / OVERLAY, *SMALL, "--quiet")
    with_people = document("calibrate", CASE, "--occupancy", table, "--of", "people", "--quiet")
    assert with_people["published"]["clustering"]["clustering"]["value"] >= 0
    said = call("calibrate", CASE, "--occupancy", table, "--quiet").stdout
    assert "What cannot" in said


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        ((), "exactly one of --log"),
        (("--log", "x.csv", "--target", "released_area=1"), "exactly one of --log"),
        (("--log", "none.csv"), "no such file"),
        (("--log", "none.csv", "--column", "person"), "--column person"),
        (("--log", "none.csv", "--country", "QQ"), "--country"),
        (("--log", "none.csv", "--timezone", "Mars/Base"), "no such file"),
        (("--target", "released_area.central=11316", "--policy", "publish"), "did you mean"),
        (("--occupancy", "none.csv"), "no such file"),
        (("--log", "none.csv", "--mandated", "9"), "--mandated"),
    ],
)
def test_wrong_options_are_refused(words: tuple[str, ...], phrase: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert phrase in refused(call("calibrate", CASE, *words, "--out", out))
    assert not out.exists()


def test_wrong_options_of_demo_log_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    assert "not exceed 1" in refused(call("demo-log", path, "--common", 0.8, "--week", 0.5))
    assert "--country" in refused(call("demo-log", path, "--country", "QQ"))
    assert not path.exists()
