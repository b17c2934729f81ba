"""`officesim calibrate` and `officesim demo-log`."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import (
    FIGURES,
    FILE,
    JSON,
    QUIET,
    SCENARIO,
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
    from collections.abc import Callable, Iterator

    from sim.problem import Problem
    from sim.scenario.load import Loaded

OVERLAY = "calibrated.toml"
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@FILE
@SCENARIO
@click.option(
    "--log", type=click.Path(path_type=Path), help="A badge, booking or sensor log (CSV)."
)
@click.option(
    "--occupancy", type=click.Path(path_type=Path), help="Published weekly percentages (CSV)."
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="METRIC.PLACE=VALUE",
    help="A published figure, such as released_area.central=11316; repeatable: all must hold.",
)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    help="The policy whose figures were published; with --log, policies whose people come as those "
    "of the log do. Repeatable.",
)
@click.option(
    "--mandated",
    type=click.FloatRange(0, 5, min_open=True),
    help="Days a week asked of people in the combined mode while the log was kept; "
    "gives compliance.",
)
@click.option(
    "--onsite-days",
    type=click.FloatRange(0, 5, min_open=True),
    default=4.0,
    show_default=True,
    help="From so many days a week on, a person of the log is taken to come every day.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="COLUMN=NAME",
    help="What the log calls person, time, date, site, team, kind or count, as in "
    'person="Badge No".',
)
@click.option(
    "--timezone", help="Where the site is, as in Asia/Almaty; moves times with an offset."
)
@click.option("--country", help="Whose public holidays are left out; else the scenario's calendar.")
@click.option("--subdivision", help="A part of the country with holidays of its own.")
@click.option(
    "--of",
    "share_of",
    type=click.Choice(["people", "workstations"]),
    help="What published percentages are of; without it only their profile is used.",
)
@click.option(
    "--within",
    type=click.FloatRange(0, 0.5, min_open=True),
    default=0.01,
    show_default=True,
    help="How near a draw must come to each target, as a share of it.",
)
@click.option("--draws", type=click.IntRange(min=1024), help="Draws to try at most for --target.")
@click.option("--seed", type=click.IntRange(min=0), help="Start of every random stream (run.seed).")
@click.option("--out", type=_FOLDER, help=f"Write the overlay {OVERLAY} into this folder.")
@FIGURES
@JSON
@QUIET
def calibrate(**said: Any) -> None:
    """Set the inputs of FILE by a log, by published percentages or by a published result.

    Writes an overlay with its provenance for `officesim run FILE --overlay`.
    """
    given = [name for name in ("log", "occupancy", "targets") if said[name]]
    if len(given) != 1:
        raise click.UsageError("needs exactly one of --log, --occupancy and --target")
    import time

    from sim.preprocess import build

    asked = Asked.of(said, {"run.seed": said["seed"]})
    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    started = time.perf_counter()
    figures = said["figures"]
    with _overlay_path(said["out"]) as path, made(figures) if figures else nullcontext():
        how = {"log": _by_log, "occupancy": _by_occupancy, "targets": _by_targets}[given[0]]
        text, found, table, draw = how(said, loaded, problem)
        if path is not None:
            _write(path, text, asked)
    from sim.version import __version__

    seconds = round(time.perf_counter() - started, 3)
    document = {
        "engine": {"version": __version__, "seed": problem.run.seed, "seconds": seconds},
        "scenario": scenario_entry(problem, loaded, origin),
        **found,
        "overlay": None if said["out"] is None else str(said["out"] / OVERLAY),
    }
    print_document(document, said["as_json"], f"calibration.{table}")
    drawn = draw(figures) if figures is not None else []
    if not said["quiet"]:
        for file in drawn:
            tell(f"drew {file}")
        if said["out"] is not None:
            tell(f"wrote {said['out'] / OVERLAY}")


@contextmanager
def _overlay_path(folder: Path | None) -> Iterator[Path | None]:
    if folder is None:
        yield None
        return
    with made(folder):
        yield folder / OVERLAY


def _write(path: Path, text: str, asked: Asked) -> None:
    """Write the overlay once the scenario has taken it."""
    from dataclasses import replace

    from sim.errors import RunError
    from sim.results.store import replacing

    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
        if asked.file.suffix == ".toml":
            try:
                replace(asked, overlays=(*asked.overlays, temporary)).load()
            except InputError as error:
                raise RunError(f"the scenario does not take the overlay: {error}") from None


_Found = tuple[str, dict[str, Any], str, "Callable[[Path], list[Path]]"]


def _origin(source: str, method: str, **more: Any) -> Any:
    from datetime import UTC, datetime

    from sim.analysis.calibration.overlay import Origin

    today = datetime.now(UTC).date().isoformat()
    facts: dict[str, Any] = {"file": "", "sha256": "", "period": "", "rows": 0} | more
    return Origin(source=source, method=method, date=today, **facts)


def _by_log(said: dict[str, Any], loaded: Loaded, problem: Problem) -> _Found:
    from sim.analysis.calibration.backtest import back_test
    from sim.analysis.calibration.badgelog import read_log
    from sim.analysis.calibration.estimates import estimate
    from sim.analysis.calibration.overlay import from_log
    from sim.analysis.calibration.presence import tabulate
    from sim.report.calibration import log_entry

    policies = [name for name in known_policies(problem, said["policies"]) if said["policies"]]
    country, part = _calendar(said, loaded)
    with showing_progress(said["quiet"], None, "rows") as progress:
        log = read_log(said["log"], _renamed(said["columns"]), said["timezone"], None, progress)
    presence = tabulate(log, country, part)
    heads = {body.name: body.headcount.value for body in loaded.scenario.body}
    if len(heads) == 1:
        heads[""] = next(iter(heads.values()))
    found = estimate(presence, problem.run.seed, said["onsite_days"], heads)
    if not found.presence:
        message = "says of no site how many people it has; a sensor only counts"
        remedy = "call the sites of the log as the bodies of the scenario"
        raise InputError([Fault(str(said["log"]), None, None, "site", "", message, remedy)])
    tested = back_test(found.sites, presence.usual, problem.run.seed)
    first, last = (str(presence.mondays[k]) for k in (0, -1))
    facts = {
        "file": log.file,
        "sha256": log.sha256,
        "rows": log.rows,
        "period": f"weeks of {first} to {last}",
    }
    method = (
        "usual whole weeks, studentised bootstrap over weeks; clustering by moments of pairs of "
        "people, parametric bootstrap"
    )
    occupancy = loaded.scenario.occupancy
    booking = occupancy is not None and occupancy.booking is not None
    text = from_log(_origin("log", method, **facts), found, said["mandated"], policies, booking)
    entry = log_entry(presence, found, tested, facts)

    def draw(folder: Path) -> list[Path]:
        from sim.report.calibrationfigures import draw_log

        return draw_log(presence, found, problem, folder)

    return text, {"log": entry}, "print_log", draw


def _renamed(columns: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in columns:
        column, equals, name = text.partition("=")
        if not equals or not column or not name:
            raise click.UsageError(f'--column {text}: as in --column person="Badge No"')
        found[column.strip()] = name.strip().strip('"')
    return found


def _calendar(said: dict[str, Any], loaded: Loaded) -> tuple[str | None, str | None]:
    """Return whose holidays are kept: what the command line says, or the scenario's calendar."""
    from sim.scenario.holidaycodes import holiday_problems

    occupancy = loaded.scenario.occupancy
    calendar = occupancy.calendar if occupancy is not None else None
    country, part = said["country"], said["subdivision"]
    if country is None and part is None and calendar is not None:
        country, part = calendar.country, calendar.subdivision
    faults = [
        Fault(f"--{key}", None, None, "", str(said[key] or ""), message, remedy)
        for key, message, remedy in holiday_problems(country, part)
    ]
    if faults:
        raise InputError(faults)
    return country, part


