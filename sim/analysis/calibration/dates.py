"""Dates of a log: one way of writing them throughout, and one clock."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST_YEAR = 2000


class _Form(NamedTuple):
    """Where the digits stand."""

    words: str
    year: int
    month: int
    day: int
    marks: dict[int, int]


_FORMS = (
    _Form("dates as YYYY-MM-DD", 0, 5, 8, {4: ord("-"), 7: ord("-")}),
    _Form("dates as DD.MM.YYYY", 6, 3, 0, {2: ord("."), 5: ord(".")}),
)


class Dates:
    """Reads the dates of one log, a piece after the other; the first decides how they are written.

    Attributes
    ----------
    days : int64[row]
        Of the piece read last, days since 1 January 1970; -1 where there is none.
    """

    def __init__(self, timezone: str | None, today: dt.date) -> None:
        self.days = np.empty(0, np.int64)
        self._zone = _known(timezone)
        self._today = (today - dt.date(1970, 1, 1)).days
        self._form: _Form | None = None
        self._aware: bool | None = None

    @property
    def words(self) -> str:
        """How dates are written, for the reader."""
        form = self._form.words if self._form else "no dates"
        if not self._aware:
            return f"{form}, local times"
        return f"{form}, moved to {self._zone}" if self._zone else f"{form}, times of their offset"

    def problems(
        self, text: np.ndarray, filled: np.ndarray
    ) -> Iterator[tuple[str, np.ndarray, str, str]]:
        """Read a piece, bytes[row], and yield what is wrong: message, rows, value, remedy."""
        chars = np.ascontiguousarray(text).view(np.uint8).reshape(len(text), -1)
        fits = [_fits(chars, form) for form in _FORMS]
        if self._form is None and filled.any():
            first = int(np.flatnonzero(filled)[0])
            self._form = next((f for f, fit in zip(_FORMS, fits, strict=True) if fit[first]), None)
        self.days = np.full(len(text), -1, np.int64)
        if self._form is None:
            rows = np.flatnonzero(filled)
            if rows.size:
                yield _unreadable(text, rows)
            return
        own, other = fits if self._form is _FORMS[0] else fits[::-1]
        mixed = np.flatnonzero(filled & other)
        if mixed.size:
            message = f"is written otherwise than the rows above it, {self._form.words}"
            yield message, mixed, _shown(text, mixed), "write all dates in one way"
        wrong = np.flatnonzero(filled & ~own & ~other)
        if wrong.size:
            yield _unreadable(text, wrong)
        good = filled & own
        self.days[good], exists = _days(chars[good], self._form)
        yield from self._clock(text, chars, good)
        yield from self._range(text, good, exists)

    def _clock(
        self, text: np.ndarray, chars: np.ndarray, good: np.ndarray
    ) -> Iterator[tuple[str, np.ndarray, str, str]]:
        """Look at times and offsets; move them where the site is elsewhere."""
        timed = good & (chars[:, 10] != 0)
        digits = chars[:, [11, 12, 14, 15]]
        clock = (digits >= 48).all(axis=1) & (digits <= 57).all(axis=1) & (chars[:, 13] == 58)
        clock &= (chars[:, 10] == ord("T")) | (chars[:, 10] == ord(" "))
        clock &= (digits[:, 0] - 48) * 10 + digits[:, 1] - 48 < 24
        wrong = np.flatnonzero(timed & ~clock)
        if wrong.size:
            remedy = "write hours from 00 to 23, as in 2024-03-04 08:57"
            yield "is no time of the day", wrong, _shown(text, wrong), remedy
            return
        tail = chars[:, 16:]
        utc = (tail == ord("Z")).any(axis=1)
        aware = utc | (tail == ord("+")).any(axis=1) | (tail == ord("-")).any(axis=1)
        if self._aware is None and timed.any():
            self._aware = bool(aware[np.flatnonzero(timed)[0]])
        odd = np.flatnonzero(timed & (aware != bool(self._aware)))
        if odd.size:
            message = "has an offset from UTC where rows above it have none, or the reverse"
            yield message, odd, _shown(text, odd), "export all times alike"
        elif self._zone and self._aware:
            self.days[timed] = _moved(text[timed], self._form is _FORMS[1], self._zone)
        elif (timed & utc).any():
            rows = np.flatnonzero(timed & utc)
            remedy = "say where the site is, as in --timezone Asia/Almaty"
            yield "is a time in UTC; the local day is open", rows, _shown(text, rows), remedy

    def _range(
        self, text: np.ndarray, good: np.ndarray, exists: np.ndarray
    ) -> Iterator[tuple[str, np.ndarray, str, str]]:
        rows = np.flatnonzero(good)
        missing = rows[~exists]
        if missing.size:
            yield "is no day of the calendar", missing, _shown(text, missing), ""
        late = rows[exists & (self.days[rows] > self._today)]
        if late.size:
            remedy = "check the clock of the reader, and leave such rows out"
            yield "is a date in the future", late, _shown(text, late), remedy
        first = (dt.date(_FIRST_YEAR, 1, 1) - dt.date(1970, 1, 1)).days
        early = rows[exists & (self.days[rows] < first)]
        if early.size:
            remedy = "check the clock of the reader, and leave such rows out"
            yield f"is before {_FIRST_YEAR}", early, _shown(text, early), remedy


def _known(timezone: str | None) -> str | None:
    if timezone is None:
        return None
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        message, remedy = "is no time zone", "as in Asia/Almaty or Europe/London"
        raise InputError([Fault("--timezone", None, None, "", timezone, message, remedy)]) from None
    return timezone


def _fits(chars: np.ndarray, form: _Form) -> np.ndarray:
    digits = [k for k in range(10) if k not in form.marks]
    fits = ((chars[:, digits] >= 48) & (chars[:, digits] <= 57)).all(axis=1)
    for at, mark in form.marks.items():
        fits &= chars[:, at] == mark
    return np.asarray(fits)


def _days(chars: np.ndarray, form: _Form) -> tuple[np.ndarray, np.ndarray]:
    """Return days since 1970 and whether the day exists."""

    def number(at: int, length: int) -> np.ndarray:
        value = np.zeros(len(chars), np.int64)
        for k in range(at, at + length):
            value = value * 10 + chars[:, k] - 48
        return value

    month = (number(form.year, 4) - 1970) * 12 + number(form.month, 2) - 1
    first = month.astype("M8[M]").astype("M8[D]")
    day = first + (number(form.day, 2) - 1)
    month_number = number(form.month, 2)
    exists = (day.astype("M8[M]") == month.astype("M8[M]")) & (number(form.day, 2) > 0)
    exists &= (month_number >= 1) & (month_number <= 12)
    return day.astype(np.int64), exists


def _moved(text: np.ndarray, dotted: bool, zone: str) -> np.ndarray:
    """Return the local day at another place of times with an offset."""
    import pandas as pd

    said = pd.Series(text.astype(str))
    if dotted:
        said = said.str[6:10] + "-" + said.str[3:5] + "-" + said.str[0:2] + said.str[10:]
    local = (
        pd.to_datetime(said, format="ISO8601", utc=True).dt.tz_convert(zone).dt.tz_localize(None)
    )
    days: np.ndarray = local.to_numpy().astype("M8[D]").astype(np.int64)
    return days


def _unreadable(text: np.ndarray, rows: np.ndarray) -> tuple[str, np.ndarray, str, str]:
    value = _shown(text, rows)
    if "/" in value:
        return "may be day or month first", rows, value, "write dates as 2024-03-04 or 04.03.2024"
    return "is no date", rows, value, "write dates as 2024-03-04 or 04.03.2024"


def _shown(text: np.ndarray, rows: np.ndarray) -> str:
    return str(bytes(text[rows[0]]).decode("utf-8", "replace"))
