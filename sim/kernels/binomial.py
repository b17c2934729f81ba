"""Binomial counts and sums of binomial counts: masses, quantiles and tails by exact sums.

All sums run over the window mean ± 8.3 standard deviations, outside which a binomial has less
than 1e-15 of its mass. Nothing here draws: a count comes from a uniform by inversion, so a small
change of a rate moves few counts.
"""

from __future__ import annotations

import math

import numpy as np

from sim.jit import kernel
from sim.kernels import lanes

_WINDOW = 8.3
_MARGIN = 8.0
_STRIDE = 8
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_EXACT_STIRLING = np.array(
    [0.0]
    + [math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - _HALF_LOG_2PI for n in range(1, 16)]
)


@kernel
def stirling_error(n: float) -> float:
    """Return log n! less Stirling's approximation (n + ½) log n - n + ½ log 2π."""
    if n < 16.0:
        return _EXACT_STIRLING[int(n)]
    s = 1.0 / (n * n)
    series = 1.0 / 1260.0 - s * (1.0 / 1680.0 - s * (1.0 / 1188.0 - s * 691.0 / 360360.0))
    return (1.0 / 12.0 - s * (1.0 / 360.0 - s * series)) / n


@kernel
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


@kernel
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


@kernel
def window(n: int, p: float) -> tuple[int, int]:
    """Return the smallest and largest count that matter."""
    mean = n * p
    reach = _WINDOW * math.sqrt(mean * (1.0 - p)) + _MARGIN
    return max(0, math.floor(mean - reach)), min(n, math.ceil(mean + reach))


@kernel
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


@kernel
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


@kernel
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


@kernel
def log_ways(n: int, k: int) -> float:
    """Return log of the number of ways to choose k of n, for 0 < k < n."""
    whole, x, rest = float(n), float(k), float(n - k)
    return (
        stirling_error(whole)
        - stirling_error(x)
        - stirling_error(rest)
        + x * math.log(whole / x)
        + rest * math.log(whole / rest)
        + 0.5 * math.log(whole / (2.0 * math.pi * x * rest))
    )


@kernel
def lane_start(k: int, n: int, p: np.ndarray, at: np.ndarray, odds: np.ndarray) -> None:
    """Write P(X = k) and p / (1 - p) for many p, in vector lanes; 0 where it is below 1e-304."""
    ways = log_ways(n, k) if 0 < k < n else 0.0
    for j in range(p.size):
        share = max(p[j], 1e-300)
        kept = max(1.0 - p[j], 1e-300)
        logarithm = ways + k * lanes.log(share) + (n - k) * lanes.log(kept)
        at[j] = lanes.exp(logarithm) if logarithm > -699.0 else 0.0
        odds[j] = share / kept


@kernel
def lane_quantiles(
    n: int,
    p: np.ndarray,
    u: np.ndarray,
    at: np.ndarray,
    odds: np.ndarray,
    total: np.ndarray,
    out: np.ndarray,
) -> None:
    """Find the least k with P(X ≤ k) ≥ u of Binomial(n, p) for many p and u, in vector lanes.

    Parameters
    ----------
    n : int
    p, u : float64[lane]
    at, odds, total : float64[lane]
        Scratch.
    out : float64[lane]
        Out: as ``quantile`` gives it one by one.

    Notes
    -----
    All lanes add up the same counts, so the ratio of neighbouring masses is one scalar times the
    odds of each lane. A lane whose first mass is too small for a double goes alone.
    """
    lowest, highest = 1.0, 0.0
    for j in range(p.size):
        lowest = min(lowest, p[j])
        highest = max(highest, p[j])
    low, high = window(n, lowest)[0], window(n, highest)[1]
    lane_start(low, n, p, at, odds)
    least = 1.0
    for j in range(p.size):
        total[j] = at[j]
        out[j] = low
        least = min(least, at[j])
    k = low
    while k < high:
        for _ in range(min(_STRIDE, high - k)):
            ratio = (n - k) / (k + 1.0)
            for j in range(p.size):
                out[j] += 1.0 if total[j] < u[j] else 0.0
                at[j] *= ratio * odds[j]
                total[j] += at[j]
            k += 1
        waiting = 0.0
        for j in range(p.size):
            waiting = max(waiting, u[j] - total[j])
        if waiting == 0.0:
            break
    if least == 0.0:
        for j in range(p.size):
            out[j] = quantile(u[j], n, p[j])


