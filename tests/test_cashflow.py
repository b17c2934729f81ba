"""Kernels of money through the years against numpy-financial, a slow twin and published cases."""

from __future__ import annotations

import math
from fractions import Fraction

import naive_money
import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.appraisal import adjusted_rate
from sim.domain.facts import fact
from sim.kernels import cashflow

close = np.testing.assert_allclose
FLOW = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-2)
FLOWS = st.lists(FLOW, min_size=2, max_size=40)
RATE = st.floats(-0.5, 1.0)


def factors(rates, mid=False):
    """Return the discount factors of years 0 to n and that of the end of the horizon."""
    rates = np.array(rates, dtype=float)[:, None]
    factor, last = np.empty((len(rates) + 1, 1)), np.empty(1)
    cashflow.discount_factors(rates, mid, factor, last)
    return factor[:, 0], last[0]


def rate_of_return(flows, mid=False):
    out = np.empty(1)
    cashflow.rates_of_return(np.array(flows, dtype=float)[:, None], mid, out)
    return out[0]


def paybacks(flows, rates):
    out = np.empty(1), np.empty(1)
    column = np.array(flows, dtype=float)[:, None]
    cashflow.paybacks(column, factors(rates)[0][:, None], *out)
    return out[0][0], out[1][0]


@given(FLOWS, RATE)
def test_present_value_is_that_of_numpy_financial(flows, rate):
    """The first flow is at t0 and not discounted, in both."""
    found = np.dot(flows, factors([rate] * (len(flows) - 1))[0])
    close(found, npf.npv(rate, flows), rtol=1e-9, atol=1e-6)


@given(FLOWS, RATE)
def test_the_middle_of_the_year_is_half_a_year_earlier(flows, rate):
    years = len(flows) - 1
    later = npf.npv(rate, [0.0, *flows[1:]]) * math.sqrt(1 + rate)
    close(
        np.dot(flows, factors([rate] * years, mid=True)[0]), flows[0] + later, rtol=1e-9, atol=1e-6
    )


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=30), st.data())
def test_rate_of_return_is_that_of_numpy_financial(savings, data):
    """An investment, then savings: one change of sign, one rate."""
    share = data.draw(st.floats(0.05, 5.0))
    flows = [-share * sum(savings), *savings]
    found = rate_of_return(flows)
    close(found, npf.irr(flows), rtol=1e-7, atol=1e-9)
    close(np.dot(flows, factors([found] * len(savings))[0]), 0, atol=1e-9 * sum(savings))


@given(FLOWS, RATE, RATE)
def test_modified_rate_of_return_is_that_of_numpy_financial(flows, finance, reinvest):
    """What goes out at its present value, what comes in put to use until the horizon."""
    years = len(flows) - 1
    spent = np.dot(np.maximum(np.negative(flows), 0), factors([finance] * years)[0])
    later = sum(max(f, 0) * (1 + reinvest) ** (years - t) for t, f in enumerate(flows))
    assume(spent > 0)
    assume(later > 0)
    found = adjusted_rate(np.array([later]), np.array([spent]), years)[0]
    close(found, npf.mirr(flows, finance, reinvest), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("flows", "digits"), [((-100, 39, 59, 55, 20), 0.28095), ((-100, 0, 0, 74), -0.0955)]
)
def test_published_rates_of_return(flows, digits):
    """numpy-financial 1.0.0, examples of ``irr``; the first after Gitman (2003), p. 348."""
    assert round(rate_of_return(flows), 5) == digits


def test_published_present_value():
    """numpy-financial 1.0.0, example of ``npv``: a project of $40,000 at 8 %."""
    flows = (-40_000, 5_000, 8_000, 12_000, 30_000)
    assert round(np.dot(flows, factors([0.08] * 4)[0]), 5) == 3065.22267


@pytest.mark.parametrize(
    "flows", [(-100, 100, 0, -7), (-5, 10.5, 1, -8, 1), (1, 2), (0, 0), (-1, 0)]
)
def test_no_rate_of_return_unless_the_sign_changes_once(flows):
    """The first two have a rate among the examples of numpy-financial; another solves it too."""
    assert math.isnan(rate_of_return(flows))


@given(st.lists(FLOW, min_size=2, max_size=12), st.booleans())
def test_rate_of_return_is_that_of_the_twin(flows, mid):
    found, expected = rate_of_return(flows, mid), naive_money.irr(flows, mid)
    if expected is None:
        assert math.isnan(found) or not -0.99 < found < 1e5
    else:
        close(found, expected, rtol=1e-6, atol=1e-7)


@given(FLOWS, RATE)
def test_paybacks_are_those_of_the_twin(flows, rate):
    rates = [rate] * (len(flows) - 1)
    present = [f * d for f, d in zip(flows, factors(rates)[0], strict=True)]
    assume(max(map(abs, present)) > 1e-6)
    found = paybacks(flows, rates)
    for years, values in zip(found, (flows, present), strict=True):
        sums = np.cumsum(values)
        scale = max(map(abs, flows))
        assume((abs(sums) > 1e-6 * scale).all())  # a sum of nothing may fall to either side
        expected = naive_money.payback(values)
        assert math.isnan(years) if expected is None else years == expected


