"""What a log adds up to: against lists of people at every second, by hand, and when it is wrong."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from days import Break, Person, random_days, site_of, visits_of
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_days import NAMES, summary

from sim.jit import lane
from sim.kernels import bits, occupied, weeks
from sim.kernels.visits import NEVER, NO_SHOW, OWN, Log, Site, Visits, new_log

ROWS, TEAMS = 6, 3
BY_PAUSE = ("pause_start", "pause_length", "holds", "room", "found", "asked", "away")
BY_SPELL = ("seated", "left", "place", "number")
OF_WHOLE = {"present", "above", "peak", "unmet_day", "over_day", "over_people", "capacity", "days"}
"""Sums that the whole site has for itself; its others are left to be added up."""


class Case(NamedTuple):
    """The arguments of ``add_up``, but for what it adds to."""

    visits: Visits
    site: Site
    log: Log
    row: np.ndarray
    where: np.ndarray
    team: np.ndarray
    pool: np.ndarray
    first_day: int
    working: np.ndarray


def happened(visits, site):
    log = new_log(visits)
    weeks.simulate_days(visits, site, log)
    return log


def case_of(visits, site, row=None, where=(0,), team=(0,), pool=None, working=None):
    """Return a case with its log; one row, one team and one pool unless told otherwise."""
    places, days = site.workstations.shape[1], visits.start.size - 1
    whole = {"dtype": np.int32}
    return Case(
        visits,
        site,
        happened(visits, site),
        np.zeros(visits.arrival.size, **whole) if row is None else np.array(row, **whole),
        np.array(where, **whole),
        np.array(team, **whole),
        np.zeros(places, **whole) if pool is None else np.array(pool, **whole),
        0,
        np.ones(days, np.bool_) if working is None else np.array(working, np.bool_),
    )


def nothing(case):
    """Return empty sums."""
    places, days = case.site.workstations.shape[1], case.working.size
    slots = -(-case.site.closing // occupied.SLOT) + 1
    return occupied.Sums(
        sums=np.zeros((occupied.SUMS, places + 1, 5), np.int64),
        peak=np.zeros((places + 1, days), np.int32),
        unmet=np.zeros((places + 1, days), np.int32),
        present=np.zeros((places, 5, slots), np.int64),
        held=np.zeros((places, 5, slots), np.int64),
        rows=np.zeros((4, case.where.size), np.int64),
        team_days=np.zeros((2, max(case.team.max() + 1, 0)), np.int64),
        rooms=np.zeros((2, case.site.rooms.size), np.int64),
    )


def status_of(case):
    return occupied.add_up(*case, nothing(case))


def added(case, times=1):
    """Return what a case adds up to, so many times, the grids in person-seconds."""
    sums = nothing(case)
    for _ in range(times):
        assert occupied.add_up(*case, sums) == occupied.RIGHT
    occupied.finish(sums.present)
    occupied.finish(sums.held)
    return sums


@st.composite
def cases(draw, days=7, people=14):
    """Draw days, close at any second after the last arrival, and put people into rows."""
    visits, site = draw(random_days(days, people))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    places, count = site.workstations.shape[1], visits.arrival.size
    if rng.random() < 0.5 and count:
        site = site._replace(closing=int(visits.arrival.max() + rng.integers(1, 2_000)))
        visits = visits._replace(due=np.minimum(visits.due, site.closing - 1))
    first = int(rng.choice([0, 5]))
    case = case_of(
        visits,
        site,
        rng.integers(0, ROWS, count),
        rng.integers(0, places, ROWS),
        rng.integers(-1, TEAMS, ROWS),
        rng.integers(0, places, places),
        rng.random(first + len(site.workstations) + 1) < 0.8,
    )
    return case._replace(first_day=first)


# --- the slow twin --------------------------------------------------------------------------


@settings(max_examples=300)
@given(cases())
def test_sums_are_those_of_every_second(case):
    """Each sum, peak, slot, row, team and room; 300 examples, for what comes together seldom."""
    found = added(case)
    expected = summary(*case, ROWS, found.team_days.shape[1])
    places, days = case.site.workstations.shape[1], case.working.size
    for k, name in enumerate(NAMES):
        for weekday in range(5):
            for j in range(places):
                assert found.sums[k, j, weekday] == expected.sums[name][j, weekday], name
            whole = expected.sums[name]["whole", weekday] if name in OF_WHOLE else 0
            assert found.sums[k, places, weekday] == whole, name
    for day in range(days):
        for j in range(places + 1):
            spot = (j if j < places else "whole", day)
            assert found.peak[j, day] == expected.peak[spot]
            assert found.unmet[j, day] == expected.unmet[spot]
    for name in ("present", "held"):
        grid = getattr(found, name)
        assert (grid[..., :-1] == getattr(expected, name)).all(), name
        assert not grid[..., -1].any()
    for name in ("rows", "team_days", "rooms"):
        assert (getattr(found, name) == getattr(expected, name)).all(), name


def test_the_twin_names_the_sums_in_their_order():
    assert [getattr(occupied, name.upper()) for name in NAMES] == list(range(occupied.SUMS))


# --- what must hold for any log -------------------------------------------------------------


@given(cases())
def test_sums_fit_together(case):
    found = added(case)
    sums = dict(zip(NAMES, found.sums[:, :-1], strict=True))
    assert (sums["came"] == sums["found"] + sums["elsewhere"] + sums["left"]).all()
    assert (sums["spilled"] <= sums["found"]).all()
    assert (sums["displaced"] <= sums["found"]).all()
    assert (sums["used"] <= sums["held"]).all()
    assert (sums["held"] <= sums["capacity"]).all()
    assert (sums["lapsed"] <= sums["booked"]).all()
    assert (found.held.sum(axis=2) == sums["held"]).all()
    assert (found.sums[occupied.PRESENT, -1] == sums["present"].sum(axis=0)).all()
    assert found.present.sum() >= sums["present"].sum()  # those at a desk of their own as well
    assert (found.peak[-1] <= found.peak[:-1].sum(axis=0)).all()
    assert (found.team_days[1] <= found.team_days[0]).all()
    assert (found.rooms[1] <= found.rooms[0]).all()
    assert found.rows[1].sum() == (sums["elsewhere"] + sums["left"]).sum()
    assert found.rows[2].sum() == sums["wait"].sum()
    assert found.rows[3].sum() == sums["spilled"].sum()


@given(cases())
def test_replications_add_up(case):
    once, thrice = added(case), added(case, 3)
    for name in ("sums", "present", "held", "rows", "team_days", "rooms"):
        assert (getattr(thrice, name) == 3 * getattr(once, name)).all()
    assert (thrice.peak == once.peak).all()
    assert (thrice.unmet == once.unmet).all()


def part_of(case, first, last):
    """Return some of the days of a case."""
    visits, log = case.visits, case.log
    v0, v1 = visits.start[[first, last]]
    p0, p1 = visits.pause[[v0, v1]]
    ends = {"pause": (v0, v1 + 1)} | dict.fromkeys(BY_PAUSE, (p0, p1))
    ends |= dict.fromkeys(BY_SPELL, (v0 + p0, v1 + p1)) | {"events": (first, last)}

    def cut(record):
        return {name: a[slice(*ends.get(name, (v0, v1)))] for name, a in record._asdict().items()}

    start = visits.start[first : last + 1] - v0
    return case._replace(
        visits=Visits(**cut(visits) | {"start": start, "pause": cut(visits)["pause"] - p0}),
        site=case.site._replace(workstations=case.site.workstations[first:last]),
        log=Log(**cut(log)),
        row=case.row[v0:v1],
        first_day=case.first_day + first,
    )


@given(cases(days=9, people=6))
def test_weeks_may_be_added_up_in_parts(case):
    days = len(case.site.workstations)
    expected, found = added(case), nothing(case)
    for first, last in ((0, min(5, days)), (min(5, days), days)):
        assert occupied.add_up(*part_of(case, first, last), found) == occupied.RIGHT
    occupied.finish(found.present)
    occupied.finish(found.held)
    for name in found._fields:
        assert (getattr(found, name) == getattr(expected, name)).all(), name


@given(cases(days=6))
def test_days_that_are_not_worked_are_left_out(case):
    rest = added(case._replace(working=~case.working))
    both = added(case._replace(working=np.ones_like(case.working)))
    worked = added(case)
    for name in ("sums", "peak", "unmet", "present", "held", "rows", "team_days", "rooms"):
        assert (getattr(both, name) == getattr(worked, name) + getattr(rest, name)).all()


# --- by hand --------------------------------------------------------------------------------


def test_a_day_by_hand():
    """Two desks at home, one next door, all of it for 3000 s.

    The first works from 100 to 2000 and is at a meeting from 200 to 500, holding the desk; the
    second, booked and late, from 950 to 1850; the third goes next door from 1000 to 2900. The
    fourth finds nothing and leaves at once; the fifth waits from 1200 to 1850, and then stays. The
    sixth has a desk of their own in the first neighbourhood, from 0 to 1000.
    """
    visits = visits_of(
        [
            Person(100, 1900, pauses=(Break(200, 300, holds=True, room=0),)),
            Person(950, 900, booked=True, due=900),
            Person(1000, 1900),
            Person(1100, 500, home=1),
            Person(1200, 5000, patience=5000),
            Person(0, 1000, home=OWN),
        ]
    )
    site = site_of([2, 1], [(0, 1), (1,)], rooms=[0], closing=3000)
    found = added(
        case_of(visits, site, [0, 0, 1, 1, 1, 2], where=[0, 0, 1], team=[0, 1, 1], pool=[0, 0])
    )
    home, door, whole = ({n: int(s[j, 0]) for n, s in zip(NAMES, found.sums, strict=True)}
                         for j in range(3))  # fmt: skip
    assert home == dict.fromkeys(NAMES, 0) | {
        "came": 4,
        "found": 4,
        "spilled": 1,
        "waited": 1,
        "wait": 650,
        "present": 1900 + 900 + 1900 + 1800,
        "above": 2000 - 1000,
        "peak": 4,
        "over_day": 1,
        "over_people": 2,
        "held": 1900 + 900 + 1150,
        "used": 1900 + 900 + 1150 - 300,
        "capacity": 6000,
        "booked": 1,
        "days": 1,
    }
    assert door == dict.fromkeys(NAMES, 0) | {
        "came": 1,
        "left": 1,
        "unmet_day": 1,
        "held": 1900,
        "used": 1900,
        "capacity": 3000,
        "days": 1,
    }
    assert whole == dict.fromkeys(NAMES, 0) | {
        "present": 6500,
        "above": 1850 - 1200,
        "peak": 4,
        "unmet_day": 1,
        "over_day": 1,
        "over_people": 2,
        "capacity": 9000,
        "days": 1,
    }
    assert found.peak[:, 0].tolist() == [4, 0, 4]
    assert found.unmet[:, 0].tolist() == [0, 1, 1]
    assert found.rows.tolist() == [[2, 3, 1], [0, 1, 0], [0, 650, 0], [0, 1, 0]]
    assert found.team_days.tolist() == [[1, 1], [0, 1]]
    assert found.rooms.tolist() == [[1], [1]]
    assert found.held[:, 0].tolist() == [
        [800, 900 + 850, 200 + 50 + 850, 300, 0],
        [0, 800, 900, 200, 0],
    ]
    assert found.present[:, 0].tolist() == [
        [800, 850 + 900 + 800 + 600, 200 + 50 + 900 + 900, 200 + 300, 0],
        [900, 100, 0, 0, 0],
    ]


@pytest.mark.parametrize(
    ("length", "remains", "displaced"),
    [(10, False, 1), (10, True, 1), (100, False, 0), (0, True, 0)],
)
def test_who_is_displaced(length, remains, displaced):
    """The desk is given up at 20, and had by who waits; who is not back by the end lost nothing.

    With a pause of no length the first is seated again at once: nobody waits yet.
    """
    pause = (Break(20, length),)
    wait = 30 if length else 9
    visits = visits_of([Person(0, 80, remains=remains, pauses=pause), Person(10, 80, wait)])
    found = added(case_of(visits, site_of([1])))
    assert found.sums[occupied.DISPLACED, 0, 0] == displaced


def test_who_loses_the_desk_to_a_pause_of_no_length_is_displaced():
    """At 20 it goes to who waits; that a second pause then lasts until the end changes nothing."""
    pauses = (Break(20, 0), Break(20, 500))
    visits = visits_of([Person(0, 80, remains=True, pauses=pauses), Person(10, 80, 30)])
    found = added(case_of(visits, site_of([1])))
    assert found.sums[occupied.DISPLACED, 0, 0] == 1


@lane
def lowest(word):
    return bits.lowest_bit(word)


@given(st.integers(0, 2**64 - 1))
def test_the_lowest_bit(above):
    """Whatever is set above it, each of the 64."""
    for index in range(64):
        word = (above << 1 | 1) << index & (2**64 - 1)
        assert lowest(np.uint64(word)) == index


# --- checks ---------------------------------------------------------------------------------


@cache
def busy():
    """Return two days: two desks would not be enough on the first; on the second they are."""
    first = [
        Person(10, 60, remains=True, pauses=(Break(20, 10),)),
        Person(20, 30),
        Person(30, 20, patience=40),
        Person(30, 20, home=OWN),
        Person(40, 20, remains=True),
        Person(41, 20),
    ]
    return case_of(visits_of(first, [Person(10, 30), Person(20, 30)]), site_of([[1], [2]]))


def corrupted(name, index, value, case=None):
    """Return the case with one number of its log changed; the busy days unless told otherwise."""
    case = case or busy()
    column = getattr(case.log, name).copy()
    column[index] = value
    return case._replace(log=case.log._replace(**{name: column}))


def test_a_right_log_passes():
    assert status_of(busy()) == occupied.RIGHT


@pytest.mark.parametrize("visit", range(8))
@pytest.mark.parametrize("outcome", [NO_SHOW, 7, -1])
def test_a_visit_without_an_outcome_is_lost(visit, outcome):
    assert status_of(corrupted("outcome", visit, outcome)) == occupied.LOST


@pytest.mark.parametrize("visit", range(8))
def test_a_seat_without_a_spell_is_lost(visit):
    spells = busy().log.spells[visit]
    assert status_of(corrupted("spells", visit, 0 if spells else 1)) == occupied.LOST


@pytest.mark.parametrize("visit", [0, 1, 6, 7])
@pytest.mark.parametrize(
    ("name", "value"),
    [("left", NEVER), ("left", 101), ("seated", NEVER), ("place", OWN), ("place", 1)],
)
def test_a_spell_outside_its_visit_or_nowhere_is_lost(visit, name, value):
    first = busy().visits.pause[visit] + visit
    assert status_of(corrupted(name, first, value)) == occupied.LOST


@pytest.mark.parametrize("visit", range(8))
@pytest.mark.parametrize("gone", [NEVER, 5, 101, 10**6])
def test_time_that_is_not_within_the_day_breaks_littles_law(visit, gone):
    """The curve has no place for it, so that the sums could not agree."""
    assert status_of(corrupted("gone", visit, gone)) == occupied.LITTLE


def test_more_taken_than_in_service_is_overfull():
    """On the second day two sit at two desks from 20 to 40."""
    fewer = busy().site._replace(workstations=np.array([[1], [1]], np.int32))
    assert status_of(busy()._replace(site=fewer)) == occupied.OVERFULL


def test_two_at_one_workstation_are_overfull():
    """The second's is next door until the log is changed."""
    people = [Person(10, 30), Person(20, 30, home=1)]
    case = case_of(visits_of(people), site_of([1, 1], [(0,), (1,)]))
    assert status_of(case) == occupied.RIGHT
    assert status_of(corrupted("place", 1, 0, case)) == occupied.OVERFULL


