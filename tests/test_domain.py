"""The shipped facts: every figure dated and sourced, and nothing typed that can be computed."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sim.domain import eligibility, facts, functions

if TYPE_CHECKING:
    from sim.domain.functions import Audit, Function

RELEASED_M2 = {"central": 11_316, "local": 10_524}
RELEASED_PER_MILLE = {"central": 894, "local": 884}
PLACE_M2 = 12


@pytest.fixture
def audit() -> Audit:
    return functions.shipped("kazakhstan-2023")


def by_name(audit: Audit, name: str) -> Function:
    return next(f for f in audit.functions if f.name == name)


def with_partial(audit: Audit, share: float) -> Audit:
    first, *others = audit.functions
    changed = replace(first, feasibility="partial", share=share)
    return replace(audit, functions=(changed, *others))


# The audit


def test_the_audit_has_the_articles_functions_and_services(audit: Audit) -> None:
    kinds = [f.kind for f in audit.counted()]
    assert (kinds.count("main"), kinds.count("auxiliary"), len(kinds)) == (6, 6, 12)
    services = [f for f in audit.functions if f.service]
    assert len(services) == 4
    assert {f.kind for f in services} == {None}
    assert {f.block for f in audit.functions} == {None}


def test_nine_of_twelve_and_thirteen_of_sixteen_come_out(audit: Audit) -> None:
    assert Fraction(audit.feasible_share()) == Fraction(9, 12)
    assert Fraction(audit.feasible_share(services=True)) == Fraction(13, 16)


def test_exactly_the_three_with_a_legal_obstacle_cannot_be_remote(audit: Audit) -> None:
    refused = {f.name: f for f in audit.functions if f.feasibility == "none"}
    assert set(refused) == {
        "state secrets",
        "mobilisation work and information security",
        "documents that cannot be issued electronically",
    }
    assert all(f.reason and f.share == 0 and f.kind == "auxiliary" for f in refused.values())
    assert "349-1" in refused["state secrets"].reason
    assert "127-1" in refused["mobilisation work and information security"].reason
    assert not any(f.reason for f in audit.functions if f.name not in refused)


def test_every_function_is_named_once_and_cites_its_place(audit: Audit) -> None:
    assert len({f.name for f in audit.functions}) == len(audit.functions)
    assert all(f.source for f in audit.functions)
    assert audit.date == "2023"
    assert "10.52536/2415-8216.2023-4.07" in audit.source


def test_an_unknown_audit_is_refused_with_the_known_ones() -> None:
    assert functions.shipped_names() == ("kazakhstan-2023",)
    with pytest.raises(KeyError, match="kazakhstan-2023"):
        functions.shipped("kazakhstan-2024")


# Arithmetic of an audit


def test_beta_parameters_count_functions(audit: Audit) -> None:
    assert eligibility.beta_parameters(audit) == (9, 3)
    assert eligibility.beta_parameters(audit, services=True) == (13, 3)


def test_the_mean_of_the_beta_is_the_feasible_share(audit: Audit) -> None:
    for services in (False, True):
        full, none = eligibility.beta_parameters(audit, services)
        assert full / (full + none) == audit.feasible_share(services)


def test_beta_parameters_refuse_partly_feasible_functions(audit: Audit) -> None:
    with pytest.raises(ValueError, match="partly"):
        eligibility.beta_parameters(with_partial(audit, 0.5))


def test_weights_follow_the_order_of_the_audit(audit: Audit) -> None:
    found = eligibility.weights(with_partial(audit, 0.25))
    assert found == (0.25, *[1.0] * 5, 0.0, 0.0, 0.0, *[1.0] * 3)
    assert len(eligibility.weights(audit, services=True)) == 16


def test_a_fifth_of_secret_work_is_a_day_a_week(audit: Audit) -> None:
    time = {"state secrets": 0.2, "media policy": 0.5, "registering missionaries": 0.3}
    assert eligibility.remote_share_of_post(audit, time) == pytest.approx(0.8)
    assert eligibility.least_days_on_site(audit, time) == pytest.approx(1.0)


def test_partly_feasible_time_is_on_site_in_part(audit: Audit) -> None:
    partial = with_partial(audit, 0.75)
    time = {partial.functions[0].name: 0.4, "internal audit": 0.6}
    assert eligibility.remote_share_of_post(partial, time) == pytest.approx(0.9)
    assert eligibility.least_days_on_site(partial, time) == pytest.approx(0.5)


def test_a_post_with_an_unknown_function_is_refused(audit: Audit) -> None:
    with pytest.raises(KeyError, match="gardening"):
        eligibility.remote_share_of_post(audit, {"gardening": 1.0})


# Facts


@pytest.mark.parametrize("name", facts.names())
def test_every_fact_has_unit_date_source_and_one_figure(name: str) -> None:
    entry = facts.catalogue()[name]
    assert entry.unit
    assert entry.date
    assert entry.source
    assert entry.confirmed is False
    given = facts.fact(name)
    assert given["source"] == entry.source
    assert len({"value", "survey", "uniform", "steps"} & given.keys()) == 1
    assert not {"unit", "date", "note"} & given.keys()


def test_an_unknown_fact_is_refused_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"readiness\.literacy"):
        facts.fact("readiness.literary")


def test_a_caller_cannot_change_a_fact() -> None:
    facts.fact("readiness.literacy")["survey"]["share"] = 0.99
    assert facts.fact("readiness.literacy")["survey"] == {"share": 0.61, "n": 897}


def test_the_weekday_index_is_the_published_percentages_over_their_mean() -> None:
    index = facts.fact("weekday.uk-offices-2024")["value"]
    assert [round(day, 2) for day in index] == [0.90, 1.18, 1.14, 1.13, 0.64]
    assert sum(index) == pytest.approx(5)
    assert index[4] / index[1] == pytest.approx(22.2 / 41.4)


def test_document_management_is_a_range_from_its_lower_bound() -> None:
    low, high = facts.fact("readiness.edms")["uniform"]
    assert low == pytest.approx(24_000 / 79_356, rel=1e-5)
    assert high == 1


def test_norms_say_what_they_include() -> None:
    norms = {name: facts.fact(name) for name in facts.names() if name.startswith("norm.")}
    assert len(norms) == 7
    assert all(norm["includes"] for norm in norms.values())
    densities = {name for name, norm in norms.items() if "per person" in norm["includes"]}
    assert set(norms) - densities == {"norm.kazakhstan-implied", "norm.russia-sanitary"}


def test_the_american_norm_is_converted() -> None:
    norm = facts.fact("norm.us-design")
    assert norm["value"] == pytest.approx(13.9, abs=0.05)
    assert norm["area_basis"] == "usable"


# The published release, as arithmetic


def test_the_implied_place_is_the_common_divisor_of_the_released_areas() -> None:
    assert math.gcd(*RELEASED_M2.values()) == PLACE_M2
    assert facts.fact("norm.kazakhstan-implied")["value"] == PLACE_M2


@pytest.mark.parametrize(("tier", "places", "kept"), [("central", 1_055, 112), ("local", 992, 115)])
def test_one_whole_total_rounds_to_each_published_percentage(
    tier: str, places: int, kept: int
) -> None:
    released, rest = divmod(RELEASED_M2[tier], PLACE_M2)
    assert rest == 0
    # Every total from nothing kept to twice what is released; a larger one is below 50 %.
    fitting = [
        total
        for total in range(released, 2 * released + 1)
        if (2_000 * released + total) // (2 * total) == RELEASED_PER_MILLE[tier]
    ]
    assert fitting == [places]
    assert places - released == kept


def test_the_domain_needs_no_heavy_library() -> None:
    code = (
        "import sys, sim.domain.eligibility as e, sim.domain.facts as f, sim.domain.functions as n;"
        "f.names(); n.shipped('kazakhstan-2023');"
        "sys.exit(bool({'pydantic', 'numba', 'numpy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
