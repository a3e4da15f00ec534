// A shadow model in whole workers: what its topic holds, and that the main output never notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/scorer_models.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::shadow_test {

using test::click_json;
using test::impression_json;
using test::WorkerWorld;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kYaml =
    "{shadow: {path: any}, candidates: {publish: 3},"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d}]}";

std::shared_ptr<const ServedModel> model_of(const WorkerConfig& config, std::size_t items) {
  scorer::ModelInitOptions options = test::small_model(config, items);
  options.seed = 77;
  options.embedding_dim = 5;
  options.variant = scorer::Variant::kTarget;
  options.name = "next";
  return test::serve(test::random_model(options), config);
}

class ShadowTest : public testing::Test {
 protected:
  ShadowTest() { world_.shadow = model_of(world_.config, 6); }

  std::vector<std::string> shadow_values() {
    std::vector<std::string> values;
    for (const auto& record : world_.broker.records(world_.config.shadow.output)) {
      EXPECT_TRUE(record.headers.empty());
      values.push_back(*record.value);
    }
    return values;
  }

  WorkerWorld world_{test::config_of(kYaml)};
};

TEST_F(ShadowTest, ItsTopicHoldsWhatItGivesAsThePrimary) {
  WorkerWorld alone(test::config_of(kYaml));
  alone.config.shadow.path.clear();
  alone.model = world_.shadow;
  for (WorkerWorld* world : {&world_, &alone}) {
    for (const char* item : {"v1", "v5", "v2"}) {
      world->append("u", click_json("u", item, item[1]));
    }
    world->append("u", impression_json("u", "v3", 200, true));
    ASSERT_TRUE(world->run());
  }
  std::vector<std::string> expected;
  for (const auto& record : alone.outputs()) expected.push_back(*record.value);
  EXPECT_EQ(expected.size(), 4U);
  EXPECT_EQ(shadow_values(), expected);
  EXPECT_EQ(world_.broker.records(world_.config.shadow.output)[0].key, "u");
}

TEST_F(ShadowTest, WhatItCannotScoreHasARecordWithTheReasonAndTheMainOutputStays) {
  world_.append("u", impression_json("u", "v7", 1, false));  // the shadow knows v0 to v5
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(world_.outputs().size(), 1U);
  ASSERT_EQ(shadow_values().size(), 1U);
  EXPECT_THAT(shadow_values()[0], HasSubstr(R"("reason":"unknown_item","scores":[])"));
  EXPECT_THAT(shadow_values()[0], HasSubstr("\"model\":\"next@"));
  EXPECT_EQ(world_.counters.shadow.records, 1U);
  EXPECT_EQ(world_.counters.shadow.unknown_items, 1U);
  EXPECT_EQ(world_.counters.unknown_items, 0U);
}

TEST_F(ShadowTest, WhatThePrimaryCannotScoreTheShadowMay) {
  world_.model = model_of(world_.config, 2);
  world_.append("u", impression_json("u", "v4", 1, false));
  ASSERT_TRUE(world_.run());
  EXPECT_THAT(world_.refusals(), ElementsAre("unknown_item@0"));
  ASSERT_EQ(shadow_values().size(), 1U);
  EXPECT_THAT(shadow_values()[0], HasSubstr("\"scores\":[{\"item_id\":\"v4\""));
  EXPECT_EQ(world_.counters.shadow.divergence.events, 0U);
}

TEST_F(ShadowTest, ABadRecordHasNoShadow) {
  world_.append("u", "{");
  ASSERT_TRUE(world_.run());
  EXPECT_THAT(world_.refusals(), ElementsAre("not_json@0"));
  EXPECT_TRUE(shadow_values().empty());
}

TEST_F(ShadowTest, ATooLargeRecordIsLeftOutAndCountedAndTheMainOutputStays) {
  scorer::ModelInitOptions options = test::small_model(world_.config);
  options.name = std::string(60, 'n');  // its score events are longer
  world_.shadow = test::serve(test::random_model(options), world_.config);
  world_.append("u", click_json("u", "v1", 1));
  world_.watch.value_bytes_max = 275;
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(world_.outputs().size(), 1U);
  EXPECT_TRUE(world_.dead_letters().empty());
  EXPECT_TRUE(shadow_values().empty());
  EXPECT_EQ(world_.counters.dropped[static_cast<std::size_t>(OutputTopic::kShadow)], 1U);
  EXPECT_EQ(world_.counters.scores, 1U);
}

TEST_F(ShadowTest, TheSameModelAsShadowDivergesByNothing) {
  world_.shadow = world_.model;
  for (const char* item : {"v1", "v5", "v2"}) world_.append("u", click_json("u", item, item[1]));
  ASSERT_TRUE(world_.run());
  const Divergence& found = world_.counters.shadow.divergence;
  EXPECT_EQ(found.events, 3U);
  EXPECT_EQ(found.top_equal, 3U);
  EXPECT_EQ(found.items, 9U);
  EXPECT_EQ(found.common_items, 9U);
  EXPECT_EQ(found.score_difference, 0.0);
}

}  // namespace freshet::pipeline::shadow_test
