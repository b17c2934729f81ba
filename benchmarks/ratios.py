"""Measure the engine beside its peers: ``python -m benchmarks.ratios --json [--smoke]``.

Standard output holds one JSON object of ratios and nothing else; times and what was left out go to
standard error. Means are checked to agree before anything is timed.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks import estates, jobs, measure, office, ours, peers

Ratios = dict[str, float | None]


@dataclass(frozen=True)
class Effort:
    """How much is measured: without arguments the sizes of the whole thing."""

    seconds: float = 0.5
    """Aimed at for each timed call."""
    rounds: int = 7
    agreement: int = 16_384
    """Draws compared before timing."""
    exact: int = 8_192
    """Points of each of the four replicates of the exact value."""
    replicates: int = 50
    crn_seeds: int = 4
    memory: tuple[int, int] = (100_000, 10_000_000)
    bodies: tuple[int, int] = (10, 10_000)
    body_draws: int = 256
    """Draws of both estates, computed at once."""
    run_draws: int = 16_384
    sizing: int | None = None
    """Sizing draws of the reference scenario, where not its own."""
    monaco: int = 500
    days: int = 50
    """Plain days that SimPy simulates; Ciw half as many of the loss system."""
    design: int = 2**14
    """Points of the sensitivity design."""


FULL = Effort()
SMOKE = Effort(
    seconds=0.1, rounds=3, agreement=4_096, exact=1_024, replicates=10, crn_seeds=1,
    memory=(10_000, 100_000), bodies=(10, 1_000), body_draws=64, run_draws=512, sizing=64,
    monaco=64,
    days=20, design=2**11,
)  # fmt: skip


@dataclass(frozen=True)
class Band:
    """Where a ratio may lie before the smoke run fails, and why it ends there."""

    low: float
    high: float
    reason: str

    def holds(self, value: float) -> bool:
        """Tell whether a value lies in the band."""
        return self.low <= value <= self.high


_HALF = "less than half of what is measured on a quiet machine"
_NARROW = "half of what a quiet machine with vectors of 256 bits measures: 17, 51 and 10"
_TWO = "a busy second core may give nothing, but threads must not cost half"
BANDS = {
    "a_1t": Band(8.0, 1e3, _NARROW),
    "a_2t": Band(6.0, 1e3, _TWO),
    "b_1t": Band(25.0, 1e5, _NARROW),
    "b_2t": Band(18.0, 1e5, _TWO),
    "b_shock_1t": Band(5.0, 1e4, _NARROW),
    "b_shock_2t": Band(4.0, 1e4, _TWO),
    "precision": Band(100.0, 1e6, "points double at each try, and ten replicates are few"),
    "crn": Band(200.0, 1e6, "random numbers, not clocks: the target itself"),
    "memory_growth": Band(0.7, 1.4, "memory of short runs is mostly libraries"),
    "body_growth": Band(0.05, 3.0, "64 draws, mostly calls; anything quadratic gives 100"),
    "run_vs_import": Band(0.1, 15.0, "processes on a busy machine"),
    "national_vs_reference": Band(2.0, 60.0, "17 times the bodies; a short run is mostly calls"),
    "appraisal_share": Band(-0.2, 1.0, "twice the target, and a short run is mostly calls"),
    "monaco_vs_numpy": Band(0.3, 300.0, "monaco may get better or worse; ours is not in it"),
    "weeks_vs_simpy": Band(150.0, 1e4, _HALF),
    "weeks_vs_simpy_2t": Band(120.0, 1e4, _TWO),
    "weeks_with_inputs": Band(50.0, 1e4, _HALF),
    "weeks_vs_lean": Band(20.0, 1e3, _HALF),
    "weeks_vs_ciw": Band(100.0, 1e4, _HALF),
    "sobol_vs_salib": Band(60.0, 1e4, "half of what few points give"),
}
"""Ratios in absolute units (draws, seconds) have no band: they say how fast the machine is."""

KEYS = (
    "a_1t", "a_2t", "b_1t", "b_2t", "b_shock_1t", "b_shock_2t", "precision", "crn",
    "memory_growth", "body_growth", "run_vs_import", "seconds_per_1e5_draws",
    "numpy_a_draws_per_s", "monaco_vs_numpy", "national_vs_reference",
    "appraisal_share",
    "weeks_vs_simpy", "weeks_vs_simpy_2t", "weeks_with_inputs", "weeks_vs_lean", "weeks_vs_ciw",
    "sobol_vs_salib",
)  # fmt: skip


def say(line: str) -> None:
    """Print a remark beside the result."""
    print(line, file=sys.stderr, flush=True)


def warm_up() -> None:
    """Compile or load every kernel that the jobs call, and say how long that took."""
    calls: tuple[Callable[[], object], ...] = (
        lambda: ours.job_a(1, 64),
        lambda: ours.job_b(1, 64),
        lambda: ours.job_b(1, 64, shock=True),
        lambda: ours.mean_shortage(1, 64),
        lambda: ours.draw_and_simulate(office.office(1)),
    )
    time = sum(measure.seconds(call) for call in calls)
    say(f"kernels compiled, or loaded from the cache, in {time:.3g} s: in no ratio")


def job_ratios(effort: Effort) -> Ratios:
    """Time the jobs on both sides: NumPy over the engine on one thread and on two."""
    shocked = (
        functools.partial(ours.job_b, shock=True),
        functools.partial(peers.numpy_job_b, shock=True),
    )
    sides: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "a": (ours.job_a, peers.numpy_job_a),
        "b": (ours.job_b, peers.numpy_job_b),
        "b_shock": shocked,
    }
    found: Ratios = {}
    for name, (mine, theirs) in sides.items():
        draws = agree(mine, theirs, effort, f"NumPy in job {name}")
        each = draw_seconds(mine, theirs, draws, effort)
        found[f"{name}_1t"] = each["numpy"] / each["1t"]
        found[f"{name}_2t"] = each["numpy"] / each["2t"]
        if name == "a":
            found["numpy_a_draws_per_s"] = 1 / each["numpy"]
        words = ", ".join(f"{side} {1e6 * time:.3g}" for side, time in each.items())
        say(f"job {name}: microseconds a draw: {words}")
    return found


def agree(mine: Callable[..., Any], theirs: Callable[..., Any], effort: Effort, who: str) -> int:
    """Check that means agree; return the draws our side computes in about the time aimed at."""
    draws = measure.fitting_draws(lambda count: mine(1, count), effort.seconds)
    jobs.check_agreement(mine(1, max(draws, 256)), theirs(2, effort.agreement), who)
    return draws


def draw_seconds(
    mine: Callable[..., Any], theirs: Callable[..., Any], draws: int, effort: Effort
) -> dict[str, float]:
    """Return the median seconds a draw of NumPy and of the engine on one and two threads.

    Each side gets as many draws as fill the time aimed at; NumPy at least one block of 4,096.
    """
    numpy = measure.fitting_draws(lambda count: theirs(1, count), effort.seconds)
    numpy = max(numpy, peers.BLOCK)
    times = measure.interleaved(
        {
            "numpy": lambda: theirs(1, numpy),
            "1t": lambda: mine(1, draws, threads=1),
            "2t": lambda: mine(1, 2 * draws, threads=2),
        },
        effort.rounds,
    )
    per = {"numpy": numpy, "1t": draws, "2t": 2 * draws}
    return {side: time / per[side] for side, time in times.items()}


def precision(effort: Effort) -> Ratios:
    """Compare the times in which the mean shortage of Job B reaches an error of 1e-3."""
    wanted = 1e-3
    several = [ours.mean_shortage(10**6 + seed, effort.exact) for seed in range(4)]
    exact = statistics.fmean(several)
    pilot = peers.numpy_job_b(1, 4096).short.mean(axis=0)
    draws = int(pilot.var() / wanted**2)
    points, mine, errors = 8, 0.0, np.array([1.0])
    while np.sqrt(np.mean(errors**2)) > wanted:
        points *= 2
        times, errors = replicate(ours.mean_shortage, points, effort.replicates, exact)
        mine = statistics.median(times)

    def by_numpy(seed: int, count: int) -> float:
        return float(peers.numpy_job_b(seed, count).short.mean())

    times, errors = replicate(by_numpy, draws, effort.replicates, exact)
    theirs = statistics.median(times)
    say(
        f"precision: exact {exact:.5f} ± {np.std(several) / 2:.1e}; engine {points} points in "
        f"{1e3 * mine:.3g} ms; NumPy {draws} draws in {1e3 * theirs:.3g} ms, "
        f"error {np.sqrt(np.mean(errors**2)):.2e}"
    )
    return {"precision": theirs / mine}


def replicate(
    estimate: Callable[[int, int], float], size: int, count: int, exact: float
) -> tuple[list[float], np.ndarray]:
    """Estimate again and again with other seeds; return the seconds and the errors."""
    found: list[float] = []
    times = [
        measure.seconds(lambda seed=seed: found.append(estimate(seed, size)))
        for seed in range(1000, 1000 + count)
    ]
    return times, np.array(found) - exact


def common_streams(effort: Effort) -> Ratios:
    """Compare the variance of a policy difference with independent and with common streams.

    Draws are independent (design ``mc``), so the variance of a difference of means is that of the
    difference in one draw over the number of draws, which cancels.
    """
    draws, factor = 4096, 1.02
    found = []
    for seed in range(effort.crn_seeds):
        today = ours.job_a(seed, draws).released.sum(axis=0)
        common = ours.job_a(seed, draws, factor=factor).released.sum(axis=0)
        apart = ours.job_a(10_000 + seed, draws, factor=factor).released.sum(axis=0)
        found.append((today - apart).var() / (today - common).var())
    return {"crn": statistics.median(found)}


def memory_growth(effort: Effort) -> Ratios:
    """Compare the peak memory of a long and a short run of the smallest estate."""
    few, many = map(measure.peak_mebibytes, effort.memory)
    say(f"memory: {few:.0f} MiB at {effort.memory[0]:,} draws, {many:.0f} at {effort.memory[1]:,}")
    return {"memory_growth": many / few}


def body_growth(effort: Effort) -> Ratios:
    """Compare the cost of a body and draw in large and small estates, draws to Dataset."""
    from sim import draw, simulate

    calls = {}
    for bodies in effort.bodies:
        problem = estates.estate(bodies=bodies)

        def call(problem: Any = problem) -> object:
            return simulate(problem, draw(problem, 0, effort.body_draws))

        call()
        calls[str(bodies)] = call
    times = measure.interleaved(calls, min(effort.rounds, 3)).values()
    few, many = (
        time / (bodies * effort.body_draws)
        for time, bodies in zip(times, effort.bodies, strict=True)
    )
    say(f"bodies: {1e6 * few:.3g} and {1e6 * many:.3g} us each")
    return {"body_growth": many / few}


def start(effort: Effort) -> Ratios:
    """Compare the reference scenario on the command line with importing what it needs."""
    sizing = () if effort.sizing is None else ("--set", f"run.sizing_draws={effort.sizing}")
    draws = "--draws", str(effort.run_draws)
    run = measure.command("-m", "sim.cli", "run", str(estates.REFERENCE), *draws, *sizing)
    run()
    times = measure.interleaved(
        {"run": run, "import": measure.command("-c", "import numba, xarray")},
        min(effort.rounds, 3),
    )
    say(f"start: run {times['run']:.3g} s, imports {times['import']:.3g} s")
    return {"run_vs_import": times["run"] / times["import"]}


def throughput(effort: Effort) -> Ratios:
    """Time the reference scenario and the national estate in a warm process, all policies.

    Finding sizes costs the same whatever the number of draws, so it is told apart.
    """
    from sim.job import processors, run
    from sim.sizing import service_sizes

    times = []
    for file in (estates.REFERENCE, estates.NATIONAL):
        problem = estates.shipped(file, effort.run_draws, effort.sizing)
        sizing = measure.seconds(lambda problem=problem: service_sizes(problem, processors()))
        drawing = measure.seconds(lambda problem=problem: run(problem))
        say(f"{file.stem}: sizes {sizing:.3g} s, then {effort.run_draws:,} draws {drawing:.3g} s")
        times.append((sizing, drawing))
    reference, national = times
    return {
        "seconds_per_1e5_draws": reference[1] * 1e5 / effort.run_draws,
        "national_vs_reference": sum(national) / sum(reference),
    }


def appraisal(effort: Effort) -> Ratios:
    """Tell what ten lines over thirty years add to the draws of the reference scenario."""
    from sim.job import run
    from sim.sizing import service_sizes

    whole = estates.shipped(
        estates.REFERENCE, effort.run_draws, effort.sizing, "appraisal.years=30"
    )
    plan = whole.appraisal
    assert plan is not None
    sides = {
        "with": replace(whole, appraisal=replace(plan, lines=plan.lines[:10])),
        "without": replace(whole, appraisal=None),
    }
    for problem in sides.values():
        service_sizes(problem)
    times = measure.interleaved(
        {name: functools.partial(run, problem) for name, problem in sides.items()},
        min(effort.rounds, 3),
    )
    say(f"appraisal: {times['with']:.3g} s with it, {times['without']:.3g} s without")
    return {"appraisal_share": times["with"] / times["without"] - 1}


def against_monaco(effort: Effort, numpy_rate: float) -> Ratios:
    """Compare monaco's time a draw of Job A with NumPy's; null where monaco is not installed."""
    if not peers.INSTALLED["monaco"]:
        say("monaco is not installed (extra 'bench'): monaco_vs_numpy is null")
        return {"monaco_vs_numpy": None}
    found = peers.monaco_job_a(1, effort.monaco)
    jobs.check_agreement(peers.numpy_job_a(2, effort.agreement), found, "monaco")
    time = measure.interleaved(
        {"monaco": lambda: peers.monaco_job_a(1, effort.monaco)}, min(effort.rounds, 3)
    )["monaco"]
    return {"monaco_vs_numpy": time / effort.monaco * numpy_rate}


MANY, AGAIN = 5, 40
"""Our side gets so many times the days of a peer, so often: it is some hundred times as quick."""


def weeks(effort: Effort) -> Ratios:
    """Time the plain day on every side, all given the same visits."""
    some, given = office.office(effort.days), office.office(MANY * effort.days)
    first, visits = ours.draw_visits(some), ours.draw_visits(given)
    people = peers.as_people(first)
    found = office.plain(ours.simulate_days(first, some.site))
    sides = {"simpy": peers.simpy_days, "lean": peers.lean_simpy_days}
    for name, side in sides.items():
        office.check_same(found, side(people, office.WORKSTATIONS), name)
    times = measure.interleaved(
        {name: functools.partial(side, people, office.WORKSTATIONS) for name, side in sides.items()}
        | {
            "1t": lambda: ours.simulate_again(visits, given.site, AGAIN),
            "2t": lambda: ours.simulate_again(visits, given.site, AGAIN, threads=2),
            "with_inputs": lambda: [ours.draw_and_simulate(given) for _ in range(AGAIN)],
        },
        effort.rounds,
    )
    few, many = effort.days * office.PEOPLE, AGAIN * visits.arrival.size
    each = {name: time / (few if name in sides else many) for name, time in times.items()}
    words = ", ".join(f"{side} {1e9 * time:.3g}" for side, time in each.items())
    say(f"plain day: nanoseconds a visit: {words}")
    return {
        "weeks_vs_simpy": each["simpy"] / each["1t"],
        "weeks_vs_simpy_2t": each["simpy"] / each["2t"],
        "weeks_with_inputs": each["simpy"] / each["with_inputs"],
        "weeks_vs_lean": each["lean"] / each["1t"],
    }


def against_ciw(effort: Effort) -> Ratios:
    """Compare the events a second of the loss system with Ciw's; null where it is not installed.

    Ciw draws its customers as it goes. NumPy draws ours, which is told but not in the ratio.
    """
    if not peers.INSTALLED["ciw"]:
        say("Ciw is not installed (extra 'bench'): weeks_vs_ciw is null")
        return {"weeks_vs_ciw": None}
    few, many = effort.days // 2, MANY * effort.days // 2
    visits, site = office.loss_system(1, many)
    mine = office.customers(visits, ours.simulate_days(visits, site))
    theirs = peers.ciw_loss_system(2, few)
    office.check_alike(mine, theirs, "Ciw")
    times = measure.interleaved(
        {
            "ours": lambda: ours.simulate_again(visits, site, AGAIN),
            "drawing": lambda: office.loss_system(1, many),
            "ciw": lambda: peers.ciw_loss_system(2, few),
        },
        effort.rounds,
    )
    events = int(mine.events.sum())
    counts = {"ours": AGAIN * events, "drawing": events, "ciw": int(theirs.events.sum())}
    each = {name: time / counts[name] for name, time in times.items()}
    words = ", ".join(f"{side} {1e9 * time:.3g}" for side, time in each.items())
    say(f"loss system: nanoseconds an event: {words}")
    return {"weeks_vs_ciw": each["ciw"] / each["ours"]}


INPUTS, RESAMPLES = 12, 100
_G = np.array([0.0, 1.0, 4.5, 9.0, *[99.0] * (INPUTS - 4)])


def sobol_g(x: Any) -> Any:
    """Return Sobol's G function of float64[input, row]."""
    return np.prod((np.abs(4 * x.T - 2) + _G) / (1 + _G), axis=1)


