"""Figures of a run: from headcount to square metres, presence, and money through the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.places import shown_places, top_place
from sim.report.presencefigures import draw_presence
from sim.report.returnfigures import draw_options, draw_unmet
from sim.report.spacefigures import draw_bodies, draw_released, draw_waterfall, few_places
from sim.report.style import file_name, save
from sim.report.worthfigures import draw_flows, draw_npv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import xarray as xr

    from sim.problem import Problem
    from sim.report.places import Place, Results

_MOST_PLACES = 4


def weekday_places(problem: Problem) -> list[Place]:
    """Return the places whose weekdays are drawn: those of a table where they are few."""
    places = shown_places(problem)
    return places if len(places) <= _MOST_PLACES else [top_place(problem)]


def draw_run(
    results: Results,
    detail: xr.Dataset,
    weekdays: xr.Dataset,
    appraisal: Mapping[str, Any] | None,
    draws: int,
    folder: Path,
    reversal: Mapping[str, Any] | None = None,
) -> Iterator[Path]:
    """Draw what a run found, each figure as PNG and SVG.

    Parameters
    ----------
    results : Results
    detail : xarray.Dataset
        From ``sim.results.detail.Detail``, at the top place.
    weekdays : xarray.Dataset
        From ``sim.analysis.weekdays.by_weekday``, at the places of ``weekday_places``.
    appraisal : mapping or None
        That part of the run's document.
    draws : int
    folder : Path
        Made if it is missing.
    reversal : mapping or None
        That part of the run's document.

    Yields
    ------
    Path
        Each file, once it is written.
    """
    problem = results.problem
    top = top_place(problem)
    yield from save(draw_waterfall(results, top, detail["away_staff"], draws), folder / "waterfall")
    yield from save(draw_released(results, draws), folder / "released")
    if all(place.scope != "body" for place in few_places(results)):
        yield from save(draw_bodies(results, draws), folder / "released-bodies")
    for place in weekday_places(problem):
        figure = draw_presence(results, place, weekdays)
        yield from save(figure, folder / f"weekdays-{file_name(place.name)}")
    if appraisal is not None:
        yield from save(draw_flows(results, top, detail, appraisal, draws), folder / "cash-flow")
        yield from save(draw_npv(results, top, detail, appraisal, draws), folder / "npv")
    if reversal is not None and reversal["options"]:
        yield from save(draw_unmet(results, reversal), folder / "order-back")
        yield from save(draw_options(results, reversal), folder / "options")
