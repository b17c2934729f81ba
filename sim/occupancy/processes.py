"""A day in the office as SimPy processes, one for each visit: the reference of the compiled day.

Somebody comes, looks for a workstation, waits for one if there is none, works with pauses and
leaves. Each day has its own clock, in whole seconds after opening. What happens at the same second
is in the order of the kinds below and then of the visits; everything else that SimPy does at that
second (starting a process, handing over a workstation) comes before, as part of what caused it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import simpy
from simpy.events import NORMAL, Event, EventPriority

from sim.kernels.visits import (
    NEVER,
    OWN,
    SEATED,
    TURNED_AWAY,
    UNASSIGNED,
    Log,
    Site,
    Visits,
    new_log,
)
from sim.occupancy.places import (
    OWN_WORKSTATION,
    Neighbourhood,
    Rooms,
    Waiting,
    WaitingLine,
    Workstation,
)

LEAVE, BACK, AWAY, LAPSE, COME, GIVE_UP = range(6)

Steps = Generator[Event, Any, None]


class Pause(NamedTuple):
    """A time away from the workstation."""

    where: int  # in the log
    start: int
    length: int
    holds: bool
    room: int


@dataclass(frozen=True)
class Plan:
    """What somebody intends to do on a day (``sim.kernels.visits``)."""

    where: int  # in the log
    first_spell: int  # in the log
    arrival: int
    due: int
    stay: int
    patience: int
    home: int
    booked: bool
    shows: bool
    remains: bool
    pauses: tuple[Pause, ...]


class Moment(Event):
    """Something that happens at a given time, by priority among what happens then."""

    def __init__(self, env: simpy.Environment, time: int, priority: int) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, EventPriority(priority), time - env.now)


class Day:
    """One day: its clock, its places, and those who wait for one."""

    def __init__(self, site: Site, workstations: Iterable[int], visits: int) -> None:
        self.env = simpy.Environment()
        self.closing = int(site.closing)
        self.lapse = int(site.lapse)
        self.reach = [[int(place) for place in row if place >= 0] for row in site.reach]
        self.neighbourhoods = [
            Neighbourhood(place, int(count)) for place, count in enumerate(workstations)
        ]
        self.rooms = Rooms(site.rooms)
        self.line = WaitingLine()
        self.visits = visits
        self.events = 0

    @property
    def now(self) -> int:
        """The time in seconds after opening."""
        return int(self.env.now)

    def find(self, home: int) -> Workstation | None:
        """Take a free workstation in the nearest neighbourhood that has one."""
        for place in self.reach[home]:
            workstation = self.neighbourhoods[place].take()
            if workstation is not None:
                return workstation
        return None

    def release(self, workstation: Workstation) -> None:
        """Hand a workstation to whoever has waited longest for it, or let it be free."""
        waiting = self.line.call(workstation.place, self.now)
        if waiting is None:
            self.neighbourhoods[workstation.place].give_back(workstation)
        else:
            waiting.turn.succeed(workstation)


class Visit:
    """One visit: somebody with a plan, and what becomes of it."""

    def __init__(self, day: Day, number: int, plan: Plan, log: Log) -> None:
        self.day = day
        self.number = number
        self.plan = plan
        self.log = log
        self.booking: Workstation | None = None
        self.workstation: Workstation | None = None
        self.room = NEVER
        self.end = NEVER
        self.pauses = deque(plan.pauses)

    def book(self) -> None:
        """Set a workstation aside at home, if one is left."""
        if self.plan.booked and self.plan.home >= 0:
            self.booking = self.day.neighbourhoods[self.plan.home].take()
            self.log.accepted[self.plan.where] = self.booking is not None

    def begin(self) -> None:
        """Start what is to happen on this day."""
        if self.plan.shows:
            self.day.env.process(self.attend())
        lapses = self.plan.due + self.day.lapse
        if self.booking is not None and self.day.lapse != NEVER and lapses < self.day.closing:
            self.day.env.process(self.let_booking_lapse(lapses))

    def let_booking_lapse(self, time: int) -> Steps:
        """Give the booked workstation to others if nobody has come for it by then."""
        yield self.moment(LAPSE, time)
        if self.booking is not None:
            self.day.events += 1
            self.log.lapsed[self.plan.where] = True
            booking, self.booking = self.booking, None
            self.day.release(booking)

    def attend(self) -> Steps:
        """Come, find a workstation, work and leave."""
        yield from self.until(COME, self.plan.arrival)
        yield from self.look_for_workstation(self.day.closing)
        yield from self.work()
        if self.day.now < self.end:
            yield from self.until(LEAVE, self.end)
        self.leave()

    def look_for_workstation(self, until: int) -> Steps:
        """Sit down at a workstation, at once or after waiting, or do without."""
        since = self.day.now
        workstation = self.own_workstation() or self.day.find(self.plan.home)
        if workstation is None:
            workstation = yield from self.wait(until)
        self.log.waited[self.plan.where] += self.day.now - since
        if workstation is None:
            self.do_without()
        else:
            self.sit_down(workstation)

    def own_workstation(self) -> Workstation | None:
        """Return the workstation that nobody else may take: one's own, or the booked one."""
        if self.plan.home == OWN:
            return OWN_WORKSTATION
        booking, self.booking = self.booking, None
        return booking

    def wait(self, until: int) -> Generator[Event, Any, Workstation | None]:
        """Wait in the line until called, out of patience, or at the end of the stay.

        Leaving would come before giving up at that second; as nobody is called whose time is over,
        it is the same.
        """
        limit = min(self.day.now + self.plan.patience, until)
        if limit == self.day.now:
            return None
        waiting = Waiting(self.day.env.event(), self.day.reach[self.plan.home], until)
        self.day.line.join(waiting)
        yield waiting.turn | self.moment(GIVE_UP, limit)
        if waiting.turn.triggered:
            return cast(Workstation, waiting.turn.value)
        self.day.events += 1
        self.day.line.leave(waiting)
        return None

    def sit_down(self, workstation: Workstation) -> None:
        """Begin a spell at a workstation; the first one decides when to leave."""
        if self.end == NEVER:
            self.stay_as(SEATED)
        self.workstation = workstation
        spell = self.next_spell()
        self.log.seated[spell] = self.day.now
        self.log.place[spell], self.log.number[spell] = workstation
        self.log.spells[self.plan.where] += 1

    def do_without(self) -> None:
        """Work in an unassigned place, or leave."""
        if self.end == NEVER:
            self.stay_as(UNASSIGNED if self.plan.remains else TURNED_AWAY)
        if not self.plan.remains:
            self.end = self.day.now

    def stay_as(self, outcome: int) -> None:
        """Note what the search came to, and when the stay that begins now ends."""
        self.log.outcome[self.plan.where] = outcome
        self.end = min(self.day.now + self.plan.stay, self.day.closing)

    def work(self) -> Steps:
        """Work until the end with pauses in between, of which the last may go on to the end."""
        while (pause := self.next_pause()) is not None:
            yield from self.until(AWAY, pause.start)
            self.take_room(pause)
            gave_up = self.workstation not in (None, OWN_WORKSTATION) and not pause.holds
            if gave_up:
                self.give_up_workstation()
            back = pause.start + pause.length
            self.log.away[pause.where] = min(back, self.end) - self.day.now
            if back >= self.end:
                return
            yield from self.until(BACK, back)
            self.give_back_room()
            if gave_up:
                yield from self.look_for_workstation(self.end)

    def next_pause(self) -> Pause | None:
        """Return the next pause before the end; those that have begun without it are missed."""
        while self.pauses and self.pauses[0].start < self.day.now:
            self.pauses.popleft()
        if self.pauses and self.pauses[0].start < self.end:
            return self.pauses.popleft()
        return None

    def take_room(self, pause: Pause) -> None:
        """Take the room asked for, or a larger one; without one the meeting is elsewhere."""
        if pause.room != NEVER:
            self.room = self.day.rooms.take(pause.room)
            self.log.asked[pause.where] = True
            self.log.found[pause.where] = self.room

    def give_back_room(self) -> None:
        """Give back the room, if one is in use."""
        if self.room != NEVER:
            self.day.rooms.give_back(self.room)
            self.room = NEVER

    def give_up_workstation(self) -> None:
        """End the spell, if there is one, and free its workstation unless it is one's own."""
        workstation, self.workstation = self.workstation, None
        if workstation is not None:
            self.log.left[self.next_spell() - 1] = self.day.now
            if workstation != OWN_WORKSTATION:
                self.day.release(workstation)

    def leave(self) -> None:
        """Leave the building and everything in it."""
        self.give_back_room()
        self.give_up_workstation()
        self.log.gone[self.plan.where] = self.day.now

    def next_spell(self) -> int:
        """Return where in the log the next spell goes."""
        return self.plan.first_spell + int(self.log.spells[self.plan.where])

    def moment(self, kind: int, time: int) -> Moment:
        """Return something that happens to this visit, in its place among all at that time."""
        priority = NORMAL + 1 + kind * self.day.visits + self.number
        return Moment(self.day.env, time, priority)

    def until(self, kind: int, time: int) -> Steps:
        """Go on until something happens that nothing can prevent."""
        yield self.moment(kind, time)
        self.day.events += 1


