"""Filters that slide over an image, which is read where it lies: no patches are written."""

import functools
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from paribus.train.native_tiles import HALF, I32, I64, LANES, ROWS, Tile, element

SIX = 6  # LeNet's planes
SPOTS = 8  # places at a time: so many sums keep a core busy


def _same(step: Any) -> Any:
    return step


def _turned(builder: Any, registers: list[Any]) -> list[Any]:
    """Return the columns of registers that are rows, 2, 4 or 8 of them: each register has some whole columns."""
    parts, high = [[register] for register in registers], 1
    while len(parts) > 1:
        merged = []
        for one, other in zip(parts[::2], parts[1::2], strict=True):
            halves = []
            for mine, theirs in zip(one, other, strict=True):
                for first in (0, LANES // 2):
                    columns = range(first, first + LANES // 2, high)
                    lanes = [base + begin + lane for begin in columns for base in (0, LANES) for lane in range(high)]
                    halves.append(builder.shuffle_vector(mine, theirs, ir.Constant(ir.VectorType(I32, LANES), lanes)))
            merged.append(halves)
        parts, high = merged, 2 * high
    return parts[0]


def _turner(width: int) -> Any:
    """Write rows of `width` numbers, LANES of them, as columns."""

    @intrinsic
    def turn(typingctx, source, at, step, goal, to, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            source, at, step, goal, to, step_out = values
            kinds = signature.args
            number = context.get_data_type(kinds[0].dtype)
            start, out = element(context, builder, kinds[0], source, at), element(context, builder, kinds[3], goal, to)
            parts, high = [], 1
            for row in range(LANES):
                place = builder.gep(start, [builder.mul(step, ir.Constant(I64, row))])
                taken = builder.load(builder.bitcast(place, ir.VectorType(number, width).as_pointer()))
                taken.align = 4
                parts.append([taken])
            while len(parts) > 1:  # registers that have `high` rows of each of their columns
                merged = []
                for one, other in zip(parts[::2], parts[1::2], strict=True):
                    made = []
                    for mine, theirs in zip(one, other, strict=True):
                        size = mine.type.count
                        lanes = [
                            base + begin + lane
                            for begin in range(0, size, high)
                            for base in (0, size)
                            for lane in range(high)
                        ]
                        half = len(lanes) // 2 if len(lanes) > LANES else len(lanes)
                        for some in (lanes[:half], lanes[half:]):
                            if some:
                                mask = ir.Constant(ir.VectorType(I32, len(some)), some)
                                made.append(builder.shuffle_vector(mine, theirs, mask))
                    merged.append(made)
                parts, high = merged, 2 * high
            for column, register in enumerate(parts[0]):
                place = builder.gep(out, [builder.mul(step_out, ir.Constant(I64, column))])
                kind = ir.VectorType(number, LANES).as_pointer()
                builder.store(register, builder.bitcast(place, kind)).align = 4
            return context.get_dummy_value()

        return types.void(source, at, step, goal, to, step_out), codegen

    return turn


def _slider(rows: int) -> Any:
    """Make a tile of filters, rows `step` apart, over an image whose numbers lie where a table says.

    What all filters make of a corner goes where another table says, together.
    """

    @intrinsic
    def slide(typingctx, a, at_a, b, at_b, depth, table, bias, at_bias, out, at_out, goals, first):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            a, at_a, b, at_b, depth, table, bias, at_bias, out, at_out, goals, first = values
            kinds = signature.args
            tile = Tile(context, builder, dtype=kinds[0].dtype, rows=rows)
            left, right = element(context, builder, kinds[0], a, at_a), element(context, builder, kinds[2], b, at_b)
            known = context.make_array(kinds[5])(context, builder, table).data
            made = tile.product(
                left, tile.offsets(depth), _same, right, lambda d: builder.load(builder.gep(known, [d])), depth
            )
            added = element(context, builder, kinds[6], bias, at_bias)
            for row in range(rows):
                more = tile.spread(builder.load(builder.gep(added, [ir.Constant(I64, row)])))
                for register in (0, 1):
                    made[2 * row + register] = builder.fadd(made[2 * row + register], more)
            start = element(context, builder, kinds[8], out, at_out)
            places = element(context, builder, kinds[10], goals, first)
            whole = 1 << (rows - 1).bit_length()
            for register in (0, 1):
                chosen = made[register::2]
                columns = _turned(builder, chosen + chosen[:1] * (whole - rows))
                for column in range(LANES):
                    register_of, lane = divmod(column * whole, LANES)
                    place = builder.load(builder.gep(places, [ir.Constant(I64, register * LANES + column)]))
                    goal = builder.gep(start, [place])
                    _scatter(builder, columns[register_of], lane, rows, goal)
            return context.get_dummy_value()

        return types.void(a, at_a, b, at_b, depth, table, bias, at_bias, out, at_out, goals, first), codegen

    return slide


def _scatter(builder: Any, register: Any, lane: int, count: int, goal: Any) -> None:
    """Store some lanes of a register, in pieces of 8, 4, 2 and 1."""
    done = 0
    while done < count:
        piece = 1 << ((count - done).bit_length() - 1)
        place = builder.gep(goal, [ir.Constant(I64, done)])
        if piece == 1:
            builder.store(builder.extract_element(register, ir.Constant(I32, lane + done)), place)
        else:
            lanes = ir.Constant(ir.VectorType(I32, piece), list(range(lane + done, lane + done + piece)))
            kind = ir.VectorType(register.type.element, piece)
            some = builder.shuffle_vector(register, register, lanes)
            builder.store(some, builder.bitcast(place, kind.as_pointer())).align = 4
        done += piece


def _gatherer(rows: int) -> Any:
    @intrinsic
    def gather(typingctx, a, at_a, b, at_b, step, table, at, depth, out, at_out, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            a, at_a, b, at_b, step, table, at, depth, out, at_out, step_out = values
            kinds = signature.args
            tile = Tile(context, builder, dtype=kinds[0].dtype, rows=rows)
            left, right = element(context, builder, kinds[0], a, at_a), element(context, builder, kinds[2], b, at_b)
            known = element(context, builder, kinds[5], table, at)
            offsets = [builder.load(builder.gep(known, [ir.Constant(I64, row)])) for row in range(rows)]
            made = tile.product(left, offsets, _same, right, functools.partial(builder.mul, step), depth)
            tile.write(made, element(context, builder, kinds[8], out, at_out), step_out)
            return context.get_dummy_value()

        return types.void(a, at_a, b, at_b, step, table, at, depth, out, at_out, step_out), codegen

    return gather


def _segmenter(rows: int, registers: int) -> Any:
    """Make a tile of slopes, places `step` apart, and of numbers that begin where a table says for each place."""

    @intrinsic
    def segment(typingctx, a, at_a, step, b, at_b, table, depth, out, at_out, step_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            a, at_a, step, b, at_b, table, depth, out, at_out, step_out = values
            kinds = signature.args
            tile = Tile(context, builder, dtype=kinds[0].dtype, rows=rows, registers=registers)
            left, right = element(context, builder, kinds[0], a, at_a), element(context, builder, kinds[3], b, at_b)
            known = context.make_array(kinds[5])(context, builder, table).data
            offsets = [ir.Constant(I64, row) for row in range(rows)]
            along_a = functools.partial(builder.mul, step)
            made = tile.product(left, offsets, along_a, right, lambda d: builder.load(builder.gep(known, [d])), depth)
            tile.write(made, element(context, builder, kinds[7], out, at_out), step_out)
            return context.get_dummy_value()

        return types.void(a, at_a, step, b, at_b, table, depth, out, at_out, step_out), codegen

    return segment


def _placer(rows: int) -> Any:
    """Make a tile of places, whose windows begin where a table says, and LANES planes of filters [depth, plane]."""

    @intrinsic
    def place(typingctx, a, at_a, corners, first, windows, depth, b, at_b, planes, bias, at_bias, out, at_out):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            a, at_a, corners, first, windows, depth, b, at_b, planes, bias, at_bias, out, at_out = values
            kinds = signature.args
            tile = Tile(context, builder, dtype=kinds[0].dtype, rows=rows, registers=1)
            left, right = element(context, builder, kinds[0], a, at_a), element(context, builder, kinds[6], b, at_b)
            known = element(context, builder, kinds[2], corners, first)
            offsets = [builder.load(builder.gep(known, [ir.Constant(I64, row)])) for row in range(rows)]
            window = context.make_array(kinds[4])(context, builder, windows).data
            made = tile.product(
                left, offsets, lambda d: builder.load(builder.gep(window, [d])),
                right, functools.partial(builder.mul, planes), depth,
                element(context, builder, kinds[9], bias, at_bias),
            )  # fmt: skip
            tile.write(made, element(context, builder, kinds[11], out, at_out), planes)
            return context.get_dummy_value()

        arguments = (a, at_a, corners, first, windows, depth, b, at_b, planes, bias, at_bias, out, at_out)
        return types.void(*arguments), codegen

    return place


# out[goals[c] + r] = bias[r] + sum over d of a[r, d] * b[table[d] + c]
slide_wide, slide_six, slide_half, slide_row = (_slider(rows) for rows in (ROWS, SIX, HALF, 1))
# out[r, c] = sum over d of a[table[r] + d] * b[d * step + c]: the gradient of many filters.
gather_wide = _gatherer(ROWS)
# goal[c * step_out + r] = source[r * step + c] for LANES rows.
turn_eight, turn_four = _turner(8), _turner(4)
# out[r, c] = sum over d of a[d * step + r] * b[table[d] + c], so many rows and one register or two of columns.
segment_wide, segment_half, segment_row = (_segmenter(rows, 2) for rows in (ROWS, HALF, 1))
segment_narrow, segment_narrow_half, segment_narrow_row = (_segmenter(rows, 1) for rows in (ROWS, HALF, 1))
# out[s * planes + r] = bias[r] + sum over d of a[corners[s] + windows[d]] * b[d * planes + r]; SPOTS by LANES numbers.
place_planes = _placer(SPOTS)
