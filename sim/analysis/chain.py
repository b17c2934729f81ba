"""One number of a traced draw, and how the inputs of a scenario are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sim.problem import Unknown

Value = float | list[float]


@dataclass(frozen=True)
class Line:
    """One number of the chain.

    Attributes
    ----------
    body, step : str
        The body, and the part of the chain.
    name : str
        Path of an input, name of a result variable, or what is counted of a cohort.
    value : float or list of float
        A list has one number for each weekday, Monday first; None where it does not exist.
    unit : str
    how : str
        Where the number comes from, or the arithmetic with its figures.
    """

    body: str
    step: str
    name: str
    value: Value | None
    unit: str
    how: str


def distribution_words(unknown: Unknown) -> str:
    """Return how an input is drawn."""
    given = unknown.distribution
    if given.constant:
        return "stated"
    figures = ", ".join(f"{value:,.6g}" for value in given.parameters)
    return f"drawn from {given.kind}({figures})"


def traced(value: Any) -> Value | None:
    """Return a number, a list of them, or None where there is none."""
    found = np.asarray(value, np.float64)
    if not np.isfinite(found).all():
        return None
    listed: Value = found.tolist()
    return listed
