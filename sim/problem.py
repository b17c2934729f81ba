"""The problem: a scenario turned into arrays and coordinates, immutable, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.appraisalplan import AppraisalPlan
from sim.consequenceplan import CoBenefitPlan, ReversalPlan
from sim.distribution import Distribution as Distribution
from sim.estateplan import EstatePlan
from sim.occupancyplan import OccupancyPlan

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Arrays = dict[str, np.ndarray]
"""What was found for one policy, by the name of the variable."""

Level = Literal["per_day", "per_week", "per_person"]
Design = Literal["sobol", "mc"]
Estimator = Literal["conditional", "sampled"]

BASELINE = "baseline"
TOTAL = "total"


@dataclass(frozen=True)
class Unknown:
    """An input of the scenario: where its randomness comes from and how it is distributed.

    Attributes
    ----------
    stream : str
        Path of the input without the policy's name, so that policies share their luck.
    distribution : Distribution
    per_body : bool
        Whether each body has its own value.
    """

    stream: str
    distribution: Distribution
    per_body: bool


@dataclass(frozen=True)
class RunPlan:
    """How a problem is computed."""

    draws: int
    seed: int
    design: Design
    estimator: Estimator
    weeks: int
    sizing_draws: int


@dataclass(frozen=True, eq=False)
class AttendancePlan:
    """Who comes when; numbers are indices of unknowns unless said otherwise."""

    weekday: Floats
    absence: int
    clustering: int
    compliance: int
    common: float
    week: float
    fixed_days: bool


@dataclass(frozen=True)
class GatePlan:
    """One readiness gate; numbers are indices of unknowns."""

    name: str
    today: int
    target: int | None
    cost: int | None


@dataclass(frozen=True)
class AreaPlan:
    """What a place needs; numbers are indices of unknowns."""

    workstation: int
    offices: tuple[tuple[int, tuple[int, ...]], ...]
    """Area of an office by rank, and the offices of that rank in each body."""
    meeting: tuple[int, int] | None
    """Share meeting in the busiest hour, and area of a seat."""


@dataclass(frozen=True)
class EligibleGroup:
    """Posts of one body that share an eligible share and a least number of days on site."""

    body: int
    staff: int
    share: int
    floor: float


@dataclass(frozen=True)
class ServicePlan:
    """A service level and the share of draws that must meet it."""

    level: Level
    share: float
    assurance: float


@dataclass(frozen=True)
class PolicyPlan:
    """One policy; numbers are indices of unknowns unless said otherwise.

    Exactly one of ``per_person``, ``service`` and ``fixed`` (workstations by body) is given.
    """

    name: str
    title: str
    groups: tuple[EligibleGroup, ...]
    readiness: Literal["none", "today", "target"]
    remote: int
    combined: int
    days: int
    dedicated: tuple[tuple[str, tuple[int, ...]], ...]
    """By reason, the share of filled posts in each body."""
    pools: tuple[tuple[int, ...], ...]
    """Bodies of each pool."""
    per_person: tuple[int, ...] | None
    service: ServicePlan | None
    fixed: tuple[int, ...] | None
    keeps_area: bool
    in_hours: bool = False
    """Whether its shortage comes from weeks in time, not from day counts."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything that is computed, without a number that has been drawn.

    Attributes
    ----------
    bodies, tiers : tuple of str
        Names, and the tier of each body.
    headcount, vacant_posts, workstations : int64[body]
        People, posts and workstations today.
    area, fixed_area : float64[body]
        Area today and the part that never scales [m²].
    unknowns : tuple of Unknown
        Every input that something reads; the order fixes the Sobol dimensions.
    correlated : tuple of str
        Streams whose uniforms are correlated.
    cholesky : float64[correlated, correlated]
        Lower factor of their normal correlation.
    occupancy : OccupancyPlan or None
        What happens within the days, where the scenario says it.
    appraisal : AppraisalPlan or None
        How money is appraised, where the scenario says it.
    reversal : ReversalPlan or None
    co_benefits : CoBenefitPlan or None
    estate : EstatePlan or None
        The buildings and how they can be left, where the scenario says it.
    """

    name: str
    title: str
    currency: str
    area_basis: str
    classification: str | None
    run: RunPlan
    bodies: tuple[str, ...]
    tiers: tuple[str, ...]
    headcount: Ints
    vacant_posts: Ints
    workstations: Ints
    area: Floats
    fixed_area: Floats
    unknowns: tuple[Unknown, ...]
    correlated: tuple[str, ...]
    cholesky: Floats
    attendance: AttendancePlan
    gates: tuple[GatePlan, ...]
    nested_gates: bool
    space: AreaPlan
    running_cost: tuple[tuple[str, int], ...]
    policies: tuple[PolicyPlan, ...]
    occupancy: OccupancyPlan | None
    appraisal: AppraisalPlan | None
    reversal: ReversalPlan | None = None
    co_benefits: CoBenefitPlan | None = None
    estate: EstatePlan | None = None

    @cached_property
    def groups(self) -> dict[str, tuple[int, ...]]:
        """Bodies of each tier and of the total, by index."""
        named = {
            tier: tuple(b for b, t in enumerate(self.tiers) if t == tier)
            for tier in dict.fromkeys(self.tiers)
        }
        return named | {TOTAL: tuple(range(len(self.bodies)))}

    @property
    def policy_names(self) -> tuple[str, ...]:
        """Names of the policies, the baseline first."""
        return tuple(policy.name for policy in self.policies)
