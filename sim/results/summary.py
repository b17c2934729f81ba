"""Means, spreads and quantiles of every metric, streamed over blocks of draws.

Nothing here grows with the number of draws. A quantile is the mean of the values in the histogram
bin that holds it: exact for whole numbers (over a range of up to 16,384), else within a
thousandth of the range of the first leaf of draws, which fixes the edges. Its error is taken from
its 95 % interval, between two values of a rank; one standard error either side would often be no
step at all among whole numbers.
"""

from __future__ import annotations

import math
from functools import reduce
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from sim.kernels.area import ratio
from sim.kernels.designs import REPLICATES
from sim.kernels.tally import LEAF, Tally, add_draws, values_at
from sim.problem import TOTAL
from sim.results.label import attributes
from sim.variables import METRICS, Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import xarray as xr

    from sim.problem import Arrays, Design, Floats, Problem

Statistics = dict[str, "Floats"]
BINS = 1024
WIDEST = 2**14
"""Range of whole numbers that still have a bin each."""
QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95}
CONFIDENCE = 0.95
NORMAL = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
"""Standard errors on either side of a normal estimate's 95 % interval."""
STATISTICS = (
    "mean",
    "sd",
    *QUANTILES,
    "mcse",
    "sd_mcse",
    *(f"{name}_mcse" for name in QUANTILES),
    "defined_share",
)


def places(problem: Problem) -> tuple[list[str], list[str]]:
    """Return the names of bodies, tiers and the total, and the scope of each."""
    groups = list(problem.groups)
    scopes = ["total" if name == TOTAL else "tier" for name in groups]
    return [*problem.bodies, *groups], ["body"] * len(problem.bodies) + scopes


def at_places(problem: Problem, found: Sequence[Arrays]) -> Floats:
    """Return every metric at every place, float64[metric, policy, place, draw].

    ``found`` is by policy, from ``sim.engine.compute``.
    """
    return np.stack([metric_at_places(problem, found, variable) for variable in METRICS])


def metric_at_places(problem: Problem, found: Sequence[Arrays], variable: Variable) -> Floats:
    """Return a metric at every place, float64[policy, place, draw]."""
    if variable.adds == "sum":
        return _summed(problem, found, variable.name)
    bodies = len(problem.bodies)
    if variable.adds == "ratio":
        over, under = (_summed(problem, found, name)[:, bodies:] for name in variable.ratio)
        groups = ratio(over, under)
    else:
        groups = np.stack([policy[f"group_{variable.name}"] for policy in found])
    own = np.stack([policy[variable.name] for policy in found])
    return np.concatenate([own, groups], axis=1, dtype=np.float64)


def _summed(problem: Problem, found: Sequence[Arrays], name: str) -> Floats:
    """Return what adds up over bodies at every place, float64[policy, place, draw or 1]."""
    known = {"headcount": problem.headcount[:, None], "area_today": problem.area[:, None]}
    own = np.stack([known[name]] if name in known else [policy[name] for policy in found])
    together = [reduce(np.add, (own[:, b] for b in bodies)) for bodies in problem.groups.values()]
    return np.concatenate([own, np.stack(together, axis=1)], axis=1, dtype=np.float64)


