"""Days, neighbourhoods and teams that are wrong, each in one way, and what must be said of them.

The cases have the form of those in `broken_inputs`.
"""

from __future__ import annotations

from broken_inputs import BASE, Case, marked_line

OCCUPANCY = """
[occupancy]
opens = 8
closes = 18
patience_minutes = { uniform = [0, 20] }
remains = 0.5

[occupancy.hours.early]
share = 0.4
arrival = { normal = { mean = 8.5, sd = 0.5, min = 8, max = 12 } }
stay_hours = { normal = { mean = 8, sd = 0.5, min = 1, max = 10 } }
cohorts = ["onsite"]

[occupancy.hours.late]
arrival = { uniform = [9, 12] }
stay_hours = 6
cohorts = ["combined"]

[occupancy.lunch]
share = 0.9
start = { uniform = [12, 13] }
length_minutes = { lognormal = { mean = 40, sd = 10 } }

[occupancy.meetings]
per_person = 0.8
length_minutes = { empirical = [30, 60] }
people = { discrete = { values = [2, 4, 8], weights = [5, 3, 1] } }

[[occupancy.room]]
seats = 8
rooms = 2

[[occupancy.room]]
seats = 4
rooms = { value = 6, confirmed = false }

[occupancy.booking]
share = 0.5
no_show = 0.1
release_minutes = 60

[occupancy.visitors]
per_day = 12
arrival = { uniform = [9, 16] }
stay_hours = 2

[occupancy.calendar]
start = 2023-09-07
country = "KZ"
season = { 7 = 0.25 }

[[occupancy.neighbourhood]]
name = "north"
body = "central"
workstations = 40
fallback = ["south"]

[[occupancy.neighbourhood]]
name = "south"
body = "central"
workstations = 30

[[occupancy.neighbourhood]]
name = "hall"
body = "local"
workstations = 50
fallback = "any"

[occupancy.group.carers]
eligible = { uniform = [0.8, 0.9] }
adjustment = true

[occupancy.group.shift]
hours = "early"
"""

FULL = BASE + OCCUPANCY
WITH_TEAMS = FULL.replace("remains = 0.5", 'remains = 0.5\nteams = "teams.csv" #!')
TEAMS = """\
team,body,people,neighbourhood,anchor_days,group
audit,central,30,north,Tue Thu,
audit,central,10,north,Thu Tue,carers
legal,central,20,south,,shift
field,local,45,,Mon,
"""


def says(name: str, old: str, new: str, phrase: str) -> Case:
    """Return the case of one text replaced in the full scenario, which has its teams in a table."""
    assert old in WITH_TEAMS, old
    text = WITH_TEAMS.replace(" #!", "").replace(old, new, 1)
    files = {"scenario.toml": text, "teams.csv": TEAMS}
    return name, files, (), "scenario.toml", marked_line(text), phrase


def teams(name: str, old: str, new: str, line: int, phrase: str) -> Case:
    """Return the case of one text replaced in the table of teams."""
    assert old in TEAMS, old
    files = {"scenario.toml": WITH_TEAMS, "teams.csv": TEAMS.replace(old, new, 1)}
    return name, files, (), "teams.csv", line, phrase


def names(name: str, named: str, phrase: str, **files: str) -> Case:
    """Return the case of a table of teams that is named wrongly."""
    text = WITH_TEAMS.replace('"teams.csv"', named).replace("[occupancy.group.carers]", "[x.y]")
    text = text[: text.index("[x.y]")]
    return name, {"scenario.toml": text, **files}, (), "scenario.toml", marked_line(text), phrase


def posts(name: str, eligible: str, body: str, phrase: str, **files: str) -> Case:
    """Return the case of a group with a share of its own in a policy that counts posts."""
    text = WITH_TEAMS.replace(" #!", "").replace("eligible = 0.5", f'eligible = "{eligible}"')
    text = text.replace("area_m2 = 1200", f"area_m2 = 1200\n{body}")
    local = body.replace("100", "50").replace("f.csv", "kazakhstan-2023")
    text = text.replace("area_m2 = 600", f"area_m2 = 600\n{local}")
    text = text.replace("[0.8, 0.9] }", "[0.8, 0.9] } #!")
    texts = {"scenario.toml": text, "teams.csv": TEAMS, **files}
    return name, texts, (), "scenario.toml", marked_line(text), phrase


