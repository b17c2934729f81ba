"""Sobol indices: closed forms, SALib, scipy, a slow twin, and what the bootstrap promises."""

from __future__ import annotations

import math
import warnings

import naive_sensitivity as naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.analysis.sobol import SobolSums, pairs, row_weights

with warnings.catch_warnings():  # what it imports is none of ours
    warnings.simplefilter("ignore")
    from SALib.analyze import sobol as salib

G = (0.0, 1.0, 4.5, 9.0, 99.0, 99.0)
SIGMAS = 4.0
"""Standard errors that an index may be off: one in 16,000 is, if errors are as stated."""


def ishigami(x):
    """Return the function of inputs in (0, 1), float64[input, row]."""
    x1, x2, x3 = 2 * math.pi * x - math.pi
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def sobol_g(x):
    a = np.array(G)[:, None]
    return np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=0)


def design(model, inputs, rows, seed, points=None):
    """Return outputs of A, B, AB and BA, float64[..., 1, row]."""
    if points is None:
        points = stats.qmc.Sobol(2 * inputs, rng=seed).random(rows)
    a, b = points.T[:inputs], points.T[inputs:]

    def swapped(into, of, i):
        x = into.copy()
        x[i] = of[i]
        return model(x)[None]

    ab = np.stack([swapped(a, b, i) for i in range(inputs)])
    ba = np.stack([swapped(b, a, i) for i in range(inputs)])
    return model(a)[None], model(b)[None], ab, ba


def indices(outputs, seed=1, resamples=100, block=1024):
    a, b, ab, ba = outputs
    sums = SobolSums(seed, resamples)
    for k in range(0, a.shape[1], block):
        some = slice(k, k + block)
        others = None if ba is None else ba[..., some]
        sums.add(a[:, some], b[:, some], ab[..., some], others)
    return sums.indices()


def assert_near(found, error, expected):
    assert np.all(np.abs(found[:, 0] - expected) <= SIGMAS * error[:, 0] + 1e-12)


@pytest.mark.jit
def test_ishigami_is_its_closed_form():
    first, total, second, variance = naive.ishigami_indices()
    found = indices(design(ishigami, 3, 2**13, 1))
    assert_near(found.first, found.first_error, first)
    assert_near(found.total, found.total_error, total)
    assert_near(found.second, found.second_error, second)
    assert found.variance[0] == pytest.approx(variance, rel=0.01)
    assert found.mean[0] == pytest.approx(3.5, abs=0.02)


@pytest.mark.jit
def test_sobol_g_is_its_closed_form():
    first, total, variance = naive.g_indices(G)
    found = indices(design(sobol_g, len(G), 2**13, 2))
    assert_near(found.first, found.first_error, first)
    assert_near(found.total, found.total_error, total)
    assert found.variance[0] == pytest.approx(variance, rel=0.01)
    assert found.first_error.max() < 0.02


