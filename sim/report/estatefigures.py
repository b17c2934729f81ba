"""The figure of the estate's plan: what becomes of its space, and which part is left when."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.blocked import HANDED_BACK, IN_USE
from sim.report.style import (
    BLUE,
    GREEN,
    GREY,
    HATCHES,
    ORANGE,
    PALE,
    PURPLE,
    RED,
    SKY,
    SMALL,
    legend_above,
    new_figure,
    number_ticks,
    save,
    styled,
)
from sim.report.words import number, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.problem import Problem

_BLOCKERS = (ORANGE, PURPLE, RED, SKY, "#F0E442", GREY)
_NO_BREAK = "no break yet"
_REST = "other reasons"
_MOST_UNITS = 60


@styled()
def draw_estate(document: Mapping[str, Any], problem: Problem, folder: Path) -> list[Path]:
    """Draw what becomes of the space year by year, and when each part of it is left.

    Parameters
    ----------
    document : mapping
        As ``estate --json`` prints it.
    problem : Problem
    folder : Path
        Made if it is missing.

    Returns
    -------
    list of Path
        A PNG and an SVG for each figure.
    """
    written = save(_areas(document, problem), folder / "estate-areas")
    return written + save(_schedule(document, problem), folder / "estate-schedule")


def _areas(document: Mapping[str, Any], problem: Problem) -> Figure:
    years = document["years"]
    last = years[-1]
    title = (
        f"{number(last['theoretical'])} m² released in theory, {number(last['handed_back'])} m² "
        f"handed back by the end of {last['year']}"
    )
    subtitle = (
        "What becomes of each m² of the floors in each year of the plan; the line is the area "
        "that the workstations of the policy require by the area norm, median over draws."
    )
    figure = new_figure(9.5, 4.2, title, subtitle, problem)
    axes = figure.subplots()
    at = np.arange(len(years))
    below = np.zeros(len(years))
    bars = [(IN_USE, BLUE), (HANDED_BACK, GREEN)]
    others = _ranked(years)
    bars[1:1] = list(zip(others, _BLOCKERS, strict=False))
    for k, (reason, colour) in enumerate(bars):
        heights = np.array([_area(year, reason, others) for year in years])
        fill = HATCHES[k % len(HATCHES)]
        axes.bar(
            at, heights, 0.62, below, color=colour, hatch=fill, edgecolor="white", label=reason
        )
        below += heights
    needed = [year["required_area"] for year in years]
    axes.step(
        np.append(at - 0.5, at[-1] + 0.5),
        np.append(needed, needed[-1]),
        where="post",
        color="black",
        linewidth=1.4,
        label="required area",
    )
    axes.set_xticks(at, [year["year"] for year in years])
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("m²")
    axes.set_ylim(0, years[0]["area"] * 1.02)
    number_ticks(axes.yaxis)
    handles, labels = axes.get_legend_handles_labels()
    legend_above(figure, handles, labels)
    return figure


def _ranked(years: list[dict[str, Any]]) -> list[str]:
    """Return what blocks most over the years, what is left over together at the end."""
    totals: dict[str, float] = {}
    for year in years:
        for reason, area in _summed(year).items():
            if reason not in (IN_USE, HANDED_BACK):
                totals[reason] = totals.get(reason, 0.0) + area
    ranked = sorted(totals, key=lambda reason: -totals[reason])
    if len(ranked) > len(_BLOCKERS):
        ranked = [*ranked[: len(_BLOCKERS) - 1], _REST]
    return ranked


def _summed(year: Mapping[str, Any]) -> dict[str, float]:
    """Return the area by reason, leases that cannot be left yet together."""
    found: dict[str, float] = {}
    for reason, area in year["by_reason"].items():
        name = _NO_BREAK if reason.startswith("no break before") else reason
        found[name] = found.get(name, 0.0) + area
    return found


def _area(year: Mapping[str, Any], reason: str, others: list[str]) -> float:
    said = _summed(year)
    if reason != _REST:
        return said.get(reason, 0.0)
    named = {IN_USE, HANDED_BACK, *others}
    return sum(area for name, area in said.items() if name not in named)


def _schedule(document: Mapping[str, Any], problem: Problem) -> Figure:
    """Draw for each building or floor how long it is in use and held."""
    units = document["schedule"][:_MOST_UNITS]
    days = [date.fromisoformat(day) for day in document["days"]]
    first, last = days[0].toordinal(), days[-1].toordinal()
    left = sum(unit["handed_back"] is not None for unit in document["schedule"])
    title = f"{left} of {len(document['schedule'])} buildings and floors are handed back"
    subtitle = "In use, then empty but still held, until the day on which it is handed back."
    if len(units) < len(document["schedule"]):
        subtitle += f" The first {_MOST_UNITS} only."
    figure = new_figure(9.5, 0.9 + 0.24 * len(units), title, subtitle, problem)
    axes = figure.subplots()
    for row, unit in enumerate(units):
        empty = date.fromisoformat(unit["empty_from"]).toordinal() if unit["empty_from"] else last
        end = date.fromisoformat(unit["handed_back"]).toordinal() if unit["handed_back"] else last
        axes.barh(row, empty - first, 0.66, first, color=BLUE)
        axes.barh(row, end - empty, 0.66, empty, color=PALE, hatch="///", edgecolor=GREY)
        if unit["handed_back"]:
            axes.plot([end], [row], "D", color=GREEN, markersize=6)
    _label_units(axes, units)
    axes.set_xlim(first, last)
    axes.set_xticks([day.toordinal() for day in days], [day.isoformat() for day in days])
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    handles = [
        axes.barh(0, 0, color=BLUE),
        axes.barh(0, 0, color=PALE, hatch="///", edgecolor=GREY),
        axes.plot([], [], "D", color=GREEN)[0],
    ]
    legend_above(figure, handles, ["in use", "empty, still held", "handed back"])
    return figure


def _label_units(axes: Axes, units: list[dict[str, Any]]) -> None:
    names = [
        plain(unit["building"] if unit["floor"] is None else f"{unit['building']}, {unit['floor']}")
        for unit in units
    ]
    right = [unit["right"].replace("_", " ") for unit in units]
    labels = [
        f"{name} · {kind} · {number(unit['area_m2'])} m²"
        for name, kind, unit in zip(names, right, units, strict=True)
    ]
    axes.set_yticks(range(len(units)), labels, fontsize=SMALL)
