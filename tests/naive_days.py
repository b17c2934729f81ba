"""Slow, obvious twins of what happens within days: teams, visits, sums of a log, and queues.

As in ``naive``, nothing here is imported from the engine. A visit's luck is a function of a place
in its stream that returns the pair of numbers there.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np

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


# --- sums of a log --------------------------------------------------------------------------

NAMES = (
    "came",
    "found",
    "spilled",
    "elsewhere",
    "left",
    "waited",
    "wait",
    "displaced",
    "present",
    "above",
    "peak",
    "unmet_day",
    "over_day",
    "over_people",
    "held",
    "used",
    "capacity",
    "booked",
    "unused",
    "lapsed",
    "days",
)


class Summary(NamedTuple):
    sums: dict  # Counter of (neighbourhood or "whole", weekday) by name
    peak: dict  # Counter of (neighbourhood or "whole", day)
    unmet: dict
    present: np.ndarray  # [neighbourhood, weekday, slot], person-seconds
    held: np.ndarray
    rows: np.ndarray  # [4, row]
    team_days: np.ndarray  # [2, team]
    rooms: np.ndarray  # [2, size class]


def summary(visits, site, log, row, where, team, pool, first_day, working, rows, teams):
    """Return what a log adds up to, from a list of people at every second."""
    places = site.workstations.shape[1]
    slots = -(-site.closing // SLOT)
    found = Summary(
        {name: Counter() for name in NAMES},
        Counter(),
        Counter(),
        np.zeros((places, 5, slots), int),
        np.zeros((places, 5, slots), int),
        np.zeros((4, rows), int),
        np.zeros((2, teams), int),
        np.zeros((2, len(site.rooms)), int),
    )
    for day in range(len(site.workstations)):
        if working[first_day + day]:
            add_day(found, visits, site, log, row, where, team, pool, first_day, day)
    return found


def add_day(found, visits, site, log, row, where, team, pool, first_day, day):
    sums, weekday = found.sums, day % 5
    places = range(site.workstations.shape[1])
    everybody = range(visits.start[day], visits.start[day + 1])
    there = np.zeros((len(places), site.closing), int)  # who share, by home
    anybody = np.zeros_like(there)
    taken = np.zeros_like(there)
    used = np.zeros_like(there)
    people, unmet = Counter(), Counter()
    teams_here, teams_short = set(), set()
    for v in everybody:
        home, spot = visits.home[v], (visits.home[v], weekday)
        if log.accepted[v]:
            sums["booked"][spot] += 1
            sums["unused"][spot] += not visits.shows[v]
            sums["lapsed"][spot] += bool(log.lapsed[v])
        if not visits.shows[v]:
            continue
        seated = log.outcome[v] == SEATED
        found.rows[:3, row[v]] += 1, not seated, log.waited[v]
        if team[row[v]] >= 0:
            teams_here.add(team[row[v]])
            if not seated:
                teams_short.add(team[row[v]])
        inside = slice(visits.arrival[v], log.gone[v])
        anybody[where[row[v]] if home == OWN else home, inside] += 1
        pauses = range(visits.pause[v], visits.pause[v + 1])
        for k in pauses:
            if log.asked[k]:
                found.rooms[:, visits.room[k]] += 1, log.found[k] == NEVER
        if home == OWN:
            continue
        there[home, inside] += 1
        people[home] += 1
        unmet[home] += not seated
        first = visits.pause[v] + v
        spells = range(first, first + log.spells[v])
        spilled = seated and log.place[first] != home
        found.rows[3, row[v]] += spilled
        sums["came"][spot] += 1
        sums["found"][spot] += seated
        sums["spilled"][spot] += spilled
        sums["elsewhere"][spot] += log.outcome[v] == UNASSIGNED
        sums["left"][spot] += log.outcome[v] == TURNED_AWAY
        sums["waited"][spot] += log.waited[v] > 0
        sums["wait"][spot] += int(log.waited[v])
        sums["displaced"][spot] += seated and is_displaced(visits, site, log, v)
        here = np.zeros(site.closing, int)
        for k in pauses:
            if log.away[k] > 0:
                here[visits.pause_start[k] : visits.pause_start[k] + log.away[k]] = 1
        for k in spells:
            span = slice(log.seated[k], log.left[k])
            taken[log.place[k], span] += 1
            used[log.place[k], span] += 1 - here[span]
    found.team_days[0, list(teams_here)] += 1
    found.team_days[1, list(teams_short)] += 1
    by_slot = np.arange(site.closing) // SLOT
    stock = site.workstations[day]
    for j in places:
        found.present[j, weekday] += np.bincount(by_slot, anybody[j]).astype(int)
        found.held[j, weekday] += np.bincount(by_slot, taken[j]).astype(int)
        sums["held"][j, weekday] += taken[j].sum()
        sums["used"][j, weekday] += used[j].sum()
        sums["over_people"][j, weekday] += max(people[j] - stock[j], 0)
        sums["over_day"][j, weekday] += people[j] > stock[j]
    for j in [*places, "whole"]:
        crowd, desks = (there.sum(axis=0), stock.sum()) if j == "whole" else (there[j], stock[j])
        found.peak[j, first_day + day] = crowd.max()
        sums["present"][j, weekday] += crowd.sum()
        sums["above"][j, weekday] += (crowd > desks).sum()
        sums["peak"][j, weekday] += crowd.max()
        short = unmet.total() if j == "whole" else unmet[j]
        found.unmet[j, first_day + day] = short
        sums["unmet_day"][j, weekday] += short > 0
        sums["capacity"][j, weekday] += desks * site.closing
        sums["days"][j, weekday] += 1
    over = 0
    for q in set(pool):
        mine = [j for j in places if pool[j] == q]
        over += max(sum(people[j] for j in mine) - sum(stock[j] for j in mine), 0)
    sums["over_day"]["whole", weekday] += over > 0
    sums["over_people"]["whole", weekday] += over


def is_displaced(visits, site, log, v):
    """Tell whether the person came back from a pause and never had a workstation again.

    Each spell that did not last to the end of the stay was ended by a pause that gives up the
    workstation: the first of these pauses ended the first spell and so on.
    """
    first = visits.pause[v] + v
    last = first + log.spells[v] - 1
    end = min(log.seated[first] + visits.stay[v], site.closing)
    if log.left[last] == end:
        return False
    given_up = [
        k
        for k in range(visits.pause[v], visits.pause[v + 1])
        if log.away[k] != NEVER and not visits.holds[k]
    ]
    pause = given_up[log.spells[v] - 1]
    return visits.pause_start[pause] + log.away[pause] < end


# --- queues ---------------------------------------------------------------------------------


def refused(arrivals, stays, desks):
    """Tell who finds no desk free and goes away; at one instant people leave before others come."""
    ends, out = [], []
    for arrival, stay in zip(arrivals, stays, strict=True):
        while ends and ends[0] <= arrival:
            heapq.heappop(ends)
        out.append(len(ends) == desks)
        if not out[-1]:
            heapq.heappush(ends, arrival + stay)
    return out


def numbers(arrivals, stays, desks):
    """Return which desk each takes, the free one of the lowest number; -1 if none is free."""
    free, taken, out = list(range(desks)), [], []
    for arrival, stay in zip(arrivals, stays, strict=True):
        free = sorted(free + [number for end, number in taken if end <= arrival])
        taken = [(end, number) for end, number in taken if end > arrival]
        out.append(free.pop(0) if free else -1)
        if out[-1] >= 0:
            taken.append((arrival + stay, out[-1]))
    return out


def starts(arrivals, stays, desks):
    """Return when each is seated if all wait: at the desk that is free first (Kiefer-Wolfowitz)."""
    free, out = [0] * desks, []
    for arrival, stay in zip(arrivals, stays, strict=True):
        out.append(max(arrival, heapq.heappop(free)))
        heapq.heappush(free, out[-1] + stay)
    return out


def birth_and_death(up, down, most):
    """Return the long-run chances of 0 .. most people, who come and go at rates up(k), down(k)."""
    weights = [1.0]
    for k in range(most):
        weights.append(weights[-1] * up(k) / down(k + 1))
    return np.array(weights) / sum(weights)


def erlang_b(desks, load):
    """Return the share refused: a desk is free in all states but the last."""
    return birth_and_death(lambda _: load, lambda k: k, desks)[-1]


def erlang_c(desks, load):
    """Return the share who wait: Erlang B of those, with the line's geometric tail behind it."""
    loss = erlang_b(desks, load)
    return loss / (1 - load / desks * (1 - loss))
