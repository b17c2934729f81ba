"""What happens within the days of a problem: people, places and hours, immutable.

Hours are counted from midnight. The distributions are drawn for each visit: they are no unknowns
of the scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sim.distribution import Distribution


@dataclass(frozen=True)
class SchedulePlan:
    """When people of a schedule come and how long they stay [h], drawn for each visit.

    Attributes
    ----------
    share : float
        Weight among the schedules open to a person; the weights need not add up to 1.
    arrival : Distribution
        Hours after midnight.
    stay : Distribution
        Hours.
    onsite, combined : bool
        Whether it is open to people who come every day, and to those in the combined mode.
    """

    name: str
    share: float
    arrival: Distribution
    stay: Distribution
    onsite: bool
    combined: bool


@dataclass(frozen=True)
class CellPlan:
    """People of one body, team and group; numbers are indices unless said otherwise.

    Attributes
    ----------
    people : int
        How many there are; the cells of a body add up to its headcount.
    anchors : tuple of bool
        Whether each weekday is an anchor day of the team, Monday to Friday.
    group : int
        -1 for none.
    """

    team: int
    body: int
    people: int
    neighbourhood: int
    anchors: tuple[bool, ...]
    group: int


@dataclass(frozen=True)
class NeighbourhoodPlan:
    """Shared workstations that some people look at first.

    Attributes
    ----------
    body : int
        Index of the body that it belongs to.
    workstations : int
        As the scenario says; policies scale them in proportion.
    reach : tuple of int
        Where its people look, by index: here, then its fallbacks in order and theirs, each once.
    """

    name: str
    body: int
    workstations: int
    reach: tuple[int, ...]


@dataclass(frozen=True)
class GroupPlan:
    """People who are treated alike across teams and bodies.

    Attributes
    ----------
    eligible : int or None
        Index of the unknown that takes the place of the policies' eligible share.
    adjustment : bool
        Whether they come first for dedicated workstations.
    hours : int or None
        Index of their schedule.
    """

    name: str
    eligible: int | None
    adjustment: bool
    hours: int | None


@dataclass(frozen=True)
class PausePlan:
    """Lunch: who takes it, from when [h after midnight], how long [min], how many keep the place.

    ``holds`` is the share of lunches that leave the workstation taken.
    """

    share: float
    start: Distribution
    length: Distribution
    holds: float


@dataclass(frozen=True)
class MeetingPlan:
    """Meetings in the day of a person present.

    Attributes
    ----------
    per_person : float
        Mean number a day.
    length : Distribution
        Minutes.
    holds : float
        Share of meetings that leave the workstation taken.
    people : Distribution
        People in a meeting, at least 1; one of them asks for the room.
    seats, rooms : tuple of int
        Seats of each size of room, ascending, and how many rooms of it there are.
    """

    per_person: float
    length: Distribution
    holds: float
    people: Distribution
    seats: tuple[int, ...]
    rooms: tuple[int, ...]


@dataclass(frozen=True)
class BookingPlan:
    """Bookings of shared workstations.

    Attributes
    ----------
    share : float
        Share of visits that booked.
    no_show : float
        Share of bookings whose holder does not come.
    release : float or None
        Minutes after which an unused booking lapses; None keeps it all day.
    late : Distribution
        Minutes by which people come later than they booked.
    """

    share: float
    no_show: float
    release: float | None
    late: Distribution


@dataclass(frozen=True)
class VisitorPlan:
    """Visitors who need a shared workstation: mean number a day, arrival and stay [h]."""

    per_day: Distribution
    arrival: Distribution
    stay: Distribution


@dataclass(frozen=True)
class CalendarPlan:
    """Dates of the weeks.

    Attributes
    ----------
    start : date
        Monday of the first week.
    country, subdivision : str or None
        Whose public holidays hold, by the codes of the library ``holidays``.
    season : tuple of float
        Further share of people on leave, January to December.
    """

    start: date
    country: str | None
    subdivision: str | None
    season: tuple[float, ...]


@dataclass(frozen=True)
class OccupancyPlan:
    """What happens within the days; nothing here but eligible shares is an unknown.

    Attributes
    ----------
    opens, closes : float
        Hours after midnight.
    weeks, replications : int
        Weeks in each replication, and how many replications there are.
    patience : Distribution
        Minutes that somebody waits for a workstation, drawn for each visit.
    remains : float
        Share of those who find nothing who work on in an unassigned place.
    out_of_service : float
        Chance that a workstation is out of service on a day.
    anchor_pull : float
        Odds of coming on an anchor day over another day.
    teams : tuple of str
        Names; a body's people in no team form one called like the body.
    cells : tuple of CellPlan
        In the order of bodies; they add up to everybody.
    stated_teams : bool
        Whether the scenario names teams.
    """

    opens: float
    closes: float
    weeks: int
    replications: int
    patience: Distribution
    remains: float
    out_of_service: float
    anchor_pull: float
    teams: tuple[str, ...]
    cells: tuple[CellPlan, ...]
    neighbourhoods: tuple[NeighbourhoodPlan, ...]
    groups: tuple[GroupPlan, ...]
    schedules: tuple[SchedulePlan, ...]
    lunch: PausePlan | None
    meetings: MeetingPlan | None
    booking: BookingPlan | None
    visitors: VisitorPlan | None
    calendar: CalendarPlan | None
    stated_teams: bool
