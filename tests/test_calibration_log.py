"""Logs as readers and spreadsheets write them, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from sim.analysis.calibration.badgelog import BOOKED, PRESENT, BadgeLog, read_log
from sim.analysis.calibration.columns import head_of
from sim.analysis.calibration.estimates import estimate
from sim.analysis.calibration.presence import _unusual, tabulate
from sim.analysis.calibration.synthetic import Truth
from sim.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MONDAY = dt.date(2024, 3, 4)
TODAY = dt.date(2026, 1, 1)


def read(folder: Path, text: str | bytes, **options) -> BadgeLog:
    path = folder / "log.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_log(path, today=TODAY, **options)


def weeks_of(count: int, people: int = 40, skip: tuple[str, ...] = ()) -> str:
    """Return a log in which half of the people come on a day, each for themselves."""
    random = np.random.default_rng(7)
    lines = ["person,date,site,team"]
    for day in range(7 * count):
        date = MONDAY + dt.timedelta(days=day)
        if date.weekday() < 5 and date.isoformat() not in skip:
            lines += [
                f"P{who},{date},main,T{who % 4}" for who in range(people) if random.random() < 0.5
            ]
    return "\n".join(lines) + "\n"


def test_rows_of_one_person_day_count_once(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        "person,time,kind\nA,2024-03-04 08:57,in\nA,2024-03-04 12:01,out\nA,2024-03-04 12:40,in\n"
        "B,2024-03-04T09:00:30,in\nA,2024-03-05 09:00,booking\n",
    )
    assert log.rows == 5
    assert log.person.size == 3
    assert sorted(log.kind) == [PRESENT, PRESENT, BOOKED]
    assert set(np.unique(log.day).astype("M8[D]").astype(str)) == {"2024-03-04", "2024-03-05"}


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("person,date\nA,2024-03-04\n", "UTF-8, comma, dates as YYYY-MM-DD"),
        ("person;date\r\nA;04.03.2024\r\n", "UTF-8, semicolon, dates as DD.MM.YYYY"),
        ("\ufeffperson\tdate\nA\t04.03.2024\n", "UTF-8, tab, dates as DD.MM.YYYY"),
        ("person;date;site\nA;04.03.2024;Алматы\n".encode("cp1251"), "Windows-1251, semicolon"),
        ('person,date\n"A, the first",2024-03-04\n', "UTF-8, comma"),
        ("\n\nPerson,Date\nA,2024-03-04\n\n", "UTF-8, comma"),
    ],
)
def test_dialects_are_told(tmp_path: Path, text: str | bytes, note: str) -> None:
    log = read(tmp_path, text)
    assert note in log.notes[0]
    assert log.rows == 1
    assert np.datetime64(int(log.day[0]), "D") == np.datetime64("2024-03-04")


def test_sites_of_another_alphabet_are_read(tmp_path: Path) -> None:
    log = read(tmp_path, "person;date;site\nA;04.03.2024;Алматы\n".encode("cp1251"))
    assert log.sites == ("Алматы",)


def test_times_are_moved_to_the_site(tmp_path: Path) -> None:
    text = "person,time\nA,2024-03-03T20:30:00Z\nB,2024-03-04T03:00:00Z\n"
    log = read(tmp_path, text, timezone="Asia/Almaty")
    assert set(log.day.astype("M8[D]").astype(str)) == {"2024-03-04"}
    assert "Asia/Almaty" in log.notes[0]
    offset = read(tmp_path, "person,time\nA,2024-03-03T23:30:00+05:00\n")
    assert np.datetime64(int(offset.day[0]), "D") == np.datetime64("2024-03-03")
    moved = read(tmp_path, "person,time\nA,04.03.2024 00:30+06:00\n", timezone="Europe/London")
    assert np.datetime64(int(moved.day[0]), "D") == np.datetime64("2024-03-03")


BAD = [
    ("no header", "A,2024-03-04\nB,2024-03-04\n", 1, "has no header"),
    ("empty", "", 1, "is empty"),
    ("no rows", "person,date\n", 1, "has no rows"),
    ("no date", "person,site\nA,x\n", 1, "no column says when"),
    ("no person", "date,site\n2024-03-04,x\n", 1, "no column says who"),
    ("both", "person,date,time\nA,2024-03-04,2024-03-04 09:00\n", 1, "stands beside time"),
    ("twice", "person,date,date\nA,2024-03-04,2024-03-04\n", 1, "twice in the header"),
    ("mixed", "person,date\nA,2024-03-04\nB,05.03.2024\n", 3, "otherwise than the rows above"),
    ("american", "person,date\nA,03/04/2024\n", 2, "day or month first"),
    ("no such day", "person,date\nA,2024-03-04\nA,2024-02-31\n", 3, "no day of the calendar"),
    ("month 13", "person,date\nA,2024-13-04\n", 2, "no day of the calendar"),
    ("future", "person,date\nA,2024-03-04\nA,2031-03-04\n", 3, "a date in the future"),
    ("old", "person,date\nA,1999-03-04\n", 2, "is before 2000"),
    ("word", "person,date\nA,2024-03-04\nA,Monday\n", 3, "is no date"),
    ("hour", "person,time\nA,2024-03-04 25:10\n", 2, "no time of the day"),
    ("utc", "person,time\nA,2024-03-04T09:00Z\n", 2, "the local day is open"),
    ("zones", "person,time\nA,2024-03-04T09:00+05:00\nB,2024-03-04T09:00\n", 3, "has an offset"),
    ("kind", "person,date,kind\nA,2024-03-04,in\nA,2024-03-05,inn\n", 3, "did you mean in?"),
    ("count", "site,date,count\nx,2024-03-04,12\nx,2024-03-05,many\n", 3, "whole number"),
    ("utf-16", "person,date\n".encode("utf-16"), None, "UTF-16"),
]


@pytest.mark.parametrize("case", BAD, ids=[case[0] for case in BAD])
def test_bad_logs_are_refused_with_their_row(tmp_path: Path, case: tuple) -> None:
    _, text, line, phrase = case
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    (fault, *_) = caught.value.faults
    assert fault.line == line
    assert phrase in str(fault)


def test_a_fault_says_how_many_rows_have_it(tmp_path: Path) -> None:
    rows = "".join(f"A,2031-03-{day:02d}\n" for day in range(1, 10))
    with pytest.raises(InputError, match=r"log\.csv:3.*(?s:.)*8 more rows"):
        read(tmp_path, "person,date\nA,2024-03-04\n" + rows)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_log(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_log(tmp_path)


def test_columns_can_be_called_otherwise() -> None:
    head = head_of(
        ["Badge No;Event;E-mail;door"], "log.csv", {"person": "Badge No", "time": "Event"}
    )
    assert head.names == {"person": "Badge No", "time": "Event"}
    assert head.personal == ("E-mail",)
    assert head.unread == ("E-mail", "door")
    with pytest.raises(InputError, match="there is: Badge No"):
        head_of(["Badge No;time"], "log.csv", {"person": "Badge"})
    with pytest.raises(InputError, match="is no column of a log"):
        head_of(["person;time"], "log.csv", {"door": "time"})


def test_personal_data_is_warned_of_and_left_unread(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        "person,full name,date,door\na@b.kz,Jane Roe,2024-03-04,3\n,x,2024-03-04,3\nb@b.kz\n",
    )
    said = " ".join(log.warnings)
    assert "full name" in said
    assert "Columns not read: door." in said
    assert "e-mail addresses" in said
    assert "Rows that name nobody and were left out: 1, on line 3." in said
    assert "Rows that have no date and were left out: 1, on line 4." in said
    assert "Jane" not in repr(log)
    assert "a@b" not in repr(log)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("person,date\nA,2024-03-04\nB,2024-03-04\n", "rows 2 to 3 are all of one day"),
        ("person,date\nA,2024-03-09\nB,2024-03-10\n", "rows 2 to 3 are all Saturdays or Sundays"),
        (weeks_of(3), "has 3 complete and usual weeks of 3"),
    ],
)
def test_short_logs_are_refused(tmp_path: Path, text: str, phrase: str) -> None:
    with pytest.raises(InputError, match=phrase):
        tabulate(read(tmp_path, text))


def test_days_without_data_holidays_and_edges_are_left_out(tmp_path: Path) -> None:
    holiday, closed, first = "2024-03-21", "2024-04-10", "2024-03-04"
    log = read(tmp_path, weeks_of(14, skip=(holiday, closed, first)))
    presence = tabulate(log, "KZ")
    said = {str(presence.mondays[week]): why for week, why in presence.left_out.items()}
    assert "begins or ends" in said["2024-03-04"] or "public holiday" in said["2024-03-04"]
    assert "Nowruz" in said["2024-03-18"]
    assert "no data at all on Wed" in said["2024-04-08"]
    assert presence.usual.size == 14 - len(said)
    assert "2024-05-13" not in said


def test_a_week_of_strike_is_flagged_and_ordinary_weeks_are_not(tmp_path: Path) -> None:
    lines = weeks_of(26, people=120).splitlines()
    strike = {(dt.date(2024, 6, 3) + dt.timedelta(days=d)).isoformat() for d in range(3)}
    kept = [
        line for k, line in enumerate(lines) if not (k and line.split(",")[1] in strike and k % 8)
    ]
    presence = tabulate(read(tmp_path, "\n".join(kept)))
    said = {str(presence.mondays[week]): why for week, why in presence.left_out.items()}
    assert list(said) == ["2024-06-03"]
    assert "below" in said["2024-06-03"]


def test_weekends_are_left_out_and_told(tmp_path: Path) -> None:
    presence = tabulate(read(tmp_path, weeks_of(6) + "P1,2024-03-09,main,T1\n"))
    assert any("1 person-days on Saturdays" in note for note in presence.notes)
    assert presence.present.shape[1:] == (6, 5)


def test_who_joins_and_leaves_does_not_count_before_and_after(tmp_path: Path) -> None:
    lines = weeks_of(20).splitlines()
    late, early = "2024-05-06", "2024-04-29"
    kept = [
        line
        for k, line in enumerate(lines)
        if not k
        or not (
            (line.startswith("P3,") and line.split(",")[1] < late)
            or (line.startswith("P5,") and line.split(",")[1] > early)
        )
    ]
    presence = tabulate(read(tmp_path, "\n".join(kept)))
    whole = presence.member.all(axis=1)
    assert (~whole).sum() == 2
    assert sorted(presence.member[~whole].sum(axis=1)) == [8, 11] or (
        presence.member[~whole].sum() < 25
    )


def test_bookings_without_a_badge_are_no_shows(tmp_path: Path) -> None:
    base = [*weeks_of(8).splitlines()]
    rows = [line + "," for line in base[1:]]
    booked = [",".join(line.split(",")[:4]) + ",booking" for line in base[1:]]
    more = [
        f"P{who},{MONDAY + dt.timedelta(days=day)},main,T1,booking" for who, day in _absent(base)
    ]
    presence = tabulate(
        read(tmp_path, "\n".join(["person,date,site,team,kind", *rows, *booked, *more]))
    )
    assert presence.booked.sum() == len(booked) + len(more)
    assert presence.missed.sum() == len(more)
    found = estimate(presence, 1, times=50)
    assert found.no_show is not None
    assert found.no_show.value == pytest.approx(len(more) / (len(booked) + len(more)))


def _absent(lines: list[str]) -> list[tuple[int, int]]:
    there = {tuple(line.split(",")[:2]) for line in lines[1:]}
    return [
        (who, day)
        for day in range(56)
        if day % 7 < 5
        for who in range(0, 40, 5)
        if (f"P{who}", (MONDAY + dt.timedelta(days=day)).isoformat()) not in there
    ]


def test_sensors_count_and_know_nobody(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    lines = ["date,site,count"]
    for day in range(84):
        date = MONDAY + dt.timedelta(days=day)
        if date.weekday() < 5:
            peak = random.binomial(100, 0.5)
            lines += [f"{date},main,{peak - 20}", f"{date},main,{peak}"]
    presence = tabulate(read(tmp_path, "\n".join(lines)))
    found = estimate(presence, 1, headcount={"main": 100}, times=50)
    assert found.people == {"counted": 100}
    assert found.presence["counted"][0].value == pytest.approx(0.5, abs=0.05)
    assert found.clustering is not None
    assert found.clustering.clustering.value < 0.02
    assert not estimate(presence, 1, times=50).presence


@pytest.mark.jit
def test_usual_weeks_are_seldom_called_unusual() -> None:
    """1 % of logs are meant to have a week flagged; 300 clustered logs, false-alarm rate 1 %."""
    truth = Truth(people=(120,), clustering=0.08, common=0.0, week=0.3, weeks=26)
    counts = truth.counts(9, 300).sum(axis=(0, 1))
    members, usual = np.full(26, 120), np.ones(26, bool)
    flagged = sum(bool(_unusual(counts[..., k], members, usual)) for k in range(300))
    assert flagged <= stats.binom.ppf(0.99, 300, 0.01)
