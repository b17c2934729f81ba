"""The command line: parse, call one function, print.

Only click is imported here; what computes is imported by the command that needs it, so that help
answers at once.
"""

from __future__ import annotations

import errno
import re
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.errors import Fault, InputError, RunError
from sim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sim.problem import Problem, ServicePlan
    from sim.results.store import Provenance
    from sim.scenario.load import Loaded

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_WRONG_INPUT = 2
_INTERRUPTED = 130
_STORED = b"\x89HDF"
"""The first bytes of a stored result."""
_MOST_DRAWS = 2**18
"""Where a run ends that is to be precise, unless the command line says how many draws it takes."""
_ONLY_RUN = ("policies", "precision", "threads", "block", "out", "keep_draws")
"""What a run takes and a trace does not."""


class _Commands(click.Group):
    """A group whose commands end in a sentence and an exit code, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            _tell(str(error))
            ctx.exit(_WRONG_INPUT)
        except RunError as error:
            _tell(f"the run failed: {error}")
        except MemoryError:
            _tell("the run failed: out of memory; choose a smaller --block")
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            _tell(f"the run failed: {' '.join(str(error).split())}")
        except KeyboardInterrupt:
            _tell("interrupted; nothing was written")
            ctx.exit(_INTERRUPTED)
        ctx.exit(1)
        return None


def _tell(message: str) -> None:
    """Write a message to stderr, whatever characters a file put into it."""
    from sim.report.words import plain

    click.echo("\n".join(plain(line) for line in message.split("\n")), err=True)


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that adds options in the order they are given."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_FILE = click.argument("file", type=click.Path(path_type=Path))
_SCENARIO = _options(
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Put a value over the file's, such as body.central.headcount=900; repeatable.",
    ),
    click.option(
        "--overlay",
        "overlays",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A TOML fragment merged over the file; repeatable.",
    ),
    click.option(
        "--allow-path",
        "allowed",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A folder outside the scenario's own in which its tables may lie; repeatable.",
    ),
)
_POLICY = click.option(
    "--policy", "policies", multiple=True, help="Print only this policy; repeatable."
)
_SEED = click.option("--seed", type=int, help="Start of every random stream (run.seed).")
_DESIGN = click.option(
    "--design", type=click.Choice(["mc", "sobol"]), help="How inputs are drawn (run.design)."
)
_THREADS = click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Blocks computed at the same time; by default one for each processor.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_QUIET = click.option("--quiet", is_flag=True, help="No progress and no messages.")


@click.group(cls=_Commands, context_settings=_HELP)
@click.version_option(__version__, prog_name="officesim")
def cli() -> None:
    """How much office space remote work releases, what that saves, and who is left without a desk.

    Start with `officesim init DIR`, then `officesim check` and `officesim run` the scenario there.
    """


@dataclass(frozen=True)
class _Asked:
    """What the command line says about the scenario."""

    file: Path
    settings: tuple[str, ...]
    overlays: tuple[Path, ...]
    allowed: tuple[Path, ...]

    @classmethod
    def of(cls, said: dict[str, Any], **run: object) -> _Asked:
        """Take the common options out of ``said``; options of the run become overrides."""
        options = tuple(f"run.{key}={value}" for key, value in run.items() if value is not None)
        settings = said.pop("settings") + options
        return cls(said.pop("file"), settings, said.pop("overlays"), said.pop("allowed"))

    def load(self) -> tuple[Loaded, Provenance]:
        """Read the scenario, from its files or from a stored result."""
        from sim.results.store import provenance
        from sim.scenario.load import load, load_texts

        if not _is_stored(self.file):
            loaded = load(self.file, self.settings, self.overlays, self.allowed)
            return loaded, provenance(loaded.files, self.settings, loaded.overlays)
        if self.overlays or self.allowed:
            raise click.UsageError("a stored result takes neither --overlay nor --allow-path")
        stored = _stored_provenance(self.file)
        settings = stored.overrides + self.settings
        loaded = load_texts(stored.files, settings, stored.overlays)
        return loaded, provenance(loaded.files, settings, loaded.overlays)


def _is_stored(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_STORED)) == _STORED
    except OSError:
        return False


def _stored_provenance(path: Path) -> Provenance:
    from sim.results.store import read

    try:
        return read(path)[1]
    except (OSError, KeyError, TypeError, ValueError):
        message = "is no stored result, or it is damaged"
        raise InputError([Fault(str(path), None, None, "", "", message, "")]) from None


def _hint(word: str, known: Sequence[str]) -> str:
    """Return the nearest known word, or all of them."""
    from sim.scenario.document import nearest

    near = nearest(word, known)
    return f"did you mean {near}?" if near else f"known: {', '.join(known)}"


def _known_policies(problem: Problem, asked: Sequence[str], option: str = "--policy") -> list[str]:
    """Return the policies to print, all where none is named; refuse an unknown one."""
    message = "there is no such policy"
    faults = [
        Fault(f"{option} {name}", None, None, "", "", message, _hint(name, problem.policy_names))
        for name in asked
        if name not in problem.policy_names
    ]
    if faults:
        raise InputError(faults)
    return [name for name in problem.policy_names if not asked or name in asked]


@cli.command()
@_FILE
@_SCENARIO
@_POLICY
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
@_SEED
@_DESIGN
@click.option(
    "--estimator",
    type=click.Choice(["conditional", "sampled"]),
    help="Exact days given the draw, or days drawn one by one (run.estimator).",
)
@_THREADS
@click.option("--block", type=click.IntRange(min=1), help="Draws computed at once.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Store result.nc with its provenance in this folder.",
)
@click.option("--keep-draws", is_flag=True, help="Store every draw too; needs --out.")
@click.option("--trace", metavar="policy=P,draw=I", help="Print one draw's chain, step by step.")
@_JSON
@_QUIET
def run(**said: Any) -> None:
    """Compute every policy of FILE: space, workstations, shortage and money.

    FILE is a scenario, or a stored result.nc, which is then computed again from its provenance.
    """
    if said["precision"]:  # laid under what else the command line says, over what the file says
        said["settings"] = (f"run.draws={_MOST_DRAWS}", *said["settings"])
    options = {key: said.pop(key) for key in ("draws", "seed", "design", "estimator")}
    asked = _Asked.of(said, **options)
    if said["keep_draws"] and said["out"] is None:
        raise click.UsageError("--keep-draws needs --out")
    if said["trace"] is None:
        _run(asked, **{key: value for key, value in said.items() if key != "trace"})
    else:
        _trace(asked, said)


def _run(
    asked: _Asked,
    policies: tuple[str, ...],
    precision: tuple[str, ...],
    threads: int | None,
    block: int | None,
    out: Path | None,
    keep_draws: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    import time

    from sim.preprocess import build
    from sim.results.precision import targets
    from sim.scenario.inputs import register

    wanted = targets(precision)
    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    shown = _known_policies(problem, policies)
    started = time.perf_counter()
    with _storing(out) as path:
        from sim import job
        from sim.results import store

        keep = None
        if path is not None and keep_draws:
            store.check_room(path.parent, problem)
            keep = store.keeping_draws(path)
        with _progress(quiet, problem.run.draws, "draws", bool(wanted)) as progress:
            summary = job.run(problem, block or job.BLOCK, threads or 0, keep, progress, precision)
        draws = summary.attrs["draws"]
        if wanted:
            origin = origin.ended(draws, precision)
        if path is not None:
            store.write_summary(path, summary, origin)
    from sim.report import document

    said = {
        "engine": document.engine_entry(problem, time.perf_counter() - started) | {"draws": draws},
        "scenario": _scenario_entry(problem, loaded, origin),
        "metrics": document.metric_entries(problem, summary, shown),
    }
    if wanted:
        said["precision"] = document.precision_entry(problem, summary, wanted)
    figures, drawn = register(loaded.scenario), document.drawn_metrics(problem, shown)
    _print(said, as_json, "print_run", problem, figures, drawn, loaded.notes)
    if out is not None and not quiet:
        _tell(f"stored {out / store.RESULT}")


def _scenario_entry(problem: Problem, loaded: Loaded, origin: Provenance) -> dict[str, Any]:
    from sim.report.document import scenario_entry
    from sim.scenario.inputs import unconfirmed

    open_ones = unconfirmed(loaded.scenario)
    return scenario_entry(problem, origin.sha256, origin.overrides, open_ones)


@contextmanager
def _storing(folder: Path | None) -> Iterator[Path | None]:
    """Give the temporary name of the result, once it is sure that the folder takes one."""
    if folder is None:
        yield None
        return
    from sim.results import store

    result = folder / store.RESULT
    with _made(folder):
        if result.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(result))
        with store.replacing(result) as temporary:
            temporary.touch()
            temporary.unlink()
            yield temporary


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder, and take it away again if what should be in it could not be made."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise


@contextmanager
def _progress(
    quiet: bool, total: int | None = None, what: str = "", may_end_before: bool = False
) -> Iterator[Callable[[int], None] | None]:
    """Show on a terminal how far a computation is."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_first_step(), total=None)
        of, length = ("of at most", None) if may_end_before else ("of", total)
        yield lambda done: bar.update(
            task, description=f"{done:,} {of} {total:,} {what}", total=length, completed=done
        )


