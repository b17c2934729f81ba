"""The lines of the list of figures: one for each, or one for many bodies that share a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sim.report.places import MOST_BODIES
from sim.report.words import figure, in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.scenario.types import Provenance


class Line(NamedTuple):
    """What is read about one figure, or about the same figure of several bodies.

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
    """Return the figures in order; where bodies are many, those with one source in one line.

    Parameters
    ----------
    register : mapping of str to Provenance
        Every stated figure by its path.

    Returns
    -------
    list of Line
    """
    bodies = {path.split(".")[1] for path in register if _is_of_body(path)}
    alike: dict[tuple[object, ...], list[tuple[str, Provenance]]] = {}
    for path, given in register.items():
        folds = _is_of_body(path) and len(bodies) > MOST_BODIES
        key = (path.split(".")[2], given.source, given.confirmed) if folds else (path,)
        alike.setdefault(key, []).append((path, given))
    return [_line(those) for those in alike.values()]


def _is_of_body(path: str) -> bool:
    """Tell a body's own number, such as ``body.central.area_m2``, from what lies deeper."""
    return path.startswith("body.") and path.count(".") == 2


def _line(those: Sequence[tuple[str, Any]]) -> Line:
    path, given = those[0]
    if len(those) == 1:
        return Line(path, in_words(given), given)
    values = [other.value for _, other in those]
    least, most, total = map(figure, (min(values), max(values), sum(values)))
    span = f"{least} each" if least == most else f"{least} to {most}"
    name = path.split(".")[2]
    return Line(f"body.*.{name}", f"{len(those)} bodies, {span}; {total} in all", given)
