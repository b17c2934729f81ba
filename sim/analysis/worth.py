"""What an appraisal rests on: its lines, their dates, its years, and what nobody has confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.appraisal import Worth
from sim.engine import compute
from sim.sampling import draw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sim.appraisalplan import AppraisalPlan, LinePlan
    from sim.problem import Floats, Problem

DRAWS = 64
"""Draws from which the means of lines and years are taken; a whole run keeps neither."""
DOMINANT = 0.10
"""A line dominates that has this share of all that lines save and add, in any policy."""
_QUANTITIES = ("body.", "area.", "policy.")
"""Figures that every quantity of an appraisal is computed from."""


@dataclass(frozen=True, eq=False)
class LineWorth:
    """What lines and years are worth for all bodies together, from the first draws.

    Attributes
    ----------
    weight : float64[line]
        Σ |present value| of a line over that of all lines, over bodies and draws; that of the
        policy in which it is greatest.
    present : float64[policy, line]
        Mean present value for the budget holder [currency].
    whole : float64[policy, line]
        The same for the whole government.
    yearly : float64[policy, year]
        Mean net saving of the budget holder in constant prices of t0 [currency].
    draws : int
    """

    weight: Floats
    present: Floats
    whole: Floats
    yearly: Floats
    draws: int


def line_worth(problem: Problem) -> LineWorth:
    """Return what each line and year is worth in every policy.

    Parameters
    ----------
    problem : Problem
        With an appraisal.

    Returns
    -------
    LineWorth
    """
    plan = problem.appraisal
    assert plan is not None, "asked for only with an appraisal"
    draws = draw(problem, 0, min(DRAWS, problem.run.draws))
    found = compute(problem, draws)
    worth = Worth(problem, plan, draws, found[0])
    weight = np.zeros(len(plan.lines))
    present, whole, yearly = [], [], []
    for policy, arrays in zip(problem.policies, found, strict=True):
        saved = worth.saved(policy, arrays)
        budget = saved * worth.shares["budget_holder"]
        at_t0 = budget * worth.times.change[:, None]
        moved = np.abs(at_t0).sum(axis=(1, 2))
        weight = np.maximum(weight, moved / max(moved.sum(), 1e-300))
        present.append(at_t0.sum(axis=1).mean(axis=1))
        government = saved * worth.shares["whole_government"] * worth.times.change[:, None]
        whole.append(government.sum(axis=1).mean(axis=1))
        yearly.append(worth.yearly(budget).sum(axis=0).mean(axis=1))
    return LineWorth(weight, np.stack(present), np.stack(whole), np.stack(yearly), draws.count)


def line_weights(problem: Problem) -> dict[str, float]:
    """Return the weight of each line in the net present value; empty without an appraisal."""
    if problem.appraisal is None:
        return {}
    return weights(problem.appraisal, line_worth(problem))


def weights(plan: AppraisalPlan, found: LineWorth) -> dict[str, float]:
    """Return the weight of each line by its name."""
    return {line.name: float(w) for line, w in zip(plan.lines, found.weight, strict=True)}


def dominant_unconfirmed(
    problem: Problem, weight: Mapping[str, float], unconfirmed: Sequence[str]
) -> list[str]:
    """Return the figures that nobody has confirmed and on which the net present value rests.

    Parameters
    ----------
    problem : Problem
    weight : mapping of str to float
        From ``line_weights``.
    unconfirmed : sequence of str
        From ``sim.scenario.inputs.unconfirmed``.

    Returns
    -------
    list of str
        Those of dominant lines, those of the appraisal as a whole and those of quantities.
    """
    plan = problem.appraisal
    if plan is None:
        return []
    lines = [line for line in plan.lines if weight[line.name] >= DOMINANT]
    named = {*_of_all_lines(plan, lines), *(p for x in lines for p in _of_line(problem, x))}
    own = {f"appraisal.line.{line.name.removesuffix('.vacant')}." for line in lines}
    return [
        path
        for path in unconfirmed
        if path in named or path.startswith((*_QUANTITIES, *sorted(own)))
    ]


def _of_all_lines(plan: AppraisalPlan, lines: Sequence[LinePlan]) -> Iterator[str]:
    yield from ("appraisal.discount_rate", "appraisal.vacated")
    if plan.nominal or any(line.gap for line in lines):
        yield "appraisal.inflation"
    if any(line.per == "person" for line in lines):
        yield "appraisal.staff_growth"
    if any(line.vacant for line in lines):
        yield "appraisal.vacant_filled"
    if any(line.vat_share is not None for line in lines):
        yield "appraisal.vat_rate"


def _of_line(problem: Problem, line: LinePlan) -> Iterator[str]:
    """Yield the inputs that make a line's amount, which may be a running cost or a rate."""
    for index in line.amounts:
        yield problem.unknowns[index].stream.removesuffix("/each")


@dataclass(frozen=True)
class Benefit:
    """A line of the register of benefits.

    Attributes
    ----------
    line, kind : str
    beneficiary : str
    first_year, full_year : int
        Calendar years in which it begins and from which all of it flows.
    measured_by : str
    present_value : dict of str to float
        Mean over draws by policy, for its beneficiary [currency]; negative where it is a cost.
    """

    line: str
    kind: str
    beneficiary: str
    first_year: int
    full_year: int
    measured_by: str
    present_value: dict[str, float]


def benefits(problem: Problem, found: LineWorth) -> list[Benefit]:
    """Return the register of benefits: the lines that save something in any policy.

    Parameters
    ----------
    problem : Problem
        With an appraisal.
    found : LineWorth

    Returns
    -------
    list of Benefit
    """
    plan = problem.appraisal
    assert plan is not None, "asked for only with an appraisal"
    register = []
    for j, line in enumerate(plan.lines):
        own = line.accrues_to == "budget_holder" and line.kind != "non_cash"
        worth = (found.present if own else found.whole)[:, j]
        if worth.max() <= 0:
            continue
        flows = np.flatnonzero(line.change)
        full = int(np.argmax(line.change)) if not line.one_off else int(flows[-1])
        register.append(
            Benefit(
                line=line.name,
                kind=line.kind,
                beneficiary=line.beneficiary or _whose(line, own),
                first_year=plan.base_year + int(flows[0]),
                full_year=plan.base_year + full,
                measured_by=line.measured_by or _measure(line),
                present_value=dict(zip(problem.policy_names, map(float, worth), strict=True)),
            )
        )
    return register


def _whose(line: LinePlan, own: bool) -> str:
    if own:
        return "budget holder"
    return "whole government" if line.accrues_to == "budget_holder" else "others in government"


_PEOPLE = {
    "all": "filled posts",
    "onsite": "people on site",
    "remote": "people in the remote mode",
    "combined": "people in the combined mode",
    "away": "people who work remotely",
    "present": "people present",
}
_THINGS = {"m2": "m²", "workstation": "workstations"}


def _measure(line: LinePlan) -> str:
    """Return what has to be counted, where the scenario does not say how it is measured."""
    if line.per == "once":
        return "whether it is still paid"
    what = _PEOPLE[line.of] if line.per == "person" else f"{_THINGS[line.per]} {line.of}"
    if line.vacant:
        what = f"{what}, in posts vacant today"
    return what if line.borne_by != "all" or line.of == "vacated" else f"{what}, against today"
