// Records as transports carry them: in (InputRecord, RecordBatch) and out (OutputRecord).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/log_position.h"
#include "common/time.h"
#include "pipeline/config/output_topic.h"

namespace freshet::pipeline {

// A record of the input topic. The views live as long as the batch they came in.
struct InputRecord {
  Partition partition;
  Offset offset;
  std::optional<EventTime> timestamp;  // the record's Kafka time; a bare file has none
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  // none is a tombstone
};

struct RecordBatch {
  std::vector<InputRecord> records;   // ascending offsets within each partition
  std::shared_ptr<const void> owner;  // keeps the views' bytes alive
  bool end_of_input = false;          // the input is finite and this was its last batch
};

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};

struct OutputRecord {
  OutputTopic topic = OutputTopic::kScores;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<Header> headers;
};

}  // namespace freshet::pipeline
