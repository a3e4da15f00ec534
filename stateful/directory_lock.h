// Who holds a state directory, and holding one without opening its store.
//
// RocksDB locks the file LOCK in the directory for the process that writes (a POSIX record lock,
// which ends with its process however that ends). This is the same lock: a worker and a
// DirectoryLock exclude each other.
//
// Errors:  take() returns kInvalidConfig naming the holder, or what the file system says
// Threads: free; a process must not ask about a directory that it holds itself: closing the file
//          would end its own lock, which is how POSIX has it
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/status.h"

namespace freshet::stateful {

struct DirectoryHolder {
  int process = 0;           // 0: in another PID namespace, a container's, or on another machine
  std::string text() const;  // "process 4711"
};

// None where nobody holds the directory, or nobody can be asked.
std::optional<DirectoryHolder> holder_of(const std::filesystem::path& directory);

// "... is held by process 4711: ..." with the remedy, as every command says it.
Error held_error(const std::filesystem::path& directory, const DirectoryHolder& holder);

class DirectoryLock {
 public:
  // Requires: the directory exists.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

}  // namespace freshet::stateful
