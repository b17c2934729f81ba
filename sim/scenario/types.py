"""What a planner may write for one quantity: a number, or a distribution in one line.

Every input may say where it comes from (``source``) and whether anybody has confirmed it
(``confirmed``); the string under each field is its documentation, and the reference table,
the template and the JSON Schema are generated from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)

Positive = Annotated[FiniteFloat, Field(gt=0)]
Probability = Annotated[FiniteFloat, Field(ge=0, le=1)]


class Frozen(BaseModel):
    """The base of everything a scenario says: immutable, exact types, no unknown keys."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class Provenance(Frozen):
    """Where a figure comes from and whether it holds here."""

    source: str | None = None
    """Document, clause or survey the figure was read in."""
    confirmed: bool = True
    """``false`` marks a figure that somebody still has to confirm; every run lists these."""


class MeanSd(Frozen):
    """A distribution given by its mean and standard deviation."""

    mean: FiniteFloat
    """Mean, in the unit of the quantity."""
    sd: Positive
    """Standard deviation, in the unit of the quantity."""


class Normal(MeanSd):
    """A normal distribution, truncated where limits are given."""

    min: FiniteFloat | None = None
    """Lower limit; values below it do not occur."""
    max: FiniteFloat | None = None
    """Upper limit; values above it do not occur."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.limits()
        if low >= high:
            raise ValueError("min must be below max")
        return self

    def limits(self) -> tuple[float, float]:
        """Return the lower and upper limit, infinite where none is given."""
        return (
            -math.inf if self.min is None else self.min,
            math.inf if self.max is None else self.max,
        )


class Discrete(Frozen):
    """Some values with their weights."""

    values: Annotated[tuple[FiniteFloat, ...], Field(min_length=1, strict=False)]
    """The values that can occur."""
    weights: Annotated[tuple[Annotated[FiniteFloat, Field(ge=0)], ...], Field(strict=False)]
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
    n: Annotated[int, Field(ge=1)]
    """Number of answers."""


def _ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    if any(a > b for a, b in zip(values, values[1:], strict=False)) or values[0] == values[-1]:
        raise ValueError("the figures must ascend, and the first must be below the last")
    return values


Range = Annotated[
    tuple[FiniteFloat, FiniteFloat], Field(strict=False), AfterValidator(_ascending)
]
Triple = Annotated[
    tuple[FiniteFloat, FiniteFloat, FiniteFloat],
    Field(strict=False),
    AfterValidator(_ascending),
]
Values = Annotated[tuple[FiniteFloat, ...], Field(min_length=1, strict=False)]

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


class Input(Provenance):
    """A quantity: a number, or exactly one of the distributions below."""

    value: FiniteFloat | None = None
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

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return {"value": float(data)}
        return data

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(KINDS)}; found {given or 'none'}")
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


def within(low: float, high: float = math.inf) -> Callable[[Input], Input]:
    """Return a validator that refuses an input which can leave ``[low, high]``."""

    def check(given: Input) -> Input:
        smallest, largest = given.support()
        if smallest < low or largest > high:
            allowed = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
            raise ValueError(
                f"must be {allowed}; this one reaches from {smallest:g} to {largest:g}"
            )
        return given

    return check


Share = Annotated[Input, AfterValidator(within(0, 1))]
NotNegative = Annotated[Input, AfterValidator(within(0))]
DaysPerWeek = Annotated[Input, AfterValidator(within(0, 5))]


class _Figure(Provenance):
    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return {"value": data}
        return data


class Count(_Figure):
    """A whole number, with its source."""

    value: Annotated[int, Field(ge=0, le=10_000_000)]
    """The number."""


class Area(_Figure):
    """An area [m²], with its source."""

    value: Annotated[FiniteFloat, Field(ge=0, le=1e9, strict=False)]
    """The area [m²]."""
