"""Products of small matrices, held in a core's registers: what the products of a BLAS are slow at.

A BLAS copies both factors into an order of its own before it multiplies. For a batch of some 32 images that costs as
much as the product; here the large factor, a layer's weights, is read where it lies, and changed where it lies.
"""

import functools
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# Floats of one register, as far as compiled code may use it; a tile is some rows of one or two registers.
_LANES = 16 if llvm.get_host_cpu_features().get("avx512f") else 8
ROWS, WIDE = 6, 2 * _LANES
MANY_ROWS, NARROW = 12, 8

_INDEX, _SHORT, _BYTES = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()


class _Tile:
    """Emits the code of one tile: out[r, c] = sum over d of a[r, d] * b[d, c], one chain of sums for every number."""

    def __init__(self, context: Any, builder: Any, *, dtype: Any, rows: int, registers: int, lanes: int) -> None:
        self.builder, self.rows, self.registers, self.lanes = builder, rows, registers, lanes
        self.vector = ir.VectorType(context.get_data_type(dtype), lanes)
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self._fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{lanes}f{dtype.bitwidth}")

    def fma(self, factor: Any, other: Any, addend: Any) -> Any:
        return self.builder.call(self._fma, [factor, other, addend])

    def spread(self, number: Any) -> Any:
        """Return a register that is full of one number."""
        empty = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(empty, number, ir.Constant(_SHORT, 0))
        return self.builder.shuffle_vector(
            first, empty, ir.Constant(ir.VectorType(_SHORT, self.lanes), [0] * self.lanes)
        )

    def places(self, start: Any, step: Any) -> list[Any]:
        """Return where the registers of a tile are in memory, whose rows are `step` apart."""
        found = []
        for row in range(self.rows):
            begin = self.builder.gep(start, [self.builder.mul(step, ir.Constant(_INDEX, row))])
            found += [self._beside(begin, register) for register in range(self.registers)]
        return found

    def load(self, place: Any) -> Any:
        value = self.builder.load(place)
        value.align = 4
        return value

    def store(self, value: Any, place: Any) -> None:
        self.builder.store(value, place).align = 4

    def fetch(self, places: list[Any]) -> None:
        """Ask for memory that will be changed after the product, which takes longer than the memory."""
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, _SHORT, _SHORT, _SHORT])
        prefetch = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0")
        to_write, near, data = (ir.Constant(_SHORT, value) for value in (1, 3, 1))
        for place in places:
            self.builder.call(prefetch, [self.builder.bitcast(place, _BYTES), to_write, near, data])

    def offsets(self, row: Any) -> list[Any]:
        """Return how far rows start from the first, which are `row` apart."""
        return [self.builder.mul(row, ir.Constant(_INDEX, number)) for number in range(self.rows)]

    def product(self, a: Any, offsets: list[Any], step_a: Any, b: Any, step_b: Any, depth: Any) -> list[Any]:
        """Return the registers of the tile, row by row; `step_b` says how far its d-th row of `b` starts."""
        builder = self.builder
        nothing = ir.Constant(self.vector, [0.0] * self.lanes)
        cells = [cgutils.alloca_once(builder, self.vector) for _ in range(self.rows * self.registers)]
        for cell in cells:
            builder.store(nothing, cell)
        with cgutils.for_range(builder, depth) as loop:
            begin = builder.gep(b, [step_b(loop.index)])
            right = [self.load(self._beside(begin, register)) for register in range(self.registers)]
            along = builder.mul(loop.index, step_a)
            for row, offset in enumerate(offsets):
                left = self.spread(builder.load(builder.gep(a, [builder.add(along, offset)])))
                for register, factor in enumerate(right):
                    cell = cells[row * self.registers + register]
                    builder.store(self.fma(left, factor, builder.load(cell)), cell)
        return [builder.load(cell) for cell in cells]

    def _beside(self, begin: Any, register: int) -> Any:
        place = self.builder.gep(begin, [ir.Constant(_INDEX, register * self.lanes)])
        return self.builder.bitcast(place, self.vector.as_pointer())


