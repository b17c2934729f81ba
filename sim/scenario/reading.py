"""The steps of reading a scenario; every step notes its faults and goes on while it can."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from sim.domain import facts, functions
from sim.errors import Fault, InputError
from sim.scenario import tables
from sim.scenario.checks import document_problems, scenario_problems
from sim.scenario.document import WHOLE, Document, Layer, Place, nearest
from sim.scenario.files import Refused, Source
from sim.scenario.overrides import Override, apply, parse
from sim.scenario.positions import Path, positions
from sim.scenario.schema import Scenario
from sim.scenario.syntax import syntax_fault
from sim.scenario.types import KINDS
from sim.scenario.wording import fault_at, faults_of, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sim.domain.functions import Audit

_STAND_IN: dict[str, Any] = {
    "scenario": {"name": "x", "area_basis": "usable"},
    "body": [{"name": "x", "headcount": 1, "workstations": 1, "area_m2": 1}],
    "area": {"workstation_m2": 1},
    "policy": {"x": {"eligible": 1}},
}
"""What takes the place of a broken section, so that the others can be checked."""


class _Kind(NamedTuple):
    """A table whose rows stand for tables of the document."""

    named: tuple[str, ...]
    """The key that names it."""
    entries: tuple[str, ...]
    """Where its rows go."""
    read: Callable[[str, str, str], tables.Entries]
    keeps_name: bool
    """Whether the key is one that a scenario has."""


_BODIES = _Kind(("bodies",), ("body",), tables.bodies, keeps_name=False)
_TABLES = (
    _BODIES,
    _Kind(("occupancy", "teams"), ("occupancy", "team"), tables.teams, keeps_name=True),
    _Kind(("estate", "holdings"), ("estate", "holding"), tables.holdings, keeps_name=True),
    _Kind(("estate", "rooms"), ("estate", "room"), tables.rooms, keeps_name=True),
    _Kind(("estate", "stacking"), ("estate", "seat"), tables.seats, keeps_name=True),
)


@dataclass
class Reading:
    """What came up while a scenario was read."""

    source: Source
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Sections in which something is wrong."""

    def document(self, options: Sequence[str]) -> Document:
        """Return the merged document; stop here where a file is no TOML.

        Raises
        ------
        InputError
        """
        settings = self._settings(options)
        names = (self.source.main, *self.source.overlays)
        # bodies are merged by name, other rows are not: the option stands in the first layer or
        # the last
        layers = {kind.named: names[0 if kind is _BODIES else -1] for kind in _TABLES}
        parsed = {name: self._toml(name) for name in names}
        if None in parsed.values():
            self._stop()
        document = Document(Layer({}, lambda: {(): Place(self.source.shown(names[0]), 1, 1)}))
        for name, data in parsed.items():
            tables_set = [s for s in settings if layers.get(s.path) == name]
            document.lay(self._layer(name, data or {}, tables_set))
        self.faults += apply(document, [s for s in settings if s.path not in layers])
        self._resolve_facts(document)
        return document

    def audits(self, document: Document) -> dict[str, Audit]:
        """Return the audits that the bodies name, shipped or from a table."""
        audits: dict[str, Audit] = {}
        failed: set[str] = set()
        bodies = document.data.get("body")
        for number, body in enumerate(bodies if isinstance(bodies, list) else ()):
            name = body.get("audit") if isinstance(body, dict) else None
            if not isinstance(name, str) or name in audits or name in failed:
                continue
            path = ("body", number, "audit")
            found = (
                self._audit_table(name, path, document)
                if name.endswith(".csv")
                else (self._shipped_audit(name, path, document))
            )
            if found is None:
                failed.add(name)
                self.broken.add("audit")
            else:
                audits[name] = found
        return audits

    def scenario(self, document: Document, audits: dict[str, Audit]) -> Scenario:
        """Return the scenario with its policies as they are written.

        Raises
        ------
        InputError
            With all faults noted so far and those found here.
        """
        scenario = self._validated(document)
        problems = list(document_problems(document.data))
        self.broken |= {str(path[0]) for path, _, _ in problems}
        problems += scenario_problems(scenario, audits, frozenset(self.broken))
        self.faults += [fault_at(document, *problem) for problem in problems]
        if self.faults:
            self._stop()
        return scenario

    def _stop(self) -> None:
        shown = [self.source.shown(name) for name in self.source.texts]
        order = {name: number for number, name in enumerate(shown)}
        self.faults.sort(key=lambda fault: (order.get(fault.file, len(order)), fault.line or 0))
        raise InputError(dict.fromkeys(self.faults))

    def _settings(self, options: Sequence[str]) -> list[Override]:
        parsed = [parse(option) for option in options]
        self.faults += [given for given in parsed if isinstance(given, Fault)]
        return [given for given in parsed if isinstance(given, Override)]

    def _toml(self, name: str) -> dict[str, Any] | None:
        file = self.source.shown(name)
        try:
            text = self.source.toml(name).replace("\r\n", "\n")
            return tomllib.loads(text)
        except Refused as refused:
            self.faults.append(
                Fault(file, refused.line, None, "", "", refused.message, refused.remedy)
            )
        except (ValueError, RecursionError) as error:
            self.faults.append(syntax_fault(text, error, file))
        return None

    def _layer(self, name: str, data: dict[str, Any], settings: list[Override]) -> Layer:
        """Return a file as a layer, with the rows of the tables that it names."""
        file = self.source.shown(name)
        more: dict[Path, Place] = {}
        for setting in settings:
            holder = _holder(data, setting.path, create=True)
            if holder is not None:
                holder[setting.path[-1]] = setting.value
            more[setting.path] = Place(setting.option)
        text = self.source.texts[name].replace("\r\n", "\n")

        def places() -> dict[Path, Place]:
            return {p: Place(file, *at) for p, at in positions(text).items()} | more

        layer = Layer(data, places, WHOLE)
        for kind in _TABLES:
            holder = _holder(data, kind.named)
            if holder is not None and kind.named[-1] in holder:
                more |= self._rows(layer, kind, holder)
        return layer

    def _rows(self, layer: Layer, kind: _Kind, holder: dict[str, Any]) -> dict[Path, Place]:
        """Put the rows of a table into the layer that names it; return where they stand."""
        named, key = holder[kind.named[-1]], kind.entries[-1]
        example = f'as in {kind.named[-1]} = "{kind.named[-1]}.csv"'
        fault = None
        if key in holder:
            heading = f"[[{'.'.join(kind.entries)}]]"
            fault = f"stands beside {heading}", f"keep the table or the {heading} tables, not both"
        elif not isinstance(named, str):
            fault = "must be the name of a CSV table", example
        else:
            try:
                table = kind.read(*self.source.table(named), self.source.shown(named))
            except Refused as refused:
                fault = refused.message, refused.remedy
        if fault:
            self.faults.append(fault_at(Document(layer), kind.named, *fault))
            self.broken.add(".".join(kind.entries))
            holder.pop(kind.named[-1])
            return {}
        if not kind.keeps_name:
            holder.pop(kind.named[-1])
        holder[key] = table.entries
        self.faults += table.faults
        self.notes.append(f"{named}: {table.dialect}")
        if table.faults:
            self.broken.add(".".join(kind.entries))
        return {(*kind.entries, *path): place for path, place in table.places.items()}

    def _audit_table(self, name: str, path: Path, document: Document) -> Audit | None:
        try:
            text, encoding = self.source.table(name)
        except Refused as refused:
            self.faults.append(fault_at(document, path, refused.message, refused.remedy))
            return None
        table = tables.audit(text, encoding, self.source.shown(name), name)
        self.faults += table.faults
        self.notes.append(f"{name}: {table.dialect}")
        return table.audit

    def _shipped_audit(self, name: str, path: Path, document: Document) -> Audit | None:
        known = functions.shipped_names()
        if name in known:
            return functions.shipped(name)
        near = nearest(name, known)
        remedy = f"did you mean {near}?" if near else f"shipped: {', '.join(known)}"
        message = "is no shipped audit, nor the name of a .csv table"
        self.faults.append(fault_at(document, path, message, remedy))
        return None

    def _resolve_facts(self, document: Document) -> None:
        """Put the shipped figure in the place of each ``fact``."""
        known = facts.names()
        for path, table in list(_tables_with_fact(document.data, ())):
            name = table["fact"]
            if name in known:
                beside = {key: value for key, value in table.items() if key != "fact"}
                table.clear()
                table.update(facts.fact(name) | beside)
                continue
            near = nearest(name, known)
            remedy = f"did you mean {near}?" if near else f"shipped: {', '.join(known)}"
            message = "is no shipped figure"
            self.faults.append(fault_at(document, (*path, "fact"), message, remedy))

    def _validated(self, document: Document) -> Scenario:
        """Return the scenario, or what is left of it without its broken parts."""
        try:
            return Scenario.model_validate(document.data)
        except ValidationError as error:
            faulty = [path_of(details) for details in error.errors(include_url=False)]
            known = [("body",)] if "body" in self.broken else []
            self.faults += faults_of(error, document, known)
        self.broken |= {_part(path) for path in faulty}
        return Scenario.model_validate(_pruned(document.data, faulty))


