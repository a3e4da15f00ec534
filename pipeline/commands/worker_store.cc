#include "pipeline/commands/worker_store.h"

#include <string>

#include "pipeline/log/log.h"
#include "stateful/store_files.h"

namespace freshet::commands {

Result<std::unique_ptr<stateful::RocksDbStateStore>> open_worker_store(
    const stateful::RocksDbOptions& options) {
  auto store = stateful::RocksDbStateStore::open(options);
  if (store || store.error().code != ErrorCode::kCorruptStore) return store;
  if (Status replaced = replace_damaged_store(options.directory, store.error()); !replaced) {
    return tl::unexpected(replaced.error());
  }
  return stateful::RocksDbStateStore::open(options);
}

Status replace_damaged_store(const std::filesystem::path& directory, const Error& damage) {
  const auto aside = stateful::set_store_aside(directory);
  if (!aside) return tl::unexpected(aside.error());
  pipeline::log_error(damage.message + ". They are kept in " + aside->string() +
                      "; the state is restored from the changelog and the input");
  return {};
}

}  // namespace freshet::commands
