"""From ``[estate]`` to its plan: tables become floors, who sits where becomes an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.domain.estate import Floor, Holding, Room, floors, months_after
from sim.estateplan import PRICES, EstatePlan

if TYPE_CHECKING:
    from sim.problem import Ints
    from sim.scenario.estate import Estate
    from sim.scenario.estate import Holding as SaidHolding
    from sim.scenario.schema import Scenario
    from sim.unknowns import Unknowns

AT = "estate"


def estate(scenario: Scenario, unknowns: Unknowns) -> EstatePlan | None:
    """Return the estate, None where the scenario has none.

    Parameters
    ----------
    scenario : Scenario
    unknowns : Unknowns
        Gets the estate's rates and prices, behind the inputs of everything else.

    Returns
    -------
    EstatePlan or None
    """
    said = scenario.estate
    if said is None:
        return None
    money = scenario.appraisal
    its_floors = _floors(said)
    buildings = [holding.building for holding in said.holding]
    needs = [said.body.get(body.name) for body in scenario.body]
    return EstatePlan(
        days=tuple(months_after(said.start, 12 * year) for year in range(said.years + 1)),
        mid=said.timing == "mid",
        policy=said.policy,
        discount=unknowns.add(f"{AT}.discount_rate", said.discount_rate),
        growth=None
        if money is None
        else unknowns.add("appraisal.staff_growth", money.staff_growth),
        prices=tuple(
            unknowns.add(f"{AT}.price.{name}", getattr(said.price, name)) for name in PRICES
        ),
        own_prices=np.array([_own_prices(holding) for holding in said.holding]).T,
        paid=np.array(
            [
                said.ledger == "whole_government" or holding.payer == "budget_holder"
                for holding in said.holding
            ]
        ),
        yearly_moves=None if said.moves_per_quarter is None else 4 * said.moves_per_quarter,
        max_sites=said.max_sites,
        ceiling=said.yearly_ceiling,
        holdings=tuple(map(_holding, said.holding)),
        floors=its_floors,
        seated=_seated(scenario, said, its_floors),
        secure=np.array([0 if need is None else need.secure_workstations.value for need in needs]),
        fits=np.array(
            [
                [need is None or not need.buildings or name in need.buildings for name in buildings]
                for need in needs
            ]
        ),
    )


def _floors(said: Estate) -> tuple[Floor, ...]:
    return floors(
        Room(
            room.building,
            room.floor,
            room.room,
            room.area_m2.value,
            room.workstations.value,
            room.secure,
            room.must_stay,
            room.people_limit,
        )
        for room in said.room
    )


def _holding(said: SaidHolding) -> Holding:
    return Holding(
        said.building,
        said.holder,
        said.right,
        said.hand_back == "floor",
        said.end,
        said.breaks,
        said.notice_months,
        said.renewable,
        said.heritage,
        said.disposal,
        said.disposal_months,
    )


def _own_prices(said: SaidHolding) -> list[float]:
    """Return the building's own prices, by PRICES; what it cannot have costs nothing."""
    own = []
    for name in PRICES:
        given = getattr(said, name, None)
        own.append(np.nan if given is None else given.value)
    if said.right != "lease":
        own[PRICES.index("rent_m2")] = own[PRICES.index("exit_m2")] = 0.0
    if said.disposal != "sale":
        own[PRICES.index("sale_m2")] = 0.0
    return own


def _seated(scenario: Scenario, said: Estate, its_floors: tuple[Floor, ...]) -> Ints:
    """Return who sits where: as it is stated, else bodies fill their building floor by floor."""
    bodies = [body.name for body in scenario.body]
    at = {(floor.building, floor.name): f for f, floor in enumerate(its_floors)}
    seated = np.zeros((len(bodies), len(its_floors)), np.int64)
    for seat in said.seat:
        seated[bodies.index(seat.body), at[seat.building, seat.floor]] = seat.workstations.value
    if said.seat:
        return seated
    free = [floor.open_places + floor.secure_places for floor in its_floors]
    for b, body in enumerate(scenario.body):
        left = body.workstations.value
        for f, floor in enumerate(its_floors):
            if floor.building == body.building:
                seated[b, f] = min(left, free[f])
                free[f] -= seated[b, f]
                left -= seated[b, f]
    return seated
