"""What a calibration tells: documents for scripts, tables and sentences for planners."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from sim.analysis.calibration.estimates import FEWEST, LEVEL
from sim.report.document import finite
from sim.report.grid import Row, Section, print_grids
from sim.report.tables import print_classification, print_heading, print_list, print_remarks
from sim.report.words import DAYS, NOTHING, number, percent, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from sim.analysis.calibration.backtest import BackTest
    from sim.analysis.calibration.clustering import Clustering, Interval
    from sim.analysis.calibration.estimates import Estimates
    from sim.analysis.calibration.presence import Presence
    from sim.analysis.calibration.published import FromPublished, Published
    from sim.analysis.calibration.target import TargetFit

_REJECTED = 0.05
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COHORTS = {
    "combined": "some days a week",
    "every day": "every day",
    "counted": "everybody counted",
}


def interval_entry(found: Interval) -> dict[str, float | None]:
    """Return an estimate and the ends of its interval."""
    low, high = f"p{50 - 50 * LEVEL:02.0f}", f"p{50 + 50 * LEVEL:02.0f}"
    return {"value": finite(found.value), low: finite(found.low), high: finite(found.high)}


def log_entry(
    presence: Presence, found: Estimates, tested: BackTest | None, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a log says, without a person and without a group below ten.

    Parameters
    ----------
    presence : Presence
    found : Estimates
    tested : BackTest or None
    facts : mapping
        File, hash, rows and period of the log.

    Returns
    -------
    dict
    """
    few = {name for name, people in found.people.items() if people < FEWEST}
    return {
        **facts,
        "weeks": int(presence.mondays.size),
        "weeks_used": int(presence.usual.size),
        "weeks_left_out": [
            {"week": str(presence.mondays[week]), "reason": reason}
            for week, reason in presence.left_out.items()
        ],
        "people": {name: None if name in few else n for name, n in found.people.items()},
        "presence": {
            name: [None if name in few else interval_entry(one) for one in by_day]
            for name, by_day in found.presence.items()
        },
        "days": {
            name: None if name in few else interval_entry(one) for name, one in found.days.items()
        },
        "days_by_person": _days_by_person(found),
        "clustering": None if found.clustering is None else clustering_entry(found.clustering),
        "fit": None
        if found.quality is None
        else {"days_inside_90": found.quality.inside, "p_value": found.quality.p_value},
        "trend_by_year": interval_entry(found.trend) | {"p_value": finite(found.trend_p)},
        "season": {str(m): interval_entry(one) for m, one in sorted(found.season.items())},
        "season_p_value": found.season_p,
        "no_show": None if found.no_show is None else interval_entry(found.no_show),
        "groups": [
            {"kind": g.kind, "name": g.name, "people": g.people, "present": list(g.present)}
            for g in found.groups
        ],
        "back_test": None if tested is None else _back_test_entry(tested),
        "notes": list(presence.notes),
        "warnings": [*presence.warnings, *found.warnings],
    }


def _days_by_person(found: Estimates) -> list[dict[str, Any]]:
    """Return people by their mean days a week; fewer than ten are not told."""
    count, _ = np.histogram(found.days_by_person, bins=[0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.01])
    from_to = ((0, 0.5), (0.5, 1.5), (1.5, 2.5), (2.5, 3.5), (3.5, 4.5), (4.5, 5))
    return [
        {"from": low, "to": high, "people": None if 0 < n < FEWEST else int(n)}
        for (low, high), n in zip(from_to, count, strict=True)
    ]


def clustering_entry(found: Clustering) -> dict[str, Any]:
    """Return clustering, its parts and the test of independence."""
    test = found.independence
    return {
        "clustering": interval_entry(found.clustering),
        "common": interval_entry(found.common),
        "week": interval_entry(found.week),
        "independence": {
            "variance_ratio": test.ratio,
            "p_value": test.p_value,
            "rejected": test.p_value < _REJECTED,
            "words": independence_words(found),
        },
    }


