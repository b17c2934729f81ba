"""Bits of a word, for sets that are searched in order."""

from __future__ import annotations

import numpy as np

from sim.jit import lane

_ONE = np.uint64(1)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_TOP_BITS = np.uint64(58)
_BIT = np.zeros(64, np.int64)
for _i in range(64):
    _BIT[(int(_DE_BRUIJN) << _i & (2**64 - 1)) >> 58] = _i


@lane
def lowest_bit(bits: np.uint64) -> int:
    """Return the index of the lowest bit that is set (de Bruijn's sequence)."""
    return _BIT[((bits & (~bits + _ONE)) * _DE_BRUIJN) >> _TOP_BITS]
