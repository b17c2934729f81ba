"""Inputs that are wrong, each in one way, and what the program must say about them.

``CASES`` holds ``(id, files, overrides, expected_file, expected_line, phrase)``. The first file is
the scenario. ``#!`` marks the line of a TOML file that the fault must name; lines of tables are
given as numbers. The phrase must occur in the fault as it is printed.
"""

from __future__ import annotations

BASE = """\
[scenario]
name = "test"
area_basis = "usable"

[run]
draws = 1000

[[body]]
name = "central"
headcount = 100
workstations = 100
area_m2 = 1200

[[body]]
name = "local"
headcount = 50
workstations = 50
area_m2 = 600

[attendance]
weekday = [1, 1, 1, 1, 0.5]
absence = { beta = { mean = 0.12, sd = 0.02 } }
shared = { common = 0.3, week = 0.2 }

[readiness.literacy]
today = { survey = { share = 0.6, n = 900 } }

[area]
workstation_m2 = 12
office = { chief = 20 }

[cost.running]
rent = { uniform = [10, 20] }
heat = { uniform = [1, 2] }

[policy.half]
eligible = 0.5
modes = { remote = 1.0 }

[policy.shared]
extends = "half"
workstations = { per_person = 0.6 }
"""

MONEY = """\
[appraisal]
base_year = 2025
years = 5
discount_rate = 0.05
vacated = [0.5, 1]

[appraisal.line.rent]
per = "m2"
running = "rent"
avoidable_share = 0.5

[appraisal.line.kit]
per = "person"
of = "away"
year = 0
life = 3
amount = { uniform = [5, 6] }
"""

ORDER = f"""\
{MONEY}
[reversal]
probability = {{ uniform = [0.1, 0.4] }}
year = 2
notice_weeks = 8
share = 0.8

[reversal.gate]
years = 1

[reversal.exit.end]
share = 0.6
weeks = 30
cost_per_m2 = 100

[reversal.exit.sell]
share = 0.4
weeks = 60
cost_per_m2 = 200
"""

NO_BODIES = BASE[: BASE.index("[[body]]")] + BASE[BASE.index("[attendance]") :]
WITH_TABLE = 'bodies = "bodies.csv" #!\n' + NO_BODIES
BODIES = """\
name,tier,headcount,workstations,area_m2
central,ministries,100,100,1200.5
local,akimats,50,50,600
"""
FUNCTIONS = """\
name,kind,service,feasibility,share,staff
letters,main,no,full,,40
inspection,main,no,partial,0.5,40
secrets,auxiliary,no,none,,20
"""

Files = dict[str, str | bytes]
Case = tuple[str, Files, tuple[str, ...], str, int | None, str]


def changed(*pairs: tuple[str, str]) -> str:
    """Return the base scenario with texts replaced, once each."""
    text = BASE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def marked_line(text: str) -> int | None:
    marked = [number for number, line in enumerate(text.split("\n"), 1) if "#!" in line]
    return marked[0] if marked else None


def toml(name: str, old: str, new: str, phrase: str) -> Case:
    """Return the case of one text replaced in the base scenario."""
    text = changed((old, new))
    return name, {"scenario.toml": text}, (), "scenario.toml", marked_line(text), phrase


def more(name: str, added: str, phrase: str) -> Case:
    """Return the case of a text added to the base scenario."""
    text = f"{BASE}\n{added}\n"
    return name, {"scenario.toml": text}, (), "scenario.toml", marked_line(text), phrase


def money(name: str, old: str, new: str, phrase: str) -> Case:
    """Return the case of one text replaced in the appraisal laid under the base scenario."""
    assert old in MONEY, old
    return more(name, MONEY.replace(old, new, 1), phrase)


def ordered(name: str, old: str, new: str, phrase: str) -> Case:
    """Return the case of one text replaced in the order laid under the base scenario."""
    assert old in ORDER, old
    return more(name, ORDER.replace(old, new, 1), phrase)


def set_(name: str, option: str, phrase: str) -> Case:
    """Return the case of a wrong ``--set`` option on the base scenario."""
    return name, {"scenario.toml": BASE}, (option,), f"--set {option}", None, phrase


