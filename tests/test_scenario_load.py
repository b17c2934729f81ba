"""A scenario that is right loads, with overlays, overrides, facts and policies resolved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from broken_inputs import BASE, BODIES, FUNCTIONS, MONEY, NO_BODIES, POST, WITH_TABLE, changed

from sim.domain import facts, functions
from sim.errors import InputError
from sim.scenario.load import Loaded, input_paths, load, load_texts, unconfirmed
from sim.scenario.schema import WorkstationRule
from sim.scenario.types import Input

SCENARIOS = sorted((Path(__file__).parent.parent / "scenarios").glob("*.toml"))


def loaded(text: str = BASE, *overrides: str, **files: str) -> Loaded:
    return load_texts({"scenario.toml": text} | files, overrides)


def with_overlay(overlay: str, *overrides: str, text: str = BASE) -> Loaded:
    files = {"scenario.toml": text, "overlay.toml": overlay}
    return load_texts(files, overrides, ["overlay.toml"])


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_load_and_load_again_from_their_texts(path: Path) -> None:
    first = load(path)
    assert load_texts(first.files).scenario == first.scenario


def test_files_are_kept_in_order(tmp_path: Path) -> None:
    table = BODIES.replace("tier", "audit").replace("ministries", "f.csv").replace("akimats", "")
    functions_table = FUNCTIONS.replace(",40", ",").replace(",20", ",")
    texts = {"s.toml": WITH_TABLE, "bodies.csv": table, "f.csv": functions_table}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "more").mkdir()
    overlay = tmp_path / "more" / "s.toml"
    overlay.write_text("[run]\ndraws = 7\n")
    found = load(tmp_path / "s.toml", overlays=[overlay])
    assert found.files == {**texts, "more/s.toml": "[run]\ndraws = 7\n"}
    assert list(found.files) == ["s.toml", "bodies.csv", "f.csv", "more/s.toml"]
    assert found.scenario.run.draws == 7
    again = load_texts(found.files, (), ["more/s.toml"])
    assert again.scenario == found.scenario
    assert again.files == found.files


def test_byte_order_mark_and_carriage_returns(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode())
    assert load(path).scenario == loaded().scenario
    path.write_bytes(BASE.replace("draws = 1000", "draws = 0").replace("\n", "\r\n").encode())
    with pytest.raises(InputError) as caught:
        load(path)
    assert (caught.value.faults[0].line, caught.value.faults[0].column) == (6, 1)


def test_policies_take_over_what_they_do_not_say() -> None:
    policies = loaded().scenario.policy
    assert policies["shared"].eligible is policies["half"].eligible
    assert policies["shared"].modes is policies["half"].modes
    assert policies["half"].workstations == "current"
    assert isinstance(policies["shared"].workstations, WorkstationRule)


def test_modes_are_replaced_whole_and_titles_are_not_taken_over() -> None:
    text = changed(
        ("[policy.half]", '[policy.half]\ntitle = "Half"'),
        ('extends = "half"', 'extends = "half"\nmodes = { combined = 0.5 }\ndays_on_site = 2'),
    )
    policy = loaded(text).scenario.policy["shared"]
    assert policy.modes.remote.value == 0
    assert policy.title == ""


def test_extends_through_several_policies_in_any_order() -> None:
    text = BASE + '\n[policy.a]\nextends = "b"\n[policy.b]\nextends = "shared"\npool = "all"\n'
    policies = loaded(text).scenario.policy
    assert policies["a"].workstations is policies["shared"].workstations
    assert policies["a"].eligible is policies["half"].eligible
    assert policies["a"].pool == "all"
    assert policies["a"].extends == "b"


def test_facts_stand_in_the_scenario_with_their_source() -> None:
    text = changed(
        ("workstation_m2 = 12", 'workstation_m2 = { fact = "norm.uk-target" }'),
        ("weekday = [1, 1, 1, 1, 0.5]", 'weekday = { fact = "weekday.uk-offices-2024" }'),
        ("{ survey = { share = 0.6, n = 900 } }", '{ fact = "readiness.literacy", source = "us" }'),
    )
    scenario = loaded(text).scenario
    assert scenario.area.workstation_m2.value == facts.fact("norm.uk-target")["value"]
    assert scenario.area.workstation_m2.includes == facts.fact("norm.uk-target")["includes"]
    assert scenario.area.workstation_m2.confirmed is False
    assert scenario.attendance.weekday.value is not None
    assert scenario.attendance.weekday.fact is None
    today = scenario.readiness.gates["literacy"].today
    assert today.kind == "survey"
    assert (today.source, today.confirmed) == ("us", False)


@pytest.mark.parametrize("name", facts.names())
def test_every_fact_fits_where_it_may_stand(name: str) -> None:
    key, old = {
        "weekday": ("weekday", "[1, 1, 1, 1, 0.5]"),
        "norm": ("workstation_m2", "12"),
        "readiness": ("today", "{ survey = { share = 0.6, n = 900 } }"),
        "discount": ("discount_rate", "0.05"),
    }[name.partition(".")[0]]
    text = f"{BASE}\n{MONEY}"
    assert text.count(f"{key} = {old}") == 1
    text = text.replace(f"{key} = {old}", f'{key} = {{ fact = "{name}" }}')
    assert loaded(text).scenario.scenario.name == "test"


def test_audits_shipped_and_from_a_table() -> None:
    text = changed(
        ("area_m2 = 1200", 'area_m2 = 1200\naudit = "functions.csv"'),
        ("area_m2 = 600", 'area_m2 = 600\naudit = "kazakhstan-2023"'),
        ("eligible = 0.5", 'eligible = "audit"'),
    )
    audits = loaded(text, **{"functions.csv": FUNCTIONS}).scenario.audits
    assert audits["kazakhstan-2023"] is functions.shipped("kazakhstan-2023")
    table = audits["functions.csv"]
    assert [f.share for f in table.functions] == [1.0, 0.5, 0.0]
    assert [f.staff for f in table.functions] == [40, 40, 20]


def test_posts_are_checked_against_their_audit() -> None:
    central = POST + '{ "media policy" = 0.4, "state secrets" = 0.6 }'
    local = POST.replace("1200", "600").replace("staff = 100", "staff = 50")
    text = changed(
        ("area_m2 = 1200", central),
        ("area_m2 = 600", local + '{ "media policy" = 1.0 }'),
        ("eligible = 0.5", 'eligible = "posts"'),
    )
    assert loaded(text).scenario.policy["half"].eligible == "posts"
    with pytest.raises(InputError, match="only 2 weekdays have a weight above 0"):
        loaded(text.replace("[1, 1, 1, 1, 0.5]", "[1, 1, 0, 0, 0]"))


def test_inputs_by_path() -> None:
    text = changed(
        ("area_m2 = 1200", 'area_m2 = 1200\nblocks = [{ name = "A", staff = 100, eligible = 1 }]'),
        ("eligible = 0.5", "eligible = 0.5\ndedicated = { secrets = 0.1 }"),
        ("0.6 }", "{ central = 0.6, local = 0.7 } }"),
    )
    paths = list(input_paths(loaded(text).scenario))
    assert paths == [
        "attendance.absence",
        "attendance.clustering",
        "attendance.compliance",
        "readiness.literacy.today",
        "area.workstation_m2",
        "area.office.chief",
        "cost.running.rent",
        "cost.running.heat",
        "body.central.blocks.A.eligible",
        "policy.half.eligible",
        "policy.half.modes.remote",
        "policy.half.modes.combined",
        "policy.half.dedicated.secrets",
        "policy.shared.eligible",
        "policy.shared.modes.remote",
        "policy.shared.modes.combined",
        "policy.shared.workstations.per_person.central",
        "policy.shared.workstations.per_person.local",
        "policy.shared.dedicated.secrets",
    ]


def test_every_input_can_be_set_by_its_path() -> None:
    text = changed(
        ("area_m2 = 1200", 'area_m2 = 1200\nblocks = [{ name = "A", staff = 100, eligible = 1 }]'),
        ("eligible = 0.5", "eligible = 0.5\ndedicated = { secrets = 0.1 }"),
    )
    for path in input_paths(loaded(text).scenario):
        if path.endswith("modes.combined"):
            continue
        scenario = loaded(text, f"{path}=0.125").scenario
        assert input_paths(scenario)[path].value == 0.125, path


def test_unconfirmed_is_told_once_and_compliance_only_where_it_counts() -> None:
    text = changed(
        ("headcount = 50", "headcount = { value = 50, confirmed = false }"),
        ("eligible = 0.5", "eligible = { value = 0.5, confirmed = false }"),
        ("rent = {", "rent = { confirmed = false,"),
    )
    assert unconfirmed(loaded(text).scenario) == (
        "attendance.clustering",
        "cost.running.rent",
        "body.local.headcount",
        "policy.half.eligible",
    )
    combined = loaded(text, "policy.half.modes={ combined = 1.0 }", "policy.half.days_on_site=2")
    assert "attendance.compliance" in unconfirmed(combined.scenario)


# --set


def test_set_a_figure_replaces_it_with_its_source() -> None:
    text = changed(
        ("headcount = 100", 'headcount = { value = 100, source = "S1", confirmed = false }'),
        ("12\n", '{ value = 12, includes = "corridors", source = "S2" }\n'),
    )
    scenario = loaded(text, "body.central.headcount=90", "area.workstation_m2=9").scenario
    assert scenario.body[0].headcount.value == 90
    assert scenario.body[0].headcount.source is None
    assert scenario.area.workstation_m2.value == 9
    assert scenario.area.workstation_m2.includes == "corridors"
    assert scenario.area.workstation_m2.source is None


def test_set_a_part_of_a_figure_keeps_the_rest() -> None:
    scenario = loaded(
        BASE,
        "attendance.absence.beta.sd=0.05",
        "attendance.absence.confirmed=false",
        "body.central.headcount.confirmed=false",
        "attendance.weekday.source=badge log",
    ).scenario
    absence = scenario.attendance.absence
    assert absence.beta is not None
    assert (absence.beta.mean, absence.beta.sd, absence.confirmed) == (0.12, 0.05, False)
    assert (scenario.body[0].headcount.value, scenario.body[0].headcount.confirmed) == (100, False)
    assert scenario.attendance.weekday.source == "badge log"


def test_set_another_kind_replaces_the_distribution() -> None:
    scenario = loaded(BASE, "attendance.absence.uniform=[0.1, 0.2]").scenario
    assert scenario.attendance.absence.kind == "uniform"


@pytest.mark.parametrize("option", ["run.design=mc", 'run.design="mc"', " run . design = mc "])
def test_set_a_word(option: str) -> None:
    assert loaded(BASE, option).scenario.run.design == "mc"


def test_set_in_order_the_last_holds() -> None:
    assert loaded(BASE, "run.draws=5", "run.draws=6").scenario.run.draws == 6


def test_set_a_new_policy_and_its_parts() -> None:
    policies = loaded(
        BASE,
        "policy.new.eligible=0.7",
        "policy.new.extends=shared",
        "policy.third={ extends = 'new', pool = 'all' }",
    ).scenario.policy
    assert isinstance(policies["new"].eligible, Input)
    assert policies["new"].eligible.value == 0.7
    assert policies["third"].workstations is policies["shared"].workstations


def test_set_a_part_of_what_a_policy_takes_over() -> None:
    text = changed(("{ per_person = 0.6 }", "{ service = { per_day = 0.9, assurance = 0.8 } }"))
    text += '\n[policy.third]\nextends = "shared"\n'
    policies = loaded(text, "policy.third.workstations.service.per_day=0.99").scenario.policy
    rules = [policies[name].workstations for name in ("shared", "third")]
    levels = [rule.service for rule in rules if isinstance(rule, WorkstationRule)]
    assert [(s.per_day, s.assurance) for s in levels if s] == [(0.9, 0.8), (0.99, 0.8)]


def test_set_another_rule_in_place_of_the_old() -> None:
    rule = (
        loaded(BASE, "policy.shared.workstations.fixed=20").scenario.policy["shared"].workstations
    )
    assert isinstance(rule, WorkstationRule)
    assert (rule.fixed, rule.per_person) == (20, None)


def test_set_modes_whole_or_in_part() -> None:
    part = loaded(BASE, "policy.half.modes.remote=0.4").scenario.policy["half"].modes
    assert part.remote.value == 0.4
    options = ("policy.half.modes={ combined = 0.4 }", "policy.half.days_on_site=1")
    whole = loaded(BASE, *options).scenario.policy["half"].modes
    assert (whole.remote.value, whole.combined.value) == (0.0, 0.4)


def test_set_the_table_of_bodies_and_a_cell() -> None:
    files = {"other.csv": BODIES}
    scenario = loaded(NO_BODIES, "bodies=other.csv", "body.local.headcount=7", **files).scenario
    assert [body.headcount.value for body in scenario.body] == [100, 7]


def test_set_names_beyond_ascii_with_and_without_quotes() -> None:
    text = changed(('name = "local"', 'name = "Акимат"'))
    for key in ("body.Акимат.headcount", 'body."Акимат".headcount'):
        assert loaded(text, f"{key}=7").scenario.body[1].headcount.value == 7


# overlays


def test_overlay_merges_bodies_and_policies_by_name() -> None:
    overlay = """
