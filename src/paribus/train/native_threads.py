"""Several threads at one training: every number is made by one of them, by the sums that one thread alone would make.

A Linear's features are shared out, and so are its weights when they change; all else is shared out by images: whole
tiles, as these are quicker. Threads wait for each other in between.
"""

import ctypes
import platform
import sys

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from paribus.train.native_blas import alone
from paribus.train.native_compiled import compiled
from paribus.train.native_sums import IMAGES, TALL
from paribus.train.native_tiles import I32, I64, element

# Where threads meet: how many have come, which meeting it is, whether one has left for good, and the address of what
# lets another process run. Each in a cache line of its own.
_COME, _MEETING, _LEFT, _YIELD, _PLACES = 0, 8, 16, 24, 32
# A batch has so many parts, at most, whose gradients of filters are apart: as many threads convolve. A part has so many
# images, at least: whole groups of those that a convolution sees at a time.
PARTS, FEW = 4, 16
_PATIENCE = 2**12  # looks, some tens of microseconds: most have come by then
_PAUSES = platform.machine().lower() in ("x86_64", "amd64")


def meeting() -> npt.NDArray[np.int64]:
    """Return a place where threads can wait for each other."""
    place = np.zeros(_PLACES, dtype=np.int64)
    place[_YIELD] = _yield_address()
    return place


def leave(place: npt.NDArray[np.int64]) -> None:
    """Leave for good: nobody waits there any longer."""
    place[_LEFT] = 1


def _yield_address() -> int:
    """Return where the function is that lets others run; 0 where there is none."""
    try:
        if sys.platform == "win32":
            found = ctypes.WinDLL("kernel32").SwitchToThread
        else:
            found = ctypes.CDLL(None).sched_yield
    except (OSError, AttributeError):
        return 0
    return ctypes.cast(found, ctypes.c_void_p).value or 0


@intrinsic
def _add_one(typingctx, array, at):  # type: ignore[no-untyped-def]
    """Add 1 to a number that others change, too; return what it was."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        place = element(context, builder, signature.args[0], *values)
        return builder.atomic_rmw("add", place, ir.Constant(I64, 1), "seq_cst")

    return types.int64(array, at), codegen


@intrinsic
def _look(typingctx, array, at):  # type: ignore[no-untyped-def]
    """Return a number that others change."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return builder.load_atomic(element(context, builder, signature.args[0], *values), "seq_cst", 8)

    return types.int64(array, at), codegen


@intrinsic
def _put(typingctx, array, at, number):  # type: ignore[no-untyped-def]
    """Write a number that others look at."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        array, at, number = values
        builder.store_atomic(number, element(context, builder, signature.args[0], array, at), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(array, at, number), codegen


@intrinsic
def _pause(typingctx):  # type: ignore[no-untyped-def]
    """Tell a processor that this thread waits: the other thread of its core gets more of it."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        if _PAUSES:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def _give_way(typingctx, address):  # type: ignore[no-untyped-def]
    """Let another process run, where there is a function for that."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        (address,) = values
        with builder.if_then(builder.icmp_signed("!=", address, ir.Constant(I64, 0))):
            builder.call(builder.inttoptr(address, ir.FunctionType(I32, []).as_pointer()), [])
        return context.get_dummy_value()

    return types.void(address), codegen


@compiled
def meet(place, threads):
    """Wait until all threads are here, or one has left; what each has written before, all see after."""
    alone()
    if threads == 1:
        return
    now = _look(place, _MEETING)
    if _add_one(place, _COME) == threads - 1:
        _put(place, _COME, 0)
        _put(place, _MEETING, now + 1)
        return
    looks = 0
    while _look(place, _MEETING) == now and _look(place, _LEFT) == 0:
        looks += 1
        _pause()
        if looks > _PATIENCE:
            _give_way(place[_YIELD])


@compiled
def share(whole, size, thread, threads):
    """Return from where to where a thread's part reaches: whole tiles of `size`, and the last thread's the rest."""
    tiles = whole // size
    high = whole if thread == threads - 1 else tiles * (thread + 1) // threads * size
    return tiles * thread // threads * size, high


@compiled
def share_of_rows(rows, thread, threads):
    """Return a thread's rows of weights: whole tiles, counted from the last row, and the first thread's the rest.

    They are the same on the way forward, where tiles are counted from the last row, and when weights change: they stay
    in a core's cache.
    """
    low, high = share(rows, TALL, threads - 1 - thread, threads)
    return rows - high, rows - low


@compiled
def unit_of(spatial):
    """Return how many images belong together: a tile of them, or as many as a gradient of filters is worth."""
    return FEW if spatial > 0 else IMAGES


@compiled
def parts_of(batch, spatial):
    """Return how many parts a batch has; gradients of filters are sums over a part's images, and then over parts."""
    parts = max(1, batch // unit_of(spatial))
    return min(parts, PARTS) if spatial > 0 else parts


@compiled
def parts_between(parts, thread, threads):
    """Return a thread's first part, and the one after its last."""
    return parts * thread // threads, parts * (thread + 1) // threads


@compiled
def images_of(batch, spatial, thread, threads):
    """Return a thread's first image, and the one after its last: those of its parts."""
    unit, parts = unit_of(spatial), parts_of(batch, spatial)
    some, more = parts_between(parts, thread, threads)
    low, _ = share(batch, unit, some, parts)
    _, high = share(batch, unit, max(more - 1, 0), parts)
    return (low, high) if some < more else (low, low)
