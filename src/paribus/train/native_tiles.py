"""Products of small matrices, held in a core's registers: what the products of a BLAS are slow at.

A BLAS copies both factors into an order of its own before it multiplies. For a batch of some 32 images that costs as
much as the product; here the large factor, a layer's weights, is read where it lies, and changed where it lies.
"""

import functools
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# Floats of one register, as far as compiled code may use it; a tile is some rows of two registers, or of one.
LANES = 16 if llvm.get_host_cpu_features().get("avx512f") else 8
ROWS, WIDE = 8 if LANES == 16 else 6, 2 * LANES
HALF = ROWS // 2

Along = Callable[[Any], Any]  # from the number of a step to how far it is from the first

I64, I32, _BYTES = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
_FOUR = ir.Constant(I32, 4)  # bytes: numbers lie at whole ones, registers anywhere


class Tile:
    """Emits the code of one tile: out[r, c] = sum over d of a[r, d] * b[d, c], one chain of sums for every number.

    With `columns` no more than so many numbers of each register are read and written.
    """

    def __init__(
        self, context: Any, builder: Any, *, dtype: Any, rows: int, registers: int = 2, columns: Any = None
    ) -> None:
        self.builder, self.rows, self._registers = builder, rows, range(registers)
        self.vector, self._bits = ir.VectorType(context.get_data_type(dtype), LANES), dtype.bitwidth
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self._fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f{dtype.bitwidth}")
        self._mask = None if columns is None else self.first(columns)

    def fma(self, factor: Any, other: Any, addend: Any) -> Any:
        """Return factor * other + addend, rounded once."""
        return self.builder.call(self._fma, [factor, other, addend])

    def spread(self, number: Any) -> Any:
        """Return a register that is full of one number."""
        empty = ir.Constant(ir.VectorType(number.type, LANES), ir.Undefined)
        first = self.builder.insert_element(empty, number, ir.Constant(I32, 0))
        return self.builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(I32, LANES), [0] * LANES))

    def places(self, start: Any, step: Any) -> list[Any]:
        """Return where the registers of a tile are in memory, whose rows are `step` apart."""
        found = []
        for row in range(self.rows):
            begin = self.builder.gep(start, [self.builder.mul(step, ir.Constant(I64, row))])
            found += [self.beside(begin, register) for register in self._registers]
        return found

    def load(self, place: Any) -> Any:
        """Read a register; it need not start at a whole register."""
        if self._mask is not None:
            return self.load_some(place, self._mask)
        value = self.builder.load(place)
        value.align = 4
        return value

    def store(self, value: Any, place: Any) -> None:
        """Write a register; it need not start at a whole register."""
        if self._mask is None:
            self.builder.store(value, place).align = 4
            return
        kind = [self.vector, self.vector.as_pointer(), I32, self._mask.type]
        self.builder.call(self._masked("store", ir.VoidType(), kind), [value, place, _FOUR, self._mask])

    def load_some(self, place: Any, mask: Any) -> Any:
        """Read the numbers of a register that a mask names; the others are 0, and not looked at."""
        kind, nothing = [self.vector.as_pointer(), I32, mask.type, self.vector], ir.Constant(self.vector, [0.0] * LANES)
        return self.builder.call(self._masked("load", self.vector, kind), [place, _FOUR, mask, nothing])

    def first(self, count: Any) -> Any:
        """Return a mask of the first numbers of a register."""
        places = ir.Constant(ir.VectorType(I32, LANES), list(range(LANES)))
        return self.builder.icmp_unsigned("<", places, self.spread(self.builder.trunc(count, I32)))

    def _masked(self, what: str, made: Any, takes: list[Any]) -> Any:
        name = f"llvm.masked.{what}.v{LANES}f{self._bits}.p0"
        return cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(made, takes), name)

    def write(self, made: list[Any], start: Any, step: Any) -> None:
        """Write the registers of a tile, row by row, rows `step` apart."""
        for value, place in zip(made, self.places(start, step), strict=True):
            self.store(value, place)

    def fetch(self, places: list[Any]) -> None:
        """Ask for memory that will be changed after the product, which takes longer than the memory."""
        for place in places:
            prefetch(self.builder, place, to_write=True)

    def offsets(self, row: Any) -> list[Any]:
        """Return how far rows start from the first, which are `row` apart."""
        return [self.builder.mul(row, ir.Constant(I64, number)) for number in range(self.rows)]

    def product(
        self, a: Any, offsets: list[Any], along_a: Along, b: Any, along_b: Along, depth: Any, first: Any = None
    ) -> list[Any]:
        """Return the registers of the tile, row by row.

        `along_a` and `along_b` say how far the d-th numbers of `a`, and the d-th row of `b`, are from where they start;
        `first` is a row that all sums begin with.
        """
        builder = self.builder
        begin = ir.Constant(self.vector, [0.0] * LANES)
        cells = [cgutils.alloca_once(builder, self.vector) for _ in range(self.rows * len(self._registers))]
        for number, cell in enumerate(cells):
            place = None if first is None else self.beside(first, number % len(self._registers))
            builder.store(begin if place is None else self.load(place), cell)
        with cgutils.for_range(builder, depth) as loop:
            begin = builder.gep(b, [along_b(loop.index)])
            right = [self.load(self.beside(begin, register)) for register in self._registers]
            along = along_a(loop.index)
            for row, offset in enumerate(offsets):
                left = self.spread(builder.load(builder.gep(a, [builder.add(along, offset)])))
                for register, factor in enumerate(right):
                    cell = cells[row * len(right) + register]
                    builder.store(self.fma(left, factor, builder.load(cell)), cell)
        return [builder.load(cell) for cell in cells]

    def beside(self, begin: Any, register: int) -> Any:
        """Return where a register is that comes so many after one at `begin`."""
        place = self.builder.gep(begin, [ir.Constant(I64, register * LANES)])
        return self.builder.bitcast(place, self.vector.as_pointer())


