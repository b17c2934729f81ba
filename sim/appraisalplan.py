"""The appraisal of a problem: its years, its rates and its lines, without a number drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Ledger = Literal["budget_holder", "whole_government"]
Kind = Literal["cash_releasing", "non_cash", "cost_avoidance", "transfer"]
Per = Literal["m2", "workstation", "person", "once"]
Of = Literal["kept", "vacated", "all", "onsite", "remote", "combined", "away", "present"]
BorneBy = Literal["all", "policies", "baseline"]


@dataclass(frozen=True, eq=False)
class LinePlan:
    """One line of the appraisal; numbers are indices of unknowns unless said otherwise.

    Attributes
    ----------
    name : str
    per, of : str
        The quantity that it is paid for.
    borne_by : str
        Whether doing nothing, the policies or both have it.
    amounts : tuple of int
        Their product is the amount for one unit of the quantity, in the prices of its year.
    income : bool
        Whether it comes in and is not paid.
    avoidable : int or None
        Share that ends with what is given up; all of it where None.
    one_off : bool
        Whether it is an investment: paid in a year or as space is vacated.
    as_vacated : bool
        Whether it is paid as space is vacated.
    stock, change : float64[year]
        Share of today's quantity, and of the quantity saved, that flows in each year; year 0 first.
    left : float
        Purchases of which ``residual`` is left at the horizon, as a share of the quantity.
    residual : int or None
    escalation : int
        Growth of the price over and above inflation [1/year].
    gap : int
        Years from the price's own year to t0.
    kind, accrues_to : str
    vat_share : int or None
    policies : tuple of str
        Names of the policies that it is for; all of them where empty.
    vacant : bool
        Whether it is for today's vacant posts, as they are filled, and not for people.
    beneficiary, measured_by : str
        For the register of benefits.
    """

    name: str
    per: Per
    of: Of
    borne_by: BorneBy
    amounts: tuple[int, ...]
    income: bool
    avoidable: int | None
    one_off: bool
    as_vacated: bool
    stock: NDArray[np.float64]
    change: NDArray[np.float64]
    left: float
    residual: int | None
    escalation: int
    gap: int
    kind: Kind
    accrues_to: Ledger
    vat_share: int | None
    policies: tuple[str, ...] = ()
    vacant: bool = False
    beneficiary: str = ""
    measured_by: str = ""


@dataclass(frozen=True, eq=False)
class AppraisalPlan:
    """How money is appraised; numbers are indices of unknowns unless said otherwise.

    Attributes
    ----------
    base_year : int
        Calendar year of t0.
    years : int
        The horizon.
    mid : bool
        Whether flows fall in the middle of a year.
    rates : tuple of int
        Discount rate of each year, year 1 first.
    nominal : bool
        Whether the rates have inflation in them.
    reinvestment : int or None
        None for the discount rate.
    inflation, growth, vat : int
    lines : tuple of LinePlan
    vacated, filled : float64[year]
        Share of the release that is vacated, and of vacant posts that is filled; year 0 first.
    do_minimum : str or None
        Name of a policy; None for giving up workstations beyond the posts.
    """

    base_year: int
    years: int
    mid: bool
    rates: tuple[int, ...]
    nominal: bool
    reinvestment: int | None
    inflation: int
    growth: int
    vat: int
    lines: tuple[LinePlan, ...]
    vacated: NDArray[np.float64]
    filled: NDArray[np.float64]
    do_minimum: str | None
