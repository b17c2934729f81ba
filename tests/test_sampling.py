"""Inputs: every distribution against scipy, ranks, simplexes, and what moves when one is added.

Statistical checks have fixed seeds; each states its false-alarm rate.
"""

from __future__ import annotations

import math
from dataclasses import replace

import naive
import numpy as np
import pytest
from handmade import JIT, near, planned, written
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.problem import Distribution
from sim.sampling import draw, quantile
from sim.scenario.types import Input
from sim.unknowns import distribution

U = np.array([2.0**-53, 1e-12, 1e-6, 0.01, 0.1, 0.3, 0.5, 0.62, 0.9, 0.99, 1 - 1e-6, 1 - 2.0**-53])
BODY = """
[scenario]
name = "made"
area_basis = "usable"
[[body]]
name = "a"
headcount = 100
workstations = 100
area_m2 = 1000
[[body]]
name = "b"
headcount = 60
workstations = 60
area_m2 = 600
[area]
workstation_m2 = 10
[policy.p]
eligible = { uniform = [0.6, 0.9] }
modes = { combined = 1.0 }
days_on_site = { uniform = [1, 3] }
"""
COSTS = """
[cost.running]
rent = { uniform = [10, 20] }
power = { pert = [1, 2, 6] }
clean = { lognormal = { mean = 3, sd = 1 } }
"""
RANKS = """
[[correlation]]
inputs = ["cost.running.rent", "cost.running.power"]
rank = 0.6
[[correlation]]
inputs = ["cost.running.rent", "cost.running.clean"]
rank = -0.3
"""


def sampled(text, count=4096, first=0, **plan):
    """Return {stream: values} of a scenario given as text."""
    problem = planned(written(BODY + text), **plan)
    draws = draw(problem, first, count)
    return {
        unknown.stream: values
        for unknown, values in zip(problem.unknowns, draws.values, strict=True)
    }


KINDS = [
    ({"uniform": [2.0, 5.0]}, stats.uniform(2, 3)),
    ({"uniform": [-1.0, 0.0]}, stats.uniform(-1, 1)),
    ({"triangular": [1.0, 2.0, 6.0]}, stats.triang(0.2, 1, 5)),
    ({"triangular": [1.0, 1.0, 6.0]}, stats.triang(0.0, 1, 5)),
    ({"triangular": [1.0, 6.0, 6.0]}, stats.triang(1.0, 1, 5)),
    ({"pert": [0.0, 2.0, 10.0]}, stats.beta(1.8, 4.2, 0, 10)),
    ({"pert": [3.0, 3.0, 4.0]}, stats.beta(1, 5, 3, 1)),
    ({"pert": [3.0, 4.0, 4.0]}, stats.beta(5, 1, 3, 1)),
    ({"normal": {"mean": 3.0, "sd": 2.0}}, stats.norm(3, 2)),
    ({"normal": {"mean": 3.0, "sd": 2.0, "min": 0.0}}, stats.truncnorm(-1.5, np.inf, 3, 2)),
    ({"normal": {"mean": 3.0, "sd": 2.0, "max": 4.0}}, stats.truncnorm(-np.inf, 0.5, 3, 2)),
    ({"normal": {"mean": 0.0, "sd": 1.0, "min": 5.0}}, stats.truncnorm(5, np.inf)),
    ({"normal": {"mean": 0.0, "sd": 1.0, "min": 7.9}}, stats.truncnorm(7.9, np.inf)),
    ({"normal": {"mean": 1.0, "sd": 2.0, "max": -13.0}}, stats.truncnorm(-np.inf, -7, 1, 2)),
    ({"normal": {"mean": 0.0, "sd": 1.0, "min": 6.0, "max": 6.1}}, stats.truncnorm(6, 6.1)),
    ({"beta": {"mean": 0.12, "sd": 0.02}}, stats.beta(0.12 * 263, 0.88 * 263)),
    ({"beta": {"mean": 0.85, "sd": 0.08}}, stats.beta(0.85 * 18.921875, 0.15 * 18.921875)),
    ({"survey": {"share": 0.61, "n": 897}}, stats.beta(0.61 * 897 + 0.5, 0.39 * 897 + 0.5)),
    ({"survey": {"share": 0.0, "n": 4}}, stats.beta(0.5, 4.5)),
    ({"survey": {"share": 1.0, "n": 4}}, stats.beta(4.5, 0.5)),
    (
        {"lognormal": {"mean": 3.0, "sd": 1.0}},
        stats.lognorm(math.sqrt(math.log(10 / 9)), scale=3 / math.sqrt(10 / 9)),
    ),
]


