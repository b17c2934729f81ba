"""What may be said about the days in the office: ``[occupancy]`` and what lies below it.

Its distributions are drawn for each visit, or for whatever their documentation says; they are no
unknowns of the scenario, of which each draw has one value. Only a group's ``eligible`` is.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from sim.scenario.types import (
    UNSTATED,
    Count,
    Frozen,
    Input,
    Label,
    Name,
    Normal,
    NotNegative,
    Number,
    Rate,
    Share,
    Within,
    unstated,
    word_or_one,
)

ANY = "any"
"""The word for every other neighbourhood."""
COHORTS = ("onsite", "combined")
MONTHS = tuple(str(month) for month in range(1, 13))
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")

Positive = Annotated[Input, AfterValidator(Within(0, above=True))]
Hour = Annotated[Number, AfterValidator(Within(0, 24))]


def assumed(value: float) -> Number:
    """Return the number used where a scenario says nothing, marked unconfirmed."""
    return Number.model_construct(value=value, source=UNSTATED, confirmed=False)


class Hours(Frozen):
    """``[occupancy.hours.NAME]``: when people of a schedule come and how long they stay."""

    share: Annotated[Number, AfterValidator(Within(0, above=True))] = Number.model_construct(
        value=1.0
    )
    """Weight among the schedules open to a person; shares need not add up to 1."""
    arrival: Input
    """When a person comes [hours after midnight], within opening hours; drawn for each visit."""
    stay_hours: Positive
    """How long a person stays [hours], at most as long as the office is open."""
    cohorts: Annotated[
        tuple[Literal["onsite", "combined"], ...], Field(min_length=1, strict=False)
    ] = ("onsite", "combined")
    """Whose schedule it is: people who come every day, people in the combined mode."""


class Lunch(Frozen):
    """``[occupancy.lunch]``: a break in the middle of the day."""

    share: Rate
    """Share of visits that take lunch."""
    start: Input
    """When lunch begins [hours after midnight], within opening hours; drawn for each visit."""
    length_minutes: Positive
    """How long it takes [minutes]."""
    holds: Rate = Number.model_construct(value=1.0)
    """Share of lunches during which the workstation stays taken."""


class Meetings(Frozen):
    """``[occupancy.meetings]``: meetings in the day of a person."""

    per_person: Annotated[Number, AfterValidator(Within(0, 20))]
    """Mean number of meetings a day for each person present."""
    length_minutes: Positive
    """How long a meeting takes [minutes]."""
    holds: Rate = Number.model_construct(value=1.0)
    """Share of meetings during which the workstation stays taken."""
    people: Annotated[Input, AfterValidator(Within(1))]
    """People in a meeting; one of them asks for the room."""


class Room(Frozen):
    """``[[occupancy.room]]``: meeting rooms of one size."""

    seats: Annotated[int, Field(ge=1, le=10_000)]
    """Seats of each."""
    rooms: Count
    """How many rooms of this size there are."""

    @property
    def name(self) -> str:
        """What a list of figures calls it."""
        return f"{self.seats}-seats"


class Booking(Frozen):
    """``[occupancy.booking]``: shared workstations can be booked."""

    share: Rate
    """Share of visits that booked."""
    no_show: Annotated[Number, AfterValidator(Within(0, 1, below=True))] = Number.model_construct(
        value=0.0
    )
    """Share of bookings whose holder does not come."""
    release_minutes: Annotated[Number, AfterValidator(Within(0))] | None = None
    """Minutes after which an unused booking is free again; without it, it is kept all day."""
    late_minutes: NotNegative = Input.model_construct(value=0.0)
    """How much later than booked people come [minutes]; drawn for each visit."""


class Visitors(Frozen):
    """``[occupancy.visitors]``: people of other offices who need a shared workstation."""

    per_day: NotNegative
    """Mean number of them a day, for the whole site."""
    arrival: Input
    """When a visitor comes [hours after midnight], within opening hours."""
    stay_hours: Positive
    """How long a visitor stays [hours], at most as long as the office is open."""


class Calendar(Frozen):
    """``[occupancy.calendar]``: dates of the weeks; without it they have no holidays."""

    start: date
    """A day of the first week, which begins on its Monday."""
    country: str | None = None
    """Whose public holidays are kept, by its ISO 3166 code: ``"KZ"``."""
    subdivision: str | None = None
    """A part of the country with holidays of its own, by its ISO 3166-2 code."""
    season: dict[str, Rate] = Field(default={})
    """Further share of people on leave by month, from ``1`` to ``12``."""


Fallback = Annotated[
    Annotated[tuple[Name, ...], Field(strict=False), Tag("{one}")]
    | Annotated[Literal["any"], Tag("{word}")],
    Discriminator(word_or_one),
]


class Neighbourhood(Frozen):
    """``[[occupancy.neighbourhood]]``: shared workstations where some people look first."""

    name: Name
    """Unique name."""
    body: str
    """The body to which it belongs."""
    workstations: Count
    """Shared workstations; those of a policy are divided over its body's in proportion."""
    fallback: Fallback = ()
    """Where its people look next, in this order and then on; or ``"any"``: everywhere else."""


