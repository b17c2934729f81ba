"""Which inputs give a published figure: a set of them, by approximate Bayesian computation.

Draws of the scenario's own distributions are kept where the engine's result is near enough to every
target (Tavaré and others 1997; Beaumont, Zhang and Balding 2002, without their regression). What is
kept is a sample of the inputs that agree with the figure: usually a ridge, not a point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from sim import sampling
from sim.engine import compute
from sim.errors import Fault, InputError
from sim.problem import BASELINE
from sim.results.summary import at_places, places
from sim.scenario.document import nearest
from sim.variables import METRICS

if TYPE_CHECKING:
    from sim.problem import Floats, Problem

WITHIN = 0.01
"""How near a draw must come to a target, as a share of it."""
ENOUGH = 1_000
FEWEST = 50
_BLOCK = 4_096
_NARROWED, _UNMOVED = 0.5, 0.9
_RIDGE = 0.5
"""Correlation from which on two inputs are said to be known together only."""


@dataclass(frozen=True)
class Target:
    """One published figure."""

    metric: str
    place: str
    value: float


@dataclass(frozen=True)
class Posterior:
    """What the targets say about one input: 5 %, 50 % and 95 %, before and after."""

    stream: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]

    @property
    def narrowed(self) -> float:
        """Width of the 90 % range after over before."""
        before = self.prior[2] - self.prior[0]
        return (self.posterior[2] - self.posterior[0]) / before if before > 0 else 1.0

    @property
    def verdict(self) -> str:
        """How well the input is known, in a word."""
        if self.narrowed < _NARROWED:
            return "narrowed"
        return "hardly narrowed" if self.narrowed < _UNMOVED else "not narrowed"


@dataclass(frozen=True, eq=False)
class TargetFit:
    """The inputs that give the targets.

    Attributes
    ----------
    targets : tuple of Target
    within : float
    draws : int
        Draws that were tried.
    streams : tuple of str
        Inputs on which the targets depend.
    prior, accepted : float64[input, draw]
        Some of the draws tried, and all that were kept.
    reached : float64[target, draw]
        Results of those kept.
    before : float64[target, draw]
        Results of the draws in ``prior``.
    """

    targets: tuple[Target, ...]
    within: float
    draws: int
    streams: tuple[str, ...]
    prior: Floats
    accepted: Floats
    reached: Floats
    before: Floats

    @property
    def posteriors(self) -> tuple[Posterior, ...]:
        """Each input before and after, the one narrowed most first."""
        shares = (0.05, 0.5, 0.95)
        found = [
            Posterior(
                stream,
                tuple(float(q) for q in np.quantile(before, shares)),  # type: ignore[arg-type]
                tuple(float(q) for q in np.quantile(after, shares)),  # type: ignore[arg-type]
            )
            for stream, before, after in zip(self.streams, self.prior, self.accepted, strict=True)
        ]
        return tuple(sorted(found, key=lambda one: one.narrowed))

    @property
    def ranks(self) -> Floats:
        """Spearman's correlation of the inputs kept, float64[input, input]."""
        if len(self.streams) == 1:
            return np.ones((1, 1))
        ranked = stats.rankdata(self.accepted, axis=1)
        return np.asarray(np.corrcoef(ranked))

    @property
    def ridges(self) -> list[tuple[str, str, float]]:
        """Pairs of inputs that are known together only, the closest first."""
        ranks = self.ranks
        pairs = [
            (a, b, float(ranks[i, j]))
            for i, a in enumerate(self.streams)
            for j, b in enumerate(self.streams)
            if i < j and abs(ranks[i, j]) >= _RIDGE
        ]
        return sorted(pairs, key=lambda pair: -abs(pair[2]))


def parse_targets(said: Sequence[str], problem: Problem) -> tuple[Target, ...]:
    """Read ``metric.place=value`` options.

    Raises
    ------
    InputError
        If a metric or place does not exist, or the value is no number.
    """
    names, _ = places(problem)
    metrics = [variable.name for variable in METRICS]
    found, faults = [], []
    for text in said:
        key, _, value = text.partition("=")
        metric, _, place = key.partition(".")
        place = place or names[-1]
        option = f"--target {text}"
        for word, known, what in ((metric, metrics, "metric"), (place, names, "place")):
            if word not in known:
                near = nearest(word, known)
                remedy = f"did you mean {near}?" if near else f"known: {', '.join(known[:8])}"
                faults.append(Fault(option, None, None, "", "", f"no {what} {word!r}", remedy))
        try:
            number = float(value.replace("_", ""))
            if not np.isfinite(number) or number == 0:
                raise ValueError
            found.append(Target(metric, place, number))
        except ValueError:
            message, remedy = "needs a number other than 0", "as in released_area.central=11316"
            faults.append(Fault(option, None, None, "", "", message, remedy))
    if faults:
        raise InputError(faults)
    return tuple(found)


