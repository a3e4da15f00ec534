// DemoLedger: which input records of a demo have had their output, and when.
//
// Every input offset must come back exactly once, as a score or as a dead letter. The ledger counts
// what is on its way, so that the feeder never has more of it in the embedded broker than the
// broker keeps, and so that nothing is taken for granted at the end.
// Units:   latencies in ms, from when a record was due to when its output had been read
// Errors:  an output of a record that was never sent is a programmer error
// Threads: one sends, one reads; both may ask
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/log_position.h"

namespace freshet::commands {

using SteadyTime = std::chrono::steady_clock::time_point;

struct DemoTally {
  std::uint64_t sent = 0;
  std::uint64_t scores = 0;
  std::map<std::string, std::uint64_t> dead_letters;  // by reason
  std::uint64_t repeats = 0;                          // a second output of one record
  std::uint64_t missing = 0;                          // records that had none
  std::vector<double> latencies_ms;                   // of the measured records
  SteadyTime last_output;
};

class DemoLedger {
 public:
  explicit DemoLedger(std::int32_t partition_count);

  // The next record of the partition is sent, due at `due`; `measured` where its latency counts.
  void sent(Partition partition, SteadyTime due, bool measured);
  // Its output has been read; `reason` of a dead letter.
  void answered(Partition partition, Offset offset, std::size_t bytes,
                const std::optional<std::string>& reason);

  std::uint64_t on_the_way() const;
  // Waits until at most `count` are on their way, or for `span`. Returns whether they are.
  bool wait_for(std::uint64_t count, std::chrono::milliseconds span);
  // How many records may be on their way, for their outputs to fit a partition of the broker.
  std::uint64_t window() const;

  DemoTally tally() const;

 private:
  struct Entry {
    SteadyTime due;
    bool measured = false;
    bool answered = false;
  };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<Entry>> entries_;  // [partition][offset]
  std::uint64_t on_the_way_ = 0;
  std::size_t output_bytes_max_ = 1;
  DemoTally tally_;
};

}  // namespace freshet::commands
