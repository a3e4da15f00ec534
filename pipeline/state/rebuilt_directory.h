// RebuiltDirectory: a state directory made beside the one it takes the place of.
//
//   begin -> DIR.rebuilding is filled -> swap_in: it is DIR, the old one is DIR.before-TIME
//
// The old directory is never changed and never deleted. The exchange is one step of the file
// system (renameat2) where it can be, so that after a crash either the old or the new one stands at
// DIR; what a crash has left behind is told from an old state by a file in it, which is there until
// the new one is whole, and is cleared by the next begin().
//
// Errors:  kInvalidConfig naming the holder where a worker holds DIR, and the path where the file
//          system refuses
// Threads: one. Holds DIR's lock from begin() to its end, so no worker starts on it meanwhile.
#pragma once

#include <filesystem>
#include <optional>

#include "common/status.h"
#include "common/time.h"
#include "stateful/directory_lock.h"

namespace freshet::pipeline {

class RebuiltDirectory {
 public:
  static Result<RebuiltDirectory> begin(const std::filesystem::path& directory, EventTime now);

  // Where the new one is made.
  const std::filesystem::path& path() const { return making_; }

  // Drops what was made so far: the rebuild failed, the old state stays.
  void discard();

  // Requires: the store in path() is closed. The worker's identity goes with it. Returns where the
  // old directory is kept; none where there was none.
  Result<std::optional<std::filesystem::path>> swap_in();

 private:
  RebuiltDirectory(std::filesystem::path directory, EventTime now);
  Status clear_leftover();

  std::filesystem::path directory_;
  std::filesystem::path making_;
  std::filesystem::path kept_;
  std::optional<stateful::DirectoryLock> lock_;
};

}  // namespace freshet::pipeline
