"""Who of a count: people divided over the teams they belong to, without replacement.

The counts of a body come first, and teams say whose they are, so that a body has the same people
present whether its teams are known or not. Without anchor days everybody is as likely as the others
and counts are hypergeometric. On an anchor day the odds of its teams' members are higher: the
number of them is Fisher's noncentral hypergeometric, which is what independent people with these
odds give once their total is known (Fog 2008, "Calculation methods for Wallenius' and Fisher's
noncentral hypergeometric distributions").
"""

from __future__ import annotations

import math

import numpy as np

from sim import streams
from sim.jit import kernel
from sim.kernels.binomial import quantile

_NEGLIGIBLE = 1e-18


@kernel
def hypergeometric(u: float, marked: int, others: int, drawn: int, odds: float) -> int:
    """Return how many of the people drawn are marked, by inversion.

    P(x) ∝ C(marked, x) C(others, drawn - x) oddsˣ, added up from the least x on, within the range
    around the mode outside of which the rest is below 1e-18 of it.

    Parameters
    ----------
    u : float
        Uniform in (0, 1).
    marked, others : int
        People of either kind.
    drawn : int
        How many of them are drawn, at most all.
    odds : float
        Odds of a marked person over another; 1 for the hypergeometric distribution.

    Returns
    -------
    int
    """
    low, high = max(0, drawn - others), min(drawn, marked)
    if low == high:
        return low
    mode = min(max(_mode(marked, others, drawn, odds), low), high)
    total = 1.0
    mass = 1.0
    last = mode
    while last < high and mass > _NEGLIGIBLE:
        mass *= odds * (marked - last) * (drawn - last)
        mass /= (last + 1.0) * (others - drawn + last + 1.0)
        total += mass
        last += 1
    mass = 1.0
    first = mode
    while first > low and mass > _NEGLIGIBLE:
        mass *= first * (others - drawn + float(first))
        mass /= odds * (marked - first + 1.0) * (drawn - first + 1.0)
        total += mass
        first -= 1
    left = u * total - mass
    x = first
    while left > 0.0 and x < last:
        mass *= odds * (marked - x) * (drawn - x)
        mass /= (x + 1.0) * (others - drawn + x + 1.0)
        left -= mass
        x += 1
    return x


@kernel
def _mode(marked: int, others: int, drawn: int, odds: float) -> int:
    """Return about the most likely count: where the masses of x and x + 1 are alike."""
    square = odds - 1.0
    linear = odds * (marked + drawn) + others - drawn + 2.0
    constant = odds * marked * drawn - (others - drawn + 1.0)
    if abs(square) < 1e-9:
        return math.floor(constant / linear) + 1
    root = math.sqrt(max(linear * linear - 4.0 * square * constant, 0.0))
    return math.floor(2.0 * constant / (linear + root)) + 1


@kernel
def divide(
    seed: np.uint64,
    key: np.uint64,
    first: int,
    slot: int,
    totals: np.ndarray,
    sizes: np.ndarray,
    out: np.ndarray,
) -> None:
    """Draw whose a number of people are, everybody being as likely as the others.

    Parameters
    ----------
    seed, key : uint64
    first : int
        Index of the first draw.
    slot : int
        Place in the stream; one number a cell is used from it on.
    totals : int64[draw]
        People to be divided, at most all.
    sizes : int64[cell, draw]
        People in each cell.
    out : int64[cell, draw]
        Out: how many of each cell.
    """
    cells, draws = sizes.shape
    for i in range(draws):
        rest = 0
        for k in range(cells):
            rest += sizes[k, i]
        left = totals[i]
        for k in range(cells):
            rest -= sizes[k, i]
            if rest == 0:
                out[k, i] = left
            else:
                u = streams.uniform(seed, key, first + i, streams.TEAM, slot + k)
                out[k, i] = hypergeometric(u, sizes[k, i], rest, left, 1.0)
            left -= out[k, i]


@kernel
def divide_days(
    seed: np.uint64,
    key: np.uint64,
    first: int,
    slot: int,
    present: np.ndarray,
    sizes: np.ndarray,
    anchors: np.ndarray,
    pull: float,
    out: np.ndarray,
) -> None:
    """Draw whose the people present are, on every day.

    Parameters
    ----------
    seed, key : uint64
    first : int
        Index of the first draw.
    slot : int
        Place in the stream; ``cell + 1`` numbers a day are used from it on.
    present : int32[week, weekday, draw]
        People present of all cells together.
    sizes : int64[cell, draw]
        People in each cell.
    anchors : bool[cell, weekday]
        Days on which a cell's people are to come.
    pull : float
        Odds of coming on an anchor day over those of the others.
    out : int32[cell, week, weekday, draw]
        Out: people present of each cell.
    """
    weeks, weekdays, draws = present.shape
    cells = sizes.shape[0]
    for w in range(weeks):
        for d in range(weekdays):
            place = slot + (w * weekdays + d) * (cells + 1)
            for i in range(draws):
                marked = others = 0
                for k in range(cells):
                    marked += sizes[k, i] if anchors[k, d] else 0
                    others += 0 if anchors[k, d] else sizes[k, i]
                total = int(present[w, d, i])
                u = streams.uniform(seed, key, first + i, streams.TEAM, place + cells)
                of_marked = hypergeometric(u, marked, others, total, pull)
                left_marked, left_others = of_marked, total - of_marked
                for k in range(cells):
                    size = sizes[k, i]
                    if anchors[k, d]:
                        marked -= size
                        rest, left = marked, left_marked
                    else:
                        others -= size
                        rest, left = others, left_others
                    found = left
                    if rest > 0 and 0 < left < size + rest:
                        u = streams.uniform(seed, key, first + i, streams.TEAM, place + k)
                        found = hypergeometric(u, size, rest, left, 1.0)
                    elif rest > 0:
                        found = 0 if left == 0 else size
                    out[k, w, d, i] = found
                    if anchors[k, d]:
                        left_marked -= found
                    else:
                        left_others -= found


@kernel
def thin(seed: np.uint64, key: np.uint64, first: int, away: np.ndarray, count: np.ndarray) -> None:
    """Take those away who are on leave: what stays is Binomial(count, 1 - away).

    Parameters
    ----------
    seed, key : uint64
    first : int
        Index of the first draw.
    away : float64[day]
        Share on leave.
    count : int32[day, draw]
        In and out: people present.
    """
    days, draws = count.shape
    for d in range(days):
        if away[d] > 0.0:
            for i in range(draws):
                u = streams.uniform(seed, key, first + i, streams.LEAVE, d)
                count[d, i] = quantile(u, count[d, i], 1.0 - away[d])
