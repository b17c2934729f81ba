"""Days in an office that every side simulates: the visits, the site, and the check of agreement.

The day that is timed against peers is plain: one pool, no pauses, no bookings; people come within
three hours of opening, wait for a workstation at most an hour and go home if they get none. Their
times are such that a person coming, one leaving and one giving up never meet at one second, so the
order of events, on which sides may differ, is not in question. The other days are for our side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from benchmarks.jobs import DisagreementError
from sim import streams
from sim.kernels.arrivals import MOST_MEETINGS, TABLE, Habits, Rows
from sim.kernels.visits import NEVER, SEATED, TURNED_AWAY, Log, Site, Visits

PEOPLE = 200
WORKSTATIONS = 160
CLOSING = 36_000
ERLANGS, SERVERS = 25, 30
"""The loss system: mean service is 1,000 seconds."""
SERVICE = 1_000

_HOUR, _MINUTE = 3_600.0, 60.0
_STEP, _LEAVES, _GIVES_UP = 8, 1, 4


class Office(NamedTuple):
    """What is needed to draw days and to simulate them."""

    rows: Rows
    habits: Habits
    site: Site


def office(
    days: int, people: int = PEOPLE, places: int = 1, pauses: bool = False, books: bool = False
) -> Office:
    """Return an office of so many people a day and neighbourhoods.

    Without pauses and bookings it is the plain day. With pauses four people in five go for lunch
    and everybody has a meeting on average, half of which ask for one of a few rooms; with bookings
    half of the people book, and one booking in ten is not used.
    """
    here = np.diff(np.linspace(0, people, places + 1).round()).astype(np.int64)
    desks = np.maximum(here * WORKSTATIONS // PEOPLE, 1)
    rows = Rows(
        key=np.array([streams.stream_key(f"place/{j}") for j in range(places)], np.uint64),
        home=np.arange(places, dtype=np.int32),
        schedule=np.ones((places, 1)),
        present=np.repeat(here[:, None], days, axis=1).astype(np.int32),
    )
    nearest = (np.arange(places)[:, None] + np.arange(places)) % places
    site = Site(
        closing=CLOSING,
        lapse=900 if books else NEVER,
        workstations=np.repeat(desks[None], days, axis=0).astype(np.int32),
        reach=nearest.astype(np.int32),
        rooms=np.full(2 * pauses, max(people // 40, 1), np.int32),
    )
    return Office(rows, _habits(pauses, books), site)


def _habits(pauses: bool, books: bool) -> Habits:
    u = (np.arange(TABLE) + 0.5) / TABLE
    meetings = special.pdtr(np.arange(MOST_MEETINGS + 1), 1.0) if pauses else np.ones(1)
    coming = np.clip(_HOUR * (1.0 + 0.6 * special.ndtri(u)), 0.0, 3 * _HOUR)
    patience = np.minimum(-20 * _MINUTE * np.log1p(-u), _HOUR - _STEP)
    return Habits(
        closing=CLOSING,
        arrival=_stepped(coming)[None],
        stay=_stepped(_HOUR * (1.0 + 7.0 * u))[None] + np.int32(_LEAVES),
        patience=_stepped(patience) + np.int32(_GIVES_UP),
        remains=0.0,
        lunch=0.8 * pauses,
        lunch_start=_stepped(_HOUR * (4.0 + u)),
        lunch_length=_stepped(_MINUTE * (30 + 30 * u)),
        lunch_holds=0.5,
        meetings=meetings,
        meeting_length=_stepped(_MINUTE * (15 + 75 * u)),
        meeting_people=(2 + 8 * u).astype(np.int32),
        meeting_holds=0.5,
        seats=np.array([4, 10] if pauses else [], np.int32),
        booked=0.5 * books,
        no_show=0.1 * books,
        late=_stepped(20 * _MINUTE * u),
    )


def _stepped(times: np.ndarray) -> np.ndarray:
    return (_STEP * (times // _STEP)).astype(np.int32)


class Plain(NamedTuple):
    """What a plain day comes to: every side writes the same, by visit."""

    seated: list[int]  # NEVER for those who found no workstation
    gone: list[int]


def plain(log: Log) -> Plain:
    """Return what the log says of plain days."""
    return Plain(np.where(log.outcome == SEATED, log.seated, NEVER).tolist(), log.gone.tolist())


def check_same(ours: Plain, theirs: Plain, who: str) -> None:
    """Refuse to go on unless everybody is seated and leaves at the same second.

    Raises
    ------
    DisagreementError
    """
    for name, a, b in zip(ours._fields, ours, theirs, strict=True):
        differing = [v for v, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        if differing:
            v = differing[0]
            raise DisagreementError(
                f"{name!r} of {len(differing)} of {len(a)} visits differs from {who}, first of "
                f"visit {v}: {a[v]} and {b[v]}; nothing was timed"
            )


def loss_system(seed: int, days: int) -> tuple[Visits, Site]:
    """Draw the customers of a loss system with NumPy, in seconds; it is empty every morning."""
    rng = np.random.default_rng(seed)
    many = int(1.2 * CLOSING * ERLANGS / SERVICE) + 60
    times = np.cumsum(rng.exponential(SERVICE / ERLANGS, (days, many)), axis=1)
    today = times < CLOSING
    arrival = times[today].astype(np.int32)
    count = arrival.size
    none, no = np.zeros(count, np.int32), np.zeros(count, np.bool_)
    visits = Visits(
        start=np.concatenate([[0], np.cumsum(today.sum(axis=1))]),
        arrival=arrival,
        due=arrival,
        stay=np.maximum(np.rint(rng.exponential(SERVICE, count)), 1).astype(np.int32),
        patience=none,
        home=none,
        booked=no,
        shows=~no,
        remains=no,
        pause=np.zeros(count + 1, np.int64),
        pause_start=none[:0],
        pause_length=none[:0],
        holds=no[:0],
        room=none[:0],
    )
    desks, reach = np.full((days, 1), SERVERS, np.int32), np.zeros((1, 1), np.int32)
    return visits, Site(CLOSING, NEVER, desks, reach, np.zeros(0, np.int32))


class Customers(NamedTuple):
    """What a loss system comes to, by day."""

    events: np.ndarray  # people who come and people who are served by the evening
    lost: np.ndarray  # share of those who come


def customers(visits: Visits, log: Log) -> Customers:
    """Return what the log says of a loss system."""
    first = visits.start[:-1]
    came = np.diff(visits.start)
    lost = np.add.reduceat(log.outcome == TURNED_AWAY, first, dtype=np.int64)
    served = np.add.reduceat(log.gone < CLOSING, first, dtype=np.int64) - lost
    return Customers(came + served, lost / came)


def check_alike(ours: Customers, theirs: Customers, who: str) -> None:
    """Refuse to go on unless both lose the same share within five standard errors.

    Raises
    ------
    DisagreementError
    """
    gap = abs(ours.lost.mean() - theirs.lost.mean())
    error = np.sqrt(sum(found.lost.var(ddof=1) / found.lost.size for found in (ours, theirs)))
    if gap > 5 * error:
        raise DisagreementError(
            f"share lost differs from that of {who}: {ours.lost.mean():.4f} and "
            f"{theirs.lost.mean():.4f}, standard error {error:.4f}; nothing was timed"
        )


def erlang_b(servers: int = SERVERS, erlangs: float = ERLANGS) -> float:
    """Return the share of customers that a loss system loses in the long run."""
    lost = 1.0
    for n in range(1, servers + 1):
        lost = erlangs * lost / (n + erlangs * lost)
    return lost
