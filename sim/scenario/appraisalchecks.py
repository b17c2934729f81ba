"""What has to fit together in ``[appraisal]``: names, years, currencies and rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.appraisal import UNITS, ByUnit
from sim.scenario.document import nearest
from sim.scenario.types import Input

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.scenario.appraisal import Appraisal, Line
    from sim.scenario.positions import Path
    from sim.scenario.schema import Scenario

    Problem = tuple[Path, str, str]

AT = ("appraisal",)


def appraisal_problems(scenario: Scenario, broken: frozenset[str]) -> Iterator[Problem]:
    """Check what has to fit together in the appraisal of money.

    Parameters
    ----------
    scenario : Scenario
    broken : frozenset of str
        Sections in which something is wrong already and has been left out.

    Yields
    ------
    path, message, remedy
    """
    said = scenario.appraisal
    if said is None or "appraisal" in broken:
        return
    yield from _shared_by_bodies(said)
    for key in ("vacated", "vacant_filled"):
        if len(getattr(said, key).value) > said.years:
            message = f"says more years than the horizon of {said.years}"
            yield (*AT, key), message, "shorten it, or raise years"
    if "policy" not in broken:
        yield from _policies((*AT, "do_minimum"), [said.do_minimum or ""], scenario)
    for name, line in said.line.items():
        at = (*AT, "line", name)
        yield from _years(at, line, said)
        yield from _handed_back(at, line, said)
        if "policy" not in broken:
            yield from _policies((*at, "policies"), line.policies or (), scenario)
        if not broken & {"cost", "scenario"}:
            yield from _price(at, line, said, scenario)


def _shared_by_bodies(said: Appraisal) -> Iterator[Problem]:
    """Refuse rates that differ between bodies: groups of bodies have one clock."""
    keys = ("discount_rate", "reinvestment_rate", "inflation", "staff_growth", "vat_rate")
    rates: list[tuple[Path, object]] = [((*AT, key), getattr(said, key)) for key in keys]
    for name, line in said.line.items():
        rates.append(((*AT, "line", name, "escalation"), line.escalation))
        rates.append(((*AT, "line", name, "residual_share"), line.residual_share))
    for path, given in rates:
        if isinstance(given, Input) and given.per == "body":
            message = 'must be the same for all bodies, not per = "body"'
            yield path, message, "leave per out; amounts and shares may differ by body"


def _years(at: Path, line: Line, said: Appraisal) -> Iterator[Problem]:
    last = said.base_year + said.years
    if line.base_year is not None and line.base_year > last:
        message = f"is after the horizon, which ends with {last}"
        yield (*at, "base_year"), message, "the year of whose prices the amount is"
    if isinstance(line.year, int) and line.year > said.years:
        message = f"is after the horizon of {said.years} years"
        remedy = "years are counted from base_year: 0, 1 and so on"
        yield (*at, "year"), message, remedy


def _policies(at: Path, names: Sequence[str], scenario: Scenario) -> Iterator[Problem]:
    known = list(scenario.policy)
    for name in names:
        if name and name not in known:
            near = nearest(name, known)
            remedy = f"did you mean {near}?" if near else f"policies: {', '.join(known)}"
            yield at, f"names {name}, which is no policy of this scenario", remedy


def _handed_back(at: Path, line: Line, said: Appraisal) -> Iterator[Problem]:
    """Refuse avoidable shares by unit of which none is that of what is handed back."""
    share = line.avoidable_share
    if not isinstance(share, ByUnit):
        return
    at = (*at, "avoidable_share")
    if said.handed_back is None:
        message = "depends on what is handed back, which [appraisal] does not say"
        yield at, message, f"add handed_back: {', '.join(UNITS)}"
    elif getattr(share, said.handed_back) is None:
        yield at, f"has none for {said.handed_back}, which is handed back", "add it"


def _price(at: Path, line: Line, said: Appraisal, scenario: Scenario) -> Iterator[Problem]:
    running = scenario.cost.running
    if line.running is not None and line.running not in running:
        near = nearest(line.running, list(running))
        remedy = f"did you mean {near}?" if near else f"add {line.running} to [cost.running]"
        yield (*at, "running"), "is no line of [cost.running]", remedy
    currency = scenario.scenario.currency
    if line.currency not in (None, currency) and line.currency not in said.exchange:
        message = f"is not the scenario's currency, {currency}, and has no rate"
        remedy = f"add exchange = {{ {line.currency} = … }}: {currency} for one {line.currency}"
        yield (*at, "currency"), message, remedy
    if line.currency is not None and line.running is not None:
        message = "cannot be stated for a running cost"
        yield (*at, "currency"), message, "[cost.running] is in the scenario's currency"
