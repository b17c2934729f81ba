"""A day in the office, event by event, compiled: the fast twin of ``sim.occupancy.processes``.

From the same visits it finds the same seat and leave time of every visit. Events wait in a wheel of
one slot a second, each slot a short list in the order in which the events of one instant go: people
leave, come back, go on a pause, bookings lapse, people come, people give up; within a kind by visit
number. Seconds that hold events, words of them that are not 0, workstations that are free and
neighbourhoods whose people wait are sets of bits, searched a word at a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.jit import inner, kernel, lane
from sim.kernels.bits import lowest_bit
from sim.kernels.visits import (
    NEVER,
    NOWHERE,
    OWN,
    SEATED,
    TURNED_AWAY,
    UNASSIGNED,
    Log,
    Site,
    Visits,
)

_LEAVE, _BACK, _AWAY, _LAPSE, _COME, _GIVE_UP = range(6)
_KINDS = 8  # with room for more: a power of two
_OUTSIDE, _WAITING, _AT_DESK, _AT_OWN, _ELSEWHERE, _DESK_GIVEN_UP, _GONE = range(7)

_WORD = 64
_ONE = np.uint64(1)
_NONE_SET = np.uint64(0)
_SIX = np.uint64(6)
_REST = np.uint64(63)
_BY_KIND = 28
_VISIT = (1 << _BY_KIND) - 1
"""An event is its kind times 2**28 and its visit: of two at one instant the lesser goes first."""

_PERSON = np.dtype(
    (
        np.record,  # has its fields as attributes where nothing is compiled, too
        [
            (name, np.int32)
            for name in (
                "stage",
                "home",
                "stay",
                "patience",
                "end",  # when the stay ends, NEVER before it begins
                "since",  # when the search for a workstation began
                "limit",  # when patience ends
                "turn",  # place in the waiting line
                "behind",  # who waits next at the same home
                "ahead",
                "place",
                "number",  # of the workstation, or of the one set aside
                "spell",  # where in the log the next one goes
                "pause",  # the next one
                "last_pause",  # the one after the last
                "room",  # the meeting room in use
            )
        ],
    )
)
"""Where somebody stands, in one line of the cache."""


class _Day(NamedTuple):
    """Scratch: where everything stands at the present instant."""

    people: np.ndarray  # _PERSON[visit]
    slot: np.ndarray  # int32[second], first event, -1 none
    after: np.ndarray  # int32[visit · kind], the next event of the same second
    busy: np.ndarray  # uint64[word], a bit for each second with events
    filled: np.ndarray  # uint64[word], a bit for each word of those that may not be 0
    free: np.ndarray  # uint64[neighbourhood, word], a bit for each free workstation
    first: np.ndarray  # int32[neighbourhood], who of its people waits longest
    last: np.ndarray  # int32[neighbourhood]
    lines: np.ndarray  # uint64[word], a bit for each neighbourhood whose people wait
    reached: np.ndarray  # uint64[neighbourhood, word], a bit for each one whose people look there
    rooms: np.ndarray  # int32[size class], free ones


@kernel
def simulate_days(visits: Visits, site: Site, log: Log) -> None:
    """Let the visits of each day happen.

    Parameters
    ----------
    visits : Visits
        Those of one day together; days know nothing of each other.
    site : Site
    log : Log
        Out: as ``sim.kernels.visits.new_log`` returns it, filled.
    """
    most = 0
    for day in range(visits.start.size - 1):
        most = max(most, visits.start[day + 1] - visits.start[day])
    places = site.reach.shape[0]
    desks = 1
    for day in range(site.workstations.shape[0]):
        for j in range(places):
            desks = max(desks, site.workstations[day, j])
    reached = np.zeros((places, (places + _WORD - 1) // _WORD), np.uint64)
    for home in range(places):
        for choice in range(site.reach.shape[1]):
            if site.reach[home, choice] >= 0:
                _put(reached[site.reach[home, choice]], home)
    state = _Day(
        np.empty(most, _PERSON),
        np.full(site.closing + 1, -1, np.int32),
        np.empty(most * _KINDS, np.int32),
        np.zeros(site.closing // _WORD + 1, np.uint64),
        np.zeros(site.closing // _WORD // _WORD + 1, np.uint64),
        np.empty((places, (desks + _WORD - 1) // _WORD), np.uint64),
        np.empty(places, np.int32),
        np.empty(places, np.int32),
        np.zeros(reached.shape[1], np.uint64),
        reached,
        np.empty(site.rooms.size, np.int32),
    )
    for day in range(visits.start.size - 1):
        _simulate_day(visits, site, day, state, log)


@inner
def _simulate_day(all_visits: Visits, site: Site, day: int, state: _Day, whole_log: Log) -> None:
    visits = _visits_of(all_visits, day)
    log = _log_of(whole_log, all_visits, day)
    _open(visits, site, site.workstations[day], state, log)
    turns = 0
    for top in range(state.filled.size):
        while state.filled[top] != _NONE_SET:
            word = top * _WORD + lowest_bit(state.filled[top])
            while state.busy[word] != _NONE_SET:
                now = word * _WORD + lowest_bit(state.busy[word])
                event = _take_event(state, now, word)
                turns = _happen(visits, site, log, state, event, now, turns)
            state.filled[top] &= state.filled[top] - _ONE


@lane
def _take_event(state: _Day, now: int, word: int) -> int:
    """Take the first event of an instant out of the wheel."""
    event = state.slot[now]
    state.slot[now] = _after(state, event)
    if state.slot[now] < 0:
        state.busy[word] &= state.busy[word] - _ONE
    return event


@lane
def _happen(
    visits: Visits, site: Site, log: Log, state: _Day, event: int, now: int, turns: int
) -> int:
    """Let an event happen, and return how many have joined the waiting line."""
    kind = event >> _BY_KIND
    v = event & _VISIT
    person = state.people[v]
    search = False
    if kind == _COME:
        search = True
    elif kind == _LEAVE:
        if person.stage == _GONE:
            return turns
        _leave(visits, site, log, state, v, now)
    elif kind == _AWAY:
        _go_away(visits, site, log, state, v, now)
    elif kind == _BACK:
        _give_room_back(state, v)
        search = person.stage == _DESK_GIVEN_UP
        if not search:
            _plan_pause(visits, log, state, v, now)
    elif kind == _GIVE_UP:
        _leave_line(state, v)
        log.waited[v] += now - person.since
        _give_up(visits, site, log, state, v, now)
    elif person.stage != _OUTSIDE:  # a booking whose holder has come
        return turns
    else:
        log.lapsed[v] = True
        number, person.number = person.number, NEVER
        _set_free(visits, site, log, state, person.home, number, now)
    log.events[0] += 1
    if search:
        turns = _search(visits, site, log, state, v, now, turns)
    return turns


@lane
def _visits_of(visits: Visits, day: int) -> Visits:
    """Return the part of one day; its pauses are numbered from the first of all days."""
    a, b = visits.start[day], visits.start[day + 1]
    p, q = visits.pause[a], visits.pause[b]
    return Visits(
        visits.start,
        visits.arrival[a:b],
        visits.due[a:b],
        visits.stay[a:b],
        visits.patience[a:b],
        visits.home[a:b],
        visits.booked[a:b],
        visits.shows[a:b],
        visits.remains[a:b],
        visits.pause[a : b + 1],
        visits.pause_start[p:q],
        visits.pause_length[p:q],
        visits.holds[p:q],
        visits.room[p:q],
    )


@lane
def _log_of(log: Log, visits: Visits, day: int) -> Log:
    a, b = visits.start[day], visits.start[day + 1]
    p, q = visits.pause[a], visits.pause[b]
    return Log(
        log.outcome[a:b],
        log.gone[a:b],
        log.waited[a:b],
        log.spells[a:b],
        log.seated[a + p : b + q],
        log.left[a + p : b + q],
        log.place[a + p : b + q],
        log.number[a + p : b + q],
        log.found[p:q],
        log.asked[p:q],
        log.away[p:q],
        log.lapsed[a:b],
        log.accepted[a:b],
        log.events[day : day + 1],
    )


@lane
def _open(visits: Visits, site: Site, desks: np.ndarray, state: _Day, log: Log) -> None:
    """Put everything in its place before the first visit: workstations, bookings, arrivals."""
    for j in range(desks.size):
        state.first[j] = -1
        state.last[j] = -1
        for w in range(state.free.shape[1]):
            here = min(max(desks[j] - w * _WORD, 0), _WORD)
            bits = ~_NONE_SET if here == _WORD else (_ONE << np.uint64(here)) - _ONE
            state.free[j, w] = bits
    for k in range(site.rooms.size):
        state.rooms[k] = site.rooms[k]
    for v in range(visits.arrival.size):
        person = state.people[v]
        person.stage = _OUTSIDE
        person.home = visits.home[v]
        person.stay = visits.stay[v]
        person.patience = visits.patience[v]
        person.end = NEVER
        person.room = NEVER
        person.number = NEVER
        person.pause = visits.pause[v] - visits.pause[0]
        person.last_pause = visits.pause[v + 1] - visits.pause[0]
        person.spell = person.pause + v
        if visits.booked[v] and person.home >= 0:
            person.number = _take(state, person.home)
            if person.number >= 0:
                log.accepted[v] = True
                lapse = visits.due[v] + site.lapse
                if site.lapse >= 0 and lapse < site.closing:
                    _schedule(state, _LAPSE, v, lapse)
        if visits.shows[v]:
            _schedule(state, _COME, v, visits.arrival[v])


@lane
def _search(visits: Visits, site: Site, log: Log, state: _Day, v: int, now: int, turns: int) -> int:
    """Look for a workstation, else join the waiting line; return how many have joined it."""
    person = state.people[v]
    home = person.home
    person.since = now
    if home == OWN:
        _seat(visits, site, log, state, v, now, OWN, -1)
        return turns
    if person.stage == _OUTSIDE and person.number >= 0:
        _seat(visits, site, log, state, v, now, home, person.number)
        return turns
    for choice in range(site.reach.shape[1]):
        place = site.reach[home, choice]
        if place < 0:
            break
        number = _take(state, place)
        if number >= 0:
            _seat(visits, site, log, state, v, now, place, number)
            return turns
    limit = min(now + person.patience, _until(site, person))
    if limit <= now:
        _give_up(visits, site, log, state, v, now)
        return turns
    person.stage = _WAITING
    person.limit = limit
    person.turn = turns
    _join_line(state, v)
    _schedule(state, _GIVE_UP, v, limit)
    return turns + 1


@lane
def _until(site: Site, person: Any) -> int:
    """Return when a search has to end: the first at closing, a later one when the stay does."""
    return site.closing if person.end == NEVER else person.end


@lane
def _seat(
    visits: Visits,
    site: Site,
    log: Log,
    state: _Day,
    v: int,
    now: int,
    place: int,
    number: int,
) -> None:
    person = state.people[v]
    spell = person.spell
    log.seated[spell] = now
    log.place[spell] = place
    log.number[spell] = number
    log.waited[v] += now - person.since
    log.spells[v] += 1
    person.spell = spell + 1
    person.place = place
    person.number = number
    person.stage = _AT_OWN if place == OWN else _AT_DESK
    if person.end == NEVER:
        log.outcome[v] = SEATED
        person.end = min(now + person.stay, site.closing)
        _schedule(state, _LEAVE, v, person.end)
    _plan_pause(visits, log, state, v, now)


@lane
def _give_up(visits: Visits, site: Site, log: Log, state: _Day, v: int, now: int) -> None:
    person = state.people[v]
    first_search = person.end == NEVER
    if not visits.remains[v]:
        person.stage = _GONE
        log.gone[v] = now
        if first_search:
            log.outcome[v] = TURNED_AWAY
        return
    person.stage = _ELSEWHERE
    person.place = NOWHERE
    if first_search:
        log.outcome[v] = UNASSIGNED
        person.end = min(now + person.stay, site.closing)
        if person.end == now:
            person.stage = _GONE
            log.gone[v] = now
            return
        _schedule(state, _LEAVE, v, person.end)
    _plan_pause(visits, log, state, v, now)


@lane
def _leave(visits: Visits, site: Site, log: Log, state: _Day, v: int, now: int) -> None:
    person = state.people[v]
    stage = person.stage
    person.stage = _GONE
    log.gone[v] = now
    _give_room_back(state, v)
    if stage == _WAITING:
        log.waited[v] += now - person.since
        _leave_line(state, v)
        _cancel(state, _GIVE_UP, v, person.limit)
    elif stage in (_AT_DESK, _AT_OWN):
        log.left[person.spell - 1] = now
        if stage == _AT_DESK:
            _set_free(visits, site, log, state, person.place, person.number, now)


@lane
def _go_away(visits: Visits, site: Site, log: Log, state: _Day, v: int, now: int) -> None:
    person = state.people[v]
    pause = person.pause
    person.pause = pause + 1
    if visits.room[pause] >= 0:
        log.asked[pause] = True
        for size in range(visits.room[pause], state.rooms.size):
            if state.rooms[size] > 0:
                state.rooms[size] -= 1
                person.room = size
                log.found[pause] = size
                break
    back = now + visits.pause_length[pause]
    log.away[pause] = min(back, person.end) - now
    if back < person.end:
        _schedule(state, _BACK, v, back)
    if not visits.holds[pause] and person.stage == _AT_DESK:
        log.left[person.spell - 1] = now
        person.stage = _DESK_GIVEN_UP
        _set_free(visits, site, log, state, person.place, person.number, now)


@lane
def _give_room_back(state: _Day, v: int) -> None:
    person = state.people[v]
    if person.room >= 0:
        state.rooms[person.room] += 1
        person.room = NEVER


@lane
def _plan_pause(visits: Visits, log: Log, state: _Day, v: int, now: int) -> None:
    """Find the next pause that is not missed and that somebody else could notice.

    One that keeps the workstation and asks for no room changes nothing for others: it is noted here
    and its two events need no turn.
    """
    person = state.people[v]
    pause, last = person.pause, person.last_pause
    free = now
    while pause < last:
        start = visits.pause_start[pause]
        if start >= free:
            if start >= person.end:
                break
            if visits.room[pause] >= 0 or (person.stage == _AT_DESK and not visits.holds[pause]):
                _schedule(state, _AWAY, v, start)
                break
            free = start + visits.pause_length[pause]
            log.away[pause] = min(free, person.end) - start
            log.events[0] += 1 if free >= person.end else 2
            if free >= person.end:
                pause = last
                break
        pause += 1
    person.pause = pause


@lane
def _set_free(
    visits: Visits, site: Site, log: Log, state: _Day, place: int, number: int, now: int
) -> None:
    """Give a workstation to who has waited longest of those who look there, or leave it free."""
    chosen = -1
    for word in range(state.lines.size):
        homes = state.lines[word] & state.reached[place, word]
        while homes != _NONE_SET:
            v = state.first[word * _WORD + lowest_bit(homes)]
            homes &= homes - _ONE
            while v >= 0 and _until(site, state.people[v]) <= now:
                v = state.people[v].behind
            if v >= 0 and (chosen < 0 or state.people[v].turn < state.people[chosen].turn):
                chosen = v
    if chosen < 0:
        _put(state.free[place], number)
        return
    _leave_line(state, chosen)
    _cancel(state, _GIVE_UP, chosen, state.people[chosen].limit)
    _seat(visits, site, log, state, chosen, now, place, number)


@lane
def _join_line(state: _Day, v: int) -> None:
    person = state.people[v]
    ahead = state.last[person.home]
    person.behind = -1
    person.ahead = ahead
    if ahead >= 0:
        state.people[ahead].behind = v
    else:
        state.first[person.home] = v
        _put(state.lines, person.home)
    state.last[person.home] = v


@lane
def _leave_line(state: _Day, v: int) -> None:
    person = state.people[v]
    ahead, behind = person.ahead, person.behind
    if ahead >= 0:
        state.people[ahead].behind = behind
    else:
        state.first[person.home] = behind
    if behind >= 0:
        state.people[behind].ahead = ahead
    else:
        state.last[person.home] = ahead
        if ahead < 0:
            _drop(state.lines, person.home)


@lane
def _take(state: _Day, place: int) -> int:
    """Take the free workstation of the lowest number, -1 if there is none."""
    for word in range(state.free.shape[1]):
        bits = state.free[place, word]
        if bits != _NONE_SET:
            state.free[place, word] = bits & (bits - _ONE)
            return word * _WORD + lowest_bit(bits)
    return -1


@lane
def _schedule(state: _Day, kind: int, v: int, at: int) -> None:
    """Put an event into its second, among those there by its rank."""
    event = kind << _BY_KIND | v
    other = state.slot[at]
    if other < 0 or event < other:
        state.slot[at] = event
        state.after[_KINDS * v + kind] = other
        _put(state.busy, at)
        _put(state.filled, at // _WORD)
        return
    behind = _after(state, other)
    while 0 <= behind < event:
        other = behind
        behind = _after(state, other)
    state.after[_KINDS * v + kind] = behind
    state.after[_place_of(other)] = event


@lane
def _cancel(state: _Day, kind: int, v: int, at: int) -> None:
    """Take an event out of its second."""
    event = kind << _BY_KIND | v
    other = state.slot[at]
    if other == event:
        state.slot[at] = state.after[_KINDS * v + kind]
        if state.slot[at] < 0:
            _drop(state.busy, at)
        return
    while _after(state, other) != event:
        other = _after(state, other)
    state.after[_place_of(other)] = state.after[_KINDS * v + kind]


@lane
def _after(state: _Day, event: int) -> int:
    return state.after[_place_of(event)]


@lane
def _place_of(event: int) -> int:
    return _KINDS * (event & _VISIT) + (event >> _BY_KIND)


@lane
def _put(bits: np.ndarray, at: int) -> None:
    bits[np.uint64(at) >> _SIX] |= _ONE << (np.uint64(at) & _REST)


@lane
def _drop(bits: np.ndarray, at: int) -> None:
    bits[np.uint64(at) >> _SIX] &= ~(_ONE << (np.uint64(at) & _REST))
