"""What drives the uncertainty of a result: entries for scripts and tables for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.text import Text

from sim.analysis.sources import CHANCE
from sim.report.document import finite
from sim.report.grid import Row, Section, print_grid
from sim.report.tables import (
    print_classification,
    print_heading,
    print_list,
    print_remarks,
    print_title,
)
from sim.report.words import NOTHING, figure, in_words, number, percent, plain
from sim.report.worth import scale
from sim.results.summary import CONFIDENCE, NORMAL, places
from sim.scenario.inputs import stream_key
from sim.variables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import xarray as xr
    from rich.console import Console

    from sim.problem import Floats, Problem
    from sim.scenario.types import Provenance

_OF_CHANCE = "who is eligible, ready and present, once every input is known"
_OF_AUDIT = "share of staff whose duties allow remote work, from the audit of functions"
HEADLINES = ("released_area", "workstations_needed", "shortage_per_day", "npv")
"""Metrics of the tables and figures where none is asked for."""
_MOST_SOURCES, _MOST_PAIRS = 5, 3
_LEAST = 0.005
"""Share of the variance below which a source is left out of tables."""


class Facts(NamedTuple):
    """What the scenario says about inputs: their figures and meanings by dotted path."""

    problem: Problem
    register: Mapping[str, Provenance]
    titles: Mapping[str, str]


def design_entry(result: xr.Dataset) -> dict[str, Any]:
    """Return how the inputs were sampled."""
    kept = ("method", "points", "resamples", "simulated")
    said = {name: result.attrs[name] for name in kept if name in result.attrs}
    return said | {"draws": result.attrs["simulated"]}


def entries(result: xr.Dataset, facts: Facts) -> dict[str, Any]:
    """Return the parts of the JSON document that are the method's own.

    Parameters
    ----------
    result : xarray.Dataset
        From ``sim.analysis.sensitivity`` or ``sim.analysis.curves``.
    facts : Facts

    Returns
    -------
    dict
        ``sources``, and ``sensitivity`` by metric and policy; of ``prim``, ``inputs`` and
        ``boxes``. Sources that change nothing at all are left out.
    """
    if result.attrs["method"] == "prim":
        return _box_entries(result, facts)
    streams = zip(result["source"].values, result["streams"].values, strict=True)
    sources = [_source(str(name), str(lines).split("\n"), facts) for name, lines in streams]
    return {"sources": sources, "sensitivity": list(_by_output(result, facts))}


def _source(name: str, streams: Sequence[str], facts: Facts) -> dict[str, Any]:
    """Return a source with the keys of the scenario behind it."""
    plain_streams = {stream.removesuffix("/each") for stream in streams}
    paths = [path for path in facts.register if stream_key(path) in plain_streams]
    title = "; ".join(dict.fromkeys(_title(path, facts) for path in paths))
    if name == CHANCE:
        title = _OF_CHANCE
    elif any(stream.startswith("eligible.audit") for stream in streams):
        title = _OF_AUDIT
    inputs = [
        {
            "key": path,
            "value": in_words(facts.register[path]),
            "confirmed": facts.register[path].confirmed,
        }
        for path in paths
    ]
    return {"name": name, "title": title, "inputs": inputs}


def _title(path: str, facts: Facts) -> str:
    """Return what an input means, without the policy and the bodies that it is of."""
    parts = facts.titles.get(path, "").split(", ")
    skip = {*facts.problem.bodies, *facts.problem.policy_names}
    while len(parts) > 1 and parts[0] in skip:
        parts = parts[1:]
    return ", ".join(parts)


def _by_output(result: xr.Dataset, facts: Facts) -> Iterator[dict[str, Any]]:
    names, scopes = places(facts.problem)
    place = result.attrs["place"]
    scope = scopes[len(names) - 1 - names[::-1].index(place)]
    for metric in map(str, result["metric"].values):
        for policy in map(str, result["policy"].values):
            one = result.sel(metric=metric, policy=policy)
            head = {"metric": metric, "unit": str(one["unit"].values), "policy": policy}
            yield head | {"scope": scope, "body": place} | _PARTS[result.attrs["method"]](one)


def _estimates(
    one: xr.Dataset, names: Sequence[str], wanted: np.ndarray | slice = slice(None)
) -> list[dict[str, Any]]:
    """Return estimates with the ends of their intervals, an entry for each place wanted."""
    columns: dict[str, Floats] = {}
    for name in names:
        value, error = one[name].values[wanted], one[f"{name}_mcse"].values[wanted]
        columns[name] = value
        columns[f"{name}_low"] = value - NORMAL * error
        columns[f"{name}_high"] = value + NORMAL * error
    rows = np.stack(list(columns.values()), axis=-1)
    known = rows.astype(object)
    known[~np.isfinite(rows)] = None
    return [dict(zip(columns, row, strict=True)) for row in known.tolist()]


def _scalars(one: xr.Dataset) -> dict[str, Any]:
    return {
        name: finite(float(one[name]))
        for name in ("mean", "variance", "defined_share")
        if name in one and one[name].ndim == 0
    }


def _of_sobol(one: xr.Dataset) -> dict[str, Any]:
    names: np.ndarray = one["source"].values.astype(str)
    total: Floats = one["total"].values
    acts = np.flatnonzero(np.isfinite(total) & (total != 0))
    said = _scalars(one) | {"confidence": CONFIDENCE}
    found = zip(names[acts].tolist(), _estimates(one, ("first", "total"), acts), strict=True)
    said["indices"] = [{"source": name} | entry for name, entry in found]
    if "second" in one:
        both = np.stack([one[side].values.astype(str) for side in ("one", "other")], axis=-1)
        act = np.flatnonzero(np.isin(both, names[acts]).all(axis=1))
        together = zip(both[act].tolist(), _estimates(one, ("second",), act), strict=True)
        said["pairs"] = [{"sources": pair} | entry for pair, entry in together]
    return said


def _of_shapley(one: xr.Dataset) -> dict[str, Any]:
    found = _estimates(one, ("shapley",))
    return {"confidence": CONFIDENCE, "effects": _named(one, found, lambda e: e["shapley"])}


def _of_morris(one: xr.Dataset) -> dict[str, Any]:
    names = ("mu_star", "mu_star_mcse", "mu", "sigma")
    found = [
        {name: finite(float(one[name][k])) for name in names} for k in range(one.sizes["source"])
    ]
    return {"step": 0.5, "effects": _named(one, found, lambda e: e["mu_star"])}


def _of_tornado(one: xr.Dataset) -> dict[str, Any]:
    found = [
        {
            "low": finite(float(one["low"][k])),
            "high": finite(float(one["high"][k])),
            "swing_mcse": finite(float(one["swing_mcse"][k])),
            "low_input": finite(float(one["value"][k, 0])),
            "high_input": finite(float(one["value"][k, 1])),
        }
        for k in range(one.sizes["source"])
    ]
    levels = [float(level) for level in one["level"].values]
    said = _scalars(one) | {"levels": levels}
    return said | {"swings": _named(one, found, lambda e: e["swing_mcse"])}


def _of_curves(one: xr.Dataset) -> dict[str, Any]:
    names = ("mean", "mean_mcse", "p05", "p95")
    found: list[dict[str, Any]] = [
        {"input": [finite(float(v)) for v in one["value"][k].values]}
        | {name: [finite(float(v)) for v in one[name][k].values] for name in names}
        for k in range(one.sizes["source"])
    ]
    levels = [float(level) for level in one["level"].values]
    return {"levels": levels, "curves": _named(one, found, lambda e: len(set(e["mean"])) > 1)}


def _named(
    one: xr.Dataset, found: Sequence[dict[str, Any]], acts: Callable[[dict[str, Any]], object]
) -> list[dict[str, Any]]:
    names = map(str, one["source"].values)
    return [{"source": name} | e for name, e in zip(names, found, strict=True) if acts(e)]


_PARTS: dict[str, Callable[[xr.Dataset], dict[str, Any]]] = {
    "sobol": _of_sobol,
    "shapley": _of_shapley,
    "morris": _of_morris,
    "tornado": _of_tornado,
    "curves": _of_curves,
}


def _box_entries(result: xr.Dataset, facts: Facts) -> dict[str, Any]:
    one = result.isel(metric=0, policy=0)
    names = list(map(str, one["input"].values))
    limits = {name: one[name].values for name in ("low", "high", "quasi_p")}
    merits = ("coverage", "density", "mass")
    found: list[dict[str, Any]] = [
        {name: float(one[name][k]) for name in (*merits, *(f"{m}_checked" for m in merits))}
        | {
            "limits": [
                {"input": names[j]}
                | {name: finite(float(values[k, j])) for name, values in limits.items()}
                for j in np.flatnonzero(np.isfinite(limits["quasi_p"][k]))
            ]
        }
        for k in range(one.sizes["box"])
    ]
    condition = {
        "metric": str(one["metric"].values),
        "unit": str(one["unit"].values),
        "policy": str(one["policy"].values),
        "body": one.attrs["place"],
        "below" if one.attrs["below"] else "above": one.attrs["bound"],
        "share": one.attrs["share"],
    }
    used = dict.fromkeys(limit["input"] for box in found for limit in box["limits"])
    sources = [_source(name, [name], facts) for name in used]
    return {"sources": sources, "condition": condition, "boxes": found}


def print_sensitivity(console: Console, document: Mapping[str, Any], facts: Facts) -> None:
    """Print what drives the uncertainty, the strongest sources first.

    Parameters
    ----------
    console : Console
    document : mapping
        As ``sensitivity --json`` prints it.
    facts : Facts
    """
    print_title(console, document)
    marked = {
        name: marked_source(name, open_one)
        for name, open_one in unconfirmed_sources(document).items()
    }
    method = document["engine"]["method"]
    if method == "prim":
        shown = _print_boxes(console, document, facts, marked)
    else:
        shown = _print_metrics(console, document, facts.problem, _TABLES[method], marked)
    console.print()
    console.print(Text(_HOW_TO_READ[method], style="dim"))
    _print_sources(console, [s for s in document["sources"] if s["name"] in shown], marked)
    print_classification(console, document["scenario"]["classification"])


def unconfirmed_sources(document: Mapping[str, Any]) -> dict[str, bool]:
    """Return of each source whether an input of it is not confirmed."""
    return {
        source["name"]: not all(given["confirmed"] for given in source["inputs"])
        for source in document["sources"]
    }


def marked_source(name: str, unconfirmed: bool) -> str:
    """Return the name of a source, marked where it is not confirmed."""
    return f"{name} †" if unconfirmed else name


class _Table(NamedTuple):
    """How a method's table is made.

    Attributes
    ----------
    heading : str
        Before the metric's meaning.
    columns : tuple of str
    rows : callable
        Cells by source, with the weight by which they are sorted, of an entry.
    """

    heading: str
    columns: tuple[str, ...]
    rows: Callable[[Mapping[str, Any], Problem], list[tuple[float, str, tuple[str, ...]]]]


def _print_metrics(
    console: Console,
    document: Mapping[str, Any],
    problem: Problem,
    table: _Table,
    marked: Mapping[str, str],
) -> set[str]:
    """Print a table for each metric; return the sources in it."""
    shown: set[str] = set()
    entries = document["sensitivity"]
    metrics = list(dict.fromkeys(entry["metric"] for entry in entries))
    for metric in [m for m in metrics if m in HEADLINES] if len(metrics) > 8 else metrics:
        sections, steady = [], []
        for entry in (entry for entry in entries if entry["metric"] == metric):
            found = sorted(table.rows(entry, problem), key=lambda row: -row[0])
            most = found[0][0] if found else 0.0
            kept = [row for row in found if row[0] >= _LEAST * most][:_MOST_SOURCES]
            rows = tuple(Row(marked[source], cells) for _, source, cells in kept)
            if rows and _varies(entry, problem):
                sections.append(Section(_output_title(entry, problem), rows))
                shown.update(source for _, source, _ in kept)
            else:
                steady.append(entry["policy"])
        unit = scaled(metric, problem)[1]
        place = f"{plain(entries[0]['body'])}, {unit}" if unit else plain(entries[0]["body"])
        print_heading(console, f"{table.heading} {BY_NAME[metric].long_name} ({place})")
        if sections:
            print_grid(console, "", table.columns, sections)
        if steady:
            console.print(
                Text(f"Hardly varies, or does not exist in every draw: {', '.join(steady)}.")
            )
        pairs = [line for entry in entries if entry["metric"] == metric for line in _pairs(entry)]
        print_remarks(console, "Together, beyond what each makes alone", pairs)
    return shown


def _varies(entry: Mapping[str, Any], problem: Problem) -> bool:
    """Tell whether a metric's standard deviation, where it is known, shows in its digits."""
    if entry.get("variance") is None:
        return True
    by, _, digits = scaled(entry["metric"], problem, entry["mean"])
    return round(math.sqrt(entry["variance"]) / by, digits) > 0


