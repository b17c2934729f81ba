"""What becomes of each m² in each year: in use, handed back, or what keeps it from being so."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.analysis.leaving import leaving_day, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.analysis.programme import Choice, Terms
    from sim.estateplan import EstatePlan

IN_USE, HANDED_BACK = "in use", "handed back"
PARTLY_USED = "lump: floor partly used"
REST_USED = "lump: rest of the building in use"
MUST_STAY = "must stay"
HERITAGE = "heritage"
NO_TAKER = "no taker"
DISPOSAL = "disposal under way"
NO_EXIT = "no break within the plan"
MOVING = "moving out this year"
MOVES = "moves capacity"
CEILING = "yearly ceiling"
DEARER = "leaving costs more than it saves"
LATER = "leaving later costs less"


class Part(NamedTuple):
    """Part of a floor in a year, and what becomes of it."""

    floor: int
    year: int
    area: float
    reason: str


def parts(plan: EstatePlan, given: Terms, choice: Choice) -> list[Part]:
    """Return what becomes of every floor in every year.

    Parameters
    ----------
    plan : EstatePlan
    given : Terms
    choice : Choice

    Returns
    -------
    list of Part
        Of each floor and year they add up to its area. A floor that is used to the end is in use
        as far as its workstations are; for a floor that is left later the reason is for all of it.
    """
    found = []
    binding = _binding(given, choice)
    for floor, year in np.ndindex(choice.used.shape):
        area = float(plan.areas[floor])
        if not choice.used[floor, year]:
            found.append(Part(floor, year, area, _closed(plan, given, choice, floor, year)))
        elif not choice.used[floor, -1]:
            reason = _left_later(plan, given, choice, floor, year, binding[year])
            found.append(Part(floor, year, area, reason))
        else:
            found += _in_use(plan, given, choice, floor, year)
    return found


def _binding(given: Terms, choice: Choice) -> list[str]:
    """Return which limit each year has used up, empty for none."""
    units_ = np.arange(len(given.unit_spend))
    spent = given.unit_spend[units_, choice.emptied].sum(axis=0) + given.move_spend * choice.moves
    found = []
    for moves, money in zip(choice.moves, spent, strict=True):
        if given.yearly_moves is not None and moves >= given.yearly_moves:
            found.append(MOVES)
        elif given.ceiling is not None and money + given.move_spend > given.ceiling:
            found.append(CEILING)
        else:
            found.append("")
    return found


def _closed(plan: EstatePlan, given: Terms, choice: Choice, floor: int, year: int) -> str:
    unit, building = given.unit[floor], int(given.building[floor])
    holding = plan.holdings[building]
    emptied = int(choice.emptied[unit])
    day = leaving_day(plan, building, emptied)
    if day is not None and day < plan.days[year + 1] and year >= emptied:
        return HANDED_BACK
    if holding.heritage == "must_keep":
        return HERITAGE
    if choice.used[given.unit == unit, year].any():
        return REST_USED
    if not holding.borrowed:
        return NO_TAKER if holding.disposal == "none" else DISPOSAL
    if day is None:
        possible = leaving_day(plan, building, year)
        return NO_EXIT if possible is None else DEARER
    return f"no break before {day.year}"


def _left_later(
    plan: EstatePlan, given: Terms, choice: Choice, floor: int, year: int, binding: str
) -> str:
    """Return why a floor that is left later is still in use."""
    if not choice.seats[:, floor, year].any():
        return MOVING
    if binding:
        return binding
    building = int(given.building[floor])
    closed = int(choice.used[floor].sum())
    now, then = (leaving_day(plan, building, day) for day in (year + 1, closed))
    if then is not None and now == then:
        return f"no break before {then.year}"
    return LATER


def _in_use(
    plan: EstatePlan, given: Terms, choice: Choice, floor: int, year: int
) -> Iterator[Part]:
    area, places = float(plan.areas[floor]), int(given.places[:, floor].sum())
    seats = int(choice.seats[:, floor, year].sum())
    share = min(1.0, seats / places) if places else 0.0
    if share:
        yield Part(floor, year, area * share, IN_USE)
    if share < 1:
        reason = PARTLY_USED
        if given.must_use[floor]:
            reason = MUST_STAY
        elif not choice.staying[:, floor, year:].any() and not choice.moved[:, floor].any():
            reason = DEARER
        elif not seats:
            reason = MOVING
        yield Part(floor, year, area * (1 - share), reason)


def schedule(plan: EstatePlan, choice: Choice) -> list[dict[str, object]]:
    """Return what becomes of each unit: the entries of the JSON document.

    Parameters
    ----------
    plan : EstatePlan
    choice : Choice

    Returns
    -------
    list of dict
        ``floor`` is null where the building is handed back as a whole; the days are null where it
        is kept, or never handed back.
    """
    found: list[dict[str, object]] = []
    for unit, those in enumerate(units(plan)):
        building = int(plan.building_of[those[0]])
        holding = plan.holdings[building]
        emptied = int(choice.emptied[unit])
        first = int(choice.used[list(those)].any(axis=0).sum())
        empty = min(emptied, first)
        day = leaving_day(plan, building, emptied)
        found.append(
            {
                "building": holding.building,
                "floor": plan.floors[those[0]].name if holding.by_floor else None,
                "right": holding.right,
                "holder": holding.holder,
                "area_m2": float(plan.areas[list(those)].sum()),
                "floors": len(those),
                "floors_kept": int(choice.used[list(those), -1].sum()),
                "empty_from": plan.days[empty].isoformat() if empty < plan.years else None,
                "handed_back": None if day is None else day.isoformat(),
                "disposal": None if holding.borrowed else holding.disposal,
            }
        )
    return found
