"""The people of a policy in a block of draws: how many, in which mode, and how they attend."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim import cells
from sim.kernels import days, staff
from sim.kernels.area import workstations_by_ratio
from sim.kernels.presence import WEEKDAYS, Attendance
from sim.problem import Floats, Ints, PolicyPlan, Problem
from sim.sampling import Draws


@dataclass(frozen=True, eq=False)
class Staff:
    """People of one policy in a block of draws.

    Attributes
    ----------
    eligible : int64[body, draw]
    ready : int64[body, draw]
    cohorts : int64[cohort, body, draw]
        Everybody, by cohort (``sim.kernels.staff``).
    sharing, holders : int64[cohort, body, draw]
        Those who share workstations and those who hold a dedicated one.
    attendance : Attendance
    """

    eligible: Ints
    ready: Ints
    cohorts: Ints
    sharing: Ints
    holders: Ints
    attendance: Attendance

    @property
    def remote(self) -> Ints:
        """Staff in the remote mode, int64[body, draw]."""
        return np.asarray(self.cohorts[:-1:2].sum(axis=0))

    @property
    def combined(self) -> Ints:
        """Staff in the combined mode, int64[body, draw]."""
        return np.asarray(self.cohorts[1:-1:2].sum(axis=0))

    @property
    def dedicated(self) -> Ints:
        """Dedicated workstations, int64[body, draw]."""
        return np.asarray(self.holders.sum(axis=0))


def draw_staff(problem: Problem, plan: PolicyPlan, draws: Draws) -> Staff:
    """Draw who is eligible and ready, in which mode, and who holds a dedicated workstation."""
    seed, keys = _streams(problem, draws)
    floors = sorted({group.floor for group in plan.groups} | {0.0})
    bodies, count = len(problem.bodies), draws.count
    eligible = np.zeros((bodies, len(floors), count), np.int64)
    groups = staff.Groups(
        body=np.array([group.body for group in plan.groups]),
        strand=np.array([floors.index(group.floor) for group in plan.groups]),
        staff=np.array([group.staff for group in plan.groups]),
        place=np.array(_places(plan)),
    )
    share = np.stack([_own(draws, group.share, group.body) for group in plan.groups])
    staff.eligible_staff(seed, keys, draws.first, groups, share, eligible)
    ready = np.empty((bodies, count), np.int64)
    cohorts = np.empty((2 * len(floors) + 1, bodies, count), np.int64)
    staff.divide_staff(
        seed,
        keys,
        draws.first,
        problem.headcount,
        eligible,
        ready_share(problem, plan, draws),
        draws.values[plan.remote],
        draws.values[plan.combined],
        ready,
        cohorts,
    )
    eligible_staff: Ints = eligible.sum(axis=1)
    sharing, holders = cohorts.copy(), np.zeros_like(cohorts)
    if plan.dedicated:
        able = problem.headcount[:, None] - cohorts[0]
        wanted = np.minimum(_dedicated(problem, plan, draws), able)
        first = _adjusted(problem, plan, draws, eligible_staff, ready, cohorts)
        of_first = np.minimum(wanted, first.sum(axis=0))
        staff.set_apart(of_first, first, holders)
        sharing -= holders
        others = np.zeros_like(holders)
        staff.set_apart(wanted - of_first, sharing, others)
        holders += others
    attendance = _attendance(problem, plan, draws, np.array([floors]))
    return Staff(eligible_staff, ready, cohorts, sharing, holders, attendance)


def split_cohorts(
    problem: Problem, plan: PolicyPlan, draws: Draws, eligible: Ints, ready: Ints, cohorts: Ints
) -> cells.Cells:
    """Draw to which cell the people of each cohort belong (``sim.cells``)."""
    by_group = _eligible_by_group(problem, plan, draws)
    return cells.divide_cohorts(problem, plan, draws, eligible, ready, cohorts, by_group)


def _adjusted(
    problem: Problem, plan: PolicyPlan, draws: Draws, eligible: Ints, ready: Ints, cohorts: Ints
) -> Ints:
    """Return who is not fully remote and needs an adjustment, int64[cohort, body, draw]."""
    found = np.zeros_like(cohorts)
    said = problem.occupancy
    if said is not None and any(group.adjustment for group in said.groups):
        split = split_cohorts(problem, plan, draws, eligible, ready, cohorts)
        for b in range(len(problem.bodies)):
            mine = cells.of_body(said, b)
            needs = cells.adjusted(said, mine)[:, None]
            found[1:, b] = np.where(needs, split.cohorts[1:, mine], 0).sum(axis=1)
    return found


def _eligible_by_group(problem: Problem, plan: PolicyPlan, draws: Draws) -> Ints:
    """Return the eligible staff of each of a policy's eligible groups, int64[group, draw].

    The numbers of ``draw_staff`` before it adds them up.
    """
    seed, keys = _streams(problem, draws)
    places = _places(plan)
    found = np.zeros((len(problem.bodies), max(places) + 1, draws.count), np.int64)
    body = np.array([group.body for group in plan.groups])
    groups = staff.Groups(
        body=body,
        strand=np.array(places),
        staff=np.array([group.staff for group in plan.groups]),
        place=np.array(places),
    )
    share = np.stack([_own(draws, group.share, group.body) for group in plan.groups])
    staff.eligible_staff(seed, keys, draws.first, groups, share, found)
    each: Ints = found[body, places]
    return each


def _places(plan: PolicyPlan) -> list[int]:
    """Return the index of each group within its body."""
    seen: dict[int, int] = {}
    found = []
    for group in plan.groups:
        seen[group.body] = seen.get(group.body, -1) + 1
        found.append(seen[group.body])
    return found


def _streams(problem: Problem, draws: Draws) -> tuple[np.uint64, np.ndarray]:
    keys = np.array([draws.key(f"body/{name}") for name in problem.bodies], np.uint64)
    return np.uint64(problem.run.seed), keys


def rows(draws: Draws, indices: Sequence[int]) -> Floats:
    """Return the values of one unknown for each body, float64[body or 1, draw]."""
    if len(set(indices)) == 1:
        return draws.values[indices[0]]
    return np.stack([_own(draws, index, body) for body, index in enumerate(indices)])


def _own(draws: Draws, index: int, body: int) -> Floats:
    """Return the values of one unknown for one body, float64[draw]."""
    values = draws.values[index]
    own: Floats = values[body if len(values) > 1 else 0]
    return own


def ready_share(problem: Problem, plan: PolicyPlan, draws: Draws) -> Floats:
    """Return the share of eligible staff who pass the readiness gates, float64[body or 1, draw].

    The product of the gates' shares if they are independent, their least if they are nested.
    """
    shares = [np.ones((1, draws.count))]
    if plan.readiness != "none":
        for gate in problem.gates:
            today = draws.values[gate.today]
            after = today if gate.target is None else np.maximum(today, draws.values[gate.target])
            shares.append(today if plan.readiness == "today" else after)
    combine = np.minimum if problem.nested_gates else np.multiply
    return functools.reduce(combine, shares)


def _dedicated(problem: Problem, plan: PolicyPlan, draws: Draws) -> Ints:
    """Return the dedicated workstations asked for, Σ ⌈share · filled posts⌉, int64[body, draw]."""
    total = np.zeros((len(problem.bodies), draws.count), np.int64)
    for _, indices in plan.dedicated:
        total += workstations_by_ratio(rows(draws, indices), problem.headcount[:, None])
    return total


def _attendance(problem: Problem, plan: PolicyPlan, draws: Draws, floors: Floats) -> Attendance:
    said = problem.attendance
    return Attendance(
        weekday=said.weekday,
        floor=floors,
        days=draws.values[plan.days],
        compliance=draws.values[said.compliance],
        absence=draws.values[said.absence],
        clustering=draws.values[said.clustering],
        common=said.common,
        week=said.week,
        fixed_days=said.fixed_days,
    )


def draw_shocks(problem: Problem, draws: Draws, weeks: int) -> Floats:
    """Draw what moves people together on each day, float64[body, row, draw]; see ``kernels.days``.

    Policies share it. A row is a day, all Mondays first; nothing is drawn without clustering.
    """
    seed, keys = _streams(problem, draws)
    attendance = _attendance(problem, problem.policies[0], draws, np.zeros((1, 1)))
    rows = WEEKDAYS * weeks if attendance.clustering.any() else 0
    out = np.empty((len(problem.bodies), rows, draws.count))
    if rows:
        days.draw_shocks(seed, keys, draws.key("day"), draws.first, attendance, out)
    return out


def count_present(
    problem: Problem,
    people: Staff,
    draws: Draws,
    cohorts: Ints,
    place: int,
    weeks: int,
    shocks: Floats | None = None,
) -> np.ndarray:
    """Draw people present, int32[body, week, weekday, draw].

    ``shocks`` are those of ``draw_shocks`` where they have been drawn already.
    """
    seed, keys = _streams(problem, draws)
    shocks = draw_shocks(problem, draws, weeks) if shocks is None else shocks
    out = np.empty((len(problem.bodies), weeks, WEEKDAYS, draws.count), np.int32)
    days.count_present(seed, keys, draws.first, people.attendance, cohorts, place, shocks, out)
    return out
