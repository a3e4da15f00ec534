#include "pipeline/commands/replay_input.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <utility>

#include "common/check.h"
#include "pipeline/commands/option_checks.h"
#include "pipeline/files/seed_history.h"

namespace freshet::commands {
namespace {

Result<pipeline::SeedHistoryOptions> seed_options(const ReplayInput& input,
                                                  std::int32_t partition_count) {
  pipeline::SeedHistoryOptions options;
  options.file = input.seed_history;
  options.partition_count = partition_count;
  for (const std::string& mapping : input.seed_fields) {
    const std::size_t equals = mapping.find('=');
    if (equals == std::string::npos) {
      return error(
          ErrorCode::kInvalidConfig,
          "--seed-field " + mapping + ": say BEHAVIOUR=FIELD, such as click=long_view_seq");
    }
    const std::string behaviour = mapping.substr(0, equals);
    if (!options.field_by_behaviour.emplace(behaviour, mapping.substr(equals + 1)).second) {
      return error(ErrorCode::kInvalidConfig,
                   "--seed-field " + mapping + ": " + behaviour + " has a field already; name one");
    }
  }
  return options;
}

}  // namespace

Result<pipeline::LogFile> ReplayInput::open(const pipeline::WorkerConfig& config) const {
  Result<pipeline::LogFile> input = pipeline::LogFile::open(config, log);
  if (!input) return input;
  if (const auto& dump = input->dump_topic(); dump && dump->name != config.kafka.input) {
    return error(ErrorCode::kInvalidConfig, log + ": is a dump of topic " + dump->name +
                                                ", and kafka.input is " + config.kafka.input +
                                                "; set kafka.input to the dump's topic");
  }
  if (partitions) {
    if (Status fits = input->set_partition_count(*partitions); !fits) {
      return tl::unexpected(fits.error());
    }
  }
  return input;
}

Result<std::map<Partition, pipeline::CommittedPosition>> ReplayInput::seed(
    const pipeline::WorkerConfig& config, std::int32_t partition_count, const Clock& clock,
    bool tells, stateful::StateStore* store) const {
  std::map<Partition, pipeline::CommittedPosition> committed;
  if (seed_history.empty()) return committed;
  const auto options = seed_options(*this, partition_count);
  if (!options) return tl::unexpected(options.error());
  auto seeded = pipeline::seed_history(config, *options, clock, store);
  if (!seeded) return tl::unexpected(seeded.error());
  if (!tells) return std::move(seeded->committed);
  std::fprintf(stderr, "seeded: %llu users, %llu clicks\n",
               static_cast<unsigned long long>(seeded->users),
               static_cast<unsigned long long>(seeded->clicks));
  for (const std::string& field : seeded->absent_fields) {
    std::fprintf(stderr, "seeded: no line has the field %s\n", field.c_str());
  }
  return std::move(seeded->committed);
}

pipeline::TransportFactory file_transport(pipeline::LogFile* log,
                                          pipeline::FileTransportOptions* files) {
  return [log, files, opened = false]() mutable -> Result<std::unique_ptr<pipeline::Transport>> {
    FRESHET_CHECK(!opened);  // nothing fences a file, so the worker never rejoins
    opened = true;
    auto transport = pipeline::FileTransport::open(std::move(*log), std::move(*files));
    if (!transport) return tl::unexpected(transport.error());
    return std::unique_ptr<pipeline::Transport>(std::move(*transport));
  };
}

void add_input_options(CLI::App* command, ReplayInput* input) {
  command->add_option("--input", input->log, "log or dump, plain or gzip; - is stdin")->required();
  whole_number(command->add_option("--partitions", input->partitions,
                                   "as the topic has; without it 1, or a dump's"),
               1, 10'000);
}

void add_seed_options(CLI::App* command, ReplayInput* input) {
  CLI::Option* seed =
      command->add_option("--seed-history", input->seed_history,
                          "older history without times, put before the first record");
  command
      ->add_option("--seed-field", input->seed_fields,
                   "BEHAVIOUR=FIELD of the seed file (default: BEHAVIOUR_seq)")
      ->needs(seed);
}

}  // namespace freshet::commands
