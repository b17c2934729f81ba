"""What has to fit together in a policy, told at the policy that wrote it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.domain.eligibility import WORKING_DAYS, least_days_on_site
from sim.scenario.document import nearest
from sim.scenario.policies import owner, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario.positions import Path
    from sim.scenario.schema import Body, Policy, Scenario
    from sim.scenario.types import Input

    Problem = tuple[Path, str, str]

_NEEDS = {
    "audit": ("audit", "an audit"),
    "audit_with_services": ("audit", "an audit"),
    "blocks": ("blocks", "blocks"),
    "posts": ("posts", "posts"),
}


def policy_problems(scenario: Scenario) -> Iterator[Problem]:
    """Check each policy as it holds, with what it takes from others.

    Parameters
    ----------
    scenario : Scenario
        With its policies as they are written, without circles.

    Yields
    ------
    path, message, remedy
        A problem that several policies share is told once.
    """
    found: dict[Problem, None] = {}
    for name, policy in resolved(scenario.policy).items():
        for key, message, remedy in _problems(policy, scenario):
            writer = owner(name, str(key[0]), scenario.policy)
            found[("policy", writer, *key), message, remedy] = None
    yield from found


def _problems(policy: Policy, scenario: Scenario) -> Iterator[Problem]:
    yield from _eligible(policy, scenario.body)
    yield from _modes(policy)
    yield from _days(policy, scenario)
    yield from _by_body(policy, [body.name for body in scenario.body])
    yield from _dedicated(policy, scenario.body)
    if policy.readiness != "none" and not scenario.readiness.gates:
        yield ("readiness",), "needs gates to pass", "add a table [readiness.NAME] for each"
    if policy.shortage_from == "hours" and scenario.occupancy is None:
        message = "needs [occupancy], which says when people come and go"
        yield ("shortage_from",), message, "add that part, or write counts"
    homeless = [body.name for body in scenario.body if body.building is None]
    if policy.pool == "building" and homeless:
        message = f"needs a building for every body; none for {_listed(homeless)}"
        yield ("pool",), message, "add building to these bodies"


def _eligible(policy: Policy, bodies: tuple[Body, ...]) -> Iterator[Problem]:
    if policy.eligible is None:
        message = "is required and missing, here and in what the policy extends"
        yield ("eligible",), message, "a share such as 0.8, or audit, blocks or posts"
    if isinstance(policy.eligible, str):
        key, wanted = _NEEDS[policy.eligible]
        lacking = [body.name for body in bodies if not getattr(body, key)]
        if lacking:
            message = f"needs {wanted} for every body; none for {_listed(lacking)}"
            yield ("eligible",), message, f"add {key} to these bodies"


def _modes(policy: Policy) -> Iterator[Problem]:
    modes = policy.modes
    largest = modes.remote.support()[1] + modes.combined.support()[1]
    if largest > 1 + 1e-9:
        message = f"can add up to {largest:g}, more than 1"
        yield ("modes",), message, "lower remote or combined; the rest stays on site"
    elif modes.onsite is not None:
        parts = (modes.remote, modes.combined, modes.onsite)
        low = sum(part.support()[0] for part in parts)
        high = sum(part.support()[1] for part in parts)
        if not (math.isclose(low, 1, abs_tol=1e-9) and math.isclose(high, 1, abs_tol=1e-9)):
            message = "with onsite given, the three must add up to exactly 1"
            yield ("modes",), message, "leave onsite out: it is the rest"


def _days(policy: Policy, scenario: Scenario) -> Iterator[Problem]:
    weights = scenario.attendance.weekday.value or ()
    open_days = sum(weight > 0 for weight in weights)
    if policy.eligible == "posts":
        yield from _floors(scenario, open_days)
    if policy.days_on_site is None:
        if policy.modes.combined.support()[1] > 0:
            message = "must say days_on_site where people work in the combined mode"
            yield ("modes",), message, "add days_on_site = 2 or the like to the policy"
        return
    most = policy.days_on_site.support()[1]
    if most > open_days:
        message = f"can be {most:g}, but only {open_days} weekdays have a weight above 0"
        yield ("days_on_site",), message, "lower it, or see attendance.weekday"


def _floors(scenario: Scenario, open_days: int) -> Iterator[Problem]:
    for body in scenario.body:
        audit = scenario.audits.get(body.audit or "")
        known = {function.name for function in audit.functions} if audit else set()
        for post in body.posts:
            if audit is None or not post.time.keys() <= known:
                continue  # told at the body
            floor = least_days_on_site(audit, post.time)
            if open_days < floor < WORKING_DAYS:
                message = f"asks for {floor:g} days on site of {post.name} in {body.name}"
                remedy = f"only {open_days} weekdays have a weight above 0, see attendance.weekday"
                yield ("eligible",), message, remedy


def _by_body(policy: Policy, names: list[str]) -> Iterator[Problem]:
    rule = policy.workstations
    maps: list[tuple[Path, Any]] = [(("dedicated", r), v) for r, v in policy.dedicated.items()]
    if not isinstance(rule, str):
        maps.append((("workstations", "per_person"), rule.per_person))
        maps.append((("workstations", "fixed"), rule.fixed))
    for path, given in maps:
        if isinstance(given, dict):
            yield from _one_map(path, given, names)


def _one_map(path: Path, given: dict[str, Any], names: list[str]) -> Iterator[Problem]:
    for name in given:
        if name not in names:
            near = nearest(name, names)
            remedy = f"did you mean {near}?" if near else f"bodies: {_listed(names)}"
            yield (*path, name), "is no body of this scenario", remedy
    lacking = [name for name in names if name not in given]
    if lacking:
        message = f"says nothing for {_listed(lacking)}"
        yield path, message, "one figure for all bodies, or one for each"


def _dedicated(policy: Policy, bodies: tuple[Body, ...]) -> Iterator[Problem]:
    for body in bodies:
        shares = [_for_body(given, body.name) for given in policy.dedicated.values()]
        most = sum(share.support()[1] for share in shares if share is not None)
        if most > 1 + 1e-9:
            message = f"can add up to {most:g} of the staff, more than 1"
            yield ("dedicated",), message, "lower the shares"
            return


def _for_body(given: Input | dict[str, Input], name: str) -> Input | None:
    return given.get(name) if isinstance(given, dict) else given


def _listed(names: list[str]) -> str:
    rest = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + rest
