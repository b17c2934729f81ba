"""Figures of people and space: from headcount to square metres, and what each policy releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.report.panels import interval_words, panels, policy_words
from sim.report.places import all_places, shown_places
from sim.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    SMALL,
    SMALLEST,
    new_figure,
    number_ticks,
    percent_ticks,
    styled,
    wrapped,
)
from sim.report.words import number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.problem import PolicyPlan
    from sim.report.panels import interval_words, panels, policy_words
from sim.report.places import Place, Results

_MOST_PLACES = 6
_NAMES = 2.3
"""Width of a column of names [inches]."""


@dataclass(frozen=True)
class Step:
    """One line of the way from headcount to square metres.

    Attributes
    ----------
    label : str
    low, middle, high : float
        The bar's length: median and ends of the 90 % interval.
    before : float
        How far what it leaves out reaches, or what there is today.
    whole : float
        The length of a full line.
    colour : str
    at_end : bool
        Whether the bar ends the line, where others begin it.
    """

    label: str
    low: float
    middle: float
    high: float
    before: float
    whole: float
    colour: str
    at_end: bool = False


def steps(results: Results, plan: PolicyPlan, place: Place, away: xr.DataArray) -> list[Step]:
    """Return the way from headcount to theoretical release.

    Parameters
    ----------
    results : Results
    plan : PolicyPlan
    place : Place
    away : float64[quantile]
        Staff in the remote or the combined mode [people].
    """

    def of(metric: str) -> tuple[float, float, float]:
        low, high = results.ends(plan, place, metric)
        return low or 0.0, results.value(plan, place, metric) or 0.0, high or 0.0

    staff, desks, area = float(place.people), float(place.workstations), place.area
    most = max(staff, desks)
    eligible, ready = of("eligible_staff"), of("ready_staff")
    low, middle, high = map(float, away)
    return [
        Step("filled posts", staff, staff, staff, staff, most, GREY),
        Step("duties allow remote work", *eligible, staff, most, BLUE),
        Step("and ready for it", *ready, eligible[1], most, BLUE),
        Step("away on all or some days", low, middle, high, ready[1], most, BLUE),
        Step("present on a mean day", *of("onsite_mean"), staff, most, ORANGE),
        Step("workstations", *of("workstations"), desks, most, ORANGE),
        Step("area needed, m²", *of("required_area"), area, area, ORANGE),
        Step("theoretical release, m²", *of("released_area"), area, area, GREEN, at_end=True),
    ]


@styled()
def draw_waterfall(results: Results, place: Place, away: xr.DataArray, draws: int) -> Figure:
    """Draw the way from headcount to releasable square metres, policies side by side.

    Parameters
    ----------
    results : Results
    place : Place
    away : float64[policy, quantile]
    draws : int
    """
    subtitle = (
        f"{place.name}: {interval_words(draws)}. Hatched: left out at a step, or no longer "
        "needed of what there is today."
    )
    title = "From headcount to releasable square metres"
    figure, drawn = panels(results, 1.9, 1.9, title, subtitle)
    for axes, plan in drawn:
        _draw_steps(axes, steps(results, plan, place, away.sel(policy=plan.name)))
    return figure


def _draw_steps(axes: Axes, way: Sequence[Step]) -> None:
    """Draw bars of people on the scale of the headcount, and of area on that of today's area."""
    most = max(1.0, *(step.high / step.whole for step in way))
    for row, step in enumerate(way):
        parts = step.low, step.middle, step.high, step.before
        low, middle, high, before = (part / step.whole for part in parts)
        start = 1 - middle if step.at_end else 0.0
        end = start + middle
        axes.barh(row, middle, 0.62, start, color=RED if middle < 0 else step.colour)
        if before > end:
            bar = axes.barh(row, before - end, 0.62, end, color="white", edgecolor=GREY)
            bar.patches[0].set(hatch="////", linewidth=0.4)
        line = (1 - low, 1 - high) if step.at_end else (low, high)
        axes.plot(line, (row, row), color=BLACK, linewidth=1.2)
        axes.text(1.04 * most, row, number(step.middle), va="center", fontsize=SMALL)
    axes.set_xlim(0, 1.42 * most)
    axes.set_ylim(len(way) - 0.4, -0.6)
    axes.set_yticks(range(len(way)), [step.label for step in way])
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    axes.axhline(len(way) - 2.5, color=GREY, linewidth=0.6, linestyle=":")
    axes.spines["bottom"].set_visible(False)


