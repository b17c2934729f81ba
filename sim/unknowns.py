"""Inputs of a scenario as distributions, and as the unknown quantities of a problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.problem import Distribution, Unknown
from sim.scenario.schema import Body
from sim.scenario.types import Input


class Unknowns:
    """The inputs met so far, each distinct one once."""

    def __init__(self) -> None:
        self.found: dict[Unknown, int] = {}

    def add(self, path: str, given: Input) -> int:
        """Return the index of an input; policies that say the same share it."""
        per_body = given.per == "body"
        stream = f"{path}/each" if per_body else path
        return self.index(Unknown(stream, distribution(given), per_body))

    def add_optional(self, path: str, given: Input | None) -> int | None:
        """Return the index of an input, None where there is none."""
        return None if given is None else self.add(path, given)

    def constant(self, path: str, value: float) -> int:
        """Return the index of a number that is no input."""
        return self.index(Unknown(path, Distribution("value", (value,)), per_body=False))

    def index(self, unknown: Unknown) -> int:
        """Return the index of an unknown quantity."""
        return self.found.setdefault(unknown, len(self.found))

    def for_bodies(
        self, path: str, given: Input | Mapping[str, Input], bodies: Iterable[Body]
    ) -> tuple[int, ...]:
        """Return one index for each body, of its own input or the one that holds for all."""
        if isinstance(given, Input):
            return tuple(self.add(path, given) for _ in bodies)
        return tuple(self.add(f"{path}.{body.name}", given[body.name]) for body in bodies)


def distribution(given: Input) -> Distribution:
    """Return the distribution that an input stands for."""
    match given:
        case Input(value=float(value)):
            return Distribution("value", (value,))
        case Input(normal=normal) if normal is not None:
            return Distribution("normal", (normal.mean, normal.sd, *normal.limits()))
        case Input(lognormal=lognormal) if lognormal is not None:
            return Distribution("lognormal", (lognormal.mean, lognormal.sd))
        case Input(beta=beta) if beta is not None:
            precision = beta.mean * (1 - beta.mean) / beta.sd**2 - 1
            return Distribution("beta", (beta.mean * precision, (1 - beta.mean) * precision))
        case Input(survey=survey) if survey is not None:
            positive = survey.share * survey.n
            return Distribution("beta", (positive + 0.5, survey.n - positive + 0.5))
        case Input(discrete=discrete) if discrete is not None:
            return Distribution("discrete", (*discrete.values, *discrete.weights))
        case Input(empirical=tuple(values)):
            return Distribution("discrete", (*values, *(1.0 for _ in values)))
        case _:
            return Distribution(given.kind, getattr(given, given.kind))
