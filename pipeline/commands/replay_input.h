// What `replay` and `evaluate` read: a log as the input topic, and older history put before it.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/files/file_transport.h"
#include "pipeline/files/log_file.h"
#include "pipeline/worker/worker.h"
#include "stateful/state_store.h"

namespace CLI {
class App;
}

namespace freshet::commands {

struct ReplayInput {
  std::string log;
  std::optional<std::int32_t> partitions;
  std::string seed_history;
  std::vector<std::string> seed_fields;  // "behaviour=field"

  // A dump of another topic than kafka.input is refused: outputs name their topic, so it would not
  // give what that topic gave.
  Result<pipeline::LogFile> open(const pipeline::WorkerConfig& config) const;

  // Fills the store where there is a seed file, and says what it found on stderr where `tells`.
  // Returns what the replay's group "has committed" then.
  Result<std::map<Partition, pipeline::CommittedPosition>> seed(
      const pipeline::WorkerConfig& config, std::int32_t partition_count, const Clock& clock,
      bool tells, stateful::StateStore* store) const;
};

// What makes the one transport of a worker that reads the log. Both outlive it; the log is moved
// from.
pipeline::TransportFactory file_transport(pipeline::LogFile* log,
                                          pipeline::FileTransportOptions* files);

// --input, required, --partitions; --seed-history and --seed-field. `input` outlives the parsing.
void add_input_options(CLI::App* command, ReplayInput* input);
void add_seed_options(CLI::App* command, ReplayInput* input);

}  // namespace freshet::commands
