"""The elementary functions of the kernels against libm, scipy, printed values and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from handmade import near
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from sim.jit import kernel
from sim.kernels import lanes

ULP = 2.0**-52
chances = st.one_of(
    st.floats(1e-300, 1e-3), st.floats(1e-6, 1 - 1e-6), st.floats(0.99, 1 - 2.0**-53)
)


@kernel
def each(x, out):
    """Apply every function to each element: row by row, as the kernels do."""
    for i in range(x.size):
        out[0, i] = lanes.exp(x[i])
    for i in range(x.size):
        out[1, i] = lanes.exp_less_one(x[i])
    for i in range(x.size):
        out[2, i] = lanes.log(abs(x[i]) + 1e-300)
    for i in range(x.size):
        out[3, i] = lanes.density(x[i])
    for i in range(x.size):
        out[4, i] = lanes.mills(abs(x[i]))
    for i in range(x.size):
        out[5, i] = lanes.below(x[i])
    for i in range(x.size):
        out[6, i], out[7, i] = lanes.below_and_density(x[i])
    for i in range(x.size):
        out[8, i] = lanes.quantile(min(max(lanes.below(x[i]), 1e-300), 1.0 - 2.0**-53))
    for i in range(x.size):
        out[9, i], out[10, i] = lanes.quick_below_and_density(x[i])


# --- exp and log ----------------------------------------------------------------------------


@given(x=st.one_of(st.floats(-700, 700), st.floats(-1, 1), st.floats(-1e-10, 1e-10)))
def test_exp_is_libms(x):
    """Measured: 1.7 units of the last place of 1, and 4.6 for what is left of it after 1."""
    assert near(lanes.exp(x), math.exp(x), 2.5 * ULP)
    assert near(lanes.exp_less_one(x), math.expm1(x), 6 * ULP)


@pytest.mark.parametrize("x", [700.0, 701.0, 1e6, math.inf])
def test_exp_stops_where_its_range_ends(x):
    assert lanes.exp(x) == lanes.exp(700.0)
    assert lanes.exp(-x) == lanes.exp(-700.0)
    assert lanes.exp_less_one(x) == lanes.exp_less_one(700.0)
    assert lanes.exp_less_one(-x) == -1.0


def test_exp_of_nothing():
    assert lanes.exp(0.0) == 1.0
    assert lanes.exp_less_one(0.0) == 0.0
    assert lanes.exp_less_one(1e-300) == 1e-300


@pytest.mark.parametrize("half", range(-20, 21))
def test_exp_has_no_step_where_its_power_changes(half):
    """The reduction changes at odd multiples of log(2) / 2."""
    edge = (half + 0.5) * math.log(2)
    before, at, after = (lanes.exp(x) for x in (np.nextafter(edge, -1e9), edge, edge + 4e-15))
    assert before <= at * (1 + ULP)
    assert at < after


@given(x=st.one_of(st.floats(2.3e-308, 1.7e308), st.floats(0.5, 2), st.floats(1e-300, 1e-3)))
def test_log_is_libms(x):
    """Within 2 ulp near 1 too, where the logarithm is as small as x - 1."""
    assert near(lanes.log(x), math.log(x), 2.5 * ULP)


@pytest.mark.parametrize("power", [-1022, -500, -1, 0, 1, 500, 1023])
def test_log_of_powers_of_two(power):
    assert near(lanes.log(2.0**power), power * math.log(2), 2 * ULP)


@given(x=st.floats(2.3e-308, 1.7e308))
def test_log_never_falls(x):
    """Beyond a step of 4 ulp, for neighbours may round either way."""
    assert lanes.log(x) <= lanes.log(x * (1 + 4 * ULP)) + 2 * ULP


@given(x=st.floats(-690, 690))
def test_log_undoes_exp(x):
    assert near(lanes.log(lanes.exp(x)), x, 3 * ULP, 2 * ULP)


# --- the normal distribution ----------------------------------------------------------------


@given(z=st.floats(-37, 37))
def test_below_and_density_are_scipys(z):
    """Relative 3e-13: near -37 one rounding of z moves the tail by z² ulp, about 1.5e-13."""
    assert near(lanes.below(z), special.ndtr(z), 3e-13)
    assert near(lanes.density(z), stats.norm.pdf(z), 3e-13)
    assert near(lanes.below(z) + lanes.below(-z), 1.0, 1e-13)
    assert lanes.below_and_density(z) == (lanes.below(z), lanes.density(z))


@given(z=st.floats(0, 40))
def test_mills_is_the_tail_over_the_density(z):
    assert near(lanes.mills(z), math.sqrt(math.pi / 2) * special.erfcx(z / math.sqrt(2)), 2e-13)


@given(z=st.floats(-37, 37))
def test_quick_below_and_density_are_scipys(z):
    """Measured: 2e-9 for the density, 4e-9 for the tail."""
    below, density = lanes.quick_below_and_density(z)
    assert near(below, special.ndtr(z), 6e-9)
    assert near(density, stats.norm.pdf(z), 3e-9)
    assert lanes.quick_below(z) == below
    assert lanes.quick_density(0.5 * z * z) == density


@given(z=st.floats(0, 1e6))
def test_quick_mills_is_the_tail_over_the_density(z):
    found = lanes.quick_mills(1.0 / (z + 4.0))
    assert near(found, math.sqrt(math.pi / 2) * special.erfcx(z / math.sqrt(2)), 3e-9)


@given(y=st.floats(-37, 37), z=st.floats(-37, 37))
def test_below_rises(y, z):
    """But for the 1e-13 to which its polynomial is fitted."""
    y, z = sorted((y, z))
    assert lanes.below(y) <= lanes.below(z) * (1 + 3e-13)


@pytest.mark.parametrize("z", [37.0, 38.0, 1e9, math.inf])
def test_below_ends_at_37(z):
    assert lanes.below(z) == 1.0
    assert lanes.below(-z) == lanes.below(-37.0) < 1e-298
    assert lanes.below_and_density(z) == (1.0, lanes.density(37.0))


def test_the_middle_of_the_normal():
    assert near(lanes.below(0.0), 0.5, 1e-13)
    assert near(lanes.density(0.0), 1 / math.sqrt(2 * math.pi), ULP)
    assert lanes.density(60.0) < 1e-300


@given(p=chances)
def test_quantile_is_scipys(p):
    """AS 241 is accurate to about 1e-16; scipy's to a few ulp; zero at the median."""
    assert near(lanes.quantile(p), special.ndtri(p), 3e-15, 3e-16)


