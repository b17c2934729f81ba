"""The command line: documents for scripts, exit codes, and never a traceback for bad input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from broken_inputs import BASE, CASES
from click.testing import CliRunner, Result

from sim.cli import cli

OFFICE = str(Path(__file__).parents[1] / "scenarios" / "single-office.toml")
SMALL = ("--draws", "32", "--set", "run.sizing_draws=16")
METRIC_KEYS = {"name", "unit", "policy", "scope", "body", "mean", "sd", "p05", "p50", "p95", "mcse"}


def call(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def document(*words: object) -> dict:
    """Return what a command prints with --json, refusing what strict JSON has not."""
    result = call(*words, "--json")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout, parse_constant=pytest.fail)


def in_process(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "sim.cli", *words],
        capture_output=True,
        env=os.environ | environment,
        cwd=Path(__file__).parents[1],
        check=False,
    )


def scenario(folder: Path, text: str = BASE) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text)
    return path


def refused(result: Result) -> str:
    """Return the message of a command that refused its input properly."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr


# --- run ------------------------------------------------------------------------------------


def test_run_prints_the_document_of_the_contract() -> None:
    found = document("run", OFFICE, *SMALL, "--seed", 7)
    assert list(found) == ["engine", "scenario", "metrics"]
    engine = found["engine"]
    assert (engine["seed"], engine["draws"], engine["design"]) == (7, 32, "sobol")
    assert engine["estimator"] == "conditional"
    assert isinstance(engine["version"], str)
    assert isinstance(engine["seconds"], float)
    assert found["scenario"]["name"] == "single-office"
    assert len(found["scenario"]["sha256"]) == 64
    assert found["scenario"]["unconfirmed"] == []
    assert "run.seed=7" in found["scenario"]["overrides"]
    for metric in found["metrics"]:
        assert metric.keys() >= METRIC_KEYS
        assert metric["scope"] in {"body", "tier", "total"}
        assert all(metric[k] is None or isinstance(metric[k], float) for k in ("mean", "p50"))
        assert 0 <= metric["defined_share"] <= 1


def test_every_option_of_a_run_ends_up_in_its_overrides() -> None:
    options = ("--design", "mc", "--estimator", "sampled", "--seed", 3)
    found = document("run", OFFICE, *SMALL, *options)
    wanted = {"run.design=mc", "run.estimator=sampled", "run.seed=3", "run.draws=32"}
    assert wanted <= set(found["scenario"]["overrides"])
    assert (found["engine"]["design"], found["engine"]["estimator"]) == ("mc", "sampled")


def test_threads_and_blocks_change_nothing() -> None:
    def metrics(*options: object) -> list:
        return document("run", OFFICE, *SMALL, *options)["metrics"]

    expected = metrics("--threads", 1)
    assert metrics("--threads", 2, "--block", 5) == expected
    assert metrics("--threads", 1, "--block", 4096) == expected


def test_policies_restrict_what_is_printed() -> None:
    found = document("run", OFFICE, *SMALL, "--policy", "pooled", "--policy", "baseline")
    assert {metric["policy"] for metric in found["metrics"]} == {"baseline", "pooled"}
    table = call("run", OFFICE, *SMALL, "--policy", "pooled").stdout
    assert "Seven workstations" not in table
    said = refused(call("run", OFFICE, "--policy", "poled"))
    assert "--policy poled" in said
    assert "did you mean pooled?" in said


def test_overlay_lies_over_the_file_and_below_the_settings(tmp_path: Path) -> None:
    overlay = tmp_path / "more.toml"
    overlay.write_text("[run]\ndraws = 48\nseed = 5\n")
    found = document("run", OFFICE, "--overlay", overlay, "--set", "run.seed=6", *SMALL[2:])
    assert (found["engine"]["draws"], found["engine"]["seed"]) == (48, 6)


