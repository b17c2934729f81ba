"""Tails of sums of binomials by the second-order lattice saddlepoint, in vector lanes.

For large pools the exact sums of ``binomial`` cost more the larger the pool; the saddlepoint does
not. Its error follows the variance of the tilted sum: up to 9e-5 relative at 22, 6e-5 at 25,
4e-5 at 30, 2e-5 at 40 and 7e-6 from 60 upwards, tails down to 1e-9; that is for cohorts of whom
hardly anybody comes together with others of whom hardly anybody stays away. Single binomials are
three times as good.
Where that variance is smaller a flag asks for the exact sum. Tails below 1e-12 are only rough.
At the mean terms cancel; there the limit is moved aside, and the tail, a smooth function of it,
continued from there by its density.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel, lane
from sim.kernels import lanes

LEAST_VARIANCE = 22.0
_STEPS = 2
_CLOSE = 0.05  # standard deviations by which a small saddlepoint may miss the limit
_SMALL = 1.25  # t up to which the quadrature is good for a relative error of 1e-7 · K₂
_NEAR = 0.02  # standard deviations from the mean within which a limit is moved aside
_NEVER = 28.0  # least exponent of a tail of whose digits nobody minds: exp(-28) is 7e-13
_ROUGH = 0.5  # t by which such a saddlepoint may miss the limit
_SIXTH, _12TH, _24TH = 1.0 / 6.0, 1.0 / 12.0, 1.0 / 24.0  # a division takes as long as ten products
_AT_ONCE = 128
_VECTOR = 8
_GLANCE = 64

SETTLED, NEEDS_STEPS, NEEDS_SUM = range(3)

_T, _GROWTH, _OVER, _SHIFT, _VARIANCE, _THIRD, _FOURTH, _FIFTH = range(8)
_K0, _K1, _K2, _K3, _K4, _K5, _PEOPLE, _EXPONENT, _SINH, _COSH = range(8, 18)
_X, _SHORT, _UNMET = range(3)


class Lanes(NamedTuple):
    """Scratch of a value for each lane: t, eᵗ - 1, x - μ, K and its derivatives at 0 and at t."""

    values: np.ndarray  # float64[value, lane]
    state: np.ndarray  # int64[lane]
    picked: np.ndarray  # int64[lane + 1]


class Beside(NamedTuple):
    """Scratch for lanes that are taken aside."""

    n: np.ndarray  # float64[cohort, lane]
    p: np.ndarray  # float64[cohort, lane]
    values: np.ndarray  # float64[value, lane], x, short and unmet
    room: Lanes


@kernel
def new_lanes(count: int) -> Lanes:
    """Return scratch for so many lanes."""
    return Lanes(
        np.empty((18, lanes.row_length(count))),
        np.empty(count, np.int64),
        np.empty(count + 1, np.int64),
    )


@kernel
def new_beside(cohorts: int) -> Beside:
    """Return scratch for sums of so many binomials."""
    return Beside(
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


@inner
def lanes_in(state: int, count: int, room: Lanes) -> int:
    """Write the lanes in a state to ``room.picked``; return how many there are."""
    found = 0
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
    _reach(limits, beside.room)
    _expand(width, beside.room, shorts, unmets)
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

    There the series for t needs no steps, and K(t) is an integral between known ends. No tail is
    above exp(K(t) - t x), whatever t: where that is next to nothing, no step is worth its time.
    """
    _start(cohorts, n, p, x, room)
    _small_cumulants(cohorts, n, p, x, room)
    _small_reach(x, room)
    _expand(x.size, room, short, unmet)


