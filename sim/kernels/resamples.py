"""The Poisson bootstrap: how often a row counts in each resample, and sums so weighted."""

from __future__ import annotations

import numpy as np

from sim import streams
from sim.jit import inner, kernel

WORD = 16
"""Bits of randomness in a count."""
_WORDS = 4
STRIP = 32
"""Rows whose weights stay in the nearest cache while they are used."""
_MASK = np.uint64(2**WORD - 1)
_WORD = np.uint64(WORD)


@kernel
def poisson_counts(
    seed: np.uint64, key: np.uint64, first: int, table: np.ndarray, out: np.ndarray
) -> None:
    """Write Poisson counts of mean 1, the same for a row in whatever block it comes.

    Parameters
    ----------
    seed, key : uint64
    first : int
        Index of the first row.
    table : float64[2**WORD]
        Quantiles of the count at even steps.
    out : float64[row, resample]
        Out: counts.
    """
    rows, resamples = out.shape
    for i in range(rows):
        for r in range(0, resamples, 2 * _WORDS):
            a, b = streams.threefry(seed, key, np.uint64(first + i), np.uint64(r))
            for k in range(min(_WORDS, resamples - r)):
                out[i, r + k] = table[a & _MASK]
                a >>= _WORD
            for k in range(_WORDS, min(2 * _WORDS, resamples - r)):
                out[i, r + k] = table[b & _MASK]
                b >>= _WORD


@inner
def _add_four(p: np.ndarray, w: np.ndarray, i: int, out: np.ndarray) -> None:
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    u, v, x, y = w[i], w[i + 1], w[i + 2], w[i + 3]
    for r in range(out.size):
        out[r] += a * u[r] + b * v[r] + (c * x[r] + d * y[r])


@inner
def _add_one(p: float, w: np.ndarray, out: np.ndarray) -> None:
    for r in range(out.size):
        out[r] += p * w[r]


@kernel
def add_products(products: np.ndarray, weights: np.ndarray, out: np.ndarray) -> None:
    """Add the product of two matrices, in an order that no number of threads changes.

    Parameters
    ----------
    products : float64[quantity, row]
    weights : float64[row, resample]
    out : float64[quantity, resample]
        In and out: sums.

    Notes
    -----
    The threads of a library's product wait for each other: on busy cores it took a hundred times
    as long as on free ones, where it gains 15 ms of 60.
    """
    rows = products.shape[1]
    for start in range(0, rows, STRIP):
        stop = min(start + STRIP, rows)
        whole = stop - (stop - start) % 4
        for q in range(products.shape[0]):
            for i in range(start, whole, 4):
                _add_four(products[q], weights, i, out[q])
            for i in range(whole, stop):
                _add_one(products[q, i], weights[i], out[q])