STAFFED = """\
name,feasibility,staff
letters,full,80
secrets,none,20
"""

CASES: list[Case] = [
    # hours
    says(
        "day-of-no-length", "closes = 18", "closes = 8 #!", "must be later than opens, which is 8"
    ),
    says("opens-yesterday", "opens = 8", "opens = -1 #!", "must be from 0 to 24; this is -1"),
    says("closes-tomorrow", "closes = 18", "closes = 25 #!", "must be from 0 to 24; this is 25"),
    says("opens-drawn", "opens = 8", "opens = { uniform = [7, 8] } #!", "it is not drawn"),
    says("opens-as-time", "opens = 8", "opens = 08:00:00 #!", "must be a number, or a table"),
    says("negative-patience", "[0, 20] }", "[-5, 20] } #!", "this reaches from -5 to 20"),
    says("share-as-percent", "remains = 0.5", "remains = 50 #!", "0.5 for 50 %"),
    says(
        "anchors-repel",
        "remains = 0.5",
        "remains = 0.5\nanchor_pull = 0.5 #!",
        "must be at least 1; this is 0.5",
    ),
    says("no-weeks", "remains = 0.5", "remains = 0.5\nweeks = 0 #!", "must be at least 1"),
    says("many-weeks", "remains = 0.5", "remains = 0.5\nweeks = 521 #!", "must be at most 520"),
    says(
        "no-replications",
        "remains = 0.5",
        "remains = 0.5\nreplications = 0 #!",
        "must be at least 1",
    ),
    says("misspelt-part", "[occupancy.lunch]", "[occupancy.lunhc] #!", "did you mean lunch?"),
    says("misspelt-teams", 'teams = "', 'teems = "teams.csv" #!\n#', "did you mean teams?"),
    says("no-weight", "share = 0.4", "share = 0 #!", "must be above 0; this is 0"),
    says("arrival-too-early", "[9, 12]", "[7, 12] } #!\n#", "8 to 18; this reaches from 7 to 12"),
    says(
        "arrival-without-limits", "sd = 0.5, min = 8, max = 12 } }", "sd = 0.5 } } #!", "a min and"
    ),
    says("arrival-at-closing", "{ uniform = [9, 12] }", "18 #!", "within opening hours, 8 to 18"),
    says("stay-of-no-time", "stay_hours = 6", "stay_hours = 0 #!", "must be above 0; this is 0"),
    says(
        "stay-longer-than-open",
        "stay_hours = 6",
        "stay_hours = { uniform = [6, 12] } #!",
        "must not be longer than the 10 opening hours; this reaches from 6 to 12",
    ),
    says(
        "stay-without-max", "min = 1, max = 10 } }", "min = 1 } } #!", "longer than the 10 opening"
    ),
    says("stay-per-body", "stay_hours = 6", 'stay_hours = { value = 6, per = "body" } #!', "visit"),
    says(
        "unknown-cohort", '["combined"]', '["remote"] #!', "must be one of 'onsite' or 'combined'"
    ),
    says("no-cohort", 'cohorts = ["combined"]', "cohorts = [] #!", "must have at least 1 entries"),
    says(
        "cohort-without-schedule",
        OCCUPANCY[OCCUPANCY.index("[occupancy.hours.e") : OCCUPANCY.index("[occupancy.lunch]")],
        '[occupancy.hours.early] #!\narrival = 9\nstay_hours = 6\ncohorts = ["onsite"]\n',
        "has no schedule for the cohort combined",
    ),
    says("schedule-like-a-figure", "hours.late]", "hours.value] #!", "a word that an input uses"),
    says("lunch-at-night", "[12, 13]", "[12, 19] } #!\n#", "within opening hours, 8 to 18"),
    says("lunch-of-no-time", "{ lognormal = { mean = 40, sd = 10 } }", "0 #!", "must be above 0"),
    says("visitors-too-late", "[9, 16]", "[9, 19] } #!\n#", "this reaches from 9 to 19"),
    says("visitors-stay-on", "stay_hours = 2", "stay_hours = 11 #!", "the 10 opening hours"),
    says("negative-visitors", "per_day = 12", "per_day = -1 #!", "must be at least 0; this is -1"),
    says("all-no-shows", "no_show = 0.1", "no_show = 1 #!", "at least 0 and below 1; this is 1"),
    says("negative-release", "_minutes = 60", "_minutes = -60 #!", "must be at least 0"),
    says("endless-meetings", "per_person = 0.8", "per_person = 21 #!", "must be from 0 to 20"),
    says("meeting-of-nobody", "[2, 4, 8]", "[0, 4, 8], weights = [5, 3, 1] } } #!\n#", "least 1"),
    says(
        "meeting-without-room",
        "[2, 4, 8]",
        "[2, 4, 9], weights = [5, 3, 1] } } #!\n#",
        "must fit into the largest room, of 8; this reaches from 2 to 9",
    ),
    says("room-of-no-seats", "seats = 4", "seats = 0 #!", "must be at least 1"),
    says("room-twice", "seats = 4", "seats = 8 #!", "has rooms of 8 seats for a second time"),
    says(
        "rooms-for-nothing",
        OCCUPANCY[OCCUPANCY.index("[occupancy.meetings]") : OCCUPANCY.index("seats = 8")],
        "[[occupancy.room]] #!\n",
        "serve only meetings",
    ),
    # dates
    says("date-in-quotes", "2023-09-07", '"2023-09-07" #!', "write 2023-09-07 without quotes"),
    says("date-in-words", "2023-09-07", '"7 September 2023" #!', "must be a date without a time"),
    says("date-with-time", "2023-09-07", "2023-09-07T08:00:00 #!", "a date without a time"),
    says("country-unknown", '"KZ"', '"Kazakhstan" #!', 'two letters of ISO 3166, as in "KZ"'),
    says("country-in-small-letters", '"KZ"', '"kz" #!', "did you mean KZ?"),
    says("part-unknown", '"KZ"', '"AT"\nsubdivision = "Wein" #!', "did you mean Wien?"),
    says("part-of-none", '"KZ"', '"KZ"\nsubdivision = "ALA" #!', "leave it out: there are none"),
    says("part-of-nothing", 'country = "KZ"', 'subdivision = "9" #!', "needs the country of which"),
    says("thirteenth-month", "{ 7 = 0.25 }", "{ 13 = 0.25 } #!", "months are 1 to 12"),
    says("month-with-zero", "{ 7 = 0.25 }", "{ 07 = 0.25 } #!", "is no month"),
    says("all-on-leave", "{ 7 = 0.25 }", "{ 7 = 25 } #!", "0.25 for 25 %"),
    # neighbourhoods
    says("no-desks", "workstations = 30", "workstations = 0 #!", "neighbourhood without workstat"),
    says("fallback-unknown", '["south"]', '["suoth"] #!', "did you mean south?"),
    says("fallback-on-itself", '["south"]', '["north"] #!', "is the neighbourhood itself"),
    says("fallback-twice", '["south"]', '["south", "south"] #!', "is there twice"),
    says("fallback-on-any", '["south"]', '["any"] #!', 'write fallback = "any"'),
    says("fallback-word", '["south"]', '"south" #!', "a list of neighbourhoods, or 'any'"),
    says(
        "fallback-circle",
        'fallback = ["south"]\n\n[[occupancy.neighbourhood]]\nname = "south"',
        'fallback = ["south"] #!\n\n[[occupancy.neighbourhood]]\nfallback = ["north"]\n'
        'name = "south"',
        "runs in a circle: north → south → north",
    ),
    says("neighbourhood-twice", 'name = "hall"', 'name = "south" #!', "name of two neighbourhoods"),
    says("neighbourhood-any", 'name = "hall"', 'name = "any" #!', "the word for every other"),
    says("neighbourhood-of-nobody", 'body = "local"', 'body = "locl" #!', "did you mean local?"),
    says(
        "body-without-neighbourhood",
        OCCUPANCY[OCCUPANCY.index("[[occupancy.n") : OCCUPANCY.index("[occupancy.group.c")],
        '[[occupancy.neighbourhood]] #!\nname = "south"\nbody = "central"\nworkstations = 9\n\n'
        '[[occupancy.neighbourhood]]\nname = "north"\nbody = "central"\nworkstations = 9\n\n',
        "say nothing of local",
    ),
    # groups
    says("group-without-schedule", 'hours = "early"', 'hours = "earl" #!', "did you mean early?"),
    says(
        "group-without-people",
        "[occupancy.group.shift]",
        "[occupancy.group.x] #!\n[occupancy.group.shift]",
        "has nobody in it",
    ),
    says(
        "group-share", "uniform = [0.8, 0.9] }", "uniform = [0.8, 1.9] } #!", "must be from 0 to 1"
    ),
    posts(
        "group-in-blocks",
        "blocks",
        'blocks = [{ name = "A", staff = 100, eligible = 0.5 }]',
        "give the share in the blocks instead",
    ),
    posts(
        "group-in-posts",
        "posts",
        'audit = "kazakhstan-2023"\n[[body.posts]]\nname = "c"\nstaff = 100\n'
        'time = { "media policy" = 1 }',
        'whose eligible = "posts" counts posts',
    ),
    posts(
        "group-in-functions",
        "audit",
        'audit = "f.csv"',
        "policy half, whose eligible",
        **{"f.csv": STAFFED},
    ),
    # teams
    names("teams-beside-team", '"t.csv" #!\nteam = []\n#', "not both"),
    names("teams-missing", '"t.csv"', "there is no such file"),
    names("teams-number", "5", 'as in teams = "teams.csv"'),
    names("teams-outside", '"../t.csv"', "outside the scenario's folder"),
    teams("team-of-nobody", "legal,central,20", "legal,central,0", 4, "leave out a team without"),
    teams("team-negative", "legal,central,20", "legal,central,-2", 4, "must be at least 0"),
    teams("team-fraction", "legal,central,20", "legal,central,2.5", 4, "must be a whole number"),
    teams("team-without-name", "legal,central", ",central", 4, "is required and missing"),
    teams("team-with-space", "legal,", "the legal,", 4, "must not be empty or contain"),
    teams("team-row-short", "legal,central,20,south,,shift", "legal,20", 4, "has 2 cells under 6"),
    teams("team-column", "anchor_days", "anchor_day", 1, "did you mean anchor_days?"),
    teams("team-column-missing", TEAMS, "team,body\na,local\n", 1, "people\n    is missing from"),
    teams("team-body", "legal,central", "legal,centrl", 4, "did you mean central?"),
    teams("team-neighbourhood", "20,south", "20,suoth", 4, "did you mean south?"),
    teams("team-elsewhere", "20,south", "20,hall", 4, "belongs to another body than the team"),
    teams("team-homeless", "20,south", "20,", 4, "is required: central has several"),
    teams("team-group", "shift", "shifts", 4, "did you mean shift?"),
    teams("team-day", "45,,Mon", "45,,Monday", 5, "did you mean Mon?"),
    teams("team-days-by-comma", ",Mon,", ',"Mon,Tue",', 5, "set apart by spaces"),
    teams("team-twice", "30,north,Tue Thu,", "30,north,Tue Thu,carers", 3, "a second time"),
    teams("team-moves", "10,north", "10,south", 3, "differs from what the team audit says above"),
    teams("team-changes-days", "Thu Tue", "Thu", 3, "says above, Tue Thu"),
    teams("team-too-large", "field,local,45", "field,local,51", 5, "local to 51 people"),
    teams("teams-too-large", "legal,central,20", "legal,central,61", 4, "its headcount is 100"),
    teams("team-like-its-body", "field,", "local,", 5, "whose other 5 people form a team"),
]