def _by_occupancy(said: dict[str, Any], loaded: Loaded, problem: Problem) -> _Found:
    from sim.analysis.calibration.overlay import from_published
    from sim.analysis.calibration.published import fit_published, people_of, read_published
    from sim.report.calibration import published_entry

    del loaded
    published = read_published(said["occupancy"])
    headcount, desks = int(problem.headcount.sum()), int(problem.workstations.sum())
    people = None
    if said["share_of"] is not None:
        published = people_of(said["share_of"], headcount, desks, published)
        people = headcount
    found = fit_published(published, people, problem.run.seed)
    weeks = published.weeks
    facts = {
        "file": published.file,
        "sha256": published.sha256,
        "rows": len(weeks),
        "period": f"{weeks[0]} to {weeks[-1]}",
    }
    method = "means of published percentages over weeks"
    text = from_published(_origin("published", method, **facts), found)

    def draw(folder: Path) -> list[Path]:
        from sim.report.calibrationfigures import draw_published

        return draw_published(published, found, problem, folder)

    return text, {"published": published_entry(published, found)}, "print_published", draw


def _by_targets(said: dict[str, Any], loaded: Loaded, problem: Problem) -> _Found:
    from sim.analysis.calibration.overlay import from_targets
    from sim.analysis.calibration.target import fit_targets, parse_targets
    from sim.problem import BASELINE
    from sim.report.calibration import target_entry
    from sim.scenario.inputs import input_paths, stream_key

    policies = said["policies"] or [n for n in problem.policy_names if n != BASELINE][:1]
    known_policies(problem, policies)
    if len(policies) != 1:
        raise click.UsageError(f"--target needs one --policy; {hint('', problem.policy_names)}")
    policy, targets = policies[0], parse_targets(said["targets"], problem)
    most = said["draws"] or 2**18
    with showing_progress(said["quiet"], most, "draws", True) as progress:
        found = fit_targets(problem, policy, targets, said["within"], most, progress)
    of_policy = f"policy.{policy}."
    paths = {
        stream_key(path): path
        for path in input_paths(loaded.scenario)
        if path.startswith(of_policy) or not path.startswith("policy.")
    }
    stated = [(c.inputs, c.rank) for c in loaded.scenario.correlation]
    figures = ", ".join(f"{t.metric}.{t.place} = {t.value:g}" for t in targets)
    method = (
        f"approximate Bayesian computation: {found.accepted.shape[1]:,} of {found.draws:,} draws "
        f"within {100 * found.within:g} % of {figures}"
    )
    text = from_targets(_origin("target", method), found, paths, stated)

    def draw(folder: Path) -> list[Path]:
        from sim.report.calibrationfigures import draw_targets

        return draw_targets(found, policy, problem, folder)

    return text, {"policy": policy, "targets": target_entry(found)}, "print_targets", draw


