"""An order to come back: who has no workstation until there is space again, and what it costs.

Three options side by side for each policy: to act now, as the policy says; to act in two stages,
the second only if the data of the first speak for it; never. Everything is counted in the first
draws of a run, all bodies together; a week is a 52nd of a year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.appraisal import Worth, bears
from sim.engine import simulate
from sim.kernels.area import ratio
from sim.people import Staff, draw_staff
from sim.problem import BASELINE
from sim.results.label import attributes
from sim.risk import drawn_risk, exact_days, exact_presence, exact_risk
from sim.sampling import draw
from sim.variables import REVERSAL, WAYS_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from sim.appraisalplan import AppraisalPlan, LinePlan
    from sim.consequenceplan import ReversalPlan
    from sim.problem import Floats, PolicyPlan, Problem
    from sim.sampling import Draws

DRAWS = 1024
OPTIONS = ("now", "staged", "never")
WEEKS = (0, 4, 8, 13, 26, 39, 52, 78, 104, 156)
"""Weeks after the order that are told apart."""
_YEAR = 52


@dataclass(frozen=True, eq=False)
class Order:
    """The order of each draw, as if it came in all of them, and the way back.

    Attributes
    ----------
    year : int64[draw]
        Year after t0 at whose end it comes.
    comes : bool[draw]
        Whether it does, within the horizon.
    notice : float64[draw]
        Weeks until it holds.
    days : float64[1, draw]
        Days a week that everybody has to attend.
    weeks : float64[exit, draw]
        Weeks until the space given up in each way is back, ascending.
    back : float64[exit, draw]
        Share of all the space given up that is then back.
    cost, extra : float64[exit, draw]
        One-off and yearly cost of a m² that is back [currency].
    """

    year: np.ndarray
    comes: np.ndarray
    notice: Floats
    days: Floats
    weeks: Floats
    back: Floats
    cost: Floats
    extra: Floats


def order(plan: ReversalPlan, draws: Draws, years: int) -> Order:
    """Return the order of each draw.

    Parameters
    ----------
    plan : ReversalPlan
    draws : Draws
    years : int
        Horizon of the appraisal; an order after it does not come.

    Returns
    -------
    Order
    """

    def one(index: int) -> Floats:
        values: Floats = draws.values[index][0]
        return values

    year = np.ceil(one(plan.year)).astype(np.int64)
    shares, returns, weeks, cost, extra = ways_out(plan, draws)
    first = np.argsort(weeks, axis=0, kind="stable")
    weeks, back, cost, extra = (
        np.take_along_axis(values, first, axis=0)
        for values in (weeks, shares * returns, cost, extra)
    )
    return Order(
        year=np.minimum(year, years),
        comes=(one(plan.comes) < one(plan.probability)) & (year <= years),
        notice=one(plan.notice),
        days=5 * draws.values[plan.share],
        weeks=weeks,
        back=back,
        cost=cost,
        extra=extra,
    )


def ways_out(plan: ReversalPlan, draws: Draws) -> tuple[Floats, ...]:
    """Return of each way out its share of the release, and its way back: float64[exit, draw].

    The share, what of it can be had again, the weeks that takes, its one-off and its yearly cost.
    """
    shares, *others = (
        np.stack([draws.values[getattr(way, name)][0] for way in plan.exits])
        for name in ("share", "returns", "weeks", "cost", "extra")
    )
    return shares / shares.sum(axis=0), *others


def ordered_back(people: Staff, days: Floats) -> Staff:
    """Return the people of a policy, everybody due so many days a week or more, float64[1, draw].

    Who worked fully remotely comes as those in the combined mode, and complies as they do.
    """

    def moved(cohorts: np.ndarray) -> np.ndarray:
        out = cohorts.copy()
        out[1:-1:2] += out[:-1:2]
        out[:-1:2] = 0
        return out

    attendance = people.attendance
    due = np.maximum(attendance.days, days)
    return replace(
        people,
        cohorts=moved(people.cohorts),
        sharing=moved(people.sharing),
        holders=moved(people.holders),
        attendance=attendance._replace(days=due),
    )


def unmet_people(
    problem: Problem, plan: PolicyPlan, people: Staff, provided: np.ndarray, draws: Draws
) -> Floats:
    """Return people without a workstation, mean over working days, float64[body, draw]."""
    found = drawn_risk(problem, plan, people, provided, draws)
    if problem.run.estimator == "conditional":
        found |= exact_presence(people)
        if exact_days(problem, plan):
            found |= exact_risk(problem, plan, people, provided, found)
    unmet: Floats = found["unmet_people"]
    return unmet


def reversal(problem: Problem) -> xr.Dataset:
    """Compute what an order to come back does to every policy.

    Parameters
    ----------
    problem : Problem
        With an appraisal and an order.

    Returns
    -------
    xarray.Dataset
        The variables of ``sim.variables.REVERSAL``, without the baseline among the policies, and
        those of ``WAYS_OUT``.

    Notes
    -----
    The order comes at the end of year T, when a share v_T of the release is vacated. Nothing more
    is vacated; after w_e weeks the part b_e of it is back that left in the way e. Savings on space
    of a later year are those of v_T, times 1 - Σ_e b_e · (part of the year after w_e); what was
    bought for people stays bought and is renewed; each m² that is back costs what its way back
    costs, and each week of somebody without a workstation its stopgap, at the year's prices and
    discount factor. Regret is what the best option of the draw is worth more (Savage 1951).
    """
    import xarray as xr  # few scenarios ask for this

    plan, appraisal = problem.reversal, problem.appraisal
    assert plan is not None, "asked for only with an order"
    assert appraisal is not None, "the checks ask for it"
    draws = draw(problem, 0, min(DRAWS, problem.run.draws))
    results = simulate(problem, draws)
    found = [
        {str(name): values.isel(policy=p).to_numpy() for name, values in results.items()}
        for p in range(len(problem.policies))
    ]
    case = _Case(problem, plan, appraisal, draws, found[0])
    names = [name for name in problem.policy_names if name != BASELINE]
    arrays = [
        case.of(policy, arrays)
        for policy, arrays in zip(problem.policies, found, strict=True)
        if policy.name != BASELINE
    ]
    variables = {
        one.name: (
            one.dims,
            np.stack([policy[one.name] for policy in arrays]),
            attributes(problem, one),
        )
        for one in REVERSAL
    }
    variables |= {
        one.name: (one.dims, values, attributes(problem, one))
        for one, values in zip(WAYS_OUT, ways_out(plan, draws), strict=True)
    }
    return xr.Dataset(
        variables,
        coords={
            "policy": names,
            "option": list(OPTIONS),
            "exit": [way.name for way in plan.exits],
            "week": ("week", list(WEEKS), {"units": "weeks", "long_name": "weeks after the order"}),
            "draw": np.arange(draws.count),
        },
        attrs={"scenario": problem.name, "title": problem.title},
    )


class _Case:
    """What all policies share: the order, and the worth of lines at once and after the gate."""

    def __init__(
        self,
        problem: Problem,
        plan: ReversalPlan,
        appraisal: AppraisalPlan,
        draws: Draws,
        today: Mapping[str, Floats],
    ) -> None:
        self.problem, self.plan, self.draws, self.today = problem, plan, draws, today
        self.years = appraisal.years
        self.order = order(plan, draws, appraisal.years)
        later = tuple(delayed(line, plan.gate_years) for line in appraisal.lines)
        self.lines = appraisal.lines
        self.stages = [
            (Worth(problem, appraisal, draws, today), appraisal.vacated),
            (
                Worth(problem, replace(appraisal, lines=later), draws, today),
                shifted(appraisal.vacated, plan.gate_years),
            ),
        ]
        self.discount = self.stages[0][0].times.discount

    def of(self, policy: PolicyPlan, found: Mapping[str, Floats]) -> dict[str, Floats]:
        """Return the variables of one policy, by option first."""
        people = ordered_back(draw_staff(self.problem, policy, self.draws), self.order.days)
        goes_on = found["shortage_per_day"] <= self.plan.gate_days
        shape = found["required_area"].shape
        first = self.plan.first_stage
        scales = {
            "now": ([np.ones(shape), np.zeros(shape)], [np.ones(shape), np.zeros(shape)]),
            "staged": (
                [np.full(shape, first), (1 - first) * goes_on],
                [
                    np.full(shape, first),
                    (1 - first) * (goes_on & (self.order.year > self.plan.gate_years)),
                ],
            ),
            "never": ([np.zeros(shape)] * 2, [np.zeros(shape)] * 2),
        }
        options = [
            self._option(policy, found, people, free, ordered)
            for free, ordered in (scales[name] for name in OPTIONS)
        ]
        values = {name: np.stack([one[name] for one in options]) for name in options[0]}
        npv = np.where(self.order.comes, values["option_npv_ordered"], values["option_npv_free"])
        return values | {"option_npv": npv, "regret": npv.max(axis=0) - npv}

    def _option(
        self,
        policy: PolicyPlan,
        found: Mapping[str, Floats],
        people: Staff,
        free: Sequence[Floats],
        ordered: Sequence[Floats],
    ) -> dict[str, Floats]:
        """Return one option; ``free`` and ``ordered`` are the part of each stage [body, draw]."""
        if not any(part.any() for part in free):
            return self._nothing()
        vacated = sum(
            part * schedule[self.order.year]
            for part, (_, schedule) in zip(ordered, self.stages, strict=True)
        )
        steps = self._unmet_by_step(policy, found, people, vacated)
        cost, unmet_weeks = self._return_cost(found, vacated, steps)
        saved = self._flows(policy, found, free, None)
        kept = self._flows(policy, found, ordered, self.order)
        at = (self.order.weeks[:, None] <= np.array(WEEKS)[:, None]).sum(axis=0)
        return {
            "option_npv_free": (saved * self.discount).sum(axis=0),
            "option_npv_ordered": ((kept - cost) * self.discount).sum(axis=0),
            "return_cost": (cost * self.discount).sum(axis=0),
            "return_weeks": self._last_week(),
            "unmet_weeks": unmet_weeks.sum(axis=0),
            "unmet_in_week": self._in_weeks(found, steps, at),
        }

    def _nothing(self) -> dict[str, Floats]:
        none = np.zeros(self.draws.count)
        unmet = np.tile(self.today["unmet_people"].sum(axis=0), (len(WEEKS), 1))
        names = ("option_npv_free", "option_npv_ordered", "return_cost", "return_weeks")
        return dict.fromkeys((*names, "unmet_weeks"), none) | {"unmet_in_week": unmet}

    def _unmet_by_step(
        self, policy: PolicyPlan, found: Mapping[str, Floats], people: Staff, vacated: Floats
    ) -> Floats:
        """Return people without a workstation once 0, 1, … ways out are reversed, [step, draw]."""
        before = self.problem.workstations[:, None]
        lost = vacated * (before - found["workstations"])
        gone = np.concatenate([np.zeros((1, self.draws.count)), self.order.back.cumsum(axis=0)])
        unmet = []
        for share in 1 - gone:
            there = np.floor(before - np.maximum(share, 0.0) * lost + 1e-9).astype(np.int64)
            of_bodies = unmet_people(self.problem, policy, people, there, self.draws)
            unmet.append(of_bodies.sum(axis=0))
        return np.stack(unmet)

    def _in_weeks(self, found: Mapping[str, Floats], steps: Floats, at: np.ndarray) -> Floats:
        """Return people without a workstation in each of ``WEEKS``; before the notice as usual."""
        usual = found["unmet_people"].sum(axis=0)
        ordered = np.take_along_axis(steps, at, axis=0)
        return np.where(np.array(WEEKS)[:, None] >= self.order.notice, ordered, usual)

    def _last_week(self) -> Floats:
        """Return the weeks until the last space that can come back is back, NaN if none can."""
        comes_back = self.order.back > 0
        last: Floats = np.where(comes_back, self.order.weeks, 0.0).max(axis=0)
        return np.where(comes_back.any(axis=0), last, np.nan)

    def _return_cost(
        self, found: Mapping[str, Floats], vacated: Floats, steps: Floats
    ) -> tuple[Floats, Floats]:
        """Return what coming back costs by year, and the weeks of people without a workstation."""
        said = self.order
        area = (vacated * np.maximum(found["released_area"], 0.0)).sum(axis=0)
        year = np.arange(self.years + 1)[:, None]
        begins = _YEAR * (year - 1 - said.year)
        price = self.draws.values[self.plan.stopgap][0]
        bounds = np.concatenate(
            [np.zeros((1, said.year.size)), said.weeks, [np.full(said.year.size, np.inf)]]
        )
        bounds = np.maximum(bounds, said.notice)
        unmet = np.zeros((self.years + 1, said.year.size))
        for step, people in enumerate(steps):
            begin, end = (
                np.maximum(bounds[step], begins),
                np.minimum(bounds[step + 1], begins + _YEAR),
            )
            unmet += people * np.where(year > said.year, np.maximum(end - begin, 0.0), 0.0)
        cost = unmet * price
        for e, weeks in enumerate(said.weeks):
            paid = area * said.back[e]
            returns = said.year + np.maximum(np.ceil(weeks / _YEAR), 1.0)
            cost += np.where(year == returns, paid * said.cost[e], 0.0)
            cost += paid * said.extra[e] * part_of_year(begins, weeks)
        return cost, unmet

    def _flows(
        self,
        policy: PolicyPlan,
        found: Mapping[str, Floats],
        parts: Sequence[Floats],
        said: Order | None,
    ) -> Floats:
        """Return what is saved by year for all bodies together, float64[year, draw]."""
        total = np.zeros(self.discount.shape)
        for number, (part, (worth, schedule)) in enumerate(zip(parts, self.stages, strict=True)):
            money = worth.saved(policy, found) * worth.shares["budget_holder"]
            kept = self._kept(schedule, said)
            for which, share in zip(_KINDS, kept, strict=True):
                own = [which(line) and bears(policy, line) for line in self.lines]
                flows = worth.yearly(money * np.array(own)[:, None, None])
                total += (flows * part[:, None] * share).sum(axis=0)
            if number == 0:
                fixed = np.array([_fixed(line) for line in self.lines])
                total += worth.yearly(money * fixed[:, None, None]).sum(axis=0)
        return total

    def _kept(self, schedule: Floats, said: Order | None) -> tuple[Floats, Floats, Floats]:
        """Return what an order leaves of savings on space, of moves out of it, and of people's."""
        one = np.ones(self.discount.shape)
        if said is None:
            return one, one, one
        year = np.arange(self.years + 1)[:, None]
        after = year > said.year
        begins = _YEAR * (year - 1 - said.year)
        back = sum(said.back[e] * part_of_year(begins, weeks) for e, weeks in enumerate(said.weeks))
        now = np.nan_to_num(ratio(schedule[said.year] * one, schedule[:, None] * one))
        return np.where(after, now * (1 - back), 1.0), np.where(after, 0.0, 1.0), one


