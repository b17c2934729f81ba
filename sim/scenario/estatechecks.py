"""What has to fit together in ``[estate]``: names, days, floors and rooms, who sits where."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from sim.domain.estate import BORROWED, months_after
from sim.scenario.document import nearest
from sim.scenario.policies import resolved
from sim.scenario.types import Input

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sim.scenario.estate import Estate, Holding, Space
    from sim.scenario.positions import Path
    from sim.scenario.schema import Scenario

    Problem = tuple[Path, str, str]

AT = ("estate",)
_ROUNDING = 1e-6


def estate_problems(scenario: Scenario, broken: frozenset[str]) -> Iterator[Problem]:
    """Check what has to fit together in the estate.

    Parameters
    ----------
    scenario : Scenario
    broken : frozenset of str
        Sections in which something is wrong already and has been left out.

    Yields
    ------
    path, message, remedy
    """
    said = scenario.estate
    if said is None or any(part.startswith("estate") for part in broken):
        return
    yield from _plan(said)
    if "policy" not in broken:
        yield from _policy(said, scenario)
    buildings = [holding.building for holding in said.holding]
    for number, holding in enumerate(said.holding):
        at = (*AT, "holding", number)
        if holding.building in buildings[:number]:
            yield (*at, "building"), "is there twice", "keep one row for each building"
        yield from _right(at, holding)
        yield from _days(at, holding, said)
    yield from _rooms(said, buildings)
    if "body" not in broken:
        yield from _needs(said, scenario, buildings)
        yield from _seats(said, scenario)


def _unknown(name: str, known: Collection[str], what: str) -> tuple[str, str]:
    """Return what is said of a name that is not known, and the remedy."""
    near = nearest(name, list(known))
    few = ", ".join(list(known)[:5])
    return f"is no {what}", f"did you mean {near}?" if near else f"known: {few}"


def _plan(said: Estate) -> Iterator[Problem]:
    if (said.start.month, said.start.day) == (2, 29):
        yield (*AT, "start"), "is a day that not every year has", "begin on another day"
    for key, table in (("holding", "holdings"), ("room", "rooms")):
        if not getattr(said, key):
            message = f"needs at least one [[estate.{key}]]"
            yield AT, message, f'name a CSV table, as in {table} = "{table}.csv"'
    prices = {f"price.{key}": value for key, value in said.price}
    for key, given in {"discount_rate": said.discount_rate, **prices}.items():
        if isinstance(given, Input) and given.per == "body":
            message = 'must be the same for all bodies, not per = "body"'
            yield (*AT, *key.split(".")), message, "leave per out; buildings may differ"


def _policy(said: Estate, scenario: Scenario) -> Iterator[Problem]:
    at = (*AT, "policy")
    if said.policy not in scenario.policy:
        yield (at, *_unknown(said.policy, scenario.policy, "policy of this scenario"))
        return
    rule = resolved(scenario.policy)[said.policy].workstations
    if rule == "current" or rule.service is None:
        message = "says no service level, and floors are kept for the workstations it requires"
        remedy = "name a policy with workstations = { service = { per_day = 0.95 } }"
        yield at, message, remedy


def _right(at: Path, holding: Holding) -> Iterator[Problem]:
    """Check that what ends has an end and what is owned has a taker, not the other way round."""
    borrowed = holding.right in BORROWED
    wrong: tuple[str, ...] = ("disposal", "disposal_months", "sale_m2")
    if not borrowed:
        wrong = ("end", "breaks", "notice_months", "rent_m2")
    for key in wrong:
        value = getattr(holding, key)
        if value not in (None, (), 0, "none"):
            message = f"has no meaning where right is {holding.right}"
            yield (*at, key), message, "leave it empty, or check the right"
    if holding.disposal_months and holding.disposal == "none":
        yield (*at, "disposal_months"), "there is nobody who takes the space", "say disposal"
    if holding.sale_m2 and holding.disposal != "sale":
        message = f"is only for what is sold; disposal is {holding.disposal}"
        yield (*at, "sale_m2"), message, "leave it empty, or write disposal = sale"
    if holding.end is None and not holding.renewable:
        yield (*at, "renewable"), "needs an end to be left at", "say end, or leave renewable out"
    if holding.heritage == "must_keep" and not holding.renewable:
        message = "must be kept, and must be empty by its end"
        yield (*at, "heritage"), message, "one of the two cannot be right"


def _days(at: Path, holding: Holding, said: Estate) -> Iterator[Problem]:
    """Check that breaks lie between the start and the end, and that notice can be given."""
    end = holding.end
    if end is not None and end <= said.start:
        message = f"is not after the start of the plan, {said.start}"
        yield (*at, "end"), message, "leave out a building that is no longer held"
    for day in holding.breaks:
        if day < said.start:
            message = f"{day} is before the start of the plan, {said.start}"
            yield (*at, "breaks"), message, "leave out breaks that have passed"
        if end is not None and day >= end:
            message = f"{day} is not before the end, {end}"
            yield (*at, "breaks"), message, "a break comes before the end"
    noticed = months_after(said.start, holding.notice_months)
    if end is not None and noticed > end > said.start:
        months = holding.notice_months
        message = f"{months} months are longer than the term, which ends on {end}"
        yield (*at, "notice_months"), message, "it can never be given: check notice and end"
    if end is None and noticed > months_after(said.start, 12 * said.years) + timedelta(days=1):
        message = "is longer than the years of the plan"
        yield (*at, "notice_months"), message, "raise years, or check the notice"


def _rooms(said: Estate, buildings: Collection[str]) -> Iterator[Problem]:
    seen: set[tuple[str, str, str]] = set()
    whole: dict[tuple[str, str], float] = {}
    parts: defaultdict[tuple[str, str], float] = defaultdict(float)
    for room in said.room:
        if not room.room:
            whole.setdefault((room.building, room.floor), room.area_m2.value)
    for number, room in enumerate(said.room):
        at = (*AT, "room", number)
        key = room.building, room.floor, room.room
        if key in seen:
            where = ("room", "room") if room.room else ("floor", "floor")
            remedy = f"keep one row for each {where[1]}, or name its rooms"
            yield (*at, where[0]), f"the {where[1]} is listed twice", remedy
        elif room.room:
            parts[key[:2]] += room.area_m2.value
            yield from _room_fits(at, room, whole.get(key[:2]), parts[key[:2]])
        seen.add(key)
        if room.building not in buildings:
            yield ((*at, "building"), *_unknown(room.building, buildings, "building of holdings"))
    for number, holding in enumerate(said.holding):
        if not any(room.building == holding.building for room in said.room):
            message = "has no floor among the rooms"
            yield (*AT, "holding", number, "building"), message, "list its floors, or leave it out"


def _room_fits(at: Path, room: Space, floor: float | None, so_far: float) -> Iterator[Problem]:
    if floor is None:
        return
    area = room.area_m2.value
    if area > floor + _ROUNDING:
        message = f"is larger than its floor, which has {floor:g} m²"
        yield (*at, "area_m2"), message, "check both areas, and that they have the same basis"
    elif so_far > floor + _ROUNDING >= so_far - area:
        message = f"the rooms of floor {room.floor} so far have {so_far:g} m², the floor {floor:g}"
        yield (*at, "area_m2"), message, "check the areas of the rooms"


def _needs(said: Estate, scenario: Scenario, buildings: Collection[str]) -> Iterator[Problem]:
    bodies = {body.name: body for body in scenario.body}
    for name, needs in said.body.items():
        at = (*AT, "body", name)
        if name not in bodies:
            yield (at, *_unknown(name, bodies, "body of this scenario"))
        elif needs.secure_workstations.value > bodies[name].headcount.value:
            people = bodies[name].headcount.value
            message = f"are more than its {people} people"
            yield (*at, "secure_workstations"), message, "check the number"
        for building in needs.buildings:
            if building not in buildings:
                yield ((*at, "buildings"), *_unknown(building, buildings, "building of holdings"))


def _seats(said: Estate, scenario: Scenario) -> Iterator[Problem]:
    bodies = [body.name for body in scenario.body]
    buildings = [holding.building for holding in said.holding]
    if not said.seat:
        for body in scenario.body:
            if body.building not in buildings:
                message = "is no building of holdings, and no stacking says where the body sits"
                at: Path = ("body", body.name, *(("building",) if body.building else ()))
                yield at, message, "add estate.stacking, or the body's building"
        return
    places = {
        (room.building, room.floor): sum(
            r.workstations.value for r in said.room if (r.building, r.floor) == key
        )
        for room in said.room
        for key in [(room.building, room.floor)]
    }
    taken: Counter[tuple[str, str]] = Counter()
    seen = set()
    for number, seat in enumerate(said.seat):
        at = (*AT, "seat", number)
        floor = seat.building, seat.floor
        if seat.body not in bodies:
            yield ((*at, "body"), *_unknown(seat.body, bodies, "body of this scenario"))
        if seat.building not in buildings:
            yield ((*at, "building"), *_unknown(seat.building, buildings, "building of holdings"))
        elif floor not in places:
            known = [name for building, name in places if building == seat.building]
            yield ((*at, "floor"), *_unknown(seat.floor, known, f"floor of {seat.building}"))
        if (seat.body, *floor) in seen:
            yield (*at, "body"), "is listed twice on this floor", "keep one row, with the sum"
        seen.add((seat.body, *floor))
        before = taken[floor]
        taken[floor] += seat.workstations.value
        if before <= places.get(floor, taken[floor]) < taken[floor]:
            message = f"make {taken[floor]} on a floor with {places[floor]}"
            yield (*at, "workstations"), message, "check the floor, or who sits there"
        needs = said.body.get(seat.body)
        fits = () if needs is None else needs.buildings
        if fits and seat.building not in fits and {seat.building, *fits} <= set(buildings):
            message = f"{seat.body} may not sit there by [estate.body.{seat.body}]"
            yield (*at, "building"), message, "add the building there, or check who sits where"
