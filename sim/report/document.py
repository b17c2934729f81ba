"""The JSON documents of the commands: what scripts read."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pydantic_core

from sim.analysis.worth import benefits, dominant_unconfirmed, line_worth, weights
from sim.results.label import attributes
from sim.results.precision import attained
from sim.results.summary import STATISTICS, places
from sim.risk import drawn_variables
from sim.sampling import quantile
from sim.variables import METRICS
from sim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import xarray as xr

    from sim.analysis.worth import LineWorth
    from sim.appraisalplan import AppraisalPlan
    from sim.problem import Floats, Problem
    from sim.results.precision import Attained, Target


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
        "implied_correlation": implied_correlation(problem),
        "sha256": sha256,
        "overrides": list(overrides),
        "unconfirmed": list(unconfirmed),
    }


def implied_correlation(problem: Problem) -> dict[str, float]:
    """Return the correlation of two people's presence that the median clustering r implies.

    For people who come half the days, (Φ₂(0, 0; r) - 1/4) / (1/4) = 2 asin(r) / π; model part 4.
    """
    clustering = problem.unknowns[problem.attendance.clustering].distribution
    r = float(quantile(clustering, np.array([0.5]))[0])
    return {"clustering": r, "presence": 0.5, "correlation": 2 * math.asin(r) / math.pi}


def metric_entries(
    problem: Problem, tables: Mapping[str, Floats] | xr.Dataset, policies: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return one entry for each metric, policy and place; what does not exist is null.

    Parameters
    ----------
    problem : Problem
    tables : mapping of str to float64[policy, place, statistic], or xarray.Dataset
        From ``sim.results.summary.Summary.tables`` or ``sim.job.run``.
    policies : sequence of str
        Only these; all of them where none is named.

    Returns
    -------
    list of dict
    """
    where = [
        (place, scope, scope != "body" and len(problem.groups[place]) > 1)
        for place, scope in zip(*places(problem), strict=True)
    ]
    units = {variable.name: attributes(problem, variable)["units"] for variable in METRICS}
    known = {variable.name: _finite(tables[variable.name]) for variable in METRICS}
    return [
        {
            "name": name,
            "unit": units[name],
            "policy": plan.name,
            "scope": scope,
            "body": place,
            "estimator": by_draws[together],
            **dict(zip(STATISTICS, values, strict=True)),
        }
        for p, plan in enumerate(problem.policies)
        if not policies or plan.name in policies
        for sampled in [drawn_variables(problem, plan)]
        for name, values_of in known.items()
        for by_draws in [_estimators(problem, sampled, name)]
        for (place, scope, together), values in zip(where, values_of[p], strict=True)
    ]


def _finite(values: Floats | xr.DataArray) -> list[Any]:
    """Return numbers that JSON can hold, None where there are none."""
    numbers = np.asarray(values)
    shown = numbers.astype(object)
    shown[~np.isfinite(numbers)] = None
    found: list[Any] = shown.tolist()
    return found


def _estimators(problem: Problem, sampled: frozenset[str], name: str) -> tuple[str, str]:
    """Return how a metric was found: of one body, and of several, which has its own variable."""
    drawn = problem.run.estimator == "sampled" or name in sampled
    drawn_together = drawn or f"group_{name}" in sampled
    kinds = ("conditional", "sampled")
    return kinds[drawn], kinds[drawn_together]


