"""The registry of what is timed: a name, a size axis, and a maker of the call for one size.

A maker does what is not to be timed (scenario, inputs, compilation) and returns the call that is.
Sizes come in two lists: small ones for every day, and the whole sweep.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import estates, jobs, measure, office, ours, peers, portfolio
from sim import draw, run, sampling, simulate, streams
from sim.analysis.programme import choose
from sim.kernels import presence, sizing, tally
from sim.occupancy import processes
from sim.results.summary import new_tally

Call = Callable[[], object]
Maker = Callable[[int], Call]


@dataclass(frozen=True)
class Case:
    """One thing that is timed over sizes."""

    name: str
    axis: str
    make: Maker
    small: tuple[int, ...]
    full: tuple[int, ...]
    needs: str | None
    """Package of the extra ``bench`` without which the case is skipped."""
    slow: bool
    """Only in the whole sweep, and only one round."""


CASES: list[Case] = []


def case(
    name: str,
    axis: str,
    small: tuple[int, ...],
    full: tuple[int, ...],
    needs: str | None = None,
    slow: bool = False,
) -> Callable[[Maker], Maker]:
    """Put a maker into the registry."""

    def register(make: Maker) -> Maker:
        CASES.append(Case(name, axis, make, small, full, needs, slow))
        return make

    return register


DRAWS = (1_000, 10_000, 100_000, 1_000_000)
POOLS = (20, 200, 2_000, 20_000)
_SEED = np.uint64(1)
_COUNT = 256


# --- kernels ----------------------------------------------------------------------------------


@case("kernel uniform", "draws", (10_000,), DRAWS)
def _uniforms(draws: int) -> Call:
    key = streams.stream_key("benchmark")
    return lambda: sampling.monte_carlo(_SEED, key, 0, draws)


@case("kernel sobol", "draws", (10_000,), DRAWS)
def _sobol(draws: int) -> Call:
    key = streams.stream_key("benchmark")
    return lambda: sampling.sobol(_SEED, key, 3, 0, draws)


@case("kernel beta inputs", "draws", (10_000,), DRAWS)
def _inputs(draws: int) -> Call:
    return lambda: ours.rates(_SEED, 0, draws, shock=True)


@case("kernel staff", "draws", (1_000,), DRAWS[:3])
def _staff(draws: int) -> Call:
    share = ours.rates(_SEED, 0, draws, shock=False).eligible
    return lambda: ours.divided(_SEED, 0, share)


@case("kernel days", "draws", (1_000,), DRAWS[:3])
def _days(draws: int) -> Call:
    drawn = ours.rates(_SEED, 0, draws, shock=False)
    _, cohorts = ours.divided(_SEED, 0, drawn.eligible)
    return lambda: ours.present_on_days(_SEED, 0, drawn, cohorts)


@case("kernel upper day", "draws", (1_000,), DRAWS[:3])
def _upper_day(draws: int) -> Call:
    rng = np.random.default_rng(1)
    present = rng.integers(200, 260, (jobs.BODIES, 5 * jobs.WEEKS, draws), np.int32)
    return lambda: ours.upper_day(present)


@case("kernel mean presence", "draws", (1_000,), DRAWS[:3])
def _mean(draws: int) -> Call:
    drawn = ours.rates(_SEED, 0, draws, shock=False)
    _, cohorts = ours.divided(_SEED, 0, drawn.eligible)
    out = np.empty((jobs.BODIES, presence.WEEKDAYS, draws))
    return lambda: presence.mean_present(ours.attendance(drawn), cohorts, out)


@case("kernel shortage", "people in a pool", POOLS[:3], POOLS)
def _shortage(people: int) -> Call:
    return _at_pool(people, shock=False)


@case("kernel shortage with shock", "people in a pool", POOLS[:2], POOLS)
def _shortage_shock(people: int) -> Call:
    return _at_pool(people, shock=True)


def _at_pool(people: int, shock: bool) -> Call:
    drawn = ours.rates(_SEED, 0, _COUNT, shock)
    cohorts = np.full((jobs.DAYS.size, jobs.BODIES, _COUNT), people // jobs.DAYS.size)
    limits = np.full(jobs.BODIES, round(0.63 * people))
    return lambda: ours.risk_at(limits, drawn, cohorts)


@case("kernel workstations needed", "people in a pool", POOLS[:2], POOLS)
def _needed(people: int) -> Call:
    drawn = ours.rates(_SEED, 0, _COUNT, shock=False)
    cohorts = np.full((jobs.DAYS.size, jobs.BODIES, _COUNT), people // jobs.DAYS.size)
    return lambda: ours.needed_for(sizing.PER_DAY, 0.95, drawn, cohorts)


@case("kernel tally", "draws", (4_096,), DRAWS[:3])
def _tally(draws: int) -> Call:
    values = np.random.default_rng(1).random((100, draws))
    state = new_tally(values[:, : tally.LEAF], np.zeros(100, bool))
    return lambda: tally.add_draws(0, values, state)


VISITS = (20, 200, 1_000, 5_000)
"""Visits a day; there are as many days as make 100,000 visits."""


@case("kernel visits", "visits a day", (200,), VISITS)
def _visits(people: int) -> Call:
    given = _office(people, pauses=True, books=True)
    return lambda: ours.draw_visits(given)


@case("kernel weeks", "visits a day", (200,), VISITS)
def _weeks(people: int) -> Call:
    return _simulated(_office(people))


@case("kernel weeks with pauses", "visits a day", (200,), VISITS)
def _weeks_pauses(people: int) -> Call:
    return _simulated(_office(people, pauses=True))


@case("kernel weeks with bookings", "visits a day", (200,), VISITS)
def _weeks_bookings(people: int) -> Call:
    return _simulated(_office(people, books=True))


@case("kernel weeks with pauses and bookings", "neighbourhoods", (4,), (1, 4, 16, 40))
def _weeks_places(places: int) -> Call:
    return _simulated(_office(1_000, places, pauses=True, books=True))


def _office(
    people: int, places: int = 1, pauses: bool = False, books: bool = False
) -> office.Office:
    return office.office(100_000 // people, people, places, pauses, books)


def _simulated(given: office.Office) -> Call:
    visits = ours.draw_visits(given)
    return lambda: ours.simulate_days(visits, given.site)


# --- the two jobs on every side ---------------------------------------------------------------


@case("job a ours", "draws", (1_000,), DRAWS)
def _job_a(draws: int) -> Call:
    return lambda: ours.job_a(1, draws)


@case("job a ours, two threads", "draws", (1_000,), DRAWS)
def _job_a_threads(draws: int) -> Call:
    return lambda: ours.job_a(1, draws, threads=2)


@case("job a numpy", "draws", (1_000,), DRAWS[:3])
def _job_a_numpy(draws: int) -> Call:
    return lambda: peers.numpy_job_a(1, draws)


@case("job a monaco", "draws", (100,), (1_000, 10_000), needs="monaco")
def _job_a_monaco(draws: int) -> Call:
    return lambda: peers.monaco_job_a(1, draws)


@case("job b ours", "draws", (1_000,), DRAWS)
def _job_b(draws: int) -> Call:
    return lambda: ours.job_b(1, draws)


@case("job b ours, two threads", "draws", (1_000,), DRAWS)
def _job_b_threads(draws: int) -> Call:
    return lambda: ours.job_b(1, draws, threads=2)


@case("job b numpy", "draws", (1_000,), DRAWS[:3])
def _job_b_numpy(draws: int) -> Call:
    return lambda: peers.numpy_job_b(1, draws)


@case("job b simpy", "draws", (1,), (1, 10), needs="simpy")
def _job_b_simpy(draws: int) -> Call:
    return lambda: peers.simpy_job_b(1, draws)


@case("job b with shock ours", "draws", (100,), DRAWS[:3])
def _job_b_shock(draws: int) -> Call:
    return lambda: ours.job_b(1, draws, shock=True)


@case("job b with shock numpy", "draws", (1_000,), DRAWS[:3])
def _job_b_shock_numpy(draws: int) -> Call:
    return lambda: peers.numpy_job_b(1, draws, shock=True)


# --- the plain day and the loss system on every side ------------------------------------------

PLAIN = (10, 100, 1_000)


@case("plain day ours", "days", (10,), PLAIN)
def _day(days: int) -> Call:
    return _simulated(office.office(days))


@case("plain day ours ten times, two threads", "days", (10,), PLAIN)
def _day_threads(days: int) -> Call:
    given = office.office(days)
    visits = ours.draw_visits(given)
    return lambda: ours.simulate_again(visits, given.site, 10, threads=2)


@case("plain day ours, with inputs", "days", (10,), PLAIN)
def _day_inputs(days: int) -> Call:
    given = office.office(days)
    return lambda: ours.draw_and_simulate(given)


@case("plain day simpy", "days", (10,), PLAIN[:2])
def _day_simpy(days: int) -> Call:
    people = peers.as_people(ours.draw_visits(office.office(days)))
    return lambda: peers.simpy_days(people, office.WORKSTATIONS)


@case("plain day simpy, lean", "days", (10,), PLAIN[:2])
def _day_lean(days: int) -> Call:
    people = peers.as_people(ours.draw_visits(office.office(days)))
    return lambda: peers.lean_simpy_days(people, office.WORKSTATIONS)


@case("plain day reference", "days", (10,), PLAIN[:2])
def _day_reference(days: int) -> Call:
    given = office.office(days)
    visits = ours.draw_visits(given)
    return lambda: processes.simulate_days(visits, given.site)


@case("loss system ours", "days", (10,), PLAIN)
def _loss(days: int) -> Call:
    visits, site = office.loss_system(1, days)
    return lambda: ours.simulate_days(visits, site)


@case("loss system ciw", "days", (10,), PLAIN[:2], needs="ciw")
def _loss_ciw(days: int) -> Call:
    return lambda: peers.ciw_loss_system(1, days)


# --- end to end -------------------------------------------------------------------------------


@case("run", "draws", (1_000,), DRAWS)
def _run_draws(draws: int) -> Call:
    problem = estates.estate(draws=draws)
    return lambda: run(problem)


@case("run with shock", "draws", (1_000,), DRAWS[:3])
def _run_shock(draws: int) -> Call:
    problem = estates.estate(draws=draws, shock=True)
    return lambda: run(problem)


@case("run sampled", "weeks", (4,), (4, 13, 26, 52))
def _run_weeks(weeks: int) -> Call:
    problem = estates.estate(weeks=weeks, estimator="sampled")
    return lambda: run(problem)


@case("run", "people in a body", (20, 2_000), POOLS)
def _run_people(people: int) -> Call:
    problem = estates.estate(people=people)
    return lambda: run(problem)


@case("simulate", "bodies", (2, 100), (2, 10, 100, 1_000, 10_000))
def _simulate_bodies(bodies: int) -> Call:
    problem, draws = estates.estate(bodies=bodies), max(1, 10_000 // bodies)
    return lambda: simulate(problem, draw(problem, 0, draws))


@case("run reference scenario", "draws", (), (4_096, 16_384), slow=True)
def _run_reference(draws: int) -> Call:
    return lambda: run(estates.shipped(estates.REFERENCE, draws))


@case("run national estate", "draws", (), (4_096, 16_384), slow=True)
def _run_national(draws: int) -> Call:
    return lambda: run(estates.shipped(estates.NATIONAL, draws))


@case("choose what to keep", "floors", (8,), (8, 20, 40))
def _choose(floors: int) -> Call:
    terms = portfolio.portfolio(floors, years=5, bodies=floors // 2)
    return lambda: choose(terms, 1e-3, 60.0)


# --- start ------------------------------------------------------------------------------------


@case("start, kernels cached", "draws", (64,), (64, 16_384))
def _start_warm(draws: int) -> Call:
    return measure.command(*_short_run(draws))


@case("start, nothing compiled", "draws", (), (64,), slow=True)
def _start_cold(draws: int) -> Call:
    def call() -> object:
        with tempfile.TemporaryDirectory() as cache:
            return measure.command(*_short_run(draws), cache=Path(cache))()

    return call


def _short_run(draws: int) -> tuple[str, ...]:
    settings = "--draws", str(draws), "--set", "run.sizing_draws=64"
    return "-m", "sim.cli", "run", str(estates.REFERENCE), *settings
