"""What follows from a release beside its worth: an order to come back, and co-benefits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExitPlan:
    """One way in which space is given up; numbers are indices of unknowns unless said otherwise.

    Attributes
    ----------
    name : str
        ``mothball``, ``sublet``, ``transfer``, ``end`` or ``sell``.
    share : int
        Share of the release that is given up in this way.
    returns : int
        Share of it that can be had again.
    weeks : int
        Weeks from the order until it can be used.
    cost : int
        Paid once to have it again [currency/m²].
    extra : int
        Paid every year afterwards over and above what was paid before [currency/m²/year].
    """

    name: str
    share: int
    returns: int
    weeks: int
    cost: int
    extra: int


@dataclass(frozen=True)
class ReversalPlan:
    """An order to attend; numbers are indices of unknowns unless said otherwise.

    Attributes
    ----------
    probability, year, notice, share : int
        Chance that it comes, the year after t0 at whose end it does, weeks until it holds, and the
        share of working days that everybody has to attend.
    comes : int
        Uniform from 0 to 1: the order comes in draws in which it is below the probability.
    stopgap : int
        Cost of a week of somebody without a workstation [currency].
    exits : tuple of ExitPlan
    first_stage : float
        Share of the release that is given up before the data gate.
    gate_years : int
        Years from t0 to the gate.
    gate_days : float
        Most working days with a shortage with which the rest is given up too [1].
    """

    probability: int
    year: int
    notice: int
    share: int
    comes: int
    stopgap: int
    exits: tuple[ExitPlan, ...]
    first_stage: float
    gate_years: int
    gate_days: float


@dataclass(frozen=True)
class CoBenefitPlan:
    """What people and climate gain; numbers are indices of unknowns unless said otherwise.

    Attributes
    ----------
    working_days : int
        Working days in a year.
    hours, money, km, co2e_per_km : int
        A day's way to work and back: its time [h], its cost to the person [currency], its length
        [km], and emissions over all means of travel [kg CO2e/km].
    kwh_per_m2, kwh_at_home, co2e_per_kwh : int
        Energy of space in a year [kWh/m²], of a day of work at home [kWh], and emissions
        [kg CO2e/kWh].
    ends : int
        Share of the energy that ends with the space given up.
    hour_value, tonne_value : int or None
        Prices of an hour and of a tonne of CO2e [currency]; unpriced where None.
    groups : tuple of (str, int)
        Share of filled posts of each group whose access is told.
    """

    working_days: int
    hours: int
    money: int
    km: int
    co2e_per_km: int
    kwh_per_m2: int
    kwh_at_home: int
    co2e_per_kwh: int
    ends: int
    hour_value: int | None
    tonne_value: int | None
    groups: tuple[tuple[str, int], ...]
