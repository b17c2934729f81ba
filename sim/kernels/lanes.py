"""Elementary functions that compile to vector lanes: no branch, no table, no library call.

numba has no vector ``exp``, ``log`` or ``erfc`` of its own. These are polynomials around bit
casts, so a loop over a contiguous array becomes vector code, and every element rounds alike
wherever it stands in the array.
"""

from __future__ import annotations

import math

import numpy as np

from sim.jit import lane

_LOG2_E = 1.0 / math.log(2.0)
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_ROUND = 6755399441055744.0  # 1.5 · 2**52: adding it rounds to a whole number in the low bits
_ROUND_BITS = np.int64(0x4338000000000000)
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_EXPONENT_MASK = np.int64(-(1 << 52))
_LN2 = math.log(2.0)
_ROUND_TO_EXPONENT = _ROUND + 1023.0  # leaves a whole number and the bias of exponents
_SURE = 37.0  # Φ(37) = 1 in double precision
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)


@lane
def row_length(count: int) -> int:
    """Return how long rows of ``count`` values shall be: an odd number of lines of the cache.

    Rows that lie 4,096 bytes apart all go into the same few places of the first cache.
    """
    return (count + 7) // 8 // 2 * 16 + 8


@lane
def small_whole(n: np.int64) -> float:
    """Return a whole number of less than 2**51 as a float: older vectors convert one by one."""
    return np.int64(n + _ROUND_BITS).view(np.float64) - _ROUND


@lane
def exp_slope(r: float) -> float:
    """Return (eʳ - 1) / r to the last digit for |r| ≤ log(2) / 2."""
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
    return y * r + 1.0


@lane
def _reduced(x: float) -> tuple[float, float]:
    """Split x into a power of two and the rest r: eˣ = scale eʳ."""
    x = min(max(x, -700.0), 700.0)
    shifted = x * _LOG2_E + _ROUND
    power = np.float64(shifted).view(np.int64)
    whole = shifted - _ROUND
    scale = np.int64((power + 1023) << 52).view(np.float64)
    return scale, (x - whole * _LN2_HIGH) - whole * _LN2_LOW


@lane
def exp(x: float) -> float:
    """Return eˣ within 2 ulp for |x| ≤ 700; beyond, the value at the end of that range."""
    scale, r = _reduced(x)
    return scale * (r * exp_slope(r) + 1.0)


@lane
def exp_less_one(x: float) -> float:
    """Return eˣ - 1 without cancellation near 0; beyond ±700 as ``exp``."""
    scale, r = _reduced(x)
    return scale * (r * exp_slope(r)) + (scale - 1.0)


@lane
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
    whole = small_whole(power)
    return whole * _LN2_HIGH + (s * y + whole * _LN2_LOW)


@lane
def density(z: float) -> float:
    """Return the standard normal density φ(z)."""
    return _DENSITY_AT_0 * exp(-0.5 * z * z)


@lane
def mills(z: float) -> float:
    """Return (1 - Φ(z)) / φ(z) for z ≥ 0 within 1e-13.

    A polynomial fitted to (1 + z) times it, in y = (z - 4) / (z + 4).
    """
    inverse = 1.0 / ((z + 4.0) * (z + 1.0))  # one division for both
    y = (z - 4.0) * (z + 1.0) * inverse
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
    return m * ((z + 4.0) * inverse)


@lane
def below_and_density(z: float) -> tuple[float, float]:
    """Return Φ(z), accurate in the lower tail, and φ(z); beyond ±37 the values there."""
    size = min(abs(z), _SURE)
    phi = density(size)
    tail = phi * mills(size)
    return tail if z < 0.0 else 1.0 - tail, phi


@lane
def below(z: float) -> float:
    """Return Φ(z), accurate in the lower tail; beyond ±37 the value there."""
    return below_and_density(z)[0]


@lane
def quick_density(half_square: float) -> float:
    """Return φ(z) from z² / 2, at least 0, within 3e-9; beyond 700 the value there."""
    x = max(-half_square, -700.0)
    shifted = x * _LOG2_E + _ROUND_TO_EXPONENT
    r = x - (shifted - _ROUND_TO_EXPONENT) * _LN2
    scale = np.int64(np.float64(shifted).view(np.int64) << 52).view(np.float64)
    y = (0.001383684590253591 * r + 0.008374816052623595) * r + 0.04166822558610253
    y = (y * r + 0.166664201669086) * (r * r)
    low = (0.49999992079675054 * r + 1.0000000363238453) * r + 1.0000000005541798
    return (_DENSITY_AT_0 * scale) * (y * r + low)


