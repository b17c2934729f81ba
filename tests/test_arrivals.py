"""Visits drawn from the people present: their slow twin, the laws of their parts, shared luck.

Every statistical test has a fixed seed and a false-alarm rate of at most 1e-6 (p-values are from
exact binomial, chi-square, Kolmogorov-Smirnov and rank tests); there are about 40.
"""

from __future__ import annotations

from itertools import pairwise, permutations

import naive
import numpy as np
import pytest
from handmade import JIT
from hypothesis import given
from hypothesis import strategies as st
from naive_days import Pause, Visit, shuffled, visits_of_person
from scipy import stats

from sim import streams
from sim.kernels import arrivals
from sim.kernels.arrivals import ANY, MOST_MEETINGS, TABLE, Habits, Rows
from sim.kernels.visits import NEVER, OWN, Site, Visits

SEED = np.uint64(31)
ORDER = streams.stream_key("test/order")
NEARBY = np.array([0.25, 0.25, 1.0])
MIDDLES = (np.arange(TABLE) + 0.5) / TABLE
PEOPLE = 20_000 if JIT else 600
RARE = 1e-6
BY_PAUSE = ("pause_start", "pause_length", "holds", "room")


def table(values=0):
    """Return a table of these quantiles, or of one value."""
    return np.broadcast_to(np.asarray(values), (TABLE,)).astype(np.int32)


def habits(**said):
    """Return the habits of people who come at 100 for 1000 seconds, unless told otherwise."""
    plain = {
        "closing": 36_000,
        "arrival": [table(100)],
        "stay": [table(1000)],
        "patience": table(60),
        "remains": 0.0,
        "lunch": 0.0,
        "lunch_start": table(400),
        "lunch_length": table(50),
        "lunch_holds": 1.0,
        "meetings": [1.0],
        "meeting_length": table(30),
        "meeting_people": table(4),
        "meeting_holds": 1.0,
        "seats": [],
        "booked": 0.0,
        "no_show": 0.0,
        "late": table(0),
    }
    plain |= said
    for name, kind in [("arrival", np.int32), ("stay", np.int32), ("seats", np.int32)]:
        plain[name] = np.array(plain[name], kind)
    plain["meetings"] = np.array(plain["meetings"], float)
    return Habits(**plain)


def poisson(mean):
    return stats.poisson.cdf(np.arange(MOST_MEETINGS + 1), mean)


def rows_of(present, home=0, schedule=(1.0,), names=None):
    """Return rows with present[row][day] people."""
    present = np.atleast_2d(np.array(present, np.int32))
    count = len(present)
    names = names or range(count)
    chances = np.atleast_2d(np.array(schedule, float))
    return Rows(
        np.array([streams.stream_key(f"test/row/{name}") for name in names], np.uint64),
        np.broadcast_to(np.asarray(home, np.int32), (count,)).copy(),
        np.broadcast_to(chances, (count, chances.shape[1])).copy(),
        present,
    )


def empty(days, visits, pauses):
    return Visits(
        np.full(days + 1, -9, np.int64),
        *(np.full(visits, -9, np.int32) for _ in range(5)),
        *(np.zeros(visits, np.bool_) for _ in range(3)),
        np.full(visits + 1, -9, np.int64),
        np.full(pauses, -9, np.int32),
        np.full(pauses, -9, np.int32),
        np.zeros(pauses, np.bool_),
        np.full(pauses, -9, np.int32),
    )


def attempt(rows, said, visits, pauses, draw=0, first_day=0):
    """Return the counts that are reported, and the arrays filled as far as they reach."""
    out = empty(rows.present.shape[1], visits, pauses)
    row = np.full(visits, -9, np.int32)
    found = arrivals.draw_visits(SEED, draw, first_day, rows, said, NEARBY, ORDER, out, row)
    return *found, out, row


def drawn(rows, said, draw=0, first_day=0):
    """Return the visits and the row of each, from arrays that are large enough."""
    people = int(rows.present.sum())
    most = int(people / (1 - said.no_show) * 2) + 100
    pauses = (people + 1) * (MOST_MEETINGS + 1)
    count, pauses, out, row = attempt(rows, said, most, pauses, draw, first_day)
    assert count <= most
    assert out.pause[count] == pauses
    return cut(out, count, pauses), row[:count]


def cut(visits, count, pauses):
    """Return the parts of the arrays up to so many visits and pauses."""
    ends = {"start": None, "pause": count + 1} | dict.fromkeys(BY_PAUSE, pauses)
    return Visits(**{name: a[: ends.get(name, count)] for name, a in visits._asdict().items()})


