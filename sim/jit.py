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
    names = ("jit.py", "jitcache.py", "streams.py")
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

vars(numba.config)["CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"]


_KNOWN = numba.__version__.startswith("0.68.")
"""Whether ``sim.jitcache`` knows numba's insides, which any release may change."""


def _compiled(function: F, **options: Any) -> F:
    options |= {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    njit: Any = numba.njit
    dispatcher = njit(cache=not _KNOWN, **options)(function)
    if _KNOWN and dispatcher is not function:  # it is where nothing is compiled
        dispatcher._cache = StoredCode(function)
        dispatcher._compilation_chain_init_hook = leave_extensions
    return cast("F", dispatcher)


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
