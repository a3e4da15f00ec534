// Opens a state directory to look into it, beside a running worker too.
//
// RocksDB's read-only open takes no lock: it sees what the worker had written at that moment, which
// is every batch that was applied. What the worker has not saved yet (up to checkpoint.interval_ms
// of changes) is not there, so the caller is told who holds the directory, on stderr.
// Errors: kInvalidConfig for a directory that is not there, foreign, newer, or made under another
//         configuration; what the store says
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/status.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/config/config.h"
#include "stateful/directory_lock.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {

struct OpenState {
  pipeline::WorkerConfig config;
  std::filesystem::path directory;
  std::optional<stateful::DirectoryHolder> holder;  // who held it when it was opened
  std::unique_ptr<stateful::RocksDbStateStore> store;

  // report() of an error met while reading. Beside a worker a file may go away under the reader.
  int failed(const Error& error) const;
};

// `path` overrides the configuration's state.path unless empty.
Result<OpenState> open_state(const ConfigArguments& config, const std::string& path);

}  // namespace freshet::commands
