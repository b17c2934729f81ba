"""Figures of an order to come back: who is without a workstation, and what each option is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.consequences import OPTION_WORDS
from sim.report.panels import changing, label_rows, panels, policy_words
from sim.report.style import (
    BLUE,
    GREEN,
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from sim.report.places import Results

_LOOKS = {"now": (BLUE, "-", "o"), "staged": (RED, "--", "s"), "never": (GREEN, "-.", "^")}
_A_ROW = 0.7
"""Height of a policy with its options [inches]."""


def _named(said: Mapping[str, Any], what: str) -> str:
    return f"Illustrative: {what[0].lower()}{what[1:]}" if said["illustrative"] else what


@styled()
def draw_unmet(results: Results, said: Mapping[str, Any]) -> Figure:
    """Draw people without a workstation by weeks after the order, policies side by side.

    Parameters
    ----------
    results : Results
    said : mapping
        The part ``reversal`` of a run's document.
    """
    subtitle = (
        "All bodies together, on a working day, if the order comes: mean, and band from 5 % to "
        f"95 % of {said['draws']:,} draws, at the weeks marked."
    )
    title = _named(said, "People without a workstation after an order to come back")
    figure, drawn = panels(results, 0.7, 1.7, title, subtitle)
    for axes, plan in drawn:
        for entry in said["options"]:
            if entry["policy"] != plan.name or entry["option"] == "never":
                continue
            colour, line, marker = _LOOKS[entry["option"]]
            weeks = [week["week"] for week in entry["unmet_in_week"]]
            low, mean, high = (
                [week[name] for week in entry["unmet_in_week"]] for name in ("p05", "mean", "p95")
            )
            axes.fill_between(weeks, low, high, color=colour, alpha=0.12, linewidth=0)
            words = OPTION_WORDS[entry["option"]]
            axes.plot(weeks, mean, line, marker=marker, color=colour, markersize=3, label=words)
        axes.set_xlabel("weeks after the order")
        number_ticks(axes.yaxis)
    drawn[0][0].set_ylim(bottom=0)
    label_rows(drawn, "people")
    legend_above(figure, *drawn[0][0].get_legend_handles_labels())
    return figure


@styled()
def draw_options(results: Results, said: Mapping[str, Any]) -> Figure:
    """Draw what acting now, in stages and never are worth, and how often each is best.

    Parameters
    ----------
    results : Results
    said : mapping
        The part ``reversal`` of a run's document.
    """
    plans = changing(results)
    ends = [abs(entry["option_npv"][end]) for entry in said["options"] for end in ("p05", "p95")]
    by, unit, _ = scale(max(ends), results.problem.currency)
    subtitle = (
        f"Median, and line from 5 % to 95 % of {said['draws']:,} draws, an order to come back "
        "among what may happen. On the right how often the option is the best, once it is known "
        "what came."
    )
    title = _named(said, "Net present value of acting now, in stages or never")
    figure = new_figure(7.5, _A_ROW * len(plans) + 0.8, title, subtitle, results.problem)
    axes = figure.subplots()
    for row, plan in enumerate(plans):
        own = [entry for entry in said["options"] if entry["policy"] == plan.name]
        for place, entry in zip((-0.25, 0.0, 0.25), own, strict=False):
            colour, _, marker = _LOOKS[entry["option"]]
            low, middle, high = (entry["option_npv"][name] / by for name in ("p05", "p50", "p95"))
            words = OPTION_WORDS[entry["option"]] if row == 0 else "_"
            axes.plot([low, high], [row + place] * 2, color=colour, linewidth=1.5)
            axes.plot(middle, row + place, marker, color=colour, linestyle="", label=words)
            axes.text(
                1.01,
                row + place,
                f"{percent(entry['best_share'], 0)} %",
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=SMALL,
            )
    axes.text(1.01, 1, "best in", transform=axes.transAxes, va="bottom", fontsize=SMALL)
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_xlabel(f"net present value, {unit}")
    number_ticks(axes.xaxis)
    names = [wrapped(policy_words(plan), 2.1, SMALL, 2) for plan in plans]
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.set_ylim(len(names) - 0.5, -0.5)
    legend_above(figure, *axes.get_legend_handles_labels())
    return figure