def test_days_that_are_not_worked_are_not_checked():
    lost = corrupted("outcome", 0, NO_SHOW)
    assert status_of(lost._replace(working=np.array([False, True]))) == occupied.RIGHT


@given(cases())
def test_every_log_of_the_engine_passes(case):
    assert status_of(case._replace(working=np.ones_like(case.working))) == occupied.RIGHT


@given(cases(days=2, people=20), st.data())
def test_one_workstation_less_than_at_the_peak_is_overfull(case, data):
    """With exactly as many in service as are taken at once the log passes, with one less not."""
    case = case._replace(working=np.ones_like(case.working))
    stock = case.site.workstations
    taken = np.zeros((*stock.shape, case.site.closing), int)
    for day in range(len(stock)):
        for v in range(case.visits.start[day], case.visits.start[day + 1]):
            first = case.visits.pause[v] + v
            for k in range(first, first + case.log.spells[v]):
                if case.log.place[k] >= 0:
                    taken[day, case.log.place[k], case.log.seated[k] : case.log.left[k]] += 1
    peaks = taken.max(axis=2).astype(np.int32)
    just = case.site._replace(workstations=peaks)
    assert status_of(case._replace(site=just)) == occupied.RIGHT
    if peaks.any():
        day, place = data.draw(st.sampled_from(np.argwhere(peaks).tolist()))
        peaks[day, place] -= 1
        assert status_of(case._replace(site=just)) == occupied.OVERFULL