@given(p=st.floats(1e-290, 0.5))
def test_quantile_undoes_below(p):
    """Relative error of the tail: z² times that of z (at most 1300 × 1e-16) and of Φ."""
    assert near(lanes.below(lanes.quantile(p)), p, 7e-13)


@given(p=st.integers(1, 2**52 - 1))
def test_quantile_is_odd(p):
    p = p * 2.0**-53
    assert near(lanes.quantile(1 - p), -lanes.quantile(p), 1e-15)


@given(p=chances, q=chances)
def test_quantile_rises(p, q):
    p, q = sorted((p, q))
    assert lanes.quantile(p) <= lanes.quantile(q)


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
    assert near(lanes.quantile(p), z, 4e-15)


@pytest.mark.parametrize("edge", [0.425, 0.5 - 0.425, 0.5 + 0.425, math.exp(-25), 1 - 1e-11])
def test_quantile_has_no_step_where_its_pieces_meet(edge):
    around = [lanes.quantile(x) for x in (np.nextafter(edge, 0), edge, np.nextafter(edge, 1))]
    assert around[0] <= around[1] <= around[2]
    assert near(around[1], special.ndtri(edge), 1e-14)


@pytest.mark.parametrize("p", [1e-300, 1e-17, 2.0**-53, 1 - 2.0**-53, 1 - 2.0**-52])
def test_quantile_is_right_at_its_ends(p):
    assert near(lanes.quantile(p), special.ndtri(p), 3e-15)


# --- lanes ----------------------------------------------------------------------------------


def test_a_value_does_not_depend_on_where_it_stands():
    """Bit by bit: loops of 1 to 70, whose ends are not whole vectors, and each element alone."""
    x = np.random.default_rng(1).normal(scale=9, size=70)
    x[::7] *= 30
    whole = np.empty((11, 70))
    each(x, whole)
    for first in range(70):
        part = np.empty((11, 70 - first))
        each(x[first:].copy(), part)
        assert (part.view(np.int64) == whole[:, first:].copy().view(np.int64)).all()
    alone = [
        [lanes.exp(z), lanes.exp_less_one(z), lanes.density(z), lanes.below(z)] for z in x.tolist()
    ]
    assert (whole[[0, 1, 3, 5]] == np.array(alone).T).all()
