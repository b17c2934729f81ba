"""The audit of functions: which duties of a body can be performed remotely, and why not."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["main", "auxiliary"]
Feasibility = Literal["full", "partial", "none"]

SHARES: dict[str, float] = {"full": 1.0, "none": 0.0}
"""Share that goes with a feasibility; only ``partial`` has to state its own."""


@dataclass(frozen=True)
class Function:
    """One function or public service of a state body.

    Attributes
    ----------
    name : str
        Unique within its audit.
    kind : {"main", "auxiliary"} or None
        None where the source does not say.
    service : bool
        True for a public service, False for a function.
    block : str or None
        Functional block (A, B, C), None where the source gives none.
    feasibility : {"full", "partial", "none"}
        Whether the law and the technology allow it to be performed remotely.
    share : float
        Share of the function that can be remote: 1 for full, 0 for none.
    reason : str
        The legal reason, where it cannot be fully remote.
    staff : int or None
        Filled posts, None where unknown.
    source : str
    """

    name: str
    kind: Kind | None
    service: bool
    block: str | None
    feasibility: Feasibility
    share: float
    reason: str
    staff: int | None
    source: str


@dataclass(frozen=True)
class Audit:
    """A dated list of functions with its source."""

    name: str
    title: str
    date: str
    source: str
    functions: tuple[Function, ...]

    def counted(self, services: bool = False) -> tuple[Function, ...]:
        """Return the functions that count: without the public services unless asked for."""
        return tuple(f for f in self.functions if services or not f.service)

    def feasible_share(self, services: bool = False) -> float:
        """Return the share of functions that can be performed remotely, unweighted."""
        counted = self.counted(services)
        return sum(f.share for f in counted) / len(counted)


def shipped(name: str) -> Audit:
    """Return an audit that comes with the package.

    Parameters
    ----------
    name : str
        One of `shipped_names`.

    Raises
    ------
    KeyError
        If there is no such audit; the message lists those there are.
    """
    if name not in shipped_names():
        raise KeyError(f"no shipped audit {name!r}; there are: {', '.join(shipped_names())}")
    return _read(name)


@cache
def shipped_names() -> tuple[str, ...]:
    """Return the names of the audits that come with the package."""
    tables = files("sim.domain").joinpath("audits").iterdir()
    return tuple(sorted(t.name.removesuffix(".toml") for t in tables if t.name.endswith(".toml")))


@cache
def _read(name: str) -> Audit:
    text = files("sim.domain").joinpath("audits", f"{name}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    functions = tuple(_function(row) for row in table.pop("function"))
    return Audit(name=name, functions=functions, **table)


def _function(row: dict[str, Any]) -> Function:
    feasibility = row["feasibility"]
    left_out: dict[str, Any] = {
        "kind": None,
        "service": False,
        "block": None,
        "reason": "",
        "staff": None,
    }
    if feasibility in SHARES:
        left_out["share"] = SHARES[feasibility]
    return Function(**(left_out | row))
