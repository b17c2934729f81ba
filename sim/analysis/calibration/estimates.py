"""What a log says about attendance: presence, days a week, clustering, trend, season, no-shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from sim.analysis.calibration.clustering import (
    Clustering,
    Interval,
    Site,
    fit_clustering,
    own_sums,
    weeks_from_middle,
)
from sim.analysis.calibration.fitquality import FitQuality, fit_quality
from sim.kernels.presence import WEEKDAYS

if TYPE_CHECKING:
    from sim.analysis.calibration.presence import Presence
    from sim.problem import Floats

LEVEL = 0.90
COHORTS = ("combined", "every day")
ONSITE_DAYS = 4.0
"""From so many days a week on, a person is taken to come every day, absence apart."""
FEWEST = 10
"""No table shows a smaller group of people."""
_RESAMPLES = 1000
_SEASON_WEEKS = 40


@dataclass(frozen=True, eq=False)
class Estimates:
    """What a log says; every interval has the coverage ``LEVEL``.

    Attributes
    ----------
    people : dict of str to int
        People by cohort, as many as were seen.
    presence : dict of str to tuple of Interval
        Chance of a person of a cohort to be present, Monday to Friday.
    days : dict of str to Interval
        Days a week of a cohort.
    days_by_person : float64[person]
        Mean days a week of each person, in order.
    clustering : Clustering or None
        None where too few people are in the log from its beginning to its end.
    quality : FitQuality or None
    trend : Interval
        Change of the share of people present in a year.
    trend_p : float
    season : dict of int to Interval
        Attendance of a month relative to the mean of months; empty below 40 weeks.
    season_p : float or None
    no_show : Interval or None
        Share of bookings whose holder did not come.
    groups : tuple of Group
    """

    people: dict[str, int]
    presence: dict[str, tuple[Interval, ...]]
    days: dict[str, Interval]
    days_by_person: Floats
    clustering: Clustering | None
    quality: FitQuality | None
    trend: Interval
    trend_p: float
    season: dict[int, Interval]
    season_p: float | None
    no_show: Interval | None
    groups: tuple[Group, ...]
    sites: tuple[tuple[Site, np.ndarray], ...]
    """What clustering rests on: counts, and presence [person, week, weekday] by site."""
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A site or a team; figures are None where fewer than ten people would be told of."""

    kind: str
    name: str
    people: int | None
    present: tuple[float | None, ...]
    """Mean people present, Monday to Friday."""


def estimate(
    presence: Presence,
    seed: int,
    onsite_days: float = ONSITE_DAYS,
    headcount: dict[str, int] | None = None,
    times: int = 400,
) -> Estimates:
    """Estimate attendance from the usual weeks.

    Parameters
    ----------
    presence : Presence
    seed : int
    onsite_days : float
        From so many days a week on, a person belongs to those who come every day.
    headcount : dict of str to int, optional
        People of each site, for a sensor, which counts and knows nobody.
    times : int
        Replicates of the parametric bootstrap.

    Returns
    -------
    Estimates
    """
    random = np.random.Generator(np.random.Philox(seed))
    weeks = presence.usual
    present, member = presence.present[:, weeks], presence.member[:, weeks]
    came, could = (present & member[..., None]).sum(axis=(1, 2)), member.sum(axis=1)
    rate = came / np.maximum(could, 1)
    cohort = (rate >= onsite_days).astype(np.int64)
    known = could > 0
    by_cohort = {
        name: _by_weekday(present[mine], member[mine], random)
        for c, name in enumerate(COHORTS)
        if (mine := known & (cohort == c)).any()
    }
    pairs, warnings = _sites(presence, present, member, cohort, headcount or {})
    sites = [site for site, _ in pairs]
    if not present.shape[0] and sites:
        by_cohort = {"counted": _from_counts(sites, random)}
    clustering = fit_clustering(sites, weeks, random, LEVEL, times) if sites else None
    quality = None
    if clustering is not None:
        quality = fit_quality(sites, weeks, clustering, random)
    share = _weekly_share(presence, present, member, sites)
    trend, trend_p = _trend(share, weeks)
    season, season_p = _season(share, weeks, presence.mondays[weeks])
    return Estimates(
        people={name: int((known & (cohort == c)).sum()) for c, name in enumerate(COHORTS)}
        if present.shape[0]
        else {"counted": int(sum(site.people.sum() for site in sites))},
        presence={name: found[:WEEKDAYS] for name, found in by_cohort.items()},
        days={name: found[WEEKDAYS] for name, found in by_cohort.items()},
        days_by_person=np.sort(rate[known]),
        clustering=clustering,
        quality=quality,
        trend=trend,
        trend_p=trend_p,
        season=season,
        season_p=season_p,
        no_show=_no_show(presence, random),
        groups=tuple(_groups(presence, present, member)),
        sites=tuple(pairs),
        warnings=tuple(warnings),
    )


