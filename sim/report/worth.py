"""What a release is worth, for people: the table of the appraisal beside doing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from sim.report.grid import Row, Section, print_grid
from sim.report.places import top_place
from sim.report.words import interval, number, percent, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from sim.problem import PolicyPlan
    from sim.report.places import Place, Results

MILLION, LARGE = 1e6, 1e7
_HEADINGS = (
    "net present\nvalue",
    "90 % interval",
    "above 0\n% of draws",
    "savings to\ninvestment",
    "payback\nyears",
    "cash saving\nper year",
    "whole\ngovernment",
)
_HOW_TO_READ = (
    "Baseline less policy, for the budget holder, with VAT and transfers; the last column is the "
    "net present value for the whole government, without them and with owned space at what it "
    "could earn. Payback is discounted, over the draws that have one; the baseline does nothing."
)


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
    metrics = ("npv", "npv_whole_government")
    ends = [results.ends(plan, place, name) for plan in results.policies for name in metrics]
    largest = max(abs(end or 0.0) for pair in ends for end in pair)
    by, unit, digits = scale(largest, problem.currency)
    label = "Illustrative worth" if said["illustrative"] else "Worth"
    console.print()
    title = f"{label}, {place.name}, {unit} of {said['base_year']}, {said['years']} years"
    console.print(Text(plain(title), style="bold underline"))
    rows = tuple(_row(results, plan, place, by, digits) for plan in results.policies)
    print_grid(console, "policy", _HEADINGS, [Section("", rows)])
    console.print(Text(_HOW_TO_READ, style="dim"))
    if said["illustrative"]:
        console.print(Text(_why(said), style="dim"))


def _row(results: Results, plan: PolicyPlan, place: Place, by: float, digits: int) -> Row:
    def money(name: str) -> str:
        return number((results.value(plan, place, name) or 0.0) / by, digits)

    low, high = ((end or 0.0) / by for end in results.ends(plan, place, "npv"))
    cells = (
        money("npv"),
        interval(low, high, digits),
        percent(results.value(plan, place, "npv_positive", "mean")),
        number(results.value(plan, place, "sir"), 2),
        number(results.value(plan, place, "payback_discounted")),
        money("cash_saving"),
        money("npv_whole_government"),
    )
    return Row(plan.name, cells)


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
