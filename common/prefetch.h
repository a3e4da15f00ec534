// Has the processor fetch memory that will be read soon. A hint: it changes nothing, and any
// address will do.
#pragma once

#include <cstddef>

namespace freshet {

inline constexpr std::size_t kCacheLineBytes = 64;

inline void prefetch(const void* address) { __builtin_prefetch(address); }

inline void prefetch(const void* address, std::size_t bytes) {
  const auto* line = static_cast<const char*>(address);
  for (std::size_t at = 0; at < bytes; at += kCacheLineBytes) __builtin_prefetch(line + at);
  // Where the memory does not begin at a line, it ends in one more.
  if (bytes > 0) __builtin_prefetch(line + bytes - 1);
}

}  // namespace freshet
