// Outputs as bytes: score events (JSON, one line) and dead letters. docs/formats.md, "Output".
//
// Floats are written by std::to_chars, shortest round trip; strings are escaped as RFC 8259 asks
// and no more (", \, control characters), so equal inputs give equal bytes everywhere.
//
// Errors:  none
// Threads: free functions
// Cost:    linear in the output
// Oracle:  byte for byte in tests/unit/pipeline
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/log_position.h"
#include "common/time.h"
#include "pipeline/events/event.h"
#include "pipeline/events/record.h"

namespace freshet::pipeline {

// Headers of a dead letter that its readers ask for.
inline constexpr std::string_view kPartitionHeader = "freshet.partition";
inline constexpr std::string_view kOffsetHeader = "freshet.offset";
inline constexpr std::string_view kModelHeader = "freshet.model";  // only where a model refused

struct SourceRef {
  std::string_view topic;
  Partition partition;
  Offset offset;
};

struct PublishedScore {
  std::string_view item_id;
  float score = 0;  // sigmoid of the logit
};

struct ScoreEvent {
  std::string_view user_id;
  std::optional<std::string_view> event_id;
  std::optional<std::string_view> request_id;
  EventTime ts;
  SourceRef source;
  std::string_view model;  // "name@version"
  std::size_t sequence_length = 0;
  bool late = false;
  bool duplicate = false;
  std::span<const PublishedScore> scores;
  std::optional<std::string_view> reason;  // why there are none; of a shadow's alone
};

// Writes the event to *out, replacing what was there; no line end.
void encode_score_event(const ScoreEvent& event, std::string* out);

// The dead letter of a record: key and value as they came, the reason in headers.
OutputRecord make_dead_letter(const InputRecord& record, std::string_view topic,
                              const Refusal& refusal);

// A dead letter as one line of a file: the headers, key and value as JSON; bytes that are not UTF-8
// are base64 under "key_base64" / "value_base64".
std::string dead_letter_line(const OutputRecord& record);

}  // namespace freshet::pipeline
