"""What commands share: options, the scenario they name, progress, and how they print."""

from __future__ import annotations

import errno
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sim.problem import Problem
    from sim.results.store import Provenance
    from sim.scenario.load import Loaded

WRONG_INPUT = 2
_STORED = b"\x89HDF"
"""The first bytes of a stored result."""


def tell(message: str) -> None:
    """Write a message to stderr, whatever characters a file put into it."""
    from sim.report.words import plain

    click.echo("\n".join(plain(line) for line in message.split("\n")), err=True)


def all_of(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that adds options in the order they are given."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


FILE = click.argument("file", type=click.Path(path_type=Path))
SCENARIO = all_of(
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
POLICY = click.option(
    "--policy", "policies", multiple=True, help="Print only this policy; repeatable."
)
SEED = click.option("--seed", type=int, help="Start of every random stream (run.seed).")
DESIGN = click.option(
    "--design", type=click.Choice(["mc", "sobol"]), help="How inputs are drawn (run.design)."
)
THREADS = click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Blocks computed at the same time; by default one for each processor.",
)
FIGURES = click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Draw the results into this folder, as PNG and SVG.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
QUIET = click.option("--quiet", is_flag=True, help="No progress and no messages.")


@dataclass(frozen=True)
class Asked:
    """What the command line says about the scenario."""

    file: Path
    settings: tuple[str, ...]
    overlays: tuple[Path, ...]
    allowed: tuple[Path, ...]

    @classmethod
    def of(cls, said: dict[str, Any], options: Mapping[str, object]) -> Asked:
        """Take the common options out of ``said``; the others given become overrides by key."""
        given = tuple(f"{key}={value}" for key, value in options.items() if value is not None)
        settings = said.pop("settings") + given
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


def hint(word: str, known: Sequence[str]) -> str:
    """Return the nearest known word, or all of them."""
    from sim.scenario.document import nearest

    near = nearest(word, known)
    return f"did you mean {near}?" if near else f"known: {', '.join(known)}"


def known_policies(problem: Problem, asked: Sequence[str], option: str = "--policy") -> list[str]:
    """Return the policies to print, all where none is named; refuse an unknown one."""
    message = "there is no such policy"
    faults = [
        Fault(f"{option} {name}", None, None, "", "", message, hint(name, problem.policy_names))
        for name in asked
        if name not in problem.policy_names
    ]
    if faults:
        raise InputError(faults)
    return [name for name in problem.policy_names if not asked or name in asked]


def scenario_entry(problem: Problem, loaded: Loaded, origin: Provenance) -> dict[str, Any]:
    """Return what was computed, for a document."""
    from sim.report.document import scenario_entry as entry
    from sim.scenario.inputs import unconfirmed

    open_ones = unconfirmed(loaded.scenario)
    return entry(problem, origin.sha256, origin.overrides, open_ones)


@contextmanager
def storing(folder: Path | None, name: str) -> Iterator[Path | None]:
    """Give the temporary name of the result, once it is sure that the folder takes one."""
    if folder is None:
        yield None
        return
    from sim.results import store

    result = folder / name
    with made(folder):
        if result.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(result))
        with store.replacing(result) as temporary:
            temporary.touch()
            temporary.unlink()
            yield temporary


@contextmanager
def made(folder: Path) -> Iterator[None]:
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
def showing_progress(
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
        length = None if may_end_before else total
        of = "" if total is None else f" {'of at most' if may_end_before else 'of'} {total:,}"
        yield lambda done: bar.update(
            task, description=f"{done:,}{of} {what}", total=length, completed=done
        )


def _first_step() -> str:
    """Return what happens before the first draws are done."""
    import os

    import sim.jit  # noqa: F401  it names the cache

    cached = any(Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc"))
    return "computing" if cached else "compiling the kernels (once)"


def print_document(document: dict[str, Any], as_json: bool, table: str, *facts: Any) -> None:
    """Print a document for a script, or for a person by ``module.function`` of the report."""
    if as_json:
        from sim.report.document import as_json as text

        click.echo(text(document))
    else:
        from importlib import import_module

        from sim.report.grid import page

        module, _, name = table.partition(".")
        with page() as console:
            getattr(import_module(f"sim.report.{module}"), name)(console, document, *facts)
