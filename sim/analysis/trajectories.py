"""Walks from one point to another, one source at a time: Morris screening and Shapley effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim import streams

if TYPE_CHECKING:
    from sim.problem import Floats, Ints


def random_orders(seed: int, name: str, first: int, rows: int, count: int) -> Ints:
    """Return random orders of sources, int64[row, step]: the source that moves at each step."""
    return np.argsort(random_table(seed, name, first, rows, count), axis=1, kind="stable")


def random_table(seed: int, name: str, first: int, rows: int, count: int) -> Floats:
    """Return independent uniforms, float64[row, column]; a row is the same in any block."""
    found = np.empty((count, rows))
    key = streams.stream_key(name)
    for k in range(count):
        streams.uniforms(np.uint64(seed), key, first, streams.INPUT, k, found[k])
    return found.T


def moved_by(order: Ints) -> np.ndarray:
    """Return which sources have moved after each step, bool[step + 1, row, source]."""
    count = order.shape[1]
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(count)[None], axis=1)
    return place[None] < np.arange(count + 1)[:, None, None]


def elementary_effects(values: Floats, order: Ints, sign: Floats) -> Floats:
    """Return what a move up of each source changed, float64[source, output, row].

    Parameters
    ----------
    values : float64[step + 1, output, row]
        Outputs along the walk.
    order : int64[row, step]
        The source that moves at each step.
    sign : float64[row, source]
        1 where it moves up, -1 where it moves down.

    Notes
    -----
    Morris (1991), "Factorial sampling plans for preliminary computational experiments",
    Technometrics 33, without division by the length of the move.
    """
    return _by_source(np.diff(values, axis=0), order) * sign.T[:, None]


def screening(effects: Floats) -> dict[str, Floats]:
    """Return the measures of Morris, float64[source, output].

    ``mu_star`` is the mean of absolute effects (Campolongo, Cariboni and Saltelli, 2007), ``mu``
    that of effects and ``sigma`` their standard deviation; ``mu_star_mcse`` is the standard error.
    """
    size = np.abs(effects)
    return {
        "mu_star": size.mean(axis=-1),
        "mu_star_mcse": size.std(axis=-1, ddof=1) / np.sqrt(effects.shape[-1]),
        "mu": effects.mean(axis=-1),
        "sigma": effects.std(axis=-1, ddof=1),
    }


def shapley_parts(values: Floats, order: Ints) -> Floats:
    """Return each row's parts of the variance, float64[source, output, row].

    Parameters
    ----------
    values : float64[step + 1, output, row]
        Outputs at a point, then with the sources of the first steps drawn again given the others.
    order : int64[row, step]
        The source that is drawn again from each step on.

    Notes
    -----
    The worth of sources J is c(J) = E Var(Y | the others) = ½ E[(Y - Y_J)²], where Y_J has J drawn
    again given the others. The Shapley effect of a source is the mean over orders of what it adds
    to the worth of those before it; so they add up to the variance, and stay at or above 0 where
    inputs depend on each other. One order for each row. Song, Nelson and Staum (2016), "Shapley
    effects for global sensitivity analysis", SIAM/ASA J. Uncertainty Quantification 4; Goda (2021),
    "A simple algorithm for global sensitivity analysis with Shapley effects".
    """
    worth = np.square(values - values[0]) / 2
    return _by_source(np.diff(worth, axis=0), order)


def _by_source(steps: Floats, order: Ints) -> Floats:
    """Sort float64[step, output, row] by the source that moved, float64[source, output, row]."""
    found = np.empty_like(steps)
    at = np.broadcast_to(order.T[:, None, :], steps.shape)
    np.put_along_axis(found, at, steps, axis=0)
    return found
