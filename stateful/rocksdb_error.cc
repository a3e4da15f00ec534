#include "stateful/rocksdb_error.h"

#include <rocksdb/status.h>
#include <unistd.h>

#include "stateful/directory_lock.h"

namespace freshet::stateful {
namespace {

bool holds_text(const rocksdb::Status& status, const char* text) {
  return status.IsIOError() && status.ToString().find(text) != std::string::npos;
}

}  // namespace

std::optional<Error> lock_error(const rocksdb::Status& status,
                                const std::filesystem::path& directory) {
  // Only the failure of another process's lock is looked into: this process must not ask about a
  // lock of its own.
  if (holds_text(status, "lock hold by current process")) {
    return held_error(directory, {static_cast<int>(getpid())});
  }
  if (!holds_text(status, "While lock file")) return std::nullopt;
  return held_error(directory, holder_of(directory).value_or(DirectoryHolder{}));
}

tl::unexpected<Error> storage_error(const rocksdb::Status& status, const std::string& place) {
  const std::string said = place + ": " + status.ToString();
  if (status.IsCorruption()) {
    return error(ErrorCode::kCorruptState,
                 said + ": move the directory aside and start again, the state is rebuilt");
  }
  if (status.IsInvalidArgument() || status.IsNotSupported()) {
    return error(ErrorCode::kInvalidConfig,
                 said + ": this is not a state directory that this Freshet can read");
  }
  if (status.IsIOError() || status.IsNoSpace() || status.IsBusy() || status.IsTimedOut() ||
      status.IsIncomplete() || status.IsTryAgain() || status.IsAborted()) {
    return error(ErrorCode::kUnavailable,
                 said + ": free space on the disk or mend it, then start again");
  }
  return error(ErrorCode::kFatal, said);
}

}  // namespace freshet::stateful
