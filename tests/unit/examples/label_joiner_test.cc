#include "pipeline/examples/label_joiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freshet::pipeline::label_joiner_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr DurationMs kWait{100};

class LabelJoinerTest : public ::testing::Test {
 protected:
  LabelJoinerTest()
      : joiner_(kWait, [this](const Example& row) {
          const std::string label = !row.label ? "-" : *row.label ? "1" : "0";
          written_.push_back(row.features->user.str() + row.item.str() + "@" +
                             std::to_string(row.features->ts.ms) + "=" + label);
        }) {}

  // A row of user u at `ts`, at a stream time that is no earlier.
  void add(std::int64_t ts, const std::vector<std::string>& items,
           std::optional<bool> label = std::nullopt) {
    auto features = std::make_shared<ExampleFeatures>(
        ExampleFeatures{UserId("u"), EventTime{ts}, std::string(1000, 'x'), {}});
    std::vector<Example> rows;
    for (const std::string& item : items) rows.push_back({nullptr, ItemId(item), {}, label});
    joiner_.add(std::move(features), std::move(rows));
  }
  void advance(std::int64_t stream_time) { joiner_.advance(EventTime{stream_time}); }
  void click(const std::string& item, std::int64_t ts) {
    joiner_.click(UserId("u"), ItemId(item), EventTime{ts});
  }
  // What was written since the last call.
  std::vector<std::string> written() { return std::exchange(written_, {}); }

  std::vector<std::string> written_;
  LabelJoiner joiner_;
};

TEST_F(LabelJoinerTest, ARowWithItsLabelIsWrittenAtOnce) {
  add(1000, {"a"}, true);
  add(1001, {"b"}, false);
  EXPECT_THAT(written(), ElementsAre("ua@1000=1", "ub@1001=0"));
}

TEST_F(LabelJoinerTest, AClickWithinTheWaitIsTheLabel) {
  add(1000, {"a", "b", "c"});
  EXPECT_THAT(written(), IsEmpty());
  advance(1100);
  click("b", 1100);  // the last moment of the wait
  EXPECT_THAT(written(), ElementsAre("ub@1000=1"));
  advance(1101);
  EXPECT_THAT(written(), ElementsAre("ua@1000=0", "uc@1000=0"));
}

TEST_F(LabelJoinerTest, AClickAtTheRowsOwnTimeFollowsIt) {
  add(1000, {"a"});
  click("a", 1000);
  EXPECT_THAT(written(), ElementsAre("ua@1000=1"));
}

TEST_F(LabelJoinerTest, AClickBeforeTheRowOrAfterItsWaitIsNotItsLabel) {
  add(1000, {"a"});
  click("a", 999);
  click("a", 1101);
  joiner_.click(UserId("w"), ItemId("a"), EventTime{1050});
  EXPECT_THAT(written(), IsEmpty());
  joiner_.finish();
  EXPECT_THAT(written(), ElementsAre("ua@1000=-"));
}

TEST_F(LabelJoinerTest, ALateClickCountsWhileItsRowWaits) {
  add(1000, {"a"});
  advance(1090);
  click("a", 1010);
  EXPECT_THAT(written(), ElementsAre("ua@1000=1"));
}

TEST_F(LabelJoinerTest, OneClickFollowsEveryRowThatWaitsForIt) {
  add(1000, {"a"});
  add(1050, {"a"});
  click("a", 1060);
  EXPECT_THAT(written(), ElementsAre("ua@1000=1", "ua@1050=1"));
}

TEST_F(LabelJoinerTest, ARepeatedRowIsLeftOutAndCounted) {
  add(1000, {"a"}, false);
  add(1000, {"a"}, true);
  add(1000, {"a"});
  advance(1100);
  add(1000, {"a"}, true);  // still known
  EXPECT_THAT(written(), ElementsAre("ua@1000=0"));
  EXPECT_EQ(joiner_.counts().repeated, 3U);
}

TEST_F(LabelJoinerTest, ARowOlderThanTheWaitIsLeftOutAndCounted) {
  advance(1101);
  add(1000, {"a", "b"}, true);
  add(1001, {"c"}, true);
  EXPECT_THAT(written(), ElementsAre("uc@1001=1"));
  EXPECT_EQ(joiner_.counts().late, 2U);
}

TEST_F(LabelJoinerTest, TheEndOfTheLogLeavesRowsWithoutALabel) {
  add(1000, {"a", "b"});
  click("a", 1001);
  joiner_.finish();
  EXPECT_THAT(written(), ElementsAre("ua@1000=1", "ub@1000=-"));
  EXPECT_EQ(joiner_.counts(), (ExampleCounts{1, 0, 1, 0, 0}));
}

TEST_F(LabelJoinerTest, WhatIsSettledTakesNoRoom) {
  EXPECT_EQ(joiner_.bytes(), 0U);
  add(1000, {"a", "b", "c"});
  EXPECT_GT(joiner_.bytes(), 1000U);
  EXPECT_LT(joiner_.bytes(), 2500U) << "the features are held once";
  add(1000, {"a"});  // repeated: its features go at once
  add(1001, {"d"}, true);
  const std::size_t held = joiner_.bytes();
  click("a", 1002);
  click("b", 1002);
  EXPECT_LT(joiner_.bytes(), held);
  EXPECT_GT(joiner_.bytes(), 1000U);
  click("c", 1002);
  EXPECT_LT(joiner_.bytes(), 1000U);
  advance(1102);
  EXPECT_EQ(joiner_.bytes(), 0U);
}

}  // namespace freshet::pipeline::label_joiner_test
