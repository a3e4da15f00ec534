#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/commands/command.h"
#include "pipeline/config_parser.h"
#include "pipeline/json_text.h"
#include "pipeline/state_report.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {
namespace {

struct StateArguments {
  std::string config;
  std::string path;  // overrides state.path
  std::string user;
};

struct OpenState {
  pipeline::WorkerConfig config;
  std::unique_ptr<stateful::RocksDbStateStore> store;
};

Result<OpenState> open(const StateArguments& arguments) {
  Result<pipeline::WorkerConfig> config = pipeline::load_config(arguments.config);
  if (!config) return tl::unexpected(config.error());
  stateful::RocksDbOptions options;
  options.directory = arguments.path.empty() ? config->state_path : arguments.path;
  options.application_id = config->application_id;
  options.read_only = true;
  auto store = stateful::RocksDbStateStore::open(options);
  if (!store) return tl::unexpected(store.error());
  return OpenState{std::move(*config), std::move(*store)};
}

// One JSON object: the user's stored clicks per behaviour, newest first, visible ones marked.
std::string user_json(Partition partition, const UserId& user, const stateful::UserState& state,
                      const std::vector<stateful::BehaviourLimits>& limits,
                      std::optional<EventTime> stream_time) {
  const std::string time = stream_time.has_value() ? std::to_string(stream_time->ms) : "null";
  std::string out = "{\"user_id\":" + pipeline::json_string(user.view()) +
                    ",\"partition\":" + std::to_string(partition.value) +
                    ",\"stream_time\":" + time + ",\"behaviours\":{";
  for (std::size_t b = 0; b < limits.size(); ++b) {
    const stateful::Sequence& sequence = state.sequences[b];
    const std::size_t visible =
        stream_time ? sequence.visible(*stream_time, limits[b].age_max).count : 0;
    out += (b > 0 ? "," : "") + pipeline::json_string(limits[b].name) +
           ":{\"visible\":" + std::to_string(visible) + ",\"clicks\":[";
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      out += std::string(i > 0 ? "," : "") +
             "{\"item_id\":" + pipeline::json_string(sequence[i].item.view()) +
             ",\"ts\":" + std::to_string(sequence[i].ts.ms) + "}";
    }
    out += "]}";
  }
  return out + "}}";
}

int get(const StateArguments& arguments) {
  const Result<OpenState> opened = open(arguments);
  if (!opened) return report(opened.error());
  const auto partitions = opened->store->partitions();
  if (!partitions) return report(partitions.error());
  const std::vector<stateful::BehaviourLimits> limits = opened->config.limits();
  const UserId user(arguments.user);
  for (const Partition partition : *partitions) {
    const auto value = opened->store->read_user(partition, user);
    if (!value) return report(value.error());
    if (!*value) continue;
    const auto state = stateful::decode_user_state(limits, **value);
    if (!state) return report(state.error());
    const auto marker = opened->store->read_marker(partition);
    if (!marker) return report(marker.error());
    const auto stream_time = *marker ? (*marker)->marker.stream_time : std::nullopt;
    std::puts(user_json(partition, user, *state, limits, stream_time).c_str());
    return kOk;
  }
  std::fprintf(stderr, "freshet: no saved state of user \"%s\" here\n", arguments.user.c_str());
  return kFailed;
}

int verify(const StateArguments& arguments) {
  const Result<OpenState> opened = open(arguments);
  if (!opened) return report(opened.error());
  const auto verified = pipeline::verify_state(opened->store.get(), opened->config.limits());
  if (!verified) return report(verified.error());
  std::fputs(pipeline::describe(*verified).c_str(), stdout);
  if (verified->sound()) return kOk;
  std::fputs(
      "freshet: the state is damaged; move the directory away, the next start rebuilds it "
      "from the input\n",
      stderr);
  return kFailed;
}

void add_common(CLI::App* command, const std::shared_ptr<StateArguments>& arguments) {
  command->add_option("-c,--config", arguments->config, "YAML configuration")->required();
  command->add_option("--state", arguments->path, "state directory (default: state.path)");
}

}  // namespace

void add_state(CLI::App& app, Run* run) {
  CLI::App* state = app.add_subcommand("state", "Looks into a state directory");
  state->require_subcommand(1);
  auto arguments = std::make_shared<StateArguments>();
  CLI::App* get_command =
      state->add_subcommand("get",
                            "Prints a user's saved sequences as JSON, newest first\n\n"
                            "  freshet state get -c configs/worker.yaml u1");
  add_common(get_command, arguments);
  get_command->add_option("user", arguments->user, "user id")->required();
  get_command->callback([arguments, run] { *run = [arguments] { return get(*arguments); }; });
  CLI::App* verify_command =
      state->add_subcommand("verify",
                            "Recomputes digests and counts by scan; exit 1 where they differ\n\n"
                            "  freshet state verify -c configs/worker.yaml");
  add_common(verify_command, arguments);
  verify_command->callback([arguments, run] { *run = [arguments] { return verify(*arguments); }; });
}

}  // namespace freshet::commands
