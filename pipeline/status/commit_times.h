// CommitTimes: where the time of one commit goes, as a debug line tells it.
//
//   commit of 4 partitions: 11.92 ms (prepare 2.10, flush 0.85, transaction 6.31, store 2.66),
//   longest step 0.31 ms, users saved 3120, still changed 1000214
//
// `prepare`, `store` and the steps are what checkpoints cost the worker's thread. Where the
// transaction went on beside the processing, `transaction` is what the worker waited for it, and
// "beside it 6.29 ms" behind the parts what it did not.
// Units: microseconds inside, milliseconds in the line. Errors: none. Threads: one
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace freshet::pipeline {

class CommitTimes {
 public:
  // What a commit does: slices and markers are made, outputs acknowledged, the brokers commit;
  // kStore is what it waits for the store: for the batch before it, and to begin with its own.
  enum class Part { kPrepare, kFlush, kTransaction, kStore };
  static constexpr std::size_t kParts = static_cast<std::size_t>(Part::kStore) + 1;

  // What passed since the last call, or the construction, belongs to `part`.
  void end_of(Part part);
  // The same of what passed beside the processing.
  void end_of_beside();
  void add(Part part, std::chrono::microseconds time);
  // Of those between two records (Task::step) since the commit before.
  void note_longest_step(std::chrono::microseconds time) { longest_step_ = time; }

  // The time that it tells first is that of the parts.
  std::string line(std::size_t partitions, std::size_t users_saved,
                   std::size_t users_changed) const;

 private:
  std::chrono::microseconds passed();  // since the last call

  std::array<std::chrono::microseconds, kParts> parts_{};
  std::optional<std::chrono::microseconds> beside_;
  std::chrono::microseconds longest_step_{0};
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace freshet::pipeline
