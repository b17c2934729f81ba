"""An order to come back, slowly: one draw, one body, one year, one week at a time.

Written from the words of ``[reversal]``; in money of constant prices. ``ways`` is a list of
(weeks, share back, cost of a m², extra cost of a m² and year) by way out.
"""

from __future__ import annotations

import math

import naive_money

YEAR = 52


def part_back(ways, order_year, year):
    """Return the part of a year for which space is back, summed over ways out."""
    total = 0.0
    for weeks, share, _, _ in ways:
        for week in range(YEAR):
            begins = YEAR * (year - 1 - order_year) + week
            total += share * min(max(begins + 1 - weeks, 0.0), 1.0) / YEAR
    return total


def bought_in(line, since, delay, years):
    """Return the years in which a purchase and its renewals fall."""
    found = [max(line["year"], since) + delay]
    while line.get("life") and found[-1] + line["life"] < years:
        found.append(found[-1] + line["life"])
    return [year for year in found if year <= years]


def paid_in(line, year, since, delay, said):
    """Return how much of a quantity is paid for in a year, what is left at the horizon taken off.

    The stage begins ``delay`` years late; there is somebody to pay for from year ``since`` on.
    """
    years, shares = said["years"], said["vacated"]
    space = line["per"] in ("m2", "workstation")

    def share(at):
        return naive_money.vacated(shares, max(at - delay, 0))

    if line.get("year") == "vacated":
        paid, held = share(year) - share(max(year - 1, 0)), share(years)
    elif "year" in line:
        bought = bought_in(line, since, delay, years)
        paid, held = float(year in bought), float(bool(bought))
    elif space:
        return share(year)
    else:
        return float(year > delay and year - delay >= since)
    return paid - (held * line.get("residual_share", 0.0) if year == years else 0.0)


def saved(line, year, delay, before, after, said, order=None):
    """Return what the budget holder saves on a line in a year of a stage, in constant prices."""
    borne = line.get("borne_by") or ("policies" if line["per"] == "once" else "all")
    fixed = line["per"] == "once" or borne == "baseline"
    delay = 0 if fixed else delay
    _, less = naive_money.difference(line, before, after, said.get("handed_back"))
    paid = 0.0
    for since, share in naive_money.hirings(line, before, said):
        paid += share * paid_in(line, year, since, delay, said)
    if order and year > order["year"] and line["per"] in ("m2", "workstation"):
        if line.get("year") == "vacated":
            paid = 0.0
        else:
            then, now = (
                naive_money.vacated(said["vacated"], max(at - delay, 0))
                for at in (order["year"], year)
            )
            paid *= (then / now if now else 0.0) * (
                1 - part_back(order["ways"], order["year"], year)
            )
    sign = -1 if line.get("flow") == "income" else 1
    amount = sign * less * paid * naive_money.price(line, year, said)
    level = (1 + said["inflation"]) ** naive_money.moment(year, said["mid"])
    return naive_money.ledger(line, amount, said["vat_rate"])["budget"] / level


def person_weeks(unmet, ways, notice, weeks_left):
    """Return the weeks of people without a workstation until the horizon, by small steps.

    ``unmet`` are the people without one once 0, 1, ... of the ways are back.
    """
    step = 1 / 64
    total = 0.0
    for k in range(math.floor(weeks_left / step)):
        now = (k + 0.5) * step
        if now >= notice:
            total += step * unmet[sum(weeks <= now for weeks, *_ in ways)]
    return total