class Group(Frozen):
    """``[occupancy.group.NAME]``: people treated alike, wherever they are; teams name them."""

    eligible: Share | None = None
    """Share of them whose duties can be done remotely, in place of the policies'."""
    adjustment: bool = False
    """Whether they come first for a policy's dedicated workstations."""
    hours: str | None = None
    """Their schedule, whatever its cohorts."""


class Team(Frozen):
    """``[[occupancy.team]]``: people of a body who belong together, or of a group within them."""

    team: Name
    """Name of the team; a team with several groups has an entry for each."""
    body: str
    """The body to which it belongs."""
    people: Count
    """How many people; what is left of a body's headcount is a team called like the body."""
    neighbourhood: str | None = None
    """Where they look first; needed where the body has several neighbourhoods."""
    anchor_days: str = ""
    """Weekdays on which the team would like to meet, as in ``"Tue Thu"``."""
    group: str | None = None
    """The group to which these people belong."""

    @property
    def name(self) -> str:
        """What a list of figures calls it."""
        return f"{self.team}/{self.group}" if self.group else self.team


def _usual_hours() -> dict[str, Hours]:
    arrival = Normal.model_construct(mean=9.0, sd=0.5, min=8.0, max=12.0)
    return {
        "fixed": Hours.model_construct(
            arrival=Input.model_construct(normal=arrival, source=UNSTATED, confirmed=False),
            stay_hours=unstated(8.5),
        )
    }


class Occupancy(Frozen):
    """``[occupancy]``: what happens within the days in the office."""

    opens: Hour = assumed(8.0)
    """When the office opens [hours after midnight]."""
    closes: Hour = assumed(19.0)
    """When it closes and everybody is gone [hours after midnight]."""
    weeks: Annotated[int, Field(ge=1, le=520)] = 4
    """Weeks of five days in each replication."""
    replications: Annotated[int, Field(ge=1, le=100_000)] = 64
    """Replications, each with one draw of the unknown quantities."""
    patience_minutes: NotNegative = unstated(10.0)
    """How long a person waits for a workstation [minutes]; drawn for each visit."""
    remains: Rate = assumed(0.5)
    """Share of those who find none who work in an unassigned place; the others go home."""
    out_of_service: Rate = assumed(0.0)
    """Chance that a workstation is out of service on a day."""
    anchor_pull: Annotated[Number, AfterValidator(Within(1))] = assumed(8.0)
    """Odds of coming on an anchor day over another day, for a member of the team."""
    teams: str | None = None
    """A CSV table of teams in place of ``[[occupancy.team]]``."""
    hours: Annotated[dict[Label, Hours], Field(min_length=1)] = _usual_hours()
    """Schedules by name."""
    lunch: Lunch | None = None
    """Lunch; without it nobody takes any."""
    meetings: Meetings | None = None
    """Meetings; without it there are none."""
    room: Annotated[tuple[Room, ...], Field(strict=False)] = ()
    """Meeting rooms by their seats; without any, meetings find a place elsewhere."""
    booking: Booking | None = None
    """Bookings; without it nobody books."""
    visitors: Visitors | None = None
    """Visitors; without it there are none."""
    calendar: Calendar | None = None
    """Dates; without it weeks have no dates and no holidays."""
    neighbourhood: Annotated[tuple[Neighbourhood, ...], Field(strict=False)] = ()
    """Groups of workstations; without any, every body is one with all it has."""
    group: dict[Label, Group] = Field(default={})
    """Groups of people by name."""
    team: Annotated[tuple[Team, ...], Field(strict=False)] = ()
    """Teams, here or in the CSV table that ``teams`` names."""
