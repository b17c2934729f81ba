"""What figures show beyond a summary: people away, and money by year and by chance, at one place.

Streamed as the summary is, and only where figures are asked for.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from sim.results.summary import Running
from sim.variables import BY_YEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sim.problem import Floats, Problem

ENDS = (0.05, 0.50, 0.95)
DOTS = 20
"""Outcomes, each as likely as any other, by which a chance is shown."""
LEDGERS = ("budget holder", "whole government")
FLOWS = tuple(variable.name for variable in BY_YEAR)
WORTH = ("npv", "npv_whole_government")


class Detail:
    """The details under way: give it blocks of draws in order, then ask for the result.

    Parameters
    ----------
    problem : Problem
    bodies : sequence of int
        The place: its bodies are added up.
    """

    def __init__(self, problem: Problem, bodies: Sequence[int]) -> None:
        self._problem, self._bodies = problem, list(bodies)
        policies, plan = len(problem.policies), problem.appraisal
        self._parts: dict[str, tuple[int, ...]] = {"away_staff": (policies,)}
        if plan is not None:
            self._parts["flows"] = (len(LEDGERS), policies, plan.years + 1)
            self._parts["npv"] = self._parts["npv_positive"] = (len(LEDGERS), policies)
        whole = {"away_staff", "npv_positive"}
        self._running = {
            name: Running(np.full(int(np.prod(shape)), name in whole))
            for name, shape in self._parts.items()
        }

    def add(self, block: xr.Dataset) -> None:
        """Add the next block of draws, by year if there is an appraisal."""
        for name, values in self._values(block).items():
            self._running[name].add(np.ascontiguousarray(values.reshape(-1, values.shape[-1])))

    @contextmanager
    def beside(
        self, other: AbstractContextManager[Callable[[xr.Dataset], None]] | None
    ) -> Iterator[Callable[[xr.Dataset], None]]:
        """Give a function that adds a block, and passes it on where another one takes blocks."""

        def add(block: xr.Dataset) -> None:
            self.add(block)
            take(block)

        with nullcontext(lambda _: None) if other is None else other as take:
            yield add

    def _values(self, block: xr.Dataset) -> dict[str, Floats]:
        """Return each detail, its draws last."""

        def together(name: str) -> Floats:
            found: Floats = block[name].to_numpy()[:, self._bodies].sum(axis=1)
            return found

        values = {"away_staff": together("remote_staff") + together("combined_staff")}
        if "flows" in self._parts:
            values["flows"] = np.stack([together(name) for name in FLOWS])
            values["npv"] = np.stack([together(name) for name in WORTH])
            values["npv_positive"] = (values["npv"] > 0).astype(np.float64)
        return values

    def result(self) -> xr.Dataset:
        """Return the details of the draws so far.

        Returns
        -------
        xarray.Dataset
            ``away_staff`` [people] with dims ``policy, quantile``; with an appraisal ``flows``
            [currency] with ``ledger, policy, year, quantile``, of the budget holder at prices of
            each year, of the whole government at prices of t0; ``npv`` [currency] with ``ledger,
            policy, dot``, and ``npv_positive`` with ``ledger, policy``.
        """
        middles = (np.arange(DOTS) + 0.5) / DOTS
        plan = self._problem.appraisal
        coords: dict[str, Any] = {"policy": list(self._problem.policy_names)}
        coords["quantile"] = list(ENDS)
        found: dict[str, Any] = {
            "away_staff": (("policy", "quantile"), self._at("away_staff", ENDS))
        }
        if plan is not None:
            coords |= {"ledger": list(LEDGERS), "dot": list(middles)}
            coords["year"] = list(plan.base_year + np.arange(plan.years + 1))
            of_money = ("ledger", "policy")
            found["flows"] = ((*of_money, "year", "quantile"), self._at("flows", ENDS))
            found["npv"] = ((*of_money, "dot"), self._at("npv", middles))
            share = self._running["npv_positive"].statistics(self._problem.run.design)["mean"]
            found["npv_positive"] = (of_money, share.reshape(self._parts["npv_positive"]))
        return xr.Dataset(found, coords=coords)

    def _at(self, name: str, shares: Sequence[float] | Floats) -> Floats:
        """Return quantiles of a detail, along the last axis."""
        found = [self._running[name].quantile(float(share)) for share in shares]
        return np.stack(found, axis=-1).reshape(*self._parts[name], len(found))
