"""How likely a person is present on a day of the week, and how a shared shock moves it.

A cohort's presence on a weekday, given the day's shock z, is ``scale · Φ((t + √r z) / √(1 - r))``
with t = Φ⁻¹(base); its mean over z is ``scale · base``. Under the rule ``independent`` the whole
presence feels the shock (scale = 1). Under ``fixed_days`` the chosen days are fixed and the
shock decides how many of them are kept (scale = inclusion probability, base = 1 - absence).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import kernel
from sim.kernels.staff import row

WEEKDAYS = 5
PATTERNS = 32


class Attendance(NamedTuple):
    """What decides presence; columns are float64[body or 1, draw]."""

    weekday: np.ndarray  # float64[weekday], relative weights
    floor: np.ndarray  # float64[body or 1, strand], least days a week on site
    days: np.ndarray  # days a week on site in the combined mode
    compliance: np.ndarray  # share of those days that are attended
    absence: np.ndarray  # share of days lost to leave, sickness and missions
    clustering: np.ndarray  # r, correlation of latent propensities
    common: float  # part of the shock common to all bodies on a day
    week: float  # part of the shock that a body keeps through a week
    fixed_days: bool  # exactly so many days, or each day by chance


@kernel
def days_on_site(attendance: Attendance, cohort: int, body: int, draw: int) -> float:
    """Return the days a week [0..5] that a cohort comes, absence apart."""
    strand = cohort // 2
    floors = row(attendance.floor, body)
    if strand == floors.size:
        return float(WEEKDAYS)
    if cohort % 2 == 0:
        return floors[strand]
    attended = row(attendance.days, body)[draw] * row(attendance.compliance, body)[draw]
    return max(attended, floors[strand])


@kernel
def water_filling(days: float, weekday: np.ndarray, out: np.ndarray) -> None:
    """Spread days over the week: p_d = min(1, c ω_d k / 5), with c such that Σ p_d = k.

    Parameters
    ----------
    days : float
        k, at most the number of weekdays with a positive weight.
    weekday : float64[weekday]
        ω, relative weights.
    out : float64[weekday]
        Out: p, probability of presence.
    """
    full = 0
    highest = math.inf
    while True:
        weight = 0.0
        for d in range(WEEKDAYS):
            if weekday[d] < highest:
                weight += weekday[d]
        level = (days - full) / weight if weight > 0.0 else 0.0
        next_highest = 0.0
        for d in range(WEEKDAYS):
            if weekday[d] < highest:
                next_highest = max(next_highest, weekday[d])
        if level * next_highest <= 1.0:
            break
        highest = next_highest
        full = 0
        for d in range(WEEKDAYS):
            if weekday[d] >= highest:
                full += 1
    for d in range(WEEKDAYS):
        out[d] = 1.0 if weekday[d] >= highest else level * weekday[d]


@kernel
def weekday_presence(
    attendance: Attendance, cohort: int, body: int, draw: int, out: np.ndarray
) -> None:
    """Write the probability [weekday] that a person of the cohort is due in, absence apart."""
    days = days_on_site(attendance, cohort, body, draw)
    if days >= WEEKDAYS:
        out[:] = 1.0
    else:
        water_filling(days, attendance.weekday, out)


@kernel
def due_in(
    attendance: Attendance, cohort: int, body: int, first: int, days: np.ndarray, out: np.ndarray
) -> None:
    """Write ``weekday_presence`` of consecutive draws, float64[weekday, draw], in vector lanes.

    ``days`` is scratch, float64[draw].
    """
    strand = cohort // 2
    floors = row(attendance.floor, body)
    if strand == floors.size:
        out[:] = 1.0
        return
    end = first + days.size
    mandated = row(attendance.days, body)[first:end]
    compliance = row(attendance.compliance, body)[first:end]
    least, remote = floors[strand], cohort % 2 == 0
    weight = 0.0
    highest = 0.0
    for d in range(WEEKDAYS):
        weight += attendance.weekday[d]
        highest = max(highest, attendance.weekday[d])
    full = 0
    for i in range(days.size):
        attended = max(mandated[i] * compliance[i], least)
        days[i] = (least if remote else attended) / weight
        full += 1 if days[i] * highest > 1.0 else 0
    for d in range(WEEKDAYS):
        popular, chance = attendance.weekday[d], out[d]
        for i in range(days.size):
            chance[i] = days[i] * popular
    if full > 0:
        presence = np.empty(WEEKDAYS)
        for i in range(days.size):
            if days[i] * highest > 1.0:
                weekday_presence(attendance, cohort, body, first + i, presence)
                for d in range(WEEKDAYS):
                    out[d, i] = presence[d]


@kernel
def pattern_masses(days: float, presence: np.ndarray, out: np.ndarray) -> None:
    """Write the probability of each set of weekdays under the rule ``fixed_days``.

    A person comes on exactly ⌊k⌋ or ⌈k⌉ days. Within a size, sets have probability ∝ Π w_d, with
    one w for both sizes such that day d is in the set with probability p_d: the design of
    greatest entropy: Chen, Dempster and Liu (1994), "Weighted finite population sampling to
    maximize entropy". w is found by w_d ← w_d √(odds of p_d / odds of the inclusion so far);
    without the root two days to choose one from swing for ever. About 30 rounds reach 1e-13.

    Parameters
    ----------
    days : float
        k = Σ p_d.
    presence : float64[weekday]
        p, inclusion probabilities.
    out : float64[pattern]
        Out: probability of the set whose bit d says that day d is in it.
    """
    small = math.floor(days + 1e-12)
    larger = min(max(days - small, 0.0), 1.0)
    weight = np.empty(WEEKDAYS)
    included = np.empty(WEEKDAYS)
    for d in range(WEEKDAYS):
        weight[d] = presence[d] / (1.0 - presence[d]) if presence[d] < 1.0 else 1.0
    for _ in range(500):
        _weigh_patterns(small, larger, presence, weight, out)
        worst = 0.0
        included[:] = 0.0
        for s in range(PATTERNS):
            for d in range(WEEKDAYS):
                if s >> d & 1:
                    included[d] += out[s]
        for d in range(WEEKDAYS):
            if 0.0 < presence[d] < 1.0:
                worst = max(worst, abs(included[d] - presence[d]))
                odds = presence[d] / (1.0 - presence[d])
                weight[d] *= math.sqrt(odds * (1.0 - included[d]) / included[d])
        if worst < 1e-13:
            break


@kernel
def _weigh_patterns(
    small: int, larger: float, presence: np.ndarray, weight: np.ndarray, out: np.ndarray
) -> None:
    total_small = 0.0
    total_large = 0.0
    for s in range(PATTERNS):
        size = 0
        product = 1.0
        for d in range(WEEKDAYS):
            if s >> d & 1:
                size += 1
                product *= weight[d] if presence[d] > 0.0 else 0.0
            elif presence[d] >= 1.0:
                product = 0.0
        out[s] = 0.0
        if size == small and larger < 1.0:
            out[s] = product
            total_small += product
        elif size == small + 1 and larger > 0.0:
            out[s] = product
            total_large += product
    for s in range(PATTERNS):
        size = 0
        for d in range(WEEKDAYS):
            size += s >> d & 1
        if size == small and total_small > 0.0:
            out[s] *= (1.0 - larger) / total_small
        elif size == small + 1 and total_large > 0.0:
            out[s] *= larger / total_large


@kernel
def mean_present(attendance: Attendance, staff: np.ndarray, out: np.ndarray) -> None:
    """Find the people present on each weekday, averaged over days and shocks.

    Parameters
    ----------
    attendance : Attendance
    staff : int64[cohort, body, draw]
    out : float64[body, weekday, draw]
        Out: Σ over cohorts of n · p_d · (1 - absence).
    """
    cohorts, bodies, draws = staff.shape
    due, days = np.empty((WEEKDAYS, draws)), np.empty(draws)
    alike = shares_rows(attendance)
    out[:] = 0.0
    for c in range(cohorts):
        for b in range(bodies):
            if b == 0 or not alike:
                due_in(attendance, c, b, 0, days, due)
            absence, people = row(attendance.absence, b), staff[c, b]
            for d in range(WEEKDAYS):
                total, chance = out[b, d], due[d]
                for i in range(draws):
                    total[i] += people[i] * chance[i] * (1.0 - absence[i])


@kernel
def shares_rows(attendance: Attendance) -> bool:
    """Tell whether all bodies have the same days on site."""
    rows = attendance.floor.shape[0]
    return max(rows, attendance.days.shape[0], attendance.compliance.shape[0]) == 1
