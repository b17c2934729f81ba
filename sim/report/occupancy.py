"""What people read about weeks in time: tables by policy, pool and weekday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from sim.occupancy.result import FEWEST, WEEK
from sim.problem import TOTAL
from sim.report.document import finite
from sim.report.grid import Row, Section, print_grids
from sim.report.tables import (
    print_classification,
    print_heading,
    print_list,
    print_register,
    print_remarks,
)
from sim.report.words import NOTHING, number, percent, plain
from sim.variables import OCCUPANCY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import xarray as xr
    from rich.console import Console

    from sim.problem import Problem
    from sim.scenario.types import Provenance

_MOST_SECTIONS = 8
_WORST = 5
_COUNTED = (
    "Shortage days are counted twice. By day counts a day is short if more people come than there "
    "are workstations, as in `officesim run`. In hours it is short if somebody looks for a "
    "workstation and finds none: who comes may wait, spill over or sit where another has left, so "
    "hours are milder where people come and go, and harsher where neighbourhoods stay apart or "
    "bookings stand empty."
)


def metric_entries(result: xr.Dataset) -> list[dict[str, Any]]:
    """Return one entry for each metric, policy, place and day; what does not exist is null.

    Parameters
    ----------
    result : xarray.Dataset
        From ``sim.occupancy.result.dataset``.

    Returns
    -------
    list of dict
    """
    return [entry for variable in OCCUPANCY for entry in _entries(result[variable.name])]


def _entries(values: xr.DataArray) -> Iterator[dict[str, Any]]:
    """Yield the statistics over replications along every other dimension but slots."""
    if "slot" in values.dims:
        return
    others = [dim for dim in values.dims if dim != "replication"]
    table = values.transpose(*others, "replication")
    for index in np.ndindex(table.shape[:-1]):
        at: dict[str, str] = {
            str(dim): str(table[dim].values[i]) for dim, i in zip(others, index, strict=True)
        }
        scope, body = _place(at)
        yield {
            "name": str(values.name),
            "unit": values.attrs["units"],
            "policy": at["policy"],
            "scope": scope,
            "body": body,
            "day": at.get("day", WEEK),
            **_statistics(table.values[index]),
        }


def _place(at: Mapping[str, str]) -> tuple[str, str]:
    for dim in ("pool", "team", "mode", "characteristic"):
        if dim in at and at[dim] != TOTAL:
            return dim, at[dim]
    return TOTAL, TOTAL


def _statistics(values: np.ndarray) -> dict[str, float | None]:
    there = values[np.isfinite(values)]
    share = there.size / values.size
    if there.size == 0:
        names = ("mean", "sd", "p05", "p50", "p95", "mcse")
        return dict.fromkeys(names) | {"defined_share": share}
    sd = float(there.std(ddof=1)) if there.size > 1 else float("nan")
    low, middle, high = np.quantile(there, (0.05, 0.5, 0.95))
    return {
        "mean": float(there.mean()),
        "sd": finite(sd),
        "p05": float(low),
        "p50": float(middle),
        "p95": float(high),
        "mcse": finite(sd / there.size**0.5),
        "defined_share": share,
    }


def print_occupancy(
    console: Console,
    document: Mapping[str, Any],
    result: xr.Dataset,
    problem: Problem,
    register: dict[str, Provenance],
    notes: Sequence[str],
) -> None:
    """Print weeks in time.

    Parameters
    ----------
    console : Console
    document : mapping
        As ``occupancy --json`` prints it.
    result : xarray.Dataset
        From ``sim.occupancy.result.dataset``.
    problem : Problem
    register : dict of str to Provenance
        Every stated figure by its path.
    notes : sequence of str
        What was detected about the scenario's tables.
    """
    _print_title(console, document)
    mean = result.mean("replication", skipna=True)
    _print_pools(console, result, mean, problem)
    _print_days(console, result, mean, problem)
    _print_people(console, mean, problem)
    _print_site(console, mean, problem)
    print_heading(console, "How to read this")
    print_list(console, [_COUNTED])
    print_register(console, register)
    print_remarks(console, "How tables were read", notes)
    print_classification(console, document["scenario"]["classification"])


def _print_title(console: Console, document: Mapping[str, Any]) -> None:
    scenario, engine = document["scenario"], document["engine"]
    print_classification(console, scenario["classification"])
    console.print(Text(f"{plain(scenario['title'])}: weeks in time", style="bold"))
    said = [plain(scenario["name"]), f"{engine['replications']:,} replications"]
    said += [f"{engine['weeks']:,} weeks each", f"seed {engine['seed']}"]
    said += [f"{engine['engine']} engine", f"{engine['events']:,} events"]
    console.print(Text(" · ".join(said), style="dim"))
    if scenario["overrides"]:
        console.print(Text(f"changed: {plain('; '.join(scenario['overrides']))}", style="dim"))


_HEADINGS = [
    "shared\nwork-\nstations",
    "people\na day",
    "peak\nmean",
    "peak\np95",
    "peak\nmost",
    "hours above\nworkstations\na day",
    "people who\nwait\n%",
    "wait\nmin",
    "person-days\nwithout\n%",
    "shortage days\nin hours\n%",
    "shortage days\nby counts\n%",
    "work-\nstation\nhours used\n%",
]


def _row(name: str, result: xr.Dataset, mean: xr.Dataset, policy: str, pool: str, day: str) -> Row:
    at = {"policy": policy, "pool": pool, "day": day}
    one = mean.sel(at)
    peaks = result["peak_by_date"].sel(policy=policy, pool=pool).values
    if day != WEEK:
        peaks = peaks[:, list(result["day"].values).index(day) :: 5]
    peaks = peaks[peaks >= 0]
    high, most = (np.quantile(peaks, 0.95), peaks.max()) if peaks.size else (None, None)
    cells = (
        number(_value(mean["workstations"].sel(policy=policy, pool=pool))),
        number(_value(one["people_sharing"])),
        number(_value(one["peak_present"])),
        number(high),
        number(most),
        number(_value(one["hours_above"]), 1),
        percent(_value(one["waiting_share"])),
        number(_value(one["waiting_minutes"])),
        percent(_value(one["unseated_share"])),
        percent(_value(one["shortage_days"])),
        percent(_value(one["counted_shortage_days"])),
        percent(_value(one["hours_used"] / one["hours_open"]) if one["hours_open"] > 0 else None),
    )
    return Row(name, cells)


def _value(value: xr.DataArray) -> float | None:
    return finite(float(value))


def _titles(problem: Problem, result: xr.Dataset) -> Iterator[tuple[str, str]]:
    """Yield each policy with its title."""
    titles = {plan.name: plan.title for plan in problem.policies}
    for policy in map(str, result["policy"].values):
        title = titles[policy]
        yield policy, plain(policy if title == policy else f"{policy}: {title}")


def _shown_pools(mean: xr.Dataset, policy: str) -> list[str]:
    """Return the pools worth a row: all of a few, else the worst; the total where it adds."""
    *pools, total = map(str, mean["pool"].values)
    if len(pools) == 1:
        return pools
    if len(pools) > _WORST + 1:
        share = mean["unseated_share"].sel(policy=policy, day=WEEK).values[:-1]
        worst = np.argsort(-np.nan_to_num(share), kind="stable")[:_WORST]
        pools = [pools[k] for k in worst]
    return [*pools, total]


def _print_pools(console: Console, result: xr.Dataset, mean: xr.Dataset, problem: Problem) -> None:
    sections = [
        Section(
            title,
            tuple(
                _row(pool, result, mean, policy, pool, WEEK) for pool in _shown_pools(mean, policy)
            ),
        )
        for policy, title in _titles(problem, result)
    ]
    print_heading(console, "By pool, over all working days")
    print_grids(console, "", _HEADINGS, sections)
    if mean.sizes["pool"] > _WORST + 2:
        said = f"Of {mean.sizes['pool'] - 1} neighbourhoods the {_WORST} worst; --json for all."
        console.print(Text(said, style="dim"))


def _print_days(console: Console, result: xr.Dataset, mean: xr.Dataset, problem: Problem) -> None:
    """Print the weekdays: of every pool where that is readable, else of the total."""
    *pools, total = map(str, mean["pool"].values)
    many = len(pools) * mean.sizes["policy"] > _MOST_SECTIONS
    shown = pools if len(pools) == 1 or not many else [total]
    sections = [
        Section(
            f"{title}, {plain(pool)}" if len(pools) > 1 else title,
            tuple(
                _row(day, result, mean, policy, pool, day)
                for day in map(str, mean["day"].values)
                if day != WEEK
            ),
        )
        for policy, title in _titles(problem, result)
        for pool in shown
    ]
    print_heading(console, "By weekday")
    print_grids(console, "", _HEADINGS, sections)


def _print_people(console: Console, mean: xr.Dataset, problem: Problem) -> None:
    """Print who is left without a workstation: by mode, team and group."""
    sections = []
    for policy, title in _titles(problem, mean):
        one = mean.sel(policy=policy)
        rows = [
            Row(f"{mode} staff", (percent(_value(one["mode_unseated_share"].sel(mode=mode))), "–"))
            for mode in map(str, mean["mode"].values)
            if np.isfinite(one["mode_unseated_share"].sel(mode=mode))
        ]
        if problem.occupancy is not None and problem.occupancy.stated_teams:
            share = one["team_unseated_share"].values
            worst = np.argsort(-np.nan_to_num(share), kind="stable")[:_WORST]
            for team in mean["team"].values[worst]:
                at = one.sel(team=team)
                cells = (at["team_unseated_share"], at["team_shortage_days"])
                rows.append(Row(f"team {team}", tuple(percent(_value(cell)) for cell in cells)))
        sections.append(Section(title, tuple(rows)))
    print_heading(console, "Who is left without a workstation")
    headings = ["person-days\nwithout\n%", "days with somebody\nleft out\n%"]
    print_grids(console, "", headings, sections)
    if mean.sizes["team"] > _WORST and problem.occupancy and problem.occupancy.stated_teams:
        said = f"Of {mean.sizes['team']} teams the {_WORST} worst; --json for all."
        console.print(Text(said, style="dim"))
    if mean.sizes["characteristic"]:
        _print_groups(console, mean, problem)


def _print_groups(console: Console, mean: xr.Dataset, problem: Problem) -> None:
    headings = [
        "eligible\n%",
        "ready\n%",
        "remote\n%",
        "person-days\nwithout\n%",
        "gap to all\npoints",
    ]
    sections = []
    for policy, title in _titles(problem, mean):
        one = mean.sel(policy=policy)
        everybody = one["characteristic_unseated_share"].sel(characteristic=TOTAL)
        rows = []
        for name in map(str, mean["characteristic"].values):
            at = one.sel(characteristic=name)
            gap = 100 * (at["characteristic_unseated_share"] - everybody)
            shares = ("eligible", "ready", "remote", "unseated")
            cells = [percent(_value(at[f"characteristic_{share}_share"])) for share in shares]
            last = NOTHING if name == TOTAL else number(_value(gap), 1)
            rows.append(Row("all staff" if name == TOTAL else name, (*cells, last)))
        sections.append(Section(title, tuple(rows)))
    print_heading(console, "By group of people")
    print_grids(console, "", headings, sections)
    said = f"Nothing is told of a group of fewer than {FEWEST} people."
    console.print(Text(said, style="dim"))


def _print_site(console: Console, mean: xr.Dataset, problem: Problem) -> None:
    """Print what holds for the site as a whole."""
    rows = []
    for policy, _ in _titles(problem, mean):
        one = mean.sel(policy=policy)
        whole = one.sel(pool=TOTAL, day=WEEK)
        cells = (
            percent(_value(one["worst_team_shortage"])),
            percent(_value(one["meeting_shortage"])),
            percent(_value(whole["spill_share"])),
            number(_value(whole["hours_used"])),
            number(_value(whole["hours_open"])),
            percent(_value(whole["unseated_share_apart"])),
            percent(_value(whole["unseated_share_pooled"])),
            number(_value(100 * whole["pooling_gain"]), 1),
        )
        rows.append(Row(policy, cells))
    print_heading(console, "The site as a whole")
    headings = [
        "worst team's\nshortage days\n%",
        "meetings\nwithout room\n%",
        "seated away\nfrom home\n%",
        "workstation-\nhours used\na day",
        "workstation-\nhours open\na day",
        "person-days\nwithout, apart\n%",
        "person-days\nwithout, pooled\n%",
        "pooling\ngain\npoints",
    ]
    print_grids(console, "policy", headings, [Section("", tuple(rows))])
