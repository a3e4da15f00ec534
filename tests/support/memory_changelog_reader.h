// MemoryChangelogReader: ChangelogReader on a MemoryBroker.
//
// Errors:  as pipeline/restore/changelog_reader.h; position() of a partition that is not started
//          is a failed CHECK
// Threads: one; it may be another than the transport's
// Oracle:  tests/contract/pipeline/changelog_contract.h
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "pipeline/restore/changelog_reader.h"
#include "tests/support/memory_broker.h"

namespace freshet::test {

class MemoryChangelogReader final : public pipeline::ChangelogReader {
 public:
  // Reads the application's changelog; `who` is its name at the hooks. Requires: the broker
  // outlives it.
  MemoryChangelogReader(MemoryBroker* broker, const pipeline::WorkerConfig& config,
                        std::string who = "reader");

  Result<PositionRange> range(Partition partition) override;
  Result<DurationMs> tombstones_kept() override { return broker_->tombstones_kept(); }
  Status start_at(Partition partition, Position position) override;
  void stop(Partition partition) override { next_.erase(partition); }
  Result<pipeline::RecordBatch> poll(std::chrono::milliseconds timeout,
                                     std::size_t records_max) override;
  Position position(Partition partition) const override;

 private:
  struct Fetched;

  Status find_topic() const;
  Result<std::shared_ptr<Fetched>> fetch(std::size_t records_max);

  MemoryBroker* broker_;
  std::string topic_;
  std::string who_;
  std::map<Partition, Position> next_;
  std::size_t turn_ = 0;  // which partition the next fetch begins with
};

}  // namespace freshet::test
