"""Everything that is wrong is told: where, what, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import broken_estate
import broken_inputs
import broken_occupancy
import pytest
from broken_inputs import BASE, BODIES, WITH_TABLE, changed
from broken_occupancy import TEAMS, WITH_TEAMS
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import Fault, InputError
from sim.scenario.load import load, load_texts

if TYPE_CHECKING:
    from pathlib import Path

    from broken_inputs import Files

_ESTATES = [(f"estate-{name}", *rest) for name, *rest in broken_estate.CASES]
CASES = [*broken_inputs.CASES, *broken_occupancy.CASES, *_ESTATES]

SEVERAL = {"empty-file", *(f"estate-{name}" for name in broken_estate.SEVERAL)}
"""Cases in which more than one thing is wrong."""


def faults_of(folder: Path, files: Files, overrides: tuple[str, ...] = ()) -> tuple[Fault, ...]:
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        load(folder / next(iter(files)), overrides)
    return caught.value.faults


def test_ids_are_unique() -> None:
    assert len({case[0] for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize(
    ("files", "overrides", "file", "line", "phrase"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_broken_input(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    files: Files,
    overrides: tuple[str, ...],
    file: str,
    line: int | None,
    phrase: str,
) -> None:
    faults = faults_of(tmp_path, files, overrides)
    fault = faults[0]
    assert fault.file.removeprefix(f"{tmp_path}/") == file
    assert fault.line == line
    assert phrase in str(fault)
    assert len(faults) == 1 or request.node.callspec.id in SEVERAL
    text = files.get(file, "")
    if line and isinstance(text, str) and fault.key and fault.value:
        assert _name(fault.key) in text.split("\n")[line - 1] or file.endswith(".csv")


def _name(key: str) -> str:
    """Return the last part of a key that is no number of an entry."""
    return re.sub(r"(\.\d+)+$", "", key).rpartition(".")[2]


def test_columns_of_tables_are_the_keys_of_their_faults(tmp_path: Path) -> None:
    table = BODIES + "third,x,many,5,-60\n"
    faults = faults_of(tmp_path, {"scenario.toml": WITH_TABLE, "bodies.csv": table})
    assert [(fault.line, fault.key) for fault in faults] == [(4, "headcount")]
    table = BODIES + "third,x,5,5,-60\n"
    faults = faults_of(tmp_path, {"scenario.toml": WITH_TABLE, "bodies.csv": table})
    assert [(fault.line, fault.key) for fault in faults] == [(4, "area_m2")]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = changed(
        ("draws = 1000", "drows = 1000"),
        ("headcount = 100", "headcount = 0"),
        ("area_m2 = 600", "area_m2 = -1"),
        ("12\n", '{ fact = "norm.mars" }\n'),
        ("remote = 1.0", "remote = 1.5"),
        ('"half"', '"haf"'),
    )
    faults = faults_of(tmp_path, {"scenario.toml": text}, ("run.seed=-1", "run.weeks"))
    assert [fault.key for fault in faults] == [
        "run.drows",
        "body.central.headcount",
        "body.local.area_m2",
        "area.workstation_m2.fact",
        "policy.half.modes.remote",
        "policy.shared.extends",
        "",
        "run.seed",
    ]


def test_an_inherited_fault_is_told_once(tmp_path: Path) -> None:
    text = changed(("remote = 1.0", "combined = 1.0"))
    more = '[policy.third]\nextends = "shared"\n'
    faults = faults_of(tmp_path, {"scenario.toml": f"{text}\n{more}"})
    assert [fault.key for fault in faults] == ["policy.half.modes"]


def test_a_missing_eligible_is_told_at_the_root(tmp_path: Path) -> None:
    text = changed(("eligible = 0.5\n", ""))
    faults = faults_of(tmp_path, {"scenario.toml": text})
    assert [fault.key for fault in faults] == ["policy.half.eligible"]


def test_the_place_of_a_fault_is_the_layer_that_wrote_it(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(BASE)
    overlay = tmp_path / "overlay.toml"
    overlay.write_text('\n[[body]]\nname = "local"\nheadcount = { value = -5 }\n')
    with pytest.raises(InputError) as caught:
        load(tmp_path / "scenario.toml", overlays=[overlay])
    (fault,) = caught.value.faults
    assert (fault.file, fault.line) == (str(overlay), 4)
    with pytest.raises(InputError) as caught:
        load(tmp_path / "scenario.toml", ["body.local.headcount=-6"], [overlay])
    (fault,) = caught.value.faults
    assert (fault.file, fault.line) == ("--set body.local.headcount=-6", None)


def test_a_value_under_an_override_names_the_override(tmp_path: Path) -> None:
    option = "policy.half.modes={ remote = 2 }"
    (fault,) = faults_of(tmp_path, {"scenario.toml": BASE}, (option,))
    assert fault.file == f"--set {option}"


def test_missing_scenario(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file") as caught:
        load(tmp_path / "none.toml")
    assert caught.value.faults[0].file == str(tmp_path / "none.toml")


def test_link_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(BODIES)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "bodies.csv").symlink_to(outside)
    (folder / "scenario.toml").write_text(WITH_TABLE)
    with pytest.raises(InputError, match="outside the scenario's folder"):
        load(folder / "scenario.toml")
    assert load(folder / "scenario.toml", allow=[tmp_path]).scenario.body[0].name == "central"


def test_texts_that_are_not_there() -> None:
    with pytest.raises(InputError, match="not among the stored files"):
        load_texts({"scenario.toml": WITH_TABLE})
    with pytest.raises(InputError, match="not among the stored files"):
        load_texts({})


def test_fault_as_text() -> None:
    fault = Fault("a.toml", 3, 5, "run.draws", "0", "must be at least 1", "write 1000")
    assert str(fault) == "a.toml:3:5: run.draws = 0\n    must be at least 1\n    write 1000"
    assert str(InputError([fault, fault])).count("a.toml:3:5") == 2
    assert str(Fault("a.csv", 1, None, "", "", "is empty", "")) == "a.csv:1\n    is empty"


TOKENS = [
    "[[body]]", "[policy.half]", "[", "]", "{", "}", "=", ".", ",", '"', "'", '"""', "\n", "#",
    "nan",
    "inf", "true", "-1", "1e400", "0x" + "f" * 40, "10000000000000000000000000", "2024-01-01", '""',
    "[]", "{}", "[[]]", '"audit"', '"half"', '"shared"', "body", "policy", "bodies", "extends",
    "fact", "value", "name", "service", "per_person", "central", "\x00", "\ufeff", "é", "\r", "0,5",
]  # fmt: skip


