"""The registry: every result variable with its dimensions, unit, meaning and source.

It feeds the attributes of Datasets, the summaries, the reference and the tables, and is tested.
``adds`` says how a quantity of bodies becomes that of a tier or the total: ``sum`` over bodies,
``ratio`` of two summed quantities, or ``joint`` where bodies must be looked at together (a day is
short if any of its pools is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["people", "workstations", "m2", "1", "currency", "currency/year", "years"]
Adds = Literal["sum", "ratio", "joint"]

BODY = ("policy", "body", "draw")
WEEKDAY = ("policy", "body", "weekday", "draw")
GROUP = ("policy", "group", "draw")


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


def _ratio(name: str, long_name: str, over: str, under: str, source: str) -> Variable:
    return Variable(name, long_name, "1", source, adds="ratio", ratio=(over, under))


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
        "group_level_met",
        "whether the group as a whole meets the policy's service level",
        "1",
        "model part 5",
        dims=GROUP,
        whole=True,
        metric=False,
    ),
)

BY_NAME = {variable.name: variable for variable in VARIABLES}
METRICS = tuple(variable for variable in VARIABLES if variable.metric)
