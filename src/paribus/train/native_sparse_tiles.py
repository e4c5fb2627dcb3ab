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


class _Change:
    """Emits what happens to the weights of a pixel, register by register, once their gradient is known."""

    def __init__(self, tile: Tile, *, rate: Any, mu: Any, decay: Any) -> None:
        self.tile = tile
        self.falling, self.kept, self.shrinking = (
            tile.spread(number) for number in (tile.builder.fneg(rate), mu, decay)
        )

    def change(self, slope: Any, weight: Any, moment: Any | None, total: Any, dark: Any) -> None:
        """Change a register of weights; add what they make of a dark pixel to the total of the next product."""
        tile = self.tile
        now = tile.load(weight)
        move = tile.fma(self.shrinking, now, slope)
        if moment is not None:
            move = tile.fma(self.kept, tile.load(moment), move)
            tile.store(move, moment)
        now = tile.fma(self.falling, move, now)
        tile.store(now, weight)
        builder = tile.builder  # rounded twice, as `native_sparse.totals` does
        tile.store(builder.fadd(tile.load(total), builder.fmul(dark, now)), total)


def _learner(panels: int) -> Any:
    """Make a loop over pixels `low` to `high` that changes their weights in some panels, or writes their gradients.

    A pixel's gradient is its darkness times the sum of all slopes, and its list's values times the slopes of their
    images; lists have `room` places. The first panel is at `panel` and each `apart` from the one before; so are, PANEL
    apart, the totals.
    """

    @intrinsic
    def learn(  # type: ignore[no-untyped-def]
        typingctx, low, high, lists, at_lengths, at_rows, given, at_values, room, slopes, at_slopes, at_sums,
        theta, panel, apart, total, dark, first, writes, out, at_out, step_out, rate, mu, decay,
    ):  # fmt: skip
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            (
                low, high, lists, at_lengths, at_rows, given, at_values, room, slopes, at_slopes, at_sums,
                theta, panel, apart, total, dark, first, writes, out, at_out, step_out, rate, mu, decay,
            ) = values  # fmt: skip
            kinds = signature.args
            tile = Tile(context, builder, dtype=kinds[5].dtype, rows=1, registers=panels * PANEL_ROWS)
            change = _Change(tile, rate=rate, mu=mu, decay=decay)
            registers = range(panels * PANEL_ROWS)
            lengths, rows = (element(context, builder, kinds[2], lists, each) for each in (at_lengths, at_rows))
            factors = element(context, builder, kinds[5], given, at_values)
            begin, sums = (element(context, builder, kinds[8], slopes, each) for each in (at_slopes, at_sums))
            flat = element(context, builder, kinds[11], theta, ir.Constant(I64, 0))
            moments = element(context, builder, kinds[16], first, ir.Constant(I64, 0))
            goal = element(context, builder, kinds[18], out, at_out)

            def placed(start: Any, offset: Any, step: Any) -> list[Any]:
                """Return the places of all registers: of each panel PANEL_ROWS beside one another."""
                found = []
                for number in registers:
                    whole, register = divmod(number, PANEL_ROWS)
                    at = builder.add(offset, builder.mul(step, ir.Constant(I64, whole)))
                    found.append(tile.beside(builder.gep(start, [at]), register))
                return found

            totals = placed(flat, total, ir.Constant(I64, PANEL))
            all_slopes = placed(sums, ir.Constant(I64, 0), ir.Constant(I64, PANEL))
            cells = [cgutils.alloca_once(builder, tile.vector) for _ in registers]
            heavy = builder.fcmp_ordered("!=", mu, ir.Constant(mu.type, 0.0))
            with cgutils.for_range(builder, builder.sub(high, low)) as loop:
                pixel = builder.add(low, loop.index)
                level = tile.spread(builder.load(builder.gep(flat, [builder.add(dark, pixel)])))
                for cell, place in zip(cells, all_slopes, strict=True):
                    builder.store(builder.fmul(level, tile.load(place)), cell)
                length = builder.sext(builder.load(builder.gep(lengths, [pixel])), I64)
                some = builder.mul(pixel, room)
                with cgutils.for_range(builder, length) as inner:
                    at = builder.add(some, inner.index)
                    factor = tile.spread(builder.load(builder.gep(factors, [at])))
                    place = builder.gep(begin, [builder.sext(builder.load(builder.gep(rows, [at])), I64)])
                    for number, cell in enumerate(cells):
                        slope = tile.load(tile.beside(place, number))
                        builder.store(tile.fma(factor, slope, builder.load(cell)), cell)
                made = [builder.load(cell) for cell in cells]
                with builder.if_else(builder.icmp_signed("!=", writes, ir.Constant(I64, 0))) as (then, otherwise):
                    with then:
                        offset = builder.mul(loop.index, ir.Constant(I64, PANEL))
                        for value, place in zip(made, placed(goal, offset, step_out), strict=True):
                            tile.store(value, place)
                    with otherwise:
                        offset = builder.add(panel, builder.mul(pixel, ir.Constant(I64, PANEL)))
                        weights, kept = placed(flat, offset, apart), placed(moments, offset, apart)
                        with builder.if_else(heavy) as (moving, plain):
                            with moving:
                                for each in zip(made, weights, kept, totals, strict=True):
                                    change.change(*each, level)
                            with plain:
                                for slope, weight, sum_ in zip(made, weights, totals, strict=True):
                                    change.change(slope, weight, None, sum_, level)
            return context.get_dummy_value()

        arguments = (
            low, high, lists, at_lengths, at_rows, given, at_values, room, slopes, at_slopes, at_sums,
            theta, panel, apart, total, dark, first, writes, out, at_out, step_out, rate, mu, decay,
        )  # fmt: skip
        return types.void(*arguments), codegen

    return learn


sum_pair, sum_one = _summer(2), _summer(1)
learn_pair, learn_one = _learner(2), _learner(1)
