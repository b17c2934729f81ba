"""Binomial counts by inversion, and tails of single binomials, in vector lanes.

The result of a lane does not depend on its neighbours. ``binomial`` has the same one by one.
Nothing here draws.
"""

from __future__ import annotations

import math

import numpy as np

from sim.jit import inner, kernel, lane
from sim.kernels import lanes
from sim.kernels.binomial import EXACT_STIRLING, quantile

_LEAST_VARIANCE = 3.0  # smaller ones are added up
_LEAST_LUCK = 1e-4  # of u and 1 - u, as far as Φ⁻¹ is fitted
_LEAST_ERROR, _GROWTH_OF_ERROR = 0.12, 2.5e-3  # of a step at z: (a + b z⁶) / variance² at most
_PROBIT_ERROR = 1e-6
_NOT_WIDE = -1e3  # an error of which nothing is in doubt
_STRIDE = 8
_NONE = 0.5 / math.pi
_K, _AT, _ODDS, _TOTAL, _WANTED, _FOUND, _DOUBT, _ERROR, _GROWTH, _Z, _TERMS = range(11)
_VALUES = _TERMS + 6
_SURE = 1.0 - 2.0**-53


@kernel
def new_inversion(count: int) -> np.ndarray:
    """Return the scratch of ``lane_quantiles`` and ``lane_tails``, float64[value, lane]."""
    return np.empty((_VALUES, count))


@lane
def _stirling_series(inverse: float) -> float:
    """Return the error of Stirling's approximation of log n!, from 1 / n, for n ≥ 16."""
    s = inverse * inverse
    series = 1.0 / 1260.0 - s * (1.0 / 1680.0 - s * (1.0 / 1188.0 - s * 691.0 / 360360.0))
    return (1.0 / 12.0 - s * (1.0 / 360.0 - s * series)) * inverse


@lane
def _stirling_error(n: float, inverse: float) -> float:
    """Return what ``stirling_error`` does, without a branch."""
    large = _stirling_series(inverse)
    return EXACT_STIRLING[int(min(n, 15.0))] if n < 16.0 else large


@lane
def lane_mass(k: float, n: float, p: float) -> float:
    """Return P(X = k) for 0 ≤ k ≤ n and 0 < p < 1, without a branch.

    As ``mass``, but exact to n · 1e-16 only: the deviances cancel near the mean. A factor of
    Stirling's formula that does not exist for 0 becomes 1 there. Two divisions serve for all: they
    cost the most.
    """
    rest = n - k
    x, y, people = max(k, _NONE), max(rest, _NONE), max(n, 1.0)
    product = 1.0 / (people * (x * y))
    of_people, of_k, of_rest = x * y * product, people * y * product, people * x * product
    q = 1.0 - p
    odds = of_people / (p * q)
    log_mass = (
        _stirling_error(n, of_people)
        - _stirling_error(k, of_k)
        - _stirling_error(rest, of_rest)
        - k * lanes.log(x * (q * odds))
        - rest * lanes.log(y * (p * odds))
    )
    return lanes.exp(log_mass) * (people * math.sqrt(product * (0.5 / math.pi)))


@inner
def lane_quantiles(
    n: np.ndarray, p: np.ndarray, u: np.ndarray, room: np.ndarray, out: np.ndarray
) -> None:
    """Find the least k with P(X ≤ k) ≥ u of Binomial(n, p) in vector lanes.

    Parameters
    ----------
    n, p : float64[lane]
    u : float64[row, lane]
        Several uniforms for each distribution; it and ``out`` may be wider.
    room : float64[value, lane]
        From ``new_inversion``.
    out : float64[row, lane]
        Out: as ``quantile`` gives it one by one.

    Notes
    -----
    An expansion tells where the distribution function reaches u, to a small part of a count and
    within a known bound. Its count stands unless a step lies within the bound. Small variances
    are added up instead. What is left, one uniform in a thousand, goes to ``quantile``: so every
    count is exact, and none depends on its neighbours.
    """
    doubt = room[_DOUBT]
    wide = _expand(n, p, room)
    for w in range(u.shape[0]):
        luck, found = u[w], out[w]
        unsure = 0
        if wide > 0:
            unsure += _read_off(n, luck, room, found)
        if wide < n.size:
            unsure += _add_up(n, p, luck, room, found)
        for i in range(n.size if unsure > 0 else 0):
            if doubt[i] >= 0.0:
                found[i] = quantile(luck[i], int(n[i]), p[i])


