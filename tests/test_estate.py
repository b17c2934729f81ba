"""The estate: rules of leaving, floors, the plan of a small estate by hand, the command."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import broken_estate
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis import blocked, leaving
from sim.analysis.estate import plan_estate, provided, terms
from sim.analysis.staffing import grown, growth, medians, required
from sim.cli import cli
from sim.domain.estate import Holding, Room, floors, handed_back, months_after
from sim.errors import RunError
from sim.estateplan import PRICES
from sim.preprocess import build
from sim.scenario.load import load, load_texts

if TYPE_CHECKING:
    from sim.problem import Problem

SCENARIO = Path(__file__).parents[1] / "scenarios" / "estate.toml"
FEW = ("run.draws=64", "run.sizing_draws=64")
START = date(2026, 1, 1)


def holding(**said: Any) -> Holding:
    plain: dict[str, Any] = {
        "building": "tower",
        "holder": "",
        "right": "lease",
        "by_floor": False,
        "end": None,
        "breaks": (),
        "notice_months": 0,
        "renewable": True,
        "heritage": "none",
        "disposal": "none",
        "disposal_months": 0,
    }
    return Holding(**(plain | said))


@pytest.mark.parametrize(
    ("said", "emptied", "day"),
    [
        ({"breaks": (date(2027, 6, 30),)}, date(2027, 1, 1), date(2027, 6, 30)),
        ({"breaks": (date(2027, 6, 30),)}, date(2028, 1, 1), None),
        ({"end": date(2029, 3, 1)}, date(2027, 1, 1), date(2029, 3, 1)),
        ({"end": date(2029, 3, 1)}, date(2030, 1, 1), date(2030, 1, 1)),
        ({"breaks": (date(2026, 3, 1),), "end": date(2027, 1, 1), "notice_months": 3}, START,
         date(2027, 1, 1)),
        ({"right": "free_use", "notice_months": 9}, START, date(2026, 10, 1)),
        ({"right": "free_use", "notice_months": 9}, date(2027, 1, 1), date(2027, 1, 1)),
        ({"right": "owned"}, START, None),
        ({"right": "owned", "disposal": "sale", "disposal_months": 14}, START, date(2027, 3, 1)),
        ({"heritage": "must_keep", "end": date(2027, 1, 1)}, START, None),
    ],
)  # fmt: skip
def test_day_of_handing_back(said: dict[str, Any], emptied: date, day: date | None) -> None:
    assert handed_back(holding(**said), START, emptied) == day


def test_months_end_with_the_month() -> None:
    assert months_after(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert months_after(date(2027, 12, 31), 12) == date(2028, 12, 31)


@given(
    st.lists(st.dates(START, date(2032, 1, 1)), max_size=3),
    st.none() | st.dates(date(2026, 2, 1), date(2032, 1, 1)),
    st.integers(0, 40),
    st.dates(START, date(2031, 1, 1)),
    st.dates(START, date(2031, 1, 1)),
)
@settings(max_examples=200)
def test_leaving_later_is_never_earlier(
    breaks: list[date], end: date | None, notice: int, one: date, other: date
) -> None:
    lease = holding(breaks=tuple(breaks), end=end, notice_months=notice)
    first, second = (handed_back(lease, START, day) for day in sorted((one, other)))
    for emptied, day in zip(sorted((one, other)), (first, second), strict=True):
        assert day is None or day >= emptied
        assert day is None or day == end or day >= min(months_after(START, notice), end or day)
    assert second is None or (first is not None and first <= second)


def test_floors_add_up_their_rooms() -> None:
    rooms = [
        Room("tower", "1", "", 500.0, 40, False, False, None),
        Room("tower", "1", "vault", 60.0, 6, True, True, 4),
        Room("tower", "2", "a", 100.0, 8, False, False, 5),
        Room("tower", "2", "b", 90.0, 7, False, False, None),
    ]
    first, second = floors(rooms)
    assert (first.area, first.open_places, first.secure_places) == (500.0, 40, 4)
    assert (second.area, second.open_places, second.secure_places) == (190.0, 12, 0)
    assert (first.must_stay, second.must_stay) == (True, False)


def small(*overrides: str, **tables: str) -> Problem:
    texts = {"scenario.toml": broken_estate.FULL, **broken_estate.TABLES}
    texts |= {f"{name}.csv": text for name, text in tables.items()}
    return build(load_texts(texts, [*FEW, *overrides]).scenario)


def test_tables_become_the_plan() -> None:
    plan = small().estate
    assert plan is not None
    assert plan.buildings == ("tower", "annex", "house")
    assert [floor.open_places for floor in plan.floors] == [50, 45, 40, 20]
    assert plan.floors[3].secure_places == 6
    assert plan.seated.tolist() == [[50, 45, 0, 0], [0, 0, 40, 10]]
    assert plan.fits.tolist() == [[True, True, True], [False, True, True]]
    assert plan.year_names == ("2026", "2027", "2028")
    assert plan.own_prices[PRICES.index("rent_m2")].tolist() == [120.5, 0.0, 0.0]
    assert plan.own_prices[PRICES.index("sale_m2")].tolist()[:2] == [0.0, 0.0]
    assert plan.yearly_moves == 80


def test_bodies_fill_their_building_where_no_stacking_is_given() -> None:
    text = broken_estate.FULL.replace('stacking = "stacking.csv"\n', "")
    for name, building in (("central", "tower"), ("local", "annex")):
        text = text.replace(f'name = "{name}"', f'name = "{name}"\nbuilding = "{building}"', 1)
    plan = build(load_texts({"scenario.toml": text, **broken_estate.TABLES}).scenario).estate
    assert plan is not None
    assert plan.seated.tolist() == [[50, 45, 0, 0], [0, 0, 40, 0]]


def test_bodies_without_a_place_today_are_told() -> None:
    from sim.errors import InputError

    text = broken_estate.FULL.replace('stacking = "stacking.csv"\n', "")
    with pytest.raises(InputError, match="no stacking says where the body sits"):
        load_texts({"scenario.toml": text, **broken_estate.TABLES})


def test_quantities_of_a_lease_with_a_break() -> None:
    """By hand: empty from 2027, left on 30 June 2027 after 180 of 365 days, 1,220.5 m²."""
    problem = small("estate.years=3")
    plan = problem.estate
    assert plan is not None
    tower = next(u for u, those in enumerate(leaving.units(plan)) if 0 in those)
    found = leaving.unit_quantities(plan)[tower]
    area = 620.5
    assert leaving.units(plan)[tower] == (0,)
    assert found[1, leaving.RENT].tolist() == pytest.approx([area, area * 180 / 365, 0, 0])
    assert found[1, leaving.EXIT].tolist() == pytest.approx([0, area, 0, 0])
    assert found[3, leaving.RENT].tolist() == pytest.approx([area, area, area, 0])


def test_owned_space_is_worth_its_price_once_wherever_it_is_sold() -> None:
    plan = small().estate
    assert plan is not None
    sales = leaving.unit_quantities(plan)[-1, :, leaving.SALE]
    assert (sales.sum(axis=1) == 300.0).all()
    assert sales[0].tolist() == [0, 300.0, 0, 0]
    assert sales[3].tolist() == [0, 0, 0, 300.0]


def test_cost_of_the_terms_is_the_cost_of_the_quantities() -> None:
    """The programme's coefficients and the money of the draws are the same arithmetic."""
    problem = small()
    plan = problem.estate
    assert plan is not None
    values = medians(problem)
    needs, _ = required(problem)
    asked = terms(plan, needs, values)
    rng = np.random.default_rng(5)
    used = np.arange(plan.years) < rng.integers(0, plan.years + 1, (len(plan.floors), 1))
    emptied = rng.integers(0, plan.years + 1, len(asked.unit_cost))
    moves = rng.integers(0, 9, plan.years)
    of_units = leaving.unit_quantities(plan)
    amounts = leaving.quantities(plan, of_units, used, emptied, moves)
    price, worth = leaving.prices(plan, values), leaving.discounting(plan, values)
    by_quantity = (amounts * price).sum(axis=(0, 1)) @ worth[:, 0]
    units = np.arange(len(emptied))
    by_terms = (asked.use_cost * used).sum() + asked.unit_cost[units, emptied].sum()
    assert by_terms + asked.move_cost @ moves == pytest.approx(by_quantity, rel=1e-12)


