"""Figures that can be printed: one style, readable without colour, each with its source line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from sim.kernels.occupied import SLOT
from sim.occupancy.result import WEEK
from sim.problem import TOTAL
from sim.report.words import plain
from sim.version import __version__

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from sim.problem import Problem

# Okabe and Ito (2008), "Color universal design": told apart by the colour-blind and in grey.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#666666"
_STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "officesim",
}
_DPI = 200
_STEP = SLOT / 3600
_LOW, _HIGH = 0.05, 0.95


@contextmanager
def _style() -> Iterator[None]:
    with mpl.rc_context(rc=_STYLE):
        yield


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
    folder.mkdir(parents=True, exist_ok=True)
    pool = str(result["pool"].values[0]) if result.sizes["pool"] == 2 else TOTAL
    written = []
    with _style():
        for plan in problem.policies:
            if plan.name in result["policy"].values:
                one = result.sel(policy=plan.name, pool=pool)
                title = plan.title if plan.title == plan.name else f"{plan.name}: {plan.title}"
                for name, figure in (
                    ("week", _week(one, title, problem)),
                    ("hours", _hours(one, title, problem)),
                ):
                    written += save(figure, folder / f"occupancy-{plan.name}-{name}")
    return written


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and SVG, each under a temporary name first."""
    written = []
    for kind in ("png", "svg"):
        path = stem.with_name(f"{stem.name}.{kind}")
        temporary = stem.with_name(f".{stem.name}.tmp.{kind}")
        metadata = {"Date": None} if kind == "svg" else {}
        try:
            figure.savefig(temporary, format=kind, dpi=_DPI, metadata=metadata)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        written.append(path)
    return written


def new_figure(width: float, height: float, title: str, subtitle: str, problem: Problem) -> Figure:
    """Return a figure with its title, what it shows, and where it comes from."""
    figure = Figure(figsize=(width, height), layout="constrained")
    marking = f"{problem.classification}   " if problem.classification else ""
    # what a file says is text: a dollar sign begins no formula
    figure.suptitle(
        plain(f"{marking}{title}"),
        x=0.01,
        ha="left",
        fontsize=12,
        fontweight="bold",
        parse_math=False,
    )
    figure.supxlabel(
        f"{subtitle}   Source: scenario {problem.name}, officesim {__version__}.",
        x=0.01,
        ha="left",
        fontsize=7.5,
        color=GREY,
        parse_math=False,
    )
    return figure


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
        axis.xaxis.set_major_locator(mpl.ticker.MultipleLocator(3))
        axis.xaxis.set_major_formatter(lambda hour, _: f"{hour:.0f}:00")
        axis.tick_params(axis="x", labelsize=7.5)
    first = np.atleast_1d(axes)[0]
    first.set_ylim(bottom=0)  # once all days are drawn: it ends the search for the highest
    first.set_ylabel("people, workstations")
    first.yaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,.0f}"))
    handles, labels = first.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=3, fontsize=8)
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
    axis.xaxis.set_major_locator(mpl.ticker.MultipleLocator(1))
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
