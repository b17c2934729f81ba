"""The same jobs as people would write them: NumPy, monaco, SimPy, Ciw.

Each draws its own inputs, except of the plain day, where all are given the same visits.
"""

from __future__ import annotations

import heapq
import importlib.util
import warnings
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import special

from benchmarks import jobs, office
from benchmarks.jobs import BODIES, HEADCOUNT, WEEKS, Floats, Risk, Sampled
from sim.kernels.visits import NEVER, Visits

BLOCK = 4096
INSTALLED = {
    name: importlib.util.find_spec(name) is not None for name in ("SALib", "ciw", "monaco", "simpy")
}
"""Peers of the extra ``bench``; NumPy is always there."""

_SLOTS = (BODIES, 3, 5, WEEKS)


# --- plain vectorised NumPy -------------------------------------------------------------------


def numpy_job_a(seed: int, draws: int) -> Sampled:
    """Compute Job A in blocks of 4,096 draws."""
    rng = np.random.default_rng(seed)
    return _joined(Sampled, (_numpy_block_a(rng, count) for count in _blocks(draws)))


def numpy_job_b(seed: int, draws: int, shock: bool = False) -> Risk:
    """Compute Job B from 40 drawn days, in blocks of 4,096 draws."""
    rng = np.random.default_rng(seed)
    return _joined(Risk, (_numpy_block_b(rng, count, shock) for count in _blocks(draws)))


def _blocks(draws: int) -> Iterator[int]:
    for first in range(0, draws, BLOCK):
        yield min(BLOCK, draws - first)


def _joined(kind, blocks):
    return kind(*(np.concatenate(parts, axis=1) for parts in zip(*blocks, strict=True)))


def _numpy_staff(rng: np.random.Generator, count: int) -> tuple[np.ndarray, Floats]:
    """Draw cohorts, int64[draw, body, cohort], and presence, float64[draw, cohort, weekday]."""
    share = rng.beta(*jobs.ELIGIBLE, (count, BODIES))
    kept = 1.0 - rng.beta(*jobs.ABSENCE, count)
    eligible = rng.binomial(HEADCOUNT, share)
    remote = rng.binomial(eligible, jobs.REMOTE)
    cohorts = np.stack([remote, eligible - remote, HEADCOUNT - eligible], axis=-1)
    return cohorts, jobs.presence() * kept[:, None, None]


def _numpy_block_a(rng: np.random.Generator, count: int) -> Sampled:
    cohorts, due = _numpy_staff(rng, count)
    # weeks last: neighbours share n and p, and NumPy sets its sampler up once for them
    present = rng.binomial(
        cohorts[..., None, None], due[:, None, :, :, None], (count, *_SLOTS)
    ).sum(axis=2)
    days = present.reshape(count, BODIES, -1)
    peak = np.partition(days, jobs.RANK - 1, axis=-1)[..., jobs.RANK - 1].T
    released = jobs.AREA[:, None] - jobs.WORKSTATION_AREA * peak
    return Sampled((HEADCOUNT - cohorts[..., 2]).T, released, peak)


def _numpy_block_b(rng: np.random.Generator, count: int, shock: bool) -> Risk:
    cohorts, due = _numpy_staff(rng, count)
    chance = due[:, None, :, :, None]
    if shock:
        r = rng.uniform(0.0, jobs.CLUSTERING, (count, 1, 1, 1, 1))
        z = rng.standard_normal((count, BODIES, 1, 5, WEEKS))
        probit = special.ndtri(chance)
        chance = special.ndtr((probit + np.sqrt(r) * z) / np.sqrt(1.0 - r))
    present = rng.binomial(cohorts[..., None, None], chance, (count, *_SLOTS)).sum(axis=2)
    excess = present - jobs.limits(shock)[:, None, None]
    short = (excess > 0).mean(axis=(2, 3))
    unmet = np.maximum(excess, 0).mean(axis=(2, 3))
    return Risk(short.T, unmet.T)


# --- monaco: one Python call per draw ---------------------------------------------------------


