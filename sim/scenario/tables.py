"""The CSV tables of a scenario: bodies, teams, audits of functions, and the estate."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.domain.functions import SHARES, Audit, Function
from sim.scenario.csvtext import Column, Dialect, Row, Table, number, read
from sim.scenario.document import Place

if TYPE_CHECKING:
    from collections.abc import Collection

    from sim.errors import Fault
    from sim.scenario.positions import Path

BODY_COLUMNS = {
    "name": Column("text", required=True),
    "tier": Column("text"),
    "building": Column("text"),
    "headcount": Column("whole", required=True),
    "vacant_posts": Column("whole"),
    "workstations": Column("whole", required=True),
    "area_m2": Column("decimal", required=True),
    "fixed_m2": Column("decimal"),
    "area_basis": Column("text"),
    "audit": Column("text"),
    "source": Column("text"),
    "confirmed": Column("truth"),
}
"""Columns of a table of bodies; ``office:RANK`` may be added for each rank."""

AUDIT_COLUMNS = {
    "name": Column("text", required=True),
    "kind": Column("main|auxiliary"),
    "service": Column("truth"),
    "block": Column("text"),
    "feasibility": Column("full|partial|none", required=True),
    "share": Column("decimal"),
    "reason": Column("text"),
    "staff": Column("whole"),
    "source": Column("text"),
}
"""Columns of a table of functions."""

TEAM_COLUMNS = {
    "team": Column("text", required=True),
    "body": Column("text", required=True),
    "people": Column("whole", required=True),
    "neighbourhood": Column("text"),
    "anchor_days": Column("text"),
    "group": Column("text"),
    "source": Column("text"),
    "confirmed": Column("truth"),
}
"""Columns of a table of teams."""

HOLDING_COLUMNS = {
    "building": Column("text", required=True),
    "holder": Column("text"),
    "right": Column("lease|free_use|operational_management|owned", required=True),
    "hand_back": Column("building|floor"),
    "end": Column("date"),
    "breaks": Column("dates"),
    "notice_months": Column("whole"),
    "renewable": Column("truth"),
    "payer": Column("budget_holder|other"),
    "heritage": Column("none|no_moves_in|must_keep"),
    "disposal": Column("none|sale|transfer|letting"),
    "disposal_months": Column("whole"),
    "rent_m2": Column("decimal"),
    "running_m2": Column("decimal"),
    "holding_m2": Column("decimal"),
    "sale_m2": Column("decimal"),
    "source": Column("text"),
    "confirmed": Column("truth"),
}
"""Columns of a table of holdings."""

ROOM_COLUMNS = {
    "building": Column("text", required=True),
    "floor": Column("text", required=True),
    "room": Column("text"),
    "type": Column("text"),
    "area_m2": Column("decimal", required=True),
    "workstations": Column("whole"),
    "secure": Column("truth"),
    "must_stay": Column("truth"),
    "people_limit": Column("whole"),
    "source": Column("text"),
    "confirmed": Column("truth"),
}
"""Columns of a table of floors and rooms."""

SEAT_COLUMNS = {
    "body": Column("text", required=True),
    "building": Column("text", required=True),
    "floor": Column("text", required=True),
    "workstations": Column("whole", required=True),
    "source": Column("text"),
    "confirmed": Column("truth"),
}
"""Columns of a table of who sits where."""

_OFFICE = "office:"
_SOURCED = ("headcount", "workstations", "area_m2")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Entries(NamedTuple):
    """What a table says, as TOML tables would: ``[[body]]``, ``[[estate.room]]`` and so on."""

    entries: list[dict[str, Any]]
    places: dict[Path, Place]
    """Where the table, each entry and each of its keys stand; the table itself is at ``()``."""
    faults: list[Fault]
    dialect: Dialect


class Functions(NamedTuple):
    """What a table of functions says; the audit is None where the table has a fault."""

    audit: Audit | None
    faults: list[Fault]
    dialect: Dialect


def bodies(text: str, encoding: str, file: str) -> Entries:
    """Read a table of bodies.

    Parameters
    ----------
    text, encoding, file : str
        The table, how it was encoded, and its name for the reader.

    Returns
    -------
    Entries
        Rows with a fault are left out.
    """
    return _entries(read(text, encoding, file, BODY_COLUMNS, _OFFICE), _SOURCED)


def teams(text: str, encoding: str, file: str) -> Entries:
    """Read a table of teams.

    Parameters
    ----------
    text, encoding, file : str
        The table, how it was encoded, and its name for the reader.

    Returns
    -------
    Entries
        Rows with a fault are left out.
    """
    return _entries(read(text, encoding, file, TEAM_COLUMNS, ""), ("people",))


def holdings(text: str, encoding: str, file: str) -> Entries:
    """Read a table of holdings; parameters and result are those of ``bodies``."""
    prices = [name for name in HOLDING_COLUMNS if name.endswith("_m2")]
    return _entries(read(text, encoding, file, HOLDING_COLUMNS, ""), prices)


def rooms(text: str, encoding: str, file: str) -> Entries:
    """Read a table of floors and rooms; parameters and result are those of ``bodies``."""
    sourced = ("area_m2", "workstations")
    return _entries(read(text, encoding, file, ROOM_COLUMNS, ""), sourced)


def seats(text: str, encoding: str, file: str) -> Entries:
    """Read a table of who sits where; parameters and result are those of ``bodies``."""
    return _entries(read(text, encoding, file, SEAT_COLUMNS, ""), ("workstations",))


def _entries(table: Table, sourced: Collection[str]) -> Entries:
    """Return the rows as entries; a row's source is that of the columns ``sourced``."""
    entries: list[dict[str, Any]] = []
    places: dict[Path, Place] = {(): Place(table.file, 1)}
    for row in table.rows:
        values = _values(row, table)
        if values is None:
            continue
        places |= _row_places(len(entries), row, table.file)
        entries.append(_entry(values, sourced))
    return Entries(entries, places, table.faults, table.dialect)


