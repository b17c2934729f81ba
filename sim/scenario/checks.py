"""What has to fit together across keys; each check yields the path, what is wrong, a remedy."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from sim.scenario.appraisalchecks import appraisal_problems
from sim.scenario.consequencechecks import consequence_problems
from sim.scenario.correlations import correlation_problems
from sim.scenario.document import nearest
from sim.scenario.estatechecks import estate_problems
from sim.scenario.occupancychecks import occupancy_problems
from sim.scenario.policies import chain
from sim.scenario.policychecks import policy_problems
from sim.scenario.types import NAME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.domain.functions import Audit
    from sim.scenario.positions import Path
    from sim.scenario.schema import Body, Scenario

    Problem = tuple[Path, str, str]

MOST_PEOPLE = 10_000_000


def document_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Check what can be checked before the document is known to be a scenario.

    Parameters
    ----------
    data : mapping
        The merged document.

    Yields
    ------
    path, message, remedy
    """
    bodies = data.get("body")
    if isinstance(bodies, list):
        yield from _second_bodies(bodies)
    policies = data.get("policy")
    if isinstance(policies, dict):
        yield from _extends(
            {name: p.get("extends") for name, p in policies.items() if isinstance(p, dict)}
        )


def scenario_problems(
    scenario: Scenario, audits: Mapping[str, Audit], broken: frozenset[str]
) -> Iterator[Problem]:
    """Check what has to fit together in a scenario.

    Parameters
    ----------
    scenario : Scenario
        With its policies as they are written.
    audits : mapping of str to Audit
    broken : frozenset of str
        Sections in which something is wrong already and has been left out.

    Yields
    ------
    path, message, remedy
    """
    scenario = scenario.model_copy(update={"audits": audits})
    yield from _bodies(scenario, audits)
    if "readiness" not in broken:
        yield from _gates(scenario)
    if "scenario" not in broken:
        yield from _bases(scenario)
    if not broken & {"body", "area"}:
        yield from _offices(scenario)
    if not broken & {"body", "policy", "attendance", "readiness"}:
        yield from policy_problems(scenario)
    yield from occupancy_problems(scenario, broken)
    yield from appraisal_problems(scenario, broken)
    yield from consequence_problems(scenario, broken)
    yield from estate_problems(scenario, broken)
    if not broken:
        yield from correlation_problems(scenario)


def _second_bodies(bodies: list[Any]) -> Iterator[Problem]:
    seen = set()
    for number, body in enumerate(bodies):
        name = body.get("name") if isinstance(body, dict) else None
        if isinstance(name, str) and name in seen:
            yield ("body", number, "name"), "is the name of two bodies", "give each its own name"
        if isinstance(name, str):
            seen.add(name)


def _extends(extends: Mapping[str, Any]) -> Iterator[Problem]:
    in_circles: set[str] = set()
    for name, other in extends.items():
        path = ("policy", name, "extends")
        if isinstance(other, str) and other not in extends:
            near = nearest(other, [known for known in extends if known != name])
            remedy = f"did you mean {near}?" if near else f"policies: {', '.join(extends)}"
            yield path, "is no policy of this scenario", remedy
        line = list(chain(name, extends))
        if name not in in_circles and extends[line[-1]] == name:
            in_circles.update(line)
            circle = " → ".join([*line, name])
            yield path, f"runs in a circle: {circle}", "leave extends out of one of them"


def _bodies(scenario: Scenario, audits: Mapping[str, Audit]) -> Iterator[Problem]:
    tiers = {body.tier for body in scenario.body}
    used = {policy.eligible for policy in scenario.policy.values()} & {
        "audit",
        "audit_with_services",
    }
    for body in scenario.body:
        at: Path = ("body", body.name)
        yield from _names(body, tiers, at)
        yield from _staff(body, at)
        if body.audit and body.audit in audits:
            for services in sorted({kind == "audit_with_services" for kind in used} or {False}):
                yield from _audit_staff(body, audits[body.audit], services, at)
        yield from _posts(body, audits, at)
    if sum(body.headcount.value for body in scenario.body) > MOST_PEOPLE:
        message = f"all bodies together have more than {MOST_PEOPLE:_} people"
        yield ("body",), message, "check the headcounts"


