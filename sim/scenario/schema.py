"""What may be said in a scenario: the classes behind the TOML file.

Figures that nobody stated carry ``confirmed=False``, so that a run lists them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    Tag,
    model_validator,
)

from sim.domain.functions import Audit
from sim.scenario.appraisal import Appraisal
from sim.scenario.consequences import CoBenefits, Reversal
from sim.scenario.estate import Estate
from sim.scenario.occupancy import Occupancy
from sim.scenario.types import (
    FIGURE_KEYS,
    UNSTATED,
    Area,
    Count,
    DaysPerWeek,
    Frozen,
    Input,
    Label,
    Name,
    NotNegative,
    Probability,
    Provenance,
    Share,
    Staff,
    Weight,
    Within,
    unstated,
    word_or_one,
)

AreaBasis = Literal["gross", "internal", "usable", "technical_passport"]


class About(Frozen):
    """``[scenario]``: what this file is about."""

    name: Name
    """Short name, without spaces."""
    title: str = ""
    """One line for the head of every table and figure."""
    description: str = ""
    """A paragraph for the reader."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "XXX"
    """ISO 4217 code of every amount of money in the file."""
    area_basis: AreaBasis
    """How every area in the file was measured; mixed bases are an error."""
    classification: str | None = None
    """A marking that is printed on every output."""
    sources: dict[str, str] = Field(default={})
    """Short names of the documents that the file cites."""


class Run(Frozen):
    """``[run]``: how the scenario is computed; every key has an option of the command line."""

    draws: Annotated[int, Field(ge=1, le=10**9)] = 16_384
    """Number of draws of the unknown quantities."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """Start of every random stream; the same seed gives the same result."""
    design: Literal["sobol", "mc"] = "sobol"
    """Low-discrepancy points in 16 independent randomisations, or plain Monte Carlo."""
    estimator: Literal["conditional", "sampled"] = "conditional"
    """Exact day distribution given the draw, or counts drawn day by day."""
    weeks: Annotated[int, Field(ge=1, le=520)] = 8
    """Weeks of five days in each draw, where days are drawn."""
    sizing_draws: Annotated[int, Field(ge=16, le=2**20)] = 4_096
    """Draws from which ``service`` finds its one number of workstations."""


class Block(Frozen):
    """Staff of one functional block (A, B, C) of a body."""

    name: Name
    """Name of the block."""
    staff: Staff
    """Filled posts in the block."""
    eligible: Share
    """Share of them whose duties can be done remotely."""


class Post(Frozen):
    """Posts that combine several functions of the body's audit."""

    name: Name
    """Name of the kind of post."""
    staff: Staff
    """Filled posts of this kind."""
    time: Annotated[dict[str, Probability], Field(min_length=1)]
    """Share of working time for each function of the audit; they add up to 1."""


class Body(Frozen):
    """``[[body]]``: a state body, department or team."""

    name: Label
    """Unique name."""
    tier: str = "all bodies"
    """Any label; results are also given for each tier."""
    building: str | None = None
    """Where the body sits; ``pool = "building"`` shares workstations within it."""
    headcount: Count
    """Filled posts, counted as people."""
    vacant_posts: Staff = 0
    """Vacant posts; the space kept for them is shown apart."""
    workstations: Count
    """Workstations today."""
    area_m2: Area
    """Area today [m²], on the scenario's basis."""
    fixed_m2: Area = Area.model_construct(value=0.0)
    """Part of the area that never scales with people: lobby, archive, server rooms [m²]."""
    area_basis: AreaBasis | None = None
    """Repeats the scenario's basis; another one is an error."""
    offices: dict[Label, Staff] = Field(default={})
    """Private offices by rank; ``[area.office]`` says how large each is."""
    audit: str | None = None
    """A shipped audit of functions, or a CSV table beside this file."""
    blocks: Annotated[tuple[Block, ...], Field(strict=False)] = ()
    """Staff by functional block, for ``eligible = "blocks"``."""
    posts: Annotated[tuple[Post, ...], Field(strict=False)] = ()
    """Posts with several functions, for ``eligible = "posts"``."""


