"""Runs of numbers copied and added by whole registers: where they are short, calling a function costs more than moving.

A run has LANES numbers or more. Its last register reaches back over the one before, so that no number is left over and
nothing beyond the run is touched.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from paribus.train.native_tiles import I64, LANES, element


def _mover(*, adds: bool) -> Any:
    @intrinsic
    def move(typingctx, goal, to, source, at, count):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            goal, to, source, at, count = values
            kinds = signature.args
            number = kinds[0].dtype
            vector, size = ir.VectorType(context.get_data_type(number), LANES), number.bitwidth // 8
            made, given = element(context, builder, kinds[0], goal, to), element(context, builder, kinds[2], source, at)

            def place(start: Any, offset: Any) -> Any:
                return builder.bitcast(builder.gep(start, [offset]), vector.as_pointer())

            def moved(offset: Any) -> Any:
                value = builder.load(place(given, offset))
                value.align = size
                if not adds:
                    return value
                before = builder.load(place(made, offset))
                before.align = size
                return builder.fadd(before, value)

            lanes = ir.Constant(I64, LANES)
            last = builder.sub(count, lanes)
            rest = moved(last)  # before what it reaches back over is written
            with cgutils.for_range(builder, builder.udiv(builder.sub(count, ir.Constant(I64, 1)), lanes)) as loop:
                offset = builder.mul(loop.index, lanes)
                builder.store(moved(offset), place(made, offset)).align = size
            builder.store(rest, place(made, last)).align = size
            return context.get_dummy_value()

        return types.void(goal, to, source, at, count), codegen

    return move


# goal[to + j] = source[at + j], and goal[to + j] += source[at + j], for j < count; arrays that do not overlap there.
copy_run, add_run = _mover(adds=False), _mover(adds=True)
