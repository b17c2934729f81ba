"""A slow, obvious reference implementation of what the engine computes.

Nothing here is imported from the engine and nothing here is fast. Each function restates one
definition of the model so plainly that a reader can trust it; the engine is tested against it.
A "day" is a pair ``(ns, ps)``: cohort sizes and the probability that one member of the cohort
is present, absence already multiplied in. The probability may be an array, a value for each shock
z; what follows from it then has a row for each.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, combinations_with_replacement

import numpy as np
from scipy import optimize, special, stats

MASK = 2**64 - 1
ROTATIONS = (16, 42, 12, 31, 16, 32, 24, 21)
DAYS = range(5)


# --- randomness -----------------------------------------------------------------------------


def threefry2x64(key, counter, rounds=20):
    """Return Threefry-2x64 of a key and a counter, with Python integers.

    The key schedule is (k0, k1, k0 ^ k1 ^ C240). It is added before the first round and again
    after every fourth one, rotated by one word each time, with the injection number on word 1.
    A round adds word 1 to word 0, rotates word 1 left and xors word 0 into it.
    """
    schedule = (key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDAA9FC1A22)
    x0, x1 = (counter[0] + schedule[0]) & MASK, (counter[1] + schedule[1]) & MASK
    for done in range(1, rounds + 1):
        turn = ROTATIONS[(done - 1) % 8]
        x0 = (x0 + x1) & MASK
        x1 = ((x1 << turn | x1 >> (64 - turn)) & MASK) ^ x0
        if done % 4 == 0:
            step = done // 4
            x0 = (x0 + schedule[step % 3]) & MASK
            x1 = (x1 + schedule[(step + 1) % 3] + step) & MASK
    return x0, x1


def binomial_quantile(u, n, p):
    """Return the smallest k with P(X <= k) >= u, X ~ Binomial(n, p), in exact integers.

    The floats u and p are read as the exact fractions they are. With p = a/b every term of the
    pmf times b**n is an integer, so the running sum and the comparison carry no rounding at all.
    """
    u, p = Fraction(u), Fraction(p)
    a, b = p.numerator, p.denominator
    total, k = (b - a) ** n, 0
    while total * u.denominator < u.numerator * b**n:
        k += 1
        total += math.comb(n, k) * a**k * (b - a) ** (n - k)
    return k


def rank_to_pearson(rho):
    """Return the Pearson correlation of the Gaussian copula whose Spearman correlation is rho."""
    return 2 * math.sin(math.pi * rho / 6)


# --- presence on a day ----------------------------------------------------------------------


def water_filling(days_per_week, weights):
    """Return p_d = min(1, c w_d k/5) with mean k/5, c k/5 found by bisection.

    The mean of p rises with c, from 0 to (days with a positive weight)/5; bisection needs no
    more. The factor k/5 only rescales c, so ck = c k/5 is what is searched. Five days a week is
    every day whatever the weights, and so is decided first. More days than there are days with a
    positive weight is an error.
    """
    if days_per_week == 5:
        return [1.0] * 5
    if not 0 <= days_per_week <= sum(w > 0 for w in weights):
        raise ValueError("more days on site than weekdays with a positive weight")
    if days_per_week == 0:
        return [0.0] * 5
    low, high = 0.0, 1 / min(w for w in weights if w > 0)
    for _ in range(200):
        ck = (low + high) / 2
        enough = sum(min(1.0, ck * w) for w in weights) >= days_per_week
        low, high = (low, ck) if enough else (ck, high)
    return [min(1.0, high * w) for w in weights]


def shocked(p, r, z):
    """Return Phi((Phi^-1(p) + sqrt(r) z) / sqrt(1 - r)), the presence given the day's shock z.

    This is P(sqrt(r) z + sqrt(1-r) e > -Phi^-1(p)) with e standard normal: a person comes when
    the sum of the shared and the own propensity passes a threshold. A sure thing stays sure and
    r = 0 leaves p alone.
    """
    if r == 0 or p in (0, 1):
        return float(p)
    return special.ndtr((special.ndtri(p) + math.sqrt(r) * z) / math.sqrt(1 - r))


def over_z(f):
    """Return the mean of f(z), z standard normal, from f at an array of z in its last axis.

    By Gauss-Legendre rules on 80 short panels, of twice the nodes until that changes the mean by
    less than 1e-10 of it.
    """
    before = math.nan
    for nodes in (10, 20, 40, 80, 160):
        x, length = np.polynomial.legendre.leggauss(nodes)
        z = (np.arange(-9.875, 10, 0.25)[:, None] + 0.125 * x).ravel()
        density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        mean = np.sum(f(z) * density * np.tile(0.125 * length, 80), axis=-1)
        if np.allclose(mean, before, rtol=1e-10, atol=1e-20):
            return mean
        before = mean
    raise ArithmeticError("the mean was not found")


def implied_correlation(p, r):
    """Return the correlation of two people's presence, (P(both) - p^2) / (p (1 - p)).

    Given z the two are independent, so P(both) is the mean of shocked(p, r, z)^2; this equals
    the bivariate normal probability Phi_2(Phi^-1 p, Phi^-1 p; r). Undefined (nan) for p 0 or 1.
    """
    if p in (0, 1):
        return math.nan
    return (over_z(lambda z: shocked(p, r, z) ** 2) - p * p) / (p * (1 - p))


convolve = np.vectorize(np.convolve, signature="(m),(n)->(k)")


def binomial_sum_pmf(ns, ps):
    """Return the pmf of a sum of independent binomials, by convolving their pmfs.

    scipy's pmf overflows for p near the smallest float, which a shock can produce; p below
    1e-100 is taken as 0.
    """
    pmf = np.ones(1)
    for n, p in zip(ns, [np.where(np.greater(p, 1e-100), p, 0.0) for p in ps], strict=True):
        pmf = convolve(pmf, stats.binom.pmf(np.arange(n + 1), n, p[..., None]))
    return pmf


def shortage(ns, ps, workstations):
    """Return (P(X > D), E[(X - D)+]) for a sum of independent binomials, no shock."""
    pmf = binomial_sum_pmf(ns, ps)
    excess = np.maximum(np.arange(pmf.shape[-1]) - workstations, 0)
    return pmf[..., excess > 0].sum(axis=-1), pmf @ excess


def shocked_shortage(ns, ps, r, workstations):
    """Return (P(X > D), E[(X - D)+]) with a day shock, by quadrature over z.

    Given z the people are independent and every cohort has the presence shocked(p, r, z), the
    same z for all; the answer is the mean over z of shortage().
    """
    if r == 0:
        return shortage(ns, ps, workstations)
    given = over_z(lambda z: np.stack(shortage(ns, [shocked(p, r, z) for p in ps], workstations)))
    return tuple(given)


# --- weeks, several bodies, sizes -----------------------------------------------------------


@lru_cache(maxsize=1)
def z_nodes():
    """Return (nodes, lengths): ten Gauss-Legendre nodes on each 0.1 of z from -9 to 9."""
    x, length = np.polynomial.legendre.leggauss(10)
    middles = np.arange(-8.95, 9, 0.1)
    return (middles[:, None] + 0.05 * x).ravel(), np.tile(0.05 * length, len(middles))


@lru_cache(maxsize=8)
def kernel(part):
    """Return K with (K @ f(nodes))[y] = mean of f(z) given the shared part y of z.

    z = sqrt(part) y + sqrt(1 - part) own, so given y it is normal with mean sqrt(part) y and
    variance 1 - part. With part = 1 there is nothing of one's own and z is y.
    """
    z, length = z_nodes()
    if part == 1:
        return np.eye(len(z))
    if not 0 <= part <= 0.999:
        raise ValueError("the nodes are too coarse for a shared part between 0.999 and 1")
    own = (z[None, :] - math.sqrt(part) * z[:, None]) / math.sqrt(1 - part)
    return np.exp(-(own**2) / 2) / math.sqrt(2 * math.pi * (1 - part)) * length


@lru_cache(maxsize=16)
def tails_given_z(ns, ps, r):
    """Return T[node, D] = P(X > D | z = node) for D = 0 .. sum(ns), one pmf per node.

    The tail falls from 1 to 0 in z over a width like sqrt((1 - r) / (r people)). Against finer
    nodes these are right to 1e-9 while people r / (1 - r) < 6000; beyond that it is refused.
    """
    if sum(ns) * r > 6000 * (1 - r):
        raise ValueError("the nodes are too coarse for so many people and so much clustering")
    z, _ = z_nodes()
    pmfs = binomial_sum_pmf(ns, [shocked(p, r, z) for p in ps])
    pmfs = np.broadcast_to(pmfs, (len(z), sum(ns) + 1))
    at_least = np.cumsum(pmfs[:, ::-1], axis=1)[:, ::-1]
    return np.hstack([at_least[:, 1:], np.zeros((len(z), 1))])


@lru_cache(maxsize=64)
def short_given_shared(ns, ps, r, part, workstations):
    """Return P(X > D | shared part y of z) at every node y; zero once D reaches everybody."""
    tails = tails_given_z(ns, ps, r)
    return kernel(part) @ tails[:, min(workstations, tails.shape[1] - 1)]


def any_shortage(bodies, r, common_part):
    """Return P(at least one of the bodies (ns, ps, D) is short on a day).

    The bodies' shocks share the common part of z. Given that part y they are independent: each
    is short with the mean of P(X > D | z) over its own part, none is short with the product of
    the complements, and the answer is the mean over y.
    """
    z, length = z_nodes()
    nobody = np.ones(len(z))
    for ns, ps, workstations in bodies:
        short = short_given_shared(tuple(ns), tuple(ps), r, common_part, workstations)
        nobody = nobody * (1 - short)
    return float((1 - nobody) @ (length * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)))


def week_shortage(day_ns_ps, r, week_part, workstations):
    """Return P(some day of the week is short), z_d = sqrt(week) z_w + sqrt(1 - week) z'_d.

    The days of one body share the week's part of z exactly as bodies share the common part of a
    day, so it is the same integral. A part common to all bodies is new each day and thus belongs
    to z'_d here. The same people on different days are independent given z (rule independent).
    """
    return any_shortage([(ns, ps, workstations) for ns, ps in day_ns_ps], r, week_part)


def short_share(level_kind, day_ns_ps, r, week_part, workstations):
    """Return the share that is short: of days, of weeks, or of person-days.

    per_day is the mean over the weekdays of P(X > D); per_week is P(some day is short);
    per_person is sum E[(X - D)+] / sum E[X] over the weekdays, one ratio of sums, where
    E[(X - D)+] = P(X > D) + P(X > D + 1) + ... and nobody present means nobody is short.
    """
    if level_kind == "per_week":
        return week_shortage(day_ns_ps, r, week_part, workstations)
    z, length = z_nodes()
    over = length * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    tails = [over @ tails_given_z(tuple(ns), tuple(ps), r) for ns, ps in day_ns_ps]
    if level_kind == "per_day":
        return float(np.mean([t[workstations] if workstations < len(t) else 0 for t in tails]))
    people = sum(n * p for ns, ps in day_ns_ps for n, p in zip(ns, ps, strict=True))
    return float(sum(t[workstations:].sum() for t in tails) / people) if people else 0.0


def needed(level_kind, level, day_ns_ps, r=0.0, week_part=0.0):
    """Return the least D that meets the level, trying 0, 1, 2, ... in turn.

    The level is met when the share that is short is at most 1 - level; a tie within 1e-12, which
    is rounding, counts as met. At D = everybody nothing is short, so the search ends.
    """
    workstations = 0
    while short_share(level_kind, day_ns_ps, r, week_part, workstations) > 1 - level + 1e-12:
        workstations += 1
    return workstations


def short_days(weeks, pools, groups, workstations):
    """Count shortages of one draw; ``weeks[w][d][b]`` are the people of a body on a day.

    Return days by pool and weekday, weeks by pool, people without a workstation by pool, and days
    and weeks by group of pools on which any of them is short.
    """
    over = [
        [[sum(day[b] for b in pool) - workstations[q] for q, pool in enumerate(pools)] for day in w]
        for w in weeks
    ]
    by_pool, by_group = range(len(pools)), range(len(groups))
    return (
        [[sum(week[d][q] > 0 for week in over) for d in range(len(weeks[0]))] for q in by_pool],
        [sum(any(day[q] > 0 for day in week) for week in over) for q in by_pool],
        [sum(max(day[q], 0) for week in over for day in week) for q in by_pool],
        [sum(any(day[q] > 0 for q in groups[g]) for w in over for day in w) for g in by_group],
        [sum(any(day[q] > 0 for day in w for q in groups[g]) for w in over) for g in by_group],
    )


def expected_week_peak(day_ns_ps):
    """Return E[max over the days of X_d], no shock, as the sum over m of 1 - prod P(X_d <= m)."""
    cdfs = [np.cumsum(binomial_sum_pmf(ns, ps)) for ns, ps in day_ns_ps]
    top = max(len(cdf) for cdf in cdfs)
    cdfs = [np.append(cdf, np.ones(top - len(cdf))) for cdf in cdfs]
    return float(sum(1 - math.prod(cdf[m] for cdf in cdfs) for m in range(top - 1)))


def person_by_person_week(rng, bodies, clustering=0.0, common_part=0.0, week_part=0.0):
    """Return counts[body][day] of one week in which every person decides on every day.

    A body is a list of cohorts (people, p[5], absence). Each person each day draws an own normal
    and comes when sqrt(r) z + sqrt(1-r) own passes -Phi^-1(p_d (1 - absence)); z has one part
    per day for all bodies, one per body and week, and one per body and day.
    """
    own_part = 1 - common_part - week_part
    of_day = rng.standard_normal(5)
    counts = np.zeros((len(bodies), 5), dtype=int)
    for body, cohorts in enumerate(bodies):
        of_week = rng.standard_normal()
        for day in DAYS:
            z = math.sqrt(common_part) * of_day[day] + math.sqrt(week_part) * of_week
            z += math.sqrt(own_part) * rng.standard_normal()
            for people, p, absence in cohorts:
                own = rng.standard_normal(people)
                propensity = math.sqrt(clustering) * z + math.sqrt(1 - clustering) * own
                counts[body, day] += np.sum(propensity > -special.ndtri(p[day] * (1 - absence)))
    return counts


# --- exactly k days a week ------------------------------------------------------------------


def patterns_given_weights(sizes, log_w):
    """Return {days: probability}: a size first, then a set of that size, P ~ prod of its w_d."""
    patterns = {}
    for size, share in sizes.items():
        sets = list(combinations(range(len(log_w)), size))
        weights = special.softmax([sum(log_w[d] for d in s) for s in sets])
        patterns.update({frozenset(s): share * x for s, x in zip(sets, weights, strict=True)})
    return patterns


def fixed_days_patterns(k, p):
    """Return {set of days: probability} of exactly floor(k) or ceil(k) days with mean k.

    Within its size a set has probability proportional to the product of its w_d, one w for both
    sizes, and w is such that day d is chosen with probability p_d. Days with p_d = 1 are in every
    set and days with p_d = 0 in none; w is solved for the others (it exists: the inclusion
    probabilities are the gradient of a strictly convex function of log w, up to one constant).
    """
    if abs(sum(p) - k) > 1e-9:
        raise ValueError("the inclusion probabilities must add up to k")
    sure = frozenset(d for d in DAYS if p[d] > 1 - 1e-12)
    free = [d for d in DAYS if 1e-12 < p[d] <= 1 - 1e-12]
    low = math.floor(k + 1e-12)
    sizes = {low - len(sure): 1 - max(k - low, 0.0)}
    if k - low > 1e-12:
        sizes[low + 1 - len(sure)] = k - low
    log_w = solve_weights(sizes, [p[d] for d in free])
    found = patterns_given_weights(sizes, log_w)
    return {sure | {free[i] for i in chosen}: share for chosen, share in found.items()}


def solve_weights(sizes, target):
    """Return log w for which every free day is chosen with its target probability t.

    The gaps are scaled by t (1 - t), so that rare days are right too. w is free up to a factor;
    the sum of log w is kept where the search starts, at the log odds of t.
    """
    if not target:
        return []
    t = np.array(target)
    odds = np.log(t) - np.log1p(-t)

    def gaps(log_w):
        patterns = patterns_given_weights(sizes, log_w)
        chosen = [sum(q for s, q in patterns.items() if d in s) for d in range(len(t))]
        return np.append((chosen - t) / (t * (1 - t)), sum(log_w) - sum(odds))

    exact = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 10000}
    log_w = optimize.least_squares(gaps, odds, method="lm", **exact).x
    if max(abs(gaps(log_w))) > 1e-9:
        raise ArithmeticError("the weights were not found")
    return list(log_w)


def thinned(patterns, absence):
    """Return {days attended: probability} when each chosen day is kept with 1 - absence."""
    kept = Counter()
    for chosen, share in patterns.items():
        for size in range(len(chosen) + 1):
            for days in combinations(sorted(chosen), size):
                lost = len(chosen) - size
                kept[frozenset(days)] += share * (1 - absence) ** size * absence**lost
    return {days: share for days, share in kept.items() if share > 0}


def fixed_days_week_shortage(n, k, p, absence, workstations):
    """Return P(some day has more than D of n people), exactly k days each, for tiny n.

    Every multiset of n attended patterns is enumerated with its multinomial probability.
    """
    kept = thinned(fixed_days_patterns(k, p), absence)
    total = 0.0
    for people in combinations_with_replacement(kept, n):
        if any(sum(d in days for days in people) > workstations for d in DAYS):
            ways = math.factorial(n)
            for times in Counter(people).values():
                ways //= math.factorial(times)
            total += ways * math.prod(kept[days] for days in people)
    return total


# --- workstations, area, money --------------------------------------------------------------


def ceil_guarded(x):
    """Return the ceiling of x - 1e-9: a product such as 0.07 * 100 = 7.000000000000001 is 7.

    The guard is an absolute 1e-9, far above the rounding of such products (about 1e-12 at
    10,000 people) and far below any share of a workstation that a planner would state.
    """
    return max(0, math.ceil(x - 1e-9))


def dedicated_count(shares, headcount, not_remote):
    """Return the dedicated workstations: each reason rounded up, the sum at most not_remote."""
    return min(sum(ceil_guarded(share * headcount) for share in shares), not_remote)


def per_person_workstations(s, people_sharing, dedicated):
    """Return ceil(s N) + dedicated, N the people who share."""
    return ceil_guarded(s * people_sharing) + dedicated


def order_statistic(values, assurance):
    """Return the smallest of the values such that a share >= assurance of them is <= it."""
    for candidate in sorted(values):
        if sum(v <= candidate for v in values) >= assurance * len(values) - 1e-9:
            return candidate
    raise ValueError("no values, or an assurance above 1")


def required_area(fixed, workstations, m2, offices, office_m2, people_meeting, seat_m2):
    """Return fixed area + workstations + private offices + meeting seats, each at its norm."""
    return fixed + workstations * m2 + offices * office_m2 + people_meeting * seat_m2


def released_area(today, required):
    """Return the theoretical release; below zero it is a shortage of space and stays negative."""
    return today - required


def vacated_running_cost(released, cost_per_m2):
    """Return the yearly running cost carried by the theoretical release (its sign is kept)."""
    return released * cost_per_m2


def investment(eligible, gates):
    """Return the cost of bringing eligible people across gates (today, target, cost each).

    At each gate (target - today) of the eligible are brought across, nobody where the target is
    absent or already met; people already past other gates are not subtracted.
    """
    brought = [
        (eligible * max(0.0, target - today), cost)
        for today, target, cost in gates
        if target is not None
    ]
    return sum(people * cost for people, cost in brought)


def payback_years(invested, saved_per_year):
    """Return invested / saved per year, or None where nothing is saved."""
    return invested / saved_per_year if saved_per_year > 0 else None