class Weekday(Provenance):
    """Relative attendance from Monday to Friday."""

    value: (
        Annotated[
            tuple[Weight, ...],
            Field(min_length=5, max_length=5, strict=False),
        ]
        | None
    ) = None
    """Five weights; only their proportions count."""
    fact: str | None = None
    """A shipped profile by its name."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, (list, tuple)) else data

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.value is None) == (self.fact is None):
            raise ValueError("needs either value or fact")
        if self.value is not None and sum(self.value) <= 0:
            raise ValueError("at least one weekday must have a weight above 0")
        return self


class SharedShock(Provenance):
    """Parts of the day shock that are common; the rest is each body's own day."""

    common: Probability = 0.0
    """Part common to all bodies on a day: weather, strikes."""
    week: Probability = 0.0
    """Part that a body keeps through a week."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.common + self.week > 1:
            raise ValueError("common and week together must not exceed 1")
        return self


class Attendance(Frozen):
    """``[attendance]``: who comes on which day."""

    rule: Literal["independent", "fixed_days"] = "independent"
    """Each person each day with a probability, or exactly so many days a week."""
    days_basis: Literal["entitled", "observed"] = "entitled"
    """``observed``: days come from badge data and absence is already in them."""
    weekday: Weekday = Weekday.model_construct(
        value=(1.0, 1.0, 1.0, 1.0, 1.0), source=UNSTATED, confirmed=False
    )
    """Profile of the week, Monday to Friday."""
    absence: Share = unstated(0.0)
    """Share of days lost to leave, sickness and missions."""
    clustering: Share = unstated(0.0)
    """Correlation of people's latent propensity to come on a day; below 1."""
    shared: SharedShock = SharedShock.model_construct(source=UNSTATED, confirmed=False)
    """How much of the day shock bodies and days of a week have in common."""
    compliance: Share = unstated(1.0)
    """Share of mandated days that people in the combined mode attend."""

    @model_validator(mode="after")
    def _clustering_below_one(self) -> Self:
        if self.clustering.support()[1] >= 1:
            raise ValueError("clustering must stay below 1")
        return self


class Gate(Frozen):
    """``[readiness.NAME]``: one condition for starting to work remotely."""

    today: Share
    """Share of eligible staff who meet it today."""
    target: Share | None = None
    """Share who meet it after the programme; without it, today's share stays."""
    cost_per_person: NotNegative | None = None
    """Cost of bringing one person across, in the scenario's currency."""


class Readiness(Frozen):
    """``[readiness]``: a funnel of gates."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Gate]

    dependence: Literal["independent", "nested"] = "independent"
    """Gates multiply, or the narrowest decides."""

    @property
    def gates(self) -> dict[str, Gate]:
        """The gates by name."""
        return self.__pydantic_extra__


class AreaNorm(Input):
    """Area that comes with one workstation [m²]."""

    includes: str = ""
    """What the figure covers beside the desk: circulation, meeting rooms, storage."""
    area_basis: AreaBasis | None = None
    """Repeats the scenario's basis; another one is an error."""


class Meeting(Frozen):
    """Meeting space, which follows the people present and not the workstations."""

    share: Share
    """Share of the people present who meet in the busiest hour."""
    seat_m2: NotNegative
    """Area of one seat in a meeting room [m²]."""


class AreaNorms(Frozen):
    """``[area]``: what one place needs."""

    workstation_m2: Annotated[AreaNorm, AfterValidator(Within(0))]
    """Area per workstation [m²]."""
    office: dict[Label, NotNegative] = Field(default={})
    """Area of a private office by rank [m²], over and above the workstations."""
    meeting: Meeting | None = None
    """Meeting space over and above what ``workstation_m2`` includes."""


class Cost(Frozen):
    """``[cost]``: money, in the scenario's currency."""

    running: dict[Label, NotNegative] = Field(default={})
    """Running cost by line, per m² and year, carried by the area."""


class Modes(Frozen):
    """How ready staff work; who is in neither mode stays on site."""

    remote: Share = Input.model_construct(value=0.0)
    """Share of ready staff without a day on site."""
    combined: Share = Input.model_construct(value=0.0)
    """Share of ready staff with ``days_on_site`` days a week."""
    onsite: Share | None = None
    """May repeat the rest, for the reader; then the three add up to 1."""


def _bodies_or_one(data: Any) -> str:
    by_body = isinstance(data, dict) and not FIGURE_KEYS & data.keys()
    return "{bodies}" if by_body else "{one}"


PerBody = Annotated[
    Annotated[Share, Tag("{one}")] | Annotated[dict[str, Share], Tag("{bodies}")],
    Discriminator(_bodies_or_one),
]
"""One input for all bodies, or one for each body by its name."""

FixedNumber = Annotated[
    Annotated[Staff, Tag("{one}")] | Annotated[dict[str, Staff], Tag("{bodies}")],
    Discriminator(_bodies_or_one),
]
"""One number for all bodies, or one for each body by its name."""

