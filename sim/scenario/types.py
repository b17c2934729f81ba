"""What a planner may write for one quantity: a number, or a distribution in one line.

Every input may say where it comes from (``source``) and whether anybody has confirmed it
(``confirmed``); the string under each field is its documentation, and the reference table,
the template and the JSON Schema are generated from it.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
import re
import tokenize
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Positive = Annotated[FiniteFloat, Field(gt=0)]
Probability = Annotated[FiniteFloat, Field(ge=0, le=1)]
Weight = Annotated[FiniteFloat, Field(ge=0, le=1e9)]
Figure = Annotated[FiniteFloat, Field(ge=-1e15, le=1e15)]
Staff = Annotated[int, Field(ge=0, le=10_000_000)]
NAME_PATTERN = re.compile(r"^[^\s.=\[\]\"']+$")
Name = Annotated[str, Field(pattern=NAME_PATTERN.pattern, max_length=80)]


class Frozen(BaseModel):
    """The base of everything a scenario says: immutable, exact types, no unknown keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        properties = handler.resolve_ref_schema(found)["properties"]
        for name, text in field_docs(cls).items():
            properties[name]["description"] = text
        return found


@functools.cache
def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Return the string under each field of a class and of those it extends, by field.

    They are read only where somebody asks: reading them takes longer than making the classes.

    Parameters
    ----------
    model : type

    Returns
    -------
    dict of str to str
    """
    docs: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, Frozen):
            docs |= _docs_in(inspect.getfile(kind)).get(kind.__name__, {})
    return {name: docs[name] for name in model.model_fields if name in docs}


@functools.cache
def _docs_in(file: str) -> dict[str, dict[str, str]]:
    """Return the string under each field of each class in a file."""
    with tokenize.open(file) as source:
        classes = [node for node in ast.parse(source.read()).body if isinstance(node, ast.ClassDef)]
    return {
        cls.name: {
            field.target.id: inspect.cleandoc(below.value.value)
            for field, below in pairwise(cls.body)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        }
        for cls in classes
    }


class Provenance(Frozen):
    """Where a figure comes from and whether it holds here."""

    source: str | None = None
    """Document, clause or survey the figure was read in."""
    confirmed: bool = True
    """``false`` marks a figure that somebody still has to confirm; every run lists these."""


def from_number(data: Any) -> Any:
    """Return the table that a bare number stands for; anything else stays as it is."""
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        return {"value": data}
    return data


class MeanSd(Frozen):
    """A distribution given by its mean and standard deviation."""

    mean: Figure
    """Mean, in the unit of the quantity."""
    sd: Positive
    """Standard deviation, in the unit of the quantity."""


class Normal(MeanSd):
    """A normal distribution, truncated where limits are given."""

    min: Figure | None = None
    """Lower limit; values below it do not occur."""
    max: Figure | None = None
    """Upper limit; values above it do not occur."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.limits()
        if low >= high:
            raise ValueError("min must be below max")
        if low > self.mean + 8 * self.sd or high < self.mean - 8 * self.sd:
            raise ValueError("min and max leave nothing of the distribution")
        return self

    def limits(self) -> tuple[float, float]:
        """Return the lower and upper limit, infinite where none is given."""
        return (
            -math.inf if self.min is None else self.min,
            math.inf if self.max is None else self.max,
        )


class Discrete(Frozen):
    """Some values with their weights."""

    values: Annotated[tuple[Figure, ...], Field(min_length=1, strict=False)]
    """The values that can occur."""
    weights: Annotated[tuple[Weight, ...], Field(strict=False)]
    """One weight for each value; they need not add up to 1."""

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if len(self.values) != len(self.weights):
            raise ValueError("values and weights must have the same length")
        if sum(self.weights) <= 0:
            raise ValueError("at least one weight must be above 0")
        return self


class Survey(Frozen):
    """A share found in a survey: Beta(share n + 1/2, (1 - share) n + 1/2)."""

    share: Probability
    """Share of the answers."""
    n: Annotated[int, Field(ge=1, le=10**9)]
    """Number of answers."""


def _ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    if any(a > b for a, b in pairwise(values)) or values[0] == values[-1]:
        raise ValueError("the figures must ascend, and the first must be below the last")
    return values


Range = Annotated[tuple[Figure, Figure], Field(strict=False), AfterValidator(_ascending)]
Triple = Annotated[
    tuple[Figure, Figure, Figure],
    Field(strict=False),
    AfterValidator(_ascending),
]
Values = Annotated[tuple[Figure, ...], Field(min_length=1, strict=False)]

KINDS = (
    "value",
    "uniform",
    "triangular",
    "pert",
    "normal",
    "lognormal",
    "beta",
    "discrete",
    "empirical",
    "survey",
    "fact",
)
FIGURE_KEYS = frozenset({*KINDS, "source", "confirmed", "per"})
"""Words that make a table an input; no body may be called one of them."""


def _no_figure_key(name: str) -> str:
    if name in FIGURE_KEYS:
        raise ValueError("must not be a word that an input uses itself")
    return name


Label = Annotated[Name, AfterValidator(_no_figure_key)]
"""A name that may stand where the table of an input may stand too."""


# Choices say by themselves which form was meant, so that a mistake in one form is reported once
# and not also as a failure of the other.
def word_or_one(data: Any) -> str:
    """Return the mark of a word where a text stands, else of the other form."""
    return "{word}" if isinstance(data, str) else "{one}"


