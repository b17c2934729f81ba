"""Elementary functions that compile to vector lanes: no branch, no table, no library call.

numba has no vector ``exp``, ``log`` or ``erfc`` of its own. These are polynomials around bit
casts, so a loop over a contiguous array becomes vector code, and every element rounds alike
wherever it stands in the array.
"""

from __future__ import annotations

import math

import numpy as np

from sim.jit import kernel

_LOG2_E = 1.0 / math.log(2.0)
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_ROUND = 6755399441055744.0  # 1.5 · 2**52: adding it rounds to a whole number in the low bits
_ROUND_BITS = np.int64(0x4338000000000000)
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_EXPONENT_MASK = np.int64(-(1 << 52))
_SURE = 37.0  # Φ(37) = 1 in double precision
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)


@kernel
def exp(x: float) -> float:
    """Return eˣ within 1 ulp for |x| ≤ 700; beyond, the value at the end of that range."""
    x = min(max(x, -700.0), 700.0)
    shifted = x * _LOG2_E + _ROUND
    power = np.float64(shifted).view(np.int64)
    whole = shifted - _ROUND
    r = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    y = 1.0 / 479001600.0
    y = y * r + 1.0 / 39916800.0
    y = y * r + 1.0 / 3628800.0
    y = y * r + 1.0 / 362880.0
    y = y * r + 1.0 / 40320.0
    y = y * r + 1.0 / 5040.0
    y = y * r + 1.0 / 720.0
    y = y * r + 1.0 / 120.0
    y = y * r + 1.0 / 24.0
    y = y * r + 1.0 / 6.0
    y = y * r + 0.5
    y = y * r + 1.0
    y = y * r + 1.0
    return y * np.int64((power + 1023) << 52).view(np.float64)


@kernel
def log(x: float) -> float:
    """Return log x within 2 ulp for positive normal numbers."""
    bits = np.float64(x).view(np.int64)
    power = (bits - _SQRT_HALF_BITS) >> 52
    fraction = np.int64(bits - ((bits - _SQRT_HALF_BITS) & _EXPONENT_MASK)).view(np.float64) - 1.0
    s = fraction / (2.0 + fraction)
    z = s * s
    y = 2.0 / 21.0
    y = y * z + 2.0 / 19.0
    y = y * z + 2.0 / 17.0
    y = y * z + 2.0 / 15.0
    y = y * z + 2.0 / 13.0
    y = y * z + 2.0 / 11.0
    y = y * z + 2.0 / 9.0
    y = y * z + 2.0 / 7.0
    y = y * z + 2.0 / 5.0
    y = y * z + 2.0 / 3.0
    y = y * z + 2.0
    whole = np.int64(power + _ROUND_BITS).view(np.float64) - _ROUND
    return whole * _LN2_HIGH + (s * y + whole * _LN2_LOW)


@kernel
def density(z: float) -> float:
    """Return the standard normal density φ(z)."""
    return _DENSITY_AT_0 * exp(-0.5 * z * z)


@kernel
def mills(z: float) -> float:
    """Return (1 - Φ(z)) / φ(z) for z ≥ 0 within 1e-13.

    A polynomial fitted to (1 + z) times it, in y = (z - 4) / (z + 4).
    """
    y = (z - 4.0) / (z + 4.0)
    m = -1.1370866559445858e-07
    m = m * y - 8.33696685731411e-08
    m = m * y + 1.0749279317678884e-06
    m = m * y + 1.1067811283282933e-06
    m = m * y - 6.210876817931424e-06
    m = m * y - 8.666686771903186e-06
    m = m * y + 3.3927309304999665e-05
    m = m * y + 5.3293958444555756e-05
    m = m * y - 0.00022011714447216948
    m = m * y - 0.00023670936938287922
    m = m * y + 0.0017418230539306026
    m = m * y - 0.0007159496129850142
    m = m * y - 0.012539099736861488
    m = m * y + 0.04495912895680448
    m = m * y - 0.08070800997811607
    m = m * y + 0.07169048120655028
    m = m * y + 0.03509188024371264
    m = m * y - 0.24239967052187228
    m = m * y + 1.183261914567759
    return m / (1.0 + z)


@kernel
def below(z: float) -> float:
    """Return Φ(z), accurate in the lower tail; beyond ±37 the value there."""
    size = min(abs(z), _SURE)
    tail = density(size) * mills(size)
    return tail if z < 0.0 else 1.0 - tail