def against_salib(effort: Effort) -> Ratios:
    """Compare SALib's time for a design and its indices with ours; null where it is missing.

    Each has its own points; the function that is analysed is in neither time.
    """
    if not peers.INSTALLED["SALib"]:
        say("SALib is not installed (extra 'dev'): sobol_vs_salib is null")
        return {"sobol_vs_salib": None}
    rows = effort.design
    values = ours.between(ours.sobol_points(INPUTS, rows), sobol_g)
    theirs = sobol_g(peers.salib_points(INPUTS, rows).T)
    found = ours.sobol_indices(values, RESAMPLES)
    other = peers.salib_indices(INPUTS, theirs, 2)
    for name, mine, error in (
        ("S1", found.first, found.first_error),
        ("ST", found.total, found.total_error),
    ):
        if np.any(np.abs(other[name] - mine[:, 0]) > 6 * error[:, 0] + 1e-3):
            raise jobs.DisagreementError(f"SALib finds other {name}")
    calls = {
        "points": lambda: ours.sobol_points(INPUTS, rows),
        "indices": lambda: ours.sobol_indices(values, RESAMPLES),
    }
    mine = measure.interleaved(calls, effort.rounds)
    whole = {
        "points": lambda: peers.salib_points(INPUTS, rows),
        "indices": lambda: peers.salib_indices(INPUTS, theirs, RESAMPLES),
    }
    salib = measure.interleaved(whole, 1)
    words = "; ".join(
        f"{who} {1e3 * times['points']:.3g} + {1e3 * times['indices']:.3g}"
        for who, times in (("engine", mine), ("SALib", salib))
    )
    say(f"sensitivity, {rows:,} points: milliseconds for points and indices: {words}")
    return {"sobol_vs_salib": sum(salib.values()) / sum(mine.values())}


