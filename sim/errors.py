"""What can go wrong, in words for the person who wrote the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class OfficesimError(Exception):
    """The base of every error that the package raises on purpose."""


class RunError(OfficesimError):
    """A run that could not be carried out, although its input was right."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in an input.

    Attributes
    ----------
    file : str
        The file, or the option of the command line that holds it.
    line, column : int or None
        Where in the file, counted from 1; None where that has no meaning.
    key : str
        Dotted path of the key, or the column of a table.
    value : str
        What was found there; empty where nothing was.
    message : str
        What is allowed.
    remedy : str
        What to do about it; may be empty.
    """

    file: str
    line: int | None
    column: int | None
    key: str
    value: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        found = " = ".join(part for part in (self.key, self.value) if part)
        lines = (f"{place}: {found}" if found else place, self.message, self.remedy)
        return "\n    ".join(line for line in lines if line)


class InputError(OfficesimError):
    """Everything that is wrong in a scenario, its tables and the options, at once.

    Parameters
    ----------
    faults : iterable of Fault
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
