"""Policies computed again only where an input that they read has moved.

Most inputs of an analysis are prices, or belong to one policy. Who sits where is then as it was,
and only the money follows anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, overload

from sim.engine import add_money, occupy
from sim.people import draw_shocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self, SupportsIndex

    from sim.analysis.sources import Points
    from sim.problem import Arrays, Floats, Problem


class Watched(tuple["Floats", ...]):
    """Values of inputs that remember which of them were read."""

    read: set[int]

    def __new__(cls, values: tuple[Floats, ...]) -> Self:
        """Take the values, of which none has been read."""
        self = super().__new__(cls, values)
        self.read = set()
        return self

    @overload
    def __getitem__(self, index: SupportsIndex) -> Floats: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Floats, ...]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Floats | tuple[Floats, ...]:
        read = range(len(self))[index]
        self.read.update(read if isinstance(read, range) else (read,))
        return super().__getitem__(index)

    def __iter__(self) -> Iterator[Floats]:
        self.read.update(range(len(self)))
        return super().__iter__()


class Policy(NamedTuple):
    """What a policy came to, and the streams of the inputs that it read."""

    found: Arrays
    streams: frozenset[str]


@dataclass(frozen=True, eq=False)
class Computed:
    """All policies at some points.

    Attributes
    ----------
    points : Points
    policies : list of dict of str to array
        From ``sim.engine.compute``.
    occupied : list of Policy
        The same without their money.
    """

    points: Points
    policies: list[Arrays]
    occupied: list[Policy]


def compute(points: Points, known: Computed | None = None) -> Computed:
    """Compute what ``sim.engine.compute`` does.

    Parameters
    ----------
    points : Points
    known : Computed, optional
        At points of the same draws and the same luck; a policy is taken from there where every
        input that it read then has the same array now.

    Returns
    -------
    Computed
        The same numbers as without ``known``.
    """
    problem, draws = points.problem, points.draws()
    shocks: Floats | None = None
    shocked: set[int] = set()
    occupied = []
    for p in range(len(problem.policies)):
        if known is not None and _unmoved(known.occupied[p], known.points, points):
            occupied.append(known.occupied[p])
            continue
        if shocks is None:
            watched = Watched(draws.values)
            shocks = draw_shocks(problem, replace(draws, values=watched), problem.run.weeks)
            shocked = watched.read
        watched = Watched(draws.values)
        found = occupy(problem, p, replace(draws, values=watched), shocks)
        occupied.append(Policy(found, _streams(problem, watched.read | shocked)))
    found_all = add_money(problem, draws, [policy.found for policy in occupied])
    return Computed(points, found_all, occupied)


def _unmoved(policy: Policy, then: Points, now: Points) -> bool:
    return all(then.at[name] is now.at[name] for name in policy.streams)


def _streams(problem: Problem, read: set[int]) -> frozenset[str]:
    return frozenset(problem.unknowns[index].stream for index in read)
