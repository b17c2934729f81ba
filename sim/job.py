"""The main job: blocks of draws through the engine into a summary, in memory that stays put."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from sim.engine import compute
from sim.errors import RunError
from sim.executors import in_order
from sim.kernels.presence import WEEKDAYS
from sim.problem import Problem
from sim.results.label import label
from sim.results.precision import Target, attained, checkpoints, targets
from sim.results.summary import Summary, tally_bytes
from sim.sampling import draw
from sim.sizing import service_sizes
from sim.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr

    from sim.problem import Arrays

BLOCK = 2048
"""Draws computed at once; any other number gives the same result."""
_COPIES = 2
_BYTES_A_COUNT = 24


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory() -> int:
    """Return how much memory is free [bytes]."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def run(
    problem: Problem,
    block: int = BLOCK,
    threads: int = 0,
    keep: AbstractContextManager[Callable[[xr.Dataset], None]] | None = None,
    progress: Callable[[int], None] | None = None,
    precision: Sequence[str] = (),
) -> xr.Dataset:
    """Compute the draws of a problem and summarise them.

    Parameters are those of ``summarise``.

    Returns
    -------
    xarray.Dataset
        From ``sim.results.summary.Summary.result``; the same bits for any block and threads, and
        for a run that stopped as for one of that many draws.
    """
    return summarise(problem, block, threads, keep, progress, precision).result()


def summarise(
    problem: Problem,
    block: int = BLOCK,
    threads: int = 0,
    keep: AbstractContextManager[Callable[[xr.Dataset], None]] | None = None,
    progress: Callable[[int], None] | None = None,
    precision: Sequence[str] = (),
) -> Summary:
    """Do what ``run`` does, without labels.

    Parameters
    ----------
    problem : Problem
    block : int
        Draws computed at once.
    threads : int
        Blocks computed at the same time; 0 for as many as there are processors.
    keep : context manager, optional
        Gives a function that takes each block of draws, to store it.
    progress : callable, optional
        Told how many draws are done.
    precision : sequence of str
        ``metric=value`` or ``metric.statistic=value``, such as ``released_area.p50=50``: stop once
        the 95 % interval of each of these statistics (else of the mean) is within ± value for every
        policy and place. Tested after 1,024 draws, 2,048, 4,096 and so on; the problem's number of
        draws is then the most.

    Returns
    -------
    Summary

    Raises
    ------
    InputError
        If ``precision`` names what does not exist or is no positive number.
    RunError
        If the blocks under way would not fit into memory.
    """
    wanted = targets(precision)
    threads = threads or processors()
    check_memory(problem, block, threads)
    service_sizes(problem, threads)
    summary = Summary(problem)

    def work(first: int, count: int) -> list[Arrays]:
        by_year = keep is not None and problem.appraisal is not None
        return compute(problem, draw(problem, first, count), by_year)

    with nullcontext() if keep is None else keep as store:
        done = 0
        for until in checkpoints(problem.run.draws) if wanted else (problem.run.draws,):
            for results in in_order(work, until, block, threads, done):
                if store is not None:
                    store(label(problem, summary.draws, results))
                summary.add(results)
                if progress is not None:
                    progress(summary.draws)
            done = until
            if wanted and _precise(problem, summary, wanted):
                break
    return summary


def _precise(problem: Problem, summary: Summary, wanted: Sequence[Target]) -> bool:
    """Return whether the draws so far are enough for every target."""
    known = summary.result({target.metric for target in wanted})
    return all(attained(problem, known, target).settled for target in wanted)


def check_memory(problem: Problem, block: int, threads: int) -> None:
    """Refuse blocks that would not fit into memory, with the size and what to change.

    Raises
    ------
    RunError
    """
    cells = len(problem.policies) * (len(problem.bodies) + len(problem.groups)) * len(VARIABLES)
    counts = len(problem.bodies) * problem.run.weeks * WEEKDAYS
    under_way = block * (8 * _COPIES * (cells + _yearly_cells(problem)) + _BYTES_A_COUNT * counts)
    needed = tally_bytes(problem) + 3 * threads * under_way
    available = available_memory()
    if needed > available:
        raise RunError(
            f"blocks of {block:,} draws in {threads} threads need about {needed / 2**30:,.1f} GiB "
            f"and {available / 2**30:,.1f} GiB are free; choose a smaller --block, fewer bodies "
            "or fewer policies"
        )


def _yearly_cells(problem: Problem) -> int:
    """Return how many numbers a draw's appraisal has at once, lines and flows by year."""
    plan = problem.appraisal
    if plan is None:
        return 0
    bodies, lines = len(problem.bodies), len(plan.lines)
    by_policy = bodies * (lines + 2 * (plan.years + 1))
    return 2 * lines * (plan.years + 1) + by_policy * (1 + len(problem.policies))
