"""Days in an office: made by hand, drawn at random, and read back from the log."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from sim.kernels.visits import NEVER, OWN, SEATED, Log, Site, Visits


class Break(NamedTuple):
    """A pause of a person."""

    start: int
    length: int
    holds: bool = False
    room: int = NEVER


class Person(NamedTuple):
    """A visit; due on arrival unless told otherwise."""

    arrival: int
    stay: int
    patience: int = 0
    home: int = 0
    booked: bool = False
    shows: bool = True
    remains: bool = False
    due: int | None = None
    pauses: tuple[Break, ...] = ()


class Story(NamedTuple):
    """What became of a visit: spells are (seated, left, place, number), rooms those asked for."""

    outcome: int = SEATED
    gone: int = NEVER
    waited: int = 0
    spells: tuple[tuple[int, int, int, int], ...] = ()
    rooms: tuple[int, ...] = ()
    accepted: bool = False
    lapsed: bool = False


def visits_of(*days: list[Person]) -> Visits:
    """Return the visits of some days."""
    people = [person for day in days for person in day]
    pauses = [pause for person in people for pause in person.pauses]

    def column(name, kind=np.int32, rows=people):
        return np.array([getattr(row, name) for row in rows], kind)

    def offsets(sizes):
        return np.cumsum([0, *sizes], dtype=np.int64)

    return Visits(
        start=offsets([len(day) for day in days]),
        arrival=column("arrival"),
        due=np.array([p.arrival if p.due is None else p.due for p in people], np.int32),
        stay=column("stay"),
        patience=column("patience"),
        home=column("home"),
        booked=column("booked", np.bool_),
        shows=column("shows", np.bool_),
        remains=column("remains", np.bool_),
        pause=offsets([len(person.pauses) for person in people]),
        pause_start=column("start", rows=pauses),
        pause_length=column("length", rows=pauses),
        holds=column("holds", np.bool_, pauses),
        room=column("room", rows=pauses),
    )


def site_of(workstations, reach=((0,),), rooms=(), closing=100, lapse=NEVER) -> Site:
    """Return a site that is the same each day unless ``workstations`` has a row for each."""
    choices = max(len(row) for row in reach)
    return Site(
        closing=closing,
        lapse=lapse,
        workstations=np.atleast_2d(np.array(workstations, np.int32)),
        reach=np.array([[*row] + [-1] * (choices - len(row)) for row in reach], np.int32),
        rooms=np.array(rooms, np.int32),
    )


def spells_of(visits: Visits, log: Log, visit: int) -> tuple[tuple[int, int, int, int], ...]:
    """Return when and where somebody was seated."""
    first = visits.pause[visit] + visit
    spells = range(first, first + log.spells[visit])
    columns = (log.seated, log.left, log.place, log.number)
    return tuple(tuple(int(column[k]) for column in columns) for k in spells)


def stories(visits: Visits, log: Log) -> list[Story]:
    """Return what became of each visit."""
    found = []
    for v in range(visits.arrival.size):
        pauses = range(visits.pause[v], visits.pause[v + 1])
        found.append(
            Story(
                outcome=int(log.outcome[v]),
                gone=int(log.gone[v]),
                waited=int(log.waited[v]),
                spells=spells_of(visits, log, v),
                rooms=tuple(int(log.found[k]) for k in pauses if log.asked[k]),
                accepted=bool(log.accepted[v]),
                lapsed=bool(log.lapsed[v]),
            )
        )
    return found


@st.composite
def random_days(draw, days=3, people=24):
    """Draw Visits and their Site: few workstations, and many things at the same second.

    Numbers of days and people shrink; what the people do follows from a seed, so that days are as
    full of events as chance makes them.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.lists(st.integers(0, people), min_size=1, max_size=days))
    closing = int(rng.choice([3_600, 10_800]))
    neighbourhoods, classes = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    site = site_of(
        rng.integers(0, 4, (len(sizes), neighbourhoods)),
        [random_reach(rng, home, neighbourhoods) for home in range(neighbourhoods)],
        rng.integers(0, 3, classes),
        closing,
        int(rng.choice([NEVER, 0, 600, 1_200, 1_201])),
    )
    everybody = [
        [random_person(rng, closing, neighbourhoods, classes) for _ in range(size)]
        for size in sizes
    ]
    return visits_of(*everybody), site


def random_reach(rng, home, neighbourhoods):
    """Return where to look: the own neighbourhood, then some of the others in any order."""
    others = rng.permutation([place for place in range(neighbourhoods) if place != home])
    return [home, *(int(place) for place in others[: rng.integers(0, others.size + 1)])]


def random_time(rng, least, most):
    """Return a time, mostly a multiple of ten minutes."""
    if rng.random() < 0.25:
        return int(rng.integers(least, most + 1))
    return 600 * int(rng.integers(-(-least // 600), most // 600 + 1))


def random_person(rng, closing, neighbourhoods, classes):
    """Return a visit, whose pauses begin from a little before its arrival on."""
    arrival = random_time(rng, 0, closing - 1)
    booked = rng.random() < 0.4
    pauses = [
        Break(
            start=max(arrival + random_time(rng, -600, 6_000), 0),
            length=random_time(rng, 0, 1_200),
            holds=rng.random() < 0.3,
            room=int(rng.integers(NEVER, classes)),
        )
        for _ in range(rng.integers(0, 5))
    ]
    return Person(
        arrival=arrival,
        stay=random_time(rng, 1 if rng.random() < 0.3 else 3_000, closing),
        patience=random_time(rng, 0, 1_200) if rng.random() < 0.7 else closing,
        home=int(rng.choice([*range(neighbourhoods)] * 3 + [OWN])),
        booked=booked,
        shows=not booked or rng.random() < 0.7,
        remains=rng.random() < 0.5,
        due=arrival if rng.random() < 0.5 else random_time(rng, 0, closing - 1),
        pauses=tuple(sorted(pauses, key=lambda pause: pause.start)),
    )