def test_growth_scales_posts_and_requirement() -> None:
    problem = build(load(SCENARIO, FEW).scenario)
    more = grown(problem, 1.1)
    assert more.headcount.tolist() == np.rint(1.1 * problem.headcount).tolist()
    for policy in more.policies:
        for body, people in enumerate(more.headcount):
            assert sum(g.staff for g in policy.groups if g.body == body) == people
    assert growth(problem) == 0.0
    needs, problems = required(problem)
    assert (needs[:, 0] == needs[:, -1]).all()
    assert problems[-1] is problem


def test_every_square_metre_is_accounted_for() -> None:
    problem = build(load(SCENARIO, FEW).scenario)
    found = plan_estate(problem)
    plan = problem.estate
    assert plan is not None
    parts = blocked.parts(plan, found.terms, found.choice)
    for floor, year in np.ndindex(len(plan.floors), plan.years):
        areas = [part.area for part in parts if (part.floor, part.year) == (floor, year)]
        assert sum(areas) == pytest.approx(plan.areas[floor])
    assert found.choice.gap is not None
    assert found.choice.gap <= 1e-3
    allotted, with_spare = provided(problem, found.terms, found.choice)
    assert (allotted >= found.required).all()
    in_use = found.terms.places.sum(axis=0) @ found.choice.used
    assert (with_spare.sum(axis=0) <= in_use).all()
    kept = [floor.must_stay for floor in plan.floors]
    assert found.choice.used[kept].all()
    saved = found.money.statistics["mean"]
    assert saved[2] == pytest.approx(saved[0] - saved[1])


