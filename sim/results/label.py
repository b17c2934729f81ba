"""From arrays to a Dataset: names, dimensions, coordinates, units and meanings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.variables import BY_NAME, Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from sim.problem import Arrays, Problem

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def label(problem: Problem, first: int, found: Sequence[Arrays]) -> xr.Dataset:
    """Name the arrays of one block.

    Parameters
    ----------
    problem : Problem
    first : int
        Index of the first draw.
    found : sequence of dict of arrays
        For each policy by variable name, with the other dimensions of ``sim.variables``.

    Returns
    -------
    xarray.Dataset
        Every variable with ``units``, ``long_name`` and ``source``.
    """
    import xarray as xr  # takes longer than all else that a run imports, and few runs label

    arrays = {name: np.stack([policy[name] for policy in found]) for name in found[0]}
    count = arrays["workstations"].shape[-1]
    return xr.Dataset(
        {
            name: (
                BY_NAME[name].dims,
                values.astype(np.float64),
                attributes(problem, BY_NAME[name]),
            )
            for name, values in arrays.items()
        },
        coords={
            **coordinates(problem),
            **(_years(problem) if any("year" in BY_NAME[name].dims for name in arrays) else {}),
            "draw": ("draw", np.arange(first, first + count)),
        },
        attrs={"scenario": problem.name, "title": problem.title},
    )


def _years(problem: Problem) -> dict[str, tuple[str, object, dict[str, str]]]:
    plan = problem.appraisal
    assert plan is not None, "only an appraisal has years"
    said = {"long_name": "calendar year, the first of them the moment of the decision"}
    return {"year": ("year", plan.base_year + np.arange(plan.years + 1), said)}


def attributes(problem: Problem, variable: Variable) -> dict[str, str]:
    """Return the unit, meaning and source of a variable."""
    return {
        "units": variable.unit.replace("currency", problem.currency),
        "long_name": variable.long_name,
        "source": variable.source,
    }


def coordinates(problem: Problem) -> dict[str, tuple[str, object, dict[str, str]]]:
    """Return the coordinates that every result of a problem shares."""
    return {
        "policy": ("policy", list(problem.policy_names), {"long_name": "policy"}),
        "body": ("body", list(problem.bodies), {"long_name": "state body"}),
        "group": ("group", list(problem.groups), {"long_name": "tier, or the total"}),
        "weekday": ("weekday", list(WEEKDAY_NAMES), {"long_name": "day of the week"}),
        "tier": ("body", list(problem.tiers), {"long_name": "tier of the body"}),
        "headcount": (
            "body",
            problem.headcount,
            {"units": "people", "long_name": "filled posts", "source": "model part 1"},
        ),
        "area_today": (
            "body",
            problem.area,
            {"units": "m2", "long_name": "area today", "source": "model part 1"},
        ),
    }