def _back_test_entry(tested: BackTest) -> dict[str, Any]:
    return {
        "weeks_fitted": tested.trained,
        "weeks_forecast": tested.tested,
        "scores": [
            {"name": s.name, "crps": s.crps, "covered_90": s.covered, "width_90": s.width}
            for s in tested.scores
        ],
    }


def published_entry(published: Published, found: FromPublished) -> dict[str, Any]:
    """Return what published percentages tell."""
    return {
        "file": published.file,
        "sha256": published.sha256,
        "weeks": len(published.weeks),
        "mean": interval_entry(found.mean),
        "by_weekday": [interval_entry(one) for one in found.by_weekday],
        "least_clustering": found.least_clustering,
        "clustering": None if found.clustering is None else clustering_entry(found.clustering),
        "known": list(found.known),
        "unknown": list(found.unknown),
        "notes": [f"{published.file}: {published.note}"],
    }


def target_entry(found: TargetFit) -> dict[str, Any]:
    """Return which inputs give the targets."""
    return {
        "within": found.within,
        "draws": found.draws,
        "accepted": found.accepted.shape[1],
        "targets": [
            {
                "metric": t.metric,
                "place": t.place,
                "value": t.value,
                "before": _range(before),
                "after": _range(after),
            }
            for t, before, after in zip(found.targets, found.before, found.reached, strict=True)
        ],
        "inputs": [
            {
                "input": one.stream,
                "before": dict(zip(("p05", "p50", "p95"), one.prior, strict=True)),
                "after": dict(zip(("p05", "p50", "p95"), one.posterior, strict=True)),
                "width_ratio": one.narrowed,
                "verdict": one.verdict,
            }
            for one in found.posteriors
        ],
        "ridges": [{"inputs": [a, b], "rank": rank} for a, b, rank in found.ridges],
        "words": list(target_words(found)),
    }


def _range(values: np.ndarray) -> dict[str, float | None]:
    there = values[np.isfinite(values)]
    if not there.size:
        return {"p05": None, "p50": None, "p95": None}
    low, middle, high = np.quantile(there, (0.05, 0.5, 0.95))
    return {"p05": float(low), "p50": float(middle), "p95": float(high)}


def independence_words(found: Clustering) -> str:
    """Say whether people come independently of each other, and what the p-value means."""
    p = found.independence.p_value
    ratio = f"{found.independence.ratio:.2f} times"
    if p < _REJECTED:
        chance = "fewer than 1 in 10,000" if p < 1e-4 else f"about {max(1e4 * p, 1):,.0f} in 10,000"
        return (
            "Independence of people is rejected: on a day they come or stay away together. Counts "
            f"vary {ratio} as much as those of people who choose for themselves; chance alone "
            f"would show that in {chance} logs."
        )
    return (
        f"Independence of people is not rejected: counts vary {ratio} as much as those of people "
        f"who choose for themselves, and chance alone would show as much in {100 * p:.0f} of 100 "
        "logs. "
        "That is no proof that they do."
    )


def target_words(found: TargetFit) -> Iterator[str]:
    """Say which inputs the targets determine, and which only together."""
    for one in found.posteriors:
        low, _, high = one.posterior
        yield (
            f"{one.stream}: {one.verdict}; from {low:.3g} to {high:.3g} in 90 % of what agrees, "
            f"{100 * one.narrowed:.0f} % as wide as before."
        )
    for a, b, rank in found.ridges:
        way = (
            "the higher one is, the higher the other" if rank > 0 else "one makes up for the other"
        )
        yield (
            f"{a} and {b} are known together only (rank correlation {rank:.2f}): {way}. The figure "
            "cannot tell them apart; a second source for either one would."
        )
    if not found.ridges:
        yield "No two inputs make up for each other."


