"""Clustering from a log: sums over pairs against loops over them, and coverage of intervals.

Coverage is tested over 400 synthetic logs: for each parameter the number of 90 % intervals that
cover the truth must lie in the binomial band, of which the false-alarm rate over all parameters
together is 2 % (Bonferroni).
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.analysis.calibration import clustering
from sim.analysis.calibration.clustering import Fit, Site, fit_clustering, own_sums
from sim.analysis.calibration.estimates import _trend, hidden_groups, mean_by_weeks
from sim.analysis.calibration.fitquality import fit_quality
from sim.analysis.calibration.synthetic import Truth, attended

FAMILY_ERROR = 0.02


def sites_of(people, weeks: int) -> list[Site]:
    """Return what the estimator takes, from people present."""
    t = np.arange(weeks) - (weeks - 1) / 2
    found = []
    for s in np.unique(people.site):
        mine = people.site == s
        present, cohort = people.present[mine], people.cohort[mine]
        there = np.unique(cohort)
        count = np.stack([present[cohort == c].sum(axis=0) for c in there]).astype(float)
        size = np.array([(cohort == c).sum() for c in there])
        found.append(Site(size, count, own_sums(present, t)))
    return found


def log(truth: Truth, seed: int) -> list[Site]:
    people = attended(truth, truth.counts(seed)[..., 0], seed)
    return sites_of(people, truth.weeks)


@given(
    p=st.floats(0.02, 0.98),
    q=st.floats(0.02, 0.98),
    r=st.floats(-0.4, 0.7),
)
def test_series_is_the_bivariate_normal(p, q, r):
    terms = clustering._hermite_density(stats.norm.ppf(np.array([p, q])))
    series = float((r ** np.arange(1, len(terms) + 1)) @ (terms[:, 0] * terms[:, 1]))
    both = stats.multivariate_normal([0, 0], [[1, r], [r, 1]])
    exact = both.cdf(stats.norm.ppf([p, q])) - p * q
    assert series == pytest.approx(exact, abs=3e-5)


def residual(values: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return [week, weekday] less weekday means and a common slope, the obvious way."""
    weeks, days = values.shape
    design = np.zeros((weeks * days, days + 1))
    for w in range(weeks):
        for d in range(days):
            design[w * days + d, d] = 1
            design[w * days + d, days] = t[w]
    flat = values.ravel()
    beta, *_ = np.linalg.lstsq(design, flat, rcond=None)
    return (flat - design @ beta).reshape(weeks, days)


def test_own_sums_leave_the_pairs_of_different_people():
    random = np.random.default_rng(5)
    present = random.random((6, 7, 5)) < 0.5
    t = np.arange(7) - 3.0
    scale = np.array([1.0, 0.5, 2.0, 1.5, 0.7])
    each = [residual(person * scale, t) for person in present]
    pairs_day = sum((a * b).sum() for a, b in permutations(each, 2))
    pairs_week = sum((a.sum(axis=1) * b.sum(axis=1)).sum() for a, b in permutations(each, 2))
    own = own_sums(present, t)
    both = scale[:, None] * scale
    together = residual(present.sum(axis=0) * scale, t)
    own_day = np.trace(own.day * both) - (own.trend * both).sum() / 5
    own_week = (own.day * both).sum() - (own.trend * both).sum()
    assert (together**2).sum() - own_day == pytest.approx(pairs_day, rel=1e-5)
    assert (together.sum(axis=1) ** 2).sum() - own_week == pytest.approx(pairs_week, rel=1e-5)


def test_residuals_are_least_squares():
    random = np.random.default_rng(2)
    values, t = random.random((9, 5)), np.arange(9) - 4.0
    found = clustering._residuals(values, np.ones(5), t)
    assert found == pytest.approx(residual(values, t))


def test_habits_of_single_people_are_no_clustering():
    """People with fixed days, long leave and rates of their own, but independent of each other.

    5 % of 60 logs each way, within a band whose false-alarm rate is 1 %.
    """
    found = [_of_habits(np.random.default_rng(seed)) for seed in range(60)]
    low, high = stats.binom.ppf([0.005, 0.995], 60, 0.05)
    assert low <= sum(one.independence.p_value < 0.05 for one in found) <= high
    assert low <= sum(one.clustering.low > 0 for one in found) <= high
    assert np.mean([one.clustering.value for one in found]) < 0.002


def _of_habits(random: np.random.Generator) -> clustering.Clustering:
    weeks, people = 40, 150
    rate = random.beta(2, 2, (people, 1, 1))
    fixed = random.random((people, 1, 5)) < rate
    leave = random.random((people, weeks, 1)) < 0.2
    present = np.where(random.random((people, 1, 1)) < 0.5, fixed, False)
    present = (present | (random.random((people, weeks, 5)) < rate)) & ~leave
    t = np.arange(weeks) - (weeks - 1) / 2
    count = present.sum(axis=0)[None].astype(float)
    site = Site(np.array([people]), count, own_sums(present, t))
    return fit_clustering([site], np.arange(weeks), random, times=200)


