#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/findings.h"
#include "pipeline/commands/option_checks.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/config/config_value.h"
#include "pipeline/kafka/client_option_check.h"
#include "pipeline/kafka/connection_check.h"
#include "pipeline/log/log.h"
#include "pipeline/models/open_model.h"
#include "pipeline/scoring/served_model.h"
#include "pipeline/state/fingerprint.h"
#include "scorer/files/model_folder.h"
#include "scorer/float_mode.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {
namespace {

// Where one of these is wrong, what the model lacks could be its consequence.
constexpr std::string_view kModelSections[] = {"", "model"};
constexpr std::string_view kKafkaSections[] = {"",       "application_id", "kafka",
                                               "shadow", "examples",       "threads"};
constexpr std::string_view kShadowSections[] = {"", "shadow"};
constexpr std::string_view kServedSections[] = {"", "behaviours", "candidates", "events"};

bool sound(const pipeline::ConfigReading& reading, std::span<const std::string_view> sections) {
  return std::none_of(sections.begin(), sections.end(), [&](std::string_view section) {
    return reading.wrong_sections.contains(section);
  });
}

struct CheckArguments {
  ConfigArguments config;
  bool connect = false;
  bool json = false;
  std::uint64_t timeout_s = 10;
};

void add_ok(std::string where, std::string message, pipeline::Findings* findings) {
  findings->push_back({pipeline::FindingLevel::kOk, std::move(where), std::move(message), ""});
}

void add_error(const Error& error, pipeline::Findings* findings) {
  for (pipeline::Finding& finding : findings_of(error)) findings->push_back(std::move(finding));
}

void describe_behaviours(const pipeline::WorkerConfig& config, pipeline::Findings* findings) {
  for (const pipeline::BehaviourConfig& behaviour : config.behaviours) {
    add_ok("behaviour " + behaviour.limits.name,
           "the newest " + std::to_string(behaviour.limits.length_max) + " clicks of the last " +
               pipeline::duration_text(behaviour.limits.age_max),
           findings);
  }
}

void add_served(const std::string& where, const pipeline::ServedModel& served,
                pipeline::Findings* findings) {
  add_ok(where,
         served.label + ", " + std::to_string(served.model->items.rows) + " items, " +
             std::to_string(served.candidate_rows.size()) + " candidates for a click",
         findings);
}

// What a start would take of a folder of versions, and what it would refuse. `kind` and the place
// begin its findings.
bool check_versions(const pipeline::WorkerConfig& config, const std::string& path,
                    const std::string& kind, pipeline::Findings* findings) {
  const auto opened = pipeline::open_model(path, config);
  if (!opened) {
    add_error(opened.error(), findings);
    return false;
  }
  for (const pipeline::ModelRefusal& refusal : opened->versions->status().refused) {
    findings->push_back({pipeline::FindingLevel::kWarning, kind + path, refusal.message,
                         "a worker takes " + opened->model->label});
  }
  add_served(kind + opened->folder.string(), *opened->model, findings);
  return true;
}

// Whether the folder holds a model that this configuration can serve. `where` begins its findings.
bool check_folder(const pipeline::ConfigReading& reading, const std::string& path,
                  const std::string& where, pipeline::Findings* findings) {
  auto model = scorer::load_model(path);
  if (!model) {
    add_error(model.error(), findings);
    return false;
  }
  if (!sound(reading, kServedSections)) return false;
  const auto created = pipeline::ServedModel::create(std::move(*model), reading.config);
  if (!created) {
    findings->push_back({pipeline::FindingLevel::kError, where, created.error().message, ""});
    return false;
  }
  add_served(where, **created, findings);
  return true;
}

bool check_path(const pipeline::ConfigReading& reading, const std::string& path,
                const std::string& kind, pipeline::Findings* findings) {
  if (!pipeline::is_folder_of_versions(path)) {
    return check_folder(reading, path, kind + path, findings);
  }
  return sound(reading, kServedSections) && check_versions(reading.config, path, kind, findings);
}

void check_models(const pipeline::ConfigReading& reading, pipeline::Findings* findings) {
  const pipeline::WorkerConfig& config = reading.config;
  if (sound(reading, kModelSections) &&
      check_path(reading, config.model_path, "model ", findings)) {
    describe_behaviours(config, findings);
  }
  if (config.shadow.on() && sound(reading, kShadowSections)) {
    check_path(reading, config.shadow.path, "shadow model ", findings);
  }
}

bool holds_state(const pipeline::WorkerConfig& config) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::path(config.state_path) / "CURRENT", ignored);
}