def _title(console: Console, document: Mapping[str, Any], what: str) -> None:
    scenario, engine = document["scenario"], document["engine"]
    print_classification(console, scenario["classification"])
    console.print(Text(f"{plain(scenario['title'])}: {what}", style="bold"))
    said = [plain(scenario["name"]), f"seed {engine['seed']}", f"{engine['seconds']:.1f} s"]
    console.print(Text(" · ".join(said), style="dim"))


def _spread(
    entry: Mapping[str, float | None] | None, factor: float, digits: int
) -> tuple[str, str]:
    """Return an estimate and its interval as two cells."""
    if entry is None:
        return f"<{FEWEST}", NOTHING
    value, low, high = entry.values()
    if value is None:
        return NOTHING, NOTHING
    ends = [NOTHING if x is None else number(factor * x, digits) for x in (low, high)]
    return number(factor * value, digits), f"{ends[0]} to {ends[1]}"


def print_log(console: Console, document: Mapping[str, Any]) -> None:
    """Print what a log says.

    Parameters
    ----------
    console : Console
    document : mapping
        As ``calibrate --log --json`` prints it.
    """
    said = document["log"]
    _title(console, document, "calibrated on a log")
    facts = f"{plain(said['file'])}: {said['rows']:,} rows, {said['period']}; "
    used = f"{said['weeks_used']} of {said['weeks']} weeks are complete and usual"
    console.print(Text(facts + used, style="dim"))
    _print_presence(console, said)
    _print_days_by_person(console, said)
    _print_clustering(console, said)
    _print_groups(console, said)
    _print_back_test(console, said["back_test"])
    print_heading(console, "What to take from it")
    print_list(console, _log_words(said))
    if said["weeks_left_out"]:
        print_heading(console, "Weeks left out")
        rows = [f"{w['week']}: {w['reason']}" for w in said["weeks_left_out"]]
        print_list(console, map(plain, rows))
    print_remarks(console, "Warnings", said["warnings"])
    print_remarks(console, "How the log was read", said["notes"])
    _print_overlay(console, document)
    print_classification(console, document["scenario"]["classification"])


def _print_presence(console: Console, said: Mapping[str, Any]) -> None:
    sections = []
    for name, by_day in said["presence"].items():
        people = said["people"].get(name)
        count = f"<{FEWEST}" if people is None else f"{people:,}"
        rows = [Row(day, _spread(e, 100, 1)) for day, e in zip(DAYS, by_day, strict=True)]
        value, ends = _spread(said["days"][name], 1, 2)
        rows.append(Row("days a week", (value, ends)))
        sections.append(Section(f"people who come {_COHORTS[name]}: {count}", tuple(rows)))
    print_heading(console, "Presence, share of people on a day")
    print_grids(console, "", ["present\n%", "90 % interval\n%"], sections)


def _print_days_by_person(console: Console, said: Mapping[str, Any]) -> None:
    if not any(one["people"] for one in said["days_by_person"]):
        return
    rows = [
        Row(
            f"{one['from']:g} to {one['to']:g}",
            (f"<{FEWEST}" if one["people"] is None else number(one["people"]),),
        )
        for one in said["days_by_person"]
    ]
    print_heading(console, "People by their mean days a week")
    print_grids(console, "days a week", ["people"], [Section("", tuple(rows))])


def _print_clustering(console: Console, said: Mapping[str, Any]) -> None:
    found = said["clustering"]
    if found is None:
        return
    rows = (
        Row("clustering", _spread(found["clustering"], 1, 3)),
        Row("of it common to all sites", _spread(found["common"], 1, 2)),
        Row("of it kept through a week", _spread(found["week"], 1, 2)),
    )
    print_heading(console, "Do people come on the same days?")
    print_grids(console, "", ["estimate", "90 % interval"], [Section("", rows)])