def fit_targets(
    problem: Problem,
    policy: str,
    targets: Sequence[Target],
    within: float = WITHIN,
    most: int = 2**18,
    progress: Callable[[int], None] | None = None,
) -> TargetFit:
    """Find the inputs that give the targets.

    Parameters
    ----------
    problem : Problem
        Its inputs' distributions are what is held possible before.
    policy : str
        The policy whose results were published.
    targets : sequence of Target
    within : float
        How near a draw must come, as a share of each target.
    most : int
        Draws to try at most; it ends sooner where ``ENOUGH`` were kept.
    progress : callable, optional
        Told how many draws were tried.

    Returns
    -------
    TargetFit

    Raises
    ------
    InputError
        If hardly any draw comes near.
    """
    small = _alone(problem, policy, targets)
    names, _ = places(small)
    rows = [[v.name for v in METRICS].index(target.metric) for target in targets]
    columns = [names.index(target.place) for target in targets]
    wanted = np.array([target.value for target in targets])[:, None]
    varying = [k for k, unknown in enumerate(small.unknowns) if _varies(unknown)]
    kept: list[tuple[Floats, Floats]] = []
    first_values, first_found = np.empty((0, 0)), np.empty((0, 0))
    tried = accepted = 0
    nearest_miss = np.inf
    while tried < most and accepted < ENOUGH:
        draws = sampling.draw(small, tried, min(_BLOCK, most - tried))
        found = at_places(small, compute(small, draws))[rows, -1, columns]
        values = np.array([draws.values[k][0] for k in varying]).reshape(len(varying), -1)
        distance = np.nan_to_num(np.abs(found / wanted - 1), nan=np.inf).max(axis=0)
        near = distance <= within
        nearest_miss = min(nearest_miss, float(distance.min()))
        if tried == 0:
            first_values, first_found = values, found
        kept.append((values[:, near], found[:, near]))
        accepted += int(near.sum())
        tried += draws.count
        if progress is not None:
            progress(tried)
    if accepted < FEWEST:
        raise _out_of_reach(targets, first_found, accepted, tried, nearest_miss, within)
    matter = _matter(first_values, first_found)
    return TargetFit(
        tuple(targets),
        within,
        tried,
        tuple(small.unknowns[varying[k]].stream for k in matter),
        first_values[matter],
        np.concatenate([values for values, _ in kept], axis=1)[matter],
        np.concatenate([found for _, found in kept], axis=1),
        first_found,
    )


def _alone(problem: Problem, policy: str, targets: Sequence[Target]) -> Problem:
    """Return the problem with nothing but what the targets need."""
    plans = tuple(plan for plan in problem.policies if plan.name in (BASELINE, policy))
    units = {v.name: v.unit for v in METRICS}
    money = any(units[t.metric] not in ("1", "m2", "people", "person") for t in targets)
    teams = any(t.metric == "worst_team_shortage" for t in targets)
    small = replace(problem, policies=plans, occupancy=problem.occupancy if teams else None)
    if money and problem.appraisal is not None:
        return replace(
            problem, policies=(*(p for p in problem.policies if p.name != policy), plans[-1])
        )
    return replace(small, appraisal=None)


def _varies(unknown: object) -> bool:
    distribution = unknown.distribution  # type: ignore[attr-defined]
    per_body = unknown.per_body  # type: ignore[attr-defined]
    return not distribution.constant and not per_body


def _matter(values: Floats, found: Floats) -> list[int]:
    """Return the inputs whose rank correlation with any target is more than chance."""
    ranked = stats.rankdata(values, axis=1)
    results = stats.rankdata(found, axis=1)
    limit = 4 / np.sqrt(values.shape[1])
    return [
        k
        for k, row in enumerate(ranked)
        if any(abs(np.corrcoef(row, result)[0, 1]) > limit for result in results)
    ]


def _out_of_reach(
    targets: Sequence[Target],
    found: Floats,
    accepted: int,
    tried: int,
    miss: float,
    within: float,
) -> InputError:
    faults = []
    for target, values in zip(targets, found, strict=True):
        low, high = np.nanquantile(values, (0.01, 0.99))
        message = (
            f"{accepted} of {tried:,} draws come within {100 * within:g} % of it, the nearest "
            f"within {100 * miss:.2g} %; with the scenario's ranges it lies from {low:,.6g} to "
            f"{high:,.6g}"
        )
        remedy = (
            "widen the ranges of the inputs, as in --set policy.NAME.eligible.uniform=[0.5,0.95]"
        )
        key = f"{target.metric}.{target.place}"
        faults.append(Fault("--target", None, None, key, f"{target.value:g}", message, remedy))
    return InputError(faults)


def copula_ranks(fit: TargetFit) -> Mapping[tuple[str, str], float]:
    """Return rank correlations of the inputs kept, drawn in to where a normal copula has them."""
    ranks = fit.ranks
    for _ in range(100):
        normal = 2 * np.sin(np.pi * ranks / 6)
        np.fill_diagonal(normal, 1.0)
        rounded = np.round(ranks, 4)
        check = 2 * np.sin(np.pi * rounded / 6)
        np.fill_diagonal(check, 1.0)
        if np.linalg.eigvalsh(check)[0] > 1e-6:
            break
        ranks = ranks * 0.999
    return {
        (a, b): float(np.round(ranks[i, j], 4))
        for i, a in enumerate(fit.streams)
        for j, b in enumerate(fit.streams)
        if i < j
    }
