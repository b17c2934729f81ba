"""From ``[appraisal]`` to its plan: schedules become arrays, inputs become indices of unknowns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sim.appraisalplan import AppraisalPlan, LinePlan
from sim.problem import Floats
from sim.scenario.appraisal import Appraisal, ByUnit, Line, Phasing
from sim.scenario.types import Input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario.schema import Scenario
    from sim.unknowns import Unknowns

AT = "appraisal"


def appraisal(scenario: Scenario, unknowns: Unknowns) -> AppraisalPlan | None:
    """Return how money is appraised, None where the scenario does not say it.

    Parameters
    ----------
    scenario : Scenario
    unknowns : Unknowns
        Gets the inputs of the appraisal, behind those of everything else.

    Returns
    -------
    AppraisalPlan or None
    """
    said = scenario.appraisal
    if said is None:
        return None
    return AppraisalPlan(
        base_year=said.base_year,
        years=said.years,
        mid=said.timing == "mid",
        rates=_rates(said, unknowns),
        nominal=said.rates == "nominal",
        reinvestment=unknowns.add_optional(f"{AT}.reinvestment_rate", said.reinvestment_rate),
        inflation=unknowns.add(f"{AT}.inflation", said.inflation),
        growth=unknowns.add(f"{AT}.staff_growth", said.staff_growth),
        vat=unknowns.add(f"{AT}.vat_rate", said.vat_rate),
        lines=tuple(_lines(scenario, said, unknowns)),
        vacated=by_year(said.vacated, said.years),
        filled=by_year(said.vacant_filled, said.years),
        do_minimum=said.do_minimum,
    )


def by_year(phasing: Phasing, years: int) -> Floats:
    """Return the share reached by each year, float64[year]: none at t0, the last one for good."""
    shares = np.array([0.0, *phasing.value])
    return shares[np.minimum(np.arange(years + 1), len(phasing.value))]


def _rates(said: Appraisal, unknowns: Unknowns) -> tuple[int, ...]:
    """Return the rate of each year: the one rate, or that of the last step begun."""
    years = range(1, said.years + 1)
    if isinstance(said.discount_rate, Input):
        return (unknowns.add(f"{AT}.discount_rate", said.discount_rate),) * said.years
    assert said.discount_rate.steps is not None, "the loader resolves facts"
    found = []
    for year in years:
        step = [step for step in said.discount_rate.steps if step.from_year <= year][-1]
        path = f"{AT}.discount_rate.{step.from_year}"
        found.append(unknowns.constant(path, step.rate))
    return tuple(found)


def _lines(scenario: Scenario, said: Appraisal, unknowns: Unknowns) -> Iterator[LinePlan]:
    """Yield each line, and behind those of people what it comes to for vacant posts."""
    fills = by_year(said.vacant_filled, said.years).any()
    vacant = any(body.vacant_posts for body in scenario.body)
    for name, line in said.line.items():
        plan = _line(name, line, scenario, said, unknowns)
        yield plan
        if line.per == "person" and fills and vacant:
            stock, change, left = vacant_schedules(said, line)
            yield replace(
                plan, name=f"{name}.vacant", vacant=True, stock=stock, change=change, left=left
            )


def _line(
    name: str, line: Line, scenario: Scenario, said: Appraisal, unknowns: Unknowns
) -> LinePlan:
    at = f"{AT}.line.{name}"
    stock, change, left = schedules(said, line)
    return LinePlan(
        name=name,
        per=line.per,
        of=line.of or ("all" if line.per == "person" else "kept"),
        borne_by=line.borne_by or ("policies" if line.per == "once" else "all"),
        amounts=_amounts(at, line, scenario, said, unknowns),
        income=line.flow == "income",
        avoidable=_avoidable(at, line, said, unknowns),
        one_off=line.year is not None,
        as_vacated=line.year == "vacated",
        stock=stock,
        change=change,
        left=left,
        residual=None if left == 0 else unknowns.add(f"{at}.residual_share", line.residual_share),
        escalation=unknowns.add(f"{at}.escalation", line.escalation),
        gap=0 if line.base_year is None else said.base_year - line.base_year,
        kind=line.kind,
        accrues_to=line.accrues_to,
        vat_share=unknowns.add(f"{at}.vat_share", line.vat_share)
        if line.vat_share.support()[1]
        else None,
        policies=line.policies or (),
        beneficiary=line.beneficiary,
        measured_by=line.measured_by,
    )


def _avoidable(at: str, line: Line, said: Appraisal, unknowns: Unknowns) -> int | None:
    """Return the avoidable share, that of what is handed back where there are several."""
    share = line.avoidable_share
    if not isinstance(share, ByUnit):
        return unknowns.add_optional(f"{at}.avoidable_share", share)
    assert said.handed_back is not None, "the checks ask for it"
    own = getattr(share, said.handed_back)
    return unknowns.add_optional(f"{at}.avoidable_share.{said.handed_back}", own)


def _amounts(
    at: str, line: Line, scenario: Scenario, said: Appraisal, unknowns: Unknowns
) -> tuple[int, ...]:
    """Return what multiplies to the amount in the scenario's currency and the place's prices."""
    if line.running is not None:
        amount = unknowns.add(f"cost.running.{line.running}", scenario.cost.running[line.running])
    else:
        assert line.amount is not None, "the schema asks for one"
        amount = unknowns.add(f"{at}.amount", line.amount)
    found = [amount]
    if line.index != Input.model_construct(value=1.0):
        found.append(unknowns.add(f"{at}.index", line.index))
    if line.currency not in (None, scenario.scenario.currency):
        assert line.currency is not None
        rate = said.exchange[line.currency]
        found.append(unknowns.add(f"{AT}.exchange.{line.currency}", rate))
    return tuple(found)


def schedules(said: Appraisal, line: Line) -> tuple[Floats, Floats, float]:
    """Return when a line flows: on today's quantity, on the quantity saved, and what is left.

    Parameters
    ----------
    said : Appraisal
    line : Line

    Returns
    -------
    stock, change : float64[year]
        Shares that flow in year 0, 1 and so on. Every year: 1 and the share vacated, for people 1.
        In a year: 1 then and every ``life`` years before the horizon. As space is vacated: what is
        vacated in the year.
    left : float
        Share of the quantity that was bought, if a residual value is asked for.
    """
    vacated = by_year(said.vacated, said.years)
    keeps = line.residual_share.support()[1] > 0
    if line.year == "vacated":
        flows = np.diff(vacated, prepend=0.0)
        return flows, flows, float(flows.sum()) * keeps
    if line.year is not None:
        due = _purchases(line.year, line.life, said.years)
        return due, due, float(keeps)
    stock = (np.arange(said.years + 1) > 0).astype(float)
    with_space = line.per in ("m2", "workstation")
    return stock, vacated if with_space else stock, 0.0


def vacant_schedules(said: Appraisal, line: Line) -> tuple[Floats, Floats, float]:
    """Return when a line of people flows for vacant posts, as ``schedules`` does for people.

    Parameters
    ----------
    said : Appraisal
    line : Line

    Returns
    -------
    stock, change : float64[year]
        Shares of the vacant posts. Every year: those filled. In a year: those filled by then, later
        ones when they are filled, each renewed after its life. As space is vacated: what is added
        to those filled times the share vacated.
    left : float
    """
    filled = by_year(said.vacant_filled, said.years)
    if line.year is None:
        return filled, filled, 0.0
    if line.year == "vacated":
        flows = np.diff(filled * by_year(said.vacated, said.years), prepend=0.0)
    else:
        flows = np.zeros(said.years + 1)
        for year, new in enumerate(np.diff(filled, prepend=0.0)):
            flows += new * _purchases(max(year, line.year), line.life, said.years)
    keeps = line.residual_share.support()[1] > 0
    bought = flows.sum() if line.year == "vacated" else filled[-1]
    return flows, flows, float(bought) * keeps


def _purchases(first: int, life: int | None, years: int) -> Floats:
    """Return 1 in the year of a purchase and of each renewal before the horizon."""
    since = np.arange(years + 1) - first
    due = since == 0
    if life is not None:
        due |= (since > 0) & (since % life == 0) & (np.arange(years + 1) < years)
    bought: Floats = due.astype(float)
    return bought
