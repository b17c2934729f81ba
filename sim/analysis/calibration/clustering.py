"""How much people come on the same days: clustering r with its common and weekly parts, by moments.

Two different people of a site are present together on a day with chance Φ₂(t, t'; r), on two days
of one week with Φ₂(t, t'; r · week), and people of two sites on one day with Φ₂(t, t'; r · common)
(model part 4). The covariance of every pair of different people is the variance of the counts
less the people's own, whatever the people's own habits: leave, fixed days or rates of their own
do not enter. Φ₂ less the product of its margins is the tetrachoric series
φ(t) φ(t') Σ_k ρ^k He_{k-1}(t) He_{k-1}(t') / k! (Pearson 1900), so a sum over pairs is a polynomial
in ρ whose coefficients are sums over people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from sim.kernels.presence import WEEKDAYS
from sim.problem import Floats

_TERMS = 30
_RHO = np.linspace(-0.5, 0.97, 1471)
"""Correlations among which an estimate is looked up."""


@dataclass(frozen=True, eq=False)
class Site:
    """People of one site, by mode of work, through complete and usual weeks.

    Attributes
    ----------
    people : int64[cohort]
    count : float64[cohort, week, weekday]
        People present.
    own : Own or None
        What single people add; None where only counts are known, then people are taken as alike.
    name : str
    """

    people: np.ndarray
    count: Floats
    own: Own | None
    name: str = ""

    @property
    def presence(self) -> Floats:
        """Share of people present, float64[cohort, weekday], kept off 0 and 1."""
        least = 0.5 / (self.people * self.count.shape[1] + 1.0)
        share = self.count.mean(axis=1) / np.maximum(self.people, 1)[:, None]
        kept: Floats = np.clip(share, least[:, None], 1 - least[:, None])
        return kept


class Own(NamedTuple):
    """Sums over people of products of their own residuals, float64[weekday, weekday] each."""

    day: Floats
    """Σ over people and weeks of the residuals of two weekdays of one week."""
    trend: Floats
    """Σ over people of the products of their slopes, times Σ t²."""


def weeks_from_middle(when: np.ndarray) -> Floats:
    """Return t, the weeks from their mean, float64[week]."""
    centred: Floats = when - when.mean()
    return centred


def own_sums(present: np.ndarray, t: Floats) -> Own:
    """Add up single people's residuals.

    Parameters
    ----------
    present : bool[person, week, weekday]
    t : float64[week]
        Weeks from their mean.

    Returns
    -------
    Own
    """
    weeks = present.shape[1]
    day = np.zeros((WEEKDAYS, WEEKDAYS))
    trend = np.zeros((WEEKDAYS, WEEKDAYS))
    for first in range(0, len(present), 4096):
        some = present[first : first + 4096].astype(np.float32)
        mean = some.mean(axis=1, dtype=np.float64)
        flat = some.reshape(-1, WEEKDAYS)
        day += (flat.T @ flat).astype(np.float64) - weeks * mean.T @ mean
        slope = np.einsum("iwd,w->id", some, t.astype(np.float32)).astype(np.float64)
        trend += slope.T @ slope / (t @ t)
    return Own(day, trend)


class Moments(NamedTuple):
    """Estimates; arrays over replicates where the counts were replicated."""

    clustering: Floats
    week: Floats
    """r · week, the correlation of two people on two days of one week."""
    common: Floats
    """r · common, the correlation of two people of two sites on one day; nan for one site."""


class _Weighed(NamedTuple):
    """A site with the weight of its weekdays, 1 / Σ φ(t), and its polynomials."""

    scale: Floats  # [weekday]
    level: Floats  # [term, weekday], Σ over people of He(t) φ(t), times the scale
    same: Floats  # [rho], sum over weekdays of the mean pair's covariance
    week: Floats  # [rho], sum over pairs of weekdays
    own_same: float
    own_week: float
    noise: float


def _hermite_density(t: Floats) -> Floats:
    """Return He_{k-1}(t) φ(t) / √k! for k = 1, 2, …, float64[term, …]."""
    value = np.empty((_TERMS, *t.shape))
    value[0] = np.exp(-0.5 * t * t) / math.sqrt(2 * math.pi)
    value[1] = t * value[0] / math.sqrt(2)
    for k in range(2, _TERMS):  # He_k = t He_{k-1} - (k - 1) He_{k-2}, over √(k + 1)!
        before = (k - 1) / math.sqrt(k * (k + 1))
        value[k] = t / math.sqrt(k + 1) * value[k - 1] - before * value[k - 2]
    return value


_POWERS = _RHO ** np.arange(1, _TERMS + 1)[:, None]


def _weighed(site: Site) -> _Weighed:
    weeks = site.count.shape[1]
    terms = _hermite_density(special.ndtri(site.presence))  # [term, cohort, weekday]
    level = np.einsum("c,kcd->kd", site.people, terms)
    scale = 1.0 / level[0]
    level = level * scale
    alone = np.einsum("c,kcd,kce->kde", site.people, terms, terms) * scale[:, None] * scale
    pairs = level[:, :, None] * level[:, None, :] - alone
    within = np.trace(pairs, axis1=1, axis2=2)
    between = pairs.sum(axis=(1, 2)) - within
    if site.own is None:
        p = site.presence
        binomial = (site.people[:, None] * p * (1 - p)).sum(axis=0) * scale**2
        own_same = (weeks - 1 - 1 / WEEKDAYS) * binomial.sum()
        own_week = (weeks - 2) * binomial.sum()
    else:
        both = scale[:, None] * scale
        day, trend = site.own.day * both, site.own.trend * both
        own_same = np.trace(day) - trend.sum() / WEEKDAYS
        own_week = day.sum() - trend.sum()
    noise = own_same / (weeks - 1 - 1 / WEEKDAYS) / WEEKDAYS
    return _Weighed(scale, level, within @ _POWERS, between @ _POWERS, own_same, own_week, noise)


def _residuals(count: Floats, scale: Floats, t: Floats) -> Floats:
    """Return counts by weight less their weekday's mean and their trend, [..., week, weekday]."""
    scaled = count * scale
    scaled = scaled - scaled.mean(axis=-2, keepdims=True)
    slope = np.einsum("...wd,w->...", scaled, t) / (WEEKDAYS * (t @ t))
    residual: Floats = scaled - slope[..., None, None] * t[:, None]
    return residual


