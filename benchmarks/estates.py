"""Scenarios of any size, made up for measuring: bodies alike, one policy beside the baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sim.preprocess import build
from sim.problem import Problem
from sim.scenario.load import load, load_texts

_SCENARIOS = Path(__file__).parents[1] / "scenarios"
REFERENCE = _SCENARIOS / "kazakhstan-2023.toml"
NATIONAL = _SCENARIOS / "national.toml"

_HEAD = """
[scenario]
name = "estate"
area_basis = "usable"
"""
_BODY = """
[[body]]
name = "body-{number}"
headcount = {people}
workstations = {people}
area_m2 = {area}
"""
_TAIL = """
[attendance]
weekday = [0.90, 1.18, 1.14, 1.13, 0.64]
absence = {{ beta = {{ mean = 0.12, sd = 0.02 }} }}
compliance = 1.0
clustering = {clustering}

[area]
workstation_m2 = 12

[policy.combined]
eligible = {{ beta = {{ mean = 0.66, sd = 0.05 }}, per = "body" }}
modes = {{ combined = 1.0 }}
days_on_site = 3
workstations = {{ per_person = 0.7 }}
"""


def estate(
    bodies: int = 4,
    people: int = 390,
    draws: int = 1024,
    weeks: int = 8,
    shock: bool = False,
    estimator: str = "conditional",
) -> Problem:
    """Return the problem of an estate whose workstations follow a desk-sharing ratio."""
    texts = [_BODY.format(number=b, people=people, area=12 * people) for b in range(bodies)]
    tail = _TAIL.format(clustering="{ uniform = [0.0, 0.05] }" if shock else "0.0")
    files = {"estate.toml": "".join([_HEAD, *texts, tail])}
    problem = build(load_texts(files, []).scenario)
    plan = replace(problem.run, draws=draws, weeks=weeks, estimator=estimator)
    return replace(problem, run=plan)


def smallest(draws: int) -> Problem:
    """Return a problem in which draws cost next to nothing: for memory, not for time."""
    problem = estate(bodies=1, people=3, weeks=1, draws=draws, estimator="sampled")
    return replace(problem, policies=problem.policies[:1])


def shipped(file: Path, draws: int, sizing: int | None = None, *others: str) -> Problem:
    """Return the problem of a shipped scenario, all policies; ``others`` are more settings."""
    settings = [f"run.draws={draws}", *others]
    if sizing is not None:
        settings.append(f"run.sizing_draws={sizing}")
    return build(load(file, settings).scenario)
