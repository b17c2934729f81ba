"""Options against each other: a twin over kept draws, exact cases, properties, and words."""

from __future__ import annotations

import math
import pickle
from functools import cache
from statistics import fmean, stdev

import naive_comparison as twin
import numpy as np
import pytest
from handmade import RICH, accuracy, near, planned, shipped, written
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.analysis.comparison import Option, compare, strayed
from sim.analysis.paired import NAMES, Paired
from sim.engine import compute
from sim.report.comparison import dominance_words, verdicts
from sim.results.precision import standard_errors
from sim.results.summary import at_places, places
from sim.sampling import dimensions, draw
from sim.variables import BY_NAME, METRICS

DRAWS = 96
BY = ("released_area", "shortage_per_day", "workstations")
POLICIES = ("ratio", "level", "tight")


@cache
def rich(draws=DRAWS, **plan):
    return planned(written(RICH), draws=draws, sizing_draws=16, weeks=2, **plan)


def options(*policies, problem=0):
    return [Option(name, problem, name) for name in policies]


@cache
def compared(*policies, draws=DRAWS, block=1024, threads=1, **plan):
    return compare([rich(draws, **plan)], options(*policies), BY, block, threads)


@cache
def kept(draws=DRAWS, **plan):
    """Return {(metric, policy, scope, place): [draw]} of all draws at once."""
    problem = rich(draws, **plan)
    values = at_places(problem, compute(problem, draw(problem, 0, draws)))
    names, scopes = places(problem)
    return {
        (metric.name, policy, scope, place): values[m, p, b].tolist()
        for m, metric in enumerate(METRICS)
        for p, policy in enumerate(problem.policy_names)
        for b, (scope, place) in enumerate(zip(scopes, names, strict=True))
    }


def keyed(entries, *keys):
    return {tuple(entry[key] for key in keys): entry for entry in entries}


def paired_values(*options_by_metric):
    """Return float64[option, metric, place, draw] with the chosen metrics given, others 0."""
    given_values = np.array(options_by_metric, dtype=float)
    count, by, draws = given_values.shape
    values = np.zeros((count, len(NAMES), 1, draws))
    for k, name in enumerate(BY[:by]):
        values[:, NAMES.index(name), 0] = given_values[:, k]
    return values


# --- the twin -------------------------------------------------------------------------------


@pytest.mark.jit
@pytest.mark.parametrize("design", ["sobol", "mc"])
def test_differences_are_those_of_kept_draws(design):
    draws = kept(design=design)
    found = compared(*POLICIES, design=design).differences
    assert len(found) == 3 * len(METRICS) * len(places(rich())[0])
    for entry in found:
        at = entry["scope"], entry["body"]
        option, reference = (draws[entry["name"], entry[k], *at] for k in ("option", "reference"))
        gaps = [a - b for a, b in zip(option, reference, strict=True)]
        defined = twin.known(gaps)
        assert entry["defined_share"] == len(defined) / DRAWS
        if not defined:
            assert (
                entry["mean"] is entry["interval"] is entry["p50"] is entry["higher_share"] is None
            )
            continue
        size = max(map(abs, twin.known(option) + twin.known(reference)))
        assert near(entry["mean"], fmean(defined), 1e-9, 1e-12 * size)
        assert near(entry["sd"], stdev(defined), 1e-6, 1e-9 * size)
        assert entry["higher_share"] == twin.share(gaps, lambda gap: gap > 0)
        assert entry["lower_share"] == twin.share(gaps, lambda gap: gap < 0)
        step = 0 if BY_NAME[entry["name"]].whole else (max(defined) - min(defined)) / 1000
        for name, q in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
            assert near(entry[name], twin.quantile(gaps, q), 1e-9, step + 1e-12 * size)
        if len(defined) == DRAWS:
            error = (
                twin.replicate_error(gaps)
                if design == "sobol"
                else stdev(defined) / math.sqrt(len(defined))
            )
            assert near(entry["mcse"], error, 1e-6, 1e-9 * size)
            half = entry["mcse"] * standard_errors(design)
            ends = (entry["mean"] - half, entry["mean"] + half)
            np.testing.assert_allclose(entry["interval"], ends, rtol=1e-12)


