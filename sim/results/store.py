"""A run on disk: one netCDF file with the summary, its provenance and, if asked for, the draws.

The file is written under a temporary name and renamed when it is whole, so that an interrupted
run leaves the old result or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import h5netcdf
import xarray as xr

from sim.version import __version__

RESULT = "result.nc"
DRAWS = "draws"
_ENGINE: Literal["h5netcdf"] = "h5netcdf"


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
    versions : dict of str to str
        Of the engine and the libraries that compute.
    created : str
        Time of the run, ISO 8601, UTC.
    """

    files: dict[str, str]
    overrides: tuple[str, ...]
    overlays: tuple[str, ...]
    sha256: str
    versions: dict[str, str]
    created: str


def provenance(
    files: dict[str, str], overrides: Sequence[str] = (), overlays: Sequence[str] = ()
) -> Provenance:
    """Return the provenance of a run that starts now."""
    versions = {name: metadata.version(name) for name in ("numpy", "numba", "scipy", "xarray")}
    return Provenance(
        files=files,
        overrides=tuple(overrides),
        overlays=tuple(overlays),
        sha256=hashlib.sha256("".join(files.values()).encode()).hexdigest(),
        versions={"officesim": __version__, "python": platform.python_version()} | versions,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


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
    """Give a function that appends blocks of draws to a netCDF file."""
    written = 0

    def append(block: xr.Dataset) -> None:
        nonlocal written
        if written == 0:
            block.to_netcdf(path, group=DRAWS, engine=_ENGINE, unlimited_dims=["draw"])
        else:
            _append(path, block, written)
        written += block.sizes["draw"]

    yield append


def _append(path: Path, block: xr.Dataset, written: int) -> None:
    with h5netcdf.File(path, "a") as file:
        group = file[DRAWS]
        group.resize_dimension("draw", written + block.sizes["draw"])
        for name, values in {**block.data_vars, "draw": block["draw"]}.items():
            group.variables[name][..., written:] = values.to_numpy()


def write_summary(path: Path, summary: xr.Dataset, provenance: Provenance) -> None:
    """Write a summary and its provenance to a netCDF file, beside the draws if they are there."""
    text = json.dumps(asdict(provenance), ensure_ascii=False)
    described = summary.assign_attrs(provenance=text)
    described.to_netcdf(path, mode="a" if path.exists() else "w", engine=_ENGINE)


def read(path: Path) -> tuple[xr.Dataset, Provenance]:
    """Read a stored summary and its provenance."""
    with xr.open_dataset(path, engine=_ENGINE) as stored:
        summary = stored.load()
    said: dict[str, Any] = json.loads(summary.attrs.pop("provenance"))
    for name in ("overrides", "overlays"):
        said[name] = tuple(said[name])
    return summary, Provenance(**said)


def read_draws(path: Path) -> xr.Dataset:
    """Open the stored draws, read from disk as they are used."""
    return xr.open_dataset(path, group=DRAWS, engine=_ENGINE)
