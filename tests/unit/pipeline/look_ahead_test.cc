#include "pipeline/scoring/look_ahead.h"

#include <gtest/gtest.h>

#include "common/random.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::look_ahead_test {

// Which record of a batch is looked ahead for, and in which order.
struct Asked {
  Offset offset;
  LookAhead what;
};

struct FakeTask {
  std::vector<Asked> asked;
  void look_ahead(const InputRecord& record, LookAhead what) {
    asked.push_back({record.offset, what});
  }
};

TEST(LookAheadTest, EachRecordGoesThroughEveryStepInOrderBeforeItsTurn) {
  constexpr std::size_t kRecords = 30;
  std::vector<InputRecord> records(kRecords);
  for (std::size_t i = 0; i < kRecords; ++i) records[i].offset.value = static_cast<int>(i);
  const std::size_t last = kRecords - 1;
  FakeTask task;
  for (std::size_t i = 0; i < last; ++i) {
    look_ahead(records, i, [&](const InputRecord&) { return &task; });
  }
  std::vector<LookAhead> steps;
  for (const Asked& asked : task.asked) {
    if (asked.offset == records[last].offset) steps.push_back(asked.what);
  }
  ASSERT_EQ(steps.size(), 1 + kLookAheadSteps.size());
  EXPECT_EQ(steps[0], LookAhead::kEvent);
  for (std::size_t s = 1; s < steps.size(); ++s) EXPECT_EQ(steps[s], kLookAheadSteps[s - 1].what);
}

TEST(LookAheadTest, EachRecordIsDecodedOnceBeforeItsTurn) {
  constexpr std::size_t kRecords = 3 * kDecodedTogether + 5;
  std::vector<InputRecord> records(kRecords);
  for (std::size_t i = 0; i < kRecords; ++i) records[i].offset.value = static_cast<int>(i);
  FakeTask task;
  std::vector<int> decoded(kRecords);
  for (std::size_t i = 0; i < kRecords; ++i) {
    task.asked.clear();
    look_ahead(records, i, [&](const InputRecord&) { return &task; });
    for (const Asked& asked : task.asked) {
      if (asked.what == LookAhead::kEvent) ++decoded[static_cast<std::size_t>(asked.offset.value)];
    }
    EXPECT_EQ(decoded[i], 1);
  }
  EXPECT_EQ(decoded, std::vector<int>(kRecords, 1));
}

TEST(LookAheadTest, ALongRecordIsDecodedAtItsTurn) {
  const std::string longest(kDecodedAheadBytesMax, 'x');
  const std::string longer = longest + 'x';
  std::vector<InputRecord> records(3 * kDecodedTogether);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].offset.value = static_cast<int>(i);
    records[i].value = i % 2 == 0 ? longest : longer;
  }
  FakeTask task;
  for (std::size_t i = 0; i < records.size(); ++i) {
    look_ahead(records, i, [&](const InputRecord&) { return &task; });
  }
  std::size_t decoded = 0;
  for (const Asked& asked : task.asked) {
    if (asked.what != LookAhead::kEvent) continue;
    EXPECT_EQ(asked.offset.value % 2, 0);
    ++decoded;
  }
  EXPECT_EQ(decoded, records.size() / 2);
}

TEST(LookAheadTest, RecordsWithoutTaskAreLeftOut) {
  const std::vector<InputRecord> records(20);
  look_ahead(records, 0, [&](const InputRecord&) { return static_cast<FakeTask*>(nullptr); });
}

// Steps in any order, for records of any kind whose turn comes soon.
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
  const std::vector<test::StoredRecord> log = test::random_log(&random, 500, config);
  for (std::size_t i = 0; i < log.size(); ++i) {
    const test::StoredRecord& record = log[i];
    for (int asked = 0; asked < 5; ++asked) {
      const std::size_t at = i + random.below(48);  // two of them may have one place
      const std::size_t step = random.below(1 + kLookAheadSteps.size());
      const LookAhead what = step == 0 ? LookAhead::kEvent : kLookAheadSteps[step - 1].what;
      if (at < log.size()) looking.task().look_ahead(test::view_of(log[at]), what);
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
