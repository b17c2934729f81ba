"""Slow, obvious twins of what happens within days: teams, visits, sums of a log, and queues.

As in ``naive``, nothing here is imported from the engine. A visit's luck is a function of a place
in its stream that returns the pair of numbers there.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

SEATED, UNASSIGNED, TURNED_AWAY, NO_SHOW = range(4)
OWN, NEVER, ANY = -1, -1, -3
SLOT = 900


# --- teams ----------------------------------------------------------------------------------


def marked_chances(marked, others, drawn, odds=1):
    """Return [P(x marked people are drawn)] for x = 0 .. drawn, exactly.

    Every set of people is drawn with a chance in proportion to the product of its members' odds.
    """
    odds = Fraction(odds)
    ways = [math.comb(marked, x) * math.comb(others, drawn - x) for x in range(drawn + 1)]
    weights = [way * odds**x for x, way in enumerate(ways)]
    return [weight / sum(weights) for weight in weights]


def team_chances(sizes, total, odds=None):
    """Return {people of each team: probability} by writing down every set of ``total`` people.

    ``odds`` are those of each team's members; everybody is as likely as the others without.
    """
    odds = odds or [1] * len(sizes)
    people = [team for team, size in enumerate(sizes) for _ in range(size)]
    weights = Counter()
    for chosen in combinations(people, total):
        counts = tuple(chosen.count(team) for team in range(len(sizes)))
        weights[counts] += math.prod(odds[team] for team in chosen)
    whole = sum(weights.values())
    return {counts: weight / whole for counts, weight in weights.items()}


# --- visits ---------------------------------------------------------------------------------


class Pause(NamedTuple):
    start: int
    length: int
    holds: bool
    room: int


class Visit(NamedTuple):
    arrival: int
    due: int
    stay: int
    patience: int
    home: int
    booked: bool
    shows: bool
    remains: bool
    pauses: tuple[Pause, ...]


def entry(table, u):
    """Return the entry of a table at u."""
    return int(table[int(u * len(table))])


def first_at_least(cumulative, u):
    """Return the first index whose cumulative chance reaches u."""
    return next(i for i, chance in enumerate(cumulative) if u <= chance)


def visits_of_person(luck, home, schedules, habits, nearby):
    """Return the visit of one person, and after it the bookings that nobody uses.

    Parameters
    ----------
    luck : callable
        Pair of numbers at a place of the person's: 0 schedule and arrival, 1 stay and patience,
        2 remains and lunch, 3 times of lunch, 4 meetings, 5 booking and being late, 6 bookings in
        vain and the neighbourhood of a visitor, 8 + 2m and 9 + 2m meeting m.
    home : int
    schedules : sequence of float
        Cumulative chances.
    habits : object
        With the attributes of the engine's ``Habits``.
    nearby : sequence of float
        Cumulative shares of the neighbourhoods.
    """
    schedule = first_at_least(schedules, luck(0)[0])
    due = entry(habits.arrival[schedule], luck(0)[1])
    stay = entry(habits.stay[schedule], luck(1)[0])
    booked = home >= 0 and luck(5)[0] < habits.booked
    late = entry(habits.late, luck(5)[1]) if booked else 0
    arrival = min(due + late, habits.closing - 1)
    visit = Visit(
        arrival,
        due,
        stay,
        entry(habits.patience, luck(1)[1]),
        first_at_least(nearby, luck(6)[1]) if home == ANY else home,
        booked,
        True,
        luck(2)[0] < habits.remains,
        tuple(sorted(pauses_of_person(luck, arrival, stay, habits), key=lambda p: p.start)),
    )
    vain = 0
    while booked and luck(6)[0] <= habits.no_show ** (vain + 1):
        vain += 1
    unused = Visit(due, due, stay, 0, visit.home, True, False, False, ())
    return [visit] + [unused] * vain


def pauses_of_person(luck, arrival, stay, habits):
    """Return lunch, if the person goes there, and the meetings."""
    pauses = []
    goes = luck(2)[1]
    if goes < habits.lunch:
        start, length = luck(3)
        pauses.append(
            Pause(
                entry(habits.lunch_start, start),
                entry(habits.lunch_length, length),
                goes < habits.lunch * habits.lunch_holds,
                NEVER,
            )
        )
    meetings = sum(luck(4)[0] > chance for chance in habits.meetings[:-1])
    for m in range(meetings):
        (when, length), (size, holds) = luck(8 + 2 * m), luck(9 + 2 * m)
        pauses.append(
            Pause(
                arrival + int(when * stay),
                entry(habits.meeting_length, length),
                holds < habits.meeting_holds,
                room_asked_for(size, habits),
            )
        )
    return pauses


def room_asked_for(u, habits):
    """Return the least room with seats enough, else the largest; NEVER if another one asks."""
    people = entry(habits.meeting_people, u)
    part = u * len(habits.meeting_people) % 1
    if len(habits.seats) == 0 or part * people >= 1:
        return NEVER
    fits = [size for size, seats in enumerate(habits.seats) if seats >= people]
    return fits[0] if fits else len(habits.seats) - 1


def shuffled(people, luck):
    """Return people in random order: each changes places with one of those before, or nobody."""
    order = []
    for n, person in enumerate(people):
        order.append(person)
        j = int(luck(n) * (n + 1))
        order[j], order[n] = order[n], order[j]
    return order
