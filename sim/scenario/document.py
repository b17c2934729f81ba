"""One document out of several layers: the file, its overlays and the ``--set`` options.

The document remembers where each of its keys was written, so that a fault names that place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.scenario.types import FIGURE_KEYS, KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.scenario.positions import Path

WHOLE = frozenset({"modes", "workstations", "dedicated"})
"""Keys of a policy that are stated afresh, not merged."""
_ALTERNATIVES = (
    frozenset(KINDS),
    frozenset({"per_person", "service", "fixed"}),
    frozenset({"per_day", "per_week", "per_person"}),
)


class Place(NamedTuple):
    """Where something was written."""

    file: str
    line: int | None = None
    column: int | None = None
    key: str | None = None
    """The name it has there, where that is not the path: the column of a table."""


@dataclass(frozen=True)
class Layer:
    """A part of the document, and on demand the places of its keys."""

    data: dict[str, Any]
    places: Callable[[], dict[Path, Place]]
    whole: frozenset[str] = frozenset()


@dataclass
class Document:
    """The layers merged so far; a later one holds over the earlier ones."""

    first: Layer
    data: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.data = self.first.data
        self._later: list[tuple[Layer, set[Path]]] = []
        self._places: dict[Path, Place] | None = None
        self._names: _Names = {}

    def lay(self, layer: Layer) -> None:
        """Merge a layer over the others; bodies, blocks and posts are found by their names."""
        written: set[Path] = set()
        self.data = _merged(self.data, layer.data, (), _Merge(layer.whole, written))
        self._later.append((layer, written))

    def place(self, path: Path) -> Place:
        """Return where the path was written, or else the table that lacks it."""
        if self._places is None:
            self._places = self._all_places()
        path = self.named(path)
        while path not in self._places:
            path = path[:-1]
        return self._places[path]

    def named(self, path: Path) -> Path:
        """Return the path with names in place of numbers."""
        return named(path, self.data, self._names)

    def value(self, path: Path) -> Any:
        """Return what the document says at the path, None where it says nothing."""
        found: Any = self.data
        for part in path:
            found = _entry(found, part)
        return found

    def without_shorthand(self, path: Path) -> Path:
        """Return the path without a ``value`` that the document leaves out."""
        plain: Path = ()
        for part in path:
            if part != "value" or isinstance(self.value(plain), dict):
                plain = (*plain, part)
        return plain

    def _all_places(self) -> dict[Path, Place]:
        places = _by_name(self.first)
        for layer, written in self._later:
            kept = {
                path: place
                for path, place in places.items()
                if not any(path[:length] in written for length in range(1, len(path) + 1))
            }
            new = _by_name(layer)
            places = dict.fromkeys(written, new[()]) | new | kept
        return places


def _entry(found: Any, part: str | int) -> Any:
    if isinstance(found, list):
        if isinstance(part, int):
            return found[part] if part < len(found) else None
        return next((e for e in found if isinstance(e, dict) and e.get("name") == part), None)
    return found.get(part) if isinstance(found, dict) else None


def _by_name(layer: Layer) -> dict[Path, Place]:
    names: _Names = {}
    return {named(path, layer.data, names): place for path, place in layer.places().items()}


_Names = dict[int, dict[int, str]]


def named(path: Path, data: Any, names: _Names) -> Path:
    """Return the path with names in place of numbers where entries of a list have them.

    A second entry of the same name keeps its number. ``names`` keeps what was found out about
    each list for the next path.
    """
    result: Path = ()
    for part in path:
        known = part
        if isinstance(data, list):
            if id(data) not in names:
                names[id(data)] = _first_of_name(data)
            known = names[id(data)].get(part, part) if isinstance(part, int) else part
        result = (*result, known)
        data = _entry(data, part)
    return result


def _first_of_name(entries: list[Any]) -> dict[int, str]:
    first: dict[str, int] = {}
    for number, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str):
            first.setdefault(name, number)
    return {number: name for name, number in first.items()}


class _Merge(NamedTuple):
    whole: frozenset[str]
    written: set[Path]


def _merged(old: Any, new: Any, path: Path, merge: _Merge) -> Any:
    if _have_names(old) and _have_names(new):
        return _merged_lists(old, new, path, merge)
    if isinstance(new, dict) and _has_shorthand(old):
        old = {"value": old}
    if not isinstance(old, dict) or not isinstance(new, dict) or _is_whole(path, merge):
        merge.written.add(path)
        return _restated(old, new)
    if new.keys() & KINDS:
        merge.written.add(path)
    result = _without_rivals(old, new, path)
    for key, value in new.items():
        if key not in result:
            merge.written.add((*path, key))
        result[key] = _merged(result[key], value, (*path, key), merge) if key in result else value
    return result


def _merged_lists(
    old: list[dict[str, Any]], new: list[dict[str, Any]], path: Path, merge: _Merge
) -> list[dict[str, Any]]:
    numbers = {entry["name"]: number for number, entry in reversed(list(enumerate(old)))}
    result = list(old)
    for entry in new:
        name = entry["name"]
        if name in numbers:
            number = numbers[name]
            result[number] = _merged(result[number], entry, (*path, name), merge)
        else:
            merge.written.add((*path, name))
            result.append(entry)
    return result


def _restated(old: Any, new: Any) -> Any:
    """Return the new value; a number keeps what the old table said beside its figure."""
    if not isinstance(old, dict) or isinstance(new, dict) or not old.keys() & KINDS:
        return new
    rest = {key: value for key, value in old.items() if key not in FIGURE_KEYS}
    return {**rest, "value": new} if rest else new


def _without_rivals(old: dict[str, Any], new: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the old table without what the new one takes the place of."""
    gone: set[str] = set()
    if new.keys() & KINDS and old.keys() & KINDS and not _changes_a_part(old, new):
        gone |= FIGURE_KEYS
    for group in _ALTERNATIVES if path[:1] == ("policy",) else _ALTERNATIVES[:1]:
        if new.keys() & group:
            gone |= group - new.keys()
    return {key: value for key, value in old.items() if key not in gone}


def _changes_a_part(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return any(isinstance(new[kind], dict) and kind in old for kind in new.keys() & KINDS)


def _have_names(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in value
    )


def _has_shorthand(value: Any) -> bool:
    return isinstance(value, (int, float, list)) and not isinstance(value, bool)


def _is_whole(path: Path, merge: _Merge) -> bool:
    return len(path) == 3 and path[0] == "policy" and path[2] in merge.whole


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Return the known word most like this one, None where none is near."""
    from difflib import get_close_matches

    folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None
