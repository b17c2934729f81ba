"""The standard normal distribution inside kernels: density, distribution and quantile."""

from __future__ import annotations

import math

from sim.jit import kernel
from sim.kernels import lanes

_SQRT_HALF = math.sqrt(0.5)
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)


@kernel
def density(z: float) -> float:
    """Return φ(z)."""
    return _DENSITY_AT_0 * math.exp(-0.5 * z * z)


@kernel
def below(z: float) -> float:
    """Return Φ(z), accurate in the lower tail; Φ(-∞) = 0 and Φ(∞) = 1."""
    return 0.5 * math.erfc(-z * _SQRT_HALF)


@kernel
def quantile(p: float) -> float:
    """Return Φ⁻¹(p) to about 1e-15 relative; -∞ at 0 and ∞ at 1."""
    if p <= 0.0:
        return -math.inf
    if p >= 1.0:
        return math.inf
    return lanes.quantile(p)