def appraisal_entry(
    problem: Problem, unconfirmed: Sequence[str], metrics: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return how money was appraised, and whether its worth is more than an illustration.

    Parameters
    ----------
    problem : Problem
        With an appraisal.
    unconfirmed : sequence of str
        Paths of the figures that nobody has confirmed.
    metrics : sequence of mapping
        From ``metric_entries``.

    Returns
    -------
    dict
    """
    plan = problem.appraisal
    assert plan is not None, "asked for only with an appraisal"
    found = line_worth(problem)
    weight = weights(plan, found)
    open_ones = dominant_unconfirmed(problem, weight, unconfirmed)
    return {
        "base_year": plan.base_year,
        "years": plan.years,
        "timing": "mid" if plan.mid else "end",
        "rates": "nominal" if plan.nominal else "real",
        "do_minimum": plan.do_minimum,
        "illustrative": bool(open_ones),
        "dominant_unconfirmed": open_ones,
        "line_weights": {name: round(share, 4) for name, share in weight.items()},
        "lines_draws": found.draws,
        "value_at_risk": [_at_risk(entry) for entry in metrics if entry["name"] == "npv"],
        "benefits": [asdict(line) for line in benefits(problem, found)],
        "phasing": _phasing(problem, plan, found),
    }


def _at_risk(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the loss that no more than 5 % of draws exceed; a gain is a negative loss."""
    low = entry["p05"]
    place = {key: entry[key] for key in ("unit", "policy", "scope", "body")}
    loss = None if low is None else -low + 0.0
    return place | {"level": 0.95, "value_at_risk": loss, "mcse": entry["p05_mcse"]}


def _phasing(problem: Problem, plan: AppraisalPlan, found: LineWorth) -> list[dict[str, Any]]:
    """Return by year what is vacated and what each policy saves on average, at prices of t0."""
    return [
        {
            "year": plan.base_year + t,
            "vacated": float(plan.vacated[t]),
            "vacant_posts_filled": float(plan.filled[t]),
            "net_saving": {
                name: float(found.yearly[p, t]) for p, name in enumerate(problem.policy_names)
            },
        }
        for t in range(plan.years + 1)
    ]


def consequence_entries(
    problem: Problem, policies: Sequence[str], unconfirmed: Sequence[str]
) -> dict[str, Any]:
    """Return what follows from a release where the scenario asks: coming back, co-benefits.

    What computes them is imported only then: its tables load a library that a document needs not.
    """
    entries = {}
    if problem.reversal is not None:
        from sim.analysis.reversal import reversal
        from sim.report.consequences import reversal_entry

        entries["reversal"] = reversal_entry(problem, reversal(problem), policies, unconfirmed)
    if problem.co_benefits is not None:
        from sim.analysis.cobenefits import co_benefits
        from sim.report.consequences import co_benefit_entry

        entries["co_benefits"] = co_benefit_entry(problem, co_benefits(problem), policies)
    return entries


def precision_entry(
    problem: Problem, summary: xr.Dataset, targets: Sequence[Target]
) -> dict[str, Any]:
    """Return what ``--precision`` asked for and what the run got.

    Parameters
    ----------
    problem : Problem
        Its number of draws is the most that were allowed.
    summary : xarray.Dataset
        From ``sim.job.run``.
    targets : sequence of Target

    Returns
    -------
    dict
    """
    found = [attained(problem, summary, target) for target in targets]
    return {
        "reached": all(one.reached for one in found),
        "most_draws": problem.run.draws,
        "targets": [_target_entry(one, summary[one.target.metric].units) for one in found],
    }


def _target_entry(found: Attained, unit: str) -> dict[str, Any]:
    return {
        "metric": found.target.metric,
        "statistic": found.target.statistic,
        "unit": unit,
        "target": found.target.half_width,
        "half_width": finite(found.half_width),
        "reached": found.reached,
        "policy": found.policy or None,
        "scope": found.scope or None,
        "body": found.place or None,
    }


def drawn_metrics(problem: Problem, policies: Sequence[str] = ()) -> dict[str, frozenset[str]]:
    """Return by policy the metrics that were drawn although exact arithmetic was asked for."""
    if problem.run.estimator == "sampled":
        return {}
    return {
        plan.name: frozenset(_drawn_names(drawn_variables(problem, plan)))
        for plan in problem.policies
        if not policies or plan.name in policies
    }


def _drawn_names(drawn: frozenset[str]) -> Iterator[str]:
    for variable in METRICS:
        if variable.name in drawn:
            yield variable.name
        elif f"group_{variable.name}" in drawn:
            yield f"{variable.name} of tiers and the total"


def finite(value: float) -> float | None:
    """Return a number that JSON can hold."""
    return value if math.isfinite(value) else None


def as_json(document: Mapping[str, Any]) -> str:
    """Return a document as strict JSON in ASCII, which every console and pipe can hold.

    Python's own encoder takes eight times as long as soon as it indents.
    """
    text = pydantic_core.to_json(document, indent=1, ensure_ascii=True, inf_nan_mode="null")
    return text.decode("ascii")
