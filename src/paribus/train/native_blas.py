"""What compiled code lacks: matrix products of a BLAS by address, and views and copies without checks."""

import ctypes
import functools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from scipy.linalg import cython_blas

from paribus.core import RunError
from paribus.train import native_rows as k
from paribus.train.job import Library

_TORCH = {"linux": "libtorch_cpu.so", "darwin": "libtorch_cpu.dylib", "win32": "torch_cpu.dll"}


def libraries() -> tuple[Library, ...]:
    """Return whose matrix products there are: our own tiles, SciPy's, and torch's where it brings MKL and shows it."""
    return ("tiles", "scipy") if _torch_library() is None else ("tiles", "scipy", "torch")


def address(library: Library, dtype: np.dtype[Any]) -> int:
    """Return where a library's gemm for float32 or float64 is in this process; `gemm` takes it. Tiles have none."""
    if library in ("tiles", "sparse"):
        return k.TILES
    name = "sgemm" if dtype == np.float32 else "dgemm"
    if library == "torch":
        found = _torch_library()
        if found is None:
            raise RunError(
                "plan",
                wrong="this run was started with the matrix products that torch has on x86; this torch has none",
                allowed="the machine, or the build of torch, that it was started with",
            )
        where = ctypes.cast(getattr(found, f"{name}_"), ctypes.c_void_p).value
    else:
        capsule = cython_blas.__pyx_capi__[name]
        named, pointer = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
        named.restype, named.argtypes = ctypes.c_char_p, [ctypes.py_object]
        pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        where = pointer(capsule, named(capsule))
    assert where is not None
    return int(where)


@functools.cache
def _torch_library() -> ctypes.CDLL | None:
    file = Path(torch.__file__).parent / "lib" / _TORCH.get(sys.platform, "")
    try:
        library = ctypes.CDLL(str(file))
    except OSError:
        return None
    return library if hasattr(library, "sgemm_") and hasattr(library, "dgemm_") else None


# The address is an argument, not a constant: compiled code that holds no address can be kept on disk.
@intrinsic
def gemm(  # type: ignore[no-untyped-def]
    typingctx, where, turn_a, turn_b, m, n, k, alpha, a, at_a, lda, b, at_b, ldb, beta, c, at_c, ldc
):
    """Compute C[m, n] = alpha * op(A)[m, k] @ op(B)[k, n] + beta * C, all stored row by row.

    `where` is `address`; op turns (transposes) what is stored as [k, m] or [n, k], where `turn_a` or `turn_b` is 1.
    With beta = 0 nothing is read of C. `a`, `b` and `c` are one-dimensional arrays of one type, in which the matrices
    start at `at_*`; from row to row it is `ld*`.
    """
    arguments = (where, turn_a, turn_b, m, n, k, alpha, a, at_a, lda, b, at_b, ldb, beta, c, at_c, ldc)
    signature = types.void(*arguments)

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given = dict(zip(_NAMES, zip(values, signature.args, strict=True), strict=True))

        def cell(name, kind):  # type: ignore[no-untyped-def]
            value, found = given[name]
            return cgutils.alloca_once_value(builder, context.cast(builder, value, found, kind))

        def turned(name):  # type: ignore[no-untyped-def]
            value, _ = given[name]
            zero = ir.Constant(value.type, 0)
            letter = builder.select(builder.icmp_signed("!=", value, zero), _letter("T"), _letter("N"))
            return cgutils.alloca_once_value(builder, letter)

        def start(array, at):  # type: ignore[no-untyped-def]
            value, kind = given[array]
            data = context.make_array(kind)(context, builder, value).data
            return builder.gep(data, [given[at][0]])

        number = given["c"][1].dtype
        # BLAS counts by columns: what is C by rows is C turned by columns, and C' = B' A'.
        pointers = [turned("turn_b"), turned("turn_a")]
        pointers += [cell(name, types.int32) for name in ("n", "m", "k")]
        pointers += [cell("alpha", number), start("b", "at_b"), cell("ldb", types.int32)]
        pointers += [start("a", "at_a"), cell("lda", types.int32), cell("beta", number)]
        pointers += [start("c", "at_c"), cell("ldc", types.int32)]
        kind = ir.FunctionType(ir.VoidType(), [pointer.type for pointer in pointers])
        builder.call(builder.inttoptr(given["where"][0], kind.as_pointer()), pointers)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def part(typingctx, array, at):  # type: ignore[no-untyped-def]
    """Return the same array from element `at` on: no check, no copy; a loop over it can be widened."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        given, offset = values
        whole = context.make_array(signature.args[0])(context, builder, given)
        made = context.make_array(signature.return_type)(context, builder)
        length = builder.extract_value(whole.shape, 0)
        width = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(array.dtype)))
        made.data = builder.gep(whole.data, [offset])
        made.itemsize = width
        made.nitems = length
        made.shape = cgutils.pack_array(builder, [length])
        made.strides = cgutils.pack_array(builder, [width])
        made.meminfo = ir.Constant(made.meminfo.type, None)
        made.parent = ir.Constant(made.parent.type, None)
        return made._getvalue()  # noqa: SLF001  numba's own name for it

    return types.Array(array.dtype, 1, "C")(array, at), codegen


@intrinsic
def alone(typingctx):  # type: ignore[no-untyped-def]
    """Keep the function that says this from being copied into its callers: less code, compiled sooner."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def copy(typingctx, goal, to, source, at, count):  # type: ignore[no-untyped-def]
    """Copy elements, goal[to + j] = source[at + j], of arrays that do not overlap there."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        one, begin, other, start, number = values
        target = builder.gep(context.make_array(signature.args[0])(context, builder, one).data, [begin])
        origin = builder.gep(context.make_array(signature.args[2])(context, builder, other).data, [start])
        width = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(goal.dtype)))
        cgutils.raw_memcpy(builder, target, origin, number, width)
        return context.get_dummy_value()

    return types.void(goal, to, source, at, count), codegen


_NAMES = (
    "where",
    "turn_a",
    "turn_b",
    "m",
    "n",
    "k",
    "alpha",
    "a",
    "at_a",
    "lda",
    "b",
    "at_b",
    "ldb",
    "beta",
    "c",
    "at_c",
)
_NAMES += ("ldc",)


def _letter(letter: str) -> ir.Constant:
    return ir.Constant(ir.IntType(8), ord(letter))