@pytest.mark.jit
def test_better_is_what_the_metric_wants():
    for entry in compared(*POLICIES).differences:
        better = BY_NAME[entry["name"]].better
        sides = entry["higher_share"], entry["lower_share"]
        wanted = {"higher": sides, "lower": sides[::-1], None: (None, None)}[better]
        assert (entry["better_share"], entry["worse_share"]) == wanted
        assert entry["better"] == better


def test_standard_errors_of_the_interval_are_students_and_the_normals():
    assert near(standard_errors("sobol"), stats.t(15).ppf(0.975))
    assert near(standard_errors("mc"), stats.norm.ppf(0.975))


@pytest.mark.jit
@pytest.mark.parametrize("name", BY)
def test_ranks_and_regret_are_those_of_kept_draws(name):
    draws, better, found = kept(), BY_NAME[name].better, compared(*POLICIES)
    ranking = keyed(found.ranking, "name", "scope", "body", "option")
    regret = keyed(found.regret, "name", "scope", "body", "option")
    for place, scope in zip(*places(rich()), strict=True):
        by_option = {policy: draws[name, policy, scope, place] for policy in POLICIES}
        lost = twin.regrets(by_option, better)
        order = sorted(POLICIES, key=lambda p: fmean(by_option[p]), reverse=better == "higher")
        for policy in POLICIES:
            entry = ranking[name, scope, place, policy]
            assert entry["rank"] == order.index(policy) + 1
            assert near(entry["mean"], fmean(by_option[policy]), 1e-9)
            assert entry["best_share"] == twin.share(lost[policy], lambda loss: loss == 0)
            assert (entry["ahead_of_next"] is None) == (entry["rank"] == len(POLICIES))
            loss = regret[name, scope, place, policy]
            assert near(loss["mean"], fmean(lost[policy]), 1e-9, 1e-9)
            step = 0 if BY_NAME[name].whole else max(lost[policy]) / 1000
            assert near(loss["p90"], twin.quantile(lost[policy], 0.9), 1e-9, step)


@pytest.mark.jit
def test_dominance_is_that_of_kept_draws():
    draws, found = kept(), compared(*POLICIES)
    entries = keyed(found.dominance, "option", "other", "scope", "body")
    pareto = keyed(found.pareto, "option", "scope", "body")
    for place, scope in zip(*places(rich()), strict=True):
        goods = {
            policy: list(
                zip(
                    *(twin.good(draws[m, policy, scope, place], BY_NAME[m].better) for m in BY),
                    strict=True,
                )
            )
            for policy in POLICIES
        }
        beaten = dict.fromkeys(POLICIES, 0)
        for i in range(DRAWS):
            for policy in POLICIES:
                beaten[policy] += any(
                    twin.dominates(goods[o][i], goods[policy][i]) for o in POLICIES if o != policy
                )
        for policy in POLICIES:
            free = pareto[policy, scope, place]["undominated_share"]
            assert near(free, 1 - beaten[policy] / DRAWS)
            for other in set(POLICIES) - {policy}:
                entry = entries[policy, other, scope, place]
                over = map(twin.dominates, goods[policy], goods[other])
                assert entry["dominates_share"] == sum(over) / DRAWS
                for first in entry["stochastic"]:
                    name = first["name"]
                    mine, its = (draws[name, o, scope, place] for o in (policy, other))
                    worse = twin.worse_by(mine, its, BY_NAME[name].better)
                    # steps of 1/1024 of the range may hold values of both
                    slack = 0 if BY_NAME[name].whole else 3 / DRAWS
                    assert abs(first["worse_by"] - max(worse, 0)) <= slack + 1e-12


@pytest.mark.jit
def test_blocks_and_threads_change_nothing():
    expected = compared(*POLICIES)
    assert compared(*POLICIES, block=7, threads=2) == expected
    assert compared(*POLICIES, block=33) == expected


