"""Clocks and scales: interleaved rounds, fresh processes, peak memory."""

from __future__ import annotations

import functools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]

_RUN = """
from benchmarks.estates import smallest
from sim.job import run
run(smallest({draws}), block=8192)
"""
_PEAK = """
import sys
from pathlib import Path
lines = Path("/proc/self/status").read_text().splitlines() if sys.platform == "linux" else []
peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
if not peaks:
    import resource
    peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]
print(peaks[0])
"""


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleaved(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each call, all of them in turn in every round.

    What disturbs the machine for a while then disturbs every side.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(seconds(call))
    return {name: statistics.median(found) for name, found in times.items()}


def fitting_draws(call: Callable[[int], object], target: float, most: int = 2**18) -> int:
    """Return the power of two of draws that a call computes in about ``target`` seconds.

    The calls made to find it also warm the side up.
    """
    draws = 64
    call(draws)
    while draws < most and seconds(functools.partial(call, draws)) < target / 1.5:
        draws *= 2
    return draws


def fresh(code: str) -> str:
    """Run code in a fresh interpreter at the root of the repository; return what it prints."""
    words = [sys.executable, "-c", code]
    return subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def command(*words: str, cache: Path | None = None) -> Callable[[], object]:
    """Return a call of the interpreter with these words; ``cache`` replaces the kernels' cache.

    Python may keep its byte code, as it does for the libraries that are measured beside us.
    """
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if cache is not None:
        environment.pop("NUMBA_CACHE_DIR", None)
        environment["XDG_CACHE_HOME"] = str(cache)

    def call() -> object:
        return subprocess.run(
            [sys.executable, *words], cwd=ROOT, check=True, capture_output=True, env=environment
        )

    return call


def peak_mebibytes(draws: int) -> float:
    """Return the peak resident memory of a fresh interpreter that runs the smallest estate.

    A child's ``ru_maxrss`` starts from its parent's, so Linux's own high-water mark is read.
    """
    return int(fresh(_RUN.format(draws=draws) + _PEAK).split()[-1]) / 1024
