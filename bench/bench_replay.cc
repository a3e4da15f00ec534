// A whole replay from memory: decoding, state, representation and scores through Task, commits
// included; only files and brokers are left out.
//
// Names are BM_Replay_Events/<C>/<d>: C candidates for each event, d the embedding's width. 0
// candidates is a click under `candidates.source: event`, which is applied and not scored. Each run
// first compares outputs from all over the log with the reference, straight loops in double, and
// aborts on a wrong one.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/clock.h"
#include "common/random.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/task.h"
#include "scorer/float_mode.h"
#include "scorer/reference.h"
#include "stateful/memory_state_store.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kItems = 10'000;
constexpr std::size_t kEvents = 20'000;
constexpr std::size_t kUsers = 200;  // so that sequences are full long before the end
constexpr std::size_t kLengthMax = 50;
constexpr std::size_t kCheckEvery = 311;  // so many events lie between two that are compared
constexpr std::int64_t kBaseMs = 1'602'633'600'000;
constexpr std::size_t kCacheBytes = std::size_t{256} << 20;
constexpr std::size_t kRecordsPerCommit = 1'000;

struct BenchClick {
  std::uint32_t user = 0;
  scorer::ItemRow item;
  std::int64_t ms = 0;
};

struct ReplayBench {
  WorkerConfig config;
  std::shared_ptr<const ServedModel> model;
  std::vector<BenchClick> clicks;
  std::vector<std::string> keys;
  std::vector<std::string> values;
};

std::string item_name(scorer::ItemRow row) { return "v" + std::to_string(row.value); }

void make_log(ReplayBench* bench) {
  Random random(1);
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < kEvents; ++i) {
    ms += 1 + static_cast<std::int64_t>(random.below(20));
    const BenchClick click{static_cast<std::uint32_t>(random.below(kUsers)),
                           {static_cast<std::uint32_t>(random.below(kItems))},
                           kBaseMs + ms};
    bench->clicks.push_back(click);
    bench->keys.push_back("u" + std::to_string(click.user));
    bench->values.push_back("{\"user_id\":\"" + bench->keys.back() + "\",\"item_id\":\"" +
                            item_name(click.item) + "\",\"ts\":" + std::to_string(click.ms) +
                            ",\"type\":\"click\"}");
  }
}

// The candidates of every click: the first C items of the catalogue.
void set_candidates(std::size_t count, ServedModel* model) {
  model->candidate_rows.resize(count);
  for (std::size_t k = 0; k < count; ++k) {
    model->candidate_rows[k] = {static_cast<std::uint32_t>(k)};
  }
}

// Replays the whole log; calls see(index, output) for each of its records.
template <class See>
void replay(const ReplayBench& bench, const See& see) {
  stateful::MemoryStateStore store;
  const SystemClock clock;
  Counters counters;
  TaskStart start;
  start.first_start = true;
  Task task({&bench.config, bench.model, &store, &clock, &counters}, Partition{0}, start,
            store.take_ownership(Partition{0}), std::nullopt, "bench=1\n", kCacheBytes);
  for (std::size_t i = 0; i < kEvents; ++i) {
    InputRecord record;
    record.offset = Offset{static_cast<std::int64_t>(i)};
    record.key = bench.keys[i];
    record.value = bench.values[i];
    const auto outputs = task.process(record);
    FRESHET_CHECK(outputs.has_value() && !outputs->empty());
    FRESHET_CHECK(outputs->front().topic == OutputTopic::kScores);
    see(i, outputs->front());
    if (i % kRecordsPerCommit == kRecordsPerCommit - 1) {
      if (const auto commit = task.prepare_commit(Task::Save::kScheduled)) {
        FRESHET_CHECK(task.post_commit(*commit).has_value());
      }
    }
  }
}

// The score that the output gives the item; -1 where it does not publish it.
double published_score(const std::string& output, const std::string& item) {
  const std::string name = "{\"item_id\":\"" + item + "\",\"score\":";
  const std::size_t at = output.find(name);
  return at == std::string::npos ? -1.0 : std::stod(output.substr(at + name.size()));
}

// Compares one output with straight loops in double over the user's newest clicks.
void check_output(const ReplayBench& bench, std::size_t index,
                  const std::deque<BenchClick>& newest_first, const std::string& output) {
  const std::string length = "\"sequence_length\":" + std::to_string(newest_first.size()) + ",";
  FRESHET_CHECK(output.find(length) != std::string::npos);
  const scorer::Model& model = *bench.model->model;
  std::vector<scorer::ReferenceClick> clicks;
  std::vector<scorer::ItemRow> recent;
  for (const BenchClick& click : newest_first) {
    clicks.push_back({EventTime{click.ms}, click.item});
    if (recent.size() < model.wide.recent_clicks) recent.push_back(click.item);
  }
  const std::vector<double> u = scorer::reference_representation(model, 0, clicks);
  const auto logits = scorer::reference_logits(model, u, {bench.keys[index], {}, {}, recent},
                                               bench.model->candidate_rows);
  std::vector<double> scores;
  for (const scorer::ReferenceLogit& logit : logits) {
    scores.push_back(scorer::reference_sigmoid(logit.total));
  }
  std::vector<double> best = scores;
  const std::size_t publish = std::min(bench.config.candidates.publish, best.size());
  std::sort(best.rbegin(), best.rend());
  std::size_t published = 0;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    const double score = published_score(output, item_name(bench.model->candidate_rows[k]));
    if (score < 0) continue;
    ++published;
    FRESHET_CHECK(std::fabs(score - scores[k]) <= 1e-5);
    FRESHET_CHECK(score >= best[publish - 1] - 1e-5);
  }
  FRESHET_CHECK(published == publish);
}

void check_replay(const ReplayBench& bench) {
  std::map<std::uint32_t, std::deque<BenchClick>> by_user;
  replay(bench, [&](std::size_t i, const OutputRecord& output) {
    std::deque<BenchClick>& newest_first = by_user[bench.clicks[i].user];
    newest_first.push_front(bench.clicks[i]);
    if (newest_first.size() > kLengthMax) newest_first.pop_back();
    if (i % kCheckEvery == 0) check_output(bench, i, newest_first, *output.value);
  });
}

ReplayBench make_bench(const benchmark::State& state) {
  scorer::set_float_mode();
  ReplayBench bench;
  Result<WorkerConfig> config = parse_config(
      "{candidates: {publish: 20}, behaviours: [{name: click, types: [click], length_max: 50}]}",
      "bench.yaml");
  FRESHET_CHECK(config.has_value());
  bench.config = std::move(*config);
  scorer::ModelInitOptions options;
  options.embedding_dim = static_cast<std::size_t>(state.range(1));
  options.item_ids = test::numbered_items(kItems);
  auto model = ServedModel::create(test::share(test::random_model(options)), bench.config);
  FRESHET_CHECK(model.has_value());
  ServedModel served = **model;
  set_candidates(static_cast<std::size_t>(state.range(0)), &served);
  bench.model = std::make_shared<const ServedModel>(std::move(served));
  make_log(&bench);
  check_replay(bench);
  return bench;
}

void BM_Replay_Events(benchmark::State& state) {
  const ReplayBench bench = make_bench(state);
  std::size_t bytes = 0;
  for (auto _ : state) {
    replay(bench, [&](std::size_t, const OutputRecord& output) { bytes += output.value->size(); });
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEvents));
}

BENCHMARK(BM_Replay_Events)
    ->Unit(benchmark::kMillisecond)
    ->Args({0, 64})
    ->Args({100, 64})
    ->Args({1'000, 64});

}  // namespace
}  // namespace freshet::pipeline