class Input(Provenance):
    """A quantity: a number, or exactly one of the distributions below."""

    value: Figure | None = None
    """A number known exactly, or taken as such."""
    uniform: Range | None = None
    """``[low, high]``, every value between them alike."""
    triangular: Triple | None = None
    """``[low, most likely, high]``."""
    pert: Triple | None = None
    """``[low, most likely, high]``, smoother than ``triangular`` (Beta, weight 4 on the mode)."""
    normal: Normal | None = None
    """``{ mean, sd }``, truncated with ``min`` and ``max``."""
    lognormal: MeanSd | None = None
    """``{ mean, sd }`` of the quantity itself, not of its logarithm."""
    beta: MeanSd | None = None
    """``{ mean, sd }`` of a share between 0 and 1."""
    discrete: Discrete | None = None
    """``{ values, weights }``."""
    empirical: Values | None = None
    """Observed values, each as likely as the others."""
    survey: Survey | None = None
    """``{ share, n }``: a share found among n answers."""
    fact: str | None = None
    """A shipped figure by its name, with its source: ``officesim init`` lists them."""
    per: Literal["body"] | None = None
    """``"body"``: each body has its own unknown value; else one value is shared by all."""

    _shorthand = model_validator(mode="before")(from_number)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"needs exactly one of {', '.join(KINDS)}; found {found}")
        if self.beta is not None:
            mean, sd = self.beta.mean, self.beta.sd
            if not 0 < mean < 1 or sd**2 >= mean * (1 - mean):
                raise ValueError("beta needs 0 < mean < 1 and sd below sqrt(mean (1 - mean))")
        if self.lognormal is not None and self.lognormal.mean <= 0:
            raise ValueError("lognormal needs a mean above 0")
        return self

    @property
    def kind(self) -> str:
        """The name of the one distribution that is given."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    def support(self) -> tuple[float, float]:
        """Return the smallest and largest value that can occur."""
        match self.kind:
            case "value":
                assert self.value is not None
                return self.value, self.value
            case "uniform" | "triangular" | "pert":
                figures = getattr(self, self.kind)
                return figures[0], figures[-1]
            case "normal":
                assert self.normal is not None
                return self.normal.limits()
            case "lognormal":
                return 0.0, math.inf
            case "discrete":
                assert self.discrete is not None
                return min(self.discrete.values), max(self.discrete.values)
            case "empirical":
                assert self.empirical is not None
                return min(self.empirical), max(self.empirical)
            case _:
                return 0.0, 1.0


class _Supported(Protocol):
    @property
    def kind(self) -> str: ...

    def support(self) -> tuple[float, float]: ...


_Given = TypeVar("_Given", bound=_Supported)
_OPEN = ("lognormal", "beta", "survey")
"""Kinds that come as near to the end of their support as one likes and never reach it."""


@dataclass(frozen=True)
class Within:
    """A validator that refuses an input which can leave ``[low, high]``.

    With ``above`` it must not be ``low`` itself, with ``below`` not ``high``.
    """

    low: float
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __call__(self, given: _Given) -> _Given:
        """Return the input; raise ValueError if it can leave the limits."""
        smallest, largest = given.support()
        inside = smallest >= self.low and largest <= self.high
        if given.kind not in _OPEN:
            inside &= not (self.above and smallest == self.low)
            inside &= not (self.below and largest == self.high)
        if not inside:
            raise ValueError(f"must be {self}; this {found(given)}")
        return given

    def __str__(self) -> str:
        low = f"above {self.low:g}" if self.above else f"at least {self.low:g}"
        if math.isinf(self.high):
            return low
        if self.above or self.below:
            return f"{low} and {'below' if self.below else 'at most'} {self.high:g}"
        return f"from {self.low:g} to {self.high:g}"


def found(given: _Supported) -> str:
    """Return in words the values that an input can have."""
    smallest, largest = given.support()
    if smallest == largest:
        return f"is {largest:g}"
    return f"reaches from {smallest:g} to {largest:g}"


Share = Annotated[Input, AfterValidator(Within(0, 1))]
NotNegative = Annotated[Input, AfterValidator(Within(0))]
DaysPerWeek = Annotated[Input, AfterValidator(Within(0, 5))]


class Number(Provenance):
    """A number that is not drawn, with its source."""

    value: Figure
    """The number."""

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.keys().isdisjoint(set(KINDS) - {"value"}):
            raise ValueError("must be a plain number: it is not drawn")
        return from_number(data)

    @property
    def kind(self) -> str:
        """``value``, as an input calls it."""
        return "value"

    def support(self) -> tuple[float, float]:
        """Return the number twice."""
        return self.value, self.value


Rate = Annotated[Number, AfterValidator(Within(0, 1))]


class Count(Provenance):
    """A whole number, with its source."""

    value: Annotated[int, Field(ge=0, le=10_000_000)]
    """The number."""

    _shorthand = model_validator(mode="before")(from_number)


class Area(Provenance):
    """An area [m²], with its source."""

    value: Annotated[FiniteFloat, Field(ge=0, le=1e9)]
    """The area [m²]."""

    _shorthand = model_validator(mode="before")(from_number)


UNSTATED = "not stated in the scenario"
"""The source of a figure that a scenario leaves open."""


def unstated(value: float) -> Input:
    """Return the input used where a scenario says nothing: a number marked unconfirmed."""
    return Input.model_construct(value=value, source=UNSTATED, confirmed=False)
