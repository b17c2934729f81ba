"""The same jobs as people would write them: NumPy, monaco, SimPy. Each draws its own inputs."""

from __future__ import annotations

import importlib.util
from collections.abc import Generator, Iterator

import numpy as np
from scipy import special

from benchmarks import jobs
from benchmarks.jobs import BODIES, HEADCOUNT, WEEKS, Floats, Risk, Sampled

BLOCK = 4096
INSTALLED = {name: importlib.util.find_spec(name) is not None for name in ("monaco", "simpy")}
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
