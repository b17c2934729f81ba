"""``--set key.path=value``: one value put over what the files say."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.errors import Fault
from sim.scenario.document import WHOLE, Document, Layer, Place, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

_PART = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([^.\"'\s]+))\s*(?:\.|$)")


@dataclass(frozen=True)
class Override:
    """One ``--set`` option."""

    option: str
    path: tuple[str, ...]
    value: Any

    def fault(self, message: str, remedy: str) -> Fault:
        """Return a fault that names the option."""
        return Fault(self.option, None, None, ".".join(self.path), "", message, remedy)


def parse(text: str) -> Override | Fault:
    """Read ``key.path=value``; the value is TOML, or else a bare word."""
    option = f"--set {text}"
    key, equals, value = text.partition("=")
    path = _parts(key)
    if not equals or not path:
        message = "must be a dotted key, an equals sign and a value"
        return Fault(option, None, None, "", "", message, "for example run.draws=1000")
    return Override(option, path, _value(value.strip()))


def apply(document: Document, overrides: Sequence[Override]) -> list[Fault]:
    """Lay the overrides over the document, each over those before it."""
    new_policies = {o.path[1] for o in overrides if _adds_policy(o)}
    faults = []
    for override in overrides:
        fault = _misplaced(document, override, new_policies)
        if fault:
            faults.append(fault)
            continue
        inherited = _inherited(document, override.path)
        if inherited is not None:
            document.lay(_layer(document, override, override.path[:3], inherited))
        document.lay(_layer(document, override, override.path, override.value))
    return faults


def _adds_policy(override: Override) -> bool:
    path = override.path
    return path[0] == "policy" and (len(path) == 2 or path[2:] == ("extends",))


def _parts(key: str) -> tuple[str, ...]:
    parts: list[str] = []
    at = 0
    while at < len(key):
        match = _PART.match(key, at)
        if match is None:
            return ()
        parts.append(next(group for group in match.groups() if group is not None))
        at = match.end()
    return () if key.rstrip().endswith(".") else tuple(parts)


def _value(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if len(table) == 1 else text


def _misplaced(document: Document, override: Override, new_policies: set[str]) -> Fault | None:
    """Tell of a body, block or policy that is not there: a slip must not invent one."""
    path = override.path
    for number, part in enumerate(path):
        names = _names(document.value(path[:number]), path[:number])
        if names is None or part in names or (number == 1 and part in new_policies):
            continue
        return _not_there(override, part, names)
    if _names(document.value(path[:-1]), path[:-1]) and not isinstance(override.value, dict):
        return override.fault("stops short of a key", f"such as {'.'.join(path)}.headcount=900")
    return None


def _names(found: Any, path: tuple[str, ...]) -> list[str] | None:
    """Return the names that may follow the path, None where any key may."""
    if path == ("policy",) and isinstance(found, dict):
        return list(found)
    if isinstance(found, list) and any(isinstance(entry, dict) for entry in found):
        return [str(entry.get("name")) for entry in found if isinstance(entry, dict)]
    return None


def _not_there(override: Override, name: str, known: list[str]) -> Fault:
    near = nearest(name, known)
    remedy = f"did you mean {near}?" if near else f"known: {', '.join(known[:10])}"
    if override.path[0] == "policy":
        remedy += f"; policy.{name}.extends=NAME adds a policy"
    return override.fault(f"there is no {name!r} in {override.path[0]}", remedy)


def _layer(document: Document, override: Override, path: tuple[str, ...], value: Any) -> Layer:
    whole = WHOLE & {path[-1]} if isinstance(value, dict) else frozenset[str]()
    for number in range(len(path) - 1, -1, -1):
        parent = document.value(path[:number])
        by_name = _names(parent, path[:number]) is not None and isinstance(parent, list)
        value = [{**value, "name": path[number]}] if by_name else {path[number]: value}
    place = Place(override.option)
    return Layer(value, lambda: {(): place}, whole)


def _inherited(document: Document, path: tuple[str, ...]) -> dict[str, Any] | None:
    """Return what the policy takes from another where only a part of it is set."""
    if len(path) < 4 or path[0] != "policy":
        return None
    policy, key = path[1:3]
    seen: set[str] = set()
    while isinstance(policy, str) and policy not in seen:
        seen.add(policy)
        found = document.value(("policy", policy, key))
        if found is not None:
            return found if isinstance(found, dict) and len(seen) > 1 else None
        policy = document.value(("policy", policy, "extends"))
    return None
