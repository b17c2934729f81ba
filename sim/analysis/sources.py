"""What a result's uncertainty comes from: inputs, groups of them, and the luck of the counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import Fault, InputError
from sim.sampling import correlated, draws_at, input_streams, normal_score, normal_share, uniforms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.problem import Floats, Problem
    from sim.sampling import Draws

CHANCE = "chance of counts"
"""Who is eligible, ready, in which mode and present, once all inputs are known."""
RUN, AGAIN = "run", "again"
"""Luck of the first points and of those that take their place."""
_OF_BODIES = ("workstations.per_person.", "dedicated.", "eligible.audit")


@dataclass(frozen=True)
class Source:
    """Inputs that are moved as one.

    Attributes
    ----------
    name : str
        The inputs' names; ``*`` stands for every body.
    streams : tuple of str
        Those of the problem; empty for the chance of counts.
    """

    name: str
    streams: tuple[str, ...]


def sources(
    problem: Problem, apart: bool = False, groups: Mapping[str, Sequence[str]] | None = None
) -> tuple[Source, ...]:
    """Return what can move the results, each source independent of the others.

    Parameters
    ----------
    problem : Problem
    apart : bool
        Whether correlated inputs are sources of their own, which then depend on each other.
    groups : mapping of str to sequence of str, optional
        Inputs to be moved as one, by the name of the group.

    Returns
    -------
    tuple of Source
        Inputs in the order of the problem, without constants; an input of which each body has its
        own value is one source. The chance of counts is the last.

    Raises
    ------
    InputError
        If a group names an input that does not vary, or one of another group.
    """
    names = [name for name, _, random in input_streams(problem) if random]
    titles = {name: _without_body(problem, name) for name in names}
    if not apart:
        titles |= _joined(problem)
    titles |= _grouped(titles, groups or {})
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(titles[name], []).append(name)
    inputs = (Source(title, tuple(streams)) for title, streams in found.items())
    return (*inputs, Source(CHANCE, ()))


def _without_body(problem: Problem, stream: str) -> str:
    """Return the name of an input with a star in place of its body."""
    name = stream.removesuffix("/each")
    for body in problem.bodies:
        if name.startswith(f"body.{body}."):
            return name.replace(f"body.{body}.", "body.*.", 1)
        if name.startswith(_OF_BODIES) and name.endswith((f".{body}", f"/{body}")):
            return f"{name[: -len(body) - 1]}.*"
    return name


def _joined(problem: Problem) -> dict[str, str]:
    """Return one name for inputs that are correlated, directly or through others."""
    count = len(problem.correlated)
    linked = correlation(problem) != 0
    for _ in range(count):
        linked = (linked.astype(int) @ linked.astype(int)) > 0
    return {
        name: " and ".join(other for k, other in enumerate(problem.correlated) if linked[j, k])
        for j, name in enumerate(problem.correlated)
    }


def _grouped(titles: Mapping[str, str], groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the group of each source that is in one."""
    of: dict[str, str] = {}
    faults = []
    for group, members in groups.items():
        for member in members:
            alike = {title for name, title in titles.items() if member in (name, title)}
            if not alike or alike & of.keys():
                twice = "is in two groups" if alike else "is no input that varies"
                known = f"known: {', '.join(dict.fromkeys(titles.values()))}"
                faults.append(Fault(f"--group {group}", None, None, "", member, twice, known))
            of |= dict.fromkeys(alike, group)
    if faults:
        raise InputError(faults)
    return {name: of[title] for name, title in titles.items() if title in of}


def correlation(problem: Problem) -> Floats:
    """Return the normal correlation of the correlated inputs, float64[input, input]."""
    found = problem.cholesky @ problem.cholesky.T
    return np.where(np.abs(found) < 1e-12, 0.0, found)


@dataclass(frozen=True, eq=False)
class Points:
    """Places in the distributions of all inputs, and a luck: what draws are made of.

    Attributes
    ----------
    problem : Problem
    first : int
        Index of the first draw.
    at : dict of str to float64[body or 1, draw]
        Uniforms by stream, correlated where the scenario says so.
    luck : str
        Stream of staff and days.
    """

    problem: Problem
    first: int
    at: dict[str, Floats]
    luck: str

    def moved(self, source: Source, other: Points) -> Points:
        """Return the points with one source, independent of the others, as at other points."""
        if not source.streams:
            return replace(self, luck=other.luck)
        return replace(self, at=self.at | {name: other.at[name] for name in source.streams})

    @property
    def count(self) -> int:
        """How many points there are."""
        return int(next(iter(self.at.values())).shape[1])

    def part(self, start: int, stop: int) -> Points:
        """Return some consecutive points."""
        at = {name: values[:, start:stop] for name, values in self.at.items()}
        return replace(self, first=self.first + start, at=at)

    def draws(self) -> Draws:
        """Return the draws at these points."""
        return draws_at(self.problem, self.at, self.first, self.luck)


def two_points(problem: Problem, first: int, count: int) -> tuple[Points, Points]:
    """Return two independent sets of points, even together; the first are those of a run."""
    dimensions = sum(rows for _, rows, _ in input_streams(problem))
    ours = correlated(problem, uniforms(problem, first, count, RUN))
    theirs = correlated(problem, uniforms(problem, first, count, AGAIN, skip=dimensions))
    return Points(problem, first, ours, RUN), Points(problem, first, theirs, AGAIN)


def given(problem: Problem, fixed: Points, free: Points, kept: Mapping[str, np.ndarray]) -> Points:
    """Return points where some inputs are as at ``fixed`` and the others drawn given those.

    Parameters
    ----------
    problem : Problem
    fixed, free : Points
        ``free`` is independent of ``fixed``; its luck is taken.
    kept : mapping of str to bool[draw]
        By stream, in which draws it is as at ``fixed``.

    Returns
    -------
    Points
        Normal scores z of correlated inputs are z_free + R_K R_KK⁻¹ (z_fixed - z_free)_K for kept
        inputs K, which has the distribution of the others given those of K: Gaussian conditioning
        by kriging. Chilès and Delfiner (2012), "Geostatistics", section 7.3.
    """
    at = {
        name: np.where(kept[name], fixed.at[name], free.at[name]) if name in kept else values
        for name, values in free.at.items()
    }
    names = [name for name in problem.correlated if name in kept]
    if names:
        r = correlation(problem)
        held = np.stack([kept.get(name, np.zeros(free.count, bool)) for name in problem.correlated])
        keep = held.T.astype(np.float64)
        among = keep[:, :, None] * r * keep[:, None, :] + np.eye(len(r)) * (1 - keep)[:, None, :]
        theirs, mine = (
            np.stack([normal_score(points.at[name]) for name in problem.correlated])
            for points in (free, fixed)
        )
        gap = np.moveaxis(mine - theirs, 2, 0) * keep[:, :, None]
        pull = r @ (np.linalg.solve(among, gap) * keep[:, :, None])
        scores = theirs + np.moveaxis(pull, 0, 2)
        for name, score, mask in zip(problem.correlated, scores, held, strict=True):
            at[name] = np.where(mask, fixed.at[name], normal_share(score))
    return replace(free, at=at)