def _print_groups(console: Console, said: Mapping[str, Any]) -> None:
    sections = []
    for kind in ("site", "team"):
        groups = [g for g in said["groups"] if g["kind"] == kind and g["people"] is not None]
        hidden = sum(g["kind"] == kind for g in said["groups"]) - len(groups)
        if len(groups) < 2:
            continue
        shown = sorted(groups, key=lambda g: -g["people"])[:10]
        rows = [
            Row(
                plain(g["name"]),
                (
                    number(g["people"]),
                    *(f"<{FEWEST}" if x is None else number(x) for x in g["present"]),
                ),
            )
            for g in shown
        ]
        more = len(groups) - len(shown)
        title = f"by {kind}" + (f", the 10 largest of {len(groups)}" if more else "")
        title += f"; {hidden} not shown, too few people" if hidden else ""
        sections.append(Section(title, tuple(rows)))
    if sections:
        print_heading(console, "People present on a day, by group")
        print_grids(console, "", ["people", *DAYS], sections)


def _print_back_test(console: Console, tested: Mapping[str, Any] | None) -> None:
    if tested is None:
        return
    rows = tuple(
        Row(s["name"], (number(s["crps"], 2), percent(s["covered_90"], 0), number(s["width_90"])))
        for s in tested["scores"]
    )
    print_heading(console, "Back-test")
    said = (
        f"Fitted on the first {tested['weeks_fitted']} weeks, forecasting the "
        f"{tested['weeks_forecast']} after them, day by day."
    )
    console.print(Text(said, style="dim"))
    headings = [
        "score, people\n(less is better)",
        "days inside\n90 % interval\n%",
        "its width\npeople",
    ]
    print_grids(console, "forecast", headings, [Section("", rows)])


def _log_words(said: Mapping[str, Any]) -> Iterator[str]:
    if said["clustering"] is not None:
        yield said["clustering"]["independence"]["words"]
        yield from _part_words(said["clustering"])
    if said["fit"] is not None:
        share, p = said["fit"]["days_inside_90"], said["fit"]["p_value"]
        verdict = "agree with the model" if p >= _REJECTED else "do not have the model's shape"
        yield (
            f"The counts of days {verdict} (p = {p:.2f}); {percent(share, 0)} % of days lie inside "
            "its 90 % band."
        )
    trend = said["trend_by_year"]
    if trend["value"] is not None and trend["p_value"] is not None:
        way = "rises" if trend["value"] > 0 else "falls"
        if trend["p_value"] < _REJECTED:
            ends = f"{100 * trend['p05']:.1f} to {100 * trend['p95']:.1f}"
            yield (
                f"Presence {way} through the log, by {abs(100 * trend['value']):.1f} points a year "
                f"(90 % interval {ends}); means are those of the whole period."
            )
        else:
            yield "No trend through the log is beyond chance."
    yield _season_words(said)
    if said["no_show"] is not None:
        value, ends = _spread(said["no_show"], 100, 1)
        yield f"No-shows: {value} % of bookings ({ends} %)."
    every = said["days"].get("every day")
    if every is not None:
        yield (
            "The overlay takes days as observed, absence included: in a run, people on site all "
            f"week then count as present every day; the log has them on {every['value']:.1f} of 5."
        )
    yield "People who never came are not in a log; compare the people here with your headcount."


def _part_words(found: Mapping[str, Any]) -> Iterator[str]:
    if found["clustering"]["p05"] == 0:
        yield "What of it is common or kept through a week cannot be told where there may be none."
    elif found["common"]["value"] is None:
        yield "What several sites have in common cannot be told from one site."


def _season_words(said: Mapping[str, Any]) -> str:
    if said["season_p_value"] is None:
        return "The season cannot be told from less than about ten months."
    if said["season_p_value"] >= _REJECTED:
        return "Months do not differ beyond chance."
    by_month = {int(m): e["value"] for m, e in said["season"].items()}
    low, high = min(by_month, key=by_month.__getitem__), max(by_month, key=by_month.__getitem__)
    return (
        f"Months differ beyond chance: {_MONTHS[high - 1]} is {100 * by_month[high] - 100:.0f} % "
        f"above and {_MONTHS[low - 1]} {100 - 100 * by_month[low]:.0f} % below the mean of months."
    )