def crowd(said, home=0, schedule=(1.0,), people=PEOPLE):
    """Return the visits of one day with many people of one row."""
    return drawn(rows_of([[people]], home, schedule), said)[0]


def told(visits, v):
    """Return a visit as the twin tells it."""
    columns = (visits.pause_start, visits.pause_length, visits.holds, visits.room)
    pauses = [Pause(*(column[k].item() for column in columns))
              for k in range(visits.pause[v], visits.pause[v + 1])]  # fmt: skip
    columns = (visits.arrival, visits.due, visits.stay, visits.patience, visits.home)
    flags = (visits.booked, visits.shows, visits.remains)
    return Visit(*(column[v].item() for column in (*columns, *flags)), tuple(pauses))


def by_row(visits, row, day):
    """Return {row: what its people do on a day, in any order}."""
    found = {}
    for v in range(visits.start[day], visits.start[day + 1]):
        found.setdefault(int(row[v]), []).append(told(visits, v))
    return {r: sorted(those) for r, those in found.items()}


def share_is(p, yes):
    """Whether a share passes an exact binomial test."""
    return stats.binomtest(int(np.sum(yes)), len(yes), p).pvalue > RARE


def follow(values, p):
    """Whether whole numbers pass a chi-square test; those expected less than 5 times as one."""
    expected = np.array([*p, max(1 - sum(p), 0)]) * len(values)
    observed = np.bincount(np.minimum(values, len(p)), minlength=len(p) + 1)
    assert not observed[expected < 1e-9].any()
    often = expected >= 5
    rest = [expected[~often].sum(), observed[~often].sum()]
    expected, observed = expected[often], observed[often]
    expected[-1] += rest[0]
    observed[-1] += rest[1]
    return stats.chisquare(observed, expected).pvalue > RARE


def pauses_each(visits):
    return np.diff(visits.pause)


# --- the slow twin --------------------------------------------------------------------------


def random_habits(rng):
    """Return habits in which everything happens."""
    schedules = int(rng.integers(1, 4))

    def anything(most, rows=None):
        size = (TABLE,) if rows is None else (rows, TABLE)
        return np.sort(rng.integers(0, most, size)).astype(np.int32)

    return habits(
        closing=3600,
        arrival=anything(3600, schedules),
        stay=anything(4000, schedules) + 1,
        patience=anything(900),
        remains=rng.choice([0.0, 0.3, 1.0]),
        lunch=rng.choice([0.0, 0.7, 1.0]),
        lunch_start=anything(3600),
        lunch_length=anything(600),
        lunch_holds=rng.choice([0.0, 0.4, 1.0]),
        meetings=poisson(rng.choice([0.5, 3.0])) if rng.random() < 0.7 else [1.0],
        meeting_length=anything(600),
        meeting_people=anything(12) + 1,
        meeting_holds=rng.random(),
        seats=np.cumsum(rng.integers(1, 5, rng.integers(0, 4))),
        booked=rng.choice([0.0, 0.5, 1.0]),
        no_show=rng.choice([0.0, 0.2, 0.6]),
        late=anything(1200),
    ), schedules  # fmt: skip


def random_rows(rng, schedules, days, most=8):
    count = int(rng.integers(1, 5))
    chances = rng.integers(0, 3, (count, schedules)) + (np.arange(schedules) == 0)
    cumulative = np.cumsum(chances, axis=1)
    return rows_of(
        rng.integers(0, most, (count, days)),
        rng.choice([0, 1, 2, OWN, ANY], count),
        cumulative / cumulative[:, -1:],
        [f"any/{k}" for k in rng.permutation(100)[:count]],
    )


