"""How likely a shared workstation is missing, and how many are needed, without drawing days.

Given a draw's staff and rates, people present in a pool on a day are a sum of binomials, so the
chance of a shortage P(X > D) and the people without a workstation E[(X - D)⁺] are exact sums.
A day shock makes them averages over a standard normal z: the mean of X crosses D + ½ at z*, the
chance rises from 0 to 1 within a few δ = sd / (dμ/dz) of it, and Gauss-Legendre nodes are put
just there. What is left above the last node is Φ of the rest.

Arrays are by pool and draw; a body that shares with nobody is its own pool.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import kernel
from sim.kernels import lanes, normal, saddlepoint
from sim.kernels.binomial import lane_sum_tails, lane_tails, sum_tail
from sim.kernels.presence import WEEKDAYS, Attendance, weekday_presence
from sim.kernels.staff import row

PER_DAY, PER_WEEK, PER_PERSON = range(3)
LEVEL_TOLERANCE = 1e-12

_NODES = 32
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(_NODES)
_PANELS = 4
_OUTER = 256
_COUNTS = 512
_FAR = 7.0  # Φ(-7) = 1.3e-12
_REACH = 7.0


class Pools(NamedTuple):
    """Which bodies share workstations: bodies ``body[start[q]:start[q + 1]]`` are pool q."""

    start: np.ndarray  # int64[pool + 1]
    body: np.ndarray  # int64[body]


class Members(NamedTuple):
    """Which pools make up a tier or the total: ``pool[start[g]:start[g + 1]]``."""

    start: np.ndarray  # int64[group + 1]
    pool: np.ndarray  # int64[...]


class Cohorts(NamedTuple):
    """Scratch: the cohorts of one pool in one draw, and those of one day after merging."""

    people: np.ndarray  # int64[cohort]
    scale: np.ndarray  # float64[weekday, cohort]
    base: np.ndarray  # float64[weekday, cohort]
    n: np.ndarray  # int64[merged]
    day_scale: np.ndarray  # float64[merged]
    day_base: np.ndarray  # float64[merged]
    probit: np.ndarray  # float64[merged]
    p: np.ndarray  # float64[merged]
    presence: np.ndarray  # float64[weekday]
    masses: np.ndarray  # float64[...]
    work: np.ndarray  # float64[...]
    node_n: np.ndarray  # float64[merged, node]
    node_p: np.ndarray  # float64[merged, node]
    lane_masses: np.ndarray  # float64[table, count, node]
    limits: np.ndarray  # float64[node]
    node_short: np.ndarray  # float64[node]
    node_unmet: np.ndarray  # float64[node]


class Nodes(NamedTuple):
    """Scratch: where the shock is looked at, by pool and weekday."""

    z: np.ndarray  # float64[pool, weekday, node]
    short: np.ndarray  # float64[pool, weekday, node], weight times P(X > D | z)
    unmet: np.ndarray  # float64[pool, weekday, node], weight times E[(X - D)⁺ | z]
    used: np.ndarray  # int64[pool, weekday], how many nodes there are
    high: np.ndarray  # float64[pool, weekday], above it every day is short
    weight: np.ndarray  # float64[node], φ at the nodes last placed
    lanes: saddlepoint.Lanes
    centre: np.ndarray  # float64[outer], values of the part of the shock held fixed
    chance: np.ndarray  # float64[outer], P(X > D) given it
    enough: np.ndarray  # float64[outer], chance that nothing is short given it


@kernel
def new_cohorts(capacity: int, scratch: int) -> Cohorts:
    """Return scratch for pools of up to ``capacity`` cohorts."""
    return Cohorts(
        np.empty(capacity, np.int64),
        np.empty((WEEKDAYS, capacity)),
        np.empty((WEEKDAYS, capacity)),
        np.empty(capacity, np.int64),
        np.empty(capacity),
        np.empty(capacity),
        np.empty(capacity),
        np.empty(capacity),
        np.empty(WEEKDAYS),
        np.empty(scratch),
        np.empty(scratch),
        np.empty((capacity, _NODES)),
        np.empty((capacity, _NODES)),
        np.empty((3, _COUNTS, _NODES)),
        np.empty(_NODES),
        np.empty(_NODES),
        np.empty(_NODES),
    )


@kernel
def new_nodes(pools: int) -> Nodes:
    """Return scratch for the nodes of so many pools."""
    size = 2 * _PANELS * _NODES
    return Nodes(
        np.empty((pools, WEEKDAYS, size)),
        np.empty((pools, WEEKDAYS, size)),
        np.empty((pools, WEEKDAYS, size)),
        np.zeros((pools, WEEKDAYS), np.int64),
        np.empty((pools, WEEKDAYS)),
        np.empty(size),
        saddlepoint.new_lanes(_NODES),
        np.empty(_OUTER),
        np.empty(_OUTER),
        np.empty(_OUTER),
    )


@kernel
def gather(
    attendance: Attendance, staff: np.ndarray, bodies: np.ndarray, draw: int, room: Cohorts
) -> int:
    """Collect the cohorts of a pool in one draw; return how many there are."""
    count = 0
    for b in bodies:
        kept = 1.0 - row(attendance.absence, b)[draw]
        for c in range(staff.shape[0]):
            if staff[c, b, draw] == 0:
                continue
            weekday_presence(attendance, c, b, draw, room.presence)
            room.people[count] = staff[c, b, draw]
            for d in range(WEEKDAYS):
                due = room.presence[d]
                room.scale[d, count] = due if attendance.fixed_days else 1.0
                room.base[d, count] = kept if attendance.fixed_days else due * kept
            count += 1
    return count


@kernel
def merge(room: Cohorts, count: int, day: int) -> int:
    """Merge cohorts with equal presence on a day; return how many are left."""
    merged = 0
    for c in range(count):
        scale, base = room.scale[day, c], room.base[day, c]
        if scale * base <= 0.0:
            continue
        at = 0
        while at < merged and (room.day_scale[at] != scale or room.day_base[at] != base):
            at += 1
        if at == merged:
            room.n[at] = 0
            room.day_scale[at] = scale
            room.day_base[at] = base
            room.probit[at] = normal.quantile(base)
            merged += 1
        room.n[at] += room.people[c]
    return merged


@kernel
def same_as_before(room: Cohorts, count: int, day: int) -> bool:
    """Tell whether every cohort's presence is that of the day before."""
    if day == 0:
        return False
    for c in range(count):
        if room.scale[day, c] != room.scale[day - 1, c]:
            return False
        if room.base[day, c] != room.base[day - 1, c]:
            return False
    return True