def _looked_up(value: Floats, curve: Floats) -> Floats:
    found: Floats = np.interp(value, curve, _RHO)
    return found


class Fit:
    """The estimator for some sites: made once, applied to the log and to replicates of it."""

    def __init__(self, sites: Sequence[Site], when: np.ndarray) -> None:
        self.sites = sites
        self.t = weeks_from_middle(when)
        self._weighed = [_weighed(site) for site in sites]
        noise = np.array([one.noise for one in self._weighed])
        self.weight = np.ones(len(sites))
        pilot = max(float(self.moments(self._counts()).clustering), 0.01)
        self.weight = (pilot / (pilot + noise)) ** 2
        self.noise = float(self.weight @ noise / self.weight.sum())

    def _counts(self) -> list[Floats]:
        return [site.count.sum(axis=0) for site in self.sites]

    def estimate(self) -> Moments:
        """Return the estimates of the log."""
        return self.moments(self._counts())

    def moments(self, counts: Sequence[Floats]) -> Moments:
        """Return the estimates of counts, float64[..., week, weekday] of each site."""
        weeks = self.t.size
        same, week = 0.0, 0.0
        residuals = []
        for count, one, weight in zip(counts, self._weighed, self.weight, strict=True):
            residual = _residuals(count, one.scale, self.t)
            residuals.append(residual)
            total = (residual**2).sum(axis=(-1, -2)) - one.own_same
            sums = (residual.sum(axis=-1) ** 2).sum(axis=-1) - one.own_week
            sums = sums / (weeks - 2)
            day = (total + sums / WEEKDAYS) / (weeks - 1)
            same = same + weight * day
            week = week + weight * (sums - day)
        r = _looked_up(np.asarray(same), self._curve("same"))
        rw = _looked_up(np.asarray(week), self._curve("week"))
        return Moments(r, rw, self._common(residuals))

    def _curve(self, name: str) -> Floats:
        curves = [getattr(one, name) for one in self._weighed]
        total: Floats = np.einsum("s,sr->r", self.weight, np.array(curves))
        return total

    def _common(self, residuals: Sequence[Floats]) -> Floats:
        """Return r · common from the days that sites have in common."""
        if len(residuals) == 1:
            return np.full(residuals[0].shape[:-2], np.nan)
        value, curve = 0.0, np.zeros(_RHO.size)
        for b in range(len(residuals)):
            for a in range(b):
                weight = math.sqrt(self.weight[a] * self.weight[b])
                value = value + weight * (residuals[a] * residuals[b]).sum(axis=(-1, -2))
                level = (self._weighed[a].level * self._weighed[b].level).sum(axis=1)
                curve += weight * (level @ _POWERS)
        return _looked_up(np.asarray(value) / (self.t.size - 1 - 1 / WEEKDAYS), curve)

    def replicate(
        self, r: float, week: float, common: float, times: int, random: np.random.Generator
    ) -> list[Floats]:
        """Draw counts anew from the model, float64[replicate, week, weekday] of each site.

        ``week`` and ``common`` are the parts of the shock. Where people of a mode differ, counts
        vary less than the binomial, by the ratio of their own variances to it.
        """
        weeks = self.t.size
        shape = (times, weeks, WEEKDAYS)
        together = math.sqrt(common) * random.standard_normal(shape)
        found = []
        for site, one in zip(self.sites, self._weighed, strict=True):
            z = together + math.sqrt(week) * random.standard_normal((times, weeks, 1))
            z += math.sqrt(max(1 - common - week, 0.0)) * random.standard_normal(shape)
            p = site.presence
            binomial = (site.people[:, None] * p * (1 - p)).sum(axis=0) @ one.scale**2
            calm = one.noise * WEEKDAYS / binomial
            mean, variance = np.zeros(shape), np.zeros(shape)
            for people, probit in zip(site.people, special.ndtri(p), strict=True):
                chance = special.ndtr((probit + math.sqrt(r) * z) / math.sqrt(1 - r))
                mean += people * chance
                variance += people * chance * (1 - chance)
            # a person's own days of a week depend on each other: leave, fixed days
            own = random.standard_normal(shape) @ np.linalg.cholesky(_own_correlation(site)).T
            found.append(mean + np.sqrt(calm * variance) * own)
        return found


