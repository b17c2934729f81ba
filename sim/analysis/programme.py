"""Which floors to keep and who sits where, year by year, at least present cost.

The rules, in words:

1. Every floor is in use from the start. Once it is no longer used it stays closed; a floor with a
   room that must stay is always in use. A unit (a building, or a floor that can be handed back by
   itself) can be empty only from a year in which none of its floors is in use, and stays so.
2. Parties are bodies, and apart from them the part of a body that needs secure rooms. At the start
   each sits where it sits today, on no more workstations than it requires.
3. In every year some workstations move. Who has moved stays: nobody moves twice. At the end of each
   year every party has the workstations that it requires.
4. Nobody sits where the party does not fit; nobody moves onto a floor that is closed to moves; the
   workstations of a floor hold those who sat there at the start of the year, though they leave in
   it, beside those who have moved there by its end. That is the swing space, and since both floors
   are in use in that year, the double running.
5. No more workstations move in a year than can be moved, no more is spent on moving and leaving
   than may be, and at the end of a year a body sits in no more buildings than it may.

The cost is that of floors in use, of units by the year from which they are empty, and of moves.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from sim.problem import Floats, Ints

Bools = np.ndarray
_OPTIMAL, _INFEASIBLE = 0, 2
_FIRST, _SECOND = 0.4, 0.4
"""Parts of the time left for the relaxed and for the restricted programme."""


@dataclass(frozen=True, eq=False)
class Terms:
    """What is given.

    Attributes
    ----------
    places : int64[kind, floor]
        Workstations outside and inside secure rooms.
    building, unit : int64[floor]
    last_use : int64[floor]
        First year in which it can no longer be in use; the number of years for none.
    must_use : bool[floor]
    opens : bool[floor]
        Whether it takes people who move.
    must_hold : bool[unit]
    body, kind : int64[party]
    required : int64[party, year]
    seated : int64[party, floor]
    fits : bool[party, floor]
    max_sites : int or None
    yearly_moves : int or None
    ceiling : float or None
    use_cost : float64[floor, year]
        Of a floor in use over one that is not.
    unit_cost : float64[unit, emptied]
        Of a unit that is empty from a year on; the number of years stands for never.
    unit_spend : float64[unit, emptied, year]
        One-off spending, not discounted.
    move_cost : float64[year]
        Of moving one workstation.
    move_spend : float
        The same, not discounted.
    """

    places: Ints
    building: Ints
    unit: Ints
    last_use: Ints
    must_use: Bools
    opens: Bools
    must_hold: Bools
    body: Ints
    kind: Ints
    required: Ints
    seated: Ints
    fits: Bools
    max_sites: int | None
    yearly_moves: int | None
    ceiling: float | None
    use_cost: Floats
    unit_cost: Floats
    unit_spend: Floats
    move_cost: Floats
    move_spend: float

    @property
    def years(self) -> int:
        """Years of the plan."""
        return int(self.required.shape[1])


@dataclass(frozen=True, eq=False)
class Choice:
    """What is chosen.

    Attributes
    ----------
    used : bool[floor, year]
    emptied : int64[unit]
        Year from which it is empty; the number of years for never.
    staying : int64[party, floor, moment]
        Who has not moved; the start, then the end of each year.
    moved : int64[party, floor, year]
        Who has moved there by the end of the year.
    cost : float
    gap : float or None
        (cost - bound) / cost, with a bound that no plan can be below; None where there is none.
    """

    used: Bools
    emptied: Ints
    staying: Ints
    moved: Ints
    cost: float
    gap: float | None

    @property
    def seats(self) -> Ints:
        """Workstations at the end of each year, int64[party, floor, year]."""
        found: Ints = self.staying[:, :, 1:] + self.moved
        return found

    @property
    def moves(self) -> Ints:
        """Workstations moved in each year, int64[year]."""
        found: Ints = np.diff(self.moved.sum(axis=(0, 1)), prepend=0)
        return found


class Infeasible(Exception):  # noqa: N818 - it never reaches the user; a sentence is made of it
    """No plan gives everybody what is required.

    Attributes
    ----------
    lacking : int64[party, year]
        The least workstations in all that are missing at the end of each year.
    """

    def __init__(self, lacking: Ints) -> None:
        super().__init__()
        self.lacking = lacking


class OutOfTime(Exception):  # noqa: N818 - it never reaches the user
    """Time ran out before any plan was found."""


class _Model:
    """Columns and rows of a programme, gathered piece by piece."""

    def __init__(self) -> None:
        self.lower: list[Floats] = []
        self.upper: list[Floats] = []
        self.cost: list[Floats] = []
        self.whole: list[Floats] = []
        self.columns = 0
        self.rows = 0
        self._parts: list[tuple[Any, Any, Any]] = []
        self._least: list[Floats] = []
        self._most: list[Floats] = []

    def add(self, shape: tuple[int, ...], upper: Any = 1.0, cost: Any = 0.0) -> Ints:
        """Return the numbers of new whole columns from 0 to ``upper``."""
        count = math.prod(shape)
        numbers = np.arange(self.columns, self.columns + count).reshape(shape)
        self.columns += count
        self.lower.append(np.zeros(count))
        self.upper.append(np.broadcast_to(upper, shape).astype(float).ravel())
        self.cost.append(np.broadcast_to(cost, shape).astype(float).ravel())
        return numbers

    def limit(self, terms: list[tuple[Any, Any]], least: Any, most: Any) -> None:
        """Add rows least <= Σ columns · factors <= most: one row for each entry of the terms.

        Columns of one dimension more than rows add up along their last.
        """
        count = max(len(np.atleast_1d(least)), len(np.atleast_1d(most)))
        for columns, factor in terms:
            columns = np.asarray(columns)
            several = columns.reshape(count, -1)
            rows = np.repeat(np.arange(self.rows, self.rows + count), several.shape[1])
            factors = np.broadcast_to(factor, columns.shape).reshape(count, -1)
            self._parts.append((factors.ravel(), rows, several.ravel()))
        self._least.append(np.broadcast_to(least, count).astype(float))
        self._most.append(np.broadcast_to(most, count).astype(float))
        self.rows += count

    def solve(
        self, fixed: list[tuple[Ints, Any]], gap: float, seconds: float, cost: Floats | None = None
    ) -> Any:
        """Return scipy's result, with some columns fixed."""
        lower, upper = np.concatenate(self.lower), np.concatenate(self.upper)
        for columns, value in fixed:
            lower[columns] = upper[columns] = value
        factors, rows, columns = (
            np.concatenate([part[k] for part in self._parts]) for k in range(3)
        )
        matrix = coo_array((factors, (rows, columns)), shape=(self.rows, self.columns)).tocsr()
        return milp(
            np.concatenate(self.cost) if cost is None else cost,
            constraints=LinearConstraint(
                matrix, np.concatenate(self._least), np.concatenate(self._most)
            ),
            integrality=np.ones(self.columns, np.int64),
            bounds=Bounds(lower, upper),
            options={"mip_rel_gap": gap, "time_limit": max(seconds, 0.1)},
        )


