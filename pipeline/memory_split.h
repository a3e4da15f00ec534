// How state.memory_budget_mb is shared out: half to hot users, a quarter to RocksDB's cache and
// write buffers, a quarter to what librdkafka queues. One place, so that the parts add up.
#pragma once

#include <cstddef>

namespace freshet::pipeline {

struct MemorySplit {
  std::size_t hot_users_bytes = 0;  // of all threads together
  std::size_t store_bytes = 0;
  std::size_t queue_bytes = 0;
};

constexpr MemorySplit split_memory(std::size_t budget_mb) {
  const std::size_t bytes = budget_mb << 20;
  return {bytes / 2, bytes / 4, bytes / 4};
}

}  // namespace freshet::pipeline
