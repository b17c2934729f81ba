"""The main job: blocks of draws through the engine into a summary, in memory that stays put."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import xarray as xr

from sim.engine import simulate
from sim.errors import RunError
from sim.problem import Problem
from sim.results.summary import Summary
from sim.sampling import draw
from sim.sizing import service_sizes
from sim.variables import VARIABLES

BLOCK = 2048
"""Draws computed at once; any other number gives the same result."""
_COPIES = 4


def run(
    problem: Problem,
    block: int = BLOCK,
    keep: AbstractContextManager[Callable[[xr.Dataset], None]] | None = None,
    progress: Callable[[int], None] | None = None,
) -> xr.Dataset:
    """Compute all draws of a problem and summarise them.

    Parameters
    ----------
    problem : Problem
    block : int
        Draws computed at once.
    keep : context manager, optional
        Gives a function that takes each block of draws, to store it.
    progress : callable, optional
        Told how many draws are done.

    Returns
    -------
    xarray.Dataset
        From ``sim.results.summary.Summary.result``.

    Raises
    ------
    RunError
        If a block would not fit into memory.
    """
    check_memory(problem, block)
    service_sizes(problem)
    summary = Summary(problem)
    with keep or nullcontext(lambda _: None) as store:
        for first in range(0, problem.run.draws, block):
            draws = draw(problem, first, min(block, problem.run.draws - first))
            results = simulate(problem, draws)
            summary.add(results)
            store(results)
            if progress is not None:
                progress(first + draws.count)
    return summary.result()


def check_memory(problem: Problem, block: int) -> None:
    """Refuse a block that would not fit into memory, with the size and what to change.

    Raises
    ------
    RunError
    """
    cells = len(problem.policies) * (len(problem.bodies) + len(problem.groups)) * len(VARIABLES)
    needed = cells * (block * 8 * _COPIES + 1024 * 8 + 1026 * 12)
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > available:
        raise RunError(
            f"a block of {block:,} draws needs about {needed / 2**30:,.1f} GiB and "
            f"{available / 2**30:,.1f} GiB are free; choose a smaller --block or fewer bodies"
        )
