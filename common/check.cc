#include "common/check.h"

#include <cstdio>
#include <cstdlib>

namespace freshet::internal {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "freshet: check failed: %s at %s:%d\n", expression, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace freshet::internal
