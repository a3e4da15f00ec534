// The contract of what a log shows while transactions come and go in any order: against a naive
// reference, at random. A harness brings the broker; INSTANTIATE_TYPED_TEST_SUITE_P runs the suite
// on it.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "common/random.h"
#include "tests/contract/pipeline/changelog_fixture.h"
#include "tests/support/seed.h"

namespace freshet::test {

// A partition's log by its rules alone: what was written, by whom, and how it ended.
class ReferenceLog {
 public:
  void write(int writer, const std::string& value) { entries_.push_back({writer, kOpen, value}); }
  // The writer's transaction ends; a control record follows where it wrote here.
  void end(int writer, bool commits) {
    bool wrote = false;
    for (Entry& entry : entries_) {
      if (entry.writer != writer || entry.state != kOpen) continue;
      entry.state = commits ? kCommitted : kAborted;
      wrote = true;
    }
    if (wrote) entries_.push_back({writer, kControl, ""});
  }
  std::int64_t end() const { return static_cast<std::int64_t>(entries_.size()); }
  std::int64_t stable_end() const {
    const auto open = std::find_if(entries_.begin(), entries_.end(),
                                   [](const Entry& entry) { return entry.state == kOpen; });
    return open - entries_.begin();
  }
  // "offset key=value" of what a reader sees from `begin` on.
  std::vector<std::string> shown(std::int64_t begin, const std::string& key) const {
    std::vector<std::string> lines;
    for (std::int64_t i = begin; i < stable_end(); ++i) {
      const Entry& entry = entries_[static_cast<std::size_t>(i)];
      if (entry.state != kCommitted) continue;
      lines.push_back(std::to_string(i) + " " + key + "=" + entry.value);
    }
    return lines;
  }

 private:
  enum State { kOpen, kCommitted, kAborted, kControl };
  struct Entry {
    int writer;
    State state;
    std::string value;
  };
  std::vector<Entry> entries_;
};

template <class Harness>
using RandomTransactions = ChangelogContract<Harness>;

TYPED_TEST_SUITE_P(RandomTransactions);

TYPED_TEST_P(RandomTransactions, AReaderSeesWhatIsCommittedBelowTheFirstOpenRecord) {
  constexpr int kWriters = 3;
  constexpr int kSteps = 60;
  Random random(test_seed());
  std::array<std::unique_ptr<ForeignWriter>, kWriters> writers;
  for (auto& writer : writers) writer = this->harness_.open_writer();
  std::array<bool, kWriters> open{};
  std::array<ReferenceLog, 2> logs;
  const auto reader = this->reader();
  for (int step = 0; step < kSteps; ++step) {
    const std::size_t who = random.below(kWriters);
    if (open[who] && random.chance(0.4)) {
      const bool commits = random.chance(0.6);
      commits ? writers[who]->commit() : writers[who]->abort();
      for (ReferenceLog& log : logs) log.end(static_cast<int>(who), commits);
      open[who] = false;
    } else {
      if (!open[who]) writers[who]->begin();
      open[who] = true;
      const std::size_t partition = random.below(logs.size());
      const std::string value = std::to_string(step);
      this->write(writers[who].get(), static_cast<std::int32_t>(partition), "u", {value});
      logs[partition].write(static_cast<int>(who), value);
    }
    if (!random.chance(0.3)) continue;
    for (std::int32_t partition = 0; partition < 2; ++partition) {
      const ReferenceLog& log = logs[static_cast<std::size_t>(partition)];
      const std::int64_t end = log.stable_end();
      ASSERT_TRUE(this->ends_at(reader.get(), partition, end)) << "step " << step;
      const auto begin =
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(end) + 1));
      ASSERT_EQ(this->shown(this->read(reader.get(), partition, begin, end)), log.shown(begin, "u"))
          << "step " << step << ", partition " << partition << " from " << begin;
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(RandomTransactions, AReaderSeesWhatIsCommittedBelowTheFirstOpenRecord);

}  // namespace freshet::test
