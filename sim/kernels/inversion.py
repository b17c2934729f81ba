"""Binomial counts by inversion, and tails of single binomials, in vector lanes.

Each lane adds up its own masses one after the other, so its result does not depend on its
neighbours. ``binomial`` has the same one by one. Nothing here draws.
"""

from __future__ import annotations

import math

import numpy as np

from sim.jit import inner, kernel, lane
from sim.kernels import lanes
from sim.kernels.binomial import EXACT_STIRLING, MARGIN, WINDOW

_NEARER_WINDOW = 6.0
_NEARER_MARGIN = 4.0
_BELOW_NEARER = 1e-6  # P(X below that) is at most 3e-9
_LEVELS = 5
_STRIDE = 8
_NONE = 0.5 / math.pi
_K, _HIGH, _AT, _ODDS, _TOTAL, _SHARE, _WANTED, _SUMS = range(8)
_SURE = 1.0 - 2.0**-53


@kernel
def new_inversion(count: int) -> np.ndarray:
    """Return the scratch of ``lane_quantiles`` and ``lane_tails``, float64[value, lane]."""
    return np.empty((_SUMS + _STRIDE, count))


@lane
def _stirling_series(inverse: float) -> float:
    """Return the error of Stirling's approximation of log n!, from 1 / n, for n ≥ 16."""
    s = inverse * inverse
    series = 1.0 / 1260.0 - s * (1.0 / 1680.0 - s * (1.0 / 1188.0 - s * 691.0 / 360360.0))
    return (1.0 / 12.0 - s * (1.0 / 360.0 - s * series)) * inverse


@lane
def _stirling_error(n: float, inverse: float, tabulated: bool) -> float:
    """Return what ``stirling_error`` does, without a branch; ``tabulated`` where n may be small."""
    large = _stirling_series(inverse)
    if tabulated:
        return EXACT_STIRLING[int(min(n, 15.0))] if n < 16.0 else large
    return large


