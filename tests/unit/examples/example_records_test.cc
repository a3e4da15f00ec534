// The examples' topic in whole workers: what it holds, and that the main output never notices.
#include "pipeline/examples/example_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/examples/example_export.h"
#include "tests/support/scorer_models.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::example_records_test {

using test::click_json;
using test::impression_json;
using test::request_json;
using test::WorkerWorld;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kYaml =
    "{examples: {topic: rows, label_wait_ms: 100}, candidates: {publish: 3},"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d}]}";

class ExampleRecordsTest : public testing::Test {
 protected:
  ExampleRecordsTest() {
    world_.make_examples = [this] { return std::make_unique<ExampleRecords>(world_.config); };
  }

  std::vector<std::string> rows() {
    std::vector<std::string> rows;
    for (const auto& record : world_.broker.records("rows")) {
      EXPECT_EQ(record.key, "u");
      EXPECT_TRUE(record.headers.empty());
      rows.push_back(*record.value);
    }
    return rows;
  }

  WorkerWorld world_{test::config_of(kYaml)};
};

TEST_F(ExampleRecordsTest, RowsWithTheirOwnLabelsAreTheExportsBytes) {
  WorkerWorld replayed(test::config_of(kYaml));
  std::vector<std::string> exported;
  ExampleExport observer(replayed.config, 1 << 20,
                         {[&](std::string_view line) -> Status {
                            exported.emplace_back(line.substr(0, line.size() - 1));
                            return {};
                          },
                          {}});
  test::TaskRun run({&replayed.config, world_.model, replayed.store.get(), &replayed.clock,
                     &replayed.counters, &observer},
                    1 << 20);
  ASSERT_TRUE(run.start());
  for (std::int64_t i = 0; i < 12; ++i) {
    const std::string item = "v" + std::to_string(i % 9);  // v8 is not the model's
    const std::string value =
        i % 3 == 0 ? click_json("u", item, i) : impression_json("u", item, i, i % 2 == 0);
    test::StoredRecord record = test::keyed_record("u", value);
    record.offset = Offset{i};
    ASSERT_TRUE(run.process(test::view_of(record)));
    world_.append("u", value);
  }
  ASSERT_TRUE(observer.finish());
  ASSERT_TRUE(world_.run());
  EXPECT_THAT(exported, SizeIs(8));
  EXPECT_EQ(rows(), exported);
  EXPECT_EQ(world_.counters.examples, 8U);
}

TEST_F(ExampleRecordsTest, ARequestGivesARecordPerCandidateThatWaitsForNothing) {
  world_.append("u", click_json("u", "v3", 50));
  world_.append("u", request_json("u", 40, {"v3", "v1", "v3"}));
  world_.append("u", click_json("u", "v1", 60));
  ASSERT_TRUE(world_.run());
  EXPECT_THAT(rows(), ElementsAre(HasSubstr(R"("item_id":"v3","ts":1602633600040,"label":1)"),
                                  HasSubstr(R"("item_id":"v1","ts":1602633600040,"label":null)")));
}

TEST_F(ExampleRecordsTest, TheMainOutputHasTheBytesThatItHasWithout) {
  WorkerWorld without(test::config_of(kYaml));
  for (WorkerWorld* world : {&world_, &without}) {
    for (const char* item : {"v1", "v5", "v2"}) world->append("u", click_json("u", item, item[1]));
    world->append("u", request_json("u", 200, {"v3", "new"}));
    world->append("u", impression_json("u", "new", 201, true));
    ASSERT_TRUE(world->run());
  }
  EXPECT_EQ(world_.by_source(), without.by_source());
  EXPECT_THAT(without.broker.records("rows"), IsEmpty());
  EXPECT_THAT(rows(), SizeIs(3)) << "unknown items are rows, too";
}

TEST_F(ExampleRecordsTest, WhatIsRefusedAsItCameGivesNoRow) {
  world_.append("u", impression_json("u", "v1", 1, false));
  world_.append("u", "{");
  world_.append("u", click_json("u", "v1", 2));
  ASSERT_TRUE(world_.run());
  EXPECT_THAT(world_.refusals(), ElementsAre("not_json@1"));
  EXPECT_THAT(rows(),
              ElementsAre(HasSubstr(R"("source":{"topic":"clicks","partition":0,"offset":0}})")));
}

