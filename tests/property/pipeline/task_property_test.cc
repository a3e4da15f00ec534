// Properties of a whole task: the order of arrival, restarts and collection change no output.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "scorer/float_mode.h"
#include "stateful/rocksdb_state_store.h"
#include "tests/support/late_saves.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::task_property_test {

using test::StoredRecord;

constexpr int kCases = 10'000;
constexpr std::size_t kNoCache = 1;  // every user is evicted as soon as it may be
constexpr std::size_t kLargeCache = 1 << 20;

struct World {
  WorkerConfig config;
  std::shared_ptr<const ServedModel> model;
};

using SetOptions = void (*)(scorer::ModelInitOptions*);

World make_world(std::string_view behaviours, SetOptions set) {
  World world;
  world.config =
      test::config_of("{candidates: {publish: 8}, behaviours: " + std::string(behaviours) + "}");
  scorer::ModelInitOptions options = test::small_model(world.config);
  set(&options);
  world.model = test::serve(test::random_model(options), world.config);
  return world;
}

// Short sequences and short ages, so that clicks are pushed out and leave all the time.
const std::vector<World>& worlds() {
  static const std::vector<World> made = [] {
    scorer::set_float_mode();
    using Options = scorer::ModelInitOptions;
    constexpr const char* kTwo =
        "[{name: click, types: [click], length_max: 3, age_max: 1d},"
        " {name: cart, types: [cart, add], length_max: 2, age_max: 10ms}]";
    std::vector<World> all;
    all.push_back(make_world("[{name: click, types: [click], length_max: 1, age_max: 20ms}]",
                             [](Options*) {}));
    all.push_back(make_world("[{name: click, types: [click], length_max: 4, age_max: 15ms}]",
                             [](Options* o) { o->weight = scorer::WeightKind::kPerChannel; }));
    all.push_back(make_world(kTwo, [](Options* o) { o->recency_per_day = 4.0; }));
    all.push_back(make_world("[{name: click, types: [click], length_max: 50, age_max: 7d}]",
                             [](Options*) {}));
    all.push_back(
        make_world("[{name: click, types: [click], length_max: 4, age_max: 15ms}]", [](Options* o) {
          o->variant = scorer::Variant::kSelfShared;
          o->score = scorer::ScoreKind::kAdditive;
        }));
    all.push_back(make_world(kTwo, [](Options* o) {
      o->variant = scorer::Variant::kMerged;
      o->recency_per_day = 4.0;
    }));
    all.push_back(make_world("[{name: click, types: [click], length_max: 50, age_max: 7d}]",
                             [](Options* o) { o->variant = scorer::Variant::kTarget; }));
    return all;
  }();
  return made;
}

// Outputs by input offset. What is published again must be the same bytes.
using Outputs = std::map<std::int64_t, std::string>;

void publish(const std::vector<std::pair<std::int64_t, std::string>>& sent, Outputs* outputs) {
  for (const auto& [offset, line] : sent) {
    const auto [there, is_new] = outputs->emplace(offset, line);
    ASSERT_TRUE(is_new || there->second == line) << there->second << "\nand then\n" << line;
  }
}

struct RunResult {
  Outputs outputs;
  stateful::Digest logical;
  std::uint64_t stored_clicks = 0;
};

// The log from its start to its end, in one go; commits after each record or only at the end.
RunResult run_uninterrupted(const World& world, const std::vector<StoredRecord>& log,
                            bool commit_always, std::size_t cache_bytes, Counters* counters) {
  stateful::MemoryStateStore store;
  test::ManualClock clock;
  test::TaskRun run({&world.config, world.model, &store, &clock, counters}, cache_bytes);
  EXPECT_TRUE(run.start());
  RunResult result;
  for (const StoredRecord& record : log) {
    const auto output = run.process(test::view_of(record));
    EXPECT_TRUE(output) << output.error().message;
    if (*output) result.outputs[record.offset.value] = test::line_of(**output);
    if (commit_always) run.commit(Task::Save::kEverything);
  }
  run.close();
  result.logical = test::logical_digest(&store, world.config);
  result.stored_clicks = verify_state(&store, world.config.limits())->partitions[0].clicks;
  return result;
}

