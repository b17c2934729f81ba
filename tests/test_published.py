"""Money against cases printed elsewhere, to the digits that are printed there.

Sources: OMB, Circular A-94, appendix B, section 1, editions of 29 October 1992 and November 2023;
Microsoft, reference of the Excel functions NPV, IRR and MIRR; NIST, Energy Price Indices and
Discount Factors for Life-Cycle Cost Analysis, annual supplement to Handbook 135 (NISTIR
85-3273-31, 2016), tables A-1 and A-2 at the 3 % rate; HM Treasury, The Green Book (2003; rates kept
in 2022), annex 6, table 6.1, whose long-term factors are given to four digits. Only the circular of
2023 and one case of Excel were compared with the documents; the other digits were typed from
knowledge of them and wait for a reader who has them. Examples of numpy-financial are in
``test_cashflow.py``.
"""

from __future__ import annotations

import naive_nist
import numpy as np
import pytest
from handmade import RICH, results, without_levels, written

from sim.appraisal import adjusted_rate
from sim.domain.facts import fact
from sim.kernels import cashflow

COSTS = (0, 10, 20, 30, 30, 20, 10, 5, 5, 5, 5)
BENEFITS = (0, 0, 0, 5, 10, 30, 40, 40, 40, 40, 25)


def factors(rates):
    rates = np.array(rates, dtype=float)[:, None]
    factor, last = np.empty((len(rates) + 1, 1)), np.empty(1)
    cashflow.discount_factors(rates, False, factor, last)
    return factor[:, 0]


def present_value(flows, rate):
    """Return the present value, the first flow at t0."""
    return float(np.dot(flows, factors([rate] * (len(flows) - 1))))


def test_sample_format_of_circular_a94_in_1992():
    """Seven per cent: the factor and both present values of every year, and the totals."""
    factor = factors([0.07] * 10)
    printed = (0.9346, 0.8734, 0.8163, 0.7629, 0.7130, 0.6663, 0.6227, 0.5820, 0.5439, 0.5083)
    assert tuple(np.round(factor[1:], 4)) == printed
    costs = (9.35, 17.47, 24.49, 22.89, 14.26, 6.66, 3.11, 2.91, 2.72, 2.54)
    benefits = (0.00, 0.00, 4.08, 7.63, 21.39, 26.65, 24.91, 23.28, 21.76, 12.71)
    assert tuple(np.round(np.multiply(COSTS, factor)[1:], 2)) == costs
    assert tuple(np.round(np.multiply(BENEFITS, factor)[1:], 2)) == benefits
    assert round(present_value(COSTS, 0.07), 2) == 106.40
    assert round(present_value(BENEFITS, 0.07), 2) == 142.41
    assert round(sum(benefits) - sum(costs), 2) == 36.01


def test_sample_format_of_circular_a94_in_2023():
    net = np.subtract(BENEFITS, COSTS)
    values = [present_value(flows, 0.031) for flows in (COSTS, BENEFITS, net)]
    assert [round(value, 2) for value in values] == [123.37, 184.92, 61.55]


@pytest.mark.parametrize(
    ("rate", "flows", "printed"),
    [
        (0.10, (0, -10_000, 3_000, 4_200, 6_800), 1_188.44),
        (0.08, (-40_000, 8_000, 9_200, 10_000, 12_000, 14_500), 1_922.06),
        (0.08, (-40_000, 8_000, 9_200, 10_000, 12_000, 14_500, -9_000), -3_749.47),
    ],
)
def test_net_present_values_of_excel(rate, flows, printed):
    assert round(present_value(flows, rate), 2) == printed


@pytest.mark.parametrize(
    ("flows", "per_cent"),
    [
        ((-70_000, 12_000, 15_000, 18_000, 21_000), -2.1),
        ((-70_000, 12_000, 15_000, 18_000, 21_000, 26_000), 8.7),
        ((-70_000, 12_000, 15_000), -44.4),
    ],
)
def test_internal_rates_of_return_of_excel(flows, per_cent):
    out = np.empty(1)
    cashflow.rates_of_return(np.array(flows, dtype=float)[:, None], False, out)
    assert round(100 * out[0], 1) == per_cent


@pytest.mark.parametrize(
    ("savings", "reinvested", "per_cent"),
    [
        ((39_000, 30_000, 21_000, 37_000, 46_000), 0.12, 12.61),
        ((39_000, 30_000, 21_000), 0.12, -4.80),
        ((39_000, 30_000, 21_000, 37_000, 46_000), 0.14, 13.48),
    ],
)
def test_modified_rates_of_return_of_excel(savings, reinvested, per_cent):
    years = len(savings)
    later = sum(s * (1 + reinvested) ** (years - t) for t, s in enumerate(savings, 1))
    found = adjusted_rate(np.array([later]), np.array([120_000.0]), years)[0]
    assert round(100 * found, 2) == per_cent


