"""Figures of presence: who comes on which weekday, against the workstations there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.panels import label_rows, panels
from sim.report.style import (
    BLUE,
    RED,
    SKY,
    SMALLEST,
    legend_above,
    number_ticks,
    styled,
)
from sim.report.words import DAYS, percent

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.report.places import Place, Results


@styled()
def draw_presence(results: Results, place: Place, found: xr.Dataset) -> Figure:
    """Draw how many people share workstations on each weekday, policies side by side.

    Parameters
    ----------
    results : Results
    place : Place
    found : xarray.Dataset
        From ``sim.analysis.weekdays.by_weekday``.
    """
    where = "" if len(place.bodies) == 1 else " in any of them"
    subtitle = (
        f"{place.name}: people who share workstations, on {found.attrs['days']:,} days of "
        f"each weekday over {found.attrs['draws']:,} draws; the spread is both what is not known "
        f"and the luck of the day. Short: more people{where} than workstations."
    )
    title = "People present against workstations, by weekday"
    figure, drawn = panels(results, 0.5, 1.7, title, subtitle, sharey=False)
    for axes, plan in drawn:
        _draw_days(axes, found.sel(policy=plan.name, place=place.name))
    label_rows(drawn, "people")
    legend_above(figure, *drawn[0][0].get_legend_handles_labels())
    return figure


def _draw_days(axes: Axes, found: xr.Dataset) -> None:
    """Draw one policy's weekdays; the workstations as a band where draws differ."""
    least, low, middle, high, most = found["present"].to_numpy().T
    days = range(len(DAYS))
    axes.bar(days, most - least, 0.7, least, color=SKY, alpha=0.5, label="90 % of days")
    axes.bar(days, high - low, 0.7, low, color=BLUE, label="50 % of days")
    axes.hlines(middle, [d - 0.35 for d in days], [d + 0.35 for d in days], "white", linewidth=1.5)
    few, _, desks, _, many = found["workstations"].to_numpy()
    axes.axhspan(few, many, color=RED, alpha=0.2, linewidth=0)
    axes.axhline(desks, color=RED, linestyle="--", label="shared workstations")
    short = [percent(float(share), 0) for share in found["short"]]
    labels = [f"{day}\n{share}" for day, share in zip(DAYS, short, strict=True)]
    axes.set_xticks(days, labels, fontsize=SMALLEST)
    axes.set_xlabel("short, % of these days", fontsize=SMALLEST)
    axes.grid(visible=False, axis="x")
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="y", labelsize=SMALLEST)
    number_ticks(axes.yaxis)
