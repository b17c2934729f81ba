"""The standard normal distribution inside kernels: density, distribution and quantile."""

from __future__ import annotations

import math

from sim.jit import kernel

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
    """Return Φ⁻¹(p) to about 1e-16 relative; -∞ at 0 and ∞ at 1.

    Wichura (1988), Algorithm AS 241 (PPND16), Applied Statistics 37(3), 477-484.
    """
    if p <= 0.0:
        return -math.inf
    if p >= 1.0:
        return math.inf
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2.5090809287301226727e3 * r + 3.3430575583588128105e4
        top = (top * r + 6.7265770927008700853e4) * r + 4.5921953931549871457e4
        top = (top * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3
        top = (top * r + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
        base = 5.2264952788528545610e3 * r + 2.8729085735721942674e4
        base = (base * r + 3.9307895800092710610e4) * r + 2.1213794301586595867e4
        base = (base * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2
        base = (base * r + 4.2313330701600911252e1) * r + 1.0
        return q * top / base
    tail = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if tail <= 5.0:
        r = tail - 1.6
        top = 7.74545014278341407640e-4 * r + 2.27238449892691845833e-2
        top = (top * r + 2.41780725177450611770e-1) * r + 1.27045825245236838258e0
        top = (top * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0
        top = (top * r + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
        base = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
        base = (base * r + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1
        base = (base * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0
        base = (base * r + 2.05319162663775882187e0) * r + 1.0
    else:
        r = tail - 5.0
        top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        top = (top * r + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2
        top = (top * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0
        top = (top * r + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
        base = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
        base = (base * r + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4
        base = (base * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1
        base = (base * r + 5.99832206555887937690e-1) * r + 1.0
    z = top / base
    return -z if q < 0.0 else z
