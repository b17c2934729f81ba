"""What has to fit together in ``[appraisal]``: names, years, currencies and rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.document import nearest
from sim.scenario.types import Input

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    if len(said.vacated.value) > said.years:
        message = f"says more years than the horizon of {said.years}"
        yield (*AT, "vacated"), message, "shorten it, or raise years"
    for name, line in said.line.items():
        at = (*AT, "line", name)
        yield from _years(at, line, said)
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
