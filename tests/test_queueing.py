"""The compiled day against queueing theory: its sums second for second, and published formulas.

Seats with a waiting line are queues, whose long run is known. Days here are hundreds of stays long;
they are independent, so the mean of a day's measure has a Student interval over days: its rate of
false alarms is 1e-6. A day starts empty: what happens in the first stays of it is dropped. Times
are whole seconds, thousands to a stay, which moves the long run by far less than the intervals.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from days import site_of
from handmade import JIT
from hypothesis import given
from hypothesis import strategies as st
from naive_days import birth_and_death, erlang_b, erlang_c, numbers, refused, starts
from scipy import stats

from sim.kernels import weeks
from sim.kernels.visits import NEVER, SEATED, TURNED_AWAY, Visits, new_log

STAY = 20_000
"""Mean stay [s]."""
RARE = 1e-6


def visits_at(start, arrival, stay, patience):
    """Return visits to one neighbourhood, without pauses, from the first visit of each day."""
    count = arrival.size
    nothing, no = np.zeros(count, np.int32), np.zeros(count, np.bool_)
    patience = np.broadcast_to(np.asarray(patience, np.int32), count)
    return Visits(
        start=np.asarray(start, np.int64),
        arrival=arrival.astype(np.int32),
        due=arrival.astype(np.int32),
        stay=stay.astype(np.int32),
        patience=patience.copy(),
        home=nothing,
        booked=no,
        shows=~no,
        remains=no,
        pause=np.zeros(count + 1, np.int64),
        pause_start=np.zeros(0, np.int32),
        pause_length=np.zeros(0, np.int32),
        holds=np.zeros(0, np.bool_),
        room=np.zeros(0, np.int32),
    )


def happened(visits, desks, closing):
    log = new_log(visits)
    weeks.simulate_days(visits, site_of([[desks]] * (visits.start.size - 1), closing=closing), log)
    return log


class Queue:
    """Days of Poisson arrivals, with what happened to those who came."""

    def __init__(self, seed, desks, load, days, stays, stay_law=None, patience_law=None):
        """Draw days of so many mean stays; stays are exponential unless told otherwise."""
        rng = np.random.default_rng(seed)
        self.closing = stays * STAY
        self.rate = load / STAY
        sizes = rng.poisson(self.rate * self.closing, days)
        start = np.cumsum([0, *sizes])
        self.day = np.repeat(np.arange(days), sizes)
        arrival = np.floor(rng.random(start[-1]) * self.closing)
        arrival = arrival[np.lexsort((arrival, self.day))]
        stay = (stay_law or stats.expon(scale=STAY)).rvs(start[-1], random_state=rng)
        patience = 0
        if patience_law is not None:
            patience = np.rint(patience_law.rvs(start[-1], random_state=rng))
        self.visits = visits_at(start, arrival, np.maximum(np.rint(stay), 1), patience)
        self.log = happened(self.visits, desks, self.closing)

    def by_day(self, values, warm, late=0):
        """Return the mean of values over those who come within the day's steady part."""
        arrival = self.visits.arrival
        steady = (arrival >= warm * STAY) & (arrival < self.closing - late * STAY)
        sums = np.bincount(self.day[steady], values[steady])
        return sums / np.bincount(self.day[steady])

    def number_by_day(self, begin, end, warm, late=0):
        """Return the time average of how many are between begin and end, over the steady part."""
        low, high = warm * STAY, self.closing - late * STAY
        within = np.clip(end, low, high) - np.clip(begin, low, high)
        return np.bincount(self.day, within) / (high - low)


def agrees(by_day, expected, relative):
    """Whether the expected value is in the Student interval, which must be so narrow."""
    half = stats.t.ppf(1 - RARE / 2, by_day.size - 1) * stats.sem(by_day)
    assert half < relative * expected
    return abs(by_day.mean() - expected) < half


# --- second for second ----------------------------------------------------------------------

times = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30)), min_size=1, max_size=60)


def one_day(people, patience):
    arrival, stay = np.array(sorted(people)).T
    return visits_at([0, arrival.size], arrival, stay, patience), arrival, stay


@given(people=times, desks=st.integers(0, 5))
def test_without_patience_the_day_is_a_loss_system(people, desks):
    visits, arrival, stay = one_day(people, 0)
    log = happened(visits, desks, 10_000)
    lost = np.array(refused(arrival, stay, desks))
    assert ((log.outcome == TURNED_AWAY) == lost).all()
    assert (log.gone == np.where(lost, arrival, arrival + stay)).all()
    assert not log.waited.any()


