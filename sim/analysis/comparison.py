"""Policies and scenarios against each other, draw by draw: differences, ranks, dominance, regret.

All options see the same draws, so a difference is one of the options and not of their luck, and
its Monte Carlo error is that of the difference itself. Nothing here grows with the number of
draws: sums, histograms and counts only (``sim.results.summary``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.paired import NAMES, Paired
from sim.engine import compute
from sim.errors import RunError
from sim.executors import in_order
from sim.job import BLOCK, available_memory, check_memory, processors
from sim.kernels.tally import LEAF
from sim.results.precision import standard_errors
from sim.results.summary import BINS, at_places, places
from sim.sampling import dimensions, draw
from sim.sizing import service_sizes
from sim.variables import BY_NAME, METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sim.problem import Floats, Problem
    from sim.results.summary import Running, Statistics

REGRET = 0.90
"""Share of draws whose regret the second figure of a regret is not below."""
_SPREAD = ("sd", "p05", "p50", "p95")


@dataclass(frozen=True)
class Option:
    """One thing to choose.

    Attributes
    ----------
    name : str
        The policy, with its scenario before it where there are several.
    problem : int
        Which of the problems.
    policy : str
    """

    name: str
    problem: int
    policy: str


@dataclass(frozen=True)
class Comparison:
    """What a comparison finds; entries of the JSON document."""

    draws: int
    differences: list[dict[str, Any]]
    ranking: list[dict[str, Any]]
    dominance: list[dict[str, Any]]
    pareto: list[dict[str, Any]]
    regret: list[dict[str, Any]]


def compare(
    problems: Sequence[Problem],
    options: Sequence[Option],
    by: Sequence[str],
    block: int = BLOCK,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Compare options on common draws.

    Parameters
    ----------
    problems : sequence of Problem
        Of one seed, design and number of draws, one currency and one area basis.
    options : sequence of Option
        At least two; each is compared with every one before it, its reference.
    by : sequence of str
        Metrics of which more or less is better: by each of them options are ranked and regretted,
        by all of them together one dominates another.
    block, threads
        As in ``sim.job.run``; any give the same bits.
    progress : callable, optional
        Told how many draws are done.

    Returns
    -------
    Comparison

    Raises
    ------
    RunError
        If it would not fit into memory.
    """
    threads = threads or processors()
    shared = _shared_places(problems)
    _check_memory(problems, len(options), len(shared), block, threads)
    for problem in problems:
        service_sizes(problem, threads)
    rows = [[_all_places(problem).index(place) for place in shared] for problem in problems]

    def work(first: int, count: int) -> Floats:
        """Return every metric of every option, float64[option, metric, place, draw]."""
        found = [
            at_places(problem, compute(problem, draw(problem, first, count)))[:, :, own]
            for problem, own in zip(problems, rows, strict=True)
        ]
        index = [problem.policy_names for problem in problems]
        return np.stack([found[o.problem][:, index[o.problem].index(o.policy)] for o in options])

    paired = Paired(len(options), len(shared), by)
    for values in in_order(work, problems[0].run.draws, block, threads):
        paired.add(values)
        if progress is not None:
            progress(paired.draws)
    return _Told(problems[0], [option.name for option in options], shared, by, paired).all()


def strayed(problems: Sequence[Problem]) -> tuple[str, ...]:
    """Return the random inputs of several problems that are not drawn alike in all of them.

    The design ``sobol`` counts its dimensions in the order of the inputs: one that a scenario has
    before others, and another has not, moves these. Differences stay right, but are less certain.
    """
    found = [dimensions(problem) for problem in problems]
    paths = dict.fromkeys(path for of_one in found for path in of_one)
    correlations = {(problem.correlated, problem.cholesky.tobytes()) for problem in problems}
    mixed = {name for problem in problems for name in problem.correlated}
    return tuple(
        path
        for path in paths
        if len({of_one[path] for of_one in found if path in of_one}) > 1
        or (len(correlations) > 1 and path in mixed)
    )


