"""The figure of a size: workstations against risk, with today's stock and the chosen numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.places import shown_places
from sim.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SMALL,
    file_name,
    legend_above,
    new_figure,
    number_ticks,
    percent_ticks,
    save,
    styled,
    wrapped,
)
from sim.report.words import level_words, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.problem import PolicyPlan, Problem
    from sim.report.places import Place

Entry = dict[str, Any]

_CURVES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("shortage_per_day", "days with a shortage", {"color": BLUE, "linestyle": "-"}),
    ("shortage_per_week", "weeks with a shortage", {"color": ORANGE, "linestyle": "--"}),
    (
        "shortage_per_person",
        "person-days without a workstation",
        {"color": GREEN, "linestyle": ":"},
    ),
)
_OF_LEVEL = {name.removeprefix("shortage_"): name for name, _, _ in _CURVES}
_COLUMNS, _WIDTH, _HEIGHT = 3, 3.6, 2.5
_NEAR = 0.5
"""Today's stock is drawn where it is beyond plenty by no more than this part of the range."""


def draw_frontier(document: Mapping[str, Any], problem: Problem, folder: Path) -> list[Path]:
    """Draw workstations against risk: a figure for each place, a panel for each policy.

    Parameters
    ----------
    document : mapping
        As ``size --json`` prints it.
    problem : Problem
    folder : Path
        Made if it is missing.

    Returns
    -------
    list of Path
        A PNG and an SVG for each place.
    """
    written = []
    for place in shown_places(problem):
        name = place.scope if place.scope == "total" else f"{place.scope}-{place.name}"
        figure = frontier(document, problem, place)
        written += save(figure, folder / f"frontier-{file_name(name)}")
    return written


@styled()
def frontier(document: Mapping[str, Any], problem: Problem, place: Place) -> Figure:
    """Return the figure of one place."""
    names = {entry["policy"] for entry in document["frontier"]}
    plans = [plan for plan in problem.policies if plan.name in names]
    columns = min(_COLUMNS, len(plans))
    rows = -(-len(plans) // columns)
    asked = {(*_level(e), e["assurance"]): None for e in document["sizes"]}
    chosen = "; ".join(
        f"{level_words(level, share)}, in {percent(assurance, 0)} % of draws"
        for level, share, assurance in asked
    )
    draws = number(document["engine"]["draws"])
    figure = new_figure(
        max(columns * _WIDTH, 2 * _WIDTH),
        rows * _HEIGHT + 0.4,
        f"How the risk falls with workstations: {place.name}",
        f"Means over sizing draws ({draws}). Marked numbers: {chosen}. "
        f"{_joint(place)}Workstations today: {number(place.workstations)}.",
        problem,
    )
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axis, plan in zip(axes, plans, strict=False):
        _panel(axis, document, plan, place)
    for axis in axes[len(plans) :]:
        axis.set_visible(False)
    for row in range(rows):
        axes[row * columns].set_ylabel("share")
    for k in range(len(plans)):
        if k + columns >= len(plans):
            axes[k].set_xlabel("workstations")
    handles = {
        label: handle
        for axis in axes[: len(plans)]
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    legend_above(figure, list(handles.values()), list(handles))
    return figure


def _level(entry: Entry) -> tuple[str, float]:
    ((level, share),) = entry["level"].items()
    return level, share


def _joint(place: Place) -> str:
    several = len(place.bodies) > 1
    return "A day is short if any pool of the place is. " if several else ""


def _of(entries: Sequence[Entry], plan: PolicyPlan, place: Place) -> list[Entry]:
    """Return the entries of one policy and place, by workstations."""
    key = (plan.name, place.scope, place.name)
    mine = [e for e in entries if (e["policy"], e["scope"], e["body"]) == key]
    return sorted(mine, key=lambda entry: entry["workstations"])


def _panel(axis: Axes, document: Mapping[str, Any], plan: PolicyPlan, place: Place) -> None:
    steps = _of(document["frontier"], plan, place)
    numbers = [step["workstations"] for step in steps]
    for name, label, look in _CURVES:
        axis.plot(numbers, [step[name] for step in steps], label=label, linewidth=1.6, **look)
    pooled = _of(document.get("pooled", {}).get("frontier", []), plan, place)
    if pooled:
        axis.plot(
            [step["workstations"] for step in pooled],
            [step["shortage_per_day"] for step in pooled],
            color=GREY,
            linewidth=1.2,
            linestyle=(0, (4, 2)),
            label="days, if all bodies shared one pool",
        )
    _mark_chosen(axis, steps)
    for entry in _of(document.get("least_cost", []), plan, place):
        axis.axvline(
            entry["workstations"],
            color=PURPLE,
            linestyle="-.",
            linewidth=1.2,
            label="least cost",
        )
        numbers.append(entry["workstations"])
    _mark_today(axis, place.workstations, min(numbers), max(numbers))
    title = plan.name if plan.title == plan.name else f"{plan.name}: {plan.title}"
    axis.set_title(wrapped(title, _WIDTH - 0.6, 9, 2, fontweight="bold"), fontsize=9)
    axis.set_ylim(-0.02, 1.02)
    number_ticks(axis.xaxis)
    percent_ticks(axis.yaxis)
    axis.locator_params(axis="x", nbins=5, integer=True)


def _mark_chosen(axis: Axes, steps: Sequence[Entry]) -> None:
    """Mark the chosen numbers on the curve of their level, each number written once."""
    told = set()
    for step in steps:
        if step["chosen"]:
            at = step["workstations"], step[_OF_LEVEL[_level(step)[0]]]
            axis.plot(*at, "o", color=BLACK, markersize=5, zorder=5, label="chosen")
            if at[0] not in told:
                told.add(at[0])
                axis.annotate(
                    number(at[0]),
                    at,
                    xytext=(6, 8 + 11 * (len(told) - 1)),
                    textcoords="offset points",
                    fontsize=SMALL,
                    fontweight="bold",
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
                )


def _mark_today(axis: Axes, today: int, lean: int, plenty: int) -> None:
    """Draw today's stock, or say on which side of the range it lies."""
    reach = max(1.0, _NEAR * (plenty - lean))
    margin = 0.03 * max(1, plenty - lean)
    if lean - reach <= today <= plenty + reach:
        axis.axvline(today, color=BLACK, linewidth=1.0, label="workstations today")
        axis.set_xlim(min(lean, today) - margin, max(plenty, today) + margin)
        return
    axis.set_xlim(lean - margin, plenty + margin)
    more = today > plenty
    axis.text(
        0.98 if more else 0.02,
        0.93,
        f"today {number(today)} →" if more else f"← today {number(today)}",
        transform=axis.transAxes,
        ha="right" if more else "left",
        va="top",
        fontsize=SMALL,
    )
