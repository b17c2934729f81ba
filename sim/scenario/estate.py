"""What may be said about the estate: ``[estate]`` and the three tables that it names."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, FiniteFloat

from sim.domain.estate import Disposal, Heritage, Right
from sim.scenario.types import (
    Area,
    Count,
    Frozen,
    Input,
    Label,
    Name,
    NotNegative,
    Number,
    Staff,
    Within,
    unstated,
)

MOST_YEARS = 30
Text = Annotated[str, Field(min_length=1, max_length=80)]
Months = Annotated[int, Field(ge=0, le=1200)]
Money = Annotated[FiniteFloat, Field(ge=0, le=1e15)]
Price = Annotated[Number, AfterValidator(Within(0))]
RealRate = Annotated[Input, AfterValidator(Within(-1, above=True))]


class Holding(Frozen):
    """A building, by which right it is held, and how that ends."""

    building: Text
    """Unique name of the building."""
    holder: str = ""
    """Who holds the right."""
    right: Right
    """By which right: a ``lease``, ``free_use``, ``operational_management`` or ``owned``."""
    hand_back: Literal["building", "floor"] = "building"
    """Whether it is handed back as a whole, or floor by floor."""
    end: date | None = None
    """Day on which a lease or free use ends; without it, it has no end."""
    breaks: Annotated[tuple[date, ...], Field(strict=False)] = ()
    """Days before the end on which it can be left; in a table with spaces between them."""
    notice_months: Months = 0
    """Months from the notice to a break, or to leaving what has no end."""
    renewable: bool = True
    """Whether it goes on from its end on the same terms, to be left on any day; else it must be
    empty by its end."""
    payer: Literal["budget_holder", "other"] = "budget_holder"
    """Whose budget pays for the building and takes what it brings."""
    heritage: Heritage = "none"
    """``no_moves_in``: who sits there may stay, nobody moves in; ``must_keep``: it stays held."""
    disposal: Disposal = "none"
    """Who takes owned space: a buyer, another body, a tenant, or ``none``: no taker."""
    disposal_months: Months = 0
    """Months from the day on which it is empty to that on which it is taken."""
    rent_m2: Price | None = None
    """Rent per m² and year, in place of the one in ``[estate.price]``."""
    running_m2: Price | None = None
    """Cost of space in use per m² and year, in place of the one in ``[estate.price]``."""
    holding_m2: Price | None = None
    """Cost of empty space per m² and year, in place of the one in ``[estate.price]``."""
    sale_m2: Price | None = None
    """Proceeds per m², in place of those in ``[estate.price]``."""

    @property
    def name(self) -> str:
        """How its figures are called."""
        return self.building


class Space(Frozen):
    """A room, or without a room's name a floor."""

    building: Text
    """The building."""
    floor: Text
    """The floor."""
    room: str = ""
    """The room; empty for the floor: its whole area, and the workstations outside its rooms."""
    type: str = ""
    """What it is for: offices, archive, server room."""
    area_m2: Area
    """Area [m²]; that of a floor holds its rooms."""
    workstations: Count = Count.model_construct(value=0)
    """Workstations that it has room for."""
    secure: bool = False
    """Whether only work that needs a secure room may be done in it."""
    must_stay: bool = False
    """Whether it cannot be moved, so that its floor stays."""
    people_limit: Staff | None = None
    """Most people allowed at a time, by escape routes and ventilation."""

    @property
    def name(self) -> str:
        """How its figures are called."""
        return "/".join(part for part in (self.building, self.floor, self.room) if part)


class Seat(Frozen):
    """Workstations of a body on a floor today."""

    body: Text
    """The body."""
    building: Text
    """The building."""
    floor: Text
    """The floor."""
    workstations: Count
    """How many of its workstations the body has."""

    @property
    def name(self) -> str:
        """How its figures are called."""
        return f"{self.body}/{self.building}/{self.floor}"


class Needs(Frozen):
    """``[estate.body.NAME]``: what a body needs beside a number of workstations."""

    buildings: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    """Buildings in which it may sit; without them, all."""
    secure_workstations: Count = Count.model_construct(value=0)
    """How many of its workstations must be in secure rooms, today and in every year."""


class Prices(Frozen):
    """``[estate.price]``: money, in the scenario's currency and prices of the start."""

    rent_m2: NotNegative = unstated(0.0)
    """Rent of leases per m² and year."""
    running_m2: NotNegative
    """Cost of space in use per m² and year: utilities, cleaning, security, maintenance."""
    holding_m2: NotNegative = unstated(0.0)
    """Cost of empty space that is still held, per m² and year: guard, heating, repairs."""
    move: NotNegative = unstated(0.0)
    """Moving one workstation, fitting out and IT included."""
    exit_m2: NotNegative = unstated(0.0)
    """Leaving a lease, per m²: dilapidations and reinstatement."""
    sale_m2: NotNegative = unstated(0.0)
    """Proceeds of owned space that is sold, per m²."""


class Estate(Frozen):
    """``[estate]``: the buildings, and within which limits they may be left."""

    holdings: str | None = None
    """A CSV table of buildings in place of ``[[estate.holding]]``."""
    rooms: str | None = None
    """A CSV table of floors and rooms in place of ``[[estate.room]]``."""
    stacking: str | None = None
    """A CSV table of who sits where today in place of ``[[estate.seat]]``; without either, bodies
    fill the floors of their ``building`` in the order of the table."""
    holding: Annotated[tuple[Holding, ...], Field(strict=False)] = ()
    """The buildings."""
    room: Annotated[tuple[Space, ...], Field(strict=False)] = ()
    """Their floors and rooms."""
    seat: Annotated[tuple[Seat, ...], Field(strict=False)] = ()
    """Who sits where today."""
    start: date
    """First day of the plan; its years begin on this day of the year."""
    years: Annotated[int, Field(ge=1, le=MOST_YEARS)]
    """Years of the plan."""
    timing: Literal["end", "mid"] = "end"
    """Whether the flows of a year fall at its end or in its middle; the value is at the start."""
    policy: Name
    """The policy whose service level says how many workstations are required."""
    ledger: Literal["budget_holder", "whole_government"] = "budget_holder"
    """Whose cost is to be least; the budget holder's leaves out buildings that others pay for."""
    discount_rate: RealRate
    """Discount rate [1/year], without inflation."""
    moves_per_quarter: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    """Most workstations that can be moved in a quarter; four times as many in a year."""
    yearly_ceiling: Money | None = None
    """Most that moving and leaving leases may cost in a year, at the medians of prices."""
    max_sites: Annotated[int, Field(ge=1)] | None = None
    """Most buildings in which a body may sit at the end of a year."""
    price: Prices
    """Money."""
    body: dict[Label, Needs] = Field(default={})
    """What bodies need beside a number of workstations."""
