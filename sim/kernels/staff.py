"""Who may, can and does work remotely: one count per body, strand and draw.

A body's eligible posts come in groups (functions, blocks, or all posts at once). Groups whose
people must spend the same least number of days on site make up a strand; most policies have a
single strand with no such floor. Cohort 2 s is the remote mode of strand s, cohort 2 s + 1 its
combined mode, and the last cohort is everybody else, on site five days a week.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim import streams
from sim.jit import kernel
from sim.kernels.inversion import lane_quantiles, new_inversion

_DRAWS = 256  # at once: what is computed for them stays in the processor's cache


class Groups(NamedTuple):
    """Groups of posts that share an eligible share; int64[group] each."""

    body: np.ndarray
    strand: np.ndarray
    staff: np.ndarray
    place: np.ndarray  # index of the group within its body, part of its stream


@kernel
def row(column: np.ndarray, body: int) -> np.ndarray:
    """Return a body's draws of an input: its own row, or the one that all bodies share."""
    return column[body if column.shape[0] > 1 else 0]


class Counts(NamedTuple):
    """Scratch for one binomial count in each of a few draws."""

    n: np.ndarray  # float64[draw]
    p: np.ndarray  # float64[draw]
    u: np.ndarray  # float64[1, draw]
    found: np.ndarray  # float64[1, draw]
    inversion: np.ndarray  # float64[value, draw]


@kernel
def new_counts(draws: int) -> Counts:
    """Return scratch for so many draws."""
    return Counts(
        np.empty(draws),
        np.empty(draws),
        np.empty((1, draws)),
        np.empty((1, draws)),
        new_inversion(draws),
    )


@kernel
def counts(
    seed: np.uint64, key: np.uint64, first: int, purpose: int, slot: int, draws: int, room: Counts
) -> None:
    """Draw Binomial(n, p) in consecutive draws, ``room.found[0]``; all or none need no luck."""
    sure = 0
    for i in range(draws):
        sure += 1 if (room.p[i] >= 1.0) | (room.p[i] <= 0.0) else 0
    if sure == draws:
        for i in range(draws):
            room.found[0, i] = room.n[i] if room.p[i] > 0.0 else 0.0
        return
    streams.uniforms(seed, key, first, purpose, slot, room.u[0, :draws])
    lane_quantiles(room.n[:draws], room.p[:draws], room.u, room.inversion, room.found)


@kernel
def eligible_staff(
    seed: np.uint64,
    keys: np.ndarray,
    first: int,
    groups: Groups,
    share: np.ndarray,
    out: np.ndarray,
) -> None:
    """Draw eligible staff: E = Σ Binomial(staff of the group, its eligible share).

    Parameters
    ----------
    seed : uint64
    keys : uint64[body]
        Stream of each body.
    first : int
        Index of the first draw.
    groups : Groups
    share : float64[group, draw]
        Share of the group's posts whose duties allow remote work.
    out : int64[body, strand, draw]
        Eligible staff [people], added to.
    """
    draws = out.shape[2]
    size = min(draws, _DRAWS)
    room = new_counts(size)
    for begin in range(0, draws, size):
        count = min(size, draws - begin)
        for g in range(groups.body.size):
            b = groups.body[g]
            total = out[b, groups.strand[g], begin : begin + count]
            chance = share[g, begin : begin + count]
            for i in range(count):
                room.n[i] = groups.staff[g]
                room.p[i] = chance[i]
            slot = groups.place[g]
            counts(seed, keys[b], first + begin, streams.ELIGIBLE, slot, count, room)
            for i in range(count):
                total[i] += int(room.found[0, i])


@kernel
def divide_staff(
    seed: np.uint64,
    keys: np.ndarray,
    first: int,
    headcount: np.ndarray,
    eligible: np.ndarray,
    ready_share: np.ndarray,
    remote_share: np.ndarray,
    combined_share: np.ndarray,
    ready: np.ndarray,
    cohorts: np.ndarray,
) -> None:
    """Draw ready staff and divide them over the modes of work.

    R ~ Binomial(E, r), then a multinomial over remote, combined and on site by two binomials.

    Parameters
    ----------
    seed, keys, first
        As in ``eligible_staff``.
    headcount : int64[body]
        Filled posts [people].
    eligible : int64[body, strand, draw]
    ready_share, remote_share, combined_share : float64[body or 1, draw]
    ready : int64[body, draw]
        Out: ready staff [people].
    cohorts : int64[cohort, body, draw]
        Out: people by cohort.
    """
    bodies, strands, draws = eligible.shape
    size = min(draws, _DRAWS)
    room = new_counts(size)
    for begin in range(0, draws, size):
        end = min(begin + size, draws)
        count = end - begin
        start = first + begin
        for b in range(bodies):
            passing, remote = row(ready_share, b)[begin:end], row(remote_share, b)[begin:end]
            combined = row(combined_share, b)[begin:end]
            rest, all_ready = cohorts[2 * strands, b, begin:end], ready[b, begin:end]
            for i in range(count):
                rest[i] = headcount[b]
                all_ready[i] = 0
            for s in range(strands):
                able = eligible[b, s, begin:end]
                home, some = cohorts[2 * s, b, begin:end], cohorts[2 * s + 1, b, begin:end]
                found = room.found[0]
                for i in range(count):
                    room.n[i] = able[i]
                    room.p[i] = passing[i]
                counts(seed, keys[b], start, streams.READY, s, count, room)
                for i in range(count):
                    room.n[i] = found[i]
                    room.p[i] = remote[i]
                    all_ready[i] += int(found[i])
                counts(seed, keys[b], start, streams.REMOTE, s, count, room)
                for i in range(count):
                    home[i] = int(found[i])
                    room.n[i] -= found[i]
                    away = 1.0 - room.p[i]
                    room.p[i] = combined[i] / away if away > 0.0 else 0.0
                counts(seed, keys[b], start, streams.COMBINED, s, count, room)
                for i in range(count):
                    some[i] = int(found[i])
                    rest[i] -= home[i] + some[i]


@kernel
def set_apart(dedicated: np.ndarray, cohorts: np.ndarray, holders: np.ndarray) -> None:
    """Take the holders of dedicated workstations out of the cohorts that share.

    People on site all week come first, then strand by strand those who must come in most.

    Parameters
    ----------
    dedicated : int64[body, draw]
        Dedicated workstations, at most the people who are not fully remote.
    cohorts : int64[cohort, body, draw]
        People by cohort; lowered by the holders.
    holders : int64[cohort, body, draw]
        Out: holders by cohort.
    """
    count = cohorts.shape[0]
    for i in range(cohorts.shape[2]):
        for b in range(cohorts.shape[1]):
            left = dedicated[b, i]
            for turn in range(count):
                c = count - 1 - turn
                taken = min(left, cohorts[c, b, i])
                holders[c, b, i] = taken
                cohorts[c, b, i] -= taken
                left -= taken
