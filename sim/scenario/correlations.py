"""Rank correlations: known inputs that vary, each pair once, and a matrix that can be."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

from sim.scenario.document import nearest
from sim.scenario.inputs import input_paths, stream_key
from sim.scenario.policies import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario.positions import Path
    from sim.scenario.schema import Scenario
    from sim.scenario.types import Input

    Problem = tuple[Path, str, str]


def correlation_problems(scenario: Scenario) -> Iterator[Problem]:
    """Check the rank correlations.

    Parameters
    ----------
    scenario : Scenario
        With its policies as they are written.

    Yields
    ------
    path, message, remedy
    """
    if not scenario.correlation:
        return
    problems = [*_names(scenario), *_pairs(scenario)]
    yield from problems
    if not problems and not _positive_definite(scenario):
        message = "no inputs can have these rank correlations together"
        yield ("correlation",), message, "bring the ranks nearer to 0"


def _inputs(scenario: Scenario) -> dict[str, list[Input]]:
    complete = scenario.model_copy(update={"policy": resolved(scenario.policy)})
    inputs: dict[str, list[Input]] = {}
    for path, given in input_paths(complete).items():
        inputs.setdefault(stream_key(path), []).append(given)
    return inputs


def _names(scenario: Scenario) -> Iterator[Problem]:
    known = _inputs(scenario)
    for number, correlation in enumerate(scenario.correlation):
        for index, name in enumerate(correlation.inputs):
            path = ("correlation", number, "inputs", index)
            if name in correlation.inputs[:index]:
                yield path, "is there twice", "name each input once"
            elif name not in known:
                near = nearest(stream_key(name), list(known)) or ", ".join(list(known)[:4])
                remedy = f"perhaps {near}; what policies say stands without policy.NAME"
                yield path, f"{name} is no input of this scenario", remedy
            elif all(low == high for low, high in (i.support() for i in known[name])):
                yield path, f"{name} is a plain number and cannot move", "give it a distribution"
            elif any(given.per == "body" for given in known[name]):
                message = f"{name} has a value for each body and cannot be correlated"
                yield path, message, 'leave out per = "body" or the correlation'


def _pairs(scenario: Scenario) -> Iterator[Problem]:
    ranks: dict[frozenset[str], float] = {}
    for number, correlation in enumerate(scenario.correlation):
        for pair in combinations(correlation.inputs, 2):
            before = ranks.setdefault(frozenset(pair), correlation.rank)
            if before != correlation.rank:
                message = f"{pair[0]} and {pair[1]} have the rank {before:g} already"
                yield ("correlation", number, "rank"), message, "say it once"


def _positive_definite(scenario: Scenario) -> bool:
    # numpy only here: `check` of a scenario without correlations stays cheap
    import numpy as np

    names = list({name: None for c in scenario.correlation for name in c.inputs})
    matrix = np.eye(len(names))
    for correlation in scenario.correlation:
        for first, second in combinations(map(names.index, correlation.inputs), 2):
            pearson = 2 * math.sin(math.pi * correlation.rank / 6)
            matrix[first, second] = matrix[second, first] = pearson
    return bool(np.linalg.eigvalsh(matrix)[0] > 1e-9)
