"""What may be said about what follows from a release: ``[reversal]`` and ``[co_benefits]``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, FiniteFloat

from sim.scenario.types import (
    Frozen,
    Input,
    Label,
    NotNegative,
    Probability,
    Share,
    Within,
    unstated,
)

Exits = Literal["mothball", "sublet", "transfer", "end", "sell"]
FromOne = Annotated[Input, AfterValidator(Within(1))]
DaysAYear = Annotated[Input, AfterValidator(Within(0, 366))]


class Exit(Frozen):
    """``[reversal.exit.NAME]``: one way in which space is given up, and its way back."""

    share: Share
    """Share of the release that is given up in this way; over all ways they add up to 1, and where
    they are drawn they are scaled so in every draw."""
    returns: Share = Input.model_construct(value=1.0)
    """Share of it that can be had again; what is sold may never be."""
    weeks: NotNegative
    """Weeks from the order until it can be used again."""
    cost_per_m2: NotNegative
    """Paid once to have it again, in prices of the appraisal's ``base_year`` [currency/m²]."""
    extra_per_m2: NotNegative = Input.model_construct(value=0.0)
    """Paid every year afterwards over and above what was paid before [currency/m²/year]."""


class DataGate(Frozen):
    """``[reversal.gate]``: the release in two stages, the second only if data speak for it."""

    first_stage: Annotated[FiniteFloat, Field(gt=0, lt=1)] = 0.3
    """Share of the release that is given up before the gate."""
    years: Annotated[int, Field(ge=1, le=10)] = 1
    """Years of data before the rest is decided."""
    shortage_days: Probability = 0.05
    """The rest is given up too if, by the attendance seen, a shortage is to be expected on no more
    than this share of working days, and no order has come."""


class Reversal(Frozen):
    """``[reversal]``: everybody is ordered back for a share of the days."""

    probability: Share
    """Chance that the order comes within the years of the appraisal."""
    year: FromOne
    """Year after t0 at whose end it comes; a fraction counts as the year that it lies in."""
    notice_weeks: NotNegative
    """Weeks between the order and the day from which it holds."""
    share: Share
    """Share of working days that everybody has to attend; ``attendance.compliance`` tells how much
    of it is attended."""
    stopgap_per_week: NotNegative = unstated(0.0)
    """Cost of a week of one person without a workstation: rooms by the day, lost time."""
    exit: Annotated[dict[Exits, Exit], Field(min_length=1)]
    """Ways in which the space is given up: ``mothball``, ``sublet``, ``transfer``, ``end`` of a
    lease, ``sell``."""
    gate: DataGate = DataGate.model_construct()
    """How the release is staged, to compare with acting at once."""


class CoBenefits(Frozen):
    """``[co_benefits]``: what people and climate gain; in no net present value."""

    working_days: DaysAYear
    """Working days in a year, leave and sickness included: absence comes off them."""
    commute_hours: NotNegative = unstated(0.0)
    """Time to work and back [h/day]."""
    commute_money: NotNegative = unstated(0.0)
    """What a day's way costs the person [currency/day]."""
    commute_km: NotNegative = unstated(0.0)
    """Length of the way to work and back [km/day]."""
    co2e_per_km: NotNegative = unstated(0.0)
    """Emissions of a person's way, mean over all means of travel [kg CO2e/km]."""
    kwh_per_m2: NotNegative = unstated(0.0)
    """Heat and electricity of the space [kWh/m²/year]."""
    energy_ends: Share = unstated(1.0)
    """Share of it that ends with the space given up."""
    kwh_at_home: NotNegative = unstated(0.0)
    """Heat and electricity that a day of work at home adds there [kWh/day]."""
    co2e_per_kwh: NotNegative = unstated(0.0)
    """Emissions of the energy, mean over heat and electricity [kg CO2e/kWh]."""
    hour_value: NotNegative | None = None
    """Price of an hour of commuting [currency/h]; without it hours are not priced."""
    tonne_value: NotNegative | None = None
    """Price of a tonne of CO2e [currency/t]; without it emissions are not priced."""
    group: dict[Label, Share] = Field(default={})
    """Share of filled posts of groups for whom remote work opens access: people with disabilities,
    parents of young children."""
