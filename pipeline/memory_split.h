// How state.memory_budget_mb is shared out. One place, so that the parts add up.
//
// Sixteenths: seven to hot users, four to RocksDB's cache and write buffers, three to records that
// librdkafka has fetched, one to outputs that it has not delivered, one to what nobody counts
// exactly: changed users, batches on their way, the allocator's gaps. Threads share each part.
// What a process has beside the budget whatever its size (the binary and its libraries, stacks,
// one fetch of each broker being decoded) is below 64 MiB; the model comes on top.
// Oracle:  bench/soak.py
#pragma once

#include <algorithm>
#include <cstddef>

namespace freshet::pipeline {

struct MemorySplit {
  std::size_t hot_users_bytes = 0;
  std::size_t store_bytes = 0;
  std::size_t input_queue_bytes = 0;
  std::size_t output_queue_bytes = 0;
};

constexpr MemorySplit split_memory(std::size_t budget_mb) {
  const std::size_t sixteenth = (budget_mb << 20) / 16;
  return {7 * sixteenth, 4 * sixteenth, 3 * sixteenth, sixteenth};
}

// A queue of librdkafka's that holds at most `bytes`, whatever the size of its messages.
// librdkafka counts a message's value alone; what it keeps beside it is bounded by their number.
struct QueueBounds {
  std::size_t messages = 0;
  std::size_t kbytes = 0;
};

constexpr QueueBounds queue_bounds(std::size_t bytes) {
  // An operation or message of librdkafka 2.0, its key and its framing.
  constexpr std::size_t kBesideValueBytes = 384;
  // Fewer would leave a thread without work while librdkafka waits for its next fetch.
  constexpr std::size_t kMessagesLeast = 1'000;
  constexpr std::size_t kKbytesLeast = 1'024;
  // librdkafka's own upper bounds.
  constexpr std::size_t kMessagesMost = 10'000'000;
  constexpr std::size_t kKbytesMost = 2'097'151;
  return {std::clamp(bytes / 2 / kBesideValueBytes, kMessagesLeast, kMessagesMost),
          std::clamp(bytes / 2 / 1024, kKbytesLeast, kKbytesMost)};
}

}  // namespace freshet::pipeline