class Running:
    """Statistics under way of any cells: give it consecutive draws, then ask for them.

    Parameters
    ----------
    whole : bool[cell]
        Which cells hold whole numbers.
    """

    def __init__(self, whole: np.ndarray) -> None:
        self._whole = whole
        self._waiting: list[Floats] = []
        self._tally: Tally | None = None
        self._told = 0

    @property
    def draws(self) -> int:
        """How many draws there are so far."""
        return self._told + sum(int(waiting.shape[1]) for waiting in self._waiting)

    def add(self, values: Floats) -> None:
        """Add the next draws, float64[cell, draw]; a value that does not exist is NaN."""
        if self._tally is None:
            self._waiting.append(values)
            if sum(waiting.shape[1] for waiting in self._waiting) >= LEAF:
                self._begin()
        else:
            self._tell(values)

    def _begin(self) -> Tally:
        values = np.concatenate(self._waiting, axis=1)
        self._waiting = []
        self._tally = new_tally(values[:, :LEAF], self._whole)
        self._tell(values)
        return self._tally

    def _tell(self, values: Floats) -> None:
        assert self._tally is not None
        add_draws(self._told, values, self._tally)
        self._told += values.shape[1]

    def statistics(self, design: Design) -> Statistics:
        """Return the statistics of the cells.

        Parameters
        ----------
        design : {"sobol", "mc"}
            How the draws were drawn: it decides the error of a mean.

        Returns
        -------
        dict of str to float64[cell]
            Those of ``STATISTICS``.
        """
        tally = self._begin() if self._tally is None else self._tally
        return _statistics(tally, self._whole, self.draws, design == "sobol")

    def quantile(self, q: float) -> Floats:
        """Return the least value that a share ``q`` of the values do not exceed, float64[cell]."""
        tally = self._begin() if self._tally is None else self._tally
        return _values_at(tally, np.full((len(self._whole), 1), q))[:, 0]


