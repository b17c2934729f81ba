"""The head of a log: its separator, its header, and which columns are read.

Everything else is left unread; columns that look like personal data are named in a warning.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, NamedTuple

from sim.errors import Fault, InputError
from sim.scenario.document import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = ("person", "time", "date", "site", "team", "kind", "count")
"""Columns of a log; ``time`` and ``date`` are alternatives."""
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
_PERSONAL = re.compile(
    r"name|e-?mail|phone|mobile|birth|address|passport|iin|ssn|gender|sex|nation|фио|имя|фамил|"
    r"отчеств|телефон|почт|рожд|адрес|паспорт|иин|жсн|\bпол\b",  # noqa: RUF001
    re.IGNORECASE,
)
_DATA = re.compile(r"\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}|\d\d/\d\d/\d{4}")


class Head(NamedTuple):
    """How a log is laid out."""

    separator: str
    line: int
    """Line of the header."""
    names: dict[str, str]
    """The name in the file of each column that is read."""
    unread: tuple[str, ...]

    @property
    def personal(self) -> tuple[str, ...]:
        """Columns left unread that look like personal data."""
        return tuple(name for name in self.unread if _PERSONAL.search(name))


def head_of(lines: Sequence[str], file: str, renamed: Mapping[str, str]) -> Head:
    """Read the header.

    Parameters
    ----------
    lines : sequence of str
        The first lines of the file.
    file : str
        Its name for the reader.
    renamed : mapping of str to str
        The name in the file of columns that are called otherwise there.

    Returns
    -------
    Head

    Raises
    ------
    InputError
        If there is no header, or it lacks what is needed.
    """
    line = next((n for n, text in enumerate(lines, 1) if text.strip()), None)
    if line is None:
        raise InputError([Fault(file, 1, None, "", "", "is empty", "write a header and rows")])
    text = lines[line - 1]
    wanted = {renamed.get(column, column): column for column in COLUMNS}
    cells = {mark: _cells(text, mark) for mark in SEPARATORS}
    known = {
        mark: sum(cell.casefold() in wanted for cell in found) for mark, found in cells.items()
    }
    best = max(known, key=lambda mark: (known[mark], len(cells[mark])))
    header = cells[best]
    if _DATA.search(text):
        message = "has no header: its first row is data"
        remedy = f"put a first row with the names of the columns: {', '.join(COLUMNS)}"
        raise InputError([Fault(file, line, None, "", "", message, remedy)])
    names = {
        wanted[name.casefold() if name.casefold() in wanted else name]: name
        for name in header
        if name in wanted or name.casefold() in wanted
    }
    faults = [Fault(file, line, None, *fault) for fault in _missing(header, names, renamed)]
    if faults:
        raise InputError(faults)
    unread = tuple(name for name in header if name not in names.values())
    return Head(best, line, names, unread)


def _cells(text: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([text], delimiter=separator), [])]


def _missing(
    header: Sequence[str], names: Mapping[str, str], renamed: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    """Return what the header lacks as key, value, message and remedy of faults."""
    said = []
    for column, name in renamed.items():
        if column not in COLUMNS:
            near = nearest(column, COLUMNS) or ", ".join(COLUMNS)
            said.append((f"--column {column}", name, "is no column of a log", f"known: {near}"))
        elif column not in names:
            near = nearest(name, header) or ", ".join(header)
            said.append((name, "", "is not in the header", f"there is: {near}"))
    doubled = sorted({name for name in header if header.count(name) > 1 and name})
    said += [(name, "", "is there twice in the header", "keep one") for name in doubled]
    if not {"time", "date"} & names.keys():
        said.append(("time", "", "no column says when", _rename("time or date", "time", header)))
    elif {"time", "date"} <= names.keys():
        said.append(("date", "", "stands beside time; which one holds is open", "keep one of them"))
    if not {"person", "count"} & names.keys():
        remedy = _rename("person, or count for a sensor", "person", header)
        said.append(("person", "", "no column says who", remedy))
    return said


def _rename(wanted: str, column: str, header: Sequence[str]) -> str:
    found = next((name for name in header if name), "NAME")
    return f'call a column {wanted}, or say which it is: --column {column}="{found}"'
