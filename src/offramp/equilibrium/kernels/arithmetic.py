r"""Exponential and logarithm in plain arithmetic, so that loops over beliefs vectorise.

The wheels of llvmlite carry no vector mathematics library, and `math.exp` inside a loop keeps the
whole loop scalar. Both functions below are straight lines of multiplications and additions, with
the exponent of the result written into the bits of a double.

$e^x = 2^n e^r$ with $n = \mathrm{round}(x / \ln 2)$ and $|r| \le \frac12 \ln 2$, where the Taylor
series to the 13th power leaves a relative error of 5e-18. $\ln x = n \ln 2 + \ln m$ with
$m \in [\sqrt{1/2}, \sqrt 2)$ and $\ln m = 2\,\mathrm{artanh}\frac{m-1}{m+1}$, whose series to the
21st power leaves 4e-18. What remains is the rounding of the arithmetic, about 1 ulp.
"""

from __future__ import annotations

import numpy as np

from offramp.equilibrium.kernels.cache import kernel

__all__ = ["fast_exp", "fast_log"]

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93145751953125e-1  # 16 bits, so that its products with exponents are exact
_LN2_LOW = 1.42860682030941723212e-6
_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer kept in the low bits
_EXPONENT_ONE = 1023 << 52  # the bits of 1.0
_MANTISSA = (1 << 52) - 1
_SMALLEST = -708.0  # below, the result would be subnormal; it is taken as zero
_SQRT2_BITS = 0x3FF6A09E667F3BCD - _EXPONENT_ONE  # mantissa bits of the square root of two

_E2, _E3, _E4, _E5, _E6, _E7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
_E8, _E9, _E10, _E11 = 1 / 40320, 1 / 362880, 1 / 3628800, 1 / 39916800
_E12, _E13 = 1 / 479001600, 1 / 6227020800


@kernel
def fast_exp(x: float) -> float:
    """Return e**x for x <= 709, within 2e-16 relative; exactly zero below -708."""
    shifted = x * _LOG2_E + _ROUND
    n = shifted - _ROUND
    r = x - n * _LN2_HIGH
    r = r - n * _LN2_LOW
    p = _E12 + r * _E13
    p = _E11 + r * p
    p = _E10 + r * p
    p = _E9 + r * p
    p = _E8 + r * p
    p = _E7 + r * p
    p = _E6 + r * p
    p = _E5 + r * p
    p = _E4 + r * p
    p = _E3 + r * p
    p = _E2 + r * p
    p = 1.0 + r * p
    p = 1.0 + r * p
    bits = (np.float64(shifted).view(np.int64) << 52) + _EXPONENT_ONE
    return p * np.int64(bits).view(np.float64) if x > _SMALLEST else 0.0


@kernel
def fast_log(x: float) -> float:
    """Return ln(x) for normal x > 0, within 3e-16 relative."""
    bits = np.float64(x).view(np.int64)
    fraction = bits & _MANTISSA
    # mantissas above the square root of two are halved, so that ln(m) has no cancellation at 1
    high = np.int64(1) if fraction > _SQRT2_BITS else np.int64(0)
    n = (bits >> 52) - 1023 + high
    m = np.int64(fraction + _EXPONENT_ONE - (high << 52)).view(np.float64)
    z = (m - 1.0) / (m + 1.0)
    y = z * z
    p = 1.0 / 19.0 + y * (1.0 / 21.0)
    p = 1.0 / 17.0 + y * p
    p = 1.0 / 15.0 + y * p
    p = 1.0 / 13.0 + y * p
    p = 1.0 / 11.0 + y * p
    p = 1.0 / 9.0 + y * p
    p = 1.0 / 7.0 + y * p
    p = 1.0 / 5.0 + y * p
    p = 1.0 / 3.0 + y * p
    log_m = 2.0 * z + 2.0 * z * y * p
    return n * _LN2_HIGH + (log_m + n * _LN2_LOW)
