"""Bits of a word, for sets that are searched in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from sim.jit import instruction

_UNDEFINED_FOR_ZERO = ir.IntType(1)(1)


def _trailing_zeros(builder: Any, word: Any) -> Any:
    return builder.cttz(word, _UNDEFINED_FOR_ZERO)


def _without_the_instruction(word: np.uint64) -> int:
    return (int(word) & -int(word)).bit_length() - 1


lowest_bit: Callable[[np.uint64], int] = instruction(_trailing_zeros, _without_the_instruction)
"""Return the index of the lowest bit of a word that is not 0."""
