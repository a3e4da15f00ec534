// The two small integer hashes that formats depend on, so they may never change.
//
// fnv1a64 is the 64-bit FNV-1a of Fowler, Noll and Vo; mix64 is the finaliser of SplitMix64
// (Steele, Lea and Flood 2014). Wide features are hashed with them, and the trainer repeats them,
// so they must be a few lines in any language. Neither is for untrusted keys in a hash table.
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

constexpr std::uint64_t fnv1a64(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : bytes) {
    hash ^= static_cast<std::uint8_t>(byte);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

constexpr std::uint64_t mix64(std::uint64_t bits) {
  bits += 0x9e3779b97f4a7c15ULL;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
  return bits ^ (bits >> 31);
}

}  // namespace freshet