def _all_places(problem: Problem) -> list[tuple[str, str]]:
    """Return scope and name of every place."""
    names, scopes = places(problem)
    return list(zip(scopes, names, strict=True))


def _shared_places(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    first, *others = map(_all_places, problems)
    return [place for place in first if all(place in other for other in others)]


def _check_memory(
    problems: Sequence[Problem], options: int, at: int, block: int, threads: int
) -> None:
    """Refuse what would not fit into memory, before anything is computed."""
    for problem in problems:
        check_memory(problem, block, threads)
    cells = math.comb(options, 2) * at * len(METRICS)
    needed = cells * (12 * 2 * BINS + 8 * LEAF)
    if needed > available_memory():
        raise RunError(
            f"{options} options at {at} places need about {needed / 2**30:,.1f} GiB and "
            f"{available_memory() / 2**30:,.1f} GiB are free; name fewer by --policy"
        )


class _Told:
    """A comparison told in entries of the document."""

    def __init__(
        self,
        problem: Problem,
        names: Sequence[str],
        at: Sequence[tuple[str, str]],
        by: Sequence[str],
        paired: Paired,
    ) -> None:
        self._problem = problem
        self._names = names
        self._at = at
        self._by = by
        self._paired = paired
        self._levels = [self._table(level, len(METRICS)) for level in paired.levels]
        self._gaps = [self._table(gap, len(METRICS)) for gap in paired.gaps]

    def all(self) -> Comparison:
        """Return all of it."""
        return Comparison(
            self._paired.draws,
            list(self._differences()),
            list(self._ranking()),
            list(self._dominance()),
            list(self._pareto()),
            list(self._regret()),
        )

    def _table(self, running: Running, metrics: int) -> Statistics:
        """Return statistics by name, float64[metric, place]."""
        found = running.statistics(self._problem.run.design)
        return {name: values.reshape(metrics, -1) for name, values in found.items()}

    def _places(self) -> Iterator[tuple[int, dict[str, str]]]:
        for p, (scope, name) in enumerate(self._at):
            yield p, {"scope": scope, "body": name}

    def _metric(self, name: str) -> dict[str, Any]:
        said = BY_NAME[name]
        unit = said.unit.replace("currency", self._problem.currency)
        return {"name": name, "unit": unit, "better": said.better}

    def _mean(self, table: Statistics, at: tuple[int, int]) -> dict[str, Any]:
        """Return a mean with its Monte Carlo error and 95 % interval."""
        mean, error = table["mean"][at], table["mcse"][at]
        half = standard_errors(self._problem.run.design) * error
        ends = [_finite(mean - half), _finite(mean + half)]
        interval = None if None in ends else ends
        return {"mean": _finite(mean), "interval": interval, "mcse": _finite(error)}

    def _differences(self) -> Iterator[dict[str, Any]]:
        """Yield option less reference, for every metric and place."""
        for pair, (option, reference) in enumerate(self._paired.pairs):
            two = {"option": self._names[option], "reference": self._names[reference]}
            for m, name in enumerate(NAMES):
                for p, place in self._places():
                    yield {
                        **two,
                        **self._metric(name),
                        **place,
                        "option_mean": _finite(self._levels[option]["mean"][m, p]),
                        "reference_mean": _finite(self._levels[reference]["mean"][m, p]),
                        **self._mean(self._gaps[pair], (m, p)),
                        **{key: _finite(self._gaps[pair][key][m, p]) for key in _SPREAD},
                        **self._sides(pair, m, p),
                    }

    def _sides(self, pair: int, m: int, p: int) -> dict[str, float | None]:
        """Return on which share of draws the option is above, below, better and worse."""
        defined = float(self._gaps[pair]["defined_share"][m, p])
        known = round(defined * self._paired.draws)
        higher = _share(self._paired.higher[pair, m, p], known)
        lower = _share(self._paired.lower[pair, m, p], known)
        good = {"higher": (higher, lower), "lower": (lower, higher), None: (None, None)}
        better, worse = good[BY_NAME[NAMES[m]].better]
        return {
            "higher_share": higher,
            "lower_share": lower,
            "better_share": better,
            "worse_share": worse,
            "defined_share": defined,
        }

    def _ranking(self) -> Iterator[dict[str, Any]]:
        """Yield the options by their mean, best first, those without one last."""
        for k, (name, m) in enumerate(zip(self._by, self._paired.rows, strict=True)):
            for p, place in self._places():
                good = self._paired.sign[k] * np.array([t["mean"][m, p] for t in self._levels])
                order = np.argsort(np.where(np.isnan(good), np.inf, -good), kind="stable").tolist()
                for rank, option in enumerate(order):
                    best = self._paired.best[option, k, p]
                    yield {
                        **self._metric(name),
                        **place,
                        "rank": rank + 1,
                        "option": self._names[option],
                        **self._mean(self._levels[option], (m, p)),
                        "best_share": _share(best, self._paired.comparable[k, p]),
                        "ahead_of_next": self._ahead(order[rank : rank + 2], (m, p)),
                    }

    def _ahead(self, two: list[int], at: tuple[int, int]) -> bool | None:
        """Tell whether the 95 % interval of the difference of two options excludes nothing."""
        if len(two) < 2:
            return None
        pair = self._paired.pairs.index((max(two), min(two)))
        ends = self._mean(self._gaps[pair], at)["interval"]
        return None if ends is None else not ends[0] <= 0 <= ends[1]

    def _dominance(self) -> Iterator[dict[str, Any]]:
        """Yield for every two options, in both orders, how far the one dominates the other."""
        for p, place in self._places():
            worse = self._worse(p)
            for option, name in enumerate(self._names):
                for other, of in enumerate(self._names):
                    if option != other:
                        share = self._paired.dominates[option, other, p] / self._paired.draws
                        yield {
                            "option": name,
                            "other": of,
                            **place,
                            "metrics": list(self._by),
                            "dominates_share": float(share),
                            "stochastic": [
                                _first_order(
                                    self._by[k], found[option, other], found[other, option]
                                )
                                for k, found in enumerate(worse)
                            ],
                        }

    def _worse(self, p: int) -> list[Floats]:
        """Return by chosen metric how far distributions lie on the worse side of each other."""
        return [
            self._paired.curves.worse_side(k * len(self._at) + p, sign)
            for k, sign in enumerate(self._paired.sign)
        ]

    def _pareto(self) -> Iterator[dict[str, Any]]:
        for p, place in self._places():
            for option, name in enumerate(self._names):
                share = self._paired.undominated[option, p] / self._paired.draws
                yield {
                    "option": name,
                    **place,
                    "metrics": list(self._by),
                    "undominated_share": float(share),
                }

    def _regret(self) -> Iterator[dict[str, Any]]:
        """Yield what an option loses against the one that is best in the draw."""
        tables = [self._table(running, len(self._by)) for running in self._paired.regrets]
        high = [run.quantile(REGRET).reshape(len(self._by), -1) for run in self._paired.regrets]
        for k, name in enumerate(self._by):
            for p, place in self._places():
                for option, table in enumerate(tables):
                    yield {
                        **self._metric(name),
                        **place,
                        "option": self._names[option],
                        **self._mean(table, (k, p)),
                        "p90": _finite(high[option][k, p]),
                    }


def _first_order(name: str, worse: float, other_worse: float) -> dict[str, Any]:
    """Return whether one distribution dominates another in the first order."""
    known = math.isfinite(worse)
    dominates = bool(worse <= 0 < other_worse) if known else None
    return {"name": name, "dominates": dominates, "worse_by": _finite(worse)}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _share(count: int, of: int) -> float | None:
    return float(count / of) if of else None