def test_an_investment_at_t0_pays_back_as_in_handbook_135():
    """The least y with the sum of savings of years 1 to y at least the investment."""
    assert paybacks([-100, 30, 30, 30, 30], [0.0] * 4) == (4, 4)
    simple, discounted = paybacks([-100, 60, 40, 20], [0.1] * 3)
    assert (simple, discounted) == (2, 3)
    renewed = paybacks([-100, 120, -90, 50, 50], [0.0] * 4)
    assert renewed == (4, 4)
    assert paybacks([5, 5], [0.1]) == (0, 0)
    assert all(map(math.isnan, paybacks([0, 0], [0.1])))


def test_green_book_factors_of_years_1_to_125():
    """Each rate counts the years it holds for, in exact fractions."""
    steps = fact("discount.uk-green-book")["steps"]
    rates = [[s["rate"] for s in steps if s["from_year"] <= t][-1] for t in range(1, 126)]
    found, last = factors(rates)
    expected = [naive_money.green_book_factor(t) for t in range(126)]
    close(found, [float(x) for x in expected], rtol=1e-13)
    assert last == found[-1]
    assert expected[1] == Fraction(200, 207)
    assert found[30] / found[31] == pytest.approx(1.03, rel=1e-14)
    assert found[75] / found[76] == pytest.approx(1.025, rel=1e-14)


@given(st.lists(RATE, min_size=1, max_size=40), st.booleans())
def test_stepped_factors_are_those_of_the_twin(rates, mid):
    expected = [naive_money.discount_factor(rates, t, mid) for t in range(len(rates) + 1)]
    close(factors(rates, mid)[0], expected, rtol=1e-12)


def test_adjusted_rate_is_the_formula_of_handbook_135():
    """(1 + r) · SIR^(1/n) - 1 where savings are put to use at the discount rate."""
    r, years, saving, spent = 0.03, 10, 20.0, 100.0
    present = sum(saving / (1 + r) ** t for t in range(1, years + 1))
    later = np.array([present * (1 + r) ** years])
    found = adjusted_rate(later, np.array([spent]), years)[0]
    close(found, (1 + r) * (present / spent) ** (1 / years) - 1, rtol=1e-14)
    assert np.isnan(adjusted_rate(np.array([-1.0, 1.0]), np.array([1.0, 0.0]), 5)).all()


def of_lines(money, factor, one_off):
    """Return the five sums over lines[line, body, draw]."""
    sums = [np.empty(money.shape[1:]) for _ in range(5)]
    cashflow.present_values(money, factor, np.array(one_off), *sums)
    return sums


@given(st.lists(st.tuples(FLOW, RATE, st.booleans()), min_size=1, max_size=12))
def test_sums_over_lines_are_those_of_the_twin(lines):
    amounts, factor, one_off = zip(*lines, strict=True)
    money, factor = np.array(amounts)[:, None, None], np.array(factor)[:, None]
    present = (money[:, 0, 0] * factor[:, 0]).tolist()
    for found, expected in zip(
        of_lines(money, factor, one_off),
        naive_money.sums_of_lines(present, one_off),
        strict=True,
    ):
        close(found[0, 0], expected, rtol=1e-12, atol=1e-12 * sum(map(abs, present)))
    out = np.empty((1, 1))
    cashflow.total(money, factor, np.array(one_off), out)
    close(out[0, 0], naive_money.total(present, one_off), atol=1e-12 * sum(map(abs, present)))


@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**32))
def test_lines_add_up_by_kind_and_by_sign(lines, bodies, seed):
    """Net is what is operated less what is invested, and benefits less costs."""
    luck = np.random.default_rng(seed)
    money, factor = luck.normal(size=(lines, bodies, 4)), luck.uniform(0, 9, (lines, 4))
    one_off = luck.random(lines) < 0.5
    net, operating, invested, benefits, costs = of_lines(money, factor, one_off)
    close(net, operating - invested, atol=1e-12)
    close(net, benefits - costs, atol=1e-12)
    assert (benefits >= 0).all()
    assert (costs >= 0).all()
    for counted, expected in ((~one_off, operating), (one_off, -invested)):
        out = np.empty((bodies, 4))
        cashflow.total(money, factor, counted, out)
        close(out, expected, rtol=1e-12)
    out = np.empty((bodies, 4))
    cashflow.total(money, factor, np.ones(lines, bool), out)
    assert (out == net).all()


def test_savings_to_investment_of_a_loan_repaid_is_one():
    """An annuity of 10 years at 7 % is worth 7.0236 of its payments (NIST Handbook 135, UPV)."""
    annuity = factors([0.07] * 10)[0][1:].sum()
    assert round(annuity, 4) == 7.0236
    money, factor = np.array([-annuity, 1.0])[:, None, None], np.array([1.0, annuity])[:, None]
    net, operating, invested, benefits, costs = of_lines(money, factor, [True, False])
    assert net[0, 0] == 0
    assert operating[0, 0] == invested[0, 0] == benefits[0, 0] == costs[0, 0] == annuity
