"""A comparison in words and tables: verdicts, differences, ranks, regret and dominance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from sim.problem import TOTAL
from sim.report.grid import Row, Section, print_grids
from sim.report.tables import print_classification, print_heading, print_list, print_title
from sim.report.words import NOTHING, figure, interval, number, percent, plain
from sim.report.worth import scale
from sim.variables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

Entry = dict[str, Any]

_SHORT = {
    "released_area": "theoretical release",
    "workstations": "workstations",
    "shortage_per_day": "shortage days",
    "shortage_per_week": "weeks with a shortage",
    "shortage_per_person": "person-days without a workstation",
    "utilisation": "utilisation",
    "vacated_running_cost": "vacated running cost",
    "investment": "investment",
    "npv": "net present value",
}
"""What a table shows of a difference, and its words for it."""
_DIFFERENCE = (
    "reference",
    "option",
    "difference",
    "± 95 %",
    "90 % of draws",
    "better on\n% of draws",
)
_CHOICE = (
    "mean",
    "± 95 %",
    "best on\n% of draws",
    "regret\nexpected",
    "regret in\n90 % of draws\nat most",
)
_HOW_TO_READ = (
    "Option less reference on the same draws. ± is the 95 % Monte Carlo interval of the mean, what "
    "the number of draws leaves open; 90 % of draws lie between the two ends of the range, what "
    "the inputs leave open."
)
_REGRET = "Regret is what an option loses, draw by draw, against the one that is best in the draw."
_DOMINATES = "On such a draw the one is nowhere worse than the other and somewhere better."


def verdicts(differences: Sequence[Entry], currency: str) -> list[Entry]:
    """Return one sentence for every two options, at the total.

    Parameters
    ----------
    differences : list of dict
        From ``sim.analysis.comparison.compare``.
    currency : str

    Returns
    -------
    list of dict
    """
    found: dict[tuple[str, str], dict[str, Entry]] = {}
    for entry in differences:
        if entry["scope"] == TOTAL:
            pair = entry["option"], entry["reference"]
            found.setdefault(pair, {})[entry["name"]] = entry
    return [
        {
            "option": option,
            "reference": reference,
            "scope": TOTAL,
            "body": TOTAL,
            "words": _verdict(option, reference, by_name, currency),
        }
        for (option, reference), by_name in found.items()
    ]


def _verdict(option: str, reference: str, by_name: Mapping[str, Entry], currency: str) -> str:
    parts = [
        f"`{option}` {_released(by_name['released_area'], reference)}",
        _shortage(by_name["shortage_per_day"]),
    ]
    worth = _worth(by_name["npv"], currency)
    said = [*parts, worth] if worth else parts
    return f"{', '.join(said[:-1])}{',' if len(said) > 2 else ''} and {said[-1]}."


def _half(entry: Entry) -> float:
    """Return half of the 95 % interval of a mean; 0 where it has none."""
    ends = entry["interval"]
    return 0.0 if ends is None else (ends[1] - ends[0]) / 2


def _unsettled(entry: Entry) -> bool:
    """Tell whether the draws leave open which of the two is more."""
    ends = entry["interval"]
    return ends is not None and ends[0] <= 0 <= ends[1] and ends[0] < ends[1]


def _released(entry: Entry, reference: str) -> str:
    gap = entry["mean"]
    if gap == 0:
        return f"releases as much as `{reference}`"
    more = "less" if gap < 0 else "more"
    sure = f" (± {figure(round(_half(entry), 1))} m²)" if _half(entry) else ""
    unsettled = ", which the draws cannot tell from nothing" if _unsettled(entry) else ""
    return f"releases {number(abs(gap))} m² {more} than `{reference}`{sure}{unsettled}"


def _shortage(entry: Entry) -> str:
    before, after = entry["reference_mean"], entry["option_mean"]
    if entry["mean"] == 0 or percent(before) == percent(after):
        return f"leaves shortage at {percent(after)} % of days"
    verb = "cuts" if after < before else "raises"
    return f"{verb} shortage from {percent(before)} % to {percent(after)} % of days"


def _worth(entry: Entry, currency: str) -> str:
    """Return a clause on net present value, where there is an appraisal."""
    if entry["mean"] is None:
        return ""
    by, unit, digits = scale(abs(entry["mean"]), currency)
    if entry["mean"] == 0:
        return "is worth as much"
    more = "less" if entry["mean"] < 0 else "more"
    return f"is worth {number(abs(entry['mean']) / by, digits)} {unit} {more} (net present value)"


def dominance_words(entry: Entry) -> str:
    """Return how far one option dominates another, in a sentence."""
    option, other = f"`{entry['option']}`", f"`{entry['other']}`"
    metrics = " and ".join(metric_words(name) for name in entry["metrics"])
    share = entry["dominates_share"]
    on = {0: "no draw", 1: "every draw"}.get(share, f"{percent(share)} % of draws")
    said = f"{option} is nowhere worse than {other} and somewhere better by {metrics} on {on}"
    first = [metric_words(found["name"]) for found in entry["stochastic"] if found["dominates"]]
    if not first:
        return f"{said}."
    asked = " and of ".join(first)
    return f"{said}; whatever one asks of {asked}, it is at least as likely to reach it."


def metric_words(name: str) -> str:
    """Return what a metric is called in a table."""
    return _SHORT.get(name, BY_NAME[name].long_name)


def print_comparison(console: Console, document: Mapping[str, Any]) -> None:
    """Print verdicts, the differences from the first option, ranks and regret, at the total."""
    scenarios = document.get("scenarios") or [document["scenario"]]
    for scenario in scenarios:
        print_title(console, {**document, "scenario": scenario})
    first = document["options"][0]
    print_heading(console, "What to take from this")
    told = [entry["words"] for entry in document["verdicts"] if entry["reference"] == first]
    print_list(console, told)
    shown = [e for e in document["differences"] if e["scope"] == TOTAL and e["reference"] == first]
    _print_differences(console, shown, first, document["metrics"])
    for name in document["metrics"]:
        _print_choice(console, document, name)
    console.print(Text(_REGRET, style="dim"))
    _print_dominance(console, document)
    print_classification(console, scenarios[0]["classification"])


def _print_differences(
    console: Console, entries: Sequence[Entry], reference: str, chosen: Sequence[str]
) -> None:
    print_heading(console, f"Differences from {plain(reference)}, total")
    names = dict.fromkeys([*_SHORT, *chosen])
    sections = []
    for option in dict.fromkeys(entry["option"] for entry in entries):
        own = {entry["name"]: entry for entry in entries if entry["option"] == option}
        rows = [_difference_row(own[name]) for name in names if _says_something(own[name])]
        sections.append(Section(option, tuple(rows)))
    print_grids(console, "", _DIFFERENCE, sections)
    console.print(Text(_HOW_TO_READ, style="dim"))


def _says_something(entry: Entry) -> bool:
    return entry["mean"] is not None and not (
        entry["option_mean"] == entry["reference_mean"] == entry["sd"] == 0
    )


def _scaled(entry: Entry, values: Sequence[float | None]) -> tuple[list[float | None], int, str]:
    """Return values in the unit that people read, their digits, and the unit."""
    unit = entry["unit"]
    if unit == "1":
        shares = [None if v is None else 100 * v for v in values]
        return shares, 1 if max(abs(v or 0.0) for v in shares) >= 1 else 2, "%"
    if unit in ("m2", "people", "workstations", "years", "1/year"):
        digits = {"years": 1, "1/year": 3, "people": 1}.get(unit, 0)
        return list(values), digits, "" if unit == "workstations" else unit.replace("m2", "m²")
    by, words, digits = scale(max(abs(v or 0.0) for v in values), unit.partition("/")[0])
    per = unit.partition("/")[2]
    named = f"{words}/{per}" if per else words
    return [None if v is None else v / by for v in values], digits, named


def _named(entry: Entry, unit: str) -> str:
    return f"{metric_words(entry['name'])} {unit}".rstrip()


def _difference_row(entry: Entry) -> Row:
    keys = ("reference_mean", "option_mean", "mean", "p05", "p95")
    values, digits, unit = _scaled(entry, [*(entry[key] for key in keys), _half(entry)])
    before, after, gap, low, high, half = values
    cells = (
        number(before, digits),
        number(after, digits),
        number(gap, digits),
        number(half, max(digits, 1)),
        interval(low, high, digits),
        percent(entry["better_share"]),
    )
    return Row(_named(entry, unit), cells)


def _print_choice(console: Console, document: Mapping[str, Any], name: str) -> None:
    """Print the options by one metric, the best first."""
    ranking, regret = (
        [e for e in document[part] if (e["name"], e["scope"]) == (name, TOTAL)]
        for part in ("ranking", "regret")
    )
    by_option = {entry["option"]: entry for entry in regret}
    rows, unit = [], ""
    for entry in ranking:
        lost = by_option[entry["option"]]
        own = [entry["mean"], _half(entry), lost["mean"], lost["p90"]]
        values, digits, unit = _scaled(entry, own)
        mean, half, expected, high = values
        cells = (
            number(mean, digits),
            number(half, max(digits, 1)),
            percent(entry["best_share"]),
            number(expected, digits),
            number(high, digits),
        )
        rows.append(Row(f"{entry['rank']}. {entry['option']}", cells))
    wanted = f"{BY_NAME[name].better} is better"
    print_heading(console, f"Options by {_named(ranking[0], unit)} ({wanted}), total")
    print_grids(console, "", _CHOICE, [Section("", tuple(rows))])


def _print_dominance(console: Console, document: Mapping[str, Any]) -> None:
    """Print who dominates whom how often, and in a sentence who does in every respect."""
    options = document["options"]
    entries = [entry for entry in document["dominance"] if entry["scope"] == TOTAL]
    shares = {(e["option"], e["other"]): percent(e["dominates_share"]) for e in entries}
    free = {
        e["option"]: percent(e["undominated_share"])
        for e in document["pareto"]
        if e["scope"] == TOTAL
    }
    rows = tuple(
        Row(name, (free[name], *(shares.get((name, other), NOTHING) for other in options)))
        for name in options
    )
    by = " and ".join(map(metric_words, document["metrics"]))
    print_heading(console, f"Dominance by {by}, % of draws, total")
    headings = ["dominated\nby none", *(f"dominates\n{plain(name)}" for name in options)]
    print_grids(console, "", headings, [Section("", rows)])
    console.print(Text(_DOMINATES, style="dim"))
    print_list(console, [entry["words"] for entry in entries if _in_every_respect(entry)])


def _in_every_respect(entry: Entry) -> bool:
    first = all(found["dominates"] for found in entry["stochastic"])
    return entry["dominates_share"] == 1 or first
