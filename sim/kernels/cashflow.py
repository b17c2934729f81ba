"""Money through the years: discount factors, price factors, yearly flows and their measures.

Years count from 0, the moment t0 at which the appraisal starts, to n, its horizon. A flow of year 0
falls at t0 itself and is not discounted; one of year t ≥ 1 falls at the moment m = t, the end of
that year, or at m = t - 1/2, its middle. All money is in prices of t0 (constant prices), all rates
are real; model part 8. Arrays are float64 unless said otherwise, the last axis is the draw.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

Floats = NDArray[np.float64]

STEEPEST, FLATTEST = -14.0, 5.0
"""Logarithms of 1 / (1 + rate) between which a rate of return is looked for: -99.3 % to 10⁶."""
_NEARLY_NOTHING = 1e-9
"""Share of the largest flow below which a flow is a rounding error."""
_CLOSE, _STEPS = 1e-10, 100
"""Newton's last step squares what is left of the error."""


@kernel
def discount_factors(rate: Floats, mid: bool, factor: Floats, last: Floats) -> None:
    """Fill the present value at t0 of one unit of money in each year.

    Parameters
    ----------
    rate : float64[year, draw]
        Discount rate of each year, the first row that of year 1 [1/year].
    mid : bool
        Whether flows fall in the middle of a year and not at its end.
    factor : float64[year, draw]
        Filled, one row more than ``rate``: the first is year 0.
    last : float64[draw]
        Filled with the factor at the end of the horizon.

    Notes
    -----
    factor_t = Π_{s<t} 1 / (1 + r_s) · (1 + r_t)^-h, with h = 1 at the end of the year and 1/2 in
    its middle. With one rate it is the single present value factor of ASTM E917 and NIST Handbook
    135, 1 / (1 + r)^m; with steps, rates of earlier years are kept, as in the declining rates of
    the Green Book (2003, annex 6, table 6.1).
    """
    years, draws = rate.shape
    for i in range(draws):
        factor[0, i] = 1.0
        last[i] = 1.0
    for t in range(years):
        for i in range(draws):
            whole = last[i] / (1.0 + rate[t, i])
            factor[t + 1, i] = math.sqrt(last[i] * whole) if mid else whole
            last[i] = whole


@kernel
def price_factors(
    growth: Floats, schedule: Floats, left: Floats, mid: bool, factor: Floats
) -> None:
    """Fill by how much a line's flow of each year differs from its amount at t0.

    Parameters
    ----------
    growth : float64[line, draw]
        Yearly growth of price and quantity together, 1 if there is none.
    schedule : float64[line, year]
        Share of the quantity that flows in the year; year 0 first.
    left : float64[line, draw]
        Share of the amount that is still there at the horizon and comes back in the last year.
    mid : bool
        Whether flows fall in the middle of a year.
    factor : float64[line, year, draw]
        Filled.

    Notes
    -----
    growth^m · schedule_t, less growth^m · left in the last year.
    """
    lines, years = schedule.shape
    draws = growth.shape[1]
    grown = np.empty(draws)
    for j in range(lines):
        grown[:] = 1.0
        for t in range(years):
            for i in range(draws):
                if t == 1 and mid:
                    grown[i] = math.sqrt(growth[j, i])
                elif t > 0:
                    grown[i] *= growth[j, i]
            share = schedule[j, t]
            if t == years - 1:
                for i in range(draws):
                    factor[j, t, i] = grown[i] * (share - left[j, i])
            else:
                for i in range(draws):
                    factor[j, t, i] = grown[i] * share


@kernel
def weighted(factor: Floats, weight: Floats, out: Floats) -> None:
    """Fill Σ_t factor_t · weight_t of each line: with discount factors its present value.

    Parameters
    ----------
    factor : float64[line, year, draw]
    weight : float64[year, draw]
    out : float64[line, draw]
        Filled.
    """
    lines, years, draws = factor.shape
    for j in range(lines):
        out[j, :] = 0.0
        for t in range(years):
            for i in range(draws):
                out[j, i] += factor[j, t, i] * weight[t, i]


