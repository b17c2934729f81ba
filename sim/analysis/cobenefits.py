"""What people and climate gain from a release: hours, money, emissions, access, where to live.

All bodies together, in a year once everything is vacated, in the first draws of a run. None of it
is in a net present value; it has a price only where the scenario names one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine import simulate
from sim.problem import BASELINE
from sim.results.label import attributes
from sim.sampling import draw
from sim.variables import CO_BENEFITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from sim.consequenceplan import CoBenefitPlan
    from sim.problem import Floats, Problem
    from sim.sampling import Draws

DRAWS = 1024
_KG_A_TONNE = 1000


def co_benefits(problem: Problem) -> xr.Dataset:
    """Compute what people and climate gain in every policy.

    Parameters
    ----------
    problem : Problem
        With co-benefits.

    Returns
    -------
    xarray.Dataset
        The variables of ``sim.variables.CO_BENEFITS``, without the baseline among the policies.
    """
    import xarray as xr  # few scenarios ask for this

    plan = problem.co_benefits
    assert plan is not None, "asked for only with co-benefits"
    draws = draw(problem, 0, min(DRAWS, problem.run.draws))
    results = simulate(problem, draws)
    names = [name for name in problem.policy_names if name != BASELINE]
    today, *found = (
        {str(name): values.to_numpy() for name, values in results.sel(policy=policy).items()}
        for policy in (BASELINE, *names)
    )
    arrays = [gains(plan, draws, today, policy) for policy in found]
    return xr.Dataset(
        {
            one.name: (
                one.dims,
                np.stack([policy[one.name] for policy in arrays]),
                attributes(problem, one),
            )
            for one in CO_BENEFITS
        },
        coords={
            "policy": names,
            "characteristic": np.array([name for name, _ in plan.groups], np.str_),
            "draw": np.arange(draws.count),
        },
        attrs={"scenario": problem.name, "title": problem.title},
    )


def gains(
    plan: CoBenefitPlan, draws: Draws, today: Mapping[str, Floats], found: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Return what one policy brings, all bodies together.

    Parameters
    ----------
    plan : CoBenefitPlan
    draws : Draws
    today, found : mapping of str to float64[body, draw]
        What was found for doing nothing and for the policy.

    Returns
    -------
    dict of str to float64[draw] or float64[characteristic, draw]

    Notes
    -----
    Days spared are working days times people present in doing nothing less those in the policy.
    Energy is spared in the space given up and added at home on days spared. A group of people is as
    likely as everybody to have duties that allow remote work.
    """
    values = draws.values
    days = (today["onsite_mean"] - found["onsite_mean"]) * values[plan.working_days]
    hours = (days * values[plan.hours]).sum(axis=0)
    travelled = (days * values[plan.km] * values[plan.co2e_per_km]).sum(axis=0)
    kwh = found["released_area"] * values[plan.kwh_per_m2] * values[plan.ends]
    energy = ((kwh - days * values[plan.kwh_at_home]) * values[plan.co2e_per_kwh]).sum(axis=0)
    away = found["remote_staff"] + found["combined_staff"]
    prices = [
        amount * values[price][0]
        for amount, price in (
            (hours, plan.hour_value),
            ((travelled + energy) / _KG_A_TONNE, plan.tonne_value),
        )
        if price is not None
    ]
    nothing = np.full(hours.shape, np.nan)
    return {
        "commuting_hours": hours,
        "commuting_money": (days * values[plan.money]).sum(axis=0),
        "commuting_co2e": travelled,
        "energy_co2e": energy,
        "residence_choice": found["remote_staff"].sum(axis=0),
        "priced_benefits": np.sum(prices, axis=0) if prices else nothing,
        "access": np.array(
            [(away * values[share]).sum(axis=0) for _, share in plan.groups]
        ).reshape(len(plan.groups), draws.count),
    }
