"""A comparison written out: kept draws, lists, loops and sorted values."""

from __future__ import annotations

import math
from statistics import fmean, stdev

REPLICATES = 16


def known(values):
    return [value for value in values if not math.isnan(value)]


def replicate_error(values):
    """Return the standard error of a mean of interleaved, independent replicates."""
    means = [fmean(known(values[r::REPLICATES])) for r in range(REPLICATES)]
    return stdev(means) / math.sqrt(REPLICATES)


def quantile(values, q):
    """Return the least value that a share q does not exceed."""
    ordered = sorted(known(values))
    return ordered[max(math.ceil(q * len(ordered) - 1e-9), 1) - 1]


def share(values, test):
    return sum(map(test, known(values))) / len(known(values))


def good(values, better):
    return [value if better == "higher" else -value for value in values]


def regrets(by_option, better):
    """Return {option: [what it loses against the best, draw by draw]}."""
    turned = {option: good(values, better) for option, values in by_option.items()}
    draws = range(len(next(iter(turned.values()))))
    return {
        option: [max(other[i] for other in turned.values()) - own[i] for i in draws]
        for option, own in turned.items()
    }


def dominates(one, other):
    """Tell of two lists of goods whether one is nowhere less and somewhere more."""
    pairs = list(zip(one, other, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def worse_by(one, other, better):
    """Return the most by which the chance to do no better than some value is higher."""
    mine, its = good(one, better), good(other, better)
    return max(
        share(mine, lambda v, x=x: v <= x) - share(its, lambda v, x=x: v <= x) for x in mine + its
    )