def monaco_job_a(seed: int, draws: int) -> Sampled:
    """Compute Job A as a monaco simulation in one process."""
    import monaco
    from scipy import stats

    steps = {"preprocess": _case_in, "run": _case_run, "postprocess": _case_out}
    sim = monaco.Sim(
        name="job-a",
        ndraws=draws,
        fcns=steps,
        firstcaseismedian=False,
        seed=seed,
        samplemethod=monaco.SampleMethod.RANDOM,
        singlethreaded=True,
        verbose=False,
        debug=True,
        savecasedata=False,
        savesimdata=False,
    )
    for b in range(BODIES):
        sim.addInVar(f"share {b}", stats.beta, dict(zip("ab", jobs.ELIGIBLE, strict=True)))
    sim.addInVar("absence", stats.beta, dict(zip("ab", jobs.ABSENCE, strict=True)))
    sim.runSim()
    found = ([sim.outvars[f"{name} {b}"].nums for b in range(BODIES)] for name in Sampled._fields)
    return Sampled(*(np.array(values, dtype=float) for values in found))


def _case_in(case):
    share = np.array([case.invals[f"share {b}"].val for b in range(BODIES)])
    return share, case.invals["absence"].val, case.seed


def _case_run(share, absence, seed):
    rng = np.random.default_rng(seed)
    eligible = rng.binomial(HEADCOUNT, share)
    remote = rng.binomial(eligible, jobs.REMOTE)
    cohorts = np.stack([remote, eligible - remote, HEADCOUNT - eligible], axis=-1)
    due = jobs.presence()[..., None] * (1.0 - absence)
    present = rng.binomial(cohorts[..., None, None], due, _SLOTS).sum(axis=1)
    days = present.reshape(BODIES, -1)
    peak = np.partition(days, jobs.RANK - 1, axis=-1)[:, jobs.RANK - 1]
    return eligible, jobs.AREA - jobs.WORKSTATION_AREA * peak, peak


def _case_out(case, *found):
    for name, values in zip(Sampled._fields, found, strict=True):
        for b in range(BODIES):
            case.addOutVal(f"{name} {b}", float(values[b]))


# --- SimPy: one process per person ------------------------------------------------------------


def simpy_job_b(seed: int, draws: int) -> Risk:
    """Compute Job B with a process for each person: come, look for a workstation, go home."""
    rng = np.random.default_rng(seed)
    found = [_simpy_draw(rng) for _ in range(draws)]
    return Risk(*(np.array(values, dtype=float).T for values in zip(*found, strict=True)))


def _simpy_draw(rng: np.random.Generator) -> tuple[Floats, Floats]:
    import simpy

    cohorts, due = _numpy_staff(rng, 1)
    short, unmet = np.zeros(BODIES), np.zeros(BODIES)
    for b in range(BODIES):
        office = simpy.Environment()
        desks = simpy.Resource(office, int(jobs.WORKSTATIONS[b]))
        missing = np.zeros(5 * WEEKS)
        for c, people in enumerate(cohorts[0, b]):
            for luck in rng.random((people, 5 * WEEKS)):
                office.process(_person(office, desks, luck < np.tile(due[0, c], WEEKS), missing))
        office.run()
        short[b], unmet[b] = (missing > 0).mean(), missing.mean()
    return short, unmet


def _person(office, desks, comes: np.ndarray, missing: np.ndarray) -> Generator:
    for day in np.flatnonzero(comes):
        yield office.timeout(day + 0.25 - office.now)
        if desks.count >= desks.capacity:
            missing[day] += 1
            continue
        with desks.request() as desk:
            yield desk
            yield office.timeout(0.5)


# --- the plain day ----------------------------------------------------------------------------

Person = tuple[int, int, int, int]
"""Number, arrival, stay and patience."""


def as_people(visits: Visits) -> list[list[Person]]:
    """Return the visits of each day as Python keeps them; no side is charged for that."""
    columns = (visits.arrival, visits.stay, visits.patience)
    people = list(zip(range(visits.arrival.size), *(c.tolist() for c in columns), strict=True))
    bounds = visits.start.tolist()
    return [people[a:b] for a, b in pairwise(bounds)]


