#include "pipeline/commands/worker_threads.h"

#include <thread>

#include "pipeline/examples/example_records.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/memory_split.h"

namespace freshet::commands {

namespace {

// Brokers look for transactions that are over their time every ten seconds.
constexpr std::int64_t kBrokersLookEveryMs = 10'000;

pipeline::RestoreLimits restore_limits(const pipeline::WorkerConfig& config) {
  pipeline::RestoreLimits limits;
  limits.marker_wait =
      DurationMs{pipeline::transaction_timeout_ms(config) + 2 * kBrokersLookEveryMs};
  return limits;
}

}  // namespace

WorkerThreads::WorkerThreads(const Loaded& loaded, stateful::StateStore* store, const Clock* clock,
                             MakeTransport make_transport,
                             pipeline::ChangelogReaderFactory open_changelog,
                             pipeline::StopSignal* stop)
    : stop_(stop) {
  const std::size_t count = loaded.config.threads;
  const std::size_t cache_bytes =
      pipeline::split_memory(loaded.config.memory_budget_mb).hot_users_bytes / count;
  for (std::size_t i = 0; i < count; ++i) {
    auto one = std::make_unique<One>();
    // Tasks take their model from `newer`; held here, the first one would outlive its swap.
    pipeline::TaskContext context{&loaded.config, nullptr, store, clock, &one->counters};
    context.newer = loaded.models.get();
    if (loaded.shadow != nullptr) {
      context.beside = {loaded.shadow};
      context.publishes_shadow = true;
    }
    if (loaded.config.examples.on()) {
      context.make_examples = [config = &loaded.config] {
        return std::make_unique<pipeline::ExampleRecords>(*config);
      };
    }
    if (loaded.config.changelog) {
      one->restores = std::make_unique<pipeline::RestoreThread>(
          pipeline::RestoreContext{store, clock, open_changelog, restore_limits(loaded.config)});
      context.restores = one->restores.get();
    }
    one->saves = std::make_unique<pipeline::SaveThread>(store);
    context.saves = one->saves.get();
    one->worker = std::make_unique<pipeline::Worker>(
        context, cache_bytes, [make_transport, i] { return make_transport(i); }, stop);
    workers_.push_back(std::move(one));
  }
}

Status WorkerThreads::run() {
  std::vector<std::thread> threads;
  for (const auto& one : workers_) {
    threads.emplace_back([this, one = one.get()] {
      one->ended = one->worker->run();
      if (!one->ended) stop_->request();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Status* failed = nullptr;
  for (const auto& one : workers_) {
    if (one->ended) continue;
    // The others may have failed for the store's sake; it is this one that can be remedied.
    if (failed == nullptr || one->ended.error().code == ErrorCode::kCorruptStore) {
      failed = &one->ended;
    }
  }
  return failed == nullptr ? Status{} : *failed;
}

std::vector<pipeline::WorkerView> WorkerThreads::views() const {
  std::vector<pipeline::WorkerView> views;
  for (const auto& one : workers_) views.push_back({&one->worker->status(), &one->worker->users()});
  return views;
}

pipeline::Counters WorkerThreads::counted() const {
  pipeline::Counters all;
  for (const auto& one : workers_) all += one->counters;
  return all;
}

}  // namespace freshet::commands
