"""Risk on a day on which a shock moves everybody: averages over a standard normal z.

Given z, people present are a sum of binomials with mean μ(z) and standard deviation σ(z), so the
chance of a shortage T(z) is nearly Φ(a + b z), the line through (μ - x) / σ near where the median
crosses the limit. That normal form is averaged over z in closed form; what T differs from it is
small and dies off like φ(z) φ(a + b z), a Gaussian whose centre and width are known, so a few
Gauss-Hermite nodes put there integrate it. The people without a workstation U(z) are treated
alike, with (μ(z) - D) Φ(a + b z) as their normal form.

Over random pools of one to three cohorts and of 2 to 50,000 people the rule mostly leaves 1e-7
relative, at worst found 7e-5 (tails below 1e-5, four nodes): four nodes from a variance of 20 and
up to r = 0.1, six from a variance of 5 and up to 0.3, else twelve.

With fixed days not everybody comes even on a day of boundless shock, so T stops short of 1 and no
line fits: there the form is 0, and nodes of the trapezoid rule lie as dense as T is steep.

Known to fail: a limit within four of everybody in a pool of hundreds, with r of about 0.1 or more,
where T is like exp(-n (1 - p)) and no line is a guide.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.jit import inner, kernel
from sim.kernels import lanes, tails

FEW, SOME, MANY = 4, 6, 12
MOST = 512
_LARGE_VARIANCE = 20.0
_ENOUGH_VARIANCE = 5.0
_LITTLE_CLUSTERING = 0.1
_MUCH_CLUSTERING = 0.3
_LEAST_VARIANCE = 0.05
_FARTHEST = 5.0
_REACH = 6.5  # φ(6.5) is 3e-10
_CROSSING_STEPS = 3
_CLOSE = 0.05  # standard deviations by which the crossing may be missed
_WEAK_END = 0.12  # tan(θ / 2) up to which four nodes are enough: correlations up to 0.236
_DENSITY_SHARE = 0.5 * math.sqrt(2.0 * math.pi) / math.pi
_DENSEST = 0.4  # φ(0)
_NEVER = -37.0
LANES = 512


def _hermite(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes x and weights w such that Σ w f(x) is the integral of f over the real line."""
    x, w = np.polynomial.hermite_e.hermegauss(count)
    return x, w * np.exp(0.5 * x * x)


_FEW_NODE, _FEW_WEIGHT = _hermite(FEW)
_SOME_NODE, _SOME_WEIGHT = _hermite(SOME)
_MANY_NODE, _MANY_WEIGHT = _hermite(MANY)
_RULES = np.array([FEW, SOME, MANY, 16, 32, 64, 128, 256, MOST])
_WEAK_NODE, _WEAK_WEIGHT = np.polynomial.legendre.leggauss(4)
_JOINT_NODE, _JOINT_WEIGHT = np.polynomial.legendre.leggauss(6)


class Form(NamedTuple):
    """The shock seen through a pool on one weekday, by draw: Φ(a + b z) and what T adds to it."""

    a: np.ndarray  # float64[draw]
    b: np.ndarray  # float64[draw]
    z: np.ndarray  # float64[node, draw]
    rest: np.ndarray  # float64[node, draw], weight times T(z) - Φ(a + b z)
    nodes: np.ndarray  # int64[draw]


_OWN, _PULL, _CROSSING, _MEAN, _VARIANCE, _SLOPE, _CURVE, _STEEP, _MOST, _FILLS = range(10)
_LEVEL, _END, _SHARE, _TWICE, _INVERSE = range(10, 15)
_PICK_A, _PICK_B, _PICK_X, _PICK_PULL, _PICK_CENTRE, _PICK_WIDTH = range(6)
_X, _AT, _WEIGHT, _USUAL, _NORMAL, _SHORT, _UNMET = range(7)


class Picked(NamedTuple):
    """Draws that are looked at together, one after the other without gaps."""

    draw: np.ndarray  # int64[pick]
    values: np.ndarray  # float64[value, pick]
    n: np.ndarray  # float64[cohort, pick]
    probit: np.ndarray  # float64[cohort, pick], over √(1 - r)
    scale: np.ndarray  # float64[cohort, pick]


class Room(NamedTuple):
    """Scratch for one pool on one weekday; a lane is a node of a draw."""

    draws: np.ndarray  # float64[value, draw]
    alike: np.ndarray  # int64[draw], draws with the same number of nodes
    picked: Picked
    n: np.ndarray  # float64[cohort, lane]
    p: np.ndarray  # float64[cohort, lane]
    lanes: np.ndarray  # float64[value, lane]