def part_of_year(begins: Floats, weeks: Floats) -> Floats:
    """Return the part of a year after so many weeks; it begins so many weeks after the order."""
    part: Floats = np.where(begins >= 0, np.clip((begins + _YEAR - weeks) / _YEAR, 0.0, 1.0), 0.0)
    return part


def shifted(schedule: Floats, years: int) -> Floats:
    """Return a schedule that begins so many years later, cut at the horizon, float64[year]."""
    out = np.zeros_like(schedule)
    out[years:] = schedule[: len(schedule) - years]
    return out


def delayed(line: LinePlan, years: int) -> LinePlan:
    """Return a line that flows so many years later; at the horizon nothing is renewed."""
    change = shifted(line.change, years)
    bought = np.flatnonzero(change)
    if line.one_off and not line.as_vacated and bought.size and bought[0] < len(change) - 1:
        change[-1] = 0.0
    return replace(line, change=change, left=line.left if bought.size else 0.0)


def _fixed(line: LinePlan) -> bool:
    """Tell whether a line is paid or spared whatever is vacated: a project, a refit."""
    return line.per == "once" or line.borne_by == "baseline"


def _with_space(line: LinePlan) -> bool:
    return not _fixed(line) and line.per != "person" and not line.as_vacated


def _with_moves(line: LinePlan) -> bool:
    return not _fixed(line) and line.as_vacated


def _with_people(line: LinePlan) -> bool:
    return not _fixed(line) and line.per == "person" and not line.as_vacated


_KINDS = (_with_space, _with_moves, _with_people)