def _output_title(entry: Mapping[str, Any], problem: Problem) -> str:
    plan = problem.policies[problem.policy_names.index(entry["policy"])]
    name = plain(plan.name if plan.title == plan.name else f"{plan.name}: {plan.title}")
    if entry.get("mean") is None:
        return name
    by, _, digits = scaled(entry["metric"], problem, entry["mean"])
    said = f"{name} · mean {number(entry['mean'] / by, digits)}"
    if entry.get("variance") is None:
        return said
    return f"{said}, standard deviation {number(math.sqrt(entry['variance']) / by, digits)}"


def scaled(metric: str, problem: Problem, largest: float = math.inf) -> tuple[float, str, int]:
    """Return by what a metric is divided, the unit that it then has, and its digits."""
    unit = BY_NAME[metric].unit
    if unit.startswith("currency"):
        by, money, digits = scale(abs(largest), problem.currency)
        return by, unit.replace("currency", money), digits
    if unit == "1":
        return 0.01, "%", 1
    return 1.0, unit.replace("m2", "m²"), 0 if unit in ("m2", "people", "workstations") else 1


def _share(entry: Mapping[str, Any], name: str) -> str:
    """Return a share of the variance in per cent, with half of its 95 % interval."""
    half = (entry[f"{name}_high"] - entry[f"{name}_low"]) / 2
    return f"{number(100 * entry[name])} ± {number(100 * half)}"


