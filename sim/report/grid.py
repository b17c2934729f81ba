"""A table of figures that never cuts a number: columns as wide as they need, names folded."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sim.report.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP = "  "
_NARROWEST_NAME = 12
_PIPED_WIDTH = 100
_LEAST_WIDTH = 60


def _piped() -> int:
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() else _PIPED_WIDTH


@contextmanager
def page() -> Iterator[Console]:
    """Give the console for results: a terminal as it is, a pipe without colour or padding.

    ``COLUMNS`` sets the width of what is piped.
    """
    width = shutil.get_terminal_size((_PIPED_WIDTH, 0)).columns if sys.stdout.isatty() else _piped()
    console = Console(width=max(_LEAST_WIDTH, width), highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        yield console
        return
    with console.capture() as caught:
        yield console
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in caught.get().splitlines())


@dataclass(frozen=True)
class Row:
    """A name and its figures, one for each column."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """Rows under a title; an empty title is left out."""

    title: str
    rows: tuple[Row, ...]


def grid_width(headings: Sequence[str], sections: Sequence[Section]) -> int:
    """Return the columns that a grid needs beside its names."""
    return sum(len(_GAP) + width for width in _widths(headings, sections))


def print_grid(
    console: Console, corner: str, headings: Sequence[str], sections: Sequence[Section]
) -> None:
    """Print figures in columns, the headings once and a title over each section.

    Parameters
    ----------
    console : Console
    corner : str
        Heading of the names.
    headings : sequence of str
        One for each column of figures; may have several lines.
    sections : sequence of Section
    """
    widths = _widths(headings, sections)
    names = [plain(row.name) for section in sections for row in section.rows]
    room = console.width - grid_width(headings, sections)
    longest = max(cell_len(name) for name in [corner, *names])
    room = min(longest, max(_NARROWEST_NAME, room))
    for first, line in _heading_lines(corner, headings):
        _print_line(console, first, room, line, widths, "dim")
    for section in sections:
        if section.title:
            console.print(Text(f"\n{section.title}", style="bold"))
        for row in section.rows:
            start, *rest = Text(plain(row.name)).wrap(console, room)
            _print_line(console, start.plain, room, row.cells, widths, "")
            for part in rest:
                console.print(part)


def print_grids(
    console: Console, corner: str, headings: Sequence[str], sections: Sequence[Section]
) -> None:
    """Print a grid, or its columns in several below each other where the console is too narrow.

    Parameters are those of ``print_grid``.
    """
    names = [plain(row.name) for section in sections for row in section.rows]
    longest = max(cell_len(name) for name in [corner, *names])
    room = console.width - min(longest, max(_NARROWEST_NAME, console.width // 4))
    parts: list[list[int]] = []
    left = 0
    for k, width in enumerate(_widths(headings, sections)):
        left -= len(_GAP) + width
        if left < 0 or not parts:
            parts.append([])
            left = room - len(_GAP) - width
        parts[-1].append(k)
    for part in parts:
        if part is not parts[0]:
            console.print()
        some = [
            Section(
                section.title,
                tuple(Row(row.name, tuple(row.cells[k] for k in part)) for row in section.rows),
            )
            for section in sections
        ]
        print_grid(console, corner, [headings[k] for k in part], some)


def _heading_lines(corner: str, headings: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the lines of the headings, which stand on the same last line."""
    parts = [heading.split("\n") for heading in [corner, *headings]]
    depth = max(len(part) for part in parts)
    lines = zip(*([""] * (depth - len(part)) + part for part in parts), strict=True)
    return [(first, tuple(rest)) for first, *rest in lines]


def _widths(headings: Sequence[str], sections: Sequence[Section]) -> list[int]:
    widths = [max(map(cell_len, heading.split("\n"))) for heading in headings]
    for section in sections:
        for row in section.rows:
            widths = [max(w, cell_len(cell)) for w, cell in zip(widths, row.cells, strict=True)]
    return widths


def _print_line(
    console: Console,
    name: str,
    room: int,
    cells: Sequence[str],
    widths: Sequence[int],
    style: str,
) -> None:
    line = Text(name + " " * (room - cell_len(name)), style)
    for cell, width in zip(cells, widths, strict=True):
        shade = "red" if cell.startswith("-") else ""
        line.append(_GAP + " " * (width - cell_len(cell)))
        line.append(cell, shade)
    line.rstrip()
    console.print(line, soft_wrap=True)