def simulate_days(visits: Visits, site: Site) -> Log:
    """Let every day take its course.

    Parameters
    ----------
    visits : Visits
        Who comes, when, and what for.
    site : Site
        Where they go.

    Returns
    -------
    Log
        What became of every visit.
    """
    log = new_log(visits)
    for day in range(visits.start.size - 1):
        log.events[day] = simulate_day(visits, site, day, log)
    return log


def simulate_day(visits: Visits, site: Site, day: int, log: Log) -> int:
    """Let one day take its course, write it into the log, and return how many events it had."""
    indices = range(int(visits.start[day]), int(visits.start[day + 1]))
    office = Day(site, site.workstations[day], len(indices))
    people = [
        Visit(office, number, read_plan(visits, index), log) for number, index in enumerate(indices)
    ]
    for person in people:
        person.book()
    for person in people:
        person.begin()
    office.env.run()
    return office.events


def read_plan(visits: Visits, where: int) -> Plan:
    """Return what one visit is meant to be."""
    first, last = int(visits.pause[where]), int(visits.pause[where + 1])
    return Plan(
        where=where,
        first_spell=first + where,
        arrival=int(visits.arrival[where]),
        due=int(visits.due[where]),
        stay=int(visits.stay[where]),
        patience=int(visits.patience[where]),
        home=int(visits.home[where]),
        booked=bool(visits.booked[where]),
        shows=bool(visits.shows[where]),
        remains=bool(visits.remains[where]),
        pauses=tuple(read_pause(visits, pause) for pause in range(first, last)),
    )


def read_pause(visits: Visits, where: int) -> Pause:
    """Return what one pause is meant to be."""
    return Pause(
        where=where,
        start=int(visits.pause_start[where]),
        length=int(visits.pause_length[where]),
        holds=bool(visits.holds[where]),
        room=int(visits.room[where]),
    )