def _sobol_rows(entry: Mapping[str, Any], _: Problem) -> list[tuple[float, str, tuple[str, ...]]]:
    return [
        (e["total"], e["source"], (_share(e, "first"), _share(e, "total")))
        for e in entry["indices"]
        if e["total"] is not None
    ]


def _shapley_rows(entry: Mapping[str, Any], _: Problem) -> list[tuple[float, str, tuple[str, ...]]]:
    found = [e for e in entry["effects"] if e["shapley"] is not None]
    return [(e["shapley"], e["source"], (_share(e, "shapley"),)) for e in found]


def _morris_rows(
    entry: Mapping[str, Any], problem: Problem
) -> list[tuple[float, str, tuple[str, ...]]]:
    by, _, digits = scaled(entry["metric"], problem)
    names = ("mu_star", "mu", "sigma")
    return [
        (e["mu_star"], e["source"], tuple(number(e[name] / by, digits) for name in names))
        for e in entry["effects"]
        if e["mu_star"] is not None and round(e["mu_star"] / by, digits)
    ]


def _tornado_rows(
    entry: Mapping[str, Any], problem: Problem
) -> list[tuple[float, str, tuple[str, ...]]]:
    by, _, digits = scaled(entry["metric"], problem)
    rows = []
    for e in entry["swings"]:
        if e["low"] is not None and e["high"] is not None:
            swing = e["high"] - e["low"]
            error = (
                f"{number(swing / by, digits)} ± {number(NORMAL * e['swing_mcse'] / by, digits)}"
            )
            ends = [_input(e["low_input"]), _input(e["high_input"])]
            means = [number(e[end] / by, digits) for end in ("low", "high")]
            if round(swing / by, digits):
                rows.append((abs(swing), e["source"], (*ends, *means, error)))
    return rows