@given(seed=st.integers(0, 999), desks=st.sampled_from([1, 63, 64, 65, 128, 200]))
def test_the_free_desk_of_the_lowest_number_is_taken(seed, desks):
    """About a hundred people at once, so that more than one word of bits is in use."""
    rng = np.random.default_rng(seed)
    people = rng.integers([0, 1], [200, 120], (300, 2))
    visits, arrival, stay = one_day(people.tolist(), 0)
    log = happened(visits, desks, 10_000)
    assert log.number.tolist() == numbers(arrival, stay, desks)


@given(people=times, desks=st.integers(1, 5))
def test_with_patience_everybody_is_served_in_order(people, desks):
    visits, arrival, stay = one_day(people, 10_000)
    log = happened(visits, desks, 10_000)
    assert (log.outcome == SEATED).all()
    assert log.seated.tolist() == starts(arrival, stay, desks)
    assert (log.waited == log.seated - arrival).all()
    assert (log.gone == log.seated + stay).all()


@given(people=times, desks=st.integers(0, 5), patience=st.integers(0, 40))
def test_littles_law_holds_on_a_day_that_ends_empty(people, desks, patience):
    """Waiting time is what the line's length at every second adds up to."""
    visits, arrival, _ = one_day(people, patience)
    log = happened(visits, desks, 2_000)
    line, inside = np.zeros(2_000, int), np.zeros(2_000, int)
    for v in range(arrival.size):
        seated = log.outcome[v] == SEATED
        line[arrival[v] : log.seated[v] if seated else log.gone[v]] += 1
        inside[arrival[v] : log.gone[v]] += 1
    assert line.sum() == log.waited.sum()
    assert inside.sum() == (log.gone - arrival).sum()
    assert ((inside - line) <= desks).all()
    assert ((inside - line)[line > 0] == desks).all()  # nobody waits beside a free desk


# --- the formulas ---------------------------------------------------------------------------


def test_the_twins_formulas_are_the_published_ones():
    """Tables of Erlang's B and C: 25 erlangs on 30, 8 on 10; by hand 1 on 2."""
    assert erlang_b(30, 25) == pytest.approx(0.0526, abs=5e-5)
    assert erlang_c(10, 8) == pytest.approx(0.4092, abs=5e-5)
    assert erlang_b(2, 1) == pytest.approx(1 / 5, abs=1e-15)
    assert erlang_c(2, 1) == pytest.approx(1 / 3, abs=1e-15)


# --- loss: M/G/c/c --------------------------------------------------------------------------


class TwoKinds:
    """A fifth of people stay for 25/6, the others for 5/24 of the mean: 20 times as long."""

    def rvs(self, size, random_state):
        return STAY * np.where(random_state.random(size) < 0.2, 25 / 6, 5 / 24)


@cache
def loss_days(law=None):
    """Return 25 erlangs on 30 desks without a line: 200 days of 400 stays, 2 million people."""
    return Queue(1, 30, 25, 200, 400, law)


@pytest.mark.jit
@pytest.mark.parametrize(
    "law", [None, stats.uniform(STAY, 0), TwoKinds()], ids=["exponential", "all alike", "two kinds"]
)
def test_the_share_lost_is_erlangs_b(law):
    """0.0526, whatever the law of the stay; the first 20 stays of each day are dropped.

    By Little's law for desks 25 · (1 - 0.0526) = 23.68 are taken on average.
    """
    days = loss_days(law)
    lost = days.by_day(days.log.outcome == TURNED_AWAY, 20)
    assert agrees(lost, erlang_b(30, 25), 0.05)
    taken = days.number_by_day(days.visits.arrival, days.log.gone, 20)
    assert agrees(taken, 25 * (1 - erlang_b(30, 25)), 0.005)


@pytest.mark.jit
def test_the_number_of_desks_taken_is_a_cut_off_poisson():
    """As those who come see it: 1 + 25 + 25²/2 + … + 25³⁰/30!, each in its share."""
    days = loss_days()
    chances = birth_and_death(lambda _: 25, lambda k: k, 30)
    taken = desks_taken(days)
    assert ((taken == 30) == (days.log.outcome == TURNED_AWAY)).all()
    for least in (20, 25, 28, 30):
        seen = days.by_day(taken >= least, 20)
        assert agrees(seen, chances[least:].sum(), 0.05)


def desks_taken(days):
    """Return how many desks are taken when each comes: those seated before who are not gone."""
    found = np.empty(days.day.size, int)
    for mine in map(slice, days.visits.start, days.visits.start[1:]):
        arrival, gone = days.visits.arrival[mine], days.log.gone[mine]
        seated = days.log.outcome[mine] == SEATED
        come = np.cumsum(seated) - seated
        left = np.searchsorted(np.sort(gone[seated]), arrival, side="right")
        found[mine] = come - left
    return found


# --- waiting: M/M/c -------------------------------------------------------------------------


