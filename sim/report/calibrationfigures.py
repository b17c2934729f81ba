"""Figures of a calibration: how well the model fits a log, and the ridge that gives a target."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from sim.report.style import (
    BLUE,
    GREY,
    ORANGE,
    PALE,
    RED,
    SERIES,
    legend_above,
    new_figure,
    number_ticks,
    percent_ticks,
    save,
    styled,
)
from sim.report.words import DAYS, number, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.analysis.calibration.estimates import Estimates
    from sim.analysis.calibration.fitquality import FitQuality
    from sim.analysis.calibration.presence import Presence
    from sim.analysis.calibration.published import FromPublished, Published
    from sim.analysis.calibration.target import TargetFit
    from sim.problem import Problem

_MOST_SITES = 4
_NAMES = {
    "eligible": "eligible share",
    "workstations.per_person": "workstations per person sharing",
    "days_on_site": "days a week on site",
    "attendance.compliance": "compliance",
    "attendance.absence": "absence",
    "area.workstation_m2": "m² per workstation",
}


@styled()
def draw_log(presence: Presence, found: Estimates, problem: Problem, folder: Path) -> list[Path]:
    """Draw the weeks of a log, and its days against the fitted model.

    Parameters
    ----------
    presence : Presence
    found : Estimates
    problem : Problem
    folder : Path
        Made if it is missing.

    Returns
    -------
    list of Path
    """
    written = save(_weeks(presence, problem), folder / "calibration-weeks")
    if found.quality is not None:
        written += save(
            _fit(found.quality, [site.name for site, _ in found.sites], problem),
            folder / "calibration-fit",
        )
    return written


def _weeks(presence: Presence, problem: Problem) -> Figure:
    """Draw people present by week, those left out apart."""
    totals = presence.present.sum(axis=0) + np.nan_to_num(presence.readings).sum(axis=0)
    mean = totals.mean(axis=1)
    left = np.array(sorted(presence.left_out), np.int64)
    title = f"{presence.usual.size} of {mean.size} weeks of the log are usual"
    subtitle = "Mean people present on a day, Monday to Friday, by week."
    figure = new_figure(9, 3.2, title, subtitle, problem)
    axis = figure.subplots()
    weeks = presence.mondays
    axis.plot(weeks, mean, color=PALE, linewidth=1)
    axis.plot(weeks[presence.usual], mean[presence.usual], "o", color=BLUE, ms=4, label="usual")
    if left.size:
        axis.plot(
            weeks[left],
            mean[left],
            "x",
            color=RED,
            ms=7,
            mew=1.6,
            label="left out: unusual weeks, holidays",
        )
    axis.set_ylabel("people a day")
    axis.set_ylim(bottom=0)
    number_ticks(axis.yaxis)
    legend_above(figure, *axis.get_legend_handles_labels())
    return figure


def _fit(quality: FitQuality, names: Sequence[str], problem: Problem) -> Figure:
    """Draw counts by weekday in the model's band, and their shape against its own."""
    shown = list(zip(quality.counts, quality.fan, strict=True))[:_MOST_SITES]
    title = f"{100 * quality.inside:.0f} % of days lie in the model's 90 % band"
    subtitle = (
        "Left: people present on single days of the log, and 5 %, 50 % and 95 % of the fitted "
        "model. Right: days in order, each as its distance from the mean of its weekday, in "
        "standard deviations; the grey band holds 90 % of replicates of the model "
        f"(p = {quality.p_value:.2f})."
    )
    figure = new_figure(9, 3.4, title, subtitle, problem)
    axes = figure.subplots(1, len(shown) + 1, width_ratios=[1] * len(shown) + [1.4])
    for axis, name, (count, fan) in zip(axes, names, shown, strict=False):
        _days(axis, count, fan)
        axis.set_title(plain(name) or "all people")
    axes[0].set_ylabel("people present")
    shape = axes[-1]
    middle = quality.middle
    shape.fill_between(middle, quality.low, quality.high, color=PALE, linewidth=0)
    shape.plot(middle, middle, color=GREY, linewidth=1)
    shape.plot(middle, quality.observed, ".", color=BLUE, ms=3)
    shape.set_xlabel("expected by the model")
    shape.set_ylabel("observed")
    shape.set_title("shape of the days")
    return figure