@inner
def _start(cohorts: int, n: np.ndarray, p: np.ndarray, x: np.ndarray, room: Lanes) -> None:
    """Start from t = 0, where the cumulants are the sum's own: K' reversed as a series.

    A limit near the mean is moved aside; ``_expand`` comes back.
    """
    over, shift, t = room.values[_OVER], room.values[_SHIFT], room.values[_T]
    k2, k3, k4 = room.values[_VARIANCE], room.values[_THIRD], room.values[_FOURTH]
    k5 = room.values[_FIFTH]
    for i in range(x.size):
        over[i] = x[i]
        k2[i] = 0.0
        k3[i] = 0.0
        k4[i] = 0.0
        k5[i] = 0.0
    for c in range(cohorts):
        size, share = n[c], p[c]
        for i in range(x.size):
            rest = 1.0 - share[i]
            part = size[i] * share[i]
            over[i] -= part
            part *= rest
            skew = rest - share[i]
            square = skew * skew
            k2[i] += part
            k4[i] += part * (1.5 * square - 0.5)
            part *= skew
            k3[i] += part
            k5[i] += part * (3.0 * square - 2.0)
    for i in range(x.size):
        inverse = 1.0 / max(k2[i], 1e-12)
        moved = math.copysign(max(abs(over[i]), _NEAR * math.sqrt(k2[i])), over[i])
        shift[i] = moved - over[i]
        over[i] = moved
        d = min(max(moved * inverse, -1.5), 1.5)
        a2, a3, a4 = inverse * 0.5 * k3[i], inverse * _SIXTH * k4[i], inverse * _24TH * k5[i]
        square = a2 * a2
        bend = d * (2.0 * square - a3 + d * (a2 * (5.0 * (a3 - square)) - a4)) - a2
        t[i] = d * (1.0 + min(max(d * bend, -0.5), 0.5))


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
    """Find K' - μ and the next four derivatives of K at a small t."""
    t, growth = room.values[_T], room.values[_GROWTH]
    k1, k2 = room.values[_K1], room.values[_K2]
    k3, k4, k5 = room.values[_K3], room.values[_K4], room.values[_K5]
    for i in range(x.size):
        growth[i] = t[i] * _slope(t[i])
        k1[i] = 0.0
        k2[i] = 0.0
        k3[i] = 0.0
        k4[i] = 0.0
        k5[i] = 0.0
    for c in range(cohorts):
        size, share = n[c], p[c]
        for i in range(x.size):
            rest = 1.0 - share[i]
            more = share[i] * growth[i]
            inverse = 1.0 / (1.0 + more)
            part = size[i] * share[i] * (rest * inverse)
            added = part * growth[i]
            k1[i] += added
            part = (part + added) * inverse
            skew = (rest - share[i] - more) * inverse
            square = skew * skew
            k2[i] += part
            k4[i] += part * (1.5 * square - 0.5)
            part *= skew
            k3[i] += part
            k5[i] += part * (3.0 * square - 2.0)


@lane
def _slope(t: float) -> float:
    """Return (eᵗ - 1) / t within 9e-10 for |t| ≤ 1.25, and within 1.2e-8 |t|³."""
    y = 2.7355075853938614e-07
    y = y * t + 2.8400900783674386e-06
    y = y * t + 2.4822222590902498e-05
    y = y * t + 0.00019832402359470745
    y = y * t + 0.0013888647172943525
    y = y * t + 0.008333362023731857
    y = y * t + 0.04166667401524094
    y = y * t + 1.0 / 6.0
    y = y * t + 0.5
    return y * t + 1.0


@lane
def _sinh_cosh(t: float) -> tuple[float, float]:
    """Return 2 sinh(t / 2) and 2 cosh(t / 2) within 1e-9 for |t| ≤ 1.25."""
    y = t * t
    sinh = y * (1.0 / 92897280.0) + 1.0 / 322560.0
    sinh = y * sinh + 1.0 / 1920.0
    sinh = y * sinh + 1.0 / 24.0
    cosh = y * (1.0 / 5160960.0) + 1.0 / 23040.0
    cosh = y * cosh + 1.0 / 192.0
    cosh = y * cosh + 1.0 / 4.0
    return t * (y * sinh + 1.0), y * cosh + 2.0


@inner
def _small_reach(x: np.ndarray, room: Lanes) -> None:
    """Do what ``_reach`` does where t is small.

    The exponent is the integral of x - K'(s) from 0 to t, by the quadrature of tenth order that
    has the integrand and four derivatives at both ends: no logarithms, no cancellation.
    """
    t, over, exponent = room.values[_T], room.values[_OVER], room.values[_EXPONENT]
    own2, own3 = room.values[_VARIANCE], room.values[_THIRD]
    own4, own5 = room.values[_FOURTH], room.values[_FIFTH]
    k1, k2, k3 = room.values[_K1], room.values[_K2], room.values[_K3]
    k4, k5 = room.values[_K4], room.values[_K5]
    sinh, cosh, state = room.values[_SINH], room.values[_COSH], room.state
    for i in range(x.size):
        s, gap = t[i], over[i] - k1[i]
        ends = (own4[i] - k4[i]) * (1.0 / 1008.0) + s * ((own5[i] + k5[i]) * (1.0 / 30240.0))
        ends = (own2[i] - k2[i]) * (1.0 / 9.0) + s * ((own3[i] + k3[i]) * (1.0 / 72.0) + s * ends)
        inverse = 1.0 / k2[i]
        d = gap * inverse
        d -= d * d * (0.5 * inverse * k3[i])
        more = d * (gap - d * (0.5 * k2[i] + d * (k3[i] * _SIXTH)))
        least = s * (0.5 * (over[i] + gap) - s * ends)
        exponent[i] = least + more
        variance = k2[i] + d * (k3[i] + d * (0.5 * k4[i]))
        k2[i] = variance
        k3[i] += d * k4[i]
        k4[i] += d * k5[i]
        at = s + d
        sinh[i], cosh[i] = _sinh_cosh(at)
        close = (d * d * variance < _CLOSE * _CLOSE) & (abs(at) <= _SMALL)
        enough = variance >= LEAST_VARIANCE
        found = SETTLED if enough else NEEDS_SUM
        found = found if close else NEEDS_STEPS
        never = (least > _NEVER) & (abs(d) <= _ROUGH) & enough
        state[i] = SETTLED if never else found


