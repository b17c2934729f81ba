"""The audit of functions: which duties of a body can be performed remotely, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["main", "auxiliary"]
Feasibility = Literal["full", "partial", "none"]


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