def _days(axis: Axes, count: np.ndarray, fan: np.ndarray) -> None:
    x = np.arange(len(DAYS))
    jitter = np.linspace(-0.22, 0.22, len(count))
    axis.fill_between(x, fan[0], fan[2], color=ORANGE, alpha=0.3, linewidth=0)
    axis.plot(x, fan[1], color=ORANGE, linewidth=1.6)
    for day in x:
        axis.plot(day + jitter, count[:, day], ".", color=BLUE, ms=3)
    axis.set_xticks(x, DAYS)
    axis.set_ylim(bottom=0)
    number_ticks(axis.yaxis)


@styled()
def draw_published(
    published: Published, found: FromPublished, problem: Problem, folder: Path
) -> list[Path]:
    """Draw published percentages by week, weekday by weekday where they are told apart."""
    title = f"Published occupancy: {100 * found.mean.value:.0f} % on average"
    subtitle = f"{published.file}, {len(published.weeks)} weeks, as published."
    figure = new_figure(9, 3.2, title, subtitle, problem)
    axis = figure.subplots()
    names = DAYS if published.by_day else ("week",)
    weeks = np.arange(len(published.weeks))
    for name, values, look in zip(names, published.share.T, SERIES, strict=False):
        axis.plot(weeks, values, label=name, markersize=3, linewidth=1.2, **look)  # type: ignore[arg-type]
    step = max(1, len(weeks) // 8)
    axis.set_xticks(weeks[::step], published.weeks[::step])
    axis.set_ylim(bottom=0)
    percent_ticks(axis.yaxis)
    if published.by_day:
        legend_above(figure, *axis.get_legend_handles_labels())
    return save(figure, folder / "calibration-published")


@styled()
def draw_targets(found: TargetFit, policy: str, problem: Problem, folder: Path) -> list[Path]:
    """Draw the inputs that give the targets, pair by pair where they make up for each other."""
    pairs = [(a, b) for a, b, _ in found.ridges] or list(
        itertools.islice(itertools.combinations(found.streams, 2), 3)
    )
    first = max(found.streams, key=lambda name: sum(name in pair for pair in pairs))
    shown = [pair for pair in pairs if first in pair][:3] or [(first, first)]
    figures = ", ".join(
        f"{t.metric.replace('_', ' ')} of {t.place} {number(t.value)}" for t in found.targets
    )
    title = f"Many inputs give the published figure, not one ({policy})"
    subtitle = (
        f"Targets: {figures}, each within {100 * found.within:g} %. Grey: draws of the scenario's "
        f"ranges; blue: the {found.accepted.shape[1]:,} of {found.draws:,} that agree; red: their "
        "median."
    )
    figure = new_figure(4.2 * len(shown), 3.6, title, subtitle, problem)
    axes = np.atleast_1d(figure.subplots(1, len(shown)))
    for axis, (a, b) in zip(axes, shown, strict=True):
        _cloud(axis, found, first, b if a == first else a)
    return save(figure, folder / f"calibration-target-{policy}")


def _cloud(axis: Axes, found: TargetFit, x: str, y: str) -> None:
    i, j = found.streams.index(x), found.streams.index(y)
    axis.plot(*found.prior[[i, j], :1500], ".", color=PALE, ms=3, zorder=1)
    axis.plot(*found.accepted[[i, j]], ".", color=BLUE, ms=3, zorder=2)
    order = np.argsort(found.accepted[i])
    parts = np.array_split(order, 12)
    middle = np.array([np.median(found.accepted[[i, j]][:, part], axis=1) for part in parts])
    axis.plot(middle[:, 0], middle[:, 1], color=RED, linewidth=1.8, zorder=3)
    axis.set_xlabel(_named(x))
    axis.set_ylabel(_named(y))


def _named(stream: str) -> str:
    """Return what a planner calls an input."""
    for start, words in _NAMES.items():
        if stream == start or stream.startswith(f"{start}."):
            rest = stream.removeprefix(start).removeprefix(".")
            return f"{words}, {rest}" if rest else words
    return stream