@cache
def waiting_days():
    """Return 8 erlangs on 10 desks, where all wait: 400 days of 700 stays, 2.2 million people."""
    return Queue(2, 10, 8, 400, 700, patience_law=stats.uniform(10**8, 0))


@pytest.mark.jit
def test_the_share_who_wait_is_erlangs_c():
    """0.4092; of each day the first and the last 60 stays are dropped (it calms down in 9)."""
    days = waiting_days()
    assert agrees(days.by_day(days.log.waited > 0, 60, 60), erlang_c(10, 8), 0.03)


@pytest.mark.jit
def test_the_mean_wait_is_erlangs():
    """C / (10 - 8) of a stay; it is exponential with mean stay / 2 for those who wait."""
    days = waiting_days()
    expected = erlang_c(10, 8) * STAY / 2
    assert agrees(days.by_day(days.log.waited, 60, 60), expected, 0.08)
    longer = np.exp(-1)
    assert agrees(days.by_day(days.log.waited > STAY / 2, 60, 60), erlang_c(10, 8) * longer, 0.08)


@pytest.mark.jit
def test_the_mean_line_is_littles():
    """Its length is what comes times the mean wait; 8 desks are taken on average."""
    days = waiting_days()
    seated = np.where(days.log.seated == NEVER, days.log.gone, days.log.seated)
    line = days.number_by_day(days.visits.arrival, seated, 60, 60)
    assert agrees(line, days.rate * erlang_c(10, 8) * STAY / 2, 0.08)
    assert agrees(days.number_by_day(seated, days.log.gone, 60, 60), 8, 0.01)


# --- impatience: M/M/c + M ------------------------------------------------------------------


def impatient_days(patience):
    """Return 12 erlangs on 10 desks, patience exponential: 100 days of 500 stays."""
    return Queue(3, 10, 12, 100, 500, patience_law=stats.expon(scale=patience * STAY))


@pytest.mark.jit
@pytest.mark.parametrize("patience", [0.2, 1.0])
def test_those_who_give_up_are_palms(patience):
    """Erlang A: k people come at rate 12, leave at min(k, 10) and give up at max(k - 10, 0) / p.

    With a patience like the stay the number present is that of boundless desks, Poisson.
    """
    days = impatient_days(patience)
    waiting = np.maximum(np.arange(200) - 10, 0)
    chances = birth_and_death(lambda _: 12, lambda k: min(k, 10) + max(k - 10, 0) / patience, 199)
    lost = chances @ waiting / patience / 12
    if patience == 1.0:
        assert chances[:60] == pytest.approx(stats.poisson.pmf(np.arange(60), 12), rel=1e-9)
    turned = days.by_day(days.log.outcome == TURNED_AWAY, 20, 20)
    assert agrees(turned, lost, 0.05)
    present = days.number_by_day(days.visits.arrival, days.log.gone, 20, 20)
    assert agrees(present, chances @ np.arange(200), 0.02)
    assert agrees(days.by_day(days.log.waited, 20, 20), chances @ waiting * STAY / 12, 0.05)


# --- desks for all: M/G/∞ -------------------------------------------------------------------


def mean_uniform(t):
    """Return E[min(S, t)], in stays, of S uniform on 0 .. 2."""
    return t - t * t / 4 if t < 2 else 1.0


def mean_pareto(t):
    """Return E[min(S, t)], in stays, of S with P(S > x) = (2 / 3x)³ from 2/3 on."""
    return t if t < 2 / 3 else 2 / 3 + (1 - (2 / 3 / t) ** 2) / 3


@pytest.mark.parametrize(
    ("law", "mean"),
    [
        (stats.uniform(0, 2 * STAY), mean_uniform),
        (stats.pareto(3, scale=STAY * 2 / 3), mean_pareto),
    ],
    ids=["uniform", "pareto"],
)
def test_with_desks_for_all_the_number_present_is_poisson(law, mean):
    """With mean 12 E[min(S, t)] at t, from the day's start on: chi-square at three times."""
    days = 3_000 if JIT else 200
    queue = Queue(4, 100, 12, days, 4, law)
    assert (queue.log.outcome == SEATED).all()
    for t in (0.5, 1.5, 3.5):
        at = int(t * STAY)
        here = (queue.log.seated <= at) & (at < queue.log.left)
        counts = np.bincount(queue.day[here], minlength=days)
        expected = stats.poisson.pmf(np.arange(41), 12 * mean(t)) * days
        often = expected >= 10
        observed = np.bincount(counts, minlength=41)
        found, fit = [*observed[often], observed[~often].sum()], [*expected[often]]
        fit.append(days - sum(fit))
        assert stats.chisquare(found, fit).pvalue > RARE
        error = np.sqrt(12 * mean(t) / days)
        assert abs(counts.mean() - 12 * mean(t)) < 5 * error  # false alarms: 6e-7