def audit(text: str, encoding: str, file: str, name: str) -> Functions:
    """Read a table of functions.

    Parameters
    ----------
    text, encoding, file : str
        The table, how it was encoded, and its name for the reader.
    name : str
        Name of the audit.

    Returns
    -------
    Functions
    """
    table = read(text, encoding, file, AUDIT_COLUMNS, "")
    functions: dict[str, Function] = {}
    for row in table.rows:
        values = _values(row, table)
        if values is not None and _function_agrees(values, row, table, functions):
            functions[values["name"]] = _function(values)
    found = None if table.faults else Audit(name, "", "", name, tuple(functions.values()))
    return Functions(found, table.faults, table.dialect)


def _values(row: Row, table: Table) -> dict[str, Any] | None:
    """Return the cells of a row as values, None where one of them has a fault."""
    before = len(table.faults)
    values = {}
    for name, cell in row.cells.items():
        column = table.columns(name)
        if column:
            values[name] = _value(cell, column, table, (row.line, name))
    return values if len(table.faults) == before else None


def _value(cell: str, column: Column, table: Table, at: tuple[int, str]) -> Any:
    if column.kind == "text":
        return cell
    if column.kind == "truth":
        if cell.casefold() not in _TRUTH:
            table.fault(*at, cell, f"must be one of {', '.join(_TRUTH)}")
        return _TRUTH.get(cell.casefold())
    if column.kind in ("whole", "decimal"):
        return _number(cell, column, table, at)
    if column.kind == "date":
        return _date(cell, table, at)
    if column.kind == "dates":
        return [_date(part, table, at) for part in cell.split()]
    if cell not in column.kind.split("|"):
        table.fault(*at, cell, f"must be one of {column.kind.replace('|', ', ')}")
    return cell


def _date(cell: str, table: Table, at: tuple[int, str]) -> date:
    """Return a day written as 2027-06-30 or 30.06.2027; others could be read in two ways."""
    iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", cell, re.ASCII)
    dotted = re.fullmatch(r"(\d\d?)\.(\d\d?)\.(\d{4})", cell, re.ASCII)
    parts = iso.groups() if iso else dotted.groups()[::-1] if dotted else None
    try:
        if parts:
            return date(*map(int, parts))
        table.fault(*at, cell, "is not a date", "write 2027-06-30 or 30.06.2027")
    except ValueError:
        table.fault(*at, cell, "is no day of the calendar", "check day and month")
    return date.min


def _number(cell: str, column: Column, table: Table, at: tuple[int, str]) -> float | int:
    figure = number(cell, table.dialect.decimal)
    if figure is None:
        remedy = "write a share, as in 0.75" if cell.endswith("%") else "write digits only"
        table.fault(*at, cell, "is not a number", remedy)
        return 0
    if column.kind == "whole":
        if not figure.lstrip("+-").isdecimal() or len(figure) > 20:
            table.fault(*at, cell, "must be a whole number", "people and places come whole")
            return 0
        return int(figure)
    value = float(figure)
    if not math.isfinite(value):
        table.fault(*at, cell, "must be a finite number")
    return value


def _entry(values: dict[str, Any], sourced: Collection[str]) -> dict[str, Any]:
    told = {key: values.pop(key) for key in ("source", "confirmed") if key in values}
    entry: dict[str, Any] = {}
    for name, value in values.items():
        if name.startswith(_OFFICE):
            entry.setdefault("offices", {})[name.removeprefix(_OFFICE)] = value
        else:
            entry[name] = {"value": value, **told} if told and name in sourced else value
    return entry


def _row_places(index: int, row: Row, file: str) -> dict[Path, Place]:
    places: dict[Path, Place] = {(index,): Place(file, row.line)}
    for name in row.cells:
        inner: Path = ("offices", name.removeprefix(_OFFICE)) if _OFFICE in name else (name,)
        places[index, *inner] = Place(file, row.line, None, name)
    return places


def _function_agrees(
    values: dict[str, Any], row: Row, table: Table, others: dict[str, Function]
) -> bool:
    """Tell whether a row's cells fit each other, noting a fault where they do not."""
    before = len(table.faults)
    for name in ("name", "feasibility"):
        if name not in values:
            table.fault(row.line, name, "", "is required and empty")
    share, feasibility = values.get("share"), values.get("feasibility")
    if values.get("name") in others:
        table.fault(row.line, "name", values["name"], "is there twice", "give each its own name")
    if values.get("staff", 0) < 0:
        table.fault(row.line, "staff", row.cells["staff"], "must be at least 0")
    if feasibility == "partial" and not 0 < (share or 0) < 1:
        message = "must lie between 0 and 1 where feasibility is partial"
        table.fault(row.line, "share", row.cells.get("share", ""), message, "as in 0.5")
    fixed = SHARES.get(feasibility or "")
    if share is not None and fixed is not None and share != fixed:
        message = f"must be {fixed:g} or empty where feasibility is {feasibility}"
        table.fault(row.line, "share", row.cells["share"], message, "or write partial")
    return len(table.faults) == before


def _function(values: dict[str, Any]) -> Function:
    feasibility = values["feasibility"]
    return Function(
        name=values["name"],
        kind=values.get("kind"),
        service=values.get("service", False),
        block=values.get("block"),
        feasibility=feasibility,
        share=SHARES.get(feasibility, values.get("share", 0.0)),
        reason=values.get("reason", ""),
        staff=values.get("staff"),
        source=values.get("source", ""),
    )
