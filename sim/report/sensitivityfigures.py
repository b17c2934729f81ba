"""Figures of what drives the uncertainty: shares of the variance, tornado, curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.panels import policy_words
from sim.report.sensitivity import HEADLINES, marked_source, scaled
from sim.report.style import (
    BLUE,
    GREY,
    ORANGE,
    SERIES,
    SMALL,
    file_name,
    legend_above,
    new_figure,
    number_ticks,
    save,
    styled,
    wrapped,
)
from sim.report.words import figure as stated
from sim.report.words import plain
from sim.results.summary import NORMAL
from sim.variables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.problem import Problem

_MOST_BARS, _MOST_CURVES = 6, 6
_WIDTH, _NAME = 10.0, 2.6
_MARK = "† nobody has confirmed it."
_LEAST = 0.005
_LEAST_SPREAD = 1e-6


def draw_sensitivity(
    result: xr.Dataset, problem: Problem, unconfirmed: Mapping[str, bool], folder: Path
) -> list[Path]:
    """Draw a figure for each metric.

    Parameters
    ----------
    result : xarray.Dataset
        From ``sim.analysis.sensitivity`` or ``sim.analysis.curves``, but no boxes.
    problem : Problem
    unconfirmed : mapping of str to bool
        By source, whether an input of it is not confirmed.
    folder : Path

    Returns
    -------
    list of Path
        A PNG and an SVG for each; metrics that do not vary have none. Where more than eight
        metrics were found, the headline ones.
    """
    method = str(result.attrs["method"])
    names = [str(name) for name in result["metric"].values]
    written = []
    for metric in [name for name in names if len(names) <= 8 or name in HEADLINES]:
        with styled():
            drawn = _DRAWN[method](result.sel(metric=metric), metric, problem, unconfirmed)
        if drawn is not None:
            written += save(drawn, folder / f"sensitivity-{method}-{file_name(metric)}")
    return written


def _source(one: xr.Dataset, k: int, unconfirmed: Mapping[str, bool]) -> tuple[str, bool]:
    name = str(one["source"].values[k])
    return name, unconfirmed.get(name, False)


def _label(source: str, unconfirmed: Mapping[str, bool]) -> str:
    return wrapped(marked_source(source, unconfirmed.get(source, False)), _NAME, SMALL, most=2)


def _strongest(weight: np.ndarray, most: int) -> np.ndarray:
    """Return the sources of the greatest weights, the greatest first; none without any."""
    weight = np.nan_to_num(weight)
    order = np.argsort(-weight, kind="stable")[:most]
    strong: np.ndarray = order[weight[order] > _LEAST * max(weight.max(), 1e-300)]
    return strong


def _panels(
    policies: Sequence[str], bars: int, title: str, subtitle: str, problem: Problem
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel for each policy, in two columns, and a title over each."""
    rows = -(-len(policies) // 2) if len(policies) > 1 else 1
    columns = 2 if len(policies) > 1 else 1
    said = f"{subtitle} {_MARK}"
    figure = new_figure(_WIDTH, rows * (0.9 + 0.33 * bars), title, said, problem)
    axes = list(np.ravel(figure.subplots(rows, columns, squeeze=False)))
    for axis in axes[len(policies) :]:
        axis.set_axis_off()
    for axis, policy in zip(axes, policies, strict=False):
        plan = problem.policies[problem.policy_names.index(policy)]
        room = _WIDTH / columns - _NAME - 0.1
        axis.set_title(wrapped(policy_words(plan), room, fontweight="bold"), fontsize=9)
        axis.grid(visible=False, axis="y")
    return figure, axes


def _varying(one: xr.Dataset, name: str) -> list[str]:
    """Return the policies for which a measure has anything above nothing."""
    values = one[name]
    return [
        str(policy)
        for policy in one["policy"].values
        if np.nan_to_num(values.sel(policy=policy).values).max(initial=0.0) > 0
    ]


def _noticeable(one: xr.Dataset) -> list[str]:
    """Return the policies for which a metric varies by more than rounding."""
    spread = np.sqrt(one["variance"].values) / np.maximum(np.abs(one["mean"].values), 1e-300)
    policies = zip(map(str, one["policy"].values), spread, strict=True)
    return [policy for policy, relative in policies if relative > _LEAST_SPREAD]


def _of_sobol(
    one: xr.Dataset, metric: str, problem: Problem, unconfirmed: Mapping[str, bool]
) -> Figure | None:
    """Draw bars of what each source makes alone and in all."""
    policies = [p for p in _varying(one, "total") if p in _noticeable(one)]
    title = f"What drives the uncertainty: {BY_NAME[metric].long_name}"
    subtitle = (
        f"{one.attrs['place']}; {one.attrs['points']:,} points; Sobol indices with 95 % intervals."
    )
    looks = (
        ("first", "alone: less variance if this became known", {"color": BLUE}),
        ("total", "in all: left if everything else became known", _PALE_BARS),
    )
    return _bars(one, policies, title, subtitle, problem, unconfirmed, looks, "total")


def _of_shapley(
    one: xr.Dataset, metric: str, problem: Problem, unconfirmed: Mapping[str, bool]
) -> Figure | None:
    """Draw bars of the shares of the variance."""
    title = f"What drives the uncertainty: {BY_NAME[metric].long_name}"
    subtitle = (
        f"{one.attrs['place']}; {one.attrs['points']:,} orders; Shapley effects with 95 % "
        "intervals, which add up to 100 %."
    )
    looks = (("shapley", "share of the variance", {"color": BLUE}),)
    policies = _varying(one, "shapley")
    return _bars(one, policies, title, subtitle, problem, unconfirmed, looks, "shapley")


_PALE_BARS: Any = {"color": "white", "edgecolor": ORANGE, "hatch": "////"}


def _bars(
    one: xr.Dataset,
    policies: list[str],
    title: str,
    subtitle: str,
    problem: Problem,
    unconfirmed: Mapping[str, bool],
    looks: Sequence[tuple[str, str, Any]],
    weight: str,
) -> Figure | None:
    """Draw shares of the variance in a panel for each policy."""
    if not policies:
        return None
    order = {p: _strongest(one[weight].sel(policy=p).values, _MOST_BARS) for p in policies}
    most = max(map(len, order.values()))
    figure, axes = _panels(policies, most, title, subtitle, problem)
    handles: list[Any] = []
    thick = 0.8 / len(looks)
    for axis, policy in zip(axes, policies, strict=False):
        at = one.sel(policy=policy).isel(source=order[policy])
        places = np.arange(at.sizes["source"])
        handles = []
        for k, (name, _, look) in enumerate(looks):
            error = 100 * NORMAL * at[f"{name}_mcse"].values
            side = places + (k - (len(looks) - 1) / 2) * thick
            bars = axis.barh(side, 100 * at[name].values, thick, xerr=error, ecolor=GREY, **look)
            handles.append(bars)
        _name_bars(axis, at["source"].values, most, unconfirmed)
        axis.set_xlim(0, 105)
        axis.set_xlabel("% of the variance", fontsize=SMALL)
    legend_above(figure, handles, [words for _, words, _ in looks])
    return figure


def _name_bars(axis: Axes, sources: np.ndarray, most: int, unconfirmed: Mapping[str, bool]) -> None:
    names = [_label(str(name), unconfirmed) for name in sources]
    axis.set_yticks(np.arange(len(names)), names, fontsize=SMALL)
    axis.set_ylim(most - 0.45, -0.55)


def _of_morris(
    one: xr.Dataset, metric: str, problem: Problem, unconfirmed: Mapping[str, bool]
) -> Figure | None:
    """Draw bars of the mean size of an elementary effect."""
    policies = _varying(one, "mu_star")
    if not policies:
        return None
    by, unit, _ = _scaled(metric, problem, one["mu_star"])
    order = {p: _strongest(one["mu_star"].sel(policy=p).values, _MOST_BARS) for p in policies}
    most = max(map(len, order.values()))
    title = f"What moves the {BY_NAME[metric].long_name}"
    subtitle = (
        f"{one.attrs['place']}; {one.attrs['points']:,} trajectories; mean size of the change when "
        "an input moves through half of its distribution, with 95 % intervals."
    )
    figure, axes = _panels(policies, most, title, subtitle, problem)
    for axis, policy in zip(axes, policies, strict=False):
        at = one.sel(policy=policy).isel(source=order[policy])
        error = NORMAL * at["mu_star_mcse"].values / by
        axis.barh(
            np.arange(at.sizes["source"]),
            at["mu_star"].values / by,
            0.7,
            xerr=error,
            color=BLUE,
            ecolor=GREY,
        )
        _name_bars(axis, at["source"].values, most, unconfirmed)
        number_ticks(axis.xaxis)
        axis.set_xlabel(unit, fontsize=SMALL)
    return figure


def _of_tornado(
    one: xr.Dataset, metric: str, problem: Problem, unconfirmed: Mapping[str, bool]
) -> Figure | None:
    """Draw the swing of the mean around its middle, the widest on top."""
    one = one.assign(swing=np.abs(one["high"] - one["low"]))
    policies = _varying(one, "swing")
    if not policies:
        return None
    by, unit, _ = _scaled(metric, problem, one["high"])
    order = {p: _strongest(one["swing"].sel(policy=p).values, _MOST_BARS) for p in policies}
    most = max(map(len, order.values()))
    title = f"How far one input swings the {BY_NAME[metric].long_name}"
    subtitle = (
        f"{one.attrs['place']}; mean over {one.attrs['points']:,} draws with the input at its 5 % "
        "and its 95 % quantile, whose values stand at the ends; the line is the mean of all draws."
    )
    figure, axes = _panels(policies, most, title, subtitle, problem)
    handles: list[Any] = []
    for axis, policy in zip(axes, policies, strict=False):
        at = one.sel(policy=policy).isel(source=order[policy])
        middle = float(at["mean"]) / by
        ends = [at[end].values / by for end in ("low", "high")]
        places = np.arange(at.sizes["source"])
        handles = [
            axis.barh(places, end - middle, 0.65, left=middle, **look)
            for end, look in zip(ends, ({"color": BLUE}, _PALE_BARS), strict=True)
        ]
        axis.axvline(middle, color="black", linewidth=1)
        _write_ends(axis, ends, at["value"].values, middle)
        _name_bars(axis, at["source"].values, most, unconfirmed)
        axis.margins(x=0.22)
        number_ticks(axis.xaxis)
        axis.xaxis.get_major_locator().set_params(nbins=5)  # type: ignore[call-arg]
        axis.set_xlabel(unit, fontsize=SMALL)
    legend_above(figure, handles, ["input low", "input high"])
    return figure


def _write_ends(axis: Axes, ends: list[np.ndarray], values: np.ndarray, middle: float) -> None:
    """Write the input's values beside the ends of each bar."""
    for k, row in enumerate(np.stack(ends, axis=1)):
        for end, value in zip(row, values[k], strict=True):
            if math.isfinite(value):
                side = (
                    "right" if end < middle or (end == middle and row.sum() > 2 * end) else "left"
                )
                gap = (-3 if side == "right" else 3, 0)
                axis.annotate(
                    f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}",
                    (end, k),
                    xytext=gap,
                    textcoords="offset points",
                    ha=side,
                    va="center",
                    fontsize=6.5,
                    color=GREY,
                )