def few_places(results: Results) -> list[Place]:
    """Return the places that one figure holds: bodies too, where they are few."""
    places = shown_places(results.problem)
    if len(places) <= _MOST_PLACES:
        return places
    return [place for place in all_places(results.problem) if place.scope != "body"]


@styled()
def draw_released(results: Results, draws: int) -> Figure:
    """Draw the theoretical release of each policy, a panel for each place."""
    places = few_places(results)
    columns = min(3, len(places))
    rows = -(-len(places) // columns)
    subtitle = (
        f"Area today less the area needed [m²]: {interval_words(draws)}; beside it the median and "
        "its share of today's area, which the dashed line marks."
    )
    size = _NAMES + columns * 3.15, rows * (0.3 * len(results.policies) + 0.8)
    figure = new_figure(*size, "Theoretical release by policy", subtitle, results.problem)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes, place in zip(grid.flat, places, strict=False):
        _draw_policies(axes, results, place)
    for axes in grid.flat[len(places) :]:
        axes.remove()
    return figure


def _draw_policies(axes: Axes, results: Results, place: Place) -> None:
    for row, plan in enumerate(results.policies):
        _draw_interval(axes, results, plan, place, "released_area", row)
        middle = number(results.value(plan, place, "released_area"))
        share = percent(results.value(plan, place, "released_share"))
        label = f"{middle} ({share} %)"
        across = axes.get_yaxis_transform()
        axes.text(1.02, row, label, va="center", fontsize=SMALLEST, transform=across)
    axes.axvline(place.area, color=GREY, linestyle="--", linewidth=1)
    names = [wrapped(policy_words(plan), _NAMES - 0.2, SMALL, 2) for plan in results.policies]
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_title(wrapped(place.name, 2.6, fontweight="bold"), fontsize=9)
    axes.set_xlabel(f"m², of {number(place.area)} m² today")
    number_ticks(axes.xaxis)
    axes.locator_params(axis="x", nbins=4)


def _draw_interval(
    axes: Axes, results: Results, plan: PolicyPlan, place: Place, metric: str, row: int
) -> None:
    """Draw a median and its 90 % interval on a line of its own."""
    middle, (low, high) = results.value(plan, place, metric), results.ends(plan, place, metric)
    if middle is not None and low is not None and high is not None:
        axes.plot((low, high), (row, row), color=BLUE, linewidth=2)
        axes.plot(middle, row, "o", color=BLUE, markersize=4.5)


@styled()
def draw_bodies(results: Results, draws: int) -> Figure:
    """Draw the theoretical release of each body as a share of its area, a panel for each policy."""
    bodies = [place for place in all_places(results.problem) if place.scope == "body"]
    subtitle = f"Share of each body's area today: {interval_words(draws)}."
    title = "Theoretical release by body"
    left, tall = 1.6, 0.16 * len(bodies) + 0.4
    figure, drawn = panels(results, left, tall, title, subtitle, sharex=True)
    names = [wrapped(place.name, left, SMALLEST, 1) for place in bodies]
    for axes, plan in drawn:
        for row, place in enumerate(bodies):
            _draw_interval(axes, results, plan, place, "released_share", row)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_yticks(range(len(names)), names, fontsize=SMALLEST)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="x", labelsize=SMALLEST, labelbottom=True)
        percent_ticks(axes.xaxis)
        axes.locator_params(axis="x", nbins=5)
    return figure
