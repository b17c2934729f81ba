"""Where a result holds (a body, a tier, the total), and its numbers by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sim.problem import PolicyPlan, Problem

MOST_BODIES = 20
"""With more bodies than this, tables show tiers and the total only."""


@dataclass(frozen=True)
class Place:
    """A body, a tier or the total, with what it has today.

    Attributes
    ----------
    scope : str
        ``body``, ``tier`` or ``total``.
    name : str
    bodies : tuple of int
        Indices of its bodies.
    people : int
        Filled posts.
    workstations : int
    area, fixed_area : float
        Area today and the part that never scales [m²].
    """

    scope: str
    name: str
    bodies: tuple[int, ...]
    people: int
    workstations: int
    area: float
    fixed_area: float


def all_places(problem: Problem) -> list[Place]:
    """Return every place in the order of the summary: bodies, tiers, the total."""
    bodies = [("body", name, (b,)) for b, name in enumerate(problem.bodies)]
    *tiers, total = [(name, members) for name, members in problem.groups.items()]
    named = [*bodies, *(("tier", *tier) for tier in tiers), ("total", *total)]
    return [_place(problem, *place) for place in named]


def _place(problem: Problem, scope: str, name: str, bodies: tuple[int, ...]) -> Place:
    rows = list(bodies)
    return Place(
        scope,
        name,
        bodies,
        people=int(problem.headcount[rows].sum()),
        workstations=int(problem.workstations[rows].sum()),
        area=float(problem.area[rows].sum()),
        fixed_area=float(problem.fixed_area[rows].sum()),
    )


def shown_places(problem: Problem) -> list[Place]:
    """Return the places of a table: none twice, and no bodies where they are many."""
    places = all_places(problem)
    count = len(problem.bodies)
    if count > MOST_BODIES:
        return [place for place in places if place.scope != "body"]
    return [
        place
        for place in places
        if place.scope == "body"
        or (place.scope == "tier" and 1 < len(place.bodies) < count)
        or (place.scope == "total" and count > 1)
    ]


def top_place(problem: Problem) -> Place:
    """Return the total, or the body where there is only one."""
    return all_places(problem)[-1 if len(problem.bodies) > 1 else 0]


class Results:
    """The entries of a run's JSON document, by policy, place and metric.

    Parameters
    ----------
    problem : Problem
    entries : iterable of mapping
        From ``sim.report.document.metric_entries``.
    """

    def __init__(self, problem: Problem, entries: Iterable[Mapping[str, Any]]) -> None:
        self.problem = problem
        self._entries = {
            (entry["policy"], entry["scope"], entry["body"], entry["name"]): entry
            for entry in entries
        }
        asked = {policy for policy, *_ in self._entries}
        self.policies = [plan for plan in problem.policies if plan.name in asked]

    def value(
        self, plan: PolicyPlan, place: Place, metric: str, statistic: str = "p50"
    ) -> float | None:
        """Return one number, None where it does not exist."""
        entry = self._entries[plan.name, place.scope, place.name, metric]
        found: float | None = entry[statistic]
        return found

    def ends(
        self, plan: PolicyPlan, place: Place, metric: str
    ) -> tuple[float | None, float | None]:
        """Return the ends of the 90 % interval."""
        return self.value(plan, place, metric, "p05"), self.value(plan, place, metric, "p95")
