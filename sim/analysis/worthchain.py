"""The last part of a traced draw: each line's money by year, which adds up to its worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.chain import Line, distribution_words, traced
from sim.appraisal import Worth, bears
from sim.problem import BASELINE
from sim.variables import APPRAISAL, BODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr

    from sim.appraisalplan import AppraisalPlan, LinePlan
    from sim.problem import Floats, PolicyPlan, Problem
    from sim.sampling import Draws

STEP = "10 worth"
_UNITS = {"m2": "m2", "workstation": "workstations", "person": "people", "once": "1"}
_LEDGERS = ("transfers", "vat", "opportunity_cost", "whole_government")


class WorthChain:
    """What a policy is worth in one draw, line by line and year by year.

    Parameters
    ----------
    problem : Problem
    plan : AppraisalPlan
    policy : PolicyPlan
    draws : Draws
        One draw.
    results : xarray.Dataset
        From ``sim.engine.simulate``, with all policies.
    """

    def __init__(
        self,
        problem: Problem,
        plan: AppraisalPlan,
        policy: PolicyPlan,
        draws: Draws,
        results: xr.Dataset,
    ) -> None:
        self.problem, self.plan, self.draws = problem, plan, draws
        self.results = results.sel(policy=policy.name).isel(draw=0)
        today, self.found = (_arrays(results.sel(policy=p)) for p in (BASELINE, policy.name))
        self.worth = Worth(problem, plan, draws, today)
        self.saved = self.worth.saved(policy, self.found)
        self.policy = policy
        self.baseline = policy.name == BASELINE

    def lines(self, body: int) -> Iterator[Line]:
        """Yield the worth of one body in the order in which it is computed."""
        if not self.baseline:
            yield from self._clock(body)
            for j, line in enumerate(self.plan.lines):
                if bears(self.policy, line):
                    yield from self._of_line(body, j, line)
        for variable in APPRAISAL:
            if variable.dims == BODY:
                value = self.results[variable.name].isel(body=body).to_numpy()
                yield self._line(body, variable.name, value, variable.unit, _HOW[variable.name])

    def _line(self, body: int, name: str, value: object, unit: str, how: str) -> Line:
        unit = unit.replace("currency", self.problem.currency)
        return Line(self.problem.bodies[body], STEP, name, traced(value), unit, how)

    def _input(self, body: int, index: int, unit: str) -> Line:
        unknown = self.problem.unknowns[index]
        value = self._own(self.draws.values[index], body)
        return self._line(body, unknown.stream, value, unit, distribution_words(unknown))

    @staticmethod
    def _own(values: Floats, body: int) -> float:
        return float(values[body if len(values) > 1 else 0, 0])

    def _clock(self, body: int) -> Iterator[Line]:
        plan = self.plan
        for index in dict.fromkeys((*plan.rates, plan.inflation, plan.growth)):
            yield self._input(body, index, "1/year")
        yield self._input(body, plan.vat, "1")
        how = f"1 / (1 + {'real ' * plan.nominal}rate) a year, {'mid' if plan.mid else 'end'}-year"
        for t, value in enumerate(self.worth.times.discount[:, 0]):
            said = how if t else "the moment of the decision"
            yield self._line(body, f"discount_factor.{plan.base_year + t}", value, "1", said)

    def _of_line(self, body: int, j: int, line: LinePlan) -> Iterator[Line]:
        """Yield a line's inputs, its money by year in present value, and its sums by ledger."""
        times, shares = self.worth.times, self.worth.shares
        for index in line.amounts:
            yield self._input(body, index, f"per {line.per}")
        yield self._input(body, line.escalation, "1/year")
        for share in (line.avoidable, line.vat_share, line.residual):
            if share is not None:
                yield self._input(body, share, "1")
        quantity = float(self.worth.saved_quantity(line, self.found)[body, 0])
        price = self._own(times.price[j], body)
        yield self._line(body, f"saved.{line.name}", quantity, _UNITS[line.per], _saved_words(line))
        yield self._line(body, f"price.{line.name}", price, "currency", "one unit at t0")
        money = float(self.saved[j, body, 0]) * self._own(shares["budget_holder"][j], body)
        total = 0.0
        for t in np.flatnonzero(times.active[j]):
            factor, discount = float(times.factor[j, t, 0]), float(times.discount[t, 0])
            total += money * factor * discount
            how = f"{money:,.2f} x {factor:.6g} of the year x {discount:.6g} discount"
            name = f"worth.{line.name}.{self.plan.base_year + int(t)}"
            yield self._line(body, name, money * factor * discount, "currency", how)
        yield self._line(body, f"npv.{line.name}", total, "currency", "sum over the years")
        present = float(self.saved[j, body, 0] * times.change[j, 0])
        for ledger in _LEDGERS:
            part = present * self._own(shares[ledger][j], body)
            if part == 0 and ledger != "whole_government":
                continue
            yield self._line(body, f"{ledger}.{line.name}", part, "currency", _LEDGER_HOW[ledger])


def _arrays(results: xr.Dataset) -> dict[str, Floats]:
    return {str(name): values.to_numpy() for name, values in results.items()}


def _saved_words(line: LinePlan) -> str:
    what = {"m2": "m2", "workstation": "workstations", "person": "people", "once": "share of staff"}
    which = f"{what[line.per]} {line.of}" if line.per != "once" else what[line.per]
    if line.borne_by == "policies":
        return f"minus the {which} of the policy: doing nothing has none"
    if line.borne_by == "baseline":
        return f"{which} of doing nothing: the policy has none"
    part = " x the avoidable share where it is less" if line.avoidable is not None else ""
    return f"{which} of doing nothing less those of the policy{part}"


_LEDGER_HOW = {
    "transfers": "money that stays within government, in npv but not for the whole of it",
    "vat": "tax that the government gets back, in npv but not for the whole of it",
    "opportunity_cost": "what the budget holder does not pay, only for the whole government",
    "whole_government": "npv - transfers - VAT + opportunity cost",
}
_HOW = {variable.name: variable.long_name for variable in APPRAISAL} | {
    "npv": "sum of the npv of the lines",
    "npv_whole_government": "sum of the whole_government of the lines",
    "life_cycle_cost": "the present cost of doing nothing, less npv",
    "sir": "operating_saving / additional_investment",
    "benefit_cost_ratio": "present_benefits / present_costs",
}
