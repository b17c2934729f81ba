"""The correlation of presence that a clustering implies is that of the oracle."""

from __future__ import annotations

from pathlib import Path

import naive
import pytest

import sim
from sim.report.document import implied_correlation

OFFICE = Path(__file__).parent.parent / "scenarios" / "single-office.toml"


@pytest.mark.parametrize("r", [0.0, 0.025, 0.3])
def test_implied_correlation_is_the_oracles(r):
    problem = sim.build(sim.load(OFFICE, [f"attendance.clustering={r}"]).scenario)
    found = implied_correlation(problem)
    assert found["clustering"] == r
    assert found["correlation"] == pytest.approx(naive.implied_correlation(0.5, r), abs=1e-7)
