"""Figures of money: what flows through the years, and what a release may be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from sim.report.panels import changing, label_rows, panels, policy_words
from sim.report.style import (
    BLUE,
    GREY,
    RED,
    SMALL,
    legend_above,
    new_figure,
    number_ticks,
    styled,
    wrapped,
)
from sim.report.words import percent
from sim.report.worth import scale
from sim.results.detail import DOTS, LEDGERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.problem import Floats
    from sim.report.places import Place, Results

_PRICES = ("at prices of each year (nominal)", "at prices of {base} (real)")

_A_ROW, _DOT = 0.45, 5.0
"""Height of a policy [inches], and of a dot [points]."""
_A_DOT = 1.06 * _DOT / 72 / _A_ROW


def _named(said: Mapping[str, Any], what: str) -> str:
    return f"Illustrative {what[0].lower()}{what[1:]}" if said["illustrative"] else what


@styled()
def draw_flows(
    results: Results, place: Place, detail: xr.Dataset, said: Mapping[str, Any], draws: int
) -> Figure:
    """Draw what each policy saves in each year, for both ledgers, policies side by side.

    Parameters
    ----------
    results : Results
    place : Place
    detail : xarray.Dataset
        From ``sim.results.detail.Detail``.
    said : mapping
        The part ``appraisal`` of a run's document.
    draws : int
    """
    by, unit, _ = scale(float(np.abs(detail["flows"]).max()), results.problem.currency)
    subtitle = (
        f"{place.name}: what is saved in each year against doing nothing, costs below 0. "
        f"Median, and band from 5 % to 95 % of {draws:,} draws."
    )
    title = _named(said, "Saving through the years")
    figure, drawn = panels(results, 0.7, 1.7, title, subtitle)
    looks = ((BLUE, "-", "o"), (RED, "--", "s"))
    for axes, plan in drawn:
        own = detail["flows"].sel(policy=plan.name) / by
        for ledger, (colour, line, marker) in zip(LEDGERS, looks, strict=True):
            low, middle, high = own.sel(ledger=ledger).transpose("quantile", "year").to_numpy()
            years = own["year"].to_numpy()
            axes.fill_between(years, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.plot(years, middle, line, marker=marker, color=colour, markersize=3, label=ledger)
        axes.axhline(0, color=GREY, linewidth=1)
        number_ticks(axes.yaxis)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    label_rows(drawn, f"{unit} a year")
    handles, ledgers = drawn[0][0].get_legend_handles_labels()
    prices = [text.format(base=said["base_year"]) for text in _PRICES]
    labels = [f"{ledger}, {price}" for ledger, price in zip(ledgers, prices, strict=True)]
    legend_above(figure, handles, labels)
    return figure


@styled()
def draw_npv(
    results: Results, place: Place, detail: xr.Dataset, said: Mapping[str, Any], draws: int
) -> Figure:
    """Draw what each policy may be worth, as outcomes of which each is as likely as any other.

    Parameters
    ----------
    results, place, detail, said, draws
        As for ``draw_flows``.

    Notes
    -----
    A quantile dot plot: Kay, Kola, Hullman and Munson (2016), doi:10.1145/2858036.2858558.
    """
    problem = results.problem
    by, unit, _ = scale(float(np.abs(detail["npv"]).max()), problem.currency)
    plans = changing(results)
    subtitle = (
        f"{place.name}: each dot is one of {DOTS} outcomes, all as likely ({draws:,} "
        f"draws), hollow where doing nothing is better. Value over {said['years']} years "
        f"from {said['base_year']}, and the chance that it is above 0."
    )
    width = float(np.ptp(detail["npv"].to_numpy())) / by / 45
    title = _named(said, "Net present value by policy")
    figure = new_figure(2.3 + 2 * 4.0, _A_ROW * len(plans) + 0.8, title, subtitle, problem)
    grid = figure.subplots(1, 2, sharey=True, sharex=True)
    for axes, ledger in zip(grid, LEDGERS, strict=True):
        for row, plan in enumerate(plans):
            own = detail.sel(policy=plan.name, ledger=ledger)
            _draw_dots(axes, own["npv"].to_numpy() / by, row, width)
            chance = percent(float(own["npv_positive"]), 0)
            axes.text(
                1.01,
                row,
                f"{chance} %",
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=SMALL,
            )
        axes.text(1.01, 1, "above 0", transform=axes.transAxes, va="bottom", fontsize=SMALL)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_title(f"for the {ledger}")
        axes.set_xlabel(f"net present value, {unit}")
        number_ticks(axes.xaxis)
    names = [wrapped(policy_words(plan), 2.1, SMALL, 2) for plan in plans]
    grid[0].set_yticks(range(len(names)), names, fontsize=SMALL)
    grid[0].set_ylim(len(names) - 0.4, -0.6)
    return figure


def _draw_dots(axes: Axes, outcomes: Floats, row: int, width: float) -> None:
    """Draw outcomes as dots in columns that no side of 0 shares with the other."""
    column = np.floor(outcomes / width)
    for at in np.unique(column):
        count = int((column == at).sum())
        heights = row + 0.25 - min(_A_DOT, 0.7 / count) * np.arange(count)
        fill = BLUE if at >= 0 else "white"
        middle = np.full(count, (at + 0.5) * width)
        axes.plot(middle, heights, "o", markersize=_DOT, color=BLUE, markerfacecolor=fill)
