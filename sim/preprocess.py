"""From a scenario to a problem: names become indices, inputs become distributions, once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from sim import consequences, costing, places, premises
from sim.domain.eligibility import beta_parameters, least_days_on_site, weights
from sim.problem import (
    BASELINE,
    AreaPlan,
    AttendancePlan,
    Distribution,
    EligibleGroup,
    GatePlan,
    PolicyPlan,
    Problem,
    RunPlan,
    ServicePlan,
    Unknown,
)
from sim.scenario.schema import Body, Policy, Scenario, ServiceLevel
from sim.scenario.types import Input
from sim.unknowns import Unknowns

DO_NOTHING = Policy.model_construct(title="Do nothing", eligible=Input.model_construct(value=0.0))


def build(scenario: Scenario) -> Problem:
    """Turn a validated scenario into a problem.

    Parameters
    ----------
    scenario : Scenario
        As ``sim.scenario.load`` returns it: ``extends`` resolved, tables read, faults excluded.

    Returns
    -------
    Problem
    """
    unknowns = Unknowns()
    attendance = _attendance(scenario, unknowns)
    gates = tuple(
        GatePlan(
            name,
            unknowns.add(f"readiness.{name}.today", gate.today),
            unknowns.add_optional(f"readiness.{name}.target", gate.target),
            unknowns.add_optional(f"readiness.{name}.cost_per_person", gate.cost_per_person),
        )
        for name, gate in scenario.readiness.gates.items()
    )
    space = _space(scenario, unknowns)
    running = tuple(
        (name, unknowns.add(f"cost.running.{name}", cost))
        for name, cost in scenario.cost.running.items()
    )
    policies = {BASELINE: DO_NOTHING} | dict(scenario.policy)
    plans = tuple(_policy(name, policies[name], scenario, unknowns) for name in policies)
    occupancy = places.occupancy(scenario, unknowns)
    appraisal = costing.appraisal(scenario, unknowns)
    reversal = consequences.reversal(scenario, unknowns)
    co_benefits = consequences.co_benefits(scenario, unknowns)
    estate = premises.estate(scenario, unknowns)
    correlated, cholesky = _correlation(scenario)
    return Problem(
        name=scenario.scenario.name,
        title=scenario.scenario.title or scenario.scenario.name,
        currency=scenario.scenario.currency,
        area_basis=scenario.scenario.area_basis,
        classification=scenario.scenario.classification,
        run=RunPlan(**scenario.run.model_dump()),
        bodies=tuple(body.name for body in scenario.body),
        tiers=tuple(body.tier for body in scenario.body),
        headcount=np.array([body.headcount.value for body in scenario.body], np.int64),
        vacant_posts=np.array([body.vacant_posts for body in scenario.body], np.int64),
        workstations=np.array([body.workstations.value for body in scenario.body], np.int64),
        area=np.array([body.area_m2.value for body in scenario.body]),
        fixed_area=np.array([body.fixed_m2.value for body in scenario.body]),
        unknowns=tuple(unknowns.found),
        correlated=correlated,
        cholesky=cholesky,
        attendance=attendance,
        gates=gates,
        nested_gates=scenario.readiness.dependence == "nested",
        space=space,
        running_cost=running,
        policies=plans,
        occupancy=occupancy,
        appraisal=appraisal,
        reversal=reversal,
        co_benefits=co_benefits,
        estate=estate,
    )


def _attendance(scenario: Scenario, unknowns: Unknowns) -> AttendancePlan:
    said = scenario.attendance
    weekday = said.weekday.value
    assert weekday is not None, "the loader resolves facts"
    absence = unknowns.add("attendance.absence", said.absence)
    if said.days_basis == "observed":
        absence = unknowns.constant("attendance.absence", 0.0)
    return AttendancePlan(
        weekday=np.array(weekday),
        absence=absence,
        clustering=unknowns.add("attendance.clustering", said.clustering),
        compliance=unknowns.add("attendance.compliance", said.compliance),
        common=said.shared.common,
        week=said.shared.week,
        fixed_days=said.rule == "fixed_days",
    )


def _space(scenario: Scenario, unknowns: Unknowns) -> AreaPlan:
    said = scenario.area
    offices = tuple(
        (
            unknowns.add(f"area.office.{rank}", area),
            tuple(body.offices.get(rank, 0) for body in scenario.body),
        )
        for rank, area in said.office.items()
    )
    workstation = unknowns.add("area.workstation_m2", said.workstation_m2)
    if said.meeting is None:
        return AreaPlan(workstation, offices, None)
    share = unknowns.add("area.meeting.share", said.meeting.share)
    seat = unknowns.add("area.meeting.seat_m2", said.meeting.seat_m2)
    return AreaPlan(workstation, offices, (share, seat))


def _policy(name: str, said: Policy, scenario: Scenario, unknowns: Unknowns) -> PolicyPlan:
    bodies = scenario.body
    rule = None if said.workstations == "current" else said.workstations
    fixed: tuple[int, ...] | None = None
    if rule is None:
        fixed = tuple(body.workstations.value for body in bodies)
    elif rule.fixed is not None:
        fixed = _fixed(rule.fixed, bodies)
    return PolicyPlan(
        name=name,
        title=said.title or name,
        groups=_groups(name, said, scenario, unknowns),
        readiness=said.readiness,
        remote=unknowns.add("modes.remote", said.modes.remote),
        combined=unknowns.add("modes.combined", said.modes.combined),
        days=unknowns.add("days_on_site", said.days_on_site or Input.model_construct(value=0.0)),
        dedicated=tuple(
            (reason, unknowns.for_bodies(f"dedicated.{reason}", share, bodies))
            for reason, share in said.dedicated.items()
        ),
        pools=_pools(said.pool, bodies),
        per_person=None
        if rule is None or rule.per_person is None
        else unknowns.for_bodies("workstations.per_person", rule.per_person, bodies),
        service=None if rule is None or rule.service is None else _service(rule.service),
        fixed=fixed,
        keeps_area=name == BASELINE,
        in_hours=said.shortage_from == "hours",
    )


def _fixed(given: int | Mapping[str, int], bodies: tuple[Body, ...]) -> tuple[int, ...]:
    if isinstance(given, int):
        return tuple(given for _ in bodies)
    return tuple(given[body.name] for body in bodies)


def _service(said: ServiceLevel) -> ServicePlan:
    for level in ("per_day", "per_week", "per_person"):
        share = getattr(said, level)
        if share is not None:
            return ServicePlan(level, share, said.assurance)
    raise AssertionError("the schema asks for one level")


def _pools(kind: str, bodies: tuple[Body, ...]) -> tuple[tuple[int, ...], ...]:
    names = {
        "body": [body.name for body in bodies],
        "building": [body.building or body.name for body in bodies],
        "all": ["all" for _ in bodies],
    }[kind]
    return tuple(
        tuple(b for b, name in enumerate(names) if name == pool) for pool in dict.fromkeys(names)
    )


def _groups(
    name: str, said: Policy, scenario: Scenario, unknowns: Unknowns
) -> tuple[EligibleGroup, ...]:
    found: list[EligibleGroup] = []
    apart = [] if name == BASELINE else places.eligible_apart(scenario, unknowns)
    for b, body in enumerate(scenario.body):
        match said.eligible:
            case "audit" | "audit_with_services" as how:
                found += _audited(b, body, scenario, how == "audit_with_services", unknowns)
            case "blocks":
                for block in body.blocks:
                    path = f"body.{body.name}.blocks.{block.name}.eligible"
                    share = unknowns.add(path, block.eligible)
                    found.append(EligibleGroup(b, block.staff, share, 0.0))
            case "posts":
                found += _posts(b, body, scenario, unknowns)
            case Input() as share:
                index = unknowns.add("eligible", share)
                found.append(EligibleGroup(b, body.headcount.value, index, 0.0))
    return tuple(_divided(found, apart))


def _divided(
    groups: list[EligibleGroup], apart: list[tuple[int, int, int]]
) -> Iterator[EligibleGroup]:
    """Yield the groups, and behind those of a body its people with a share of their own.

    ``apart`` has body, people and share; the loader sees to it that such a body is one group.
    """
    own = {body: [(n, share) for b, n, share in apart if b == body] for body, _, _ in apart}
    for group in groups:
        others = own.get(group.body, [])
        yield replace(group, staff=group.staff - sum(people for people, _ in others))
        for people, share in others:
            yield EligibleGroup(group.body, people, share, 0.0)


def _audited(
    b: int, body: Body, scenario: Scenario, services: bool, unknowns: Unknowns
) -> list[EligibleGroup]:
    """Eligibility by functions: their staff where known, else shares ~ Dirichlet(1)."""
    assert body.audit is not None, "the loader asks for an audit"
    audit = scenario.audits[body.audit]
    counted = audit.counted(services)
    path = "eligible.audit_with_services" if services else "eligible.audit"
    if all(function.staff is not None for function in counted):
        return [
            EligibleGroup(
                b, function.staff or 0, unknowns.constant(f"{path}.function", function.share), 0.0
            )
            for function in counted
        ]
    share = Distribution("simplex", weights(audit, services))
    if all(function.feasibility != "partial" for function in counted):
        full, none = beta_parameters(audit, services)
        share = Distribution("beta", (full, none))
        if full == 0 or none == 0:
            share = Distribution("value", (float(none == 0),))
    index = unknowns.index(Unknown(f"{path}/{body.name}", share, per_body=False))
    return [EligibleGroup(b, body.headcount.value, index, 0.0)]


def _posts(b: int, body: Body, scenario: Scenario, unknowns: Unknowns) -> list[EligibleGroup]:
    """Return the posts with several functions: eligible if any of their time is remote."""
    assert body.audit is not None, "the loader asks for an audit"
    audit = scenario.audits[body.audit]
    found = []
    for post in body.posts:
        floor = least_days_on_site(audit, post.time)
        share = unknowns.constant("eligible.posts", float(floor < 5.0))
        found.append(EligibleGroup(b, post.staff, share, floor if floor < 5.0 else 0.0))
    return found


def _correlation(scenario: Scenario) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the correlated streams and the lower factor of r = 2 sin(π ρ / 6)."""
    names = tuple(dict.fromkeys(name for pair in scenario.correlation for name in pair.inputs))
    matrix = np.eye(len(names))
    for said in scenario.correlation:
        at = [names.index(name) for name in said.inputs]
        for j in at:
            for k in at:
                if j != k:
                    matrix[j, k] = 2 * math.sin(math.pi * said.rank / 6)
    return names, np.linalg.cholesky(matrix) if names else matrix
