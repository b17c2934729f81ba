"""A run on disk: one netCDF file with the summary, its provenance and, if asked for, the draws.

The file is written under a temporary name and renamed when it is whole, so that an interrupted
run leaves the old result or the new one.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sim.errors import RunError
from sim.results.label import WEEKDAY_NAMES
from sim.variables import BY_YEAR, VARIABLES, Variable
from sim.version import __version__

if TYPE_CHECKING:
    import xarray as xr

    from sim.problem import Problem

DRAWS = "draws"
_DRAWS_KEY = "run.draws="
_ENGINE: Literal["h5netcdf"] = "h5netcdf"
_SCALE = {"CLASS", "NAME", "REFERENCE_LIST"}
"""Attributes by which HDF5 knows a dimension and who uses it."""
_LIBRARIES = ("holidays", "numba", "numpy", "scipy", "simpy", "xarray")
"""Those whose version may change a result."""


@dataclass(frozen=True)
class Provenance:
    """What a result was made from and with; running it again gives the same bits.

    Attributes
    ----------
    files : dict of str to str
        Text of the scenario and its tables, the scenario first.
    overrides : tuple of str
        ``key=value`` as given on the command line, options of the run included.
    overlays : tuple of str
        Which of the files were laid over the scenario.
    sha256 : str
        Of the texts of the files, one after the other.
    created : str
        Time of the run, ISO 8601, UTC.
    precision : tuple of str
        What ``--precision`` asked for; ``run.draws`` among the overrides is where it ended.
    versions : dict of str to str
        Of the engine and the libraries that compute, in a stored result; looking them up takes
        longer than reading a scenario.
    """

    files: dict[str, str]
    overrides: tuple[str, ...]
    overlays: tuple[str, ...]
    sha256: str
    created: str
    precision: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)

    def ended(self, draws: int, precision: Sequence[str]) -> Provenance:
        """Return the provenance of a run whose precision has settled the number of its draws.

        With that number among the overrides, it is computed again to the same bits.
        """
        others = [override for override in self.overrides if not override.startswith(_DRAWS_KEY)]
        return replace(
            self, overrides=(*others, f"{_DRAWS_KEY}{draws}"), precision=tuple(precision)
        )


def provenance(
    files: dict[str, str], overrides: Sequence[str] = (), overlays: Sequence[str] = ()
) -> Provenance:
    """Return the provenance of a run that starts now."""
    return Provenance(
        files=files,
        overrides=tuple(overrides),
        overlays=tuple(overlays),
        sha256=hashlib.sha256("".join(files.values()).encode()).hexdigest(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _versions() -> dict[str, str]:
    from importlib import metadata  # takes longer than reading a scenario

    own = {"officesim": __version__, "python": platform.python_version()}
    return own | {name: metadata.version(name) for name in _LIBRARIES}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path`` and rename it once what is written there is whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def keeping_draws(path: Path) -> Iterator[Callable[[xr.Dataset], None]]:
    """Give a function that appends blocks of draws to a netCDF file, whose length is then fixed."""
    written = 0

    def append(block: xr.Dataset) -> None:
        nonlocal written
        if written == 0:
            block.to_netcdf(path, group=DRAWS, engine=_ENGINE, unlimited_dims=["draw"])
        else:
            _append(path, block, written)
        written += block.sizes["draw"]

    yield append
    if written > 0:
        _stop_growth(path)


def _append(path: Path, block: xr.Dataset, written: int) -> None:
    import h5netcdf  # takes longer than a small run, and most runs store no draws

    with h5netcdf.File(path, "a") as file:
        group = file[DRAWS]
        group.resize_dimension("draw", written + block.sizes["draw"])
        for name, values in {**block.data_vars, "draw": block["draw"]}.items():
            group.variables[name][..., written:] = values.to_numpy()


def _stop_growth(path: Path) -> None:
    """Put a dimension of fixed length in the place of the one that grew.

    A reader asks every variable how long one that may grow is, and asks again for each variable.
    """
    import h5py

    with h5py.File(path, "a") as file:
        group = file[DRAWS]
        grown = group["draw"]
        fixed = group.create_dataset("fixed", grown.shape, grown.dtype)
        for part in grown.iter_chunks():
            fixed[part] = grown[part]
        users = [(file[user], axis) for user, axis in grown.attrs["REFERENCE_LIST"]]
        for variable, axis in users:
            variable.dims[axis].detach_scale(grown)
        for name in grown.attrs.keys() - _SCALE:
            fixed.attrs[name] = grown.attrs[name]
        del group["draw"]
        group.move("fixed", "draw")
        fixed.make_scale("draw")
        for variable, axis in users:
            variable.dims[axis].attach_scale(fixed)


def write_summary(path: Path, summary: xr.Dataset, provenance: Provenance) -> None:
    """Write a summary and its provenance to a netCDF file, beside the draws if they are there.

    Without draws the file is made in memory: HDF5 does not survive a disk that is full.
    """
    text = json.dumps(asdict(replace(provenance, versions=_versions())), ensure_ascii=False)
    described = summary.assign_attrs(provenance=text)
    if path.exists():
        described.to_netcdf(path, mode="a", engine=_ENGINE)
    else:
        path.write_bytes(described.to_netcdf(engine=_ENGINE))


def check_room(folder: Path, problem: Problem) -> None:
    """Refuse to keep draws that the disk has no room for, with the size and what to change.

    Raises
    ------
    RunError
    """
    sizes = {
        "policy": len(problem.policies),
        "body": len(problem.bodies),
        "group": len(problem.groups),
        "weekday": len(WEEKDAY_NAMES),
        "draw": problem.run.draws,
    }
    kept: tuple[Variable, ...] = VARIABLES
    if problem.appraisal is not None:
        sizes["year"] = problem.appraisal.years + 1
        kept = (*VARIABLES, *BY_YEAR)
    needed = 8 * sum(math.prod(sizes[dim] for dim in variable.dims) for variable in kept)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise RunError(
            f"the draws need about {needed / 2**30:,.1f} GiB and {free / 2**30:,.1f} GiB are free "
            f"in {folder}; leave out --keep-draws or choose fewer --draws"
        )


def read(path: Path) -> tuple[xr.Dataset, Provenance]:
    """Read a stored summary and its provenance."""
    import xarray as xr

    with xr.open_dataset(path, engine=_ENGINE) as stored:
        summary = stored.load()
    said: dict[str, Any] = json.loads(summary.attrs.pop("provenance"))
    for name in ("overrides", "overlays", "precision"):
        said[name] = tuple(said.get(name, ()))
    return summary, Provenance(**said)


def read_draws(path: Path) -> xr.Dataset:
    """Open the stored draws, read from disk as they are used."""
    import xarray as xr

    return xr.open_dataset(path, group=DRAWS, engine=_ENGINE)