@pytest.mark.jit
def test_intervals_cover_the_truth_of_400_logs():
    truth = Truth(people=(60, 60, 60), onsite_share=0.2, clustering=0.10, common=0.35, week=0.3)
    logs = 400
    counts = truth.counts(4, logs)
    names = (
        "clustering",
        "common",
        "week",
        "Mon",
        "Tue",
        "Wed",
        "Thu",
        "Fri",
        "days",
        "onsite",
        "trend",
    )
    presence = truth.presence(1)
    wanted = (truth.clustering, truth.common, truth.week, *presence, presence.sum(), 4.5, 0.0)
    covered = np.zeros(len(names), int)
    when = np.arange(truth.weeks)
    for k in range(logs):
        random = np.random.Generator(np.random.Philox(k))
        sites = sites_of(attended(truth, counts[..., k], k), truth.weeks)
        fit = fit_clustering(sites, when, random, times=200)
        came = counts[..., k].sum(axis=1).astype(float)  # [cohort, week, weekday]
        top = np.column_stack([came[0], came[0].sum(axis=1)])
        people = float(sum(truth.people) - sum(truth.onsite))
        by_day = mean_by_weeks(top, np.full_like(top, people), random)
        whole = came[1].sum(axis=1, keepdims=True)
        every = mean_by_weeks(whole, np.full_like(whole, sum(truth.onsite)), random)
        share = came.sum(axis=(0, 2)) / sum(truth.people) / 5
        found = (*fit[:3], *by_day, *every, _trend(share, when)[0])
        covered += [one.low <= w <= one.high for one, w in zip(found, wanted, strict=True)]
    tail = FAMILY_ERROR / len(names) / 2
    low, high = stats.binom.ppf([tail, 1 - tail], logs, 0.90)
    assert (low, high) == (340, 377)  # 85 % to 94 %
    outside = {n: c for n, c in zip(names, covered, strict=True) if not low <= c <= high}
    assert not outside, (dict(zip(names, covered, strict=True)), low, high)


@pytest.mark.jit
def test_independence_is_rejected_at_its_rate():
    """5 % of 300 logs of independent people, within a band whose false-alarm rate is 1 %."""
    truth = Truth(people=(80,), clustering=0.0, common=0.0, week=0.0, weeks=13)
    counts = truth.counts(11, 300)
    p_values = []
    for k in range(300):
        sites = sites_of(attended(truth, counts[..., k], k), truth.weeks)
        p_values.append(clustering._independence(Fit(sites, np.arange(13))).p_value)
    rejected = (np.array(p_values) < 0.05).sum()
    low, high = stats.binom.ppf([0.005, 0.995], 300, 0.05)
    assert low <= rejected <= high


@pytest.mark.jit
def test_parts_are_not_told_where_independence_is_not_rejected():
    found = fit_clustering(
        log(Truth(clustering=0.0, common=0.0, week=0.0), 3),
        np.arange(26),
        np.random.default_rng(1),
    )
    assert found.clustering.low == 0
    assert (found.common.low, found.common.high) == (0, 1)
    assert (found.week.low, found.week.high) == (0, 1)


@pytest.mark.jit
def test_counts_alone_give_clustering_of_people_who_are_alike():
    truth = Truth(people=(200,), onsite_share=0.0, common=0.0, weeks=100)
    count = truth.counts(21)[0, 0, ..., 0].astype(float)
    site = Site(np.array([200]), count[None], None)
    found = fit_clustering([site], np.arange(100), np.random.default_rng(1))
    assert found.clustering.low <= truth.clustering <= found.clustering.high


@pytest.mark.jit
def test_a_trend_is_not_taken_for_clustering():
    truth = Truth(people=(200,), clustering=0.0, common=0.0, week=0.0, weeks=40)
    people = attended(truth, truth.counts(2)[..., 0], 2)
    random = np.random.default_rng(1)
    falling = random.random(people.present.shape) < np.linspace(1, 0.6, 40)[:, None]
    people.present[:] &= falling
    found = fit_clustering(sites_of(people, 40), np.arange(40), random)
    assert found.clustering.value < 0.005


@pytest.mark.jit
def test_fit_is_not_rejected_for_logs_of_the_model_but_for_two_regimes():
    sites, when = log(Truth(weeks=40), 6), np.arange(40)
    random = np.random.default_rng(3)
    quality = fit_quality(sites, when, fit_clustering(sites, when, random), random)
    assert quality.p_value > 0.01
    assert 0.8 < quality.inside < 0.98
    count = np.where(np.arange(40)[:, None] % 2 == 0, 40.0, 80.0) * np.ones(5)
    site = Site(np.array([150]), (count + random.normal(0, 2, count.shape))[None], None)
    odd = fit_quality([site], when, fit_clustering([site], when, random), random)
    assert odd.p_value < 0.01


def test_means_are_ratios_and_intervals_shrink():
    random = np.random.default_rng(4)
    top, below = random.poisson(50, (30, 1)).astype(float), np.full((30, 1), 100.0)
    (one,) = mean_by_weeks(top, below, random)
    assert one.value == pytest.approx(top.sum() / below.sum())
    assert one.low < one.value < one.high
    more = np.tile(top, (4, 1))
    (four,) = mean_by_weeks(more, np.full_like(more, 100.0), random)
    assert (four.high - four.low) < 0.6 * (one.high - one.low)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_hidden_groups_cannot_be_worked_out_from_the_total(sizes):
    size = np.array(sizes)
    hidden = hidden_groups(size)
    assert hidden[size < 10].all()
    if hidden.any() and not hidden.all():
        assert hidden.sum() >= 2
        assert size[hidden].sum() >= 10