@kernel
def moments(room: Cohorts, merged: int, r: float, z: float) -> tuple[float, float, float]:
    """Return mean, variance and dμ/dz of people present on a day with shock z."""
    mean = 0.0
    variance = 0.0
    slope = 0.0
    stretch = math.sqrt(r / (1.0 - r))
    for c in range(merged):
        at = (room.probit[c] + math.sqrt(r) * z) / math.sqrt(1.0 - r)
        p = room.day_scale[c] * normal.below(at)
        mean += room.n[c] * p
        variance += room.n[c] * p * (1.0 - p)
        slope += room.n[c] * room.day_scale[c] * normal.density(at) * stretch
    return mean, variance, slope


@kernel
def crossing(room: Cohorts, merged: int, r: float, target: float) -> float:
    """Return the shock at which mean presence is ``target``, within ±7.

    Starts where one cohort of the same size and mean crosses, and stops within a hundredth of
    the width over which the chance of a shortage rises.
    """
    low, high = -_FAR, _FAR
    most = 0.0
    mean = 0.0
    for c in range(merged):
        most += room.n[c] * room.day_scale[c]
        mean += room.n[c] * room.day_scale[c] * room.day_base[c]
    share = min(max(target / most, 1e-15), 1.0 - 1e-15)
    usual = min(max(mean / most, 1e-15), 1.0 - 1e-15)
    z = (normal.quantile(share) * math.sqrt(1.0 - r) - normal.quantile(usual)) / math.sqrt(r)
    z = min(max(z, low), high)
    for _ in range(60):
        mean, variance, slope = moments(room, merged, r, z)
        if (mean - target) ** 2 < 1e-4 * variance:
            break
        if mean < target:
            low = z
        else:
            high = z
        step = z - (mean - target) / slope if slope > 0.0 else low
        z = step if low < step < high else 0.5 * (low + high)
        if high - low < 1e-4:
            break
    return z


