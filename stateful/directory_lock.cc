#include "stateful/directory_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace freshet::stateful {
namespace {

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

std::string DirectoryHolder::text() const {
  return process > 0 ? "process " + std::to_string(process) : "another process";
}

std::optional<DirectoryHolder> holder_of(const std::filesystem::path& directory) {
  const int file = open((directory / "LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  struct flock lock = whole_file();
  const int asked = fcntl(file, F_GETLK, &lock);
  close(file);
  if (asked != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return DirectoryHolder{std::max(0, static_cast<int>(lock.l_pid))};
}

Error held_error(const std::filesystem::path& directory, const DirectoryHolder& holder) {
  return {ErrorCode::kInvalidConfig, "state directory " + directory.string() +
                                         " is held by another worker (" + holder.text() +
                                         "): stop it, or give this one a state.path of its own"};
}

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "LOCK";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return error(ErrorCode::kInvalidConfig, path.string() + ": cannot be opened (" +
                                                std::strerror(errno) +
                                                "); check the rights of the state directory");
  }
  struct flock lock = whole_file();
  if (fcntl(file, F_SETLK, &lock) == 0) return DirectoryLock(file);
  lock = whole_file();
  const bool answered = fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  close(file);
  return tl::unexpected(
      held_error(directory, {answered ? std::max(0, static_cast<int>(lock.l_pid)) : 0}));
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace freshet::stateful