@kernel
def new_form(draws: int, nodes: int) -> Form:
    """Return room for what a weekday leaves behind."""
    return Form(
        np.empty(draws),
        np.empty(draws),
        np.empty((nodes, draws)),
        np.empty((nodes, draws)),
        np.empty(draws, np.int64),
    )


@kernel
def new_room(cohorts: int, draws: int) -> Room:
    """Return scratch for so many draws."""
    length = lanes.row_length(LANES)
    return Room(
        np.empty((15, lanes.row_length(draws))),
        np.empty(draws, np.int64),
        Picked(
            np.empty(LANES, np.int64),
            np.empty((6, length)),
            np.empty((cohorts, length)),
            np.empty((cohorts, length)),
            np.empty((cohorts, length)),
        ),
        np.empty((cohorts, length)),
        np.empty((cohorts, length)),
        np.empty((7, length)),
    )


@inner
def shocked_tails(
    cohorts: int,
    n: np.ndarray,
    probit: np.ndarray,
    scale: np.ndarray,
    r: np.ndarray,
    limit: np.ndarray,
    width: float,
    room: Room,
    sums: tails.Room,
    form: Form,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Find P(X > D) and E[(X - D)⁺] of people present X on a day with a shock.

    Parameters
    ----------
    cohorts : int
    n : float64[cohort, draw]
        People.
    probit, scale : float64[cohort, draw]
        Given the shock a person comes with probability scale Φ((probit + √r z) / √(1 - r)).
    r : float64[draw]
        Correlation of the latent propensities.
    limit : float64[draw]
        D, whole numbers of at least 0.
    width : float
        Standard deviation of the narrowest normal that ``form`` will be averaged over.
    room : Room
    sums : tails.Room
        With ``LANES`` lanes or more.
    form : Form
        Out: what ``sim.kernels.joint`` needs to know of the day.
    short, unmet : float64[draw]
        Out.
    """
    count = limit.size
    own, pull, z = room.draws[_OWN], room.draws[_PULL], room.draws[_CROSSING]
    steep, slope, variance = room.draws[_STEEP], room.draws[_SLOPE], room.draws[_VARIANCE]
    for i in range(count):
        own[i] = 1.0 / math.sqrt(1.0 - r[i])
        pull[i] = math.sqrt(r[i]) * own[i]
        z[i] = 0.0
    _limits(cohorts, n, scale, count, room)
    _moments(cohorts, n, probit, scale, count, room)
    for i in range(count):
        steep[i] = slope[i] / math.sqrt(max(variance[i], _LEAST_VARIANCE))
    for _ in range(_CROSSING_STEPS):
        if _approach(limit, room) == 0:
            break
        _moments(cohorts, n, probit, scale, count, room)
    _fit(r, limit, width, room, form)
    _average_form(cohorts, n, probit, scale, limit, room, form, short, unmet)
    _clear(count, form)
    for nodes in _RULES:
        alike = _with_nodes(nodes, count, form, room)
        at_once = LANES // nodes
        for first in range(0, alike, at_once):
            chosen = room.alike[first : min(first + at_once, alike)]
            _pick(cohorts, n, probit, scale, limit, chosen, room, form)
            _add_rest(cohorts, chosen.size, nodes, room, sums, form, short, unmet)
    for i in range(count):
        short[i] = min(max(short[i], 0.0), 1.0)
        unmet[i] = max(unmet[i], 0.0)


@inner
def _clear(count: int, form: Form) -> None:
    """Leave nothing at nodes that a draw does not have and its neighbours may."""
    most = 0
    for i in range(count):
        most = max(most, form.nodes[i])
    for j in range(most):
        z, rest = form.z[j], form.rest[j]
        for i in range(count):
            z[i] = 0.0
            rest[i] = 0.0


@inner
def _with_nodes(nodes: int, count: int, form: Form, room: Room) -> int:
    """Write the draws that ask for so many nodes to ``room.alike``; return how many there are."""
    some = 0
    for i in range(count):
        some += 1 if form.nodes[i] == nodes else 0
    found = 0
    if some > 0:
        for i in range(count):
            if form.nodes[i] == nodes:
                room.alike[found] = i
                found += 1
    return found


@inner
def _limits(cohorts: int, n: np.ndarray, scale: np.ndarray, count: int, room: Room) -> None:
    """Find how many people ever come, and the least scale of those who do."""
    most, fills = room.draws[_MOST], room.draws[_FILLS]
    for i in range(count):
        most[i] = 0.0
        fills[i] = 1.0
    for c in range(cohorts):
        people, part = n[c], scale[c]
        for i in range(count):
            comes = people[i] * part[i] > 0.0
            most[i] += people[i] if comes else 0.0
            fills[i] = min(fills[i], part[i] if comes else 1.0)


@inner
def _moments(
    cohorts: int, n: np.ndarray, probit: np.ndarray, scale: np.ndarray, count: int, room: Room
) -> None:
    """Find mean and variance of people present at each draw's z, and two derivatives of μ(z)."""
    own, pull, z = room.draws[_OWN], room.draws[_PULL], room.draws[_CROSSING]
    mean, variance = room.draws[_MEAN], room.draws[_VARIANCE]
    slope, curve = room.draws[_SLOPE], room.draws[_CURVE]
    for i in range(count):
        mean[i] = 0.0
        variance[i] = 0.0
        slope[i] = 0.0
        curve[i] = 0.0
    for c in range(cohorts):
        people, usual, part = n[c], probit[c], scale[c]
        for i in range(count):
            at = usual[i] * own[i] + pull[i] * z[i]
            share, phi = lanes.quick_below_and_density(at)
            share *= part[i]
            present = people[i] * share
            mean[i] += present
            variance[i] += present * (1.0 - share)
            rise = people[i] * part[i] * phi * pull[i]
            slope[i] += rise
            curve[i] -= rise * pull[i] * at


@inner
def _approach(limit: np.ndarray, room: Room) -> int:
    """Step to where the limit is the median, but not to where shocks hardly ever are.

    The median of people present is about (2 p - 1) / 6 above their mean, where p is their share of
    all who ever come. Draws that are close stay, so that none minds its neighbours; return how many
    do not.
    """
    z, mean, variance = room.draws[_CROSSING], room.draws[_MEAN], room.draws[_VARIANCE]
    slope, curve, pull = room.draws[_SLOPE], room.draws[_CURVE], room.draws[_PULL]
    most = room.draws[_MOST]
    moved = 0
    for i in range(limit.size):
        skew = (1.0 - 2.0 * mean[i] / max(most[i], 1.0)) / 6.0
        gap = limit[i] + 0.5 + skew - mean[i]
        far = gap * gap > _CLOSE * _CLOSE * max(variance[i], _LEAST_VARIANCE)
        far &= (abs(z[i]) < _FARTHEST) | (z[i] * gap < 0.0)
        widest = max(2.0, 0.5 / max(pull[i], 1e-9))
        inverse = 1.0 / max(slope[i], 1e-9)
        step = min(max(gap * inverse, -widest), widest)
        step *= 1.0 - min(max(0.5 * step * curve[i] * inverse, -0.5), 0.5)
        there = min(max(z[i] + step, -_FARTHEST), _FARTHEST)
        z[i] = there if far else z[i]
        moved += 1 if far else 0
    return moved


@inner
def _fit(r: np.ndarray, limit: np.ndarray, width: float, room: Room, form: Form) -> None:
    """Put the line a + b z through (μ - x) / σ at z, and choose the number of nodes."""
    z, mean, slope = room.draws[_CROSSING], room.draws[_MEAN], room.draws[_SLOPE]
    variance, most, fills = room.draws[_VARIANCE], room.draws[_MOST], room.draws[_FILLS]
    level, end = room.draws[_LEVEL], room.draws[_END]
    a, b, nodes = form.a, form.b, form.nodes
    partial = 0
    for i in range(limit.size):
        narrow = 1.0 / math.sqrt(max(variance[i], _LEAST_VARIANCE))
        few = (variance[i] >= _LARGE_VARIANCE) & (r[i] <= _LITTLE_CLUSTERING)
        some = (variance[i] >= _ENOUGH_VARIANCE) & (r[i] <= _MUCH_CLUSTERING)
        count = FEW if few else SOME if some else MANY
        never = most[i] <= limit[i]
        nodes[i] = 0 if never else count
        formless = never | (fills[i] < 1.0)
        rise = slope[i] * narrow
        b[i] = 0.0 if formless else rise
        a[i] = _NEVER if formless else (mean[i] - limit[i] - 0.5) * narrow - rise * z[i]
        flat = 1.0 / math.sqrt(1.0 + b[i] * b[i])
        level[i] = a[i] * flat
        rho = math.sqrt(r[i]) * (b[i] * flat)
        end[i] = rho / (1.0 + math.sqrt(max(1.0 - rho * rho, 0.0)))
        partial += 1 if fills[i] < 1.0 else 0
    if partial > 0:
        _lay_densely(r, width, room, form)


@inner
def _lay_densely(r: np.ndarray, width: float, room: Room, form: Form) -> None:
    """Choose as many nodes as T is steep where not everybody comes even in a boundless shock."""
    slope, variance, steep = room.draws[_SLOPE], room.draws[_VARIANCE], room.draws[_STEEP]
    most, fills, pull = room.draws[_MOST], room.draws[_FILLS], room.draws[_PULL]
    nodes = form.nodes
    for i in range(r.size):
        if fills[i] < 1.0 and nodes[i] > 0:
            narrow = 1.0 / math.sqrt(max(variance[i], _LEAST_VARIANCE))
            steepest = max(slope[i] * narrow, steep[i])
            if r[i] > _MUCH_CLUSTERING:
                steepest = _DENSEST * most[i] * pull[i] * narrow  # no slope is above that
            dense = 2.0 * _REACH * math.sqrt(1.0 / width**2 + steepest * steepest) / 0.9
            nodes[i] = 16
            while nodes[i] < min(dense, MOST):
                nodes[i] *= 2


@inner
def _average_form(
    cohorts: int,
    n: np.ndarray,
    probit: np.ndarray,
    scale: np.ndarray,
    limit: np.ndarray,
    room: Room,
    form: Form,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Average Φ(a + b z) and (μ(z) - D) Φ(a + b z) over z.

    With k = a / √(1 + b²), the first is Φ(k) and the second Σ n scale Φ₂(probit, k; ρ) - D Φ(k),
    ρ = √r b / √(1 + b²). Φ₂ is Φ Φ and an integral over the correlation, here in v = tan(θ / 2)
    for the correlation sin θ: Drezner and Wesolowsky (1990), "On the computation of the bivariate
    normal integral"; four Gauss-Legendre nodes where ρ is small, else six.
    """
    level, end, a = room.draws[_LEVEL], room.draws[_END], form.a
    strong = 0
    for i in range(limit.size):
        short[i] = lanes.quick_below(level[i])
        unmet[i] = -limit[i] * short[i]
        strong += 1 if end[i] > _WEAK_END else 0
    for c in range(cohorts):
        people, usual, part = n[c], probit[c], scale[c]
        for i in range(limit.size):
            unmet[i] += people[i] * part[i] * lanes.quick_below(usual[i]) * short[i]
    for j in range(_WEAK_NODE.size):
        _add_joint(cohorts, n, probit, scale, _WEAK_NODE[j], _WEAK_WEIGHT[j], 0.0, room, unmet)
    if strong > 0:
        for j in range(_JOINT_NODE.size):
            _add_joint(
                cohorts, n, probit, scale, _JOINT_NODE[j], _JOINT_WEIGHT[j], 1.0, room, unmet
            )
    for i in range(limit.size):
        formless = a[i] == _NEVER
        short[i] = 0.0 if formless else short[i]
        unmet[i] = 0.0 if formless else unmet[i]


@inner
def _add_joint(
    cohorts: int,
    n: np.ndarray,
    probit: np.ndarray,
    scale: np.ndarray,
    node: float,
    weight: float,
    strong: float,
    room: Room,
    unmet: np.ndarray,
) -> None:
    """Add what one node of the integral over the correlation gives where its rule is for."""
    level, end, share = room.draws[_LEVEL], room.draws[_END], room.draws[_SHARE]
    twice, inverse = room.draws[_TWICE], room.draws[_INVERSE]
    for i in range(unmet.size):
        v = 0.5 * end[i] * (1.0 + node)
        square = v * v
        both = 1.0 / ((1.0 + square) * (1.0 - square))
        single = both * (1.0 - square)
        mine = (end[i] > _WEAK_END) == (strong > 0.0)
        share[i] = end[i] * (weight * _DENSITY_SHARE) * single if mine else 0.0
        twice[i] = 4.0 * v * single
        root = both * (1.0 + square) * (1.0 + square)
        inverse[i] = 0.5 * root * root
    for c in range(cohorts):
        people, usual, part = n[c], probit[c], scale[c]
        for i in range(unmet.size):
            h, k = usual[i], level[i]
            power = (h * h + k * k - twice[i] * h * k) * inverse[i]
            unmet[i] += people[i] * part[i] * share[i] * lanes.quick_density(power)


@inner
def _pick(
    cohorts: int,
    n: np.ndarray,
    probit: np.ndarray,
    scale: np.ndarray,
    limit: np.ndarray,
    chosen: np.ndarray,
    room: Room,
    form: Form,
) -> None:
    """Copy what the nodes of the chosen draws need."""
    group, own, pull = room.picked, room.draws[_OWN], room.draws[_PULL]
    for k in range(chosen.size):
        i = chosen[k]
        square = 1.0 + form.b[i] * form.b[i]
        group.draw[k] = i
        group.values[_PICK_A, k] = form.a[i]
        group.values[_PICK_B, k] = form.b[i]
        group.values[_PICK_X, k] = limit[i] + 0.5
        group.values[_PICK_PULL, k] = pull[i]
        group.values[_PICK_CENTRE, k] = -form.a[i] * form.b[i] / square
        group.values[_PICK_WIDTH, k] = 1.0 / math.sqrt(square)
    for c in range(cohorts):
        for k in range(chosen.size):
            i = chosen[k]
            group.n[c, k] = n[c, i]
            group.probit[c, k] = probit[c, i] * own[i]
            group.scale[c, k] = scale[c, i]


@inner
def _add_rest(
    cohorts: int,
    picked: int,
    nodes: int,
    room: Room,
    sums: tails.Room,
    form: Form,
    short: np.ndarray,
    unmet: np.ndarray,
) -> None:
    """Add what T and U differ from their normal form, for the picked draws with so many nodes."""
    group, size = room.picked, picked * nodes
    x, at, weight = room.lanes[_X, :size], room.lanes[_AT], room.lanes[_WEIGHT]
    usual, normal = room.lanes[_USUAL], room.lanes[_NORMAL]
    found, missing = room.lanes[_SHORT], room.lanes[_UNMET]
    pull = group.values[_PICK_PULL]
    _place(picked, nodes, room)
    for c in range(cohorts):
        people, p = room.n[c], room.p[c]
        own_n, own_probit, own_scale = group.n[c], group.probit[c], group.scale[c]
        for first in range(0, size, picked):
            z, spot = at[first : first + picked], usual[first : first + picked]
            heads, shares = people[first : first + picked], p[first : first + picked]
            for k in range(picked):
                share = own_scale[k] * lanes.quick_below(own_probit[k] + pull[k] * z[k])
                heads[k] = own_n[k]
                shares[k] = share
                spot[k] += own_n[k] * share
    tails.tails(cohorts, room.n, room.p, x, sums, found, missing)
    for m in range(size):
        phi = lanes.quick_density(0.5 * at[m] * at[m])
        found[m] = weight[m] * (found[m] - normal[m])
        missing[m] = weight[m] * phi * (missing[m] - (usual[m] - x[m] + 0.5) * normal[m])
        weight[m] = phi * found[m]
    for j in range(nodes):
        for k in range(picked):
            i, m = group.draw[k], j * picked + k
            form.z[j, i] = at[m]
            form.rest[j, i] = found[m]
            short[i] += weight[m]
            unmet[i] += missing[m]


@inner
def _place(picked: int, nodes: int, room: Room) -> None:
    """Place the nodes, and find the normal form there."""
    values, at = room.picked.values, room.lanes[_AT]
    a, b, limit = values[_PICK_A], values[_PICK_B], values[_PICK_X]
    centre, width = values[_PICK_CENTRE], values[_PICK_WIDTH]
    for j in range(nodes):
        low, high = j * picked, (j + 1) * picked
        x, z, weight = room.lanes[_X, low:high], at[low:high], room.lanes[_WEIGHT, low:high]
        usual, normal = room.lanes[_USUAL, low:high], room.lanes[_NORMAL, low:high]
        node, factor = _rule(nodes, j)
        for k in range(picked):
            z[k] = centre[k] + width[k] * node
            weight[k] = width[k] * factor
            x[k] = limit[k]
            usual[k] = 0.0
            normal[k] = lanes.quick_below(a[k] + b[k] * z[k])


@inner
def _rule(nodes: int, j: int) -> tuple[float, float]:
    """Return place and weight of a node: three rules of Hermite, then trapezoids."""
    if nodes == FEW:
        return _FEW_NODE[j], _FEW_WEIGHT[j]
    if nodes == SOME:
        return _SOME_NODE[j], _SOME_WEIGHT[j]
    if nodes == MANY:
        return _MANY_NODE[j], _MANY_WEIGHT[j]
    step = 2.0 * _REACH / nodes
    return -_REACH + (j + 0.5) * step, step
