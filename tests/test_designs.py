"""Sobol points: scipy's direction numbers, strata, randomisation and prefixes."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import JIT
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import qmc

from sim import sampling, streams
from sim.kernels import designs

R = designs.REPLICATES
TOP = 2**designs.DIGITS


def unscrambled(dimension, count):
    """Return the plain points 0 ... count - 1 of a dimension."""
    bits = max(1, (count - 1).bit_length())
    numbers = sampling.direction_numbers(dimension, bits)
    found = np.zeros(count, np.uint64)
    for bit in range(bits):
        found[np.arange(count) >> bit & 1 == 1] ^= numbers[bit]
    return found / TOP


def points(name="run/a", dimension=0, first=0, count=256, seed=3):
    return sampling.sobol(np.uint64(seed), streams.stream_key(name), dimension, first, count)


@pytest.mark.parametrize("last", [20, 1000 if JIT else 40])
def test_direction_numbers_are_scipys(last):
    """The walk of scipy is in Gray-code order: its point i is ours of i ^ (i >> 1)."""
    theirs = qmc.Sobol(last, scramble=False, bits=32).random(256)
    gray = np.arange(256) ^ np.arange(256) >> 1
    ours = np.stack([unscrambled(d, 256)[gray] for d in range(last)], axis=1)
    assert (ours == theirs).all()


def test_direction_numbers_go_on_as_far_as_scipys():
    """Point 2**17 of scipy has the 17th and 18th number: beyond all initial ones here."""
    theirs = qmc.Sobol(40, scramble=False, bits=32).fast_forward(2**17).random(1)[0]
    numbers = [sampling.direction_numbers(d, 18) for d in range(40)]
    assert theirs.tolist() == [int(number[16] ^ number[17]) / TOP for number in numbers]


def test_the_first_points_are_printed():
    """Van der Corput in the first dimension; Joe and Kuo's second begins 1/2, 3/4, 1/4."""
    assert unscrambled(0, 8).tolist() == [0, 0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875]
    assert unscrambled(1, 4).tolist() == [0, 0.5, 0.75, 0.25]


@pytest.mark.parametrize("dimension", [0, 1, 2, 17])
@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_each_replicate_fills_every_stratum_once(dimension, seed):
    """2**m points of a replicate lie one in each of 2**m equal parts."""
    u = points(dimension=dimension, count=R * 64, seed=seed).reshape(64, R)
    for m in range(7):
        cells = np.sort(np.floor(u[: 2**m] * 2**m), axis=0)
        assert (cells == np.arange(2**m)[:, None]).all()


def boxes_filled(u, v, a):
    """Return how many boxes of 2**-a by 2**(a - 8) have a point."""
    return len(np.unique(np.floor(u * 2**a) * 2 ** (8 - a) + np.floor(v * 2 ** (8 - a))))


@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (3, 7)])
def test_two_dimensions_stay_a_net(pair):
    """(0, m, 2)-nets in the first two; scrambling keeps what each pair of the sequence has."""
    x, y = (points(f"run/{d}", d, count=R * 256).reshape(256, R) for d in pair)
    plain = [unscrambled(d, 256) for d in pair]
    for a in range(9):
        filled = {boxes_filled(x[:, j], y[:, j], a) for j in range(R)}
        assert filled == {boxes_filled(*plain, a)}


def test_replicates_are_unbiased_and_independent():
    """Means of one point per replicate over seeds: z below 5; Spearman between replicates."""
    seeds = 2_000 if JIT else 30
    u = np.stack([points(count=R, seed=s) for s in range(seeds)])
    assert stats.kstest(u.ravel(), "uniform").pvalue > 1e-6
    assert abs(u.mean() - 0.5) < 5 / np.sqrt(12 * u.size)
    assert stats.spearmanr(u[:, 0], u[:, 1]).pvalue > 1e-6
    assert len(np.unique(points(count=R))) == R


@pytest.mark.jit
def test_replicate_means_estimate_an_integral_without_bias():
    """∫ u² v = 1/6 from 32 points in two dimensions: z of 16 × 300 replicate means below 5."""
    means = []
    for seed in range(300):
        u, v = (points(f"run/{d}", d, count=32 * R, seed=seed) for d in (0, 1))
        means.append((u**2 * v).reshape(32, R).mean(axis=0))
    means = np.ravel(means)
    assert abs(means.mean() - 1 / 6) < 5 * means.std() / means.size**0.5
    assert means.std() < 0.5 * np.sqrt((1 / 15 - 1 / 36) / 32)  # and better than Monte Carlo


@given(
    first=st.integers(0, 5_000),
    count=st.integers(1, 200),
    cut=st.integers(1, 200),
    dimension=st.sampled_from([0, 3, 30]),
)
def test_points_do_not_know_their_block(first, count, cut, dimension):
    """The first n draws of a longer run are the same n draws."""
    whole = points(dimension=dimension, first=first, count=count)
    cut = min(cut, count)
    parts = [points(dimension=dimension, first=first, count=cut)]
    if cut < count:
        parts.append(points(dimension=dimension, first=first + cut, count=count - cut))
    assert np.concatenate(parts).tolist() == whole.tolist()
    assert points(dimension=dimension, count=first + count)[first:].tolist() == whole.tolist()


def test_names_and_seeds_scramble_differently():
    base = points()
    for other in (points("run/b"), points(seed=4), points("sizing/a")):
        assert not np.any(base == other)
        assert stats.spearmanr(base[::R], other[::R]).pvalue > 1e-6 or R == 1


@given(shift=st.sampled_from([0, 1, TOP // 2, TOP - 1]), first=st.integers(0, 2**20))
def test_points_are_strictly_between_0_and_1(shift, first):
    out = np.empty(R)
    nothing = np.zeros((R, 21), np.uint64)
    designs.sobol_points(first, nothing, np.full(R, shift, np.uint64), out)
    assert ((out > 0) & (out < 1)).all()
    assert out[0] == (shift + 0.5) / TOP


@given(x=st.integers(0, 2**64 - 1))
def test_parity(x):
    assert int(designs.parity(np.uint64(x))) == x.bit_count() % 2


def test_scrambling_is_lower_triangular_with_ones_on_its_diagonal():
    """A number 1 at digit d (of DIGITS) keeps its leading digit and changes only later ones."""
    plain = np.array([1 << d for d in range(designs.DIGITS)], np.uint64)
    out, shift = np.empty((R, plain.size), np.uint64), np.empty(R, np.uint64)
    designs.scramble(np.uint64(1), np.uint64(2), plain, out, shift)
    lead = [[int(v).bit_length() - 1 for v in row] for row in out]
    assert lead == [list(range(designs.DIGITS))] * R
    lower = [int(v) & ((1 << d) - 1) for row in out for d, v in enumerate(row) if d > 40]
    ones = sum(v.bit_count() for v in lower) / sum(d for d in range(41, designs.DIGITS)) / R
    assert abs(ones - 0.5) < 0.03  # 8,000 fair digits: five standard errors
    assert (shift < TOP).all()


def test_independent_points_have_a_stream_for_each_slot():
    one, two = (
        sampling.monte_carlo(np.uint64(0), streams.stream_key("x"), 0, 2_000, slot)
        for slot in (0, 1)
    )
    assert stats.spearmanr(one, two).pvalue > 1e-6
    assert stats.kstest(one, "uniform").pvalue > 1e-6
