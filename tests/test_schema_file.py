"""The JSON Schema beside the shipped scenarios is the one that the classes say."""

from __future__ import annotations

import json
from pathlib import Path

from sim.scenario.describe import json_schema

SCHEMA = Path(__file__).parent.parent / "scenarios" / "scenario.schema.json"


def test_schema_beside_the_scenarios_is_current():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()
