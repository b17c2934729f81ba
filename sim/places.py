"""Where the people of a scenario belong and how their days go, by index: ``[occupancy]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from sim.occupancyplan import (
    BookingPlan,
    CalendarPlan,
    CellPlan,
    GroupPlan,
    MeetingPlan,
    NeighbourhoodPlan,
    OccupancyPlan,
    PausePlan,
    SchedulePlan,
    VisitorPlan,
)
from sim.scenario.occupancy import ANY, MONTHS, WEEKDAYS, Neighbourhood, Occupancy
from sim.scenario.schema import Scenario
from sim.unknowns import Unknowns, distribution


def occupancy(scenario: Scenario, unknowns: Unknowns) -> OccupancyPlan | None:
    """Return what happens within the days, None where the scenario does not say it.

    Parameters
    ----------
    scenario : Scenario
    unknowns : Unknowns
        Gets the eligible shares of groups; nothing else here is an unknown.

    Returns
    -------
    OccupancyPlan or None
    """
    said = scenario.occupancy
    if said is None:
        return None
    neighbourhoods = _neighbourhoods(scenario, said)
    teams = _teams(scenario, said)
    return OccupancyPlan(
        opens=said.opens.value,
        closes=said.closes.value,
        weeks=said.weeks,
        replications=said.replications,
        patience=distribution(said.patience_minutes),
        remains=said.remains.value,
        out_of_service=said.out_of_service.value,
        anchor_pull=said.anchor_pull.value,
        teams=tuple(teams),
        cells=tuple(_cells(scenario, said, neighbourhoods, teams)),
        neighbourhoods=neighbourhoods,
        groups=tuple(_groups(said, unknowns)),
        schedules=tuple(_schedules(said)),
        lunch=_lunch(said),
        meetings=_meetings(said),
        booking=_booking(said),
        visitors=_visitors(said),
        calendar=_calendar(said),
        stated_teams=bool(said.team),
    )


def eligible_apart(scenario: Scenario, unknowns: Unknowns) -> list[tuple[int, int, int]]:
    """Return body, people and eligible share of those who have a share of their own.

    Parameters
    ----------
    scenario : Scenario
    unknowns : Unknowns
        Gets the shares.

    Returns
    -------
    list of (int, int, int)
        Indices of the body and of the unknown; one entry for each body and group.
    """
    said = scenario.occupancy
    if said is None:
        return []
    people: dict[tuple[int, int], int] = {}
    bodies = [body.name for body in scenario.body]
    for name, group in said.group.items():
        if group.eligible is None:
            continue
        share = unknowns.add(f"occupancy.group.{name}.eligible", group.eligible)
        for team in said.team:
            if team.group == name:
                at = bodies.index(team.body), share
                people[at] = people.get(at, 0) + team.people.value
    return [(body, count, share) for (body, share), count in people.items()]


def _neighbourhoods(scenario: Scenario, said: Occupancy) -> tuple[NeighbourhoodPlan, ...]:
    if not said.neighbourhood:
        return tuple(
            NeighbourhoodPlan(body.name, b, body.workstations.value, (b,))
            for b, body in enumerate(scenario.body)
        )
    bodies = [body.name for body in scenario.body]
    reach = _reach(said.neighbourhood)
    return tuple(
        NeighbourhoodPlan(given.name, bodies.index(given.body), given.workstations.value, reach[n])
        for n, given in enumerate(said.neighbourhood)
    )


def _reach(given: tuple[Neighbourhood, ...]) -> list[tuple[int, ...]]:
    """Return where the people of each neighbourhood look: nearest first, each once."""
    index = {neighbourhood.name: n for n, neighbourhood in enumerate(given)}
    everywhere = range(len(given))
    found = []
    for n in everywhere:
        reach = {n: None}
        to_come = [n]
        for at in to_come:
            if len(reach) == len(given):
                break
            fallback = given[at].fallback
            following = everywhere if fallback == ANY else [index[name] for name in fallback]
            to_come += [other for other in following if other not in reach]
            reach |= dict.fromkeys(following)
        found.append(tuple(reach))
    return found


def _teams(scenario: Scenario, said: Occupancy) -> dict[str, int]:
    """Return the index of each team: in the order of bodies, what is left of a body last."""
    names: dict[str, int] = {}
    for body in scenario.body:
        own = [team for team in said.team if team.body == body.name]
        rest = body.headcount.value - sum(team.people.value for team in own)
        for name in (*(team.team for team in own), *([body.name] if rest else ())):
            names.setdefault(name, len(names))
    return names


def _cells(
    scenario: Scenario,
    said: Occupancy,
    neighbourhoods: tuple[NeighbourhoodPlan, ...],
    teams: Mapping[str, int],
) -> Iterator[CellPlan]:
    groups = list(said.group)
    home = {neighbourhood.name: n for n, neighbourhood in enumerate(neighbourhoods)}
    for b, body in enumerate(scenario.body):
        first = next(n for n, place in enumerate(neighbourhoods) if place.body == b)
        left = body.headcount.value
        for team in said.team:
            if team.body == body.name:
                days = team.anchor_days.split()
                left -= team.people.value
                yield CellPlan(
                    team=teams[team.team],
                    body=b,
                    people=team.people.value,
                    neighbourhood=first if team.neighbourhood is None else home[team.neighbourhood],
                    anchors=tuple(day in days for day in WEEKDAYS),
                    group=-1 if team.group is None else groups.index(team.group),
                )
        if left:
            yield CellPlan(teams[body.name], b, left, first, (False,) * len(WEEKDAYS), -1)


def _groups(said: Occupancy, unknowns: Unknowns) -> Iterator[GroupPlan]:
    schedules = list(said.hours)
    for name, group in said.group.items():
        yield GroupPlan(
            name=name,
            eligible=unknowns.add_optional(f"occupancy.group.{name}.eligible", group.eligible),
            adjustment=group.adjustment,
            hours=None if group.hours is None else schedules.index(group.hours),
        )


def _schedules(said: Occupancy) -> Iterator[SchedulePlan]:
    for name, hours in said.hours.items():
        yield SchedulePlan(
            name=name,
            share=hours.share.value,
            arrival=distribution(hours.arrival),
            stay=distribution(hours.stay_hours),
            onsite="onsite" in hours.cohorts,
            combined="combined" in hours.cohorts,
        )


def _lunch(said: Occupancy) -> PausePlan | None:
    lunch = said.lunch
    if lunch is None:
        return None
    start, length = distribution(lunch.start), distribution(lunch.length_minutes)
    return PausePlan(lunch.share.value, start, length, lunch.holds.value)


def _meetings(said: Occupancy) -> MeetingPlan | None:
    meetings = said.meetings
    if meetings is None:
        return None
    rooms = sorted(said.room, key=lambda room: room.seats)
    return MeetingPlan(
        per_person=meetings.per_person.value,
        length=distribution(meetings.length_minutes),
        holds=meetings.holds.value,
        people=distribution(meetings.people),
        seats=tuple(room.seats for room in rooms),
        rooms=tuple(room.rooms.value for room in rooms),
    )


def _booking(said: Occupancy) -> BookingPlan | None:
    booking = said.booking
    if booking is None:
        return None
    return BookingPlan(
        share=booking.share.value,
        no_show=booking.no_show.value,
        release=None if booking.release_minutes is None else booking.release_minutes.value,
        late=distribution(booking.late_minutes),
    )


def _visitors(said: Occupancy) -> VisitorPlan | None:
    visitors = said.visitors
    if visitors is None:
        return None
    return VisitorPlan(
        per_day=distribution(visitors.per_day),
        arrival=distribution(visitors.arrival),
        stay=distribution(visitors.stay_hours),
    )


def _calendar(said: Occupancy) -> CalendarPlan | None:
    calendar = said.calendar
    if calendar is None:
        return None
    season = {month: share.value for month, share in calendar.season.items()}
    return CalendarPlan(
        start=calendar.start - timedelta(days=calendar.start.weekday()),
        country=calendar.country,
        subdivision=calendar.subdivision,
        season=tuple(season.get(month, 0.0) for month in MONTHS),
    )
