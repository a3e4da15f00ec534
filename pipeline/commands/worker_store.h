// The store of a running worker: opened, and replaced where its files turn out to be damaged.
//
// A replaced store's files are kept (stateful/store_files.h), and the partitions are restored by
// their tasks as where a directory was lost: from the changelog and the input.
// Errors:  those of RocksDbStateStore::open and set_store_aside
// Threads: one. Requires: no store of the directory is open in this process
#pragma once

#include <memory>

#include "common/status.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {

// Opens it; an empty one where what is there is damaged.
Result<std::unique_ptr<stateful::RocksDbStateStore>> open_worker_store(
    const stateful::RocksDbOptions& options);

// Sets the files aside because of `damage`, and says so in the log.
Status replace_damaged_store(const std::filesystem::path& directory, const Error& damage);

}  // namespace freshet::commands