def test_tables_elsewhere_must_be_allowed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "here").mkdir()
    elsewhere.mkdir()
    (elsewhere / "bodies.csv").write_text("name,headcount,workstations,area_m2\na,5,5,60\n")
    bodies = f'bodies = "{(elsewhere / "bodies.csv").as_posix()}"\n'
    text = re.sub(r"(?s)\[\[body\]\].*?(?=\[attendance\])", "", BASE)
    path = scenario(tmp_path / "here", bodies + text)
    assert "outside the scenario's folder" in refused(call("check", path))
    assert call("check", path, "--allow-path", elsewhere).exit_code == 0


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        (("--keep-draws",), "needs --out"),
        (("--draws", "many"), "--draws"),
        (("--draws", "0"), "run.draws"),
        (("--design", "grid"), "--design"),
        (("--threads", "0"), "--threads"),
        (("--nonsense",), "--nonsense"),
        (("--trace", "policy=pooled"), "policy=NAME,draw=NUMBER"),
        (("--trace", "policy=poled,draw=1"), "did you mean pooled?"),
        (("--trace", "policy=pooled,draw=99", "--draws", "32"), "0 to 31"),
        (("--trace", "policy=pooled,draw=1", "--threads", "2"), "leave out --threads"),
        (("--set", "run.drows=5"), "did you mean"),
    ],
)
def test_wrong_options_are_refused(words: tuple[str, ...], phrase: str) -> None:
    assert phrase in refused(call("run", OFFICE, *words))


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refused(call("run", tmp_path / "none.toml"))
    assert "is a folder" in refused(call("run", tmp_path))


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("command", ["run", "check"])
def test_broken_inputs(command: str, case: tuple, tmp_path: Path) -> None:
    _, files, overrides, file, line, _ = case
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name, content in files.items():
        (source / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    words = [word for override in overrides for word in ("--set", override)]
    words += ["--out", str(out)] if command == "run" else []
    said = refused(call(command, source / next(iter(files)), *words))
    assert (f"{file}:{line}" if line else file) in said
    assert not out.exists()
    assert sorted(path.name for path in source.iterdir()) == sorted(files)


def test_run_error_and_full_disk_are_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim import job
    from sim.errors import RunError

    for error in (RunError("too large"), OSError(28, "No space left on device"), MemoryError()):

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(job, "summarise", fail)
        result = call("run", OFFICE, *SMALL)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1


def test_interruption_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from sim import job

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "summarise", interrupt)
    result = call("run", OFFICE, *SMALL, "--out", tmp_path / "new")
    assert result.exit_code == 130
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_out_in_the_way_is_told_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim import job

    monkeypatch.setattr(job, "summarise", lambda *_: pytest.fail("was computed"))
    (tmp_path / "file").write_text("")
    assert "--out" in refused(call("run", OFFICE, "--out", tmp_path / "file"))
    below = call("run", OFFICE, "--out", tmp_path / "file" / "below")
    assert (below.exit_code, len(below.stderr.splitlines())) == (1, 1)
    (tmp_path / "dir" / "result.nc").mkdir(parents=True)
    taken = call("run", OFFICE, "--out", tmp_path / "dir")
    assert (taken.exit_code, len(taken.stderr.splitlines())) == (1, 1)


def test_trace_document_names_policy_and_draw() -> None:
    found = document("run", OFFICE, *SMALL, "--trace", "draw=3,policy=pooled")
    assert list(found) == ["engine", "scenario", "trace"]
    assert (found["engine"]["policy"], found["engine"]["draw"]) == ("pooled", 3)
    for line in found["trace"]:
        assert line.keys() == {"body", "step", "name", "value", "unit", "how"}


# --- size -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "expected"), [("0.95", 119), ("0.99", 123)])
def test_size_of_the_office_is_the_binomial_quantile(level: str, expected: int) -> None:
    found = document("size", OFFICE, "--level", f"per_day={level}", "--draws", 16)
    assert list(found) == ["engine", "scenario", "sizes", "frontier"]
    (size,) = [s for s in found["sizes"] if (s["policy"], s["scope"]) == ("pooled", "body")]
    assert size == {
        "policy": "pooled",
        "scope": "body",
        "body": "office",
        "level": {"per_day": float(level)},
        "assurance": 0.9,
        "workstations": expected,
        "level_met": 1.0,
    }


def test_frontier_falls_and_holds_the_chosen_number() -> None:
    words = ("size", OFFICE, "--level", "per_day=0.95", "--draws", 16, "--policy", "pooled")
    found = document(*words)
    assert {s["policy"] for s in found["sizes"]} == {"pooled"}
    steps = [step for step in found["frontier"] if step["scope"] == "body"]
    numbers = [step["workstations"] for step in steps]
    risk = [step["shortage_per_day"] for step in steps]
    assert numbers == sorted(set(numbers))
    assert risk == sorted(risk, reverse=True)
    assert [step["workstations"] for step in steps if step["chosen"]] == [119]
    assert all((step["level_met"] == 1.0) == (step["workstations"] >= 119) for step in steps)


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        ((), "--level"),
        (("--level", "per_dya=0.95"), "did you mean per_day?"),
        (("--level", "per_day=95"), "from 0 to 1"),
        (("--level", "per_day"), "from 0 to 1"),
        (("--level", "per_day=nan"), "from 0 to 1"),
        (("--level", "per_day=0.95", "--assurance", "1"), "--assurance"),
    ],
)
def test_wrong_levels_are_refused(words: tuple[str, ...], phrase: str) -> None:
    assert phrase in refused(call("size", OFFICE, *words))


