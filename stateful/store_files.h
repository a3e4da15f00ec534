// The files of a RocksDB store in a state directory: damage that RocksDB itself would not see, and
// where damaged files go.
//
// They go to DIR/aside-<n>, n counting from 1, and stay there until somebody deletes them. What is
// not the store's, the worker's identity among it, stays in its place. A crash in between leaves a
// store that opens as damaged, so the next start moves the rest, under the next number.
//
// Errors:  kCorruptStore for damage; of set_store_aside: kInvalidConfig where another process holds
//          the directory or too many are aside, kUnavailable where the file system refuses
// Threads: free. Requires: this process has no store open there
#pragma once

#include <filesystem>
#include <vector>

#include "common/status.h"

namespace freshet::stateful {

// So many stores are set aside in one directory; a disk that damages the next too has to be looked
// at first.
inline constexpr std::size_t kStoresAsideMax = 5;

// Whether what is there can be opened as the store that was written. RocksDB makes a new database
// where CURRENT is missing, and deletes the old tables; and see stateful/manifest_tail.h.
Status check_store_files(const std::filesystem::path& directory);

// Returns where they are now.
Result<std::filesystem::path> set_store_aside(const std::filesystem::path& directory);

// The folders of stores that were set aside, the oldest first.
std::vector<std::filesystem::path> stores_aside(const std::filesystem::path& directory);

}  // namespace freshet::stateful
