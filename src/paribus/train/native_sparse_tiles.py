"""Products with images of which most pixels are dark: loops over lists of the others, sums in registers.

Weights lie in panels: PANEL features of one pixel beside one another, then those of the next pixel.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from paribus.train.native_tiles import I64, LANES, Tile, element

PANEL_ROWS = 4  # registers of a panel's features
PANEL = PANEL_ROWS * LANES


@intrinsic
def lit(typingctx, image, at, dark, at_dark):  # type: ignore[no-untyped-def]
    """Return which of LANES numbers are others than those of `dark`, as bits."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        image, at, dark, at_dark = values
        kinds = signature.args
        tile = Tile(context, builder, dtype=kinds[0].dtype, rows=1, registers=1)
        pair = (element(context, builder, kinds[0], image, at), element(context, builder, kinds[2], dark, at_dark))
        left, right = (tile.load(builder.bitcast(place, tile.vector.as_pointer())) for place in pair)
        return builder.zext(builder.bitcast(builder.fcmp_unordered("!=", left, right), ir.IntType(LANES)), I64)

    return types.int64(image, at, dark, at_dark), codegen


@intrinsic
def lowest(typingctx, bits):  # type: ignore[no-untyped-def]
    """Return the number of the lowest bit that is set; one is."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(bits), codegen


def _summer(images: int) -> Any:
    """Make a tile of some images by a panel: out[i, n] = begin[n] + sum over a list of value[i] * weights[pixel, n].

    The list has `pixels`, where a pixel's features start in the panel, and `images` values for each.
    """

    @intrinsic
    def sums(typingctx, pixels, low, high, values, at, theta, panel, begin, at_begin, out, at_out, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            pixels, low, high, given, at, theta, panel, begin, at_begin, out, at_out, step_out = values
            kinds = signature.args
            tile = Tile(context, builder, dtype=kinds[3].dtype, rows=images, registers=PANEL_ROWS)
            start = element(context, builder, kinds[7], begin, at_begin)
            known = element(context, builder, kinds[0], pixels, low)
            weights = element(context, builder, kinds[5], theta, panel)
            factors = element(context, builder, kinds[3], given, at)
            cells = [cgutils.alloca_once(builder, tile.vector) for _ in range(images * PANEL_ROWS)]
            for number, cell in enumerate(cells):
                builder.store(tile.load(tile.beside(start, number % PANEL_ROWS)), cell)
            with cgutils.for_range(builder, builder.sub(high, low)) as loop:
                place = builder.gep(weights, [builder.sext(builder.load(builder.gep(known, [loop.index])), I64)])
                rows = [tile.load(tile.beside(place, number)) for number in range(PANEL_ROWS)]
                for i in range(images):
                    where = builder.add(builder.mul(loop.index, ir.Constant(I64, images)), ir.Constant(I64, i))
                    factor = tile.spread(builder.load(builder.gep(factors, [where])))
                    for number, row in enumerate(rows):
                        cell = cells[i * PANEL_ROWS + number]
                        builder.store(tile.fma(factor, row, builder.load(cell)), cell)
            tile.write(
                [builder.load(cell) for cell in cells], element(context, builder, kinds[9], out, at_out), step_out
            )
            return context.get_dummy_value()

        arguments = (pixels, low, high, values, at, theta, panel, begin, at_begin, out, at_out, step_out)
        return types.void(*arguments), codegen

    return sums


class _Learning:
    """Emits what happens to a pixel's weights in some panels: registers PANEL_ROWS beside one another in each."""

    def __init__(self, tile: Tile, *, panels: int, rate: Any, mu: Any, decay: Any) -> None:
        self.tile, self.builder, self.registers = tile, tile.builder, range(panels * PANEL_ROWS)
        self._falling, self._kept, self._shrinking = (
            tile.spread(number) for number in (tile.builder.fneg(rate), mu, decay)
        )
        self._heavy = self.builder.fcmp_ordered("!=", mu, ir.Constant(mu.type, 0.0))
        self._firm = self.builder.fcmp_ordered("==", decay, ir.Constant(decay.type, 0.0))
        self._cells = [cgutils.alloca_once(self.builder, tile.vector) for _ in self.registers]

    def moves(self, length: Any, level: Any) -> Any:
        """Tell whether a pixel's weights may change: not where no image of the batch lights it, and dark is 0."""
        builder = self.builder
        lit = builder.icmp_signed("!=", length, ir.Constant(length.type, 0))
        given = builder.or_(lit, builder.fcmp_unordered("!=", level, ir.Constant(level.type, 0.0)))
        return builder.or_(given, builder.or_(self._heavy, builder.not_(self._firm)))

    def placed(self, start: Any, offset: Any, apart: Any) -> list[Any]:
        """Return the places of all registers, of panels that are so far apart."""
        builder, found = self.builder, []
        for number in self.registers:
            whole, register = divmod(number, PANEL_ROWS)
            at = builder.add(offset, builder.mul(apart, ir.Constant(I64, whole)))
            found.append(self.tile.beside(builder.gep(start, [at]), register))
        return found

    def gradient(self, level: Any, sums: list[Any], length: Any, rows: Any, factors: Any, slopes: Any) -> list[Any]:
        """Return a pixel's darkness times the sums of slopes, and the values of a list times its images' slopes."""
        builder, tile = self.builder, self.tile
        for cell, place in zip(self._cells, sums, strict=True):
            builder.store(builder.fmul(level, tile.load(place)), cell)
        with cgutils.for_range(builder, length) as loop:
            factor = tile.spread(builder.load(builder.gep(factors, [loop.index])))
            image = builder.sext(builder.load(builder.gep(rows, [loop.index])), I64)
            place = builder.gep(slopes, [image])
            for number, cell in enumerate(self._cells):
                slope = tile.load(tile.beside(place, number))
                builder.store(tile.fma(factor, slope, builder.load(cell)), cell)
        return [builder.load(cell) for cell in self._cells]

    def change(self, made: list[Any], weights: list[Any], moments: list[Any], totals: list[Any], level: Any) -> None:
        """Change weights by their gradient; add what they make of a dark pixel to the totals of the next product."""
        with self.builder.if_else(self._heavy) as (moving, plain):
            for branch, heavy in ((moving, True), (plain, False)):
                with branch:
                    for slope, weight, moment, total in zip(made, weights, moments, totals, strict=True):
                        self._change(slope, weight, moment if heavy else None, total, level)

    def _change(self, slope: Any, weight: Any, moment: Any | None, total: Any, level: Any) -> None:
        tile, builder = self.tile, self.builder
        now = tile.load(weight)
        move = tile.fma(self._shrinking, now, slope)
        if moment is not None:
            move = tile.fma(self._kept, tile.load(moment), move)
            tile.store(move, moment)
        now = tile.fma(self._falling, move, now)
        tile.store(now, weight)
        # Rounded twice, as `native_sparse.totals` does.
        tile.store(builder.fadd(tile.load(total), builder.fmul(level, now)), total)


