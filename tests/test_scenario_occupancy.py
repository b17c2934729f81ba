"""What a scenario says of the days: read from its parts, told where it is wrong, built by index."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from broken_inputs import BASE
from broken_occupancy import FULL, OCCUPANCY, TEAMS, WITH_TEAMS
from pydantic import ValidationError

import sim
from sim.engine import simulate
from sim.errors import InputError
from sim.problem import Distribution
from sim.report.register import figure_lines
from sim.sampling import draw
from sim.scenario.inputs import input_paths, register
from sim.scenario.load import Loaded, load, load_texts, unconfirmed
from sim.scenario.occupancy import Occupancy, Team
from sim.scenario.tables import TEAM_COLUMNS
from sim.scenario.types import Input, Number, Within

if TYPE_CHECKING:
    from sim.occupancyplan import OccupancyPlan

OFFICE = Path(__file__).parent.parent / "scenarios" / "single-office.toml"


def loaded(text: str = WITH_TEAMS, *overrides: str, teams: str = TEAMS) -> Loaded:
    return load_texts({"scenario.toml": text, "teams.csv": teams}, overrides)


def said(text: str = WITH_TEAMS, *overrides: str, teams: str = TEAMS) -> Occupancy:
    found = loaded(text, *overrides, teams=teams).scenario.occupancy
    assert found is not None
    return found


def plan(text: str = WITH_TEAMS, *overrides: str, teams: str = TEAMS) -> OccupancyPlan:
    found = sim.build(loaded(text, *overrides, teams=teams).scenario).occupancy
    assert found is not None
    return found


def keys_of(text: str, teams: str = TEAMS, *overrides: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        loaded(text, *overrides, teams=teams)
    return [fault.key for fault in caught.value.faults]


# Reading


def test_without_it_nothing_is_known_of_the_days() -> None:
    scenario = load_texts({"scenario.toml": BASE}).scenario
    assert scenario.occupancy is None
    assert sim.build(scenario).occupancy is None


def test_columns_of_the_table_are_the_fields_of_a_team() -> None:
    assert set(TEAM_COLUMNS) - {"source", "confirmed"} == set(Team.model_fields)
    required = {name for name, field in Team.model_fields.items() if field.is_required()}
    assert {name for name, column in TEAM_COLUMNS.items() if column.required} == required


def test_a_table_says_what_team_tables_would() -> None:
    rows = [line.split(",") for line in TEAMS.splitlines()]
    inline = "".join(
        "\n[[occupancy.team]]\n"
        + "".join(
            f"{key} = {cell if key == 'people' else repr(cell)}\n"
            for key, cell in zip(rows[0], row, strict=True)
            if cell
        )
        for row in rows[1:]
    )
    found = load_texts({"scenario.toml": FULL + inline}).scenario.occupancy
    assert found is not None
    assert found.team == said().team
    assert found.team[1].group == "carers"
    assert found.team[3].neighbourhood is None


def test_the_table_is_kept_with_the_texts_and_loads_again(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(WITH_TEAMS)
    (tmp_path / "teams.csv").write_bytes(TEAMS.replace(",", ";").encode("cp1251"))
    found = load(tmp_path / "s.toml")
    assert list(found.files) == ["s.toml", "teams.csv"]
    assert found.notes == ("teams.csv: UTF-8, semicolon, no decimals",)
    assert load_texts(found.files).scenario == found.scenario


def test_a_row_has_a_source() -> None:
    table = "team,body,people,neighbourhood,source,confirmed,group\n"
    rows = "a,central,1,north,list,no,carers\na,central,1,north,list,yes,shift\n"
    people = said(teams=table + rows).team[0].people
    assert (people.value, people.source, people.confirmed) == (1, "list", False)
    found = unconfirmed(loaded(teams=table + rows).scenario)
    assert "occupancy.team.a/carers.people" in found
    assert "occupancy.team.a/shift.people" not in found


def test_another_table_by_an_option() -> None:
    other = "\n".join(TEAMS.split("\n")[line] for line in (0, 2, 3))
    files = {"scenario.toml": WITH_TEAMS, "teams.csv": TEAMS, "other.csv": other}
    overlay = {"overlay.toml": "[run]\ndraws = 7\n"}
    option = ["occupancy.teams=other.csv"]
    for more, overlays in (({}, []), (overlay, ["overlay.toml"])):
        found = load_texts(files | more, option, overlays).scenario.occupancy
        assert found is not None
        assert found.teams == "other.csv"
        assert [team.team for team in found.team] == ["audit", "legal"]
    with pytest.raises(InputError, match="not among the stored files") as caught:
        load_texts(files, ["occupancy.teams=none.csv"])
    assert caught.value.faults[0].file == "--set occupancy.teams=none.csv"


def test_an_overlay_takes_the_place_of_all_teams_and_of_one_neighbourhood() -> None:
    overlay = """
