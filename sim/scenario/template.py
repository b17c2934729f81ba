"""A scenario to start from: every key with its meaning, the optional ones as comments."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from sim.domain import facts, functions
from sim.scenario.appraisal import Appraisal
from sim.scenario.consequences import CoBenefits, Reversal
from sim.scenario.estate import Estate
from sim.scenario.fields import below, doc
from sim.scenario.occupancy import Occupancy
from sim.scenario.schema import (
    About,
    AreaNorms,
    Attendance,
    Body,
    Correlation,
    Cost,
    Gate,
    Policy,
    Readiness,
    Run,
)
from sim.scenario.types import Input, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_SECTIONS: tuple[tuple[str, type[BaseModel], bool], ...] = (
    ("[scenario]", About, True),
    ("[run]", Run, True),
    ("[[body]]", Body, False),
    ("[attendance]", Attendance, True),
    ("[readiness]", Readiness, True),
    ("[readiness.literacy]", Gate, True),
    ("[area]", AreaNorms, True),
    ("[cost]", Cost, True),
    ("[policy.remote]", Policy, True),
    ("[policy.combined]", Policy, True),
    ("[[correlation]]", Correlation, False),
    ("[occupancy]", Occupancy, False),
    ("[appraisal]", Appraisal, False),
    ("[reversal]", Reversal, False),
    ("[co_benefits]", CoBenefits, False),
    ("[estate]", Estate, False),
)
"""Heading, class, and whether the section is part of the example or a comment."""

_LIVE = {
    "scenario.name": '"my-scenario"',
    "scenario.title": '"Our offices after remote work"',
    "scenario.area_basis": '"usable"',
    "run.draws": "16_384",
    "run.seed": "1",
    "attendance.weekday": "{ value = [1.0, 1.0, 1.0, 1.0, 1.0], confirmed = false }",
    "attendance.absence": "{ beta = { mean = 0.12, sd = 0.02 }, confirmed = false }",
    "attendance.clustering": "{ uniform = [0.00, 0.05], confirmed = false }",
    "attendance.shared": "{ common = 0.3, week = 0.2, confirmed = false }",
    "attendance.compliance": "{ beta = { mean = 0.85, sd = 0.08 }, confirmed = false }",
    "readiness.literacy.today": "{ uniform = [0.5, 0.7], confirmed = false }",
    "readiness.literacy.target": "0.95",
    "area.workstation_m2": '{ value = 12, includes = "circulation", confirmed = false }',
    "cost.running.rent": "{ uniform = [30_000, 60_000], confirmed = false }",
    "cost.running.utilities": "{ uniform = [6_000, 9_000], confirmed = false }",
    "policy.remote.title": '"Remote work where the duties allow it"',
    "policy.remote.eligible": '"audit"',
    "policy.remote.modes": "{ remote = 1.0 }",
    "policy.remote.workstations": "{ service = { per_day = 0.95, assurance = 0.90 } }",
    "policy.combined.extends": '"remote"',
    "policy.combined.title": '"Two days a week on site"',
    "policy.combined.modes": "{ combined = 1.0 }",
    "policy.combined.days_on_site": "2",
}
"""Keys that the example states."""

_SHOWN = {
    "scenario.description": '"What this scenario is for."',
    "scenario.currency": '"KZT"',
    "scenario.classification": '"for official use"',
    "scenario.sources": '{ S1 = "Order 12 of 2024, clause 3" }',
    "body.name": '"central"',
    "body.tier": '"ministries"',
    "body.building": '"main"',
    "body.headcount": '{ value = 120, source = "staff list, 1 March", confirmed = true }',
    "body.vacant_posts": "8",
    "body.workstations": "125",
    "body.area_m2": "1_800",
    "body.fixed_m2": "150",
    "body.area_basis": '"usable"',
    "body.offices": "{ chief = 2 }",
    "body.audit": '"functions.csv"',
    "body.blocks": '[{ name = "A", staff = 120, eligible = 0.7 }]',
    "body.posts": '[{ name = "clerk", staff = 120, time = { "public reception" = 1.0 } }]',
    "readiness.literacy.cost_per_person": "{ triangular = [40_000, 60_000, 120_000] }",
    "area.office": "{ chief = 18 }",
    "area.meeting": "{ share = 0.2, seat_m2 = 2 }",
    "policy.remote.extends": '"another-policy"',
    "policy.remote.days_on_site": "2",
    "policy.remote.dedicated": "{ secrets = 0.10 }",
    "correlation.inputs": '["cost.running.rent", "cost.running.utilities"]',
    "correlation.rank": "0.6",
    "occupancy.opens": "8.0",
    "occupancy.closes": "19.0",
    "occupancy.patience_minutes": "{ uniform = [0, 20], confirmed = false }",
    "occupancy.remains": "{ value = 0.5, confirmed = false }",
    "occupancy.out_of_service": "0.02",
    "occupancy.anchor_pull": "8.0",
    "occupancy.teams": '"teams.csv"',
    "occupancy.hours": "{ flexible = { arrival = { uniform = [8, 11] }, stay_hours = 8 } }",
    "occupancy.lunch": "{ share = 0.9, start = 13, length_minutes = 60 }",
    "occupancy.meetings": "{ per_person = 0.8, length_minutes = 45, people = 4 }",
    "occupancy.room": "[{ seats = 4, rooms = 6 }]",
    "occupancy.booking": "{ share = 0.5, no_show = 0.1, release_minutes = 60 }",
    "occupancy.visitors": "{ per_day = 12, arrival = { uniform = [9, 16] }, stay_hours = 2 }",
    "occupancy.calendar": '{ start = 2024-09-02, country = "KZ", season = { 7 = 0.25 } }',
    "occupancy.neighbourhood": '[{ name = "floor-1", body = "central", workstations = 40 }]',
    "occupancy.group": "{ carers = { eligible = 0.9, adjustment = true } }",
    "occupancy.team": '[{ team = "audit", body = "central", people = 14, group = "carers" }]',
    "appraisal.base_year": "2026",
    "appraisal.years": "10",
    "appraisal.discount_rate": '{ fact = "discount.uk-green-book" }',
    "appraisal.reinvestment_rate": "0.035",
    "appraisal.inflation": "{ uniform = [0.04, 0.08], confirmed = false }",
    "appraisal.vacated": "{ value = [0.0, 0.5, 1.0], confirmed = false }",
    "appraisal.staff_growth": "{ value = -0.01, confirmed = false }",
    "appraisal.vacant_filled": "{ value = [0.0, 0.5], confirmed = false }",
    "appraisal.handed_back": '"floor"',
    "appraisal.do_minimum": '"remote"',
    "appraisal.vat_rate": "{ value = 0.16, confirmed = false }",
    "appraisal.exchange": "{ EUR = { uniform = [480, 560], confirmed = false } }",
    "appraisal.line": '{ rent = { per = "m2", running = "rent", avoidable_share = 0.5 } }',
    "reversal.probability": "{ uniform = [0.1, 0.4], confirmed = false }",
    "reversal.year": "{ uniform = [1, 8], confirmed = false }",
    "reversal.notice_weeks": "8",
    "reversal.share": "0.8",
    "reversal.stopgap_per_week": "{ uniform = [5_000, 20_000], confirmed = false }",
    "reversal.exit": "{ end = { share = 1, weeks = 40, cost_per_m2 = 40_000 } }",
    "reversal.gate": "{ first_stage = 0.3, years = 1, shortage_days = 0.05 }",
    "co_benefits.working_days": "247",
    "co_benefits.commute_hours": "{ uniform = [0.7, 1.5], confirmed = false }",
    "co_benefits.commute_money": "{ uniform = [200, 600], confirmed = false }",
    "co_benefits.commute_km": "{ uniform = [8, 30], confirmed = false }",
    "co_benefits.co2e_per_km": "{ uniform = [0.03, 0.15], confirmed = false }",
    "co_benefits.kwh_per_m2": "{ uniform = [100, 250], confirmed = false }",
    "co_benefits.energy_ends": "{ uniform = [0.3, 0.9], confirmed = false }",
    "co_benefits.kwh_at_home": "{ uniform = [1, 5], confirmed = false }",
    "co_benefits.co2e_per_kwh": "{ uniform = [0.3, 0.7], confirmed = false }",
    "co_benefits.hour_value": "1_500",
    "co_benefits.tonne_value": "20_000",
    "co_benefits.group": "{ disability = { value = 0.03, confirmed = false } }",
    "estate.holdings": '"holdings.csv"',
    "estate.rooms": '"rooms.csv"',
    "estate.stacking": '"stacking.csv"',
    "estate.holding": '[{ building = "main", right = "lease", end = 2030-12-31 }]',
    "estate.room": '[{ building = "main", floor = "1", area_m2 = 1_700, workstations = 125 }]',
    "estate.seat": '[{ body = "central", building = "main", floor = "1", workstations = 120 }]',
    "estate.start": "2026-01-01",
    "estate.years": "5",
    "estate.policy": '"remote"',
    "estate.discount_rate": "{ uniform = [0.03, 0.07], confirmed = false }",
    "estate.moves_per_quarter": "40",
    "estate.yearly_ceiling": "50_000_000",
    "estate.max_sites": "2",
    "estate.price": "{ running_m2 = { uniform = [6_000, 9_000], confirmed = false } }",
    "estate.body": '{ central = { buildings = ["main"], secure_workstations = 4 } }',
}
"""Keys that the example only shows, beside those with a default."""

_BODIES = """\
name,tier,building,headcount,vacant_posts,workstations,area_m2,fixed_m2,audit,source,confirmed
central,ministries,main,120,8,125,1800,150,functions.csv,example,false
regional,departments,branch,60,3,62,900,60,functions.csv,example,false
"""

_FUNCTIONS = """\
name,kind,service,block,feasibility,share,reason,staff,source
drafting rules,main,no,,full,,,,example
inspections,main,no,,partial,0.5,visits on site,,example
secret records,auxiliary,no,,none,,law on state secrets,,example
public reception,main,yes,,full,,,,example
"""

_TEAMS = """\
team,body,people,neighbourhood,anchor_days,group,source,confirmed
audit,central,14,,Tue Thu,,example,false
legal,central,9,,Wed,,example,false
fieldwork,regional,20,,,,example,false
"""

_HOLDINGS = """\
building,holder,right,hand_back,end,breaks,notice_months,disposal,disposal_months,source,confirmed
main,property department,owned,building,,,,transfer,9,example,false
branch,property department,lease,floor,2030-12-31,2027-06-30 2028-06-30,6,,,example,false
"""

_ROOMS = """\
building,floor,room,type,area_m2,workstations,secure,must_stay,people_limit,source,confirmed
main,1,,offices,900,65,no,no,,example,false
main,2,,"offices, archive",900,60,no,no,,example,false
main,2,archive,secret archive,120,0,yes,yes,,example,false
branch,1,,offices,900,62,no,no,60,example,false
"""

_STACKING = """\
body,building,floor,workstations,source,confirmed
central,main,1,65,example,false
central,main,2,60,example,false
regional,branch,1,62,example,false
"""


def template() -> str:
    """Return a scenario to start from.

    Returns
    -------
    str
        TOML that loads beside the tables of `template_tables`.
    """
    lines = ["#:schema ./scenario.schema.json", *_about_inputs(), ""]
    lines += ['bodies = "bodies.csv"', "# In place of the table: [[body]], as below.", ""]
    seen: set[type[BaseModel]] = set()
    for heading, model, live in _SECTIONS:
        lines += [*_section(heading, model, live, model not in seen), ""]
        seen.add(model)
    return "\n".join(lines)


def template_tables() -> dict[str, str]:
    """Return the CSV tables that the template names, in use or as a comment, by name.

    Returns
    -------
    dict of str to str
    """
    return {
        "bodies.csv": _BODIES,
        "functions.csv": _FUNCTIONS,
        "teams.csv": _TEAMS,
        "holdings.csv": _HOLDINGS,
        "rooms.csv": _ROOMS,
        "stacking.csv": _STACKING,
    }


def _about_inputs() -> Iterator[str]:
    yield from _comment("A quantity is a number, or a table with exactly one of these:")
    for name in Input.model_fields:
        if name not in Provenance.model_fields:
            yield from _comment(f"{name}: {doc(Input, name)}", "  ")
    yield from _comment("and beside it, as for every figure with a source:")
    for name in Provenance.model_fields:
        yield from _comment(f"{name}: {doc(Provenance, name)}", "  ")
    yield from _comment(f"Shipped figures: {', '.join(facts.names())}.")
    yield from _comment(f"Shipped audits: {', '.join(functions.shipped_names())}.")


def _section(heading: str, model: type[BaseModel], live: bool, explain: bool) -> Iterator[str]:
    if explain:
        yield from _comment((model.__doc__ or "").split("\n")[0])
    yield heading if live else f"# {heading}"
    path = heading.strip("[]")
    for name, field in model.model_fields.items():
        if explain:
            yield from _comment(doc(model, name))
            yield from _inner_keys(field)
        yield from _assignments(path, name, field, explain)


def _assignments(path: str, name: str, field: FieldInfo, explain: bool) -> Iterator[str]:
    key = f"{path}.{name}"
    live = {k: text for k, text in _LIVE.items() if k == key or k.startswith(f"{key}.")}
    for known, text in live.items():
        yield f"{known.removeprefix(f'{path}.')} = {text}"
    if not live and explain:
        yield f"# {name} = {_SHOWN[key] if key in _SHOWN else _default(field)}"


def _inner_keys(field: FieldInfo, indent: str = "  ") -> Iterator[str]:
    for model in below(field.annotation):
        for name, inner in model.model_fields.items():
            if not (issubclass(model, Provenance) and name in Input.model_fields):
                yield from _comment(f"{name}: {doc(model, name)}", indent)
                yield from _inner_keys(inner, f"{indent}  ")


def _default(field: FieldInfo) -> str:
    default = field.default
    return f'"{default}"' if isinstance(default, str) else str(default)


def _comment(text: str, indent: str = "") -> Iterator[str]:
    width = 96 - len(indent)
    for line in textwrap.wrap(text.replace("``", "`"), width, break_on_hyphens=False):
        yield f"# {indent}{line}"
