"""What may be said about money through the years: ``[appraisal]`` and its lines.

A line is a cost or an income per unit of a quantity that a policy changes. Figures are inputs of
the scenario: one unknown for each draw, shared by all policies.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, FiniteFloat, Tag, model_validator

from sim.scenario.types import (
    UNSTATED,
    Frozen,
    Input,
    Label,
    Name,
    NotNegative,
    Probability,
    Provenance,
    Share,
    Within,
    unstated,
)

MOST_YEARS = 125
CalendarYear = Annotated[int, Field(ge=1900, le=2500)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Growth = Annotated[Input, AfterValidator(Within(-1, above=True))]
Positive = Annotated[Input, AfterValidator(Within(0, above=True))]
PEOPLE = ("all", "onsite", "remote", "combined", "away", "present")
SPACE = ("kept", "vacated")
UNITS = ("workstation", "floor", "building")


class Step(Frozen):
    """A discount rate and the year from which it holds."""

    from_year: Annotated[int, Field(ge=0, le=MOST_YEARS)]
    """First year of the appraisal that is discounted at it, counted from ``base_year``."""
    rate: Annotated[FiniteFloat, Field(gt=-1)]
    """Rate of these years [1/year], 0.035 for 3.5 %."""


class Steps(Provenance):
    """Discount rates that change with time; each year keeps the rates of the years before it."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1, strict=False)] | None = None
    """``[{ from_year, rate }, …]``, in order of time."""
    fact: str | None = None
    """A shipped schedule by its name."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any) -> Any:
        return {"steps": data} if isinstance(data, (list, tuple)) else data

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.steps is None) == (self.fact is None):
            raise ValueError("needs either steps or fact")
        if self.steps is None:
            return self
        starts = [step.from_year for step in self.steps]
        if any(a >= b for a, b in pairwise(starts)):
            raise ValueError("the steps must be in order of from_year, each year once")
        if starts[0] > 1:
            raise ValueError("the first step must hold from year 0 or 1 on")
        return self


def _steps_or_one(data: Any) -> str:
    by_time = isinstance(data, (list, tuple, Steps)) or (isinstance(data, dict) and "steps" in data)
    return "{steps}" if by_time else "{one}"


DiscountRate = Annotated[
    Annotated[Growth, Tag("{one}")] | Annotated[Steps, Tag("{steps}")],
    Discriminator(_steps_or_one),
]
"""One rate, or steps in time."""


class Phasing(Provenance):
    """A share that grows by year: of a release that is vacated, of vacant posts that are filled."""

    value: Annotated[
        tuple[Probability, ...], Field(min_length=1, max_length=MOST_YEARS, strict=False)
    ]
    """Share reached when the flows of year 1, 2 and so on fall due; the last one stays."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, (list, tuple)) else data

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if any(a > b for a, b in pairwise(self.value)):
            raise ValueError(
                "shares must not fall: what is vacated stays vacated, what is filled stays filled"
            )
        return self


class ByUnit(Frozen):
    """The avoidable share of a cost by what is handed back."""

    workstation: Share | None = None
    """Where workstations go one by one and floors stay."""
    floor: Share | None = None
    """Where whole floors are handed back."""
    building: Share | None = None
    """Where whole buildings are."""

    @model_validator(mode="after")
    def _any(self) -> Self:
        if all(getattr(self, unit) is None for unit in UNITS):
            raise ValueError("needs at least one of workstation, floor, building")
        return self


def _units_or_one(data: Any) -> str:
    by_unit = isinstance(data, ByUnit) or (isinstance(data, dict) and set(UNITS) & data.keys())
    return "{units}" if by_unit else "{one}"


Avoidable = Annotated[
    Annotated[Share, Tag("{one}")] | Annotated[ByUnit, Tag("{units}")],
    Discriminator(_units_or_one),
]
"""One share, or one for each unit in which space is handed back."""


