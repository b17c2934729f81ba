"""The shipped scenarios: they load, add up, and say of every figure where it comes from."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from sim.domain import facts
from sim.scenario.inputs import register
from sim.scenario.load import load, unconfirmed
from sim.scenario.occupancy import WEEKDAYS
from sim.scenario.types import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario.load import Loaded
    from sim.scenario.schema import Body, Scenario

FOLDER = Path(__file__).parents[1] / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
POLICIES = {
    "attendance-order": {"order", "flexible", "level95"},
    "estate": {"combined"},
    "bodies-csv": {"own", "building", "today"},
    "kazakhstan-2023": {
        *("published", "level95", "secure", "audited", "today", "invested", "combined"),
    },
    "national": {
        *("published", "level95", "secure", "audited", "today", "invested", "combined"),
    },
    "neighbourhoods": {"pooled", "teams"},
    "order-back": {"hybrid", "remote"},
    "single-office": {"pooled", "seven-per-ten"},
}


@cache
def loaded(name: str) -> Loaded:
    return load(FOLDER / f"{name}.toml")


def scenario(name: str) -> Scenario:
    return loaded(name).scenario


def bodies(name: str) -> dict[str, Body]:
    return {body.name: body for body in scenario(name).body}


def figures(value: Any) -> Iterator[Provenance]:
    """Yield everything below this value that can have a source."""
    if isinstance(value, Provenance):
        yield value
    elif isinstance(value, BaseModel):
        yield from figures(dict(value))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from figures(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from figures(inner)


def binomial_above(limit: int, people: int, presence: float) -> float:
    return sum(
        math.comb(people, k) * presence**k * (1 - presence) ** (people - k)
        for k in range(limit + 1, people + 1)
    )


# All of them


def test_the_shipped_scenarios_are_these() -> None:
    assert set(NAMES) == POLICIES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_under_its_own_name_with_its_policies(name: str) -> None:
    assert scenario(name).scenario.name == name
    assert scenario(name).scenario.title
    assert scenario(name).policy.keys() == POLICIES[name]
    assert all(policy.title for policy in scenario(name).policy.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_unconfirmed_figure_has_a_source_or_a_reason(name: str) -> None:
    open_figures = [given for given in register(scenario(name)).values() if not given.confirmed]
    assert all(figure.source for figure in open_figures)
    assert "not stated in the scenario" not in {figure.source for figure in open_figures}


@pytest.mark.parametrize("name", NAMES)
def test_short_names_of_sources_are_explained(name: str) -> None:
    text = " ".join(figure.source or "" for figure in figures(scenario(name)))
    cited = set(re.findall(r"\b(S\d|press|answer)\b", text))
    assert cited <= scenario(name).scenario.sources.keys()


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_explains_it_and_editors_check_it(name: str) -> None:
    assert f"`{name}.toml`" in (FOLDER / "README.md").read_text(encoding="utf-8")
    first = (FOLDER / f"{name}.toml").read_text(encoding="utf-8").partition("\n")[0]
    assert first == "#:schema ./scenario.schema.json"


# Kazakhstan


def test_kazakhstan_says_that_it_is_calibrated() -> None:
    about = scenario("kazakhstan-2023").scenario
    assert "calibrated to a published result, not observed" in about.title
    assert "One person per place is assumed" in about.description.replace("\n", " ")


def test_kazakhstan_cites_its_inferred_figures_as_unconfirmed() -> None:
    assert {
        "body.central.headcount",
        "body.central.workstations",
        "body.local.area_m2",
        "area.workstation_m2",
        "attendance.compliance",
        "readiness.literacy.today",
        "cost.running.rent",
        "policy.published.eligible",
        "policy.published.workstations.per_person.local",
        "policy.secure.dedicated.secrets",
    } <= set(unconfirmed(scenario("kazakhstan-2023")))


@pytest.mark.parametrize(
    ("name", "released_m2", "percent"), [("central", 11_316, 89.4), ("local", 10_524, 88.4)]
)
def test_kazakhstan_as_published_gives_the_published_release(
    name: str, released_m2: int, percent: float
) -> None:
    shipped = scenario("kazakhstan-2023")
    body = bodies("kazakhstan-2023")[name]
    policy = shipped.policy["published"]
    place_m2 = shipped.area.workstation_m2.value
    left = body.headcount.value * (1 - policy.eligible.triangular[1])
    kept = math.ceil(policy.workstations.per_person[name].triangular[1] * round(left))
    assert body.headcount.value == body.workstations.value
    assert body.area_m2.value == body.workstations.value * place_m2
    assert body.area_m2.value - kept * place_m2 == released_m2
    assert round(100 * released_m2 / body.area_m2.value, 1) == percent


def test_kazakhstan_policies_build_on_each_other() -> None:
    policy = scenario("kazakhstan-2023").policy
    assert policy["today"].eligible == policy["invested"].eligible == "audit"
    assert (policy["today"].readiness, policy["invested"].readiness) == ("today", "target")
    for name in ("level95", "secure", "audited", "today", "invested", "combined"):
        level = policy[name].workstations.service
        assert (level.per_day, level.assurance) == (0.95, 0.90)
    assert policy["secure"].dedicated["secrets"].value == 0.10
    assert policy["combined"].modes.combined.value == 1
    assert policy["combined"].modes.remote.value == 0


def test_kazakhstan_has_the_shipped_audit_and_survey_figures() -> None:
    shipped = scenario("kazakhstan-2023")
    assert shipped.audits["kazakhstan-2023"].feasible_share() == 0.75
    for gate in ("literacy", "equipment"):
        survey = shipped.readiness.gates[gate].today.survey
        assert survey.model_dump() == facts.fact(f"readiness.{gate}")["survey"]
    index = facts.fact("weekday.uk-offices-2024")["value"]
    assert shipped.attendance.weekday.value == tuple(round(day, 2) for day in index)


def test_kazakhstan_has_no_confirmed_figure_within_the_days() -> None:
    within = {p: f for p, f in register(scenario("kazakhstan-2023")).items() if "occupancy" in p}
    assert len(within) == 19
    assert all(given.source.startswith("assumed") for given in within.values())
    assert not any(given.confirmed for given in within.values())
    calendar = scenario("kazakhstan-2023").occupancy.calendar
    assert (calendar.start.isoformat(), calendar.country) == ("2023-09-04", "KZ")


# One office


def test_nothing_in_the_single_office_is_left_to_confirm() -> None:
    assert unconfirmed(scenario("single-office")) == ()


def test_the_single_office_is_binomial_and_needs_119_workstations() -> None:
    shipped = scenario("single-office")
    attendance, pooled = shipped.attendance, shipped.policy["pooled"]
    (office,) = shipped.body
    presence = pooled.days_on_site.value / 5 * attendance.compliance.value
    assert office.headcount.value == 180
    assert presence == pytest.approx(0.6)
    assert attendance.absence.value == attendance.clustering.value == 0
    assert len(set(attendance.weekday.value)) == 1
    assert pooled.eligible.value == pooled.modes.combined.value == 1
    short = 1 - pooled.workstations.service.per_day
    assert binomial_above(119, 180, presence) <= short < binomial_above(118, 180, presence)


# Teams with workstations of their own


def test_nothing_in_the_neighbourhoods_is_left_to_confirm() -> None:
    assert unconfirmed(scenario("neighbourhoods")) == ()


def test_twelve_teams_apart_need_144_workstations_and_together_119() -> None:
    shipped = scenario("neighbourhoods")
    attendance, pooled = shipped.attendance, shipped.policy["pooled"]
    presence = pooled.days_on_site.value / 5 * attendance.compliance.value
    assert presence == pytest.approx(0.6)
    assert attendance.absence.value == attendance.clustering.value == 0
    assert pooled.eligible.value == pooled.modes.combined.value == 1
    teams, places = shipped.occupancy.team, shipped.occupancy.neighbourhood
    assert [team.people.value for team in teams] == 12 * [15]
    assert [place.workstations.value for place in places] == 12 * [12]
    assert pooled.workstations.fixed == 119
    assert shipped.policy["teams"].workstations.fixed == 144
    assert binomial_above(119, 180, presence) <= 0.05 < binomial_above(118, 180, presence)
    assert binomial_above(12, 15, presence) <= 0.05 < binomial_above(11, 15, presence)


def test_each_team_has_its_place_and_stays_on_its_floor() -> None:
    occupancy = scenario("neighbourhoods").occupancy
    assert {t.neighbourhood for t in occupancy.team} == {n.name for n in occupancy.neighbourhood}
    for place in occupancy.neighbourhood:
        assert all(other[:-1] == place.name[:-1] for other in place.fallback)


def test_on_each_floor_each_weekday_is_the_anchor_day_of_one_team() -> None:
    floors: dict[str, list[str]] = {}
    for team in scenario("neighbourhoods").occupancy.team:
        floors.setdefault(team.neighbourhood[:-2], []).extend(team.anchor_days.split())
    assert [sorted(days) for days in floors.values()] == 3 * [sorted(WEEKDAYS)]


# An order to attend


def test_the_order_adds_up_to_the_reported_totals() -> None:
    found = bodies("attendance-order")
    assert sum(body.headcount.value for body in found.values()) == 8_009
    assert sum(body.workstations.value for body in found.values()) == 4_200
    reported = {"sheffield": (1_498, 790), "london": (2_268, 1_100), "leeds": (110, 24)}
    for name, figures_of_body in reported.items():
        assert (found[name].headcount.value, found[name].workstations.value) == figures_of_body
    assert found["elsewhere"].headcount.source.startswith("calc")
    assert found["elsewhere"].workstations.source.startswith("calc")


def test_the_order_keeps_todays_workstations_and_asks_for_four_days() -> None:
    policy = scenario("attendance-order").policy
    assert policy["order"].workstations == "current"
    assert policy["order"].days_on_site.value == 4
    assert policy["flexible"].days_on_site.support() == (3, 4)
    assert policy["level95"].workstations.service.per_day == 0.95


def test_what_the_order_does_not_say_is_a_range() -> None:
    shipped = scenario("attendance-order")
    open_paths = set(unconfirmed(shipped))
    assert {"attendance.compliance", "attendance.absence", "area.workstation_m2"} <= open_paths
    assert not any(path.endswith((".headcount", ".workstations")) for path in open_paths)
    assert shipped.attendance.compliance.support() == (0.5, 1)
    norm = facts.fact("norm.uk-target")["value"]
    for body in shipped.body:
        assert body.area_m2.value == body.workstations.value * norm
        assert not body.area_m2.confirmed


# Bodies from tables


def test_the_tables_are_as_a_spreadsheet_writes_them() -> None:
    names = [name for name in loaded("bodies-csv").files if name.endswith(".csv")]
    assert sorted(names) == ["bodies-functions.csv", "bodies.csv", "body-10-functions.csv"]
    tables = [FOLDER / name for name in names]
    for table in tables:
        data = table.read_bytes()
        assert b";" in data
        assert b"\r\n" in data
        with pytest.raises(UnicodeDecodeError):
            data.decode("utf-8")
    notes = "\n".join(loaded("bodies-csv").notes)
    assert notes.count("Windows-1251") == len(tables)


def test_the_invented_bodies_are_said_to_be_invented() -> None:
    found = bodies("bodies-csv")
    assert list(found) == [f"body-{number:02}" for number in range(1, 11)]
    about = scenario("bodies-csv").scenario
    assert "invented" in about.title
    assert "Synthetic" in about.description
    assert not any(body.headcount.confirmed or body.area_m2.confirmed for body in found.values())


def test_the_tables_are_read_in_russian_with_decimal_commas() -> None:
    found = bodies("bodies-csv")
    assert {body.tier for body in found.values()} == {"центральные органы", "местные органы"}
    assert found["body-01"].area_m2.value == 3_406.5
    assert found["body-03"].fixed_m2.value == 40.5
    assert found["body-03"].vacant_posts == 9
    assert sum(body.headcount.value for body in found.values()) == 878


def test_functions_come_from_shipped_and_own_tables() -> None:
    audits = scenario("bodies-csv").audits
    assert {body.audit for body in scenario("bodies-csv").body} == audits.keys()
    shared = audits["bodies-functions.csv"]
    assert [f.share for f in shared.functions] == [1, 0.75, 0.5, 0, 1, 1]
    assert all(f.reason for f in shared.functions if f.feasibility != "full")
    own = audits["body-10-functions.csv"]
    assert sum(f.staff for f in own.functions) == bodies("bodies-csv")["body-10"].headcount.value


def test_shipped_facts_cited_by_name_bring_their_source() -> None:
    shipped = scenario("bodies-csv")
    literacy = shipped.readiness.gates["literacy"].today
    assert literacy.source == facts.fact("readiness.literacy")["source"]
    assert literacy.survey.share == 0.61
    assert "readiness.literacy.today" in unconfirmed(shipped)
    assert shipped.area.workstation_m2.value == 12