@pytest.mark.parametrize(("said", "twin"), KINDS)
def test_quantiles_are_scipys(said, twin):
    """Relative to the spread; 1e-9 since scipy's inverse beta and truncnorm are not exact."""
    found = quantile(distribution(Input(**said)), U)
    scale = np.maximum(twin.std(), np.abs(twin.ppf(U)) * 1e-3)
    assert (np.abs(found - twin.ppf(U)) <= 1e-9 * scale).all()


@pytest.mark.parametrize(("said", "twin"), KINDS)
def test_draws_have_the_mean_and_deviation_that_were_said(said, twin):
    """By the midpoint rule on 200,000 quantiles."""
    values = quantile(distribution(Input(**said)), (np.arange(200_000) + 0.5) / 200_000)
    low, high = Input(**said).support()
    assert low <= values.min() <= values.max() <= high
    assert near(values.mean(), twin.mean(), absolute=1e-4 * twin.std())
    assert near(values.std(), twin.std(), 2e-3)
    key = next(iter(said))
    if key in ("beta", "lognormal"):
        assert near(values.mean(), said[key]["mean"], 1e-4)
        assert near(values.std(), said[key]["sd"], 2e-3)


@given(data=st.data())
@settings(max_examples=40)
def test_quantiles_rise(data):
    said, _ = data.draw(st.sampled_from(KINDS))
    u = sorted(data.draw(st.lists(st.floats(1e-15, 1 - 1e-15), min_size=2, max_size=9)))
    assert (np.diff(quantile(distribution(Input(**said)), np.array(u))) >= 0).all()


@given(
    pairs=st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 3)), min_size=1, max_size=6).filter(
        lambda x: sum(w for _, w in x) > 0
    ),
    u=st.floats(1e-15, 1 - 1e-15),
)
def test_discrete_inverts_its_steps(pairs, u):
    """The least value whose cumulated weight reaches u; values in any order, weight 0 never."""
    values, weights = zip(*pairs, strict=True)
    found = quantile(
        Distribution("discrete", (*map(float, values), *map(float, weights))), np.array([u])
    )[0]
    share = [sum(w for v, w in pairs if v <= x) / sum(weights) for x in (found, found - 1e-9)]
    assert share[1] - 1e-15 <= u <= share[0] + 1e-15
    assert any(v == found and w > 0 for v, w in pairs)


def test_empirical_values_are_alike():
    said = distribution(Input(empirical=(3.0, 1.0, 2.0, 2.0)))
    assert quantile(said, np.array([0.2, 0.3, 0.6, 0.74, 0.76])).tolist() == [1, 2, 2, 2, 3]


def test_a_number_is_itself():
    assert quantile(distribution(Input(value=3.5)), U).tolist() == [3.5] * len(U)


# --- correlation ----------------------------------------------------------------------------


@pytest.mark.parametrize("design", ["mc", "sobol"])
def test_rank_correlations_are_reached(design):
    """Spearman's rho within 5 / √n of what is said: false alarms of 6e-7 each, or fewer."""
    count = 16_384 if JIT else 2_048
    found = sampled(COSTS + RANKS, count, design=design)
    rent, power, clean = (found[f"cost.running.{x}"][0] for x in ("rent", "power", "clean"))
    slack = 5 / math.sqrt(count)
    assert abs(stats.spearmanr(rent, power)[0] - 0.6) < slack
    assert abs(stats.spearmanr(rent, clean)[0] + 0.3) < slack
    assert abs(stats.spearmanr(power, clean)[0]) < slack


