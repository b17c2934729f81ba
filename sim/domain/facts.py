"""Dated figures with their sources, by name: ``readiness.literacy``, ``norm.us-design``.

The tables beside this file keep figures as published. What is computed from them, such as the
index of weekdays, is computed here and typed nowhere.
"""

from __future__ import annotations

import math
import tomllib
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import fmean
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SQUARE_METRES_PER_SQUARE_FOOT = 0.3048**2
TABLES = {
    "readiness": "readiness.toml",
    "weekday": "weekdays.toml",
    "norm": "norms.toml",
    "discount": "discounting.toml",
}


@dataclass(frozen=True)
class Fact:
    """One shipped figure and what a reader needs to judge it.

    Attributes
    ----------
    name : str
        Dotted name, as in ``weekday.uk-offices-2024``.
    unit : str
        Unit of the figure.
    date : str
        Date the figure is of, or of its publication, as far as the source shows it.
    source : str
        Document, clause or survey.
    confirmed : bool
        False while nobody has confirmed that it holds for the estate at hand.
    quantity : Mapping[str, Any]
        The figure as a scenario writes it: ``value``, ``survey`` and so on.
    note : str
        What the source leaves open.
    """

    name: str
    unit: str
    date: str
    source: str
    confirmed: bool
    quantity: Mapping[str, Any]
    note: str = ""


def fact(name: str) -> dict[str, Any]:
    """Return a shipped figure as a scenario would write it.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    dict
        The keys of an input or of a weekday profile, with ``source`` and ``confirmed``; the
        caller may change it.

    Raises
    ------
    KeyError
        If there is no such figure; the message lists those there are.
    """
    known = catalogue()
    if name not in known:
        raise KeyError(f"no shipped figure {name!r}; there are: {', '.join(known)}")
    found = known[name]
    shape = deepcopy(dict(found.quantity))
    return shape | {"source": found.source, "confirmed": found.confirmed}


def names() -> tuple[str, ...]:
    """Return the names of the shipped figures."""
    return tuple(catalogue())


@cache
def catalogue() -> Mapping[str, Fact]:
    """Return every shipped figure by name."""
    return MappingProxyType(
        {
            f"{group}.{key}": _read(f"{group}.{key}", entry)
            for group, file in TABLES.items()
            for key, entry in tomllib.loads(
                files("sim.domain").joinpath(file).read_text(encoding="utf-8")
            ).items()
        }
    )


def _read(name: str, entry: dict[str, Any]) -> Fact:
    about = {key: entry.pop(key) for key in ("unit", "date", "source", "confirmed")}
    note = entry.pop("note", "")
    quantity: dict[str, Any] = {}
    for key, published in entry.items():
        quantity |= COMPUTED[key](published) if key in COMPUTED else {key: published}
    return Fact(name=name, quantity=quantity, note=note, **about)


def _index(percent: list[float]) -> dict[str, Any]:
    mean = fmean(percent)
    return {"value": [day / mean for day in percent]}


def _square_metres(square_feet: float) -> dict[str, Any]:
    return {"value": square_feet * SQUARE_METRES_PER_SQUARE_FOOT}


def _common_divisor(areas: list[int]) -> dict[str, Any]:
    return {"value": math.gcd(*areas)}


def _at_least(counts: dict[str, float]) -> dict[str, Any]:
    staff = counts["answers"] / counts["answered"]
    return {"uniform": [counts["users"] / staff, 1.0]}


COMPUTED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "percent": _index,
    "square_feet": _square_metres,
    "divides": _common_divisor,
    "at_least": _at_least,
}
