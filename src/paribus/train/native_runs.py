"""Short runs of numbers copied, mirrored and added by whole registers: calling a function costs more than moving them.

A run has LANES numbers or more. Its last register reaches back over the one before, so that no number is left over and
nothing beyond the run is touched.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from paribus.train.native_tiles import I32, I64, LANES, element, prefetch

LINE = 64  # bytes that memory hands over at once, on most processors


def _mover(*, adds: bool = False, mirrors: bool = False) -> Any:
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

            lanes = ir.Constant(I64, LANES)
            last = builder.sub(count, lanes)
            order = ir.Constant(ir.VectorType(I32, LANES), list(range(LANES))[::-1])

            def moved(offset: Any) -> Any:
                value = builder.load(place(given, builder.sub(last, offset) if mirrors else offset))
                value.align = size
                if mirrors:
                    return builder.shuffle_vector(value, value, order)
                if not adds:
                    return value
                before = builder.load(place(made, offset))
                before.align = size
                return builder.fadd(before, value)

            rest = moved(last)  # before what it reaches back over is written
            with cgutils.for_range(builder, builder.udiv(builder.sub(count, ir.Constant(I64, 1)), lanes)) as loop:
                offset = builder.mul(loop.index, lanes)
                builder.store(moved(offset), place(made, offset)).align = size
            builder.store(rest, place(made, last)).align = size
            return context.get_dummy_value()

        return types.void(goal, to, source, at, count), codegen

    return move


# For j < count, goal[to + j] = source[at + j], source[at + count - 1 - j], or goal[to + j] + source[at + j]; of arrays
# that do not overlap there.
copy_run, mirror_run, add_run = _mover(), _mover(mirrors=True), _mover(adds=True)


@intrinsic
def expect(typingctx, source, at, count):  # type: ignore[no-untyped-def]
    """Ask for bytes that will soon be read: images lie apart, and memory takes longer than copying them does."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        source, at, count = values
        kinds = signature.args
        line = ir.Constant(I64, LINE)
        with cgutils.for_range(builder, builder.udiv(builder.add(count, ir.Constant(I64, LINE - 1)), line)) as loop:
            place = element(context, builder, kinds[0], source, builder.add(at, builder.mul(loop.index, line)))
            prefetch(builder, place, to_write=False)
        return context.get_dummy_value()

    return types.void(source, at, count), codegen
