"""Tails of sums of binomials by the second-order lattice saddlepoint, in vector lanes.

For large pools the exact sums of ``binomial`` cost more the larger the pool; the saddlepoint does
not. Its error follows the variance of the tilted sum: up to 9e-5 relative at 22, 6e-5 at 25,
4e-5 at 30, 2e-5 at 40 and 7e-6 from 60 upwards, tails down to 1e-9; that is for cohorts of whom
hardly anybody comes together with others of whom hardly anybody stays away. Single binomials are
three times as good.
Where that variance is smaller a flag asks for the exact sum. At the mean terms cancel; there the
tail, a smooth function of the limit, is interpolated between limits beside it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel, lane
from sim.kernels import lanes

LEAST_VARIANCE = 22.0
_STEPS = 2
_CLOSE = 0.02  # standard deviations by which a small saddlepoint may miss the limit
_SMALL = 1.25  # t up to which the quadrature is good for a relative error of 1e-7 · K₂
_ROUNDS = 2
_NEAR = 0.05
_BESIDE = np.array([-0.12, -0.06, 0.06, 0.12])
_AT_ONCE = 128
_VECTOR = 8
_GLANCE = 64

SETTLED, NEAR_MEAN, NEEDS_STEPS, NEEDS_SUM = range(4)


_T, _GROWTH, _K0, _K1, _K2, _K3, _K4, _MEAN, _PEOPLE = range(9)
_VARIANCE, _THIRD, _FOURTH, _FIFTH, _K5 = range(9, 14)
_X, _SHORT, _UNMET = range(3)
_SPREAD, _POSITION, _SHORT_HERE, _UNMET_HERE = range(4)


class Lanes(NamedTuple):
    """Scratch of a value for each lane: t, eᵗ - 1, K and its derivatives, mean and people."""

    values: np.ndarray  # float64[value, lane]
    state: np.ndarray  # int64[lane]
    picked: np.ndarray  # int64[lane + 1]


class Beside(NamedTuple):
    """Scratch for lanes that are taken aside, or for four limits beside the mean of each."""

    lane: np.ndarray  # float64[value, lane], spread, position between limits, short and unmet
    n: np.ndarray  # float64[cohort, limit]
    p: np.ndarray  # float64[cohort, limit]
    values: np.ndarray  # float64[value, limit], x, short and unmet
    room: Lanes


@kernel
def new_lanes(count: int) -> Lanes:
    """Return scratch for so many lanes."""
    return Lanes(np.empty((14, count)), np.empty(count, np.int64), np.empty(count + 1, np.int64))


@kernel
def new_beside(cohorts: int) -> Beside:
    """Return scratch for sums of so many binomials."""
    return Beside(
        np.empty((4, _AT_ONCE // _BESIDE.size)),
        np.empty((cohorts, _AT_ONCE)),
        np.empty((cohorts, _AT_ONCE)),
        np.empty((3, _AT_ONCE)),
        new_lanes(_AT_ONCE),
    )


@inner
def tails(
    cohorts: int,
    n: np.ndarray,
    p: np.ndarray,
    x: np.ndarray,
    room: Lanes,
    beside: Beside,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Find P(X > D) and E[(X - D)⁺] for sums X of independent binomials.

    Parameters
    ----------
    cohorts, n, p, x, short, unmet
        As in ``sim.kernels.tails.tails``; a size may be 0.
    room : Lanes
        ``state`` is ``NEEDS_SUM`` in the lanes that are left to the exact sum.
    beside : Beside

    Notes
    -----
    Saddlepoint K'(t) = x, cumulants K₂ K₃ K₄ there, w = sign(t) √(2 (t x - K)),
    λ₃ = K₃ / K₂^1.5, λ₄ = K₄ / K₂², c = coth(t / 2): both are contour integrals of
    exp(K(s) - s x) f(s), with f = 1 / (2 sinh(s / 2)) for the tail and
    f = exp(s / 2) / (4 sinh²(s / 2)) for the excess. What is singular at 0, 1 / w and
    (x - μ) / w² + 1 / (2 w), is taken out and integrated in closed form; the rest is the ordinary
    second-order saddlepoint. Lugannani and Rice (1980); Daniels (1987); for the excess the same
    steps with a double pole.
    """
    _small_saddlepoints(cohorts, n, p, x, room, short, unmet)
    far = lanes_in(NEEDS_STEPS, x.size, room)
    for first in range(0, far, _AT_ONCE):
        last = min(first + _AT_ONCE, far)
        _step_by_step(cohorts, n, p, x, room, room.picked[first:last], beside, short, unmet)
    near = lanes_in(NEAR_MEAN, x.size, room)
    for first in range(0, near, _AT_ONCE // _BESIDE.size):
        last = min(first + _AT_ONCE // _BESIDE.size, near)
        _interpolate(cohorts, n, p, x, room, room.picked[first:last], beside, short, unmet)


@inner
def lanes_in(state: int, count: int, room: Lanes) -> int:
    """Write the lanes in a state to ``room.picked``; return how many there are."""
    found = int(np.int64(0))  # no literal, which would compile its users twice
    for first in range(0, count, _GLANCE):
        states = room.state[first : min(first + _GLANCE, count)]
        some = 0
        for i in range(states.size):
            some += 1 if states[i] == state else 0
        if some > 0:
            for i in range(states.size):
                room.picked[found] = first + i
                found += 1 if states[i] == state else 0
    return found


@inner
def _interpolate(
    cohorts: int,
    n: np.ndarray,
    p: np.ndarray,
    x: np.ndarray,
    room: Lanes,
    chosen: np.ndarray,
    beside: Beside,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Put a cubic through four limits, in standard deviations from the mean.

    The lanes are filled up to whole vectors with the last of them.
    """
    width = chosen.size + -chosen.size % _VECTOR
    size = width * _BESIDE.size
    spread, position = beside.lane[_SPREAD, :width], beside.lane[_POSITION, :width]
    short_here, unmet_here = beside.lane[_SHORT_HERE, :width], beside.lane[_UNMET_HERE, :width]
    mean = room.values[_MEAN]
    for j in range(width):
        i = chosen[min(j, chosen.size - 1)]
        variance = 0.0
        for c in range(cohorts):
            variance += n[c, i] * p[c, i] * (1.0 - p[c, i])
        spread[j] = math.sqrt(variance)
        position[j] = (x[i] - mean[i]) / spread[j]
        short_here[j] = 0.0
        unmet_here[j] = 0.0
    for k in range(_BESIDE.size):
        limits, beyond = beside.values[_X, k * width : (k + 1) * width], _BESIDE[k]
        for j in range(width):
            limits[j] = mean[chosen[min(j, chosen.size - 1)]] + beyond * spread[j]
        for c in range(cohorts):
            people, share = beside.n[c, k * width :], beside.p[c, k * width :]
            for j in range(width):
                i = chosen[min(j, chosen.size - 1)]
                people[j] = n[c, i]
                share[j] = p[c, i]
    limits, shorts, unmets = beside.values[_X, :size], beside.values[_SHORT], beside.values[_UNMET]
    _small_saddlepoints(cohorts, beside.n, beside.p, limits, beside.room, shorts, unmets)
    for k in range(_BESIDE.size):
        short_there, unmet_there = shorts[k * width :], unmets[k * width :]
        for j in range(width):
            weight = 1.0
            for m in range(_BESIDE.size):
                if m != k:
                    weight *= (position[j] - _BESIDE[m]) / (_BESIDE[k] - _BESIDE[m])
            short_here[j] += weight * short_there[j]
            unmet_here[j] += weight * unmet_there[j]
    for j in range(chosen.size):
        short[chosen[j]] = short_here[j]
        unmet[chosen[j]] = unmet_here[j]


@inner
def _step_by_step(
    cohorts: int,
    n: np.ndarray,
    p: np.ndarray,
    x: np.ndarray,
    room: Lanes,
    chosen: np.ndarray,
    beside: Beside,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Settle lanes whose saddlepoint is far from 0, taken aside and filled up to whole vectors."""
    width = chosen.size + -chosen.size % _VECTOR
    limits, shorts, unmets = beside.values[_X, :width], beside.values[_SHORT], beside.values[_UNMET]
    for j in range(width):
        limits[j] = x[chosen[min(j, chosen.size - 1)]]
    for c in range(cohorts):
        people, share = beside.n[c], beside.p[c]
        for j in range(width):
            i = chosen[min(j, chosen.size - 1)]
            people[j] = n[c, i]
            share[j] = p[c, i]
    _start(cohorts, beside.n, beside.p, limits, beside.room)
    for _ in range(_STEPS):
        _improve(cohorts, beside.n, beside.p, limits, beside.room)
    _cumulants(cohorts, beside.n, beside.p, limits, beside.room)
    _expand(limits, beside.room, shorts, unmets)
    for j in range(chosen.size):
        short[chosen[j]] = shorts[j]
        unmet[chosen[j]] = unmets[j]
        room.state[chosen[j]] = beside.room.state[j]


@inner
def _small_saddlepoints(
    cohorts: int,
    n: np.ndarray,
    p: np.ndarray,
    x: np.ndarray,
    room: Lanes,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Settle the lanes whose saddlepoint is near 0; ``state`` tells of the others.

    There the series for t needs few steps or none, and K(t) is an integral between known ends.
    """
    if _start(cohorts, n, p, x, room) > 0:
        _small_cumulants(cohorts, n, p, x, room)
        for _ in range(_ROUNDS):
            if _step_where_needed(x, room) == 0:
                break
            _small_cumulants(cohorts, n, p, x, room)
        _small_expand(x, room, short, unmet)


@inner
def _start(cohorts: int, n: np.ndarray, p: np.ndarray, x: np.ndarray, room: Lanes) -> int:
    """Start from t = 0, where the cumulants are the sum's own: K' reversed as a series.

    Lanes with a small t are left for ``_small_expand`` to settle; return how many there are.
    """
    mean, people, t = room.values[_MEAN], room.values[_PEOPLE], room.values[_T]
    k2, k3, k4 = room.values[_VARIANCE], room.values[_THIRD], room.values[_FOURTH]
    k5 = room.values[_FIFTH]
    for i in range(x.size):
        mean[i] = 0.0
        people[i] = 0.0
        k2[i] = 0.0
        k3[i] = 0.0
        k4[i] = 0.0
        k5[i] = 0.0
    for c in range(cohorts):
        size, share = n[c], p[c]
        for i in range(x.size):
            rest = 1.0 - share[i]
            part = size[i] * share[i]
            mean[i] += part
            people[i] += size[i] if share[i] > 0.0 else 0.0
            spread = share[i] * rest
            part *= rest
            k2[i] += part
            k4[i] += part * (1.0 - 6.0 * spread)
            part *= rest - share[i]
            k3[i] += part
            k5[i] += part * (1.0 - 12.0 * spread)
    small = 0
    for i in range(x.size):
        inverse = 1.0 / max(k2[i], 1e-12)
        d = min(max((x[i] - mean[i]) * inverse, -1.5), 1.5)
        skew, bend = 0.5 * k3[i] * inverse, k4[i] * inverse / 6.0
        t[i] = d * (1.0 - min(max(d * (skew - d * (2.0 * skew * skew - bend)), -0.5), 0.5))
        is_small = abs(t[i]) <= _SMALL
        room.state[i] = SETTLED if is_small else NEEDS_STEPS
        small += 1 if is_small else 0
    return small


@lane
def _step(gap: float, k2: float, k3: float) -> float:
    """Return Chebyshev's step towards K'(t) = x: it triples the digits."""
    inverse = 1.0 / max(k2, 1e-12)
    newton = min(max(gap * inverse, -1.5), 1.5)
    return newton * (1.0 - min(max(0.5 * newton * k3 * inverse, -0.5), 0.5))


@inner
def _small_cumulants(
    cohorts: int, n: np.ndarray, p: np.ndarray, x: np.ndarray, room: Lanes
) -> None:
    """Find the first five derivatives of K at a small t."""
    t, growth = room.values[_T], room.values[_GROWTH]
    k1, k2 = room.values[_K1], room.values[_K2]
    k3, k4, k5 = room.values[_K3], room.values[_K4], room.values[_K5]
    for i in range(x.size):
        growth[i] = t[i] * lanes.exp_slope(t[i])
        k1[i] = 0.0
        k2[i] = 0.0
        k3[i] = 0.0
        k4[i] = 0.0
        k5[i] = 0.0
    for c in range(cohorts):
        size, share = n[c], p[c]
        for i in range(x.size):
            more = share[i] * growth[i]
            q = (share[i] + more) / (1.0 + more)
            rest = 1.0 - q
            spread = q * rest
            part = size[i] * q
            k1[i] += part
            part *= rest
            k2[i] += part
            k4[i] += part * (1.0 - 6.0 * spread)
            part *= rest - q
            k3[i] += part
            k5[i] += part * (1.0 - 12.0 * spread)


@inner
def _step_where_needed(x: np.ndarray, room: Lanes) -> int:
    """Take a step in the lanes whose t is not close to the saddlepoint; return how many they are.

    The others keep theirs, so that a lane's result does not depend on its neighbours.
    """
    t, k1 = room.values[_T], room.values[_K1]
    k2, k3 = room.values[_K2], room.values[_K3]
    taken = 0
    for i in range(x.size):
        gap = x[i] - k1[i]
        far = gap * gap > _CLOSE * _CLOSE * k2[i]
        step = _step(gap, k2[i], k3[i])
        t[i] += step if far else 0.0
        taken += 1 if far else 0
    return taken


@lane
def _sinh_cosh(t: float) -> tuple[float, float]:
    """Return 2 sinh(t / 2) / t and cosh(t / 2) within 1e-9 for |t| ≤ 1.25."""
    y = t * t
    sinh = y * (1.0 / 92897280.0) + 1.0 / 322560.0
    sinh = y * sinh + 1.0 / 1920.0
    sinh = y * sinh + 1.0 / 24.0
    cosh = y * (1.0 / 10321920.0) + 1.0 / 46080.0
    cosh = y * cosh + 1.0 / 384.0
    cosh = y * cosh + 1.0 / 8.0
    return y * sinh + 1.0, y * cosh + 1.0


@inner
def _small_expand(x: np.ndarray, room: Lanes, short: np.ndarray, unmet: np.ndarray) -> None:
    """Do what ``_expand`` does where t is small.

    The exponent t x - K(t) is the integral of x - K'(s) from 0 to t, by the quadrature of tenth
    order that has the integrand and four derivatives at both ends: no logarithms, no cancellation.
    """
    t, mean, people = room.values[_T], room.values[_MEAN], room.values[_PEOPLE]
    own2, own3 = room.values[_VARIANCE], room.values[_THIRD]
    own4, own5 = room.values[_FOURTH], room.values[_FIFTH]
    k1, k2 = room.values[_K1], room.values[_K2]
    k3, k4, k5 = room.values[_K3], room.values[_K4], room.values[_K5]
    state = room.state
    for i in range(x.size):
        s = t[i]
        gap = x[i] - k1[i]
        ends = (own4[i] - k4[i]) * (1.0 / 1008.0) + s * ((own5[i] + k5[i]) * (1.0 / 30240.0))
        ends = (own2[i] - k2[i]) * (1.0 / 9.0) + s * ((own3[i] + k3[i]) * (1.0 / 72.0) + s * ends)
        exponent = s * (0.5 * (x[i] - mean[i] + gap) - s * ends)
        inverse = 1.0 / max(k2[i], 1e-300)
        d = gap * inverse
        d = min(max(d - 0.5 * d * d * k3[i] * inverse, -0.1), 0.1)
        at = s + d
        at = at if abs(at) > 1e-9 else 1e-9
        exponent += d * (gap - d * (0.5 * k2[i] + d * (k3[i] / 6.0 + d * k4[i] / 24.0)))
        variance = max(k2[i] + d * (k3[i] + d * 0.5 * k4[i]), 1e-300)
        third = k3[i] + d * k4[i]
        narrow = 1.0 / math.sqrt(variance)
        sinh, cosh = _sinh_cosh(at)
        away = 1.0 / (at * sinh)
        size = math.sqrt(max(2.0 * exponent, 1e-12))
        short[i], unmet[i] = _second_order(
            x[i] - mean[i], at, size, narrow, third, k4[i] + d * k5[i], away, 2.0 * cosh * away
        )
        close = (abs(d) < _CLOSE * narrow) & (abs(at) <= _SMALL)
        good = (variance >= LEAST_VARIANCE) & (x[i] > 0.0) & (x[i] < people[i])
        found = NEAR_MEAN if size < _NEAR else SETTLED
        found = found if good else NEEDS_SUM
        state[i] = found if close & (state[i] == SETTLED) else NEEDS_STEPS


@lane
def _second_order(
    over: float,
    at: float,
    size: float,
    narrow: float,
    third: float,
    fourth: float,
    away: float,
    c: float,
) -> tuple[float, float]:
    """Return the tail and the excess from what is known at the saddlepoint.

    Parameters are x - μ, t, |w|, 1 / √K₂, K₃, K₄, 1 / (2 sinh(t / 2)) and coth(t / 2).
    """
    inverse = narrow * narrow
    phi = lanes.density(size)
    tail = phi * lanes.mills(size)
    upper = tail if at > 0.0 else 1.0 - tail
    skew = third * (narrow * inverse)
    bend = 0.125 * fourth * (inverse * inverse) - 5.0 / 24.0 * skew * skew
    v = 1.0 / size
    v = v if at > 0.0 else -v
    v3 = v * v * v
    u = away * narrow
    second = bend - 0.25 * skew * c * narrow - 0.125 * (2.0 * c * c - 1.0) * inverse
    short = upper + phi * (u - v + u * second + v3)
    slope = 0.5 - c
    curve = slope * slope + 0.5 * (c * c - 1.0)
    second = bend + 0.5 * skew * slope * narrow - 0.5 * curve * inverse
    double = over * (v - v3 + 3.0 * v3 * v * v) - 0.5 * (v - v3)
    away_twice = (0.5 * c + 0.5) * u
    return short, (0.5 - over) * upper + phi * (double + away_twice * (1.0 + second))


@inner
def _improve(cohorts: int, n: np.ndarray, p: np.ndarray, x: np.ndarray, room: Lanes) -> None:
    """Take one more step from where t is."""
    t, growth, k1 = room.values[_T], room.values[_GROWTH], room.values[_K1]
    k2, k3 = room.values[_K2], room.values[_K3]
    for i in range(x.size):
        growth[i] = lanes.exp_less_one(t[i])
        k1[i] = 0.0
        k2[i] = 0.0
        k3[i] = 0.0
    for c in range(cohorts):
        size, share = n[c], p[c]
        for i in range(x.size):
            more = share[i] * growth[i]
            q = (share[i] + more) / (1.0 + more)
            part = size[i] * q
            k1[i] += part
            part *= 1.0 - q
            k2[i] += part
            k3[i] += part * (1.0 - 2.0 * q)
    for i in range(x.size):
        t[i] += _step(x[i] - k1[i], k2[i], k3[i])


@inner
def _cumulants(cohorts: int, n: np.ndarray, p: np.ndarray, x: np.ndarray, room: Lanes) -> None:
    """Find K and its first four derivatives at t."""
    t, growth, k0 = room.values[_T], room.values[_GROWTH], room.values[_K0]
    k1, k2 = room.values[_K1], room.values[_K2]
    k3, k4 = room.values[_K3], room.values[_K4]
    for i in range(x.size):
        growth[i] = lanes.exp_less_one(t[i])
        k0[i] = 0.0
        k1[i] = 0.0
        k2[i] = 0.0
        k3[i] = 0.0
        k4[i] = 0.0
    for c in range(cohorts):
        size, share = n[c], p[c]
        for i in range(x.size):
            more = share[i] * growth[i]
            total = 1.0 + more
            inverse = 1.0 / total
            k0[i] += size[i] * (lanes.log(total) + (more - (total - 1.0)) * inverse)
            q = (share[i] + more) * inverse
            part = size[i] * q
            k1[i] += part
            rest = 1.0 - q
            part *= rest
            k2[i] += part
            k3[i] += part * (1.0 - 2.0 * q)
            k4[i] += part * (1.0 - 6.0 * q * rest)


@inner
def _expand(x: np.ndarray, room: Lanes, short: np.ndarray, unmet: np.ndarray) -> None:
    """Write the tails and which lanes are settled; what t still lacks is made up by Taylor."""
    t, k0, k1 = room.values[_T], room.values[_K0], room.values[_K1]
    k2, k3, k4 = room.values[_K2], room.values[_K3], room.values[_K4]
    mean, people, state = room.values[_MEAN], room.values[_PEOPLE], room.state
    for i in range(x.size):
        inverse = 1.0 / max(k2[i], 1e-300)
        d = (x[i] - k1[i]) * inverse
        d = min(max(d - 0.5 * d * d * k3[i] * inverse, -0.1), 0.1)
        at = t[i] + d
        k = k0[i] + d * (k1[i] + d * (0.5 * k2[i] + d * (k3[i] / 6.0 + d * k4[i] / 24.0)))
        variance = max(k2[i] + d * (k3[i] + d * 0.5 * k4[i]), 1e-300)
        third = k3[i] + d * k4[i]
        size = math.sqrt(max(2.0 * (at * x[i] - k), 1e-12))
        narrow = 1.0 / math.sqrt(variance)
        half = lanes.exp(0.5 * at)
        other = 1.0 / half
        away = half - other
        away = 1.0 / (away if abs(away) > 1e-9 else 1e-9)
        short[i], unmet[i] = _second_order(
            x[i] - mean[i], at, size, narrow, third, k4[i], away, (half + other) * away
        )
        good = (variance >= LEAST_VARIANCE) & (abs(d) < 0.05 * narrow)
        good &= (x[i] > 0.0) & (x[i] < people[i])
        close = NEAR_MEAN if size < _NEAR else SETTLED
        state[i] = close if good else NEEDS_SUM
