"""Sensitivity the slow way: every index as a loop over rows, from its definition alone."""

from __future__ import annotations

import itertools
import math
from statistics import fmean


def sobol(a, b, ab, ba):
    """Return first, total and second-order indices of one output.

    ``a`` and ``b`` are lists of numbers, ``ab`` and ``ba`` a list for each source.
    """
    rows, sources = range(len(a)), range(len(ab))
    both = [*a, *b]
    middle = fmean(both)
    variance = fmean((value - middle) ** 2 for value in both)
    a, b = ([value - middle for value in values] for values in (a, b))
    ab, ba = ([[value - middle for value in values] for values in many] for many in (ab, ba))
    first = [
        fmean(0.5 * (b[r] * (ab[i][r] - a[r]) + a[r] * (ba[i][r] - b[r])) for r in rows) / variance
        for i in sources
    ]
    total = [
        fmean(0.25 * ((a[r] - ab[i][r]) ** 2 + (b[r] - ba[i][r]) ** 2) for r in rows) / variance
        for i in sources
    ]
    second = [
        fmean(0.5 * (ba[i][r] * ab[j][r] + ba[j][r] * ab[i][r]) - a[r] * b[r] for r in rows)
        / variance
        - first[i]
        - first[j]
        for i, j in itertools.combinations(sources, 2)
    ]
    return first, total, second


def shapley(worth, players):
    """Return Shapley values of a game: ``worth`` of a frozenset, averaged over all orders."""
    found = dict.fromkeys(players, 0.0)
    orders = list(itertools.permutations(players))
    for order in orders:
        before = frozenset()
        for player in order:
            after = before | {player}
            found[player] += (worth(after) - worth(before)) / len(orders)
            before = after
    return found


def gaussian_worth(weights, covariance):
    """Return E Var(Σ w X | the others) of a set of dependent Gaussian inputs, as a function.

    The conditional covariance of a set given the others is the inverse of its block of the
    precision matrix; by Gauss–Jordan, without a library.
    """
    precision = inverse(covariance)

    def worth(players):
        those = sorted(players)
        if not those:
            return 0.0
        block = inverse([[precision[i][j] for j in those] for i in those])
        return sum(
            weights[i] * weights[j] * block[m][n]
            for m, i in enumerate(those)
            for n, j in enumerate(those)
        )

    return worth


def inverse(matrix):
    size = len(matrix)
    rows = [
        [*map(float, row), *(float(i == j) for j in range(size))] for i, row in enumerate(matrix)
    ]
    for i in range(size):
        pivot = max(range(i, size), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(size):
            if k != i:
                factor = rows[k][i]
                rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[size:] for row in rows]


def ishigami_indices(a=7.0, b=0.1):
    """Return first, total and second order, and the variance; Saltelli et al. (2000)."""
    one = 0.5 * (1 + b * math.pi**4 / 5) ** 2
    two = a**2 / 8
    both = b**2 * math.pi**8 * (1 / 18 - 1 / 50)
    variance = one + two + both
    first = [one / variance, two / variance, 0.0]
    total = [(one + both) / variance, two / variance, both / variance]
    return first, total, [0.0, both / variance, 0.0], variance


def g_indices(a):
    """Return first and total order of Sobol's G function, and the variance of it."""
    parts = [1 / (3 * (1 + x) ** 2) for x in a]
    product = math.prod(1 + part for part in parts)
    variance = product - 1
    first = [part / variance for part in parts]
    return first, [part * product / (1 + part) / variance for part in parts], variance