@given(
    seed=st.integers(0, 2**32),
    draw=st.integers(0, 10**9),
    first_day=st.sampled_from([0, 5, 250]),
    days=st.integers(1, 3),
)
def test_visits_are_those_of_the_slow_twin(seed, draw, first_day, days):
    """Person by person, from the pair of numbers at each place, and in the same random order."""
    rng = np.random.default_rng(seed)
    said, schedules = random_habits(rng)
    rows = random_rows(rng, schedules, days)
    visits, row = drawn(rows, said, draw, first_day)
    expected, whose, ends = [], [], [0]
    for day in range(days):
        purpose = streams.VISIT + first_day + day

        def order(n, purpose=purpose):
            return streams.uniform(SEED, ORDER, draw, purpose, 64 * n + 7)

        people = [(r, k) for r in range(len(rows.key)) for k in range(rows.present[r, day])]
        for r, k in shuffled(people, order):

            def luck(place, purpose=purpose, r=r, k=k):
                return streams.two_uniforms(SEED, rows.key[r], draw, purpose, 64 * k + place)

            theirs = visits_of_person(luck, rows.home[r], rows.schedule[r], said, NEARBY)
            expected += theirs
            whose += [r] * len(theirs)
        ends.append(len(expected))
    assert visits.start.tolist() == ends
    assert row.tolist() == whose
    assert [told(visits, v) for v in range(len(expected))] == expected


# --- what must hold for anybody -------------------------------------------------------------


@given(seed=st.integers(0, 2**32), draw=st.integers(0, 10**9))
def test_as_many_come_as_are_present(seed, draw):
    rng = np.random.default_rng(seed)
    said, schedules = random_habits(rng)
    rows = random_rows(rng, schedules, 4)
    visits, row = drawn(rows, said, draw)
    for day in range(4):
        today = slice(visits.start[day], visits.start[day + 1])
        here = row[today][visits.shows[today]]
        assert (np.bincount(here, minlength=len(rows.key)) == rows.present[:, day]).all()
    assert (visits.arrival >= 0).all()
    assert (visits.arrival < said.closing).all()
    assert (visits.arrival >= visits.due).all()
    assert (visits.stay >= 1).all()
    assert (visits.booked | visits.shows).all()
    assert not visits.booked[visits.home == OWN].any()
    assert not visits.booked[rows.home[row] == ANY].any()
    stated = rows.home[row] != ANY
    assert (visits.home[stated] == rows.home[row][stated]).all()
    for v in range(visits.arrival.size):
        starts = visits.pause_start[visits.pause[v] : visits.pause[v + 1]]
        assert (np.diff(starts) >= 0).all()
        assert visits.shows[v] or starts.size == 0


@given(seed=st.integers(0, 2**32), draw=st.integers(0, 10**9))
def test_a_visitor_is_the_same_among_whatever_others(seed, draw):
    """The k-th person of a row on a day: with other rows, more people of the row, and more days."""
    rng = np.random.default_rng(seed)
    said, schedules = random_habits(rng)
    rows = random_rows(rng, schedules, 3)
    together = by_row(*drawn(rows, said, draw), 1)
    for r in range(len(rows.key)):
        one = slice(r, r + 1)
        alone = Rows(
            rows.key[one], rows.home[one], rows.schedule[one], rows.present[one, :2].copy()
        )
        assert by_row(*drawn(alone, said, draw), 1).get(0, []) == together.get(r, [])
        more = alone._replace(present=alone.present + 2)
        others = by_row(*drawn(more, said, draw), 1)[0]
        for visit in together.get(r, []):
            others.remove(visit)
        assert sum(visit.shows for visit in others) == 2


@given(seed=st.integers(0, 2**32), cut=st.integers(0, 6))
def test_days_may_be_drawn_in_parts(seed, cut):
    rng = np.random.default_rng(seed)
    said, schedules = random_habits(rng)
    rows = random_rows(rng, schedules, 6, most=4)
    whole, row = drawn(rows, said)
    found = []
    for first, last in ((0, cut), (cut, 6)):
        part = rows._replace(present=rows.present[:, first:last].copy())
        visits, part_row = drawn(part, said, first_day=first)
        found += [(int(part_row[v]), told(visits, v)) for v in range(visits.arrival.size)]
    assert found == [(int(row[v]), told(whole, v)) for v in range(whole.arrival.size)]


@given(seed=st.integers(0, 2**32), draw=st.integers(0, 10**9))
def test_an_option_moves_nothing_but_its_own(seed, draw):
    """Without meetings, lunch and bookings people come, stay and wait as they do with them."""
    rng = np.random.default_rng(seed)
    said, schedules = random_habits(rng)
    rows = random_rows(rng, schedules, 1)
    some, row = drawn(rows, said, draw)
    shows = some.shows
    plain, plain_row = drawn(
        rows, said._replace(lunch=0.0, meetings=np.ones(1), booked=0.0, no_show=0.0), draw
    )
    assert (row[shows] == plain_row).all()
    for name in ("due", "stay", "patience", "home", "remains"):
        assert (getattr(some, name)[shows] == getattr(plain, name)).all()
    assert plain.pause_start.size == 0