@kernel
def place_nodes(
    room: Cohorts, merged: int, r: float, limit: int, width: float, nodes: Nodes, q: int, d: int
) -> None:
    """Put nodes where the shock decides between enough and too few workstations.

    ``width`` is the standard deviation of the narrowest normal the nodes will meet: 1 for a
    day's own chance, less where part of the shock is held fixed.
    """
    centre = crossing(room, merged, r, limit + 0.5)
    _, variance, slope = moments(room, merged, r, centre)
    spread = math.sqrt(variance) / slope if slope > 0.0 and variance > 0.0 else math.inf
    low = max(-_FAR, centre - _REACH * spread)
    high = min(_FAR, centre + _REACH * spread)
    reach = 2.0 * _REACH * min(spread, width)
    if abs(centre) > 0.99 * _FAR:  # the mean never gets there, so the spread says nothing
        reach *= 0.5
    nodes.used[q, d] = 0
    nodes.high[q, d] = high
    place_panels(room, merged, r, limit, variance, low, high, reach, nodes, q, d)
    if high < _FAR and not fills_up(room, merged):
        nodes.high[q, d] = _FAR
        reach = 2.0 * _REACH * width
        place_panels(room, merged, r, limit, variance, high, _FAR, reach, nodes, q, d)


@kernel
def fills_up(room: Cohorts, merged: int) -> bool:
    """Tell whether everybody comes on a day of boundless shock: not if days are fixed."""
    least = 1.0
    for c in range(merged):
        least = min(least, room.day_scale[c])
    return least == 1.0


@kernel
def place_panels(
    room: Cohorts,
    merged: int,
    r: float,
    limit: int,
    variance: float,
    low: float,
    high: float,
    reach: float,
    nodes: Nodes,
    q: int,
    d: int,
) -> None:
    """Add nodes from ``low`` to ``high`` in as many equal panels as ``reach`` asks for."""
    panels = min(_PANELS, max(1, math.ceil((high - low) / reach - 1e-9)))
    half = 0.5 * (high - low) / panels
    for k in range(panels):
        first = nodes.used[q, d]
        z = nodes.z[q, d, first : first + _NODES]
        for j in range(_NODES):
            z[j] = low + half * (2 * k + 1 + _NODE[j])
        node_tails(room, merged, r, limit, variance, z, nodes.lanes)
        for j in range(_NODES):
            nodes.short[q, d, first + j] = half * _WEIGHT[j] * room.node_short[j]
            nodes.unmet[q, d, first + j] = half * _WEIGHT[j] * room.node_unmet[j]
        nodes.used[q, d] += _NODES


@kernel
def node_tails(
    room: Cohorts,
    merged: int,
    r: float,
    limit: int,
    variance: float,
    z: np.ndarray,
    flags: saddlepoint.Lanes,
) -> None:
    """Find the tail and the excess at each node: saddlepoint where it is as good, else exact."""
    own = 1.0 / math.sqrt(1.0 - r)
    pull = math.sqrt(r) * own
    for c in range(merged):
        n, p = room.node_n[c], room.node_p[c]
        scale, probit = room.day_scale[c], room.probit[c] * own
        for j in range(_NODES):
            n[j] = room.n[c]
            p[j] = scale * lanes.below(probit + pull * z[j])
    flags.exact[:] = 1
    short, unmet = room.node_short, room.node_unmet
    if variance < saddlepoint.LEAST_VARIANCE:
        if merged == 1:
            lane_tails(limit, room.n[0], room.node_p[0], flags.t, flags.k0, short, unmet)
            return
        one, two, three = room.lane_masses[0], room.lane_masses[1], room.lane_masses[2]
        if lane_sum_tails(
            limit, merged, room.n, room.node_p, flags.t, flags.k0, one, two, three, short, unmet
        ):
            return
    else:
        room.limits[:] = limit
        saddlepoint.tails(
            merged, room.node_n, room.node_p, room.limits, flags, room.node_short, room.node_unmet
        )
    for j in range(_NODES):
        if flags.exact[j] == 1:
            for c in range(merged):
                room.p[c] = room.node_p[c, j]
            room.node_short[j], room.node_unmet[j] = sum_tail(
                limit, merged, room.n, room.p, room.masses, room.work
            )


