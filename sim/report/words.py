"""Numbers and findings in words that a reader without statistics understands."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from sim.report.places import all_places, top_place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.problem import PolicyPlan, ServicePlan
    from sim.report.places import Place, Results
    from sim.scenario.types import Provenance

NOTHING = "–"
NOT_A_SAVING = (
    "A theoretical release is not a saving: money is saved only when whole floors or buildings "
    "are handed back and the budget line is cut."
)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
UPPER_BOUND = "Vacated running cost is an upper bound of the saving, not the saving."
_OFTEN = 0.10
"""From this share of short days on, a sentence says how many people it is about."""


def plain(text: object) -> str:
    """Return a text from a scenario on one line, control characters spelt out.

    A terminal obeys an escape character wherever it comes from; none may come from a file.
    """
    return "".join(
        char if char.isprintable() else " " if char.isspace() else ascii(char)[1:-1]
        for char in str(text)
    )


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with thousands separators; a dash where there is none."""
    if value is None:
        return NOTHING
    return f"{round(value, digits) + 0.0:,.{digits}f}"


def figure(value: float) -> str:
    """Return a stated number with as many digits as it was given."""
    return f"{value:,.10g}"


def interval(low: float | None, high: float | None, digits: int = 0) -> str:
    """Return two ends of a range."""
    if low is None or high is None:
        return NOTHING
    if low == high:
        return "no spread"
    return f"{number(low, digits)} to {number(high, digits)}"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as a number of per cent, never rounded to nothing or to everything."""
    if share is None:
        return NOTHING
    least = 10.0**-digits
    value = 100 * share
    if 0 < value < least / 2:
        return f"<{least:g}"
    if 100 - least / 2 < value < 100:
        return f">{100 - least:g}"
    return number(value, 0 if value in (0, 100) else digits)


def desk_sharing(workstations: float | None, people: float | None) -> str:
    """Return a desk-sharing ratio both ways: workstations per person, and people to each."""
    if not workstations or not people:
        return NOTHING
    return f"{workstations / people:.2f} · {people / workstations:.1f} people each"


def level_words(level: str, share: float) -> str:
    """Return a service level by its name."""
    kept = f"{percent(share, 2).rstrip('0').rstrip('.') if share < 1 else '100'} %"
    return {
        "per_day": f"{kept} of working days without a shortage",
        "per_week": f"{kept} of weeks without a day of shortage",
        "per_person": f"{kept} of person-days with a workstation",
    }[level]


def in_words(given: Provenance) -> str:
    """Return the value or the range of an input."""
    kind = getattr(given, "kind", "")
    if not kind:
        return _fact_in_words(given)
    stated = getattr(given, kind)
    each = ", each body its own" if getattr(given, "per", None) else ""
    return f"{_DISTRIBUTIONS[kind](stated)}{each}"


def _fact_in_words(given: Any) -> str:
    """Return what a count, an area, a week's profile or the parts of the shock say."""
    if hasattr(given, "common"):
        return f"common {figure(given.common)}, week {figure(given.week)}"
    if hasattr(given, "steps"):
        return ", ".join(f"{figure(s.rate)} from year {s.from_year}" for s in given.steps)
    if isinstance(given.value, tuple) and not hasattr(given, "fact"):
        return ", ".join(f"{percent(v, 0)} % by year {t}" for t, v in enumerate(given.value, 1))
    if isinstance(given.value, tuple):
        return ", ".join(f"{d} {v:.3g}" for d, v in zip(DAYS, given.value, strict=True))
    return figure(given.value)


def _mode(stated: tuple[float, float, float]) -> str:
    low, mode, high = (figure(value) for value in stated)
    return f"{low} to {high}, likeliest {mode}"


def _normal(stated: Any) -> str:
    limits = [
        f"{word} {figure(value)}"
        for word, value in (("least", stated.min), ("most", stated.max))
        if value is not None
    ]
    return ", ".join([f"mean {figure(stated.mean)}, sd {figure(stated.sd)}", *limits])


def _several(values: tuple[float, ...]) -> str:
    return f"{len(values)} values, {figure(min(values))} to {figure(max(values))}"


_DISTRIBUTIONS: dict[str, Any] = {
    "value": figure,
    "uniform": lambda stated: f"{figure(stated[0])} to {figure(stated[1])}",
    "triangular": _mode,
    "pert": _mode,
    "normal": _normal,
    "lognormal": lambda stated: f"mean {figure(stated.mean)}, sd {figure(stated.sd)}",
    "beta": lambda stated: f"mean {figure(stated.mean)}, sd {figure(stated.sd)}",
    "discrete": lambda stated: _several(stated.values),
    "empirical": _several,
    "survey": lambda stated: f"{percent(stated.share)} % of {stated.n:,} answers",
    "fact": str,
}


def findings(results: Results) -> list[str]:
    """Return what to take from a run: a sentence or two for each policy, and what holds for all."""
    said = [_finding(results, plan) for plan in results.policies]
    if any(len(plan.pools) > 1 for plan in results.policies):
        said.append("A day on which any one pool of workstations is short counts as short for all.")
    return [*said, NOT_A_SAVING]


