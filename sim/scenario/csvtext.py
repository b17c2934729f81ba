"""CSV as spreadsheets of several countries write it: separator and decimal sign are detected.

What cannot be told for sure is a fault, never a guess.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sim.errors import Fault
from sim.scenario.document import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
_SIGNS = {".": "point", ",": "comma"}
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_SPACE = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Dialect:
    """How a table is written; ``decimal`` is None where no cell has decimals."""

    encoding: str
    separator: str
    decimal: str | None

    def __str__(self) -> str:
        sign = f"decimal {_SIGNS[self.decimal]}" if self.decimal else "no decimals"
        return f"{self.encoding}, {_SEPARATORS[self.separator]}, {sign}"


class Column(NamedTuple):
    """What the cells of a column may hold."""

    kind: str
    """``text``, ``whole``, ``decimal``, ``truth``, ``date``, ``dates`` with spaces between them, or
    the allowed words with ``|`` between."""
    required: bool = False


class Row(NamedTuple):
    """One row: its line and its cells by column, without the empty ones."""

    line: int
    cells: dict[str, str]


@dataclass
class Table:
    """A table as text, and what is wrong with it."""

    file: str
    columns: Callable[[str], Column | None]
    dialect: Dialect
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(
        self, line: int | None, column: str, value: str, message: str, remedy: str = ""
    ) -> None:
        """Note a fault."""
        self.faults.append(Fault(self.file, line, None, column, value, message, remedy))


def read(text: str, encoding: str, file: str, known: Mapping[str, Column], prefix: str) -> Table:
    """Read a table as text and detect how it is written.

    Parameters
    ----------
    text, encoding, file : str
    known : mapping of str to Column
        The columns there may be.
    prefix : str
        Columns that begin with it hold whole numbers and may be many; empty for none.

    Returns
    -------
    Table
        With its faults; rows with a fault in their shape are left out.
    """

    def column(name: str) -> Column | None:
        many = prefix and name.startswith(prefix) and name != prefix
        return Column("whole") if many else known.get(name)

    table = Table(file, column, Dialect(encoding, ",", None))
    separator = _separator(text, table, known)
    if separator is None:
        return table
    lines = list(_lines(text, separator, table))
    if not lines:
        return table
    header = [name.strip() for name in lines[0][1]]
    _check_header(header, lines[0][0], table, known)
    if not lines[1:] and not table.faults:
        table.fault(lines[0][0], "", "", "has no rows under its header", "add a row for each")
    if not table.faults:
        table.rows = list(_rows(lines[1:], header, table))
        table.dialect = Dialect(encoding, separator, _decimal(table, separator))
    return table


def _separator(text: str, table: Table, known: Mapping[str, Column]) -> str | None:
    """Return the separator that splits the header into most known columns."""
    header = next((line for line in text.split("\n") if line.strip()), None)
    if header is None:
        table.fault(1, "", "", "is empty", "write a header and a row for each")
        return None
    scores = {}
    for separator in _SEPARATORS:
        names = [name.strip().strip('"') for name in header.split(separator)]
        if len(names) > 1:
            scores[separator] = sum(name in known for name in names)
    best = [separator for separator, score in scores.items() if score == max(scores.values())]
    if len(best) == 1:
        return best[0]
    message = "several separators fit the header" if best else "no separator splits the header"
    table.fault(1, "", header.strip()[:60], message, "separate all columns by ; or all by , or tab")
    return None


def _lines(text: str, separator: str, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each row begins and its cells; skip rows without any."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            table.fault(line, "", "", f"cannot be read as CSV: {error}", "check the quotes")
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _check_header(header: list[str], line: int, table: Table, known: Mapping[str, Column]) -> None:
    for number, name in enumerate(header):
        if name in header[:number]:
            table.fault(line, name, "", "is there twice in the header", "keep one of the columns")
        elif table.columns(name) is None:
            near = nearest(name, list(known))
            remedy = f"did you mean {near}?" if near else f"known columns: {', '.join(known)}"
            table.fault(line, name, "", "is not a column of this table", remedy)
    meant = [nearest(name, list(known)) for name in header if table.columns(name) is None]
    for name, column in known.items():
        if column.required and name not in header and name not in meant:
            table.fault(line, name, "", "is missing from the header", f"add the column {name}")


def _rows(lines: list[tuple[int, list[str]]], header: list[str], table: Table) -> Iterator[Row]:
    for line, cells in lines:
        if len(cells) != len(header):
            message = f"has {len(cells)} cells under {len(header)} columns"
            remedy = "quote a cell that contains the separator, and fill in every column"
            table.fault(line, "", "", message, remedy)
            continue
        pairs = zip(header, (cell.strip() for cell in cells), strict=True)
        yield Row(line, {name: cell for name, cell in pairs if cell})


def _decimal(table: Table, separator: str) -> str | None:
    """Return the decimal sign; note a fault where the cells leave it open."""
    open_cells: list[_Cell] = []
    decided: dict[str, _Cell] = {}
    for line, name, cell in _numeric(table):
        sign = _sign_of(cell)
        if sign:
            decided.setdefault(sign, (line, name, cell))
        elif _GROUPED.fullmatch(cell):
            open_cells.append((line, name, cell))
    if len(decided) == 2:
        line, name, cell = max(decided.values())
        table.fault(line, name, cell, "has another decimal sign than cells above", "use one sign")
        table.rows = []
    if decided:
        return min(decided, key=lambda sign: decided[sign])
    if separator == "," and open_cells and all("." in cell for _, _, cell in open_cells):
        return "."
    for line, name, cell in open_cells[:1]:
        message = "may mean thousands or decimals, and no other cell decides it"
        whole, decimals = re.split(r"[.,]", cell)
        remedy = f"write {whole}{decimals}, or {whole}.{decimals}0 for decimals"
        table.fault(line, name, cell, message, remedy)
        table.rows = []
    return None


_Cell = tuple[int, str, str]


def _numeric(table: Table) -> Iterator[_Cell]:
    for line, cells in table.rows:
        for name, cell in cells.items():
            column = table.columns(name)
            if column and column.kind in ("whole", "decimal"):
                yield line, name, _SPACE.sub("", cell)


def _sign_of(cell: str) -> str | None:
    """Return the decimal sign that a cell alone proves, None where it proves none."""
    if not re.fullmatch(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?", cell):
        return None
    points, commas = cell.count("."), cell.count(",")
    if points and commas:
        return "." if cell.rindex(".") > cell.rindex(",") else ","
    if max(points, commas) > 1:
        return "," if points else "."
    if points + commas == 0 or _GROUPED.fullmatch(cell):
        return None
    return "." if points else ","


def number(cell: str, decimal: str | None) -> str | None:
    """Return a number as Python reads it, None where the cell is none.

    Parameters
    ----------
    cell : str
    decimal : str or None
        The decimal sign of the table; the other sign may set thousands apart, as a space may.
    """
    sign = re.escape(decimal or ".")
    group = re.escape("." if decimal == "," else ",")
    pattern = rf"[+-]?(?:\d+|\d{{1,3}}(?:{group}\d{{3}})+)(?:{sign}\d+)?(?:[eE][+-]?\d{{1,3}})?"
    bare = _SPACE.sub("", cell)
    if not re.fullmatch(pattern, bare, re.ASCII):
        return None
    return re.sub(group, "", bare).replace(decimal or ".", ".")
