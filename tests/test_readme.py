"""The README's two commands are what it promises: two blocks, and no more, under Quick start."""

from __future__ import annotations

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_quick_start_has_the_main_job_and_the_tests():
    quick_start = README.split("## Quick start\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", quick_start, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    assert "officesim run scenarios/kazakhstan-2023.toml" in blocks[0]
    assert "pytest" in blocks[1]
    assert README.count("```sh\n") == 2
