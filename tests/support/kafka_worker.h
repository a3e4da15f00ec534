// Workers on the real broker, each on a thread of its own, and what they leave in their topics.
//
// Errors:  a failed CHECK on misuse
// Threads: one; each worker has its own
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/stop_signal.h"
#include "pipeline/worker/worker.h"
#include "tests/support/kafka_harness.h"
#include "tests/support/worker_fixture.h"

namespace freshet::test {

// One application: its topics, its model and its state, which outlives its workers as a disk does.
class KafkaWorld {
 public:
  // All of `yaml` but what is Kafka's.
  KafkaWorld(const std::string& bootstrap, std::string_view yaml);

  // Both append to partition 0; the clicks are one user's.
  void append(StoredRecord record);
  void append_clicks(int count);
  std::size_t appended() const { return appended_; }

  std::vector<StoredRecord> outputs() { return harness.records(config.kafka.output); }
  std::vector<StoredRecord> dead_letters() { return harness.records(config.kafka.dead_letter); }
  std::map<std::string, std::string> by_source() {
    return lines_by_source(outputs(), dead_letters());
  }
  // Waits until each appended record has an output or a dead letter; false after a minute.
  bool await_outputs();

  KafkaHarness harness;
  pipeline::WorkerConfig config;
  std::shared_ptr<const pipeline::ServedModel> model;
  stateful::MemoryStateStore store;

 private:
  std::size_t appended_ = 0;
};

class KafkaWorker {
 public:
  // Runs on `world`'s state, or on one of its own, until it is stopped. `instance_id`: a static
  // member's.
  explicit KafkaWorker(KafkaWorld* world, std::optional<std::string> instance_id = {},
                       stateful::StateStore* store = nullptr);
  ~KafkaWorker();
  KafkaWorker(const KafkaWorker&) = delete;
  KafkaWorker& operator=(const KafkaWorker&) = delete;

  void request_stop() { stop_.request(); }
  // How it ended. Waits for that, so a stop is usually requested before.
  const Status& ended();
  const pipeline::Counters& counters() const { return counters_; }  // after ended()

 private:
  const SystemClock clock_;
  pipeline::StopSignal stop_;
  pipeline::Counters counters_;
  Status ended_;
  pipeline::Worker worker_;
  std::thread thread_;
};

}  // namespace freshet::test
