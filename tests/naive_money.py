"""Money through the years, slowly: one draw, one body, one line, one year at a time.

Written from the words of the scenario and of model part 8, in nominal money and nominal rates,
where the engine computes in constant prices. ``line`` is a table of the scenario with the values
drawn in place of its distributions.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise


def moment(year, mid):
    """Return when the flows of a year fall [years after t0]."""
    return year - 0.5 if mid and year > 0 else float(year)


def discount_factor(rates, year, mid):
    """Return what one unit in a year is worth at t0; ``rates[0]`` is that of year 1."""
    value = 1.0
    for t in range(1, year + 1):
        part = 0.5 if mid and t == year else 1.0
        value /= (1 + rates[t - 1]) ** part
    return value


def green_book_factor(year):
    """Return the factor of a year as a fraction, by counting the years at each rate."""
    first = min(year, 30)
    second = min(max(year - 30, 0), 45)
    third = max(year - 75, 0)
    rates = Fraction(207, 200), Fraction(103, 100), Fraction(41, 40)
    return 1 / (rates[0] ** first * rates[1] ** second * rates[2] ** third)


def npv(flows, rates, mid=False):
    return sum(flow * discount_factor(rates, t, mid) for t, flow in enumerate(flows))


def vacated(shares, year):
    """Return the share of the release vacated by a year."""
    if year == 0:
        return 0.0
    return shares[min(year, len(shares)) - 1]


def hirings(line, place, said):
    """Return when which share of the filled posts begins to cost: all at once, then vacant ones."""
    found = [(0, 1.0)]
    if line["per"] == "person":
        for year in range(1, said["years"] + 1):
            before = vacated(said["vacant_filled"], year - 1)
            new = vacated(said["vacant_filled"], year) - before
            found.append((year, new * place["vacant"] / place["staff"]))
    return found


def times_paid(line, year, years, shares, since=0):
    """Return how often the whole quantity is paid in a year, and how often what changes is.

    ``since`` is the year from which there is somebody to pay for.
    """
    due = line.get("year")
    if due == "vacated":
        now = vacated(shares, year) - (vacated(shares, year - 1) if year else 0.0)
        return now, now
    if year < since:
        return 0.0, 0.0
    if due is not None:
        bought = [max(due, since)]
        while line.get("life") and bought[-1] + line["life"] < years:
            bought.append(bought[-1] + line["life"])
        return float(year in bought), float(year in bought)
    if year == 0:
        return 0.0, 0.0
    space = line["per"] in ("m2", "workstation")
    return 1.0, vacated(shares, year) if space else 1.0


def what_is_left(line, years, shares):
    """Return the share of the quantity that has a residual value at the horizon."""
    bought = vacated(shares, years) if line.get("year") == "vacated" else 1.0
    return bought * line.get("residual_share", 0.0)


def quantity(line, place):
    """Return what a line is paid for; ``place`` has the numbers of one body."""
    of = line.get("of")
    if line["per"] == "m2":
        return max(place["released"], 0.0) if of == "vacated" else place["required"]
    if line["per"] == "workstation":
        given_up = place["workstations_today"] - place["workstations"]
        return max(given_up, 0) if of == "vacated" else place["workstations"]
    if line["per"] == "once":
        return place["staff"] / place["all_staff"]
    away = place["remote"] + place["combined"]
    people = {"all": place["staff"], "onsite": place["staff"] - away, "away": away}
    people |= {key: place[key] for key in ("remote", "combined", "present")}
    return people[of or "all"]


def difference(line, before, after, handed_back):
    """Return doing nothing's quantity, and by how much less of it a policy pays for."""
    borne = line.get("borne_by") or ("policies" if line["per"] == "once" else "all")
    today, then = quantity(line, before), quantity(line, after)
    if "policies" in line and after["policy"] not in line["policies"]:
        return 0.0 if borne == "policies" else today, 0.0
    if borne == "policies":
        return 0.0, -then
    less = today if borne == "baseline" else today - then
    if less > 0:
        share = line.get("avoidable_share", 1.0)
        less *= share[handed_back] if isinstance(share, dict) else share
    return today, less


