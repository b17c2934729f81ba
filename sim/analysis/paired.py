"""What a comparison keeps of draws before forgetting them: sums, histograms and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels.tally import LEAF, add_draws
from sim.results.summary import Running, new_tally
from sim.variables import BY_NAME, METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.kernels.tally import Tally
    from sim.problem import Floats, Ints

NAMES = tuple(variable.name for variable in METRICS)


class Paired:
    """Options against each other, draw by draw: give it draws in order.

    Parameters
    ----------
    options : int
        How many.
    places : int
        How many.
    by : sequence of str
        The chosen metrics, of which more or less is better.

    Attributes
    ----------
    draws : int
        How many there were.
    pairs : list of (int, int)
        Option and reference: every option with each one before it.
    levels, gaps : list of Running
        Of each option, and of option less reference of each pair; cells are metric and place.
    higher, lower : int64[pair, metric, place]
        Draws on which the option is above, and below, its reference.
    regrets : list of Running
        Of each option; cells are chosen metric and place.
    best : int64[option, by, place]
        Draws on which no option is better.
    comparable : int64[by, place]
        Draws on which every option has the metric.
    dominates : int64[option, other, place]
        Draws on which the option is nowhere worse than the other, and somewhere better.
    undominated : int64[option, place]
        Draws on which it has the chosen metrics and no other option dominates it.
    curves : Curves
        Of the chosen metrics; cells are chosen metric and place.
    """

    def __init__(self, options: int, places: int, by: Sequence[str]) -> None:
        self.rows = [NAMES.index(name) for name in by]
        self.sign = np.array([1.0 if BY_NAME[name].better == "higher" else -1.0 for name in by])
        whole = np.repeat([variable.whole for variable in METRICS], places)
        of_chosen = np.repeat([BY_NAME[name].whole for name in by], places)
        self.draws = 0
        self.pairs = [(b, a) for a in range(options) for b in range(a + 1, options)]
        self.levels = [Running(whole) for _ in range(options)]
        self.gaps = [Running(whole) for _ in self.pairs]
        self.higher = np.zeros((len(self.pairs), len(METRICS), places), np.int64)
        self.lower = np.zeros_like(self.higher)
        self.regrets = [Running(of_chosen) for _ in range(options)]
        self.best = np.zeros((options, len(by), places), np.int64)
        self.comparable = np.zeros((len(by), places), np.int64)
        self.dominates = np.zeros((options, options, places), np.int64)
        self.undominated = np.zeros((options, places), np.int64)
        self.curves = Curves(options, of_chosen)

    def add(self, values: Floats) -> None:
        """Add the next draws, float64[option, metric, place, draw]."""
        self.draws += values.shape[-1]
        for level, own in zip(self.levels, values, strict=True):
            level.add(_cells(own))
        for p, (option, reference) in enumerate(self.pairs):
            gap = values[option] - values[reference]
            self.gaps[p].add(_cells(gap))
            self.higher[p] += (gap > 0).sum(axis=-1)
            self.lower[p] += (gap < 0).sum(axis=-1)
        chosen = values[:, self.rows]
        self.curves.add(np.stack([_cells(own) for own in chosen]))
        self._judge(chosen * self.sign[:, None, None])

    def _judge(self, good: Floats) -> None:
        """Add up regret and dominance; of ``good``, float64[option, by, place, draw], more is."""
        regret = good.max(axis=0) - good
        for running, own in zip(self.regrets, regret, strict=True):
            running.add(_cells(own))
        self.best += (regret == 0).sum(axis=-1)
        self.comparable += (~np.isnan(regret[0])).sum(axis=-1)
        beaten = np.zeros((len(good), *good.shape[2:]), bool)
        for option, own in enumerate(good):
            over = (own >= good).all(axis=1) & (own > good).any(axis=1)
            self.dominates[option] += over.sum(axis=-1)
            beaten |= over
        self.undominated += (~beaten & ~np.isnan(good).any(axis=1)).sum(axis=-1)


class Curves:
    """Distribution functions of options on common steps: exact for whole numbers."""

    def __init__(self, options: int, whole: np.ndarray) -> None:
        self._whole = whole
        self._options = options
        self._waiting: list[Floats] = []
        self._tallies: list[Tally] = []
        self._draws = 0

    def add(self, values: Floats) -> None:
        """Add the next draws, float64[option, cell, draw]."""
        self._waiting.append(values)
        if self._tallies or sum(waiting.shape[-1] for waiting in self._waiting) >= LEAF:
            self._tell()

    def _tell(self) -> None:
        values = np.concatenate(self._waiting, axis=-1)
        self._waiting = []
        if not self._tallies:
            leaf = np.concatenate(list(values[..., :LEAF]), axis=-1)
            self._tallies = [new_tally(leaf, self._whole) for _ in range(self._options)]
        for tally, own in zip(self._tallies, values, strict=True):
            add_draws(self._draws, own, tally)
        self._draws += values.shape[-1]

    def worse_side(self, cell: int, sign: float) -> Floats:
        """Return how far an option's distribution lies on the worse side of another's.

        The largest amount by which the chance to do no better than some value is higher with the
        option than with the other, float64[option, other]: 0 or less where the option dominates
        the other in the first order. NaN where either is not defined in every draw.
        """
        if self._waiting:
            self._tell()
        start = self._tallies[0].start
        counts: Ints = np.stack(
            [tally.bin_count[start[cell] : start[cell + 1]] for tally in self._tallies]
        ).astype(np.int64)
        below = np.cumsum(counts, axis=1)
        whole = below[:, -1] == self._draws
        worse = (below if sign > 0 else -below) / self._draws
        found = (worse[:, None] - worse[None]).max(axis=-1)
        return np.where(whole[:, None] & whole[None], found, np.nan)


def _cells(values: Floats) -> Floats:
    """Flatten float64[metric, place, draw] to float64[cell, draw]."""
    return values.reshape(-1, values.shape[-1])
