"""`officesim estate`: which floors and leases to keep, and when to leave the others."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import (
    DESIGN,
    FIGURES,
    FILE,
    JSON,
    QUIET,
    SCENARIO,
    SEED,
    THREADS,
    Asked,
    made,
    print_document,
    scenario_entry,
    storing,
    tell,
)
from sim.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim.problem import Problem

_RESULT = "estate.json"


@click.command()
@FILE
@SCENARIO
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Time for the choice; then the best plan found, with the gap that it has.",
)
@click.option(
    "--gap",
    type=click.FloatRange(0, 1, max_open=True),
    default=1e-3,
    show_default=True,
    help="Part of its cost that the plan may be above the least possible.",
)
@click.option("--draws", type=int, help="Draws of the unknown inputs (run.draws).")
@SEED
@DESIGN
@THREADS
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Store {_RESULT}, the document of --json, in this folder.",
)
@FIGURES
@JSON
@QUIET
def estate(**said: Any) -> None:
    """Choose which floors and leases of FILE to keep, and when to leave the others.

    FILE is a scenario with an [estate] part. The plan has the workstations that its policy requires
    at least present cost; then its risk and its money are computed with all draws.
    """
    import time

    keys = {f"run.{key}": said[key] for key in ("draws", "seed", "design")}
    asked = Asked.of(said, keys)
    from sim.preprocess import build
    from sim.scenario.inputs import register

    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    _ask_for_estate(asked, problem)
    figures = said["figures"]
    started = time.perf_counter()
    with storing(said["out"], _RESULT) as path, made(figures) if figures else nullcontext():
        from sim.analysis.estate import plan_estate
        from sim.job import processors
        from sim.report.document import as_json, engine_entry
        from sim.report.estate import entries

        with _showing_steps(said["quiet"]) as progress:
            threads = said["threads"] or processors()
            found = plan_estate(problem, said["gap"], said["time_limit"], threads, progress)
        document = {
            "engine": engine_entry(problem, time.perf_counter() - started),
            "scenario": scenario_entry(problem, loaded, origin),
            **entries(problem, found),
        }
        if path is not None:
            path.write_text(as_json(document) + "\n", encoding="ascii")
    facts = problem, register(loaded.scenario), loaded.notes
    print_document(document, said["as_json"], "estate.print_estate", *facts)
    if figures is not None:
        from sim.report.estatefigures import draw_estate

        for file in draw_estate(document, problem, figures):
            if not said["quiet"]:
                tell(f"drew {file}")
    if said["out"] is not None and not said["quiet"]:
        tell(f"stored {said['out'] / _RESULT}")


def _ask_for_estate(asked: Asked, problem: Problem) -> None:
    """Refuse a scenario without the part."""
    if problem.estate is None:
        remedy = "say which buildings there are, as scenarios/estate.toml does"
        message = "there is no such part, and this command needs it"
        raise InputError([Fault(str(asked.file), None, None, "estate", "", message, remedy)])


@contextmanager
def _showing_steps(quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Show on a terminal which step is under way and how far it is."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("computing", total=None)

        def tell_step(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield tell_step