@lane
def quick_mills(inverse: float) -> float:
    """Return (1 - Φ(z)) / φ(z) within 3e-9 from 1 / (z + 4), for z ≥ 0.

    A polynomial fitted to (z + 4) times it, in y = (z - 4) / (z + 4), its halves side by side.
    """
    y = 1.0 - 8.0 * inverse
    y2 = y * y
    y4 = y2 * y2
    low = 1.8932190623351133 - 1.5237708768559326 * y
    low += y2 * (0.9704096106204041 - 0.46754192207198453 * y)
    middle = 0.1513912819316543 - 0.01889284669225333 * y
    middle += y2 * (0.004062076353186228 * y - 0.008720900060577463)
    high = 0.0003324847332493164 - 0.0005360979609747574 * y
    high += y2 * (5.138992344200233e-05 * y - 3.2602518444946327e-06)
    return inverse * (low + y4 * (middle + y4 * high))


@lane
def quick_below_and_density(z: float) -> tuple[float, float]:
    """Return Φ(z) and φ(z) within 6e-9 relative; beyond ±37 the values there."""
    size = min(abs(z), _SURE)
    phi = quick_density(0.5 * size * size)
    tail = phi * quick_mills(1.0 / (size + 4.0))
    return tail if z < 0.0 else 1.0 - tail, phi


@lane
def quick_below(z: float) -> float:
    """Return Φ(z) within 6e-9 relative; beyond ±37 the value there."""
    return quick_below_and_density(z)[0]


@lane
def quantile(p: float) -> float:
    """Return Φ⁻¹(p) for 0 < p < 1 to about 1e-15 relative.

    Wichura (1988), Algorithm AS 241 (PPND16), Applied Statistics 37(3), 477-484; its three parts
    are all computed and one is chosen.
    """
    q = p - 0.5
    r = 0.180625 - q * q
    top = 2.5090809287301226727e3 * r + 3.3430575583588128105e4
    top = top * r + 6.7265770927008700853e4
    top = top * r + 4.5921953931549871457e4
    top = top * r + 1.3731693765509461125e4
    top = top * r + 1.9715909503065514427e3
    top = top * r + 1.3314166789178437745e2
    top = top * r + 3.3871328727963666080e0
    base = 5.2264952788528545610e3 * r + 2.8729085735721942674e4
    base = base * r + 3.9307895800092710610e4
    base = base * r + 2.1213794301586595867e4
    base = base * r + 5.3941960214247511077e3
    base = base * r + 6.8718700749205790830e2
    base = base * r + 4.2313330701600911252e1
    base = base * r + 1.0
    middle = q * top / base
    tail = math.sqrt(-log(min(p, 1.0 - p)))
    r = tail - 1.6
    top = 7.74545014278341407640e-4 * r + 2.27238449892691845833e-2
    top = top * r + 2.41780725177450611770e-1
    top = top * r + 1.27045825245236838258e0
    top = top * r + 3.64784832476320460504e0
    top = top * r + 5.76949722146069140550e0
    top = top * r + 4.63033784615654529590e0
    top = top * r + 1.42343711074968357734e0
    base = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
    base = base * r + 1.51986665636164571966e-2
    base = base * r + 1.48103976427480074590e-1
    base = base * r + 6.89767334985100004550e-1
    base = base * r + 1.67638483018380384940e0
    base = base * r + 2.05319162663775882187e0
    base = base * r + 1.0
    near = top / base
    r = tail - 5.0
    top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
    top = top * r + 1.24266094738807843860e-3
    top = top * r + 2.65321895265761230930e-2
    top = top * r + 2.96560571828504891230e-1
    top = top * r + 1.78482653991729133580e0
    top = top * r + 5.46378491116411436990e0
    top = top * r + 6.65790464350110377720e0
    base = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
    base = base * r + 1.84631831751005468180e-5
    base = base * r + 7.86869131145613259100e-4
    base = base * r + 1.48753612908506148525e-2
    base = base * r + 1.36929880922735805310e-1
    base = base * r + 5.99832206555887937690e-1
    base = base * r + 1.0
    far = top / base
    outer = near if tail <= 5.0 else far
    outer = math.copysign(outer, q)
    return middle if abs(q) <= 0.425 else outer
