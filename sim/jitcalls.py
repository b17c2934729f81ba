"""How a function is compiled for the compiled functions that call it.

Where numba compiles a function that another calls, it also writes machine code for it, although
the caller has the function built in. Here that is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba._dynfunc import make_function
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class ForPython(Compiler):
    """Compiles what the interpreter calls."""

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        """Compile a function and let the code built into it find what its own module gave it."""
        result = super().compile_extra(function)
        for environment in result._find_referenced_environments():
            result.library.codegen.set_env(environment.env_name, environment)
        return result


class ForCallers(Compiler):
    """Compiles what only compiled functions call."""

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        """Compile a function without machine code."""
        state = self.state
        state.flags.no_compile = True
        state.library = _Unwritten(state.targetctx.codegen(), function.__qualname__)
        result = super().compile_extra(function)
        entry = no_entry(result.fndesc, result.environment, result.library)
        state.targetctx.insert_user_function(entry, result.fndesc, [result.library])
        return result._replace(entry_point=entry)


class _Unwritten(JITCodeLibrary):
    """Code of which there is no machine code."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def serialize_using_object_code(self) -> tuple[str, str, tuple[None, bytes]]:
        return self.name, "object", (None, self._get_module_for_linking().as_bitcode())


def no_entry(described: Any, environment: Any, library: Any) -> Any:
    """Return what numba knows code by that the interpreter cannot call."""
    name = described.qualname.rpartition(".")[2]
    module = described.lookup_module()
    return make_function(module, name, "", 0, environment, (library,))
