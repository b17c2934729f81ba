"""A day in the office, event by event, compiled: the fast twin of ``sim.occupancy.processes``.

From the same visits it finds the same seat and leave time of every visit. Events wait in a wheel of
one slot a second, each slot a short list in the order in which the events of one instant go: people
leave, come back, go on a pause, bookings lapse, people come, people give up; within a kind by visit
number. A bit for each second that holds events, and one for each workstation that is free, are
searched a word at a time.
"""

from __future__ import annotations

from typing import NamedTuple

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

_LEAVE, _BACK, _AWAY, _LAPSE, _COME, _GIVE_UP, _KINDS = range(7)
_OUTSIDE, _WAITING, _AT_DESK, _AT_OWN, _ELSEWHERE, _DESK_GIVEN_UP, _GONE = range(7)

_WORD = 64
_ONE = np.uint64(1)
_NONE_SET = np.uint64(0)


class _Day(NamedTuple):
    """Scratch: where everything stands at the present instant."""

    slot: np.ndarray  # int32[second], first event, -1 none
    after: np.ndarray  # int32[kind · visit], the next event of the same second
    busy: np.ndarray  # uint64[word], a bit for each second with events
    free: np.ndarray  # uint64[neighbourhood, word], a bit for each free workstation
    stage: np.ndarray  # int32[visit]
    end: np.ndarray  # int32[visit], when the stay ends
    since: np.ndarray  # int32[visit], when the search for a workstation began
    limit: np.ndarray  # int32[visit], when patience ends
    turn: np.ndarray  # int32[visit], place in the waiting line
    place: np.ndarray  # int32[visit]
    number: np.ndarray  # int32[visit], of the workstation, or of the one set aside
    pause: np.ndarray  # int64[visit], the next pause
    room: np.ndarray  # int32[visit], the meeting room in use
    behind: np.ndarray  # int32[visit], who waits next at the same home
    ahead: np.ndarray  # int32[visit]
    first: np.ndarray  # int32[neighbourhood], who of its people waits longest
    last: np.ndarray  # int32[neighbourhood]
    reached: np.ndarray  # bool[neighbourhood, neighbourhood], whether people of the second look
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
    reached = np.zeros((places, places), np.bool_)
    for home in range(places):
        for choice in range(site.reach.shape[1]):
            if site.reach[home, choice] >= 0:
                reached[site.reach[home, choice], home] = True
    state = _Day(
        np.full(site.closing + 1, -1, np.int32),
        np.empty(_KINDS * most, np.int32),
        np.zeros(site.closing // _WORD + 1, np.uint64),
        np.empty((places, (desks + _WORD - 1) // _WORD), np.uint64),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.int64),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(places, np.int32),
        np.empty(places, np.int32),
        reached,
        np.empty(site.rooms.size, np.int32),
    )
    for day in range(visits.start.size - 1):
        log.events[day] = _simulate_day(visits, site, day, state, log)


@inner
def _simulate_day(visits: Visits, site: Site, day: int, state: _Day, log: Log) -> int:
    """Simulate one day and return how many events there were."""
    v0 = visits.start[day]
    count = visits.start[day + 1] - v0
    _open(visits, site, day, state, log)
    events = 0
    turns = 0
    word = 0
    while word < state.busy.size:
        bits = state.busy[word]
        if bits == _NONE_SET:
            word += 1
            continue
        now = word * _WORD + lowest_bit(bits)
        event = state.slot[now]
        state.slot[now] = state.after[event]
        if state.slot[now] < 0:
            state.busy[word] = bits & (bits - _ONE)
        kind = event // count
        v = event - kind * count
        stage = state.stage[v]
        events += 1
        search = False
        if kind == _COME:
            search = True
        elif kind == _LEAVE:
            if stage == _GONE:
                events -= 1
            else:
                _leave(visits, site, log, state, v0, count, v, now)
        elif kind == _AWAY:
            _go_away(visits, site, log, state, v0, count, v, now)
        elif kind == _BACK:
            _give_room_back(state, v)
            search = stage == _DESK_GIVEN_UP
            if not search:
                _plan_pause(visits, state, v0, count, v, now)
        elif kind == _GIVE_UP:
            _leave_line(state, visits.home[v0 + v], v)
            log.waited[v0 + v] += now - state.since[v]
            _give_up(visits, site, log, state, v0, count, v, now)
        elif stage != _OUTSIDE:  # a booking whose holder has come
            events -= 1
        else:
            log.lapsed[v0 + v] = True
            home = visits.home[v0 + v]
            _set_free(visits, site, log, state, v0, count, home, state.number[v], now)
        if search:
            turns = _search(visits, site, log, state, v0, count, v, now, turns)
    return events


@lane
def _open(visits: Visits, site: Site, day: int, state: _Day, log: Log) -> None:
    """Put everything in its place before the first visit: workstations, bookings, arrivals."""
    v0 = visits.start[day]
    count = visits.start[day + 1] - v0
    for j in range(state.free.shape[0]):
        state.first[j] = -1
        state.last[j] = -1
        left = site.workstations[day, j]
        for w in range(state.free.shape[1]):
            here = min(max(left - w * _WORD, 0), _WORD)
            bits = ~_NONE_SET if here == _WORD else (_ONE << np.uint64(here)) - _ONE
            state.free[j, w] = bits
    for k in range(site.rooms.size):
        state.rooms[k] = site.rooms[k]
    for v in range(count):
        i = v0 + v
        state.stage[v] = _OUTSIDE
        state.room[v] = NEVER
        state.number[v] = NEVER
        state.pause[v] = visits.pause[i]
        if visits.booked[i] and visits.home[i] >= 0:
            state.number[v] = _take(state, visits.home[i])
            if state.number[v] >= 0:
                log.accepted[i] = True
                lapse = visits.due[i] + site.lapse
                if site.lapse >= 0 and lapse < site.closing:
                    _schedule(state, _LAPSE * count + v, lapse)
        if visits.shows[i]:
            _schedule(state, _COME * count + v, visits.arrival[i])


@lane
def _search(
    visits: Visits,
    site: Site,
    log: Log,
    state: _Day,
    v0: int,
    count: int,
    v: int,
    now: int,
    turns: int,
) -> int:
    """Look for a workstation, else join the waiting line; return how many have joined it."""
    i = v0 + v
    home = visits.home[i]
    later = state.stage[v] != _OUTSIDE
    state.since[v] = now
    if home == OWN:
        _seat(visits, site, log, state, v0, count, v, now, OWN, -1)
        return turns
    if not later and state.number[v] >= 0 and not log.lapsed[i]:
        _seat(visits, site, log, state, v0, count, v, now, home, state.number[v])
        return turns
    for choice in range(site.reach.shape[1]):
        place = site.reach[home, choice]
        if place < 0:
            break
        number = _take(state, place)
        if number >= 0:
            _seat(visits, site, log, state, v0, count, v, now, place, number)
            return turns
    until = state.end[v] if later else site.closing
    limit = min(now + visits.patience[i], until)
    if limit <= now:
        _give_up(visits, site, log, state, v0, count, v, now)
        return turns
    if not later:
        state.end[v] = NEVER
    state.stage[v] = _WAITING
    state.limit[v] = limit
    state.turn[v] = turns
    state.behind[v] = -1
    state.ahead[v] = state.last[home]
    if state.last[home] >= 0:
        state.behind[state.last[home]] = v
    else:
        state.first[home] = v
    state.last[home] = v
    _schedule(state, _GIVE_UP * count + v, limit)
    return turns + 1


@lane
def _seat(
    visits: Visits,
    site: Site,
    log: Log,
    state: _Day,
    v0: int,
    count: int,
    v: int,
    now: int,
    place: int,
    number: int,
) -> None:
    i = v0 + v
    spell = visits.pause[i] + i + log.spells[i]
    log.seated[spell] = now
    log.place[spell] = place
    log.number[spell] = number
    log.waited[i] += now - state.since[v]
    log.spells[i] += 1
    state.place[v] = place
    state.number[v] = number
    state.stage[v] = _AT_OWN if place == OWN else _AT_DESK
    if log.spells[i] == 1:
        log.outcome[i] = SEATED
        state.end[v] = min(now + visits.stay[i], site.closing)
        _schedule(state, _LEAVE * count + v, state.end[v])
    _plan_pause(visits, state, v0, count, v, now)


@lane
def _give_up(
    visits: Visits,
    site: Site,
    log: Log,
    state: _Day,
    v0: int,
    count: int,
    v: int,
    now: int,
) -> None:
    i = v0 + v
    if not visits.remains[i]:
        state.stage[v] = _GONE
        log.gone[i] = now
        if log.spells[i] == 0:
            log.outcome[i] = TURNED_AWAY
        return
    state.stage[v] = _ELSEWHERE
    state.place[v] = NOWHERE
    if log.spells[i] == 0:
        log.outcome[i] = UNASSIGNED
        state.end[v] = min(now + visits.stay[i], site.closing)
        if state.end[v] == now:
            state.stage[v] = _GONE
            log.gone[i] = now
            return
        _schedule(state, _LEAVE * count + v, state.end[v])
    _plan_pause(visits, state, v0, count, v, now)


@lane
def _leave(
    visits: Visits,
    site: Site,
    log: Log,
    state: _Day,
    v0: int,
    count: int,
    v: int,
    now: int,
) -> None:
    i = v0 + v
    stage = state.stage[v]
    state.stage[v] = _GONE
    log.gone[i] = now
    _give_room_back(state, v)
    if stage == _WAITING:
        log.waited[i] += now - state.since[v]
        _leave_line(state, visits.home[i], v)
        _cancel(state, _GIVE_UP * count + v, state.limit[v])
    elif stage in (_AT_DESK, _AT_OWN):
        log.left[visits.pause[i] + i + log.spells[i] - 1] = now
        if stage == _AT_DESK:
            place, number = state.place[v], state.number[v]
            _set_free(visits, site, log, state, v0, count, place, number, now)


@lane
def _go_away(
    visits: Visits,
    site: Site,
    log: Log,
    state: _Day,
    v0: int,
    count: int,
    v: int,
    now: int,
) -> None:
    i = v0 + v
    pause = state.pause[v]
    state.pause[v] = pause + 1
    if visits.room[pause] >= 0:
        log.asked[pause] = True
        for size in range(visits.room[pause], state.rooms.size):
            if state.rooms[size] > 0:
                state.rooms[size] -= 1
                state.room[v] = size
                log.found[pause] = size
                break
    back = now + visits.pause_length[pause]
    log.away[pause] = min(back, state.end[v]) - now
    if back < state.end[v]:
        _schedule(state, _BACK * count + v, back)
    if not visits.holds[pause] and state.stage[v] == _AT_DESK:
        log.left[visits.pause[i] + i + log.spells[i] - 1] = now
        state.stage[v] = _DESK_GIVEN_UP
        place, number = state.place[v], state.number[v]
        _set_free(visits, site, log, state, v0, count, place, number, now)


@lane
def _give_room_back(state: _Day, v: int) -> None:
    if state.room[v] >= 0:
        state.rooms[state.room[v]] += 1
        state.room[v] = NEVER


@lane
def _plan_pause(visits: Visits, state: _Day, v0: int, count: int, v: int, now: int) -> None:
    """Find the next pause that is not missed."""
    pause, last = state.pause[v], visits.pause[v0 + v + 1]
    while pause < last and visits.pause_start[pause] < now:
        pause += 1
    state.pause[v] = pause
    if pause < last and visits.pause_start[pause] < state.end[v]:
        _schedule(state, _AWAY * count + v, visits.pause_start[pause])


@lane
def _set_free(
    visits: Visits,
    site: Site,
    log: Log,
    state: _Day,
    v0: int,
    count: int,
    place: int,
    number: int,
    now: int,
) -> None:
    """Give a workstation to who has waited longest of those who look there, or leave it free."""
    chosen = -1
    for home in range(state.first.size):
        if state.first[home] < 0 or not state.reached[place, home]:
            continue
        v = state.first[home]
        while v >= 0 and (site.closing if log.spells[v0 + v] == 0 else state.end[v]) <= now:
            v = state.behind[v]
        if v >= 0 and (chosen < 0 or state.turn[v] < state.turn[chosen]):
            chosen = v
    if chosen < 0:
        state.free[place, number // _WORD] |= _ONE << np.uint64(number % _WORD)
        return
    _leave_line(state, visits.home[v0 + chosen], chosen)
    _cancel(state, _GIVE_UP * count + chosen, state.limit[chosen])
    _seat(visits, site, log, state, v0, count, chosen, now, place, number)


@lane
def _leave_line(state: _Day, home: int, v: int) -> None:
    ahead, behind = state.ahead[v], state.behind[v]
    if ahead >= 0:
        state.behind[ahead] = behind
    else:
        state.first[home] = behind
    if behind >= 0:
        state.ahead[behind] = ahead
    else:
        state.last[home] = ahead


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
def _schedule(state: _Day, event: int, at: int) -> None:
    """Put an event into its second, among those there by its rank."""
    other = state.slot[at]
    if other < 0 or event < other:
        state.slot[at] = event
        state.after[event] = other
        state.busy[at // _WORD] |= _ONE << np.uint64(at % _WORD)
        return
    while 0 <= state.after[other] < event:
        other = state.after[other]
    state.after[event] = state.after[other]
    state.after[other] = event


@lane
def _cancel(state: _Day, event: int, at: int) -> None:
    """Take an event out of its second."""
    other = state.slot[at]
    if other == event:
        state.slot[at] = state.after[event]
        if state.slot[at] < 0:
            state.busy[at // _WORD] &= ~(_ONE << np.uint64(at % _WORD))
        return
    while state.after[other] != event:
        other = state.after[other]
    state.after[other] = state.after[event]
