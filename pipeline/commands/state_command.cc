#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/json_text.h"
#include "pipeline/commands/aside_command.h"
#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/open_state.h"
#include "pipeline/commands/rebuild_command.h"
#include "pipeline/state/state_report.h"
#include "pipeline/state/user_json.h"

namespace freshet::commands {
namespace {

struct StateArguments {
  ConfigArguments config;
  std::string path;  // overrides state.path
  std::string user;
  bool logical = false;  // verify prints what is equal for equal states, and no more
};

Error of_user(Partition partition, std::string_view user, const Error& error) {
  return {error.code, "partition " + std::to_string(partition.value) + ", user " +
                          quote_excerpt(user) + ": " + error.message};
}

int get(const StateArguments& arguments) {
  if (!is_valid_id(arguments.user)) {
    std::fprintf(stderr,
                 "freshet: not a valid user id: %s; an id is 1 to %zu bytes of valid UTF-8\n",
                 quote_excerpt(arguments.user).c_str(), kIdBytesMax);
    return kUsage;
  }
  const Result<OpenState> opened = open_state(arguments.config, arguments.path);
  if (!opened) return report(opened.error());
  const auto partitions = opened->store->partitions();
  if (!partitions) return opened->failed(partitions.error());
  const std::vector<stateful::BehaviourLimits> limits = opened->config.limits();
  const UserId user(arguments.user);
  for (const Partition partition : *partitions) {
    const auto value = opened->store->read_user(partition, user);
    if (!value) return opened->failed(value.error());
    if (!*value) continue;
    const auto state = stateful::decode_user_state(limits, **value);
    if (!state) return opened->failed(of_user(partition, arguments.user, state.error()));
    const auto marker = opened->store->read_marker(partition);
    if (!marker) return opened->failed(marker.error());
    const auto stream_time = *marker ? (*marker)->marker.stream_time : std::nullopt;
    std::puts(pipeline::user_json(partition, user, *state, limits, stream_time).c_str());
    return kOk;
  }
  std::fprintf(stderr, "freshet: no saved state of user \"%s\" here\n", arguments.user.c_str());
  return kFailed;
}

int dump(const StateArguments& arguments) {
  const Result<OpenState> opened = open_state(arguments.config, arguments.path);
  if (!opened) return report(opened.error());
  const auto partitions = opened->store->partitions();
  if (!partitions) return opened->failed(partitions.error());
  const std::vector<stateful::BehaviourLimits> limits = opened->config.limits();
  for (const Partition partition : *partitions) {
    const auto marker = opened->store->read_marker(partition);
    if (!marker) return opened->failed(marker.error());
    const auto stream_time = *marker ? (*marker)->marker.stream_time : std::nullopt;
    Status decoded;
    const Status scanned = opened->store->scan(
        partition, std::nullopt, [&](std::string_view user, std::string_view value) {
          const auto state = stateful::decode_user_state(limits, value);
          if (!state) {
            decoded = tl::unexpected(of_user(partition, user, state.error()));
            return false;
          }
          std::puts(
              pipeline::user_json(partition, UserId(user), *state, limits, stream_time).c_str());
          return true;
        });
    if (!scanned) return opened->failed(scanned.error());
    if (!decoded) return opened->failed(decoded.error());
  }
  return kOk;
}

int verify(const StateArguments& arguments) {
  const Result<OpenState> opened = open_state(arguments.config, arguments.path);
  if (!opened) return report(opened.error());
  const auto verified = pipeline::verify_state(opened->store.get(), opened->config.limits());
  if (!verified) return opened->failed(verified.error());
  std::fputs(
      (arguments.logical ? pipeline::describe_logical(*verified) : pipeline::describe(*verified))
          .c_str(),
      stdout);
  if (verified->sound()) return kOk;
  std::fputs(
      opened->config.changelog
          ? "freshet: the state is damaged; move the directory away, and a worker that starts "
            "restores it from the changelog\n"
          : "freshet: the state is damaged; `freshet state rebuild` makes it again from the "
            "input and keeps the damaged one\n",
      stderr);
  return kFailed;
}

void add_common(CLI::App* command, const std::shared_ptr<StateArguments>& arguments) {
  add_config_options(command, &arguments->config);
  command->add_option("--state", arguments->path, "state directory (default: state.path)");
}

}  // namespace

void add_state(CLI::App& app, Run* run) {
  CLI::App* state = app.add_subcommand("state", "Looks into a state directory, and makes it again");
  state->require_subcommand(1);
  auto arguments = std::make_shared<StateArguments>();
  CLI::App* get_command =
      state->add_subcommand("get",
                            "Prints a user's saved sequences as JSON, newest first\n\n"
                            "  freshet state get -c configs/worker.yaml u1");
  add_common(get_command, arguments);
  get_command->add_option("user", arguments->user, "user id")->required();
  get_command->callback([arguments, run] { *run = [arguments] { return get(*arguments); }; });
  CLI::App* dump_command =
      state->add_subcommand("dump",
                            "Prints every saved user as `get` does, one line each\n\n"
                            "  freshet state dump -c configs/worker.yaml");
  add_common(dump_command, arguments);
  dump_command->callback([arguments, run] { *run = [arguments] { return dump(*arguments); }; });
  CLI::App* verify_command =
      state->add_subcommand("verify",
                            "Recomputes digests and counts by scan; exit 1 where they differ\n\n"
                            "  freshet state verify -c configs/worker.yaml");
  add_common(verify_command, arguments);
  verify_command->add_flag("--logical", arguments->logical,
                           "prints only stream times and logical digests, which are equal for\n"
                           "equal states, however they came about");
  verify_command->callback([arguments, run] { *run = [arguments] { return verify(*arguments); }; });
  add_aside(state, run);
  add_rebuild(state, run);
}

}  // namespace freshet::commands