@pytest.mark.jit
def test_salib_says_the_same():
    """SALib gets the same runs; it does not average both directions, so it differs by luck."""
    a, b, ab, ba = outputs = design(sobol_g, len(G), 2**12, 3)
    ours = indices(outputs)
    flat = np.concatenate([a[None], ab, ba, b[None]])[:, 0].T.ravel()
    problem = {"num_vars": len(G), "names": list("abcdef"), "bounds": [[0, 1]] * len(G)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = salib.analyze(problem, flat, seed=1)
    for mine, error, name in (
        (ours.first, ours.first_error, "S1"),
        (ours.total, ours.total_error, "ST"),
    ):
        margin = theirs[f"{name}_conf"] + 1.96 * error[:, 0]
        assert np.all(np.abs(theirs[name] - mine[:, 0]) <= margin)
    i, j = pairs(len(G))
    assert np.allclose(theirs["S2"][i, j], ours.second[:, 0], atol=0.02)
    one_way = indices((a, b, ab, None))
    assert np.allclose(theirs["S1"], one_way.first[:, 0], atol=2e-3)
    assert np.allclose(theirs["ST"], one_way.total[:, 0], rtol=2e-3)


@pytest.mark.jit
def test_scipy_says_the_same():
    theirs = stats.sobol_indices(
        func=ishigami, n=2**12, dists=[stats.uniform()] * 3, rng=np.random.default_rng(4)
    )
    ours = indices(design(ishigami, 3, 2**12, 5))
    assert_near(ours.first, 2 * ours.first_error, theirs.first_order)
    assert_near(ours.total, 2 * ours.total_error, theirs.total_order)


@given(st.integers(0, 2**32), st.integers(2, 4), st.integers(3, 20), st.floats(-1e3, 1e3))
def test_slow_twin_says_the_same(seed, sources, rows, level):
    rng = np.random.default_rng(seed)
    a, b = level + rng.normal(size=(2, 1, rows))
    ab, ba = level + rng.normal(size=(2, sources, 1, rows))
    found = indices((a, b, ab, ba), resamples=2)
    lists = ([value[0].tolist() for value in many] for many in (ab, ba))
    first, total, second = naive.sobol(a[0].tolist(), b[0].tolist(), *lists)
    assert np.allclose(found.first[:, 0], first, rtol=1e-9, atol=1e-9)
    assert np.allclose(found.total[:, 0], total, rtol=1e-9, atol=1e-9)
    assert np.allclose(found.second[:, 0], second, rtol=1e-9, atol=1e-9)


@given(st.integers(0, 2**32), st.floats(-1e4, 1e4), st.floats(0.1, 1e6))
def test_units_change_nothing(seed, shift, scale):
    points = np.random.default_rng(seed).random((64, 6))
    plain = indices(design(ishigami, 3, 64, 0, points), resamples=4)
    other = indices(design(lambda x: shift + scale * ishigami(x), 3, 64, 0, points), resamples=4)
    for name in ("first", "total", "second", "first_error", "second_error"):
        assert np.allclose(getattr(plain, name), getattr(other, name), atol=1e-6)
    assert np.allclose(other.variance, scale**2 * plain.variance, rtol=1e-6)


@pytest.mark.jit
def test_many_outputs_and_blocks_are_the_same_sums():
    some, others = design(ishigami, 3, 512, 6), design(lambda x: x[0] + x[1] ** 2, 3, 512, 6)
    together = tuple(np.concatenate(pair, axis=-2) for pair in zip(some, others, strict=True))
    whole, parts = indices(together, block=512), indices(together, block=96)
    for name in ("first", "first_error", "total", "total_error", "second", "second_error"):
        assert np.allclose(getattr(whole, name), getattr(parts, name), rtol=1e-9, atol=1e-9)
    assert np.allclose(whole.first[:, 0], indices(some).first[:, 0], atol=1e-9)
    assert np.allclose(whole.first[:, 1], indices(others).first[:, 0], atol=1e-9)


def test_what_is_not_read_has_no_index():
    found = indices(design(lambda x: x[0] * x[1], 4, 256, 7))
    assert np.all(found.first[2:] == 0)
    assert np.all(found.total[2:] == 0)
    assert np.all(found.total_error[2:] == 0)


def test_a_steady_output_has_none():
    found = indices(design(lambda x: np.full(x.shape[1], 0.1), 3, 64, 8))
    assert np.isnan(found.first).all()
    assert np.isnan(found.total_error).all()
    assert np.isnan(found.second).all()


def test_an_output_that_does_not_always_exist_has_none_and_spoils_no_other():
    some = design(ishigami, 3, 64, 9)
    gaps = tuple(np.where(values > 3, np.nan, values) for values in some)
    together = tuple(np.concatenate(pair, axis=-2) for pair in zip(some, gaps, strict=True))
    found = indices(together)
    assert np.isfinite(found.first[:, 0]).all()
    assert np.isnan(found.first[:, 1]).all()


@pytest.mark.jit
def test_bootstrap_errors_are_the_spread_over_designs():
    """Of 200 independent designs; a standard deviation is then within a fifth, at four sigmas."""
    rng = np.random.default_rng(10)
    runs = [
        indices(design(ishigami, 3, 256, 0, rng.random((256, 6))), seed, resamples=60)
        for seed in range(200)
    ]
    for name in ("first", "total", "second"):
        spread = np.std([getattr(run, name)[:, 0] for run in runs], axis=0, ddof=1)
        stated = np.sqrt(
            np.mean([getattr(run, f"{name}_error")[:, 0] ** 2 for run in runs], axis=0)
        )
        assert np.all(np.abs(stated / spread - 1) < 0.2)


@pytest.mark.jit
def test_weights_are_poisson_counts():
    """A chi-square of 262,144 counts; one in 1,000 seeds would fail."""
    weights = row_weights(3, 0, 2**12, 64)
    assert np.all(weights[:, 0] == 1)
    counts = np.bincount(weights[:, 1:].astype(int).ravel(), minlength=8)
    expected = stats.poisson(1).pmf(np.arange(7)) * counts.sum()
    observed = np.append(counts[:7], counts[7:].sum())
    expected = np.append(expected, counts.sum() - expected.sum())
    assert stats.chisquare(observed, expected).pvalue > 1e-3
    between = np.corrcoef(weights[:, 1:].T)
    assert np.abs(between[np.triu_indices(64, 1)]).max() < 5 / math.sqrt(2**12)


@given(st.integers(0, 500), st.integers(1, 40), st.integers(1, 20))
def test_weights_of_a_row_are_the_same_in_any_block(first, rows, resamples):
    whole = row_weights(5, 0, first + rows, 20)
    assert np.array_equal(row_weights(5, first, rows, resamples), whole[first:, : 1 + resamples])
