"""Tails of sums of binomials by the second-order lattice saddlepoint, in vector lanes.

For large pools the exact sums of ``binomial`` cost more the larger the pool; the saddlepoint does
not. Its error follows the variance of the tilted sum: up to 9e-5 relative at 22, 6e-5 at 25,
4e-5 at 30, 2e-5 at 40 and 7e-6 from 60 upwards, tails down to 1e-9; that is for cohorts of whom
hardly anybody comes together with others of whom hardly anybody stays away. Single binomials are
three times as good.
Where that variance is smaller a flag asks for the exact sum. At the mean terms cancel; there the
tail, a smooth function of the limit, is interpolated between limits beside it. The excess loses
digits there in pools of more than 50,000 of whom nearly everybody comes: up to 3e-4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel, lane
from sim.kernels import lanes

LEAST_VARIANCE = 22.0
_STEPS = 2
_NEAR = 0.05
_BESIDE = np.array([-0.12, -0.06, 0.06, 0.12])
_AT_ONCE = 32
_VECTOR = 8
_GLANCE = 64

SETTLED, NEAR_MEAN, NEEDS_SUM = range(3)


_T, _GROWTH, _K0, _K1, _K2, _K3, _K4, _MEAN, _PEOPLE = range(9)
_X, _SHORT, _UNMET = range(3)
_SPREAD, _POSITION, _SHORT_HERE, _UNMET_HERE = range(4)


class Lanes(NamedTuple):
    """Scratch of a value for each lane: t, eᵗ - 1, K and its derivatives, mean and people."""

    values: np.ndarray  # float64[value, lane]
    state: np.ndarray  # int64[lane]
    picked: np.ndarray  # int64[lane + 1]


class Beside(NamedTuple):
    """Scratch for the limits beside the mean of a few lanes, four for each."""

    lane: np.ndarray  # float64[value, lane], spread, position between limits, short and unmet
    n: np.ndarray  # float64[cohort, limit]
    p: np.ndarray  # float64[cohort, limit]
    values: np.ndarray  # float64[value, limit], x, short and unmet
    room: Lanes


@kernel
def new_lanes(count: int) -> Lanes:
    """Return scratch for so many lanes."""
    return Lanes(np.empty((9, count)), np.empty(count, np.int64), np.empty(count + 1, np.int64))


@kernel
def new_beside(cohorts: int) -> Beside:
    """Return scratch for sums of so many binomials."""
    size = _AT_ONCE * _BESIDE.size
    return Beside(
        np.empty((4, _AT_ONCE)),
        np.empty((cohorts, size)),
        np.empty((cohorts, size)),
        np.empty((3, size)),
        new_lanes(size),
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
    _saddlepoints(cohorts, n, p, x, room, short, unmet)
    near = lanes_in(NEAR_MEAN, x.size, room)
    for first in range(0, near, _AT_ONCE):
        last = min(first + _AT_ONCE, near)
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
    _saddlepoints(cohorts, beside.n, beside.p, limits, beside.room, shorts, unmets)
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
def _saddlepoints(
    cohorts: int,
    n: np.ndarray,
    p: np.ndarray,
    x: np.ndarray,
    room: Lanes,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    _start(cohorts, n, p, x, room)
    for _ in range(_STEPS):
        _improve(cohorts, n, p, x, room)
    _cumulants(cohorts, n, p, x, room)
    _expand(x, room, short, unmet)


@inner
def _start(cohorts: int, n: np.ndarray, p: np.ndarray, x: np.ndarray, room: Lanes) -> None:
    """Start from t = 0, where the cumulants are the sum's own: K' reversed as a series."""
    mean, people, t = room.values[_MEAN], room.values[_PEOPLE], room.values[_T]
    k2, k3, k4 = room.values[_K2], room.values[_K3], room.values[_K4]
    for i in range(x.size):
        mean[i] = 0.0
        people[i] = 0.0
        k2[i] = 0.0
        k3[i] = 0.0
        k4[i] = 0.0
    for c in range(cohorts):
        size, share = n[c], p[c]
        for i in range(x.size):
            rest = 1.0 - share[i]
            part = size[i] * share[i]
            mean[i] += part
            people[i] += size[i] if share[i] > 0.0 else 0.0
            part *= rest
            k2[i] += part
            k3[i] += part * (rest - share[i])
            k4[i] += part * (1.0 - 6.0 * share[i] * rest)
    for i in range(x.size):
        inverse = 1.0 / max(k2[i], 1e-12)
        d = min(max((x[i] - mean[i]) * inverse, -1.5), 1.5)
        skew, bend = 0.5 * k3[i] * inverse, k4[i] * inverse / 6.0
        t[i] = d * (1.0 - min(max(d * (skew - d * (2.0 * skew * skew - bend)), -0.5), 0.5))


@lane
def _step(gap: float, k2: float, k3: float) -> float:
    """Return Chebyshev's step towards K'(t) = x: it triples the digits."""
    inverse = 1.0 / max(k2, 1e-12)
    newton = min(max(gap * inverse, -1.5), 1.5)
    return newton * (1.0 - min(max(0.5 * newton * k3 * inverse, -0.5), 0.5))


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
        w = size if at > 0.0 else -size
        narrow = 1.0 / math.sqrt(variance)
        inverse = narrow * narrow
        phi = lanes.density(size)
        tail = phi * lanes.mills(size)
        upper = tail if at > 0.0 else 1.0 - tail
        half = lanes.exp(0.5 * at)
        other = 1.0 / half
        away = half - other
        away = 1.0 / (away if abs(away) > 1e-9 else 1e-9)
        c = (half + other) * away
        skew = third * (narrow * inverse)
        bend = 0.125 * k4[i] * (inverse * inverse) - 5.0 / 24.0 * skew * skew
        v = 1.0 / w
        v3 = v * v * v
        u = away * narrow
        second = bend - 0.25 * skew * c * narrow - 0.125 * (2.0 * c * c - 1.0) * inverse
        short[i] = upper + phi * (u - v + u * second + v3)
        slope = 0.5 - c
        curve = slope * slope + 0.5 * (c * c - 1.0)
        second = bend + 0.5 * skew * slope * narrow - 0.5 * curve * inverse
        double = (x[i] - mean[i]) * (v - v3 + 3.0 * v3 * v * v) - 0.5 * (v - v3)
        unmet[i] = (mean[i] - x[i] + 0.5) * upper + phi * (
            double + half * u * away * (1.0 + second)
        )
        good = (variance >= LEAST_VARIANCE) & (abs(d) < 0.05 * narrow)
        good &= (x[i] > 0.0) & (x[i] < people[i])
        close = NEAR_MEAN if size < _NEAR else SETTLED
        state[i] = close if good else NEEDS_SUM