class _Programme:
    """The rules as columns and rows.

    Parameters
    ----------
    terms : Terms
    pooled : bool
        Whether parties alike in kind and fit are placed together, which is all that matters while
        buildings of a body are not counted: a relaxation where they are, else the same.
    elastic : bool
        Whether workstations may be missing; then their number is the cost.
    """

    def __init__(self, terms: Terms, pooled: bool, elastic: bool = False) -> None:
        self.terms, self.pooled, self.elastic = terms, pooled, elastic
        self.model = _Model()
        parties, floors, years = len(terms.body), len(terms.unit), terms.years
        alike = np.column_stack([terms.kind, terms.fits])
        self.team = np.arange(parties)
        if pooled:
            self.team = np.unique(alike, axis=0, return_inverse=True)[1].reshape(-1)
        self.at = np.argwhere(terms.seated > 0)
        self._columns(floors, years)
        self._lasting()
        self._room()
        self._required()
        self._limits()
        if terms.max_sites is not None and terms.max_sites < len(set(terms.building)):
            self._sites()
        self._alike_floors()

    def _columns(self, floors: int, years: int) -> None:
        terms, model = self.terms, self.model
        usable = np.arange(years) < terms.last_use[:, None]
        self.use = model.add((floors, years), usable, terms.use_cost)
        every = len(terms.unit_cost)
        holdable = np.zeros((every, years), bool)
        np.logical_or.at(holdable, terms.unit, usable)
        self.held = model.add((every, years), holdable, np.diff(terms.unit_cost, axis=1))
        most = np.minimum(terms.seated, terms.required.max(axis=1)[:, None])[tuple(self.at.T)]
        there = np.arange(years + 1) < terms.last_use[self.at[:, 1], None]
        self.stay = model.add((len(self.at), years + 1), most[:, None] * there)
        step = terms.move_cost - np.append(terms.move_cost[1:], 0.0)
        self.arrive = model.add((len(terms.body), years), terms.required.max(), step)
        self.placed = model.add((self.team.max() + 1, floors, years), self._most_placed())
        self.short = model.add((len(terms.body), years), terms.required * self.elastic)
        self.one = model.add((1,), 1.0, terms.unit_cost[:, 0].sum())
        must = np.repeat(terms.must_use[:, None], years, axis=1) & usable
        self.fixed = [(self.one, 1.0), (self.use[must], 1.0), (self.held[terms.must_hold], 1.0)]

    def _most_placed(self) -> Floats:
        """Return the most people of a team who can move to a floor, [team, floor, 1]."""
        terms = self.terms
        _, first = np.unique(self.team, return_index=True)
        places = terms.places[terms.kind[first]] * terms.fits[first]
        open_floors = terms.opens & (terms.last_use > terms.years)
        most: Floats = (places * open_floors)[:, :, None].astype(float)
        return most

    def _lasting(self) -> None:
        """Keep closed what is closed, empty what is empty, and where they are those who moved."""
        model = self.model
        falling = [self.use, self.held, self.stay]
        for columns in falling:
            self._ordered(columns[..., 1:], columns[..., :-1])
        for columns in (self.arrive, self.placed):
            self._ordered(columns[..., :-1], columns[..., 1:])
        self._ordered(self.use, self.held[self.terms.unit])
        most = np.concatenate(model.upper)[self.stay[:, 0]]
        if len(self.at):
            rows = self.stay[:, :-1].ravel()
            floor = self.use[self.at[:, 1]].ravel()
            tight = np.repeat(most, self.terms.years)
            model.limit([(rows, 1.0), (floor, -tight)], -np.inf, np.zeros(rows.size))

    def _ordered(self, less: Ints, more: Ints) -> None:
        if less.size:
            self.model.limit(
                [(less.ravel(), 1.0), (more.ravel(), -1.0)], -np.inf, [0.0] * less.size
            )

    def _room(self) -> None:
        """Floors hold those who are still there, beside those who have come."""
        terms = self.terms
        _, first = np.unique(self.team, return_index=True)
        for kind in np.unique(terms.kind):
            mine = terms.kind[self.at[:, 0]] == kind
            teams = np.flatnonzero(terms.kind[first] == kind)
            needed = terms.required[terms.kind == kind].sum(axis=0)
            for year in range(terms.years):
                for floor, places in enumerate(terms.places[kind]):
                    stay = self.stay[mine & (self.at[:, 1] == floor), year]
                    came = self.placed[teams, floor, year]
                    held = [(stay, 1.0), (came, 1.0), (self.use[floor, year], -float(places))]
                    self.model.limit(held, -np.inf, 0.0)
                if not self.elastic:
                    whole = [(self.use[:, year], terms.places[kind].astype(float))]
                    self.model.limit(whole, float(needed[year]), np.inf)

    def _required(self) -> None:
        """Every party has what it requires; teams are placed as their parties arrive."""
        terms = self.terms
        for party, required in enumerate(terms.required):
            stay = self.stay[self.at[:, 0] == party]
            start = min(required[0], terms.seated[party].sum())
            self.model.limit([(stay[:, 0], 1.0)], float(start), float(start))
            falls = bool((np.diff(required) < 0).any())
            for year, need in enumerate(required.astype(float)):
                terms_of = [(stay[:, year + 1], 1.0), (self.arrive[party, year], 1.0)]
                terms_of.append((self.short[party, year], 1.0))
                self.model.limit(terms_of, need, np.inf if falls else need)
        for team in range(self.team.max() + 1):
            mine = self.arrive[self.team == team]
            for year in range(terms.years):
                both = [(self.placed[team, :, year], 1.0), (mine[:, year], -1.0)]
                self.model.limit(both, 0.0, 0.0)

    def _limits(self) -> None:
        """Limit moves and one-off spending of a year."""
        terms = self.terms
        for year in range(terms.years):
            moves: list[tuple[Any, Any]] = [(self.arrive[:, year], 1.0)]
            if year:
                moves.append((self.arrive[:, year - 1], -1.0))
            if terms.yearly_moves is not None:
                self.model.limit(moves, -np.inf, float(terms.yearly_moves))
            if terms.ceiling is not None:
                left = terms.ceiling - terms.unit_spend[:, 0, year].sum()
                spent = [(columns, sign * terms.move_spend) for columns, sign in moves]
                later = np.diff(terms.unit_spend[:, :, year], axis=1)
                self.model.limit([*spent, (self.held.ravel(), later.ravel())], -np.inf, left)

    def _sites(self) -> None:
        """Limit the buildings in which a body sits at the end of a year."""
        terms, model = self.terms, self.model
        buildings = np.unique(terms.building)
        bodies = np.unique(terms.body)
        site = model.add((len(bodies), len(buildings), terms.years))
        for b, body in enumerate(bodies):
            parties = np.flatnonzero(terms.body == body)
            most = float(terms.required[parties].max(axis=1).sum())
            for g, building in enumerate(buildings):
                floors = np.flatnonzero(terms.building == building)
                here = np.isin(self.at[:, 0], parties) & np.isin(self.at[:, 1], floors)
                most_here = min(most, float(terms.places[:, floors].sum()))
                for year in range(terms.years):
                    inside = [(self.stay[here, year + 1], 1.0), (site[b, g, year], -most_here)]
                    if not self.pooled:
                        inside.append((self.placed[np.ix_(parties, floors)][..., year], 1.0))
                    model.limit([(np.ravel(c), f) for c, f in inside], -np.inf, 0.0)
            for year in range(terms.years):
                model.limit([(site[b, :, year], 1.0)], -np.inf, float(terms.max_sites or 0))

    def _alike_floors(self) -> None:
        """Of floors alike in everything, where nobody sits, the first is used first."""
        terms = self.terms
        seen: dict[tuple[Any, ...], int] = {}
        for floor in range(len(terms.unit)):
            if terms.seated[:, floor].any() or terms.must_use[floor]:
                continue
            unit = terms.unit[floor]
            key = (
                terms.building[floor],
                tuple(terms.places[:, floor]),
                tuple(terms.use_cost[floor]),
                ((terms.unit == unit).sum() == 1 and tuple(terms.unit_cost[unit])) or unit,
                terms.opens[floor],
                terms.last_use[floor],
            )
            if key in seen:
                self._ordered(self.use[floor], self.use[seen[key]])
            seen[key] = floor

    def solve(self, gap: float, seconds: float, fixed: Any = ()) -> Any:
        """Return scipy's result."""
        cost = None
        if self.elastic:
            cost = np.zeros(self.model.columns)
            cost[self.short] = 1.0
        return self.model.solve([*self.fixed, *fixed], gap, seconds, cost)

    def choice(self, found: Floats, bound: float | None) -> Choice:
        """Return what a solution of the programme of single parties says."""
        terms = self.terms
        whole = np.rint(found).astype(np.int64)
        staying = np.zeros((len(terms.body), len(terms.unit), terms.years + 1), np.int64)
        staying[tuple(self.at.T)] = whole[self.stay]
        used = whole[self.use].astype(bool)
        emptied = _as_early(terms, used, whole[self.held].sum(axis=1))
        chosen = Choice(used, emptied, staying, whole[self.placed], 0.0, None)
        cost = cost_of(terms, chosen)
        gap = None if bound is None else max(0.0, cost - bound) / max(abs(cost), 1e-9)
        return Choice(used, emptied, staying, chosen.moved, cost, gap)


