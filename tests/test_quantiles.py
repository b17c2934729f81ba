"""The table of a Beta's quantiles by normal score, and normal scores, against scipy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sim.kernels import quantiles

FARTHEST, STEP = 8.25, 1 / 64
SCORES = np.arange(-FARTHEST, STEP / 2, STEP)
SHAPES = st.floats(math.log(0.3), math.log(1e6)).map(math.exp)


def table(a, b):
    """Return the lower half of the quantiles and their slopes, float64[score] each."""
    value, slope = np.empty((2, SCORES.size))
    quantiles.beta_scores(float(a), float(b), FARTHEST, STEP, value, slope)
    return value, slope


@settings(max_examples=60)
@given(a=SHAPES, b=SHAPES)
def test_quantiles_of_a_beta_are_scipys(a, b):
    """Within 1e-10, and within a millionth in the farthest tail."""
    value, _ = table(a, b)
    theirs = special.betaincinv(a, b, special.ndtr(SCORES))
    assert np.abs(value - theirs).max() < 1e-10
    kept = theirs > 1e-280
    assert np.abs(value[kept] / theirs[kept] - 1).max() < 1e-6


@settings(max_examples=60)
@given(a=SHAPES, b=SHAPES)
def test_slopes_are_those_of_the_density(a, b):
    """dx/dz = φ(z) / f(x), from scipy's densities where they neither vanish nor overflow."""
    value, slope = table(a, b)
    with np.errstate(all="ignore"):
        theirs = STEP * stats.norm.pdf(SCORES) / stats.beta.pdf(value, a, b)
    sane = np.isfinite(theirs) & (theirs > 1e-280)
    np.testing.assert_allclose(slope[sane], theirs[sane], rtol=1e-5)
    assert sane[-100:].all()


@settings(max_examples=60)
@given(a=SHAPES, b=SHAPES)
def test_both_halves_meet_in_the_median(a, b):
    """Beta(b, a) is Beta(a, b) seen from the other end, and each half comes from its own tail."""
    (low, _), (high, _) = table(a, b), table(b, a)
    assert low[-1] + high[-1] == pytest.approx(1, abs=1e-10)
    assert (np.diff(low) > 0).all()


@pytest.mark.parametrize(("a", "b"), [(0.3, 1e6), (1e9, 0.5), (1e9, 3e8)])
def test_extreme_shapes_stay_right(a, b):
    """A survey of a thousand million answers, or one that nobody denied."""
    theirs = special.betaincinv(a, b, special.ndtr(SCORES))
    assert np.abs(table(a, b)[0] - theirs).max() < 1e-10


def test_a_uniform_has_its_own_scores():
    """Beta(1, 1) in closed form: x = Φ(z), with slope φ(z)."""
    value, slope = table(1, 1)
    np.testing.assert_allclose(value, special.ndtr(SCORES), rtol=1e-11)
    np.testing.assert_allclose(slope, STEP * stats.norm.pdf(SCORES), rtol=1e-9)


def test_normal_scores_and_their_uniforms():
    """As scipy has them, there and back."""
    u = np.concatenate([np.geomspace(2.0**-53, 0.5, 500), 1 - np.geomspace(2.0**-53, 0.5, 500)])
    z, back = np.empty((2, u.size))
    quantiles.normal_scores(u, z)
    np.testing.assert_allclose(z, special.ndtri(u), rtol=1e-12, atol=1e-15)
    quantiles.normal_uniforms(z, back)
    np.testing.assert_allclose(back, u, rtol=1e-11)
