"""Pydantic's errors in plain words, with the place, the nearest key and a remedy."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sim.errors import Fault
from sim.scenario.document import Document, nearest
from sim.scenario.fields import doc, models_at
from sim.scenario.types import KINDS, Count, Input

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from sim.scenario.positions import Path

_NUMBER = re.compile(r"([+-]?\d[\d \u00a0\u202f_]*)(?:[.,](\d+))?\s*(%?)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MARKS = frozenset({"{one}", "{word}", "{bodies}", "[key]"})
_PATTERNS = {
    r"^[A-Z]{3}$": "must be three capital letters, as in KZT",
}
_PLAIN = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "finite_number": "must be a finite number; inf and nan are not allowed",
    "dict_type": "must be a table",
    "tuple_type": "must be a list in brackets",
    "missing": "is required",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be one of {expected}",
    "date_type": "must be a date without a time, as in 2023-09-04",
}


def fault_at(document: Document, path: Path, message: str, remedy: str = "") -> Fault:
    """Return a fault about a path of the document.

    Parameters
    ----------
    document : Document
    path : tuple
        Keys from the top; a body may be given by number or by name.
    message, remedy : str
    """
    path = document.without_shorthand(path)
    place = document.place(path)
    value = document.value(path)
    key = place.key or ".".join(str(part) for part in document.named(path))
    return Fault(place.file, place.line, place.column, key, shown(value), message, remedy)


def shown(value: Any) -> str:
    """Return a value as TOML would write it, shortened."""
    return _shortened(_written(value), 60)


def faults_of(error: ValidationError, document: Document, told: Collection[Path]) -> list[Fault]:
    """Return one fault for each error that pydantic found in the document.

    Parameters
    ----------
    error : ValidationError
    document : Document
        The document that was validated.
    told : collection of tuple
        Paths whose faults are known already.
    """
    errors = error.errors(include_url=False)
    strangers = [path_of(details) for details in errors if details["type"] == "extra_forbidden"]
    # a misspelt key is not also a missing one
    meant = {(*path[:-1], nearest(str(path[-1]), _known(path))) for path in strangers}
    return [
        _fault(details, document)
        for details in errors
        if path_of(details) not in told
        and not (details["type"] == "missing" and path_of(details) in meant)
        and not _counts_what_is_wrong(details)
    ]


def _counts_what_is_wrong(details: ErrorDetails) -> bool:
    """Tell whether a list only seems too short because entries of it are wrong themselves."""
    return (
        details["type"] == "too_short" and len(details["input"]) > details["ctx"]["actual_length"]
    )


def path_of(details: ErrorDetails) -> Path:
    """Return the path of an error without pydantic's marks of choices and keys."""
    return tuple(part for part in details["loc"] if part not in _MARKS) or details["loc"]


def _fault(details: ErrorDetails, document: Document) -> Fault:
    path = path_of(details)
    if details["type"] == "extra_forbidden" or _is_gate(path):
        return fault_at(document, path, *_unknown_key(path))
    if details["loc"][-1] == "[key]":
        return fault_at(document, path, f"as a name, it {_message(details)}", "choose another name")
    if details["type"] == "missing":
        return _missing(path, document)
    return fault_at(document, path, _message(details), _remedy(details, path, document))


def _missing(path: Path, document: Document) -> Fault:
    if isinstance(path[-1], int):
        return fault_at(document, path[:-1], "has too few entries", _list_remedy(path[:-1]))
    if path == ("body",):
        message = "a scenario needs bodies"
        return fault_at(document, path, message, 'write [[body]] tables or bodies = "bodies.csv"')
    models = models_at(path[:-1])
    meaning = doc(models[0], str(path[-1])).replace("``", "") if models else ""
    return fault_at(document, path, "is required and missing", meaning)


def _is_gate(path: Path) -> bool:
    """Tell whether a path names a gate: any key that [readiness] does not know is taken as one."""
    return len(path) == 2 and path[0] == "readiness" and path[1] != "dependence"


def _known(path: Path) -> list[str]:
    """Return the keys that may stand where this one does."""
    models = models_at(path[:-1])
    known = [name for model in models for name in model.model_fields if name != "audits"]
    return known if path[:-1] else [*known, "bodies"]