def _start(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


def _writer(rows: int, registers: int, lanes: int) -> Any:
    @intrinsic
    def write(typingctx, a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out = values
            kinds = signature.args
            tile = _Tile(context, builder, dtype=kinds[0].dtype, rows=rows, registers=registers, lanes=lanes)
            left = _start(context, builder, kinds[0], a, at_a)
            right = _start(context, builder, kinds[4], b, at_b)
            along = functools.partial(builder.mul, step_b)
            made = tile.product(left, tile.offsets(row_a), step_a, right, along, depth)
            places = tile.places(_start(context, builder, kinds[8], out, at_out), step_out)
            for value, place in zip(made, places, strict=True):
                tile.store(value, place)
            return context.get_dummy_value()

        return types.void(a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out), codegen

    return write


def _learner(rows: int, registers: int, lanes: int, *, momentum: bool) -> Any:
    @intrinsic
    def learn(  # type: ignore[no-untyped-def]
        typingctx, a, at_a, row_a, step_a, b, at_b, step_b, depth, theta, first, at, step, rate, mu, decay
    ):
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            a, at_a, row_a, step_a, b, at_b, step_b, depth, theta, first, at, step, rate, mu, decay = values
            kinds = signature.args
            tile = _Tile(context, builder, dtype=kinds[0].dtype, rows=rows, registers=registers, lanes=lanes)
            weights = tile.places(_start(context, builder, kinds[8], theta, at), step)
            moments = tile.places(_start(context, builder, kinds[9], first, at), step) if momentum else []
            tile.fetch([*weights, *moments])
            left = _start(context, builder, kinds[0], a, at_a)
            right = _start(context, builder, kinds[4], b, at_b)
            along = functools.partial(builder.mul, step_b)
            slopes = tile.product(left, tile.offsets(row_a), step_a, right, along, depth)
            falling, kept, shrinking = (tile.spread(number) for number in (builder.fneg(rate), mu, decay))
            for number, (place, slope) in enumerate(zip(weights, slopes, strict=True)):
                weight = tile.load(place)
                move = tile.fma(shrinking, weight, slope)
                if momentum:
                    move = tile.fma(kept, tile.load(moments[number]), move)
                    tile.store(move, moments[number])
                tile.store(tile.fma(falling, move, weight), place)
            return context.get_dummy_value()

        arguments = (a, at_a, row_a, step_a, b, at_b, step_b, depth, theta, first, at, step, rate, mu, decay)
        return types.void(*arguments), codegen

    return learn


def _slider(rows: int, registers: int, lanes: int, *, right: bool) -> Any:
    """Make a tile of a factor whose rows lie where a table says; the other's are one or `step` apart."""

    @intrinsic
    def slide(typingctx, a, at_a, b, at_b, step, table, at, depth, out, at_out, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            a, at_a, b, at_b, step, table, at, depth, out, at_out, step_out = values
            kinds = signature.args
            tile = _Tile(context, builder, dtype=kinds[0].dtype, rows=rows, registers=registers, lanes=lanes)
            first = _start(context, builder, kinds[0], a, at_a)
            second = _start(context, builder, kinds[2], b, at_b)
            known = _start(context, builder, kinds[5], table, at)
            one = ir.Constant(_INDEX, 1)
            if right:
                made = tile.product(
                    first, tile.offsets(step), one, second, lambda d: builder.load(builder.gep(known, [d])), depth
                )
            else:
                offsets = [builder.load(builder.gep(known, [ir.Constant(_INDEX, row)])) for row in range(rows)]
                made = tile.product(first, offsets, one, second, functools.partial(builder.mul, step), depth)
            places = tile.places(_start(context, builder, kinds[8], out, at_out), step_out)
            for value, place in zip(made, places, strict=True):
                tile.store(value, place)
            return context.get_dummy_value()

        return types.void(a, at_a, b, at_b, step, table, at, depth, out, at_out, step_out), codegen

    return slide


# out[r, c] = sum over d of a[r * row_a + d * step_a] * b[d * step_b + c], with so many rows and columns.
write_wide, write_wide_row = _writer(ROWS, 2, _LANES), _writer(1, 2, _LANES)
write_narrow, write_narrow_row = _writer(MANY_ROWS, 1, NARROW), _writer(1, 1, NARROW)
# The same sums are a gradient at once used: theta falls by rate * (gradient + decay * theta), or by rate times the
# moment that this is added to, as in torch.optim.SGD.
learn, learn_row = _learner(ROWS, 2, _LANES, momentum=False), _learner(1, 2, _LANES, momentum=False)
learn_moment, learn_moment_row = _learner(ROWS, 2, _LANES, momentum=True), _learner(1, 2, _LANES, momentum=True)
# out[r, c] = sum over d of a[r * step + d] * b[table[d] + c]: filters over windows of an image, which lies where it is.
slide_wide, slide_wide_row = _slider(ROWS, 2, _LANES, right=True), _slider(1, 2, _LANES, right=True)
# out[r, c] = sum over d of a[table[r] + d] * b[d * step + c]: their gradients.
gather_wide, gather_narrow = _slider(ROWS, 2, _LANES, right=False), _slider(MANY_ROWS, 1, NARROW, right=False)
