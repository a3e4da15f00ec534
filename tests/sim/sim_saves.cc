#include "tests/sim/sim_saves.h"

#include <utility>

#include "tests/sim/process.h"

namespace freshet::sim {
namespace {

constexpr std::uint64_t kIdleMsMax = 20;
constexpr std::int64_t kWaitMs = 1;

}  // namespace

class SimSaves::JobWrite final : public pipeline::SaveRunner::Write {
 public:
  JobWrite(Process* process, std::shared_ptr<Job> job) : process_(process), job_(std::move(job)) {}

  bool ended() const override { return job_->outcome.has_value(); }
  pipeline::SaveOutcome wait() override {
    while (!job_->outcome) process_->sleep(kWaitMs);
    return std::move(*job_->outcome);
  }

 private:
  Process* process_;
  std::shared_ptr<Job> job_;
};

SimSaves::SimSaves(Process* process, stateful::StateStore* store) : process_(process) {
  process->spawn([process, store, state = state_] { run(process, store, state.get()); });
}

SimSaves::~SimSaves() { state_->stopping = true; }

std::unique_ptr<pipeline::SaveRunner::Write> SimSaves::start(
    std::shared_ptr<const stateful::CheckpointBatch> batch) {
  auto job = std::make_shared<Job>();
  job->batch = std::move(batch);
  state_->jobs.push_back(job);
  return std::make_unique<JobWrite>(process_, std::move(job));
}

void SimSaves::run(Process* process, stateful::StateStore* store, State* state) {
  while (true) {
    process->sleep(static_cast<std::int64_t>(process->env()->random.below(kIdleMsMax)));
    if (state->stopping) return;
    if (state->jobs.empty()) continue;
    const std::shared_ptr<Job> job = std::move(state->jobs.front());
    state->jobs.pop_front();
    job->outcome = pipeline::save_now(store, *job->batch);
  }
}

}  // namespace freshet::sim
