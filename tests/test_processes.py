"""A day in the office: small days worked out by hand, and what must hold on any day.

By hand the office closes at 100. A spell is (seated, left, neighbourhood, number).
"""

from __future__ import annotations

import numpy as np
import pytest
from days import Break, Person, Story, random_days, site_of, spells_of, stories, visits_of
from hypothesis import given

from sim.kernels.visits import NEVER, NO_SHOW, OWN, SEATED, TURNED_AWAY, UNASSIGNED
from sim.occupancy.processes import simulate_days

ONE_DESK = site_of([1])


def day_of(people, site=ONE_DESK):
    """Return the stories of one day, and how many events it had."""
    visits = visits_of(people)
    log = simulate_days(visits, site)
    return stories(visits, log), int(log.events[0])


def test_who_waits_gets_the_desk_that_is_left():
    """The second comes at 20, waits until the first leaves at 40, and then stays for 50."""
    told, events = day_of([Person(10, 30), Person(20, 50, patience=25)])
    assert told == [
        Story(gone=40, spells=((10, 40, 0, 0),)),
        Story(gone=90, waited=20, spells=((40, 90, 0, 0),)),
    ]
    assert events == 4  # two come, two leave


def test_the_impatient_leaves():
    """Patience ends at 39, a second before the desk is free."""
    told, events = day_of([Person(10, 30), Person(20, 50, patience=19)])
    assert told[1] == Story(TURNED_AWAY, gone=39, waited=19)
    assert events == 4  # two come, one gives up, one leaves


def test_without_patience_nobody_waits():
    """Giving up at once is no event of its own."""
    told, events = day_of([Person(10, 30), Person(20, 50)])
    assert told[1] == Story(TURNED_AWAY, gone=20)
    assert events == 3


def test_the_line_is_served_in_the_order_of_coming():
    """The third comes before the second, and waits in front."""
    told, events = day_of([Person(0, 30), Person(20, 30, 99), Person(10, 30, 99)])
    assert told[2] == Story(gone=60, waited=20, spells=((30, 60, 0, 0),))
    assert told[1] == Story(gone=90, waited=40, spells=((60, 90, 0, 0),))
    assert events == 6


def test_leaving_is_before_coming():
    """At 40 the desk is left before somebody without patience comes, whatever their numbers."""
    told, events = day_of([Person(40, 20), Person(0, 40)])
    assert told == [
        Story(gone=60, spells=((40, 60, 0, 0),)),
        Story(gone=40, spells=((0, 40, 0, 0),)),
    ]
    assert events == 4


def test_leaving_is_before_giving_up():
    """Patience ends at 40, when the desk is left: it is had, and giving up does not count."""
    told, events = day_of([Person(10, 20, patience=30), Person(0, 40)])
    assert told[0] == Story(gone=60, waited=30, spells=((40, 60, 0, 0),))
    assert events == 4


def test_of_two_who_come_at_once_the_first_by_number_is_first():
    """At 20 number 0 has the desk and number 1 waits for it, in front of number 2."""
    told, events = day_of([Person(20, 20), Person(20, 20, 99), Person(20, 20, 99)])
    assert told == [
        Story(gone=40, spells=((20, 40, 0, 0),)),
        Story(gone=60, waited=20, spells=((40, 60, 0, 0),)),
        Story(gone=80, waited=40, spells=((60, 80, 0, 0),)),
    ]
    assert events == 6


def test_coming_is_before_giving_up():
    """At 20 number 1 comes and goes to a meeting; then number 0 gives up and finds no room."""
    meeting = (Break(20, 10, room=0),)
    told, events = day_of(
        [
            Person(10, 30, 10, remains=True, pauses=meeting),
            Person(20, 30, home=OWN, pauses=meeting),
        ],
        site_of([0], rooms=[1]),
    )
    assert told == [
        Story(UNASSIGNED, gone=50, waited=10, rooms=(NEVER,)),
        Story(gone=50, spells=((20, 50, OWN, -1),), rooms=(0,)),
    ]
    assert events == 5 + 4


