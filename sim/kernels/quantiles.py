"""Normal scores of uniforms, and quantiles from a table by score where they are dear to compute."""

from __future__ import annotations

import math

import numpy as np

from sim.jit import kernel
from sim.kernels import lanes

_ONE = np.uint64(1)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)
_NEWTON = 10
_NEWTON_IN_TAIL = 100
_LEVELS = 10_000
_CLOSE = 1e-8  # Newton's next step is the square of it
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)


@kernel
def tabulated(
    u: np.ndarray, first: float, step: float, value: np.ndarray, slope: np.ndarray, out: np.ndarray
) -> None:
    """Find quantiles by cubic Hermite interpolation in the normal score z = Φ⁻¹(u).

    Parameters
    ----------
    u : float64[draw]
        Strictly between 0 and 1.
    first, step : float
        First score of the table and the distance of its scores; they reach beyond those of u.
    value, slope : float64[score]
        Quantile at each score, and its derivative times ``step``.
    out : float64[draw]
        Out: quantiles.

    Notes
    -----
    In z a quantile function is smooth up to its ends, where in u it is steep or flat.
    """
    scale = 1.0 / step
    for i in range(u.size):
        out[i] = (lanes.quantile(u[i]) - first) * scale
    for i in range(u.size):
        j = np.uint64(out[i])
        t = out[i] - np.float64(j)
        s = 1.0 - t
        low, high = value[j], value[j + _ONE]
        rise = high - low
        bend = s * (slope[j] - rise) - t * (slope[j + _ONE] - rise)
        out[i] = low + t * (rise + s * bend)


@kernel
def normal_scores(u: np.ndarray, out: np.ndarray) -> None:
    """Find z = Φ⁻¹(u), float64[draw], of uniforms strictly between 0 and 1."""
    for i in range(u.size):
        out[i] = lanes.quantile(u[i])


@kernel
def normal_uniforms(z: np.ndarray, out: np.ndarray) -> None:
    """Find u = Φ(z), float64[draw]."""
    for i in range(z.size):
        out[i] = lanes.below(z[i])


@kernel
def beta_scores(
    a: float, b: float, farthest: float, step: float, value: np.ndarray, slope: np.ndarray
) -> None:
    """Find quantiles of Beta(a, b) at the scores -farthest, -farthest + step, ..., up to 0.

    Parameters
    ----------
    a, b : float
        At least 0.1.
    farthest, step : float
        Such that the mass below -farthest is a small part of what a step adds.
    value, slope : float64[score]
        Out: quantile at each score z, and its derivative dx/dz times ``step``.

    Notes
    -----
    In the log-odds t of x the density is xᵃ (1 - x)ᵇ / B(a, b). The first quantile solves
    P(T ≤ t) = Φ(-farthest); each next one by Newton's method, the mass
    since the last by Gauss-Legendre quadrature. Masses only add up from the tail, so even the least
    keep their digits; the other half of the scores are those of Beta(b, a).
    """
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    so_far = _below(-farthest)
    t = _log_odds_in_tail(a, b, log_beta, so_far)
    density = math.exp(_log_density(a, b, log_beta, t))
    for j in range(value.size):
        z = j * step - farthest
        if j > 0:
            start, wanted = t, _below(z) - so_far
            so_far = _below(z)
            x = 1.0 / (1.0 + math.exp(-t))
            ahead = wanted / density
            t += ahead * (1.0 - 0.5 * ahead * (a - (a + b) * x))
            for _ in range(_NEWTON):
                density = math.exp(_log_density(a, b, log_beta, t))
                missing = wanted - _mass(a, b, log_beta, start, t)
                t += missing / density
                if abs(missing) < _CLOSE * wanted:
                    break
        x, rest = 1.0 / (1.0 + math.exp(-t)), 1.0 / (1.0 + math.exp(t))
        value[j] = x
        slope[j] = step * (math.exp(-0.5 * z * z) * _DENSITY_AT_0 / density) * x * rest


@kernel
def _below(z: float) -> float:
    """Return Φ(z), accurate in the lower tail."""
    return 0.5 * math.erfc(-z * math.sqrt(0.5))


@kernel
def _log_density(a: float, b: float, log_beta: float, t: float) -> float:
    """Return the log of the density of the log-odds of Beta(a, b)."""
    below = math.log1p(math.exp(-abs(t)))
    return -a * (below + max(-t, 0.0)) - b * (below + max(t, 0.0)) - log_beta


@kernel
def _mass(a: float, b: float, log_beta: float, low: float, high: float) -> float:
    """Return P(low ≤ T ≤ high) of the log-odds T, close together."""
    half = 0.5 * (high - low)
    total = 0.0
    for i in range(_NODES.size):
        t = low + half * (1.0 + _NODES[i])
        total += _WEIGHTS[i] * math.exp(_log_density(a, b, log_beta, t))
    return half * total


@kernel
def _log_odds_in_tail(a: float, b: float, log_beta: float, wanted: float) -> float:
    """Return t with P(T ≤ t) = ``wanted``, a small chance.

    By Newton's method on log P, which is concave, so no step goes beyond the answer.
    """
    t = math.log(a / b) - 8.0 * math.sqrt(1.0 / a + 1.0 / b)
    for _ in range(_NEWTON_IN_TAIL):
        x = 1.0 / (1.0 + math.exp(-t))
        ratio = _tail_over_density(a, b, x)
        gap = math.log(wanted / ratio) - _log_density(a, b, log_beta, t)
        t += gap * ratio
        if abs(gap) < _CLOSE:
            break
    return t


@kernel
def _tail_over_density(a: float, b: float, x: float) -> float:
    """Return P(T ≤ t) over the density of the log-odds T at t, where x lies below the mean.

    The continued fraction DLMF 8.17.22 by Lentz's method.
    """
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    found = d
    for m in range(1, _LEVELS):
        even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        d, c = 1.0 / (1.0 + even * d), 1.0 + even / c
        found *= c * d
        d, c = 1.0 / (1.0 + odd * d), 1.0 + odd / c
        found *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return found / a
