"""A distribution as the problem holds it: a kind and its parameters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    """A distribution by its kind and parameters; ``value`` is a constant.

    ``simplex`` is Σ φ_f w_f with w ~ Dirichlet(1): the eligible share of an audit in which some
    functions are partly remote.
    """

    kind: str
    parameters: tuple[float, ...]

    @property
    def constant(self) -> bool:
        """Whether it is a plain number."""
        return self.kind == "value"
