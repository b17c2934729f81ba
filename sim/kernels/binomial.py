"""Binomial counts and sums of binomial counts: masses, quantiles and tails by exact sums.

All sums run over the window mean ± 8.3 standard deviations, outside which a binomial has less
than 1e-15 of its mass. Nothing here draws: a count comes from a uniform by inversion, so a small
change of a rate moves few counts.
"""

from __future__ import annotations

import math

import numpy as np

from sim.jit import inner

WINDOW = 8.3
MARGIN = 8.0
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
EXACT_STIRLING = np.array(
    [0.0]
    + [math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - _HALF_LOG_2PI for n in range(1, 16)]
)


@inner
def stirling_error(n: float) -> float:
    """Return log n! less Stirling's approximation (n + ½) log n - n + ½ log 2π."""
    if n < 16.0:
        return EXACT_STIRLING[int(n)]
    s = 1.0 / (n * n)
    series = 1.0 / 1260.0 - s * (1.0 / 1680.0 - s * (1.0 / 1188.0 - s * 691.0 / 360360.0))
    return (1.0 / 12.0 - s * (1.0 / 360.0 - s * series)) / n


@inner
def deviance(x: float, mean: float) -> float:
    """Return x log(x / mean) + mean - x without cancellation near the mean."""
    gap = x - mean
    if abs(gap) >= 0.1 * (x + mean):
        return x * math.log(x / mean) - gap
    v = gap / (x + mean)
    total = gap * v
    power = 2.0 * x * v
    odd = 1.0
    while True:
        power *= v * v
        odd += 2.0
        step = total + power / odd
        if step == total:
            return total
        total = step


@inner
def mass(k: int, n: int, p: float) -> float:
    """Return P(X = k) for X ~ Binomial(n, p).

    Loader (2000), "Fast and accurate computation of binomial probabilities": the error of
    Stirling's formula and the deviance are taken apart, so nothing large cancels.
    """
    if k < 0 or k > n:
        return 0.0
    if p <= 0.0:
        return 1.0 if k == 0 else 0.0
    if p >= 1.0:
        return 1.0 if k == n else 0.0
    if k == 0:
        return math.exp(n * math.log1p(-p))
    if k == n:
        return math.exp(n * math.log(p))
    x, rest = float(k), float(n - k)
    log_mass = (
        stirling_error(float(n))
        - stirling_error(x)
        - stirling_error(rest)
        - deviance(x, n * p)
        - deviance(rest, n * (1.0 - p))
    )
    return math.exp(log_mass) * math.sqrt(n / (2.0 * math.pi * x * rest))


@inner
def window(n: int, p: float) -> tuple[int, int]:
    """Return the smallest and largest count that matter."""
    mean = n * p
    reach = WINDOW * math.sqrt(mean * (1.0 - p)) + MARGIN
    return max(0, math.floor(mean - reach)), min(n, math.ceil(mean + reach))


@inner
def quantile(u: float, n: int, p: float) -> int:
    """Return the least k with P(X ≤ k) ≥ u for X ~ Binomial(n, p) and 0 < u < 1.

    Adds up masses from the lower end of the window; the answer rises with u and with p. Within
    1e-13 of u = 1 rounding of the sum decides, and the answer may lie further out.
    """
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    low, high = window(n, p)
    k = low
    at = mass(k, n, p)
    total = at
    odds = p / (1.0 - p)
    while total < u and k < high:
        at *= (n - k) * odds / (k + 1.0)
        k += 1
        total += at
    return k


@inner
def fill_masses(n: int, p: float, low: int, high: int, out: np.ndarray) -> None:
    """Write P(X = low) ... P(X = high) to ``out``, outwards from the mode."""
    if p <= 0.0 or p >= 1.0:
        for k in range(low, high + 1):
            out[k - low] = mass(k, n, p)
        return
    mode = min(max(int((n + 1) * p), low), high)
    out[mode - low] = mass(mode, n, p)
    odds = p / (1.0 - p)
    for k in range(mode, high):
        out[k + 1 - low] = out[k - low] * ((n - k) * odds / (k + 1.0))
    for k in range(mode, low, -1):
        out[k - 1 - low] = out[k - low] * (k / ((n - k + 1.0) * odds))