@kernel
def short_given(nodes: Nodes, q: int, d: int, width: float, centre: np.ndarray) -> np.ndarray:
    """Find P(X > D) for shocks z ~ Normal(centre, width²), float64[outer], in ``nodes.chance``."""
    chance = nodes.chance[: centre.size]
    z, short, high = nodes.z[q, d], nodes.short[q, d], nodes.high[q, d]
    scale = 1.0 / width
    for k in range(centre.size):
        chance[k] = lanes.below((centre[k] - high) * scale)
    for j in range(nodes.used[q, d]):
        at, value = z[j], short[j] * scale
        for k in range(centre.size):
            chance[k] += value * lanes.density((at - centre[k]) * scale)
    return chance


@kernel
def unmet_above(
    room: Cohorts, merged: int, r: float, limit: int, nodes: Nodes, low: float
) -> float:
    """Return E[(μ(z) - D); z > low]: what is unmet where every day is short."""
    half = 0.5 * (_FAR - low)
    if half <= 0.0:
        return 0.0
    own = 1.0 / math.sqrt(1.0 - r)
    excess, weight = room.node_unmet, nodes.weight
    for j in range(_NODES):
        excess[j] = -limit
    for c in range(merged):
        most, probit, pull = room.n[c] * room.day_scale[c], room.probit[c] * own, math.sqrt(r) * own
        for j in range(_NODES):
            excess[j] += most * lanes.below(probit + pull * (low + half * (1.0 + _NODE[j])))
    for j in range(_NODES):
        weight[j] = _WEIGHT[j] * lanes.density(low + half * (1.0 + _NODE[j])) * excess[j]
    total = 0.0
    for j in range(_NODES):
        total += half * weight[j]
    return total


@kernel
def day_risk(
    room: Cohorts,
    merged: int,
    r: float,
    limit: int,
    width: float,
    wants_unmet: bool,
    nodes: Nodes,
    q: int,
    d: int,
) -> tuple[float, float]:
    """Return P(X > D) and, if wanted, E[(X - D)⁺] of a pool on a weekday, keeping its nodes."""
    nodes.used[q, d] = 0
    nodes.high[q, d] = math.inf
    people = 0
    for c in range(merged):
        people += room.n[c]
        room.p[c] = room.day_scale[c] * room.day_base[c]
    if people <= limit:
        return 0.0, 0.0
    if r == 0.0:
        return sum_tail(limit, merged, room.n, room.p, room.masses, room.work)
    place_nodes(room, merged, r, limit, width, nodes, q, d)
    z, values, weight, high = nodes.z[q, d], nodes.short[q, d], nodes.weight, nodes.high[q, d]
    used = nodes.used[q, d]
    for j in range(used):
        weight[j] = lanes.density(z[j])
    short = normal.below(-high)
    for j in range(used):
        short += values[j] * weight[j]
    if not wants_unmet:
        return short, 0.0
    values = nodes.unmet[q, d]
    unmet = 0.0
    for j in range(used):
        unmet += values[j] * weight[j]
    return short, unmet + unmet_above(room, merged, r, limit, nodes, high)


