"""People present, drawn day by day: the estimator ``sampled``.

A day's count of a merged cohort comes by inversion from one uniform. Under ``fixed_days`` the
week's sets of days are drawn by their counts, at most 32, never person by person, and absence
thins the chosen days.
"""

from __future__ import annotations

import math

import numpy as np

from sim import streams
from sim.jit import kernel
from sim.kernels import normal
from sim.kernels.binomial import quantile
from sim.kernels.presence import (
    PATTERNS,
    WEEKDAYS,
    Attendance,
    days_on_site,
    pattern_masses,
    shocked,
    weekday_presence,
)
from sim.kernels.staff import row


@kernel
def day_shock(
    seed: np.uint64,
    common_key: np.uint64,
    body_key: np.uint64,
    draw: int,
    week: int,
    day: int,
    attendance: Attendance,
) -> float:
    """Return z = √common z_day + √week z_{body, week} + √(1 - common - week) z_{body, day}."""
    z = 0.0
    own = 1.0 - attendance.common - attendance.week
    if attendance.common > 0.0:
        u = streams.uniform(seed, common_key, draw, streams.DAY, day)
        z += math.sqrt(attendance.common) * normal.quantile(u)
    if attendance.week > 0.0:
        u = streams.uniform(seed, body_key, draw, streams.WEEK, week)
        z += math.sqrt(attendance.week) * normal.quantile(u)
    if own > 0.0:
        u = streams.uniform(seed, body_key, draw, streams.DAY, day)
        z += math.sqrt(own) * normal.quantile(u)
    return z


@kernel
def draw_patterns(
    seed: np.uint64,
    key: np.uint64,
    draw: int,
    slot: int,
    people: int,
    masses: np.ndarray,
    chosen: np.ndarray,
) -> None:
    """Draw how many people choose each weekday: a multinomial over sets of days, by counts."""
    chosen[:] = 0
    left = people
    rest = 1.0
    for s in range(PATTERNS):
        if masses[s] <= 0.0 or left == 0:
            continue
        share = min(1.0, masses[s] / rest)
        u = streams.uniform(seed, key, draw, streams.PATTERN, slot * PATTERNS + s)
        count = quantile(u, left, share if rest - masses[s] > 1e-12 else 1.0)
        left -= count
        rest -= masses[s]
        for d in range(WEEKDAYS):
            if s >> d & 1:
                chosen[d] += count


@kernel
def count_present(
    seed: np.uint64,
    keys: np.ndarray,
    common_key: np.uint64,
    first: int,
    attendance: Attendance,
    staff: np.ndarray,
    place: int,
    out: np.ndarray,
) -> None:
    """Draw the people present on every day of some weeks.

    Parameters
    ----------
    seed : uint64
    keys : uint64[body]
        Stream of each body.
    common_key : uint64
        Stream of what all bodies share.
    first : int
        Index of the first draw.
    attendance : Attendance
    staff : int64[cohort, body, draw]
        People by cohort.
    place : int
        Keeps the streams of different staff of one body apart.
    out : int32[body, week, weekday, draw]
        Out: people present.
    """
    bodies, weeks, _, draws = out.shape
    cohorts = staff.shape[0]
    for i in range(draws):
        presence = np.empty((cohorts, WEEKDAYS))
        masses = np.empty((cohorts, PATTERNS))
        chosen = np.empty(WEEKDAYS, np.int64)
        for b in range(bodies):
            r = row(attendance.clustering, b)[i]
            kept = 1.0 - row(attendance.absence, b)[i]
            for c in range(cohorts):
                if staff[c, b, i] > 0:
                    weekday_presence(attendance, c, b, i, presence[c])
                    if attendance.fixed_days:
                        days = days_on_site(attendance, c, b, i)
                        pattern_masses(days, presence[c], masses[c])
            for w in range(weeks):
                out[b, w, :, i] = 0
                for c in range(cohorts):
                    people = staff[c, b, i]
                    if people == 0:
                        continue
                    slot = (place * cohorts + c) * weeks + w
                    if attendance.fixed_days:
                        draw_patterns(seed, keys[b], first + i, slot, people, masses[c], chosen)
                    for d in range(WEEKDAYS):
                        day = w * WEEKDAYS + d
                        base = kept if attendance.fixed_days else presence[c, d] * kept
                        if base <= 0.0:
                            continue
                        if r > 0.0:
                            z = day_shock(seed, common_key, keys[b], first + i, w, day, attendance)
                            base = shocked(normal.quantile(base), r, z)
                        u = streams.uniform(
                            seed, keys[b], first + i, streams.PRESENT, slot * WEEKDAYS + d
                        )
                        due = chosen[d] if attendance.fixed_days else people
                        out[b, w, d, i] += quantile(u, due, base)