def _holder(
    data: dict[str, Any], path: tuple[str, ...], create: bool = False
) -> dict[str, Any] | None:
    """Return the table that holds the last key of a path, None where there is none."""
    holder = data
    for part in path[:-1]:
        inner = holder.setdefault(part, {}) if create else holder.get(part)
        if not isinstance(inner, dict):
            return None
        holder = inner
    return holder


def _tables_with_fact(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        if isinstance(value.get("fact"), str) and not value.keys() & (set(KINDS) - {"fact"}):
            yield path, value
        pairs: Any = value.items()
    else:
        pairs = enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        if (*path, key) != ("scenario",):
            yield from _tables_with_fact(inner, (*path, key))


def _part(path: Path) -> str:
    """Return the section of a path, in [occupancy] the part of it that is left out for a fault."""
    return ".".join(str(part) for part in path[: 2 if path[0] == "occupancy" else 1])


def _pruned(data: dict[str, Any], faulty: list[Path]) -> dict[str, Any]:
    """Return the document without its faulty sections, bodies, policies, parts of the days."""
    left = {**_STAND_IN, **data}
    gone: dict[str, set[str | int]] = {}
    for section, *rest in faulty:
        if section in ("body", "policy", "occupancy") and rest:
            gone.setdefault(str(section), set()).add(rest[0])
        else:
            left.pop(str(section), None)
    if "body" in gone and "body" in left:
        left["body"] = [b for number, b in enumerate(left["body"]) if number not in gone["body"]]
    for section in ("policy", "occupancy"):
        if section in gone and section in left:
            left[section] = {n: p for n, p in left[section].items() if n not in gone[section]}
    return {**_STAND_IN, **{key: value for key, value in left.items() if value}}
