"""The normal distribution of the kernels against scipy, printed values and its own symmetry."""

from __future__ import annotations

import math

import numpy as np
import pytest
from handmade import near
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from sim.kernels import normal


@given(z=st.floats(-37, 37))
def test_below_and_density_are_scipys(z):
    """Relative 2e-13: near -37 one rounding of z moves the tail by z² ulp, about 1.5e-13."""
    assert near(normal.below(z), special.ndtr(z), 2e-13)
    assert near(normal.density(z), stats.norm.pdf(z), 2e-13)
    assert near(normal.below(z) + normal.below(-z), 1.0, 1e-15)


@given(p=st.one_of(st.floats(1e-300, 1e-3), st.floats(1e-6, 1 - 1e-6), st.floats(0.99, 1 - 1e-15)))
def test_quantile_is_scipys(p):
    """AS 241 is accurate to about 1e-16; scipy's to a few ulp; zero at the median."""
    assert near(normal.quantile(p), special.ndtri(p), 3e-15, 3e-16)


@given(p=st.floats(1e-290, 0.5))
def test_quantile_undoes_below(p):
    """Relative error of the tail: z² times that of z (at most 1300 × 1e-16) and of Φ."""
    assert near(normal.below(normal.quantile(p)), p, 5e-13)


@given(p=st.integers(1, 2**52 - 1))
def test_quantile_is_odd(p):
    p = p * 2.0**-53
    assert near(normal.quantile(1 - p), -normal.quantile(p), 1e-15)


@given(p=st.floats(0, 1), q=st.floats(0, 1))
def test_quantile_rises(p, q):
    p, q = sorted((p, q))
    assert normal.quantile(p) <= normal.quantile(q)


@pytest.mark.parametrize(
    ("p", "z"),
    [
        # Printed in any table, here to 16 digits (Abramowitz and Stegun, table 26.1 and 26.5).
        (0.5, 0.0),
        (0.95, 1.6448536269514722),
        (0.975, 1.959963984540054),
        (0.999, 3.090232306167813),
        (0.25, -0.6744897501960817),
        (1e-10, -6.361340902404056),
    ],
)
def test_quantile_printed_values(p, z):
    assert near(normal.quantile(p), z, 4e-15)


@pytest.mark.parametrize("edge", [0.425, 0.5 - 0.425, 0.5 + 0.425, math.exp(-25), 1 - 1e-11])
def test_quantile_has_no_step_where_its_pieces_meet(edge):
    around = [normal.quantile(x) for x in (np.nextafter(edge, 0), edge, np.nextafter(edge, 1))]
    assert around[0] <= around[1] <= around[2]
    assert near(around[1], special.ndtri(edge), 1e-14)


def test_ends():
    assert [normal.quantile(p) for p in (0.0, 1.0)] == [-math.inf, math.inf]
    assert [normal.below(z) for z in (-math.inf, 0.0, math.inf)] == [0.0, 0.5, 1.0]
    assert normal.density(0.0) == 1 / math.sqrt(2 * math.pi)
    assert normal.density(60.0) == 0.0
