"""Figures of weeks in time: people and workstations through the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MultipleLocator

from sim.kernels.occupied import SLOT
from sim.occupancy.result import WEEK
from sim.problem import TOTAL
from sim.report.style import (
    BLUE,
    ORANGE,
    RED,
    SMALLEST,
    file_name,
    legend_above,
    new_figure,
    number_ticks,
    save,
    styled,
)

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.problem import Problem

_STEP = SLOT / 3600
_LOW, _HIGH = 0.05, 0.95


@styled()
def draw_occupancy(result: xr.Dataset, problem: Problem, folder: Path) -> list[Path]:
    """Draw each policy's week: people and workstations by hour, and a map of weekday and hour.

    Parameters
    ----------
    result : xarray.Dataset
        From ``sim.occupancy.result.dataset``.
    problem : Problem
    folder : Path
        Made if it is missing.

    Returns
    -------
    list of Path
        A PNG and an SVG for each figure.
    """
    pool = str(result["pool"].values[0]) if result.sizes["pool"] == 2 else TOTAL
    written = []
    for plan in problem.policies:
        if plan.name in result["policy"].values:
            one = result.sel(policy=plan.name, pool=pool)
            title = plan.title if plan.title == plan.name else f"{plan.name}: {plan.title}"
            for name, draw in (("week", _week), ("hours", _hours)):
                stem = folder / f"occupancy-{file_name(plan.name)}-{name}"
                written += save(draw(one, title, problem), stem)
    return written


def _week(one: xr.Dataset, title: str, problem: Problem) -> Figure:
    """Draw people present and workstations taken from Monday to Friday."""
    days = [str(day) for day in one["day"].values if day != WEEK]
    hours = one["slot"].values
    subtitle = (
        f"Mean over replications, band from 5 % to 95 % of them; means of {SLOT // 60} minutes. "
        "All people present, those with a workstation of their own among them."
    )
    figure = new_figure(11, 3.8, title, subtitle, problem)
    axes = figure.subplots(1, len(days), sharey=True)
    desks = float(one["workstations"].mean())
    for axis, day in zip(np.atleast_1d(axes), days, strict=True):
        at = one.sel(day=day)
        _band(axis, hours + _STEP / 2, at["present"].values, BLUE, "people present", "-")
        _band(axis, hours + _STEP / 2, at["held"].values, ORANGE, "shared ones taken", "--")
        axis.axhline(desks, color=RED, linewidth=1.4, label=f"shared workstations: {desks:,.0f}")
        axis.set_title(day)
        axis.set_xlim(hours[0], hours[-1] + _STEP)
        axis.xaxis.set_major_locator(MultipleLocator(3))
        axis.xaxis.set_major_formatter(lambda hour, _: f"{hour:.0f}:00")
        axis.tick_params(axis="x", labelsize=SMALLEST)
    first = np.atleast_1d(axes)[0]
    first.set_ylim(bottom=0)  # once all days are drawn: it ends the search for the highest
    first.set_ylabel("people, workstations")
    number_ticks(first.yaxis)
    legend_above(figure, *first.get_legend_handles_labels())
    return figure


def _band(
    axis: Axes, hours: np.ndarray, values: np.ndarray, colour: str, label: str, line: str
) -> None:
    """Draw the mean and the spread over replications; of a day off, which none has, nothing."""
    low, high = np.quantile(values, (_LOW, _HIGH), axis=0)
    axis.fill_between(hours, low, high, color=colour, alpha=0.2, linewidth=0)
    axis.plot(hours, values.mean(axis=0), line, color=colour, linewidth=1.8, label=label)


def _hours(one: xr.Dataset, title: str, problem: Problem) -> Figure:
    """Draw the share of workstations taken by weekday and hour."""
    days = [str(day) for day in one["day"].values if day != WEEK]
    hours = one["slot"].values
    desks = float(one["workstations"].mean())
    share = 100 * one["held"].sel(day=days).mean("replication").values / max(desks, 1.0)
    subtitle = f"Workstations taken, share of {desks:,.0f} shared ones, mean over replications."
    figure = new_figure(9, 3.2, title, subtitle, problem)
    axis = figure.subplots()
    axis.grid(visible=False)
    edges = np.append(hours, hours[-1] + _STEP)
    shade = axis.pcolormesh(
        edges, np.arange(len(days) + 1), share, cmap="cividis_r", vmin=0, vmax=100
    )
    axis.set_yticks(np.arange(len(days)) + 0.5, days)
    axis.invert_yaxis()
    axis.xaxis.set_major_locator(MultipleLocator(1))
    axis.xaxis.set_major_formatter(lambda hour, _: f"{hour:.0f}:00")
    for row, values in enumerate(share):
        for hour in range(int(np.ceil(hours[0])), int(hours[-1]) + 1):
            within = (hours >= hour) & (hours < hour + 1)
            middle = float(values[within].mean()) if within.any() else np.nan
            if np.isfinite(middle):
                ink = "white" if middle > 55 else "black"
                axis.text(
                    hour + 0.5, row + 0.5, f"{middle:.0f}", ha="center", va="center", color=ink
                )
    figure.colorbar(shade, ax=axis, label="% of workstations taken")
    return figure
