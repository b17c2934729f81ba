"""From person-days to whole weeks: who belonged to the office when, and which weeks are usual."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from sim.analysis.calibration.badgelog import BOOKED, MISSED, PRESENT
from sim.errors import Fault, InputError
from sim.kernels.presence import WEEKDAYS

if TYPE_CHECKING:
    from sim.analysis.calibration.badgelog import BadgeLog
    from sim.problem import Floats

FEWEST_WEEKS = 4
_FEW_WEEKS = 8
_WEEK = 7
_SURELY_SOMEBODY = 5
"""Where so many people usually come, a day with nobody is a day without data."""
_GONE = math.log(1000)
"""Somebody who would have come with odds of 1,000 to 1 and did not, was not on the staff."""
_FALSE_ALARM = 0.01
"""Share of logs of usual weeks only in which the rule calls any of them unusual."""
_MAD = 1.4826
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri")


@dataclass(frozen=True, eq=False)
class Presence:
    """Who was present when, Monday to Friday, in the weeks of a log.

    Attributes
    ----------
    present : bool[person, week, weekday]
    member : bool[person, week]
        Whether the person was on the staff, as far as the log can tell.
    site, team : int64[person]
        Where the person came most; -1 where the log does not say.
    sites, teams : tuple of str
    mondays : datetime64[D][week]
    left_out : dict of int to str
        Weeks that are not averaged in, and why.
    booked, missed : int64[week]
        Bookings, and those whose holder did not come.
    readings : float64[site, week, weekday]
        Greatest count of a sensor; nan where there is none.
    notes, warnings : tuple of str
    """

    present: np.ndarray
    member: np.ndarray
    site: np.ndarray
    team: np.ndarray
    sites: tuple[str, ...]
    teams: tuple[str, ...]
    mondays: np.ndarray
    left_out: dict[int, str]
    booked: np.ndarray
    missed: np.ndarray
    readings: Floats
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def usual(self) -> np.ndarray:
        """The weeks that are averaged, int64[week]."""
        return np.array([w for w in range(self.mondays.size) if w not in self.left_out], np.int64)


def tabulate(log: BadgeLog, country: str | None = None, subdivision: str | None = None) -> Presence:
    """Put a log into weeks.

    Parameters
    ----------
    log : BadgeLog
    country, subdivision : str, optional
        Whose public holidays are left out.

    Returns
    -------
    Presence

    Raises
    ------
    InputError
        If too few usual weeks are left.
    """
    days = np.concatenate([log.day, log.counts[0]])
    working = days[_weekday(days) < WEEKDAYS]
    _refuse_short(log, days, working)
    first = int(working.min() - _weekday(working.min()))
    weeks = int((working.max() - first) // _WEEK) + 1
    mondays = np.datetime64(first, "D") + _WEEK * np.arange(weeks)
    present, booked, missed = _people(log, first, weeks)
    readings = _readings(log, first, weeks)
    totals = present.sum(axis=0) + np.nan_to_num(readings).sum(axis=0)
    left_out = _without_data(totals) | _holidays(mondays, country, subdivision)
    usual = np.array([w not in left_out for w in range(weeks)])
    member = _members(present, usual)
    left_out |= _unusual(totals, member.sum(axis=0), usual)
    if (remaining := weeks - len(left_out)) < FEWEST_WEEKS:
        message = f"has {remaining} complete and usual weeks of {weeks}"
        remedy = f"at least {FEWEST_WEEKS} are needed, and 13 or more are better"
        raise InputError([Fault(log.file, None, None, "", "", message, remedy)])
    warnings = list(log.warnings)
    if remaining < _FEW_WEEKS:
        warnings.append(f"Only {remaining} usual weeks: intervals are wide.")
    weekend = int(days.size - working.size)
    notes = list(log.notes)
    if weekend:
        notes.append(f"{weekend:,} person-days on Saturdays and Sundays are left out.")
    return Presence(
        present,
        member,
        _mostly(log, log.site),
        _mostly(log, log.team),
        log.sites,
        log.teams,
        mondays,
        dict(sorted(left_out.items())),
        booked,
        missed,
        readings,
        tuple(notes),
        tuple(warnings),
    )


def _weekday(day: np.ndarray) -> np.ndarray:
    """Return 0 for Monday to 6 for Sunday; 1 January 1970 was a Thursday."""
    return np.asarray((day + 3) % _WEEK)


def _refuse_short(log: BadgeLog, days: np.ndarray, working: np.ndarray) -> None:
    last_row = log.rows + 1
    if not working.size:
        message = f"has no working day: rows 2 to {last_row:,} are all Saturdays or Sundays"
        remedy = "check the dates, or whether day and month have changed places"
    elif np.unique(days).size == 1:
        message = f"rows 2 to {last_row:,} are all of one day, {np.datetime64(int(days[0]), 'D')}"
        remedy = f"at least {FEWEST_WEEKS} weeks are needed to tell days apart"
    else:
        return
    raise InputError([Fault(log.file, 2, None, "", "", message, remedy)])


def _people(log: BadgeLog, first: int, weeks: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return presence [person, week, weekday], and bookings and no-shows by week."""
    people = int(log.person.max(initial=-1)) + 1
    on_workday = _weekday(log.day) < WEEKDAYS

    def table(kind: int) -> np.ndarray:
        found = np.zeros((people, weeks, _WEEK), np.bool_)
        of_kind = (log.kind == kind) & on_workday
        since = log.day[of_kind] - first
        found[log.person[of_kind], since // _WEEK, since % _WEEK] = True
        return found[:, :, :WEEKDAYS]

    present, booked = table(PRESENT), table(BOOKED)
    marked = table(MISSED)
    if not present.any():
        present = booked & ~marked
    missed = (booked & ~present) | marked
    booked |= marked
    seen = present.any(axis=0)  # a day without a single badge says nothing about bookings
    return present, (booked & seen).sum(axis=(0, 2)), (missed & seen).sum(axis=(0, 2))


def _readings(log: BadgeLog, first: int, weeks: int) -> Floats:
    readings = np.full((max(len(log.sites), 1), weeks, _WEEK), np.nan)
    if log.counts.size:
        day, site, count = log.counts[:, _weekday(log.counts[0]) < WEEKDAYS]
        readings[np.maximum(site, 0), (day - first) // _WEEK, (day - first) % _WEEK] = count
    return readings[:, :, :WEEKDAYS]


def _mostly(log: BadgeLog, group: np.ndarray) -> np.ndarray:
    """Return the group that each person came with most, int64[person]."""
    people, groups = int(log.person.max(initial=-1)) + 1, int(group.max(initial=-1)) + 2
    if people * groups > 2**28:
        raise InputError(
            [Fault(log.file, None, None, "", "", "has too many sites or teams", "group them")]
        )
    times = np.bincount(log.person.astype(np.int64) * groups + group + 1, minlength=people * groups)
    most: np.ndarray = times.reshape(people, groups).argmax(axis=1) - 1
    return most


def _without_data(totals: np.ndarray) -> dict[int, str]:
    """Return weeks of which a day has no data, or which the log holds in part only."""
    found = {}
    typical = np.median(totals, axis=0)
    empty = totals == 0
    for week in np.flatnonzero(empty.any(axis=1)):
        missing = [d for d in range(WEEKDAYS) if empty[week, d]]
        if week in (0, len(totals) - 1):
            found[int(week)] = "the log begins or ends within it"
        elif any(typical[d] >= _SURELY_SOMEBODY for d in missing):
            names = ", ".join(_DAY_NAMES[d] for d in missing)
            found[int(week)] = f"no data at all on {names}: closed, or the reader failed"
    return found


def _holidays(mondays: np.ndarray, country: str | None, part: str | None) -> dict[int, str]:
    if country is None:
        return {}
    import holidays

    known: Mapping[dt.date, str] = holidays.country_holidays(country, subdiv=part)
    found = {}
    for week, monday in enumerate(mondays.astype(object)):
        dates = [monday + dt.timedelta(days=d) for d in range(WEEKDAYS)]
        names = [f"{known[date]} ({date:%a %d %b})" for date in dates if date in known]
        if names:
            found[week] = f"public holiday: {', '.join(names)}"
    return found


def _members(present: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Tell who was on the staff in which weeks, bool[person, week].

    A person is taken to belong to it throughout, unless the weeks before the first day or after the
    last are too many for somebody who came as often in between.
    """
    came = present.sum(axis=2)
    there = came > 0
    weeks = there.shape[1]
    first, last = there.argmax(axis=1), weeks - 1 - there[:, ::-1].argmax(axis=1)
    open_days = np.cumsum(usual)
    span = last - first + 1
    rate = np.maximum(came.sum(axis=1) - 2, 0) / np.maximum(span, 1)
    before = np.where(first > 0, open_days[first - 1], 0)
    after = open_days[-1] - open_days[last]
    begins = np.where(rate * before > _GONE, first, 0)
    ends = np.where(rate * after > _GONE, last, weeks - 1)
    week = np.arange(weeks)
    return np.asarray(
        (week >= begins[:, None]) & (week <= ends[:, None]) & there.any(axis=1)[:, None]
    )


def _unusual(totals: np.ndarray, members: np.ndarray, usual: np.ndarray) -> dict[int, str]:
    """Return weeks far from the others: in whole, or on one day.

    The distance is from the median, over the median absolute deviation, and limits are those of
    Student's t with the efficiency of that deviation (37 %) for ``_FALSE_ALARM`` over all weeks.
    """
    weeks = np.flatnonzero(usual)
    if weeks.size < FEWEST_WEEKS:
        return {}
    share = totals[weeks] / np.maximum(members[weeks], 1)[:, None]
    middle = np.median(share, axis=0)
    by_week = share.sum(axis=1) / max(middle.sum(), 1e-12) - 1
    by_day = share / np.maximum(middle, 1e-12) - 1
    found = {}
    far_week = _far(by_week[:, None])[:, 0]
    far_day = _far(by_day)
    for k, week in enumerate(weeks):
        days = [d for d in range(WEEKDAYS) if far_day[k, d]]
        if far_week[k]:
            found[int(week)] = f"unusual: {_away(by_week[k])} the usual week"
        elif days:
            said = ", ".join(f"{_DAY_NAMES[d]} {_away(by_day[k, d])} usual" for d in days)
            found[int(week)] = f"unusual: {said}"
    return found


def _far(distance: Floats) -> np.ndarray:
    count = distance.size
    centred = distance - np.median(distance, axis=0)
    spread = _MAD * np.median(np.abs(centred))
    freedom = max(0.37 * (count - 1), 1.0)
    limit = stats.t.isf(_FALSE_ALARM / 4 / count, freedom)
    return np.asarray(np.abs(centred) > limit * max(float(spread), 1e-12))


def _away(distance: float) -> str:
    return f"{abs(100 * distance):.0f} % {'below' if distance < 0 else 'above'}"
