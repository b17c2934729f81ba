"""The inputs of a scenario by dotted path, and those that nobody has confirmed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from sim.scenario.appraisal import UNITS, ByUnit
from sim.scenario.types import Input, Provenance, field_docs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario.schema import Policy, Scenario

_SECTIONS = (
    "attendance",
    "readiness",
    "area",
    "cost",
    "body",
    "occupancy",
    "appraisal",
    "reversal",
    "co_benefits",
    "estate",
)


def input_paths(scenario: Scenario) -> dict[str, Input]:
    """Return every input by its dotted path, those of policies last.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    dict of str to Input
        Such as ``attendance.absence``, ``body.central.blocks.A.eligible`` and
        ``policy.published.modes.remote``. What is drawn for each visit is none of them.
    """
    figures = {**_outside_policies(scenario), **dict(_figures(scenario.policy, "policy"))}
    return {
        path: figure
        for path, figure in figures.items()
        if isinstance(figure, Input) and not _within_days(path)
    }


def stream_key(path: str) -> str:
    """Return the name under which an input is drawn: its path without the policy."""
    head, _, rest = path.partition(".")
    return rest.partition(".")[2] if head == "policy" else path


def register(scenario: Scenario) -> dict[str, Provenance]:
    """Return by its dotted path every figure that a result rests on, where it was written.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    dict of str to Provenance
        What a policy takes from another is listed once; the compliance only where a policy has
        people in the combined mode, the pull of anchor days only where there are any, VAT, the
        growth of the staff and the filling of posts only where a line depends on them; what nobody
        wrote only where it is not confirmed.
    """
    found = _outside_policies(scenario, written=True)
    if not any(policy.modes.combined.support()[1] > 0 for policy in scenario.policy.values()):
        found.pop("attendance.compliance", None)
    teams = scenario.occupancy.team if scenario.occupancy else ()
    if not any(team.anchor_days for team in teams):
        found.pop("occupancy.anchor_pull", None)
    for path in _without_effect(scenario):
        found.pop(path, None)
    holdings = scenario.estate.holding if scenario.estate else ()
    if not any(holding.right == "lease" for holding in holdings):
        found.pop("estate.price.rent_m2", None)
        found.pop("estate.price.exit_m2", None)
    if not any(holding.disposal == "sale" for holding in holdings):
        found.pop("estate.price.sale_m2", None)
    for name, policy in scenario.policy.items():
        parent = scenario.policy.get(policy.extends or "")
        found |= {f"policy.{name}.{path}": figure for path, figure in _stated(policy, parent)}
    return found


def _without_effect(scenario: Scenario) -> Iterator[str]:
    """Yield the figures of the appraisal that no line depends on."""
    said = scenario.appraisal
    if said is None:
        return
    lines = said.line.values()
    if not any(line.vat_share.support()[1] > 0 for line in lines):
        yield "appraisal.vat_rate"
    people = any(line.per == "person" for line in lines)
    if not people:
        yield "appraisal.staff_growth"
    if not (people and any(body.vacant_posts for body in scenario.body)):
        yield "appraisal.vacant_filled"
    for name, line in said.line.items():
        if isinstance(line.avoidable_share, ByUnit):
            unused = (unit for unit in UNITS if unit != said.handed_back)
            yield from (f"appraisal.line.{name}.avoidable_share.{unit}" for unit in unused)


def unconfirmed(scenario: Scenario) -> tuple[str, ...]:
    """Return the paths of the figures that somebody still has to confirm.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    tuple of str
        Those of ``register`` that nobody has confirmed.
    """
    return tuple(path for path, figure in register(scenario).items() if not figure.confirmed)


def titles(scenario: Scenario) -> dict[str, str]:
    """Return in words what each figure means, by its dotted path.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    dict of str to str
        The first sentence about its key, after the names that lead to it.
    """
    return dict(_meanings(scenario, "", (), ""))


def _meanings(
    value: Any, path: str, names: tuple[str, ...], said: str
) -> Iterator[tuple[str, str]]:
    """Yield path and meaning of every figure below a value, which ``said`` describes."""
    if isinstance(value, Provenance):
        sentence = re.split(r"[.;:](?:\s|$)", said.replace("`", ""))[0]
        yield path, ", ".join((*names, f"{sentence[:1].lower()}{sentence[1:]}"))
    elif isinstance(value, BaseModel):
        fields, known = type(value).model_fields, value.model_fields_set
        for key, inner in value:
            more = names if key in fields else (*names, key)
            about = field_docs(type(value)).get(key, said)
            if key in known or key not in fields or key in _SECTIONS:
                yield from _meanings(inner, f"{path}.{key}".strip("."), more, about)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _meanings(inner, f"{path}.{key}", (*names, str(key)), said)
    elif isinstance(value, tuple):
        for inner in value:
            label = str(getattr(inner, "name", ""))
            yield from _meanings(inner, f"{path}.{label}", (*names, label), said)


def _outside_policies(scenario: Scenario, written: bool = False) -> dict[str, Provenance]:
    return {
        path: figure
        for section in _SECTIONS
        for path, figure in _figures(getattr(scenario, section), section, written)
    }


def _within_days(path: str) -> bool:
    return path.startswith("occupancy.") and not path.startswith("occupancy.group.")


def _stated(policy: Policy, parent: Policy | None) -> Iterator[tuple[str, Provenance]]:
    """Yield the figures that a policy does not share with the one it extends."""
    for key in type(policy).model_fields:
        value = getattr(policy, key)
        if parent is None or value is not getattr(parent, key):
            yield from _figures(value, key, written=True)


def _figures(value: Any, path: str, written: bool = False) -> Iterator[tuple[str, Provenance]]:
    """Yield the figures below a value; ``written`` leaves out confirmed defaults."""
    if isinstance(value, Provenance):
        yield path, value
    elif isinstance(value, BaseModel):
        for key, inner in value:
            default = key not in value.model_fields_set and getattr(inner, "confirmed", False)
            if not (written and default):
                yield from _figures(inner, f"{path}.{key}", written)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _figures(inner, f"{path}.{key}", written)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _figures(inner, f"{path}.{getattr(inner, 'name', '')}", written)
