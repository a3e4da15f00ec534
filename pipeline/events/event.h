// Event: one decoded input record, and why a record is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "common/time.h"

namespace freshet::pipeline {

enum class EventKind { kClick, kImpression, kRequest };

struct Event {
  EventKind kind = EventKind::kClick;
  UserId user;
  EventTime ts;
  std::optional<ItemId> item;  // kClick, kImpression
  std::size_t behaviour = 0;   // kClick: index of the configured behaviour
  bool label = false;          // kImpression: it was clicked
  bool label_given = false;    // kImpression: the label was there
  // kImpression: bit b where it is a click of behaviour b by that behaviour's `impressions`.
  std::uint32_t impressed = 0;
  std::optional<std::string> event_id;              // kClick, kImpression; echoed
  std::optional<std::string> request_id;            // kRequest; echoed
  std::optional<std::vector<ItemId>> candidates;    // kRequest
  std::vector<std::optional<std::string>> context;  // [events.context]
};

// Why a record becomes a dead letter. The names are part of the format (docs/formats.md).
enum class DeadLetterReason {
  kNotJson,
  kUnsupportedFormat,  // a schema-registry frame around Avro or Protobuf
  kTooLarge,
  kTooDeep,
  kDuplicateField,
  kMissingField,
  kWrongType,
  kInvalidId,
  kInvalidTime,
  kFutureTime,
  kUnknownType,
  kKeyMissing,
  kKeyMismatch,
  kExcluded,  // by input.exclude
  kEmptyCandidates,
  kUnknownItem,     // nothing to score: the model knows none of the candidates
  kNonFiniteScore,  // every candidate's logit is NaN or infinite
};

std::string_view name_of(DeadLetterReason reason);  // "not_json", ...

struct Refusal {
  DeadLetterReason reason;
  std::string message;  // names the field and what was found
  std::string model{};  // that refused it, "name@version"; empty where no model was asked
};

}  // namespace freshet::pipeline
