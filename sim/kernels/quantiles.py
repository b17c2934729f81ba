"""Quantiles from a table: for distributions whose quantile function is dear to compute."""

from __future__ import annotations

import numpy as np

from sim.jit import kernel
from sim.kernels import lanes

_ONE = np.uint64(1)


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
