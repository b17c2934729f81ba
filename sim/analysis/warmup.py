"""Tiny runs that compile every kernel and leave it in numba's cache."""

from __future__ import annotations

from sim.analysis.sizing import sizes
from sim.job import run
from sim.preprocess import build
from sim.problem import ServicePlan
from sim.scenario.describe import template, template_tables
from sim.scenario.load import load_texts

_TINY = (
    "run.draws=32",
    "run.sizing_draws=16",
    "run.weeks=1",
    "policy.remote.dedicated.secrets=0.1",
)
_RUNS = (
    ("run.design=sobol", "run.estimator=conditional"),
    ("run.design=mc", "run.estimator=sampled", "attendance.rule=fixed_days"),
    ("attendance.rule=fixed_days", "policy.remote.pool=all", "policy.combined.readiness=target"),
)


def warm_up() -> None:
    """Compile and cache the kernels of both estimators, both rules, shared pools and sizing."""
    files = {"scenario.toml": template(), **template_tables()}
    for settings in _RUNS:
        problem = build(load_texts(files, _TINY + settings).scenario)
        run(problem, block=16, threads=1)
        for level in ("per_day", "per_week", "per_person"):
            sizes(problem, [ServicePlan(level, 0.95, 0.9)], ["combined"])