@pytest.mark.jit
def test_leaves_change_nothing():
    """More draws than a leaf holds, whose first leaf fixes the edges of the bins."""
    expected = compared("ratio", "tight", draws=2500)
    assert compared("ratio", "tight", draws=2500, block=700, threads=2) == expected


# --- properties -----------------------------------------------------------------------------


@pytest.mark.jit
def test_a_difference_turned_round_changes_its_sign_only():
    forth, back = compared("ratio", "level"), compared("level", "ratio")
    turned = {"option": "reference", "reference": "option", "option_mean": "reference_mean"}
    turned |= {"reference_mean": "option_mean", "higher_share": "lower_share"}
    turned |= {"lower_share": "higher_share", "better_share": "worse_share"}
    turned |= {"worse_share": "better_share"}
    for one, other in zip(forth.differences, back.differences, strict=True):
        for key in ("option_mean", "reference_mean", "higher_share", "better_share", "worse_share"):
            assert one[key] == other[turned[key]]
        if one["mean"] is not None:
            assert near(one["mean"], -other["mean"], 1e-12, 1e-12 * (abs(one["sd"] or 0) + 1e-9))
            for key in ("sd", "mcse"):
                assert near(one[key], other[key], 1e-9, 1e-9)


@pytest.mark.jit
def test_differences_add_up_over_options_and_over_bodies():
    found = keyed(compared(*POLICIES).differences, "option", "reference", "name", "scope", "body")
    bodies = rich().bodies
    for metric in METRICS:
        if metric.adds != "sum":
            continue
        for option, reference in (("level", "ratio"), ("tight", "ratio"), ("tight", "level")):
            parts = [found[option, reference, metric.name, "body", b]["mean"] for b in bodies]
            total = found[option, reference, metric.name, "total", "total"]["mean"]
            if None not in (*parts, total):
                assert near(sum(parts), total, 1e-9, 1e-6)
    for (option, reference, *at), entry in found.items():
        if (option, reference) == ("tight", "ratio") and entry["defined_share"] == 1:
            steps = found["level", "ratio", *at], found["tight", "level", *at]
            if all(step["defined_share"] == 1 for step in steps):
                total = sum(step["mean"] for step in steps)
                assert near(total, entry["mean"], 1e-9, 1e-9 * max(1, abs(steps[0]["mean"])))


@pytest.mark.jit
def test_a_scenario_against_itself_is_nothing_at_all():
    two = [Option("a", 0, "level"), Option("b", 1, "level")]
    found = compare([rich(), written_again()], two, BY)
    for entry in found.differences:
        if entry["mean"] is not None:
            figures = [entry[key] for key in ("mean", "sd", "mcse", "p05", "p50", "p95")]
            assert figures == [0.0] * 6
            assert entry["interval"] == [0.0, 0.0]
            assert entry["higher_share"] == entry["lower_share"] == 0
    assert all(entry["mean"] == entry["p90"] == 0 for entry in found.regret)
    assert all(entry["dominates_share"] == 0 for entry in found.dominance)
    assert all(entry["best_share"] == 1 for entry in found.ranking)
    assert all(entry["undominated_share"] == 1 for entry in found.pareto)
    assert {entry["ahead_of_next"] for entry in found.ranking} == {False, None}


def written_again():
    return planned(written(RICH), draws=DRAWS, sizing_draws=16, weeks=2)


numbers = st.integers(-6, 6).map(float)


