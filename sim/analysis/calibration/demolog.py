"""A synthetic badge log as CSV, and what it was drawn from beside it."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.calibration.synthetic import Attended, Truth, attended
from sim.kernels.presence import WEEKDAYS
from sim.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "person,time,site,team,kind"
_ARRIVAL, _STAY = (9.0, 0.6), (8.5, 0.7)
_BREAK = 0.3
"""Share of visits that leave and come again: rows that say the same person-day twice."""
_TEAM = 15


@dataclass(frozen=True)
class DemoLog:
    """How a log is written.

    Attributes
    ----------
    truth : Truth
    start : date
        A day of the first week.
    country : str or None
        On whose public holidays nobody comes.
    no_show : float or None
        Share of bookings whose holder does not come; None for a log without bookings.
    seed : int
    """

    truth: Truth
    start: dt.date
    country: str | None
    no_show: float | None
    seed: int

    @property
    def monday(self) -> dt.date:
        """The first day of the log."""
        return self.start - dt.timedelta(days=self.start.weekday())


def write_log(said: DemoLog, path: Path, progress: Callable[[int], None] | None = None) -> int:
    """Write a log and return its rows.

    Parameters
    ----------
    said : DemoLog
    path : Path
        Written whole: under a temporary name first.
    progress : callable, optional
        Told how many weeks are written.

    Returns
    -------
    int
    """
    from sim.results.store import replacing

    counts = said.truth.counts(said.seed)[..., 0]
    people = attended(said.truth, counts, said.seed)
    random = np.random.Generator(np.random.Philox(said.seed + 1))
    rows = 0
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\r\n")
        for week in range(said.truth.weeks):
            text, count = _week(said, people, week, random)
            file.write(text)
            rows += count
            if progress is not None:
                progress(week + 1)
    return rows


def _week(
    said: DemoLog, people: Attended, week: int, random: np.random.Generator
) -> tuple[str, int]:
    monday = said.monday + dt.timedelta(weeks=week)
    closed = _closed(said.country, monday)
    lines: list[tuple[str, int, int, str]] = []
    for day in range(WEEKDAYS):
        if day in closed:
            continue
        date = (monday + dt.timedelta(days=day)).isoformat()
        there = np.flatnonzero(people.present[:, week, day])
        for who, minute, kind in _day(said, there, people.present.shape[0], random):
            lines.append((date, minute, who, kind))
    lines.sort()
    out = io.StringIO()
    for date, minute, who, kind in lines:
        time = f"{date} {minute // 60:02d}:{minute % 60:02d}"
        site = people.site[who] + 1
        out.write(f"P{_key(who):06d},{time},site-{site},team-{who // _TEAM + 1},{kind}\r\n")
    return out.getvalue(), len(lines)


def _key(who: int) -> int:
    """Return a number that does not tell the order of people."""
    return int(who * 611_953 % 999_983)


def _closed(country: str | None, monday: dt.date) -> set[int]:
    if country is None:
        return set()
    import holidays

    known = holidays.country_holidays(country)
    return {d for d in range(WEEKDAYS) if monday + dt.timedelta(days=d) in known}


def _day(
    said: DemoLog, there: np.ndarray, staff: int, random: np.random.Generator
) -> Iterator[tuple[int, int, str]]:
    """Yield person, minute of the day and kind of the rows of one day."""
    came = np.clip(random.normal(*_ARRIVAL, there.size), 6.5, 12.0)
    left = np.minimum(came + np.clip(random.normal(*_STAY, there.size), 2.0, 11.0), 21.0)
    again = random.random(there.size) < _BREAK
    for who, first, last, twice in zip(there, came, left, again, strict=True):
        yield int(who), int(60 * first), "in"
        yield int(who), int(60 * last), "out"
        if twice:
            middle = 0.5 * (first + last)
            yield int(who), int(60 * middle), "out"
            yield int(who), int(60 * middle) + 40, "in"
    if said.no_show is not None:
        yield from _bookings(said.no_show, there, staff, random)


def _bookings(
    no_show: float, there: np.ndarray, staff: int, random: np.random.Generator
) -> Iterator[tuple[int, int, str]]:
    """Yield bookings of everybody who came, and of people who did not come."""
    absent = np.setdiff1d(np.arange(staff), there)
    more = random.binomial(there.size, no_show / (1 - no_show)) if no_show < 1 else absent.size
    missing = random.choice(absent, min(more, absent.size), replace=False)
    for who in (*there, *missing):
        yield int(who), 7 * 60, "booking"


def truth_toml(said: DemoLog) -> str:
    """Return what the log was drawn from, as TOML."""
    truth = said.truth

    def listed(values: tuple[float, ...] | np.ndarray) -> str:
        return "[" + ", ".join(f"{value:.6g}" for value in values) + "]"

    lines = [
        f"# What the log beside this file was drawn from, by officesim {__version__}.",
        f"seed = {said.seed}",
        f"start = {said.monday.isoformat()}",
        f"weeks = {truth.weeks}",
        f"people = {list(truth.people)} # by site",
        f"onsite_share = {truth.onsite_share:.6g} # come every day, absence apart",
        f"absence = {truth.absence:.6g}",
        f"clustering = {truth.clustering:.6g}",
        f"common = {truth.common:.6g}",
        f"week = {truth.week:.6g}",
        f"presence_combined = {listed(truth.presence(1))} # Monday to Friday",
        f"presence_every_day = {listed(truth.presence(2))}",
        f"days_combined = {truth.presence(1).sum():.6g} # days a week, absence taken off",
    ]
    if said.no_show is not None:
        lines.append(f"no_show = {said.no_show:.6g}")
    return "\n".join(lines) + "\n"
