"""One input at a time: curves over its distribution, tornado, and boxes of inputs by PRIM."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from sim.analysis import prim
from sim.analysis.sensitivity import with_sources
from sim.analysis.sources import Points, given, sources, two_points
from sim.errors import Fault, InputError
from sim.sampling import input_streams, quantile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sim.analysis.prim import Box
    from sim.analysis.sensitivity import Study
    from sim.analysis.sources import Source
    from sim.problem import Distribution, Floats, PolicyPlan, Problem

LEVELS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
"""Places in an input's distribution at which a curve is found."""
ENDS = (0.05, 0.95)
BLOCK = 512


def curves(asked: Study, groups: Mapping[str, Sequence[str]] | None = None) -> xr.Dataset:
    """Return each metric as a function of one input, the others drawn.

    Parameters
    ----------
    asked : Study
        ``points`` draws for each source and each of ``LEVELS``.
    groups : mapping of str to sequence of str, optional
        Inputs to be moved as one, all to the same place of their distributions.

    Returns
    -------
    xarray.Dataset
        ``mean``, its error ``mean_mcse``, ``p05`` and ``p95`` over draws by metric, policy, source
        and level; ``value`` of the input by policy, source and level, NaN for a group or where the
        policy does not say. Every level has the same draws of the others, so that a curve is
        smoother than its errors tell; of correlated inputs, those given the one.
    """
    found: dict[str, list[Floats]] = {"mean": [], "mean_mcse": [], "p05": [], "p95": []}
    moved, done = _inputs(asked, groups), 0
    for source in moved:
        values = _at_levels(asked, source, LEVELS, done)
        done += values.shape[0] * values.shape[2]
        found["mean"].append(values.mean(axis=2))
        found["mean_mcse"].append(values.std(axis=2, ddof=1) / math.sqrt(asked.points))
        for name, end in zip(("p05", "p95"), ENDS, strict=True):
            found[name].append(np.quantile(values, end, axis=2))
    dims = ("source", "level", "output")
    arrays = {name: (dims, np.stack(each)) for name, each in found.items()}
    arrays["value"] = (("source", "level", "policy"), _values(asked, moved, LEVELS))
    result = asked.dataset("curves", arrays, simulated=done)
    return with_sources(result, moved).assign_coords(level=list(LEVELS))


def tornado(asked: Study, groups: Mapping[str, Sequence[str]] | None = None) -> xr.Dataset:
    """Return how far the mean of each metric swings when one input goes from low to high.

    Parameters
    ----------
    asked : Study
        ``points`` draws for each source and each end.
    groups : mapping of str to sequence of str, optional
        Inputs to be moved as one.

    Returns
    -------
    xarray.Dataset
        ``low`` and ``high``, the means with the input at its 5 % and 95 % quantile, and
        ``swing_mcse`` of their difference, by metric, policy and source; ``mean`` with all drawn;
        ``value`` of the input at both ends.
    """
    moved, done = _inputs(asked, groups), 0
    low, high, error = [], [], []
    for source in moved:
        values = _at_levels(asked, source, ENDS, done)
        done += values.shape[0] * values.shape[2]
        low.append(values[0].mean(axis=1))
        high.append(values[1].mean(axis=1))
        error.append((values[1] - values[0]).std(axis=1, ddof=1) / math.sqrt(asked.points))
    plain = np.hstack(asked.outputs(list(_blocks(asked)), done))
    dims = ("source", "output")
    arrays = {
        "mean": (("output",), plain.mean(axis=1)),
        "low": (dims, np.stack(low)),
        "high": (dims, np.stack(high)),
        "swing_mcse": (dims, np.stack(error)),
        "value": (("source", "level", "policy"), _values(asked, moved, ENDS)),
    }
    result = asked.dataset("tornado", arrays, simulated=done + asked.points)
    return with_sources(result, moved).assign_coords(level=list(ENDS))


def _inputs(asked: Study, groups: Mapping[str, Sequence[str]] | None) -> tuple[Source, ...]:
    found = sources(asked.problem, apart=True, groups=groups)[:-1]
    if not found:
        message = "no input of this scenario varies: there is nothing to move"
        raise InputError([Fault(asked.problem.name, None, None, "", "", message, "")])
    return found


def _blocks(asked: Study) -> Iterator[Points]:
    for first in range(0, asked.points, BLOCK):
        yield two_points(asked.problem, first, min(BLOCK, asked.points - first))[0]


def _at_levels(asked: Study, source: Source, levels: Sequence[float], done: int) -> Floats:
    """Return outputs with a source at places of its distribution, float64[level, output, row]."""
    batch = [_held(points, source, level) for level in levels for points in _blocks(asked)]
    found = np.hstack(asked.outputs(batch, done))
    return found.reshape(len(found), len(levels), asked.points).swapaxes(0, 1)


def _held(points: Points, source: Source, level: float) -> Points:
    """Return the points with one source at a place, and what is correlated drawn given it."""
    held = {name: np.full_like(points.at[name], level) for name in source.streams}
    kept = dict.fromkeys(source.streams, np.ones(points.count, bool))
    return given(points.problem, replace(points, at=points.at | held), points, kept)