@kernel
def hold(nodes: Nodes, width: float, part: float, factors: int) -> np.ndarray:
    """Lay out the fixed part of the shock for the trapezoid rule over ±7.

    Returns √part z, float64[outer], and sets ``nodes.enough`` to 1 there. The integrand is φ times
    a product of smooth steps no steeper than ``width / √part``; the rule's error falls like
    exp(-2 (π scale / step)²). The points fill whole vectors of eight lanes.
    """
    steep = width / math.sqrt(part) / math.sqrt(min(factors, 9))
    step = 0.75 * steep / math.sqrt(1.0 + steep * steep)
    points = (int(2.0 * _FAR / step) // 8 + 1) * 8
    for k in range(points):
        nodes.centre[k] = math.sqrt(part) * outer_point(k, points)
        nodes.enough[k] = 1.0
    return nodes.centre[:points]


@kernel
def outer_point(k: int, points: int) -> float:
    """Return point k of the trapezoid rule over ±7."""
    return _FAR * (2.0 * k / (points - 1.0) - 1.0)


@kernel
def not_enough(nodes: Nodes, points: int) -> float:
    """Return 1 - E[enough] by the trapezoid rule."""
    step = 2.0 * _FAR / (points - 1.0)
    total = 0.0
    for k in range(points):
        total += step * normal.density(outer_point(k, points)) * (1.0 - nodes.enough[k])
    return total


@kernel
def week_risk(short: np.ndarray, nodes: Nodes, q: int, part: float, r: float) -> float:
    """Return the chance that a pool is short on any day of a week.

    ``part`` of the shock is kept through the week; given it, the days are independent.
    """
    if r == 0.0 or part == 0.0:
        enough = 1.0
        for d in range(WEEKDAYS):
            enough *= 1.0 - short[d, q]
        return 1.0 - enough
    width = math.sqrt(1.0 - part)
    centre = hold(nodes, width, part, WEEKDAYS)
    chance = nodes.chance[: centre.size]
    for d in range(WEEKDAYS):
        if d == 0 or short[d, q] != short[d - 1, q]:
            chance = short_given(nodes, q, d, width, centre)
        for k in range(centre.size):
            nodes.enough[k] *= 1.0 - chance[k]
    return not_enough(nodes, centre.size)


@kernel
def any_risk(
    short: np.ndarray, nodes: Nodes, pools: np.ndarray, d: int, part: float, r: np.ndarray
) -> float:
    """Return the chance that any of the pools is short on a weekday.

    ``part`` of the shock is common to all bodies; given it, the pools are independent.
    """
    if pools.size == 1:
        return short[d, pools[0]]
    apart = 1.0
    shocks = False
    for q in pools:
        apart *= 1.0 - short[d, q]
        shocks |= r[q] > 0.0
    if part == 0.0 or not shocks:
        return 1.0 - apart
    width = math.sqrt(1.0 - part)
    centre = hold(nodes, width, part, pools.size)
    for q in pools:
        if r[q] > 0.0:
            chance = short_given(nodes, q, d, width, centre)
            for k in range(centre.size):
                nodes.enough[k] *= 1.0 - chance[k]
        else:
            for k in range(centre.size):
                nodes.enough[k] *= 1.0 - short[d, q]
    return not_enough(nodes, centre.size)


@kernel
def shortage(
    attendance: Attendance,
    staff: np.ndarray,
    pools: Pools,
    members: Members,
    workstations: np.ndarray,
    capacity: int,
    scratch: int,
    short: np.ndarray,
    unmet: np.ndarray,
    week: np.ndarray,
    any_day: np.ndarray,
    any_week: np.ndarray,
) -> None:
    """Find the risk of a shortage at given shared workstations.

    Parameters
    ----------
    attendance : Attendance
    staff : int64[cohort, body, draw]
        People who share workstations.
    pools : Pools
    members : Members
    workstations : int64[pool, draw]
        Shared workstations D.
    capacity, scratch : int
        Most cohorts in a pool, and ``binomial.scratch_size`` of the largest pool.
    short : float64[pool, weekday, draw]
        Out: P(X > D).
    unmet : float64[pool, weekday, draw]
        Out: E[(X - D)⁺], people without a workstation.
    week : float64[pool, draw]
        Out: chance of a short day within a week.
    any_day : float64[group, draw]
        Out: chance that any pool of the group is short on a day.
    any_week : float64[group, draw]
        Out: chance of such a day within a week; NaN where it has no exact form.
    """
    count = workstations.shape[0]
    draws = workstations.shape[1]
    width = math.sqrt(1.0 - max(attendance.common, attendance.week))
    wants_unmet = draws > 0  # a literal would compile what is below twice
    room = new_cohorts(capacity, scratch)
    nodes = new_nodes(count)
    chance = np.empty((WEEKDAYS, count))
    missing = np.empty(WEEKDAYS)
    r = np.empty(count)
    for i in range(draws):
        for q in range(count):
            bodies = pools.body[pools.start[q] : pools.start[q + 1]]
            r[q] = row(attendance.clustering, bodies[0])[i]
            cohorts = gather(attendance, staff, bodies, i, room)
            week_days(
                room,
                cohorts,
                r[q],
                workstations[q, i],
                width,
                wants_unmet,
                nodes,
                q,
                chance,
                missing,
            )
            for d in range(WEEKDAYS):
                short[q, d, i] = chance[d, q]
                unmet[q, d, i] = missing[d]
            week[q, i] = week_risk(chance, nodes, q, attendance.week, r[q])
        for g in range(members.start.size - 1):
            group = members.pool[members.start[g] : members.start[g + 1]]
            any_day[g, i], any_week[g, i] = group_risk(
                attendance, chance, week[:, i], nodes, group, r
            )


@kernel
def week_days(
    room: Cohorts,
    cohorts: int,
    r: float,
    limit: int,
    width: float,
    wants_unmet: bool,
    nodes: Nodes,
    q: int,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Find ``short[weekday, q]`` and ``unmet[weekday]`` of one pool; equal days only once."""
    for d in range(WEEKDAYS):
        if same_as_before(room, cohorts, d):
            copy_day(nodes, q, d)
            short[d, q] = short[d - 1, q]
            unmet[d] = unmet[d - 1]
        else:
            merged = merge(room, cohorts, d)
            short[d, q], unmet[d] = day_risk(
                room, merged, r, limit, width, wants_unmet, nodes, q, d
            )


@kernel
def copy_day(nodes: Nodes, q: int, d: int) -> None:
    """Take over the nodes of the day before."""
    nodes.used[q, d] = nodes.used[q, d - 1]
    nodes.high[q, d] = nodes.high[q, d - 1]
    for j in range(nodes.used[q, d]):
        nodes.z[q, d, j] = nodes.z[q, d - 1, j]
        nodes.short[q, d, j] = nodes.short[q, d - 1, j]


@kernel
def group_risk(
    attendance: Attendance,
    short: np.ndarray,
    week: np.ndarray,
    nodes: Nodes,
    group: np.ndarray,
    r: np.ndarray,
) -> tuple[float, float]:
    """Return the chance that any pool of a tier is short on a day, and within a week.

    The week has no cheap exact form where one part of the shock is common to bodies and another
    is kept through the week; then it is NaN.
    """
    day = 0.0
    no_day = 1.0
    before = 0.0
    for d in range(WEEKDAYS):
        repeated = d > 0
        for q in group:
            repeated &= d > 0 and short[d, q] == short[d - 1, q]
        before = before if repeated else any_risk(short, nodes, group, d, attendance.common, r)
        day += before / WEEKDAYS
        no_day *= 1.0 - before
    if group.size == 1:
        return day, week[group[0]]
    shocks = False
    for q in group:
        shocks |= r[q] > 0.0
    if not shocks or attendance.week == 0.0:
        return day, 1.0 - no_day
    if attendance.common == 0.0:
        enough = 1.0
        for q in group:
            enough *= 1.0 - week[q]
        return day, 1.0 - enough
    return day, math.nan


@kernel
def failure_share(
    kind: int,
    room: Cohorts,
    cohorts: int,
    r: float,
    limit: int,
    part: float,
    slot: int,
    nodes: Nodes,
    short: np.ndarray,
    unmet: np.ndarray,
) -> float:
    """Return the failure share of a service level at ``limit`` workstations in one draw."""
    wants_unmet = kind == PER_PERSON
    width = math.sqrt(1.0 - part)
    week_days(room, cohorts, r, limit, width, wants_unmet, nodes, slot, short, unmet)
    if kind == PER_WEEK:
        return week_risk(short, nodes, slot, part, r)
    if kind == PER_DAY:
        total = 0.0
        for d in range(WEEKDAYS):
            total += short[d, 0]
        return total / WEEKDAYS
    present = 0.0
    missing = 0.0
    for d in range(WEEKDAYS):
        missing += unmet[d]
        for c in range(cohorts):
            present += room.people[c] * room.scale[d, c] * room.base[d, c]
    return missing / present if present > 0.0 else 0.0


@kernel
def needed(
    kind: int,
    level: float,
    attendance: Attendance,
    staff: np.ndarray,
    pools: Pools,
    capacity: int,
    scratch: int,
    out: np.ndarray,
) -> None:
    """Find the least shared workstations that meet a service level in each draw.

    Parameters
    ----------
    kind : int
        ``PER_DAY``, ``PER_WEEK`` or ``PER_PERSON``.
    level : float
        Success share, as in model part 0.
    attendance, staff, pools, capacity, scratch
        As in ``shortage``.
    out : int64[pool, draw]
        Out: least D with failure share ≤ 1 - level (and a rounding error).
    """
    draws = out.shape[1]
    part = attendance.week if kind == PER_WEEK else 0.0
    room = new_cohorts(capacity, scratch)
    slot = pools.start[0]  # a literal would compile what is below twice
    nodes = new_nodes(slot + 1)
    short = np.empty((WEEKDAYS, 1))
    unmet = np.empty(WEEKDAYS)
    allowed = 1.0 - level + LEVEL_TOLERANCE
    for i in range(draws):
        for q in range(out.shape[0]):
            bodies = pools.body[pools.start[q] : pools.start[q + 1]]
            r = row(attendance.clustering, bodies[0])[i]
            cohorts = gather(attendance, staff, bodies, i, room)
            out[q, i] = search(kind, allowed, room, cohorts, r, part, slot, nodes, short, unmet)


@kernel
def search(
    kind: int,
    allowed: float,
    room: Cohorts,
    cohorts: int,
    r: float,
    part: float,
    slot: int,
    nodes: Nodes,
    short: np.ndarray,
    unmet: np.ndarray,
) -> int:
    """Return the least limit whose failure share is allowed.

    The normal quantile of the failure share is nearly a straight line in the limit, so a step
    along it lands next to the answer; bisection takes over where it does not.
    """
    people = 0
    for c in range(cohorts):
        people += room.people[c]
    mean = 0.0
    spread = 1.0
    for d in range(WEEKDAYS):
        merged = merge(room, cohorts, d)
        day_mean, variance, slope = moments(room, merged, r, 0.0)
        if day_mean >= mean:
            mean = day_mean
            spread = max(1.0, math.sqrt(variance + slope * slope))
    wanted = normal.quantile(min(max(1.0 - allowed, 1e-12), 1.0 - 1e-12))
    low, high = -1, people
    guess = int(mean + wanted * spread)
    for turn in range(200):
        if high - low <= 1:
            break
        if turn > 12:
            guess = (low + high) // 2
        guess = min(max(guess, low + 1), high - 1)
        failure = failure_share(kind, room, cohorts, r, guess, part, slot, nodes, short, unmet)
        reached = normal.quantile(min(max(1.0 - failure, 1e-12), 1.0 - 1e-12))
        move = int(abs(wanted - reached) * spread)
        if failure <= allowed:
            high = guess
            guess -= max(1, move)
        else:
            low = guess
            guess += max(1, move + 1)
    return high