@inner
def _expand(count: int, room: Lanes, short: np.ndarray, unmet: np.ndarray) -> None:
    """Write the tail and the excess from what is known at the saddlepoint.

    ``rest`` is 1 / w - 1 / w³ less the Mills ratio, which the tail and what is taken out share, so
    that nothing cancels far from the mean. Coming back to a limit that was moved aside takes the
    density, how fast it falls, and 1 / 12 of that for the steps of the lattice.
    """
    over, shift = room.values[_OVER], room.values[_SHIFT]
    exponent, k2 = room.values[_EXPONENT], room.values[_K2]
    k3, k4 = room.values[_K3], room.values[_K4]
    sinh, cosh = room.values[_SINH], room.values[_COSH]
    for i in range(count):
        phi = lanes.quick_density(exponent[i])
        size = math.sqrt(2.0 * exponent[i])
        spread = math.sqrt(k2[i])
        distance, width = size * (size + 4.0), spread * sinh[i]
        both = 1.0 / (distance * width)  # one division for all
        inverse, u = width * both, distance * both
        v = (size + 4.0) * inverse
        square = v * v
        rest = v - v * square - lanes.quick_mills(size * inverse)
        fifth = (v * square) * square
        below = sinh[i] < 0.0
        rest = -rest if below else rest
        fifth = -fifth if below else fifth
        c = cosh[i] * (u * spread)
        narrow = u * sinh[i]
        inverse = narrow * narrow
        skew = k3[i] * inverse
        bend = 0.125 * (inverse * k4[i]) + 0.125 - (5.0 / 24.0) * (skew * skew)
        back = shift[i]
        mass = back * (phi * narrow * (1.0 + inverse * (bend - _12TH)))
        fall = sinh[i] + 0.5 * skew * inverse
        lost = back * (0.5 * fall - back * inverse * _SIXTH)
        inverse *= u
        tail = phi * (u + inverse * (bend - 0.25 * c * (skew + c)) - rest)
        bend += 0.25 * skew - c * (0.5 * skew + 0.75 * c - 0.5)
        excess = phi * (
            (0.5 * c + 0.5) * (u + inverse * bend) + over[i] * (rest + 3.0 * fifth) - 0.5 * rest
        )
        tail += 1.0 if below else 0.0
        excess += 0.5 - over[i] if below else 0.0
        short[i] = tail + mass * (1.0 + lost)
        unmet[i] = excess + tail * back + mass * (0.5 + fall * _12TH + 0.5 * back)


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
    """Find K and its first four derivatives at t, and the people who may come."""
    t, growth, k0 = room.values[_T], room.values[_GROWTH], room.values[_K0]
    k1, k2 = room.values[_K1], room.values[_K2]
    k3, k4, people = room.values[_K3], room.values[_K4], room.values[_PEOPLE]
    for i in range(x.size):
        growth[i] = lanes.exp_less_one(t[i])
        people[i] = 0.0
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
            people[i] += size[i] if share[i] > 0.0 else 0.0
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
def _reach(x: np.ndarray, room: Lanes) -> None:
    """Reach the saddlepoint, write t x - K there and tell which lanes are settled.

    What t still lacks is made up by Taylor.
    """
    t, exponent = room.values[_T], room.values[_EXPONENT]
    k0, k1, k2 = room.values[_K0], room.values[_K1], room.values[_K2]
    k3, k4 = room.values[_K3], room.values[_K4]
    sinh, cosh = room.values[_SINH], room.values[_COSH]
    people, state = room.values[_PEOPLE], room.state
    for i in range(x.size):
        inverse = 1.0 / max(k2[i], 1e-300)
        d = (x[i] - k1[i]) * inverse
        d = min(max(d - 0.5 * d * d * k3[i] * inverse, -0.1), 0.1)
        at = t[i] + d
        k = k0[i] + d * (k1[i] + d * (0.5 * k2[i] + d * (k3[i] * _SIXTH + d * k4[i] * _24TH)))
        exponent[i] = at * x[i] - k
        variance = max(k2[i] + d * (k3[i] + d * 0.5 * k4[i]), 1e-300)
        k2[i] = variance
        k3[i] += d * k4[i]
        half = lanes.exp(0.5 * at)
        other = 1.0 / half
        sinh[i] = half - other
        cosh[i] = half + other
        good = (variance >= LEAST_VARIANCE) & (d * d * variance < 0.05 * 0.05)
        good &= (x[i] > 0.0) & (x[i] < people[i])
        state[i] = SETTLED if good else NEEDS_SUM
