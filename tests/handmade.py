"""Arguments of kernels and small scenarios, made by hand for tests.

One body has three cohorts: ``floor`` days a week, ``days`` days a week, and all five.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import naive
import numba
import numpy as np

from sim.engine import simulate
from sim.kernels import saddlepoint, sizing, tails
from sim.kernels import shortage as risk
from sim.kernels.binomial import scratch_size
from sim.kernels.pools import Pools
from sim.kernels.presence import Attendance
from sim.preprocess import build
from sim.sampling import draw
from sim.scenario.load import load, load_texts
from sim.sizing import service_sizes

JIT = not numba.config.DISABLE_JIT
FOLDER = Path(__file__).parents[1] / "scenarios"
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem != "national")
"""Without the national estate: the reference case seventeen times over, with a test of its own."""
SCENARIOS = SHIPPED if JIT else ["single-office"]
SADDLEPOINT = 3e-5
"""Relative error of a tail where the saddlepoint takes the place of the sum.

Measured in single binomials of up to 100,000 people, tails above 1e-9: 2.3e-5 at a tilted variance
of 22, from which on it is used, and 1e-6 from 60 on. Sums made for it to fail reach 9e-5.
"""
HERMITE = 1e-5
"""Relative error that the nodes over the shock leave in hard cases: steep, or of small variance."""
EVEN = (1.0, 1.0, 1.0, 1.0, 1.0)
UNEVEN = (0.90, 1.18, 1.14, 1.13, 0.64)


# --- kernels --------------------------------------------------------------------------------


def column(value, draws=1):
    """Return float64[body or 1, draw] of one number, or of one number for each body."""
    return np.repeat(np.atleast_1d(np.asarray(value, dtype=float))[:, None], draws, axis=1)


def attendance(
    weekday=EVEN,
    floor=0.0,
    days=3.0,
    compliance=1.0,
    absence=0.0,
    clustering=0.0,
    common=0.0,
    week=0.0,
    fixed_days=False,
    draws=1,
):
    inputs = (days, compliance, absence, clustering)
    return Attendance(
        np.array(weekday, dtype=float),
        np.atleast_2d(np.array(floor, dtype=float)),
        *(column(value, draws) for value in inputs),
        float(common),
        float(week),
        fixed_days,
    )


def staff(*bodies, draws=1):
    """Return int64[cohort, body, draw] of the cohorts of each body."""
    return np.repeat(np.array(bodies, np.int64).T[:, :, None], draws, axis=2)


def tilted_variance(people, limit):
    """Return the most a sum of so many people can vary when it is tilted to mean limit + ½.

    Variances q (1 - q) are concave in q, so equal shares vary most.
    """
    x = limit + 0.5
    return x * (1 - x / np.maximum(people, x))


def accuracy(people, limit, exact=1e-6):
    """Return the relative error that tails of a sum may have."""
    saddled = tilted_variance(people, limit) >= saddlepoint.LEAST_VARIANCE
    return max(SADDLEPOINT, exact) if saddled else exact


def tails_of(n, p, limit):
    """Return float64[2, lane]: P(X > D) and E[(X - D)+] of sums of n[cohort, lane] people."""
    n, p = (np.array(part, dtype=float) for part in (n, p))
    count, lanes = n.shape
    room = tails.new_room(count, lanes, scratch_size(int(n.sum(axis=0).max()), count))
    found = np.full((2, lanes), -1.0)
    tails.tails(count, n, p, limit + 0.5, room, *found)
    return found


class Risk(NamedTuple):
    short: np.ndarray
    unmet: np.ndarray
    week: np.ndarray
    any_day: np.ndarray
    any_week: np.ndarray


def layout(kind, parts):
    ends = np.cumsum([0, *map(len, parts)])
    return kind(ends, np.array([x for part in parts for x in part]))


def shortages(presence, people, limits, pools=None, groups=None):
    """Call the kernel with limits[pool, draw]; every body is a pool unless told otherwise."""
    pools = pools or [[b] for b in range(people.shape[1])]
    groups = groups or [list(range(len(pools)))]
    draws = people.shape[2]
    days = (len(pools), 5, draws)
    found = Risk(*(np.full(days, -1.0) for _ in range(2)), np.full((len(pools), draws), -1.0),
                 *(np.full((len(groups), draws), -1.0) for _ in range(2)))  # fmt: skip
    room = max(map(len, pools)) * people.shape[0]
    risk.shortage(
        presence, bool(presence.clustering.any()), people, layout(Pools, pools),
        layout(risk.Members, groups), limits, room,
        scratch_size(int(people.sum(axis=(0, 1)).max()), room), *found,
    )  # fmt: skip
    return found


def shortage(presence, people, limits, pools=None, groups=None):
    """Return the risk in the first draw, at so many workstations in each pool."""
    limits = np.repeat(np.array(limits, np.int64)[:, None], people.shape[2], axis=1)
    found = shortages(presence, people, limits, pools, groups)
    return Risk(*(part[..., 0] for part in found))


def all_needed(kind, level, presence, people):
    """Return the least workstations of every body in every draw."""
    pools = [[b] for b in range(people.shape[1])]
    out = np.full((len(pools), people.shape[2]), -1)
    room = people.shape[0]
    sizing.needed(
        ("per_day", "per_week", "per_person").index(kind), level, presence,
        bool(presence.clustering.any()), people, layout(Pools, pools), room,
        scratch_size(int(people.sum(axis=(0, 1)).max()), room), out,
    )  # fmt: skip
    return out


def needed(kind, level, presence, people):
    """Return the least workstations of every body in the first draw."""
    return all_needed(kind, level, presence, people)[:, 0].tolist()


def oracle_days(cohorts, weekday=EVEN, floor=0.0, days=3.0, absence=0.0):
    """Return the five days of one body as the oracle wants them."""
    due = [naive.water_filling(k, weekday) for k in (floor, days, 5)]
    return [(tuple(cohorts), tuple(p[d] * (1 - absence) for p in due)) for d in range(5)]


# --- scenarios ------------------------------------------------------------------------------


@cache
def shipped(name, *overrides):
    """Return the problem of a shipped scenario, with overrides as on the command line."""
    return build(load(FOLDER / f"{name}.toml", list(overrides)).scenario)


def planned(problem, **plan):
    """Return the problem, computed another way."""
    return replace(problem, run=replace(problem.run, **plan))


def written(text, *overrides):
    """Return the problem of a scenario given as text."""
    return build(load_texts({"made.toml": text}, list(overrides)).scenario)


def near(found, expected, relative=1e-12, absolute=0.0):
    return math.isclose(found, expected, rel_tol=relative, abs_tol=absolute)


def results(problem, count=64, first=0):
    """Return the draws of a problem and every variable of the engine."""
    draws = draw(problem, first, count)
    return draws, simulate(problem, draws)


def values_of(problem, draws, stream):
    """Return the drawn values of an input by its path, float64[body or 1, draw]."""
    index = next(
        i
        for i, unknown in enumerate(problem.unknowns)
        if unknown.stream == stream and not unknown.distribution.constant
    )
    return draws.values[index]


def without_levels(problem, sizing_draws=16):
    """Return the problem with each service level replaced by its number: much faster to run."""
    small = planned(problem, sizing_draws=sizing_draws)
    plans = [
        replace(plan, service=None, fixed=tuple(map(int, size))) if plan.service else plan
        for plan, size in zip(small.policies, service_sizes(small), strict=True)
    ]
    return replace(small, policies=tuple(plans))


RICH = """
[scenario]
name = "rich"
currency = "EUR"
area_basis = "usable"

