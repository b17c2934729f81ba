"""Which lines of an appraisal its worth rests on, and which of them nobody has confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.appraisal import Worth
from sim.engine import simulate
from sim.sampling import draw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.appraisalplan import AppraisalPlan, LinePlan
    from sim.problem import Problem

DRAWS = 64
"""Draws from which the weight of a line is taken; a whole run would not change what dominates."""
DOMINANT = 0.10
"""A line dominates that has this share of all that lines save and add, in any policy."""
_QUANTITIES = ("body.", "area.", "policy.")
"""Figures that every quantity of an appraisal is computed from."""


def line_weights(problem: Problem) -> dict[str, float]:
    """Return the weight of each line in the net present value.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    dict of str to float
        Σ |worth| of a line over that of all lines, over bodies and draws; that of the policy in
        which it is greatest. Empty without an appraisal.
    """
    plan = problem.appraisal
    if plan is None:
        return {}
    draws = draw(problem, 0, min(DRAWS, problem.run.draws))
    results = simulate(problem, draws)
    found = [
        {str(name): values.isel(policy=p).to_numpy() for name, values in results.items()}
        for p in range(len(problem.policies))
    ]
    worth = Worth(problem, plan, draws, found[0])
    factor = worth.shares["budget_holder"] * worth.times.change[:, None]
    largest = np.zeros(len(plan.lines))
    for policy, arrays in zip(problem.policies, found, strict=True):
        moved = np.abs(worth.saved(policy, arrays) * factor).sum(axis=(1, 2))
        largest = np.maximum(largest, moved / max(moved.sum(), 1e-300))
    return {line.name: float(share) for line, share in zip(plan.lines, largest, strict=True)}


def dominant_unconfirmed(
    problem: Problem, weights: dict[str, float], unconfirmed: Sequence[str]
) -> list[str]:
    """Return the figures that nobody has confirmed and on which the net present value rests.

    Parameters
    ----------
    problem : Problem
    weights : dict of str to float
        From ``line_weights``.
    unconfirmed : sequence of str
        From ``sim.scenario.inputs.unconfirmed``.

    Returns
    -------
    list of str
        Those of dominant lines, those of the appraisal as a whole and those of quantities.
    """
    plan = problem.appraisal
    if plan is None:
        return []
    lines = [line for line in plan.lines if weights[line.name] >= DOMINANT]
    named = {*_of_all_lines(plan, lines), *(p for x in lines for p in _of_line(problem, x))}
    return [
        path
        for path in unconfirmed
        if path in named
        or path.startswith((*_QUANTITIES, *(f"appraisal.line.{line.name}." for line in lines)))
    ]


def _of_all_lines(plan: AppraisalPlan, lines: Sequence[LinePlan]) -> Iterator[str]:
    yield from ("appraisal.discount_rate", "appraisal.vacated")
    if plan.nominal or any(line.gap for line in lines):
        yield "appraisal.inflation"
    if any(line.per == "person" for line in lines):
        yield "appraisal.staff_growth"
    if any(line.vat_share is not None for line in lines):
        yield "appraisal.vat_rate"


def _of_line(problem: Problem, line: LinePlan) -> Iterator[str]:
    """Yield the inputs that make a line's amount, which may be a running cost or a rate."""
    for index in line.amounts:
        yield problem.unknowns[index].stream.removesuffix("/each")
