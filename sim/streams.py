"""Counter-based random streams: threefry2x64-20, keyed by (seed, name), counted by (draw, slot).

A stream has no state: the number of a draw is a pure function of seed, name, draw and slot, so
threads, blocks and resumption cannot change it, and two policies that read the same name see
the same luck. Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as
1, 2, 3"; tested against the known answers of Random123.
"""

from __future__ import annotations

import hashlib

import numpy as np

from sim.jit import kernel, lane

_PARITY = np.uint64(0x1BD11BDAA9FC1A22)
_R0, _R1, _R2, _R3 = np.uint64(16), np.uint64(42), np.uint64(12), np.uint64(31)
_R4, _R5, _R6, _R7 = np.uint64(16), np.uint64(32), np.uint64(24), np.uint64(21)
_WORD = np.uint64(64)
_HALF_WORD = np.uint64(32)
_LOW_BITS = np.uint64(12)
_ONE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
_LESS_HALF_STEP = 1.0 - 2.0**-53

# What a number is for; it fills the upper half of the counter's second word.
INPUT, ELIGIBLE, READY, REMOTE, COMBINED, PRESENT, PATTERN, KEPT, DAY, WEEK, SHARE = range(11)
TEAM, SERVICE, LEAVE, VISIT = range(11, 15)  # VISIT and above: one for each day


def stream_key(name: str) -> np.uint64:
    """Return the 64-bit key of a stream's name."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


@lane
def _mix(x0: np.uint64, x1: np.uint64, r: np.uint64) -> tuple[np.uint64, np.uint64]:
    x0 = x0 + x1
    x1 = (x1 << r) | (x1 >> (_WORD - r))
    return x0, x1 ^ x0


@lane
def _four_rounds(
    x0: np.uint64, x1: np.uint64, ra: np.uint64, rb: np.uint64, rc: np.uint64, rd: np.uint64
) -> tuple[np.uint64, np.uint64]:
    x0, x1 = _mix(x0, x1, ra)
    x0, x1 = _mix(x0, x1, rb)
    x0, x1 = _mix(x0, x1, rc)
    return _mix(x0, x1, rd)


@lane
def threefry(
    key0: np.uint64, key1: np.uint64, counter0: np.uint64, counter1: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Encrypt a 128-bit counter under a 128-bit key in 20 rounds."""
    key2 = _PARITY ^ key0 ^ key1
    x0, x1 = counter0 + key0, counter1 + key1
    x0, x1 = _four_rounds(x0, x1, _R0, _R1, _R2, _R3)
    x0, x1 = x0 + key1, x1 + key2 + np.uint64(1)
    x0, x1 = _four_rounds(x0, x1, _R4, _R5, _R6, _R7)
    x0, x1 = x0 + key2, x1 + key0 + np.uint64(2)
    x0, x1 = _four_rounds(x0, x1, _R0, _R1, _R2, _R3)
    x0, x1 = x0 + key0, x1 + key1 + np.uint64(3)
    x0, x1 = _four_rounds(x0, x1, _R4, _R5, _R6, _R7)
    x0, x1 = x0 + key1, x1 + key2 + np.uint64(4)
    x0, x1 = _four_rounds(x0, x1, _R0, _R1, _R2, _R3)
    return x0 + key2, x1 + key0 + np.uint64(5)


@lane
def uniform(seed: np.uint64, key: np.uint64, draw: int, purpose: int, slot: int) -> float:
    """Return the number in (0, 1) at one place of a stream.

    Parameters
    ----------
    seed, key : uint64
        Seed of the run and ``stream_key`` of the stream's name.
    draw : int
        Index of the draw.
    purpose, slot : int
        What the number is for, and its place in the draw; both below 2**32.

    Returns
    -------
    float
        A multiple of 2**-52 plus 2**-53: never 0, never 1, every one as likely as the others.
    """
    place = (np.uint64(purpose) << _HALF_WORD) | np.uint64(slot)
    bits, _ = threefry(seed, key, np.uint64(draw), place)
    return _in_unit(bits)


@lane
def two_uniforms(
    seed: np.uint64, key: np.uint64, draw: int, purpose: int, slot: int
) -> tuple[float, float]:
    """Return two numbers in (0, 1) at one place of a stream; the first is that of ``uniform``."""
    place = (np.uint64(purpose) << _HALF_WORD) | np.uint64(slot)
    a, b = threefry(seed, key, np.uint64(draw), place)
    return _in_unit(a), _in_unit(b)


@lane
def _in_unit(bits: np.uint64) -> float:
    in_one_to_two = np.uint64((bits >> _LOW_BITS) | _ONE).view(np.float64)
    return in_one_to_two - _LESS_HALF_STEP


@kernel
def uniforms(
    seed: np.uint64, key: np.uint64, first: int, purpose: int, slot: int, out: np.ndarray
) -> None:
    """Write the ``uniform`` of consecutive draws from ``first`` on, float64[draw]."""
    for i in range(out.size):
        out[i] = uniform(seed, key, first + i, purpose, slot)


@kernel
def uniform_pairs(
    seed: np.uint64,
    key: np.uint64,
    first: int,
    purpose: int,
    slot: int,
    out: np.ndarray,
    other: np.ndarray,
) -> None:
    """Write the ``two_uniforms`` of consecutive draws from ``first`` on, float64[draw] each."""
    for i in range(out.size):
        out[i], other[i] = two_uniforms(seed, key, first + i, purpose, slot)
