// The dump: a topic as a file, one JSON line per record. docs/formats.md, "Dump", has the grammar.
//
// The first line names the topic and its partition count; then each record has its partition,
// offset and time, so a replay of the file gives what the topic gave. Bytes that are not UTF-8 are
// base64 under "key_base64", "value_base64" and "name_base64".
// Errors:  of decoding: kBadRecord, naming the column; the caller adds file and line
// Threads: free functions
// Cost:    linear in the line
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"

namespace freshet::pipeline {

struct DumpTopic {
  std::string name;
  std::int32_t partition_count = 0;
  bool operator==(const DumpTopic&) const = default;
};

struct DumpRecordHeader {
  std::string name;
  std::optional<std::string> value;
  bool operator==(const DumpRecordHeader&) const = default;
};

struct DumpRecord {
  Partition partition;
  Offset offset;
  std::optional<EventTime> timestamp;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<DumpRecordHeader> headers;
  bool operator==(const DumpRecord&) const = default;
};

// Each writes its line to *out, replacing what was there; no line end.
void encode_dump_topic(const DumpTopic& topic, std::string* out);
void encode_dump_record(const DumpRecord& record, std::string* out);

// Whether a file that begins with this line is a dump. One that is not is a bare log.
bool is_dump_topic(std::string_view line);

Result<DumpTopic> decode_dump_topic(std::string_view line);
Result<DumpRecord> decode_dump_record(std::string_view line);

}  // namespace freshet::pipeline
