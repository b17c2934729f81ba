"""Compiled code on disk, and how it comes back quickly.

Where numba loads code it also looks for extensions in all that is installed, sets up its compiler,
compiles its runtime and reads what a function that calls the code would need to inline it; together
that takes longer than the loading. Here all of it waits until something is compiled.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable
from typing import Any

from llvmlite import binding
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompileResult
from numba.core.environment import Environment, lookup_environment
from numba.core.runtime import _nrt_python

from sim.jitcalls import no_entry

_known_in_code: weakref.WeakSet[Any] = weakref.WeakSet()
"""Environments that loaded code has the address of; what refers to one finds it in one place."""


def leave_extensions() -> None:
    """Do nothing before a function's first call, when numba looks for its extensions.

    Kernels take none of their types, and numba looks for them again where it compiles.
    """


class StoredCode:
    """What numba asks of a cache; its files are looked for when code is first asked for.

    Parameters
    ----------
    function : callable
    for_callers : bool, optional
        Whether this is the code that other compiled functions call.
    """

    def __init__(self, function: Callable[..., Any], for_callers: bool = False) -> None:
        self._function = function
        self._kind = _FilesForCallers if for_callers else _Files

    @functools.cached_property
    def _files(self) -> Any:
        return self._kind(self._function)

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the compiled code for a signature, None if there is none."""
        _declare_runtime()
        return self._files.load(signature, context)

    def save_overload(self, signature: Any, result: Any) -> None:
        """Store compiled code."""
        self._files.save_overload(signature, result)


class _Library(JITCodeLibrary):
    """Machine code from disk; its bitcode is read only if a function that calls it is compiled."""

    bitcode: bytes
    _shared_module: Any

    def _get_module_for_linking(self) -> Any:
        if self._shared_module is None:
            self._shared_module = binding.parse_bitcode(self.bitcode)
        return self._shared_module


class _Parts(CompileResultCacheImpl):
    """What of a compiled function is stored, and how it is put together again."""

    _prefix = "stored"

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        # not as numba writes it
        return f"{self._prefix}-{super().get_filename_base(fullname, abiflags)}"

    def reduce(self, result: Any) -> Any:
        environments = [_described(env) for env in result._find_referenced_environments()]
        library, described, environment, signature, *_ = result._reduce()
        return library, described, _described(environment), signature, environments

    def rebuild(self, context: Any, parts: Any) -> Any:
        (name, _, (code, bitcode)), described, environment, signature, others = parts
        library = _Library(context.codegen(), name)
        library.bitcode = bitcode
        own = _environment(*environment)
        referenced = [_environment(*other) for other in others]
        if code is None:
            library._finalized = True
            entry = no_entry(described, own, library)
        else:
            entry = _executable(library, code, context, described, own, referenced)
        return CompileResult(
            typing_context=context.typing_context,
            target_context=context,
            entry_point=entry,
            typing_error=None,
            type_annotation="",
            signature=signature,
            objectmode=False,
            lifted=(),
            fndesc=described,
            library=library,
            call_helper=None,
            environment=own,
            metadata=None,
            reload_init=(),
            referenced_envs=referenced,
        )


class _PartsForCallers(_Parts):
    """The same of code that only compiled functions call."""

    _prefix = "called"


class _Files(FunctionCache):
    """numba's files, one for each function and signature."""

    _impl_class: type[_Parts] = _Parts

    def load(self, signature: Any, context: Any) -> Any:
        with self._guard_against_spurious_io_errors():
            return self._load_overload(signature, context)


class _FilesForCallers(_Files):
    """Those of code that only compiled functions call."""

    _impl_class = _PartsForCallers


def _executable(
    library: _Library,
    code: bytes,
    context: Any,
    described: Any,
    own: Environment,
    referenced: list[Environment],
) -> Any:
    """Return what the interpreter calls, once the machine code is where it can run."""
    codegen = context.codegen()
    library.enable_object_caching()
    library._set_compiled_object(code)
    library._finalize_final_module()
    codegen._engine._defined_symbols |= {
        described.llvm_func_name,
        described.llvm_cpython_wrapper_name,
    }
    entry = context.get_executable(library, described, own)
    for other in referenced:
        if other not in _known_in_code:
            codegen.set_env(other.env_name, other)
            _known_in_code.add(other)
    return entry


@functools.cache
def _declare_runtime() -> None:
    """Make known where the functions of numba's runtime are, which loaded code calls.

    Where numba starts its runtime it also compiles those that only new code is linked with.
    """
    for name, address in _nrt_python.c_helpers.items():
        binding.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


def _described(environment: Any) -> tuple[str, list[Any], str]:
    return environment.globals["__name__"], environment.consts, environment.env_name


def _environment(module: str, constants: list[Any], name: str) -> Any:
    """Return an environment without importing its module, whose names compiled code has no use for.

    numba's own would import half of its compiler.
    """
    known = lookup_environment(name)
    if known is not None:
        return known
    loaded = sys.modules.get(module)
    environment = Environment({"__name__": module} if loaded is None else vars(loaded))
    environment.consts[:] = constants
    environment.env_name = name
    Environment._memo[name] = environment
    return environment
