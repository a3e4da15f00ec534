#include "scorer/candidates/attended_layer.h"

#include <gtest/gtest.h>

#include <numeric>

#include "scorer/candidates/candidate_scorer.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace attended_layer_test {

ModelInitOptions small_options() {
  ModelInitOptions options;
  options.variant = Variant::kTarget;
  options.score = ScoreKind::kDot;
  options.embedding_dim = 6;
  options.attention_hidden = 3;
  options.item_ids = test::numbered_items(12);
  options.wide_buckets = 0;
  return options;
}

CandidateScorer scorer_of(Model model) {
  Result<CandidateScorer> scorer = CandidateScorer::create(test::share(std::move(model)), {});
  FRESHET_CHECK(scorer.has_value());
  return std::move(*scorer);
}

PooledClick click(std::int64_t ts, std::optional<std::uint32_t> row) {
  PooledClick made{EventTime{1'600'000'000'000 + ts}, std::nullopt};
  if (row) made.row = ItemRow{*row};
  return made;
}

std::vector<float> deep_of(const CandidateScorer& scorer, const std::vector<PooledClick>& clicks) {
  const std::vector<ItemRow> candidates = {{0}, {5}, {11}};
  const std::span<const PooledClick> seen = clicks;
  UserFold fold;
  scorer.fold({{}, {&seen, 1}}, {"u1", {}, {}}, &fold);
  std::vector<CandidateLogit> logits(candidates.size());
  scorer.score(fold, candidates, logits);
  return {logits[0].deep, logits[1].deep, logits[2].deep};
}

TEST(AttendedLayerTest, AClickOnTheCandidateWeighsMost) {
  Model model = test::random_model(small_options());
  for (std::size_t c = 0; c < 6; ++c) model.items.data[5 * 6 + c] = 4.0F;
  const CandidateScorer scorer = scorer_of(std::move(model));
  const std::vector<PooledClick> clicks = {click(9, 1), click(8, 5), click(7, 2)};
  const std::vector<float> weights = scorer.attended()->weights(0, clicks, ItemRow{5});
  ASSERT_EQ(weights.size(), 3U);
  EXPECT_GT(weights[1], 0.99F);
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0F), 1.0F, 1e-6F);
}

TEST(AttendedLayerTest, UnknownItemsWeighNothing) {
  const CandidateScorer scorer = scorer_of(test::random_model(small_options()));
  const std::vector<float> weights =
      scorer.attended()->weights(0, std::vector{click(9, std::nullopt), click(8, 3)}, ItemRow{5});
  EXPECT_EQ(weights, (std::vector<float>{0.0F, 1.0F}));
  EXPECT_EQ(deep_of(scorer, {click(9, std::nullopt), click(8, 3)}), deep_of(scorer, {click(8, 3)}));
}

TEST(AttendedLayerTest, NoKnownClickIsTheSameAsNoClick) {
  const CandidateScorer scorer = scorer_of(test::random_model(small_options()));
  const std::vector<float> weights =
      scorer.attended()->weights(0, std::vector{click(9, std::nullopt)}, ItemRow{5});
  EXPECT_EQ(weights, std::vector<float>{0.0F});
  EXPECT_EQ(deep_of(scorer, {click(9, std::nullopt)}), deep_of(scorer, {}));
}

TEST(AttendedLayerTest, RecencyLetsTheNewestClickWin) {
  ModelInitOptions options = small_options();
  options.recency_per_day = 100.0;
  const CandidateScorer scorer = scorer_of(test::random_model(options));
  const std::int64_t day_ms = 86'400'000;
  const std::vector<float> weights = scorer.attended()->weights(
      0, std::vector{click(3 * day_ms, 1), click(2 * day_ms, 5), click(day_ms, 2)}, ItemRow{5});
  EXPECT_GT(weights[0], 0.99F);
}

TEST(AttendedLayerTest, ScoresBeyondFloatsRangeStayFinite) {
  Model model = test::random_model(small_options());
  for (float& value : model.items.data) value *= 1e30F;
  for (float& value : model.hidden1.weight.data) value *= 1e-30F;
  const CandidateScorer scorer = scorer_of(std::move(model));
  const std::vector<float> weights =
      scorer.attended()->weights(0, std::vector{click(9, 1), click(8, 2)}, ItemRow{3});
  EXPECT_EQ(weights[0] + weights[1], 1.0F);
}

TEST(AttendedLayerTest, AnAdditiveTermThatHasDivergedIsRefusedByItsItem) {
  ModelInitOptions options = small_options();
  options.score = ScoreKind::kAdditive;
  Model model = test::random_model(options);
  for (std::size_t c = 0; c < 6; ++c) model.items.data[7 * 6 + c] = 1e6F;
  const auto scorer = CandidateScorer::create(test::share(std::move(model)), {});
  ASSERT_FALSE(scorer);
  EXPECT_EQ(scorer.error().code, ErrorCode::kInvalidModel);
  EXPECT_NE(scorer.error().message.find("behaviour \"click\": wq x of item \"v7\" reaches"),
            std::string::npos)
      << scorer.error().message;
}

}  // namespace attended_layer_test
}  // namespace freshet::scorer
