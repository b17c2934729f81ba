"""What people read in a terminal: tables and sentences made from the numbers of a document."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from sim.report.consequences import print_co_benefits, print_reversal
from sim.report.grid import Row, Section, grid_width, print_grid
from sim.report.places import MOST_BODIES, Results, shown_places, top_place
from sim.report.register import figure_lines
from sim.report.words import (
    DAYS,
    UPPER_BOUND,
    desk_sharing,
    drawn_words,
    findings,
    fold_path,
    interval,
    number,
    percent,
    plain,
    precision_words,
)
from sim.report.worth import print_worth, scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.console import Console

    from sim.problem import PolicyPlan, Problem
    from sim.report.places import Place
    from sim.scenario.types import Provenance

_MONEY = ("vacated_running_cost", "investment")
_HOW_TO_READ = (
    "Medians over draws, with 5 % of draws below and above the interval; days on average."
)


@dataclass(frozen=True)
class _Column:
    heading: str
    cell: Callable[[Results, PolicyPlan, Place], str]


def _required(results: Results, plan: PolicyPlan, place: Place) -> str:
    return number(results.value(plan, place, "required_area"))


def _released(results: Results, plan: PolicyPlan, place: Place) -> str:
    return number(results.value(plan, place, "released_area"))


def _released_range(results: Results, plan: PolicyPlan, place: Place) -> str:
    return interval(*results.ends(plan, place, "released_area"))


def _released_share(results: Results, plan: PolicyPlan, place: Place) -> str:
    return percent(results.value(plan, place, "released_share"))


def _workstations(results: Results, plan: PolicyPlan, place: Place) -> str:
    return number(results.value(plan, place, "workstations"))


def _sharing(results: Results, plan: PolicyPlan, place: Place) -> str:
    """Return the ratio over people who are not fully remote.

    Where posts have functions that bind them to the premises, the remote mode has days on site.
    """
    if any(group.floor > 0 for group in plan.groups):
        return desk_sharing(None, None)
    remote = results.value(plan, place, "remote_staff") or 0.0
    return desk_sharing(results.value(plan, place, "workstations"), place.people - remote)


def _short_days(results: Results, plan: PolicyPlan, place: Place) -> str:
    return percent(results.value(plan, place, "shortage_per_day", "mean"))


def _level_met(results: Results, plan: PolicyPlan, place: Place) -> str:
    return percent(results.value(plan, place, "level_met", "mean"))


_PEOPLE = _Column("people", lambda _results, _plan, place: number(place.people))
_SPACE = (
    _PEOPLE,
    _Column("today\nm²", lambda _results, _plan, place: number(place.area)),
    _Column("fixed\nm²", lambda _results, _plan, place: number(place.fixed_area)),
    _Column("required\nm²", _required),
    _Column("theoretical\nrelease\nm²", _released),
    _Column("90 % interval\nm²", _released_range),
    _Column("share\n%", _released_share),
)
_DESKS = (
    _Column("work-\nstations\ntoday", lambda _results, _plan, place: number(place.workstations)),
    _Column("work-\nstations\nprovided", _workstations),
    _Column("desk sharing:\nworkstations per person\nnot fully remote", _sharing),
    _Column("shortage\ndays\n%", _short_days),
    _Column("level met\n% of draws", _level_met),
)


def print_run(
    console: Console,
    document: Mapping[str, Any],
    problem: Problem,
    register: dict[str, Provenance],
    drawn: dict[str, frozenset[str]],
    notes: Sequence[str],
) -> None:
    """Print the summary of a run.

    Parameters
    ----------
    console : Console
    document : mapping
        As ``run --json`` prints it.
    problem : Problem
    register : dict of str to Provenance
        Every stated figure by its path.
    drawn : dict of str to frozenset of str
        By policy, the metrics that were drawn although exact arithmetic was asked for.
    notes : sequence of str
        What was detected about the scenario's tables.
    """
    results = Results(problem, document["metrics"])
    print_title(console, document)
    _print_places(console, results)
    _print_findings(console, results)
    _print_money(console, results)
    if "appraisal" in document:
        print_worth(console, document["appraisal"], results)
    if "reversal" in document:
        print_reversal(console, document["reversal"], problem.currency)
    if "co_benefits" in document:
        print_co_benefits(console, document["co_benefits"], problem.currency)
    print_register(console, register)
    print_remarks(console, "Drawn day by day, having no exact form", drawn_words(drawn))
    timed = [plan.name for plan in results.policies if plan.in_hours]
    print_remarks(console, "Shortage in hours, not by day counts", [_in_hours(n) for n in timed])
    print_remarks(console, "How tables were read", notes)
    if "precision" in document:
        _print_precision(console, document["precision"], document["engine"]["draws"])
    print_classification(console, document["scenario"]["classification"])


def print_title(console: Console, document: Mapping[str, Any]) -> None:
    """Print what was computed and how, the classification first."""
    scenario, engine = document["scenario"], document["engine"]
    print_classification(console, scenario["classification"])
    console.print(Text(plain(scenario["title"]), style="bold"))
    basis = scenario["area_basis"].replace("_", " ")
    said = [plain(scenario["name"]), scenario["currency"], f"areas: {basis}"]
    said += [f"{engine['draws']:,} draws", f"seed {engine['seed']}"]
    said += [f"{engine['design']} design", f"{engine['estimator']} estimator"]
    console.print(Text(" · ".join(said), style="dim"))
    if scenario["overrides"]:
        console.print(Text(f"changed: {plain('; '.join(scenario['overrides']))}", style="dim"))


def print_classification(console: Console, classification: str | None) -> None:
    """Print the marking that belongs on every output, where there is one."""
    if classification:
        console.print(Text(plain(classification), style="bold reverse"))


def _in_hours(policy: str) -> str:
    return (
        f"{policy}: a day is short if somebody looks for a workstation and finds none, after "
        "waiting and looking elsewhere; `officesim occupancy` shows it beside day counts."
    )


def _print_places(console: Console, results: Results) -> None:
    """Print space and workstations by policy and place: in one table, or in two if it is wide."""
    parts: list[tuple[tuple[_Column, ...], str]] = [(_SPACE + _DESKS, "")]
    names = max(cell_len(plain(place.name)) for place in shown_places(results.problem))
    if names + grid_width(*_grid(results, _SPACE + _DESKS)) > console.width:
        parts = [(_SPACE, "Space"), (_DESKS, "Workstations")]
    for columns, title in parts:
        console.print()
        if title:
            console.print(Text(title, style="bold underline"))
        print_grid(console, "", *_grid(results, columns))
    console.print()
    console.print(Text(_HOW_TO_READ, style="dim"))
    if len(results.problem.bodies) > MOST_BODIES:
        console.print(Text("Tiers and the total only; --json for all bodies.", style="dim"))


def _grid(results: Results, columns: Sequence[_Column]) -> tuple[list[str], list[Section]]:
    sections = [
        Section(
            policy_title(plan),
            tuple(
                Row(place.name, tuple(column.cell(results, plan, place) for column in columns))
                for place in shown_places(results.problem)
            ),
        )
        for plan in results.policies
    ]
    return [column.heading for column in columns], sections


def policy_title(plan: PolicyPlan) -> str:
    """Return what heads the rows of a policy."""
    return plain(plan.name if plan.title == plan.name else f"{plan.name}: {plan.title}")


def _print_findings(console: Console, results: Results) -> None:
    print_heading(console, "What to take from this")
    print_list(console, findings(results))


def _print_money(console: Console, results: Results) -> None:
    """Print money at the top, where the scenario states any cost."""
    problem = results.problem
    if not (problem.running_cost or any(gate.cost is not None for gate in problem.gates)):
        return
    place = top_place(problem)
    largest = max(
        abs(value or 0.0)
        for plan in results.policies
        for metric in _MONEY
        for value in results.ends(plan, place, metric)
    )
    by, unit, digits = scale(largest, problem.currency)
    rows = tuple(_money_row(results, plan, place, by, digits) for plan in results.policies)
    print_heading(console, f"Money, {place.name}, {unit}")
    headings = ["vacated running\ncost per year", "90 % interval"]
    headings += ["investment", "90 % interval", "payback\nyears"]
    print_grid(console, "policy", headings, [Section("", rows)])
    console.print(Text(UPPER_BOUND, style="dim"))


def _money_row(results: Results, plan: PolicyPlan, place: Place, by: float, digits: int) -> Row:
    cells = []
    for metric in _MONEY:
        middle = results.value(plan, place, metric) or 0.0
        low, high = ((end or 0.0) / by for end in results.ends(plan, place, metric))
        cells += [number(middle / by, digits), interval(low, high, digits)]
    invests = results.value(plan, place, "investment", "mean")
    years = results.value(plan, place, "payback_years") if invests else None
    return Row(plan.name, (*cells, number(years, 1)))


def print_register(console: Console, register: dict[str, Provenance]) -> None:
    """Print every stated figure with its source and whether somebody has confirmed it."""
    open_ones = sum(not given.confirmed for given in register.values())
    print_heading(console, f"Assumptions: {open_ones} of {len(register)} figures not confirmed")
    _print_figures(console, register)


def _print_figures(console: Console, register: dict[str, Provenance]) -> None:
    shown = figure_lines(register)
    longest = max(len(line.path) for line in shown)
    width = min(longest, max(24, console.width // 3))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("figure", no_wrap=True, width=width)
    table.add_column("value or range", overflow="fold", ratio=4)
    table.add_column("source", overflow="fold", ratio=6)
    table.add_column("confirmed", no_wrap=True)
    table.expand = True
    for path, value, given in shown:
        mark = Text("yes") if given.confirmed else Text("NO", style="bold red")
        cells = (fold_path(plain(path), width), plain(value))
        table.add_row(*map(Text, cells), Text(plain(given.source or "not stated")), mark)
    console.print(table)
    if len(shown) < len(register):
        console.print(Text("Bodies and teams with the same source share a line.", style="dim"))


def print_checked(
    console: Console,
    name: str,
    classification: str | None,
    register: dict[str, Provenance],
    notes: Sequence[str],
) -> None:
    """Print that a scenario is right, and the figures that nobody has confirmed.

    Parameters
    ----------
    console : Console
    name : str
        The file.
    classification : str or None
    register : dict of str to Provenance
        Every stated figure by its path.
    notes : sequence of str
        What was detected about the scenario's tables.
    """
    print_classification(console, classification)
    open_ones = {path: given for path, given in register.items() if not given.confirmed}
    said = f"{name}: no faults; {len(open_ones)} of {len(register)} figures not confirmed"
    console.print(Text(plain(said), style="bold"))
    if open_ones:
        _print_figures(console, open_ones)
    print_remarks(console, "How tables were read", notes)


def print_trace(console: Console, document: Mapping[str, Any]) -> None:
    """Print one draw's chain, number by number."""
    print_title(console, document)
    chosen = document["engine"]
    console.print(Text(f"policy {plain(chosen['policy'])}, draw {chosen['draw']:,}"))
    for (body, step), lines in groupby(
        document["trace"], lambda line: (line["body"], line["step"])
    ):
        print_heading(console, f"{plain(body)}: {step}")
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(overflow="fold", max_width=30)
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        table.add_column(overflow="fold")
        for line in lines:
            value = _trace_value(line["value"])
            cells = (plain(line["name"]), value, line["unit"], plain(line["how"]))
            table.add_row(*map(Text, cells))
        console.print(table)
    print_classification(console, document["scenario"]["classification"])


def _trace_value(value: float | list[float] | None) -> str:
    """Return a number with its digits, or one line for each weekday."""
    if value is None:
        return number(None)
    if isinstance(value, list):
        return "\n".join(f"{day} {part:,.6g}" for day, part in zip(DAYS, value, strict=True))
    if value == round(value):
        return number(value)
    return number(value, 2) if abs(value) >= 1e4 else f"{value:,.8g}"


def print_heading(console: Console, text: str) -> None:
    """Print the heading of a part."""
    console.print()
    console.print(Text(plain(text), style="bold underline"))


def print_list(console: Console, sentences: Iterable[str]) -> None:
    """Print sentences one below the other."""
    table = Table.grid(padding=(0, 1))
    for sentence in sentences:
        table.add_row("•", Text(plain(sentence)))
    console.print(table)


def _print_precision(console: Console, precision: Mapping[str, Any], draws: int) -> None:
    print_heading(console, "Precision: the widest 95 % interval that the draws leave")
    print_list(console, precision_words(precision, draws))


def print_remarks(console: Console, heading: str, remarks: Sequence[str]) -> None:
    """Print remarks under a heading, if there are any."""
    if remarks:
        print_heading(console, heading)
        print_list(console, remarks)
