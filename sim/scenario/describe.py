"""The reference of scenarios, their JSON Schema and a template, made from the classes."""

from __future__ import annotations

from datetime import date
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator

from sim.domain import facts, functions
from sim.scenario.appraisal import Phasing, Steps
from sim.scenario.fields import alternatives, below, doc, is_model
from sim.scenario.schema import AreaNorm, Gate, Readiness, Scenario, SharedShock, Weekday
from sim.scenario.tables import (
    AUDIT_COLUMNS,
    BODY_COLUMNS,
    HOLDING_COLUMNS,
    ROOM_COLUMNS,
    SEAT_COLUMNS,
    TEAM_COLUMNS,
)
from sim.scenario.template import template, template_tables
from sim.scenario.types import Area, Count, Input, Number, Provenance, Within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

__all__ = ["json_schema", "reference", "template", "template_tables"]

_BODIES = "A CSV table of bodies in place of `[[body]]`."


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema by which an editor completes and checks a scenario.

    Returns
    -------
    dict
        Draft 2020-12.
    """
    schema: dict[str, Any] = _plain(Scenario.model_json_schema())
    kinds: dict[str, Any] = schema["$defs"]
    for unused in ("Audit", "Function"):
        del kinds[unused]
    for name in ("Input", "AreaNorm", "Count", "Area", "Number"):
        number = "integer" if name == "Count" else "number"
        kinds[name] = {"anyOf": [{"type": number}, kinds[name]]}
    for name, key in (("Weekday", "value"), ("Phasing", "value"), ("Steps", "steps")):
        kinds[name] = {"anyOf": [kinds[name]["properties"][key], kinds[name]]}
    _name_what_is_shipped(kinds)
    top = schema["properties"]
    del top["audits"]
    top["bodies"] = {"type": "string", "description": _BODIES}
    schema["required"].remove("body")
    schema["anyOf"] = [{"required": ["body"]}, {"required": ["bodies"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def reference() -> str:
    """Return a Markdown table of every key of a scenario and of its tables.

    Returns
    -------
    str
    """
    rows = [("`bodies`", "text", "", _BODIES), *_rows(Scenario, "")]
    parts = [_table(("Key", "Type", "Default", "Meaning"), rows)]
    parts.append("\nAn input is a number, or a table with one of these and its source.\n")
    parts.append(_table(("Key", "Type", "Default", "Meaning"), _rows(Input, "")))
    tables = (
        ("bodies", BODY_COLUMNS),
        ("teams", TEAM_COLUMNS),
        ("functions", AUDIT_COLUMNS),
        ("holdings", HOLDING_COLUMNS),
        ("floors and rooms", ROOM_COLUMNS),
        ("who sits where", SEAT_COLUMNS),
    )
    for title, columns in tables:
        parts.append(f"\nColumns of a CSV table of {title}.\n")
        cells = [
            (f"`{n}`", c.kind.replace("|", ", "), _needed(c.required)) for n, c in columns.items()
        ]
        parts.append(_table(("Column", "Holds", ""), cells))
    return "\n".join(parts) + "\n"


def _default_text(field: FieldInfo) -> str:
    """Return the default of a field as a reader would write it, empty where there is none."""
    default = field.default
    if field.is_required() or default is None or default == {} or default == ():
        return ""
    if isinstance(default, dict):
        return f"{' and '.join(f'`{name}`' for name in default)}, unconfirmed"
    if isinstance(default, tuple):
        return ", ".join(default)
    if isinstance(default, (Input, Count, Area, Number)):
        return f"{default.value:g}" + ("" if default.confirmed else ", unconfirmed")
    if isinstance(default, Provenance):
        if isinstance(default, Phasing):
            return "all in year 1, unconfirmed"
        return "see its keys" if isinstance(default, SharedShock) else "all alike, unconfirmed"
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return "" if is_model(type(default)) else text


def _type_text(annotation: Any, metadata: tuple[Any, ...] = ()) -> str:
    """Return what a key may hold, in words.

    Parameters
    ----------
    annotation : type
    metadata : tuple
        Limits that stand beside the type.
    """
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _type_text(inner, (*metadata, *more))
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(annotation))
    if get_origin(annotation) in (dict, tuple):
        inner = get_args(annotation)[get_origin(annotation) is dict]
        several = "by name: " if get_origin(annotation) is dict else "list: "
        return several + _type_text(inner)
    parts = [arg for arg in get_args(annotation) if arg is not NoneType]
    if parts:
        return " or ".join(_type_text(part, metadata) for part in parts)
    said = f"{_noun(annotation)} {_limits(metadata)}".strip()
    return f"{said}, or table with source" if annotation in (Count, Area, Number) else said


def _plain(node: Any) -> Any:
    """Return a schema that editors explain well: no nulls, no titles, no spelt-out defaults."""
    if isinstance(node, list):
        return [_plain(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    node = {"anyOf" if key == "oneOf" else key: _plain(inner) for key, inner in node.items()}
    if isinstance(node.get("title"), str):
        del node["title"]
    if node.get("default") is None or isinstance(node["default"], (dict, list)):
        node.pop("default", None)
    choices = [choice for choice in node.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del node["anyOf"]
        node |= choices[0]
    elif choices:
        node["anyOf"] = choices
    return node


def _name_what_is_shipped(kinds: dict[str, Any]) -> None:
    known = list(facts.names())
    days = [name for name in known if name.startswith("weekday.")]
    steps = [name for name in known if name.startswith("discount.")]
    others = [name for name in known if name not in (*days, *steps)]
    for name, names in (("Input", others), ("AreaNorm", others), ("Weekday", days)):
        kinds[name]["anyOf"][1]["properties"]["fact"]["enum"] = names
    kinds["Steps"]["anyOf"][1]["properties"]["fact"]["enum"] = steps
    kinds["Body"]["properties"]["audit"]["examples"] = list(functions.shipped_names())


def _rows(model: type[BaseModel], path: str) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        if name == "audits" or (path and name in _common(model)):
            continue
        many = _many(field)
        key = f"{path}{name}{many if many == '[]' else ''}"
        meaning = doc(model, name).replace("\n", " ")
        default = "required" if field.is_required() else _default_text(field)
        yield f"`{key}`", _type_text(field.annotation, tuple(field.metadata)), default, meaning
        for inner in below(field.annotation):
            yield from _rows(inner, f"{path}{name}{many}.")
    if model is Readiness:
        yield from _rows(Gate, f"{path}NAME.")


def _many(field: FieldInfo) -> str:
    """Return how a path goes on below a key that holds many tables."""
    kinds = [get_origin(kind) for kind in alternatives(field.annotation)]
    if not below(field.annotation):
        return ""
    return "[]" if tuple in kinds else ".NAME" if dict in kinds else ""


def _common(model: type[BaseModel]) -> set[str]:
    """Return the keys that a figure has in common with every other."""
    if issubclass(model, AreaNorm):
        return set(Input.model_fields)
    if issubclass(model, (Weekday, SharedShock, Phasing, Steps)):
        return set(Provenance.model_fields)
    return set()


def _noun(kind: Any) -> str:
    if kind in (Input, AreaNorm):
        return "input"
    if kind in (Count, Area, Number):
        return "whole number" if kind is Count else "number"
    if kind in (Weekday, Phasing, Steps):
        return "list or table"
    plain = {int: "whole number", float: "number", str: "text", bool: "true or false", date: "date"}
    return plain.get(kind, "table")


def _limits(metadata: tuple[Any, ...]) -> str:
    words = []
    for limit in metadata:
        match limit:
            case AfterValidator(func=Within() as within):
                words.append(str(within))
            case Ge(ge=low):
                words.append(f"≥ {low}")
            case Gt(gt=low):
                words.append(f"> {low}")
            case Le(le=high):
                words.append(f"≤ {high}")
            case Lt(lt=high):
                words.append(f"< {high}")
    return " ".join(words)


def _needed(required: bool) -> str:
    return "required" if required else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)
