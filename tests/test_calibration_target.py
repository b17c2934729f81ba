"""Inputs that give a published figure, published percentages, and the forecast of later weeks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.analysis.calibration.backtest import back_test, crps_of
from sim.analysis.calibration.clustering import Site
from sim.analysis.calibration.published import fit_published, people_of, read_published
from sim.analysis.calibration.synthetic import Truth
from sim.analysis.calibration.target import copula_ranks, fit_targets, parse_targets
from sim.errors import InputError

CASE = Path(__file__).parents[1] / "scenarios" / "kazakhstan-2023.toml"
WIDE = (
    "policy.published.eligible={uniform=[0.5,0.95]}",
    "policy.published.workstations.per_person={central={uniform=[0.2,1.0]},local={uniform=[0.2,1.0]}}",
)


@pytest.fixture(scope="module")
def wide():
    return sim.build(sim.load(CASE, WIDE).scenario)


@pytest.mark.jit
def test_one_target_gives_the_ridge_of_the_arithmetic(wide):
    """Released 11,316 of 12,660 m² is 112 places of 12 m²: s (1 - e) 1,055 = 112."""
    targets = parse_targets(["released_area.central=11316"], wide)
    fit = fit_targets(wide, "published", targets, within=0.005, most=2**15)
    assert fit.streams == ("eligible", "workstations.per_person.central")
    eligible, ratio = fit.accepted
    assert np.median(ratio * (1 - eligible) * 1055) == pytest.approx(112, rel=0.02)
    assert (np.abs(fit.reached / 11316 - 1) <= 0.005).all()
    assert fit.ranks[0, 1] > 0.9
    assert fit.ridges[0][:2] == fit.streams
    # neither is known alone: both keep most of their range
    assert all(one.narrowed > 0.5 for one in fit.posteriors)


@pytest.mark.jit
def test_ranks_of_the_overlay_can_be_those_of_a_normal_copula(wide):
    targets = parse_targets(["released_area.total=21840"], wide)
    fit = fit_targets(wide, "published", targets, within=0.01, most=2**14)
    names = list(fit.streams)
    normal = np.eye(len(names))
    for (a, b), rank in copula_ranks(fit).items():
        i, j = names.index(a), names.index(b)
        normal[i, j] = normal[j, i] = 2 * np.sin(np.pi * rank / 6)
    assert np.linalg.eigvalsh(normal)[0] > 0


@pytest.mark.jit
def test_out_of_reach_is_refused_with_the_range_there_is(wide):
    targets = parse_targets(["released_area.central=12660"], wide)
    with pytest.raises(InputError, match="with the scenario's ranges it lies from"):
        fit_targets(wide, "published", targets, most=4096)


@pytest.mark.parametrize(
    ("said", "phrase"),
    [
        ("released_aera.central=5", "did you mean released_area"),
        ("released_area.centrl=5", "did you mean central"),
        ("released_area.central=much", "needs a number"),
        ("released_area.central", "needs a number"),
        ("released_area.central=0", "needs a number"),
    ],
)
def test_wrong_targets_are_refused(wide, said, phrase):
    with pytest.raises(InputError, match=phrase):
        parse_targets([said], wide)


# --- published percentages ------------------------------------------------------------------

DAYS = "week,monday,tuesday,wednesday,thursday,friday\n"


def table(folder: Path, text: str) -> Path:
    path = folder / "weeks.csv"
    path.write_text(text)
    return path


def test_percentages_by_day_give_the_profile(tmp_path):
    rows = "".join(
        f"2024-W{w},{30 + w % 3},{40 + w % 2},41,{39 + w % 3},20\n" for w in range(1, 13)
    )
    published = read_published(table(tmp_path, DAYS + rows))
    found = fit_published(published, None, 1)
    assert found.by_weekday[0].value == pytest.approx(0.31, abs=0.01)
    assert found.by_weekday[4].value == pytest.approx(0.20)
    assert found.clustering is None
    assert any("one office" in said for said in found.unknown)


def test_countless_people_show_their_common_clustering(tmp_path):
    random = np.random.default_rng(3)
    r, share = 0.08, 0.4
    z = random.standard_normal((400, 5))
    percent = 100 * stats.norm.cdf((stats.norm.ppf(share) + np.sqrt(r) * z) / np.sqrt(1 - r))
    rows = "".join(
        f"w{k}," + ",".join(f"{p:.4f}" for p in row) + "\n" for k, row in enumerate(percent)
    )
    found = fit_published(read_published(table(tmp_path, DAYS + rows)), None, 1)
    assert found.least_clustering == pytest.approx(r, rel=0.1)


def test_percentages_by_week_give_no_profile(tmp_path):
    text = "week;percent\n1;31,5\n2;30,5\n3;29,5\n4;33,0\n5;32,5\n"
    found = fit_published(read_published(table(tmp_path, text)), None, 1)
    assert found.by_weekday == ()
    assert found.least_clustering is None
    assert found.mean.value == pytest.approx(0.314)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("week,percent\n1,30\n2,31\n3,32\n", "has 3 weeks"),
        ("week,percent\n1,30\n2,31\n3,132\n4,5\n", "must be a percentage"),
        ("week,percent\n1,0.3\n2,0.31\n3,0.2\n4,0.5\n", "perhaps they are shares"),
        ("week,monday\n1,30\n2,30\n3,30\n4,30\n", "needs the columns monday to friday"),
        ("week,share\n1,30\n", "is not a column"),
    ],
)
def test_wrong_percentages_are_refused(tmp_path, text, phrase):
    with pytest.raises(InputError, match=phrase):
        read_published(table(tmp_path, text))


def test_percentages_of_workstations_become_those_of_people(tmp_path):
    text = "week,percent\n1,30\n2,30\n3,30\n4,30\n"
    published = read_published(table(tmp_path, text))
    assert people_of("workstations", 100, 50, published).share == pytest.approx(0.15)
    assert people_of("people", 100, 50, published).share == pytest.approx(0.30)
    with pytest.raises(InputError, match="more people than it has"):
        people_of("workstations", 10, 50, published)


# --- back-test ------------------------------------------------------------------------------


def test_score_is_that_of_its_definition():
    random = np.random.default_rng(1)
    sample, came = random.normal(50, 5, (40, 5)), random.normal(50, 5, (3, 5))
    slow = np.array(
        [
            [
                np.mean(np.abs(sample[:, d] - x))
                - np.mean(np.abs(sample[:, d, None] - sample[None, :, d])) / 2
                for d, x in enumerate(week)
            ]
            for week in came
        ]
    )
    assert crps_of(np.sort(sample, axis=0), came) == pytest.approx(slow)


@pytest.mark.jit
def test_the_calibration_foresees_better_than_naive_averages():
    """Scores of 24 logs, each of its own seed.

    A log's coverage has a standard deviation of 0.04, so that of their mean is 0.008: three of them
    allow 0.3 % false alarms.
    """
    truth = Truth(people=(150,), onsite_share=0.0, clustering=0.1, common=0.0, weeks=60)
    counts, when = truth.counts(5, 24)[0, 0].astype(float), np.arange(60)
    tests = [
        back_test([(Site(np.array([150]), counts[None, ..., k], None), np.empty(0))], when, k)
        for k in range(24)
    ]
    assert {(one.trained, one.tested) for one in tests if one} == {(40, 20)}
    scores = [one.scores for one in tests if one]
    crps, covered = (
        np.mean([[getattr(score, name) for score in by_way] for by_way in scores], axis=0)
        for name in ("crps", "covered")
    )
    assert crps[0] < crps[1] < crps[2]
    assert covered[0] == pytest.approx(0.90, abs=0.025)
    assert covered[1] < 0.7


def test_few_weeks_are_not_back_tested():
    site = Site(np.array([20]), np.full((1, 7, 5), 10.0), None)
    assert back_test([(site, np.empty(0))], np.arange(7), 1) is None
