"""The estate's rules by trying everything: every floor closed in every year, everybody everywhere.

Written from the rules in words at the head of ``sim/analysis/programme.py``; only for estates of a
few floors and workstations.
"""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.analysis.programme import Terms

Seats = tuple[tuple[int, ...], ...]
"""Workstations by party and floor."""


def least_cost(terms: Terms) -> float:
    """Return the least cost of any plan, infinity where there is none."""
    floors, years = range(len(terms.unit)), terms.years
    lasts = [[years] if terms.must_use[f] else list(range(years + 1)) for f in floors]
    best = math.inf
    for closed in itertools.product(*lasts):
        if any(closed[f] > terms.last_use[f] for f in floors):
            continue
        fixed = sum(terms.use_cost[f, t] for f in floors for t in range(closed[f]))
        for emptied in itertools.product(*(range(years + 1) for _ in terms.must_hold)):
            if not _units_fit(terms, closed, emptied):
                continue
            held = sum(terms.unit_cost[u, year] for u, year in enumerate(emptied))
            if fixed + held < best:
                budget = tuple(_budget(terms, emptied))
                best = min(best, fixed + held + _least_moves(terms, closed, budget))
    return best


def _units_fit(terms: Terms, closed: tuple[int, ...], emptied: tuple[int, ...]) -> bool:
    for u, year in enumerate(emptied):
        mine = [f for f in range(len(closed)) if terms.unit[f] == u]
        if terms.must_hold[u] and year < terms.years:
            return False
        if any(closed[f] > year for f in mine) or year > max(terms.last_use[f] for f in mine):
            return False
    return True


def _budget(terms: Terms, emptied: tuple[int, ...]) -> Iterator[float]:
    """Yield the moves that each year allows; below 0 where leaving alone costs too much."""
    for year in range(terms.years):
        moves = math.inf if terms.yearly_moves is None else terms.yearly_moves
        if terms.ceiling is not None:
            left = terms.ceiling - sum(terms.unit_spend[u, e, year] for u, e in enumerate(emptied))
            if terms.move_spend > 0:
                moves = min(moves, math.floor(left / terms.move_spend + 1e-9))
            elif left < -1e-9:
                moves = -1
        yield moves


def _least_moves(terms: Terms, closed: tuple[int, ...], budget: tuple[float, ...]) -> float:
    """Return the least cost of moves with floors closed from these years on."""
    if min(budget) < 0:
        return math.inf

    @cache
    def onwards(year: int, staying: Seats, moved: Seats) -> float:
        """Return the least cost of moves from the start of a year on."""
        if year == terms.years:
            return 0.0
        best = math.inf
        for still, came in _next(terms, closed, year, staying, moved):
            moves = _total(came) - _total(moved)
            if moves <= budget[year]:
                rest = onwards(year + 1, still, came)
                best = min(best, moves * terms.move_cost[year] + rest)
        return best

    nobody = tuple(tuple(0 for _ in closed) for _ in terms.body)
    return min((onwards(0, start, nobody) for start in _starts(terms, closed)), default=math.inf)


def _starts(terms: Terms, closed: tuple[int, ...]) -> Iterator[Seats]:
    """Yield who may sit where at the start: nobody on a floor that is never used."""
    rows = []
    for party, seated in enumerate(terms.seated.tolist()):
        total = min(terms.required[party, 0], sum(seated))
        ways = itertools.product(*(range(n + 1) for n in seated))
        rows.append([row for row in ways if sum(row) == total])
    for start in itertools.product(*rows):
        if all(closed[f] > 0 for row in start for f, n in enumerate(row) if n):
            yield start


def _next(
    terms: Terms, closed: tuple[int, ...], year: int, staying: Seats, moved: Seats
) -> Iterator[tuple[Seats, Seats]]:
    """Yield who may sit where at the end of a year."""
    by_party = []
    for party in range(len(terms.body)):
        pairs = []
        still = itertools.product(*(range(n + 1) for n in staying[party]))
        for row in still:
            if any(n and not _may_stay(terms, closed, f, year + 1) for f, n in enumerate(row)):
                continue
            lacking = int(terms.required[party, year]) - sum(row) - sum(moved[party])
            for more in _added(terms, party, closed, max(0, lacking)):
                came = tuple(a + b for a, b in zip(moved[party], more, strict=True))
                pairs.append((row, came))
        by_party.append(pairs)
    for both in itertools.product(*by_party):
        still_there, here = tuple(b[0] for b in both), tuple(b[1] for b in both)
        if _has_room(terms, staying, here) and _few_sites(terms, still_there, here):
            yield still_there, here


def _may_stay(terms: Terms, closed: tuple[int, ...], floor: int, moment: int) -> bool:
    """Tell whether somebody may be there at the start of a year, or at the end of the last."""
    if moment >= terms.last_use[floor]:
        return False
    return moment == terms.years or closed[floor] > moment


def _added(
    terms: Terms, party: int, closed: tuple[int, ...], count: int
) -> Iterator[tuple[int, ...]]:
    """Yield the ways to move so many onto floors used to the end, as nobody moves twice."""
    able = [
        terms.fits[party, f]
        and terms.opens[f]
        and closed[f] == terms.years
        and terms.last_use[f] > terms.years
        for f in range(len(closed))
    ]
    ways = itertools.product(*(range(count + 1) if ok else (0,) for ok in able))
    yield from (way for way in ways if sum(way) == count)


def _has_room(terms: Terms, staying: Seats, came: Seats) -> bool:
    for kind, places in enumerate(terms.places.tolist()):
        mine = [p for p in range(len(terms.body)) if terms.kind[p] == kind]
        for f, most in enumerate(places):
            if sum(staying[p][f] + came[p][f] for p in mine) > most:
                return False
    return True


def _few_sites(terms: Terms, staying: Seats, came: Seats) -> bool:
    if terms.max_sites is None:
        return True
    sites: dict[int, set[int]] = {}
    for p, body in enumerate(terms.body.tolist()):
        for f, building in enumerate(terms.building.tolist()):
            if staying[p][f] + came[p][f]:
                sites.setdefault(body, set()).add(building)
    return all(len(those) <= terms.max_sites for those in sites.values())


def _total(seats: Seats) -> int:
    return sum(map(sum, seats))
