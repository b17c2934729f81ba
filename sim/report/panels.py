"""Policies side by side: what their figures have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.style import SMALL, new_figure, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.problem import PolicyPlan
    from sim.report.places import Results

A_ROW = 4
"""Most policies side by side."""
PANEL = 2.2
"""Width of a policy's panel [inches]."""


def policy_words(plan: PolicyPlan) -> str:
    """Return a policy's name and title."""
    return plan.name if plan.title == plan.name else f"{plan.name}: {plan.title}"


def interval_words(draws: int) -> str:
    """Return what a dot or a bar with a line across it shows."""
    return f"medians, with a line from 5 % to 95 % of {draws:,} draws"


def changing(results: Results) -> list[PolicyPlan]:
    """Return the policies that change something, or all where none does."""
    return [plan for plan in results.policies if not plan.keeps_area] or results.policies


def panels(
    results: Results,
    left: float,
    tall: float,
    title: str,
    subtitle: str,
    *,
    sharex: bool = False,
    sharey: bool = True,
) -> tuple[Figure, list[tuple[Axes, PolicyPlan]]]:
    """Return a figure with a panel for each policy that changes something.

    Parameters
    ----------
    results : Results
    left, tall : float
        Room for labels on the left, and the height of a panel [inches].
    title, subtitle : str
    sharex, sharey : bool
        Whether panels share a scale.
    """
    plans = changing(results)
    columns = min(A_ROW, len(plans))
    rows = -(-len(plans) // columns)
    width = left + max(2, columns) * PANEL
    figure = new_figure(width, rows * (tall + 0.5), title, subtitle, results.problem)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=sharex, sharey=sharey)
    for axes, plan in zip(grid.flat, plans, strict=False):
        words = wrapped(policy_words(plan), PANEL - 0.2, SMALL, fontweight="bold")
        axes.set_title(words, fontsize=SMALL)
    for axes in grid.flat[len(plans) :]:
        axes.remove()
    return figure, list(zip(grid.flat, plans, strict=False))


def label_rows(drawn: Sequence[tuple[Axes, PolicyPlan]], unit: str) -> None:
    """Name the vertical unit once in each row of panels."""
    for axes, _ in drawn:
        place = axes.get_subplotspec()
        if place is not None and place.is_first_col():
            axes.set_ylabel(unit)
