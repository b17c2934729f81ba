"""Sobol points in independent randomisations: the design ``sobol``.

Draw i is point ⌊i / R⌋ of replicate i mod R. Each input and replicate has its own random linear
scramble and digital shift of the Sobol sequence, keyed by the input's name, so that an input that
comes later leaves those before it as they were. Matoušek (1998), "On the L2-discrepancy for
anchored boxes".
"""

from __future__ import annotations

import numpy as np

from sim import streams
from sim.jit import kernel

REPLICATES = 16
DIGITS = 52
_DIGITS = np.uint64(DIGITS)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_LOW_BITS = np.uint64(12)


@kernel
def parity(x: np.uint64) -> np.uint64:
    """Return the number of ones in ``x``, modulo 2."""
    for shift in (32, 16, 8, 4, 2, 1):
        x ^= x >> np.uint64(shift)
    return x & _ONE


@kernel
def scramble(
    seed: np.uint64, key: np.uint64, directions: np.ndarray, out: np.ndarray, shift: np.ndarray
) -> None:
    """Scramble one dimension's direction numbers, once for each replicate.

    Parameters
    ----------
    seed, key : uint64
        Seed of the run and key of the input.
    directions : uint64[bit]
        Direction numbers of the dimension, 52 binary digits each.
    out : uint64[replicate, bit]
        Out: scrambled direction numbers L v; L is lower triangular with ones on its diagonal.
    shift : uint64[replicate]
        Out: digital shift.
    """
    for j in range(REPLICATES):
        out[j] = _ZERO
        for digit in range(DIGITS):
            place = np.uint64(DIGITS - 1 - digit)
            bits, _ = streams.threefry(seed, key, np.uint64(j), np.uint64(digit))
            above = ((bits >> _LOW_BITS) >> (place + _ONE)) << (place + _ONE)
            mask = above | (_ONE << place)
            for k in range(directions.size):
                out[j, k] |= parity(directions[k] & mask) << place
        bits, _ = streams.threefry(seed, key, np.uint64(j), _DIGITS)
        shift[j] = bits >> _LOW_BITS


@kernel
def sobol_points(first: int, directions: np.ndarray, shift: np.ndarray, out: np.ndarray) -> None:
    """Write the points of consecutive draws in one dimension.

    Parameters
    ----------
    first : int
        Index of the first draw.
    directions : uint64[replicate, bit]
    shift : uint64[replicate]
    out : float64[draw]
        Out: points in (0, 1).
    """
    for i in range(out.size):
        replicate = (first + i) % REPLICATES
        index = (first + i) // REPLICATES
        digits = shift[replicate]
        bit = 0
        while index > 0:
            if index & 1:
                digits ^= directions[replicate, bit]
            index >>= 1
            bit += 1
        out[i] = (np.float64(digits) + 0.5) * 2.0**-52