@inner
def _expand(n: np.ndarray, p: np.ndarray, room: np.ndarray) -> int:
    """Write the expansion of each lane and its error; return how many are wide enough for it.

    Cornish and Fisher's expansion: P(X ≤ k) = Φ(z) where k is a polynomial in z, here up to the
    power -3/2 of the variance. A step at k counts as k + ½, and the cumulants are those of X less
    those of a uniform of width 1. Cornish and Fisher (1938), "Moments and cumulants in the
    specification of distributions", Revue de l'Institut International de Statistique 5(4), 307-320.
    """
    c0, c1, c2 = room[_TERMS], room[_TERMS + 1], room[_TERMS + 2]
    c3, c4, c5 = room[_TERMS + 3], room[_TERMS + 4], room[_TERMS + 5]
    error, growth = room[_ERROR], room[_GROWTH]
    wide = 0
    for i in range(n.size):
        mean = n[i] * p[i]
        variance = mean * (1.0 - p[i])
        enough = variance >= _LEAST_VARIANCE
        spread = math.sqrt(max(variance, _LEAST_VARIANCE))
        e = 1.0 / spread
        g = 1.0 - 2.0 * p[i]
        ee, gg = e * e, g * g
        c0[i] = mean - 0.5 + g * (ee * (gg * (1.0 / 405.0) - 1.0 / 45.0) - 1.0 / 6.0)
        c1[i] = spread + e * (
            (1.0 / 48.0 - gg * (7.0 / 144.0))
            + ee * (181.0 / 23040.0 + gg * (349.0 / 34560.0 - gg * (433.0 / 622080.0)))
        )
        c2[i] = g * (1.0 / 6.0 + ee * (7.0 / 720.0 - gg * (7.0 / 6480.0)))
        c3[i] = e * (
            (gg * (1.0 / 144.0) - 1.0 / 48.0)
            + ee * (gg * (gg * (1.0 / 2430.0) - 59.0 / 17280.0) - 1.0 / 1920.0)
        )
        c4[i] = g * ee * (1.0 / 240.0 - gg * (1.0 / 2160.0))
        c5[i] = e * ee * (gg * (gg * (1.0 / 69120.0) - 1.0 / 1280.0) - 13.0 / 23040.0)
        growth[i] = _GROWTH_OF_ERROR * (ee * ee)
        error[i] = _LEAST_ERROR * (ee * ee) + _PROBIT_ERROR * spread if enough else _NOT_WIDE
        wide += 1 if enough else 0
    return wide


@lane
def _probit(u: float) -> float:
    """Return Φ⁻¹(u) within 5e-7 where neither u nor 1 - u is below 1e-4.

    A rational function fitted to Φ⁻¹(u) / (2 u - 1), in 1000 u (1 - u).
    """
    y = 1e3 * (u * (1.0 - u))
    top = 1.21474451e-06 * y + 0.00287879395
    top = top * y + 0.670418242
    top = top * y + 32.0185605
    top = top * y + 381.102651
    top = top * y + 1192.13106
    top = top * y + 955.376216
    top = top * y + 171.600964
    top = top * y + 4.41600954
    base = 2.68060248e-06 * y + 0.00258591375
    base = base * y + 0.401208155
    base = base * y + 14.8127599
    base = base * y + 146.429169
    base = base * y + 396.046303
    base = base * y + 280.5874
    base = base * y + 44.8294883
    base = base * y + 1.0
    return (2.0 * u - 1.0) * top / base


@inner
def _read_off(n: np.ndarray, u: np.ndarray, room: np.ndarray, out: np.ndarray) -> int:
    """Write the count of each lane by its expansion; return how many may be wrong.

    Two short loops: of a long one the processor would overlap too few rounds.
    """
    c0, c1, c2 = room[_TERMS], room[_TERMS + 1], room[_TERMS + 2]
    c3, c4, c5 = room[_TERMS + 3], room[_TERMS + 4], room[_TERMS + 5]
    error, growth, doubt = room[_ERROR], room[_GROWTH], room[_DOUBT]
    z = room[_Z]
    for i in range(n.size):
        z[i] = _probit(u[i])
    unsure = 0
    for i in range(n.size):
        at, s = z[i], z[i] * z[i]
        x = c0[i] + at * (c1[i] + at * (c2[i] + at * (c3[i] + at * (c4[i] + at * c5[i]))))
        k = np.ceil(x)
        gap = min(k - x, x - (k - 1.0))
        far = _LEAST_LUCK - min(u[i], 1.0 - u[i])
        doubt[i] = max(error[i] + growth[i] * (s * s * s) - gap, far)
        unsure += 1 if doubt[i] >= 0.0 else 0
        out[i] = k
    return unsure