def _of_curves(
    one: xr.Dataset, metric: str, problem: Problem, unconfirmed: Mapping[str, bool]
) -> Figure | None:
    """Draw the mean along each of the strongest inputs, a line for each policy."""
    mean = one["mean"].transpose("policy", "source", "level").values
    reach = np.ptp(mean, axis=2)
    moved = np.nan_to_num(reach).max(axis=1) > 0
    policies = [str(p) for p, moves in zip(one["policy"].values, moved, strict=True) if moves]
    if not policies:
        return None
    by, unit, _ = _scaled(metric, problem, one["mean"])
    order = _strongest(np.nan_to_num(reach).max(axis=0), _MOST_CURVES)
    title = (
        f"{BY_NAME[metric].long_name[:1].upper()}{BY_NAME[metric].long_name[1:]} along one input"
    )
    band = " and the band from 5 % to 95 % of draws" if len(policies) == 1 else ""
    subtitle = (
        f"{one.attrs['place']}; mean over {one.attrs['points']:,} draws of all other inputs{band}."
    )
    columns = min(3, len(order))
    rows = -(-len(order) // columns)
    figure = new_figure(_WIDTH, 2.5 * rows, title, f"{subtitle} {_MARK}", problem)
    axes = np.ravel(figure.subplots(rows, columns, squeeze=False, sharey=True))
    for axis in axes[len(order) :]:
        axis.set_axis_off()
    for axis, k in zip(axes, order, strict=False):
        _curve(axis, one.isel(source=k), policies, by)
        name = marked_source(*_source(one, k, unconfirmed))
        axis.set_title(
            wrapped(name, _WIDTH / columns - 0.7, 9, most=2, fontweight="bold"), fontsize=9
        )
    for axis in axes[::columns]:
        axis.set_ylabel(unit)
        number_ticks(axis.yaxis)
    handles, labels = axes[0].get_legend_handles_labels()
    if len(policies) > 1:
        legend_above(figure, handles, labels)
    return figure


def _curve(axis: Axes, one: xr.Dataset, policies: list[str], by: float) -> None:
    """Draw one input's panel, over its values where policies that say it mean the same."""
    values = one["value"].sel(policy=policies).transpose("policy", "level").values
    known = values[~np.isnan(values).any(axis=1)]
    share = not len(known) or bool(np.ptp(known, axis=0).any())
    x = 100 * one["level"].values if share else known[0]
    looks: Any = SERIES
    for policy, look in zip(policies, looks, strict=False):
        at = one.sel(policy=policy)
        if len(policies) == 1:
            ends = at["p05"].values / by, at["p95"].values / by
            axis.fill_between(x, *ends, color=look["color"], alpha=0.2, linewidth=0)
        axis.plot(
            x, at["mean"].values / by, label=plain(policy), markersize=3, linewidth=1.4, **look
        )
    axis.set_xlabel("% of the input's distribution below" if share else "value", fontsize=SMALL)
    axis.xaxis.set_major_formatter(lambda value, _: stated(float(f"{value:.6g}")))
    axis.xaxis.get_major_locator().set_params(nbins=5)  # type: ignore[call-arg]


def _scaled(metric: str, problem: Problem, values: xr.DataArray) -> tuple[float, str, int]:
    finite = np.abs(values.values[np.isfinite(values.values)])
    return scaled(metric, problem, float(finite.max(initial=0.0)))


_DRAWN: dict[str, Callable[..., Figure | None]] = {
    "sobol": _of_sobol,
    "shapley": _of_shapley,
    "morris": _of_morris,
    "tornado": _of_tornado,
    "curves": _of_curves,
}
