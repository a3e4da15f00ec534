// EventDecoder: one record's JSON bytes -> Event, or the reason why not. The door to simdjson.
//
// The whole value must be one well-formed JSON object (RFC 8259, UTF-8), fields that are not mapped
// included; a mapped field may stand once. Ids are strings of 1 to 128 bytes or integers, which
// become their decimal string; floats are refused. `ts` is read in the configured unit and must lie
// in [2000-01-01, 2100-01-01). A field may stand in nested objects (config/field_path.h), and a
// value in a schema registry's frame (schema_frame.h). docs/formats.md, "Input event", has every
// rule.
//
// Errors:  a Refusal; after one, the decoder is as good as new
// Threads: one decoder per task (it owns the parser's buffers)
// Cost:    about 250 ns for a 110-byte event (bench_parse), twice a bare DOM parse of it
// Oracle:  a DOM parser's verdict on the same bytes (tests/property/pipeline)
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/events/event.h"

namespace freshet::pipeline {

class EventDecoder {
 public:
  explicit EventDecoder(const WorkerConfig& config);
  ~EventDecoder();
  EventDecoder(EventDecoder&&) noexcept;
  EventDecoder& operator=(EventDecoder&&) noexcept;

  tl::expected<Event, Refusal> decode(std::string_view value);

  // The user id alone, where it can be read: how files are partitioned. None is "no readable user".
  std::optional<UserId> peek_user(std::string_view value);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::pipeline
