"""The measures of NIST Handbook 135 by its tables' factors: two alternatives, each costed whole.

An alternative is a table: ``initial``, ``replacements`` {year: cost}, ``residual`` at the end,
``energy`` and ``upkeep`` a year, in dollars of the base date; energy rises by ``escalation``.
"""

from __future__ import annotations


def spv(rate, year):
    """Single present value factor."""
    return 1 / (1 + rate) ** year


def upv(rate, years):
    """Uniform present value factor."""
    return ((1 + rate) ** years - 1) / (rate * (1 + rate) ** years)


def modified_upv(rate, years, escalation):
    """Present value factor of a yearly cost that rises by ``escalation`` a year, UPV*."""
    if rate == escalation:
        return float(years)
    growth = (1 + escalation) / (1 + rate)
    return (1 + escalation) / (rate - escalation) * (1 - growth**years)


def investment(one, rate, years):
    spent = one["initial"] + sum(cost * spv(rate, t) for t, cost in one["replacements"].items())
    return spent - one["residual"] * spv(rate, years)


def operation(one, rate, years, escalation):
    return one["energy"] * modified_upv(rate, years, escalation) + one["upkeep"] * upv(rate, years)


def life_cycle_cost(one, rate, years, escalation):
    return investment(one, rate, years) + operation(one, rate, years, escalation)


def measures(base, better, rate, years, escalation):
    """Return net savings, SIR, AIRR, simple and discounted payback of the better alternative."""
    less = operation(base, rate, years, escalation) - operation(better, rate, years, escalation)
    more = investment(better, rate, years) - investment(base, rate, years)
    sir = less / more
    return {
        "net_savings": life_cycle_cost(base, rate, years, escalation)
        - life_cycle_cost(better, rate, years, escalation),
        "sir": sir,
        "airr": (1 + rate) * sir ** (1 / years) - 1,
        "simple": payback(base, better, 0.0, years, escalation),
        "discounted": payback(base, better, rate, years, escalation),
    }


def payback(base, better, rate, years, escalation):
    """Return the least year by which savings have repaid the initial difference for good."""
    balance = base["initial"] - better["initial"]
    settled = 0
    for year in range(1, years + 1):
        saved = (base["energy"] - better["energy"]) * (1 + escalation) ** year
        saved += base["upkeep"] - better["upkeep"]
        saved += base["replacements"].get(year, 0) - better["replacements"].get(year, 0)
        if year == years:
            saved += better["residual"] - base["residual"]
        balance += saved * spv(rate, year)
        if balance < 0:
            settled = year
    return settled + 1 if settled < years else None
