"""Which floors and leases to keep, when to leave the others, and what that is in all draws."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import sampling
from sim.analysis import leaving
from sim.analysis.programme import Infeasible, OutOfTime, Terms, choose, most_releasable
from sim.analysis.staffing import medians, required
from sim.errors import RunError
from sim.executors import in_order
from sim.job import BLOCK, run
from sim.results.summary import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr

    from sim.analysis.programme import Choice
    from sim.estateplan import EstatePlan
    from sim.problem import Floats, Ints, Problem
    from sim.results.summary import Statistics

ALLOTTED, WITH_SPARE = "allotted", "with spare"
"""Workstations that a body requires; and these with its part of those over on its floors."""
_LIMITS = {
    "max_sites": "more buildings for a body",
    "yearly_moves": "more moves in a quarter",
    "ceiling": "a higher yearly ceiling",
}


@dataclass(frozen=True, eq=False)
class Money:
    """What the plan costs in all draws.

    Attributes
    ----------
    statistics : dict of str to float64[measure]
        Cost of doing nothing, of the plan, the saving and whether it is above nothing, all present
        values; then the saving of each year, not discounted.
    draws : int
    """

    statistics: Statistics
    draws: int


@dataclass(frozen=True, eq=False)
class Found:
    """A plan for the estate and what it comes to.

    Attributes
    ----------
    required : int64[body, year]
        Workstations at the end of each year.
    terms : Terms
    choice : Choice
    releasable : float64[year]
        Area of whole units that the requirement could leave empty [m²].
    quantities : float64[price, building, year]
    risk : tuple of xarray.Dataset
        Summaries of the years, with policies ALLOTTED and WITH_SPARE.
    money : Money
    seconds : float
        What the choice took.
    """

    required: Ints
    terms: Terms
    choice: Choice
    releasable: Floats
    quantities: Floats
    risk: tuple[xr.Dataset, ...]
    money: Money
    seconds: float


def plan_estate(
    problem: Problem,
    gap: float = 1e-3,
    seconds: float = 60.0,
    threads: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Found:
    """Choose what to keep at the medians of prices, and compute the plan with all draws.

    Parameters
    ----------
    problem : Problem
        With an estate.
    gap : float
        Part of its cost that the plan may be above the least possible.
    seconds : float
        Time limit of the choice.
    threads : int
        Blocks of draws computed at the same time.
    progress : callable, optional
        Told what is under way, how much of it is done and how much there is.

    Returns
    -------
    Found

    Raises
    ------
    RunError
        If no plan gives everybody what is required, or none was found in time.
    """
    plan = problem.estate
    assert plan is not None, "asked for only with an estate"

    def step(what: str, total: int) -> Callable[[int], None]:
        def tell(done: int) -> None:
            if progress is not None:
                progress(what, done, total)

        tell(0)
        return tell

    needs, problems = required(problem, threads, step("requirement of the years", plan.years))
    given = terms(plan, needs, medians(problem))
    step("choosing what to keep", 0)
    started = time.perf_counter()
    try:
        choice = choose(given, gap, seconds)
    except Infeasible as none:
        raise RunError(_why_not(problem, given, none.lacking, seconds)) from None
    except OutOfTime:
        message = f"no plan for the estate was found within {seconds:g} s; allow more --time-limit"
        raise RunError(message) from None
    took = time.perf_counter() - started
    of_units = leaving.unit_quantities(plan)
    amounts = leaving.quantities(plan, of_units, choice.used, choice.emptied, choice.moves)
    return Found(
        required=needs,
        terms=given,
        choice=choice,
        releasable=_releasable(plan, given, seconds),
        quantities=amounts,
        risk=_risk(problems, given, choice, threads, step("risk of the years", plan.years)),
        money=_money(problem, of_units, amounts, step("draws", problem.run.draws)),
        seconds=took,
    )


def terms(plan: EstatePlan, needs: Ints, values: Sequence[Floats]) -> Terms:
    """Return what the programme is given.

    Parameters
    ----------
    plan : EstatePlan
    needs : int64[body, year]
        Workstations required at the end of each year.
    values : sequence of float64[1, 1]
        One figure for every unknown: the medians.

    Returns
    -------
    Terms
    """
    together = leaving.units(plan)
    unit = np.empty(len(plan.floors), np.int64)
    for u, those in enumerate(together):
        unit[list(those)] = u
    building = plan.building_of
    price = leaving.prices(plan, values)[:, :, 0]
    worth = leaving.discounting(plan, values)[:, 0]
    of_units = leaving.unit_quantities(plan)
    its_building = building[[those[0] for those in together]]
    unit_cost = np.einsum("uvpt,pu,t->uv", of_units, price[:, its_building], worth)
    spend = of_units[:, :, leaving.EXIT, :-1] * price[leaving.EXIT, its_building][:, None, None]
    saved = (price[leaving.RUNNING] - price[leaving.HOLDING])[building] * plan.areas
    heritage = np.array([plan.holdings[b].heritage for b in building])
    bodies, kinds, asked = _parties(plan, needs)
    return Terms(
        places=np.array(
            [[floor.open_places, floor.secure_places] for floor in plan.floors], np.int64
        ).T,
        building=building,
        unit=unit,
        last_use=np.array([_last_use(plan, b) for b in building]),
        must_use=np.array([floor.must_stay for floor in plan.floors]),
        opens=heritage == "none",
        must_hold=np.array([plan.holdings[b].heritage == "must_keep" for b in its_building]),
        body=bodies,
        kind=kinds,
        required=asked,
        seated=_seated(plan, bodies, kinds),
        fits=plan.fits[bodies][:, building],
        max_sites=plan.max_sites,
        yearly_moves=plan.yearly_moves,
        ceiling=plan.ceiling,
        use_cost=saved[:, None] * worth[:-1],
        unit_cost=unit_cost,
        unit_spend=spend,
        move_cost=price[leaving.MOVE, 0] * worth[:-1],
        move_spend=float(price[leaving.MOVE, 0]),
    )


def _parties(plan: EstatePlan, needs: Ints) -> tuple[Ints, Ints, Ints]:
    """Return body, kind and requirement of each party: every body, and who needs secure rooms."""
    apart = np.flatnonzero(plan.secure)
    bodies = np.concatenate([np.arange(len(needs)), apart])
    kinds = np.repeat([0, 1], [len(needs), len(apart)])
    secure = plan.secure[:, None]
    asked = np.concatenate(
        [np.maximum(needs - secure, 0), np.broadcast_to(secure, needs.shape)[apart]]
    )
    return bodies, kinds, asked


def _seated(plan: EstatePlan, bodies: Ints, kinds: Ints) -> Ints:
    """Return who sits where today by party, int64[party, floor].

    Of a body's workstations on a floor those in secure rooms come first, until it has what it
    needs of them. Who sits where no workstation of the kind is has to move.
    """
    left = np.array([[floor.open_places, floor.secure_places] for floor in plan.floors])
    secure_left = plan.secure.copy()
    party_of = {(int(b), int(k)): p for p, (b, k) in enumerate(zip(bodies, kinds, strict=True))}
    seated = np.zeros((len(bodies), len(plan.floors)), np.int64)
    for body, floor in np.argwhere(plan.seated > 0):
        here = int(plan.seated[body, floor])
        inside = min(here, int(secure_left[body]), int(left[floor, 1]))
        outside = min(here - inside, int(left[floor, 0]))
        secure_left[body] -= inside
        left[floor] -= [outside, inside]
        seated[party_of[body, 0], floor] = outside
        if inside:
            seated[party_of[body, 1], floor] = inside
    return seated


def _last_use(plan: EstatePlan, building: int) -> int:
    """Return the first of the plan's days on which the building can no longer be in use."""
    last = plan.holdings[building].last_day
    gone = [year for year, day in enumerate(plan.days) if last is not None and day >= last]
    return gone[0] if gone else plan.years + 1


