"""Products of rows with rows, each number a register while it is summed: a layer's forward, and gradients of filters.

Both factors are read as whole registers, where they lie; the lanes are added up at the end.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from paribus.train.native_tiles import I32, I64, LANES, Tile, element

# A tile is some images by so many rows, or one image by more rows; LANES numbers at most.
IMAGES, TALL = 4, 8
SHORT = LANES // IMAGES


class _Sums:
    """Emits the code of a tile whose numbers are each a register while they are summed: both factors lie along the sum.

    out[i, r] = sum over d of x[i, d] * w[r, d]. Every number is read once a tile, as part of a whole register.
    """

    def __init__(self, context: Any, builder: Any, *, dtype: Any, images: int, rows: int) -> None:
        self.tile = Tile(context, builder, dtype=dtype, rows=rows)
        self.builder, self.images, self.rows = builder, images, rows
        self.vector = self.tile.vector

    def starts(self, begin: Any, step: Any, count: int) -> list[Any]:
        """Return where rows start that lie `step` apart."""
        return [self.builder.gep(begin, [self.builder.mul(step, ir.Constant(I64, n))]) for n in range(count)]

    def product(self, images: list[Any], rows: list[Any], depth: Any) -> Any:
        """Return the numbers [images, rows], filled up with repetitions to one register."""
        builder, lanes = self.builder, ir.Constant(I64, LANES)
        nothing = ir.Constant(self.vector, [0.0] * LANES)
        cells = [cgutils.alloca_once(builder, self.vector) for _ in range(self.images * self.rows)]
        for cell in cells:
            builder.store(nothing, cell)
        with cgutils.for_range(builder, builder.udiv(depth, lanes)) as loop:
            along = builder.mul(loop.index, lanes)
            self._add(cells, images, rows, lambda start: self.tile.load(self._at(start, along)))
        rest = builder.urem(depth, lanes)
        with builder.if_then(builder.icmp_unsigned("!=", rest, ir.Constant(I64, 0))):
            along = builder.sub(depth, rest)
            mask = self.tile.first(rest)
            self._add(cells, images, rows, lambda start: self.tile.load_some(self._at(start, along), mask))
        return self._folded([builder.load(cell) for cell in cells])

    def _at(self, start: Any, along: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(start, [along]), self.vector.as_pointer())

    def _add(self, cells: list[Any], images: list[Any], rows: list[Any], load: Any) -> None:
        factors = [load(row) for row in rows]
        for i, image in enumerate(images):
            given = load(image)
            for r, factor in enumerate(factors):
                cell = cells[i * self.rows + r]
                self.builder.store(self.tile.fma(given, factor, self.builder.load(cell)), cell)

    def _folded(self, sums: list[Any]) -> Any:
        """Add the lanes of each register up, two registers at a time: half of each moves beside half of the other."""
        builder, span = self.builder, LANES
        while span > 1:
            span //= 2
            groups = range(0, LANES, 2 * span)
            pairs = list(zip(sums[::2], sums[1::2], strict=True)) if len(sums) > 1 else [(sums[0], sums[0])]
            sums = []
            for one, other in pairs:
                halves = []
                for half in (0, span):
                    lanes = [
                        base + group + half + lane for base in (0, LANES) for group in groups for lane in range(span)
                    ]
                    mask = ir.Constant(ir.VectorType(I32, LANES), lanes)
                    halves.append(builder.shuffle_vector(one, other, mask))
                sums.append(builder.fadd(*halves))
        return sums[0]

    def store(self, made: Any, out: Any, step: Any) -> None:
        """Write the numbers of each image together, images `step` apart."""
        builder = self.builder
        kind = ir.VectorType(self.vector.element, self.rows)
        for i in range(self.images):
            goal = builder.gep(out, [builder.mul(step, ir.Constant(I64, i))])
            if self.rows == 1:
                builder.store(builder.extract_element(made, ir.Constant(I32, i)), goal)
                continue
            lanes = ir.Constant(ir.VectorType(I32, self.rows), list(range(i * self.rows, (i + 1) * self.rows)))
            builder.store(builder.shuffle_vector(made, made, lanes), builder.bitcast(goal, kind.as_pointer())).align = 4


def _summer(images: int, rows: int) -> Any:
    @intrinsic
    def sums(typingctx, x, at_x, w, at_w, depth, out, at_out, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            x, at_x, w, at_w, depth, out, at_out, step_out = values
            kinds = signature.args
            tile = _Sums(context, builder, dtype=kinds[0].dtype, images=images, rows=rows)
            left = tile.starts(element(context, builder, kinds[0], x, at_x), depth, images)
            right = tile.starts(element(context, builder, kinds[2], w, at_w), depth, rows)
            made = tile.product(left, right, depth)
            tile.store(made, element(context, builder, kinds[5], out, at_out), step_out)
            return context.get_dummy_value()

        return types.void(x, at_x, w, at_w, depth, out, at_out, step_out), codegen

    return sums


def _window_summer(planes: int, windows: int) -> Any:
    """Make a tile whose second factor's rows start where a table says."""

    @intrinsic
    def sums(typingctx, x, at_x, step_x, image, at_image, table, at, depth, out, at_out, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            x, at_x, step_x, image, at_image, table, at, depth, out, at_out, step_out = values
            kinds = signature.args
            tile = _Sums(context, builder, dtype=kinds[0].dtype, images=planes, rows=windows)
            left = tile.starts(element(context, builder, kinds[0], x, at_x), step_x, planes)
            corner, known = (
                element(context, builder, kinds[3], image, at_image),
                element(context, builder, kinds[5], table, at),
            )
            places = [builder.load(builder.gep(known, [ir.Constant(I64, n)])) for n in range(windows)]
            made = tile.product(left, [builder.gep(corner, [place]) for place in places], depth)
            tile.store(made, element(context, builder, kinds[8], out, at_out), step_out)
            return context.get_dummy_value()

        return types.void(x, at_x, step_x, image, at_image, table, at, depth, out, at_out, step_out), codegen

    return sums


# out[i * step + r] = sum over d of x[i, d] * w[r, d], rows of both `depth` long.
sum_short, sum_column = _summer(IMAGES, SHORT), _summer(IMAGES, 1)
sum_tall, sum_one = _summer(1, TALL), _summer(1, 1)
# out[p * step + r] = sum over d of x[p, d] * image[table[r] + d]: the gradient of few filters.
PLANES, PLACES = IMAGES, 2 * SHORT
sum_windows = _window_summer(PLANES, SHORT)
sum_windows_pair, sum_windows_one = (_window_summer(planes, PLACES) for planes in (2, 1))
