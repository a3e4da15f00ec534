// A worker that hears of clicks late: against everything kept and sorted anew, and without a delay
// against the task itself.
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <string>
#include <vector>

#include "pipeline/evaluate/delayed_worker.h"
#include "pipeline/evaluate/row_collector.h"
#include "stateful/memory_state_store.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::delayed_worker_property_test {

constexpr int kCases = 1000;
constexpr std::size_t kCacheBytes = 1 << 20;
constexpr std::string_view kConfig =
    "{events: {context: [tab]}, examples: {label_wait_ms: 1000}, candidates: {source: event},"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 40ms},"
    " {name: exposed, types: [shown], impressions: all, length_max: 2}]}";

std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

// What the model says of the last snapshot.
class LastLogit final : public ScoreObserver {
 public:
  void on_scored(const ScoredOn& scored) override { logit = scored.logits.front().total; }
  void on_output(const InputRecord&, const OutputRecord&) override {}
  float logit = 0;
};

Event random_event(Random* random, std::int64_t now) {
  Event event;
  event.kind = random->chance(0.5) ? EventKind::kClick : EventKind::kImpression;
  event.user = UserId("u" + std::to_string(random->below(2)));
  event.item = ItemId("v" + std::to_string(random->below(8)));
  event.ts = {test::kBaseMs + now -
              static_cast<std::int64_t>(random->below(random->chance(0.2) ? 20 : 2))};
  event.context = {std::nullopt};
  if (event.kind == EventKind::kImpression) {
    event.label = random->chance(0.5);
    event.label_given = true;
    event.impressed = 2;
  }
  return event;
}

// Which behaviours an event is a click of.
bool is_click_of(const Event& event, std::size_t behaviour) {
  if (behaviour == 1) return event.kind == EventKind::kImpression;
  return event.kind == EventKind::kClick || event.label;
}

TEST(DelayedWorkerPropertyTest, ScoresOnTheClicksThatHaveArrived) {
  const WorkerConfig config = test::config_of(kConfig);
  const ServedModels models{test::serve(test::random_model(test::small_model(config)), config)};
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    const DurationMs delay{static_cast<std::int64_t>(random.below(15))};
    DelayedWorker worker(config, models, delay, std::make_unique<stateful::MemoryStateStore>(),
                         kCacheBytes);
    std::vector<Event> log;
    EventTime stream_time{0};
    std::int64_t now = 0;
    for (std::uint64_t left = random.below(40); left > 0; --left) {
      now += static_cast<std::int64_t>(random.below(5));
      const Event event = random_event(&random, now);
      stream_time = std::max(stream_time, event.ts);
      const bool judged = event.kind == EventKind::kImpression;
      ASSERT_TRUE(worker.process(Partition{0}, event, stream_time, judged));
      if (judged) {
        stateful::UserState state(config.limits());
        for (const Event& earlier : log) {
          if (earlier.user != event.user || earlier.ts + delay > stream_time) continue;
          for (std::size_t b = 0; b < 2; ++b) {
            if (is_click_of(earlier, b)) state.sequences[b].insert({earlier.ts, *earlier.item});
          }
        }
        HotUser user(models, state, std::nullopt);
        user.touch(models);
        Windows windows;
        user.refresh(models, config.limits(), stream_time, &windows);
        for (std::size_t b = 0; b < 2; ++b) {
          std::size_t first = 0;
          std::size_t end = 0;
          for (std::size_t c = 0; c < state.sequences[b].size(); ++c) {
            const EventTime ts = state.sequences[b][c].ts;
            if (ts >= event.ts - delay) first = c + 1;
            if (ts >= stream_time - config.limits()[b].age_max) end = c + 1;
          }
          end = std::min(end, first + config.limits()[b].length_max);
          windows[b] = {first, end > first ? end - first : 0};
        }
        LastLogit wanted;
        ModelScores scores;
        ModelScorer scorer(config, models[0], 0, &wanted);
        scorer.score({event, stream_time, user, windows}, &scores);
        ASSERT_EQ(worker.logits().size(), 1U);
        ASSERT_EQ(worker.logits()[0].size(), 1U);
        ASSERT_EQ(bits(worker.logits()[0][0]), bits(wanted.logit)) << "event " << log.size();
      }
      log.push_back(event);
    }
  }
}

TEST(DelayedWorkerPropertyTest, WithoutADelayItGivesTheBitsOfTheTask) {
  const WorkerConfig config = test::config_of(kConfig);
  const ServedModels models{test::serve(test::random_model(test::small_model(config)), config),
                            test::serve(test::random_model(test::small_model(config, 5)), config)};
  Random random(test::test_seed());
  std::size_t judged = 0;
  for (int i = 0; i < test::case_count(kCases); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    std::vector<std::unique_ptr<DelayedWorker>> delayed;
    delayed.push_back(std::make_unique<DelayedWorker>(
        config, models, DurationMs{0}, std::make_unique<stateful::MemoryStateStore>(),
        kCacheBytes));
    CollectOptions options;
    options.requests = true;
    auto collector = RowCollector::create(config, models, options, std::move(delayed));
    ASSERT_TRUE(collector);
    stateful::MemoryStateStore store;
    test::ManualClock clock;
    Counters counters;
    TaskContext context;
    context.config = &config;
    context.model = models[0];
    context.beside = {models[1]};
    context.store = &store;
    context.clock = &clock;
    context.counters = &counters;
    context.observer = collector->get();
    test::TaskRun run(context, kCacheBytes);
    ASSERT_TRUE(run.start());
    for (const test::StoredRecord& record : test::random_log(&random, 60, config)) {
      ASSERT_TRUE(run.task().process(test::view_of(record)));
    }
    const auto log = (*collector)->finish();
    if (!log) continue;  // one class alone
    for (const Entrant& entrant : log->entrants) {
      ASSERT_EQ(entrant.delayed.size(), 1U);
      for (std::size_t row = 0; row < log->rows.size(); ++row) {
        ASSERT_EQ(bits(entrant.delayed[0][row]), bits(entrant.logits[row].total)) << row;
      }
    }
    judged += log->rows.size();
  }
  EXPECT_GT(judged, 0U);
}

}  // namespace freshet::pipeline::delayed_worker_property_test
