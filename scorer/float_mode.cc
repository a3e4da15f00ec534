#include "scorer/float_mode.h"

#include <xmmintrin.h>

#include <cfenv>

#include "common/check.h"

namespace freshet::scorer {
namespace {

// Bits of the MXCSR register: flush to zero, denormals are zero.
constexpr unsigned kFlushToZero = 1U << 15;
constexpr unsigned kDenormalsAreZero = 1U << 6;

}  // namespace

void set_float_mode() {
  std::fesetround(FE_TONEAREST);
  _mm_setcsr(_mm_getcsr() & ~(kFlushToZero | kDenormalsAreZero));
  FRESHET_CHECK(has_float_mode());
}

bool has_float_mode() {
  return std::fegetround() == FE_TONEAREST &&
         (_mm_getcsr() & (kFlushToZero | kDenormalsAreZero)) == 0;
}

}  // namespace freshet::scorer
