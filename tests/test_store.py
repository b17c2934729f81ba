"""Results on disk: whole or not at all, and enough to compute them again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import h5netcdf
import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner, Result

from sim import job
from sim.cli import cli
from sim.engine import simulate
from sim.preprocess import build
from sim.results import store
from sim.sampling import draw
from sim.scenario.load import load

if TYPE_CHECKING:
    from sim.problem import Problem

OFFICE = Path(__file__).parents[1] / "scenarios" / "single-office.toml"
SETTINGS = ("run.draws=40", "run.sizing_draws=16")
SMALL = ("--set", SETTINGS[0], "--set", SETTINGS[1])


def call(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def stored(folder: Path, *words: object, file: Path = OFFICE) -> Path:
    result = call("run", file, "--out", folder, "--quiet", *words)
    assert result.exit_code == 0, result.stderr
    assert [path.name for path in folder.iterdir()] == ["result.nc"]
    return folder / "result.nc"


def small_problem() -> Problem:
    return build(load(OFFICE, SETTINGS).scenario)


def test_summary_and_provenance_come_back(tmp_path: Path) -> None:
    summary, origin = store.read(stored(tmp_path, *SMALL, "--seed", 9))
    xr.testing.assert_identical(
        summary, job.run(build(load(OFFICE, (*SETTINGS, "run.seed=9")).scenario))
    )
    assert list(origin.files) == ["single-office.toml"]
    assert origin.files["single-office.toml"] == OFFICE.read_text(encoding="utf-8")
    assert origin.overrides == (*SETTINGS, "run.seed=9")
    assert origin.versions.keys() >= {"officesim", "python", "numpy", "numba", "simpy"}
    assert len(origin.sha256) == 64


def test_a_stored_result_is_computed_again_to_the_bit(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    scenario = shutil.copy(OFFICE, tmp_path / "in")
    overlay = tmp_path / "in" / "more.toml"
    overlay.write_text(
        "[policy.seven-per-ten.workstations]\nper_person = { uniform = [0.6, 0.8] }\n"
    )
    words = (*SMALL, "--overlay", overlay, "--seed", 4, "--design", "mc", "--threads", 2)
    first = stored(tmp_path / "first", *words, file=Path(scenario))
    shutil.rmtree(tmp_path / "in")
    again = stored(tmp_path / "again", "--block", 7, file=first)
    (one, origin), (two, same_origin) = store.read(first), store.read(again)
    xr.testing.assert_identical(one, two)
    assert (origin.files, origin.overrides) == (same_origin.files, same_origin.overrides)
    assert (origin.overlays, origin.sha256) == (same_origin.overlays, same_origin.sha256)
    more = json.loads(call("run", first, "--draws", 16, "--json").stdout)
    assert more["engine"]["draws"] == 16
    assert more["engine"]["seed"] == 4


def test_a_stored_result_takes_no_files_and_must_be_whole(tmp_path: Path) -> None:
    path = stored(tmp_path, *SMALL)
    refused = call("run", path, "--overlay", OFFICE)
    assert refused.exit_code == 2
    path.write_bytes(path.read_bytes()[:2000])
    damaged = call("run", path)
    assert damaged.exit_code == 2
    assert damaged.stdout == ""
    assert "no stored result" in damaged.stderr


def test_kept_draws_are_those_of_the_engine(tmp_path: Path) -> None:
    path = stored(tmp_path, *SMALL, "--keep-draws", "--block", 16)
    problem = small_problem()
    with xr.open_dataset(path, group="draws", engine="h5netcdf") as draws:
        assert dict(draws.sizes) == {
            "policy": 3,
            "body": 1,
            "group": 2,
            "weekday": 5,
            "draw": 40,
        }
        assert (draws["draw"].values == np.arange(40)).all()
        xr.testing.assert_equal(draws.load(), simulate(problem, draw(problem, 0, 40)))
        for variable in draws.data_vars.values():
            assert variable.attrs["units"]
            assert variable.attrs["long_name"]
    with store.read_draws(path) as same:
        assert same.sizes["draw"] == 40


def test_no_dimension_of_kept_draws_may_grow_any_longer(tmp_path: Path) -> None:
    """A reader would ask every variable for its length, over and over."""
    path = stored(tmp_path, *SMALL, "--keep-draws", "--block", 16)
    with h5netcdf.File(path) as file:
        draws = file["draws"]
        assert not any(dimension.isunlimited() for dimension in draws.dimensions.values())
        assert draws.dimensions["draw"].size == 40
        by_draw = [one for one in draws.variables.values() if "draw" in one.dimensions]
        assert {one.shape[one.dimensions.index("draw")] for one in by_draw} == {40}


def test_an_interrupted_write_leaves_the_old_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored(tmp_path, *SMALL)
    before = path.read_bytes()
    for name, error in (("fsync", OSError("disk full")), ("fsync", KeyboardInterrupt())):

        def fail(_: int, error: BaseException = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(store.os, name, fail)
            result = call("run", OFFICE, *SMALL, "--seed", 2, "--out", tmp_path, "--keep-draws")
        assert result.exit_code in {1, 130}
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]


def test_a_result_that_was_interrupted_in_its_draws_is_not_there(tmp_path: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "result.nc"
    with pytest.raises(KeyboardInterrupt), store.replacing(path) as temporary:
        job.run(small_problem(), 16, 1, store.keeping_draws(temporary), stop)
    assert list(tmp_path.iterdir()) == []


def test_draws_without_room_are_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    result = call("run", OFFICE, *SMALL, "--out", tmp_path / "out", "--keep-draws")
    assert result.exit_code == 1
    assert "--keep-draws" in result.stderr
    assert not (tmp_path / "out").exists()
