"""The estate's plan as a document and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from sim.analysis import blocked
from sim.analysis.blocked import HANDED_BACK, IN_USE
from sim.analysis.estate import ALLOTTED, WITH_SPARE, provided
from sim.problem import TOTAL
from sim.report.document import finite
from sim.report.grid import Row, Section, print_grid, print_grids
from sim.report.places import MOST_BODIES
from sim.report.tables import (
    print_classification,
    print_heading,
    print_list,
    print_register,
    print_remarks,
    print_title,
)
from sim.report.words import NOTHING, interval, level_words, number, percent, plain
from sim.report.worth import scale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from sim.analysis.estate import Found
    from sim.estateplan import EstatePlan
    from sim.problem import Problem
    from sim.scenario.types import Provenance

_RISKS = ("shortage_per_day", "shortage_per_week", "shortage_per_person")
LOOSE = "floors with fewer workstations than the norm"
"""Space in use over what the scenario's area norm would need for the same workstations."""
_MONEY = ("cost_of_doing_nothing", "cost_of_plan", "saving", "saving_positive")


def entries(problem: Problem, found: Found) -> dict[str, Any]:
    """Return what the document says beside engine and scenario.

    Parameters
    ----------
    problem : Problem
        With an estate.
    found : Found

    Returns
    -------
    dict
    """
    plan = problem.estate
    assert plan is not None, "asked for only with an estate"
    policy = problem.policies[problem.policy_names.index(plan.policy)]
    assert policy.service is not None, "the loader asks for a service level"
    years = _years(plan, found)
    return {
        "policy": plan.policy,
        "level": {policy.service.level: policy.service.share},
        "assurance": policy.service.assurance,
        "mip_gap": found.choice.gap,
        "mip_seconds": round(found.seconds, 3),
        "chosen_at": "medians of prices and rates",
        **{
            key: [year[key] for year in years]
            for key in ("theoretical", "releasable", "vacated", "handed_back")
        },
        "days": [day.isoformat() for day in plan.days],
        "years": years,
        "phasing": _phasing(years),
        "schedule": blocked.schedule(plan, found.choice),
        "stacking": _stacking(problem, plan, found),
        "blocked": _blocked(plan, found),
        "required": _required(problem, plan, found),
        "risk": _risk(plan, found),
        "money": _money(problem, plan, found),
    }


def _years(plan: EstatePlan, found: Found) -> list[dict[str, Any]]:
    """Return areas, workstations and spending of each year."""
    those = blocked.parts(plan, found.terms, found.choice)
    total = float(plan.areas.sum())
    each = np.arange(len(found.terms.unit_spend))
    left = found.terms.unit_spend[each, found.choice.emptied].sum(axis=0)
    places = found.terms.places.sum(axis=0)
    entries_ = []
    for year, name in enumerate(plan.year_names):
        asked = found.risk[year]["required_area"].sel(policy=ALLOTTED, place=TOTAL)
        needed = float(asked.sel(statistic="p50"))
        by_reason: dict[str, float] = {}
        for part in those:
            if part.year == year:
                by_reason[part.reason] = by_reason.get(part.reason, 0.0) + part.area
        loose = by_reason.get(IN_USE, 0.0) - needed
        if loose > 0:
            by_reason[IN_USE], by_reason[LOOSE] = needed, loose
        moves = int(found.choice.moves[year])
        entries_.append(
            {
                "year": name,
                "area": total,
                "required_area": needed,
                "theoretical": total - needed,
                "releasable": float(found.releasable[year]),
                "vacated": float(plan.areas[~found.choice.used[:, year]].sum()),
                "handed_back": by_reason.get(HANDED_BACK, 0.0),
                "by_reason": dict(sorted(by_reason.items(), key=lambda item: -item[1])),
                "required_workstations": int(found.required[:, year].sum()),
                "workstations_in_use": int(places[found.choice.used[:, year]].sum()),
                "moves": moves,
                "spending": float(moves * found.terms.move_spend + left[year]),
            }
        )
    return entries_


