#include "pipeline/commands/demo_ledger.h"

#include <algorithm>

#include "common/check.h"
#include "pipeline/kafka/mock_broker.h"

namespace freshet::commands {
namespace {

// Less than half of what a partition keeps, should all go to one; batches have headers of their
// own.
constexpr std::size_t kOnTheWayBytes = pipeline::kMockPartitionBytes * 2 / 5;
constexpr std::uint64_t kWindowMin = 16;
constexpr std::uint64_t kWindowMax = 4'000;

}  // namespace

DemoLedger::DemoLedger(std::int32_t partition_count)
    : entries_(static_cast<std::size_t>(partition_count)) {}

void DemoLedger::sent(Partition partition, SteadyTime due, bool measured) {
  const std::lock_guard lock(mutex_);
  entries_[static_cast<std::size_t>(partition.value)].push_back({due, measured, false});
  ++on_the_way_;
  ++tally_.sent;
}

void DemoLedger::answered(Partition partition, Offset offset, std::size_t bytes,
                          const std::optional<std::string>& reason) {
  const SteadyTime now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    auto& entries = entries_.at(static_cast<std::size_t>(partition.value));
    FRESHET_CHECK(offset.value >= 0 && static_cast<std::size_t>(offset.value) < entries.size());
    Entry& entry = entries[static_cast<std::size_t>(offset.value)];
    output_bytes_max_ = std::max(output_bytes_max_, bytes);
    if (entry.answered) {
      ++tally_.repeats;
      return;
    }
    entry.answered = true;
    --on_the_way_;
    tally_.last_output = now;
    if (reason) {
      ++tally_.dead_letters[*reason];
    } else {
      ++tally_.scores;
    }
    if (entry.measured) {
      tally_.latencies_ms.push_back(
          std::chrono::duration<double, std::milli>(now - entry.due).count());
    }
  }
  changed_.notify_all();
}

std::uint64_t DemoLedger::on_the_way() const {
  const std::lock_guard lock(mutex_);
  return on_the_way_;
}

bool DemoLedger::wait_for(std::uint64_t count, std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, span, [&] { return on_the_way_ <= count; });
}

std::uint64_t DemoLedger::window() const {
  const std::lock_guard lock(mutex_);
  return std::clamp<std::uint64_t>(kOnTheWayBytes / output_bytes_max_, kWindowMin, kWindowMax);
}

DemoTally DemoLedger::tally() const {
  const std::lock_guard lock(mutex_);
  DemoTally tally = tally_;
  tally.missing = on_the_way_;
  return tally;
}

}  // namespace freshet::commands
