"""Estates of any size, made up for measuring the choice of what to keep."""

from __future__ import annotations

import numpy as np

from sim.analysis.programme import Terms

_FLOORS_A_BUILDING = 4


def portfolio(floors: int = 40, years: int = 5, bodies: int = 20, seed: int = 0) -> Terms:
    """Return an estate that is nearly full today and needs little more than half of its space.

    Every fourth floor begins another building, handed back as a whole or floor by floor; rents,
    breaks and densities differ; 240 workstations move in a year at most, and a body sits in three
    buildings at most.
    """
    rng = np.random.default_rng(seed)
    building = np.arange(floors) // _FLOORS_A_BUILDING
    buildings = int(building.max()) + 1
    places = rng.integers(40, 81, floors)
    area = places * rng.uniform(11, 16, floors)
    by_floor = rng.random(buildings) < 0.5
    starts = np.array([f % _FLOORS_A_BUILDING == 0 or by_floor[building[f]] for f in range(floors)])
    unit = np.cumsum(starts) - 1
    people = rng.integers(40, 160, bodies)
    people = (people * places.sum() * 0.95 / people.sum()).astype(np.int64)
    required = np.repeat(np.ceil(0.55 * people).astype(np.int64)[:, None], years, axis=1)
    worth = 1.035 ** -(np.arange(years) + 1.0)
    running, rent = rng.uniform(20, 40, buildings), rng.uniform(60, 150, buildings)
    units = int(unit.max()) + 1
    cost, spend = np.zeros((units, years + 1)), np.zeros((units, years + 1, years))
    for u, first in enumerate(np.flatnonzero(starts)):
        its_area, opportunity = area[unit == u].sum(), int(rng.integers(0, years))
        for emptied in range(years + 1):
            left = max(emptied, opportunity) if emptied < years else years
            cost[u, emptied] = (rent[building[first]] + 8) * its_area * worth[:left].sum()
            if left < years:
                cost[u, emptied] += 20 * its_area * worth[left]
                spend[u, emptied, left] = 20 * its_area
    return Terms(
        places=np.stack([places, np.zeros_like(places)]),
        building=building,
        unit=unit,
        last_use=np.full(floors, years + 1),
        must_use=np.zeros(floors, bool),
        opens=np.ones(floors, bool),
        must_hold=np.zeros(units, bool),
        body=np.arange(bodies),
        kind=np.zeros(bodies, np.int64),
        required=required,
        seated=_filled(people, places),
        fits=np.ones((bodies, floors), bool),
        max_sites=3,
        yearly_moves=240,
        ceiling=None,
        use_cost=((running[building] - 8) * area)[:, None] * worth,
        unit_cost=cost,
        unit_spend=spend,
        move_cost=300 * worth,
        move_spend=300.0,
    )


def _filled(people: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return bodies one after the other on floors one after the other, int64[body, floor]."""
    seated = np.zeros((len(people), len(places)), np.int64)
    free = places.copy()
    for body, left in enumerate(people.tolist()):
        for floor in np.flatnonzero(free):
            seated[body, floor] = min(left, free[floor])
            free[floor] -= seated[body, floor]
            left -= int(seated[body, floor])
    return seated
