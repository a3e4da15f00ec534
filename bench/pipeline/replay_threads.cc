#include "bench/pipeline/replay_threads.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "bench/pipeline/replay_memory.h"
#include "scorer/float_mode.h"

namespace freshet::bench {
namespace {

using Replays = std::vector<std::unique_ptr<ReplayMemory>>;

// Seconds until each of the first `threads` replays has gone through `count` clicks.
double seconds_of(const Replays& replays, std::size_t threads, std::size_t candidates,
                  std::size_t count) {
  std::vector<std::unique_ptr<Stage>> stages;
  for (std::size_t t = 0; t < threads; ++t) {
    stages.push_back(std::make_unique<ReplayStage>(replays[t].get(), candidates));
    stages.back()->prepare(count);
  }
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> running;
  for (const auto& stage : stages) {
    running.emplace_back([&stage, count] {
      scorer::set_float_mode();
      stage->run(count);
    });
  }
  for (std::thread& thread : running) thread.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
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
    constexpr std::size_t kTried = 2'000;
    const double each = seconds_of(replays, 1, candidates, kTried) / kTried;
    const auto count = static_cast<std::size_t>(static_cast<double>(options.round_ms) / 1e3 / each);
    std::vector<double> rounds;
    for (std::size_t round = 0; round < options.rounds; ++round) {
      const double alone = seconds_of(replays, 1, candidates, count);
      const double together = seconds_of(replays, options.threads, candidates, count);
      rounds.push_back(static_cast<double>(options.threads) * alone / together);
    }
    std::nth_element(rounds.begin(),
                     rounds.begin() + static_cast<std::ptrdiff_t>(rounds.size() / 2), rounds.end());
    speedups[candidates] = rounds[rounds.size() / 2];
  }
  return speedups;
}

}  // namespace freshet::bench