def _curve_rows(
    entry: Mapping[str, Any], problem: Problem
) -> list[tuple[float, str, tuple[str, ...]]]:
    by, _, digits = scaled(entry["metric"], problem)
    last = len(entry["levels"]) - 1
    rows = []
    for e in entry["curves"]:
        means = e["mean"]
        if None not in means:
            cells = (number(means[k] / by, digits) for k in (0, last // 2, last))
            reach = max(means) - min(means)
            if round(reach / by, digits):
                rows.append((reach, e["source"], tuple(cells)))
    return rows


def _input(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.4g}" if value < 1e4 else number(value)


_PERCENT = "% of the variance\n± 95 % interval"
_TABLES = {
    "sobol": _Table(
        "What drives the uncertainty of the",
        (f"alone\n{_PERCENT}", f"in all\n{_PERCENT}"),
        _sobol_rows,
    ),
    "shapley": _Table("What drives the uncertainty of the", (f"share\n{_PERCENT}",), _shapley_rows),
    "morris": _Table(
        "What moves the",
        ("size of\nthe change", "change up", "its standard\ndeviation"),
        _morris_rows,
    ),
    "tornado": _Table(
        "How far one input swings the",
        (
            "low\ninput",
            "high\ninput",
            "mean at\nthe low",
            "mean at\nthe high",
            "swing\n± 95 % interval",
        ),
        _tornado_rows,
    ),
    "curves": _Table(
        "Along one input, the mean of the",
        ("input low\n(5 % below)", "in the\nmiddle", "input high\n(5 % above)"),
        _curve_rows,
    ),
}
_HELD = " A policy's one number of workstations is held: it is chosen before anything is learnt."
_HOW_TO_READ = {
    "sobol": "Alone: how much smaller the variance would be on average if this became known. In "
    "all: how much would be left if everything else became known; more than alone where inputs act "
    "together. Rows of the design are resampled as if independent, so intervals are rather too "
    "wide. † not confirmed." + _HELD,
    "shapley": "The variance shared out over inputs, what they make together in equal parts; the "
    "shares add up to 100 %, correlated inputs included. † not confirmed." + _HELD,
    "morris": "What a move through half of an input's distribution changes: on average by size, on "
    "average upwards, and how much that differs from place to place. † not confirmed." + _HELD,
    "tornado": "Low and high are the 5 % and 95 % quantiles of the input; all others are drawn, "
    "correlated ones given this one. † not confirmed." + _HELD,
    "curves": "All other inputs are drawn, correlated ones given this one. † not confirmed."
    + _HELD,
    "prim": "Coverage: share of all such draws that lie in the box. Density: share of the box that "
    "is such, each beyond the boxes before it. Both are told on draws that the box was found on "
    "and, after the stroke, on others. Quasi-p: how likely chance alone makes a limit look as "
    "good. † not confirmed." + _HELD,
}


def _pairs(entry: Mapping[str, Any]) -> list[str]:
    """Return the pairs of inputs that surely make something together."""
    sure = [pair for pair in entry.get("pairs", ()) if (pair["second_low"] or 0.0) > _LEAST]
    sure.sort(key=lambda pair: -pair["second"])
    return [
        f"{entry['policy']}: {' with '.join(pair['sources'])}, {_share(pair, 'second')} %"
        for pair in sure[:_MOST_PAIRS]
    ]


def _print_boxes(
    console: Console, document: Mapping[str, Any], facts: Facts, marked: Mapping[str, str]
) -> set[str]:
    """Print the boxes within which the target is missed; return the inputs in them."""
    said = document["condition"]
    side = "below" if "below" in said else "above"
    by, unit, _ = scaled(said["metric"], facts.problem, said[side])
    name = BY_NAME[said["metric"]].long_name.split(":")[0]
    where = f"{plain(said['policy'])}, {plain(said['body'])}: {percent(said['share'])} % of draws"
    print_heading(console, f"Where the {name} is {side} {figure(said[side] / by)} {unit}")
    console.print(Text(where))
    sections = [
        Section(_box_title(k, box), tuple(_limit_row(limit, marked) for limit in box["limits"]))
        for k, box in enumerate(document["boxes"], 1)
    ]
    if sections:
        print_grid(console, "", ("from", "to", "quasi-p"), sections)
    else:
        console.print(Text("No box says more than the share of all draws."))
    return {limit["input"] for box in document["boxes"] for limit in box["limits"]}


def _box_title(k: int, box: Mapping[str, Any]) -> str:
    words = [
        f"{name} {percent(box[name], 0)} / {percent(box[f'{name}_checked'], 0)} %"
        for name in ("density", "coverage")
    ]
    return f"Box {k}: {', '.join(words)}; {percent(box['mass'], 0)} % of draws"


def _limit_row(limit: Mapping[str, Any], marked: Mapping[str, str]) -> Row:
    chance = "< 0.001" if limit["quasi_p"] < 0.001 else f"{limit['quasi_p']:.3f}"
    name = marked[limit["input"]]
    return Row(name, (_input(limit["low"]), _input(limit["high"]), chance))


def _print_sources(
    console: Console, sources: Sequence[Mapping[str, Any]], marked: Mapping[str, str]
) -> None:
    """Say what the inputs in a table mean and which values they may have."""
    print_heading(console, "What these inputs are")
    lines = []
    for source in sources:
        values = "; ".join(
            dict.fromkeys(given["value"] for given in source["inputs"][:_MOST_PAIRS])
        )
        meaning = f"{source['title']}: {values}" if values else source["title"]
        lines.append(plain(f"{marked[source['name']]}: {meaning}"))
    print_list(console, lines)