def _phasing(years: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return which share of the theoretical release is vacated and handed back, by year."""
    return [
        {
            "year": year["year"],
            "vacated": finite(_share(year["vacated"], year["theoretical"])),
            "handed_back": finite(_share(year["handed_back"], year["theoretical"])),
        }
        for year in years
    ]


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _stacking(problem: Problem, plan: EstatePlan, found: Found) -> list[dict[str, Any]]:
    """Return who sits where at the end of each year."""
    seats, party = found.choice.seats, found.terms
    return [
        {
            "body": problem.bodies[party.body[p]],
            "building": plan.floors[f].building,
            "floor": plan.floors[f].name,
            "secure": bool(party.kind[p]),
            "today": int(party.seated[p, f]),
            "workstations": dict(zip(plan.year_names, seats[p, f].tolist(), strict=True)),
        }
        for p, f in np.ndindex(seats.shape[:2])
        if seats[p, f].any() or party.seated[p, f]
    ]


def _blocked(plan: EstatePlan, found: Found) -> list[dict[str, Any]]:
    """Return what keeps each m² that is neither in use nor handed back."""
    return [
        {
            "year": plan.year_names[part.year],
            "building": plan.floors[part.floor].building,
            "floor": plan.floors[part.floor].name,
            "area_m2": part.area,
            "reason": part.reason,
        }
        for part in blocked.parts(plan, found.terms, found.choice)
        if part.reason not in (IN_USE, HANDED_BACK)
    ]


def _required(problem: Problem, plan: EstatePlan, found: Found) -> list[dict[str, Any]]:
    allotted, with_spare = provided(problem, found.terms, found.choice)
    return [
        {
            "body": body,
            "year": name,
            "required": int(found.required[b, year]),
            "allotted": int(allotted[b, year]),
            "with_spare": int(with_spare[b, year]),
        }
        for b, body in enumerate(problem.bodies)
        for year, name in enumerate(plan.year_names)
    ]


def _risk(plan: EstatePlan, found: Found) -> list[dict[str, Any]]:
    """Return the shortage of each year, body, tier and the total, over all draws."""
    said = []
    for name, summary in zip(plan.year_names, found.risk, strict=True):
        for place, scope in zip(summary["place"].values, summary["scope"].values, strict=True):
            for policy in (ALLOTTED, WITH_SPARE):
                for metric in _RISKS:
                    table = summary[metric].sel(policy=policy, place=place)
                    said.append(
                        {
                            "year": name,
                            "workstations": policy,
                            "scope": str(scope),
                            "body": str(place),
                            "name": metric,
                            **{
                                str(s): finite(float(table.sel(statistic=s)))
                                for s in summary["statistic"].values
                            },
                        }
                    )
    return said


def _money(problem: Problem, plan: EstatePlan, found: Found) -> list[dict[str, Any]]:
    names = [*_MONEY, *(f"saving_{year}" for year in plan.year_names)]
    return [
        {
            "name": name,
            "unit": "1" if name == "saving_positive" else problem.currency,
            **{key: finite(float(v[k])) for key, v in found.money.statistics.items()},
        }
        for k, name in enumerate(names)
    ]


def print_estate(
    console: Console,
    document: Mapping[str, Any],
    problem: Problem,
    register: dict[str, Provenance],
    notes: Sequence[str],
) -> None:
    """Print the plan.

    Parameters
    ----------
    console : Console
    document : mapping
        As ``estate --json`` prints it.
    problem : Problem
    register : dict of str to Provenance
        Every stated figure by its path.
    notes : sequence of str
        What was detected about the scenario's tables.
    """
    print_title(console, document)
    ((level, share),) = document["level"].items()
    said = f"{level_words(level, share)}, in {percent(document['assurance'], 0)} % of draws"
    console.print(Text(plain(f"Policy {document['policy']}: {said}")))
    _print_areas(console, document)
    _print_reasons(console, document)
    _print_schedule(console, document)
    _print_stacking(console, document)
    _print_risk(console, document)
    _print_money(console, document, problem.currency)
    print_heading(console, "What to take from this")
    print_list(console, _findings(document, problem))
    print_register(console, register)
    print_remarks(console, "How tables were read", notes)
    print_classification(console, document["scenario"]["classification"])


def _print_areas(console: Console, document: Mapping[str, Any]) -> None:
    print_heading(console, "Release of space, m²")
    rows = tuple(
        Row(
            year["year"],
            (
                *(
                    number(year[key])
                    for key in ("area", "theoretical", "releasable", "vacated", "handed_back")
                ),
                number(year["required_workstations"]),
                number(year["workstations_in_use"]),
                number(year["moves"]),
            ),
        )
        for year in document["years"]
    )
    headings = ["today", "theoretical", "releasable", "vacated", "handed\nback"]
    headings += ["workstations\nrequired", "on floors\nin use", "moved"]
    print_grid(console, "year", headings, [Section("", rows)])
    said = (
        "Theoretical: today less the median required area. Releasable: whole floors or buildings "
        "that what is required could leave empty, whatever leases, takers, moves and money say. "
        "Vacated: out of use from the start of the year. Handed back: by its end."
    )
    console.print(Text(said, style="dim"))


def _print_reasons(console: Console, document: Mapping[str, Any]) -> None:
    print_heading(console, "What becomes of each m², by year")
    years = document["years"]
    reasons = [IN_USE, HANDED_BACK]
    others = {reason for year in years for reason in year["by_reason"]} - set(reasons)
    reasons += sorted(others, key=lambda r: -max(y["by_reason"].get(r, 0.0) for y in years))
    rows = tuple(
        Row(
            reason,
            tuple(
                number(year["by_reason"][reason]) if reason in year["by_reason"] else NOTHING
                for year in years
            ),
        )
        for reason in reasons
    )
    print_grids(console, "", [year["year"] for year in years], [Section("", rows)])


def _print_schedule(console: Console, document: Mapping[str, Any]) -> None:
    print_heading(console, "What is kept, and what is left when")
    sections: dict[str, list[Row]] = {}
    for unit in document["schedule"]:
        place = (
            unit["building"] if unit["floor"] is None else f"{unit['building']}, {unit['floor']}"
        )
        kept = f"{unit['floors_kept']} of {unit['floors']}"
        cells = (
            unit["right"].replace("_", " "),
            number(unit["area_m2"]),
            kept,
            unit["empty_from"] or "kept",
            unit["handed_back"] or NOTHING,
        )
        sections.setdefault("", []).append(Row(place, cells))
    headings = ["right", "m²", "floors in use\nat the end", "empty from", "handed back"]
    print_grid(
        console, "building", headings, [Section(k, tuple(rows)) for k, rows in sections.items()]
    )


def _print_stacking(console: Console, document: Mapping[str, Any]) -> None:
    """Print who sits where, building by building."""
    bodies = list(dict.fromkeys(entry["body"] for entry in document["stacking"]))
    if len(bodies) > MOST_BODIES:
        console.print(Text("\nWho sits where is in --json: there are too many bodies.", "dim"))
        return
    print_heading(console, "Who sits where, workstations at the end of the year")
    years = [year["year"] for year in document["years"]]
    sections: dict[str, list[Row]] = {}
    for entry in document["stacking"]:
        mark = " (secure)" if entry["secure"] else ""
        name = f"{entry['building']}, {entry['floor']}{mark}"
        numbers = [entry["today"], *(entry["workstations"][year] for year in years)]
        cells = tuple(number(n) if n else NOTHING for n in numbers)
        sections.setdefault(entry["body"], []).append(Row(name, cells))
    shown = [Section(plain(body), tuple(sections[body])) for body in bodies]
    print_grids(console, "", ["today", *years], shown)


def _print_risk(console: Console, document: Mapping[str, Any]) -> None:
    print_heading(console, "Risk of the plan, all bodies together")
    total = {
        (e["year"], e["workstations"], e["name"]): e
        for e in document["risk"]
        if e["scope"] == "total"
    }
    rows = []
    for year in document["years"]:
        for kind in (ALLOTTED, WITH_SPARE):
            cells = []
            for metric in _RISKS:
                entry = total[year["year"], kind, metric]
                cells.append(percent(entry["mean"]))
                if metric == _RISKS[0]:
                    low, high = (percent(entry[key]) for key in ("p05", "p95"))
                    cells.append(f"{low} to {high}")
            rows.append(Row(f"{year['year']}, {kind}", tuple(cells)))
    headings = [
        "shortage\ndays %",
        "90 % interval\n%",
        "shortage\nweeks %",
        "person-days without\na workstation %",
    ]
    print_grid(console, "", headings, [Section("", tuple(rows))])
    said = (
        "Allotted: the workstations that are required. With spare: and those over on the floors "
        "where a body sits. A day on which any one body is short counts as short for all."
    )
    console.print(Text(said, style="dim"))


def _print_money(console: Console, document: Mapping[str, Any], currency: str) -> None:
    money = {entry["name"]: entry for entry in document["money"]}
    largest = max(abs(money[name][key] or 0.0) for name in _MONEY[:3] for key in ("p05", "p95"))
    by, unit, digits = scale(largest, currency)
    mark = "Illustrative money" if document["scenario"]["unconfirmed"] else "Money"
    print_heading(console, f"{mark} of the plan, {unit}")
    names = {
        "cost_of_doing_nothing": "cost of keeping everything",
        "cost_of_plan": "cost of the plan",
        "saving": "saving",
    }
    rows = [
        Row(f"{words}, present value", _money_cells(money[name], by, digits))
        for name, words in names.items()
    ]
    for year in document["years"]:
        entry = money[f"saving_{year['year']}"]
        rows.append(
            Row(f"saving of {year['year']}, not discounted", _money_cells(entry, by, digits))
        )
    print_grid(
        console, "", ["mean", "median", "90 % interval", "± chance"], [Section("", tuple(rows))]
    )


def _money_cells(entry: Mapping[str, Any], by: float, digits: int) -> tuple[str, ...]:
    low, high = (entry[key] / by for key in ("p05", "p95"))
    error = NOTHING if entry["mcse"] is None else number(1.96 * entry["mcse"] / by, digits + 1)
    return (
        number(entry["mean"] / by, digits),
        number(entry["p50"] / by, digits),
        interval(low, high, digits),
        error,
    )


def _findings(document: Mapping[str, Any], problem: Problem) -> list[str]:
    """Return the sentences to take away."""
    last = document["years"][-1]
    saved = next(e for e in document["money"] if e["name"] == "saving_positive")
    gap = document["mip_gap"]
    lost = last["theoretical"] - last["handed_back"]
    first = (
        f"Of {number(last['theoretical'])} m² released in theory, {number(last['handed_back'])} m² "
        f"are handed back by the end of {last['year']}; {number(lost)} m² are not."
    )
    reasons = {
        reason: area
        for reason, area in last["by_reason"].items()
        if reason not in (IN_USE, HANDED_BACK)
    }
    why = ", ".join(f"{reason} {number(area)} m²" for reason, area in list(reasons.items())[:4])
    if why:
        first += f" What is neither in use nor handed back: {why}."
    words = "of unknown gap" if gap is None else f"within {percent(gap, 2)} % of the least cost"
    chosen = (
        f"The plan is {words}, chosen in {document['mip_seconds']:.1f} s at the medians of prices "
        "and rates; risk and money are of all draws."
    )
    chance = f"It costs less than keeping everything in {percent(saved['mean'])} % of draws."
    own = sum(body.sum() for body in (problem.area,))
    said = [first, chance, chosen]
    if abs(own - last["area"]) > 0.01 * last["area"]:
        said.append(
            f"The bodies have {number(own)} m² in the scenario, the floors {number(last['area'])} "
            "m²; areas here are those of the floors."
        )
    return said
