#include "stateful/store_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "stateful/directory_lock.h"
#include "stateful/manifest_tail.h"

namespace freshet::stateful {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAside = "aside-";

std::string text_of(const fs::path& directory) { return "state directory " + directory.string(); }

bool is_data_file(const std::string& name) {
  return name.ends_with(".sst") || name.ends_with(".log");
}

bool is_store_file(const std::string& name) {
  return is_data_file(name) || name == "CURRENT" || name == "IDENTITY" ||
         name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-") || name.ends_with(".dbtmp");
}

// The number of DIR/aside-<n>; none of any other name.
std::optional<std::uint64_t> number_of_aside(const std::string& name) {
  if (!name.starts_with(kAside)) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stopped, failure] = std::from_chars(name.data() + kAside.size(), end, number);
  if (failure != std::errc() || stopped != end || number == 0) return std::nullopt;
  return number;
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code ignored;  // what cannot be listed is refused by whoever opens it
  for (fs::directory_iterator at(directory, ignored), end; at != end; at.increment(ignored)) {
    entries.push_back(at->path());
    if (ignored) break;
  }
  return entries;
}

std::string last_block_of(const fs::path& manifest) {
  constexpr std::uint64_t kBlockBytes = 32'768;
  std::error_code failure;
  const std::uint64_t size = fs::file_size(manifest, failure);
  if (failure) return {};
  std::ifstream file(manifest, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(size - size % kBlockBytes));
  std::string block(static_cast<std::size_t>(size % kBlockBytes), '\0');
  file.read(block.data(), static_cast<std::streamsize>(block.size()));
  block.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return block;
}

// Renames inside are on the disk when this returns.
bool sync(const fs::path& directory) {
  const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  const bool synced = fsync(file) == 0;
  close(file);
  return synced;
}

}  // namespace

Status check_store_files(const fs::path& directory) {
  const auto damaged = [&](const std::string& what) {
    return error(ErrorCode::kCorruptStore,
                 text_of(directory) + ": " + what +
                     ": its files are damaged; a worker that starts on it sets them aside and "
                     "makes the state again");
  };
  std::error_code failure;
  if (!fs::exists(directory / "CURRENT", failure)) {
    if (failure) return {};  // opening says what
    for (const fs::path& entry : entries_of(directory)) {
      if (is_data_file(entry.filename().string())) {
        return damaged("CURRENT is missing beside " + entry.filename().string());
      }
    }
    return {};
  }
  std::ifstream current(directory / "CURRENT");
  std::string manifest;
  std::getline(current, manifest);
  // A name that is none is found by opening.
  if (!manifest.starts_with("MANIFEST-") || manifest.find('/') != std::string::npos) return {};
  if (hides_a_whole_record(last_block_of(directory / manifest))) {
    return damaged(manifest + " has a record of a wrong length");
  }
  return {};
}

Result<fs::path> set_store_aside(const fs::path& directory) {
  const Result<DirectoryLock> lock = DirectoryLock::take(directory);
  if (!lock) return tl::unexpected(lock.error());
  const std::vector<fs::path> before = stores_aside(directory);
  if (before.size() >= kStoresAsideMax) {
    return error(ErrorCode::kInvalidConfig,
                 text_of(directory) + " is damaged, and " + std::to_string(before.size()) +
                     " damaged ones were set aside in it before: look at the disk and the memory "
                     "of this machine, then delete the folders aside-*");
  }
  std::uint64_t number = 1;
  if (!before.empty()) number = *number_of_aside(before.back().filename().string()) + 1;
  const fs::path aside = directory / (std::string(kAside) + std::to_string(number));
  std::error_code failure;
  fs::create_directory(aside, failure);
  // CURRENT goes last: what is left by a crash on the way is a store with files missing.
  for (const fs::path& entry : entries_of(directory)) {
    const std::string name = entry.filename().string();
    if (!failure && name != "CURRENT" && is_store_file(name))
      fs::rename(entry, aside / name, failure);
  }
  if (!failure && fs::exists(directory / "CURRENT", failure)) {
    fs::rename(directory / "CURRENT", aside / "CURRENT", failure);
  }
  if (failure || !sync(aside) || !sync(directory)) {
    return error(ErrorCode::kUnavailable,
                 text_of(directory) + ": its damaged files cannot be moved to " + aside.string() +
                     (failure ? " (" + failure.message() + ")" : "") +
                     "; check the rights and the disk");
  }
  return aside;
}

std::vector<fs::path> stores_aside(const fs::path& directory) {
  std::vector<fs::path> asides;
  for (const fs::path& entry : entries_of(directory)) {
    if (number_of_aside(entry.filename().string())) asides.push_back(entry);
  }
  std::sort(asides.begin(), asides.end(), [](const fs::path& a, const fs::path& b) {
    return number_of_aside(a.filename().string()) < number_of_aside(b.filename().string());
  });
  return asides;
}

}  // namespace freshet::stateful