def test_those_who_leave_at_once_leave_by_number():
    """At 40 number 0 leaves desk 1 for number 2, then number 1 leaves desk 0 for number 3."""
    told, events = day_of(
        [Person(10, 30), Person(0, 40), Person(20, 10, 30), Person(20, 10, 30)], site_of([2])
    )
    assert told == [
        Story(gone=40, spells=((10, 40, 0, 1),)),
        Story(gone=40, spells=((0, 40, 0, 0),)),
        Story(gone=50, waited=20, spells=((40, 50, 0, 1),)),
        Story(gone=50, waited=20, spells=((40, 50, 0, 0),)),
    ]
    assert events == 8


def test_leaving_is_before_being_back():
    """At 50 number 1, who had the desk over lunch, leaves before number 0 is back."""
    told, events = day_of([Person(0, 80, pauses=(Break(30, 20),)), Person(40, 10)])
    assert told == [
        Story(gone=80, spells=((0, 30, 0, 0), (50, 80, 0, 0))),
        Story(gone=50, spells=((40, 50, 0, 0),)),
    ]
    assert events == 6


def test_going_to_lunch_is_before_a_lapse():
    """At 30 number 2 has the desk of who goes to lunch, and number 3 the one booked in vain."""
    told, events = day_of(
        [
            Person(20, 9, booked=True, shows=False),
            Person(0, 40, pauses=(Break(30, 20),)),
            Person(10, 9, 30),
            Person(11, 9, 30),
        ],
        site_of([2], lapse=10),
    )
    assert told == [
        Story(NO_SHOW, accepted=True, lapsed=True),
        Story(gone=40, spells=((0, 30, 0, 1),)),
        Story(gone=39, waited=20, spells=((30, 39, 0, 1),)),
        Story(gone=39, waited=19, spells=((30, 39, 0, 0),)),
    ]
    assert events == 3 + 1 + 2 * 2


@pytest.mark.parametrize(
    ("pause", "story", "events"),
    [
        # would be back when leaving: is not
        (Break(30, 10, room=0), Story(gone=40, spells=((0, 30, 0, 0),), rooms=(0,)), 3),
        # would go when leaving: only leaves
        (Break(40, 10, room=0), Story(gone=40, spells=((0, 40, 0, 0),)), 2),
    ],
)
def test_pauses_at_the_end_of_the_stay(pause, story, events):
    """The stay ends at 40."""
    told, counted = day_of([Person(0, 40, pauses=(pause,))], site_of([1], rooms=[1]))
    assert told == [story]
    assert counted == events


def test_the_lowest_free_number_is_taken():
    """Numbers 0, 1 and 2 are taken, 1 and 0 are left, and the next has 0."""
    told, _ = day_of([Person(0, 40), Person(1, 30), Person(2, 90), Person(50, 10)], site_of([3]))
    assert [story.spells[0][3] for story in told] == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("patience", "remains", "gone", "waited", "events"),
    [
        (20, False, 70, 20, 4),  # comes, is away, back, and gives up
        (20, True, 80, 20, 5),  # stays without a desk until the end, and leaves
        (60, False, 80, 30, 4),  # the stay ends before patience does: leaves out of the line
        (30, True, 80, 30, 4),  # both end at once: leaving is first
        (0, False, 50, 0, 3),
    ],
)
def test_lunch_frees_the_desk(patience, remains, gone, waited, events):
    """At 30 the first goes to lunch and the second has the desk, until 90; at 50 there is none."""
    lunch = Break(30, 20)
    told, counted = day_of(
        [Person(0, 80, patience, remains=remains, pauses=(lunch,)), Person(10, 60, patience=50)]
    )
    assert told == [
        Story(gone=gone, waited=waited, spells=((0, 30, 0, 0),)),
        Story(gone=90, waited=20, spells=((30, 90, 0, 0),)),
    ]
    assert counted == events + 2