def whole(name: str, text: str | bytes, line: int | None, phrase: str) -> Case:
    """Return the case of a scenario that is wrong as a whole."""
    return name, {"scenario.toml": text}, (), "scenario.toml", line, phrase


def bodies(name: str, table: str | bytes, line: int | None, phrase: str) -> Case:
    """Return the case of a wrong table of bodies."""
    return name, {"scenario.toml": WITH_TABLE, "bodies.csv": table}, (), "bodies.csv", line, phrase


def unreadable(name: str, table: bytes, phrase: str) -> Case:
    """Return the case of a table of bodies that is no text."""
    files: Files = {"scenario.toml": WITH_TABLE, "bodies.csv": table}
    return name, files, (), "scenario.toml", 1, phrase


def functions(name: str, table: str | bytes, line: int | None, phrase: str) -> Case:
    """Return the case of a wrong table of functions."""
    text = changed(("area_m2 = 1200", 'area_m2 = 1200\naudit = "functions.csv"'))
    files: Files = {"scenario.toml": text, "functions.csv": table}
    return name, files, (), "functions.csv", line, phrase


def audited(name: str, table: str, phrase: str) -> Case:
    """Return the case of a table of functions that does not fit its body."""
    text = changed(("area_m2 = 1200", 'area_m2 = 1200\naudit = "functions.csv" #!'))
    files: Files = {"scenario.toml": text, "functions.csv": table}
    return name, files, (), "scenario.toml", marked_line(text), phrase


def with_table(name: str, header: str, phrase: str, **files: str) -> Case:
    """Return the case of a top-level line that names a table wrongly."""
    text = f"{header}\n{NO_BODIES}"
    return name, {"scenario.toml": text, **files}, (), "scenario.toml", marked_line(text), phrase


POST = """\
area_m2 = 1200
audit = "kazakhstan-2023"
[[body.posts]]
name = "clerk"
staff = 100
time = """