def _why_not(problem: Problem, given: Terms, missing: Ints, seconds: float) -> str:
    """Return in a sentence which requirement cannot be met, and what would help."""
    assert problem.estate is not None
    total = missing.sum(axis=0)
    if not total.any():
        return (
            "no plan for the estate keeps to the yearly ceiling: leaving the leases that end costs "
            "more; raise estate.yearly_ceiling"
        )
    year = int(total.argmax())
    parties = np.argsort(-missing[:, year], kind="stable")
    parts = [
        f"{problem.bodies[given.body[p]]}{' (secure rooms)' if given.kind[p] else ''} "
        f"lacks {missing[p, year]:,} of {given.required[p, year]:,}"
        for p in parties[:5]
        if missing[p, year]
    ]
    more = int((missing[:, year] > 0).sum()) - len(parts)
    rest = f" and {more} more" if more > 0 else ""
    helps = [words for limit, words in _LIMITS.items() if _helps(given, limit, seconds)]
    hint = (
        f"any of these alone would do: {', '.join(helps)}"
        if helps
        else (
            "no single limit on buildings of a body, moves or money is the cause: there are too "
            "few workstations that fit"
        )
    )
    name = problem.estate.year_names[year]
    return (
        f"no plan for the estate has all the workstations that are required: at the end of {name} "
        f"{total[year]:,} are missing at least ({', '.join(parts)}{rest}); {hint}"
    )


