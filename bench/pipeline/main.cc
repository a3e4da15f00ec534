// bench_pipeline: what a click costs at one point of the curves: its parts alone, then the whole.
//
//   build/release/bench/pipeline/bench_pipeline --users 1000000
//
// Every user has a full history in a RocksDB store before the first click. The replay is compared
// with the reference and warmed up; what the process holds then is its memory. Once the store's
// compaction rests, parts and wholes are timed in turn, and then the store is as large as it says,
// at once and at rest. Of each whole the ideal is the sum of its parts, each as often as it came in
// the whole. Exits 1 where the disk refuses, 2 for a wrong command line; aborts on a wrong result.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "bench/pipeline/check.h"
#include "bench/pipeline/parts.h"
#include "bench/pipeline/replay_threads.h"
#include "bench/pipeline/report.h"
#include "pipeline/metrics/process_usage.h"

namespace freshet::bench {
namespace {

// Parts that come in a click's way whatever is scored, then those of each number of candidates.
std::vector<std::unique_ptr<Stage>> all_parts(Point* point) {
  std::vector<std::unique_ptr<Stage>> parts;
  parts.push_back(parse_part(*point));
  parts.push_back(sequence_part(*point));
  parts.push_back(item_part(*point));
  parts.push_back(pool_part(*point));
  parts.push_back(cold_user_part(point));
  parts.push_back(saved_user_part(point));
  parts.push_back(commit_part(point));
  parts.push_back(fold_part(*point));
  for (const std::size_t candidates : point->options().candidates) {
    parts.push_back(output_part(*point, candidates));
    if (candidates > 0) parts.push_back(score_part(*point, candidates));
  }
  return parts;
}

Whole whole_of(const ReplayStage& stage, const Cost& cost, const EventShares& shares) {
  const std::size_t candidates = stage.candidates();
  Whole whole{stage.name(), cost, stage.allocations(), {}};
  whole.uses = {{"parse", 1},
                {"sequence", 1},
                {"item", 1},
                {"pool", 1},
                {"output " + std::to_string(candidates), 1},
                {"cold user", shares.cold_users},
                {"saved user", shares.saved_users},
                {"commit", shares.commits}};
  if (candidates == 0) return whole;
  whole.uses["score " + std::to_string(candidates)] = 1;
  return whole;
}

Report run(const BenchOptions& options) {
  constexpr double kMb = 1 << 20;
  Point point(options);
  ReplayMemory replay(&point, Partition{0});
  check_replay(point, &replay);
  replay.warm_up();
  point.wait_until_store_settles();  // a part is measured by the CPU of the process
  Report report{options, {}, {}, {}, {}};
  report.memory = {static_cast<double>(pipeline::process_usage().resident_bytes) / kMb,
                   static_cast<double>(replay.hot_users_bytes()) / kMb, 0, 0};
  std::vector<std::unique_ptr<Stage>> owned = all_parts(&point);
  std::vector<Stage*> stages;
  for (const auto& stage : owned) stages.push_back(stage.get());
  std::vector<std::unique_ptr<ReplayStage>> wholes;
  for (const std::size_t candidates : options.candidates) {
    wholes.push_back(std::make_unique<ReplayStage>(&replay, candidates));
    stages.push_back(wholes.back().get());
  }
  replay.take_shares();
  report.parts = measure(stages, options.rounds, options.round_ms);
  const EventShares shares = replay.take_shares();
  report.memory.store_busy_mb = static_cast<double>(point.store_bytes()) / kMb;
  point.wait_until_store_settles();
  report.memory.store_mb = static_cast<double>(point.store_bytes()) / kMb;
  for (const auto& whole : wholes) {
    const auto measured = report.parts.extract(whole->name());
    report.wholes.push_back(whole_of(*whole, measured.mapped(), shares));
  }
  if (options.threads > 1) report.speedups = measure_threads(&point);
  return report;
}

}  // namespace
}  // namespace freshet::bench

int main(int argc, char** argv) {
  using namespace freshet;
  const auto options =
      bench::parse_options(std::span(argv + 1, static_cast<std::size_t>(argc - 1)));
  if (!options) {
    std::fprintf(stderr, "bench_pipeline: %s\n", options.error().message.c_str());
    return 2;
  }
  const bench::Report report = bench::run(*options);
  std::fputs(bench::table(report).c_str(), stdout);
  if (options->json.empty()) return 0;
  std::ofstream file(options->json);
  file << bench::json(report);
  file.close();
  if (file) return 0;
  std::fprintf(stderr, "bench_pipeline: %s cannot be written\n", options->json.c_str());
  return 1;
}
