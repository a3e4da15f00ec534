// The error of a model that is not served: says what is wrong, where, and the remedy.
#pragma once

#include <string>
#include <utility>

#include "common/status.h"

namespace freshet::scorer {

inline tl::unexpected<Error> refuse_model(std::string message) {
  return error(ErrorCode::kInvalidModel, std::move(message));
}

// `place` is a file, or a file with line and column.
inline tl::unexpected<Error> refuse_model(const std::string& place, const std::string& message) {
  return refuse_model(place + ": " + message);
}

}  // namespace freshet::scorer
