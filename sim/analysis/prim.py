"""Scenario discovery by PRIM: boxes of inputs within which a condition mostly holds.

Friedman and Fisher (1999), "Bump hunting in high-dimensional data", Statistics and Computing 9;
the use for scenarios and the quasi-p-value: Bryant and Lempert (2010), "Thinking inside the box",
Technological Forecasting and Social Change 77.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtrc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.problem import Floats

PEEL = 0.05
"""Share of a box's points that a step of peeling or pasting takes away or adds."""
LEAST_MASS = 0.05
"""Share of all points below which a box is not peeled further."""
SIGNIFICANT = 0.05
"""Quasi-p-value above which a restriction is dropped."""


@dataclass(frozen=True, eq=False)
class Box:
    """Limits of inputs, both ends included; infinite where there is none.

    Attributes
    ----------
    low, high : float64[input]
    """

    low: Floats
    high: Floats

    def holds(self, x: Floats) -> np.ndarray:
        """Tell which points, float64[point, input], lie in the box."""
        return np.asarray(((x >= self.low) & (x <= self.high)).all(axis=1))

    @property
    def restricted(self) -> list[int]:
        """Inputs that have a limit."""
        return list(np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high)))

    def freed(self, j: int) -> Box:
        """Return the box without the limits of one input."""
        return self.limited(j, -np.inf, np.inf)

    def limited(self, j: int, low: float, high: float) -> Box:
        """Return the box with other limits of one input."""
        lows, highs = self.low.copy(), self.high.copy()
        lows[j], highs[j] = low, high
        return Box(lows, highs)


@dataclass(frozen=True)
class Merit:
    """How well a box says where a condition holds.

    Attributes
    ----------
    coverage : float
        Share of the points where it holds that are in the box.
    density : float
        Share of the box's points where it holds.
    mass : float
        Share of all points in the box.
    """

    coverage: float
    density: float
    mass: float

    @property
    def balance(self) -> float:
        """Harmonic mean of coverage and density."""
        both = self.coverage + self.density
        return 2 * self.coverage * self.density / both if both else 0.0


def merit(box: Box, x: Floats, y: np.ndarray, left: np.ndarray | bool = True) -> Merit:
    """Judge a box.

    Parameters
    ----------
    box : Box
    x : float64[point, input]
    y : bool[point]
        Where the condition holds.
    left : bool[point]
        Points that are in no earlier box.

    Returns
    -------
    Merit
    """
    inside = box.holds(x) & left
    hits, of_all = (y & inside).sum(), max(1, y.sum())
    return Merit(float(hits / of_all), float(hits / max(1, inside.sum())), float(inside.mean()))


def find_box(x: Floats, y: np.ndarray) -> Box:
    """Find the box that best balances coverage and density.

    Parameters
    ----------
    x : float64[point, input]
    y : bool[point]
        Where the condition holds.

    Returns
    -------
    Box
        Of the boxes that peeling passes the one with the best balance, pasted; limits that chance
        may have made are dropped.
    """
    best = max(peel(x, y), key=lambda box: merit(box, x, y).balance)
    return simplify(paste(best, x, y), x, y)


def peel(x: Floats, y: np.ndarray) -> list[Box]:
    """Return the boxes that peeling passes: each cuts the end that leaves the highest density."""
    free = np.full(x.shape[1], np.inf)
    boxes = [Box(-free, free)]
    inside = np.ones(len(x), bool)
    while True:
        cuts = list(_cuts(boxes[-1], x, y, inside))
        if not cuts:
            return boxes
        _, box = max(cuts, key=lambda cut: cut[0])
        inside = box.holds(x)
        boxes.append(box)


def _cuts(box: Box, x: Floats, y: np.ndarray, inside: np.ndarray) -> Iterator[tuple[float, Box]]:
    """Yield the density that is left by a cut at each end of each input, and the box."""
    points, hit = x[inside], y[inside]
    if not hit.any() or hit.all():
        return
    for j in range(x.shape[1]):
        values = points[:, j]
        low, high = np.quantile(values, (PEEL, 1 - PEEL), method="inverted_cdf")
        above, below = values[values > low], values[values < high]
        if above.size:
            yield from _cut(box.limited(j, above.min(), box.high[j]), values > low, hit, len(x))
        if below.size:
            yield from _cut(box.limited(j, box.low[j], below.max()), values < high, hit, len(x))


def _cut(box: Box, left: np.ndarray, hit: np.ndarray, points: int) -> Iterator[tuple[float, Box]]:
    if left.sum() >= LEAST_MASS * points:
        yield float(hit[left].mean()), box


def paste(box: Box, x: Floats, y: np.ndarray) -> Box:
    """Widen the limits of a box as long as its density does not fall, in ever smaller steps."""
    for share in (PEEL, PEEL / 4, 0.0):
        while True:
            density = merit(box, x, y).density
            wider = [(merit(one, x, y), one) for one in _widened(box, x, share)]
            wider = [(found, one) for found, one in wider if found.density >= density]
            if not wider:
                break
            _, box = max(wider, key=lambda pair: (pair[0].density, pair[0].mass))
    return box


def _widened(box: Box, x: Floats, share: float) -> Iterator[Box]:
    """Yield the box with each of its limits moved outwards by some points, or away."""
    step = max(1, int(share * box.holds(x).sum()))
    for j in box.restricted:
        values = np.sort(x[box.freed(j).holds(x), j])
        if np.isfinite(box.low[j]):
            k = int(np.searchsorted(values, box.low[j])) - step
            yield box.limited(j, values[k] if k > 0 else -np.inf, box.high[j])
        if np.isfinite(box.high[j]):
            k = int(np.searchsorted(values, box.high[j], side="right")) + step - 1
            yield box.limited(j, box.low[j], values[k] if k < len(values) - 1 else np.inf)


def quasi_p(box: Box, j: int, x: Floats, y: np.ndarray) -> float:
    """Return how likely chance alone makes a box as dense as this by its limits of an input.

    Among the n points of the box, the chance of at least its hits if each is one with the share of
    hits of the box without these limits: P(Binomial(n, q) ≥ hits). It is small for a limit that
    matters, and smaller than a proper p-value, since the limits were chosen on the same points.
    """
    wide, inside = box.freed(j).holds(x), box.holds(x)
    share = y[wide].mean()
    hits, count = int(y[inside].sum()), int(inside.sum())
    return float(bdtrc(hits - 1, count, share)) if 0 < share < 1 and hits else 1.0


def simplify(box: Box, x: Floats, y: np.ndarray) -> Box:
    """Drop the limits of inputs that chance may have made, the likeliest first."""
    while box.restricted:
        chances = {j: quasi_p(box, j, x, y) for j in box.restricted}
        worst = max(chances, key=lambda j: chances[j])
        if chances[worst] <= SIGNIFICANT:
            break
        box = box.freed(worst)
    return box