[[occupancy.team]]
team = "press"
body = "local"
people = 7
[[occupancy.neighbourhood]]
name = "south"
workstations = 33
[occupancy.hours.fixed]
arrival = 9
stay_hours = 7
"""
    text = WITH_TEAMS[: WITH_TEAMS.index("[occupancy.group.carers]")]
    text = text.replace("hours.late]", "hours.service]")
    table = "team,body,people,neighbourhood\naudit,central,1,north\n"
    files = {"s.toml": text, "teams.csv": table, "o.toml": overlay}
    found = load_texts(files, (), ["o.toml"]).scenario.occupancy
    assert found is not None
    assert [team.team for team in found.team] == ["press"]
    assert [place.workstations.value for place in found.neighbourhood] == [40, 33, 50]
    assert found.neighbourhood[1].body == "central"
    assert list(found.hours) == ["early", "service", "fixed"]


@pytest.mark.parametrize("text", ["2023-09-04", "2023-09-08"])
def test_a_date_by_an_option(text: str) -> None:
    assert said(WITH_TEAMS, f"occupancy.calendar.start={text}").calendar.start.isoformat() == text
    assert plan(WITH_TEAMS, f"occupancy.calendar.start={text}").calendar.start == date(2023, 9, 4)


def test_a_plain_number_may_have_a_source() -> None:
    told = '{ value = 0.25, source = "count", confirmed = false }'
    remains = said(WITH_TEAMS.replace("remains = 0.5", f"remains = {told}")).remains
    assert remains == Number(value=0.25, source="count", confirmed=False)


@pytest.mark.parametrize(
    ("within", "given", "taken"),
    [
        (Within(0, above=True), {"uniform": [0, 1]}, False),
        (Within(0, above=True), {"lognormal": {"mean": 1, "sd": 1}}, True),
        (Within(0, above=True), {"value": 0.1}, True),
        (Within(0, 1, below=True), {"value": 1}, False),
        (Within(0, 1, below=True), {"beta": {"mean": 0.5, "sd": 0.1}}, True),
        (Within(0, 1), {"value": 1}, True),
    ],
)
def test_open_ends(within: Within, given: dict, taken: bool) -> None:
    found = Input.model_validate(given)
    if taken:
        assert within(found) is found
    else:
        with pytest.raises(ValueError, match=f"must be {within}; this"):
            within(found)


# Faults


def test_problems_of_all_parts_are_told_at_once() -> None:
    text = (
        WITH_TEAMS.replace("closes = 18", "closes = 17.5")
        .replace("[0, 20]", "[-1, 20]")
        .replace("[12, 13]", "[6, 13]")
        .replace('"KZ"', '"XX"')
        .replace("workstations = 30", "workstations = 0")
        .replace('["south"]', '["souht"]')
        .replace('"early"\n', '"earl"\n')
        .replace("people = {", "peoples = {")
    )
    table = TEAMS.replace(",Mon,", ",Mo,").replace("legal,central,20", "legal,central,200")
    assert keys_of(text, table) == [
        "occupancy.patience_minutes",
        "occupancy.hours.early.stay_hours",
        "occupancy.lunch.start",
        "occupancy.meetings.peoples",
        "occupancy.calendar.country",
        "occupancy.neighbourhood.north.fallback.0",
        "occupancy.neighbourhood.south.workstations",
        "occupancy.group.shift.hours",
        "people",
        "anchor_days",
    ]


def test_what_follows_from_a_fault_is_not_told_too() -> None:
    assert keys_of(WITH_TEAMS, TEAMS.replace("shift", "shifts")) == ["group"]
    assert keys_of(WITH_TEAMS, TEAMS.replace("20,south", "x,south")) == ["people"]
    early = keys_of(WITH_TEAMS.replace("share = 0.4", "share = 0"))
    assert early == ["occupancy.hours.early.share"]
    text = WITH_TEAMS.replace('name = "hall"\n', "").replace('body = "local"', 'bdy = "local"')
    assert keys_of(text) == ["occupancy.neighbourhood.2.name", "occupancy.neighbourhood.2.bdy"]
    broken_body = WITH_TEAMS.replace("headcount = 50", "headcount = -50")
    assert keys_of(broken_body) == ["body.local.headcount"]


def test_hours_that_nobody_stated_fit_only_usual_days() -> None:
    assert keys_of(BASE + "[occupancy]\nopens = 10\n") == ["occupancy.hours"]
    with pytest.raises(InputError, match=r"add a table \[occupancy.hours.NAME\]"):
        load_texts({"s.toml": BASE + "[occupancy]\ncloses = 16\n"})


def test_a_circle_is_told_once_and_a_way_into_it_is_none() -> None:
    places = "".join(
        f'\n[[occupancy.neighbourhood]]\nname = "{name}"\nbody = "{body}"\nworkstations = 1\n'
        f'fallback = ["{other}"]\n'
        for name, body, other in (
            ("a", "central", "b"),
            ("b", "central", "c"),
            ("c", "local", "d"),
            ("d", "local", "b"),
        )
    )
    with pytest.raises(InputError) as caught:
        load_texts({"s.toml": f"{BASE}[occupancy]\n{places}"})
    (fault,) = caught.value.faults
    assert fault.key == "occupancy.neighbourhood.b.fallback"
    assert "b → c → d → b" in fault.message
    assert 'fallback = "any"' in fault.remedy


def test_a_group_may_have_a_share_beside_an_audit_without_staff() -> None:
    text = WITH_TEAMS.replace("eligible = 0.5", 'eligible = "audit"')
    for area in ("area_m2 = 1200", "area_m2 = 600"):
        text = text.replace(area, f'{area}\naudit = "kazakhstan-2023"')
    groups = sim.build(loaded(text).scenario).policies[1].groups
    assert [(group.body, group.staff) for group in groups] == [(0, 90), (0, 10), (1, 50)]


def test_days_are_no_distributions() -> None:
    with pytest.raises(ValidationError, match="must be a plain number: it is not drawn"):
        Number.model_validate({"uniform": [0, 1]})


# What has to be confirmed


def test_defaults_are_unconfirmed_where_they_matter() -> None:
    scenario = load_texts({"scenario.toml": BASE + "[occupancy]\n"}).scenario
    within = [path for path in unconfirmed(scenario) if path.startswith("occupancy")]
    assert within == [
        "occupancy.opens",
        "occupancy.closes",
        "occupancy.patience_minutes",
        "occupancy.remains",
        "occupancy.out_of_service",
        "occupancy.hours.fixed.arrival",
        "occupancy.hours.fixed.stay_hours",
    ]
    found = sim.build(scenario).occupancy
    assert found is not None
    assert (found.opens, found.closes, found.weeks, found.replications) == (8, 19, 4, 64)
    assert (found.schedules[0].onsite, found.schedules[0].combined) == (True, True)
    assert (found.lunch, found.meetings, found.booking, found.visitors, found.calendar) == (
        *(5 * (None,)),
    )


def test_the_pull_of_anchor_days_is_listed_where_there_are_any() -> None:
    assert "occupancy.anchor_pull" in unconfirmed(loaded().scenario)
    table = TEAMS.replace("Tue Thu", "").replace("Thu Tue", "").replace("Mon", "")
    assert "occupancy.anchor_pull" not in unconfirmed(loaded(teams=table).scenario)


def test_what_is_drawn_for_visits_is_listed_and_is_no_unknown() -> None:
    text = WITH_TEAMS.replace("[9, 16] }", "[9, 16], confirmed = false }")
    scenario = loaded(text).scenario
    assert "occupancy.visitors.arrival" in unconfirmed(scenario)
    assert {"occupancy.room.4-seats.rooms", "occupancy.group.carers.eligible"} <= set(
        register(scenario)
    )
    inputs = [path for path in input_paths(scenario) if path.startswith("occupancy")]
    assert inputs == ["occupancy.group.carers.eligible"]
    streams = [unknown.stream for unknown in sim.build(scenario).unknowns]
    assert [stream for stream in streams if stream.startswith("occupancy")] == inputs
    text += '\n[[correlation]]\nrank = 0.5\ninputs = ["cost.running.rent", "{}"]\n'
    correlated = sim.build(loaded(text.replace("{}", inputs[0])).scenario).correlated
    assert correlated == ("cost.running.rent", *inputs)
    assert keys_of(text.replace("{}", "occupancy.patience_minutes")) == ["correlation.0.inputs.1"]


def test_many_teams_share_a_line_in_the_list_of_figures() -> None:
    rows = "".join(f"t{n},local,2,\n" for n in range(21))
    text = WITH_TEAMS[: WITH_TEAMS.index("[occupancy.group.carers]")]
    found = register(loaded(text, teams="team,body,people,group\n" + rows).scenario)
    lines = {line.path: line.value for line in figure_lines(found)}
    assert lines["occupancy.team.*.people"] == "21 teams, 2 each; 42 in all"
    assert lines["occupancy.neighbourhood.north.workstations"] == "40"
    assert lines["body.central.headcount"] == "100"


# The plan


def test_cells_add_up_to_everybody() -> None:
    found = plan()
    assert found.teams == ("audit", "legal", "central", "field", "local")
    assert found.stated_teams
    rows = [(c.team, c.body, c.people, c.neighbourhood, c.group) for c in found.cells]
    assert rows == [
        (0, 0, 30, 0, -1),
        (0, 0, 10, 0, 0),
        (1, 0, 20, 1, 1),
        (2, 0, 40, 0, -1),
        (3, 1, 45, 2, -1),
        (4, 1, 5, 2, -1),
    ]
    assert found.cells[0].anchors == found.cells[1].anchors == (False, True, False, True, False)
    assert found.cells[4].anchors == (True, False, False, False, False)
    assert found.cells[5].anchors == 5 * (False,)


def test_teams_of_later_bodies_come_later_and_full_bodies_have_no_rest() -> None:
    table = "team,body,people,neighbourhood,group\nz,local,50,,\na,central,99,north,\n"
    text = WITH_TEAMS[: WITH_TEAMS.index("[occupancy.group.carers]")]
    found = plan(text, teams=table)
    assert found.teams == ("a", "central", "z")
    assert [(c.team, c.people) for c in found.cells] == [(0, 99), (1, 1), (2, 50)]


def test_without_teams_and_neighbourhoods_every_body_is_one_of_each() -> None:
    found = sim.build(load_texts({"s.toml": BASE + "[occupancy]\n"}).scenario).occupancy
    assert found is not None
    assert not found.stated_teams
    assert found.teams == ("central", "local")
    assert [(c.team, c.body, c.people, c.neighbourhood) for c in found.cells] == [
        (0, 0, 100, 0),
        (1, 1, 50, 1),
    ]
    places = [(p.name, p.body, p.workstations, p.reach) for p in found.neighbourhoods]
    assert places == [("central", 0, 100, (0,)), ("local", 1, 50, (1,))]
    one = "team,body,people,neighbourhood\na,local,3,local\n"
    text = BASE + '[occupancy]\nteams = "teams.csv"\n'
    assert plan(text, teams=one).cells[1].neighbourhood == 1


def test_people_look_nearest_first_and_everywhere_once() -> None:
    fallbacks = {"a": ["c", "b"], "b": ["d"], "c": ["e"], "d": [], "e": ["d"], "f": "any"}
    text = BASE + "[occupancy]\n"
    for name, fallback in fallbacks.items():
        body = "local" if name == "f" else "central"
        text += f'[[occupancy.neighbourhood]]\nname = "{name}"\nbody = "{body}"\n'
        text += f"workstations = 1\nfallback = {fallback!r}\n"
    reach = [place.reach for place in plan(text).neighbourhoods]
    assert reach == [(0, 2, 1, 4, 3), (1, 3), (2, 4, 3), (3,), (4, 3), (5, 0, 1, 2, 3, 4)]
    open_end = plan(text.replace("'d', 'x'", "").replace("= []", "= 'any'")).neighbourhoods
    assert open_end[1].reach == (1, 3, 0, 2, 4, 5)


def test_schedules_pauses_and_the_rest() -> None:
    found = plan()
    early, late = found.schedules
    assert (early.name, early.share, early.onsite, early.combined) == ("early", 0.4, True, False)
    assert (late.share, late.onsite, late.combined) == (1.0, False, True)
    assert early.arrival == Distribution("normal", (8.5, 0.5, 8.0, 12.0))
    assert late.stay == Distribution("value", (6.0,))
    assert found.patience == Distribution("uniform", (0.0, 20.0))
    lunch, meetings, booking = found.lunch, found.meetings, found.booking
    assert (lunch.share, lunch.holds) == (0.9, 1.0)
    assert lunch.length == Distribution("lognormal", (40.0, 10.0))
    assert (meetings.per_person, meetings.seats, meetings.rooms) == (0.8, (4, 8), (6, 2))
    assert (booking.share, booking.no_show, booking.release) == (0.5, 0.1, 60.0)
    assert booking.late == Distribution("value", (0.0,))
    assert found.visitors.per_day == Distribution("value", (12.0,))
    assert found.calendar.start == date(2023, 9, 4)
    assert found.calendar.season == (*(6 * (0.0,)), 0.25, *(5 * (0.0,)))
    carers, shift = found.groups
    assert (carers.adjustment, carers.hours, shift.eligible, shift.hours) == (True, None, None, 0)
    unknowns = sim.build(loaded().scenario).unknowns
    assert unknowns[carers.eligible].distribution == Distribution("uniform", (0.8, 0.9))


# The main run


def eligible_staff(*overrides: str, share: float | None) -> list[list[int]]:
    """Return the eligible staff of each policy and draw with 40 of 180 people in a group."""
    text = OFFICE.read_text(encoding="utf-8")
    own = "" if share is None else f"eligible = {share}\n"
    text += '\n[occupancy]\nteams = "teams.csv"\n[occupancy.group.carers]\n' + own
    table = "team,body,people,group\na,office,30,carers\nb,office,10,carers\nb,office,50,\n"
    scenario = load_texts({"s.toml": text, "teams.csv": table}, overrides).scenario
    problem = sim.build(scenario)
    results = simulate(problem, draw(problem, 0, 8))
    return results["eligible_staff"].to_numpy()[:, 0].tolist()


def test_a_group_with_a_share_of_its_own_changes_the_run() -> None:
    assert eligible_staff(share=None) == [8 * [0], 8 * [180], 8 * [180]]
    assert eligible_staff(share=0.0) == [8 * [0], 8 * [140], 8 * [140]]
    none = "policy.pooled.eligible=0.0"
    assert eligible_staff(none, share=1.0) == [8 * [0], 8 * [40], 8 * [40]]
    drawn = eligible_staff(none, share=0.5)
    assert drawn[1] == drawn[2]
    assert len(set(drawn[1])) > 1
    assert max(drawn[1]) <= 40


def test_days_that_no_group_touches_leave_the_run_as_it_was() -> None:
    plain = sim.build(load_texts({"s.toml": BASE}).scenario)
    with_days = sim.build(
        load_texts({"s.toml": BASE + OCCUPANCY.split("[occupancy.g")[0]}).scenario
    )
    assert with_days.unknowns == plain.unknowns
    assert with_days.policies == plain.policies
