"""`officesim compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import (
    DESIGN,
    JSON,
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
    tell,
)
from sim.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.analysis.comparison import Option
    from sim.problem import Problem

_BY = ("released_area", "shortage_per_day")
_ALIKE = {
    "run.seed": "--seed",
    "run.design": "--design",
    "run.draws": "--draws",
    "run.estimator": "--estimator",
    "currency": "--set scenario.currency",
    "area_basis": "--set scenario.area_basis",
}
"""What must be the same in all scenarios, and the option that makes it so."""
_WHY = {
    "currency": "amounts of two currencies have no difference",
    "area_basis": "areas on two bases have no difference, and nothing is converted silently",
}


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@SCENARIO
@click.option(
    "--policy",
    "policies",
    multiple=True,
    help="Compare this policy; repeatable. Else all policies but the baseline, or those that "
    "several scenarios share.",
)
@click.option(
    "--by",
    multiple=True,
    metavar="METRIC",
    help="Rank and regret by this metric; repeatable, dominance is by all of them. "
    f"[default: {', '.join(_BY)}]",
)
@click.option("--draws", type=int, help="Draws of the unknown inputs (run.draws).")
@SEED
@DESIGN
@click.option(
    "--estimator",
    type=click.Choice(["conditional", "sampled"]),
    help="Exact days given the draw, or days drawn one by one (run.estimator).",
)
@THREADS
@click.option("--block", type=click.IntRange(min=1), help="Draws computed at once.")
@JSON
@QUIET
def compare(files: tuple[Path, ...], **said: Any) -> None:
    """Compare policies of one scenario, or scenarios, draw by draw.

    Each of FILES is a scenario or a stored result.nc. All see the same draws: every option less
    each one named before it, which is best by which metric, and what choosing it may be regretted.
    """
    import time

    from sim.preprocess import build

    started = time.perf_counter()
    keys = ("draws", "seed", "design", "estimator")
    options = {f"run.{key}": said[key] for key in keys}
    loaded = [Asked.of({**said, "file": file}, options).load() for file in files]
    problems = [build(one.scenario) for one, _ in loaded]
    names = [str(file) for file in files]
    by = list(dict.fromkeys(said["by"])) or list(_BY)
    faults = [*_not_alike(names, problems), *_not_ranked(by, problems)]
    if faults:
        raise InputError(faults)
    chosen = _options(files, problems, said["policies"])
    from sim.analysis.comparison import compare as compared
    from sim.analysis.comparison import strayed
    from sim.job import BLOCK
    from sim.report.comparison import dominance_words, verdicts
    from sim.report.document import engine_entry

    lost = strayed(problems)
    if lost and not said["quiet"]:
        tell(_strayed_words(lost))
    with showing_progress(said["quiet"], problems[0].run.draws, "draws") as progress:
        block, threads = said["block"] or BLOCK, said["threads"] or 0
        found = compared(problems, chosen, by, block, threads, progress)
    entries = [
        scenario_entry(problem, one, origin)
        for problem, (one, origin) in zip(problems, loaded, strict=True)
    ]
    document = {
        "engine": engine_entry(problems[0], time.perf_counter() - started),
        **({"scenario": entries[0]} if len(entries) == 1 else {"scenarios": entries}),
        "options": [option.name for option in chosen],
        "metrics": by,
        "unpaired_inputs": list(lost),
        "differences": found.differences,
        "ranking": found.ranking,
        "dominance": [entry | {"words": dominance_words(entry)} for entry in found.dominance],
        "pareto": found.pareto,
        "regret": found.regret,
        "verdicts": verdicts(found.differences, problems[0].currency),
    }
    print_document(document, said["as_json"], "comparison.print_comparison")


def _not_alike(names: Sequence[str], problems: Sequence[Problem]) -> Iterator[Fault]:
    """Yield what differs between scenarios although it must not."""
    for key, option in _ALIKE.items():
        values = [_value(problem, key) for problem in problems]
        for name, value in zip(names, values, strict=True):
            if value != values[0]:
                why = _WHY.get(key, "the draws would not be the same, and no difference paired")
                message = f"{names[0]} has {values[0]}: {why}"
                yield Fault(name, None, None, key, str(value), message, f"give {option} for all")


def _value(problem: Problem, key: str) -> object:
    of: object = problem
    for part in key.split("."):
        of = getattr(of, part)
    return of


def _not_ranked(by: Sequence[str], problems: Sequence[Problem]) -> Iterator[Fault]:
    """Yield the metrics of which neither more nor less is better, or that do not exist."""
    from sim.variables import APPRAISAL, BY_NAME, METRICS

    good = [variable.name for variable in METRICS if variable.better]
    money = {variable.name for variable in APPRAISAL}
    for name in by:
        if name in good:
            if name in money and any(problem.appraisal is None for problem in problems):
                message = "has no value: a scenario has no [appraisal]"
                yield Fault(f"--by {name}", None, None, "", "", message, "")
        elif name in BY_NAME and BY_NAME[name].metric:
            message = "of this metric neither more nor less is better"
            yield Fault(f"--by {name}", None, None, "", "", message, f"known: {', '.join(good)}")
        else:
            yield Fault(
                f"--by {name}", None, None, "", "", "there is no such metric", hint(name, good)
            )


def _options(
    files: Sequence[Path], problems: Sequence[Problem], asked: Sequence[str]
) -> list[Option]:
    """Return what is compared: policies as named, scenario by scenario."""
    from sim.analysis.comparison import Option
    from sim.problem import BASELINE

    every = {name for problem in problems for name in problem.policy_names}
    for problem in problems[:1]:
        known_policies(problem, [name for name in asked if name not in every])
    shared = [
        name
        for name in problems[0].policy_names
        if name != BASELINE and all(name in problem.policy_names for problem in problems)
    ]
    wanted = list(dict.fromkeys(asked)) or shared
    labels = _labels(files, problems)
    found = [
        Option(f"{labels[p]}:{name}" if len(problems) > 1 else name, p, name)
        for p, problem in enumerate(problems)
        for name in wanted
        if name in problem.policy_names
    ]
    if len(found) < 2:
        raise click.UsageError("there must be two policies to compare, or two scenarios with one")
    return found


def _labels(files: Sequence[Path], problems: Sequence[Problem]) -> list[str]:
    """Return a name for each scenario: its own, else that of its file, else its path."""
    for names in (
        [problem.name for problem in problems],
        [file.stem for file in files],
        [str(file) for file in files],
    ):
        if len(set(names)) == len(names):
            return names
    return [f"{p}" for p in range(1, len(files) + 1)]


def _strayed_words(lost: Sequence[str]) -> str:
    many = f"{len(lost)} inputs" if len(lost) > 1 else "1 input"
    return (
        f"{many} of both scenarios are not drawn alike, because one scenario has inputs that "
        f"another has not: {', '.join(lost[:3])}{' …' if len(lost) > 3 else ''}. Differences stay "
        "right but are less certain; --design mc pairs them all."
    )