def _helps(given: Terms, limit: str, seconds: float) -> bool:
    """Tell whether there is a plan without one of the limits."""
    if getattr(given, limit) is None:
        return False
    try:
        choose(_without(given, limit), 0.5, min(seconds, 5.0))
    except (Infeasible, OutOfTime):
        return False
    return True


def _without(given: Terms, limit: str) -> Terms:
    left: dict[str, Any] = {limit: None}
    return replace(given, **left)


def _releasable(plan: EstatePlan, given: Terms, seconds: float) -> Floats:
    """Return the area that whole units could release in each year, float64[year] [m²]."""
    areas = np.array([plan.areas[list(those)].sum() for those in leaving.units(plan)])
    found: dict[tuple[int, ...], float] = {}
    for year in range(plan.years):
        key = tuple(given.required[:, year])
        if key not in found:
            found[key] = float(most_releasable(given, year, areas, min(seconds, 10.0)).sum())
    return np.array([found[tuple(given.required[:, year])] for year in range(plan.years)])


def provided(problem: Problem, given: Terms, choice: Choice) -> tuple[Ints, Ints]:
    """Return the workstations of each body at the end of each year.

    Parameters
    ----------
    problem : Problem
    given : Terms
    choice : Choice

    Returns
    -------
    allotted, with_spare : int64[body, year]
        As it requires; and with those over on its floors, divided by who sits there, the largest
        remainders first.
    """
    shape = (len(problem.bodies), given.years)
    allotted, spare = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    np.add.at(allotted, given.body, choice.seats.sum(axis=1))
    for kind, places in enumerate(given.places):
        mine = np.flatnonzero(given.kind == kind)
        for floor, year in np.ndindex(len(places), given.years):
            here = choice.seats[mine, floor, year]
            if here.sum():
                over = places[floor] - here.sum()
                exact = over * here / here.sum()
                whole = np.floor(exact).astype(np.int64)
                first = np.argsort(whole - exact, kind="stable")[: over - whole.sum()]
                whole[first] += 1
                np.add.at(spare[:, year], given.body[mine], whole)
    return allotted, allotted + spare


def _risk(
    problems: Sequence[Problem],
    given: Terms,
    choice: Choice,
    threads: int,
    progress: Callable[[int], None],
) -> tuple[xr.Dataset, ...]:
    """Return a summary of each year with the plan's workstations; alike years are computed once."""
    known: dict[object, xr.Dataset] = {}
    found = []
    numbers = provided(problems[0], given, choice)
    for year, problem in enumerate(problems):
        now = [tuple(by_body[:, year].tolist()) for by_body in numbers]
        key = (tuple(problem.headcount.tolist()), *now)
        if key not in known:
            assert problem.estate is not None
            asked = problem.policies[problem.policy_names.index(problem.estate.policy)]
            policies = tuple(
                replace(asked, name=name, title=name, service=None, per_person=None, fixed=fixed)
                for name, fixed in zip((ALLOTTED, WITH_SPARE), now, strict=True)
            )
            one = replace(problem, policies=policies, appraisal=None, estate=None)
            known[key] = run(one, threads=threads)
        found.append(known[key])
        progress(year + 1)
    return tuple(found)


def _money(
    problem: Problem, of_units: Floats, amounts: Floats, progress: Callable[[int], None]
) -> Money:
    """Return the statistics of the plan's money beside doing nothing: all is kept as it is."""
    plan = problem.estate
    assert plan is not None
    used = np.ones((len(plan.floors), plan.years), bool)
    never = np.full(len(of_units), plan.years)
    nothing = leaving.quantities(plan, of_units, used, never, np.zeros(plan.years))

    def work(first: int, count: int) -> Floats:
        values = sampling.draw(problem, first, count).values
        price = np.broadcast_to(leaving.prices(plan, values), (*nothing.shape[:2], count))
        worth = np.broadcast_to(leaving.discounting(plan, values), (plan.years + 1, count))
        flows = [np.einsum("pbt,pbd->td", those, price) for those in (nothing, amounts)]
        costs = [(worth * flow).sum(axis=0) for flow in flows]
        saved = costs[0] - costs[1]
        yearly = (flows[0] - flows[1])[:-1]
        return np.vstack([*costs, saved, (saved > 0).astype(float), yearly])

    running = Running(np.array([False, False, False, True, *[False] * plan.years]))
    for values in in_order(work, problem.run.draws, BLOCK, 1):
        running.add(values)
        progress(running.draws)
    return Money(running.statistics(problem.run.design), problem.run.draws)
