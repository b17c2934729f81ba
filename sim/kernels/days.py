"""People present, drawn day by day: the estimator ``sampled``.

A day's count of a cohort comes by inversion from one uniform, a few hundred draws at a time in
vector lanes. Without a shock the weeks of a draw have the same chances and share one expansion.
Under ``fixed_days`` the week's sets of days are drawn by their counts, at most 32, never person by
person, and absence thins the chosen days.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim import streams
from sim.jit import inner, kernel
from sim.kernels import lanes
from sim.kernels.binomial import quantile
from sim.kernels.inversion import lane_quantiles, new_inversion
from sim.kernels.presence import (
    PATTERNS,
    WEEKDAYS,
    Attendance,
    days_on_site,
    due_in,
    pattern_masses,
    weekday_presence,
)
from sim.kernels.staff import row

_DRAWS = 256  # at once: what is computed for them stays in the processor's cache
_SURE = 1.0 - 2.0**-53


class Days(NamedTuple):
    """Scratch: the days of one cohort in a few draws; a row is a day, all Mondays first."""

    due: np.ndarray  # float64[weekday, draw], chance to be due in, absence apart
    days: np.ndarray  # float64[draw]
    n: np.ndarray  # float64[draw]
    p: np.ndarray  # float64[draw]
    probit: np.ndarray  # float64[draw]
    pull: np.ndarray  # float64[draw]
    u: np.ndarray  # float64[row, draw]
    drawn: np.ndarray  # float64[row, draw], the counts
    chosen: np.ndarray  # float64[row, draw], people who chose the day
    presence: np.ndarray  # float64[weekday]
    masses: np.ndarray  # float64[pattern]
    week: np.ndarray  # int64[weekday]
    inversion: np.ndarray  # float64[value, draw]


@kernel
def new_days(weeks: int, draws: int) -> Days:
    """Return scratch for so many weeks and draws."""
    rows = WEEKDAYS * weeks
    return Days(
        np.empty((WEEKDAYS, draws)),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty(draws),
        np.empty((rows, draws)),
        np.empty((rows, draws)),
        np.empty((rows, draws)),
        np.empty(WEEKDAYS),
        np.empty(PATTERNS),
        np.empty(WEEKDAYS, np.int64),
        new_inversion(draws),
    )


@inner
def add_shocks(
    seed: np.uint64,
    key: np.uint64,
    first: int,
    purpose: int,
    part: float,
    u: np.ndarray,
    z: np.ndarray,
) -> None:
    """Add one part of the shock to ``z[row, draw]``: of every day, or of every week for its days.

    z = √common z_day + √week z_{body, week} + √(1 - common - week) z_{body, day}.
    """
    if part <= 0.0:
        return
    root = math.sqrt(part)
    weeks = z.shape[0] // WEEKDAYS
    weekly = purpose == streams.WEEK
    for w in range(weeks):
        for d in range(WEEKDAYS):
            if d == 0 or not weekly:
                slot = w if weekly else w * WEEKDAYS + d
                streams.uniforms(seed, key, first, purpose, slot, u)
                for i in range(u.size):
                    u[i] = root * lanes.quantile(u[i])
            shock = z[d * weeks + w]
            for i in range(u.size):
                shock[i] += u[i]


@kernel
def draw_shocks(
    seed: np.uint64,
    keys: np.ndarray,
    common_key: np.uint64,
    first: int,
    attendance: Attendance,
    out: np.ndarray,
) -> None:
    """Draw the shock of every day of some weeks; policies share it.

    Parameters
    ----------
    seed, keys, first, attendance
        As in ``count_present``.
    common_key : uint64
        Stream of what all bodies share.
    out : float64[body, row, draw]
        Out: a standard normal for each day, all Mondays first.
    """
    bodies, rows, draws = out.shape
    u, common = np.empty(draws), np.empty((rows, draws))
    own = 1.0 - attendance.common - attendance.week
    common[:] = 0.0
    add_shocks(seed, common_key, first, streams.DAY, attendance.common, u, common)
    for b in range(bodies):
        for j in range(rows):
            for i in range(draws):
                out[b, j, i] = common[j, i]
        add_shocks(seed, keys[b], first, streams.WEEK, attendance.week, u, out[b])
        add_shocks(seed, keys[b], first, streams.DAY, own, u, out[b])


@inner
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
    first: int,
    attendance: Attendance,
    staff: np.ndarray,
    place: int,
    shocks: np.ndarray,
    out: np.ndarray,
) -> None:
    """Draw the people present on every day of some weeks.

    Parameters
    ----------
    seed : uint64
    keys : uint64[body]
        Stream of each body.
    first : int
        Index of the first draw.
    attendance : Attendance
    staff : int64[cohort, body, draw]
        People by cohort.
    place : int
        Keeps the streams of different staff of one body apart.
    shocks : float64[body, row, draw]
        From ``draw_shocks``; not read where the clustering is 0.
    out : int32[body, week, weekday, draw]
        Out: people present.
    """
    bodies, weeks, _, draws = out.shape
    cohorts = staff.shape[0]
    at_once = min(draws, _DRAWS)
    room = new_days(weeks, at_once)
    out[:] = 0
    for begin in range(0, draws, at_once):
        size = min(at_once, draws - begin)
        moved = has_shocks(attendance, begin, size)
        for b in range(bodies):
            z = shocks[b if moved else 0]
            for c in range(cohorts):
                people = staff[c, b, begin : begin + size]
                some = 0
                for i in range(size):
                    room.n[i] = people[i]
                    some += people[i]
                if some > 0:
                    slot = (place * cohorts + c) * weeks
                    draw_rows(
                        seed, keys[b], first, begin, size, attendance, c, b, slot, moved, z, room
                    )
                    for d in range(WEEKDAYS):
                        for w in range(weeks):
                            total = out[b, w, d, begin : begin + size]
                            found = room.drawn[d * weeks + w]
                            for i in range(size):
                                total[i] += np.int32(found[i])


@inner
def has_shocks(attendance: Attendance, begin: int, size: int) -> bool:
    """Tell whether any clustering of these draws is above 0."""
    most = 0.0
    for b in range(attendance.clustering.shape[0]):
        for i in range(size):
            most = max(most, attendance.clustering[b, begin + i])
    return most > 0.0


@kernel
def draw_rows(
    seed: np.uint64,
    key: np.uint64,
    first: int,
    begin: int,
    size: int,
    attendance: Attendance,
    c: int,
    b: int,
    slot: int,
    shocks: bool,
    z: np.ndarray,
    room: Days,
) -> None:
    """Draw one cohort's people present into ``room.drawn[row, draw]``."""
    weeks = room.u.shape[0] // WEEKDAYS
    due = room.due
    due_in(attendance, c, b, begin, room.days[:size], due)
    if nobody(due[:, :size]):
        room.drawn[:] = 0.0
        return
    _draw_uniforms(seed, key, first + begin, slot * WEEKDAYS, weeks, size, room.u)
    if attendance.fixed_days:
        for i in range(size):
            weekday_presence(attendance, c, b, begin + i, room.presence)
            pattern_masses(days_on_site(attendance, c, b, begin + i), room.presence, room.masses)
            for w in range(weeks):
                draw_patterns(
                    seed,
                    key,
                    first + begin + i,
                    slot + w,
                    int(room.n[i]),
                    room.masses,
                    room.week,
                )
                for d in range(WEEKDAYS):
                    room.chosen[d * weeks + w, i] = room.week[d]
    absence = row(attendance.absence, b)[begin : begin + size]
    n, p = room.n[:size], room.p[:size]
    alike = 0
    for d in range(WEEKDAYS):
        alike = alike + 1 if d > 0 and same(due[d, :size], due[d - 1, :size]) else 1
        chance = due[d]
        for i in range(size):
            kept = 1.0 - absence[i]
            p[i] = kept if attendance.fixed_days else chance[i] * kept
        if not shocks and not attendance.fixed_days:
            if d + 1 < WEEKDAYS and same(due[d + 1, :size], due[d, :size]):
                continue
            low, high = (d + 1 - alike) * weeks, (d + 1) * weeks
            lane_quantiles(n, p, room.u[low:high], room.inversion, room.drawn[low:high])
            continue
        if shocks:
            find_probits(attendance, b, begin, p, room.probit, room.pull)
        for w in range(weeks):
            j = d * weeks + w
            if shocks:
                shock_presence(room.probit, room.pull, z[j, begin : begin + size], p)
            people = room.chosen[j, :size] if attendance.fixed_days else n
            lane_quantiles(people, p, room.u[j : j + 1], room.inversion, room.drawn[j : j + 1])


