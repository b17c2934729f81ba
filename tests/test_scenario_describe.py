"""The reference, the schema and the template follow the classes."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from broken_inputs import BASE

from sim.domain import facts
from sim.scenario.appraisal import Appraisal, Line
from sim.scenario.describe import json_schema, reference, template, template_tables
from sim.scenario.fields import doc
from sim.scenario.load import load_texts
from sim.scenario.occupancy import Booking, Occupancy, Team
from sim.scenario.schema import Attendance, Body, Modes, Policy, Scenario, ServiceLevel
from sim.scenario.types import KINDS

SCENARIOS = sorted((Path(__file__).parent.parent / "scenarios").glob("*.toml"))


def complaints(data: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema())
    plain = json.loads(json.dumps(data, default=str))  # as an editor sees a date
    return [error.message for error in validator.iter_errors(plain)]


def uncommented() -> str:
    """Return the template with every optional key stated and the bodies in the file."""
    text = template().replace('bodies = "bodies.csv"\n', "")
    tables = ("teams", "holdings", "rooms", "stacking")
    one_or_the_other = [f'# {name} = "{name}.csv"\n' for name in tables]
    for one_of_two in ('# extends = "another-policy"\n', *one_or_the_other):
        text = text.replace(one_of_two, "")
    return re.sub(r"^# ([a-z_0-9]+ = .*|\[+\w+\]+)$", r"\1", text, flags=re.MULTILINE)


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_satisfy_the_schema(path: Path) -> None:
    assert complaints(tomllib.loads(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("draws = 1000", 'draws = "1000"'),
        ("draws = 1000", "drows = 1000"),
        ("headcount = 100", "headcount = 99.5"),
        ("area_m2 = 1200\n", ""),
        ("eligible = 0.5", 'eligible = "audits"'),
        ("{ uniform = [1, 2] }", "{ uniforn = [1, 2] }"),
        ("{ uniform = [1, 2] }", "{ uniform = [1, 2, 3] }"),
        ("[1, 1, 1, 1, 0.5]", "[1, 1, 1, 1]"),
        ("workstation_m2 = 12", 'workstation_m2 = { fact = "norm.mars" }'),
        ("[[body]]", "[[bodie]]"),
    ],
)
def test_schema_refuses(old: str, new: str) -> None:
    assert old in BASE
    assert complaints(tomllib.loads(BASE)) == []
    assert complaints(tomllib.loads(BASE.replace(old, new))) != []


def test_schema_takes_bodies_in_either_form_and_numbers_for_inputs() -> None:
    data = tomllib.loads(BASE)
    bodies = data.pop("body")
    assert complaints(data) != []
    assert complaints(data | {"bodies": "bodies.csv"}) == []
    assert complaints(data | {"body": bodies}) == []


def test_schema_has_no_null_and_explains_every_key() -> None:
    def nodes(node: Any) -> list[dict[str, Any]]:
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        found = [node] if isinstance(node, dict) else []
        return found + [deeper for value in inner for deeper in nodes(value)]

    every = nodes(json_schema())
    assert not [node for node in every if node.get("type") == "null"]
    assert "audits" not in json_schema()["properties"]
    for kind in json_schema()["$defs"].values():
        for form in kind.get("anyOf", [kind]):
            for key, field in form.get("properties", {}).items():
                assert field.get("description"), key


def test_template_loads_with_its_tables() -> None:
    text = template()
    assert text.startswith("#:schema ./scenario.schema.json\n")
    found = load_texts({"scenario.toml": text, **template_tables()})
    assert set(found.files) == {"scenario.toml", "bodies.csv", "functions.csv"}
    assert len(found.scenario.policy) == 2
    assert complaints(tomllib.loads(text)) == []


def test_template_still_loads_with_every_optional_key() -> None:
    text = uncommented()
    found = load_texts({"scenario.toml": text, **template_tables()}).scenario
    assert complaints(tomllib.loads(text)) == []
    body = found.body[0]
    assert body.model_fields_set == set(Body.model_fields)
    assert found.policy["remote"].model_fields_set == set(Policy.model_fields) - {"extends"}
    assert found.attendance.model_fields_set == set(Attendance.model_fields)
    assert found.model_fields_set >= set(Scenario.model_fields) - {"audits"}
    assert found.appraisal is not None
    assert found.appraisal.model_fields_set == set(Appraisal.model_fields)
    assert found.occupancy is not None
    assert found.occupancy.model_fields_set == set(Occupancy.model_fields) - {"teams"}


def test_template_names_a_table_of_teams_that_fits() -> None:
    text = template().replace("# [occupancy]", "[occupancy]")
    text = text.replace('# teams = "teams.csv"', 'teams = "teams.csv"')
    found = load_texts({"scenario.toml": text, **template_tables()})
    assert [team.people.value for team in found.scenario.occupancy.team] == [14, 9, 20]


def test_template_says_every_key() -> None:
    text = template()
    for model in (Body, Policy, Modes, ServiceLevel, Occupancy, Team, Booking, Appraisal, Line):
        for key in model.model_fields:
            assert re.search(rf"^(# +)?{key}( =|:)", text, re.MULTILINE), key
            words = " ".join(text.replace("#", " ").split())
            assert doc(model, key)
            assert " ".join(doc(model, key).replace("``", "`").split()) in words
    for word in (*KINDS, *facts.names()):
        assert word in text
    assert "None" not in text
    assert max(len(line) for line in text.split("\n")) <= 100


def test_reference_has_every_key_once() -> None:
    text = reference()
    keys = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    inside = keys[: keys.index("source")]
    assert len(set(inside)) == len(inside)
    for key in (
        "bodies",
        "run.draws",
        "body[].blocks[].eligible",
        "body[].posts[].time",
        "attendance.shared.week",
        "readiness.NAME.today",
        "area.workstation_m2.includes",
        "area.meeting.seat_m2",
        "policy.NAME.workstations.service.assurance",
        "policy.NAME.modes.onsite",
        "occupancy.opens",
        "occupancy.hours.NAME.arrival",
        "occupancy.calendar.season",
        "occupancy.neighbourhood[].fallback",
        "occupancy.team[].people",
        "correlation[].rank",
        "appraisal.discount_rate.steps[].from_year",
        "appraisal.vacated",
        "appraisal.line.NAME.avoidable_share",
    ):
        assert key in inside
    assert {*KINDS, "normal.min", "survey.n", "per"} <= set(keys[len(inside) :])
    assert "| `run.draws` | whole number ≥ 1 ≤ 1000000000 | 16384 | Number of draws" in text
    assert "| `attendance.compliance` | input from 0 to 1 | 1, unconfirmed |" in text
    assert "| `policy.NAME.eligible` | input from 0 to 1 or `audit`, " in text
    assert "| `body[].headcount` | whole number, or table with source | required |" in text
    assert "| `occupancy.opens` | number from 0 to 24, or table with source | 8, unconf" in text
    assert "| `occupancy.hours` | by name: table | `fixed`, unconfirmed |" in text
    assert "| `occupancy.calendar.start` | date | required |" in text