@kernel
def lane_tails(
    limit: int,
    n: int,
    p: np.ndarray,
    at: np.ndarray,
    odds: np.ndarray,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Find P(X > limit) and E[(X - limit)⁺] of Binomial(n, p) for many p, in vector lanes.

    Parameters
    ----------
    limit : int
        At least 0 and below n.
    n : int
    p : float64[lane]
    at, odds : float64[lane]
        Scratch.
    short, unmet : float64[lane]
        Out.

    Notes
    -----
    All lanes add up the same counts from ``limit + 1`` on, so the ratio of neighbouring masses is
    one scalar times the odds of each lane. Where the mean lies twelve standard deviations above
    the limit a shortage is certain.
    """
    start = limit + 1
    lane_start(start, n, p, at, odds)
    highest = 0.0
    for j in range(p.size):
        highest = max(highest, p[j])
        short[j] = at[j]
        unmet[j] = at[j]
    reach = _WINDOW * math.sqrt(start * (n - start) / n) + _MARGIN
    last = min(n, max(window(n, highest)[1], start + math.ceil(reach)))
    for k in range(start, last):
        ratio = (n - k) / (k + 1.0)
        gap = float(k + 1 - limit)
        for j in range(p.size):
            at[j] *= ratio * odds[j]
            short[j] += at[j]
            unmet[j] += gap * at[j]
    for j in range(p.size):
        mean = n * p[j]
        certain = mean - limit > 12.0 * math.sqrt(max(mean * (1.0 - p[j]), 0.0)) + 5.0
        certain |= p[j] >= 1.0
        short[j] = 1.0 if certain else short[j]
        unmet[j] = mean - limit if certain else unmet[j]


def scratch_size(people: int, cohorts: int) -> int:
    """Return how many places ``masses`` and ``work`` need for sums of so many people."""
    widest = min(people, int(_WINDOW * math.sqrt(people)) + 1) + 2 * int(_MARGIN) + 3
    return 3 * cohorts * widest


@kernel
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
        masses[: folded.size] = folded
        low, high = low + low_c, high + high_c
    return low, high


@kernel
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


@kernel
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


@kernel
def lane_masses(
    n: int, p: np.ndarray, log_p: np.ndarray, log_rest: np.ndarray, out: np.ndarray
) -> tuple[int, int]:
    """Write P(X = low + k) of Binomial(n, p) for many p to ``out[k, lane]``; return the window.

    The window holds the windows of all lanes; ``low > high`` says that ``out`` is too short.
    """
    lowest, highest = 1.0, 0.0
    for j in range(p.size):
        lowest = min(lowest, p[j])
        highest = max(highest, p[j])
        log_p[j] = lanes.log(max(p[j], 1e-300))
        log_rest[j] = lanes.log(max(1.0 - p[j], 1e-300))
    low, high = window(n, lowest)[0], window(n, highest)[1]
    if high - low >= out.shape[0]:
        return 1, 0
    ways = log_ways(n, low) if 0 < low < n else 0.0
    for k in range(low, high + 1):
        for j in range(p.size):
            out[k - low, j] = lanes.exp(ways + k * log_p[j] + (n - k) * log_rest[j])
        ways += math.log((n - k) / (k + 1.0)) if k < n else 0.0
    return low, high


@kernel
def lane_sum_tails(
    limit: int,
    cohorts: int,
    n: np.ndarray,
    p: np.ndarray,
    log_p: np.ndarray,
    log_rest: np.ndarray,
    masses: np.ndarray,
    factor: np.ndarray,
    product: np.ndarray,
    short: np.ndarray,
    unmet: np.ndarray,
) -> bool:
    """Find P(X > limit) and E[(X - limit)⁺] of sums of small binomials, in vector lanes.

    Parameters
    ----------
    limit : int
    cohorts : int
        Number of binomials, at least 2.
    n : int64[cohort]
    p : float64[cohort, lane]
    log_p, log_rest : float64[lane]
        Scratch.
    masses, factor, product : float64[count, lane]
        Scratch.
    short, unmet : float64[lane]
        Out.

    Returns
    -------
    bool
        False if the scratch is too short; nothing is written then.
    """
    low, high = lane_masses(n[0], p[0], log_p, log_rest, masses)
    for c in range(1, cohorts - 1):
        low_c, high_c = lane_masses(n[c], p[c], log_p, log_rest, factor)
        if low > high or low_c > high_c or high - low + high_c - low_c >= product.shape[0]:
            return False
        product[: high - low + high_c - low_c + 1] = 0.0
        for k in range(high_c - low_c + 1):
            for i in range(high - low + 1):
                for j in range(short.size):
                    product[i + k, j] += factor[k, j] * masses[i, j]
        low, high = low + low_c, high + high_c
        masses[: high - low + 1] = product[: high - low + 1]
    last = cohorts - 1
    low_b, high_b = lane_masses(n[last], p[last], log_p, log_rest, factor)
    width = high_b - low_b + 1
    if low > high or width < 1 or width >= factor.shape[0]:
        return False
    _accumulate_lanes(width, factor, product)
    short[:] = 0.0
    unmet[:] = 0.0
    for k in range(low, high + 1):
        at = limit - k - low_b + 1
        missing = float(k - limit)
        if at < 0:
            for j in range(short.size):
                short[j] += masses[k - low, j]
                unmet[j] += masses[k - low, j] * (n[last] * p[last, j] + missing)
        elif at <= width:
            for j in range(short.size):
                short[j] += masses[k - low, j] * factor[at, j]
                unmet[j] += masses[k - low, j] * product[at, j]
    return True


@kernel
def _accumulate_lanes(width: int, above: np.ndarray, beyond: np.ndarray) -> None:
    """Do as ``_accumulate`` in every lane; ``above`` holds the masses."""
    above[width] = 0.0
    beyond[width] = 0.0
    for k in range(width - 1, -1, -1):
        for j in range(above.shape[1]):
            above[k, j] += above[k + 1, j]
            beyond[k, j] = beyond[k + 1, j] + above[k, j]
