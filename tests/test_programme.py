"""The integer programme against trying everything, and what must hold of any plan."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from naive_estate import least_cost
from scipy.optimize import OptimizeResult

from sim.analysis import programme
from sim.analysis.programme import (
    Choice,
    Infeasible,
    Terms,
    choose,
    cost_of,
    most_releasable,
)

CASES = 500
BATCHES = 10


def small_estate(seed: int) -> Terms:
    """Return an estate small enough to try everything, with every rule in play."""
    rng = np.random.default_rng(seed)
    floors, years = int(rng.integers(2, 4)), int(rng.integers(1, 3))
    bodies = int(rng.integers(1, 3))
    building = np.sort(rng.integers(0, 2, floors))
    building = np.unique(building, return_inverse=True)[1]
    by_floor = rng.random(2) < 0.5
    unit, units = np.empty(floors, np.int64), -1
    for f in range(floors):
        units += f == 0 or building[f] != building[f - 1] or bool(by_floor[building[f]])
        unit[f] = units
    apart = rng.random() < 0.3
    parties = bodies + apart
    kind = np.array([0] * bodies + [1] * apart)
    places = np.stack([rng.integers(1, 4, floors), rng.integers(0, 2, floors)])
    seated = np.zeros((parties, floors), np.int64)
    free = places.copy()
    for p in range(parties):
        for f in rng.permutation(floors)[: 1 + (rng.random() < 0.5)]:
            seated[p, f] = rng.integers(0, free[kind[p], f] + 1)
            free[kind[p], f] -= seated[p, f]
    first = np.maximum(1, seated.sum(axis=1) - rng.integers(-1, 2, parties))
    step = rng.integers(-1, 2, parties) * (rng.random() < 0.3)
    required = np.maximum(0, first[:, None] + step[:, None] * np.arange(years))
    ends = [years + 1 if rng.random() < 0.85 else int(rng.integers(1, years + 1)) for _ in range(2)]
    last_use = np.array([ends[b] for b in building])
    must_use = (rng.random(floors) < 0.1) & (last_use > years)
    whole = np.array([all(last_use[unit == u] > years) for u in range(units + 1)])
    unit_cost = np.cumsum(rng.integers(-3, 9, (units + 1, years + 1)), axis=1).astype(float)
    spend = rng.integers(0, 4, (units + 1, years + 1, years)).astype(float)
    spend[:, years] = 0.0
    return Terms(
        places=places,
        building=building,
        unit=unit,
        last_use=last_use,
        must_use=must_use,
        opens=rng.random(floors) < 0.9,
        must_hold=(rng.random(units + 1) < 0.1) & whole,
        body=np.array([*range(bodies), *([0] if apart else [])]),
        kind=kind,
        required=required,
        seated=seated,
        fits=(rng.random((parties, floors)) < 0.9) | (seated > 0),
        max_sites=None if rng.random() < 0.5 else 1,
        yearly_moves=None if rng.random() < 0.5 else int(rng.integers(0, 4)),
        ceiling=None if rng.random() < 0.5 else float(rng.integers(2, 9)),
        use_cost=rng.integers(-1, 6, (floors, years)).astype(float),
        unit_cost=unit_cost,
        unit_spend=spend,
        move_cost=rng.integers(0, 4, years).astype(float),
        move_spend=float(rng.integers(0, 3)),
    )


def found_cost(terms: Terms) -> float:
    try:
        chosen = choose(terms, 0.0, 30.0)
    except Infeasible as none:
        lacking = none.lacking
    else:
        keeps_the_rules(terms, chosen)
        assert chosen.cost == pytest.approx(cost_of(terms, chosen))
        return chosen.cost
    assert lacking.sum() > 0 or terms.ceiling is not None
    return math.inf


def keeps_the_rules(terms: Terms, chosen: Choice) -> None:
    years = terms.years
    assert (np.diff(chosen.used.astype(int), axis=1) <= 0).all()
    assert chosen.used[terms.must_use].all()
    for f, year in np.argwhere(chosen.used):
        assert year < terms.last_use[f]
        assert chosen.emptied[terms.unit[f]] > year
    assert (chosen.emptied[terms.must_hold] == years).all()
    assert (np.diff(chosen.staying, axis=2) <= 0).all()
    assert (np.diff(chosen.moved, axis=2) >= 0).all()
    assert (chosen.staying <= terms.seated[:, :, None]).all()
    assert (chosen.seats.sum(axis=1) >= terms.required).all()
    for kind, places in enumerate(terms.places):
        mine = terms.kind == kind
        there = chosen.staying[mine, :, :-1] + chosen.moved[mine]
        assert (there.sum(axis=0) <= places[:, None] * chosen.used).all()
    assert not chosen.moved[~(terms.fits & terms.opens)].any()
    if terms.yearly_moves is not None:
        assert (chosen.moves <= terms.yearly_moves).all()
    if terms.ceiling is not None:
        each = np.arange(len(terms.unit_spend))
        left = terms.unit_spend[each, chosen.emptied].sum(axis=0)
        assert (left + terms.move_spend * chosen.moves <= terms.ceiling + 1e-6).all()
    if terms.max_sites is not None:
        for body, year in np.ndindex(terms.body.max() + 1, years):
            floors = chosen.seats[terms.body == body, :, year].any(axis=0)
            assert len(set(terms.building[floors])) <= terms.max_sites


@pytest.mark.parametrize("batch", range(BATCHES))
def test_trying_everything_agrees(batch: int) -> None:
    """Every one of 500 small estates has the same least cost, or no plan in either."""
    infeasible = 0
    for seed in range(batch * CASES // BATCHES, (batch + 1) * CASES // BATCHES):
        terms = small_estate(seed)
        expected = least_cost(terms)
        infeasible += math.isinf(expected)
        assert found_cost(terms) == pytest.approx(expected, abs=1e-6), seed
    assert 0 < infeasible < CASES // BATCHES


def test_without_time_to_choose_everything_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no solver has finished still ends in a plan, and says that its gap is not known."""
    terms = replace(small_estate(0), yearly_moves=None, ceiling=None, max_sites=None)
    solve = programme._Programme.solve

    def out_of_time(self: Any, gap: float, seconds: float, fixed: Any = ()) -> Any:
        if fixed:
            return solve(self, gap, seconds, fixed)
        return OptimizeResult(status=1, x=None, mip_dual_bound=None)

    best = choose(terms, 0.0, 30.0)
    monkeypatch.setattr(programme._Programme, "solve", out_of_time)
    chosen = choose(terms, 0.0, 30.0)
    keeps_the_rules(terms, chosen)
    assert chosen.gap is None
    assert chosen.cost >= best.cost


def test_releasable_is_the_largest_set_of_whole_units() -> None:
    """By hand: 60 required on floors of 40, 30 and 35; the pair of 30 and 35 is enough."""
    base = small_estate(0)
    terms = replace(
        base,
        places=np.array([[40, 30, 35], [0, 0, 0]]),
        building=np.arange(3),
        unit=np.arange(3),
        last_use=np.full(3, 9),
        must_use=np.zeros(3, bool),
        opens=np.ones(3, bool),
        must_hold=np.zeros(3, bool),
        body=np.array([0]),
        kind=np.array([0]),
        required=np.array([[60, 66]]),
        seated=np.zeros((1, 3), np.int64),
        fits=np.ones((1, 3), bool),
    )
    areas = np.array([500.0, 300.0, 400.0])
    assert most_releasable(terms, 0, areas, 9.0).tolist() == [500.0, 0.0, 0.0]
    assert most_releasable(terms, 1, areas, 9.0).tolist() == [0.0, 0.0, 400.0]
    stuck = replace(terms, must_use=np.array([True, False, False]))
    assert most_releasable(stuck, 0, areas, 9.0).tolist() == [0.0, 0.0, 400.0]
