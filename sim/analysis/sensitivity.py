"""Which inputs drive the uncertainty of which result: sampled before, analysed after.

A special set of draws goes through ``simulate`` and arithmetic makes indices of what comes out; the
engine knows nothing of it. Three things are held as a run has them: a policy's one number of
workstations is that of the scenario's sizing, because it is chosen now and not by whoever learns
an input later; constants stay; and correlated inputs keep their correlation.

The luck of counts (who is eligible, ready, in which mode, and who comes on drawn days) is a source
of its own, ``chance of counts``: points that share an index and a stream share it. Its total index
is the share of variance that is left when every input is known. Totals of inputs contain what they
do together with chance, which depends on how counts are drawn: by inversion, so that a higher rate
gives no lower count. First-order indices of inputs do not depend on it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from sim.analysis import trajectories
from sim.analysis.reuse import Computed, compute
from sim.analysis.sobol import SobolSums, pairs, row_weights
from sim.analysis.sources import AGAIN, RUN, Points, given, sources, two_points
from sim.executors import blocks, in_order
from sim.problem import BASELINE
from sim.results.label import attributes
from sim.results.summary import at_places, places
from sim.sampling import correlated, uniforms
from sim.variables import BY_NAME, METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sim.analysis.sources import Source
    from sim.problem import Floats, Ints, Problem

BLOCK = 512
"""Rows of the design that are held at once."""
POINTS = {"sobol": 256, "morris": 64, "curves": 128, "tornado": 512, "shapley": 512, "prim": 8192}
"""Rows of the design by default."""
RESAMPLES = 100


@dataclass(frozen=True)
class Study:
    """What is asked of a problem, and how it is computed.

    Attributes
    ----------
    problem : Problem
        With no policies but those asked for and those that their worth is set beside.
    metrics, policies : tuple of str
    place : int
        Index of a body, a tier or the total.
    points : int
        Rows of the design.
    threads : int
    progress : callable or None
        Told how many draws have been simulated.
    """

    problem: Problem
    metrics: tuple[str, ...]
    policies: tuple[str, ...]
    place: int
    points: int
    threads: int = 1
    progress: Callable[[int], None] | None = None

    @property
    def place_name(self) -> str:
        """Name of the body, the tier or the total."""
        return places(self.problem)[0][self.place]

    def outputs(self, batch: Sequence[Points], done: int = 0) -> list[Floats]:
        """Simulate sets of points, float64[output, row] of each; what is not finite is NaN.

        An output is a metric of a policy, the policies of the first metric first. Of the sets with
        the same draws and luck the first is computed whole, and the others from what it knows.
        """
        lucks = [(points.first, points.count, points.luck) for points in batch]
        firsts = [lucks.index(luck) for luck in lucks]
        known: dict[int, Computed] = {}
        found: dict[int, Floats] = {}

        def work(sets: Sequence[int], j: int, _: int) -> Floats:
            k = sets[j]
            computed = compute(batch[k], known.get(firsts[k]))
            if firsts.count(k) > 1:
                known[k] = computed
            return self._values(computed)

        alone = [k for k, first in enumerate(firsts) if k == first]
        for sets in (alone, [k for k, first in enumerate(firsts) if k != first]):
            run = in_order(functools.partial(work, sets), len(sets), 1, self.threads)
            for k, values in zip(sets, run, strict=True):
                found[k] = values
                done += values.shape[1]
                if self.progress is not None:
                    self.progress(done)
        return [found[k] for k in range(len(batch))]

    def _values(self, computed: Computed) -> Floats:
        rows = [k for k, variable in enumerate(METRICS) if variable.name in self.metrics]
        those = [self.problem.policy_names.index(name) for name in self.policies]
        values = at_places(self.problem, computed.policies)[rows][:, those, self.place]
        flat = values.reshape(-1, values.shape[-1])
        return np.where(np.isfinite(flat), flat, np.nan)

    def dataset(self, method: str, found: Mapping[str, Any], **attrs: Any) -> xr.Dataset:
        """Label arrays whose axis ``output`` is metric and policy."""
        shape = len(self.metrics), len(self.policies)
        variables = {}
        for name, (dims, values) in found.items():
            if "output" in dims:
                k = dims.index("output")
                dims = (*dims[:k], "metric", "policy", *dims[k + 1 :])
                values = np.reshape(values, (*values.shape[:k], *shape, *values.shape[k + 1 :]))
            variables[name] = (dims, values)
        units = [attributes(self.problem, BY_NAME[name])["units"] for name in self.metrics]
        said = {"method": method, "place": self.place_name, "points": self.points}
        coords = {
            "metric": list(self.metrics),
            "policy": list(self.policies),
            "unit": ("metric", units),
        }
        return xr.Dataset(variables, coords, said | {"scenario": self.problem.name} | attrs)


def study(
    problem: Problem,
    points: int,
    metrics: Sequence[str] = (),
    policies: Sequence[str] = (),
    place: int = -1,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Study:
    """Return a study of some metrics and policies of a problem, all where none is named."""
    names = [name for name in problem.policy_names if not policies or name in policies]
    beside = {BASELINE, problem.appraisal.do_minimum if problem.appraisal else None}
    plans = tuple(p for p in problem.policies if p.name in names or p.name in beside)
    wanted = tuple(v.name for v in METRICS if not metrics or v.name in metrics)
    place = range(len(places(problem)[0]))[place]
    narrowed = replace(problem, policies=plans)
    return Study(narrowed, wanted, tuple(names), place, points, threads, progress)


def sobol(
    asked: Study,
    second: bool = True,
    resamples: int = RESAMPLES,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> xr.Dataset:
    """Return Sobol indices of every metric and policy.

    Parameters
    ----------
    asked : Study
        A design of ``points`` rows takes ``points`` times 2 + sources draws, with the second order
        twice 1 + sources.
    second : bool
        Whether to find the second order, too.
    resamples : int
        Of the bootstrap; 0 for no errors.
    groups : mapping of str to sequence of str, optional
        Inputs to be moved as one.

    Returns
    -------
    xarray.Dataset
        ``first`` and ``total`` by metric, policy and source, ``second`` by pair of sources, each
        with its bootstrap standard error ``_mcse``; ``mean`` and ``variance``. NaN for a metric
        that does not vary, or not exist in every draw (``defined_share``). Correlated inputs are
        one source.
    """
    moved = sources(asked.problem, groups=groups)
    second = second and len(moved) > 1
    sums = SobolSums(asked.problem.run.seed, resamples)
    defined, done = np.zeros(len(asked.metrics) * len(asked.policies)), 0
    for first, rows in blocks(asked.points, BLOCK):
        a, b = two_points(asked.problem, first, rows)
        design = [a, b, *(a.moved(source, b) for source in moved)]
        if second:
            design += [b.moved(source, a) for source in moved]
        found = np.stack(asked.outputs(design, done))
        done += len(design) * rows
        count = 2 + len(moved)
        sums.add(found[0], found[1], found[2:count], found[count:] if second else None)
        defined += np.isfinite(found).mean(axis=0).sum(axis=1)
    indices = sums.indices()
    by_source = ("source", "output")
    arrays: dict[str, tuple[tuple[str, ...], Any]] = {
        "mean": (("output",), indices.mean),
        "variance": (("output",), indices.variance),
        "defined_share": (("output",), defined / asked.points),
        "first": (by_source, indices.first),
        "first_mcse": (by_source, indices.first_error),
        "total": (by_source, indices.total),
        "total_mcse": (by_source, indices.total_error),
    }
    if second:
        arrays["second"] = (("pair", "output"), indices.second)
        arrays["second_mcse"] = (("pair", "output"), indices.second_error)
    result = asked.dataset("sobol", arrays, resamples=resamples, simulated=done)
    return with_sources(result, moved).assign_coords(_pair_coordinates(moved) if second else {})


def with_sources(result: xr.Dataset, moved: Sequence[Source]) -> xr.Dataset:
    """Name the sources, and the streams of each on lines of their own."""
    streams = ["\n".join(source.streams) for source in moved]
    names = [source.name for source in moved]
    return result.assign_coords(source=names, streams=("source", streams))


def _pair_coordinates(moved: Sequence[Source]) -> dict[str, Any]:
    return {
        name: ("pair", [moved[k].name for k in side])
        for name, side in zip(("one", "other"), pairs(len(moved)), strict=True)
    }


def morris(asked: Study, groups: Mapping[str, Sequence[str]] | None = None) -> xr.Dataset:
    """Screen sources by what a move of each through half of its distribution changes.

    Parameters
    ----------
    asked : Study
        ``points`` trajectories of 1 + sources draws each.
    groups : mapping of str to sequence of str, optional
        Inputs to be moved as one.

    Returns
    -------
    xarray.Dataset
        ``mu_star``, ``mu`` and ``sigma`` by metric, policy and source, in the metric's unit.

    Notes
    -----
    An input moves between a place u in the lower half of its distribution and u + ½, up or down.
    Staff and days stay those of the draw; in the end they are drawn again, which is the effect of
    the chance of counts.
    """
    moved = sources(asked.problem, groups=groups)
    inputs, seed = len(moved) - 1, asked.problem.run.seed
    effects, done = [], 0
    for first, rows in blocks(asked.points, BLOCK):
        independent = uniforms(asked.problem, first, rows, RUN)
        base = Points(asked.problem, first, independent, RUN)
        order = trajectories.random_orders(seed, "morris order", first, rows, inputs)
        starts_up = trajectories.random_table(seed, "morris start", first, rows, inputs) < 0.5
        walk = [_lifted(base, moved, up) for up in starts_up ^ trajectories.moved_by(order)]
        walk.append(replace(walk[-1], luck=AGAIN))
        order = np.hstack([order, np.full((rows, 1), inputs)])
        sign = np.hstack([np.where(starts_up, -1.0, 1.0), np.ones((rows, 1))])
        found = np.stack(asked.outputs(walk, done))
        done += len(walk) * rows
        effects.append(trajectories.elementary_effects(found, order, sign))
    measures = trajectories.screening(np.concatenate(effects, axis=-1))
    arrays = {name: (("source", "output"), values) for name, values in measures.items()}
    return with_sources(asked.dataset("morris", arrays, simulated=done), moved)


def _lifted(base: Points, moved: Sequence[Source], up: np.ndarray) -> Points:
    """Return points in the lower half of each distribution, or half of it higher.

    ``base`` has independent uniforms, and ``up`` is bool[row, source].
    """
    at = {
        name: (base.at[name] + up[:, k]) / 2
        for k, source in enumerate(moved[:-1])
        for name in source.streams
    }
    return replace(base, at=correlated(base.problem, base.at | at))


def shapley(
    asked: Study,
    resamples: int = RESAMPLES,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> xr.Dataset:
    """Return Shapley effects, which share out the variance even where inputs are correlated.

    Parameters
    ----------
    asked : Study
        ``points`` random orders of 1 + sources draws each, rounded up to a multiple of the sources.
    resamples : int
        Of the bootstrap.
    groups : mapping of str to sequence of str, optional
        Inputs to be moved as one.

    Returns
    -------
    xarray.Dataset
        ``shapley`` by metric, policy and source, with ``shapley_mcse``; they add up to 1.
    """
    moved = sources(asked.problem, apart=True, groups=groups)
    count, seed = len(moved), asked.problem.run.seed
    points = -(-asked.points // count) * count
    size = max(1, BLOCK // count) * count
    outputs, done = len(asked.metrics) * len(asked.policies), 0
    sums, whole = np.zeros((1 + resamples, count, outputs)), np.zeros((1 + resamples, outputs))
    for first, rows in blocks(points, size):
        order = _orders(seed, first, rows, count)
        a, b = two_points(asked.problem, first, rows)
        found = _along(asked, a, b, moved, order, done)
        done += (1 + count) * rows
        parts = trajectories.shapley_parts(found, order)
        weights = row_weights(seed, first, rows, resamples)
        sums += np.tensordot(weights, parts, (0, 2))
        whole += np.tensordot(weights, parts.sum(axis=0), (0, 1))
    share = sums / np.where(whole > 0, whole, np.nan)[:, None]
    arrays = {
        "shapley": (("source", "output"), share[0]),
        "shapley_mcse": (("source", "output"), share[1:].std(axis=0, ddof=1)),
    }
    asked = replace(asked, points=points)
    result = asked.dataset("shapley", arrays, resamples=resamples, simulated=done)
    return with_sources(result, moved)


def _orders(seed: int, first: int, rows: int, count: int) -> Ints:
    """Return random orders, int64[row, step], in which the last source comes later row by row.

    It has every place equally often: rows that draw it again by a step are the first ones.
    """
    inputs = trajectories.random_orders(seed, "shapley order", first, rows, count - 1)
    place = np.arange(rows) * count // rows
    steps = np.arange(count)
    order = np.full((rows, count), count - 1)
    order[steps != place[:, None]] = inputs.ravel()
    return order


def _along(
    asked: Study, a: Points, b: Points, moved: Sequence[Source], order: Ints, done: int
) -> Floats:
    """Return outputs with the first steps' sources drawn again, float64[step, output, row]."""
    rows, count = order.shape
    pieces: list[Points] = []
    for step, again in enumerate(trajectories.moved_by(order)):
        kept = {name: ~again[:, k] for k, source in enumerate(moved) for name in source.streams}
        points = given(asked.problem, a, b, kept)
        cut = step * rows // count
        pieces += [
            replace(points.part(0, cut), luck=AGAIN),
            replace(points.part(cut, rows), luck=RUN),
        ]
    found = iter(asked.outputs([points for points in pieces if points.count], done))
    outputs = len(asked.metrics) * len(asked.policies)
    each = [next(found) if points.count else np.empty((outputs, 0)) for points in pieces]
    return np.concatenate(each, axis=1).reshape(outputs, 1 + count, rows).swapaxes(0, 1)