class Summary:
    """The summary under way: give it blocks of draws in order, then ask for the result."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        names, _ = places(problem)
        self._shape = len(problem.policies), len(names)
        cells = math.prod(self._shape)
        self._running = {
            variable.name: Running(np.full(cells, variable.whole)) for variable in METRICS
        }

    @property
    def draws(self) -> int:
        """How many draws there are so far."""
        return self._running[METRICS[0].name].draws

    def add(self, found: Sequence[Arrays]) -> None:
        """Add the next block of draws, from ``sim.engine.compute``.

        Metric by metric: the values of one are still in the processor's cache when they are told.
        """
        for variable in METRICS:
            values = metric_at_places(self._problem, found, variable)
            self._running[variable.name].add(values.reshape(-1, values.shape[-1]))

    def tables(self, metrics: Collection[str] = ()) -> dict[str, Floats]:
        """Return the statistics of the draws so far, float64[policy, place, statistic].

        Parameters
        ----------
        metrics : collection of str
            Only these; all of them where none is named.

        Returns
        -------
        dict of float64[policy, place, statistic]
            By the metric's name.
        """
        return {
            name: self._table(running)
            for name, running in self._running.items()
            if not metrics or name in metrics
        }

    def result(self, metrics: Collection[str] = ()) -> xr.Dataset:
        """Return the ``tables`` with their labels.

        Parameters
        ----------
        metrics : collection of str
            Only these; all of them where none is named.

        Returns
        -------
        xarray.Dataset
            Every metric with dims ``policy, place, statistic``; ``draws`` among the attributes says
            of how many.
        """
        import xarray as xr  # takes longer than all else that a run imports

        names, scopes = places(self._problem)
        tables = self.tables(metrics)
        return xr.Dataset(
            {
                variable.name: (
                    ("policy", "place", "statistic"),
                    tables[variable.name],
                    attributes(self._problem, variable),
                )
                for variable in METRICS
                if variable.name in tables
            },
            coords={
                "policy": list(self._problem.policy_names),
                "place": names,
                "scope": ("place", scopes),
                "statistic": list(STATISTICS),
            },
            attrs={"draws": self.draws},
        )

    def _table(self, running: Running) -> Floats:
        """Return the statistics of one metric, float64[policy, place, statistic]."""
        statistics = running.statistics(self._problem.run.design)
        values = np.stack([statistics[name] for name in STATISTICS], axis=-1)
        return values.reshape(*self._shape, len(STATISTICS))


def new_tally(values: Floats, whole: np.ndarray) -> Tally:
    """Start a tally whose edges are fixed by the first draws, float64[cell, draw].

    ``whole`` says which cells hold whole numbers; their bins are one wide unless they reach over
    more than ``WIDEST``.
    """
    cells = len(values)
    exists = ~np.isnan(values)
    low = np.where(exists, values, np.inf).min(axis=1, initial=np.inf)
    high = np.where(exists, values, -np.inf).max(axis=1, initial=-np.inf)
    low, high = np.where(low > high, 0.0, low), np.where(low > high, 0.0, high)
    span = high - low
    width = np.where(span > 0, span / BINS, 1.0)
    bins = np.full(cells, BINS + 2)
    exact = whole & (span <= WIDEST)
    width[exact] = 1.0
    low = np.where(exact, low - 0.5 - span, low)
    bins[exact] = (3 * span[exact] + 3).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(bins)])
    return Tally(
        origin=np.where(np.isfinite(low), (low + high) / 2, 0.0),
        leaf=np.zeros((cells, 2, REPLICATES)),
        total=np.zeros((cells, 2, REPLICATES)),
        existing=np.zeros((cells, REPLICATES), np.int64),
        low=low,
        width=width,
        start=start,
        bin_count=np.zeros(start[-1], np.uint32),
        bin_sum=np.zeros(start[-1]),
    )


def _statistics(tally: Tally, whole: np.ndarray, draws: int, sobol: bool) -> Statistics:
    """Return float64[cell] by statistic."""
    sums = np.ascontiguousarray((tally.total + tally.leaf).swapaxes(1, 2))
    count = tally.existing.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums[:, :, 0].sum(axis=1) / count
        sd = _spread(sums.sum(axis=1), count)
        means = sums[:, :, 0] / tally.existing
        mcse = _replicate_error(means) if sobol else sd / np.sqrt(count)
        sd_mcse = _replicate_error(_spread(sums, tally.existing))
        found = {
            "mean": tally.origin + mean,
            "sd": sd,
            "mcse": mcse,
            "sd_mcse": sd_mcse,
            "defined_share": count / draws,
        }
    return found | _quantiles(tally, whole, count)


def _quantiles(tally: Tally, whole: np.ndarray, count: np.ndarray) -> Statistics:
    """Return quantiles and their standard errors, NaN where draws are too few.

    An error is no less than what bins can tell apart, half the width of one that holds several
    values.
    """
    q = np.array(list(QUANTILES.values()))
    gap = NORMAL * np.sqrt(q * (1 - q) / np.maximum(count, 1)[:, None])
    shares = np.concatenate([np.broadcast_to(q, gap.shape), q - gap, q + gap], axis=1)
    middle, low, high = np.split(_values_at(tally, shares), 3, axis=1)
    one_value = (tally.origin == tally.low) | (whole & (tally.width == 1.0))
    least = np.where(one_value, 0.0, tally.width / 2)[:, None]
    enough = (gap < q) & (gap < 1 - q)
    error = np.where(enough, np.maximum((high - low) / 2 / NORMAL, least), np.nan)
    errors = (f"{name}_mcse" for name in QUANTILES)
    return dict(zip(QUANTILES, middle.T, strict=True)) | dict(zip(errors, error.T, strict=True))


def _spread(sums: Floats, count: np.ndarray) -> Floats:
    """Return the standard deviation from sums of first and second powers."""
    mean = sums[..., 0] / count
    centred = np.maximum(sums[..., 1] - count * mean**2, 0.0)
    sd: Floats = np.sqrt(centred / np.where(count > 1, count - 1, np.nan))
    return sd


def _replicate_error(by_replicate: Floats) -> Floats:
    """Return the standard error of the mean of independent replicates, float64[cell]."""
    error: Floats = by_replicate.std(axis=1, ddof=1) / math.sqrt(REPLICATES)
    return error


def _values_at(tally: Tally, shares: Floats) -> Floats:
    """Return the least values that shares of the values do not exceed, float64[cell, share]."""
    out = np.empty(shares.shape)
    values_at(tally, shares, out)
    return out


def tally_bytes(problem: Problem) -> int:
    """Return the most memory that a summary takes, its first leaf included [bytes]."""
    metrics, policies = len(METRICS), len(problem.policies)
    people = [
        *problem.headcount,
        *(problem.headcount[list(b)].sum() for b in problem.groups.values()),
    ]
    whole = sum(variable.whole for variable in METRICS)
    bins = whole * sum(3 * min(int(count), WIDEST) + 3 for count in people)
    bins += (metrics - whole) * len(people) * (BINS + 2)
    return policies * (12 * bins + 8 * metrics * len(people) * (LEAF + 5 * REPLICATES))