def _as_early(terms: Terms, used: Bools, emptied: Ints) -> Ints:
    """Return the first year from which each unit is empty that costs and spends the same."""
    found = emptied.copy()
    for unit, year in enumerate(emptied):
        open_years = used[terms.unit == unit].any(axis=0).sum()
        cost, spend = terms.unit_cost[unit], terms.unit_spend[unit]
        for earlier in range(open_years, 0 if terms.must_hold[unit] else year):
            same = cost[earlier] <= cost[year] + 1e-9 * abs(cost[year])
            if same and np.array_equal(spend[earlier], spend[year]):
                found[unit] = earlier
                break
    return found


def cost_of(terms: Terms, chosen: Choice) -> float:
    """Return the present cost of a choice."""
    units = np.arange(len(terms.unit_cost))
    cost = (terms.use_cost * chosen.used).sum() + terms.unit_cost[units, chosen.emptied].sum()
    return float(cost + (terms.move_cost * chosen.moves).sum())


def choose(terms: Terms, gap: float, seconds: float) -> Choice:
    """Choose what to keep and who sits where.

    First without telling apart parties alike, whose cost no plan can be below; then, with the
    floors of that, for single parties; and only if that costs more than the gap allows, all at
    once.

    Parameters
    ----------
    terms : Terms
    gap : float
        Part of the cost that the plan may be above the bound.
    seconds : float
        Time limit.

    Returns
    -------
    Choice
        Within the gap, or the best plan found in time, with the gap that it has.

    Raises
    ------
    Infeasible
        If no plan gives everybody what is required.
    OutOfTime
        If none was found in time.
    """
    until = time.monotonic() + seconds
    relaxed = _Programme(terms, pooled=True)
    found = relaxed.solve(0.7 * gap, _FIRST * seconds)
    if found.status == _INFEASIBLE:
        raise Infeasible(lacking(terms, seconds))
    bound = _bound(found)
    single = _Programme(terms, pooled=False)
    best: Choice | None = None
    for fixed in _restrictions(relaxed, single, found.x):
        left = until - time.monotonic()
        tried = single.solve(0.1 * gap, _SECOND * left, fixed)
        if tried.x is not None:
            best = single.choice(tried.x, bound)
            break
    if best is not None and best.gap is not None and best.gap <= gap + 1e-12:
        return best
    whole = single.solve(gap, until - time.monotonic())
    if whole.status == _INFEASIBLE:
        raise Infeasible(lacking(terms, seconds))
    known = [b for b in (bound, _bound(whole)) if b is not None]
    bound = max(known, default=None)
    plans = [one.x for one in (whole,) if one.x is not None]
    candidates = [single.choice(x, bound) for x in plans]
    if best is not None:
        rest = None if bound is None else max(0.0, best.cost - bound) / max(abs(best.cost), 1e-9)
        candidates.append(
            Choice(best.used, best.emptied, best.staying, best.moved, best.cost, rest)
        )
    if not candidates:
        raise OutOfTime
    return min(candidates, key=lambda one: one.cost)


