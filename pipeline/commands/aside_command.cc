#include "pipeline/commands/aside_command.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "pipeline/commands/config_arguments.h"
#include "pipeline/config/config_parser.h"
#include "stateful/rocksdb_state_store.h"
#include "stateful/store_files.h"

namespace freshet::commands {
namespace {

namespace fs = std::filesystem;

struct AsideArguments {
  ConfigArguments config;
  std::string path;   // overrides state.path
  bool drop = false;  // deletes what is listed
};

std::string describe(const stateful::Aside& aside) {
  const std::string name = "partition " + std::to_string(aside.partition.value) + ", slot " +
                           std::to_string(aside.slot) + ": ";
  if (!aside.marker) return name + "its marker cannot be read";
  const stateful::Marker& marker = aside.marker->marker;
  return name + "position " + std::to_string(marker.position.value) + ", " +
         std::to_string(marker.user_count) + " users";
}

std::string describe(const fs::path& store) {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(store, ignored)) {
    if (const std::uint64_t size = entry.file_size(ignored); !ignored) bytes += size;
  }
  return store.string() + ": a whole store, " + std::to_string(bytes) + " bytes";
}

// Says what is done with it, line by line, after it is done.
void tell(const AsideArguments& arguments, const std::string& what) {
  std::printf("%s%s\n", arguments.drop ? "dropped " : "", what.c_str());
}

int aside(const AsideArguments& arguments) {
  const Result<pipeline::WorkerConfig> config = pipeline::load_config(arguments.config.source());
  if (!config) return report(config.error());
  stateful::RocksDbOptions options;
  options.directory = arguments.path.empty() ? config->state_path : arguments.path;
  options.application_id = config->application_id;
  options.read_only = true;
  auto store = stateful::RocksDbStateStore::open(options);
  if (store && arguments.drop) {
    // Only now for writing: that makes a directory where there is none.
    options.read_only = false;
    store->reset();
    store = stateful::RocksDbStateStore::open(options);
  }
  if (!store) return report(store.error());
  const auto partitions = (*store)->asides();
  if (!partitions) return report(partitions.error());
  for (const stateful::Aside& partition : *partitions) {
    if (arguments.drop) {
      if (Status dropped = (*store)->drop(partition); !dropped) return report(dropped.error());
    }
    tell(arguments, describe(partition));
  }
  for (const fs::path& files : stateful::stores_aside(options.directory)) {
    const std::string what = describe(files);
    std::error_code failure;
    if (arguments.drop) fs::remove_all(files, failure);
    if (failure) {
      return report({ErrorCode::kUnavailable, files.string() + ": cannot be deleted (" +
                                                  failure.message() + "); check its rights"});
    }
    tell(arguments, what);
  }
  return kOk;
}

}  // namespace

void add_aside(CLI::App* state, Run* run) {
  auto arguments = std::make_shared<AsideArguments>();
  CLI::App* command = state->add_subcommand(
      "aside",
      "Lists what a worker has set aside, or deletes it\n\n"
      "  freshet state aside -c configs/worker.yaml\n"
      "  freshet state aside -c configs/worker.yaml --drop    with the worker stopped");
  add_config_options(command, &arguments->config);
  command->add_option("--state", arguments->path, "state directory (default: state.path)");
  command->add_flag("--drop", arguments->drop, "deletes all that is aside, for good");
  command->callback([arguments, run] { *run = [arguments] { return aside(*arguments); }; });
}

}  // namespace freshet::commands
