"""`officesim run`, with `--trace`."""

from __future__ import annotations

import re
from contextlib import nullcontext
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

if TYPE_CHECKING:
    from sim.problem import Problem
    from sim.results.detail import Detail

RESULT = "result.nc"
_MOST_DRAWS = 2**18
"""Where a run ends that is to be precise, unless the command line says how many draws it takes."""
_ONLY_RUN = ("policies", "precision", "threads", "block", "out", "keep_draws", "figures")
"""What a run takes and a trace does not."""
_TRACE = re.compile(r"policy=(?P<policy>.+),draw=(?P<draw>\d+)|draw=(?P<d>\d+),policy=(?P<p>.+)")


@click.command()
@FILE
@SCENARIO
@POLICY
@click.option(
    "--draws", type=int, help="Draws of the unknown inputs (run.draws); the most, with --precision."
)
@click.option(
    "--precision",
    multiple=True,
    metavar="METRIC=VALUE",
    help="Draw until the 95 % interval of the metric's mean is within ± VALUE, in its unit, for "
    "every policy, body, tier and total; METRIC.p05, .p50, .p95 or .sd for another statistic. "
    "Tested after 1,024 draws, 2,048, 4,096 and so on; ends unreached, and says so, at --draws "
    f"(else {_MOST_DRAWS:,}). Repeatable: all must hold.",
)
@SEED
@DESIGN
@click.option(
    "--estimator",
    type=click.Choice(["conditional", "sampled"]),
    help="Exact days given the draw, or days drawn one by one (run.estimator).",
)
@THREADS
@click.option("--block", type=click.IntRange(min=1), help="Draws computed at once.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Store result.nc with its provenance in this folder.",
)
@click.option("--keep-draws", is_flag=True, help="Store every draw too; needs --out.")
@FIGURES
@click.option("--trace", metavar="policy=P,draw=I", help="Print one draw's chain, step by step.")
@JSON
@QUIET
def run(**said: Any) -> None:
    """Compute every policy of FILE: space, workstations, shortage and money.

    FILE is a scenario, or a stored result.nc, which is then computed again from its provenance.
    """
    if said["precision"]:  # laid under what else the command line says, over what the file says
        said["settings"] = (f"run.draws={_MOST_DRAWS}", *said["settings"])
    keys = ("draws", "seed", "design", "estimator")
    asked = Asked.of(said, {f"run.{key}": said.pop(key) for key in keys})
    if said["keep_draws"] and said["out"] is None:
        raise click.UsageError("--keep-draws needs --out")
    if said["trace"] is None:
        _run(asked, **{key: value for key, value in said.items() if key != "trace"})
    else:
        _trace(asked, said)


def _run(
    asked: Asked,
    policies: tuple[str, ...],
    precision: tuple[str, ...],
    threads: int | None,
    block: int | None,
    out: Path | None,
    keep_draws: bool,
    figures: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    import time

    from sim.preprocess import build
    from sim.results.precision import targets
    from sim.scenario.inputs import register, unconfirmed

    wanted = targets(precision)
    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    shown = known_policies(problem, policies)
    started = time.perf_counter()
    with storing(out, RESULT) as path, made(figures) if figures else nullcontext():
        from sim import job
        from sim.results import store

        keep, detail = None, None
        if path is not None and keep_draws:
            store.check_room(path.parent, problem)
            keep = store.keeping_draws(path)
        if figures is not None:
            from sim.report.places import top_place
            from sim.results.detail import Detail

            detail = Detail(problem, top_place(problem).bodies)
            keep = detail.beside(keep)
        with showing_progress(quiet, problem.run.draws, "draws", bool(wanted)) as progress:
            summary = job.summarise(
                problem, block or job.BLOCK, threads or 0, keep, progress, precision
            )
        draws = summary.draws
        if wanted:
            origin = origin.ended(draws, precision)
        if path is not None:
            store.write_summary(path, summary.result(), origin)
    from sim.report import document

    metrics = document.metric_entries(problem, summary.tables(), shown)
    said = {
        "engine": document.engine_entry(problem, time.perf_counter() - started) | {"draws": draws},
        "scenario": scenario_entry(problem, loaded, origin),
        "metrics": metrics,
    }
    open_ones = unconfirmed(loaded.scenario)
    if problem.appraisal is not None:
        said["appraisal"] = document.appraisal_entry(problem, open_ones, metrics)
    said |= document.consequence_entries(problem, shown, open_ones)
    if wanted:
        said["precision"] = document.precision_entry(problem, summary.result(), wanted)
    facts = register(loaded.scenario), document.drawn_metrics(problem, shown), loaded.notes
    print_document(said, as_json, "tables.print_run", problem, *facts)
    if figures is not None and detail is not None:
        _draw(problem, said, detail, figures, quiet)
    if out is not None and not quiet:
        tell(f"stored {out / RESULT}")


def _draw(
    problem: Problem, said: dict[str, Any], detail: Detail, folder: Path, quiet: bool
) -> None:
    """Draw what the run found."""
    from sim.analysis.weekdays import by_weekday, draws_looked_at
    from sim.report.figures import draw_run, weekday_places
    from sim.report.places import Results

    results = Results(problem, said["metrics"])
    places = {place.name: place.bodies for place in weekday_places(problem)}
    total = draws_looked_at(problem) * len(results.policies)
    with showing_progress(quiet, total, "draws by weekday") as progress:
        names = [plan.name for plan in results.policies]
        weekdays = by_weekday(problem, names, places, progress)
    draws, worth = said["engine"]["draws"], said.get("appraisal")
    found = detail.result()
    for file in draw_run(results, found, weekdays, worth, draws, folder, said.get("reversal")):
        if not quiet:
            tell(f"drew {file}")


def _trace(asked: Asked, said: dict[str, Any]) -> None:
    """Print one draw's chain in place of the run."""
    unused = [key for key in _ONLY_RUN if said[key]]
    if unused:
        names = ", ".join(
            f"--{key.replace('policies', 'policy').replace('_', '-')}" for key in unused
        )
        raise click.UsageError(f"--trace prints one draw and stores nothing: leave out {names}")
    match = _TRACE.fullmatch(said["trace"])
    if match is None:
        raise click.UsageError("--trace takes policy=NAME,draw=NUMBER")
    policy, index = match["policy"] or match["p"], int(match["draw"] or match["d"])
    from sim.preprocess import build

    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    known_policies(problem, [policy], "--trace policy")
    if index >= problem.run.draws:
        last = f"draws are counted from 0 to {problem.run.draws - 1:,}"
        raise click.UsageError(f"--trace draw={index}: {last}")
    import time

    from sim.analysis.trace import trace
    from sim.report.document import engine_entry

    started = time.perf_counter()
    with showing_progress(said["quiet"]):
        lines = trace(problem, policy, index)
    engine = engine_entry(problem, time.perf_counter() - started)
    document = {
        "engine": engine | {"policy": policy, "draw": index},
        "scenario": scenario_entry(problem, loaded, origin),
        "trace": lines,
    }
    print_document(document, said["as_json"], "tables.print_trace")
