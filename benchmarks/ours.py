"""The jobs through the project's own kernels, on plain arrays, blocks in order as ``sim.job`` does.

The only file here that knows how kernels are called.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from benchmarks import jobs, office
from benchmarks.jobs import BODIES, HEADCOUNT, WEEKS, Floats, Risk, Sampled
from sim import sampling, streams
from sim.analysis.sobol import Indices, SobolSums
from sim.executors import in_order
from sim.jit import kernel
from sim.job import BLOCK
from sim.kernels import (
    arrivals,
    days,
    designs,
    pools,
    shortage,
    sizing,
    staff,
    tails,
    weeks,
)
from sim.kernels.arrivals import MOST_MEETINGS
from sim.kernels.binomial import scratch_size
from sim.kernels.presence import WEEKDAYS, Attendance
from sim.kernels.visits import Log, Site, Visits, new_log
from sim.problem import Distribution

LANES = 1280
"""Tails computed at once, in scratch that stays in the processor's cache."""

_BETA = {
    "eligible": Distribution("beta", jobs.ELIGIBLE),
    "absence": Distribution("beta", jobs.ABSENCE),
}
_KEYS = np.array([streams.stream_key(f"body/{b}") for b in range(BODIES)], np.uint64)
_SHIFT = streams.stream_key("shift")
_FLOOR = np.array([[jobs.DAYS[0]]])
_GROUPS = staff.Groups(
    np.arange(BODIES), np.zeros(BODIES, np.int64), HEADCOUNT, np.zeros(BODIES, np.int64)
)
_POOLS = pools.Pools(np.arange(BODIES + 1), np.arange(BODIES))
_NO_GROUPS = shortage.Members(np.zeros(1, np.int64), np.zeros(0, np.int64))
_COHORTS = jobs.DAYS.size
_REMOTE, _COMBINED, _EVERYBODY = jobs.presence()
_AWAY = jobs.REMOTE * _REMOTE + (1.0 - jobs.REMOTE) * _COMBINED
_SOBOL_BITS = 20
_LARGEST = 5 * WEEKS + 1 - jobs.RANK


class Rates(NamedTuple):
    """Drawn inputs."""

    eligible: Floats  # float64[body, draw]
    absence: Floats  # float64[1, draw]
    clustering: Floats  # float64[1, draw]


def rates(seed: np.uint64, first: int, count: int, shock: bool) -> Rates:
    """Draw the unknown rates of consecutive draws."""

    def uniforms(name: str) -> Floats:
        return sampling.monte_carlo(seed, streams.stream_key(name), first, count)

    eligible = np.stack([uniforms(f"eligible/{b}") for b in range(BODIES)])
    r = jobs.CLUSTERING * uniforms("clustering") if shock else np.zeros(count)
    return Rates(
        sampling.quantile(_BETA["eligible"], eligible),
        sampling.quantile(_BETA["absence"], uniforms("absence")[None]),
        r[None],
    )


