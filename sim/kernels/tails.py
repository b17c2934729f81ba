"""Tails of sums of binomials, each lane by the cheapest way that is good enough for it.

The saddlepoint where the variance is large; below that the exact sum: in vector lanes for a single
binomial, one by one where several must be folded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel
from sim.kernels import binomial, inversion, saddlepoint

_N, _P, _LIMIT, _SHORT, _UNMET = range(5)


class Room(NamedTuple):
    """Scratch for many sums at once."""

    lanes: saddlepoint.Lanes
    beside: saddlepoint.Beside
    inversion: np.ndarray  # float64[value, lane]
    lane: np.ndarray  # int64[single], the lanes of single binomials
    single: np.ndarray  # float64[value, single], their n, p, limit, short and unmet
    n: np.ndarray  # int64[cohort]
    p: np.ndarray  # float64[cohort]
    masses: np.ndarray  # float64[...]
    work: np.ndarray  # float64[...]


@kernel
def new_room(cohorts: int, lanes: int, scratch: int) -> Room:
    """Return scratch; ``scratch`` is ``binomial.scratch_size`` of the largest sum."""
    return Room(
        saddlepoint.new_lanes(lanes),
        saddlepoint.new_beside(cohorts),
        inversion.new_inversion(lanes),
        np.empty(lanes, np.int64),
        np.empty((5, lanes)),
        np.empty(cohorts, np.int64),
        np.empty(cohorts),
        np.empty(scratch),
        np.empty(scratch),
    )


@inner
def tails(
    cohorts: int,
    n: np.ndarray,
    p: np.ndarray,
    x: np.ndarray,
    room: Room,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Find P(X > D) and E[(X - D)⁺] for sums X of independent binomials.

    Parameters
    ----------
    cohorts : int
        Number of binomials.
    n, p : float64[cohort, lane]
        Their sizes, whole numbers, and probabilities.
    x : float64[lane]
        D + ½, with D at least 0.
    room : Room
    short, unmet : float64[lane]
        Out. Within 1e-4 relative wherever P(X > D) is above 1e-9; a lane's result does not depend
        on its neighbours.
    """
    saddlepoint.tails(cohorts, n, p, x, room.lanes, room.beside, short, unmet)
    single = 0
    left = saddlepoint.lanes_in(saddlepoint.NEEDS_SUM, x.size, room.lanes)
    for i in room.lanes.picked[:left]:
        merged = _merge(cohorts, n, p, i, room)
        limit = int(x[i])
        if merged == 1:
            room.lane[single] = i
            room.single[_N, single] = room.n[0]
            room.single[_P, single] = room.p[0]
            room.single[_LIMIT, single] = limit
            single += 1
        else:
            short[i], unmet[i] = binomial.sum_tail(
                limit, merged, room.n, room.p, room.masses, room.work
            )
    if single > 0:
        found, missing = room.single[_SHORT], room.single[_UNMET]
        inversion.lane_tails(
            room.single[_N, :single],
            room.single[_P],
            room.single[_LIMIT],
            room.inversion,
            found,
            missing,
        )
        for j in range(single):
            short[room.lane[j]] = found[j]
            unmet[room.lane[j]] = missing[j]


@inner
def _merge(cohorts: int, n: np.ndarray, p: np.ndarray, i: int, room: Room) -> int:
    """Collect the binomials of a lane that can be above 0, equal shares as one."""
    merged = 0
    for c in range(cohorts):
        if n[c, i] * p[c, i] <= 0.0:
            continue
        at = 0
        while at < merged and room.p[at] != p[c, i]:
            at += 1
        if at == merged:
            room.n[at] = 0
            room.p[at] = p[c, i]
            merged += 1
        room.n[at] += int(n[c, i])
    return merged
