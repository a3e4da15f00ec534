#include "pipeline/state/rebuilt_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "common/time_text.h"

namespace freshet::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnfinished = "UNFINISHED";

tl::unexpected<Error> refused(const fs::path& path, const std::string& why) {
  return error(ErrorCode::kInvalidConfig, path.string() + ": " + why);
}

tl::unexpected<Error> refused_by_system(const fs::path& path, const std::string& what) {
  return refused(path, what + " (" + std::strerror(errno) + ")");
}

// All that the directory holds is on the disk before it gets its name.
Status sync_all(const fs::path& directory) {
  const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return refused_by_system(directory, "cannot be opened");
  const int synced = syncfs(file);
  close(file);
  return synced == 0 ? Status{} : refused_by_system(directory, "cannot be written to the disk");
}

// A mounted volume cannot be renamed, and what lies beside it is on another device.
bool is_mount_point(const fs::path& directory) {
  struct stat own {};
  struct stat parent {};
  const fs::path above = directory / "..";
  return stat(directory.c_str(), &own) == 0 && stat(above.c_str(), &parent) == 0 &&
         own.st_dev != parent.st_dev;
}

// A directory that is not a state's is not ours to move.
bool looks_like_state(const fs::path& directory) {
  std::error_code ignored;
  if (fs::is_empty(directory, ignored)) return true;
  for (const char* name : {"CURRENT", "IDENTITY", "instance"}) {
    if (fs::exists(directory / name, ignored)) return true;
  }
  return false;
}

}  // namespace

RebuiltDirectory::RebuiltDirectory(fs::path directory, EventTime now)
    : directory_(std::move(directory)) {
  std::string plain = directory_.string();
  while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
  directory_ = plain;
  making_ = plain + ".rebuilding";
  std::string time = utc_text(now);
  time.erase(std::remove(time.begin(), time.end(), ':'), time.end());
  kept_ = plain + ".before-" + time;
}

Status RebuiltDirectory::clear_leftover() {
  std::error_code failure;
  if (!fs::exists(making_, failure)) return {};
  if (fs::exists(making_ / kUnfinished, failure)) {
    fs::remove_all(making_, failure);
  } else {
    // The crash came after the exchange: this is the state of before.
    fs::rename(making_, kept_.string() + "-interrupted", failure);
  }
  return failure ? refused(making_, "cannot be moved away (" + failure.message() + ")") : Status{};
}

Result<RebuiltDirectory> RebuiltDirectory::begin(const fs::path& directory, EventTime now) {
  RebuiltDirectory rebuilt(directory, now);
  std::error_code failure;
  if (fs::exists(rebuilt.directory_, failure)) {
    if (!fs::is_directory(rebuilt.directory_, failure) || !looks_like_state(rebuilt.directory_)) {
      return refused(
          rebuilt.directory_,
          "is not a state directory, and a rebuild would move it away; check state.path");
    }
    if (is_mount_point(rebuilt.directory_)) {
      return refused(
          rebuilt.directory_,
          "is a mounted volume, beside which no new one can be made; move its files into "
          "a folder on the volume and name that in state.path");
    }
    Result<stateful::DirectoryLock> lock = stateful::DirectoryLock::take(rebuilt.directory_);
    if (!lock) return tl::unexpected(lock.error());
    rebuilt.lock_.emplace(std::move(*lock));
  }
  if (Status cleared = rebuilt.clear_leftover(); !cleared) return tl::unexpected(cleared.error());
  fs::create_directories(rebuilt.making_, failure);
  const bool marked = std::ofstream(rebuilt.making_ / kUnfinished).good();
  if (failure || !marked) {
    return refused(rebuilt.making_,
                   "cannot be made; the new state is made beside the old one, in "
                   "the same folder");
  }
  return rebuilt;
}

void RebuiltDirectory::discard() {
  std::error_code ignored;  // what stays is cleared by the next begin()
  fs::remove_all(making_, ignored);
}

Result<std::optional<fs::path>> RebuiltDirectory::swap_in() {
  std::error_code failure;
  const bool had_one = fs::exists(directory_, failure);
  if (had_one && fs::exists(directory_ / "instance", failure)) {
    fs::copy_file(directory_ / "instance", making_ / "instance", failure);
    if (failure) return refused(making_ / "instance", "cannot be written: " + failure.message());
  }
  if (Status synced = sync_all(making_); !synced) return tl::unexpected(synced.error());
  fs::remove(making_ / kUnfinished, failure);
  if (failure) return refused(making_ / kUnfinished, "cannot be removed: " + failure.message());
  if (!had_one) {
    fs::rename(making_, directory_, failure);
    if (failure) return refused(directory_, "cannot be renamed to: " + failure.message());
    return std::optional<fs::path>{};
  }
  if (renameat2(AT_FDCWD, making_.c_str(), AT_FDCWD, directory_.c_str(), RENAME_EXCHANGE) == 0) {
    fs::rename(making_, kept_, failure);
  } else {
    fs::rename(directory_, kept_, failure);
    if (!failure) fs::rename(making_, directory_, failure);
  }
  if (failure) return refused(kept_, "cannot be renamed to: " + failure.message());
  return std::optional<fs::path>(kept_);
}

}  // namespace freshet::pipeline
