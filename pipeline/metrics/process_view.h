// ProcessView: everything that metrics, health and user look-ups know of their process.
//
// Threads: what it points to may be used from any thread, and outlives whoever holds the view
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "pipeline/config/config.h"
#include "pipeline/models/model_source.h"
#include "pipeline/status/status_board.h"
#include "pipeline/status/user_mailbox.h"
#include "pipeline/stop_signal.h"

namespace freshet::pipeline {

struct WorkerView {
  const StatusBoard* board = nullptr;
  UserMailbox* users = nullptr;
};

struct ProcessView {
  std::string version;
  const WorkerConfig* config = nullptr;
  std::shared_ptr<const ModelSource> models;
  const Clock* clock = nullptr;
  const StopSignal* stop = nullptr;
  std::vector<WorkerView> workers;             // [threads]
  std::function<std::uint64_t()> store_bytes;  // of the store's live files
  std::shared_ptr<const ServedModel> shadow = nullptr;
  std::function<std::uint64_t()> store_memory_bytes = nullptr;  // none: the store has no such part

  std::vector<WorkerStatus> read_workers() const {
    std::vector<WorkerStatus> all;
    for (const WorkerView& worker : workers) all.push_back(worker.board->read());
    return all;
  }
};

}  // namespace freshet::pipeline
