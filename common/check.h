// FRESHET_CHECK: an assertion for programmer errors that stays on in release builds.
//
// A failed check prints the expression and its place to stderr and aborts: a worker that runs on
// with a broken invariant would publish wrong scores, and a restart recovers everything.
// Bad input is never a check: it is an Error value (common/status.h).
#pragma once

namespace freshet::internal {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}  // namespace freshet::internal

#define FRESHET_CHECK(condition)                                         \
  do {                                                                   \
    if (!(condition)) [[unlikely]] {                                     \
      ::freshet::internal::check_failed(#condition, __FILE__, __LINE__); \
    }                                                                    \
  } while (false)
