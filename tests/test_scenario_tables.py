"""Tables as several countries' spreadsheets write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from broken_inputs import BODIES, FUNCTIONS, WITH_TABLE

from sim.errors import InputError
from sim.scenario import tables
from sim.scenario.csvtext import number
from sim.scenario.load import load, load_texts
from sim.scenario.schema import Body

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "name;headcount;workstations;area_m2;fixed_m2\n"


def bodies(table: str) -> tuple[Body, ...]:
    return load_texts({"scenario.toml": WITH_TABLE, "bodies.csv": table}).scenario.body


def note(table: str) -> str:
    return load_texts({"scenario.toml": WITH_TABLE, "bodies.csv": table}).notes[0]


def test_columns_are_the_plain_fields_of_a_body() -> None:
    tables_of_their_own = {"offices", "blocks", "posts"}
    assert set(tables.BODY_COLUMNS) - {"source", "confirmed"} == (
        set(Body.model_fields) - tables_of_their_own
    )
    required = {name for name, field in Body.model_fields.items() if field.is_required()}
    assert {name for name, column in tables.BODY_COLUMNS.items() if column.required} == required


def test_a_table_says_what_body_tables_would() -> None:
    table = (
        "name,tier,building,headcount,vacant_posts,workstations,area_m2,fixed_m2,area_basis,"
        "audit,source,confirmed,office:chief,office:head of unit\n"
        "a,t,b1,10,1,11,120.5,20,usable,kazakhstan-2023,S1,no,2,\n"
        "c,,,5,,6,60,,,,,,,\n"
    )
    with pytest.raises(InputError, match=r"office:head of unit"):
        bodies(table.replace("20,usable,kazakhstan-2023,S1,no,2,\n", "20,usable,,S1,no,2,3\n"))
    first, second = bodies(table)
    assert (first.name, first.tier, first.building, first.vacant_posts) == ("a", "t", "b1", 1)
    for figure in (first.headcount, first.workstations, first.area_m2):
        assert (figure.source, figure.confirmed) == ("S1", False)
    assert (first.headcount.value, first.area_m2.value, first.fixed_m2.value) == (10, 120.5, 20)
    assert (first.audit, first.offices) == ("kazakhstan-2023", {"chief": 2})
    assert first.fixed_m2.confirmed
    assert second == Body.model_validate(
        {"name": "c", "headcount": 5, "workstations": 6, "area_m2": 60}
    )


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("cp1251", "Windows-1251")],
)
@pytest.mark.parametrize(("separator", "word"), [(";", "semicolon"), ("\t", "tab"), (",", "comma")])
def test_encodings_and_separators(
    tmp_path: Path, encode: str, encoding: str, separator: str, word: str
) -> None:
    table = BODIES.replace("akimats", "«Акиматы» № 1").replace(",", separator)
    (tmp_path / "scenario.toml").write_text(WITH_TABLE)
    (tmp_path / "bodies.csv").write_bytes(table.encode(encode))
    found = load(tmp_path / "scenario.toml")
    assert found.scenario.body[1].tier == "«Акиматы» № 1"
    assert found.scenario.body[0].area_m2.value == 1200.5
    assert found.notes == (f"bodies.csv: {encoding}, {word}, decimal point",)
    assert found.files["bodies.csv"] == table


@pytest.mark.parametrize(
    ("cells", "areas", "decimal"),
    [
        (("1234,5", "1,234"), (1234.5, 1.234), "decimal comma"),
        (("1234.5", "1,234"), (1234.5, 1234.0), "decimal point"),
        (("1.234,5", "7"), (1234.5, 7.0), "decimal comma"),
        (("1,234.5", "7"), (1234.5, 7.0), "decimal point"),
        (("1.234.567", "7,5"), (1234567.0, 7.5), "decimal comma"),
        (("1 234,5", "12\u00a0345"), (1234.5, 12345.0), "decimal comma"),
        (("0,125", "1,234"), (0.125, 1.234), "decimal comma"),
        (("1200", "600"), (1200.0, 600.0), "no decimals"),
        (("1,2E+03", "600"), (1200.0, 600.0), "decimal comma"),
    ],
)
def test_decimal_signs(cells: tuple[str, str], areas: tuple[float, float], decimal: str) -> None:
    table = f"name;headcount;workstations;area_m2\na;1;1;{cells[0]}\nc;1;1;{cells[1]}\n"
    assert tuple(body.area_m2.value for body in bodies(table)) == areas
    assert note(table).endswith(decimal)


def test_point_in_a_comma_file_needs_no_second_cell() -> None:
    (body,) = bodies("name,headcount,workstations,area_m2\na,1,1,1.234\n")
    assert body.area_m2.value == 1.234


def test_thousands_in_whole_numbers_follow_the_decimal_sign() -> None:
    (body,) = bodies('name,headcount,workstations,area_m2\na,"1,055",1 055,7.5\n')
    assert (body.headcount.value, body.workstations.value) == (1055, 1055)


def test_blank_rows_quotes_and_line_breaks() -> None:
    table = '\nname,tier,headcount,workstations,area_m2\n,,,,\n\n a ,"x, ""y""\nz",1,1,12\n'
    (body,) = bodies(table)
    assert (body.name, body.tier) == ("a", 'x, "y"\nz')


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("12", None, "12"),
        ("+1.5", ".", "+1.5"),
        ("1,5", ".", None),
        ("1.5", ",", None),
        ("1 23", ".", None),
        ("1,2345", ".", None),
        ("٣", ".", None),
        ("1_000", ".", None),
        ("inf", ".", None),
        ("=1+1", ".", None),
        ("", ".", None),
    ],
)
def test_number(cell: str, decimal: str | None, value: str | None) -> None:
    assert number(cell, decimal) == value


def test_functions() -> None:
    table = (
        "name;kind;service;block;feasibility;share;reason;staff;source\n"
        "a;main;no;A;full;1;;3;S1\n"
        "b;;YES;;partial;0,25;law;;\n"
        "c;auxiliary;0;;none;;secret;2;\n"
    )
    audit, faults, dialect = tables.audit(table, "UTF-8", "f.csv", "f.csv")
    assert not faults
    assert audit is not None
    assert str(dialect) == "UTF-8, semicolon, decimal comma"
    first, second, third = audit.functions
    assert (first.kind, first.service, first.block, first.staff) == ("main", False, "A", 3)
    assert (first.share, second.share, third.share) == (1.0, 0.25, 0.0)
    assert (second.kind, second.service, second.staff) == (None, True, None)
    assert (second.reason, third.source) == ("law", "")


def test_every_wrong_row_is_told() -> None:
    table = FUNCTIONS.replace("full", "ful").replace("0.5", "1.5").replace(",20", ",x")
    _, faults, _ = tables.audit(table, "UTF-8", "f.csv", "f.csv")
    assert [(fault.line, fault.key) for fault in faults] == [
        (2, "feasibility"),
        (3, "share"),
        (4, "staff"),
    ]