def _restrictions(relaxed: _Programme, single: _Programme, x: Floats | None) -> list[Any]:
    """Return what to fix in the programme of single parties, the narrowest first.

    Last of all everything is kept as long as it can be, first with nobody moving: dear, but a plan.
    """
    upper = np.concatenate(single.model.upper)
    kept = [(single.use, upper[single.use]), (single.held, upper[single.held])]
    last = [[*kept, (single.arrive, 0.0)], kept]
    if x is None:
        return last
    floors = [
        (single.use, np.rint(x[relaxed.use])),
        (single.held, np.rint(x[relaxed.held])),
    ]
    return [[*floors, (single.stay, np.rint(x[relaxed.stay]))], floors, *last]


def _bound(found: Any) -> float | None:
    bound = found.get("mip_dual_bound")
    return float(bound) if bound is not None and math.isfinite(bound) else None


def lacking(terms: Terms, seconds: float) -> Ints:
    """Return the least workstations in all that must be missing, int64[party, year].

    None are where leaving what ends costs more than the ceiling, whoever sits where.

    Raises
    ------
    OutOfTime
    """
    elastic = _Programme(terms, pooled=False, elastic=True)
    found = elastic.solve(0.0, seconds)
    if found.status == _INFEASIBLE:
        return np.zeros_like(terms.required)
    if found.x is None:
        raise OutOfTime
    missing: Ints = np.rint(found.x[elastic.short]).astype(np.int64)
    return missing


