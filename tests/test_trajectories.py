"""Walks from point to point: Morris effects against SALib, Shapley effects against closed forms."""

from __future__ import annotations

import warnings

import naive_sensitivity as naive
import numpy as np
import pytest
from handmade import planned, written
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis import trajectories
from sim.analysis.sources import Points, correlation
from sim.analysis.sources import given as given_some

with warnings.catch_warnings():  # what it imports is none of ours
    warnings.simplefilter("ignore")
    from SALib.analyze import morris as salib

CORRELATED = """
[scenario]
name = "correlated"
currency = "EUR"
area_basis = "usable"
[[body]]
name = "office"
headcount = 10
workstations = 10
area_m2 = 100.0
[area]
workstation_m2 = { uniform = [7, 9] }
[cost.running]
a = { uniform = [0, 1] }
b = { uniform = [0, 1] }
c = { uniform = [0, 1] }
[policy.one]
eligible = 0.5
modes = { remote = 1.0 }
workstations = { per_person = 0.5 }
[[correlation]]
inputs = ["cost.running.a", "cost.running.b"]
rank = 0.7
[[correlation]]
inputs = ["cost.running.b", "cost.running.c"]
rank = -0.5
"""
NAMES = [f"cost.running.{name}" for name in "abc"]


@given(st.integers(0, 2**32), st.integers(0, 99), st.integers(1, 30), st.integers(1, 8))
def test_orders_are_permutations_and_the_same_in_any_block(seed, first, rows, count):
    order = trajectories.random_orders(seed, "x", first, rows, count)
    assert np.array_equal(np.sort(order, axis=1), np.tile(np.arange(count), (rows, 1)))
    assert np.array_equal(
        order, trajectories.random_orders(seed, "x", 0, first + rows, count)[first:]
    )
    moved = trajectories.moved_by(order)
    assert not moved[0].any()
    assert moved[-1].all()
    for step in range(count):
        changed = moved[step] != moved[step + 1]
        assert np.array_equal(changed.argmax(axis=1), order[:, step])
        assert np.all(changed.sum(axis=1) == 1)


def walks(model, rows, count, seed=1, half=0.5):
    """Return values along Morris walks, their points, orders and signs."""
    order = trajectories.random_orders(seed, "o", 0, rows, count)
    up = trajectories.random_table(seed, "s", 0, rows, count) < 0.5
    low = (1 - half) * trajectories.random_table(seed, "u", 0, rows, count)
    points = low + half * (up ^ trajectories.moved_by(order))
    return model(points)[:, None], points, order, np.where(up, -1.0, 1.0)


def curved(x):
    return 3 * x[..., 0] - 2 * x[..., 1] + x[..., 1] * x[..., 2] + x[..., 3] ** 2


def test_salib_finds_the_same_screening():
    """Its effects are divided by the length of a move, here two thirds on four levels."""
    values, points, order, sign = walks(curved, 60, 4, half=2 / 3)
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1]] * 4}
    x = points.swapaxes(0, 1).reshape(-1, 4)
    y = values[:, 0].T.ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = salib.analyze(problem, x, y, num_levels=4)
    ours = trajectories.screening(trajectories.elementary_effects(values, order, sign))
    for name in ("mu", "mu_star", "sigma"):
        assert np.allclose(1.5 * ours[name][:, 0], theirs[name], rtol=1e-9, atol=1e-9)


def test_effects_of_a_line_are_its_slopes():
    values, _, order, sign = walks(lambda x: x @ np.array([4.0, -2.0, 0.0]), 20, 3)
    found = trajectories.screening(trajectories.elementary_effects(values, order, sign))
    assert np.allclose(found["mu"][:, 0], [2.0, -1.0, 0.0])
    assert np.allclose(found["mu_star"][:, 0], [2.0, 1.0, 0.0])
    assert np.allclose(found["sigma"], 0, atol=1e-12)


# --- given some of several correlated inputs ------------------------------------------------


def scores(problem, rows, seed):
    rng = np.random.default_rng(seed)
    from scipy.special import ndtr

    z = rng.normal(size=(rows, 3)) @ problem.cholesky.T
    order = [problem.correlated.index(name) for name in NAMES]
    return {name: ndtr(z[:, k])[None] for name, k in zip(NAMES, order, strict=True)}


def points(problem, at, luck="run"):
    every = {
        unknown.stream: np.full((1, len(at[NAMES[0]][0])), 0.5) for unknown in problem.unknowns
    }
    return Points(problem, 0, every | at, luck)


def test_what_is_drawn_given_some_inputs_has_the_joint_distribution():
    """Correlations of 40,000 draws, kept or not: within four standard errors, 0.02."""
    from scipy.special import ndtri

    problem = written(CORRELATED)
    fixed, free = (points(problem, scores(problem, 40_000, seed)) for seed in (1, 2))
    kept = {name: np.random.default_rng(3 + k).random(40_000) < 0.5 for k, name in enumerate(NAMES)}
    kept = {unknown.stream: np.ones(40_000, bool) for unknown in problem.unknowns} | kept
    found = given_some(problem, fixed, free, kept)
    for name in NAMES:
        mask = kept[name]
        assert np.array_equal(found.at[name][0, mask], fixed.at[name][0, mask])
        assert np.all(found.at[name][0, ~mask] != fixed.at[name][0, ~mask])
    order = [problem.correlated.index(name) for name in NAMES]
    expected = correlation(problem)[np.ix_(order, order)]
    z = ndtri(np.stack([found.at[name][0] for name in NAMES]))
    assert np.allclose(np.corrcoef(z), expected, atol=0.02)
    assert np.allclose(z.std(axis=1), 1, atol=0.015)


def shapley_of(weights, problem, rows, seed):
    """Return Shapley parts of a line in the correlated scores, float64[source, row]."""
    from scipy.special import ndtri

    fixed, free = (points(problem, scores(problem, rows, seed + k)) for k in (0, 1000))
    order = trajectories.random_orders(seed, "o", 0, rows, 3)
    values = []
    for again in trajectories.moved_by(order):
        kept = {name: ~again[:, k] for k, name in enumerate(NAMES)}
        at = given_some(problem, fixed, free, kept).at
        z = ndtri(np.stack([at[name][0] for name in NAMES]))
        values.append((np.array(weights) @ z)[None])
    return trajectories.shapley_parts(np.stack(values), order)[:, 0]


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (2.0, 0.0, -1.0)])
def test_shapley_effects_of_dependent_inputs_are_their_closed_form(weights):
    """Owen and Prieur (2017): conditional variances of Gaussian inputs.

    An input that the output does not read, but that goes with others, has a share, too.
    """
    problem = written(CORRELATED)
    order = [problem.correlated.index(name) for name in NAMES]
    covariance = correlation(problem)[np.ix_(order, order)]
    worth = naive.gaussian_worth(weights, covariance.tolist())
    expected = list(naive.shapley(worth, range(3)).values())
    parts = shapley_of(weights, problem, 20_000, 5)
    error = parts.std(axis=1) / np.sqrt(20_000)
    assert np.all(np.abs(parts.mean(axis=1) - expected) < 4 * error)
    assert sum(expected) == pytest.approx(worth(frozenset(range(3))))


def test_shapley_parts_add_up_in_every_row():
    problem = planned(written(CORRELATED), seed=3)
    parts = shapley_of((1.0, -1.0, 3.0), problem, 50, 9)
    assert parts.shape == (3, 50)
    assert np.all(parts.sum(axis=0) >= 0)
