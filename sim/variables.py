"""The registry: every result variable with its dimensions, unit, meaning and source.

It feeds the attributes of Datasets, the summaries, the reference and the tables, and is tested.
``adds`` says how a quantity of bodies becomes that of a tier or the total: ``sum`` over bodies,
``ratio`` of two summed quantities, or ``joint`` where bodies must be looked at together (a day is
short if any of its pools is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal[
    "people",
    "workstations",
    "m2",
    "1",
    "1/year",
    "currency",
    "currency/year",
    "currency/person",
    "years",
    "hours/day",
    "minutes",
    "workstation-hours/day",
    "people/day",
    "bookings/day",
    "events",
    "weeks",
    "person-weeks",
    "hours/year",
    "kg CO2e/year",
    "currency/m2",
    "currency/m2/year",
]
Adds = Literal["sum", "ratio", "joint"]
Better = Literal["higher", "lower"]

HIGHER = frozenset(
    {
        "released_area",
        "released_share",
        "vacated_running_cost",
        "utilisation",
        "level_met",
        "npv",
        "npv_positive",
        "npv_over_minimum",
        "npv_whole_government",
        "sir",
        "airr",
        "irr",
        "benefit_cost_ratio",
        "cash_saving",
    }
)
LOWER = frozenset(
    {
        "shortage_per_day",
        "shortage_per_week",
        "shortage_per_person",
        "worst_team_shortage",
        "unmet_people",
        "workstations",
        "workstations_needed",
        "required_area",
        "investment",
        "payback_years",
        "payback_simple",
        "payback_discounted",
        "life_cycle_cost",
        "life_cycle_cost_per_person",
    }
)
"""Metrics of which more, and of which less, is better; how many people do what is neither."""

BODY = ("policy", "body", "draw")
WEEKDAY = ("policy", "body", "weekday", "draw")
GROUP = ("policy", "group", "draw")
YEAR = ("policy", "body", "year", "draw")
POOL = ("policy", "pool", "replication", "day")
SEATING = ("policy", "pool", "replication")
SLOT = ("policy", "pool", "replication", "day", "slot")
TEAM = ("policy", "team", "replication")
MODE = ("policy", "mode", "replication")
CHARACTERISTIC = ("policy", "characteristic", "replication")
SITE = ("policy", "replication")
OPTION = ("policy", "option", "draw")
WEEK = ("policy", "option", "week", "draw")
EXIT = ("exit", "draw")
TOTALS = ("policy", "draw")
GROUP_OF_PEOPLE = ("policy", "characteristic", "draw")


@dataclass(frozen=True)
class Variable:
    """One result variable.

    Attributes
    ----------
    name, long_name : str
        Name in Datasets and JSON, and in words.
    unit : str
        ``currency`` stands for the scenario's currency.
    source : str
        Part of the model that defines it.
    adds : {"sum", "ratio", "joint"}
    ratio : tuple of str
        Numerator and denominator, for ``ratio``.
    dims : tuple of str
    whole : bool
        True for counts, whose quantiles are exact.
    metric : bool
        True if summaries and JSON report it.
    """

    name: str
    long_name: str
    unit: Unit
    source: str
    adds: Adds = "sum"
    ratio: tuple[str, str] = ("", "")
    dims: tuple[str, ...] = BODY
    whole: bool = False
    metric: bool = True

    @property
    def better(self) -> Better | None:
        """Which of two values a planner wants, all else being equal; None where it is neither."""
        return "higher" if self.name in HIGHER else "lower" if self.name in LOWER else None


def _ratio(name: str, long_name: str, over: str, under: str, source: str) -> Variable:
    return Variable(name, long_name, "1", source, adds="ratio", ratio=(over, under))


def _worth(
    name: str,
    long_name: str,
    unit: Unit = "currency",
    adds: Adds = "sum",
    ratio: tuple[str, str] = ("", ""),
    metric: bool = True,
    whole: bool = False,
) -> Variable:
    return Variable(name, long_name, unit, "model part 8", adds, ratio, whole=whole, metric=metric)


def _of_group(name: str, long_name: str, unit: Unit, whole: bool = False) -> Variable:
    return Variable(
        f"group_{name}", long_name, unit, "model part 8", dims=GROUP, whole=whole, metric=False
    )


APPRAISAL = (
    _worth("npv", "net present value for the budget holder, its net savings"),
    _worth(
        "npv_positive", "whether the net present value is above nothing", "1", "joint", whole=True
    ),
    _worth("npv_over_minimum", "net present value less that of doing the minimum"),
    _worth("npv_whole_government", "net present value for the whole government"),
    _worth(
        "sir",
        "savings-to-investment ratio",
        "1",
        "ratio",
        ("operating_saving", "additional_investment"),
    ),
    _worth("airr", "adjusted internal rate of return, nominal", "1/year", "joint"),
    _worth("irr", "internal rate of return, nominal", "1/year", "joint"),
    _worth(
        "payback_simple",
        "years until savings have repaid what was spent, undiscounted",
        "years",
        "joint",
        whole=True,
    ),
    _worth(
        "payback_discounted",
        "years until savings have repaid what was spent, discounted",
        "years",
        "joint",
        whole=True,
    ),
    _worth(
        "benefit_cost_ratio",
        "present value of lines that are saved over that of lines that are added",
        "1",
        "ratio",
        ("present_benefits", "present_costs"),
    ),
    _worth("life_cycle_cost", "present value of all costs less incomes for the budget holder"),
    _worth(
        "life_cycle_cost_per_person",
        "life-cycle cost over filled posts",
        "currency/person",
        "ratio",
        ("life_cycle_cost", "headcount"),
    ),
    _worth(
        "cash_saving",
        "yearly saving on budget lines that can be cut, mean over the years at prices of t0",
        "currency/year",
    ),
    _worth("operating_saving", "present value of savings on yearly lines", metric=False),
    _worth("additional_investment", "present value of additional one-off lines", metric=False),
    _worth("present_benefits", "present value of the lines that are saved", metric=False),
    _worth("present_costs", "present value of the lines that are added", metric=False),
    _of_group("npv_positive", "npv_positive of the bodies together", "1", whole=True),
    _of_group("airr", "airr of the bodies together", "1/year"),
    _of_group("irr", "irr of the bodies together", "1/year"),
    _of_group("payback_simple", "payback_simple of the bodies together", "years", whole=True),
    _of_group(
        "payback_discounted", "payback_discounted of the bodies together", "years", whole=True
    ),
)

BY_YEAR = (
    Variable(
        "net_saving",
        "what the budget holder saves in the year, at its prices",
        "currency",
        "model part 8",
        dims=YEAR,
        metric=False,
    ),
    Variable(
        "net_saving_whole_government",
        "what the whole government saves in the year, at prices of t0",
        "currency",
        "model part 8",
        dims=YEAR,
        metric=False,
    ),
)
"""Variables that a Dataset has only where they are asked for."""

VARIABLES = (
    Variable(
        "eligible_staff",
        "staff whose duties allow remote work",
        "people",
        "model part 2",
        whole=True,
    ),
    _ratio(
        "eligible_share",
        "share of staff whose duties allow remote work",
        "eligible_staff",
        "headcount",
        "model part 2",
    ),
    Variable(
        "ready_staff",
        "eligible staff who pass the readiness gates",
        "people",
        "model part 3",
        whole=True,
    ),
    Variable("remote_staff", "staff in the remote mode", "people", "model part 4", whole=True),
    Variable("combined_staff", "staff in the combined mode", "people", "model part 4", whole=True),
    Variable("onsite_mean", "people present, mean over working days", "people", "model part 4"),
    Variable(
        "onsite_peak",
        "people present on the fullest day of a week, mean over weeks",
        "people",
        "model part 4",
        adds="joint",
    ),
    Variable(
        "dedicated_workstations",
        "workstations that are never shared",
        "workstations",
        "model part 5",
        whole=True,
    ),
    Variable("workstations", "workstations provided", "workstations", "model part 5", whole=True),
    Variable(
        "workstations_needed",
        "least workstations that meet the policy's service level in the draw",
        "workstations",
        "model part 5",
        whole=True,
    ),
    Variable(
        "level_met",
        "whether the policy's service level is met",
        "1",
        "model part 5",
        adds="joint",
        whole=True,
    ),
    Variable(
        "shortage_per_day",
        "share of working days with more people present than workstations",
        "1",
        "model part 0",
        adds="joint",
    ),
    Variable(
        "shortage_per_week",
        "share of weeks with a day of shortage",
        "1",
        "model part 0",
        adds="joint",
    ),
    Variable(
        "worst_team_shortage",
        "share of working days on which the team worst off exceeds its own workstations",
        "1",
        "model part 10",
        adds="joint",
    ),
    _ratio(
        "shortage_per_person",
        "share of person-days without a workstation, among people who share",
        "unmet_people",
        "sharing_people",
        "model part 0",
    ),
    _ratio(
        "utilisation",
        "workstations occupied over workstations provided, mean over working days",
        "occupied_workstations",
        "workstations",
        "model part 0",
    ),
    Variable(
        "unmet_people",
        "people without a workstation, mean over working days",
        "people",
        "model part 5",
    ),
    Variable(
        "required_area",
        "area that the workstations, offices and meetings need",
        "m2",
        "model part 6",
    ),
    Variable(
        "released_area", "theoretical release: area today less required area", "m2", "model part 6"
    ),
    _ratio(
        "released_share",
        "theoretical release over area today",
        "released_area",
        "area_today",
        "model part 6",
    ),
    Variable(
        "vacant_area",
        "space kept today for vacant posts, which remote work did not free",
        "m2",
        "model part 6",
    ),
    Variable(
        "vacated_running_cost",
        "running cost carried by the theoretical release, an upper bound of the saving",
        "currency/year",
        "model part 8",
    ),
    Variable(
        "investment",
        "cost of bringing staff through the readiness gates",
        "currency",
        "model parts 3 and 8",
    ),
    Variable(
        "payback_years",
        "investment over vacated running cost",
        "years",
        "model part 8",
        adds="ratio",
        ratio=("investment", "vacated_running_cost"),
    ),
    Variable(
        "sharing_people",
        "people present who hold no dedicated workstation, mean over working days",
        "people",
        "model part 5",
        metric=False,
    ),
    Variable(
        "occupied_workstations",
        "workstations occupied, mean over working days",
        "workstations",
        "model part 0",
        metric=False,
    ),
    Variable(
        "onsite_by_weekday",
        "people present, by weekday",
        "people",
        "model part 4",
        dims=WEEKDAY,
        metric=False,
    ),
    Variable(
        "shortage_by_weekday",
        "chance of a shortage, by weekday",
        "1",
        "model part 5",
        dims=WEEKDAY,
        metric=False,
    ),
    Variable(
        "group_onsite_peak",
        "people present in the group on the fullest day of a week",
        "people",
        "model part 4",
        dims=GROUP,
        metric=False,
    ),
    Variable(
        "group_shortage_per_day",
        "share of working days on which any pool of the group is short",
        "1",
        "model part 0",
        dims=GROUP,
        metric=False,
    ),
    Variable(
        "group_shortage_per_week",
        "share of weeks in which any pool of the group is short",
        "1",
        "model part 0",
        dims=GROUP,
        metric=False,
    ),
    Variable(
        "group_worst_team_shortage",
        "worst_team_shortage over the teams of the group",
        "1",
        "model part 10",
        dims=GROUP,
        metric=False,
    ),
    Variable(
        "group_level_met",
        "whether the group as a whole meets the policy's service level",
        "1",
        "model part 5",
        dims=GROUP,
        whole=True,
        metric=False,
    ),
    *APPRAISAL,
)


def _in_time(
    name: str, long_name: str, unit: Unit, dims: tuple[str, ...] = POOL, adds: Adds = "sum"
) -> Variable:
    return Variable(name, long_name, unit, "model part 10", adds=adds, dims=dims)


OCCUPANCY = (
    _in_time("people_sharing", "people who come and share workstations, a day", "people/day"),
    _in_time("peak_present", "most people present who share workstations, a day", "people/day"),
    _in_time("peak_p95", "daily peak that 95 % of days do not exceed", "people/day"),
    _in_time("peak_most", "highest daily peak", "people/day"),
    _in_time("hours_above", "time with more people present than workstations", "hours/day"),
    _in_time("waiting_share", "share of people who wait for a workstation", "1"),
    _in_time("waiting_minutes", "time waited by those who wait, mean", "minutes"),
    _in_time("unseated_people", "people who find no workstation, a day", "people/day"),
    _in_time("unseated_share", "share of person-days without a workstation", "1"),
    _in_time("shortage_days", "share of days on which somebody finds no workstation", "1"),
    _in_time("counted_shortage_days", "share of days on which the count exceeds workstations", "1"),
    _in_time("counted_unseated_share", "share of person-days in excess of the workstations", "1"),
    _in_time("spill_share", "share of those seated who sit in another neighbourhood", "1"),
    _in_time("displaced_people", "people who lose their workstation to a pause", "people/day"),
    _in_time("hours_held", "time that workstations are taken", "workstation-hours/day"),
    _in_time("hours_used", "time that somebody sits at them", "workstation-hours/day"),
    _in_time("hours_open", "time that workstations are in service", "workstation-hours/day"),
    _in_time("time_utilisation", "workstation-hours taken over those in service", "1"),
    _in_time("bookings", "bookings that were accepted", "bookings/day"),
    _in_time("unused_bookings", "bookings whose holder did not come", "bookings/day"),
    _in_time("lapsed_bookings", "bookings that became free unused", "bookings/day"),
    _in_time(
        "unseated_share_pooled", "unmet share if everybody looks in the whole pool", "1", SEATING
    ),
    _in_time("unseated_share_apart", "unmet share if everybody looks at home only", "1", SEATING),
    _in_time("pooling_gain", "unmet share apart less pooled", "1", SEATING),
    _in_time("present", "people present, mean over the slot", "people", SLOT),
    _in_time("held", "workstations taken, mean over the slot", "workstations", SLOT),
    _in_time(
        "team_unseated_share", "share of the team's person-days without a workstation", "1", TEAM
    ),
    _in_time("team_shortage_days", "share of the team's days with somebody left out", "1", TEAM),
    _in_time(
        "mode_unseated_share", "share of the mode's person-days without a workstation", "1", MODE
    ),
    _in_time(
        "characteristic_eligible_share", "share of the group that is eligible", "1", CHARACTERISTIC
    ),
    _in_time("characteristic_ready_share", "share of the group that is ready", "1", CHARACTERISTIC),
    _in_time(
        "characteristic_remote_share", "share of the group that is remote", "1", CHARACTERISTIC
    ),
    _in_time(
        "characteristic_unseated_share",
        "share of the group's person-days without a workstation",
        "1",
        CHARACTERISTIC,
    ),
    _in_time(
        "worst_team_shortage",
        "team_shortage_days of the team worst off, if any are given",
        "1",
        SITE,
    ),
    _in_time("meeting_shortage", "share of meetings without a room", "1", SITE),
    _in_time("events", "events simulated", "events", SITE),
)


def _if_ordered_back(
    name: str, long_name: str, unit: Unit, dims: tuple[str, ...] = OPTION
) -> Variable:
    return Variable(name, long_name, unit, "model part 8", dims=dims, metric=False)


REVERSAL = (
    _if_ordered_back(
        "option_npv", "net present value, an order to come back among what may happen", "currency"
    ),
    _if_ordered_back("option_npv_ordered", "net present value if the order comes", "currency"),
    _if_ordered_back("option_npv_free", "net present value if it does not come", "currency"),
    _if_ordered_back("regret", "what the best option of the draw is worth more", "currency"),
    _if_ordered_back("return_cost", "present value of coming back, if the order comes", "currency"),
    _if_ordered_back("return_weeks", "weeks until the last workstation is back", "weeks"),
    _if_ordered_back(
        "unmet_weeks", "weeks of people without a workstation, if the order comes", "person-weeks"
    ),
    _if_ordered_back(
        "unmet_in_week", "people without a workstation in a week after the order", "people", WEEK
    ),
)
"""What follows from an order to come back, for all bodies together."""

WAYS_OUT = (
    _if_ordered_back("exit_share", "share of the release given up in this way", "1", EXIT),
    _if_ordered_back("exit_returns", "share of it that can be had again", "1", EXIT),
    _if_ordered_back("exit_weeks", "weeks until it can be used again", "weeks", EXIT),
    _if_ordered_back("exit_cost", "paid once to have it again", "currency/m2", EXIT),
    _if_ordered_back("exit_extra", "paid every year afterwards", "currency/m2/year", EXIT),
)
"""How reversible each way out of the space is."""


def _gain(name: str, long_name: str, unit: Unit, dims: tuple[str, ...] = TOTALS) -> Variable:
    return Variable(name, long_name, unit, "model part 8", dims=dims, metric=False)


CO_BENEFITS = (
    _gain("commuting_hours", "hours of commuting spared", "hours/year"),
    _gain("commuting_money", "money that commuting no longer costs people", "currency/year"),
    _gain("commuting_co2e", "emissions of commuting spared", "kg CO2e/year"),
    _gain(
        "energy_co2e", "emissions spared in the space given up, less those at home", "kg CO2e/year"
    ),
    _gain("residence_choice", "people who need not live near an office", "people"),
    _gain(
        "priced_benefits", "hours and emissions at their prices, in no net value", "currency/year"
    ),
    _gain("access", "people of the group whose work reaches them", "people", GROUP_OF_PEOPLE),
)
"""What people and climate gain, for all bodies together, once all of a release is vacated."""

BY_NAME = {variable.name: variable for variable in (*VARIABLES, *BY_YEAR)}
METRICS = tuple(variable for variable in VARIABLES if variable.metric)
