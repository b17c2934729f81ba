"""What a release is worth: lines of money through the years, in two ledgers, and their measures.

Differences are always baseline less policy, so that a saving is positive. All money is computed in
prices of the base year and discounted at real rates; a nominal flow at a nominal rate is worth the
same, (1 + D) = (1 + d)(1 + I), as in NIST Handbook 135. Model part 8.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.appraisalplan import AppraisalPlan, LinePlan
from sim.kernels import cashflow
from sim.kernels.area import ratio
from sim.problem import BASELINE, Arrays, Floats, PolicyPlan, Problem
from sim.sampling import Draws
from sim.variables import APPRAISAL, GROUP

_JOINT = ("npv_positive", "airr", "irr", "payback_simple", "payback_discounted")


@dataclass(frozen=True, eq=False)
class Timeline:
    """What a line's quantity is worth when it flows; the same for all policies and bodies.

    Attributes
    ----------
    discount : float64[year, draw]
        Present value of one unit of money of constant prices, year 0 first.
    inflation : float64[1, draw]
        Yearly growth of all prices.
    level : float64[year, draw]
        Price level, 1 at t0: nominal money over money of constant prices.
    factor : float64[line, year, draw]
        Flow of each year on a quantity saved, in units of the amount at t0.
    active : bool[line, year]
        Where any of it flows.
    stock, change : float64[line, draw]
        Present value of these flows on today's quantity and on the quantity saved.
    future : float64[line, draw]
        Value at the horizon of the flows on the quantity saved, put to use as they come.
    mean : float64[line, draw]
        Their mean over years 1 to the horizon, undiscounted.
    price : float64[line, body or 1, draw]
        Amount for one unit in the scenario's currency and prices of t0.
    """

    discount: Floats
    inflation: Floats
    level: Floats
    factor: Floats
    active: np.ndarray
    stock: Floats
    change: Floats
    future: Floats
    mean: Floats
    price: Floats


def timeline(plan: AppraisalPlan, draws: Draws) -> Timeline:
    """Return what flows when in a block of draws, for the quantity 1 of every line."""
    discount, future = _clock(plan, draws)
    growth = np.concatenate([_growth(line, plan, draws) for line in plan.lines])
    left = np.concatenate([_left(line, draws) for line in plan.lines])
    inflation = draws.values[plan.inflation]
    change_at = np.stack([line.change for line in plan.lines])
    change = _factors(growth, change_at, left, plan)
    stock = _factors(growth, np.stack([line.stock for line in plan.lines]), left, plan)
    active = change_at != 0
    active[:, -1] |= left.any(axis=1)
    running = np.full(discount.shape, 1 / plan.years)
    return Timeline(
        discount=discount,
        inflation=inflation,
        level=(1 + inflation) ** moment(plan)[:, None],
        factor=change,
        active=active,
        stock=_weighted(stock, discount),
        change=_weighted(change, discount),
        future=_weighted(change, future),
        mean=_weighted(change, running),
        price=_stacked([_price(line, plan, draws) for line in plan.lines]),
    )


def _clock(plan: AppraisalPlan, draws: Draws) -> tuple[Floats, Floats]:
    """Return what money of each year is worth at t0, and at the horizon once put to use.

    Both in constant prices and float64[year, draw]: a nominal rate loses its inflation first.
    """
    values = draws.values
    prices = 1 + values[plan.inflation] if plan.nominal else np.ones((1, draws.count))
    rates = np.concatenate([values[index] for index in plan.rates])
    discount, last = np.empty((plan.years + 1, draws.count)), np.empty(draws.count)
    cashflow.discount_factors((1 + rates) / prices - 1, plan.mid, discount, last)
    if plan.reinvestment is None:
        return discount, discount / last
    growth = (1 + values[plan.reinvestment]) / prices
    return discount, growth ** (plan.years - moment(plan)[:, None])


def _stacked(rows: Sequence[Floats]) -> Floats:
    """Return one array for each line, float64[line, body or 1, draw]: some may differ by body."""
    return np.stack(np.broadcast_arrays(*rows))


def moment(plan: AppraisalPlan) -> Floats:
    """Return when the flows of each year fall, in years from t0, float64[year]."""
    years = np.arange(plan.years + 1.0)
    years[1:] -= 0.5 * plan.mid
    return years


def _growth(line: LinePlan, plan: AppraisalPlan, draws: Draws) -> Floats:
    """Return the yearly growth of price, and of quantity where people are paid for, [1, draw]."""
    price = 1 + draws.values[line.escalation]
    return price * (1 + draws.values[plan.growth]) if line.per == "person" else price


def _left(line: LinePlan, draws: Draws) -> Floats:
    none = np.zeros((1, draws.count))
    return none if line.residual is None else line.left * draws.values[line.residual]


def _factors(growth: Floats, schedule: Floats, left: Floats, plan: AppraisalPlan) -> Floats:
    out = np.empty((*schedule.shape, growth.shape[1]))
    cashflow.price_factors(growth, schedule, left, plan.mid, out)
    return out


def _weighted(factor: Floats, weight: Floats) -> Floats:
    out = np.empty((len(factor), factor.shape[2]))
    cashflow.weighted(factor, weight, out)
    return out


def _price(line: LinePlan, plan: AppraisalPlan, draws: Draws) -> Floats:
    """Return the amount for one unit at t0, brought there from the year of its prices."""
    grown = (1 + draws.values[line.escalation]) * (1 + draws.values[plan.inflation])
    price = grown**line.gap
    for index in line.amounts:
        price = price * draws.values[index]
    return price


_QUANTITIES: dict[str, Callable[[Problem, Mapping[str, Floats]], np.ndarray]] = {
    "m2 kept": lambda _, found: found["required_area"],
    "m2 vacated": lambda _, found: np.maximum(found["released_area"], 0.0),
    "workstation kept": lambda _, found: found["workstations"],
    "workstation vacated": lambda problem, found: np.maximum(
        problem.workstations[:, None] - found["workstations"], 0
    ),
    "person all": lambda problem, _: problem.headcount[:, None],
    "person onsite": lambda problem, found: problem.headcount[:, None] - _away(found),
    "person remote": lambda _, found: found["remote_staff"],
    "person combined": lambda _, found: found["combined_staff"],
    "person away": lambda _, found: _away(found),
    "person present": lambda _, found: found["onsite_mean"],
    "once kept": lambda problem, _: (problem.headcount / problem.headcount.sum())[:, None],
}


def _away(found: Mapping[str, Floats]) -> Floats:
    return found["remote_staff"] + found["combined_staff"]


def quantity(problem: Problem, line: LinePlan, found: Mapping[str, Floats]) -> Floats:
    """Return what a line is paid for under a policy, float64[body, draw].

    People in today's vacant posts are as those in filled ones: so many more in each mode.
    """
    units = _QUANTITIES[f"{line.per} {line.of}"](problem, found)
    if line.vacant:
        units = units * (problem.vacant_posts / problem.headcount)[:, None]
    return np.broadcast_to(units, found["required_area"].shape).astype(np.float64, copy=False)


def ledgers(plan: AppraisalPlan, draws: Draws) -> dict[str, Floats]:
    """Return what each ledger takes of every line's cost without VAT.

    Returns
    -------
    dict of str to float64[line, body or 1, draw]
        ``budget_holder``: what it pays, VAT and transfers in. ``whole_government``: VAT and
        transfers out, with what nobody pays for (owned space at its opportunity cost) and what
        others in government pay. Between them ``transfers``, ``vat`` and ``opportunity_cost``:
        whole government = budget holder - transfers - VAT + opportunity cost, line by line.
    """
    found: dict[str, list[Floats]] = {}
    for line in plan.lines:
        for name, share in _entries(line, plan, draws).items():
            found.setdefault(name, []).append(np.broadcast_to(share, (len(share), draws.count)))
    return {name: _stacked(shares) for name, shares in found.items()}


def _entries(line: LinePlan, plan: AppraisalPlan, draws: Draws) -> dict[str, Floats]:
    sign = np.array([[-1.0 if line.income else 1.0]])
    none = np.zeros((1, 1))
    pays = line.accrues_to == "budget_holder" and line.kind != "non_cash"
    paid = sign if pays else none
    due = none if line.vat_share is None else draws.values[line.vat_share]
    vat = paid * due * draws.values[plan.vat]
    moved = line.kind == "transfer"
    return {
        "budget_holder": paid + vat,
        "transfers": paid if moved else none,
        "vat": vat,
        "opportunity_cost": none if moved or pays else sign,
        "whole_government": none if moved else sign,
    }


def adjusted_rate(future: Floats, investment: Floats, years: int) -> Floats:
    """Return the adjusted internal rate of return, NaN without an investment or a saving.

    Parameters
    ----------
    future : float64[place, draw]
        Savings in operation, put to use at the reinvestment rate until the horizon [currency].
    investment : float64[place, draw]
        Present value of additional investment [currency].
    years : int

    Notes
    -----
    (future / investment)^(1/n) - 1; where savings are put to use at the discount rate r this is the
    (1 + r) · SIR^(1/n) - 1 of ASTM E1057 and NIST Handbook 135.
    """
    out: Floats = ratio(future, investment)
    out[~(out > 0)] = math.nan
    return out ** (1 / years) - 1


def appraise(
    problem: Problem, draws: Draws, found: list[Arrays], by_year: bool = False
) -> list[Arrays]:
    """Compute the worth of every policy of a block of draws.

    Parameters
    ----------
    problem : Problem
    draws : Draws
    found : list of Arrays
        What was found for each policy, the baseline first.
    by_year : bool
        Whether to return the money of each year too.

    Returns
    -------
    list of Arrays
        The variables of ``sim.variables.APPRAISAL`` for each policy, NaN where the scenario has no
        appraisal.
    """
    if problem.appraisal is None:
        return [_nothing(problem, draws) for _ in found]
    worth = Worth(problem, problem.appraisal, draws, found[0])
    values = [
        worth.of(policy, arrays, by_year)
        for policy, arrays in zip(problem.policies, found, strict=True)
    ]
    least = worth.of_the_minimum(values)
    for one in values:
        one["npv_over_minimum"] = one["npv"] - least
    return values


def _nothing(problem: Problem, draws: Draws) -> Arrays:
    bodies, groups = len(problem.bodies), len(problem.groups)
    sizes = {x.name: groups if x.dims == GROUP else bodies for x in APPRAISAL}
    return {name: np.full((size, draws.count), np.nan) for name, size in sizes.items()}


def bears(policy: PolicyPlan, line: LinePlan) -> bool:
    """Tell whether a line is for a policy; doing nothing is what policies are measured against."""
    return policy.name != BASELINE and (not line.policies or policy.name in line.policies)


class Worth:
    """The appraisal of a block of draws, measured against the baseline.

    Parameters
    ----------
    problem : Problem
    plan : AppraisalPlan
    draws : Draws
    today : Arrays
        What was found for the baseline.
    """

    def __init__(
        self, problem: Problem, plan: AppraisalPlan, draws: Draws, today: Mapping[str, Floats]
    ) -> None:
        self.problem, self.plan, self.draws, self.today = problem, plan, draws, today
        self.times = timeline(plan, draws)
        self.shares = ledgers(plan, draws)
        self._one_off = np.array([line.one_off for line in plan.lines])
        releasing = np.array([line.kind == "cash_releasing" for line in plan.lines])
        self._cash = releasing & ~self._one_off
        self._all = np.ones(len(plan.lines), bool)
        self._before = {line.name: quantity(problem, line, today) for line in plan.lines}
        self._nothing_done = self._cost_of_doing_nothing()

    def saved(self, policy: PolicyPlan, found: Mapping[str, Floats]) -> Floats:
        """Return what a year with factor 1 saves, without VAT, float64[line, body, draw]."""
        saved = np.zeros((len(self.plan.lines), *self.today["required_area"].shape))
        for j, line in enumerate(self.plan.lines):
            if bears(policy, line):
                np.multiply(self.times.price[j], self.saved_quantity(line, found), out=saved[j])
        return saved

    def saved_quantity(self, line: LinePlan, found: Mapping[str, Floats]) -> Floats:
        """Return the quantity of which a policy that bears the line spares, float64[body, draw].

        Of a quantity given up only the avoidable share; of one added all, as a negative number.
        """
        after = quantity(self.problem, line, found)
        if line.borne_by == "policies":
            return -after
        less = self._before[line.name]
        if line.borne_by == "all":
            less = less - after
        if line.avoidable is None:
            return less
        return np.where(less > 0, self.draws.values[line.avoidable] * less, less)

    def of(self, policy: PolicyPlan, found: Mapping[str, Floats], by_year: bool) -> Arrays:
        """Return the variables of one policy, float64[body or group, draw]."""
        saved = self.saved(policy, found)
        budget = saved * self.shares["budget_holder"]
        whole = saved * self.shares["whole_government"]
        values = self._present_values(budget)
        values["npv_whole_government"] = self._total(whole, self.times.change, self._all)
        values["cash_saving"] = self._total(budget, self.times.mean, self._cash)
        flows = self.yearly(budget)
        future = self._total(budget, self.times.future, ~self._one_off)
        values |= self._measures(flows, future, values["additional_investment"])
        values |= self._of_groups(flows, future, values)
        if by_year:
            values["net_saving"] = flows * self.times.level
            values["net_saving_whole_government"] = self.yearly(whole)
        return values

    def of_the_minimum(self, values: Sequence[Arrays]) -> Floats:
        """Return the net present value of doing the minimum, float64[body, draw].

        That of the policy named so; else that of giving up workstations beyond the posts, filled or
        to be filled, with their space, while nobody moves or works differently. The Green Book
        (2022, chapter 4) asks for a do-minimum beside business as usual.
        """
        problem, plan = self.problem, self.plan
        if plan.do_minimum is not None:
            return values[problem.policy_names.index(plan.do_minimum)]["npv"]
        posts = problem.headcount + np.ceil(plan.filled[-1] * problem.vacant_posts)
        surplus = np.maximum(problem.workstations - posts, 0.0)[:, None]
        if not surplus.any():
            return np.zeros(self.today["required_area"].shape)
        scales = (problem.area - problem.fixed_area)[:, None]
        released = np.minimum(surplus * self.draws.values[problem.space.workstation], scales)
        after = {**self.today, "released_area": released}
        after["required_area"] = self.today["required_area"] - released
        after["workstations"] = self.today["workstations"] - surplus
        npv = np.zeros(released.shape)
        for j, line in enumerate(plan.lines):
            if line.borne_by == "all" and not line.policies:
                paid = self.shares["budget_holder"][j] * self.times.change[j]
                npv += self.times.price[j] * self.saved_quantity(line, after) * paid
        return npv

    def _present_values(self, budget: Floats) -> Arrays:
        """Return what is a sum over lines or a ratio of such sums, float64[body, draw].

        Notes
        -----
        With S_l the present value of what line l saves: npv = Σ S_l, the net savings of ASTM E1074
        and NIST Handbook 135; life-cycle cost (ASTM E917) = that of doing nothing - npv; sir (ASTM
        E964) = Σ over yearly lines S_l / Σ over one-off lines -S_l, renewals and residual values
        with the investment, as in Handbook 135; benefit_cost_ratio = Σ max(S_l, 0) /
        Σ max(-S_l, 0), which does not ask what is an investment (the benefit-cost ratio of ASTM
        E964 and of the Green Book, 2022, chapter 5).
        """
        sums = [np.empty(budget.shape[1:]) for _ in range(5)]
        cashflow.present_values(budget, self.times.change, self._one_off, *sums)
        npv, operating, investment, benefits, costs = sums
        left = self._nothing_done - npv
        return {
            "npv": npv,
            "npv_positive": (npv > 0).astype(np.float64),
            "life_cycle_cost": left,
            "life_cycle_cost_per_person": left / self.problem.headcount[:, None],
            "operating_saving": operating,
            "additional_investment": investment,
            "present_benefits": benefits,
            "present_costs": costs,
            "sir": ratio(operating, investment),
            "benefit_cost_ratio": ratio(benefits, costs),
        }

    def _cost_of_doing_nothing(self) -> Floats:
        """Return the present value of the baseline's costs, float64[body, draw]."""
        total = np.zeros(self.today["required_area"].shape)
        for j, line in enumerate(self.plan.lines):
            if line.borne_by != "policies":
                units = self._before[line.name]
                paid = self.shares["budget_holder"][j] * self.times.stock[j]
                total = total + units * self.times.price[j] * paid
        return total

    def yearly(self, money: Floats) -> Floats:
        """Return the flows of lines[line, body, draw] added up, float64[body, year, draw]."""
        out = np.empty((money.shape[1], *self.times.discount.shape))
        cashflow.yearly(money, self.times.factor, self.times.active, out)
        return out

    @staticmethod
    def _total(money: Floats, factor: Floats, counted: np.ndarray) -> Floats:
        """Return the sum of money times a factor over some lines, float64[body, draw]."""
        out = np.empty(money.shape[1:])
        cashflow.total(money, factor, counted, out)
        return out

    def _measures(self, flows: Floats, future: Floats, investment: Floats) -> Arrays:
        """Return what depends on the order of the flows of each place, float64[place, draw].

        Notes
        -----
        irr and airr as in ASTM E1057, on constant prices and told with inflation; paybacks as in
        ASTM E1121, counted in whole years.
        """
        inner, simple, discounted = (np.empty(future.shape) for _ in range(3))
        for p, flow in enumerate(flows):
            cashflow.rates_of_return(flow, self.plan.mid, inner[p])
            cashflow.paybacks(flow, self.times.discount, simple[p], discounted[p])
        prices = 1 + self.times.inflation
        return {
            "irr": (1 + inner) * prices - 1,
            "airr": (1 + adjusted_rate(future, investment, self.plan.years)) * prices - 1,
            "payback_simple": simple,
            "payback_discounted": discounted,
        }

    def _of_groups(self, flows: Floats, future: Floats, values: Arrays) -> Arrays:
        """Return the measures of tiers and the total, from the flows of their bodies together."""
        found: dict[str, list[Floats]] = {f"group_{name}": [] for name in _JOINT}
        for bodies in self.problem.groups.values():
            own = {name: values[name][bodies[0]] for name in _JOINT}
            if len(bodies) > 1:
                spent, npv = (values[name] for name in ("additional_investment", "npv"))
                sums = [_added(one, bodies)[None] for one in (flows, future, spent)]
                own = {name: one[0] for name, one in self._measures(*sums).items()}
                own["npv_positive"] = (_added(npv, bodies) > 0).astype(np.float64)
            for name in _JOINT:
                found[f"group_{name}"].append(own[name])
        return {name: np.stack(arrays) for name, arrays in found.items()}


def _added(by_body: Floats, bodies: Sequence[int]) -> Floats:
    """Return the sum over some bodies, along the first axis."""
    return functools.reduce(np.add, (by_body[b] for b in bodies))
