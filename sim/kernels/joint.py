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
_OUTER = 256


class Forms(NamedTuple):
    """The ``shock.Form`` of every pool and weekday for a few draws."""

    a: np.ndarray  # float64[pool, weekday, draw]
    b: np.ndarray  # float64[pool, weekday, draw]
    z: np.ndarray  # float64[pool, weekday, draw, node]
    rest: np.ndarray  # float64[pool, weekday, draw, node]
    nodes: np.ndarray  # int64[pool, weekday, draw]


_CENTRE, _CHANCE, _ENOUGH = range(3)


@kernel
def new_forms(pools: int, draws: int, nodes: int) -> Forms:
    """Return room for the forms of so many draws."""
    return Forms(
        np.empty((pools, WEEKDAYS, draws)),
        np.empty((pools, WEEKDAYS, draws)),
        np.empty((pools, WEEKDAYS, draws, nodes)),
        np.empty((pools, WEEKDAYS, draws, nodes)),
        np.empty((pools, WEEKDAYS, draws), np.int64),
    )


@kernel
def new_room() -> np.ndarray:
    """Return scratch, float64[value, outer]: the held part, chances given it, of nothing short."""
    return np.empty((3, _OUTER))


@kernel
def form_of(forms: Forms, q: int, d: int) -> shock.Form:
    """Return the form of one pool on one weekday."""
    return shock.Form(
        forms.a[q, d], forms.b[q, d], forms.z[q, d], forms.rest[q, d], forms.nodes[q, d]
    )


@inner
def repeat_day(forms: Forms, q: int, d: int, draws: int) -> None:
    """Take over the forms of the day before."""
    for i in range(draws):
        forms.a[q, d, i] = forms.a[q, d - 1, i]
        forms.b[q, d, i] = forms.b[q, d - 1, i]
        forms.nodes[q, d, i] = forms.nodes[q, d - 1, i]
        for j in range(forms.nodes[q, d, i]):
            forms.z[q, d, i, j] = forms.z[q, d - 1, i, j]
            forms.rest[q, d, i, j] = forms.rest[q, d - 1, i, j]


@inner
def week_risks(
    short: np.ndarray,
    draws: int,
    forms: Forms,
    q: int,
    part: float,
    r: np.ndarray,
    room: np.ndarray,
    out: np.ndarray,
) -> None:
    """Find the chance that a pool is short on any day of a week, float64[draw].

    ``short`` is float64[weekday, draw]; ``part`` of the shock is kept through the week.
    """
    for i in range(draws):
        out[i] = 1.0
    for d in range(WEEKDAYS):
        chance = short[d]
        for i in range(draws):
            out[i] *= 1.0 - chance[i]
    for i in range(draws):
        out[i] = 1.0 - out[i]
    if part > 0.0:
        for i in range(draws):
            if r[i] > 0.0:
                out[i] = _week_risk(short, forms, q, part, i, room)


@inner
def _week_risk(
    short: np.ndarray, forms: Forms, q: int, part: float, i: int, room: np.ndarray
) -> float:
    points = _hold(part, int(np.int64(WEEKDAYS)), room)  # a literal would compile it twice
    for d in range(WEEKDAYS):
        if d == 0 or short[d, i] != short[d - 1, i]:
            _chance_given(forms, q, d, i, part, points, room)
        for k in range(points):
            room[_ENOUGH, k] *= 1.0 - room[_CHANCE, k]
    return _not_enough(points, room)


@inner
def any_risk(
    short: np.ndarray,
    forms: Forms,
    pools: np.ndarray,
    d: int,
    part: float,
    r: np.ndarray,
    i: int,
    room: np.ndarray,
) -> float:
    """Return the chance that any of the pools is short on a weekday.

    ``short`` is float64[pool, weekday, draw] and ``r`` float64[pool, draw]; ``part`` of the shock
    is common to all bodies.
    """
    if pools.size == 1:
        return short[pools[0], d, i]
    apart = 1.0
    shocks = False
    for q in pools:
        apart *= 1.0 - short[q, d, i]
        shocks |= r[q, i] > 0.0
    if part == 0.0 or not shocks:
        return 1.0 - apart
    points = _hold(part, pools.size, room)
    for q in pools:
        if r[q, i] > 0.0:
            _chance_given(forms, q, d, i, part, points, room)
            for k in range(points):
                room[_ENOUGH, k] *= 1.0 - room[_CHANCE, k]
        else:
            for k in range(points):
                room[_ENOUGH, k] *= 1.0 - short[q, d, i]
    return _not_enough(points, room)


@inner
def _hold(part: float, factors: int, room: np.ndarray) -> int:
    """Lay out the held part of the shock for the trapezoid rule over ±7; return how many points.

    The integrand is φ times a product of smooth steps no steeper than width / √part; the rule's
    error falls like exp(-2 (π scale / step)²). The points fill whole vectors of eight lanes.
    """
    steep = math.sqrt((1.0 - part) / part) / math.sqrt(min(factors, 9))
    step = 0.75 * steep / math.sqrt(1.0 + steep * steep)
    points = (int(2.0 * _FAR / step) // 8 + 1) * 8
    for k in range(points):
        room[_CENTRE, k] = math.sqrt(part) * _point(k, points)
        room[_ENOUGH, k] = 1.0
    return points


@inner
def _point(k: int, points: int) -> float:
    """Return point k of the trapezoid rule over ±7."""
    return _FAR * (2.0 * k / (points - 1.0) - 1.0)


@inner
def _chance_given(
    forms: Forms, q: int, d: int, i: int, part: float, points: int, room: np.ndarray
) -> None:
    """Find P(X > D) for shocks of standard deviation √(1 - part) about each centre."""
    centre, chance = room[_CENTRE], room[_CHANCE]
    a, b = forms.a[q, d, i], forms.b[q, d, i]
    scale = 1.0 / math.sqrt(1.0 - part)
    narrow = 1.0 / math.sqrt(1.0 + b * b * (1.0 - part))
    for k in range(points):
        chance[k] = lanes.below((a + b * centre[k]) * narrow)
    z, rest = forms.z[q, d, i], forms.rest[q, d, i]
    for j in range(forms.nodes[q, d, i]):
        at, value = z[j] * scale, rest[j] * scale
        for k in range(points):
            chance[k] += value * lanes.density(at - centre[k] * scale)
    for k in range(points):
        chance[k] = min(max(chance[k], 0.0), 1.0)


@inner
def _not_enough(points: int, room: np.ndarray) -> float:
    """Return 1 - E[enough] by the trapezoid rule."""
    step = 2.0 * _FAR / (points - 1.0)
    total = 0.0
    for k in range(points):
        total += step * lanes.density(_point(k, points)) * (1.0 - room[_ENOUGH, k])
    return total