[run]
sizing_draws = 64

[[body]]
name = "ministry"
tier = "central"
building = "one"
headcount = 60
vacant_posts = 7
workstations = 66
area_m2 = 900.0
fixed_m2 = 55.0
offices = { head = 2, deputy = 3 }

[[body]]
name = "agency"
tier = "central"
building = "two"
headcount = 25
workstations = 27
area_m2 = 300.0
offices = { head = 1 }

[[body]]
name = "town"
tier = "local"
building = "one"
headcount = 31
vacant_posts = 2
workstations = 30
area_m2 = 350.0

[attendance]
weekday = [0.90, 1.18, 1.14, 1.13, 0.64]
absence = { beta = { mean = 0.12, sd = 0.02 } }
compliance = { uniform = [0.7, 1.0] }

[readiness.kit]
today = { uniform = [0.4, 0.6] }
target = 0.9
cost_per_person = { uniform = [100, 200] }
[readiness.skill]
today = { uniform = [0.5, 0.8] }
target = 0.7
cost_per_person = 30
[readiness.permit]
today = 0.9

[area]
workstation_m2 = { uniform = [7, 9] }
office = { head = 12, deputy = { uniform = [8, 10] } }
meeting = { share = 0.1, seat_m2 = 2.5 }

[cost.running]
rent = { uniform = [100, 200] }
power = 30

[policy.ratio]
eligible = { uniform = [0.6, 0.9] }
modes = { remote = 0.3, combined = 0.5 }
days_on_site = 2
workstations = { per_person = { uniform = [0.5, 0.8] } }

[policy.level]
extends = "ratio"
workstations = { service = { per_day = 0.9 } }
dedicated = { secret = 0.1, counter = { uniform = [0.0, 0.1] } }

[policy.building]
extends = "level"
pool = "building"

[policy.all]
extends = "level"
pool = "all"

[policy.ready]
extends = "ratio"
readiness = "today"

[policy.invested]
extends = "ratio"
readiness = "target"

[policy.tight]
extends = "ratio"
workstations = { fixed = { ministry = 20, agency = 9, town = 12 } }
dedicated = { secret = 0.1 }
"""