def measure_all(effort: Effort) -> Ratios:
    """Return every ratio under its name."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    say(f"{os.cpu_count()} processors, load {load:.1f} before the start")
    warm_up()
    found = job_ratios(effort)
    rate = found["numpy_a_draws_per_s"]
    assert rate is not None
    steps = (precision, common_streams, memory_growth, body_growth, start, throughput)
    for step in (*steps, appraisal, weeks):
        found |= step(effort)
    found |= against_monaco(effort, rate) | against_ciw(effort) | against_salib(effort)
    return {key: found[key] for key in KEYS}


def outside(found: Ratios) -> list[str]:
    """Return a line for each ratio outside its band."""
    return [
        f"{key} is {value:.3g}, outside {band.low:g} to {band.high:g} ({band.reason})"
        for key, band in BANDS.items()
        if (value := found[key]) is not None and not band.holds(value)
    ]


def main(words: list[str] | None = None) -> int:
    """Measure, print, and judge the short form."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ratios", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--smoke", action="store_true", help="short form; fails outside the bands")
    chosen = parser.parse_args(words)
    found = measure_all(SMOKE if chosen.smoke else FULL)
    if chosen.json:
        print(json.dumps({k: v if v is None else float(f"{v:.4g}") for k, v in found.items()}))
    else:
        for key, value in found.items():
            print(f"{key:24}{'–' if value is None else format(value, '.4g')}")
    faults = outside(found) if chosen.smoke else []
    for fault in faults:
        say(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