CASES: list[Case] = [
    # the file as a whole
    whole("empty-file", "", 1, "scenario\n    is required and missing"),
    whole(
        "not-utf-8", BASE.encode().replace(b"central", b"\xf6entral"), 9, "save the file as UTF-8"
    ),
    whole("utf-16", BASE.encode("utf-16"), 1, "save the file as UTF-8"),
    whole("nested-too-deeply", "x = " + "[" * 5000, None, "is nested too deeply"),
    whole("huge-number", f"x = {'9' * 5000}", None, "too many digits"),
    # TOML that does not parse
    toml("decimal-comma", "eligible = 0.5", "eligible = 0,5 #!", "a number has a decimal point"),
    toml("percent-sign", "eligible = 0.5", "eligible = 50 % #!", "0.8, not 80 %"),
    toml("thousands-by-space", "draws = 1000", "draws = 1 000 #!", "1_055, not 1 055"),
    toml("no-quotes", 'name = "central"', "name = central #!", "text stands in quotes"),
    toml("curly-quotes", 'name = "central"', "name = “central” #!", "straight quotes"),
    toml("open-quote", 'name = "central"', 'name = "central #!', "close the quotes"),
    toml("no-value", "draws = 1000", "draws = #!", "a value is missing"),
    toml("key-twice", "draws = 1000", "draws = 1000\ndraws = 2000 #!", "is there twice: keep one"),
    toml("table-twice", "[cost.running]", "[area] #!\n[cost.running]", "is there twice: keep one"),
    toml("capital-true", "draws = 1000", "draws = True #!", "true or false in small letters"),
    toml("cyrillic-key", "draws = 1000", "прогоны = 1000 #!", "stands in quotes"),
    # keys
    toml("misspelt-key", "headcount = 100", "hedcount = 100 #!", "did you mean headcount?"),
    toml(
        "missing-key",
        '[[body]]\nname = "local"\nheadcount = 50',
        '[[body]] #!\nname = "local"',
        "body.local.headcount\n    is required and missing",
    ),
    toml("misspelt-section", "[attendance]", "[attendnce] #!", "did you mean attendance?"),
    toml("unknown-key", "draws = 1000", "draws = 1000\nzzz = 1 #!", "known keys: draws, seed"),
    toml("misspelt-kind", "{ uniform = [1, 2] }", "{ uniforn = [1, 2] } #!", "mean uniform?"),
    more("misspelt-gate-key", "[readiness.other]\ntody = 1 #!", "did you mean today?"),
    more(
        "misspelt-dependence", '[readiness]\ndependance = "nested" #!', "did you mean dependence?"
    ),
    # wrong types
    toml("text-for-number", "headcount = 100", 'headcount = "100" #!', "write 100 without quotes"),
    toml("comma-in-text", "eligible = 0.5", 'eligible = "0,5" #!', "write 0.5 without quotes"),
    toml("percent-in-text", "eligible = 0.5", 'eligible = "50 %" #!', "write 0.5 without quotes"),
    toml("boolean-for-number", "headcount = 100", "headcount = true #!", "must be a number, or"),
    toml(
        "fraction-of-a-person", "headcount = 100", "headcount = 99.5 #!", "must be a whole number"
    ),
    toml("number-for-text", 'name = "central"', "name = 7 #!", "must be text in quotes"),
    toml("text-for-table", "shared = {", 'shared = "none" #! {', "must be a table"),
    toml(
        "list-for-number", "workstation_m2 = 12", "workstation_m2 = [12] #!", "must be a number, or"
    ),
    toml("date-for-number", "draws = 1000", "draws = 2024-01-01 #!", "must be a whole number"),
    toml("wrong-word", "draws = 1000", 'design = "sobel" #!', "did you mean sobol?"),
    toml("wrong-eligible", "eligible = 0.5", 'eligible = "audits" #!', "did you mean audit?"),
    toml("number-for-list", "[scenario]", "correlation = 1 #!\n[scenario]", "a list in brackets"),
    # figures out of bounds
    toml("negative-area", "area_m2 = 1200", "area_m2 = -1200 #!", "must be at least 0"),
    toml("negative-norm", "workstation_m2 = 12", "workstation_m2 = -12 #!", "must be at least 0"),
    toml("negative-cost", "uniform = [1, 2] }", "uniform = [-1, 2] } #!", "reaches from -1 to 2"),
    toml("share-over-one", "eligible = 0.5", "eligible = 1.5 #!", "must be from 0 to 1"),
    toml("percent-for-share", "eligible = 0.5", "eligible = 50 #!", "0.5 for 50 %"),
    toml("not-a-number", "area_m2 = 1200", "area_m2 = nan #!", "inf and nan are not allowed"),
    toml(
        "infinite", "workstation_m2 = 12", "workstation_m2 = inf #!", "inf and nan are not allowed"
    ),
    toml(
        "absurd-draws",
        "draws = 1000",
        "draws = 1_000_000_000_000 #!",
        "must be at most 1_000_000_000",
    ),
    toml("no-draws", "draws = 1000", "draws = 0 #!", "must be at least 1"),
    toml(
        "absurd-headcount",
        "headcount = 100",
        "headcount = 100_000_000 #!",
        "must be at most 10_000_000",
    ),
    toml("absurd-area", "area_m2 = 1200", "area_m2 = 1e12 #!", "must be at most 1_000_000_000"),
    toml(
        "hex-monster",
        "headcount = 100",
        f"headcount = 0x{'f' * 5000} #!",
        "must be at most 10_000_000",
    ),
    toml(
        "absurd-cost",
        "uniform = [10, 20] }",
        "uniform = [10, 1e300] } #!",
        "must be at most 1_000_000_000_000_000",
    ),
    toml("descending", "uniform = [10, 20] }", "uniform = [20, 10] } #!", "must ascend"),
    toml("commas-in-list", "uniform = [1, 2] }", "uniform = [0,1, 0,2] } #!", "0.8, not 0,8"),
    toml("one-limit", "uniform = [1, 2] }", "uniform = [1] } #!", "has too few entries"),
    toml(
        "two-kinds",
        "uniform = [1, 2] }",
        "uniform = [1, 2], value = 1 } #!",
        "needs exactly one of",
    ),
    toml("no-kind", "{ uniform = [1, 2] }", '{ source = "S1" } #!', "found none"),
    toml("impossible-beta", "sd = 0.02 } }", "sd = 0.9 } } #!", "beta needs 0 < mean < 1"),
    toml("four-weekdays", "[1, 1, 1, 1, 0.5]", "[1, 1, 1, 1] #!", "at least 5 entries"),
    toml("no-weekday", "[1, 1, 1, 1, 0.5]", "[0, 0, 0, 0, 0] #!", "at least one weekday"),
    toml("shock-over-one", "0.3, week = 0.2 }", "0.9, week = 0.2 } #!", "must not exceed 1"),
    toml(
        "empty-normal",
        "{ uniform = [1, 2] }",
        "{ normal = { mean = 0, sd = 1, min = 50 } } #!",
        "leave nothing of the distribution",
    ),
    toml("no-entries", "{ uniform = [1, 2] }", "{ empirical = [] } #!", "at least 1 entries"),
    toml(
        "currency",
        'area_basis = "usable"',
        'area_basis = "usable"\ncurrency = "tenge" #!',
        "as in KZT",
    ),
    # names
    toml(
        "name-with-space", 'name = "local"', 'name = "the local" #!', "must not be empty or contain"
    ),
    toml("name-like-a-kind", 'name = "local"', 'name = "value" #!', "word that an input uses"),
    toml("body-called-total", 'name = "local"', 'name = "total" #!', "must not be total"),
    toml(
        "tier-called-total",
        'name = "local"',
        'name = "local"\ntier = "total" #!',
        "must not be total",
    ),
    toml("body-twice", 'name = "local"', 'name = "central" #!', "is the name of two bodies"),
    toml(
        "tier-like-a-body",
        'area_m2 = 1200\n\n[[body]]\nname = "local"',
        'area_m2 = 1200\ntier = "local"\n\n[[body]]\nname = "local" #!',
        "is also the name of a tier",
    ),
    more("gate-with-space", '[readiness."two words"] #!\ntoday = 1', "as a name"),
    # facts and audits
    toml("unknown-fact", "12\n", '{ fact = "norm.uk-targt" } #!\n', "did you mean norm.uk-target?"),
    toml("unknown-weekday", "[1, 1, 1, 1, 0.5]", '{ fact = "weekday.moon" } #!', "shipped figure"),
    toml("fact-and-value", "12\n", '{ fact = "norm.uk-target", value = 1 } #!\n', "value and fact"),
    toml("unknown-audit", "area_m2 = 600", 'area_m2 = 600\naudit = "kazakhstan-2022" #!', "2023?"),
    toml("missing-audit", "area_m2 = 600", 'area_m2 = 600\naudit = "f.csv" #!', "no such file"),
    # totals
    toml("nobody", "headcount = 100", "headcount = 0 #!", "must be at least 1"),
    toml("fixed-over-area", "area_m2 = 600", "area_m2 = 600\nfixed_m2 = 700 #!", "must not exceed"),
    toml(
        "blocks-do-not-add-up",
        "area_m2 = 1200",
        'area_m2 = 1200\nblocks = [{ name = "A", staff = 60, eligible = 0.5 }] #!',
        "60 staff together",
    ),
    toml(
        "block-twice",
        "area_m2 = 1200",
        'area_m2 = 1200\nblocks = [ #!\n{ name = "A", staff = 60, eligible = 0.5 },\n'
        '{ name = "A", staff = 40, eligible = 0.5 }]',
        "have the name A 2 times",
    ),
    toml(
        "time-does-not-add-up",
        "area_m2 = 1200",
        POST + '{ "media policy" = 0.9 } #!',
        "adds up to 0.9",
    ),
    toml(
        "unknown-function",
        "area_m2 = 1200",
        POST + '{ "media policies" = 1.0 } #!',
        "did you mean media policy?",
    ),
    toml(
        "posts-do-not-add-up",
        "area_m2 = 1200",
        POST.replace("staff = 100", "staff = 90").replace("posts]]", "posts]] #!")
        + '{ "media policy" = 1.0 }',
        "90 staff together",
    ),
    toml(
        "posts-without-audit",
        "area_m2 = 1200",
        'area_m2 = 1200\n[[body.posts]] #!\nname = "x"\nstaff = 100\ntime = { a = 1 }',
        "need the body's audit",
    ),
    toml("no-office-norm", "area_m2 = 600", "area_m2 = 600\noffices = { chef = 1 } #!", "chief?"),
    toml("mixed-bases", "area_m2 = 600", 'area_m2 = 600\narea_basis = "gross" #!', "differs from"),
    toml("mixed-norm", "12\n", '{ value = 12, area_basis = "gross" } #!\n', "differs from"),
    toml(
        "ten-million",
        "[[body]]\n",
        '[[body]] #!\nname = "huge"\nheadcount = 10_000_000\n'
        "workstations = 1\narea_m2 = 1\n[[body]]\n",
        "more than 10_000_000 people",
    ),
    # policies
    toml("unknown-extends", '"half"', '"haf" #!', "did you mean half?"),
    toml("extends-itself", '"half"', '"shared" #!', "shared → shared"),
    toml(
        "circle", "eligible = 0.5", 'eligible = 0.5\nextends = "shared" #!', "half → shared → half"
    ),
    more("no-eligible", "[policy.bare] #!", "policy.bare.eligible\n    is required"),
    toml("no-audit", "eligible = 0.5", 'eligible = "audit" #!', "none for central, local"),
    toml("no-blocks", "eligible = 0.5", 'eligible = "blocks" #!', "needs blocks for every body"),
    toml(
        "no-gates",
        BASE[BASE.index("[readiness") : BASE.index("modes = {")],
        BASE[BASE.index("[area]") : BASE.index("modes = {")] + 'readiness = "today" #!\n',
        "needs gates to pass",
    ),
    toml(
        "modes-over-one",
        "remote = 1.0 }",
        "remote = 1.0, combined = 0.1 } #!\ndays_on_site = 2",
        "up to 1.1",
    ),
    toml("onsite-left-over", "remote = 1.0 }", "remote = 0.5, onsite = 0.4 } #!", "exactly 1"),
    toml("no-days", "remote = 1.0 }", "combined = 1.0 } #!", "must say days_on_site"),
    toml("six-days", "eligible = 0.5", "eligible = 0.5\ndays_on_site = 6 #!", "from 0 to 5"),
    toml("body-left-out", "0.6 }", "{ central = 0.6 } } #!", "says nothing for local"),
    toml(
        "body-unknown",
        "0.6 }",
        "{ central = 1, local = 1, loccal = 1 } } #!",
        "did you mean local?",
    ),
    toml("kind-as-body", "0.6 }", "{ uniforn = [0.5, 0.6] } } #!", "did you mean uniform?"),
    toml("two-rules", "0.6 }", "0.6, fixed = 3 } #!", "exactly one of per_person, service"),
    toml("no-level", "{ per_person = 0.6 }", "{ service = {} } #!", "exactly one of per_day"),
    toml("wrong-rule", "{ per_person = 0.6 }", '"curreant" #!', "did you mean current?"),
    more(
        "all-dedicated", "[policy.d]\nextends = 'half'\ndedicated = { a = 0.6, b = 0.6 } #!", "1.2"
    ),
    more("no-building", "[policy.d]\nextends = 'half'\npool = 'building' #!", "needs a building"),
    # correlation
    more(
        "correlation-of-unknown",
        '[[correlation]]\ninputs = ["cost.running.rents", "cost.running.heat"] #!\nrank = 0.5',
        "perhaps cost.running.rent",
    ),
    more(
        "correlation-of-constant",
        '[[correlation]]\ninputs = ["area.workstation_m2", "cost.running.heat"] #!\nrank = 0.5',
        "is a plain number",
    ),
    more(
        "correlation-with-itself",
        '[[correlation]]\ninputs = ["cost.running.heat", "cost.running.heat"] #!\nrank = 0.5',
        "is there twice",
    ),
    more(
        "correlation-twice",
        '[[correlation]]\ninputs = ["cost.running.rent", "cost.running.heat"]\nrank = 0.5\n'
        '[[correlation]]\ninputs = ["cost.running.heat", "cost.running.rent"]\nrank = 0.6 #!',
        "have the rank 0.5 already",
    ),
    more(
        "correlation-impossible",
        "[[correlation]] #!\nrank = -0.8\n"
        'inputs = ["cost.running.rent", "cost.running.heat", "attendance.absence"]',
        "no inputs can have these",
    ),
    toml(
        "correlation-per-body",
        "heat = { uniform = [1, 2] }",
        'heat = { uniform = [1, 2], per = "body" }\n[[correlation]]\nrank = 0.1\n'
        'inputs = ["cost.running.rent", "cost.running.heat"] #!',
        "has a value for each body",
    ),
    # --set
    set_("set-without-value", "run.draws", "an equals sign and a value"),
    set_("set-without-key", "=5", "must be a dotted key"),
    set_("set-unknown-key", "run.drows=5", "did you mean draws?"),
    set_("set-unknown-body", "body.centrl.headcount=5", "did you mean central?"),
    set_("set-unknown-policy", "policy.haf.eligible=0.5", "did you mean half?"),
    set_("set-decimal-comma", "policy.half.eligible=0,5", "write 0.5 without quotes"),
    set_("set-bare-word", "run.draws=many", "must be a whole number"),
    set_("set-body-whole", "body.central=5", "stops short of a key"),
    set_("set-out-of-bounds", "body.central.headcount=-5", "must be at least 0"),
    set_("set-circle", "policy.half.extends=shared", "runs in a circle"),
    set_("set-beside-bodies", "bodies=bodies.csv", "not both"),
    # the table of bodies
    with_table("no-bodies", "#!", "a scenario needs bodies"),
    with_table("missing-table", 'bodies = "bodies.csv" #!', "there is no such file"),
    with_table("table-is-a-folder", 'bodies = "." #!', "is a folder"),
    with_table("table-outside", 'bodies = "../bodies.csv" #!', "outside the scenario's folder"),
    with_table("table-absolute", 'bodies = "/etc/passwd" #!', "outside the scenario's folder"),
    with_table("table-nul", 'bodies = "a\\u0000.csv" #!', "is not the name of a file"),
    with_table("table-number", "bodies = 5 #!", "must be the name of a CSV table"),
    whole("table-and-bodies", f'bodies = "bodies.csv"\n{BASE}', 1, "not both"),
    bodies("table-empty", "", 1, "is empty"),
    bodies("table-without-rows", BODIES.split("\n")[0], 1, "has no rows"),
    unreadable("table-utf-16", BODIES.encode("utf-16"), "UTF-16 or no text"),
    unreadable(
        "table-damaged", "имя".encode() + b"\xff\n" + BODIES.encode(), "read as Windows-1251"
    ),
    unreadable("table-cp866", BODIES.replace("local", "Акимат").encode("cp866"), "Windows-1251"),
    bodies(
        "column-misspelt", BODIES.replace("headcount", "headcout"), 1, "did you mean headcount?"
    ),
    bodies(
        "column-missing",
        "name,headcount,workstations\na,1,1\n",
        1,
        "area_m2\n    is missing from the header",
    ),
    bodies("column-twice", BODIES.replace("tier", "name"), 1, "is there twice in the header"),
    bodies("column-unknown", BODIES.replace("tier", "zzz"), 1, "known columns: name"),
    bodies("office-without-rank", BODIES.replace("tier", "office:"), 1, "is not a column"),
    bodies("one-column", "name\ncentral\n", 1, "no separator splits"),
    bodies("two-separators", "name;headcount,tier\n", 1, "several separators fit"),
    bodies("row-short", BODIES + "third,x,5\n", 4, "has 3 cells under 5 columns"),
    bodies("row-long", BODIES + "third,x,5,5,60,7\n", 4, "has 6 cells under 5 columns"),
    bodies(
        "cell-empty", BODIES + "third,x,,5,60\n", 4, "third.headcount\n    is required and missing"
    ),
    bodies("cell-text", BODIES + "third,x,many,5,60\n", 4, "headcount = many\n    is not a number"),
    bodies("cell-nan", BODIES + "third,x,5,5,nan\n", 4, "is not a number"),
    bodies("cell-huge", BODIES + "third,x,5,5,1e999\n", 4, "must be a finite number"),
    bodies("cell-fraction", BODIES + "third,x,5.5,5,60\n", 4, "must be a whole number"),
    bodies("cell-negative", BODIES + "third,x,5,5,-60\n", 4, "area_m2 = -60"),
    bodies("cell-zero", BODIES + "third,x,0,5,60\n", 4, "leave out a body without people"),
    bodies("name-twice", BODIES + "central,x,5,5,60\n", 4, "is the name of two bodies"),
    bodies("open-quote-in-table", BODIES + '"third,x,5,5,60\n', 4, "cannot be read as CSV"),
    bodies(
        "line-after-line-break", BODIES + 'third,"x\ny",5,5,60\nf,x,a,5,60\n', 6, "not a number"
    ),
    bodies(
        "thousands-or-decimals",
        "name;headcount;workstations;area_m2\ncentral;100;100;1,234\n",
        2,
        "may mean thousands or decimals",
    ),
    bodies(
        "two-decimal-signs",
        "name;headcount;workstations;area_m2\ncentral;100;100;1234,5\nlocal;5;5;60.5\n",
        3,
        "another decimal sign",
    ),
    bodies(
        "truth",
        "name,headcount,workstations,area_m2,confirmed\ncentral,1,1,1,maybe\n",
        2,
        "must be one of true, yes",
    ),
    # money through the years
    money("horizon-zero", "years = 5", "years = 0 #!", "must be at least 1"),
    money("horizon-long", "years = 5", "years = 126 #!", "must be at most 125"),
    money("rate-all-lost", "rate = 0.05", "rate = -1 #!", "must be above -1; this is -1"),
    money("rate-below-all", "rate = 0.05", "rate = { uniform = [-1.5, 0] } #!", "from -1.5 to 0"),
    money(
        "steps-out-of-order",
        "rate = 0.05",
        "rate = [{ from_year = 4, rate = 0.03 }, { from_year = 0, rate = 0.05 }] #!",
        "must be in order of from_year",
    ),
    money(
        "steps-begin-late",
        "rate = 0.05",
        "rate = [{ from_year = 4, rate = 0.03 }] #!",
        "must hold from year 0 or 1",
    ),
    money("rate-of-a-body", "rate = 0.05", 'rate = { value = 0.05, per = "body" } #!', "same for"),
    money("vacated-back", "[0.5, 1]", "[0.5, 0.4] #!", "what is vacated stays vacated"),
    money("vacated-long", "[0.5, 1]", "[0, 0, 0, 0, 0.5, 1] #!", "more years than the horizon"),
    money("life-negative", "life = 3", "life = -3 #!", "must be at least 1"),
    money(
        "life-unbought",
        '[appraisal.line.kit]\nper = "person"\nof = "away"\nyear = 0',
        '[appraisal.line.kit] #!\nper = "person"\nof = "away"',
        "of what is bought in a year: say year",
    ),
    money("year-late", "year = 0", "year = 6 #!", "is after the horizon of 5 years"),
    money("price-late", "life = 3", "base_year = 2031 #!", "horizon, which ends with 2030"),
    money("escalation", "life = 3", "escalation = -2 #!", "must be above -1"),
    money("running-unknown", 'running = "rent"', 'running = "rnet" #!', "did you mean rent?"),
    money(
        "amount-and-running",
        '[appraisal.line.kit]\nper = "person"',
        '[appraisal.line.kit] #!\nrunning = "rent"\nper = "person"',
        "needs either amount or running",
    ),
    money(
        "no-avoidable",
        '[appraisal.line.rent]\nper = "m2"\nrunning = "rent"\navoidable_share = 0.5\n',
        '[appraisal.line.rent] #!\nper = "m2"\nrunning = "rent"\n',
        "must say avoidable_share",
    ),
    money(
        "of-nobody",
        '[appraisal.line.kit]\nper = "person"\nof = "away"',
        '[appraisal.line.kit] #!\nper = "person"\nof = "vacated"',
        "of must be one of all, onsite",
    ),
    money(
        "vacant-late", "years = 5", "years = 5\nvacant_filled = [0, 0, 0, 0, 0, 1] #!", "more years"
    ),
    money("vacant-falls", "years = 5", "years = 5\nvacant_filled = [0.5, 0.4] #!", "must not fall"),
    money("minimum", "years = 5", 'years = 5\ndo_minimum = "haf" #!', "did you mean half?"),
    money("policies", "life = 3", 'policies = ["haf"] #!', "did you mean half?"),
    money("policies-none", "life = 3", "policies = [] #!", "at least 1"),
    money(
        "handed-back-unsaid",
        "avoidable_share = 0.5",
        "avoidable_share = { floor = 0.5 } #!",
        "which [appraisal] does not say",
    ),
    more(
        "handed-back-other",
        MONEY.replace("years = 5", 'years = 5\nhanded_back = "building"').replace(
            "avoidable_share = 0.5", "avoidable_share = { floor = 0.5 } #!"
        ),
        "has none for building",
    ),
    money(
        "handed-back", "years = 5", 'years = 5\nhanded_back = "wing" #!', "'floor' or 'building'"
    ),
    money("no-unit", "avoidable_share = 0.5", "avoidable_share = { floors = 1 } #!", "floors"),
    money("currency-rate", "life = 3", 'currency = "EUR" #!', "currency, XXX, and has no rate"),
    more(
        "no-lines", "[appraisal] #!\nbase_year = 2025\nyears = 5\ndiscount_rate = 0", "is required"
    ),
    # an order to come back, and co-benefits
    ordered(
        "order-shares",
        "[reversal.exit.end]\nshare = 0.6",
        "[reversal.exit.end] #!\nshare = 0.5",
        "add up to 0.9, not to 1",
    ),
    ordered("order-way-out", "[reversal.exit.sell]", "[reversal.exit.demolish] #!", "sublet"),
    ordered(
        "order-body", "share = 0.8", 'share = { value = 0.8, per = "body" } #!', "same for all"
    ),
    ordered("order-sure", "{ uniform = [0.1, 0.4] }", "1.4 #!", "from 0 to 1"),
    ordered("order-past", "year = 2", "year = 0 #!", "at least 1"),
    ordered("order-weeks", "weeks = 30", "weeks = -30 #!", "at least 0"),
    ordered("order-gate-late", "years = 1", "years = 5 #!", "leaves nothing of the horizon"),
    ordered("order-stage", "years = 1", "first_stage = 1.0 #!", "below 1"),
    more(
        "order-alone",
        ORDER[len(MONEY) :].replace("[reversal]", "[reversal] #!", 1),
        "needs [appraisal]",
    ),
    more("gains-days", "[co_benefits]\nworking_days = 400 #!", "from 0 to 366"),
    more("gains-unknown", "[co_benefits]\nworking_days = 240\nkm = 5 #!", "commute_km"),
    # tables of functions
    functions("feasibility", FUNCTIONS.replace("none", "never"), 4, "full, partial, none"),
    functions("feasibility-empty", FUNCTIONS + "x,main,no,,,\n", 5, "feasibility\n    is required"),
    functions("share-missing", FUNCTIONS.replace("0.5", ""), 3, "between 0 and 1 where"),
    functions("share-percent", FUNCTIONS.replace("0.5", "50%"), 3, "write a share"),
    functions("share-disagrees", FUNCTIONS.replace("none,,", "none,0.5,"), 4, "must be 0 or empty"),
    functions("function-twice", FUNCTIONS.replace("secrets", "letters"), 4, "is there twice"),
    functions("negative-staff", FUNCTIONS.replace(",20", ",-20"), 4, "must be at least 0"),
    functions("no-functions", FUNCTIONS.split("\n")[0], 1, "has no rows"),
    audited("staff-in-part", FUNCTIONS.replace(",20", ","), "staff for 2 of 3 functions"),
    audited("staff-total", FUNCTIONS.replace(",20", ",30"), "gives 110 staff"),
    audited("only-services", FUNCTIONS.replace(",no,", ",yes,"), "only public services"),
]
