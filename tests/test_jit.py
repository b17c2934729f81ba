"""Compiled code comes back from disk without the compiler, and callers can still be compiled."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.jit

LIBRARY = """
import numpy as np
from sim.jit import inner, kernel, lane

@lane
def twice(x: float) -> float:
    return 2.0 * x

@inner
def fill(out: np.ndarray) -> None:
    for i in range(out.size):
        out[i] = twice(out[i])

@kernel
def filled(count: int) -> np.ndarray:
    out = np.ones(count)
    fill(out)
    return out

@kernel
def sum_of(count: int) -> float:
    return filled(count).sum()
"""
COUNTED = """
import numpy as np
from numba.core import event
from sim.jit import kernel, lane

seen = event.RecordingListener()
event.register("numba:compile", seen)

@lane
def plus(x: int, y: int) -> int:
    return x + y

@kernel
def plus_count(numbers: np.ndarray) -> int:
    count = 0
    for i in range(numbers.size):
        count = plus(count, 1)
    return plus(count, numbers[0])

def times(function) -> int:
    starts = [one.data["dispatcher"].py_func for _, one in seen.buffer if one.is_start]
    return starts.count(function.py_func)
"""
COMPILER = "sys.modules.keys() & {'numba.cpython.unicode', 'numba.np.arrayobj'}"


def answer(folder, line, library=LIBRARY):
    """Evaluate a line in a fresh process that has the library; return what it prints."""
    (folder / "library.py").write_text(library, encoding="utf-8")
    code = f"import sys, numpy as np, library\nprint(({line}))"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache")}
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), *sys.path])
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_is_compiled_is_loaded_without_the_compiler(tmp_path):
    line = f"library.filled(3).tolist(), bool({COMPILER})"
    assert answer(tmp_path, line) == "([2.0, 2.0, 2.0], True)"
    assert answer(tmp_path, line) == "([2.0, 2.0, 2.0], False)"


def test_loading_starts_neither_the_runtime_nor_extensions(tmp_path):
    numba = "sys.modules['numba'].core"
    line = (
        "library.filled(3).tolist(), "
        f"{numba}.runtime.rtsys._init, {numba}.entrypoints._already_initialized"
    )
    assert answer(tmp_path, line) == "([2.0, 2.0, 2.0], True, True)"
    assert answer(tmp_path, line) == "([2.0, 2.0, 2.0], False, False)"


def test_a_caller_is_compiled_after_its_callee_was_loaded(tmp_path):
    """The callee's bitcode is read then: it is linked into the caller, as when both are new."""
    assert answer(tmp_path, "library.filled(2).tolist()") == "[2.0, 2.0]"
    both = f"library.filled(2).tolist(), library.sum_of(3), bool({COMPILER})"
    assert answer(tmp_path, both) == "([2.0, 2.0], 6.0, True)"
    assert answer(tmp_path, both) == "([2.0, 2.0], 6.0, False)"


def test_what_other_functions_call_is_compiled_once(tmp_path):
    """For constants, variables and narrow numbers alike; for the interpreter when it calls."""
    line = (
        "library.plus_count(np.array([5, 7], np.int32)), library.times(library.plus), "
        "library.plus(2, 3), library.times(library.plus)"
    )
    assert answer(tmp_path, line, COUNTED) == "(7, 1, 5, 2)"
    assert answer(tmp_path, line, COUNTED) == "(7, 0, 5, 0)"


def test_what_only_other_functions_call_is_not_compiled_for_the_interpreter(tmp_path):
    assert answer(tmp_path, "library.sum_of(3)") == "6.0"
    kinds = {
        name: {path.name.split("-")[0] for path in tmp_path.glob(f"cache/**/*library.{name}-*.nbi")}
        for name in ("twice", "fill", "filled", "sum_of")
    }
    called = {"called"}
    assert kinds == {"twice": called, "fill": called, "filled": called, "sum_of": {"stored"}}


def test_an_edit_of_the_source_is_noticed(tmp_path):
    assert answer(tmp_path, "library.twice(1.5)") == "3.0"
    edited = LIBRARY.replace("2.0 * x", "4.0 * x")
    assert answer(tmp_path, "library.twice(1.5)", edited) == "6.0"


def test_an_error_in_loaded_code_is_raised(tmp_path):
    """What an exception says is kept in the environment that is put together again."""
    line = "library.filled(-1)"
    for _ in range(2):
        with pytest.raises(subprocess.CalledProcessError) as caught:
            answer(tmp_path, line)
        assert "ValueError: negative dimensions not allowed" in caught.value.stderr
