"""How precisely a run knows what it reports, and whether that is what was asked for.

The interval of a statistic is what chance in the draws leaves open; it does not say whether the
inputs are right, and a rare event that no draw has shown yet leaves it at 0. That of a quantile is
taken as if draws were independent, which is more than a Sobol design needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import Fault, InputError
from sim.kernels.designs import REPLICATES
from sim.kernels.tally import LEAF
from sim.results.summary import CONFIDENCE, NORMAL, QUANTILES, STATISTICS
from sim.scenario.document import nearest
from sim.variables import BY_NAME, METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import xarray as xr

    from sim.problem import Design, Problem

ERRORS = {"mean": "mcse", "sd": "sd_mcse", **{name: f"{name}_mcse" for name in QUANTILES}}
"""The statistics that have a standard error, and what it is called."""


@dataclass(frozen=True)
class Target:
    """What a run is to know how precisely.

    Attributes
    ----------
    metric, statistic : str
        Names as in the JSON of a run.
    half_width : float
        Of the 95 % interval, in the metric's unit.
    """

    metric: str
    statistic: str
    half_width: float


@dataclass(frozen=True)
class Attained:
    """The widest interval of a target's statistic, over all policies and places.

    Attributes
    ----------
    target : Target
    half_width : float
        Infinite where there are too few draws to tell it, NaN where the statistic exists in none.
    policy, place, scope : str
        Where it is the widest; empty where the statistic does not exist.
    """

    target: Target
    half_width: float
    policy: str
    place: str
    scope: str

    @property
    def reached(self) -> bool:
        """Whether the interval is as narrow as was asked for."""
        return self.half_width <= self.target.half_width

    @property
    def settled(self) -> bool:
        """Whether more draws are not called for: also where there is no statistic to wait for."""
        return self.reached or math.isnan(self.half_width)


def targets(options: Iterable[str]) -> tuple[Target, ...]:
    """Read ``metric=value`` or ``metric.statistic=value``; the statistic is else the mean.

    Parameters
    ----------
    options : iterable of str
        As given to ``--precision``.

    Returns
    -------
    tuple of Target

    Raises
    ------
    InputError
        If a metric or statistic is not known or has no error, or a value is no number above 0.
    """
    read = [(option, _target(option)) for option in options]
    faults = [fault for option, target in read for fault in _faults(option, target)]
    if faults:
        raise InputError(faults)
    return tuple(target for _, target in read)


def _target(option: str) -> Target:
    name, _, value = option.partition("=")
    metric, dot, statistic = name.strip().partition(".")
    try:
        half_width = float(value)
    except ValueError:
        half_width = math.nan
    return Target(metric, statistic if dot else "mean", half_width)


def _faults(option: str, target: Target) -> Iterator[Fault]:
    """Yield everything that is wrong with one option."""

    def fault(message: str, remedy: str) -> Fault:
        return Fault(f"--precision {option}", None, None, "", "", message, remedy)

    known = [variable.name for variable in METRICS]
    if target.metric not in known:
        near = nearest(target.metric, known)
        remedy = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
        yield fault(f"there is no metric {target.metric!r}", remedy)
    if target.statistic not in ERRORS:
        exists = target.statistic in STATISTICS
        lacking = f"{target.statistic} has no interval" if exists else "there is no such statistic"
        yield fault(lacking, f"choose one of {', '.join(ERRORS)}")
    if not 0 < target.half_width < math.inf:
        unit = BY_NAME[target.metric].unit if target.metric in known else ""
        of = {"": "", "1": ", as a share"}.get(unit, f" [{unit}]")
        message = f"must give a number above 0, the half-width of the interval{of}"
        yield fault(message, "for example released_area=50 or released_area.p50=50")


def checkpoints(most: int) -> Iterator[int]:
    """Yield the numbers of draws after which the precision is tested, the most at last.

    Doubling keeps the points of a Sobol design balanced wherever a run may stop, and makes the
    tests few, so that hardly a run stops on a lucky one.
    """
    draws = LEAF
    while draws < most:
        yield draws
        draws *= 2
    yield most


def attained(problem: Problem, summary: xr.Dataset, target: Target) -> Attained:
    """Return how precisely a summary knows what a target asks for.

    Parameters
    ----------
    problem : Problem
    summary : xarray.Dataset
        From ``sim.results.summary.Summary.result``.
    target : Target

    Returns
    -------
    Attained
    """
    table = summary[target.metric].transpose("policy", "place", "statistic")
    exists = table.sel(statistic="defined_share").to_numpy() > 0
    if not exists.any():
        return Attained(target, math.nan, "", "", "")
    error = table.sel(statistic=ERRORS[target.statistic]).to_numpy()
    half_widths = standard_errors(problem.run.design, target.statistic) * np.where(
        np.isnan(error), np.inf, error
    )
    half_widths[~exists] = -1.0
    policy, place = np.unravel_index(half_widths.argmax(), half_widths.shape)
    return Attained(
        target,
        float(half_widths[policy, place]),
        str(summary["policy"].values[policy]),
        str(summary["place"].values[place]),
        str(summary["scope"].values[place]),
    )


def standard_errors(design: Design, statistic: str = "mean") -> float:
    """Return how many standard errors the half-width of a 95 % interval has."""
    if statistic == "sd" or (statistic == "mean" and design == "sobol"):
        from scipy import special  # takes longer than a small run, and few runs are to be precise

        return float(special.stdtrit(REPLICATES - 1, (1 + CONFIDENCE) / 2))
    return NORMAL