class Line(Frozen):
    """``[appraisal.line.NAME]``: one cost or income, for every year or for some."""

    per: Literal["m2", "workstation", "person", "once"]
    """Unit that the amount is for; ``once`` is one sum for all bodies, divided by filled posts."""
    of: (
        Literal["kept", "vacated", "all", "onsite", "remote", "combined", "away", "present"] | None
    ) = None
    """Which of them: m² and workstations ``kept`` (required area, workstations provided; the
    default) or ``vacated`` (at least 0); people ``all`` (filled posts, the default), in the modes
    ``onsite``, ``remote`` or ``combined``, ``away`` (the latter two), or ``present``, the mean over
    working days."""
    amount: NotNegative | None = None
    """Amount for one unit: in a year, or each time it is paid; without VAT."""
    running: Label | None = None
    """A line of ``[cost.running]`` whose amount per m² and year it is, in place of ``amount``."""
    flow: Literal["cost", "income"] = "cost"
    """Whether it is paid or comes in."""
    borne_by: Literal["all", "policies", "baseline"] | None = None
    """Who has it: doing nothing and every policy (the default), the policies only (the default of
    ``once``), or only doing nothing, so that every policy avoids it."""
    policies: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] | None = None
    """Policies that it is for; with any other it stays as it is when nothing is done."""
    year: Annotated[int, Field(ge=0, le=MOST_YEARS)] | Literal["vacated"] | None = None
    """Year in which it is paid, 0 for the moment of the decision; ``"vacated"`` spreads it over the
    years as space is vacated; without it, it is paid every year from year 1 on."""
    life: Annotated[int, Field(ge=1, le=MOST_YEARS)] | None = None
    """Years after which what was paid for in ``year`` is renewed, until the horizon."""
    avoidable_share: Avoidable | None = None
    """Share of the cost that ends with the m² or workstation given up; what is shared with those
    that stay does not. Required for yearly costs of m² and workstations kept. One share, or
    ``{ workstation, floor, building }`` of which ``handed_back`` takes one."""
    kind: Literal["cash_releasing", "non_cash", "cost_avoidance", "transfer"] = "cash_releasing"
    """A budget line that can be cut; something of worth that nobody pays for, such as owned space
    at its opportunity cost; a cost that would have come; or money that stays within government."""
    accrues_to: Literal["budget_holder", "whole_government"] = "budget_holder"
    """Whose money it is: the budget holder's, or that of others in government."""
    escalation: Growth = Input.model_construct(value=0.0)
    """Growth of the price over and above inflation [1/year]."""
    base_year: CalendarYear | None = None
    """Year of whose prices the amount is; by default that of the appraisal."""
    currency: Currency | None = None
    """Currency of the amount, if not the scenario's; ``[appraisal.exchange]`` has its rate."""
    index: Positive = Input.model_construct(value=1.0)
    """Factor for prices of the place: a city's over those where the amount was read."""
    vat_share: Share = Input.model_construct(value=0.0)
    """Share of the amount on which VAT is due that cannot be recovered."""
    residual_share: Share = Input.model_construct(value=0.0)
    """Share of the last purchase that is left at the horizon, in prices of that time."""
    beneficiary: str = ""
    """Who has the saving, for the register of benefits; by default whose money it is."""
    measured_by: str = ""
    """How it will be measured that the saving came, for the register of benefits."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.amount is None) == (self.running is None):
            raise ValueError("needs either amount or running")
        if self.running is not None and self.per != "m2":
            raise ValueError('running is a cost per m²: say per = "m2"')
        known = {"m2": SPACE, "workstation": SPACE, "person": PEOPLE, "once": ()}[self.per]
        if self.of is not None and self.of not in known:
            said = f"one of {', '.join(known)}" if known else "left out"
            raise ValueError(f'with per = "{self.per}", of must be {said}')
        if self.year is None and (
            "life" in self.model_fields_set or self.residual_share.support()[1]
        ):
            raise ValueError("life and residual_share are of what is bought in a year: say year")
        if self.year == "vacated" and self.life is not None:
            raise ValueError("what is paid as space is vacated is not renewed: leave life out")
        if self.flow == "income" and self.vat_share.support()[1]:
            raise ValueError("vat_share is of costs: an income is stated without VAT")
        if self.saves_with_space and self.avoidable_share is None:
            raise ValueError("must say avoidable_share: how much of it ends with what is vacated")
        return self

    @property
    def saves_with_space(self) -> bool:
        """Whether it is a yearly cost that space or workstations given up can end."""
        kept = self.per in ("m2", "workstation") and self.of != "vacated"
        return kept and self.year is None and self.flow == "cost" and self.borne_by != "policies"


class Appraisal(Frozen):
    """``[appraisal]``: what the release is worth through the years."""

    base_year: CalendarYear
    """Year of the decision, t0, at which everything is valued; money is in its prices."""
    years: Annotated[int, Field(ge=1, le=MOST_YEARS)]
    """Horizon: years 1 to this one are counted after t0, which is year 0."""
    timing: Literal["end", "mid"] = "end"
    """Whether the flows of a year fall at its end or in its middle; those of year 0 at t0."""
    discount_rate: DiscountRate
    """Discount rate [1/year], or its steps in time; without inflation unless ``rates`` says so."""
    rates: Literal["real", "nominal"] = "real"
    """Whether discount and reinvestment rates are without inflation or have it in them."""
    reinvestment_rate: Growth | None = None
    """Rate at which savings are put to use, for the adjusted internal rate of return; by default
    the discount rate."""
    inflation: Growth = unstated(0.0)
    """Growth of all prices [1/year]."""
    vacated: Phasing = Phasing.model_construct(value=(1.0,), source=UNSTATED, confirmed=False)
    """Share of the release that is vacated by year 1, 2 and so on; people change from year 1 on."""
    staff_growth: Growth = unstated(0.0)
    """Growth of the staff [1/year], negative for attrition; m² and workstations, which are planned
    once, do not follow it."""
    vacant_filled: Phasing = Phasing.model_construct(value=(0.0,), source=UNSTATED, confirmed=False)
    """Share of today's vacant posts that is filled by year 1, 2 and so on. Lines of people grow
    with them, in doing nothing as in every policy; m² and workstations, planned once, do not."""
    handed_back: Literal["workstation", "floor", "building"] | None = None
    """What is handed back at once, for lines whose ``avoidable_share`` depends on it."""
    do_minimum: Name | None = None
    """The policy that does the least there is to do; every other is compared with it too. Without
    it: workstations beyond the posts are given up, and nobody works differently."""
    vat_rate: Share = unstated(0.0)
    """Rate of VAT."""
    exchange: dict[Currency, Positive] = Field(default={})
    """Units of the scenario's currency for one unit of another."""
    line: Annotated[dict[Label, Line], Field(min_length=1)]
    """Costs and incomes by name."""