def divided(seed: np.uint64, first: int, eligible_share: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Draw eligible staff, int64[body, draw], and cohorts, int64[cohort, body, draw]."""
    count = eligible_share.shape[1]
    eligible = np.zeros((BODIES, 1, count), np.int64)
    staff.eligible_staff(seed, _KEYS, first, _GROUPS, eligible_share, eligible)
    ready = np.empty((BODIES, count), np.int64)
    cohorts = np.empty((_COHORTS, BODIES, count), np.int64)
    all_ready, remote, combined = (
        np.full((1, count), share) for share in (1.0, jobs.REMOTE, 1.0 - jobs.REMOTE)
    )
    staff.divide_staff(
        seed, _KEYS, first, HEADCOUNT, eligible, all_ready, remote, combined, ready, cohorts
    )
    return ready, cohorts


def attendance(drawn: Rates, factor: float = 1.0) -> Attendance:
    """Return what decides presence; ``factor`` stretches the days of the combined mode."""
    one = np.ones_like(drawn.absence)
    return Attendance(
        weekday=jobs.WEEKDAY,
        floor=_FLOOR,
        days=jobs.DAYS[1] * one,
        compliance=factor * one,
        absence=drawn.absence,
        clustering=drawn.clustering,
        common=0.0,
        week=0.0,
        fixed_days=False,
    )


def present_on_days(
    seed: np.uint64, first: int, drawn: Rates, cohorts: np.ndarray, factor: float = 1.0
) -> np.ndarray:
    """Draw people present, int32[body, week, weekday, draw]."""
    out = np.empty((BODIES, WEEKS, WEEKDAYS, cohorts.shape[2]), np.int32)
    said = attendance(drawn, factor)
    shocks = np.empty((BODIES, 0, cohorts.shape[2]))  # people do not cluster
    days.count_present(seed, _KEYS, first, said, cohorts, 0, shocks, out)
    return out


def risk_at(limits: np.ndarray, drawn: Rates, cohorts: np.ndarray) -> Risk:
    """Find the exact risk of each draw at given workstations."""
    count = cohorts.shape[2]
    short, unmet = (np.empty((BODIES, WEEKDAYS, count)) for _ in range(2))
    shortage.shortage(
        attendance(drawn),
        bool(drawn.clustering.any()),
        cohorts,
        _POOLS,
        _NO_GROUPS,
        np.repeat(limits[:, None], count, axis=1),
        _COHORTS,
        scratch_size(int(cohorts[:, :, 0].sum(axis=0).max()), _COHORTS),
        short,
        unmet,
        np.empty((BODIES, count)),
        np.empty((0, count)),
        np.empty((0, count)),
    )
    return Risk(short.mean(axis=1), unmet.mean(axis=1))


def needed_for(kind: int, level: float, drawn: Rates, cohorts: np.ndarray) -> np.ndarray:
    """Find the least workstations that meet a service level, int64[body, draw]."""
    out = np.empty(cohorts.shape[1:], np.int64)
    scratch = scratch_size(int(cohorts.sum(axis=0).max()), _COHORTS)
    shocks = bool(drawn.clustering.any())
    sizing.needed(kind, level, attendance(drawn), shocks, cohorts, _POOLS, _COHORTS, scratch, out)
    return out


def job_a(seed: int, draws: int, threads: int = 1, factor: float = 1.0) -> Sampled:
    """Compute Job A: days drawn one by one."""

    def work(first: int, count: int) -> Sampled:
        drawn = rates(np.uint64(seed), first, count, shock=False)
        eligible, cohorts = divided(np.uint64(seed), first, drawn.eligible)
        present = present_on_days(np.uint64(seed), first, drawn, cohorts, factor)
        peak = upper_day(present.reshape(BODIES, -1, count))
        area = jobs.AREA[:, None] - jobs.WORKSTATION_AREA * peak
        return Sampled(eligible, area, peak)

    return Sampled(*_joined(in_order(work, draws, _block(draws, threads), threads)))


def upper_day(present: np.ndarray) -> np.ndarray:
    """Return the 95 % quantile of int32[body, day, draw] over days, int32[body, draw]."""
    out = np.empty((present.shape[0], present.shape[2]), np.int32)
    _keep_largest(present, np.empty((_LARGEST, present.shape[2]), np.int32), out)
    return out


@kernel
def _keep_largest(present: np.ndarray, largest: np.ndarray, out: np.ndarray) -> None:
    """Sort each day into the largest counts so far, all draws at once."""
    for b in range(present.shape[0]):
        largest[:] = -1
        for day in range(present.shape[1]):
            counts = present[b, day]
            for k in range(largest.shape[0]):
                kept = largest[k]
                for i in range(counts.size):
                    smaller = min(kept[i], counts[i])
                    kept[i] = max(kept[i], counts[i])
                    counts[i] = smaller
        out[b] = largest[-1]


def job_b(seed: int, draws: int, threads: int = 1, shock: bool = False) -> Risk:
    """Compute Job B: the exact risk of each draw at given workstations."""
    found = Risk(np.empty((BODIES, draws)), np.empty((BODIES, draws)))

    def work(first: int, count: int) -> None:
        drawn = rates(np.uint64(seed), first, count, shock)
        _, cohorts = divided(np.uint64(seed), first, drawn.eligible)
        for out, part in zip(found, risk_at(jobs.limits(shock), drawn, cohorts), strict=True):
            out[:, first : first + count] = part

    for _ in in_order(work, draws, _block(draws, threads), threads):
        pass
    return found


def _block(draws: int, threads: int) -> int:
    """Return the draws of a block: few draws are still shared out over the threads."""
    return min(BLOCK, -(-draws // threads))


def _joined(blocks: Iterable[tuple[np.ndarray, ...]]) -> Iterator[np.ndarray]:
    return (np.concatenate(parts, axis=1) for parts in zip(*blocks, strict=True))


@functools.lru_cache(maxsize=32)
def sobol_digits(dimensions: int, points: int) -> np.ndarray:
    """Return the plain Sobol points as whole numbers of 52 binary digits, uint64[dimension, point].

    They are the same for every replicate, like a table of constants.
    """
    out = np.zeros((dimensions, points), np.uint64)
    index = np.arange(points)
    for j in range(dimensions):
        numbers = sampling.direction_numbers(j, _SOBOL_BITS)
        for bit in range(_SOBOL_BITS):
            out[j] ^= np.where(index >> bit & 1, numbers[bit], np.uint64(0))
    return out


def shifted_sobol(seed: int, dimensions: int, points: int) -> Floats:
    """Return Sobol points with a random digital shift, float64[dimension, point] in (0, 1)."""
    shift = sampling.monte_carlo(np.uint64(seed), _SHIFT, 0, dimensions)
    digits = (shift * 2.0**designs.DIGITS).astype(np.uint64)[:, None]
    return ((sobol_digits(dimensions, points) ^ digits) + 0.5) * 2.0**-designs.DIGITS


@functools.cache
def tails_room(lanes: int) -> tails.Room:
    """Return scratch for the tails of one office, the same for every replicate."""
    return tails.new_room(1, lanes, scratch_size(int(HEADCOUNT.max()), 1))


def mean_shortage(seed: int, points: int) -> float:
    """Return the mean shortage of Job B without shock by Sobol points over the rates.

    Five dimensions: absence, then the eligible share of each body. Neither days nor staff are
    drawn: on one day every post is eligible, remote and present or not independently of the
    others, so people present are one binomial of all posts, and the mean over staff is exact.
    """
    u = shifted_sobol(seed, 1 + BODIES, points)
    share = sampling.quantile(_BETA["eligible"], u[1:])
    kept = 1.0 - sampling.quantile(_BETA["absence"], u[0])
    due = share[:, None] * _AWAY[:, None] + (1.0 - share[:, None]) * _EVERYBODY[:, None]
    p = np.ascontiguousarray(kept * due).reshape(1, -1)
    people = np.repeat(HEADCOUNT.astype(np.float64), WEEKDAYS * points)
    limit = np.repeat(jobs.WORKSTATIONS + 0.5, WEEKDAYS * points)
    lanes = min(p.size, LANES)
    short, unmet = np.empty((2, lanes))
    room = tails_room(lanes)
    total = 0.0
    for few in range(0, p.size, lanes):
        last = min(few + lanes, p.size)
        one = people[None, few:last], p[:, few:last], limit[few:last]
        tails.tails(1, *one, room, short[: last - few], unmet[: last - few])
        total += short[: last - few].sum()
    return float(total) / p.size


# --- sensitivity ------------------------------------------------------------------------------


def sobol_points(inputs: int, rows: int) -> Floats:
    """Return two sets of points, even together, float64[set and input, row]."""
    return np.stack(
        [
            sampling.sobol(np.uint64(1), streams.stream_key(f"x{j}"), j, 0, rows)
            for j in range(2 * inputs)
        ]
    )


def between(points: Floats, model: Callable[[Floats], Floats]) -> tuple[Floats, ...]:
    """Return the model at both sets, and at each with one input of the other."""
    a, b = np.split(points, 2)

    def swapped(into: Floats, of: Floats) -> Floats:
        found = []
        for i in range(len(into)):
            x = into.copy()
            x[i] = of[i]
            found.append(model(x))
        return np.stack(found)[:, None]

    return model(a)[None], model(b)[None], swapped(a, b), swapped(b, a)


def sobol_indices(values: tuple[Floats, ...], resamples: int) -> Indices:
    """Return indices of first, second and total order with bootstrap errors, block by block."""
    sums = SobolSums(1, resamples)
    rows = values[0].shape[1]
    for first in range(0, rows, BLOCK):
        sums.add(*(each[..., first : first + BLOCK] for each in values))
    return sums.indices()


# --- days in an office ------------------------------------------------------------------------

_ORDER = streams.stream_key("order")
_BY_VISIT = ("arrival", "due", "stay", "patience", "home", "booked", "shows", "remains")
_BY_PAUSE = ("pause_start", "pause_length", "holds", "room")
_TRUTHS = {"booked", "shows", "remains", "holds"}


def draw_visits(given: office.Office, seed: int = 1) -> Visits:
    """Draw the visits of every day."""
    people = int(given.rows.present.sum())
    count = people if given.habits.booked == 0.0 else int(1.1 * people) + 64
    pauses = (2 * people if given.habits.lunch > 0.0 else 0) + 8 * MOST_MEETINGS

    def empty(name: str, size: int) -> np.ndarray:
        return np.empty(size, np.bool_ if name in _TRUTHS else np.int32)

    visits = Visits(
        start=np.empty(given.rows.present.shape[1] + 1, np.int64),
        pause=np.empty(count + 1, np.int64),
        **{name: empty(name, count) for name in _BY_VISIT},
        **{name: empty(name, pauses) for name in _BY_PAUSE},
    )
    row = np.empty(count, np.int32)
    found, away = arrivals.draw_visits(
        np.uint64(seed), 0, 0, given.rows, given.habits, np.ones(1), _ORDER, visits, row
    )
    if found > count or away > pauses:
        raise ValueError(f"{found} visits and {away} pauses, room for {count} and {pauses}")
    return visits._replace(
        pause=visits.pause[: found + 1],
        **{name: getattr(visits, name)[:found] for name in _BY_VISIT},
        **{name: getattr(visits, name)[:away] for name in _BY_PAUSE},
    )


def simulate_days(visits: Visits, site: Site) -> Log:
    """Simulate days."""
    log = new_log(visits)
    weeks.simulate_days(visits, site, log)
    return log


def simulate_again(visits: Visits, site: Site, times: int, threads: int = 1) -> None:
    """Simulate the same days again and again, as replications would be, each into its own log."""
    for _ in in_order(lambda *_: simulate_days(visits, site), times, 1, threads):
        pass


def draw_and_simulate(given: office.Office, seed: int = 1) -> Log:
    """Draw the visits of every day and simulate them."""
    return simulate_days(draw_visits(given, seed), given.site)
