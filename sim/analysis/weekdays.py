"""People who share workstations, by weekday: over what is not known and over the luck of days.

The mean of a weekday, given a draw, says nothing of the days on which many come; so the days
themselves are drawn, the first of those that the run draws for its weekly peak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from sim.kernels.presence import WEEKDAYS
from sim.people import draw_staff
from sim.results.label import WEEKDAY_NAMES
from sim.risk import drawn_days, pooled, shared
from sim.sampling import draw
from sim.sizing import service_sizes, workstations_provided

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sim.problem import Floats, Ints, PolicyPlan, Problem
    from sim.sampling import Draws

MOST_DRAWS = 2048
"""Draws whose days are looked at; of each, all weeks of the run."""
_COUNTS = 2**22
"""Most counts of people that are held at once."""
QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)


def by_weekday(
    problem: Problem,
    policies: Sequence[str],
    places: Mapping[str, Sequence[int]],
    progress: Callable[[int], None] | None = None,
) -> xr.Dataset:
    """Count people present against workstations, day by day.

    Parameters
    ----------
    problem : Problem
    policies : sequence of str
    places : mapping of str to sequence of int
        The bodies of each place.
    progress : callable, optional
        Told how many draws are done, of ``draws_looked_at`` for each policy.

    Returns
    -------
    xarray.Dataset
        Dims ``policy, place, weekday, quantile``: ``present`` and its ``mean`` [people who share
        workstations], ``workstations`` that are shared, over draws, and ``short``, the share of
        days on which a pool with bodies of the place has too few. Memory grows with the headcount
        of the places, not with draws.
    """
    plans = [plan for plan in problem.policies if plan.name in policies]
    total = draws_looked_at(problem)
    size = max(1, min(512, _COUNTS // (len(problem.bodies) * problem.run.weeks * WEEKDAYS)))
    found = []
    for p, plan in enumerate(plans):
        counts = Counts(problem, plan, places)
        for first in range(0, total, size):
            counts.add(draw(problem, first, min(size, total - first)))
            if progress is not None:
                progress(p * total + min(first + size, total))
        found.append(counts.result())
    return xr.concat(found, xr.Variable("policy", [plan.name for plan in plans])).assign_attrs(
        draws=total, days=total * problem.run.weeks
    )


def draws_looked_at(problem: Problem) -> int:
    """Return of how many draws the days are looked at."""
    return min(problem.run.draws, MOST_DRAWS)


class Counts:
    """How often each number of people came, on each weekday, under one policy.

    Parameters
    ----------
    problem : Problem
    plan : PolicyPlan
    places : mapping of str to sequence of int
    """

    def __init__(
        self, problem: Problem, plan: PolicyPlan, places: Mapping[str, Sequence[int]]
    ) -> None:
        self._problem, self._plan, self._places = problem, plan, places
        number = problem.policy_names.index(plan.name)
        self._one_number = service_sizes(problem)[number]
        most = [int(problem.headcount[list(bodies)].sum()) for bodies in places.values()]
        self._present = [np.zeros((WEEKDAYS, count + 1), np.int64) for count in most]
        self._short = np.zeros((len(places), WEEKDAYS), np.int64)
        self._workstations: list[Ints] = []
        self._days = 0

    def add(self, draws: Draws) -> None:
        """Add the days of a block of draws."""
        problem, plan = self._problem, self._plan
        people = draw_staff(problem, plan, draws)
        provided = workstations_provided(problem, plan, people, self._one_number, draws)
        sharing, _ = drawn_days(problem, plan, people, draws)
        free = shared(plan, people, provided)
        short = pooled(plan, sharing) > free[:, None, None, :]
        own = np.maximum(provided - people.dedicated, 0)
        self._days += sharing.shape[1] * draws.count
        self._workstations.append(
            np.stack([own[list(bodies)].sum(axis=0) for bodies in self._places.values()])
        )
        for row, bodies in enumerate(map(list, self._places.values())):
            pools = [q for q, pool in enumerate(plan.pools) if not set(pool).isdisjoint(bodies)]
            self._short[row] += short[pools].any(axis=0).sum(axis=(0, 2))
            present = sharing[bodies].sum(axis=0)
            for day, counts in enumerate(self._present[row]):
                counts += np.bincount(present[:, day].ravel(), minlength=len(counts))

    def result(self) -> xr.Dataset:
        """Return the counts so far; dims ``place, weekday, quantile``."""
        workstations = np.concatenate(self._workstations, axis=1)
        of_days = ("place", "weekday")
        return xr.Dataset(
            {
                "present": ((*of_days, "quantile"), np.stack(list(map(_quantiles, self._present)))),
                "mean": (of_days, np.stack(list(map(_mean, self._present)))),
                "short": (of_days, self._short / self._days),
                "workstations": (("place", "quantile"), _order(workstations)),
            },
            coords={
                "place": list(self._places),
                "weekday": list(WEEKDAY_NAMES),
                "quantile": list(QUANTILES),
            },
        )


def _quantiles(counts: Ints) -> Floats:
    """Return the least number that a share of days does not exceed, float64[weekday, quantile]."""
    running = counts.cumsum(axis=1)
    ranks = np.ceil(np.array(QUANTILES) * running[0, -1] - 1e-9)
    return np.stack([np.searchsorted(row, ranks) for row in running]).astype(np.float64)


def _mean(counts: Ints) -> Floats:
    found: Floats = counts @ np.arange(counts.shape[1]) / counts.sum(axis=1)
    return found


def _order(values: Ints) -> Floats:
    """Return the least value that a share of draws does not exceed, float64[place, quantile]."""
    found: Floats = np.quantile(values, QUANTILES, axis=1, method="inverted_cdf").T.astype(float)
    return found
