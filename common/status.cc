#include "common/status.h"

namespace freshet {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadRecord:
      return "bad_record";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kFenced:
      return "fenced";
    case ErrorCode::kCorruptState:
      return "corrupt_state";
    case ErrorCode::kCorruptStore:
      return "corrupt_store";
    case ErrorCode::kInvalidConfig:
      return "invalid_config";
    case ErrorCode::kInvalidModel:
      return "invalid_model";
    case ErrorCode::kFatal:
      return "fatal";
  }
  return "unknown";
}

}  // namespace freshet
