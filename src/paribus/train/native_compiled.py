"""Functions compiled by numba: what Python calls is machine code kept on disk, what only they call becomes part of it.

numba makes machine code of every function, and optimises again what it had optimised in each caller. For functions that
are called from compiled code alone both are for nothing: half of the time that compiling takes (docs/log.md).
"""

import threading
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numba import config, njit
from numba.core import compiler, typed_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import LoweringPass, register_pass

from paribus.core import digest
from paribus.data import cache_folder
from paribus.train.engine import engine
from paribus.train.native_tiles import WIDE

_MAKING = threading.Lock()


def compiled(function: Callable[..., Any]) -> "Compiled":
    """Compile a function at its first call, once on a machine; where nothing can be kept, once in each process.

    No fast mathematics: whether a loop is widened depends on where arrays happen to lie, and the order of sums would
    too; as it is, every number is what its expression says. What is kept is kept under the digest of all sources: numba
    itself looks at the file of a function, not at those of the functions that were compiled into it.
    """
    return Compiled(function)


class Compiled:
    """A function for Python and for other compiled functions: each gets the form that suits it, when it asks."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__doc__ = function.__doc__
        self._function, self._whole = function, None

    def __call__(self, *given: Any) -> Any:
        """Compile it for arguments of such types where that was not done, and call it."""
        if self._whole is None:
            with _MAKING:  # several threads may call it first: one compiles, the others wait
                self._whole = self._whole or self._for_python()
        return self._whole(*given)

    def _for_python(self) -> Any:
        made = njit(error_model="numpy", nogil=True)(self._function)
        before = config.CACHE_DIR  # NUMBA_CACHE_DIR, or nothing
        sources = digest([version("numba"), engine(), WIDE])[:16]
        config.CACHE_DIR = str((Path(before) if before else cache_folder() / "compiled") / sources)
        try:
            made.enable_caching()
        except (RuntimeError, OSError):  # nowhere to write
            pass
        finally:
            config.CACHE_DIR = before
        return made

    @cached_property
    def _numba_type_(self) -> Any:
        """What numba takes this for, where a function that it compiles calls it."""
        self._piece = njit(error_model="numpy", nogil=True, pipeline_class=_Pieces)(self._function)
        return self._piece._numba_type_


class _Piece(JITCodeLibrary):
    """Code that waits to be linked into its callers: optimised there, made machine code there."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _ToPiece(LoweringPass):  # type: ignore[misc]  # numba has no types
    """From typed code to a piece, and no further."""

    _name = "paribus_to_piece"

    def __init__(self) -> None:
        super().__init__()
        self._lowering = typed_passes.NativeLowering()

    def run_pass(self, state: Any) -> bool:
        state["library"] = piece = _Piece(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = state.flags.no_cpython_wrapper = state.flags.no_cfunc_wrapper = True
        self._lowering.run_pass(state)
        made = state["cr"]
        # numba knows compiled functions by what Python would call, which has to be built in: any will do, each its own.
        name = [].append
        state.targetctx.insert_user_function(name, made.fndesc, [piece])
        state["cr"] = made._replace(cfunc=name)
        return True


class _Pieces(compiler.CompilerBase):  # type: ignore[misc]
    """numba's own way, with another last step."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        made = compiler.PassManager("paribus_pieces")
        for each, why in compiler.DefaultPassBuilder.define_nopython_pipeline(self.state).passes:
            made.add_pass(_ToPiece if each is typed_passes.NativeLowering else each, why)
        made.finalize()
        return [made]
