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
from sim.kernels.binomial import quantile


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
    for i in range(out.shape[2]):
        for g in range(groups.body.size):
            b = groups.body[g]
            u = streams.uniform(seed, keys[b], first + i, streams.ELIGIBLE, groups.place[g])
            out[b, groups.strand[g], i] += quantile(u, groups.staff[g], share[g, i])


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
    strands = eligible.shape[1]
    for i in range(eligible.shape[2]):
        for b in range(eligible.shape[0]):
            passing = row(ready_share, b)[i]
            remote = row(remote_share, b)[i]
            combined = row(combined_share, b)[i]
            rest = 1.0 - remote
            away = 0
            ready[b, i] = 0
            for s in range(strands):
                u = streams.uniform(seed, keys[b], first + i, streams.READY, s)
                able = quantile(u, eligible[b, s, i], passing)
                u = streams.uniform(seed, keys[b], first + i, streams.REMOTE, s)
                home = quantile(u, able, remote)
                u = streams.uniform(seed, keys[b], first + i, streams.COMBINED, s)
                some = quantile(u, able - home, combined / rest if rest > 0.0 else 0.0)
                ready[b, i] += able
                cohorts[2 * s, b, i] = home
                cohorts[2 * s + 1, b, i] = some
                away += home + some
            cohorts[2 * strands, b, i] = headcount[b] - away


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
