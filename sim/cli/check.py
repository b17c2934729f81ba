"""`officesim check`, `init` and `warmup`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.common import JSON, QUIET, SCENARIO, WRONG_INPUT, made, showing_progress
from sim.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.scenario.load import Loaded


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@SCENARIO
@JSON
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
        click.get_current_context().exit(WRONG_INPUT)
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


@click.command()
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
    with made(folder):
        try:
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
        except BaseException:
            for name in texts:
                (folder / name).unlink(missing_ok=True)
            raise
    click.echo(f"wrote {', '.join(texts)}; next: officesim check {folder / 'scenario.toml'}")


@click.command()
@QUIET
def warmup(quiet: bool) -> None:
    """Compile the kernels once and keep them, so that later runs start at once."""
    import time

    from sim.analysis.warmup import warm_up

    started = time.perf_counter()
    with showing_progress(quiet):
        warm_up()
    click.echo(f"kernels compiled and cached in {time.perf_counter() - started:.1f} s")