@inner
def tail(limit: int, n: int, p: float) -> tuple[float, float]:
    """Return P(X > limit) and E[(X - limit)⁺] for X ~ Binomial(n, p).

    Sums the side of ``limit`` away from the mean, so small tails keep their relative accuracy.
    """
    mean = n * p
    if limit < 0:
        return 1.0, mean - limit
    if limit >= n or p <= 0.0:
        return 0.0, 0.0
    if p >= 1.0:
        return 1.0, mean - limit
    total = 0.0
    excess = 0.0
    if limit + 1 >= mean:
        odds = p / (1.0 - p)
        at = mass(limit + 1, n, p)
        for k in range(limit + 1, n + 1):
            total += at
            excess += (k - limit) * at
            if at * (k - limit) < 1e-17 * excess:
                break
            at *= (n - k) * odds / (k + 1.0)
        return total, excess
    odds = (1.0 - p) / p
    at = mass(limit, n, p)
    for k in range(limit, -1, -1):
        total += at
        excess += (limit - k) * at
        if at * (limit - k + 1.0) < 1e-17 * total:
            break
        at *= k * odds / (n - k + 1.0)
    return 1.0 - total, mean - limit + excess


def scratch_size(people: int, cohorts: int) -> int:
    """Return how many places ``masses`` and ``work`` need for sums of so many people."""
    widest = min(people, int(WINDOW * math.sqrt(people)) + 1) + 2 * int(MARGIN) + 3
    return 3 * cohorts * widest


@inner
def fill_sum_masses(
    count: int, n: np.ndarray, p: np.ndarray, masses: np.ndarray, work: np.ndarray
) -> tuple[int, int]:
    """Write the masses of a sum of independent binomials to ``masses``.

    Parameters
    ----------
    count : int
        Number of binomials, at least 1.
    n : int64[count], p : float64[count]
        Their sizes and probabilities.
    masses, work : float64[...]
        Scratch of ``scratch_size`` places.

    Returns
    -------
    low, high : int
        ``masses[j]`` is P(X = low + j) for low ≤ low + j ≤ high.
    """
    low, high = window(n[0], p[0])
    fill_masses(n[0], p[0], low, high, masses)
    for c in range(1, count):
        low_c, high_c = window(n[c], p[c])
        width, width_c = high - low + 1, high_c - low_c + 1
        fill_masses(n[c], p[c], low_c, high_c, work)
        folded = work[width_c : 2 * width_c + width - 1]
        folded[:] = 0.0
        for j in range(width_c):
            for i in range(width):
                folded[i + j] += work[j] * masses[i]
        for i in range(folded.size):
            masses[i] = folded[i]
        low, high = low + low_c, high + high_c
    return low, high


@inner
def sum_tail(
    limit: int, count: int, n: np.ndarray, p: np.ndarray, masses: np.ndarray, work: np.ndarray
) -> tuple[float, float]:
    """Return P(X > limit) and E[(X - limit)⁺] for a sum X of independent binomials.

    Parameters are as in ``fill_sum_masses``; ``count`` may be 0. With two or more, the masses of
    all but the last meet the tail of the last: Σₐ P(A = a) P(B > limit - a).
    """
    if count == 0:
        return 0.0, 0.0
    last = count - 1
    if count == 1:
        return tail(limit, n[0], p[0])
    low, high = fill_sum_masses(last, n, p, masses, work)
    low_b, high_b = window(n[last], p[last])
    width_b = high_b - low_b + 1
    above = work[: width_b + 1]
    beyond = work[width_b + 1 : 2 * width_b + 2]
    fill_masses(n[last], p[last], low_b, high_b, work)
    _accumulate(width_b, above, beyond)
    mean_b = n[last] * p[last]
    total = 0.0
    excess = 0.0
    for j in range(high - low + 1):
        at = limit - low - j - low_b
        if at < -1:
            total += masses[j]
            excess += masses[j] * (mean_b - (limit - low - j))
        elif at < width_b:
            total += masses[j] * above[at + 1]
            excess += masses[j] * beyond[at + 1]
    return total, excess


@inner
def _accumulate(width: int, above: np.ndarray, beyond: np.ndarray) -> None:
    """Turn masses P(B = low + j) into P(B ≥ low + j) and E[(B - low - j + 1)⁺]."""
    running = 0.0
    rest = 0.0
    for j in range(width - 1, -1, -1):
        running += above[j]
        rest += running
        above[j] = running
        beyond[j] = rest
    above[width] = 0.0
    beyond[width] = 0.0