@given(st.lists(st.tuples(*[st.tuples(numbers, numbers)] * 3), min_size=1, max_size=40))
def test_regret_and_dominance_keep_their_laws(drawn):
    values = paired_values(*np.array(drawn).transpose(1, 2, 0))
    paired = Paired(3, 1, BY[:2])
    paired.add(values)
    good = values[:, paired.rows, 0] * paired.sign[:, None]
    lost = np.array([running.statistics("mc")["mean"] for running in paired.regrets])
    assert (lost >= 0).all()
    assert (paired.best.sum(axis=0) >= paired.comparable).all()
    np.testing.assert_allclose(lost, (good.max(axis=0) - good).mean(axis=-1), atol=1e-12)
    over = paired.dominates[:, :, 0]
    assert (over + over.T <= paired.draws).all()
    assert not np.diag(over).any()
    assert paired.undominated.sum() >= paired.draws  # of finitely many, some are undominated
    for k, sign in enumerate(paired.sign):
        worse = paired.curves.worse_side(k, sign)
        for option in range(3):
            for other in range(3):
                never_less = (good[option, k] >= good[other, k]).all()
                assert worse[option, other] <= 0 or not never_less
                exact = twin.worse_by(list(good[option, k]), list(good[other, k]), "higher")
                # release has bins, a thousand over the range; these values lie far apart
                assert near(worse[option, other], max(exact, 0), 1e-12, 1e-12)


@pytest.mark.jit
def test_memory_stays_where_it_is():
    """What is kept of 2,048 draws is as large as what is kept of 8,192."""
    rng = np.random.default_rng(1)
    paired, sizes = Paired(2, 1, BY[:2]), []
    for _ in range(8):
        paired.add(paired_values(*rng.normal(size=(2, 2, 1024))))
        sizes.append(len(pickle.dumps(paired, protocol=5)))
    assert max(sizes[1:]) - min(sizes[1:]) < 64


# --- exact cases ----------------------------------------------------------------------------


def test_the_offices_difference_is_binomial():
    """119 workstations for 180 people at 0.6, and 0.7 of them: nothing is left to chance."""
    problem = planned(shipped("single-office"), draws=32, sizing_draws=16)
    found = compare([problem], options("seven-per-ten", "pooled"), BY)
    entries = {e["name"]: e for e in found.differences if e["scope"] == "total"}
    present = stats.binom(180, 0.6)
    assert entries["workstations"]["mean"] == 119 - 126
    assert entries["released_area"]["mean"] == 12 * (126 - 119)
    gap = present.sf(119) - present.sf(126)
    assert near(entries["shortage_per_day"]["mean"], gap, accuracy(180, 119))
    assert entries["shortage_per_day"]["sd"] < 1e-12
    assert entries["released_area"]["better_share"] == 1
    assert entries["shortage_per_day"]["better_share"] == 0


@pytest.mark.jit
def test_a_difference_that_an_input_scales_has_its_distribution():
    """84 m² at a rent of U(100, 200): mean 12,600 and sd 84 · 100 / √12, by Monte Carlo.

    The interval is 95 %: with this seed it holds the mean; the sd is within 5 %, about four
    standard errors of 2,048 draws (its relative error is 0.0099).
    """
    rent = "cost.running.rent={ uniform = [100, 200] }"
    problem = planned(shipped("single-office", rent), draws=2048, sizing_draws=16, design="mc")
    found = compare([problem], options("seven-per-ten", "pooled"), BY)
    entry = keyed(found.differences, "name", "scope")["vacated_running_cost", "total"]
    assert entry["interval"][0] <= 12_600 <= entry["interval"][1]
    assert near(entry["sd"], 84 * 100 / math.sqrt(12), 0.05)
    assert near(entry["p05"], 84 * 105, 0.02)
    assert near(entry["p95"], 84 * 195, 0.02)


@pytest.mark.jit
def test_common_draws_make_differences_certain():
    """The luck that two options share falls out: here nearly all of it."""
    found = compared("ratio", "tight")
    entry = keyed(found.differences, "name", "scope")["vacated_running_cost", "total"]
    levels = [
        kept()["vacated_running_cost", policy, "total", "total"] for policy in ("ratio", "tight")
    ]
    apart = math.hypot(*map(stdev, levels))
    assert entry["sd"] < 0.5 * apart


# --- scenarios ------------------------------------------------------------------------------


