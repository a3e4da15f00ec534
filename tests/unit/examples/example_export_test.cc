#include "pipeline/examples/example_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::example_export_test {

using test::click_json;
using test::kBaseMs;
using test::request_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kConfig =
    "{events: {context: [tab, scene]}, examples: {label_wait_ms: 100}, candidates: {publish: 3},"
    " behaviours: [{name: click, types: [click], length_max: 2},"
    " {name: exposed, impressions: all}]}";

std::string at(std::int64_t ms) { return std::to_string(kBaseMs + ms); }

std::string impression(std::string_view item, std::int64_t ms, std::string_view more = "") {
  return R"({"type":"impression","user_id":"u","item_id":")" + std::string(item) + R"(","ts":)" +
         at(ms) + std::string(more) + "}";
}

class ExampleExportTest : public ::testing::Test {
 protected:
  ExampleExportTest()
      : config_(test::config_of(kConfig)),
        model_(test::serve(test::random_model(test::small_model(config_)), config_)),
        export_(make(1 << 20)),
        run_({&config_, model_, &store_, &clock_, &counters_, &*export_}, 1 << 20) {
    EXPECT_TRUE(run_.start());
  }

  std::unique_ptr<ExampleExport> make(std::size_t bytes_max) {
    return std::make_unique<ExampleExport>(
        config_, bytes_max,
        ExampleExport::Sink{[this](std::string_view lines) -> Status {
                              if (disk_full_) return error(ErrorCode::kFatal, "disk full");
                              written_.emplace_back(lines);
                              return {};
                            },
                            [this] { ++failures_; }});
  }

  // The dead letter's reason, or nothing.
  std::string process(const std::string& value) {
    test::StoredRecord record = test::keyed_record("u", value);
    record.offset = Offset{next_++};
    const auto output = run_.process(test::view_of(record));
    EXPECT_TRUE(output && *output);
    return test::reason_of((*output)->headers);
  }

  std::vector<std::string> written() { return std::exchange(written_, {}); }

  WorkerConfig config_;
  std::shared_ptr<const ServedModel> model_;
  bool disk_full_ = false;
  int failures_ = 0;
  std::vector<std::string> written_;
  std::unique_ptr<ExampleExport> export_;
  stateful::MemoryStateStore store_;
  test::ManualClock clock_;
  Counters counters_;
  test::TaskRun run_;
  std::int64_t next_ = 0;
};

TEST_F(ExampleExportTest, AnImpressionIsARowOfWhatItWasScoredOn) {
  process(click_json("u", "v1", 1));
  process(click_json("u", "v2", 2));
  process(impression("v5", 3, R"(,"label":1,"tab":7)"));
  process(click_json("u", "v4", 4));
  process(impression("v6", 4, R"(,"label":0)"));
  const std::vector<std::string> rows = written();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0], StartsWith(R"({"user_id":"u","item_id":"v5","ts":)" + at(3) +
                                  R"(,"label":1,"context":{"tab":"7"},"sequences":{)" +
                                  R"("click":{"items":["v2","v1"],"ts":[)" + at(2) + "," + at(1) +
                                  R"(]},"exposed":{"items":[],"ts":[]}},"model":"random@1",)" +
                                  R"("logit":)"));
  EXPECT_THAT(rows[0], HasSubstr(R"(,"source":{"topic":"clicks","partition":0,"offset":2}})"
                                 "\n"));
  // Two of the three clicks before it are visible, and not the one at its own time.
  EXPECT_THAT(rows[1],
              HasSubstr(R"("label":0,"context":{},"sequences":{"click":{"items":["v5","v2"])"));
  EXPECT_THAT(rows[1], HasSubstr(R"("exposed":{"items":["v5"],"ts":[)" + at(3) + "]}}"));
}

TEST_F(ExampleExportTest, ARequestGivesARowPerCandidateThatWaitsForItsClick) {
  process(request_json("u", 1, {"v3", "v1", "v3"}));
  EXPECT_THAT(written(), IsEmpty());
  process(click_json("u", "v1", 50));
  EXPECT_THAT(written(),
              ElementsAre(HasSubstr(R"("item_id":"v1","ts":)" + at(1) + R"(,"label":1)")));
  process(click_json("u", "v3", 102));
  EXPECT_THAT(written(),
              ElementsAre(HasSubstr(R"("item_id":"v3","ts":)" + at(1) + R"(,"label":0)")));
}

