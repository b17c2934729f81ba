"""`officesim sensitivity`."""

from __future__ import annotations

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
    hint,
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
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from sim.analysis.curves import Condition
    from sim.analysis.sensitivity import Study
    from sim.problem import Problem

_RESULT = "sensitivity.nc"
_METHODS = ("sobol", "morris", "shapley", "curves", "tornado", "prim")


@click.command()
@FILE
@click.option(
    "--method",
    type=click.Choice(_METHODS),
    default="sobol",
    show_default=True,
    help="Shares of the variance (sobol; shapley where inputs are correlated), a quick screening "
    "(morris), a result along one input (curves), its swing from a low to a high input (tornado), "
    "or where a target is missed (prim).",
)
@SCENARIO
@POLICY
@click.option(
    "--metric", "metrics", multiple=True, help="Only this metric, such as npv; repeatable."
)
@click.option("--place", help="A body or a tier; by default the total.")
@click.option(
    "--points",
    type=click.IntRange(min=2),
    help="Rows of the design: by default 256 for sobol, 512 for shapley and tornado, 64 "
    "trajectories for morris, 128 for curves, 8,192 for prim.",
)
@click.option(
    "--order",
    type=click.IntRange(1, 2),
    default=2,
    show_default=True,
    help="sobol: 2 for pairs of inputs, too, at twice the cost.",
)
@click.option(
    "--resamples",
    type=click.IntRange(min=2),
    default=100,
    show_default=True,
    help="sobol, shapley: resamples of the bootstrap, from which intervals are.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=KEY,KEY",
    help="Move these inputs as one, such as money=cost.running.rent,cost.running.utilities; "
    "repeatable.",
)
@click.option(
    "--below", metavar="METRIC=VALUE", help="prim: find where the metric falls below a value."
)
@click.option("--above", metavar="METRIC=VALUE", help="prim: find where it rises above a value.")
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
def sensitivity(**said: Any) -> None:
    """Find which inputs of FILE drive the uncertainty of which result."""
    import time

    from sim.preprocess import build
    from sim.scenario.inputs import register, titles

    _refuse_what_does_not_apply(said)
    asked = Asked.of(said, {f"run.{key}": said[key] for key in ("seed", "design")})
    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    policies = known_policies(problem, said["policies"])
    condition = _condition(said)
    _check_metrics(said["metrics"] if condition is None else [condition.metric])
    groups = _groups(said["groups"])
    started = time.perf_counter()
    figures = said["figures"]
    with storing(said["out"], _RESULT) as path, made(figures) if figures else nullcontext():
        from sim.analysis.sensitivity import POINTS, study
        from sim.job import processors

        points = said["points"] or POINTS[said["method"]]
        threads = said["threads"] or processors()
        place = _place(problem, said["place"])
        with showing_progress(said["quiet"], None, "draws") as progress:
            plan = study(problem, points, said["metrics"], policies, place, threads, progress)
            result = _analyse(said, plan, groups, condition)
        if path is not None:
            from sim.results import store

            store.write_summary(path, result, origin)
    from sim.report import document
    from sim.report import sensitivity as report

    facts = report.Facts(problem, register(loaded.scenario), titles(loaded.scenario))
    engine = document.engine_entry(problem, time.perf_counter() - started)
    said_of_it = {
        "engine": engine | report.design_entry(result),
        "scenario": scenario_entry(problem, loaded, origin),
        **report.entries(result, facts),
    }
    print_document(said_of_it, said["as_json"], "sensitivity.print_sensitivity", facts)
    if figures is not None:
        from sim.report.sensitivityfigures import draw_sensitivity

        open_ones = report.unconfirmed_sources(said_of_it)
        for file in draw_sensitivity(result, problem, open_ones, figures):
            if not said["quiet"]:
                tell(f"drew {file}")
    if said["out"] is not None and not said["quiet"]:
        tell(f"stored {said['out'] / _RESULT}")


def _analyse(
    said: Mapping[str, Any],
    plan: Study,
    groups: Mapping[str, Sequence[str]],
    condition: Condition | None,
) -> xr.Dataset:
    """Do what the method says."""
    from sim.analysis import curves, sensitivity

    match said["method"]:
        case "sobol":
            return sensitivity.sobol(plan, said["order"] == 2, said["resamples"], groups)
        case "morris":
            return sensitivity.morris(plan, groups)
        case "shapley":
            return sensitivity.shapley(plan, said["resamples"], groups)
        case "curves":
            return curves.curves(plan, groups)
        case "tornado":
            return curves.tornado(plan, groups)
        case _:
            assert condition is not None
            return curves.boxes(plan, condition)


def _refuse_what_does_not_apply(said: Mapping[str, Any]) -> None:
    """Refuse options that the method does not read, and a prim without what it needs."""
    if said["method"] != "prim":
        if said["below"] or said["above"]:
            raise click.UsageError("--below and --above go with --method prim")
        return
    if bool(said["below"]) == bool(said["above"]):
        raise click.UsageError("--method prim needs either --below or --above, METRIC=VALUE")
    if len(said["policies"]) != 1:
        raise click.UsageError("--method prim needs one --policy: each misses its own targets")
    if said["metrics"] or said["groups"] or said["figures"]:
        raise click.UsageError("--method prim takes no --metric, no --group and no --figures")


def _condition(said: Mapping[str, Any]) -> Condition | None:
    text = said["below"] or said["above"]
    if not text:
        return None
    from sim.analysis.curves import Condition

    option = "--below" if said["below"] else "--above"
    metric, _, value = text.partition("=")
    try:
        return Condition(metric, bool(said["below"]), float(value))
    except ValueError:
        message = "needs a metric and a number, such as released_area=9000"
        raise click.UsageError(f"{option} {text}: {message}") from None


def _check_metrics(names: Sequence[str]) -> None:
    from sim.variables import METRICS

    known = [variable.name for variable in METRICS]
    faults = [
        Fault(f"metric {name}", None, None, "", "", "there is no such metric", hint(name, known))
        for name in names
        if name not in known
    ]
    if faults:
        raise InputError(faults)


def _groups(texts: Sequence[str]) -> dict[str, list[str]]:
    found = {}
    for text in texts:
        name, _, members = text.partition("=")
        if not name or not members:
            raise click.UsageError(f"--group {text}: needs NAME=KEY,KEY")
        found[name] = members.split(",")
    return found


def _place(problem: Problem, name: str | None) -> int:
    from sim.results.summary import places

    if name is None:
        return -1
    known = places(problem)[0]
    if name not in known:
        message = "there is no such place"
        raise InputError([Fault(f"--place {name}", None, None, "", "", message, hint(name, known))])
    return known.index(name)