// What a run with crashes chooses from.
struct CrashPlan {
  double commit = 0.2;
  double crash = 0.15;
  double step = 0.5;             // after a record; several may follow
  double write = 0.3;            // likewise, of a batch that waits for the store
  bool visible_at_once = false;  // outputs are seen before their flush
};

// The same log through tasks that crash: before a commit, between position and batch, after it.
RunResult run_with_crashes(const World& world, const std::vector<StoredRecord>& log,
                           const CrashPlan& plan, std::size_t cache_bytes, Random* random,
                           stateful::StateStore* store, Counters* counters) {
  WorkerConfig config = world.config;
  config.checkpoint.interval = DurationMs{1 + static_cast<std::int64_t>(random->below(30))};
  config.checkpoint.bytes_per_commit = 1 + random->below(100);
  test::ManualClock clock;
  // Batches come into the store late, and those of a task that has crashed perhaps as late as
  // never.
  test::LateSaves saves(store);
  TaskContext context{&config, world.model, store, &clock, counters};
  context.saves = &saves;
  test::TaskRun run(context, cache_bytes);
  RunResult result;
  std::vector<std::pair<std::int64_t, std::string>> unflushed;
  std::size_t next = 0;
  const auto restart = [&] {
    if (plan.visible_at_once) publish(unflushed, &result.outputs);
    unflushed.clear();
    run.crash();
    const Status started = run.start();
    ASSERT_TRUE(started) << started.error().message;
    next = 0;
    while (next < log.size() && is_before(log[next].offset, run.task().read_from())) ++next;
  };
  restart();
  while (next < log.size()) {
    const StoredRecord& record = log[next++];
    const auto output = run.process(test::view_of(record));
    EXPECT_TRUE(output) << output.error().message;
    if (*output) unflushed.emplace_back(record.offset.value, test::line_of(**output));
    clock.advance(static_cast<std::int64_t>(random->below(20)));
    while (random->chance(plan.step)) EXPECT_TRUE(run.task().step());
    while (random->chance(plan.write)) saves.write_next();
    if (random->chance(plan.commit)) {
      publish(unflushed, &result.outputs);  // a crash may come before the positions
      unflushed.clear();
      if (random->chance(plan.crash)) {
        restart();
        continue;
      }
      const auto save = random->chance(0.2) ? Task::Save::kEverything : Task::Save::kScheduled;
      if (run.commit_position(save)) {
        if (random->chance(plan.crash)) {
          restart();
          continue;
        }
        EXPECT_TRUE(run.save_batch());
      }
    }
    if (random->chance(plan.crash)) restart();
  }
  publish(unflushed, &result.outputs);
  run.close();
  result.logical = test::logical_digest(store, config);
  return result;
}

TEST(TaskProperty, ARestartAtAnyPointChangesNoOutput) {
  Random random(test::test_seed());
  Counters plain;
  Counters crashed;
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    const World& world = worlds()[random.below(worlds().size())];
    const auto log = test::random_log(&random, 1 + random.below(24), world.config);
    const RunResult expected = run_uninterrupted(world, log, false, kLargeCache, &plain);
    stateful::MemoryStateStore store;
    CrashPlan plan;
    plan.commit = random.uniform(0.05, 0.9);
    plan.crash = random.uniform(0.0, 0.2);
    plan.step = random.uniform(0.0, 0.9);
    plan.write = random.uniform(0.0, 0.9);
    plan.visible_at_once = random.chance(0.5);
    const RunResult result = run_with_crashes(
        world, log, plan, random.chance(0.5) ? kNoCache : kLargeCache, &random, &store, &crashed);
    ASSERT_EQ(result.outputs, expected.outputs) << "case " << k;
    ASSERT_EQ(result.logical.hex(), expected.logical.hex()) << "case " << k;
  }
  EXPECT_GT(crashed.records_reread, 0U);  // else no crash left anything to repair
}