_GIVEN = (
    *("low", "high", "lists", "at_lengths", "at_rows", "given", "at_values", "room", "slopes", "at_slopes", "at_sums"),
    *(
        "theta",
        "panel",
        "apart",
        "total",
        "dark",
        "first",
        "writes",
        "out",
        "at_out",
        "step_out",
        "rate",
        "mu",
        "decay",
    ),
)


def _learner(panels: int) -> Any:
    """Make a loop over pixels `low` to `high` that changes their weights in some panels, or writes their gradients.

    Pixels' lists have `room` places. The first panel is at `panel` and each `apart` from the one before; so are, PANEL
    apart, the totals.
    """

    @intrinsic
    def learn(  # type: ignore[no-untyped-def]
        typingctx, low, high, lists, at_lengths, at_rows, given, at_values, room, slopes, at_slopes, at_sums,
        theta, panel, apart, total, dark, first, writes, out, at_out, step_out, rate, mu, decay,
    ):  # fmt: skip
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            at = dict(zip(_GIVEN, values, strict=True))
            kinds, zero, step = signature.args, ir.Constant(I64, 0), ir.Constant(I64, PANEL)

            def start(array: str, place: str = "") -> Any:
                return element(context, builder, kinds[_GIVEN.index(array)], at[array], at[place] if place else zero)

            tile = Tile(context, builder, dtype=kinds[5].dtype, rows=1, registers=panels * PANEL_ROWS)
            learning = _Learning(tile, panels=panels, rate=at["rate"], mu=at["mu"], decay=at["decay"])
            lengths, rows, factors = (
                start("lists", "at_lengths"),
                start("lists", "at_rows"),
                start("given", "at_values"),
            )
            begin, sums = start("slopes", "at_slopes"), learning.placed(start("slopes", "at_sums"), zero, step)
            flat, moments, goal = start("theta"), start("first"), start("out", "at_out")
            totals = learning.placed(flat, at["total"], step)
            with cgutils.for_range(builder, builder.sub(at["high"], at["low"])) as loop:
                pixel = builder.add(at["low"], loop.index)
                darkness = builder.load(builder.gep(flat, [builder.add(at["dark"], pixel)]))
                level = tile.spread(darkness)
                length = builder.sext(builder.load(builder.gep(lengths, [pixel])), I64)
                some = builder.mul(pixel, at["room"])
                writes = builder.icmp_signed("!=", at["writes"], zero)
                with builder.if_then(builder.or_(writes, learning.moves(length, darkness))):
                    made = learning.gradient(
                        level, sums, length, builder.gep(rows, [some]), builder.gep(factors, [some]), begin
                    )
                    with builder.if_else(writes) as (then, otherwise):
                        with then:
                            offset = builder.mul(loop.index, step)
                            for value, place in zip(made, learning.placed(goal, offset, at["step_out"]), strict=True):
                                tile.store(value, place)
                        with otherwise:
                            offset = builder.add(at["panel"], builder.mul(pixel, step))
                            weights, kept = (learning.placed(each, offset, at["apart"]) for each in (flat, moments))
                            learning.change(made, weights, kept, totals, level)
            return context.get_dummy_value()

        arguments = (
            low, high, lists, at_lengths, at_rows, given, at_values, room, slopes, at_slopes, at_sums,
            theta, panel, apart, total, dark, first, writes, out, at_out, step_out, rate, mu, decay,
        )  # fmt: skip
        return types.void(*arguments), codegen

    return learn


sum_pair, sum_one = _summer(2), _summer(1)
learn_pair, learn_one = _learner(2), _learner(1)