SPV = {
    1: 0.971,
    2: 0.943,
    3: 0.915,
    5: 0.863,
    10: 0.744,
    15: 0.642,
    20: 0.554,
    25: 0.478,
    30: 0.412,
}
UPV = {1: 0.97, 2: 1.91, 3: 2.83, 5: 4.58, 10: 8.53, 15: 11.94, 20: 14.88, 25: 17.41, 30: 19.60}


def test_factors_of_the_annual_supplement_to_handbook_135():
    factor = factors([0.03] * 30)
    assert {year: round(factor[year], 3) for year in SPV} == SPV
    assert {year: round(factor[1 : year + 1].sum(), 2) for year in UPV} == UPV


def test_long_term_factors_of_the_green_book():
    steps = fact("discount.uk-green-book")["steps"]
    rates = [[s["rate"] for s in steps if s["from_year"] <= t][-1] for t in range(1, 126)]
    printed = {1: 0.9662, 2: 0.9335, 3: 0.9019, 5: 0.8420, 10: 0.7089, 20: 0.5026, 30: 0.3563}
    printed |= {31: 0.3459, 50: 0.1973, 75: 0.0942, 76: 0.0919, 100: 0.0508, 125: 0.0274}
    factor = factors(rates)
    assert {year: round(factor[year], 4) for year in printed} == printed


# A retrofit, costed in the manner of Handbook 135: the plant of today against a better one

RATE, YEARS, ESCALATION = 0.03, 20, 0.01
TODAY = {"initial": 0, "replacements": {4: 60_000, 16: 9_000}, "residual": 6_000}
TODAY |= {"energy": 21_000, "upkeep": 7_000}
BETTER = {"initial": 95_000, "replacements": {12: 12_500}, "residual": 9_500}
BETTER |= {"energy": 13_500, "upkeep": 8_000}
RETROFIT = f"""
[appraisal]
base_year = 2025
years = {YEARS}
discount_rate = {RATE}
inflation = 0.025

[appraisal.line.plant]
per = "once"
year = 0
amount = {BETTER["initial"]}
residual_share = {BETTER["residual"] / BETTER["initial"]}

[appraisal.line.fan]
per = "once"
year = 12
amount = {BETTER["replacements"][12]}

[appraisal.line.boiler]
per = "once"
borne_by = "baseline"
year = 4
amount = {TODAY["replacements"][4]}
residual_share = {TODAY["residual"] / TODAY["replacements"][4]}

[appraisal.line.pump]
per = "once"
borne_by = "baseline"
year = 16
amount = {TODAY["replacements"][16]}

[appraisal.line.energy]
per = "once"
borne_by = "baseline"
amount = {TODAY["energy"]}
escalation = {ESCALATION}

[appraisal.line.less_energy]
per = "once"
borne_by = "policies"
amount = {BETTER["energy"]}
escalation = {ESCALATION}

[appraisal.line.upkeep]
per = "once"
borne_by = "baseline"
amount = {TODAY["upkeep"]}

[appraisal.line.more_upkeep]
per = "once"
borne_by = "policies"
amount = {BETTER["upkeep"]}
"""


def test_a_retrofit_has_the_measures_of_handbook_135():
    """Three bodies share it, so it is their total that has them."""
    problem = without_levels(written(f"{RICH}\n{RETROFIT}"))
    _, found = results(problem, 2)
    own = found.sel(policy="ratio").isel(draw=0)
    total = list(problem.groups).index("total")
    expected = naive_nist.measures(TODAY, BETTER, RATE, YEARS, ESCALATION)
    assert float(own["npv"].sum()) == pytest.approx(expected["net_savings"], rel=1e-12)
    costs = [naive_nist.life_cycle_cost(x, RATE, YEARS, ESCALATION) for x in (TODAY, BETTER)]
    nothing = found["life_cycle_cost"].sel(policy="baseline").isel(draw=0)
    assert float(nothing.sum()) == pytest.approx(costs[0], rel=1e-12)
    assert float(own["life_cycle_cost"].sum()) == pytest.approx(costs[1], rel=1e-12)
    sir = own["operating_saving"].sum() / own["additional_investment"].sum()
    assert float(sir) == pytest.approx(expected["sir"], rel=1e-12)
    assert (own["sir"] == pytest.approx(expected["sir"], rel=1e-12)).all()
    airr = float(own["group_airr"][total])
    assert (1 + airr) / 1.025 - 1 == pytest.approx(expected["airr"], rel=1e-10)
    years = [float(own[f"group_payback_{kind}"][total]) for kind in ("simple", "discounted")]
    assert years == [expected["simple"], expected["discounted"]]
    assert expected["sir"] > 1


def test_factors_of_rising_costs_are_sums_of_single_ones():
    for escalation in (0.0, 0.01, 0.03, 0.05):
        total = sum(naive_nist.spv(0.03, t) * (1 + escalation) ** t for t in range(1, 21))
        assert naive_nist.modified_upv(0.03, 20, escalation) == pytest.approx(total)
    assert naive_nist.modified_upv(0.03, 20, 0.0) == pytest.approx(naive_nist.upv(0.03, 20))
