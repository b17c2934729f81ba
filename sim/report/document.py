"""The JSON document of a run: what scripts read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.results.summary import STATISTICS
from sim.risk import drawn_variables
from sim.variables import METRICS
from sim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from sim.problem import Problem


def engine_entry(problem: Problem, seconds: float) -> dict[str, Any]:
    """Return what computed the result."""
    plan = problem.run
    return {
        "version": __version__,
        "seed": plan.seed,
        "draws": plan.draws,
        "design": plan.design,
        "estimator": plan.estimator,
        "weeks": plan.weeks,
        "sizing_draws": plan.sizing_draws,
        "seconds": round(seconds, 3),
    }


def scenario_entry(
    problem: Problem, sha256: str, overrides: Sequence[str], unconfirmed: Sequence[str]
) -> dict[str, Any]:
    """Return what was computed."""
    return {
        "name": problem.name,
        "title": problem.title,
        "classification": problem.classification,
        "currency": problem.currency,
        "area_basis": problem.area_basis,
        "sha256": sha256,
        "overrides": list(overrides),
        "unconfirmed": list(unconfirmed),
    }


def metric_entries(
    problem: Problem, summary: xr.Dataset, policies: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return one entry for each metric, policy and place; what does not exist is null."""
    found = []
    places = list(zip(summary["place"].values, summary["scope"].values, strict=True))
    for plan in problem.policies:
        if policies and plan.name not in policies:
            continue
        drawn = drawn_variables(problem, plan)
        for variable in METRICS:
            table = summary[variable.name].sel(policy=plan.name)
            for row, (place, scope) in enumerate(places):
                together = scope != "body" and len(problem.groups[str(place)]) > 1
                names = {variable.name} | ({f"group_{variable.name}"} if together else set())
                sampled = problem.run.estimator == "sampled" or not names.isdisjoint(drawn)
                found.append(
                    {
                        "name": variable.name,
                        "unit": table.attrs["units"],
                        "policy": plan.name,
                        "scope": str(scope),
                        "body": str(place),
                        "estimator": "sampled" if sampled else "conditional",
                        **{
                            statistic: finite(float(value))
                            for statistic, value in zip(STATISTICS, table.values[row], strict=True)
                        },
                    }
                )
    return found


def finite(value: float) -> float | None:
    """Return a number that JSON can hold."""
    return value if math.isfinite(value) else None