def test_after_lunch_at_another_desk():
    """Back at 50 the first finds only number 1; the stay still ends at 80."""
    told, events = day_of(
        [Person(0, 80, pauses=(Break(30, 20),)), Person(40, 60)],
        site_of([2]),
    )
    assert told[0] == Story(gone=80, spells=((0, 30, 0, 0), (50, 80, 0, 1)))
    assert events == 6


def test_back_from_lunch_in_the_line():
    """Back at 50 the first waits for the second to leave at 60, and then has the rest of 80."""
    told, events = day_of(
        [Person(0, 80, patience=20, pauses=(Break(30, 20),)), Person(10, 30, patience=50)]
    )
    assert told == [
        Story(gone=80, waited=10, spells=((0, 30, 0, 0), (60, 80, 0, 0))),
        Story(gone=60, waited=20, spells=((30, 60, 0, 0),)),
    ]
    assert events == 6


def test_nobody_is_called_whose_stay_ends_now():
    """At 80 the first, in the line since 50, has no time left: the desk goes to the third."""
    told, events = day_of(
        [
            Person(10, 50, patience=20),  # seated at 30 until 80
            Person(0, 80, patience=99, pauses=(Break(30, 20),)),
            Person(60, 10, patience=30),
        ]
    )
    assert told == [
        Story(gone=80, waited=20, spells=((30, 80, 0, 0),)),
        Story(gone=80, waited=30, spells=((0, 30, 0, 0),)),
        Story(gone=90, waited=20, spells=((80, 90, 0, 0),)),
    ]
    assert events == 8


def test_a_held_desk_is_not_free():
    """A jacket on the chair: the second waits in vain for 30."""
    told, events = day_of(
        [Person(0, 80, pauses=(Break(30, 20, holds=True),)), Person(10, 60, patience=30)]
    )
    assert told == [
        Story(gone=80, spells=((0, 80, 0, 0),)),
        Story(TURNED_AWAY, gone=40, waited=30),
    ]
    assert events == 6  # comes, away, back, leaves; comes, gives up


@pytest.mark.parametrize(
    ("holds", "left", "second"),
    [
        (False, 60, Story(gone=70, waited=20, spells=((60, 70, 0, 0),))),
        (True, 80, Story(gone=90, waited=40, spells=((80, 90, 0, 0),))),
    ],
)
def test_a_pause_to_the_end_of_the_stay(holds, left, second):
    """The first does not come back from the pause at 60, but is in the house and room until 80.

    The third asks for the room at 79, the fourth at 80.
    """
    pauses = [Break(start, 30, holds, room=0) for start in (60, 79, 80)]
    told, events = day_of(
        [
            Person(0, 80, pauses=(pauses[0], Break(70, 1, room=0))),
            Person(40, 10, patience=50),
            Person(0, 99, home=OWN, pauses=(pauses[1],)),
            Person(0, 99, home=OWN, pauses=(pauses[2],)),
        ],
        site_of([1], rooms=[1]),
    )
    assert told == [
        Story(gone=80, spells=((0, left, 0, 0),), rooms=(0,)),
        second,
        Story(gone=99, spells=((0, 99, OWN, -1),), rooms=(NEVER,)),
        Story(gone=99, spells=((0, 99, OWN, -1),), rooms=(0,)),
    ]
    assert events == 4 * 2 + 3


def test_pauses_that_begin_before_the_desk_is_had_are_missed():
    """Seated at 30 the second misses the pause at 29, takes that at 30, misses the one within."""
    told, events = day_of(
        [
            Person(0, 30),
            Person(
                10,
                40,
                patience=30,
                pauses=(Break(29, 5), Break(30, 10), Break(39, 9), Break(40, 0)),
            ),
        ]
    )
    assert told[1] == Story(
        gone=70, waited=20, spells=((30, 30, 0, 0), (40, 40, 0, 0), (40, 70, 0, 0))
    )
    assert events == 2 + 2 + 2 * 2


