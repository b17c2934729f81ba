"""How the kernels are compiled: one place for numba's options and its cache.

numba's cache notices an edit only in the file of the compiled function, not in the functions
it calls, so the cache lies in a folder named by a hash of every compiled source.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_ROOT = Path(__file__).parent


def _cache_folder() -> Path:
    names = ("jit.py", "jitcache.py", "jitcalls.py", "streams.py")
    sources = [*(_ROOT / name for name in names), *sorted((_ROOT / "kernels").glob("*.py"))]
    digest = hashlib.blake2b(digest_size=8)
    for source in sources:
        digest.update(source.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "officesim" / digest.hexdigest()


if "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = str(_cache_folder())

import numba  # noqa: E402  the cache's folder must be known before
from numba.extending import intrinsic  # noqa: E402

from sim.jitcache import StoredCode, leave_extensions  # noqa: E402
from sim.jitcalls import ForCallers, ForPython  # noqa: E402

vars(numba.config)["CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"]


_KNOWN = numba.__version__.startswith("0.68.")
"""Whether ``sim.jitcache`` and ``sim.jitcalls`` know numba's insides.

Any release may change them.
"""


def _compiled(function: F, **options: Any) -> F:
    options |= {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    njit: Any = numba.njit
    if not _KNOWN:
        return cast("F", njit(cache=True, **options)(function))
    dispatcher = njit(pipeline_class=ForPython, **options)(function)
    if dispatcher is not function:  # it is where nothing is compiled
        called = njit(pipeline_class=ForCallers, no_cpython_wrapper=True, **options)(function)
        dispatcher._cache = StoredCode(function)
        called._cache = StoredCode(function, for_callers=True)
        dispatcher._compilation_chain_init_hook = leave_extensions
        _give_to_callers(dispatcher, called)
    return cast("F", dispatcher)


def _give_to_callers(dispatcher: Any, called: Any) -> None:
    """Let compiled functions call a twin of a function, compiled for them alone.

    It has no machine code and no wrapper that takes Python's objects apart, which is often longer
    than the function. Whole numbers are int64 to it: numba would compile it for every constant that
    it is given and once more for a variable, and a number that is set before a loop and changed in
    it is both.
    """
    types: Any = numba.types

    def widened(argument: Any) -> Any:
        whole = types.unliteral(argument) in types.signed_domain
        return types.int64 if whole else argument

    def get_call_template(arguments: tuple[Any, ...], by_name: dict[str, Any]) -> Any:
        named = {name: widened(argument) for name, argument in by_name.items()}
        return called.get_call_template(tuple(map(widened, arguments)), named)

    dispatcher.get_call_template = get_call_template
    dispatcher.get_overload = called.get_overload


def kernel(function: F) -> F:
    """Compile a function without the interpreter's lock, so that blocks of draws run in threads."""
    return _compiled(function)


def inner(function: F) -> F:
    """Compile a function that only works in arrays it is given.

    Without counting references to their parts: the caller holds the arrays, and the counts would
    cost as much as the arithmetic of a short row.
    """
    return _compiled(function, _nrt=False, fastmath={"contract"})


def lane(function: F) -> F:
    """Compile a function so that it is inlined: a loop that calls it becomes vector code."""
    return _compiled(function, forceinline=True, fastmath={"contract"})


def instruction(build: Callable[[Any, Any], Any], plain: Callable[..., Any]) -> Any:
    """Return a function of one 64-bit word, for use in compiled functions, that is an instruction.

    Parameters
    ----------
    build : callable
        Writes it with llvmlite's builder, from the word's value; both are 64 bits.
    plain : callable
        Does the same where nothing is compiled.
    """
    if vars(numba.config)["DISABLE_JIT"]:
        return plain

    def define(_context: Any, _word: Any) -> Any:
        def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
            return build(builder, values[0])

        return numba.types.int64(numba.types.uint64), generate

    return intrinsic(define)
