// The numbers of exp64 and tanh64 (docs/formats.md, "Arithmetic").
#pragma once

#include <cstdint>

namespace freshet::scorer::simd {

inline constexpr double kArgumentMin = -708.0;
inline constexpr double kArgumentMax = 709.0;
inline constexpr double kLog2E = 0x1.71547652b82fep+0;
// ln 2 in two parts; the upper one has 21 trailing zero bits, so k * kLn2High is exact.
inline constexpr double kLn2High = 0x1.62e42fee00000p-1;
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

// Adding this rounds a double within 2^51 to the nearest integer, ties to even, and leaves the
// integer in the low bits of the sum.
inline constexpr double kRounder = 0x1.8p+52;
inline constexpr std::int64_t kRounderBits = 0x4338000000000000;

// 1 / n!, each the nearest double: the divisions are exact up to one rounding.
inline constexpr double kInverseFactorial[] = {
    1.0,
    1.0,
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0,
    1.0 / 40320.0,
    1.0 / 362880.0,
    1.0 / 3628800.0,
    1.0 / 39916800.0,
    1.0 / 479001600.0,
    1.0 / 6227020800.0,
};

inline constexpr double kTanhSeriesEnd = 0.125;
// The coefficients of z, z^3, ..., z^15 in the Taylor series of tanh.
inline constexpr double kTanhSeries[] = {
    1.0,           -1.0 / 3.0,         2.0 / 15.0,          -17.0 / 315.0,
    62.0 / 2835.0, -1382.0 / 155925.0, 21844.0 / 6081075.0, -929569.0 / 638512875.0,
};

// Below this a score's weight is 0: kExponentMin of scorer/pooling/pool_grid.h.
inline constexpr double kWeightlessBelow = -45.0;

}  // namespace freshet::scorer::simd