def mean_by_weeks(top: Floats, below: Floats, random: np.random.Generator) -> list[Interval]:
    """Return Σ top / Σ below with intervals by the studentised bootstrap over weeks.

    Parameters
    ----------
    top, below : float64[week, quantity]
    random : Generator

    Returns
    -------
    list of Interval
        One for each quantity; Efron and Tibshirani (1993), chapter 12.
    """
    weeks = len(top)
    value = top.sum(axis=0) / below.sum(axis=0)
    drawn = random.multinomial(weeks, np.full(weeks, 1 / weeks), _RESAMPLES).astype(np.float64)

    def error(weight: Floats, centre: Floats) -> Floats:
        square = (
            weight @ top**2
            - 2 * centre * (weight @ (top * below))
            + centre**2 * (weight @ below**2)
        )
        found: Floats = np.sqrt(np.maximum(square, 0.0) * weeks / (weeks - 1)) / (weight @ below)
        return found

    spread = error(np.ones((1, weeks)), value)[0]
    again = (drawn @ top) / (drawn @ below)
    with np.errstate(divide="ignore", invalid="ignore"):
        student = np.nan_to_num((again - value) / error(drawn, again))
    low, high = np.quantile(student, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2), axis=0)
    return [
        Interval(float(v), float(v - right * s), float(v - left * s))
        for v, s, left, right in zip(value, spread, low, high, strict=True)
    ]


def _by_weekday(
    present: np.ndarray, member: np.ndarray, random: np.random.Generator
) -> tuple[Interval, ...]:
    """Return presence by weekday, and last the days a week."""
    came = (present & member[..., None]).sum(axis=0).astype(np.float64)
    could = member.sum(axis=0).astype(np.float64)
    top = np.column_stack([came, came.sum(axis=1)])
    found = mean_by_weeks(top, np.repeat(could[:, None], WEEKDAYS + 1, axis=1), random)
    return (*(_within(one, 1.0) for one in found[:-1]), _within(found[-1], WEEKDAYS))


def _within(found: Interval, most: float) -> Interval:
    return Interval(found.value, max(found.low, 0.0), min(found.high, most))


def _from_counts(sites: list[Site], random: np.random.Generator) -> tuple[Interval, ...]:
    came = sum(site.count.sum(axis=0) for site in sites)
    people = float(sum(site.people.sum() for site in sites))
    top = np.column_stack([came, np.sum(came, axis=1)])
    return tuple(mean_by_weeks(top, np.full_like(top, people), random))


def _sites(
    presence: Presence,
    present: np.ndarray,
    member: np.ndarray,
    cohort: np.ndarray,
    headcount: dict[str, int],
) -> tuple[list[tuple[Site, np.ndarray]], list[str]]:
    """Return what clustering is estimated from: people who stay throughout, by site."""
    t = weeks_from_middle(presence.usual)
    if not present.shape[0]:
        return _counted(presence, headcount)
    stays = np.asarray(member.all(axis=1))
    found = []
    for s in np.unique(presence.site):
        mine = stays & (presence.site == s)
        sizes = np.bincount(cohort[mine], minlength=len(COHORTS))
        if sizes.sum() < FEWEST:
            continue
        there = [c for c in range(len(COHORTS)) if sizes[c]]
        count = np.stack([present[mine & (cohort == c)].sum(axis=0) for c in there])
        own = own_sums(present[mine], t)
        name = presence.sites[s] if s >= 0 else ""
        found.append((Site(sizes[there], count.astype(np.float64), own, name), present[mine]))
    used = sum(int(site.people.sum()) for site, _ in found)
    said = []
    if used < 0.5 * len(stays):
        said.append(
            f"Clustering rests on the {used:,} of {len(stays):,} people who are in the log from "
            "its beginning to its end, at sites of ten or more of them."
        )
    return found, said


