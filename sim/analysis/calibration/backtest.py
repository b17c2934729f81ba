"""Whether the calibration would have foreseen the weeks that followed.

The first weeks are fitted, the people present on each later day are forecast, and the forecast is
scored by the continuous ranked probability score, E|X - x| - E|X - X'| / 2 [people] (Gneiting and
Raftery 2007), and by how often a 90 % interval holds what came. Less is better; naive averages
are scored alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.calibration.clustering import Fit, Site, fit_clustering, own_sums
from sim.kernels.presence import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.problem import Floats

FEWEST_WEEKS = 8
_TIMES = 600
_TRAINED = 2 / 3


@dataclass(frozen=True)
class Score:
    """How well one way of forecasting did."""

    name: str
    crps: float
    """Mean over days and sites [people]."""
    covered: float
    """Share of days inside the 90 % interval."""
    width: float
    """Mean width of that interval [people]."""


@dataclass(frozen=True)
class BackTest:
    """Scores over the weeks that were not fitted."""

    trained: int
    tested: int
    scores: tuple[Score, ...]


def back_test(
    sites: Sequence[tuple[Site, np.ndarray]], when: np.ndarray, seed: int
) -> BackTest | None:
    """Fit the first two thirds of the weeks and score the others.

    Parameters
    ----------
    sites : sequence of (Site, bool[person, week, weekday])
        The people of each site, as in the calibration, and their presence; without persons the
        second is empty.
    when : int64[week]
    seed : int

    Returns
    -------
    BackTest or None
        None where the weeks are too few.
    """
    weeks = when.size
    trained = round(_TRAINED * weeks)
    if weeks < FEWEST_WEEKS or not sites:
        return None
    random = np.random.Generator(np.random.Philox(seed))
    early = [_first(site, present, when[:trained]) for site, present in sites]
    later = [site.count[:, trained:].sum(axis=0) for site, _ in sites]
    forecasts = {
        "calibrated": _calibrated(early, when[:trained], random),
        "weekday averages, people independent": [_independent(s, random) for s in early],
        "one average for all days": [_flat(s, random) for s in early],
    }
    scores = tuple(_score(name, drawn, later) for name, drawn in forecasts.items())
    return BackTest(trained, weeks - trained, scores)


def _first(site: Site, present: np.ndarray, when: np.ndarray) -> Site:
    own = None
    if site.own is not None:
        own = own_sums(present[:, : when.size], when - when.mean())
    return Site(site.people, site.count[:, : when.size], own)


def _calibrated(
    sites: Sequence[Site], when: np.ndarray, random: np.random.Generator
) -> list[Floats]:
    """Draw days from the fit, with what the first weeks leave open, float64[draw, weekday]."""
    found = fit_clustering(sites, when, random)
    common = float(np.nan_to_num(found.common.value))
    fit = Fit(sites, when)
    new = fit.replicate(found.clustering.value, found.week.value, common, _TIMES, random)
    other = fit.replicate(found.clustering.value, found.week.value, common, _TIMES, random)
    # the mean of the weeks fitted is itself uncertain: by as much as it differs between replicates
    return [
        np.maximum(now[:, 0] + past.mean(axis=1) - past.mean(axis=(0, 1)), 0.0)
        for now, past in zip(new, other, strict=True)
    ]


def _independent(site: Site, random: np.random.Generator) -> Floats:
    people, share = site.people.sum(), site.count.sum(axis=0).mean(axis=0) / site.people.sum()
    drawn: Floats = random.binomial(people, share, (_TIMES, WEEKDAYS)).astype(np.float64)
    return drawn


def _flat(site: Site, random: np.random.Generator) -> Floats:
    people = site.people.sum()
    share = site.count.sum(axis=0).mean() / people
    drawn: Floats = random.binomial(people, share, (_TIMES, WEEKDAYS)).astype(np.float64)
    return drawn


def _score(name: str, drawn: Sequence[Floats], later: Sequence[Floats]) -> Score:
    crps, covered, width = [], [], []
    for sample, came in zip(drawn, later, strict=True):
        ordered = np.sort(sample, axis=0)
        low, high = np.quantile(ordered, (0.05, 0.95), axis=0)
        covered.append(((came >= low) & (came <= high)).mean())
        width.append((high - low).mean())
        crps.append(crps_of(ordered, came).mean())
    return Score(name, float(np.mean(crps)), float(np.mean(covered)), float(np.mean(width)))


def crps_of(ordered: Floats, came: Floats) -> Floats:
    """Return the score of a sample for each outcome.

    Parameters
    ----------
    ordered : float64[draw, weekday]
        In order along the draws.
    came : float64[week, weekday]

    Returns
    -------
    float64[week, weekday]
    """
    count = len(ordered)
    far = np.abs(ordered[:, None, :] - came).mean(axis=0)
    rank = 2 * np.arange(1, count + 1) - count - 1
    apart = 2 * (rank[:, None] * ordered).sum(axis=0) / count**2
    score: Floats = far - apart / 2
    return score