@kernel
def total(money: Floats, factor: Floats, counted: NDArray[np.bool_], out: Floats) -> None:
    """Fill the sum of money times a factor over some of the lines.

    Parameters
    ----------
    money : float64[line, body, draw]
        Amount of each line in a year with factor 1 [currency].
    factor : float64[line, draw]
    counted : bool[line]
        Which lines are added up.
    out : float64[body, draw]
        Filled [currency].
    """
    lines, bodies, draws = money.shape
    out[:] = 0.0
    for b in range(bodies):
        for j in range(lines):
            if counted[j]:
                for i in range(draws):
                    out[b, i] += money[j, b, i] * factor[j, i]


@kernel
def present_values(
    money: Floats,
    factor: Floats,
    one_off: NDArray[np.bool_],
    net: Floats,
    operating: Floats,
    invested: Floats,
    benefits: Floats,
    costs: Floats,
) -> None:
    """Fill what the lines save in present value: all of them, by their kind and by their sign.

    Parameters
    ----------
    money : float64[line, body, draw]
        What each line saves in a year with factor 1 [currency].
    factor : float64[line, draw]
        Present value of the line's flows with factor 1.
    one_off : bool[line]
        Which lines are investments.
    net, operating, invested : float64[body, draw]
        Filled with the sum of all lines, of the yearly ones and, with its sign turned, of the
        investments [currency].
    benefits, costs : float64[body, draw]
        Filled with the sum of what is above nothing and, with its sign turned, below
        it [currency].
    """
    lines, bodies, draws = money.shape
    for out in (net, operating, invested, benefits, costs):
        out[:] = 0.0
    for b in range(bodies):
        for j in range(lines):
            kind, sign = (invested[b], -1.0) if one_off[j] else (operating[b], 1.0)
            for i in range(draws):
                worth = money[j, b, i] * factor[j, i]
                net[b, i] += worth
                kind[i] += sign * worth
                benefits[b, i] += max(worth, 0.0)
                costs[b, i] += max(-worth, 0.0)


@kernel
def yearly(money: Floats, factor: Floats, active: NDArray[np.bool_], out: Floats) -> None:
    """Fill the sum of the lines' flows of each year.

    Parameters
    ----------
    money : float64[line, body, draw]
        Amount of each line in a year with factor 1 [currency].
    factor : float64[line, year, draw]
    active : bool[line, year]
        False where a factor is nothing in every draw.
    out : float64[body, year, draw]
        Filled [currency].
    """
    lines, years, draws = factor.shape
    out[:] = 0.0
    for j in range(lines):
        for t in range(years):
            if active[j, t]:
                grown = factor[j, t]
                for b in range(len(out)):
                    flow, amount = out[b, t], money[j, b]
                    for i in range(draws):
                        flow[i] += amount[i] * grown[i]


@kernel
def paybacks(flow: Floats, discount: Floats, simple: Floats, discounted: Floats) -> None:
    """Fill the years until what was spent has come back for good.

    Parameters
    ----------
    flow : float64[year, draw]
        Net saving of each year [currency].
    discount : float64[year, draw]
    simple, discounted : float64[draw]
        Filled [years]; NaN where it has not come back at the horizon or nothing flows.

    Notes
    -----
    The least whole y with Σ_{t≤k} S_t ≥ 0 for every k ≥ y, S_t undiscounted or discounted. Where
    all that is spent is spent at t0 it is the simple and the discounted payback of NIST Handbook
    135 (1995), the least y with Σ_{1≤t≤y} S_t ≥ ΔI_0; later purchases, such as renewals, must have
    come back too.
    """
    years, draws = flow.shape
    largest, plain, present = np.zeros(draws), np.zeros(draws), np.zeros(draws)
    for t in range(years):
        for i in range(draws):
            largest[i] = max(largest[i], abs(flow[t, i]))
    simple[:] = 0.0
    discounted[:] = 0.0
    for t in range(years):
        for i in range(draws):
            nothing = _NEARLY_NOTHING * largest[i]
            plain[i] += flow[t, i]
            present[i] += flow[t, i] * discount[t, i]
            simple[i] = t + 1.0 if plain[i] < -nothing else simple[i]
            discounted[i] = t + 1.0 if present[i] < -nothing else discounted[i]
    for i in range(draws):
        if largest[i] == 0.0 or simple[i] == years:
            simple[i] = math.nan
        if largest[i] == 0.0 or discounted[i] == years:
            discounted[i] = math.nan