def test_a_rank_becomes_the_correlation_of_normals():
    """Spearman's ρ of a Gaussian copula is (6/π) asin(r/2): the oracle inverts it."""
    problem = written(BODY + COSTS + RANKS)
    found = problem.cholesky @ problem.cholesky.T
    assert problem.correlated == tuple(f"cost.running.{x}" for x in ("rent", "power", "clean"))
    expected = [(0, 1, 0.6), (0, 2, -0.3), (1, 2, 0.0), (0, 0, 1.0), (2, 2, 1.0)]
    for j, k, rank in expected:
        assert near(found[j, k], naive.rank_to_pearson(rank), absolute=1e-14)
    assert (np.triu(problem.cholesky, 1) == 0).all()


@pytest.mark.parametrize("design", ["mc", "sobol"])
def test_correlation_keeps_each_distribution(design):
    """Kolmogorov–Smirnov at 1e-6 each; Sobol points only lie closer."""
    found = sampled(COSTS + RANKS, 4_096 if JIT else 512, design=design)
    twins = {
        "rent": stats.uniform(10, 10),
        "power": stats.beta(1.8, 4.2, 1, 5),
        "clean": stats.lognorm(math.sqrt(math.log(10 / 9)), scale=3 / math.sqrt(10 / 9)),
    }
    for name, twin in twins.items():
        assert stats.kstest(found[f"cost.running.{name}"][0], twin.cdf).pvalue > 1e-6


def test_a_nearly_perfect_rank_is_reached():
    inputs = 'inputs = ["cost.running.rent", "cost.running.power"]'
    found = sampled(f"{COSTS}[[correlation]]\n{inputs}\nrank = 0.999\n", 2_048)
    rent, power = (found[f"cost.running.{x}"][0] for x in ("rent", "power"))
    assert abs(stats.spearmanr(rent, power)[0] - 0.999) < 0.001


# --- the simplex of an audit ----------------------------------------------------------------


def simplex(shares, count):
    """Return draws of Σ φ w, put in the place of the share that policy p says."""
    problem = written(BODY)
    unknowns = list(problem.unknowns)
    place = next(i for i, u in enumerate(unknowns) if u.distribution.parameters == (0.6, 0.9))
    unknowns[place] = replace(unknowns[place], distribution=Distribution("simplex", shares))
    return draw(replace(problem, unknowns=tuple(unknowns)), 0, count).values[place][0]


@pytest.mark.parametrize("shares", [(1.0, 0.5, 0.0), (1.0, 0.75, 0.5, 0.0, 1.0, 1.0), (0.3,)])
def test_simplex_has_the_moments_of_a_dirichlet(shares):
    """Mean φ̄ and variance (mean φ² - φ̄²) / (n + 1); |z| < 5 each."""
    values = simplex(shares, 40_000 if JIT else 2_000)
    mean, square = np.mean(shares), np.mean(np.square(shares))
    variance = (square - mean**2) / (len(shares) + 1)
    if variance == 0:
        np.testing.assert_allclose(values, mean, rtol=1e-12)
        return
    assert abs(values.mean() - mean) < 5 * math.sqrt(variance / values.size)
    squares = (values - mean) ** 2
    assert abs(squares.mean() - variance) < 5 * squares.std() / math.sqrt(values.size)


def test_simplex_of_yes_and_no_is_a_beta():
    """Nine of twelve functions: Beta(9, 3); Kolmogorov–Smirnov at 1e-6."""
    values = simplex((1.0,) * 9 + (0.0,) * 3, 20_000 if JIT else 1_000)
    assert stats.kstest(values, stats.beta(9, 3).cdf).pvalue > 1e-6


# --- what moves when an input is added ------------------------------------------------------


