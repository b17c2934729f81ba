"""What a release is worth, for people: the table of the appraisal beside doing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from sim.problem import BASELINE
from sim.report.grid import Row, Section, print_grid, print_grids
from sim.report.places import top_place
from sim.report.words import interval, number, percent, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from sim.problem import PolicyPlan
    from sim.report.places import Place, Results

MILLION, LARGE = 1e6, 1e7
_WORTH = (
    "net present\nvalue",
    "90 % interval",
    "above 0\n% of draws",
    "lost at worst,\n95 % of draws",
    "more than\ndo-minimum",
    "whole\ngovernment",
)
_HOW_TO_READ = (
    "Net present value: baseline less policy, for the budget holder, with VAT and transfers; for "
    "the whole government without them and with owned space at what it could earn. The baseline "
    "does nothing."
)
_MEASURES = (
    "savings to\ninvestment",
    "benefit\nto cost",
    "adjusted\nreturn %",
    "internal\nreturn %",
    "payback\nyears",
    "cash saved\na year",
    "life-cycle\ncost",
    "per person,\n{unit}",
)
_MEASURES_READ = (
    "Medians over the draws that have one: no rate of return where the yearly balance changes its "
    "sign more than once, no payback where the money does not come back within the years. Payback: "
    "plain · discounted."
)
_YEARS_READ = "Means over {draws} draws, all bodies, prices of {base_year}; year {base_year} is t0."


def scale(largest: float, currency: str) -> tuple[float, str, int]:
    """Return by what amounts are divided, the unit that they then have, and their digits."""
    if largest >= LARGE:
        return MILLION, f"million {currency}", 1
    return 1.0, currency, 0


def print_worth(console: Console, said: Mapping[str, Any], results: Results) -> None:
    """Print the appraisal at the top.

    Parameters
    ----------
    console : Console
    said : mapping
        The part ``appraisal`` of a run's document.
    results : Results
    """
    problem = results.problem
    place = top_place(problem)
    metrics = ("npv", "npv_whole_government", "life_cycle_cost")
    ends = [results.ends(plan, place, name) for plan in results.policies for name in metrics]
    by, unit, digits = scale(
        max(abs(end or 0.0) for pair in ends for end in pair), problem.currency
    )
    label = "Illustrative worth" if said["illustrative"] else "Worth"
    title = f"{label}, {place.name}, {unit} of {said['base_year']}, {said['years']} years"
    _heading(console, title)
    rows = [_worth_row(results, plan, place, by, digits) for plan in results.policies]
    if said["do_minimum"] is None and results.policies[0].name == BASELINE:
        rows.insert(1, _minimum_row(results, place, by, digits))
    print_grid(console, "policy", _WORTH, [Section("", tuple(rows))])
    console.print(Text(f"{_HOW_TO_READ} {_minimum_words(said)}", style="dim"))
    console.print()
    headings = [heading.format(unit=problem.currency) for heading in _MEASURES]
    measures = tuple(_measure_row(results, plan, place, by, digits) for plan in results.policies)
    print_grids(console, "policy", headings, [Section("", measures)])
    console.print(Text(_MEASURES_READ, style="dim"))
    if said["illustrative"]:
        console.print(Text(_why(said), style="dim"))
    _print_phasing(console, said, [plan.name for plan in results.policies], problem.currency)
    _print_benefits(console, said, [plan.name for plan in results.policies], problem.currency)


def _heading(console: Console, title: str) -> None:
    console.print()
    console.print(Text(plain(title), style="bold underline"))


def _minimum_words(said: Mapping[str, Any]) -> str:
    if said["do_minimum"] is not None:
        return f"The do-minimum is {plain(said['do_minimum'])}."
    return "The do-minimum gives up workstations beyond the posts; nobody works differently."


def _worth_row(results: Results, plan: PolicyPlan, place: Place, by: float, digits: int) -> Row:
    def money(name: str) -> str:
        return number((results.value(plan, place, name) or 0.0) / by, digits)

    low, high = ((end or 0.0) / by for end in results.ends(plan, place, "npv"))
    cells = (
        money("npv"),
        interval(low, high, digits),
        percent(results.value(plan, place, "npv_positive", "mean")),
        number(-low, digits) if low < 0 else "nothing",
        money("npv_over_minimum"),
        money("npv_whole_government"),
    )
    return Row(plan.name, cells)


def _minimum_row(results: Results, place: Place, by: float, digits: int) -> Row:
    """Return what the do-minimum is worth, which is what doing nothing lacks of it."""
    lacking = [
        results.value(results.policies[0], place, "npv_over_minimum", name) or 0.0
        for name in ("p50", "p05", "p95")
    ]
    middle, high, low = (-value / by + 0.0 for value in lacking)
    cells = (number(middle, digits), interval(low, high, digits))
    lost = number(-low, digits) if low < 0 else "nothing"
    return Row("do-minimum", (*cells, number(None), lost, number(0.0, digits), number(None)))


def _measure_row(results: Results, plan: PolicyPlan, place: Place, by: float, digits: int) -> Row:
    def median(name: str) -> float | None:
        return results.value(plan, place, name)

    plain_years, discounted = (median(f"payback_{kind}") for kind in ("simple", "discounted"))
    cells = (
        number(median("sir"), 2),
        number(median("benefit_cost_ratio"), 2),
        _rate(median("airr")),
        _rate(median("irr")),
        f"{number(plain_years)} · {number(discounted)}",
        number((median("cash_saving") or 0.0) / by, digits),
        number((median("life_cycle_cost") or 0.0) / by, digits),
        number(median("life_cycle_cost_per_person")),
    )
    return Row(plan.name, cells)


def _rate(value: float | None) -> str:
    return number(None if value is None else 100 * value, 1)


def _print_phasing(
    console: Console, said: Mapping[str, Any], policies: list[str], currency: str
) -> None:
    """Print what is vacated and saved year by year."""
    years = said["phasing"]
    largest = max(abs(year["net_saving"][name]) for year in years for name in policies)
    by, unit, digits = scale(largest, currency)
    digits = 0 if largest >= 100 * by else digits
    _heading(console, f"Phasing: net saving by year, {unit}")
    rows = [Row("vacated %", tuple(percent(year["vacated"], 0) for year in years))]
    if any(year["vacant_posts_filled"] for year in years):
        shares = tuple(percent(year["vacant_posts_filled"], 0) for year in years)
        rows.append(Row("vacant posts filled %", shares))
    for name in policies[policies[0] == BASELINE :]:
        saved = (year["net_saving"][name] / by for year in years)
        rows.append(Row(name, tuple(number(value, digits) for value in saved)))
    headings = [str(year["year"]) for year in years]
    print_grids(console, "policy", headings, [Section("", tuple(rows))])
    words = _YEARS_READ.format(draws=said["lines_draws"], base_year=said["base_year"])
    console.print(Text(words, style="dim"))


def _print_benefits(
    console: Console, said: Mapping[str, Any], policies: list[str], currency: str
) -> None:
    """Print the register of benefits: whose each is, from when, and how it will be measured."""
    if not said["benefits"]:
        return
    best = max(
        policies,
        key=lambda name: sum(line["present_value"][name] for line in said["benefits"]),
    )
    largest = max(abs(line["present_value"][best]) for line in said["benefits"])
    by, unit, digits = scale(largest, currency)
    _heading(console, "Register of benefits")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for name in ("line", "kind", "who has it"):
        table.add_column(name, overflow="fold")
    for name in ("from", "in full", f"{unit},\n{plain(best)}"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("measured by", overflow="fold")
    for line in said["benefits"]:
        cells = [line["line"], line["kind"].replace("_", " "), line["beneficiary"]]
        cells += [str(line["first_year"]), str(line["full_year"])]
        cells += [number(line["present_value"][best] / by, digits), line["measured_by"]]
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console.print(table)


def _why(said: Mapping[str, Any]) -> str:
    open_ones = said["dominant_unconfirmed"]
    shown = ", ".join(open_ones[:3])
    rest = f" and {len(open_ones) - 3} more" if len(open_ones) > 3 else ""
    return (
        f"Illustrative: it rests on figures that nobody has confirmed, {shown}{rest}. "
        "The lines that weigh most: "
        + ", ".join(f"{name} {percent(share, 0)} %" for name, share in _heaviest(said))
        + "."
    )


def _heaviest(said: Mapping[str, Any]) -> list[tuple[str, float]]:
    weights: dict[str, float] = said["line_weights"]
    return sorted(weights.items(), key=lambda item: -item[1])[:3]
