"""What every test needs: no random examples, and what to leave out where nothing is compiled.

With ``NUMBA_DISABLE_JIT=1`` the kernels run as plain Python, so that coverage and debuggers see
them; tests marked ``jit`` would then take minutes and are skipped.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from handmade import JIT
from hypothesis import settings

os.environ.pop("COLUMNS", None)  # pages are as wide as where they are piped, whoever runs them

settings.register_profile("compiled", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("interpreted", deadline=None, derandomize=True, max_examples=10)
settings.load_profile("compiled" if JIT else "interpreted")

if not JIT:
    np.seterr(over="ignore")  # the wrap-around of 64-bit words is meant


def pytest_configure(config):
    config.addinivalue_line("markers", "jit: takes minutes unless the kernels are compiled")
    if not JIT:  # the setting above does not reach the threads of a run
        config.addinivalue_line("filterwarnings", "ignore:overflow encountered:RuntimeWarning")


def pytest_collection_modifyitems(items):
    if JIT:
        return
    for item in items:
        if item.get_closest_marker("jit"):
            item.add_marker(pytest.mark.skip(reason="the kernels are not compiled"))