# --- check, init ----------------------------------------------------------------------------


def test_check_lists_what_nobody_has_confirmed(tmp_path: Path) -> None:
    result = call("check", scenario(tmp_path), OFFICE)
    assert result.exit_code == 0
    assert "attendance.clustering" in result.stdout
    assert "single-office.toml: no faults" in result.stdout


def test_check_judges_every_file(tmp_path: Path) -> None:
    wrong = scenario(tmp_path, BASE.replace("draws = 1000", "drows = 1000"))
    result = call("check", wrong, OFFICE)
    assert result.exit_code == 2
    assert "single-office.toml: no faults" in result.stdout
    assert "scenario.toml:6" in result.stderr
    told = call("check", wrong, OFFICE, "--json")
    assert told.exit_code == 2
    first, second = json.loads(told.stdout)["files"]
    assert (first["faults"][0]["line"], second["faults"]) == (6, [])
    assert second["name"] == "single-office"


def test_what_init_writes_is_right(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "deep"
    assert call("init", folder).exit_code == 0
    tables = {f"{name}.csv" for name in ("bodies", "functions", "teams")}
    tables |= {f"{name}.csv" for name in ("holdings", "rooms", "stacking")}
    names = {"scenario.toml", "scenario.schema.json"} | tables
    assert {path.name for path in folder.iterdir()} == names
    assert call("check", folder / "scenario.toml").exit_code == 0
    json.loads((folder / "scenario.schema.json").read_text(encoding="utf-8"))


def test_init_does_not_overwrite(tmp_path: Path) -> None:
    (tmp_path / "bodies.csv").write_text("mine")
    assert "bodies.csv" in refused(call("init", tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["bodies.csv"]
    assert (tmp_path / "bodies.csv").read_text() == "mine"


@pytest.mark.jit
def test_warmup_says_how_long_it_took() -> None:
    result = call("warmup")
    assert result.exit_code == 0
    assert re.fullmatch(r"kernels compiled and cached in \d+\.\d s\n", result.stdout)


# --- as a process ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        (["--help"], {"numpy", "numba", "xarray", "pydantic", "rich"}),
        (["run", "--help"], {"numpy", "numba", "xarray", "pydantic", "rich"}),
        (["--version"], {"numpy", "numba", "xarray", "pydantic", "rich"}),
        (["check", OFFICE], {"numba", "xarray", "scipy"}),
        (["run", OFFICE, *SMALL], {"xarray", "pandas", "matplotlib", "scipy.stats"}),
        (
            ["run", OFFICE, *SMALL, "--json"],
            {"rich", "sim.occupancy.hours", "sim.analysis.reversal"},
        ),
    ],
)
def test_commands_import_only_what_they_need(words: list[str], absent: set[str]) -> None:
    code = (
        f"import sys; from sim.cli import main; sys.argv[1:] = {words!r}\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    status, *modules = done.stderr.split()
    assert status == "0"
    assert absent.isdisjoint(modules)


@pytest.mark.jit
def test_a_pipe_gets_plain_text_and_errors_no_traceback(tmp_path: Path) -> None:
    done = in_process("run", OFFICE, *SMALL, COLUMNS="90", FORCE_COLOR="", NO_COLOR="")
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout
    wrong = in_process("run", str(tmp_path / "none.toml"))
    assert wrong.returncode == 2
    assert wrong.stdout == b""
    assert b"Traceback" not in wrong.stderr


def test_a_console_without_the_letters_still_gets_the_numbers() -> None:
    done = in_process("run", OFFICE, *SMALL, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert b"2,160" in done.stdout


def test_a_file_too_large_for_the_disk_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    words = ["run", OFFICE, *SMALL, "--out", str(tmp_path / "out"), "--quiet"]
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"from sim.cli import main; sys.argv[1:] = {words!r}; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
