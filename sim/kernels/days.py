"""People present, drawn day by day: the estimator ``sampled``.

A day's count of a merged cohort comes by inversion from one uniform. Under ``fixed_days`` the
week's sets of days are drawn by their counts, at most 32, never person by person, and absence
thins the chosen days.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim import streams
from sim.jit import kernel
from sim.kernels import lanes, normal
from sim.kernels.binomial import lane_quantiles, quantile
from sim.kernels.presence import (
    PATTERNS,
    WEEKDAYS,
    Attendance,
    days_on_site,
    pattern_masses,
    weekday_presence,
)
from sim.kernels.staff import row

_LANES = 16


class Days(NamedTuple):
    """Scratch: the days of one body in one draw, all Mondays first, in whole vectors of lanes."""

    weeks: int
    presence: np.ndarray  # float64[weekday], due in, absence apart
    masses: np.ndarray  # float64[pattern]
    chosen: np.ndarray  # int64[week, weekday], people who chose the day
    day: np.ndarray  # int64[lane], index of the day: five to a week
    week: np.ndarray  # int64[lane], index of its week
    z: np.ndarray  # float64[lane], shock
    p: np.ndarray  # float64[lane]
    u: np.ndarray  # float64[lane]
    at: np.ndarray  # float64[lane]
    odds: np.ndarray  # float64[lane]
    total: np.ndarray  # float64[lane]
    drawn: np.ndarray  # float64[lane], the counts


@kernel
def new_days(weeks: int) -> Days:
    """Return scratch for so many weeks."""
    size = (WEEKDAYS * weeks + _LANES - 1) // _LANES * _LANES
    day, week = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for d in range(WEEKDAYS):
        for w in range(weeks):
            day[d * weeks + w] = w * WEEKDAYS + d
            week[d * weeks + w] = w
    return Days(
        weeks,
        np.empty(WEEKDAYS),
        np.empty(PATTERNS),
        np.empty((weeks, WEEKDAYS), np.int64),
        day,
        week,
        np.zeros(size),
        np.full(size, 0.5),
        np.full(size, 0.5),
        np.empty(size),
        np.empty(size),
        np.empty(size),
        np.empty(size),
    )


@kernel
def day_shocks(
    seed: np.uint64,
    common_key: np.uint64,
    body_key: np.uint64,
    draw: int,
    attendance: Attendance,
    room: Days,
) -> None:
    """Draw z = √common z_day + √week z_{body, week} + √(1 - common - week) z_{body, day}."""
    own = 1.0 - attendance.common - attendance.week
    room.z[:] = 0.0
    add_shocks(seed, common_key, draw, streams.DAY, room.day, attendance.common, room)
    add_shocks(seed, body_key, draw, streams.WEEK, room.week, attendance.week, room)
    add_shocks(seed, body_key, draw, streams.DAY, room.day, own, room)


@kernel
def add_shocks(
    seed: np.uint64,
    key: np.uint64,
    draw: int,
    purpose: int,
    slot: np.ndarray,
    part: float,
    room: Days,
) -> None:
    """Add one part of the shock: of every day, or of every week for all its days."""
    if part <= 0.0:
        return
    root = math.sqrt(part)
    z, u = room.z, room.u
    for j in range(z.size):
        u[j] = streams.uniform(seed, key, draw, purpose, slot[j])
    for j in range(z.size):
        z[j] += root * lanes.quantile(u[j])


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
    room = new_days(weeks)
    for i in range(draws):
        for b in range(bodies):
            out[b, :, :, i] = 0
            if row(attendance.clustering, b)[i] > 0.0:
                day_shocks(seed, common_key, keys[b], first + i, attendance, room)
            for c in range(cohorts):
                if staff[c, b, i] > 0:
                    slot = (place * cohorts + c) * weeks
                    count_cohort(
                        seed,
                        keys[b],
                        first + i,
                        attendance,
                        c,
                        b,
                        i,
                        staff[c, b, i],
                        slot,
                        room,
                        out,
                    )


@kernel
def count_cohort(
    seed: np.uint64,
    key: np.uint64,
    draw: int,
    attendance: Attendance,
    c: int,
    b: int,
    i: int,
    people: int,
    slot: int,
    room: Days,
    out: np.ndarray,
) -> None:
    """Add one cohort's people present to ``out[b, :, :, i]``."""
    weeks = room.weeks
    weekday_presence(attendance, c, b, i, room.presence)
    if attendance.fixed_days:
        pattern_masses(days_on_site(attendance, c, b, i), room.presence, room.masses)
        for w in range(weeks):
            draw_patterns(seed, key, draw, slot + w, people, room.masses, room.chosen[w])
    day_presence(attendance, b, i, room)
    u, day = room.u, room.day
    for j in range(u.size):
        u[j] = streams.uniform(seed, key, draw, streams.PRESENT, slot * WEEKDAYS + day[j])
    if attendance.fixed_days:
        for d in range(WEEKDAYS):
            for w in range(weeks):
                j = d * weeks + w
                out[b, w, d, i] += quantile(room.u[j], room.chosen[w, d], room.p[j])
    else:
        lane_quantiles(people, room.p, room.u, room.at, room.odds, room.total, room.drawn)
        for d in range(WEEKDAYS):
            for w in range(weeks):
                out[b, w, d, i] += np.int32(room.drawn[d * weeks + w])


@kernel
def day_presence(attendance: Attendance, b: int, i: int, room: Days) -> None:
    """Write the chance of a person to be there on each day, or to keep a day that was chosen."""
    r = row(attendance.clustering, b)[i]
    kept = 1.0 - row(attendance.absence, b)[i]
    own = 1.0 / math.sqrt(1.0 - r)
    pull = math.sqrt(r) * own
    p, z, weeks = room.p, room.z, room.weeks
    for d in range(WEEKDAYS):
        base = kept if attendance.fixed_days else room.presence[d] * kept
        p[d * weeks : (d + 1) * weeks] = normal.quantile(base) * own if r > 0.0 else base
    p[WEEKDAYS * weeks :] = p[0]
    if r > 0.0:
        for j in range(p.size):
            p[j] = lanes.below(p[j] + pull * z[j])
