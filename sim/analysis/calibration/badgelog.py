"""A badge, turnstile, booking or sensor log: read in pieces, kept as person-days.

Persons become numbers as soon as they are read; no identifier is kept, told in a message or
written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.calibration.columns import SEPARATORS, Head, head_of
from sim.analysis.calibration.dates import Dates
from sim.errors import Fault, InputError
from sim.scenario.document import nearest
from sim.scenario.files import Refused, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

KINDS = ("in", "out", "booking", "no_show", "count")
"""What a row may be; without the column every row says that a person was there."""
PRESENT, BOOKED, MISSED = 0, 1, 2
_KIND_OF = {"in": PRESENT, "out": PRESENT, "": PRESENT, "booking": BOOKED, "no_show": MISSED}
_PIECE = 1 << 24
_ROWS = 400_000
_SHOWN = 5
_BITS = {"kind": 2, "team": 14, "site": 12, "day": 16, "person": 19}
"""Of the key of an entry; together 63."""


@dataclass(frozen=True, eq=False)
class BadgeLog:
    """Person-days of a log, each once.

    Attributes
    ----------
    file, sha256 : str
        Name and hash of the file.
    rows : int
    notes, warnings : tuple of str
        What was detected, and what the reader should know.
    person, day, site, team, kind : int32[entry]
        The day counts from 1 January 1970; site and team are -1 where the log does not say them;
        the kind is ``PRESENT``, ``BOOKED`` or ``MISSED``.
    sites, teams : tuple of str
    counts : int64[3, reading]
        Day, site and greatest count of the day, of a sensor.
    """

    file: str
    sha256: str
    rows: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    person: np.ndarray
    day: np.ndarray
    site: np.ndarray
    team: np.ndarray
    kind: np.ndarray
    sites: tuple[str, ...]
    teams: tuple[str, ...]
    counts: np.ndarray


def read_log(
    path: Path,
    renamed: Mapping[str, str] | None = None,
    timezone: str | None = None,
    today: dt.date | None = None,
    progress: Callable[[int], None] | None = None,
) -> BadgeLog:
    """Read a log.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 or Windows-1251, separated by comma, semicolon or tab; dates are ISO or
        DD.MM.YYYY, with or without a time and an offset.
    renamed : mapping of str to str, optional
        The name in the file of columns that are called otherwise there.
    timezone : str, optional
        Where the site is, as in ``Asia/Almaty``; times with an offset are moved there.
    today : date, optional
        Later dates are refused.
    progress : callable, optional
        Told how many rows are read.

    Returns
    -------
    BadgeLog

    Raises
    ------
    InputError
        With every fault that was found, each with the number of its row.
    """
    file = str(path)
    encoding, sha256, first_lines = _survey(path)
    head = head_of(first_lines, file, renamed or {})
    reading = _Reading(file, head, Dates(timezone, today or dt.date.today()))
    for line, piece in _pieces(path, encoding, head):
        reading.add(line, piece)
        if progress is not None:
            progress(reading.rows)
    return reading.log(encoding, sha256)


def _survey(path: Path) -> tuple[str, str, list[str]]:
    """Return the encoding, the hash and the first lines of a file, read once."""
    digest = hashlib.sha256()
    found: dict[str, int] = {}
    first: list[str] = []
    line = 1
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                piece += file.readline()
                digest.update(piece)
                text, encoding = decoded(piece)
                if not piece.isascii():
                    found.setdefault(encoding, line)
                first = first or text[: 1 << 16].splitlines()[:20]
                line += piece.count(b"\n")
    except Refused as refused:
        raise _fault(str(path), None, refused.message, refused.remedy) from None
    except FileNotFoundError:
        raise _fault(str(path), None, "there is no such file", "check the name") from None
    except OSError as error:
        raise _fault(str(path), None, f"cannot be read: {error.strerror}", "") from None
    if len(found) > 1:
        message = "is partly UTF-8 and partly Windows-1251"
        raise _fault(str(path), max(found.values()), message, "export the log again")
    return next(iter(found), "UTF-8"), digest.hexdigest(), first


def _fault(file: str, line: int | None, message: str, remedy: str) -> InputError:
    return InputError([Fault(file, line, None, "", "", message, remedy)])


def _pieces(path: Path, encoding: str, head: Head) -> Iterator[tuple[int, Any]]:
    """Yield the line of the first row of some rows, and the rows as a table of pandas."""
    import pandas as pd

    types: dict[str, Any] = {
        name: "S40" if column in ("time", "date", "count") else "category"
        for column, name in head.names.items()
    }
    line = head.line + 1
    try:
        with pd.read_csv(
            path,
            sep=head.separator,
            encoding="cp1251" if encoding == "Windows-1251" else "utf-8-sig",
            skiprows=head.line - 1,
            usecols=list(types),
            dtype=types,
            chunksize=_ROWS,
            na_filter=False,
            skip_blank_lines=False,
            skipinitialspace=True,
            engine="c",
        ) as reader:
            for piece in reader:
                if piece.empty:
                    continue
                yield line, piece.rename(columns={v: k for k, v in head.names.items()})
                line += len(piece)
    except pd.errors.ParserError as error:
        message = f"cannot be read as CSV: {str(error).rsplit('error: ', 1)[-1].strip()}"
        raise _fault(str(path), None, message, "quote cells that hold the separator") from None
    except ValueError as error:
        message = f"cannot be read as CSV: {str(error).splitlines()[0]}"
        raise _fault(str(path), head.line, message, "check the header") from None


@dataclass
class _Names:
    """Numbers for the texts of a column, in the order in which they come."""

    number: dict[str, int] = field(default_factory=dict)

    def of(self, column: Any) -> np.ndarray:
        """Return the number of each cell, -1 where it is empty."""
        categories = [text.strip() for text in column.cat.categories.astype(str)]
        lookup = np.array(
            [self.number.setdefault(text, len(self.number)) if text else -1 for text in categories],
            np.int64,
        )
        codes = column.cat.codes.to_numpy()
        numbers: np.ndarray = lookup[codes] if lookup.size else np.full(len(codes), -1)
        return numbers


class _Reading:
    """The person-days read so far, and what was odd about them."""

    def __init__(self, file: str, head: Head, dates: Dates) -> None:
        self.rows = 0
        self._file, self._head, self._dates = file, head, dates
        self._names = {name: _Names() for name in ("person", "site", "team")}
        self._keys: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []
        self._faults: list[Fault] = []
        self._odd: dict[str, list[int]] = {"name nobody": [], "have no date": []}
        self._many = dict.fromkeys(self._odd, 0)
        self._bookings_only = True

    def add(self, line: int, piece: Any) -> None:
        """Add some rows, of which the first stands on the given line."""
        when = "time" if "time" in piece else "date"
        text = piece[when].to_numpy().astype("S40")
        filled = text != b""
        column = self._head.names[when]
        for message, rows, value, remedy in self._dates.problems(text, filled):
            self._fault(line, rows, column, value, message, remedy)
        self.rows += int(filled.sum())
        kind = self._kinds(line, piece, filled)
        day = self._dates.days
        numbers = {
            name: names.of(piece[name]) if name in piece else np.full(len(piece), -1)
            for name, names in self._names.items()
        }
        sensor = (kind == len(_KIND_OF)) & filled
        if sensor.any():
            self._sensor(line, piece, sensor, day, numbers["site"])
        lacking = filled & ~sensor & (numbers["person"] < 0)
        self._note("name nobody", line, lacking)
        some = np.zeros(len(piece), np.bool_)
        for found in numbers.values():
            some |= found >= 0
        self._note("have no date", line, ~filled & some)
        kept = filled & ~sensor & (numbers["person"] >= 0) & (day >= 0)
        self._bookings_only &= not (kind[kept] == PRESENT).any()
        self._keep(kept, day, kind, numbers)

    def _note(self, what: str, line: int, rows: np.ndarray) -> None:
        self._many[what] += int(rows.sum())
        self._odd[what] += [line + int(k) for k in np.flatnonzero(rows)[:_SHOWN]]

    def _kinds(self, line: int, piece: Any, filled: np.ndarray) -> np.ndarray:
        """Return the kind of each row; that of a sensor's is the number of the other kinds."""
        if "kind" not in piece:
            alone = len(_KIND_OF) if "person" not in piece else PRESENT
            return np.full(len(piece), alone)
        words = [text.strip().casefold() for text in piece["kind"].cat.categories.astype(str)]
        of_word = [_KIND_OF.get(word, len(_KIND_OF) if word == "count" else -1) for word in words]
        code = piece["kind"].cat.codes.to_numpy()
        kind: np.ndarray = np.array(of_word, np.int64)[code]
        for number, word in enumerate(words):
            rows = np.flatnonzero(filled & (code == number))
            if of_word[number] < 0 and rows.size:
                near = nearest(word, KINDS)
                remedy = f"did you mean {near}?" if near else f"known: {', '.join(KINDS)}"
                column = self._head.names["kind"]
                self._fault(line, rows, column, word[:40], "is no kind of row", remedy)
        return kind

    def _sensor(
        self, line: int, piece: Any, sensor: np.ndarray, day: np.ndarray, site: np.ndarray
    ) -> None:
        if "count" not in piece:
            rows = np.flatnonzero(sensor)
            self._fault(line, rows, "count", "", "is missing: a sensor's rows need it", "add it")
            return
        import pandas as pd

        value = pd.to_numeric(piece["count"].to_numpy().astype(str), errors="coerce")
        wrong = sensor & ~(value >= 0)
        if wrong.any():
            rows = np.flatnonzero(wrong)
            message = "must be a whole number of people"
            self._fault(line, rows, self._head.names["count"], "", message, "")
        kept = sensor & ~wrong & (day >= 0)
        self._counts.append(np.stack([day[kept], site[kept], value[kept].astype(np.int64)]))

    def _keep(
        self, kept: np.ndarray, day: np.ndarray, kind: np.ndarray, numbers: dict[str, np.ndarray]
    ) -> None:
        key = np.zeros(int(kept.sum()), np.int64)
        parts = {"person": numbers["person"], "day": day, "site": numbers["site"] + 1}
        parts |= {"team": numbers["team"] + 1, "kind": kind}
        for name in reversed(_BITS):
            if parts[name][kept].max(initial=0) >= 1 << _BITS[name]:
                most = (1 << _BITS[name]) - 2
                raise _fault(
                    self._file, None, f"more than {most:,} different values of {name}", "split it"
                )
            key = (key << _BITS[name]) | parts[name][kept]
        self._keys.append(_each_once(key))
        if len(self._keys) > 16:
            self._keys = [_each_once(np.concatenate(self._keys))]

    def _fault(
        self, line: int, rows: np.ndarray, column: str, value: str, message: str, remedy: str
    ) -> None:
        if len(self._faults) < 20:
            where = line + int(rows[0])
            more = f" (and {rows.size - 1:,} more rows below it)" if rows.size > 1 else ""
            fault = Fault(self._file, where, None, column, value, message + more, remedy)
            self._faults.append(fault)

    def log(self, encoding: str, sha256: str) -> BadgeLog:
        """Return the log; raise what is wrong with it."""
        if self._faults:
            raise InputError(self._faults)
        if not self.rows:
            raise _fault(self._file, self._head.line, "has no rows under its header", "")
        key = _each_once(np.concatenate([np.empty(0, np.int64), *self._keys]))
        entries: dict[str, np.ndarray] = {}
        for name, bits in _BITS.items():
            entries[name] = (key & ((1 << bits) - 1)).astype(np.int32)
            key = key >> bits
        counts = np.concatenate([np.empty((3, 0), np.int64), *self._counts], axis=1)
        return BadgeLog(
            file=self._file.rsplit("/", 1)[-1],
            sha256=sha256,
            rows=self.rows,
            notes=(f"{encoding}, {SEPARATORS[self._head.separator]}, {self._dates.words}",),
            warnings=tuple(self._warnings()),
            person=entries["person"],
            day=entries["day"],
            site=entries["site"] - 1,
            team=entries["team"] - 1,
            kind=entries["kind"],
            sites=tuple(self._names["site"].number),
            teams=tuple(self._names["team"].number),
            counts=_greatest(counts),
        )

    def _warnings(self) -> Iterator[str]:
        head = self._head
        if head.personal:
            yield (
                f"Columns that look like personal data were not read: {', '.join(head.personal)}. "
                "Leave them out of the export."
            )
        others = [name for name in head.unread if name not in head.personal]
        if others:
            yield f"Columns not read: {', '.join(others)}."
        if any("@" in person for person in self._names["person"].number):
            yield (
                f"Identifiers in {head.names['person']} look like e-mail addresses. Nothing of "
                "them is written, but an anonymous key would do as well."
            )
        for what, many in self._many.items():
            if many:
                rows = ", ".join(map(str, self._odd[what][:_SHOWN]))
                more = " and others" if many > _SHOWN else ""
                yield f"Rows that {what} and were left out: {many:,}, on line {rows}{more}."
        if self._keys and self._bookings_only:
            yield "There are only bookings: whoever booked is taken as present unless marked."


def _each_once(key: np.ndarray) -> np.ndarray:
    """Return keys in order, each once; numpy's own ``unique`` takes ten times as long."""
    ordered = np.sort(key)
    once: np.ndarray = ordered[np.diff(ordered, prepend=-1) != 0]
    return once


def _greatest(counts: np.ndarray) -> np.ndarray:
    """Return each day's and site's greatest count, int64[3, reading]."""
    if not counts.size:
        return counts
    order = np.lexsort((counts[2], counts[1], counts[0]))
    sorted_ = counts[:, order]
    last = np.ones(sorted_.shape[1], np.bool_)
    last[:-1] = (sorted_[:2, 1:] != sorted_[:2, :-1]).any(axis=0)
    greatest: np.ndarray = sorted_[:, last]
    return greatest