def test_a_booked_desk_is_kept_for_who_comes():
    """The second booked the only desk for 20, and the first is turned away."""
    told, events = day_of([Person(10, 20), Person(30, 20, booked=True, due=20)])
    assert told == [
        Story(TURNED_AWAY, gone=10),
        Story(gone=50, spells=((30, 50, 0, 0),), accepted=True),
    ]
    assert events == 3


def test_bookings_are_accepted_in_turn_and_as_long_as_there_are_desks():
    """Numbers 0 and 1 are set aside, the third booking is in vain: it finds a desk by chance."""
    told, events = day_of(
        [
            Person(30, 20, booked=True),
            Person(20, 40, booked=True),
            Person(50, 10, booked=True),
            Person(0, 9, booked=True, shows=False),
        ],
        site_of([2]),
    )
    assert told == [
        Story(gone=50, spells=((30, 50, 0, 0),), accepted=True),
        Story(gone=60, spells=((20, 60, 0, 1),), accepted=True),
        Story(gone=60, spells=((50, 60, 0, 0),)),
        Story(NO_SHOW),
    ]
    assert events == 6


def test_a_booking_lapses():
    """Booked for 20, it lapses at 35: the second, who waits, has the desk; coming at 35 is late."""
    told, events = day_of(
        [Person(35, 20, patience=10, booked=True, due=20), Person(10, 40, patience=60)],
        site_of([1], lapse=15),
    )
    assert told == [
        Story(TURNED_AWAY, gone=45, waited=10, accepted=True, lapsed=True),
        Story(gone=75, waited=25, spells=((35, 75, 0, 0),)),
    ]
    assert events == 5  # the booking lapses, two come, one gives up, one leaves


def test_a_booking_does_not_lapse_for_who_comes_in_time():
    """A second earlier: the booked desk is had from 34 to 54, and then by the second."""
    told, events = day_of(
        [Person(34, 20, patience=10, booked=True, due=20), Person(10, 40, patience=60)],
        site_of([1], lapse=15),
    )
    assert told == [
        Story(gone=54, spells=((34, 54, 0, 0),), accepted=True),
        Story(gone=94, waited=44, spells=((54, 94, 0, 0),)),
    ]
    assert events == 4  # no booking lapses


@pytest.mark.parametrize(("due", "lapse"), [(20, NEVER), (80, 20)])
def test_a_no_show_keeps_the_desk(due, lapse):
    """Nothing lapses, or not before closing: the second waits in vain until then."""
    told, events = day_of(
        [Person(20, 20, booked=True, shows=False, due=due), Person(10, 40, patience=100)],
        site_of([1], lapse=lapse),
    )
    assert told == [Story(NO_SHOW, accepted=True), Story(TURNED_AWAY, gone=100, waited=90)]
    assert events == 2


def test_a_no_show_lapses():
    """Booked for 20, it lapses at 35, and who comes then has it."""
    told, events = day_of(
        [Person(20, 20, booked=True, shows=False), Person(35, 40)], site_of([1], lapse=15)
    )
    assert told == [
        Story(NO_SHOW, accepted=True, lapsed=True),
        Story(gone=75, spells=((35, 75, 0, 0),)),
    ]
    assert events == 3


def test_a_second_neighbourhood():
    """Of neighbourhood 0 one may sit in 1 too, not the other way round.

    The first has 0, the second 1. The third, of 1, is first in the line, but when 0 is left at 30
    it goes to the fourth; 1 is left at 40.
    """
    told, events = day_of(
        [
            Person(0, 30),
            Person(5, 35),
            Person(10, 20, patience=50, home=1),
            Person(20, 20, patience=50),
        ],
        site_of([1, 1], reach=[[0, 1], [1]]),
    )
    assert told == [
        Story(gone=30, spells=((0, 30, 0, 0),)),
        Story(gone=40, spells=((5, 40, 1, 0),)),
        Story(gone=60, waited=30, spells=((40, 60, 1, 0),)),
        Story(gone=50, waited=10, spells=((30, 50, 0, 0),)),
    ]
    assert events == 8


