"""Who is eligible, ready and in which mode: inversion place by place, and the laws of the counts.

Chi-square tests have fixed seeds and a false-alarm rate of 1e-6 each.
"""

from __future__ import annotations

import naive
import numpy as np
import pytest
from handmade import JIT, column
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim import streams
from sim.kernels import staff

SEED = np.uint64(11)
KEYS = np.array([streams.stream_key(f"body/{name}") for name in "ab"], np.uint64)
DRAWS = 8_000 if JIT else 400
shares = st.floats(0, 1)


def groups(body, strand, size, place):
    return staff.Groups(*(np.array(x, np.int64) for x in (body, strand, size, place)))


def eligible(parts, share, first=0, strands=1, bodies=2):
    """Return int64[body, strand, draw] of the groups (body, strand, staff, place)."""
    share = np.atleast_2d(np.asarray(share, dtype=float))
    out = np.zeros((bodies, strands, share.shape[1]), np.int64)
    staff.eligible_staff(SEED, KEYS, first, groups(*zip(*parts, strict=True)), share, out)
    return out


def divided(headcount, able, ready=1.0, remote=0.0, combined=0.0, first=0):
    """Return ready int64[body, draw] and cohorts int64[cohort, body, draw]."""
    bodies, strands, draws = able.shape
    passed = np.full((bodies, draws), -1)
    cohorts = np.full((2 * strands + 1, bodies, draws), -1)
    shares = (column(x, draws) for x in (ready, remote, combined))
    staff.divide_staff(SEED, KEYS, first, np.array(headcount), able, *shares, passed, cohorts)
    return passed, cohorts


def luck(body, draw, purpose, slot):
    return streams.uniform(SEED, KEYS[body], draw, purpose, slot)


def follows_binomial(counts, n, p):
    """Whether counts pass a chi-square test, cells of fewer than ten expected put together."""
    low, high = stats.binom.ppf([10 / len(counts), 1 - 10 / len(counts)], n, p)
    edges = np.arange(low, high + 1)
    expected = np.diff([0, *stats.binom.cdf(edges, n, p), 1]) * len(counts)
    observed = np.bincount(np.searchsorted(edges, counts), minlength=len(expected))
    keep = expected > 0
    assert not observed[~keep].any()
    return stats.chisquare(observed[keep], expected[keep] / expected[keep].sum() * len(counts))[
        1
    ] > (1e-6)


# --- eligible -------------------------------------------------------------------------------


@given(first=st.integers(0, 10**9), sizes=st.tuples(*[st.integers(0, 40)] * 3), p=shares, q=shares)
def test_eligible_staff_are_inverted_group_by_group(first, sizes, p, q):
    """Two groups in body a, on two strands, and one in body b; each from its own number."""
    a0, a1, b0 = sizes
    parts = [(0, 0, a0, 0), (0, 1, a1, 1), (1, 0, b0, 0)]
    out = eligible(parts, [[p, q], [q, p], [p, p]], first, strands=2)
    for i in (0, 1):
        u = [luck(b, first + i, streams.ELIGIBLE, place) for b, place in ((0, 0), (0, 1), (1, 0))]
        rates = ((p, q, p), (q, p, p))[i]
        twin = [naive.binomial_quantile(*x) for x in zip(u, sizes, rates, strict=True)]
        assert [*out[0, :, i], *out[1, :, i]] == [*twin, 0]


def test_groups_of_one_strand_add_up():
    parts = [(0, 0, 30, 0), (0, 0, 50, 1)]
    both = eligible(parts, [[0.4], [0.8]])
    assert both[0, 0] == sum(
        eligible([part], [[share]])[0, 0] for part, share in zip(parts, (0.4, 0.8), strict=True)
    )


@pytest.mark.parametrize(("n", "p"), [(180, 0.8), (9, 0.5), (1055, 0.03)])
def test_eligible_staff_are_binomial(n, p):
    assert follows_binomial(eligible([(0, 0, n, 0)], np.full((1, DRAWS), p))[0, 0], n, p)


@given(p=shares, q=shares, n=st.integers(0, 500))
def test_a_higher_share_never_makes_fewer_eligible(p, q, n):
    p, q = sorted((p, q))
    few, many = (eligible([(0, 0, n, 0)], np.full((1, 20), x))[0, 0] for x in (p, q))
    assert (few <= many).all()


# --- ready, remote, combined, on site -------------------------------------------------------