def _print_overlay(console: Console, document: Mapping[str, Any]) -> None:
    path = document["overlay"]
    said = (
        f"officesim run FILE --overlay {path}"
        if path
        else "add --out DIR to write the overlay that `officesim run FILE --overlay` takes"
    )
    print_heading(console, "Next")
    print_list(console, [plain(said)])


def print_published(console: Console, document: Mapping[str, Any]) -> None:
    """Print what published percentages tell and what they do not."""
    said = document["published"]
    _title(console, document, "from published occupancy")
    console.print(Text(f"{plain(said['file'])}: {said['weeks']} weeks", style="dim"))
    rows = [
        Row(day, _spread(one, 100, 1)) for day, one in zip(DAYS, said["by_weekday"], strict=False)
    ]
    rows.append(Row("mean", _spread(said["mean"], 100, 1)))
    print_heading(console, "Occupancy")
    print_grids(console, "", ["mean\n%", "90 % interval\n%"], [Section("", tuple(rows))])
    _print_clustering(console, said)
    print_heading(console, "What can be known from it")
    print_list(console, said["known"])
    print_heading(console, "What cannot")
    print_list(console, said["unknown"])
    if said["least_clustering"] is not None:
        print_heading(console, "What to take from it")
        least = said["least_clustering"]
        print_list(
            console,
            [
                f"Days vary as if countless people had a clustering of {least:.3f}: what all of "
                "them have in common. In one office people may cluster more, not less."
            ],
        )
    print_remarks(console, "How the table was read", said["notes"])
    _print_overlay(console, document)
    print_classification(console, document["scenario"]["classification"])


def print_targets(console: Console, document: Mapping[str, Any]) -> None:
    """Print which inputs give the published figures."""
    said = document["targets"]
    _title(console, document, "calibrated to a published figure, not observed")
    tried = (
        f"{said['accepted']:,} of {said['draws']:,} draws come within {100 * said['within']:g} %"
    )
    console.print(Text(f"policy {plain(document['policy'])} · {tried}", style="dim"))
    rows = [
        Row(
            f"{t['metric']}, {plain(t['place'])}",
            (number(t["value"], _digits(t["value"])), *_before_after(t)),
        )
        for t in said["targets"]
    ]
    headings = [
        "target",
        "before\nmedian",
        "before\n5 to 95 %",
        "after\nmedian",
        "after\n5 to 95 %",
    ]
    print_heading(console, "Targets")
    print_grids(console, "", headings, [Section("", tuple(rows))])
    rows = [
        Row(plain(one["input"]), (*_before_after(one), f"{100 * one['width_ratio']:.0f}"))
        for one in said["inputs"]
    ]
    print_heading(console, "Inputs that give them")
    headings = [*headings[1:], "width after,\n% of before"]
    print_grids(console, "", headings, [Section("", tuple(rows))])
    print_heading(console, "What to take from it")
    print_list(console, said["words"])
    _print_overlay(console, document)
    print_classification(console, document["scenario"]["classification"])


def _before_after(entry: Mapping[str, Any]) -> tuple[str, ...]:
    cells = []
    for when in ("before", "after"):
        low, middle, high = (entry[when][q] for q in ("p05", "p50", "p95"))
        digits = _digits(middle)
        cells += [number(middle, digits), f"{number(low, digits)} to {number(high, digits)}"]
    return tuple(cells)


def _digits(value: float | None) -> int:
    """Return decimals that show three digits of a number, none above a hundred."""
    if not value or not math.isfinite(value):
        return 0
    return max(0, 2 - math.floor(math.log10(abs(value))))