def test_rooms_by_size():
    """At 20 the first finds the small room, the second the large one, the third none.

    The fourth asks for a large one at 30, in vain; the fifth for any at 40, as the first is back.
    """
    asked = [(20, 0), (20, 0), (20, 0), (30, 1), (40, 0)]
    told, events = day_of(
        [Person(0, 90, home=OWN, pauses=(Break(at, 20, room=size),)) for at, size in asked],
        site_of([0], rooms=[1, 1]),
    )
    assert [story.rooms for story in told] == [(0,), (1,), (NEVER,), (NEVER,), (0,)]
    assert events == 5 * 4


def test_an_own_desk_stays_ones_own():
    """It is had at once though none is free, and through a pause that would not hold another."""
    told, events = day_of(
        [Person(10, 30, home=OWN, booked=True, pauses=(Break(20, 10),))], site_of([0])
    )
    assert told == [Story(gone=40, spells=((10, 40, OWN, -1),))]
    assert events == 4


def test_giving_up_and_remaining():
    """Without a desk from 25 on the second stays until 65, meets, and does not look for 50."""
    told, events = day_of(
        [
            Person(0, 50),
            Person(10, 40, patience=15, remains=True, pauses=(Break(30, 10, room=0),)),
        ],
        site_of([1], rooms=[1]),
    )
    assert told == [
        Story(gone=50, spells=((0, 50, 0, 0),)),
        Story(UNASSIGNED, gone=65, waited=15, rooms=(0,)),
    ]
    assert events == 2 + 5  # comes, gives up, away, back, leaves


@pytest.mark.parametrize(("remains", "outcome"), [(False, TURNED_AWAY), (True, UNASSIGNED)])
def test_closing_time_ends_the_wait(remains, outcome):
    """The first would stay until 200; what is left at closing nobody gets."""
    told, events = day_of([Person(0, 200), Person(50, 10, patience=90, remains=remains)])
    assert told == [
        Story(gone=100, spells=((0, 100, 0, 0),)),
        Story(outcome, gone=100, waited=50),
    ]
    assert events == 4  # two come, one leaves, one gives up


def test_days_are_apart():
    """What is taken on one day is free on the next; a day may be empty."""
    visits = visits_of([Person(0, 100)], [], [Person(10, 20), Person(10, 20)])
    log = simulate_days(visits, site_of([[1], [1], [2]]))
    assert stories(visits, log) == [
        Story(gone=100, spells=((0, 100, 0, 0),)),
        Story(gone=30, spells=((10, 30, 0, 0),)),
        Story(gone=30, spells=((10, 30, 0, 1),)),
    ]
    assert log.events.tolist() == [2, 0, 4]


def day_ranges(visits):
    """Return the visits of each day."""
    return [range(first, last) for first, last in zip(visits.start, visits.start[1:], strict=False)]


def bookings_of(visits, site, log, day):
    """Return (from, until, place, number, visit) of what is set aside, lowest number first."""
    kept, count = [], [0] * site.workstations.shape[1]
    for v in day:
        if log.accepted[v]:
            home = visits.home[v]
            until = site.closing
            if log.lapsed[v]:
                until = visits.due[v] + site.lapse
            elif visits.shows[v]:
                until = visits.arrival[v]
            kept.append((0, int(until), int(home), count[home], v))
            count[home] += 1
    return kept


def uses_of(visits, site, log, day):
    """Return (from, until, place, number) of all that is set aside or taken."""
    spells = [spell for v in day for spell in spells_of(visits, log, v) if spell[2] != OWN]
    return [kept[:4] for kept in bookings_of(visits, site, log, day)] + spells


def first_search(visits, log, visit):
    """Return from when until when somebody looked for the first workstation of the day."""
    spells = spells_of(visits, log, visit)
    since = int(visits.arrival[visit])
    return since, spells[0][0] if spells else since + int(log.waited[visit])


