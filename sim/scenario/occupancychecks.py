"""What has to fit together in ``[occupancy]``: hours, neighbourhoods, teams and groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from sim.scenario.document import nearest
from sim.scenario.holidaycodes import holiday_problems
from sim.scenario.occupancy import ANY, COHORTS, MONTHS, WEEKDAYS, Occupancy
from sim.scenario.policies import resolved
from sim.scenario.types import Input, found

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sim.scenario.positions import Path
    from sim.scenario.schema import Body, Scenario

    Problem = tuple[Path, str, str]

AT = ("occupancy",)


def occupancy_problems(scenario: Scenario, broken: frozenset[str]) -> Iterator[Problem]:
    """Check what has to fit together in what happens within the days.

    Parameters
    ----------
    scenario : Scenario
        With its policies as they are written and its audits.
    broken : frozenset of str
        Sections, and parts of this one such as ``occupancy.team``, in which something is wrong
        already and has been left out.

    Yields
    ------
    path, message, remedy
    """
    if scenario.occupancy is None:
        return
    keys = list(Occupancy.model_fields)
    strangers = {part.removeprefix("occupancy.") for part in broken} - {*keys, "occupancy"}
    meant = {f"occupancy.{nearest(name, keys)}" for name in strangers}
    checks = _Checks(scenario, scenario.occupancy, broken | meant)
    yield from checks.hours()
    yield from checks.drawn_for_visits(scenario.occupancy, AT)
    yield from checks.rooms()
    yield from checks.calendar()
    yield from checks.neighbourhoods()
    yield from checks.fallbacks()
    yield from checks.groups()
    yield from checks.teams()


@dataclass(frozen=True)
class _Checks:
    scenario: Scenario
    said: Occupancy
    broken: frozenset[str]

    def whole(self, *parts: str) -> bool:
        """Tell whether nothing has been left out of these parts."""
        return not self.broken & {p if p in ("body", "policy") else f"occupancy.{p}" for p in parts}

    # Hours

    def hours(self) -> Iterator[Problem]:
        said, opens, closes = self.said, self.said.opens.value, self.said.closes.value
        if not self.whole("opens", "closes"):
            return
        if closes <= opens:
            message = f"must be later than opens, which is {opens:g}"
            yield (*AT, "closes"), message, "a day without length has no visits"
            return
        for name, hours in said.hours.items():
            at = (*AT, "hours", name) if "hours" in said.model_fields_set else (*AT, "hours")
            yield from self._within_day(at, "arrival", hours.arrival)
            yield from self._stay(at, hours.stay_hours)
        if said.lunch:
            yield from self._within_day((*AT, "lunch"), "start", said.lunch.start)
        if said.visitors:
            at = (*AT, "visitors")
            yield from self._within_day(at, "arrival", said.visitors.arrival)
            yield from self._stay(at, said.visitors.stay_hours)
        if self.whole("hours"):
            yield from self._cohorts()

    def _within_day(self, at: Path, key: str, given: Input) -> Iterator[Problem]:
        opens, closes = self.said.opens.value, self.said.closes.value
        low, high = given.support()
        # somebody who comes at closing has no time left
        if low < opens or high > closes or low == closes:
            message = f"must lie within opening hours, {opens:g} to {closes:g}; this {found(given)}"
            yield self._stated(at, key), message, self._remedy(at, "give it a min and a max")

    def _stay(self, at: Path, given: Input) -> Iterator[Problem]:
        length = self.said.closes.value - self.said.opens.value
        if given.support()[1] > length:
            message = f"must not be longer than the {length:g} opening hours; this {found(given)}"
            yield self._stated(at, "stay_hours"), message, self._remedy(at, "give it a max")

    def _stated(self, at: Path, key: str) -> Path:
        return at if at == (*AT, "hours") else (*at, key)

    def _remedy(self, at: Path, remedy: str) -> str:
        unstated = "nothing is stated: add a table [occupancy.hours.NAME]"
        return unstated if at == (*AT, "hours") else remedy

    def _cohorts(self) -> Iterator[Problem]:
        for cohort in COHORTS:
            if not any(cohort in hours.cohorts for hours in self.said.hours.values()):
                message = f"has no schedule for the cohort {cohort}"
                yield (*AT, "hours"), message, f"add {cohort} to the cohorts of one of them"

    def drawn_for_visits(self, value: Any, at: Path) -> Iterator[Problem]:
        """Refuse a value for each body of what each visit draws anew."""
        if isinstance(value, Input):
            if value.per is not None and at[:2] != (*AT, "group"):
                message = "is drawn for each visit, so no body has a value of its own"
                yield (*at, "per"), message, "leave per out"
        elif isinstance(value, BaseModel):
            for key, inner in value:
                yield from self.drawn_for_visits(inner, (*at, key))
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from self.drawn_for_visits(inner, (*at, key))

    # Rooms and dates

    def rooms(self) -> Iterator[Problem]:
        rooms, meetings = self.said.room, self.said.meetings
        seats = [room.seats for room in rooms]
        for number, count in enumerate(seats):
            if count in seats[:number]:
                message = f"has rooms of {count} seats for a second time"
                yield (*AT, "room", number, "seats"), message, "count rooms of a size together"
        if rooms and meetings is None and self.whole("meetings"):
            message = "serve only meetings, and there are none"
            yield (*AT, "room"), message, "add [occupancy.meetings], or leave the rooms out"
        if rooms and meetings and meetings.people.support()[1] > max(seats) and self.whole("room"):
            message = f"must fit into the largest room, of {max(seats)}; this "
            remedy = "add a room as large, or give it a max"
            yield (*AT, "meetings", "people"), message + found(meetings.people), remedy

    def calendar(self) -> Iterator[Problem]:
        given, at = self.said.calendar, (*AT, "calendar")
        if given is None:
            return
        for month in given.season:
            if month not in MONTHS:
                yield (*at, "season", month), "is no month", "months are 1 to 12, as in 7 = 0.25"
        for key, message, remedy in holiday_problems(given.country, given.subdivision):
            yield (*at, key), message, remedy

    # Neighbourhoods

    @cached_property
    def bodies(self) -> dict[str, Body]:
        return {body.name: body for body in self.scenario.body}

    @cached_property
    def of_body(self) -> dict[str, list[str]]:
        """The names of each body's neighbourhoods."""
        names: dict[str, list[str]] = {name: [] for name in self.bodies}
        for given in self.said.neighbourhood:
            names.setdefault(given.body, []).append(given.name)
        return names

    def neighbourhoods(self) -> Iterator[Problem]:
        given = self.said.neighbourhood
        yield from _twice([n.name for n in given], (*AT, "neighbourhood"), "neighbourhoods")
        for number, neighbourhood in enumerate(given):
            at = (*AT, "neighbourhood", number)
            yield from _total(neighbourhood.name, (*at, "name"))
            if neighbourhood.name == ANY:
                message = "must not be any, the word for every other neighbourhood"
                yield (*at, "name"), message, "rename it"
            if neighbourhood.workstations.value == 0:
                message = "must be at least 1"
                remedy = "leave out a neighbourhood without workstations"
                yield (*at, "workstations"), message, remedy
            yield from self._body(neighbourhood.body, at)
        lacking = [name for name in self.bodies if not self.of_body[name]]
        known = self.of_body.keys() == self.bodies.keys()
        if given and lacking and known and self.whole("body", "neighbourhood"):
            message = f"say nothing of {_listed(lacking)}"
            remedy = "give every body one at least, or leave all of them out"
            yield (*AT, "neighbourhood"), message, remedy

    def _body(self, name: str, at: Path) -> Iterator[Problem]:
        if name not in self.bodies and self.whole("body"):
            yield (*at, "body"), "is no body of this scenario", _meant(name, self.bodies, "bodies")

    def fallbacks(self) -> Iterator[Problem]:
        if not self.whole("neighbourhood"):
            return
        ways: dict[str, list[str]] = {}
        for number, given in enumerate(self.said.neighbourhood):
            at = (*AT, "neighbourhood", number, "fallback")
            names = [] if given.fallback == ANY else list(given.fallback)
            ways.setdefault(given.name, names)
            yield from self._fallback(given.name, names, at)
        in_circles: set[str] = set()
        for number, given in enumerate(self.said.neighbourhood):
            circle = _circle(given.name, ways)
            if len(circle) > 1 and given.name not in in_circles:
                in_circles.update(circle)
                message = f"runs in a circle: {' → '.join([*circle, given.name])}"
                remedy = f'write fallback = "{ANY}" where neighbourhoods are open to each other'
                yield (*AT, "neighbourhood", number, "fallback"), message, remedy

    def _fallback(self, name: str, fallback: list[str], at: Path) -> Iterator[Problem]:
        known = [n.name for n in self.said.neighbourhood if n.name != name]
        for index, other in enumerate(fallback):
            if other == name:
                message = "is the neighbourhood itself, where its people have looked already"
                yield (*at, index), message, "leave it out"
            elif other == ANY:
                message = f'is no neighbourhood but the word for all; write fallback = "{ANY}"'
                yield (*at, index), message, "without brackets"
            elif other not in known:
                remedy = _meant(other, known, "neighbourhoods")
                yield (*at, index), "is no neighbourhood of this scenario", remedy
            elif other in fallback[:index]:
                yield (*at, index), "is there twice", "name each neighbourhood once"

    # Groups and teams

    def groups(self) -> Iterator[Problem]:
        used = {team.group for team in self.said.team}
        known = used <= {None, *self.said.group} and self.whole("team", "teams")
        for name, group in self.said.group.items():
            at = (*AT, "group", name)
            yield from _total(name, at)
            if group.hours not in {None, *self.said.hours} and self.whole("hours"):
                remedy = _meant(group.hours or "", self.said.hours, "schedules")
                yield (*at, "hours"), "is no schedule of [occupancy.hours]", remedy
            if name not in used and known:
                remedy = "name it in the column group of the teams, or leave it out"
                yield at, "has nobody in it", remedy
            if group.eligible is not None and self.whole("body", "policy", "team"):
                yield from self._eligible(name, (*at, "eligible"))

    def _eligible(self, name: str, at: Path) -> Iterator[Problem]:
        """Refuse a share of its own where a policy knows the very posts of the group's bodies."""
        homes = {team.body for team in self.said.team if team.group == name}
        bodies = [body for body in self.scenario.body if body.name in homes]
        for policy, given in resolved(self.scenario.policy).items():
            if isinstance(given.eligible, str) and any(
                self._knows_posts(given.eligible, body) for body in bodies
            ):
                message = (
                    f"cannot be told apart in the policy {policy}, whose eligible = "
                    f'"{given.eligible}" counts posts'
                )
                yield at, message, "give the share in the blocks instead"
                return

    def _knows_posts(self, eligible: str, body: Body) -> bool:
        if eligible in ("blocks", "posts"):
            return True
        audit = self.scenario.audits.get(body.audit or "")
        services = eligible == "audit_with_services"
        return audit is not None and any(f.staff is not None for f in audit.counted(services))

    def teams(self) -> Iterator[Problem]:
        left = {name: body.headcount.value for name, body in self.bodies.items()}
        first: dict[str, int] = {}
        seen: set[tuple[str, str | None]] = set()
        for number, team in enumerate(self.said.team):
            at: Path = (*AT, "team", number)
            if team.people.value == 0:
                yield (*at, "people"), "must be at least 1", "leave out a team without people"
            yield from _total(team.team, (*at, "team"))
            yield from self._body(team.body, at)
            yield from self._anchor_days(team.anchor_days, at)
            if team.group not in {None, *self.said.group} and self.whole("group"):
                remedy = _meant(team.group or "", self.said.group, "groups")
                yield (*at, "group"), "is no group of [occupancy.group]", remedy
            yield from self._home(team.neighbourhood, team.body, at)
            if (team.team, team.group) in seen:
                of_group = f" of the group {team.group}" if team.group else ""
                message = f"has people{of_group} for a second time"
                yield (*at, "team"), message, "count them together, or rename one of the teams"
            seen.add((team.team, team.group))
            yield from self._agrees(number, first.setdefault(team.team, number), at)
            if team.body in left:
                before = left[team.body]
                left[team.body] -= team.people.value
                if before >= 0 > left[team.body] and self.whole("body"):
                    most = self.bodies[team.body].headcount.value
                    message = f"brings the teams of {team.body} to {most - left[team.body]} people"
                    remedy = f"its headcount is {most}"
                    yield (*at, "people"), message, remedy
        if self.whole("body", "team"):
            yield from self._called_like_bodies(first, left)

    def _anchor_days(self, text: str, at: Path) -> Iterator[Problem]:
        for word in text.split():
            if word not in WEEKDAYS:
                near = nearest(word[:3], WEEKDAYS)
                remedy = f"did you mean {near}?" if near else f"weekdays: {' '.join(WEEKDAYS)}"
                message = f"{word} is no weekday; weekdays are set apart by spaces"
                yield (*at, "anchor_days"), message, remedy

    def _home(self, name: str | None, body: str, at: Path) -> Iterator[Problem]:
        if not self.whole("neighbourhood", "body") or body not in self.bodies:
            return
        own = self.of_body[body]
        others = [n for names in self.of_body.values() for n in names if n not in own]
        if name is None:
            if len(own) > 1:
                remedy = f"one of {_listed(own)}"
                yield (*at, "neighbourhood"), f"is required: {body} has several", remedy
        elif name in others:
            message = f"belongs to another body than the team, which is of {body}"
            remedy = f"one of {_listed(own)}" if own else "leave it out"
            yield (*at, "neighbourhood"), message, remedy
        elif name not in own and not (name == body and not self.said.neighbourhood):
            remedy = _meant(name, own, "neighbourhoods") if own else "there are none: leave it out"
            yield (*at, "neighbourhood"), "is no neighbourhood of this scenario", remedy

    def _agrees(self, number: int, first: int, at: Path) -> Iterator[Problem]:
        """Check that the entries of one team, one for each group, agree in all but their people."""
        team, before = self.said.team[number], self.said.team[first]
        for key in ("body", "neighbourhood", "anchor_days"):
            mine, theirs = getattr(team, key), getattr(before, key)
            if key == "anchor_days":
                mine, theirs = sorted(mine.split()), sorted(theirs.split())
            if mine != theirs:
                shown = getattr(before, key) or "nothing"
                message = f"differs from what the team {team.team} says above, {shown}"
                yield (*at, key), message, "a team has one body, neighbourhood and set of days"

    def _called_like_bodies(self, first: dict[str, int], left: dict[str, int]) -> Iterator[Problem]:
        for name, number in first.items():
            if left.get(name, 0) > 0:
                message = (
                    f"is also the name of the body whose other {left[name]} people form a team"
                )
                yield (*AT, "team", number, "team"), message, "rename the team"


def _circle(name: str, ways: dict[str, list[str]]) -> list[str]:
    """Return a way from a neighbourhood that leads back to it; one without end ends in itself."""
    line: list[list[str]] = [[name]]
    seen = {name}
    for way in line:
        for other in ways.get(way[-1], ()):
            if other == name:
                return way
            if other not in seen:
                seen.add(other)
                line.append([*way, other])
    return []


def _twice(names: list[str], at: Path, what: str) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield (*at, number, "name"), f"is the name of two {what}", "give each its own name"


def _total(name: str, at: Path) -> Iterator[Problem]:
    if name == "total":
        yield at, "must not be total, the word for all of them together", "rename it"


def _meant(word: str, known: Collection[str], what: str) -> str:
    near = nearest(word, list(known))
    if near:
        return f"did you mean {near}?"
    return f"{what}: {_listed(list(known))}" if known else f"there are no {what}"


def _listed(names: list[str]) -> str:
    rest = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + rest