KEYS = [
    "run.draws",
    "run",
    "body",
    "body.central",
    "body.central.headcount.value",
    "policy",
    "policy.half",
    "policy.shared.modes.remote",
    "correlation",
    "attendance.weekday.value",
    "x",
    "''",
    "a..b",
    "scenario",
    "policy.shared.workstations.service.per_day",
    "cost.running.rent",
    "bodies",
    "readiness.x",
    "policy.new.extends",
    "occupancy",
    "occupancy.teams",
    "occupancy.hours.fixed.share",
]


def is_told(files: dict[str, str], *overrides: str) -> bool:
    """Tell whether the files load or else every fault says something and can be printed."""
    try:
        load_texts(files, overrides)
    except InputError as error:
        return bool(error.faults) and all(f.message and str(f) for f in error.faults)
    return True


@st.composite
def mutated(draw: st.DrawFn, text: str = BASE) -> str:
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 3, 12, 60])))
        text = text[:start] + draw(st.sampled_from(["", *TOKENS])) + text[end:]
    return text


@st.composite
def revalued(draw: st.DrawFn, text: str = BASE) -> str:
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.sampled_from([n for n, line in enumerate(lines) if "=" in line]))
        key = lines[number].partition("=")[0]
        inner = draw(st.sampled_from(TOKENS))
        shape = draw(st.sampled_from(["{}", "[{}]", "{{ value = {} }}", "{{ central = {} }}"]))
        lines[number] = f"{key}= {shape.format(inner)}"
    return "\n".join(lines)


@settings(deadline=None, max_examples=400)
@given(st.one_of(mutated(), revalued()))
def test_nothing_but_input_errors(text: str) -> None:
    assert is_told({"scenario.toml": text})


@settings(deadline=None, max_examples=300)
@given(st.one_of(mutated(WITH_TEAMS), revalued(WITH_TEAMS)))
def test_nothing_but_input_errors_within_the_days(text: str) -> None:
    assert is_told({"scenario.toml": text, "teams.csv": TEAMS})


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(KEYS),
    st.sampled_from(["", *TOKENS]),
)
def test_no_override_breaks_the_loader(key: str, value: str) -> None:
    assert is_told({"scenario.toml": BASE}, f"{key}={value}")


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*TOKENS, ";", "\t", "1,5", "1.234", "1,234", "%"]), max_size=6),
       st.integers(0, len(BODIES)))  # fmt: skip
def test_no_table_breaks_the_loader(tokens: list[str], at: int) -> None:
    table = BODIES[:at] + "".join(tokens) + BODIES[at:]
    assert is_told({"scenario.toml": WITH_TABLE, "bodies.csv": table})


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*TOKENS, ";", "\t", "audit", "north", "Mon", "0"]), max_size=6),
       st.integers(0, len(TEAMS)))  # fmt: skip
def test_no_table_of_teams_breaks_the_loader(tokens: list[str], at: int) -> None:
    table = TEAMS[:at] + "".join(tokens) + TEAMS[at:]
    assert is_told({"scenario.toml": WITH_TEAMS, "teams.csv": table})


def test_a_list_of_wrong_entries_is_not_called_too_short():
    """One body with a wrong figure is one fault, not also a lack of bodies."""
    text = BASE[: BASE.rindex("[[body]]")] + BASE[BASE.index("[attendance]") :]
    with pytest.raises(InputError) as caught:
        load_texts({"scenario.toml": text.replace("headcount = 100", 'headcount = "100"')})
    assert [fault.key for fault in caught.value.faults] == ["body.central.headcount"]
