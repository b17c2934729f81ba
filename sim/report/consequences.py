"""An order to come back and co-benefits: their part of a run's document, and their tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from sim.report.grid import Row, Section, print_grid, print_grids
from sim.report.words import interval, number, percent, plain
from sim.report.worth import scale
from sim.variables import CO_BENEFITS, REVERSAL, WAYS_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import xarray as xr
    from rich.console import Console

    from sim.problem import Floats, Problem

_NPV = "option_npv"
OPTION_WORDS = {"now": "act now", "staged": "in stages", "never": "never"}
_OPTIONS = (
    "net present\nvalue",
    "90 % interval",
    "above 0\n% of draws",
    "lost at worst,\n95 % of draws",
    "regret,\nmean",
    "best in\n% of draws",
)
_OPTIONS_READ = (
    "Medians. Regret is what the best option of a draw is worth more, once it is known what came."
)
_BACK = (
    "all back,\nweeks",
    "90 % interval",
    "person-weeks\nwithout",
    "cost of\ncoming back",
    "90 % interval",
    "net value\nif ordered",
)
_EXITS = (
    "share of\nrelease %",
    "can be had\nagain %",
    "weeks",
    "90 % interval",
    "once,\nper m²",
    "90 % interval",
    "a year,\nper m²",
)
_CO_READ = (
    "Medians over draws with 90 % intervals, all bodies, in a year once all is vacated; in no net "
    "present value. A negative number is a loss."
)


def statistics(values: Floats, sobol: bool) -> dict[str, float | None]:
    """Return mean, spread, quantiles and the Monte Carlo error of a mean, null where undefined.

    Parameters
    ----------
    values : float64[draw]
    sobol : bool
        Whether draws are points of replicates in turn, whose spread then gives the error.

    Returns
    -------
    dict
    """
    from sim.kernels.designs import REPLICATES  # brings the compiler, which a check needs not

    known = values[~np.isnan(values)]
    found = dict.fromkeys(("mean", "sd", "p05", "p50", "p95", "mcse"))
    if known.size == 0:
        return found
    low, middle, high = np.quantile(known, [0.05, 0.5, 0.95], method="inverted_cdf")
    sd = float(known.std(ddof=1)) if known.size > 1 else math.nan
    error = sd / math.sqrt(known.size)
    if sobol and known.size == values.size and values.size >= 2 * REPLICATES:
        means = np.array([values[k::REPLICATES].mean() for k in range(REPLICATES)])
        error = float(means.std(ddof=1)) / math.sqrt(REPLICATES)
    numbers = (float(known.mean()), sd, float(low), float(middle), float(high), error)
    return {
        name: value if math.isfinite(value) else None
        for name, value in zip(found, numbers, strict=True)
    }


def reversal_entry(
    problem: Problem, found: xr.Dataset, policies: Sequence[str], unconfirmed: Sequence[str]
) -> dict[str, Any]:
    """Return what an order to come back does, for a document.

    Parameters
    ----------
    problem : Problem
        With an order.
    found : xarray.Dataset
        From ``sim.analysis.reversal.reversal``.
    policies : sequence of str
        Those to tell of.
    unconfirmed : sequence of str
        Paths of the figures that nobody has confirmed: with any of the order or the appraisal among
        them, the worth of its options is an illustration.

    Returns
    -------
    dict
    """
    plan = problem.reversal
    assert plan is not None, "asked for only with an order"
    return {
        "illustrative": any(path.startswith(("reversal.", "appraisal.")) for path in unconfirmed),
        "draws": found.sizes["draw"],
        "first_stage": plan.first_stage,
        "gate_years": plan.gate_years,
        "gate_shortage_days": plan.gate_days,
        "exits": [_exit_entry(problem, found, way.name) for way in plan.exits],
        "options": [
            _option_entry(problem, found.sel(policy=policy, option=option), policy, str(option))
            for policy in policies
            if policy in found["policy"].values
            for option in found["option"].values
        ],
    }


def _exit_entry(problem: Problem, found: xr.Dataset, name: str) -> dict[str, Any]:
    sobol = problem.run.design == "sobol"
    entry: dict[str, Any] = {"exit": name}
    for variable in WAYS_OUT:
        own = found[variable.name]
        said = statistics(own.sel(exit=name).to_numpy(), sobol)
        entry[variable.name.removeprefix("exit_")] = said | {"unit": own.attrs["units"]}
    return entry


def _option_entry(problem: Problem, found: xr.Dataset, policy: str, option: str) -> dict[str, Any]:
    sobol = problem.run.design == "sobol"
    npv, regret = (found[name].to_numpy() for name in (_NPV, "regret"))
    entry: dict[str, Any] = {"policy": policy, "option": option}
    for variable in REVERSAL:
        if "week" not in variable.dims:
            entry[variable.name] = statistics(found[variable.name].to_numpy(), sobol)
            entry[variable.name]["unit"] = found[variable.name].attrs["units"]
    entry["npv_positive"] = float((npv > 0).mean())
    entry["value_at_risk"] = {"level": 0.95, "value": -entry[_NPV]["p05"] + 0.0}
    entry["best_share"] = float((regret <= 0).mean())
    entry["unmet_in_week"] = [
        {"week": int(week)} | statistics(of_week.to_numpy(), sobol)
        for week, of_week in zip(found["week"].values, found["unmet_in_week"], strict=True)
    ]
    return entry


def co_benefit_entry(
    problem: Problem, found: xr.Dataset, policies: Sequence[str]
) -> dict[str, Any]:
    """Return what people and climate gain, for a document.

    Parameters
    ----------
    problem : Problem
    found : xarray.Dataset
        From ``sim.analysis.cobenefits.co_benefits``.
    policies : sequence of str
        Those to tell of.

    Returns
    -------
    dict
    """
    sobol = problem.run.design == "sobol"
    shown = [policy for policy in policies if policy in found["policy"].values]
    return {
        "draws": found.sizes["draw"],
        "gains": [
            {"name": name, "unit": unit, "policy": policy, **statistics(values, sobol)}
            for policy in shown
            for name, unit, values in _gains(found.sel(policy=policy))
        ],
    }


def _gains(found: xr.Dataset) -> Iterator[tuple[str, str, Floats]]:
    for variable in CO_BENEFITS:
        values, unit = found[variable.name], found[variable.name].attrs["units"]
        if "characteristic" not in variable.dims:
            yield variable.name, unit, values.to_numpy()
            continue
        for group in found["characteristic"].values:
            yield f"{variable.name}.{group}", unit, values.sel(characteristic=group).to_numpy()


def print_reversal(console: Console, said: Mapping[str, Any], currency: str) -> None:
    """Print the options side by side, and the way back.

    Parameters
    ----------
    console : Console
    said : mapping
        The part ``reversal`` of a run's document.
    currency : str
    """
    options = said["options"]
    if not options:
        return
    ends = [abs(entry[_NPV][end] or 0.0) for entry in options for end in ("p05", "p95")]
    by, unit, digits = scale(max(ends), currency)
    label = "Illustrative: if" if said["illustrative"] else "If"
    _heading(console, f"{label} everybody may be ordered back, {unit}")
    for entry in options:
        if entry["option"] == "now":
            console.print(Text(f"• {_finding(entry, by, unit, digits)}"))
    console.print()
    rows = {name: _option_row(e, by, digits) for e in options for name in [_key(e)]}
    print_grid(console, "option", _OPTIONS, _sections(options, rows))
    console.print(Text(f"{_OPTIONS_READ} {_gate_words(said)}", style="dim"))
    _heading(console, "If the order comes: people without a workstation, by weeks after it")
    acting = [entry for entry in options if entry["option"] != "never"]
    weeks = [str(week["week"]) for week in acting[0]["unmet_in_week"]]
    rows = {_key(entry): _weeks_row(entry) for entry in acting}
    print_grids(console, "option", weeks, _sections(acting, rows))
    console.print(
        Text("Means over draws, of a working day; space comes back in turn.", style="dim")
    )
    _heading(console, f"Coming back, {unit}")
    rows = {_key(entry): _back_row(entry, by, digits) for entry in acting}
    print_grids(console, "option", _BACK, _sections(acting, rows))
    _heading(console, f"How each way out is reversed, {currency}")
    ways = tuple(_exit_row(entry) for entry in said["exits"])
    print_grids(console, "way out", _EXITS, [Section("", ways)])


def _finding(entry: Mapping[str, Any], by: float, unit: str, digits: int) -> str:
    """Return in a sentence what an order does to a policy on which one acts now."""
    worst = max(entry["unmet_in_week"], key=lambda week: week["mean"])
    weeks, cost = entry["return_weeks"]["p50"], entry["return_cost"]["p50"]
    back = "no space comes back"
    if weeks is not None:
        back = f"the last space is back after {number(weeks)} weeks"
    return (
        f"{plain(entry['policy'])}: an order would leave about {number(worst['mean'])} people "
        f"without a workstation {worst['week']} weeks later; {back}, and that costs "
        f"{number(cost / by, digits)} {unit}. Acting now is the best in "
        f"{percent(entry['best_share'], 0)} % of draws."
    )


def _gate_words(said: Mapping[str, Any]) -> str:
    years = f"{said['gate_years']} year{'s' if said['gate_years'] > 1 else ''}"
    days = percent(said["gate_shortage_days"], 0)
    return (
        f"In stages: {percent(said['first_stage'], 0)} % of the release first, the rest after "
        f"{years} of data if they show a shortage on no more than {days} % of days and no order "
        "has come."
    )


def _heading(console: Console, title: str) -> None:
    console.print()
    console.print(Text(plain(title), style="bold underline"))


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["policy"], entry["option"]


def _sections(
    entries: Sequence[Mapping[str, Any]], rows: Mapping[tuple[str, str], Row]
) -> list[Section]:
    policies = dict.fromkeys(entry["policy"] for entry in entries)
    return [
        Section(plain(policy), tuple(row for (name, _), row in rows.items() if name == policy))
        for policy in policies
    ]


def _option_row(entry: Mapping[str, Any], by: float, digits: int) -> Row:
    npv, regret = entry[_NPV], entry["regret"]
    lost = entry["value_at_risk"]["value"] / by
    cells = (
        number(npv["p50"] / by, digits),
        interval(npv["p05"] / by, npv["p95"] / by, digits),
        percent(entry["npv_positive"]),
        number(lost, digits) if lost > 0 else "nothing",
        number(regret["mean"] / by, digits),
        percent(entry["best_share"]),
    )
    return Row(OPTION_WORDS[entry["option"]], cells)


def _weeks_row(entry: Mapping[str, Any]) -> Row:
    cells = tuple(number(week["mean"]) for week in entry["unmet_in_week"])
    return Row(OPTION_WORDS[entry["option"]], cells)


def _back_row(entry: Mapping[str, Any], by: float, digits: int) -> Row:
    weeks, cost = entry["return_weeks"], entry["return_cost"]
    cells = (
        number(weeks["p50"]),
        interval(weeks["p05"], weeks["p95"]),
        number(entry["unmet_weeks"]["p50"]),
        number(cost["p50"] / by, digits),
        interval(cost["p05"] / by, cost["p95"] / by, digits),
        number(entry["option_npv_ordered"]["p50"] / by, digits),
    )
    return Row(OPTION_WORDS[entry["option"]], cells)


def _exit_row(entry: Mapping[str, Any]) -> Row:
    weeks, cost = entry["weeks"], entry["cost"]
    cells = (
        percent(entry["share"]["mean"], 0),
        percent(entry["returns"]["mean"], 0),
        number(weeks["p50"]),
        interval(weeks["p05"], weeks["p95"]),
        number(cost["p50"]),
        interval(cost["p05"], cost["p95"]),
        number(entry["extra"]["p50"]),
    )
    return Row(entry["exit"], cells)


def print_co_benefits(console: Console, said: Mapping[str, Any], currency: str) -> None:
    """Print what people and climate gain.

    Parameters
    ----------
    console : Console
    said : mapping
        The part ``co_benefits`` of a run's document.
    currency : str
    """
    gains = [entry for entry in said["gains"] if entry["p50"] is not None]
    if not gains:
        return
    _heading(console, "What people and climate gain in a year")
    policies = dict.fromkeys(entry["policy"] for entry in gains)
    names = list(dict.fromkeys(entry["name"] for entry in gains))
    cells = {(entry["policy"], entry["name"]): _gain(entry) for entry in gains}
    rows = tuple(
        Row(_gain_name(name, currency), tuple(part for p in policies for part in cells[p, name]))
        for name in names
    )
    headings = [part for policy in policies for part in (plain(policy), "90 % interval")]
    print_grids(console, "", headings, [Section("", rows)])
    console.print(Text(_CO_READ, style="dim"))


def _gain(entry: Mapping[str, Any]) -> tuple[str, str]:
    by = {"hours/year": 1e3, "kg CO2e/year": 1e3, "people": 1.0}.get(entry["unit"], 1e6)
    digits = 1 if by == 1e6 else 0
    ends = interval(entry["p05"] / by, entry["p95"] / by, digits)
    return number(entry["p50"] / by, digits), ends


def _gain_name(name: str, currency: str) -> str:
    money = f"million {currency}"
    kind, _, group = name.partition(".")
    return {
        "commuting_hours": "commuting, thousand hours",
        "commuting_money": f"commuting, {money}",
        "commuting_co2e": "commuting, t CO2e",
        "energy_co2e": "energy, t CO2e",
        "residence_choice": "free to live anywhere, people",
        "priced_benefits": f"at their prices, {money}",
        "access": f"access, {group.replace('_', ' ')}, people",
    }[kind]