def _own_correlation(site: Site) -> Floats:
    """Return how single people's weekdays of one week depend on each other."""
    if site.own is None:
        return np.eye(WEEKDAYS)
    spread = np.sqrt(np.maximum(np.diag(site.own.day), 1e-9))
    correlation: Floats = site.own.day / spread[:, None] / spread
    return 0.999 * correlation + 0.001 * np.eye(WEEKDAYS)


class Interval(NamedTuple):
    """An estimate and the ends of its interval."""

    value: float
    low: float
    high: float


class Clustering(NamedTuple):
    """Clustering and its parts; the intervals are of the level asked for."""

    clustering: Interval
    common: Interval
    week: Interval
    independence: Independence
    replicates: Moments


class Independence(NamedTuple):
    """A test that people come independently of each other.

    ``ratio`` is the variance of the counts over that of independent people with the same habits.
    """

    ratio: float
    freedom: float
    p_value: float


def stabilised(share: Floats, size: int) -> Floats:
    """Return ½ log((1 + (k - 1) a) / (1 - a)) of an intraclass correlation (Fisher 1925)."""
    a = np.clip(share, -0.9 / max(size - 1, 1), 0.995)
    value: Floats = 0.5 * np.log((1 + (size - 1) * a) / (1 - a))
    return value


