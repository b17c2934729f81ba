"""What the classes of a scenario say about their own fields."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from sim.scenario.schema import Gate, Readiness, Scenario
from sim.scenario.types import Area, Count, Input, Number, field_docs


def alternatives(annotation: Any) -> list[Any]:
    """Return the plain types behind an annotation, without None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [plain for part in get_args(annotation) for plain in alternatives(part)]
    return [] if annotation is NoneType else [annotation]


def models_at(path: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """Return the classes that may stand at a path of the document."""
    kinds: list[Any] = [Scenario]
    for part in path:
        kinds = [plain for kind in kinds for plain in alternatives(_inside(kind, part))]
    return [kind for kind in kinds if is_model(kind)]


def below(annotation: Any) -> list[type[BaseModel]]:
    """Return the classes that an annotation holds, figures with their source left out."""
    found: list[type[BaseModel]] = []
    for kind in alternatives(annotation):
        args = get_args(kind)
        if get_origin(kind) is dict:
            found += below(args[1])
        elif get_origin(kind) is tuple:
            found += below(args[0])
        elif is_model(kind) and kind not in (Input, Count, Area, Number):
            found.append(kind)
    return found


def is_model(kind: Any) -> bool:
    """Tell whether a plain type is one of the classes of a scenario."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def doc(model: type[BaseModel], name: str) -> str:
    """Return the documentation of a field, empty where there is no such field."""
    return field_docs(model).get(name, "")


def _inside(kind: Any, part: str | int) -> Any:
    if is_model(kind):
        if part in kind.model_fields:
            return kind.model_fields[part].annotation
        return Gate if kind is Readiness else None
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    return get_args(kind)[0] if get_origin(kind) is tuple else NoneType