def _first_step() -> str:
    """Return what happens before the first draws are done."""
    import os

    import sim.jit  # noqa: F401  it names the cache

    cached = any(Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc"))
    return "computing" if cached else "compiling the kernels (once)"


_TRACE = re.compile(r"policy=(?P<policy>.+),draw=(?P<draw>\d+)|draw=(?P<d>\d+),policy=(?P<p>.+)")


def _trace(asked: _Asked, said: dict[str, Any]) -> None:
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
    _known_policies(problem, [policy], "--trace policy")
    if index >= problem.run.draws:
        last = f"draws are counted from 0 to {problem.run.draws - 1:,}"
        raise click.UsageError(f"--trace draw={index}: {last}")
    import time

    from sim.analysis.trace import trace
    from sim.report.document import engine_entry

    started = time.perf_counter()
    with _progress(said["quiet"]):
        lines = trace(problem, policy, index)
    engine = engine_entry(problem, time.perf_counter() - started)
    document = {
        "engine": engine | {"policy": policy, "draw": index},
        "scenario": _scenario_entry(problem, loaded, origin),
        "trace": lines,
    }
    _print(document, said["as_json"], "print_trace")


def _print(document: dict[str, Any], as_json: bool, table: str, *facts: Any) -> None:
    """Print a document for a script, or the table of that name for a person."""
    if as_json:
        from sim.report.document import as_json as text

        click.echo(text(document))
    else:
        from sim.report import tables
        from sim.report.grid import page

        with page() as console:
            getattr(tables, table)(console, document, *facts)


@cli.command()
@_FILE
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
@_SCENARIO
@_POLICY
@click.option("--draws", type=int, help="Draws from which a size is found (run.sizing_draws).")
@_SEED
@_DESIGN
@_THREADS
@_JSON
@_QUIET
def size(**said: Any) -> None:
    """Find the workstations that a named service level needs, for every policy of FILE."""
    import time

    from sim.preprocess import build

    service = _service(said["level"], said["assurance"])
    asked = _Asked.of(said, sizing_draws=said["draws"], seed=said["seed"], design=said["design"])
    loaded, origin = asked.load()
    problem = build(loaded.scenario)
    shown = _known_policies(problem, said["policies"])
    started = time.perf_counter()
    from sim.analysis.sizing import sizes
    from sim.job import processors
    from sim.report.document import engine_entry

    with _progress(said["quiet"], len(shown), "policies") as progress:
        threads = said["threads"] or processors()
        chosen, frontier = sizes(problem, service, shown, threads, progress)
    engine = engine_entry(problem, time.perf_counter() - started)
    document = {
        "engine": engine | {"draws": problem.run.sizing_draws},
        "scenario": _scenario_entry(problem, loaded, origin),
        "sizes": chosen,
        "frontier": frontier,
    }
    _print(document, said["as_json"], "print_sizes", problem)


def _service(level: str, assurance: float) -> ServicePlan:
    from typing import get_args

    from sim.problem import Level, ServicePlan

    known: dict[str, Level] = {level: level for level in get_args(Level)}
    name, _, text = level.partition("=")
    if name not in known:
        hint = _hint(name, list(known))
        raise click.UsageError(f"--level {level}: there is no such level; {hint}")
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise click.UsageError(f"--level {level}: needs a share from 0 to 1, such as {name}=0.95")
    return ServicePlan(known[name], share, assurance)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_SCENARIO
@_JSON
def check(
    files: tuple[Path, ...],
    settings: tuple[str, ...],
    overlays: tuple[Path, ...],
    allowed: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Tell everything that is wrong in each FILE, and which figures nobody has confirmed."""
    from sim.scenario.load import load

    checked: list[tuple[Path, Loaded | None, tuple[Fault, ...]]] = []
    for file in files:
        try:
            checked.append((file, load(file, settings, overlays, allowed), ()))
        except InputError as error:
            checked.append((file, None, error.faults))
    if as_json:
        import json

        click.echo(json.dumps({"files": [_checked_entry(*one) for one in checked]}, indent=1))
    else:
        _print_checked(checked)
    faults = [fault for *_, found in checked for fault in found]
    if as_json and faults:
        click.get_current_context().exit(_WRONG_INPUT)
    if faults:
        raise InputError(faults)


def _checked_entry(file: Path, loaded: Loaded | None, faults: tuple[Fault, ...]) -> dict[str, Any]:
    from dataclasses import asdict

    from sim.scenario.inputs import unconfirmed

    return {
        "file": str(file),
        "name": None if loaded is None else loaded.scenario.scenario.name,
        "classification": None if loaded is None else loaded.scenario.scenario.classification,
        "faults": [asdict(fault) for fault in faults],
        "unconfirmed": [] if loaded is None else list(unconfirmed(loaded.scenario)),
        "notes": [] if loaded is None else list(loaded.notes),
    }


def _print_checked(checked: Sequence[tuple[Path, Loaded | None, tuple[Fault, ...]]]) -> None:
    from sim.report.grid import page
    from sim.report.tables import print_checked
    from sim.scenario.inputs import register

    with page() as console:
        for file, loaded, _ in checked:
            if loaded is not None:
                marking = loaded.scenario.scenario.classification
                print_checked(console, str(file), marking, register(loaded.scenario), loaded.notes)


@cli.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write a scenario to start from into DIR: TOML with comments, CSV tables, JSON Schema."""
    import json

    from sim.scenario.describe import json_schema, template, template_tables

    schema = json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    texts = {"scenario.toml": template(), **template_tables(), "scenario.schema.json": schema}
    there = [folder / name for name in texts if (folder / name).exists()]
    if there:
        message, remedy = "is there already; nothing was written", "choose another folder"
        raise InputError(Fault(str(p), None, None, "", "", message, remedy) for p in there)
    with _made(folder):
        try:
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
        except BaseException:
            for name in texts:
                (folder / name).unlink(missing_ok=True)
            raise
    click.echo(f"wrote {', '.join(texts)}; next: officesim check {folder / 'scenario.toml'}")


@cli.command()
@_QUIET
def warmup(quiet: bool) -> None:
    """Compile the kernels once and keep them, so that later runs start at once."""
    import time

    from sim.analysis.warmup import warm_up

    started = time.perf_counter()
    with _progress(quiet):
        warm_up()
    click.echo(f"kernels compiled and cached in {time.perf_counter() - started:.1f} s")


def main() -> None:
    """Run the command line; the console's entry point."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli(prog_name="officesim")


if __name__ == "__main__":
    main()