EligibleFrom = Literal["audit", "audit_with_services", "blocks", "posts"]
Eligible = Annotated[
    Annotated[Share, Tag("{one}")] | Annotated[EligibleFrom, Tag("{word}")],
    Discriminator(word_or_one),
]
"""A share, or where each body's share is taken from."""


class ServiceLevel(Frozen):
    """A named service level and how sure the planner wants to be of it."""

    per_day: Probability | None = None
    """Share of working days without a shortage."""
    per_week: Probability | None = None
    """Share of weeks without a day of shortage."""
    per_person: Probability | None = None
    """Share of on-site person-days with a workstation."""
    assurance: Annotated[FiniteFloat, Field(gt=0, lt=1)] = 0.90
    """Share of draws that must meet the level."""

    @model_validator(mode="after")
    def _one_level(self) -> Self:
        given = [k for k in ("per_day", "per_week", "per_person") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError("needs exactly one of per_day, per_week, per_person")
        return self


class WorkstationRule(Frozen):
    """How many workstations a policy provides: exactly one of the keys."""

    per_person: PerBody | None = None
    """Workstations per person who is not fully remote: the desk-sharing ratio."""
    service: ServiceLevel | None = None
    """One number that meets a named level with the given assurance."""
    fixed: FixedNumber | None = None
    """A number, or one for each body."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        given = [k for k in ("per_person", "service", "fixed") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError("needs exactly one of per_person, service, fixed")
        return self


Workstations = Annotated[
    Annotated[WorkstationRule, Tag("{one}")] | Annotated[Literal["current"], Tag("{word}")],
    Discriminator(word_or_one),
]
"""A rule, or the number of today."""


class Policy(Frozen):
    """``[policy.NAME]``: one way to organise work; what it leaves out comes from ``extends``."""

    extends: Name | None = None
    """Another policy whose settings hold where this one says nothing."""
    title: str = ""
    """A name for tables and figures; not taken from ``extends``."""
    eligible: Eligible | None = None
    """Share of staff whose duties allow remote work, or where to take it from."""
    readiness: Literal["none", "today", "target"] = "none"
    """Whether eligible staff must also pass the gates, as today or after the programme."""
    modes: Modes = Modes.model_construct()
    """How ready staff are divided over the modes of work."""
    days_on_site: DaysPerWeek | None = None
    """Days a week on site in the combined mode."""
    workstations: Workstations = "current"
    """How many workstations there are."""
    dedicated: dict[Label, PerBody] = Field(default={})
    """Share of filled posts with a workstation of their own, by reason; never shared."""
    pool: Literal["body", "building", "all"] = "body"
    """Who shares workstations with whom."""
    shortage_from: Literal["counts", "hours"] = "counts"
    """A day is short if more people come than there are workstations, or if somebody looks for a
    workstation during the day and finds none; ``hours`` needs [occupancy] and takes longer."""


class Correlation(Frozen):
    """``[[correlation]]``: inputs that move together."""

    inputs: Annotated[tuple[str, ...], Field(min_length=2, strict=False)]
    """Paths of the inputs, as in ``cost.running.rent``; policies' inputs without the policy."""
    rank: Annotated[FiniteFloat, Field(ge=-1, le=1)]
    """Spearman's rank correlation of each pair."""


class Scenario(Frozen):
    """A whole scenario: the file, its tables, and the policies with ``extends`` resolved."""

    scenario: About
    """What the file is about."""
    run: Run = Run.model_construct()
    """How it is computed."""
    body: Annotated[tuple[Body, ...], Field(min_length=1, strict=False)]
    """The bodies, here or in the CSV table that ``bodies`` names."""
    attendance: Attendance = Attendance.model_construct()
    """Who comes on which day."""
    readiness: Readiness = Readiness.model_construct()
    """Conditions for starting to work remotely."""
    area: AreaNorms
    """What one place needs."""
    cost: Cost = Cost.model_construct()
    """Money."""
    policy: Annotated[dict[Name, Policy], Field(min_length=1)]
    """The policies to compare; ``baseline`` (do nothing) is always added."""
    correlation: Annotated[tuple[Correlation, ...], Field(strict=False)] = ()
    """Rank correlations between inputs."""
    occupancy: Occupancy | None = None
    """What happens within the days."""
    appraisal: Appraisal | None = None
    """What the release is worth through the years."""
    reversal: Reversal | None = None
    """Everybody is ordered back for a share of the days."""
    co_benefits: CoBenefits | None = None
    """What people and climate gain."""
    estate: Estate | None = None
    """The buildings, and within which limits they may be left."""
    audits: dict[str, Audit] = Field(default={}, exclude=True)
    """Tables of functions by the name that bodies use, put here by the loader."""
