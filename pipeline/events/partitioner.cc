#include "pipeline/events/partitioner.h"

#include <cstddef>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

constexpr std::uint32_t kSeed = 0x9747b28c;
constexpr std::uint32_t kMultiplier = 0x5bd1e995;
constexpr int kShift = 24;

std::uint32_t byte_at(std::string_view key, std::size_t at) {
  return static_cast<std::uint8_t>(key[at]);
}

}  // namespace

std::uint32_t murmur2(std::string_view key) {
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; key.size() - at >= 4; at += 4) {
    std::uint32_t block = byte_at(key, at) | byte_at(key, at + 1) << 8 |
                          byte_at(key, at + 2) << 16 | byte_at(key, at + 3) << 24;
    block *= kMultiplier;
    block ^= block >> kShift;
    block *= kMultiplier;
    hash *= kMultiplier;
    hash ^= block;
  }
  const std::size_t rest = key.size() - at;
  if (rest > 0) {
    for (std::size_t i = 0; i < rest; ++i) hash ^= byte_at(key, at + i) << (8 * i);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

Partition partition_of(std::string_view key, std::int32_t partition_count) {
  FRESHET_CHECK(partition_count > 0);
  const std::uint32_t positive = murmur2(key) & 0x7fffffffU;
  return Partition{
      static_cast<std::int32_t>(positive % static_cast<std::uint32_t>(partition_count))};
}

}  // namespace freshet::pipeline
