"""Sobol indices of every output at once, with bootstrap errors by products of matrices.

A row of the design is a point x, an independent point y, and the points between them: x with one
source as in y, and y with one source as in x. Sums over rows are all that is kept, one for each
resample, so rows come in blocks and are forgotten. Resampling gives every row a random weight, and
all sums of all resamples are one product of a matrix of weights with a matrix of products.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import streams
from sim.executors import blocks
from sim.kernels.resamples import WORD, add_products, poisson_counts

if TYPE_CHECKING:
    from sim.problem import Floats

_ROUNDING = 1e-9
_OUTPUTS = 8  # whose indices are made at once


@dataclass(frozen=True)
class Indices:
    """Estimates and their bootstrap standard errors; NaN where an output does not vary.

    Attributes
    ----------
    mean, variance : float64[output]
    first, total : float64[source, output]
        Share of the variance that a source makes alone, and share that it takes part in.
    second : float64[pair, output] or None
        Share that two sources make together beyond what each makes alone; pairs as in ``pairs``.
    first_error, total_error, second_error : like the above
    """

    mean: Floats
    variance: Floats
    first: Floats
    first_error: Floats
    total: Floats
    total_error: Floats
    second: Floats | None
    second_error: Floats | None


def pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the second source of each pair, int64[pair]."""
    return np.triu_indices(count, 1)


def row_weights(seed: int, first: int, rows: int, resamples: int) -> Floats:
    """Return how often each row counts, in the estimate and in its resamples.

    Parameters
    ----------
    seed, first, rows, resamples : int

    Returns
    -------
    float64[row, 1 + resample]
        Ones for the estimate, then counts of the Poisson bootstrap, the same for a row in whatever
        block it comes.
    """
    found = np.ones((rows, 1 + resamples))
    key = streams.stream_key("resamples")
    poisson_counts(np.uint64(seed), key, first, _poisson_quantiles(), found[:, 1:])
    return found


@functools.cache
def _poisson_quantiles() -> Floats:
    """Return the quantiles of a Poisson count of mean 1 at even steps."""
    chances = np.array([math.exp(-1) / math.factorial(k) for k in range(12)])
    steps = (np.arange(2**WORD) + 0.5) / 2**WORD
    counts: Floats = np.searchsorted(np.cumsum(chances), steps).astype(np.float64)
    return counts


