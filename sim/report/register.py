"""The lines of the list of figures: one for each, or one for many bodies or teams of one source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sim.report.places import MOST_BODIES
from sim.report.words import figure, in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.scenario.types import Provenance

_MANY = {
    "body": "bodies",
    "occupancy.neighbourhood": "neighbourhoods",
    "occupancy.team": "teams",
    "estate.holding": "buildings",
    "estate.room": "floors and rooms",
    "estate.seat": "entries",
}
"""Paths below which there may be many names, and what is counted there."""


class Line(NamedTuple):
    """What is read about one figure, or about the same figure of several bodies or teams.

    Attributes
    ----------
    path : str
        ``body.*.headcount`` for several bodies.
    value : str
    given : Provenance
        Its source, and whether somebody has confirmed it: the same for all that the line is about.
    """

    path: str
    value: str
    given: Provenance


def figure_lines(register: Mapping[str, Provenance]) -> list[Line]:
    """Return the figures in order; where bodies or teams are many, those of one source together.

    Parameters
    ----------
    register : mapping of str to Provenance
        Every stated figure by its path.

    Returns
    -------
    list of Line
    """
    of_many = {path: kind for path in register if (kind := _kind(path))}
    names: dict[str, set[str]] = {}
    for kind in of_many.values():
        names.setdefault(kind.head, set()).add(kind.name)
    alike: dict[tuple[object, ...], list[tuple[str, Provenance]]] = {}
    for path, given in register.items():
        kind = of_many.get(path)
        folds = kind is not None and len(names[kind.head]) > MOST_BODIES
        key = (kind.head, kind.figure, given.source, given.confirmed) if folds and kind else (path,)
        alike.setdefault(key, []).append((path, given))
    return [_line(those) for those in alike.values()]


class _Kind(NamedTuple):
    head: str
    name: str
    figure: str


def _kind(path: str) -> _Kind | None:
    """Tell the number of one of many, such as ``body.central.area_m2``, from what lies deeper."""
    for head in _MANY:
        name, _, figure = path.removeprefix(f"{head}.").partition(".")
        if path.startswith(f"{head}.") and figure and "." not in figure:
            return _Kind(head, name, figure)
    return None


def _line(those: Sequence[tuple[str, Any]]) -> Line:
    path, given = those[0]
    kind = _kind(path)
    if len(those) == 1 or kind is None:
        return Line(path, in_words(given), given)
    values = [other.value for _, other in those]
    least, most, total = map(figure, (min(values), max(values), sum(values)))
    span = f"{least} each" if least == most else f"{least} to {most}"
    said = f"{len(those)} {_MANY[kind.head]}, {span}; {total} in all"
    return Line(f"{kind.head}.*.{kind.figure}", said, given)
