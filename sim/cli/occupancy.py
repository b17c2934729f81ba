"""`officesim occupancy`: weeks in time."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import (
    DESIGN,
    FIGURES,
    FILE,
    JSON,
    POLICY,
    QUIET,
    SCENARIO,
    SEED,
    THREADS,
    Asked,
    known_policies,
    made,
    print_document,
    scenario_entry,
    showing_progress,
    storing,
    tell,
)
from sim.errors import Fault, InputError

if TYPE_CHECKING:
    from sim.problem import Problem

_RESULT = "occupancy.nc"
_LENGTH = ("occupancy.weeks", "occupancy.replications")


@click.command()
@FILE
@SCENARIO
@POLICY
@click.option(
    "--engine",
    type=click.Choice(["fast", "simpy"]),
    default="fast",
    show_default=True,
    help="The compiled day, or the SimPy processes that it follows event for event.",
)
@click.option("--weeks", type=int, help="Weeks in each replication (occupancy.weeks).")
@click.option(
    "--replications",
    type=int,
    help="Replications, each with one draw of the unknown inputs (occupancy.replications).",
)
@SEED
@DESIGN
@THREADS
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Store {_RESULT} with its provenance in this folder.",
)
@FIGURES
@JSON
@QUIET
def occupancy(**said: Any) -> None:
    """Let people of FILE come and go through weeks: who waits, who finds no workstation, and when.

    FILE is a scenario with an [occupancy] part.
    """
    import time

    keys = {f"run.{key}": said[key] for key in ("seed", "design")}
    keys |= {key: said[key.removeprefix("occupancy.")] for key in _LENGTH}
    figures = said["figures"]
    asked = Asked.of(said, keys)
    from sim.preprocess import build
    from sim.scenario.inputs import register

    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    _ask_for_occupancy(asked, problem)
    shown = known_policies(problem, said["policies"])
    started = time.perf_counter()
    with storing(said["out"], _RESULT) as path, made(figures) if figures else nullcontext():
        from sim.job import processors
        from sim.occupancy.result import dataset
        from sim.occupancy.weeks import replicate

        plan = problem.occupancy
        assert plan is not None
        size = plan.weeks, plan.replications
        threads = said["threads"] or processors()
        with showing_progress(said["quiet"], plan.replications, "replications") as progress:
            found = replicate(problem, shown, *size, said["engine"], threads, progress)
        result = dataset(problem, shown, found)
        if path is not None:
            from sim.results import store

            store.write_summary(path, result, origin)
    from sim.report.occupancy import metric_entries
    from sim.version import __version__

    document = {
        "engine": {
            "version": __version__,
            "engine": said["engine"],
            "events": int(result["events"].sum()),
            "seed": problem.run.seed,
            "design": problem.run.design,
            "weeks": plan.weeks,
            "replications": plan.replications,
            "seconds": round(time.perf_counter() - started, 3),
        },
        "scenario": scenario_entry(problem, loaded, origin),
        "metrics": metric_entries(result),
    }
    facts = result, problem, register(loaded.scenario), loaded.notes
    print_document(document, said["as_json"], "occupancy.print_occupancy", *facts)
    if figures is not None:
        from sim.report.occupancyfigures import draw_occupancy

        for file in draw_occupancy(result, problem, figures):
            if not said["quiet"]:
                tell(f"drew {file}")
    if said["out"] is not None and not said["quiet"]:
        tell(f"stored {said['out'] / _RESULT}")


def _ask_for_occupancy(asked: Asked, problem: Problem) -> None:
    """Refuse a scenario without the part; ``--weeks`` or ``--replications`` do not make one."""
    missing = problem.occupancy is None
    others = tuple(one for one in asked.settings if not one.startswith(_LENGTH))
    if others != asked.settings:
        missing = replace(asked, settings=others).load()[0].scenario.occupancy is None
    if missing:
        remedy = "say when the office opens and when people come, as `officesim init` shows"
        message = "there is no such part, and this command needs it"
        raise InputError([Fault(str(asked.file), None, None, "occupancy", "", message, remedy)])