def _unknown_key(path: Path) -> tuple[str, str]:
    word = str(path[-1])
    known = _known(path)
    if _is_gate(path):
        message = "is neither a key of [readiness] nor the table of a gate"
    else:
        message = "is not a key of this table"
    near = nearest(word, known)
    if near:
        return message, f"did you mean {near}?"
    return message, f"known keys: {', '.join(known)}"


def _message(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "value_error":
            return str(context["error"])
        case "model_type" | "model_attributes_type":
            return _expected(context["class_name"])
        case "string_pattern_mismatch":
            other = "must not be empty or contain spaces, dots, brackets, quotes or ="
            return _PATTERNS.get(context["pattern"], other)
        case "literal_error" if "{word}" in details["loc"]:
            return _expected_word(details["loc"], context["expected"])
        case known if known in _PLAIN:
            return _PLAIN[known].format(**{key: _plain(value) for key, value in context.items()})
    return details["msg"]


def _expected(class_name: str) -> str:
    if class_name in ("Count", "Area", "Number"):
        return 'must be a number, or a table such as { value = 12, source = "…" }'
    if class_name in ("Input", "AreaNorm"):
        return 'must be a number, or a table such as { uniform = [1, 2], source = "…" }'
    if class_name == "Weekday":
        return "must be a list of five weights, or a table with value or fact"
    return "must be a table"


def _expected_word(path: tuple[str | int, ...], words: str) -> str:
    if "fallback" in path:
        return f"must be a list of neighbourhoods, or {words}"
    if "workstations" in path:
        return f"must be a table such as {{ per_person = 0.8 }}, or {words}"
    return f"must be a share such as 0.8, a distribution, or {words}"


def _plain(value: Any) -> str:
    """Return a limit as TOML may write it, without an exponent where people count in digits."""
    if not isinstance(value, (int, float)):
        return str(value)
    return f"{value:_.0f}" if 1000 <= abs(value) < 1e16 else f"{value:g}"


def _remedy(details: ErrorDetails, path: Path, document: Document) -> str:
    value = document.value(document.without_shorthand(path))
    if isinstance(value, str):
        return _text_remedy(value, details)
    if isinstance(value, bool):
        return "true and false are no numbers"
    if details["type"] == "too_long":
        return _list_remedy(path)
    if path and path[-1] not in KINDS and details["type"] in ("list_type", "model_type"):
        return _word_remedy(path, document)
    if _is_share(details) and isinstance(value, (int, float)) and 2 <= value <= 100:
        return f"a share lies between 0 and 1: {value / 100:g} for {value:g} %"
    return ""


def _is_share(details: ErrorDetails) -> bool:
    return "from 0 to 1;" in details["msg"] or details.get("ctx", {}).get("le") == 1


def _text_remedy(text: str, details: ErrorDetails) -> str:
    number = as_number(text)
    if number is not None:
        return f"write {number} without quotes"
    if details["type"] == "date_type":
        return f"write {text} without quotes" if _DATE.fullmatch(text) else ""
    if details["type"] == "literal_error":
        words = re.findall(r"'([^']+)'", details["ctx"]["expected"])
        near = nearest(text, words)
        return f"did you mean {near}?" if near else ""
    return ""


def _word_remedy(path: Path, document: Document) -> str:
    """Return the kind of distribution that a misspelt key may have meant."""
    near = nearest(str(path[-1]), KINDS)
    bodies = document.value(("body",))
    names = [b.get("name") for b in bodies if isinstance(b, dict)] if bodies else []
    return f"did you mean {near}?" if near and path[-1] not in names else ""


def _list_remedy(path: Path) -> str:
    name = path[-1]
    for model in (Input, Count):
        if isinstance(name, str) and doc(model, name):
            return f"{doc(model, name)} Decimals have a point: 0.8, not 0,8"
    return ""


def as_number(text: str) -> str | None:
    """Return the TOML number that a planner may have meant by a text, else None."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    whole, decimals, percent = match.groups()
    digits = re.sub(r"\D", "", whole)
    sign = "-" if whole.startswith("-") else ""
    if percent:
        return f"{sign}{float(f'{digits}.{decimals or 0}') / 100:g}"
    return f"{sign}{digits}.{decimals}" if decimals else f"{sign}{digits}"


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() if abs(value) > 10**30:
            return f"{value:#x}"
        case dict():
            pairs = ", ".join(f"{key} = {_written(inner)}" for key, inner in value.items())
            return f"{{ {pairs} }}"
        case list():
            return f"[{', '.join(_written(inner) for inner in value)}]"
    return str(value)


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
