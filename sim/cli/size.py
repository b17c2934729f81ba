"""`officesim size`."""

from __future__ import annotations

from contextlib import nullcontext
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
    hint,
    known_policies,
    made,
    print_document,
    scenario_entry,
    showing_progress,
    tell,
)
from sim.errors import Fault, InputError

if TYPE_CHECKING:
    from sim.problem import Problem, ServicePlan


@click.command()
@FILE
@click.option(
    "--level",
    "levels",
    required=True,
    multiple=True,
    metavar="LEVEL=SHARE",
    help="per_day, per_week or per_person and the share to reach, such as per_day=0.95; "
    "repeatable.",
)
@click.option(
    "--assurance",
    "assurances",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=(0.9,),
    show_default="0.9",
    multiple=True,
    help="Share of draws that must meet the level; repeatable.",
)
@click.option(
    "--pooled", is_flag=True, help="Also as if all bodies shared one pool; may draw days."
)
@click.option(
    "--shortage-price",
    type=click.FloatRange(0, min_open=True),
    help="What a person-day without a workstation costs: also the workstations of least cost.",
)
@click.option(
    "--working-days",
    type=click.FloatRange(0, 366, min_open=True),
    help="In a year, for --shortage-price.  [default: 260]",
)
@SCENARIO
@POLICY
@click.option("--draws", type=int, help="Draws from which a size is found (run.sizing_draws).")
@SEED
@DESIGN
@THREADS
@FIGURES
@JSON
@QUIET
def size(**said: Any) -> None:
    """Find the workstations that named service levels need, for every policy of FILE."""
    import time

    from sim.preprocess import build
    from sim.scenario.inputs import unconfirmed

    services = [
        _service(level, assurance)
        for level in dict.fromkeys(said["levels"])
        for assurance in dict.fromkeys(said["assurances"])
    ]
    if said["working_days"] is not None and said["shortage_price"] is None:
        raise click.UsageError("--working-days needs --shortage-price")
    keys = {"sizing_draws": "draws", "seed": "seed", "design": "design"}
    figures = said["figures"]
    asked = Asked.of(said, {f"run.{key}": said[option] for key, option in keys.items()})
    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    shown = known_policies(problem, said["policies"])
    if said["shortage_price"] is not None and not problem.running_cost:
        message = "a workstation costs nothing, so no number of them costs least"
        remedy = "state [cost.running], or leave out --shortage-price"
        raise InputError([Fault(str(asked.file), None, None, "cost.running", "", message, remedy)])
    started = time.perf_counter()
    with made(figures) if figures else nullcontext():
        found = _found(problem, services, shown, said)
        if "shortage" in found:
            open_ones = set(unconfirmed(loaded.scenario))
            inputs = found["shortage"]["inputs"]
            found["shortage"]["unconfirmed"] = [path for path in inputs if path in open_ones]
        from sim.report.document import engine_entry

        engine = engine_entry(problem, time.perf_counter() - started)
        document = {
            "engine": engine | {"draws": problem.run.sizing_draws},
            "scenario": scenario_entry(problem, loaded, origin),
            **found,
        }
        print_document(document, said["as_json"], "sizes.print_sizes", problem)
        if figures is not None:
            from sim.report.frontier import draw_frontier

            for file in draw_frontier(document, problem, figures):
                if not said["quiet"]:
                    tell(f"drew {file}")


def _found(
    problem: Problem, services: list[ServicePlan], shown: list[str], said: dict[str, Any]
) -> dict[str, Any]:
    """Return the parts of the document that are computed."""
    from dataclasses import asdict

    from sim.analysis.leastcost import WORKING_DAYS, ShortagePrice, cost_inputs, least_cost
    from sim.analysis.sizing import pooled_sizes, sizes
    from sim.job import processors

    threads = said["threads"] or processors()
    with showing_progress(said["quiet"], len(shown), "policies") as progress:
        found: dict[str, Any] = asdict(sizes(problem, services, shown, threads, progress))
    if said["pooled"]:
        with showing_progress(said["quiet"], len(shown), "policies pooled") as progress:
            pooled = pooled_sizes(problem, services, shown, found["sizes"], threads, progress)
        found["pooled"] = asdict(pooled)
    if said["shortage_price"] is not None:
        price = ShortagePrice(said["shortage_price"], said["working_days"] or WORKING_DAYS)
        found["shortage"] = asdict(price) | {"inputs": list(cost_inputs(problem))}
        with showing_progress(said["quiet"], len(shown), "policies priced") as progress:
            found["least_cost"] = least_cost(problem, price, shown, threads, progress)
    return found


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
