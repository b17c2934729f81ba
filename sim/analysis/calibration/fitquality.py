"""Whether the model describes the counts of a log: against replicates that are fitted alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.calibration.clustering import Clustering, Fit, Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.problem import Floats

_TIMES = 400


@dataclass(frozen=True, eq=False)
class FitQuality:
    """Counts of days, less their weekday's mean and over their spread, against the model.

    Attributes
    ----------
    observed : float64[day]
        In order.
    low, middle, high : float64[day]
        5 %, 50 % and 95 % of replicates, in order.
    p_value : float
        Share of replicates whose shape is as far from the middle (Cramér and von Mises' distance).
    fan : tuple of float64[3, weekday] by site
        5 %, 50 % and 95 % of people present on a day, by the model.
    counts : tuple of float64[week, weekday] by site
    """

    observed: Floats
    low: Floats
    middle: Floats
    high: Floats
    p_value: float
    fan: tuple[Floats, ...]
    counts: tuple[Floats, ...]

    @property
    def inside(self) -> float:
        """Share of days within the model's 90 % band of their weekday."""
        within = [
            ((count >= fan[0]) & (count <= fan[2])).mean()
            for count, fan in zip(self.counts, self.fan, strict=True)
        ]
        return float(np.mean(within))


def fit_quality(
    sites: Sequence[Site], when: np.ndarray, found: Clustering, random: np.random.Generator
) -> FitQuality:
    """Compare the counts with replicates of the fitted model.

    Each replicate is centred and scaled by its own figures, as the log is: nothing is gained by
    having been fitted.
    """
    fit = Fit(sites, when)
    common = 0.0 if np.isnan(found.common.value) else found.common.value
    again = fit.replicate(found.clustering.value, found.week.value, common, _TIMES, random)
    counts = [site.count.sum(axis=0) for site in sites]
    shape = _shape(counts)[0]
    others = _shape(again)
    low, middle, high = np.quantile(others, (0.05, 0.5, 0.95), axis=0)
    distance = ((others - middle) ** 2).mean(axis=1)
    own = float(((shape - middle) ** 2).mean())
    p_value = (1 + int((distance >= own).sum())) / (1 + len(distance))
    fan = tuple(np.quantile(one, (0.05, 0.5, 0.95), axis=(0, 1)) for one in again)
    return FitQuality(shape, low, middle, high, p_value, fan, tuple(counts))


def _shape(counts: Sequence[Floats]) -> Floats:
    """Return standardised counts of all sites and days, in order, float64[replicate, day]."""
    rows = []
    for count in counts:
        stack = count if count.ndim == 3 else count[None]
        centred = stack - stack.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=(1, 2), keepdims=True))
        rows.append((centred / np.maximum(spread, 1e-12)).reshape(len(stack), -1))
    ordered: Floats = np.sort(np.concatenate(rows, axis=1), axis=1)
    return ordered