class SobolSums:
    """Sums over rows, from which indices are made: add blocks of rows in order.

    Notes
    -----
    With f at x (A), at y (B), at x with source i of y (AB) and at y with source i of x (BA),
    and V the variance:

    - first order: V S_i = E[f_B (f_AB,i - f_A)], Saltelli et al. (2010);
    - total order: V T_i = ½ E[(f_A - f_AB,i)²], Jansen (1999);
    - second order: V (S_ij + S_i + S_j) = E[f_BA,i f_AB,j] - E[f_A f_B], Saltelli (2002).

    Where BA is there, each is the mean of both directions. Saltelli, Annoni, Azzini, Campolongo,
    Ratto and Tarantola (2010), "Variance based sensitivity analysis of model output", Computer
    Physics Communications 181, 259-270.
    """

    def __init__(self, seed: int, resamples: int) -> None:
        self._seed, self._resamples, self._rows, self._sources = seed, resamples, 0, 0
        self._origin = np.empty((0, 1))
        self._sums = np.empty((0, 0, 0))
        self._weight = np.zeros(1 + resamples)

    def add(self, a: Floats, b: Floats, ab: Floats, ba: Floats | None = None) -> None:
        """Add a block of rows.

        Parameters
        ----------
        a, b : float64[output, row]
        ab : float64[source, output, row]
        ba : float64[source, output, row], optional
            Given for every block or for none; the second order needs it.
        """
        self._sources, outputs, rows = ab.shape
        kinds = _kinds(self._sources, ba is not None)
        if self._rows == 0:  # squares of numbers near their mean keep their digits
            self._origin = (a.mean(axis=1) + b.mean(axis=1))[:, None] / 2
            self._sums = np.zeros((outputs, kinds, 1 + self._resamples))
        weights = row_weights(self._seed, self._rows, rows, self._resamples)
        self._rows += rows
        self._weight += weights.sum(axis=0)
        for k, centre in enumerate(self._origin):
            back = None if ba is None else ba[:, k] - centre
            self._add_output(k, weights, a[k] - centre, b[k] - centre, ab[:, k] - centre, back)

    def _add_output(
        self, k: int, weights: Floats, a: Floats, b: Floats, ab: Floats, ba: Floats | None
    ) -> None:
        """Add an output's products of the sources that change it; the others' follow from these.

        Where source i changes nothing, BA_i is B and AB_i is A: the product of i and j in the
        second order is that of j in the first.
        """
        changes = (ab != a).any(axis=1)
        if ba is not None:
            changes |= (ba != b).any(axis=1)
        acts = np.flatnonzero(changes)
        found = _products(a, b, ab[acts], None if ba is None else ba[acts])
        sums = np.zeros((len(found), weights.shape[1]))
        add_products(found, weights, sums)
        total = self._sums[k]
        total[:2] += sums[:2]
        ends = 2 + self._sources * np.arange(4)
        for part in range(3):
            total[ends[part] + acts] += sums[2 + part * len(acts) : 2 + (part + 1) * len(acts)]
        if ba is None:
            return
        i, j = pairs(self._sources)
        both, one = changes[i] & changes[j], changes[i] & ~changes[j]
        other = changes[j] & ~changes[i]
        first = np.zeros((self._sources, weights.shape[1]))
        first[acts] = sums[2 : 2 + len(acts)]
        total[ends[3] + np.flatnonzero(both)] += sums[2 + 3 * len(acts) :]
        total[ends[3] + np.flatnonzero(one)] += first[i[one]]
        total[ends[3] + np.flatnonzero(other)] += first[j[other]]

    def indices(self) -> Indices:
        """Return the indices of the rows so far."""
        parts = [self._of_few(*few) for few in blocks(len(self._origin), _OUTPUTS)]
        joined: dict[str, Any] = {}
        for field in fields(Indices):
            values = [getattr(part, field.name) for part in parts]
            joined[field.name] = None if values[0] is None else np.concatenate(values, axis=-1)
        return Indices(**joined)

    def _of_few(self, first: int, count: int) -> Indices:
        """Return the indices of a few outputs, whose sums stay in the processor's cache."""
        origin = self._origin[first : first + count, 0]
        means = (self._sums[first : first + count] / self._weight).transpose(2, 1, 0)
        variance = means[:, 1] / 2 - (means[:, 0] / 2) ** 2
        steady = variance[0] <= (_ROUNDING * origin) ** 2
        variance[:, steady] = np.nan
        variance[variance <= 0] = np.nan  # resamples of a few rows that are alike
        shares = means[:, 2:] / variance[:, None]
        ends = self._sources * np.arange(1, 4)
        first_order, change, total, second = np.split(shares, ends, axis=1)
        i, j = pairs(self._sources)
        together = second - first_order[:, i] - first_order[:, j] if second.shape[1] else None
        first_order = first_order - means[:, :1] / 2 * change  # as if outputs had been centred
        mean = origin + means[0, 0] / 2
        found = (_estimate(shares) for shares in (first_order, total, together))
        return Indices(mean, variance[0], *itertools.chain(*found))


def _kinds(sources: int, second: bool) -> int:
    """Return how many products there are of a row and output."""
    return 2 + 3 * sources + (sources * (sources - 1) // 2 if second else 0)


def _products(a: Floats, b: Floats, ab: Floats, ba: Floats | None) -> Floats:
    """Return what is averaged over rows of an output, float64[kind, row]: see ``SobolSums``."""
    sources = len(ab)
    out = np.empty((_kinds(sources, ba is not None), a.size))
    out[0], out[1] = a + b, a * a + b * b
    first, change, total, second = np.split(out[2:], sources * np.arange(1, 4))
    np.subtract(ab, a, out=change)
    np.multiply(b, change, out=first)
    np.square(change, out=total)
    if ba is not None:
        back = ba - b
        change += back
        first += a * back
        total += np.square(back)
        out[2 : 2 + 3 * sources] /= 2
        end = 0
        for i in range(sources - 1):
            start, end = end, end + sources - 1 - i
            both = np.multiply(ba[i], ab[i + 1 :], out=second[start:end])
            both += ba[i + 1 :] * ab[i]
        second /= 2
        second -= a * b
    total /= 2
    return out


def _estimate(by_resample: Floats | None) -> tuple[Any, Any]:
    """Return the estimate and the standard deviation of its resamples."""
    if by_resample is None:
        return None, None
    if len(by_resample) < 3:
        return by_resample[0], np.full(by_resample.shape[1:], np.nan)
    return by_resample[0], by_resample[1:].std(axis=0, ddof=1)
