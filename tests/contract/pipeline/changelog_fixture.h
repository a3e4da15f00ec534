// What the suites about the changelog share: writing it in transactions, and reading it to an end.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/contract/pipeline/transactional_contract.h"

namespace freshet::test {

template <class Harness>
class ChangelogContract : public TransactionalContract<Harness> {
 protected:
  using Reader = pipeline::ChangelogReader;

  std::unique_ptr<Reader> reader() { return this->harness_.open_reader(this->harness_.config()); }

  // A transaction with a record of each value in the changelog's partition, `key`'s.
  void write(ForeignWriter* writer, std::int32_t partition, const std::string& key,
             const std::vector<std::optional<std::string>>& values) {
    for (const std::optional<std::string>& value : values) {
      StoredRecord record;
      record.key = key;
      record.value = value;
      writer->write(this->harness_.changelog_topic(), Partition{partition}, record);
    }
  }
  void write_committed(std::int32_t partition, const std::string& key,
                       const std::vector<std::optional<std::string>>& values) {
    const auto writer = this->harness_.open_writer();
    writer->begin();
    write(writer.get(), partition, key, values);
    writer->commit();
  }
  void write_aborted(std::int32_t partition) {
    const auto writer = this->harness_.open_writer();
    writer->begin();
    write(writer.get(), partition, "aborted", {"aborted"});
    writer->abort();
  }

  static PositionRange range(Reader* reader, std::int32_t partition) {
    PositionRange told;
    const Status asked = persist([&]() -> Status {
      const auto range = reader->range(Partition{partition});
      if (!range) return tl::unexpected<Error>(range.error());
      told = *range;
      return {};
    });
    EXPECT_TRUE(asked) << asked.error().message;
    return told;
  }
  static bool ends_at(Reader* reader, std::int32_t partition, std::int64_t end) {
    return eventually([&] { return range(reader, partition).end == Position{end}; });
  }

  // Polls once, and adds to `into`.
  static Status poll(Reader* reader, std::vector<StoredRecord>* into) {
    const auto batch = reader->poll(std::chrono::milliseconds(20), 1'000);
    if (!batch) return tl::unexpected<Error>(batch.error());
    for (const pipeline::InputRecord& record : batch->records) {
      StoredRecord copy;
      copy.partition = record.partition;
      copy.offset = record.offset;
      if (record.key) copy.key = std::string(*record.key);
      if (record.value) copy.value = std::string(*record.value);
      into->push_back(std::move(copy));
    }
    return {};
  }
  // Everything from `begin` until position() is at `end`.
  static std::vector<StoredRecord> read(Reader* reader, std::int32_t partition, std::int64_t begin,
                                        std::int64_t end) {
    std::vector<StoredRecord> all;
    EXPECT_TRUE(reader->start_at(Partition{partition}, Position{begin}));
    EXPECT_TRUE(eventually([&] {
      const Status polled = persist([&] { return poll(reader, &all); });
      EXPECT_TRUE(polled) << polled.error().message;
      return !polled || reader->position(Partition{partition}) >= Position{end};
    }));
    EXPECT_EQ(reader->position(Partition{partition}), Position{end});
    reader->stop(Partition{partition});
    return all;
  }
  static std::vector<std::string> shown(const std::vector<StoredRecord>& records) {
    std::vector<std::string> lines;
    for (const StoredRecord& record : records) {
      lines.push_back(std::to_string(record.offset.value) + " " + record.key.value_or("(none)") +
                      "=" + record.value.value_or("(none)"));
    }
    return lines;
  }
};

}  // namespace freshet::test
