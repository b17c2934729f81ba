"""Estates that are wrong, each in one way, and what a planner must be told.

``CASES`` are as in ``broken_inputs.py``: the scenario is right, one of its tables or keys is not.
"""

from __future__ import annotations

from broken_inputs import BASE

ESTATE = """\
[policy.level]
extends = "half"
workstations = { service = { per_day = 0.95 } }

[estate]
holdings = "holdings.csv"
rooms = "rooms.csv"
stacking = "stacking.csv"
start = 2026-01-01
years = 3
policy = "level"
discount_rate = 0.05
moves_per_quarter = 20
yearly_ceiling = 5_000
max_sites = 2

[estate.price]
rent_m2 = 100
running_m2 = 20
holding_m2 = 5
move = 30
exit_m2 = 10
sale_m2 = 500

[estate.body.local]
buildings = ["annex", "house"]
secure_workstations = 4
"""
HOLDINGS = """\
building;right;hand_back;end;breaks;notice_months;renewable;heritage;disposal;disposal_months;rent_m2;sale_m2
tower;lease;floor;31.12.2030;30.06.2027 30.06.2028;6;yes;none;none;;120,5;
annex;free_use;building;;;3;;;;;;
house;owned;building;;;;;;sale;12;;800,0
"""
ROOMS = """\
building;floor;room;area_m2;workstations;secure;must_stay;people_limit
tower;1;;620,5;50;no;no;
tower;2;;600,0;50;no;no;45
annex;1;;500,0;40;no;no;
house;1;;300,0;20;no;no;
house;1;vault;60,0;6;yes;yes;6
"""
STACKING = """\
body;building;floor;workstations
central;tower;1;50
central;tower;2;45
local;annex;1;40
local;house;1;10
"""
FULL = BASE + ESTATE
SEVERAL = {"twice", "no-floors", "floor-twice", "room-building", "leap-day"}
"""Cases in which what is wrong makes something else wrong too."""
TABLES = {"holdings.csv": HOLDINGS, "rooms.csv": ROOMS, "stacking.csv": STACKING}


def files(**changed: str) -> dict[str, str | bytes]:
    """Return the whole scenario, with other texts for some of its tables."""
    return {"scenario.toml": FULL, **TABLES} | {f"{k}.csv": text for k, text in changed.items()}


def _line(text: str) -> int:
    """Return the line that ``#!`` marks."""
    return next(n for n, line in enumerate(text.split("\n"), 1) if "#!" in line)


def says(name: str, old: str, new: str, phrase: str) -> tuple:
    assert old in ESTATE, old
    text = BASE + ESTATE.replace(old, new, 1)
    return name, files() | {"scenario.toml": text}, (), "scenario.toml", _line(text), phrase


def row(name: str, table: str, line: int, old: str, new: str, phrase: str) -> tuple:
    """Return a case in which a row of a table says something else."""
    rows = TABLES[f"{table}.csv"].split("\n")
    assert old in rows[line - 1], rows[line - 1]
    rows[line - 1] = rows[line - 1].replace(old, new, 1)
    changed = files(**{table: "\n".join(rows)})
    told = line + (name == "twice")  # the second of two rows is told
    return name, changed, (), f"{table}.csv", told, phrase