def _values(asked: Study, moved: Sequence[Source], levels: Sequence[float]) -> Floats:
    """Return the value of each input, float64[source, level, policy]."""
    plans = [plan for plan in asked.problem.policies if plan.name in asked.policies]
    found = np.full((len(moved), len(levels), len(plans)), np.nan)
    for s, source in enumerate(moved):
        for p, plan in enumerate(plans):
            distribution = input_distribution(asked.problem, plan, source.streams)
            if distribution is not None:
                found[s, :, p] = quantile(distribution, np.array(levels))
    return found


def input_distribution(
    problem: Problem, plan: PolicyPlan, streams: Sequence[str]
) -> Distribution | None:
    """Return the distribution of inputs in a policy, None where they have not exactly one."""
    those = {
        unknown.distribution: k
        for k, unknown in enumerate(problem.unknowns)
        if unknown.stream in streams and not unknown.distribution.constant
    }
    if len(those) > 1 and len(streams) == 1:
        read = read_by(plan)
        those = {found: k for found, k in those.items() if k in read}
    return next(iter(those)) if len(those) == 1 else None


def read_by(plan: PolicyPlan) -> set[int]:
    """Return the unknowns that a policy alone says something of."""
    own = {plan.remote, plan.combined, plan.days, *(group.share for group in plan.groups)}
    return own.union(plan.per_person or (), *(indices for _, indices in plan.dedicated))


class Condition(NamedTuple):
    """A metric below or above a bound."""

    metric: str
    below: bool
    bound: float

    def holds(self, values: Floats) -> np.ndarray:
        """Tell where it holds; never where the metric does not exist."""
        return values < self.bound if self.below else values > self.bound


def boxes(asked: Study, condition: Condition, most: int = 3) -> xr.Dataset:
    """Find boxes of inputs within which a condition mostly holds.

    Parameters
    ----------
    asked : Study
        Of one policy; boxes are found on half of its ``points`` draws and judged on the other half.
    condition : Condition
    most : int
        Boxes to look for; each is found on what those before it leave.

    Returns
    -------
    xarray.Dataset
        By box and input ``low`` and ``high`` (NaN where there is no limit) and ``quasi_p``; by box
        ``coverage``, ``density`` and ``mass`` of what lies in none before it, on the draws it was
        found on and, ``_checked``, on others; ``share`` of draws in which the condition holds. No
        box is given that is no denser than that.
    """
    names, x = _table(asked)
    metric = replace(asked, metrics=(condition.metric,))
    y = condition.holds(np.hstack(metric.outputs(list(_blocks(asked))))[0])
    half = asked.points // 2
    found: list[tuple[Box, list[float]]] = []
    merits: list[tuple[prim.Merit, prim.Merit]] = []
    left = np.ones(asked.points, bool)
    seen = np.arange(asked.points) < half
    while len(found) < most and 0 < y[left & seen].mean() < 1:
        mine = left & seen
        box = prim.find_box(x[mine], y[mine])
        judged = [prim.merit(box, x[some], y[some], left[some]) for some in (seen, ~seen)]
        if not box.restricted or judged[0].density <= y.mean():
            break
        found.append((box, [prim.quasi_p(box, j, x[mine], y[mine]) for j in range(len(names))]))
        merits.append((judged[0], judged[1]))
        left &= ~box.holds(x)
    result = _box_dataset(metric, names, found)
    for k, suffix in enumerate(("", "_checked")):
        for name in ("coverage", "density", "mass"):
            result[name + suffix] = ("box", [getattr(both[k], name) for both in merits])
    said = {"bound": condition.bound, "below": int(condition.below), "share": float(y.mean())}
    return result.assign_attrs(said)


def _table(asked: Study) -> tuple[list[str], Floats]:
    """Return the inputs that vary and their values, float64[point, input].

    An input of which policies say different things is at its place in the distribution.
    """
    (plan,) = (plan for plan in asked.problem.policies if plan.name in asked.policies)
    bodies = asked.problem.bodies
    names: list[str] = []
    columns: list[Floats] = []
    for stream, rows, random in input_streams(asked.problem):
        if random:
            distribution = input_distribution(asked.problem, plan, [stream])
            u = np.hstack([points.at[stream] for points in _blocks(asked)])
            columns += list(u if distribution is None else quantile(distribution, u))
            name = stream.removesuffix("/each")
            names += [name] if rows == 1 else [f"{name}/{body}" for body in bodies]
    return names, np.stack(columns, axis=1)


def _box_dataset(
    asked: Study, names: list[str], found: list[tuple[Box, list[float]]]
) -> xr.Dataset:
    """Label limits and quasi-p-values; a limit that is none is NaN."""
    shape = len(found), len(names)
    low, high = (
        np.reshape([getattr(box, end) for box, _ in found], shape) for end in ("low", "high")
    )
    free = ~np.isfinite(low) & ~np.isfinite(high)
    chance = np.where(free, np.nan, np.reshape([chances for _, chances in found], shape))
    dims = ("box", "input")
    arrays: dict[str, Any] = {
        "low": (dims, np.where(np.isfinite(low), low, np.nan)),
        "high": (dims, np.where(np.isfinite(high), high, np.nan)),
        "quasi_p": (dims, chance),
    }
    return asked.dataset("prim", arrays, simulated=asked.points).assign_coords(input=names)