def most_releasable(terms: Terms, year: int, areas: Floats, seconds: float) -> Floats:
    """Return the area of units that what is required in a year could leave empty, float64[unit].

    Parameters
    ----------
    terms : Terms
    year : int
    areas : float64[unit]
        [m²]
    seconds : float
        Time limit.

    Returns
    -------
    float64[unit]
        Whole units only, the most there can be in all: whatever leases, takers, moves and money
        say, and everybody sits where the party fits. Zeros where not even all floors are enough.
    """
    now = np.array([0])
    required = terms.required[:, year : year + 1]
    must_hold = terms.must_hold.copy()
    must_hold[terms.unit[terms.must_use]] = True
    alone = Terms(
        places=terms.places,
        building=terms.building,
        unit=terms.unit,
        last_use=np.full_like(terms.last_use, 2),
        must_use=terms.must_use,
        opens=np.ones_like(terms.opens),
        must_hold=must_hold,
        body=terms.body,
        kind=terms.kind,
        required=required,
        seated=np.zeros_like(terms.seated),
        fits=terms.fits,
        max_sites=None,
        yearly_moves=None,
        ceiling=None,
        use_cost=np.zeros((len(terms.unit), 1)),
        unit_cost=np.column_stack([np.zeros_like(areas), areas]),
        unit_spend=np.zeros((len(areas), 2, 1)),
        move_cost=np.zeros_like(now, float),
        move_spend=0.0,
    )
    packed = _Programme(alone, pooled=True)
    found = packed.solve(1e-3, seconds)
    if found.x is None:
        return np.zeros_like(areas)
    empty: Floats = areas * (1 - np.rint(found.x[packed.held][:, 0]))
    return empty
