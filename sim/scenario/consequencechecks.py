"""What has to fit together in ``[reversal]`` and ``[co_benefits]``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.scenario.types import Input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario.consequences import Reversal
    from sim.scenario.positions import Path
    from sim.scenario.schema import Scenario

    Problem = tuple[Path, str, str]

AT = ("reversal",)


def consequence_problems(scenario: Scenario, broken: frozenset[str]) -> Iterator[Problem]:
    """Check what has to fit together in an order to come back.

    Parameters
    ----------
    scenario : Scenario
    broken : frozenset of str
        Sections in which something is wrong already and has been left out.

    Yields
    ------
    path, message, remedy
    """
    said = scenario.reversal
    if said is None or "reversal" in broken:
        return
    if "appraisal" not in broken:
        if scenario.appraisal is None:
            yield AT, "needs [appraisal], whose worth an order would cut", "add it, or leave both"
        elif said.gate.years >= scenario.appraisal.years:
            message = f"leaves nothing of the horizon of {scenario.appraisal.years} years"
            yield (*AT, "gate", "years"), message, "let the gate be earlier, or raise years"
    yield from _one_for_all(said)
    yield from _whole(said)


def _one_for_all(said: Reversal) -> Iterator[Problem]:
    keys = ("probability", "year", "notice_weeks", "share", "stopgap_per_week")
    figures: list[tuple[Path, Input]] = [((*AT, key), getattr(said, key)) for key in keys]
    figures += [
        ((*AT, "exit", name, key), getattr(way, key))
        for name, way in said.exit.items()
        for key in type(way).model_fields
    ]
    for path, given in figures:
        if given.per == "body":
            message = 'must be the same for all bodies, not per = "body"'
            yield path, message, "there is one order; leave per out"


def _whole(said: Reversal) -> Iterator[Problem]:
    """Refuse shares that do not add up, where all are plain numbers; else they are scaled."""
    shares = [way.share.value for way in said.exit.values()]
    if None not in shares and not math.isclose(sum(s or 0.0 for s in shares), 1, abs_tol=1e-6):
        message = f"have shares that add up to {sum(s or 0.0 for s in shares):g}, not to 1"
        yield (*AT, "exit"), message, "give shares of the whole release"
    elif not any(way.share.support()[1] > 0 for way in said.exit.values()):
        yield (*AT, "exit"), "have no share of the release", "give shares of the whole release"
