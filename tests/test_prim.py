"""Scenario discovery: a box that is known is found, and none where there is none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.analysis import prim


def uniform(points, inputs, seed):
    return np.random.default_rng(seed).random((points, inputs))


def known(x):
    """Tell which points are in a box of 0.3 x 0.5 of five inputs."""
    return (x[:, 1] > 0.6) & (x[:, 1] < 0.9) & (x[:, 3] < 0.5)


def test_a_known_box_is_found():
    x = uniform(2000, 5, 1)
    box = prim.find_box(x, known(x))
    assert box.restricted == [1, 3]
    assert box.low[1] == pytest.approx(0.6, abs=0.02)
    assert box.high[1] == pytest.approx(0.9, abs=0.02)
    assert box.low[3] == -np.inf
    assert box.high[3] == pytest.approx(0.5, abs=0.02)
    fresh = uniform(4000, 5, 2)
    found = prim.merit(box, fresh, known(fresh))
    assert found.coverage > 0.93
    assert found.density > 0.93
    assert all(prim.quasi_p(box, j, x, known(x)) < 1e-6 for j in (1, 3))


def test_noise_does_not_hide_it():
    x = uniform(4000, 6, 3)
    y = np.random.default_rng(4).random(4000) < np.where(known(x), 0.8, 0.1)
    box = prim.find_box(x, y)
    assert set(box.restricted) >= {1, 3}
    assert prim.merit(box, x, known(x)).coverage > 0.8


def test_luck_alone_is_hardly_a_box():
    """Of pure chance, limits stay rare although they are chosen as the best of many."""
    limits = []
    for seed in range(10):
        x = uniform(1000, 4, seed)
        y = np.random.default_rng(seed + 100).random(1000) < 0.3
        limits.append(len(prim.find_box(x, y).restricted))
    assert np.mean(limits) < 1.5


def test_words_of_an_input_are_cut_whole():
    """An input of three values: the cut takes one away, never a part of it."""
    rng = np.random.default_rng(5)
    x = np.column_stack([rng.choice([1.0, 2.0, 5.0], 900), rng.random(900)])
    box = prim.find_box(x, x[:, 0] == 5.0)
    assert box.restricted == [0]
    assert box.low[0] == 5.0


def test_quasi_p_is_the_binomial_tail():
    x = uniform(300, 2, 6)
    y = x[:, 0] + 0.3 * uniform(300, 1, 7)[:, 0] > 0.8
    box = prim.Box(np.array([0.6, -np.inf]), np.array([np.inf, 0.7]))
    for j in (0, 1):
        wide, inside = box.freed(j).holds(x), box.holds(x)
        by_scipy = stats.binomtest(
            int(y[inside].sum()), int(inside.sum()), y[wide].mean(), alternative="greater"
        ).pvalue
        assert prim.quasi_p(box, j, x, y) == pytest.approx(by_scipy, rel=1e-9)


@given(st.integers(0, 2**32), st.integers(20, 120), st.integers(1, 3), st.floats(0.05, 0.95))
def test_peeling_goes_inwards_and_pasting_outwards(seed, points, inputs, share):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 8, (points, inputs)).astype(float)
    y = rng.random(points) < share
    boxes = prim.peel(x, y)
    for outer, inner in pairwise(boxes):
        assert np.all(inner.holds(x) <= outer.holds(x))
        assert inner.holds(x).sum() >= prim.LEAST_MASS * points
        assert inner.holds(x).sum() < outer.holds(x).sum()
    pasted = prim.paste(boxes[-1], x, y)
    assert np.all(pasted.holds(x) >= boxes[-1].holds(x))
    if y.any():
        assert prim.merit(pasted, x, y).density >= prim.merit(boxes[-1], x, y).density


@given(st.integers(0, 2**32), st.integers(10, 60))
def test_merits_are_counts(seed, points):
    rng = np.random.default_rng(seed)
    x, y, left = rng.random((points, 2)), rng.random(points) < 0.4, rng.random(points) < 0.7
    box = prim.Box(np.array([0.2, -np.inf]), np.array([0.9, 0.6]))
    rows = [i for i in range(points) if 0.2 <= x[i, 0] <= 0.9 and x[i, 1] <= 0.6 and left[i]]
    hits = sum(y[i] for i in rows)
    found = prim.merit(box, x, y, left)
    assert found.mass == pytest.approx(len(rows) / points)
    assert found.coverage == pytest.approx(hits / max(1, y.sum()))
    assert found.density == pytest.approx(hits / max(1, len(rows)))