@kernel
def _draw_uniforms(
    seed: np.uint64, key: np.uint64, first: int, slot: int, weeks: int, size: int, u: np.ndarray
) -> None:
    """Draw a uniform for each day, two days at a time: one call of the cipher gives two."""
    days = WEEKDAYS * weeks
    for day in range(0, days, 2):
        after = min(day + 1, days - 1)
        one = u[day % WEEKDAYS * weeks + day // WEEKDAYS, :size]
        two = u[after % WEEKDAYS * weeks + after // WEEKDAYS, :size]
        if day == after:
            streams.uniforms(seed, key, first, streams.PRESENT, slot + day, one)
        else:
            streams.uniform_pairs(seed, key, first, streams.PRESENT, slot + day, one, two)


@inner
def nobody(due: np.ndarray) -> bool:
    """Tell whether nobody is ever due in, which needs no luck."""
    some = 0
    for d in range(WEEKDAYS):
        chance = due[d]
        for i in range(chance.size):
            some += 1 if chance[i] > 0.0 else 0
    return some == 0


@inner
def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two rows are equal."""
    unlike = 0
    for i in range(a.size):
        unlike += 1 if a[i] != b[i] else 0
    return unlike == 0


@kernel
def find_probits(
    attendance: Attendance,
    b: int,
    begin: int,
    base: np.ndarray,
    probit: np.ndarray,
    pull: np.ndarray,
) -> None:
    """Write Φ⁻¹(base) / √(1 - r), and √(r / (1 - r)), what the shock counts for beside it."""
    clustering = row(attendance.clustering, b)[begin : begin + base.size]
    for i in range(base.size):
        r = clustering[i]
        probit[i] = lanes.quantile(min(max(base[i], 1e-300), _SURE)) / math.sqrt(1.0 - r)
        pull[i] = math.sqrt(r / (1.0 - r))


@kernel
def shock_presence(probit: np.ndarray, pull: np.ndarray, z: np.ndarray, p: np.ndarray) -> None:
    """Write the chance of a person to be there on a day, or to keep a day that was chosen."""
    for i in range(p.size):
        p[i] = lanes.below(probit[i] + pull[i] * z[i])


@kernel
def week_peaks(
    present: np.ndarray, start: np.ndarray, members: np.ndarray, out: np.ndarray
) -> None:
    """Find the people present on the fullest day of a week, averaged over weeks.

    Parameters
    ----------
    present : int32[body, week, weekday, draw]
        From ``count_present``.
    start : int64[group + 1], members : int64[...]
        Bodies ``members[start[g]:start[g + 1]]`` are counted together.
    out : float64[group, draw]
        Out.
    """
    _, weeks, _, draws = present.shape
    day, most = np.empty(draws, np.int32), np.empty(draws, np.int32)
    for g in range(out.shape[0]):
        total = out[g]
        total[:] = 0.0
        for w in range(weeks):
            most[:] = 0
            for d in range(WEEKDAYS):
                day[:] = 0
                for b in members[start[g] : start[g + 1]]:
                    here = present[b, w, d]
                    for i in range(draws):
                        day[i] += here[i]
                for i in range(draws):
                    most[i] = max(most[i], day[i])
            for i in range(draws):
                total[i] += most[i]
        for i in range(draws):
            total[i] /= weeks
