// Process: one worker process with its threads and its state directory, over several lives.
//
//   down --start--> running --worker ends--> down
//                   |     ^--- goes on ---.
//                   |--freeze--> frozen --'
//                   '--kill: every fiber's next step throws Crash--> down
//
// Its parts (store, stop signal) and the broker's hooks call at() around everything that they do:
// there the scheduler may switch, time passes, and the plan strikes.
//
// Errors:  what a worker returns other than at a stop is a violation
// Threads: one, the world's
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/models/model_source.h"
#include "pipeline/models/recorded_swaps.h"
#include "pipeline/status/counters.h"
#include "pipeline/stop_signal.h"
#include "tests/sim/env.h"
#include "tests/sim/scenario.h"
#include "tests/sim/sim_store.h"

namespace freshet::sim {

// What a killed process's next step throws; Freshet's code does not see it.
struct Crash {};

// The application that every process runs.
struct Application {
  pipeline::WorkerConfig config;
  pipeline::ServedModels versions;  // [0] is there from the beginning
  std::vector<Release> releases;
  std::int64_t release_lag_ms = 0;
  const pipeline::RecordedSwaps* swaps = nullptr;  // of a replay
  std::size_t cache_bytes = 1 << 20;
  std::size_t restore_batch_users = 2'000;
  bool static_members = true;  // a restarted process has its place in the group back
  std::shared_ptr<const pipeline::ServedModel> shadow = nullptr;  // where the config has one
  bool commits_beside = false;  // commits that hold no outputs go on beside the processing
};

// The releases as one process hears of them.
class SimModels final : public pipeline::ModelSource {
 public:
  SimModels(const Env* env, const Application* application, int process)
      : env_(env), application_(application), late_ms_(application->release_lag_ms * process) {}

  std::shared_ptr<const pipeline::ServedModel> newest() const override {
    std::size_t version = 0;
    for (const Release& release : application_->releases) {
      if (release.at_ms + late_ms_ <= env_->now()) version = release.version;
    }
    return application_->versions[version];
  }

 private:
  const Env* env_;
  const Application* application_;
  std::int64_t late_ms_;
};

class Process {
 public:
  // Env and application outlive it.
  Process(Env* env, const Application* application, int number, std::size_t threads);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // For the world, between turns.
  void start();
  void kill();
  void crash_machine();
  void stop();   // as SIGTERM
  void go_on();  // if it stands still
  bool down() const { return fibers_.empty(); }
  std::uint64_t lives() const { return lives_; }
  SimStore* store() { return &store_; }
  int number() const { return number_; }

  // For its parts, on its fibers. The call may be the last thing that the process does.
  void at(Call call, Moment moment);
  void sleep(std::int64_t ms);
  void note(const std::string& what);  // into the trace, as of this process
  // One more fiber of this life. The body may end by a Crash.
  void spawn(std::function<void()> body);
  std::optional<std::int64_t> stop_requested_ms() const { return stop_requested_ms_; }

  Env* env() { return env_; }
  const Application& application() const { return *application_; }

 private:
  void run_worker(std::size_t thread);
  bool may_end_so(const Error& error);
  void freeze();
  void doom(Call call, Moment moment, bool machine);
  void reap();
  std::string name() const { return "process " + std::to_string(number_); }

  Env* env_;
  const Application* application_;
  int number_;
  std::size_t threads_;
  SimModels models_;
  SimStore store_;
  std::vector<Scheduler::FiberId> fibers_;  // of this life
  std::size_t ended_ = 0;                   // of them
  std::uint64_t lives_ = 0;
  bool doomed_ = false;
  bool frozen_ = false;
  std::optional<std::int64_t> stop_requested_ms_;
};

}  // namespace freshet::sim