TEST_F(ExampleRecordsTest, AnEventThatIsAppliedAgainGivesItsRowsOnce) {
  world_.append("u", impression_json("u", "v1", 1, false));
  ASSERT_TRUE(world_.run());
  world_.store = std::make_unique<stateful::MemoryStateStore>();  // the input is read again
  world_.append("u", impression_json("u", "v2", 2, false));
  ASSERT_TRUE(world_.run());
  EXPECT_THAT(rows(), ElementsAre(HasSubstr(R"("item_id":"v1")"), HasSubstr(R"("item_id":"v2")")));
}

TEST_F(ExampleRecordsTest, ATooLargeRowIsLeftOutAndCountedAndTheMainOutputStays) {
  for (const char* item : {"v1", "v5", "v2"}) world_.append("u", click_json("u", item, item[1]));
  world_.append("u", impression_json("u", "v3", 200, false));
  world_.watch.value_bytes_max = 275;
  ASSERT_TRUE(world_.run());
  EXPECT_THAT(rows(), IsEmpty());
  EXPECT_THAT(world_.outputs(), SizeIs(4));
  EXPECT_THAT(world_.dead_letters(), IsEmpty());
  EXPECT_EQ(world_.counters.examples, 1U);
  EXPECT_EQ(world_.counters.dropped[static_cast<std::size_t>(OutputTopic::kExamples)], 1U);
}

// Clicks, and a request each of whose rows takes about 600 bytes.
void append_long_request(WorkerWorld* world, std::int64_t at, std::size_t candidates) {
  const std::string filler(100, 'x');
  for (int i = 0; i < 3; ++i) {
    world->append("u", click_json("u", "c" + std::to_string(i) + filler, at + i));
  }
  std::vector<std::string> items;
  for (std::size_t i = 0; i < candidates; ++i) items.push_back(std::to_string(i) + filler);
  world->append("u", request_json("u", at + 10, items));
}

TEST_F(ExampleRecordsTest, ALongEventGivesTheFirstRowsThatItsBoundHolds) {
  constexpr std::size_t kCandidates = 9'000;
  WorkerWorld without(test::config_of(kYaml));
  for (WorkerWorld* world : {&world_, &without}) {
    append_long_request(world, 100, kCandidates);
    world->append("u", impression_json("u", "v1", 200, false));
    ASSERT_TRUE(world->run());
  }
  const std::vector<std::string> made = rows();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i + 1 < made.size(); ++i) {
    bytes += made[i].size();
    EXPECT_THAT(made[i], HasSubstr("\"item_id\":\"" + std::to_string(i) + "x"));
  }
  EXPECT_THAT(made.back(), HasSubstr("\"item_id\":\"v1\"")) << "the next event has its own bound";
  EXPECT_LE(bytes, ExampleRecords::kEventBytes);
  EXPECT_GT(bytes + made.front().size() + 10, ExampleRecords::kEventBytes);
  EXPECT_EQ(world_.counters.examples, kCandidates + 1);
  EXPECT_EQ(world_.counters.dropped[static_cast<std::size_t>(OutputTopic::kExamples)],
            kCandidates + 1 - made.size());
  EXPECT_EQ(world_.by_source(), without.by_source());
}

TEST_F(ExampleRecordsTest, ManyRowsMakeACommitComeEarly) {
  for (int i = 0; i < 6; ++i) append_long_request(&world_, 100 * i, 5'500);
  ASSERT_TRUE(world_.run());
  std::size_t between = 0;  // commits
  std::size_t most = 0;
  for (const std::string& call : world_.watch.calls) {
    between = call == "commit" ? 0 : between + (call == "send" ? 1 : 0);
    most = std::max(most, between);
  }
  const std::size_t row_bytes = rows().front().size();
  EXPECT_GE(rows().size() * row_bytes, std::size_t{18} << 20) << "too little to need a commit";
  EXPECT_LE(most * row_bytes, std::size_t{13} << 20) << "8 MiB, one event and the scores";
}

}  // namespace freshet::pipeline::example_records_test