def price(line, year, said):
    """Return the nominal price of one unit in a year, without VAT."""
    gap = said["base_year"] - line.get("base_year", said["base_year"])
    grown = (1 + line.get("escalation", 0.0)) * (1 + said["inflation"])
    people = 1 + (said["staff_growth"] if line["per"] == "person" else 0.0)
    amount = line["amount"] * line.get("index", 1.0) * said["exchange"].get(line.get("currency"), 1)
    when = moment(year, said["mid"])
    return amount * grown ** (when + gap) * people**when


def ledger(line, amount, vat_rate):
    """Return what five ledgers see of an amount without VAT."""
    vat = amount * line.get("vat_share", 0.0) * vat_rate
    kind, whose = line.get("kind", "cash_releasing"), line.get("accrues_to", "budget_holder")
    seen = dict.fromkeys(("budget", "transfers", "vat", "opportunity", "whole"), 0.0)
    if whose == "budget_holder" and kind != "non_cash":
        seen["budget"], seen["vat"] = amount + vat, vat
        if kind == "transfer":
            seen["transfers"] = amount
    elif kind != "transfer":
        seen["opportunity"] = amount
    if kind != "transfer":
        seen["whole"] = amount
    return seen


def flows(line, before, after, said):
    """Return the nominal cost of doing nothing and what is saved by ledger, a list of years."""
    years, shares = said["years"], said["vacated"]
    sign = -1 if line.get("flow") == "income" else 1
    today, less = difference(line, before, after, said.get("handed_back"))
    cost, saved = [], []
    for year in range(years + 1):
        whole = change = 0.0
        for since, share in hirings(line, before, said):
            paid, moved = times_paid(line, year, years, shares, since)
            left = what_is_left(line, years, shares) if year == years else 0.0
            whole, change = whole + share * (paid - left), change + share * (moved - left)
        unit = sign * price(line, year, said)
        cost.append(ledger(line, today * whole * unit, said["vat_rate"])["budget"])
        saved.append(ledger(line, less * change * unit, said["vat_rate"]))
    return cost, saved


def sums_of_lines(present, one_off):
    """Return net, operating and invested, benefits and costs of lines' present values."""
    return (
        sum(present),
        sum(x for x, once in zip(present, one_off, strict=True) if not once),
        -sum(x for x, once in zip(present, one_off, strict=True) if once),
        sum(x for x in present if x > 0),
        -sum(x for x in present if x < 0),
    )


def total(present, counted):
    """Return the sum of the lines' present values that are counted."""
    return sum(x for x, one in zip(present, counted, strict=True) if one)


def sign_changes(values):
    signs = [value > 0 for value in values if value != 0]
    return sum(a != b for a, b in pairwise(signs))


def irr(values, mid=False):
    """Return the rate of return by bisection, None unless the sign changes once."""
    if sign_changes(values) != 1:
        return None
    first = next(value for value in values if value != 0)

    def worth(rate):
        return sum(v / (1 + rate) ** moment(t, mid) for t, v in enumerate(values))

    low, high = -0.99, 1e5
    if worth(low) * worth(high) > 0:
        return None
    for _ in range(300):
        middle = (low + high) / 2
        if (worth(middle) > 0) == (first < 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def payback(values):
    """Return the first year from which the sum never falls below nothing again, else None."""
    sums = [math.fsum(values[: t + 1]) for t in range(len(values))]
    noise = 1e-9 * max(map(abs, values))
    if not any(values):
        return None
    for year in range(len(values)):
        if all(total >= -noise for total in sums[year:]):
            return year
    return None


def airr(savings, investments, rates, reinvestment, mid=False):
    """Return the adjusted rate: savings put to use until the horizon over what is invested."""
    years = len(savings) - 1
    spent = npv(investments, rates, mid)
    later = 0.0
    for t, saving in enumerate(savings):
        if reinvestment is None:
            last = discount_factor(rates, years, mid=False)
            later += saving * discount_factor(rates, t, mid) / last
        else:
            later += saving * (1 + reinvestment) ** (years - moment(t, mid))
    if spent <= 0 or later <= 0:
        return None
    return (later / spent) ** (1 / years) - 1
