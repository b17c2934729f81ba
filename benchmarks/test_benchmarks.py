"""Times every case of the registry with pytest-benchmark; ``OFFICESIM_BENCH=full`` for all sizes.

Peak memory stands in ``extra_info`` of the results.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from benchmarks import jobs, logs, measure, office, ours, peers, ratios
from benchmarks.cases import CASES, Case
from sim.analysis.calibration.synthetic import Truth
from sim.occupancy import processes

FULL = os.environ.get("OFFICESIM_BENCH") == "full"
ROUNDS = 5 if FULL else 3


def _sized() -> list[object]:
    """Return every case at every size, as pytest wants them."""
    return [
        pytest.param(case, size, id=f"{case.name}, {size} {case.axis}")
        for case in CASES
        for size in (case.full if FULL else case.small)
    ]


@pytest.mark.parametrize(("case", "size"), _sized())
def test_time(case: Case, size: int, benchmark):
    """Time one case at one size, compilation excluded."""
    _skip_without(case.needs)
    call = case.make(size)
    if not case.slow:
        call()
    benchmark.group = f"{case.name} over {case.axis}"
    benchmark.extra_info["size"] = size
    benchmark.pedantic(call, rounds=1 if case.slow else ROUNDS)


@pytest.mark.parametrize("draws", [10_000, 1_000_000] if FULL else [10_000])
def test_memory(draws: int, benchmark):
    """Measure the peak memory of a run in a process of its own."""
    benchmark.group = "memory over draws"
    peak = benchmark.pedantic(lambda: measure.peak_mebibytes(draws), rounds=1)
    benchmark.extra_info["peak_mebibytes"] = peak
    assert peak > 10


@pytest.mark.parametrize("shock", [False, True], ids=["without shock", "with shock"])
def test_numpy_computes_the_same_risk(shock: bool):
    """Means agree for every body, and the workstations are those of a mean shortage of 0.05."""
    found = ours.job_b(1, 512, shock=shock)
    jobs.check_agreement(found, peers.numpy_job_b(2, 4_096, shock=shock), "NumPy")
    assert abs(found.short.mean() - 0.05) < 0.01


def test_numpy_draws_the_same_days():
    """Means of all outputs of Job A agree for every body."""
    jobs.check_agreement(ours.job_a(1, 4_096), peers.numpy_job_a(2, 4_096), "NumPy")


def test_monaco_draws_the_same_days():
    """Means of all outputs of Job A agree for every body."""
    _skip_without("monaco")
    jobs.check_agreement(ours.job_a(1, 4_096), peers.monaco_job_a(2, 300), "monaco")


def test_simpy_computes_the_same_risk():
    """Means of all outputs of Job B agree for every body."""
    _skip_without("simpy")
    jobs.check_agreement(ours.job_b(1, 512), peers.simpy_job_b(2, 8), "SimPy")


def test_simpy_seats_the_same_people():
    """Everybody sits down and leaves at the same second, and some have to wait or go."""
    given = office.office(days=20)
    visits = ours.draw_visits(given)
    log = ours.simulate_days(visits, given.site)
    found, people = office.plain(log), peers.as_people(visits)
    office.check_same(found, peers.simpy_days(people, office.WORKSTATIONS), "SimPy")
    office.check_same(found, peers.lean_simpy_days(people, office.WORKSTATIONS), "lean SimPy")
    assert log.waited.any()
    assert set(log.outcome) == {office.SEATED, office.TURNED_AWAY}
    gone = [v + 1 for v in found.gone]
    with pytest.raises(jobs.DisagreementError, match="'gone' of 4000"):
        office.check_same(found, found._replace(gone=gone), "a stranger")


@pytest.mark.parametrize("places", [1, 5])
def test_the_reference_keeps_the_same_log(places: int):
    """Days with pauses and bookings are those of ``sim.occupancy.processes``."""
    given = office.office(5, 100, places, pauses=True, books=True)
    visits = ours.draw_visits(given)
    expected = processes.simulate_days(visits, given.site)
    for one, two in zip(expected, ours.simulate_days(visits, given.site), strict=True):
        np.testing.assert_array_equal(one, two)


def test_ciw_loses_the_same_customers():
    """Both lose about what Erlang's formula says; days that begin empty lose a little less."""
    visits, site = office.loss_system(1, 400)
    found = office.customers(visits, ours.simulate_days(visits, site))
    assert found.lost.mean() == pytest.approx(office.erlang_b(), rel=0.08)
    _skip_without("ciw")
    office.check_alike(found, peers.ciw_loss_system(2, 20), "Ciw")
    with pytest.raises(jobs.DisagreementError, match="a stranger"):
        office.check_alike(found, found._replace(lost=found.lost + 0.02), "a stranger")


def test_another_model_is_refused():
    """A side that computes something else is never timed."""
    one = ours.job_a(1, 256)
    with pytest.raises(jobs.DisagreementError, match="'peak'"):
        jobs.check_agreement(one, one._replace(peak=one.peak + 10), "a stranger")


def test_threads_and_blocks_give_the_same_bits():
    """Two threads compute what one computes."""
    for one, two in zip(ours.job_a(1, 500), ours.job_a(1, 500, threads=2), strict=True):
        np.testing.assert_array_equal(one, two)


def test_sobol_finds_the_same_mean():
    """The quick estimate of the mean shortage agrees with that over independent draws."""
    found = ours.job_b(1, 2_048).short.mean(axis=0)
    error = found.std() / found.size**0.5
    assert abs(ours.mean_shortage(1, 256) - found.mean()) < 5 * error


def test_a_ratio_outside_its_band_is_told():
    """The bands judge every ratio they name, and a missing peer is no fault."""
    good = dict.fromkeys(ratios.KEYS) | {key: band.low for key, band in ratios.BANDS.items()}
    assert (
        ratios.outside(
            good | {"monaco_vs_numpy": None, "weeks_vs_ciw": None, "sobol_vs_salib": None}
        )
        == []
    )
    assert ratios.outside(good | {"crn": 3.0})[0].startswith("crn is 3, outside 200")


def _skip_without(package: str | None) -> None:
    if package is not None and not peers.INSTALLED[package]:
        pytest.skip(f"{package} is not installed; it comes with the extra 'bench'")


def test_a_log_is_calibrated(tmp_path):
    """The benchmark of a large log runs on a small one."""
    path = tmp_path / "log.csv"
    truth = Truth(people=(60, 40), weeks=8)
    rows = logs.write(path, truth)
    assert logs.calibrate(path).startswith(f"{rows:,} rows")