@given(random_days())
def test_everybody_has_one_outcome(drawn):
    """Who came was seated, stayed without a workstation, or was turned away, and left in time."""
    visits, site = drawn
    log = simulate_days(visits, site)
    came = np.isin(log.outcome, [SEATED, UNASSIGNED, TURNED_AWAY])
    np.testing.assert_array_equal(came, visits.shows)
    np.testing.assert_array_equal(log.spells > 0, log.outcome == SEATED)
    assert not (visits.remains & (log.outcome == TURNED_AWAY)).any()
    assert not (~visits.remains & (log.outcome == UNASSIGNED)).any()
    assert (log.gone[came] >= visits.arrival[came]).all()
    assert (log.gone[came] <= site.closing).all()
    assert (log.gone[~came] == NEVER).all()
    assert not (log.lapsed & ~log.accepted).any()
    assert not (log.accepted & ~visits.booked).any()


@given(random_days())
def test_spells_follow_one_another(drawn):
    """Within the stay, which the first begins; with waits of no more than patience."""
    visits, site = drawn
    log = simulate_days(visits, site)
    for v in range(visits.arrival.size):
        times = [time for spell in spells_of(visits, log, v) for time in spell[:2]]
        assert times == sorted(times)
        if times:
            end = min(times[0] + visits.stay[v], site.closing)
            assert visits.arrival[v] <= times[0]
            assert times[-1] <= log.gone[v] <= end
        searches = 1 + visits.pause[v + 1] - visits.pause[v]
        assert 0 <= log.waited[v] <= visits.patience[v] * searches


@given(random_days())
def test_no_workstation_has_two_users(drawn):
    """Taken or set aside, each is so by one at a time, and there are no more than there are."""
    visits, site = drawn
    log = simulate_days(visits, site)
    for day, workstations in zip(day_ranges(visits), site.workstations, strict=True):
        uses = uses_of(visits, site, log, day)
        for place, count in enumerate(workstations):
            times = {time for use in uses for time in use[:2]}
            for time in times:
                taken = [use for use in uses if use[2] == place and use[0] <= time < use[1]]
                assert len(taken) <= count
                assert len({use[3] for use in taken}) == len(taken)
                assert all(0 <= use[3] < count for use in taken)


@given(random_days())
def test_nobody_waits_beside_a_free_workstation(drawn):
    """While somebody looks for a first one, all within reach are taken or set aside."""
    visits, site = drawn
    log = simulate_days(visits, site)
    for day, workstations in zip(day_ranges(visits), site.workstations, strict=True):
        uses = uses_of(visits, site, log, day)
        for v in day:
            if visits.shows[v]:
                since, until = first_search(visits, log, v)
                within = [place for place in site.reach[visits.home[v]] if place >= 0]
                busy = sum(
                    max(min(use[1], until) - max(use[0], since), 0)
                    for use in uses
                    if use[2] in within
                )
                assert since == until or busy == (until - since) * workstations[within].sum()


@given(random_days())
def test_rooms_are_enough_and_not_more_than_there_are(drawn):
    """Rooms in use are no more than there are, and no smaller than asked for."""
    visits, site = drawn
    log = simulate_days(visits, site)
    assert (log.found[log.asked] >= NEVER).all()
    assert not (log.asked & (visits.room == NEVER)).any()
    assert (log.found[~log.asked] == NEVER).all()
    had = log.found != NEVER
    assert (log.found[had] >= visits.room[had]).all()
    for day in day_ranges(visits):
        uses = []
        for v in day:
            for k in range(visits.pause[v], visits.pause[v + 1]):
                back = visits.pause_start[k] + visits.pause_length[k]
                uses.append((visits.pause_start[k], min(back, log.gone[v]), log.found[k]))
        for time in {use[0] for use in uses}:
            for size, count in enumerate(site.rooms):
                assert sum(use[0] <= time < use[1] and use[2] == size for use in uses) <= count
