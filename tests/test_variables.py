"""The registry of results: complete, described, and true of what the engine returns."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import RICH, planned, results, written

from sim import variables
from sim.job import run
from sim.results.label import WEEKDAY_NAMES, attributes, coordinates
from sim.results.summary import STATISTICS
from sim.variables import BY_NAME, BY_YEAR, METRICS, OCCUPANCY, VARIABLES

UNITS = {"people", "workstations", "m2", "1", "1/year", "years"}
UNITS |= {"currency", "currency/year", "currency/person"}


def made():
    return planned(written(RICH), sizing_draws=16, draws=20, weeks=2)


def test_the_engine_returns_exactly_what_is_registered():
    _, found = results(made(), 4)
    assert set(found.data_vars) == {variable.name for variable in VARIABLES}
    for variable in VARIABLES:
        name = variable.name
        assert found[name].dims == variable.dims
        assert found[name].dtype == np.float64
        assert found[name].attrs["long_name"] == variable.long_name
        assert found[name].attrs["source"].startswith("model part")
        assert "currency" not in found[name].attrs["units"]
    assert found["investment"].attrs["units"] == "EUR"
    assert found["vacated_running_cost"].attrs["units"] == "EUR/year"


def test_names_are_unique_and_described():
    assert len(BY_NAME) == len(VARIABLES) + len(BY_YEAR)
    for others in (OCCUPANCY, variables.REVERSAL, variables.WAYS_OUT, variables.CO_BENEFITS):
        assert len({variable.name for variable in others}) == len(others)
    for variable in (*variables.REVERSAL, *variables.CO_BENEFITS):
        assert variable.name not in BY_NAME
    assert len({variable.long_name for variable in VARIABLES}) == len(VARIABLES)
    for variable in VARIABLES:
        assert variable.unit in UNITS
        assert variable.long_name == variable.long_name.strip().rstrip(".")


def test_of_a_goal_more_or_less_is_better():
    names = {variable.name for variable in METRICS}
    assert names >= variables.HIGHER | variables.LOWER
    assert not variables.HIGHER & variables.LOWER
    better = {variable.name: variable.better for variable in METRICS}
    assert (better["released_area"], better["shortage_per_day"]) == ("higher", "lower")
    counts = {variable.name for variable in METRICS if variable.unit == "people"}
    assert {name for name in counts if better[name]} == {"unmet_people"}


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_what_adds_how_can_be_added(variable):
    """Ratios name two summed quantities; joint metrics have a variable by group."""
    if variable.adds == "ratio":
        for part in variable.ratio:
            assert part in ("headcount", "area_today") or BY_NAME[part].adds == "sum"
            assert part in ("headcount", "area_today") or BY_NAME[part].dims == variables.BODY
    else:
        assert variable.ratio == ("", "")
    if variable.adds == "joint" and variable.metric:
        assert BY_NAME[f"group_{variable.name}"].dims == variables.GROUP
    if variable.metric:
        assert variable.dims == variables.BODY


def test_whole_numbers_are_whole():
    _, found = results(made(), 32)
    for variable in VARIABLES:
        values = found[variable.name].to_numpy()
        values = values[~np.isnan(values)]
        if variable.whole:
            assert (values == np.round(values)).all()


def test_ratios_are_those_of_their_parts():
    _, found = results(made(), 8)
    sized = {"headcount", "area_today"}
    for variable in METRICS:
        pooled = {"shortage_per_person", "utilisation"}  # taken over the pool
        if variable.adds != "ratio" or variable.name in pooled:
            continue
        over, under = (found[x] for x in variable.ratio)
        assert variable.ratio[0] not in sized
        expected = (over / under.where(under > 0)).transpose(*variable.dims)
        np.testing.assert_allclose(found[variable.name], expected, rtol=1e-12)


def test_coordinates_say_what_is_where():
    problem = made()
    _, found = results(problem, 3, first=7)
    assert found["policy"].to_numpy().tolist()[:2] == ["baseline", "ratio"]
    assert found["body"].to_numpy().tolist() == ["ministry", "agency", "town"]
    assert found["tier"].to_numpy().tolist() == ["central", "central", "local"]
    assert found["group"].to_numpy().tolist() == ["central", "local", "total"]
    assert found["weekday"].to_numpy().tolist() == list(WEEKDAY_NAMES)
    assert found["headcount"].to_numpy().tolist() == [60, 25, 31]
    assert found["area_today"].to_numpy().tolist() == [900, 300, 350]
    assert found["draw"].to_numpy().tolist() == [7, 8, 9]
    assert found.attrs == {"scenario": "rich", "title": "rich"}
    assert set(coordinates(problem)) <= set(found.coords)


def test_summaries_hold_every_metric_at_every_place():
    problem = made()
    found = run(problem, block=20, threads=1)
    assert set(found.data_vars) == {variable.name for variable in METRICS}
    assert found["statistic"].to_numpy().tolist() == list(STATISTICS)
    assert found["place"].to_numpy().tolist() == [*problem.bodies, "central", "local", "total"]
    assert found["scope"].to_numpy().tolist() == ["body"] * 3 + ["tier"] * 2 + ["total"]
    for variable in METRICS:
        assert found[variable.name].dims == ("policy", "place", "statistic")
        assert found[variable.name].attrs == attributes(problem, variable)
