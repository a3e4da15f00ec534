// Integers of 128 bits as two blocks of words, for the sets that have registers for them. Of a
// block's 8 lanes `low` holds the lower words and `high` the upper ones.
#pragma once

#include <cstdint>

#include "scorer/simd/exp_constants.h"
#include "scorer/simd/lanes.h"

namespace freshet::scorer::simd {

// v + high 2^50 + low, modulo 2^128. Requires high + low / 2^50 within 2^63.
template <class L>
FRESHET_SIMD_INLINE typename L::W8 words_plus_halves(const typename L::W8& v, typename L::I8 high,
                                                     typename L::I8 low) {
  using I8 = typename L::I8;
  // What low has beyond its 50 bits goes up first, so that the rest fits below without a carry.
  const I8 rest = L::bit_and(low, L::broadcast((std::int64_t{1} << 50) - 1));
  const I8 up = L::add(high, L::template shift_right_signed<50>(low));
  const I8 term = L::bit_or(L::template shift_left<50>(up), rest);
  const I8 sum = L::add(v.low, term);
  const I8 upper = L::add(v.high, L::template shift_right_signed<14>(up));
  return {sum, L::add_carry(upper, sum, term)};
}

// The double nearest to v, ties to even. Requires |v| < 2^112.
//
// v is upper 2^63 + rest with |rest| <= 2^62, where upper is exact. From 2^63 on neighbouring
// doubles are at least 2^11 apart, so of rest what lies below 2^9 counts only by being there: it is
// put into the bit of 2^9 (rounding to odd), rest is exact then, and their sum is rounded once. An
// integer that one word holds is converted as such.
template <class L>
FRESHET_SIMD_INLINE typename L::D8 nearest_double(const typename L::W8& v) {
  using I8 = typename L::I8;
  using D8 = typename L::D8;
  const I8 twice_low = L::add(v.low, v.low);
  const I8 twice_high = L::add(L::add(v.high, v.high), L::template shift_right<63>(v.low));
  const I8 upper = L::add(twice_high, L::template shift_right<63>(twice_low));
  const I8 below = L::broadcast((std::int64_t{1} << 10) - 1);
  const I8 sticky = L::add(L::bit_and(twice_low, below), below);
  const I8 rest = L::bit_and(L::bit_or(twice_low, sticky), L::broadcast(-(std::int64_t{1} << 10)));
  const D8 exact =
      L::sub(L::as_double(L::add(upper, L::broadcast(kRounderBits))), L::broadcast(kRounder));
  const D8 sum =
      L::fma(exact, L::broadcast(0x1p+63), L::mul(L::to_double(rest), L::broadcast(0.5)));
  return L::if_equal(v.high, L::template shift_right_signed<63>(v.low), L::to_double(v.low), sum);
}

}  // namespace freshet::scorer::simd
