"""Running sums and histograms over draws: what a summary keeps of a draw before forgetting it.

A cell is one variable of one policy at one place. Draws are added in the order of their index
and carried over leaf by leaf, so the bits do not depend on how draws came in blocks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import kernel
from sim.kernels.designs import REPLICATES

LEAF = 1024


class Tally(NamedTuple):
    """State of the summary.

    A bin keeps how many values fell into it and their sum; the first and last bin of a cell catch
    what lies outside its edges.
    """

    origin: np.ndarray  # float64[cell], subtracted from values before they are squared
    leaf: np.ndarray  # float64[cell, power, replicate], sums of the leaf under way
    total: np.ndarray  # float64[cell, power, replicate], sums of the leaves before it
    existing: np.ndarray  # int64[cell, replicate], values that exist
    low: np.ndarray  # float64[cell], lower edge of the second bin
    width: np.ndarray  # float64[cell], width of a bin
    start: np.ndarray  # int64[cell + 1], where the bins of a cell begin
    bin_count: np.ndarray  # uint32[bin]
    bin_sum: np.ndarray  # float64[bin]


@kernel
def add_draws(first: int, values: np.ndarray, tally: Tally) -> None:
    """Add consecutive draws, float64[cell, draw], of which ``first`` is the first index.

    A value that does not exist is NaN and is left out.
    """
    cells, draws = values.shape
    gap, place = np.empty(draws), np.empty(draws)
    for cell in range(cells):
        begin, end = tally.start[cell], tally.start[cell + 1]
        origin, low, width = tally.origin[cell], tally.low[cell], tally.width[cell]
        existing = _place(values[cell], origin, low, width, end - begin - 1.0, gap, place)
        if existing > 0:
            _fill_bins(gap, place, tally.bin_count[begin:end], tally.bin_sum[begin:end])
        _count(first, place, existing, tally.existing[cell])
        leaf, total = tally.leaf[cell], tally.total[cell]
        at = 0
        while at < draws:
            stop = min(at + LEAF - (first + at) % LEAF, draws)
            _add_up(first + at, gap[at:stop], leaf[0], leaf[1])
            if (first + stop) % LEAF == 0:
                for power in range(2):
                    for j in range(REPLICATES):
                        total[power, j] += leaf[power, j]
                        leaf[power, j] = 0.0
            at = stop


@kernel
def _place(
    values: np.ndarray,
    origin: float,
    low: float,
    width: float,
    last: float,
    gap: np.ndarray,
    place: np.ndarray,
) -> int:
    """Write the gap and the bin of each value, 0 and -1 where there is none; count the others."""
    existing = 0
    for i in range(values.size):
        value = values[i]
        exists = value == value
        bin_of = min(max(np.floor((value - low) / width) + 1.0, 0.0), last)
        gap[i] = value - origin if exists else 0.0
        place[i] = bin_of if exists else -1.0
        existing += 1 if exists else 0
    return existing


@kernel
def _fill_bins(gap: np.ndarray, place: np.ndarray, count: np.ndarray, total: np.ndarray) -> None:
    """Add values to their bins; where all have the same bin, it need not go through memory."""
    alike = 0
    for i in range(gap.size):
        alike += 1 if place[i] == place[0] else 0
    if alike == gap.size:
        at = int(place[0])
        in_bin = total[at]
        for i in range(gap.size):
            in_bin += gap[i]
        count[at] += np.uint32(gap.size)
        total[at] = in_bin
        return
    for i in range(gap.size):
        if place[i] >= 0.0:
            at = int(place[i])
            count[at] += np.uint32(1)
            total[at] += gap[i]


@kernel
def _count(first: int, place: np.ndarray, existing: int, out: np.ndarray) -> None:
    """Add the values that exist to the numbers of the replicates."""
    draws = place.size
    if existing == draws:
        for j in range(REPLICATES):
            out[(first + j) % REPLICATES] += (draws - j + REPLICATES - 1) // REPLICATES
    elif existing > 0:
        for i in range(draws):
            out[(first + i) % REPLICATES] += 1 if place[i] >= 0.0 else 0


@kernel
def _add_up(first: int, gap: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> None:
    """Add gaps and their squares to the sums of their replicates."""
    for j in range(min(REPLICATES, gap.size)):
        replicate = (first + j) % REPLICATES
        total, square = sums[replicate], squares[replicate]
        for i in range(j, gap.size, REPLICATES):
            total += gap[i]
            square += gap[i] * gap[i]
        sums[replicate], squares[replicate] = total, square


@kernel
def values_at(tally: Tally, shares: np.ndarray, out: np.ndarray) -> None:
    """Fill the least values that shares of a cell's values do not exceed, as far as bins tell.

    Parameters
    ----------
    tally : Tally
    shares : float64[cell, share]
        A product with the number of values that is a rounding error above a whole rank is that
        rank.
    out : float64[cell, share]
        Filled with the mean of the bin in which the rank lies; NaN in a cell without values.
    """
    for cell in range(shares.shape[0]):
        begin, end = tally.start[cell], tally.start[cell + 1]
        count, total = tally.bin_count[begin:end], tally.bin_sum[begin:end]
        values = 0
        for at in range(count.size):
            values += count[at]
        for j in range(shares.shape[1]):
            out[cell, j] = math.nan
            if values > 0:
                rank = min(max(math.ceil(shares[cell, j] * values - 1e-9), 1), values)
                at, below = 0, int(count[0])
                while below < rank:
                    at += 1
                    below += count[at]
                out[cell, j] = tally.origin[cell] + total[at] / count[at]