@kernel
def _one_change(flow: Floats, out: Floats) -> None:
    """Fill the sign of the first flow if the sign changes exactly once, else 0, float64[draw]."""
    years, draws = flow.shape
    largest, now, changes = np.zeros(draws), np.zeros(draws), np.zeros(draws)
    for t in range(years):
        for i in range(draws):
            largest[i] = max(largest[i], abs(flow[t, i]))
    out[:] = 0.0
    for t in range(years):
        for i in range(draws):
            sign = 1.0 if flow[t, i] > 0.0 else -1.0
            sign = sign if abs(flow[t, i]) > _NEARLY_NOTHING * largest[i] else now[i]
            changes[i] += 1.0 if now[i] * sign < 0.0 else 0.0
            out[i] = sign if out[i] == 0.0 else out[i]
            now[i] = sign
    for i in range(draws):
        out[i] = out[i] if changes[i] == 1.0 else 0.0


@kernel
def _worth(flow: Floats, weight: Floats) -> float:
    """Return Σ_t flow_t · weight_t."""
    worth = 0.0
    for t in range(len(flow)):
        worth += flow[t] * weight[t]
    return worth


@kernel
def _balance(flow: Floats, mid: bool, s: float) -> tuple[float, float]:
    """Return ln of what comes in over what goes out at s = -ln(1 + x), and its derivative in s.

    Horner's scheme from the last year; ``d`` are the sums with m as a factor.
    """
    v = math.exp(s)
    income, spent, d_income, d_spent = 0.0, 0.0, 0.0, 0.0
    for t in range(len(flow) - 1, 0, -1):
        d_income = d_income * v + t * max(flow[t], 0.0)
        d_spent = d_spent * v + t * max(-flow[t], 0.0)
        income = income * v + max(flow[t], 0.0)
        spent = spent * v + max(-flow[t], 0.0)
    income, spent, d_income, d_spent = income * v, spent * v, d_income * v, d_spent * v
    if mid:
        half = math.exp(-0.5 * s)
        d_income, d_spent = half * (d_income - 0.5 * income), half * (d_spent - 0.5 * spent)
        income, spent = half * income, half * spent
    income += max(flow[0], 0.0)
    spent += max(-flow[0], 0.0)
    return math.log(income / spent), d_income / income - d_spent / spent


@kernel
def rates_of_return(flow: Floats, mid: bool, out: Floats) -> None:
    """Fill the internal rate of return, NaN where flows change their sign not exactly once.

    Parameters
    ----------
    flow : float64[year, draw]
        Net saving of each year [currency].
    mid : bool
        Whether flows fall in the middle of a year.
    out : float64[draw]
        Filled [1/year].

    Notes
    -----
    The rate x with Σ_t S_t / (1 + x)^m = 0. With one change of sign it is the only one (Descartes);
    with more there may be several and none is "the" rate. With s = -ln(1 + x), what comes in and
    what goes out, ln Σ_in S_t e^(s m) - ln Σ_out |S_t| e^(s m), is monotone in s and close to a
    straight line: Newton's method within a bracket.
    """
    own = np.empty(len(flow))  # a column of flow lies apart in memory, and is read many times
    steepest, flattest = np.empty(len(flow)), np.empty(len(flow))
    for t in range(len(flow)):
        moment = t - 0.5 if mid and t > 0 else float(t)
        steepest[t], flattest[t] = math.exp(STEEPEST * moment), math.exp(FLATTEST * moment)
    _one_change(flow, out)
    for i in range(flow.shape[1]):
        first = out[i]
        out[i] = math.nan
        if first == 0.0:
            continue
        for t in range(len(flow)):
            own[t] = flow[t, i]
        if first * _worth(own, steepest) < 0.0 or first * _worth(own, flattest) > 0.0:
            continue
        s, low, high = 0.0, STEEPEST, FLATTEST
        for _ in range(_STEPS):
            value, slope = _balance(own, mid, s)
            if first * value > 0.0:
                low = s
            else:
                high = s
            step = s - value / slope
            if not low < step < high:
                step = 0.5 * (low + high)
            done = abs(step - s) < _CLOSE
            s = step
            if done:
                break
        out[i] = math.expm1(-s)