def _finding(results: Results, plan: PolicyPlan) -> str:
    place = top_place(results.problem)
    release = results.value(plan, place, "released_area") or 0.0
    short = results.value(plan, place, "shortage_per_day", "mean") or 0.0
    joint = ", but" if release > 0 and short >= _OFTEN else ";"
    first = f"{_space(results, plan, place)}{joint} {_shortage(results, plan, short)}."
    then = [] if plan.service is None else [_level(results, plan, plan.service, place)]
    return " ".join([first, *then, *_team(results, plan, place)])


def _team(results: Results, plan: PolicyPlan, place: Place) -> list[str]:
    """Return a sentence on the team worst off, where the scenario names teams."""
    worst = results.value(plan, place, "worst_team_shortage", "mean")
    if not worst:
        return []
    days = f"{percent(worst, 0)} % of working days"
    return [f"On its own workstations alone, the team worst off would be short on {days}."]


def _space(results: Results, plan: PolicyPlan, place: Place) -> str:
    if plan.keeps_area:
        there = f"{number(place.workstations)} workstations on {number(place.area)} m²"
        return f"{plan.name} keeps what there is, {there}"
    release = results.value(plan, place, "released_area") or 0.0
    share = results.value(plan, place, "released_share")
    if round(release) == 0:
        return f"{plan.name} releases no space"
    if release < 0:
        lacking = f"{number(-release)} m² more than there is"
        return f"{plan.name} needs {lacking}: a shortage of space, not a release"
    return f"{plan.name} releases {number(release)} m² ({percent(share)} %) in theory"


def _shortage(results: Results, plan: PolicyPlan, short: float) -> str:
    if short == 0:
        return "nobody is ever without a workstation"
    if short < 0.005:
        return "somebody is without a workstation on fewer than 1 in 200 working days"
    days = f"{percent(short, 0)} % of working days" if short < 0.995 else "every working day"
    said = (
        f"somebody is without a workstation on {'practically ' if 0.995 <= short < 1 else ''}{days}"
    )
    return f"{said}{_worst(results, plan)}" if short >= _OFTEN else said


def _worst(results: Results, plan: PolicyPlan) -> str:
    """Return how many people it is about, in the body where they are the greatest share."""

    def lacking(body: Place) -> tuple[float, float]:
        present = results.value(plan, body, "onsite_mean", "mean") or 0.0
        return results.value(plan, body, "unmet_people", "mean") or 0.0, present

    bodies = [place for place in all_places(results.problem) if place.scope == "body"]
    worst = max(bodies, key=lambda body: lacking(body)[0] / max(lacking(body)[1], 1e-9))
    unmet, present = lacking(worst)
    if unmet < 0.5:
        return ""
    where = f" in {worst.name}" if len(bodies) > 1 else ""
    return f": on average about {number(unmet)} of {number(present)} people present{where}"


def _level(results: Results, plan: PolicyPlan, service: ServicePlan, place: Place) -> str:
    bodies = [p for p in all_places(results.problem) if p.scope == "body"]
    met = min(results.value(plan, body, "level_met", "mean") or 0.0 for body in bodies)
    count = number(results.value(plan, place, "workstations"))
    each = "" if len(plan.pools) == 1 else "each pool of "
    return (
        f"With {each}its {count} workstations, {level_words(service.level, service.share)} are "
        f"reached in {percent(met)} % of draws (asked for: {percent(service.assurance, 0)} %)."
    )


def precision_words(precision: Mapping[str, Any], draws: int) -> list[str]:
    """Return how precise each statistic is that was to be precise, and why the run ended."""
    targets = precision["targets"]
    if precision["reached"]:
        end = f"Reached after {draws:,} draws."
    elif any(target["policy"] and not target["reached"] for target in targets):
        end = f"NOT reached within {draws:,} draws, the most allowed: raise --draws."
    else:
        end = f"Ended after {draws:,} draws: there was nothing to wait for."
    return [*map(_target_words, targets), end]


def _target_words(target: Mapping[str, Any]) -> str:
    unit = target["unit"].replace("m2", "m²").removesuffix("1")
    name = f"{target['metric']}, {target['statistic']}"
    asked = f"asked for ± {figure(target['target'])} {unit}".rstrip()
    if target["policy"] is None:
        return f"{name}: exists in no draw; {asked}."
    where = f"{target['policy']}, {target['body']}"
    if target["half_width"] is None:
        return f"{name}: too few draws to tell ({where}); {asked}."
    got = f"± {figure(_rounded_up(target['half_width']))} {unit}".rstrip()
    verdict = "reached" if target["reached"] else "NOT reached"
    return f"{name}: {got} at its widest ({where}); {asked}: {verdict}."


def _rounded_up(value: float) -> float:
    """Return three digits of a number, never less than it."""
    if value == 0:
        return 0.0
    digits = 2 - math.floor(math.log10(value))
    nearest = round(value, digits)
    return nearest if nearest >= value else round(nearest + 10.0**-digits, digits)


def fold_path(path: str, width: int) -> str:
    """Return a dotted path over as many lines as it needs, broken after dots."""
    lines = [""]
    for part in re.findall(r"[^.]+\.?|\.", path):
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def drawn_words(drawn: dict[str, frozenset[str]]) -> list[str]:
    """Return which metrics were drawn day by day, and for which policies."""
    by_names: dict[frozenset[str], list[str]] = {}
    for policy, names in drawn.items():
        by_names.setdefault(names, []).append(policy)
    return [
        f"{', '.join(sorted(names))}: {'all policies' if len(by_names) == 1 else ', '.join(those)}"
        for names, those in by_names.items()
    ]
