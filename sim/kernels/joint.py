"""The chance of any shortage: within a week, or in any of several pools.

Days of a week share the part of the shock that lasts through it, pools the part that is common to
all bodies. Given that part they are independent, so the chance that nothing is short is an average
of products over it. The chance of each factor follows from the ``shock.Form`` of its day.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel
from sim.kernels import lanes, shock
from sim.kernels.presence import WEEKDAYS

_FAR = 7.0  # Φ(-7) = 1.3e-12
_MOST_POINTS = 256
_RUN = 8
_LANES = 64


class Forms(NamedTuple):
    """The ``shock.Form`` of every pool and weekday for a few draws."""

    a: np.ndarray  # float64[pool, weekday, draw]
    b: np.ndarray  # float64[pool, weekday, draw]
    z: np.ndarray  # float64[pool, weekday, node, draw]
    rest: np.ndarray  # float64[pool, weekday, node, draw]
    nodes: np.ndarray  # int64[pool, weekday, draw]


_CHANCE, _ENOUGH = range(2)
_LEVEL, _SLOPE, _AWAY, _FACTOR, _VALUE, _APART, _MOST, _TOTAL = range(8)


class Room(NamedTuple):
    """Scratch: points of the held part, and what is known of a few draws given each of them."""

    weight: np.ndarray  # float64[point], of the trapezoid rule
    fall: np.ndarray  # float64[point of a run]
    given: np.ndarray  # float64[value, point, draw], chance of a day, of nothing short so far
    draws: np.ndarray  # float64[value, draw]


@kernel
def new_forms(pools: int, draws: int, nodes: int) -> Forms:
    """Return room for the forms of so many draws."""
    return Forms(
        np.empty((pools, WEEKDAYS, draws)),
        np.empty((pools, WEEKDAYS, draws)),
        np.empty((pools, WEEKDAYS, nodes, draws)),
        np.empty((pools, WEEKDAYS, nodes, draws)),
        np.empty((pools, WEEKDAYS, draws), np.int64),
    )


@kernel
def new_room() -> Room:
    """Return scratch."""
    return Room(
        np.empty(_MOST_POINTS),
        np.empty(_RUN),
        np.empty((2, _MOST_POINTS, _LANES)),
        np.empty((8, _LANES)),
    )


@kernel
def form_of(forms: Forms, q: int, d: int) -> shock.Form:
    """Return the form of one pool on one weekday."""
    return shock.Form(
        forms.a[q, d], forms.b[q, d], forms.z[q, d], forms.rest[q, d], forms.nodes[q, d]
    )


@inner
def week_risks(
    short: np.ndarray,
    alike: np.ndarray,
    draws: int,
    forms: Forms,
    q: int,
    part: float,
    r: np.ndarray,
    room: Room,
    out: np.ndarray,
) -> None:
    """Find the chance that a pool is short on any day of a week, float64[draw].

    Parameters
    ----------
    short : float64[weekday, draw]
    alike : int64[weekday]
        The first of the weekdays in a row that are all like this one; only its form is read.
    draws : int
    forms : Forms
    q : int
        The pool.
    part : float
        Part of the shock that is kept through the week.
    r : float64[draw]
    room : Room
    out : float64[draw]
        Out.
    """
    for i in range(draws):
        out[i] = 1.0
    for d in range(WEEKDAYS):
        chance = short[d]
        for i in range(draws):
            out[i] *= 1.0 - chance[i]
    for i in range(draws):
        out[i] = 1.0 - out[i]
    if part == 0.0 or not _any_above_0(r[:draws]):
        return
    points = _hold(part, WEEKDAYS, room)
    for first in range(0, draws, _LANES):
        last = min(first + _LANES, draws)
        clustering, total = r[first:last], room.draws[_TOTAL]
        _begin(points, clustering.size, room)
        for d in range(WEEKDAYS):
            if alike[d] == d:
                _find_chances(
                    forms, q, d, first, clustering, short[d, first:last], part, points, room
                )
            _multiply(points, clustering.size, room)
        _average(points, clustering.size, room)
        for k in range(clustering.size):
            out[first + k] = total[k] if clustering[k] > 0.0 else out[first + k]


@inner
def group_risks(
    short: np.ndarray,
    alike: np.ndarray,
    week: np.ndarray,
    draws: int,
    forms: Forms,
    group: np.ndarray,
    common: float,
    kept: float,
    r: np.ndarray,
    room: Room,
    any_day: np.ndarray,
    any_week: np.ndarray,
) -> None:
    """Find the chance that any pool of a tier is short on a day, and within a week.

    Parameters
    ----------
    short : float64[pool, weekday, draw]
    alike : int64[pool, weekday]
    week : float64[pool, draw]
        From ``week_risks``.
    draws : int
    forms : Forms
    group : int64[...]
        The pools.
    common, kept : float
        Parts of the shock that are common to all bodies and that last through the week.
    r : float64[pool, draw]
    room : Room
    any_day, any_week : float64[draw]
        Out. The week has no cheap exact form where ``common`` and ``kept`` are both above 0 and a
        shock moves one of several pools; then it is NaN.
    """
    for first in range(0, draws, _LANES):
        size = min(_LANES, draws - first)
        day, none = any_day[first : first + size], any_week[first : first + size]
        for k in range(size):
            day[k] = 0.0
            none[k] = 1.0
        for d in range(WEEKDAYS):
            if _differs(alike, group, d):
                _any_short(short, alike, forms, group, d, common, r, first, size, room)
            chance = room.draws[_TOTAL]
            for k in range(size):
                day[k] += chance[k] / WEEKDAYS
                none[k] *= 1.0 - chance[k]
        for k in range(size):
            none[k] = 1.0 - none[k]
    if group.size == 1:
        for i in range(draws):
            any_week[i] = week[group[0], i]
    elif kept > 0.0:
        for i in range(draws):
            enough, clustering = 1.0, 0.0
            for q in group:
                enough *= 1.0 - week[q, i]
                clustering = max(clustering, r[q, i])
            known = 1.0 - enough if common == 0.0 else math.nan
            any_week[i] = known if clustering > 0.0 else any_week[i]


@inner
def _differs(alike: np.ndarray, group: np.ndarray, d: int) -> bool:
    """Tell whether any of the pools is on a weekday not as on the day before."""
    differs = False
    for q in group:
        differs |= alike[q, d] == d
    return differs


@inner
def _any_short(
    short: np.ndarray,
    alike: np.ndarray,
    forms: Forms,
    group: np.ndarray,
    d: int,
    common: float,
    r: np.ndarray,
    first: int,
    size: int,
    room: Room,
) -> None:
    """Find the chance that any of the pools is short on a weekday, for a few draws."""
    last = first + size
    total, apart, most = room.draws[_TOTAL], room.draws[_APART], room.draws[_MOST]
    if group.size == 1:
        alone = short[group[0], d, first:last]
        for k in range(size):
            total[k] = alone[k]
        return
    for k in range(size):
        apart[k] = 1.0
        most[k] = 0.0
    for q in group:
        chance, clustering = short[q, d, first:last], r[q, first:last]
        for k in range(size):
            apart[k] *= 1.0 - chance[k]
            most[k] = max(most[k], clustering[k])
    if common > 0.0 and _any_above_0(most[:size]):
        points = _hold(common, group.size, room)
        _begin(points, size, room)
        for q in group:
            chance = short[q, d, first:last]
            _find_chances(
                forms, q, alike[q, d], first, r[q, first:last], chance, common, points, room
            )
            _multiply(points, size, room)
        _average(points, size, room)
    for k in range(size):
        total[k] = total[k] if common > 0.0 and most[k] > 0.0 else 1.0 - apart[k]


@inner
def _any_above_0(values: np.ndarray) -> bool:
    above = 0
    for i in range(values.size):
        above += 1 if values[i] > 0.0 else 0
    return above > 0


@inner
def _hold(part: float, factors: int, room: Room) -> int:
    """Lay out the held part of the shock for the trapezoid rule over ±7; return how many points.

    The integrand is φ times a product of smooth steps no steeper than width / √part; the rule's
    error falls like exp(-2 (π scale / step)²). The points fill whole runs.
    """
    steep = math.sqrt((1.0 - part) / part) / math.sqrt(min(factors, 9))
    step = 0.75 * steep / math.sqrt(1.0 + steep * steep)
    points = (int(2.0 * _FAR / step) // _RUN + 1) * _RUN
    for j in range(points):
        room.weight[j] = 2.0 * _FAR / (points - 1.0) * lanes.density(_point(j, points))
    for j in range(_RUN):
        apart = j * _apart(part, points)
        room.fall[j] = math.exp(-0.5 * apart * apart)
    return points


@inner
def _point(j: int, points: int) -> float:
    """Return point j of the trapezoid rule over ±7."""
    return _FAR * (2.0 * j / (points - 1.0) - 1.0)


@inner
def _apart(part: float, points: int) -> float:
    """Return how far points lie apart, in standard deviations of what is not held."""
    return 2.0 * _FAR / (points - 1.0) * math.sqrt(part / (1.0 - part))


@inner
def _begin(points: int, size: int, room: Room) -> None:
    for j in range(points):
        enough = room.given[_ENOUGH, j]
        for k in range(size):
            enough[k] = 1.0


@inner
def _find_chances(
    forms: Forms,
    q: int,
    d: int,
    first: int,
    r: np.ndarray,
    short: np.ndarray,
    part: float,
    points: int,
    room: Room,
) -> None:
    """Find P(X > D) given each point of the held part, for a few draws.

    The normal form is averaged over the rest of the shock in closed form; what T adds to it is a
    density at each node. Along a run of even steps the density is a product,
    φ(u - s) = φ(u) exp(u s) exp(-s² / 2).
    """
    last = first + r.size
    a, b, nodes = (
        forms.a[q, d, first:last],
        forms.b[q, d, first:last],
        forms.nodes[q, d, first:last],
    )
    level, slope = room.draws[_LEVEL], room.draws[_SLOPE]
    away, factor, value = room.draws[_AWAY], room.draws[_FACTOR], room.draws[_VALUE]
    held, scale = math.sqrt(part), 1.0 / math.sqrt(1.0 - part)
    step = _apart(part, points)
    decay = math.exp(-_RUN * step * step)
    most = 0
    for k in range(r.size):
        narrow = 1.0 / math.sqrt(1.0 + b[k] * b[k] * (1.0 - part))
        level[k] = a[k] * narrow
        slope[k] = b[k] * narrow
        most = max(most, nodes[k])
    for j in range(points):
        chance, centre = room.given[_CHANCE, j], held * _point(j, points)
        for k in range(r.size):
            chance[k] = lanes.quick_below(level[k] + slope[k] * centre)
    for m in range(most):
        z, rest = forms.z[q, d, m, first:last], forms.rest[q, d, m, first:last]
        for k in range(r.size):
            away[k] = (z[k] - held * _point(0, points)) * scale
            factor[k] = lanes.exp(away[k] * step)
        for start in range(0, points, _RUN):
            for k in range(r.size):
                value[k] = rest[k] * scale * lanes.quick_density(0.5 * away[k] * away[k])
                away[k] -= _RUN * step
            for j in range(_RUN):
                chance, fall = room.given[_CHANCE, start + j], room.fall[j]
                for k in range(r.size):
                    chance[k] += value[k] * fall
                    value[k] *= factor[k]
            for k in range(r.size):
                factor[k] *= decay
    for j in range(points):
        chance = room.given[_CHANCE, j]
        for k in range(r.size):
            given = min(max(chance[k], 0.0), 1.0)
            chance[k] = given if r[k] > 0.0 else short[k]


@inner
def _multiply(points: int, size: int, room: Room) -> None:
    """Count in that the day or the pool just looked at is not short."""
    for j in range(points):
        chance, enough = room.given[_CHANCE, j], room.given[_ENOUGH, j]
        for k in range(size):
            enough[k] *= 1.0 - chance[k]


@inner
def _average(points: int, size: int, room: Room) -> None:
    """Find 1 - E[enough] by the trapezoid rule."""
    total = room.draws[_TOTAL]
    for k in range(size):
        total[k] = 0.0
    for j in range(points):
        enough, weight = room.given[_ENOUGH, j], room.weight[j]
        for k in range(size):
            total[k] += weight * (1.0 - enough[k])
