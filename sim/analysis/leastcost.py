"""The number of workstations that costs least, when a shortage has a price.

A workstation costs the running cost of its area every year; each person-day without one costs the
price. With D workstations in a pool the expected yearly cost is c D + p N E[(X - D)+], for a cost
c of a workstation, a price p and N working days. One more changes it by c - p N P(X > D), which
grows with D: the least D with p N P(X > D) <= c is best. It is the newsvendor's critical ratio,
Arrow, Harris and Marschak (1951), doi:10.2307/1906813. A dedicated workstation that is lacking
counts as a person without one on every working day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import sampling
from sim.analysis.sizing import FRONTIER_DRAWS, days_to_judge, mean_error, risk_at
from sim.executors import in_order
from sim.people import draw_staff
from sim.results.precision import standard_errors
from sim.results.summary import places
from sim.risk import pooled, spread
from sim.sizing import order_statistic, split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.people import Staff
    from sim.problem import Floats, Ints, PolicyPlan, Problem
    from sim.sampling import Draws

    Days = tuple[np.ndarray, np.ndarray] | None

WORKING_DAYS = 260
"""52 weeks of five days; public holidays come off."""
_BLOCK = 256
_QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95}
_FIRST_STEP, _FASTER = 2, 3


@dataclass(frozen=True)
class ShortagePrice:
    """What a person without a workstation costs.

    Attributes
    ----------
    price : float
        Of a person-day without a workstation [currency].
    working_days : float
        In a year.
    """

    price: float
    working_days: float = WORKING_DAYS

    @property
    def yearly(self) -> float:
        """Cost of one person without a workstation on every working day [currency/year]."""
        return self.price * self.working_days


@dataclass(frozen=True, eq=False)
class _Block:
    """Consecutive sizing draws of one policy."""

    people: Staff
    draws: Draws
    days: Days
    cost: Floats  # float64[body, draw], of a workstation and year


def cost_inputs(problem: Problem) -> tuple[str, ...]:
    """Return the paths of the inputs that make the cost of a workstation."""
    used = (problem.space.workstation, *(index for _, index in problem.running_cost))
    return tuple(problem.unknowns[index].stream for index in used)


def least_cost(
    problem: Problem,
    price: ShortagePrice,
    policies: Sequence[str],
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[dict[str, Any]]:
    """Find the workstations of least expected yearly cost for every policy.

    Parameters
    ----------
    problem : Problem
        With a running cost.
    price : ShortagePrice
    policies : sequence of str
        Which policies.
    threads : int
        Blocks of sizing draws computed at the same time.
    progress : callable, optional
        Told how many policies are done.

    Returns
    -------
    list of dict
        By policy and place: the one number of workstations, its yearly cost (mean with its 95 %
        Monte Carlo interval, and quantiles over draws), and quantiles of the number that would be
        best if the draw were known.
    """
    found = []
    for done, name in enumerate(policies, 1):
        plan = problem.policies[problem.policy_names.index(name)]
        found += _Search(problem, plan, price, threads).entries()
        if progress is not None:
            progress(done)
    return found


class _Search:
    """The search for one policy."""

    def __init__(
        self, problem: Problem, plan: PolicyPlan, price: ShortagePrice, threads: int
    ) -> None:
        self._problem = problem
        self._plan = plan
        self._price = price
        self._threads = threads
        self._people = pooled(plan, problem.headcount)
        self._draws = problem.run.sizing_draws

    def entries(self) -> list[dict[str, Any]]:
        """Return the entry of every place."""
        known, guess = self._if_known()
        best = split(self._problem, self._plan, self._best(guess))
        by_block = self._each(partial(self._costs, by_body=best), self._draws)
        space, shortage, short = (
            np.concatenate(part, axis=-1) for part in zip(*by_block, strict=True)
        )
        members = [*((b,) for b in range(len(best))), *self._problem.groups.values()]
        if_known = split(self._problem, self._plan, known)
        return [
            {
                "policy": self._plan.name,
                "scope": scope,
                "body": name,
                "workstations": int(best[list(bodies)].sum()),
                "today": int(self._problem.workstations[list(bodies)].sum()),
                "if_known": _quantiles(if_known[list(bodies)].sum(axis=0)),
                "yearly_cost": self._money((space + shortage)[list(bodies)].sum(axis=0)),
                "space_cost": self._money(space[list(bodies)].sum(axis=0)),
                "shortage_cost": self._money(shortage[list(bodies)].sum(axis=0)),
                "shortage_per_day": float(short[row].mean()),
            }
            for row, (name, scope, bodies) in enumerate(
                zip(*places(self._problem), members, strict=True)
            )
        ]

    def _each(self, work: Callable[[_Block], Any], draws: int) -> list[Any]:
        """Return what ``work`` says of each block of the first sizing draws."""

        def of_block(first: int, count: int) -> Any:
            drawn = sampling.draw(self._problem, first, count, "sizing")
            people = draw_staff(self._problem, self._plan, drawn)
            days = days_to_judge(self._problem, self._plan, people, drawn)
            return work(_Block(people, drawn, days, self._workstation_cost(drawn)))

        return list(in_order(of_block, draws, _BLOCK, self._threads))

    def _workstation_cost(self, draws: Draws) -> Floats:
        """Return what a workstation costs a year, float64[body, draw]."""
        problem = self._problem
        per_m2 = sum(draws.values[index] for _, index in problem.running_cost)
        cost = draws.values[problem.space.workstation] * per_m2
        return np.broadcast_to(cost, (len(problem.bodies), draws.count))

    def _of_pool(self, by_body: np.ndarray) -> np.ndarray:
        """Return the mean of a pool's bodies, by headcount, over the first axis."""
        weights = self._problem.headcount[:, None]
        mean: np.ndarray = pooled(self._plan, by_body * weights) / self._people[:, None]
        return mean

    def _short(self, block: _Block, by_pool: Ints) -> Floats:
        """Return P(X > D) on average over days, float64[pool, draw]; 1 below those dedicated."""
        provided = split(self._problem, self._plan, by_pool)
        found = risk_at(self._problem, self._plan, block.people, provided, block.days)
        first = [pool[0] for pool in self._plan.pools]
        lacking = pooled(self._plan, block.people.dedicated) > by_pool
        short: Floats = np.where(lacking, 1.0, found["shortage_per_day"][first])
        return short

    def _lacking(self, block: _Block, provided: Ints) -> Floats:
        """Return the dedicated workstations that are lacking, by headcount, float64[body, draw]."""
        lacking = np.maximum(0, pooled(self._plan, block.people.dedicated - provided))
        of_pool = spread(self._plan, self._people)
        share: Floats = spread(self._plan, lacking) * (self._problem.headcount / of_pool)[:, None]
        return share

    def _if_known(self) -> tuple[Ints, Ints]:
        """Return the best number [pool, draw] in each of the first draws, and their middle."""

        def work(block: _Block) -> Ints:
            cost = self._of_pool(block.cost)
            people = np.repeat(self._people[:, None], block.draws.count, axis=1)

            def enough(number: Ints) -> np.ndarray:
                return np.asarray(self._price.yearly * self._short(block, number) <= cost)

            return _least(enough, people, people // 2)

        known = np.concatenate(self._each(work, min(FRONTIER_DRAWS, self._draws)), axis=1)
        return known, order_statistic(known, 0.5)

    def _best(self, guess: Ints) -> Ints:
        """Return the number [pool] that is best over all sizing draws."""
        by_block = self._each(lambda block: self._of_pool(block.cost).sum(axis=1), self._draws)
        cost: Floats = np.sum(by_block, axis=0)

        def enough(number: Ints) -> np.ndarray:
            def work(block: _Block) -> Floats:
                each = np.repeat(number[:, None], block.draws.count, axis=1)
                return np.asarray(self._short(block, each).sum(axis=1))

            short = np.sum(self._each(work, self._draws), axis=0)
            return np.asarray(self._price.yearly * short <= cost)

        return _least(enough, self._people, guess)

    def _costs(self, block: _Block, by_body: Ints) -> tuple[Floats, Floats, Floats]:
        """Return cost of space and of shortage [body, draw], and P(X > D) [place, draw]."""
        provided = np.repeat(by_body[:, None], block.draws.count, axis=1)
        found = risk_at(self._problem, self._plan, block.people, provided, block.days)
        short = np.concatenate([found["shortage_per_day"], found["group_shortage_per_day"]])
        # a pool has one cost of a workstation, whichever body's share of it is meant
        cost = spread(self._plan, self._of_pool(block.cost))
        without = found["unmet_people"] + self._lacking(block, provided)
        return cost * provided, self._price.yearly * without, short

    def _money(self, values: Floats) -> dict[str, Any]:
        """Return mean, its interval and quantiles over draws."""
        mean, error = float(values.mean()), float(mean_error(values, self._problem.run.design))
        half = standard_errors(self._problem.run.design) * error
        known = math.isfinite(half)
        return {
            "mean": mean,
            "interval": [mean - half, mean + half] if known else None,
            "mcse": error if known else None,
            **_quantiles(values),
        }


def _quantiles(values: np.ndarray) -> dict[str, float]:
    ordered = np.sort(values)
    rank = {name: max(1, math.ceil(q * values.size - 1e-9)) for name, q in _QUANTILES.items()}
    return {name: float(ordered[at - 1]) for name, at in rank.items()}


def _least(enough: Callable[[Ints], np.ndarray], most: Ints, guess: Ints) -> Ints:
    """Return the least numbers that are enough; the most is.

    From the guess in growing steps until the answer is between two numbers, then by halves.
    """
    low, high = np.full_like(most, -1), most.copy()
    at, step = guess, np.full_like(most, _FIRST_STEP)
    while (high - low > 1).any():
        at = np.clip(at, low + 1, np.maximum(high - 1, low + 1))
        good = enough(at)
        high, low = np.where(good, at, high), np.where(good, low, at)
        ahead = np.where(good, high - step, low + step)
        at = np.where((low >= 0) & (high < most), (low + high) // 2, ahead)
        step = step * _FASTER
    return high