@click.command("demo-log")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="demo-log.csv")
@click.option(
    "--people", multiple=True, type=click.IntRange(1, 400_000), help="People of a site; repeatable."
)
@click.option("--weeks", type=click.IntRange(1, 520), default=26, show_default=True)
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2024-01-08", show_default=True)
@click.option(
    "--days",
    type=click.FloatRange(0, 5),
    default=2.5,
    show_default=True,
    help="Days a week of people who do not come every day, absence apart.",
)
@click.option(
    "--onsite-share",
    type=click.FloatRange(0, 1),
    default=0.25,
    show_default=True,
    help="Share of people who come every day.",
)
@click.option("--absence", type=click.FloatRange(0, 0.9), default=0.1, show_default=True)
@click.option("--clustering", type=click.FloatRange(0, 0.9), default=0.06, show_default=True)
@click.option(
    "--common",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="Part of the clustering that all sites share on a day.",
)
@click.option(
    "--week",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Part of it that a site keeps through a week.",
)
@click.option(
    "--no-show", type=click.FloatRange(0, 0.9), help="Adds bookings, so many without a visit."
)
@click.option("--country", help="On its public holidays nobody comes.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@QUIET
def demo_log(file: Path, **said: Any) -> None:
    """Write a synthetic badge log to FILE, and what it was drawn from to FILE.truth.toml."""
    if said["common"] + said["week"] > 1:
        raise click.UsageError("--common and --week together must not exceed 1")
    from sim.scenario.holidaycodes import holiday_problems

    faults = [
        Fault("--country", None, None, "", said["country"], message, remedy)
        for _, message, remedy in holiday_problems(said["country"], None)
    ]
    if faults:
        raise InputError(faults)
    from sim.analysis.calibration.demolog import DemoLog, truth_toml, write_log
    from sim.analysis.calibration.synthetic import Truth
    from sim.results.store import replacing

    truth = Truth(
        people=said["people"] or (120, 80),
        onsite_share=said["onsite_share"],
        days_on_site=said["days"],
        absence=said["absence"],
        clustering=said["clustering"],
        common=said["common"],
        week=said["week"],
        weeks=said["weeks"],
    )
    demo = DemoLog(truth, said["start"].date(), said["country"], said["no_show"], said["seed"])
    beside = file.with_name(f"{file.name}.truth.toml")
    with made(file.parent):
        with showing_progress(said["quiet"], truth.weeks, "weeks") as progress:
            rows = write_log(demo, file, progress)
        with replacing(beside) as temporary:
            temporary.write_text(truth_toml(demo), encoding="utf-8")
    if not said["quiet"]:
        tell(f"wrote {rows:,} rows to {file}, and what they were drawn from to {beside}")
