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
  // A file that is named but not there is damage like a flipped bit: of CURRENT, which then names
  // another file, or of a hand that removed one. No disk that is full or forbids it says so.
  if (status.IsCorruption() || status.IsPathNotFound()) {
    return error(ErrorCode::kCorruptStore,
                 said +
                     ": its files are damaged; a worker that starts on it sets them aside and "
                     "makes the state again");
  }
  if (status.IsNoSpace()) {
    return error(ErrorCode::kUnavailable, said + ": the disk is full: free space on it");
  }
  if (status.IsInvalidArgument() || status.IsNotSupported()) {
    return error(ErrorCode::kInvalidConfig,
                 said + ": this is not a state directory that this Freshet can read");
  }
  if (status.IsIOError() || status.IsBusy() || status.IsTimedOut() || status.IsIncomplete() ||
      status.IsTryAgain() || status.IsAborted()) {
    return error(ErrorCode::kUnavailable,
                 said + ": mend the disk, free space on it or check its rights");
  }
  return error(ErrorCode::kFatal, said);
}

}  // namespace freshet::stateful
