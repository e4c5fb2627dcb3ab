"""Exponentials of sums and products alone: a loop over them is widened, one that calls a mathematics library is not.

Each takes and returns one number, float32 or float64; what is not a number stays so.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

# By the bits of a number: coefficients of expm1's series, the largest exponent taken, the last bits' value, the
# exponent's bias and place.
_SERIES = {32: 8, 64: 14}
_MOST = {32: 88.0, 64: 708.0}
_ROUND = {32: 1.5 * 2.0**23, 64: 1.5 * 2.0**52}
_BIAS = {32: 127, 64: 1023}
_PLACE = {32: 23, 64: 52}
_LN2 = {32: (0.693359375, -2.12194440e-4), 64: (0.693147180369123816490, 1.90821492927058770002e-10)}


def _exponential(*, less_one: bool) -> Any:
    @intrinsic
    def function(typingctx, x):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            bits = signature.args[0].bitwidth
            real, whole = context.get_data_type(signature.args[0]), ir.IntType(bits)

            def number(value: float) -> ir.Constant:
                return ir.Constant(real, float(np.float32(value) if bits == 32 else value))

            def times(a: Any, b: Any) -> Any:
                return builder.fmul(a, b)

            (value,) = values
            for order, edge in (("<", -_MOST[bits]), (">", _MOST[bits])):
                value = builder.select(builder.fcmp_ordered(order, value, number(edge)), number(edge), value)
            # x = n ln 2 + r; n, rounded, stands in the last bits of a number so large that it has no fraction.
            large = builder.fadd(times(value, number(1 / math.log(2))), number(_ROUND[bits]))
            n = builder.fsub(large, number(_ROUND[bits]))
            high, low = (number(part) for part in _LN2[bits])
            r = builder.fsub(builder.fsub(value, times(n, high)), times(n, low))
            series = number(1 / math.factorial(_SERIES[bits]))
            for order in range(_SERIES[bits] - 1, 1, -1):
                series = builder.fadd(times(series, r), number(1 / math.factorial(order)))
            rest = builder.fadd(times(times(r, r), series), r)  # e^r - 1
            exponent = builder.add(builder.bitcast(large, whole), ir.Constant(whole, _BIAS[bits]))
            power = builder.bitcast(builder.shl(exponent, ir.Constant(whole, _PLACE[bits])), real)  # 2^n
            after = builder.fsub(power, number(1.0)) if less_one else power
            return builder.fadd(times(power, rest), after)

        return x(x), codegen

    return function


# e^x and e^x - 1, to 2 units in the last place (in float32 e^x is 0 below -87.7); x is taken to lie within -88 and 88
# (float64: 708). Cody and Waite's reduction to |r| <= ln 2 / 2, then the series.
exp = _exponential(less_one=False)
expm1 = _exponential(less_one=True)


def erf(x: float) -> float:
    """Return the error function; in float32 to 2e-7 (below 1 its series, beyond it Abramowitz and Stegun, 7.1.26)."""
    return math.erf(x)


@overload(erf)
def _erf(x):  # type: ignore[no-untyped-def]
    if x == types.float64:
        return lambda x: math.erf(x)  # noqa: PLW0108  numba takes no other
    one, p = np.float32(1), np.float32(0.3275911)
    a, b, c, d, e = (np.float32(each) for each in (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429))
    s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 = (
        np.float32(2 / math.sqrt(math.pi) * (-1) ** n / (math.factorial(n) * (2 * n + 1))) for n in range(10)
    )

    def near(x):  # type: ignore[no-untyped-def]
        u = x * x
        low = s0 + u * (s1 + u * (s2 + u * (s3 + u * (s4 + u * (s5 + u * (s6 + u * (s7 + u * (s8 + u * s9))))))))
        t = one / (one + p * abs(x))
        y = one - ((((e * t + d) * t + c) * t + b) * t + a) * t * exp(-u)
        high = -y if x < 0 else y
        return high if u > one else x * low

    return near
