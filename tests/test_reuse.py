"""Policies are computed again only where an input that they read has moved, to the same bits."""

from pathlib import Path

import numpy as np
import pytest

from sim import engine
from sim.analysis import reuse
from sim.analysis.sources import sources, two_points
from sim.preprocess import build
from sim.scenario.load import load

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="module", params=["kazakhstan-2023", "order-back"])
def problem(request):
    """Return a scenario that asks for money, small enough to be computed for every source."""
    settings = ("run.sizing_draws=64",)
    return build(load(SCENARIOS / f"{request.param}.toml", settings).scenario)


def test_what_is_reused_is_what_would_be_computed(problem):
    """One source after the other as at other points, beside the engine on its own."""
    a, b = two_points(problem, 0, 16)
    known = reuse.compute(a)
    reused = 0
    for source in sources(problem):
        if source.streams:
            points = a.moved(source, b)
            found = reuse.compute(points, known)
            alone = engine.compute(problem, points.draws())
            reused += sum(x is y for x, y in zip(found.occupied, known.occupied, strict=True))
            for mine, theirs in zip(found.policies, alone, strict=True):
                assert mine.keys() == theirs.keys()
                for name, values in theirs.items():
                    np.testing.assert_array_equal(mine[name], values, err_msg=name)
    assert reused > len(problem.policies)


def test_a_price_leaves_everybody_in_place(problem):
    """No policy reads what a square metre costs before its money."""
    a, b = two_points(problem, 0, 16)
    known = reuse.compute(a)
    (price,) = (s for s in sources(problem) if s.name.startswith("cost.running.rent"))
    found = reuse.compute(a.moved(price, b), known)
    assert all(x is y for x, y in zip(found.occupied, known.occupied, strict=True))
    assert (found.policies[-1]["npv"] != known.policies[-1]["npv"]).any()


def test_who_is_absent_moves_everybody(problem):
    """Every policy reads it."""
    a, b = two_points(problem, 0, 16)
    known = reuse.compute(a)
    (absence,) = (s for s in sources(problem) if s.name == "attendance.absence")
    found = reuse.compute(a.moved(absence, b), known)
    assert not any(x is y for x, y in zip(found.occupied, known.occupied, strict=True))


def test_whatever_way_an_input_is_read_is_noticed():
    """By its index, in a slice, or one after the other."""
    for read, wanted in (
        (lambda values: values[1], {1}),
        (lambda values: values[-1], {2}),
        (lambda values: values[1:], {1, 2}),
        (list, {0, 1, 2}),
    ):
        values = reuse.Watched(tuple(np.full((1, 2), k) for k in range(3)))
        read(values)
        assert values.read == wanted