@pytest.mark.parametrize("design", ["mc", "sobol"])
def test_a_longer_run_begins_with_the_shorter(design):
    short = sampled(COSTS + RANKS, 100, design=design)
    long = sampled(COSTS + RANKS, 333, design=design)
    late = sampled(COSTS + RANKS, 33, first=67, design=design)
    for name, values in short.items():
        assert (long[name][:, :100] == values).all()
        assert (late[name] == values[:, 67:]).all()


def test_an_input_moves_no_other_under_mc():
    plain = sampled("", 64, design="mc")
    more = sampled(COSTS + "[attendance]\nabsence = { uniform = [0, 0.2] }\n", 64, design="mc")
    unmoved = set(plain) - {"attendance.absence"}
    assert all((plain[name] == more[name]).all() for name in unmoved)


def test_a_later_input_moves_no_earlier_one_under_sobol():
    extra = '[policy.q]\nextends = "p"\n[policy.q.dedicated]\nsecret = { uniform = [0, 0.2] }\n'
    plain, more = sampled("", 64, design="sobol"), sampled(extra, 64, design="sobol")
    assert "dedicated.secret" in more
    assert all((plain[name] == more[name]).all() for name in plain)


def test_fixing_an_input_moves_no_other():
    """A constant keeps its Sobol dimension."""
    plain = sampled(COSTS, 64)
    fixed = sampled(COSTS.replace("{ uniform = [10, 20] }", "15"), 64)
    for name in set(plain) - {"cost.running.rent"}:
        assert (plain[name] == fixed[name]).all()
    assert (fixed["cost.running.rent"] == 15).all()


@pytest.mark.parametrize("design", ["mc", "sobol"])
def test_a_value_for_each_body(design):
    text = '[attendance]\nabsence = { uniform = [0, 0.2], per = "body" }\n'
    found = sampled(text, 512, design=design)["attendance.absence/each"]
    assert found.shape == (2, 512)
    assert stats.spearmanr(*found).pvalue > 1e-6
    assert stats.kstest(found[1], stats.uniform(0, 0.2).cdf).pvalue > 1e-6


def test_every_random_number_has_a_dimension_of_its_own(monkeypatch):
    """A value for each body takes as many dimensions as there are bodies."""
    seen = {}

    def watched(_seed, key, dimension, _first, count):
        seen[int(key)] = dimension
        return np.full(count, 0.5)

    monkeypatch.setattr("sim.sampling.sobol", watched)
    sampled(COSTS.replace("[10, 20]", '[10, 20], per = "body"'), 8)
    assert len(seen) == len(set(seen.values())) == 6


def test_dimensions_beyond_the_direction_numbers_use_counter_streams(monkeypatch):
    """Pretend that the table ends after two dimensions; the rest are those of mc."""
    table = (np.zeros(2, np.uint32), np.zeros((2, 1)))
    sobol, mc = sampled(COSTS, 32, design="sobol"), sampled(COSTS, 32, design="mc")
    monkeypatch.setattr("sim.sampling._sobol_table", lambda: table)
    monkeypatch.setattr("sim.sampling.sobol", lambda *_: np.full(32, 0.5))
    cut = sampled(COSTS, 32, design="sobol")
    names = [name for name in cut if name.startswith("cost.running")]
    assert all((cut[name] == mc[name]).all() for name in names)
    assert not any((cut[name] == sobol[name]).all() for name in names)


def test_sizing_and_the_run_have_streams_of_their_own():
    problem = written(BODY + COSTS)
    run, sizing = (draw(problem, 0, 256, stream) for stream in ("run", "sizing"))
    index = next(i for i, u in enumerate(problem.unknowns) if u.stream == "cost.running.rent")
    one, two = run.values[index][0], sizing.values[index][0]
    assert not np.any(one == two)
    assert run.key("day") != sizing.key("day")


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_any_seed_draws(seed):
    found = sampled(COSTS, 32, seed=seed)["cost.running.rent"]
    assert ((found > 10) & (found < 20)).all()
    assert (found == sampled(COSTS, 32, seed=seed)["cost.running.rent"]).all()
    assert not (found == sampled(COSTS, 32, seed=7)["cost.running.rent"]).any()
