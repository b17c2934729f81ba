"""Policies that build on one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.scenario.schema import Policy

_OWN = frozenset({"extends", "title"})
"""Keys that a policy never takes from another."""


def chain(name: str, extends: Mapping[str, Any]) -> Iterator[str]:
    """Yield a policy, the one it extends and so on; a circle ends after one round.

    Parameters
    ----------
    name : str
    extends : mapping
        By policy, the name of the one it extends or None.
    """
    seen: set[str] = set()
    while name in extends and name not in seen:
        seen.add(name)
        yield name
        following = extends[name]
        name = following if isinstance(following, str) else ""


def owner(name: str, key: str, written: Mapping[str, Policy]) -> str:
    """Return the policy that wrote a key which holds for this one, else the end of its chain."""
    extends = {policy: given.extends for policy, given in written.items()}
    line = list(chain(name, extends))
    return next((policy for policy in line if key in written[policy].model_fields_set), line[-1])


def resolved(written: Mapping[str, Policy]) -> dict[str, Policy]:
    """Return each policy with what it takes from the one it extends.

    Parameters
    ----------
    written : mapping of str to Policy
        Policies as the file says them, without circles.

    Returns
    -------
    dict of str to Policy
        What is taken over is the very object of the policy that wrote it.
    """
    extends = {name: policy.extends for name, policy in written.items()}
    result = {}
    for name in written:
        complete = written[name]
        for ancestor in list(chain(name, extends))[1:]:
            taken = written[ancestor].model_fields_set - complete.model_fields_set - _OWN
            values = {key: getattr(written[ancestor], key) for key in taken}
            complete = complete.model_copy(update=values)
        result[name] = complete
    return result