def _unstabilised(value: Floats, size: int) -> Floats:
    grown = np.exp(2 * value)
    share: Floats = (grown - 1) / (grown + size - 1)
    return share


def fit_clustering(
    sites: Sequence[Site],
    when: np.ndarray,
    random: np.random.Generator,
    level: float = 0.90,
    times: int = 400,
) -> Clustering:
    """Estimate clustering and its parts.

    Parameters
    ----------
    sites : sequence of Site
    when : int64[week]
        Number of each week; gaps are weeks left out.
    random : Generator
    level : float
        Coverage of the intervals.
    times : int
        Replicates of the parametric bootstrap.

    Returns
    -------
    Clustering
    """
    fit = Fit(sites, when)
    found = fit.estimate()
    r = float(np.clip(found.clustering, 0.0, 0.9))
    common, week = _parts(found, r)
    replicates = fit.moments(fit.replicate(r, week, common, times, random))
    tails = (0.5 - level / 2, 0.5 + level / 2)
    # The variance of counts is that of the shock and that of single people: the ratio of its
    # estimate to itself hardly depends on it.
    ratio = (replicates.clustering + fit.noise) / (r + fit.noise)
    low, high = (
        max(float((found.clustering + fit.noise) / q - fit.noise), 0.0)
        for q in np.quantile(ratio, tails)[::-1]
    )
    independence = _independence(fit)
    common_part, week_part = (
        _part(value, again, found, replicates, share, size, tails, low)
        for value, again, share, size in (
            (found.common, replicates.common, common, max(len(sites), 2)),
            (found.week, replicates.week, week, WEEKDAYS),
        )
    )
    return Clustering(Interval(r, low, high), common_part, week_part, independence, replicates)


def _parts(found: Moments, r: float) -> tuple[float, float]:
    """Return the parts of the shock that are common and of the week, together at most 1."""
    if r <= 0:
        return 0.0, 0.0
    common = float(np.nan_to_num(np.clip(found.common / r, 0.0, 1.0)))
    week = float(np.clip(found.week / r, 0.0, 1.0))
    whole = max(common + week, 1.0)
    return common / whole, week / whole


def _part(
    value: Floats,
    again: Floats,
    found: Moments,
    replicates: Moments,
    share: float,
    size: int,
    tails: tuple[float, float],
    least_r: float,
) -> Interval:
    """Return a part of the shock with its interval; all of [0, 1] where r may be 0."""
    if not np.isfinite(value):
        return Interval(math.nan, math.nan, math.nan)
    if least_r <= 0 or found.clustering <= 0:
        return Interval(share, 0.0, 1.0)
    r = np.maximum(replicates.clustering, 1e-9)
    moved = stabilised(again / r, size) - stabilised(np.array(share), size)
    centre = stabilised(np.asarray(value / found.clustering), size)
    ends = [_unstabilised(centre - q, size) for q in np.quantile(moved, tails)[::-1]]
    low, high = (float(np.clip(end, 0.0, 1.0)) for end in ends)
    return Interval(share, low, high)


def _independence(fit: Fit) -> Independence:
    """Test r = 0 by the dispersion of counts against the people's own variances.

    Σ R² / V ~ χ² approximately, with Satterthwaite's (1946) degrees of freedom for people whose
    own days of a week depend on each other.
    """
    weeks = fit.t.size
    total, freedom, square = 0.0, 0.0, 0.0
    for site in fit.sites:
        if site.own is None:
            p = site.presence
            variance = (site.people[:, None] * p * (1 - p)).sum(axis=0)
        else:
            variance = np.maximum(np.diag(site.own.day) / (weeks - 1), 1e-9)
        residual = _residuals(site.count.sum(axis=0), 1 / np.sqrt(variance), fit.t)
        total += (residual**2).sum()
        freedom += (weeks - 1) * WEEKDAYS - 1
        square += (weeks - 1) * (_own_correlation(site) ** 2).sum()
    effective = freedom**2 / square
    ratio = total / freedom
    p_value = float(stats.chi2.sf(ratio * effective, effective))
    return Independence(float(ratio), float(effective), p_value)
