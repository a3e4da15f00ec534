#include "bench/pipeline/replay_threads.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "bench/pipeline/replay_memory.h"
#include "common/check.h"
#include "scorer/float_mode.h"

namespace freshet::bench {
namespace {

using Replays = std::vector<std::unique_ptr<ReplayMemory>>;

// What a thread has used of its core so far.
struct ThreadUsage {
  double cpu_s = 0;
  double waits = 0;
};

ThreadUsage usage_of_thread() {
  rusage usage{};
  FRESHET_CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  std::timespec cpu{};
  FRESHET_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu) == 0);
  return {static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) * 1e-9,
          static_cast<double>(usage.ru_nvcsw)};
}

// Of the first `threads` replays at once, each through `count` clicks.
struct Together {
  double seconds = 0;  // until the last was through
  double cpu_s = 0;    // of a thread, on average
  double waits = 0;    // the same
};

Together run_together(const Replays& replays, std::size_t threads, std::size_t candidates,
                      std::size_t count) {
  std::vector<std::unique_ptr<Stage>> stages;
  for (std::size_t t = 0; t < threads; ++t) {
    stages.push_back(std::make_unique<ReplayStage>(replays[t].get(), candidates));
    stages.back()->prepare(count);
  }
  std::vector<ThreadUsage> used(threads);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> running;
  for (std::size_t t = 0; t < threads; ++t) {
    running.emplace_back([&stage = *stages[t], &used = used[t], count] {
      scorer::set_float_mode();
      stage.run(count);
      used = usage_of_thread();
    });
  }
  for (std::thread& thread : running) thread.join();
  Together together;
  together.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const ThreadUsage& one : used) {
    together.cpu_s += one.cpu_s / static_cast<double>(threads);
    together.waits += one.waits / static_cast<double>(threads);
  }
  return together;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Speedup measure_candidates(const Replays& replays, const BenchOptions& options,
                           std::size_t candidates) {
  constexpr std::size_t kTried = 2'000;
  const double each = run_together(replays, 1, candidates, kTried).seconds / kTried;
  const auto count = static_cast<std::size_t>(static_cast<double>(options.round_ms) / 1e3 / each);
  const auto threads = static_cast<double>(options.threads);
  std::vector<double> wall;
  std::vector<double> cpu;
  std::vector<double> waits;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const Together alone = run_together(replays, 1, candidates, count);
    const Together together = run_together(replays, options.threads, candidates, count);
    wall.push_back(threads * alone.seconds / together.seconds);
    cpu.push_back(threads * alone.cpu_s / together.cpu_s);
    waits.push_back(together.waits * 1e3 / static_cast<double>(count));
  }
  return {median(std::move(wall)), median(std::move(cpu)), median(std::move(waits))};
}

}  // namespace

Speedups measure_threads(Point* point) {
  const BenchOptions& options = point->options();
  Replays replays;
  for (std::size_t t = 0; t < options.threads; ++t) {
    replays.push_back(
        std::make_unique<ReplayMemory>(point, Partition{static_cast<std::int32_t>(t + 1)}));
    replays.back()->warm_up();
  }
  Speedups speedups;
  for (const std::size_t candidates : options.candidates) {
    speedups[candidates] = measure_candidates(replays, options, candidates);
  }
  return speedups;
}

}  // namespace freshet::bench
