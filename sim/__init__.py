"""officesim: office space, savings and desk shortage under remote work.

The way of a scenario: ``load`` → ``build`` → ``draw`` → ``simulate``; ``run`` streams blocks of
draws into a summary. Names are imported when they are first used, so that the command line
answers before the numerical libraries are there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sim.version import __version__

if TYPE_CHECKING:
    from sim.engine import simulate as simulate
    from sim.job import run as run
    from sim.preprocess import build as build
    from sim.sampling import draw as draw
    from sim.scenario.load import load as load

_HOMES = {
    "build": "sim.preprocess",
    "draw": "sim.sampling",
    "load": "sim.scenario.load",
    "run": "sim.job",
    "simulate": "sim.engine",
}

__all__ = ["__version__", "build", "draw", "load", "run", "simulate"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
