"""One draw's chain, number by number, as a planner would rebuild it in a spreadsheet.

The results are those of the engine for that draw; between them stands what they were made from.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.chain import Line, distribution_words, traced
from sim.analysis.worthchain import WorthChain
from sim.engine import simulate
from sim.kernels.presence import WEEKDAYS, days_on_site, weekday_presence
from sim.people import Staff, draw_staff, ready_share
from sim.sampling import draw
from sim.variables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr

    from sim.problem import PolicyPlan, Problem
    from sim.sampling import Draws


def trace(problem: Problem, policy: str, index: int) -> list[dict[str, Any]]:
    """Return the chain of one draw.

    Parameters
    ----------
    problem : Problem
    policy : str
        Name of the policy.
    index : int
        The draw, counted from 0.

    Returns
    -------
    list of dict
        The fields of ``Line``; body by body, step by step.
    """
    plan = problem.policies[problem.policy_names.index(policy)]
    draws = draw(problem, index, 1)
    people = draw_staff(problem, plan, draws)
    every = simulate(problem, draws)
    results = every.sel(policy=policy).isel(draw=0)
    worth = None
    if problem.appraisal is not None:
        worth = WorthChain(problem, problem.appraisal, plan, draws, every)
    return [
        asdict(line)
        for b in range(len(problem.bodies))
        for chain in (_Chain(problem, plan, draws, people, results, b).lines(), _money(worth, b))
        for line in chain
    ]


def _money(worth: WorthChain | None, body: int) -> Iterator[Line]:
    if worth is not None:
        yield from worth.lines(body)


class _Chain:
    """The chain of one body."""

    def __init__(
        self,
        problem: Problem,
        plan: PolicyPlan,
        draws: Draws,
        people: Staff,
        results: xr.Dataset,
        body: int,
    ) -> None:
        self.problem = problem
        self.plan = plan
        self.draws = draws
        self.people = people
        self.results = results.isel(body=body)
        self.body = body
        self.staff = int(problem.headcount[body])

    def lines(self) -> Iterator[Line]:
        """Yield the whole chain in the order in which it is computed."""
        yield from self._eligible()
        yield from self._ready()
        yield from self._modes()
        yield from self._days()
        yield from self._workstations()
        yield from self._presence()
        yield from self._shortage()
        yield from self._area()
        yield from self._money()

    def _line(self, step: str, name: str, value: Any, unit: str, how: str) -> Line:
        return Line(self.problem.bodies[self.body], step, name, traced(value), unit, how)

    def _input(self, step: str, index: int, unit: str) -> Line:
        unknown = self.problem.unknowns[index]
        return self._line(
            step, unknown.stream, self._drawn(index), unit, distribution_words(unknown)
        )

    def _result(self, step: str, name: str, how: str) -> Line:
        unit = BY_NAME[name].unit.replace("currency", self.problem.currency)
        return self._line(step, name, self.results[name].to_numpy(), unit, how)

    def _drawn(self, index: int) -> float:
        values = self.draws.values[index]
        return float(values[self.body if len(values) > 1 else 0, 0])

    def _count(self, name: str) -> int:
        return int(self.results[name])

    def _eligible(self) -> Iterator[Line]:
        step = "1 eligible staff"
        yield self._line(step, "headcount", self.staff, "people", "filled posts, stated")
        groups = [group for group in self.plan.groups if group.body == self.body]
        for index in dict.fromkeys(group.share for group in groups):
            yield self._input(step, index, "1")
        sizes = (f"Binomial({g.staff:,}, {self._drawn(g.share):.6g})" for g in groups)
        yield self._result(step, "eligible_staff", f"drawn from {' + '.join(sizes) or 'nobody'}")

    def _ready(self) -> Iterator[Line]:
        step = "2 ready staff"
        share = ready_share(self.problem, self.plan, self.draws)
        how = "no gate is asked for"
        if self.plan.readiness != "none":
            for gate in self.problem.gates:
                yield self._input(step, gate.today, "1")
                if self.plan.readiness == "target" and gate.target is not None:
                    yield self._input(step, gate.target, "1")
            joined = "the least" if self.problem.nested_gates else "the product"
            after = ", each at its target or today's if that is higher"
            how = f"{joined} of the gates{after if self.plan.readiness == 'target' else ''}"
        ready = float(share[0, 0])
        yield self._line(step, "ready_share", ready, "1", how)
        drawn = f"drawn from Binomial({self._count('eligible_staff'):,}, {ready:.6g})"
        yield self._result(step, "ready_staff", drawn)

    def _modes(self) -> Iterator[Line]:
        step = "3 modes of work"
        remote, combined = self._drawn(self.plan.remote), self._drawn(self.plan.combined)
        yield self._input(step, self.plan.remote, "1")
        yield self._input(step, self.plan.combined, "1")
        ready, home = self._count("ready_staff"), self._count("remote_staff")
        drawn = f"drawn from Binomial({ready:,}, {remote:.6g})"
        yield self._result(step, "remote_staff", drawn)
        rest = combined / (1 - remote) if remote < 1 else 0.0
        drawn = f"drawn from Binomial({ready - home:,}, {rest:.6g}), those ready but not remote"
        yield self._result(step, "combined_staff", drawn)
        onsite = self.people.cohorts[-1, self.body, 0]
        how = f"{self.staff:,} - {home:,} - {self._count('combined_staff'):,}"
        yield self._line(step, "onsite_staff", onsite, "people", how)

    def _cohorts(self) -> Iterator[tuple[int, str]]:
        """Yield the cohorts that have people, with a name each."""
        last = len(self.people.cohorts) - 1
        for c in range(last + 1):
            if self.people.cohorts[c, self.body, 0] > 0:
                mode = "onsite" if c == last else ("remote", "combined")[c % 2]
                strand = f"[{c // 2}]" if c < last and last > 2 else ""
                yield c, f"{mode}{strand}"

    def _days(self) -> Iterator[Line]:
        step = "4 days a week"
        said = self.problem.attendance
        floors = self.people.attendance.floor[0]
        cohorts = list(self._cohorts())
        if any(name.startswith("combined") for _, name in cohorts):
            yield self._input(step, self.plan.days, "days")
            yield self._input(step, said.compliance, "1")
        by_rule = f"{self._of(self.plan.days)} x {self._of(said.compliance)}"
        for c, name in cohorts:
            yield self._line(
                step,
                f"cohort.{name}",
                self.people.cohorts[c, self.body, 0],
                "people",
                "those who work in this way",
            )
            days = days_on_site(self.people.attendance, c, self.body, 0)
            how = by_rule if name.startswith("combined") else "by the mode"
            if name != "onsite" and floors[c // 2] > 0:
                how += f", at least {floors[c // 2]:g} for functions bound to the premises"
            yield self._line(step, f"days.{name}", days, "days", how)

    def _workstations(self) -> Iterator[Line]:
        step = "5 workstations"
        present = self.staff - int(self.people.cohorts[0, self.body, 0])
        remote = self.staff - present
        how = f"{self.staff:,} - {remote:,} fully remote"
        yield self._line(step, "not_fully_remote", present, "people", how)
        parts = []
        for _, indices in self.plan.dedicated:
            yield self._input(step, indices[self.body], "1")
            parts.append(f"ceil({self._drawn(indices[self.body]):.6g} x {self.staff:,})")
        dedicated = self._count("dedicated_workstations")
        how = f"{' + '.join(parts)}, at most {present:,}" if parts else "none are asked for"
        yield self._result(step, "dedicated_workstations", how)
        how = f"{present:,} - {dedicated:,}"
        yield self._line(step, "people_who_share", present - dedicated, "people", how)
        yield from self._provided(step, present - dedicated, dedicated)

    def _provided(self, step: str, sharing: int, dedicated: int) -> Iterator[Line]:
        plan = self.plan
        how = "stated" if plan.name != "baseline" else "as today"
        if plan.per_person is not None:
            index = plan.per_person[self.body]
            yield self._input(step, index, "workstations per person")
            how = f"ceil({self._drawn(index):.6g} x {sharing:,}) + {dedicated:,}"
        elif plan.service is not None:
            asked = f"{plan.service.level} = {plan.service.share:g}"
            needed = self.results["workstations_needed"].to_numpy()
            this = f"least number with {asked} in this draw; a pool's is split by headcount"
            yield self._line(step, "workstations_needed", needed, "workstations", this)
            how = (
                f"enough for {asked} in {plan.service.assurance:.0%} of "
                f"{self.problem.run.sizing_draws:,} sizing draws"
            )
        yield self._result(step, "workstations", how)

    def _presence(self) -> Iterator[Line]:
        step = "6 people present"
        said = self.problem.attendance
        yield self._line(step, "attendance.weekday", said.weekday, "weight", "stated")
        yield self._input(step, said.absence, "1")
        kept = 1 - self._drawn(said.absence)
        how = f"days spread over the week by weight, none above 1, x {kept:.6g} not absent"
        for c, name in self._cohorts():
            due = np.empty(WEEKDAYS)
            weekday_presence(self.people.attendance, c, self.body, 0, due)
            yield self._line(step, f"presence.{name}", due * kept, "chance", how)
        conditional = self.problem.run.estimator == "conditional"
        how = "sum over cohorts of people x presence" if conditional else self._days_drawn()
        yield self._result(step, "onsite_by_weekday", how)
        yield self._result(step, "onsite_mean", "mean over the week")

    def _days_drawn(self) -> str:
        return f"mean of {self.problem.run.weeks} weeks drawn day by day"

    def _shortage(self) -> Iterator[Line]:
        step = "7 shortage"
        yield self._input(step, self.problem.attendance.clustering, "correlation")
        pool = next(pool for pool in self.plan.pools if self.body in pool)
        names = ", ".join(self.problem.bodies[b] for b in pool)
        chance = (
            "share of days on which somebody looks for a workstation and finds none"
            if self.plan.in_hours
            else f"chance that more are present: people who share among {names} and its "
            "workstations less dedicated ones"
        )
        yield self._result(step, "shortage_by_weekday", chance)
        yield self._result(step, "shortage_per_day", "mean over the week")
        yield self._result(step, "shortage_per_week", "chance of a short day in a week")
        yield self._result(step, "sharing_people", "present and without a dedicated workstation")
        yield self._result(step, "unmet_people", "mean number who find no workstation")

    def _area(self) -> Iterator[Line]:
        step = "8 area"
        space = self.problem.space
        today, fixed = self.problem.area[self.body], self.problem.fixed_area[self.body]
        yield self._line(step, "area_today", today, "m2", "stated")
        if self.plan.keeps_area:
            yield self._result(step, "required_area", "doing nothing keeps the area")
        else:
            yield self._line(step, "fixed_area", fixed, "m2", "stated")
            yield self._input(step, space.workstation, "m2")
            parts = [
                f"{fixed:,.6g}",
                f"{self._count('workstations'):,} x {self._of(space.workstation)}",
            ]
            for index, counts in space.offices:
                yield self._input(step, index, "m2")
                parts.append(f"{counts[self.body]} x {self._of(index)}")
            if space.meeting is not None:
                share, seat = space.meeting
                yield self._input(step, share, "1")
                yield self._input(step, seat, "m2")
                busiest = float(self.results["onsite_by_weekday"].max())
                parts.append(f"{busiest:,.6g} x {self._of(share)} x {self._of(seat)}")
            yield self._result(step, "required_area", " + ".join(parts))
        how = f"{today:,.6g} - {float(self.results['required_area']):,.6g}"
        yield self._result(step, "released_area", how)

    def _of(self, index: int) -> str:
        return f"{self._drawn(index):,.6g}"

    def _money(self) -> Iterator[Line]:
        step = "9 money"
        released = float(self.results["released_area"])
        for _, index in self.problem.running_cost:
            yield self._input(step, index, f"{self.problem.currency}/m2/year")
        if self.problem.running_cost:
            costs = " + ".join(self._of(index) for _, index in self.problem.running_cost)
            how = f"{released:,.6g} x ({costs}), an upper bound of the saving"
            yield self._result(step, "vacated_running_cost", how)
        if self.plan.readiness == "target":
            yield from self._investment(step)

    def _investment(self, step: str) -> Iterator[Line]:
        eligible = self._count("eligible_staff")
        parts = []
        for gate in self.problem.gates:
            if gate.target is not None and gate.cost is not None:
                yield self._input(step, gate.cost, f"{self.problem.currency}/person")
                across = max(0.0, self._drawn(gate.target) - self._drawn(gate.today))
                parts.append(f"{across:.6g} x {self._of(gate.cost)}")
        how = (
            f"{eligible:,} x ({' + '.join(parts)})" if parts else "no gate has a cost and a target"
        )
        yield self._result(step, "investment", how)
        yield self._result(step, "payback_years", "investment / vacated running cost")
