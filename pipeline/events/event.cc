#include "pipeline/events/event.h"

namespace freshet::pipeline {

std::string_view name_of(DeadLetterReason reason) {
  switch (reason) {
    case DeadLetterReason::kNotJson:
      return "not_json";
    case DeadLetterReason::kUnsupportedFormat:
      return "unsupported_format";
    case DeadLetterReason::kTooLarge:
      return "too_large";
    case DeadLetterReason::kTooDeep:
      return "too_deep";
    case DeadLetterReason::kDuplicateField:
      return "duplicate_field";
    case DeadLetterReason::kMissingField:
      return "missing_field";
    case DeadLetterReason::kWrongType:
      return "wrong_type";
    case DeadLetterReason::kInvalidId:
      return "invalid_id";
    case DeadLetterReason::kInvalidTime:
      return "invalid_time";
    case DeadLetterReason::kFutureTime:
      return "future_time";
    case DeadLetterReason::kUnknownType:
      return "unknown_type";
    case DeadLetterReason::kKeyMissing:
      return "key_missing";
    case DeadLetterReason::kKeyMismatch:
      return "key_mismatch";
    case DeadLetterReason::kExcluded:
      return "excluded";
    case DeadLetterReason::kEmptyCandidates:
      return "empty_candidates";
    case DeadLetterReason::kUnknownItem:
      return "unknown_item";
    case DeadLetterReason::kNonFiniteScore:
      return "non_finite_score";
  }
  return "unknown";
}

}  // namespace freshet::pipeline