def simpy_days(days: Sequence[Sequence[Person]], desks: int) -> office.Plain:
    """Simulate plain days with a process for each person and a resource of workstations."""
    import simpy

    found = _nothing(days)
    for people in days:
        env = simpy.Environment()
        workstations = simpy.Resource(env, desks)
        for person in people:
            env.process(_visitor(env, workstations, *person, found))
        env.run()
    return found


def _nothing(days: Sequence[Sequence[Person]]) -> office.Plain:
    count = sum(map(len, days))
    return office.Plain([NEVER] * count, [NEVER] * count)


def _visitor(env, workstations, number, arrival, stay, patience, found) -> Generator:
    yield env.timeout(arrival)
    with workstations.request() as request:
        yield request | env.timeout(patience)
        if request.triggered:
            found.seated[number] = env.now
            yield env.timeout(min(stay, office.CLOSING - env.now))
    found.gone[number] = env.now


def lean_simpy_days(days: Sequence[Sequence[Person]], desks: int) -> office.Plain:
    """Simulate plain days as lean as SimPy goes: one process a day, which keeps its own agenda."""
    import simpy

    found = _nothing(days)
    for people in days:
        env = simpy.Environment()
        env.process(_lean_day(env, people, desks, found))
        env.run()
    return found


_LEAVES, _COMES, _GIVES_UP = range(3)


def _lean_day(env, people, free, found) -> Generator:
    seated, gone = found
    agenda = [(arrival, _COMES, v, stay, patience) for v, arrival, stay, patience in people]
    agenda.sort()
    line: deque[tuple[int, int]] = deque()
    push, pop = heapq.heappush, heapq.heappop
    while agenda:
        now, kind, v, stay, patience = pop(agenda)
        if now > env.now:
            yield env.timeout(now - env.now)
        if kind == _COMES:
            if not free:
                line.append((v, stay))
                push(agenda, (now + patience, _GIVES_UP, v, 0, 0))
                continue
            free -= 1
        elif kind == _GIVES_UP:
            if seated[v] == NEVER:
                gone[v] = now
            continue
        else:
            gone[v] = now
            while line and gone[line[0][0]] != NEVER:
                line.popleft()
            if not line:
                free += 1
                continue
            v, stay = line.popleft()
        seated[v] = now
        push(agenda, (min(now + stay, office.CLOSING), _LEAVES, v, 0, 0))


# --- SALib ------------------------------------------------------------------------------------


def salib_problem(inputs: int) -> dict[str, Any]:
    """Return inputs between 0 and 1 as SALib wants them."""
    names = [f"x{i}" for i in range(inputs)]
    return {"num_vars": inputs, "names": names, "bounds": [[0.0, 1.0]] * inputs}


def salib_points(inputs: int, rows: int) -> Floats:
    """Return the whole design for indices up to the second order, float64[run, input]."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from SALib.sample import sobol

        return sobol.sample(salib_problem(inputs), rows, calc_second_order=True, seed=1)


def salib_indices(inputs: int, values: Floats, resamples: int) -> Any:
    """Return indices of first, second and total order with bootstrap errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from SALib.analyze import sobol

        return sobol.analyze(salib_problem(inputs), values, num_resamples=resamples, seed=1)


# --- Ciw: a loss system -----------------------------------------------------------------------


def ciw_loss_system(seed: int, days: int) -> office.Customers:
    """Simulate the loss system day by day."""
    import ciw

    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(office.ERLANGS / office.SERVICE)],
        service_distributions=[ciw.dists.Exponential(1 / office.SERVICE)],
        number_of_servers=[office.SERVERS],
        queue_capacities=[0],
    )
    events, share = np.zeros(days, np.int64), np.zeros(days)
    for day in range(days):
        system = ciw.Simulation(network)
        system.simulate_until_max_time(office.CLOSING)
        kinds = [record.record_type for record in system.get_all_records()]
        lost, served = kinds.count("rejection"), kinds.count("service")
        came = lost + served + system.transitive_nodes[0].number_of_individuals
        events[day], share[day] = came + served, lost / came
    return office.Customers(events, share)