def test_draws_days_and_rows_have_luck_of_their_own():
    uniform = habits(arrival=[table(np.arange(TABLE))])
    rows = rows_of([[30, 30], [30, 30]])
    seen = set()
    for draw in (0, 1):
        visits, row = drawn(rows, uniform, draw)
        for day in (0, 1):
            found = by_row(visits, row, day)
            seen |= {tuple(found[0]), tuple(found[1])}
    assert len(seen) == 8


# --- arrays that are too small --------------------------------------------------------------


@pytest.mark.parametrize("no_show", [0.0, 0.5])
@pytest.mark.parametrize(("visits", "pauses"), [(0, 0), (5, 10_000), (1_000, 40), (25, 70)])
def test_too_small_arrays_say_so_and_larger_ones_hold_the_same(visits, pauses, no_show):
    """As the caller does it: again with a fifth more than was asked for, until everything fits."""
    said = habits(
        arrival=[table(np.arange(TABLE))],
        meetings=poisson(2.0),
        lunch=0.5,
        booked=0.8 if no_show else 0.0,
        no_show=no_show,
    )
    rows = rows_of([[12, 0, 9], [7, 5, 11]])
    roomy, roomy_row = drawn(rows, said)
    first = attempt(rows, said, visits, pauses)
    assert first[0] > visits or first[1] > pauses
    if no_show == 0:
        assert first[0] == roomy.arrival.size
        assert first[1] >= roomy.pause_start.size
    rounds = 0
    while True:
        count, away, found, row = attempt(rows, said, visits, pauses)
        if count <= visits and away <= pauses:
            break
        visits, pauses = int(max(visits, count) * 1.2), int(max(pauses, away) * 1.2)
        rounds += 1
        assert rounds < 10
    assert row[:count].tolist() == roomy_row.tolist()
    assert found.start.tolist() == roomy.start.tolist()
    assert [told(found, v) for v in range(count)] == [told(roomy, v) for v in range(count)]


def test_too_small_arrays_are_not_written_past_their_end():
    """The arrays are views of larger ones, whose other halves keep what they hold."""
    said = habits(meetings=poisson(3.0), lunch=1.0, booked=1.0, no_show=0.6)
    rows = rows_of([[40]])
    for visits, pauses in [(10, 400), (200, 60), (0, 0)]:
        whole, whole_row = empty(1, 2 * visits + 2, 2 * pauses + 2), np.full(2 * visits + 2, -9)
        whole_row = whole_row.astype(np.int32)
        part = cut(whole, visits, pauses)
        arrivals.draw_visits(SEED, 0, 0, rows, said, NEARBY, ORDER, part, whole_row[:visits])
        for name in ("arrival", "due", "stay", "patience", "home"):
            assert (getattr(whole, name)[visits:] == -9).all()
        for name in set(BY_PAUSE) - {"holds"}:
            assert (getattr(whole, name)[pauses:] == -9).all()
        assert (whole.pause[visits + 1 :] == -9).all()
        assert (whole_row[visits:] == -9).all()


# --- laws -----------------------------------------------------------------------------------


def test_times_follow_their_tables():
    """Normal arrivals, lognormal stays, exponential patience; none says anything of another."""
    laws = [
        stats.norm(30_000, 3_000),
        stats.lognorm(0.3, scale=25_000),
        stats.expon(scale=50_000),
    ]
    arrival, stay, patience = (table(np.rint(law.ppf(MIDDLES))) for law in laws)
    visits = crowd(habits(closing=10**5, arrival=[arrival], stay=[stay], patience=patience))
    columns = (visits.arrival, visits.stay, visits.patience)
    for law, found in zip(laws, columns, strict=True):
        assert stats.kstest(found, law.cdf).pvalue > RARE
    assert stats.spearmanr(columns, axis=1).pvalue[np.triu_indices(3, 1)].min() > RARE
    assert (visits.due == visits.arrival).all()


def test_schedules_have_their_shares():
    """Arrival and stay come from one schedule; one without a share is never drawn."""
    said = habits(arrival=[table(1), table(2), table(3)], stay=[table(10), table(20), table(30)])
    visits = crowd(said, schedule=(0.2, 0.2, 1.0))
    assert (visits.stay == 10 * visits.arrival).all()
    assert set(visits.arrival.tolist()) == {1, 3}
    assert share_is(0.2, visits.arrival == 1)


