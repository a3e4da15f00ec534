#include "pipeline/scoring/user_explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <vector>

#include "pipeline/scoring/hot_user.h"
#include "scorer/float_mode.h"
#include "scorer/reference/reference.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::user_explanation_test {

using ::testing::ElementsAre;

constexpr std::int64_t kDayMs = 24 * 3600 * 1000;

// Clicks and carts are kept, and the model reads clicks alone.
class UserExplanationTest : public ::testing::Test {
 protected:
  UserExplanationTest() {
    scorer::set_float_mode();
    scorer::ModelInitOptions options = test::small_model(config_);
    options.behaviours = {"click"};
    model_ = test::serve(test::random_model(options), config_);
  }

  void click(std::size_t behaviour, std::string_view item, std::int64_t ms) {
    state_.sequences[behaviour].insert({EventTime{test::kBaseMs + ms}, ItemId(item)});
  }

  UserExplanation explain(std::int64_t stream_ms,
                          std::optional<std::int64_t> as_of_ms = std::nullopt) const {
    std::optional<EventTime> as_of;
    if (as_of_ms) as_of = EventTime{test::kBaseMs + *as_of_ms};
    return explain_user(*model_, limits_, state_, EventTime{test::kBaseMs + stream_ms}, as_of);
  }

  static std::vector<std::string> items_of(const ExplainedBehaviour& behaviour) {
    std::vector<std::string> items;
    for (const ExplainedClick& click : behaviour.clicks) items.push_back(click.item.str());
    return items;
  }

  WorkerConfig config_ = test::config_of(
      "behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d},"
      " {name: cart, types: [cart], length_max: 2, age_max: 1d}]");
  std::vector<stateful::BehaviourLimits> limits_ = config_.limits();
  std::shared_ptr<const ServedModel> model_;
  stateful::UserState state_{limits_};
};

TEST_F(UserExplanationTest, ShowsVisibleClicksNewestFirst) {
  click(0, "v0", 10 - kDayMs);
  click(0, "v1", 30);
  click(0, "v2", 20);
  click(1, "v3", 40);
  const UserExplanation seen = explain(40);
  ASSERT_EQ(seen.behaviours.size(), 2U);
  EXPECT_EQ(seen.behaviours[0].name, "click");
  EXPECT_THAT(items_of(seen.behaviours[0]), ElementsAre("v1", "v2"));
  EXPECT_THAT(items_of(seen.behaviours[1]), ElementsAre("v3"));
}

TEST_F(UserExplanationTest, AnEarlierLookSeesTheClicksBeforeIt) {
  for (const std::int64_t ms : {1, 2, 3, 4}) click(0, "v" + std::to_string(ms), ms);
  EXPECT_THAT(items_of(explain(4).behaviours[0]), ElementsAre("v4", "v3", "v2"));
  EXPECT_THAT(items_of(explain(4, 4).behaviours[0]), ElementsAre("v3", "v2", "v1"));
  EXPECT_THAT(items_of(explain(4, 2).behaviours[0]), ElementsAre("v1"));
}

TEST_F(UserExplanationTest, WeightsAreThoseOfTheReference) {
  click(0, "v1", 10);
  click(0, "nobody knows", 20);
  click(0, "v5", 30);
  const UserExplanation seen = explain(30);
  std::vector<scorer::ReferenceClick> clicks;
  for (const ExplainedClick& shown : seen.behaviours[0].clicks) {
    clicks.push_back({shown.ts, model_->model->row_of(shown.item)});
  }
  const std::vector<double> expected = scorer::reference_weights(*model_->model, 0, clicks);
  ASSERT_EQ(seen.behaviours[0].clicks.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const ExplainedClick& shown = seen.behaviours[0].clicks[i];
    EXPECT_EQ(shown.known, i != 1);
    EXPECT_NEAR(shown.weight.value(), expected[i], 1e-6);
  }
  EXPECT_GT(expected[0], 0.0);
}

TEST_F(UserExplanationTest, ABehaviourThatTheModelDoesNotReadHasNoWeights) {
  click(1, "v1", 10);
  const UserExplanation seen = explain(10);
  ASSERT_EQ(seen.behaviours[1].clicks.size(), 1U);
  EXPECT_FALSE(seen.behaviours[1].clicks[0].weight.has_value());
}

TEST_F(UserExplanationTest, RepresentationHasTheBitsOfTheHotUsersOwn) {
  const ServedModels models{model_};
  HotUser hot(models, stateful::UserState(limits_), std::nullopt);
  Windows windows;
  for (const std::int64_t ms : {5, 1, 9, 3}) {
    const stateful::Click one{EventTime{test::kBaseMs + ms}, ItemId("v" + std::to_string(ms % 4))};
    hot.insert(models, 0, one);
    hot.refresh(models, limits_, EventTime{test::kBaseMs + 9}, &windows);
    state_.sequences[0].insert(one);
  }
  hot.refresh(models, limits_, EventTime{test::kBaseMs + 9}, &windows);
  std::vector<float> u(model_->model->embedding_dim);
  std::vector<scorer::PoolSums> scratch;
  hot.view(0).representation(*model_, windows, &scratch, u);
  const std::vector<float> seen = explain(9).representation;
  ASSERT_EQ(seen.size(), u.size());
  EXPECT_EQ(std::memcmp(seen.data(), u.data(), u.size() * sizeof(float)), 0);
}

TEST_F(UserExplanationTest, JsonHasIdsAsSentAndNullForWhatIsNotFinite) {
  click(1, "a \"b\"", 10);
  UserExplanation seen = explain(10);
  seen.representation = {0.25F, -1.0F, std::numeric_limits<float>::infinity()};
  const std::string base = std::to_string(test::kBaseMs + 10);
  EXPECT_EQ(explanation_json(UserId("u1"), *model_, EventTime{test::kBaseMs + 10}, seen),
            "{\"user_id\":\"u1\",\"stream_time\":" + base + ",\"model\":\"" + model_->label +
                "\",\"behaviours\":{\"click\":[],\"cart\":[{\"item_id\":\"a \\\"b\\\"\",\"ts\":" +
                base + ",\"known\":false}]},\"representation\":[0.25,-1,null]}");
}

}  // namespace freshet::pipeline::user_explanation_test
