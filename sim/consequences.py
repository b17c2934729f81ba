"""From ``[reversal]`` and ``[co_benefits]`` to their plans: inputs become indices of unknowns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.consequenceplan import CoBenefitPlan, ExitPlan, ReversalPlan
from sim.distribution import Distribution
from sim.problem import Unknown

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario
    from sim.unknowns import Unknowns


def reversal(scenario: Scenario, unknowns: Unknowns) -> ReversalPlan | None:
    """Return the order to come back, None where the scenario does not say it.

    Parameters
    ----------
    scenario : Scenario
    unknowns : Unknowns
        Gets its inputs, behind those of the appraisal.

    Returns
    -------
    ReversalPlan or None
    """
    said, at = scenario.reversal, "reversal"
    if said is None:
        return None
    chance = Distribution("uniform", (0.0, 1.0))
    return ReversalPlan(
        probability=unknowns.add(f"{at}.probability", said.probability),
        year=unknowns.add(f"{at}.year", said.year),
        notice=unknowns.add(f"{at}.notice_weeks", said.notice_weeks),
        share=unknowns.add(f"{at}.share", said.share),
        comes=unknowns.index(Unknown(f"{at}/comes", chance, per_body=False)),
        stopgap=unknowns.add(f"{at}.stopgap_per_week", said.stopgap_per_week),
        exits=tuple(
            ExitPlan(
                name,
                share=unknowns.add(f"{at}.exit.{name}.share", way.share),
                returns=unknowns.add(f"{at}.exit.{name}.returns", way.returns),
                weeks=unknowns.add(f"{at}.exit.{name}.weeks", way.weeks),
                cost=unknowns.add(f"{at}.exit.{name}.cost_per_m2", way.cost_per_m2),
                extra=unknowns.add(f"{at}.exit.{name}.extra_per_m2", way.extra_per_m2),
            )
            for name, way in said.exit.items()
        ),
        first_stage=said.gate.first_stage,
        gate_years=said.gate.years,
        gate_days=said.gate.shortage_days,
    )


def co_benefits(scenario: Scenario, unknowns: Unknowns) -> CoBenefitPlan | None:
    """Return what people and climate gain, None where the scenario does not say it.

    Parameters
    ----------
    scenario : Scenario
    unknowns : Unknowns
        Gets its inputs, behind all others.

    Returns
    -------
    CoBenefitPlan or None
    """
    said, at = scenario.co_benefits, "co_benefits"
    if said is None:
        return None
    return CoBenefitPlan(
        working_days=unknowns.add(f"{at}.working_days", said.working_days),
        hours=unknowns.add(f"{at}.commute_hours", said.commute_hours),
        money=unknowns.add(f"{at}.commute_money", said.commute_money),
        km=unknowns.add(f"{at}.commute_km", said.commute_km),
        co2e_per_km=unknowns.add(f"{at}.co2e_per_km", said.co2e_per_km),
        kwh_per_m2=unknowns.add(f"{at}.kwh_per_m2", said.kwh_per_m2),
        kwh_at_home=unknowns.add(f"{at}.kwh_at_home", said.kwh_at_home),
        co2e_per_kwh=unknowns.add(f"{at}.co2e_per_kwh", said.co2e_per_kwh),
        ends=unknowns.add(f"{at}.energy_ends", said.energy_ends),
        hour_value=unknowns.add_optional(f"{at}.hour_value", said.hour_value),
        tonne_value=unknowns.add_optional(f"{at}.tonne_value", said.tonne_value),
        groups=tuple(
            (name, unknowns.add(f"{at}.group.{name}", share)) for name, share in said.group.items()
        ),
    )
