#include "pipeline/look_ahead.h"

#include <gtest/gtest.h>

#include "common/random.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::look_ahead_test {

// What task a record of a batch is looked ahead for, and in which order.
struct Asked {
  std::string key;
  LookAhead what;
};

struct FakeTask {
  std::vector<Asked> asked;
  void look_ahead(std::string_view key, LookAhead what) {
    asked.push_back({std::string(key), what});
  }
};

TEST(LookAheadTest, EachRecordGoesThroughEveryStepInOrderBeforeItsTurn) {
  constexpr std::size_t kRecords = 30;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kRecords; ++i) keys.push_back("u" + std::to_string(i));
  std::vector<InputRecord> records(kRecords);
  for (std::size_t i = 0; i < kRecords; ++i) records[i].key = keys[i];
  const std::size_t last = kRecords - 1;
  FakeTask task;
  for (std::size_t i = 0; i < last; ++i) {
    look_ahead(records, i, [&](const InputRecord&) { return &task; });
  }
  std::vector<LookAhead> steps;
  for (const Asked& asked : task.asked) {
    if (asked.key == keys[last]) steps.push_back(asked.what);
  }
  ASSERT_EQ(steps.size(), kLookAheadSteps.size());
  for (std::size_t s = 0; s < steps.size(); ++s) EXPECT_EQ(steps[s], kLookAheadSteps[s].what);
}

TEST(LookAheadTest, RecordsWithoutKeyOrTaskAreLeftOut) {
  std::vector<InputRecord> records(20);
  FakeTask task;
  look_ahead(records, 0, [&](const InputRecord&) { return &task; });
  EXPECT_TRUE(task.asked.empty());
  for (InputRecord& record : records) record.key = "u1";
  look_ahead(records, 0, [&](const InputRecord&) { return static_cast<FakeTask*>(nullptr); });
}

// Steps in any order, for users that are there and users that are not.
TEST(LookAheadTest, ATaskThatLooksAheadGivesTheSameBytes) {
  scorer::set_float_mode();
  const WorkerConfig config =
      test::config_of("behaviours: [{name: click, types: [click], length_max: 3, age_max: 7d}]");
  const auto model = test::serve(test::random_model(test::small_model(config)), config);
  const test::ManualClock clock;
  Random random(test::test_seed());
  stateful::MemoryStateStore stores[2];
  Counters counters[2];
  test::TaskRun plain({&config, model, &stores[0], &clock, &counters[0]}, 4'000);
  test::TaskRun looking({&config, model, &stores[1], &clock, &counters[1]}, 4'000);
  ASSERT_TRUE(plain.start() && looking.start());
  std::int64_t offset = 0;
  for (test::StoredRecord& record : test::random_log(&random, 500, config)) {
    record.offset = Offset{offset++};
    for (int i = 0; i < 3; ++i) {
      const auto& step = kLookAheadSteps[random.below(kLookAheadSteps.size())];
      looking.task().look_ahead("u" + std::to_string(random.below(12)), step.what);
    }
    const auto expected = plain.process(test::view_of(record));
    const auto output = looking.process(test::view_of(record));
    ASSERT_TRUE(expected && output);
    ASSERT_EQ(expected->has_value(), output->has_value());
    if (*expected) {
      ASSERT_EQ(test::line_of(**expected), test::line_of(**output));
    }
    if (random.chance(0.1)) {
      plain.commit(Task::Save::kEverything);
      looking.commit(Task::Save::kEverything);
    }
  }
}

}  // namespace freshet::pipeline::look_ahead_test