CASES = [
    row("break-early", "holdings", 2, "30.06.2027 ", "30.06.2025 ", "before the start of the plan"),
    row("break-late", "holdings", 2, "30.06.2028", "30.06.2031", "is not before the end"),
    row("notice-long", "holdings", 2, ";6;", ";61;", "longer than the term, which ends on 2030"),
    row("notice-plan", "holdings", 3, ";3;", ";40;", "is longer than the years of the plan"),
    row("notice-minus", "holdings", 2, ";6;", ";-6;", "must be at least 0"),
    row(
        "end-past",
        "holdings",
        2,
        "31.12.2030;30.06.2027 30.06.2028",
        "31.12.2025;",
        "not after the",
    ),
    row(
        "day-ambiguous", "holdings", 2, "31.12.2030", "03/04/2030", "write 2027-06-30 or 30.06.2027"
    ),
    row("day-unknown", "holdings", 2, "31.12.2030", "31.11.2030", "is no day of the calendar"),
    row("breaks-ambiguous", "holdings", 2, "30.06.2028", "June", "is not a date"),
    row("right", "holdings", 2, "lease", "rented", "must be one of lease, free_use"),
    row("twice", "holdings", 2, "tower", "annex", "keep one row for each building"),
    row(
        "lease-sold", "holdings", 2, "none;;120", "sale;;120", "has no meaning where right is lease"
    ),
    row("owned-end", "holdings", 4, "building;;", "building;2027-06-30;", "where right is owned"),
    row(
        "no-taker-months",
        "holdings",
        4,
        "sale;12;;800,0",
        "none;12;;",
        "nobody who takes the space",
    ),
    row("transfer-price", "holdings", 4, "sale;", "transfer;", "is only for what is sold"),
    row("life-minus", "holdings", 4, ";12;", ";-12;", "must be at least 0"),
    row("rent-minus", "holdings", 2, "120,5", "-120,5", "must be at least 0"),
    row("no-end", "holdings", 3, "free_use;building;;;3;;", "free_use;building;;;3;no;", "say end"),
    row("no-floors", "holdings", 2, "tower", "attic", "has no floor among the rooms"),
    row("floor-twice", "rooms", 3, "tower;2", "tower;1", "the floor is listed twice"),
    row("room-large", "rooms", 6, "60,0", "360,0", "is larger than its floor, which has 300 m²"),
    row("room-building", "rooms", 2, "tower", "towel", "did you mean tower?"),
    row("area-minus", "rooms", 2, "620,5", "-620,5", "must be at least 0"),
    row("places-minus", "rooms", 2, "50", "-50", "must be at least 0"),
    row("places-parts", "rooms", 2, ";50;", ";50,5;", "must be a whole number"),
    row("seat-body", "stacking", 2, "central", "centre", "did you mean central?"),
    row("seat-building", "stacking", 2, "tower", "towel", "did you mean tower?"),
    row("seat-floor", "stacking", 2, "tower;1", "tower;9", "is no floor of tower"),
    row("seat-twice", "stacking", 3, "tower;2;45", "tower;1;0", "listed twice on this floor"),
    row("seat-many", "stacking", 2, "50", "51", "make 51 on a floor with 50"),
    row("seat-misfit", "stacking", 4, "annex;1;40", "tower;1;0", "may not sit there"),
    says("policy", '"level"', '"levels" #!', "did you mean level?"),
    says("policy-ratio", 'policy = "level"', 'policy = "shared" #!', "says no service level"),
    says("rate-low", "discount_rate = 0.05", "discount_rate = -1.5 #!", "must be above -1"),
    says("years-none", "years = 3", "years = 0 #!", "must be at least 1"),
    says("leap-day", "2026-01-01", "2028-02-29 #!", "is a day that not every year has"),
    says("price-minus", "move = 30", "move = -30 #!", "must be at least 0"),
    says("price-body", "move = 30", 'move = { value = 3, per = "body" } #!', "leave per out"),
    says("ceiling-minus", "5_000", "-5_000 #!", "must be at least 0"),
    says("moves-minus", "_quarter = 20", "_quarter = -20 #!", "must be at least 0"),
    says("sites-none", "max_sites = 2", "max_sites = 0 #!", "must be at least 1"),
    says("needs-body", "[estate.body.local]", "[estate.body.locals] #!", "did you mean local?"),
    says("needs-building", '"house"]', '"horse"] #!', "did you mean house?"),
    says("needs-secure", "workstations = 4", "workstations = 51 #!", "more than its 50 people"),
    says("no-table", '"rooms.csv"', '"romms.csv" #!', "there is no such file"),
    says("key", "max_sites = 2", "max_site = 2 #!", "did you mean max_sites?"),
]