@given(
    first=st.integers(0, 10**6),
    able=st.tuples(st.integers(0, 60), st.integers(0, 60)),
    ready=shares,
    remote=shares,
    rest=shares,
)
def test_staff_are_divided_by_inversion(first, able, ready, remote, rest):
    """R ~ Bin(E, r), remote ~ Bin(R, m), combined ~ Bin(R - remote, c / (1 - m)) by strand."""
    combined = (1 - remote) * rest
    counts = np.array(able)[None, :, None]
    passed, cohorts = divided([200], counts, ready, remote, combined, first)
    total = 0
    for s, number in enumerate(able):
        u = [luck(0, first, x, s) for x in (streams.READY, streams.REMOTE, streams.COMBINED)]
        fit = naive.binomial_quantile(u[0], number, ready)
        home = naive.binomial_quantile(u[1], fit, remote)
        share = combined / (1.0 - remote) if remote < 1 else 0.0
        some = naive.binomial_quantile(u[2], fit - home, min(share, 1.0))
        assert cohorts[2 * s : 2 * s + 2, 0, 0].tolist() == [home, some]
        total += fit
    assert passed[0, 0] == total
    assert cohorts[:, 0, 0].sum() == 200


@given(headcount=st.integers(0, 3000), part=shares, ready=shares, remote=shares, rest=shares)
def test_everybody_is_in_one_cohort(headcount, part, ready, remote, rest):
    able = np.full((1, 1, 9), int(part * headcount))
    passed, cohorts = divided([headcount], able, ready, remote, (1 - remote) * rest)
    assert (cohorts >= 0).all()
    assert (cohorts.sum(axis=0) == headcount).all()
    assert (passed <= able[:, 0]).all()
    assert (cohorts[0] + cohorts[1] <= passed).all()


@pytest.mark.parametrize(
    ("remote", "combined", "counts"),
    [(1.0, 0.0, [70, 0, 30]), (0.0, 1.0, [0, 70, 30]), (0.0, 0.0, [0, 0, 100])],
)
def test_pure_modes_leave_nothing_to_chance(remote, combined, counts):
    _, cohorts = divided([100], np.full((1, 1, 50), 70), 1.0, remote, combined)
    assert (counts == cohorts[:, 0].T).all()


@pytest.mark.parametrize("remote", [0.1, 0.3, 0.7, 0.9])
def test_remote_and_combined_that_add_up_to_1_leave_nobody_on_site(remote):
    _, cohorts = divided([900], np.full((1, 1, 300), 900), 1.0, remote, 1 - remote)
    assert (cohorts[2] == 0).all()


def test_modes_are_multinomial():
    """Marginally remote ~ Bin(H, e r m) and combined ~ Bin(H, e r c); their covariance too."""
    n, e, r, m, c = 400, 0.8, 0.7, 0.3, 0.5
    able = eligible([(0, 0, n, 0), (1, 0, n, 0)], np.full((2, DRAWS), e))
    passed, cohorts = divided([n, n], able, r, m, c)
    for b in (0, 1):
        assert follows_binomial(passed[b], n, e * r)
        assert follows_binomial(cohorts[0, b], n, e * r * m)
        assert follows_binomial(cohorts[1, b], n, e * r * c)
    products = (cohorts[0, 0] - n * e * r * m) * (cohorts[1, 0] - n * e * r * c)
    z = (products.mean() + n * (e * r * m) * (e * r * c)) / (products.std() / DRAWS**0.5)
    assert abs(z) < 5  # false alarms: 6e-7
    assert stats.spearmanr(passed[0], passed[1]).pvalue > 1e-6


@given(p=shares, q=shares)
def test_more_readiness_never_makes_fewer_ready(p, q):
    able = np.full((1, 1, 30), 240)
    few, many = (divided([300], able, x)[0] for x in sorted((p, q)))
    assert (few <= many).all()


def test_each_body_reads_its_own_share():
    able = np.full((2, 1, 5), 60)
    passed, cohorts = divided([60, 60], able, ready=[0.0, 1.0], remote=[1.0, 0.0], combined=[0, 1])
    assert passed.tolist() == [[0] * 5, [60] * 5]
    assert cohorts[:, :, 0].tolist() == [[0, 0], [0, 60], [60, 0]]


# --- dedicated workstations -----------------------------------------------------------------


@given(cohorts=st.lists(st.integers(0, 50), min_size=5, max_size=5), wanted=st.integers(0, 250))
def test_holders_come_in_most(cohorts, wanted):
    """Two strands: on site first, then the stricter strand, combined before remote."""
    dedicated = min(wanted, sum(cohorts[1:]))
    left = np.array(cohorts)[:, None, None]
    holders = np.full_like(left, -1)
    staff.set_apart(np.array([[dedicated]]), left, holders)
    order = [4, 3, 2, 1, 0]
    ahead = np.cumsum([0, *(cohorts[c] for c in order)])
    expected = {c: min(max(dedicated - ahead[k], 0), cohorts[c]) for k, c in enumerate(order)}
    assert holders[:, 0, 0].tolist() == [expected[c] for c in range(5)]
    assert (left + holders)[:, 0, 0].tolist() == cohorts
    assert holders.sum() == dedicated
    assert holders[0, 0, 0] == 0