@lane
def lane_mass(k: float, n: float, p: float, tabulated: bool) -> float:
    """Return P(X = k) for 0 ≤ k ≤ n and 0 < p < 1, without a branch.

    As ``mass``, but exact to n · 1e-16 only: the deviances cancel near the mean. A factor of
    Stirling's formula that does not exist for 0 becomes 1 there. Unless ``tabulated``, n, k and
    n - k must be at least 16. Two divisions serve for all: they cost the most.
    """
    rest = n - k
    x, y, people = max(k, _NONE), max(rest, _NONE), max(n, 1.0)
    product = 1.0 / (people * (x * y))
    of_people, of_k, of_rest = x * y * product, people * y * product, people * x * product
    q = 1.0 - p
    odds = of_people / (p * q)
    log_mass = (
        _stirling_error(n, of_people, tabulated)
        - _stirling_error(k, of_k, tabulated)
        - _stirling_error(rest, of_rest, tabulated)
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
    Each lane adds up its own masses from its own lower end, so its answer does not depend on its
    neighbours; all go on until the last has found its answers. A single uniform above ½ is looked
    for from the upper end, as n - X with 1 - u, so that none walks further than the middle. Where
    no uniform is very small the lower end is nearer to the mean and starts with the sum below it.
    """
    rows, lane_count = u.shape[0], n.size
    high, sums = room[_HIGH], room[_SUMS:]
    share, wanted = room[_SHARE], room[_WANTED]
    for i in range(lane_count):
        flipped = (rows == 1) & (u[0, i] > 0.5)
        share[i] = 1.0 - p[i] if flipped else p[i]
        wanted[i] = 1.0 - u[0, i] if flipped else u[0, i]
    for w in range(1, rows):
        for i in range(lane_count):
            wanted[i] = min(wanted[i], u[w, i])
    _first_masses(n, share[:lane_count], room)
    for w in range(rows):
        found = out[w]
        for i in range(lane_count):
            found[i] = room[_K, i]
    for w in range(rows if rows > 1 else 0):
        for i in range(lane_count):
            wanted[i] = max(wanted[i], u[w, i])
    waiting = lane_count
    while waiting > 0:
        if rows == 1:
            waiting = _step_one(n, wanted, room, out[0])
        else:
            waiting = _step(n, wanted, room)
            for w in range(0, rows - 1, 2):
                _count_two(lane_count, sums, u[w], u[w + 1], out[w], out[w + 1])
            if rows % 2 == 1:
                _count_one(lane_count, sums, u[rows - 1], out[rows - 1])
    for w in range(rows):
        found = out[w]
        for i in range(lane_count):
            some = min(found[i], high[i])
            some = n[i] - some if (rows == 1) & (u[w, i] > 0.5) else some
            some = some if p[i] < 1.0 else n[i]
            found[i] = some if (p[i] > 0.0) & (n[i] > 0.0) else 0.0


@lane
def _tail_below(k: float, n: float, p: float) -> float:
    """Return P(X < k) / P(X = k) where k lies at least ``_NEARER_WINDOW`` below the mean.

    The continued fraction of the incomplete beta function, from its end and as one quotient, so
    that it has a single division; times P(X = k) it lacks 1e-16. DiDonato and Morris (1992),
    "Algorithm 708", ACM Transactions on Mathematical Software 18(3), 360-373.
    """
    rest = 1.0 - p
    above = n - k + 1.0
    scale = 1.0 / (n + 2.0)  # keeps the products near 1
    a, b, one = above * scale, k * scale, scale
    top, base = 1.0, 1.0
    for m in range(_LEVELS, 0, -1):
        s = m * one
        wide = a + 2.0 * s
        whole = top * (wide * (wide + one))
        top, base = whole - base * ((a + s) * (a + b + s) * rest), whole
        whole = top * (wide * (wide - one))
        top, base = whole + base * (s * (b - s) * rest), whole
    whole = top * (a + one)
    found = whole / (whole - base * ((a + b) * rest)) * (k * rest / above)
    return found if k > 0.0 else 0.0


@inner
def _first_masses(n: np.ndarray, p: np.ndarray, room: np.ndarray) -> None:
    """Start each lane below its least uniform."""
    k, high, at, odds, total = room[_K], room[_HIGH], room[_AT], room[_ODDS], room[_TOTAL]
    least = room[_WANTED]
    for i in range(n.size):
        people, share = max(n[i], 1.0), min(max(p[i], 1e-300), _SURE)
        mean = people * share
        spread = math.sqrt(mean * (1.0 - share))
        near = least[i] >= _BELOW_NEARER
        below = _NEARER_WINDOW * spread + _NEARER_MARGIN
        reach = WINDOW * spread + MARGIN
        k[i] = max(0.0, np.floor(mean - (below if near else reach)))
        high[i] = min(people, np.ceil(mean + reach))
        odds[i] = share / (1.0 - share)
    _masses(n, p, k, at)
    for i in range(n.size):
        people, share = max(n[i], 1.0), min(max(p[i], 1e-300), _SURE)
        near = least[i] >= _BELOW_NEARER
        total[i] = at[i] + (at[i] * _tail_below(k[i], people, share) if near else 0.0)


@inner
def _masses(n: np.ndarray, p: np.ndarray, k: np.ndarray, out: np.ndarray) -> None:
    """Write P(X = k); no table is looked up unless some lane needs it."""
    small = 0
    for i in range(n.size):
        small += 1 if (k[i] < 16.0) | (n[i] - k[i] < 16.0) else 0
    if small > 0:
        for i in range(n.size):
            out[i] = lane_mass(k[i], max(n[i], 1.0), min(max(p[i], 1e-300), _SURE), True)
    else:
        for i in range(n.size):
            out[i] = lane_mass(k[i], max(n[i], 1.0), min(max(p[i], 1e-300), _SURE), False)


@lane
def _two_masses(x: float, mass: float, people: float, odds: float) -> tuple[float, float]:
    """Return the masses one and two counts on, with one division for both: it costs the most."""
    left = people - x
    shared = odds / ((x + 1.0) * (x + 2.0)) * left
    return mass * (shared * (x + 2.0)), mass * (shared * ((left - 1.0) * odds))


@inner
def _step(n: np.ndarray, u: np.ndarray, room: np.ndarray) -> int:
    """Go a few counts on and keep the sums so far; return who is still short of the uniform."""
    k, at, odds, total, sums = room[_K], room[_AT], room[_ODDS], room[_TOTAL], room[_SUMS:]
    high = room[_HIGH]
    waiting = 0
    for i in range(n.size):
        x, mass, so_far, people, ratio = k[i], at[i], total[i], n[i], odds[i]
        for s in range(0, _STRIDE, 2):
            after, mass = _two_masses(x, mass, people, ratio)
            sums[s, i] = so_far
            so_far += after
            sums[s + 1, i] = so_far
            so_far += mass
            x += 2.0
        k[i], at[i], total[i] = x, mass, so_far
        waiting += 1 if (so_far < u[i]) & (x < high[i]) else 0
    return waiting


@inner
def _step_one(n: np.ndarray, u: np.ndarray, room: np.ndarray, out: np.ndarray) -> int:
    """Go a few counts on, to the first whose sum reaches the uniform; return who is still short."""
    k, high, at, odds, total = room[_K], room[_HIGH], room[_AT], room[_ODDS], room[_TOTAL]
    waiting = 0
    for i in range(n.size):
        x, mass, so_far, people, ratio = k[i], at[i], total[i], n[i], odds[i]
        found = out[i]
        for _ in range(0, _STRIDE, 2):
            after, mass = _two_masses(x, mass, people, ratio)
            found = x + 1.0 if so_far < u[i] else found
            so_far += after
            found = x + 2.0 if so_far < u[i] else found
            so_far += mass
            x += 2.0
        k[i], at[i], total[i] = x, mass, so_far
        out[i] = found
        waiting += 1 if (so_far < u[i]) & (x < high[i]) else 0
    return waiting


@inner
def _count_one(lane_count: int, sums: np.ndarray, u: np.ndarray, out: np.ndarray) -> None:
    for i in range(lane_count):
        below = np.int64(0)
        for s in range(_STRIDE):
            below += np.int64(sums[s, i] < u[i])
        out[i] += lanes.small_whole(below)


@inner
def _count_two(
    lane_count: int,
    sums: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    out_u: np.ndarray,
    out_v: np.ndarray,
) -> None:
    """Count for two rows at once, so that each sum is loaded once for both."""
    for i in range(lane_count):
        below_u, below_v = np.int64(0), np.int64(0)
        first, second = u[i], v[i]
        for s in range(_STRIDE):
            so_far = sums[s, i]
            below_u += np.int64(so_far < first)
            below_v += np.int64(so_far < second)
        out_u[i] += lanes.small_whole(below_u)
        out_v[i] += lanes.small_whole(below_v)


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
        at[i] = lane_mass(k[i], people, q, True) if start <= people else 0.0
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
