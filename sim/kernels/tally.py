"""Running sums and histograms over draws: what a summary keeps of a draw before forgetting it.

A cell is one variable of one policy at one place. Draws are added in the order of their index
and carried over leaf by leaf, so the bits do not depend on how draws came in blocks.
"""

from __future__ import annotations

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
    leaf: np.ndarray  # float64[cell, replicate, power], sums of the leaf under way
    total: np.ndarray  # float64[cell, replicate, power], sums of the leaves before it
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
    origin, leaf, total, count = tally.origin, tally.leaf, tally.total, tally.existing
    low, width, start = tally.low, tally.width, tally.start
    bin_count, bin_sum = tally.bin_count, tally.bin_sum
    for cell in range(values.shape[0]):
        bins = start[cell + 1] - start[cell]
        for i in range(values.shape[1]):
            value = values[cell, i]
            replicate = (first + i) % REPLICATES
            if not np.isnan(value):
                gap = value - origin[cell]
                leaf[cell, replicate, 0] += gap
                leaf[cell, replicate, 1] += gap * gap
                count[cell, replicate] += 1
                place = np.floor((value - low[cell]) / width[cell]) + 1.0
                at = start[cell] + int(min(max(place, 0.0), bins - 1.0))
                bin_count[at] += np.uint32(1)
                bin_sum[at] += gap
            if (first + i + 1) % LEAF == 0:
                for j in range(REPLICATES):
                    for power in range(2):
                        total[cell, j, power] += leaf[cell, j, power]
                        leaf[cell, j, power] = 0.0
