"""Workstations against risk, for people: sizes, the frontier, pooling, and the least cost."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from sim.report.grid import Row, Section, print_grid, print_grids
from sim.report.places import shown_places, top_place
from sim.report.tables import (
    policy_title,
    print_classification,
    print_heading,
    print_list,
    print_title,
)
from sim.report.words import figure, interval, level_words, number, percent, plain
from sim.report.worth import scale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from sim.problem import PolicyPlan, Problem
    from sim.report.places import Place

Entry = dict[str, Any]

_STEPS_SHOWN = 7
_FRONTIER = (
    "work-\nstations",
    "shortage\ndays\n%",
    "weeks with\na shortage\n%",
    "person-days\nwithout one\n%",
    "level met\n% of draws",
    "one more saves\nshortage days\nin 100 days",
    "one more saves\nperson-days\nin 100 days",
)
_LEAST_COST = (
    "workstations\ntoday",
    "workstations\nof least cost",
    "90 % of draws,\nif known",
    "shortage\ndays\n%",
    "yearly cost",
    "± 95 %",
    "of it\nshortage",
)
_HOW_TO_READ = (
    "What one more workstation saves is the mean over those up to the document's next step."
)
_ONLY_RUNNING = (
    "A workstation costs the running cost of its area, not its furniture; what is not handed back "
    "still costs. The number if known is the one that would be best in each draw, had its inputs "
    "been known."
)


def print_sizes(console: Console, document: Mapping[str, Any], problem: Problem) -> None:
    """Print the workstations that levels need, and how risk falls with their number."""
    print_title(console, document)
    asked = list({(*_level(entry), entry["assurance"]): None for entry in document["sizes"]})
    if len(asked) == 1:
        _print_one(console, document, problem, *asked[0])
    else:
        _print_several(console, document, problem, asked)
    _print_frontier(console, document, problem)
    if "pooled" in document:
        _print_pooled(console, document["pooled"]["sizes"])
    if "least_cost" in document:
        _print_least_cost(console, document, problem)
    print_classification(console, document["scenario"]["classification"])


def _level(entry: Entry) -> tuple[str, float]:
    ((level, share),) = entry["level"].items()
    return level, share


def asked_words(level: str, share: float, assurance: float) -> str:
    """Return a service level and its assurance in words."""
    return f"{level_words(level, share)}, in {percent(assurance)} % of draws"


def _policies(problem: Problem, entries: Sequence[Entry]) -> list[PolicyPlan]:
    names = {entry["policy"] for entry in entries}
    return [plan for plan in problem.policies if plan.name in names]


def _print_one(
    console: Console,
    document: Mapping[str, Any],
    problem: Problem,
    level: str,
    share: float,
    assurance: float,
) -> None:
    said = f"Workstations for {asked_words(level, share, assurance)}\n"
    console.print(Text(said, style="bold"))
    by_place = {(e["policy"], e["scope"], e["body"]): e for e in document["sizes"]}

    def row(plan: PolicyPlan, place: Place) -> Row:
        entry = by_place[plan.name, place.scope, place.name]
        cells = (place.people, place.workstations, entry["workstations"])
        return Row(place.name, (*map(number, cells), percent(entry["level_met"])))

    sections = [
        Section(policy_title(plan), tuple(row(plan, place) for place in shown_places(problem)))
        for plan in _policies(problem, document["sizes"])
    ]
    headings = ["people", "workstations\ntoday", "workstations\nneeded", "level met\n% of draws"]
    print_grid(console, "", headings, sections)


def _print_several(
    console: Console,
    document: Mapping[str, Any],
    problem: Problem,
    asked: Sequence[tuple[str, float, float]],
) -> None:
    """Print a column of numbers for each level and assurance."""
    marks = [chr(ord("A") + k) if k < 26 else str(k + 1) for k in range(len(asked))]
    console.print(Text("Workstations needed", style="bold"))
    for mark, one in zip(marks, asked, strict=True):
        console.print(f"{mark}: {asked_words(*one)}")
    console.print()
    known = {
        (e["policy"], e["scope"], e["body"], *_level(e), e["assurance"]): e["workstations"]
        for e in document["sizes"]
    }

    def row(plan: PolicyPlan, place: Place) -> Row:
        cells = [known[plan.name, place.scope, place.name, *one] for one in asked]
        return Row(place.name, tuple(map(number, (place.workstations, *cells))))

    sections = [
        Section(policy_title(plan), tuple(row(plan, place) for place in shown_places(problem)))
        for plan in _policies(problem, document["sizes"])
    ]
    print_grids(console, "", ["today", *marks], sections)


def _print_frontier(console: Console, document: Mapping[str, Any], problem: Problem) -> None:
    """Print a few of the steps from too few workstations to plenty, of the level asked first."""
    place = top_place(problem)
    first = document["frontier"][0]["level"]
    sections = []
    for plan in _policies(problem, document["frontier"]):
        steps = [
            step
            for step in document["frontier"]
            if (step["policy"], step["scope"], step["body"], step["level"])
            == (plan.name, place.scope, place.name, first)
        ]
        rows = tuple(map(_step_row, _some(steps)))
        sections.append(Section(policy_title(plan), rows))
    print_heading(console, f"Workstations against risk, {plain(place.name)}")
    print_grids(console, "", _FRONTIER, sections)
    console.print(Text(_HOW_TO_READ, style="dim"))


def _some(steps: Sequence[Entry]) -> list[Entry]:
    """Return a few steps evenly spread, the chosen ones among them."""
    last = len(steps) - 1
    kept = {round(k * last / (_STEPS_SHOWN - 1)) for k in range(_STEPS_SHOWN)} if last else {0}
    return [step for k, step in enumerate(steps) if k in kept or step["chosen"]]


def _step_row(step: Entry) -> Row:
    days, people = step["marginal_shortage_days"], step["marginal_unmet_people"]
    cells = (
        number(step["workstations"]),
        percent(step["shortage_per_day"]),
        percent(step["shortage_per_week"]),
        percent(step["shortage_per_person"]),
        percent(step["level_met"]),
        number(None if days is None else 100 * days, 2),
        number(None if people is None else 100 * people, 1),
    )
    return Row("chosen" if step["chosen"] else "", cells)


def _print_pooled(console: Console, entries: Sequence[Entry]) -> None:
    """Print what one pool for all bodies saves."""
    print_heading(console, "If all bodies shared one pool of workstations")
    sections = [
        Section(
            asked_words(*key),
            tuple(
                Row(
                    e["policy"],
                    tuple(map(number, (e["apart"], e["workstations"], e["pooling_gain"]))),
                )
                for e in group
            ),
        )
        for key, group in groupby(
            sorted(entries, key=lambda e: (*_level(e), e["assurance"])),
            key=lambda e: (*_level(e), e["assurance"]),
        )
    ]
    print_grid(console, "", ["pools\nas they are", "one pool", "fewer"], sections)


def _print_least_cost(console: Console, document: Mapping[str, Any], problem: Problem) -> None:
    said, entries = document["shortage"], document["least_cost"]
    by_place = {(e["policy"], e["scope"], e["body"]): e for e in entries}
    largest = max(abs(e["yearly_cost"]["p95"]) for e in entries)
    by, unit, digits = scale(largest, problem.currency)

    def row(plan: PolicyPlan, place: Place) -> Row:
        entry = by_place[plan.name, place.scope, place.name]
        cost, known = entry["yearly_cost"], entry["if_known"]
        ends = cost["interval"]
        half = None if ends is None else (ends[1] - ends[0]) / 2 / by
        cells = (
            number(entry["today"]),
            number(entry["workstations"]),
            interval(known["p05"], known["p95"]),
            percent(entry["shortage_per_day"]),
            number(cost["mean"] / by, digits),
            number(half, max(1, digits)),
            number(entry["shortage_cost"]["mean"] / by, digits),
        )
        return Row(place.name, cells)

    sections = [
        Section(policy_title(plan), tuple(row(plan, place) for place in shown_places(problem)))
        for plan in _policies(problem, entries)
    ]
    price = f"{figure(said['price'])} {problem.currency}"
    print_heading(
        console, f"Least cost, {unit}, if a person-day without a workstation costs {price}"
    )
    print_grids(console, "", _LEAST_COST, sections)
    console.print(Text(_ONLY_RUNNING, style="dim"))
    open_ones = said["unconfirmed"]
    remarks = [f"Counted with {figure(said['working_days'])} working days a year."]
    if open_ones:
        remarks.append(f"Nobody has confirmed {', '.join(open_ones)}.")
    print_list(console, remarks)