def test_a_share_goes_to_lunch():
    start, length = stats.uniform(100, 5_000), stats.expon(scale=4_000)
    said = habits(
        lunch=0.3,
        lunch_holds=0.6,
        remains=0.25,
        lunch_start=table(np.rint(start.ppf(MIDDLES))),
        lunch_length=table(np.rint(length.ppf(MIDDLES))),
    )
    visits = crowd(said)
    goes = pauses_each(visits)
    assert set(goes.tolist()) == {0, 1}
    assert share_is(0.3, goes)
    assert share_is(0.6, visits.holds)
    assert share_is(0.25, visits.remains)
    assert share_is(0.25, visits.remains[goes == 1])
    assert stats.kstest(visits.pause_start, start.cdf).pvalue > RARE
    assert stats.kstest(visits.pause_length, length.cdf).pvalue > RARE
    assert stats.spearmanr(visits.pause_start, visits.pause_length).pvalue > RARE
    assert (visits.room == NEVER).all()


def test_meetings_are_poisson_and_at_any_time_of_the_stay():
    length = stats.expon(scale=4_000)
    said = habits(
        stay=[table(20_000)],
        meetings=poisson(2.1),
        meeting_length=table(np.rint(length.ppf(MIDDLES))),
        meeting_holds=0.35,
    )
    visits = crowd(said)
    assert follow(pauses_each(visits), stats.poisson.pmf(np.arange(12), 2.1))
    assert stats.kstest(visits.pause_start, stats.uniform(100, 20_000).cdf).pvalue > RARE
    assert stats.kstest(visits.pause_length, length.cdf).pvalue > RARE
    assert share_is(0.35, visits.holds)
    assert (visits.room == NEVER).all()  # there are no rooms


def test_meetings_of_those_who_go_to_lunch_are_as_many():
    said = habits(meetings=poisson(1.3), lunch=0.5, lunch_length=table(7))
    visits = crowd(said)
    lunches = np.array([np.sum(visits.pause_length[a:b] == 7) for a, b in pairwise(visits.pause)])
    meetings = pauses_each(visits) - lunches
    assert set(lunches.tolist()) == {0, 1}
    for goes in (0, 1):
        assert follow(meetings[lunches == goes], stats.poisson.pmf(np.arange(8), 1.3))


def test_nobody_has_more_meetings_than_have_a_place_in_the_stream():
    said = habits(meetings=np.zeros(MOST_MEETINGS + 1), lunch=1.0, stay=[table(20_000)])
    visits = crowd(said, people=400)
    assert (pauses_each(visits) == MOST_MEETINGS + 1).all()
    times = visits.pause_start[visits.pause_start != 400]
    assert stats.kstest(times, stats.uniform(100, 20_000).cdf).pvalue > RARE


