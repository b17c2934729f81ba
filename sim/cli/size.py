"""`officesim size`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import (
    DESIGN,
    FILE,
    JSON,
    POLICY,
    QUIET,
    SCENARIO,
    SEED,
    THREADS,
    Asked,
    hint,
    known_policies,
    print_document,
    scenario_entry,
    showing_progress,
)

if TYPE_CHECKING:
    from sim.problem import ServicePlan


@click.command()
@FILE
@click.option(
    "--level",
    required=True,
    metavar="LEVEL=SHARE",
    help="per_day, per_week or per_person and the share to reach, such as per_day=0.95.",
)
@click.option(
    "--assurance",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="Share of draws that must meet the level.",
)
@SCENARIO
@POLICY
@click.option("--draws", type=int, help="Draws from which a size is found (run.sizing_draws).")
@SEED
@DESIGN
@THREADS
@JSON
@QUIET
def size(**said: Any) -> None:
    """Find the workstations that a named service level needs, for every policy of FILE."""
    import time

    from sim.preprocess import build

    service = _service(said["level"], said["assurance"])
    keys = {"sizing_draws": "draws", "seed": "seed", "design": "design"}
    asked = Asked.of(said, {f"run.{key}": said[option] for key, option in keys.items()})
    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    shown = known_policies(problem, said["policies"])
    started = time.perf_counter()
    from sim.analysis.sizing import sizes
    from sim.job import processors
    from sim.report.document import engine_entry

    with showing_progress(said["quiet"], len(shown), "policies") as progress:
        threads = said["threads"] or processors()
        chosen, frontier = sizes(problem, service, shown, threads, progress)
    engine = engine_entry(problem, time.perf_counter() - started)
    document = {
        "engine": engine | {"draws": problem.run.sizing_draws},
        "scenario": scenario_entry(problem, loaded, origin),
        "sizes": chosen,
        "frontier": frontier,
    }
    print_document(document, said["as_json"], "tables.print_sizes", problem)


def _service(level: str, assurance: float) -> ServicePlan:
    from typing import get_args

    from sim.problem import Level, ServicePlan

    known: dict[str, Level] = {level: level for level in get_args(Level)}
    name, _, text = level.partition("=")
    if name not in known:
        raise click.UsageError(
            f"--level {level}: there is no such level; {hint(name, list(known))}"
        )
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise click.UsageError(f"--level {level}: needs a share from 0 to 1, such as {name}=0.95")
    return ServicePlan(known[name], share, assurance)
