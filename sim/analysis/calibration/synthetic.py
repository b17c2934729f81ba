"""Synthetic attendance with known truth, from the kernels of the main run.

People of a site are alike within their mode of work: ``onsite`` or ``combined``. The counts of a
day come from ``sim.kernels.days``, with its one-factor shock; which people they are is drawn with
equal chances, so that two people of a mode are present together as the model says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim import streams
from sim.kernels import days
from sim.kernels.presence import WEEKDAYS, Attendance, weekday_presence

COMBINED, ONSITE = 1, 2
"""Cohorts as the main run numbers them; nobody is in the remote mode, cohort 0."""


@dataclass(frozen=True)
class Truth:
    """What a synthetic log is drawn from.

    Attributes
    ----------
    people : tuple of int
        People of each site.
    onsite_share : float
        Share of them who come every day, absence apart.
    days_on_site : float
        Days a week of the others, absence apart.
    weekday : tuple of float
        Relative attendance from Monday to Friday of the others.
    absence : float
        Share of days lost to leave, sickness and missions.
    clustering, common, week : float
        Correlation of people's propensities and its parts (model part 4).
    weeks : int
    """

    people: tuple[int, ...] = (120, 80)
    onsite_share: float = 0.25
    days_on_site: float = 2.5
    weekday: tuple[float, ...] = (0.90, 1.18, 1.14, 1.13, 0.64)
    absence: float = 0.10
    clustering: float = 0.06
    common: float = 0.3
    week: float = 0.2
    weeks: int = 26

    @property
    def onsite(self) -> tuple[int, ...]:
        """People of each site who come every day."""
        return tuple(round(self.onsite_share * people) for people in self.people)

    def presence(self, cohort: int) -> np.ndarray:
        """Return the chance of a person of a cohort to be present, float64[weekday]."""
        due = np.empty(WEEKDAYS)
        weekday_presence(self._attendance(1), cohort, 0, 0, due)
        return due * (1.0 - self.absence)

    def _attendance(self, logs: int) -> Attendance:
        def constant(value: float) -> np.ndarray:
            return np.full((1, logs), value)

        return Attendance(
            weekday=np.array(self.weekday),
            floor=np.zeros((1, 1)),
            days=constant(self.days_on_site),
            compliance=constant(1.0),
            absence=constant(self.absence),
            clustering=constant(self.clustering),
            common=float(self.common),
            week=float(self.week),
            fixed_days=False,
        )

    def counts(self, seed: int, logs: int = 1) -> np.ndarray:
        """Draw the people present, int32[cohort, site, week, weekday, log]; combined first."""
        sites = len(self.people)
        keys = np.array([streams.stream_key(f"log/site/{s}") for s in range(sites)], np.uint64)
        onsite = np.array(self.onsite)
        by_cohort = {COMBINED: np.array(self.people) - onsite, ONSITE: onsite}
        attendance = self._attendance(logs)
        shocks = np.empty((sites, WEEKDAYS * self.weeks, logs))
        day = streams.stream_key("log/day")
        days.draw_shocks(np.uint64(seed), keys, day, 0, attendance, shocks)
        out = np.empty((len(by_cohort), sites, self.weeks, WEEKDAYS, logs), np.int32)
        for row, (cohort, people) in enumerate(by_cohort.items()):
            staff = np.zeros((3, sites, logs), np.int64)
            staff[cohort] = people[:, None]
            days.count_present(np.uint64(seed), keys, 0, attendance, staff, 0, shocks, out[row])
        return out


@dataclass(frozen=True, eq=False)
class Attended:
    """Who was present when.

    Attributes
    ----------
    present : bool[person, week, weekday]
    site, cohort : int64[person]
        The person's site, and 0 for the combined mode or 1 for every day.
    """

    present: np.ndarray
    site: np.ndarray
    cohort: np.ndarray


def attended(truth: Truth, counts: np.ndarray, seed: int) -> Attended:
    """Draw who the people present are.

    Parameters
    ----------
    truth : Truth
    counts : int32[cohort, site, week, weekday]
        One log of ``Truth.counts``.
    seed : int

    Returns
    -------
    Attended
    """
    random = np.random.Generator(np.random.Philox(seed))
    rows, site, cohort = [], [], []
    for s, (people, onsite) in enumerate(zip(truth.people, truth.onsite, strict=True)):
        for c, size in enumerate((people - onsite, onsite)):
            rows.append(_chosen(random, size, counts[c, s]))
            site += [s] * size
            cohort += [c] * size
    return Attended(np.concatenate(rows), np.array(site), np.array(cohort))


def _chosen(random: np.random.Generator, people: int, counts: np.ndarray) -> np.ndarray:
    """Choose so many of the people on each day, every set as likely, bool[person, week, day]."""
    if people == 0:
        return np.zeros((0, *counts.shape), np.bool_)
    key = random.random((people, *counts.shape), np.float32)
    last = np.maximum(counts, 1)[None] - 1
    threshold = np.take_along_axis(np.sort(key, axis=0), last, axis=0)
    chosen: np.ndarray = (key <= threshold) & (counts > 0)
    return chosen