def prefetch(builder: Any, place: Any, *, to_write: bool) -> None:
    """Ask for memory before it is used."""
    kind = ir.FunctionType(ir.VoidType(), [_BYTES, I32, I32, I32])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    writes, near, data = (ir.Constant(I32, value) for value in (int(to_write), 3, 1))
    builder.call(function, [builder.bitcast(place, _BYTES), writes, near, data])


def element(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """Return where an element of an array is in memory."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


def _writer(rows: int) -> Any:
    @intrinsic
    def write(typingctx, a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out = values
            kinds = signature.args
            tile = Tile(context, builder, dtype=kinds[0].dtype, rows=rows)
            left = element(context, builder, kinds[0], a, at_a)
            right = element(context, builder, kinds[4], b, at_b)
            along_a, along_b = functools.partial(builder.mul, step_a), functools.partial(builder.mul, step_b)
            made = tile.product(left, tile.offsets(row_a), along_a, right, along_b, depth)
            tile.write(made, element(context, builder, kinds[8], out, at_out), step_out)
            return context.get_dummy_value()

        return types.void(a, at_a, row_a, step_a, b, at_b, step_b, depth, out, at_out, step_out), codegen

    return write


def _learner(rows: int, *, momentum: bool, some: bool = False) -> Any:
    """Make tiles beside one another, `times` of them; `b` of each starts `jump` after that of the one before.

    With `some` it is one tile of one register, of which `times` columns are there.
    """

    @intrinsic
    def learn(  # type: ignore[no-untyped-def]
        typingctx, times, jump, a, at_a, step_a, b, at_b, step_b, depth, theta, first, at, step, rate, mu, decay
    ):
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            times, jump, a, at_a, step_a, b, at_b, step_b, depth, theta, first, at, step, rate, mu, decay = values
            kinds = signature.args
            shape = {"registers": 1, "columns": times} if some else {}
            times = ir.Constant(I64, 1) if some else times
            tile = Tile(context, builder, dtype=kinds[2].dtype, rows=rows, **shape)
            left = element(context, builder, kinds[2], a, at_a)
            offsets = [ir.Constant(I64, row) for row in range(rows)]
            falling, kept, shrinking = (tile.spread(number) for number in (builder.fneg(rate), mu, decay))
            with cgutils.for_range(builder, times) as loop:
                place = builder.add(at, builder.mul(loop.index, ir.Constant(I64, 2 * LANES)))
                weights = tile.places(element(context, builder, kinds[9], theta, place), step)
                moments = tile.places(element(context, builder, kinds[10], first, place), step) if momentum else []
                tile.fetch([*weights, *moments])
                start = builder.add(at_b, builder.mul(loop.index, jump))
                right = element(context, builder, kinds[5], b, start)
                along_a, along_b = functools.partial(builder.mul, step_a), functools.partial(builder.mul, step_b)
                slopes = tile.product(left, offsets, along_a, right, along_b, depth)
                for number, (goal, slope) in enumerate(zip(weights, slopes, strict=True)):
                    weight = tile.load(goal)
                    move = tile.fma(shrinking, weight, slope)
                    if momentum:
                        move = tile.fma(kept, tile.load(moments[number]), move)
                        tile.store(move, moments[number])
                    tile.store(tile.fma(falling, move, weight), goal)
            return context.get_dummy_value()

        arguments = (times, jump, a, at_a, step_a, b, at_b, step_b, depth, theta, first, at, step, rate, mu, decay)
        return types.void(*arguments), codegen

    return learn


# out[r, c] = sum over d of a[r * row_a + d * step_a] * b[d * step_b + c], with so many rows and columns.
write_wide, write_half, write_pair, write_row = (_writer(rows) for rows in (ROWS, HALF, 2, 1))
# The same sums are a gradient at once used: theta falls by rate * (gradient + decay * theta), or by rate times the
# moment that this is added to, as in torch.optim.SGD.
learn, learn_row = _learner(ROWS, momentum=False), _learner(1, momentum=False)
learn_moment, learn_moment_row = _learner(ROWS, momentum=True), _learner(1, momentum=True)
learn_some, learn_some_row = _learner(ROWS, momentum=False, some=True), _learner(1, momentum=False, some=True)
learn_moment_some, learn_moment_some_row = (_learner(rows, momentum=True, some=True) for rows in (ROWS, 1))