def _names(body: Body, tiers: set[str], at: Path) -> Iterator[Problem]:
    for key in ("name", "tier"):
        if getattr(body, key) == "total":
            yield (*at, key), "must not be total, which is the sum of all bodies", "rename it"
    if body.name in tiers and body.tier != body.name:
        message = "is also the name of a tier that the body is not in"
        yield (*at, "name"), message, "rename the body or the tier"


def _staff(body: Body, at: Path) -> Iterator[Problem]:
    people = body.headcount.value
    if people == 0:
        yield (*at, "headcount"), "must be at least 1", "leave out a body without people"
    if body.fixed_m2.value > body.area_m2.value:
        message = f"must not exceed the area of {body.area_m2.value:g} m²"
        yield (*at, "fixed_m2"), message, "it is a part of area_m2"
    for key, groups in (("blocks", body.blocks), ("posts", body.posts)):
        staff = sum(group.staff for group in groups)
        if groups and staff != people:
            message = f"have {staff} staff together, but the body's headcount is {people}"
            yield (*at, key), message, "make them add up"
        for name, count in Counter(group.name for group in groups).items():
            if count > 1:
                yield (*at, key), f"have the name {name} {count} times", "give each its own name"


def _audit_staff(body: Body, audit: Audit, services: bool, at: Path) -> Iterator[Problem]:
    counted = audit.counted(services)
    known = [function.staff for function in counted if function.staff is not None]
    at = (*at, "audit")
    if not counted:
        yield at, "has no function that counts, only public services", "add its functions"
    elif known and len(known) < len(counted):
        message = f"gives staff for {len(known)} of {len(counted)} functions"
        yield at, message, "give it for all of them or for none"
    elif known and sum(known) != body.headcount.value:
        message = f"gives {sum(known)} staff, but the headcount is {body.headcount.value}"
        yield at, message, "make them add up"


def _posts(body: Body, audits: Mapping[str, Audit], at: Path) -> Iterator[Problem]:
    if body.posts and body.audit is None:
        yield (*at, "posts"), "need the body's audit, whose functions they combine", "add audit"
    audit = audits.get(body.audit or "")
    names = [function.name for function in audit.functions] if audit else []
    for number, post in enumerate(body.posts):
        path = (*at, "posts", number, "time")
        total = sum(post.time.values())
        if not math.isclose(total, 1, abs_tol=1e-6):
            yield path, f"adds up to {total:g}, not to 1", "give shares of the working time"
        for name in post.time if audit else ():
            if name not in names:
                near = nearest(name, names)
                remedy = f"did you mean {near}?" if near else f"functions: {', '.join(names[:5])}"
                yield (*path, name), f"is no function of the audit {body.audit}", remedy


def _gates(scenario: Scenario) -> Iterator[Problem]:
    for name in scenario.readiness.gates:
        if not NAME_PATTERN.fullmatch(name):
            message = "must not be empty or contain spaces, dots, brackets, quotes or ="
            yield ("readiness", name), f"as a name, it {message}", "choose another name"


def _bases(scenario: Scenario) -> Iterator[Problem]:
    basis = scenario.scenario.area_basis
    remedy = "nothing is converted: restate the area on one basis"
    given: list[tuple[Path, Any]] = [(("body", b.name), b.area_basis) for b in scenario.body]
    norm = scenario.area.workstation_m2.area_basis
    for at, other in [*given, (("area", "workstation_m2"), norm)]:
        if other is not None and other != basis:
            yield (*at, "area_basis"), f"differs from the scenario's area_basis, {basis}", remedy


def _offices(scenario: Scenario) -> Iterator[Problem]:
    for body in scenario.body:
        for rank in body.offices:
            if rank not in scenario.area.office:
                near = nearest(rank, list(scenario.area.office))
                remedy = f"did you mean {near}?" if near else f"add {rank} to [area.office]"
                yield ("body", body.name, "offices", rank), "has no area in [area.office]", remedy
