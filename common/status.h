// Errors as values, named by the recovery that the worker's loop performs.
//
// Result<T> is tl::expected<T, Error>; Status is Result<void>. Functions that can fail return one
// of them and are [[nodiscard]]. A message says what is wrong, where (file:line:col, or topic,
// partition, offset) and what the operator can do about it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace freshet {

enum class ErrorCode {
  kBadRecord,     // this record cannot be processed: dead letter, go on
  kUnavailable,   // a dependency does not answer: pause, back off, try again
  kFenced,        // another instance owns the partition: close dirty and rejoin
  kCorruptState,  // stored bytes fail their check: set the partition's state aside and restore
  kCorruptStore,  // the store's own files are damaged: set them all aside, open it anew and restore
  kInvalidConfig,  // the operator must change something: exit 78, before joining the group
  kInvalidModel,   // the model folder is refused: exit 78 at start, keep the old model at a swap
  kFatal,          // cannot go on: commit nothing and exit 1
};

// The code's stable name, as logs and metrics print it ("bad_record").
std::string_view name_of(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// Shorthand for `return error(ErrorCode::kBadRecord, "...");`.
inline tl::unexpected<Error> error(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace freshet
