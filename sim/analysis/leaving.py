"""What leaving floors and buildings changes: areas held, in use and handed back, and their money.

All money is a price times a quantity of a year, so that one description serves the choice, which
takes the medians of prices, and the draws, which take all of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sim.domain.estate import handed_back
from sim.estateplan import PRICES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sim.estateplan import EstatePlan
    from sim.problem import Floats

RENT, RUNNING, HOLDING, MOVE, EXIT, SALE = range(len(PRICES))
SIGN = np.array([1.0, 1.0, 1.0, 1.0, 1.0, -1.0])
"""Costs above 0, proceeds below, by PRICES."""


def units(plan: EstatePlan) -> tuple[tuple[int, ...], ...]:
    """Return the floors that are handed back together: a building's, or one floor.

    Parameters
    ----------
    plan : EstatePlan

    Returns
    -------
    tuple of tuple of int
    """
    found: list[tuple[int, ...]] = []
    for building, holding in enumerate(plan.holdings):
        those = np.flatnonzero(plan.building_of == building).tolist()
        found += [(f,) for f in those] if holding.by_floor else [tuple(those)]
    return tuple(found)


def leaving_day(plan: EstatePlan, building: int, emptied: int) -> date | None:
    """Return when space that is empty from a year on is handed back; None if not in the plan.

    Parameters
    ----------
    plan : EstatePlan
    building, emptied : int
        Which, and the first year in which it is empty; ``plan.years`` for none.
    """
    if emptied >= plan.years:
        return None
    day = handed_back(plan.holdings[building], plan.days[0], plan.days[emptied])
    return None if day is None or day >= plan.days[-1] else day


def unit_quantities(plan: EstatePlan) -> Floats:
    """Return what holding a unit comes to, by the year from which it is empty.

    Parameters
    ----------
    plan : EstatePlan

    Returns
    -------
    float64[unit, emptied, price, year]
        Area [m²] of which rent and the cost of empty space are paid, for the part of the year that
        it is held; and the area left or sold in the year. Behind the years stands the horizon, at
        which owned space that has a buyer is worth its price.
    """
    found = np.zeros((len(units(plan)), plan.years + 1, len(PRICES), plan.years + 1))
    for u, those in enumerate(units(plan)):
        building = int(plan.building_of[those[0]])
        area = float(plan.areas[list(those)].sum())
        for emptied in range(plan.years + 1):
            day = leaving_day(plan, building, emptied)
            held = area * _part_held(plan.days, day)
            found[u, emptied, RENT, :-1] = found[u, emptied, HOLDING, :-1] = held
            year = plan.years if day is None else _year_of(plan.days, day)
            found[u, emptied, SALE, year] = area
            if day is not None:
                found[u, emptied, EXIT, year] = area
    return found


def _part_held(days: Sequence[date], until: date | None) -> Floats:
    """Return the part of each year before a day, float64[year]."""
    if until is None:
        return np.ones(len(days) - 1)
    parts = [((until - first).days / (last - first).days) for first, last in pairwise(days)]
    return np.clip(parts, 0.0, 1.0)


def _year_of(days: Sequence[date], day: date) -> int:
    return max(year for year, first in enumerate(days[:-1]) if first <= day)


def quantities(
    plan: EstatePlan, of_units: Floats, opened: np.ndarray, emptied: np.ndarray, moves: np.ndarray
) -> Floats:
    """Return what a plan for the estate comes to, by price, building and year.

    Parameters
    ----------
    plan : EstatePlan
    of_units : float64[unit, emptied, price, year]
        From ``unit_quantities``.
    opened : bool[floor, year]
        Floors in use.
    emptied : int64[unit]
        Year from which each unit is empty.
    moves : int64[year]
        Workstations moved.

    Returns
    -------
    float64[price, building, year]
        The horizon behind the years. Moves stand at the first building: they have one price.
    """
    found = np.zeros((len(PRICES), len(plan.holdings), plan.years + 1))
    for u, those in enumerate(units(plan)):
        found[:, plan.building_of[those[0]]] += of_units[u, emptied[u]]
    used = plan.areas[:, None] * opened
    for f, building in enumerate(plan.building_of):
        found[RUNNING, building, :-1] += used[f]
        found[HOLDING, building, :-1] -= used[f]
    found[MOVE, 0, :-1] = moves
    return found


def prices(plan: EstatePlan, values: Sequence[Floats]) -> Floats:
    """Return what a unit of each quantity costs the ledger, float64[price, building, draw].

    Parameters
    ----------
    plan : EstatePlan
    values : sequence of float64[1, draw]
        A value of every unknown of the problem: draws, or one figure such as the median.
    """
    found = []
    for row, index in enumerate(plan.prices):
        own = plan.own_prices[row][:, None]
        price = np.where(np.isnan(own), values[index], own)
        found.append(price if row == MOVE else price * plan.paid[:, None])
    costs: Floats = SIGN[:, None, None] * np.stack(found)
    return costs


def discounting(plan: EstatePlan, values: Sequence[Floats]) -> Floats:
    """Return what money of each year is worth at the start, float64[year, draw].

    (1 + r)^-t with t the end of the year or its middle, the horizon behind the years; parameters
    are those of ``prices``.
    """
    moment = np.arange(1.0, plan.years + 1) - 0.5 * plan.mid
    moment = np.append(moment, plan.years)
    found: Floats = (1 + values[plan.discount]) ** -moment[:, None]
    return found