// What is saved here, against the topic as it is now.
Status check_state(const pipeline::WorkerConfig& config, std::int32_t partition_count) {
  stateful::RocksDbOptions options;
  options.directory = config.state_path;
  options.application_id = config.application_id;
  options.read_only = true;
  const auto store = stateful::RocksDbStateStore::open(options);
  if (!store) return tl::unexpected(store.error());
  return pipeline::check_fingerprints(store->get(), config, partition_count);
}

void check_cluster(const pipeline::WorkerConfig& config, std::chrono::seconds timeout,
                   pipeline::Findings* findings) {
  pipeline::ConnectionCheck connection = pipeline::check_connection(config, timeout);
  for (pipeline::Finding& finding : connection.findings) findings->push_back(std::move(finding));
  if (!connection.input_partitions || !holds_state(config)) return;
  const std::string where = "state " + config.state_path;
  const Status state = check_state(config, *connection.input_partitions);
  if (!state) {
    findings->push_back({pipeline::FindingLevel::kError, where, state.error().message, ""});
  } else {
    add_ok(where, "fits the input topic and this configuration", findings);
  }
}

// Data on stdout; what is wrong on stderr, as every command says it. What is in order would bury an
// error of a file, while of a cluster it says how far things are.
void print(const pipeline::Findings& findings, bool connected) {
  const Terminal terminal = stdout_terminal();
  const bool with_ok = connected || exit_code_of(findings) == kOk;
  for (const pipeline::Finding& finding : findings) {
    const bool shown = with_ok || finding.level != pipeline::FindingLevel::kOk;
    if (shown && finding.level != pipeline::FindingLevel::kError) {
      std::puts(line_of(finding, terminal).c_str());
    }
  }
  std::fflush(stdout);
  for (const pipeline::Finding& finding : findings) {
    if (finding.level == pipeline::FindingLevel::kError) {
      std::fprintf(stderr, "freshet: %s\n", text_of(finding).c_str());
    }
  }
}

// Tells the problems of the configuration, those of the model and those of the cluster: whoever
// mends one at a time starts a worker many times.
int check(const CheckArguments& arguments) {
  const pipeline::ConfigReading reading =
      pipeline::read_config(arguments.config.source(), pipeline::check_client_options);
  const pipeline::WorkerConfig& config = reading.config;
  pipeline::log_init(config.log_level, config.log_format);
  scorer::set_float_mode();
  pipeline::Findings findings;
  if (reading.problems) {
    add_error(*reading.problems, &findings);
  } else {
    add_ok(arguments.config.path, "in order", &findings);
  }
  check_models(reading, &findings);
  if (arguments.connect && sound(reading, kKafkaSections)) {
    check_cluster(config, std::chrono::seconds(arguments.timeout_s), &findings);
  }
  if (arguments.json) {
    std::puts(json_of(findings).c_str());
  } else {
    print(findings, arguments.connect);
  }
  return exit_code_of(findings);
}

}  // namespace

void add_check(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = app.add_subcommand(
      "check",
      "Checks configuration and model, with --connect the brokers too\n\n"
      "  freshet check -c configs/worker.yaml\n"
      "  freshet check -c configs/worker.yaml --connect --json | jq '.findings[]'\n\n"
      "Everything that is wrong is told at once; the exit code is then 78. --connect leaves\n"
      "nothing behind: no record, no group member, no position.");
  add_config_options(command, &arguments->config);
  command->add_flag("--connect", arguments->connect, "ask the brokers, too");
  command->add_flag("--json", arguments->json, "one JSON object on stdout");
  whole_number(command
                   ->add_option("--timeout-s", arguments->timeout_s,
                                "how long each question to the brokers may take")
                   ->capture_default_str(),
               1, 600);
  command->callback([arguments, run] { *run = [arguments] { return check(*arguments); }; });
}

}  // namespace freshet::commands