def _counted(
    presence: Presence, headcount: dict[str, int]
) -> tuple[list[tuple[Site, np.ndarray]], list[str]]:
    """Return sites known by counts only; people are taken as alike."""
    found, said = [], []
    names = presence.sites or ("",)
    for name, count in zip(names, presence.readings[:, presence.usual], strict=True):
        people = headcount.get(name, 0)
        if people < max(float(np.nanmax(count)), FEWEST) or np.isnan(count).any():
            said.append(f"{name or 'the log'}: left out, its people are not known or days lack.")
            continue
        found.append((Site(np.array([people]), count[None], None, name), np.empty(0)))
    return found, said


def _weekly_share(
    presence: Presence, present: np.ndarray, member: np.ndarray, sites: list[Site]
) -> Floats:
    """Return the share of people present, float64[week]."""
    if present.shape[0]:
        came = (present & member[..., None]).sum(axis=(0, 2))
        share: Floats = came / np.maximum(member.sum(axis=0), 1) / WEEKDAYS
        return share
    people = max(sum(int(site.people.sum()) for site in sites), 1)
    total: Floats = np.nan_to_num(presence.readings[:, presence.usual]).sum(axis=(0, 2))
    return total / people / WEEKDAYS


def _trend(share: Floats, weeks: np.ndarray) -> tuple[Interval, float]:
    """Return the change of the share in a year, by least squares over weeks."""
    fit = stats.linregress(weeks, share)
    by_year = 365.25 / 7
    half = float(stats.t.ppf(0.5 + LEVEL / 2, weeks.size - 2) * fit.stderr) * by_year
    slope = float(fit.slope) * by_year
    return Interval(slope, slope - half, slope + half), float(fit.pvalue)


def _season(
    share: Floats, weeks: np.ndarray, mondays: np.ndarray
) -> tuple[dict[int, Interval], float | None]:
    """Return each month's attendance relative to the mean of months, and the p-value of F."""
    if weeks.size < _SEASON_WEEKS:
        return {}, None
    month = mondays.astype("M8[M]").astype(np.int64) % 12 + 1
    by_month = {int(m): share[month == m] for m in np.unique(month)}
    centre = float(np.mean([values.mean() for values in by_month.values()]))
    rest = sum(float(((v - v.mean()) ** 2).sum()) for v in by_month.values())
    freedom = share.size - len(by_month)
    spread = np.sqrt(rest / freedom)
    factor = float(stats.t.ppf(0.5 + LEVEL / 2, freedom))
    found = {}
    for m, values in by_month.items():
        half = factor * spread / np.sqrt(values.size)
        ends = (values.mean(), values.mean() - half, values.mean() + half)
        found[m] = Interval(*(float(end / centre) for end in ends))
    p = float(stats.f_oneway(*by_month.values()).pvalue)
    return found, p


def _no_show(presence: Presence, random: np.random.Generator) -> Interval | None:
    weeks = presence.usual
    booked = presence.booked[weeks].astype(np.float64)
    if booked.sum() < FEWEST or (booked > 0).sum() < 4:
        return None
    some = booked > 0
    missed = presence.missed[weeks].astype(np.float64)
    return _within(mean_by_weeks(missed[some, None], booked[some, None], random)[0], 1.0)


def _groups(presence: Presence, present: np.ndarray, member: np.ndarray) -> list[Group]:
    """Return people and presence by site and team, so that no fewer than ten can be worked out."""
    found = []
    for kind, names, of in (
        ("site", presence.sites, presence.site),
        ("team", presence.teams, presence.team),
    ):
        size = np.bincount(of + 1, minlength=len(names) + 1)[1:]
        hidden = hidden_groups(size)
        for g, name in enumerate(names):
            mine = of == g
            came = (present[mine] & member[mine][..., None]).sum(axis=0).mean(axis=0)
            if hidden[g]:
                found.append(Group(kind, name, None, (None,) * WEEKDAYS))
            else:
                shown = tuple(float(x) if x >= FEWEST else None for x in came)
                found.append(Group(kind, name, int(size[g]), shown))
    return found


def hidden_groups(size: np.ndarray) -> np.ndarray:
    """Tell which groups are not shown, bool[group].

    Groups below ``FEWEST``, and the next ones as long as the hidden could be told from the total:
    until they are two and have ``FEWEST`` people between them.
    """
    hidden = size < FEWEST
    if hidden.any():
        for g in np.argsort(size, kind="stable"):
            if hidden.sum() >= 2 and size[hidden].sum() >= FEWEST:
                break
            hidden[g] = True
    return np.asarray(hidden)