def test_one_of_those_who_meet_asks_for_the_room():
    """Of 2, 3 and 6 people 1/2, 1/3 and 1/6 ask: a third of all, and 3 : 2 : 1 of those who do."""
    people = np.repeat([2, 3, 6], [TABLE // 4, TABLE // 4, TABLE // 2])
    said = habits(meetings=poisson(2.0), meeting_people=table(people), seats=[2, 5, 6])
    rooms = crowd(said).room
    chances = {0: 1 / 8, 1: 1 / 12, 2: 1 / 12}
    assert share_is(7 / 24, rooms != NEVER)
    for size, chance in chances.items():
        assert share_is(chance, rooms == size)
    assert share_is(1.0, crowd(said._replace(meeting_people=table(1))).room == 0)


@pytest.mark.parametrize(
    ("people", "size"), [(1, 0), (4, 0), (5, 1), (8, 1), (9, 2), (20, 2), (21, 2), (500, 2)]
)
def test_the_room_fits_those_who_meet(people, size):
    """The least with seats enough; the largest where there is none."""
    said = habits(meetings=poisson(3.0), meeting_people=table(people), seats=[4, 8, 20])
    rooms = crowd(said).room
    assert set(rooms.tolist()) <= {NEVER, size}
    assert share_is(1 / people, rooms == size)


def test_a_share_books_and_comes_late():
    late = stats.expon(scale=3_000)
    said = habits(
        closing=6_000,
        arrival=[table(np.arange(TABLE))],
        booked=0.4,
        late=table(np.rint(late.ppf(MIDDLES))),
    )
    visits = crowd(said)
    assert share_is(0.4, visits.booked)
    assert (visits.arrival == visits.due)[~visits.booked].all()
    assert stats.kstest(visits.due[visits.booked], stats.uniform(0, TABLE).cdf).pvalue > RARE
    early = visits.booked & (visits.due < 1_000)
    delay = (visits.arrival - visits.due)[early]
    assert visits.arrival.max() == 5_999
    assert share_is(late.cdf(999.5), delay < 1_000)
    for home in (OWN, ANY):
        assert not crowd(said, home).booked.any()


@pytest.mark.parametrize("q", [0.1, 0.35, 0.8])
def test_bookings_in_vain_are_geometric(q):
    """Mean q / (1 - q) for one that is used, so that a share q of all bookings is not used."""
    said = habits(arrival=[table(np.arange(TABLE))], booked=0.5, no_show=q, lunch=0.5)
    visits = crowd(said)
    used = np.flatnonzero(visits.booked & visits.shows)
    vain = np.diff(np.append(np.flatnonzero(visits.shows), visits.shows.size)) - 1
    assert not vain[~visits.booked[visits.shows]].any()
    vain = vain[visits.booked[visits.shows]]
    assert follow(vain, (1 - q) * q ** np.arange(int(np.log(1e-4) / np.log(q))))
    error = np.sqrt(q) / (1 - q) / np.sqrt(vain.size)
    assert abs(vain.mean() - q / (1 - q)) < 5 * error  # false alarms: 6e-7
    for v in used[vain > 0][:50]:
        for name in ("due", "stay", "home", "booked"):
            assert getattr(visits, name)[v] == getattr(visits, name)[v + 1]
        assert visits.arrival[v + 1] == visits.due[v]
    assert not pauses_each(visits)[~visits.shows].any()


def test_visitors_are_spread_by_workstations():
    """A quarter to the first, none to the second, the rest to the third neighbourhood."""
    homes = crowd(habits(), ANY).home
    assert set(homes.tolist()) == {0, 2}
    assert share_is(0.25, homes == 0)


def test_every_order_of_four_people_is_as_likely():
    days = 12_000 if JIT else 600
    rows = rows_of([[1] * days] * 4)
    _, row = drawn(rows, habits())
    orders = list(permutations(range(4)))
    numbers = [orders.index(tuple(order)) for order in row.reshape(-1, 4).tolist()]
    assert follow(np.array(numbers), np.ones(24) / 24)


# --- workstations in service ----------------------------------------------------------------


def in_service(share, desks, days, draw=0, first_day=0):
    site = Site(100, NEVER, np.full((days, len(desks)), -9, np.int32), None, None)
    site = site._replace(reach=np.zeros((1, 1), np.int32), rooms=np.zeros(0, np.int32))
    key = streams.stream_key("test/service")
    arrivals.in_service(SEED, key, draw, first_day, share, np.array(desks, np.int64), site)
    return site.workstations


@given(
    share=st.floats(0, 1),
    desks=st.lists(st.integers(0, 60), min_size=1, max_size=4),
    draw=st.integers(0, 10**9),
    first=st.sampled_from([0, 5, 250]),
)
def test_workstations_in_service_are_inverted(share, desks, draw, first):
    """The slow twin inverts exactly, from the number of each day and neighbourhood."""
    found = in_service(share, desks, 2, draw, first)
    key = streams.stream_key("test/service")
    for day in range(2):
        for j, here in enumerate(desks):
            u = streams.uniform(SEED, key, draw, streams.SERVICE, (first + day) * len(desks) + j)
            assert found[day, j] == here - naive.binomial_quantile(u, here, share)


@given(p=st.floats(0, 1), q=st.floats(0, 1), desks=st.integers(0, 300))
def test_more_out_of_service_leaves_no_more(p, q, desks):
    many, few = (in_service(x, [desks, 5], 3) for x in sorted((p, q)))
    assert (few <= many).all()
    assert (few >= 0).all()
    assert (many <= [desks, 5]).all()
    assert (in_service(0.0, [desks], 2) == desks).all()
    assert (in_service(1.0, [desks], 2) == 0).all()


def test_workstations_in_service_are_binomial():
    found = in_service(0.03, [40, 200], PEOPLE)
    for here, desks in zip(found.T, (40, 200), strict=True):
        assert follow(desks - here, stats.binom.pmf(np.arange(25), desks, 0.03))
    assert stats.spearmanr(found[:, 0], found[:, 1]).pvalue > RARE
    assert stats.spearmanr(found[1:, 1], found[:-1, 1]).pvalue > RARE