TEST(TaskProperty, ARestartOnRocksDbChangesNoOutput) {
  Random random(test::test_seed());
  Counters plain;
  Counters crashed;
  for (int k = test::case_count(20); k > 0 && !HasFailure(); --k) {
    const World& world = worlds()[random.below(worlds().size())];
    const auto log = test::random_log(&random, 60, world.config);
    const RunResult expected = run_uninterrupted(world, log, false, kLargeCache, &plain);
    const test::TempDir dir;
    stateful::RocksDbOptions options;
    options.directory = dir.path() / "state";
    options.application_id = world.config.application_id;
    options.memory_bytes = std::size_t{16} << 20;
    auto store = stateful::RocksDbStateStore::open(options);
    ASSERT_TRUE(store) << store.error().message;
    const RunResult result =
        run_with_crashes(world, log, CrashPlan{}, kNoCache, &random, store->get(), &crashed);
    ASSERT_EQ(result.outputs, expected.outputs) << "case " << k;
    ASSERT_EQ(result.logical.hex(), expected.logical.hex()) << "case " << k;
  }
}

TEST(TaskProperty, CollectionIsNotObservableInAnyOutput) {
  Random random(test::test_seed());
  Counters counters;
  std::uint64_t kept_clicks = 0;
  std::uint64_t collected_clicks = 0;
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    const World& world = worlds()[random.below(worlds().size())];
    const auto log = test::random_log(&random, 1 + random.below(25), world.config);
    // Collection runs behind a commit, so without commits there is none.
    const RunResult without = run_uninterrupted(world, log, false, kLargeCache, &counters);
    const RunResult with = run_uninterrupted(world, log, true, kNoCache, &counters);
    ASSERT_EQ(with.outputs, without.outputs) << "case " << k;
    ASSERT_EQ(with.logical.hex(), without.logical.hex()) << "case " << k;
    kept_clicks += without.stored_clicks;
    collected_clicks += with.stored_clicks;
  }
  EXPECT_LT(collected_clicks, kept_clicks);  // else nothing was collected
}

// The clicks of one user, each perhaps several times, in an order that `random` chooses.
std::vector<StoredRecord> shuffled(const std::vector<StoredRecord>& clicks, Random* random) {
  std::vector<StoredRecord> log = clicks;
  for (const StoredRecord& click : clicks) {
    if (random->chance(0.3)) log.push_back(click);
  }
  for (std::size_t i = log.size(); i > 1; --i) std::swap(log[i - 1], log[random->below(i)]);
  return log;
}

// One more event after the clicks: its scores show the representation, its time is everybody's T.
void finish(std::vector<StoredRecord>* log, std::int64_t ms) {
  log->push_back(test::keyed_record("u", test::request_json("u", ms, {"v0", "v1", "v2", "v3"})));
  for (std::size_t i = 0; i < log->size(); ++i) {
    (*log)[i].offset = Offset{static_cast<std::int64_t>(i)};
  }
}

// The part of the last output that does not name its offset.
std::string last_scores(const RunResult& result) {
  const std::string& line = result.outputs.rbegin()->second;
  return line.substr(line.find("\"model\""));
}

TEST(TaskProperty, AnyOrderAndRepetitionOfAUsersClicksEndsInTheSameState) {
  Random random(test::test_seed());
  Counters counters;
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    const World& world = worlds()[random.below(worlds().size())];
    std::vector<StoredRecord> clicks;
    for (std::uint64_t n = 1 + random.below(10); n > 0; --n) {
      const auto& behaviour = world.config.behaviours[random.below(world.config.behaviours.size())];
      const auto ms = static_cast<std::int64_t>(random.below(30));
      clicks.push_back(
          test::keyed_record("u", test::click_json("u", "v" + std::to_string(random.below(9)), ms,
                                                   behaviour.types.back())));
    }
    const auto end_ms = static_cast<std::int64_t>(30 + random.below(10));
    std::vector<StoredRecord> one = shuffled(clicks, &random);
    std::vector<StoredRecord> other = shuffled(clicks, &random);
    finish(&one, end_ms);
    finish(&other, end_ms);
    const RunResult first = run_uninterrupted(world, one, false, kLargeCache, &counters);
    const RunResult second = run_uninterrupted(
        world, other, random.chance(0.5), random.chance(0.5) ? kNoCache : kLargeCache, &counters);
    ASSERT_EQ(second.logical.hex(), first.logical.hex()) << "case " << k;
    ASSERT_EQ(last_scores(second), last_scores(first)) << "case " << k;
  }
}

}  // namespace freshet::pipeline::task_property_test