[[body]]
name = "local"
headcount = { value = 55, source = "count" }
[[body]]
name = "third"
headcount = 5
workstations = 5
area_m2 = 60
[policy.half]
modes = { combined = 0.5 }
days_on_site = 2
[attendance]
absence = { uniform = [0.1, 0.2], source = "calibrated" }
"""
    scenario = with_overlay(overlay, "body.third.headcount=6").scenario
    assert [body.headcount.value for body in scenario.body] == [100, 55, 6]
    assert scenario.body[1].area_m2.value == 600
    assert scenario.policy["half"].modes.remote.value == 0
    assert scenario.attendance.absence.kind == "uniform"
    assert scenario.attendance.shared.common == 0.3


def test_a_later_overlay_holds_over_an_earlier(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(BASE)
    paths = [tmp_path / "a.toml", tmp_path / "b.toml"]
    for number, path in enumerate(paths):
        path.write_text(f"[run]\ndraws = {number + 10}\n")
    assert load(tmp_path / "s.toml", overlays=paths).scenario.run.draws == 11
    assert load(tmp_path / "s.toml", overlays=paths[::-1]).scenario.run.draws == 10
    assert load(tmp_path / "s.toml", ["run.draws=3"], paths).scenario.run.draws == 3


def test_loading_leaves_the_texts_as_they_are() -> None:
    files = {"scenario.toml": BASE}
    assert load_texts(files, ["run.draws=5"]).files == files == {"scenario.toml": BASE}


def test_correlations_that_can_be() -> None:
    text = BASE + (
        "\n[[correlation]]\nrank = 0.9\n"
        'inputs = ["cost.running.rent", "cost.running.heat", "attendance.absence"]\n'
    )
    assert loaded(text).scenario.correlation[0].rank == 0.9


def test_a_check_is_cheap() -> None:
    code = (
        "import sys, pathlib, sim.scenario.load as load, sim.scenario.describe;"
        f"load.load(pathlib.Path({str(SCENARIOS[0])!r}).with_name('single-office.toml'));"
        "print(*{'numba', 'xarray', 'matplotlib', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