def call(*arguments: object) -> Any:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


SMALL_RUN = ("--draws", 64, "--set", "run.sizing_draws=64")


def test_document_of_the_shipped_estate(tmp_path: Path) -> None:
    told = call("estate", SCENARIO, *SMALL_RUN, "--json", "--out", tmp_path / "out")
    assert told.exit_code == 0, told.stderr
    document = json.loads(told.stdout)
    stored = json.loads((tmp_path / "out" / "estate.json").read_text(encoding="ascii"))
    assert stored["schedule"] == document["schedule"]
    assert {"engine", "scenario", "mip_gap", "schedule", "stacking", "risk", "money"} <= set(
        document
    )
    for key in ("theoretical", "releasable", "vacated", "handed_back"):
        assert len(document[key]) == 6
    for year in document["years"]:
        assert sum(year["by_reason"].values()) == pytest.approx(year["area"])
    handed = document["handed_back"]
    assert handed == sorted(handed)
    assert handed[-1] < document["theoretical"][-1]  # lumps eat part of it
    left = {unit["building"]: unit["handed_back"] for unit in document["schedule"]}
    assert left["depot"] is None
    assert left["palace"] is None
    assert left["annex"] == "2028-03-31"
    depot = [e for e in document["stacking"] if e["building"] == "depot" and e["secure"]]
    assert [set(e["workstations"].values()) for e in depot] == [{20}]
    positive = next(e for e in document["money"] if e["name"] == "saving_positive")
    assert 0 <= positive["mean"] <= 1


def test_table_is_no_wider_than_the_page_and_figures_are_drawn(tmp_path: Path) -> None:
    told = call("estate", SCENARIO, *SMALL_RUN, "--figures", tmp_path / "figures")
    assert told.exit_code == 0, told.stderr
    assert max(map(len, told.stdout.splitlines())) <= 100
    for phrase in ("theoretical", "handed back", "2028-03-31", "lump:", "What to take from this"):
        assert phrase in told.stdout
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {f"estate-{n}.{k}" for n in ("areas", "schedule") for k in ("png", "svg")}


def test_scenario_without_the_part_is_refused() -> None:
    told = call("estate", SCENARIO.with_name("single-office.toml"))
    assert told.exit_code == 2
    assert "there is no such part" in told.stderr


@pytest.mark.parametrize(
    ("setting", "phrases"),
    [
        ("estate.moves_per_quarter=0", ("are missing at least", "more moves in a quarter")),
        ("estate.yearly_ceiling=1_000_000", ("ceiling",)),
    ],
)
def test_what_cannot_be_met_is_a_sentence(setting: str, phrases: tuple[str, ...]) -> None:
    told = call("estate", SCENARIO, *SMALL_RUN, "--set", setting, "--json")
    assert told.exit_code == 1
    assert told.stdout == ""
    assert told.stderr.startswith("the run failed: no plan for the estate")
    for phrase in phrases:
        assert phrase in told.stderr


def test_too_few_workstations_are_counted() -> None:
    """100 + 50 people who all come need 150 workstations; a house of 20 is all they may use."""
    problem = small('estate.body.local.buildings=["house"]', stacking=(
        "body;building;floor;workstations\ncentral;tower;1;50\nlocal;house;1;20\n"
    ))  # fmt: skip
    needs, _ = required(problem)
    plan = problem.estate
    assert plan is not None
    lacking = needs[1, 0] - 20 - min(6, int(plan.secure[1]))
    with pytest.raises(RunError, match=rf"local lacks {lacking} of {needs[1, 0] - 4}"):
        plan_estate(replace(problem))
