"""Figures show the numbers of the run, in texts that do not collide, whatever a scenario says."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from functools import cache
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from handmade import FOLDER, JIT, RICH, planned, written
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.image import imread
from scipy import stats

from sim import job
from sim.analysis import weekdays
from sim.cli import cli
from sim.engine import simulate
from sim.people import draw_staff
from sim.report import figures, presencefigures, spacefigures, style, worthfigures
from sim.report.document import appraisal_entry, metric_entries
from sim.report.places import Results, all_places, top_place
from sim.report.words import number, percent
from sim.results.detail import DOTS, LEDGERS, Detail
from sim.risk import drawn_days
from sim.sampling import draw

DRAWS = 192 if JIT else 12
HOSTILE = "$5 or $x_{$ <script>alert(1)</script> Приказ № 7 " + "сократить площади " * 9
MONEY = """
[appraisal]
base_year = 2026
years = 6
discount_rate = { uniform = [0.02, 0.09] }
inflation = { uniform = [0.01, 0.05] }

[appraisal.line.rent]
per = "m2"
running = "rent"
avoidable_share = { uniform = [0.0, 0.9] }
vat_share = 0.5

[appraisal.line.kit]
per = "person"
of = "away"
year = 0
life = 4
amount = { uniform = [400, 2900] }
"""
close = np.testing.assert_allclose


def text_of(title="Half in, half out"):
    made = RICH.replace(
        'name = "rich"', 'name = "rich"\ntitle = "Three bodies"\n' + 'classification = "INTERNAL"'
    )
    made = made.replace("[policy.ratio]", f"[policy.ratio]\ntitle = '''{title}'''")
    return f"{made}\n{MONEY}"


@cache
def computed(title="Half in, half out", draws=DRAWS):
    problem = planned(written(text_of(title)), draws=draws, weeks=4)
    detail = Detail(problem, top_place(problem).bodies)
    summary = job.run(problem, keep=nullcontext(detail.add), threads=1)
    entries = metric_entries(problem, summary)
    places = {place.name: place.bodies for place in all_places(problem)}
    return SimpleNamespace(
        problem=problem,
        summary=summary,
        results=Results(problem, entries),
        detail=detail.result(),
        weekdays=weekdays.by_weekday(problem, problem.policy_names, places),
        worth=appraisal_entry(problem, ["appraisal.line.rent.avoidable_share"], entries),
        top=top_place(problem),
        changing=[plan for plan in problem.policies if not plan.keeps_area],
    )


@cache
def drawn(title="Half in, half out"):
    """Return every figure of a run by name."""
    case = computed(title)
    money = case.results, case.top, case.detail, case.worth, DRAWS
    away = case.detail["away_staff"]
    return {
        "waterfall": spacefigures.draw_waterfall(case.results, case.top, away, DRAWS),
        "released": spacefigures.draw_released(case.results, DRAWS),
        "released-bodies": spacefigures.draw_bodies(case.results, DRAWS),
        "weekdays": presencefigures.draw_presence(case.results, case.top, case.weekdays),
        "cash-flow": worthfigures.draw_flows(*money),
        "npv": worthfigures.draw_npv(*money),
    }


def of(case, plan, metric, statistic="p50", place="total"):
    return float(case.summary[metric].sel(policy=plan.name, place=place, statistic=statistic))


def texts(figure):
    """Return all texts of a figure that are seen."""
    figure.draw_without_rendering()
    found = [*figure.texts, *(t for legend in figure.legends for t in legend.get_texts())]
    for axes in figure.axes:
        found += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            found += [
                tick.label1
                for tick in axis.get_major_ticks()
                if low <= tick.get_loc() <= high and tick.label1.get_visible()
            ]
    return [one for one in found if one.get_visible() and one.get_text().strip()]


# --- the numbers ----------------------------------------------------------------------------


def test_waterfall_holds_the_medians_of_the_run():
    case = computed()
    figure = drawn()["waterfall"]
    assert len(figure.axes) == len(case.changing)
    for axes, plan in zip(figure.axes, case.changing, strict=True):
        away = case.detail["away_staff"].sel(policy=plan.name, quantile=0.5).item()
        metrics = ("onsite_mean", "workstations", "required_area", "released_area")
        expected = [
            case.top.people,
            of(case, plan, "eligible_staff"),
            of(case, plan, "ready_staff"),
            away,
            *(of(case, plan, metric) for metric in metrics),
        ]
        assert [text.get_text() for text in axes.texts] == [number(value) for value in expected]
        bars = [bar for bar in axes.patches if not bar.get_hatch()]
        wholes = [max(case.top.people, case.top.workstations)] * 6 + [case.top.area] * 2
        close([bar.get_width() * whole for bar, whole in zip(bars, wholes, strict=True)], expected)
        close(bars[-1].get_x() + bars[-1].get_width(), 1)  # up to what there is today


def test_waterfall_shows_a_shortage_of_space_as_one():
    case = computed()
    plan = case.changing[0]
    entries = metric_entries(case.problem, case.summary)
    for entry in entries:
        if entry["name"] == "released_area":
            entry |= {"p05": -300.0, "p50": -200.0, "p95": -100.0}
        if entry["name"] == "required_area":
            entry |= {"p05": 1650.0, "p50": 1750.0, "p95": 1850.0}
    results = Results(case.problem, entries)
    figure = spacefigures.draw_waterfall(results, case.top, case.detail["away_staff"], DRAWS)
    axes = figure.axes[case.changing.index(plan)]
    bar = next(bar for bar in reversed(axes.patches) if not bar.get_hatch())
    close(sorted([bar.get_x(), bar.get_x() + bar.get_width()]), [1, 1750 / 1550])
    assert axes.texts[-1].get_text() == "-200"
    assert axes.texts[-1].get_position()[0] > 1850 / 1550


def intervals(axes):
    """Return low, middle and high of each line of an axes that holds intervals."""
    lines = [
        line for line in axes.lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 2
    ]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    spans = [line for line in lines if np.ptp(line.get_ydata()) == 0]
    return [(span.get_xdata()[0], dot.get_xdata()[0], span.get_xdata()[1])
            for span, dot in zip(spans, dots, strict=True)]  # fmt: skip


def test_released_holds_medians_and_intervals_by_policy_and_place():
    case = computed()
    figure = drawn()["released"]
    places = spacefigures.few_places(case.results)
    assert [place.name for place in places] == ["ministry", "agency", "town", "central", "total"]
    for axes, place in zip(figure.axes, places, strict=True):
        expected = [
            [of(case, plan, "released_area", s, place.name) for s in ("p05", "p50", "p95")]
            for plan in case.problem.policies
        ]
        close(intervals(axes), expected)
        shares = [
            of(case, plan, "released_share", "p50", place.name) for plan in case.problem.policies
        ]
        said = [
            f"{number(row[1])} ({percent(share)} %)"
            for row, share in zip(expected, shares, strict=True)
        ]
        assert [text.get_text() for text in axes.texts] == said
        assert place.area in [
            line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"
        ]


def test_bodies_hold_the_share_of_each():
    case = computed()
    for axes, plan in zip(drawn()["released-bodies"].axes, case.changing, strict=True):
        expected = [
            [of(case, plan, "released_share", s, body) for s in ("p05", "p50", "p95")]
            for body in case.problem.bodies
        ]
        close(intervals(axes), expected)


def test_weekdays_hold_the_days():
    case = computed()
    for axes, plan in zip(drawn()["weekdays"].axes, case.changing, strict=True):
        found = case.weekdays.sel(policy=plan.name, place="total")
        bars = np.array(
            [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in axes.patches[:10]]
        )
        close(bars[:5], found["present"].sel(quantile=[0.05, 0.95]))
        close(bars[5:], found["present"].sel(quantile=[0.25, 0.75]))
        assert axes.lines[0].get_ydata()[0] == found["workstations"].sel(quantile=0.5)
        said = [label.get_text().split("\n")[1] for label in axes.get_xticklabels()]
        assert said == [percent(float(share), 0) for share in found["short"]]
        assert axes.get_ylim()[0] == 0
        assert axes.get_ylim()[1] >= max(bars.max(), float(found["workstations"].max()))


def test_flows_hold_both_ledgers_in_millions_or_not():
    case = computed()
    figure = drawn()["cash-flow"]
    for axes, plan in zip(figure.axes, case.changing, strict=True):
        for line, ledger in zip(axes.lines, LEDGERS, strict=False):
            flows = case.detail["flows"].sel(policy=plan.name, ledger=ledger)
            close(line.get_ydata(), flows.sel(quantile=0.5))
            close(line.get_xdata(), np.arange(2026, 2033))
        for band, ledger in zip(axes.collections, LEDGERS, strict=True):
            corners = band.get_paths()[0].vertices
            flows = case.detail["flows"].sel(policy=plan.name, ledger=ledger)
            close(corners[:, 1].min(), flows.min())
            close(corners[:, 1].max(), flows.max())
    assert figure.axes[0].get_ylabel() == "EUR a year"
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "nominal" in labels[0]
    assert "2026 (real)" in labels[1]


def test_dots_are_as_many_as_said_and_hollow_below_nothing():
    case = computed()
    figure = drawn()["npv"]
    for axes, ledger in zip(figure.axes, LEDGERS, strict=True):
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        column = np.ptp(case.detail["npv"].to_numpy()) / 45
        for row, plan in enumerate(case.changing):
            own = [line for line in dots if row - 0.75 < line.get_ydata()[0] <= row + 0.25]
            outcomes = case.detail["npv"].sel(policy=plan.name, ledger=ledger).to_numpy()
            at = np.concatenate([line.get_xdata() for line in own])
            assert len(at) == DOTS
            assert np.abs(np.sort(at) - np.sort(outcomes)).max() <= 0.5001 * column
            hollow = sum(
                len(line.get_xdata()) for line in own if line.get_markerfacecolor() == "white"
            )
            assert hollow == (outcomes < 0).sum()
        shares = case.detail["npv_positive"].sel(ledger=ledger)
        said = [text.get_text() for text in axes.texts if text.get_text() != "above 0"]
        assert said == [
            f"{percent(float(shares.sel(policy=plan.name)), 0)} %" for plan in case.changing
        ]


def test_worth_is_called_illustrative_where_the_run_does():
    case = computed()
    title = drawn()["npv"].texts[1].get_text()
    assert title.startswith("Illustrative net present value")
    firm = case.worth | {"illustrative": False}
    sure = worthfigures.draw_npv(case.results, case.top, case.detail, firm, DRAWS)
    assert sure.texts[1].get_text().startswith("Net present value")


# --- what is streamed for them --------------------------------------------------------------


def test_detail_is_what_a_sort_of_all_draws_finds():
    case = computed()
    block = simulate(case.problem, draw(case.problem, 0, DRAWS), by_year=True)
    together = block.sum("body")
    away = together["remote_staff"] + together["combined_staff"]
    shares = [0.05, 0.5, 0.95]
    exact = np.quantile(away, shares, axis=1, method="inverted_cdf").T
    close(case.detail["away_staff"], exact)  # whole numbers have a bin each
    for ledger, name in zip(LEDGERS, ("net_saving", "net_saving_whole_government"), strict=True):
        flows = together[name].transpose("policy", "year", "draw")
        exact = np.quantile(flows, shares, axis=2, method="inverted_cdf").transpose(1, 2, 0)
        reach = np.ptp(flows.to_numpy(), axis=2)[..., None]
        found = case.detail["flows"].sel(ledger=ledger)
        assert (np.abs(found - exact) <= reach / 1024 + 1e-9).all()
    for ledger, name in zip(LEDGERS, ("npv", "npv_whole_government"), strict=True):
        share = (together[name] > 0).mean("draw")
        close(case.detail["npv_positive"].sel(ledger=ledger), share)
    named = case.summary["npv_positive"].sel(place="total", statistic="mean")
    close(case.detail["npv_positive"].sel(ledger=LEDGERS[0]), named)


@pytest.mark.parametrize("size", [7, DRAWS])
def test_detail_does_not_depend_on_blocks(size):
    case = computed()
    detail = Detail(case.problem, case.top.bodies)
    for first in range(0, DRAWS, size):
        count = min(size, DRAWS - first)
        detail.add(simulate(case.problem, draw(case.problem, first, count), by_year=True))
    assert detail.result().identical(case.detail)


def test_detail_passes_blocks_on():
    case = computed()
    taken = []
    block = simulate(case.problem, draw(case.problem, 0, 4), by_year=True)
    with Detail(case.problem, [0]).beside(nullcontext(taken.append)) as add:
        add(block)
    assert taken == [block]


def test_days_are_counted_as_a_list_of_them_is():
    case = computed()
    plan = next(plan for plan in case.problem.policies if plan.name == "building")
    draws = draw(case.problem, 0, DRAWS)
    people = draw_staff(case.problem, plan, draws)
    days, _ = drawn_days(case.problem, plan, people, draws)
    block = simulate(case.problem, draws).sel(policy="building")
    provided = block["workstations"].to_numpy() - block["dedicated_workstations"].to_numpy()
    pools = [[0, 2], [1]]  # ministry and town share a building
    for place, bodies in (("total", [0, 1, 2]), ("ministry", [0]), ("central", [0, 1])):
        found = case.weekdays.sel(policy="building", place=place)
        present = days[bodies].sum(axis=0).transpose(1, 0, 2).reshape(5, -1)
        exact = np.quantile(present, weekdays.QUANTILES, axis=1, method="inverted_cdf").T
        close(found["present"], exact)
        close(found["mean"], present.mean(axis=1))
        touched = [pool for pool in pools if set(pool) & set(bodies)]
        short = [days[pool].sum(axis=0) > provided[pool].sum(axis=0) for pool in touched]
        close(found["short"], np.any(short, axis=0).mean(axis=(0, 2)))
        exact = np.quantile(provided[bodies].sum(axis=0), weekdays.QUANTILES, method="inverted_cdf")
        close(found["workstations"], exact)


def test_days_do_not_depend_on_blocks(monkeypatch):
    case = computed()
    monkeypatch.setattr(weekdays, "_COUNTS", 5 * 3 * 5 * case.problem.run.weeks)
    again = weekdays.by_weekday(case.problem, ["level"], {"total": (0, 1, 2)})
    assert again.equals(case.weekdays.sel(policy=["level"], place=["total"]))


@pytest.mark.jit
def test_days_of_one_office_are_binomial():
    """180 people, 0.6 each: 16,384 days of a weekday, so a share is within 5 of its errors.

    Ten shares or means at 5 standard errors: one false alarm in 170,000 runs.
    """
    problem = written((FOLDER / "single-office.toml").read_text())
    found = weekdays.by_weekday(problem, ["pooled"], {"office": (0,)}).sel(
        policy="pooled", place="office"
    )
    days = found.attrs["days"] if "days" in found.attrs else 2048 * problem.run.weeks
    present = stats.binom(180, 0.6)
    close(found["mean"], present.mean(), atol=5 * present.std() / np.sqrt(days))
    desks = int(found["workstations"].sel(quantile=0.5))
    short = present.sf(desks)
    close(found["short"], short, atol=5 * np.sqrt(short * (1 - short) / days))
    for share in weekdays.QUANTILES:  # P(X <= q) >= share, within the error of a share
        error = 5 * np.sqrt(share * (1 - share) / days)
        at = found["present"].sel(quantile=share).to_numpy()
        assert (present.cdf(at) >= share - error).all()
        assert (present.cdf(at - 1) < share + error).all()


def test_a_run_without_figures_keeps_no_detail(tmp_path, monkeypatch):
    path = tmp_path / "rich.toml"
    path.write_text(text_of())
    monkeypatch.setattr("sim.results.detail.Detail.__init__", lambda *_: pytest.fail("was kept"))
    seen = []
    right = job.compute
    monkeypatch.setattr(job, "compute", lambda *given: seen.append(given[2]) or right(*given))
    words = ["run", str(path), "--draws", "4", "--set", "run.weeks=1", "--threads", "1", "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    assert seen == [False]


# --- how they look --------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Half in, half out", HOSTILE])
def test_no_text_covers_another_or_leaves_the_figure(title):
    for name, figure in drawn(title).items():
        seen = texts(figure)
        boxes = [text.get_window_extent().padded(-0.5) for text in seen]
        width, height = figure.bbox.size
        for text, box in zip(seen, boxes, strict=True):
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
            assert inside, (name, text.get_text())
        for (one, a), (other, b) in combinations(zip(seen, boxes, strict=True), 2):
            assert not a.overlaps(b), (name, one.get_text(), other.get_text())


def test_every_figure_has_marking_source_units_and_scenario():
    for name, figure in drawn().items():
        marking, title, subtitle, source = (text.get_text() for text in figure.texts[:4])
        assert marking == "INTERNAL"
        assert title
        assert "192 draws" in subtitle or not JIT
        assert re.fullmatch(r"Source: scenario rich, Three bodies; officesim [\d.]+\.", source)
        said = " ".join(text.get_text() for text in texts(figure))
        assert re.search(r"m²|people|EUR|%", said), name


def test_a_title_is_text_whatever_is_in_it(tmp_path):
    _, svg = style.save(drawn(HOSTILE)["weekdays"], tmp_path / "weekdays")
    written_text = svg.read_text()
    assert "<script" not in written_text
    assert "&lt;script&gt;" in written_text
    assert "$5 or $x_{$" in written_text
    assert "Приказ" in written_text
    assert style._ELLIPSIS in written_text


def call(*words):
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_a_run_draws_png_and_svg_and_says_the_same(tmp_path):
    path = tmp_path / "rich.toml"
    path.write_text(text_of())
    words = ("run", path, "--draws", DRAWS, "--set", "run.weeks=1", "--policy", "ratio", "--json")
    plain = call(*words)
    told = call(*words, "--figures", tmp_path / "new" / "drawn")
    assert told.exit_code == 0, told.output
    without = [json.loads(result.stdout) for result in (plain, told)]
    for document in without:
        del document["engine"]["seconds"]
    assert without[0] == without[1]
    names = {"waterfall", "released", "weekdays-total", "cash-flow", "npv"}
    folder = tmp_path / "new" / "drawn"
    assert {file.name for file in folder.iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("png", "svg")
    }
    assert [line.split()[0] for line in told.stderr.splitlines()] == ["drew"] * 10
    for file in folder.glob("*.png"):
        assert imread(file)[..., :3].std() > 0.03
    again = tmp_path / "again"
    assert call(*words, "--quiet", "--figures", again).stderr == ""
    for file in folder.glob("*"):
        assert (again / file.name).read_bytes() == file.read_bytes()


def test_bodies_are_drawn_where_they_are_too_many_for_one_figure(monkeypatch, tmp_path):
    case = computed()
    given_to = case.results, case.detail, case.weekdays, None, DRAWS, tmp_path
    monkeypatch.setattr(style, "_DPI", 20)
    monkeypatch.setattr(spacefigures, "_MOST_PLACES", 3)
    names = {file.stem for file in figures.draw_run(*given_to)}
    assert names == {"waterfall", "released", "released-bodies", "weekdays-total"}


def test_figures_do_not_go_with_a_trace(tmp_path):
    path = tmp_path / "rich.toml"
    path.write_text(text_of())
    result = call("run", path, "--trace", "policy=ratio,draw=0", "--figures", tmp_path / "drawn")
    assert result.exit_code == 2
    assert "leave out --figures" in result.stderr
    assert not (tmp_path / "drawn").exists()


def test_a_figure_that_fails_leaves_the_one_before(tmp_path, monkeypatch):
    problem = computed().problem
    paths = style.save(style.new_figure(3, 1, "a", "b", problem), tmp_path / "figure")
    before = [path.read_bytes() for path in paths]

    def broken(_, path, **__):
        path.write_text("half")
        raise OSError("no space")

    monkeypatch.setattr(Figure, "savefig", broken)
    with pytest.raises(OSError, match="no space"):
        style.save(style.new_figure(3, 1, "other", "b", problem), tmp_path / "figure")
    assert [path.read_bytes() for path in paths] == before
    assert len(list(tmp_path.iterdir())) == 2


@given(st.text(max_size=200), st.floats(0.4, 6), st.sampled_from(["normal", "bold"]))
def test_wrapped_text_keeps_to_its_room_and_loses_nothing_unsaid(text, room, weight):
    found = style.wrapped(text, room, 9, 3, fontweight=weight)
    lines = found.split("\n")
    assert len(lines) <= 3
    for line in lines:
        assert len(line) <= 1 or style._width(line, 9, weight) <= room
    kept = "".join(found.split())
    if not found.endswith(style._ELLIPSIS) and text.isprintable():
        assert kept == "".join(text.split())


@given(st.text(min_size=1, max_size=80))
def test_a_file_name_holds_letters_digits_and_little_else(name):
    found = style.file_name(name)
    assert re.fullmatch(r"[\w%-]+", found)
    if re.fullmatch(r"[\w-]+", name):
        assert found == name


def test_colours_keep_apart_in_grey():
    """Neighbouring series differ by line and marker; the five in use also in lightness."""
    grey = [
        0.2126 * int(c[1:3], 16) + 0.7152 * int(c[3:5], 16) + 0.0722 * int(c[5:7], 16)
        for c in (style.BLUE, style.ORANGE, style.BLACK)
    ]
    assert all(abs(a - b) > 25 for a, b in combinations(grey, 2))
    for key in ("color", "linestyle", "marker"):
        assert len({str(series[key]) for series in style.SERIES}) == len(style.SERIES)
    assert len(set(style.HATCHES)) == len(style.HATCHES)
