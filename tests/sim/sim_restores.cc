#include "tests/sim/sim_restores.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/sim/process.h"
#include "tests/support/memory_changelog_reader.h"

namespace freshet::sim {
namespace {

using pipeline::RestoreOutcome;

constexpr std::int64_t kIdleMs = 20;
constexpr std::int64_t kPauseMs = 200;
constexpr std::size_t kRecordsMax = 12;

class SimChangelogReader final : public pipeline::ChangelogReader {
 public:
  explicit SimChangelogReader(Process* process)
      : process_(process), inner_(&process->env()->broker, process->application().config) {}

  Result<PositionRange> range(Partition partition) override { return inner_.range(partition); }
  Result<DurationMs> tombstones_kept() override { return inner_.tombstones_kept(); }
  Status start_at(Partition partition, Position position) override {
    process_->note("reads the changelog of " + std::to_string(partition.value) + " from " +
                   std::to_string(position.value));
    return inner_.start_at(partition, position);
  }
  void stop(Partition partition) override { inner_.stop(partition); }
  Result<pipeline::RecordBatch> poll(std::chrono::milliseconds timeout,
                                     std::size_t records_max) override {
    Random& random = process_->env()->random;
    const std::size_t records = 1 + random.below(std::min(records_max, kRecordsMax));
    auto batch = inner_.poll(std::chrono::milliseconds(0), records);
    if (!batch || !batch->records.empty() || timeout.count() == 0) return batch;
    process_->sleep(
        1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(timeout.count()))));
    return batch;
  }
  Position position(Partition partition) const override { return inner_.position(partition); }

 private:
  Process* process_;
  test::MemoryChangelogReader inner_;
};

bool is_cancelled(const std::variant<pipeline::RestoreRequest, Partition>& command,
                  Partition partition) {
  const auto* cancelled = std::get_if<Partition>(&command);
  return cancelled != nullptr && *cancelled == partition;
}

}  // namespace

pipeline::ChangelogReaderFactory changelog_reader_factory(Process* process) {
  return [process]() -> Result<std::unique_ptr<pipeline::ChangelogReader>> {
    return std::make_unique<SimChangelogReader>(process);
  };
}

SimRestores::SimRestores(Process* process, pipeline::RestoreContext context)
    : state_(std::make_shared<State>(std::move(context))) {
  process->spawn([process, state = state_] { run(process, state.get()); });
}

SimRestores::~SimRestores() { state_->stopping = true; }

void SimRestores::start(pipeline::RestoreRequest request) {
  state_->progress.push_back({request.partition, 0, 0});
  state_->commands.emplace_back(std::move(request));
}

void SimRestores::cancel(Partition partition) {
  state_->commands.emplace_back(partition);
  std::erase_if(state_->ended, [&](const RestoreOutcome& o) { return o.partition == partition; });
}

std::vector<RestoreOutcome> SimRestores::take_ended() { return std::exchange(state_->ended, {}); }

std::vector<pipeline::RestoreProgress> SimRestores::progress() const { return state_->progress; }

void SimRestores::State::obey() {
  for (Command& command : std::exchange(commands, {})) {
    if (const auto* partition = std::get_if<Partition>(&command)) {
      restorer.cancel(*partition);
    } else {
      restorer.start(std::get<pipeline::RestoreRequest>(std::move(command)));
    }
  }
}

// A restore that was cancelled meanwhile has no outcome any more.
void SimRestores::State::collect() {
  for (RestoreOutcome& outcome : restorer.ended()) {
    const bool cancelled = std::any_of(
        commands.begin(), commands.end(),
        [&](const Command& command) { return is_cancelled(command, outcome.partition); });
    if (!cancelled) ended.push_back(std::move(outcome));
  }
  progress = restorer.progress();
}

void SimRestores::run(Process* process, State* state) {
  while (!state->stopping) {
    state->obey();
    if (state->restorer.idle()) {
      process->sleep(kIdleMs);
      continue;
    }
    const Status stepped = state->restorer.step(std::chrono::milliseconds(kIdleMs));
    state->collect();
    process->sleep(stepped ? 0 : kPauseMs);
  }
}

}  // namespace freshet::sim
