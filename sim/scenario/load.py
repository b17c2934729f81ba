"""From TOML and CSV to a Scenario: everything that is wrong is told at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.scenario.files import Disk, Source, Stored
from sim.scenario.inputs import input_paths, unconfirmed
from sim.scenario.policies import resolved
from sim.scenario.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.scenario.schema import Scenario

__all__ = ["Loaded", "input_paths", "load", "load_texts", "unconfirmed"]


@dataclass(frozen=True)
class Loaded:
    """A scenario and what it was read from.

    Attributes
    ----------
    scenario : Scenario
    files : dict of str to str
        The text of each file by its name: the scenario first, then its tables, then the overlays.
    notes : tuple of str
        What was detected about each table.
    overlays : tuple of str
        Those names in ``files`` that are overlays.
    """

    scenario: Scenario
    files: dict[str, str]
    notes: tuple[str, ...]
    overlays: tuple[str, ...]


def load(
    path: Path,
    overrides: Sequence[str] = (),
    overlays: Sequence[Path] = (),
    allow: Sequence[Path] = (),
) -> Loaded:
    """Read a scenario with its tables and check all of it.

    Parameters
    ----------
    path : Path
        The TOML file.
    overrides : sequence of str
        ``key.path=value``, laid over the files in this order.
    overlays : sequence of Path
        TOML fragments merged over the file before the overrides.
    allow : sequence of Path
        Folders beside the scenario's own in which its tables may lie.

    Returns
    -------
    Loaded

    Raises
    ------
    InputError
        With every fault that was found.
    """
    return _load(Disk(path, tuple(overlays), tuple(allow)), overrides)


def load_texts(
    files: dict[str, str], overrides: Sequence[str] = (), overlays: Sequence[str] = ()
) -> Loaded:
    """Load again what ``Loaded.files`` holds, without a file system.

    Parameters
    ----------
    files : dict of str to str
        Texts by name, the scenario first.
    overrides : sequence of str
        ``key.path=value``.
    overlays : sequence of str
        Those names in ``files`` that are overlays.

    Returns
    -------
    Loaded

    Raises
    ------
    InputError
        With every fault that was found.
    """
    return _load(Stored(files, tuple(overlays)), overrides)


def _load(source: Source, options: Sequence[str]) -> Loaded:
    reading = Reading(source)
    document = reading.document(options)
    audits = reading.audits(document)
    scenario = reading.scenario(document, audits)
    complete = scenario.model_copy(update={"policy": resolved(scenario.policy), "audits": audits})
    overlays = {name: source.texts.pop(name) for name in source.overlays}
    return Loaded(complete, source.texts | overlays, tuple(reading.notes), tuple(overlays))