TEST_F(ExampleExportTest, AnImpressionWithLabelOneIsAClickToAnEarlierRequest) {
  process(request_json("u", 1, {"v1"}));
  process(impression("v1", 2, R"(,"label":1)"));
  EXPECT_THAT(written(),
              ElementsAre(HasSubstr(R"("label":1,"context":{},"sequences":{"click":{"items":[])"),
                          HasSubstr(R"("ts":)" + at(1) + R"(,"label":1)")));
}

TEST_F(ExampleExportTest, AnImpressionWithoutALabelWaitsForItsClick) {
  process(impression("v1", 1));
  process(impression("v2", 2));
  process(click_json("u", "v2", 9));
  EXPECT_THAT(written(), ElementsAre(HasSubstr(R"("item_id":"v2")")));
  ASSERT_TRUE(export_->finish());
  EXPECT_THAT(written(), ElementsAre(HasSubstr(R"("label":null)")));
  EXPECT_EQ(export_->counts(), (ExampleCounts{1, 0, 1, 0, 0}));
}

TEST_F(ExampleExportTest, AClickThatCameBeforeItsRequestCounts) {
  process(click_json("u", "v1", 50));
  process(request_json("u", 40, {"v1", "v2"}));
  const std::vector<std::string> rows = written();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(rows[0], HasSubstr(R"("item_id":"v1","ts":)" + at(40) + R"(,"label":1)"));
  EXPECT_THAT(rows[0], HasSubstr(R"("click":{"items":[],"ts":[]})"));
}

TEST_F(ExampleExportTest, ARequestWithoutAListGivesWhatIsPublished) {
  process(R"({"type":"request","user_id":"u","ts":)" + at(1) + "}");
  ASSERT_TRUE(export_->finish());
  const std::vector<std::string> rows = written();
  EXPECT_THAT(rows, SizeIs(3));
  for (const std::string& row : rows) EXPECT_THAT(row, Not(HasSubstr("\"logit\":null")));
}

TEST_F(ExampleExportTest, ItemsThatTheModelDoesNotKnowAreRowsWithoutLogits) {
  EXPECT_EQ(process(impression("new", 1, R"(,"label":1)")), "unknown_item");
  process(request_json("u", 2, {"newer", "v1"}));
  process(click_json("u", "newer", 3));
  const std::vector<std::string> rows = written();
  ASSERT_THAT(rows, SizeIs(2));
  for (const std::string& row : rows) {
    EXPECT_THAT(row, HasSubstr(R"("logit":null,"deep":null,"wide":null,"source")"));
  }
  EXPECT_THAT(rows[1], HasSubstr(R"("click":{"items":["new"])")) << "unknown clicks are seen, too";
}

TEST_F(ExampleExportTest, ADeadLetterThatChangedNothingGivesNoRow) {
  EXPECT_EQ(process(impression("v1", 1, R"(,"label":2)")), "wrong_type");
  EXPECT_EQ(process("{"), "not_json");
  ASSERT_TRUE(export_->finish());
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(ExampleExportTest, AFailedWriteIsToldOnceAndEndsTheWriting) {
  disk_full_ = true;
  process(impression("v1", 1, R"(,"label":1)"));
  disk_full_ = false;
  process(impression("v2", 2, R"(,"label":1)"));
  EXPECT_EQ(failures_, 1);
  EXPECT_THAT(written(), IsEmpty());
  const Status finished = export_->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "disk full");
}

TEST_F(ExampleExportTest, RowsThatOutgrowTheirMemoryAreRefusedByName) {
  export_ = make(2000);
  stateful::MemoryStateStore store;
  test::TaskRun run({&config_, model_, &store, &clock_, &counters_, &*export_}, 1 << 20);
  ASSERT_TRUE(run.start());
  for (std::int64_t i = 0; i < 20; ++i) {
    test::StoredRecord record = test::keyed_record("u", request_json("u", i, {"v1"}));
    record.offset = Offset{i};
    ASSERT_TRUE(run.process(test::view_of(record)));
  }
  EXPECT_EQ(failures_, 1);
  const Status finished = export_->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(finished.error().message, HasSubstr("lower examples.label_wait_ms"));
}

}  // namespace freshet::pipeline::example_export_test