@pytest.mark.jit
def test_places_are_those_that_all_scenarios_have():
    text = RICH.replace('name = "town"', 'name = "village"').replace("town = 12", "village = 12")
    other = planned(written(text), draws=32, sizing_draws=16, weeks=2)
    two = [Option("a", 0, "ratio"), Option("b", 1, "ratio")]
    found = compare([planned(rich(), draws=32), other], two, BY)
    at = {(entry["scope"], entry["body"]) for entry in found.differences}
    assert ("body", "ministry") in at
    assert not {("body", "town"), ("body", "village")} & at
    assert ("total", "total") in at


def test_an_input_before_others_moves_their_dimensions():
    extra = RICH.replace(
        "[readiness.kit]", "[readiness.home]\ntoday = { uniform = [0.2, 0.4] }\n[readiness.kit]"
    )
    assert strayed([rich(), written(RICH)]) == ()
    lost = strayed([rich(), written(extra)])
    assert "readiness.kit.today" in lost
    assert "attendance.absence" not in lost
    assert "readiness.home.today" not in lost
    apart = dimensions(rich()), dimensions(written(extra))
    assert all(apart[0][path] != apart[1][path] for path in lost)
    assert strayed([planned(rich(), design="mc"), planned(written(extra), design="mc")]) == ()


def test_correlations_that_differ_are_told():
    ranked = RICH.replace("power = 30", "power = { uniform = [20, 40] }")
    pair = '[[correlation]]\ninputs = ["cost.running.rent", "cost.running.power"]\nrank = 0.5\n'
    lost = strayed([written(ranked), written(ranked + pair)])
    assert set(lost) == {"cost.running.rent", "cost.running.power"}


# --- words ----------------------------------------------------------------------------------


def entry(name, before, after, interval=None, scope="total"):
    gap = None if after is None else after - before
    return {
        "option": "b", "reference": "a", "name": name, "scope": scope, "option_mean": after,
        "reference_mean": before, "mean": gap, "interval": interval,
    }  # fmt: skip


def verdict(area, shortage, npv=(None, None)):
    entries = [entry("released_area", *area), entry("shortage_per_day", *shortage)]
    (found,) = verdicts([*entries, entry("npv", *npv)], "KZT")
    return found["words"]


def test_a_verdict_says_how_much_and_which_way():
    assert verdict((5000, 4000, [-1002.0, -998.0]), (0.5, 0.02)) == (
        "`b` releases 1,000 m² less than `a` (± 2 m²) and cuts shortage from 50.0 % to 2.0 % of "
        "days."
    )
    assert verdict((4000, 5000), (0.02, 0.5), (1e6, 4e6)) == (
        "`b` releases 1,000 m² more than `a`, raises shortage from 2.0 % to 50.0 % of days, and is "
        "worth 3,000,000 KZT more (net present value)."
    )


def test_a_verdict_says_what_it_cannot_tell():
    said = verdict((4000, 4001, [-3.0, 5.0]), (0.1, 0.1))
    assert "1 m² more than `a` (± 4 m²), which the draws cannot tell from nothing" in said
    assert said.endswith("leaves shortage at 10.0 % of days.")
    assert "releases as much as `a`" in verdict((10, 10), (0.1, 0.1))


@pytest.mark.jit
def test_verdicts_are_of_totals_and_of_every_pair():
    found = compared(*POLICIES)
    told = verdicts(found.differences, "EUR")
    pairs = [(one["option"], one["reference"]) for one in told]
    assert pairs == [("level", "ratio"), ("tight", "ratio"), ("tight", "level")]


def test_dominance_is_said_in_words():
    made = {"option": "a", "other": "b", "metrics": ["released_area", "shortage_per_day"]}
    first = [{"name": "released_area", "dominates": True}, {"name": "npv", "dominates": False}]
    said = dominance_words(made | {"dominates_share": 1.0, "stochastic": first})
    assert "`a` is nowhere worse than `b`" in said
    assert "by theoretical release and shortage days on every draw" in said
    assert "whatever one asks of theoretical release" in said
    said = dominance_words(made | {"dominates_share": 0.25, "stochastic": first[1:]})
    assert said.endswith("on 25.0 % of draws.")
    assert "on no draw" in dominance_words(made | {"dominates_share": 0.0, "stochastic": []})