@inner
def _add_up(n: np.ndarray, p: np.ndarray, u: np.ndarray, room: np.ndarray, out: np.ndarray) -> int:
    """Find the counts of small variance by adding masses; return how many may be wrong.

    Each lane adds up its own masses from 0, and all go on until the last has found its count.
    Where p is above ½ it is n - X that is added up.
    """
    k, at, odds, total = room[_K], room[_AT], room[_ODDS], room[_TOTAL]
    error, wanted, found, doubt = room[_ERROR], room[_WANTED], room[_FOUND], room[_DOUBT]
    unsure = 0
    for i in range(n.size):
        far = _LEAST_LUCK - min(u[i], 1.0 - u[i])
        doubt[i] = far if error[i] == _NOT_WIDE else doubt[i]
        unsure += 1 if doubt[i] >= 0.0 else 0
    for i in range(n.size):
        luck = min(1.0 - u[i] if p[i] > 0.5 else u[i], 1.0 - _LEAST_LUCK)
        wanted[i] = luck if error[i] == _NOT_WIDE else 0.0
        k[i] = 0.0
        found[i] = 0.0
    for i in range(n.size):
        share = min(p[i], 1.0 - p[i])
        at[i] = lanes.exp(n[i] * lanes.log(1.0 - share))
        total[i] = at[i]
        odds[i] = share / (1.0 - share)
    waiting = n.size
    while waiting > 0:
        waiting = _step(n, room)
    for i in range(n.size):
        some = n[i] - found[i] if p[i] > 0.5 else found[i]
        out[i] = some if error[i] == _NOT_WIDE else out[i]
    return unsure


@lane
def _two_masses(x: float, mass: float, people: float, odds: float) -> tuple[float, float]:
    """Return the masses one and two counts on, with one division for both: it costs the most."""
    left = people - x
    shared = odds / ((x + 1.0) * (x + 2.0)) * left
    return mass * (shared * (x + 2.0)), mass * (shared * ((left - 1.0) * odds))


@inner
def _step(n: np.ndarray, room: np.ndarray) -> int:
    """Go a few counts on, to the first whose sum reaches the uniform; return who is still short."""
    k, at, odds, total = room[_K], room[_AT], room[_ODDS], room[_TOTAL]
    wanted, reached = room[_WANTED], room[_FOUND]
    waiting = 0
    for i in range(n.size):
        x, mass, so_far, people, ratio = k[i], at[i], total[i], n[i], odds[i]
        found = reached[i]
        for _ in range(0, _STRIDE, 2):
            after, mass = _two_masses(x, mass, people, ratio)
            found = x + 1.0 if so_far < wanted[i] else found
            so_far += after
            found = x + 2.0 if so_far < wanted[i] else found
            so_far += mass
            x += 2.0
        k[i], at[i], total[i] = x, mass, so_far
        reached[i] = found
        waiting += 1 if so_far < wanted[i] else 0
    return waiting


@inner
def lane_tails(
    n: np.ndarray,
    p: np.ndarray,
    limit: np.ndarray,
    room: np.ndarray,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Find P(X > limit) and E[(X - limit)⁺] of Binomial(n, p) in vector lanes.

    Parameters
    ----------
    n, p, limit : float64[lane]
        Whole numbers but for p; ``limit`` at least 0.
    room : float64[value, lane]
        From ``new_inversion``.
    short, unmet : float64[lane]
        Out.

    Notes
    -----
    As ``tail``: each lane sums the side of its limit away from its mean, outwards. All go on until
    what is added is below half a digit of every sum, which changes none.
    """
    k, at, odds, weight = room[_K], room[_AT], room[_ODDS], room[_TOTAL]
    for i in range(n.size):
        people, share = max(n[i], 1.0), min(max(p[i], 1e-300), _SURE)
        upper = limit[i] + 1.0 >= people * share
        q = share if upper else 1.0 - share
        start = limit[i] + 1.0 if upper else people - limit[i]
        k[i] = min(start, people)
        at[i] = lane_mass(k[i], people, q) if start <= people else 0.0
        odds[i] = q / (1.0 - q)
        weight[i] = 1.0 if upper else 0.0
        short[i] = at[i]
        unmet[i] = at[i] * weight[i]
    adding = 1.0
    while adding > 0.0:
        for _ in range(_STRIDE):
            for i in range(n.size):
                at[i] *= max(n[i] - k[i], 0.0) * odds[i] / (k[i] + 1.0)
                k[i] += 1.0
                weight[i] += 1.0
                short[i] += at[i]
                unmet[i] += weight[i] * at[i]
        adding = 0.0
        for i in range(n.size):
            adding = max(adding, weight[i] * at[i] - 1e-17 * unmet[i])
    for i in range(n.size):
        mean = n[i] * p[i]
        lower = limit[i] + 1.0 < mean
        tail = 1.0 - short[i] if lower else short[i]
        excess = mean - limit[i] + unmet[i] if lower else unmet[i]
        possible = (p[i] > 0.0) & (limit[i] < n[i])
        short[i] = tail if possible else 0.0
        unmet[i] = excess if possible else 0.0
